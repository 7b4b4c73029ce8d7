"""Entries by their places along one dimension: what `gather` takes, what a sort orders, what an extreme selects.

All of it is indexing, and so is its gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.mode import watching
from autograd.errors import described, within
from autograd.ops.table import axis_of, given
from autograd.replay import again


def _key_of(index: np.ndarray, axis: int, kept: bool = True) -> tuple[Any, ...]:
    """What picks, for each place in ``index``, the entry that lies there but for ``axis``, and along ``axis`` at the number found there.

    Where the axis was not ``kept``, ``index`` has all others.
    """
    shape = index.shape
    key = [np.arange(n).reshape((n, *[1] * (len(shape) - 1 - i))) for i, n in enumerate(shape)]
    key[axis : axis + kept] = []
    if (watch := watching()) is not None:
        for numbers in key:
            watch.constant(numbers)
    return (*key[:axis], index, *key[axis:])


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
    _check(name, index, axis, shape[axis])
    return _key_of(_long(index), axis)


@again
def _check(name: str, index: Any, axis: int, size: int) -> None:
    """Raises IndexError for a place that there is not."""
    places = getattr(index, "raw", index)
    if not within(places, size):
        worst = places[(places < 0) | (places >= size)].reshape(-1)[0]
        raise IndexError(f"{name}: index {worst} is out of range for dim {axis} of size {size}")


def _long(index: Any) -> np.ndarray:
    """The numbers of an index in int64."""
    numbers: np.ndarray = index.long().raw if hasattr(index, "raw") else index.astype(np.int64)
    return numbers


def _key_of_slices(name: str, x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    """The key of the slices along ``dim`` that a user's ``index`` names, a tensor of integers of one dimension or none."""
    axis = axis_of(dim, given(x, name).ndim)
    numbers = getattr(given(index, f"{name}: the index"), "raw", index)
    if numbers.ndim > 1 or numbers.dtype.kind not in "iu":
        raise ValueError(f"{name}: the index must hold integers, of one dimension, got {described(index)}")
    _check(name, index, axis, (x.shape or (1,))[axis])
    return (*[slice(None)] * axis, _long(index.reshape(-1)))


def index_select(x: Any, dim: int, index: Any) -> Any:
    """The slices of ``x`` along ``dim`` at the places in ``index``, integers of one dimension; one may come twice.

    Raises IndexError for a place that there is not (it does not count from the end), ValueError for another index.

    >>> from autograd import tensor
    >>> index_select(tensor([[1., 2.], [3., 4.]]), 1, tensor([1, 1]))
    tensor([[2., 2.],
            [4., 4.]])
    """
    key = _key_of_slices("index_select", x, dim, index)
    if x.ndim:
        return x[key]
    if len(key[0]) != 1:
        raise ValueError(f"index_select: of a 0-d tensor there is one slice, got {described(index)}")
    return x.reshape(1)[key].reshape(())


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
