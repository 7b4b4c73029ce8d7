"""Changes in place that are recorded: a tensor becomes the result of its change, and so do the tensors that share its memory.

The row of a change is that of the operation out of place (``y.mul_(w)`` is recorded as ``y * w``), or `moves.place_` for an assignment. It
is applied to a node that takes over what the tensor was, with a copy of its data, which operations recorded before must not read. A view
is changed by way of the tensor whose memory it is: the whole becomes "the old one with this in the place of the view", and the view a view
of that. Other views find out by comparing counts when a graph is settled (see `core.changes`); those that were not recorded are told.
Until the next walk or reading settles it, a graph may refer to itself through a tensor that was changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from operator import itemgetter
from typing import Any, Self

import numpy as np

from autograd.core.changes import Past
from autograd.core.mode import watching
from autograd.core.node import leaf
from autograd.core.notes import Notes, notes_of
from autograd.faces.record import Array, made
from autograd.faces.versions import CHANGES, Version, bump_version
from autograd.ops.moves import clone_, place_
from autograd.ops.table import SHAPED

__all__ = ["Changing", "assign"]


def assign(_: np.ndarray, value: Any, out: np.ndarray) -> None:
    """``out`` becomes ``value``, as a ufunc would write it."""
    np.copyto(out, value, casting="unsafe")


class Changing(Array):
    """A tensor that can be changed in place while it is recorded."""

    __slots__ = ()

    def _is_recorded(self, what: str) -> bool:
        """Can a change be recorded, of this or by what requires a gradient? Not of integers. Raises RuntimeError where none may be."""
        whole, path = self._whole()
        if whole.op is leaf or self.op is leaf:
            of = "a leaf" if self.op is leaf else "a view of a leaf"
            raise RuntimeError(
                f"{what} on {of} that requires grad would lose its history (shape {self.shape}); do it inside no_grad() or on .data"
            )
        if self.raw.dtype.kind != "f":
            return False
        if self.op is None and whole.op is not None:
            raise RuntimeError(
                f"{what} on a view, of shape {self.shape}, that was made inside no_grad() of the result of {whole.op!r}: make the view "
                "where gradients are on, or .detach() or .clone() before it"
            )
        if self.mark is not None or whole.mark is not None:
            raise RuntimeError(f"{what} on a tensor, of shape {self.shape}, whose gradient is on its way in a backward that is running")
        if path is None or any(v._whole()[1] is None for v in whole._untold()):
            raise RuntimeError(
                f"{what} on a tensor of shape {self.shape} that shares its memory with another by an operation that is no view of ours; "
                ".clone() it first"
            )
        return True

    def _become(self, what: str, function: Callable[[Any], Any]) -> Self:
        """Change to ``function(self)``, which is of this shape, and record it."""
        self._refresh()
        whole, path = self._whole()
        old = self._copied(what)
        new = function(old)  # where this raises, nothing has changed
        if new.raw.dtype is not self.raw.dtype:
            new = new.to(self.raw.dtype)
        old_whole = old if whole is self else whole._copied(what)
        views = [(v, v._copied(what)) for v in whole._untold() if v is not self]
        if whole is not self:
            views.append((self, old))
        watch = watching()
        if watch is not None:
            watch.changes(self, assign, new.raw, 1, new.raw)
        self.raw[...] = new.raw
        bump_version(self, what)
        count = CHANGES.count
        whole._leave(old_whole, count)
        whole.op, whole.x = (new.op, new.x) if whole is self else (place_, (old_whole, new, path))
        whole.saved_version = count
        if new.place is not None:
            notes_of(whole).place = new.place
        for v, before in views:
            v._leave(before, count)
            (v.op, v.x), v.saved_version = v._seen(count), count
        for n in (old, old_whole):
            n.settle()
        return self

    def _untold(self) -> list[Changing]:
        """The views of this that do not know that it becomes recorded: none, where it is already."""
        if self.op is not None or self.version is None or self.version.views is None:
            return []
        return [v for view in self.version.views if (v := view()) is not None and v.op is None and v._whole()[0] is self]

    def _copied(self, what: str) -> Any:
        """A node that is what this was, with its data, and a version that operations recorded before must not read."""
        old = made(self.raw.copy(), self.op, self.x)
        watch = watching()
        if watch is not None:
            watch.result(old.raw, clone_, (self,))
        old.saved_version = self.saved_version
        bump_version(old, what)
        old.version.kept = True
        return old

    def _leave(self, old: Any, count: int) -> None:
        """Let ``old`` be what this was until ``count``, with its notes; the label stays."""
        if isinstance(self.tag, Notes):
            old.tag, self.tag = self.tag, self.tag.label
        self._past().append((count, old))

    def _past(self) -> list[tuple[int, Any]]:
        if not hasattr(self, "past"):
            self.past = Past()
        return self.past.entries

    def _seen(self, count: int) -> tuple[Any, tuple[Any, ...]]:
        """The row and the arguments of this view of its whole at ``count``."""
        whole, path = self._whole()
        if path is None:
            raise RuntimeError(
                f"the result of {self.op!r}, of shape {self.shape}, shares the memory of a tensor that was changed in place since, by "
                f"{self.version and self.version.what} at {self.version and self.version.line()}, and cannot be computed again; .clone() it"
            )
        n: Any = whole
        for name, *rest in path[:-1]:
            t = made(SHAPED[name].on_array(n.raw, *rest).copy(), SHAPED[name], (n, *rest))
            t.saved_version = count
            if count < whole.past.entries[-1][0]:  # by now there are other numbers
                t.version = self.version
            n = t
        name, *rest = path[-1]
        return SHAPED[name], (n, *rest)

    def _refresh(self) -> None:
        """Where this is a view of what was changed since, let it be one of what that is now."""
        whole, _ = self._whole()
        if whole is self or self.op is None or self.op is leaf or not hasattr(whole, "past"):
            return
        changes = whole.past.entries
        known = self._past()[-1][0] if self.saved_version < 0 and self._past() else self.saved_version  # -1: released
        k = bisect_right(changes, known, key=itemgetter(0))
        if k == len(changes):
            return
        first, last = changes[k][0], changes[-1][0]
        shown = self._seen(last)
        assert self.version is not None
        old = made(self.raw, self.op, self.x)
        old.saved_version, old.version = self.saved_version, Version(first, self.version.what, self.version.place)
        notes = self.notes
        self._leave(old, first)
        if notes is not None:  # one line made both; a call knows by identity what it gave, which may have been after the change
            now = notes_of(self)
            now.place, now.calls, notes.calls = notes.place, notes.calls, ()
        if last > first:
            self._past().append((last, None))  # in between, one is made when it is asked for
        (self.op, self.x), self.saved_version = shown, last

    def was(self, count: int) -> Any:
        """What this was when an operation was recorded at ``count``."""
        self._refresh()
        if hasattr(self, "past"):
            changes = self.past.entries
            k = bisect_right(changes, count, key=itemgetter(0))
            if k < len(changes):
                n = changes[k][1]
                if n is None:
                    n = made(self.raw, *self._seen(count))
                    n.version, n.saved_version = self.version, count
                return n
        return self

    def settle(self) -> None:
        self._refresh()
        if self.x and self.saved_version >= 0:
            args = tuple([a.was(self.saved_version) if isinstance(a, Changing) else a for a in self.x])
            if any(a is not b for a, b in zip(args, self.x)):
                self.x = args
