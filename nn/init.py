"""How parameters start. Each function fills a tensor in place, records nothing, and returns it."""

from __future__ import annotations

import autograd as ag
from autograd import Tensor

__all__ = ["normal_", "uniform_"]


@ag.no_grad
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: ag.Generator | None = None) -> Tensor:
    """Uniform numbers in [a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@ag.no_grad
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: ag.Generator | None = None) -> Tensor:
    """Normal numbers."""
    return tensor.normal_(mean, std, generator=generator)
