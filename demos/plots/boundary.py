"""The plane as a classifier sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

import autograd as ag
import nn
from autograd import Tensor
from .frame import BLACK, COLOURS, MARKERS, WIDE, array, dtype, named, new_figure, saved

__all__ = ["decision_boundaries", "decision_boundary"]

Classifier = Callable[[Tensor], Tensor]
SURE = {0.75: "--", 0.95: ":"}  # the probabilities that have a line


def decision_boundary(path: Path, model_or_function: Classifier, x: Any, y: Any, title: str) -> Path:
    """Points ``x`` (n, 2) of the classes ``y`` (n,) on the plane as a classifier sees it.

    It is called on (m, 2) tensors of the dtype of x and gives logits (m, k), or one score (m,) or (m, 1), the logit of the
    higher of two classes, {0, 1} or {-1, 1}. Recording is off and a module is in evaluation mode for the call. Shades are
    the softmax probability of the most probable class, and thin lines where it is 0.75 and 0.95; the boundary is a heavy line.

    Raises ValueError for other shapes, for points that are not finite, for labels that are not such classes and for more than
    7 classes, which no eye tells apart; TypeError for what cannot be called or gives no tensor.

    >>> from tempfile import TemporaryDirectory
    >>> x, y = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), ag.tensor([0, 1, 1])
    >>> with TemporaryDirectory() as out:
    ...     decision_boundary(Path(out) / "or.png", lambda x: x.sum(1) - 0.5, x, y, "OR").name
    'or.png'
    """
    return decision_boundaries(path, {"": model_or_function}, x, y, title)


def decision_boundaries(path: Path, classifiers: Mapping[str, Classifier], x: Any, y: Any, title: str) -> Path:
    """The same points as several classifiers see them, or one at several times: a panel for each, under its name.

    See `decision_boundary`. Raises ValueError also where there is no classifier, or where they know different classes.

    >>> from tempfile import TemporaryDirectory
    >>> x, y = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), ag.tensor([0, 1, 1])
    >>> gates = {"or": lambda x: x.sum(1) - 0.5, "and": lambda x: x.sum(1) - 1.5}
    >>> with TemporaryDirectory() as out:
    ...     decision_boundaries(Path(out) / "gates.png", gates, x, y, "Gates").name
    'gates.png'
    """
    for classifier in classifiers.values():
        if not callable(classifier):
            raise TypeError(f"decision_boundary needs a module or a function of (n, 2) tensors, got {type(classifier).__name__}")
    points, labels = array(x), array(y)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"decision_boundary draws points x of shape (n, 2) with n > 0, got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError(f"decision_boundary draws finite points, got NaN or inf in {(~np.isfinite(points)).any(1).sum()} of {len(points)}")
    if labels.shape not in ((len(points),), (len(points), 1)):
        raise ValueError(f"decision_boundary needs one label for each of {len(points)} points, got y of shape {labels.shape}")
    labels = labels.reshape(-1)

    low, high = points.min(0), points.max(0)
    margin = np.where(high > low, np.maximum(0.12 * (high - low), 1e-6 * np.abs(points).max(0)), 1 + np.abs(high))
    n = len(classifiers)
    side = 240 if n == 1 else 80  # of the grid on which a panel is asked
    across, up = (np.linspace(low[i] - margin[i], high[i] + margin[i], side) for i in (0, 1))
    plane = ag.tensor(np.stack(np.meshgrid(across, up), -1).reshape(-1, 2), dtype=dtype(x))
    seen = [_logits(classifier, plane, labels) for classifier in classifiers.values()]
    known = {tuple(classes) for _, classes in seen}
    if len(known) != 1:
        raise ValueError(f"decision_boundaries needs classifiers of the same classes, got {sorted(known) or 'no classifier'}")
    classes = seen[0][1]

    k = len(classes)
    columns = min(n, 2)
    rows = -(-n // columns)
    figure = new_figure(title, WIDE, 4.4 if n == 1 else 1.2 + 2.3 * rows)
    grid = figure.add_gridspec(rows, columns + 1, width_ratios=[20 / columns] * columns + [1 + k / 2])
    panels: list[Axes] = []
    for i, (name, (logits, _)) in enumerate(zip(classifiers, seen)):
        first = panels[0] if panels else None
        axes = figure.add_subplot(grid[divmod(i, columns)], sharex=first, sharey=first, title=name)
        axes.set(xlabel="$x_1$" * (i + columns >= n), ylabel="$x_2$" * (i % columns == 0))
        axes.tick_params(labelbottom=i + columns >= n, labelleft=i % columns == 0)
        _paint(axes, across, up, logits.reshape(len(up), len(across), k), points, labels, classes)
        panels.append(axes)
    named(figure, *panels[0].get_legend_handles_labels(), handlelength=1)

    bar = figure.add_subplot(grid[:, -1])
    shades = _shades(np.arange(k), np.linspace(1 / k, 1, 100)[:, None], k)
    bar.imshow(shades, extent=(-0.5, k - 0.5, 1 / k, 1), origin="lower", aspect="auto")
    for level, style in SURE.items():
        bar.axhline(level, color=BLACK, linewidth=1, linestyle=style)
    bar.set(xticks=range(k), xticklabels=map(str, classes), xlabel="predicted\nclass", ylabel="probability of the predicted class")
    bar.yaxis.tick_right()
    bar.yaxis.set_label_position("right")
    return saved(figure, path)


def _paint(
    axes: Axes, across: np.ndarray, up: np.ndarray, logits: np.ndarray, points: np.ndarray, labels: np.ndarray, classes: list[int]
) -> None:
    """One panel: the plane in shades of the ``classes`` by ``logits`` (up, across, k), its lines, and the points on it."""
    k = len(classes)
    unclear = ~np.isfinite(logits).all(-1)
    logits[unclear] = np.nan
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    sure = odds.max(-1) / odds.sum(-1)
    extent = (across[0], across[-1], up[0], up[-1])
    axes.imshow(_shades(logits.argmax(-1), sure, k), extent=extent, origin="lower", aspect="auto", interpolation="none")
    for c in range(k - 1):  # the last class borders on these
        lead = logits[..., c] - np.delete(logits, c, -1).max(-1)
        axes.contour(across, up, np.ma.masked_invalid(lead), levels=[0], linewidths=2.5, colors=BLACK)
    for level, style in SURE.items():
        axes.contour(across, up, np.ma.masked_invalid(sure), levels=[level], linewidths=1, colors=BLACK, linestyles=style)
    for c, name in enumerate(classes):
        own = labels == name
        axes.plot(*points[own].T, MARKERS[c], color=COLOURS[c], markeredgecolor=BLACK, markersize=5, linestyle="", label=f"class {name}")
    axes.set(xlim=extent[:2], ylim=extent[2:])
    if unclear.any():
        axes.set_xlabel(f"$x_1$        white: no finite output, {100 * unclear.mean():.3g} % of the plane")


def _logits(classifier: Classifier, x: Tensor, labels: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """What the classifier says of each row of x as logits (n, k) in float64, and the k classes that they stand for."""
    modes = [(m, m.training) for m in classifier.modules()] if isinstance(classifier, nn.Module) else []
    try:
        if isinstance(classifier, nn.Module):
            classifier.eval()
        with ag.no_grad():
            output = classifier(x)
    finally:
        for module, mode in modes:
            module.training = mode
    if not isinstance(output, Tensor):
        raise TypeError(f"the classifier must return a Tensor, got {type(output).__name__}")
    logits = array(output).astype(np.float64)
    if logits.ndim not in (1, 2) or len(logits) != len(x) or not logits.size:
        raise ValueError(f"for {len(x)} points the classifier must give logits ({len(x)}, k) or scores ({len(x)},), got {logits.shape}")
    logits = logits.reshape(len(x), -1)
    score = logits.shape[1] == 1
    classes = [-1, 1] if score and (labels == -1).any() else list(range(2 if score else logits.shape[1]))
    if not np.isin(labels, classes).all():
        kind = "one score for the classes 0 and 1, or -1 and 1" if score else f"logits of the classes 0 to {len(classes) - 1}"
        raise ValueError(f"the classifier gives {kind}, but y has {', '.join(map(str, np.unique(labels)[:8]))}")
    if len(classes) > len(COLOURS):
        raise ValueError(f"at most {len(COLOURS)} classes can be told apart in one picture, the classifier gives {len(classes)}")
    return (np.hstack([np.zeros_like(logits), logits]) if score else logits), classes


def _shades(best: np.ndarray, sure: np.ndarray, k: int) -> np.ndarray:
    """The colour of class ``best``, paler the less probable it is; white where that is not known."""
    colours = np.array([to_rgb(colour) for colour in COLOURS[:k]])[best]
    strength = 0.05 + 0.6 * (sure - 1 / k) / (1 - 1 / k)
    return 1 - (1 - colours) * np.nan_to_num(strength)[..., None]
