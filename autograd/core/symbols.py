"""Symbols: placeholders that a rule is called with to read the rule itself (symbolic tracing).

A `Symbol` is a node with a name for its data. What is done to it is recorded as it is for numbers, and `Python` writes it, so
that ``mul.vjps[0](Symbol("g"), Symbol("z"), Symbol("x"), Symbol("y"))`` reads ``g * y``. From this come the source of the fast
scalar kernels (`derivative`), the lines of a listing, and the chain rule as pictures show it; a derivative is written in its row
of `autograd.ops` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from autograd.core.node import Node, Op

__all__ = ["Python", "Symbol", "atoms", "derivative", "is_long", "literal"]

ATOM, NEGATIVE, POWER, SIGN, TIMES, MATRIX, PLUS, COMPARE, WORDS = range(9)  # the precedence of a text's outermost operator
BINDS = {"**": POWER, "*": TIMES, "/": TIMES, "@": MATRIX, "//": MATRIX, "%": MATRIX, "+": PLUS, "-": PLUS}
BINDS |= dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), COMPARE)


def _binary(sign: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def apply(a: Any, b: Any) -> Any:
        face = type(a) if isinstance(a, Symbol) else type(b)
        return face.record(Symbol.rows[sign], (a, b))

    return apply, lambda b, a: apply(a, b)


class Symbol(Node):
    """A name that stands for a number: arithmetic on it is recorded, and written as it was.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> (1 - x * x) / (x - y)
    (1 - x * x) / (x - y)
    """

    __slots__ = ()
    rank = 3
    rows: ClassVar[dict[str, Op]] = {}  # the rows of Python's operators; the tables fill it

    def __init__(self, name: str, raw: Any = None) -> None:
        self.raw, self.tag = raw, name
        self.op = self.grad = self.mark = None
        self.x = ()

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        for one, other in (args, args[::-1]) if op.infix == "*" else ():  # 1 * y is y, -1 * y is -y
            if one.__class__ in (int, float) and one in (1, -1):
                return other if one == 1 else -other
        return cls.made(op, args)

    @classmethod
    def made(cls, op: Op, args: tuple[Any, ...]) -> Any:
        """``op(*args)``, not simplified."""
        made = cls("", cls.stand_in(op, args))
        made.op, made.x = op, args
        return made

    @classmethod
    def stand_in(cls, op: Op, args: tuple[Any, ...]) -> Any:
        """The placeholder data of ``op(*args)``, so that rules may ask its shape; None: there is none."""

    __add__, __radd__ = _binary("+")
    __sub__, __rsub__ = _binary("-")
    __mul__, __rmul__ = _binary("*")
    __truediv__, __rtruediv__ = _binary("/")
    __matmul__, __rmatmul__ = _binary("@")
    __floordiv__, __rfloordiv__ = _binary("//")
    __mod__, __rmod__ = _binary("%")
    __pow__, __rpow__ = _binary("**")
    __lt__, __le__, __gt__, __ge__, __eq__, __ne__ = (_binary(sign)[0] for sign in ("<", "<=", ">", ">=", "==", "!="))
    __hash__ = object.__hash__
    __iter__ = None  # else Python would iterate over a[0], a[1], ... without end

    def __neg__(self) -> Any:
        return self.record(Symbol.rows["neg"], (self,))

    def __abs__(self) -> Any:
        return self.record(Symbol.rows["abs"], (self,))

    def __bool__(self) -> bool:
        raise TypeError(f"the rule asks whether {str(self)!r} is true; write where(condition, a, b) instead of if")

    def __repr__(self) -> str:
        return Python()(self)


class Python:
    """Writes symbols and constants as Python. A row may say how it is written, in its ``write``, with the help of this.

    >>> write = Python()
    >>> write(Symbol("x") + 1, TIMES), write.call("f", Symbol("x"), dim=(0, 1))
    ('(x + 1)', 'f(x, dim=(0, 1))')
    """

    def __call__(self, x: Any, binds: int = COMPARE) -> str:
        """``x`` as an operand of an operator of precedence ``binds``, in brackets where it needs them."""
        text, own = self.of(x)
        return text if own <= binds else f"({text})"

    def of(self, x: Any) -> tuple[str, int]:
        """A text, and the precedence of its outermost operator."""
        if not isinstance(x, Symbol):
            text = self.constant(x)
            return text, NEGATIVE if text[0] in "-−" else ATOM
        if x.op is None:
            return self.name(x), ATOM
        made = self.applied(x.op, x.x)
        return made if isinstance(made, tuple) else (made, ATOM) if isinstance(made, str) else self.of(made)

    def applied(self, op: Op, args: tuple[Any, ...]) -> Any:
        """``op(*args)`` as a text, a text with its precedence, or another symbol."""
        if op.write is not None:
            return op.write(self, *args)
        return self.infix(op, *args) if op.infix is not None else self.call(op.public, *args)

    def name(self, s: Symbol) -> str:
        return str(s.tag)

    def constant(self, x: Any) -> str:
        return literal(x, write=self)

    def key(self, key: tuple[Any, ...]) -> str:
        """What stands between the brackets of an index."""
        if len(key) > 1 and key[-1] is Ellipsis:
            key = key[:-1]
        return ", ".join(map(self.index, key)) or "()"

    def index(self, k: Any) -> str:
        if not isinstance(k, slice):
            return self(k)
        parts = (k.start, k.stop) if k.step is None else (k.start, k.stop, k.step)
        return ":".join("" if s is None else self(s) for s in parts)

    def call(self, name: str, *args: Any, **given: Any) -> str:
        return f"{name}({', '.join([self(a) for a in args] + [f'{key}={self(a)}' for key, a in given.items()])})"

    def infix(self, op: Op, a: Any, b: Any) -> Any:
        """``a sign b``, in brackets where they are needed."""
        sign = op.infix
        assert sign is not None
        binds = BINDS[sign]
        if sign == "**":
            left, right = ATOM, POWER
        elif binds == COMPARE:  # a < b < c would be two comparisons
            left = right = PLUS
        else:  # a - (b - c) and a / (b * c) keep their brackets
            left, right = binds, binds - 1 if sign in "-/" else SIGN if binds == MATRIX else binds
        return f"{self(a, left)} {sign} {self(b, right)}", binds


def atoms(s: Any) -> Iterator[Symbol]:
    """The names in what was made of symbols, in the order in which they stand there."""
    for a in s if isinstance(s, tuple | list) else (s,):
        if isinstance(a, Symbol) and a.op is None:
            yield a
        elif isinstance(a, Symbol | tuple | list):
            yield from atoms(a.x if isinstance(a, Symbol) else a)


def derivative(
    op: Op, i: int, g: Any = 1, z: str = "z", args: tuple[Any, ...] = ("x", "y"), write: Callable[[Any], str] | None = None
) -> str:
    """The vjp of argument ``i`` of ``op`` as text; strings among ``args`` become symbols.

    >>> from autograd import tanh
    >>> derivative(tanh, 0, args=("x",)), derivative(tanh, 0, Symbol("g"), args=("x",))
    ('1 - z * z', 'g * (1 - z * z)')
    """
    if list(zip(args, op.rules))[i][1] is None:
        raise ValueError(f"{op!r} has no gradient for argument {i}")
    return (write or Python())(op.vjp(i, g, Symbol(z), tuple(Symbol(a) if isinstance(a, str) else a for a in args)))


# Constants.
LONG = 64  # entries; an array with more is not written out


def literal(x: Any, precision: int | None = None, write: Callable[[Any], str] = repr) -> str:
    """``x`` as Python reads it, exactly, or to ``precision`` significant digits: numbers, arrays, shapes, keys of an index.

    ``write`` writes the symbols in it. Raises ValueError for an array of more than 64 entries, unless they are all the same or
    count from 0.

    >>> from autograd import tensor
    >>> literal(0.1), literal((2, None)), literal(tensor([[0.1, 2.0]]).numpy())
    ('0.1', '(2, None)', 'np.array([[0.1, 2.0]], dtype=np.float32)')
    """
    if isinstance(x, Symbol):
        return write(x)
    if isinstance(x, tuple):
        return f"({', '.join(literal(e, precision, write) for e in x)}{',' * (len(x) == 1)})"
    if isinstance(x, list):
        return f"[{', '.join(literal(e, precision, write) for e in x)}]"
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
