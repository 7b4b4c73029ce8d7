"""A recorded graph as DOT text: squares are variables, circles are operations, as in *Dive into Deep Learning* (5.3.2).

The text depends on the program alone, never on addresses, so that pictures can be compared. Only this module knows DOT.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import count
from typing import Any

from autograd.drawing.looks import FONT, INK, LOOKS, MODULE, PAPER, fill_of
from autograd.drawing.picture import Graph
from autograd.drawing.plan import scene_of
from autograd.drawing.scale import STEPS, Scale
from autograd.drawing.scene import KINDS, MARKS, Box, Edge, Frame, Scene
from autograd.drawing.style import NODES, Style
from autograd.program.words import seen

__all__ = ["draw", "draw_dot", "quoted", "to_dot"]

STRIP = 2 * STEPS + 1  # cells of the strip of a scale


def draw_dot(
    outputs: Any, *, names: Any = None, show_values: bool = True, show_grads: bool | str = "auto", show_shapes: bool | str = "auto",
    show_saved: bool = False, show_source: bool = True, fold_constants: bool = True, ops: str = "auto", modules: bool = True,
    depth: int | None = None, layout: str = "auto", rankdir: str = "LR", theme: str = "light",
    color: str | Mapping[Any, Any] | None = "auto", legend: bool = False, precision: int = 4, max_nodes: int = NODES,
    timeout: float = 20, format: str = "svg",
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
    color
        What the size of numbers colours, on a scale that a strip below explains; the box says it in words, the width of an edge shows it.
        "grad": gradients of the first output, orange where they vanish on their way back, purple where they explode. What a backward
        kept is taken (``.grad`` of leaves and of what has ``retain_grad()``, recorded gradients); all others are computed for the picture
        alone, if the graph still has its numbers (``retain_graph=True``, and always of Values). "value": results. "saturation": the
        share of entries where an activation is flat. Or a dict from nodes, parameters or modules to numbers of your own. "auto": "grad"
        in mirrors and once there are gradients, but for fewer than 30 Values. All but None mark in red what is not finite, and where that
        begins, and say how many units of a ReLU are dead: 0 for all of at least 8 examples.
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
    return to_dot(scene_of(outputs, names, style), style)


draw = draw_dot


def to_dot(scene: Scene, style: Style) -> Graph:
    """The scene as text, in the colours of the theme."""
    writer, ink = _Writer(style.theme), INK[style.theme]
    g = Graph(
        timeout=style.timeout,
        format=style.format,
        graph_attr={"rankdir": style.rankdir, "bgcolor": PAPER[style.theme], "fontcolor": ink, "fontname": FONT, "fontsize": "10",
                    "newrank": "true", "nslimit": "2", "nslimit1": "2", "nodesep": "0.18", "ranksep": "0.3", "pad": "0.1"},
        node_attr={"fontname": FONT, "fontsize": "11", "fontcolor": ink, "style": "filled", "shape": "box",
                   "margin": "0.11,0.05", "height": "0.3", "width": "0.3"},
        edge_attr={"color": writer.colour("operation"), "arrowsize": "0.7"},
    )  # fmt: skip
    if scene.scale or scene.note:
        g.graph_attr |= {"label": _below(scene, style.theme), "labelloc": "b"}
    g.body += [f"\t{line}\n" for line in writer.scene(scene)]
    return g


class _Writer:
    """Writes line by line. Frames are numbered as they come."""

    def __init__(self, theme: str) -> None:
        self.theme, self.dark, self.number = theme, theme == "dark", count()
        self.top = ""  # where frames have their titles, if the picture has something below, which they would inherit

    def colour(self, kind: str) -> str:
        return LOOKS[kind][self.dark][1]

    def scene(self, scene: Scene) -> Iterator[str]:
        self.top = " labelloc=t" * bool(scene.scale or scene.note)
        yield from self.inside(scene.forward)
        if scene.backward.boxes or scene.backward.frames:
            yield from self.frame(scene.backward)
        yield from map(self.edge, scene.edges)
        if scene.ends:
            # Which lane is above is Graphviz's own choice, unless the wrong one costs a crossing: that of two unseen arrows to
            # two unseen points, one above the other at the end of the lanes.
            yield "{node [shape=point width=0 style=invis]; edge [style=invis]; above; below; {rank=same; above -> below}"
            yield "{} -> above; {} -> below}}".format(*scene.ends)
        if scene.legend:
            yield from self.legend(scene.legend)

    def frame(self, frame: Frame) -> Iterator[str]:
        fill, border = MODULE[self.theme]
        look = f'labeljust=l{self.top} style="rounded,filled" fillcolor="{fill}" color="{border}" peripheries=1 margin=8 tooltip=" "'
        look = " ".join([look, *self.painted(frame)])
        yield f"subgraph cluster_{next(self.number)} {{ label={quoted(frame.title)} {look}"
        yield from self.inside(frame)
        yield "}"

    def inside(self, frame: Frame) -> Iterator[str]:
        yield from map(self.box, frame.boxes)
        for inner in frame.frames:
            yield from self.frame(inner)

    def look(self, kind: str) -> str:
        fill, border = LOOKS[kind][:2][self.dark]
        style = LOOKS[kind][2]
        double = kind in ("output", "wrong")
        return f'fillcolor="{fill}" color="{border}"' + f' style="{style}"' * bool(style) + " peripheries=2" * double

    def painted(self, thing: Box | Frame) -> list[str]:
        """What a mark or a tone changes in a look: of two attributes, the later counts."""
        if thing.mark:
            rounded = isinstance(thing, Frame) or thing.kind == "module"
            return [self.look(thing.mark).replace('style="', 'style="rounded,' if rounded else 'style="')]
        return [] if thing.tone is None else [f'fillcolor="{fill_of(thing.tone, self.theme)}"']

    def box(self, box: Box) -> str:
        text = "\n".join(box.label) or "·"
        parts = [f"id={box.id}"] * bool(box.tooltip) + [f"label={quoted(text)}"]
        if box.round:
            parts += [f"shape={'circle' if len(text) < 4 else 'ellipse'}", self.look(box.kind), "margin=0.03"]
        else:
            parts.append(self.look(box.kind))
        parts += self.painted(box)
        return f"{box.id} [{' '.join(parts + [f'tooltip={quoted(box.tooltip)}'] * bool(box.tooltip))}]"

    def edge(self, edge: Edge) -> str:
        if edge.kind == "level":
            return f"{{rank=same; {edge.head}; {edge.tail}}}"
        parts = ["dir=back" if edge.back else f"id={edge.id}" * bool(edge.id)] * edge.constraint
        if edge.label:
            parts.append(f"label={quoted(f' {edge.label} ')}")
        if edge.kind != "plain":
            parts.append(f'style={"dashed" if edge.kind == "gradient" else "dotted"} color="{self.colour(edge.kind)}"')
        if edge.width:
            parts.append(f"penwidth={edge.width:g}")
        if not edge.constraint:
            parts.append("constraint=false")
        if edge.tooltip:
            parts.append(f"tooltip={quoted(edge.tooltip)}")
        if edge.argument:
            parts.append(f'headlabel="{edge.argument}" labelfontsize=8 labeldistance=1.3')
        text = " ".join(parts)
        return f"{edge.tail} -> {edge.head}" + f" [{text}]" * bool(text)

    def legend(self, words: dict[str, str]) -> Iterator[str]:
        """A key: one box for each kind that is in the picture, in one row."""
        yield f'subgraph cluster_legend {{ label="legend"{self.top} style=rounded color="{MODULE[self.theme][1]}"'
        for kind, text in words.items():
            if kind in KINDS or kind in MARKS:
                look = " shape=ellipse" * (kind == "operation") + f" {self.look(kind)} tooltip={quoted(text)}"
            else:
                look = f' shape=plaintext style="" fontcolor="{self.colour("saved" if kind == "saved" else "gradient")}"'
            yield f"legend_{kind} [label={quoted(text)}{look}]"
        yield f"{' -> '.join(f'legend_{kind}' for kind in words)} [style=invis]"
        yield "}"


def _below(scene: Scene, theme: str) -> str:
    """What stands below a picture: the note, or a table that begins with the strip of the scale."""
    if scene.scale is None:
        return scene.note
    notes = "".join(f'<TR><TD COLSPAN="{STRIP}">{html.escape(line)}</TD></TR>' for line in scene.note.splitlines())
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{_strip(scene.scale, theme)}{notes}</TABLE>>'


def _strip(scale: Scale, theme: str) -> str:
    """A scale as rows of a table: its title, a cell for each tone, three ticks."""
    first, last = scale.tones
    tones = [first + (last - first) * i / (STRIP - 1) for i in range(STRIP)]
    cells = "".join(f'<TD BGCOLOR="{fill_of(tone, theme)}" WIDTH="14" HEIGHT="10" FIXEDSIZE="TRUE"></TD>' for tone in tones)
    third = STRIP // 3
    ticks = "".join(
        f'<TD COLSPAN="{third}" ALIGN="{side}">{html.escape(text)}</TD>' for side, text in zip(("LEFT", "CENTER", "RIGHT"), scale.ticks)
    )
    return f'<TR><TD COLSPAN="{STRIP}">{html.escape(scale.title)}</TD></TR><TR>{cells}</TR><TR>{ticks}</TR>'


def quoted(text: str) -> str:
    """Text in DOT's quotes, exactly as it is, no escapes, no HTML entities, but for control characters: they would end DOT or SVG.

    >>> print(quoted('a"b' + chr(10) + '&amp;'))
    "a\\"b\\n&amp;amp;"
    """
    text = text if text.isprintable() else "\n".join(map(seen, text.split("\n")))
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("&", "&amp;")
    return f'"{text}"'
