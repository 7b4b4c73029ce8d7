"""Pictures of graphs. They read the nodes that the engine recorded; the engine does not know that they exist.

A `style` says what is asked for, `plan` what is read and in which layout; `painter`, `modules` and `backward` (with the products of
`flow`) fill a `scene`, `tensors` and `thumbnails` show in it what is in a tensor; `layout` says where everything stands, `dot` writes it
as text in the colours of `looks`, and `picture` has it drawn. `size` counts, and `table` has `summary`.
"""

from autograd.drawing.dot import draw, draw_dot
from autograd.drawing.picture import Graph, render
from autograd.drawing.size import Size, graph_size
from autograd.drawing.table import Summary, summary
from autograd.program.text import Listing, listing

__all__ = [
    "Graph", "Listing", "Size", "Summary", "draw", "draw_dot", "graph_size", "listing", "render", "summary",
]  # fmt: skip
