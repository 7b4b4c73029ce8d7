"""Tensors that were changed in place while they were recorded: the pasts of each, and the pass that lets a graph mean the right one.

A node is the tensor that users hold, and operations refer to it. So when it is changed, it becomes the result of the change, and a new
node takes over what it was; an operation that was recorded before the change still refers to the tensor, and means that one. `settle` puts
it right before a graph is walked or read. While no changed tensor is alive, nobody asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.core.hooks import Living
from autograd.core.node import Node

__all__ = ["CHANGED", "Past", "settle"]


class Past:
    """What a tensor was: ``(count, node)`` for each change, in order; it was ``node`` until the count of all changes reached ``count``."""

    __slots__ = ("__weakref__", "entries")

    def __init__(self) -> None:
        self.entries: list[tuple[int, Any]] = []
        CHANGED.enter(self)


CHANGED = Living()  # the pasts of all tensors


def settle(nodes: Iterable[Node]) -> None:
    """Settle ``nodes`` and all that they were made from."""
    stack = list(nodes)
    seen: set[int] = set()
    while stack:
        n = stack.pop()
        if id(n) not in seen:
            seen.add(id(n))
            n.settle()
            stack += [a for a in n.args if isinstance(a, Node)]
