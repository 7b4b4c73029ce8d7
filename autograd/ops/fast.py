"""Fast paths of numpy: the same numbers in less time. Each docstring begins with the plain expression that the function stands for.

Nothing here is needed to understand an operation, and each function may be replaced by its plain expression when numpy gets faster
there. (Numbers are ratios to its time: float32, one thread, numpy 2.4, best of interleaved runs.)
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.ops.table import held, numbers_of

_BOOL = np.dtype("bool")
_BITS: dict[Any, Any] = {np.dtype("float32"): np.dtype("uint32"), np.dtype("float64"): np.dtype("uint64")}
_FEW, _MANY = 2048, 65536
_NUMBERS = (int, float, bool)


@lru_cache(maxsize=4)
def _zeros(dtype: Any) -> np.ndarray:
    return np.zeros(_MANY, dtype)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> np.ndarray:
    return np.ones(n, dtype)


def relu(x: Any) -> Any:
    """np.maximum(x, 0), with as many zeros as numbers: 0.94 at 2,048 of them, 0.41 at 65,536."""
    if x.__class__ is not np.ndarray or x.dtype.kind != "f" or x.size < _FEW or x.shape[-1] > _MANY:
        return np.maximum(x, 0)
    zeros = _zeros(x.dtype)
    return np.maximum(x, zeros[: x.size].reshape(x.shape) if x.size <= _MANY else zeros[: x.shape[-1]])


def where(c: Any, a: Any, b: Any) -> Any:
    """np.where(c, a, b); a 0 among floats masks their bits: 0.42 at 2,048 of them, 0.09 at 65,536."""
    if c.__class__ is np.ndarray and c.dtype is _BOOL and c.size >= _FEW:
        if b.__class__ is np.ndarray and a.__class__ is int and a == 0 and (bits := _BITS.get(b.dtype)) is not None:
            return _masked(b, np.logical_not(c), bits)
        if a.__class__ is np.ndarray and b.__class__ is int and b == 0 and (bits := _BITS.get(a.dtype)) is not None:
            return _masked(a, c, bits)
    if (a.__class__ is int and a) or (b.__class__ is int and b):
        a, b = _beside(a, b), _beside(b, a)
    return (a if c else b) if c.__class__ is bool and a.__class__ in _NUMBERS and b.__class__ in _NUMBERS else np.where(c, a, b)


def _beside(a: Any, b: Any) -> Any:
    """An int in the dtype of the integers that it stands beside; numpy would take its last bits."""
    return held(np.asarray(a), b.dtype, "where") if a.__class__ is int and b.__class__ is np.ndarray and b.dtype.kind in "iu" else a


def _masked(x: np.ndarray, kept: np.ndarray, bits: Any) -> Any:
    if x.shape != kept.shape or not x.shape:
        return (x.view(bits) * kept).view(x.dtype)
    z = kept.astype(bits)
    return np.multiply(z, x.view(bits), z).view(x.dtype)  # in place, without an intermediate cast


STRETCHED = 8192  # so many numbers are copied


def stretched(g: Any, shape: tuple[int, ...]) -> np.ndarray:
    """np.broadcast_to(g, shape); for a few numbers a copy is faster than its view: 0.21 at 100×16."""
    if math.prod(shape) > STRETCHED:
        return np.broadcast_to(g, shape)
    z = np.empty(shape, g.dtype)
    z[...] = g
    return z


def rows_summed(x: np.ndarray) -> np.ndarray:
    """x.sum(0) of a floating matrix, as ones @ x by BLAS: 0.24 at 100×16, 0.47 at 256×256."""
    n = x.shape[0]
    if not x.flags.c_contiguous or x.shape[1] == 1:  # a single column numpy sums pairwise, which is more exact
        return x.sum(0)
    return np.dot(_ones(n, x.dtype) if n <= 4096 else np.ones(n, x.dtype), x)


def totals(x: np.ndarray, axis: int) -> Any:
    """x.sum(axis, keepdims=True), of rows as x @ ones by BLAS: 0.30 at 256×10."""
    if axis == 1 and x.ndim == 2 and x.dtype.kind == "f" and x.shape[1] <= 4096 and x.flags.c_contiguous:
        return np.dot(x, _ones(x.shape[1], x.dtype)).reshape((-1, 1))
    return x.sum(axis=axis, keepdims=True)


def tops(x: np.ndarray, axes: Any) -> np.ndarray:
    """x.max(axes, keepdims=True), of short rows by columns: 0.34 at 256×10. Of Values the maximum is a constant, their numbers'."""
    if axes == 1 and x.ndim == 2 and x.dtype.kind == "f" and 0 < x.shape[1] <= 32:
        return np.maximum.reduce(np.ascontiguousarray(x.T), 0).reshape((-1, 1))
    return (numbers_of(x) if x.dtype.kind == "O" else x).max(axis=axes, keepdims=True, initial=-np.inf)


def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """np.matmul(x, y), of matrices by np.dot: 0.88 at 100×16 @ 16×16."""
    return np.dot(x, y) if x.ndim == 2 == y.ndim else np.matmul(x, y)


def taken(x: np.ndarray, key: Any) -> Any:
    """x[key], of rows by take: 0.62 for 64 rows of 256×256."""
    if key.__class__ is tuple and len(key) == 1 and key[0].__class__ is np.ndarray and key[0].dtype.kind == "i":
        return x.take(key[0], 0)
    return x[key]


def mean_of_squares(d: np.ndarray) -> Any:
    """(d * d).sum() / d.size; of a few numbers as a dot product: 0.50 at 100×1. Many are summed pairwise, which is more exact."""
    flat = d.reshape(-1)
    return (flat.dot(flat) if flat.size <= 2048 else (flat * flat).sum()) / (flat.size or math.nan)
