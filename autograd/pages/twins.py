"""Which parts of two graphs are the same: of two networks, of one before and after a step, of two initialisations.

Trees are laid beside each other from above, as a program lays two texts: what is called alike, in the same order, belongs together.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.drawing.statistics import measured, share
from autograd.pages.sides import Side
from autograd.pages.tree import Group
from autograd.program.words import shape_of

__all__ = ["compared", "twins"]


def twins(a: Side, b: Side) -> dict[Node | Group, Node | Group]:
    """The parts of ``a`` by those of ``b`` that they belong to."""
    found: dict[Node | Group, Node | Group] = {b.tree.whole: a.tree.whole}
    stack = [(a.tree.whole, b.tree.whole)]
    while stack:
        one, other = stack.pop()
        names, other_names = ([_signature(side, child) for child in group.children] for side, group in ((a, one), (b, other)))
        for tag, i, end, j, other_end in SequenceMatcher(None, names, other_names, autojunk=False).get_opcodes():
            if tag != "equal" and end - i != other_end - j:
                continue
            for k, (left, right) in enumerate(zip(one.children[i:end], other.children[j:other_end])):
                if names[i + k][:2] != other_names[j + k][:2]:  # of another name, it may still be the same
                    continue
                found[right] = left
                if isinstance(left, Group) and isinstance(right, Group):
                    stack.append((left, right))
    return found


def _signature(side: Side, part: Node | Group) -> tuple[str, ...]:
    """What makes two parts the same, whatever numbers are in them."""
    if isinstance(part, Group):
        counted = part.scope is None or part.scope.name.isdigit() or part.parent is side.tree.whole  # by its place, or a variable's name
        return ("group", part.scope.call.kind if part.scope else part.kind, "" if counted else part.title)
    if part.op is None or part.is_leaf:
        return ("leaf", str(part.requires_grad), side.reading.name(part))
    return ("operation", part.op.name, side.reading.name(part))


def compared(a: Side, b: Side, data: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Say in the ``data`` of both what differs, and name what is in ``b`` after its twin in ``a``."""
    same = twins(a, b)
    numbers = [{part: i for i, part in enumerate((*side.reading.nodes, *side.tree.groups))} for side in (a, b)]
    rows = [[*d["nodes"], *d["groups"]] for d in data]
    for part, twin in same.items():
        i, j = numbers[0][twin], numbers[1][part]
        rows[1][j]["twin"] = i if isinstance(twin, Node) else i - len(a.reading.nodes)
        if isinstance(part, Node) and isinstance(twin, Node) and (what := _difference(a, twin, b, part)):
            rows[0][i]["differs"] = rows[1][j]["differs"] = what
    known = set(same.values())
    for side, table, own in zip((a, b), rows, (known, set(same))):
        for row, thing in zip(table, (*side.reading.nodes, *side.tree.groups)):
            if thing not in own:
                row["differs"] = "only here"


def _difference(a: Side, n: Node, b: Side, m: Node) -> str:
    """What differs between two nodes, in words."""
    if shape_of(n) != shape_of(m):
        return "shape"
    about = [
        ("value", a.diagnosis.raw(n), b.diagnosis.raw(m)),
        ("gradient", a.diagnosis.gradients.get(n), b.diagnosis.gradients.get(m)),
    ]  # fmt: skip
    return ", ".join(f"{what} {by}" for what, x, y in about if x is not None and y is not None and (by := _distance(x, y)))


def _distance(x: Any, y: Any) -> str:
    """The rms of the difference by that of ``x``, in words; nothing where they are equal.

    >>> _distance([3.0, 4.0], [3.0, 5.0]), _distance(0.0, 1.0), _distance([float("nan")], [float("nan")])
    ('20 %', 'from 0', '')
    """
    with np.errstate(all="ignore"):
        one, other = np.asarray(x, dtype=np.complex128), np.asarray(y, dtype=np.complex128)
        if np.array_equal(one, other, equal_nan=True):
            return ""
        far = measured(np.abs(other - one))
    whole = measured(np.abs(one))
    if far.nonfinite or whole.nonfinite:
        return "not finite"
    return share(far.rms / whole.rms) if whole.rms else "from 0"
