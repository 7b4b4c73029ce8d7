"""Tensors in files: arrays by name, with the structure around them as JSON.

The file is a zip of arrays (numpy's .npz), or where its name ends in .safetensors, the format of that package, which
PyTorch and others open. No pickle, so that opening a file runs nothing. A file is written whole or not at all. What else
this needs is imported when it is used, because it costs a fifth of the time of `import autograd`.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from autograd.errors import described
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value

__all__ = ["load", "need_directory", "path_of", "save", "write_whole"]

_STRUCTURE = "__structure__"
_DEEPEST = 200  # lists in lists: Python's own limit for recursion is above it


def save(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write tensors, arrays, numbers, strings, None, and lists, tuples and dicts of them, whole or not at all.

    An array is named by where it stands: ``{"w": [a, b]}`` gives "w.0" and "w.1", and a tensor alone "data". Raises TypeError
    for what cannot be written, ImportError for a path that ends in .safetensors where that package is missing.

    >>> import tempfile, os
    >>> from autograd import tensor
    >>> path = os.path.join(tempfile.mkdtemp(), "w.npz")
    >>> save({"w": tensor([1., 2.])}, path)
    >>> load(path)
    {'w': tensor([1., 2.])}
    """
    import json

    path = path_of(path, "save")
    arrays: dict[str, np.ndarray] = {}
    structure = json.dumps(_plain(obj, "the object", (), arrays))
    write = _write_safetensors if _is_safetensors(path) else _write_npz
    write_whole(path, lambda file: write(file, arrays, structure))


def path_of(path: Any, what: str) -> str:
    """``path`` as a str. Raises TypeError for what is none, ValueError for an empty one."""
    if not isinstance(path, str | os.PathLike) or not isinstance(found := os.fspath(path), str):
        raise TypeError(f"{what}: the path must be a str or a pathlib.Path, got {described(path)}")
    if not found:
        raise ValueError(f"{what}: the path is empty, got {path!r}")
    return found


