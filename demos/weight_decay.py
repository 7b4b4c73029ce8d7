"""What does weight decay take away, and what does it leave?

The book's law is 0.05 and the sum of 200 inputs, each times 0.01, with noise of standard deviation 0.01; 20 rows are seen. These say
nothing of 180 of the 200 directions in which the weights can be wrong. There a step leaves the weights as they were at the start, which
the book draws from N(0, 1); with weight decay λ and step size η it multiplies them by 1 − ηλ. So what decay takes away first is the
start: the larger λ, the more of it is forgotten after 400 steps, and the smaller the test error, half the mean square on unseen rows.
Without decay the training error ends at next to nothing, beside a large test error: overfitting. Each step takes all rows
here, so that its outcome is known in closed form; the book takes 5.

A start at zero has nothing to forget, and decay makes less of a difference: the weights are those of ridge regression, a little smaller
than the seen rows want. It does not make up for missing rows either. Whatever λ, 20 rows tell little more of this law than their mean.

But a penalty can say what kind of law to look for. In another law the same variance comes from 4 inputs out of 200, and 60 rows are seen.
The squares of an L2 penalty spread the weight over all inputs. The absolute values of L1 find the 4, with at times a few more. Its
gradient leaves all others near 0, trembling; the soft threshold, a step that stops at 0 where it would pass it, makes them exactly 0.

Book: https://d2l.ai/chapter_linear-regression/weight-decay.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from nn.functional import l1_penalty, l2_penalty, mse_loss
from . import plots
from .story import Story

__all__ = ["run"]

Rows = tuple[Tensor, Tensor]
INPUTS, BIAS, NOISE, LR, STEPS = 200, 0.05, 0.01, 0.05, 400
DECAYS = (0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)


def run(story: Story) -> None:
    """Learn the book's law without decay and with it, from two starts; then look for the four inputs of another law by L2 and by L1."""
    law = ag.full((INPUTS,), 0.01, dtype=ag.float64)
    seen, unseen = _rows(20, law), _rows(100, law)
    random, zero = ag.randn(INPUTS, dtype=ag.float64), ag.zeros(INPUTS, dtype=ag.float64)
    _without_and_with(story, seen, unseen, random)
    _sweep(story, seen, unseen, {"from N(0, 1)": random, "from zero": zero})

    law = ag.zeros(INPUTS, dtype=ag.float64)
    law[ag.randperm(INPUTS)[:4]] = 0.01 * (INPUTS / 4) ** 0.5 * ag.tensor([1, -1, 1, -1], dtype=ag.float64)
    _sparse(story, _rows(60, law), _rows(100, law), law)


def _without_and_with(story: Story, seen: Rows, unseen: Rows, start: Tensor) -> None:
    panels: dict[str, dict[str, list[float]]] = {}
    for decay in story.progress((0, 3), "the book's λ"):
        curves: dict[str, list[float]] = {"training error": [], "test error": []}
        apart = 0.0
        twins = zip(_descend(seen, start, decay), _descend(seen, start, penalty=l2_penalty, strength=decay))
        for (w, b), (twin, _) in islice(twins, STEPS):
            curves["training error"].append(_error(seen, w, b))
            curves["test error"].append(_error(unseen, w, b))
            apart = max(apart, (w - twin).abs().max().item())
        panels[f"half squared error, λ = {decay}"] = curves
        ridge = _ridge(seen, decay)
        beside = f"at the start {start.norm().item():.4g}; ridge {ridge[0].norm().item():.4g}; the law {0.01 * INPUTS**0.5:.4g}"
        story.number(f"λ = {decay}: norm of the weights", w.norm().item(), beside=beside)
        beside = f"ridge {_error(unseen, *ridge):.4g}; the mean of the seen rows {_error(unseen, 0 * start, seen[1].mean()):.4g}"
        story.number(f"λ = {decay}: test error, half squared", curves["test error"][-1], beside=beside)
    what = f"λ = {decay}: largest difference of a weight, between decay by the optimiser and a penalty in the loss"
    story.number(what, apart, beside=f"over {STEPS} steps; 0, but for rounding")
    title = "Without weight decay, and with it"
    story.picture(
        plots.lines(story.path("errors.svg"), panels, title, "step", xscale="log", yscale="log", ylim=(1e-5, 300)),
        "Without decay it overfits: the seen rows are learnt to the last digit, and the unseen ones never. With it, both errors are small.",
    )


