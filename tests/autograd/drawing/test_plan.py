"""Which layout is chosen, and what is refused before it takes minutes."""

import pytest

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
    with pytest.raises(ValueError, match=r"1,000 operations, 1,001 variables, depth 1,000; at most 300 .*depth=0.*max_nodes.*listing\(\)"):
        draw(y)
    assert len(boxes(draw(y, max_nodes=1001).source)) == 1001
    for _ in range(200_000):
        y = y + 1
    with pytest.raises(ValueError, match="more than 100,000 variables; at most 300 are drawn"):
        draw(y)


def test_a_tangle_is_refused_before_its_layout() -> None:
    made = [Value(1.0)]
    for i in range(140):
        made.append(made[-1] + made[i // 3])
    with pytest.raises(ValueError, match=r"long edges .*would take minutes"):
        draw(made[-1])
    g = draw(made[-1], max_nodes=301, timeout=0.5)
    pytest.importorskip("pygraphviz")
    try:
        g.pipe("svg")
    except TimeoutError as error:
        assert "0.5 s" in str(error)


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
