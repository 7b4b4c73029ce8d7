"""Which modules of a picture stand as one box each, what is in the box, and which of them share one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.core.node import Node
from autograd.program.reading import Reading, Scope
from autograd.program.words import clean, shape, shape_of, size

__all__ = ["ROUNDS", "Folded", "Modules", "Repeat", "shapes"]

PERIODS = (2, 3, 4)  # modules in a round; of those of one class, what repeats is one box
ROUNDS = 3  # with fewer, there is little to gain


class Folded(NamedTuple):
    """A module call as one box: what was made in it, what goes in and what comes out."""

    scope: Scope
    made: list[Node]
    into: list[Node]
    out: list[Node]


class Repeat(NamedTuple):
    """A frame around the first of several rounds of modules; the others look the same and are not drawn."""

    title: str
    number: int  # of the repeats of a picture, so that no two are equal


class Modules:
    """The module calls ``around`` each node. Beyond ``levels`` of them (None: never), ``of`` says in whose box a node is.

    Of modules that repeat, ``rounds`` says in which repeat and in which round of it a box is.
    """

    def __init__(self, reading: Reading, around: dict[Node, tuple[Scope, ...]], levels: int | None) -> None:
        self.reading, self.around, self.levels = reading, around, levels
        self.roots = set(reading.roots)
        self.of: dict[Node, Scope] = {}
        self.rounds: dict[Scope, tuple[Repeat, int]] = {}
        if levels is None:
            return
        outer = {path[k] for path in around.values() for k in range(len(path) - 1)}  # modules with others in them
        for n, path in around.items():
            if len(path) > levels:
                self.of[n] = path[levels]
            elif path and path[-1] not in outer:  # as the last of their kind, such as a loss beside a network
                self.of[n] = path[-1]

    def users(self, a: Node) -> set[Scope | None]:
        """The boxes of those who use ``a``; None: it is used outside of any."""
        return {self.of.get(n) for n in self.reading.users[a]}

    def frames(self, n: Node) -> tuple[Scope | Repeat, ...]:
        """The frames that ``n``, or the box that it is in, stands in, the outermost first."""
        if not self.around:
            return ()
        box = self.of.get(n)
        return (*self._outside(n), self.rounds[box][0]) if box in self.rounds else self._outside(n)

    def _outside(self, n: Node) -> tuple[Scope, ...]:
        path = self.around.get(n, ())[: self.levels]
        return path[: path.index(self.of[n])] if self.of.get(n) in path else path

    def skipped(self, a: Node, user: Node) -> bool:
        """Does an arrow from ``a`` to ``user`` lead into the next round of a repeat? Where one stands for all, it would turn back."""
        one, other = (self.rounds.get(self.of[n]) if n in self.of else None for n in (a, user))
        return one is not None and other is not None and one[0] is other[0] and one[1] != other[1]

    def boxes(self, marks: Callable[[list[Folded]], Any] = lambda run: None) -> list[list[list[Folded]]]:
        """What each box stands for: of modules that repeat, and of which the ``marks`` are the same, every round, the first of which
        is drawn."""
        runs, boxes, i = self._runs(), [], 0
        looks = [(_looks(run), marks(run)) for run in runs]
        while i < len(runs):
            found = [(period, self._rounds(runs, looks, i, period)) for period in PERIODS]
            period, rounds = max(found, key=lambda pair: (pair[0] * pair[1], -pair[0]))
            if rounds < ROUNDS:
                period = rounds = 1
            repeating = runs[i : i + period * rounds]
            boxes += [repeating[k::period] for k in range(period)]
            if rounds > 1:
                kinds = " → ".join(self.label(run)[0].rpartition(": ")[2] for run in repeating[:period])
                repeat = Repeat(f"({kinds}) × {rounds}", i)
                self.rounds |= {box.scope: (repeat, k // period) for k, run in enumerate(repeating) for box in run}
            i += len(repeating)
        return boxes

    def _rounds(self, runs: list[list[Folded]], looks: list[Any], i: int, period: int) -> int:
        """How often the modules that begin at ``i`` come, one round handing on to the next."""
        end = i + 1
        while end < len(runs) and self._hands_on(runs[end - 1][-1], runs[end][0]):
            if end >= i + period and looks[end] != looks[end - period]:
                break
            end += 1
        return (end - i) // period

    def _runs(self) -> list[list[Folded]]:
        """Modules of one class in sequence, each with nothing but the result of the one before, stand as one."""
        members: dict[Scope, list[Node]] = {}
        for n in self.reading.nodes:
            if n in self.of and not n.is_leaf:
                members.setdefault(self.of[n], []).append(n)
        seen = {a for a in self.reading.users if self.users(a) != {self.of.get(a)}} | self.roots  # from outside
        runs: list[list[Folded]] = []
        for scope, made in members.items():
            args = (a for n in made for a in self.reading.args(n) if isinstance(a, Node) and self.of.get(a) is not scope)
            into = dict.fromkeys(a for a in args if not (a.is_leaf and a in self.of))
            box = Folded(scope, made, list(into), [n for n in made if n in seen])
            if runs and self._follows(runs[-1][-1], box):
                runs[-1].append(box)
            else:
                runs.append([box])
        return runs

    def _hands_on(self, before: Folded, box: Folded) -> bool:
        """Is the one result of a module all that the next one takes, and nobody else, in the same frame?"""
        if not (len(before.out) == len(box.into) == 1 and before.out[0] is box.into[0]):
            return False
        (between,) = box.into
        alone = between not in self.roots and self.users(between) <= {before.scope, box.scope}
        return alone and self._outside(between) == self._outside(box.out[0])

    def _follows(self, before: Folded, box: Folded) -> bool:
        return (
            before.scope.call.kind == box.scope.call.kind
            and self._hands_on(before, box)
            and before.scope.parameters == box.scope.parameters
            and len({shape_of(n) for n in (*before.into, *before.out, *box.out)}) == 1
        )

    def label(self, run: list[Folded]) -> list[str]:
        """Its name, its shapes in and out, and how many parameters it has, if any."""
        title = run[0].scope.title if len(run) == 1 else f"{run[0].scope.call.kind} × {len(run)}"
        parameters = sum(self._parameters(box.scope) for box in run)
        label = [clean(title), f"{shapes(run[0].into)} → {shapes(run[-1].out)}"]
        return [*label, size(parameters, "parameter")] if parameters else label

    def _parameters(self, scope: Scope) -> int:
        """How many a module has; of one that is gone, or works on Values, how many are in the boxes of its calls."""
        inside = (n for n, s in self.of.items() if s.call.module is scope.call.module and n.is_leaf and n.requires_grad)
        return scope.parameters or sum(np.size(n.raw) for n in inside)


def _looks(run: list[Folded]) -> Any:
    """What two boxes have in common that look the same."""
    first = run[0]
    return [(box.scope.call.kind, box.scope.parameters) for box in run], shapes(first.into), shapes(run[-1].out)


def shapes(nodes: list[Node]) -> str:
    """What goes into a module, or comes out of it, in few letters."""
    if nodes and not any(map(shape_of, nodes)):
        return str(len(nodes))  # as many numbers
    return ", ".join(shape(shape_of(n)) or "1" for n in nodes[:3]) + " …" * (len(nodes) > 3)
