"""The backward lane: a gradient above each variable, and the chain rule on each operation."""

import re

import autograd as ag
import nn
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
    assert "saved v1 = 4" in {label.split("/")[1] for label in boxes(many, "b").values()}  # it has no name
    asked = draw(product(4), layout="mirror", show_saved=True).source
    assert asked.count("dotted") == 8 and "saved" not in "".join(boxes(asked, "b").values())


def test_a_saved_number_that_was_let_go_is_not_read() -> None:
    x, y = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    z = x * y
    for _ in range(4):
        z = z * z
    z.backward()
    assert {"g · y/saved y = 3", "g · v2/saved v2"} < set(boxes(draw(z, layout="mirror").source, "b").values())


def test_formulas_call_things_as_their_boxes_do() -> None:
    g, x = Value(0.5), Value(2.0)
    y = (g * x + 1).tanh() ** 2
    source = draw(y, layout="mirror").source
    assert list(boxes(source, "b").values()) == ["δ · x", "δ · g", "δ · (1 − v4²)", "δ · 2 · v4"]
    assert list(boxes(source, "o").values()) == ["×", "v2 + 1", "tanh", "v4²"]
    assert [label.split("/")[0] for label in boxes(source).values()] == ["g", "x", "v2", "2", "v4", "y"]
    assert "δ: the gradient" in draw(y, layout="mirror", legend=True).source


def test_a_number_is_no_name_of_the_program_and_a_name_in_a_formula_is_in_one_box_only() -> None:
    v0, δ, g = Value(0.5), Value(2.0), Value(1.0)
    pair = Value(1.5, label="two"), Value(2.5, label="two")
    y = (v0 * δ * g).sin() * pair[0] * pair[1]
    source = draw(y, layout="mirror").source
    formulas = {label.split("/")[0] for label in boxes(source, "b").values()}
    assert {"g0 · δ", "g0 · v0", "g0 · vv2", "g0 · g", "g0 · cos(vv4)", "g0 · vv6", "g0 · vv8"} <= formulas
    labels = boxes(source)
    assert labels["v6"] == "vv6 = two/1.5" and labels["v8"] == "vv8 = two/2.5" and labels["v0"] == "v0/0.5"
    mentioned = {name for text in formulas for name in re.findall(r"\bvv\d+", text)}
    assert mentioned == {text.split("/")[0].split(" = ")[0] for text in labels.values() if text.startswith("vv")}


def test_a_name_that_reads_as_a_number_stands_in_no_formula() -> None:
    x = Value(3.0, label="2")
    assert boxes(draw(x**2, layout="mirror").source, "b") == {"b1_0": "g · 2 · v0"}


def test_a_first_power_is_called_as_what_it_is_a_power_of() -> None:
    v, w = Value(1.0), Value(2.0)
    y = (v * v) ** 1 * w
    source = draw(y, layout="mirror").source
    assert {"g · v1", "g · w"} <= set(boxes(source, "b").values()) and boxes(source)["v1"] == "v1/1"


def test_what_a_formula_mentions_of_a_folded_module_is_numbered_there() -> None:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    loss = (net(ag.ones(4, 3)) ** 2).mean()
    source = draw(loss, names=net, depth=0, layout="mirror").source
    assert (
        boxes(source, "m") == {"m3": "v4 = net: Sequential/4×3 → 4×2/8 parameters"}
        and "g · 2 · v4/saved v4 4×2" in boxes(source, "b").values()
    )


def test_a_sum_of_gradients_shows_what_was_added() -> None:
    """The addends in a box are what the chain rule gives for each use, and add up to the gradient."""
    a, b = Value(-4.0), Value(2.0)
    y = a * b + b**3 + b * 0.5 - b
    (db,) = ag.grad(y, b)
    label = boxes(draw(y, layout="mirror").source, "g")["g1"].removeprefix("∂y/∂b/").replace("−", "-")
    total, *terms = label.split("/")
    addends = " ".join(terms).removeprefix("= ").replace("- ", "+ -").split(" + ")
    assert len(addends) == 4 and float(total) == db.data == sum(map(float, addends))
    x = Value(1.0)
    many = sum(x * float(k) for k in range(7))
    assert any(text.endswith("= sum of 7") for text in boxes(draw(many, layout="mirror").source, "g").values())
    t = ag.ones(2, 3, requires_grad=True)
    assert boxes(draw((3 * t + t * t).sum(), layout="mirror").source, "g")["g0"] == "grad t/rms 5/= sum of rms/1, 1,/3"
    assert "/= sum of rms/1, ✗" in boxes(draw((t * float("inf") + t).sum(), layout="mirror").source, "g")["g0"]
    ten = sum((t * float(k) for k in range(7)), t * 0.5)
    assert boxes(draw(ten.sum(), layout="mirror").source, "g")["g0"].endswith("/= sum of 8")


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
    assert boxes(source, "b") == {"b2_0": "g · w", "b2_1": "g · x", "b4_0": "g · (1 − v4²)", "b5_0": "g · 2 · v4"}
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
    labels = [label.rpartition("/") for label in boxes(source, "bm").values()]
    assert [label for label, _, _ in labels] == ["0: Linear/backward", "1: ReLU/backward", "2: Linear/backward"]
    assert [words.split("rms")[0] for _, _, words in labels] == ["grad ", "input grad ", "grad "]
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


def test_the_classes_of_a_loss_are_counted_in_its_formula() -> None:
    scores, labels = ag.ones(4, 10, requires_grad=True), ag.tensor([1, 2, 3, 4])
    source = draw(nn.functional.cross_entropy(scores, labels), layout="mirror").source
    assert "(softmax₁(scores) − (labels = 0…9)) · g" in boxes(source, "b").values()


def test_between_the_layers() -> None:
    p, q = Value(1.0), Value(2.0)
    y = ag.tensor([p, q]).sum()
    assert "vjp" not in draw(y, layout="mirror").source


def test_a_box_in_a_formula_can_be_raised() -> None:
    x, y, z = (ag.ones(2, 2, requires_grad=True) for _ in range(3))
    source = draw(((x * y * z) @ x.exp()).sum(), layout="mirror").source
    assert "v4ᵀ @ g" in boxes(source, "b").values() and boxes(source)["v4"].startswith("v4/")


def test_a_tensor_that_is_taken_apart_into_values_has_its_gradient_drawn_by_its_shape() -> None:
    t = tensor([1.0, 2.0], requires_grad=True)
    a, b = t.values().flat
    source = draw(a * b, layout="mirror").source
    assert source.count("tensor 2") >= 2 and "entry by entry" in source
