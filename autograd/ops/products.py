"""Products of matrices, linear layers, sums of products by `numpy.einsum`. The rows first, the checked functions below."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from autograd.core.node import each
from autograd.core.symbols import Symbol
from autograd.errors import described
from autograd.ops import fast
from autograd.ops.moves import broadcast_to_
from autograd.ops.reduce import _rows
from autograd.ops.table import fitting, floating, given, quiet, row


def _times(x: Any, y: Any) -> Any:
    """The product of matrices in a rule: of arrays, without dispatch."""
    return fast.product(x, y) if x.__class__ is np.ndarray is y.__class__ else matmul_(x, y)


def _linear(x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    z = fast.product(x, w.T)
    if b is not None:
        z += b
    return z


def _inverse_of_values(x: np.ndarray) -> np.ndarray:
    """By Gauss and Jordan, with the largest pivot: numpy's inverse takes no objects."""
    n = x.shape[-1]
    z = np.concatenate([x, np.broadcast_to(np.eye(n), x.shape)], -1)
    for m in z.reshape((-1, n, 2 * n)):
        for k in range(n):
            pivot = k + int(np.argmax(np.abs(m[k:, k].astype(np.float64))))
            m[[k, pivot]] = m[[pivot, k]]
            m[k] = m[k] / m[k, k]
            for i in {*range(n)} - {k}:
                m[i] = m[i] - m[i, k] * m[k]
    return z[..., n:]


