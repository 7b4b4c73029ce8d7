"""How an operation on arrays is dispatched and recorded, and what backward asks of what was recorded.

`Array` is all of a tensor that the engine sees: results in the right dtype, gradients in the right shape, saved arrays that are checked
and released. `Tensor` is this with the attributes and methods that users know.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

import numpy as np

from autograd.core.changes import Past
from autograd.core.hooks import register_hook, register_post_accumulate_grad_hook
from autograd.core.mode import NONDEFAULT, is_grad_enabled, watching
from autograd.core.node import Lost, Node, Op, leaf
from autograd.core.notes import notes_of, recorded
from autograd.core.walk import backward
from autograd.core.watch import Watch
from autograd.errors import described
from autograd.faces.bridge import SparseGradient, pack
from autograd.faces.dtypes import DTYPES, canonical, entries, float16, float32, float64, int64, unpromoted
from autograd.faces.value import Value
from autograd.faces.versions import CHANGES, Changed, Version, bump_version
from autograd.ops import fast
from autograd.ops.moves import cast_, clone_
from autograd.ops.reduce import sum_

__all__ = ["OPERANDS", "Array", "Released", "made", "operator", "sum_to"]

_ndarray, _new = np.ndarray, object.__new__
_ONE = {dtype: np.ones((), dtype) for dtype in (float16, float32, float64)}  # the seeds of backward: copying one is faster than making it
_RELEASED = -1  # the saved version of an operation whose saved arrays were released
_PLAIN = (int, float, bool, tuple, str, slice, type(None), np.dtype, Value)  # types of arguments that are no tensors
_PLAINEST = frozenset(_PLAIN) - {Value}
OPERANDS = (numbers.Real, Node, np.ndarray, np.bool_)


face: type[Any] = object  # the class of results: `Tensor`, which sets it; also where an argument is of a subclass, such as a parameter


def made(raw: np.ndarray, op: Op | None = None, args: tuple[Any, ...] = (), of: type[Any] | None = None) -> Any:
    """A new node around ``raw``, the result of ``op(*args)``, or a constant."""
    z = _new(of or face)
    z.raw = raw
    z.op = op
    z.x = args
    z._grad = z.mark = z.tag = z.version = None
    z.saved_version = CHANGES.count
    z.retains_grad = False
    return z


def _made_by_mode(raw: np.ndarray, op: Op, args: tuple[Any, ...], needed: bool) -> Any:
    """The node of a result while some thread is in a mode other than the default."""
    z = made(raw)
    if recorded(z, op, args, needed):
        z.op, z.x = op, args
    elif not is_grad_enabled():
        z.saved_version = Lost.UNRECORDED
    return z


class Array(Node):
    """A tensor as the engine sees it: what `Node` asks of a face."""

    __slots__ = ("__weakref__", "past", "retains_grad", "saved_version", "version", "view_of")
    rank = 2
    retains_graph: ClassVar[bool] = False
    ieee = staticmethod(lambda: np.errstate(all="ignore"))
    retains_grad: bool
    version: Version | None
    saved_version: int  # the counter of changes when the operation was recorded
    past: Past  # unset, until it is changed in place while it is recorded
    view_of: tuple[Any, Op, tuple[Any, ...]]  # of what shares the memory of a tensor: that, and the operation that gave it; else unset
    shape: Any  # as `Tensor` has it
    to: Any
    backward, register_hook, register_post_accumulate_grad_hook = backward, register_hook, register_post_accumulate_grad_hook

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        raws = []
        dtype: Any = None
        mixed = needed = False
        for a in args:
            if isinstance(a, Array):
                raw = a.raw
                if raw.dtype is not dtype:
                    mixed = dtype is not None
                    dtype = raw.dtype
                if a.op is not None:
                    needed = True
                raws.append(raw)
            elif a.__class__ in _PLAINEST:
                raws.append(a)
            else:
                if not isinstance(a, _PLAIN) or (isinstance(a, Value) and not op.across):
                    return cls.record(op, _operands(args, op))
                raws.append(a.raw if isinstance(a, Value) else a)
                needed = needed or (isinstance(a, Value) and a.op is not None)
        half = False
        if mixed and op.entrywise:
            raws = unpromoted(raws)
        if mixed or (dtype is not float32 and dtype is not float64):
            half = not op.moves and {r.dtype for r in raws if isinstance(r, _ndarray) and r.dtype.kind == "f"} == {float16}
            if half:
                raws = [r.astype(float32) if isinstance(r, _ndarray) and r.dtype is float16 else r for r in raws]
            if op.floats:
                raws = [r.astype(float32) if isinstance(r, _ndarray) and r.dtype.kind != "f" else r for r in raws]
        try:
            raw = op.on_array(*raws)
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            op.refuse(tuple(a.raw if isinstance(a, Node) else a for a in args), error)
        if raw.__class__ is not _ndarray:
            raw = np.asarray(raw)
        if half and raw.dtype is float32:  # as PyTorch: half precision is what is kept, not what is computed with
            with np.errstate(over="ignore"):
                raw = raw.astype(float16)
        view = raw.base is not None
        if mixed or raw.dtype is not dtype:
            raw = cls._supported_dtype(raw, op, raws)
            needed = needed and raw.dtype.kind == "f"
        lost = needed and not op.differentiable
        needed = needed and not lost
        z = _made_by_mode(raw, op, args, needed) if NONDEFAULT else made(raw, op, args) if needed else made(raw)
        for r in raws:
            if view or r is raw:
                z._share_version(op, args)
                break
        if lost:
            z.saved_version = Lost.WITHOUT_RULES
        return z

    def _share_version(self, op: Op, args: tuple[Any, ...]) -> None:
        """Share the version of the memory, where this is an alias: a view of an argument of ``op``, or the argument itself."""
        for a in args:
            if isinstance(a, Array) and (self.raw.base is a.raw or np.may_share_memory(a.raw, self.raw)):
                if (version := a.version) is None:
                    version = a.version = Version()
                self.version = version
                self.view_of = a, op, args
                if self.op is None:
                    version.add_view(self)
                break

    def _whole(self) -> tuple[Any, tuple[tuple[Any, ...], ...] | None]:
        """The tensor whose memory this is, and the path of rows from it to this (see `moves.place_`), None if there is none."""
        whole: Any = self
        path: tuple[tuple[Any, ...], ...] = ()
        known = True
        while (view := getattr(whole, "view_of", None)) is not None and view[0].version is self.version:  # .data = gives other memory
            whole, op, args = view
            known = known and op.moves and op.tabled and args[0] is whole
            path = ((op.name, *args[1:]), *path)
        return whole, path if known else None

    @staticmethod
    def _supported_dtype(raw: np.ndarray, op: Op, raws: list[Any]) -> np.ndarray:
        """The result of ``op(*raws)`` in a dtype that tensors support: numpy's own where that is one."""
        if raw.dtype == float64 and op is not cast_ and not op.across:
            if not any(isinstance(a, _ndarray) and a.dtype is float64 for a in raws):
                with np.errstate(over="ignore"):
                    return raw.astype(float32)  # integers meet Python floats in the default dtype
        if raw.dtype.kind not in "fiub":
            raise TypeError(f"{op!r} computed {described(raw)}; an operation gives an array of real numbers, or one number")
        if raw.dtype not in DTYPES:  # such as int8 from a power of booleans
            return raw.astype(float32 if raw.dtype.kind == "f" else int64)
        return canonical(raw)

    @classmethod
    def constant(cls, raw: Any) -> Any:
        z = made(np.array(raw))  # a copy: what users get is never an alias of what the engine holds
        if NONDEFAULT and (watch := watching()) is not None:
            watch.constant(z.raw)
        z.saved_version = Lost.GRADIENT
        return z

    @property
    def lost(self) -> Lost | None:  # type: ignore[override]
        return self.saved_version if isinstance(self.saved_version, Lost) else None

    def seed(self, gradient: Any) -> Any:
        if gradient is None:
            if self.raw.size != 1:
                raise RuntimeError(
                    f"backward of a tensor of shape {self.shape} needs a gradient of that shape: reduce to one number with "
                    ".sum() or .mean() first, or pass gradient=ones_like(...)"
                )
            return np.ones(self.raw.shape, self.raw.dtype) if self.raw.ndim else _ONE[self.raw.dtype].copy()
        if not isinstance(gradient, Array) and (watch := watching()) is not None:
            watch.reads("a gradient that is no tensor")
        g = gradient if isinstance(gradient, Array) else made(entries(gradient, "the gradient").astype(self.raw.dtype))
        if g.shape != self.shape:
            raise RuntimeError(f"the gradient has shape {g.shape}, the tensor {self.shape}; they must be equal")
        return g if g.raw.dtype is self.raw.dtype else g.to(self.raw.dtype)

    def fit(self, g: Any) -> Any:
        raw = self.raw
        if g.__class__ is _ndarray:
            if g.shape == raw.shape:
                return g if g.dtype is raw.dtype else g.astype(raw.dtype, copy=False)
            if g.ndim == 2 and g.shape[1:] == raw.shape and g.dtype is raw.dtype:  # a bias
                return fast.rows_summed(g)
        elif g.__class__ is SparseGradient:
            return g
        elif not isinstance(g, Array):
            if g is None:
                raise TypeError("it returned None; return the gradient of the argument")
            g = np.asarray(g.raw if isinstance(g, Node) else g)
        if g.shape != raw.shape:
            if not g.shape and not isinstance(g, Array) and g == 0:
                return np.zeros(raw.shape, raw.dtype)
            tail = g.shape[g.ndim - raw.ndim :]
            if g.ndim < raw.ndim or any(n != m != 1 for n, m in zip(tail, raw.shape)):
                raise ValueError(f"it gave shape {tuple(g.shape)} for an argument of shape {raw.shape}")
            g = sum_to(g, raw.shape)
            g = np.asarray(g) if isinstance(g, np.generic) else g
        if g.dtype == raw.dtype:
            return g
        return g.to(raw.dtype) if isinstance(g, Array) else g.astype(raw.dtype)

    def adopt(self, d: Any, op: Op, g: Any = None, z: Any = None, args: tuple[Any, ...] = ()) -> Any:
        """``d`` itself where it is a new array, which the rules of the tables promise it is if it is none of these; else a copy."""
        if op.tabled and d.base is None and d is not g and d is not z:  # a new array, unless it is an alias of an argument
            for a in args:
                if a is d:
                    break
            else:
                return d
        return np.array(d)

    @property
    def released(self) -> bool:
        """Were the arrays that backward needs let go, here or in an argument?"""
        return any(a.saved_version == _RELEASED for a in (self, *self.x) if isinstance(a, Array))

    def saved(self, as_nodes: bool) -> tuple[Any, tuple[Any, ...]]:
        args = self.x
        if self.saved_version != CHANGES.count:  # something was changed since: was it one of these?
            if self.saved_version == _RELEASED:
                _refuse_released(self)
            for a in (self, *args):
                if (version := getattr(a, "version", None)) is not None and version.number > self.saved_version:
                    return self._checked(as_nodes)
        if as_nodes:
            return self, args
        if len(args) == 1:
            return self.raw, (args[0].raw,)
        raws = []
        for a in args:
            raws.append(a.raw if isinstance(a, Node) else a)
        return self.raw, tuple(raws)

    def _checked(self, as_nodes: bool) -> tuple[Any, tuple[Any, ...]]:
        """The saved tensors, with a placeholder for each that was changed in place, so that only a rule that reads it fails."""
        changed = [self._changed(a) for a in (self, *self.x)]
        plain = [a.raw if isinstance(a, Node) and not as_nodes else a for a in (self, *self.x)]
        z, *rest = (a if c is None else c for a, c in zip(plain, changed))
        return z, tuple(rest)

    def _changed(self, a: Any) -> Changed | None:
        version = getattr(a, "version", None)
        if version is None or version.number <= self.saved_version:
            return None
        what = "its result" if a is self else f"its argument of shape {a.shape}"
        return Changed(
            a.raw,
            f"the backward of {self.op!r} needs {what}, which was changed in place after the operation was recorded, by "
            f"{version.what} at {version.line()}; write the change out of place, .clone() before it, or compute the result anew after it",
            version.kept,
        )

    def receive(self, g: Any) -> None:
        if isinstance(g, Node):
            self._grad = Array.record(clone_, (g,)) if self._grad is None else self._grad + g
        elif self._grad is None:
            self._grad = made(g if self.op is leaf and g.__class__ is _ndarray else np.array(g))
            self._grad.saved_version = Lost.GRADIENT
        elif self._grad.op is not None:
            self._grad = self._grad + made(g)
        else:
            bump_version(self._grad, "backward()")
            self._grad.raw += g

    def release(self, order: list[Node]) -> None:
        placeholders: dict[Node, Any] = {}
        for n in order:  # in topological order: arguments are released before a result asks for their placeholders
            if n.op is not leaf and isinstance(n, Array):
                args = []
                for a in n.x:
                    if isinstance(a, Array) and a.op is not leaf:
                        if (placeholder := placeholders.get(a)) is None:
                            placeholder = placeholders[a] = _placeholder(a)
                        a = placeholder
                    args.append(a)
                n.x = tuple(args)
                n.saved_version = _RELEASED


