"""Walks the whole table: each row, each argument, floats, complex numbers and broadcast arrays, derivatives of order 1 to 3."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, Value
from autograd.graph import Op
from autograd.rules import ROWS
from tests.oracle import complex_step, derivative, difference, reduced

# Where each argument of a row may lie: everywhere, but (-2, 2) is enough; away from kinks and from the edge of the domain.
ANY, POSITIVE, KINKED = (-2.0, 2.0), (0.3, 2.0), (0.1, 2.0)
DOMAINS: dict[str, tuple[tuple[float, float], ...]] = {
    "log": (POSITIVE,), "sqrt": (POSITIVE,), "rsqrt": (POSITIVE,), "reciprocal": (POSITIVE,), "log1p": ((-0.5, 2.0),),
    "/": (ANY, POSITIVE), "pow": (POSITIVE, ANY), "tan": ((-1.0, 1.0),),
    "%": ((0.2, 0.8), (1.0, 2.0)), "//": ((0.2, 0.8), (1.0, 2.0)),
    "floor": ((0.2, 0.8),), "ceil": ((0.2, 0.8),), "round": ((0.1, 0.4),),
    "maximum": ((-2.0, -0.1), (0.1, 2.0)), "minimum": ((-2.0, -0.1), (0.1, 2.0)),
    "clamp_min": ((-2.0, -0.1), (0.1, 2.0)), "clamp_max": ((-2.0, -0.1), (0.1, 2.0)),
}  # fmt: skip
SIGNED = {"abs", "sign", "relu", "prelu", "elu"}  # kinked at 0: both sides are drawn, 0 is not
ANALYTIC = {
    "+", "-", "*", "/", "neg", "pow", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "square", "reciprocal", "sin",
    "cos", "tan", "atan", "sinh", "cosh", "tanh", "sigmoid", "softplus",
}  # fmt: skip
DIFFERENTIABLE = [row for row in ROWS.values() if row.differentiable and row.name != "where"]


def arity(row: Op) -> int:
    return len(list(row.vjps))


def numbers(row: Op, i: int) -> st.SearchStrategy[float]:
    low, high = (*DOMAINS.get(row.name, ()), ANY, ANY)[i] if i < len(DOMAINS.get(row.name, ())) else ANY
    if row.name in SIGNED and i == 0:
        return st.floats(*KINKED) | st.floats(-KINKED[1], -KINKED[0])
    return st.floats(low, high)


def cases(row: Op) -> list[tuple[Op, int]]:
    return [(row, i) for i, rule in enumerate(row.vjps) if rule is not None]


CASES = [case for row in DIFFERENTIABLE for case in cases(row)]
IDS = [f"{row.name}-{i}" for row, i in CASES]


def expected(row: Op, args: list[Any], i: int, order: int) -> Any:
    """The derivative without the engine's walk: complex step through compute, then through the rule; else differences."""
    rule = list(row.vjps)[i]
    assert rule is not None
    if order == 1:
        return complex_step(row.compute, args, i) if row.name in ANALYTIC else difference(row.compute, args, i)
    if order == 2:
        first = lambda *a: rule(np.ones(()), row.compute(*a), *a)  # noqa: E731
        return complex_step(first, args, i) if row.name in ANALYTIC else difference(first, args, i)
    second = lambda *a: derivative(row, list(a), i, 2, Tensor)  # noqa: E731
    return difference(second, [np.asarray(a, dtype=float) for a in args], i)


@pytest.mark.parametrize(("row", "i"), CASES, ids=IDS)
@pytest.mark.parametrize("order", [1, 2, 3])
@settings(max_examples=15)
@given(data=st.data())
def test_every_derivative_of_a_float(row: Op, i: int, order: int, data: st.DataObject) -> None:
    args = [data.draw(numbers(row, j)) for j in range(arity(row))]
    want = expected(row, args, i, order)
    raw = derivative(row, args, i, order, Value)
    recorded = derivative(row, args, i, order, Value, recorded=True)
    tolerance = 1e-12 if row.name in ANALYTIC and order < 3 else 1e-5
    assert raw == pytest.approx(float(want), rel=tolerance, abs=tolerance)
    assert recorded == pytest.approx(float(raw), rel=1e-13, abs=1e-14)


SHAPES = st.sampled_from([((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,)), ((1,), ()), ((2, 3), ()), ((0,), (1,))])


