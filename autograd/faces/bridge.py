"""Between the layers: numbers into a tensor, a tensor into numbers, with gradients that flow back.

A tensor that is taken apart becomes one node (`scalars`), from which each Value takes its entry (`item`). The gradients of the entries
accumulate there as one sparse gradient, so that backward stays linear in their number.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.node import Node, Op, each
from autograd.core.symbols import ATOM, Symbol

__all__ = ["SparseGradient", "item", "pack", "scalars"]


class SparseGradient(dict[int, Any]):
    """A sparse gradient: those of some entries of a tensor, by flat index, or of some outputs of a `Function`. It is summed in place."""

    def __add__(self, other: SparseGradient) -> SparseGradient:
        for i, g in other.items():
            self[i] = self[i] + g if i in self else g
        return self

    def dense(self, like: Any) -> Any:
        size = math.prod(like.shape)
        if any(getattr(g, "shape", ()) for g in self.values()):  # of outputs, which lie one after the other
            flat = np.concatenate([np.ravel(getattr(self[i], "raw", self[i])) for i in sorted(self)])
            return flat.reshape(like.shape) if flat.size == size else flat  # of some outputs: what has arrived
        if any(isinstance(g, Node) for g in self.values()):
            return like.record(pack, (tuple(like.shape), like.dtype, *(self.get(i, 0.0) for i in range(size))))
        flat = np.zeros(size, like.dtype)
        flat[list(self)] = list(self.values())
        return flat.reshape(like.shape)


def _entry(i: int, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    """The gradient of one Value in a tensor."""
    if not isinstance(g, Node):
        return g.item(i - 2)
    flat = g.record(scalars, (g,))
    return flat.record(item, (flat, i - 2)) if isinstance(g, Symbol) else args[i].record(item, (flat, i - 2))


def _written_packed(p: Any, shape: tuple[int, ...], dtype: Any, *values: Any) -> str:
    if not shape:
        return f"np.{dtype.name}({p(values[0])})"
    flat = f"np.array([{', '.join(map(p, values))}], dtype=np.{dtype.name})"
    return flat if len(shape) == 1 else p.call(f"{flat}.reshape", *shape)


def across(name: str, compute: Any, *vjps: Any, **known: Any) -> Op:
    made = Op(name, compute, *vjps, **known)
    made.across = made.tabled = True
    return made


# fmt: off
pack    = across("tensor", lambda shape, dtype, *values: np.array(values, dtype).reshape(shape), None, None, each(_entry), sign="gather", write=_written_packed)
scalars = across("values", lambda x: x,                  lambda g, z, x: g.dense(x), sign="scatter", write=lambda p, x: f"{p(x, ATOM)}.reshape(-1)")
item    = across("item",   lambda x, i: x.item(i) * 1.0, lambda g, z, x, i: SparseGradient({i: g}), None, sign=lambda p, x, i=0: f"[{i}]", write=lambda p, x, i: f"{p(x, ATOM)}[{i}].item()")
# fmt: on
