"""Pixels as the bytes of a PNG file: a picture in a box needs few of them, in few colours, and no other library.

W3C, *Portable Network Graphics*, https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np

__all__ = ["data_uri", "png"]


def png(pixels: np.ndarray, palette: Sequence[str]) -> bytes:
    """Numbers of colours, of shape (height, width), as a PNG file. The ``palette`` has at most 16 colours such as "#f0a62e".

    >>> png(np.zeros((2, 3), dtype=np.uint8), ["#ffffff"])[1:4]
    b'PNG'
    """
    height, width = pixels.shape
    even = np.pad(pixels, ((0, 0), (0, width % 2))).astype(np.uint8)
    pairs = even[:, ::2] << 4 | even[:, 1::2]  # four bits a pixel
    lines = b"".join(b"\0" + line.tobytes() for line in pairs)  # each begins with its filter: none
    head = struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)
    colours = bytes.fromhex("".join(palette).replace("#", ""))
    chunks = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def data_uri(file: bytes) -> str:
    """A PNG file as an address that holds all of it."""
    return "data:image/png;base64," + base64.b64encode(file).decode()
