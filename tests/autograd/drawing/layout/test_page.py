"""A whole picture by our own layout: nothing lies on anything else, whatever the graph, and every renderer draws it the same way."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value
from autograd.drawing import Graph, dot
from autograd.drawing.layout.arrows import APART
from autograd.drawing.layout.page import placed
from autograd.drawing.layout.rows import PAGE
from autograd.drawing.scene import Box, Edge, Frame, Placed, Scene
from tests.autograd.drawing.measured import measured
from tests.autograd.drawing.shown import SHOWN

Rectangle = tuple[float, float, float, float]


def scene_behind(drawing: Callable[[], Any]) -> Scene:
    """What a drawing would have to lay out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dot, "to_dot", lambda scene, style: scene)
        scene: Scene = drawing()
        return scene


def scene_of(outputs: Any, **how: Any) -> Scene:
    return scene_behind(lambda: dot.draw_dot(outputs, **how))


def rectangle(where: Placed, id: str) -> Rectangle:
    x, y, w, h = where.boxes[id]
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def apart(a: Rectangle, b: Rectangle) -> bool:
    return a[2] <= b[0] + 0.1 or b[2] <= a[0] + 0.1 or a[3] <= b[1] + 0.1 or b[3] <= a[1] + 0.1


def holds(a: Rectangle, b: Rectangle) -> bool:
    return a[0] <= b[0] and a[1] <= b[1] and b[2] <= a[2] and b[3] <= a[3]


def checked(where: Placed, scene: Scene) -> None:
    boxes = {box.id: rectangle(where, box.id) for box in scene}
    for (a, p), (b, q) in combinations(boxes.items(), 2):
        assert apart(p, q), (a, b)
    assert min(b[0] for b in boxes.values()) >= 0 and max(b[2] for b in boxes.values()) <= PAGE
    assert min(b[1] for b in boxes.values()) >= -0.1 and max(b[3] for b in boxes.values()) <= where.height + 0.1 < 200 * len(boxes) + 300
    stack = list(where.frames)
    tops = [f.rectangle for f in stack if f.rectangle]
    drawn = []
    while stack:
        frame = stack.pop()
        drawn += [box.id for box in frame.boxes]
        stack += frame.frames
        if frame.rectangle:
            for inner in frame.frames:
                assert holds(frame.rectangle, inner.rectangle or frame.rectangle), (frame.title, inner.title)
            for box in frame:
                assert holds(frame.rectangle, boxes[box.id]), (frame.title, box.id)
        inside = [f.rectangle for f in frame.frames if f.rectangle] + [boxes[box.id] for box in frame.boxes]
        assert all(apart(p, q) for p, q in combinations(inside, 2)), frame.title
    assert sorted(drawn) == sorted(boxes)
    assert all(apart(p, q) for p, q in combinations(tops, 2))
    for i, edge in enumerate(scene.edges):
        if edge.kind == "level":
            assert i not in where.lines
            continue
        points = [tuple(map(float, p.split(","))) for p in where.lines[i].split(" ")[1:]]
        tip = tuple(map(float, where.lines[i].split(" ")[0].split(",")[1:]))
        assert len(points) % 3 == 1 and len(points) > 3
        for end, id in ((tip if edge.back else points[0], edge.tail), (points[-1] if edge.back else tip, edge.head)):
            left, bottom, right, top = boxes[id]
            far = 0.2 + APART * (edge.kind == "saved")  # which runs beside another
            assert left - far <= end[0] <= right + far and bottom - far <= end[1] <= top + far, (edge, end, boxes[id])


class Net(nn.Module):
    """Modules in modules, drawn up by a list of moves: layers, skips, and functions in between."""

    def __init__(self, moves: list[Any]) -> None:
        super().__init__()
        self.moves = moves
        for i, move in enumerate(moves):
            if isinstance(move, list):
                setattr(self, f"part{i}", Net(move))
            elif move == "linear":
                setattr(self, f"fc{i}", nn.Linear(3, 3))

    def forward(self, x: Any) -> Any:
        first = x
        for i, move in enumerate(self.moves):
            if isinstance(move, list):
                x = getattr(self, f"part{i}")(x)
            elif move == "linear":
                x = getattr(self, f"fc{i}")(x)
            elif move == "skip":
                x = x + first
            elif move == "gate":
                x = x * x.sigmoid()
            elif move == "mask":
                x = x * ag.ones(2, 3)
            else:
                x = x.tanh()
        return x


