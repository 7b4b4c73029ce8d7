"""Whether operations are recorded, and with their lines of code: modes of each thread, which are restored on any exit.

Every operation asks for the mode, so that the question must cost next to nothing while all threads are in the default one.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Generator
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction, isroutine
from operator import attrgetter, call
from typing import Any, TypeVar, cast, overload
from weakref import ref

from autograd.core.blocks import Blocks, Exit
from autograd.core.watch import SCALARS, Watch, leaves_scalars
from autograd.errors import described, flag_of

__all__ = [
    "NONDEFAULT", "Block", "Mode", "enable_grad", "here", "inference_mode", "is_grad_enabled", "leaves", "no_grad", "record_lines",
    "set_grad_enabled", "watching",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

# The modes other than the default that some thread is in: it does not record, or records lines of code as well, or is watched. It is
# global because every operation looks at it first: while it is empty, no thread-local state need be read. A mode is in it for as long as
# it exists, and so leaves it with its block or its thread.
NONDEFAULT: set[ref[Mode]] = set()
_forget = NONDEFAULT.discard
_nothing: Callable[[], None] = types.NoneType


class Mode:
    """A mode of one thread: recording is off, lines of code are recorded, ``watch`` observes, changes count as made at ``place``.

    ``outer`` is the mode around it, for as long as it lasts, so that one of the two in NONDEFAULT is enough. ``end`` is called when its
    block has been left. Who keeps a mode keeps all threads slow.
    """

    __slots__ = ("__weakref__", "end", "lines", "off", "place", "watch")

    def __init__(
        self, outer: Mode | None, off: bool, lines: bool, watch: Watch | None, place: Any, end: Callable[[], None] = _nothing
    ) -> None:
        self.off, self.lines, self.watch, self.place, self.end = off, lines, watch, place, end
        if (off or lines or watch is not None) and not (outer is not None and (outer.off or outer.lines or outer.watch is not None)):
            NONDEFAULT.add(ref(self, _forget))


def _never_entered() -> None:
    here.inside += [_default]
    raise RuntimeError("__exit__ was called without __enter__, outside of any block")


class _Modes(Blocks):
    """The modes that a thread is in, the default one first."""

    def __init__(self) -> None:
        super().__init__()
        self.inside += [_default]

    def leaving(self) -> Callable[[], None]:
        return partial(next, map(call, map(attrgetter("end"), iter(self.inside.pop, None))))  # it pops a mode and calls its end


_default = Mode(None, False, False, None, None, _never_entered)
here = _Modes()


def is_grad_enabled() -> bool:
    """Are operations of this thread recorded?"""
    return not NONDEFAULT or not here.inside[-1].off


def watching() -> Watch | None:
    """The observer of this thread, if there is one."""
    return here.inside[-1].watch if NONDEFAULT else None


def leaves(what: str) -> None:
    """Tell who observes this thread that by ``what`` a number leaves the Values and tensors, or something else is done than operations."""
    if SCALARS:
        leaves_scalars(what)
    if NONDEFAULT and (watch := here.inside[-1].watch) is not None:
        watch.reads(what)


class Block:
    """A mode for a ``with`` block, or for each call of a decorated function: of a generator or coroutine, for each of its steps."""

    def within(self, outer: Mode) -> Mode:
        """The mode inside, where the one outside is ``outer``."""
        raise NotImplementedError

    def __enter__(self) -> None:
        inside = here.inside
        mode = self.within(inside[-1])
        inside += [mode]

    blocks = here
    __exit__ = Exit()

    def __call__(self, func: F) -> F:
        if isinstance(func, classmethod | staticmethod):
            raise TypeError(f"a {type(func).__name__} cannot be decorated: put the decorator below @{type(func).__name__}")
        if not callable(func):
            raise TypeError(f"a function to decorate was expected, got {described(func)}")
        if isinstance(func, type):
            raise TypeError(f"{described(func)} cannot be decorated: decorate its methods, or put a with block around its use")
        body: Any = func
        while isinstance(body, partial):
            body = body.func
        if not isroutine(body):
            body = type(body).__call__
        if isasyncgenfunction(body):
            raise TypeError(f"{described(func)} is an asynchronous generator: put with blocks inside it that contain no yield")
        if isgeneratorfunction(body):

            @wraps(func)
            def inside(*args: Any, **kwargs: Any) -> Any:
                return (yield from self._steps(func(*args, **kwargs)))

        elif iscoroutinefunction(body):

            @wraps(func)
            async def inside(*args: Any, **kwargs: Any) -> Any:
                return await self._steps(func(*args, **kwargs))

        else:

            @wraps(func)
            def inside(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return func(*args, **kwargs)

        return cast(F, inside)

    @types.coroutine
    def _steps(self, running: Any) -> Generator[Any, Any, Any]:
        """A generator or coroutine, each step inside the block, so that who takes the steps stays outside."""
        step, sent = running.send, None
        try:
            while True:
                with self:
                    given = step(sent)
                try:
                    step, sent = running.send, (yield given)
                except BaseException as error:
                    step, sent = running.throw, error
        except StopIteration as end:
            return end.value
        finally:
            sent = None  # an error and this frame would hold each other


class _GradMode(Block):
    def __init__(self, mode: bool) -> None:
        self.mode = flag_of(mode, "the mode")

    def within(self, outer: Mode) -> Mode:
        return Mode(outer, not self.mode, outer.lines, outer.watch, outer.place)


_off, _on = _GradMode(False), _GradMode(True)  # one each is enough: what a block has to keep stands in ``here``


@overload
def no_grad(func: None = None) -> Block: ...
@overload
def no_grad(func: F) -> F: ...
def no_grad(func: Callable[..., Any] | None = None) -> Any:
    """Record nothing in this thread: ``with no_grad():`` or ``@no_grad``. The mode before comes back on any exit.

    A decorated generator or coroutine records nothing in its own steps; who takes them is not concerned. An asynchronous generator and a
    class are a TypeError.

    >>> from autograd import Value
    >>> with no_grad():
    ...     (Value(2.0) * 3).requires_grad
    False
    """
    return _off if func is None else _off(func)


@overload
def enable_grad(func: None = None) -> Block: ...
@overload
def enable_grad(func: F) -> F: ...
def enable_grad(func: Callable[..., Any] | None = None) -> Any:
    """Record again inside a `no_grad`: ``with enable_grad():`` or ``@enable_grad``."""
    return _on if func is None else _on(func)


@overload
def inference_mode(mode: bool = True) -> Block: ...
@overload
def inference_mode(mode: F) -> F: ...
def inference_mode(mode: Any = True) -> Any:
    """`no_grad`, which records nothing: ``with inference_mode():`` or ``@inference_mode``. ``inference_mode(False)`` is `enable_grad`.

    Results are tensors like any others, also where PyTorch would refuse to record with them later.
    """
    if callable(mode):
        return no_grad(mode)
    return _off if flag_of(mode, "inference_mode: mode") else _on


class _AtOnce(Block):
    """A mode that a call switches to at once; a ``with`` block or a decorator takes the call back, and switches for as long as it lasts.

    Ctrl-C between the two leaves the call, which lasts until the block around it ends.
    """

    def _switch(self) -> None:
        inside = here.inside
        outer = inside[-1]
        then = self.within(outer)
        mode = Mode(None, then.off, then.lines, then.watch, then.place, outer.end)
        self._before = outer.off, outer.lines, outer.watch, outer.place, outer.end  # not the mode itself, which may be kept for long
        self._switched: Callable[[], Any] = ref(mode)
        inside[-1] = mode

    def _taken_back(self) -> Mode | None:
        """The mode before the call; None where another is the innermost by now."""
        return Mode(None, *self._before) if here.inside[-1] is self._switched() else None

    def __enter__(self) -> None:
        outer = self._taken_back()
        if outer is None:
            super().__enter__()
        else:
            inside, mode = here.inside, self.within(outer)
            inside[-1:] = [outer, mode]

    def __call__(self, func: F) -> F:
        outer = self._taken_back()
        if outer is not None:
            here.inside[-1] = outer
        return super().__call__(func)


class set_grad_enabled(_GradMode, _AtOnce):  # noqa: N801 - PyTorch's name
    """Switch recording in this thread at once; as a ``with`` block or a decorator, only for as long.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    >>> is_grad_enabled()
    True
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self._switch()


class record_lines(_AtOnce):  # noqa: N801 - it is used as no_grad is
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
        self.mode = flag_of(mode, "the mode")
        self._switch()

    def within(self, outer: Mode) -> Mode:
        return Mode(outer, outer.off, self.mode, outer.watch, outer.place)
