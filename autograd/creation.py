"""Creation of tensors: from data, constants, ranges and random numbers.

Python floats become float32, as in PyTorch; arrays keep their dtype. What is random takes a ``generator=``.
"""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from autograd.core.mode import NONDEFAULT, watching
from autograd.devices import device as _place
from autograd.errors import described, flag_of, int_of, number_of
from autograd.faces.bridge import pack
from autograd.faces.dtypes import dtype_of, float32, float64, int64
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.ops.table import DEEPEST, MOST, fitting, held, sizes_of
from autograd.random import Generator, source
from autograd.replay import again

__all__ = [
    "arange", "as_tensor", "bernoulli", "empty", "empty_like", "eye", "from_numpy", "full", "full_like",
    "is_tensor", "linspace", "normal", "ones", "ones_like", "rand", "rand_like", "randint", "randn", "randn_like",
    "randperm", "tensor", "zeros", "zeros_like",
]  # fmt: skip


# From data.
def tensor(data: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A new tensor with a copy of ``data``: a number, nested lists, an array, a Tensor, or lists with Values in them.

    Python floats give float32, ints int64; arrays keep their dtype. Values stay connected: the gradient of the tensor
    flows back into them. Raises TypeError for other kinds of data, ValueError for ragged lists, for numbers that an integer dtype cannot
    hold, and for a device other than the CPU.

    >>> tensor([[1, 2], [3, 4]]).dtype, tensor([1., 2.]).dtype
    (dtype('int64'), dtype('float32'))
    >>> v = Value(3.0)
    >>> (tensor([v, 4.0]) * tensor([10., 1.])).sum().backward()
    >>> v.grad
    10.0
    """
    if device is not None:
        _place(device)
    if isinstance(data, Tensor):
        raw = data.detach().raw
    elif isinstance(data, np.ndarray | np.generic) and np.asarray(data).dtype != object:
        raw = np.asarray(data)
    else:
        data = _unwrapped(data)
        raw = _array(data)
        if raw.dtype == object:
            return _packed(raw, dtype, requires_grad)
        if dtype is None and raw.dtype == float64 and not _has_numpy(data):
            dtype = float32
    if raw.dtype.kind not in "fiub":
        raise TypeError(f"a tensor holds real numbers, got {described(data)}")
    dtype = dtype_of(raw.dtype if dtype is None else dtype)
    if NONDEFAULT and (watch := watching()) is not None:
        if _has_numpy(data):
            watch.reads("tensor() of a tensor or an array")
        return _constant(np.asarray(held(raw, dtype, "tensor"), order="C"), requires_grad)
    if raw.dtype == dtype:  # nothing overflows, and an error state costs as much as a small copy
        return Tensor(np.array(raw, order="C"), requires_grad=requires_grad)
    if isinstance(data, Tensor):  # a tensor is cast, numbers must fit
        with np.errstate(over="ignore", invalid="ignore"):
            return Tensor(np.array(raw, dtype=dtype, order="C"), requires_grad=requires_grad)
    return Tensor(np.asarray(held(raw, dtype, "tensor"), order="C"), requires_grad=requires_grad)


def _has_numpy(data: Any) -> bool:
    """Does an array, a Tensor, a numpy number or what becomes an array among the data determine the dtype?"""
    if isinstance(data, list | tuple):
        return any(map(_has_numpy, data))
    return hasattr(type(data), "__array__")


def _unwrapped(data: Any, depth: int = 0) -> Any:
    """Nested lists with arrays in the place of tensors, and nothing in them that is no number."""
    if data.__class__ is float or data.__class__ is int:
        return data
    if isinstance(data, list | tuple | range):
        if depth > DEEPEST:
            raise ValueError(f"a tensor has at most {DEEPEST} dimensions, got a list that is deeper, or holds itself: {data!r:.60}")
        return [_unwrapped(d, depth + 1) for d in data]
    if isinstance(data, Tensor):
        if data.requires_grad:
            raise TypeError(
                f"a list of tensors that require grad would lose their history, got {described(data)}; join them with stack or cat"
            )
        return data.raw
    if isinstance(data, numbers.Real | Value | np.ndarray | np.bool_) or hasattr(type(data), "__array__"):
        return data
    raise TypeError(f"a tensor holds numbers and Values, got {described(data)}")


def _array(data: Any) -> np.ndarray:
    try:
        raw = np.asarray(data)
    except ValueError:
        raise ValueError(f"the lists are ragged: every row needs the same length, got {_lengths(data)}") from None
    if raw.dtype.kind not in "fiubO":
        raise TypeError(f"a tensor holds numbers, got data of kind {raw.dtype} such as {raw.flat[0] if raw.size else raw!r}")
    return raw


def _lengths(data: Any) -> str:
    while True:
        lengths = [len(d) if isinstance(d, list) else np.shape(d) if isinstance(d, np.ndarray) else "a number" for d in data]
        if len(set(lengths)) != 1 or not isinstance(data[0], list):
            return f"rows of lengths {lengths[:8]}"
        data = [d for row in data for d in row]  # these agree: what differs is further in


def _packed(raw: np.ndarray, dtype: Any, requires_grad: bool) -> Tensor:
    for v in raw.flat:
        if not isinstance(v, Value | int | float | np.floating | np.integer):
            raise TypeError(f"a tensor holds numbers and Values, got {described(v)}")
        if isinstance(v, int) and v.bit_length() > 63:
            raise ValueError(f"a tensor holds numbers of 64 bits, got {described(v)}")
    dtype = dtype_of(float32 if dtype is None else dtype)
    if dtype.kind != "f" and any(isinstance(v, Value) and v.requires_grad for v in raw.flat):
        raise TypeError(f"Values that require grad cannot become {dtype}; use a floating dtype")
    if dtype.kind in "iu":
        held(raw.astype(np.float64), dtype, "tensor")
    z: Tensor = Tensor.record(pack, (raw.shape, dtype, *raw.flat))
    return z.requires_grad_() if flag_of(requires_grad, "requires_grad") else z


def is_tensor(obj: Any) -> bool:
    """Is it a Tensor?"""
    return isinstance(obj, Tensor)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """``data`` as a tensor: itself if it is one. An array is copied, where PyTorch shares its memory: no graph could tell that it changed.

    >>> x = tensor([1., 2.])
    >>> as_tensor(x) is x
    True
    """
    if device is not None:
        _place(device)
    if not isinstance(data, Tensor):
        return tensor(data, dtype)
    return data if dtype is None else data.to(dtype)


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor on the memory of ``array``: a change in one shows in the other. No graph notices a change that is made through the array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy expects an array, got {described(array)}; use tensor(...)")
    return Tensor(array)


# Constants and ranges.
def _size(shape: tuple[Any, ...], size: Any = None) -> tuple[int, ...]:
    if size is not None:
        if shape:
            raise TypeError(f"the shape came twice, as {shape} and as size={size}")
        shape = (size,)
    return sizes_of(shape)


def _dtype(dtype: Any, floating: str = "", *, device: Any = None) -> np.dtype:
    """``dtype``, or float32 for None; a TypeError where ``floating`` says who needs 32 or 64 bits; a ValueError for another device."""
    if device is not None:
        _place(device)
    found = float32 if dtype is None else dtype_of(dtype)
    if floating and found not in (float32, float64):
        raise TypeError(f"{floating} makes float32 or float64 numbers, got dtype {found.name}; convert with .to({found.name}) afterwards")
    return found


def _constant(raw: np.ndarray, requires_grad: bool) -> Tensor:
    """A new tensor of numbers that no tensor has a part in."""
    if NONDEFAULT and (watch := watching()) is not None:
        watch.constant(raw)
    return Tensor(raw, requires_grad=requires_grad)


def zeros(*shape: Any, size: Any = None, dtype: Any = float32, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Zeros of a shape given as ints or one tuple.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return _constant(np.zeros(_size(shape, size), _dtype(dtype, device=device)), requires_grad)


def ones(*shape: Any, size: Any = None, dtype: Any = float32, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Ones of a shape given as ints or one tuple."""
    return _constant(np.ones(_size(shape, size), _dtype(dtype, device=device)), requires_grad)


def empty(*shape: Any, size: Any = None, dtype: Any = float32, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Memory as it comes; fill it before use."""
    return _constant(np.empty(_size(shape, size), _dtype(dtype, device=device)), requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """One number everywhere, by default in its own dtype."""
    value = tensor(fill_value, dtype, device=device)
    if value.ndim:
        raise ValueError(f"full takes one number to fill with, got {described(value)}")
    return _constant(np.full(_size((size,)), value.raw), requires_grad)


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Numbers from ``start`` (default 0) up to but without ``end``; int64 if all arguments are ints, else float32.

    >>> arange(3), arange(0, 1, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (number_of(n, f"arange: {name}") for n, name in zip((start, end, step), ("start", "end", "step")))
    for n in (start, end, step):
        if isinstance(n, int):
            int_of(n, "arange: a number")
    if step == 0 or not all(map(math.isfinite, (start, end, step))):
        raise ValueError(f"arange needs finite numbers and a step other than 0, got start={start}, end={end}, step={step}")
    if dtype is None:
        dtype = int64 if all(isinstance(n, int) for n in (start, end, step)) else float32
    n = max(0, math.ceil((end - start) / step))
    if n > MOST:
        raise ValueError(f"arange: from {start} to {end} by steps of {step} there are more numbers than memory can have")
    with np.errstate(over="ignore", invalid="ignore"):
        return _constant(held(start + np.arange(n) * step, _dtype(dtype, device=device), "arange"), requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = float32, requires_grad: bool = False, device: Any = None) -> Tensor:
    """``steps`` numbers from ``start`` to ``end``, both included. Raises ValueError for fewer than 0 steps."""
    start, end = float(number_of(start, "linspace: start")), float(number_of(end, "linspace: end"))  # of long ints numpy makes objects
    (steps,) = _size((int_of(steps, "linspace: steps", 0),))
    with np.errstate(over="ignore", invalid="ignore"):
        return _constant(np.linspace(start, end, steps).astype(_dtype(dtype, device=device)), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = float32, requires_grad: bool = False, device: Any = None) -> Tensor:
    """The identity matrix."""
    n, m = _size((n, n if m is None else m))
    return _constant(np.eye(n, m, dtype=_dtype(dtype, device=device)), requires_grad)


# Random numbers.
@again
def _drawn(how: str, generator: Generator | None, *args: Any) -> np.ndarray:
    """What the numpy generator within gives by its method ``how``; the last argument is the type of the entries."""
    return np.asarray(getattr(source(generator), how)(*args[:-1], dtype=args[-1]))


@again
def _integers(low: int, high: int, size: tuple[int, ...], dtype: Any, generator: Generator | None) -> np.ndarray:
    return np.asarray(source(generator).integers(low, high, size)).astype(dtype)


@again
def _permutation(n: int, dtype: Any, generator: Generator | None) -> np.ndarray:
    return source(generator).permutation(n).astype(dtype, copy=False)


@again
def _ones_by_chance(p: Tensor, generator: Generator | None) -> np.ndarray:
    chance = p.raw
    if chance.dtype.kind != "f" or not ((chance >= 0) & (chance <= 1)).all():
        raise ValueError(f"bernoulli: p holds floating probabilities in [0, 1], got {described(p)} of {chance.reshape(-1)[:4].tolist()}")
    return (source(generator).random(chance.shape) < chance).astype(chance.dtype)


@again
def _normal(mean: Any, std: Any, shape: tuple[int, ...], generator: Generator | None) -> np.ndarray:
    mean, std = (a.raw if isinstance(a, Tensor) else a for a in (mean, std))
    if not np.all(np.asarray(std) >= 0):
        raise ValueError(f"normal: std must be >= 0, got {std}")
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(source(generator).standard_normal(shape, dtype=np.float32) * std + mean).astype(np.float32)


def rand(
    *shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = float32, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Uniform numbers in [0, 1). Raises TypeError for a dtype other than float32 and float64."""
    requires_grad = flag_of(requires_grad, "requires_grad")  # before a number is drawn
    return Tensor(_drawn("random", generator, _size(shape, size), _dtype(dtype, "rand", device=device).type), requires_grad=requires_grad)


def randn(
    *shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = float32, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Normal numbers, mean 0, variance 1. Raises TypeError for a dtype other than float32 and float64."""
    requires_grad = flag_of(requires_grad, "requires_grad")  # before a number is drawn
    shape = _size(shape, size)
    raw = _drawn("standard_normal", generator, shape, _dtype(dtype, "randn", device=device).type)
    return Tensor(raw, requires_grad=requires_grad)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Normal numbers; ``mean`` and ``std`` are numbers with a ``size``, or tensors that say it themselves."""
    if device is not None:
        _place(device)
    requires_grad = flag_of(requires_grad, "requires_grad")  # before a number is drawn
    mean, std = (a.detach() if isinstance(a, Tensor) else number_of(a, f"normal: {name}") for a, name in ((mean, "mean"), (std, "std")))
    shapes = [tuple(getattr(a, "shape", ())) for a in (mean, std)]
    shape = _size((np.broadcast_shapes(*fitting("normal: mean and std", *shapes)) if size is None else size,))
    fitting("normal: mean, std and size", *shapes, shape)
    return Tensor(_normal(mean, std, shape, generator), requires_grad=requires_grad)


def bernoulli(p: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Ones and zeros in the shape and dtype of ``p``, which holds the probability of a one for each entry.

    Raises ValueError for what is no probability. For one probability everywhere, `Tensor.bernoulli_` is faster.

    >>> bernoulli(tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    return Tensor(_ones_by_chance(as_tensor(p).detach(), generator))


def randint(
    low: Any = None, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: Any = int64, device: Any = None
) -> Tensor:
    """Integers from ``low`` (default 0) up to but without ``high``. Raises ValueError for none, and where ``dtype`` cannot hold one."""
    if size is None or high is None:
        low, high, size = None, low, high if size is None else size
    low = 0 if low is None else low
    if not isinstance(size, list | tuple):
        raise TypeError(f"randint: size must be a tuple, got {described(size)}")
    low, high = int_of(low, "randint: low"), int_of(high, "randint: high")
    if low >= high:
        raise ValueError(f"randint: nothing lies in [{low}, {high})")
    size, dtype = _size(tuple(size)), _dtype(dtype, device=device)
    for n in (low, high - 1):
        held(np.asarray(n), dtype, "randint")  # before a number is drawn
    return Tensor(_integers(low, high, size, dtype.type, generator))


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = int64, device: Any = None) -> Tensor:
    """The numbers 0 to n - 1 in random order. Raises ValueError where ``dtype`` cannot hold them."""
    (n,), dtype = _size((int_of(n, "randperm: n", 0),)), _dtype(dtype, device=device)
    held(np.asarray(max(n - 1, 0)), dtype, "randperm")  # before a number is drawn
    return Tensor(_permutation(n, dtype.type, generator))


# Like another tensor.
def _like(x: Any, dtype: Any) -> tuple[tuple[int, ...], Any]:
    if not isinstance(x, Tensor):
        raise TypeError(f"expected a Tensor to be like, got {described(x)}")
    return x.shape, x.dtype if dtype is None else dtype


def zeros_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Zeros in the shape and dtype of ``input``."""
    shape, dtype = _like(input, dtype)
    return zeros(shape, dtype=dtype, requires_grad=requires_grad, device=device)


def ones_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Ones in the shape and dtype of ``input``."""
    shape, dtype = _like(input, dtype)
    return ones(shape, dtype=dtype, requires_grad=requires_grad, device=device)


def empty_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Memory as it comes, in the shape and dtype of ``input``."""
    shape, dtype = _like(input, dtype)
    return empty(shape, dtype=dtype, requires_grad=requires_grad, device=device)


def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """One number everywhere, in the shape and dtype of ``input``."""
    shape, dtype = _like(input, dtype)
    return full(shape, fill_value, dtype=dtype, requires_grad=requires_grad, device=device)


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Uniform numbers in [0, 1) in the shape and dtype of ``input``."""
    shape, dtype = _like(input, dtype)
    return rand(shape, generator=generator, dtype=dtype, requires_grad=requires_grad, device=device)


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Normal numbers in the shape and dtype of ``input``."""
    shape, dtype = _like(input, dtype)
    return randn(shape, generator=generator, dtype=dtype, requires_grad=requires_grad, device=device)
