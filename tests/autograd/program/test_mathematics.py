"""Formulas as people write them, for whatever a rule may have written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.program.mathematics import mathematics


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("g * y", "g · y"), ("1 - z * z", "1 − z²"), ("g.mT @ x", "gᵀ @ x"), ("g * -0.5 * z * z * z", "g · (−0.5) · z³"),
        ("-g * z / y", "−g · z / y"), ("a / z * z", "a / z · z"), ("-x * x", "−x²"), ("x ** -2", "x⁻²"), ("(x + 1) ** 2", "(x + 1)²"), ("x ** 0.5", "x^0.5"),
        ("x ** where(y == 0, 0, y - 1)", "x^(0 where y = 0, else y − 1)"), ("x - (y - 1)", "x − (y − 1)"), ("a / (b * c)", "a / (b · c)"),
        ("g * 1.1283791670955126 * exp(-x * x)", "g · 1.128 · exp(−x²)"), ("ag.sum(g * x, dim=(0, 2)).reshape(1, 3, 1)", "Σ₀₂ (g · x)"),
        ("ag.sum(-g)", "Σ (−g)"), ("g.reshape(2, 3)", "g as 2×3"), ("g.reshape(1, 3)", "g as 1×3"), ("exp(x - z.reshape(1, 3))", "exp(x − z)"),
        ("x * np.broadcast_to((g / z).reshape(2, 1), (2, 30000))", "x · (g / z, spread to 2×30000)"), ("g.astype(np.float64)", "g as float64"),
        ("g.reshape(())", "g as a number"), ("where(z == z, x == z, x != x) * np.float32(1.0)", "x = z"), ("z * np.float32(2.0)", "z · 2"),
        ("put_(g, np.index_exp[0, :, 1:3], (4,))", "g, put back at [0, :, 1:3]"), ("g[..., np.array([1, 2])]", "g[…, …]"),
        ("mean(x, dim=1, keepdim=True)", "mean₁(x)"), ("g * abs(x) + sqrt(x)", "g · |x| + √x"), ("square(x + 1)", "(x + 1)²"),
        ("x <= y", "x ≤ y"), ("(x < y) != z", "(x < y) ≠ z"), ("x // y % z", "x // y mod z"), ("vjp of softsign", "vjp of softsign"),
        ("w[0,1] * fc1.weight", "w[0, 1] · fc1.weight"), ("∂L/∂w * x - 1", "∂L/∂w · x − 1"), ("σ * y", "σ · y"), ("1 * 1", "1"),
        ('einsum("ik,jk->ij", g, x2)', "einsum(ik,jk->ij, g, x2)"), ("stack([a, b], dim=0)", "stack₀((a, b))"), ("g * (a & b)", "g · (a & b)"),
        ("a < b < c", "a < b < c"), ("where()", "where()"), ("g * 0", "g · 0"), ("x.max(axis=0)", "x.max()"), ("-(-x)", "−−x"),
    ],
)  # fmt: skip
def test_mathematics(text: str, shown: str) -> None:
    assert mathematics(text) == shown


@given(st.text(max_size=20))
def test_mathematics_takes_any_name(name: str) -> None:
    for text in (name, f"g * y{name}", f"g * {name}", f"where({name})", "(" * 300 + name):
        assert isinstance(mathematics(text), str)
