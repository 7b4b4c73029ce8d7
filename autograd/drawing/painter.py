"""Draws a graph into a scene: boxes of variables and operations, the frames of modules, and the edges of arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.drawing.modules import Modules, Repeat
from autograd.drawing.scene import Box, Edge, Frame, Scene
from autograd.drawing.style import Style
from autograd.faces.value import Value
from autograd.program.reading import Reading, Scope
from autograd.program.words import clean, details, number, ordered, shape, shape_of, value

__all__ = ["Painter"]

CROWDED = 150  # operations; beyond it the operation stands in the box of its result


class Painter:
    """Draws the forward lane of ``scene``, and knows for those who add to it where each node is."""

    def __init__(self, reading: Reading, modules: Modules, style: Style) -> None:
        self.reading, self.modules, self.style = reading, modules, style
        self.scene, self.roots = Scene(), modules.roots
        self.variables = 0  # boxes of variables and modules
        self.titles: dict[Scope, tuple[str, str]] = {}  # of the modules that stand as a box: its id, its title
        self._joined: set[tuple[str, str]] = set()
        self._frames: dict[tuple[bool, tuple[Scope | Repeat, ...]], Frame] = {
            (False, ()): self.scene.forward,
            (True, ()): self.scene.backward,
        }
        operations = sum(not n.is_leaf and n not in modules.of for n in reading.nodes)
        self.inside = style.ops == "inside" or (style.ops == "auto" and operations > CROWDED)
        self.grads = bool(style.show_grads)
        if style.show_grads == "auto":
            root = reading.roots[0]
            self.grads = root.grad is not None or (not isinstance(root, Value) and not reading.backward)

    # Where things are.
    def put(self, n: Node, box: Box, backward: bool = False) -> None:
        """A box in the frames of the modules around ``n``, in one lane or the other."""
        self._frame(backward, self.modules.frames(n)).boxes.append(box)

    def _frame(self, backward: bool, path: tuple[Scope | Repeat, ...]) -> Frame:
        if (backward, path) not in self._frames:
            self._frames[backward, path] = frame = Frame(clean(path[-1].title))
            self._frame(backward, path[:-1]).frames.append(frame)
        return self._frames[backward, path]

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
        if a.is_leaf or (user is not None and (self.modules.of.get(user) is module or self.modules.skipped(a, user))):
            return ""
        return self.module(a)

    # The lane.
    def forward(self) -> None:
        self._modules()
        for n in self.reading.nodes:
            folded, id, kind = n in self.modules.of, f"v{self.reading.number[n]}", "gradient" if n in self.reading.backward else "plain"
            if not folded or n in self.roots:
                self._variable(n, id)
            if n.is_leaf:
                continue
            target = self.target(n)
            if not folded and not self.inside:
                self._operation(n, target)
            if target != id and (not folded or n in self.roots):
                self.edge(target, id, kind)
            if not folded:
                self._arguments(n, target)
            for a in self.reading.args(n) if folded else ():
                if isinstance(a, Node):
                    self.join(self.source(a, n), target, kind)
        # Boxes disagree where the data of a Value was set since. (Of tensors, boxes show shapes.)
        results = (n for n in self.reading.nodes if isinstance(n, Value) and not n.is_leaf and not any(map(shape_of, n.args)))
        if any(n.stale() for n in results):
            self.scene.note = "A number was set after it had been used: what was computed from it is older."

    def _arguments(self, n: Node, target: str) -> None:
        i, in_question = self.reading.number[n], self._in_question(n)
        for k, a in enumerate(self.reading.args(n)):
            if isinstance(a, Node):
                kind = "plain"
                if n in self.reading.backward:
                    kind = "gradient" if a in self.reading.backward else "saved"
                self.edge(self.source(a, n), target, kind, id=f"e{i}_{k}", argument=(k + 1) * in_question)
            elif not self.style.fold_constants and isinstance(a, int | float) and not isinstance(a, bool):
                self.put(n, Box(f"c{i}_{k}", "input", [number(a, self.style.precision)]))
                self.edge(f"c{i}_{k}", target)

    def _in_question(self, n: Node) -> bool:
        """Do both operands have no short names, so that one could not tell which comes first?"""
        args = self.reading.args(n)
        two = n.op is not None and ordered(n.op) and len(args) == 2 and all(isinstance(a, Node) for a in args)
        return two and args[0] is not args[1] and not all(map(self.reading.short, args))

    def _modules(self) -> None:
        for run, scopes in self.modules.boxes():
            first = run[0].made[0]
            label = self.modules.label(run)
            id = f"m{self.reading.number[first]}"
            self.titles |= dict.fromkeys(scopes, (id, label[0]))
            self.variables += 1
            self.put(first, Box(id, "module", label, clean(", ".join(box.scope.title for box in run), 200)))

    def _variable(self, n: Node, id: str) -> None:
        kind = self._kind(n)
        name = self.reading.name(n) or (_given(n) if kind == "given" else "")
        label = [clean(name)] if name else []
        if self.inside and not n.is_leaf:
            label.append(self.reading.sign(n, self.style.fold_constants, self.style.precision).replace("\n", " "))
        label += self._contents(n)
        tip = details(n, clean(name, 200), self.style.precision, self.style.show_source) or "a number"
        self.variables += 1
        self.put(n, Box(id, kind, label, tip), n in self.reading.backward)

    def _kind(self, n: Node) -> str:
        if n in self.reading.backward:
            return "given" if n.is_leaf else "gradient"
        if n in self.roots:
            return "output"
        if n.is_leaf:
            return "parameter" if n.requires_grad else "input"
        return "middle"

    def _contents(self, n: Node) -> list[str]:
        style, lines = self.style, []
        sizes = shape_of(n)
        if style.show_shapes and (sizes or (style.show_shapes is True and not isinstance(n, Value))):
            lines.append(f"tensor {shape(sizes) or '()'}")
        if style.show_values and not sizes and n.raw is not None:
            lines.append(number(float(n.raw), style.precision))
        grad = n.grad.raw if isinstance(n.grad, Node) else n.grad
        if self.grads and grad is not None:
            text = value(grad, style.precision)  # of a vector, the length alone would read as a number
            lines.append(f"grad {text.replace('tensor ', '') if '×' in text else text}")
        return lines

    def _operation(self, n: Node, id: str) -> None:
        text = self.reading.sign(n, self.style.fold_constants, self.style.precision)
        label = clean(text.replace("\n", "\0"), 60).replace("␀", "\n")
        tip = details(n, "", self.style.precision, self.style.show_source)
        backward = n in self.reading.backward
        self.put(n, Box(id, "gradient" if backward else "operation", [label], tip, round=True), backward)


def _given(n: Node) -> str:
    """What a constant among recorded gradients is: the 1 that a backward pass starts from, or where something was chosen."""
    if n.notes is not None and n.notes.gradient_of:
        return ""
    raw = np.asarray(n.raw)
    return "mask" if raw.dtype == bool else "seed" if raw.size == 1 and raw.all() and raw.item() == 1 else ""
