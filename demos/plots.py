"""The pictures that stories share, so that a story can be read without knowing matplotlib.

Figures are made without pyplot: no window, no state. The colours stay apart for colour-blind eyes, and no meaning rests on
colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from autograd.drawing import render

__all__ = ["BLUE", "ORANGE", "PURPLE", "SKY", "digits_page", "graph_picture", "learning_curves"]

BLUE, ORANGE, SKY, PURPLE = "#0072B2", "#E69F00", "#56B4E9", "#A8437F"


def learning_curves(
    path: Path, losses: Sequence[float], per_epoch: int, accuracies: Sequence[float], baseline: tuple[str, float], title: str
) -> Path:
    """The loss of every minibatch with its mean per whole epoch, and beside it the accuracy (in %) after every epoch."""
    figure = Figure(figsize=(10, 4), dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.15))
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    epochs = np.arange(1, len(losses) // per_epoch + 1)
    means = np.reshape(losses[: len(epochs) * per_epoch], (-1, per_epoch)).mean(1)
    left.plot(np.arange(1, len(losses) + 1) / per_epoch, losses, color=SKY, linewidth=0.5, label="one minibatch")
    left.plot(epochs - 0.5, means, "o-", color=BLUE, markersize=4, label="mean over the epoch")
    left.set(xlabel="epoch", ylabel="training loss (cross-entropy, nats)", yscale="log" if losses else "linear")
    right.plot(range(1, len(accuracies) + 1), accuracies, "o-", color=BLUE, markersize=4, label="this network")
    name, height = baseline
    right.axhline(height, color=ORANGE, linestyle="--", label=f"{name}: {height:.1f} %")
    right.set(xlabel="epoch", ylabel="accuracy on unseen digits (%)")
    for axes in (left, right):
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(path)
    return path


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
    figure.savefig(path)
    return path


def graph_picture(graph: Any, path: Path) -> Path:
    """A graph as a picture; as its DOT text, with a word why, where this machine cannot lay it out."""
    try:
        return Path(render(graph, path))
    except (RuntimeError, TimeoutError) as error:
        path.unlink(missing_ok=True)  # an older picture would be taken for this one
        text = path.with_suffix(".gv")
        text.write_text(graph.source, encoding="utf-8")
        print(f"{text.name} instead of {path.name}: {error}")
        return text
