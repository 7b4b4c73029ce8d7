"""Notices when an array that a graph has saved is changed in place.

Such a change before the backward pass would give a wrong gradient without a word. So every change in place moves a clock
and stamps the memory it touched; an operation remembers the clock when it was recorded; and the backward pass refuses a
saved array with a later stamp. Views, ``.data`` and copies share the stamp of the memory they look at.
"""

from __future__ import annotations

import threading
from typing import Any, NoReturn

import numpy as np

from autograd.core.notes import Place

__all__ = ["CLOCK", "Changed", "Stamp", "at_one_place", "stamped"]


class Clock:
    """Counts all changes in place so far. It is global, since any tensor may share its memory with any other."""

    __slots__ = ("time",)

    def __init__(self) -> None:
        self.time = 0


CLOCK = Clock()


class Stamp:
    """When, how and where a piece of memory was last changed in place. Shared by all tensors that look at it."""

    __slots__ = ("place", "time", "what")

    def __init__(self) -> None:
        self.time, self.what = 0, ""
        self.place: Place | None = None

    def line(self) -> str:
        """Where the change was made, as ``file:line``."""
        return "an unknown place" if self.place is None else str(self.place)


class _Here(threading.local):
    place: Place | None = None


_here = _Here()


class at_one_place:  # noqa: N801 - it is used as no_grad is
    """Changes in a ``with`` block count as made at the line of user code that entered it.

    Where saved data was changed before backward, the error names the line of the change. Looking for it at each of an
    optimiser's many changes takes longer than these, and one step is what its user knows of. It holds for the calling thread; of
    two blocks the outer one counts.

    >>> from autograd import ones
    >>> w = ones(2)
    >>> with at_one_place():
    ...     _ = w.mul_(2.0).sub_(1.0)
    >>> w.stamp.what, w.stamp.place.line
    ('sub_', 1)
    """

    def __init__(self) -> None:
        self._before: list[Place | None] = []

    def __enter__(self) -> None:
        self._before.append(_here.place)
        _here.place = _here.place or Place(2)

    def __exit__(self, *exc: object) -> None:
        _here.place = self._before.pop()


def stamped(t: Any, what: str) -> None:
    """Note that the memory of ``t`` changed now, by ``what``, at the innermost line outside this package and `nn`."""
    CLOCK.time += 1
    stamp = t.stamp
    if stamp is None:
        stamp = t.stamp = Stamp()
    stamp.time, stamp.what, stamp.place = CLOCK.time, what, _here.place or Place(3)


class Changed:
    """Stands for a saved array that was changed: a rule may ask its shape; any other use is an error."""

    __slots__ = ("dtype", "message", "ndim", "shape")

    def __init__(self, raw: np.ndarray, message: str) -> None:
        self.shape, self.ndim, self.dtype, self.message = raw.shape, raw.ndim, raw.dtype, message

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(self.message)

    __getattr__ = __array_ufunc__ = __array__ = __getitem__ = __neg__ = refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = refuse
    __matmul__ = __rmatmul__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = refuse
    __hash__ = None  # type: ignore[assignment]
