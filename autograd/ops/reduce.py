"""Reductions: sums, means, extremes, norms, and what is normalised by one, such as softmax. The rows first, the checked functions below.

``axis`` is an alias of ``dim``, ``keepdims`` one of ``keepdim``. Conventions for edge values are PyTorch's. No rule sums a gradient
down to the shape of a broadcast argument: `Node.fit` does, once.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.core.mode import watching
from autograd.core.node import Node, Op
from autograd.core.symbols import POWER, SIGN
from autograd.errors import described, flag_of, number_of, within
from autograd.ops import fast
from autograd.ops.elementwise import _kinked, exp, flat_, maximum, minimum, sqrt, square, where
from autograd.ops.elementwise import abs as abs_
from autograd.ops.elementwise import pow as pow_
from autograd.ops.moves import broadcast_to_, cat, clone_, unsqueeze
from autograd.ops.places import _key_of
from autograd.ops.table import (
    Dim,
    axes_of,
    axis_of,
    dims,
    floating,
    given,
    numbers_of,
    over,
    quiet,
    row,
    size_of,
    written_along,
    written_over,
)  # fmt: skip


def _kept(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """``shape`` after a reduction with keepdim=True."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _spread(g: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """A reduced ``g`` broadcast back to the shape of ``x``."""
    if not isinstance(g, np.ndarray | np.generic):
        wide = broadcast_to_(g.reshape(_kept(x.shape, axes)), x.shape)
        # Where a replay is to give the same bits, it lies as it does below: the memory of what is made from it follows.
        return clone_(wide) if watching() is not None and math.prod(x.shape) <= fast.STRETCHED else wide
    return fast.stretched(np.reshape(g, _kept(x.shape, axes)) if g.ndim else g, x.shape)


def _sum(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
    if axes == (0,) and not keepdim and x.ndim == 2 and x.dtype.kind == "f":
        return _rows_summed(x)
    return np.add.reduce(x, axes, np.int64 if x.dtype.kind in "biu" else None, None, keepdim)  # type: ignore[call-overload]


def _sum_into(p: Any, z: np.ndarray, x: Any, axes: tuple[int, ...], keepdim: bool) -> list[str] | None:
    if axes == (0,) and not keepdim and x.raw.ndim == 2:
        return (
            [f"np.dot({p.ones(x.raw)}, {x}, OUT)"]
            if x.raw.flags.c_contiguous and x.raw.shape[1] != 1
            else [f"np.add.reduce({x}, 0, None, OUT)"]
        )
    return [f"np.add.reduce({x}, {axes}, None, OUT, {keepdim})"]


_rows_summed = quiet(fast.rows_summed)  # quiet for the reason that products of matrices are: BLAS


def _mean(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
    return _sum(x, axes, keepdim) / size_of(x, axes)


def _logsumexp(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
    top = fast.tops(x, axes)
    top = np.where(np.isfinite(top), top, 0)
    z = np.log(np.exp(x - top).sum(axis=axes, keepdims=True)) + top
    return z if keepdim else z.reshape([n for i, n in enumerate(x.shape) if i not in axes])


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x - fast.tops(x, axis))
    return e / fast.totals(e, axis)


def _log_softmax(x: np.ndarray, axis: int) -> np.ndarray:
    y = x - fast.tops(x, axis)
    return y - np.log(fast.totals(np.exp(y), axis))


def _rows(x: Any) -> Any:
    """All but the last axis joined into one."""
    return x if x.ndim == 2 else x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _cross_entropy(x: np.ndarray, index: np.ndarray) -> Any:
    last = x.ndim - 1
    y = x - fast.tops(x, last)
    chosen = _rows(y)[np.arange(index.size), index.ravel()]
    return np.log(fast.totals(np.exp(y), last)).reshape(index.shape) - chosen.reshape(index.shape)


def _column(x: Any) -> Any:
    """With an axis of size 1 at the end."""
    return x.reshape((*x.shape, 1))


def _flipped(x: Any, axis: int) -> Any:
    return x[(*[slice(None)] * axis, slice(None, None, -1))]


def _mask(x: Any, z: Any, axes: tuple[int, ...]) -> Any:
    """Is x the extreme value z? A NaN is."""
    z = z.reshape(_kept(x.shape, axes))
    return where(z == z, x == z, x != x)


def _one(x: Any) -> Any:
    return np.ones((), x.dtype)  # not a scalar, which a boolean tensor takes for a Python float, of the default dtype


def _flat_at(z: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """Where a reduction z of x is 0, in the shape of x."""
    return broadcast_to_((z == 0).reshape(_kept(x.shape, axes)), x.shape)


def _share(g: Any, mask: Any, axes: tuple[int, ...]) -> Any:
    return where(mask, _spread(g, mask, axes) / sum_(mask, axes, True), 0)  # not a product: the rest of an infinite g is 0


def _extreme(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
        if any(x.shape[a] == 0 for a in axes):
            raise ValueError(f"the largest or smallest of nothing: dims {axes} of shape {tuple(x.shape)} are empty")
        return reduce(x, axis=axes, keepdims=keepdim)

    return compute


def _var(x: np.ndarray, axes: tuple[int, ...], correction: float, keepdim: bool) -> Any:
    d = x - x.sum(axis=axes, keepdims=True) / np.asarray(size_of(x, axes), x.dtype)  # np.mean would warn of nothing to average
    return (d * d).sum(axis=axes, keepdims=keepdim) / np.asarray(builtins.max(size_of(x, axes) - correction, 0), x.dtype)


def _argmax_of(name: str) -> Op:
    def compute(x: np.ndarray, axis: int | None, keepdim: bool) -> np.ndarray:
        if x.size == 0:
            raise ValueError(f"{name} of nothing: the shape is {tuple(x.shape)}")
        return np.asarray(getattr(np, name)(x, axis=axis, keepdims=keepdim))

    return row(name, compute, None, None, None)


# Kernels for arrays of Values (``on_values``), where numpy's for objects would not do: ties share the gradient, a root at 0 has gradient
# 0, and a sum of no Values is the int 0, of which numpy takes no logarithm among objects.
def _extreme_of_values(compute: Callable[..., Any]) -> Callable[..., Any]:
    def on_values(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
        numbers = numbers_of(x)
        chosen = (numbers == compute(numbers, axes, True)) | np.isnan(numbers)
        shared = np.where(chosen, x, 0).sum(axis=axes, keepdims=keepdim)
        return shared / chosen.sum(axis=axes, keepdims=keepdim).astype(object)

    return on_values


def _root_of_squares(x: Any, axes: tuple[int, ...], keepdim: bool, scale: float = 1) -> Any:
    x = np.asarray(x, object)  # from a 0-d array numpy returns the entry itself
    total = np.asarray(x * x, object).sum(axis=axes, keepdims=keepdim)
    return np.frompyfunc(lambda v: flat_(v) if v == 0 else sqrt(v * scale if scale != 1 else v), 1, 1)(np.asarray(total, object))


def _std_of_values(x: np.ndarray, axes: tuple[int, ...], correction: float, keepdim: bool) -> Any:
    n = size_of(x, axes)
    return _root_of_squares(x - x.sum(axis=axes, keepdims=True) / n, axes, keepdim, over(n - correction))


def _or_empty(compute: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, *how: compute(x if x.size else x.astype(np.float64), *how)


# fmt: off
#              name          compute                                             one vjp per argument; None: not differentiable in it
sum_         = row("sum",      _sum,                                             lambda g, z, x, axes, keepdim: _spread(g, x, axes), None, None,
    into=_sum_into, **written_over("ag.sum", "Σ"), formula=lambda p, x, axes, keepdim: (f"Σ{p.below(axes, x)} {p(x, POWER)}", POWER))
mean_        = row("mean",     quiet(_mean),                                     lambda g, z, x, axes, keepdim: _spread(g * (1 / size_of(x, axes)), x, axes), None, None,
    **written_over("mean", "mean"))
mean_square_ = row("mean square", lambda x: (x * x).sum() / x.dtype.type(x.size or math.nan),
                                                                                 lambda g, z, x: x * (g * (2 * over(math.prod(x.shape)))),
    public="mean_square", write=lambda p, x: p.call("mean", square(x)), on_values=lambda x: np.frompyfunc(square, 1, 1)(x).sum() / (x.size or math.nan))
amax_        = row("max",      _extreme(np.max),                                 lambda g, z, x, axes, keepdim: _share(g, _mask(x, z, axes), axes), None, None,
    **written_over("amax", "max"), code=lambda x, *how: f"{x}.amax{how}", on_values=_extreme_of_values(_extreme(np.max)))
amin_        = row("min",      _extreme(np.min),                                 lambda g, z, x, axes, keepdim: _share(g, _mask(x, z, axes), axes), None, None,
    **written_over("amin", "min"), code=lambda x, *how: f"{x}.amin{how}", on_values=_extreme_of_values(_extreme(np.min)))
cumsum_      = row("cumsum",   lambda x, axis: np.cumsum(x, axis=axis, dtype=np.int64 if x.dtype.kind in "biu" else None), lambda g, z, x, axis: _flipped(cumsum_(_flipped(g, axis), axis), axis), None,
    **written_along("cumsum"))
# The norm at 0 has gradient 0: z is replaced by 1 where it is 0. There is no second derivative there.
norm_        = row("norm",     lambda x, axes, keepdim: np.sqrt((x * x).sum(axis=axes, keepdims=keepdim)),
                                                                                 lambda g, z, x, axes, keepdim:
                                                                                     _kinked(x * _spread(g / where(z == 0, _one(z), z), x, axes), x, lambda: _flat_at(z, x, axes)), None, None,
    **written_over("norm", "norm"), code=lambda x, *how: f"{x}.norm(2, {', '.join(map(str, how))})", on_values=_root_of_squares)
# The standard deviation of equal values has gradient 0; of one sample, both are NaN.
std_         = row("std",      quiet(lambda x, axes, correction, keepdim: np.sqrt(_var(x, axes, correction, keepdim))),
                                                                                 lambda g, z, x, axes, correction, keepdim:
                                                                                     _kinked((x - mean_(x, axes, True)) * _spread(g / where(z == 0, _one(z), z) * over(size_of(x, axes) - correction), x, axes), x,
                                                                                            lambda: _flat_at(z, x, axes)), None, None, None,
    **written_over("std", "std", "correction"), on_values=_std_of_values)
logsumexp_   = row("logsumexp", quiet(_logsumexp),                               lambda g, z, x, axes, keepdim: _spread(g, x, axes) * exp(x - z.reshape(_kept(x.shape, axes))), None, None,
    **written_over("logsumexp", "logsumexp"), kin=("shifted",), on_values=_or_empty(quiet(_logsumexp)))
softmax_     = row("softmax",  quiet(_softmax),                                  lambda g, z, x, axis: z * (g - sum_(g * z, (axis,), True)), None,
    **written_along("softmax"), kin=("shifted",))
log_softmax_ = row("log_softmax", quiet(_log_softmax),                           lambda g, z, x, axis: g - exp(z) * sum_(g, (axis,), True), None,
    **written_along("log_softmax"), sign="log\nsoftmax", kin=("shifted",), on_values=_or_empty(quiet(_log_softmax)))
# The entries of -log_softmax(x, -1) at an index for each row.
cross_entropy_ = row("cross entropy", quiet(_cross_entropy),                     lambda g, z, x, index:
                                                                                     (softmax_(x, len(x.shape) - 1) - (_column(index) == np.arange(x.shape[-1]))) * _column(g), None,
    public="", write=lambda p, x, index: f"-np.take_along_axis({p.call('log_softmax', x, dim=-1)}, {p(index)}[..., None], -1)[..., 0]",
    formula=lambda p, x, index: (f"−{p.call('log_softmax', x)}[{p(index)}]", SIGN), sign="cross\nentropy", kin=("shifted",), on_values=lambda x, index: _or_empty(quiet(_cross_entropy))(x, index.astype(np.int64)))
# fmt: on
mean_square_.on_array, mean_square_.into = (
    fast.mean_of_squares,
    lambda p, z, x: (
        [f"np.dot({x}.reshape(-1), {x}.reshape(-1), OUT)", f"np.true_divide(OUT, {x.raw.size}, OUT)"] if 0 < x.raw.size <= 2048 else None
    ),
)
argmax_, argmin_ = _argmax_of("argmax"), _argmax_of("argmin")


def _in(x: Any, dtype: Any, what: str) -> Any:
    if not isinstance(given(x, what), Node):
        raise TypeError(f"{what} takes dtype= for a Tensor, got {described(x)}; wrap it as tensor(...)")
    return x.to(dtype)


@dims
def sum(x: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum over ``dim`` (None: all). Integers and booleans sum to int64, unless a ``dtype`` is asked for.

    >>> from autograd import tensor
    >>> tensor([[1., 2.], [3., 4.]]).sum(dim=0)
    tensor([4., 6.])
    """
    if dtype is not None:
        return sum(_in(x, dtype, "sum"), dim, keepdim).to(dtype)
    return sum_(given(x, "sum"), axes_of(dim, x.ndim), flag_of(keepdim, "keepdim"))


