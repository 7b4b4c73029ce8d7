"""More operations in place: by a function, by a mask, by places along a dimension, and of the shape alone.

Each is what `inplace` has, an assignment or an addition, of something that is computed first.
"""

from __future__ import annotations

from typing import Any, Self

from autograd.core.mode import leaves
from autograd.core.watch import STRUCTURE
from autograd.errors import described, number_of
from autograd.faces.changes import assign
from autograd.faces.inplace import InPlace, _placed
from autograd.faces.versions import bump_version
from autograd.ops import elementwise, logic, moves
from autograd.ops.places import _checked_key, _key_of_slices
from autograd.ops.table import Dim, given

__all__ = ["Overwriting", "relu_", "sin_", "zero_"]


class Overwriting(InPlace):
    """Methods of a tensor that end in an underscore and are compositions of those in `InPlace`."""

    __slots__ = ()

    def relu_(self) -> Self:
        """Set every entry below 0 to 0."""
        return self._map("relu_", elementwise.relu)

    def sin_(self) -> Self:
        """Set every entry to its sine. Raises TypeError for integers."""
        if self.dtype.kind != "f":
            raise TypeError(f"sin_: the result cannot be stored in {self.dtype}; convert with .float() first")
        return self._map("sin_", elementwise.sin)

    def masked_fill_(self, mask: Any, value: Any) -> Self:
        """Set the entries where ``mask`` is True to ``value``. See `masked_fill`."""
        return self._map("masked_fill_", lambda x: logic.masked_fill(x, mask, value))

    def scatter_(self, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Self:
        """Set the entries at ``index`` along ``dim`` to those of ``src``, a tensor, or to one number: `gather` the other way round.

        ``src`` is at least as large as ``index``, and of this dtype. Where a place comes twice, the last one counts.

        >>> from autograd import tensor, zeros
        >>> zeros(2, 3).scatter_(1, tensor([[2], [0]]), 1.0)
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
        """
        if self.ndim == 1 and getattr(index, "ndim", 1) == 0:  # one label, as a lesson has it
            index = index.reshape(1)
        key = _checked_key("scatter_", self, dim, index)
        if (src is None) == (value is None):
            raise TypeError(f"scatter_ takes src or value, one of them, got {described(src)} and {described(value)}")
        source: Any = value if src is None else src
        if not hasattr(source, "dtype"):
            source = number_of(source, "scatter_: value")
        elif source.shape:
            source = self._covering("scatter_", source, index)
        if self.ndim:
            self[key] = source
        elif index.shape[0]:
            self._update("scatter_", assign, _placed, source[-1] if hasattr(source, "dtype") and source.shape else source)
        return self

    def scatter_add_(self, dim: int, index: Any, src: Any) -> Self:
        """Add the entries of ``src`` to those at ``index`` along ``dim``; a place may come twice. See `scatter_`.

        >>> from autograd import ones, tensor, zeros
        >>> zeros(3).scatter_add_(0, tensor([0, 2, 2]), ones(3))
        tensor([1., 0., 2.])
        """
        key = _checked_key("scatter_add_", self, dim, index)
        added = self._covering("scatter_add_", given(src, "scatter_add_: src"), index)
        return self.add_(moves.put_(added, key, tuple(self.shape or (1,))).reshape(self.shape))

    def _covering(self, name: str, source: Any, index: Any) -> Any:
        """The part of ``source`` that goes to the places of ``index``, one entry each."""
        if source.dtype != self.dtype or source.ndim != index.ndim or any(n < m for n, m in zip(source.shape, index.shape)):
            raise ValueError(
                f"{name}: src must be of dtype {self.dtype} and nowhere smaller than the index of shape {index.shape}, "
                f"got {described(source)}"
            )
        return source[tuple(map(slice, index.shape))]

    def index_add_(self, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Self:
        """Add ``alpha`` times the slices of ``source`` to those of this tensor that ``index`` names along ``dim``; one may come twice.

        >>> from autograd import tensor, zeros
        >>> zeros(3).index_add_(0, tensor([0, 2, 2]), tensor([1., 2., 3.]))
        tensor([1., 0., 5.])
        """
        key = _key_of_slices("index_add_", self, dim, index)
        axis, own = len(key) - 1, self.shape or (1,)
        shape = (*own[:axis], len(key[-1]), *own[axis + 1 :])
        if given(source, "index_add_").shape != shape:
            raise ValueError(f"index_add_ takes a source of shape {shape} here, got {described(source)}")
        if source.dtype != self.dtype:
            raise TypeError(f"index_add_: the source must be of dtype {self.dtype}, got {described(source)}; convert it with .to() first")
        return self.add_(moves.put_(source, key, tuple(own)).reshape(self.shape), alpha=alpha)

    def squeeze_(self, dim: Dim = None) -> Self:
        """Take out the dimensions of size 1 (all, or those among ``dim``) of this tensor itself."""
        return self._reshaped("squeeze_", moves.squeeze(self.detach(), dim).raw)

    def unsqueeze_(self, dim: int) -> Self:
        """Put a dimension of size 1 into this tensor itself."""
        return self._reshaped("unsqueeze_", moves.unsqueeze(self.detach(), dim).raw)

    def _reshaped(self, what: str, raw: Any) -> Self:
        if self._changeable(what):
            raise RuntimeError(f"{what} on the result of {self.op!r} is not recorded; write it out of place: y = y.{what.strip('_')}(...)")
        leaves(what)
        STRUCTURE.count += 1
        bump_version(self, what)  # what was recorded with the other shape can no longer be differentiated
        self.raw = raw
        return self


def _own(x: Any, name: str) -> Overwriting:
    if not isinstance(x, Overwriting):
        raise TypeError(f"{name} changes a Tensor, got {described(x)}")
    return x


def relu_(x: Any) -> Any:
    """Set every entry of ``x`` below 0 to 0."""
    return _own(x, "relu_").relu_()


def sin_(x: Any) -> Any:
    """Set every entry of ``x`` to its sine."""
    return _own(x, "sin_").sin_()


def zero_(x: Any) -> Any:
    """Set every entry of ``x`` to 0."""
    return _own(x, "zero_").zero_()
