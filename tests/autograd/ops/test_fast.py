"""What numpy does in less time is what numpy does."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd import Value
from autograd.ops import fast
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


SHAPES = [
    (0,),
    (1,),
    (64,),
    (65,),
    (0, 3),
    (3, 0),
    (1, 1),
    (7, 1),
    (1, 7),
    (5, 32),
    (5, 33),
    (2047,),
    (64, 32),
    (200, 3),
    (3, 4097),
    (4097, 2),
    (4, 3, 5),
    (2, 9, 300),
    (2, 0, 3),
    (9001,),
]
STRANGE = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e-45, -1e-45, 3e38]
LAID_OUT: dict[str, Any] = {
    "in rows": lambda x: np.ascontiguousarray(x).reshape(x.shape),
    "in columns": lambda x: np.asfortranarray(x).reshape(x.shape),
    "backwards": lambda x: x[..., ::-1].copy()[..., ::-1],
    "apart": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
}


@st.composite
def arrays(draw: st.DrawFn, ndim: int | None = None, dtypes: Any = ("f4", "f8"), strange: bool = True) -> np.ndarray:
    """Arrays short and long, laid out in memory in any way, some with NaN, infinities and both zeros in places."""
    shape = draw(st.sampled_from([s for s in SHAPES if ndim is None or len(s) == ndim]))
    x = np.random.default_rng(draw(st.integers(0, 99))).normal(0, 4, shape).astype(draw(st.sampled_from(dtypes)))
    if strange and x.size and x.dtype.kind == "f":
        for number in draw(st.lists(st.sampled_from(STRANGE), max_size=4)):
            x.flat[draw(st.integers(0, x.size - 1))] = number
    return LAID_OUT[draw(st.sampled_from(list(LAID_OUT)))](x)


def identical(got: Any, want: Any) -> None:
    assert type(got) is type(want) and got.dtype == want.dtype and got.shape == want.shape
    assert np.asarray(got).tobytes() == np.asarray(want).tobytes()


def within(got: Any, want: Any, terms: Any, n: int) -> None:
    """Two sums of ``n`` terms in different orders: they differ by at most n roundings of the sum of the ``terms``' sizes."""
    assert got.dtype == want.dtype and got.shape == want.shape
    finite = np.isfinite(want)
    np.testing.assert_array_equal(np.asarray(got)[~finite], np.asarray(want)[~finite])
    off = np.abs(np.float64(got) - np.float64(want))[finite]
    assert (off <= n * np.finfo(want.dtype).eps * np.float64(terms)[finite]).all()


@given(x=arrays(dtypes=("f4", "f8", "i4", "i8", "u1", "?")))
def test_relu_is_the_maximum_with_0(x: np.ndarray) -> None:
    got, want = fast.relu(x), np.maximum(x, 0)
    assert got.dtype == want.dtype and not np.shares_memory(got, x)
    np.testing.assert_array_equal(got, want)


@given(x=arrays(dtypes=("f4", "f8", "i4")), data=st.data(), zero=st.sampled_from([0, 0.0, -0.0, False, 2]))
def test_where_is_numpys(x: np.ndarray, data: st.DataObject, zero: Any) -> None:
    rows = x.shape if data.draw(st.booleans()) else x.shape[-1:]
    c = np.random.default_rng(data.draw(st.integers(0, 9))).random(rows) < 0.5
    for condition in (c, c[..., :1], ~c.astype(bool), c.astype(int), True, False):
        identical(fast.where(condition, zero, x), np.where(condition, zero, x))
        identical(fast.where(condition, x, zero), np.where(condition, x, zero))
        identical(fast.where(condition, x, x[..., ::-1]), np.where(condition, x, x[..., ::-1]))


