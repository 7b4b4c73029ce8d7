"""`Tensor`: a numpy array that remembers where it came from. Python's operators onto the rows, dtypes, in-place rules."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from sys import getrefcount
from typing import Any, ClassVar, NoReturn

import numpy as np

from autograd.core.mode import UNUSUAL, is_grad_enabled, recorded
from autograd.core.node import Node, Op, each, leaf
from autograd.core.notes import noted
from autograd.core.walk import backward
from autograd.errors import described, flag_of, int_of, number_of
from autograd.faces import indexing
from autograd.faces.dtypes import DTYPES, bool_, canonical, dtype_of, entries, float32, float64, int32, int64, unpromoted
from autograd.faces.value import UFUNC_OF, UFUNCS, Value, no_row
from autograd.faces.versions import CLOCK, Changed, Stamp, stamped
from autograd.ops import elementwise, moves, products, reduce, table
from autograd.random import Generator, coins, source

__all__ = ["Tensor"]

_ndarray, _new = np.ndarray, object.__new__
_ONE = {dtype: np.ones((), dtype) for dtype in (float32, float64)}  # what backward starts from: a copy is made sooner than a one
_RELEASED = -1  # the time of an operation whose saved arrays were let go


class _Probe:
    def receive(self, g: Any) -> None:
        self.count = getrefcount(g)


def _held() -> int:
    """How many references there are to a gradient that only `Node.backward` holds, while it hands it to `receive`.

    Counted, because it depends on the interpreter.
    """
    probe = _Probe()
    for n, g in [(probe, object())]:
        n.receive(g)
    return probe.count


_HELD = _held()


_PLAIN = (int, float, bool, tuple, str, slice, type(None), np.dtype, Value)  # what may stand beside tensors in ``args``
_PLAINEST = frozenset(_PLAIN) - {Value}


def _operator(row: Op) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """A binary operator and its reflection: a short way for tensors of one floating dtype and Python's numbers, the row for the rest."""
    compute, differentiable = row.on_array, row.differentiable
    if compute is row.compute:  # Python's own operator, which would look for numpy's
        compute = UFUNC_OF[row]

    def short(x: Any, y: Any, a: Any, b: Any, needed: bool) -> Any:
        try:
            raw = compute(a, b)
        except (ValueError, OverflowError):
            return Tensor.record(row, (x, y))  # which words the error
        z = _new(Tensor)  # as in `record`, written out because a call would cost a tenth of a small sum
        z.raw = raw if raw.__class__ is _ndarray else np.asarray(raw)
        z._grad = z.mark = z.tag = z.stamp = None
        z.time = CLOCK[0]
        z.retains_grad = False
        if recorded(z, row, (x, y), needed) if UNUSUAL else needed:
            z.op = row
            z.x = (x, y)
        else:
            z.op = None
            z.x = ()
        return z

    def forward(x: Any, y: Any) -> Any:
        a = x.raw
        dtype = a.dtype
        if dtype is float32 or dtype is float64:
            if isinstance(y, Tensor):
                b = y.raw
                if b.dtype is dtype:
                    return short(x, y, a, b, differentiable and (x.op is not None or y.op is not None))
            elif y.__class__ is float or y.__class__ is int:
                return short(x, y, a, y, differentiable and x.op is not None)
        return row(x, y) if isinstance(y, _OPERANDS) else NotImplemented

    def reflected(y: Any, x: Any) -> Any:
        b = y.raw
        if (b.dtype is float32 or b.dtype is float64) and (x.__class__ is float or x.__class__ is int):
            return short(x, y, x, b, differentiable and y.op is not None)
        return row(x, y) if isinstance(x, _OPERANDS) else NotImplemented

    return forward, reflected


_OPERANDS = (numbers.Real, Node, np.ndarray, np.bool_)


def _inplace_operator(name: str, row: Op) -> Any:
    def operate(x: Tensor, y: Any) -> Tensor:
        if is_grad_enabled() and x.op is not leaf and (x.op is not None or (isinstance(y, Node) and y.op is not None)):
            return row(x, y)  # recorded: the name moves on, what was saved stays
        return getattr(x, name)(y)

    return operate


def _logical(sign: str, function: Callable[..., Any]) -> Any:
    row = table.Elementwise(sign, function, None, None)
    return lambda x, y: row(x, y) if isinstance(y, _OPERANDS) else NotImplemented


