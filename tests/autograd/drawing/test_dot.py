"""The DOT text: what is a square, what a circle, whose name stands where, and what is refused before it takes minutes."""

import gc
import html
import math
import re
import shutil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value, draw
from autograd.drawing import Graph, draw_dot
from autograd.drawing.dot import quoted
from autograd.program.formulas import chain_rule
from autograd.program.mathematics import mathematics
from tests.autograd.drawing.graphs import GOLDEN, GRAPHS

GRADIENT, SAVED = "#A8437F", "#C44E00"


def boxes(source: str, prefix: str = "v") -> dict[str, str]:
    """Labels by id; line breaks as slashes."""
    found = re.findall(rf'^\t*({prefix}\d+(?:_\d+)?) \[id=\S+ label="((?:[^"\\]|\\.)*)"', source, re.M)
    return {id: label.replace("\\n", "/") for id, label in found}


def arrows(source: str) -> list[tuple[str, str]]:
    return re.findall(r"^\t*(\w+) -> (\w+)(?: \[|$)", source, re.M)


def neuron() -> tuple[Any, Any]:
    x, w = Value(0.5, label="x"), Value(-1.5, label="w")
    loss = (x * w + 0.8).tanh() ** 2
    loss.label = "L"
    return loss, [x, w]


# The texts as they stand.
@pytest.mark.parametrize("name", GRAPHS)
def test_golden(name: str) -> None:
    assert GRAPHS[name]().source == (GOLDEN / f"{name}.gv").read_text(encoding="utf-8")


