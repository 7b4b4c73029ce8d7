"""Operations in place: refused where the graph itself would change, and counted in a version where saved data might have.

A recorded tensor is never written over. Memory that a graph may have saved is, through leaves in `no_grad`, ``.data`` and views; there
the version of the memory lets backward tell (see `versions`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from autograd.core.mode import is_grad_enabled
from autograd.core.node import Node, Op, leaf
from autograd.errors import described, int_of, kind_of, number_of
from autograd.faces import indexing, record
from autograd.faces.dtypes import entries
from autograd.faces.record import Array, made
from autograd.faces.versions import bump_version
from autograd.ops import elementwise
from autograd.ops.table import quiet
from autograd.random import Generator, coins, source

__all__ = ["InPlace"]

_ndarray = np.ndarray
_pow_, _divide = quiet(np.power), quiet(np.true_divide)


def _assign(_: np.ndarray, value: Any, out: np.ndarray) -> None:
    np.copyto(out, value, casting="unsafe")


def _inplace_operator(name: str, row: Op) -> Any:
    def operate(x: Any, y: Any) -> Any:
        if is_grad_enabled() and x.op is not leaf and (x.op is not None or (isinstance(y, Node) and y.op is not None)):
            return row(x, y)  # recorded out of place: the name is bound to the result, saved data stays
        return getattr(x, name)(y)

    return operate


class InPlace(Array):
    """The methods of a tensor that end in an underscore, assignment by index, and ``+=`` and the like."""

    __slots__ = ()
    # What `Tensor` has.
    shape: Any
    dtype: Any
    ndim: Any
    detach: Any

    def _changeable(self, what: str, other: Any = None) -> None:
        if (self.op is not None or (isinstance(other, Node) and other.op is not None)) and is_grad_enabled():
            if self.op is leaf:
                raise RuntimeError(
                    f"{what} on a leaf that requires grad would lose its history (shape {self.shape}); do it inside no_grad() or on .data"
                )
            if self.op is not None:
                raise RuntimeError(
                    f"{what} on the result of {self.op!r}, of shape {self.shape}, would change a graph; write it out of place"
                )
            raise RuntimeError(
                f"{what} with an operand that requires grad, {described(other)}: write it out of place, so that it is recorded"
            )
        if not self.raw.flags.writeable:
            if 0 in self.raw.strides:
                raise RuntimeError(f"{what} on an expanded view of shape {self.shape} would change several entries at once; .clone() first")
            raise RuntimeError(f"{what} on a tensor of shape {self.shape} over memory that is read-only; .clone() first")

    def _update(self, what: str, compute: Callable[..., Any], other: Any, alpha: Any = 1) -> Any:
        mine = self.raw
        raw = other.raw if other.__class__ is record.face else other if other.__class__ is float else entries(other, what)
        if alpha.__class__ is float:
            raw = raw * alpha
        elif alpha.__class__ is not int or alpha != 1:
            raw, alpha = entries(raw, what), number_of(alpha, f"{what}: alpha")
            raw = raw * (np.int64(int_of(alpha, f"{what}: alpha")) if isinstance(alpha, int) and raw.dtype.kind != "f" else float(alpha))
        if raw.__class__ is float and mine.dtype.kind == "f":
            pass  # it takes the dtype of what it meets
        elif raw.__class__ is not _ndarray or raw.shape != mine.shape or raw.dtype is not mine.dtype:
            raw = self._fitting(what, raw, compute is _assign)
        self._changeable(what, other)
        bump_version(self, what)
        try:
            compute(mine, raw, mine)
        except (TypeError, ValueError) as error:
            raise kind_of(error)(f"{what} is not defined for {described(self)} and {described(other)}") from None
        return self

    def _fitting(self, what: str, raw: Any, assign: Any) -> Any:
        """``raw`` in this dtype, once it is seen to fit into this shape."""
        raw = entries(raw, what)
        shape, kind = raw.shape, raw.dtype.kind
        if len(shape) > self.ndim or any(n not in (1, m) for n, m in zip(shape[::-1], self.shape[::-1])):
            raise ValueError(f"{what}: shape {shape} does not fit into shape {self.shape}")
        if not assign and kind == "f" and self.raw.dtype.kind != "f":
            raise TypeError(f"{what}: a floating result cannot be stored in {self.dtype}; convert with .float() first")
        if kind in "iu" and not shape and self.raw.dtype.kind in "iu":
            if not (limits := np.iinfo(self.raw.dtype)).min <= raw <= limits.max:
                raise ValueError(f"{what}: {raw} does not fit into {self.dtype}, which goes from {limits.min} to {limits.max}")
        with np.errstate(over="ignore", invalid="ignore"):
            return raw.astype(self.raw.dtype)

    def add_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Add ``alpha * other`` in place."""
        return self._update("add_", np.add, other, alpha)

    def sub_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Subtract ``alpha * other`` in place."""
        return self._update("sub_", np.subtract, other, alpha)

    def mul_(self, other: Any) -> Self:
        """Multiply in place."""
        return self._update("mul_", np.multiply, other)

    def div_(self, other: Any) -> Self:
        """Divide in place. Raises TypeError for integers."""
        if self.raw.dtype.kind != "f":
            raise TypeError(f"div_: the quotient cannot be stored in {self.dtype}; convert with .float() first")
        return self._update("div_", _divide, other)

    def pow_(self, other: Any) -> Self:
        """Raise to a power in place."""
        return self._update("pow_", _pow_, other)

    def copy_(self, other: Any) -> Self:
        """Take the entries of ``other``, broadcast and cast to this dtype."""
        return self._update("copy_", _assign, other)

    def fill_(self, value: Any) -> Self:
        """Set every entry to one number."""
        return self._update("fill_", _assign, value)

    def zero_(self) -> Self:
        """Set every entry to 0."""
        return self._update("zero_", _assign, 0)

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill with normal numbers. Raises ValueError where std < 0, TypeError for integers."""
        mean, std = self._real("normal_", mean=mean, std=std)
        if not std >= 0:
            raise ValueError(f"normal_: std must be >= 0, got {std}")
        with np.errstate(over="ignore", invalid="ignore"):
            return self.copy_(source(generator).standard_normal(self.shape, dtype=np.float32) * std + mean)

    def _real(self, what: str, **given: Any) -> list[Any]:
        """The settings of a function that fills this tensor with real numbers, as numbers; refused before any is drawn."""
        self._changeable(what)
        if self.raw.dtype.kind != "f":
            raise TypeError(f"{what} fills a floating tensor, got {self.dtype}; convert with .float() first")
        return [number_of(x, f"{what}: {name}") * 1.0 for name, x in given.items()]

    def uniform_(self, low: Any = 0.0, high: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill with uniform numbers in [low, high). Raises ValueError where low > high, TypeError for integers."""
        low, high = self._real("uniform_", low=low, high=high)
        if not low <= high:
            raise ValueError(f"uniform_ needs low <= high, got low={low} and high={high}")
        with np.errstate(over="ignore", invalid="ignore"):
            return self.copy_(source(generator).random(self.shape, dtype=np.float32) * (high - low) + low)

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """Fill with ones, each with probability ``p``, and zeros. Raises ValueError where p is outside [0, 1]."""
        self._changeable("bernoulli_")
        if not 0 <= (p := number_of(p, "bernoulli_: p")) <= 1:
            raise ValueError(f"bernoulli_: p is a probability in [0, 1], got {p}")
        return self.copy_(coins(self.shape, p * 1.0, generator))

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """Limit every entry to [min, max] in place."""
        self._update("clamp_", _assign, elementwise.clamp(self.detach(), min, max))
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        key = indexing.checked(key, self.shape)
        raw = entries(value, "assignment by index")
        try:
            chosen = self.raw[key]
        except IndexError:
            raise IndexError(indexing.misfit(key, self.shape)) from None
        if len(raw.shape) > len(chosen.shape) or any(n not in (1, m) for n, m in zip(raw.shape[::-1], chosen.shape[::-1])):
            raise ValueError(f"shape {raw.shape} does not fit the selected shape {chosen.shape}")
        raw = made(chosen)._fitting("assignment by index", raw, True)
        self._changeable("assignment by index", value)
        bump_version(self, "assignment by index")
        self.raw[key] = raw

    __iadd__, __isub__ = _inplace_operator("add_", elementwise.add), _inplace_operator("sub_", elementwise.sub)
    __ipow__ = _inplace_operator("pow_", elementwise.pow)
    __imul__, __itruediv__ = _inplace_operator("mul_", elementwise.mul), _inplace_operator("div_", elementwise.div)
