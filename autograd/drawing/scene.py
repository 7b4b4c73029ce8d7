"""What a picture shows, as plain data: boxes in frames, and edges between boxes.

Those who read graphs make a scene, others may add to it, and `dot` writes it as text; so two pictures can be compared, and no text
that was just written has to be searched. How things look is not said here: a kind stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["KINDS", "Box", "Edge", "Frame", "Placed", "Scene"]

KINDS = {  # of boxes, in words
    "parameter": "parameter", "input": "input", "middle": "intermediate", "output": "output", "operation": "operation",
    "gradient": "gradient", "given": "seed, mask or constant", "module": "module",
}  # fmt: skip


@dataclass
class Box:
    """A variable, an operation (``round``) or a module. ``label`` holds its lines. Without a ``tooltip`` it is written without its id."""

    id: str
    kind: str
    label: list[str]
    tooltip: str = ""
    round: bool = False


@dataclass
class Edge:
    """From one box to another.

    ``kind`` is "plain", "gradient", "saved" (for the derivative), or "level": nothing is drawn, but the boxes stand side by side.
    ``id`` is e5_0 for the first argument of operation 5; ``argument`` its place from 1, if that is in question. The layout takes
    no notice of an edge that is not a ``constraint``, and puts the head first where ``back``.
    """

    tail: str
    head: str
    kind: str = "plain"
    id: str = ""
    argument: int = 0
    label: str = ""
    back: bool = False
    constraint: bool = True
    tooltip: str = ""


@dataclass
class Frame:
    """What belongs together: the boxes of a module call or of a lane, and the frames in it.

    ``rectangle`` is where it is drawn, if that is known: left, bottom, right, top, in points.
    """

    title: str
    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    rectangle: tuple[float, float, float, float] | None = None

    def __iter__(self) -> Iterator[Box]:
        """All boxes in it."""
        yield from self.boxes
        for frame in self.frames:
            yield from frame


@dataclass
class Scene:
    """A picture: two lanes, of which ``ends`` are the last boxes if both were drawn as mirrors, a note below, words by kind."""

    forward: Frame = field(default_factory=lambda: Frame(""))
    backward: Frame = field(default_factory=lambda: Frame("backward"))
    edges: list[Edge] = field(default_factory=list)
    ends: tuple[str, str] | None = None
    note: str = ""
    legend: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Box]:
        yield from self.forward
        yield from self.backward


class Placed(NamedTuple):
    """Where a picture is drawn, in points from its lower left corner: ``boxes`` as x, y, width, height, edges by their place in the
    scene as points of splines, and the frames of each row."""

    boxes: dict[str, tuple[float, float, float, float]]
    lines: dict[int, str]
    frames: list[Frame]
    height: float
