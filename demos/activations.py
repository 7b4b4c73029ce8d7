"""Which activation functions let a gradient through?

A layer ends in a function that bends; without it, layers upon layers would be one linear layer. On the way back a gradient is
multiplied by the slope of that function, once for every layer. Where the slope is near 0, the layers below learn nothing.

Five of these functions and their slopes are drawn as the book does it: `y.backward(torch.ones_like(x), retain_graph=True)` leaves
in `x.grad` the slope at every x at once. Sigmoid's is 1/4 at 0 and less everywhere else. Far out, where it saturates, it falls like
e to the minus |x|, and soon a hundredth of its best is left: gradients vanish. Tanh, a sigmoid twice as high and half as wide, has
a slope of 1 at 0 and is flat at half the distance. ReLU passes all of a gradient or nothing, pReLU all of it or a quarter. GELU
bends back: left of its lowest point the slope is negative.

Where a slope has fallen to a given size, or is least, is found by Newton's method on the slope, with the slope of the slope: the
engine differentiates what it has differentiated. None of the numbers beside uses the engine.

Book: https://d2l.ai/chapter_multilayer-perceptrons/mlp.html
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Value
from . import plots
from .story import Story

__all__ = ["run"]

LAYERS = 10
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "ReLU": ag.relu,
    "pReLU": lambda x: ag.prelu(x, 0.25),
    "sigmoid": ag.sigmoid,
    "tanh": ag.tanh,
    "GELU": ag.gelu,
}


def run(story: Story) -> None:
    """Draw the functions and their slopes, see where sigmoid's slope dies, and multiply ten of each."""
    x = ag.arange(-8.0, 8.0, 0.01, dtype=ag.float64, requires_grad=True)
    values, slopes = {}, {}
    for name, function in FUNCTIONS.items():
        y = function(x)
        x.grad = None
        y.backward(ag.ones_like(x), retain_graph=True)
        values[name], slopes[name] = y.detach().numpy(), x.grad.numpy()

    at = x.detach().numpy()
    best = slopes["sigmoid"].max()
    story.number("sigmoid's largest slope", best, "", "1/4, at x = 0")
    far = root(lambda x: slope(ag.sigmoid)(x) / best - 0.01, Value(4.0))
    story.number("|x| beyond which less than 1 % of that is left", far, "", f"2 arcosh 10 = {2 * math.acosh(10):.4f}")
    near = root(lambda x: slope(ag.tanh)(x) - 0.01, Value(2.0))
    story.number("the same of tanh", near, "", f"arcosh 10 = {math.acosh(10):.4f}")
    low = root(slope(slope(ag.gelu)), Value(-1.0))
    story.number("x where GELU's slope is least", low, "", f"−√2 = {-math.sqrt(2):.4f}")
    least = math.erfc(1) / 2 - math.exp(-1) / math.sqrt(math.pi)
    story.number("GELU's slope there", slope(ag.gelu)(Value(low)).data, "", f"erfc(1)/2 − 1/(e √π) = {least:.4f}")

    products = {name: in_a_row(function) for name, function in FUNCTIONS.items()}
    most = 0.25**LAYERS
    bound = f"at most 1/4 to the {LAYERS}th = {most:.2g}"
    story.number(f"slope through {LAYERS} sigmoids, from x = 1", products["sigmoid"][-1], "", bound)
    story.number(f"slope through {LAYERS} ReLUs, from x = 1", products["ReLU"][-1], "", f"1 to the {LAYERS}th = 1")

    off = max(np.abs(slopes[name] - exact).max() for name, exact in closed_forms(at).items())
    story.number("largest error of all slopes", off, "", f"five functions at {len(at):,} places, beside closed forms")

    middle = np.abs(at) <= 4
    panels = {f"{name}(x)": {"": y[middle]} for name, y in values.items()}
    panels |= {f"slope of {name}": {"": y[middle]} for name, y in slopes.items()}
    title = "Five activations, and below each its slope"
    story.picture(
        plots.lines(story.path("functions.svg"), panels, title, "x", x=at[middle], columns=len(values)),
        "Sigmoid and tanh are flat on both sides, ReLU on one. GELU's slope goes below 0, and above 1.",
    )
    tails: dict[str, Any] = {name: slopes[name] / slopes[name].max() for name in ("sigmoid", "tanh")}
    tails["1 % is left"] = ([-far, -near, near, far], [0.01] * 4)
    story.picture(
        plots.lines(
            story.path("tails.svg"),
            {"slope / largest slope": tails},
            "How the slopes of sigmoid and tanh die out", "x", x=at, yscale="log", points=["1 % is left"],
        ),
        "On a logarithmic scale the tails are straight lines: every step outwards costs the same factor.",
    )  # fmt: skip
    products["1/4 each"] = [0.25**k for k in range(1, LAYERS + 1)]
    story.picture(
        plots.lines(
            story.path("product.svg"),
            {"slope of the last in the first": products},
            f"Up to {LAYERS} of one function in a row, from x = 1", "functions in a row", yscale="log",
        ),
        "What is left of a gradient that comes back. ReLU and pReLU lie on one line, as x > 0; at x < 0 ReLU would leave exactly 0.",
    )  # fmt: skip


def slope(function: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """The derivative of a function, which is a function that has a derivative."""
    return lambda x: ag.grad(function(x), x, create_graph=True)[0]


def root(function: Callable[[Value], Value], x: Value) -> float:
    """Where the function is 0, by Newton's method from x."""
    for _ in range(20):
        x = Value(x.data - function(x).data / slope(function)(x).data)
    return x.data


def in_a_row(function: Callable[[Any], Any]) -> list[float]:
    """The slope at 1 of the function, of the function of the function, and so on."""
    x = y = Value(1.0)
    slopes = []
    for _ in range(LAYERS):
        y = function(y)
        slopes.append(ag.grad(y, x, retain_graph=True)[0].data)
    return slopes


def closed_forms(x: np.ndarray) -> dict[str, np.ndarray]:
    """The slopes as textbooks have them."""
    normal = np.array([(1 + math.erf(t / math.sqrt(2))) / 2 for t in x])  # its distribution function
    return {
        "ReLU": np.where(x > 0, 1, 0),
        "pReLU": np.where(x > 0, 1, 0.25),
        "sigmoid": 1 / (2 * np.cosh(x / 2)) ** 2,
        "tanh": 1 / np.cosh(x) ** 2,
        "GELU": normal + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi),
    }
