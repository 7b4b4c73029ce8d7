"""What a page that is gone into is told of one graph: its nodes and the tree that they stand in, as plain data.

Formulas, files and whatever else many nodes share stands once, and nodes point to it.
"""

from __future__ import annotations

import linecache
import math
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.drawing.colouring import Colouring
from autograd.drawing.flow import outdated, released
from autograd.drawing.modules import Modules, shapes
from autograd.drawing.statistics import Statistics, ratio, share, short, together
from autograd.drawing.style import Style
from autograd.drawing.thumbnails import thumbnails
from autograd.errors import number_of
from autograd.pages.page import scale_told
from autograd.pages.tree import Group, Tree
from autograd.program.formulas import Seen, as_symbols, flowing
from autograd.program.mathematics import mathematics
from autograd.program.reading import Reading, Scope
from autograd.program.words import clean, details, number, seen, shape, shape_of, size

__all__ = ["Side", "plain", "sources"]

MANY = 5000  # nodes; of more, the page is told less about each
PICTURES = 350_000  # letters of all thumbnails
SOURCE = 400_000  # letters of a file
COLOURS = ("grad", "value", "saturation")


def plain(x: float) -> float | str:
    """A number as JSON can hold it, and JavaScript reads it back."""
    x = float(x)
    return x if math.isfinite(x) else "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"


