"""A recorded graph as a straight-line program (a tape): inputs, one step an operation, outputs.

A listing prints the steps one by one, and the gradient check evaluates them with complex numbers, so that what is printed and what is
computed again are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd.core.node import Node, Op
from autograd.core.walk import ancestors

__all__ = ["Program", "Step"]


class Step(NamedTuple):
    """``op(*args)``, whose result goes into ``slot``. ``uses`` says which arguments are results, and in which slots these are."""

    slot: int
    op: Op
    args: tuple[Any, ...]  # numbers and arrays, as they were recorded
    uses: tuple[tuple[int, int], ...]  # place among the arguments, slot
    node: Node  # what was recorded


class Program:
    """The way from ``inputs`` to ``outputs``. Slots are numbered in order: the inputs first, then a slot for each step.

    Where no inputs are named, they are the leaves, constants among them. What does not depend on an input is a constant.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(5.0)
    >>> program = Program([x * y + x], [x])
    >>> [(s.op, s.args, s.uses) for s in program.steps]
    [(<*>, (2.0, 5.0), ((0, 0),)), (<+>, (10.0, 2.0), ((0, 1), (1, 0)))]
    >>> program([3.0]), program([3.0], lambda step, args: step.op.compute(*args) + 1)
    ([18.0], [20.0])
    """

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node] | None = None) -> None:
        nodes = ancestors(*outputs)
        self.outputs = list(outputs)
        self.inputs = [n for n in nodes if n.is_leaf] if inputs is None else list(inputs)
        self.slots: dict[int, int] = {id(n): i for i, n in enumerate(self.inputs)}  # by identity: Values compare as numbers
        self.steps: list[Step] = []
        for n in nodes:
            if id(n) not in self.slots and any(id(a) in self.slots for a in n.args):
                assert n.op is not None
                args = tuple(a.raw if isinstance(a, Node) else a for a in n.args)
                uses = tuple((j, self.slots[id(a)]) for j, a in enumerate(n.args) if id(a) in self.slots)
                self.slots[id(n)] = len(self.slots)
                self.steps.append(Step(self.slots[id(n)], n.op, args, uses, n))

    def slot(self, n: Node) -> int | None:
        """The slot of a node; None where it does not depend on an input."""
        return self.slots.get(id(n))

    def run(self, values: Sequence[Any], apply: Callable[[Step, list[Any]], Any]) -> list[Any]:
        """What is in each slot, from ``values`` for the inputs; ``apply`` is given each step and all that came before."""
        found = list(values)
        for step in self.steps:
            found.append(apply(step, found))
        return found

    def __call__(self, values: Sequence[Any], compute: Callable[[Step, list[Any]], Any] | None = None) -> list[Any]:
        """The outputs for other ``values`` of the inputs. ``compute(step, args)`` computes a step, by default as its row does."""

        def apply(step: Step, found: list[Any]) -> Any:
            args = list(step.args)
            for j, slot in step.uses:
                args[j] = found[slot]
            return step.op.compute(*args) if compute is None else compute(step, args)

        found = self.run(values, apply)
        return [n.raw if (slot := self.slot(n)) is None else found[slot] for n in self.outputs]
