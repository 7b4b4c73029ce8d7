"""`Value`: a Python float that remembers where it came from. Python's operators onto the rows of the table.

A scalar graph has many nodes with little work in each, so each row gets a kernel: a method that computes the float and,
in the same breath, the local partials that the backward pass will need. Nobody writes a kernel by hand: the rule itself,
handed symbols, says what the partials are (`1 - z * z` for tanh), and `_kernel` turns that text into the method. Where
a kernel does not apply (a constant, no recording, another type, an IEEE edge such as 1 / 0), `Value.record` does the
same thing slowly.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NoReturn

import numpy as np

from autograd.core.mode import UNUSUAL, recorded
from autograd.core.node import Node, Op, leaf
from autograd.core.symbols import Symbol, derivative, text_of
from autograd.core.walk import backward
from autograd.errors import described, flag_of, int_of
from autograd.ops import elementwise, table

__all__ = ["Value"]


def _number(x: Any, what: str) -> float:
    """``x`` as a float, or a TypeError that says what came."""
    if isinstance(x, numbers.Real | np.bool_) or (isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub"):
        try:
            return float(x)
        except OverflowError:
            raise ValueError(f"{what} must be a number that a float can hold, got {described(x)}") from None
    raise TypeError(f"{what} must be one real number, got {described(x)}; for arrays and lists use tensor(...)")


def _box(v: Value) -> np.ndarray:
    box = np.empty((), object)
    box[()] = v
    return box


def _no_tensors(row: Op, args: tuple[Any, ...]) -> Any:
    raise TypeError(f"{row!r} of a Value and an array needs the tensor layer: import autograd")


def no_row(ufunc: np.ufunc, method: str, kwargs: dict[str, Any]) -> NoReturn:
    name = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
    how = f" with {', '.join(f'{k}=' for k in kwargs)}" if kwargs else ""
    raise TypeError(f"np.{name}{how} of Values and Tensors is not recorded; use the functions and methods of autograd")


def _slow(row: Op, x: Any, y: Any) -> Any:
    """A binary operation that no kernel served; NotImplemented for what is not a number."""
    if any(isinstance(a, np.ndarray) for a in (x, y)):
        return Value.__array_ufunc__(x if isinstance(x, Value) else y, UFUNC_OF[row], "__call__", x, y)
    if not all(isinstance(a, Value | numbers.Real | np.bool_) for a in (x, y)):
        return NotImplemented
    return Value.record(row, (x, y))


def _edge(row: Op, *args: Any) -> Any:
    """The same by IEEE 754, where Python's floats raise."""
    args = tuple(a if isinstance(a, Value) else _number(a, f"an operand of {row!r} with a Value") for a in args)
    z = Value.record(row, args)
    with np.errstate(all="ignore"):
        raws = [np.float64(a.raw if isinstance(a, Value) else a) for a in args]
        partials = [
            float(rule(np.float64(1), np.float64(z.raw), *raws)) if rule is not None and isinstance(a, Value) else None
            for a, rule in zip(args, row.vjps)
        ]
    z.x, z.dx, z.y, z.dy = (args[0], partials[0], *args[1:], *partials[1:]) if len(args) == 2 else (args[0], partials[0], None, None)
    return z


# The kernels. ``a, b, c`` are the arguments and the result as floats; the partials come from the rule, as text.
_UNARY = """
def kernel(x):
    if x.op is not None and not UNUSUAL:
        a = x.raw
        try:
            z = new(Value); z.raw = c = {compute}; z.dx = {dx}
        except EDGES:
            return edge(row, x)
        z.x = x; z.y = z.dy = z._grad = z.mark = z.tag = None; z.op = row
        return z
    return record(row, (x,))
"""

_BINARY = """
def kernel(x, y):
    if y.__class__ is Value:
        if x.op is not None and y.op is not None and not UNUSUAL:
            a = x.raw; b = y.raw
            try:
                z = new(Value); z.raw = c = {compute}; z.dx = {dx}; z.dy = {dy}
            except EDGES:
                return edge(row, x, y)
            z.x = x; z.y = y; z._grad = z.mark = z.tag = None; z.op = row
            return z
    elif (y.__class__ is float or y.__class__ is int) and x.op is not None and not UNUSUAL:
        a = x.raw
        try:
            b = float(y); z = new(Value); z.raw = c = {compute}; z.dx = {dx}
        except EDGES:
            return edge(row, x, y)
        z.x = x; z.y = b; z.dy = z._grad = z.mark = z.tag = None; z.op = row
        return z
    return slow(row, x, y)
"""

