"""What can be saved when the data come from somewhere else than those that were learnt?

A network is trained on the rows of one place, p, and used on those of another, q, whose labels nobody has. Without an assumption nothing
can be said. Two are common, and each has its cure.

Covariate shift: other inputs, the same law, q(y | x) = p(y | x). A row of p then counts β(x) = q(x) / p(x) times, and the weighted mean
of the losses is, on average, the loss on q. A classifier that tells rows of q from as many rows of p gives β: its logit is the logarithm
of the ratio. Here x is drawn from N(0, 1), and from N(1, 1) on q, so that the logit is x − ½. The law is y = x², for a straight line to
learn: where x is N(μ, 1), the best one is 2μ x + 1 − μ², and its squared error is 2, beside the noise. Without weights the line is that of
p, whose squared error on q is d⁴ + 4d² + 2, d being how far q is away.

Label shift: other frequencies of the classes, the same inputs of each, q(x | y) = p(x | y). The frequencies are found without a label:
how often a classifier guesses each class on q is C q(y), where the matrix C holds, from labelled rows of p, how often class j is taken
for i. With these, training rows are weighted by class. Here the classes are N(−1, 1) and N(1, 1), with half of the rows each, and on q
nine of ten rows are of the second one.

No number says whether the assumption holds. If the law has changed too, the weighted loss promises what is not true. If the inputs of the
classes have moved, the matrix finds frequencies, and they are wrong. And where p and q hardly overlap, the assumption may hold and help
little: a few rows bear all the weight. Of n rows, about n exp(−d²) count.

Book: https://d2l.ai/chapter_linear-classification/environment-and-distribution-shift.html
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from . import plots
from .normal import Line, accuracy, best_line, boundary, classes, inputs, mistaken, parabola, risk
from .story import Story

__all__ = ["run"]

AWAY, MOVED = 1.0, 0.5  # where x is on q; how far the inputs of both classes have moved, where the assumption is false


def run(story: Story) -> None:
    """Mend a covariate shift by a classifier's weights, a label shift by a confusion matrix; then see both fail."""
    rows = 1000 if story.quick else 4000
    _covariates(story, rows)
    _distances(story, rows)
    _labels(story, rows)


def _covariates(story: Story, rows: int) -> None:
    x, far = inputs(rows, 0), inputs(rows, AWAY)
    y, truth = parabola(x), parabola(far)
    slope, offset = classifier(x, far)
    story.number("slope of the classifier's logit", slope, beside=f"the logarithm of q(x)/p(x) has {AWAY:g}")
    weights = (slope * x + offset).exp()
    plain, weighted = fitted(x, y), fitted(x, y, weights)
    for name, line, best in (("without weights", plain, best_line(0)), ("with weights", weighted, best_line(AWAY))):
        story.number(f"slope of the line, {name}", line[0], beside=f"the best one for {'q' if best[0] else 'p'} has {best[0]:g}")
        measured, beside = error(line, far, truth), f"{risk(best, AWAY):.4g} of that line in closed form"
        story.number(f"squared error on q, {name}", measured, beside=beside)
    promised = (weights * (weighted[0] * x + weighted[1] - y) ** 2).mean().item()
    story.number("squared error on q, as the weighted rows of p promise it", promised, beside=f"measured on q {measured:.4g}")
    beside = f"promised {promised:.4g}; 2² more than before in closed form, {risk(best, AWAY) + 4:.4g}"
    story.number("and where the law on q is x² + 2", error(weighted, far, truth + 2), beside=beside)

    bins, ends = np.linspace(-4, 5, 46), np.array([-2.5, 4.0])
    drawn = {"rows of p": (x, None), "rows of p, weighted": (x, weights.numpy()), "rows of q": (far, None)}
    panels: dict[str, dict[str, Any]] = {"density of x": {}, "y": {"some rows of q": (far[:150].numpy(), truth[:150].numpy())}}
    for name, (values, w) in drawn.items():
        panels["density of x"][name] = (bins[1:] + bins[:-1]) / 2, np.histogram(values.numpy(), bins, weights=w, density=True)[0]
    for name, (a, b) in (("line without weights", plain), ("line with weights", weighted)):
        panels["y"][name] = ends, a * ends + b
    story.picture(
        plots.lines(story.path("weights.svg"), panels, "What the weights of a classifier do", "x", points=["some rows of q"]),
        "The weights make of the inputs of p those of q; the line that is learnt with them is one for q, though no y of q was seen.",
    )