@pytest.mark.parametrize(("row", "i"), CASES, ids=IDS)
@pytest.mark.parametrize("order", [1, 2, 3])
@settings(max_examples=10)
@given(data=st.data())
def test_every_derivative_of_arrays_that_broadcast(row: Op, i: int, order: int, data: st.DataObject) -> None:
    shapes = data.draw(SHAPES)
    args = []
    for j in range(arity(row)):
        size = int(np.prod(shapes[j]))
        args.append(np.array(data.draw(st.lists(numbers(row, j), min_size=size, max_size=size))).reshape(shapes[j]))
    raw = derivative(row, args, i, order, Tensor)
    recorded = derivative(row, args, i, order, Tensor, recorded=True)
    assert raw.shape == args[i].shape
    np.testing.assert_allclose(recorded, raw, rtol=1e-12, atol=1e-13)
    shape = np.broadcast_shapes(*(a.shape for a in args))
    wide = [np.broadcast_to(a, shape) for a in args]
    want = reduced(np.broadcast_to(expected(row, wide, i, order), shape), args[i].shape)
    tolerance = 1e-11 if row.name in ANALYTIC and order < 3 else 1e-5
    np.testing.assert_allclose(raw, want, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("row", DIFFERENTIABLE, ids=lambda row: row.name)
@settings(max_examples=15)
@given(data=st.data())
def test_floats_arrays_values_and_tensors_agree(row: Op, data: st.DataObject) -> None:
    args = [data.draw(numbers(row, j)) for j in range(arity(row))]
    z = float(row.compute(*args))
    assert type(row.compute(*args)) is float or row.name in ("//", "floor", "ceil")
    assert row(*map(Value, args)).data == pytest.approx(z, rel=1e-14, abs=1e-300)
    assert float(row(*(np.asarray(a) for a in args))) == pytest.approx(z, rel=1e-14, abs=1e-300)
    assert row(*(ag.tensor(np.asarray(a)) for a in args)).item() == pytest.approx(z, rel=1e-14, abs=1e-300)
    single = row(*(ag.tensor(np.asarray(a, np.float32)) for a in args))
    assert single.dtype == np.float32


@given(c=st.booleans(), x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_where_takes_and_gives_to_one_side(c: bool, x: float, y: float) -> None:
    a, b = Value(x), Value(y)
    z = ag.where(c, a * a, b * 3)
    z.backward()
    assert (z.data, a.grad, b.grad) == ((x * x, 2 * x, 0.0) if c else (y * 3, 0.0, 3.0))


@pytest.mark.parametrize(
    ("f", "df"),
    [
        (ag.silu, lambda x: 1 / (1 + math.exp(-x)) * (1 + x * (1 - 1 / (1 + math.exp(-x))))),
        (ag.gelu, lambda x: 0.5 * math.erfc(-x / math.sqrt(2)) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
        (ag.leaky_relu, lambda x: 1.0 if x > 0 else 0.01),
        (ag.elu, lambda x: 1.0 if x > 0 else math.exp(x)),
        (lambda x: ag.clamp(x, -1.0, 1.0), lambda x: 1.0 if -1 <= x <= 1 else 0.0),
        (lambda x: 2.0**x, lambda x: math.log(2) * 2**x),
        (lambda x: ag.gelu(x, "tanh"), lambda x: float(difference(lambda t: ag.gelu(t, "tanh"), [x], 0))),
    ],
)
@given(x=st.floats(-4, 4))
def test_compositions_against_closed_forms(f: Any, df: Any, x: float) -> None:
    v = Value(x)
    f(v).backward()
    t = ag.tensor(np.array([x]), requires_grad=True)
    f(t).sum().backward()
    assert v.grad == pytest.approx(df(x), rel=1e-9, abs=1e-9)
    assert t.grad.item() == pytest.approx(v.grad, rel=1e-12, abs=1e-14)


EXTREMES = [0.0, -0.0, 1e-300, -1e-300, 1e300, -1e300, math.inf, -math.inf, math.nan, 1000.0, -1000.0, -40.0]


@pytest.mark.parametrize("row", [r for r in DIFFERENTIABLE if arity(r) == 1], ids=lambda row: row.name)
@pytest.mark.parametrize("x", EXTREMES, ids=str)
def test_extremes_agree_between_the_layers_and_warn_nobody(row: Op, x: float) -> None:
    v, t = Value(x), ag.tensor(np.array(x), requires_grad=True)
    with np.errstate(over="ignore" if row.name == "square" else "warn"):  # + - * and squares warn of overflow, as in numpy
        zv, zt = row(v), row(t)
    np.testing.assert_allclose(zv.data, zt.item(), rtol=1e-14)
    zv.backward()
    zt.backward()
    np.testing.assert_allclose(v.grad, t.grad.item(), rtol=1e-14)


def test_a_row_of_ones_own_works_everywhere_and_to_third_order() -> None:
    softsign = Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))
    x = 0.7
    assert softsign(x) == pytest.approx(x / 1.7)
    np.testing.assert_allclose(softsign(np.array([x, -x])), [x / 1.7, -x / 1.7])
    for order, want in [(1, 1 / 1.7**2), (2, -2 / 1.7**3), (3, 6 / 1.7**4)]:
        assert derivative(softsign, [x], 0, order, Value) == pytest.approx(want, rel=1e-12)
        assert derivative(softsign, [np.array([x])], 0, order, Tensor) == pytest.approx(want, rel=1e-12)


def test_an_op_checks_its_parts() -> None:
    with pytest.raises(TypeError, match="compute must be a function"):
        Op("f", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="vjp 0"):
        Op("f", abs, "g")  # type: ignore[arg-type]
