"""The DOT text: what is a square, what a circle, the same text for the same program, cut where it is too long."""

from typing import Any

import graphviz
import pytest

import autograd as ag
import nn
from autograd import Value, draw


def neuron() -> tuple[Any, Any]:
    x, w = Value(0.5, label="x"), Value(-1.5, label="w")
    loss = (x * w + 0.8).tanh() ** 2
    loss.label = "L"
    return loss, [x, w]


def test_a_forward_graph() -> None:
    loss, _ = neuron()
    g = draw(loss)
    assert isinstance(g, graphviz.Digraph)
    assert g.source == draw(neuron()[0]).source  # no addresses in it
    assert g.source.count("shape=circle") + g.source.count("shape=ellipse") == 4
    for label in ('"x\n0.5"', '"w\n−1.5"', "+ 0.8", "tanh", "^ 2", "peripheries=2"):
        assert label.replace("\n", "\\n") in g.source or label in g.source
    assert "grad" not in g.source
    loss.backward()
    assert draw(loss).source.count("grad") == 6


def test_repeated_operands_have_an_edge_each() -> None:
    x = Value(2.0)
    assert draw(x * x).source.count("v0 -> o1") == 2
    y = x
    for _ in range(18):
        y = y + y
    assert draw(y).source.count("fillcolor") == 19 + 18


def test_the_backward_graph_is_told_apart() -> None:
    loss, inputs = neuron()
    grads = ag.grad(loss, inputs, create_graph=True)
    source = draw([loss, *grads], names={"dL/dx": grads[0]}).source
    assert "#A8437F" in source and "style=dashed" in source and "dL/dx" in source
    assert "#A8437F" not in draw(loss).source


def test_tensors_modules_and_released_graphs() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    loss = nn.functional.cross_entropy(net(ag.ones(5, 4)), ag.zeros(5, dtype=ag.int64))
    before = draw(loss, names=net).source
    for text in ("0.weight", "3×4", "5×2", "linear", "relu", "2.bias"):
        assert text in before
    loss.backward()
    assert draw(loss, names=net.named_parameters()).source == before


def test_names_that_could_break_the_text() -> None:
    for name in ('quote"s', "back\\slash", "{a|b}", "<b>bold</b>", "new\nline", "шалом שלום 🎉", "</script>"):
        v = Value(1.0, label=name)
        source = draw(v * 2).source
        assert source.count("->") == 2
        assert graphviz.Source(source).source == source


def test_long_graphs_are_cut_and_say_so() -> None:
    y = Value(1.0)
    for _ in range(1000):
        y = y + 1
    source = draw(y, max_nodes=50).source
    assert source.count("fillcolor") == 50 + 50 and "more than 50" in source


def test_misuse() -> None:
    with pytest.raises(TypeError, match="got float"):
        draw([1.0])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="at least one"):
        draw([])
    with pytest.raises(TypeError, match="names maps names"):
        draw(Value(1.0), names={"x": 3})
