"""Order: numpy's, stable, NaN last; gradients go to the entries that were taken."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import Value, ValueTensor, tensor
from autograd.faces.dtypes import DTYPES
from autograd.testing import gradcheck

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
ENTRIES = st.sampled_from([0.0, -0.0, 1.0, 1.0, 2.0, -1.5, np.nan, np.inf, -np.inf])
arrays = hnp.arrays(float, SHAPES, elements=ENTRIES)
distinct = hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=4), elements=st.integers(-20, 20), unique=True).map(lambda a: a / 4)


@given(arrays, st.booleans(), st.data())
def test_a_sort_is_a_stable_permutation_in_order(x: np.ndarray, descending: bool, data: st.DataObject) -> None:
    dim = data.draw(st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))
    values, index = ag.sort(tensor(x), dim, descending)
    assert (values.shape, values.dtype, index.shape, index.dtype) == (x.shape, ag.float64, x.shape, ag.int64)
    assert index.equal(tensor(x).argsort(dim, descending))
    v, i, lines = (np.moveaxis(np.atleast_1d(a), dim, -1) for a in (values.numpy(), index.numpy(), x))
    np.testing.assert_array_equal(np.take_along_axis(lines, i, -1), v)
    np.testing.assert_array_equal(np.sort(i, -1), np.broadcast_to(np.arange(i.shape[-1]), i.shape))
    before, after = (v[..., :-1], v[..., 1:]) if not descending else (v[..., 1:], v[..., :-1])
    with np.errstate(invalid="ignore"):
        assert np.all((before <= after) | np.isnan(after))
    ties = (v[..., :-1] == v[..., 1:]) | (np.isnan(v[..., :-1]) & np.isnan(v[..., 1:]))
    assert np.all(i[..., :-1][ties] < i[..., 1:][ties])


@given(arrays, st.booleans(), st.data())
def test_the_largest_are_the_first_of_a_sort(x: np.ndarray, largest: bool, data: st.DataObject) -> None:
    dim = data.draw(st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))
    n = x.shape[dim] if x.ndim else 1
    k = data.draw(st.integers(min(n, 1), n))
    values, index = ag.topk(tensor(x), k, dim, largest)
    ordered = ag.sort(tensor(x), dim, largest)
    for mine, want in zip((values, index), ordered):
        part = want.numpy().take(range(k), dim) if x.ndim else want.numpy()
        np.testing.assert_array_equal(mine.numpy(), part)
    with pytest.raises(ValueError, match=rf"topk: there are {n} entries along dim"):
        ag.topk(tensor(x), n + 1, dim)


@given(arrays, st.booleans(), st.data())
def test_the_median_is_the_lower_middle_or_nan(x: np.ndarray, keepdim: bool, data: st.DataObject) -> None:
    def lower(line: np.ndarray) -> Any:
        return np.nan if np.isnan(line).any() or not line.size else np.sort(line)[(line.size - 1) // 2]

    assert np.array_equal(ag.median(tensor(x)).numpy(), lower(x.ravel()), equal_nan=True)
    dim = data.draw(st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))
    if x.ndim and not x.shape[dim]:
        with pytest.raises(ValueError, match="median of nothing"):
            tensor(x).median(dim)
        return
    values, index = tensor(x).median(dim, keepdim)
    want = np.apply_along_axis(lower, dim, x) if x.size and x.ndim else x if not x.ndim else np.empty(np.delete(x.shape, dim))
    np.testing.assert_array_equal(values.numpy(), np.expand_dims(want, dim) if keepdim and x.ndim else want)
    assert index.dtype == ag.int64 and index.shape == values.shape
    if x.ndim and x.size:
        places = index.numpy() if keepdim else np.expand_dims(index.numpy(), dim)
        np.testing.assert_array_equal(np.take_along_axis(x, places, dim).reshape(values.shape), values.numpy())


@settings(max_examples=30)
@given(distinct)
def test_gradients_of_any_order(x: np.ndarray) -> None:
    t = tensor(x, requires_grad=True)
    for f in (
        lambda x: ag.sort(x, -1)[0],
        lambda x: x.topk(1, 0)[0],
        lambda x: x.median(0)[0],
        lambda x: x.median(),
        lambda x: x.sort(0, True)[0],
    ):
        assert gradcheck(lambda x, f=f: f(x) ** 3 * x.sum(), t, order=2)


def test_equal_medians_share_the_gradient_in_both_layers() -> None:
    x = tensor([2.0, 1.0, 2.0, 3.0], requires_grad=True)
    x.median().backward()
    assert x.grad.tolist() == [0.5, 0, 0.5, 0]
    vs = [Value(v) for v in (2.0, 1.0, 2.0, 3.0)]
    ValueTensor(np.array(vs, object)).median().item().backward()
    assert [v.grad or 0 for v in vs] == [0.5, 0, 0.5, 0] and np.isnan(ValueTensor([]).median().item().data)


@given(st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(d, SHAPES, elements=st.sampled_from([0, 1, 2]).map(d.type))))
def test_unique_puts_together_again(x: np.ndarray) -> None:
    values, inverse, counts = ag.unique(tensor(x), return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(values.numpy(), np.unique(x))
    np.testing.assert_array_equal(values.numpy()[inverse.numpy()], x)
    assert values.dtype == x.dtype and inverse.shape == x.shape and inverse.dtype == counts.dtype == ag.int64
    np.testing.assert_array_equal(counts.numpy(), [(x == v).sum() for v in values.numpy()])
    assert ag.unique(tensor(x)).equal(values) and ag.unique(tensor(x), return_counts=True)[1].equal(counts)
    for dim in range(x.ndim if x.size else 0):
        slices, places = tensor(x).unique(dim=dim, return_inverse=True)
        np.testing.assert_array_equal(slices.numpy().take(places.numpy(), dim), x)


def test_each_nan_is_one_of_its_own() -> None:
    assert ag.unique(tensor([np.nan, 1.0, np.nan])).shape == (3,)
    with pytest.raises(ValueError, match="median of nothing"):
        ag.zeros(0, dtype=ag.int64).median()
