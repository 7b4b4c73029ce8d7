"""Columns in rows as wide as a page: where each column stands, and where a row ends and the next one begins."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import ceil

__all__ = ["PAD", "PAGE", "Rows"]

PAGE = 990.0  # points: at the 830 pixels of a README, letters of 11 points are then 9 pixels high
PAD = 8.0  # between a frame and what is in it
GAP = 20.0  # between columns, for an arrow
CHIPS = 6.0  # between chips
RAIL = 6.0  # between arrows that go back to the next row
RAILS = 110.0  # the most room for them


@dataclass
class Rows:
    """What is known of each column: its width, how wide the chips below it are, the gap before it, how many arrows come from before
    it, the frames it is in, and the room that their titles take; which of them hold results, and belong to the column before. ``lay`` then
    says where all are."""

    wide: list[float]
    chips: list[float]
    gap: list[float]
    arriving: list[int]
    path: list[tuple[int, ...]]
    titles: list[float]  # of frames, by number
    results: frozenset[int] = frozenset()
    margin: float = 0.0  # of frames around whole rows
    page: float = PAGE
    starts: list[int] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)
    chip: list[float] = field(default_factory=list)  # the left end of the chips of a column
    end: list[float] = field(default_factory=list)  # the right end of a column with all that has to be closed with it
    rails: float = 0.0  # the room at either side for the arrows between rows
    row: list[int] = field(default_factory=list)  # of each column

    def lay(self) -> bool:
        """All in one row where that fits, else in rows of about the same width, cut where few arrows are and few frames.

        False where too many arrows go from row to row for anybody to follow them.
        """
        self.shared = [0] + [sum([a == b for a, b in zip(p, q)]) if p and q else 0 for p, q in pairwise(self.path)] + [0]
        self.starts = [0]
        self.place()
        natural, most = self.left, list(accumulate(self.end, max))
        room = self.page - 2 * self.margin - 2 * PAD * max(map(len, self.path)) - 2 * (10 + 2 * RAIL)
        for _ in range(12):  # frames that begin again, and the arrows between rows, take some room
            over = max(self.end) + self.margin + self.rails - self.page
            if self.rails > RAILS:
                return False
            if over <= 0:
                break
            room -= over if len(self.starts) > 1 else 0.0
            self._cut(natural, most, room)
            self.place()
        return True

    def columns(self, row: int) -> range:
        return range(self.starts[row], self.starts[row + 1] if row + 1 < len(self.starts) else len(self.wide))

    def place(self) -> None:
        """Where each column stands, rows being as they are."""
        left: list[float] = []
        right: list[float] = []
        chip: list[float] = []
        end: list[float] = []
        self.left, self.right, self.chip, self.end = left, right, chip, end
        starts, last = {*self.starts, len(self.wide)}, 0.0
        most = max((self.arriving[c] for c in self.starts[1:]), default=0)
        self.rails = 10 + RAIL * most if most else 0.0
        begin = self.margin + self.rails
        opened: dict[int, float] = {}  # the left side of each frame that is open
        self.row, row = [], -1
        for c, (path, wide, chips) in enumerate(zip(self.path, self.wide, self.chips)):
            deep = len(path)
            if c in starts:
                row, x, common, fresh = row + 1, begin, 0, True
            else:
                x, common, fresh = end[-1] + self.gap[c], self.shared[c], False
            if deep > common:
                for frame in path[common:]:
                    opened[frame] = x
                    x += PAD
            at = x
            if chips:
                lowest = x if fresh or common < max(deep, len(self.path[c - 1])) else left[-1]
                at = max(x + wide / 2 - chips / 2, lowest, 0.0 if fresh else last + CHIPS)
                x = max(x, at)
                last = at + chips
            elif fresh:
                last = 0.0
            self.row.append(row)
            left.append(x)
            right.append(x + wide)
            chip.append(at)
            x += wide
            kept = 0 if c + 1 in starts else self.shared[c + 1]
            if kept < deep or c + 1 in starts:
                x = max(x, last)
                for frame in reversed(path[kept:]):
                    x = max(x + PAD, opened[frame] + self.titles[frame])
            end.append(x)

    def _cut(self, x: list[float], most: list[float], room: float) -> None:
        n = len(self.wide)
        self.starts, c = [0], 0
        while True:
            rest = most[-1] - x[c]
            if rest <= room:
                return
            wish = rest / ceil(rest / room)
            last = max(c + 1, bisect_right(most, x[c] + room))  # ``most`` rises
            ends = [e for e in range(c + 1, last + 1) if most[e - 1] - x[c] > 0.55 * wish] or [last]

            def cost(e: int, c: int = c, wish: float = wish) -> float:
                more = ceil((most[-1] - x[e]) / room)
                return (
                    6 * more + 4 * abs(most[e - 1] - x[c] - wish) / wish + 0.5 * self.arriving[e] + self.shared[e] + 2 * (e in self.results)
                )

            c = min(ends, key=cost)
            if c >= n:
                return
            self.starts.append(c)
