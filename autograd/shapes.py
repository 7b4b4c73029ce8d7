"""The rows that know about shapes: reductions, products of matrices, views, joins and indexing.

Undoing a broadcast stands here, once, as `sum_to`; the engine calls it through `Node.fit`, so no rule mentions it.
The rows take positional arguments only, already checked; `functions` gives them PyTorch's names, defaults and errors.
Conventions for edge values are PyTorch's.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.errors import described
from autograd.graph import Op, each
from autograd.rules import exp, quiet, where

Dim = int | Sequence[int] | None
_ALL = tuple(range(64))  # more axes than an array may have


# Helpers that serve arrays and nodes alike.
def axes_of(dim: Dim, ndim: int) -> tuple[int, ...]:
    """``dim`` as a tuple of axes >= 0; None and () mean all of them."""
    if dim is None or (isinstance(dim, list | tuple) and not dim):
        return _ALL[:ndim]
    dims = list(dim) if isinstance(dim, list | tuple) else [dim]
    axes = []
    for d in dims:
        if isinstance(d, bool) or not isinstance(d, int | np.integer):
            raise TypeError(f"dim must be an int or a tuple of ints, got {described(d)}")
        if not -builtins.max(ndim, 1) <= d < builtins.max(ndim, 1):
            raise IndexError(
                f"dim {d} is out of range for {ndim} dimensions; expected {-builtins.max(ndim, 1)} to {builtins.max(ndim, 1) - 1}"
            )
        axes.append(int(d) % builtins.max(ndim, 1))
    if len(set(axes)) != len(axes):
        raise ValueError(f"dim {tuple(dims)} names the same dimension twice")
    return tuple(a for a in axes if a < ndim)


def axis_of(dim: int, ndim: int) -> int:
    return (axes_of(dim, ndim) or (0,))[0]


def _kept(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """``shape`` after a reduction with keepdim=True."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _spread(g: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """A reduced ``g`` back in the shape of ``x``."""
    if not isinstance(g, (np.ndarray, np.generic)):
        return broadcast_to_(g.reshape(_kept(x.shape, axes)), x.shape)
    g = g.reshape(_kept(x.shape, axes)) if g.ndim else g
    if math.prod(x.shape) > 8192:
        return np.broadcast_to(g, x.shape)
    z = np.empty(x.shape, g.dtype)  # a few numbers are written sooner than np.broadcast_to has made its view
    z[...] = g
    return z


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo a broadcast: sum ``g`` over the axes that were added or stretched, down to ``shape``.

    >>> sum_to(np.ones((4, 2, 3)), (2, 1)).tolist()
    [[12.0], [12.0]]
    """
    if g.shape == shape:
        return g
    lead = len(g.shape) - len(shape)
    if g.shape[lead:] == shape:
        axes = tuple(range(lead))
        return _sum(g, axes, False) if g.__class__ is np.ndarray else sum_(g, axes, False)
    axes = (*range(lead), *(i + lead for i, n in enumerate(shape) if n == 1 and g.shape[i + lead] != 1))
    return (sum_(g, axes, False) if axes else g).reshape(shape)


