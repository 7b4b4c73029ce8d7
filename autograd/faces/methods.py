"""The operations as methods: every function of a chapter whose first parameter is ``x``, and every row, is one of `Tensor`; every
elementwise row of numbers is one of `Value`, as a kernel.

So a new operation is a method by standing in its chapter. Editors and type checkers read `methods.pyi`, which
``python -m tests.stubs`` writes; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from typing import Any

from autograd.core.node import Op
from autograd.faces.kernels import Kernel
from autograd.ops import counting, elementwise, joins, logic, moves, places, products, reduce, sorting
from autograd.ops.table import public

__all__ = ["CHAPTERS", "SYNONYMS", "OfTensors", "OfValues", "methods_of_tensors", "methods_of_values"]

CHAPTERS = (elementwise, moves, reduce, products, logic, places, sorting, counting, joins)
# numpy's names: np.arctan of an object array asks for them
ALIASES = {"arctan": "atan", "arcsin": "asin", "arccos": "acos", "rint": "round", "absolute": "abs"}
# PyTorch's other names of functions
SYNONYMS = {"arctan": "atan", "arcsin": "asin", "arccos": "acos", "clip": "clamp", "concat": "cat", "multiply": "mul", "ravel": "flatten"}


class OfTensors:
    """The operations as methods of a tensor."""

    __slots__ = ()


class OfValues:
    """The operations as methods of a Value."""

    __slots__ = ()


def methods_of_tensors() -> Iterator[tuple[str, str, Any]]:
    """For each its name, its chapter and what it is."""
    seen = set()  # a chapter may import rows of an earlier one
    for chapter in CHAPTERS:
        for name, thing in public(chapter).items():
            if name in seen:
                continue
            seen.add(name)
            if thing.vjps[:1] != (None,) or thing.arity == 2 if isinstance(thing, Op) else next(iter(signature(thing).parameters)) == "x":
                yield name, chapter.__name__.rpartition(".")[2], thing


def methods_of_values() -> Iterator[tuple[str, Any]]:
    """For each its name and what it is."""
    for name, thing in public(elementwise).items():
        if not isinstance(thing, Op) or (thing.differentiable and thing.arity in (1, 2)):
            yield name, thing


for _name, _, _thing in methods_of_tensors():
    setattr(OfTensors, _name, _thing)
for _name, _thing in methods_of_values():
    setattr(OfValues, _name, Kernel(_thing, _name) if isinstance(_thing, Op) else _thing)
for _alias, _name in ALIASES.items():
    setattr(OfValues, _alias, vars(OfValues)[_name])
for _alias, _name in SYNONYMS.items():
    if _name in vars(OfTensors):
        setattr(OfTensors, _alias, vars(OfTensors)[_name])
