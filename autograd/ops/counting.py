"""Counting and drawing: how often which entry comes, and places drawn by their probabilities. No gradient flows through a count."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import described, flag_of, int_of, is_many, number_of
from autograd.ops.table import given, quiet, row
from autograd.random import Generator, source
from autograd.replay import again


def _bincount(x: np.ndarray, weights: Any, minlength: int) -> np.ndarray:
    counts = np.bincount(x.astype(np.int64), weights, minlength)
    return counts if weights is None else counts.astype(weights.dtype)


def _histogram(x: np.ndarray, weight: Any, bins: Any, limits: Any, density: bool, what: int) -> np.ndarray:
    return np.histogram(x, bins, limits, density, weight)[what].astype(x.dtype)


def _drawn(p: np.ndarray, uniform: np.ndarray, replacement: bool) -> np.ndarray:
    """With replacement, where a uniform number falls among the running sums; without, the first of exponential clocks of these rates."""
    if not replacement:
        waits = np.where(p > 0, -np.log1p(-uniform) / p, np.inf)
        return np.argsort(waits, axis=-1, kind="stable")
    sums = np.cumsum(p, axis=-1, dtype=np.float64)
    return np.stack([np.searchsorted(s / s[-1], u, side="right") for s, u in zip(sums, uniform)])


# fmt: off
bincount_    = row("bincount",    _bincount, None, None, None)
histogram_   = row("histogram",   quiet(_histogram), *[None] * 6)
multinomial_ = row("multinomial", quiet(_drawn), None, None, None)
# fmt: on


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of the numbers 0, 1, 2, ... comes among the integers ``x``, which are >= 0, of one dimension; or the sum of its weights.

    Counts are int64; sums float32 for weights of float32, else float64. The result has at least ``minlength`` entries.

    >>> from autograd import tensor
    >>> bincount(tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    if given(x, "bincount").ndim != 1 or x.dtype.kind not in "iu" or (getattr(x, "raw", x) < 0).any():
        raise ValueError(f"bincount counts integers >= 0 of one dimension, got {described(x)}: {getattr(x, 'raw', x).ravel()[:4].tolist()}")
    if weights is not None and given(weights, "bincount: weights").shape != x.shape:
        raise ValueError(f"bincount: one weight for each of the {x.shape[0]} integers, got {described(weights)}")
    if (most := getattr(x, "raw", x).max(initial=0)) > _MOST:
        raise ValueError(f"bincount: {most} would ask for more counts than memory can have")
    if weights is not None and weights.dtype != np.float32:
        weights = weights.astype(np.float64) if isinstance(weights, np.ndarray) else weights.double()
    return bincount_(x, weights, int_of(minlength, "bincount: minlength", 0, _MOST))


_MOST = 2**31


class Histogram(NamedTuple):
    """What `histogram` returns."""

    hist: Any
    bin_edges: Any


def histogram(x: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False) -> Histogram:
    """How many entries of ``x`` lie in each bin, and the edges of the bins, in the dtype of ``x``, which is floating.

    ``bins`` is the number of bins of one width between the smallest and the largest entry, or between the two numbers of ``range``, or a
    1-d tensor with the edges. The last bin includes its upper edge; what lies outside is not counted. ``weight`` has a weight for each
    entry; with ``density`` the integral is 1.

    >>> from autograd import tensor
    >>> histogram(tensor([0., 1., 1., 4.]), 2)
    Histogram(hist=tensor([3., 1.]), bin_edges=tensor([0., 2., 4.]))
    """
    if given(x, "histogram").dtype.kind != "f":
        raise TypeError(f"histogram needs a floating dtype, got {described(x)}; convert with .float() first")
    numbers = getattr(x, "_numbers", x)
    if range is not None:
        if not isinstance(range, list | tuple) or len(range) != 2:
            raise ValueError(f"histogram: range is two numbers, the lowest and the highest, got {described(range)}")
        range = tuple(float(number_of(n, "histogram: an end of range")) for n in range)
        if not (all(map(math.isfinite, range)) and range[0] <= range[1]):
            raise ValueError(f"histogram: range is two finite numbers in order, got {range}")
    elif not hasattr(bins, "shape") and not np.isfinite(numbers).all():
        raise ValueError(f"histogram: from the smallest to the largest entry is no finite range, got {described(x)} with NaN or inf in it")
    if hasattr(bins, "shape") and bins.shape != ():
        edges = getattr(given(bins, "histogram: bins"), "_numbers", bins)
        if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) >= 0).all():
            raise ValueError(f"histogram: edges are two or more numbers in order, got {described(bins)}")
        bins = edges.astype(numbers.dtype)
    elif is_many(bins):
        raise TypeError(f"histogram: bins is their number or a tensor of their edges, got {described(bins)}; wrap it as tensor(...)")
    else:
        bins = int_of(bins, "histogram: bins", 1, _MOST)
    if weight is not None and given(weight, "histogram: weight").shape != x.shape:
        raise ValueError(f"histogram: one weight for each entry of shape {tuple(x.shape)}, got {described(weight)}")
    density = flag_of(density, "density")
    return Histogram(*(histogram_(x, weight, bins, range, density, what) for what in (0, 1)))


def multinomial(x: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Any:
    """``num_samples`` places (int64) in each row of ``x``, drawn with the probabilities there, which need not add up to 1.

    ``x`` is floating, of shape (categories,) or (rows, categories). Without ``replacement`` no place comes twice. Raises ValueError for what
    is no probability, for a row of zeros, and where there are fewer places than samples.

    >>> from autograd import tensor
    >>> multinomial(tensor([0., 10., 0.]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    if given(x, "multinomial").dtype.kind != "f" or x.ndim not in (1, 2) or not x.shape[-1]:
        raise ValueError(f"multinomial takes floating probabilities of one or two dimensions, got {described(x)}")
    n, replacement = int_of(num_samples, "multinomial: num_samples", 1), flag_of(replacement, "replacement")
    uniform, rows = _uniform(x, n, replacement, generator), x if x.ndim == 2 else x.reshape((1, -1))
    return multinomial_(rows, uniform, replacement)[:, :n].reshape((*x.shape[:-1], n))


@again
def _uniform(x: Any, n: int, replacement: bool, generator: Generator | None) -> np.ndarray:
    """A number in [0, 1) for each draw; without replacement for each place, of which the first ``n`` are taken."""
    p = getattr(x, "_numbers", x)
    if not ((p >= 0) & (p < np.inf)).all() or not (p > 0).any(-1).all():
        raise ValueError(
            f"multinomial: probabilities are finite, >= 0, and not all 0 in a row, got {p.reshape(-1)[:4].tolist()} of {described(x)}"
        )
    if not replacement and n > (most := (p > 0).sum(-1).min(initial=p.shape[-1])):
        raise ValueError(f"multinomial: without replacement there are only {most} places in a row of {described(x)}, got num_samples={n}")
    return source(generator).random((p.size // p.shape[-1], n if replacement else p.shape[-1]))
