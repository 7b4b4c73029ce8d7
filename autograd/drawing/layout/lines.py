"""An arrow as Graphviz wants it: points of cubic splines that begin and end at boxes, and the point of the arrowhead."""

from __future__ import annotations

from itertools import pairwise
from math import hypot

__all__ = ["HEAD", "Line", "Point", "edge_of", "level"]

HEAD = 7.0  # the length of an arrowhead
TURN = 7.0  # the radius of a corner

Point = tuple[float, float]


class Line:
    """A line that begins at ``start`` and is drawn on, piece by piece."""

    def __init__(self, start: Point) -> None:
        self.points = [start]

    def straight(self, to: Point) -> None:
        (x, y), (u, v) = self.points[-1], to
        if to != (x, y):
            self.points += [(x + (u - x) / 3, y + (v - y) / 3), (x + 2 * (u - x) / 3, y + 2 * (v - y) / 3), to]

    def across(self, to: Point) -> None:
        """Level at both ends."""
        (x, y), (u, v) = self.points[-1], to
        if y == v:
            self.straight(to)
        else:
            self.points += [((x + u) / 2, y), ((x + u) / 2, v), to]

    def around(self, *corners: Point) -> None:
        """Straight from corner to corner, which are rounded, up to the last of them."""
        for corner, after in pairwise(corners):
            x, y = self.points[-1]
            a, b = hypot(corner[0] - x, corner[1] - y), hypot(after[0] - corner[0], after[1] - corner[1])
            if min(a, b) < 0.1:
                continue
            r = min(TURN, a / 2, b / 2)
            self.straight((corner[0] + (x - corner[0]) * r / a, corner[1] + (y - corner[1]) * r / a))
            leave = (corner[0] + (after[0] - corner[0]) * r / b, corner[1] + (after[1] - corner[1]) * r / b)
            self.points += [corner, corner, leave]
        self.straight(corners[-1])

    def turned(self) -> Line:
        """The way back."""
        line = Line(self.points[-1])
        line.points = self.points[::-1]
        return line

    def beside(self, apart: float) -> Line:
        """A line to the right of it, as one goes; heights count from above.

        >>> line = Line((0, 20))
        >>> line.straight((30, 20))
        >>> line.beside(3).points[0], line.turned().beside(3).points[0]
        ((0.0, 23.0), (30.0, 17.0))
        """
        line, last = Line(self.points[0]), len(self.points) - 1
        ways = [(self.points[max(k - 1, 0)], self.points[min(k + 1, last)]) for k in range(last + 1)]
        far = [hypot(u - x, v - y) or 1.0 for (x, y), (u, v) in ways]
        line.points = [(p - apart * (v - y) / d, q + apart * (u - x) / d) for (p, q), ((x, y), (u, v)), d in zip(self.points, ways, far)]
        return line

    def written(self, height: float, back: bool) -> str:
        """As the ``pos`` of an edge, with its arrowhead at the end, or at the start where ``back``; heights count from below."""
        points = self.points[::-1] if back else self.points
        (x, y), (u, v) = points[-2:]
        length = hypot(u - x, v - y) or 1.0
        short = min(HEAD, length)
        points = [*points[:-1], (u - (u - x) * short / length, v - (v - y) * short / length)]
        numbers: list[float] = []
        for a, b in points[::-1] if back else points:
            numbers += a, height - b
        return ("s" if back else "e") + ",%.1f,%.1f" % (u, height - v) + " %.1f,%.1f" * len(points) % tuple(numbers)  # noqa: UP031 (twice as fast)


def level(x: float, end: float, y: float, back: bool) -> str:
    """What a `Line` straight to the right, ``y`` above the ground, is written as: most are such, and so it is written sooner.

    >>> line = Line((0, 20))
    >>> line.straight((30, 20))
    >>> level(0, 30, 80, back=False) == line.written(100, back=False)
    True
    """
    third, two, at = x + (end - x) / 3, x + 2 * (end - x) / 3, f"{y:.1f}"
    if back:
        return f"s,{x:.1f},{at} {x + min(HEAD, third - x):.1f},{at} {third:.1f},{at} {two:.1f},{at} {end:.1f},{at}"
    return f"e,{end:.1f},{at} {x:.1f},{at} {third:.1f},{at} {two:.1f},{at} {end - min(HEAD, end - two):.1f},{at}"


def edge_of(box: tuple[float, float, float, float], round: bool, towards: Point) -> Point:
    """Where the line from the middle of a box (x, y, width, height) to a point leaves it.

    >>> edge_of((0, 0, 20, 10), False, (0, 50))
    (0.0, 5.0)
    """
    x, y, w, h = box
    dx, dy = towards[0] - x, towards[1] - y
    if not (dx or dy):
        return x, y
    t = 1 / hypot(2 * dx / w, 2 * dy / h) if round else 1 / max(abs(2 * dx / w), abs(2 * dy / h))
    return x + t * dx, y + t * dy
