"""What a row of the tables is, which rows there are, and what the functions around them share: dimensions and checks."""

from __future__ import annotations

import builtins
import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from autograd.core.node import Node, Op, each
from autograd.errors import described, flag_of

_WEAK = (int, float, bool)
_BOOL = np.dtype("bool")


def quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` without numpy's warnings: 1 / 0, log(0) and inf - inf have the values that IEEE 754 gives."""
    return np.errstate(all="ignore")(function)  # as a decorator it takes half the time of a with block


class Both(NamedTuple):
    """How to compute with Python floats (by math), and with arrays and complex numbers (by numpy).

    Where math raises (1 / 0, log(0), exp(1000)), numpy knows the value that IEEE 754 gives.
    """

    on_float: Callable[..., Any]
    on_array: Callable[..., Any]

    def compute(self) -> Callable[..., Any]:
        """The one that chooses."""
        on_float, on_array = self

        def compute(*args: Any) -> Any:
            for a in args:
                if a.__class__ not in _WEAK:
                    return on_array(*args)
            try:
                return on_float(*args)
            except (ArithmeticError, ValueError):
                with np.errstate(all="ignore"):
                    return float(on_array(*(np.float64(a) for a in args)))

        return compute


def edgy(on_float: Callable[..., Any], on_array: Callable[..., Any]) -> Both:
    """`Both` for what numpy may warn about (setting its error state costs as much as a small operation)."""
    return Both(on_float, quiet(on_array))


Op.plain |= {np.ndarray, np.float64, np.float32, np.bool_, np.int64}


def fitting(name: str, *shapes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The shapes, or a ValueError where they do not broadcast."""
    try:
        np.broadcast_shapes(*shapes)
        return shapes
    except ValueError:
        raise ValueError(
            f"{name} of shapes {list(shapes)}: they do not broadcast; counted from the last dimension, sizes must be equal or 1"
        ) from None


class Elementwise(Op):
    """A row of this table: its arguments are numbers and arrays of them, whose shapes broadcast."""

    __slots__ = ("arity",)
    plain = Op.plain - {tuple}

    def __init__(self, name: str, compute: Callable[..., Any], *vjps: Callable[..., Any] | None) -> None:
        super().__init__(name, compute, *vjps)
        self.arity = len(vjps)  # numpy would write into an argument too many

    def check(self, args: tuple[Any, ...]) -> None:
        if len(args) != self.arity:
            got = f"{len(args)}: {', '.join(map(described, args))}" if args else "0"
            raise TypeError(f"{self!r} takes {self.arity} argument{'s' * (self.arity != 1)}, got {got}")
        for a in args:
            if isinstance(a, numbers.Complex | Node):
                continue
            if (isinstance(a, np.generic) or hasattr(type(a), "__array_ufunc__")) and getattr(a, "dtype", _BOOL).kind in "fiubcO":
                continue
            cure = "; wrap lists as tensor(...)" if isinstance(a, list | tuple) else ""
            raise TypeError(f"{self!r} takes numbers, arrays, Values and Tensors, got {described(a)}{cure}")

    def refuse(self, args: tuple[Any, ...], error: Exception) -> NoReturn:
        self.check(args)
        fitting(self.name, *(tuple(np.shape(a)) for a in args if np.ndim(a)))
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{self.name} is not defined for {' and '.join(map(described, args))}") from None


def op(name: str, compute: Callable[..., Any] | Both, *vjps: Callable[..., Any] | None) -> Op:
    row = Elementwise(name, compute.compute() if isinstance(compute, Both) else compute, *vjps)
    if isinstance(compute, Both):
        row.on_float, row.on_array = compute
    ELEMENTWISE[name] = row
    return row


def row(name: str, compute: Callable[..., Any], *vjps: Callable[..., Any] | each | None) -> Op:
    """A row that knows about shapes."""
    SHAPED[name] = made = Op(name, compute, *vjps)
    return made


ELEMENTWISE: dict[str, Op] = {}  # every elementwise row by name: kernels, pictures and tests read it
SHAPED: dict[str, Op] = {}  # every row that knows about shapes


# Dimensions, and what the functions of the chapters check.
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


# fmt: on


def size_of(x: Any, axes: tuple[int, ...]) -> Any:
    n = math.prod(x.shape if len(axes) == len(x.shape) else [x.shape[a] for a in axes])
    return n if n else math.nan


def over(n: float) -> float:
    return 1 / n if n > 0 else math.inf if n == 0 else math.nan


def _dim(dim: Any, axis: Any) -> Any:
    if axis is not None and dim is not None:
        raise TypeError(f"axis is an alias of dim; got both, dim={dim!r} and axis={axis!r}")
    return dim if axis is None else axis


def _keepdim(keepdim: Any, keepdims: Any) -> bool:
    if keepdims is None and keepdim.__class__ is bool:
        return keepdim
    if keepdims is not None and keepdim is not False:
        raise TypeError(f"keepdims is an alias of keepdim; got both, keepdim={keepdim!r} and keepdims={keepdims!r}")
    return flag_of(keepdim if keepdims is None else keepdims, "keepdim")


_TENSORS: set[type] = set()  # the classes that were seen to be tensors


def given(x: Any, name: str) -> Any:
    """``x``, which must be a tensor, or an array where a rule computes with arrays. Raises TypeError for anything else."""
    if x.__class__ in _TENSORS:
        return x
    if isinstance(x, Node | np.ndarray | np.generic) and hasattr(x, "shape") and getattr(x, "dtype", np.dtype(object)).kind in "fiubc":
        if isinstance(x, Node):
            _TENSORS.add(x.__class__)
        return x
    raise TypeError(f"{name} expects a Tensor, got {described(x)}; wrap it as tensor(...)")


def _floating(x: Any, name: str) -> Any:
    if given(x, name).dtype.kind != "f":
        raise TypeError(f"{name} needs a floating dtype, got {x.dtype}; convert with .float() first")
    return x
