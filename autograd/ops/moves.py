"""Operations that move entries: views, joins, indexing, copies. The rows first, the checked functions below.

The rows take positional arguments only, already checked; the functions give them PyTorch's names, defaults and errors. A function
whose first parameter is ``x`` is a method of `Tensor` as well.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd.core.node import each
from autograd.core.symbols import ATOM, WORDS, Python
from autograd.errors import described, int_of
from autograd.ops import fast
from autograd.ops.table import SHAPED, Dim, axes_of, axis_of, dims, given, method, padded, quiet, row, shape_from


def _put(g: np.ndarray, key: Any, shape: tuple[int, ...]) -> np.ndarray:
    z = np.zeros(shape, g.dtype)
    if _basic(key):
        z[key] = g
    else:
        np.add.at(z, key, g)  # an entry that was taken twice accumulates both gradients
    return z


def _basic(key: Any) -> bool:
    return all(k is None or k is Ellipsis or isinstance(k, int | slice) for k in key)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The order of axes that undoes the order ``axes``."""
    return tuple(map(axes.index, range(len(axes))))


def _cat_rule(i: int, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    axis, starts = args[:2]
    return g[(*[slice(None)] * axis, slice(starts[i - 2], starts[i - 1]))]


# A path says which entries of an array a view of it holds: the names of rows that make views, each with the arguments after the first.
def _follow(x: Any, path: tuple[tuple[Any, ...], ...]) -> Any:
    """The entries of ``x`` at the end of ``path``."""
    for name, *rest in path:
        x = SHAPED[name](x, *rest)
    return x


def _place(x: Any, v: Any, path: tuple[tuple[Any, ...], ...]) -> np.ndarray:
    z = np.array(x, complex if np.iscomplexobj(v) else None, order="C")
    if not path:
        z[...] = v
    elif len(path) == 1 and path[0][0] == "[]":
        z[path[0][1]] = v
    else:  # by their positions: whether a reshape is a view depends on how the memory lay
        z.reshape(-1)[_follow(np.arange(z.size).reshape(z.shape), path)] = v
    return z


def _placed_rule(g: Any, path: tuple[tuple[Any, ...], ...], shape: tuple[int, ...]) -> Any:
    """What flows into what was placed; an entry that another one was placed over gets nothing."""
    found = _follow(g, path)
    if path and path[-1][0] == "[]" and not _basic(path[-1][1]):
        at = _follow(np.arange(math.prod(shape)).reshape(shape), path)
        number = np.arange(at.size).reshape(at.shape)
        last = np.zeros(math.prod(shape), int)
        last[at] = number
        if not (last[at] == number).all():
            return found * (last[at] == number).astype(g.dtype)
    return found


# How some rows are written.
def _path(p: Any, path: tuple[tuple[Any, ...], ...]) -> str:
    steps = (f"({name!r}, {f'np.index_exp[{p.key(rest[0])}]' if name == '[]' else p(rest[0])})" for name, *rest in path)
    return f"({', '.join(steps)},)" if path else "()"


def _region(p: Any, path: tuple[tuple[Any, ...], ...]) -> str:
    """The entries that are placed, as a reader sees them."""
    return "".join(f"[{p.key(rest[0])}]" if name == "[]" else f".{name}" for name, *rest in path) or "[...]"


def _transposed(p: Any, x: Any, axes: tuple[int, ...]) -> str:
    n = len(axes)
    if n > 1 and axes == (*range(n - 2), n - 1, n - 2):
        return f"{p(x, ATOM)}.mT"
    return p.call(f"{p(x, ATOM)}.transpose", *(axes or [()]))


def _turned(p: Any, x: Any, axes: tuple[int, ...]) -> str:
    n = len(axes)
    if n > 1 and axes == (*range(n - 2), n - 1, n - 2):
        return f"{p(x, ATOM)}ᵀ"
    return p.call(f"{p(x, ATOM)}.transpose", *(axes or [()]))


def _as_shape(p: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """In another shape; not mentioned after a sum, which it only gives back its dimensions of size 1 (keepdim)."""
    if getattr(getattr(x, "op", None), "name", "") == "sum":
        return x
    return f"{p(x)} as {p.sizes(shape)}", WORDS


def _spread_to(p: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast; a reshape to dimensions of size 1 before it is not mentioned."""
    inner = x.args[0] if getattr(x, "op", None) is reshape_ else x
    return f"{p(inner)}, spread to {p.sizes(shape)}", WORDS


class _Lists(Python):
    """Writes arrays as lists."""

    def constant(self, x: Any) -> str:
        return repr(x.tolist()) if isinstance(x, np.ndarray) else super().constant(x)


# fmt: off
#              name          compute                                             one vjp per argument; None: not differentiable in it
cast_        = row("to",       quiet(lambda x, dtype: x.astype(dtype)),          lambda g, z, x, dtype: g, None,  # the engine casts g back
    moves=True, write=lambda p, x, dtype: f"{p(x, ATOM)}.astype(np.{dtype.name})", formula=lambda p, x, dtype: (f"{p(x)} as {dtype.name}", WORDS),
    sign=lambda p, x, dtype: f"to {dtype.name}", public="", on_batch=True, on_values=lambda x, dtype: x)
clone_       = row("clone",    lambda x, order="C": x.copy(order),               lambda g, z, x, order="C": g, None,
    moves=True, write=method("copy"), on_batch=True)
reshape_     = row("reshape",  lambda x, shape: x.reshape(shape),                lambda g, z, x, shape: g.reshape(x.shape), None,
    moves=True, write=lambda p, x, shape: p.call(f"{p(x, ATOM)}.reshape", *(shape or [()])), formula=_as_shape,
    sign=lambda p, x, shape=(): f"reshape\n{p.sizes(shape, 'scalar')}", on_batch=lambda f, x, shape: x.reshape((-1, *shape)))
permute_     = row("permute",  lambda x, axes: x.transpose(axes),                lambda g, z, x, axes: permute_(g, _inverse(axes)), None,
    moves=True, write=_transposed, formula=_turned, sign=lambda p, x, axes=(): f"{p(x)}ᵀ" if tuple(axes) == (1, 0) else f"permute {p.sizes(axes, '')}",
    on_batch=lambda f, x, axes: x.transpose((0, *(a + 1 for a in axes))))
broadcast_to_ = row("broadcast", np.broadcast_to,                                lambda g, z, x, shape: g, None,  # the engine sums g down to x
    moves=True, write=lambda p, x, shape: p.call("np.broadcast_to", x, shape), formula=_spread_to, sign="spread", code=lambda x, shape: f"{x}.broadcast_to({shape})",
    on_batch=lambda f, x, shape: f(padded(x, 1 + len(shape)), (len(x), *shape)))
cat_         = row("cat",      lambda axis, starts, *xs: np.concatenate(xs, axis=axis), None, None, each(_cat_rule),
    moves=True, write=lambda p, axis, starts, *xs: p.call("cat", list(xs), dim=axis), code=lambda axis, starts, *xs: f"ag.cat([{', '.join(xs)}], {axis})")
stack_       = row("stack",    lambda axis, *xs: np.stack(xs, axis=axis),        None, each(lambda i, g, z, args: g[(*[slice(None)] * args[0], i - 1)]),
    moves=True, write=lambda p, axis, *xs: p.call("stack", list(xs), dim=axis), code=lambda axis, *xs: f"ag.stack([{', '.join(xs)}], {axis})")
getitem_     = row("[]",       fast.taken,                                       lambda g, z, x, key: put_(g, key, x.shape), None,
    moves=True, write=lambda p, x, key: f"{p(x, ATOM)}[{p.key(key)}]", sign=lambda p, x, key: f"{p(x)}[{p.key(key)}]", code=lambda x, key: f"{x}[{_Lists().key(key)}]",
    on_batch=lambda f, x, key: x[(slice(None), *key)] if _basic(key) else None)
put_         = row("put",      _put,                                             lambda g, z, x, key, shape: g[key], None, None,
    public="", write=lambda p, x, key, shape: f"put_({p(x)}, np.index_exp[{p.key(key)}], {p(shape)})", formula=lambda p, x, key, shape: (f"{p(x)}, put back at [{p.key(key)}]", WORDS),
    on_batch=lambda f, x, key, shape: f(x, (slice(None), *key), (len(x), *shape)) if _basic(key) else None)
place_       = row("place", _place,                                              lambda g, z, x, v, path: place_(g, 0.0, path),
    lambda g, z, x, v, path: _placed_rule(g, path, x.shape), None,
    moves=True, public="", write=lambda p, x, v, path: f"place_({p(x)}, {p(v)}, {_path(p, path)})", sign=lambda p, x, v=None, path=(): f"{_region(p, path)} =",
    formula=lambda p, x, v, path: (f"{p(x)} with {p(v)} at {_region(p, path)}", WORDS),
    examples=lambda shape: [(np.full(shape[1:], 0.5), (("[]", (0,)),)), (np.full((1,), -1.5), (("permute", (*range(len(shape)),)[::-1]), ("[]", (slice(0, 1),))))])
tril_        = row("tril",     np.tril,                                          lambda g, z, x, k: tril_(g, k), None)
triu_        = row("triu",     np.triu,                                          lambda g, z, x, k: triu_(g, k), None)
# fmt: on


def reshape(x: Any, *shape: Any) -> Any:
    """The same entries in a new shape; one size may be -1. A view where the memory allows."""
    shape = shape_from(shape, "the shape of reshape")
    size = math.prod(given(x, "reshape").shape)
    known = math.prod(shape)
    if known != size or builtins.min(shape, default=0) < 0:
        known = math.prod([n for n in shape if n != -1])
        if shape.count(-1) != 1 or builtins.min(shape) < -1 or not known or size % known:
            raise ValueError(f"reshape: {size} entries of shape {tuple(x.shape)} do not fill shape {shape}")
        shape = tuple([size // known if n == -1 else n for n in shape])
    return reshape_(x, shape)


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions ``start_dim`` to ``end_dim`` joined into one."""
    if not given(x, "flatten").ndim:
        return x.reshape(1)
    a, b = axis_of(start_dim, x.ndim), axis_of(end_dim, x.ndim)
    if a > b:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} for shape {tuple(x.shape)}")
    return reshape_(x, (*x.shape[:a], math.prod(x.shape[a : b + 1]), *x.shape[b + 1 :]))


def permute(x: Any, *order: Any) -> Any:
    """The dimensions in another order."""
    axes = axes_of(shape_from(order, "the order of permute"), given(x, "permute").ndim)
    if len(axes) != x.ndim:
        raise ValueError(f"permute: {tuple(order)} must name each of the {x.ndim} dimensions once")
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


def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """``x`` stretched to ``shape`` by the rules of broadcasting. A view."""
    shape, own = shape_from(shape, "the shape of broadcast_to"), tuple(given(x, "broadcast_to").shape)
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


@dims
def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """The tensors joined along ``dim``; their other sizes agree.

    >>> from autograd import tensor
    >>> cat([tensor([1.]), tensor([2., 3.])])
    tensor([1., 2., 3.])
    """
    xs = _joined(tensors, "cat")
    if not xs[0].ndim:
        raise ValueError(f"cat cannot join 0-d tensors, got shapes {[tuple(x.shape) for x in xs]}; use stack")
    a = axis_of(dim, xs[0].ndim)
    if len({(x.ndim, *x.shape[:a], *x.shape[a + 1 :]) for x in xs}) > 1:
        raise ValueError(f"cat along dim {a}: the other sizes must agree, got shapes {[tuple(x.shape) for x in xs]}")
    return cat_(a, tuple(accumulate((x.shape[a] for x in xs), initial=0)), *xs)


@dims
def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors of one shape joined along a new dimension ``dim``."""
    xs = _joined(tensors, "stack")
    if len({tuple(x.shape) for x in xs}) > 1:
        raise ValueError(f"stack needs tensors of one shape, got {[tuple(x.shape) for x in xs]}")
    return stack_(axis_of(dim, xs[0].ndim + 1), *xs)


def split(x: Any, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Views of so many entries along ``dim`` (the last may be smaller), or of the sizes listed."""
    if not given(x, "split").ndim:
        raise ValueError(f"split needs at least one dimension, got shape {tuple(x.shape)}")
    a = axis_of(dim, x.ndim)
    n = x.shape[a]
    if isinstance(split_size_or_sections, list | tuple):
        sizes = [int_of(s, "split: a size") for s in split_size_or_sections]
    else:
        size = int_of(split_size_or_sections, "split: the size", 1)
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
