"""Versions of saved data: finds out when an array that a graph has saved is changed in place.

Such a change before the backward pass would give a wrong gradient without a word. So every change in place increments one
counter and writes it into the version of the memory it touched; an operation saves the counter when it is recorded; and the
backward pass refuses a saved array with a later version. Views, ``.data`` and shallow copies are aliases: they share the
version of their memory.
"""

from __future__ import annotations

from typing import Any, NoReturn
from weakref import ref

import numpy as np

from autograd.core.mode import Block, Mode, here
from autograd.core.notes import Place
from autograd.core.watch import Counter

__all__ = ["CHANGES", "Changed", "Version", "at_one_place", "bump_version"]


CHANGES = Counter()  # counts all changes in place so far: any tensor may share its memory with any other


class Version:
    """The version of a piece of memory: when (by the counter), how and where it was last changed in place. All aliases share it."""

    __slots__ = ("kept", "number", "place", "views", "what")

    def __init__(self, number: int = 0, what: str = "", place: Place | None = None) -> None:
        self.number, self.what, self.place = number, what, place
        self.kept = False  # are the numbers from before the change still here, for readers of the graph? (see `changes`)
        self.views: list[ref[Any]] | None = None  # those that are not recorded: they are told when what they show becomes recorded

    def add_view(self, view: Any) -> None:
        """Remember a view that is not recorded."""
        if self.views is None:
            self.views = []
        self.views.append(ref(view))
        n = len(self.views)
        if not n & (n - 1) and n > 16:  # the dead are dropped at powers of two: so each is looked at few times
            self.views = [v for v in self.views if v() is not None]

    def line(self) -> str:
        """Where the change was made, as ``file:line``."""
        return "an unknown place" if self.place is None else str(self.place)


class at_one_place(Block):  # noqa: N801 - it is used as no_grad is
    """Changes in a ``with`` block count as made at the line of user code that entered it.

    Where saved data was changed before backward, the error names the line of the change. Looking for it at each of an
    optimiser's many changes takes longer than these, and one step is what its user knows of. It holds for the calling thread; of
    two nested blocks the outer one counts.

    >>> from autograd import ones
    >>> w = ones(2)
    >>> with at_one_place():
    ...     _ = w.mul_(2.0).sub_(1.0)
    >>> w.version.what, w.version.place.line
    ('sub_', 1)
    """

    def within(self, outer: Mode) -> Mode:
        return Mode(outer, outer.off, outer.lines, outer.watch, outer.place or Place(3))


def bump_version(t: Any, what: str) -> None:
    """Record that the memory of ``t`` changes now, by ``what``, at the innermost line outside this package and `nn`."""
    CHANGES.count += 1
    version = t.version
    if version is None:
        version = t.version = Version()
    version.number, version.what, version.place = CHANGES.count, what, here.inside[-1].place or Place(3)


class Changed:
    """A placeholder for a saved array that was changed in place: a rule may ask its shape; any other use is an error."""

    __slots__ = ("dtype", "kept", "message", "ndim", "shape")

    def __init__(self, raw: np.ndarray, message: str, kept: bool) -> None:
        self.shape, self.ndim, self.dtype, self.message, self.kept = raw.shape, raw.ndim, raw.dtype, message, kept

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(self.message)

    __getattr__ = __array_ufunc__ = __array__ = __getitem__ = __neg__ = refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = refuse
    __matmul__ = __rmatmul__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = refuse
    __hash__ = None  # type: ignore[assignment]
