"""A graph that one goes into: one page in which modules open and close, and every operation says what it was made from and what it does.

What is known of the graph is written down here (`sides`); how it is laid out depends on what stands open, and so is the page's own work.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from autograd.core.notes import user_frame
from autograd.drawing.looks import LOOKS, MODULE, TONES
from autograd.drawing.style import Style
from autograd.pages.page import Page, theme_of, title_of, written
from autograd.pages.sides import Side, sources
from autograd.pages.twins import compared
from autograd.program.reading import TooLargeError, read, scopes

__all__ = ["LIMIT", "Explorer", "explore"]

LIMIT = 100_000  # variables: a page of some 25 MB


class Explorer(Page):
    """A page to explore a graph in. Made by `explore`."""

    what = "explorer"


def explore(
    output: Any, other: Any = None, *, names: Any = None, title: str | None = None, theme: str = "auto",
    color: str | Mapping[Any, Any] | None = "auto",
) -> Explorer:  # fmt: skip
    """A page in which the graph of ``output`` is gone into: modules open and close by a click, and each operation shows what it was made
    from, the product of the chain rule from the output to it, its formula, its numbers, and the line of code, where lines were recorded.

    other
        A second graph, shown beside the first and kept in step with it; what differs is marked. To compare a network before and
        after a step, take the first graph from ``copy.deepcopy(net)``: a step changes the parameters that a graph holds.
    names
        As for `draw_dot`; also of what is in the second graph.
    title
        Stands above the picture.
    theme
        "light", "dark", or "auto": as the notebook or page around it, else as the reader's system.
    color
        As for `draw_dot`: by what boxes are filled at first, or numbers of your own. The page offers the others.

    Of several outputs, as in ``explore([a, b])``, the product of the chain rule is shown from each; gradients are what backward() has
    left, else those of the first.

    Up to 100,000 variables; of more than 5,000 it has no thumbnails. No ``.grad`` is changed, and a graph that backward() has released
    is shown with what is left of it. The text of a file is in the page where `record_lines` recorded lines of it.

    Raises TypeError for what is neither a Value nor a Tensor, and ValueError where there are more variables.

    >>> from autograd import Value
    >>> w = Value(2.0, label="w")
    >>> explore(w * w, title="A square")
    <explorer "A square": .save("explorer.html") writes it, a notebook shows it>
    """
    theme, title = theme_of(theme), title_of(title)
    Style(color=color)  # checks it
    frame = user_frame(2)
    sides = []
    for outputs in (output,) if other is None else (output, other):
        try:
            reading = read(outputs, names, what="explore", limit=4 * LIMIT, frame=frame)
        except TooLargeError as error:
            raise TooLargeError(_refusal(str(error))) from None
        if len(reading.nodes) > LIMIT:
            raise TooLargeError(_refusal(f"the graph has {len(reading.nodes):,} variables"))
        sides.append(Side(reading, scopes(reading, names, frame), color))
    data = [side.data() for side in sides]
    if len(sides) == 2:
        compared(sides[0], sides[1], (data[0], data[1]))
    for side, told in zip(sides, data):
        told["formulas"], told["files"] = list(side.formulas), sources(side.files)
    looks = {kind: [*light, cue] for kind, (light, _, cue) in LOOKS.items() if light[0]}
    name = "The graph of " + " and ".join(_called(side) for side in sides)
    page = {
        "sides": data, "begin": sides[0].begin, "looks": looks, "frame": MODULE["light"], "tones": [light for light, _ in TONES],
    }  # fmt: skip
    here = files(__package__)
    rooms = {"sheet": "explorer.css"} | {room: f"{room}.js" for room in ("model", "layout", "drawing", "pane", "explorer")}
    pieces = {place: here.joinpath(file).read_text(encoding="utf-8") for place, file in rooms.items()}
    return Explorer(written("explorer.html", name if title is None else title, theme, page, **pieces))


def _called(side: Side) -> str:
    names = [side.reading.name(n) or "an output" for n in side.reading.roots]
    return ", ".join(names[:4]) + ", …" * (len(names) > 4) if len(names) > 1 else side.reading.name(side.reading.roots[0]) or "the output"


def _refusal(why: str) -> str:
    return (
        f"explore: {why}; at most {LIMIT:,} fit into a page. Explore a part of it, with a middle node as the output, or a smaller batch "
        "of numbers; ag.listing() writes it as text"
    )
