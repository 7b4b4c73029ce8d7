"""Whether operations are recorded, and with their lines of code: modes of each thread, which are restored on any exit.

Every operation asks for the mode, so that the question must cost next to nothing while all threads are in the default one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, Protocol

from autograd.errors import described, flag_of

__all__ = [
    "NONDEFAULT", "Watch", "enable_grad", "here", "is_grad_enabled", "no_grad", "record_lines", "set_grad_enabled", "watched", "watching",
]  # fmt: skip

# The threads in a mode other than the default: they do not record, or record lines of code as well, or are watched. It is global because
# every operation looks at it first: while it is empty, no thread-local state need be read.
NONDEFAULT: set[threading.Thread] = set()


class Watch(Protocol):
    """An observer of every result of a thread, and of every walk backward: see `watched`."""

    def result(self, raw: Any, op: Any, args: tuple[Any, ...]) -> None:
        """``raw`` is the float or array that ``op(*args)`` gave; it is not recorded yet, and is never recorded where this raises."""

    def walk(self, order: list[Any]) -> Iterable[Any]:
        """The nodes of ``order``, last first. When the next one is asked for, the gradient of the one before is propagated."""

    def pulls(self, n: Any, i: int, g: Any) -> None:
        """The rule of ``n`` for its argument ``i`` is about to be called, with the gradient ``g`` of ``n``."""

    def walked(self) -> None:
        """The innermost walk is over, or has failed."""


class State:
    """The mode of one thread."""

    __slots__ = ("lines", "off", "thread", "watch")

    def __init__(self) -> None:
        self.thread = threading.current_thread()
        self.off = self.lines = False
        self.watch: Watch | None = None

    def switch(self, off: bool, lines: bool, watch: Watch | None) -> None:
        """Change the mode. A thread is in NONDEFAULT before its mode is not the default, and until it is the default again."""
        if off or lines or watch is not None:
            NONDEFAULT.add(self.thread)
            if len(NONDEFAULT) > 1:  # some threads may have ended without switching back
                NONDEFAULT.difference_update([thread for thread in NONDEFAULT.copy() if not thread.is_alive()])
            self.off, self.lines, self.watch = off, lines, watch
        else:
            self.off, self.lines, self.watch = off, lines, watch
            NONDEFAULT.discard(self.thread)


class _Here(threading.local):
    def __init__(self) -> None:
        self.state = State()


here = _Here()


def _record(on: bool) -> None:
    state = here.state
    state.switch(not on, state.lines, state.watch)


def is_grad_enabled() -> bool:
    """Are operations of this thread recorded?"""
    return not NONDEFAULT or not here.state.off


def watching() -> Watch | None:
    """The observer of this thread, if there is one."""
    return here.state.watch if NONDEFAULT else None


@contextmanager
def watched(by: Watch) -> Iterator[None]:
    """Let ``by`` observe the results and walks of this thread in a ``with`` block; of nested blocks, only the inner one observes."""
    state = here.state
    before = state.watch
    state.switch(state.off, state.lines, by)
    try:
        yield
    finally:
        state.switch(state.off, state.lines, before)


class _GradMode:
    """Recording switched for a ``with`` block, or for each call of a decorated function."""

    def __init__(self, mode: bool) -> None:
        self.mode = flag_of(mode, "the mode")
        self._before: list[bool] = []

    def __enter__(self) -> None:
        state = here.state
        self._before.append(not state.off)
        state.switch(not self.mode, state.lines, state.watch)

    def __exit__(self, *exc: object) -> None:
        _record(self._before.pop())

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
        _record(self.mode)

    def _undo(self) -> None:
        if self._outer is not None:
            _record(self._outer)
            self._outer = None

    def __enter__(self) -> None:
        self._undo()  # so that the mode to come back to is the one before the call
        super().__enter__()

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        self._undo()
        return super().__call__(func)


class record_lines:  # noqa: N801 - it is used as no_grad is
    """Record with each operation the line of user code that made it: ``with record_lines():`` or, from here on, `record_lines()`.

    Pictures show the line when the mouse rests on an operation. It costs a few microseconds an operation, and nothing
    while it is off. ``record_lines(False)`` ends it. It holds for the calling thread.

    >>> from autograd import Value
    >>> with record_lines():
    ...     y = Value(2.0) * 3
    >>> y.place.line
    2
    """

    def __init__(self, mode: bool = True) -> None:
        state = here.state
        self._before = state.lines
        state.switch(state.off, flag_of(mode, "the mode"), state.watch)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        state = here.state
        state.switch(state.off, self._before, state.watch)
