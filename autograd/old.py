"""The constructors of PyTorch's early years, which published programs still call. `tensor`, `zeros` and ``requires_grad=`` do the same.

The types of tensors are no classes: there is one, `Tensor`, and these say its dtype. ``isinstance(x, FloatTensor)`` asks for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.creation import tensor, zeros
from autograd.faces.dtypes import TYPES
from autograd.faces.tensor import Size, Tensor

__all__ = ["Variable", *TYPES]


class TypeOfTensor:
    """What makes tensors of one dtype: of a list or an array, or zeros of a shape given as ints.

    >>> FloatTensor([1, 2]), LongTensor(2).shape
    (tensor([1., 2.]), (2,))
    >>> isinstance(FloatTensor([1, 2]), FloatTensor), isinstance(FloatTensor([1, 2]), LongTensor)
    (True, False)
    """

    def __init__(self, name: str, dtype: np.dtype) -> None:
        self.__name__, self.dtype = name, dtype
        self.__doc__ = f"Makes tensors of dtype {dtype}: of a list, or zeros of a shape given as ints."

    def __call__(self, *data: Any) -> Tensor:
        if all(isinstance(n, int) for n in data) or isinstance(data[0], Size):
            return zeros(*(data or (0,)), dtype=self.dtype)
        if len(data) > 1 or not (isinstance(data[0], list | tuple | np.ndarray | Tensor)):
            return tensor(list(data), dtype=self.dtype)  # which refuses what is no number
        return tensor(data[0], dtype=self.dtype)

    def __instancecheck__(self, x: Any) -> bool:
        return isinstance(x, Tensor) and x.dtype == self.dtype

    def __repr__(self) -> str:
        return f"torch.{self.__name__}"


def Variable(data: Any, requires_grad: bool = False) -> Tensor:
    """An alias of a tensor, outside its graph, that requires a gradient if asked: a tensor has long been its own variable.

    >>> Variable(zeros(2), requires_grad=True)
    tensor([0., 0.], requires_grad=True)
    """
    return Tensor(data if isinstance(data, Tensor) else tensor(data), requires_grad=requires_grad)


FloatTensor, DoubleTensor, HalfTensor, LongTensor, IntTensor, ShortTensor, ByteTensor, BoolTensor = (
    TypeOfTensor(name, dtype) for name, dtype in TYPES.items()
)
