"""The pictures that stories share, so that a story can be read without knowing matplotlib.

Figures are made without pyplot: no window, no state. The colours stay apart for colour-blind eyes, and no meaning rests on
colour alone: classes also differ by marker, curves by line style, negative weights by a dash.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

import autograd as ag
import nn
from autograd import Tensor
from autograd.drawing import graph_player, render

__all__ = [
    "BLUE", "GREEN", "GREY", "ORANGE", "PURPLE", "SKY", "VERMILION", "activation_histograms", "decision_boundary", "digits_page",
    "gradient_histograms", "graph_film", "graph_picture", "learning_curves", "loss_curves", "weight_images",
]  # fmt: skip

BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY = "#0072B2", "#E69F00", "#009E73", "#A8437F", "#D55E00", "#56B4E9", "#7A818C"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY)
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))


def learning_curves(
    path: Path, losses: Sequence[float], per_epoch: int, accuracies: Sequence[float], baseline: tuple[str, float], title: str
) -> Path:
    """The loss of every minibatch with its mean per whole epoch, and beside it the accuracy (in %) after every epoch."""
    figure = _figure(title, 10, 4)
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
        _plain(axes)
        axes.set_xlim(left=0)
        axes.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return _saved(figure, path)


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
    figure = _figure(title, 8, 0.6 + 3.4 * len(panels))
    for axes, (label, curves) in zip(figure.subplots(len(panels), sharex=True, squeeze=False).flat, panels.items()):
        _curves(axes, curves)
        axes.set(ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
        _plain(axes)
    epochs = max(len(numbers) for numbers in series.values())
    margin = 0.04 * (epochs - 1) or 0.5
    axes.set(xlabel="epoch", xlim=(1 - margin, epochs + margin))  # also where the last numbers are not finite
    return _saved(figure, path)


def _curves(axes: Axes, curves: Mapping[str, Sequence[float]]) -> None:
    last = []
    for i, (name, numbers) in enumerate(curves.items()):
        y = np.array([float(number) for number in numbers])
        gaps = ~np.isfinite(y)
        y[gaps] = np.nan
        (line,) = axes.plot(
            range(1, len(y) + 1),
            y,
            color=COLOURS[i % len(COLOURS)],
            linestyle=LINES[i % len(LINES)],
            marker=MARKERS[i % len(MARKERS)],
            markersize=4,
            markevery=max(1, len(y) // 20),
            label=f"{name}\n({gaps.sum()} of {len(y)} not finite)" if gaps.any() else name,
        )
        last.append((y[~gaps][-1] if not gaps.all() else -np.inf, line))
    drawn = np.concatenate([line.get_ydata() for _, line in last])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) and drawn.min() > 0 and drawn.max() > 10 * drawn.min():
        axes.set_yscale("log")
    lines = [line for _, line in sorted(last, key=lambda pair: -pair[0])]
    axes.legend(handles=lines, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), handlelength=3.5)


def decision_boundary(path: Path, model_or_function: Callable[[Tensor], Tensor], x: Any, y: Any, title: str) -> Path:
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
    if not callable(model_or_function):
        raise TypeError(f"decision_boundary needs a module or a function of (n, 2) tensors, got {type(model_or_function).__name__}")
    points, labels = _array(x), _array(y)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"decision_boundary draws points x of shape (n, 2) with n > 0, got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError(f"decision_boundary draws finite points, got NaN or inf in {(~np.isfinite(points)).any(1).sum()} of {len(points)}")
    if labels.shape not in ((len(points),), (len(points), 1)):
        raise ValueError(f"decision_boundary needs one label for each of {len(points)} points, got y of shape {labels.shape}")
    labels = labels.reshape(-1)

    low, high = points.min(0), points.max(0)
    margin = np.where(high > low, np.maximum(0.12 * (high - low), 1e-6 * np.abs(points).max(0)), 1 + np.abs(high))
    across, up = (np.linspace(low[i] - margin[i], high[i] + margin[i], 240) for i in (0, 1))
    plane = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    logits, classes = _logits(model_or_function, ag.tensor(plane, dtype=_dtype(x)), labels)
    k = len(classes)
    logits = logits.reshape(len(up), len(across), k)
    unclear = ~np.isfinite(logits).all(-1)
    logits[unclear] = np.nan
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    sure = odds.max(-1) / odds.sum(-1)

    figure = _figure(title, 8, 5.6)
    axes, bar = figure.subplots(1, 2, width_ratios=[20, 1 + k / 2])
    extent = (across[0], across[-1], up[0], up[-1])
    axes.imshow(_shades(logits.argmax(-1), sure, k), extent=extent, origin="lower", aspect="auto")
    for c in range(k - 1):  # the last class borders on these
        lead = logits[..., c] - np.delete(logits, c, -1).max(-1)
        axes.contour(across, up, np.ma.masked_invalid(lead), levels=[0], linewidths=2.5, colors="black")
    for level, style in ((0.75, "--"), (0.95, ":")):
        axes.contour(across, up, np.ma.masked_invalid(sure), levels=[level], linewidths=1, colors="black", linestyles=style)
        bar.axhline(level, color="black", linewidth=1, linestyle=style)
    for c, name in enumerate(classes):
        own = labels == name
        axes.plot(*points[own].T, MARKERS[c], color=COLOURS[c], markeredgecolor="black", markersize=5, linestyle="", label=f"class {name}")
    axes.set(xlim=extent[:2], ylim=extent[2:], xlabel="$x_1$", ylabel="$x_2$")
    if unclear.any():
        axes.set_xlabel(f"$x_1$        white: no finite output, {100 * unclear.mean():.3g} % of the plane")
    figure.legend(loc="outside lower center", ncols=k, frameon=False, handletextpad=0, columnspacing=1)

    shades = _shades(np.arange(k), np.linspace(1 / k, 1, 100)[:, None], k)
    bar.imshow(shades, extent=(-0.5, k - 0.5, 1 / k, 1), origin="lower", aspect="auto")
    bar.set(xticks=range(k), xticklabels=map(str, classes), xlabel="predicted\nclass", ylabel="probability of the predicted class")
    bar.yaxis.tick_right()
    bar.yaxis.set_label_position("right")
    return _saved(figure, path)


def _logits(classifier: Callable[[Tensor], Tensor], x: Tensor, labels: np.ndarray) -> tuple[np.ndarray, list[int]]:
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
    logits = _array(output).astype(np.float64)
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


def activation_histograms(
    path: Path,
    model: nn.Module,
    x: Tensor,
    title: str,
    log: bool | None = None,
    kinds: type[nn.Module] | tuple[type[nn.Module], ...] = nn.Module,
) -> Path:
    """What every layer gives out for the inputs ``x``: one histogram for each call of a module without parts, in their order.

    Mean, standard deviation (of the population) and the share of exact zeros stand beside each. All share one axis: the
    values, or with ``log`` their magnitudes on a logarithmic scale; unless told, that is chosen where the largest magnitudes
    of the layers differ by more than a factor of 100, or leave the range of 1e-100 to 1e100. NaN and inf are counted and left
    out. The model is called once, in the mode it is in, recording nothing. Only modules of these ``kinds`` are drawn, such as
    ``nn.Tanh``; functions called between modules are not seen.

    Raises TypeError where the model is no module or a layer gives no tensor, ValueError where no layer is called or gives
    a value.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     activation_histograms(Path(out) / "a.png", nn.MLP(2, [8, 8, 1]), ag.randn(50, 2), "Before training").name
    'a.png'
    """
    _module("activation_histograms", model)
    seen: list[tuple[str, np.ndarray]] = []

    def watch(name: str, module: nn.Module) -> Any:
        label = f"{name}\n{type(module).__name__}".strip()

        def hook(module: nn.Module, args: Any, output: Any) -> None:
            if not isinstance(output, Tensor):
                raise TypeError(f"activation_histograms draws tensors, but {label} gave {type(output).__name__}")
            seen.append((label, _array(output).copy()))  # a copy: a later layer may write over it

        return module.register_forward_hook(hook)

    with ExitStack() as hooks, ag.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, kinds) and not list(module.children()) and not isinstance(module, nn.Sequential):
                hooks.enter_context(watch(name, module))
        model(x)
    if not seen:
        raise ValueError(f"activation_histograms draws modules without parts; {type(model).__name__} called none of the kinds asked for")
    return _histograms(path, seen, "activation", title, log)


def gradient_histograms(path: Path, model: nn.Module, title: str, log: bool | None = None) -> Path:
    """The gradients that `backward` left in the parameters, one histogram each; see `activation_histograms`.

    A parameter without a gradient says so. Raises TypeError where the model is no module, ValueError where no parameter
    has a gradient.

    >>> from tempfile import TemporaryDirectory
    >>> net = nn.MLP(2, [8, 8, 1])
    >>> net(ag.randn(50, 2)).sum().backward()
    >>> with TemporaryDirectory() as out:
    ...     gradient_histograms(Path(out) / "g.png", net, "Before training").name
    'g.png'
    """
    _module("gradient_histograms", model)
    panels: list[tuple[str, np.ndarray | str]] = []
    for name, p in model.named_parameters():
        why = "no gradient" if p.requires_grad else "no gradient: it is frozen"
        panels.append((name, why if p.grad is None else _array(p.grad)))
    if all(isinstance(values, str) for _, values in panels):
        raise ValueError(f"gradient_histograms found no gradient in {len(panels)} parameters; call backward() on a loss first")
    return _histograms(path, panels, "gradient", title, log)


def _histograms(path: Path, panels: Sequence[tuple[str, np.ndarray | str]], quantity: str, title: str, log: bool | None) -> Path:
    """One under the other on one axis; a panel has a name, and values or the reason why there are none."""
    finite = [v[np.isfinite(v)].astype(np.float64) if isinstance(v, np.ndarray) else np.empty(0) for _, v in panels]
    if not any(isinstance(v, np.ndarray) and v.size for _, v in panels):
        raise ValueError(f"there is no {quantity} to draw: all {len(panels)} arrays are empty")
    if log is None:
        sizes = [float(np.abs(v).max()) for v in finite if v.any()]
        log = bool(sizes) and (max(sizes) / min(sizes) > 100 or not 1e-100 < min(sizes) <= max(sizes) < 1e100)
    shown = [np.log10(np.abs(v[v != 0])) if log else v[v != 0] for v in finite]
    pooled = np.concatenate(shown)
    low, high = (pooled.min(), pooled.max()) if pooled.size else (0.0, 0.0)
    if not log:
        low, high = min(low, 0), max(high, 0)
    margin = 0.5 if log else 0.02 * (high - low) or 1
    bin_width = (high - low + 2 * margin) / 80
    bins = bin_width * np.arange(np.floor((low - margin) / bin_width), np.ceil((high + margin) / bin_width) + 1)  # 0 is an edge

    figure = _figure(title, 8, 1.1 + 0.62 * len(panels))
    column = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    for axes, (name, values), kept, drawn in zip(column, panels, finite, shown):
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set(yticks=[])
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
        if isinstance(values, str):
            _remark(axes, values)
            continue
        if not log:
            axes.axvline(0, color=GREY, linewidth=0.8)
        share = 100 * np.histogram(drawn, bins)[0] / max(values.size, 1)
        remark = _lost(values)
        if peak := share.max():
            axes.stairs(share, bins, fill=True, color=BLUE)
            mark = f"{peak:.0f} %" if peak > 10 else f"{peak:.2g} %"
            axes.set(ylim=(0, (2 if remark else 1.1) * peak), yticks=[peak], yticklabels=[mark])
            axes.tick_params(axis="y", labelsize=8)
        if remark:
            _remark(axes, remark, 0.8 if peak else 0.5)
        axes.text(1.02, 0.5, _summary(kept, values), transform=axes.transAxes, va="center", fontsize=9, linespacing=1.05)
    column[-1].set_xlabel(f"magnitude of the {quantity} (exact zeros left out)" if log else f"{quantity} (exact zeros left out)")
    column[-1].set_xlim(bins[0], bins[-1])
    if log:
        column[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
        column[-1].xaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")
    figure.align_ylabels(column)
    figure.supylabel("share per bin", fontsize=9)
    return _saved(figure, path)


def _summary(finite: np.ndarray, values: np.ndarray) -> str:
    if not finite.size:
        return ""
    unit = np.abs(finite).max() or 1.0  # squares of very large and very small numbers leave the range of floats
    mean, std = unit * (finite / unit).mean(), unit * (finite / unit).std()
    return f"mean {mean:.3g}\nstd {std:.3g}\nzeros {100 * (values == 0).mean():.3g} %".replace("-", "−")


def _lost(values: np.ndarray) -> str:
    """What a histogram does not show, in words."""
    if not values.any():
        return "all are exactly 0" if values.size else "no values"
    counts = {"NaN": np.isnan(values).sum(), "inf": (values == np.inf).sum(), "−inf": (values == -np.inf).sum()}
    lost = ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n)
    return lost and f"not finite: {lost}, of {values.size:,}"


def _remark(axes: Axes, text: str, height: float = 0.5) -> None:
    box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": PURPLE}
    axes.text(0.5, height, text, transform=axes.transAxes, ha="center", va="center", fontsize=9, color=PURPLE, bbox=box)


def weight_images(path: Path, weight: Any, shape: tuple[int, int], title: str) -> Path:
    """The rows of a weight matrix (units, pixels), such as that of a first layer, each as an image of (height, width) pixels.

    All share one scale, symmetric about 0, which is white. Where a pixel is at least 3 points wide, dashes mark the clearly
    negative weights, those beyond a quarter of the scale. NaN and inf are grey and counted.

    Raises ValueError where the weight has no units, is no matrix, or its rows do not have height * width entries.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     weight_images(Path(out) / "w.png", nn.Linear(64, 10).weight, (8, 8), "Before training").name
    'w.png'
    """
    weights = _array(weight)
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
    figure = _figure(title, max(5.5, columns * across * inch + 1.3), max(2, rows * down * inch + 0.8))
    axes = figure.subplots()
    for i, row in enumerate(weights.reshape(units, height, width)):
        left, top = i % columns * across, i // columns * down
        image = axes.imshow(row, cmap=cmap, vmin=-most, vmax=most, extent=(left, left + width, top + height, top))
        axes.add_patch(Rectangle((left, top), width, height, fill=False, linewidth=0.5))
        axes.text(left + width / 2, top, str(i), ha="center", va="bottom", fontsize=8)
        if dashes:
            y, x = np.nonzero(row < -most / 4)
            axes.plot(left + x + 0.5, top + y + 0.5, "_", color="white", markersize=24 * inch, markeredgewidth=max(0.6, 4 * inch))
    axes.set(xlim=(-0.02 * width, columns * across), ylim=(rows * down, -0.2 / inch))
    axes.set_axis_off()
    figure.colorbar(image, ax=axes, label="weight", aspect=5 * figure.get_figheight(), pad=0.02)
    note = "number: the unit" + f"; dash: a weight below −{most / 4:.2g}" * dashes
    figure.supxlabel(note + f"; grey: {lost:,} of {weights.size:,} not finite" * bool(lost), fontsize=9)
    return _saved(figure, path)


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
    return _saved(figure, path)


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


def graph_film(output: Any, names: Any, title: str, path: Path) -> list[Path]:
    """The graph as a page that steps through it; nothing, with a word why, where this machine cannot lay it out."""
    try:
        return [Path(graph_player(output, names=names, title=title).save(path))]
    except (RuntimeError, TimeoutError) as error:
        path.unlink(missing_ok=True)
        print(f"no {path.name}: {error}")
        return []


def _figure(title: str, width: float, height: float) -> Figure:
    lines = [wrapped for line in title.splitlines() for wrapped in textwrap.wrap(line, int(11 * width))]
    figure = Figure(figsize=(width, height + 0.2 * max(0, len(lines) - 1)), dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.15))
    figure.suptitle("\n".join(lines))
    return figure


def _plain(axes: Axes) -> None:
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path)
    return Path(path)


def _module(name: str, model: Any) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"{name} looks into an nn.Module, got {type(model).__name__}")


def _array(x: Any) -> np.ndarray:
    return x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x)


def _dtype(x: Any) -> Any:
    return x.dtype if isinstance(x, Tensor) and x.dtype.kind == "f" else ag.float32
