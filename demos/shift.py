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
from .story import Story

__all__ = ["run"]

NOISE = 0.1
AWAY = 1.0  # where the inputs of q are
OFTEN = 0.9  # how often the second class is on q
MOVED = 0.5  # how far the inputs of both classes move, where the assumption is false
Line = tuple[float, float]  # slope and intercept


def run(story: Story) -> None:
    """Mend a covariate shift by a classifier's weights, a label shift by a confusion matrix; then see both fail."""
    rows = 1000 if story.quick else 4000
    _covariates(story, rows)
    _distances(story, rows)
    _labels(story, rows)


# Covariate shift.
def _covariates(story: Story, rows: int) -> None:
    x, far = _inputs(rows, 0), _inputs(rows, AWAY)
    y, truth = _law(x), _law(far)
    slope, offset = classifier(x, far)
    story.number("slope of the classifier's logit", slope, beside=f"the logarithm of q(x)/p(x) has {AWAY:g}")
    story.number("its intercept", offset, beside=f"{-(AWAY**2) / 2:g}")
    weights = (slope * x + offset).exp()
    plain, weighted = fitted(x, y), fitted(x, y, weights)
    for name, line, best in (("without weights", plain, best_line(0)), ("with weights", weighted, best_line(AWAY))):
        story.number(f"slope of the line, {name}", line[0], beside=f"the best one for {'q' if best[0] else 'p'} has {best[0]:g}")
        beside = f"{risk(best, AWAY):.4g} of that line in closed form"
        story.number(f"squared error on q, {name}", error(line, far, truth), beside=beside)
    promised = (weights * (weighted[0] * x + weighted[1] - y) ** 2).mean().item()
    beside = f"measured on q {error(weighted, far, truth):.4g}"
    story.number("squared error on q, as the weighted rows of p promise it", promised, beside=beside)
    beside = f"promised {promised:.4g}; 2² more than before in closed form, {risk(best_line(AWAY), AWAY) + 4:.4g}"
    story.number("and where the law on q is x² + 2", error(weighted, far, truth + 2), beside=beside)

    bins = np.linspace(-4, 5, 46)
    middle = (bins[1:] + bins[:-1]) / 2
    given, other, w = (t.numpy() for t in (x, far, weights))
    inputs = {
        "rows of p": np.histogram(given, bins, density=True)[0],
        "rows of p, weighted": np.histogram(given, bins, weights=w, density=True)[0],
        "rows of q": np.histogram(other, bins, density=True)[0],
    }
    ends = np.array([-2.5, 4.0])
    some = slice(None, 150)
    fits = {
        "some rows of q": (other[some], truth.numpy()[some]),
        "line without weights": (ends, plain[0] * ends + plain[1]),
        "line with weights": (ends, weighted[0] * ends + weighted[1]),
    }
    panels: dict[str, dict[str, Any]] = {"density of x": {name: (middle, h) for name, h in inputs.items()}, "y": fits}
    story.picture(
        plots.lines(story.path("weights.svg"), panels, "What the weights of a classifier do", "x", points=["some rows of q"]),
        "The weights make of the inputs of p those of q; the line that is learnt with them is one for q, though no label of q was seen.",
    )


