"""What a row of the tables is, the registries of all rows, and what the checked functions around them share: dimensions and checks.

An operation is registered where it is defined: `op` and `real` make elementwise rows, `row` one that knows about shapes. What a
chapter makes public is computed from it (`public`), so that no list of names has to be kept.
"""

from __future__ import annotations

import builtins
import math
import numbers
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Parameter, isfunction, signature
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from autograd.core.node import Node, Op, each
from autograd.core.symbols import ATOM, BINDS, Symbol
from autograd.errors import described, int_of

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

    @property
    def ufunc(self) -> Any:
        """numpy's function, if arrays are computed by one."""
        function = getattr(self.on_array, "__wrapped__", self.on_array)
        return function if isinstance(function, np.ufunc) else None

    def compute(self) -> Callable[..., Any]:
        """One function that dispatches to the two."""
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


_raws = np.frompyfunc(lambda v: v.raw if isinstance(v, Node) else v, 1, 1)


def numbers_of(values: np.ndarray) -> np.ndarray:
    """The numbers of an array of Values."""
    return np.asarray(_raws(values)).astype(np.float64)


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
    """A row whose arguments are numbers and arrays of them, whose shapes broadcast."""

    __slots__ = ()
    plain = Op.plain - {tuple}

    def __init__(self, name: str, compute: Callable[..., Any], *vjps: Callable[..., Any] | None, **known: Any) -> None:
        super().__init__(name, compute, *vjps, **known)
        self.entrywise = True
        self.arity = len(vjps)  # checked, for a ufunc takes one argument too many as ``out`` and writes into it

    def check(self, args: tuple[Any, ...]) -> None:
        if len(args) != self.arity:
            got = f"{len(args)}: {', '.join(map(described, args))}" if args else "0"
            cure = "; the places where it is true are nonzero(condition, as_tuple=True)" if self.name == "where" and len(args) == 1 else ""
            raise TypeError(f"{self!r} takes {self.arity} argument{'s' * (self.arity != 1)}, got {got}{cure}")
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
        for small in (a.dtype for a in args if isinstance(a, np.ndarray) and a.dtype.kind in "iu"):
            for n in (a for a in args if isinstance(a, int) and a.bit_length() < 64):
                held(np.asarray(n), small, self.name)  # numpy's words are others
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{self.name} is not defined for {' and '.join(map(described, args))}") from None


# The registries: rows by name, elementwise ones and those that know about shapes. Tests and kernels walk them; what is known of a row is
# an attribute of the row.
ELEMENTWISE: dict[str, Op] = {}
SHAPED: dict[str, Op] = {}
UFUNCS: dict[Any, Op] = {}  # dispatch of numpy's ufuncs to rows: np.tanh(value), np.float64(2) * value


def op(name: str, compute: Callable[..., Any] | Both, *vjps: Callable[..., Any] | None, **known: Any) -> Op:
    """Register an elementwise row. ``infix`` is by default the name, if that is an operator, and ``ufunc`` the one that computes it."""
    if name in BINDS:
        known.setdefault("infix", name)
    if isinstance(compute, Both):
        known.setdefault("ufunc", compute.ufunc)
    row = Elementwise(name, compute.compute() if isinstance(compute, Both) else compute, *vjps, **known)
    if isinstance(compute, Both):
        row.on_float, row.on_array = compute
    row.tabled = True
    ELEMENTWISE[name] = row
    Symbol.rows[row.infix or name] = row
    if row.ufunc is not None:
        UFUNCS.setdefault(row.ufunc, row)
    return row


def real(name: str, compute: Callable[..., Any] | Both, *vjps: Callable[..., Any] | None, **known: Any) -> Op:
    """Register an elementwise row of real numbers: integer tensors are cast to float32 first, where numpy may take 16 bits."""
    return op(name, compute, *vjps, floats=True, **known)


def row(name: str, compute: Callable[..., Any], *vjps: Callable[..., Any] | each | None, **known: Any) -> Op:
    """Register a row that knows about shapes. Its arguments come checked, from the public function beside it."""
    made = Op(name, compute, *vjps, **known)
    made.tabled, made.entrywise = True, False
    SHAPED[name] = made
    if made.infix:
        Symbol.rows[made.infix] = made
    return made


