"""Can rows that are held out in turn choose a network, and can one believe what they say of it?

The law is a network itself: tanh(2x₁ + 2x₂) + tanh(3x₂ − 3x₃), two hidden units, of four inputs one of which does nothing. With noise of
standard deviation 0.5, 100 rows are seen. How many units, and how much weight decay? Too few units cannot say the law, which is
underfitting; too many learn the noise, which is overfitting, unless decay holds them. The training error does not tell the generalisation
error. In 5-fold cross-validation each fifth of the rows is held out once, while a network learns from the
others, and the mean of the five errors ranks the settings. All settings meet the same folds.

The best of many estimates owes something to luck. Over 40 samples other than those below, the squared error of the choice was estimated
as 0.312 on average, and was 0.330, as 10,000 unseen rows tell; averaged over all settings, the estimates were off by only 0.002. Who
chooses by some rows must judge by others: a test set is for the end.

A standard error says how far the mean of the five may be off. As the five learn from much the same rows, it says too little: it was 0.040
on average, and the estimate of the choice off by 0.059 (root mean square). The one-standard-error rule asks, of all networks within one
of the best, for the simplest: the fewest units, then the most decay. Here it was too modest. Learnt again from all rows, its networks
erred by 0.347, those of the best estimate by 0.320; of the latter, 27 in 40 had the law's two units.

Book: https://d2l.ai/chapter_linear-regression/generalization.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from nn.functional import mse_loss
from . import plots
from .story import Story

__all__ = ["run"]

SEEN, UNSEEN, NOISE, FOLDS = 100, 10_000, 0.5, 5
HELD, LEARNT, TRUE = range(3)  # the errors of a network on the fold held out, on the rows it learnt from, on unseen rows
Rows = tuple[Tensor, Tensor]
Setting = tuple[int, float]


class Sample(NamedTuple):
    """The rows of one sample, mean and standard error of all settings (settings, 3) over the folds, and the place of the best."""

    seen: Rows
    unseen: Rows
    mean: np.ndarray
    spread: np.ndarray
    best: int


def run(story: Story) -> None:
    """Choose on some samples; draw how on the first, and how well the choices were estimated on all."""
    widths, decays = ((1, 2, 16), (0.0, 0.01, 0.1)) if story.quick else ((1, 2, 4, 16), (0.0, 0.003, 0.01, 0.03, 0.1))
    settings = [(width, decay) for width in widths for decay in decays]
    steps = 100 if story.quick else 200
    samples: list[Sample] = []
    for _ in story.progress(range(2 if story.quick else 8), "samples"):
        sample = _cross_validate(story, settings, steps)
        if not samples or np.isfinite(sample.mean).all():
            samples.append(sample)

    seen, unseen, mean, spread, best = samples[0]
    simple = _simplest(settings, mean[:, HELD], spread[:, HELD])
    (width, decay), (fewest, most) = settings[best], settings[simple]
    again = {i: _error(_fit(seen, settings[i], steps), unseen) for i in (best, simple)}
    story.number("hidden units chosen", width, beside=f"the one-standard-error rule {fewest}; the law 2")
    story.number("weight decay chosen", decay, beside=f"the one-standard-error rule {most:g}")
    story.number("squared error of the choice, held-out rows", mean[best, HELD], beside=f"± {spread[best, HELD]:.2g}, the standard error")
    story.number("the same networks, unseen rows", mean[best, TRUE], beside=f"the best of all settings {np.nanmin(mean[:, TRUE]):.4g}")
    beside = f"the one-standard-error rule {again[simple]:.4g}; the best linear function {_linear(seen, unseen):.4g}; noise {NOISE**2:.4g}"
    story.number("learnt again from all rows, unseen rows", again[best], beside=beside)

    estimates, truths = (np.array([s.mean[s.best, kind] for s in samples]) for kind in (HELD, TRUE))
    if len(off := truths - estimates) > 2:  # of two, the standard error is larger than what there is to see
        beside = f"mean of {len(off)} samples, standard error {_standard_error(off):.2g}"
        story.number("the choice is estimated too low by", off.mean(), beside=beside)

    story.picture(
        plots.heat_map(
            story.path("settings.svg"), mean[:, HELD].reshape(len(widths), len(decays)), [str(w) for w in widths],
            [f"{d:g}" for d in decays], f"Rows held out in {FOLDS} folds", "validation error (squared)",
            xlabel="weight decay", ylabel="hidden units", write="{:.3f}".format,
        ),
        "One unit cannot say the law; many need weight decay, and too much of it holds all of them down. "
        f"Chosen: {width} units with {decay:g}. The one-standard-error rule: {fewest} with {most:g}.",
    )  # fmt: skip

    panels: dict[str, dict[str, Any]] = {}
    bars = {}
    for width in (2, 16):
        own = [i for i, setting in enumerate(settings) if setting[0] == width]
        name = f"validation error, {width} units"
        curves = {kind: mean[own, i] for kind, i in ((name, HELD), ("generalisation error", TRUE), ("training error", LEARNT))}
        panels[f"squared error, {width} units"] = {**curves, "the noise alone": [NOISE**2] * len(own)}
        bars[name] = spread[own, HELD].tolist()
    story.picture(
        plots.lines(story.path("decay.svg"), panels, "Two units, and sixteen", "weight decay", x=decays, xscale="symlog", errors=bars),
        "Sixteen units overfit where nothing decays: they learn the noise. The bars are standard errors of the mean over five folds.",
    )

    names = ["validation error", "generalisation error"]
    story.picture(
        plots.lines(
            story.path("samples.svg"), {"squared error": dict(zip(names, (estimates, truths)))}, "The choice of each sample", "sample",
            errors={names[0]: [s.spread[s.best, HELD] for s in samples]}, points=names,
        ),
        "What cross-validation says of its choice, with its standard error, and what the same networks do on unseen rows.",
    )  # fmt: skip


def _rows(n: int) -> Rows:
    x = 2 * ag.rand(n, 4) - 1
    y = ag.tanh(2 * x[:, 0] + 2 * x[:, 1]) + ag.tanh(3 * x[:, 1] - 3 * x[:, 2]) + NOISE * ag.randn(n)
    return x, y.unsqueeze(1)


def _cross_validate(story: Story, settings: list[Setting], steps: int) -> Sample:
    """Draw a sample, and let all settings meet the same folds of it."""
    seen, unseen = _rows(SEEN), _rows(UNSEEN)
    folds = list(nn.data.k_fold(SEEN, FOLDS))
    errors = np.full((len(settings), FOLDS, 3), np.nan)
    for i in story.progress(range(len(settings)), "settings"):
        for j, parts in enumerate(folds):
            learnt, held = ((seen[0][rows], seen[1][rows]) for rows in parts)
            net = _fit(learnt, settings[i], steps)
            errors[i, j] = [_error(net, rows) for rows in (held, learnt, unseen)]
    mean = errors.mean(1)
    return Sample(seen, unseen, mean, _standard_error(errors.swapaxes(0, 1)), int(np.nanargmin(mean[:, HELD])))


def _simplest(settings: list[Setting], mean: np.ndarray, spread: np.ndarray) -> int:
    """The place of the fewest units, then the most decay, among those within one standard error of the best."""
    limit = np.nanmin(mean) + spread[np.nanargmin(mean)]
    return min(np.flatnonzero(mean <= limit).tolist(), key=lambda i: (settings[i][0], -settings[i][1]))


def _standard_error(numbers: np.ndarray) -> Any:
    """The standard error of the mean over the first axis, as if the numbers were independent."""
    return numbers.std(0, ddof=1) / len(numbers) ** 0.5


def _fit(rows: Rows, setting: Setting, steps: int) -> nn.Module:
    width, decay = setting
    net = nn.MLP(4, [width, 1], activation=nn.Tanh)
    optimizer = nn.optim.SGD(net.parameters(), lr=0.2, momentum=0.9, weight_decay=decay)
    nn.fit(net, mse_loss, optimizer, [rows], epochs=steps, progress=False, compile=True)
    return net


def _error(net: nn.Module, rows: Rows) -> float:
    x, y = rows
    with ag.no_grad():
        return mse_loss(net(x), y).item()


def _linear(seen: Rows, unseen: Rows) -> float:
    """The error on unseen rows of the linear function that fits the seen ones best."""
    (x, y), (u, v) = ((np.column_stack([x.numpy(), np.ones(len(x))]), y.numpy()) for x, y in (seen, unseen))
    return float(np.square(u @ np.linalg.lstsq(x, y, rcond=None)[0] - v).mean())
