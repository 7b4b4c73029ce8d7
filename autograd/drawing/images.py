"""Images inside a DOT text: Graphviz reads them from files alone, and names these files in its SVG.

So an image stands in the text as a data: address. For the time of a layout it is a file, and in what comes out it is the address again:
the text, and an SVG, need nothing beside them, and formats of pixels and pages have the image as well.
"""

from __future__ import annotations

import base64
import gzip
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["as_files"]

_ADDRESS = re.compile(rb"data:image/png;base64,([A-Za-z0-9+/]+=*)")


@contextmanager
def as_files(source: bytes) -> Iterator[tuple[bytes, Callable[[bytes], bytes]]]:
    """The text with files in place of images, while the block lasts, and what puts the images back into a picture.

    >>> with as_files(b'digraph { a [image="data:image/png;base64,AAAA"] }') as (text, restored):
    ...     b"data:" in text, restored(text)
    (False, b'digraph { a [image="data:image/png;base64,AAAA"] }')
    """
    found = list(dict.fromkeys(m[0] for m in _ADDRESS.finditer(source)))
    if not found:
        yield source, lambda picture: picture
        return
    with tempfile.TemporaryDirectory(prefix="images") as directory:
        files = {}
        for i, address in enumerate(found):
            file = Path(directory, f"{i}.png")
            file.write_bytes(base64.b64decode(address.partition(b",")[2]))
            files[address] = file.as_posix().encode()

        def restored(picture: bytes) -> bytes:
            zipped = picture[:2] == b"\x1f\x8b"  # an svgz
            text = gzip.decompress(picture) if zipped else picture
            for address, file in files.items():
                text = text.replace(file, address)
            return gzip.compress(text, mtime=0) if zipped else text

        yield _ADDRESS.sub(lambda m: files[m[0]], source), restored
