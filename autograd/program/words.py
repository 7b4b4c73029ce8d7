"""How a picture says things: numbers, shapes, and operations with their constants folded in."""

from __future__ import annotations

import linecache
import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.node import Node, Op
from autograd.core.notes import Notes

__all__ = ["ORDERED", "clean", "details", "number", "shape", "shape_of", "sign", "size", "value"]

SIGNS = {
    "*": "×", "-": "−", "neg": "−{x}", "/": "÷", "sum": "Σ", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "abs": "|{x}|", "sqrt": "√",
    "square": "{x}²", "reciprocal": "1 ÷ {x}", "broadcast": "spread", "tensor": "gather", "values": "scatter",
    "log_softmax": "log\nsoftmax", "cross entropy": "cross\nentropy",
}  # fmt: skip
_INFIX = ("+", "-", "*", "/", "%", "//")
_UP = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")
_DOWN = str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋")
_UNSEEN = {i: 0x2400 + i for i in range(32)} | {127: 0x2421, 9: " ", 13: None}  # control characters as their pictures
_UNSEEN |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD) | {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}  # what no file may hold


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


def size(count: float, unit: str) -> str:
    """A count with thousands separated and its unit, in the plural where it is one.

    >>> size(1, "parameter"), size(100480, "parameter")
    ('1 parameter', '100,480 parameters')
    """
    return f"{count:,} {unit}{'s' * (count != 1)}"


def shape_of(n: Any) -> tuple[int, ...]:
    """The sizes of the dimensions; none for a Value."""
    return tuple(getattr(n, "shape", ()))


def value(raw: Any, precision: int = 4) -> str:
    """One number, or the shape of an array: what stands in a box."""
    sizes = np.shape(raw)
    return f"tensor {shape(sizes)}" if sizes else number(float(raw), precision)


def clean(name: str, longest: int = 40) -> str:
    """A name as it can stand in a picture: control characters made visible, the middle left out where it is too long."""
    name = name.translate(_UNSEEN) if not name.isprintable() else name
    return name if len(name) <= longest else f"{name[: longest - 12]}…{name[-11:]}"


def _nameless(_: Any) -> str:
    return ""


def sign(
    op: Op, args: tuple[Any, ...], fold: bool = True, precision: int = 4, called: Callable[[Any], str] = _nameless, letter: str = "x"
) -> str:
    """The operation as a reader would write it, constants folded in. ``letter`` stands for an operand that is not ``called`` anything.

    >>> from autograd import mul, pow, sub
    >>> sign(mul, (0.1, mul)), sign(pow, (mul, 2.0)), sign(mul, (mul, mul)), sign(sub, (mul, mul), called=lambda a: "ab")
    ('0.1 × x', 'x²', '×', 'ab − ab')
    """
    name, plain = op.name, SIGNS.get(op.name, op.name)
    places = [i for i, a in enumerate(args) if isinstance(a, int | float) and not isinstance(a, bool)]
    x = next((called(a) for a in args if isinstance(a, Node)), "") or letter
    if len(args) == 2 and len(places) == 1 and fold and (name in _INFIX or name in _FOLDED):
        c = number(args[places[0]], precision)
        first = places[0] == 0
        if name == "pow" and not first and c.lstrip("−").isdigit():
            return f"{x}{c.replace('−', '-').translate(_UP)}"
        if c[0] == "−" and name not in _FOLDED.keys() - {"pow"}:
            c = f"({c})"
        if name == "pow":
            return f"{c} ^ {x}" if first else f"{x} ^ {c}"
        if name in _INFIX:
            return f"{c} {plain} {x}" if first else f"{x} {plain} {c}" if name != "*" else f"{c} × {x}"
        return f"{_FOLDED[name]}({x}, {c})"
    if name in ORDERED and all(map(called, args)):
        return f"{called(args[0])} {'^' if name == 'pow' else plain} {called(args[1])}"
    if name in ("sum", "mean", "max", "min", "norm", "std", "logsumexp", "softmax", "log_softmax", "cumsum") and len(args) > 1:
        axes = args[1] if isinstance(args[1], tuple) else ()
        if 0 < len(axes) < len(shape_of(args[0])):
            return plain + ",".join(map(str, axes)).translate(_DOWN)
    if name == "permute" and len(args) > 1:
        return f"{x}ᵀ" if tuple(args[1]) == (1, 0) else f"permute {shape(args[1])}"
    if name == "reshape" and len(args) > 1:
        return f"reshape\n{shape(args[1]) or 'scalar'}"
    if name == "to" and len(args) > 1:
        return f"to {np.dtype(args[1]).name}"
    if name == "[]" and len(args) > 1:
        return f"{x}[{_index(args[1], called)}]"
    if name == "item" and len(args) > 1:
        return f"[{args[1]}]"
    return plain.replace("{x}", x)


ORDERED = ("-", "/", "pow", "%", "//")  # where it matters which operand comes first
_FOLDED = {"pow": "", "maximum": "max", "minimum": "min", "clamp_min": "max", "clamp_max": "min", "prelu": "prelu", "elu": "elu"}


def _index(key: Any, called: Callable[[Any], str]) -> str:
    parts, letters = [], iter("ijklmnpq" * 8)  # for arrays of indices
    for k in key if isinstance(key, tuple) else (key,):
        if isinstance(k, slice):
            start, stop, step = ("" if s is None else str(s) for s in (k.start, k.stop, k.step))
            parts.append(f"{start}:{stop}" + f":{step}" * bool(step))
        else:
            parts.append("…" if k is Ellipsis else str(k) if k is None or isinstance(k, int) else called(k) or next(letters))
    if len(parts) > 1 and parts[-1] == "…":
        parts.pop()
    return ", ".join(parts)


def details(n: Any, name: str, precision: int = 4, source: bool = True) -> str:
    """What the mouse finds: the full name, the operation, dtype and shape, least, mean and greatest entry, the line of code."""
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
    if source and isinstance(n.tag, Notes) and n.tag.place is not None:
        file, line = n.tag.place.code.co_filename, n.tag.place.line
        lines.append(f"{os.path.basename(file)}:{line}: {clean(linecache.getline(file, line).strip(), 100)}".rstrip(": "))
    return "\n".join(lines)
