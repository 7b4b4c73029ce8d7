"""What flows backward through a graph, product by product: for those who show the chain rule at work.

The engine accumulates gradients and forgets their summands. Here the same walk keeps each product of the chain rule.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd.core.node import Node
from autograd.faces.value import Value
from autograd.program.reading import Reading
from autograd.program.words import shape_of

__all__ = ["Product", "backward_pass", "dense", "needed", "released", "taking"]


class Product(NamedTuple):
    """What flows from the operation that made ``n`` into its argument ``i``: ``amount``, from ``g`` = dL/dn.

    ``before`` is the gradient that the argument had so far (None: none), ``after`` the sum.
    """

    n: Node
    i: int
    g: Any
    amount: Any
    before: Any
    after: Any


def dense(n: Node, gradient: Any) -> Any:
    """A gradient of ``n`` as a number or an array: on its way it may be a dict of few entries."""
    return gradient.dense(n) if hasattr(gradient, "dense") else gradient


def needed(reading: Reading, inputs: list[Node] | None = None) -> set[Node]:
    """The nodes that a gradient passes on its way from the first output to ``inputs`` (None: to every leaf that requires one)."""
    ends = None if inputs is None else set(inputs)
    found: set[Node] = set()
    for n in reading.nodes:
        if n not in reading.backward and n.requires_grad:
            if (n.is_leaf if ends is None else n in ends) or any(a in found for _, a in taking(reading, n)):
                found.add(n)
    below = {reading.roots[0]}
    for n in reversed(reading.nodes):
        if n in below:
            below.update(a for _, a in taking(reading, n) if a in found)
    return found & below


def taking(reading: Reading, n: Node) -> list[tuple[int, Node]]:
    """The arguments of ``n``, as they are shown, that its operation has a derivative for, with their places."""
    return [(i, reading.args(n)[i]) for i, _ in n.takes()]


def released(reading: Reading) -> bool:
    """Did a backward release what a walk through this graph would need?"""
    return any(n.raw is None or getattr(n, "saved_version", 0) < 0 for n in reading.nodes if not n.is_leaf)


def outdated(reading: Reading) -> str:
    """What is to be said where the data of a Value was set since, so that boxes disagree; else nothing. (Of tensors they show shapes.)"""
    results = (n for n in reading.nodes if isinstance(n, Value) and not n.is_leaf and not any(map(shape_of, n.args)))
    return "A number was set after it had been used: what was computed from it is older." if any(n.stale() for n in results) else ""


def backward_pass(reading: Reading, inputs: list[Node] | None = None) -> tuple[dict[Node, Any], list[Product]]:
    """The gradient of the first output with respect to each node on the way, and every product that made it, last operation first.

    Raises RuntimeError where saved tensors were changed or released, or the output is not one number.

    >>> from autograd import Value
    >>> from autograd.program.reading import read
    >>> x = Value(3.0)
    >>> gradients, products = backward_pass(read(x * x))
    >>> gradients[x], [(p.amount, p.before, p.after) for p in products]
    (6.0, [(3.0, None, 3.0), (3.0, 3.0, 6.0)])
    """
    root = reading.roots[0]
    on_the_way = needed(reading, inputs)
    gradients: dict[Node, Any] = {root: root.seed(None)}
    products = []
    with root.ieee():
        for n in reversed(reading.nodes):
            if n not in gradients or n not in on_the_way:
                continue
            g = gradients[n]
            shown = {i: a for i, a in taking(reading, n) if a in on_the_way}
            for i, _, amount in n.pull(g, shown):
                a = shown[i]
                before = gradients.get(a)
                gradients[a] = amount if before is None else before + amount
                products.append(Product(n, i, g, amount, before, gradients[a]))
    return gradients, products
