"""Files of tensors: what is saved is loaded; they are whole or not there; a broken or foreign one is a clear error."""

import io
import os
import pickle
import stat
import struct
import subprocess
import sys
import zipfile
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
from autograd.files import write_whole

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


def bytes_of(obj: Any) -> bytes:
    file = io.BytesIO()
    ag.save(obj, file)
    return file.getvalue()


@given(tree=TREES)
def test_a_file_that_is_open_gets_the_same_bytes_and_gives_them_back(tree: Any, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("s") / "tree.npz"
    file = io.BytesIO(b"before")
    file.seek(0, io.SEEK_END)
    ag.save(tree, file)
    file.seek(6)
    assert equal(tree, ag.load(file))
    with open(path, "wb") as opened:
        ag.save(tree, opened)
    with open(path, "rb") as opened:
        assert equal(tree, ag.load(opened))
    assert equal(tree, ag.load(path))


def test_where_it_is_saved_is_asked_for_in_words(tmp_path: Path) -> None:
    net: Any = nn.Linear(1, 1)
    for call, words in [
        (lambda: ag.save(net), r"no path for this Linear: save\(net.state_dict\(\), 'name.npz'\)"),
        (lambda: ag.save(ag.ones(1)), r"no path for this Tensor: save\(obj, 'name.npz'\)"),
        (lambda: ag.save(net, io.BytesIO()), r"the object is a Linear; .* save its \.state_dict\(\)"),
        (lambda: ag.save(1, io.StringIO()), "binary mode, as by open\\(name, 'wb'\\), got StringIO"),
        (lambda: ag.load(io.StringIO()), "binary mode, as by open\\(name, 'rb'\\), got StringIO"),
    ]:
        with pytest.raises(TypeError, match=words):
            call()
    file = io.BytesIO()
    ag.save(1, file)
    with pytest.raises(ValueError, match=r"BytesIO is not a whole file .* seek\(0\) goes back to the beginning"):
        ag.load(file)


def test_what_pytorch_saved_is_named_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps({}))
        archive.writestr("net/version", "3")
    older = pickle.dumps({}, protocol=2)
    for content in (path.read_bytes(), older):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a pickle, as .*PyTorch .* none is read: in PyTorch, safetensors.torch.save_file"):
            ag.load(path)


SAVED = {"w": [tensor([[1.0, 2.0], [3.0, 4.0]]), ag.arange(5)], "v": Value(2.0, label="a"), "name": "x", "m": tensor([True, False])}
BYTES = bytes_of(SAVED)


def same_state(a: Any, b: Any) -> bool:
    return isinstance(a, dict) and list(a) == list(b) and equal(a["w"], b["w"]) and equal(a["m"], b["m"]) and a["name"] == b["name"]


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    """The file with bytes changed, cut out, put in or doubled."""
    for _ in range(draw(st.integers(1, 3))):
        i, j = sorted(draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
        few = whole[i : i + draw(st.integers(0, 4))]
        how = draw(st.sampled_from(["flip", "cut off", "cut out", "put in", "double", "overwrite"]))
        if how == "flip" and i < len(whole):
            whole = whole[:i] + bytes([whole[i] ^ 1 << draw(st.integers(0, 7))]) + whole[i + 1 :]
        elif how == "cut off":
            whole = whole[:i]
        elif how == "cut out":
            whole = whole[:i] + whole[j:]
        elif how == "put in":
            whole = whole[:i] + draw(st.binary(max_size=8)) + whole[i:]
        elif how == "double":
            whole = whole[:j] + whole[i:j] + whole[j:]
        else:
            whole = whole[:i] + draw(st.sampled_from([b"\xff", b"\0", b"\x7f", b"(", few])) * len(few) + whole[i + len(few) :]
    return whole


@given(content=spoilt(BYTES))
def test_a_spoilt_file_gives_what_was_saved_or_a_value_error(content: bytes) -> None:
    try:
        assert same_state(ag.load(io.BytesIO(content)), SAVED)
    except ValueError as error:
        assert "is not a whole file written by save(): " in str(error)


def test_a_byte_flipped_or_cut_off_anywhere_gives_what_was_saved_or_a_value_error() -> None:
    for i in range(len(BYTES)):
        for content in (BYTES[:i], BYTES[:i] + bytes([BYTES[i] ^ 0xFF]) + BYTES[i + 1 :]):
            try:
                assert same_state(ag.load(io.BytesIO(content)), SAVED)
            except ValueError as error:
                assert "is not a whole file written by save(): " in str(error)


@pytest.mark.skipif(find_spec("safetensors") is None, reason="safetensors is missing")
def test_a_spoilt_file_of_safetensors_is_a_value_error_where_it_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    ag.save(SAVED, path)
    whole = path.read_bytes()
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :])
        try:
            ag.load(path)
        except ValueError as error:
            assert "is not a whole file written by save(): " in str(error)


def npz(structure: str, how: int = zipfile.ZIP_STORED, **members: bytes) -> io.BytesIO:
    """A file as `save` writes it, of these members."""
    file = io.BytesIO()
    text = io.BytesIO()
    np.save(text, np.frombuffer(structure.encode(), np.uint8))
    with zipfile.ZipFile(file, "w", how) as archive:
        archive.writestr("__structure__.npy", text.getvalue(), zipfile.ZIP_STORED)
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    file.seek(0)
    return file


def head(text: str, version: bytes = b"\1\0") -> bytes:
    return b"\x93NUMPY" + version + struct.pack("<H", len(text) + 1) + text.encode() + b"\n"