def _sweep(story: Story, seen: Rows, unseen: Rows, starts: dict[str, Tensor]) -> None:
    norms: dict[str, list[float]] = {name: [] for name in starts}
    errors: dict[str, list[float]] = {f"{kind}, {name}": [] for kind in ("test", "training") for name in starts}
    decays = DECAYS[::2] if story.quick else DECAYS
    for decay in story.progress(decays, "λ from 0 to 10"):
        for name, start in starts.items():
            w, b = _after(STEPS, _descend(seen, start, decay))
            norms[name].append(w.norm().item())
            errors[f"test, {name}"].append(_error(unseen, w, b))
            errors[f"training, {name}"].append(_error(seen, w, b))
    norms["ridge"] = [_ridge(seen, decay)[0].norm().item() for decay in decays]
    norms["N(0, 1), decayed"] = [starts["from N(0, 1)"].norm().item() * (1 - LR * decay) ** STEPS for decay in decays]
    panels = {"norm of the weights": norms, "half squared error": errors}
    story.picture(
        plots.lines(
            story.path("sweep.svg"), panels, f"After {STEPS} steps", "weight decay λ",
            x=decays, xscale="symlog", yscale="log", ylim=(1e-5, 300),
        ),
        "From N(0, 1), decay takes the start away, until only ridge regression is left. From zero it changes little for unseen rows.",
    )  # fmt: skip


def _sparse(story: Story, seen: Rows, unseen: Rows, law: Tensor) -> None:
    zero = ag.zeros(INPUTS, dtype=ag.float64)
    walks = {
        "L2, λ = 0.1": _descend(seen, zero, decay=0.1),
        "L1, λ = 0.01, gradient": _descend(seen, zero, penalty=l1_penalty, strength=0.01),
        "L1, λ = 0.01, threshold": _descend(seen, zero, threshold=0.01),
    }
    best = min(_error(unseen, *_ridge(seen, decay)) for decay in DECAYS)
    mean = _error(unseen, zero, seen[1].mean())
    beside = f"best ridge {best:.4g}; the mean of the seen rows {mean:.4g}; the noise alone {NOISE**2 / 2:.4g}"
    sizes = {}
    for name in story.progress(walks, "four inputs of 200"):
        w, b = _after(1000, walks[name])
        sizes[name] = np.sort(w.detach().abs().numpy())[::-1]
        story.number(f"{name}: weights that are not 0", (w != 0).sum().item(), beside=f"the law has {(law != 0).sum().item()}")
        story.number(f"{name}: test error, half squared", _error(unseen, w, b), beside=beside)
    sizes["the law"] = np.sort(law.abs().numpy())[::-1]
    title = "The weights by size, where four inputs of 200 carry the law"
    story.picture(
        plots.lines(story.path("weights.svg"), {"size of the weight": sizes}, title, "rank", xscale="log", yscale="log", ylim=(1e-5, 0.2)),
        "L2 spreads the law over all inputs. L1 finds those that carry it; only the threshold makes the others exactly 0.",
    )


def _rows(n: int, law: Tensor) -> Rows:
    x = ag.randn(n, INPUTS, dtype=ag.float64)
    return x, x @ law + BIAS + NOISE * ag.randn(n, dtype=ag.float64)


def _error(rows: Rows, w: Tensor, b: Tensor) -> float:
    """Half the mean squared error, as the book has it."""
    x, y = rows
    with ag.no_grad():
        return 0.5 * mse_loss(x @ w + b, y).item()


def _descend(
    rows: Rows, start: Tensor, decay: float = 0, penalty: Callable[[Tensor], Any] = l2_penalty, strength: float = 0, threshold: float = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """The weights and the bias after each of endless steps; nothing shrinks the bias."""
    x, y = rows
    w, b = start.clone().requires_grad_(), ag.zeros(1, dtype=ag.float64, requires_grad=True)
    groups: list[dict[str, Any]] = [{"params": w, "weight_decay": decay}, {"params": b}]
    optimizer = nn.optim.SGD(groups, lr=LR)
    while True:
        loss = 0.5 * mse_loss(x @ w + b, y)
        if strength:
            loss = loss + strength * penalty(w)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if threshold:
            with ag.no_grad():
                w.copy_(w.sign() * ag.relu(w.abs() - LR * threshold))
        yield w, b


def _after(steps: int, walk: Iterator[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    return next(islice(walk, steps - 1, None))


def _ridge(rows: Rows, decay: float) -> tuple[Tensor, Tensor]:
    """Where descent with this decay ends, in closed form: (XᵀX + λnI)⁻¹ Xᵀy, of columns without their means."""
    x, y = (t.numpy() for t in rows)
    away = x - x.mean(0)
    w = np.linalg.pinv(away.T @ away + decay * len(x) * np.eye(INPUTS), hermitian=True) @ away.T @ (y - y.mean())
    return ag.tensor(w), ag.tensor(y.mean() - x.mean(0) @ w)
