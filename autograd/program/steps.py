"""Straight-line programs (tapes): inputs, steps in order, outputs.

One is read off a recorded graph: a listing prints its steps one by one, and the gradient check evaluates them with complex numbers. Another
is what a watched call did, changes in place and draws of random numbers included: `autograd.compiling` writes it as numpy calls. So what
is printed, what is computed again and what is replayed are steps of one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd.core.node import Node, Op
from autograd.core.walk import ancestors

__all__ = ["Bind", "Call", "Change", "Live", "New", "Program", "Ref", "Row", "Step", "Still"]


class Ref(NamedTuple):
    """The array in a slot."""

    slot: int


class Still(Ref):
    """The array in a slot as a constant: no gradient flows through it, for it was detached, or gradients were off."""

    __slots__ = ()


class Live(NamedTuple):
    """A float that a step `Call` gives."""

    number: int


class Row(NamedTuple):
    """``out`` becomes ``op(*args)``. ``node`` is what was recorded, where the program was read off a graph."""

    op: Op
    args: tuple[Any, ...]  # numbers and arrays as they were recorded, references to what is in a slot
    out: int
    node: Any = None

    @property
    def uses(self) -> tuple[tuple[int, int], ...]:
        """Which arguments are references: place among the arguments, slot."""
        return tuple([(j, a.slot) for j, a in enumerate(self.args) if isinstance(a, Ref)])


class New(NamedTuple):
    """``out`` is a new array with the entries of a constant."""

    out: int


class Change(NamedTuple):
    """``compute(target, operand, target)``: a change in place of ``tensor``."""

    compute: Callable[..., Any]
    target: int
    operand: Any
    tensor: Any


class Call(NamedTuple):
    """``function(*args)`` is called again. It gives arrays (their slots), floats (their numbers), or nothing."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    outs: Any


class Bind(NamedTuple):
    """The gradient of ``tensor`` becomes a tensor on ``slot``, or None."""

    tensor: Any
    slot: int | None


Step = Row | New | Change | Call | Bind


class Program:
    """The way from ``inputs`` to ``outputs``. Slots are numbered in order: the inputs first, then a slot for each step.

    Where no inputs are named, they are the leaves, constants among them. What does not depend on an input is a constant.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(5.0)
    >>> program = Program([x * y + x], [x])
    >>> [(s.op, s.args, s.out) for s in program.steps]
    [(<*>, (Ref(slot=0), 5.0), 1), (<+>, (Ref(slot=1), Ref(slot=0)), 2)]
    >>> program([3.0]), program([3.0], lambda step, args: step.op.compute(*args) + 1)
    ([18.0], [20.0])
    """

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node] | None = None) -> None:
        nodes = ancestors(*outputs)
        self.outputs = list(outputs)
        self.inputs = [n for n in nodes if n.is_leaf] if inputs is None else list(inputs)
        self.slots: dict[int, int] = {id(n): i for i, n in enumerate(self.inputs)}  # by identity: Values compare as numbers
        self.steps: list[Row] = []
        for n in nodes:
            if id(n) not in self.slots and any(id(a) in self.slots for a in n.args):
                assert n.op is not None
                own = [Ref(self.slots[id(a)]) if id(a) in self.slots else a.raw if isinstance(a, Node) else a for a in n.args]
                self.slots[id(n)] = len(self.slots)
                self.steps.append(Row(n.op, tuple(own), self.slots[id(n)], n))

    def slot(self, n: Node) -> int | None:
        """The slot of a node; None where it does not depend on an input."""
        return self.slots.get(id(n))

    def run(self, values: Sequence[Any], apply: Callable[[Row, list[Any]], Any]) -> list[Any]:
        """What is in each slot, from ``values`` for the inputs; ``apply`` is given each step and all that came before."""
        found = list(values)
        for step in self.steps:
            found.append(apply(step, found))
        return found

    def __call__(self, values: Sequence[Any], compute: Callable[[Row, list[Any]], Any] | None = None) -> list[Any]:
        """The outputs for other ``values`` of the inputs. ``compute(step, args)`` computes a step, by default as its row does."""

        def apply(step: Row, found: list[Any]) -> Any:
            args = list(step.args)
            for j, slot in step.uses:
                args[j] = found[slot]
            return step.op.compute(*args) if compute is None else compute(step, args)

        found = self.run(values, apply)
        return [n.raw if (slot := self.slot(n)) is None else found[slot] for n in self.outputs]