@pytest.mark.parametrize("format", ["svg", "png"])
@pytest.mark.parametrize("name", GRAPHS)
def test_golden_graphs_can_be_rendered(name: str, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.setenv("PATH", "")
    picture = GRAPHS[name]().pipe(format)
    assert b"</svg>" in picture if format == "svg" else picture.startswith(b"\x89PNG")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's dot is not installed")
@pytest.mark.parametrize("name", GRAPHS)
def test_golden_graphs_can_be_rendered_by_dot(name: str) -> None:
    assert b"</svg>" in GRAPHS[name]().pipe("svg")


# A forward graph.
def test_squares_and_circles() -> None:
    loss, _ = neuron()
    g = draw(loss)
    assert isinstance(g, Graph) and draw is draw_dot
    assert boxes(g.source) == {"v0": "x/0.5", "v1": "w/−1.5", "v2": "−0.75", "v3": "0.05", "v4": "0.04996", "v5": "L/0.002496"}
    assert boxes(g.source, "o") == {"o2": "×", "o3": "□ + 0.8", "o4": "tanh", "o5": "□²"}
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
    assert "grad" not in draw(loss, show_grads=False).source


def test_what_stands_in_the_boxes() -> None:
    t = ag.tensor([[1.0]], requires_grad=True)
    y = (t * 2).sum()
    assert list(boxes(draw(y).source).values()) == ["t/tensor 1×1", "tensor 1×1", "y/2"]
    assert list(boxes(draw(y, show_shapes=False).source).values()) == ["t", "·", "y/2"]
    assert list(boxes(draw(y, show_shapes=True, show_values=False).source).values()) == ["t/tensor 1×1", "tensor 1×1", "y/tensor ()"]
    y.backward()
    assert boxes(draw(y).source)["v0"] == "t/tensor 1×1/grad 1×1"
    third = Value(2.0) / 3
    assert "v1" in boxes(draw(third, precision=2).source) and boxes(draw(third, precision=2).source)["v1"] == "third/0.67"
    assert [boxes(draw(v).source)["v0"] for v in (Value(-0.0), Value(math.nan), Value(-math.inf))] == ["v/0", "v/nan", "v/−inf"]


def test_kinds() -> None:
    x, w = Value(1.0, requires_grad=False), Value(2.0)
    source = draw(w * x + 1).source
    assert source.count("#cfe6f5") == 1 and source.count("filled,dashed") == 1 and source.count("peripheries=2") == 1
    dark = draw(w * x, theme="dark").source
    assert "#123a52" in dark and "#14171c" in dark and "#ffffff" not in dark


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
    assert list(boxes(draw(y).source, "o").values()) == ["x²", "0.1 × □"]  # x is a name here
    unfolded = draw(y, fold_constants=False).source
    assert list(boxes(unfolded, "o").values()) == ["pow", "×"] and unfolded.count('label="0.1"') == 1


def test_operations_inside_the_boxes() -> None:
    loss, _ = neuron()
    assert boxes(draw(loss, ops="inside").source)["v4"] == "tanh/0.04996" and not boxes(draw(loss, ops="inside").source, "o")
    y = Value(1.0)
    for _ in range(151):
        y = y.sin()
    assert not boxes(draw(y).source, "o") and len(boxes(draw(y, ops="circles").source, "o")) == 151


def test_tooltips() -> None:
    with ag.record_lines():
        h = ag.tensor([[1.0, 2.0]], requires_grad=True) * 3
    source = draw(h).source
    assert re.search(
        r'tooltip="h\\nresult of \*\\nfloat32 1×2\\nmin 3, mean 4.5, max 6\\n3, 6\\ntest_dot.py:\d+: h = ag.tensor.*\* 3"', source
    )
    assert "test_dot.py" not in draw(h, show_source=False).source


def test_a_legend_has_the_kinds_that_are_there() -> None:
    loss, _ = neuron()
    plain = draw(loss, legend=True).source
    assert re.findall(r"legend_(\w+) \[label", plain) == ["parameter", "middle", "output", "operation"]
    assert "legend_saved" in draw(loss, legend=True, layout="mirror").source
    assert "legend" not in draw(loss).source


def test_saved_values() -> None:
    x = Value(2.0)
    y = (x * x).tanh() + x
    dotted = re.findall(r"^\t(\w+) -> (\w+) \[style=dotted", draw(y, show_saved=True).source, re.M)
    assert dotted == [("v0", "o1"), ("v2", "o2")]  # x for x * x, the result for tanh, nothing for the sum
    assert "dotted" not in draw(y).source


def test_formulas_do_not_take_the_names_of_others() -> None:
    g, x = Value(0.5), Value(2.0)
    y = (g * x + 1).tanh() ** 2
    source = draw(y, layout="mirror").source
    assert list(boxes(source, "b").values()) == ["δ · x", "δ · g", "δ · (1 − z²)", "δ · 2 · □"]
    assert list(boxes(source, "o").values()) == ["×", "□ + 1", "tanh", "□²"]
    assert 'legend_formula [label="δ: the gradient\\nthat arrives"' in draw(y, layout="mirror", legend=True).source


def test_which_operand_comes_first() -> None:
    a, b = Value(2.0), Value(3.0)
    assert list(boxes(draw(b - a).source, "o").values()) == ["b − a"]
    assert list(boxes(draw(b**a).source, "o").values()) == ["b ^ a"]
    source = draw((b * 1) / a).source
    assert re.findall(r'v(\d) -> o3 \[id=e3_\d headlabel="(\d)"', source) == [("1", "1"), ("2", "2")]
    assert "headlabel" not in draw(a * b + a).source


def test_an_index_that_the_program_holds_is_named() -> None:
    labels, scores = ag.tensor([0, 2]), ag.ones(2, 3, requires_grad=True)
    assert "x[i, j]" in boxes(draw(scores[[0, 1], [1, 1]].sum()).source, "o").values()
    t = labels
    del labels
    assert "x[i, t]" in boxes(draw(scores[[0, 1], t].sum()).source, "o").values()
    assert "t/tensor 2" in boxes(draw(nn.functional.cross_entropy(scores, t)).source).values()


# Names that could break a file.
@given(st.text(max_size=30))
def test_any_name_can_be_quoted(name: str) -> None:
    text = quoted(name)
    assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', text, re.S)
    assert html.unescape(re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text[1:-1])) == html.unescape(html.escape(name, False))


