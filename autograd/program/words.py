"""How a picture says things: numbers, shapes, and operations with their constants folded in."""

from __future__ import annotations

import linecache
import math
import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd.core.node import Node, Op
from autograd.core.symbols import ATOM, BINDS, COMPARE
from autograd.program.mathematics import UP, Mathematics

__all__ = ["clean", "details", "number", "seen", "shape", "shape_of", "sign", "size", "value"]

_UNSEEN = {i: 0x2400 + i for i in range(32)} | {127: 0x2421, 9: " ", 13: None}  # control characters as their pictures
_UNSEEN |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)  # have none, or no file may hold them


def number(x: float, precision: int = 4) -> str:
    """``precision`` significant digits, a true minus sign, no -0.

    >>> number(-0.30000000000000004), number(-0.0), number(1e-7)
    ('−0.3', '0', '1e−07')
    """
    return f"{x + 0.0:.{precision}g}".replace("-", "−")


def shape(sizes: tuple[int, ...]) -> str:
    """Sizes with the times sign.

    >>> shape((32, 128)), shape((3,))
    ('32×128', '3')
    """
    return "×".join(map(str, sizes))


def size(count: float, unit: str, units: str = "") -> str:
    """A count with thousands separated and its unit, in the plural where it is one.

    >>> size(1, "parameter"), size(100480, "parameter"), size(2, "box", "boxes")
    ('1 parameter', '100,480 parameters', '2 boxes')
    """
    return f"{count:,} {unit if count == 1 else units or unit + 's'}"


def shape_of(n: Any) -> tuple[int, ...]:
    """The sizes of the dimensions; none for a Value."""
    return tuple(getattr(n, "shape", ()))


def value(raw: Any, precision: int = 4) -> str:
    """One number, or the shape of an array: what stands in a box."""
    sizes = np.shape(raw)
    return f"tensor {shape(sizes)}" if sizes else number(float(raw), precision)


def seen(text: str) -> str:
    """Text with its control characters made visible, and without what neither XML nor UTF-8 can hold.

    >>> seen(chr(27) + "[1m" + chr(0xFFFE))
    '␛[1m�'
    """
    return text if text.isprintable() else text.translate(_UNSEEN)


def clean(name: str, longest: int = 40) -> str:
    """A name as it can stand in a picture: control characters made visible, the middle left out where it is too long."""
    name = seen(name)
    return name if len(name) <= longest else f"{name[: longest - 12]}…{name[-11:]}"


def _nameless(_: Any) -> str:
    return ""


class _Circle(Mathematics):
    """Writes an operation for a circle, on what its arguments are ``called``; ``x`` where that is nothing."""

    comma = ","

    def __init__(self, called: Callable[[Any], str], precision: int, fold: bool) -> None:
        self.called, self.precision, self.fold = called, precision, fold
        self.letters = iter("ijklmnpq" * 8)  # for arrays of indices

    def operand(self, args: tuple[Any, ...]) -> str:
        """What the first argument that is a node is called."""
        return next((self.called(a) for a in args if isinstance(a, Node)), "") or "x"

    def constant_of(self, args: tuple[Any, ...]) -> int | None:
        """The place of the one constant that is folded into an operation of two arguments."""
        places = [i for i, a in enumerate(args) if isinstance(a, int | float) and not isinstance(a, bool)]
        return places[0] if self.fold and len(args) == 2 and len(places) == 1 else None

    def with_constant(self, name: str, args: tuple[Any, ...]) -> str | None:
        """A call with the constant among two arguments; None where there is none."""
        i = self.constant_of(args)
        return None if i is None else f"{name}({self.operand(args)}, {number(args[i], self.precision)})"

    def of(self, x: Any) -> tuple[str, int]:
        return (self.called(x) or "x", ATOM) if isinstance(x, Node) else super().of(x)

    def constant(self, x: Any) -> str:
        if isinstance(x, float):
            return number(x, self.precision)
        if isinstance(x, np.ndarray) and x.ndim:
            return self.called(x) or next(self.letters)
        return super().constant(x)


def sign(op: Op, args: tuple[Any, ...], fold: bool = True, precision: int = 4, called: Callable[[Any], str] = _nameless) -> str:
    """The operation as a reader would write it, constants folded in; ``x`` stands for an operand that is not ``called`` anything.

    >>> from autograd import Value, mul, pow, sub
    >>> v = Value(1.0)
    >>> sign(mul, (0.1, v)), sign(pow, (v, 2.0)), sign(mul, (v, v)), sign(sub, (v, v), called=lambda a: "ab")
    ('0.1 × x', 'x²', '×', 'ab − ab')
    """
    plain = op.sign if isinstance(op.sign, str) else op.name
    if plain is op.sign and op.infix in ("+", "*") and all(isinstance(a, Node) for a in args):
        return plain  # what most operations of scalars are
    p = _Circle(called, precision, fold)
    text: str | None = None
    if callable(op.sign):
        text = op.sign(p, *args)
    elif op.infix is None and op.entrywise:
        text = p.with_constant(plain, args)
    if text is not None:
        return text
    if op.infix is not None and BINDS[op.infix] < COMPARE and (i := p.constant_of(args)) is not None:
        return _folded(op, plain, p.operand(args), number(args[i], precision), first=i == 0)
    if op.infix in ("-", "/", "**", "%", "//"):  # it matters which comes first; all else can be read from the arrows
        first, second = (called(a) if isinstance(a, Node) else p(a) for a in args)
        if first and second:
            return f"{first} {'^' if op.infix == '**' else plain} {second}"
    return plain.replace("{x}", p.operand(args)) if "{x}" in plain else plain


def _folded(op: Op, plain: str, x: str, c: str, first: bool) -> str:
    """An operator between ``x`` and the constant ``c``."""
    power = op.infix == "**"
    if power and not first and c.lstrip("−").isdigit():
        return f"{x}{c.replace('−', '-').translate(UP)}"
    if c[0] == "−":
        c = f"({c})"
    return f"{c} {'^' if power else plain} {x}" if first or op.infix == "*" else f"{x} {'^' if power else plain} {c}"


def details(n: Any, name: str, precision: int = 4, source: bool = True, more: Iterable[str] = ()) -> str:
    """What the mouse finds: the full name, the operation, dtype and shape, least, mean and greatest entry, ``more``, the line of code."""
    lines = [name] if name else []
    if not n.is_leaf:
        lines.append(f"result of {n.op.name}")
    sizes = shape_of(n)
    if hasattr(n, "dtype"):
        lines.append(f"{n.dtype} {shape(sizes)}".rstrip())
        raw = n.raw
        if raw is not None and raw.size and raw.ndim and raw.dtype.kind in "fiu":
            with np.errstate(all="ignore"):
                stats = [number(float(f(raw)), precision) for f in (np.min, np.mean, np.max)]
            lines.append("min {}, mean {}, max {}".format(*stats))
            if raw.size <= 12:
                lines.append(", ".join(number(float(x), precision) for x in raw.flat))
    if n.raw is None:
        lines.append("values let go by backward()")
    elif not sizes:
        x = float(n.raw)
        lines.append(repr(x) if math.isfinite(x) else number(x))
    lines += more
    if source and n.place is not None:
        file, line = n.place.code.co_filename, n.place.line
        lines.append(f"{os.path.basename(file)}:{line}: {clean(linecache.getline(file, line).strip(), 100)}".rstrip(": "))
    return "\n".join(map(seen, lines))
