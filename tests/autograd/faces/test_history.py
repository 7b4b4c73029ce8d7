"""`grad_fn`: a graph can be walked through by it, down to its leaves, before and after backward."""

from typing import Any

import pytest
from hypothesis import given

import autograd as ag
from autograd import ancestors, tensor
from autograd.faces.history import GradFn
from tests.autograd.core.test_walk import programs, run


def reached(fn: GradFn) -> set[GradFn]:
    seen, stack = set(), [fn]
    while stack:
        f = stack.pop()
        if f not in seen:
            seen.add(f)
            stack += [g for g, place in f.next_functions if g is not None and place == 0]
    return seen


@given(program=programs())
def test_next_functions_reach_what_the_graph_was_made_from(program: Any) -> None:
    a, b = tensor(0.5, requires_grad=True), tensor(2.0, requires_grad=True)
    z = run(program, a, b)
    found = reached(z.grad_fn)
    assert {f.node for f in found} == {n for n in ancestors(z) if n.requires_grad}
    assert {id(f.variable) for f in found if f.name() == "AccumulateGrad"} == {id(a), id(b)}
    z.backward()
    assert sorted(f.name() for f in reached(z.grad_fn)) == sorted(f.name() for f in found)


def test_names_are_those_of_pytorch_where_they_follow_from_the_operation() -> None:
    x = ag.ones(2, 2, requires_grad=True)
    results = [x + 1, 2 - x, x * x, x / 2, x**2, -x, x.relu(), x.log_softmax(1), x.sum(), x.mean(), x.exp(), x.clone()]
    assert [y.grad_fn.name().removesuffix("Backward0") for y in results] == [
        "Add", "Sub", "Mul", "Div", "Pow", "Neg", "Relu", "LogSoftmax", "Sum", "Mean", "Exp", "Clone",
    ]  # fmt: skip
    assert x[0].grad_fn.name() == "IndexBackward0"
    assert ag.Op("Mine", lambda x: x, lambda g, z, x: g)(x).grad_fn.name() == "MineBackward"


def test_a_grad_fn_is_a_view_of_its_node() -> None:
    x = tensor([1.0], requires_grad=True)
    y = x * 2
    assert x.grad_fn is None and y.detach().grad_fn is None
    assert y.grad_fn == y.grad_fn and len({y.grad_fn, y.grad_fn}) == 1 and y.grad_fn != (x * 2).grad_fn
    assert repr(y.grad_fn) == "<*>" and y.grad_fn.next_functions[1] == (None, 0)
    with pytest.raises(AttributeError, match="an AccumulateGrad; <\\*> is an operation"):
        y.grad_fn.variable  # noqa: B018
