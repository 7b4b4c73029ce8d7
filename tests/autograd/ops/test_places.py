"""Entries by their places along a dimension: numpy's take_along_axis, with gradients that add up where a place comes twice."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor
from autograd.testing import gradcheck


@given(st.data())
def test_gather_takes_and_its_gradient_counts(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=3))
    axis = data.draw(st.integers(0, len(shape) - 1))
    wanted = tuple(data.draw(st.integers(0, 4 if a == axis else n)) for a, n in enumerate(shape))
    index = data.draw(hnp.arrays(np.int64, wanted, elements=st.integers(0, shape[axis] - 1)))
    x = tensor(np.arange(float(np.prod(shape))).reshape(shape), requires_grad=True)
    z = ag.gather(x, axis - data.draw(st.sampled_from([0, len(shape)])), tensor(index))
    part = x.detach().numpy()[tuple(slice(None) if a == axis else slice(n) for a, n in enumerate(wanted))]
    np.testing.assert_array_equal(z.detach().numpy(), np.take_along_axis(part, index, axis))
    z.sum().backward()
    counts = np.zeros(shape)
    for place in np.ndindex(wanted):
        counts[(*place[:axis], index[place], *place[axis + 1 :])] += 1
    np.testing.assert_array_equal(x.grad.numpy(), counts)
    assert gradcheck(lambda x: ag.gather(x, axis, tensor(index)) ** 2, x, order=2)


@pytest.mark.parametrize(
    ("index", "kind", "told"),
    [
        ([[0, 3]], IndexError, "index 3 is out of range for dim 1 of size 3"), ([[-1]], IndexError, "index -1 is out of range"),
        ([[0.0]], TypeError, "must hold integers"), ([[True]], TypeError, "must hold integers"), ([0], ValueError, "does not fit shape"),
        ([[0], [0], [0]], ValueError, r"an index of shape \(3, 1\) does not fit shape \(2, 3\)"),
    ],
)  # fmt: skip
def test_gather_refuses(index: Any, kind: type[Exception], told: str) -> None:
    with pytest.raises(kind, match=told):
        ag.gather(ag.ones(2, 3), 1, tensor(index))


def test_of_one_number() -> None:
    assert tensor(2.0).gather(0, tensor([0, 0])).tolist() == [2.0, 2.0]


@given(st.data())
def test_index_select_takes_slices_and_its_gradient_counts(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=3))
    axis = data.draw(st.integers(0, len(shape) - 1))
    index = data.draw(
        hnp.arrays(data.draw(st.sampled_from([np.int64, np.int32])), st.integers(0, 4), elements=st.integers(0, shape[axis] - 1))
    )
    x = tensor(np.arange(float(np.prod(shape))).reshape(shape), requires_grad=True)
    z = ag.index_select(x, axis - data.draw(st.sampled_from([0, len(shape)])), tensor(index))
    np.testing.assert_array_equal(z.detach().numpy(), np.take(x.detach().numpy(), index, axis))
    z.sum().backward()
    counts = np.bincount(index, minlength=shape[axis]).reshape([-1 if a == axis else 1 for a in range(len(shape))])
    np.testing.assert_array_equal(x.grad.numpy(), np.broadcast_to(counts, shape))


def test_index_select_at_the_edges() -> None:
    assert ag.ones(2, 3).index_select(1, tensor(1)).shape == (2, 1) and tensor(5.0).index_select(0, tensor([0])).shape == ()
    for index, kind, told in [
        (tensor([2]), IndexError, "index 2 is out of range for dim 0 of size 2"), (tensor([-1]), IndexError, "index -1 is out of range"),
        (tensor([0.0]), ValueError, "must hold integers"), (tensor([[0]]), ValueError, "of one dimension"), ([0], TypeError, "expects a Tensor"),
    ]:  # fmt: skip
        with pytest.raises(kind, match=told):
            ag.ones(2).index_select(0, index)
    with pytest.raises(ValueError, match="there is one slice"):
        tensor(5.0).index_select(0, tensor([0, 0]))
