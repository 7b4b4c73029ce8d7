"""What tests of pictures share: they draw, and look at the figure that was written. Pixels are not compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import autograd as ag
import nn

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure
from matplotlib.text import Text

X = ag.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 3.0], [-1.0, 0.5]])
Y = ag.tensor([0, 1, 1, 0])
few = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
extreme = st.sampled_from([0.0, np.nan, np.inf, -np.inf, 1e-300, 1e300]) | st.floats(-10, 10)


class Look:
    """Draws, and shows the figure that was written."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "picture.png"

    def __call__(self, draw: Callable[..., Path], *args: Any, **kwargs: Any) -> Any:
        self.path.unlink(missing_ok=True)
        assert draw(self.path, *args, **kwargs) == self.path
        assert self.path.stat().st_size > 1000
        return written.pop()


written: list[Figure] = []


@contextmanager
def sharp_eyes() -> Iterator[None]:
    """Whatever figure is saved inside must be readable: no text is cut off or lies on another, and axes say what they are."""

    def draw_text(text: Text, renderer: Any) -> None:
        draw_as_ever(text, renderer)
        if text.get_visible() and text.get_text().strip():
            drawn.append((text.get_text(), text.get_window_extent(renderer)))

    def draw_figure(figure: Figure, renderer: Any) -> None:
        drawn.clear()  # a first pass only measures
        draw_all(figure, renderer)

    def savefig(figure: Figure, path: Path, **more: Any) -> None:
        save(figure, path, **more)
        assert figure.get_suptitle(), f"{path} has no title"
        sheet = figure.bbox.frozen()
        if str(path).endswith(".svg"):  # drawn in points
            sheet = type(sheet).from_bounds(0, 0, 72 * figure.get_figwidth(), 72 * figure.get_figheight())
        for said, box in drawn:
            cut = box.x0 < 0 or box.y0 < 0 or box.x1 > sheet.x1 + 0.5 or box.y1 > sheet.y1 + 0.5
            assert not cut, f"{path}: {said!r} is cut off"
        for (one, a), (two, b) in combinations(drawn, 2):
            wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide < 1 or high < 1, f"{path}: {one!r} lies on {two!r}"
        for axes in figure.axes:
            bare = not (len(axes.get_xticks()) or len(axes.get_yticks()))  # an image
            beside = any(other.get_ylabel() for other in axes.get_shared_y_axes().get_siblings(axes))
            below = any(other.get_xlabel() for other in axes.get_shared_x_axes().get_siblings(axes))
            assert bare or not axes.axison or beside, f"{path}: a y-axis has no name"
            assert bare or not axes.axison or below or axes.get_label() == "<colorbar>", f"{path}: an x-axis has no name"

    drawn: list[tuple[str, Any]] = []
    draw_as_ever, draw_all, save = Text.draw, Figure.draw, Figure.savefig
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", draw_text)
        patch.setattr(Figure, "draw", draw_figure)
        patch.setattr(Figure, "savefig", savefig)
        yield


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text) if text.get_visible())


class Emit(nn.Module):
    """Gives out an array of one's choice."""

    def __init__(self, array: Any) -> None:
        super().__init__()
        self.array = array

    def forward(self, x: Any) -> Any:
        return ag.tensor(self.array)


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[-\d.]+(?:e[-+]?\d+)?", text.replace("−", "-"))]
