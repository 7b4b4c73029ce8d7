"""Questions about entries, answered by booleans and places: which are finite, close, true, not zero; and what is put where one is true.

No gradient flows through an answer. The rows first, the checked functions below.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.errors import described, flag_of, number_of
from autograd.ops.elementwise import where
from autograd.ops.moves import broadcast_to
from autograd.ops.table import Dim, axes_of, dims, fitting, given, held, quiet, row


def _over(reduce: Any) -> Any:
    def compute(x: np.ndarray, axes: tuple[int, ...], keepdim: bool) -> Any:
        found = reduce(x, axis=axes, keepdims=keepdim)
        return found.astype(x.dtype) if x.dtype == np.uint8 else found  # PyTorch's booleans of old

    return compute


# fmt: off
isnan_       = row("isnan",       np.isnan,    None)
isinf_       = row("isinf",       np.isinf,    None)
isfinite_    = row("isfinite",    np.isfinite, None)
isclose_     = row("isclose",     quiet(np.isclose), None, None, None, None, None)
logical_not_ = row("logical_not", np.logical_not, None)
logical_and_ = row("logical_and", np.logical_and, None, None)
logical_or_  = row("logical_or",  np.logical_or,  None, None)
logical_xor_ = row("logical_xor", np.logical_xor, None, None)
all_         = row("all",         _over(np.all), None, None, None)
any_         = row("any",         _over(np.any), None, None, None)
nonzero_     = row("nonzero",     np.argwhere, None)
# fmt: on


def isnan(x: Any) -> Any:
    """True where NaN."""
    return isnan_(given(x, "isnan"))


def isinf(x: Any) -> Any:
    """True where infinite."""
    return isinf_(given(x, "isinf"))


def isfinite(x: Any) -> Any:
    """True where neither infinite nor NaN."""
    return isfinite_(given(x, "isfinite"))


def isclose(x: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """True where ``|x - other| <= atol + rtol * |other|``, or both are the same infinity; of two NaN only where ``equal_nan``.

    >>> from autograd import tensor
    >>> isclose(tensor([1.0, 2.0]), tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    fitting("isclose", tuple(given(x, "isclose").shape), tuple(given(other, "isclose").shape))
    rtol, atol = number_of(rtol, "isclose: rtol") * 1.0, number_of(atol, "isclose: atol") * 1.0
    return isclose_(x, other, rtol, atol, flag_of(equal_nan, "equal_nan"))


def logical_not(x: Any) -> Any:
    """True where 0. A NaN is not 0."""
    return logical_not_(given(x, "logical_not"))


def logical_and(x: Any, other: Any) -> Any:
    """True where neither is 0."""
    return _logical(logical_and_, x, other)


def logical_or(x: Any, other: Any) -> Any:
    """True where one of them, or both, is not 0."""
    return _logical(logical_or_, x, other)


def logical_xor(x: Any, other: Any) -> Any:
    """True where exactly one of them is not 0."""
    return _logical(logical_xor_, x, other)


def _logical(row: Any, x: Any, other: Any) -> Any:
    fitting(row.name, tuple(given(x, row.name).shape), tuple(given(other, row.name).shape))
    return row(x, other)


@dims
def all(x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """Is no entry 0, over ``dim`` (None: all)? Of nothing, True. Booleans; of a uint8 tensor uint8, as in PyTorch.

    >>> from autograd import tensor
    >>> all(tensor([[1, 0], [1, 1]]), dim=1)
    tensor([False,  True])
    """
    return all_(given(x, "all"), axes_of(dim, x.ndim), flag_of(keepdim, "keepdim"))


@dims
def any(x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """Is an entry not 0, over ``dim`` (None: all)? Of nothing, False. Booleans; of a uint8 tensor uint8, as in PyTorch."""
    return any_(given(x, "any"), axes_of(dim, x.ndim), flag_of(keepdim, "keepdim"))


def nonzero(x: Any, *, as_tuple: bool = False) -> Any:
    """The places of entries that are not 0: int64, one row for each, or with ``as_tuple`` one tensor for each dimension, to index with.

    >>> from autograd import tensor
    >>> nonzero(tensor([[1, 0], [0, 2]]))
    tensor([[0, 0],
            [1, 1]])
    """
    if not flag_of(as_tuple, "as_tuple"):
        return nonzero_(given(x, "nonzero"))
    places = nonzero_(x if given(x, "nonzero").ndim else x.reshape(1))
    return tuple(places[:, i] for i in range(places.shape[1]))


def masked_select(x: Any, mask: Any) -> Any:
    """The entries of ``x`` where the boolean ``mask`` is True, in one dimension; the two broadcast. Raises TypeError for another mask.

    >>> from autograd import tensor
    >>> masked_select(tensor([1., 2., 3.]), tensor([True, False, True]))
    tensor([1., 3.])
    """
    shape = np.broadcast_shapes(*_masked("masked_select", x, mask))
    return broadcast_to(x, shape)[broadcast_to(mask, shape)]


def _masked(name: str, x: Any, mask: Any) -> tuple[tuple[int, ...], ...]:
    """The shapes of ``x`` and its ``mask``, which broadcast. Raises TypeError where it is no mask."""
    if given(mask, name).dtype.kind != "b":
        raise TypeError(f"{name}: the mask must be boolean, got {described(mask)}; compare, such as mask != 0")
    return fitting(f"{name}: x and mask", tuple(given(x, name).shape), tuple(mask.shape))


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """``x`` with ``value``, a number or a 0-d tensor, where the boolean ``mask`` is True; the two broadcast. The dtype is that of ``x``.

    Raises TypeError for a mask that is not boolean, ValueError for a number that the dtype cannot hold.

    >>> from autograd import tensor
    >>> masked_fill(tensor([1., 2.]), tensor([True, False]), float("-inf"))
    tensor([-inf,   2.])
    """
    _masked("masked_fill", x, mask)
    if isinstance(value, Node) and hasattr(value, "shape"):
        if value.shape != ():
            raise ValueError(f"masked_fill: value must be a number or a 0-d tensor, got {described(value)}")
        return where(mask, value.to(x.dtype), x)  # type: ignore[attr-defined]
    if not isinstance(value, Node):
        value = number_of(value, "masked_fill: value")
        value = value * 1.0 if x.dtype.kind == "f" else held(np.asarray(value), x.dtype, "masked_fill")
    return where(mask, value, x)
