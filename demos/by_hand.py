"""Is the backward pass that I wrote by hand right?

A network that learns says little about its gradients: with wrong ones it often learns, too, only worse, and nobody knows why. Here
are the forward and the backward pass of three layers in plain numpy, as courses ask for them: an affine layer, batch normalisation, and the
cross-entropy of softmax.

Batch normalisation is where most go wrong. An entry of x reaches the result in three ways: by itself, by the mean of its column, and by
its deviation. With x̂ the normalised column, γ its scale and s its deviation, dx = γ/s · (dout − mean(dout) − x̂ · mean(dout · x̂)). In
`forgetful` the way through the mean is missing, which is the second term.

`check_backward` takes the functions as they are. It hands in a random dout, and compares with derivatives that know nothing of the
backward pass. Its report says which entries are wrong, and that the error is the same for all rows of a column. Such an error is
invisible where the data are centred: the gradient of the weights before is xᵀ · dx, and what is the same in all rows of dx meets there the
sum of x, which is 0. There the training with the wrong gradient is that with the right one, up to rounding. Where the same data lie
somewhere else, which batch normalisation would not mind, it falls behind.

Book: https://d2l.ai/chapter_convolutional-modern/batch-norm.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.testing import check_backward
from . import plots
from .story import Story

__all__ = ["run"]

AWAY = 2.0  # from the origin


def run(story: Story) -> None:
    """Check the layers, find the mistake that was planted in one, and see what it does to a training."""
    rng = np.random.default_rng(story.seed)
    x, w, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    gamma, beta, labels = rng.normal(size=3), rng.normal(size=3), np.array([0, 2, 1, 1])
    right = [
        check_backward(affine, affine_backward, (x, w, b)),
        check_backward(cross_entropy, cross_entropy_backward, (x, labels)),
        check_backward(batch_norm, batch_norm_backward, (x, gamma, beta)),
    ]
    story.number("layers that are right", sum(map(bool, right)), "of 3", f"by {', '.join(sorted({report.method for report in right}))}")
    report = check_backward(batch_norm, forgetful, (x, gamma, beta), raise_exception=False)
    story.text("report.txt", str(report), "What is said of the backward pass with a term missing. The last two lines say where to look.")
    beside = "each of 12 results by the 4 entries of x in its column; there are 18 inputs"
    story.number("partial derivatives that are wrong", len(report.failures), f"of {12 * 18}", beside)

    dout, cache = rng.normal(size=(4, 3)), batch_norm(x, gamma, beta)[1]
    error = forgetful(dout, cache)[0] - batch_norm_backward(dout, cache)[0]
    story.picture(
        plots.heat_map(
            story.path("error.svg"), error, [f"row {i}" for i in range(4)], [f"column {j}" for j in range(3)],
            "What is wrong in dx", "error of the gradient", xlabel="feature", ylabel="example", signed=True,
        ),
        "The same in all rows of a column: γ/s · mean(dout), which is missing.",
    )  # fmt: skip

    steps = 200 if story.quick else 1000
    points, classes = spirals(rng)
    panels: dict[str, dict[str, np.ndarray]] = {}
    for where, away in story.progress({"centred": 0.0, f"{AWAY:g} away": AWAY}.items(), "training"):
        runs = {"right": batch_norm_backward, "a term missing": forgetful}
        panels[f"loss, {where}"] = {name: train(points + away, classes, way, steps, story.seed) for name, way in runs.items()}
    for name, losses in panels.items():
        good, bad = losses.values()
        if "centred" in name:
            story.number(
                "largest difference of a loss, centred", np.max(np.abs(good - bad)), "", f"losses fall from {good[0]:.3f} to {good[-1]:.3g}"
            )
        else:
            story.number(f"{name}, with a term missing", bad[-1], "", f"with the right gradient {good[-1]:.3g}, after {steps:,} steps")
    story.picture(
        plots.lines(story.path("losses.svg"), panels, "Training with a right and with a wrong gradient", "step", yscale="log"),
        "Both learn. On centred points they cannot be told apart, so that no training would have shown the mistake.",
    )


def affine(x: Any, w: Any, b: Any) -> Any:
    """A layer of weights."""
    return x @ w + b, (x, w)


def affine_backward(dout: Any, cache: Any) -> Any:
    """Its gradients: of x, w and b."""
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of minus the logarithms of the probabilities that softmax gives the labels."""
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(labels)), labels]).mean(), (p, labels)


def cross_entropy_backward(dout: Any, cache: Any) -> Any:
    """Its gradient: of the logits; labels have none."""
    p, labels = cache
    d = p.copy()
    d[np.arange(len(labels)), labels] -= 1
    return dout * d / len(labels), None


def batch_norm(x: Any, gamma: Any, beta: Any) -> Any:
    """Each column with mean 0 and deviation 1, then scaled and shifted."""
    away = x - x.mean(axis=0)
    s = np.sqrt((away * away).mean(axis=0) + 1e-5)
    return gamma * away / s + beta, (away / s, gamma, s)


def batch_norm_backward(dout: Any, cache: Any) -> Any:
    """Its gradients: of x, gamma and beta."""
    xhat, gamma, s = cache
    dx = gamma / s * (dout - dout.mean(axis=0) - xhat * (dout * xhat).mean(axis=0))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def forgetful(dout: Any, cache: Any) -> Any:
    """The same without the way through the mean."""
    xhat, gamma, s = cache
    dx = gamma / s * (dout - xhat * (dout * xhat).mean(axis=0))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def train(x: np.ndarray, labels: np.ndarray, norm_backward: Callable[..., Any], steps: int, seed: int) -> np.ndarray:
    """The losses of a 2-16-2 network with batch normalisation and ReLU, step by step."""
    rng = np.random.default_rng(seed)
    parameters = [rng.normal(size=(2, 16)), np.zeros(16), np.ones(16), np.zeros(16), rng.normal(size=(16, 2)) / 4, np.zeros(2)]
    losses = []
    for _ in range(steps):
        w1, b1, gamma, beta, w2, b2 = parameters
        a, before = affine(x, w1, b1)
        h, normed = batch_norm(a, gamma, beta)
        logits, after = affine(np.maximum(h, 0), w2, b2)
        loss, end = cross_entropy(logits, labels)
        dh, dw2, db2 = affine_backward(cross_entropy_backward(1.0, end)[0], after)
        da, dgamma, dbeta = norm_backward(dh * (h > 0), normed)
        _, dw1, db1 = affine_backward(da, before)
        parameters = [p - 0.5 * d for p, d in zip(parameters, (dw1, db1, dgamma, dbeta, dw2, db2))]
        losses.append(loss)
    return np.array(losses)


def spirals(rng: np.random.Generator, n: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Points on two arms of a spiral, around the origin, and the arms that they are on."""
    arm = np.repeat([0, 1], n)
    t = 2.1 * np.pi * np.sqrt(rng.random(2 * n))
    x = np.stack([t * np.cos(t + np.pi * arm), t * np.sin(t + np.pi * arm)], axis=1) / 6 + 0.03 * rng.normal(size=(2 * n, 2))
    return x - x.mean(axis=0), arm
