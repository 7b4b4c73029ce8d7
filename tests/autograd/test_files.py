"""Files of tensors: what is saved is loaded; they are whole or not there; a broken or foreign one is a clear error."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
import nn
from autograd import Tensor, Value, tensor

LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5)
ARRAYS = hnp.arrays(st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_]), hnp.array_shapes(min_dims=0, min_side=0)).map(
    tensor
)
TREES = st.recursive(
    LEAVES | ARRAYS,
    lambda t: (
        st.lists(t, max_size=3) | st.lists(t, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=3) | st.integers(), t, max_size=3)
    ),
    max_leaves=8,
)


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and a.raw.tobytes() == b.raw.tobytes()
    if isinstance(a, dict):
        return list(a) == list(b) and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and a == b


SAFETENSORS = pytest.param(".safetensors", marks=pytest.mark.skipif(find_spec("safetensors") is None, reason="safetensors is missing"))
both_formats = pytest.mark.parametrize("suffix", [".npz", SAFETENSORS])


@both_formats
@given(tree=TREES)
def test_what_is_saved_is_loaded(tree: Any, suffix: str, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("s") / f"tree{suffix}"
    ag.save(tree, path)
    assert equal(tree, ag.load(path))


@both_formats
def test_arrays_stand_in_the_file_by_where_they_stand_in_the_tree(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"tree{suffix}"
    a, b, c = ag.ones(2), ag.arange(6).reshape(2, 3).T, tensor(3.0)
    names = ["file", "a.b", "a\x00", "a\x01", "a/b", "__structure__", "x" * 300, "\ud800"]
    tree = {"net": {"0.weight": a, "list": [b, c]}, "a": {"b": a}, **{name: tensor(i) for i, name in enumerate(names)}}
    ag.save(tree, path)
    assert equal(tree, ag.load(path))
    if suffix == ".npz":
        with np.load(path) as file:
            found = {key: file[key] for key in file.files}
    else:
        from safetensors.numpy import load_file

        found = load_file(path)
    assert found["net.0.weight"].tolist() == [1, 1] and found["net.list.0"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["net.list.1"].shape == () and len(found) == 4 + len(names) + (suffix == ".npz")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    ag.save({"w": ag.ones(3, requires_grad=True), "v": Value(2.0)}, path)
    assert ag.load(path)["w"].requires_grad and ag.load(path)["v"].data == 2.0
    before = path.read_bytes()
    with pytest.raises(TypeError, match=r"the object is a Linear; .* are saved; save its \.state_dict\(\)"):
        ag.save(nn.Linear(1, 1), path)
    with pytest.raises(TypeError, match=r"the object\['f'\] is a function"):
        ag.save({"w": ag.zeros(3), "f": lambda: 0}, path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["x.npz"]
    with pytest.raises(TypeError, match="keys"):
        ag.save({1.5: 0}, path)


@both_formats
def test_a_broken_or_foreign_file_is_a_clear_error(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    ag.save([ag.ones(100)], path)
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], b"", b"not a zip", whole[:20] + bytes(130) + whole[150:]):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match="not a whole file"):
            ag.load(path)
    np.savez(tmp_path / "y.npz", a=np.ones(2))
    (tmp_path / "y.npz").rename(path)
    with pytest.raises(ValueError, match="not a whole file"):
        ag.load(path)
    with pytest.raises(FileNotFoundError):
        ag.load(tmp_path / f"none{suffix}")


def test_safetensors_of_others_are_a_dict_of_tensors(tmp_path: Path, monkeypatch: Any) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "x.safetensors"
    numpy.save_file({"w": np.ones((2, 3), np.float32), "n": np.array(3)}, path)
    assert equal(ag.load(path), {"n": tensor(3), "w": ag.ones(2, 3)}) or equal(ag.load(path), {"w": ag.ones(2, 3), "n": tensor(3)})
    numpy.save_file({"w": np.ones(2, np.int8)}, path)
    with pytest.raises(ValueError, match="int8"):
        ag.load(path)
    before = path.read_bytes()
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for attempt in (lambda: ag.load(path), lambda: ag.save({}, path)):
        with pytest.raises(ImportError, match="pip install safetensors"):
            attempt()
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["x.safetensors"]


@pytest.mark.parametrize(
    "structure",
    [
        '{"tensor": "a9", "grad": true}',
        '{"tensor": "a0", "grad": true}',
        '{"value": "abc", "grad": true, "label": null}',
        '{"dict": [[[1], 2]]}',
        "[1]",
        "{",
    ],
)
def test_a_malformed_structure_is_a_clear_error(structure: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, __structure__=np.frombuffer(structure.encode(), np.uint8), a0=np.arange(3))
    with pytest.raises(ValueError, match="not a whole file"):
        ag.load(path)
    np.save(tmp_path / "y.npy", np.ones(2))
    with pytest.raises(ValueError, match="not a whole file"):
        ag.load(tmp_path / "y.npy")


def test_numbers_of_numpy_are_numbers_and_errors_name_the_path_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    ag.save([np.float32(0.5), np.int64(3), np.bool_(True)], path)
    assert ag.load(path) == [0.5, 3, True] and [type(e) for e in ag.load(path)] == [float, int, bool]
    with pytest.raises(FileNotFoundError, match=r"none/x.npz'$"):
        ag.save(1, tmp_path / "none" / "x.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ValueError, match=r"it is no \.npz file"):
        ag.load(tmp_path / "text.npz")
    np.savez(tmp_path / "plain.npz", a=np.ones(1))
    with pytest.raises(ValueError, match=r"lacks the structure that save\(\) writes, and holds \['a'\]"):
        ag.load(tmp_path / "plain.npz")


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_ctrl_c_while_saving_stays_ctrl_c_and_leaves_no_part(where: str, tmp_path: Path, monkeypatch: Any) -> None:
    path, real = tmp_path / "x.npz", getattr(os, where)
    ag.save(1, path)

    def interrupted(*args: Any) -> None:
        real(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, where, interrupted)
    with pytest.raises(KeyboardInterrupt):
        ag.save(2, path)
    assert os.listdir(tmp_path) == ["x.npz"] and ag.load(path) == (2 if where == "replace" else 1)


def test_ctrl_c_within_an_archive_stays_ctrl_c(tmp_path: Path, monkeypatch: Any) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    def stuck(archive: Any) -> None:  # as zipfile is where the interrupt comes between opening an entry and using it
        if archive.fp is not None:
            raise ValueError("Can't close the ZIP file while there is an open writing handle on it")

    monkeypatch.setattr(np.lib.format, "write_array", interrupted)
    monkeypatch.setattr("zipfile.ZipFile.close", stuck)
    with pytest.raises(KeyboardInterrupt):
        ag.save([ag.ones(2)], tmp_path / "x.npz")
    assert os.listdir(tmp_path) == []


def test_who_saves_after_ctrl_c_hears_of_what_goes_wrong_then(tmp_path: Path) -> None:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        with pytest.raises(FileNotFoundError):
            ag.save([ag.ones(2)], tmp_path / "none" / "x.npz")


def test_a_value_keeps_what_it_is(tmp_path: Path) -> None:
    ag.save(Value(1.0, requires_grad=False, label="a"), tmp_path / "v.npz")
    v = ag.load(tmp_path / "v.npz")
    assert (v.data, v.requires_grad, v.label) == (1.0, False, "a")
