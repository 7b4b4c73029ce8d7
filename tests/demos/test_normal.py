"""The closed forms are the integrals they stand for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos import normal

numbers_between = st.floats(-3, 3, allow_subnormal=False)
shares = st.floats(0.02, 0.98)


def mean(f: Callable[[np.ndarray], Any], middle: float) -> float:
    """Of f(x) where x is N(middle, 1): exact for polynomials (Gauss and Hermite)."""
    at, weights = np.polynomial.hermite_e.hermegauss(60)
    return float(weights @ f(at + middle) / math.sqrt(2 * math.pi))


@given(numbers_between, numbers_between, numbers_between)
def test_the_risk_of_a_line_is_its_integral(a: float, b: float, middle: float) -> None:
    told = normal.risk((a, b), middle)
    assert told == pytest.approx(mean(lambda x: (x**2 - a * x - b) ** 2, middle) + normal.NOISE**2, rel=1e-10)
    assert told >= normal.risk(normal.best_line(middle), middle) * (1 - 1e-12) == pytest.approx(2 + normal.NOISE**2)


@given(numbers_between)
def test_how_wrong_the_line_of_p_is_and_how_many_rows_count(d: float) -> None:
    assert normal.risk(normal.best_line(0), d) == pytest.approx(d**4 + 4 * d**2 + 2 + normal.NOISE**2)
    ratio = lambda x: np.exp(d * x - d * d / 2)  # noqa: E731
    assert mean(ratio, 0) == pytest.approx(1, rel=1e-9)
    assert mean(ratio, 0) ** 2 / mean(lambda x: ratio(x) ** 2, 0) == pytest.approx(math.exp(-d * d), rel=1e-4)


@given(shares)
def test_no_boundary_is_better_than_that_of_the_frequencies(often: float) -> None:
    at = normal.boundary(often)
    assert often * math.exp(-((at - 1) ** 2) / 2) == pytest.approx((1 - often) * math.exp(-((at + 1) ** 2) / 2))
    assert all(normal.accuracy(at, often) >= normal.accuracy(at + away, often) for away in (-1, -0.01, 0.01, 1))


@given(shares, st.floats(-1, 1))
def test_where_nothing_moved_the_matrix_is_right(often: float, moved: float) -> None:
    assert normal.mistaken(often, 0) == pytest.approx(often)
    assert (normal.mistaken(often, moved) - often) * moved >= -1e-12


def test_what_is_drawn_is_what_was_asked_for() -> None:
    x, y = normal.classes(20_000, 0.3)
    assert y.double().mean().item() == pytest.approx(0.3, abs=0.02)
    assert x[y == 0].mean().item() == pytest.approx(-1, abs=0.05) and x[y == 1].mean().item() == pytest.approx(1, abs=0.05)
    x = normal.inputs(20_000, 2.0)
    assert x.mean().item() == pytest.approx(2, abs=0.05) and x.std().item() == pytest.approx(1, abs=0.05)
    assert (normal.parabola(x) - x**2).std().item() == pytest.approx(normal.NOISE, rel=0.1)
