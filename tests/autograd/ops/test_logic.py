"""Questions about entries: numpy's answers, in PyTorch's dtypes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor
from autograd.faces.dtypes import DTYPES
from autograd.testing import gradcheck

ENTRIES = st.sampled_from([0.0, -0.0, 1.0, -1.5, 2.0, np.nan, np.inf, -np.inf])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
arrays = hnp.arrays(float, SHAPES, elements=ENTRIES)
numbers = st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(d, SHAPES, elements=st.sampled_from([0, 1, 2]).map(d.type)))


def same(x: Any, want: Any, dtype: Any = ag.bool_) -> None:
    assert x.dtype == dtype and x.shape == np.shape(want) and not x.requires_grad
    np.testing.assert_array_equal(x.numpy(), want)


@given(arrays, arrays)
def test_what_is_asked_of_each_entry(x: np.ndarray, y: np.ndarray) -> None:
    t = tensor(x, requires_grad=True)
    for name in ("isnan", "isinf", "isfinite", "logical_not"):
        same(getattr(ag, name)(t), getattr(np, name)(x))
        same(getattr(t, name)(), getattr(np, name)(x))
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        for name in ("logical_and", "isclose"):
            with pytest.raises(ValueError, match="do not broadcast"):
                getattr(ag, name)(t, tensor(y))
        return
    for name in ("logical_and", "logical_or", "logical_xor"):
        same(getattr(ag, name)(t, tensor(y)), getattr(np, name)(x, y))
    for equal_nan in (False, True):
        with np.errstate(all="ignore"):
            same(ag.isclose(t, tensor(y), 0.25, 0.5, equal_nan), np.isclose(x, y, 0.25, 0.5, equal_nan))


@given(numbers, st.booleans())
def test_all_and_any_over_dimensions(x: np.ndarray, keepdim: bool) -> None:
    dtype = ag.uint8 if x.dtype == np.uint8 else ag.bool_
    for name in ("all", "any"):
        same(getattr(ag, name)(tensor(x)), getattr(np, name)(x), dtype)
        for axis in range(-x.ndim, x.ndim):
            same(getattr(tensor(x), name)(axis, keepdim), getattr(np, name)(x, axis=axis, keepdims=keepdim), dtype)
            same(getattr(tensor(x), name)(axis=axis, keepdims=keepdim), getattr(np, name)(x, axis=axis, keepdims=keepdim), dtype)
        assert getattr(np, name)(tensor(x)) == getattr(np, name)(x)


@given(numbers)
def test_places_that_are_not_zero(x: np.ndarray) -> None:
    same(ag.nonzero(tensor(x)), np.argwhere(x), ag.int64)
    found = tensor(x).nonzero(as_tuple=True)
    for mine, want in zip(found, np.nonzero(np.atleast_1d(x)), strict=True):
        same(mine, want, ag.int64)
    if x.ndim:
        np.testing.assert_array_equal(tensor(x)[found].numpy(), x[x != 0])


@given(st.sampled_from(DTYPES), st.data())
def test_filled_under_a_mask(dtype: Any, data: st.DataObject) -> None:
    x, mask = ag.ones(2, 3).to(dtype), data.draw(hnp.arrays(bool, st.sampled_from([(2, 3), (3,), (2, 1), ()])))
    for value in (0, 2, tensor(2), True):
        z = x.masked_fill(tensor(mask), value)
        same(z, np.where(mask, np.asarray(getattr(value, "raw", value)).astype(dtype), np.ones((2, 3), dtype)), dtype)


def test_the_gradient_under_a_mask_goes_to_what_was_put_there() -> None:
    x, v = ag.ones(2, 2, dtype=ag.float64, requires_grad=True), tensor(3.0, dtype=ag.float64, requires_grad=True)
    mask = tensor([[True, False], [True, True]])
    z = ag.masked_fill(x, mask, v)
    (z * z).sum().backward()
    assert x.grad.tolist() == [[0, 2], [0, 0]] and v.grad.item() == 18
    assert gradcheck(lambda x, v: ag.masked_fill(x, mask, v) * x, (x, v), order=2)


def test_what_a_mask_refuses() -> None:
    x = ag.ones(2)
    for call, kind, told in [
        (lambda: x.masked_fill(tensor([1, 0]), 0), TypeError, "must be boolean"), (lambda: x.masked_fill(x > 0, ag.ones(2)), ValueError, "0-d tensor"),
        (lambda: x.byte_filled, AttributeError, "byte_filled"), (lambda: tensor([1], dtype=ag.uint8).masked_fill(tensor([True]), 300), ValueError, "300 does not fit into uint8"),
        (lambda: x.masked_fill(tensor([True] * 3), 0), ValueError, "do not broadcast"), (lambda: x.masked_fill(x > 0, "a"), TypeError, "real number"),
    ]:  # fmt: skip
        with pytest.raises(kind, match=told):
            call()


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3), st.data())
def test_masked_select_takes_what_is_true(shapes: Any, data: st.DataObject) -> None:
    mask = data.draw(hnp.arrays(bool, shapes.input_shapes[1]))
    x = tensor(np.arange(float(np.prod(shapes.input_shapes[0]))).reshape(shapes.input_shapes[0]), requires_grad=True)
    z = ag.masked_select(x, tensor(mask))
    wide = np.broadcast_to(mask, shapes.result_shape)
    np.testing.assert_array_equal(z.detach().numpy(), np.broadcast_to(x.detach().numpy(), shapes.result_shape)[wide])
    z.sum().backward()
    assert x.grad.sum().item() == wide.sum()
    with pytest.raises(TypeError, match="masked_select: the mask must be boolean"):
        x.masked_select(ag.ones(1))
