"""A whole picture: both lanes in the same columns, and rows below each other."""

from __future__ import annotations

from autograd.drawing.layout.arrows import Lines, between_rows
from autograd.drawing.layout.columns import Columns, Tree
from autograd.drawing.layout.rows import CHIPS, GAP, PAD, RAIL, Rows
from autograd.drawing.layout.sides import Side
from autograd.drawing.layout.sizes import STRIP, size
from autograd.drawing.scene import Box, Frame, Placed, Scene

__all__ = ["placed"]

BETWEEN = 20.0  # lanes
CHANNEL = 16.0  # between rows, beside what the arrows in it take


def placed(scene: Scene) -> Placed | None:
    """Where everything in a scene stands; None for what these rules do not fit: Graphviz has its own."""
    mirror = scene.ends is not None
    backward = {box.id for box in scene.backward}
    known = not scene.further and not any(e.label for e in scene.edges)
    if saved := [(e.tail, e.head) for e in scene.edges if e.kind == "saved" and e.head not in backward]:  # drawn beside an arrow
        arrows = {(e.tail, e.head) for e in scene.edges if e.kind != "saved"}
        known = known and all((tail, head) in arrows or (head, tail) in arrows for tail, head in saved)
    if not known or (backward and not mirror) or next(iter(scene), None) is None:
        return None
    page = _Page(scene)
    return page.placed() if page.fits else None