def _operands(args: tuple[Any, ...], op: Op) -> tuple[Any, ...]:
    """The arguments of a tensor operation as `record` takes them. Of an array a copy is kept, which has no version to tell of a change."""
    watch = watching()
    kept = watch is not None or (is_grad_enabled() and any(isinstance(a, Node) and a.op is not None for a in args))
    return tuple([_operand(a, op, kept, watch) for a in args])


def _operand(a: Any, op: Op, kept: bool, watch: Watch | None) -> Any:
    """``a`` as an argument of a tensor operation: Values are packed, arrays wrapped, all else refused."""
    if isinstance(a, Value) and not op.across:
        return Array.record(pack, ((), float64, a))
    if isinstance(a, np.ndarray | np.generic):
        raw = canonical(np.array(a) if kept else np.asarray(a))
        if watch is not None:
            watch.enters(raw, a)
        return made(raw)
    if isinstance(a, Released):
        _refuse_released(a)
    if isinstance(a, (Array, *_PLAIN)):
        return a
    raise TypeError(f"{op!r} takes tensors and real numbers, got {described(a)}; wrap lists as tensor(...)")


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo a broadcast: sum ``g`` over the axes that were added or stretched, down to ``shape``.

    >>> sum_to(np.ones((4, 2, 3)), (2, 1)).tolist()
    [[12.0], [12.0]]
    """
    if g.shape == shape:
        return g
    lead = len(g.shape) - len(shape)
    if g.shape[lead:] == shape:
        axes = tuple(range(lead))
        return sum_(g, axes, False)
    axes = (*range(lead), *(i + lead for i, n in enumerate(shape) if n == 1 and g.shape[i + lead] != 1))
    return (sum_(g, axes, False) if axes else g).reshape(shape)


def operator(row: Op) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """A binary operator and its reflection: a fast path for tensors of one floating dtype and Python's numbers, the row for the rest."""
    differentiable = row.differentiable
    compute = row.on_array if row.on_array is not row.compute else row.ufunc  # not Python's own operator, which would look for numpy's

    def fast_path(x: Any, y: Any, a: Any, b: Any, needed: bool) -> Any:
        try:
            raw = compute(a, b)
        except (ValueError, OverflowError):
            return Array.record(row, (x, y))  # which raises with a better message
        if raw.__class__ is not _ndarray:
            raw = np.asarray(raw)
        if NONDEFAULT:
            return _made_by_mode(raw, row, (x, y), needed)
        return made(raw, row, (x, y)) if needed else made(raw)

    def forward(x: Any, y: Any) -> Any:
        a = x.raw
        dtype = a.dtype
        if dtype is float32 or dtype is float64:
            if isinstance(y, Array):
                b = y.raw
                if b.dtype is dtype:
                    return fast_path(x, y, a, b, differentiable and (x.op is not None or y.op is not None))
            elif y.__class__ is float or y.__class__ is int:
                return fast_path(x, y, a, y, differentiable and x.op is not None)
        return row(x, y) if isinstance(y, OPERANDS) else no_operand(row, x, y)

    def reflected(y: Any, x: Any) -> Any:
        b = y.raw
        if (b.dtype is float32 or b.dtype is float64) and (x.__class__ is float or x.__class__ is int):
            return fast_path(x, y, x, b, differentiable and y.op is not None)
        return row(x, y) if isinstance(x, OPERANDS) else no_operand(row, y, x)

    return forward, reflected


