"""The forward lane: what is a square, what a circle, and whose name stands where."""

import gc
import math
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value, draw
from autograd.drawing import Graph, draw_dot
from autograd.testing.strategies.programs import Expression, expressions
from tests.autograd.drawing.test_flow import graphs
from tests.autograd.drawing.texts import arrows, boxes, mlp, neuron
from tests.autograd.examples import tensors_alive

GRADIENT = "#A8437F"


def test_squares_and_circles() -> None:
    loss, _ = neuron()
    g = draw(loss)
    assert isinstance(g, Graph) and draw is draw_dot
    assert boxes(g.source) == {"v0": "x/0.5", "v1": "w/−1.5", "v2": "v2/−0.75", "v3": "0.05", "v4": "v4/0.04996", "v5": "L/0.002496"}
    assert boxes(g.source, "o") == {"o2": "×", "o3": "v2 + 0.8", "o4": "tanh", "o5": "v4²"}
    assert ("v0", "o2") in arrows(g.source) and ("o2", "v2") in arrows(g.source)
    assert g.source == draw(neuron()[0]).source


def test_gradients_show_once_this_graph_has_them() -> None:
    loss, (x, _) = neuron()
    loss.backward()
    shown = f"x/0.5/grad {x.grad:.4g}".replace("-", "−")
    assert boxes(draw(loss).source)["v0"] == shown
    again = x * 3
    assert boxes(draw(again).source)["v0"] == "x/0.5"  # that gradient is of the other graph
    assert boxes(draw(again, show_grads=True).source)["v0"] == shown
    assert "grad" not in "".join(boxes(draw(loss, show_grads=False).source).values())


def test_what_stands_in_the_boxes() -> None:
    t = ag.tensor([[1.0]], requires_grad=True)
    y = (t * 2).sum()
    assert list(boxes(draw(y).source).values()) == ["t/tensor 1×1", "tensor 1×1", "y/2"]
    assert list(boxes(draw(y, show_shapes=False).source).values()) == ["t", "·", "y/2"]
    assert list(boxes(draw(y, show_shapes=True, show_values=False).source).values()) == ["t/tensor 1×1", "tensor 1×1", "y/tensor ()"]
    y.backward()
    assert boxes(draw(y).source)["v0"] == "t/tensor 1×1/grad rms 2"
    third = Value(2.0) / 3
    assert "v1" in boxes(draw(third, precision=2).source) and boxes(draw(third, precision=2).source)["v1"] == "third/0.67"
    assert [boxes(draw(v, color=None).source)["v0"] for v in (Value(-0.0), Value(math.nan), Value(-math.inf))] == ["v/0", "v/nan", "v/−inf"]


def test_repeated_operands_have_an_arrow_each() -> None:
    x = Value(2.0)
    assert arrows(draw(x * x).source).count(("v0", "o1")) == 2
    assert "id=e1_0" in draw(x * x).source and "id=e1_1" in draw(x * x).source
    y = x
    for _ in range(18):
        y = y + y
    assert len(boxes(draw(y).source)) == 19


def test_constants() -> None:
    x = Value(2.0)
    y = 0.1 * x**2
    assert list(boxes(draw(y).source, "o").values()) == ["x²", "0.1 × v1"]
    unfolded = draw(y, fold_constants=False).source
    assert list(boxes(unfolded, "o").values()) == ["x ^ 2", "×"] and unfolded.count('label="0.1"') == 1


def test_operations_inside_the_boxes() -> None:
    loss, _ = neuron()
    assert boxes(draw(loss, ops="inside").source)["v4"] == "v4/tanh/0.04996" and not boxes(draw(loss, ops="inside").source, "o")
    y = Value(1.0)
    for _ in range(151):
        y = y.sin()
    assert not boxes(draw(y).source, "o") and len(boxes(draw(y, ops="circles").source, "o")) == 151


def test_an_index_that_the_program_holds_is_named() -> None:
    labels, scores = ag.tensor([0, 2]), ag.ones(2, 3, requires_grad=True)
    assert "scores[i, j]" in boxes(draw(scores[[0, 1], [1, 1]].sum()).source, "o").values()
    t = labels
    del labels
    assert "scores[i, t]" in boxes(draw(scores[[0, 1], t].sum()).source, "o").values()
    assert "t/tensor 2" in boxes(draw(nn.functional.cross_entropy(scores, t)).source).values()


def test_several_outputs_are_no_gradients() -> None:
    x = Value(1.0)
    source = draw([x.sin(), x.cos()]).source
    assert GRADIENT not in source and source.count("peripheries=2") == 2


def test_a_released_graph_is_the_same_picture() -> None:
    net, loss = mlp()
    before = draw(loss, names=net, show_grads=False).source
    loss.backward()
    after = draw(loss, names=net, show_grads=False).source
    assert re.sub(r' tooltip="[^"]*"', "", after) == re.sub(r' tooltip="[^"]*"', "", before)
    assert "0.weight\\ntensor 3×4\\ngrad rms " in draw(loss, names=net).source
    assert "let go by backward()" in after


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=40))
def test_every_node_is_visited_once(edges: list[tuple[int, int]]) -> None:
    made = [Value(1.0), Value(2.0)]
    for i, j in edges:
        made.append(made[i % len(made)] + made[j % len(made)])
    source = draw(made, max_nodes=1000).source
    assert len(boxes(source)) == len(made)
    assert sum(b.startswith("o") for _, b in arrows(source)) == 2 * len(edges)


@settings(max_examples=50)
@given(
    graphs().map(lambda graph: graph[0]) | expressions(),
    st.sampled_from(["flow", "mirror"]),
    st.booleans(),
    st.sampled_from(["circles", "inside"]),
)
def test_every_number_in_a_formula_is_that_of_a_box_and_no_letter_stands_for_one(y: Any, layout: str, fold: bool, ops: str) -> None:
    if isinstance(y, Expression):
        inputs = [(f"input {i}", x) for i, x in enumerate(y.inputs())]  # names that stand in no formula
        y = y(*(x for _, x in inputs))
    else:
        inputs = []
    source = draw(y, names=inputs, layout=layout, fold_constants=fold, ops=ops).source
    numbered = {text.split("/")[0].split(" = ")[0] for text in boxes(source).values()}
    formulas = [*boxes(source, "o").values(), *boxes(source, "b").values()]
    mentioned = {name for text in formulas for name in re.findall(r"(?<![\w.])v\d+(?![\w²³.])|(?<![\w.])v\d+(?=[²³⁻ᵀ])", text)}
    assert mentioned <= numbered
    if ops == "circles":
        assert {name for name in numbered if re.fullmatch(r"v\d+", name)} == mentioned


def test_old_results_beside_new_numbers_are_told() -> None:
    w = Value(2.0)
    L = w * w
    assert "is older" not in draw(L).source
    w.data = 5.0
    assert "what was computed from it is older" in draw(L).source


def test_a_picture_leaves_no_cycle_behind() -> None:
    def picture() -> str:  # a frame that ends: up to Python 3.12, looking at its variables keeps them until it does
        x = ag.ones(3, requires_grad=True)
        return draw((x * 2).tanh().sum(), layout="mirror", show_saved=True).source

    gc.collect()
    gc.disable()
    try:
        alive = tensors_alive()
        assert picture() == picture()
        assert tensors_alive() == alive
    finally:
        gc.enable()
