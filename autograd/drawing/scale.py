"""From a number to the tone of its box: a scale that a strip printed in the picture explains.

A tone goes from -1 (orange: vanished, saturated, below zero) by 0 (paper) to 1 (purple: exploded, large). It comes in steps, so that a
picture does not depend on the last digits of its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from autograd.drawing.looks import TONES
from autograd.drawing.statistics import share, short

__all__ = ["Scale", "by_share", "by_size", "of_numbers"]

STEPS = len(TONES) // 2  # on either side of 0
LEAST, MOST = 6, 12  # decades on either side: a healthy network stays pale, and one number of 1e-40 does not make all others white


class Scale(NamedTuple):
    """``title`` says of what; ``tones`` are those of the strip's two ends, ``ticks`` what is written at its ends and in its middle.

    ``low`` and ``high`` are the numbers at the ends, or their logarithms where ``log``.
    """

    title: str
    low: float
    high: float
    ticks: tuple[str, str, str]
    tones: tuple[float, float] = (-1.0, 1.0)
    log: bool = False

    def place(self, x: float) -> float:
        """Where a finite number is between the ends, from 0 to 1; at the lower one is 0 on a scale of logarithms, which has none for it."""
        if self.log and x <= 0:
            return 0.0
        at = math.log10(x) if self.log else x
        place = (at / 2 - self.low / 2) / ((self.high / 2 - self.low / 2) or 1.0)  # of halves, for the whole may be too much for a float
        return min(max(place, 0.0), 1.0)

    def tone(self, x: float) -> float:
        """The tone of a finite number."""
        first, last = self.tones
        return round(STEPS * (first + (last - first) * self.place(x))) / STEPS + 0.0


def by_size(title: str, middle: float, sizes: Iterable[float], below: str = "", above: str = "") -> Scale:
    """A scale of logarithms for ``sizes``, pale around ``middle``, with words for what is far ``below`` and ``above`` it."""
    exponents = [math.log10(x) for x in sizes if x > 0]
    centre = math.log10(middle)
    half = min(max([LEAST, *(math.ceil(abs(e - centre)) for e in exponents)]), MOST)
    low, high = (short(10.0**e) if -300 < e < 300 else f"1e{e:.0f}".replace("-", "−") for e in (centre - half, centre + half))
    return Scale(title, centre - half, centre + half, (f"{low} {below}".rstrip(), short(middle), f"{above} {high}".lstrip()), log=True)


def by_share(title: str) -> Scale:
    """From nothing to all."""
    return Scale(title, 0.0, 1.0, (share(0), share(0.5), share(1)), (0.0, -1.0))


def of_numbers(title: str, numbers: Iterable[float]) -> Scale:
    """A scale for whatever was given: of both signs around 0, of logarithms where the largest is more than 1000 times the smallest.

    >>> of_numbers("", [1.0, 3.0]).ticks, of_numbers("", [-1.0, 4.0]).ticks, of_numbers("", [1e-3, 10.0]).ticks
    (('1', '2', '3'), ('−4', '0', '4'), ('1e−3', '0.1', '10'))
    """
    finite = [x for x in numbers if math.isfinite(x)] or [0.0]
    low, high = min(finite), max(finite)
    if low < 0 < high:
        high = max(-low, high)
        return Scale(title, -high, high, (short(-high), "0", short(high)))
    if low > 0 and high > 1000 * low:
        first, last = math.log10(low), math.log10(high)
        return Scale(title, first, last, (short(low), short(10 ** ((first + last) / 2)), short(high)), (0.0, 1.0), log=True)
    tones = (-1.0, 0.0) if low < 0 else (0.0, 1.0)
    return Scale(title, low, high, (short(low), short(low / 2 + high / 2), short(high)), tones)
