"""Tensors beside one another and in parts: what `cat`, `split` and broadcasting give under further names. No row is needed for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import described, int_of, name_of
from autograd.ops.moves import _joined, broadcast_to, cat, split
from autograd.ops.table import axis_of, given


def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """``x`` split along ``dim`` into at most ``chunks`` views of one size, but for the last, which may be smaller.

    >>> from autograd import arange
    >>> [part.tolist() for part in chunk(arange(5), 3)]
    [[0, 1], [2, 3], [4]]
    """
    chunks = int_of(chunks, "chunk: chunks", 1, 2**31)
    if not given(x, "chunk").ndim:
        raise ValueError(f"chunk needs at least one dimension, got shape {tuple(x.shape)}")
    n = x.shape[axis_of(dim, x.ndim)]
    return split(x, -(-n // chunks) if n else [0] * chunks, dim)


def unbind(x: Any, dim: int = 0) -> tuple[Any, ...]:
    """The slices of ``x`` along ``dim``, which is gone from each: views. Raises ValueError for a 0-d tensor.

    >>> from autograd import arange
    >>> [part.tolist() for part in unbind(arange(4).reshape(2, 2), 1)]
    [[0, 2], [1, 3]]
    """
    if not given(x, "unbind").ndim:
        raise ValueError(f"unbind needs at least one dimension, got shape {tuple(x.shape)}")
    axis = axis_of(dim, x.ndim)
    return tuple(x[(*[slice(None)] * axis, i)] for i in range(x.shape[axis]))


def hstack(tensors: Sequence[Any]) -> Any:
    """The tensors joined along dimension 1; those of one dimension or none along dimension 0."""
    xs = [x if x.ndim else x.reshape(1) for x in _joined(tensors, "hstack")]
    return cat(xs, 0 if xs[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Any]) -> Any:
    """The tensors joined along dimension 0, those of one dimension or none as rows.

    >>> from autograd import tensor
    >>> vstack([tensor([1., 2.]), tensor([3., 4.])])
    tensor([[1., 2.],
            [3., 4.]])
    """
    return cat([x if x.ndim > 1 else x.reshape((1, -1)) for x in _joined(tensors, "vstack")], 0)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """The coordinates of a grid: for each of n tensors of one dimension or none, one of n dimensions in which it varies along its own.

    ``indexing="xy"`` exchanges the first two, as for pictures. The results are views.

    >>> from autograd import arange
    >>> [grid.tolist() for grid in meshgrid(arange(2), arange(3))]
    [[[0, 0, 0], [1, 1, 1]], [[0, 1, 2], [0, 1, 2]]]
    """
    name_of(indexing, "meshgrid: indexing", "ij", "xy")
    if not tensors:
        raise ValueError("meshgrid takes one tensor for each dimension, got nothing")
    xs = _joined(tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors, "meshgrid")
    for x in xs:
        if x.ndim > 1 or x.dtype != xs[0].dtype:
            raise ValueError(f"meshgrid takes tensors of one dimension or none, of one dtype, got {', '.join(map(described, xs))}")
    places = list(range(len(xs)))
    if indexing == "xy" and len(xs) > 1:
        places[:2] = 1, 0
    sizes = [x.shape[0] if x.ndim else 1 for x in xs]
    shape = tuple(sizes[places.index(a)] for a in range(len(xs)))
    return tuple(broadcast_to(x.reshape((n, *[1] * (len(xs) - 1 - a))), shape) for x, a, n in zip(xs, places, sizes))
