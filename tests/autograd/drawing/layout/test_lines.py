"""Arrows as points of splines: whole pieces, level ends, an arrowhead of full length."""

from math import hypot

from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.layout.lines import HEAD, Line, edge_of, level

POINTS = st.tuples(st.integers(-50, 50), st.integers(-50, 50))


@given(POINTS, st.lists(st.tuples(st.sampled_from(["straight", "across", "around"]), st.lists(POINTS, min_size=1, max_size=4)), max_size=4))
def test_lines_are_whole_pieces_that_end_where_they_should(start: tuple[int, int], moves: list[tuple[str, list[tuple[int, int]]]]) -> None:
    line = Line(start)
    for how, points in moves:
        if how == "around":
            line.around(*points)
        else:
            getattr(line, how)(points[-1])
        assert line.points[-1] == points[-1]
    assert len(line.points) % 3 == 1 and line.points[0] == start


@given(POINTS, POINTS, st.booleans())
def test_the_arrowhead_is_at_the_right_end(start: tuple[int, int], end: tuple[int, int], back: bool) -> None:
    line = Line(start)
    line.across(end)
    if start == end:
        return
    mark, *points = line.written(100, back).split(" ")
    kind, x, y = mark.split(",")
    tip = start if back else end
    assert kind == ("s" if back else "e") and (float(x), float(y)) == (tip[0], 100 - tip[1])
    near = tuple(map(float, points[0 if back else -1].split(",")))
    assert hypot(near[0] - tip[0], 100 - tip[1] - near[1]) <= HEAD + 0.2


@given(POINTS, st.floats(0.5, 400), st.floats(0, 1000), st.booleans())
def test_a_level_line_is_written_as_any_other(start: tuple[int, int], far: float, total: float, back: bool) -> None:
    line, end = Line(start), start[0] + far
    line.straight((end, start[1]))
    long, short = line.written(total, back), level(start[0], end, total - start[1], back)
    assert long[0] == short[0]
    for a, b in zip(long[2:].replace(" ", ",").split(","), short[2:].replace(" ", ",").split(","), strict=True):
        assert abs(float(a) - float(b)) < 0.11  # where rounding is a close call


@given(POINTS, st.floats(2, 40), st.floats(2, 40), st.booleans())
def test_a_line_leaves_a_box_on_its_edge(towards: tuple[int, int], w: float, h: float, round: bool) -> None:
    x, y = edge_of((3, 4, w, h), round, towards)
    across, down = abs(x - 3) / (w / 2), abs(y - 4) / (h / 2)
    if towards != (3, 4):
        assert abs((hypot(across, down) if round else max(across, down)) - 1) < 1e-6
