"""A recorded graph as a film: one page that computes it operation by operation and then lets the gradients flow back.

All that the page will say is worked out here, from the numbers that were recorded; the page only turns the leaves. The picture
is laid out once, with room for all that will ever stand in it, so that nothing moves while it plays.
"""

from __future__ import annotations

import numbers
import re
import unicodedata
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import numpy as np

from autograd.core.node import Node, Op
from autograd.core.notes import user_frame
from autograd.core.symbols import ATOM, COMPARE, Symbol
from autograd.drawing.colouring import Colouring
from autograd.drawing.dot import to_dot
from autograd.drawing.flow import Product, backward_pass, dense, released
from autograd.drawing.looks import LOOKS, fill_of
from autograd.drawing.modules import Modules
from autograd.drawing.painter import Painter
from autograd.drawing.plan import PATIENCE
from autograd.drawing.scene import Scene
from autograd.drawing.size import size_of
from autograd.drawing.statistics import Statistics, measured
from autograd.drawing.style import NODES, Style
from autograd.errors import described, int_of
from autograd.ops.moves import permute_
from autograd.pages.page import Page, theme_of, title_of, written
from autograd.program.formulas import Seen, as_symbols, flowing
from autograd.program.mathematics import Mathematics
from autograd.program.reading import Reading, TooLargeError, read, scopes
from autograd.program.words import clean, details, number, shape, shape_of

__all__ = ["Player", "graph_player"]


class Player(Page):
    """A page that plays a graph. Made by `graph_player`."""

    what = "film"


def graph_player(
    output: Any, *, names: Any = None, title: str | None = None, theme: str = "auto", color: str | Mapping[Any, Any] | None = "auto",
    delay: float = 1.1, max_ops: int = NODES,
) -> Player:  # fmt: skip
    """A page that steps through the graph of ``output``, one number: values appear operation by operation, then gradients flow.

    names
        As for `draw_dot`. What has no name is called v3, v4, ... by its place in the graph.
    title
        Stands above the picture.
    theme
        "light", "dark", or "auto": as the notebook or page around it, else as the reader's system.
    color
        As for `draw_dot`; a box has its colour once its value or gradient is there. "auto": by gradients, but of less than 30 Values.
    delay
        Seconds from step to step while the page plays.
    max_ops
        Raises ValueError, with the sizes and what to do, where more operations would be played.

    No ``.grad`` is changed. Raises RuntimeError for a graph that backward() has released, for data that was set since it was
    recorded, and for more than one number; TypeError for what is neither a Value nor a Tensor; and as `render` does.

    >>> from autograd import Value
    >>> w = Value(2.0, label="w")
    >>> graph_player(w * w).html[:15]
    '<!doctype html>'
    """
    theme, title = theme_of(theme), title_of(title)
    if isinstance(delay, bool) or not isinstance(delay, numbers.Real):
        raise TypeError(f"delay is a number of seconds, got {described(delay)}")
    max_ops = int_of(max_ops, "max_ops", 0)
    if not 0 < delay <= 3600:
        raise ValueError(f"delay must be more than 0 seconds and at most 3600, got {delay!r}")
    frame = user_frame(2)
    try:
        reading = read([output], names, what="graph_player", limit=max(100 * max_ops, 100_000), frame=frame)
    except TooLargeError as error:
        raise TooLargeError(f"graph_player: {error}. {_WAY_OUT}") from None
    if len(reading.roots) > 1:
        raise RuntimeError(f"graph_player starts from one number, got {len(reading.roots)}: reduce them with .sum() or .mean() first")
    size = size_of(reading)
    if size.operations > max_ops:
        raise TooLargeError(
            f"graph_player: the graph has {size.operations:,} operations, more than max_ops={max_ops}. {_WAY_OUT}, or be patient "
            f"with max_ops={size.operations}"
        )
    if size.predictor > PATIENCE:
        raise TooLargeError(f"graph_player: the graph has {size}, and its layout would take minutes. {_WAY_OUT}")
    if released(reading):
        raise RuntimeError(
            "graph_player needs the arrays of this graph, which an earlier backward() let go: call graph_player before it, or "
            "call it as backward(retain_graph=True)"
        )
    reading.backward = {}  # recorded gradients are numbers like any other, to be differentiated again
    script = Script(reading)
    style = Style(show_grads=False, ops="circles", color=color)
    modules = Modules(reading, scopes(reading, names, frame), None)
    painter = Painter(reading, modules, style, Colouring(reading, modules, style, mirror=True))
    painter.forward()
    painter.numbered()
    script.colour(painter.colouring)
    script.fill(painter.scene)
    picture = to_dot(painter.scene, style)
    picture.graph_attr["ranksep"] = "0.2"  # the products keep the ranks apart
    svg = picture.pipe(encoding="utf-8")
    boxes = {reading.number[n]: box for n, box in script.boxes.items()}
    data = {"delay": 1000 * float(delay), "boxes": boxes, "steps": script.steps}
    name = f"Through {script.name(script.root)} and back" if title is None else title
    return Player(written("player.html", name, theme, data, graph=svg[svg.index("<svg") :]))