NAMES = [
    'quote"s',
    "back\\slash \\N \\G",
    "{a|b}",
    "<b>bold</b>",
    "&amp; &lt;",
    "new\nline",
    "שלום",
    "🎉",
    "</script>",
    "a\0b",
    "\ud800",
    "%s",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_names_are_shown_as_they_are(name: str) -> None:
    pytest.importorskip("pygraphviz")
    v = Value(1.0, label=name)
    svg = draw(v * 2).pipe("svg", encoding="utf-8")
    shown = [html.unescape(t) for t in re.findall(r"<text[^>]*>(.*?)</text>", svg)]
    expected = name.replace("\n", "␊").replace("\0", "␀").replace("\ud800", "\ufffd")
    assert expected in [t.replace("\xa0", " ") for t in shown]
    assert svg.count('class="edge"') == 2


# Modules.
def mlp() -> tuple[Any, Any]:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    return net, nn.functional.cross_entropy(net(ag.ones(5, 4)), ag.zeros(5, dtype=ag.int64))


def test_modules_are_frames() -> None:
    net, loss = mlp()
    source = draw(loss, names=net).source
    for text in ('"0.weight\\n', "tensor 3×4", "tensor 5×2", "linear", "relu", '"2.bias\\n'):
        assert text in source
    assert re.findall(r'cluster_\d+ { label="([^"]*)"', source) == ["net: Sequential", "0: Linear", "1: ReLU", "2: Linear"]
    assert "cluster" not in draw(loss, modules=False).source
    assert draw(loss, names=net.named_parameters()).source == draw(loss).source == source


def test_depth_folds_modules() -> None:
    net, loss = mlp()
    one = draw(loss, depth=0).source
    assert boxes(one, "m") == {"m3": "net: Sequential/5×4 → 5×2/23 parameters"}
    assert len(boxes(one)) == 4 and "cluster" not in one
    three = draw(loss, depth=1).source
    assert list(boxes(three, "m").values()) == [
        "0: Linear/5×4 → 5×3/15 parameters", "1: ReLU/5×3 → 5×3/0 parameters", "2: Linear/5×3 → 5×2/8 parameters",
    ]  # fmt: skip
    assert draw(loss, depth=5).source == three
    for _ in range(2):
        assert [a for a in arrows(three) if "m" in a[0] + a[1]][:3] == [("v0", "m3"), ("m3", "m4"), ("m4", "m7")]
    del net


def test_an_output_of_a_folded_module_keeps_its_box() -> None:
    net, _ = mlp()
    y = net(ag.ones(5, 4))
    source = draw(y, depth=0).source
    assert list(boxes(source).values()) == ["tensor 5×4", "y/tensor 5×2"] and ("m3", "v7") in arrows(source)


def test_repeats_fold_only_in_sequence_and_of_one_class_and_shape() -> None:
    def titles(*layers: nn.Module) -> list[str]:
        net = nn.Sequential(*layers)
        y = net(ag.ones(2, 4)).sum()
        return [label.split("/")[0] for label in boxes(draw(y, depth=1).source, "m").values()]

    same = [nn.Linear(4, 4) for _ in range(12)]
    assert titles(*same) == ["Linear × 12"]
    assert titles(*same[:2], nn.Tanh(), *same[2:4]) == ["Linear × 2", "2: Tanh", "Linear × 2"]
    assert titles(nn.Linear(4, 3), nn.Linear(3, 3), nn.Linear(3, 4)) == ["0: Linear", "1: Linear", "2: Linear"]

    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            h = self.a(x)
            return self.b(h) + h

    y = Skip()(ag.ones(2, 4)).sum()
    assert len(boxes(draw(y, depth=1).source, "m")) == 2  # h is used twice
    y = nn.Sequential(Skip(), Skip())(ag.ones(2, 4)).sum()
    assert len(boxes(draw(y, depth=2).source, "m")) == 4


def test_large_networks_fold_by_themselves() -> None:
    net = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)) for _ in range(50)])
    y = net(ag.ones(1, 2)).sum()
    assert list(boxes(draw(y, max_nodes=100).source, "m").values()) == ["Sequential × 50/1×2 → 1×2/600 parameters"]
    assert len(boxes(draw(y).source, "m")) == 150
    assert not boxes(draw(y, max_nodes=1000).source, "m")


