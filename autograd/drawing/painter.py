"""Draws a graph into a scene: boxes of variables and operations, the frames of modules, and the edges of arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.drawing.colouring import Colouring, Paint
from autograd.drawing.flow import outdated
from autograd.drawing.modules import Folded, Modules, Repeat
from autograd.drawing.scene import Box, Edge, Frame, Scene
from autograd.drawing.style import Style
from autograd.drawing.tensors import Tensors
from autograd.drawing.thumbnails import bars
from autograd.faces.value import Value
from autograd.program.reading import Reading, Scope
from autograd.program.words import clean, details, number, shape, shape_of

__all__ = ["Painter"]

CROWDED = 150  # operations; beyond it the operation stands in the box of its result


class Painter:
    """Draws the forward lane of ``scene``, and knows for those who add to it where each node is."""

    def __init__(self, reading: Reading, modules: Modules, style: Style, colouring: Colouring) -> None:
        self.reading, self.modules, self.style = reading, modules, style
        self.colouring, self.tensors = colouring, Tensors(reading, style, colouring.diagnosis)
        self.scene, self.roots = Scene(), modules.roots
        self.variables = 0  # boxes of variables and modules
        self.titles: dict[Scope, tuple[str, str, list[list[Folded]]]] = {}  # of modules that stand as a box: its id, title, rounds
        self._joined: set[tuple[str, str]] = set()
        self._boxes: dict[Node | Scope, tuple[Box, str]] = {}  # of variables and modules, with the name that stands there
        self._frames: dict[tuple[int, tuple[Scope | Repeat, ...]], Frame] = {(0, ()): self.scene.forward, (1, ()): self.scene.backward}
        operations = sum(not n.is_leaf and n not in modules.of for n in reading.nodes)
        self.inside = style.ops == "inside" or (style.ops == "auto" and operations > CROWDED)
        self.scene.scale, self.scene.note = self.colouring.scale, self.colouring.note

    # Where things are.
    def put(self, n: Node, box: Box, order: int = 0) -> None:
        """A box in the frames of the modules around ``n``, in the lane of this order of derivative."""
        self._frame(order, self.modules.frames(n)).boxes.append(box)

    def _frame(self, order: int, path: tuple[Scope | Repeat, ...]) -> Frame:
        if (order, path) not in self._frames:
            around = path[-1] if path else None
            paint = self.colouring.frame(around) if isinstance(around, Scope) and not order else Paint()
            title = " · ".join([clean(around.title) if around else _lane(order), *paint.lines])
            self._frames[order, path] = frame = Frame(title, tone=paint.tone, mark=paint.mark)
            (self._frame(order, path[:-1]).frames if path else self.scene.further).append(frame)
        return self._frames[order, path]

    def edge(self, tail: str, head: str, kind: str = "plain", **more: Any) -> None:
        self.scene.edges.append(Edge(tail, head, kind, **more))

    def join(self, tail: str, head: str, kind: str, **more: Any) -> None:
        """Of the edges between the boxes of modules, one is enough."""
        if tail and tail != head and (tail, head) not in self._joined:
            self._joined.add((tail, head))
            self.edge(tail, head, kind, **more)

    def module(self, n: Node) -> str:
        """The box of the module that ``n`` is in; none where it has one of its own."""
        return self.titles[self.modules.of[n]][0] if n in self.modules.of else ""

    def target(self, n: Node) -> str:
        """The box that the arguments of ``n`` go to."""
        return self.module(n) or f"{'v' if self.inside else 'o'}{self.reading.number[n]}"

    def source(self, a: Node, user: Node | None = None) -> str:
        """The box that an arrow from ``a`` starts at; none for what stays inside the module of its user, or is folded away."""
        module = self.modules.of.get(a)
        if module is None:
            return f"v{self.reading.number[a]}"
        folded = self.modules.of.get(user) if user is not None else None
        if folded is module or (a.is_leaf and (user is None or folded)) or (user is not None and self.modules.skipped(a, user)):
            return ""
        return self.module(a)

    def order(self, n: Node) -> int:
        """Of which order of derivative a node is: 0 in the forward graph, 1 in its backward, 2 in the backward of that."""
        return self.reading.backward.get(n, 0)

    # The lane.
    def forward(self) -> None:
        self._modules()
        for n in self.reading.nodes:
            folded, id, kind = n in self.modules.of, f"v{self.reading.number[n]}", ("plain", "gradient", "second")[min(self.order(n), 2)]
            if not folded or n in self.roots:
                self._variable(n, id)
            if n.is_leaf:
                continue
            target = self.target(n)
            if not folded and not self.inside:
                self._operation(n, target)
            if target != id and (not folded or n in self.roots):
                self.edge(target, id, kind, width=self.colouring.width(n))
            if not folded:
                self._arguments(n, target, kind)
            for a in self.reading.args(n) if folded else ():
                if isinstance(a, Node):
                    self.join(self.source(a, n), target, kind, width=self.colouring.width(a))
        if older := outdated(self.reading):
            self.scene.note += "\n" * bool(self.scene.note) + older

    def numbered(self) -> None:
        """Those boxes say their numbers that a formula mentions by it; all formulas are written by now."""
        for n in sorted(self.reading.mentioned, key=self.reading.number.__getitem__, reverse=True):
            scope = self.modules.of.get(n)
            if n not in self._boxes and scope not in self._boxes:  # the last of several rounds, of which the first is drawn
                frame = self._frame(0, self.modules.frames(n))
                frame.title = f"{self.reading.term(n)} = {frame.title}"
                continue
            box, name = self._boxes[n if n in self._boxes else self.modules.of[n]]
            box.label[: bool(name)] = [f"{self.reading.term(n)} = {box.label[0]}" if name else self.reading.term(n)]

    def _arguments(self, n: Node, target: str, kind: str) -> None:
        i = self.reading.number[n]
        for k, a in enumerate(self.reading.args(n)):
            if isinstance(a, Node):
                argument = kind if self.order(a) == self.order(n) else "saved"
                width = self.colouring.width(a) if argument != "saved" else 0
                self.edge(self.source(a, n), target, argument, id=f"e{i}_{k}", width=width)
            elif not self.style.fold_constants and isinstance(a, int | float) and not isinstance(a, bool):
                self.put(n, Box(f"c{i}_{k}", "input", [number(a, self.style.precision)]))
                self.edge(f"c{i}_{k}", target)

    def _modules(self) -> None:
        for rounds in self.modules.boxes(self._stands_out):
            run = rounds[0]
            first = run[0].made[0]
            label = self.modules.label(run)
            id = f"m{self.reading.number[first]}"
            self.titles |= {box.scope: (id, label[0], rounds) for run in rounds for box in run}
            self.variables += 1
            kind = "layer" if len(label) > 2 else "module"
            made = self.module_box(Box(id, kind, label, clean(", ".join(box.scope.title for box in run), 200)), rounds)
            self._boxes |= {box.scope: (made, label[0]) for box in run}
            self.put(first, made)

    def module_box(self, box: Box, rounds: list[list[Folded]], backward: bool = False) -> Box:
        """``box`` with all that is said and seen of a module, or of its backward."""
        paint = self.colouring.module(rounds, backward)
        members, parameters = self.colouring.inside(rounds[0]), self.colouring.parameters(rounds[0])
        seen = self.tensors.module(members, parameters, value=not backward, gradient=backward or not self.colouring.apart)
        tip = [box.tooltip, *self.colouring.module_details([folded for run in rounds for folded in run]), *seen.words]
        box.label += paint.lines
        box.tone, box.mark, box.thumbnails = paint.tone, paint.mark, seen.rows
        if paint.rounds and self.scene.scale:
            texts = ["unknown" if x is None else self.colouring.short(x) for x in paint.rounds]
            tip.append(f"bars: {self.scene.scale.title}, in {len(texts)} rounds")
            tip += [", ".join(texts[i : i + 10]) for i in range(0, len(texts), 10)]
            box.thumbnails = [*seen.rows, [bars(paint.rounds, self.scene.scale)]]
        box.tooltip = "\n".join(tip)
        return box

    def _stands_out(self, run: list[Folded]) -> Any:
        """What would be lost of a module that is drawn as one of many."""
        return self.colouring.marks(run), [self.reading.number[n] for n in self.tensors.named(self.colouring.inside(run))]

    def _variable(self, n: Node, id: str) -> None:
        kind = self._kind(n)
        name = self.reading.name(n) or (_given(n) if kind.endswith("given") else "")
        label = [clean(name)] if name else []
        if self.inside and not n.is_leaf:
            label.append(self.reading.sign(n, self.style.fold_constants, self.style.precision).replace("\n", " "))
        paint = self.colouring.variable(n)
        label += [*self._contents(n), *paint.lines, *(self.colouring.operation(n).lines if self.inside else ())]
        more, known = self.colouring.details(n), self.reading.held.get(n, n)
        tip = details(known, clean(name, 200), self.style.precision, self.style.show_source, more) or "a number"
        self.variables += 1
        seen = self.tensors.of(n, gradient=n in self.colouring.lines)
        tip = "\n".join([tip, *seen.words])
        box = Box(id, kind, label, tip, tone=paint.tone, mark=paint.mark, thumbnails=seen.rows)
        self._boxes[n] = box, name
        self.put(n, box, self.order(n))

    def _kind(self, n: Node) -> str:
        if order := self.order(n):
            return ("given" if n.is_leaf else "gradient") if order == 1 else ("second given" if n.is_leaf else "second")
        if n in self.roots:
            return "output"
        if n.is_leaf:
            return "parameter" if n.requires_grad else "input"
        return "middle"

    def _contents(self, n: Node) -> list[str]:
        style, lines = self.style, []
        sizes, raw = shape_of(n), self.reading.held.get(n, n).raw
        if style.show_shapes and (sizes or (style.show_shapes is True and not isinstance(n, Value))):
            lines.append(f"tensor {shape(sizes) or '()'}")
        if style.show_values and not sizes and raw is not None:
            x = float(raw)
            lines.append("✗ " * (x - x != 0 and style.color is not None) + number(x, style.precision))
        return lines

    def _operation(self, n: Node, id: str) -> None:
        text = self.reading.sign(n, self.style.fold_constants, self.style.precision)
        label = clean(text.replace("\n", "\0"), 60).replace("␀", "\n")
        tip = details(n, "", self.style.precision, self.style.show_source)
        kind, paint = ("operation", "gradient", "second")[min(self.order(n), 2)], self.colouring.operation(n)
        self.put(n, Box(id, kind, [label, *paint.lines], tip, round=True, mark=paint.mark), self.order(n))


def _lane(order: int) -> str:
    return "second derivative" if order == 2 else f"derivative of order {order}"


def _given(n: Node) -> str:
    """What a constant among recorded gradients is: the 1 that a backward pass starts from, or where something was chosen."""
    if n.notes is not None and n.notes.gradient_of:
        return ""
    raw = np.asarray(n.raw)
    return "mask" if raw.dtype == bool else "seed" if raw.size == 1 and raw.all() and raw.item() == 1 else ""
