"""What a device is here: the CPU, and no other.

Programs written for PyTorch name one in many places. All of them ask `device`, so that the one that exists is accepted and any other is
refused in the same words. How it computes, by how many threads and in how many digits, is not said here, and may be asked for.
"""

from __future__ import annotations

from typing import Any

from autograd.errors import brief, int_of, name_of

__all__ = [
    "CPU", "device", "get_default_device", "names_device", "set_default_device", "set_float32_matmul_precision", "set_num_threads",
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


def set_num_threads(n: int) -> None:
    """Taken for PyTorch's sake: numpy's threads are set before Python starts, as by ``OPENBLAS_NUM_THREADS=1``.

    Raises TypeError for what is no whole number, ValueError for one below 1.
    """
    int_of(n, "set_num_threads: n", 1)


def set_float32_matmul_precision(precision: str) -> None:
    """Taken for PyTorch's sake: products of float32 have its precision, whatever is asked for ("highest", "high" or "medium")."""
    name_of(precision, "set_float32_matmul_precision: precision", "highest", "high", "medium")


_device = device
