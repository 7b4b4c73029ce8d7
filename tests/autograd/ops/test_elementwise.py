"""Walks the whole table: each row on Values and on tensors that broadcast, derivatives of order 1 to 3, raw and recorded.

Edge values are those where autodiff libraries have been wrong. Right is what PyTorch does, unless a test says why not.
"""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, Value, tensor
from autograd.core.node import Op
from autograd.ops.table import ELEMENTWISE
from autograd.testing import gradcheck
from autograd.testing.properties import gradcheck_property
from autograd.testing.strategies import arguments, floats, tensors, values
from tests.autograd.examples import FACES, INF, NAN, derivatives, same, t, total

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
        np.testing.assert_allclose(getattr(zv, "data", zv), zt.item(), rtol=1e-14, err_msg=f"{x}, {y}")
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


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x + ag.ones(4), ValueError, r"\+ of shapes \[\(2, 3\), \(4,\)\]"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))


EDGES: list[tuple[str, Any, float, list[float]]] = [  # name, function, at, [value, first, second ...]
    ("relu at 0", ag.relu, 0.0, [0, 0, 0]),
    ("relu at NaN", ag.relu, NAN, [NAN, 1]),
    ("abs at 0", ag.abs, 0.0, [0, 0, 0]),
    ("sign at 0", ag.sign, 0.0, [0, 0, 0]),
    ("leaky_relu at 0", ag.leaky_relu, 0.0, [0, 0.01, 0]),
    ("prelu at 0", lambda x: ag.prelu(x, 0.25), 0.0, [0, 0.25, 0]),
    ("clamp at the lower bound", lambda x: ag.clamp(x, 1.0, 2.0), 1.0, [1, 1, 0]),
    ("clamp at the upper bound", lambda x: ag.clamp(x, 1.0, 2.0), 2.0, [2, 1, 0]),
    ("clamp at NaN", lambda x: ag.clamp(x, 1.0, 2.0), NAN, [NAN, 0]),
    ("sign at NaN", ag.sign, NAN, [0, 0]),
    ("elu at 0", ag.elu, 0.0, [0, 1, 0]),
    ("elu of another alpha at 0", lambda x: ag.elu(x, 2.0), 0.0, [0, 2]),
    ("elu at 1000", ag.elu, 1000.0, [1000, 1, 0]),
    ("clamp outside", lambda x: ag.clamp(x, 1.0, 2.0), 3.0, [2, 0, 0]),
    ("x ** 0 at 0", lambda x: x**0, 0.0, [1, 0, 0, 0]),
    ("x ** 0 at a number too small for 1 / x", lambda x: x**0, 1e-310, [1, 0, 0]),
    ("x ** 0 at NaN", lambda x: x**0, NAN, [1, 0]),
    ("x ** 1 at 0", lambda x: x**1, 0.0, [0, 1, 0, 0]),
    ("x ** 2 at 0", lambda x: x**2, 0.0, [0, 0, 2, 0]),
    ("x ** 3 at 0", lambda x: x**3, 0.0, [0, 0, 0, 6]),
    ("x ** 3 at 0, to order 5", lambda x: x**3, 0.0, [0, 0, 0, 6, 0, 0]),
    ("sqrt at 0", ag.sqrt, 0.0, [0, INF]),
    ("x ** .5 at 0", lambda x: x**0.5, 0.0, [0, INF]),
    ("1 / x at 0", lambda x: 1 / x, 0.0, [INF, -INF]),
    ("log at 0", ag.log, 0.0, [-INF, INF]),
    ("sigmoid tail", ag.sigmoid, -40.0, [4.248354255291589e-18, 4.248354255291589e-18]),
    ("sigmoid at -1000", ag.sigmoid, -1000.0, [0, 0, 0]),
    ("sigmoid at 1000", ag.sigmoid, 1000.0, [1, 0, 0]),
    ("softplus at 1000", ag.softplus, 1000.0, [1000, 1, 0]),
    ("softplus at -1000", ag.softplus, -1000.0, [0, 0, 0]),
    ("where over log, as mathematics has it", lambda x: ag.where(x > 0, ag.log(x), 0.0), 0.0, [0, NAN]),
    ("the double where", lambda x: ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0), 0.0, [0, 0]),
    ("(-8) ** (1/3)", lambda x: x ** (1 / 3), -8.0, [NAN, NAN]),
]


