"""`Value`: a Python float that records what is done to it. Here are its attributes and Python's number protocol.

Its arithmetic is compiled in `kernels`; the methods that are operations are in `methods`.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Container, Iterator
from typing import Any, NoReturn, Protocol, overload

import numpy as np

from autograd.core.hooks import register_hook, register_post_accumulate_grad_hook
from autograd.core.mode import NONDEFAULT, is_grad_enabled, leaves, watching
from autograd.core.node import Lost, Node, Op, leaf
from autograd.core.notes import Notes, notes_of, recorded, warn_of_a_cut
from autograd.core.walk import backward
from autograd.core.watch import SCALARS, scalar_watch
from autograd.elsewhere import refuse_all
from autograd.errors import flag_of, int_of
from autograd.faces.kernels import Kernel, comparison, number
from autograd.faces.methods import OfValues
from autograd.faces.versions import CHANGES
from autograd.ops import elementwise
from autograd.ops.table import UFUNCS

__all__ = ["Value"]


def _box(v: Value) -> np.ndarray:
    box = np.empty((), object)
    box[()] = v
    return box


def no_row(ufunc: np.ufunc, method: str, kwargs: dict[str, Any]) -> NoReturn:
    name = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
    how = f" with {', '.join(f'{k}=' for k in kwargs)}" if kwargs else ""
    raise TypeError(f"np.{name}{how} of Values and Tensors is not recorded; use the functions and methods of autograd")


class _Operator(Protocol):
    @overload
    def __call__(self, other: Value | float, /) -> Value: ...
    @overload
    def __call__(self, other: Any, /) -> Any: ...  # a tensor, or an array of Values


def _operator(row: Op, name: str) -> tuple[_Operator, _Operator]:
    kernels: tuple[Any, Any] = Kernel(row, f"__{name}__"), Kernel(row, f"__r{name}__")
    return kernels


class Value(OfValues, Node):
    """A scalar that records what is done to it. A leaf requires a gradient by default.

    ``data`` is the float (it can be set), ``grad`` the gradient (None until one arrives; intermediate results have one, too), and
    ``label`` a name for pictures. Comparisons are by value, hashing by identity.

    >>> a, b = Value(-4.0), Value(2.0)
    >>> c = (a * b + b ** 3).tanh()
    >>> c.backward()
    >>> c, a.grad, b.grad
    (Value(data=0.0, grad=1.0), 2.0, 8.0)
    """

    __slots__ = ("dx", "dy", "y")
    rank = 1
    ieee = staticmethod(lambda: np.errstate(all="ignore"))
    _grad = Node.grad  # type: ignore[misc]  # the slot itself

    def __init__(self, data: Any, requires_grad: bool = True, label: str | None = None) -> None:
        self.raw = data if data.__class__ is float else number(data, "the data of a Value")
        self.op = leaf if requires_grad is True or flag_of(requires_grad, "requires_grad") else None
        self.x = ()
        self.tag = None
        self.y = self.dx = self.dy = self._grad = self.mark = None
        if label is not None:
            self.label = label

    def _set_data(self, data: Any) -> None:
        if SCALARS or NONDEFAULT:
            leaves(".data =")
        self.raw = data if data.__class__ is float else number(data, "the data of a Value")
        CHANGES.count = count = CHANGES.count + 1
        notes = self.tag if self.tag.__class__ is Notes else notes_of(self)
        notes.changed = count

    def _set_grad(self, grad: Any) -> None:
        if SCALARS or NONDEFAULT:
            for watch in (scalar_watch(), watching()):
                if watch is not None:
                    watch.binds(self, grad)
        self._grad = grad if grad is None or isinstance(grad, Value | int) else number(grad, "the gradient of a Value")

    def _get_data(self) -> float:
        if SCALARS or NONDEFAULT:
            leaves("data")
        raw: float = self.raw
        return raw

    data = property(_get_data, _set_data, doc="The number, a float; it can be set.")

    def _get_grad(self) -> Any:
        if SCALARS or NONDEFAULT:
            leaves("grad")
        return self._grad

    def _drop_grad(self) -> None:
        self._set_grad(None)

    grad = property(_get_grad, _set_grad, _drop_grad, "The gradient: a float, a Value where it was recorded, or None; it can be set.")

    backward, register_hook, register_post_accumulate_grad_hook = backward, register_hook, register_post_accumulate_grad_hook

    # What a face overrides (see `Node`).
    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        args = tuple(a if isinstance(a, Node | bool | int) else number(a, f"an operand of {op!r} with a Value") for a in args)
        raws = tuple(a.raw if isinstance(a, Node) else a for a in args)
        try:
            z = op.compute(*raws)
        except (TypeError, ValueError, OverflowError) as error:
            op.refuse(args, error)
        if z.__class__ is bool:
            leaves(f"a comparison by {op.name}")
            return z
        out = Value(z if z.__class__ is float else number(z, f"the result of {op!r} on Values"), requires_grad=False)
        needed = any(rule is not None and isinstance(a, Node) and a.op is not None for a, rule in zip(args, op.rules))
        if recorded(out, op, args, needed) if NONDEFAULT else needed:
            out.op, out.x, out.y = op, args, CHANGES.count  # a general node has no second argument there
        elif not is_grad_enabled():
            out.y = Lost.UNRECORDED
        elif any(isinstance(a, Node) and a.op is not None for a in args):
            out.y = Lost.WITHOUT_RULES
        return out

    @classmethod
    def constant(cls, raw: Any) -> Value:
        return cls(raw, requires_grad=False)._lost(Lost.GRADIENT)

    def _lost(self, how: Lost) -> Value:
        self.y = how
        return self

    @property
    def lost(self) -> Lost | None:  # type: ignore[override]
        return self.y if isinstance(self.y, Lost) else None

    def seed(self, gradient: Any) -> Any:
        if gradient is None:
            return 1.0
        return gradient if isinstance(gradient, Value) else number(gradient, "the gradient of a Value")

    def saved(self, as_nodes: bool) -> tuple[Any, tuple[Any, ...]]:
        z, args = super().saved(as_nodes)
        if self.stale():
            raise RuntimeError(
                f"the backward of {self.op!r} needs its result {self.raw} and its arguments as they were when it was recorded, and "
                "the .data of one was set since: differentiate first, or record the operation again"
            )
        if as_nodes:
            return z, args
        return np.float64(z), tuple(np.float64(a) if a.__class__ is float else a for a in args)  # 1 / 0 is inf in the rules

    def stale(self) -> bool:
        """Was the data of an argument, or of the result, set since it was recorded?

        A general node has saved when that was. Of a kernel's, where a slot more would cost as much as all versions do, the result and
        the partials are computed again.
        """
        changed = max([a.notes.changed for a in (self, *self.args) if isinstance(a, Value) and a.notes is not None], default=0)
        if not changed or self.op is None:
            return False
        if not (partials := self.partials):
            return changed > self.y
        raws = [np.float64(a.raw if isinstance(a, Node) else a) for a in self.args]
        with np.errstate(all="ignore"):
            now = [
                self.op.compute(*map(float, raws)),
                *(float(self.op.vjp(i, np.float64(1), np.float64(self.raw), raws)) for i in partials),
            ]
        return not np.allclose(now, [self.raw, *partials.values()], rtol=1e-12, atol=0, equal_nan=True)

    @property
    def partials(self) -> dict[int, float]:
        """The local partials that a kernel stored, by the positions of the arguments."""
        return {i: d for i, d in enumerate((self.dx, self.dy)) if d is not None}

    def pull(self, g: Any, places: Container[int] | None = None) -> Iterator[tuple[int, Node, Any]]:
        if not (partials := self.partials):
            yield from super().pull(g, places)
            return
        self.saved(False)  # refuses numbers that were set since
        for i, d in partials.items():
            if places is None or i in places:
                yield i, self.args[i], g * d

    @classmethod
    def slow(cls, row: Op, x: Any, y: Any) -> Any:
        """The slow path of a binary operator, where no kernel applies; NotImplemented for what is not a number."""
        if any(isinstance(a, np.ndarray) for a in (x, y)):
            return (x if isinstance(x, Value) else y).__array_ufunc__(row.ufunc, "__call__", x, y)
        if not all(isinstance(a, Value | numbers.Real | np.bool_) for a in (x, y)):
            return NotImplemented
        return cls.record(row, (x, y))

    def fit(self, g: Any) -> Any:
        return g if g.__class__ is float or isinstance(g, Node) else float(g)

    def receive(self, g: Any) -> None:
        self._grad = g if self._grad is None or self.op is not leaf else self._grad + g

    @property
    def requires_grad(self) -> bool:
        return self.op is not None

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        if not self.is_leaf:
            raise RuntimeError("requires_grad can be set on a leaf only; this Value is the result of an operation")
        leaves("requires_grad =")
        self.op = leaf if flag_of(on, "requires_grad") else None

    def detach(self) -> Value:
        """The same number with no history and no gradient."""
        leaves("detach()")
        return Value(self.raw, requires_grad=False)._lost(Lost.DETACHED)

    def item(self) -> float:
        """The number as a Python float."""
        leaves("item()")
        return self.raw

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def __repr__(self) -> str:
        leaves("its text")
        label = "" if self.label is None else f", label={self.label!r}"
        grad = self.grad.data if isinstance(self.grad, Value) else self.grad
        return f"Value(data={self.raw}, grad={grad}{label})"

    def __reduce__(self) -> Any:
        if not self.is_leaf:
            raise TypeError("a recorded Value cannot be pickled or copied with its graph; use .detach() or .data")
        return _rebuild, (self.raw, self.requires_grad, self.label, self.grad)

    # Python's number protocol.
    __hash__ = object.__hash__

    def __float__(self) -> float:
        leaves("float()")
        if self.op is not None and self.op is not leaf and self._grad is None:
            warn_of_a_cut(self, "float() of a recorded Value, also by a function of math or an array of numpy,")
        return self.raw

    def __int__(self) -> int:
        leaves("int()")
        return int(self.raw)

    __trunc__ = __int__

    def __bool__(self) -> bool:
        leaves("a truth value")
        return self.raw != 0

    def __complex__(self) -> complex:
        return complex(float(self))

    def __format__(self, spec: str) -> str:
        leaves("its text")
        return format(self.raw, spec) if spec else repr(self)

    def __pos__(self) -> Value:
        return self

    def __round__(self, ndigits: int | None = None) -> Any:
        """An int without ``ndigits``, as for a float; with it, a Value (whose gradient is zero)."""
        if ndigits is None:
            leaves("round()")
            return round(self.raw)
        scale = 10.0 ** int_of(ndigits, "round: ndigits", -300, 300)
        return elementwise.round(self * scale) / scale

    def __floor__(self) -> int:
        leaves("floor()")
        return math.floor(self.raw)

    def __ceil__(self) -> int:
        leaves("ceil()")
        return math.ceil(self.raw)

    def __divmod__(self, other: Any) -> Any:
        quotient = self.__floordiv__(other)
        return quotient if quotient is NotImplemented else (quotient, self % other)

    def __rdivmod__(self, other: Any) -> Any:
        quotient = self.__rfloordiv__(other)
        return quotient if quotient is NotImplemented else (quotient, other % self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        row = UFUNCS.get(ufunc)
        if method != "__call__" or kwargs or row is None:
            no_row(ufunc, method, kwargs)
        if any(isinstance(a, np.ndarray) and a.dtype == object for a in inputs):  # arrays of Values: element by element
            with np.errstate(all="ignore"):
                return ufunc(*(_box(a) if isinstance(a, Value) else a for a in inputs))
        if any(isinstance(a, np.ndarray) for a in inputs):
            return type(self).join(row, inputs)
        return row(*(number(a, f"an operand of {row!r} with a Value") if isinstance(a, numbers.Real) else a for a in inputs))

    #: How an array that meets a Value is recorded: as tensors are.
    join: Callable[[Op, tuple[Any, ...]], Any]

    # Python's operators.
    __add__, __radd__ = _operator(elementwise.add, "add")
    __sub__, __rsub__ = _operator(elementwise.sub, "sub")
    __mul__, __rmul__ = _operator(elementwise.mul, "mul")
    __truediv__, __rtruediv__ = _operator(elementwise.div, "truediv")
    __pow__, __rpow__ = _operator(elementwise.pow, "pow")
    __floordiv__, __rfloordiv__ = _operator(elementwise.floor_divide, "floordiv")
    __mod__, __rmod__ = _operator(elementwise.remainder, "mod")
    __neg__, __abs__ = Kernel(elementwise.neg, "__neg__"), Kernel(elementwise.abs, "__abs__")
    __lt__, __le__, __gt__, __ge__ = map(comparison, (elementwise.lt, elementwise.le, elementwise.gt, elementwise.ge))
    __eq__, __ne__ = comparison(elementwise.eq), comparison(elementwise.ne)


refuse_all(Value)
Kernel.face = Value


def _rebuild(raw: float, requires_grad: bool, label: str | None, grad: Any) -> Value:
    v = Value(raw, requires_grad, label)
    v.grad = grad
    return v
