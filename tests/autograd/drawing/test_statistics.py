"""Statistics are numpy's, of whatever an array holds, and said in few letters."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograd.drawing.statistics import Statistics, measured, ratio, share, short, together

DTYPES = st.sampled_from(["float16", "float32", "float64", "int8", "uint8", "int64", "bool"])
ARRAYS = DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)))


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-300)


@given(ARRAYS)
@example(np.zeros((2, 3)))
@example(np.zeros(0))
@example(np.array([np.nan, np.inf, -np.inf]))
@example(np.array([-(2**63), 2**63 - 1]))
@example(np.array([1e308, -1e308, 0.0]))
@example(np.array([5e-324, 0.0]))
def test_they_are_those_of_numpy(x: np.ndarray) -> None:
    s = measured(x)
    wide = x.astype(np.longdouble).reshape(-1)
    finite = wide[np.isfinite(wide)]
    assert s.size == x.size
    assert close(s.largest, float(np.abs(finite).max(initial=0)))
    assert close(s.rms, float(np.sqrt(np.mean(finite**2)))) if finite.size else s.rms == 0
    assert s.rms <= s.largest * (1 + 1e-12)
    assert s.number == s.rms if np.isfinite(wide).all() else math.isnan(s.number)
    if x.size:
        assert close(s.zeros, float(np.mean(x == 0))) and close(s.nonfinite, float(np.mean(~np.isfinite(wide))))
    else:
        assert s == Statistics(0, 0, 0, 0, 0)


@given(st.floats())
def test_a_number_is_an_array_of_one(x: float) -> None:
    assert measured(x) == measured(np.array(x)) == measured(np.array([[x]]))


@given(st.lists(ARRAYS, min_size=1, max_size=4))
def test_of_several_arrays_they_are_those_of_one(parts: list[np.ndarray]) -> None:
    one, several = measured(np.concatenate([p.astype(np.float64).reshape(-1) for p in parts])), together(map(measured, parts))
    assert several is not None and several.size == one.size
    assert all(close(a, b) or abs(a - b) < 1e-12 for a, b in zip(several, one))


def test_of_no_arrays_there_are_none() -> None:
    assert together([]) is None


@given(ARRAYS)
def test_the_words_say_what_there_is(x: np.ndarray) -> None:
    s = measured(x)
    words = s.words()
    assert (words == "empty") == (not x.size) and (words == "all zero") == (x.size > 0 and not x.any())
    if words not in ("empty", "all zero"):
        assert (" zero" in words) == bool((x == 0).any()) and ("not finite" in words) == (s.nonfinite > 0)
        assert ("rms" in words) == (s.nonfinite < 1) == ("largest" in s.words(largest=True))


@given(st.floats(-1e308, 1e308))
def test_two_digits_are_near_and_short(x: float) -> None:
    text = short(x)
    assert float(text.replace("−", "-")) == pytest.approx(x, rel=0.051) and len(text) <= 9
    assert re.fullmatch(r"−?\d+(\.\d+)?(e−?[1-9]\d*)?", text)


@given(st.floats(0, 1))
def test_in_percent_only_nothing_is_0_and_only_all_is_100(x: float) -> None:
    assert (share(x) == "0 %") == (x == 0) and (share(x) == "100 %") == (x == 1)


@pytest.mark.parametrize(("gradient", "weight", "expected"), [([2.0], [4.0], 0.5), ([2.0], [0.0], None), ([math.nan], [1.0], None)])
def test_the_ratio_of_gradient_and_weight(gradient: Any, weight: Any, expected: Any) -> None:
    assert ratio(measured(gradient), measured(weight)) == expected