def test_scalars_of_a_network_fold_by_layer() -> None:
    twin = nn.MLP(4, [16, 16, 1]).scalars()
    y = twin([1.0, 2.0, 3.0, 4.0])
    found = boxes(draw(y).source, "m")
    assert [label.split(": ")[1] for label in found.values()] == [
        "Linear/4 → 16/80 parameters", "ReLU/16 → 16/0 parameters", "Linear/16 → 16/272 parameters", "ReLU/16 → 16/0 parameters",
        "Linear/16 → 1/17 parameters",
    ]  # fmt: skip


def test_what_has_nothing_in_it_folds_with_its_neighbours() -> None:
    net, score = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), nn.MSELoss()
    loss = score(net(ag.ones(3, 2)), ag.ones(3, 2))
    assert {label.split("/")[0] for label in boxes(draw(loss, depth=1).source, "m").values()} == {"0: Linear", "1: Tanh", "score: MSELoss"}
    assert 'label="score: MSELoss" ' not in draw(loss, depth=1).source  # no frame around a box


# Backward.
def test_the_lanes_hold_a_gradient_for_each_variable() -> None:
    loss, inputs = neuron()
    source = draw(loss, layout="mirror").source
    gradients = boxes(source, "g")
    numbers = dict(zip(("g0", "g1"), ag.grad(loss, inputs)))
    for id, g in numbers.items():
        assert gradients[id].endswith(f"{g.data:.4g}".replace("-", "−"))
    assert gradients["g0"].startswith("∂L/∂x/") and gradients["g5"] == "seed/1"
    assert all(f"{{rank=same; v{i}; g{i}}}" in source for i in range(6))
    assert boxes(source, "b") == {"b2_0": "g · w", "b2_1": "g · x", "b4_0": "g · (1 − z²)", "b5_0": "g · 2 · □"}
    dotted = re.findall(r"^\t(\w+) -> (\w+) \[style=dotted", source, re.M)
    assert dotted == [("v1", "b2_0"), ("v0", "b2_1"), ("v4", "b4_0"), ("v4", "b5_0")]


def test_the_text_on_a_backward_operation_is_written_by_its_rule() -> None:
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    mine = ag.Op("mine", lambda x, y: x * y, lambda g, z, x, y: g * y * 7, lambda g, z, x, y: g * x)
    y = mine(a, b)
    assert boxes(draw(y, layout="mirror").source, "b")["b2_0"] == mathematics(chain_rule(y, 0, "g", {a: "a", b: "b"}))


def test_recorded_gradients_choose_the_layout() -> None:
    loss, inputs = neuron()
    dx, dw = ag.grad(loss, inputs, create_graph=True)
    auto = draw([loss, dx]).source
    assert "b2_0" in boxes(auto, "b") and "b2_1" not in boxes(auto, "b")  # only what leads to x
    assert boxes(auto, "g")["g0"].startswith("dx/")
    flow = draw([loss, dx, dw], layout="flow").source
    assert GRADIENT in flow and "seed" in flow and 'label="backward"' in flow
    (second,) = ag.grad(dw, inputs[1], create_graph=True)
    assert "g0" not in draw([loss, dw, second]).source and "second" in draw([loss, dw, second]).source
    with pytest.raises(ValueError, match="first derivatives of the first output"):
        draw([loss, dw, second], layout="mirror")
    with pytest.raises(ValueError, match=r"draw\(\[output, \*gradients\]\)"):
        draw([dx, dw], layout="mirror")


def test_several_outputs_are_no_gradients() -> None:
    x = Value(1.0)
    source = draw([x.sin(), x.cos()]).source
    assert GRADIENT not in source and source.count("peripheries=2") == 2


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


def test_a_released_graph_is_the_same_picture() -> None:
    net, loss = mlp()
    before = draw(loss, names=net, show_grads=False).source
    loss.backward()
    after = draw(loss, names=net, show_grads=False).source
    assert re.sub(r' tooltip="[^"]*"', "", after) == re.sub(r' tooltip="[^"]*"', "", before)
    assert "0.weight\\ntensor 3×4\\ngrad 3×4" in draw(loss, names=net).source
    assert "let go by backward()" in after


