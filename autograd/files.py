"""Tensors in files: arrays by name, with the structure around them as JSON.

The file is a zip of arrays (numpy's .npz), or where its name ends in .safetensors, the format of that package, which
PyTorch and others open. No pickle, so that opening a file runs nothing. A file is written whole or not at all. What else
this needs is imported when it is used, because it costs a fifth of the time of `import autograd`.
"""

from __future__ import annotations

import errno
import io
import math
import os
import re
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

import numpy as np

from autograd.devices import device
from autograd.errors import described
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value

__all__ = ["load", "need_directory", "path_of", "save", "write_whole"]

_STRUCTURE = "__structure__"
_DEEPEST = 200  # lists in lists: Python's own limit for recursion is above it


def save(obj: Any, path: str | os.PathLike[str] | IO[bytes] | None = None) -> None:
    """Write tensors, arrays, numbers, strings, None, and lists, tuples and dicts of them, whole or not at all.

    ``path`` is a path, or a binary file that is open for writing, such as an `io.BytesIO`, which gets the bytes of an .npz file. An array
    is named by where it stands: ``{"w": [a, b]}`` gives "w.0" and "w.1", and a tensor alone "data".

    Raises TypeError for what cannot be written, ImportError for a path that ends in .safetensors where that package is missing, OSError
    for a path that cannot be written to: a missing directory, or what is there and no regular file.

    >>> import tempfile, os
    >>> from autograd import tensor
    >>> path = os.path.join(tempfile.mkdtemp(), "w.npz")
    >>> save({"w": tensor([1., 2.])}, path)
    >>> load(path)
    {'w': tensor([1., 2.])}
    """
    import json

    if path is None:
        what = "net.state_dict()" if hasattr(obj, "state_dict") else "obj"
        raise TypeError(f"save: there is no path for this {type(obj).__name__}: save({what}, 'name.npz')")
    file: Any = path if hasattr(path, "write") else None
    name = "" if file is not None else path_of(path, "save")
    arrays: dict[str, np.ndarray] = {}
    structure = json.dumps(_plain(obj, "the object", (), arrays))
    if file is None:
        write = _write_safetensors if _is_safetensors(name) else _write_npz
        write_whole(name, lambda file: write(file, arrays, structure))
    else:
        whole = io.BytesIO()
        _write_npz(whole, arrays, structure)
        try:
            file.write(whole.getvalue())
        except TypeError as error:
            raise TypeError(f"save: a file must be open in binary mode, as by open(name, 'wb'), got {described(file)}") from error


def path_of(path: Any, what: str) -> str:
    """``path`` as a str. Raises TypeError for what is none, ValueError for an empty one."""
    if not isinstance(path, str | os.PathLike) or not isinstance(found := os.fspath(path), str):
        raise TypeError(f"{what}: the path must be a str or a pathlib.Path, got {described(path)}")
    if not found:
        raise ValueError(f"{what}: the path is empty, got {path!r}")
    return found


def write_whole(path: str | os.PathLike[str], write: Callable[[Any], Any]) -> None:
    """Let ``write`` fill a binary file, which gets the name ``path`` when it is complete; what had that name stays until then.

    A symbolic link stays, and what it leads to is written; a file that is there keeps its permissions. Raises FileNotFoundError where the
    directory is missing, OSError for a device, a pipe and whatever else is no regular file.
    """
    need_directory(path)
    target = os.path.realpath(path)
    need_directory(target)
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        text = "a directory is there" if stat.S_ISDIR(mode) else "what is there is no regular file, and stays: give the path of a file"
        raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL, text, os.fspath(path))
    _sweep(target)
    temporary = f"{target}.{os.getpid()}-{time.monotonic_ns()}.part"
    try:
        # Nobody sees more of it, while it is written, than of the file that it replaces.
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o666 if mode is None else mode & 0o600)) as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException as error:  # Ctrl-C, too, may come anywhere, also after the file has its name
        with suppress(OSError):  # the first error says more
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename == temporary:
            error.filename = os.fspath(path)
        raise


def _sweep(target: str) -> None:
    """Remove what is left of writing ``target`` by processes that are no more: they were killed meanwhile."""
    folder, name = os.path.split(target)
    part = re.compile(rf"{re.escape(name)}\.(\d+)-\d+\.part")
    with suppress(OSError):  # such as a directory that one may not look into
        for left in os.listdir(folder) if os.name == "posix" else ():  # elsewhere, to ask for a process may end it
            if (match := part.fullmatch(left)) is not None and not _runs(int(match[1])):
                os.unlink(os.path.join(folder, left))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        pass
    return True


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


