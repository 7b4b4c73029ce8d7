"""Tensors one can see: in each kind of picture, in each box that has any, in both renderers at the same place, and never large."""

import base64
import re
import shutil
from typing import Any
from xml.etree import ElementTree

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, Value, draw
from autograd.drawing.scene import Box, Scene
from autograd.drawing.thumbnails import thumbnails
from tests.autograd.drawing.measured import measured
from tests.autograd.drawing.test_colouring import scene

Net = tuple[nn.Sequential, Tensor]


def net(inputs: int = 5, hidden: int = 8, backward: bool = True, examples: int = 8) -> Net:
    ag.manual_seed(0)
    made = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, 3))
    x, y = ag.randn(examples, inputs), ag.randint(0, 3, (examples,))
    loss = nn.CrossEntropyLoss()(made(x), y)
    if backward:
        loss.backward(retain_graph=True)
    return made, loss


def box(found: Scene, name: str) -> Box:
    (one,) = (box for box in found if box.label[:1] == [name] or name in box.label)
    return one


def kinds(found: Box) -> list[str]:
    return [t.kind for row in found.thumbnails for t in row]


def images(svg: str) -> list[dict[str, str]]:
    return [dict(e.attrib) for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}image")]


STYLES = [{}, {"layout": "mirror"}, {"depth": 1}, {"depth": 1, "layout": "mirror"}, {"rankdir": "TB"}, {"theme": "dark"}, {"ops": "inside"},
          {"color": "value"}, {"color": None}]  # fmt: skip


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_a_picture_holds_all_its_thumbnails_each_within_a_kilobyte(style: Any) -> None:
    made, loss = net(30, 32)
    picture = draw(loss, names=made, show_tensors=True, **style)
    found = scene(loss, names=made, show_tensors=True, **style)
    wanted = sorted(t.uri for box in found for row in box.thumbnails for t in row)
    svg = picture.pipe(encoding="utf-8")
    assert sorted(i["{http://www.w3.org/1999/xlink}href"] for i in images(svg)) == wanted and len(wanted) >= 4
    elements = re.findall("<image.*?/>", svg)
    assert len(elements) == len(wanted) and max(map(len, elements)) <= 1024
    assert "purple above 0" in found.note and not re.findall(r'(?:href|src)="(?!data:)', svg)
    for box in found:
        for t in (t for row in box.thumbnails for t in row if t.kind != "rounds"):
            assert f"picture of the {t.kind}: " in box.tooltip
    told = [e.get("{http://www.w3.org/1999/xlink}title", "") for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}a")]
    words = sum(box.tooltip.count("picture of the ") for box in found)
    assert sum(text.count("picture of the ") for text in told) == words > 0  # where the mouse, or a screen reader, finds it
    assert picture.source == draw(loss, names=made, show_tensors=True, **style).source
    assert "<image" not in draw(loss, names=made, **style).pipe(encoding="utf-8")


