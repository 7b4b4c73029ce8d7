"""The arguments of each operation: inside its domain, away from kinks or on them, and fitting."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor
from autograd.core.node import Op
from autograd.ops import elementwise, reduce, table
from autograd.testing.strategies.numbers import BOUND, Interval
from autograd.testing.strategies.rows import DOMAINS, arguments, domains_of, drawn, holds
from tests.autograd.testing.strategies.examples import some

ROWS = [row for row in table.ELEMENTWISE.values() if row.name != "where"]


DIFFERENTIABLE = [row for row in table.ELEMENTWISE.values() if row.differentiable]


KINKED = [row for row in ROWS if row.name in DOMAINS]


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
            for side in [-1] * (wall != domain.low) + [1] * (wall != domain.high):
                some(arguments(row, scalars=True), lambda args, i=i, wall=wall, side=side: (args[i].data - wall) * side > 0)
        elif not isinstance(domain, Interval):
            for side in (-1, 1):
                some(arguments(row, scalars=True), lambda args, side=side: (args[0].data - args[1].data) * side > 0)


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
    for name, row in table.SHAPED.items():
        assert (drawn(row) is not None) == row.differentiable, (
            f"{name}: give the row examples=, or say in SHAPED how its arguments are drawn"
        )
    assert set(DOMAINS) <= {*table.ELEMENTWISE, *table.SHAPED}


@pytest.mark.parametrize("name", [name for name, row in table.SHAPED.items() if row.differentiable])
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


@settings(max_examples=10)
@given(data=st.data())
def test_a_row_can_be_named_and_a_shape_given(data: st.DataObject) -> None:
    assert np.isfinite(elementwise.log(*data.draw(arguments("log", scalars=True))).data)
    x, axis = data.draw(arguments("cumsum", shape=(2, 3)))
    assert x.shape == (2, 3) and axis in (0, 1)


def test_arguments_of_what_is_in_no_table_are_refused() -> None:
    with pytest.raises(ValueError, match="not a differentiable row"):
        arguments(Op("tanh", np.tanh, lambda g, z, x: g))
    with pytest.raises(ValueError, match="not a differentiable row"):
        arguments(reduce.argmax_)
    with pytest.raises(ValueError, match="takes tensors"):
        arguments(reduce.sum_, scalars=True)


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
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
