"""Lines over epochs or over any other axis."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

import nn
from .frame import GREY, WIDE, cues, named, new_figure, plain, plain_numbers, saved

__all__ = ["learning_curves", "lines", "loss_curves"]


def learning_curves(
    path: Path, runs: Mapping[str, tuple[Sequence[float], Sequence[float]]], title: str, what: str, level: tuple[str, float] | None = None
) -> Path:
    """Trainings to compare: ``runs`` = {name: (loss in nats, accuracy in %)} after 1, 2, ... epochs, of which there may be more in one.

    ``what`` says of what the accuracies are, ``level`` = (name, accuracy in %) is a line to compare them with. The axis of losses is
    logarithmic where they span more than a factor of 10.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     learning_curves(Path(out) / "runs.png", {"a": ([2.3, 0.9], [12.0, 80.0]), "b": ([1.0], [75.0])}, "Two runs", "digits").name
    'runs.png'
    """
    figure = new_figure(title, WIDE, 6)
    left, right = figure.subplots(2, sharex=True)
    for i, (name, run) in enumerate(runs.items()):
        for axes, numbers in zip((left, right), run):
            axes.plot(
                range(1, len(numbers) + 1),
                numbers,
                **cues(i),
                label=name,
            )
    if level is not None:
        name, height = level
        right.axhline(height, color=GREY, linestyle=":", linewidth=2, label=f"{name}, {height:.1f} %")
    losses = [loss for numbers, _ in runs.values() for loss in numbers]
    left.set(ylabel="training loss\n(cross-entropy, nats)", yscale="log" if 0 < 10 * min(losses) < max(losses) else "linear")
    right.set(ylabel=textwrap.fill(f"accuracy on {what} (%)", 28))
    for axes in (left, right):
        plain(axes)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set(xlabel="epoch", xlim=(0, None))
    named(figure, *right.get_legend_handles_labels())
    return saved(figure, path)


def lines(
    path: Path,
    panels: Mapping[str, Mapping[str, Any]],
    title: str,
    xlabel: str,
    *,
    x: Sequence[float] | np.ndarray | None = None,
    xscale: str = "linear",
    yscale: str = "linear",
    ylim: tuple[float, float] | None = None,
    errors: Mapping[str, Sequence[float]] | None = None,
    points: Collection[str] = (),
    columns: int = 1,
) -> Path:
    """Curves over any axis: ``panels`` = {what the y-axis says: {name: numbers}}, one under the other.

    In more ``columns`` they are small, fill row after row, and those in a row share their y-axis. A series named "" stands in no
    legend; panels of the same names have one in common. The numbers are those at ``x``, 1, 2, ... unless told, of which a shorter
    series has the first; a pair of arrays (x, y) has places of its own. Numbers (k, n) are those of k runs: thin lines around their
    mean. ``errors`` has the half-lengths of error bars by name, ``points`` names what is drawn as dots without a line. NaN and inf
    leave gaps. An axis of whole numbers has its ticks at some of them, and ``xscale="symlog"`` is linear up to the smallest number
    above 0.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     lines(Path(out) / "squares.png", {"y": {"x²": [0, 1, 4], "some": ([0.5, 1.5], [0, 2])}}, "Squares", "x", x=[0, 1, 2]).name
    'squares.png'
    """
    places: list[np.ndarray] = []
    alike = len({tuple(series) for series in panels.values()}) == 1
    rows = -(-len(panels) // columns)
    width, height = (WIDE, 2.9) if columns == 1 else (max(WIDE, 1.6 * columns), 2.1)
    height += 0.24 * max(0, max(map(len, panels.values()), default=0) - 5)  # a long legend takes no room from the curves
    figure = new_figure(title, width, 0.6 + height * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey="row" if columns > 1 else False, squeeze=False)
    for axes, (ylabel, series) in zip(grid.flat, panels.items()):
        for i, (name, numbers) in enumerate(series.items()):
            own = isinstance(numbers, tuple)
            y = np.array(numbers[1] if own else numbers, dtype=np.float64)
            at = np.array(numbers[0] if own else range(1, y.shape[-1] + 1) if x is None else x[: y.shape[-1]], dtype=np.float64)
            y[~np.isfinite(y)] = np.nan
            if y.ndim == 2:
                axes.plot(at, y.T, color=cues(i)["color"], linewidth=0.6, alpha=0.5)
                y = y.mean(0)
            places.append(at)
            few = len(y) <= 40 and not (len(y) == 2 and np.isfinite(y).all())  # two points are a line without marks
            look = cues(i)
            if name in points:
                look["linestyle"] = ""
            elif not few:
                look["marker"] = ""
            axes.errorbar(at, y, yerr=(errors or {}).get(name), **look, capsize=3, label=name)
        axes.set(ylabel=ylabel, xscale=xscale, yscale=yscale)
        if ylim is not None:  # an axis that is told, be it None, grows no more
            axes.set(ylim=ylim)
        if yscale == "log":
            plain_numbers(axes.yaxis)
        plain(axes)
    for axes, series in zip(grid.flat, panels.values()):
        if any(series) and not alike:
            named(axes, *axes.get_legend_handles_labels())
    if alike and any(series):
        named(figure, *grid[0, 0].get_legend_handles_labels())
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes in grid.flat[max(0, len(panels) - columns) : len(panels)]:  # the lowest of each column
        axes.set(xlabel=xlabel)
        axes.tick_params(labelbottom=True)
    everywhere = np.concatenate([[], *places])
    if xscale == "symlog":
        least = min(everywhere[everywhere > 0], default=1)
        axes.set_xscale("symlog", linthresh=least)
        if (everywhere >= 0).all():
            axes.set_xlim(left=-least / 3)
    elif xscale == "linear":
        whole = bool((everywhere == np.round(everywhere)).all())
        if whole or columns > 1:  # small ones have room for a few numbers
            axes.xaxis.set_major_locator(MaxNLocator("auto" if columns == 1 else 3, integer=whole))
    return saved(figure, path)


def loss_curves(path: Path, series: Mapping[str, Sequence[float]], title: str, ylabel: str = "loss") -> Path:
    """Named series of one number for each epoch, the first being 1; they may differ in length.

    What `nn.fit` returns gets one panel for each measure, training and validation together; any other mapping one panel.
    The y-axis, ``ylabel`` with its unit, is logarithmic where all numbers of the panel are positive and span more than a
    factor of 10. NaN and inf leave gaps, and the legend, which stands in the order of the last numbers, counts them.

    Raises TypeError for what is no mapping, ValueError where there is no series or an empty one.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     loss_curves(Path(out) / "loss.png", {"train": [1.0, 0.1, 0.05], "valid": [1.1, 0.3, 0.4]}, "A first run").name
    'loss.png'
    """
    if not isinstance(series, Mapping):
        raise TypeError(f"loss_curves draws series by name, such as {{'train': [0.5, 0.3]}}, got {type(series).__name__}")
    empty = [name for name, numbers in series.items() if len(numbers) == 0]
    if empty or not series:
        raise ValueError(f"loss_curves needs at least one epoch of each series, got {f'none of {empty}' if empty else 'no series'}")
    panels: dict[str, dict[str, Sequence[float]]] = {}
    for name, numbers in series.items():
        if isinstance(series, nn.History):
            measure = name.removeprefix("valid_")
            label = ylabel if measure == "loss" else measure
            panels.setdefault(label, {})["training" if name == measure else "validation"] = numbers
        else:
            panels.setdefault(ylabel, {})[name] = numbers
    figure = new_figure(title, WIDE, 0.6 + 2.9 * len(panels))
    for axes, (label, curves) in zip(figure.subplots(len(panels), sharex=True, squeeze=False).flat, panels.items()):
        _curves(axes, curves)
        axes.set(ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
        plain(axes)
    epochs = max(len(numbers) for numbers in series.values())
    margin = 0.04 * (epochs - 1) or 0.5
    axes.set(xlabel="epoch", xlim=(1 - margin, epochs + margin))  # also where the last numbers are not finite
    return saved(figure, path)


def _curves(axes: Axes, curves: Mapping[str, Sequence[float]]) -> None:
    last = []
    for i, (name, numbers) in enumerate(curves.items()):
        y = np.array([float(number) for number in numbers])
        gaps = ~np.isfinite(y)
        y[gaps] = np.nan
        (line,) = axes.plot(
            range(1, len(y) + 1),
            y,
            **cues(i),
            markevery=max(1, len(y) // 20),
            label=f"{name}\n({gaps.sum()} of {len(y)} not finite)" if gaps.any() else name,
        )
        last.append((y[~gaps][-1] if not gaps.all() else -np.inf, line))
    drawn = np.concatenate([line.get_ydata() for _, line in last])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) and drawn.min() > 0 and drawn.max() > 10 * drawn.min():
        axes.set_yscale("log")
    lines = [line for _, line in sorted(last, key=lambda pair: -pair[0])]
    named(axes, lines, [str(line.get_label()) for line in lines])
