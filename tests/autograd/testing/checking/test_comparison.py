"""The comparison: one wrong entry is found wherever it stands, whichever walk it comes from, and is called by its name."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Op, tensor
from autograd.testing import GradcheckError, gradcheck
from autograd.testing.checking.comparison import place
from tests.autograd.testing.checking.examples import leaf, planted


@settings(max_examples=25)
@given(k=st.integers(0, 9), i=st.integers(0, 99), seed=st.integers(0, 1000), size=st.sampled_from([1e-10, -1e-10, 1e-6, -2.0]))
def test_an_error_in_one_entry_of_a_jacobian(k: int, i: int, seed: int, size: float) -> None:
    op, x = planted(((k, i), size), seed=seed)
    report = gradcheck(op, x, raise_exception=False)
    names = {failure.what for failure in report.failures}
    assert names == {f"d output [{k}] / d input 0 [{i}]"}
    assert {failure.walk for failure in report.failures} == {"raw", "recorded"}
    assert report.failures[0].error == pytest.approx(abs(size), rel=1e-3)


def test_many_inputs_are_checked_along_directions() -> None:
    op, x = planted(((3, 200), 1e-7), n=400)
    report = gradcheck(op, x, raise_exception=False)
    assert not report
    assert [f.what for f in report.failures if f.walk == "raw"] == ["d output [3] / d input 0 [200]"]  # then it is looked for
    op, x = planted(((3, 2500), 1e-6), n=3000)
    report = gradcheck(op, x, raise_exception=False)
    assert "random directions only" in str(report) and {f.what for f in report.failures} == {"d output [3] / d direction"}
    assert gradcheck(*planted(((0, 0), 0.0), n=400))


def test_many_outputs_are_weighed() -> None:
    a = leaf(60, 5, seed=1).raw
    for error in (0.0, 1e-9):
        wrong = a.copy()
        wrong[50, 2] *= 1 + error
        op = Op("hidden", lambda x: a @ x, lambda g, z, x, wrong=wrong: g @ (wrong if isinstance(g, np.ndarray) else tensor(wrong)))
        report = gradcheck(op, leaf(5), raise_exception=False)
        assert bool(report) == (error == 0)
    assert "d weighed outputs / d input 0 [2]" in str(report)


def test_only_the_recorded_walk_is_wrong() -> None:
    op = Op("hidden", np.sin, lambda g, z, x: g * (np.cos(x) if isinstance(g, np.ndarray) else 2 * ag.cos(x)))
    report = gradcheck(op, leaf(2), raise_exception=False)
    assert {failure.walk for failure in report.failures} == {"recorded"}


def test_only_the_raw_walk_is_wrong() -> None:
    op = Op("hidden", np.sin, lambda g, z, x: g * (2 * np.cos(x) if isinstance(g, np.ndarray) else ag.cos(x)))
    report = gradcheck(op, leaf(2), raise_exception=False)
    assert {failure.walk for failure in report.failures} == {"raw"}
    assert {failure.rank for failure in report.failures} == {0}


@settings(max_examples=30)
@given(c=st.floats(-2, 3))
def test_a_gradient_between_the_slopes_passes_and_another_does_not(c: float) -> None:
    op = Op("kinked", lambda x: np.maximum(x, 0), lambda g, z, x: g * ag.where(x > 0, 1, ag.where(x < 0, 0, c)))
    report = gradcheck(op, leaf(1) * 0 + tensor([0.0], requires_grad=True, dtype=ag.float64), raise_exception=False)
    assert bool(report) == (-1e-5 <= c <= 1 + 1e-5)


def test_at_a_kink_all_that_would_have_been_right_is_shown() -> None:
    op = Op("kinked", lambda x: np.maximum(x, 0), lambda g, z, x: g * 2)
    report = gradcheck(op, tensor([0.0], dtype=ag.float64, requires_grad=True), raise_exception=False)
    assert report.failures[0].between == pytest.approx((0, 1), abs=1e-9) and " to 1" in str(report)


@pytest.mark.parametrize(
    ("compute", "rule", "x"),
    [
        (np.sqrt, lambda g, z, x: -5 * g, 0.0),
        (np.log, lambda g, z, x: 2 * g / x, 1e-11),
        (np.abs, lambda g, z, x: 3 * g * ag.sign(x) + 2 * g, 0.0),
    ],
)
def test_beyond_the_slopes_is_wrong_also_at_the_end_of_a_domain(compute: Any, rule: Any, x: float) -> None:
    assert not gradcheck(Op("wrong", compute, rule), tensor([x], dtype=ag.float64, requires_grad=True), raise_exception=False)


def test_one_kink_among_many_inputs_hides_nothing() -> None:
    wrong = Op("wrong", np.abs, lambda g, z, x: 3 * g * ag.sign(x))
    x = tensor(np.r_[0.0, np.linspace(1, 2, 299)], requires_grad=True)
    assert not gradcheck(lambda x: wrong(x).sum(), x, raise_exception=False)
    report = gradcheck(lambda x: abs(x).sum(), x)
    assert [kink.what for kink in report.kinks] == ["d output / d input 0 [0]"]
    x = tensor(np.r_[0.0, np.linspace(1, 2, 2999)], requires_grad=True)
    with pytest.raises(GradcheckError, match="have a kink here, and for more than 2000 inputs"):
        gradcheck(lambda x: abs(x).sum(), x)


@settings(max_examples=15)
@given(scale=st.floats(-12, 12).map(lambda e: 10**e), error=st.sampled_from([1e-9, -1e-6, 1e-3]))
def test_a_small_entry_is_checked_beside_a_large_one(scale: float, error: float) -> None:
    sin = Op("sin_", np.sin, lambda g, z, x: g * ag.cos(x) * (1 + error))
    report = gradcheck(lambda x: (scale * x[0], sin(x[1])), leaf(2), raise_exception=False)
    assert "d output 1 / d input 0 [1]" in {f.what for f in report.failures}
    report = gradcheck(lambda x: (ag.erf(x[0]), sin(x[1])), leaf(2), raise_exception=False)
    assert "d output 1 / d input 0 [1]" in {f.what for f in report.failures}


def test_a_small_term_of_a_large_sum() -> None:
    sin = Op("sin_", np.sin, lambda g, z, x: g * ag.cos(x) * (1 + 1e-9))
    assert not gradcheck(lambda x: 1e6 * x[0] + sin(x[1]), leaf(2), raise_exception=False)


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, z, x: ag.abs(g) * 2 * x,
        lambda g, z, x: ag.minimum(g, 1.0) * 2 * x,
        lambda g, z, x: g * 2 * x * (2.0 if isinstance(g, np.ndarray) and (g == 0).any() else 1.0),
    ],
)
def test_gradients_that_arrive_are_of_both_signs_of_many_sizes_and_0(rule: Any) -> None:
    op = Op("squared", lambda x: x * x, rule)
    assert not gradcheck(lambda x: op(x) * 1.0, leaf(3), raise_exception=False)
    assert not gradcheck(lambda x: op(x).sum(), leaf(3), raise_exception=False) or "isinstance" in str(rule.__code__.co_names)


@given(shapes=st.lists(st.lists(st.integers(1, 3), max_size=3), min_size=1, max_size=3), data=st.data())
def test_an_entry_is_called_by_its_input_and_its_index(shapes: list[list[int]], data: st.DataObject) -> None:
    nodes: list[Any] = [leaf(*shape) for shape in shapes]
    names = [f"input {j}" for j in range(len(nodes))]
    j = data.draw(st.integers(0, len(nodes) - 1))
    k = data.draw(st.integers(0, nodes[j].numel() - 1))
    called = place(sum(n.numel() for n in nodes[:j]) + k, nodes, names)
    assert called == (f"input {j} {[int(i) for i in np.unravel_index(k, nodes[j].shape)]}" if shapes[j] else f"input {j}")
    with pytest.raises(IndexError):
        place(sum(n.numel() for n in nodes), nodes)
