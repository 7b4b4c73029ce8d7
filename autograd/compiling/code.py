"""Turns the steps of a call into one Python function of numpy calls, which is what a listing prints and what a replay runs.

Steps that nothing depends on are dropped, what is made of constants alone is computed once, and each result gets memory that stays from
call to call: where the life of one result ends, the next of its kind takes its place. Views of memory that stays are taken once. What is
returned is new each time; gradients keep their memory for as long as nobody else holds it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.compiling.names import Names
from autograd.compiling.plan import Plan, refs
from autograd.compiling.watching import Recorder
from autograd.core.node import Op
from autograd.core.symbols import Python, Symbol
from autograd.faces.changes import assign
from autograd.faces.record import Array, made
from autograd.ops import fast
from autograd.ops.moves import cast_, clone_, getitem_
from autograd.program.steps import Bind, Call, Change, Live, New, Ref, Row, Step

__all__ = ["Writer", "lasting"]

_LOCAL = frozenset({"args", "as_held", "held", "kwargs", "leaves", "raw", "replay", "OUT"})  # names of the function's own
_NAMED = (np.maximum, np.minimum)  # their third argument must be named
_OF_ONE_KIND = frozenset({  # they take a number beside an array in the dtype of the array
    np.add, np.subtract, np.multiply, np.true_divide, np.maximum, np.minimum,
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
})  # fmt: skip
_direct: dict[Any, bool] = {}  # does a kernel give the dtype that is recorded? By the row, that dtype, and those of the arguments.


def kernel(op: Op) -> Callable[..., Any]:
    """How the row computes arrays, without the silence that a replay keeps as a whole."""
    return getattr(op.on_array, "__wrapped__", op.on_array)


def ufunc_of(op: Op) -> Any:
    """The ufunc that computes arrays, if it is one."""
    function = kernel(op)
    if isinstance(function, np.ufunc):
        return function
    return op.ufunc if getattr(op.compute, "__module__", "") == "_operator" and isinstance(op.ufunc, np.ufunc) else None


def recorded_as(op: Op, *args: Any) -> np.ndarray:
    """As `Array.record` computes it: dtypes are promoted, cast and checked."""
    raw: np.ndarray = Array.record(op, tuple([made(a) if a.__class__ is np.ndarray else a for a in args])).raw
    return raw


class Name(str):
    """The name of an array in the source, with an array of its kind."""

    __slots__ = ("fixed", "raw")
    raw: np.ndarray
    fixed: bool  # is it the same memory in each call?

    def __new__(cls, text: str, raw: np.ndarray, fixed: bool) -> Name:
        name = super().__new__(cls, text)
        name.raw, name.fixed = raw, fixed
        return name


def lasting(a: Name) -> str:
    """The source of an array that no later call writes to."""
    return copied(a) if a.fixed else str(a)


def copied(a: Name) -> str:
    """The source of a copy that lies in memory as the array does, on which the last bit of a sum of it depends."""
    return f"{a}.copy()" if a.raw.flags.c_contiguous or 0 in a.raw.strides else f"{a}.copy('K')"


class Writer(Names):
    """Writes the body of the function for a plan, and says what stands behind its names.

    ``namespace`` holds what is there for good; ``memory`` makes what has to be made anew where somebody keeps a gradient.
    """

    def __init__(self, recorder: Recorder, plan: Plan, arguments: dict[int, str], function: str, **given: Any) -> None:
        super().__init__(np=np, made=made, recorded_as=recorded_as, slice=slice, **given)
        self.taken |= {*_LOCAL, function}  # the last is the name under which it is listed
        self.arguments = arguments
        self.recorder, self.plan, self.slots = recorder, plan, plan.slots
        self.lines: list[str] = []
        self.names: dict[int, Name] = {}
        self.buffers: list[Any] = []  # shape, dtype and strides of each
        self.free: dict[Any, list[int]] = {}
        self.owner: dict[int, int] = {}  # the buffer of a root
        self.views: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = []  # of what is fixed, in order
        self.gradients: list[tuple[Any, int, str]] = []  # what holds each, its slot, and the name of its tensor
        self.floats: dict[int, str] = {}
        self.numbers: dict[Any, str] = {}  # as arrays of no dimension, by number and dtype
        bound = [s.slot for s in plan.kept if isinstance(s, Bind) and s.slot is not None]
        self.held = {plan.root(i) for i in bound}
        self.fresh = {plan.root(i) for i in plan.outputs} - self.held
        self.ends: dict[int, list[int]] = {}  # the roots whose life ends with a step
        for r, k in plan.last.items():
            self.ends.setdefault(k, []).append(r)
        self.flats: list[tuple[str, list[int]]] = []  # arrays that lie in one: its name, and their buffers
        self.scaled = plan.scaled_together(self.held)
        for k, s in enumerate(plan.kept):
            self.at = k
            self._step(s)
            self._let_go(k)

    # Names.
    def array(self, i: int) -> Name:
        """The name of the array in slot ``i``."""
        i = self.plan.same.get(i, i)
        if (name := self.names.get(i)) is not None:
            return name
        s = self.slots[i]
        if i in self.plan.constant or s.kind == "constant":
            text, fixed = self.put("constant", self.plan.value(i)), True
        elif s.kind == "captured":
            text, fixed = self.put(self.recorder.world.names.get(id(s.of), "") or "tensor", s.raw), True
        elif s.kind == "argument":
            text, fixed = self.name(self.arguments.get(s.of, f"x{s.of}")), False
            self.lines.append(f"{text} = leaves[{s.of}].raw")
        else:
            assert s.kind == "gradient", s.kind
            text, fixed = self.name("gradient"), False
            self.lines.append(f"{text} = {self.holder(s.of)}._grad.raw")
        self.names[i] = name = Name(text, s.raw, fixed)
        return name

    def holder(self, t: Any) -> str:
        """The source of a tensor that is captured, or an argument."""
        for i, a in enumerate(self.recorder.leaves):
            if a is t:
                return f"leaves[{i}]"
        return self.put(f"{self.recorder.world.names.get(id(t)) or 'a'}_tensor", t)

    def text(self, a: Any) -> str:
        """An argument as source."""
        if isinstance(a, Ref):
            return self.array(a.slot)
        if isinstance(a, Live):
            return self.floats[a.number]
        if isinstance(a, tuple):
            return f"({', '.join(map(self.text, a))}{',' * (len(a) == 1)})"
        if a is Ellipsis:
            return "..."
        if a is None or a.__class__ in (int, bool, str) or (a.__class__ is float and np.isfinite(a)):
            return repr(a)
        if a.__class__ is slice:
            return f"slice({a.start!r}, {a.stop!r}, {a.step!r})"
        return self.put("settings" if a.__class__ is dict else type(a).__name__.lower(), a)

    def number(self, a: Any, dtype: Any) -> str:
        """A number as an argument beside arrays of this dtype; as an array of no dimension, which takes numpy half the time of a number."""
        given = a.number if isinstance(a, Live) else repr(a) if a.__class__ in (int, float) else None
        if given is None or dtype.kind != "f" or (a.__class__ is int and abs(a) > 2**24):
            return self.text(a)
        if (name := self.numbers.get((given, dtype))) is None:
            with np.errstate(over="ignore"):
                raw = np.asarray(0.0 if isinstance(a, Live) else a, dtype)
            if isinstance(a, Live):
                name = self.put(f"{self.floats[a.number]}_in_{dtype}", raw)
                self.lines.append(f"{name}[()] = {self.floats[a.number]}")
            else:
                name = self.put(f"c_{a}".replace("-", "minus_"), raw)
            self.numbers[given, dtype] = name
        return name

    def fixed(self, wanted: str, function: Callable[..., Any], *args: Any) -> str:
        """A name for what ``function`` gives of arrays that stay, which is asked once."""
        name = self.name(wanted)
        self.views.append((name, function, args))
        return name

    def transposed(self, x: Name) -> Name:
        """The source of a matrix transposed."""
        if not x.fixed:
            return Name(f"{x}.T", x.raw.T, False)
        for name, function, args in self.views:
            if function is _transposed and args == (str(x),):
                return Name(name, x.raw.T, True)
        return Name(self.fixed(f"{x}_T", _transposed, str(x)), x.raw.T, True)

    def ones(self, x: np.ndarray) -> str:
        """The name of as many ones as ``x`` has rows."""
        return self.put(f"ones_{len(x)}", fast._ones(len(x), x.dtype))

    def temporary(self, shape: tuple[int, ...], dtype: Any) -> str:
        """The name of memory that is needed within one step."""
        raw = np.empty(shape, dtype)
        pool = self.free.setdefault(self._key(raw), [])
        if not pool:
            pool.append(len(self.buffers))
            self.buffers.append(self._key(raw))
        name = self.name("t")
        self.views.append((name, _itself, (pool[-1],)))
        return name

    # Memory.
    def _key(self, raw: np.ndarray) -> Any:
        return raw.shape, raw.dtype, raw.strides

    def buffer(self, i: int, wanted: str, taking: Sequence[int] = (), alone: bool = False) -> Name:
        """Memory for the result in slot ``i``: what has become free, or that of one of the slots ``taking``, which end here.

        Memory that is ``alone`` is not shared with other results.
        """
        raw = self.slots[i].raw
        key = self._key(raw)
        b: int | None = None
        for j in taking:
            r = self.plan.root(j)
            own = self.owner.get(r)
            if (
                own is not None
                and self.plan.last[r] == self.at
                and self._key(self.slots[r].raw) == key
                and r not in self.held
                and i not in self.held
            ):
                b = own
                break
        if b is None:
            pool = self.free.get(key)
            if pool and i not in self.held and not alone:
                b = pool.pop()
            else:
                b = len(self.buffers)
                self.buffers.append(key)
        else:
            self.owner.pop(r)
        self.owner[i] = b
        if alone:
            self.held = self.held | {i}
        name = self.name(wanted)
        self.views.append((name, _itself, (b,)))
        self.names[i] = Name(name, raw, True)
        return self.names[i]

    def _let_go(self, k: int) -> None:
        for r in self.ends.get(k, ()):
            if r not in self.held and (b := self.owner.pop(r, None)) is not None:
                self.free.setdefault(self._key(self.slots[r].raw), []).append(b)

    # Steps.
    def _step(self, s: Step) -> None:
        if self.at in self.scaled:
            self._scale(self.scaled[self.at])
        elif isinstance(s, Row):
            self._row(s)
        elif isinstance(s, New):
            out = self.buffer(s.out, "new")
            self.lines.append(f"np.copyto({out}, {self.put('constant', self.slots[s.out].of)})")
        elif isinstance(s, Change):
            self._change(s)
        elif isinstance(s, Call):
            self._call(s)
        elif s.slot is None:
            self.lines.append(f"{self.holder(s.tensor)}._grad = None")
        else:
            i = self.plan.same.get(s.slot, s.slot)
            if i in self.owner and i in self.held:
                name = self.name(f"grad_of_{self.holder(s.tensor).removesuffix('_tensor')}")
                self.gradients.append((s.tensor, i, name))
                self.lines.append(f"{self.holder(s.tensor)}._grad = {name}")
            else:
                outside = self.slots[self.slots[i].root].outside
                self.lines.append(f"{self.holder(s.tensor)}._grad = gradient_on({self.array(i) if outside else copied(self.array(i))})")

    def _call(self, s: Call) -> None:
        args = []
        for a in s.args:
            if isinstance(a, Ref):
                slot = self.slots[a.slot]
                whole = slot.kind in ("captured", "argument") and a.slot not in self.plan.constant
                args.append(
                    self.holder(slot.of if slot.kind == "captured" else self.recorder.leaves[slot.of])
                    if whole
                    else f"made({self.array(a.slot)})"
                )
            else:
                args.append(self.text(a))
        outs = s.outs if s.outs.__class__ is tuple else (s.outs,)
        names = []
        for o in outs:
            if isinstance(o, Live):
                self.floats[o.number] = text = self.name("n")
            elif isinstance(o, Ref):
                text = self.name("drawn")
                self.names[o.slot] = Name(text, self.slots[o.slot].raw, False)
            else:
                text = "_"
            names.append(text)
        call = f"{self.put(s.function.__name__.strip('_'), s.function)}({', '.join(args)})"
        if s.outs is None:
            self.lines.append(call)
        else:
            self.lines.append(f"{', '.join(names)}{',' * (s.outs.__class__ is tuple and len(names) == 1)} = {call}")

    def _change(self, s: Change) -> None:
        if s.target in self.plan.unmade and s.target not in self.names:
            self.buffer(s.target, "new")
        target, function = self.array(s.target), getattr(s.compute, "__wrapped__", s.compute)
        operand = self.number(s.operand, target.raw.dtype) if function in _OF_ONE_KIND else self.text(s.operand)
        if s.compute is assign:
            self.lines.append(f"np.copyto({target}, {operand}, casting='unsafe')")
            return
        self.lines.append(f"{self._numpy(function)}({target}, {operand}, {target})")

    def _numpy(self, function: Any, row: str = "kernel") -> str:
        """The name of a function: numpy's, its own or, where that says nothing, that of its row."""
        if isinstance(function, np.ufunc) and getattr(np, name := str(function.__name__), None) is function:
            return f"np.{name}"
        own = getattr(function, "__name__", row).strip("_")
        return self.put(row if own in ("<lambda>", "compute") else own, function)

    def _row(self, s: Row) -> None:
        slot = self.slots[s.out]
        if slot.root != s.out:
            self._view(s)
            return
        function, kinds, direct = ufunc_of(s.op), {self.slots[r.slot].raw.dtype for r in refs(s.args)}, self._is_direct(s, slot.raw)
        if direct and function in _OF_ONE_KIND and len(kinds) == 1:
            args = [self.number(a, *kinds) for a in s.args]
        else:
            args = [self.text(a) for a in s.args]
        names = (s.op.public, s.op.name.replace(" ", "_"), getattr(s.op.ufunc, "__name__", ""), "v")
        wanted = next(name for name in names if name.isidentifier())
        if (s.op is cast_ or s.op is clone_) and s.out not in self.fresh:
            self.lines.append(f"np.copyto({self.buffer(s.out, wanted)}, {args[0]}, casting='unsafe')")
            return
        if not direct:
            self._fresh(s.out, wanted, f"recorded_as({self.put(wanted + '_row', s.op)}, {', '.join(args)})")
        elif s.op.into is not None and (
            written := s.op.into(self, slot.raw, *[a if isinstance(a, Name) else x for a, x in zip(args, s.args)])
        ):
            if s.out in self.fresh:
                self._fresh(s.out, wanted, f"np.empty({slot.raw.shape}, {self.put(slot.raw.dtype.name, slot.raw.dtype)})")
            else:
                self.buffer(s.out, wanted)
            self.lines += [re.sub(r"\bOUT\b", self.names[s.out], line) for line in written]
        elif function is not None and s.out not in self.fresh:
            out = self.buffer(s.out, wanted, self._ending(s, slot.raw))
            self.lines.append(f"{self._numpy(function)}({', '.join(args)}, {'out=' * (function in _NAMED)}{out})")
        else:
            call = f"{self._numpy(function if function is not None else kernel(s.op), wanted)}({', '.join(args)})"
            self._fresh(s.out, wanted, f"np.asarray({call})" if not slot.raw.ndim else call)

    def _scale(self, rows: list[Row]) -> None:
        owned = [self.owner.get(self.plan.root(s.args[0].slot)) for s in rows]
        if not rows:
            return
        if None in owned or any(b in bs for _, bs in self.flats for b in owned):
            for s in rows:
                self._row(s)
            return
        for s in rows:
            self.buffer(s.out, "scaled", alone=True)
        of, to = self.name("gradients"), self.name("steps")
        self.flats += [(of, [b for b in owned if b is not None]), (to, [self.owner[s.out] for s in rows])]
        self.lines.append(f"np.multiply({of}, {self.number(rows[0].args[1], self.slots[rows[0].out].raw.dtype)}, {to})")

    def _fresh(self, i: int, wanted: str, source: str) -> None:
        """A line that makes the array in slot ``i`` anew in each call."""
        name = self.name(wanted)
        self.lines.append(f"{name} = {source}")
        self.names[i] = Name(name, self.slots[i].raw, False)

    def _ending(self, s: Row, raw: np.ndarray) -> list[int]:
        """The arguments of an elementwise step whose memory its result may take, if their life ends here."""
        arrays = [self.slots[r.slot].raw for r in refs(s.args)]
        simple = raw.flags.c_contiguous and all(a.shape == raw.shape and a.flags.c_contiguous for a in arrays)
        return [r.slot for r in refs(s.args)] if simple else []

    def _is_direct(self, s: Row, raw: np.ndarray) -> bool:
        """Does the kernel alone give what `Array.record` does, which promotes, casts and checks?"""
        arrays = [self.slots[r.slot].raw for r in refs(s.args)]
        kinds = {a.dtype for a in arrays}
        floats = {d for d in kinds if d.kind == "f"}
        if raw.dtype.kind == "O" or np.dtype("float16") in {raw.dtype, *kinds} or (s.op.floats and kinds != floats):
            return False
        if s.op.entrywise is not False and len(kinds) > 1 and not (len(floats) == 1 and {d.kind for d in kinds - floats} == {"b"}):
            return False
        key = s.op, raw.dtype, tuple([a.dtype for a in arrays]), tuple(map(type, s.args))
        if (known := _direct.get(key)) is None:
            if len(_direct) > 4096:
                _direct.clear()
            with np.errstate(all="ignore"):
                known = _direct[key] = np.asarray(kernel(s.op)(*map(self._value, s.args))).dtype == raw.dtype
        return known

    def _value(self, a: Any) -> Any:
        if isinstance(a, Ref):
            return self.slots[a.slot].raw
        if isinstance(a, Live):
            return self.recorder.floats[a.number]
        return tuple(map(self._value, a)) if a.__class__ is tuple else a

    def _view(self, s: Row) -> None:
        source = next(r.slot for r in refs(s.args) if np.may_share_memory(self.slots[r.slot].raw, self.slots[s.out].raw))
        base = self.array(source)
        others = [a for a in s.args if not (isinstance(a, Ref) and a.slot == source)]
        if base.fixed and not refs(tuple(others)):
            at = s.args.index(Ref(source))
            rest = s.args
            name = self.fixed(
                f"{base}_{s.op.public or 'view'}",
                lambda x, op=s.op, at=at, rest=rest: kernel(op)(*rest[:at], x, *rest[at + 1 :]),
                str(base),
            )
            self.names[s.out] = Name(name, self.slots[s.out].raw, True)
            return
        if s.op is getitem_:
            source_text = f"{base}[{self.text(s.args[1])}]"
        elif s.op.moves and s.op.write is not None and len(refs(s.args)) == 1:
            written = s.op.write(_python, Symbol(base, self.slots[source].raw), *others)
            source_text = written[0] if isinstance(written, tuple) else written
        else:
            source_text = f"{self._numpy(kernel(s.op))}({', '.join(map(self.text, s.args))})"
        self._fresh(s.out, s.op.public if s.op.public.isidentifier() else "view", source_text)

    # What stands behind the names.
    def forget(self) -> None:
        """Keep only what `memory` needs."""
        del self.recorder, self.plan, self.slots, self.names, self.lines

    def memory(self) -> dict[str, Any]:
        """New memory for all results, and the views of it."""
        made_: dict[str, Any] = {}
        inside: dict[int, np.ndarray] = {}
        for name, members in self.flats:
            sizes = [-(-math.prod(self.buffers[b][0]) // 16) * 16 for b in members]  # each begins at a multiple of 64 bytes
            ends = np.cumsum([0, *sizes]).tolist()
            made_[name] = whole = np.zeros(ends[-1], self.buffers[members[0]][1])
            for b, begin in zip(members, ends):
                shape = self.buffers[b][0]
                inside[b] = whole[begin : begin + math.prod(shape)].reshape(shape)
        buffers = [inside[b] if b in inside else _empty(*kind) for b, kind in enumerate(self.buffers)]
        for name, function, args in self.views:
            if function is _itself:
                made_[name] = buffers[args[0]]
            else:
                made_[name] = function(*(made_.get(a, self.namespace.get(a)) if isinstance(a, str) else a for a in args))
        return made_


_python = Python()


def _transposed(x: np.ndarray) -> np.ndarray:
    return x.T


def _empty(shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> np.ndarray:
    """New memory that lies as a result does whose strides these are."""
    order = sorted(range(len(shape)), key=lambda a: -strides[a])  # stable: the first of equal ones is the outer one
    if order == [*range(len(shape))]:
        return np.empty(shape, dtype)
    return np.empty([shape[a] for a in order], dtype).transpose([order.index(a) for a in range(len(shape))])


def _itself(x: Any) -> Any:
    return x
