"""Pictures of graphs. They read the nodes that the engine recorded; the engine does not know that they exist."""

from autograd.drawing.dot import draw
from autograd.drawing.render import render

__all__ = ["draw", "render"]
