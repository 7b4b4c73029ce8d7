"""Fashion-MNIST: 70,000 pictures of clothes in ten classes, 28 by 28 pixels, from a directory or from where they are published.

They are no part of this project. Who has none gets the four files fetched once, checked, and kept in a cache, whole or not at all.
Source: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747, MIT licence.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import numpy as np

import autograd as ag
from . import COMMAND
from .idx import read_idx
from .readers import Pictures
from .story import Needs, Story, UntoldError

__all__ = ["CLASSES", "NEEDS", "cache", "clothes", "fetch"]

CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


class File(NamedTuple):
    """A published file: its name, its length in bytes and its checksum."""

    name: str
    size: int
    sha256: str


FILES = (
    File("train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    File("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    File("t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    File("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
)
HOMES = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
NEEDS = Needs(
    tuple(file.name.removesuffix(".gz") + "*" for file in FILES),
    "The four files of Fashion-MNIST are at https://github.com/zalandoresearch/fashion-mnist, in data/fashion; --data DIR says where you "
    f"keep them. `{COMMAND} digits` brings its own pictures.",
)
TIMEOUT = 15.0  # seconds without an answer
CHUNK = 1 << 16


def clothes(story: Story, most: int | None = None) -> tuple[Pictures, Pictures]:
    """Pictures to learn from, the first ``most`` of them, and pictures to test on; pixels are float32 from 0 to 1.

    They are read from ``story.data``, the files compressed or not, or else fetched. Raises UntoldError where they cannot be had or are
    not what they should be.
    """
    if story.data is None:
        paths = [fetch(story, file, cache()) for file in FILES]
    else:
        paths = [min(story.data.glob(pattern)) for pattern in NEEDS.files]
    try:
        x, y, test_x, test_y = (read_idx(path) for path in paths)
    except (OSError, ValueError) as error:
        raise UntoldError(f"{error}. {NEEDS.source}") from None
    for images, labels in ((x, y), (test_x, test_y)):
        if images.shape != (len(labels), 28, 28) or labels.ndim != 1 or not labels.size or labels.max() > 9:
            raise UntoldError(
                f"{paths[0].parent} is not Fashion-MNIST: pictures (n, 28, 28) with n labels from 0 to 9 were expected, got pictures "
                f"{images.shape} with labels {labels.shape} up to {labels.max(initial=0)}. {NEEDS.source}"
            )
    return _pictures(x[:most], y[:most]), _pictures(test_x, test_y)


def _pictures(images: np.ndarray, labels: np.ndarray) -> Pictures:
    return Pictures(ag.from_numpy(images.reshape(-1, 784).astype(np.float32)).div_(255), ag.tensor(labels, dtype=ag.int64))


def cache() -> Path:
    """Where fetched files are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chainrule" / "fashion-mnist"


def fetch(story: Story, file: File, directory: Path) -> Path:
    """Where the file is in ``directory``: fetched, unless it is there whole, from the first of its homes that has it.

    Raises UntoldError where none has it, or where the reader does not want to wait. Nothing is left of what was not fetched whole.
    """
    path, failures = directory / file.name, []
    if _whole(path, file):
        return path
    for home in HOMES:
        try:
            _fetch(story, home + file.name, file, path)
            return path
        except (OSError, HTTPException) as error:
            failures.append(f"from {home}: {error or type(error).__name__}")
    raise UntoldError(f"{file.name} could not be fetched, {'; '.join(failures)}. {NEEDS.source}")


def _whole(path: Path, file: File) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    except OSError:  # it is not there, or cannot be read: either way it is to be fetched
        return False


def _fetch(story: Story, url: str, file: File, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        try:
            for _ in story.progress(range(math.ceil(file.size / CHUNK)), f"fetching {file.name}"):
                chunk = answer.read(CHUNK)
                digest.update(chunk)
                size += part.write(chunk)
            part.close()
            if digest.hexdigest() == file.sha256:
                os.replace(part.name, path)
            elif story.stopped:
                raise UntoldError(f"stopped while {file.name} was fetched; nothing of it is kept")
            else:
                what = (
                    f"it has the checksum {digest.hexdigest()}" if size == file.size else f"it ended after {size:,} of {file.size:,} bytes"
                )
                raise OSError(f"{what}, so that it is not the published file, and is thrown away")
        finally:
            Path(part.name).unlink(missing_ok=True)
