"""Indexing: the keys of a tensor's brackets, checked and in the form that numpy takes, and what is wrong with those that it refuses.

Tensors and lists are keys, too, and numpy's own errors say neither the shape nor what to use instead.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.mode import NONDEFAULT, leaves, watching
from autograd.core.node import Node
from autograd.errors import described, int_of
from autograd.faces.dtypes import entries, int64

__all__ = ["checked", "misfit", "steps"]


def _end_of(s: Any) -> int:
    return int_of(s, "the ends and the step of a slice", -math.inf, math.inf)  # any end is right: it is cut to the size


def checked(key: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """``key`` as the tuple that numpy takes, checked."""
    if key.__class__ is np.ndarray and key.dtype is int64 and shape:
        return (key,)
    keys = key if isinstance(key, tuple) else (key,)
    out: list[Any] = []
    for given in keys:
        k = given
        if k.__class__ is int:
            out.append(k)
            continue
        if isinstance(k, Node) and hasattr(k, "_numbers"):
            k = k._numbers
        if isinstance(k, list | range):
            k = entries(k, "an index") if len(k) else np.zeros(0, np.int64)
            if NONDEFAULT and (watch := watching()) is not None:
                watch.constant(k)
        if isinstance(k, np.ndarray):
            if k.dtype.kind not in "biu":
                raise IndexError(f"an index tensor must hold integers or booleans, got {k.dtype} in {described(given)}")
            if not k.ndim and k.dtype.kind != "b":
                leaves("a number in a tensor as an index")
                k = int(k)
        elif isinstance(k, bool | np.bool_):
            k = np.asarray(k)
        elif isinstance(k, slice):
            k = slice(*(None if s is None else _end_of(s) for s in (k.start, k.stop, k.step)))
        elif k is not None and k is not Ellipsis:
            if isinstance(k, type) or not hasattr(k, "__index__"):
                raise IndexError(f"{described(k)} cannot index a tensor; use ints, slices, None, ..., lists, or integer or boolean tensors")
            k = int_of(k, "an index")
        out.append(k)
    if all(isinstance(k, int) for k in out):
        out.append(Ellipsis)  # so that one entry, too, is a view
    used = [k.ndim if isinstance(k, np.ndarray) and k.dtype == bool else 1 for k in out if k is not None and k is not Ellipsis]
    if sum(used) > len(shape):
        raise IndexError(f"too many indices: {sum(used)} for shape {shape}")
    return tuple(out)


def steps(key: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    """The keys to apply one after another: PyTorch takes ints before index arrays, numpy takes them for index arrays.

    numpy moves the axes of index arrays to the front where there is a slice, a None or a ... between two of them, and it counts
    ints. There an index with both is two.
    """
    places = [i for i, k in enumerate(key) if isinstance(k, int | np.ndarray)]
    arrays = [i for i in places if isinstance(key[i], np.ndarray)]
    if not arrays or len(arrays) == len(places) or places[-1] - places[0] < len(places):
        return (key,)
    ints: list[Any] = []
    for k in key:
        if isinstance(k, int) or k is Ellipsis:
            ints.append(k)
        elif k is not None:
            ints += [slice(None)] * (k.ndim if isinstance(k, np.ndarray) and k.dtype == bool else 1)
    return tuple(ints), tuple(k for k in key if not isinstance(k, int))


def misfit(key: tuple[Any, ...], shape: tuple[int, ...]) -> str:
    """What is wrong with a checked ``key`` that numpy refused."""
    if sum(k is Ellipsis for k in key) > 1:
        return f"an index has at most one ..., got {key}"
    masks = [isinstance(k, np.ndarray) and k.dtype == bool for k in key]
    spans = [0 if k is None or k is Ellipsis else k.ndim if mask else 1 for k, mask in zip(key, masks)]
    a = 0  # the dimension that an index is for
    for k, mask, span in zip(key, masks, spans):
        sizes = shape[a : a + span]
        if mask and k.shape != sizes:
            return f"a mask of shape {k.shape} does not fit dimensions of sizes {sizes} of shape {shape}"
        if span and not mask and not isinstance(k, slice):
            places = np.ravel(k)
            if (wrong := places[(places < -sizes[0]) | (places >= sizes[0])]).size:
                return f"index {wrong[0]} is out of bounds for dimension {a} of size {sizes[0]}, in shape {shape}"
        a += len(shape) - sum(spans) if k is Ellipsis else span
    return f"index tensors of shapes {[k.shape for k in key if isinstance(k, np.ndarray)]} do not broadcast"
