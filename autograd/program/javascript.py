"""Recorded numbers as JavaScript, so that a page computes a graph of numbers, and its gradients, from other numbers than were recorded.

It is the rows themselves that write it: a rule, called with symbols, says what flows, as it does for the kernels of Values. How JavaScript
computes an operation stands at its row (``script``) or follows from how Python computes it with floats.
"""

from __future__ import annotations

import math
from typing import Any

from autograd.core.node import Op
from autograd.core.symbols import BINDS, COMPARE, PLUS, SIGN, Python, Symbol
from autograd.ops import elementwise

__all__ = ["JavaScript", "UnwritableError"]

_SIGNS = {sign: sign for sign in ("+", "-", "*", "/", "<", "<=", ">", ">=")} | {"==": "===", "!=": "!=="}  # as IEEE 754 has them
# Functions of Python's math that JavaScript's Math has by the same name.
_SHARED = frozenset((
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "exp", "expm1", "log", "log10", "log1p", "log2",
    "sin", "sinh", "sqrt", "tan", "tanh",
))  # fmt: skip


class UnwritableError(Exception):
    """An operation, ``op``, that nobody said in JavaScript."""

    def __init__(self, op: Op) -> None:
        super().__init__(f"nothing says how JavaScript computes {op!r}")
        self.op = op


class JavaScript(Python):
    """Writes symbols as JavaScript. ``functions`` are those that what was written calls, by their names.

    >>> from autograd import relu, tanh
    >>> write, x = JavaScript(), Symbol("x")
    >>> write(2 * tanh(x) + relu(x)), write.flows(tanh, 0, "g", "z", ["x"])
    ('2 * tanh(x) + relu(x)', 'g * (1 - z * z)')
    >>> write.functions
    {'tanh': 'Math.tanh', 'relu': 'x => x <= 0 ? 0 : x'}
    """

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}
        self._names: dict[Op, str] = {}

    def applied(self, op: Op, args: tuple[Any, ...]) -> Any:
        if op.infix in _SIGNS:
            return self.infix(op, *args)
        return f"{self._function(op, len(args))}({', '.join(map(self, args))})"

    def infix(self, op: Op, a: Any, b: Any) -> Any:
        """In the order of the rule: ``a * (b * c)`` keeps its brackets."""
        binds = BINDS[op.infix or ""]
        left, right = (PLUS, PLUS) if binds == COMPARE else (binds, binds - 1)
        return f"{self(a, left)} {_SIGNS[op.infix or '']} {self(b, right)}", binds

    def constant(self, x: Any) -> str:
        x = x.item() if hasattr(x, "item") else x
        if x.__class__ not in (bool, int, float):
            raise TypeError(f"{x!r} is no number")
        if x.__class__ is bool:
            return str(x).lower()
        x = float(x)
        return repr(x).removesuffix(".0") if math.isfinite(x) else "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"

    def computed(self, op: Op, args: list[Any]) -> str:
        """A call of ``op``; texts among ``args`` are names. Raises UnwritableError."""
        made = self.applied(op, tuple(Symbol(a) if isinstance(a, str) else a for a in args))
        return made[0] if isinstance(made, tuple) else made

    def flows(self, op: Op, i: int, g: str, z: str, args: list[Any], kernel: bool = True) -> str:
        """What flows into argument ``i``: ``g`` times the partial that a ``kernel`` stores, else what the rule gives. 1: the partial.

        Raises UnwritableError.
        """
        # Constants are symbols, too, for Python would compute with numbers, and raise: 1 / 0.0.
        symbols = [a if a.__class__ is bool else Symbol(a if isinstance(a, str) else f"({self.constant(a)})") for a in args]
        try:
            d = op.vjp(i, 1 if kernel or g == "1" else Symbol(g), Symbol(z), symbols)
        except Exception:  # a user's rule may raise anything for symbols
            raise UnwritableError(op) from None
        return self._times(g, d) if kernel else self._times("1", d)

    def _times(self, g: str, d: Any) -> str:
        """``g`` times a partial. Where that is 0 because nothing flows, an infinite ``g`` gives 0 as well."""
        if isinstance(d, Symbol) and d.op is elementwise.where:
            condition, *sides = d.x
            return "(Number({}) !== 0 ? {} : {})".format(self(condition), *(self._times(g, side) for side in sides))
        if d.__class__ is int and d == 0:
            return "0"
        if g == "1" or (d.__class__ in (int, float) and d == 1):
            return self(d) if g == "1" else g
        return f"-{g}" if d.__class__ in (int, float) and d == -1 else f"{g} * {self(d, SIGN)}"

    def _function(self, op: Op, count: int) -> str:
        """The name of the function that computes ``op``."""
        if op not in self._names:
            text = self._text(op, count)
            name = op.public if op.tabled and op.public.isidentifier() else f"own{len(self._names)}"
            self._names[op], self.functions[name] = name, text
        return self._names[op]

    def _text(self, op: Op, count: int) -> str:
        if op.script is not None:
            return op.script
        if getattr(op.on_float, "__module__", "") == "math" and op.on_float.__name__ in _SHARED:
            return f"Math.{op.on_float.__name__}"
        letters = [f"x{i}" for i in range(count)]
        try:
            made = op.on_float(*map(Symbol, letters))
            if not isinstance(made, Symbol) or made.op is op:
                raise TypeError(f"{op!r} gave {type(made).__name__} for symbols")
            return f"({', '.join(letters)}) => {self(made)}"
        except Exception:  # a user's function may raise anything for symbols
            raise UnwritableError(op) from None
