"""What flows through a network, and what flows back: one histogram for each layer or parameter."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

import autograd as ag
import nn
from autograd import Tensor
from .frame import BLUE, GREY, PURPLE, array, new_figure, saved

__all__ = ["activation_histograms", "gradient_histograms"]


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
            seen.append((label, array(output).copy()))  # a copy: a later layer may write over it

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
        panels.append((name, why if p.grad is None else array(p.grad)))
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

    figure = new_figure(title, 8, 1.1 + 0.62 * len(panels))
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
    return saved(figure, path)


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


def _module(name: str, model: Any) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"{name} looks into an nn.Module, got {type(model).__name__}")