@dims
def mean(x: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The arithmetic mean over ``dim`` (None: all), in a ``dtype`` if one is asked for; of nothing, NaN. Raises TypeError for integers.

    >>> from autograd import float32, tensor
    >>> tensor([1, 2]).mean(dtype=float32)
    tensor(1.5000)
    """
    x = x if dtype is None else _in(x, dtype, "mean")
    return mean_(floating(x, "mean"), axes_of(dim, x.ndim), flag_of(keepdim, "keepdim"))


def mean_square(x: Any) -> Any:
    """The mean of x * x over all entries, as one operation: a small step of training is noticeably faster than with two.

    Of nothing, NaN. Raises TypeError for integers.

    >>> from autograd import tensor
    >>> mean_square(tensor([1., 3.]))
    tensor(5.)
    """
    return mean_square_(floating(x, "mean_square"))


def _correction(correction: Any, unbiased: Any) -> float:
    return number_of(correction, "correction") if unbiased is None else int(flag_of(unbiased, "unbiased"))


@dims
def var(x: Any, dim: Dim = None, correction: float = 1, keepdim: bool = False, *, unbiased: Any = None) -> Any:
    """The variance over ``dim``: squared distances from the mean, divided by n - ``correction``."""
    axes = axes_of(dim, floating(x, "var").ndim)
    correction = _correction(correction, unbiased)
    return sum_(square(x - mean_(x, axes, True)), axes, flag_of(keepdim, "keepdim")) * over(size_of(x, axes) - correction)


@dims
def std(x: Any, dim: Dim = None, correction: float = 1, keepdim: bool = False, *, unbiased: Any = None) -> Any:
    """The standard deviation over ``dim``; equal values have gradient 0, one sample gives NaN."""
    axes = axes_of(dim, floating(x, "std").ndim)
    return std_(x, axes, _correction(correction, unbiased), flag_of(keepdim, "keepdim"))


@dims
def prod(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The product over ``dim`` (None: all); of nothing, 1.

    Halves are multiplied, then halves of halves: log2(n) products of slices, in which a zero among the factors needs no
    special case at any order of derivative.

    >>> from autograd import tensor, grad
    >>> x = tensor([0., 2., 3.], requires_grad=True)
    >>> grad(prod(x), x)[0]
    tensor([6., 0., 0.])
    """
    flat = given(x, "prod").reshape(-1) if dim is None else given(x, "prod")
    a = axis_of(0 if dim is None else dim, flat.ndim)
    ndim = x.ndim

    def at(s: Any) -> Any:
        return (*[slice(None)] * a, s)

    x = flat if flat.ndim else flat.reshape(1)
    if x.shape[a] == 0:
        return sum_(x, (a,), flag_of(keepdim, "keepdim")) + 1
    if x.dtype.kind in "biu":
        x = x.astype(np.int64) if isinstance(x, np.ndarray) else x.long()
    while (n := x.shape[a]) > 1:
        half = x[at(slice(0, n // 2))] * x[at(slice(n // 2, n // 2 * 2))]
        x = half if n % 2 == 0 else cat([half, x[at(slice(n - 1, n))]], a)
    x = x[at(0)]
    if not flag_of(keepdim, "keepdim"):
        return x
    return x.reshape((1,) * ndim) if dim is None else unsqueeze(x, a)


class Extreme(NamedTuple):
    """What ``max(dim=)`` and ``min(dim=)`` return."""

    values: Any
    indices: Any


def _pick(x: Any, dim: Any, keepdim: bool, arg: Callable[..., Any]) -> Extreme:
    keepdim = keepdim and x.ndim > 0
    x = x if x.ndim else x.reshape(1)
    a = axis_of(dim, x.ndim)
    index = arg(x, a, keepdim)
    return Extreme(x[_key_of(getattr(index, "raw", index), a, keepdim)], index)


@dims
def max(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest entry (ties share the gradient), ``(values, indices)`` along ``dim``, or the larger of two tensors.

    >>> from autograd import tensor
    >>> tensor([[1., 5.], [7., 2.]]).max(dim=1).indices
    tensor([1, 0])
    """
    return _max_or_min(x, dim, flag_of(keepdim, "keepdim"), amax, argmax, maximum)


@dims
def min(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest entry (ties share the gradient), ``(values, indices)`` along ``dim``, or the smaller of two tensors."""
    return _max_or_min(x, dim, flag_of(keepdim, "keepdim"), amin, argmin, minimum)


def _max_or_min(x: Any, dim: Any, keepdim: bool, full: Any, arg: Any, pair: Any) -> Any:
    given(x, pair.name)
    if dim is None:
        return full(x, keepdim=keepdim)
    return _pick(x, dim, keepdim, arg) if isinstance(dim, int | np.integer) else pair(x, dim)


@dims
def amax(x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """The largest entry over ``dim``; ties share the gradient evenly, a NaN takes all. Raises ValueError if empty."""
    return amax_(given(x, "amax"), axes_of(dim, x.ndim), flag_of(keepdim, "keepdim"))


@dims
def amin(x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """The smallest entry over ``dim``; ties share the gradient evenly, a NaN takes all. Raises ValueError if empty."""
    return amin_(given(x, "amin"), axes_of(dim, x.ndim), flag_of(keepdim, "keepdim"))


@dims
def argmax(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index (int64) of the largest entry along ``dim``, the first of equals; None: in the flattened tensor."""
    return argmax_(given(x, "argmax"), None if dim is None else axis_of(dim, x.ndim), flag_of(keepdim, "keepdim"))


@dims
def argmin(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index (int64) of the smallest entry along ``dim``, the first of equals; None: in the flattened tensor."""
    return argmin_(given(x, "argmin"), None if dim is None else axis_of(dim, x.ndim), flag_of(keepdim, "keepdim"))


@dims
def cumsum(x: Any, dim: int | None = None) -> Any:
    """Running sums along ``dim``."""
    a = axis_of(0 if dim is None else dim, given(x, "cumsum").ndim)
    return cumsum_(x, a) if x.ndim else sum_(x, (), False)


@dims
def norm(x: Any, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Any:
    """The p-norm over ``dim``, ``(sum |x|^p)^(1/p)``; ``p`` may be inf, 1, 2, 'fro' or any positive number.

    >>> from autograd import tensor
    >>> tensor([3., 4.]).norm()
    tensor(5.)
    """
    axes = axes_of(dim, floating(x, "norm").ndim)
    p = 2 if isinstance(p, str) and p == "fro" else number_of(p, "norm: p")
    if p == 2:
        return norm_(x, axes, flag_of(keepdim, "keepdim"))
    if p == math.inf:
        return amax_(abs_(x), axes, flag_of(keepdim, "keepdim"))
    if not p > 0:
        cure = {0: "; the entries that are not 0 are counted by (x != 0).sum()", -math.inf: "; the smallest size is x.abs().min()"}
        raise ValueError(f"norm: p must be a positive number, inf or 'fro', got {p!r}{cure.get(p, '')}")
    size = abs_(x)
    if p == 1:
        return sum_(size, axes, flag_of(keepdim, "keepdim"))
    total = sum_(pow_(size, p) if p > 1 else _power(size, p), axes, flag_of(keepdim, "keepdim"))
    return _power(total, 1 / p)


def _power(x: Any, p: Any) -> Any:
    """x ** p for x >= 0 and p < 1: where x is 0, and the power has no derivative, it is 0."""
    zero = x == 0
    return where(zero, flat_(x), pow_(where(zero, 1.0, x), p))


@dims
def logsumexp(x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """log(sum(exp(x))) over ``dim`` without overflow; of all -inf, -inf."""
    axes = axes_of(dim, floating(x, "logsumexp").ndim)
    return logsumexp_(x, axes, flag_of(keepdim, "keepdim")) if x.ndim else x * 1


@dims
def softmax(x: Any, dim: int | None = None) -> Any:
    """exp(x) / sum(exp(x)) along ``dim`` (default: the last).

    >>> from autograd import tensor
    >>> softmax(tensor([1000., 1000.]), 0)
    tensor([0.5000, 0.5000])
    """
    a = axis_of(-1 if dim is None else dim, floating(x, "softmax").ndim)
    return softmax_(x, a) if x.ndim else x * 0 + 1


@dims
def log_softmax(x: Any, dim: int | None = None) -> Any:
    """log(softmax(x)) along ``dim`` (default: the last), exact where softmax underflows."""
    a = axis_of(-1 if dim is None else dim, floating(x, "log_softmax").ndim)
    return log_softmax_(x, a) if x.ndim else x * 0


def softmax_cross_entropy(logits: Any, index: Any) -> Any:
    """-log(softmax(logits))[index] for each row: logits (..., classes) and class indices (...), integers, give (...).

    `nn.functional.cross_entropy` has reductions, weights and classes in dimension 1. Backward needs the logits, so that these
    must not be changed in place before it. Raises ValueError for shapes that do not fit
    and an index outside [0, classes), TypeError for logits that are not floating and indices that are no integers.

    >>> from autograd import tensor
    >>> softmax_cross_entropy(tensor([[0., 0.], [1000., -1000.]]), tensor([1, 0]))
    tensor([0.6931, 0.0000])
    """
    x = logits
    *rows, classes = floating(x, "softmax_cross_entropy").shape or (0, 0)
    if given(index, "softmax_cross_entropy").dtype.kind not in "iu":
        raise TypeError(f"softmax_cross_entropy: class indices are integers, got {index.dtype}; convert with .long() first")
    if not x.ndim or list(index.shape) != rows:
        raise ValueError(
            f"softmax_cross_entropy takes logits (..., classes) and one index for each row, got shapes {tuple(x.shape)} and "
            f"{tuple(index.shape)}"
        )
    numbers = getattr(index, "raw", index)
    if not within(numbers, classes):
        worst = numbers.min() if numbers.min() < 0 else numbers.max()
        raise ValueError(f"softmax_cross_entropy: class index {worst} is out of range for {classes} classes")
    return cross_entropy_(x, index)