def _einsum_rule(i: int, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    ins, out, *xs = args
    i -= 2
    others = [(s, x) for j, (s, x) in enumerate(zip(ins, xs)) if j != i]
    reach = set(out).union(*(s for s, _ in others))
    kept = "".join(c for c in ins[i] if c in reach)  # an index of this operand alone was summed: g is broadcast over it
    d = einsum_((out, *(s for s, _ in others)), kept, g, *(x for _, x in others))
    shape = tuple(n if c in reach else 1 for c, n in zip(ins[i], xs[i].shape))
    return broadcast_to_(d.reshape(shape), xs[i].shape)


def _product_into(p: Any, z: np.ndarray, x: Any, y: Any) -> list[str]:
    return [f"np.{'dot' if x.raw.ndim == 2 == y.raw.ndim else 'matmul'}({x}, {y}, OUT)"]


def _linear_into(p: Any, z: np.ndarray, x: Any, w: Any, *b: Any) -> list[str]:
    return [*_product_into(p, z, x, p.transposed(w)), *(f"np.add(OUT, {c}, OUT)" for c in b)]


# fmt: off
#              name          compute                                             one vjp per argument; None: not differentiable in it
# BLAS sets the flag of an invalid operation now and then where every number is finite, so that products never warn.
matmul_      = row("@",        quiet(fast.product),                              lambda g, z, x, y: _times(g, y.mT),      lambda g, z, x, y: _times(x.mT, g),
    infix="@", ufunc=np.matmul, kin=("product",), on_batch=True, into=_product_into)
inverse_     = row("inverse",  np.linalg.inv,                                    lambda g, z, x: -_times(_times(z.mT, g), z.mT),
    on_batch=True, on_values=_inverse_of_values, kin=("pole",))
linear_      = row("linear",   quiet(_linear),                                   lambda g, z, x, w, *b: _times(g, w),     lambda g, z, x, w, *b: _times(_rows(g).mT, _rows(x)), lambda g, z, x, w, b: g,
    into=_linear_into, write=lambda p, x, w, *b: sum(b, x @ w.mT), code=lambda *xs: f"ag.linear({', '.join(xs)})", kin=("product",))
einsum_      = row("einsum",   lambda ins, out, *xs: np.einsum(f"{','.join(ins)}->{out}", *xs, optimize=len(xs) > 2), None, None, each(_einsum_rule),
    write=lambda p, ins, out, *xs: p.call("einsum", Symbol('"' + ",".join(ins) + f'->{out}"'), *xs), kin=("product",),
    code=lambda ins, out, *xs: f"ag.einsum('{','.join(ins)}->{out}', {', '.join(xs)})")
# fmt: on


def matmul(x: Any, y: Any, *, out: Any = None) -> Any:
    """The matrix product. 1-d: a row on the left, a column on the right; leading axes are a batch and broadcast.

    It is copied into ``out``, if that is given, which has the shape of the product. Raises ValueError with both shapes where they do
    not fit.
    """
    if out is not None:
        if not hasattr(given(out, "matmul: out"), "copy_"):
            raise TypeError(f"matmul: out is a Tensor, got {described(out)}")
        return out.copy_(matmul(x, y))
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


def inverse(x: Any) -> Any:
    """The inverse of a square matrix, or of each matrix in the last two dimensions. Raises ValueError where there is none.

    Its derivative is -inverse dx inverse (Petersen and Pedersen, The Matrix Cookbook, 2012, 59).

    >>> from autograd import tensor
    >>> inverse(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    if floating(x, "inverse").ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"inverse takes square matrices, got shape {tuple(x.shape)}")
    return inverse_(x)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``input @ weight.T + bias``: input (..., in), weight (out, in), bias (out,) give (..., out).

    >>> from autograd import tensor
    >>> linear(tensor([1., 2.]), tensor([[3., 4.]]), tensor([5.]))
    tensor([16.])
    """
    x = input
    of_x, of_w = getattr(given(x, "linear"), "raw", x).shape, getattr(given(weight, "linear"), "raw", weight).shape
    if len(of_w) != 2 or not of_x or of_x[-1] != of_w[1]:
        raise ValueError(
            f"linear: an input of shape {tuple(of_x)} does not fit a weight of shape {tuple(of_w)} (out, in): "
            f"expected {of_w[-1] if len(of_w) == 2 else 'a weight of 2 dimensions'}"
            f"{' columns' * (len(of_w) == 2)}, got {of_x[-1] if of_x else 'a 0-d tensor'}"
        )
    if bias is not None and getattr(given(bias, "linear"), "raw", bias).shape != of_w[:1]:
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
    """Sums of products in Einstein's notation, as ``numpy.einsum``. An ellipsis stands for the axes that are not named; sizes of 1 broadcast.

    >>> from autograd import tensor
    >>> einsum("ij,j->i", tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    if not isinstance(equation, str):
        raise TypeError(f"einsum: the equation must be a str such as 'ij,jk->ik', got {described(equation)}")
    spec = equation.replace(" ", "")
    for x in operands:
        given(x, "einsum")
    spec = _named(spec, [x.ndim for x in operands])
    left, arrow, out = spec.partition("->")
    if strange := set(left + out) - {*ascii_letters, ","}:
        raise ValueError(f"einsum: {equation!r} has {''.join(sorted(strange))!r}, where letters, commas and one -> are expected")
    ins = left.split(",")
    if not arrow:
        out = "".join(sorted(c for c in set(left) - {","} if left.count(c) == 1))
    if len(ins) != len(operands) or any(len(s) != x.ndim for s, x in zip(ins, operands)):
        raise ValueError(f"einsum: {equation!r} does not fit operands of shapes {[tuple(x.shape) for x in operands]}")
    extent: dict[str, int] = {}
    for s, x in zip(ins, operands):
        for c, n in zip(s, x.shape):
            if s.count(c) > 1 and n != x.shape[s.index(c)]:
                raise ValueError(f"einsum: index {c!r} of {equation!r} has size {x.shape[s.index(c)]} and size {n} in one operand")
            if 1 not in (n, known := extent.setdefault(c, n)) and known != n:
                raise ValueError(f"einsum: index {c!r} of {equation!r} has size {known} and size {n}")
            extent[c] = n if known == 1 else known
    if not set(out) <= set(extent) or len(set(out)) != len(out):
        raise ValueError(f"einsum: output {out!r} of {equation!r} has an index that no operand has, or one index twice")
    if any(len(set(s)) != len(s) for s in ins):  # a repeated index takes a diagonal first, by indexing
        pairs = [_diagonals(s, x) for s, x in zip(ins, operands)]
        ins, operands = [s for s, _ in pairs], tuple(x for _, x in pairs)
    if any(n != extent[c] for s, x in zip(ins, operands) for c, n in zip(s, x.shape)):
        pairs = [_stretched(s, x, extent) for s, x in zip(ins, operands)]
        ins, operands = [s for s, _ in pairs], tuple(x for _, x in pairs)
    return einsum_(tuple(ins), out, *operands)


def _named(equation: str, ndims: Sequence[int]) -> str:
    """The equation with letters in the place of its ellipses, which are aligned at their ends; where it names no output, they come first."""
    if "..." not in equation:
        return equation
    left, arrow, out = equation.partition("->")
    ins = left.split(",")
    counts = [n - len(s) + 3 if "..." in s else 0 for s, n in zip(ins, ndims)]
    if len(ins) != len(ndims) or min(counts) < 0:
        raise ValueError(f"einsum: {equation!r} does not fit operands of {', '.join(map(str, ndims))} dimensions")
    names = "".join(c for c in reversed(ascii_letters) if c not in equation)[: max(counts)]
    if not arrow:
        out = "..." + "".join(sorted(c for c in set(left) - {",", "."} if left.count(c) == 1))
    ins = [s.replace("...", names[len(names) - n :], 1) for s, n in zip(ins, counts)]
    return f"{','.join(ins)}->{out.replace('...', names, 1)}"


def _stretched(subscripts: str, x: Any, extent: dict[str, int]) -> tuple[str, Any]:
    """Without the axes of size 1 that meet larger ones: the product does not depend on them."""
    kept = [(c, n) for c, n in zip(subscripts, x.shape) if n == extent[c]]
    return "".join(c for c, _ in kept), x.reshape(tuple(n for _, n in kept))


def _diagonals(subscripts: str, x: Any) -> tuple[str, Any]:
    names = "".join(dict.fromkeys(subscripts))
    grid = dict(zip(names, np.ix_(*(range(x.shape[subscripts.index(c)]) for c in names))))
    return names, x[tuple(grid[c] for c in subscripts)]
