"""What all pictures share: colours that eyes can tell apart, a figure that has room for its title, and how it is saved.

Figures are made without pyplot: no window, no state. An SVG follows the reader's screen: in the dark its paper and ink change places.
What lies on an image, which stays as it is, is drawn in BLACK and WHITE.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

import autograd as ag
from autograd import Tensor
from autograd.drawing.looks import INK, PAPER, PIXELS, TINTS, ZERO

__all__ = [
    "BLACK", "BLUE", "COLOURS", "DARK", "GREEN", "GREY", "LINES", "MARKERS", "ORANGE", "PURPLE", "SIGNED", "SKY", "VERMILION",
    "WHITE", "WIDE", "array", "cues", "dtype", "named", "new_figure", "plain", "plain_numbers", "saved", "with_dark_colours",
]  # fmt: skip

BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY = "#0072B2", "#E69F00", "#009E73", "#A8437F", "#D55E00", "#56B4E9", "#7A818C"
_SIGNS = [PIXELS[ZERO - TINTS], "white", PIXELS[ZERO + TINTS]]  # below 0, 0, above 0: in every figure, as in the thumbnails of a graph
SIGNED = LinearSegmentedColormap.from_list("signed", _SIGNS)
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY)
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
BLACK, WHITE = "#010101", "#fefefe"
WIDE = 6.0  # inches: a page has room for it, and a phone nearly, where pictures shrink a little
DARK = {"#000000": INK["dark"], "#ffffff": PAPER["dark"]}  # what matplotlib draws with where nothing else is said


def cues(i: int) -> dict[str, Any]:
    """What tells the i-th curve from the others: its colour, and for eyes that see none its line and its marker."""
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": LINES[i % len(LINES)], "marker": MARKERS[i % len(MARKERS)], "markersize": 4}


def new_figure(title: str, width: float, height: float) -> Figure:
    """An empty figure of ``width`` x ``height`` inches, and higher by what a long title needs."""
    lines = [wrapped for line in title.splitlines() for wrapped in textwrap.wrap(line, int(11 * width))]
    figure = Figure(figsize=(width, height + 0.2 * max(0, len(lines) - 1)), dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.15))
    figure.suptitle("\n".join(lines))
    return figure


def named(where: Figure | Axes, handles: Sequence[Any], labels: Sequence[str], handlelength: float = 3.5) -> None:
    """A legend below all of a figure, or above axes, in as many columns as its width has room for."""
    place: dict[str, Any] = {"loc": "outside lower center"}
    room = 0.95 * where.figure.bbox.width
    if isinstance(where, Axes):
        place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1)}
        room *= 0.85  # beside the ticks and the name of an axis
    for columns in range(len(labels), 0, -1):
        legend = where.legend(handles, labels, **place, ncols=columns, frameon=False, handlelength=handlelength)
        if columns == 1 or legend.get_window_extent().width < room:
            return
        legend.remove()


def plain(axes: Axes) -> None:
    """A grid, and no box around the curves."""
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def plain_numbers(axis: Axis) -> None:
    """A logarithmic axis over less than two decades has its ticks at 1, 2, 5, 10, 20, ..., in plain numbers."""
    low, high = axis.get_view_interval()
    if high < 100 * low:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(StrMethodFormatter("{x:,g}"))


def saved(figure: Figure, path: Path) -> Path:
    """Write the figure in the format of the suffix; the same figure gives the same bytes."""
    path = Path(path)
    with matplotlib.rc_context({"svg.hashsalt": "a name for each clip, the same in every run"}):
        if path.suffix == ".svg":
            figure.savefig(path, metadata={"Date": None})
            drawing, places = path.read_text(encoding="utf-8"), r' (?:d|x|y)="[^"]*"'
            drawing = re.sub(places, lambda at: re.sub(r"(\.\d\d)\d+", r"\1", at[0]), drawing)  # a hundredth of a point is enough
            path.write_text(with_dark_colours(drawing, DARK), encoding="utf-8")
        else:
            figure.savefig(path)
    return path


def with_dark_colours(svg: str, dark: Mapping[str, str]) -> str:
    """An SVG that changes the colours ``dark`` = {light: dark} where the reader's screen is dark."""
    rules = "".join(
        f'[{what}="{light}" i],[style*="{what}: {light}" i]{{{what}:{other}!important}}'
        for light, other in dark.items()
        for what in ("fill", "stroke")
    )
    rules += f"svg{{fill:{dark['#000000']}}}" if "#000000" in dark else ""  # an SVG says nothing of what is black
    start, tag, rest = svg.partition("<svg")
    opening, end, drawing = rest.partition(">")
    style = f"\n<style>@media (prefers-color-scheme: dark){{{rules}}}</style>"
    return start + tag + opening + end + style + drawing


def array(x: Any) -> np.ndarray:
    """A tensor, or anything that numpy understands, as an array."""
    return x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x)


def dtype(x: Any) -> Any:
    """The floating-point type in which a network sees ``x``."""
    return x.dtype if isinstance(x, Tensor) and x.dtype.kind == "f" else ag.float32
