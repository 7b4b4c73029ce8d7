"""What keys choose, and those that are refused, in which words. Gradients are tested with the rows, in ops/test_moves."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd as ag
from tests.autograd.examples import chosen


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x[0, 0, 0], IndexError, "too many indices"),
        (lambda x: x["a"], IndexError, "cannot index"),
        (lambda x: x[1.5], IndexError, "cannot index"),
        (lambda x: x[ag.ones(2)], IndexError, "integers or booleans"),
        (lambda x: x[5], IndexError, "out of bounds"),
        (lambda x: x[..., ...], IndexError, "at most one ..."),
        (lambda x: x[[0, 1], [0, 1, 2]], IndexError, "do not broadcast"),
        (lambda x: x[ag.ones(3, dtype=ag.bool_)], IndexError, r"a mask of shape \(3,\) does not fit dimensions of sizes \(2,\)"),
        (lambda x: x[ag.tensor([0, -3])], IndexError, "index -3 is out of bounds for dimension 0 of size 2"),
        (lambda x: x[:, ag.tensor([3])], IndexError, "index 3 is out of bounds for dimension 1 of size 3"),
        (lambda x: x[1:2.5], TypeError, "the ends and the step of a slice must be an int"),
        (lambda x: x[[0, "a"]], TypeError, "an index takes a number or a tensor"),
    ],
)
def test_what_is_no_key_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))


@pytest.mark.parametrize("key", [1, -1, (0, 1), slice(None), slice(5, 9), (..., 0), None, [1, 0], [], (slice(None), [2, 2])])
def test_a_key_may_be_of_any_kind(key: Any) -> None:
    x = ag.arange(6).reshape(2, 3)
    assert x[key].tolist() == (x.numpy()[key] if key != [] else x.numpy()[:0]).tolist()


@pytest.mark.parametrize("index", [lambda i: i, lambda i: i.numpy(), lambda i: (ag.tensor([0, 1]), i)], ids=["tensor", "array", "pair"])
def test_an_index_that_is_changed_later_changes_no_gradient(index: Any) -> None:
    x, i = ag.ones(3, 3, requires_grad=True), ag.tensor([0, 2])
    y = (x * 1)[index(i)]
    (before,) = ag.grad(y.sum(), x, retain_graph=True)
    i.fill_(1)
    assert ag.grad(y.sum(), x)[0].equal(before)


def test_ints_come_before_index_arrays_as_in_pytorch() -> None:
    x = ag.arange(8).reshape(2, 2, 2)
    assert x[0, :, [0, 1]].tolist() == [[0, 1], [2, 3]]
    x[0, :, [0, 1]] = ag.tensor([[10, 11], [12, 13]])
    assert x.tolist() == [[[10, 11], [12, 13]], [[4, 5], [6, 7]]]


_SIZES = (2, 3, 2, 3)
_parts = st.sampled_from([0, 1, -1, slice(None), slice(1, None), slice(None, None, -1), None, ..., [0, 1], [1], [[0], [1]], "mask", True])


@given(st.lists(_parts, max_size=6).filter(lambda ks: ks.count(...) <= 1))
def test_a_key_chooses_the_ints_first_and_of_the_rest_what_numpy_does(parts: list[Any]) -> None:
    key, axis = [], 0
    spans = [0 if k is None or k is ... or k is True else 1 for k in parts]
    assume(sum(spans) <= len(_SIZES))
    for k, span in zip(parts, spans):
        key.append(np.arange(_SIZES[axis]) != 1 if k == "mask" else k)
        axis += len(_SIZES) - sum(spans) if k is ... else span
    numbers = np.arange(36).reshape(_SIZES)
    try:
        want = chosen(numbers, tuple(key))
    except IndexError:
        assume(False)  # index arrays that do not broadcast
    x = ag.tensor(numbers * 1.0, requires_grad=True)
    y = x[tuple(key)]
    assert y.tolist() == want.tolist()
    assert y.shape == want.shape

    (g,) = ag.grad((y * ag.tensor(want)).sum(), x)  # each entry has the gradient that its places weigh
    assert g.tolist() == (np.bincount(want.ravel(), minlength=36).reshape(_SIZES) * numbers).tolist()
    z = x.detach().clone()
    z[tuple(key)] = -1
    assert z.tolist() == np.where(np.isin(numbers, want), -1.0, numbers).tolist()
