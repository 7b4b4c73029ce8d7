"""Slopes by differences: right to many digits where a function is smooth, honest where it is not."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd.testing.checking.differences import corners, one_sided, slope

SMOOTH = {
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "atan": (np.arctan, lambda x: 1 / (1 + x * x)),
}


@pytest.mark.parametrize("name", SMOOTH)
@given(x=st.floats(-3, 3))
@example(x=-1e-6)  # a cube is flat as far from there as the first step goes
def test_smooth_functions_to_nine_digits_and_within_the_estimate(name: str, x: float) -> None:
    f, df = SMOOTH[name]
    d, error = slope(lambda s: f(x + s)[:, None])
    assert d[0] == pytest.approx(df(x), rel=1e-9, abs=1e-10)
    assert abs(d[0] - df(x)) <= 20 * error[0]
    assert not corners(lambda s: f(x + s)[:, None], np.array([f(np.array(x))]))[0]


@given(a=st.floats(-5, 5), b=st.floats(-5, 5))
def test_a_corner_is_seen_with_both_slopes(a: float, b: float) -> None:
    def f(s: np.ndarray) -> np.ndarray:
        return np.where(s > 0, b * s, a * s)[:, None]

    assert one_sided(f, -1.0, np.zeros(1))[0][0] == pytest.approx(a, abs=1e-8)
    assert one_sided(f, 1.0, np.zeros(1))[0][0] == pytest.approx(b, abs=1e-8)
    assert corners(f, np.zeros(1))[0] == (abs(a - b) > 1e-5 * max(abs(a), abs(b)))


@given(away=st.floats(-8, -2).map(lambda e: 10**e))
def test_a_corner_that_is_only_near_does_not_count(away: float) -> None:
    def f(s: np.ndarray) -> np.ndarray:
        return np.abs(s - away)[:, None]

    assert not corners(f, np.array([away]))[0]
    assert slope(f)[0][0] == pytest.approx(-1, rel=1e-6)


def test_what_has_no_slope() -> None:
    with np.errstate(invalid="ignore"):
        root = lambda s: np.sqrt(s)[:, None]  # noqa: E731
        jump = lambda s: np.floor(s)[:, None]  # noqa: E731
        assert corners(root, np.zeros(1))[0] and corners(jump, np.zeros(1))[0]
        assert one_sided(root, 1.0, np.zeros(1))[0][0] == math.inf
        assert math.isnan(one_sided(root, -1.0, np.zeros(1))[0][0])
        assert one_sided(jump, -1.0, np.zeros(1))[0][0] == math.inf and one_sided(jump, 1.0, np.zeros(1))[0][0] == 0


def test_results_beside_each_other_do_not_disturb_each_other() -> None:
    d, _ = slope(lambda s: np.stack([np.exp(s), 1e-6 * np.sin(s), 1e6 * s * s, 0 * s], axis=1))
    np.testing.assert_allclose(d, [1, 1e-6, 0, 0], rtol=1e-9, atol=1e-9)
