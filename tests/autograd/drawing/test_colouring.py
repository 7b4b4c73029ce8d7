"""Pictures that diagnose: a vanished, dead or exploded network does not look like a healthy one, in any kind of picture."""

import math
import re
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import Tensor, Value, draw
from autograd.drawing import dot
from autograd.drawing.looks import LOOKS, TONES
from autograd.drawing.scene import Box, Scene
from autograd.drawing.statistics import measured, short, together
from autograd.drawing.thumbnails import bars
from tests.autograd.drawing.texts import boxes


def scene(outputs: Any, **style: Any) -> Scene:
    """What would be written as text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dot, "to_dot", lambda scene, style: scene)
        found: Any = draw(outputs, **style)
    return found


def deep(activation: type[nn.Module] = nn.Sigmoid, layers: int = 12, **how: Any) -> tuple[nn.Module, Tensor]:
    ag.manual_seed(0)
    net = nn.Sequential(*[m for _ in range(layers) for m in (nn.Linear(16, 16), activation())], nn.Linear(16, 4))
    loss = nn.functional.cross_entropy(net(ag.randn(32, 16)), ag.randint(0, 4, (32,)))
    loss.backward(**how)
    return net, loss


def dead_net() -> tuple[nn.Module, Tensor]:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    net[0].bias.data.fill_(-50)
    return net, net(ag.randn(16, 2)).sum()


def healthy() -> tuple[nn.Module, Tensor]:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    return net, (net(ag.randn(16, 2)) ** 2).mean()


def invalid() -> Value:
    x = Value(0.0)
    y = x.log()
    return ((y * 0 + 1) * 2).tanh()


def fills(found: Scene) -> set[float]:
    return {box.tone for box in found if box.tone is not None}


def texts(found: Scene) -> str:
    return "\n".join("\n".join(box.label) for box in found)


def where(found: Scene, text: str) -> list[Box]:
    return [box for box in found if text in "\n".join(box.label)]


# The four that must be told apart.
@pytest.mark.parametrize("style", [{}, {"layout": "mirror"}], ids=str)
@pytest.mark.parametrize("retain", [True, False])
def test_twelve_sigmoid_layers_fade(style: Any, retain: bool) -> None:
    net, loss = deep(retain_graph=retain)
    found = scene(loss, names=net, **style)
    assert len(fills(found)) >= 6 and min(fills(found)) <= -0.9 and found.scale is not None
    source = draw(loss, names=net, **style).source
    assert len({light for light, _ in TONES} & set(re.findall(r'fillcolor="(#\w+)"', source.split("cluster", 1)[1]))) >= 6
    net, loss = deep(retain_graph=retain)
    assert draw(loss, names=net, **style).source == source


@pytest.mark.parametrize("layout", ["auto", "mirror"])
@pytest.mark.parametrize("layers", [12, 50])
@pytest.mark.parametrize("retain", [True, False])
def test_layers_that_fade_are_bars_in_the_box_of_the_first(layout: str, layers: int, retain: bool) -> None:
    net, loss = deep(layers=layers, retain_graph=retain)
    found = scene(loss, names=net, depth=1, layout=layout)
    box = next(box for box in where(found, f"× {layers}: ") if "Linear" in box.label[0])
    sizes = [measured(layer.weight.grad.numpy()) for layer in net if isinstance(layer, nn.Linear)]
    both = [together([size, measured(layer.bias.grad.numpy())]) for size, layer in zip(sizes, net[::2])]
    assert found.scale is not None and box.thumbnails[-1] == [bars([s.number for s in both[:-1] if s], found.scale)]
    first = both[0].rms  # type: ignore[union-attr]
    assert box.label[-1].startswith(f"× {layers}: {short(first)} … ")
    assert (box.tone, box.mark) == ((found.scale.tone(first), "") if first else (None, "dead"))
    told = box.tooltip.partition("bars: ")[2].partition("rounds\n")[2].replace("\n", ", ").split(", ")
    assert told == [short(s.rms) for s in both[:-1] if s]


def test_layers_in_one_box_have_a_bar_each() -> None:
    ag.manual_seed(0)
    net = nn.Sequential(*[nn.Linear(4, 4) for _ in range(5)])
    loss = (net(ag.randn(8, 4)) ** 2).mean()
    loss.backward()
    (box,) = where(scene(loss, names=net, depth=1, color="grad"), "Linear × 5")
    assert [[t.kind for t in row] for row in box.thumbnails] == [["rounds"]] and "in 5 rounds" in box.tooltip
    (box,) = where(scene(loss, names=net, depth=1, color=None), "Linear × 5")
    assert not box.thumbnails and "× 5:" not in "".join(box.label)


@pytest.mark.parametrize("how", [{"color": "value"}, {"color": "saturation"}, {"color": "given"}], ids=str)
def test_whatever_colours_say_is_said_of_each_round(how: Any) -> None:
    net, loss = deep(layers=4, retain_graph=True)
    given = {layer: float(i) for i, layer in enumerate(net)}
    found = scene(loss, names=net, depth=1, color=given if how["color"] == "given" else how["color"])
    first = {"value": "Linear", "saturation": "Sigmoid", "given": "Linear"}[how["color"]]
    box = next(box for box in where(found, "× 4: ") if first in box.label[0])
    assert box.thumbnails and (how["color"] != "given" or box.label[-1] == "× 4: 0 … 6")


def test_a_round_that_is_not_finite_or_dead_stands_out() -> None:
    ag.manual_seed(0)
    net = nn.Sequential(*[m for _ in range(9) for m in (nn.Linear(4, 4), nn.ReLU())], nn.Linear(4, 1))
    net[8].bias.data.fill_(-50)
    loss = net(ag.randn(16, 4)).sum()
    loss.backward(retain_graph=True)
    found = scene(loss, names=net, depth=1, color="grad")
    assert where(found, "dead 4 of 4") and sum("× " in box.label[-1] for box in found) >= 1
    net[8].bias.data.fill_(float("nan"))
    assert len(where(scene(net(ag.randn(16, 4)).sum(), names=net, depth=1, color="grad"), "begins here")) == 1


@pytest.mark.parametrize("first", [0, 1, 3])
def test_dead_units_of_all_rounds_are_counted(first: int) -> None:
    ag.manual_seed(0)
    net = nn.Sequential(*[m for _ in range(4) for m in (nn.Linear(4, 4), nn.ReLU())], nn.Linear(4, 1))
    for layer in net[:8:2]:
        layer.weight.data.fill_(0.5)  # none dies by chance
        layer.bias.data.fill_(0.0)
    net[2 * first].bias.data[:2] = -50.0
    found = scene(net(ag.rand(16, 4)).sum(), names=net, depth=1, color="grad")
    assert len(where(found, "dead 2 of 16")) == 1 and "dead" not in texts(found).replace("dead 2 of 16", "", 1)


def test_a_healthy_network_stays_pale() -> None:
    net, loss = deep(nn.ReLU, layers=1)
    found = scene(loss, names=net)
    assert all(abs(tone) <= 0.4 for tone in fills(found)) and not any(box.mark for box in found)
    assert "begins here" not in texts(found) and "dead" not in texts(found) and "✗" not in texts(found)


@pytest.mark.parametrize("style", [{}, {"depth": 1}, {"layout": "mirror"}, {"depth": 1, "layout": "mirror"}, {"ops": "inside"}], ids=str)
def test_a_dead_layer_says_so_before_and_after_backward(style: Any) -> None:
    net, loss = dead_net()
    for _ in range(2):
        (box,) = where(scene(loss, names=net, **style), "dead 8 of 8")
        assert box.mark == ("dead" if "ops" not in style else "")
        if loss.grad_fn is not None and net[0].weight.grad is None:
            loss.backward()
    zero = where(scene(loss, names=net, **style), "all zero")
    assert zero and all(box.mark == "dead" for box in zero)
    net, loss = healthy()
    loss.backward()
    assert "dead" not in texts(scene(loss, names=net, **style))


@pytest.mark.parametrize("style", [{}, {"layout": "mirror"}, {"ops": "inside"}, {"color": "value"}, {"color": "grad"}], ids=str)
def test_a_nan_begins_at_one_place(style: Any) -> None:
    found = scene(invalid(), **style)
    (box,) = where(found, "begins here")
    assert "✗ −inf" in box.label and box.mark == "wrong" and box.id.startswith("v")
    wrong = [box for box in found if box.mark == "wrong" and box.id.startswith("v")]
    assert len(wrong) == 5 + (style.get("color") == "grad")  # that of x is not finite either
    assert all("✗" in "".join(box.label) for box in found if box.mark == "wrong")


@pytest.mark.parametrize("style", [{}, {"layout": "mirror"}, {"depth": 0}, {"depth": 0, "layout": "mirror"}], ids=str)
@pytest.mark.parametrize("let_go", [False, True])
def test_a_gradient_that_is_not_finite_begins_at_one_place(style: Any, let_go: bool) -> None:
    class Root(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return ag.where(x > 0, x.sqrt(), 0.0)

    layer = nn.Linear(2, 2)
    with ag.no_grad():
        layer.weight[:], layer.bias[:] = ag.ones(2, 2), ag.tensor([-2.0, 1.0])
    net = nn.Sequential(layer, Root())
    loss = net(ag.ones(3, 2)).sum()
    loss.backward(retain_graph=not let_go)
    found = scene(loss, names=net, color="grad", **style)
    begins = where(found, "begins here")
    assert len(begins) == 1 and begins[0].mark == "wrong"
    assert ("begins here or before" in begins[0].label) == let_go
    assert "begins here" not in texts(scene(loss, names=net, color=None, **style))


def test_a_module_in_which_it_begins() -> None:
    class Log(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x * 0).log() + 1

    net = nn.Sequential(nn.Linear(2, 2), Log(), nn.Tanh())
    (box,) = where(scene(net(ag.ones(1, 2)).sum(), names=net, depth=1), "begins here")
    assert box.label[0] == "1: Log" and "✗ not finite" in box.label and box.mark == "wrong"


# When there are colours.
def test_the_default() -> None:
    def coloured(outputs: Any, **style: Any) -> bool:
        return scene(outputs, **style).scale is not None

    net, loss = healthy()
    assert not coloured(loss) and not coloured(loss, depth=1) and coloured(loss, layout="mirror")
    loss.backward()
    assert coloured(loss) and coloured(loss, depth=1) and coloured(loss, layout="mirror")
    assert not coloured(loss, color=None) and not coloured(loss, show_grads=False)
    del net
    x = Value(1.0)
    few, many = x, x
    for _ in range(28):
        few = few * 1.1
    for _ in range(29):
        many = many * 1.1
    for y in (few, many):
        y.backward()
    assert not coloured(few) and coloured(many) and coloured(few, color="grad")
    again = x * 2  # whose backward has not been
    assert not coloured(again) and coloured(again, color="grad")


def test_none_is_plain() -> None:
    for outputs in (invalid(), dead_net()[1], deep()[1]):
        for layout in ("flow", "mirror"):
            found = scene(outputs, color=None, layout=layout, max_nodes=1000)
            assert not any(box.mark or box.tone is not None for box in found) and not any(edge.width for edge in found.edges)
            assert found.scale is None and not found.note and not re.search("✗|dead|begins", texts(found))


# Where gradients come from.
def test_what_is_not_kept_is_computed_if_the_graph_is_live() -> None:
    net, loss = healthy()
    found = scene(loss, names=net, color="grad")
    assert all(p.grad is None for p in net.parameters())
    gradients = {id(p): g for p, g in zip(net.parameters(), ag.grad(loss, list(net.parameters()), retain_graph=True))}
    for name, p in net.named_parameters():
        (box,) = where(found, name)
        g = gradients[id(p)]
        assert f"grad rms {float((g**2).mean() ** 0.5):.1g}"[:11] in box.label[-1].replace("e−", "e-0") or "e−" in box.label[-1]
        assert box.tone is not None and "gradient: rms" in box.tooltip and "gradient / value" in box.tooltip and "value: rms" in box.tooltip
    middle = [box for box in found if box.kind == "middle"]
    assert middle and all("grad" in box.label[-1] for box in middle)
    loss.backward()
    let_go = scene(loss, names=net, color="grad")
    assert all((box.tone is not None) == (box.kind == "parameter") for box in let_go)
    assert (
        let_go.note.startswith("Not all gradients of intermediate results are known: ")
        and "retain_graph=True" in draw(loss, color="grad").source
    )
    assert scene(loss, names=net, color="value").note.startswith("Not all values of intermediate results are known: ")
    assert not found.note and not scene(loss, names=net).note


def test_what_retains_its_gradient_shows_it() -> None:
    x = ag.ones(3, requires_grad=True)
    h = x * 2
    h.retain_grad()
    loss = (h * h).sum()
    loss.backward()
    (box,) = where(scene(loss, names={"w": h}), "w")
    assert box.label == ["w", "tensor 3", "grad rms 4"]


def test_where_no_gradient_is_known_the_picture_says_why() -> None:
    net, loss = healthy()
    loss.backward()
    for p in net.parameters():
        p.grad = None
    found = scene(loss, color="grad")
    assert found.scale is None and "has let this graph go" in found.note
    assert "has let this graph go" in draw(loss, color="grad").source
    assert "nothing requires one" in scene(ag.ones(2).sum(), color="grad").note
    assert "not one number" in scene(ag.ones(2, requires_grad=True) * 2, color="grad").note
    assert "has let them go" in scene(loss, color="saturation").note
    assert scene(Value(2.0) * 3, color="saturation").note == "No activation here could saturate."


def test_a_mirror_shows_the_numbers_that_the_call_has() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    assert boxes(draw(y, layout="mirror").source, "g")["g0"] == "∂y/∂x/rms 3.2/= sum of rms/1.6, 1.6"
    y.backward()  # lets the graph go: what is left is .grad
    gradients = boxes(draw(y, layout="mirror").source, "g")
    assert gradients["g0"] == "∂y/∂x/rms 3.2" and gradients["g2"] == "seed"
    y = (x * x).sum()
    (dx,) = ag.grad(y, x, create_graph=True)
    assert "dx/rms 3.2/= sum of rms/1.6, 1.6" in boxes(draw([y, dx]).source, "g").values()
    flow = scene([y, dx], names={"dx": dx}, layout="flow")
    (box,) = where(flow, "dx")
    assert box.tone is not None and box.kind == "gradient"  # in a flow recorded gradients are boxes like others, coloured by their size
    assert [box.tone for box in flow if box.kind == "parameter"] == [None]


# The other measures.
def test_values() -> None:
    x, w = ag.tensor([1000.0, 0.0]), ag.tensor([1e-3, 1e-3], requires_grad=True)
    found = scene((x * w).sum(), names={"x": x, "w": w}, color="value")
    tones = {box.label[0]: box.tone for box in found if box.label[0] in "xw"}
    assert tones["x"] is not None and tones["w"] is not None and tones["x"] > 0 > tones["w"]
    assert "rms 710 · 50 % zero" in texts(found) and "rms 1e−3" in texts(found)
    net, loss = healthy()
    folded = scene(loss, names=net, depth=1, color="value")
    assert all("rms" in box.label[-1] for box in folded if box.kind in ("module", "layer"))


def test_a_module_whose_gradients_alone_are_not_finite_is_not_said_to_have_such_values() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    x = ag.tensor([[1.0, 2.0]])
    loss = (net(x) - net(x).detach()).square().sum().sqrt()  # 0, with a slope of 0 / 0
    loss.backward()
    said = [line for box in scene(loss, names=net, depth=1, color="value") for line in box.label if "not finite" in line]
    assert said == ["✗ grad not finite"]
    net[0].weight.data.fill_(math.inf)
    said = [line for box in scene(net(x).sum(), names=net, depth=1, color="saturation") for line in box.label if "not finite" in line]
    assert "✗ not finite" in said and "✗ grad not finite" not in said


def test_saturation() -> None:
    x = ag.tensor([[100.0, 0.0], [-100.0, 0.0]], requires_grad=True)
    found = scene(ag.tanh(x).sum(), color="saturation")
    (box,) = where(found, "saturated 50 %")
    assert box.tone == -0.5 and fills(found) == {-0.5}
    net = nn.Sequential(nn.Tanh(), nn.Sigmoid())
    folded = scene(net(x).sum(), names=net, depth=1, color="saturation")
    assert [box.tone for box in folded if box.kind == "module"] == [-0.5, 0.0]


def test_numbers_of_ones_own() -> None:
    net, loss = healthy()
    found = scene(loss, names=net, color={net[0].weight: 1, net[2]: ag.tensor(-2.0), net[0]: 0.5})
    (box,) = where(found, "0.weight")
    assert box.tone == 0.5 and "given 1" in box.label and fills(found) == {0.5}
    frames = {frame.title: frame.tone for frame in found.forward.frames[0].frames}
    assert frames == {"0: Linear · given 0.5": 0.2, "1: ReLU": None, "2: Linear · given −2": -1.0}
    assert found.scale is not None and found.scale.ticks == ("−2", "0", "2")
    folded = scene(loss, names=net, depth=1, color={net[0]: 3.0, net[1]: math.nan})
    labels = {box.label[0]: box for box in folded}
    assert "given 3" in labels["0: Linear"].label and labels["0: Linear"].tone is not None
    assert "✗ given nan" in labels["1: ReLU"].label and labels["1: ReLU"].mark == "wrong" and labels["v7 = 2: Linear"].tone is None
    a, b = Value(1.0), Value(2.0)
    assert fills(scene(a * b, color={a: 10, b: 20})) == {0.0, 1.0}
    h = net[0](ag.ones(1, 2))
    y = h.sum()
    y.backward()
    assert fills(scene(y, color={h: 5.0, net[0].bias: 7.0})) == {0.0, 1.0}  # the program still holds what stands as a placeholder


@pytest.mark.parametrize(
    ("color", "kind", "words"),
    [
        ("gradient", ValueError, "color must be one of 'auto', 'grad', 'value', 'saturation', None, or a dict .*, got 'gradient'"),
        (True, ValueError, "color must be one of .*got True"),
        (["grad"], ValueError, "color must be one of .*got list of length 1"),
        ({}, ValueError, "none of the nodes and modules in the dict"),
        ({Value(1.0): 2.0}, ValueError, "none of the nodes and modules in the dict"),
        ({"w": 2.0}, TypeError, "the keys of color= are .*, got str 'w'"),
    ],
)
def test_misuse(color: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        draw(Value(1.0) * 2, color=color)
    x = Value(1.0)
    with pytest.raises(TypeError, match="color: the number of a node or module must be a real number, got str 'large'"):
        draw(x * 2, color={x: "large"})


# How it is written.
def test_the_strip_has_three_ticks_in_both_themes() -> None:
    _, loss = deep()
    for theme, i in (("light", 0), ("dark", 1)):
        source = draw(loss, theme=theme).source
        assert re.findall(r">([^<>]+)</td>", source) == [
            "rms of the gradient (white: as at the last parameter)", *scene(loss).scale.ticks,  # type: ignore[union-attr]
        ]  # fmt: skip
        assert re.findall(r'<td bgcolor="(#\w+)"', source) == [pair[i] for pair in TONES]
        assert set(re.findall(r'fillcolor="(#\w+)"', source)) & {pair[i] for pair in TONES}


def test_frames_keep_their_titles_above_where_something_stands_below() -> None:
    net, loss = healthy()
    for below in ({}, {"color": "grad"}, {"legend": True}):
        source = draw(loss, names=net, rankdir="TB", **below).source  # type: ignore[arg-type]
        assert ("labelloc=b" in source) == bool(below) and source.count("labelloc=t") == source.count("subgraph cluster")


def test_marks_have_a_cue_besides_colour_and_stand_in_the_key() -> None:
    source = draw(invalid(), legend=True).source
    assert source.count(LOOKS["wrong"][0][1]) == 5 + 1 and "legend_wrong" in source and source.count("peripheries=2") >= 5
    _, loss = dead_net()
    source = draw(loss, legend=True, depth=1).source
    assert "rounded,filled,dotted" in source and "legend_dead" in source


def test_edges_are_as_wide_as_what_flows_along_them_is_large() -> None:
    net, loss = deep(retain_graph=True)
    widths = [e.width for e in scene(loss, names=net, layout="mirror").edges if e.back]
    assert len(set(widths)) >= 6 and widths[0] == min(widths) and all(0.6 < w <= 6 for w in widths)
    assert "penwidth=0.7" in draw(loss, names=net, depth=1, layout="mirror").source
    flow = scene(loss, names=net)
    assert len({edge.width for edge in flow.edges}) >= 6


def test_tooltips_have_both_lines() -> None:
    net, loss = healthy()
    for found in (scene(loss, names=net, layout="mirror"), scene(loss, names=net, color="grad")):
        for box in found.forward:
            if box.kind in ("parameter", "middle") and "tensor" in "".join(box.label):
                assert "value: rms" in box.tooltip and "gradient: rms" in box.tooltip
    for box in scene(loss, names=net, layout="mirror").backward:
        if not box.round:
            assert "gradient: " in box.tooltip
    for box in scene(loss, names=net, layout="mirror", depth=1):
        if box.kind in ("module", "layer") or box.id.startswith("b"):
            assert "gradient of its input" in box.tooltip or box.label[0] == "0: Linear" or box.round
            assert ("gradient of its parameters" in box.tooltip) == ("Linear" in box.label[0] and not box.round)
