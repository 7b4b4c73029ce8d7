"""PyTorch's ``linalg``, as far as it goes here: norms and inverses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.elsewhere import refusing
from autograd.errors import described
from autograd.ops import products, reduce
from autograd.ops.table import Dim, axes_of, dims, floating

__all__ = ["inv", "norm"]


def inv(x: Any) -> Any:
    """The inverse of a square matrix: `autograd.inverse`."""
    return products.inverse(x)


@dims
def norm(x: Any, ord: Any = None, dim: Dim = None, keepdim: bool = False) -> Any:
    """The norm of all entries, or of vectors along ``dim``, ``(sum |x|^ord)^(1/ord)``; of matrices that of Frobenius.

    ``ord`` is None (2), 'fro', inf or a number above 0. Raises ValueError for the other norms of matrices, which need singular values.

    >>> from autograd import tensor
    >>> norm(tensor([[3., 0.], [0., 4.]])), norm(tensor([3., -4.]), 1)
    (tensor(5.), tensor(7.))
    """
    axes = axes_of(dim, floating(x, "linalg.norm").ndim)
    matrices = len(axes) == 2 and ord not in (None, "fro")
    if matrices or (ord == "fro" and len(axes) != 2) or (ord is not None and dim is None and x.ndim > 2):
        cure = "leave ord out" if ord == "fro" else "for all entries as one vector write x.flatten() first"
        raise ValueError(
            f"linalg.norm: ord={ord!r} over dims {axes} of {described(x)}: of matrices there is the norm of Frobenius, of vectors that of "
            f"any number above 0; {cure}{'' if ord != math.inf else ', or x.abs().max()'}"
        )
    return reduce.norm(x, 2 if ord is None else ord, dim, keepdim)


if not TYPE_CHECKING:  # a type checker would take it for a promise that every name is there
    __getattr__ = refusing(__name__)
