"""What is wrong with a training at a step, in words: what an expert would point at in the numbers of its layers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from autograd.drawing.statistics import share, short
from autograd.pages.layers import Flat, Layer

__all__ = ["alarms", "middle"]

FAR = 1e3  # times smaller or larger than the gradient of the last layer
FAST = 0.1  # of the weights, in one update
MOST = 0.5  # of the units
FULL = 0.9  # of the entries


def middle(gradients: Iterable[float | None]) -> float | None:
    """The gradient that all others are compared with: of the last layer that has one."""
    known = [g for g in gradients if g and math.isfinite(g)]
    return known[-1] if known else None


def alarms(
    layers: Sequence[Layer],
    gradients: Sequence[float | None],
    ratios: Sequence[float | None],
    flats: Sequence[Flat | None],
) -> list[str]:
    """One sentence for each thing that is wrong; of what is wrong with several layers, about the worst.

    >>> layers = [Layer("0: Linear", "m1", []), Layer("2: Linear", "m2", [])]
    >>> alarms(layers, [1e-9, 1e-3], [1e-4, 0.2], [None, None])
    ['0: Linear: gradient 1e6 times smaller than at the last layer', '2: Linear: one update changes it by 20 %']
    """
    said, last = [], middle(gradients)
    known = [(layer.name, g) for layer, g in zip(layers, gradients) if g is not None]
    bad = [(name, 0.0) for name, g in known if not math.isfinite(g)]
    said += _said(bad, "gradient not finite", "")
    if last is not None:
        sizes = [(name, g) for name, g in known if math.isfinite(g) and g]
        small = sorted((rms / last, name) for name, rms in sizes if rms * FAR < last)
        said += _said([(name, r) for r, name in small], "gradient {} times smaller than at the last layer", "1,000 times", inverse=True)
        large = sorted(((rms / last, name) for name, rms in sizes if rms > FAR * last), reverse=True)
        said += _said([(name, r) for r, name in large], "gradient {} times larger than at the last layer", "1,000 times")
    said += _said([(name, 0.0) for name, g in known if g == 0], "gradient all zero", "")
    idle = [layer.name for layer, g in zip(layers, gradients) if g is None and any(p.requires_grad for p in layer.parameters)]
    said += _said([(name, 0.0) for name in idle], "no gradient arrives", "")
    fast = sorted(((r, layer.name) for layer, r in zip(layers, ratios) if r is not None and r > FAST), reverse=True)
    for r, name in fast[:1]:
        amount = share(r) if r < 10 else f"{short(r)} times its size"
        said.append(f"{name}: one update changes it by {amount}{_others(len(fast), '10 %')}")
    for layer, flat in zip(layers, flats):
        if flat is None:
            continue
        if flat.units and flat.dead >= MOST * flat.units:
            many = "all" if flat.dead == flat.units else f"{flat.dead} of"
            said.append(f"{layer.name}: {many} {flat.units} units of its {layer.activation} are dead")
        elif not flat.units and layer.activation != "relu" and flat.flat > FULL * flat.entries and layer is not layers[-1]:
            said.append(f"{layer.name}: {share(flat.flat / flat.entries)} of its {layer.activation} is saturated")
    return said


def _said(found: list[tuple[str, float]], words: str, bound: str, inverse: bool = False) -> list[str]:
    """About the first of ``found``, with how many others there are."""
    if not found:
        return []
    name, x = found[0]
    x = (1 / x if inverse else x) if x else x
    amount = f"{x:,.0f}" if x < 9950 else short(x)
    return [f"{name}: {words.format(amount)}{_others(len(found), bound)}"]


def _others(count: int, bound: str = "") -> str:
    others = f"{count - 1} other{'s' * (count > 2)}"
    return "" if count < 2 else f", {others} more than {bound}" if bound else f", and so {others}"