MOVES = st.recursive(
    st.sampled_from(["linear", "tanh", "skip", "gate", "mask"]), lambda part: st.lists(part, min_size=1, max_size=5), max_leaves=14
)


@settings(max_examples=60, deadline=None)
@given(st.lists(MOVES, min_size=1, max_size=6), st.booleans(), st.sampled_from([None, 0, 1, 2]), st.booleans())
def test_modules_of_any_shape(moves: list[Any], mirror: bool, depth: int | None, saved: bool) -> None:
    net = Net(moves)
    scene = scene_of(net(ag.ones(2, 3)).sum(), names=net, layout="mirror" if mirror else "flow", depth=depth, show_saved=saved)
    where = placed(scene)
    if where is not None:
        checked(where, scene)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from("+*ct")), min_size=1, max_size=25),
    st.booleans(),
    st.booleans(),
)
def test_numbers_of_any_shape(moves: list[tuple[int, int, str]], mirror: bool, inside: bool) -> None:
    made = [Value(1.0), Value(2.0), Value(3.0, requires_grad=False)]
    for i, j, what in moves:
        a, b = made[-1 - i % len(made)], made[-1 - j % len(made)]
        made.append(a + b if what == "+" else a * b if what == "*" else 2 * a if what == "c" else a.tanh())
    scene = scene_of(sum(made[3:], made[0]), layout="mirror" if mirror else "flow", ops="inside" if inside else "circles")
    where = placed(scene)
    if where is not None:
        checked(where, scene)


def svg_of(picture: Graph, monkeypatch: pytest.MonkeyPatch, wheel: bool) -> str:
    with monkeypatch.context() as patch:
        if wheel:
            pytest.importorskip("pygraphviz")
            patch.setenv("PATH", "")
        elif shutil.which("dot") is None:
            pytest.skip("Graphviz's dot is not installed")
        svg: str = picture.pipe("svg", encoding="utf-8")
        return svg


HOW: dict[str, dict[str, Any]] = {
    "": {},
    "mirror": {"layout": "mirror"},
    "saved": {"show_saved": True},
    "depth": {"depth": 1},
    "depth mirror": {"depth": 1, "layout": "mirror"},
}
CROSSINGS = {("neuron", "mirror"): 8, ("micrograd", ""): 9, ("micrograd", "mirror"): 16, ("twin", ""): 6, ("twin", "mirror"): 6}
CROSSINGS |= {("micrograd", "saved"): 12, ("twin", "saved"): 24}


@pytest.mark.parametrize("wheel", [False, True], ids=["dot", "wheel"])
@pytest.mark.parametrize(
    ("name", "how"),
    [(n, h) for n in SHOWN for h in HOW if ("depth" in h or n != "fifty") and ("depth" not in h or n not in ("neuron", "micrograd"))],
)
def test_a_reader_can_read_it_at_the_width_of_a_page(name: str, how: str, wheel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters of 9 pixels, no text struck, and arrows that cross only where they must."""
    found = measured(svg_of(SHOWN[name](**HOW[how]), monkeypatch, wheel))
    assert found.letters >= 9 and found.struck == []
    assert found.crossings <= CROSSINGS.get((name, how), 0)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's dot is not installed")
@pytest.mark.parametrize("name", [name for name in SHOWN if name != "fifty"])
def test_no_letter_touches_a_border_in_the_font_that_is_here(name: str) -> None:
    """By Graphviz's own measure, which is that of the font which stands in for Helvetica, if need be."""
    for how in ({}, {"layout": "mirror", "color": "value"}, {"layout": "mirror", "depth": 1}):
        for thing in json.loads(SHOWN[name](**how).pipe("json"))["objects"]:
            for text in (op for op in thing.get("_ldraw_", ()) if op.get("op") == "T" and thing.get("shape") != "plaintext"):
                (x, y), half = text["pt"], text["width"] / 2
                x += half * (text["align"] == "l")  # where images stand below it, the anchor is its begin
                if "nodes" in thing or "subgraphs" in thing:
                    left, _, right, _ = map(float, thing["bb"].split(","))
                else:
                    (across, up), wide, high = map(float, thing["pos"].split(",")), 72 * float(thing["width"]), 72 * float(thing["height"])
                    corner = 2 * max(abs(y - up), abs(y + 8 - up)) / high
                    wide *= (1 - corner**2) ** 0.5 if thing["shape"] in ("circle", "ellipse") else 1.0
                    left, right = across - wide / 2, across + wide / 2
                assert left + 0.4 < x - half and x + half < right - 0.4, (how, text["text"])


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] * (name in ("fifty", "micrograd"))) for name in SHOWN])
def test_both_renderers_draw_the_same_picture(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for how in ({}, {"layout": "mirror", "depth": 1}):
        picture = SHOWN[name](**how)
        one, other = (measured(svg_of(picture, monkeypatch, wheel)).boxes for wheel in (False, True))
        assert one.keys() == other.keys() and one.keys()
        assert all(abs(a - b) < 0.5 for id in one for a, b in zip(one[id], other[id]))


@pytest.mark.long
def test_the_same_program_gives_the_same_positions() -> None:
    """Also where sets have another order."""
    code = "from tests.autograd.drawing.shown import SHOWN; print([f(layout='mirror', depth=d).source for f in SHOWN.values() for d in (None, 1)][:12])"
    runs = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in "123"
    }
    assert len(runs) == 1


