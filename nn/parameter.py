"""`Parameter`: a tensor that a module learns; and what stands for one whose shape is not known yet."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import autograd as ag
from autograd import Tensor

__all__ = ["Parameter", "UninitializedParameter", "uninitialized"]


class Parameter(Tensor):
    """A tensor that a module learns: it requires a gradient by default.

    >>> Parameter(ag.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data if isinstance(data, Tensor) else ag.tensor(data), requires_grad=requires_grad)


_CURE = (
    "the weight of a LazyLinear has no shape yet: call the network once on data, or load a state into it, "
    "before it is initialised, measured or changed"
)


class UninitializedParameter(Parameter):
    """The weight of a `LazyLinear` before its first call: an optimiser may hold it, nothing can be computed with it.

    It knows its rows and its dtype. `materialize` makes it a `Parameter`, the same object. Made by `uninitialized`; everything else
    that asks for its numbers or its shape raises RuntimeError. Its ``data`` is empty, as in PyTorch, where programs fill it to no effect:
    here that warns.

    >>> weight = uninitialized(3)
    >>> weight.materialize((3, 2))
    >>> type(weight).__name__, weight.shape
    ('Parameter', (3, 2))
    """

    __slots__ = ()

    def _unknown(self, *given: Any) -> NoReturn:
        raise RuntimeError(_CURE)

    def _empty(self) -> Tensor:
        warnings.warn(f"what is done to its data has no effect: {_CURE}", stacklevel=2)
        with self._open() as p:
            return p.data

    data = property(_empty, _unknown)
    raw = property(_unknown, _unknown)  # the array of a tensor, which all that is done to one asks for

    @contextmanager
    def _open(self) -> Iterator[Parameter]:
        """This as the parameter without columns that it is underneath."""
        p: Any = self
        p.__class__ = Parameter
        try:
            yield p
        finally:
            p.__class__ = UninitializedParameter

    @property
    def rows(self) -> int:
        """Its first size, which is known."""
        with self._open() as p:
            return len(p)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Could this be its shape?"""
        return len(shape) == 2 and shape[0] == self.rows

    def materialize(self, shape: tuple[int, ...]) -> None:
        """Be a `Parameter` of that shape from now on, of any numbers."""
        self.__class__ = Parameter  # type: ignore[assignment]
        self.data = ag.empty(shape, dtype=self.dtype)

    def to_dtype(self, dtype: Any) -> None:
        """Be of that dtype."""
        with self._open() as p:
            p.data = p.data.to(dtype)

    @property
    def dtype(self) -> Any:
        """The type that its entries will have."""
        with self._open() as p:
            return p.dtype

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Learn it, or freeze it."""
        with self._open() as p:
            p.requires_grad_(requires_grad)
        return self

    def detach(self) -> Tensor:
        """Itself: there is nothing that could be shared."""
        return self

    def __reduce__(self) -> Any:
        with self._open() as p:
            return uninitialized, (len(p), p.dtype, p.requires_grad)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Tensor:
        make, arguments = self.__reduce__()
        memo[id(self)] = twin = make(*arguments)
        return twin

    def __repr__(self) -> str:
        return "<UninitializedParameter>"


def uninitialized(rows: int, dtype: Any = None, requires_grad: bool = True) -> Parameter:
    """A parameter of that many rows whose columns are not known yet."""
    p = Parameter(ag.empty(rows, 0, dtype=dtype), requires_grad)
    p.__class__ = UninitializedParameter
    return p