def _distances(story: Story, rows: int) -> None:
    away = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    share: list[float] = []
    errors: dict[str, list[float]] = {"without weights": [], "with weights": []}
    for d in story.progress(away, "q further away"):
        x, far = _inputs(rows, 0), _inputs(rows, d)
        y, truth = _law(x), _law(far)
        slope, offset = classifier(x, far)
        weights = (slope * x + offset).exp()
        share.append((weights.sum() ** 2 / (weights**2).sum()).item() / rows)
        errors["without weights"].append(error(fitted(x, y), far, truth))
        errors["with weights"].append(error(fitted(x, y, weights), far, truth))
    at = away[: len(share)]
    counted = {f"of {rows:,} rows": share, "exp(−d²)": [math.exp(-d * d) for d in at]}
    errors |= {"d⁴ + 4d² + 2": [risk(best_line(0), d) for d in at], "the best line": [risk(best_line(d), d) for d in at]}
    story.number(
        f"rows that count, where q is {at[-1]:g} away", 100 * share[-1], "%", f"exp(−d²) is {100 * math.exp(-(at[-1] ** 2)):.3g} %"
    )
    panels = {"share of rows that count": counted, "squared error on q": errors}
    story.picture(
        plots.lines(story.path("distances.svg"), panels, "Further away, fewer rows count", "distance of q", x=at, yscale="log"),
        "(Σβ)²/Σβ² rows count. Where these are few, so are the rows that the line is learnt from, and the cure is one no more.",
    )


def _inputs(rows: int, middle: float) -> Tensor:
    return ag.randn(rows, dtype=ag.float64) + middle


def _law(x: Tensor) -> Tensor:
    return x**2 + NOISE * ag.randn(len(x), dtype=ag.float64)


def classifier(near: Tensor, far: Tensor) -> Line:
    """The logit of a logistic regression that tells rows ``far`` (n,) from rows ``near`` (m,), as a line in x."""
    net, loss = nn.Linear(1, 1).double(), nn.BCEWithLogitsLoss()
    x, which = ag.cat([near, far])[:, None], ag.cat([ag.zeros_like(near), ag.ones_like(far)])[:, None]
    _settle(net, lambda: loss(net(x), which))
    return _line(net)


def fitted(x: Tensor, y: Tensor, weights: Tensor | None = None) -> Line:
    """The line through rows (n,) of least squared error, in which each row counts as often as its weight says."""
    net, w = nn.Linear(1, 1).double(), ag.ones_like(x) if weights is None else weights / weights.mean()
    _settle(net, lambda: (w * (net(x[:, None])[:, 0] - y) ** 2).mean())
    return _line(net)


def best_line(middle: float) -> Line:
    """Of y = x², where x is N(middle, 1): the covariance of x² and x is 2 middle."""
    return 2 * middle, 1 - middle**2


def risk(line: Line, middle: float) -> float:
    """The mean squared error of a line where x is N(middle, 1), with the noise: of x² less the line, its mean squared and its variance."""
    a, b = line
    return (middle**2 + 1 - a * middle - b) ** 2 + (2 * middle - a) ** 2 + 2 + NOISE**2


def error(line: Line, x: Tensor, y: Tensor) -> float:
    """The mean squared error on rows (n,)."""
    return ((line[0] * x + line[1] - y) ** 2).mean().item()


# Label shift.
def _labels(story: Story, rows: int) -> None:
    near, known = _classes(rows, 0.5)
    net = _separated(near, known)
    confusion = _confusion(net, *_classes(rows, 0.5))  # on rows that were not trained on
    beside = f"Φ(1) = {_normal(1):.4g}"
    story.number("rows of the second class that are taken for it", confusion[1, 1].item(), beside=beside)

    far, truth = _classes(rows, OFTEN)
    shares = found(confusion, _guessed(net, far))
    story.number("share of the second class on q, found without its labels", shares[1].item(), beside=f"drawn with {OFTEN:g}")
    mended = _separated(near, known, shares / 0.5)
    story.number("accuracy on q, as trained", _accuracy(net, far, truth), beside=f"{accuracy(0, OFTEN):.4g} in closed form")
    beside = f"the most that can be had is {accuracy(boundary(OFTEN), OFTEN):.4g}"
    story.number("accuracy on q, with rows weighted by class", _accuracy(mended, far, truth), beside=beside)

    often = [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95]
    estimates: dict[str, list[float]] = {"label shift": [], "the classes have moved, too": []}
    rates: dict[str, list[float]] = {"as trained": [], "weighted by class": []}
    for share in story.progress(often, "other frequencies"):
        x, y = _classes(rows, share)
        shares = found(confusion, _guessed(net, x))
        estimates["label shift"].append(shares[1].item())
        estimates["the classes have moved, too"].append(found(confusion, _guessed(net, x + MOVED))[1].item())
        rates["as trained"].append(_accuracy(net, x, y))
        rates["weighted by class"].append(_accuracy(_separated(near, known, shares / 0.5), x, y))
    at = often[: len(rates["as trained"])]
    estimates["right"] = at
    rates["the most"] = [accuracy(boundary(share), share) for share in at]
    x, _ = _classes(rows, 0.5)
    what, wrong = f"share that is found where nothing but the inputs moved, by {MOVED:g}", found(confusion, _guessed(net, x + MOVED))[1]
    story.number(what, wrong.item(), beside=f"drawn with 0.5; in closed form {mistaken(0.5):.4g}")
    panels = {"share that is found": estimates, "accuracy on q": rates}
    story.picture(
        plots.lines(story.path("labels.svg"), panels, "Other frequencies of two classes", "share of the second class on q", x=at),
        "A confusion matrix finds the frequencies without labels, and weights by class then classify as well as can be. Where the inputs "
        "of the classes have moved as well, what it finds is wrong, and nothing says so.",
    )