@pytest.mark.parametrize("face", FACES, ids=["Value", "Tensor"])
@pytest.mark.parametrize(("f", "at", "want"), [e[1:] for e in EDGES], ids=[e[0] for e in EDGES])
def test_edge_values_in_both_layers(face: Any, f: Any, at: float, want: list[float]) -> None:
    same(derivatives(f, face(at), len(want) - 1), want)
    x = face(at)  # the raw backward gives what the recorded one gave
    f(x).backward()
    same(float(x.grad), want[1])


@pytest.mark.parametrize("face", FACES, ids=["Value", "Tensor"])
def test_powers_by_the_exponent(face: Any) -> None:
    for base, exponent, want in [
        (0.0, 0.0, (1, 0, 0)),
        (0.0, 2.0, (0, 0, 0)),
        (0.0, -0.5, (INF, -INF, -INF)),
        (-2.0, 2.0, (4, -4, NAN)),
        (2.0, 3.0, (8, 12, 8 * math.log(2))),
    ]:
        x, y = face(base), face(exponent)
        z = x**y
        z.backward()
        same([float(z), float(x.grad), float(y.grad)], want)


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_stable_forms_in_both_precisions(dtype: Any) -> None:
    x = tensor([-1000.0, -40.0, 0.0, 40.0, 1000.0], dtype=dtype)
    s = x.sigmoid().numpy()
    assert s.dtype == dtype and s[0] == 0 and s[4] == 1
    np.testing.assert_allclose(s[1], 4.248354255291589e-18, rtol=1e-6)
    p = x.softplus().numpy()
    np.testing.assert_allclose(p, [0, 4.248354255291589e-18, math.log(2), 40, 1000], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int32", "int64"])
def test_small_integers_are_computed_as_floats(dtype: str) -> None:
    x = ag.tensor([1, 0], dtype=dtype)
    for name in ("sigmoid", "softplus", "exp", "sqrt", "sin", "tanh", "erf", "silu", "log1p"):
        y = getattr(ag, name)(x)
        assert y.dtype == ag.float32, name
        np.testing.assert_allclose(y.numpy(), getattr(ag, name)(x.float()).numpy(), rtol=1e-6)
    assert (x**2).dtype in (ag.uint8, ag.int32, ag.int64) and ag.cumsum(x, 0).dtype == ag.int64


@given(x=st.floats(-40, 40))
def test_the_slope_of_tanh_is_as_exact_as_its_value_lets_it_be(x: float) -> None:
    """The rule is 1 - tanh(x)², PyTorch's and the one that is taught: the rounding of tanh(x) near 1 is all that may be missing."""
    for leaf in (Value(x), tensor(x, dtype=ag.float64, requires_grad=True)):
        leaf.tanh().backward()
        assert abs(float(leaf.grad) - 1 / math.cosh(x) ** 2) <= 2 * np.finfo(float).eps


@given(x=st.floats(0.2, 3), y=st.sampled_from([0.0, 1.0, 2.0, 0.5]))
def test_the_mixed_derivative_of_a_power_also_where_the_exponent_is_0(x: float, y: float) -> None:
    """d/dy of d/dx x**y is x**(y - 1) * (1 + y * log x): the choice made for 0**0 must not reach other bases."""
    for one, two in ((Value(x), Value(y)), (tensor(x, dtype=ag.float64), tensor(y, dtype=ag.float64))):
        one.requires_grad = two.requires_grad = True
        (dx,) = ag.grad(one**two, one, create_graph=True)
        (dxy,) = ag.grad(dx, two, create_graph=True)
        log = math.log(x)
        assert dxy.item() == pytest.approx(x ** (y - 1) * (1 + y * log), rel=1e-12)
        assert ag.grad(dxy, two)[0].item() == pytest.approx(x ** (y - 1) * log * (2 + y * log), rel=1e-12)


@pytest.mark.parametrize("p", [3, 0.5, 1 / 3, -1.5])
def test_a_recorded_power_keeps_double_precision(p: float) -> None:
    x = t(0.3, 1.7)
    raw, recorded = ag.grad((x**p).sum(), x)[0], ag.grad((x**p).sum(), x, create_graph=True)[0]
    assert raw.tolist() == recorded.detach().tolist()


def test_a_recorded_power_of_a_number_keeps_double_precision() -> None:
    x = t(0.3, 1.7)
    raw, recorded = ag.grad((3.0**x).sum(), x)[0], ag.grad((3.0**x).sum(), x, create_graph=True)[0]
    assert raw.tolist() == recorded.detach().tolist()


@given(st.floats(-1000, 1000), st.integers(-3, 6))
def test_rounded_to_decimals(x: float, decimals: int) -> None:
    want = np.round(np.float64(x), decimals)
    assert ag.round(x, decimals) == pytest.approx(want, abs=10.0**-decimals * 1.01 if abs(x * 10**decimals % 1 - 0.5) < 1e-6 else 1e-9)
    assert ag.round(tensor(x, dtype=ag.float64), decimals=decimals).item() == ag.round(x, decimals) == Value(x).round(decimals).data
    assert ag.round(x) == round(x) and tensor([1.24], requires_grad=True).round(decimals=1).requires_grad
    with pytest.raises(TypeError, match="decimals are for floating numbers, got Tensor"):
        ag.round(tensor([1]), 1)


def test_the_square_of_booleans_is_integers() -> None:
    for z in (tensor([True, False]).square(), tensor(True).square(), ag.square(np.array([True]))):
        assert z.dtype == np.int64
    assert ag.square(tensor([2], dtype=ag.uint8)).dtype == ag.uint8


def test_a_power_of_booleans_is_what_pytorch_makes_of_it() -> None:
    x = tensor([True, False])
    for y, want in [(x**2, [1, 0]), (2**x, [2, 1]), (x**True, [True, False]), (x**False, [True, True]), (x**2.0, [1.0, 0.0])]:
        assert y.tolist() == want and [type(n) for n in y.tolist()] == [type(n) for n in want]
    for power in (lambda: x**x, lambda: True**x, lambda: x ** tensor(True), lambda: ag.pow(tensor(False), x)):
        with pytest.raises(NotImplementedError, match=r"pow of booleans to boolean powers; convert one of them with .int\(\) first"):
            power()


def test_one_weight_leaves_a_number_a_number() -> None:
    x = tensor(-3.0, requires_grad=True)
    w = tensor([0.5], requires_grad=True)
    z = ag.prelu(x, w)
    z.backward()
    assert z.shape == () and z.item() == -1.5 and x.grad.item() == 0.5 and w.grad.tolist() == [-3.0]
    assert ag.prelu(ag.ones(2), w).shape == (2,) and ag.prelu(-2.0, 0.25) == -0.5


FLAT: list[tuple[str, Any, float]] = [  # name, function, a point around which it does not change
    ("floor", ag.floor, 0.5), ("ceil", ag.ceil, 0.5), ("round", ag.round, 0.75), ("sign", ag.sign, 2.0), ("//", lambda x: x // 3, 2.0),
    ("3 //", lambda x: 3 // x, 2.0), ("relu", ag.relu, -1.0), ("maximum", lambda x: ag.maximum(x, 3.0), 1.0), ("clamp", lambda x: ag.clamp(x, 0.0, 1.0), 2.0),
    ("minimum", lambda x: ag.minimum(3.0, x), 4.0), ("where", lambda x: ag.where(x > 0, 1.0, x), 1.0),
    ("the rest of a maximum", lambda x: ag.stack([x, x.detach() + 8]).max() if isinstance(x, Tensor) else ag.maximum(x, 9.0), 1.0),
]  # fmt: skip


@pytest.mark.parametrize("face", FACES, ids=["Value", "Tensor"])
@pytest.mark.parametrize(("f", "at"), [case[1:] for case in FLAT], ids=[case[0] for case in FLAT])
def test_where_nothing_flows_an_infinite_gradient_is_0(face: Any, f: Any, at: float) -> None:
    """A function written as a row or called as a method, and its derivative recorded or not."""
    for create_graph in (False, True):
        x = face(at)
        f(x).backward(face(INF).detach(), create_graph=create_graph)
        same(float(x.grad), 0.0)


@pytest.mark.parametrize("name", ["floor", "ceil", "round", "sign", "relu"])
def test_also_where_it_is_a_method(name: str) -> None:
    x = Value(-1.5)
    getattr(x, name)().backward(INF)
    assert x.grad == 0


@pytest.mark.parametrize("face", FACES, ids=["Value", "Tensor"])
@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0, 3.0])
def test_mixed_derivatives_of_a_power_of_0_are_the_same_both_ways_round(face: Any, exponent: float) -> None:
    """0 ** y jumps at y = 0, and the slope of x ** y in x at y = 1: there is no mixed derivative up to 1, and above it is 0."""
    x, y = face(0.0), face(exponent)
    dx, dy = ag.grad(x**y, [x, y], create_graph=True)
    with np.errstate(all="ignore"):
        mixed = [ag.grad(d, by, allow_unused=True, retain_graph=True)[0] for d, by in ((dx, y), (dy, x))]
    for m in mixed:
        assert float(m) == 0 if exponent > 1 else not math.isfinite(float(m))


@pytest.mark.parametrize("dtype", [ag.uint8, ag.int32, ag.int64, ag.bool_])
@given(x=st.lists(st.integers(0, 9), min_size=1, max_size=4), y=st.integers(0, 3))
def test_integers_are_divided_as_pythons_are_and_not_by_0(dtype: Any, x: list[int], y: int) -> None:
    a, b = tensor(x).to(dtype), tensor(y).to(dtype)
    divisions: list[tuple[Any, Any]] = [(lambda a, b: a // b, lambda i, j: i // j), (lambda a, b: a % b, lambda i, j: i % j)]
    for divide, python in divisions:
        for numerator, divisor in ((a, b), (a, int(b)), (int(a[0]), b), (a, b.expand(len(x)))):
            if y == 0:
                with pytest.raises(ZeroDivisionError, match="of integers by 0"):
                    divide(numerator, divisor)
            else:
                want = [python(int(i), int(b)) for i in (a if isinstance(numerator, Tensor) else [numerator])]
                assert np.ravel(divide(numerator, divisor).numpy()).tolist() == want


@pytest.mark.parametrize("power", [-1, tensor(-1), tensor([1, -2])])
def test_integers_have_no_negative_powers(power: Any) -> None:
    for x in (tensor([2, 3]), np.array([2, 3])):
        with pytest.raises(RuntimeError, match=r"integers to negative powers, which are fractions; convert with \.float\(\) first"):
            ag.pow(x, power)
    np.testing.assert_array_equal((tensor([2, 4]).float() ** power).numpy(), np.array([2.0, 4.0], "f") ** np.asarray(power))


def test_where_of_one_argument_says_how_places_are_found() -> None:
    with pytest.raises(TypeError, match=r"takes 3 arguments, got 1: .*nonzero\(condition, as_tuple=True\)"):
        ag.where(tensor([True, False]))


def test_a_result_is_copied_where_it_is_asked_for() -> None:
    x, z = tensor([1.0, 4.0]), ag.zeros(2)
    assert ag.mul(x, x, out=z) is z and z.tolist() == [1, 16]
    assert ag.sqrt(x, out=z) is z and z.tolist() == [1, 2] and ag.add(x, 1, out=None).tolist() == [2, 5]
    with pytest.raises(TypeError, match=r"<\*>: out is a Tensor, got list"):
        ag.mul(x, x, out=[0.0, 0.0])
    with pytest.raises(ValueError, match="shape"):
        ag.mul(x, x, out=ag.zeros(3))
    assert z.tolist() == [1, 2]
