"""A recorded graph as DOT text: squares are variables, circles are operations, as in *Dive into Deep Learning* (5.3.2).

The text depends on the program alone, never on addresses, so that pictures can be compared.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.core.notes import user_frame
from autograd.drawing.flow import backward_pass, released
from autograd.drawing.painter import Painter
from autograd.drawing.picture import Graph
from autograd.drawing.size import size_of
from autograd.drawing.style import NODES, Style
from autograd.program.reading import Reading, Scope, TooLargeError, read, scopes

__all__ = ["draw", "draw_dot"]

PATIENCE = 5000  # the predictor up to which a layout takes seconds (measured)


def draw_dot(
    outputs: Any, *, names: Any = None, show_values: bool = True, show_grads: bool | str = "auto", show_shapes: bool | str = "auto",
    show_saved: bool = False, show_source: bool = True, fold_constants: bool = True, ops: str = "auto", modules: bool = True,
    depth: int | None = None, layout: str = "auto", rankdir: str = "LR", theme: str = "light", legend: bool = False,
    precision: int = 4, max_nodes: int = NODES, timeout: float = 20, format: str = "svg",
) -> Graph:  # fmt: skip
    """The graph that led to ``outputs`` (Values or Tensors), as a `Graph`, which is a `graphviz.Digraph`. `draw` is the same.

    What the outputs were made from is the forward graph. Gradients among the outputs that were recorded with
    ``create_graph=True`` bring the backward graph, in purple with dashed edges. A released graph still draws.

    names
        A dict from names to nodes, a module, or pairs as from ``named_parameters()``. What they leave open is named by its
        label, its place in a module, or the variable of the calling program that holds it.
    show_values, show_grads, show_shapes
        What stands in the boxes. "auto": gradients once there are any (of Values: once this graph's backward has been), shapes
        for whatever has dimensions.
    show_saved
        Dotted edges to each operation from the values that its derivative needs (mirrored lanes show them always).
    show_source
        The line of code of each operation, in tooltips, if it was recorded (see `autograd.record_lines`).
    fold_constants
        Python's numbers stand in the operation (``0.1 × x``, ``x²``); False: in boxes of their own.
    ops
        "circles"; "inside": the operation stands in the box of its result; "auto": inside beyond 150 operations.
    modules, depth
        A frame around what a module recorded. ``depth=0`` makes one box of each outermost module, 1 of the modules in it, and
        so on, and of each that has no modules in it; None: of none, unless there are more than ``max_nodes`` variables.
    layout
        "flow": everything from left to right. "mirror": a second lane above with the backward pass of the first output, each
        gradient above its variable, each operation with the product of the chain rule that it adds. "auto": mirror if the further
        outputs are first derivatives of the first.
    rankdir, theme, legend, precision
        "LR" or "TB"; "light" or "dark"; a key of the kinds of boxes; significant digits.
    max_nodes
        Raises ValueError, with the sizes and what to do, where more variables would be drawn, or the layout would take minutes.
    timeout, format
        For the layout in seconds, and the format of ``render`` and ``pipe``; see `Graph`.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> print(draw_dot(a * b).source.count("shape=circle"))
    1
    """
    given = locals()  # each keyword of a style is spelled out above, for editors and those who ask for help
    style = Style(**{field.name: given[field.name] for field in fields(Style)})
    frame = user_frame(2)
    try:
        reading = read(outputs, names, what="draw", limit=max(100 * max_nodes, 100_000), fold=fold_constants, frame=frame)
    except TooLargeError as error:
        raise TooLargeError(f"{error}; at most {max_nodes} are drawn. {_WAY_OUT}") from None
    gradients = [n for n in reading.roots if n in reading.variables]
    forward = [n for n in reading.roots if n not in reading.variables]
    plain, inputs, titles = reading, None, {}
    if gradients and layout != "flow":
        if not forward and layout == "mirror":
            raise ValueError("layout='mirror' needs the output whose gradients these are: draw([output, *gradients])")
        pairs = [(v, g) for g in gradients for v, _ in reading.variables[g]]
        first = bool(forward) and all(o is forward[0] and v not in reading.backward for g in gradients for v, o in reading.variables[g])
        if first:
            plain = read(forward, names, what="draw", fold=fold_constants, frame=frame)
            first = _are_derivatives(plain, pairs)
        if not first and layout == "mirror":
            raise ValueError(
                "layout='mirror' shows first derivatives of the first output, with 1 to start from; draw other gradients with layout='flow'"
            )
        layout = "mirror" if first else "flow"
        plain, inputs = (plain, [v for v, _ in pairs]) if first else (reading, None)
        titles = {v: reading.name(g) for v, g in pairs if len(reading.variables[g]) == 1}
    elif layout == "auto":
        layout = "flow"
    if show_grads == "auto" and layout == "mirror":
        style = replace(style, show_grads=False)  # they stand in the lane above
    around = scopes(plain, names, frame) if modules else {}
    folded = _folded(plain, around, depth, max_nodes)
    painter = Painter(plain, around, folded, style)
    painter.forward()
    if layout == "mirror":
        painter.backward(inputs, titles)
    elif show_saved:
        painter.saved_edges()
    if legend:
        painter.legend()
    boxes = painter.boxes / (2 if layout == "mirror" else 1)
    if boxes > max_nodes:
        raise TooLargeError(f"the graph has {size_of(plain)}; at most {max_nodes} variables are drawn. {_WAY_OUT}")
    if folded is None and max_nodes <= NODES and size_of(plain).predictor > PATIENCE:
        raise TooLargeError(f"the graph has {size_of(plain)}, and so many long edges that its layout would take minutes. {_WAY_OUT}")
    return painter.graph(rankdir, timeout, format)


draw = draw_dot

_WAY_OUT = (
    "Draw a part of it (a middle node as the output), fold modules with depth=0 or 1, or raise max_nodes and be patient; "
    "graph_size() measures it, listing() writes it as text."
)


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


def _folded(reading: Reading, around: dict[Node, tuple[Scope, ...]], depth: int | None, max_nodes: int) -> int | None:
    """How many levels of modules are shown; None: all."""
    if depth is not None:
        return depth
    if len(reading.nodes) <= max_nodes or not around:
        return None
    for levels in range(max(map(len, around.values())) - 1, 0, -1):
        folded = {path[levels] for path in around.values() if len(path) > levels}
        if len(folded) + sum(len(around.get(n, ())) <= levels for n in reading.nodes) <= max_nodes:
            return levels
    return 0
