"""How a check is made: the options of `gradcheck` and `gradgradcheck` as one object, checked once and passed on whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograd.errors import brief, flag_of, number_of
from autograd.random import Generator, source

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """What `gradcheck` says of its options, all but the order. Raises TypeError and ValueError for what they cannot be.

    >>> Settings(method="exact")
    Traceback (most recent call last):
    ValueError: method must be 'auto', 'complex' or 'differences', got 'exact'
    """

    method: str = "auto"
    directions: int = 2
    rtol: float | None = None
    atol: float | None = None
    generator: Generator | None = None
    raise_exception: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.method, str) or self.method not in ("auto", "complex", "differences"):
            raise ValueError(f"method must be 'auto', 'complex' or 'differences', got {brief(self.method)}")
        if isinstance(self.directions, bool) or not isinstance(self.directions, int) or self.directions < 1:
            raise ValueError(f"directions is how many random directions to try, an int from 1 on, got {brief(self.directions)}")
        for name, tolerance in (("rtol", self.rtol), ("atol", self.atol)):
            if not (tolerance is None or number_of(tolerance, name) >= 0):
                raise ValueError(f"{name} must be None or a number >= 0, got {tolerance!r}")
        flag_of(self.raise_exception, "raise_exception")

    def rng(self) -> np.random.Generator:
        """What draws the directions: the same ones each time, unless there is a ``generator``."""
        return source(Generator() if self.generator is None else self.generator)
