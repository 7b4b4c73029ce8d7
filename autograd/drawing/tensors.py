"""Which tensors of a graph are seen as thumbnails, in which boxes, and as what."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import accumulate, chain
from operator import mul
from typing import NamedTuple

from autograd.core.node import Node
from autograd.drawing.diagnosis import Diagnosis
from autograd.drawing.scene import Thumbnail
from autograd.drawing.style import Style
from autograd.drawing.thumbnails import thumbnails
from autograd.program.reading import Reading
from autograd.program.words import clean, shape, shape_of

__all__ = ["Insets", "Tensors"]

ABREAST = 4  # thumbnails in a row


class Insets(NamedTuple):
    """What is added to a box: thumbnails in rows, and what they are in words."""

    rows: list[list[Thumbnail]]
    words: list[str]


class Tensors:
    """Of a graph that was read, with the numbers that its ``diagnosis`` knows. Raises ValueError where ``as_image`` does not fit."""

    def __init__(self, reading: Reading, style: Style, diagnosis: Diagnosis) -> None:
        self.diagnosis, self.everything = diagnosis, style.show_tensors
        self.images: dict[Node, tuple[int, int]] = {}
        named: dict[str, list[Node]] = {}
        for n in reading.nodes:
            if shape_of(n) and reading.name(n):
                named.setdefault(reading.name(n), []).append(n)
        for name, image in (style.as_image or {}).items():
            if name not in named:
                known = ", ".join(map(repr, [*named][:8])) + ", …" * (len(named) > 8)
                raise ValueError(f"as_image: no tensor of this graph is called {name!r}" + (f"; there are {known}" if known else ""))
            for n in named[name]:
                _check(name, shape_of(n), image)
                self.images[n] = image

    def of(self, n: Node, value: bool = True, gradient: bool = True) -> Insets:
        """What is seen of ``n`` in its box: its ``value`` and its ``gradient``, as far as they are known."""
        if not shape_of(n) or not (self.everything or n in self.images):
            return Insets([], [])
        kind = "gradient" if n in self.diagnosis.reading.backward else "value"  # one that was recorded is a gradient itself
        raws = [(self.diagnosis.raw(n), kind)] * value + [(self.diagnosis.gradients.get(n), "gradient")] * gradient
        found = [thumbnails(raw, kind, self.images.get(n)) for raw, kind in raws if raw is not None]
        made = [tiles for tiles, _ in found if tiles]
        if sum(map(len, made)) <= 2:  # a value, and its gradient beside it
            rows = [list(chain.from_iterable(made))] if made else []
        else:
            rows = [tiles[i : i + ABREAST] for tiles in made for i in range(0, len(tiles), ABREAST)]
        return Insets(rows, [words for _, words in found if words])

    def named(self, members: Iterable[Node]) -> list[Node]:
        """Those that are asked for by name."""
        return [n for n in members if n in self.images]

    def module(self, members: list[Node], parameters: list[Node], value: bool, gradient: bool) -> Insets:
        """What is seen in the box of a module: those of its ``members`` that are asked for by name or, where none is, the first of its
        largest ``parameters``."""
        shown = self.named(members) or sorted(parameters, key=lambda n: -math.prod(shape_of(n)))[:1]
        found = Insets([], [])
        for n in shown:
            rows, words = self.of(n, value, gradient)
            name = clean(self.diagnosis.reading.name(n), 200) or "its largest parameter"
            found = Insets(found.rows + rows, [*found.words, *(f"{name}, {line}" for line in words)])
        return found


def _check(name: str, sizes: tuple[int, ...], image: tuple[int, int]) -> None:
    """Is the tensor, or what stands along its first dimensions, as large as the image?"""
    entries = list(accumulate(reversed(sizes), mul))
    if math.prod(image) not in entries:
        ways = " or ".join(f"{n:,}" for n in dict.fromkeys(entries))
        raise ValueError(
            f"as_image: {name!r} is {shape(sizes)}, of which an image has {ways} entries; {shape(image)} has {math.prod(image):,}"
        )
