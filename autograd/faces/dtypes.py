"""numpy's arrays as tensors hold them: the supported dtypes, type promotion, and the numbers of what a user gave.

The dtypes are compared by `is` wherever speed matters. An array that was unpickled has a dtype that is equal to one of these
and not the same object, so that the dtype of each array is made canonical once, where it enters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.errors import described

__all__ = [
    "DTYPES", "TYPES", "bool_", "canonical", "dtype_of", "entries", "float16", "float32", "float64", "int16", "int32", "int64",
    "uint8", "unpromoted",
]  # fmt: skip

float32, float64, float16 = np.dtype("float32"), np.dtype("float64"), np.dtype("float16")
int64, int32, int16, uint8, bool_ = np.dtype("int64"), np.dtype("int32"), np.dtype("int16"), np.dtype("uint8"), np.dtype("bool")
DTYPES = (float32, float64, float16, int64, int32, int16, uint8, bool_)
# PyTorch's names of the types of tensors, older than its dtypes.
TYPES: dict[str, np.dtype] = {
    "FloatTensor": float32, "DoubleTensor": float64, "HalfTensor": float16, "LongTensor": int64, "IntTensor": int32,
    "ShortTensor": int16, "ByteTensor": uint8, "BoolTensor": bool_,
}  # fmt: skip


def dtype_of(given: Any) -> np.dtype:
    """A supported dtype from a dtype, a name or a Python type, as it stands in DTYPES; a TypeError names the supported ones.

    >>> dtype_of(float), dtype_of("int32"), dtype_of("torch.LongTensor")
    (dtype('float32'), dtype('int32'), dtype('int64'))
    """
    if isinstance(given, str) and (named := TYPES.get(given.removeprefix("torch."))) is not None:
        return named
    if not isinstance(given, type | np.dtype) and isinstance(getattr(given, "dtype", None), np.dtype) and not hasattr(given, "shape"):
        given = given.dtype  # one that stands for numpy's, as numpy itself takes it
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
    """Type promotion: 0-d operands in the dtype of those with dimensions, where these are of the same kind or a wider one.

    The kinds are booleans, integers and floating numbers: an integer, of any size, takes the dtype of the floats that it meets. Booleans
    stay what they are, for where one is a condition.
    """
    arrays = [a for a in raws if isinstance(a, np.ndarray)]
    widest = max([_RANK[a.dtype.kind] for a in arrays])
    most = [a for a in arrays if _RANK[a.dtype.kind] == widest]
    wide = np.result_type(*[a.dtype for a in most if a.ndim] or [a.dtype for a in most])
    cast = [isinstance(a, np.ndarray) and a.dtype is not wide and 0 < _RANK[a.dtype.kind] <= widest for a in raws]
    if not any(cast):
        return raws
    with np.errstate(over="ignore"):
        return [a.astype(wide) if c else a for a, c in zip(raws, cast)]


_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # the place of a kind among booleans, integers and floating numbers


def entries(given: Any, what: str) -> np.ndarray:
    """The numbers of a tensor, an array, a number or nested lists."""
    try:
        raw = np.asarray(getattr(given, "_numbers", given.raw) if isinstance(given, Node) else given)
    except (TypeError, ValueError):
        raw = None
    if raw is None or raw.dtype.kind not in "fiub":
        raise TypeError(f"{what} takes a number or a tensor, got {described(given)}")
    return raw
