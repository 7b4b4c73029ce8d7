"""Tensors in files: arrays in a zip (numpy's .npz) with the structure around them as JSON.

No pickle, so that opening a file runs nothing. A file is written whole or not at all. The modules of the standard
library that this needs are imported when it is used, because they cost a fifth of the time of `import autograd`.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from autograd.tensor import Tensor
from autograd.value import Value

__all__ = ["load", "save"]

_STRUCTURE = "__structure__"


def save(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write tensors, arrays, numbers, strings, None, and lists, tuples and dicts of them, whole or not at all.

    >>> import tempfile, os
    >>> from autograd import tensor
    >>> path = os.path.join(tempfile.mkdtemp(), "w.npz")
    >>> save({"w": tensor([1., 2.])}, path)
    >>> load(path)
    {'w': tensor([1., 2.])}
    """
    import json

    arrays: dict[str, np.ndarray] = {}
    structure = json.dumps(_plain(obj, "the object", arrays))
    arrays[_STRUCTURE] = np.frombuffer(structure.encode(), np.uint8)
    temporary = f"{os.fspath(path)}.{os.getpid()}-{time.monotonic_ns()}.part"
    with open(temporary, "xb") as file:
        try:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def _plain(o: Any, where: str, arrays: dict[str, np.ndarray]) -> Any:
    """The structure of ``o`` as JSON can hold it; its arrays go into ``arrays``."""
    if isinstance(o, Tensor | np.ndarray):
        raw = o.raw if isinstance(o, Tensor) else o
        if raw.dtype.kind not in "fiub":
            raise TypeError(f"save: {where} is an array of {raw.dtype}; only numbers and booleans are saved")
        key = f"a{len(arrays)}"
        arrays[key] = raw
        return {"tensor" if isinstance(o, Tensor) else "array": key, "grad": isinstance(o, Tensor) and o.requires_grad}
    if isinstance(o, Value):
        return {"value": o.raw, "grad": o.requires_grad, "label": o.label}
    if o is None or isinstance(o, bool | int | float | str):
        return {"plain": o}
    if isinstance(o, list | tuple):
        return {type(o).__name__ if type(o) in (list, tuple) else "list": [_plain(e, f"{where}[{i}]", arrays) for i, e in enumerate(o)]}
    if isinstance(o, dict):
        if not all(isinstance(k, str | int) and not isinstance(k, bool) for k in o):
            raise TypeError(f"save: the keys of {where} must be strings or ints, got {list(o)[:5]}")
        return {"dict": [[k, _plain(v, f"{where}[{k!r}]", arrays)] for k, v in o.items()]}
    raise TypeError(f"save: {where} is a {type(o).__name__}; tensors, arrays, numbers, strings, lists and dicts are saved")


def load(path: str | os.PathLike[str]) -> Any:
    """What `save` wrote. Raises ValueError for a file that is cut off or was not written by it."""
    import json
    import zipfile

    try:
        with open(path, "rb") as whole, np.load(whole, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        return _build(json.loads(bytes(arrays[_STRUCTURE]).decode()), arrays)
    except (zipfile.BadZipFile, KeyError, EOFError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ValueError(f"{os.fspath(path)} is not a whole file written by save(): {error}") from None


def _build(o: Any, arrays: dict[str, np.ndarray]) -> Any:
    match o:
        case {"tensor": key, "grad": grad}:
            return Tensor(arrays[key], grad)
        case {"array": key}:
            return arrays[key]
        case {"value": number, "grad": grad, "label": label}:
            return Value(number, grad, label)
        case {"plain": it}:
            return it
        case {"list": items}:
            return [_build(e, arrays) for e in items]
        case {"tuple": items}:
            return tuple(_build(e, arrays) for e in items)
        case {"dict": pairs}:
            return {k: _build(v, arrays) for k, v in pairs}
    raise ValueError(f"a structure this version does not know: {o!r:.80}")
