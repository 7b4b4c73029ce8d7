"""Formulas as people write them: ``g · (1 − z²)`` for ``g * (1 - z * z)``.

Pictures and the player show formulas to readers who need not know Python. A row whose mathematics is unlike its Python has a ``formula``.
"""

from __future__ import annotations

from typing import Any

from autograd.core.node import Op
from autograd.core.symbols import ATOM, BINDS, COMPARE, NEGATIVE, POWER, SIGN, TIMES, WORDS, Python, Symbol, literal
from autograd.ops.moves import reshape_

__all__ = ["Mathematics", "mathematics"]

UP = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
DOWN = str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋")
_SIGNS = {"-": "−", "%": "mod", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}


class Mathematics(Python):
    """Writes symbols as mathematics, numbers to four digits. A row says in its ``formula`` where that is unlike its Python."""

    times, over, comma = "·", "/", ""

    def __call__(self, x: Any, binds: int = COMPARE) -> str:
        while isinstance(x, Symbol) and x.op is reshape_ and 1 in x.args[1]:
            x = x.args[0]  # dimensions of size 1, so that it broadcasts
        return super().__call__(x, binds)

    def of(self, x: Any) -> tuple[str, int]:
        text, binds = super().of(x)
        return text, SIGN if binds == NEGATIVE else binds

    def applied(self, op: Op, args: tuple[Any, ...]) -> Any:
        return op.formula(self, *args) if op.formula is not None else super().applied(op, args)

    def constant(self, x: Any) -> str:
        if hasattr(x, "tolist") and x.ndim:
            counts = x.ndim == 1 and x.dtype.kind in "iu" and x.size > 1 and x[-1] == x.size - 1 and (x == range(x.size)).all()
            return f"0…{x.size - 1}" if counts else "…"  # the classes of a loss
        if hasattr(x, "item"):
            x = x.item()
        if isinstance(x, float):
            return f"{x:.4g}".replace("-", "−")
        if isinstance(x, tuple | list):
            return f"({', '.join(map(self, x))})"
        return "…" if x is ... else literal(x).replace("-", "−")

    def call(self, name: str, *args: Any, **given: Any) -> str:
        dim = given.get("dim", ())
        name = name.removeprefix("ag.").removeprefix("np.") + self.below(dim if isinstance(dim, tuple) else (dim,))
        return f"{name}({', '.join(self(a, WORDS if len(args) == 1 else COMPARE) for a in args)})"

    def infix(self, op: Op, a: Any, b: Any) -> Any:
        sign = op.infix or ""
        if sign == "**":
            return self.power(a, self(b, POWER if isinstance(b, Symbol) and b.op is not None else SIGN))
        if sign == "*":
            return self.factors(a, b)
        binds = BINDS[sign]
        left, right = binds - (binds == COMPARE), binds - (sign != "+")
        return f"{self(a, left)} {self.over if sign == '/' else _SIGNS.get(sign, sign)} {self(b, right)}", binds

    def power(self, base: Any, power: str) -> tuple[str, int]:
        """A power with its exponent as text, small and raised where it is an int."""
        plain = power.replace("−", "-")
        return f"{self(base, ATOM)}{plain.translate(UP) if plain.lstrip('-').isdecimal() else f'^{power}'}", POWER

    def factors(self, a: Any, b: Any) -> tuple[str, int]:
        """A product: one minus sign at its front, equal neighbours as a power, no 1."""
        chain: list[Any] = []
        stack = [b, a]
        while stack:
            top = stack.pop()
            if isinstance(top, Symbol) and top.op is not None and top.op.infix == "*":
                stack += top.args[::-1]
            else:
                chain.append(top)
        minus = ""
        if isinstance(chain[0], Symbol) and chain[0].op is Symbol.rows["neg"]:
            minus, chain[0] = "−", chain[0].args[0]
        chain = [f for f in chain if isinstance(f, Symbol) or f != 1]
        if len(chain) < 2 and not minus:
            return self.of(chain[0]) if chain else ("1", ATOM)
        runs: list[tuple[Any, int]] = []
        for f in chain:
            if runs and _same(f, runs[-1][0]):
                runs[-1] = f, runs[-1][1] + 1
            else:
                runs.append((f, 1))
        texts = [self(f, TIMES if k == 0 else POWER) if n == 1 else self.power(f, str(n))[0] for k, (f, n) in enumerate(runs)]
        return minus + f" {self.times} ".join(texts), TIMES if len(texts) > 1 else SIGN

    def index(self, k: Any) -> str:
        return Python().index(k) if isinstance(k, slice) else super().index(k)

    # What the rows use to write themselves.
    def below(self, axes: Any, x: Any = None) -> str:
        """Axes as small numbers below; of all the axes of ``x`` nothing is said."""
        return "" if x is not None and len(axes) == len(getattr(x, "shape", ())) else self.comma.join(map(str, axes)).translate(DOWN)

    def sizes(self, shape: tuple[Any, ...], of_none: str = "a number") -> str:
        return "×".join(map(str, shape)) or of_none


def _same(a: Any, b: Any) -> bool:
    """Are two factors one, and do not only look alike?"""
    atoms = [x for x in (a, b) if isinstance(x, Symbol) and x.op is None]
    return a is b if len(atoms) == 2 else bool(Python()(a) == Python()(b))


def mathematics(formula: Any) -> str:
    """What was made of symbols, as people write it.

    >>> from autograd.program.formulas import Seen
    >>> import numpy as np
    >>> from autograd import where, sum
    >>> g, z, x = (Seen(name, np.ones((2, 3))) for name in "gzx")
    >>> print(mathematics(g * (1 - z * z)), mathematics(x.mT @ g), mathematics(sum(g, 0)), mathematics(where(x <= 0, 0, g)), sep="; ")
    g · (1 − z²); xᵀ @ g; Σ₀ g; 0 where x ≤ 0, else g
    """
    return Mathematics().of(formula)[0]
