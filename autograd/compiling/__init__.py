"""Compiled replay: a function that runs again and again is recorded once, and then run as straight-line numpy, without changing one number.

The first call runs as it always would and is watched (`watching`). What it reads beside its arguments becomes facts (`world`). Its
steps are sifted (`plan`) and written as one Python function of numpy calls (`code`), which later calls run as long as all assumptions
hold (`program`). A function without a backward in it leaves one node (`node`); one of Values alone becomes lines of float arithmetic
(`floats`) or a few numpy steps (`scalars`, `values`). What cannot be repeated runs eagerly, and says so once.
"""

from __future__ import annotations

import copy
import inspect
import threading
import warnings
from collections.abc import Callable
from functools import update_wrapper
from types import MethodType
from typing import Any, NamedTuple

from autograd.compiling.floats import program_of_values
from autograd.compiling.program import MISS, Program, UnfitError, flatten, hooked
from autograd.compiling.watching import Reason, Recorder
from autograd.compiling.world import PLAIN, UnknownError, World, note_program
from autograd.core.hooks import HOOKED
from autograd.core.mode import NONDEFAULT, here
from autograd.core.node import Node, leaf
from autograd.core.notes import user_frame
from autograd.core.watch import FOLLOWERS, SCALARS, STRUCTURE, scalar_watch
from autograd.errors import described, flag_of
from autograd.faces.record import Array
from autograd.faces.versions import CHANGES

__all__ = ["Calls", "Compiled", "compile"]

_MOST = 8  # programs of a function in a thread
_TRIES = 4  # calls that may leave something lasting behind, such as the state of an optimiser, before it is said to be so each time
_VAIN = 64  # recordings of a function that is hardly ever replayed


class Calls(NamedTuple):
    """How many calls were recorded, replayed, and run eagerly, in this thread."""

    recorded: int
    replayed: int
    eager: int


class _Own:
    """What a thread has of a compiled function."""

    __slots__ = ("eager", "eagerly", "followed", "hopeless", "last", "nested", "programs", "reasons", "recorded", "replayed", "tries")

    def __init__(self) -> None:
        self.programs: dict[bool, list[Any]] = {False: [], True: []}  # by whether nothing is recorded, the last used first
        self.recorded = self.replayed = self.eager = self.tries = 0
        self.last: Any = None
        self.reasons: dict[str, None] = {}
        self.eagerly: set[Any] = set()  # whether nothing is recorded, and the kinds of arguments, for which it runs eagerly
        self.hopeless = False  # does it run eagerly for all?
        self.nested = False  # were there arguments inside of others?
        self.followed = False  # is the call that runs one of which followers of a training were told?


class _Threads(threading.local):
    """`_Own`, for each thread."""

    def __init__(self) -> None:
        self.own = _Own()


