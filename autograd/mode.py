"""Whether operations are recorded: a switch for each thread, which comes back to where it was on any exit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

__all__ = ["OFF", "enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]

# OFF holds one entry for each thread that does not record: while it is empty nobody need ask further.
OFF: list[None] = []


class _Off:
    """An entry in OFF for as long as it lives: it leaves with its thread, if nothing ends it before."""

    def __init__(self) -> None:
        OFF.append(None)

    def __del__(self, leave: Callable[[], None] = OFF.pop) -> None:
        leave()


class _Mode(threading.local):
    off: _Off | None = None


_mode = _Mode()


def is_grad_enabled() -> bool:
    """Does this thread record operations?"""
    return not OFF or _mode.off is None


def _switch(on: bool) -> None:
    _mode.off = None if on else _mode.off or _Off()


class _GradMode:
    """Recording switched for a ``with`` block, or for each call of a decorated function."""

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(is_grad_enabled())
        _switch(self.mode)

    def __exit__(self, *exc: object) -> None:
        _switch(self._before.pop())

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
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
