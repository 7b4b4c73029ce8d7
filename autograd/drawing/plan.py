"""From outputs to a scene: what is read, in which layout it is drawn, how far modules are folded, and what is refused as too large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.core.notes import user_frame
from autograd.drawing.backward import Backward
from autograd.drawing.colouring import Colouring
from autograd.drawing.flow import backward_pass, released
from autograd.drawing.layout.page import placed
from autograd.drawing.modules import Modules
from autograd.drawing.painter import Painter
from autograd.drawing.scene import KINDS, MARKS, Scene
from autograd.drawing.size import Size, size_of
from autograd.drawing.style import NODES, READABLE, Style
from autograd.program.reading import EXPLORED, Reading, Scope, TooLargeError, read, scopes

__all__ = ["PATIENCE", "scene_of"]

PATIENCE = 5000  # the predictor up to which a layout by Graphviz takes seconds (measured)
_TENSORS = "In tensors: purple above 0, orange below, red not finite; the largest has the full colour."
_PART = f"or draw a part of it (a middle node as the output); graph_size() measures it, listing() writes it as text; {EXPLORED}"


def scene_of(outputs: Any, names: Any, style: Style) -> Scene:
    """What a picture of the graph that led to ``outputs`` shows. Raises as `draw_dot` does."""
    frame, most = user_frame(2), style.max_nodes or NODES
    reads = partial(read, names=names, what="draw", fold=style.fold_constants, frame=frame)
    try:
        reading = reads(outputs, limit=max(100 * most, 100_000))
    except TooLargeError as error:
        raise TooLargeError(f"{error}; at most {most} are drawn. Draw it with depth=0 and a larger max_nodes=, {_PART}") from None
    found = _derivatives(reading, reads, style.layout == "mirror") if style.layout != "flow" else None
    mirror = found is not None or style.layout == "mirror"
    reading, inputs, titles, pairs = found or (reading, None, {}, _pairs(reading))
    if mirror and style.show_grads == "auto":
        style = replace(style, show_grads=False)  # they stand in the lane above
    around = scopes(reading, names, frame) if style.modules else {}
    levels = _levels(reading, around, style)
    modules = Modules(reading, around, levels)
    painter = Painter(reading, modules, style, Colouring(reading, modules, style, pairs=pairs, mirror=mirror, inputs=inputs))
    painter.forward()
    backward = Backward(painter)
    if mirror:
        backward.lane(inputs, titles)
    elif style.show_saved:
        backward.saved()
    painter.numbered()
    whole = size_of(reading)
    if levels != style.depth:
        draws = f" (max_nodes={whole.values} draws each)" * (whole.predictor <= PATIENCE)
        folded = f"folded to depth {levels}: {whole.values:,} variables{draws}"
        painter.scene.note = "\n".join(filter(None, (folded, painter.scene.note)))
    if kinds := {t.kind for box in painter.scene for row in box.thumbnails for t in row} - {"rounds"}:
        dashed = " In dashed frames: gradients." * ("gradient" in kinds)
        painter.scene.note = "\n".join(filter(None, (painter.scene.note, _TENSORS + dashed)))
    boxes = -(-painter.variables // (1 + mirror))
    slow = levels is None and whole.predictor > PATIENCE
    if boxes > most or (slow and style.max_nodes is None):
        slow = slow and not (style.rankdir == "LR" and placed(painter.scene))
        _refuse_too_large(whole, boxes, most, bool(around) and levels != 0, slow)
    if style.legend:
        there = {thing.kind for thing in (*painter.scene, *painter.scene.edges)} | {box.mark for box in painter.scene}
        words = {**KINDS, **MARKS, "saved": "dotted: saved for backward", "formula": f"{backward.upstream}: the gradient that arrives"}
        there |= {"saved", "formula"} if mirror else {"saved"} if style.show_saved else set()
        painter.scene.legend = {kind: text for kind, text in words.items() if kind in there}
    return painter.scene


def _refuse_too_large(whole: Size, boxes: int, most: int, foldable: bool, slow: bool) -> None:
    """Raise with the arguments that draw it where there are more ``boxes`` in a lane than ``most``, or it is ``slow``."""
    if boxes <= most and not slow:
        return
    why = f"; at most {most} variables are drawn" if boxes > most else " and so many long edges that its layout takes minutes"
    ways = f"max_nodes={boxes}{', timeout=600' * slow}{', fold it with depth=0' * foldable}"
    raise TooLargeError(f"the graph has {whole}{why}. Draw it with {ways}, {_PART}")


def _derivatives(
    reading: Reading, reads: Callable[[list[Node]], Reading], wanted: bool
) -> tuple[Reading, list[Node], dict[Node, str], list[tuple[Node, Node]]] | None:
    """What is in a mirror: the graph as one ``reads`` it without the gradients among its outputs, whose they are, what they
    are called, and the pairs of variable and gradient; None if they are not the first derivatives of the first output, or an error where
    that is ``wanted``."""
    variables = reading.variables
    gradients = [n for n in reading.roots if n in variables]
    forward = [n for n in reading.roots if n not in variables]
    if not gradients:
        return None
    if not forward and wanted:
        raise ValueError("layout='mirror' needs the output whose gradients these are: draw([output, *gradients])")
    pairs = [(v, g) for g in gradients for v, _ in variables[g]]
    if forward and all(o is forward[0] and v not in reading.backward for g in gradients for v, o in variables[g]):
        plain = reads(forward)
        if _are_derivatives(plain, pairs):
            titles = {v: reading.name(g) for v, g in pairs if len(variables[g]) == 1}
            return plain, [v for v, _ in pairs], titles, pairs
    if wanted:
        raise ValueError(
            "layout='mirror' shows first derivatives of the first output, with 1 to start from; draw other gradients with layout='flow'"
        )
    return None


def _pairs(reading: Reading) -> list[tuple[Node, Node]]:
    """The variables whose gradient is recorded, with it."""
    return [(v, g) for g, pairs in reading.variables.items() for v, _ in pairs]


def _are_derivatives(reading: Reading, pairs: list[tuple[Node, Node]]) -> bool:
    """Are these gradients what the first output's backward gives, or were they recorded with other weights?"""
    if released(reading):
        return True
    try:
        found = backward_pass(reading, [v for v, _ in pairs])[0]
    except RuntimeError:  # set since, or more than one number: they are not what is recorded any more
        return False
    with np.errstate(all="ignore"):
        return all(v in found and np.allclose(found[v], g.raw, rtol=1e-3, equal_nan=True) for v, g in pairs)


def _levels(reading: Reading, around: dict[Node, tuple[Scope, ...]], style: Style) -> int | None:
    """How many levels of modules are shown; None: all."""
    if style.depth is not None:
        return style.depth
    most = style.max_nodes or READABLE
    if len(reading.nodes) <= most or not around:
        return None
    for levels in range(max(map(len, around.values())) - 1, 0, -1):
        folded = {path[levels] for path in around.values() if len(path) > levels}
        if len(folded) + sum(len(around.get(n, ())) <= levels for n in reading.nodes) <= most:
            return levels
    return 0
