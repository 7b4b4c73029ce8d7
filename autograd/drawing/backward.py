"""Adds to a scene what backward does: a gradient above each variable, and what each operation hands to its arguments."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import groupby
from typing import Any

from autograd.core.node import Node
from autograd.core.symbols import atoms
from autograd.drawing.flow import backward_pass, needed, released, taking
from autograd.drawing.painter import Painter
from autograd.drawing.scene import Box
from autograd.program.formulas import flowing, letters
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
        self.upstream = "g" if "g" not in self.reading.called else "δ"

    def lane(self, inputs: list[Node] | None, titles: dict[Node, str]) -> None:
        """The chain rule on the way to ``inputs`` (None: to all leaves); ``titles`` are what their gradients are called."""
        on_the_way = needed(self.reading, inputs)
        self._gradients(on_the_way, inputs, titles)
        for n in self.reading.nodes:
            if n in on_the_way and not n.is_leaf:
                if module := self.painter.module(n):
                    self._module(n, module)
                for i, a in taking(self.reading, n):
                    if a not in on_the_way or (a.is_leaf and a in self.painter.modules.of) or self.painter.modules.skipped(a, n):
                        continue
                    if module:
                        self.painter.join(self._above(a), "b" + module, "gradient", back=True)
                    else:
                        self._product(n, i, a)
        self._saved()
        root = self.reading.number[self.reading.roots[0]]
        self.painter.scene.ends = (f"g{root}", f"v{root}")

    def _above(self, n: Node) -> str:
        """The box of the gradient of ``n``."""
        own = n in self.painter.roots or n not in self.painter.modules.of
        return f"g{self.reading.number[n]}" if own else "b" + self.painter.module(n)

    def _back(self, tail: str, head: str) -> None:
        self.painter.edge(tail, head, "gradient", back=True)

    def _module(self, n: Node, module: str) -> None:
        if module not in self.modules:
            self.modules.add(module)
            title = self.painter.titles[self.painter.modules.of[n]][1]
            self.painter.put(n, Box("b" + module, "gradient", [title, "backward"], "backward"), True)
            self.painter.edge("b" + module, module, "level")
        if n in self.painter.roots:
            self.painter.join("b" + module, self._above(n), "gradient", back=True)

    def _gradients(self, on_the_way: set[Node], inputs: list[Node] | None, titles: dict[Node, str]) -> None:
        reading, root = self.reading, self.reading.roots[0]
        numbers: dict[Node, Any] = {}
        if not released(reading):
            with suppress(RuntimeError):  # changed in place since, or not one number: the structure is there, its numbers are not
                numbers = backward_pass(reading, inputs)[0]
        for n in reading.nodes:
            if n not in on_the_way or (n in self.painter.modules.of and n not in self.painter.roots):
                continue
            called = reading.name(n) and gradient_name(reading.name(n), reading.name(root))
            name = "seed" if n is root else titles.get(n) or called
            label = [clean(name)] if name else []
            if shape_of(n):
                label.append(f"tensor {shape(shape_of(n))}")
            elif n in numbers:
                label.append(value(numbers[n], self.painter.style.precision))
            i = reading.number[n]
            self.painter.variables += 1
            self.painter.put(n, Box(f"g{i}", "given" if n is root else "gradient", label, name or "gradient"), True)
            self.painter.edge(f"g{i}", f"v{i}", "level")

    def _product(self, n: Node, i: int, a: Node) -> None:
        """What flows from ``n`` into its argument ``a``, in a circle if it is more than what arrives."""
        text, saved = self.product(n, i)
        if text == self.upstream:
            self._back(self._above(a), self._above(n))
            return
        id = f"b{self.reading.number[n]}_{i}"
        tip = f"{clean(self.reading.name(a)) or 'an argument'} receives {text}; {self.upstream} is what arrives"
        text = re.sub(", (?=spread|put back|else)", ",\n", text) if len(text) > 16 else text
        box = Box(id, "gradient", [text], tip, round=True)
        self.painter.put(n, box, True)
        self._back(self._above(a), id)
        self._back(id, self._above(n))
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
        """A saved value in few letters: its name where that is short, and its shape or number, unless that was let go."""
        name = clean(self.reading.short(s))
        if shape_of(s) or s.raw is None:
            return f"{name} {shape(shape_of(s))}".strip() or "a number"
        amount = value(s.raw, self.painter.style.precision)
        return f"{name} = {amount}" if name else amount

    def product(self, n: Node, i: int) -> tuple[str, list[Node]]:
        """What flows from ``n`` into its argument ``i`` as a formula, and the nodes whose data it needs."""
        assert n.op is not None
        args = self.reading.args(n)
        names = {m: name for m in (n, *args) if isinstance(m, Node) and (name := self.reading.short(m))}
        taken = {self.upstream, *names.values()}
        for m, letter in zip((*args, n), (*letters(n.op, args), "z")):
            if isinstance(m, Node) and m not in names:  # the letter of the rule, unless something else is called so
                free = (c for c in (letter, "□", *"uvwpqrstxyz", f"v{self.reading.number[m]}") if c)
                names[m] = next(c for c in free if c not in taken and c not in self.reading.called)
                taken.add(names[m])
        if n.op.across:
            return f"{self.upstream}, entry by entry", []
        formula = flowing(n, i, self.upstream, names)
        if formula is None:
            return f"vjp of {n.op.name}", []
        used = {s.label for s in atoms(formula)}
        return mathematics(formula), [m for m, name in names.items() if name in used]

    def saved(self) -> None:
        """Dotted: what each operation keeps for its derivative."""
        for n in self.reading.nodes:
            if n.is_leaf or n in self.painter.modules.of or not n.requires_grad:
                continue
            for s in dict.fromkeys(s for k, a in taking(self.reading, n) if a.requires_grad for s in self.product(n, k)[1]):
                self.painter.edge(self.painter.source(s), self.painter.target(n), "saved", constraint=False)
