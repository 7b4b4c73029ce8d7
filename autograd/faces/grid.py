"""`ValueTensor`: an array of Values with the interface of a tensor.

Code written for tensors, a network for instance, then runs on scalars: each elementwise row is applied entry by entry, each
reduction or product becomes sums and products of `Value`s, and the graph that is recorded is one of scalars, small
enough to look at. It is slow, and meant for looking, teaching and checking.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.node import Node, Op
from autograd.devices import names_device
from autograd.errors import described
from autograd.faces.dtypes import dtype_of, float64
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.ops.table import numbers_of

__all__ = ["ValueTensor"]


def _value(x: Any) -> Value:
    return x if isinstance(x, Value) else Value(x, requires_grad=False)


def _label(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name


class ValueTensor(Tensor):
    """An array whose entries are Values, with the operators and methods of a tensor. Numbers become constants.

    Gradients belong to the entries: reduce to one entry, take it by ``item()``, and call its ``backward()``. Nothing is
    changed in place; set the ``data`` of an entry instead. ``values()`` is the object array itself.

    >>> w = ValueTensor([Value(2.0), Value(3.0)])
    >>> y = (w * w).sum().item()
    >>> y.backward()
    >>> y.data, [v.grad for v in w.values()]
    (13.0, [4.0, 6.0])
    """

    __slots__ = ()
    rank = 3
    dtype = float64

    def __init__(self, data: Any) -> None:
        super().__init__(np.zeros(()))
        self.raw = _boxed(data)

    @classmethod
    def leaves(cls, data: Tensor, label: str) -> ValueTensor:
        """The entries of a tensor as Values of their own, which require a gradient where the tensor does.

        >>> from autograd import tensor
        >>> ValueTensor.leaves(tensor([[1.5]], requires_grad=True), "w").item()
        Value(data=1.5, grad=None, label='w[0,0]')
        """
        raw = np.empty(data.shape, object)
        for index in np.ndindex(data.shape):
            raw[index] = Value(data.raw[index].item(), data.requires_grad, _label(label, index))
        return cls(raw)

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        if not op.differentiable:
            return op(*(a.data if isinstance(a, ValueTensor) else a for a in args))
        if op.entrywise is False:
            return cls((op.on_values or op.compute)(*(_boxed(a) if isinstance(a, Node) else a for a in args)))
        entries = [a.raw if isinstance(a, Tensor) else _boxed(a) if isinstance(a, Value) else a for a in args]
        try:
            with np.errstate(all="ignore"):
                return cls(np.frompyfunc(op, len(args), 1)(*entries))
        except (TypeError, ValueError) as error:
            op.refuse(args, error)

    @property  # type: ignore[misc]  # to be read only
    def data(self) -> Tensor:
        """The numbers, a float64 tensor of its own."""
        return Tensor(numbers_of(self.raw))

    _numbers = property(lambda self: numbers_of(self.raw))

    def entries(self) -> Any:
        return self.raw.flat

    def values(self) -> np.ndarray:
        """The object array of the entries."""
        return self.raw

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """This tensor: Values are of double precision. Raises TypeError for a dtype that is not floating."""
        for a in (*args, *kwargs.values()):
            if not names_device(a) and dtype_of(a.dtype if isinstance(a, Tensor) else a).kind != "f":
                raise TypeError(f"an array of Values, of shape {self.shape}, cannot become {described(a)}; take .data first")
        return self

    def _changeable(self, what: str, other: Any = None) -> bool:
        raise RuntimeError(f"{what} on an array of Values; set the .data of its entries instead (the shape is {self.shape})")

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Raises RuntimeError: it is the entries that require gradients."""
        raise RuntimeError(f"the entries of an array of Values require gradients, not the array, of shape {self.shape}; set theirs")

    def _fitting(self, what: str, raw: Any, assign: Any, cast: Any = False) -> Any:
        self._changeable(what)

    def __repr__(self) -> str:
        return f"ValueTensor({self.raw.tolist()})"

    def __reduce__(self) -> Any:
        raise TypeError(f"an array of Values (shape {self.shape}) cannot be pickled or copied with its graph; use .data")


def _boxed(data: Any) -> np.ndarray:
    """An array of objects whose entries are Values."""
    if isinstance(data, Value):
        raw = np.empty((), object)
        raw[()] = data
        return raw
    raw = np.asarray(data.raw if isinstance(data, Tensor) else data, object)
    out = np.empty(raw.shape, object)
    out[...] = np.frompyfunc(_value, 1, 1)(raw)
    return out
