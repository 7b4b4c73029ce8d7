"""A recorded graph as DOT text: squares are variables, circles are operations, as in *Dive into Deep Learning* (5.3.2).

The text depends on the program alone, never on addresses: numbers follow the order of the graph, so that pictures can be
compared. Colours are told apart by those who see them differently, and every meaning has a second cue (dashes, borders).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import graphviz

from autograd.graph import Node, Op, ancestors

__all__ = ["draw"]

SIGNS = {"*": "×", "-": "−", "neg": "−", "/": "÷", "sum": "Σ", "pow": "^"}
FOLDS = ("+", "-", "*", "/", "%", "//", "pow", "maximum", "minimum", "clamp_min", "clamp_max", "prelu", "elu")
INK, PAPER = "#1f2430", "#ffffff"
#             fill       border     further attributes
LOOKS = {
    "parameter": ("#cfe6f5", "#0072B2", {}),
    "input": ("#eceef1", "#7a818c", {"style": "filled,dashed"}),
    "middle": ("#ffffff", "#5b6270", {}),
    "output": ("#fbe3b0", "#B87900", {"peripheries": "2"}),
    "operation": ("#f4f5f7", "#5b6270", {}),
    "gradient": ("#f6dcea", "#A8437F", {}),
}


def draw(
    outputs: Node | Sequence[Node],
    *,
    names: Any = None,
    rankdir: str = "LR",
    max_nodes: int = 300,
) -> graphviz.Digraph:
    """The graph that led to ``outputs``, as a `graphviz.Digraph`; `render` makes a picture file of it.

    What the first output was made from is the forward graph. What only the further outputs were made from (gradients
    recorded with ``create_graph=True``) is the backward graph, drawn in purple with dashed edges. ``names`` maps names to
    nodes, or is a module, or pairs as from ``named_parameters()``; else labels of Values are used. Beyond ``max_nodes``
    variables the graph is cut, nearest to the outputs kept, and a box says so. A released graph still draws.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> print(draw(a * b).source.count("shape=box"))
    1
    """
    roots: list[Any] = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    for n in roots:
        if not isinstance(n, Node):
            raise TypeError(f"draw takes Values and Tensors, got {type(n).__name__}")
    if not roots:
        raise ValueError("draw needs at least one Value or Tensor")
    known = _names(names)
    nodes, cut = _nearest(roots, max_nodes)
    forward = set(ancestors(roots[0], within=set(nodes)))
    g = graphviz.Digraph(
        graph_attr={"rankdir": rankdir, "bgcolor": PAPER, "nslimit": "2", "nslimit1": "2", "fontname": FONT},
        node_attr={"fontname": FONT, "fontsize": "11", "fontcolor": INK, "style": "filled", "margin": "0.11,0.05", "shape": "box",
                   "height": "0.3", "width": "0.3"},
        edge_attr={"color": "#5b6270", "arrowsize": "0.7"},
    )  # fmt: skip
    number = {n: i for i, n in enumerate(nodes)}
    for n, i in number.items():
        backward = n not in forward
        look = _look(_kind(n, roots, backward))
        if backward and not n.args:  # a seed or a mask: a constant of the backward pass, with a dashed border as an input
            look["style"] = "filled,dashed"
        g.node(f"v{i}", _label(n, known.get(n)), **look)
        if n.op is None or not n.args:
            continue
        fill, border, _ = LOOKS["gradient" if backward else "operation"]
        edge = {"style": "dashed", "color": border} if backward else {}
        sign = _sign(n.op, n.args)
        shape = "circle" if len(sign) < 4 else "ellipse"
        g.node(f"o{i}", graphviz.escape(sign), shape=shape, fillcolor=fill, color=border, margin="0.03")
        g.edge(f"o{i}", f"v{i}", **edge)
        for a in n.args:
            if isinstance(a, Node):
                g.edge(f"v{number[a]}" if a in number else "more", f"o{i}", **edge)
    if cut:
        g.node("more", f"… more than {max_nodes}\nvariables: cut here", style="dashed")
    return g


FONT = "Helvetica,Arial,sans-serif"


def _names(names: Any) -> dict[Node, str]:
    if names is None:
        return {}
    if hasattr(names, "named_parameters"):
        names = names.named_parameters()
    pairs: Iterable[Any] = names.items() if isinstance(names, Mapping) else names
    found: dict[Node, str] = {}
    for pair in pairs:
        name, node = pair
        if not isinstance(node, Node):
            raise TypeError(f"names maps names to Values and Tensors, got {type(node).__name__} for {name!r}")
        found[node] = str(name)
    return found


def _nearest(roots: list[Node], limit: int) -> tuple[list[Node], bool]:
    """At most ``limit`` nodes, breadth first from the roots, arguments before results; and whether more were left out."""
    near: dict[Node, None] = dict.fromkeys(roots)
    cut = False
    for n in (queue := list(near)):
        for a in n.args:
            if isinstance(a, Node) and a not in near:
                if len(near) < limit:
                    near[a] = None
                    queue.append(a)
                else:
                    cut = True
    return ancestors(*roots, within=near), cut


def _look(kind: str) -> dict[str, str]:
    fill, border, more = LOOKS[kind]
    return {"fillcolor": fill, "color": border, **more}


def _kind(n: Node, roots: list[Node], backward: bool) -> str:
    if backward:
        return "gradient"
    if n is roots[0]:
        return "output"
    if n.is_leaf:
        return "parameter" if n.requires_grad else "input"
    return "middle"


def _sign(op: Op, args: tuple[Any, ...]) -> str:
    """The operation with its constants folded in: ``× 0.1``, ``^ 2``."""
    sign = SIGNS.get(op.name, op.name)
    constants = [a for a in args if isinstance(a, int | float) and not isinstance(a, bool)]
    if op.name in FOLDS and len(constants) == 1:
        number = _number(constants[0])
        return f"{number} {sign}" if args[0] is constants[0] else f"{sign} {number}"
    return sign


def _number(x: float) -> str:
    """Four significant digits, a true minus sign, no -0."""
    return f"{x + 0.0:.4g}".replace("-", "−")


def _label(n: Node, name: str | None) -> str:
    shape = getattr(n, "shape", ())
    lines = [name or getattr(n, "label", None) or ""]
    if shape:
        lines.append("×".join(map(str, shape)))
    elif n.raw is not None:
        lines.append(_number(float(n.raw)))
    grad = n.grad.raw if isinstance(n.grad, Node) else n.grad
    if grad is not None and not shape:
        lines.append(f"grad {_number(float(grad))}")
    return graphviz.escape("\n".join(line for line in lines if line) or "·")
