"""Entries by their places along one dimension: what `gather` takes, what a sort orders, what an extreme selects.

All of it is indexing, and so is its gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import described, within
from autograd.ops.table import axis_of, given


def _key_of(index: np.ndarray, axis: int, kept: bool = True) -> tuple[Any, ...]:
    """What picks, for each place in ``index``, the entry that lies there but for ``axis``, and along ``axis`` at the number found there.

    Where the axis was not ``kept``, ``index`` has all others.
    """
    shape = index.shape
    key = [np.arange(n).reshape((n, *[1] * (len(shape) - 1 - i))) for i, n in enumerate(shape)]
    key[axis : axis + kept] = [index]
    return tuple(key)


def _checked_key(name: str, x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    """The key of an ``index`` tensor that a user gave: of integers, of the dimensions of ``x``, nowhere larger but along ``dim``."""
    axis = axis_of(dim, given(x, name).ndim)
    numbers = getattr(given(index, f"{name}: the index"), "raw", index)
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"{name}: the index must hold integers, got {described(index)}; convert with .long() first")
    shape = x.shape or (1,)
    if numbers.ndim != len(shape) or any(n > m for a, (n, m) in enumerate(zip(numbers.shape, shape)) if a != axis):
        raise ValueError(
            f"{name}: an index of shape {tuple(index.shape)} does not fit shape {tuple(x.shape)}: "
            f"the same number of dimensions, and no size larger but along dim {axis}"
        )
    if not within(numbers, shape[axis]):
        worst = numbers.min() if numbers.min() < 0 else numbers.max()
        raise IndexError(f"{name}: index {worst} is out of range for dim {axis} of size {shape[axis]}")
    return _key_of(numbers.astype(np.int64), axis)


def gather(x: Any, dim: int, index: Any) -> Any:
    """The entries of ``x`` at ``index`` along ``dim``: ``z[i][j] = x[index[i][j]][j]`` for dim 0. The shape is that of ``index``.

    Raises IndexError for a place that there is not (PyTorch's ``gather`` counts from the end neither), ValueError for a shape that does not
    fit, TypeError for an index that holds no integers.

    >>> from autograd import tensor
    >>> gather(tensor([[1., 2.], [3., 4.]]), 1, tensor([[1], [0]]))
    tensor([[2.],
            [3.]])
    """
    key = _checked_key("gather", x, dim, index)
    return (x if x.ndim else x.reshape(1))[key]
