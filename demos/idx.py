"""Reads IDX files, the format in which MNIST and its kin are published: a few bytes that say shape and type, then the entries."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an IDX file, compressed by gzip or not. Raises ValueError for what is no IDX file or not a whole one."""
    content = Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path} is no whole gzip file: {error}") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _DTYPES:
        raise ValueError(f"{path} is no IDX file: it begins with {content[:4].hex(' ')}, not with 00 00 and the code of a type")
    dtype, start = np.dtype(_DTYPES[content[2]]), 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"{path} ends within its header: {len(content)} bytes of {start}")
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    if len(content) != (length := start + math.prod(shape) * dtype.itemsize):
        raise ValueError(f"{path} has {len(content)} bytes, but entries of shape {shape} need {length}")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))
