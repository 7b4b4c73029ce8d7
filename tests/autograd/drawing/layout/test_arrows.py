"""Arrows: nested between rows, apart where they arrive, clear of what they pass."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.drawing.layout.arrows import SPREAD
from autograd.drawing.layout.page import placed
from autograd.drawing.scene import Box, Edge, Frame, Placed, Scene
from tests.autograd.drawing.layout.test_page import rectangle

Point = tuple[float, float]


def points(where: Placed, i: int) -> list[Point]:
    return [(float(x), float(y)) for x, y in (p.split(",") for p in where.lines[i].split(" ")[1:])]


def chain(length: int, skips: list[tuple[int, int]]) -> Scene:
    scene = Scene(Frame("", [Box(f"v{i}", "middle", [f"tensor {i}"]) for i in range(length)]))
    scene.edges += [Edge(f"v{i}", f"v{i + 1}") for i in range(length - 1)]
    scene.edges += [Edge(f"v{i}", f"v{j}") for i, j in skips]
    return scene


@settings(deadline=None)
@given(st.integers(2, 60), st.lists(st.tuples(st.integers(0, 58), st.integers(2, 4)), max_size=4))
def test_no_arrow_runs_over_a_box(length: int, skips: list[tuple[int, int]]) -> None:
    scene = chain(length, [(i, i + k) for i, k in skips if i + k < length])
    where = placed(scene)
    assert where is not None
    for i, edge in enumerate(scene.edges):
        for box in scene:
            if box.id not in (edge.tail, edge.head):
                left, bottom, right, top = rectangle(where, box.id)
                assert not any(left < x < right and bottom < y < top for x, y in points(where, i)[::3]), (edge, box.id)


def test_arrows_between_rows_are_nested() -> None:
    scene = chain(40, [(k, k + 3) for k in range(0, 36, 2)])
    where = placed(scene)
    assert where is not None
    rows = {round(y) for _, y, _, _ in where.boxes.values()}
    assert len(rows) > 1
    rails: dict[float, tuple[float, float]] = {}  # the level part between two rows, by its height
    for i in range(len(scene.edges)):
        line = points(where, i)
        for (x, y), (u, v) in zip(line[::3], line[3::3]):
            if y == v and x - u > 200:
                assert y not in rails
                rails[y] = (u, x)
    assert len(rails) > len(rows) - 1  # some skips are cut, too
    for high, low in pairwise(sorted(rails, reverse=True)):
        if high - low < 10:  # between the same two rows: the lower one begins and ends further right
            assert rails[low][0] > rails[high][0] and rails[low][1] > rails[high][1]


def test_arrowheads_at_one_box_are_apart() -> None:
    scene = Scene(Frame("", [Box("a", "input", ["a"]), Box("b", "operation", ["×"], round=True)]))
    scene.edges += [Edge("a", "b"), Edge("a", "b"), Edge("a", "b")]
    where = placed(scene)
    assert where is not None
    tips = sorted(float(where.lines[i].split(" ")[0].split(",")[2]) for i in range(3))
    assert all(b - a >= min(SPREAD, 22 * 0.7 / 3) - 0.11 for a, b in pairwise(tips))


@settings(deadline=None)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=4), st.lists(st.integers(1, 20), min_size=1, max_size=3))
def test_arrows_from_chips_go_round_tall_boxes(results: list[int], chips: list[int]) -> None:
    """As boxes with thumbnails are: of whatever heights, no arrow from a parameter runs over one."""
    scene = Scene(Frame("", [Box("x", "input", ["x"])]))
    for i, lines in enumerate(results):
        scene.forward.boxes += [Box(f"o{i}", "operation", ["linear"], round=True), Box(f"v{i}", "middle", ["tensor 64×256"] * lines)]
        scene.edges += [Edge(f"v{i - 1}" if i else "x", f"o{i}"), Edge(f"o{i}", f"v{i}")]
        for k, deep in enumerate(chips):
            scene.forward.boxes.append(Box(f"w{i}_{k}", "parameter", [f"{i}.weight", "tensor 256×784"] * deep))
            scene.edges.append(Edge(f"w{i}_{k}", f"o{i}"))
    where = placed(scene)
    assert where is not None
    for i, edge in enumerate(scene.edges):
        line = points(where, i)
        for box in scene:
            if box.id not in (edge.tail, edge.head):
                left, bottom, right, top = rectangle(where, box.id)
                along = [(a[0] + (b[0] - a[0]) * t / 16, a[1] + (b[1] - a[1]) * t / 16) for a, b in pairwise(line[::3]) for t in range(17)]
                assert not any(left < x < right and bottom < y < top for x, y in along), (edge, box.id)
