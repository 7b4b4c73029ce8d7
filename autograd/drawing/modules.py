"""Which modules of a picture stand as one box each, what is in the box, and which of them share one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograd.core.node import Node
from autograd.program.reading import Reading, Scope
from autograd.program.words import clean, shape, shape_of, size

__all__ = ["Folded", "Modules"]


class Folded(NamedTuple):
    """A module call as one box: what was made in it, what goes in and what comes out."""

    scope: Scope
    made: list[Node]
    into: list[Node]
    out: list[Node]


class Modules:
    """The module calls ``around`` each node. Beyond ``levels`` of them (None: never), ``of`` says in whose box a node is."""

    def __init__(self, reading: Reading, around: dict[Node, tuple[Scope, ...]], levels: int | None) -> None:
        self.reading, self.around, self.levels = reading, around, levels
        self.roots = set(reading.roots)
        self.of: dict[Node, Scope] = {}
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

    def frames(self, n: Node) -> tuple[Scope, ...]:
        """The frames that ``n``, or the box that it is in, stands in, the outermost first."""
        path = self.around.get(n, ())[: self.levels]
        return path[: path.index(self.of[n])] if self.of.get(n) in path else path

    def runs(self) -> list[list[Folded]]:
        """The boxes. Modules of one class in sequence, each with nothing but the result of the one before, stand as one."""
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

    def _follows(self, before: Folded, box: Folded) -> bool:
        if not (len(before.out) == len(box.into) == 1 and before.out[0] is box.into[0]):
            return False
        (between,) = box.into
        return (
            before.scope.call.kind == box.scope.call.kind
            and between not in self.roots
            and self.users(between) <= {before.scope, box.scope}
            and before.scope.parameters == box.scope.parameters
            and self.around[between][: self.levels] == self.around[box.out[0]][: self.levels]
            and {shape_of(n) for n in (*before.into, *before.out, *box.out)} == {shape_of(between)}
        )

    def label(self, run: list[Folded]) -> list[str]:
        """Its name, its shapes in and out, and how many parameters it has, if any."""
        title = run[0].scope.title if len(run) == 1 else f"{run[0].scope.call.kind} × {len(run)}"
        parameters = sum(self._parameters(box.scope) for box in run)
        label = [clean(title), f"{_shapes(run[0].into)} → {_shapes(run[-1].out)}"]
        return [*label, size(parameters, "parameter")] if parameters else label

    def _parameters(self, scope: Scope) -> int:
        """How many a module has; of one that is gone, or works on Values, how many are in the boxes of its calls."""
        inside = (n for n, s in self.of.items() if s.call.module is scope.call.module and n.is_leaf and n.requires_grad)
        return scope.parameters or sum(np.size(n.raw) for n in inside)


def _shapes(nodes: list[Node]) -> str:
    if nodes and not any(map(shape_of, nodes)):
        return str(len(nodes))  # as many numbers
    return ", ".join(shape(shape_of(n)) or "1" for n in nodes[:3]) + " …" * (len(nodes) > 3)
