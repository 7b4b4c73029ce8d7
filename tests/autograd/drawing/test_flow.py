"""The walk that keeps its products agrees with the engine, and its sums with themselves."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value
from autograd.drawing.flow import backward_pass, needed, released
from autograd.program.reading import read


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Value, list[Value]]:
    """A scalar graph with shared and repeated operands and constants."""
    numbers = st.floats(-2, 2)
    leaves = [Value(draw(numbers), requires_grad=draw(st.booleans()) or i == 0) for i in range(3)]
    made = [*leaves]
    for _ in range(draw(st.integers(1, 12))):
        a, b = draw(st.sampled_from(made)), draw(st.sampled_from(made))
        made.append(draw(st.sampled_from([a + b, a * b, a - b, a.tanh(), a.sin(), 0.5 * a, a**2, a.maximum(b)])))
    return sum(made, Value(0.0)), leaves


@given(graphs())
def test_scalars(graph: tuple[Value, list[Value]]) -> None:
    y, leaves = graph
    gradients, products = backward_pass(read(y))
    wanted = [v for v in leaves if v.requires_grad]
    for v, g in zip(wanted, ag.grad(y, wanted, allow_unused=True)):
        assert gradients.get(v) == (None if g is None else pytest.approx(g.data, rel=1e-12, abs=1e-12))
    for p in products:
        assert p.after == (p.amount if p.before is None else p.before + p.amount)
        assert gradients[p.n] == p.g
    arrived: dict[int, float] = {}
    for p in products:
        into = id(read(y).args(p.n)[p.i])
        arrived[into] = p.after
    assert all(gradients[v] == arrived.get(id(v), 1.0) for v in gradients)


def test_tensors_in_every_shape_of_rule() -> None:
    x = ag.randn(4, 3, requires_grad=True, dtype=ag.float64)
    w = ag.randn(3, requires_grad=True, dtype=ag.float64)
    y = (ag.cat([x * w, x[1:3]], 0).softmax(1) @ w + ag.stack([w.sum()] * 6) + x.mean()).norm()
    gradients, _ = backward_pass(read(y))
    for v, g in zip((x, w), ag.grad(y, [x, w])):
        assert np.allclose(gradients[v], g.numpy(), rtol=1e-12)


def test_across_the_layers() -> None:
    v = Value(2.0)
    t = ag.tensor([v, 3.0])
    p, q = t.values()
    y = p * q + t.sum().item() + (t * v).sum().values().item()
    assert backward_pass(read(y))[0][v] == pytest.approx(ag.grad(y, v)[0].data)


def test_only_what_leads_to_the_inputs() -> None:
    x, w, b = Value(0.5), Value(-1.5), Value(0.8)
    u = w * x
    y = (u + b).tanh()
    assert needed(read(y), [w]) == {y, y.args[0], u, w}
    gradients, products = backward_pass(read(y), [w])
    assert set(gradients) == {y, y.args[0], u, w} and len(products) == 3
    assert needed(read(y), [Value(1.0)]) == set()


def test_nothing_of_the_graph_is_changed() -> None:
    x = Value(2.0)
    y = x * x
    backward_pass(read(y))
    assert x.grad is None and y.grad is None and y.mark is None
    y.backward()
    assert x.grad == 4.0


def test_released_and_unfit_graphs() -> None:
    x: Any = ag.tensor([1.0, 2.0], requires_grad=True)
    for y in (x.sum(), (x * x).sum(), nn.Linear(2, 1)(x).sum()):
        assert not released(read(y))
        y.backward()
        assert released(read(y))
        with pytest.raises(RuntimeError, match="retain_graph=True"):
            backward_pass(read(y))
    with pytest.raises(RuntimeError, match="needs a gradient of that shape"):
        backward_pass(read(x * 2))
