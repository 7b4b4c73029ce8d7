"""What is in a tensor, as a picture small enough to stand in its box: a heat map, a strip, a histogram, or a bar for each of many.

Purple is above 0, orange below, nearly white is 0, red is what is not finite, and the largest magnitude has the full colour: in a light
picture and in a dark one alike. A pixel is a point of the picture, and no thumbnail takes more than 1 kB of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.drawing.looks import BAR, PIXELS, TINTS, WRONG, ZERO
from autograd.drawing.png import data_uri, png
from autograd.drawing.scale import Scale
from autograd.drawing.scene import Thumbnail
from autograd.drawing.statistics import short
from autograd.program.words import shape

__all__ = ["TILES", "bars", "thumbnails", "tints"]

LONGEST = 64  # a longer side is a histogram
ENTRIES, SIDE = 1024, 32  # more of them are shown in blocks, so many a side: what fits into 1 kB whatever the numbers
POINTS, CELL, SLIM = 56, 8, 12  # a side is about as long, an entry at most as large, a picture at least as wide
BINS, TALL = 12, 16  # of a histogram, on either side of 0; its height, and a bin is as wide as two pixels
BELOW, ABOVE = ZERO - TINTS + 1, ZERO + TINTS - 1  # the colours of what is counted or measured by height
TILES = 8  # of the images that the rows of a weight are
RISE, BARS = 24, 150  # of bars: their height, and how many at most


def tints(x: np.ndarray, largest: float) -> np.ndarray:
    """The colour of each entry: as many steps from that of 0 as it is, in fifths, of the ``largest`` magnitude.

    >>> tints(np.array([-2.0, 0.3, 2.0, np.nan]), 2.0) - ZERO
    array([-5,  1,  5, -6])
    """
    finite = np.isfinite(x)
    return np.where(finite, ZERO + _steps(np.where(finite, x, 0), largest, TINTS), WRONG)


def _steps(x: np.ndarray, largest: float, count: int) -> np.ndarray:
    """Each of the numbers in whole parts of the ``largest``, of which that has ``count``."""
    with np.errstate(all="ignore"):
        return np.rint(count * (x / (largest or 1.0))).astype(np.int64)


def thumbnails(raw: Any, kind: str, image: tuple[int, int] | None = None) -> tuple[list[Thumbnail], str]:
    """A picture of an array as a value or a gradient, and what it is in words; none of a number, and of nothing. Complex entries are
    seen by their magnitude.

    A matrix is a heat map, a vector a strip, and where a side is above 64 there is a histogram. Of more dimensions the matrix of the last
    two is shown that comes first. More than 1024 entries stand in blocks, each as its entry of largest magnitude. As an ``image`` of that
    height and width, each row is one, up to 8 of them, or all of it is.

    >>> thumbnails(np.ones((2, 3)), "value")[1]
    'picture of the value: 2×3, from 1 to 1'
    """
    x = np.asarray(raw)
    if not x.ndim or not x.size:
        return [], ""
    with np.errstate(all="ignore"):
        x = (np.abs(x) if x.dtype.kind == "c" else x).astype(np.float64)
    parts, what, counted = [x], shape(x.shape), image is None and max(x.shape[-2:]) > LONGEST
    if image:
        parts = list(x.reshape(-1, *image)[:TILES])
        what += f" as images of {shape(image)}" + f", the first {TILES}" * (x.size > TILES * image[0] * image[1])
    elif counted:
        what += " as a histogram"
    elif x.ndim > 2:
        parts = [x.reshape(-1, *x.shape[-2:])[0]]
        what += f", its first {shape(x.shape[-2:])}"
    shown = np.concatenate([part.reshape(-1) for part in parts])
    finite = shown[np.isfinite(shown)]
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    largest = max(-least, most)
    said = [what, f"from {short(least)} to {short(most)}"] if finite.size else [what]
    said += [f"{shown.size - finite.size:,} not finite"] * (finite.size < shown.size)
    made = [_histogram(x, largest)] if counted else [_heat(np.atleast_2d(part), largest, square=image is not None) for part in parts]
    return [_thumbnail(pixels, kind) for pixels in made], f"picture of the {kind}: {', '.join(said)}"


def bars(numbers: Sequence[float | None], scale: Scale) -> Thumbnail:
    """A bar for each of the ``numbers`` as high as its place on the scale, red for what is not finite; none for None and, on a scale of
    logarithms, for 0. Of very many, each bar is the one of several that is the farthest from the middle of the scale."""
    step = -(-len(numbers) // BARS)
    groups = [numbers[i : i + step] for i in range(0, len(numbers), step)]
    wide = max(1, min(6, BARS // len(groups)))
    pixels = np.full((RISE, wide * len(groups)), ZERO)
    pixels[RISE // 2, ::2] = BAR
    for i, group in enumerate(groups):
        known = [x for x in group if x is not None]
        x = max(known, key=lambda x: abs(scale.place(x) - 0.5) if math.isfinite(x) else 1.0, default=None)
        if x is None or (scale.log and x == 0):
            continue
        finite = math.isfinite(x)
        high = 1 + round((RISE - 1) * scale.place(x)) if finite else RISE
        tint = round(TINTS * scale.tone(x)) if finite else 0
        colour = WRONG if not finite else ABOVE if tint > 1 else BELOW if tint < -1 else BAR
        pixels[RISE - high :, i * wide : (i + 1) * wide - (wide > 1)] = colour
    return _thumbnail(pixels, "rounds")


def _thumbnail(pixels: np.ndarray, kind: str) -> Thumbnail:
    height, width = pixels.shape
    return Thumbnail(data_uri(png(pixels, PIXELS)), width, height, kind)


def _heat(x: np.ndarray, largest: float, square: bool) -> np.ndarray:
    """A matrix, an entry as large as it may be; not ``square`` where a side would be too short to be seen."""
    cells = tints(_blocks(x), largest)
    unit = max(1, min(CELL, POINTS // max(cells.shape)))
    down, across = (unit if square else max(unit, -(-SLIM // side)) for side in cells.shape)
    return cells.repeat(down, 0).repeat(across, 1)


def _blocks(x: np.ndarray) -> np.ndarray:
    """Where there are too many entries, those of largest magnitude in each block, before all what is not finite."""
    if x.size <= ENTRIES and max(x.shape) <= LONGEST:
        return x
    down, across = (-(-side // SIDE) for side in x.shape)
    padded = np.pad(x, [(0, -x.shape[0] % down), (0, -x.shape[1] % across)])
    rows, columns = padded.shape[0] // down, padded.shape[1] // across
    blocks = padded.reshape(rows, down, columns, across).swapaxes(1, 2).reshape(rows, columns, -1)
    first = np.where(np.isfinite(blocks), np.abs(blocks), np.inf).argmax(-1)
    return np.take_along_axis(blocks, first[..., None], -1)[..., 0]


def _histogram(x: np.ndarray, largest: float) -> np.ndarray:
    """How many entries are how large, 0 in the middle; in red beside it, how many are not finite."""
    finite = x[np.isfinite(x)]
    counts = np.bincount(BINS + _steps(finite, largest, BINS), minlength=2 * BINS + 1)
    colours = [BELOW] * BINS + [BAR] + [ABOVE] * BINS
    if finite.size < x.size:
        counts, colours = np.append(counts, [0, x.size - finite.size]), [*colours, ZERO, WRONG]
    heights = -(-TALL * counts // counts.max())
    cells = np.where(np.arange(TALL, 0, -1)[:, None] <= heights, np.array(colours), ZERO)
    return cells.repeat(2, 0).repeat(2, 1)
