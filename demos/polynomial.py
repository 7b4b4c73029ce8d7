"""Which polynomial learns the law, and which the noise?

The law y = 5 + 1.2 x − 3.4 x²/2! + 5.6 x³/3! is seen at 20 places between −2 and 2, with noise of standard deviation 0.1. Polynomials of
more and more weights, of a higher and higher degree, are fitted to these rows, 10 at a time: the training error is the mean squared error
on them. The test error is that on 100 rows that they have not seen.

A line is too stiff and errs on both: it underfits. The errors of a cubic are about the variance of the noise, 0.01. Degree 19 has a weight
for each row: its training error is small, its test error is not. It overfits, and not by bad luck: its test error is 50 to 1,500
times that of the cubic, over seeds 0 to 39 of the short run.

But descent must get there. Of the powers xⁱ/i!, in which the book writes its polynomials, the high ones are so small and so alike that
descent hardly uses them: after the same steps, degree 19 in powers is about as good as the cubic. (On the 100 rows that the book sees,
whether it overfits is the luck of the sample.) What a model can do is one thing, what training makes of it another.

To compare with: the exact solution by least squares, and the error on endless test rows, which is known here: the variance of the noise
and the squared distances of all weights from the true ones.

All fits but the one in powers write their polynomials as sums of Legendre polynomials. These do not overlap where inputs are spread
evenly: descent uses them all, and the squared distances add up.

Book: https://d2l.ai/chapter_linear-regression/generalization.html
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre

import autograd as ag
import nn
from autograd import Tensor
from nn.functional import mse_loss
from . import plots
from .story import Story

__all__ = ["run"]

TRAIN, TEST, NOISE = 20, 100, 0.1
DEGREES = np.arange(20)
FACTORIALS = np.array([float(math.factorial(i)) for i in DEGREES])
SCALES = np.sqrt(2 * DEGREES + 1)  # the mean square of the Legendre polynomial of degree i is 1 / (2i + 1)
LAW = np.array([5, 1.2, -3.4, 5.6])  # in powers xⁱ/i!
TRUTH = np.pad(
    legendre.poly2leg(LAW * 2.0 ** np.arange(4) / FACTORIALS[:4]) / SCALES[:4], (0, 16)
)  # the same in Legendre polynomials of x/2


class Fit(NamedTuple):
    """The weights, and the training and test error after each epoch."""

    weights: np.ndarray
    training: list[float]
    test: list[float]


def run(story: Story) -> None:
    """Fit polynomials of all degrees; draw their errors, curves and weights."""
    x = 4 * ag.rand(TRAIN + TEST, dtype=ag.float64).numpy() - 2
    waves, powers = ag.tensor(_waves(x)), ag.tensor(_powers(x))
    y = powers[:, :4] @ ag.tensor(LAW) + NOISE * ag.randn(len(x), dtype=ag.float64)
    models = {"degree 1": waves[:, :2], "degree 3": waves[:, :4], "degree 19": waves, "degree 19 in powers": powers}
    for degree in (0, 2, 5, 7, 9, 11, 15) if story.quick else DEGREES:
        models.setdefault(f"degree {degree}", waves[:, : degree + 1])

    epochs = 400 if story.quick else 1000
    fits = {name: _fit(models[name], y, epochs) for name in story.progress(models, "fitting")}
    exact = [_errors(waves[:, : d + 1], _least_squares(waves[:, : d + 1], y), y) for d in DEGREES]
    four = {name: fits[name] for name in list(fits)[:4]}

    for name, (weights, training, test) in four.items():
        degree = len(weights) - 1
        endless = "" if "powers" in name else f"endless test rows {_endless(weights):.4g}; "
        story.number(f"{name}: training error", training[-1], beside=f"least squares {exact[degree][0]:.4g}")
        beside = f"{endless}least squares {exact[degree][1]:.4g}; the noise alone {NOISE**2:.4g}"
        story.number(f"{name}: test error", test[-1], beside=beside)

    noise = {"the noise alone": ([1, epochs], [NOISE**2, NOISE**2])}
    panels = {
        "training error (squared)": {name: fit.training for name, fit in four.items()} | noise,
        "test error (squared)": {name: fit.test for name, fit in four.items()} | noise,
    }
    title = f"Learning {TRAIN} rows, and learning the law"
    story.picture(
        plots.lines(story.path("errors.svg"), panels, title, "epoch", xscale="log", yscale="log"),
        "All but the line get down to about the noise. On the test rows, degree 19 stays far above it, unless it is written in powers.",
    )

    grid = np.linspace(-2, 2, 401)
    curves = {n: (grid, (_powers if "powers" in n else _waves)(grid)[:, : len(f.weights)] @ f.weights) for n, f in four.items()}
    rows = {"training rows": (x[:TRAIN], y.numpy()[:TRAIN])}
    story.picture(
        plots.lines(story.path("fits.svg"), {"y": curves | rows}, f"What is learnt from {TRAIN} rows", "x", points=rows),
        "The line misses most rows, the cubic follows the law. Degree 19 goes close to every row, and astray where there are none.",
    )

    in_waves = {name: fit.weights for name, fit in four.items() if "powers" not in name}
    in_powers = {name: weights if "powers" in name else _in_powers(weights) for name, (weights, *_) in four.items() if name != "degree 19"}
    both = {
        "weight of Legendre polynomial i": in_waves | {"the law": TRUTH},
        "weight of xⁱ/i!": in_powers | {"the law": np.pad(LAW, (0, 16))},
    }
    story.picture(
        plots.lines(story.path("weights.svg"), both, "The weights", "degree i of the term", x=DEGREES, points=four),
        "Above, degree 19 gives weight to terms that the law does not have. Below, in powers, it does so to the first few of them only.",
    )

    degrees = sorted(len(fit.weights) - 1 for name, fit in fits.items() if "powers" not in name)
    found = [fits[f"degree {d}"] for d in degrees]
    series = {
        "training error": (degrees, [fit.training[-1] for fit in found]),
        "test error": (degrees, [fit.test[-1] for fit in found]),
        "training, least squares": [training for training, _ in exact],
        "test, least squares": [test for _, test in exact],
    }
    story.picture(
        plots.lines(
            story.path("degrees.svg"), {"squared error": series}, "Underfitting and overfitting", "degree of the polynomial",
            x=DEGREES, yscale="log", ylim=(1e-3, 100),
        ),
        "Beyond the cubic only noise is left to learn, and the test error pays for it. Least squares leaves the picture on both sides.",
    )  # fmt: skip


def _powers(x: np.ndarray) -> np.ndarray:
    return x[:, None] ** DEGREES / FACTORIALS


def _waves(x: np.ndarray) -> np.ndarray:
    """Legendre polynomials on −2 … 2, scaled to a mean square of 1."""
    return legendre.legvander(x / 2, DEGREES[-1]) * SCALES


def _in_powers(weights: np.ndarray) -> np.ndarray:
    """The weights in powers of a sum that has these weights in Legendre polynomials."""
    n = len(weights)
    return legendre.leg2poly(weights * SCALES[:n]) * FACTORIALS[:n] / 2.0 ** np.arange(n)


def _endless(weights: np.ndarray) -> float:
    """The mean squared error on endless rows: polynomials that do not overlap add up by squares (Parseval)."""
    return NOISE**2 + float(np.square(np.pad(weights, (0, len(DEGREES) - len(weights))) - TRUTH).sum())


def _fit(features: Tensor, y: Tensor, epochs: int) -> Fit:
    w = ag.zeros(features.shape[1], dtype=ag.float64, requires_grad=True)
    optimizer = nn.optim.SGD([w], lr=0.01, momentum=0.9)
    errors = []

    @ag.compile
    def step(rows: Tensor) -> None:
        loss = mse_loss(features[rows] @ w, y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    for _ in range(epochs):
        for rows in ag.split(ag.randperm(TRAIN), 10):
            step(rows)
        errors.append(_errors(features, w.detach(), y))
    return Fit(w.detach().numpy(), *map(list, zip(*errors)))


def _least_squares(features: Tensor, y: Tensor) -> Tensor:
    return ag.tensor(np.linalg.lstsq(features[:TRAIN].numpy(), y[:TRAIN].numpy(), rcond=None)[0])


def _errors(features: Tensor, w: Tensor, y: Tensor) -> tuple[float, float]:
    """The training and the test error, mean squares."""
    squares = ag.square(features @ w - y)
    return squares[:TRAIN].mean().item(), squares[TRAIN:].mean().item()
