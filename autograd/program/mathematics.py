"""Formulas as people write them: ``g · (1 − z²)`` for ``g * (1 - z * z)``."""

from __future__ import annotations

import ast

from autograd.core.symbols import ATOM, COMPARE, MATRIX, PLUS, POWER, SIGN, TIMES, WORDS

__all__ = ["mathematics"]

_UP = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_DOWN = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SIGNS: dict[type, tuple[str, int]] = {
    ast.Add: ("+", PLUS), ast.Sub: ("−", PLUS), ast.Mult: ("·", TIMES), ast.Div: ("/", TIMES), ast.MatMult: ("@", MATRIX),
    ast.FloorDiv: ("//", MATRIX), ast.Mod: ("mod", MATRIX), ast.Lt: ("<", COMPARE), ast.LtE: ("≤", COMPARE), ast.Gt: (">", COMPARE),
    ast.GtE: ("≥", COMPARE), ast.Eq: ("=", COMPARE), ast.NotEq: ("≠", COMPARE),
}  # fmt: skip


def mathematics(text: str) -> str:
    """The text of `chain_rule` as people write it, numbers to four digits. A text with names that are no Python keeps its form.

    >>> print(mathematics("g * (1 - z * z)"), mathematics("x.mT @ g"), mathematics("ag.sum(g, dim=0)"), sep="; ")
    g · (1 − z²); xᵀ @ g; Σ₀ g
    >>> print(mathematics("where(x <= 0, 0, g)"), mathematics("np.broadcast_to(g.reshape(32, 1), (32, 10))"), sep="; ")
    0 where x ≤ 0, else g; g, spread to 32×10
    """
    try:
        return _pretty(ast.parse(text, mode="eval").body)[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # what the parser makes of names such as ∂L/∂w
        return text.replace(" * ", " · ").replace("-", "−")


def _at(node: ast.expr, binds: int) -> str:
    """A part of a larger text, in brackets where it needs them."""
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr="reshape")) if any(
            isinstance(a, ast.Constant) and a.value == 1 for a in node.args
        ):
            return _at(inner, binds)  # dimensions of size 1, so that it broadcasts
    text, own = _pretty(node)
    return text if own <= binds else f"({text})"


def _pretty(node: ast.expr) -> tuple[str, int]:
    """A text and how tightly it binds."""
    match node:
        case ast.Constant(value=float() as x):
            return f"{x:.4g}".replace("-", "−"), ATOM
        case ast.Constant(value=x):
            return "…" if x is ... else str(x), ATOM
        case ast.Attribute(value=ast.Name(id="ag" | "np"), attr=name):
            return name, ATOM
        case ast.Attribute(value=x, attr="T" | "mT"):
            return f"{_at(x, ATOM)}ᵀ", ATOM
        case ast.Attribute(value=x, attr=name):
            return f"{_at(x, ATOM)}.{name}", ATOM
        case ast.UnaryOp(op=ast.USub(), operand=x):
            return f"−{_at(x, SIGN)}", SIGN
        case ast.BinOp(left=x, op=ast.Pow(), right=y):
            return _power(x, _at(y, SIGN if isinstance(y, ast.UnaryOp) else ATOM))
        case ast.BinOp(op=ast.Mult()):
            return _factors(node)
        case ast.BinOp(left=x, op=op, right=y) if type(op) in _SIGNS:
            sign, binds = _SIGNS[type(op)]
            return f"{_at(x, binds)} {sign} {_at(y, binds if sign == '+' else binds - 1)}", binds
        case ast.Compare(left=x, ops=[op], comparators=[y]) if type(op) in _SIGNS:
            return f"{_at(x, PLUS)} {_SIGNS[type(op)][0]} {_at(y, PLUS)}", COMPARE
        case ast.Call():
            return _called(node)
        case ast.Subscript(value=x, slice=key):
            return f"{_at(x, ATOM)}[{_key(key)}]", ATOM
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return f"({', '.join(_at(e, COMPARE) for e in parts)})", ATOM
        case ast.Name(id=name):
            return name, ATOM
    return ast.unparse(node), WORDS


