"""A function of two numbers as a map, and the ways that were taken over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm

import autograd as ag
from autograd import Tensor
from .frame import BLACK, WIDE, array, cues, named, new_figure, saved

__all__ = ["contours"]

PALE = LinearSegmentedColormap.from_list("pale", ["#fdfdf6", "#aab3c0"])  # all paths stand out from it


def contours(
    path: Path, function: Callable[[Tensor, Tensor], Any], paths: Mapping[str, Any], title: str, *, xlabel: str, ylabel: str, label: str
) -> Path:
    """Named ``paths``, arrays (n, 2) of points, over a map of ``function``, which is positive around them.

    It is called once, on two (m, m) tensors of x and y in float64, recording nothing; ``label`` says what it gives, with its unit. Levels
    stand a factor of 10 apart, five at most, from the highest down. Each path begins at a ring; its points are marked where they are few.

    Raises ValueError for no paths, for paths of other shapes, of no points or of points that are not finite, and for a function that
    is nowhere positive.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     contours(Path(out) / "bowl.png", lambda x, y: x * x + y * y, {"straight": [[2, 1], [0, 0]]}, "A bowl",
    ...              xlabel="x", ylabel="y", label="height (m)").name
    'bowl.png'
    """
    if not paths:
        raise ValueError("contours draws the map around at least one path, got none")
    walked = {name: array(points).astype(np.float64) for name, points in paths.items()}
    for name, points in walked.items():
        if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
            raise ValueError(f"contours draws paths of shape (n, 2) with n > 0 finite points, {name!r} has shape {points.shape}")
    every = np.concatenate(list(walked.values()))
    low, high = every.min(0), every.max(0)
    margin = np.where(high > low, 0.12 * (high - low), 1.0)
    across, up = (np.linspace(low[i] - margin[i], high[i] + margin[i], 300) for i in (0, 1))
    with ag.no_grad():
        height = array(function(*(ag.tensor(grid) for grid in np.meshgrid(across, up)))).astype(np.float64)
    if not (height > 0).any():
        raise ValueError("contours needs a function that is positive around the paths: its levels are powers of 10")
    lowest, highest = np.log10([height[height > 0].min(), height.max()])
    levels = 10.0 ** np.arange(max(np.floor(lowest), np.ceil(highest) - 5), np.ceil(highest) + 1)

    figure = new_figure(title, WIDE, 4.8)
    axes = figure.subplots()
    shade = axes.contourf(across, up, np.maximum(height, levels[0] / 2), levels, norm=LogNorm(), cmap=PALE, extend="min")
    axes.contour(across, up, height, levels, colors=BLACK, linewidths=0.4)
    for i, (name, points) in enumerate(walked.items()):
        look = cues(i) | {"markersize": 5} | ({} if len(points) <= 40 else {"marker": ""})
        axes.plot(
            *points.T,
            **look,
            label=name,
        )
        axes.plot(*points[0], "o", color=look["color"], fillstyle="none", markersize=12)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    figure.colorbar(shade, ax=axes, label=label)
    named(figure, *axes.get_legend_handles_labels())
    return saved(figure, path)