class _Page:
    """``sides`` are the forward lane and, in a mirror, the backward one. ``fits`` says whether the rules do; then all is in place."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.boxes = {box.id: box for box in scene}
        self.size = {id: size(box) for id, box in self.boxes.items()}
        self.fits = self._forward() and (scene.ends is None or self._backward())
        if self.fits:
            self._heights()
            self.fits = self._rows()
        if self.fits:
            for side in self.sides:
                side.settle(self.rows, self.x)

    def _forward(self) -> bool:
        """Columns, chips, the order in each column, and the spine: the longest path to the last box."""
        tree = Tree(self.scene.forward)
        kinds = {box.id: box.kind for box in self.scene.forward}
        edges = [
            (i, e.tail, e.head, False)
            for i, e in enumerate(self.scene.edges)
            if e.constraint and not e.back and e.kind != "level" and e.tail in kinds and e.head in kinds
        ]
        inside = self.scene.ends is not None and not any(box.round for box in self.scene.forward)
        dotted = any(e.kind == "saved" and e.head not in kinds for e in self.scene.edges)  # over what would hang between the lanes
        self.columns = columns = Columns(tree, [(tail, head) for _, tail, head, _ in edges], kinds, 2 if inside else 1, not dotted)
        chips = {a for alone in columns.chips.values() for a in alone}
        if not columns.fits or len(columns.column) + len(chips) < len(kinds):
            return False
        self.count = len(columns.within)
        self.slots: dict[int, list[list[str]]] = {}  # chips of a column, each with what stands at the same place
        hangs: dict[str, tuple[int, int]] = {}
        for op, alone in columns.chips.items():
            c = columns.column[op]
            self.slots[c] = [[a] for a in alone]
            hangs |= {a: (c, 2) for a in alone}
        side = self.front = Side(tree, self.size, columns.column, hangs, self.count)
        self.sides = [side]
        for id in kinds:
            if id in columns.column:
                side.box(id)
        if not side.edges(edges):
            return False
        spine, n = set[str](), max(columns.column, key=lambda id: columns.column[id])
        while n:
            spine.add(n)
            before = [a for a in columns.before[n] if a in columns.column]
            n = max(before, key=lambda a: columns.column[a], default="")
        side.tie(spine)
        self.spine = spine
        busy = sum(len(column) for column in side.lane.columns)
        self.chain = busy < 2.5 * self.count
        if self.chain:
            side.lane.straight = {side.item[id] for id in spine}
        side.lane.sort(8 if busy < 2000 else 2)
        for op, alone in columns.chips.items():
            c = columns.column[op]
            if len(side.lane.columns[c]) > 1 and side.lane.columns[c][0] == side.item[op]:  # arrows pass below
                hangs |= {a: (c, -2) for a in alone}
        return True

    def _backward(self) -> bool:
        """Each gradient in the column of its variable, each product in that of its operation, all in the order of the forward lane."""
        scene, columns, front = self.scene, self.columns, self.front
        tree = Tree(scene.backward)
        ids = dict.fromkeys(box.id for box in scene.backward)
        twin = {e.tail: e.head for e in scene.edges if e.kind == "level"}
        edges = [(i, e.tail, e.head, True) for i, e in enumerate(scene.edges) if e.back]
        head_of = {tail: head for _, tail, head, _ in edges if tail not in twin}
        tail_of = {head: tail for _, tail, head, _ in edges if head not in twin}
        if not all(id in twin or (head_of.get(id) in twin and tail_of.get(id) in twin) for id in ids):
            return False

        def made_by(v: str) -> str:
            before = columns.before[v]
            return before[0] if len(before) == 1 and self.boxes[before[0]].round else v

        chips = front.hangs
        column: dict[str, int] = {}
        hangs: dict[str, tuple[int, int]] = {}
        slot = {a: slot for c in self.slots for slot in self.slots[c] for a in slot}
        for id in ids:
            v = twin.get(id)
            if v is None:
                a, n = twin[tail_of[id]], twin[head_of[id]]
                if a in chips:
                    hangs[id] = (chips[a][0], chips[a][1] // 2)
                    slot[a].append(id)
                else:
                    column[id] = columns.column[n] - 1
            elif v in chips:
                hangs[id] = chips[v]
                slot[v].append(id)
            else:
                column[id] = columns.column[v]
        side = Side(tree, self.size, column, hangs, self.count)
        self.sides.append(side)
        for box in scene.backward:
            if box.id in column:
                side.box(box.id)
        if not side.edges(edges):
            return False
        # The order: what stands in one column of the forward lane keeps it, a product stands for its operation and the argument it goes
        # to, and what passes by is where the forward arrow passes.
        place = front.lane.places()
        passing = {(a.tail, a.head): front.passes[a.number] for a in front.arrows if not a.arc}
        keys: dict[int, tuple[float, float]] = {}

        def key(a: str, op: str, c: int) -> tuple[float, float]:
            points = passing.get((a, op), {})
            if c == columns.column[op]:
                return place[front.item[op]], place[points.get(c - 1, front.item[a])] if a in front.item else 1e6
            return place[points[c]] if c in points else 1e6, 0.0

        for id, item in side.item.items():
            above = twin.get(id)
            keys[item] = (place[front.item[above]], 0.0) if above else key(twin[tail_of[id]], made_by(twin[head_of[id]]), column[id])
        for arrow in side.arrows:
            a = twin.get(arrow.tail) or twin[tail_of[arrow.tail]]
            op = made_by(twin.get(arrow.head) or twin[head_of[arrow.head]])
            for c, point in side.passes.get(arrow.number, {}).items():
                keys[point] = key(a, op, c)
        for numbers in side.lane.columns:
            numbers.sort(key=keys.__getitem__)
        spine = {id for id in ids if twin.get(id) in self.spine}
        spine |= {id for id in ids if id not in twin and tail_of[id] in spine and head_of[id] in spine}
        side.tie(spine)
        if self.chain:
            side.lane.straight = {side.item[id] for id in spine if id in side.item}
            for numbers in side.lane.columns:  # of several products of one operation, none is straighter than the others
                if len(both := side.lane.straight.intersection(numbers)) > 1:
                    side.lane.straight -= both
        return True

    def _heights(self) -> None:
        for side in self.sides:
            side.lane.rise(12 if len(side.lane.column) < 2000 else 3)

    def _gaps(self) -> list[float]:
        """Between columns: more where arrows are steep, or turn upwards to pass above."""
        gap = [GAP] * self.count
        for side in self.sides:
            for n, others in enumerate(side.lane.right):
                for m, _ in others:
                    steep = abs(side.lane.y[n] - side.lane.y[m])
                    if steep > 20:
                        c = side.lane.column[m]
                        gap[c] = max(gap[c], GAP + min(28.0, steep / 6))
            for arrow in side.arrows:
                if arrow.arc:
                    for c in (side.column[arrow.tail] + 1, side.column[arrow.head]):
                        gap[c] = max(gap[c], GAP + 14)
        return gap

    def _rows(self) -> bool:
        """Where all columns and chips stand from left to right; in rows, the heights are found anew, each row by itself."""
        count, front = self.count, self.front
        wide = [0.0] * count
        arriving = [0] * (count + 1)
        for side in self.sides:
            for id, c in side.column.items():
                wide[c] = max(wide[c], self.size[id][0])
            for arrow in side.arrows:
                arriving[side.column[arrow.tail] + 1] += 1
                arriving[side.column[arrow.head] + 1] -= 1
        for c in range(1, count):
            arriving[c] += arriving[c - 1]
        widths = {c: [max(self.size[id][0] for id in slot) for slot in slots] for c, slots in self.slots.items()}
        both = len(self.sides) > 1  # then gradients stand above them, and what they come by
        apart = {c: CHIPS * (both or not self._parameters(slots)) for c, slots in self.slots.items()}
        chips = [sum(widths[c]) + apart[c] * (len(widths[c]) - 1) if c in widths else 0.0 for c in range(count)]
        tree = front.tree
        margin = PAD * (len(self.sides) - 1)
        results = frozenset(c for id, c in front.column.items() if [self.boxes[a].round for a in self.columns.before[id]] == [True])
        path = [tree.path[f][1:] for f in front.within]
        self.rows = rows = Rows(wide, chips, self._gaps(), arriving, path, tree.titles, results, margin)
        if not rows.lay():
            return False
        if len(rows.starts) > 1 and any(len(column) > 1 for side in self.sides for column in side.lane.columns):
            for side in self.sides:
                side.lane.cut(rows.starts)
            self._heights()
            rows.gap = self._gaps()
            rows.place()
        self.x: dict[str, float] = {}
        for side in self.sides:
            self.x |= {id: (rows.left[c] + rows.right[c]) / 2 for id, c in side.column.items()}
        for c, slots in self.slots.items():
            x = rows.chip[c]
            for slot, across in zip(slots, widths[c]):
                self.x |= dict.fromkeys(slot, x + across / 2)
                x += across + apart[c]
        return True

    def _parameters(self, slots: list[list[str]]) -> bool:
        """Are these chips the parameters of one module, which stand as one chip in compartments?"""
        frames = {self.front.tree.home[slot[0]] for slot in slots}
        return len(frames) == 1 and 0 not in frames and all(self.boxes[slot[0]].kind == "parameter" for slot in slots)

    def placed(self) -> Placed:
        """All of it, heights counted from below, as Graphviz does."""
        rows, below = self.rows, 0.0
        shift: dict[tuple[int, int], float] = {}
        crossing = between_rows(self.sides, rows)
        channels: list[float] = []
        for row in range(len(rows.starts)):
            if row:
                channels.append(below + CHANNEL / 2)
                below += CHANNEL + RAIL * max(len(crossing[row - 1]) - 1, 0)
            for i in reversed(range(len(self.sides))):
                top, bottom = self._extent(i, row)
                if top <= bottom:
                    shift[i, row] = below - top
                    below += bottom - top + BETWEEN
            below -= BETWEEN
        self.shift = shift
        right = max(rows.end) + rows.rails + rows.margin
        legend = self._legend(below + 24, right)
        below = max([y + h / 2 for _, y, _, h in legend.values()], default=below)
        self.total = total = below
        at: dict[str, tuple[float, float, float, float]] = {}
        for i, side in enumerate(self.sides):
            down = [shift.get((i, row), 0.0) for row in range(len(rows.starts))]
            for id, y in side.y.items():
                at[id] = (self.x[id], y + down[rows.row[side.at(id)]], *self.size[id])
        lines = Lines(self.scene, self.boxes, self.sides, rows, at, shift, crossing, channels, total).all()
        boxes = {id: (x, total - y, w, h) for id, (x, y, w, h) in (at | legend).items()}
        return Placed(boxes, lines, self._frames(), total)

    def _extent(self, i: int, row: int) -> tuple[float, float]:
        side, columns = self.sides[i], self.rows.columns(row)
        if i and side.pieces[row]:
            return side.pieces[row][0].top, side.pieces[row][0].bottom  # the lane is a frame itself
        return min(side.top[columns.start : columns.stop]), max(side.bottom[columns.start : columns.stop])

    def _legend(self, top: float, right: float) -> dict[str, tuple[float, float, float, float]]:
        found: dict[str, tuple[float, float, float, float]] = {}
        words = {f"legend_{kind}": Box("", kind, [text], round=kind == "operation") for kind, text in self.scene.legend.items()}
        if self.scene.scale:
            words = {"scale": Box("", "scale", []), **words}
        if self.scene.note:
            words["note"] = Box("", "note", [self.scene.note])
        x, tall = 10.0, 0.0
        for id, box in words.items():
            w, h = STRIP if id == "scale" else size(box)
            w += 0.1 * w * (id == "note")  # where the font is a wider one, no frame of its own gives it room
            alone = id == "note" or ("scale" in found and len(found) == 1)  # in their rows
            if x > 10 and (alone or x + w > max(right, 300)):
                x, top, tall = 10.0, top + tall + 10, 0.0
            found[id] = (x + w / 2, top + max(h, tall) / 2, w, h)
            x, tall = x + w + 14, max(tall, h)
        return found

    def _frames(self) -> list[Frame]:
        """For each row, the frames as far as they are in it, with the boxes there."""
        rows = self.rows
        held: dict[tuple[int, int], list[str]] = {(i, row): [] for i in range(len(self.sides)) for row in range(len(rows.starts))}
        for id in self.boxes:
            i = 0 if id in self.front.y else 1
            held[i, rows.row[self.sides[i].at(id)]].append(id)
        found: list[Frame] = []
        for row in range(len(rows.starts)):
            for i in reversed(range(len(self.sides))):
                side = self.sides[i]
                parts: dict[int, Frame] = {0: Frame("")}
                for p in side.pieces[row]:
                    frame, shift = side.tree.frames[p.frame], self.shift[i, row]
                    first = rows.row[side.span[p.frame][0]] == row
                    title = frame.title if first else f"… {frame.title}"
                    place = p.left, self.total - p.bottom - shift, p.right, self.total - p.top - shift
                    part = Frame(title, tone=frame.tone, mark=frame.mark, rectangle=place)
                    parts[p.frame] = part
                    if p.frame:
                        parts[side.tree.parent[p.frame]].frames.append(part)
                for id in held[i, row]:
                    parts[side.tree.home[id]].boxes.append(self.boxes[id])
                if not i:
                    parts[0].rectangle = None
                found.append(parts[0])
        return found
