"""Splitting data for training and validation."""

from __future__ import annotations

from collections.abc import Iterator

import autograd as ag
from autograd import Tensor

__all__ = ["k_fold"]


def k_fold(n: int, k: int, shuffle: bool = True, generator: ag.Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    """k pairs (training indices, validation indices); every row is in exactly one validation part.

    >>> [valid.tolist() for _, valid in k_fold(5, 2, shuffle=False)]
    [[0, 1, 2], [3, 4]]
    """
    if not 2 <= k <= n:
        raise ValueError(f"k_fold needs 2 <= k <= n, got k={k} and n={n}")
    order = ag.randperm(n, generator=generator) if shuffle else ag.arange(n)
    sizes = [n // k + (i < n % k) for i in range(k)]
    parts = ag.split(order, sizes)
    return ((ag.cat([p for j, p in enumerate(parts) if j != i]), parts[i]) for i in range(k))