_REFLECTED = """
def kernel(y, x):
    if (x.__class__ is float or x.__class__ is int) and y.op is not None and not UNUSUAL:
        b = y.raw
        try:
            a = float(x); z = new(Value); z.raw = c = {compute}; z.dy = {dy}
        except EDGES:
            return edge(row, x, y)
        z.x = a; z.y = y; z.dx = z._grad = z.mark = z.tag = None; z.op = row
        return z
    return slow(row, x, y)
"""

_EDGES = (ArithmeticError, ValueError)  # 1 / 0, exp(1000), log(0): what math raises leads to `_edge`


class _Code(Symbol):
    """Symbols whose text is compiled: of a choice, one side is computed."""

    __slots__ = ()

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        if op is not elementwise.where:
            return super().record(op, args)
        condition, chosen, other = map(text_of, args)
        return cls(f"({chosen} if {condition} else {other})")


def _kernel(template: str, name: str, row: Op) -> Callable[..., Any]:
    args = ("a",) if template is _UNARY else ("a", "b")
    text = {"compute": f"a {row.name} b" if row.name in ("+", "-", "*", "/") else f"compute({', '.join(args)})"}
    for i, d in enumerate(("dx", "dy")):
        if f"{{{d}}}" in template:
            partial = derivative(row, i, 1, "c", args, _Code)
            text[d] = repr(float(partial)) if partial in ("1", "-1") else partial
    scope: dict[str, Any] = {n: r.on_float for n, r in table.ELEMENTWISE.items() if n.isidentifier()}
    scope |= {"compute": row.on_float, "row": row, "UNUSUAL": UNUSUAL, "EDGES": _EDGES, "new": object.__new__}
    scope |= {"Value": Value, "record": Value.record, "edge": _edge}
    scope["slow"] = _slow if "__" in name else Op.__call__  # a method, unlike an operator, has nobody else to ask
    exec(compile(template.format(**text), f"{__file__}: {row.name}", "exec"), scope)
    kernel: Callable[..., Any] = scope["kernel"]  # by a name that no row has: a partial may call the row itself
    kernel.__name__, kernel.__qualname__, kernel.__doc__ = name, f"Value.{name}", f"The row {row!r} of the table."
    return kernel


class _Method:
    """A kernel that is compiled when it is first asked for: to compile all of them would take a third of the import."""

    def __init__(self, template: str, name: str, row: Op) -> None:
        self.source = template, name, row
        self.names: list[str] = []

    def __set_name__(self, owner: type, name: str) -> None:
        self.names.append(name)

    def __get__(self, value: Value | None, owner: type | None = None) -> Any:
        kernel = _kernel(*self.source)
        for name in self.names:
            setattr(Value, name, kernel)
        return kernel.__get__(value, owner)


def _unary(row: Op, name: str = "") -> Any:
    return _Method(_UNARY, name or row.name, row)


def _binary(row: Op) -> Any:
    return _Method(_BINARY, row.name, row)


def _operator(row: Op, name: str) -> tuple[Any, Any]:
    return _Method(_BINARY, f"__{name}__", row), _Method(_REFLECTED, f"__r{name}__", row)


def _comparison(row: Op) -> Callable[[Value, Any], Any]:
    def compare(x: Value, y: Any) -> Any:
        if y.__class__ is Value:
            return row.compute(x.raw, y.raw)
        return row.compute(x.raw, y if isinstance(y, int) else float(y)) if isinstance(y, numbers.Real) else _slow(row, x, y)

    return compare


