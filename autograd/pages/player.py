"""A recorded graph as a film: one page that computes it operation by operation and then lets the gradients flow back.

What the page will say is worked out by `script`; of a graph of numbers, `alive` writes how they are computed, so that a reader can change
them. The picture is laid out once, with room for all that will ever stand in it, so that nothing moves while it plays.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Mapping
from typing import Any

from autograd.core.notes import user_frame
from autograd.drawing.colouring import Colouring
from autograd.drawing.dot import to_dot
from autograd.drawing.flow import released
from autograd.drawing.looks import TONES
from autograd.drawing.modules import Modules
from autograd.drawing.painter import Painter
from autograd.drawing.plan import PATIENCE
from autograd.drawing.size import size_of
from autograd.drawing.style import NODES, Style
from autograd.errors import described, int_of
from autograd.pages.alive import alive
from autograd.pages.page import Page, piece, scale_told, theme_of, title_of, written
from autograd.pages.script import Script
from autograd.program.reading import EXPLORED, TooLargeError, read, scopes

__all__ = ["Player", "graph_player"]

_DATA = re.compile(r"[xyt](?:[\W\d_].*)?", re.IGNORECASE)  # names of what is given: x, x1, x_1, x[0]


class Player(Page):
    """A page that plays a graph. Made by `graph_player`."""

    what = "film"


def graph_player(
    output: Any, *, names: Any = None, title: str | None = None, theme: str = "auto", color: str | Mapping[Any, Any] | None = "auto",
    delay: float = 1.1, max_ops: int = NODES,
) -> Player:  # fmt: skip
    """A page that steps through the graph of ``output``, one number: values appear operation by operation, then gradients flow.

    A graph of numbers (Values, 0-d tensors) can be changed in the page: drag the number of a leaf, or type one, and all that was
    made from it follows, gradients and words, too; take a step against the gradient and see the output along it, and over two leaves; or
    find each product yourself before it is shown. Where an operation cannot be computed by JavaScript (see `Op`), the page says so. What
    Python decided, as by ``if``, stays as it was recorded.

    The two leaves are at first those of the largest gradients, parameters of the module ``names`` before all others, and last what is
    called as data are: x, y or t, with a number or without, as in x1 and x[0]. The page offers the others.

    names
        As for `draw_dot`. What has no name is called v3, v4, ... by its place in the graph.
    title
        Stands above the picture.
    theme
        "light", "dark", or "auto": as the notebook or page around it, else as the reader's system.
    color
        As for `draw_dot`; a box has its colour, and says of what it is, once its value or gradient is there. The strip of the scale stands
        below the picture. "auto": by gradients, but of less than 30 Values.
    delay
        Seconds from step to step while the page plays.
    max_ops
        Raises ValueError, with the sizes and what to do, where more operations would be played.

    No ``.grad`` is changed. Raises RuntimeError for a graph that backward() has released, for data that was set since it was
    recorded, and for more than one number; TypeError for what is neither a Value nor a Tensor; and as `render` does.

    >>> from autograd import Value
    >>> w = Value(2.0, label="w")
    >>> graph_player(w * w).html[:15]
    '<!doctype html>'
    """
    theme, title = theme_of(theme), title_of(title)
    if isinstance(delay, bool) or not isinstance(delay, numbers.Real):
        raise TypeError(f"delay is a number of seconds, got {described(delay)}")
    max_ops = int_of(max_ops, "max_ops", 0)
    if not 0 < delay <= 3600:
        raise ValueError(f"delay must be more than 0 seconds and at most 3600, got {delay!r}")
    frame = user_frame(2)
    try:
        reading = read([output], names, what="graph_player", limit=max(100 * max_ops, 100_000), frame=frame)
    except TooLargeError as error:
        raise TooLargeError(f"graph_player: {error}. {_WAY_OUT}") from None
    if len(reading.roots) > 1:
        raise RuntimeError(f"graph_player starts from one number, got {len(reading.roots)}: reduce them with .sum() or .mean() first")
    size = size_of(reading)
    if size.operations > max_ops:
        raise TooLargeError(
            f"graph_player: the graph has {size.operations:,} operations, more than max_ops={max_ops}. {_WAY_OUT}, or be patient "
            f"with max_ops={size.operations}"
        )
    if size.predictor > PATIENCE:
        raise TooLargeError(f"graph_player: the graph has {size}, and its layout would take minutes. {_WAY_OUT}")
    if released(reading):
        raise RuntimeError(
            "graph_player needs the arrays of this graph, which an earlier backward() let go: call graph_player before it, or "
            "call it as backward(retain_graph=True)"
        )
    reading.backward = {}  # recorded gradients are numbers like any other, to be differentiated again
    script = Script(reading)
    program = alive(script)
    style = Style(show_grads=False, ops="circles", color=color)
    modules = Modules(reading, scopes(reading, names, frame), None)
    painter = Painter(reading, modules, style, Colouring(reading, modules, style, mirror=True))
    painter.forward()
    painter.numbered()
    script.colour(painter.colouring)
    script.fill(painter.scene)
    scale, note, painter.scene.scale, painter.scene.note = painter.scene.scale, painter.scene.note, None, ""
    picture = to_dot(painter.scene, style)
    picture.graph_attr["ranksep"] = "0.2"  # the products keep the ranks apart
    svg = picture.pipe(encoding="utf-8")
    boxes = {reading.number[n]: box for n, box in script.boxes.items()}
    parameters = {p for _, p in names.named_parameters()} if hasattr(names, "named_parameters") else set()
    for n in reading.nodes:
        if n.is_leaf:
            script.boxes[n]["turn"] = 0 if n in parameters else 2 if _DATA.fullmatch(reading.name(n)) else 1
    data = {"delay": 1000 * float(delay), "boxes": boxes, "steps": script.steps}
    if scale or note:  # at the edge of the window: in the picture it would stand where nobody looks
        data["key"] = {"scale": scale and scale_told(scale), "tones": [light for light, _ in TONES], "notes": [note] * bool(note)}
    name = f"Through {script.name(script.root)} and back" if title is None else title
    if not script.scalar:
        data = script.filled(data)
    pieces = {"looks": piece("player.css"), "lively": piece("alive.js"), "program": program, "graph": svg[svg.index("<svg") :]}
    return Player(written("player.html", name, theme, data, **pieces))


_WAY_OUT = f"Play a part of it: a middle node as the output, or a smaller network; {EXPLORED}"
