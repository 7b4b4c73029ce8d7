"""Views, joins and indexing, against numpy forward and by gradcheck backward; what does not fit is refused with both shapes."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor
from tests.autograd.ops.examples import MOVES, check, rng


@pytest.mark.parametrize(("f", "numpy"), [v[1:] for v in MOVES], ids=[v[0] for v in MOVES])
def test_views_joins_and_the_like(f: Any, numpy: Any) -> None:
    check(f, rng(2, 3, 4), numpy=numpy)


@settings(max_examples=60)
@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
def test_basic_indexing(data: st.DataObject, shape: tuple[int, ...]) -> None:
    key = data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    check(lambda x: x[key], rng(*shape), numpy=lambda a: a[key], order=1)


@settings(max_examples=60)
@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
def test_integer_indexing_adds_repeated_rows(data: st.DataObject, shape: tuple[int, ...]) -> None:
    key = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(min_dims=1, max_dims=2, max_side=4)))
    check(lambda x: x[key], rng(*shape), numpy=lambda a: a[key], order=1)
    as_tensors = tuple(tensor(k) for k in key)
    check(lambda x: x[as_tensors], rng(*shape), numpy=lambda a: a[key], order=1)


def test_masks_lists_and_mixtures() -> None:
    a = rng(3, 4)
    mask = a > 1.2
    check(lambda x: x[tensor(mask)], a, numpy=lambda a: a[mask])
    check(lambda x: x[[0, 2], [1, 1]], a, numpy=lambda a: a[[0, 2], [1, 1]])
    check(lambda x: x[:, [0, 0, 3]], a, numpy=lambda a: a[:, [0, 0, 3]])
    check(lambda x: x[..., None, 1:], a, numpy=lambda a: a[..., None, 1:])
    check(lambda x: x[::-1], a, numpy=lambda a: a[::-1])
    check(lambda x: x[1, ag.tensor([True, False, True, False])], a, numpy=lambda a: a[1, [0, 2]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.reshape(4, 2), ValueError, r"6 entries of shape \(2, 3\) do not fill shape \(4, 2\)"),
        (lambda x: x.reshape(-1, -1), ValueError, "do not fill"),
        (lambda x: x.expand(3, 3), ValueError, "cannot be stretched"),
        (lambda x: x.expand(3), ValueError, "fewer dimensions"),
        (lambda x: x.permute(0), ValueError, "each of the 2 dimensions once"),
        (lambda x: ag.cat([]), ValueError, "at least one tensor"),
        (lambda x: ag.cat([x, ag.ones(2, 2)]), ValueError, "other sizes must agree"),
        (lambda x: ag.stack([x, ag.ones(2, 2)]), ValueError, "one shape"),
        (lambda x: x.split(0), ValueError, "at least 1"),
        (lambda x: x.split([1, 2], 0), ValueError, "do not add up"),
        (lambda x: ag.diag(ag.ones(1, 1, 1)), ValueError, "vector or a matrix"),
        (lambda x: ag.tril(ag.ones(2)), ValueError, "at least 2 dimensions"),
        (lambda x: x.flatten(1, 0), ValueError, "comes after"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))
