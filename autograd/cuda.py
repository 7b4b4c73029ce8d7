"""What programs ask of a GPU before they use one. There is none, and so they choose the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.elsewhere import refusing
from autograd.errors import int_of

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "manual_seed_all"]


def is_available() -> bool:
    """False: everything is on the CPU.

    >>> "cuda" if is_available() else "cpu"
    'cpu'
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing, as in PyTorch where there is no GPU: `autograd.manual_seed` seeds all that is random here."""
    int_of(seed, "a seed")


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Nothing: no memory is kept on a GPU."""


if not TYPE_CHECKING:  # a type checker would take it for a promise that every name is there
    __getattr__ = refusing(__name__)