class Tensor(Node):
    """An array that records what is done to it. Made by `tensor`, `zeros`, `randn` and the like.

    Names, arguments, defaults and dtypes are PyTorch's. ``.grad`` is None until a gradient arrives; a tensor in the
    middle of a graph shows one after ``retain_grad()``. After ``backward()`` the saved arrays are let go, unless
    ``retain_graph=True``.

    >>> from autograd import tensor
    >>> x = tensor([1., 2., 3.], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    __slots__ = ("retains_grad", "stamp", "time")
    rank = 2
    retains_graph: ClassVar[bool] = False
    ieee = staticmethod(lambda: np.errstate(all="ignore"))
    retains_grad: bool
    stamp: Stamp | None
    time: int

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        """A tensor on the memory of ``data`` (an array or a Tensor); `tensor` copies and converts, and is what users call."""
        if not isinstance(data, Tensor | np.ndarray | np.generic):
            raise TypeError(
                f"Tensor() takes an array, got {type(data).__name__}; use tensor(data) for numbers and lists, empty(2, 3) for a shape"
            )
        shared = data.data if isinstance(data, Tensor) else _node(Tensor, canonical(np.asarray(data)))
        self.raw, self.op, self.x = shared.raw, None, ()
        self._grad = self.mark = self.tag = None
        self.stamp, self.time, self.retains_grad = shared.stamp, CLOCK[0], False
        if requires_grad is not False:
            self.requires_grad_(requires_grad)

    backward = backward

    # What a face says for itself (see Node).
    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        raws = []
        dtype: Any = None
        mixed = needed = False
        for a in args:
            if isinstance(a, Tensor):
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
                if not isinstance(a, _PLAIN) or (isinstance(a, Value) and op is not pack):
                    return cls.record(op, tuple([_operand(b, op) for b in args]))
                raws.append(a.raw if isinstance(a, Value) else a)
                needed = needed or (isinstance(a, Value) and a.op is not None)
        if mixed and op in _ELEMENTWISE:
            raws = unpromoted(raws)
        elif dtype is not float32 and dtype is not float64 and op in elementwise.FLOATING:
            raws = [r.astype(float32) if isinstance(r, _ndarray) else r for r in raws]
        try:
            raw = op.on_array(*raws)
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            op.refuse(tuple(raws), error)
        if raw.__class__ is not _ndarray:
            raw = np.asarray(raw)
        view = raw.base is not None
        if mixed or raw.dtype is not dtype:
            raw = cls._in_our_dtype(raw, op, raws)
            needed = needed and raw.dtype.kind == "f"
        z = _new(_Hub if op is scalars else Tensor)
        z.raw = raw
        z._grad = z.mark = z.tag = z.stamp = None
        z.time = CLOCK[0]
        z.retains_grad = False
        needed = needed and op.differentiable
        if recorded(z, op, args, needed) if UNUSUAL else needed:
            z.op = op
            z.x = args
        else:
            z.op = None
            z.x = ()
        for r in raws:
            if view or r is raw:
                z._look_at(args)
                break
        return z

    def _look_at(self, args: tuple[Any, ...]) -> None:
        """Share the stamp of the memory, where this is a view of an argument, or an argument handed through."""
        for a in args:
            if isinstance(a, Tensor) and (self.raw.base is a.raw or np.may_share_memory(a.raw, self.raw)):
                self.stamp = a.stamp = a.stamp or Stamp()
                break

    @staticmethod
    def _in_our_dtype(raw: np.ndarray, op: Op, raws: list[Any]) -> np.ndarray:
        """The result of ``op(*raws)`` in a dtype that tensors have: numpy's own where there is one."""
        if raw.dtype == float64 and op is not moves.cast_ and op is not pack:
            if not any(isinstance(a, _ndarray) and a.dtype is float64 for a in raws):
                with np.errstate(over="ignore"):
                    return raw.astype(float32)  # integers meet Python floats in the default dtype
        if raw.dtype.kind not in "fiub":
            raise TypeError(f"{op!r} computed {described(raw)}; an operation gives an array of real numbers, or one number")
        if raw.dtype not in DTYPES:  # such as int8 from a power of booleans
            return raw.astype(float32 if raw.dtype.kind == "f" else int64)
        return canonical(raw)

    @classmethod
    def constant(cls, raw: Any) -> Tensor:
        return _node(Tensor, np.array(raw))  # a copy, as everything that is handed out

    def seed(self, gradient: Any) -> Any:
        if gradient is None:
            if self.raw.size != 1:
                raise RuntimeError(
                    f"backward of a tensor of shape {self.shape} needs a gradient of that shape: reduce to one number with "
                    ".sum() or .mean() first, or pass gradient=ones_like(...)"
                )
            return np.ones(self.raw.shape, self.raw.dtype) if self.raw.ndim else _ONE[self.raw.dtype].copy()
        g = gradient if isinstance(gradient, Tensor) else _node(Tensor, entries(gradient, "the gradient").astype(self.raw.dtype))
        if g.shape != self.shape:
            raise RuntimeError(f"the gradient has shape {g.shape}, the tensor {self.shape}; they must be equal")
        return g if g.raw.dtype is self.raw.dtype else g.to(self.raw.dtype)

    def fit(self, g: Any) -> Any:
        raw = self.raw
        if g.__class__ is _ndarray:
            if g.shape == raw.shape:
                return g if g.dtype is raw.dtype else g.astype(raw.dtype, copy=False)
            if g.ndim == 2 and g.shape[1:] == raw.shape and g.dtype is raw.dtype:  # a bias
                return reduce.rows_summed(g)
        elif not isinstance(g, Tensor):
            if g is None:
                raise TypeError("it returned None; return the gradient of the argument")
            g = np.asarray(g.raw if isinstance(g, Node) else g)
        if g.shape != raw.shape:
            given = g.shape
            try:
                if given[-raw.ndim :] != raw.shape and (g.ndim < raw.ndim or any(n < m for n, m in zip(given[::-1], raw.shape[::-1]))):
                    g = moves.broadcast_to_(g, np.broadcast_shapes(given, raw.shape))
                g = reduce.sum_to(g, raw.shape)
            except ValueError:
                raise ValueError(f"it gave shape {given} for an argument of shape {raw.shape}") from None
            g = np.asarray(g) if isinstance(g, np.generic) else g
        if g.dtype == raw.dtype:
            return g
        return g.to(raw.dtype) if isinstance(g, Tensor) else g.astype(raw.dtype)

    def saved(self, as_nodes: bool) -> tuple[Any, Sequence[Any]]:
        args = self.x
        if self.time != CLOCK[0]:  # something was changed since: was it one of these?
            if self.time == _RELEASED:
                _released(self)
            for a in (self, *args):
                if (stamp := getattr(a, "stamp", None)) is not None and stamp.time > self.time:
                    return self._checked(as_nodes)
        if as_nodes:
            return self, args
        if len(args) == 1:
            return self.raw, (args[0].raw,)
        raws = []
        for a in args:
            raws.append(a.raw if isinstance(a, Node) else a)
        return self.raw, raws

    def _checked(self, as_nodes: bool) -> tuple[Any, tuple[Any, ...]]:
        """What was saved, with a stand-in for each array that was changed, so that only a rule that reads it fails."""
        changed = [self._changed(a) for a in (self, *self.x)]
        plain = [a.raw if isinstance(a, Node) and not as_nodes else a for a in (self, *self.x)]
        z, *rest = (a if c is None else c for a, c in zip(plain, changed))
        return z, tuple(rest)

    def _changed(self, a: Any) -> Changed | None:
        stamp = getattr(a, "stamp", None)
        if stamp is None or stamp.time <= self.time:
            return None
        what = "its result" if a is self else f"its argument of shape {a.shape}"
        return Changed(
            a.raw,
            f"the backward of {self.op!r} needs {what}, which was changed in place after the operation was recorded, by "
            f"{stamp.what} at {stamp.line()}; write the change out of place, .clone() before it, or compute the result anew after it",
        )

    def receive(self, g: Any) -> None:
        if isinstance(g, Node):
            self._grad = Tensor.record(moves.clone_, (g,)) if self._grad is None or self.op is not leaf else self._grad + g
        elif self._grad is None or self.op is not leaf:
            # A copy where g may be the seed, a saved array, another's gradient, or a view: where anybody else holds it.
            self._grad = _node(Tensor, g if g.__class__ is _ndarray and g.base is None and getrefcount(g) <= _HELD else np.array(g))
        elif self._grad.op is not None:
            self._grad = self._grad + _node(Tensor, g)
        else:
            stamped(self._grad, "backward()")
            self._grad.raw += g

    def release(self, order: list[Node]) -> None:
        shells: dict[Node, Any] = {}
        for n in order:  # arguments come first: they are released when a result asks for their shells
            if n.op is not leaf and isinstance(n, Tensor):
                args = []
                for a in n.x:
                    if isinstance(a, Tensor) and a.op is not leaf:
                        if (shell := shells.get(a)) is None:
                            shell = shells[a] = _shell(a)
                        a = shell
                    args.append(a)
                n.x = tuple(args)
                n.time = _RELEASED

    # What it is.
    def _set_grad(self, grad: Tensor | None) -> None:
        if grad is not None:
            if not isinstance(grad, Tensor):
                raise TypeError(f"a gradient must be a Tensor or None, got {described(grad)}")
            if grad.shape != self.shape or grad.dtype.kind != "f":
                raise ValueError(f"a gradient must be floating and of the shape {self.shape} of its tensor, got {described(grad)}")
        self._grad = grad

    _grad = Node.grad  # type: ignore[misc]  # the slot itself
    grad = property(attrgetter("_grad"), _set_grad, doc="The gradient, a floating tensor of this shape, or None; it can be set.")

    @property
    def data(self) -> Tensor:
        """The same memory without history. What is changed through it is checked by backward like any other change."""
        z = _node(Tensor, self.raw)
        z.stamp = self.stamp = self.stamp or Stamp()
        return z

    @data.setter
    def data(self, value: Any) -> None:
        value = (value if isinstance(value, Tensor) else Tensor(value)).data
        if value.dtype.kind != self.dtype.kind:
            raise TypeError(f"data of dtype {value.dtype} cannot replace data of dtype {self.dtype}")
        self.raw, self.stamp = value.raw, value.stamp  # one memory, one stamp
        stamped(self, ".data =")

    def detach(self) -> Tensor:
        """The same memory without history; requires no gradient."""
        return self.data

    _numbers = property(attrgetter("raw"))  # of an array of Values they are not what it holds

    shape = property(attrgetter("raw.shape"), doc="The sizes of the dimensions.")
    dtype = property(attrgetter("raw.dtype"), doc="The type of the entries, a numpy dtype.")
    ndim = property(attrgetter("raw.ndim"), doc="The number of dimensions.")

    def size(self, dim: int | None = None) -> Any:
        """The shape, or one size of it."""
        if dim is None:
            return self.shape
        if not self.ndim:
            raise IndexError(f"a 0-d tensor has no dimension {dim!r}")
        return self.shape[table.axis_of(dim, self.ndim)]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.raw.ndim

    def numel(self) -> int:
        """The number of entries."""
        return _tensor(self, "numel").raw.size

    @property
    def grad_fn(self) -> Op | None:
        """The row that made this tensor; None for a leaf."""
        return None if self.op is leaf else self.op

    @property
    def requires_grad(self) -> bool:
        return self.op is not None

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        self.requires_grad_(on)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for a gradient (or no longer), in place. Raises TypeError for integers, RuntimeError on a result."""
        requires_grad = flag_of(requires_grad, "requires_grad")
        if requires_grad and self.raw.dtype.kind != "f":
            raise TypeError(f"only floating tensors can require a gradient, got {self.dtype}; convert with .float() first")
        if not self.is_leaf and not requires_grad:
            raise RuntimeError(
                f"requires_grad can be turned off on a leaf only, got the result of {self.op!r}, of shape {self.shape}; use .detach()"
            )
        if self.is_leaf:
            self.op = leaf if requires_grad else None
        return self

    def retain_grad(self) -> None:
        """Keep the gradient of this result in ``.grad`` when a backward passes."""
        if not self.requires_grad:
            raise RuntimeError(f"retain_grad() on a tensor that does not require grad, of shape {self.shape}")
        self.retains_grad = not self.is_leaf

    def item(self) -> Any:
        """The one entry as a Python number."""
        if self.raw.size != 1:
            raise ValueError(f"item() needs a tensor of one entry, got shape {self.shape}; use .tolist()")
        return self.raw.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self.raw.tolist()

    def numpy(self) -> np.ndarray:
        """The array itself, no copy. Raises RuntimeError where a gradient is required: detach first."""
        if self.requires_grad:
            raise RuntimeError(
                f"numpy() of a tensor that requires grad, of shape {self.shape}, would lose its history; use .detach().numpy()"
            )
        return self.raw

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raw = self.numpy() if dtype is None else self.numpy().astype(dtype, copy=False)
        return raw.copy() if copy else raw

    def values(self) -> np.ndarray:
        """An object array of Values, one for each entry, whose gradients flow back into this tensor.

        >>> from autograd import tensor
        >>> t = tensor([2., 3.], requires_grad=True)
        >>> a, b = t.values()
        >>> (a * b).backward()
        >>> t.grad
        tensor([3., 2.])
        """
        hub = Tensor.record(scalars, (self,))
        out = np.empty(self.raw.size, object)
        out[:] = [Value.record(item, (hub, i)) for i in range(self.raw.size)]
        return out.reshape(self.shape)

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """This tensor in another dtype; a device name is accepted and means this machine."""
        plain = len(args) == 1 and not kwargs and isinstance(args[0], np.dtype)
        dtype = dtype_of(args[0]) if plain else self._asked(args, kwargs)
        return self if dtype == self.raw.dtype else Tensor.record(moves.cast_, (self, dtype))

    def _asked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> np.dtype:
        """The dtype among the arguments of `to`; where none is, that of this tensor."""
        if unknown := sorted(kwargs.keys() - {"dtype", "device", "other"}):
            raise TypeError(f"to() takes dtype=, device= and other=, got {', '.join(unknown)}")
        wanted = [a for a in (*args, *kwargs.values()) if a is not None and not (isinstance(a, str) and a == "cpu")]
        if wanted and isinstance(wanted[0], str) and wanted[0].partition(":")[0] in ("cuda", "mps", "xpu"):
            raise ValueError(f"there is no device {wanted[0]!r} here: everything is on the CPU")
        if not wanted:
            return self.raw.dtype
        if len(wanted) > 1:
            raise TypeError(f"to() takes one dtype, got {' and '.join(map(described, wanted))}")
        return wanted[0].dtype if isinstance(wanted[0], Tensor) else dtype_of(wanted[0])

    def type(self, dtype: Any = None) -> Any:
        """This tensor in another dtype; without one, the name of its own."""
        return self.dtype.name if dtype is None else self.to(dtype)

    def float(self) -> Tensor:
        """In float32."""
        return self.to(float32)

    def double(self) -> Tensor:
        """In float64."""
        return self.to(float64)

    def long(self) -> Tensor:
        """In int64."""
        return self.to(int64)

    def int(self) -> Tensor:
        """In int32."""
        return self.to(int32)

    def bool(self) -> Tensor:
        """True where not zero."""
        return self.to(bool_)

    def clone(self) -> Tensor:
        """A copy that gradients flow through."""
        return moves.clone_(self)

    def contiguous(self) -> Tensor:
        """In row-major memory; a copy only where it was not."""
        return self if self.raw.flags.c_contiguous else self.clone()

    def cpu(self) -> Tensor:
        """This tensor: everything is on the CPU."""
        return self

    @property
    def T(self) -> Tensor:
        """The dimensions reversed."""
        return moves.permute_(self, tuple(range(self.raw.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged."""
        return moves.permute_(self, (1, 0)) if self.raw.ndim == 2 else moves.transpose(self, -2, -1)

    # In place. Refused where it would change what a graph has saved.
    def _changeable(self, what: str, other: Any = None) -> None:
        if (self.op is not None or (isinstance(other, Node) and other.op is not None)) and is_grad_enabled():
            if self.op is leaf:
                raise RuntimeError(
                    f"{what} on a leaf that requires grad would lose its history (shape {self.shape}); do it inside no_grad() or on .data"
                )
            if self.op is not None:
                raise RuntimeError(
                    f"{what} on the result of {self.op!r}, of shape {self.shape}, would change a graph; write it out of place"
                )
            raise RuntimeError(
                f"{what} with an operand that requires grad, {described(other)}: write it out of place, so that it is recorded"
            )
        if not self.raw.flags.writeable:
            if 0 in self.raw.strides:
                raise RuntimeError(f"{what} on an expanded view of shape {self.shape} would change several entries at once; .clone() first")
            raise RuntimeError(f"{what} on a tensor of shape {self.shape} over memory that is read-only; .clone() first")

    def _update(self, what: str, compute: Callable[..., Any], other: Any, alpha: Any = 1) -> Tensor:
        mine = self.raw
        raw = other.raw if other.__class__ is Tensor else other if other.__class__ is float else entries(other, what)
        if alpha.__class__ is float:
            raw = raw * alpha
        elif alpha.__class__ is not int or alpha != 1:
            raw, alpha = entries(raw, what), number_of(alpha, f"{what}: alpha")
            raw = raw * (np.int64(int_of(alpha, f"{what}: alpha")) if isinstance(alpha, int) and raw.dtype.kind != "f" else float(alpha))
        if raw.__class__ is float and mine.dtype.kind == "f":
            pass  # it takes the dtype of what it meets
        elif raw.__class__ is not _ndarray or raw.shape != mine.shape or raw.dtype is not mine.dtype:
            raw = self._fitting(what, raw, compute is _assign)
        self._changeable(what, other)
        stamped(self, what)
        try:
            compute(mine, raw, mine)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{what} is not defined for {described(self)} and {described(other)}") from None
        return self

    def _fitting(self, what: str, raw: Any, assign: Any) -> Any:
        """``raw`` in this dtype, once it is seen to fit into this shape."""
        raw = entries(raw, what)
        shape, kind = raw.shape, raw.dtype.kind
        if len(shape) > self.ndim or any(n not in (1, m) for n, m in zip(shape[::-1], self.shape[::-1])):
            raise ValueError(f"{what}: shape {shape} does not fit into shape {self.shape}")
        if not assign and kind == "f" and self.raw.dtype.kind != "f":
            raise TypeError(f"{what}: a floating result cannot be stored in {self.dtype}; convert with .float() first")
        if kind in "iu" and not shape and self.raw.dtype.kind in "iu":
            if not (limits := np.iinfo(self.raw.dtype)).min <= raw <= limits.max:
                raise ValueError(f"{what}: {raw} does not fit into {self.dtype}, which goes from {limits.min} to {limits.max}")
        with np.errstate(over="ignore", invalid="ignore"):
            return raw.astype(self.raw.dtype)

    def add_(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """Add ``alpha * other`` in place."""
        return self._update("add_", np.add, other, alpha)

    def sub_(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """Subtract ``alpha * other`` in place."""
        return self._update("sub_", np.subtract, other, alpha)

    def mul_(self, other: Any) -> Tensor:
        """Multiply in place."""
        return self._update("mul_", np.multiply, other)

    def div_(self, other: Any) -> Tensor:
        """Divide in place. Raises TypeError for integers."""
        if self.raw.dtype.kind != "f":
            raise TypeError(f"div_: the quotient cannot be stored in {self.dtype}; convert with .float() first")
        return self._update("div_", _divide, other)

    def pow_(self, other: Any) -> Tensor:
        """Raise to a power in place."""
        return self._update("pow_", _pow_, other)

    def copy_(self, other: Any) -> Tensor:
        """Take the entries of ``other``, broadcast and cast to this dtype."""
        return self._update("copy_", _assign, other)

    def fill_(self, value: Any) -> Tensor:
        """Set every entry to one number."""
        return self._update("fill_", _assign, value)

    def zero_(self) -> Tensor:
        """Set every entry to 0."""
        return self._update("zero_", _assign, 0)

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with normal numbers. Raises ValueError where std < 0, TypeError for integers."""
        mean, std = self._real("normal_", mean=mean, std=std)
        if not std >= 0:
            raise ValueError(f"normal_: std must be >= 0, got {std}")
        with np.errstate(over="ignore", invalid="ignore"):
            return self.copy_(source(generator).standard_normal(self.shape, dtype=np.float32) * std + mean)

    def _real(self, what: str, **given: Any) -> list[Any]:
        """The settings of a function that fills this tensor with real numbers, as numbers; refused before any is drawn."""
        self._changeable(what)
        if self.raw.dtype.kind != "f":
            raise TypeError(f"{what} fills a floating tensor, got {self.dtype}; convert with .float() first")
        return [number_of(x, f"{what}: {name}") * 1.0 for name, x in given.items()]

    def uniform_(self, low: Any = 0.0, high: Any = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with uniform numbers in [low, high). Raises ValueError where low > high, TypeError for integers."""
        low, high = self._real("uniform_", low=low, high=high)
        if not low <= high:
            raise ValueError(f"uniform_ needs low <= high, got low={low} and high={high}")
        with np.errstate(over="ignore", invalid="ignore"):
            return self.copy_(source(generator).random(self.shape, dtype=np.float32) * (high - low) + low)

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
        """Fill with ones, each with probability ``p``, and zeros. Raises ValueError where p is outside [0, 1]."""
        self._changeable("bernoulli_")
        if not 0 <= (p := number_of(p, "bernoulli_: p")) <= 1:
            raise ValueError(f"bernoulli_: p is a probability in [0, 1], got {p}")
        return self.copy_(coins(self.shape, p * 1.0, generator))

    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """Limit every entry to [min, max] in place."""
        self._update("clamp_", _assign, elementwise.clamp(self.detach(), min, max))
        return self

    __iadd__, __isub__ = _inplace_operator("add_", elementwise.add), _inplace_operator("sub_", elementwise.sub)
    __ipow__ = _inplace_operator("pow_", elementwise.pow)
    __imul__, __itruediv__ = _inplace_operator("mul_", elementwise.mul), _inplace_operator("div_", elementwise.div)

    # Indexing and iteration.
    def __getitem__(self, key: Any) -> Tensor:
        key = indexing.checked(key, self.shape)
        if self.op is not None:  # what the graph keeps is its own: the arrays of a key have no stamp
            key = tuple([k.copy() if k.__class__ is _ndarray else k for k in key])
        try:
            return self.record(moves.getitem_, (self, key))
        except IndexError:
            raise IndexError(indexing.misfit(key, self.shape)) from None

    def __setitem__(self, key: Any, value: Any) -> None:
        key = indexing.checked(key, self.shape)
        raw = entries(value, "assignment by index")
        try:
            chosen = self.raw[key]
        except IndexError:
            raise IndexError(indexing.misfit(key, self.shape)) from None
        if len(raw.shape) > len(chosen.shape) or any(n not in (1, m) for n, m in zip(raw.shape[::-1], chosen.shape[::-1])):
            raise ValueError(f"shape {raw.shape} does not fit the selected shape {chosen.shape}")
        raw = _node(Tensor, chosen)._fitting("assignment by index", raw, True)
        self._changeable("assignment by index", value)
        stamped(self, "assignment by index")
        self.raw[key] = raw

    def __len__(self) -> Any:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor, which is one number")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor, which is one number")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, x: Any) -> Any:
        return elementwise.eq(self, x).raw.any().item()

    def _one(self, what: str) -> Any:
        if self.raw.size != 1:
            raise ValueError(f"{what} needs a tensor of one entry, got shape {self.shape}")
        return self.raw.item()

    def __bool__(self) -> Any:
        return self._one("a truth value") != 0

    def __float__(self) -> Any:
        return self._one("float()") * 1.0

    def __int__(self) -> Any:
        return self._one("int()").__int__()

    def __index__(self) -> Any:
        if self.raw.dtype.kind not in "iu":
            raise TypeError(f"only an integer tensor can be an index, got {self.dtype}")
        return self._one("an index").__int__()

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and not self.ndim else repr(self)

    def __repr__(self) -> str:
        from autograd.faces.show import show

        return show(self)

    __hash__ = object.__hash__

    def __reduce__(self) -> Any:
        if not self.is_leaf:
            raise TypeError(f"a recorded tensor (shape {self.shape}) cannot be pickled or copied with its graph; use .detach().clone()")
        return _rebuild, (type(self), self.raw, self.requires_grad)

    def __copy__(self) -> Tensor:
        rebuild, parts = self.__reduce__()
        z: Tensor = rebuild(*parts)
        z.stamp = self.stamp = self.stamp or Stamp()
        return z

    def __deepcopy__(self, memo: dict[Any, Any]) -> Tensor:
        _, (cls, raw, requires_grad) = self.__reduce__()
        memo[id(self)] = z = _rebuild(cls, raw.copy(), requires_grad)
        z.grad = None if self.grad is None else self.grad.detach().clone()
        return z

    # Operators and methods from the tables.
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        row = UFUNCS.get(ufunc)
        if ufunc is np.matmul and method == "__call__" and not kwargs:
            return products.matmul(*(a if isinstance(a, Tensor) else Tensor(a) for a in inputs))
        if row is None or method != "__call__" or kwargs:
            no_row(ufunc, method, kwargs)
        return row(*(a.item() if isinstance(a, np.generic) and a.dtype == self.raw.dtype else a for a in inputs))

    __add__, __radd__ = _operator(elementwise.add)
    __sub__, __rsub__ = _operator(elementwise.sub)
    __mul__, __rmul__ = _operator(elementwise.mul)
    __truediv__, __rtruediv__ = _operator(elementwise.div)
    __pow__, __rpow__ = _operator(elementwise.pow)
    __floordiv__, __rfloordiv__ = _operator(elementwise.floordiv)
    __mod__, __rmod__ = _operator(elementwise.mod)
    __lt__, __gt__ = _operator(elementwise.lt)[0], _operator(elementwise.gt)[0]
    __le__, __ge__ = _operator(elementwise.le)[0], _operator(elementwise.ge)[0]
    __eq__, __ne__ = _operator(elementwise.eq)[0], _operator(elementwise.ne)[0]

    def __neg__(self) -> Tensor:
        return elementwise.neg(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return elementwise.abs(self)

    def __matmul__(self, other: Any) -> Tensor:
        if isinstance(other, np.ndarray):
            other = Tensor(other)
        return products.matmul(self, other) if isinstance(other, Tensor) else NotImplemented

    def __rmatmul__(self, other: Any) -> Tensor:
        return products.matmul(Tensor(other), self) if isinstance(other, np.ndarray) else NotImplemented

    def __invert__(self) -> Tensor:
        if self._numbers.dtype.kind == "f":
            raise TypeError(f"~ is for booleans and integers, got {self.dtype}; convert with .bool() or .long() first")
        return _node(Tensor, np.asarray(~self._numbers))

    __and__ = __rand__ = _logical("&", np.bitwise_and)
    __or__ = __ror__ = _logical("|", np.bitwise_or)
    __xor__ = __rxor__ = _logical("^", np.bitwise_xor)

    exp, expm1, log, log1p = elementwise.exp, elementwise.expm1, elementwise.log, elementwise.log1p
    sqrt, rsqrt, square, reciprocal = elementwise.sqrt, elementwise.rsqrt, elementwise.square, elementwise.reciprocal
    sin, cos, tan, atan, arctan = elementwise.sin, elementwise.cos, elementwise.tan, elementwise.atan, elementwise.atan
    sinh, cosh, tanh, sigmoid = elementwise.sinh, elementwise.cosh, elementwise.tanh, elementwise.sigmoid
    relu, prelu, softplus, erf, erfc = elementwise.relu, elementwise.prelu, elementwise.softplus, elementwise.erf, elementwise.erfc
    leaky_relu, elu, silu, gelu, clamp = elementwise.leaky_relu, elementwise.elu, elementwise.silu, elementwise.gelu, elementwise.clamp
    clamp_min, clamp_max, maximum, minimum = elementwise.clamp_min, elementwise.clamp_max, elementwise.maximum, elementwise.minimum
    add, sub, mul, div, pow, neg = elementwise.add, elementwise.sub, elementwise.mul, elementwise.div, elementwise.pow, elementwise.neg
    abs, sign, floor, ceil, round = elementwise.abs, elementwise.sign, elementwise.floor, elementwise.ceil, elementwise.round
    lt, le, gt, ge, eq, ne = elementwise.lt, elementwise.le, elementwise.gt, elementwise.ge, elementwise.eq, elementwise.ne
    sum, mean, var, std, prod, norm = reduce.sum, reduce.mean, reduce.var, reduce.std, reduce.prod, reduce.norm
    max, min, amax, amin = reduce.max, reduce.min, reduce.amax, reduce.amin
    argmax, argmin, cumsum = reduce.argmax, reduce.argmin, reduce.cumsum
    logsumexp, softmax, log_softmax = reduce.logsumexp, reduce.softmax, reduce.log_softmax
    matmul, mm, mv, dot, outer = products.matmul, products.mm, products.mv, products.dot, products.outer
    reshape, view, flatten, permute, transpose = (
        moves.reshape,
        moves.view,
        moves.flatten,
        moves.permute,
        moves.transpose,
    )
    squeeze, unsqueeze, expand, broadcast_to = moves.squeeze, moves.unsqueeze, moves.expand, moves.broadcast_to
    split, flip, tril, triu, diag = moves.split, moves.flip, moves.tril, moves.triu, moves.diag

    def any(self) -> Tensor:
        """Is any entry not zero? A 0-d boolean."""
        return _node(Tensor, np.asarray(self._numbers.any()))

    def all(self) -> Tensor:
        """Is no entry zero? A 0-d boolean."""
        return _node(Tensor, np.asarray(self._numbers.all()))

    def allclose(self, other: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
        """Do all entries agree, ``|x - y| <= atol + rtol * |y|``?"""
        x, y = _tensor(self, "allclose")._numbers, entries(other, "allclose")
        table.fitting("allclose", x.shape, y.shape)
        rtol, atol = number_of(rtol, "allclose: rtol") * 1.0, number_of(atol, "allclose: atol") * 1.0
        with np.errstate(all="ignore"):
            return np.allclose(x, y, rtol, atol, flag_of(equal_nan, "equal_nan"))

    def equal(self, other: Tensor) -> Any:
        """The same shape and the same entries?"""
        return np.array_equal(self._numbers, entries(other, "equal"))

    def isnan(self) -> Tensor:
        """True where NaN."""
        return _node(Tensor, np.asarray(np.isnan(_tensor(self, "isnan")._numbers)))

    def isfinite(self) -> Tensor:
        """True where neither infinite nor NaN."""
        return _node(Tensor, np.asarray(np.isfinite(_tensor(self, "isfinite")._numbers)))

    def reshape_as(self, other: Tensor) -> Tensor:
        """In the shape of ``other``."""
        return self.reshape(_tensor(other, "reshape_as").shape)

    def t(self) -> Tensor:
        """A matrix transposed."""
        return self.T


def _rebuild(cls: type[Tensor], raw: np.ndarray, requires_grad: bool) -> Tensor:
    z = _node(cls, canonical(raw))
    z.op = leaf if requires_grad else None
    return z


def _node(cls: type[Any], raw: np.ndarray) -> Any:
    """A constant of face ``cls`` around ``raw``."""
    z = _new(cls)
    z.raw = raw
    z.op = z._grad = z.mark = z.tag = z.stamp = None
    z.x = ()
    z.time = CLOCK[0]
    z.retains_grad = False
    return z


class Released(Node):
    """What stays of a tensor in a released graph: its operation, shape, dtype and notes, so that it can be drawn."""

    __slots__ = ("dtype", "identity", "shape")
    rank = 2
    dtype: np.dtype
    identity: int
    shape: tuple[int, ...]

    def saved(self, as_nodes: bool) -> NoReturn:
        _released(self)

    def fit(self, g: Any) -> NoReturn:
        _released(self)

    def __repr__(self) -> str:
        return f"<released {self.op!r} of shape {self.shape}>"


def _shell(t: Tensor) -> Released:
    shell: Released = _new(Released)
    shell.op = t.op
    shell.x = t.x
    shell.shape = t.raw.shape
    shell.dtype = t.raw.dtype
    shell.tag = noted(t) if t.op is None else t.tag  # by its notes a constant can be known again
    shell.raw = shell.grad = shell.mark = None
    shell.identity = id(t)
    return shell


def _released(n: Any) -> NoReturn:
    raise RuntimeError(
        f"the arrays saved for the backward of {n.op!r} (shape {n.shape}) were let go by an earlier backward; to go through "
        "this graph again, call the earlier one with retain_graph=True"
    )


class _Hub(Tensor):
    """A tensor taken apart into Values. Its gradient is gathered entry by entry, and stays linear in their number."""

    __slots__ = ()

    def fit(self, g: Any) -> Any:
        return g


class _Gathered(dict[int, Any]):
    """Gradients of some entries of a tensor, by flat index."""

    def __add__(self, other: _Gathered) -> _Gathered:
        for i, g in other.items():
            self[i] = self[i] + g if i in self else g
        return self

    def dense(self, like: Any) -> Any:
        size = int(np.prod(like.shape))
        if any(isinstance(g, Node) for g in self.values()):
            return Tensor.record(pack, (tuple(like.shape), like.dtype, *(self.get(i, 0.0) for i in range(size))))
        flat = np.zeros(size, like.dtype)
        flat[list(self)] = list(self.values())
        return flat.reshape(like.shape)


def _entry(i: int, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    return Value.record(item, (Tensor.record(scalars, (g,)), i - 2)) if isinstance(g, Node) else g.item(i - 2)


# Between the layers: numbers into a tensor, a tensor into numbers (through a hub that gathers their gradients).
pack = Op("tensor", lambda shape, dtype, *values: np.array(values, dtype).reshape(shape), None, None, each(_entry))
scalars = Op("values", lambda x: x, lambda g, z, x: g.dense(x))
item = Op("item", lambda x, i: x.item(i) * 1.0, lambda g, z, x, i: _Gathered({i: g}), None)


_ELEMENTWISE = frozenset(table.ELEMENTWISE.values())


_pow_, _divide = table.quiet(np.power), table.quiet(np.true_divide)


def _assign(_: np.ndarray, value: Any, out: np.ndarray) -> None:
    np.copyto(out, value, casting="unsafe")


def _tensor(x: Any, what: str) -> Tensor:
    """``x``: what is a method as well as a function may be called with anything."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{what} expects a Tensor, got {described(x)}; wrap it as tensor(...)")
    return x


def _operand(a: Any, op: Op) -> Any:
    """An argument on its way into a tensor operation."""
    if isinstance(a, Value) and op is not pack:
        return Tensor.record(pack, ((), float64, a))
    if isinstance(a, np.ndarray | np.generic):
        return Tensor(np.asarray(a))
    if isinstance(a, Released):
        _released(a)
    if isinstance(a, (Tensor, *_PLAIN)):
        return a
    raise TypeError(f"{op!r} takes tensors and real numbers, got {described(a)}; wrap lists as tensor(...)")


Value.join = staticmethod(Tensor.record)
