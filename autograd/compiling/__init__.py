"""Compiled replay: a function that runs again and again is recorded once, and then run as straight-line numpy, without changing one number."""

from __future__ import annotations

import inspect
import threading
import warnings
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, NamedTuple

from autograd.compiling.program import MISS, Program, Unfit, flatten
from autograd.compiling.watching import Recorder
from autograd.compiling.world import Unknown, World
from autograd.core.hooks import HOOKED
from autograd.core.mode import NONDEFAULT, here
from autograd.core.notes import user_frame
from autograd.core.watch import STRUCTURE
from autograd.errors import described, flag_of
from autograd.faces.record import Array
from autograd.faces.versions import CHANGES

__all__ = ["Calls", "Compiled", "compile"]

_MOST = 8  # programs of a function in a thread
_TRIES = 4  # calls that may leave something lasting behind, such as the state of an optimiser, before it is said to be so each time


class Calls(NamedTuple):
    """How many calls were recorded, replayed, and run eagerly, in this thread."""

    recorded: int
    replayed: int
    eager: int


class _Own(threading.local):
    """What a thread has of a compiled function."""

    def __init__(self) -> None:
        self.programs: dict[bool, list[Any]] = {False: [], True: []}
        self.recorded = self.replayed = self.eager = self.tries = 0
        self.last: Any = None
        self.reasons: list[str] = []
        self.given_up = False
        self.nested = False


class Compiled:
    """A function that is recorded once and then replayed. Attributes are those of the function, or module, within."""

    def __init__(self, function: Callable[..., Any], fullgraph: bool) -> None:
        update_wrapper(self, function, updated=())
        self.function, self.fullgraph = function, fullgraph
        self._own = _Own()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        own = self._own
        off = False
        if NONDEFAULT:
            mode = here.inside[-1]
            if mode.watch is not None or mode.lines:
                return self.function(*args, **kwargs)
            off = mode.off
        if own.given_up:
            own.eager += 1
            return self.function(*args, **kwargs)
        leaves: Any = args
        spec: Any = len(args)
        if kwargs or own.nested:
            leaves = []
            spec = flatten((args, kwargs) if kwargs else args, leaves)
        programs = own.programs[off]
        if not HOOKED or not any(map(_hooked, leaves)):
            for i, program in enumerate(programs):
                if program.spec == spec:
                    result = program.run(leaves)
                    if result is not MISS:
                        own.replayed += 1
                        own.last = program
                        if i:
                            programs.insert(0, programs.pop(i))
                        return result
        return self._record(own, programs, args, kwargs)

    def _record(self, own: _Own, programs: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        leaves: list[Any] = []
        spec = flatten((args, kwargs) if kwargs else args, leaves)
        if spec == (tuple, (None,) * len(args)):
            spec = len(args)
        else:
            own.nested = True
        if len(programs) >= _MOST:
            return self._eagerly(own, args, kwargs, f"it was recorded for {_MOST} kinds of arguments, and these are another")
        CHANGES.count += 1
        try:
            world = World(self.function)
            for a in leaves:
                world.argument(a)
        except Unknown as reason:
            return self._eagerly(own, args, kwargs, str(reason))
        structure = STRUCTURE.count
        recorder = Recorder(leaves, world, CHANGES.count, self.fullgraph)
        if HOOKED and any(map(_hooked, (*leaves, *world.tensors.values()))):
            return self._eagerly(own, args, kwargs, "a tensor has hooks")
        result = recorder.run(self.function, args, kwargs)
        if recorder.refused is not None:
            return self._refuse(own, recorder.refused, result)
        broken = world.always.broken() or world.gated.broken()
        if broken is not None:
            own.tries += 1
            if own.tries < _TRIES:
                own.recorded += 1
                return result
            return self._refuse(own, f"{self._place()}: each call changes {broken}", result)
        try:
            program = Program(recorder, world, structure, result, spec, getattr(self.function, "__name__", type(self.function).__name__), self._arguments(spec))
        except Unfit as reason:
            return self._refuse(own, f"{self._place()}: {reason}", result)
        own.tries = 0
        own.recorded += 1
        programs.insert(0, program)
        own.last = program
        return result

    def _arguments(self, spec: Any) -> dict[int, str]:
        """The names of arguments that are given by position."""
        try:
            names = list(inspect.signature(getattr(self.function, "forward", self.function)).parameters)
        except (TypeError, ValueError):
            return {}
        return dict(enumerate(names)) if spec.__class__ is int else {}

    def _place(self) -> str:
        frame = user_frame(3)
        return f"{frame.f_code.co_filename}:{frame.f_lineno}"

    def _eagerly(self, own: _Own, args: Any, kwargs: Any, reason: str) -> Any:
        self._refuse(own, f"{self._place()}: {reason}", None)
        return self.function(*args, **kwargs)

    def _refuse(self, own: _Own, reason: str, result: Any) -> Any:
        if self.fullgraph:
            raise RuntimeError(f"compile: {reason} (fullgraph=True)")
        own.eager += 1
        own.given_up = True
        if reason not in own.reasons:
            own.reasons.append(reason)
            name = getattr(self.function, "__name__", type(self.function).__name__)
            frame = user_frame(3)
            warnings.warn_explicit(
                f"compile: {name} runs eagerly: {reason}", UserWarning, frame.f_code.co_filename, frame.f_lineno, frame.f_globals.get("__name__")
            )
        return result

    # What a user may look at.
    @property
    def calls(self) -> Calls:
        """How many calls of this thread were recorded, replayed, and run eagerly."""
        return Calls(self._own.recorded, self._own.replayed, self._own.eager)

    @property
    def reasons(self) -> list[str]:
        """Why calls ran eagerly, each with its line."""
        return list(self._own.reasons)

    @property
    def programs(self) -> int:
        """How many programs this thread keeps."""
        return sum(map(len, self._own.programs.values()))

    def listing(self) -> str:
        """The program that was used last, as Python."""
        if self._own.last is None:
            raise RuntimeError("nothing was recorded yet: call it first")
        source: str = self._own.last.source
        return source

    def __getattr__(self, name: str) -> Any:
        if name in ("function", "_own"):
            raise AttributeError(name)
        return getattr(self.function, name)

    def __repr__(self) -> str:
        return f"<compiled {self.function!r}>"


def _hooked(a: Any) -> bool:
    return isinstance(a, Array) and a.notes is not None and a.notes.hooks is not None


def compile(model: Any = None, *, fullgraph: bool = False, dynamic: bool | None = None) -> Any:
    """``model``, a function or a module, recorded once and then run as straight-line numpy, to the last bit as before."""
    fullgraph = flag_of(fullgraph, "compile: fullgraph")
    if model is None:
        return lambda function: compile(function, fullgraph=fullgraph)
    if isinstance(model, Compiled):
        return model
    if not callable(model):
        raise TypeError(f"compile takes a function or a module, got {described(model)}")
    return Compiled(model, fullgraph)
