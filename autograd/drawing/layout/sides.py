"""One lane of a picture, forward or backward: which boxes and arrows are in it, how high they stand, and the frames around them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from autograd.drawing.layout.columns import Tree
from autograd.drawing.layout.lanes import SPINE, Lane
from autograd.drawing.layout.rows import PAD, Rows

__all__ = ["BELOW", "Arrow", "Piece", "Side"]

PASSED = 10  # boxes that an arrow passes, on average, and can still be followed
TITLE = 16.0  # the band that a title has for itself
ABOVE = 9.0  # from what an arrow passes above
BELOW = 13.0  # from an operation to its chips


class Arrow(NamedTuple):
    """An edge by its place in the scene, from left to right. An ``arc`` passes above what it passes."""

    number: int
    tail: str
    head: str
    back: bool
    arc: bool


class Piece(NamedTuple):
    """A frame, as far as it is in one row: its rectangle, heights being those of the lane."""

    frame: int
    left: float
    right: float
    top: float
    bottom: float


class Side:
    """``column`` of each box that stands in one; ``hangs`` says of each chip at which column, and how deep.

    1 is just below it, where products are, 2 below that; with a minus, above. ``item`` is the number of a box in the lane, ``passes``
    those of the points where an arrow passes by, by column. After `settle`, ``y`` is the height of each box, ``pieces`` the frames.
    """

    def __init__(
        self, tree: Tree, size: dict[str, tuple[float, float]], column: dict[str, int], hangs: dict[str, tuple[int, int]], count: int
    ) -> None:
        self.tree, self.size, self.column, self.hangs = tree, size, column, hangs
        self.lane = Lane(count)
        self.item: dict[str, int] = {}
        self.arrows: list[Arrow] = []
        self.straight: list[Arrow] = []  # to and from chips
        self.passes: dict[int, dict[int, int]] = {}
        self.span: dict[int, tuple[int, int]] = {}  # of frames: first and last column
        for id, c in (*column.items(), *((id, c) for id, (c, _) in hangs.items())):
            self._cover(tree.home[id], c, c)
        for f in range(len(tree.frames) - 1, 0, -1):  # an inner frame before the one that it is in
            if f in self.span:
                self._cover(tree.parent[f], *self.span[f])
        self.within = [0] * count
        for f, (first, last) in sorted(self.span.items()):
            self.within[first : last + 1] = [f] * (last + 1 - first)

    def _cover(self, f: int, first: int, last: int) -> None:
        if f in self.span:
            a, b = self.span[f]
            first, last = first if first < a else a, last if last > b else b
        self.span[f] = first, last

    def at(self, id: str) -> int:
        """The column that a box stands in, or hangs at."""
        return self.column[id] if id in self.column else self.hangs[id][0]

    def box(self, id: str) -> None:
        """Puts a box below those that its column has."""
        self.item[id] = self.lane.add(self.column[id], self.size[id][1])

    def edges(self, edges: Iterable[tuple[int, str, str, bool]]) -> bool:
        """Takes in the arrows; False where one would have to go back, or where they pass so many boxes that this is a tangle."""
        points = PASSED * len(self.column) + 2000
        for number, tail, head, back in edges:
            if tail in self.hangs or head in self.hangs:
                self.straight.append(Arrow(number, tail, head, back, False))
                continue
            first, last = self.column.get(tail, -1) + 1, self.column.get(head, -1)
            if not 0 < first <= last:
                return False
            arc = False
            if first < last:
                points -= last - first
                if points < 0:
                    return False
                inside = {*self.tree.path[self.tree.home[tail]], *self.tree.path[self.tree.home[head]]}
                arc = any(self.within[c] not in inside for c in range(first, last))
            self.arrows.append(Arrow(number, tail, head, back, arc))
            if not arc:
                self.passes[number] = {c: self.lane.add(c) for c in range(first, last)}
        return True

    def tie(self, spine: set[str]) -> None:
        """Who is near whom: most of all the boxes of the ``spine``, and the points of one arrow."""
        for number, tail, head, _, arc in self.arrows:
            if not arc:
                weight = SPINE if tail in spine and head in spine else 1.0
                if not (passed := self.passes[number]):  # of neighbours, as most are
                    self.lane.tie(self.item[tail], self.item[head], weight)
                    continue
                chain = [self.item[tail], *passed.values(), self.item[head]]
                for a, b in pairwise(chain):
                    self.lane.tie(a, b, SPINE if a != chain[0] and b != chain[-1] else weight)

    def settle(self, rows: Rows, x: dict[str, float]) -> None:
        """Chips, arcs and frames around what stands in its column, from the inside out. ``x`` of the chips is known."""
        lane, count = self.lane, len(self.within)
        self.y = {id: lane.y[n] for id, n in self.item.items()}
        self.top, self.bottom = [1e9] * count, [-1e9] * count
        for n, c in enumerate(lane.column):
            half = lane.height[n] / 2
            self.top[c], self.bottom[c] = min(self.top[c], lane.y[n] - half), max(self.bottom[c], lane.y[n] + half)
        hanging: dict[int, dict[tuple[int, int], list[str]]] = {}
        for id, place in sorted(self.hangs.items(), key=lambda pair: abs(pair[1][1])):
            hanging.setdefault(self.tree.home[id], {}).setdefault(place, []).append(id)
        arcs: dict[int, list[Arrow]] = {}
        for arrow in self.arrows:
            if arrow.arc:
                arcs.setdefault(self.tree.common(arrow.tail, arrow.head), []).append(arrow)
        self.level: dict[tuple[int, int], float] = {}  # of an arc in a row
        self.pieces: list[list[Piece]] = [[] for _ in rows.starts]  # by row, the outer ones first
        self.inner: dict[tuple[int, int], float] = {}
        self.reach = [0.0] * count  # how far right the chips of a column go
        for f in range(len(self.tree.frames) - 1, -1, -1):
            for (c, depth), ids in hanging.get(f, {}).items():
                self._hang(c, depth, ids, rows, x)
            for arrow in sorted(arcs.get(f, ()), key=lambda a: self.column[a.head] - self.column[a.tail]):
                self._arc(arrow, rows)
            if f in self.span:
                self._frame(f, rows)
        for pieces in self.pieces:
            pieces.reverse()

    # Each of these moves the ``top`` and ``bottom`` of the columns that it covers, so that what comes later stays clear of it.
    def _hang(self, c: int, depth: int, ids: list[str], rows: Rows, x: dict[str, float]) -> None:
        low, high = min(x[id] - self.size[id][0] / 2 for id in ids), max(x[id] + self.size[id][0] / 2 for id in ids)
        columns = [c]
        row = rows.columns(rows.row[c])
        for d in range(c - 1, row.start - 1, -1):
            if rows.right[d] + 4 < low:
                break
            columns.append(d)
        for d in range(c + 1, row.stop):
            if rows.left[d] - 4 > high:
                break
            columns.append(d)
        tall = max(self.size[id][1] for id in ids)
        beside = [d for d in (*columns, c + 1) if d < row.stop and self.top[d] <= self.bottom[d]]  # not those with nothing in them
        if depth < 0:
            y = min((self.top[d] for d in beside), default=0.0) - BELOW - tall / 2
        else:
            y = max((self.bottom[d] for d in beside), default=0.0) + BELOW + tall / 2
        for id in ids:  # variables all begin at one height, products all have their middle there
            shorter = (tall - self.size[id][1]) / 2 if abs(depth) == 2 else 0.0
            self.y[id] = y + (shorter if depth < 0 else -shorter)
        for d in columns:
            self.top[d], self.bottom[d] = min(self.top[d], y - tall / 2), max(self.bottom[d], y + tall / 2)
        self.reach[c] = max(self.reach[c], high)

    def _arc(self, arrow: Arrow, rows: Rows) -> None:
        first, last = self.column[arrow.tail] + 1, self.column[arrow.head] - 1
        for row in range(rows.row[self.column[arrow.tail]], rows.row[self.column[arrow.head]] + 1):
            columns = rows.columns(row)
            passed = range(max(first, columns.start), min(last + 1, columns.stop))
            if passed:
                self.level[arrow.number, row] = y = min(self.top[c] for c in passed) - ABOVE
                for c in passed:
                    self.top[c] = y
                    self.bottom[c] = max(self.bottom[c], y)

    def _frame(self, f: int, rows: Rows) -> None:
        first, last = self.span[f]
        deep = len(self.tree.path[f]) - 1
        for row in range(rows.row[first], rows.row[last] + 1):
            columns = rows.columns(row)
            a, b = max(first, columns.start), min(last, columns.stop - 1)
            top = min(self.top[a : b + 1]) - PAD - TITLE * bool(self.tree.frames[f].title)
            bottom = max(self.bottom[a : b + 1]) + PAD
            if top > bottom:
                continue
            if f:
                self.top[a : b + 1] = [top] * (b + 1 - a)
                self.bottom[a : b + 1] = [bottom] * (b + 1 - a)
            left = rows.left[a] - PAD * (len(self.tree.path[self.within[a]]) - deep)
            right = rows.right[b] + PAD * (len(self.tree.path[self.within[b]]) - deep)
            inner = self.inner.get((f, row), 0.0)  # how far right the frames in it go
            right = max(right, max(self.reach[a : b + 1]) + PAD, inner + PAD, left + self.tree.titles[f])
            outer = self.tree.parent[f], row
            self.inner[outer] = max(self.inner.get(outer, 0.0), right)
            self.pieces[row].append(Piece(f, left, right, top, bottom))
