"""Symbols: what is handed to a rule to read the rule itself.

A `Symbol` is a node with a text for data. Arithmetic on it writes arithmetic, and a row called on it writes a call, so
``mul.vjps[0](Symbol("g"), Symbol("z"), Symbol("x"), Symbol("y"))`` reads ``g * y``. From this come the chain-rule text
of a picture and the source of the fast scalar kernels; the table of rules stays the only place where they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.graph import Node, Op

__all__ = ["Symbol", "derivative"]

ATOM, POWER, SIGN, TIMES, PLUS, COMPARE = range(6)  # how tightly the outermost operator of a text binds


def _binary(sign: str, binds: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def write(a: Any, b: Any) -> Any:
        for one, other in ((a, b), (b, a)) if sign == "*" else ():  # 1 * y is y, -1 * y is -y
            if not isinstance(one, Symbol) and one in (1, -1):
                return other if one == 1 else -other
        if sign == "**":
            text = f"{_text(a, ATOM)} ** {_text(b, POWER)}"
        else:  # a - (b - c) and a / (b * c) keep their brackets
            text = f"{_text(a, binds)} {sign} {_text(b, binds - (sign in '-/'))}"
        return Symbol(text, binds)

    return write, lambda a, b: write(b, a)


def _text(s: Any, binds: int) -> str:
    if isinstance(s, Symbol):
        return s.raw if s.binds <= binds else f"({s.raw})"
    return repr(s)


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
        self.op = self.grad = self.mark = None
        self.x = ()

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        return cls(f"{op.name}({', '.join(_text(a, COMPARE) for a in args)})")

    __add__, __radd__ = _binary("+", PLUS)
    __sub__, __rsub__ = _binary("-", PLUS)
    __mul__, __rmul__ = _binary("*", TIMES)
    __truediv__, __rtruediv__ = _binary("/", TIMES)
    __pow__, __rpow__ = _binary("**", POWER)
    __lt__, _ = _binary("<", COMPARE)
    __le__, _ = _binary("<=", COMPARE)
    __gt__, _ = _binary(">", COMPARE)
    __ge__, _ = _binary(">=", COMPARE)
    __eq__, _ = _binary("==", COMPARE)
    __ne__, _ = _binary("!=", COMPARE)
    __hash__ = object.__hash__

    def __neg__(self) -> Symbol:
        return Symbol(f"-{_text(self, SIGN)}", SIGN)

    def __bool__(self) -> bool:
        raise TypeError(f"the rule asks whether {self.raw!r} is true; write where(condition, a, b) instead of if")

    def __repr__(self) -> str:
        return self.raw


def derivative(op: Op, i: int, g: Any = 1, z: str = "z", args: tuple[Any, ...] = ("x", "y")) -> str:
    """The vjp of argument ``i`` of ``op`` as text; strings among ``args`` become symbols.

    >>> from autograd import tanh
    >>> derivative(tanh, 0, args=("x",)), derivative(tanh, 0, Symbol("g"), args=("x",))
    ('1 - z * z', 'g * (1 - z * z)')
    """
    rule = list(zip(args, op.vjps))[i][1]
    if rule is None:
        raise ValueError(f"{op!r} has no gradient for argument {i}")
    return _text(rule(g, Symbol(z), *(Symbol(a) if isinstance(a, str) else a for a in args)), COMPARE)