class Compiled:
    """A function that is recorded once and then replayed. Attributes are those of the function, or module, within.

    Each thread has programs and memory of its own.
    """

    stands_for = "function"  # what of it another compiled function reads

    def __init__(self, function: Callable[..., Any], fullgraph: bool) -> None:
        update_wrapper(self, function, updated=())
        self.function, self.fullgraph = function, fullgraph
        note_program(function)
        self._title = getattr(function, "__name__", type(function).__name__)
        self._threads = _Threads()
        try:
            self._signature = inspect.signature(getattr(function, "forward", function))
        except (TypeError, ValueError):  # of a builtin
            self._signature = None  # type: ignore[assignment]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        own, off = self._threads.own, False
        if FOLLOWERS and not own.followed:
            return self._followed(own, args, kwargs)
        if SCALARS and scalar_watch() is not None:
            return self.function(*args, **kwargs)
        if NONDEFAULT:
            mode = here.inside[-1]
            if mode.watch is not None or mode.lines:
                return self.function(*args, **kwargs)
            off = mode.off
        leaves: Any = args
        spec: Any = len(args)
        if kwargs or own.nested:
            leaves = []
            spec = flatten((args, kwargs), leaves)
        if own.hopeless or (own.eagerly and (off, spec, _key(leaves)) in own.eagerly):
            own.eager += 1
            return self.function(*args, **kwargs)
        if not HOOKED or not any(map(hooked, leaves)):
            programs = own.programs[off]
            for program in programs:
                if program.spec == spec:
                    try:
                        result = program.run(leaves, args, kwargs)
                    except Exception:
                        if not program.pure:
                            raise
                        own.eager += 1  # the error is told, or caught, as uncompiled
                        return self.function(*args, **kwargs)
                    if result is not MISS:
                        own.replayed += 1
                        own.last = program
                        if program is not programs[0]:
                            programs.remove(program)
                            programs.insert(0, program)
                        return result
        return self._record(own, off, args, kwargs)

    def _followed(self, own: _Own, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call as any other, but eager where somebody who follows the training asks for that."""
        followers = [*FOLLOWERS]
        own.followed, before = True, own.replayed
        try:
            if any([follower.asks(self) for follower in followers]):  # a list: all are asked
                own.eager += 1
                return self.function(*args, **kwargs)
            return self(*args, **kwargs)
        finally:
            own.followed = False
            for follower in followers:
                follower.called(self, own.replayed > before)

    def _record(self, own: _Own, off: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        leaves: list[Any] = []
        spec = flatten((args, kwargs), leaves)
        if not kwargs and len(leaves) == len(args) and not own.nested and not any(a.__class__ in (tuple, list, dict) for a in args):
            spec = len(args)
        elif not own.nested:
            own.nested = True
            for kept in own.programs.values():
                kept.clear()
        if own.recorded >= _VAIN and own.replayed < own.recorded:
            own.hopeless = True
            often = f"of {own.recorded + own.replayed} calls, {own.recorded} were recorded: the next are other each time"
            self._say(own, self._at_call(often, "pass numbers that change as tensors or Values, and data in batches of few shapes"))
            return self.function(*args, **kwargs)
        CHANGES.count += 1
        try:
            world = World(self.function)
            for a in leaves:
                world.argument(a)
            if HOOKED and any(map(hooked, (*leaves, *world.tensors.values()))):
                raise UnknownError("a tensor has a hook")
        except UnknownError as unknown:
            self._refuse(own, (off, spec, leaves), Reason(*unknown.place, str(unknown)) if unknown.place else self._at_call(str(unknown)))
            return self.function(*args, **kwargs)
        if world.unsettled and own.tries < _TRIES:
            own.tries += 1
            own.recorded += 1
            return self.function(*args, **kwargs)
        structure = STRUCTURE.count
        recorder = Recorder(leaves, world, self.fullgraph)
        result = recorder.run(self.function, args, kwargs)
        reason = recorder.refused
        if reason is None and (changed := world.changed()) is not None:
            own.tries += 1
            if own.tries < _TRIES:
                own.recorded += 1
                return result
            reason = self._at_call(f"each call changes {changed}", "change it outside of what is compiled")
        if reason is None:
            try:
                if recorder.scalars and (recorder.steps or off):
                    raise UnfitError("Values stand among tensors" if recorder.steps else "no gradients are recorded")
                if recorder.scalars:
                    program: Any = program_of_values(recorder, world, structure, result, spec, self.function, self._names(spec))
                else:
                    program = Program(recorder, world, structure, result, spec, self._title, self._names(spec))
            except UnfitError as unfit:
                reason = self._at_call(str(unfit))
        if reason is not None:
            self._refuse(own, (off, spec, leaves), reason)
            return result
        own.tries = 0
        own.recorded += 1
        own.programs[off].insert(0, program)
        del own.programs[off][_MOST:]
        own.last = program
        return result

    def _names(self, spec: Any) -> dict[int, str]:
        """The names of arguments that are given by position."""
        return dict(enumerate(self._signature.parameters)) if spec.__class__ is int and self._signature is not None else {}

    def _at_call(self, what: str, cure: str = "") -> Reason:
        frame = user_frame(3)
        return Reason(frame.f_code.co_filename, frame.f_lineno, what, cure)

    def _refuse(self, own: _Own, kind: Any, reason: Reason) -> None:
        """Run eagerly from now on, for arguments of this kind; say so once for each reason."""
        if self.fullgraph:
            raise RuntimeError(f"compile: {reason} cannot be replayed (fullgraph=True){reason.advice}")
        off, spec, leaves = kind
        own.eager += 1
        own.tries = 0
        own.eagerly.add((off, spec, _key(leaves)))
        if len(own.eagerly) > _VAIN:
            own.hopeless = True
        self._say(own, reason)

    def _say(self, own: _Own, reason: Reason) -> None:
        if str(reason) not in own.reasons:
            own.reasons[str(reason)] = None
            warnings.warn_explicit(f"compile: {self._title} runs eagerly: {reason}{reason.advice}", UserWarning, reason.file, reason.line)

    # What a user may look at.
    @property
    def calls(self) -> Calls:
        """How many calls of this thread were recorded, replayed, and run eagerly."""
        return Calls(self._threads.own.recorded, self._threads.own.replayed, self._threads.own.eager)

    @property
    def reasons(self) -> list[str]:
        """Why calls ran eagerly, each with its line."""
        return list(self._threads.own.reasons)

    @property
    def programs(self) -> int:
        """How many programs this thread keeps."""
        return sum(map(len, self._threads.own.programs.values()))

    def listing(self) -> str:
        """The program that was used last, as Python. Raises RuntimeError where none was recorded."""
        if self._threads.own.last is None:
            raise RuntimeError(f"nothing was recorded: call it first{''.join(f'; {reason}' for reason in self.reasons)}")
        source: str = self._threads.own.last.source
        return source

    # As what is within.
    def __getattr__(self, name: str) -> Any:
        if name in ("function", "_threads", "_signature", "fullgraph"):  # of a copy that is being made
            raise AttributeError(name)
        return getattr(self.function, name)

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        return self if obj is None else MethodType(self, obj)

    def __copy__(self) -> Compiled:
        return Compiled(self.function, self.fullgraph)

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(copy.deepcopy(self.function, memo), self.fullgraph)

    def __reduce__(self) -> Any:
        return Compiled, (self.function, self.fullgraph)

    def __repr__(self) -> str:
        return f"<compiled {self.function!r}>"


def _key(leaves: Any) -> Any:
    """What kind of arguments these are: numbers count by their type, for what ran eagerly for one would for another."""
    return tuple(
        [
            (a.raw.shape, a.raw.dtype, None if a.op is None else a.op is leaf)
            if isinstance(a, Array)
            else (type(a), None if a.op is None else a.op is leaf)
            if isinstance(a, Node)
            else type(a)
            if isinstance(a, PLAIN)
            else id(a)
            for a in leaves
        ]
    )


def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """``model``, a function or a module, recorded once and then run as straight-line numpy, with the same numbers to the last bit.

    It is for what runs again and again with tensors of the same shapes: a whole step of training, or a network where no gradients are
    recorded (a network alone, in a step that is not compiled, saves a tenth at most); of Values, an expression and its backward or, where
    there are more than a few thousand operations, the loss of all examples alone; and the update outside. The first call for each kind of
    arguments runs as it is and is watched; later calls replay it, unless something that it depends on has changed, such as a shape, a
    global, an attribute of a module or ``train()``: then it is recorded once more. The learning rate, the counts of optimisers, data and
    parameters are read anew each time, and dropout is drawn anew. A function that cannot be replayed, for it asks a tensor for its
    numbers (``item()``, ``if x.sum() > 0``), prints, or uses numpy or other random numbers, runs eagerly, with one warning that names the
    line and what to do; with ``fullgraph`` that is a RuntimeError. ``disable`` gives ``model`` as it is; ``dynamic``, ``backend``,
    ``mode`` and ``options`` are taken for PyTorch's sake and change nothing. It is a decorator, too, with and without arguments.

    A function without a backward in it leaves one node, whose backward is compiled as well; of several Values that it returns, each is a
    node of its own, so that a backward from one leaves no gradient in another. `Compiled.listing` shows the program. Raises TypeError for
    what cannot be called.

    >>> from autograd import tensor
    >>> w = tensor([1., 2.], requires_grad=True)
    >>> @compile
    ... def loss(x):
    ...     return (w * x).tanh().sum()
    >>> for x in (tensor([0.5, 1.]), tensor([0., 0.])):
    ...     loss(x).backward()
    >>> loss.calls
    Calls(recorded=1, replayed=1, eager=0)
    >>> print(loss.listing().partition("return")[0])
    def loss(leaves):
        x = leaves[0].raw
        np.multiply(w, x, mul)
        tanh = np.tanh(mul)
        sum = np.empty((), float32)
        np.add.reduce(tanh, (0,), None, sum, False)
    <BLANKLINE>
    """
    fullgraph = flag_of(fullgraph, "compile: fullgraph")
    if dynamic is not None:
        flag_of(dynamic, "compile: dynamic")
    if model is None:
        return lambda function: compile(_callable(function), fullgraph=fullgraph, disable=disable)
    if flag_of(disable, "compile: disable"):
        return _callable(model)
    if isinstance(model, Compiled):
        return model
    return Compiled(_callable(model), fullgraph)


def _callable(model: Any) -> Any:
    if not callable(model) or isinstance(model, type):
        raise TypeError(f"compile takes a function or a module, got {described(model)}")
    return model