def _power(base: ast.expr, power: str) -> tuple[str, int]:
    plain = power.replace("−", "-")
    return f"{_at(base, ATOM)}{plain.translate(_UP) if plain.lstrip('-').isdecimal() else f'^{power}'}", POWER


def _factors(node: ast.expr) -> tuple[str, int]:
    """A product: one minus sign at its front, equal neighbours as a power, no 1."""
    chain: list[ast.expr] = []
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, ast.BinOp) and isinstance(top.op, ast.Mult):
            stack += [top.right, top.left]
        else:
            chain.append(top)
    minus = ""
    if isinstance(chain[0], ast.UnaryOp) and isinstance(chain[0].op, ast.USub):
        minus, chain[0] = "−", chain[0].operand
    chain = [f for f in chain if _pretty(f)[0] != "1"]
    if len(chain) < 2 and not minus:
        return _pretty(chain[0]) if chain else ("1", ATOM)
    runs: list[tuple[ast.expr, int]] = []
    for f in chain:
        if runs and ast.dump(f) == ast.dump(runs[-1][0]):
            runs[-1] = f, runs[-1][1] + 1
        else:
            runs.append((f, 1))
    texts = [_at(f, TIMES if k == 0 else POWER) if n == 1 else _power(f, str(n))[0] for k, (f, n) in enumerate(runs)]
    return minus + " · ".join(texts), TIMES if len(texts) > 1 else SIGN


def _key(node: ast.expr) -> str:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return ", ".join(ast.unparse(p) if isinstance(p, ast.Slice) else _at(p, COMPARE) for p in parts)


def _sizes(nodes: list[ast.expr]) -> str:
    sizes = nodes[0].elts if len(nodes) == 1 and isinstance(nodes[0], ast.Tuple) else nodes
    return "×".join(_at(s, COMPARE) for s in sizes) or "a number"


def _called(node: ast.Call) -> tuple[str, int]:
    dims = next((k.value for k in node.keywords if k.arg == "dim"), None)
    axes = dims.elts if isinstance(dims, ast.Tuple) else [] if dims is None else [dims]
    below = "".join(map(ast.unparse, axes)).translate(_DOWN)
    name = _pretty(node.func)[0]
    match node.func, node.args:
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="sum")) as x, attr="reshape"), _:
            return _pretty(x)  # what was summed away came back with size 1
        case ast.Attribute(value=x, attr="reshape"), sizes:
            return f"{_at(x, COMPARE)} as {_sizes(sizes)}", WORDS
        case ast.Attribute(value=x, attr="astype"), [dtype]:
            return f"{_at(x, COMPARE)} as {_at(dtype, ATOM)}", WORDS
        case ast.Attribute(value=ast.Name(id="ag" | "np")) | ast.Name(), args:
            match name, args:
                case "broadcast_to", [ast.Call(func=ast.Attribute(value=x, attr="reshape")) | x, shape]:
                    return f"{_at(x, COMPARE)}, spread to {_sizes([shape])}", WORDS
                case "where", [ast.Compare(left=a, ops=[ast.Eq()], comparators=[b]), x, _] if ast.dump(a) == ast.dump(b):
                    return _pretty(x)  # but where a is NaN
                case "where", [c, x, y]:
                    return f"{_at(x, COMPARE)} where {_at(c, COMPARE)}, else {_at(y, COMPARE)}", WORDS
                case "put_", [x, ast.Subscript(slice=key), _]:
                    return f"{_at(x, COMPARE)}, put back at [{_key(key)}]", WORDS
                case "sum", [x]:
                    return f"Σ{below} {_at(x, POWER)}", POWER
                case "abs", [x]:
                    return f"|{_at(x, COMPARE)}|", ATOM
                case "sqrt", [x]:
                    return f"√{_at(x, ATOM)}", POWER
                case "square", [x]:
                    return _power(x, "2")
                case "float32" | "float64", [x]:
                    return _pretty(x)
                case "array" | "full" | "arange", _:
                    return "…", ATOM
    return f"{name}{below}({', '.join(_at(a, WORDS if len(node.args) == 1 else COMPARE) for a in node.args)})", ATOM
