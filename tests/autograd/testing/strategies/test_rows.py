"""What the strategies draw: inside the domains, away from kinks or on them, all kinds of shapes and indices, shrinking to little."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

import autograd as ag
import nn
from autograd import Tensor, Value
from autograd.core.node import Op
from autograd.ops import elementwise, reduce, table
from autograd.testing.strategies import (
    BOUND,
    DOMAINS,
    SHAPED,
    Interval,
    arguments,
    broadcastable,
    domains_of,
    floats,
    holds,
    indices,
    shapes,
    tensors,
    values,
)

ROWS = [row for row in table.ELEMENTWISE.values() if row.name != "where"]
DIFFERENTIABLE = [row for row in table.ELEMENTWISE.values() if row.differentiable]
KINKED = [row for row in ROWS if row.name in DOMAINS]
INTERVALS = [
    Interval(),
    Interval(0.0),
    Interval(-1.0, 1.5),
    Interval(kinks=(0.0, 1.0)),
    Interval(kinks=(0.5,), every=-1.0),
]


def some(strategy: st.SearchStrategy[Any], condition: Any, max_examples: int = 1000) -> Any:
    """An example that meets the condition, as it comes."""
    return find(strategy, condition, settings=settings(max_examples=max_examples, phases=[Phase.generate], database=None))


def one_sided(row: Op, args: tuple[float, ...], i: int, h: float) -> float:
    moved = [a + h if j == i else a for j, a in enumerate(args)]
    return (float(row.compute(*moved)) - float(row.compute(*args))) / h


def is_smooth(row: Op, args: tuple[float, ...]) -> bool:
    """Do the slopes to both sides agree, by each argument, and do they stay the same on a smaller scale?"""
    for i in range(len(args)):
        slopes = [one_sided(row, args, i, h) for h in (1e-5, -1e-5, 1e-6, -1e-6)]
        if not np.allclose(slopes, slopes[0], rtol=1e-2, atol=1e-3):
            return False
    return True


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@settings(max_examples=20)
@given(data=st.data())
def test_every_row_is_smooth_where_its_arguments_are_drawn(row: Op, data: st.DataObject) -> None:
    args = data.draw(arguments(row, scalars=True))
    numbers = tuple(a.data for a in args)
    assert is_smooth(row, numbers) and holds(row, numbers, 0.05)
    assert all(abs(a) <= BOUND for a in numbers)


@pytest.mark.parametrize("row", KINKED, ids=lambda row: row.name)
def test_every_row_is_kinked_where_its_domain_says_so(row: Op) -> None:
    found = some(arguments(row, scalars=True, at="kinks"), lambda args: not is_smooth(row, tuple(a.data for a in args)))
    assert not holds(row, [a.data for a in found], 1e-6)


@pytest.mark.parametrize("row", KINKED, ids=lambda row: row.name)
def test_both_sides_of_every_kink_are_drawn(row: Op) -> None:
    for i, domain in enumerate(domains_of(row)):
        if isinstance(domain, Interval) and (walls := domain.walls()):
            wall = walls[len(walls) // 2]
            for side in (-1, 1) if wall != domain.low else (1,):
                some(arguments(row, scalars=True), lambda args, i=i, wall=wall, side=side: (args[i].data - wall) * side > 0)
        elif not isinstance(domain, Interval):
            for side in (-1, 1):
                some(arguments(row, scalars=True), lambda args, side=side: (args[0].data - args[1].data) * side > 0)


@settings(max_examples=30)
@given(data=st.data(), domain=st.sampled_from(INTERVALS), margin=st.sampled_from([0.01, 0.25]), bound=st.sampled_from([2.0, 10.0]))
def test_floats_keep_their_distance(data: st.DataObject, domain: Interval, margin: float, bound: float) -> None:
    x = data.draw(floats(domain, margin=margin, bound=bound))
    assert domain.holds(x, margin * (1 - 1e-9)) and abs(x) <= bound
    y = data.draw(floats(Interval(kinks=(0.0,), every=0.3)))  # too close for the margin
    assert Interval(kinks=(0.0,), every=0.3).holds(y, 0.07)


@settings(max_examples=20)
@given(data=st.data())
def test_floats_on_edges(data: st.DataObject) -> None:
    assert data.draw(floats(Interval(0.0, kinks=(1.0,)), at="kinks")) in (0.0, 1.0)
    assert data.draw(floats(at="zeros")) == 0
    assert 0 < abs(data.draw(floats(at="tiny"))) <= 1e-290 and abs(data.draw(floats(at="huge"))) >= 1e290
    assert data.draw(floats(Interval(0.0), at="tiny")) > 0 and data.draw(floats(Interval(0.0), at="huge")) > 0
    assert not np.isfinite(data.draw(floats(at="nonfinite")))


def test_what_floats_finds_and_refuses() -> None:
    assert np.signbit(find(floats(at="zeros"), lambda x: np.signbit(x)))
    assert find(floats() | floats(at="huge"), lambda x: abs(x) > BOUND) >= 1e290
    assert find(floats(at="nonfinite"), np.isnan) != 0
    with pytest.raises(ValueError, match="at must be"):
        floats(at="edges")
    with pytest.raises(ValueError, match="no kinks in Interval"):
        floats(at="kinks")
    with pytest.raises(ValueError, match="has no numbers within"):
        floats(Interval(3.0))
    assert 2.75 <= find(floats(Interval(2.5), bound=4.0), lambda x: True) <= 4


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
def test_every_index_means_what_it_means_to_numpy(data: st.DataObject, shape: tuple[int, ...]) -> None:
    key = data.draw(indices(shape))
    a = np.arange(float(np.prod(shape))).reshape(shape)
    got = ag.tensor(a)[key].numpy()
    np.testing.assert_array_equal(got, a[as_numpy(key)], strict=True)


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


@pytest.mark.parametrize("row", DIFFERENTIABLE, ids=lambda row: row.name)
@settings(max_examples=10)
@given(data=st.data())
def test_arguments_of_elementwise_rows_broadcast_in_their_domain(row: Op, data: st.DataObject) -> None:
    args = data.draw(arguments(row))
    wide = np.broadcast_arrays(*(a.detach().numpy() for a in args))
    assert holds(row, wide if row.name != "where" else [wide[0] - 0.5, *wide[1:]], 1e-3)
    assert [a.requires_grad for a in args] == [rule is not None for rule in row.vjps]
    assert row(*args).isfinite().all().item()


def test_every_differentiable_row_about_shapes_has_arguments() -> None:
    assert set(SHAPED) == {name for name, row in table.SHAPED.items() if row.differentiable}
    assert set(DOMAINS) <= {*table.ELEMENTWISE, *table.SHAPED}


@pytest.mark.parametrize("name", SHAPED)
@settings(max_examples=10)
@given(data=st.data())
def test_arguments_of_rows_about_shapes_fit(name: str, data: st.DataObject) -> None:
    row = table.SHAPED[name]
    args = data.draw(arguments(row))
    out = row(*args)
    assert out.requires_grad and out.isfinite().all().item() and out.numel() > 0
    for a, rule in zip(args, row.vjps):
        assert (rule is not None) == (isinstance(a, Tensor) and a.requires_grad)


def test_ties_and_other_edges_on_demand() -> None:
    x, y = some(arguments(elementwise.maximum, at="kinks"), lambda args: args[0].numel() > args[1].numel() > 0)
    assert (x == y).all()
    x, *_ = some(arguments(reduce.amax_, at="kinks"), lambda args: args[0].numel() > 1 and args[0].sum().item() == 0)
    assert not x.detach().numpy().any()
    assert find(arguments(elementwise.mul, scalars=True, at="huge"), lambda args: True)[0].data >= 1e290
    condition, a, b = find(arguments(elementwise.where, scalars=True), lambda args: args[0])
    assert condition is True and a.requires_grad and b.requires_grad


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: floats((0.1, 10)), TypeError, r"must be an Interval, got tuple of length 2; write Interval\(0.1, 10\)"),
    (lambda: floats("log"), TypeError, r"got str 'log'; .* take one of DOMAINS\['log'\]"),
    (lambda: floats(DOMAINS["log"]), TypeError, "one for each argument of a row: take one of them"),
    (lambda: floats(DOMAINS["maximum"][0]), TypeError, "call it with the arguments after this one"),
    (lambda: floats(Interval(kinks=(np.zeros(2),))), TypeError, r"floats: a kink must be a real number, got ndarray of shape \(2,\)"),
    (lambda: floats(margin=-1), ValueError, "margin must be a finite number >= 0, got -1"),
    (lambda: floats(bound=math.inf), ValueError, "bound must be finite and at least 2.2.*, got inf"),
    (lambda: floats(Interval(kinks=(0.0,), every=1e-9)), ValueError, "too many kinks within 2.0 of 0"),
    (lambda: Interval(2, 1), ValueError, "low must be less than high, got 2 and 1"),
    (lambda: Interval(0, 1 + 1j), TypeError, r"high must be a real number, got complex"),
    (lambda: Interval("a"), TypeError, "low must be a real number, got str 'a'"),
    (lambda: Interval(kinks=0.0), TypeError, r"kinks must be a tuple of numbers, got float 0.0; of one write \(0.0,\)"),
    (lambda: Interval(every=math.nan), ValueError, "every must be finite, got nan"),
    (lambda: values(elements=Interval(0, 1)), TypeError, r"must be a strategy, got Interval; write floats\(Interval\(low=0, high=1"),
    (lambda: values(elements=floats), TypeError, "got the function floats; call it"),
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
    (lambda: arguments("tanhh"), ValueError, "'tanhh' is not a differentiable row"),
    (lambda: arguments("argmax"), ValueError, "'argmax' is not a differentiable row"),
    (lambda: arguments(nn.functional.softmax), TypeError, "got the function softmax; 'softmax' is the name of one"),
    (lambda: arguments(3), TypeError, r"or its name, got int 3; draw other arguments with tensors\(\)"),
    (lambda: arguments("log", at="edges"), ValueError, "arguments: at must be .*, got 'edges'"),
    (lambda: arguments("sum", at="kinks"), ValueError, "there are no kinks in"),
    (lambda: arguments("tanh", shape=(2,)), ValueError, "any shapes that broadcast, got shape tuple of length 1; leave it out"),
    (lambda: arguments("cumsum", shape=()), ValueError, r"at least 1 dimensions, got shape \(\)"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind, message", REFUSED)
def test_what_cannot_be_drawn_is_refused_when_it_is_asked_for(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


@settings(max_examples=10)
@given(data=st.data())
def test_a_row_can_be_named_and_a_shape_given(data: st.DataObject) -> None:
    assert np.isfinite(elementwise.log(*data.draw(arguments("log", scalars=True))).data)
    x, axis = data.draw(arguments("cumsum", shape=(2, 3)))
    assert x.shape == (2, 3) and axis in (0, 1)


@settings(max_examples=10)
@given(x=tensors((2,), "float32", floats(at="huge")))
def test_what_is_too_large_for_float32_is_infinite_and_warns_nobody(x: Tensor) -> None:
    assert abs(x.detach().numpy()).min() == np.inf


def test_arguments_of_what_is_in_no_table_are_refused() -> None:
    with pytest.raises(ValueError, match="not a differentiable row"):
        arguments(Op("tanh", np.tanh, lambda g, z, x: g))
    with pytest.raises(ValueError, match="not a differentiable row"):
        arguments(reduce.argmax_)
    with pytest.raises(ValueError, match="takes tensors"):
        arguments(reduce.sum_, scalars=True)
