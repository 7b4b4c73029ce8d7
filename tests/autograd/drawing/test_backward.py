"""The backward lane: a gradient above each variable, and the chain rule on each operation."""

import re

import autograd as ag
from autograd import Value, draw, tensor
from autograd.program.formulas import flowing
from autograd.program.mathematics import mathematics
from tests.autograd.drawing.texts import arrows, boxes, mlp, neuron


def test_saved_values() -> None:
    x = Value(2.0)
    y = (x * x).tanh() + x
    dotted = re.findall(r"^\t(\w+) -> (\w+) \[style=dotted", draw(y, show_saved=True).source, re.M)
    assert dotted == [("v0", "o1"), ("v2", "o2")]  # x for x * x, the result for tanh, nothing for the sum
    assert "dotted" not in draw(y).source


def test_many_saved_values_are_said_where_they_are_needed() -> None:
    def product(n: int) -> Value:
        y = x
        for _ in range(n):
            y = y * x
        return y

    x = Value(2.0)
    few, many = draw(product(3), layout="mirror").source, draw(product(4), layout="mirror").source
    assert few.count("dotted") == 6 and "saved" not in "".join(boxes(few, "b").values())
    assert "dotted" not in many and [label.split("/")[1] for label in boxes(many, "b").values()][:3] == [
        "saved x = 2",
        "saved x = 2",
        "saved x = 2",
    ]
    assert "saved 4" in {label.split("/")[1] for label in boxes(many, "b").values()}  # it has no name
    asked = draw(product(4), layout="mirror", show_saved=True).source
    assert asked.count("dotted") == 8 and "saved" not in "".join(boxes(asked, "b").values())


def test_a_saved_number_that_was_let_go_is_not_read() -> None:
    x, y = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    z = x * y
    for _ in range(4):
        z = z * z
    z.backward()
    assert "saved a number" in "".join(boxes(draw(z, layout="mirror").source, "b").values())


def test_formulas_do_not_take_the_names_of_others() -> None:
    g, x = Value(0.5), Value(2.0)
    y = (g * x + 1).tanh() ** 2
    source = draw(y, layout="mirror").source
    assert list(boxes(source, "b").values()) == ["δ · x", "δ · g", "δ · (1 − z²)", "δ · 2 · □"]
    assert list(boxes(source, "o").values()) == ["×", "□ + 1", "tanh", "□²"]
    assert 'legend_formula [label="δ: the gradient\\nthat arrives"' in draw(y, layout="mirror", legend=True).source


def test_the_lanes_hold_a_gradient_for_each_variable() -> None:
    loss, inputs = neuron()
    source = draw(loss, layout="mirror").source
    gradients = boxes(source, "g")
    numbers = dict(zip(("g0", "g1"), ag.grad(loss, inputs)))
    for id, g in numbers.items():
        assert gradients[id].endswith(f"{g.data:.4g}".replace("-", "−"))
    assert gradients["g0"].startswith("∂L/∂x/") and gradients["g5"] == "seed/1"
    across = dict(re.findall(r'^\t+(\w+) \[.* pos="([^,]*),', source, re.M))
    assert all(across[f"v{i}"] == across[f"g{i}"] for i in range(6))
    below = draw(loss, layout="mirror", rankdir="TB").source  # which Graphviz lays out
    assert all(f"{{rank=same; v{i}; g{i}}}" in below for i in range(6))
    assert boxes(source, "b") == {"b2_0": "g · w", "b2_1": "g · x", "b4_0": "g · (1 − z²)", "b5_0": "g · 2 · □"}
    dotted = re.findall(r"^\t(\w+) -> (\w+) \[style=dotted", source, re.M)
    assert dotted == [("v1", "b2_0"), ("v0", "b2_1"), ("v4", "b4_0"), ("v4", "b5_0")]


def test_the_text_on_a_backward_operation_is_written_by_its_rule() -> None:
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    mine = ag.Op("mine", lambda x, y: x * y, lambda g, z, x, y: g * y * 7, lambda g, z, x, y: g * x)
    y = mine(a, b)
    assert boxes(draw(y, layout="mirror").source, "b")["b2_0"] == mathematics(flowing(y, 0, "g", {a: "a", b: "b"}))


def test_lanes_of_folded_modules() -> None:
    _, loss = mlp()
    source = draw(loss, layout="mirror", depth=1).source
    assert list(boxes(source, "bm").values()) == ["2: Linear/backward", "1: ReLU/backward", "0: Linear/backward"][::-1]
    assert ("bm3", "bm4") in arrows(source) and ("bm4", "bm7") in arrows(source)


def test_lanes_where_there_are_no_numbers() -> None:
    t = ag.tensor([1.0, 2.0], requires_grad=True)
    assert boxes(draw(t * 2, layout="mirror").source, "g") == {"g0": "grad t/tensor 2", "g1": "seed/tensor 2"}
    loss = (t * t).sum()
    loss.backward()
    assert boxes(draw(loss, layout="mirror").source, "b")["b1_0"] == "g · t"


def test_each_gradient_stands_above_its_own_variable() -> None:
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.88, label="b")
    o = (x * w + b).tanh()
    gradients = ag.grad(o, [x, w, b], create_graph=True)
    source = draw([o, *gradients]).source
    numbers = {id: label.split("/")[-1] for id, label in boxes(source, "g").items()}
    for v, g in zip((x, w, b), gradients):
        (box,) = (id for id, label in boxes(source).items() if label.split("/")[0] == v.label)
        assert numbers[f"g{box[1:]}"] == f"{g.data:.4g}".replace("-", "−")
    p, q = Value(1.0, label="p"), Value(2.0, label="q")
    y = p - q
    dp, dq = ag.grad(y, [p, q], create_graph=True)
    assert [label.split("/")[-1] for label in boxes(draw([y, dp, dq]).source, "g").values()] == ["1", "−1", "1"]


def test_between_the_layers() -> None:
    p, q = Value(1.0), Value(2.0)
    y = ag.tensor([p, q]).sum()
    assert "vjp" not in draw(y, layout="mirror").source


def test_a_box_in_a_formula_can_be_raised() -> None:
    x, y, z = (ag.ones(2, 2, requires_grad=True) for _ in range(3))
    source = draw(((x * y * z) @ x.exp()).sum(), layout="mirror").source
    assert "box" not in "".join(boxes(source, "b").values()) and any("□ᵀ" in label for label in boxes(source, "b").values())


def test_a_tensor_that_is_taken_apart_into_values_has_its_gradient_drawn_by_its_shape() -> None:
    t = tensor([1.0, 2.0], requires_grad=True)
    a, b = t.values().flat
    source = draw(a * b, layout="mirror").source
    assert source.count("tensor 2") >= 2 and "entry by entry" in source