def test_units_stand_in_the_order_of_their_index_in_both_lanes() -> None:
    layer = nn.Linear(2, 5).scalars()
    out = nn.Tanh().scalars()(layer([Value(1.0), Value(2.0)])) if hasattr(nn.Tanh(), "scalars") else layer([Value(1.0), Value(2.0)])
    scene = scene_of(sum(out[1:], out[0]), names=layer, layout="mirror")
    where = placed(scene)
    assert where is not None
    labels = {box.label[0]: box.id for box in scene}
    for name in ("weight[{},0]", "bias[{}]", "grad weight[{},0]", "grad bias[{}]"):
        heights = [where.boxes[labels[name.format(i)]][1] for i in range(5)]
        assert heights == sorted(heights, reverse=True), name


def test_the_spine_is_straight_and_skips_pass_above() -> None:
    scene = scene_behind(SHOWN["residual"])
    where = placed(scene)
    assert where is not None
    row: dict[float, list[str]] = {}
    for box in scene:
        if box.kind in ("middle", "operation"):
            row.setdefault(where.boxes[box.id][1], []).append(box.id)
    assert len(row) <= 3  # as many heights as there are rows


def test_the_parameters_of_a_module_are_one_chip_in_compartments() -> None:
    for how in ({}, {"layout": "mirror"}):
        scene = scene_behind(partial(SHOWN["mlp"], **how))
        where = placed(scene)
        assert where is not None
        ids = {box.label[0]: box.id for box in scene}
        for layer in "03":
            weight, bias = (rectangle(where, ids[f"{layer}.{name}"]) for name in ("weight", "bias"))
            assert (abs(weight[2] - bias[0]) < 0.1) is (how == {}) and weight[2] <= bias[
                0
            ] + 0.1  # beneath a gradient each has its own place


def test_what_no_rule_fits_is_left_to_graphviz() -> None:
    x = Value(2.0)
    y = x * x
    assert placed(scene_of(y)) is not None
    assert placed(scene_of(y, show_saved=True)) is not None  # dotted arrows beside the others
    assert placed(scene_of(x.tanh(), show_saved=True, ops="inside")) is None  # a box that is saved for itself
    (dy,) = ag.grad(y, x, create_graph=True)
    assert placed(scene_of([y, dy], layout="flow")) is None  # gradients among the outputs
    assert "nop2" not in dot.draw(y, rankdir="TB").source and "nop2" in dot.draw(y).source
    made = [Value(1.0)]
    for i in range(100):
        made.append(made[-1] + made[i // 3])
    assert placed(scene_of(made[-1], max_nodes=301)) is None  # a tangle


def test_frames_that_feed_each_other_are_left_to_graphviz() -> None:
    scene = Scene(
        Frame(
            "",
            [Box("v0", "input", ["x"])],
            [Frame("a", [Box("o1", "operation", ["f"]), Box("o3", "operation", ["f"])]), Frame("b", [Box("o2", "operation", ["g"])])],
        )
    )
    scene.edges += [Edge("v0", "o1"), Edge("o1", "o2"), Edge("o2", "o3")]
    assert placed(scene) is None
