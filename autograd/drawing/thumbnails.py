"""What is in a box as a picture small enough to stand in it: a bar for each of the many that it stands for.

A pixel is a point of the picture, light and dark alike, and no thumbnail takes more than 1 kB of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograd.drawing.looks import BAR, PIXELS, TINTS, WRONG, ZERO
from autograd.drawing.png import data_uri, png
from autograd.drawing.scale import Scale
from autograd.drawing.scene import Thumbnail

__all__ = ["bars"]

BELOW, ABOVE = ZERO - TINTS + 1, ZERO + TINTS - 1  # the colours of what is counted or measured by height
RISE, BARS = 24, 150  # of bars: their height, and how many at most


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