def write_whole(path: str | os.PathLike[str], write: Callable[[Any], Any]) -> None:
    """Let ``write`` fill a binary file, which gets the name ``path`` when it is complete; what had that name stays until then.

    Raises FileNotFoundError where the directory is missing.
    """
    need_directory(path)
    temporary = f"{os.fspath(path)}.{os.getpid()}-{time.monotonic_ns()}.part"
    try:
        with open(temporary, "xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:  # Ctrl-C, too, may come anywhere, also after the file has its name
        with suppress(OSError):  # the first error says more
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename == temporary:
            error.filename = os.fspath(path)
        raise


def need_directory(path: str | os.PathLike[str]) -> None:
    """Raise FileNotFoundError if the directory for ``path`` is missing: before long work, so that it is not in vain."""
    parent = os.path.dirname(os.fspath(path))
    if parent and not os.path.isdir(parent):
        raise FileNotFoundError(errno.ENOENT, f"there is no directory {parent!r} to write into; make it first", os.fspath(path))


def _plain(o: Any, where: str, place: tuple[str, ...], arrays: dict[str, np.ndarray]) -> Any:
    """The structure of ``o`` as JSON can hold it; its arrays go into ``arrays``."""
    if isinstance(o, Tensor | np.ndarray):
        raw = o.raw if isinstance(o, Tensor) else o
        if raw.dtype.kind not in "fiub":
            raise TypeError(f"save: {where} is an array of {raw.dtype}, {described(o)}; only numbers and booleans are saved")
        key = "".join(c if c.isprintable() and c not in "/\\" else "_" for c in ".".join(place)[:200]) or "data"
        while key in arrays or key == _STRUCTURE:  # such as "a.b" beside {"a": {"b": ...}}
            key += "_"
        arrays[key] = np.asarray(raw, order="C")  # safetensors would write the memory as it lies
        return {"tensor" if isinstance(o, Tensor) else "array": key, "grad": isinstance(o, Tensor) and o.requires_grad}
    if isinstance(o, Value):
        return {"value": o.raw, "grad": o.requires_grad, "label": o.label}
    if isinstance(o, np.generic) and o.dtype.kind in "fiub":
        o = o.item()
    if o is None or isinstance(o, bool | int | float | str):
        return {"plain": o}
    if len(place) > _DEEPEST:
        raise ValueError(f"save: {where:.60} is nested more than {_DEEPEST} deep, or holds itself")
    if isinstance(o, list | tuple):
        items = [_plain(e, f"{where}[{i}]", (*place, str(i)), arrays) for i, e in enumerate(o)]
        return {"tuple" if isinstance(o, tuple) else "list": items}
    if isinstance(o, dict):
        if not all(isinstance(k, str | int) and not isinstance(k, bool) for k in o):
            raise TypeError(f"save: the keys of {where} must be strings or ints, got {list(o)[:5]}")
        return {"dict": [[k, _plain(v, f"{where}[{k!r}]", (*place, str(k)), arrays)] for k, v in o.items()]}
    cure = "; save its .state_dict()" if hasattr(o, "state_dict") else ""
    raise TypeError(f"save: {where} is a {type(o).__name__}; tensors, arrays, numbers, strings, lists and dicts are saved{cure}")


def load(path: str | os.PathLike[str], *, weights_only: bool = True) -> Any:
    """What `save` wrote; a .safetensors file written by others is a dict of tensors.

    ``weights_only`` is taken for PyTorch's sake: nothing that a file says is ever run. Files of `torch.save` are not read.

    Raises ValueError for a file that is cut off or was not written by `save`.
    """
    import json
    import zipfile

    path = path_of(path, "load")
    try:
        arrays, structure = (_read_safetensors if _is_safetensors(path) else _read_npz)(path)
        if structure is None:
            return {key: Tensor(a) for key, a in arrays.items()}
        return _build(json.loads(structure), arrays)
    except (zipfile.BadZipFile, KeyError, EOFError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ValueError(f"{os.fspath(path)} is not a whole file written by save(): {error}") from None


def _build(o: Any, arrays: dict[str, np.ndarray]) -> Any:
    match o:
        case {"tensor": key, "grad": grad}:
            return Tensor(arrays[key], requires_grad=grad)
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


# The two formats: arrays by name, and the structure as text.
def _write_npz(file: Any, arrays: dict[str, np.ndarray], structure: str) -> None:
    import zipfile

    archive = zipfile.ZipFile(file, "w")  # np.savez would take an array by the name "file" for its own argument
    try:
        for key, a in {**arrays, _STRUCTURE: np.frombuffer(structure.encode(), np.uint8)}.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, a, allow_pickle=False)
    except BaseException:
        archive.fp = None  # closing it, here or in its destructor, would complain of the open entry and hide what happened
        raise
    archive.close()


def _read_npz(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], str | None]:
    with open(path, "rb") as whole:
        if whole.read(2) != b"PK":  # numpy would advise to unpickle it
            raise ValueError("it is no .npz file")
        whole.seek(0)
        with np.load(whole, allow_pickle=False) as file:
            if _STRUCTURE not in file.files:
                raise ValueError(f"it lacks the structure that save() writes, and holds {file.files[:5]}")
            arrays = {key: file[key] for key in file.files}
    return arrays, bytes(arrays[_STRUCTURE]).decode()


def _is_safetensors(path: str | os.PathLike[str]) -> bool:
    return os.fspath(path).endswith(".safetensors")


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError("a path that ends in .safetensors needs that package: pip install safetensors; or use .npz") from None
    return safetensors


def _write_safetensors(file: Any, arrays: dict[str, np.ndarray], structure: str) -> None:
    file.write(_safetensors().numpy.save(arrays, {_STRUCTURE: structure}))


def _read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], str | None]:
    package = _safetensors()
    try:
        with package.safe_open(path, framework="np") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, (file.metadata() or {}).get(_STRUCTURE)  # noqa: SIM118
    except package.SafetensorError as error:
        raise ValueError(str(error)) from None
