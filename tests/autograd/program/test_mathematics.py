"""Formulas as people write them, for whatever a rule may have made of symbols."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd.ops import elementwise, moves, products, reduce
from autograd.program.formulas import Seen
from autograd.program.mathematics import mathematics

ROWS = {**vars(elementwise), **vars(moves), **vars(reduce), **vars(products), **vars(ag), "ag": ag, "np": np}


class Symbols(Mapping[str, Any]):
    """Any letter is a symbol that stands for a tensor."""

    def __init__(self, *shape: int) -> None:
        self.raw = np.ones(shape)
        self.made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name in ROWS or name in ("slice",):
            raise KeyError
        return self.made.setdefault(name, Seen(name, self.raw))

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[str]:
        return iter(())


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("g * y", "g · y"), ("1 - z * z", "1 − z²"), ("g.mT @ x", "gᵀ @ x"), ("g * -0.5 * z * z * z", "g · (−0.5) · z³"),
        ("-g * z / y", "−g · z / y"), ("a / z * z", "a / z · z"), ("-x * x", "−x²"), ("x ** -2", "x⁻²"), ("(x + 1) ** 2", "(x + 1)²"), ("x ** 0.5", "x^0.5"),
        ("x ** where(y == 0, 0, y - 1)", "x^(0 where y = 0, else y − 1)"), ("x - (y - 1)", "x − (y − 1)"), ("a / (b * c)", "a / (b · c)"),
        ("g * 1.1283791670955126 * exp(-x * x)", "g · 1.128 · exp(−x²)"), ("ag.sum(g * x, dim=0).reshape(1, 3)", "Σ₀ (g · x)"),
        ("ag.sum(-g)", "Σ (−g)"), ("g.reshape(3, 2)", "g as 3×2"), ("g[0].reshape(1, 3)", "g[0] as 1×3"), ("exp(x - z[0].reshape(1, 3))", "exp(x − z[0])"),
        ("x * broadcast_to_((g[:, :1] / z[:, :1]).reshape(2, 1), (2, 3))", "x · (g[:, :1] / z[:, :1], spread to 2×3)"),
        ("cast_(g, np.dtype(np.float64))", "g as float64"), ("where(z == z, x == z, x != x) * np.ones((), np.float32)", "x = z"), ("z * np.float32(2.0)", "z · 2"),
        ("put_(g, (0, slice(None), slice(1, 3)), (4, 2, 3))", "g, put back at [0, :, 1:3]"), ("g[..., np.array([1, 2])]", "g[…, …]"),
        ("mean(x, dim=1, keepdim=True)", "mean₁(x)"), ("g * abs(x) + sqrt(x)", "g · |x| + √x"), ("square(x + 1)", "(x + 1)²"),
        ("x <= y", "x ≤ y"), ("(x < y) != z", "(x < y) ≠ z"), ("x // y % z", "x // y mod z"), ("1 * 1", "1"),
        ('einsum("ik,jk->ij", g, x)', 'einsum("ik,jk->ij", g, x)'), ("stack([a, b], dim=0)", "stack₀((a, b))"),
        ("g * 0", "g · 0"), ("x.max(axis=0)", "x.max()"), ("-(-x)", "−−x"), ("a - np.exp(x) * 2.5", "a − exp(x) · 2.5"),
    ],
)  # fmt: skip
def test_mathematics(code: str, shown: str) -> None:
    assert mathematics(eval(code, dict(ROWS), Symbols(2, 3))) == shown


@given(st.text(max_size=20))
def test_mathematics_takes_any_name(name: str) -> None:
    s = Seen(name, 1.0)
    assert mathematics(s) == name and mathematics(s * Seen("g", 1.0)) == (
        f"{name} · g" if name not in ("g", "1") else mathematics(s * s) if name == "g" else "g"
    )
