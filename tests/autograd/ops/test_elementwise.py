"""Walks the whole table: each row on Values and on tensors that broadcast, derivatives of order 1 to 3, raw and recorded."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import Tensor, Value
from autograd.core.node import Op
from autograd.ops.table import ELEMENTWISE
from autograd.testing import gradcheck
from autograd.testing.properties import gradcheck_property
from autograd.testing.strategies import arguments, floats, tensors, values

DIFFERENTIABLE = [row for row in ELEMENTWISE.values() if row.differentiable]
EACH_ROW = pytest.mark.parametrize("row", DIFFERENTIABLE, ids=lambda row: row.name)
EACH_FACE = pytest.mark.parametrize("scalars", [True, False], ids=["Values", "tensors"])


@EACH_ROW
@EACH_FACE
@settings(max_examples=15)
@given(data=st.data())
def test_every_derivative_up_to_the_third(row: Op, scalars: bool, data: st.DataObject) -> None:
    gradcheck(row, data.draw(arguments(row, scalars=scalars)), order=3)


@EACH_ROW
def test_every_derivative_is_linear_in_the_gradient(row: Op) -> None:
    """Also at 0, at bounds and at ties, which random arguments do not meet."""
    args = np.meshgrid(*[[-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]] * len(row.vjps))
    with np.errstate(all="ignore"):
        z = row(*args)
        for vjp in filter(None, row.vjps):
            one, many = (np.broadcast_to(vjp(np.full(z.shape, g), z, *args), z.shape) for g in (1.0, -4.0))  # a power of 2 is exact
            np.testing.assert_array_equal(many, -4 * one)


def total(y: Any) -> Any:
    return y.sum() if isinstance(y, Tensor) else y


@EACH_ROW
@EACH_FACE
@settings(max_examples=10)
@given(data=st.data())
def test_raw_and_recorded_derivatives_are_the_same(row: Op, scalars: bool, data: st.DataObject) -> None:
    args = data.draw(arguments(row, scalars=scalars))
    for x in args:
        y = row(*args)
        for _ in range(3):
            if not (isinstance(x, Value | Tensor) and x.requires_grad and y.requires_grad):
                break
            (raw,) = ag.grad(total(y), x, retain_graph=True, allow_unused=True)
            (y,) = ag.grad(total(y), x, create_graph=True, allow_unused=True)
            if y is None:
                assert raw is None
                break
            np.testing.assert_allclose(y.detach().data, raw.data, rtol=1e-12, atol=1e-13)
            assert isinstance(y, Value) or (y.shape == raw.shape == x.shape and y.dtype == raw.dtype == x.dtype)


@EACH_ROW
@settings(max_examples=15)
@given(data=st.data())
def test_floats_arrays_values_and_tensors_agree(row: Op, data: st.DataObject) -> None:
    values = data.draw(arguments(row, scalars=True))
    args = [a.data if isinstance(a, Value) else a for a in values]
    z = float(row.compute(*args))
    assert type(row.compute(*args)) is float or row.name in ("//", "floor", "ceil")
    assert row(*values).data == pytest.approx(z, rel=1e-14, abs=1e-300)
    assert float(row(*(np.asarray(a) for a in args))) == pytest.approx(z, rel=1e-14, abs=1e-300)
    assert row(*(ag.tensor(np.asarray(a)) for a in args)).item() == pytest.approx(z, rel=1e-14, abs=1e-300)
    single = row(*(ag.tensor(np.asarray(a, np.float32 if isinstance(a, float) else None)) for a in args))
    assert single.dtype == np.float32


@pytest.mark.parametrize("face", [Value, lambda x: ag.tensor(x, dtype=ag.float64, requires_grad=True)], ids=["Value", "Tensor"])
@given(x=st.floats(-9, 9), y=st.floats(0.01, 9) | st.floats(-9, -0.01))
@example(x=1.0, y=0.1)
@example(x=-1.0, y=math.inf)
def test_a_remainder_and_its_derivative_count_alike(face: Any, x: float, y: float) -> None:
    """0.1 goes 9 times into 1.0, and leaves 0.0999..., though 1.0 / 0.1 rounds to 10."""
    b = face(y)
    (face(x) % b).backward()
    assert float(b.grad) == -(x // y)


@given(c=st.booleans(), x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_where_takes_and_gives_to_one_side(c: bool, x: float, y: float) -> None:
    a, b = Value(x), Value(y)
    z = ag.where(c, a * a, b * 3)
    z.backward()
    assert (z.data, a.grad, b.grad) == ((x * x, 2 * x, 0.0) if c else (y * 3, 0.0, 3.0))


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "?"])
@settings(max_examples=60)
@given(
    c=hnp.arrays(bool, 3) | hnp.arrays(int, 3),
    data=st.data(),
    shape=st.sampled_from([(3,), (1,), ()]),
    k=st.sampled_from([0, 1, -1, True, False, 0.0, -0.0, 2.5]),
)
def test_where_gives_the_bits_that_numpy_gives(dtype: str, c: np.ndarray, data: st.DataObject, shape: Any, k: Any) -> None:
    """A 0 among floats is chosen by masking their bits, which must stay a matter of speed."""
    x = data.draw(hnp.arrays(dtype, shape))
    for a, b in [(k, x), (x, k), (k, 0), (0, k)]:
        got, want = ELEMENTWISE["where"].compute(c, a, b), np.where(c, a, b)
        assert got.dtype == want.dtype and got.tobytes() == want.tobytes()


@pytest.mark.parametrize("row", [ELEMENTWISE["sigmoid"], ELEMENTWISE["softplus"]], ids=lambda row: row.name)
@given(x=st.sampled_from([0.0, -1000.0, 1000.0]) | st.floats(-50, 50))
def test_forms_for_complex_numbers_give_the_value_and_the_slope(row: Op, x: float) -> None:
    v = Value(x)
    y = row(v)
    y.backward()
    z = row.compute(np.complex128(complex(x, 1e-30)))
    assert z.real == pytest.approx(y.data, rel=1e-12, abs=1e-15)
    assert z.imag == pytest.approx(1e-30 * v.grad, rel=1e-12, abs=1e-45)


def slope_of_gelu_by_tanh(x: float) -> float:
    c = math.sqrt(2 / math.pi)
    t = math.tanh(c * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x / 2 * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)


@pytest.mark.parametrize(
    ("f", "df"),
    [
        (ag.silu, lambda x: 1 / (1 + math.exp(-x)) * (1 + x * (1 - 1 / (1 + math.exp(-x))))),
        (ag.gelu, lambda x: 0.5 * math.erfc(-x / math.sqrt(2)) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
        (lambda x: ag.gelu(x, "tanh"), slope_of_gelu_by_tanh),
        (ag.leaky_relu, lambda x: 1.0 if x > 0 else 0.01),
        (ag.elu, lambda x: 1.0 if x > 0 else math.exp(x)),
        (lambda x: ag.clamp(x, -1.0, 1.0), lambda x: 1.0 if -1 <= x <= 1 else 0.0),
        (lambda x: ag.clamp(x, max=1.0), lambda x: 1.0 if x <= 1 else 0.0),
        (lambda x: ag.clamp(x, min=-1.0), lambda x: 1.0 if x >= -1 else 0.0),
        (lambda x: 2.0**x, lambda x: math.log(2) * 2**x),
    ],
)
@given(x=st.floats(-4, 4))
def test_compositions_against_closed_forms(f: Any, df: Any, x: float) -> None:
    v = Value(x)
    f(v).backward()
    t = ag.tensor(np.array([x]), requires_grad=True)
    f(t).sum().backward()
    assert f(x) == pytest.approx(f(v).data, rel=1e-14) and f(np.array([x])) == pytest.approx(f(t).detach().data, rel=1e-14)
    assert v.grad == pytest.approx(df(x), rel=1e-9, abs=1e-9)
    assert t.grad.item() == pytest.approx(v.grad, rel=1e-12, abs=1e-14)


test_gelu_by_tanh_of_values = gradcheck_property(values(floats(bound=4.0)), order=3)(lambda x: ag.gelu(x, "tanh"))
test_gelu_by_tanh_of_tensors = gradcheck_property(tensors(elements=floats(bound=4.0)))(lambda x: ag.gelu(x, "tanh"))

EXTREMES = [0.0, -0.0, 1e-300, -1e-300, 1e300, -1e300, math.inf, -math.inf, math.nan, 1000.0, -1000.0, -40.0]


@pytest.mark.parametrize("row", [r for r in DIFFERENTIABLE if len(r.vjps) == 1], ids=lambda row: row.name)
@pytest.mark.parametrize("x", EXTREMES, ids=str)
def test_extremes_agree_between_the_layers_and_warn_nobody(row: Op, x: float) -> None:
    v, t = Value(x), ag.tensor(np.array(x), requires_grad=True)
    with np.errstate(over="ignore" if row.name == "square" else "warn"):  # + - * and squares warn of overflow, as in numpy
        zv, zt = row(v), row(t)
    np.testing.assert_allclose(zv.data, zt.item(), rtol=1e-14)
    zv.backward()
    zt.backward()
    np.testing.assert_allclose(v.grad, t.grad.item(), rtol=1e-14)


@pytest.mark.parametrize("row", [r for r in ELEMENTWISE.values() if len(r.vjps) == 2], ids=lambda row: row.name)
def test_extremes_of_two_arguments_agree_between_the_layers_and_warn_nobody(row: Op) -> None:
    for x, y in itertools.product([*EXTREMES, 0.5, 1.0, 2.0], repeat=2):
        if (row.name, x, y) == ("pow", -math.inf, 0.5):
            continue  # numpy takes the square root of -inf, NaN, where C's pow says inf
        values = Value(x), Value(y)
        arrays = ag.tensor(np.array(x), requires_grad=True), ag.tensor(np.array(y), requires_grad=True)
        with np.errstate(all="ignore" if row.name in ("+", "-", "*") else "warn"):
            zv, zt = row(*values), row(*arrays)
        np.testing.assert_allclose(float(zv), zt.item(), rtol=1e-14, err_msg=f"{x}, {y}")
        if row.differentiable:
            zv.backward()
            zt.backward()
            np.testing.assert_allclose([a.grad for a in values], [a.grad.item() for a in arrays], rtol=1e-13, err_msg=f"{x}, {y}")


@pytest.mark.parametrize("name, pole", [("atan", 1j), ("atan", -1j), ("log", 0j), ("log1p", -1 + 0j), ("reciprocal", 0j), ("rsqrt", 0j)])
def test_complex_numbers_are_computed_and_their_poles_warn_nobody(name: str, pole: complex) -> None:
    for at in (pole, np.array([pole])):
        assert not np.isfinite(ELEMENTWISE[name](at)).all()
    x, step = 0.7, 1e-30
    v = Value(x)
    ELEMENTWISE[name](v).backward()
    assert ELEMENTWISE[name](complex(x, step)).imag / step == pytest.approx(v.grad, rel=1e-12)
    assert ELEMENTWISE["reciprocal"](np.array([2, 4])).tolist() == [0.5, 0.25]  # an array of ints has quotients, too


def test_a_row_of_ones_own_works_everywhere_and_to_third_order() -> None:
    softsign = Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))
    x = 0.7
    assert softsign(x) == pytest.approx(x / 1.7)
    np.testing.assert_allclose(softsign(np.array([x, -x])), [x / 1.7, -x / 1.7])
    for face in (Value(x), ag.tensor(np.array([x]), requires_grad=True)):
        y = softsign(face)
        for want in (1 / 1.7**2, -2 / 1.7**3, 6 / 1.7**4):
            (y,) = ag.grad(total(y), face, create_graph=True)
            assert y.item() == pytest.approx(want, rel=1e-12)


def test_an_op_checks_its_parts() -> None:
    with pytest.raises(TypeError, match="compute must be a function"):
        Op("f", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="vjp 0"):
        Op("f", abs, "g")  # type: ignore[arg-type]


@pytest.mark.parametrize("right", [1.0, 1j, np.float32(1), np.ones(2), Value(1.0), ag.ones(2)], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize(("wrong", "told"), [("a", "str 'a'$"), ([1.0], r"list .*; wrap lists as tensor\(\.\.\.\)$")], ids=["str", "list"])
def test_a_wrong_argument_is_named_wherever_it_stands(right: Any, wrong: Any, told: str) -> None:
    for args in [(right, wrong), (wrong, right)]:
        with pytest.raises(TypeError, match=f"<maximum> takes numbers, arrays, Values and Tensors, got {told}"):
            ag.maximum(*args)
    with pytest.raises(TypeError, match=f"takes numbers, arrays, Values and Tensors, got {told}"):
        ag.gelu(wrong)


def test_arguments_too_few_or_too_many_are_counted() -> None:
    for row in ELEMENTWISE.values():
        n = len(row.vjps)
        for args in ((), (1.0,) * (n - 1), (1.0,) * (n + 1), (np.ones(2),) * (n + 1)):
            if len(args) != n:
                s = "" if n == 1 else "s"
                told = f"takes {n} argument{s}, got {len(args)}" + (": " if args else "$")
                with pytest.raises(TypeError, match=told):
                    row(*args)


@pytest.mark.parametrize("shape", [(64,), (5, 13), (2, 4097, 2), (256, 256), (65537,), (257, 256), (1, 65537)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint8, np.bool_])
def test_relu_of_large_arrays_is_that_of_each_number(shape: tuple[int, ...], dtype: Any) -> None:
    x = np.random.default_rng(0).normal(0, 5, shape).astype(dtype)
    if x.dtype.kind == "f":
        x.flat[:5] = [math.nan, -math.nan, math.inf, -math.inf, -0.0]
    z = ELEMENTWISE["relu"](x)
    assert z.dtype == ELEMENTWISE["relu"](x.reshape(-1)[:3]).dtype == (x.dtype if dtype is not np.bool_ else np.int64)
    np.testing.assert_array_equal(z, np.where(x <= 0, 0, x))
