"""Computation graphs as files, in the reader's colours, or a word why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograd.drawing import render
from autograd.drawing.looks import INK, LOOKS, MODULE, PAPER, TONES
from autograd.pages import graph_player
from .frame import with_dark_colours

__all__ = ["graph_film", "graph_picture"]

LOOK_PAIRS = [*TONES, *zip(MODULE["light"], MODULE["dark"])] + [pair for light, dark, _ in LOOKS.values() for pair in zip(light, dark)]
DARK = {light: dark for light, dark in LOOK_PAIRS if light} | {INK["light"]: INK["dark"], PAPER["light"]: PAPER["dark"]}


def graph_picture(graph: Any, path: Path) -> Path:
    """A graph in light colours as a picture; as its DOT text, with a word why, where this machine cannot lay it out."""
    try:
        render(graph, path)
    except (RuntimeError, TimeoutError) as error:
        path.unlink(missing_ok=True)  # an older picture would be taken for this one
        text = path.with_suffix(".gv")
        text.write_text(graph.source, encoding="utf-8")
        print(f"{text.name} instead of {path.name}: {error}")
        return text
    if path.suffix == ".svg":
        path.write_text(with_dark_colours(path.read_text(encoding="utf-8"), DARK), encoding="utf-8")
    return path


def graph_film(output: Any, names: Any, title: str, path: Path) -> list[Path]:
    """The graph as a page that steps through it; nothing, with a word why, where this machine cannot lay it out."""
    try:
        return [Path(graph_player(output, names=names, title=title).save(path))]
    except (RuntimeError, TimeoutError) as error:
        path.unlink(missing_ok=True)
        print(f"no {path.name}: {error}")
        return []
