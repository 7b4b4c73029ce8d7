"""Watches a call of a function, and keeps what it did as steps: rows, changes in place, calls that are made again, gradients that are set.

Arrays are known by their identity, which they keep while the recorder holds them. Where the call does what no step can say, it goes on as
it would have, and the reason is kept: it is refused, and its function runs eagerly.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import get_ident
from typing import Any, NamedTuple

import numpy as np

from autograd.compiling.world import IMPURE, IMPURE_BUILTINS, World, is_ours, is_users
from autograd.core.hooks import HOOKED, is_hooked
from autograd.core.mode import Block, Mode, here, set_grad_enabled
from autograd.core.node import Lost, Node, Op, leaf
from autograd.core.notes import user_frame
from autograd.core.watch import SCALARS, Watch, scalar_watch
from autograd.errors import described
from autograd.faces.record import Array, made
from autograd.faces.versions import bump_version
from autograd.ops.elementwise import mul
from autograd.ops.moves import cast_, clone_
from autograd.program.steps import Bind, Call, Change, Live, New, Ref, Row, Step, Still

__all__ = ["Reason", "Recorder", "Slot"]

_ndarray = np.ndarray
_SIZED = frozenset({"bincount", "nonzero", "unique"})  # rows whose result is as large as the numbers want it

_OUTSIDE = "keep it outside of what is compiled"
_CURES = {
    **dict.fromkeys(
        ("item()", "tolist()", "float()", "int()", "its text"), "return the tensor, and ask it for its numbers outside of what is compiled"
    ),
    "a truth value": f"choose by where(), or {_OUTSIDE}",
}
_UPDATE = "of Values, compile the loss and its backward, and keep the update outside"


class Reason(NamedTuple):
    """Why a call runs eagerly, and where there is something to be done, what."""

    file: str
    line: int
    what: str
    cure: str = ""

    @property
    def advice(self) -> str:
        """The cure, as the end of a message."""
        return f"; {self.cure}" if self.cure else ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


class Slot:
    """An array of the program.

    ``kind`` is "argument" (``of``: its place), "captured" (``of``: the tensor), "gradient" (``of``: the tensor that had it before the
    call), "constant" (``of``: a copy) or "result"; ``root`` is the slot whose memory it is a view of, or its own.
    """

    __slots__ = ("kind", "of", "raw", "root")

    def __init__(self, raw: np.ndarray, kind: str, of: Any, root: int) -> None:
        self.raw, self.kind, self.of, self.root = raw, kind, of, root

    @property
    def outside(self) -> bool:
        """Is it there without the call, so that others may hold it?"""
        return self.kind in ("argument", "captured", "gradient")


class _Within(Block):
    """The mode in which ``watch`` observes; None: nobody does."""

    def __init__(self, watch: Watch | None) -> None:
        self.watch = watch

    def within(self, outer: Mode) -> Mode:
        return Mode(outer, outer.off, outer.lines, self.watch, outer.place)


_unwatched = _Within(None)


class Recorder(Watch):
    """The steps of one call. ``leaves`` are the arguments, ``world`` what the function reads beside them."""

    nodes = True

    def __init__(self, leaves: Sequence[Any], world: World, fullgraph: bool) -> None:
        self.leaves, self.world, self.fullgraph = leaves, world, fullgraph
        self.slots: list[Slot] = []
        self.known: dict[int, int] = {}  # slots, by the id of their arrays
        self.steps: list[Step] = []
        self.live: dict[int, Live] = {}  # by the id of the floats, each of which is one of a kind
        self.floats: list[float] = []
        self.conditions: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = []
        self.changed: set[int] = set()  # roots that were changed in place
        self.refused: Reason | None = None
        self.scalars = False  # were there operations on Values?
        self.effects: list[tuple[Any, float | None]] = []  # on gradients of Values: the weight of a backward; None: it is forgotten
        self.walking = 0
        self.bound: set[int] = set()  # the ids of tensors whose gradient was set in the call
        self.begun_with: dict[int, Any] = {}  # the gradients before the call, by the id of their arrays: their tensors
        self.without: list[Any] = []  # tensors that must have no gradient before the call
        self.kept: list[Any] = []
        self.resumed: dict[int, Any] = {}  # nodes on arguments that are recorded in the call, by their ids
        for i, a in enumerate(leaves):
            if isinstance(a, Array):
                self._add(a.raw, "argument", i)
        for t in (*world.tensors.values(), *(a for a in leaves if isinstance(a, Array))):
            if isinstance(t._grad, Array):
                self.begun_with.setdefault(id(t._grad.raw), t)

    # Running.
    def run(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        before, traced = sys.getprofile(), sys.gettrace()
        if self.world.impure and before is None:  # it takes many times as long
            sys.setprofile(self._profile)
        elif self.world.impure:
            self.refuse("a profiler watches, so that this cannot see what prints, draws or tells the time")
        if self.world.catches:
            sys.settrace(self._errors)
        try:
            if self.world.values and not self.world.tensors and not any(isinstance(a, Array) for a in self.leaves):
                return self._of_scalars(function, args, kwargs)
            with _Within(self):
                off = here.inside[-1].off
                result = function(*args, **kwargs)
                left = here.inside[-1].off
        finally:
            if self.world.impure and before is None:
                sys.setprofile(None)
            if self.world.catches:
                sys.settrace(traced)
        if left is not off:
            set_grad_enabled(off)
            self.refuse("set_grad_enabled() that outlasts the call")
        return result

    def _of_scalars(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Run a function of Values: the graph that it leaves has its operations."""
        self.scalars = True
        SCALARS[get_ident()] = self
        try:
            return function(*args, **kwargs)
        finally:
            del SCALARS[get_ident()]

    def _errors(self, frame: Any, event: str, arg: Any) -> Any:
        """An error that is caught decides what comes next, and it may depend on numbers."""
        if not is_users(frame.f_code.co_filename):
            return None
        if event == "exception" and not issubclass(arg[0], StopIteration):
            self.refuse("an error that is caught", frame)
        return self._errors

    def _profile(self, frame: Any, event: str, arg: Any) -> None:
        if event == "c_call":
            if is_users(frame.f_code.co_filename) and self.refused is None:
                module, name = getattr(arg, "__module__", None), getattr(arg, "__name__", "")
                owner = type(getattr(arg, "__self__", None))
                if (module or owner.__module__).split(".")[0] in IMPURE or (module == "builtins" and name in IMPURE_BUILTINS):
                    self.refuse(f"{name}()", frame, _OUTSIDE)
        elif event == "call" and self.refused is None:
            name = frame.f_globals.get("__name__", "")
            if name.split(".")[0] in IMPURE and not is_ours(frame.f_code.co_filename):
                caller = frame.f_back
                if caller is not None and is_users(caller.f_code.co_filename):
                    self.refuse(f"{name}.{frame.f_code.co_name}()", caller, _OUTSIDE)

    def refuse(self, what: str, frame: Any = None, cure: str = "") -> None:
        """The call cannot be replayed, because of what it did at the line of user code in ``frame``."""
        if self.refused is None:
            frame = frame or user_frame(2)
            self.refused = Reason(frame.f_code.co_filename, frame.f_lineno, what, cure)
            if self.fullgraph:
                raise RuntimeError(f"compile: {self.refused} cannot be replayed (fullgraph=True){self.refused.advice}")

    # Arrays.
    def _add(self, raw: np.ndarray, kind: str, of: Any = None, root: int | None = None) -> int:
        if (i := self.known.get(id(raw))) is not None:
            return i
        i = self.known[id(raw)] = len(self.slots)
        self.slots.append(Slot(raw, kind, of, i if root is None else root))
        return i

    def slot(self, raw: np.ndarray, t: Any = None) -> int:
        """The slot of an array, which is that of the tensor ``t``, if that is known."""
        if (i := self.known.get(id(raw))) is not None:
            return i
        if (own := self.world.tensors.get(id(raw))) is not None:
            return self._add(raw, "captured", own, self._owner(raw))
        if (holder := self.begun_with.get(id(raw))) is not None:
            return self._add(raw, "gradient", holder)
        if t is not None and t.saved_version is Lost.DETACHED:  # another name of what is known
            for own in self.world.tensors.values():
                if own.raw is raw:
                    return self._add(raw, "captured", own)
        self.refuse(f"a tensor of shape {raw.shape} that the call got by no operation and no name that could be looked up")
        return self._add(raw, "constant")

    def _owner(self, raw: np.ndarray) -> int | None:
        """The slot of the memory that ``raw`` is a view of, where it is that of something known."""
        if raw.base is None:
            return None
        for i, s in enumerate(self.slots):
            if s.root == i and (s.raw is raw.base or np.may_share_memory(s.raw, raw)):
                return i
        return None

    def tree(self, a: Any) -> Any:
        """An argument with references in the place of arrays and of floats that change."""
        if isinstance(a, Array):
            return (Still if a.op is None else Ref)(self.slot(a.raw, a))
        if a.__class__ is _ndarray:
            return Ref(self.slot(a))
        if a.__class__ is float:
            return self.live.get(id(a), a)
        if a.__class__ is tuple:
            return tuple([self.tree(x) for x in a])
        if isinstance(a, Node):
            self.refuse(f"{described(a)} among tensors")
        return a

    # What the engine tells.
    def result(self, raw: Any, op: Op, args: tuple[Any, ...]) -> None:
        if raw.__class__ is float and not op.across:
            self.scalars = True
            return
        if not isinstance(raw, _ndarray) or raw.dtype.kind == "O":
            self.refuse(f"{op!r} of Values")
            return
        if id(raw) in self.known:
            return
        if op.name in _SIZED or any(
            a.__class__ is _ndarray and a.dtype.kind == "b" and id(a) in self.known for t in args if t.__class__ is tuple for a in t
        ):
            self.refuse("a shape that the numbers of a tensor say")
        tree = tuple([self.tree(a) for a in args])
        if here.inside[-1].off:
            tree = tuple([Still(a.slot) if isinstance(a, Ref) else a for a in tree])
        root = None
        if raw.base is not None:
            for r in tree:
                if isinstance(r, Ref) and np.may_share_memory(self.slots[r.slot].raw, raw):
                    root = self.slots[r.slot].root
                    break
        self.steps.append(Row(op, tree, self._add(raw, "result", None, root)))

    def walk(self, order: list[Any]) -> Iterable[Any]:
        for n in order:
            if HOOKED and is_hooked(n):
                self.refuse("a hook of backward")
            if n.op is leaf:
                if not isinstance(n, Array):
                    self.refuse("a backward of Values", cure=_UPDATE)
                else:
                    self.slot(n.raw, n)
            elif id(n) in self.resumed:
                pass
            elif not isinstance(n, Array) or id(n.raw) not in self.known or self.slots[self.known[id(n.raw)]].kind != "result":
                self.refuse("a backward through what was recorded before the call")
            elif n.retains_grad:
                self.refuse("retain_grad()")
        return self._walking(order)

    def _walking(self, order: list[Any]) -> Iterator[Any]:
        self.walking += 1
        try:
            yield from reversed(order)
        finally:
            self.walking -= 1

    def own(self, g: Any) -> Any:
        return _copied(g) if isinstance(g, Array) else g

    def accumulate(self, n: Any, g: Any) -> None:
        if not isinstance(g, Array):  # of a rule that gives a number
            g = made(np.array(g))
            self.constant(g.raw)
        if g.op is not None or (n._grad is not None and n._grad.op is not None):
            self.refuse("a gradient that is recorded, in .grad")
            n.receive(g)
        elif n._grad is None:
            if id(n) not in self.bound and self._outlives(n):
                self.without.append(n)
            grad = _copied(g)
            grad.saved_version = Lost.GRADIENT
            self.binds(n, grad)
            n._grad = grad
        else:
            bump_version(n._grad, "backward()")
            self.changes(n._grad, np.add, g.raw, 1, g.raw)
            n._grad.raw += g.raw

    def differentiates(self, z: Any, gradient: Any, **given: Any) -> None:
        if isinstance(gradient, Node) or any(a is not None and a is not False for a in given.values()):
            self.refuse("a backward of Values with other arguments than one number", cure="call backward() alone, or outside")
        else:
            self.effects.append((z, z.seed(gradient)))

    def binds(self, t: Any, grad: Any) -> None:
        if not isinstance(t, Array):
            if grad is None and scalar_watch() is self:
                self.effects.append((t, None))
            else:
                self.refuse("a gradient of Values", cure=_UPDATE)
            return
        self.bound.add(id(t))
        self.kept.append((t, grad))
        if self._outlives(t):
            self.steps.append(Bind(t, None if grad is None else self.slot(grad.raw, grad)))

    def _outlives(self, t: Any) -> bool:
        """Is the tensor there before and after the call? Else nobody sees its gradient, but by what the call does with it."""
        return any(t is a for a in self.leaves) or self.world.tensors.get(id(t.raw)) is t

    def constant(self, raw: np.ndarray) -> None:
        i = self._add(raw, "constant", np.array(raw))
        self.steps.append(New(i))

    def resumes(self, n: Any) -> None:
        self.resumed[id(n)] = n

    def enters(self, raw: np.ndarray, given: Any) -> None:
        if id(given) in self.known or id(given) in self.world.tensors:
            self.steps.append(Row(clone_, (Ref(self.slot(given)),), self._add(raw, "result")))
        elif self.walking or not isinstance(given, _ndarray) or not given.ndim:
            self.constant(raw)
        else:
            self.refuse("an array of numpy")
            self._add(raw, "constant", raw)

    def changes(self, t: Any, compute: Callable[..., Any], source: Any, alpha: Any, raw: Any) -> None:
        target = self.slot(t.raw, t)
        mine = self.slots[target]
        operand: Any
        if not isinstance(raw, _ndarray):
            operand = self.tree(raw)
            if alpha.__class__ is not int and (id(alpha) in self.live or id(source) in self.live):
                self.refuse("a number of an optimiser times another number")
        else:
            if not isinstance(source, _ndarray) or (
                source.ndim == 0 and id(source) not in self.known and id(source) not in self.world.tensors
            ):
                if alpha.__class__ is float and id(alpha) in self.live:
                    self.refuse("a number of an optimiser times another number")
                copied = np.array(raw)
                self.kept.append(raw)
                self.constant(copied)
                now = copied
            else:
                now = source
                if alpha.__class__ is not int or alpha != 1:
                    scale = alpha if alpha.__class__ is float else np.int64(alpha) if source.dtype.kind != "f" else float(alpha)
                    now = np.asarray(source * scale)
                    self.steps.append(Row(mul, (Ref(self.slot(source)), self.tree(scale)), self._add(now, "result")))
                if now.dtype != mine.raw.dtype:
                    if mine.raw.dtype.kind in "iu" and now.dtype.kind == "f":
                        self.refuse("a change of integers by floats")
                    with np.errstate(all="ignore"):
                        cast = now.astype(mine.raw.dtype)
                    self.steps.append(Row(cast_, (Ref(self.slot(now)), mine.raw.dtype), self._add(cast, "result")))
                    now = cast
            operand = Ref(self.slot(now))
        self.changed.add(mine.root)
        self.steps.append(Change(compute, target, operand, t))

    def reads(self, what: str) -> None:
        self.refuse(what, cure=_CURES.get(what, _UPDATE if self.scalars and what.endswith("=") else _OUTSIDE))

    def call(self, function: Callable[..., Any], args: Sequence[Any]) -> Any:
        tree = tuple([self.tree(a) for a in args])
        self.kept.append(args)
        with _unwatched:
            got = function(*args)
        if isinstance(got, tuple):
            parts = [self._given(x, function) for x in got]
            self.steps.append(Call(function, tree, tuple(where for _, where in parts)))
            return tuple([x for x, _ in parts])
        if got is None or isinstance(got, _ndarray | float):
            got, where = self._given(got, function)
            self.steps.append(Call(function, tree, where))
            return got
        pure = all(self.slots[r.slot].kind in ("argument", "captured") and self.slots[r.slot].root not in self.changed for r in _refs(tree))
        if not pure:
            self.refuse(f"what a function does depends on numbers: {function.__name__}")
        self.conditions.append((function, tree, got))
        return got

    def _given(self, x: Any, function: Callable[..., Any]) -> tuple[Any, Any]:
        if isinstance(x, _ndarray):
            return x, Ref(self._add(x, "result"))
        if x.__class__ is float:
            x = x * 1.0  # another object: nobody else has it
            self.live[id(x)] = number = Live(len(self.floats))
            self.floats.append(x)
            return x, number
        if x is not None:
            self.refuse(f"{function.__name__}, which gives {described(x)}")
        return x, None


def _copied(g: Any) -> Any:
    """A copy that lies in memory as eager's gradient does, on which the last bit of a sum depends: a stretched one is spread out there."""
    return Array.record(clone_, (g, "C" if 0 in g.raw.strides else "K"))


def _refs(tree: Any) -> Iterator[Ref]:
    if isinstance(tree, Ref):
        yield tree
    elif tree.__class__ is tuple:
        for x in tree:
            yield from _refs(x)
