"""In which column each box of the forward lane stands, and what stands beside an operation as a chip.

Columns are read from left to right, and all boxes of a column are in the same frame: so a frame is a run of columns, and frames that
stand beside each other never meet. What is used once, and given rather than computed (a parameter, a mask, a target), is a chip below
the operation that takes it, unless several operations share the column: then it stands in the column before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from autograd.drawing.layout.sizes import title
from autograd.drawing.scene import Frame

__all__ = ["Columns", "Tree"]

Part = str | int  # a box by its id, or a frame by its number


class Tree:
    """The frames of a lane by number, the lane itself being 0; each stands after the one that it is in. ``home`` is the frame of a
    box, ``titles`` is how wide each is at least."""

    def __init__(self, lane: Frame) -> None:
        self.frames, self.parent, self.home = [lane], [-1], dict[str, int]()
        for number, frame in enumerate(self.frames):  # which grows
            self.home |= {box.id: number for box in frame.boxes}
            self.frames += frame.frames
            self.parent += [number] * len(frame.frames)
        self.titles = [title(frame.title) for frame in self.frames]
        self.path: list[tuple[int, ...]] = [(0,)]
        for number in range(1, len(self.frames)):
            self.path.append((*self.path[self.parent[number]], number))

    def common(self, a: str, b: str) -> int:
        """The innermost frame that two boxes are in."""
        return [f for f, other in zip(self.path[self.home[a]], self.path[self.home[b]]) if f == other][-1]


@dataclass
class _Inside:
    """What a frame holds, with how many arrows each part of it waits for, and what waits for it."""

    waiting: dict[Part, int] = field(default_factory=dict)
    then: dict[Part, list[Part]] = field(default_factory=dict)
    given: dict[Part, list[str]] = field(default_factory=dict)  # leaves in the frame, that a part of it takes


class Columns:
    """``column`` of each box, the frame ``within`` which each column is, and the ``chips`` of operations.

    ``step`` is 2 where the lane above needs room for products between results that follow each other. Nothing is a chip unless
    chips may ``hang``.
    """

    def __init__(self, tree: Tree, edges: Iterable[tuple[str, str]], kinds: dict[str, str], step: int = 1, hang: bool = True) -> None:
        self.tree, self.step = tree, step
        self.before: dict[str, list[str]] = {id: [] for id in kinds}
        self.after: dict[str, list[str]] = {id: [] for id in kinds}
        for a, b in dict.fromkeys(edges):
            self.before[b].append(a)
            self.after[a].append(b)
        self.parts: list[Part] = [*kinds, *range(len(tree.frames))]  # boxes first: what belongs together is one run
        self.order = {part: i for i, part in enumerate(self.parts)}
        self.candidates = self._candidates(kinds) if hang else {}
        while True:
            self.column: dict[str, int] = {}
            self.within: list[int] = []
            self.chips: dict[str, list[str]] = {}
            self.strange: dict[str, list[str]] = {}  # what can be no chip of an operation, and is of another frame, so not before it
            self.fits = self._schedule()
            if not self.strange:
                break
            for id, alone in self.strange.items():
                self.candidates[id] = [a for a in self.candidates[id] if a not in alone]

    def _candidates(self, kinds: dict[str, str]) -> dict[str, list[str]]:
        """By operation, the leaves that it alone takes; where it has nothing else, inputs, or one parameter, begin the row."""
        found: dict[str, list[str]] = {}
        for id, before in self.before.items():
            alone = [a for a in before if not self.before[a] and len(self.after[a]) == 1]
            if len(alone) == len(before):
                alone = [a for a in alone if kinds[a] == "parameter"]
                alone = alone[1:] if len(alone) == len(before) else alone
            if alone:
                found[id] = alone
        return found

    def _schedule(self) -> bool:
        """Frame by frame; False where frames feed each other both ways, so that none can stand first."""
        tree = self.tree
        inside = [_Inside() for _ in tree.frames]
        chips = {a for alone in self.candidates.values() for a in alone}
        for id, before in self.before.items():
            if id in chips:
                continue
            path = tree.path[tree.home[id]]
            own: tuple[Part, ...] = (*path[1:], id)
            for frame, part in zip(path, own):
                inside[frame].waiting.setdefault(part, 0)
            for a in before:
                if a in chips:
                    continue
                theirs = tree.path[tree.home[a]]
                other: tuple[Part, ...] = (*theirs[1:], a)
                k = len(path) - 1 if theirs is path else next(i for i, (p, q) in enumerate(zip(own, other)) if p != q)
                here = inside[path[k]]
                if other[k] == a and not self.before[a]:
                    here.given.setdefault(own[k], []).append(a)
                else:
                    here.waiting[own[k]] += 1
                    here.then.setdefault(other[k], []).append(own[k])
        frames: list[Iterator[int]] = [self._parts(0, inside[0])]
        while frames:  # a stack of frames that are open
            inner = next(frames[-1], None)
            if inner is None:
                frames.pop()
            elif inner < 0:
                return False
            else:
                frames.append(self._parts(inner, inside[inner]))
        return True

    def _parts(self, frame: int, inside: _Inside) -> Iterator[int]:
        """Lays the boxes of a frame into columns, and hands out the frames in it when it is their turn; −1: it never is."""
        waiting = inside.waiting
        ready = [self.order[part] for part, left in waiting.items() if not left and (isinstance(part, int) or self.before[part])]
        heapify(ready)
        run: list[str] = []
        seen: set[str] = set()
        done = 0
        while ready:
            part = self.parts[heappop(ready)]
            given = [a for a in inside.given.get(part, ()) if a not in seen]
            seen.update(given)
            run += given
            if isinstance(part, str):
                run.append(part)
            else:
                self._run(frame, run)
                run = []
                yield part
            done += 1
            for other in inside.then.get(part, ()):
                waiting[other] -= 1
                if not waiting[other]:
                    heappush(ready, self.order[other])
        lonely = [p for p in waiting if isinstance(p, str) and not self.before[p] and p not in seen]  # outputs that are leaves
        self._run(frame, run + lonely)
        if done + len(seen) + len(lonely) < len(waiting):
            yield -1

    def _run(self, frame: int, run: list[str]) -> None:
        """Boxes without frames between them: each as soon as what it needs is there, what is given just before it is needed."""
        if not run:
            return
        rank: dict[str, int] = {}
        height: dict[int, int] = {}
        leaves = []
        for id in run:
            if not self.before[id]:
                leaves.append(id)
                continue
            rank[id] = own = max([rank[a] + self.step for a in self.before[id] if a in rank], default=0)
            height[own] = height.get(own, 0) + 1
        for id in rank:
            alone = self.candidates.get(id)
            if alone and height[rank[id]] == 1:
                self.chips[id] = alone
            elif alone:
                strange = [a for a in alone if self.tree.home[a] != frame]
                if strange:
                    self.strange[id] = strange
                leaves += alone
        last = max(rank.values(), default=0)
        for a in leaves:
            rank[a] = min([rank[b] for b in self.after[a] if b in rank], default=last + self.step) - self.step
        first = len(self.within) - min(rank.values()) + (self.step - 1) * bool(self.within)
        for id, own in rank.items():
            self.column[id] = first + own
        self.within += [frame] * (first + max(rank.values()) + 1 - len(self.within))
