"""What a regression says: its guesses beside the truth, and what it makes them of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .frame import BLUE, COLOURS, MARKERS, WIDE, array, new_figure, plain, plain_numbers, saved

__all__ = ["bars", "predicted_against_true"]


def predicted_against_true(path: Path, true: Any, predicted: Mapping[str, Any], title: str, what: str = "value") -> Path:
    """A panel for each name in ``predicted``: its guesses (n,) of the ``true`` values (n,), all above 0, on logarithmic axes.

    On the line, a guess is right. Guesses that are not finite and above 0 are left out. ``what`` says what is guessed, with its unit.
    Raises ValueError for other shapes, and where nothing is true or predicted.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     predicted_against_true(Path(out) / "p.png", [100, 200], {"a line": [110, 190], "a guess": [150, 150]}, "Prices").name
    'p.png'
    """
    x, guesses = array(true), {name: array(guess) for name, guess in predicted.items()}
    if x.ndim != 1 or not len(x) or not guesses or any(y.shape != x.shape for y in guesses.values()):
        shapes = [y.shape for y in guesses.values()]
        raise ValueError(f"predicted_against_true draws n > 0 guesses by name for n true values, got {shapes} for {x.shape}")
    columns = min(2, len(guesses))
    rows = -(-len(guesses) // columns)
    figure = new_figure(title, WIDE, 0.8 + 3.1 * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    kept = {name: np.isfinite(y) & (y > 0) for name, y in guesses.items()}
    drawn = np.concatenate([x, *(y[kept[name]] for name, y in guesses.items())])
    ends = (drawn.min() / 1.2, drawn.max() * 1.2)
    for i, (axes, (name, y)) in enumerate(zip(grid.flat, guesses.items())):
        at = x[kept[name]], y[kept[name]]
        axes.plot(*at, MARKERS[i % len(MARKERS)], color=COLOURS[i % len(COLOURS)], markersize=3, alpha=0.6)
        axes.plot(ends, ends, color="black", linewidth=1)
        axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, box_aspect=1, title=name, xlabel=f"true {what}")
        axes.tick_params(labelbottom=True)  # also above a place without a panel
        plain(axes)
        plain_numbers(axes.xaxis)
        plain_numbers(axes.yaxis)
    for axes in grid[:, 0]:
        axes.set_ylabel(f"predicted {what}")
    for axes in grid.flat[len(guesses) :]:
        axes.remove()
    return saved(figure, path)


def bars(path: Path, values: Mapping[str, float], title: str, xlabel: str, ylabel: str) -> Path:
    """A bar for each name, to the right where its value is above 0 and to the left where it is below, the first on top.

    Raises ValueError where there are no values.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     bars(Path(out) / "b.png", {"area": 0.2, "age": -0.1}, "What makes a price", "weight", "feature").name
    'b.png'
    """
    if not values:
        raise ValueError("bars draws at least one value, got none")
    figure = new_figure(title, WIDE, 1 + 0.26 * len(values))
    axes = figure.subplots()
    axes.barh(list(values), list(values.values()), color=BLUE, height=0.65)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    plain(axes)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    return saved(figure, path)