def _sum(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
    if axes == (0,) and not keepdim and x.ndim == 2 and x.dtype.kind == "f":
        return _quietly_summed(x)
    some = None if len(axes) == x.ndim else axes  # all of them are found sooner if numpy is not told which
    return np.add.reduce(x, some, np.int64 if x.dtype.kind in "biu" else None, None, keepdim)  # type: ignore[call-overload]


def _mean(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
    return _sum(x, axes, keepdim) / size_of(x, axes)


def rows_summed(x: np.ndarray) -> np.ndarray:
    """The sum over the first axis of a floating matrix: as ones @ x it takes BLAS, which is several times faster for short rows."""
    n = x.shape[0]
    if not x.flags.c_contiguous or x.shape[1] == 1:  # of a single column numpy adds in pairs, more exactly
        return x.sum(0)
    return np.dot(_ones(n, x.dtype) if n <= 4096 else np.ones(n, x.dtype), x)


_quietly_summed = quiet(rows_summed)  # as the products of matrices


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> np.ndarray:
    return np.ones(n, dtype)


def _top(x: np.ndarray, axes: Any) -> np.ndarray:
    """The largest entries, by which exponents are shifted: constants, also where the entries are Values."""
    if axes == 1 and x.ndim == 2 and x.dtype.kind == "f" and x.shape[1]:  # numpy is slow to begin each row
        if x.shape[1] <= 32:
            return np.maximum.reduce(np.ascontiguousarray(x.T), 0).reshape((-1, 1))
        return x[np.arange(x.shape[0]), x.argmax(1)].reshape((-1, 1))
    return (x.astype(np.float64) if x.dtype.kind == "O" else x).max(axis=axes, keepdims=True, initial=-np.inf)


def _total(x: np.ndarray, axis: int) -> Any:
    """The sum over one axis, which is kept; of rows by BLAS, as in `rows_summed`."""
    if axis == 1 and x.ndim == 2 and x.dtype.kind == "f" and x.shape[1] <= 4096 and x.flags.c_contiguous:
        return np.dot(x, _ones(x.shape[1], x.dtype)).reshape((-1, 1))
    return x.sum(axis=axis, keepdims=True)


def _logsumexp(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
    top = _top(x, axes)
    top = np.where(np.isfinite(top), top, 0)
    z = np.log(np.exp(x - top).sum(axis=axes, keepdims=True)) + top
    return z if keepdim else z.reshape([n for i, n in enumerate(x.shape) if i not in axes])


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x - _top(x, axis))
    return e / _total(e, axis)


def _log_softmax(x: np.ndarray, axis: int) -> np.ndarray:
    y = x - _top(x, axis)
    return y - np.log(_total(np.exp(y), axis))


def _cross_entropy(x: np.ndarray, index: np.ndarray) -> Any:
    last = x.ndim - 1
    y = x - _top(x, last)
    chosen = _rows(y)[np.arange(index.size), index.ravel()]
    return np.log(_total(np.exp(y), last)).reshape(index.shape) - chosen.reshape(index.shape)


def _put(g: np.ndarray, key: Any, shape: tuple[int, ...]) -> np.ndarray:
    z = np.zeros(shape, g.dtype)
    if _basic(key):
        z[key] = g
    else:
        np.add.at(z, key, g)  # a row taken twice gets both contributions
    return z


def _getitem(x: np.ndarray, key: Any) -> Any:
    if key.__class__ is tuple and len(key) == 1 and key[0].__class__ is np.ndarray and key[0].dtype.kind == "i":
        return x.take(key[0], 0)  # the same, and sooner begun
    return x[key]


def _basic(key: Any) -> bool:
    return all(k is None or k is Ellipsis or isinstance(k, int | slice) for k in key)


def _matmul(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.dot(x, y) if x.ndim == 2 == y.ndim else np.matmul(x, y)  # dot starts faster


def _times(x: Any, y: Any) -> Any:
    """The product of matrices in a rule: for arrays without a look at what they are."""
    return _matmul(x, y) if x.__class__ is np.ndarray is y.__class__ else matmul_(x, y)


def _linear(x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    z = _matmul(x, w.T)
    if b is not None:
        z += b
    return z


def _rows(x: Any) -> Any:
    """All but the last axis joined into one."""
    return x if x.ndim == 2 else x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The order of axes that undoes the order ``axes``."""
    return tuple(map(axes.index, range(len(axes))))


def _column(x: Any) -> Any:
    """With an axis of size 1 at the end."""
    return x.reshape((*x.shape, 1))


def _flipped(x: Any, axis: int) -> Any:
    return x[(*[slice(None)] * axis, slice(None, None, -1))]


def _mask(x: Any, z: Any, axes: tuple[int, ...]) -> Any:
    """1 where x is the extreme value z; a NaN is extreme."""
    z = z.reshape(_kept(x.shape, axes))
    return where(z == z, x == z, x != x) * _one(x)


def _one(x: Any) -> Any:
    return np.ones((), x.dtype)  # not a scalar, which a boolean tensor takes for a Python float, of the default dtype


def _extreme(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
        if any(x.shape[a] == 0 for a in axes):
            raise ValueError(f"the largest or smallest of nothing: dims {axes} of shape {tuple(x.shape)} are empty")
        return reduce(x, axis=axes, keepdims=keepdim)

    return compute


def _cat_rule(i: int, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    axis, starts = args[:2]
    return g[(*[slice(None)] * axis, slice(starts[i - 2], starts[i - 1]))]


# fmt: off
#              name          compute                                             one vjp per argument; None: not differentiable in it
sum_         = Op("sum",         _sum,                                               lambda g, z, x, axes, keepdim: _spread(g, x, axes), None, None)
mean_        = Op("mean",        quiet(_mean),                                       lambda g, z, x, axes, keepdim: _spread(g * (1 / size_of(x, axes)), x, axes), None, None)
amax_        = Op("max",         _extreme(np.max),                                   lambda g, z, x, axes, keepdim: _share(g, _mask(x, z, axes), axes), None, None)
amin_        = Op("min",         _extreme(np.min),                                   lambda g, z, x, axes, keepdim: _share(g, _mask(x, z, axes), axes), None, None)
cumsum_      = Op("cumsum",      lambda x, axis: np.cumsum(x, axis=axis, dtype=np.int64 if x.dtype.kind in "biu" else None),            lambda g, z, x, axis: _flipped(cumsum_(_flipped(g, axis), axis), axis), None)
# The norm at 0 has gradient 0: z is replaced by 1 where it is 0.
norm_        = Op("norm",        lambda x, axes, keepdim: np.sqrt((x * x).sum(axis=axes, keepdims=keepdim)),
                                                                                     lambda g, z, x, axes, keepdim: x * _spread(g / where(z == 0, _one(z), z), x, axes), None, None)
# The standard deviation of equal values has gradient 0; of one sample, both are NaN.
std_         = Op("std",         quiet(lambda x, axes, correction, keepdim: np.sqrt(_var(x, axes, correction, keepdim))),
                                                                                     lambda g, z, x, axes, correction, keepdim:
                                                                                         (x - mean_(x, axes, True)) * _spread(g / where(z == 0, _one(z), z) * over(size_of(x, axes) - correction), x, axes), None, None, None)
logsumexp_   = Op("logsumexp",   quiet(_logsumexp),                                  lambda g, z, x, axes, keepdim: _spread(g, x, axes) * exp(x - z.reshape(_kept(x.shape, axes))), None, None)
softmax_     = Op("softmax",     quiet(_softmax),                                    lambda g, z, x, axis: z * (g - sum_(g * z, (axis,), True)), None)
log_softmax_ = Op("log_softmax", quiet(_log_softmax),                                lambda g, z, x, axis: g - exp(z) * sum_(g, (axis,), True), None)
# The entries of -log_softmax(x, -1) at an index for each row.
cross_entropy_ = Op("cross entropy", quiet(_cross_entropy),                          lambda g, z, x, index:
                                                                                         (softmax_(x, len(x.shape) - 1) - (_column(index) == np.arange(x.shape[-1]))) * _column(g), None)

# BLAS sets the flag of an invalid operation now and then where every number is finite: nobody is warned of products.
matmul_      = Op("@",           quiet(_matmul),                                     lambda g, z, x, y: _times(g, y.mT),      lambda g, z, x, y: _times(x.mT, g))
linear_      = Op("linear",      quiet(_linear),                                     lambda g, z, x, w, *b: _times(g, w),     lambda g, z, x, w, *b: _times(_rows(g).mT, _rows(x)), lambda g, z, x, w, b: g)
cast_        = Op("to",          quiet(lambda x, dtype: x.astype(dtype)),            lambda g, z, x, dtype: g, None)  # the engine casts g back
clone_       = Op("clone",       lambda x: x.copy(),                                 lambda g, z, x: g)
reshape_     = Op("reshape",     lambda x, shape: x.reshape(shape),                  lambda g, z, x, shape: g.reshape(x.shape), None)
permute_     = Op("permute",     lambda x, axes: x.transpose(axes),                  lambda g, z, x, axes: permute_(g, _inverse(axes)), None)
broadcast_to_ = Op("broadcast",  np.broadcast_to,                                    lambda g, z, x, shape: g, None)  # the engine sums g down to x
cat_         = Op("cat",         lambda axis, starts, *xs: np.concatenate(xs, axis=axis), None, None, each(_cat_rule))
stack_       = Op("stack",       lambda axis, *xs: np.stack(xs, axis=axis),          None, each(lambda i, g, z, args: g[(*[slice(None)] * args[0], i - 1)]))
getitem_     = Op("[]",          _getitem,                                           lambda g, z, x, key: put_(g, key, x.shape), None)
put_         = Op("put",         _put,                                               lambda g, z, x, key, shape: g[key], None, None)
tril_        = Op("tril",        np.tril,                                            lambda g, z, x, k: tril_(g, k), None)
triu_        = Op("triu",        np.triu,                                            lambda g, z, x, k: triu_(g, k), None)
# fmt: on


def size_of(x: Any, axes: tuple[int, ...]) -> Any:
    n = math.prod(x.shape if len(axes) == len(x.shape) else [x.shape[a] for a in axes])
    return n if n else math.nan


def over(n: float) -> float:
    return 1 / n if n > 0 else math.inf if n == 0 else math.nan


def _var(x: np.ndarray, axes: tuple[int, ...], correction: float, keepdim: bool) -> Any:
    d = x - x.sum(axis=axes, keepdims=True) / np.asarray(size_of(x, axes), x.dtype)  # np.mean would warn of nothing to average
    return (d * d).sum(axis=axes, keepdims=keepdim) / np.asarray(builtins.max(size_of(x, axes) - correction, 0), x.dtype)


def _share(g: Any, mask: Any, axes: tuple[int, ...]) -> Any:
    return _spread(g, mask, axes) * (mask / sum_(mask, axes, True))


def _einsum_rule(i: int, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    ins, out, *xs = args
    i -= 2
    others = [(s, x) for j, (s, x) in enumerate(zip(ins, xs)) if j != i]
    reach = set(out).union(*(s for s, _ in others))
    kept = "".join(c for c in ins[i] if c in reach)  # an index of this operand alone was summed: g spreads over it
    d = einsum_((out, *(s for s, _ in others)), kept, g, *(x for _, x in others))
    shape = tuple(n if c in reach else 1 for c, n in zip(ins[i], xs[i].shape))
    return broadcast_to_(d.reshape(shape), xs[i].shape)


einsum_ = Op(
    "einsum", lambda ins, out, *xs: np.einsum(f"{','.join(ins)}->{out}", *xs, optimize=len(xs) > 2), None, None, each(_einsum_rule)
)


def _argmax_of(name: str) -> Op:
    def compute(x: np.ndarray, axis: int | None, keepdim: bool) -> np.ndarray:
        if x.size == 0:
            raise ValueError(f"{name} of nothing: the shape is {tuple(x.shape)}")
        return np.asarray(getattr(np, name)(x, axis=axis, keepdims=keepdim))

    return Op(name, compute, None, None, None)


argmax_, argmin_ = _argmax_of("argmax"), _argmax_of("argmin")

ROWS: dict[str, Op] = {
    row.name: row
    for row in (
        *(sum_, mean_, amax_, amin_, cumsum_, norm_, std_, logsumexp_, softmax_, log_softmax_, cross_entropy_),
        *(matmul_, linear_, cast_, clone_),
        *(reshape_, permute_, broadcast_to_, cat_, stack_, getitem_, put_, tril_, triu_, einsum_, argmax_, argmin_),
    )
}
