"""The scenes of a dozen graphs, as they stand, and what can be asked of a scene."""

from dataclasses import replace

import pytest

from autograd.drawing.dot import to_dot
from autograd.drawing.scene import KINDS, Box, Edge, Frame, Scene
from autograd.drawing.style import Style
from tests.autograd.drawing.graphs import GOLDEN, SCENES, scene_of_graph, shown


@pytest.mark.parametrize("name", SCENES)
def test_golden_scenes(name: str) -> None:
    assert shown(scene_of_graph(name)) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCENES)
def test_edges_end_at_boxes_that_are_there_once(name: str) -> None:
    scene = scene_of_graph(name)
    ids = [box.id for box in scene]
    assert len(ids) == len(set(ids)) and {box.kind for box in scene} <= KINDS.keys()
    assert {end for edge in scene.edges for end in (edge.tail, edge.head)} <= set(ids)
    assert len({edge.id for edge in scene.edges if edge.id}) == sum(bool(edge.id) for edge in scene.edges)


def test_a_scene_is_data_that_others_may_fill() -> None:
    inner = Frame("fc: Linear", [Box("v1", "parameter", ["w"])])
    scene = Scene(Frame("", [Box("v0", "input", ["x"])], [inner]), Frame("backward", [Box("g1", "gradient", ["1"])]))
    assert [box.id for box in scene] == ["v0", "v1", "g1"] and [box.id for box in inner] == ["v1"]
    scene.edges.append(Edge("v0", "v1", id="e1_0"))
    assert scene == replace(scene) and "label=" not in to_dot(scene, Style()).source.split("e1_0")[1]
    scene.edges[0].label = "0.5"
    assert '[id=e1_0 label=" 0.5 "]' in to_dot(scene, Style()).source
