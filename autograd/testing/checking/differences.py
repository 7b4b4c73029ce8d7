"""Slopes of a function of one number by differences, for whatever cannot be asked in another way.

The step is not known beforehand: too long, and the function bends or has a corner in between; too short, and rounding takes the
digits. So the step shrinks, Richardson's extrapolation to step 0 is made from all steps so far, and what changed least is kept, with
its change as the estimate of the error (Ridders, Advances in Engineering Software 4, 1982).

A function here takes several numbers at once and gives a row of results for each, so that it may compute them together. ``rough``
says how wrong its results may be by rounding, where that is more than their last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["corners", "one_sided", "slope"]

_SHRINK = 4.0
_LEVELS = 16
_EPS = float(np.finfo(np.float64).eps)
F = Callable[[np.ndarray], np.ndarray]


def slope(f: F, enough: float = 1e-10, rough: Any = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """f'(0) for each result of ``f``, and an estimate of its error. The first step is 1e-2; NaN where no step gave a number.

    ``enough`` is the relative error that is small enough to stop at.

    >>> d, error = slope(lambda s: np.stack([np.exp(s), s * s], axis=1))
    >>> bool(abs(d[0] - 1) < 1e-10), bool(abs(d[1]) < 1e-10)
    (True, True)
    """

    def ratios(steps: np.ndarray) -> Iterator[tuple[Any, Any]]:
        up, down = np.split(f(np.concatenate([steps, -steps])), 2)
        yield from zip(((up - down).T / (2 * steps)).T, ((_EPS * (np.abs(up) + np.abs(down)) + rough).T / steps).T)

    return _extrapolated(ratios, 2, enough)


def one_sided(f: F, side: float, at_0: np.ndarray, enough: float = 1e-8, rough: Any = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The slope of ``f`` at 0 seen from the right (``side`` = 1) or the left (-1), an estimate of its error, and: does ``f`` itself jump?

    The slope is infinite where it grows without end. ``at_0`` is f(0).

    >>> one_sided(lambda s: np.abs(s)[:, None], -1.0, np.zeros(1))[0].item()
    -1.0
    """

    def ratios(steps: np.ndarray) -> Iterator[tuple[Any, Any]]:
        there = f(side * steps)
        yield from zip(((there - at_0).T / (side * steps)).T, ((2 * _EPS * (np.abs(there) + np.abs(at_0)) + 2 * rough).T / steps).T)

    d, error = _extrapolated(ratios, 1, enough)
    with np.errstate(all="ignore"):
        steps = 1e-2 * _SHRINK ** -np.array([_LEVELS / 2, _LEVELS - 4.0])
        (far, _), (near, floor) = ratios(steps)
        steep = np.abs(near) > 8 * np.abs(far) + 50 * floor
        jumps = steep & (np.abs(near) * steps[1] > 0.5 * np.abs(far) * steps[0])  # the difference stays, however short the step
    return np.where(steep, np.copysign(np.inf, near), d), np.where(steep, 0, error), jumps


def _extrapolated(ratios: Callable[[np.ndarray], Iterator[tuple[Any, Any]]], power: int, enough: float) -> tuple[np.ndarray, np.ndarray]:
    """The limit of ratios whose error is a series in step**power. With each comes what rounding alone may have done to it."""
    row: list[Any] = []
    best: Any = np.nan
    error: Any = np.inf
    with np.errstate(all="ignore"):
        for first in range(0, _LEVELS, 3):
            for ratio, floor in ratios(1e-2 * _SHRINK ** -np.arange(first, min(first + 3.0, _LEVELS))):
                before, row = row, [ratio]
                for j, coarse in enumerate(before):
                    grown = _SHRINK ** (power * (j + 1))
                    row.append((grown * row[j] - coarse) / (grown - 1))
                    change = np.maximum(np.maximum(np.abs(row[j + 1] - row[j]), np.abs(row[j + 1] - coarse)), floor)
                    better = change < error  # False for NaN
                    best, error = np.where(better, row[j + 1], best), np.where(better, change, error)
            if np.all((error <= enough * (np.abs(best) + 1e-3 * np.max(np.abs(best), initial=0.0))) | (error <= floor)):
                break
    return best, error


def corners(f: F, at_0: np.ndarray, rough: Any = 0.0, steps: tuple[float, ...] = (1e-6, 1e-9, 1e-12)) -> np.ndarray:
    """For each result, does the slope of ``f`` jump at 0 (or is there none on one side)? ``at_0`` is f(0).

    A corner that is only near, within the last of the ``steps``, is taken for one.

    >>> corners(lambda s: np.stack([abs(s), s * s, abs(s - 1e-4)], axis=1), np.array([0, 0, 1e-4])).tolist()
    [True, False, False]
    """
    jumps = np.ones(at_0.shape, bool)
    before = np.full(at_0.shape, np.inf)
    with np.errstate(all="ignore"):
        for h in steps:  # a corner that is only near is passed by a shorter step
            up, half_up, down, half_down = f(np.array([h, h / 2, -h, -h / 2]))
            # What is smooth cancels to the second order.
            jump = (4 * (half_up + half_down) - up - down - 6 * at_0) / h
            steep = np.maximum(np.abs(up - at_0), np.abs(down - at_0)) / h
            noise = 32 * (_EPS * (np.abs(up) + np.abs(down) + 2 * np.abs(at_0)) + rough) / h
            upright = np.abs(half_up - at_0) > 0.7 * np.abs(up - at_0) + noise * h  # half the step, and hardly less: as sign at 0
            jumps &= ~((np.abs(jump) <= 1e-5 * steep + noise) & ~upright & ~(noise > 0.1 * before))
            if not np.any(jumps):
                break
            before = np.where(np.isnan(jump), np.inf, np.maximum(np.abs(jump), np.where(upright, steep, 0)))
    return jumps
