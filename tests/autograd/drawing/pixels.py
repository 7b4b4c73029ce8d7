"""Reads a PNG file again, by the standard's own words and none of the library's code, for tests of what was written."""

import base64
import struct
import zlib

Colour = tuple[int, int, int]


def pixels(uri: str) -> list[list[Colour]]:
    """The colours of an image with a palette of 4 bits, line by line."""
    head, data = uri.split(",")
    assert head == "data:image/png;base64"
    file = base64.b64decode(data, validate=True)
    assert file[:8] == bytes([137, 80, 78, 71, 13, 10, 26, 10])
    chunks, at = {}, 8
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        kind, body = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        assert struct.unpack(">I", file[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + body),)
        chunks[kind] = body
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"] and not chunks[b"IEND"]
    width, height, depth, kind_of_colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, kind_of_colour, rest) == (4, 3, [0, 0, 0])
    palette = [tuple(chunks[b"PLTE"][i : i + 3]) for i in range(0, len(chunks[b"PLTE"]), 3)]
    raw, line = zlib.decompress(chunks[b"IDAT"]), 1 + (width + 1) // 2
    assert len(raw) == line * height and not any(raw[::line])
    found = []
    for y in range(height):
        row = raw[y * line + 1 : (y + 1) * line]
        found.append([palette[row[x // 2] >> 4 if x % 2 == 0 else row[x // 2] & 15] for x in range(width)])
    return found  # type: ignore[return-value]