def test_what_the_structure_does_not_name_is_not_read(monkeypatch: Any) -> None:
    read: list[str] = []
    opened = zipfile.ZipFile.open
    one = io.BytesIO()
    np.save(one, np.arange(2))
    file = npz('{"list": [{"array": "a"}, {"array": "a"}]}', a=one.getvalue(), b=bytes(100))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda self, info, *rest: read.append(info.filename) or opened(self, info, *rest))
    assert ag.load(file)[1].tolist() == [0, 1]
    assert read == ["__structure__.npy", "a.npy"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (head("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }") + bytes(8), "has 80000000000000 bytes, and 8 are"),
        (head("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }") + bytes(8), "shape"),
        (head("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + bytes(8), "an array of object"),
        (head("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }") + bytes(7), "has 8 bytes, and 7 are there"),
        (head("{'descr': " + "(" * 3000), "the head of an array"),
        (head("{'descr'"), "the head of an array"),
        (head("{}", b"\x09\0"), "the head of an array"),
        (b"", "the head of an array"),
    ],
)
def test_an_array_is_no_larger_than_what_is_there(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"is not a whole file written by save.*{words}"):
        ag.load(npz('{"array": "a"}', a=content))


def test_a_file_that_would_grow_is_refused() -> None:
    zeros = head("{'descr': '|u1', 'fortran_order': False, 'shape': (3000000,), }") + bytes(3_000_000)
    with pytest.raises(ValueError, match="'a' is compressed, or larger than the file"):
        ag.load(npz('{"array": "a"}', zipfile.ZIP_DEFLATED, a=zeros))


posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and permissions are those of POSIX")


@posix
def test_what_is_no_regular_file_stays_what_it_is(tmp_path: Path) -> None:
    fifo, folder = tmp_path / "fifo", tmp_path / "folder"
    os.mkfifo(fifo)
    folder.mkdir()
    (tmp_path / "null").symlink_to(os.devnull)
    for name in ("fifo", "null", os.devnull):
        with pytest.raises(OSError, match="no regular file, and stays"):
            ag.save(1, tmp_path / name)
    with pytest.raises(IsADirectoryError, match="folder"):
        ag.save(1, folder)
    assert stat.S_ISFIFO(os.stat(fifo).st_mode) and stat.S_ISCHR(os.stat(os.devnull).st_mode) and len(os.listdir(tmp_path)) == 3
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError):
        ag.save(1, tmp_path / "loop")


@posix
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link, further = tmp_path / "there" / "x.npz", tmp_path / "link.npz", tmp_path / "further.npz"
    link.symlink_to(Path("there") / "x.npz")
    further.symlink_to(link)
    for n, path in enumerate((link, further, target)):  # at first it leads nowhere
        ag.save(n, path)
        assert link.is_symlink() and further.is_symlink() and not target.is_symlink()
        assert ag.load(target) == ag.load(further) == n
    assert os.listdir(tmp_path / "there") == ["x.npz"] and len(os.listdir(tmp_path)) == 3
    (tmp_path / "lost.npz").symlink_to(tmp_path / "none" / "x.npz")
    with pytest.raises(FileNotFoundError, match="none"):
        ag.save(1, tmp_path / "lost.npz")


@posix
@given(mode=st.integers(0, 0o777))
def test_a_file_keeps_its_permissions_and_nobody_sees_more_of_it_meanwhile(mode: int, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("s") / "x.npz"
    seen: list[int] = []

    def write(file: Any) -> None:
        seen.append(stat.S_IMODE(os.fstat(file.fileno()).st_mode))

    before = os.umask(0o022)
    try:
        write_whole(path, write)
        assert seen == [0o644]
        os.chmod(path, mode)
        write_whole(path, write)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(path).st_mode) == mode and seen[1] & ~mode == 0 and seen[1] & 0o077 == 0


@posix
def test_what_a_killed_process_left_is_removed_by_the_next_that_writes_there(tmp_path: Path) -> None:
    path, code = (
        tmp_path / "x (1).npz",
        "import sys, os; from autograd.files import write_whole; write_whole(sys.argv[1], lambda f: os.kill(os.getpid(), 9))",
    )
    assert subprocess.run([sys.executable, "-c", code, path]).returncode == -9
    (left,) = os.listdir(tmp_path)
    mine, other = f"x (1).npz.{os.getpid()}-1.part", "y.npz" + left.removeprefix("x (1).npz")
    for name in (mine, other, f"x (1).npz.{'9' * 30}-1.part"):
        (tmp_path / name).touch()
    ag.save(1, path)
    assert sorted(os.listdir(tmp_path)) == sorted(["x (1).npz", mine, other])  # of a living process, and of another file


def test_where_the_tensors_of_a_file_go(tmp_path: Path) -> None:
    ag.save({"w": tensor([1.0])}, path := tmp_path / "w.npz")
    for place in ("cpu", ag.device("cpu:0"), None, {"cuda:0": "cpu"}, lambda storage, location: storage):
        assert ag.load(path, map_location=place)["w"].tolist() == ag.load(path, place)["w"].tolist() == [1.0]
    for place in ("cuda", {"cpu": "cuda:0"}):
        with pytest.raises(ValueError, match="there is no device 'cuda"):
            ag.load(path, map_location=place)
    with pytest.raises(TypeError, match="a device is named by a str"):
        ag.load(path, map_location=0)
