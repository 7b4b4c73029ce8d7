"""Symbols: what is handed to a rule to read the rule itself.

A `Symbol` is a node with a text for data. Arithmetic on it writes arithmetic, and a row called on it writes a call, so
``mul.vjps[0](Symbol("g"), Symbol("z"), Symbol("x"), Symbol("y"))`` reads ``g * y``. From this come the source of the fast
scalar kernels (`derivative`), the lines of a listing, and the chain rule as pictures show it; the table of rules stays the
only place where they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.core.node import Node, Op

__all__ = ["Symbol", "derivative", "is_long", "literal"]

ATOM, POWER, SIGN, TIMES, MATRIX, PLUS, COMPARE, WORDS = range(8)  # how tightly the outermost operator of a text binds


def _binary(sign: str, binds: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def write(a: Any, b: Any) -> Any:
        for one, other in ((a, b), (b, a)) if sign == "*" else ():  # 1 * y is y, -1 * y is -y
            if one.__class__ in (int, float) and one in (1, -1):
                return other if one == 1 else -other
        return (type(a) if isinstance(a, Symbol) else type(b)).infix(sign, binds, a, b)

    return write, lambda a, b: write(b, a)


def text_of(s: Any, binds: int = COMPARE) -> str:
    if isinstance(s, Symbol):
        return s.raw if s.binds <= binds else f"({s.raw})"
    text = literal(s)
    return f"({text})" if text[0] == "-" and binds == ATOM else text


def call(name: str, *args: Any, **given: Any) -> str:
    return f"{name}({', '.join([text_of(a) for a in args] + [f'{key}={text_of(a)}' for key, a in given.items()])})"


class Symbol(Node):
    """A text that stands for a number: arithmetic on it writes arithmetic.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> (1 - x * x) / (x - y)
    (1 - x * x) / (x - y)
    """

    __slots__ = ("binds",)
    rank = 3

    def __init__(self, text: str, binds: int = ATOM) -> None:
        self.raw, self.binds = text, binds
        self.op = self.grad = self.mark = self.tag = None
        self.x = ()

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        return cls(call(op.name, *args))

    @classmethod
    def infix(cls, sign: str, binds: int, a: Any, b: Any) -> Any:
        """``a sign b``, in brackets where they are needed."""
        if sign == "**":
            left, right = ATOM, POWER
        elif binds == COMPARE:  # a < b < c would be two comparisons
            left = right = PLUS
        else:  # a - (b - c) and a / (b * c) keep their brackets
            left, right = binds, {"-": binds - 1, "/": binds - 1}.get(sign, SIGN if binds == MATRIX else binds)
        return cls(f"{text_of(a, left)} {sign} {text_of(b, right)}", binds)

    __add__, __radd__ = _binary("+", PLUS)
    __sub__, __rsub__ = _binary("-", PLUS)
    __mul__, __rmul__ = _binary("*", TIMES)
    __truediv__, __rtruediv__ = _binary("/", TIMES)
    __matmul__, __rmatmul__ = _binary("@", MATRIX)
    __floordiv__, __rfloordiv__ = _binary("//", MATRIX)
    __mod__, __rmod__ = _binary("%", MATRIX)
    __pow__, __rpow__ = _binary("**", POWER)
    __lt__, _ = _binary("<", COMPARE)
    __le__, _ = _binary("<=", COMPARE)
    __gt__, _ = _binary(">", COMPARE)
    __ge__, _ = _binary(">=", COMPARE)
    __eq__, _ = _binary("==", COMPARE)
    __ne__, _ = _binary("!=", COMPARE)
    __hash__ = object.__hash__
    __iter__ = None  # a[i] alone would make it look endless

    def __neg__(self) -> Any:
        return type(self)(f"-{text_of(self, SIGN)}", SIGN)

    def __bool__(self) -> bool:
        raise TypeError(f"the rule asks whether {self.raw!r} is true; write where(condition, a, b) instead of if")

    def __repr__(self) -> str:
        return self.raw


def derivative(op: Op, i: int, g: Any = 1, z: str = "z", args: tuple[Any, ...] = ("x", "y"), kind: type[Symbol] = Symbol) -> str:
    """The vjp of argument ``i`` of ``op`` as text; strings among ``args`` become symbols of that ``kind``.

    >>> from autograd import tanh
    >>> derivative(tanh, 0, args=("x",)), derivative(tanh, 0, Symbol("g"), args=("x",))
    ('1 - z * z', 'g * (1 - z * z)')
    """
    rule = list(zip(args, op.vjps))[i][1]
    if rule is None:
        raise ValueError(f"{op!r} has no gradient for argument {i}")
    return text_of(rule(g, kind(z), *(kind(a) if isinstance(a, str) else a for a in args)))


# Constants.
LONG = 64  # entries; an array with more is not written out


def literal(x: Any, precision: int | None = None) -> str:
    """``x`` as Python reads it, exactly, or to ``precision`` significant digits: numbers, arrays, shapes, keys of an index.

    Raises ValueError for an array of more than 64 entries, unless they are all the same or count from 0.

    >>> from autograd import tensor
    >>> literal(0.1), literal((2, None)), literal(tensor([[0.1, 2.0]]).numpy())
    ('0.1', '(2, None)', 'np.array([[0.1, 2.0]], dtype=np.float32)')
    """
    if isinstance(x, Symbol):
        return x.raw
    if isinstance(x, tuple):
        return f"({', '.join(literal(e, precision) for e in x)}{',' * (len(x) == 1)})"
    if isinstance(x, list):
        return f"[{', '.join(literal(e, precision) for e in x)}]"
    if isinstance(x, type):
        return x.__name__ if x.__module__ == "builtins" else f"np.{x.__name__}"
    if hasattr(x, "tolist"):
        return _array(x, precision)
    if isinstance(x, float):
        if x - x == 0:
            return repr(x) if precision is None else repr(float(f"{x:.{precision}g}"))
        return "np.nan" if x != x else "np.inf" if x > 0 else "-np.inf"
    return "..." if x is Ellipsis else repr(x)


def is_long(x: Any) -> bool:
    """Is it an array that `literal` does not write out?"""
    return hasattr(x, "tolist") and x.size > LONG and not _counts(x) and not _uniform(x)


def _counts(x: Any) -> bool:
    return bool(x.dtype.name == "int64" and x.ndim == 1 and x.size > 2 and x.tolist() == list(range(x.size)))


def _uniform(x: Any) -> bool:
    return bool(x.tobytes() == x.flat[0].tobytes() * x.size) if x.size else True


def _array(x: Any, precision: int | None) -> str:
    name = x.dtype.name

    def entry(v: Any) -> str:
        if x.dtype.kind != "f":
            return repr(v.item())
        short = float(str(v))  # the fewest digits that are read back as v, also by way of double precision
        return literal(short if short != short or x.dtype.type(short) == v else v.item(), precision)

    def nested(part: Any) -> str:
        return f"[{', '.join(map(nested, part))}]" if part.ndim else entry(part[()])

    if is_long(x):
        raise ValueError(f"an array of shape {x.shape} is too long to be written out; at most {LONG} entries are")
    if not x.shape:
        return f"np.{name}({entry(x[()])})"
    dtype = "" if name in ("float64", "int64", "bool") and x.size else f", dtype=np.{name}"
    if _counts(x):
        return f"np.arange({x.size})"
    if x.size != 1 and _uniform(x):
        return f"np.full({x.shape}, {entry(x.flat[0]) if x.size else 0}{dtype})"
    return f"np.array({nested(x)}{dtype})"
