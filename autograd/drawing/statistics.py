"""How large the numbers of an array are, in few words: what a picture can say of a tensor, whose shape tells nothing of its health."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Statistics", "measured", "ratio", "share", "short", "together"]


class Statistics(NamedTuple):
    """Of ``size`` numbers: the root of the mean square and the largest magnitude, both of the finite ones (0 where there are none), and
    the shares of zeros and of what is not finite."""

    size: int
    rms: float
    largest: float
    zeros: float
    nonfinite: float

    @property
    def number(self) -> float:
        """The rms; a NaN where something is not finite."""
        return math.nan if self.nonfinite else self.rms

    def words(self, largest: bool = False) -> str:
        """What stands in a box; where the mouse finds it, with the ``largest`` magnitude.

        >>> import numpy as np
        >>> [measured(np.array(x)).words() for x in ([3e-8, 0.0], [0, 0], [1.0, np.nan], [])]
        ['rms 2.1e−8 · 50 % zero', 'all zero', 'rms 1 · 50 % not finite', 'empty']
        """
        if not self.size or self.zeros == 1:
            return "all zero" if self.size else "empty"
        parts = [f"rms {short(self.rms)}"] if self.nonfinite < 1 else []
        parts += [f"largest {short(self.largest)}"] if self.nonfinite < 1 and largest else []
        parts += [f"{share(self.zeros)} zero"] if self.zeros else []
        parts += [f"{share(self.nonfinite)} not finite"] if self.nonfinite else []
        return " · ".join(parts)


def measured(raw: Any) -> Statistics:
    """The statistics of a number or an array, whatever is in it.

    >>> measured([3, -3, 0, float("inf")]).words(largest=True)
    'rms 2.4 · largest 3 · 25 % zero · 25 % not finite'
    """
    if isinstance(raw, float):
        size = abs(raw) if math.isfinite(raw) else 0.0
        return Statistics(1, size, size, float(raw == 0), float(not math.isfinite(raw)))
    x = np.asarray(raw).reshape(-1)
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    if not x.size:
        return Statistics(0, 0.0, 0.0, 0.0, 0.0)
    finite = x if math.isfinite(x.min()) and math.isfinite(x.max()) else x[np.isfinite(x)]
    largest = float(max(-finite.min(), finite.max())) if finite.size else 0.0
    rms = 0.0
    if largest:  # by which all is divided, lest squares overflow or vanish
        scaled = np.divide(finite, largest, dtype=np.float64)
        rms = largest * math.sqrt(float(scaled @ scaled) / finite.size)
    return Statistics(x.size, rms, largest, 1 - np.count_nonzero(x) / x.size, 1 - finite.size / x.size)


def together(parts: Iterable[Statistics]) -> Statistics | None:
    """The statistics of several arrays as of one; None where there are none."""
    parts = list(parts)
    size = sum(p.size for p in parts)
    if not size:
        return parts[0] if parts else None
    largest = max(p.largest for p in parts)
    finite = [(p.size * (1 - p.nonfinite), p.rms) for p in parts]
    squares = sum(n * (rms / largest) ** 2 for n, rms in finite) if largest else 0.0
    rms = largest * math.sqrt(squares / sum(n for n, _ in finite)) if squares else 0.0
    zeros, nonfinite = (sum(p.size * s for p, s in zip(parts, shares)) / size for shares in zip(*((p.zeros, p.nonfinite) for p in parts)))
    return Statistics(size, rms, largest, zeros, nonfinite)


def ratio(gradient: Statistics, weight: Statistics) -> float | None:
    """rms(gradient) / rms(weight), by which a parameter is about to change; None where the weights are all zero."""
    return gradient.rms / weight.rms if weight.rms and not gradient.nonfinite and not weight.nonfinite else None


def short(x: float) -> str:
    """Two significant digits, in as few letters as they need.

    >>> short(2.04e-8), short(0.00321), short(707.0), short(123456.0), short(-3.0)
    ('2e−8', '3.2e−3', '710', '1.2e5', '−3')
    """
    text = f"{x:.1e}".replace(".0e", "e")
    if x == 0 or 0.01 <= abs(x) < 9950:
        text = f"{float(text):g}"
    digits, e, exponent = text.replace("-", "−").partition("e")
    return f"{digits}e{'−' * (exponent[0] == '−')}{exponent[1:].lstrip('0')}" if e else digits


def share(x: float) -> str:
    """A share in percent, in which only nothing is 0 and only all is 100.

    >>> share(0.414), share(0.0001), share(0.9999), share(1.0)
    ('41 %', '<1 %', '>99 %', '100 %')
    """
    if 0 < x < 0.01:
        return "<1 %"
    return ">99 %" if 0.99 < x < 1 else f"{100 * x:.0f} %"