def _distances(story: Story, rows: int) -> None:
    counted: list[float] = []
    errors: dict[str, list[float]] = {"without weights": [], "with weights": []}
    for d in story.progress([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0], "q further away"):
        x, far = inputs(rows, 0), inputs(rows, d)
        y, truth = parabola(x), parabola(far)
        slope, offset = classifier(x, far)
        weights = (slope * x + offset).exp()
        counted.append((weights.sum() ** 2 / (weights**2).sum()).item() / rows)
        errors["without weights"].append(error(fitted(x, y), far, truth))
        errors["with weights"].append(error(fitted(x, y, weights), far, truth))
    at = [0.5 * i for i in range(len(counted))]
    errors |= {"d⁴ + 4d² + 2": [risk(best_line(0), d) for d in at], "the best line": [risk(best_line(d), d) for d in at]}
    story.number(f"rows that count, where q is {d:g} away", 100 * counted[-1], "%", f"exp(−d²) is {100 * math.exp(-d * d):.3g} %")
    shares = {f"of {rows:,}": counted, "exp(−d²)": [math.exp(-d * d) for d in at]}
    panels = {"share of rows that count": shares, "squared error on q": errors}
    story.picture(
        plots.lines(story.path("distances.svg"), panels, "Further away, fewer rows count", "distance of q", x=at, yscale="log"),
        "(Σβ)²/Σβ² rows count. Where these are few, so are the rows that the line is learnt from, and the cure is one no more.",
    )


def _labels(story: Story, rows: int) -> None:
    near, known = classes(rows, 0.5)
    net, (x, y) = separated(near, known), classes(rows, 0.5)  # the latter for the matrix: rows that were not trained on
    confusion = ag.stack([guesses(net, x[y == j]).mean(0) for j in range(2)], 1)
    wrong = found(confusion, guesses(net, x + MOVED))
    shares: dict[str, list[float]] = {"label shift": [], "the classes have moved, too": [], "right": []}
    rates: dict[str, list[float]] = {"as trained": [], "weighted by class": [], "the most": []}
    for often in story.progress([0.1, 0.3, 0.5, 0.7, 0.9], "other frequencies"):
        x, y = classes(rows, often)
        share, moved = (found(confusion, guesses(net, x + by)) for by in (0, MOVED))
        mended = separated(near, known, ag.tensor([1 - share, share], dtype=ag.float64) / 0.5)
        right = [(guesses(n, x)[:, 1] == y).double().mean().item() for n in (net, mended)]
        for numbers, number in zip((*shares.values(), *rates.values()), (share, moved, often, *right, accuracy(boundary(often), often))):
            numbers.append(number)
    story.number("share of the second class on q, found without its labels", share, beside=f"drawn with {often:g}")
    story.number("accuracy on q, as trained", right[0], beside=f"{accuracy(0, often):.4g} in closed form")
    story.number("accuracy on q, weighted by class", right[1], beside=f"at most {accuracy(boundary(often), often):.4g} can be had")
    story.number("share that is found where only inputs moved", wrong, beside=f"drawn with 0.5; {mistaken(0.5, MOVED):.4g} in closed form")
    panels = {"share that is found": shares, "accuracy on q": rates}
    story.picture(
        plots.lines(story.path("labels.svg"), panels, "Other frequencies", "share of the second class on q", x=shares["right"]),
        "A confusion matrix finds the frequencies without labels, and weights by class then classify as well as can be. Where the inputs "
        "of the classes have moved as well, what it finds is wrong, and nothing says so.",
    )


def classifier(near: Tensor, far: Tensor) -> Line:
    """The logit of a logistic regression that tells rows ``far`` (n,) from rows ``near`` (m,), as a line in x."""
    x, which = ag.cat([near, far])[:, None], ag.cat([ag.zeros_like(near), ag.ones_like(far)])[:, None]
    net = settled(nn.Linear(1, 1), lambda net: nn.functional.binary_cross_entropy_with_logits(net(x), which))
    return net.weight.item(), net.bias.item()


def fitted(x: Tensor, y: Tensor, weights: Tensor | None = None) -> Line:
    """The line through rows (n,) of least squared error, in which each row counts as often as its weight says."""
    w = ag.ones_like(x) if weights is None else weights / weights.mean()
    net = settled(nn.Linear(1, 1), lambda net: (w * (net(x[:, None])[:, 0] - y) ** 2).mean())
    return net.weight.item(), net.bias.item()


def error(line: Line, x: Tensor, y: Tensor) -> float:
    """The mean squared error on rows (n,)."""
    return ((line[0] * x + line[1] - y) ** 2).mean().item()


def separated(x: Tensor, y: Tensor, weight: Tensor | None = None) -> Any:
    """A classifier of rows (n,), in which each class counts as often as its weight says."""
    return settled(nn.Linear(1, 2), lambda net: nn.functional.cross_entropy(net(x[:, None]), y, weight))


def guesses(net: Any, x: Tensor) -> Tensor:
    """The class that the net takes each row for, as (n, 2) of 0 and 1."""
    with ag.no_grad():
        return nn.functional.one_hot(net(x[:, None]).argmax(1), 2).double()


def found(confusion: Tensor, guessed: Tensor) -> float:
    """The frequency of class 1, of which the matrix makes what was ``guessed``; none is below 0, together they are 1."""
    shares = (ag.linalg.inv(confusion) @ guessed.mean(0)).clamp(min=0)
    return (shares[1] / shares.sum()).item()


def settled(net: nn.Module, loss: Any, steps: int = 200) -> Any:
    """The net after steps with all rows, by which all moves have died down: these losses have one valley."""
    optimizer = nn.optim.Adam(net.double().parameters(), lr=0.3)
    schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(net).backward()
        optimizer.step()
        schedule.step()
    return net
