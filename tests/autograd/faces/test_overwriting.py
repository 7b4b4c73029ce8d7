"""Operations in place that are compositions: what each leaves, and that backward notices."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor


@given(hnp.arrays(float, hnp.array_shapes(max_dims=2, max_side=3), elements=st.floats(-3, 3)), st.data())
def test_each_is_its_function_put_into_the_same_memory(x: np.ndarray, data: st.DataObject) -> None:
    mask = data.draw(hnp.arrays(bool, x.shape))
    for change, want in [
        (lambda t: t.relu_(), np.maximum(x, 0)), (ag.relu_, np.maximum(x, 0)), (lambda t: t.sin_(), np.sin(x)), (ag.sin_, np.sin(x)),
        (ag.zero_, 0 * np.abs(x)), (lambda t: t.masked_fill_(tensor(mask), 7.0), np.where(mask, 7.0, x)),
    ]:  # fmt: skip
        t = tensor(x)
        memory = t.numpy()
        assert change(t) is t and np.shares_memory(t.numpy(), memory)
        np.testing.assert_array_equal(memory, want)


@given(st.data())
def test_scatter_is_gather_the_other_way_round(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=3))
    axis = data.draw(st.integers(0, len(shape) - 1))
    order = np.argsort(data.draw(hnp.arrays(float, shape, elements=st.floats(0, 1), unique=True)), axis)  # each place once
    index, source = tensor(order), tensor(np.random.default_rng(0).random(shape))
    assert ag.zeros(shape, dtype=ag.float64).scatter_(axis, index, source).gather(axis, index).equal(source)
    assert ag.zeros(shape).scatter_(axis, index, value=2).equal(ag.full(shape, 2.0))
    assert ag.zeros(3).scatter_(0, tensor(2), value=1).tolist() == ag.zeros(3).scatter_(0, tensor(2), tensor(1.0)).tolist() == [0, 0, 1]
    first = index[tuple(slice(1) for _ in shape)]
    put = ag.zeros(shape).scatter_(axis, first, 1.0)
    assert put.sum().item() == 1.0 and put.gather(axis, first).item() == 1.0


@given(st.data())
def test_index_add_adds_each_slice(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=3))
    axis = data.draw(st.integers(0, len(shape) - 1))
    places = data.draw(st.lists(st.integers(0, shape[axis] - 1), max_size=4))
    source = np.random.default_rng(0).random((*shape[:axis], len(places), *shape[axis + 1 :]))
    want = np.ones(shape)
    np.add.at(want, (*[slice(None)] * axis, np.array(places, int)), 2 * source)
    got = ag.ones(shape, dtype=ag.float64).index_add_(axis, tensor(places, dtype=ag.int64), tensor(source), alpha=2)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-15)


def test_shapes_change_in_place() -> None:
    x = ag.ones(2, 3)
    assert x.unsqueeze_(1) is x and x.shape == (2, 1, 3) and x.squeeze_() is x and x.shape == (2, 3)
    leaf = ag.ones(1, 2, requires_grad=True)
    y = leaf * leaf
    with ag.no_grad():
        leaf.squeeze_()
    with pytest.raises(RuntimeError, match="changed in place after the operation was recorded, by squeeze_"):
        y.sum().backward()


def test_backward_notices_what_was_changed() -> None:
    x = ag.ones(2, requires_grad=True)
    for change in (
        lambda t: t.relu_(), lambda t: t.sin_(), lambda t: t.masked_fill_(t > 0, 3.0), lambda t: t.scatter_(0, tensor([0]), 1.0),
        lambda t: t.index_add_(0, tensor([0]), ag.ones(1)), lambda t: t.unsqueeze_(0),
    ):  # fmt: skip
        y = ag.ones(2)
        z = (x * y).sum()
        change(y)
        with pytest.raises(RuntimeError, match="changed in place after the operation was recorded"):
            z.backward()
        with pytest.raises(RuntimeError, match="on a leaf that requires grad"):
            change(ag.ones(2, requires_grad=True))


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (lambda: tensor([1]).sin_(), TypeError, "cannot be stored in int64"), (lambda: ag.relu_(1.0), TypeError, "changes a Tensor, got float 1.0"),
        (lambda: ag.zeros(2).scatter_(0, tensor([0])), TypeError, "src or value"), (lambda: ag.zeros(2).scatter_(0, tensor([0]), 1.0, value=1.0), TypeError, "src or value"),
        (lambda: ag.zeros(2).scatter_(0, tensor([0, 1]), ag.ones(1)), ValueError, "nowhere smaller"), (lambda: ag.zeros(2).scatter_(0, tensor([0]), tensor([1])), ValueError, "dtype float32"),
        (lambda: ag.zeros(2).scatter_(0, tensor([2]), 1.0), IndexError, "out of range"), (lambda: ag.zeros(2).index_add_(0, tensor([2]), ag.ones(1)), IndexError, "index 2 is out of range"),
        (lambda: ag.zeros(2).index_add_(0, tensor([0]), ag.ones(2)), ValueError, r"a source of shape \(1,\)"), (lambda: ag.zeros(2).index_add_(0, tensor([0]), tensor([1])), TypeError, "must be of dtype float32"),
        (lambda: ag.zeros(2).expand(3, 2).relu_(), RuntimeError, "several entries at once"),
    ],
)  # fmt: skip
def test_what_is_refused(call: Any, kind: type[Exception], told: str) -> None:
    with pytest.raises(kind, match=told):
        call()


@given(st.data())
def test_scatter_add_adds_what_gather_takes(data: st.DataObject) -> None:
    """<scatter_add_(0, index, y), x> = <y, gather(x, index)>: each is the other's transpose."""
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=3))
    axis = data.draw(st.integers(0, len(shape) - 1))
    wanted = tuple(data.draw(st.integers(0, 4 if a == axis else n)) for a, n in enumerate(shape))
    index = tensor(data.draw(hnp.arrays(np.int64, wanted, elements=st.integers(0, shape[axis] - 1))))
    x = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    y = tensor(np.cos(np.arange(np.prod(wanted, dtype=int))).reshape(wanted), requires_grad=True)
    z = ag.zeros(shape, dtype=ag.float64).scatter_add_(axis, index, y)
    taken = tensor(x).gather(axis, index)
    (z * tensor(x)).sum().backward()
    np.testing.assert_allclose((z * tensor(x)).sum().item(), (y * taken).sum().item(), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(y.grad.numpy(), taken.numpy())


def test_scatter_add_at_the_edges() -> None:
    assert tensor(1.0).scatter_add_(0, tensor([0, 0]), ag.ones(3)).item() == 3.0
    for source, kind, told in [
        (ag.ones(1), ValueError, "nowhere smaller"),
        (tensor([1, 1]), ValueError, "dtype float32"),
        (1.0, TypeError, "expects a Tensor"),
    ]:
        with pytest.raises(kind, match=told):
            ag.zeros(2).scatter_add_(0, tensor([0, 1]), source)