def no_operand(row: Op, t: Any, other: Any) -> Any:
    """NotImplemented, so that ``other`` is asked; but lists are refused here, for Python's own words would not say what to do.

    A list times an integer of one entry is repeated, as in PyTorch; it equals no tensor.
    """
    repeats = row.infix == "*" and t.raw.size == 1 and t.raw.dtype.kind in "iu"
    if isinstance(other, list | tuple) and not repeats and row.infix not in ("==", "!="):
        takes = "tensors, arrays and numbers" if row.entrywise else "tensors and arrays"
        raise TypeError(f"{row!r} takes {takes}, got {described(other)}; wrap it as tensor(...)")
    return NotImplemented


class Released(Node):
    """The placeholder of a tensor in a released graph: its operation, shape, dtype and notes, so that it can be drawn."""

    __slots__ = ("dtype", "identity", "shape")
    rank = 2
    dtype: np.dtype
    identity: int
    shape: tuple[int, ...]

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> NoReturn:
        _refuse_released(next(a for a in args if isinstance(a, Released)))

    def saved(self, as_nodes: bool) -> NoReturn:
        _refuse_released(self)

    def fit(self, g: Any) -> NoReturn:
        _refuse_released(self)

    def __repr__(self) -> str:
        return f"<released {self.op!r} of shape {self.shape}>"


def _placeholder(t: Array) -> Released:
    placeholder: Released = _new(Released)
    placeholder.op = t.op
    placeholder.x = t.x
    placeholder.shape = t.raw.shape
    placeholder.dtype = t.raw.dtype
    placeholder.tag = notes_of(t) if t.op is None else t.tag  # its notes identify a constant
    placeholder.raw = placeholder.grad = placeholder.mark = None
    placeholder.identity = id(t)
    return placeholder


def _refuse_released(n: Any) -> NoReturn:
    raise RuntimeError(
        f"the arrays saved for the backward of {n.op!r} (shape {n.shape}) were let go by an earlier backward; to go through "
        "this graph again, call the earlier one with retain_graph=True"
    )
