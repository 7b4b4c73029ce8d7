"""numpy's arrays as tensors hold them: the supported dtypes, type promotion, and the numbers of what a user gave.

The dtypes are compared by `is` wherever speed matters. An array that was unpickled has a dtype that is equal to one of these
and not the same object, so that the dtype of each array is made canonical once, where it enters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.errors import described

__all__ = ["DTYPES", "bool_", "canonical", "dtype_of", "entries", "float32", "float64", "int32", "int64", "uint8", "unpromoted"]

float32, float64 = np.dtype("float32"), np.dtype("float64")
int64, int32, uint8, bool_ = np.dtype("int64"), np.dtype("int32"), np.dtype("uint8"), np.dtype("bool")
DTYPES = (float32, float64, int64, int32, uint8, bool_)


def dtype_of(given: Any) -> np.dtype:
    """A supported dtype from a dtype, a name or a Python type, as it stands in DTYPES; a TypeError names the supported ones.

    >>> dtype_of(float), dtype_of("int32")
    (dtype('float32'), dtype('int32'))
    """
    found: Any = given if isinstance(given, np.dtype) else None
    if found is None:
        try:
            found = {float: float32, int: int64, bool: bool_}.get(given) if isinstance(given, type) else None
            found = np.dtype(given if isinstance(given, type) else np.sctypeDict[given]) if found is None else found
        except (KeyError, TypeError):
            found = None
    if found is not None:  # numpy takes None for float64
        for dtype in DTYPES:
            if found == dtype:
                return dtype
    got = given.name if isinstance(given, np.dtype) else described(given)
    raise TypeError(f"dtype {got} is not supported; use one of {', '.join(d.name for d in DTYPES)}")


def canonical(raw: np.ndarray) -> np.ndarray:
    """The array with the very dtype object that stands in DTYPES. Raises TypeError for a dtype that is not supported."""
    dtype = dtype_of(raw.dtype)
    return raw if raw.dtype is dtype else raw.view(dtype)


def unpromoted(raws: list[Any]) -> list[Any]:
    """Type promotion: 0-d operands in the dtype of those with dimensions, where these are of the same kind or a wider one."""
    arrays = [a for a in raws if isinstance(a, np.ndarray)]
    dtypes = [a.dtype for a in arrays if a.ndim] or [a.dtype for a in arrays]
    wide = np.result_type(*dtypes)
    if wide is float64 and float64 not in dtypes:
        wide = float32  # int64 with float32 stays float32
    taken = "biuf"[: "biuf".index(wide.kind) + 1].replace("b", "")
    with np.errstate(over="ignore"):
        return [a.astype(wide) if isinstance(a, np.ndarray) and a.dtype.kind in taken else a for a in raws]


def entries(given: Any, what: str) -> np.ndarray:
    """The numbers of a tensor, an array, a number or nested lists."""
    try:
        raw = np.asarray(getattr(given, "_numbers", given.raw) if isinstance(given, Node) else given)
    except (TypeError, ValueError):
        raw = None
    if raw is None or raw.dtype.kind not in "fiub":
        raise TypeError(f"{what} takes a number or a tensor, got {described(given)}")
    return raw