def load(path: str | os.PathLike[str] | IO[bytes], map_location: Any = None, *, weights_only: bool = True) -> Any:
    """What `save` wrote; a .safetensors file written by others is a dict of tensors.

    ``path`` is a path, or a binary file that is open for reading, at the beginning of what `save` wrote, and is read to its end.
    ``map_location`` says where the tensors go, which is the CPU: it may be that device or its name, a dict that sends devices to it, or
    a function, which is not called, for no file says where its tensors were. ``weights_only`` is taken for PyTorch's sake: nothing that a
    file says is ever run. Files of `torch.save` are not read. Only arrays that the structure of the file names are read, and they are no
    larger than the file.

    Raises ValueError for a file that is cut off or was not written by `save`, and for another device; OSError for a file that cannot be
    opened.
    """
    if map_location is not None and not callable(map_location):
        for place in map_location.values() if isinstance(map_location, dict) else (map_location,):
            device(place)
    if hasattr(path, "read"):
        if not isinstance(data := path.read(), bytes):
            raise TypeError(f"load: a file must be open in binary mode, as by open(name, 'rb'), got {described(path)}")
        name = str(getattr(path, "name", described(path)))
    else:
        name, data = path_of(path, "load"), None
    try:
        if data is not None:
            return _load_npz(io.BytesIO(data))
        if _is_safetensors(name):
            return _load_safetensors(name)
        with open(name, "rb") as file:
            return _load_npz(file)
    except Exception as error:  # whatever zipfile, json, numpy and safetensors find: they say it by a dozen kinds of errors
        if isinstance(error, ImportError | MemoryError) or (isinstance(error, OSError) and error.errno != errno.EINVAL):
            raise
        raise ValueError(f"{name} is not a whole file written by save(): {str(error) or type(error).__name__}") from None


class _Arrays(dict[str, np.ndarray]):
    """The arrays of a file by name, each read when it is asked for."""

    def __init__(self, read: Callable[[str], np.ndarray]) -> None:
        self.read = read

    def __missing__(self, key: str) -> np.ndarray:
        a = self[key] = self.read(key)
        return a


def _build(o: Any, arrays: _Arrays) -> Any:
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


def _load_npz(file: Any) -> Any:
    import json
    import zipfile

    start = file.read(2)
    if start[:1] == b"\x80":
        raise ValueError(f"it is a pickle, as older versions of PyTorch write{_NO_PICKLE}")
    if start != b"PK":
        raise ValueError("it is no .npz file" if start else "it is empty, or its file is at its end: seek(0) goes back to the beginning")
    left = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if any(name.endswith("data.pkl") for name in members):
            raise ValueError(f"it holds a pickle, as PyTorch writes{_NO_PICKLE}")
        if _STRUCTURE not in members:
            raise ValueError(f"it lacks the structure that save() writes, and holds {list(members)[:5]}")

        def read(key: str) -> np.ndarray:
            """An array; all together are no larger than the file, for none is compressed, and none is read twice."""
            nonlocal left
            if key not in members:
                raise ValueError(f"it lacks the array {key!r:.60}")
            info = members[key]
            left -= info.file_size
            if info.compress_type != zipfile.ZIP_STORED or left < 0:
                raise ValueError(f"the array {key!r:.60} is compressed, or larger than the file")
            with archive.open(info) as member:
                return _read_array(member.read())

        structure = json.loads(read(_STRUCTURE).tobytes())
        return _build(structure, _Arrays(read))


_NO_PICKLE = (
    "; a pickle can run any program, and none is read: in PyTorch, safetensors.torch.save_file(net.state_dict(), 'name.safetensors') "
    "writes what load() reads"
)


def _read_array(data: bytes) -> np.ndarray:
    """The array of a .npy file, once its length is what its head says."""
    file = io.BytesIO(data)
    head = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        shape, fortran, dtype = head[np.lib.format.read_magic(file)](file)
    except Exception as error:  # what Python's own parser says of the head: a dozen kinds, MemoryError among them
        raise ValueError(f"the head of an array: {error}") from None
    size, given = math.prod(shape) * dtype.itemsize, len(data) - file.tell()
    if dtype.kind not in "fiub" or min(shape, default=0) < 0 or size != given:
        raise ValueError(f"an array of {dtype} and shape {shape} has {size} bytes, and {given} are there")
    return np.frombuffer(data, dtype, offset=file.tell()).reshape(shape, order="F" if fortran else "C").copy("C")


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


def _load_safetensors(path: str) -> Any:
    import json

    with _safetensors().safe_open(path, framework="np") as file:
        structure = (file.metadata() or {}).get(_STRUCTURE)
        if structure is None:
            return {key: Tensor(file.get_tensor(key)) for key in file.keys()}  # noqa: SIM118
        return _build(json.loads(structure), _Arrays(file.get_tensor))
