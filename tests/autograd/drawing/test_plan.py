"""Which layout is chosen, and what is refused before it takes minutes."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value, draw
from tests.autograd.drawing.texts import boxes, neuron

GRADIENT = "#A8437F"


def test_large_networks_fold_by_themselves() -> None:
    net = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)) for _ in range(50)])
    y = net(ag.ones(1, 2)).sum()
    assert list(boxes(draw(y, max_nodes=100).source, "m").values()) == ["Sequential × 50/1×2 → 1×2/600 parameters"]
    assert len(boxes(draw(y).source, "m")) == 150
    assert not boxes(draw(y, max_nodes=1000).source, "m")


def lecture() -> Value:
    """The loss of micrograd's MLP(3, [4, 4, 1]) on four examples, in its own words: 304 operations, with no module in sight."""
    numbers = iter(np.random.default_rng(0).uniform(-1, 1, 41))
    layers = [[[Value(next(numbers)) for _ in range(n + 1)] for _ in range(m)] for n, m in ((3, 4), (4, 4), (4, 1))]

    def net(x: list[Any]) -> Any:
        for layer in layers:
            x = [sum((w * a for w, a in zip(neuron[1:], x)), neuron[0]).tanh() for neuron in layer]
        return x[0]

    xs, ys = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]], [1.0, -1.0, -1.0, 1.0]
    return sum((net(x) - y) ** 2 for x, y in zip(xs, ys))


def test_the_network_of_the_lecture_is_drawn_and_played_as_it_stands() -> None:
    loss = lecture()
    assert ag.graph_size(loss)[:2] == (304, 345)
    for layout in ("flow", "mirror"):
        assert len(boxes(draw(loss, layout=layout).source)) == 345
    pytest.importorskip("pygraphviz")
    assert "<svg" in ag.graph_player(loss).html


def test_a_graph_that_was_folded_says_so_and_names_what_draws_it_whole() -> None:
    assert 'label="folded to depth 1: 1,077 variables" ' in draw(nn.MLP(4, [16, 16, 1]).scalars()([1.0, 2.0, 3.0, 4.0])).source
    y = nn.MLP(4, [12, 12, 1]).scalars()([1.0, 2.0, 3.0, 4.0])  # whose layout takes seconds, not minutes
    size = ag.graph_size(y)
    assert f'label="folded to depth 1: {size.values:,} variables (max_nodes={size.values} draws each)"' in draw(y).source
    whole = draw(y, max_nodes=size.values).source
    assert "folded" not in whole and len(boxes(whole)) == size.values and "folded" not in draw(y, depth=1).source
    net = nn.Sequential(*[layer for i in range(10) for layer in (nn.Linear(2 + i, 3 + i), nn.Tanh())])  # no two are the same
    deep = net(ag.ones(1, 2)).sum()
    with pytest.raises(ValueError, match=r"max_nodes=22, fold it with depth=0, or draw a part"):
        draw(deep, max_nodes=10, depth=1)
    assert draw(deep, max_nodes=22, depth=1) and draw(deep, max_nodes=10, depth=0)


@settings(max_examples=20)
@given(st.integers(2, 60), st.integers(1, 50), st.sampled_from(["flow", "mirror"]))
def test_the_argument_that_a_message_names_draws_it(length: int, most: int, layout: str) -> None:
    y = Value(1.0)
    for _ in range(length):
        y = y.sin()
    try:
        source = draw(y, max_nodes=most, layout=layout).source
    except ValueError as error:
        named = re.search(r"max_nodes=(\d+)", str(error))
        assert named and most < int(named[1])
        source = draw(y, max_nodes=int(named[1]), layout=layout).source
        with pytest.raises(ValueError, match="max_nodes"):
            draw(y, max_nodes=int(named[1]) - 1, layout=layout)
    assert len(boxes(source)) == length + 1


