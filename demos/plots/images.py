"""Arrays that the eye reads as images: weights, digits."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from demos.plots.frame import BLUE, GREY, ORANGE, PURPLE, WHITE, array, new_figure, saved

__all__ = ["digits_page", "weight_images"]


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
    cmap = LinearSegmentedColormap.from_list("weights", ["#003A5C", BLUE, "white", ORANGE, "#7A3A00"]).with_extremes(bad=GREY)

    inch = min(6.7 / columns / (1.08 * width), 3 / height)  # of one pixel
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


def digits_page(path: Path, images: np.ndarray, truth: np.ndarray, read: np.ndarray, rows: int = 6, columns: int = 10) -> Path:
    """A page of images with what was read in them: first the misread ones, framed and marked ✗, then others."""
    wrong = truth != read
    shown = np.argsort(~wrong, kind="stable")[: rows * columns]
    figure = Figure(figsize=(columns, 1.25 * rows + 0.6), dpi=120, layout="constrained")
    figure.suptitle(f"What the network read in {len(shown)} unseen digits. ✗ and a frame: misread, {wrong.sum()} of all {len(truth)}")
    for axes in figure.subplots(rows, columns).flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for axes, i in zip(figure.axes, shown):
        axes.imshow(images[i], cmap="gray_r", vmin=0)
        if wrong[i]:
            axes.spines[:].set(visible=True, color=PURPLE, linewidth=3)
            axes.set_xlabel(f"✗ {read[i]}, is {truth[i]}", color=PURPLE, weight="bold")
        else:
            axes.set_xlabel(str(read[i]))
    return saved(figure, path)
