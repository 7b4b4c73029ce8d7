"""Two problems with normal inputs, whose right answers are known: a line for a parabola, and a boundary between two classes.

What is learnt from rows that somebody drew can be held against these, to the error of the drawing.
"""

from __future__ import annotations

import math

import autograd as ag
from autograd import Tensor

__all__ = ["NOISE", "Line", "accuracy", "best_line", "boundary", "classes", "inputs", "mistaken", "parabola", "risk"]

NOISE = 0.1
Line = tuple[float, float]  # slope and intercept


def inputs(rows: int, middle: float) -> Tensor:
    """From N(middle, 1)."""
    return ag.randn(rows, dtype=ag.float64) + middle


def parabola(x: Tensor) -> Tensor:
    """The square of each input, with noise of standard deviation `NOISE`."""
    return x**2 + NOISE * ag.randn(len(x), dtype=ag.float64)


def best_line(middle: float) -> Line:
    """The line of least squared error for the parabola where x is N(middle, 1): the covariance of x² and x is 2 middle."""
    return 2 * middle, 1 - middle**2


def risk(line: Line, middle: float) -> float:
    """The mean squared error of a line there, noise and all: the square of the mean of x² less the line, and its variance."""
    a, b = line
    return (middle**2 + 1 - a * middle - b) ** 2 + (2 * middle - a) ** 2 + 2 + NOISE**2


def classes(rows: int, often: float) -> tuple[Tensor, Tensor]:
    """Inputs from N(−1, 1) of class 0, from N(1, 1) of class 1, which is as often as said."""
    y = (ag.rand(rows, dtype=ag.float64) < often).long()
    return ag.randn(rows, dtype=ag.float64) + (2 * y - 1), y


def boundary(often: float) -> float:
    """From where on class 1 is the more likely one: where often / (1 − often) · exp(2x) is 1."""
    return -math.log(often / (1 - often)) / 2


def accuracy(at: float, often: float) -> float:
    """Of the rule that says class 1 from ``at`` on."""
    return often * _below(1 - at) + (1 - often) * _below(1 + at)


def mistaken(often: float, moved: float) -> float:
    """What a confusion matrix of the rule that says class 1 from 0 on makes of the frequency of class 1, where all inputs have moved."""
    guessed = often * _below(1 + moved) + (1 - often) * _below(moved - 1)
    return (guessed - 1 + _below(1)) / (2 * _below(1) - 1)


def _below(x: float) -> float:
    """The share of N(0, 1) below x."""
    return 0.5 * math.erfc(-x / math.sqrt(2))