@given(x=arrays(dtypes=("f4", "f8", "i8", "?")), data=st.data())
def test_stretched_is_broadcast(x: np.ndarray, data: st.DataObject) -> None:
    ones = tuple(data.draw(st.sampled_from([n, 1])) for n in x.shape)
    g = x[tuple(slice(0, 1) if n == 1 else slice(None) for n in ones)]
    shape = (*data.draw(st.sampled_from([(), (1,), (3,), (2, 1)])), *x.shape)
    want = np.broadcast_to(g, shape)
    got = fast.stretched(g, shape)
    identical(got, want)
    assert not got.size or not got.flags.writeable or not np.shares_memory(got, x)  # nobody writes into g by it


@given(x=arrays(ndim=2))
def test_the_sum_of_rows_is_a_sum(x: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        within(fast.rows_summed(x), x.sum(0), np.abs(x).sum(0), x.shape[0])


@given(x=arrays(dtypes=("f4", "f8", "i4")), data=st.data())
def test_totals_are_sums(x: np.ndarray, data: st.DataObject) -> None:
    axis: Any = data.draw(st.sampled_from([None, *range(x.ndim), tuple(range(x.ndim))]))
    with np.errstate(all="ignore"):
        got, want = fast.totals(x, axis), x.sum(axis, keepdims=True)
        if x.dtype.kind == "i":
            identical(got, want)
        else:
            within(got, want, np.abs(x).sum(axis, keepdims=True), x.size)


@given(x=arrays(), data=st.data())
def test_tops_are_maxima(x: np.ndarray, data: st.DataObject) -> None:
    axes: Any = data.draw(st.sampled_from([None, *range(x.ndim), tuple(range(x.ndim))]))
    got, want = fast.tops(x, axes), x.max(axis=axes, keepdims=True, initial=-np.inf)
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_array_equal(got, want)


@given(x=hnp.arrays(np.float64, (2, 3), elements=st.floats(allow_nan=False)))
def test_tops_of_values_are_numbers(x: np.ndarray) -> None:
    values = np.vectorize(Value, otypes=[object])(x)
    for axes in (None, 0, 1, (0, 1)):
        identical(fast.tops(values, axes), x.max(axis=axes, keepdims=True))


@given(x=arrays(ndim=2, strange=False), columns=st.integers(0, 5), seed=st.integers(0, 9), layout=st.sampled_from(list(LAID_OUT)))
def test_products_are_numpys(x: np.ndarray, columns: int, seed: int, layout: str) -> None:
    y = np.random.default_rng(seed).normal(size=(x.shape[1], columns)).astype(x.dtype)
    y = LAID_OUT[layout](y)
    within(fast.product(x, y), np.matmul(x, y), np.abs(x) @ np.abs(y), x.shape[1] + 1)
    identical(fast.product(x.astype(int), y.astype(int)), np.matmul(x.astype(int), y.astype(int)))
    for a, b in [(x[None], y), (x, y[0:]), (x, np.stack([y, y])), (x[:, 0:0], y[0:0])]:
        within(fast.product(a, b), np.matmul(a, b), np.abs(a) @ np.abs(b), x.shape[1] + 1)


@given(x=arrays(dtypes=("f4", "i8", "?")), data=st.data())
def test_what_is_taken_is_what_is_indexed(x: np.ndarray, data: st.DataObject) -> None:
    n = x.shape[0]
    index = (
        data.draw(
            hnp.arrays(
                st.sampled_from(["i8", "i4", "u1"]), hnp.array_shapes(min_dims=0, max_dims=2), elements=st.integers(0, min(n, 100) - 1)
            )
        )
        if n
        else np.zeros((0,), int)
    )
    index = index - np.asarray(n, index.dtype) if index.dtype.kind == "i" and data.draw(st.booleans()) else index
    for key in [(index,), index, (index, ...), (slice(None), None), (..., 0) if x.shape[-1] else (...,)]:
        identical(fast.taken(x, key), x[key])
    for beyond in (n, -n - 1):
        for key in [(np.array([beyond]),), (np.array(beyond),)]:
            with pytest.raises(IndexError):
                fast.taken(x, key)


@given(d=arrays())
def test_the_mean_of_squares_is_a_mean(d: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        want = (d * d).sum() / d.size
        within(fast.mean_of_squares(d), want, want, d.size)
