"""Operations in place, as methods: what they take, what they refuse, and which of them are recorded.

Where a gradient is asked for, they are recorded as operations (see `changes`). Memory that a graph may have saved is written over all the
same, also through leaves in `no_grad` and ``.data``; the version of the memory lets backward tell (see `versions`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from autograd.core.mode import NONDEFAULT, is_grad_enabled, watching
from autograd.core.node import Node
from autograd.errors import described, int_of, kind_of, number_of
from autograd.faces import indexing, record
from autograd.faces.changes import Changing, assign
from autograd.faces.dtypes import entries, float16
from autograd.faces.record import Array, made
from autograd.faces.versions import bump_version
from autograd.ops import elementwise
from autograd.ops.moves import place_
from autograd.ops.table import held, quiet
from autograd.random import Generator, coins, source
from autograd.replay import again

__all__ = ["InPlace"]

_ndarray = np.ndarray
_pow_, _divide = quiet(np.power), quiet(np.true_divide)


def _inplace_operator(name: str) -> Any:
    return lambda x, y: getattr(x, name)(y)


class InPlace(Changing):
    """The methods of a tensor that end in an underscore, assignment by index, and ``+=`` and the like."""

    __slots__ = ()
    # What `Tensor` has.
    shape: Any
    dtype: Any
    ndim: Any
    detach: Any

    def _changeable(self, what: str, other: Any = None) -> bool:
        """Is a change by ``other`` to be recorded? Raises RuntimeError where this cannot be changed."""
        asked = self.op is not None or (isinstance(other, Node) and other.op is not None)
        recorded = asked and is_grad_enabled() and self._is_recorded(what)
        if not self.raw.flags.writeable:
            if 0 in self.raw.strides:
                raise RuntimeError(f"{what} on an expanded view of shape {self.shape} would change several entries at once; .clone() first")
            raise RuntimeError(f"{what} on a tensor of shape {self.shape} over memory that is read-only; .clone() first")
        return recorded

    def _update(self, what: str, compute: Callable[..., Any], row: Callable[[Any, Any], Any], other: Any, alpha: Any = 1) -> Any:
        mine = self.raw
        source = raw = other.raw if other.__class__ is record.face else other if other.__class__ is float else entries(other, what)
        if alpha.__class__ is float:
            raw = raw * alpha
        elif alpha.__class__ is not int or alpha != 1:
            raw, alpha = entries(raw, what), number_of(alpha, f"{what}: alpha")
            raw = raw * (np.int64(int_of(alpha, f"{what}: alpha")) if isinstance(alpha, int) and raw.dtype.kind != "f" else float(alpha))
        if raw.__class__ is float and mine.dtype.kind == "f":
            pass  # it takes the dtype of what it meets
        elif raw.__class__ is not _ndarray or raw.shape != mine.shape or raw.dtype is not mine.dtype:
            raw = self._fitting(what, raw, compute is assign, isinstance(other, Node))
        if self._changeable(what, other):
            if isinstance(other, Node) and other.op is not None:
                operand = self._apart(other) if alpha == 1 else other * alpha
            else:
                operand = other if other.__class__ in (float, int) and alpha == 1 else _kept(raw)
            return self._become(what, lambda old: row(old, operand))
        if mine.dtype is float16 and compute is not assign:  # computed in float32, as out of place
            compute, raw = assign, row(self.detach(), other * alpha if isinstance(other, int | float) else made(np.asarray(raw))).raw
            source, alpha = raw, 1
        bump_version(self, what)
        if NONDEFAULT and (watch := watching()) is not None:
            watch.changes(self, compute, source, alpha, raw)
        try:
            compute(mine, raw, mine)
        except (TypeError, ValueError) as error:
            raise kind_of(error)(f"{what} is not defined for {described(self)} and {described(other)}") from None
        return self

    def _apart(self, other: Any) -> Any:
        """``other`` in memory of its own, where it shares that of this."""
        shared = other is self or (isinstance(other, Array) and other.version is not None and other.version is self.version)
        return other.clone() if shared else other

    def _map(self, what: str, function: Callable[[Any], Any]) -> Any:
        """Change to ``function`` of this, which has its shape."""
        if self._changeable(what):
            return self._become(what, function)
        return self._update(what, assign, _placed, function(self.detach()))

    def _fitting(self, what: str, raw: Any, assign: Any, cast: Any = False) -> Any:
        """``raw`` in this dtype, once it is seen to fit into this shape: what stood in a tensor is ``cast``, numbers must fit."""
        raw = entries(raw, what)
        shape, kind = raw.shape, raw.dtype.kind
        if len(shape) > self.ndim or any(n not in (1, m) for n, m in zip(shape[::-1], self.shape[::-1])):
            raise ValueError(f"{what}: shape {shape} does not fit into shape {self.shape}")
        if not assign and kind == "f" and self.raw.dtype.kind != "f":
            raise TypeError(f"{what}: a floating result cannot be stored in {self.dtype}; convert with .float() first")
        if cast and shape:
            with np.errstate(over="ignore", invalid="ignore"):
                return raw.astype(self.raw.dtype)
        return held(raw, self.raw.dtype, what)

    def add_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Add ``alpha * other`` in place."""
        return self._update("add_", np.add, elementwise.add, other, alpha)

    def sub_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Subtract ``alpha * other`` in place."""
        return self._update("sub_", np.subtract, elementwise.sub, other, alpha)

    def mul_(self, other: Any) -> Self:
        """Multiply in place."""
        return self._update("mul_", np.multiply, elementwise.mul, other)

    def div_(self, other: Any) -> Self:
        """Divide in place. Raises TypeError for integers."""
        if self.raw.dtype.kind != "f":
            raise TypeError(f"div_: the quotient cannot be stored in {self.dtype}; convert with .float() first")
        return self._update("div_", _divide, elementwise.div, other)

    def pow_(self, other: Any) -> Self:
        """Raise to a power in place."""
        return self._update("pow_", _pow_, elementwise.pow, other)

    def copy_(self, other: Any) -> Self:
        """Take the entries of ``other``, broadcast and cast to this dtype."""
        return self._update("copy_", assign, _placed, other)

    def fill_(self, value: Any) -> Self:
        """Set every entry to one number."""
        return self._update("fill_", assign, _placed, value)

    def zero_(self) -> Self:
        """Set every entry to 0."""
        return self._update("zero_", assign, _placed, 0)

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill with normal numbers. Raises ValueError where std < 0, TypeError for integers."""
        mean, std = self._real("normal_", mean=mean, std=std)
        if not std >= 0:
            raise ValueError(f"normal_: std must be >= 0, got {std}")
        with np.errstate(over="ignore", invalid="ignore"):
            return self.copy_(_normal(self.shape, mean, std, generator))

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
            return self.copy_(_uniform(self.shape, low, high, generator))

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """Fill with ones, each with probability ``p``, and zeros. Raises ValueError where p is outside [0, 1]."""
        self._changeable("bernoulli_")
        if not 0 <= (p := number_of(p, "bernoulli_: p")) <= 1:
            raise ValueError(f"bernoulli_: p is a probability in [0, 1], got {p}")
        return self.copy_(coins(self.shape, p * 1.0, generator))

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """Limit every entry to [min, max] in place."""
        return self._map("clamp_", lambda x: elementwise.clamp(x, min, max))

    def __setitem__(self, key: Any, value: Any) -> None:
        key = indexing.checked(key, self.shape)
        raw = entries(value, "assignment by index")
        try:
            *first, last = steps = indexing.steps(key)
            place = self.raw[first[0]] if first else self.raw  # a view: ints and slices
            chosen = place[last]
        except IndexError:
            raise IndexError(indexing.misfit(key, self.shape)) from None
        given = raw
        while len(raw.shape) > len(chosen.shape) and raw.shape[0] == 1:  # PyTorch lets (1, n) into a row
            raw = raw[0]
        if len(raw.shape) > len(chosen.shape) or any(n not in (1, m) for n, m in zip(raw.shape[::-1], chosen.shape[::-1])):
            raise ValueError(f"shape {raw.shape} does not fit the selected shape {chosen.shape}")
        raw = made(chosen)._fitting("assignment by index", raw, True, isinstance(value, Node))
        if self._changeable("assignment by index", value):
            if isinstance(value, Array) and _is_at(value, chosen, self):
                return  # as in y[0] += 1, which has changed y already
            placed = self._apart(value) if isinstance(value, Node) and value.op is not None else _kept(raw)
            # The graph saves a copy: the arrays of a key have no version.
            path = tuple([("[]", tuple([k.copy() if k.__class__ is _ndarray else k for k in step])) for step in steps])
            self._become("assignment by index", lambda old: place_(old, placed, path))
            return
        bump_version(self, "assignment by index")
        if NONDEFAULT and (watch := watching()) is not None:
            if chosen.base is None or given.shape != raw.shape:
                watch.reads("assignment by index")
            else:
                x: Any = self
                for step in steps:
                    x = x[step]
                watch.changes(x, assign, given, 1, raw)
        place[last] = raw

    __iadd__, __isub__, __ipow__ = _inplace_operator("add_"), _inplace_operator("sub_"), _inplace_operator("pow_")
    __imul__, __itruediv__ = _inplace_operator("mul_"), _inplace_operator("div_")


def _kept(raw: Any) -> Any:
    """A constant with a copy of ``raw``, for a graph to save."""
    z = made(np.array(raw))
    if (watch := watching()) is not None:
        watch.enters(z.raw, raw)
    return z


@again
def _normal(shape: tuple[int, ...], mean: float, std: float, generator: Generator | None) -> Any:
    return source(generator).standard_normal(shape, dtype=np.float32) * std + mean


@again
def _uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator | None) -> Any:
    return source(generator).random(shape, dtype=np.float32) * (high - low) + low


def _placed(x: Any, y: Any) -> Any:
    return place_(x, y, ())


def _is_at(value: Any, chosen: Any, x: Any) -> bool:
    """Is ``value`` the view of ``x`` that is ``chosen``, an array?"""
    if not isinstance(chosen, _ndarray) or value._whole()[0] is not x._whole()[0] or value._whole()[1] is None:
        return False
    a, b = value.raw.__array_interface__, chosen.__array_interface__
    return (a["data"], value.raw.shape, value.raw.strides) == (b["data"], chosen.shape, chosen.strides)
