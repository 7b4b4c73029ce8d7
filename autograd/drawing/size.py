"""How large a graph is, and whether a picture of it can be laid out: to be asked before drawing."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd.core.node import Node
from autograd.core.walk import ancestors
from autograd.program.reading import Reading, outputs_of

__all__ = ["Size", "graph_size", "size_of"]


class Size(NamedTuple):
    """The size of a graph.

    ``operations`` and ``values`` (their results and what they start from) are the circles and boxes of a picture, ``depth`` the
    longest chain of operations. ``predictor`` says what a layout by Graphviz costs: boxes and circles, and for each arrow the
    ranks that it leaps over. Up to about 2,000 it takes less than a second, up to 5,000 a few, beyond that it may take minutes.
    """

    operations: int
    values: int
    depth: int
    predictor: int

    def __str__(self) -> str:
        return f"{self.operations:,} operations, {self.values:,} variables, depth {self.depth:,}"


def graph_size(outputs: Any) -> Size:
    """The size of the graph that led to ``outputs``, in time linear in it.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> y = x
    >>> for _ in range(18):
    ...     y = y + y
    >>> graph_size(y)
    Size(operations=18, values=19, depth=18, predictor=37)
    """
    return _measured(ancestors(*outputs_of(outputs, "graph_size")))


def size_of(reading: Reading) -> Size:
    """The size of a graph that was read."""
    return _measured(reading.nodes)


def _measured(nodes: list[Node]) -> Size:
    level: dict[Node, int] = {}  # of an operation: the longest chain up to it
    first: dict[Node, int] = {}  # of a leaf: the level before its first use, where a layout puts it
    arrows = []
    for n in nodes:
        if n.is_leaf or not (args := n.args):
            continue
        into = [a for a in args if isinstance(a, Node)]
        level[n] = own = 1 + max([level.get(a, 0) for a in into], default=0)
        for a in into:
            arrows.append((a, own))
            if a not in level:
                first[a] = min(first.get(a, own), own)
    leaps = sum(2 * (own - (level[a] if a in level else first[a] - 1)) - 2 for a, own in arrows)
    return Size(len(level), len(nodes), max(level.values(), default=0), len(nodes) + len(level) + leaps)
