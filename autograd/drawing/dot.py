"""A recorded graph as DOT text: squares are variables, circles are operations, as in *Dive into Deep Learning* (5.3.2).

The text depends on the program alone, never on addresses, so that pictures can be compared. Only this module knows DOT.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import count
from typing import Any

from autograd.drawing.layout.page import placed
from autograd.drawing.layout.sizes import BORDER, SPACE, STRIP, rows, size, title
from autograd.drawing.looks import FONT, INK, LOOKS, MODULE, PAPER, fill_of
from autograd.drawing.picture import Graph, render
from autograd.drawing.plan import scene_of
from autograd.drawing.scale import STEPS, Scale
from autograd.drawing.scene import DOUBLE, KINDS, MARKS, Box, Edge, Frame, Placed, Scene, Thumbnail
from autograd.drawing.style import Style
from autograd.program.words import seen

__all__ = ["draw", "draw_dot", "quoted", "to_dot"]

CELLS = 2 * STEPS + 1  # of the strip of a scale


def draw_dot(
    outputs: Any, path: str | os.PathLike[str] | None = None, *, names: Any = None, show_values: bool = True,
    show_grads: bool | str = "auto", show_shapes: bool | str = "auto",
    show_tensors: bool = False, as_image: Mapping[str, tuple[int, int]] | None = None,
    show_saved: bool = False, show_source: bool = True, fold_constants: bool = True, ops: str = "auto", modules: bool = True,
    depth: int | None = None, layout: str = "auto", rankdir: str = "LR", theme: str = "light",
    color: str | Mapping[Any, Any] | None = "auto", legend: bool = False, precision: int = 4, max_nodes: int | None = None,
    timeout: float = 20, format: str = "svg",
) -> Graph:  # fmt: skip
    """The graph that led to ``outputs`` (Values or Tensors), as a `Graph`, which is a `graphviz.Digraph`. `draw` is the same.

    Where a ``path`` is given, as in ``draw(y, "y.svg")``, the picture is written there as well, in the format of its suffix.

    What the outputs were made from is the forward graph. Gradients among the outputs that were recorded with
    ``create_graph=True`` bring the backward graph, in purple with dashed edges. A released graph still draws.

    names
        A dict from names to nodes, a module, or pairs as from ``named_parameters()``. What they leave open is named by its
        label, its place in a module, or the variable of the calling program that holds it. Formulas use these names; where
        there is none, or it is long or that of several, they use the number of the box, as ``v7``, which it shows then.
    show_values, show_grads, show_shapes
        What stands in the boxes. "auto": gradients once there are any (of Values: once this graph's backward has been), shapes
        for whatever has dimensions.
    show_tensors, as_image
        Thumbnails of what is in a tensor and, in a dashed frame beside it, in its gradient: a heat map of a matrix, a strip of a vector,
        a histogram where a side is above 64; of more dimensions, the first matrix of the last two. Purple is above 0, orange below,
        red not finite, and the largest magnitude has the full colour; tooltips say how large it is. A module that is folded shows its
        largest parameter. ``as_image={"0.weight": (28, 28)}`` draws each row of the tensor that is called so in the picture as an image
        of that height and width, up to 8 of them, or all of it where that is as large; alone, it draws nothing else. Raises ValueError
        for another name or size.
    show_saved
        Dotted edges to each operation from the values that its derivative needs. Mirrored lanes have them without being asked
        where they are fewer than eight and there are no modules; else each product says what was saved for it.
    show_source
        The line of code of each operation, in tooltips, if it was recorded (see `autograd.record_lines`).
    fold_constants
        Python's numbers stand in the operation (``0.1 × x``, ``x²``); False: in boxes of their own.
    ops
        "circles"; "inside": the operation stands in the box of its result; "auto": inside beyond 150 operations.
    modules, depth
        A frame around what a module recorded. ``depth=0`` makes one box of each outermost module, 1 of the modules in it, and
        so on, and of each that has no modules in it; None: of none, unless there are more than ``max_nodes`` variables, of which
        a caption tells. Of boxes that repeat, up to four in a round, the first round is drawn, in a frame that
        says how often: ``(Linear → Tanh) × 12``. Where these are coloured by size, each box has a bar for each round, as high as its
        number is on the scale.
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
    rankdir
        "LR": from left to right, in rows as wide as a page, with positions of our own where our rules fit, so that every renderer
        draws the same picture; once something is added, Graphviz finds its own. "TB", "RL", "BT": as Graphviz lays it out.
    theme, legend, precision
        "light" or "dark"; a key of the kinds of boxes; significant digits.
    max_nodes
        More variables than these are folded into their modules; raises ValueError, with the sizes and what to do, where there
        would be more all the same. None: 300, and 400 where nothing can be folded; then what would take minutes is refused, too.
    timeout, format
        For the layout in seconds, and the format of ``render`` and ``pipe``; see `Graph`.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> print(draw_dot(a * b).source.count("shape=circle"))
    1
    """
    given = locals()  # each keyword of a style is spelled out above, for editors and those who ask for help
    style = Style(**{field.name: given[field.name] for field in fields(Style)})
    if hasattr(path, "named_parameters"):
        raise TypeError(f"draw(outputs, path): a path is a str or a pathlib.Path, got {type(path).__name__}; names go into names=")
    picture = to_dot(scene_of(outputs, names, style), style)
    if path is not None:
        render(picture, path)
    return picture


draw = draw_dot
_STYLES = {"gradient": "dashed", "second": '"dashed,bold"', "saved": "dotted"}  # of edges


def to_dot(scene: Scene, style: Style) -> Graph:
    """The scene as text, in the colours of the theme."""
    where = placed(scene) if style.rankdir == "LR" else None
    writer, ink = _Writer(style.theme, where), INK[style.theme]
    g = Graph(
        timeout=style.timeout,
        format=style.format,
        graph_attr={"rankdir": style.rankdir, "bgcolor": PAPER[style.theme], "fontcolor": ink, "fontname": FONT, "fontsize": "11",
                    "newrank": "true", "nslimit": "2", "nslimit1": "2", "nodesep": "0.18", "ranksep": "0.3", "pad": "0.1"},
        node_attr={"fontname": FONT, "fontsize": "11", "fontcolor": ink, "style": "filled", "shape": "box",
                   "margin": "0.11,0.05", "height": "0.3", "width": "0.3"},
        edge_attr={"color": writer.colour("operation"), "arrowsize": "0.7", "fontname": FONT, "fontsize": "10", "fontcolor": ink},
    )  # fmt: skip
    if where:
        g.placed = True
        g.graph_attr["layout"] = "nop2"  # Graphviz's name for: draw everything where it is said to be
        g.node_attr["fixedsize"] = "true"
    elif below := writer.below(scene, wide=style.rankdir in ("LR", "RL") and len(list(scene)) > 12):
        g.graph_attr |= {"label": below, "labelloc": "b"}
    g.body += [f"\t{line}\n" for line in writer.scene(scene)]
    return g


class _Writer:
    """Writes line by line. Frames are numbered as they come."""

    def __init__(self, theme: str, where: Placed | None) -> None:
        self.theme, self.dark, self.number, self.where = theme, theme == "dark", count(), where

    def colour(self, kind: str) -> str:
        return LOOKS[kind][self.dark][1]

    def scene(self, scene: Scene) -> Iterator[str]:
        if self.where:
            for frame in self.where.frames:
                yield from self.frame(frame) if frame.rectangle else self.inside(frame)
            yield from (self.edge(edge, self.where.lines[i]) for i, edge in enumerate(scene.edges) if edge.kind != "level")
            if below := [*self.placed_below(scene)]:
                yield f"{{{'; '.join(below)}}}"  # apart, for these are no boxes of the graph
        else:
            yield from self.inside(scene.forward)
            for lane in (scene.backward, *scene.further):
                if lane.boxes or lane.frames:
                    yield from self.frame(lane)
            yield from map(self.edge, scene.edges)
        if scene.ends and not self.where:
            # Which lane is above is Graphviz's own choice, unless the wrong one costs a crossing: that of two unseen arrows to
            # two unseen points, one above the other at the end of the lanes.
            unseen = "node [shape=point width=0 style=invis]; edge [style=invis]; above; below; {rank=same; above -> below}"
            yield f"{{{unseen} {scene.ends[0]} -> above; {scene.ends[1]} -> below}}"

    def frame(self, frame: Frame) -> Iterator[str]:
        fill, border = MODULE[self.theme]
        look = f'labeljust=l style="rounded,filled" fillcolor="{fill}" color="{border}" peripheries=1 margin=8 labelloc=t tooltip=" "'
        look = " ".join([look, *self.painted(frame)])
        if frame.rectangle:
            left, bottom, right, top = frame.rectangle
            look += f' bb="{left:.1f},{bottom:.1f},{right:.1f},{top:.1f}" lp="{left + title(frame.title) / 2:.1f},{top - 10:.1f}"'
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
        return f'fillcolor="{fill}" color="{border}"' + f' style="{style}"' * bool(style) + " peripheries=2" * (kind in DOUBLE)

    def painted(self, thing: Box | Frame) -> list[str]:
        """What a mark or a tone changes in a look: of two attributes, the later counts."""
        if thing.mark:
            rounded = isinstance(thing, Frame) or thing.kind in ("module", "layer")
            return [self.look(thing.mark).replace('style="', 'style="rounded,' if rounded else 'style="')]
        return [] if thing.tone is None else [f'fillcolor="{fill_of(thing.tone, self.theme)}"']

    def box(self, box: Box) -> str:
        text = "\n".join(box.label) or "·"
        label = self.table(box, text) if box.thumbnails else quoted(text)
        parts = [f"id={box.id}"] * bool(box.tooltip) + [f"label={label}"]
        if box.round:
            parts += [f"shape={'circle' if len(text) < 4 else 'ellipse'}", self.look(box.kind), "margin=0.03"]
        else:
            parts.append(self.look(box.kind))
        parts += [*self.painted(box), *[f"tooltip={quoted(box.tooltip)}"] * bool(box.tooltip)]
        return f"{box.id} [{' '.join(parts)}{self.at(box.id, box.double)}]"

    def table(self, box: Box, text: str) -> str:
        """A label with thumbnails below its lines, each at the same place whatever the fonts of a renderer."""
        w, h = (side - BORDER * box.double for side in size(box))
        below = rows(box)
        lines = "<br/>".join(html.escape(seen(line)) for line in text.split("\n"))
        made = self.cell(int(w), int(h - sum(down for _, down in below)), lines)
        for (_, down), row in zip(below, box.thumbnails):
            cells = "".join(self.thumbnail(t) for t in row)
            made += self.cell(int(w), down, f'<table border="0" cellspacing="{SPACE // 2}" cellpadding="0"><tr>{cells}</tr></table>')
        return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{made}</table>>'

    def cell(self, width: int, height: int, inside: str) -> str:
        return f'<tr><td fixedsize="true" width="{width}" height="{height}">{inside}</td></tr>'

    def thumbnail(self, t: Thumbnail) -> str:
        colour = self.colour("gradient" if t.kind == "gradient" else "operation")
        look = f'border="1" color="{colour}"' + ' style="dashed"' * (t.kind == "gradient")
        return f'<td {look} fixedsize="true" width="{t.width + 2}" height="{t.height + 2}"><img src="{t.uri}" scale="both"/></td>'

    def at(self, id: str, double: bool = False) -> str:
        """Where a box stands and how large it is, if that is known."""
        if not self.where:
            return ""
        x, y, w, h = self.where.boxes[id]
        if double:
            w, h = w - BORDER, h - BORDER
        return f' pos="{x:.1f},{y:.1f}" width={w / 72:.3f} height={h / 72:.3f}'

    def edge(self, edge: Edge, line: str = "") -> str:
        if edge.kind == "level":
            return f"{{rank=same; {edge.head}; {edge.tail}}}"
        parts = ["dir=back" if edge.back else f"id={edge.id}" * bool(edge.id)] * edge.constraint
        if edge.label:
            parts.append(f"label={quoted(f' {edge.label} ')}")
        if edge.kind != "plain":
            parts.append(f'style={_STYLES[edge.kind]} color="{self.colour(edge.kind)}"')
        if edge.width:
            parts.append(f"penwidth={edge.width:g}")
        if not edge.constraint and not line:
            parts.append("constraint=false")
        if edge.tooltip:
            parts.append(f"tooltip={quoted(edge.tooltip)}")
        if line:
            parts.append(f'pos="{line}"')
        text = " ".join(filter(None, parts))
        return f"{edge.tail} -> {edge.head}" + f" [{text}]" * bool(text)

    def placed_below(self, scene: Scene) -> Iterator[str]:
        """What stands below a picture whose places are known: the strip of the scale, the key, the note, as boxes."""
        if scene.scale:
            yield f'scale [label=<{self.strip(scene.scale)}> shape=plaintext style=""{self.at("scale")}]'
        for kind, text in scene.legend.items():
            if kind in KINDS or kind in MARKS:
                look = " shape=ellipse" * (kind == "operation") + f" {self.look(kind)} tooltip={quoted(text)}"
            else:
                look = f' shape=plaintext style="" fontcolor="{self.colour("saved" if kind == "saved" else "gradient")}"'
            yield f"legend_{kind} [label={quoted(text)}{look}{self.at(f'legend_{kind}', kind in DOUBLE)}]"
        if scene.note:
            yield f'note [label={quoted(scene.note)} shape=plaintext style=""{self.at("note")}]'

    def below(self, scene: Scene, wide: bool) -> str:
        """What stands below a picture, as a label of the whole, since boxes would push others aside: the strip of the scale, the key, the
        note; one row after the other."""
        if not (scene.scale or scene.legend):
            return scene.note
        cells = [f"<td>{self.swatch(kind, html.escape(text))}</td>" for kind, text in scene.legend.items()]
        plain, columns = 'border="0" cellspacing="6" cellpadding="0"', 8 if wide else 4
        rows = [self.strip(scene.scale)] if scene.scale else []
        rows += [f"<table {plain}><tr>{''.join(cells[i : i + columns])}</tr></table>" for i in range(0, len(cells), columns)]
        rows += map(html.escape, scene.note.splitlines())
        return f'<<table border="0" cellspacing="0" cellpadding="0">{"".join(f"<tr><td>{row}</td></tr>" for row in rows)}</table>>'

    def swatch(self, kind: str, text: str) -> str:
        if kind not in KINDS and kind not in MARKS:
            return f'<font color="{self.colour("saved" if kind == "saved" else "gradient")}">{text}</font>'
        fill, border = LOOKS[kind][:2][self.dark]
        cues, double = LOOKS[kind][2], kind in DOUBLE
        look = f'border="{1 + ("bold" in cues)}" cellborder="{double:d}" cellspacing="{2 * double}" cellpadding="4" bgcolor="{fill}"'
        shape = next((cue for cue in ("dashed", "dotted") if cue in cues), "rounded" * ("rounded" in cues or kind == "operation"))
        style = f' style="{shape}"' * bool(shape)
        return f'<table {look}{style} color="{border}"><tr><td>{text}</td></tr></table>'

    def strip(self, scale: Scale) -> str:
        """A scale as a table: its title, a cell for each tone, three ticks; where places are known, as large as they say."""
        first, last = scale.tones
        tones = [first + (last - first) * i / (CELLS - 1) for i in range(CELLS)]
        fixed = ' fixedsize="true"' * bool(self.where)

        def cell(text: str, columns: int, height: float, more: str) -> str:
            across = STRIP[0] * columns / CELLS
            return f'<td {more} width="{across:g}" height="{height:g}"{fixed}>{html.escape(text)}</td>'

        colours = "".join(cell("", 1, STRIP[1] / 4, f'bgcolor="{fill_of(tone, self.theme)}"') for tone in tones)
        third, line = CELLS // 3, STRIP[1] * 3 / 8
        sides = zip(("left", "center", "right"), scale.ticks)
        ticks = "".join(cell(text, third, line, f'colspan="{third}" align="{side}"') for side, text in sides)
        title = cell(scale.title, CELLS, line, f'colspan="{CELLS}"')
        rows = f"<tr>{title}</tr><tr>{colours}</tr><tr>{ticks}</tr>"
        return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{rows}</table>'


def quoted(text: str) -> str:
    """Text in DOT's quotes, exactly as it is, no escapes, no HTML entities, but for control characters: they would end DOT or SVG.

    >>> print(quoted('a"b' + chr(10) + '&amp;'))
    "a\\"b\\n&amp;amp;"
    """
    text = text if text.isprintable() else "\n".join(map(seen, text.split("\n")))
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("&", "&amp;")
    return f'"{text}"'