def test_recorded_gradients_choose_the_layout() -> None:
    loss, inputs = neuron()
    dx, dw = ag.grad(loss, inputs, create_graph=True)
    auto = draw([loss, dx]).source
    assert "b2_0" in boxes(auto, "b") and "b2_1" not in boxes(auto, "b")  # only what leads to x
    assert boxes(auto, "g")["g0"].startswith("dx/")
    flow = draw([loss, dx, dw], layout="flow").source
    assert GRADIENT in flow and "seed" in flow and 'label="backward"' in flow
    (second,) = ag.grad(dw, inputs[1], create_graph=True)
    assert "g0" not in draw([loss, dw, second]).source and "second/" in "".join(boxes(draw([loss, dw, second]).source).values())
    with pytest.raises(ValueError, match="first derivatives of the first output"):
        draw([loss, dw, second], layout="mirror")
    with pytest.raises(ValueError, match=r"draw\(\[output, \*gradients\]\)"):
        draw([dx, dw], layout="mirror")


def test_large_graphs_are_refused_with_their_sizes() -> None:
    y = Value(1.0)
    for _ in range(1000):
        y = y + 1
    with pytest.raises(ValueError, match=r"1,000 operations, 1,001 variables, depth 1,000; at most 400 .*max_nodes=1001,.*listing\(\)"):
        draw(y)
    assert len(boxes(draw(y, max_nodes=1001).source)) == 1001
    for _ in range(200_000):
        y = y + 1
    with pytest.raises(ValueError, match="more than 100,000 variables; at most 400 are drawn"):
        draw(y)


def test_a_tangle_is_refused_before_its_layout() -> None:
    made = [Value(1.0)]
    for i in range(140):
        made.append(made[-1] + made[i // 3])
    with pytest.raises(ValueError, match=r"long edges .*takes minutes.* max_nodes=141, timeout=600,"):
        draw(made[-1])
    g = draw(made[-1], max_nodes=141, timeout=0.5)
    pytest.importorskip("pygraphviz")
    try:
        g.pipe("svg")
    except TimeoutError as error:
        assert "0.5 s" in str(error)


def test_what_our_own_layout_places_is_not_refused() -> None:
    made = [Value(1.0)]
    for _ in range(300):
        made.append(made[-1].sin())
    y = sum(made[:9], made[-1])  # arrows from one end to the other
    assert ag.graph_size(y).predictor > 5000
    assert draw(y).placed
    with pytest.raises(ValueError, match="takes minutes"):
        draw(y, rankdir="TB")


def test_misuse() -> None:
    with pytest.raises(TypeError, match="got float"):
        draw([1.0])
    with pytest.raises(ValueError, match="at least one"):
        draw([])
    with pytest.raises(TypeError, match="names maps names"):
        draw(Value(1.0), names={"x": 3})
    for option, value in (("layout", "tree"), ("theme", "blue"), ("ops", "squares"), ("rankdir", "XY")):
        with pytest.raises(ValueError, match=f"{option} must be one of .*got '{value}'"):
            draw(Value(1.0), **{option: value})
    for depth in (-1, "1", True):
        with pytest.raises(ValueError, match="depth counts the levels"):
            draw(Value(1.0), depth=depth)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="precision must be an int of at least 1, got 0"):
        draw(Value(1.0), precision=0)
    with pytest.raises(TypeError, match=r"got Linear; draw what it returns"):
        draw(nn.Linear(1, 1))
    with pytest.raises(TypeError, match=r"got dict; names go into names="):
        draw({"y": Value(1.0)})


def test_gradients_with_other_weights_are_drawn_as_recorded() -> None:
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    y = a * b
    ga, gb = ag.grad(y, [a, b], grad_outputs=ag.tensor(10.0), create_graph=True)
    assert {"ga/30", "gb/20"} <= set(boxes(draw([y, ga, gb]).source).values())
    with pytest.raises(ValueError, match="layout='flow'"):
        draw([y, ga, gb], layout="mirror")
    z = a + b * b
    ga, gb = ag.grad([y, z], [a, b], create_graph=True)
    assert {"ga/4", "gb/8"} <= set(boxes(draw([y, z, ga, gb]).source).values())


def test_the_order_of_outputs_and_gradients_does_not_matter() -> None:
    loss, (x, _) = neuron()
    (dx,) = ag.grad(loss, x, create_graph=True)
    assert boxes(draw([dx, loss]).source, "g") == boxes(draw([loss, dx]).source, "g")
