"""What the numbers of a graph say of its health: how large each value and each gradient is, where the first number that is not finite
came from, which units are dead or saturated. Whatever shows a graph asks here; nothing is computed that is not asked for.

Gradients of what is no leaf are not kept by a backward, and of tensors not even the values: what is not known is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd.core.node import Node, Op
from autograd.drawing.flow import backward_pass, dense, released
from autograd.drawing.statistics import Statistics, measured
from autograd.faces.value import Value
from autograd.ops.elementwise import atan, elu_, erf, mul, relu, sigmoid, softplus, tanh
from autograd.ops.products import linear_
from autograd.program.reading import Reading
from autograd.program.words import shape_of

__all__ = ["Beginning", "Diagnosis", "computed_gradients", "dead_units", "flat_entries", "kept_gradients"]

# Rows that become flat, with their steepest slope. Saturated is what has less than a twentieth of it: a tanh beyond ±0.975.
SATURATE: dict[Op, float] = {relu: 1, elu_: 1, softplus: 1, tanh: 1, atan: 1, sigmoid: 0.25, erf: 2 / np.sqrt(np.pi)}
FLAT = 1 / 20
# A healthy unit is silent for one example in two: of fewer examples than these, some would be called dead by chance.
EXAMPLES = 8


class Beginning(NamedTuple):
    """The node with the first number that is not finite, in its value or in its ``gradient``; ``certain`` if all before it is known."""

    node: Node
    gradient: bool
    certain: bool


class Diagnosis:
    """Of a graph that was read, and those of its ``gradients`` that are known, by node."""

    def __init__(self, reading: Reading, gradients: Mapping[Node, Any]) -> None:
        self.reading, self.gradients = reading, gradients
        self._values: dict[Node, Statistics | None] = {}
        self._slopes: dict[Node, Statistics | None] = {}

    def value(self, n: Node) -> Statistics | None:
        """None where backward() let the value go, and the program holds it no more."""
        if n not in self._values:
            raw = self.raw(n)
            self._values[n] = None if raw is None else measured(raw)
        return self._values[n]

    def raw(self, n: Node) -> Any:
        """Its number or array; None as for `value`."""
        return self.reading.held.get(n, n).raw

    def gradient(self, n: Node) -> Statistics | None:
        """None where it is not known."""
        if n not in self._slopes:
            self._slopes[n] = measured(self.gradients[n]) if n in self.gradients else None
        return self._slopes[n]

    @cached_property
    def beginning(self) -> Beginning | None:
        """Where what is not finite begins: forward, or if all values are finite, on the way back."""
        for n in self.reading.nodes:
            if (s := self.value(n)) and s.nonfinite:
                return Beginning(n, False, all(self.value(a) is not None for a in self.reading.args(n) if isinstance(a, Node)))
        for n in reversed(self.reading.nodes):
            if (s := self.gradient(n)) and s.nonfinite:
                users = (u for u in self.reading.users.get(n, ()) if u.requires_grad and u not in self.reading.backward)
                return Beginning(n, True, all(u in self.gradients for u in users))
        return None

    def dead(self, n: Node) -> tuple[int, int] | None:
        """Of a ReLU, how many of its units (its last dimension) were 0 for every example, and how many there are; None: too few
        examples to tell, or not known.

        Where backward() let its values go, the gradient of the weights of the next layer tells: a unit that is always 0 gives them none,
        and any other hardly ever.
        """
        sizes = shape_of(n) if n.op is relu else ()
        if not sizes or 0 in sizes:
            return None
        raw = self.raw(n)
        if raw is not None:
            return dead_units(raw)
        silent = self._weights_without_gradient(n)
        return None if silent is None else _told(silent, int(np.prod(sizes)))

    def _weights_without_gradient(self, n: Node) -> np.ndarray | None:
        """For each unit of ``n``, whether no weight of the linear layer that takes it in got a gradient; None where nothing can be said."""
        at, users = n, self.reading.users.get(n, [])
        while len(users) == 1 and users[0].op is mul and shape_of(users[0]) == shape_of(n):
            at, users = users[0], self.reading.users.get(users[0], [])  # a dropout between them
        if len(users) != 1 or users[0].op is not linear_:
            return None
        into, *parameters = self.reading.args(users[0])
        if into is not at:
            return None
        got = [np.asarray(self.gradients[p]) for p in parameters if p in self.gradients]
        if len(got) < len(parameters) or not any(g.any() for g in got):  # no gradient came as far as that layer
            return None
        return np.logical_not(got[0].any(0))

    def saturated(self, nodes: Iterable[Node]) -> float | None:
        """The share of flat entries in the results of activations among ``nodes``; None where there are none, or their values are gone."""
        flat = size = 0
        for n in nodes:
            raw, args = self.raw(n), [self.raw(a) if isinstance(a, Node) else a for a in n.args]
            if n.op in SATURATE and raw is not None and args[0] is not None:
                flat, size = (a + b for a, b in zip((flat, size), flat_entries(n.op, raw, args)))
        return flat / size if size else None


def flat_entries(op: Op, raw: Any, args: list[Any]) -> tuple[int, int]:
    """How many entries of ``raw``, the result of a row that becomes flat, are so, and how many it has."""
    with np.errstate(all="ignore"):
        slope = np.abs(op.vjp(0, 1.0, raw, args))
    if slope.shape != np.shape(raw):
        slope = np.broadcast_to(slope, np.shape(raw))
    return int(np.count_nonzero(slope < FLAT * SATURATE[op])), slope.size


def dead_units(raw: Any) -> tuple[int, int] | None:
    """Of the result of a ReLU, how many of its units are 0 for every example, and how many there are; None: too few examples to tell."""
    x = np.asarray(raw)
    return _told(np.maximum.reduce(x.reshape(-1, x.shape[-1]), 0) == 0, x.size) if x.ndim and x.size else None


def _told(silent: np.ndarray, size: int) -> tuple[int, int] | None:
    """How many units are ``silent``, of how many, where their ``size`` entries are enough to tell."""
    count, units = int(np.count_nonzero(silent)), len(silent)
    enough = size >= EXAMPLES * units or (count == units and size >= EXAMPLES)
    return (count, units) if enough else None


def kept_gradients(reading: Reading, pairs: Iterable[tuple[Node, Node]], anyway: bool = False) -> dict[Node, Any]:
    """What is known without computing: ``.grad`` of leaves and of what retains it, and those recorded in ``pairs`` of a variable and its
    gradient. Of Values, whose ``.grad`` may be that of another graph, only if this graph's backward has been, or ``anyway``.
    """
    root = reading.roots[0]
    found: dict[Node, Any] = {}
    if anyway or root.grad is not None or (not isinstance(root, Value) and not reading.backward):
        for n in reading.nodes:
            grad = reading.held.get(n, n).grad
            grad = grad.raw if isinstance(grad, Node) else grad
            if grad is not None:
                found[n] = grad
    for v, g in pairs:  # the first derivative before those of higher order
        if g.raw is not None:
            found.setdefault(v, g.raw)
    return found


def computed_gradients(reading: Reading, inputs: list[Node] | None = None) -> tuple[dict[Node, Any], dict[Node, list[Any]]]:
    """The gradient of the first output with respect to everything on the way to ``inputs`` (None: to all leaves), and what was added up
    to each, where the graph still has its numbers; no ``.grad`` is touched. Empty where it does not, or was changed in place since, or
    the output is not one number."""
    addends: dict[Node, list[Any]] = {}
    if not reading.roots[0].requires_grad or released(reading):
        return {}, addends
    with suppress(RuntimeError):
        found, products = backward_pass(reading, inputs)
        for p in products:
            addends.setdefault(reading.args(p.n)[p.i], []).append(p.amount)
        return {n: dense(n, g) for n, g in found.items()}, addends
    return {}, addends
