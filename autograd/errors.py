"""How errors are worded: what came, in few words, and the checks of arguments that several modules share.

A message says what came, what was expected and, where it is not plain, what to do.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

__all__ = ["brief", "described", "flag_of", "int_of", "is_many", "kind_of", "name_of", "number_of", "within"]


def described(x: Any) -> str:
    """What came, in few words: its kind, with the shape and dtype of an array, or itself where that is short.

    >>> import numpy as np
    >>> described("a"), described(None), described(np.ones((2, 3))), described([1, 2])
    ("str 'a'", 'NoneType', 'ndarray of shape (2, 3) and dtype float64', 'list of length 2')
    """
    kind = type(x).__name__
    if isinstance(x, int) and x.bit_length() > 128:
        return f"an int of {x.bit_length()} bits"
    if isinstance(x, numbers.Complex | str | bytes):
        return f"{kind} {x!r:.60}"
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if callable(x) and isinstance(name := getattr(x, "__name__", None), str):
        return f"the function {name}"
    shape, dtype = getattr(x, "shape", None), getattr(x, "dtype", None)
    if isinstance(shape, tuple) and dtype is not None:
        return f"{kind} of shape {tuple(shape)} and dtype {dtype}"
    if isinstance(x, list | tuple | dict | set | frozenset):
        return f"{kind} of length {len(x)}"
    return f"{kind} {x.raw}" if isinstance(getattr(x, "raw", None), float) else kind


def brief(x: Any) -> str:
    """What came where numbers or names are expected: one of these as it is, anything else in words."""
    return f"{x!r:.60}" if isinstance(x, numbers.Complex | str) else described(x)


def flag_of(x: Any, what: str) -> bool:
    """``x``, True or False, as a bool, or a TypeError that says ``what`` it is for.

    >>> flag_of("yes", "keepdim")
    Traceback (most recent call last):
    TypeError: keepdim must be True or False, got str 'yes'
    """
    if x is True or x is False:
        return x
    if (isinstance(x, int) or (getattr(x, "shape", None) == () and str(getattr(x, "dtype", "")) == "bool")) and x in (0, 1):
        return bool(x)
    raise TypeError(f"{what} must be True or False, got {described(x)}")


def int_of(x: Any, what: str, least: float = -(2**63), most: float = 2**63 - 1) -> int:
    """``x`` as an int, at least ``least`` and at most ``most``, or an error that says ``what`` it is for.

    Raises TypeError for what is no int (a bool is none), ValueError for one that is too small or too large.

    >>> int_of(-1, "a size", 0)
    Traceback (most recent call last):
    ValueError: a size must be at least 0, got -1
    """
    if x.__class__ is int and least <= x <= most:  # as nearly always
        return x
    try:
        if isinstance(x, bool) or str(getattr(x, "dtype", "")) == "bool":
            raise TypeError
        n: int = x.__index__()
    except (AttributeError, TypeError, ValueError):  # a tensor of several entries has an __index__, too
        raise TypeError(f"{what} must be an int, got {described(x)}") from None
    if not least <= n <= most:
        bound = f"at least {least}" if n < least else f"at most {most}"
        raise ValueError(f"{what} must be {bound}, got {brief(n)}")
    return n


def within(integers: Any, n: int) -> bool:
    """Are all the integers of an array at least 0 and below ``n``? One comparison tells: unsigned, what is below 0 is very large.

    >>> import numpy as np
    >>> within(np.array([0, 2]), 3), within(np.array([0, -1]), 3), within(np.array([3]), 3), within(np.zeros(0, int), 0)
    (True, False, False, True)
    """
    return not integers.size or bool(integers.view(f"u{integers.itemsize}").max() < n)


def is_many(x: Any) -> bool:
    """Can it be iterated over? A 0-d array has ``__iter__`` and cannot."""
    return isinstance(x, Iterable) and getattr(x, "shape", None) != ()


def kind_of(error: Exception) -> type[Exception]:
    """The kind of error to raise instead, with words of our own: numpy's kinds are not all made from a text.

    >>> import numpy as np
    >>> kind_of(np.exceptions.AxisError(2, 1)), kind_of(OverflowError())
    (<class 'IndexError'>, <class 'ValueError'>)
    """
    return next((kind for kind in (TypeError, IndexError) if isinstance(error, kind)), ValueError)


def name_of(x: Any, what: str, *known: str) -> str:
    """``x``, which must be one of the ``known`` names, or a ValueError that lists them.

    >>> name_of("median", "reduction", "none", "mean", "sum")
    Traceback (most recent call last):
    ValueError: reduction must be 'none', 'mean' or 'sum', got 'median'
    """
    if isinstance(x, str) and x in known:
        return x
    *names, last = map(repr, known)
    raise ValueError(f"{what} must be {', '.join(names)} or {last}, got {brief(x)}")


def number_of(x: Any, what: str) -> float:
    """``x`` as a Python number that is real: an int stays one.

    A 0-d array or a node of one entry counts as its number. Raises TypeError for anything else, ValueError for an int that
    no float can hold.

    >>> number_of("a", "p")
    Traceback (most recent call last):
    TypeError: p must be a real number, got str 'a'
    """
    if x.__class__ is float:
        return x
    if x.__class__ is int:
        n: Any = x
    elif isinstance(x, numbers.Real) or (getattr(x, "shape", None) == () and getattr(getattr(x, "dtype", None), "kind", "O") in "fiub"):
        n = x.item() if hasattr(x, "item") else int(x) if isinstance(x, int) else float(x)
    elif isinstance(getattr(x, "raw", None), float):
        n = x.raw
    else:
        raise TypeError(f"{what} must be a real number, got {described(x)}")
    n = getattr(n, "raw", n)  # the item of an array of Values is one
    try:
        float(n)
    except OverflowError:
        raise ValueError(f"{what} must be a number that a float can hold, got {described(n)}") from None
    return n
