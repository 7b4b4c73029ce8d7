"""The reader of IDX files gives what was written, and takes nothing else for it."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from demos.idx import read_idx


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
