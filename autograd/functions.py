"""The functions on tensors that know about shapes: PyTorch's names, arguments, defaults and, where something does not fit, errors.

Each checks what it was given and calls a row of `shapes`, or a few. ``axis`` is an alias of ``dim``, ``keepdims`` one of
``keepdim``. They are the methods of `Tensor` as well.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from string import ascii_letters
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import described, flag_of, int_of, number_of, within
from autograd.graph import Node
from autograd.rules import abs as abs_
from autograd.rules import fitting, maximum, minimum, square, where
from autograd.rules import pow as pow_
from autograd.shapes import (
    Dim,
    amax_,
    amin_,
    argmax_,
    argmin_,
    axes_of,
    axis_of,
    broadcast_to_,
    cat_,
    cross_entropy_,
    cumsum_,
    einsum_,
    getitem_,
    linear_,
    log_softmax_,
    logsumexp_,
    matmul_,
    mean_,
    norm_,
    over,
    permute_,
    put_,
    reshape_,
    size_of,
    softmax_,
    stack_,
    std_,
    sum_,
    tril_,
    triu_,
)  # fmt: skip


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


def sum(x: Any, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: Any = None, dtype: Any = None) -> Any:
    """The sum over ``dim`` (None: all). Integers and booleans sum to int64.

    >>> from autograd import tensor
    >>> tensor([[1., 2.], [3., 4.]]).sum(dim=0)
    tensor([4., 6.])
    """
    x = given(x, "sum")
    if dtype is not None:
        if not isinstance(x, Node):
            raise TypeError(f"sum takes dtype= for a Tensor, got {described(x)}; wrap it as tensor(...)")
        x = x.to(dtype)  # type: ignore[attr-defined]
    return sum_(x, axes_of(_dim(dim, axis), x.ndim), _keepdim(keepdim, keepdims))


def mean(x: Any, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: Any = None) -> Any:
    """The arithmetic mean over ``dim`` (None: all); of nothing, NaN. Raises TypeError for integers."""
    return mean_(_floating(x, "mean"), axes_of(_dim(dim, axis), x.ndim), _keepdim(keepdim, keepdims))


def _correction(correction: Any, unbiased: Any) -> float:
    return number_of(correction, "correction") if unbiased is None else int(flag_of(unbiased, "unbiased"))


def var(
    x: Any, dim: Dim = None, correction: float = 1, keepdim: bool = False, *, axis: Dim = None, keepdims: Any = None, unbiased: Any = None
) -> Any:
    """The variance over ``dim``: squared distances from the mean, divided by n - ``correction``."""
    axes = axes_of(_dim(dim, axis), _floating(x, "var").ndim)
    correction = _correction(correction, unbiased)
    return sum_(square(x - mean_(x, axes, True)), axes, _keepdim(keepdim, keepdims)) * over(size_of(x, axes) - correction)


def std(
    x: Any, dim: Dim = None, correction: float = 1, keepdim: bool = False, *, axis: Dim = None, keepdims: Any = None, unbiased: Any = None
) -> Any:
    """The standard deviation over ``dim``; equal values have gradient 0, one sample gives NaN."""
    axes = axes_of(_dim(dim, axis), _floating(x, "std").ndim)
    return std_(x, axes, _correction(correction, unbiased), _keepdim(keepdim, keepdims))


def prod(x: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None, keepdims: Any = None) -> Any:
    """The product over ``dim`` (None: all); of nothing, 1.

    Halves are multiplied, then halves of halves: log2(n) products of slices, in which a zero among the factors needs no
    special case at any order of derivative.

    >>> from autograd import tensor, grad
    >>> x = tensor([0., 2., 3.], requires_grad=True)
    >>> grad(prod(x), x)[0]
    tensor([6., 0., 0.])
    """
    dim = _dim(dim, axis)
    flat = given(x, "prod").reshape(-1) if dim is None else given(x, "prod")
    a = axis_of(0 if dim is None else dim, flat.ndim)
    ndim = x.ndim

    def at(s: Any) -> Any:
        return (*[slice(None)] * a, s)

    x = flat if flat.ndim else flat.reshape(1)
    if x.shape[a] == 0:
        return sum_(x, (a,), _keepdim(keepdim, keepdims)) + 1
    if x.dtype.kind in "biu":
        x = x.astype(np.int64) if isinstance(x, np.ndarray) else x.long()
    while (n := x.shape[a]) > 1:
        half = x[at(slice(0, n // 2))] * x[at(slice(n // 2, n // 2 * 2))]
        x = half if n % 2 == 0 else cat([half, x[at(slice(n - 1, n))]], a)
    x = x[at(0)]
    if not _keepdim(keepdim, keepdims):
        return x
    return x.reshape((1,) * ndim) if dim is None else unsqueeze(x, a)


class Extreme(NamedTuple):
    """What ``max(dim=)`` and ``min(dim=)`` return."""

    values: Any
    indices: Any


def _pick(x: Any, dim: Any, keepdim: bool, arg: Callable[..., Any]) -> Extreme:
    x = x if x.ndim else x.reshape(1)
    a = axis_of(dim, x.ndim)
    index = arg(x, a, keepdim)
    raw = getattr(index, "raw", index)
    shape = (*x.shape[:a], *[1] * keepdim, *x.shape[a + 1 :])
    places = [np.arange(n).reshape((n, *[1] * (len(shape) - 1 - i))) for i, n in enumerate(shape)]
    places[a : a + keepdim] = [raw]
    return Extreme(x[tuple(places)], index)


def max(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: Any = None) -> Any:
    """The largest entry (ties share the gradient), ``(values, indices)`` along ``dim``, or the larger of two tensors.

    >>> from autograd import tensor
    >>> tensor([[1., 5.], [7., 2.]]).max(dim=1).indices
    tensor([1, 0])
    """
    return _max_or_min(x, _dim(dim, axis), _keepdim(keepdim, keepdims), amax, argmax, maximum)


def min(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: Any = None) -> Any:
    """The smallest entry (ties share the gradient), ``(values, indices)`` along ``dim``, or the smaller of two tensors."""
    return _max_or_min(x, _dim(dim, axis), _keepdim(keepdim, keepdims), amin, argmin, minimum)


def _max_or_min(x: Any, dim: Any, keepdim: bool, full: Any, arg: Any, pair: Any) -> Any:
    given(x, pair.name)
    if dim is None:
        return full(x, keepdim=keepdim)
    return _pick(x, dim, keepdim, arg) if isinstance(dim, int | np.integer) else pair(x, dim)


def amax(x: Any, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: Any = None) -> Any:
    """The largest entry over ``dim``; ties share the gradient evenly, a NaN takes all. Raises ValueError if empty."""
    return amax_(given(x, "amax"), axes_of(_dim(dim, axis), x.ndim), _keepdim(keepdim, keepdims))


def amin(x: Any, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: Any = None) -> Any:
    """The smallest entry over ``dim``; ties share the gradient evenly, a NaN takes all. Raises ValueError if empty."""
    return amin_(given(x, "amin"), axes_of(_dim(dim, axis), x.ndim), _keepdim(keepdim, keepdims))


def argmax(x: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None, keepdims: Any = None) -> Any:
    """The index (int64) of the largest entry along ``dim``, the first of equals; None: in the flattened tensor."""
    dim = _dim(dim, axis)
    return argmax_(given(x, "argmax"), None if dim is None else axis_of(dim, x.ndim), _keepdim(keepdim, keepdims))


def argmin(x: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None, keepdims: Any = None) -> Any:
    """The index (int64) of the smallest entry along ``dim``, the first of equals; None: in the flattened tensor."""
    dim = _dim(dim, axis)
    return argmin_(given(x, "argmin"), None if dim is None else axis_of(dim, x.ndim), _keepdim(keepdim, keepdims))


def cumsum(x: Any, dim: int | None = None, *, axis: int | None = None) -> Any:
    """Running sums along ``dim``."""
    dim = _dim(dim, axis)
    a = axis_of(0 if dim is None else dim, given(x, "cumsum").ndim)
    return cumsum_(x, a) if x.ndim else x


def norm(x: Any, p: Any = 2, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: Any = None) -> Any:
    """The p-norm over ``dim``, ``(sum |x|^p)^(1/p)``; ``p`` may be inf, 1, 2, 'fro' or any positive number.

    >>> from autograd import tensor
    >>> tensor([3., 4.]).norm()
    tensor(5.)
    """
    axes = axes_of(_dim(dim, axis), _floating(x, "norm").ndim)
    p = 2 if isinstance(p, str) and p == "fro" else number_of(p, "norm: p")
    if p == 2:
        return norm_(x, axes, _keepdim(keepdim, keepdims))
    if p == math.inf:
        return amax_(abs_(x), axes, _keepdim(keepdim, keepdims))
    if not p > 0:
        raise ValueError(f"norm: p must be a positive number, inf or 'fro', got {p!r}")
    total = sum_(abs_(x) if p == 1 else pow_(abs_(x), p), axes, _keepdim(keepdim, keepdims))
    if p == 1:
        return total
    zero = total == 0  # where the root has no derivative, the norm's is 0
    return where(zero, 0.0, pow_(where(zero, 1.0, total), 1 / p))


def logsumexp(x: Any, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None, keepdims: Any = None) -> Any:
    """log(sum(exp(x))) over ``dim`` without overflow; of all -inf, -inf."""
    axes = axes_of(_dim(dim, axis), _floating(x, "logsumexp").ndim)
    return logsumexp_(x, axes, _keepdim(keepdim, keepdims)) if x.ndim else x * 1


def _last(dim: Any, axis: Any) -> Any:
    dim = _dim(dim, axis)
    return -1 if dim is None else dim


def softmax(x: Any, dim: int | None = None, *, axis: int | None = None) -> Any:
    """exp(x) / sum(exp(x)) along ``dim`` (default: the last).

    >>> from autograd import tensor
    >>> softmax(tensor([1000., 1000.]), 0)
    tensor([0.5000, 0.5000])
    """
    a = axis_of(_last(dim, axis), _floating(x, "softmax").ndim)
    return softmax_(x, a) if x.ndim else x * 0 + 1


def log_softmax(x: Any, dim: int | None = None, *, axis: int | None = None) -> Any:
    """log(softmax(x)) along ``dim`` (default: the last), exact where softmax underflows."""
    a = axis_of(_last(dim, axis), _floating(x, "log_softmax").ndim)
    return log_softmax_(x, a) if x.ndim else x * 0


def softmax_cross_entropy(x: Any, index: Any) -> Any:
    """-log(softmax(x))[index] for each row of x: logits (..., classes) and class indices (...), integers, give (...).

    `nn.functional.cross_entropy` has reductions, weights and classes in dimension 1. Backward needs the logits, so that these
    must not be changed in place before it. Raises ValueError for shapes that do not fit
    and an index outside [0, classes), TypeError for logits that are not floating and indices that are no integers.

    >>> from autograd import tensor
    >>> softmax_cross_entropy(tensor([[0., 0.], [1000., -1000.]]), tensor([1, 0]))
    tensor([0.6931, 0.0000])
    """
    *rows, classes = _floating(x, "softmax_cross_entropy").shape or (0, 0)
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


def matmul(x: Any, y: Any) -> Any:
    """The matrix product. 1-d: a row on the left, a column on the right; leading axes are a batch and broadcast.

    Raises ValueError with both shapes where they do not fit.
    """
    for side in (x, y):
        if not given(side, "matmul").ndim:
            raise ValueError(
                f"matmul needs at least one dimension on either side, got shapes {tuple(x.shape)} and {tuple(given(y, 'matmul').shape)}; "
                "multiply by a 0-d tensor with *"
            )
    if x.shape[-1] != y.shape[y.ndim - 2 if y.ndim > 1 else 0]:
        raise ValueError(
            f"matmul: {tuple(x.shape)} @ {tuple(y.shape)} does not fit: the left has {x.shape[-1]} columns, "
            f"the right {y.shape[y.ndim - 2 if y.ndim > 1 else 0]} rows"
        )
    if x.ndim == 2 == y.ndim:
        return matmul_(x, y)
    fitting("matmul: the batches", tuple(x.shape[:-2]), tuple(y.shape[:-2]))
    if x.ndim > 1 and y.ndim > 1:
        return matmul_(x, y)
    z = matmul_(x if x.ndim > 1 else x.reshape((1, -1)), y if y.ndim > 1 else y.reshape((-1, 1)))
    *batch, rows, columns = z.shape
    return z.reshape((*batch, *[rows] * (x.ndim > 1), *[columns] * (y.ndim > 1)))


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """``x @ weight.T + bias``: x (..., in), weight (out, in), bias (out,) give (..., out).

    >>> from autograd import tensor
    >>> linear(tensor([1., 2.]), tensor([[3., 4.]]), tensor([5.]))
    tensor([16.])
    """
    of_x, of_w = given(x, "linear").shape, given(weight, "linear").shape
    if len(of_w) != 2 or not of_x or of_x[-1] != of_w[1]:
        raise ValueError(
            f"linear: an input of shape {tuple(of_x)} does not fit a weight of shape {tuple(of_w)} (out, in): "
            f"expected {of_w[-1] if len(of_w) == 2 else 'a weight of 2 dimensions'}"
            f"{' columns' * (len(of_w) == 2)}, got {of_x[-1] if of_x else 'a 0-d tensor'}"
        )
    if bias is not None and given(bias, "linear").shape != of_w[:1]:
        raise ValueError(f"linear: a weight of shape {tuple(of_w)} needs a bias of shape ({of_w[0]},), got {tuple(bias.shape)}")
    if len(of_x) == 1:
        return linear(x.reshape((1, -1)), weight, bias).reshape(-1)
    return linear_(x, weight) if bias is None else linear_(x, weight, bias)


def _ranked(name: str, x: Any, y: Any, ndims: tuple[int, int]) -> None:
    if (given(x, name).ndim, given(y, name).ndim) != ndims:
        raise ValueError(f"{name} expects {ndims[0]}-d and {ndims[1]}-d tensors, got shapes {tuple(x.shape)} and {tuple(y.shape)}")


def mm(x: Any, y: Any) -> Any:
    """The product of two matrices; nothing broadcasts."""
    _ranked("mm", x, y, (2, 2))
    return matmul(x, y)


def mv(x: Any, y: Any) -> Any:
    """The product of a matrix and a vector."""
    _ranked("mv", x, y, (2, 1))
    return matmul(x, y)


def dot(x: Any, y: Any) -> Any:
    """The inner product of two vectors of one length."""
    _ranked("dot", x, y, (1, 1))
    return matmul(x, y)


def outer(x: Any, y: Any) -> Any:
    """The outer product of two vectors, shape (n, m)."""
    _ranked("outer", x, y, (1, 1))
    return x.reshape((-1, 1)) * y


def einsum(equation: str, *operands: Any) -> Any:
    """Sums of products in Einstein's notation, as ``numpy.einsum``, without an ellipsis.

    >>> from autograd import tensor
    >>> einsum("ij,j->i", tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    if not isinstance(equation, str):
        raise TypeError(f"einsum: the equation must be a str such as 'ij,jk->ik', got {described(equation)}")
    spec = equation.replace(" ", "")
    if "." in spec:
        raise ValueError(f"einsum: {equation!r} has an ellipsis; name every axis")
    left, arrow, out = spec.partition("->")
    if strange := set(left + out) - {*ascii_letters, ","}:
        raise ValueError(f"einsum: {equation!r} has {''.join(sorted(strange))!r}, where letters, commas and one -> are expected")
    ins = left.split(",")
    if not arrow:
        out = "".join(sorted(c for c in set(left) - {","} if left.count(c) == 1))
    for x in operands:
        given(x, "einsum")
    if len(ins) != len(operands) or any(len(s) != x.ndim for s, x in zip(ins, operands)):
        raise ValueError(f"einsum: {equation!r} does not fit operands of shapes {[tuple(x.shape) for x in operands]}")
    sizes: dict[str, int] = {}
    for s, x in zip(ins, operands):
        for c, n in zip(s, x.shape):
            if sizes.setdefault(c, n) != n:
                raise ValueError(f"einsum: index {c!r} of {equation!r} has size {sizes[c]} and size {n}")
    if not set(out) <= set(sizes) or len(set(out)) != len(out):
        raise ValueError(f"einsum: output {out!r} of {equation!r} has an index that no operand has, or one index twice")
    if any(len(set(s)) != len(s) for s in ins):  # a repeated index takes a diagonal first, by indexing
        pairs = [_diagonals(s, x) for s, x in zip(ins, operands)]
        ins, operands = [s for s, _ in pairs], tuple(x for _, x in pairs)
    return einsum_(tuple(ins), out, *operands)


def _diagonals(subscripts: str, x: Any) -> tuple[str, Any]:
    names = "".join(dict.fromkeys(subscripts))
    grid = dict(zip(names, np.ix_(*(range(x.shape[subscripts.index(c)]) for c in names))))
    return names, x[tuple(grid[c] for c in subscripts)]


def _shape(sizes: Any, what: str) -> tuple[int, ...]:
    """A shape given as ints, or as one list or tuple of them."""
    if isinstance(sizes, tuple) and len(sizes) == 1 and isinstance(sizes[0], (list, tuple)):
        sizes = sizes[0]
    if not isinstance(sizes, (list, tuple)):
        raise TypeError(f"{what} is made of ints, got {described(sizes)}")
    return tuple([n if n.__class__ is int else int_of(n, f"a size in {what}") for n in sizes])


def reshape(x: Any, *shape: Any) -> Any:
    """The same entries in a new shape; one size may be -1. A view where the memory allows."""
    shape = _shape(shape, "the shape of reshape")
    size = math.prod(given(x, "reshape").shape)
    known = math.prod(shape)
    if known != size or builtins.min(shape, default=0) < 0:
        known = math.prod([n for n in shape if n != -1])
        if shape.count(-1) != 1 or builtins.min(shape) < -1 or not known or size % known:
            raise ValueError(f"reshape: {size} entries of shape {tuple(x.shape)} do not fill shape {shape}")
        shape = tuple([size // known if n == -1 else n for n in shape])
    return reshape_(x, shape)


view = reshape


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions ``start_dim`` to ``end_dim`` joined into one."""
    if not given(x, "flatten").ndim:
        return x.reshape(1)
    a, b = axis_of(start_dim, x.ndim), axis_of(end_dim, x.ndim)
    if a > b:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} for shape {tuple(x.shape)}")
    return reshape_(x, (*x.shape[:a], math.prod(x.shape[a : b + 1]), *x.shape[b + 1 :]))


def permute(x: Any, *dims: Any) -> Any:
    """The dimensions in another order."""
    axes = axes_of(_shape(dims, "the order of permute"), given(x, "permute").ndim)
    if len(axes) != x.ndim:
        raise ValueError(f"permute: {tuple(dims)} must name each of the {x.ndim} dimensions once")
    return permute_(x, axes)


def transpose(x: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged."""
    order = list(range(given(x, "transpose").ndim))
    a, b = axis_of(dim0, x.ndim), axis_of(dim1, x.ndim)
    if order:
        order[a], order[b] = b, a
    return permute_(x, tuple(order))


def squeeze(x: Any, dim: Dim = None) -> Any:
    """Without the dimensions of size 1 (all, or those among ``dim``)."""
    axes = axes_of(dim, given(x, "squeeze").ndim)
    return reshape_(x, tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in axes))


def unsqueeze(x: Any, dim: int) -> Any:
    """With a dimension of size 1 put in at ``dim``."""
    a = axis_of(dim, given(x, "unsqueeze").ndim + 1)
    return reshape_(x, (*x.shape[:a], 1, *x.shape[a:]))


def expand(x: Any, *sizes: Any) -> Any:
    """Dimensions of size 1 stretched to ``sizes``; -1 keeps a size, new dimensions come first. A view."""
    shape = _shape(sizes, "the shape of expand")
    lead = len(shape) - given(x, "expand").ndim
    if lead < 0:
        raise ValueError(f"expand: {shape} has fewer dimensions than shape {tuple(x.shape)}")
    return broadcast_to(x, tuple(x.shape[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(shape)))


def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """``x`` stretched to ``shape`` by the rules of broadcasting. A view."""
    shape, own = _shape(shape, "the shape of broadcast_to"), tuple(given(x, "broadcast_to").shape)
    tail = shape[len(shape) - len(own) :]
    if len(own) > len(shape) or any(n < 0 for n in shape) or any(a not in (1, b) for a, b in zip(own, tail)):
        raise ValueError(f"shape {own} cannot be stretched to {shape}")
    return broadcast_to_(x, shape)


def _joined(xs: Any, name: str) -> list[Any]:
    if not isinstance(xs, list | tuple):
        raise TypeError(f"{name} takes a list of tensors, got {type(xs).__name__}; put them in [...]")
    if not xs:
        raise ValueError(f"{name} needs at least one tensor, got {described(xs)}")
    return [given(x, name) for x in xs]


def cat(tensors: Sequence[Any], dim: int = 0, *, axis: int | None = None) -> Any:
    """The tensors joined along ``dim``; their other sizes agree.

    >>> from autograd import tensor
    >>> cat([tensor([1.]), tensor([2., 3.])])
    tensor([1., 2., 3.])
    """
    xs = _joined(tensors, "cat")
    if not xs[0].ndim:
        raise ValueError(f"cat cannot join 0-d tensors, got shapes {[tuple(x.shape) for x in xs]}; use stack")
    a = axis_of(dim if axis is None else axis, xs[0].ndim)
    if len({(x.ndim, *x.shape[:a], *x.shape[a + 1 :]) for x in xs}) > 1:
        raise ValueError(f"cat along dim {a}: the other sizes must agree, got shapes {[tuple(x.shape) for x in xs]}")
    return cat_(a, tuple(accumulate((x.shape[a] for x in xs), initial=0)), *xs)


def stack(tensors: Sequence[Any], dim: int = 0, *, axis: int | None = None) -> Any:
    """Tensors of one shape joined along a new dimension ``dim``."""
    xs = _joined(tensors, "stack")
    if len({tuple(x.shape) for x in xs}) > 1:
        raise ValueError(f"stack needs tensors of one shape, got {[tuple(x.shape) for x in xs]}")
    return stack_(axis_of(dim if axis is None else axis, xs[0].ndim + 1), *xs)


def split(x: Any, split_size: int | Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Views of ``split_size`` entries along ``dim`` (the last may be smaller), or of the sizes listed."""
    if not given(x, "split").ndim:
        raise ValueError(f"split needs at least one dimension, got shape {tuple(x.shape)}")
    a = axis_of(dim, x.ndim)
    n = x.shape[a]
    if isinstance(split_size, list | tuple):
        sizes = [int_of(s, "split: a size") for s in split_size]
    else:
        size = int_of(split_size, "split: the size", 1)
        sizes = [builtins.min(size, n - i) for i in range(0, n, size)] or [0]
    if builtins.sum(sizes) != n or any(s < 0 for s in sizes):
        raise ValueError(f"split: sizes {sizes} do not add up to {n}, the size of dim {a} of shape {tuple(x.shape)}")
    ends = np.cumsum(sizes).tolist()
    return tuple(x[(*[slice(None)] * a, slice(end - s, end))] for s, end in zip(sizes, ends))


def flip(x: Any, dim: Dim) -> Any:
    """The order reversed along ``dim``."""
    axes = axes_of(dim, given(x, "flip").ndim)
    return getitem_(x, tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim)))


def tril(x: Any, diagonal: int = 0) -> Any:
    """The lower triangle of the last two dimensions, zeros elsewhere."""
    return tril_(_matrix(x, "tril"), int_of(diagonal, "tril: the diagonal"))


def triu(x: Any, diagonal: int = 0) -> Any:
    """The upper triangle of the last two dimensions, zeros elsewhere."""
    return triu_(_matrix(x, "triu"), int_of(diagonal, "triu: the diagonal"))


def _matrix(x: Any, name: str) -> Any:
    if given(x, name).ndim < 2:
        raise ValueError(f"{name} needs at least 2 dimensions, got shape {tuple(x.shape)}")
    return x


def diag(x: Any, diagonal: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with a vector as its diagonal.

    >>> from autograd import tensor
    >>> diag(tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    diagonal = int_of(diagonal, "diag: the diagonal", -(2**31), 2**31)
    up, down = builtins.max(diagonal, 0), builtins.max(-diagonal, 0)
    if given(x, "diag").ndim == 1:
        size = x.shape[0] + up + down
        index = np.arange(x.shape[0])
        return put_(x, (index + down, index + up), (size, size))
    if x.ndim != 2:
        raise ValueError(f"diag takes a vector or a matrix, got shape {tuple(x.shape)}")
    index = np.arange(builtins.max(builtins.min(x.shape[0] - down, x.shape[1] - up), 0))
    return getitem_(x, (index + down, index + up))
