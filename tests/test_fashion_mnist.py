"""The chapter's own experiment: its nets on Fashion-MNIST, 70,000 pictures of clothes, where digits would be too easy.

The four files of https://github.com/zalandoresearch/fashion-mnist are not part of the repository: FASHION_MNIST names the
directory that they are in.
"""

from __future__ import annotations

import gc
import gzip
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import autograd as torch
from nn import data, optim
from tests.idx import read_idx
from tests.test_chapter import concise_dropout_mlp, concise_mlp, load_array, scratch_mlp, train

pytestmark = pytest.mark.no_cover
EPOCHS = 10


# The reader of the files.
def idx(code: int, array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "code, dtype, shape", [(0x08, ">u1", (2, 3, 4)), (0x09, ">i1", (3,)), (0x0C, ">i4", (0, 2)), (0x0D, ">f4", (2, 2)), (0x0E, ">f8", ())]
)
def test_reads_what_was_written(tmp_path: Path, code: int, dtype: str, shape: tuple[int, ...], compress: type) -> None:
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
    path = tmp_path / "file"
    path.write_bytes(compress(idx(code, array)))
    read = read_idx(path)
    assert read.shape == shape and read.dtype == np.dtype(dtype).newbyteorder("=") and read.flags.writeable
    np.testing.assert_array_equal(read, array)


WHOLE = idx(0x08, np.arange(6, dtype=np.uint8).reshape(2, 3))


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "no IDX file"),
        (b"\x89PNG\r\n", "begins with 89 50 4e 47"),
        (b"\0\0\x07\x01\0\0\0\0", "no IDX file"),
        (WHOLE[:7], "ends within its header"),
        (WHOLE[:-1], r"has 17 bytes, but entries of shape \(2, 3\) need 18"),
        (WHOLE + b"\0", "has 19 bytes"),
        (gzip.compress(WHOLE, mtime=0)[:-9], "no whole gzip file"),
        (gzip.compress(WHOLE, mtime=0)[:12] + b"\xff" * 9, "no whole gzip file"),
    ],
)
def test_refuses_what_is_no_whole_idx_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(path)


# The nets.
@pytest.fixture(scope="module")
def fashion() -> tuple[data.DataLoader, data.DataLoader]:
    """Batches of 256 for training and for testing, with pixels in [0, 1]."""
    if not (given := os.environ.get("FASHION_MNIST")):
        pytest.skip("FASHION_MNIST does not name the directory of the four files of Fashion-MNIST")
    loaders = []
    for part, rows in (("train", 60_000), ("t10k", 10_000)):
        paths = [Path(given) / f"{part}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1")]
        if missing := [path.name for path in paths if not path.is_file()]:
            pytest.skip(f"the directory that FASHION_MNIST names lacks {', '.join(missing)}")
        images, labels = map(read_idx, paths)
        assert images.shape == (rows, 28, 28) and labels.shape == (rows,)
        X = torch.from_numpy(images.reshape(rows, 784).astype(np.float32)).div_(255)
        loaders.append(load_array((X, torch.tensor(labels, dtype=torch.int64)), 256, is_train=part == "train"))
    return loaders[0], loaders[1]


def reached(history: list[tuple[float, float, float]]) -> bool:
    """85 % of the pictures that it never learns from, after one of the epochs: at these step sizes the figure wobbles, by up
    to 4 points from one epoch to the next, here as in PyTorch."""
    return max(accuracy for _, _, accuracy in history) >= 0.85


def fill_free_lists() -> None:
    """CPython keeps 2,000 freed tuples of each length for reuse, which would count as memory held by the training."""
    for length in range(1, 20):
        _ = [tuple(range(length)) for _ in range(2100)]


def living() -> int:
    """How much memory Python and numpy hold, in bytes."""
    return tracemalloc.get_traced_memory()[0]


def test_from_scratch(fashion: tuple[data.DataLoader, data.DataLoader]) -> None:
    net, params = scratch_mlp(784, 256, 10)
    history = train(net, *fashion, EPOCHS, optim.SGD(params, lr=0.1))
    assert reached(history) and history[-1][0] < 0.42


def test_concise_in_flat_memory(fashion: tuple[data.DataLoader, data.DataLoader]) -> None:
    """Without the cyclic collector too, memory after the last epoch is what it was after the second."""
    net, sizes = concise_mlp(784, 256, 10), []
    gc.collect()
    gc.disable()
    fill_free_lists()
    tracemalloc.start()
    try:
        history = train(net, *fashion, EPOCHS, optim.SGD(net.parameters(), lr=0.1), after=lambda epoch: sizes.append(living()))
    finally:
        tracemalloc.stop()
        gc.enable()
    assert reached(history) and history[-1][0] < 0.42
    assert abs(sizes[-1] - sizes[1]) < 50_000, sizes


def test_with_dropout(fashion: tuple[data.DataLoader, data.DataLoader]) -> None:
    net = concise_dropout_mlp(784, 256, 10, 0.2, 0.5)
    history = train(net, *fashion, EPOCHS, optim.SGD(net.parameters(), lr=0.5))
    assert reached(history) and history[-1][0] < 0.42
