"""Every arrow of a picture as a line: level from column to column, above what an arc passes, and round the end of a row to the next."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import pairwise

from autograd.drawing.layout.lines import Line, Point, edge_of, level
from autograd.drawing.layout.rows import RAIL, Rows
from autograd.drawing.layout.sides import BELOW, Arrow, Side
from autograd.drawing.scene import Box, Scene

__all__ = ["Lines", "between_rows"]

SPREAD = 7.0  # between arrowheads at one box
APART = 4.0  # a dotted arrow from the one that it runs beside
Rectangle = tuple[float, float, float, float]


def between_rows(sides: list[Side], rows: Rows) -> list[list[int]]:
    """Between each row and the next, the arrows that go there, in the order in which they leave: the lowest first."""
    found: list[list[tuple[int, float, int]]] = [[] for _ in rows.starts[1:]]
    for i, side in enumerate(sides):
        for arrow in side.arrows if found else ():
            first, last = rows.row[side.column[arrow.tail]], rows.row[side.column[arrow.head]]
            for row in range(first, last):
                found[row].append((-i, _leaves(side, arrow, row, rows), arrow.number))
    return [[number for _, _, number in sorted(arrows, reverse=True)] for arrows in found]


def _leaves(side: Side, arrow: Arrow, row: int, rows: Rows) -> float:
    """At what height of its lane an arrow leaves a row."""
    if (arrow.number, row) in side.level:
        return side.level[arrow.number, row]
    point = side.passes.get(arrow.number, {}).get(rows.starts[row + 1] - 1)
    return side.y[arrow.tail] if point is None else side.lane.y[point]


class Lines:
    """Draws the arrows of boxes that stand ``at`` a place: x, y, width and height, y counted from above. ``shift`` is where a lane
    begins in a row, ``channels`` where the first of the arrows between rows goes, in the order of ``crossing``."""

    def __init__(
        self, scene: Scene, boxes: dict[str, Box], sides: list[Side], rows: Rows, at: dict[str, Rectangle],
        shift: dict[tuple[int, int], float], crossing: list[list[int]], channels: list[float], total: float,
    ) -> None:  # fmt: skip
        self.scene, self.boxes, self.sides, self.rows, self.at = scene, boxes, sides, rows, at
        self.shift, self.channels, self.total = shift, channels, total
        self.rank = [{number: k for k, number in enumerate(arrows)} for arrows in crossing]
        self.rows_end = [max([rows.end[c] for c in rows.columns(row)]) for row in range(len(rows.starts))]

    def all(self) -> dict[int, str]:
        """The lines by their place in the scene, as Graphviz reads them."""
        lines: dict[int, str] = {}
        saved = [(k, edge.tail, edge.head) for k, edge in enumerate(self.scene.edges) if edge.kind == "saved"]
        wanted = {pair for _, tail, head in saved for pair in ((tail, head), (head, tail))}
        found: dict[tuple[str, str], Line] = {}  # arrows that a dotted one may run beside
        for i, side in enumerate(self.sides):
            offset, column = self._offsets(side), side.column
            for arrow in side.arrows:
                number, tail, head, back, _ = arrow
                x, y, w, _ = self.at[tail]
                u, v, other, _ = self.at[head]
                c = column[head]
                if y == v and column[tail] == c - 1 and self.rows.row[c] == self.rows.row[c - 1] and number not in offset and not saved:
                    lines[number] = level(x + w / 2, u - other / 2, self.total - y, back)
                    continue
                line = self._arched(i, side, arrow, offset) if arrow.arc else self._level(i, side, arrow, offset)
                lines[number] = line.written(self.total, back)
                if (tail, head) in wanted:
                    found[tail, head] = line
            near: dict[int, list[str]] = {}
            for id in self.at if side.straight else ():
                if id in side.y:
                    near.setdefault(side.at(id), []).append(id)
            for arrow in side.straight:
                line = self._straight(side, arrow, near)
                lines[arrow.number] = line.written(self.total, arrow.back)
                if (arrow.tail, arrow.head) in wanted:
                    found[arrow.tail, arrow.head] = line
        for k, tail, head in saved:
            if (tail, head) in found:
                line = found[tail, head].beside(APART)
            elif (head, tail) in found:
                line = found[head, tail].turned().beside(APART)
            else:
                line = self._dotted(tail, head)
            lines[k] = line.written(self.total, False)
        return lines

    @cached_property
    def held(self) -> list[list[str]]:
        """The boxes of each row."""
        found: list[list[str]] = [[] for _ in self.rows.starts]
        for side in self.sides:
            for id in side.y:
                found[self.rows.row[side.at(id)]].append(id)
        return found

    def _offsets(self, side: Side) -> dict[int, float]:
        """How far from the middle of its box each arrowhead is that does not come alone, so that no two are at the same place."""
        count = Counter([arrow.tail if arrow.back else arrow.head for arrow in side.arrows])
        arriving: dict[str, list[tuple[float, int]]] = {box: [] for box, many in count.items() if many > 1}
        for arrow in side.arrows if arriving else ():
            box = arrow.tail if arrow.back else arrow.head
            if box in arriving:
                arriving[box].append((self._beside(side, arrow), arrow.number))
        offset: dict[int, float] = {}
        for box, arrows in arriving.items():
            apart = min(SPREAD, 0.7 * self.at[box][3] / len(arrows))
            for k, (_, number) in enumerate(sorted(arrows)):
                offset[number] = apart * (k - (len(arrows) - 1) / 2)
        return offset

    def _beside(self, side: Side, arrow: Arrow) -> float:
        """The height of what comes next to the head of an arrow; an arc comes from above."""
        if arrow.arc:
            return -1e6
        point = side.passes[arrow.number].get(side.column[arrow.tail] + 1 if arrow.back else side.column[arrow.head] - 1)
        return side.lane.y[point] if point is not None else side.y[arrow.head if arrow.back else arrow.tail]

    def _ends(self, arrow: Arrow, offset: float) -> tuple[Point, Point]:
        """The right side of the tail and the left side of the head, ``offset`` below the middle at the arrowhead."""
        below, above = (offset, 0.0) if arrow.back else (0.0, offset)
        return self._beyond(arrow.tail, 1, below), self._beyond(arrow.head, -1, above)

    def _beyond(self, id: str, way: int, offset: float) -> Point:
        x, y, w, h = self.at[id]
        half = w / 2
        if offset and self.boxes[id].round:
            half *= max(0.0, 1 - (2 * offset / h) ** 2) ** 0.5
        return x + way * half, y + offset

    def _straight(self, side: Side, arrow: Arrow, near: dict[int, list[str]]) -> Line:
        """To or from a chip; ``near`` are the boxes of the lane by column."""
        a, b = self.at[arrow.tail], self.at[arrow.head]
        if arrow.back:
            start = edge_of(a, self.boxes[arrow.tail].round, b[:2])
        else:  # from the nearer side of a chip, so that it does not run over the chip beside it
            x = min(max(b[0], a[0] - a[2] / 2 + 8), a[0] + a[2] / 2 - 8)
            start = (x, a[1] + (a[3] / 2 if b[1] > a[1] else -a[3] / 2))
        end = edge_of(b, self.boxes[arrow.head].round, a[:2] if arrow.back else start)
        line = Line(start)
        c = side.at(arrow.head)
        there = (id for d in range(c - 1, c + 4) for id in near.get(d, ()) if id not in (arrow.tail, arrow.head))
        if arrow.back or not any(_meets(self.at[id], start, end) for id in there):
            line.straight(end)
        else:  # along the tops of the chips, where a tall box stands in between
            way = 1 if b[1] > a[1] else -1
            x, y = b[0] + SPREAD, start[1] + way * BELOW / 2
            line.around((start[0], y), (x, y), edge_of(b, self.boxes[arrow.head].round, (x, b[1] - way * b[3])))
        return line

    def _dotted(self, tail: str, head: str) -> Line:
        """From the forward lane up to the backward one: straight, or beside the column of its head, where it runs over the fewest boxes."""
        a, b = self.at[tail], self.at[head]
        beside = (self.rows.left[self.sides[-1].at(head)] - 5, b[1] + b[3] / 2 + 8)
        first, last = sorted(self.rows.row[side.at(id)] for id in (tail, head) for side in self.sides if id in side.y)
        others = [self.at[id] for row in self.held[first : last + 1] for id in row if id not in (tail, head)]
        ways = []
        for via in ((), (beside,)):
            for start in (edge_of(a, False, (*via, b[:2])[0]), *((a[0] + side * a[2] / 2, a[1] - a[3] / 4) for side in (1, -1))):
                ways.append((start, *via, edge_of(b, self.boxes[head].round, (start, *via)[-1])))
        start, *corners = min(ways, key=lambda way: sum(_meets(box, p, q) for box in others for p, q in pairwise(way)))
        line = Line(start)
        line.around(*corners)
        return line

    def _level(self, i: int, side: Side, arrow: Arrow, offset: dict[int, float]) -> Line:
        rows = self.rows
        start, end = self._ends(arrow, offset.get(arrow.number, 0.0))
        line = Line(start)
        first, last = side.column[arrow.tail], side.column[arrow.head]
        for c in range(first + 1, last + 1):
            to = end if c == last else (rows.left[c], side.lane.y[side.passes[arrow.number][c]] + self.shift[i, rows.row[c]])
            if rows.row[c] != rows.row[c - 1]:
                self._rail(line, rows.row[c - 1], arrow.number, to)
            elif line.points[-1][1] == to[1]:
                line.straight(to)
            else:  # level as long as it is beside a box
                if c == first + 1 and rows.right[first] > start[0] + 4:
                    line.straight((rows.right[first], start[1]))
                if c == last and rows.left[last] < end[0] - 4:
                    line.across((rows.left[last], end[1]))
                line.across(to)
            if c < last:
                line.straight((rows.right[c], to[1]))
        return line

    def _rail(self, line: Line, row: int, number: int, to: Point) -> None:
        """From the end of a row back to the beginning of the next one: nested, so that no two of them cross."""
        rows, k, many = self.rows, self.rank[row][number], len(self.rank[row])
        right = self.rows_end[row] + rows.margin + 8 + RAIL * k
        left = rows.rails - 8 - RAIL * (many - 1 - k)
        y = self.channels[row] + RAIL * k
        line.around((right, line.points[-1][1]), (right, y), (left, y), (left, to[1]), to)

    def _arched(self, i: int, side: Side, arrow: Arrow, offset: dict[int, float]) -> Line:
        rows = self.rows
        start, end = self._ends(arrow, offset.get(arrow.number, 0.0))
        line = Line(start)
        tail, head = side.column[arrow.tail], side.column[arrow.head]
        for row in range(rows.row[tail], rows.row[head] + 1):
            columns, level = rows.columns(row), side.level.get((arrow.number, row))
            if level is not None:
                y, corners = level + self.shift[i, row], list[Point]()
                if row == rows.row[tail]:
                    x = rows.end[tail] + rows.gap[tail + 1] / 2 - 4
                    corners += [(x, start[1]), (x, y)]
                else:
                    corners.append((rows.left[columns.start], y))
                if row == rows.row[head]:
                    x = rows.end[head - 1] + rows.gap[head] / 2 + 2
                    corners += [(x, y), (x, end[1]), end]
                else:
                    corners.append((rows.right[columns.stop - 1], y))
                line.around(*corners)
            elif row == rows.row[head]:
                line.straight(end)
            if row < rows.row[head]:
                later = side.level.get((arrow.number, row + 1))
                to = end if later is None else (rows.left[columns.stop], later + self.shift[i, row + 1])
                self._rail(line, row, arrow.number, to)
        return line


def _meets(box: Rectangle, start: Point, end: Point) -> bool:
    """Does the straight line run over the box?"""
    x, y, w, h = box
    if min(start[0], end[0]) > x + w / 2 or max(start[0], end[0]) < x - w / 2:
        return False
    steps = [k / 24 for k in range(25)]
    return any(abs(start[0] + t * (end[0] - start[0]) - x) < w / 2 and abs(start[1] + t * (end[1] - start[1]) - y) < h / 2 for t in steps)
