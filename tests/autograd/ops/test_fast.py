"""What numpy does in less time is what numpy does."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd.ops.table import ELEMENTWISE


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


@pytest.mark.parametrize("shape", [(64,), (5, 13), (2, 4097, 2), (256, 256), (65537,), (257, 256), (1, 65537)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint8, np.bool_])
def test_relu_of_large_arrays_is_that_of_each_number(shape: tuple[int, ...], dtype: Any) -> None:
    x = np.random.default_rng(0).normal(0, 5, shape).astype(dtype)
    if x.dtype.kind == "f":
        x.flat[:5] = [math.nan, -math.nan, math.inf, -math.inf, -0.0]
    z = ELEMENTWISE["relu"](x)
    assert z.dtype == ELEMENTWISE["relu"](x.reshape(-1)[:3]).dtype == (x.dtype if dtype is not np.bool_ else np.int64)
    np.testing.assert_array_equal(z, np.where(x <= 0, 0, x))
