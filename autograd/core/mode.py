"""Whether operations are recorded, and with their lines of code: switches for each thread, which come back on any exit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, Protocol

from autograd.core.notes import Place, noted
from autograd.errors import described, flag_of

__all__ = [
    "UNUSUAL", "Watch", "enable_grad", "is_grad_enabled", "no_grad", "record_lines", "recorded", "replayed", "set_grad_enabled", "watched",
]  # fmt: skip

# One entry for each thread that does not record, records lines of code as well, or is watched: while it is empty nobody need ask further.
UNUSUAL: list[None] = []


class _Entry:
    """An entry in UNUSUAL for as long as it lives: it leaves with its thread, if nothing ends it before."""

    def __init__(self) -> None:
        UNUSUAL.append(None)

    def __del__(self, leave: Callable[[], None] = UNUSUAL.pop) -> None:
        leave()


class Watch(Protocol):
    """What sees every result of a thread, and every walk backward: see `watched`."""

    def result(self, raw: Any, op: Any, args: tuple[Any, ...]) -> None:
        """``raw`` is the float or array that ``op(*args)`` gave; it is not recorded yet, and never will be where this raises."""

    def walk(self, order: list[Any]) -> Iterable[Any]:
        """The nodes of ``order``, last first. When the next one is asked for, the one before has handed on its gradient."""


class _Watched(_Entry):
    def __init__(self, by: Watch) -> None:
        super().__init__()
        self.by = by


class _Mode(threading.local):
    off: _Entry | None = None
    lines: _Entry | None = None
    watch: _Watched | None = None


_mode = _Mode()


def is_grad_enabled() -> bool:
    """Does this thread record operations?"""
    return not UNUSUAL or _mode.off is None


def recorded(z: Any, op: Any, args: tuple[Any, ...], needed: bool) -> bool:
    """Is the new node ``z``, the result of ``op(*args)``, to be recorded, if that is ``needed`` for a gradient?

    It is asked for every result while something is UNUSUAL. The watch of this thread sees it first; the line of code is noted
    where that was asked for.
    """
    if _mode.watch is not None:
        _mode.watch.by.result(z.raw, op, args)
    if not needed or _mode.off is not None:
        return False
    if _mode.lines is not None:
        noted(z).place = Place(2)
    return True


def replayed(order: list[Any]) -> Iterable[Any]:
    """The nodes of ``order`` as a walk replays them, last first, under the eyes of the watch of this thread."""
    return reversed(order) if not UNUSUAL or _mode.watch is None else _mode.watch.by.walk(order)


@contextmanager
def watched(by: Watch) -> Iterator[None]:
    """Let ``by`` see the results and walks of this thread in a ``with`` block; in one inside another the inner alone does."""
    before, _mode.watch = _mode.watch, _Watched(by)
    try:
        yield
    finally:
        _mode.watch = before


def _switch(on: bool) -> None:
    _mode.off = None if on else _mode.off or _Entry()


class _GradMode:
    """Recording switched for a ``with`` block, or for each call of a decorated function."""

    def __init__(self, mode: bool) -> None:
        self.mode = flag_of(mode, "the mode")
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(is_grad_enabled())
        _switch(self.mode)

    def __exit__(self, *exc: object) -> None:
        _switch(self._before.pop())

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(func):
            raise TypeError(f"a function to decorate was expected, got {described(func)}")
        if isgeneratorfunction(func):
            raise TypeError(f"{func.__qualname__} is a generator, which runs after the call is over: put the with block inside it")

        @wraps(func)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with _GradMode(self.mode):  # one a call: threads and recursion share nothing
                return func(*args, **kwargs)

        return inside


def no_grad(func: Callable[..., Any] | None = None) -> Any:
    """Record nothing in this thread: ``with no_grad():`` or ``@no_grad``. The mode before comes back on any exit.

    >>> from autograd import Value
    >>> with no_grad():
    ...     (Value(2.0) * 3).requires_grad
    False
    """
    return _GradMode(False) if func is None else _GradMode(False)(func)


def enable_grad(func: Callable[..., Any] | None = None) -> Any:
    """Record again inside a `no_grad`: ``with enable_grad():`` or ``@enable_grad``."""
    return _GradMode(True) if func is None else _GradMode(True)(func)


class set_grad_enabled(_GradMode):  # noqa: N801 - PyTorch's name
    """Switch recording in this thread at once; as a ``with`` block or a decorator, only for as long.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    >>> is_grad_enabled()
    True
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self._outer: bool | None = is_grad_enabled()
        _switch(self.mode)

    def _undo(self) -> None:
        if self._outer is not None:
            _switch(self._outer)
            self._outer = None

    def __enter__(self) -> None:
        self._undo()  # so that the mode to come back to is the one before the call
        super().__enter__()

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        self._undo()
        return super().__call__(func)


class record_lines:  # noqa: N801 - it is used as no_grad is
    """Note for each recorded operation the line of user code that made it: ``with record_lines():`` or, from here on, `record_lines()`.

    Pictures show the line when the mouse rests on an operation. It costs a few microseconds an operation, and nothing
    while it is off. ``record_lines(False)`` ends it. It holds for the calling thread.

    >>> from autograd import Value
    >>> with record_lines():
    ...     y = Value(2.0) * 3
    >>> y.tag.place.line
    2
    """

    def __init__(self, mode: bool = True) -> None:
        self._before = _mode.lines
        _mode.lines = (_mode.lines or _Entry()) if flag_of(mode, "the mode") else None

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _mode.lines = self._before
