"""Shapes, tensors and indices: all kinds of them, shrinking to little."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

import autograd as ag
from autograd import Tensor, Value
from autograd.testing.strategies import BOUND, Interval, broadcastable, floats, indices, shapes, tensors, values
from tests.autograd.examples import chosen
from tests.autograd.testing.strategies.examples import some


@settings(max_examples=20)
@given(data=st.data())
def test_values_and_tensors_are_what_was_asked(data: st.DataObject) -> None:
    v = data.draw(values())
    assert v.requires_grad and v.is_leaf and abs(v.data) <= BOUND
    assert not data.draw(values(st.just(3.0), requires_grad=False)).requires_grad
    x = data.draw(tensors())
    assert x.dtype == ag.float64 and x.requires_grad and x.is_leaf and x.ndim <= 3
    shape = data.draw(shapes(max_dims=2, empty=True))
    for dtype, needs in [(ag.float32, True), (ag.float64, True), (ag.int64, False), (ag.uint8, False), (ag.bool_, False)]:
        t = data.draw(tensors(shape, dtype))
        assert t.shape == shape and t.dtype == dtype and t.requires_grad is needs
    assert not data.draw(tensors((2,), requires_grad=False)).requires_grad
    assert data.draw(tensors(shapes(min_dims=1), elements=st.just(0.5))).detach().numpy().min() == 0.5


def test_a_failure_shows_tensors_and_values_as_code() -> None:
    @settings(database=None)
    @given(x=tensors((2,), elements=st.just(1.5)), v=values(st.just(0.5)))
    def fails(x: Tensor, v: Value) -> None:
        raise AssertionError

    with pytest.raises(AssertionError) as caught:
        fails()
    shown = "".join(caught.value.__notes__[0].split())
    assert "x=tensor(array([1.5,1.5]),requires_grad=True)," in shown and "v=Value(0.5)," in shown


SHAPES = {
    "a 0-d one": lambda s: () in s, "an axis of 1": lambda s: any(a[-1:] == (1,) and b[-1:] > (1,) for a in s for b in s),
    "missing axes": lambda s: s[0] and len(s[0]) < len(s[1]), "both": lambda s: len(s[0]) == 1 < len(s[1]) and s[0][0] == 1 < s[1][-1],
    "three equal": lambda s: len({*s}) == 1 and len(s[0]) == 3,
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_that_broadcast(name: str) -> None:
    found = some(broadcastable(3), SHAPES[name], 3000)
    assert len(found) == 3 and 0 not in np.broadcast_shapes(*found)


def test_shapes_without_entries_are_drawn_on_demand_only() -> None:
    assert find(shapes(empty=True), lambda s: 0 in s) == (0,)
    assert any(0 in s for s in find(broadcastable(2, empty=True), lambda ss: any(0 in s for s in ss)))
    with pytest.raises(NoSuchExample):
        some(shapes(), lambda s: 0 in s, 200)


def as_numpy(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(as_numpy, key))
    if isinstance(key, Tensor):
        return key.numpy()
    return np.array(key, np.int64 if not key else None) if isinstance(key, list) else key


@settings(max_examples=200)
@given(data=st.data(), shape=shapes(empty=True))
def test_every_index_means_what_it_means_to_numpy_once_ints_are_taken(data: st.DataObject, shape: tuple[int, ...]) -> None:
    key = data.draw(indices(shape))
    a = np.arange(float(np.prod(shape))).reshape(shape)
    got = ag.tensor(a)[key].numpy()
    np.testing.assert_array_equal(got, chosen(a, as_numpy(key)), strict=True)


def parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def is_list(k: Any) -> bool:
    return isinstance(k, list) and bool(k) and type(k[0]) is int


def is_mask(k: Any) -> bool:
    return np.asarray(k.numpy() if isinstance(k, Tensor) else k).dtype == bool if isinstance(k, Tensor | np.ndarray | list) else False


INDICES = {
    "an int": lambda key: any(type(k) is int for k in parts(key)), "no tuple": lambda key: type(key) is int,
    "a negative step": lambda key: any(isinstance(k, slice) and (k.step or 1) < 0 for k in parts(key)),
    "a step of 2": lambda key: any(isinstance(k, slice) and k.step == 2 for k in parts(key)),
    "None": lambda key: None in [k for k in parts(key) if k is None], "an ellipsis": lambda key: any(k is ... for k in parts(key)),
    "a repeated row": lambda key: any(is_list(k) and len({*k}) < len(k) for k in parts(key)),
    "a negative row": lambda key: any(is_list(k) and min(k) < 0 for k in parts(key)),
    "integers in a tensor": lambda key: any(isinstance(k, Tensor) and k.dtype == ag.int64 for k in parts(key)),
    "integers in an array": lambda key: any(isinstance(k, np.ndarray) and k.dtype == np.int64 for k in parts(key)),
    "a mask": lambda key: any(map(is_mask, parts(key))),
    "a mask over two axes": lambda key: any(is_mask(k) and np.ndim(k.numpy() if isinstance(k, Tensor) else k) == 2 for k in parts(key)),
    "an empty list": lambda key: any(k == [] for k in parts(key) if isinstance(k, list)),
    "integers and a mask": lambda key: any(map(is_list, parts(key))) and any(map(is_mask, parts(key))),
    "integers and a slice": lambda key: any(map(is_list, parts(key))) and any(isinstance(k, slice) for k in parts(key)),
}  # fmt: skip


@pytest.mark.parametrize("name", INDICES)
def test_every_kind_of_index_is_drawn(name: str) -> None:
    some(indices((2, 3, 2)), INDICES[name], 3000)


@settings(max_examples=10)
@given(x=tensors((2,), "float32", floats(at="huge")))
def test_what_is_too_large_for_float32_is_infinite_and_warns_nobody(x: Tensor) -> None:
    assert abs(x.detach().numpy()).min() == np.inf


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: tensors(elements=Interval(0, 1)), TypeError, r"write floats\(Interval\(low=0, high=1"),
    (lambda: tensors(elements=0.5), TypeError, r"got float 0.5; st.just"),
    (lambda: tensors(3), TypeError, r"tensors: shape must be a tuple of sizes, or a strategy for it, got int 3; write \(3,\)"),
    (lambda: tensors((2, -1)), ValueError, "a size in tensors: shape must be at least 0, got -1"),
    (lambda: tensors(dtype="int64", requires_grad=True), TypeError, "only floating tensors can require a gradient, got dtype int64"),
    (lambda: indices(3), TypeError, r"indices: shape .* got int 3; write \(3,\)"),
    (lambda: indices(shapes()), TypeError, r"write shapes\(\).flatmap\(indices\)"),
    (lambda: indices((1,) * 33), ValueError, "at most 32 sizes, got 33"),
    (lambda: shapes(min_dims=-1), ValueError, "min_dims must be at least 0, got -1"),
    (lambda: shapes(min_dims=4), ValueError, "max_dims must be at least 4, got 3"),
    (lambda: shapes(max_side=0), ValueError, "max_side must be at least 1, got 0"),
    (lambda: broadcastable(0), ValueError, "n must be at least 1, got 0"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind, message", REFUSED)
def test_what_cannot_be_drawn_is_refused_when_it_is_asked_for(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
