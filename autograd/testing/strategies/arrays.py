"""Strategies for shapes, for tensors of a shape, and for indices into one: the little shapes in which the large mistakes hide."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd.creation import tensor
from autograd.errors import described, flag_of, int_of
from autograd.faces.dtypes import dtype_of, float64
from autograd.faces.tensor import Tensor
from autograd.testing.strategies.numbers import NONZERO, floats, strategy_of

__all__ = ["broadcastable", "indices", "shapes", "tensors"]

Shape = tuple[int, ...]
DIMS = 32  # that hypothesis gives an array


def shape_of(shape: Any, what: str) -> Any:
    """``shape``, a strategy or a tuple of sizes, or an error that says ``what`` it is for."""
    if isinstance(shape, st.SearchStrategy):
        return shape
    if not isinstance(shape, tuple | list):
        cure = f"; write ({shape},)" if isinstance(shape, int) else ""
        raise TypeError(f"{what} must be a tuple of sizes, or a strategy for it, got {described(shape)}{cure}")
    if len(shape) > DIMS:
        raise ValueError(f"{what} must have at most {DIMS} sizes, got {len(shape)}")
    return tuple([int_of(n, f"a size in {what}", 0) for n in shape])


def _sides(what: str, min_dims: Any, max_dims: Any, max_side: Any, empty: Any) -> dict[str, Any]:
    """The limits of shapes, as hypothesis takes them."""
    least, few = int(not flag_of(empty, f"{what}: empty")), int_of(min_dims, f"{what}: min_dims", 0, DIMS)
    many, long = int_of(max_dims, f"{what}: max_dims", few, DIMS), int_of(max_side, f"{what}: max_side", least)
    return {"min_dims": few, "max_dims": many, "min_side": least, "max_side": long}


def shapes(*, min_dims: int = 0, max_dims: int = 3, max_side: int = 3, empty: bool = False) -> st.SearchStrategy[Shape]:
    """Shapes of ``min_dims`` to ``max_dims`` dimensions; no entry is missing unless ``empty`` allows sides of 0.

    Raises ValueError where ``max_dims`` is less than ``min_dims`` and for other limits that no shape keeps.
    """
    return hnp.array_shapes(**_sides("shapes", min_dims, max_dims, max_side, empty))


def broadcastable(n: int, *, max_dims: int = 3, max_side: int = 3, empty: bool = False) -> st.SearchStrategy[tuple[Shape, ...]]:
    """``n`` shapes that broadcast together: 0-d, with axes of size 1, with axes missing; with sides of 0 where ``empty`` allows it.

    Raises ValueError for fewer than one shape.
    """
    n = int_of(n, "broadcastable: n", 1)
    together = hnp.mutually_broadcastable_shapes(num_shapes=n, **_sides("broadcastable", 0, max_dims, max_side, empty))
    return together.map(lambda drawn: drawn.input_shapes)


def filled(shape: Shape | st.SearchStrategy[Shape], elements: st.SearchStrategy[Any], dtype: Any = float64) -> st.SearchStrategy[Any]:
    """Arrays in which some entries are drawn and one number fills the rest, so that their shapes shrink well."""
    return hnp.arrays(dtype, shape, elements=elements, fill=elements)


def tensors(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    dtype: Any = float64,
    elements: st.SearchStrategy[Any] | None = None,
    *,
    requires_grad: bool | None = None,
) -> st.SearchStrategy[Tensor]:
    """Tensors of ``shape`` (a shape, or a strategy for it; default: `shapes`) and ``dtype``.

    ``elements`` draws an entry; by default, ``floats(NONZERO)``, away from the kink that many functions have at 0; integers from -3 to
    3 (0 to 3 without a sign); or booleans. Floating tensors require a gradient unless ``requires_grad=False``. A failing test shows
    them as code, ``tensor(array([1.]), requires_grad=True)``. Raises TypeError for a shape or elements of another kind.

    >>> from hypothesis import find
    >>> find(tensors((2,)), lambda x: x.sum().item() > 2.5)
    tensor([2., 2.], dtype=float64, requires_grad=True)
    """
    dtype = dtype_of(dtype)
    kind = dtype.kind
    if elements is None:
        elements = floats(NONZERO) if kind == "f" else st.booleans() if kind == "b" else st.integers(0 if kind == "u" else -3, 3)
    elements = strategy_of(elements, "tensors: elements")
    if dtype.itemsize == 4 and kind == "f":
        elements = elements.map(lambda x: tensor(x, dtype).item())
    needs = kind == "f" if requires_grad is None else flag_of(requires_grad, "requires_grad")
    if needs and kind != "f":
        raise TypeError(f"tensors: only floating tensors can require a gradient, got dtype {dtype}")
    drawn = filled(shapes() if shape is None else shape_of(shape, "tensors: shape"), elements, dtype)
    return st.builds(tensor, drawn, **({"requires_grad": st.just(True)} if needs else {}))


# Indices.
@st.composite
def keys(draw: st.DrawFn, shape: Shape) -> tuple[Any, ...]:
    """A key as numpy takes it: a tuple of ints, slices, None, ... and arrays that broadcast together."""
    length = draw(st.integers(0, 3))  # of each integer array, and of what each mask selects
    key: list[Any] = []
    axis = 0
    while axis < len(shape):
        n = shape[axis]
        kinds = ["slice", None]
        if not any(k is ... for k in key):  # which stands for the axes that the others leave, so that after it all are named
            kinds = ["stop", *kinds, "..."]
        if n:
            kinds.append("int")
        if n or not length:
            kinds.append("integers")
        spans = [s for s in (1, 2) if axis + s <= len(shape) and math.prod(shape[axis : axis + s]) >= length]
        if spans:
            kinds.append("mask")
        kind = draw(st.sampled_from(kinds))
        used = 1
        if kind == "stop":
            break
        if kind == "slice":
            key.append(draw(st.slices(max(n, 1))))  # of nothing, slices would have steps of any size
        elif kind == "int":
            key.append(draw(st.integers(-n, n - 1)))
        elif kind == "integers":
            entries = st.integers(-n, n - 1) if n else st.nothing()
            key.append(np.array(draw(st.lists(entries, min_size=length, max_size=length)), np.int64))
        elif kind == "mask":
            used = draw(st.sampled_from(spans))
            mask = np.zeros(shape[axis : axis + used], bool)
            chosen = st.integers(0, mask.size - 1) if mask.size else st.nothing()
            mask.flat[draw(st.lists(chosen, min_size=length, max_size=length, unique=True))] = True
            key.append(mask)
        elif kind == "...":
            key.append(...)
            used = draw(st.integers(0, len(shape) - axis))
        else:
            key.append(None)
            used = 0
        axis += used
    return tuple(key)


def indices(shape: Shape) -> st.SearchStrategy[Any]:
    """What can stand in ``x[...]`` for a tensor of ``shape``: ints, slices with steps of either sign, None, Ellipsis, boolean
    masks, lists, arrays and tensors of integers (with repeats and negative ones), and mixtures of these. Raises TypeError for what
    is no shape.

    >>> from hypothesis import find
    >>> find(indices((3,)), lambda key: isinstance(key, tuple) and None in key)
    (None,)
    """
    if isinstance(shape, st.SearchStrategy):
        raise TypeError(f"indices: shape must be a tuple of sizes, got {described(shape)}, a strategy; write shapes().flatmap(indices)")
    return _indices(shape_of(shape, "indices: shape"))


@st.composite
def _indices(draw: st.DrawFn, shape: Shape) -> Any:
    key = tuple(draw(_dressed(k)) if isinstance(k, np.ndarray) else k for k in draw(keys(shape)))
    return key[0] if len(key) == 1 and draw(st.booleans()) else key


def _dressed(array: np.ndarray) -> st.SearchStrategy[Any]:
    plain = [array.tolist()] if array.size or array.dtype != bool else []  # a list of nothing holds integers
    return st.sampled_from([*plain, array, tensor(array)])
