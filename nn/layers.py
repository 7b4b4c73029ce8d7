"""The layers: what stands between input and output, apart from activations."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from autograd import Tensor
from autograd.errors import brief, described, flag_of, int_of
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter, UninitializedParameter, uninitialized

__all__ = ["Dropout", "Flatten", "Identity", "LazyLinear", "Linear"]


def _is_size(size: Any) -> bool:
    try:
        return int_of(size, "a size", 0) >= 0
    except (TypeError, ValueError):
        return False


class Linear(Module):
    """``x @ weight.T + bias``: x (..., in), weight (out, in), bias (out,) give (..., out).

    Weight and bias start uniform in +-1/sqrt(in), as in PyTorch. An input of float64, such as numpy makes, is computed with in
    float64, at twice the time: convert it once, by ``.float()``. Raises ValueError for a size below 0 and a ``device`` other than the
    CPU, and when called with an input of another width.

    >>> layer = Linear(784, 10)
    >>> layer, layer.weight.shape
    (Linear(in_features=784, out_features=10, bias=True), (10, 784))
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: ag.Generator | None = None,
    ) -> None:
        super().__init__()
        for size in (in_features, out_features):
            if not _is_size(size):
                got = f"{brief(in_features)} and {brief(out_features)}"
                raise ValueError(f"Linear: in_features and out_features are ints >= 0, got {got}")
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(ag.empty(out_features, in_features, dtype=dtype, device=device))
        self.bias = Parameter(ag.empty(out_features, dtype=dtype)) if flag_of(bias, "Linear: bias") else None
        self.reset_parameters(generator)

    def reset_parameters(self, generator: ag.Generator | None = None) -> None:
        """Start again from new random numbers."""
        bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
        for p in self.parameters(recurse=False):
            init.uniform_(p, -bound, bound, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        try:
            return F.linear(x, self.weight, self.bias)
        except ValueError as error:
            sizes, hint = getattr(x, "shape", ()), ""
            if len(sizes) > 1 and math.prod(sizes[1:]) == self.in_features:
                hint = "; flatten first, by nn.Flatten()"
            elif len(sizes) > 1 and math.prod(sizes) == self.in_features:
                hint = "; flatten first, by .flatten()"
            raise ValueError(f"{self._whereabouts()}: {str(error).removeprefix('linear: ')}{hint}") from None

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class LazyLinear(Linear):
    """A `Linear` that learns the width of its input when it is first called, and is a `Linear` from then on.

    Until then its weight has no shape; an optimiser may hold it already. Call it once, or load a state into it, before you initialise
    it or take its `scalars()`: both raise RuntimeError.

    >>> net = LazyLinear(3)
    >>> _ = net(ag.zeros(1, 5))
    >>> net
    Linear(in_features=5, out_features=3, bias=True)
    """

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, out_features, bias, device, dtype)
        self.weight = uninitialized(out_features, self.weight.dtype)

    def forward(self, x: Tensor) -> Tensor:
        x = F.tensor_of("LazyLinear", x)
        if x.dtype.kind != "f":
            raise TypeError(f"LazyLinear expects a floating Tensor, got {described(x)}")
        if not x.ndim:
            raise ValueError("LazyLinear: an input has at least one dimension, got a 0-d tensor")
        if isinstance(self.weight, UninitializedParameter):
            self.in_features = x.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            self.reset_parameters()
        self.in_features = self.weight.shape[1]  # a loaded state has given it
        self.__class__ = Linear  # type: ignore[assignment]  # as in PyTorch: `type(m) == nn.Linear` finds it now
        return self(x)


class Identity(Module):
    """Its argument; takes and ignores anything, so that it can stand in for any layer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x


class Flatten(Module):
    """Dimensions ``start_dim`` to ``end_dim`` joined into one; by default each row of a batch becomes a vector.

    >>> Flatten()(ag.zeros(2, 28, 28)).shape
    (2, 784)
    """

    _shown = ("start_dim", "end_dim")

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        return ag.flatten(x, self.start_dim, self.end_dim)


class Dropout(Module):
    """Entries set to 0 with probability ``p`` while training, the others scaled by 1 / (1 - p); see `nn.functional.dropout`.

    >>> Dropout(0.5).eval()(ag.ones(3))
    tensor([1., 1., 1.])
    """

    _shown = ("p",)

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: ag.Generator | None = None) -> None:
        """``inplace`` is taken for PyTorch's sake and changes nothing. Raises ValueError where p is outside [0, 1]."""
        super().__init__()
        F.in_unit(p, "dropout: p", "is a probability")
        if not isinstance(generator, ag.Generator | None):
            raise TypeError(f"Dropout: generator must be an autograd.Generator, got {described(generator)}")
        self.p, self.generator = p, generator

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.p, self.training, generator=self.generator)