def public(chapter: ModuleType) -> dict[str, Any]:
    """The public names of a chapter: the elementwise rows and the functions in it, without those that have an underscore at either end."""
    found = {}
    for name, thing in vars(chapter).items():
        own = isfunction(thing) and thing.__module__ == chapter.__name__
        if name.strip("_") == name and (own or isinstance(thing, Elementwise)):
            found[name] = thing
            if isinstance(thing, Op) and not thing.name.isidentifier():
                thing.public = name
    return found


# Keywords that several rows share.
def written_along(name: str) -> dict[str, Any]:
    """The keywords of a row over one axis: how it is written, and how it takes a batch."""
    return {
        "write": lambda p, x, axis: p.call(name, x, dim=axis),
        "on_batch": lambda f, x, axis: f(x, axis + 1),
    }


def written_over(name: str, sign: str, *settings: str) -> dict[str, Any]:
    """The keywords of a reduction over several axes: how it is written, in text and in a circle, and how it takes a batch.

    ``settings`` are arguments between the axes and keepdim.
    """

    def write(p: Any, x: Any, axes: tuple[int, ...], *rest: Any) -> str:
        *values, keepdim = rest
        dims = {} if len(axes) == len(getattr(x, "shape", ())) else {"dim": axes[0] if len(axes) == 1 else axes}
        more = {key: value for key, value in zip(settings, values) if value != 1}
        return p.call(name, x, **dims, **more, **({"keepdim": True} if keepdim else {}))

    return {
        "write": write,
        "sign": lambda p, x, axes=(), *rest: sign + (p.below(axes) if len(axes) < len(getattr(x, "shape", ())) else ""),
        "on_batch": lambda f, x, axes, *rest: f(x, tuple(a + 1 for a in axes), *rest),
    }


def padded(x: np.ndarray, ndim: int) -> np.ndarray:
    """A batch with axes of size 1 behind its first one, for ``ndim`` in all."""
    return x if x.ndim == ndim else x.reshape((len(x), *[1] * (ndim - x.ndim), *x.shape[1:]))


def method(name: str) -> Callable[..., str]:
    """A row that is written as a method of its first argument."""
    return lambda p, x, *args: p.call(f"{p(x, ATOM)}.{name}", *args)


# Dimensions, and what the functions of the chapters check.
Dim = int | Sequence[int] | None
_ALL = tuple(range(64))  # more axes than an array may have


