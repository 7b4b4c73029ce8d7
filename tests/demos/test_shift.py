"""The story of shifts: its closed forms are the integrals they stand for, what is learnt meets them, and false assumptions fail as told."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag

pytest.importorskip("matplotlib")

from demos import shift
from demos.story import Story
from tests.demos.looking import numbers

numbers_between = st.floats(-3, 3, allow_subnormal=False)
shares = st.floats(0.02, 0.98)


def mean(f: Callable[[np.ndarray], Any], middle: float) -> float:
    """Of f(x) where x is N(middle, 1): exact for polynomials (Gauss and Hermite)."""
    at, weights = np.polynomial.hermite_e.hermegauss(60)
    return float(weights @ f(at + middle) / math.sqrt(2 * math.pi))


@given(numbers_between, numbers_between, numbers_between)
def test_the_risk_of_a_line_is_its_integral(a: float, b: float, middle: float) -> None:
    told = shift.risk((a, b), middle)
    assert told == pytest.approx(mean(lambda x: (x**2 - a * x - b) ** 2, middle) + shift.NOISE**2, rel=1e-10)
    assert told >= shift.risk(shift.best_line(middle), middle) * (1 - 1e-12) == pytest.approx(2 + shift.NOISE**2)


@given(numbers_between)
def test_how_wrong_the_line_of_p_is_and_how_many_rows_count(d: float) -> None:
    assert shift.risk(shift.best_line(0), d) == pytest.approx(d**4 + 4 * d**2 + 2 + shift.NOISE**2)
    ratio = lambda x: np.exp(d * x - d * d / 2)  # noqa: E731
    assert mean(ratio, 0) == pytest.approx(1, rel=1e-9)
    assert mean(ratio, 0) ** 2 / mean(lambda x: ratio(x) ** 2, 0) == pytest.approx(math.exp(-d * d), rel=1e-4)


@given(shares)
def test_no_boundary_is_better_than_that_of_the_frequencies(often: float) -> None:
    at = shift.boundary(often)
    assert often * math.exp(-((at - 1) ** 2) / 2) == pytest.approx((1 - often) * math.exp(-((at + 1) ** 2) / 2))
    assert all(shift.accuracy(at, often) >= shift.accuracy(at + away, often) for away in (-1, -0.01, 0.01, 1))


@given(st.floats(0, 1), st.floats(0.6, 0.95), st.floats(0.6, 0.95))
def test_the_matrix_gives_back_the_frequencies(share: float, right: float, also: float) -> None:
    confusion = ag.tensor([[right, 1 - also], [1 - right, also]], dtype=ag.float64)
    told = shift.found(confusion, confusion @ ag.tensor([1 - share, share], dtype=ag.float64))
    assert told[1].item() == pytest.approx(share, abs=1e-12) and told.sum().item() == pytest.approx(1)


def test_what_is_learnt_ends_where_the_slope_is_zero() -> None:
    """The fit is that of the normal equations; of the logit, the classes' inputs are as probable as they are frequent."""
    ag.manual_seed(0)
    x, far = shift._inputs(300, 0), shift._inputs(200, 1)
    y, w = shift._law(x), (0.5 * x).exp()
    X, W = np.column_stack([x.numpy(), np.ones(300)]), w.numpy()
    np.testing.assert_allclose(shift.fitted(x, y, w), np.linalg.solve(X.T @ (W[:, None] * X), X.T @ (W * y.numpy())), rtol=1e-3)
    a, b = shift.classifier(x, far)
    rows, which = np.concatenate([x.numpy(), far.numpy()]), np.repeat([0.0, 1.0], [300, 200])
    off = which - 1 / (1 + np.exp(-a * rows - b))
    assert abs(off.mean()) < 1e-4 and abs((off * rows).mean()) < 1e-4


def test_the_cures_meet_their_closed_forms_and_fail_where_they_must(telling: Callable[..., Story]) -> None:
    told = telling("shift").numbers
    said = {name: number.value for name, number in told.items()}
    assert said["slope of the classifier's logit"] == pytest.approx(1, abs=0.25)
    assert abs(said["slope of the line, without weights"]) < 0.3 and said["slope of the line, with weights"] == pytest.approx(2, abs=0.8)
    assert said["squared error on q, with weights"] < 0.5 * said["squared error on q, without weights"]
    assert said["and where the law on q is x² + 2"] > 2 * said["squared error on q, as the weighted rows of p promise it"]
    assert said["share of the second class on q, found without its labels"] == pytest.approx(0.9, abs=0.06)
    assert said["accuracy on q, as trained"] == pytest.approx(shift.accuracy(0, 0.9), abs=0.04)
    assert said["accuracy on q, with rows weighted by class"] == pytest.approx(shift.accuracy(shift.boundary(0.9), 0.9), abs=0.03)
    (name,) = (name for name in told if name.startswith("share that is found where nothing"))
    assert said[name] == pytest.approx(numbers(told[name].beside)[-1], abs=0.06) and said[name] > 0.58


@pytest.mark.parametrize("item", [1, 9])
def test_stopped_early_it_draws_what_it_has(telling: Callable[..., Story], stop_at: Callable[[int], None], item: int) -> None:
    stop_at(item)
    assert len(telling("shift").pictures) == 3
