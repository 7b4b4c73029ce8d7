"""What ``color=`` adds to a picture: to each box a tone, words, and a mark where something is wrong with it.

The tone says how large a number is on the `scale` that is printed below the picture; the words say it, too. A number that is not finite
and a layer that is dead are marked whatever the tones say, unless ``color=None``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from autograd.core.node import Node
from autograd.drawing.diagnosis import SATURATE, Diagnosis, computed_gradients, kept_gradients
from autograd.drawing.flow import released
from autograd.drawing.modules import ROUNDS, Folded, Modules
from autograd.drawing.scale import Scale, by_share, by_size, of_numbers
from autograd.drawing.statistics import Statistics, ratio, share, short, together
from autograd.drawing.style import Style
from autograd.errors import described, number_of
from autograd.faces.value import Value
from autograd.program.reading import Reading, Scope, key_of
from autograd.program.words import number, shape_of

__all__ = ["Colouring", "Paint"]

FEW = 30  # variables: a picture of fewer Values shows all its numbers, and needs no colours to find one


class Paint(NamedTuple):
    """What is added to a box."""

    tone: float | None = None
    mark: str = ""  # "wrong": something in it is not finite; "dead": nothing but zeros
    lines: tuple[str, ...] = ()
    number: float | None = None  # of a module, what its tone says
    rounds: tuple[float | None, ...] = ()  # the numbers of all modules that it stands for


class Colouring:
    """Of a picture of ``reading`` in which ``modules`` are folded.

    ``pairs`` are variables with their recorded gradients. ``apart``: gradients have boxes of their own, as in a mirror, whose gradients
    are computed on the way to ``inputs``.
    """

    def __init__(
        self, reading: Reading, modules: Modules, style: Style, *,
        pairs: Iterable[tuple[Node, Node]] = (), mirror: bool = False, inputs: list[Node] | None = None,
    ) -> None:  # fmt: skip
        self.reading, self.modules, self.style, self.mirror = reading, modules, style, mirror
        self.apart = mirror or bool(reading.backward)
        color = style.color
        kept = kept_gradients(reading, pairs, style.show_grads is True)
        self.lines: Mapping[Node, Any] = kept if style.show_grads else {}  # whose gradient stands in the box of its variable
        computed, self.addends = computed_gradients(reading, inputs) if mirror else ({}, {})  # of what gradients are sums
        if color == "auto":
            few = len(reading.nodes) < FEW and all(isinstance(n, Value) for n in reading.nodes)
            hidden = style.show_grads is False and not mirror  # no colour without words
            color = "grad" if (kept or computed) and not (few or hidden) else ""
        if color == "grad" and not self.apart:
            computed = computed_gradients(reading)[0]
        self.diagnosis = Diagnosis(reading, kept | computed if mirror else computed | kept)
        if color == "grad" and style.show_grads == "auto" and not self.apart:
            self.lines = self.diagnosis.gradients
        self.given: dict[Any, float] = _given(reading, modules, color) if isinstance(color, Mapping) else {}
        self.by = "given" if isinstance(color, Mapping) else color
        self.scale = self._scale()
        self.note = self._note()

    def _scale(self) -> Scale | None:
        d, nodes = self.diagnosis, self.reading.nodes
        if self.by == "grad":
            # White is what the last layer gets: smaller than that has vanished on its way back, larger has exploded.
            found = {n: s.rms for n in nodes if (s := self._gradient(n)) and s.rms}
            last = [n for n in found if n.is_leaf] or [n for n in found if n not in self.modules.roots] or [*found]
            title = "rms of the gradient (white: as at the last parameter)"
            return by_size(title, found[last[-1]], found.values(), "vanished", "exploded") if found else None
        if self.by == "value":
            return by_size("rms of the value", 1.0, (s.rms for n in nodes if (s := d.value(n))))
        if self.by == "saturation" and d.saturated(nodes) is not None:
            return by_share("share of entries where an activation is flat")
        return of_numbers("the numbers given", self.given.values()) if self.given else None

    def _note(self) -> str:
        """Why something that was asked for is not shown."""
        asked, reading = self.style.color, self.reading
        let_go = "backward() has let them go; backward(retain_graph=True) keeps them."
        if asked == "grad" and not self.diagnosis.gradients:
            if not reading.roots[0].requires_grad:
                return "No gradient is known: nothing requires one."
            if not released(reading):
                return "No gradient is known: the output is not one number, or something was changed in place since."
            return "No gradient is known: backward() has let this graph go, and no .grad is there."
        if asked in ("grad", "value") and any(self.diagnosis.value(n) is None for n in reading.nodes if not n.is_leaf):
            return f"Not all {asked.replace('grad', 'gradient')}s of intermediate results are known: {let_go}"
        if asked == "saturation" and not self.scale:
            some = any(n.op in SATURATE for n in reading.nodes)
            return f"The values of activations are not known: {let_go}" if some else "No activation here could saturate."
        return ""

    def _gradient(self, n: Node) -> Statistics | None:
        """The statistics of the gradient that ``n`` has, or is."""
        return self.diagnosis.value(n) if n in self.reading.backward else self.diagnosis.gradient(n)

    # Boxes.
    def variable(self, n: Node) -> Paint:
        """The box of ``n``, where its number itself is written by who draws it."""
        d, lines, looked_at = self.diagnosis, [], None
        value = d.value(n)
        if self.by == "value":
            looked_at = value
        elif self.by == "grad" and (n in self.reading.backward or not (self.apart or n in self.modules.roots)):
            looked_at = self._gradient(n)
        if value and shape_of(n) and (looked_at is value or (value.nonfinite and self.by is not None)):
            lines.append("✗ " * bool(value.nonfinite) + value.words())
        tone, mark = self.tone(looked_at)
        if self.by == "saturation" and self.scale and (flat := d.saturated([n])) is not None:
            tone = self.scale.tone(flat)
            lines.append(f"saturated {share(flat)}")
        if n in self.given:
            tone, mark, words = self._number(n)
            lines.append(words)
        wrong = bool(value and value.nonfinite and self.by is not None)
        if n in self.lines:
            text, gradient_wrong = self._gradient_words(n)
            lines.append(("✗ grad " if gradient_wrong else "grad ") + text)
            wrong = wrong or gradient_wrong
        return self._marked(tone, mark, lines, wrong, [n])

    def gradient(self, n: Node) -> Paint:
        """The box of the gradient of ``n`` in a mirror."""
        if n not in self.diagnosis.gradients:
            return Paint()
        text, wrong = self._gradient_words(n)
        shaded = self.by == "grad" and n not in self.modules.roots  # what backward starts from is given
        tone, mark = self.tone(self.diagnosis.gradient(n)) if shaded else (None, "")
        return self._marked(tone, mark, ["✗ " * wrong + text], wrong, [n], backward=True)

    def operation(self, n: Node) -> Paint:
        """The circle of the operation that made ``n``."""
        return self._silent([n])

    def module(self, rounds: list[list[Folded]], backward: bool = False) -> Paint:
        """The box of a module in the forward lane, or in the one above: it shows the first of the ``rounds`` that it stands for."""
        paint = self._module(rounds[0], backward, [box for run in rounds for box in run])
        each = rounds if len(rounds) > 1 else [[box] for box in rounds[0]]
        numbers = tuple(self._module(run, backward).number for run in each) if len(each) >= ROUNDS and self.scale else ()
        known = [self.short(x) for x in numbers if x is not None]
        if len(known) < 2:
            return paint
        return paint._replace(lines=(*paint.lines, f"× {len(each)}: {known[0]} … {known[-1]}"), rounds=numbers)

    def short(self, x: float) -> str:
        """A number on the scale in few letters."""
        return "✗" if x - x else share(x) if self.by == "saturation" else short(x)

    def marks(self, run: list[Folded]) -> Any:
        """What of a module is not to be folded away, as a bar among others: that something is not finite, or a layer is dead."""
        paints = [self._module(run, backward) for backward in (False, True)[: 1 + self.mirror]]
        silent = self._silent([n for box in run for n in box.made]).mark
        return [(silent, *(paint.lines if paint.mark == "wrong" else ())) for paint in paints]

    def _module(self, run: list[Folded], backward: bool, every: list[Folded] | None = None) -> Paint:
        """What is said of ``run``; of dead units, how many there are in ``every`` round."""
        d, lines, tone, mark, number = self.diagnosis, [], None, "", None
        made = [n for box in run for n in box.made]
        if self.by == "grad" and (backward or not self.apart):
            if s := self._module_gradient(run):
                whose = "" if any(n in d.gradients for n in self.parameters(run)) else "input "
                (tone, mark), lines, number = self.tone(s), [f"{whose}grad {s.words()}"], s.number
        elif self.by == "value" and not backward:
            if s := together(v for n in run[-1].out if (v := d.value(n))):
                (tone, mark), lines, number = self.tone(s), [s.words()], s.number
        elif self.by == "saturation" and self.scale and not backward:
            if (number := d.saturated(made)) is not None:
                tone, lines = self.scale.tone(number), [f"saturated {share(number)}"]
        elif not backward and (keys := [box.scope.call for box in run if box.scope.call in self.given]):
            tone, mark, words = self._number(*keys)
            lines, number = [words], max((self.given[key] for key in keys), key=abs)
        if not backward:
            silent = self._silent([n for box in every or run for n in box.made])
            lines, mark = [*lines, *silent.lines], mark or silent.mark
        inside = self.inside(run)
        values = not backward and any(s.nonfinite for n in inside if (s := d.value(n)))
        gradients = (backward or not self.apart) and any(s.nonfinite for n in inside if (s := d.gradient(n)))
        wrong = self.by is not None and (values or gradients)
        if wrong:
            said = [f"✗ {line}" if "not finite" in line else line for line in lines]
            lines = said if said != lines else [*lines, "✗ not finite" if values else "✗ grad not finite"]
        return self._marked(tone, mark, lines, wrong, inside, backward)._replace(number=number)

    def frame(self, scope: Scope) -> Paint:
        """The frame around a module that stands open: it may have a number of its own."""
        if scope.call not in self.given:
            return Paint()
        tone, mark, words = self._number(scope.call)
        return Paint(tone, mark, (words,))

    def width(self, a: Node, backward: bool = False) -> float:
        """Of an edge along which ``a``, or its gradient, flows; 0: as all others."""
        s = None
        if self.scale is None:
            return 0.0
        if self.by == "grad" and (backward or not self.apart or a in self.reading.backward):
            s = self._gradient(a)
        elif self.by == "value" and not backward:
            s = self.diagnosis.value(a)
        if s is None or s.nonfinite or not s.size:
            return 0.0
        return round(2 * 3 ** self.scale.tone(s.rms), 1)

    # What the mouse finds.
    def details(self, n: Node) -> list[str]:
        """The lines about the entries of ``n`` and of its gradient."""
        lines = self.gradient_details(n)
        if not shape_of(n):
            return lines
        value, gradient = self.diagnosis.value(n), self.diagnosis.gradient(n)
        if value:
            lines.insert(0, f"value: {value.words(largest=True)}")
        if n.is_leaf and value and gradient and (r := ratio(gradient, value)) is not None:
            lines.append(f"gradient / value: {short(r)}")
        return lines

    def gradient_details(self, n: Node) -> list[str]:
        s = self.diagnosis.gradient(n)
        if s is None:
            return []
        return [f"gradient: {s.words(largest=True) if shape_of(n) else repr(float(self.diagnosis.gradients[n]))}"]

    def module_details(self, run: list[Folded]) -> list[str]:
        """The lines about the parameters of a module, what comes out of it and what it hands back."""
        d, lines, parameters = self.diagnosis, [], self.parameters(run)
        value = together(s for n in parameters if (s := d.value(n)))
        slope = together(s for n in parameters if (s := d.gradient(n)))
        about = [
            ("parameters", value),
            ("gradient of its parameters", slope),
            ("output", together(s for n in run[-1].out if (s := d.value(n)))),
            ("gradient of its output", together(s for n in run[-1].out if (s := d.gradient(n)))),
            ("gradient of its input", together(s for n in run[0].into if (s := d.gradient(n)))),
        ]
        lines = [f"{what}: {s.words(largest=True)}" for what, s in about if s]
        if value and slope and (r := ratio(slope, value)) is not None:
            lines.insert(2, f"gradient / value: {short(r)}")
        return lines

    # Parts.
    def inside(self, run: list[Folded]) -> list[Node]:
        """What is in the box of a module, and in no other."""
        return [n for box in run for n in self._members.get(box.scope, ())]

    @cached_property
    def _members(self) -> dict[Scope, list[Node]]:
        found: dict[Scope, list[Node]] = {}
        for n, scope in self.modules.of.items():
            if n not in self.modules.roots:  # which have boxes of their own
                found.setdefault(scope, []).append(n)
        return found

    def parameters(self, run: list[Folded]) -> list[Node]:
        """Those in the box of a module."""
        return [n for n in self.inside(run) if n.is_leaf and n.requires_grad]

    def _module_gradient(self, run: list[Folded]) -> Statistics | None:
        """That of its parameters; where it has none, what it hands back to its input."""
        gradients = [s for n in self.parameters(run) if (s := self.diagnosis.gradient(n))]
        return together(gradients or (s for n in run[0].into if (s := self.diagnosis.gradient(n))))

    def _gradient_words(self, n: Node) -> tuple[str, bool]:
        """What is said of the gradient of ``n``, and whether it is to be marked as not finite."""
        s = self.diagnosis.gradient(n)
        assert s is not None
        text = s.words() if shape_of(n) else number(float(self.diagnosis.gradients[n]), self.style.precision)
        return text, s.nonfinite > 0 and self.by is not None

    def tone(self, s: Statistics | None) -> tuple[float | None, str]:
        """Of what is looked at: its tone, or its mark."""
        if s is None or not s.size or s.nonfinite:
            return None, ""
        if s.zeros == 1:
            return None, "dead"
        return (None if self.scale is None else self.scale.tone(s.rms)), ""

    def _number(self, *keys: Any) -> tuple[float | None, str, str]:
        """The tone, mark and words of numbers that were given: of several modules in one box, of the largest."""
        assert self.scale is not None
        x = max((self.given[key] for key in keys), key=abs)
        finite = x - x == 0
        return (self.scale.tone(x) if finite else None), "" if finite else "wrong", "✗ " * (not finite) + f"given {short(x)}"

    def _silent(self, nodes: list[Node]) -> Paint:
        """The dead units of the ReLUs among ``nodes``."""
        counts = [c for n in nodes if (c := self.diagnosis.dead(n))] if self.by is not None else []
        if not counts:
            return Paint()
        dead, units = (sum(column) for column in zip(*counts))
        return Paint(None, "dead" if dead and dead == units else "", (f"dead {dead} of {units}",) * bool(dead))

    def _marked(self, tone: float | None, mark: str, lines: list[str], wrong: bool, nodes: list[Node], backward: bool = False) -> Paint:
        """The paint of a box of ``nodes``; of one that is ``wrong``, with a word where that begins in it."""
        if not wrong:
            return Paint(tone, mark, tuple(lines))
        b = self.diagnosis.beginning
        shown = b is not None and (b.gradient == backward or not self.mirror)  # in a mirror, in one of two lanes
        if b is not None and shown and any(b.node is n for n in nodes):
            lines.append("begins here" if b.certain else "begins here or before")
        return Paint(tone, "wrong", tuple(lines))


def _given(reading: Reading, modules: Modules, numbers: Mapping[Any, Any]) -> dict[Any, float]:
    """The numbers of a dict by node, and by call of the module."""
    nodes = {key_of(n): n for n in reading.nodes}
    calls: dict[int, list[Any]] = {}
    for path in modules.around.values():
        for scope in path:
            if (module := scope.call.module()) is not None and scope.call not in (known := calls.setdefault(id(module), [])):
                known.append(scope.call)
    found: dict[Any, float] = {}
    for key, x in numbers.items():
        if not isinstance(key, Node) and not callable(key):
            raise TypeError(f"the keys of color= are Values, Tensors and modules, got {described(key)}")
        for part in key.entries() if isinstance(key, Node) else [key]:
            for there in [nodes[key_of(part)]] if isinstance(part, Node) and key_of(part) in nodes else calls.get(id(part), []):
                found[there] = float(number_of(x, "color: the number of a node or module"))
    if not found:
        raise ValueError(
            "color: none of the nodes and modules in the dict are in this graph; its keys are Values, Tensors (parameters, what the "
            "graph was made from) and modules that were called" + " (modules=True shows them)" * (not modules.around)
        )
    return found
