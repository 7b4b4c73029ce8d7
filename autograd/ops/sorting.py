"""Order: sorting, the largest entries, the median, what is there at all. The rows first, the checked functions below.

A sort is two things, the order (`argsort`, through which no gradient flows) and entries taken in that order, by indexing. Equal entries
keep their order, and NaN counts as the largest.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd.errors import described, flag_of, int_of
from autograd.ops.places import _key_of
from autograd.ops.reduce import _extreme_of_values, _mask, _share
from autograd.ops.table import axis_of, dims, given, row


def _argsort(x: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)


def _middle(x: np.ndarray, axis: int) -> np.ndarray:
    """The place of the median along an axis: of two in the middle the lower one, of a NaN the first."""
    order, n = np.argsort(x, axis=axis, kind="stable"), x.shape[axis]
    numbers = n - np.isnan(x).sum(axis=axis, keepdims=True)
    return np.take_along_axis(order, np.where(numbers < n, numbers, (n - 1) // 2), axis)


def _median(x: np.ndarray) -> Any:
    flat = x.reshape(-1)
    return np.asarray(flat[_middle(flat.real, 0)[0]] if flat.size else np.nan, x.dtype)


def _median_of_values(x: np.ndarray) -> Any:
    shared = _extreme_of_values(lambda numbers, axes, keepdim: _median(numbers))
    return shared(x, _all(x), False) if x.size else np.nan


def _all(x: Any) -> tuple[int, ...]:
    return tuple(range(len(x.shape)))


def _unique(x: np.ndarray, axis: int | None, what: int) -> np.ndarray:
    found = np.unique(x, True, True, True, axis, equal_nan=False)[what]
    return found.reshape(x.shape if axis is None else -1) if what == 2 else found  # numpy 2.0 gives the places another shape


# fmt: off
argsort_ = row("argsort", _argsort, None, None, None)
middle_  = row("middle",  _middle,  None, None)
unique_  = row("unique",  _unique,  None, None, None)
# The gradient is shared by the entries that are equal to the median, as in PyTorch.
median_  = row("median",  _median,  lambda g, z, x: _share(g, _mask(x, z, _all(x)), _all(x)), on_values=_median_of_values)
# fmt: on


class Ordered(NamedTuple):
    """What `sort`, `topk` and ``median(dim=)`` return."""

    values: Any
    indices: Any


def _line(x: Any, name: str) -> Any:
    """``x`` with a dimension to sort along: of a 0-d tensor the one entry."""
    return x if given(x, name).ndim else x.reshape(1)


def _taken(x: Any, index: Any, axis: int, kept: bool = True) -> Any:
    return x[_key_of(getattr(index, "raw", index), axis, kept)]


@dims
def argsort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The places (int64) of the entries in the order of their size along ``dim``. It is stable in any case.

    >>> from autograd import tensor
    >>> argsort(tensor([3., 1., 2.]))
    tensor([1, 2, 0])
    """
    line, _ = _line(x, "argsort"), flag_of(stable, "stable")
    index = argsort_(line, axis_of(dim, line.ndim), flag_of(descending, "descending"))
    return index if x.ndim else index.reshape(())


@dims
def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Ordered:
    """The entries in the order of their size along ``dim``, as ``(values, indices)``. It is stable in any case; NaN counts as the largest.

    >>> from autograd import tensor
    >>> sort(tensor([3., 1., 2.]), descending=True).values
    tensor([3., 2., 1.])
    """
    line = _line(x, "sort")
    index = argsort(line, dim, descending, stable)
    values = _taken(line, index, axis_of(dim, line.ndim))
    return Ordered(values, index) if x.ndim else Ordered(values.reshape(()), index.reshape(()))


@dims
def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Ordered:
    """The ``k`` largest entries along ``dim`` (or smallest) as ``(values, indices)``. They are sorted in any case.

    Raises ValueError where there are fewer than ``k``.

    >>> from autograd import tensor
    >>> topk(tensor([3., 1., 2.]), 2).indices
    tensor([0, 2])
    """
    line, _ = _line(x, "topk"), flag_of(sorted, "sorted")
    axis, k = axis_of(dim, line.ndim), int_of(k, "topk: k", 0)
    if k > line.shape[axis]:
        raise ValueError(f"topk: there are {line.shape[axis]} entries along dim {axis} of shape {tuple(x.shape)}, got k={k}")
    index = argsort(line, dim, largest)[(*[slice(None)] * axis, slice(k))]
    values = _taken(line, index, axis)
    return Ordered(values, index) if x.ndim or not k else Ordered(values.reshape(()), index.reshape(()))


@dims
def median(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of all entries, or along ``dim`` as ``(values, indices)``; of two in the middle the lower one. A NaN is the median.

    Without ``dim`` entries that are equal to it share the gradient. Of nothing it is NaN; raises ValueError where that is no number of
    the dtype, and for an empty ``dim``.

    >>> from autograd import tensor
    >>> median(tensor([4., 1., 3., 2.]))
    tensor(2.)
    """
    keepdim = flag_of(keepdim, "keepdim")
    line = _line(x, "median")
    axis = axis_of(0 if dim is None else dim, line.ndim)
    if not line.shape[axis] if dim is not None else x.dtype.kind != "f" and 0 in line.shape:
        raise ValueError(f"median of nothing: the shape is {tuple(x.shape)}")
    if dim is None:
        return median_(x)
    index, keepdim = middle_(line, axis), keepdim and x.ndim > 0
    if not keepdim:
        index = index.reshape((*index.shape[:axis], *index.shape[axis + 1 :]))
    return Ordered(_taken(line, index, axis, keepdim), index)


def unique(x: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None) -> Any:
    """The entries without repetition, in order; with ``dim``, the slices along it. Each NaN is one of its own.

    With ``return_inverse``, a tuple with the place of each entry in the result; with ``return_counts``, with how often each came.

    >>> from autograd import tensor
    >>> unique(tensor([3, 1, 1]), return_counts=True)
    (tensor([1, 3]), tensor([2, 1]))
    """
    flag_of(sorted, "sorted")
    wanted = [0, *[2] * flag_of(return_inverse, "return_inverse"), *[3] * flag_of(return_counts, "return_counts")]
    axis = None if dim is None else axis_of(dim, given(x, "unique").ndim)
    if axis is not None and 0 in x.shape:
        raise ValueError(f"unique: there are no slices to compare in {described(x)}")
    found = [unique_(given(x, "unique"), axis if x.ndim else None, what) for what in wanted]
    return tuple(found) if len(found) > 1 else found[0]