class Value(Node):
    """A scalar that records what is done to it. A leaf requires a gradient unless told otherwise.

    ``data`` is the float (it can be set), ``grad`` the gradient (None until one arrives; also on middle nodes), and
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
        self.raw = data if data.__class__ is float else _number(data, "the data of a Value")
        self.op = leaf if requires_grad is True or flag_of(requires_grad, "requires_grad") else None
        self.x = ()
        self.tag = None
        self.y = self.dx = self.dy = self._grad = self.mark = None
        if label is not None:
            self.label = label

    def _set_data(self, data: Any) -> None:
        self.raw = data if data.__class__ is float else _number(data, "the data of a Value")

    def _set_grad(self, grad: Any) -> None:
        self._grad = grad if grad is None or isinstance(grad, Value | int) else _number(grad, "the gradient of a Value")

    data = property(attrgetter("raw"), _set_data, doc="The number, a float; it can be set.")
    grad = property(attrgetter("_grad"), _set_grad, doc="The gradient: a float, a Value where it was recorded, or None; it can be set.")

    backward = backward

    # What a face says for itself (see Node).
    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        args = tuple(a if isinstance(a, Node | bool | int) else _number(a, f"an operand of {op!r} with a Value") for a in args)
        raws = tuple(a.raw if isinstance(a, Node) else a for a in args)
        try:
            z = op.compute(*raws)
        except (TypeError, ValueError, OverflowError) as error:
            op.refuse(args, error)
        if z.__class__ is bool:
            return z
        out: Value = object.__new__(cls)
        out.raw = z if z.__class__ is float else _number(z, f"the result of {op!r} on Values")
        out.op, out.x, out.tag = None, (), None
        out.y = out.dx = out.dy = out._grad = out.mark = None
        needed = any(rule is not None and isinstance(a, Node) and a.op is not None for a, rule in zip(args, op.vjps))
        if recorded(out, op, args, needed) if UNUSUAL else needed:
            out.op, out.x = op, args
        return out

    @classmethod
    def constant(cls, raw: Any) -> Value:
        return cls(raw, requires_grad=False)

    def seed(self, gradient: Any) -> Any:
        if gradient is None:
            return 1.0
        return gradient if isinstance(gradient, Value) else _number(gradient, "the gradient of a Value")

    def saved(self, as_nodes: bool) -> tuple[Any, Sequence[Any]]:
        z, args = super().saved(as_nodes)
        if (now := self.differs()) is not None:
            raise RuntimeError(
                f"the backward of {self.op!r} needs its arguments as they were when it gave {self.raw}; now they give {now}, so "
                "the .data of one was set in between: differentiate first, or record the operation again"
            )
        if as_nodes:
            return z, args
        return np.float64(z), tuple(np.float64(a) if a.__class__ is float else a for a in args)  # 1 / 0 is inf in the rules

    def differs(self) -> Any:
        """What the operation gives now, if that is not what it gave: the data of an argument, or of the result, was set since."""
        assert self.op is not None
        now = self.op.compute(*(a.raw if isinstance(a, Node) else a for a in self.args))
        return now if now != self.raw and now == now else None

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
        self.op = leaf if flag_of(on, "requires_grad") else None

    def detach(self) -> Value:
        """The same number with no history and no gradient."""
        return Value(self.raw, requires_grad=False)

    def item(self) -> float:
        """The number as a Python float."""
        return self.raw

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def __repr__(self) -> str:
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
        return self.raw

    def __int__(self) -> int:
        return int(self.raw)

    __trunc__ = __int__

    def __bool__(self) -> bool:
        return self.raw != 0

    def __complex__(self) -> complex:
        return complex(self.raw)

    def __format__(self, spec: str) -> str:
        return format(self.raw, spec) if spec else repr(self)

    def __pos__(self) -> Value:
        return self

    def __round__(self, ndigits: int | None = None) -> Any:
        """An int without ``ndigits``, as for a float; with it, a Value (whose gradient is zero)."""
        if ndigits is None:
            return round(self.raw)
        scale = 10.0 ** int_of(ndigits, "round: ndigits", -300, 300)
        return elementwise.round(self * scale) / scale

    def __floor__(self) -> int:
        return math.floor(self.raw)

    def __ceil__(self) -> int:
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
        return row(*(_number(a, f"an operand of {row!r} with a Value") if isinstance(a, numbers.Real) else a for a in inputs))

    #: How an array that meets a Value is recorded; the tensor layer says so when it is there.
    join: Callable[[Op, tuple[Any, ...]], Any] = staticmethod(_no_tensors)

    # The rows as operators and methods.
    __add__, __radd__ = _operator(elementwise.add, "add")
    __sub__, __rsub__ = _operator(elementwise.sub, "sub")
    __mul__, __rmul__ = _operator(elementwise.mul, "mul")
    __truediv__, __rtruediv__ = _operator(elementwise.div, "truediv")
    __pow__, __rpow__ = _operator(elementwise.pow, "pow")
    __floordiv__, __rfloordiv__ = _operator(elementwise.floordiv, "floordiv")
    __mod__, __rmod__ = _operator(elementwise.mod, "mod")
    __neg__, __abs__ = _unary(elementwise.neg, "__neg__"), _unary(elementwise.abs, "__abs__")
    __lt__, __le__, __gt__, __ge__ = map(_comparison, (elementwise.lt, elementwise.le, elementwise.gt, elementwise.ge))
    __eq__, __ne__ = _comparison(elementwise.eq), _comparison(elementwise.ne)
    exp, expm1, log, log1p = map(_unary, (elementwise.exp, elementwise.expm1, elementwise.log, elementwise.log1p))
    sqrt, rsqrt, square, reciprocal = map(_unary, (elementwise.sqrt, elementwise.rsqrt, elementwise.square, elementwise.reciprocal))
    sin, cos, tan, atan = map(_unary, (elementwise.sin, elementwise.cos, elementwise.tan, elementwise.atan))
    sinh, cosh, tanh, sigmoid = map(_unary, (elementwise.sinh, elementwise.cosh, elementwise.tanh, elementwise.sigmoid))
    relu, softplus, erf, erfc = map(_unary, (elementwise.relu, elementwise.softplus, elementwise.erf, elementwise.erfc))
    abs, sign, neg = map(_unary, (elementwise.abs, elementwise.sign, elementwise.neg))
    floor, ceil, round = map(_unary, (elementwise.floor, elementwise.ceil, elementwise.round))
    pow, prelu, maximum, minimum = map(_binary, (elementwise.pow, elementwise.prelu, elementwise.maximum, elementwise.minimum))
    clamp_min, clamp_max = map(_binary, (elementwise.clamp_min, elementwise.clamp_max))
    leaky_relu, elu, silu, gelu, clamp = elementwise.leaky_relu, elementwise.elu, elementwise.silu, elementwise.gelu, elementwise.clamp
    arctan, rint, absolute = atan, round, abs  # numpy's names: np.arctan of an object array asks for them


def _rebuild(raw: float, requires_grad: bool, label: str | None, grad: Any) -> Value:
    v = Value(raw, requires_grad, label)
    v.grad = grad
    return v


# numpy's ufuncs onto the rows: np.tanh(value), np.float64(2) * value, array @ tensor.
UFUNC_OF: dict[Op, np.ufunc] = {
    elementwise.add: np.add, elementwise.sub: np.subtract, elementwise.mul: np.multiply, elementwise.div: np.true_divide,
    elementwise.neg: np.negative, elementwise.pow: np.power, elementwise.floordiv: np.floor_divide, elementwise.mod: np.remainder,
    elementwise.abs: np.absolute, elementwise.sign: np.sign, elementwise.exp: np.exp, elementwise.expm1: np.expm1, elementwise.log:
    np.log, elementwise.log1p: np.log1p, elementwise.sqrt: np.sqrt, elementwise.square: np.square, elementwise.reciprocal:
    np.reciprocal, elementwise.sin: np.sin, elementwise.cos: np.cos, elementwise.tan: np.tan, elementwise.atan: np.arctan,
    elementwise.sinh: np.sinh, elementwise.cosh: np.cosh, elementwise.tanh: np.tanh, elementwise.maximum: np.maximum,
    elementwise.minimum: np.minimum, elementwise.floor: np.floor, elementwise.ceil: np.ceil, elementwise.round: np.rint, elementwise.lt:
    np.less, elementwise.le: np.less_equal, elementwise.gt: np.greater, elementwise.ge: np.greater_equal, elementwise.eq: np.equal,
    elementwise.ne: np.not_equal,
}  # fmt: skip
UFUNCS: dict[np.ufunc, Op] = {ufunc: row for row, ufunc in UFUNC_OF.items()}