@pytest.mark.parametrize("style", [{}, {"layout": "mirror"}, {"depth": 1}, {"theme": "dark"}], ids=str)
@pytest.mark.parametrize("inputs", [5, 784])
def test_both_renderers_draw_them_at_the_same_place(style: Any, inputs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    if not shutil.which("dot"):
        pytest.skip("dot is not installed")
    made, loss = net(inputs)
    named = {"0.weight": (28, 28)} if inputs == 784 else {}
    picture = draw(loss, names=made, show_tensors=True, as_image=named, **style)
    one = picture.pipe(encoding="utf-8")
    monkeypatch.setenv("PATH", "")
    other = picture.pipe(encoding="utf-8")

    def places(svg: str) -> list[tuple[float, ...]]:
        shift = re.findall(r"translate\((\S+) (\S+)\)", svg)[0]
        return [
            (
                float(i["x"]) + float(shift[0]),
                float(i["y"]) + float(shift[1]),
                *(float(i[s].removesuffix("px")) for s in ("width", "height")),
            )
            for i in images(svg)
        ]

    assert len(places(one)) == len(places(other)) > 3
    # The frame of all is as large as a renderer makes it; beyond it, less than a point is rounding.
    a, b = np.array(places(one)), np.array(places(other))
    assert np.abs(a - b - (a - b)[0] * [1, 1, 0, 0]).max() < 0.75
    sizes = {(t.width, t.height) for box in scene(loss, names=made, show_tensors=True, as_image=named, **style)
             for row in box.thumbnails for t in row}  # fmt: skip
    assert {tuple(p) for p in a[:, 2:].tolist()} == {tuple(p) for p in b[:, 2:].tolist()} == sizes
    assert measured(one).letters >= 9 and measured(one).struck == measured(other).struck == []


def test_value_and_gradient_stand_in_the_box_of_a_variable_and_apart_in_a_mirror() -> None:
    made, loss = net()
    weight = made[0].weight
    one = box(scene(loss, names=made, show_tensors=True), "0.weight")
    assert one.thumbnails == [[thumbnails(weight.detach().numpy(), "value")[0][0], thumbnails(weight.grad.numpy(), "gradient")[0][0]]]
    found = scene(loss, names=made, show_tensors=True, layout="mirror")
    assert kinds(box(found, "0.weight")) == ["value"] and kinds(box(found, "grad 0.weight")) == ["gradient"]
    assert not box(found, "seed").thumbnails  # a number, which is written there
    before, loss = net(backward=False)
    assert kinds(box(scene(loss, names=before, show_tensors=True), "0.weight")) == ["value"]
    assert kinds(box(scene(loss, names=before, show_tensors=True, show_grads=False), "0.weight")) == ["value"]


def test_recorded_gradients_are_seen_as_gradients() -> None:
    made, loss = net(backward=False)
    (g,) = ag.grad(loss, [made[0].weight], create_graph=True)
    found = scene([loss, g], names=made, show_tensors=True, layout="flow")
    seen = {kind for box in found for kind in kinds(box) if box.kind in ("gradient", "given")}
    assert seen == {"gradient"} and kinds(box(found, "0.bias"))[0] == "value"


def test_what_backward_let_go_is_not_seen() -> None:
    made, loss = net(backward=False)
    loss.backward()
    found = scene(loss, names=made, show_tensors=True)
    assert all(not b.thumbnails for b in found if b.kind == "middle") and kinds(box(found, "0.weight")) == ["value", "gradient"]


def test_a_module_shows_its_largest_parameter_or_what_is_named() -> None:
    made, loss = net(64, 12)
    found = scene(loss, names=made, show_tensors=True, depth=1)
    linear = box(found, "0: Linear")
    assert linear.thumbnails[0][0] == thumbnails(made[0].weight.detach().numpy(), "value")[0][0] and kinds(linear) == ["value", "gradient"]
    assert "0.weight, picture of the value: 12×64, from " in linear.tooltip and not box(found, "1: Tanh").thumbnails
    named = box(scene(loss, names=made, as_image={"0.weight": (8, 8)}, depth=1), "0: Linear")
    assert kinds(named) == ["value"] * 8 + ["gradient"] * 8 and [len(row) for row in named.thumbnails] == [4] * 4
    assert not box(scene(loss, names=made, as_image={"0.weight": (8, 8)}, depth=1), "2: Linear").thumbnails
    mirror = scene(loss, names=made, show_tensors=True, depth=1, layout="mirror")
    assert [kinds(b) for b in mirror if "2: Linear" in b.label] == [["value"], ["gradient"]]


def test_a_round_whose_parameter_is_named_is_drawn() -> None:
    ag.manual_seed(0)
    made = nn.Sequential(*[m for _ in range(6) for m in (nn.Linear(4, 4), nn.Tanh())])
    y = made(ag.ones(2, 4)).sum()
    assert kinds(box(scene(y, names=made, depth=1, as_image={"6.weight": (2, 2)}), "6: Linear")) == ["value"] * 4


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"weight": (2, 2)}, r"as_image: no tensor of this graph is called 'weight'; there are .*'0.weight'"),
        ({"0.weight": (2, 3)}, r"as_image: '0.weight' is 8×5, of which an image has 5 or 40 entries; 2×3 has 6"),
        ({"0.bias": (3, 3)}, r"as_image: '0.bias' is 8, of which an image has 8 entries; 3×3 has 9"),
    ],
)
@pytest.mark.parametrize("style", [{}, {"depth": 0}, {"layout": "mirror"}, {"show_tensors": True}], ids=str)
def test_an_image_that_does_not_fit_says_so(named: Any, words: str, style: Any) -> None:
    made, loss = net()
    with pytest.raises(ValueError, match=words):
        draw(loss, names=made, as_image=named, **style)


def test_numbers_alone_are_seen_as_before() -> None:
    x = Value(2.0)
    assert draw(x * x, show_tensors=True).source == draw(x * x).source


ARRAYS = st.sampled_from(["f4", "f8", "i8", "?", "u1", "f2"]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)


@settings(max_examples=25, deadline=None)
@given(ARRAYS, st.booleans())
def test_any_tensor_is_drawn(array: np.ndarray, mirror: bool) -> None:
    """Empty, 0-d, of any dtype, with whatever in it: a picture comes of it."""
    t, w = ag.tensor(array), ag.ones(1, requires_grad=True)
    with np.errstate(all="ignore"):
        loss = (t * w).sum()
        found = scene(loss, names={"t": t, "w": w}, show_tensors=True, layout="mirror" if mirror else "flow")
        svg = draw(loss, names={"t": t, "w": w}, show_tensors=True, layout="mirror" if mirror else "flow").pipe(encoding="utf-8")
    assert kinds(box(found, "t")) == ["value"] * (array.ndim > 0 and array.size > 0)
    for image in images(svg):
        assert base64.b64decode(image["{http://www.w3.org/1999/xlink}href"].partition(",")[2])[:4] == b"\x89PNG"


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_any_name_stands_above_a_thumbnail(name: str) -> None:
    t = ag.ones(2, 3, requires_grad=True)
    written = []
    for seen in (False, True):
        svg = draw(t.sum(), names={name: t}, show_tensors=seen).pipe(encoding="utf-8")
        texts = ["".join(e.itertext()) for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
        written.append([text.replace("\xa0", " ").strip() for text in texts if "purple" not in text])
    assert written[0] == written[1]
