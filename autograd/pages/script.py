"""What a film says at each step: the texts of its boxes, of its edges and of the operation at work.

All of it is worked out here, from the numbers that were recorded. Each number is a slot in its text, so that the page of a graph of numbers
can fill in others; `Script.numbers` are the recorded ones, and `Script.told` fills them in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from autograd.core.node import Node, Op
from autograd.core.symbols import ATOM, Symbol
from autograd.drawing.colouring import Colouring
from autograd.drawing.flow import Product, backward_pass, dense
from autograd.drawing.looks import LOOKS, fill_of
from autograd.drawing.scene import Scene
from autograd.drawing.statistics import Statistics, measured
from autograd.ops.moves import permute_
from autograd.pages.entries import largest, worked
from autograd.program.formulas import Seen, as_symbols, fitted, flowing
from autograd.program.mathematics import Mathematics
from autograd.program.reading import Reading
from autograd.program.words import clean, details, number, shape, shape_of

__all__ = ["Flow", "Script"]

_EACH = 256  # entries of an array, and of all of a film, of which each can be asked for: a page stays small, and is made in a second
_ALL = 1000


class Flow(NamedTuple):
    """A product of the chain rule among numbers: into argument ``i`` of ``n``, by the places of its numbers in `Script.numbers`."""

    n: Node
    i: int
    upstream: int
    local: int
    before: int | None
    amount: int
    after: int


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
        self.scalar = not any(shape_of(n) for n in reading.nodes)  # is it a graph of numbers?
        self.numbers: list[float] = []
        self.values = {n: self._put(float(n.raw)) for n in reading.nodes if not shape_of(n)}  # the places of their numbers
        self.sums: dict[Node, int] = {}  # and of their gradients so far
        self.flows: list[Flow] = []
        self.room = _ALL
        for n in reading.nodes:
            value = "tensor " * (len(shape_of(n)) > 1) + self.amount(n)
            told = {"name": self.name(n), "fills": [], "details": details(n, clean(reading.name(n), 200))}
            self.boxes[n] = {"value": value, "step": 0, "grads": [], "at": self.values.get(n), **told}
        text = "Inputs and parameters are given. Each step computes one operation."
        if not self.root.requires_grad:
            text += " Nothing here requires a gradient, so none will flow."
        self.steps: list[dict[str, Any]] = [{"phase": "Forward", "head": "Before the first operation", "text": text}]
        for n in operations:
            self.boxes[n]["step"] = len(self.steps)
            self.steps.append(self._forward(n))
        if self.root.requires_grad:
            self.sums[self.root] = self._put(1.0)
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

    def _put(self, x: float) -> int:
        self.numbers.append(x)
        return len(self.numbers) - 1

    def amount(self, n: Node) -> str:
        """The value of ``n`` in few letters: the number, or the shape (of a vector, which is no number)."""
        sizes = shape_of(n)
        return "tensor " * (len(sizes) == 1) + shape(sizes) if sizes else _slot(self.values[n])

    def size(self, n: Node, gradient: Any, at: int | None) -> str:
        """A gradient of ``n`` in few letters: the number, which is ``at`` its place, or how large an array is."""
        return measured(dense(n, gradient)).words().split(" · ")[0] if at is None else _slot(at)

    def told(self, text: str, numbers: list[float] | None = None) -> str:
        """A text with ``numbers`` in its slots; None: those that were recorded."""
        numbers = self.numbers if numbers is None else numbers

        def fill(slot: re.Match[str]) -> str:
            told = number(numbers[int(slot[2])])
            return _bracketed(told) if slot[1] else told

        return _SLOT.sub(fill, text)

    def filled(self, data: Any, numbers: list[float] | None = None) -> Any:
        """All the texts in ``data``, `told`."""
        if isinstance(data, dict):
            return {key: self.filled(x, numbers) for key, x in data.items()}
        if isinstance(data, list | tuple):
            return [self.filled(x, numbers) for x in data]
        return self.told(data, numbers) if isinstance(data, str) else data

    def _receive(self, n: Node, gradient: Any) -> None:
        self.received.append((n, len(self.steps), measured(dense(n, gradient))))
        self.boxes[n]["grads"].append((len(self.steps), f"grad {self.size(n, gradient, self.sums.get(n))}"))

    def colour(self, colouring: Colouring) -> None:
        """What fills each box from which step on, in words, too, and where it is said that something is not finite."""
        if colouring.by is None:
            return
        for n, box in self.boxes.items():
            paint = colouring.variable(n)
            if colouring.by != "grad":  # a gradient has words of its own
                said = [line for line in paint.lines if not line.startswith("begins")]
                box["value"] = " · ".join([*[box["value"]] * (not (shape_of(n) and said)), *said])
            if paint.mark == "wrong" and not box["value"].startswith("✗"):
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
            self.steps[step]["plain"] = self.steps[step]["head"]
            self.steps[step]["head"] += ": here begins what is not finite"

    def _forward(self, n: Node) -> dict[str, Any]:
        args = [(i, a) for i, a in enumerate(self.reading.args(n)) if isinstance(a, Node)]
        formula, result = self._computed(n), self.amount(n)
        if not any(shape_of(a) for a in (n, *(a for _, a in args))):
            end = f" = {self._computed(n, amounts=True)} = {result}"
        elif "@" in formula:
            end = f": {self._computed(n, amounts=True)} → {result}"
        else:
            end = f": {', '.join(self.amount(a) for a in dict.fromkeys(a for _, a in args))} → {result}"
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
        upstream = _slot(self.sums[n]) if n in self.sums else self.amount(n)
        rows, edges, entries = [], [], []
        for _, i, _, amount, before, after in products:
            a = args[i]
            entry = None
            if scalar:
                how, local = self._local(n, i)
            else:
                (how, entry), local = self._rule(n, i, dense(n, products[0].g), amount), None
            places = self._places_of(a, amount, after)
            if local is not None:
                self.flows.append(Flow(n, i, self.sums[n], local, *places))
            texts = [self.size(a, x, at) for x, at in zip((before, amount, after), places) if x is not None]
            self._receive(a, after)
            total = texts[-1] if before is None or shape_of(a) else "{} + {} = {}".format(*texts)  # sizes of arrays do not add up
            rows.append((self.derivative(a), f"{upstream} × {how}" if scalar else how, texts[-2], total))
            edges.append((i, self.reading.number[a]))
            entries.append(entry)
            self.labels[f"e{self.reading.number[n]}_{i}"] = texts[-2]
        given = f"= {upstream}" if scalar else f"= g ({upstream})"
        return {
            "phase": "Backward",
            "head": f"{self.derivative(n)} {given} flows back through {self._sign(n)}",
            "rows": [("into", "upstream × local" if scalar else "chain rule", "= product", "accumulates"), *rows],
            "entries": entries,
            "node": self.reading.number[n],
            "edges": edges,
        }

    def _places_of(self, a: Node, amount: Any, after: Any) -> tuple[Any, Any, Any]:
        """Where the numbers of a product are that flows into ``a``: what it had, the product, what it has. None for arrays."""
        if shape_of(a):
            return None, None, None
        before, product = self.sums.get(a), self._put(float(dense(a, amount)))
        self.sums[a] = product if before is None else self._put(float(dense(a, after)))
        return before, product, self.sums[a]

    def fill(self, scene: Scene) -> None:
        """Room in each box for its value and the longest gradient that will stand in it, on each edge for its product."""
        boxes = {f"v{self.reading.number[n]}": box for n, box in self.boxes.items()}
        for box in scene:
            if told := boxes.get(box.id):
                box.label[1:] = [self.told(told["value"]), *sorted((self.told(text) for _, text in told["grads"]), key=len)[-1:]]
                box.tone = None  # the page fills it when it is time
        for edge in scene.edges:
            edge.label = self.told(self.labels.get(edge.id, ""))

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

    def _local(self, n: Node, i: int) -> tuple[str, int]:
        """The derivative of ``n`` by its argument ``i``: as a formula, if it is not just a number, and as a number, with its place."""
        assert n.op is not None
        if n.op.across:
            return "1", self._put(1.0)
        with self.root.ieee():
            at = self._put(float(next(amount for _, _, amount in n.pull(np.ones_like(n.raw)[()], (i,)))))
        if flowing(n, i) is None:
            return _slot(at, "("), at
        z, args = as_symbols(n, self._places(n), str)
        formula = n.op.vjp(i, 1, z, args)
        if not isinstance(formula, Symbol):
            return _bracketed(number(self.numbers[at])), at
        text = self._filled(n, formula)
        return f"({text}{': here' if ' where ' in text else ' ='} {_slot(at)})", at

    def _rule(self, n: Node, i: int, g: Any, amount: Any) -> tuple[str, dict[str, Any] | None]:
        """What the rule computes from g, of a product of matrices also the shapes; and how entries of it come about."""
        assert n.op is not None
        if n.op.across:
            return "g, entry by entry", None
        names = self._places(n)
        z, args = as_symbols(n, names, lambda _: "index")
        try:
            formula = fitted(n.op.vjp(i, Seen("g", g), z, args), n.args[i])
        except Exception:  # a user's rule may raise anything for symbols
            return f"vjp of {n.op.name}", None
        text = self._filled(n, formula)
        called = {label: self.name(a) for a, label in names.items()}
        entries = self._entries(formula, dense(n.args[i], amount), lambda label: called.get(label, label))
        return text + (f": {self._filled(n, formula, amounts=True)}" if "@" in text else ""), entries

    def _entries(self, formula: Any, amount: Any, called: Callable[[str], str]) -> dict[str, Any] | None:
        """How entries come about, and which of them is the largest: of few all, of many that one alone."""
        first = largest(amount)
        told = first and worked(formula, amount, first, called)
        if first is None or told is None:
            return None
        if (size := np.size(amount)) > min(_EACH, self.room):
            return {"largest": 0, "texts": [told], "of": size}
        self.room -= size
        texts = {where: told if where == first else worked(formula, amount, where, called) for where in np.ndindex(np.shape(amount))}
        known = [where for where, text in texts.items() if text is not None]
        return {"largest": known.index(first), "texts": [texts[where] for where in known]}


class _Filled(Mathematics):
    """Writes a formula with what stands in the boxes of a picture instead of its symbols."""

    def __init__(self, script: Script, nodes: dict[str, Node], amounts: bool = False, circled: bool = False) -> None:
        self.script, self.nodes, self.amounts = script, nodes, amounts
        if circled:  # as in the circle
            self.times, self.over = "×", "÷"

    def text(self, formula: Any) -> str:
        """All of it. A number below 0 stands in brackets but at the beginning of something."""
        return _ASIDE.sub(lambda found: found[1] + (f"\ufffe{found[3]}\uffff" if found[3] else found[2]), self.of(formula)[0])

    def of(self, x: Any) -> tuple[str, int]:
        n = self.nodes.get(str(x.label)) if isinstance(x, Symbol) and x.op is None else None
        if n is None:
            return super().of(x)
        if not self.amounts:
            return ("g" if x.label == "g" else self.script.name(n)), ATOM
        return shape(shape_of(n)) or _slot(self.script.values[n], "("), ATOM

    def applied(self, op: Op, args: tuple[Any, ...]) -> Any:
        if self.amounts and op is permute_ and args[0].op is None:
            sizes = shape_of(self.nodes[args[0].label])
            n = len(sizes)
            if n > 1 and args[1] == (*range(n - 2), n - 1, n - 2):
                return shape((*sizes[:-2], sizes[-1], sizes[-2]))
        return super().applied(op, args)


# A slot is the place of a number between two characters that no name can hold (see `words.seen`). With a bracket before it, a number below
# 0 stands in brackets.
_SLOT = re.compile("\ufffe(\\(?)(\\d+)\uffff")
_ASIDE = re.compile(r"(^|[(|]|, |, else )(?:\((−[^()]*)\)|\ufffe\((\d+)\uffff)(?![\^⁰¹²³⁴⁵⁶⁷⁸⁹⁻])")  # where it needs none


def _slot(at: int, bracket: str = "") -> str:
    return f"\ufffe{bracket}{at}\uffff"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text
