"""What is expected: exact where the graph is the function, by differences where it is not, both slopes at a kink; no false alarm."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Op, tensor
from autograd.testing import gradcheck
from autograd.testing.checking.expected import Expected
from autograd.testing.checking.function import Function
from tests.autograd.testing.checking.examples import leaf


@settings(max_examples=50)
@given(seed=st.integers(0, 10**6), scale=st.floats(-8, 8).map(lambda e: 10**e))
def test_no_false_alarm_where_rounding_is_amplified(seed: int, scale: float) -> None:
    x = leaf(3, seed=seed)
    gradcheck(lambda x: ((x * scale + 1) - 1) / scale * ag.exp(x) - ag.exp(x) + (x + 1e6) ** 2 - 1e12, x, order=2)


def test_a_dependence_outside_of_the_graph() -> None:
    for fn in (lambda x: x * x.detach(), lambda x: x * tensor(x.detach().numpy() ** 2), lambda x: x * x[0].item()):
        report = gradcheck(fn, leaf(3), raise_exception=False)
        assert not report and "by a way that is not recorded" in str(report) and report.method == "differences"
    assert gradcheck(lambda x: x * x.detach(), leaf(3), method="complex")  # of the graph alone


@pytest.mark.parametrize(
    ("fn", "inputs", "slopes"),
    [
        (ag.relu, [0.0], (0, 1, 0)),
        (abs, [0.0], (-1, 1, 0)),
        (lambda x: ag.leaky_relu(x, 0.25), [0.0], (0.25, 1, 0.25)),
        (lambda x: x.max(), [2.0, 2.0], (0, 1, 0.5)),
        (lambda x: -x.amin(), [2.0, 2.0, 3.0], (-1, 0, -0.5)),
        (lambda x: ag.maximum(x[0], x[1]), [1.0, 1.0], (0, 1, 0.5)),
        (lambda x: ag.clamp(x, -1.0, 1.0), [1.0], (1, 0, 1)),
        (lambda x: ag.where(x > 0, x, 0.1 * x), [0.0], (0.1, 1, 0.1)),
        (lambda x: x.norm(), [0.0], (-1, 1, 0)),
        (lambda x: ag.sqrt(x), [0.0], (math.nan, math.inf, math.inf)),
        (ag.sign, [0.0], (math.inf, math.inf, 0)),
        (ag.floor, [1.0], (math.inf, 0, 0)),
        (lambda x: ag.where(x > 0, x + 1, x), [0.0], (1, math.inf, 1)),
    ],
)
def test_at_a_kink_the_slopes_are_named(fn: Any, inputs: list[float], slopes: tuple[float, ...]) -> None:
    report = gradcheck(fn, tensor(inputs, dtype=ag.float64, requires_grad=True), order=2)
    kink = report.kinks[0]
    np.testing.assert_allclose((kink.left, kink.right, kink.got), slopes, atol=1e-6)
    assert "not differentiable here" in str(report) and "left slope" in str(report) and "the engine uses" in str(report)
    assert len(report.checks) == 1 and "higher orders were not looked at" in str(report)


@pytest.mark.parametrize("x", [1e-3, -1e-3, 1e-6, -1e-9])
@pytest.mark.parametrize("fn", [ag.relu, abs, lambda x: ag.where(x > 0, x * x, -x)])
def test_beside_a_kink_all_is_smooth(fn: Any, x: float) -> None:
    report = gradcheck(fn, tensor([x, 1.0], dtype=ag.float64, requires_grad=True))
    assert report and not report.kinks


@pytest.mark.parametrize("far", [1001.3, -1e4, 1e-3, 1e6])
def test_a_kink_at_some_distance_is_no_hidden_dependence(far: float) -> None:
    x = tensor([far], dtype=ag.float64, requires_grad=True)
    assert gradcheck(lambda x: ag.relu(ag.sin(x)), x, order=2)
    assert gradcheck(lambda x: ag.where(ag.sin(x) > 0, x * x, ag.cos(x)), x, order=2)


HIDDEN = {
    "beside a kink": (lambda x: (ag.relu(x) + x * x.detach()).sum(), [0.0, 1.0, 2.0]),
    "beside a large output": (lambda x: (1e10 * x, x * x.detach()), [1.0, 2.0]),
    "beside a large term": (lambda x: 1e7 * x[0] + x[1] * (1 + 1e-2 * x[1].detach()), [1.0, 2.0]),
    "far from 0": (lambda x: x * x.detach(), [1e5]),
    "near 0": (lambda x: x * x.detach(), [1e-5]),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_hidden_dependence_is_found(name: str) -> None:
    fn, numbers = HIDDEN[name]
    report = gradcheck(fn, tensor(numbers, dtype=ag.float64, requires_grad=True), raise_exception=False)
    assert not report and "by a way that is not recorded" in str(report)


TINY = {
    "softmax": (lambda x: ag.log(ag.softmax(x, 0)), [-690.0, 0.0]),
    "sigmoid": (lambda x: ag.log(ag.sigmoid(x)), [-700.0]),
    "down and up": (lambda x: x * 1e-305 * 1e305, [2.0]),
    "up and down": (lambda x: 1 / (x * 1e100), [1e-100]),
    "reciprocal": (lambda x: 1 / x, [1e-15]),
    "logarithm": (ag.log, [1e-11]),
}


@pytest.mark.parametrize("name", TINY)
def test_no_false_alarm_at_the_ends_of_what_floats_hold(name: str) -> None:
    fn, numbers = TINY[name]
    report = gradcheck(fn, tensor(numbers, dtype=ag.float64, requires_grad=True))
    assert not report.kinks


def test_an_operation_that_takes_no_complex_numbers_in_its_own_way() -> None:
    def square(x: Any) -> Any:
        if np.iscomplexobj(x):
            raise RuntimeError("no complex")
        return x * x

    assert gradcheck(Op("square_", square, lambda g, z, x: 2 * g * x), leaf(2))


def test_the_end_of_a_domain_that_the_function_guards() -> None:
    one = tensor([1.0], dtype=ag.float64)
    p = tensor([0.9995], dtype=ag.float64, requires_grad=True)
    assert gradcheck(lambda p: nn.functional.binary_cross_entropy(p, one), p)


@settings(max_examples=30)
@given(m=st.integers(1, 4), n=st.integers(1, 5), method=st.sampled_from(["auto", "complex", "differences"]), seed=st.integers(0, 99))
def test_of_a_linear_map_the_matrix_is_expected(m: int, n: int, method: str, seed: int) -> None:
    a = leaf(m, n, seed=seed).detach()
    expected = Expected(Function(lambda x: a @ x, (leaf(n),)), method, 2, np.random.default_rng(seed))
    expected.find()
    assert expected.first == n and len(expected.ts) == n + 2 and np.array_equal(expected.ts[:n], np.eye(n))
    np.testing.assert_allclose(expected.jt, expected.ts @ a.numpy().T, rtol=1e-8, atol=1e-8 if method == "differences" else 1e-13)
    assert not expected.corner.any() and expected.method.startswith("differences" if method == "differences" else "complex step")


@settings(max_examples=30)
@given(
    slopes=st.lists(st.integers(-3, 3), min_size=4, max_size=4), u=st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0]), min_size=2, max_size=2)
)
def test_at_a_kink_the_ends_are_what_choices_between_the_slopes_can_give(slopes: list[int], u: list[float]) -> None:
    left, right = np.array(slopes[:2]), np.array(slopes[2:])
    x = tensor([0.0], dtype=ag.float64, requires_grad=True)
    expected = Expected(Function(lambda x: ag.where(x > 0, tensor(right) * x, tensor(left) * x), (x,)), "auto", 1, np.random.default_rng(0))
    expected.find()
    np.testing.assert_array_equal(expected.corner, left != right)
    a, b, low, high = (end[0, 0] for end in expected.ends(np.array([u])))
    every = [u[0] * p + u[1] * q for p in (left[0], right[0]) for q in (left[1], right[1])]
    np.testing.assert_allclose([a, b, low, high], [u @ left, u @ right, min(every), max(every)], atol=1e-6)