# Limits.
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


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=40))
def test_every_node_is_visited_once(edges: list[tuple[int, int]]) -> None:
    made = [Value(1.0), Value(2.0)]
    for i, j in edges:
        made.append(made[i % len(made)] + made[j % len(made)])
    source = draw(made, max_nodes=1000).source
    assert len(boxes(source)) == len(made)
    assert sum(b.startswith("o") for _, b in arrows(source)) == 2 * len(edges)


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


# Gradients that were handed in.
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


@pytest.mark.parametrize("between", ["nothing", "relu", "branches"])
def test_folded_modules_make_no_loop(between: str) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(1, 1), nn.Linear(1, 1)

        def forward(self, x: Any) -> Any:
            if between == "branches":
                return ag.tanh(self.a(x)) + ag.tanh(self.b(x))
            return self.b(self.a(x).relu() if between == "relu" else self.a(x))

    two = Two()
    source = draw(two(ag.ones(1, 1)).sum(), depth=1).source
    assert len(boxes(source, "m")) == (1 if between == "nothing" else 2)
    reached: dict[str, set[str]] = {}
    for a, b in arrows(source):
        reached.setdefault(a, set()).add(b)
    for start in reached:
        stack, seen = [start], set()
        while stack:
            for b in reached.get(stack.pop(), ()):
                assert b != start, f"a loop through {start}"
                if b not in seen:
                    seen.add(b)
                    stack.append(b)


def test_modules_of_another_class_or_size_do_not_fold_together() -> None:
    net = nn.Sequential(nn.Tanh(), nn.ReLU(), nn.Linear(2, 2), nn.Linear(2, 2, bias=False), nn.Linear(2, 3))
    y = net(ag.ones(1, 2, requires_grad=True)).sum()
    assert len(boxes(draw(y, depth=1).source, "m")) == 5
    pair = nn.Sequential(nn.ReLU(), nn.ReLU())
    x = ag.ones(2, requires_grad=True)
    middle = pair[0](x)
    assert len(boxes(draw([middle, pair[1](middle)], depth=0).source, "m")) == 2  # the first is an output, too


def test_old_results_beside_new_numbers_are_told() -> None:
    w = Value(2.0)
    L = w * w
    assert "is older" not in draw(L).source
    w.data = 5.0
    assert "what was computed from it is older" in draw(L).source


def test_between_the_layers() -> None:
    p, q = Value(1.0), Value(2.0)
    y = ag.tensor([p, q]).sum()
    assert "vjp" not in draw(y, layout="mirror").source


def test_a_picture_leaves_no_cycle_behind() -> None:
    def picture() -> str:  # a frame that ends: up to Python 3.12, looking at its variables keeps them until it does
        x = ag.ones(3, requires_grad=True)
        return draw((x * 2).tanh().sum(), layout="mirror", show_saved=True).source

    gc.collect()
    gc.disable()
    try:
        alive = sum(isinstance(o, ag.Tensor) for o in gc.get_objects())
        assert picture() == picture()
        assert sum(isinstance(o, ag.Tensor) for o in gc.get_objects()) == alive
    finally:
        gc.enable()


def test_a_module_that_is_called_twice_folds_with_its_parameters() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    source = draw(net(ag.ones(2, 4)).mean() + net(ag.ones(2, 4)).sum(), depth=0).source
    assert list(boxes(source, "m").values()) == ["net: Sequential/2×4 → 2×1/25 parameters"] * 2
    assert "weight" not in source


def test_a_box_in_a_formula_can_be_raised() -> None:
    x, y, z = (ag.ones(2, 2, requires_grad=True) for _ in range(3))
    source = draw(((x * y * z) @ x.exp()).sum(), layout="mirror").source
    assert "box" not in "".join(boxes(source, "b").values()) and any("□ᵀ" in label for label in boxes(source, "b").values())
