"""What newer programs ask, where older ones asked `autograd.cuda`: is there anything that computes faster than the CPU? There is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.cuda import device_count, is_available
from autograd.elsewhere import refusing

__all__ = ["current_accelerator", "device_count", "is_available"]


def current_accelerator(check_available: bool = False) -> None:
    """None.

    >>> current_accelerator().type if is_available() else "cpu"
    'cpu'
    """


if not TYPE_CHECKING:  # a type checker would take it for a promise that every name is there
    __getattr__ = refusing(__name__)
