"""What a picture shows, as plain data: boxes in frames, and edges between boxes.

Those who read graphs make a scene, others may add to it, and `dot` writes it as text; so two pictures can be compared, and no text
that was just written has to be searched. How things look is not said here: a kind stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from autograd.drawing.scale import Scale

__all__ = ["DOUBLE", "KINDS", "MARKS", "Box", "Edge", "Frame", "Placed", "Scene", "Thumbnail"]

KINDS = {  # of boxes, in words
    "parameter": "parameter", "input": "input", "middle": "intermediate", "output": "output", "operation": "round: operation",
    "gradient": "gradient", "given": "seed, mask or constant", "second": "derivative of a gradient",
    "second given": "seed or constant of it", "module": "module", "layer": "module with parameters",
}  # fmt: skip
MARKS = {"wrong": "✗ not finite", "dead": "all zero"}  # of boxes of any kind
DOUBLE = ("output", "wrong")  # kinds and marks with two borders


class Thumbnail(NamedTuple):
    """A picture in a box, ``width`` and ``height`` in points: of a "value", of a "gradient", or of the "rounds" that a box stands for."""

    uri: str
    width: int
    height: int
    kind: str


@dataclass(slots=True)
class Box:
    """A variable, an operation (``round``) or a module. ``label`` holds its lines. Without a ``tooltip`` it is written without its id.

    ``tone``, from -1 to 1, fills it; ``mark`` is "wrong" where something in it is not finite, "dead" where it is all zero. Below the label
    stand ``thumbnails`` in rows.
    """

    id: str
    kind: str
    label: list[str]
    tooltip: str = ""
    round: bool = False
    tone: float | None = None
    mark: str = ""
    thumbnails: list[list[Thumbnail]] = field(default_factory=list)

    @property
    def double(self) -> bool:
        """Has it two borders?"""
        return self.kind in DOUBLE or self.mark in DOUBLE


@dataclass(slots=True)
class Edge:
    """From one box to another.

    ``kind`` is "plain", "gradient", "second" (of a higher order), "saved" (for the derivative), or "level": nothing is drawn, but the
    boxes stand side by side.
    ``id`` is e5_0 for the first argument of operation 5. The layout takes no notice of an edge that is not a ``constraint``, and
    puts the head first where ``back``. A ``width`` of 0 is that of all others.
    """

    tail: str
    head: str
    kind: str = "plain"
    id: str = ""
    label: str = ""
    back: bool = False
    constraint: bool = True
    tooltip: str = ""
    width: float = 0


@dataclass
class Frame:
    """What belongs together: the boxes of a module call or of a lane, and the frames in it.

    ``rectangle`` is where it is drawn, if that is known: left, bottom, right, top, in points.
    """

    title: str
    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    tone: float | None = None
    mark: str = ""
    rectangle: tuple[float, float, float, float] | None = None

    def __iter__(self) -> Iterator[Box]:
        """All boxes in it."""
        yield from self.boxes
        for frame in self.frames:
            yield from frame


@dataclass
class Scene:
    """A picture: two lanes, of which ``ends`` are the last boxes if both were drawn as mirrors, and ``further`` ones for each order of
    derivative beyond the first; below, what the tones mean, a note, words by kind."""

    forward: Frame = field(default_factory=lambda: Frame(""))
    backward: Frame = field(default_factory=lambda: Frame("backward"))
    further: list[Frame] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    ends: tuple[str, str] | None = None
    scale: Scale | None = None
    note: str = ""
    legend: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Box]:
        for lane in (self.forward, self.backward, *self.further):
            yield from lane


class Placed(NamedTuple):
    """Where a picture is drawn, in points from its lower left corner: ``boxes`` as x, y, width, height, edges by their place in the
    scene as points of splines, and the frames of each row."""

    boxes: dict[str, tuple[float, float, float, float]]
    lines: dict[int, str]
    frames: list[Frame]
    height: float
