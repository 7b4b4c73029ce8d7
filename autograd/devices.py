"""What a device is here: the CPU, and no other.

Programs written for PyTorch name one in many places. All of them ask `device`, so that the one that exists is accepted and any other is
refused in the same words. By how many threads it multiplies matrices is numpy's affair, and can be changed while a program runs where
the package threadpoolctl is installed; in how many digits, is not said here, and may be asked for.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from autograd.errors import brief, int_of, name_of

__all__ = [
    "CPU", "device", "get_default_device", "get_num_threads", "names_device", "set_default_device", "set_float32_matmul_precision",
    "set_num_threads",
]  # fmt: skip


class device:  # noqa: N801 - PyTorch's name
    """A place for tensors: ``device("cpu")``, the only one; ``type`` and ``index`` are PyTorch's.

    Raises ValueError for any other device, TypeError for what names none.

    >>> device("cpu"), str(device("cpu", 0)), device("cpu").index
    (device(type='cpu'), 'cpu:0', None)
    >>> device("cuda")
    Traceback (most recent call last):
    ValueError: there is no device 'cuda' here: everything is on the CPU; use device("cpu")
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index if index is None else index
        if not isinstance(type, str):
            raise TypeError(f'a device is named by a str such as "cpu", got {brief(type)}')
        name, colon, number = type.partition(":")
        if name != "cpu" or (colon and (index is not None or not number.isdecimal())):
            raise ValueError(f'there is no device {type!r:.60} here: everything is on the CPU; use device("cpu")')
        index = int(number) if colon else index
        object.__setattr__(self, "type", name)
        object.__setattr__(self, "index", None if index is None else int_of(index, "the index of a device", 0))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a device cannot be changed: {name} is {getattr(self, name, 'no attribute of it')}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type={self.type!r})" if self.index is None else f"device(type={self.type!r}, index={self.index})"

    def __reduce__(self) -> Any:
        return device, (self.type, self.index)


CPU = device("cpu")
_KNOWN = ("cpu", "cuda", "mps", "xpu", "hip", "meta", "tpu", "xla")


def names_device(x: Any) -> bool:
    """Is ``x``, where a dtype could stand as well, the CPU or its name? Raises ValueError for a device that is not here."""
    return isinstance(x, device) or (isinstance(x, str) and x.partition(":")[0] in _KNOWN and device(x) == device(x))


def set_default_device(device: Any) -> None:
    """Where tensors are made from here on: accepted for the CPU, where they are made anyway. Raises ValueError for another device."""
    if device is not None:
        _device(device)


def get_default_device() -> device:
    """Where tensors are made.

    >>> get_default_device()
    device(type='cpu')
    """
    return CPU


def get_num_threads() -> int:
    """By how many threads numpy multiplies matrices; without the package threadpoolctl, how many there are to be had.

    >>> get_num_threads() > 0
    True
    """
    pools = _pools()
    found = [] if pools is None else [pool["num_threads"] for pool in pools.select(user_api="blas").info()]
    given = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS", "")
    return max(found, default=int(given) if given.isdecimal() and int(given) else os.cpu_count() or 1)


def set_num_threads(n: int) -> None:
    """From here on, numpy multiplies matrices by so many threads; 1 is best for small networks, most of all on a machine that is busy.

    It needs the package threadpoolctl, and does nothing without it: then threads are set before Python starts, as by
    ``OPENBLAS_NUM_THREADS=1``. Raises TypeError for what is no whole number, ValueError for one below 1.
    """
    n, pools = int_of(n, "set_num_threads: n", 1), _pools()
    if pools is not None:
        pools.limit(limits=n, user_api="blas")  # which lasts, for it is no ``with`` block


@cache
def _pools() -> Any:
    """What knows the threads of the libraries that are loaded, numpy's among them; None where there is nobody to ask."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()


def set_float32_matmul_precision(precision: str) -> None:
    """Taken for PyTorch's sake: products of float32 have its precision, whatever is asked for ("highest", "high" or "medium")."""
    name_of(precision, "set_float32_matmul_precision: precision", "highest", "high", "medium")


_device = device
