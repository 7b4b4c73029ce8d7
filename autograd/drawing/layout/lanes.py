"""How high each box of a lane stands: the order in each column, straight lines where they can be, arcs above, chips below.

What an arrow passes on its way is a point of its own in each column, so that it is kept clear of the boxes. The heights of a column are
those nearest to what their neighbours ask for, in the given order and without touching: a monotone regression, solved by pooling
adjacent violators (Ayer and others 1955).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["Lane", "crossings", "stacked"]

GAP = 10.0  # between boxes of a column
PASS = 8.0  # the room of an arrow that passes by
SPINE = 8.0  # how much more the longest path counts


def stacked(wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float]) -> list[float]:
    """Heights in rising order, ``apart[i]`` or more between i and i + 1, that are nearest to ``wanted`` by weighted squares.

    >>> stacked([0, 0, 30], [1, 1, 1], [10, 10])
    [-5.0, 5.0, 30.0]
    """
    blocks: list[list[float]] = []  # mean, weight, how many
    offset, offsets = 0.0, [0.0]
    for distance in apart:
        offset += distance
        offsets.append(offset)
    for want, weight, offset in zip(wanted, weights, offsets):
        block = [want - offset, weight, 1]
        while blocks and blocks[-1][0] > block[0]:
            mean, other, many = blocks.pop()
            total = other + block[1]
            block = [(mean * other + block[0] * block[1]) / total, total, many + block[2]]
        blocks.append(block)
    means = [mean for mean, _, many in blocks for _ in range(int(many))]
    return [float(mean + offset) for mean, offset in zip(means, offsets)]


def crossings(pairs: Sequence[tuple[int, int]]) -> int:
    """How many of the lines between two columns cross, given as places at the left and at the right."""
    seen: list[int] = []
    count = 0
    for _, right in sorted(pairs):
        count += len(seen) - bisect_right(seen, right)
        insort(seen, right)
    return count


class Lane:
    """Boxes and passing arrows as numbers, in ``columns`` from top to bottom; ``y`` and ``height`` of each.

    ``left`` and ``right`` are the neighbours of each in the next columns.
    """

    def __init__(self, columns: int) -> None:
        self.columns: list[list[int]] = [[] for _ in range(columns)]
        self.column: list[int] = []
        self.height: list[float] = []
        self.left: list[list[tuple[int, float]]] = []
        self.right: list[list[tuple[int, float]]] = []
        self.y: list[float] = []
        self.straight: set[int] = set()  # what stays at height 0

    def add(self, column: int, height: float = PASS) -> int:
        number = len(self.column)
        self.columns[column].append(number)
        self.column.append(column)
        self.height.append(height)
        self.left.append([])
        self.right.append([])
        return number

    def tie(self, a: int, b: int, weight: float = 1.0) -> None:
        self.right[a].append((b, weight))
        self.left[b].append((a, weight))

    def sort(self, sweeps: int) -> None:
        """Moves boxes to the middle of their neighbours, and neighbours past each other; what has the fewest crossings stays.

        Where nothing is gained, all stay in the order they came in.
        """
        best, kept = self._crossings(), [list(column) for column in self.columns]
        for sweep in range(sweeps):
            if not best:
                break
            place = self.places()
            near = self.left if sweep % 2 else self.right
            for column in self.columns if sweep % 2 else reversed(self.columns):
                if len(column) > 1:
                    middle = {n: sum([place[m] for m, _ in near[n]]) / len(near[n]) if near[n] else place[n] for n in column}
                    column.sort(key=middle.__getitem__)
                    for i, n in enumerate(column):
                        place[n] = i
            for column in self.columns:
                self._swap(column, place)
            found = self._crossings()
            if found < best:
                best, kept = found, [list(column) for column in self.columns]
        self.columns = kept

    def _swap(self, column: list[int], place: list[float]) -> None:
        for i in range(len(column) - 1):
            a, b = column[i], column[i + 1]
            gain = 0
            for near in (self.left, self.right):
                for m, _ in near[a]:
                    for n, _ in near[b]:
                        gain += (place[m] > place[n]) - (place[m] < place[n])
            if gain > 0:
                column[i], column[i + 1] = b, a
                place[a], place[b] = i + 1, i

    def places(self) -> list[float]:
        """Of each box, how many are above it in its column."""
        place = [0.0] * len(self.column)
        for column in self.columns:
            for i, n in enumerate(column):
                place[n] = i
        return place

    def _crossings(self) -> int:
        place = [int(p) for p in self.places()]
        several = (column for column in self.columns if len(column) > 1)
        return sum([crossings([(place[n], place[m]) for n in column for m, _ in self.right[n]]) for column in several])

    def cut(self, starts: list[int]) -> None:
        """Where a new row begins, a column has nothing to do with the one before."""
        for c in starts[1:]:
            for n in self.columns[c]:
                self.left[n] = []
            for n in self.columns[c - 1]:
                self.right[n] = []

    def rise(self, sweeps: int) -> None:
        """The heights: all boxes near their neighbours, by turns those at the left, at the right, and at both sides."""
        self.y = y = [0.0] * len(self.column)
        if all(len(column) < 2 for column in self.columns):
            return
        apart = []
        for column in self.columns:
            distances = [self._apart(a, b) for a, b in pairwise(column)]
            apart.append(distances)
            height = -sum(distances) / 2
            for n, distance in zip(column, [*distances, 0.0]):
                y[n] = height
                height += distance
        ways = [self.left, self.right, [left + right for left, right in zip(self.left, self.right)]]
        sums = [[sum([w for _, w in others]) for others in near] for near in ways]
        for sweep in range(sweeps):
            way = 2 if sweep >= sweeps - 3 else sweep % 3
            near, total = ways[way], sums[way]
            order = range(len(self.columns)) if sweep % 2 == 0 else range(len(self.columns) - 1, -1, -1)
            for c in order:
                column = self.columns[c]
                wanted, weights = [], []
                for n in column:
                    if n in self.straight:
                        wanted.append(0.0)
                        weights.append(1e8)
                        continue
                    weight = total[n]
                    wanted.append(sum([y[m] * w for m, w in near[n]]) / weight if weight else y[n])
                    weights.append(weight or 0.1)
                for n, height in zip(column, stacked(wanted, weights, apart[c])):
                    y[n] = height
        for _ in range(2):
            self._straighten(apart)
        self.y = [round(y, 2) for y in self.y]

    def _straighten(self, apart: list[list[float]]) -> None:
        """What follows each other with nothing else between, such as the points of one arrow, at one height where there is room."""
        above, below = [-1e9] * len(self.y), [1e9] * len(self.y)
        for column, distances in zip(self.columns, apart):
            for a, b, distance in zip(column, column[1:], distances):
                above[b], below[a] = self.y[a] + distance, self.y[b] - distance
        done, place = set[int](), self.places()
        for column in self.columns:
            for n in column:
                if n in done:
                    continue
                chain = [n]
                while len(self.right[n]) == 1 and len(self.left[self.right[n][0][0]]) == 1:
                    n = self.right[n][0][0]
                    chain.append(n)
                done.update(chain)
                low, high = max([above[m] for m in chain]), min([below[m] for m in chain])
                if len(chain) > 1 and low <= high:
                    fixed = [self.y[m] for m in chain if m in self.straight]
                    wish = fixed[0] if fixed else sum([self.y[m] for m in chain]) / len(chain)
                    for m in chain:
                        self.y[m] = min(max(wish, low), high)
                    for m in chain:  # its neighbours have more room now, or less
                        stack, i = self.columns[self.column[m]], int(place[m])
                        if i:
                            below[stack[i - 1]] = self.y[m] - self._apart(stack[i - 1], m)
                        if i + 1 < len(stack):
                            above[stack[i + 1]] = self.y[m] + self._apart(m, stack[i + 1])

    def _apart(self, a: int, b: int) -> float:
        tall = max(self.height[a], self.height[b])
        return (self.height[a] + self.height[b]) / 2 + (GAP if tall > PASS else 0)