_WAY_OUT = "Play a part of it: a middle node as the output, or a smaller network"


class Script:
    """What is shown when: for each box its texts, for each step what lights up and what is said about it."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.root = reading, reading.roots[0]
        for n in reading.nodes:
            reading.names[n] = reading.name(n) or reading.term(n)
        operations = [n for n in reading.nodes if not n.is_leaf]
        gradients, products = backward_pass(reading)
        self.boxes: dict[Node, dict[str, Any]] = {}
        self.labels: dict[str, str] = {}  # of edges: what flows back along them
        self.received: list[tuple[Node, int, Statistics]] = []  # the gradient that a node has from a step on
        for n in reading.nodes:
            value = "tensor " * (len(shape_of(n)) > 1) + self.amount(n, n.raw)
            told = {"name": self.name(n), "fills": [], "details": details(n, clean(reading.name(n), 200))}
            self.boxes[n] = {"value": value, "step": 0, "grads": [], **told}
        text = "Inputs and parameters are given. Each step computes one operation."
        if not self.root.requires_grad:
            text += " Nothing here requires a gradient, so none will flow."
        self.steps: list[dict[str, Any]] = [{"phase": "Forward", "head": "Before the first operation", "text": text}]
        for n in operations:
            self.boxes[n]["step"] = len(self.steps)
            self.steps.append(self._forward(n))
        if self.root.requires_grad:
            self._receive(self.root, gradients[self.root])
            text = f"Backward begins at the output: by how much does {self.name(self.root)} change with each number it was made from?"
            head = f"{self.derivative(self.root)} = {number(1)}"
            self.steps.append({"phase": "Backward", "head": head, "text": text, "node": reading.number[self.root]})
        for _, group in groupby(products, lambda product: reading.number[product.n]):
            self.steps.append(self._backward(list(group)))

    def name(self, n: Node) -> str:
        """What ``n`` is called; isolated, if written from right to left, lest the formula around it turns round."""
        name = clean(self.reading.name(n))
        return f"\u2068{name}\u2069" if any(unicodedata.bidirectional(c)[:1] in ("R", "A") for c in name) else name

    def derivative(self, n: Node) -> str:
        return f"∂{self.name(self.root)}/∂{self.name(n)}"

    def amount(self, n: Node, x: Any) -> str:
        """``x``, a value or a gradient of ``n``, in few letters: the number, or the shape (of a vector, which is no number)."""
        sizes = shape_of(n)
        return "tensor " * (len(sizes) == 1) + shape(sizes) if sizes else number(float(dense(n, x)))

    def size(self, n: Node, gradient: Any) -> str:
        """A gradient of ``n`` in few letters: the number, or how large an array is."""
        return measured(dense(n, gradient)).words().split(" · ")[0] if shape_of(n) else self.amount(n, gradient)

    def _receive(self, n: Node, gradient: Any) -> None:
        self.received.append((n, len(self.steps), measured(dense(n, gradient))))
        self.boxes[n]["grads"].append((len(self.steps), f"grad {self.size(n, gradient)}"))

    def colour(self, colouring: Colouring) -> None:
        """What fills each box from which step on, and where it is said that something is not finite."""
        if colouring.by is None:
            return
        for n, box in self.boxes.items():
            paint = colouring.variable(n)
            if paint.mark == "wrong":
                box["value"] = f"✗ {box['value']}"
            if paint.tone is not None:
                box["fills"].append((box["step"], fill_of(paint.tone, "light")))
        for n, step, size in self.received:
            tone, mark = colouring.tone(size) if colouring.by == "grad" and n is not self.root else (None, "")
            kind = "wrong" if size.nonfinite else mark
            if kind or tone is not None:
                self.boxes[n]["fills"].append((step, LOOKS[kind][0][0] if kind else fill_of(tone or 0, "light")))
        if beginning := colouring.diagnosis.beginning:
            steps = (step for n, step, size in self.received if n is beginning.node and size.nonfinite)
            step = next(steps) if beginning.gradient else self.boxes[beginning.node]["step"]
            self.steps[step]["head"] += ": here begins what is not finite"

    def _forward(self, n: Node) -> dict[str, Any]:
        args = [(i, a) for i, a in enumerate(self.reading.args(n)) if isinstance(a, Node)]
        formula, result = self._computed(n), self.amount(n, n.raw)
        if not any(shape_of(a) for a in (n, *(a for _, a in args))):
            end = f" = {self._computed(n, amounts=True)} = {result}"
        elif "@" in formula:
            end = f": {self._computed(n, amounts=True)} → {result}"
        else:
            end = f": {', '.join(self.amount(a, a.raw) for a in dict.fromkeys(a for _, a in args))} → {result}"
        return {
            "phase": "Forward",
            "head": f"{self._sign(n)} computes {self.name(n)}",
            "text": f"{self.name(n)} = {formula}{end}",
            "node": self.reading.number[n],
            "edges": [(i, self.reading.number[a]) for i, a in args],
        }

    def _backward(self, products: list[Product]) -> dict[str, Any]:
        n = products[0].n
        args = self.reading.args(n)
        assert n.op is not None
        known = n.op.entrywise is False  # its rule asks g for a shape, also where all are 0-d
        scalar = not known and not any(shape_of(a) for a in (n, *args) if isinstance(a, Node))
        upstream = self.amount(n, products[0].g)
        rows, edges = [], []
        for _, i, _, amount, before, after in products:
            a = args[i]
            self._receive(a, after)
            texts = [self.size(a, x) for x in (before, amount, after) if x is not None]
            total = texts[-1] if before is None or shape_of(a) else "{} + {} = {}".format(*texts)  # sizes of arrays do not add up
            how = f"{upstream} × {self._local(n, i)}" if scalar else self._rule(n, i)
            rows.append((self.derivative(a), how, texts[-2], total))
            edges.append((i, self.reading.number[a]))
            self.labels[f"e{self.reading.number[n]}_{i}"] = texts[-2]
        given = f"= {upstream}" if scalar else f"= g ({upstream})"
        return {
            "phase": "Backward",
            "head": f"{self.derivative(n)} {given} flows back through {self._sign(n)}",
            "rows": [("into", "upstream × local" if scalar else "chain rule", "= product", "accumulates"), *rows],
            "node": self.reading.number[n],
            "edges": edges,
        }

    def fill(self, scene: Scene) -> None:
        """Room in each box for its value and the longest gradient that will stand in it, on each edge for its product."""
        boxes = {f"v{self.reading.number[n]}": box for n, box in self.boxes.items()}
        for box in scene:
            if told := boxes.get(box.id):
                box.label[1:] = [told["value"], *sorted((text for _, text in told["grads"]), key=len)[-1:]]
                box.tone = None  # the page fills it when it is time
        for edge in scene.edges:
            edge.label = self.labels.get(edge.id, "")

    # Formulas. In them the result and the arguments are called #0, #1, ...
    def _places(self, n: Node) -> dict[Node, str]:
        return {a: f"#{i}" for i, a in enumerate((n, *n.args)) if isinstance(a, Node)}

    def _filled(self, n: Node, formula: Any, **how: Any) -> str:
        """The formula with the names of nodes in it, or with their ``amounts``: their numbers and shapes."""
        return _Filled(self, {f"#{i}": a for i, a in enumerate((n, *self.reading.args(n)))} | {"g": n}, **how).text(formula)

    def _sign(self, n: Node) -> str:
        assert n.op is not None
        return clean(self.reading.sign(n).replace("\n", " "))

    def _computed(self, n: Node, **how: Any) -> str:
        """How ``n`` was computed."""
        assert n.op is not None
        if n.op.tabled and not n.op.across:
            return self._filled(n, Seen.made(n.op, as_symbols(n, self._places(n), str)[1]), circled=True, **how)
        args = ", ".join(self._filled(n, Seen(self._places(n)[a]), **how) for a in n.args if isinstance(a, Node))
        plain = self._sign(n)
        return args + plain if plain.startswith("[") else f"{plain}({args})"

    def _local(self, n: Node, i: int) -> str:
        """The derivative of ``n`` by its argument ``i``: as a formula, if it is not just a number, and as a number."""
        assert n.op is not None
        if n.op.across:
            return "1"
        with self.root.ieee():
            value = number(float(next(amount for _, _, amount in n.pull(np.ones_like(n.raw)[()], (i,)))))
        if flowing(n, i) is None:
            return _bracketed(value)
        z, args = as_symbols(n, self._places(n), str)
        text = self._filled(n, n.op.vjp(i, 1, z, args))
        return _bracketed(value) if text == value else f"({text}{': here' if ' where ' in text else ' ='} {value})"

    def _rule(self, n: Node, i: int) -> str:
        """What the rule computes from g; of a product of matrices also the shapes."""
        assert n.op is not None
        if n.op.across:
            return "g, entry by entry"
        formula = flowing(n, i, "g", self._places(n))
        if formula is None:
            return f"vjp of {n.op.name}"
        text = self._filled(n, formula)
        return text + (f": {self._filled(n, formula, amounts=True)}" if "@" in text else "")


class _Filled(Mathematics):
    """Writes a formula with what stands in the boxes of a picture instead of its symbols."""

    def __init__(self, script: Script, nodes: dict[str, Node], amounts: bool = False, circled: bool = False) -> None:
        self.script, self.nodes, self.amounts = script, nodes, amounts
        if circled:  # as in the circle
            self.times, self.over = "×", "÷"

    def text(self, formula: Any) -> str:
        """All of it. A number below 0 stands in brackets but at the beginning of something."""
        return re.sub(r"(^|[(|]|, )\((−[^()]*)\)(?![\^⁰¹²³⁴⁵⁶⁷⁸⁹⁻])", r"\1\2", self.of(formula)[0])

    def of(self, x: Any) -> tuple[str, int]:
        n = self.nodes.get(str(x.label)) if isinstance(x, Symbol) and x.op is None else None
        if n is None:
            return super().of(x)
        if not self.amounts:
            return ("g" if x.label == "g" else self.script.name(n)), ATOM
        text = shape(shape_of(n)) or self.script.amount(n, n.raw)
        return text, COMPARE if text.startswith("−") else ATOM

    def applied(self, op: Op, args: tuple[Any, ...]) -> Any:
        if self.amounts and op is permute_ and args[0].op is None:
            sizes = shape_of(self.nodes[args[0].label])
            n = len(sizes)
            if n > 1 and args[1] == (*range(n - 2), n - 1, n - 2):
                return shape((*sizes[:-2], sizes[-1], sizes[-2]))
        return super().applied(op, args)


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text
