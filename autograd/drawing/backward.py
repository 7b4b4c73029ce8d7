"""Adds to a scene what backward does: a gradient above each variable, and what each operation hands to its arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, count, groupby
from typing import Any

from autograd.core.node import Node
from autograd.core.symbols import atoms
from autograd.drawing.flow import dense, needed, taking
from autograd.drawing.painter import Painter
from autograd.drawing.scene import Box
from autograd.drawing.statistics import measured, short
from autograd.program.formulas import flowing
from autograd.program.mathematics import mathematics
from autograd.program.reading import gradient_name
from autograd.program.words import clean, shape, shape_of, value

__all__ = ["Backward"]

MANY = 8  # dotted edges that nobody can follow any more


class Backward:
    """Goes on where ``painter`` has drawn the forward lane. ``upstream`` is what a formula calls the gradient that arrives."""

    def __init__(self, painter: Painter) -> None:
        self.painter, self.reading = painter, painter.reading
        self.modules: set[str] = set()  # whose backward is drawn
        self.kept: list[tuple[Node, Box]] = []  # values that were saved, each with the product that needs it
        self.upstream = next(g for g in chain(("g", "δ"), map("g{}".format, count())) if g not in self.reading.called)

    def lane(self, inputs: list[Node] | None, titles: dict[Node, str]) -> None:
        """The chain rule on the way to ``inputs`` (None: to all leaves); ``titles`` are what their gradients are called."""
        on_the_way = needed(self.reading, inputs)
        self._gradients(on_the_way, titles)
        for n in self.reading.nodes:
            if n in on_the_way and not n.is_leaf:
                if module := self.painter.module(n):
                    self._module(n, module)
                for i, a in taking(self.reading, n):
                    if a not in on_the_way or (a.is_leaf and a in self.painter.modules.of) or self.painter.modules.skipped(a, n):
                        continue
                    if module:
                        self._join(self._above(a), "b" + module, a)
                    else:
                        self._product(n, i, a)
        self._saved()
        root = self.reading.number[self.reading.roots[0]]
        self.painter.scene.ends = (f"g{root}", f"v{root}")

    def _above(self, n: Node) -> str:
        """The box of the gradient of ``n``."""
        own = n in self.painter.roots or n not in self.painter.modules.of
        return f"g{self.reading.number[n]}" if own else "b" + self.painter.module(n)

    def _back(self, tail: str, head: str, n: Node) -> None:
        """An edge along which the gradient of ``n`` flows."""
        self.painter.edge(tail, head, "gradient", back=True, width=self.painter.colouring.width(n, backward=True))

    def _join(self, tail: str, head: str, n: Node) -> None:
        self.painter.join(tail, head, "gradient", back=True, width=self.painter.colouring.width(n, backward=True))

    def _module(self, n: Node, module: str) -> None:
        if module not in self.modules:
            self.modules.add(module)
            title, rounds = self.painter.titles[self.painter.modules.of[n]][1:]
            box = Box("b" + module, "gradient", [title, "backward"], "backward")
            self.painter.put(n, self.painter.module_box(box, rounds, backward=True), 1)
            self.painter.edge("b" + module, module, "level")
        if n in self.painter.roots:
            self._join("b" + module, self._above(n), n)

    def _gradients(self, on_the_way: set[Node], titles: dict[Node, str]) -> None:
        reading, root, colouring = self.reading, self.reading.roots[0], self.painter.colouring
        for n in reading.nodes:
            if n not in on_the_way or (n in self.painter.modules.of and n not in self.painter.roots):
                continue
            called = reading.name(n) and gradient_name(reading.name(n), reading.name(root))
            name = "seed" if n is root else titles.get(n) or called
            label = [clean(name)] if name else []
            paint = colouring.gradient(n)
            if shape_of(n) and not paint.lines:  # its size is not known, but its shape
                label.append(f"tensor {shape(shape_of(n))}")
            label += paint.lines
            if len(addends := colouring.addends.get(n, ())) > 1:
                label += self._sum(n, addends)
            seen = self.painter.tensors.of(n, value=False)
            tip = "\n".join([name or "gradient", *colouring.gradient_details(n), *seen.words])
            i, kind = reading.number[n], "given" if n is root else "gradient"
            self.painter.variables += 1
            self.painter.put(n, Box(f"g{i}", kind, label, tip, tone=paint.tone, mark=paint.mark, thumbnails=seen.rows), 1)
            self.painter.edge(f"g{i}", f"v{i}", "level")

    def _sum(self, n: Node, addends: Sequence[Any]) -> list[str]:
        """What was added up where ``n`` was used more than once, two a line; of tensors, how large each was; of more than six, how many."""
        if len(addends) > 6:
            return [f"= sum of {len(addends)}"]
        if shape_of(n):  # sizes do not add up
            sizes = ["✗" if s.nonfinite else short(s.rms) for s in (measured(dense(n, x)) for x in addends)]
            return ["= sum of rms", *(", ".join(sizes[i : i + 2]) + "," * (i + 2 < len(sizes)) for i in range(0, len(sizes), 2))]
        first, *rest = (value(dense(n, x), self.painter.style.precision) for x in addends)
        terms = [f"= {first}", *(f"− {x[1:]}" if x.startswith("−") else f"+ {x}" for x in rest)]
        return [" ".join(terms[i : i + 2]) for i in range(0, len(terms), 2)]

    def _product(self, n: Node, i: int, a: Node) -> None:
        """What flows from ``n`` into its argument ``a``, in a circle if it is more than what arrives."""
        text, saved = self.product(n, i)
        if text == self.upstream:
            self._back(self._above(a), self._above(n), a)
            return
        id = f"b{self.reading.number[n]}_{i}"
        tip = f"{clean(self.reading.name(a)) or 'an argument'} receives {text}; {self.upstream} is what arrives"
        text = re.sub(", (?=spread|put back|else)", ",\n", text) if len(text) > 16 else text
        box = Box(id, "gradient", [text], tip, round=True)
        self.painter.put(n, box, 1)
        self._back(self._above(a), id, a)
        self._back(id, self._above(n), n)
        self.kept += [(s, box) for s in saved if self.painter.source(s)]

    def _saved(self) -> None:
        """What each product needs: as dotted edges where these are asked for, or few and cross no frames; else in the product's circle."""
        if self.painter.style.show_saved or (len(self.kept) < MANY and not self.painter.modules.around):
            for s, box in self.kept:
                self.painter.edge(self.painter.source(s), box.id, "saved", constraint=False, tooltip="saved for backward")
            return
        for box, group in groupby(self.kept, lambda pair: pair[1]):
            box.label.append("saved " + ", ".join(self._chip(s) for s, _ in group))

    def _chip(self, s: Node) -> str:
        """A saved value in few letters: what formulas call it, and its shape or number, unless that was let go."""
        name = clean(self.reading.term(s))
        if shape_of(s) or s.raw is None:
            return f"{name} {shape(shape_of(s))}".strip()
        return f"{name} = {value(s.raw, self.painter.style.precision)}"

    def product(self, n: Node, i: int) -> tuple[str, list[Node]]:
        """What flows from ``n`` into its argument ``i`` as a formula, and the nodes whose data it needs."""
        assert n.op is not None
        args = self.reading.args(n)
        shown = {raw: m for raw, m in zip((n, *n.args), (n, *args)) if isinstance(raw, Node)}
        names = {raw: self.reading.term(m) for raw, m in shown.items()}
        if n.op.across:
            return f"{self.upstream}, entry by entry", []
        formula = flowing(n, i, self.upstream, names)
        if formula is None:
            return f"vjp of {n.op.name}", []
        atomic = {s.label for s in atoms(formula)}
        used = [shown[raw] for raw, name in names.items() if name in atomic]
        for m in used:
            self.reading.mention(m)
        return mathematics(formula), used

    def saved(self) -> None:
        """Dotted: what each operation keeps for its derivative."""
        for n in self.reading.nodes:
            if n.is_leaf or n in self.painter.modules.of or not n.requires_grad:
                continue
            for s in dict.fromkeys(s for k, a in taking(self.reading, n) if a.requires_grad for s in self.product(n, k)[1]):
                self.painter.edge(self.painter.source(s), self.painter.target(n), "saved", constraint=False)
