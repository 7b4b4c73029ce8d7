"""Strategies for numbers: inside the domain of a function, away from its kinks and poles or on them, and Values that hold them.

A gradient can be held against differences only where there is one, so what is drawn keeps a margin from kinks and poles unless it is
asked to sit on them. Numbers are moved to the nearest place that is allowed, so that nothing is rejected and examples shrink to small
numbers.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from autograd.errors import described, flag_of, name_of, number_of
from autograd.faces.value import Value

__all__ = ["BOUND", "MARGIN", "NONZERO", "REALS", "Interval", "floats", "values"]

MARGIN = 0.25  # how far from kinks, poles and the ends of a domain
BOUND = 2.0  # how far from 0
MOST = 10**5  # kinks


@dataclass(frozen=True)
class Interval:
    """Where an argument has derivatives of every order: ``low < x < high``, but not at a kink (a jump, a corner, a pole).

    ``kinks`` are the kinks; with ``every``, so are their distances of that length. Numbers, or arrays of them. Raises TypeError for
    anything else, ValueError where no number lies between ``low`` and ``high`` and for kinks that are not finite.

    >>> Interval(0.0).holds(np.array([0.5, 1.0])), Interval(kinks=(0.5,), every=1.0).holds(1.51)
    (True, False)
    """

    low: float = -math.inf
    high: float = math.inf
    kinks: tuple[Any, ...] = ()
    every: Any = 0.0

    def __post_init__(self) -> None:
        for side in ("low", "high"):  # an array of no dimensions becomes its number
            object.__setattr__(self, side, number_of(getattr(self, side), f"Interval: {side}"))
        if not self.low < self.high:
            raise ValueError(f"Interval: low must be less than high, got {self.low} and {self.high}")
        if not isinstance(self.kinks, tuple):
            raise TypeError(f"Interval: kinks must be a tuple of numbers, got {described(self.kinks)}; of one write (0.0,)")
        for what, x in (*(("a kink", k) for k in self.kinks), ("every", self.every)):
            if not (isinstance(x, np.ndarray) and x.dtype.kind in "fiu") and not math.isfinite(number_of(x, f"Interval: {what}")):
                raise ValueError(f"Interval: {what} must be finite, got {x}")

    def holds(self, x: Any, margin: float = MARGIN) -> bool:
        """Is every entry of ``x`` inside, at least ``margin`` away from each kink and end?"""
        off = [x - k for k in self.kinks]
        if np.any(self.every):
            off = [d - self.every * np.round(d / self.every) for d in off]
        return bool(np.all(x >= self.low + margin) and np.all(x <= self.high - margin) and all(np.all(abs(d) >= margin) for d in off))

    def walls(self, bound: float = BOUND) -> list[float]:
        """The kinks and finite ends, as far as they lie in [-bound, bound]; ValueError for more kinks than memory should hold."""
        if self.every:
            step = abs(self.every)
            if bound / step > MOST:
                raise ValueError(f"{self} has too many kinks within {bound} of 0; give a smaller bound")
            found = [k + step * i for k in self.kinks for i in range(math.ceil((-bound - k) / step), math.floor((bound - k) / step) + 1)]
        else:
            found = list(self.kinks)
        return [float(w) for w in (*found, self.low, self.high) if abs(w) <= bound]


REALS, NONZERO = Interval(), Interval(kinks=(0.0,))


def settled(x: float, where: Sequence[Interval], margin: float, bound: float) -> float:
    """The nearest number to ``x`` that lies in each interval, ``margin`` away from walls, or less where they stand close."""
    low, high = max(-bound, *(w.low for w in where)), min(bound, *(w.high for w in where))
    walls = sorted({w for interval in where for w in interval.walls(bound) if low <= w <= high})
    gaps = [(b - a, a, b, a in walls, b in walls) for a, b in itertools.pairwise([low, *walls, high])]
    wide = [gap for gap in gaps if gap[0] >= margin * (gap[3] + gap[4]) and gap[0] > 0]
    if not wide:
        wide = [max(gaps)]
        margin = wide[0][0] / 4
    inside = [(a + margin * left, b - margin * right) for _, a, b, left, right in reversed(wide)]
    return min((min(max(x, a), b) for a, b in inside), key=lambda y: abs(y - x))


def on_wall(x: float, where: Sequence[Interval], bound: float) -> float:
    """The kink or end that is nearest to ``x``; ``x`` itself where there is none."""
    return min((w for interval in where for w in interval.walls(bound)), key=lambda w: abs(w - x), default=x)


_EXTREMES = {
    "zeros": ((0.0, 0.0), (-0.0, -0.0)),
    "tiny": ((5e-324, 1e-290), (-1e-290, -5e-324)),
    "huge": ((1e290, 1.7e308), (-1.7e308, -1e290)),
}


def plain(bound: float) -> st.SearchStrategy[float]:
    return st.floats(-bound, bound, allow_subnormal=False)


def _interval(domain: Any) -> Interval:
    """``domain``, if it is an Interval between numbers."""
    match domain:
        case Interval():
            for x in (*domain.kinks, domain.every):
                number_of(x, "floats: a kink")
            return domain
        case str():
            cure = f"there is one for each argument of a row of that name: take one of DOMAINS[{domain!r}]"
        case [*parts] if any(isinstance(d, Interval) or callable(d) for d in parts):
            cure = "there is one for each argument of a row: take one of them"
        case [low, high]:
            cure = f"write Interval({low!r:.20}, {high!r:.20})"
        case _:
            cure = "call it with the arguments after this one" if callable(domain) else "write Interval(low, high)"
    raise TypeError(f"floats: domain must be an Interval, got {described(domain)}; {cure}")


def limits(at: Any, margin: Any, bound: Any, what: str) -> tuple[float, float]:
    """``margin`` and ``bound`` as floats, where they and ``at`` are what `floats` takes."""
    if at is not None:
        name_of(at, f"{what}: at", "kinks", "nonfinite", *_EXTREMES)
    margin, bound = float(number_of(margin, f"{what}: margin")), float(number_of(bound, f"{what}: bound"))
    if not 0 <= margin < math.inf:
        raise ValueError(f"{what}: margin must be a finite number >= 0, got {margin}")
    if not sys.float_info.min <= bound < math.inf:
        raise ValueError(f"{what}: bound must be finite and at least {sys.float_info.min}, got {bound}")
    return margin, bound


def floats(domain: Interval = REALS, *, at: str | None = None, margin: float = MARGIN, bound: float = BOUND) -> st.SearchStrategy[float]:
    """Numbers inside ``domain`` and [-bound, bound], at least ``margin`` away from kinks and ends (less where these are close).

    ``at`` asks for others: ``"kinks"`` (the kinks and the finite ends), ``"zeros"`` (0.0 and -0.0), ``"tiny"`` (down to the smallest
    subnormal), ``"huge"`` (up to the largest float; like the tiny ones, on the sides of 0 that are in the domain), ``"nonfinite"`` (inf,
    -inf, nan). Combine them with ``|``. Raises ValueError for another word, or where there is none such; TypeError for what is no
    Interval, such as an entry of `DOMAINS`, which has one for each argument.

    >>> from hypothesis import find
    >>> find(floats(Interval(low=0.0)), lambda x: x > 0.5)
    1.0
    >>> find(floats(Interval(kinks=(1.0,)), at="kinks"), lambda x: True)
    1.0
    """
    domain = _interval(domain)
    margin, bound = limits(at, margin, bound, "floats")
    if not max(domain.low, -bound) < min(domain.high, bound):
        raise ValueError(f"floats: {domain} has no numbers within {bound} of 0; give another bound")
    walls = domain.walls(bound)
    if at is None:
        return plain(bound).map(lambda x: settled(x, [domain], margin, bound))
    if at == "kinks":
        found: list[st.SearchStrategy[float]] = [st.sampled_from(walls)] if walls else []
    elif at == "nonfinite":
        found = [st.sampled_from([math.inf, -math.inf, math.nan])]
    else:
        found = [st.floats(a, b) for a, b in _EXTREMES[at] if domain.low <= a and b <= domain.high]
    if not found:
        raise ValueError(f"floats: there are no {at} in {domain} within {bound} of 0")
    return st.one_of(found)


def strategy_of(x: Any, what: str) -> st.SearchStrategy[Any]:
    """``x``, if it is a strategy."""
    if not isinstance(x, st.SearchStrategy):
        cure = "call it" if callable(x) else "st.just(...) draws one thing, st.sampled_from([...]) one of several"
        raise TypeError(f"{what} must be a strategy, got {described(x)}; {f'write floats({x})' if isinstance(x, Interval) else cure}")
    return x


def values(elements: st.SearchStrategy[float] | None = None, *, requires_grad: bool = True) -> st.SearchStrategy[Value]:
    """Values: leaves that require a gradient by default.

    ``elements`` draws their numbers; by default, as in `tensors`, 0.25 to 2 and -2 to -0.25: the customary kink is at 0.
    Raises TypeError for what is no strategy.
    """
    elements = floats(NONZERO) if elements is None else strategy_of(elements, "values: elements")
    return st.builds(Value, elements, **({} if flag_of(requires_grad, "requires_grad") else {"requires_grad": st.just(False)}))