def dims(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let numpy's ``axis`` and ``keepdims`` stand for ``dim`` and ``keepdim``. Raises TypeError where both are given."""
    own, own_name = signature(function), function.__name__
    places = {name: (i, p.default) for i, (name, p) in enumerate(own.parameters.items())}
    aliases = [(alias, *places[name], name) for alias, name in _ALIASES if name in places]

    @wraps(function)
    def aliased(*args: Any, **given: Any) -> Any:
        if "out" in given and "out" not in places:
            return _for_numpy(own_name, args[0] if args else None, given)
        for alias, i, default, name in aliases if given else ():
            if (value := given.pop(alias, None)) is not None:
                present = args[i] if len(args) > i else given.get(name, default)
                if present is not None and present is not default:
                    raise TypeError(f"{alias} is an alias of {name}; got both, {name}={present!r} and {alias}={value!r}")
                args, given[name] = args[:i], value
        return function(*args, **given)

    extra = [Parameter(alias, Parameter.KEYWORD_ONLY, default=None, annotation=Any) for alias, *_ in aliases]
    aliased.__signature__ = own.replace(parameters=[*own.parameters.values(), *extra])  # type: ignore[attr-defined]
    return aliased


_ALIASES = (("axis", "dim"), ("keepdims", "keepdim"))


def _for_numpy(name: str, x: Any, given: dict[str, Any]) -> Any:
    """``np.sum(x)``, which calls ``x.sum(axis=None, dtype=None, out=None)``: numpy's answer, for a tensor that needs no gradient."""
    if given["out"] is not None or not hasattr(np, name):
        raise TypeError(f"{name} takes no out=, got {described(given['out'])}; assign the result")
    if getattr(x, "requires_grad", False):
        raise RuntimeError(f"np.{name} would lose the history of {described(x)}, which requires grad; use x.{name}(), or x.detach() first")
    return getattr(np, name)(np.asarray(x), **given)


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


def shape_from(sizes: Any, what: str) -> tuple[int, ...]:
    """A shape given as ints, or as one list or tuple of them."""
    if isinstance(sizes, tuple) and len(sizes) == 1 and isinstance(sizes[0], (list, tuple)):
        sizes = sizes[0]
    if not isinstance(sizes, (list, tuple)):
        raise TypeError(f"{what} is made of ints, got {described(sizes)}")
    return tuple([n if n.__class__ is int else int_of(n, f"a size in {what}") for n in sizes])


DEEPEST = 64  # dimensions that numpy's arrays can have
MOST = 2**59  # entries of 16 bytes that 63 bits can count


def sizes_of(shape: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape of a new tensor, given as ints, or as one list or tuple of them. Raises ValueError for what no tensor can have."""
    given = shape[0] if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape
    sizes = tuple([int_of(n, "a size in a shape") for n in given])
    if builtins.min(sizes, default=0) < 0:
        raise ValueError(f"a shape has no negative sizes, got {sizes}")
    if len(sizes) > DEEPEST:
        raise ValueError(f"a shape has at most {DEEPEST} sizes, got {len(sizes)}")
    if math.prod(sizes) > MOST:
        raise ValueError(f"shape {sizes} has more entries than memory can have")
    return sizes


def size_of(x: Any, axes: tuple[int, ...]) -> Any:
    n = math.prod(x.shape if len(axes) == len(x.shape) else [x.shape[a] for a in axes])
    return n if n else math.nan


def over(n: float) -> float:
    return 1 / n if n > 0 else math.inf if n == 0 else math.nan


def held(raw: np.ndarray, dtype: np.dtype, what: str) -> np.ndarray:
    """Numbers that a user gave, in ``dtype``: a fraction is cut off, as by ``int``.

    Raises ValueError, which names the number, where an integer dtype has no place for one. (A tensor that is converted, by ``.long()``,
    is cast as C casts it.)

    >>> held(np.array([1.5, 300.0]), np.dtype("uint8"), "fill_")
    Traceback (most recent call last):
    ValueError: fill_: 300.0 does not fit into uint8, which goes from 0 to 255
    """
    if raw.dtype == dtype:
        return raw.astype(dtype)
    if dtype.kind in "iu" and raw.dtype.kind in "fiu" and raw.size:
        limits = np.iinfo(dtype)
        whole = np.trunc(raw.astype(np.float64)) if raw.dtype.kind == "f" else raw
        # as floats the limits of int64 are -2**63 and 2**63; what is compared with NaN is not inside
        inside = (whole >= limits.min) & ((whole < float(limits.max) + 1) if raw.dtype.kind == "f" else (whole <= limits.max))
        if not inside.all():
            raise ValueError(f"{what}: {raw[~inside].flat[0]} does not fit into {dtype}, which goes from {limits.min} to {limits.max}")
    with np.errstate(over="ignore", invalid="ignore"):
        return raw.astype(dtype)


_TENSORS: set[type] = set()  # a cache: the classes that were found to be tensors


def given(x: Any, name: str) -> Any:
    """``x``, which must be a tensor, or an array where a rule computes with arrays. Raises TypeError for anything else."""
    if x.__class__ in _TENSORS:
        return x
    if isinstance(x, Node | np.ndarray | np.generic) and hasattr(x, "shape") and getattr(x, "dtype", np.dtype(object)).kind in "fiubc":
        if isinstance(x, Node):
            _TENSORS.add(x.__class__)
        return x
    raise TypeError(f"{name} expects a Tensor, got {described(x)}; wrap it as tensor(...)")


def floating(x: Any, name: str) -> Any:
    if given(x, name).dtype.kind != "f":
        raise TypeError(f"{name} needs a floating dtype, got {x.dtype}; convert with .float() first")
    return x
