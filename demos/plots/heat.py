"""A table of numbers as colours, with the numbers in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm, TwoSlopeNorm

from .frame import BLACK, GREY, SIGNED, WHITE, array, new_figure, saved

__all__ = ["heat_map"]


def heat_map(
    path: Path,
    numbers: Any,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    label: str,
    *,
    xlabel: str,
    ylabel: str,
    log: bool = False,
    signed: bool = False,
    write: Callable[[float], str] | None = "{:.2g}".format,
) -> Path:
    """A table (rows, columns) as colours; ``label`` says what the colours are, with their unit.

    ``log``: by orders of magnitude, of which 0 has none; ``signed``: colours of two kinds meet in white, at 0, or with ``log`` at 1.
    ``write`` makes the text in each cell; None leaves it empty, and the cells small. NaN and inf are grey, and written.

    Raises ValueError where the table is not of as many rows and columns as there are names.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     heat_map(Path(out) / "h.png", [[1.0, 2.0]], ["a"], ["b", "c"], "A table", "height (m)", xlabel="x", ylabel="y").name
    'h.png'
    """
    table = array(numbers).astype(np.float64)
    if table.shape != (len(rows), len(columns)):
        raise ValueError(f"heat_map got {len(rows)} names of rows and {len(columns)} of columns for a table of shape {table.shape}")
    known = np.isfinite(table) & ((table > 0) if log else True)
    norm: Any = None
    if signed and log:
        most = np.exp(np.abs(np.log(table[known])).max(initial=1e-6))
        norm = LogNorm(1 / most, most)
    elif signed:
        most = np.abs(table[known]).max(initial=1e-300)
        norm = TwoSlopeNorm(0, -most, most)
    elif log:
        norm = LogNorm(table[known].min(), table[known].max()) if known.any() else None
    wide, high = (0.35, 0.25) if write is None else (0.8, 0.45)  # inches
    figure = new_figure(title, max(6, 2.4 + wide * len(columns)), max(2.5, 1.2 + high * len(rows)))
    axes = figure.subplots()
    cmap = (SIGNED if signed else colormaps["cividis"]).with_extremes(bad=GREY)
    shown = np.where(known, table, np.nan)
    image = axes.imshow(shown, cmap=cmap, norm=norm, aspect="auto")
    axes.set(xticks=range(len(columns)), yticks=range(len(rows)), xlabel=xlabel, ylabel=ylabel)
    axes.set_xticklabels(columns)
    axes.set_yticklabels(rows)
    if write is not None:
        for (i, j), number in np.ndenumerate(table):
            red, green, blue, _ = image.to_rgba(shown[i, j])
            bright = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
            axes.text(j, i, write(float(number)).replace("-", "−"), ha="center", va="center", fontsize=8, color=BLACK if bright else WHITE)
    figure.colorbar(image, ax=axes, label=label)
    return saved(figure, path)