def _classes(rows: int, often: float) -> tuple[Tensor, Tensor]:
    """Inputs and classes, 1 as often as said."""
    y = (ag.rand(rows, dtype=ag.float64) < often).long()
    return ag.randn(rows, dtype=ag.float64) + (2 * y - 1), y


def _separated(x: Tensor, y: Tensor, weight: Tensor | None = None) -> nn.Module:
    net, loss = nn.Linear(1, 2).double(), nn.CrossEntropyLoss(weight=weight)
    _settle(net, lambda: loss(net(x[:, None]), y))
    return net


def _guesses(net: nn.Module, x: Tensor) -> Tensor:
    with ag.no_grad():
        return net(x[:, None]).argmax(1)


def _guessed(net: nn.Module, x: Tensor) -> Tensor:
    """How often each class is guessed, (2,)."""
    return nn.functional.one_hot(_guesses(net, x), 2).double().mean(0)


def _confusion(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """How often class j is taken for class i, (2, 2): each column sums to 1."""
    return ag.stack([_guessed(net, x[y == j]) for j in range(2)], 1)


def found(confusion: Tensor, guessed: Tensor) -> Tensor:
    """The frequencies of the classes, (2,): what the matrix makes the ``guessed`` ones of; none is below 0, together they are 1."""
    shares = (ag.linalg.inv(confusion) @ guessed).clamp(min=0)
    return shares / shares.sum()


def _accuracy(net: nn.Module, x: Tensor, y: Tensor) -> float:
    return (_guesses(net, x) == y).double().mean().item()


def boundary(often: float) -> float:
    """From where on the second class is the more likely one: where often / (1 − often) · exp(2x) is 1."""
    return -math.log(often / (1 - often)) / 2


def accuracy(at: float, often: float) -> float:
    """Of the rule that says the second class from ``at`` on."""
    return often * _normal(1 - at) + (1 - often) * _normal(1 + at)


def mistaken(often: float) -> float:
    """The share that is found where the classes have moved, and were taken for those that were learnt."""
    guessed = often * _normal(1 + MOVED) + (1 - often) * _normal(MOVED - 1)
    return (guessed - 1 + _normal(1)) / (2 * _normal(1) - 1)


def _normal(x: float) -> float:
    """The distribution function of N(0, 1)."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def _settle(net: nn.Module, loss: Any, steps: int = 200) -> None:
    """All rows in each step, until nothing moves: these losses have one valley."""
    optimizer = nn.optim.Adam(net.parameters(), lr=0.3)
    schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        schedule.step()


def _line(net: Any) -> Line:
    return net.weight.item(), net.bias.item()