class Side:
    """One graph, read, with the module calls ``around`` each node; ``color`` is what boxes are filled by at first."""

    def __init__(self, reading: Reading, around: dict[Node, tuple[Scope, ...]], color: Any) -> None:
        self.reading, self.tree, self.roots = reading, Tree(reading, around), set(reading.roots)
        self.few = len(reading.nodes) <= MANY
        self.modular = any(around.values())  # without a module, nobody says which leaves are parameters, and which are inputs
        self.formulas: dict[str, int] = {}
        self.files: dict[str, int] = {}
        self._rules: dict[Any, tuple[int, list[int | None]]] = {}
        pairs = [(v, g) for g, found in reading.variables.items() for v, _ in found]
        modules = Modules(reading, around, None)
        style = Style(color=color)
        first = Colouring(reading, modules, style, pairs=pairs)
        self.begin = str(first.by or "")
        self.notes = [note for note in (first.note, outdated(reading)) if note]
        if (count := len(reading.roots)) > 1:
            name = clean(reading.name(reading.roots[0]), 60) or "no name"
            self.notes.append(f"Of {count} outputs: gradients are what backward() has left, else those of the first, {name}.")
        further = [c for c in COLOURS if c != first.by] if self.few or first.by != "grad" else []
        self.colourings = {self.begin: first} if first.by else {}
        for by in further if self.few else ["grad"] * (first.by != "grad"):
            try:
                made = Colouring(reading, modules, replace(style, color=by), pairs=pairs)
            except Exception as error:  # a rule of a user's own raised, which is called where gradients are computed
                self.notes.append(f"not coloured by {by}: {type(error).__name__}: {error}")
                continue
            if made.scale is not None:
                self.colourings[by] = made
        self.colouring = self.colourings.get("grad", first)  # which knows all gradients that can be known
        self.diagnosis = self.colouring.diagnosis
        self.left = PICTURES
        self.slopes = self._slopes()

    def data(self) -> dict[str, Any]:
        """All of it, for the page's script."""
        at = {group: i for i, group in enumerate(self.tree.groups)}
        nodes = [self._node(n, at[self.tree.home[n]]) for n in self.reading.nodes]
        for n in self.reading.mentioned:  # all formulas are written by now
            nodes[self.reading.number[n]]["mentioned"] = True
        groups = [self._group(group, at.get(group.parent, -1) if group.parent else -1) for group in self.tree.groups]
        if self.left <= 0:
            self.notes.append("Not every tensor has its picture here: a page holds about 500 of them.")
        if not self.few:
            self.notes.append(f"Of more than {MANY:,} variables the page has no thumbnails, and the colours of gradients alone.")
        scales = {by: {**scale_told(c.scale), "note": c.note} for by, c in self.colourings.items() if c.scale is not None}
        return {
            "nodes": nodes, "groups": groups, "roots": [self.reading.number[n] for n in self.reading.roots], "scales": scales,
            "notes": self.notes, "letter": self.reading.letter,
        }  # fmt: skip

    # Nodes.
    def _node(self, n: Node, home: int) -> dict[str, Any]:
        row: dict[str, Any] = {"home": home}
        if (kind := self._kind(n)) != "middle":
            row["kind"] = kind
        if name := self.reading.name(n):
            row["name"] = clean(name, 200)
        known, sizes = self.reading.held.get(n, n), shape_of(n)
        if sizes:
            row["shape"] = shape(sizes)
        if known.raw is not None and not sizes:
            row["value"] = plain(known.raw)
        if n.requires_grad:
            row["needs"] = True
        gradient = self.diagnosis.gradients.get(n)
        if gradient is not None and not sizes:
            row["grad"] = plain(gradient)
        if not n.is_leaf:
            row["op"] = clean(self.reading.sign(n).replace("\n", " "), 60)
            row["args"] = [self.reading.number[a] if isinstance(a, Node) else None for a in self.reading.args(n)]
            row["formula"], row["rules"] = self._formulas(n)
            if n in self.slopes:
                row["slopes"] = self.slopes[n]
        if sizes:
            told = details(known, "", 4, False, self.colouring.details(n)).split("\n")
            row["told"] = told[not n.is_leaf :]
            if self.few:
                row |= self._pictures(n)
        if n.place is not None:
            row["at"] = self._line(n.place.code.co_filename, n.place.line)
        if paints := self._paints(n):
            row["paints"] = paints
        return row

    def _kind(self, n: Node) -> str:
        if order := self.reading.backward.get(n, 0):
            return ("given" if n.is_leaf else "gradient") if order == 1 else ("second given" if n.is_leaf else "second")
        if n in self.roots:
            return "output"
        if n.is_leaf:
            return "parameter" if n.requires_grad else "input"
        return "middle"

    def _paints(self, n: Node) -> dict[str, Any]:
        found = {}
        for by, colouring in self.colourings.items():
            paint = colouring.variable(n)
            lines = [line for line in paint.lines if shape_of(n) or not line.startswith(("grad ", "✗ grad "))]  # the page writes numbers
            if paint.tone is not None or paint.mark or lines:
                found[by] = _painted(paint.tone, paint.mark, lines)
        return found

    def _pictures(self, n: Node) -> dict[str, Any]:
        if self.left <= 0:
            return {}
        found = []
        for raw, kind in ((self.diagnosis.raw(n), "value"), (self.diagnosis.gradients.get(n), "gradient")):
            tiles, words = thumbnails(raw, kind) if raw is not None else ([], "")
            found += [(tile.uri, tile.width, tile.height, kind, words) for tile in tiles]
            self.left -= sum(len(tile.uri) for tile in tiles)
        return {"pictures": found} if found else {}

    def _slopes(self) -> dict[Node, list[Any]]:
        """The derivatives of each operation on numbers by its arguments, where they can be known."""
        found: dict[Node, list[Any]] = {}
        if released(self.reading):
            return found
        with self.reading.roots[0].ieee():
            for n in self.reading.nodes:
                args = self.reading.args(n)
                if n.is_leaf or not n.requires_grad or any(shape_of(a) for a in (n, *args) if isinstance(a, Node)):
                    continue
                with suppress(Exception):  # a number was set since, or a rule of a user's own raises
                    row: list[Any] = [None] * len(args)
                    for i, _, amount in n.pull(np.ones_like(n.raw)[()] if isinstance(n.raw, np.ndarray) else 1.0, range(len(args))):
                        row[i] = plain(amount)
                    found[n] = row
        return found

    def _formulas(self, n: Node) -> tuple[int, list[int | None]]:
        """How it was computed, and what flows into each argument, by number; #0 is the result, #1 the first argument, g what arrives."""
        assert n.op is not None
        key = (n.op, tuple(_kind_of(a, n.args) for a in n.args), shape_of(n))
        try:
            return self._rules[key]
        except (KeyError, TypeError):  # no such key, or one that cannot be
            pass
        names = {a: f"#{i}" for i, a in reversed([*enumerate((n, *n.args))]) if isinstance(a, Node)}
        text = ""
        if not n.op.across:
            with suppress(Exception):  # a user's row may raise anything for symbols
                text = mathematics(Seen.made(n.op, as_symbols(n, names, lambda _: "…")[1]))
        if not text:
            text = f"{n.op.name}({', '.join(names[a] for a in n.args if isinstance(a, Node))})"
        rules: list[int | None] = [None] * len(n.args)
        for i, a in n.takes():
            if a.requires_grad:
                formula = None if n.op.across else flowing(n, i, "g", names)
                said = "g, entry by entry" if n.op.across else f"vjp of {n.op.name}" if formula is None else mathematics(formula)
                rules[i] = _shared(self.formulas, said)
        made = _shared(self.formulas, text), rules
        with suppress(TypeError):
            self._rules[key] = made
        return made

    def _line(self, file: str, line: int) -> tuple[int, int]:
        return _shared(self.files, file), line

    # The tree.
    def _group(self, group: Group, parent: int) -> dict[str, Any]:
        row: dict[str, Any] = {"title": group.title, "kind": group.kind, "parent": parent}
        if group.scope is not None:
            row["class"] = group.scope.call.kind
        lines = [f"{shapes(group.into)} → {shapes(group.out)}"] if group.into and group.out else []
        parameters = sum(math.prod(shape_of(n)) for n in group.leaves if n.requires_grad)
        words = ("parameter",) if self.modular else ("number to differentiate by", "numbers to differentiate by")
        row["lines"] = [*lines, *([size(parameters, *words)] if parameters else [])]
        row["layer"] = bool(parameters)
        row["told"] = [size(len(group.made), "operation") + (f": {self.tree.signs(group)}" if group.made else ""), *self._told(group)]
        if paints := {by: paint for by, c in self.colourings.items() if (paint := self._mean(group, c, by))}:
            row["paints"] = paints
        return row

    def _told(self, group: Group) -> list[str]:
        parameters = [n for n in group.leaves if n.requires_grad]
        value, slope = self._values(parameters), self._gradients(parameters)
        leaves = "parameters" if self.modular else "leaves"
        about = [
            (leaves, value), (f"gradient of its {leaves}", slope), ("output", self._values(group.out)),
            ("gradient of its output", self._gradients(group.out)), ("gradient of its input", self._gradients(group.into)),
        ]  # fmt: skip
        lines = [f"{what}: {s.words(largest=True)}" for what, s in about if s]
        if value and slope and (r := ratio(slope, value)) is not None:
            lines.append(f"gradient / value: {short(r)}")
        return lines

    def _values(self, nodes: Iterable[Node]) -> Statistics | None:
        return together(s for n in nodes if (s := self.diagnosis.value(n)))

    def _gradients(self, nodes: Iterable[Node]) -> Statistics | None:
        return together(s for n in nodes if (s := self.diagnosis.gradient(n)))

    def _mean(self, group: Group, colouring: Colouring, by: str) -> Any:
        """What fills the box of all that is in a group, closed."""
        tone: float | None = None
        mark, lines = "", []
        if by == "given":
            numbers = [x for key, x in colouring.given.items() if key in self._keys(group)]
            if numbers and colouring.scale is not None:
                x = max(numbers, key=abs)
                finite = number_of(x, "color") - x == 0
                tone, mark, lines = (colouring.scale.tone(x) if finite else None), "" if finite else "wrong", [f"given {short(x)}"]
        elif by == "saturation":
            flat = colouring.diagnosis.saturated(group.made)
            if flat is not None and colouring.scale is not None:
                tone, lines = colouring.scale.tone(flat), [f"saturated {share(flat)}"]
        else:
            own = [n for n in group.leaves if n.requires_grad]
            s = (self._gradients(own) or self._gradients(group.into)) if by == "grad" else self._values(group.out)
            if s is not None:
                (tone, mark), lines = colouring.tone(s), [f"{'grad ' * (by == 'grad')}{s.words()}"]
        inside = (*group.made, *group.leaves)
        if any(s.nonfinite for n in inside for s in (self.diagnosis.value(n), self.diagnosis.gradient(n)) if s):
            mark, lines = "wrong", [f"✗ {line}" for line in lines] or ["✗ not finite"]
        return _painted(tone, mark, lines) if tone is not None or mark or lines else None

    def _keys(self, group: Group) -> set[Any]:
        """The nodes and module calls in a group."""
        below = [g for g in self.tree.groups if group in g.path()]
        return {*group.made, *group.leaves, *(g.scope.call for g in below if g.scope is not None)}


def sources(files: Iterable[str]) -> list[dict[str, Any]]:
    """The text of each file by its name alone: where it lies is nobody's business."""
    found = []
    for file in files:
        text = "".join(linecache.getlines(file))
        whole = len(text) <= SOURCE
        found.append({"name": seen(os.path.basename(file)), "text": "\n".join(map(seen, (text if whole else "").split("\n")))})
    return found


def _shared(table: dict[str, int], text: str) -> int:
    return table.setdefault(text, len(table))


def _painted(tone: float | None, mark: str, lines: Iterable[str]) -> list[Any]:
    return [None if tone is None else round(10 * tone), mark, list(lines)]


def _kind_of(a: Any, args: tuple[Any, ...]) -> Any:
    """What a formula depends on of an argument."""
    if isinstance(a, Node):
        return "node", shape_of(a), next(i for i, b in enumerate(args) if b is a), a.requires_grad, str(getattr(a, "dtype", ""))
    return (type(a), np.shape(a)) if isinstance(a, np.ndarray) else (type(a), number(a) if isinstance(a, float) else repr(a))
