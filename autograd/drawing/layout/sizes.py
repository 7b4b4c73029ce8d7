"""How large a box is, before anything draws it: so every renderer, with whatever fonts it has, gives the same picture.

Widths are those of Helvetica, as Adobe's font metrics have them; fonts that stand in for it (Arial, Liberation Sans) have the same.
"""

from __future__ import annotations

from functools import lru_cache

from autograd.drawing.scene import Box

__all__ = ["BORDER", "EM", "SPACE", "STRIP", "rows", "size", "title", "width"]

EM = 11.0  # points, of all text
SPACE = 6  # between thumbnails
BORDER = 8.0  # by how much a second border makes a box larger
STRIP = 336.0, 40.0  # width and height of the strip of a scale
LINE = 13.2  # from line to line
TALL = 8.0  # a capital letter
WIDER = 1.2  # than Helvetica is DejaVu Sans, which stands in where nothing of the same widths is there
_THOUSANDTHS = {
    222: "'ijl", 260: "|", 278: " !,./:;I[\\]ft·", 333: "()-`r", 389: "*", 500: "cksvxyzJ", 556: "#$?L_0123456789abdeghnopqu",
    584: "+<=>~−×÷", 611: "FTZ", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm", 944: "W", 1015: "@", 1000: "…→",
}  # fmt: skip


class _Widths(dict[str, float]):
    """A letter that is not in the table is as wide as a digit, or as two from Hangul upwards."""

    def __missing__(self, letter: str) -> float:
        return 0.556 if letter < "\u1100" else 1.1


_WIDTHS = _Widths({letter: thousandths / 1000 for thousandths, letters in _THOUSANDTHS.items() for letter in letters})


def width(text: str, em: float = EM) -> float:
    """The width of a line in points.

    >>> round(width("tanh"), 1)
    21.4
    """
    return em * sum(map(_WIDTHS.__getitem__, text))


def rows(box: Box) -> list[tuple[int, int]]:
    """Width and height of each row of thumbnails, with the lines around them and room between."""
    return [(sum(t.width + SPACE for t in row) + SPACE, max(t.height for t in row) + SPACE + 2) for row in box.thumbnails]


def _room(across: float, beside: float) -> float:
    """For a line with so much ``beside`` it; enough to keep a wider font off the border."""
    return max(across + beside, WIDER * across + 5)


def title(text: str) -> float:
    """The room for the title of a frame, with as much at its sides as a frame has.

    >>> title(""), round(title("fc1: Linear"), 1)
    (16.0, 67.4)
    """
    return _room(width(text), 16)


def size(box: Box) -> tuple[float, float]:
    """Width and height in points, a double border included."""
    w, h = _inside("\n".join(box.label) or "·", box.round)
    if box.thumbnails:
        found = rows(box)
        w, h = max(w, *(across + 8 for across, _ in found)), h + sum(down for _, down in found)
    return (w + BORDER, h + BORDER) if box.double else (w, h)


@lru_cache(4096)  # tensors of one shape, and signs, come again and again
def _inside(text: str, round: bool) -> tuple[float, float]:
    lines = text.split("\n")
    across, down = [width(line) for line in lines], LINE * len(lines)
    widest = max(across)
    if not round:
        return max(_room(widest, 14), 22.0), max(down + 8, 22.0)
    if len(text) < 4:
        diameter = max(widest + 9, down + 6, 22.0)
        return diameter, diameter
    high = max((down - 4) / 0.64, 22.0)
    far = [2 * (abs(LINE * (i + 0.5) - down / 2) + TALL / 2) / high for i in range(len(lines))]  # the corners of each line, from the middle
    return max(widest / 0.82 + 6, *(WIDER * w / (1 - y * y) ** 0.5 + 5 for w, y in zip(across, far))), high
