"""Arrays that the eye reads as images: weights, and pictures of things."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from .frame import GREY, PURPLE, SIGNED, WHITE, array, new_figure, saved

__all__ = ["weight_images", "worst_read"]


def weight_images(path: Path, weight: Any, shape: tuple[int, int], title: str) -> Path:
    """The rows of a weight matrix (units, pixels), such as that of a first layer, each as an image of (height, width) pixels.

    All share one scale, symmetric about 0, which is white. Where a pixel is at least 3 points wide, dashes mark the clearly
    negative weights, those beyond a quarter of the scale. NaN and inf are grey and counted.

    Raises ValueError where the weight has no units, is no matrix, or its rows do not have height * width entries.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     weight_images(Path(out) / "w.png", np.eye(10, 64), (8, 8), "One pixel each").name
    'w.png'
    """
    weights = array(weight)
    if len(shape) != 2 or weights.ndim != 2 or not weights.size or weights.shape[1] != math.prod(shape):
        raise ValueError(f"weight_images draws a weight (units, pixels) with images of shape {tuple(shape)}, got {weights.shape}")
    (units, _), (height, width) = weights.shape, shape
    columns = min(units, max(5, min(16, math.ceil(math.sqrt(2 * units)))))
    lost = (~np.isfinite(weights)).sum()
    most = np.abs(weights[np.isfinite(weights)]).max(initial=0) or 1.0
    cmap = SIGNED.with_extremes(bad=GREY)

    inch = min(4.7 / columns / (1.08 * width), 3 / height)  # of one pixel
    across, down = 1.08 * width, height + 0.2 / inch  # from image to image, in pixels
    rows = math.ceil(units / columns)
    dashes = 72 * inch > 3
    figure = new_figure(title, max(5.5, columns * across * inch + 1.3), max(2, rows * down * inch + 0.8))
    axes = figure.subplots()
    for i, row in enumerate(weights.reshape(units, height, width)):
        left, top = i % columns * across, i // columns * down
        image = axes.imshow(row, cmap=cmap, vmin=-most, vmax=most, extent=(left, left + width, top + height, top))
        axes.add_patch(Rectangle((left, top), width, height, fill=False, linewidth=0.5))
        axes.text(left + width / 2, top, str(i), ha="center", va="bottom", fontsize=8)
        if dashes:
            y, x = np.nonzero(row < -most / 4)
            axes.plot(left + x + 0.5, top + y + 0.5, "_", color=WHITE, markersize=24 * inch, markeredgewidth=max(0.6, 4 * inch))
    axes.set(xlim=(-0.02 * width, columns * across), ylim=(rows * down, -0.2 / inch))
    axes.set_axis_off()
    figure.colorbar(image, ax=axes, label="weight", aspect=5 * figure.get_figheight(), pad=0.02)
    note = "number: the unit" + f"; dash: a weight below −{most / 4:.2g}" * dashes
    figure.supxlabel(note + f"; grey: {lost:,} of {weights.size:,} not finite" * bool(lost), fontsize=9)
    return saved(figure, path)


def worst_read(
    path: Path, images: Any, truth: Any, probabilities: Any, names: Sequence[str], title: str, rows: int = 4, columns: int = 5
) -> Path:
    """What a classifier reads worst: images (n, height, width) with what it took each for, how sure it was, and what it is.

    ``truth`` is (n,), ``probabilities`` (n, classes), ``names`` has a name for each class. The misread come first, by how improbable
    the truth was held (the highest loss), with a frame and a mark; room that is left goes to what was nearly misread.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     worst_read(Path(out) / "w.png", np.eye(4).reshape(2, 2, 4), [0, 1], [[0.2, 0.8], [0.3, 0.7]], ["one", "two"], "Two").name
    'w.png'
    """
    images, truth, probabilities = array(images), array(truth), array(probabilities)
    held = probabilities[np.arange(len(truth)), truth]
    read = probabilities.argmax(1)
    wrong = truth != read
    shown = np.lexsort((held, ~wrong))[: rows * columns]
    columns, rows = min(columns, len(shown)), math.ceil(len(shown) / columns)
    title += f" ✗ and a frame: misread, {wrong.sum():,} of {len(truth):,}"
    figure = new_figure(title, max(4, 1.2 * columns + 0.3), 1.45 * rows + 0.5)
    axes = figure.subplots()
    for place, i in enumerate(shown):
        down, across = divmod(place, columns)
        axes.imshow(images[i], cmap="gray_r", vmin=0, extent=(across + 0.1, across + 0.9, 1.2 * down + 0.8, 1.2 * down))
        said = f"{names[read[i]]}, {100 * probabilities[i, read[i]]:.0f} %\nis {names[truth[i]]}"
        if wrong[i]:
            axes.add_patch(Rectangle((across + 0.1, 1.2 * down), 0.8, 0.8, fill=False, linewidth=3, edgecolor=PURPLE))
        axes.text(across + 0.5, 1.2 * down + 0.84, "✗ " * bool(wrong[i]) + said, ha="center", va="top", fontsize=8)
    axes.set(xlim=(0, columns), ylim=(1.2 * rows, -0.05))
    axes.set_axis_off()
    return saved(figure, path)
