"""The layers of a network as a training shows them: which parameters each has, its picture, and how large its numbers are at a step.

The picture is drawn once, from the first graph that is seen. All later graphs are only measured: a parameter is in its layer for good,
and an activation belongs to the last layer that leads to it, whatever the graph around them looks like.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from autograd.core.node import Node
from autograd.core.walk import ancestors
from autograd.drawing.colouring import Colouring
from autograd.drawing.diagnosis import SATURATE, Diagnosis, dead_units, flat_entries
from autograd.drawing.dot import to_dot
from autograd.drawing.modules import Folded, Modules
from autograd.drawing.painter import Painter
from autograd.drawing.statistics import measured, together
from autograd.drawing.style import NODES, Style
from autograd.ops.elementwise import relu
from autograd.program.reading import TooLargeError, read, scopes
from autograd.program.words import clean, shape, shape_of

__all__ = ["Flat", "Layer", "Layers", "beginning_of", "rms"]

SMALL = 60  # operations; a network without modules in it is drawn with each of them, up to here
LOOKED = 10_000  # entries of an activation are enough to tell how much of it is flat; of few, to look at all is faster than to choose
ROOM = "grad 8.8e−88", "saturated >99 %"  # the widest that will stand in a box: of a layer, of an activation


class Flat(NamedTuple):
    """Of the activations of a layer: how many entries are flat, of how many, and how many units are dead, of how many (0: it has none
    that could be, or there are too few examples to tell)."""

    flat: int
    entries: int
    dead: int
    units: int


@dataclass
class Layer:
    """Some parameters that stand in one box of the picture, and the boxes of the activations after them."""

    name: str
    box: str
    parameters: list[Node]
    activation: str = ""
    after: list[str] = field(default_factory=list)

    def shapes(self) -> str:
        return ", ".join(shape(shape_of(p)) or "1" for p in self.parameters[:3]) + " …" * (len(self.parameters) > 3)


class Layers:
    """Those of ``net``, in the order in which the graph of ``root`` goes through them, with the ``picture`` of its modules at ``depth``.

    A network that is called as a module is drawn from its inputs to its output; else the whole graph is. ``trouble`` says why there is
    no picture.
    """

    def __init__(self, net: Any, root: Node, depth: int, frame: FrameType) -> None:
        self.net, self.trouble = net, ""
        self.all: list[Layer] = []
        self.of: dict[Node, int] = {}
        self._kept: list[list[np.ndarray]] = []
        self._source: Callable[[], str] | None = None
        self._svg: str | None = None
        names = {p: name for name, p in net.named_parameters()}
        output = self._output(ancestors(root))
        try:
            self._read(names, root if output is None else output, depth, frame)
        except TooLargeError as error:
            self.trouble = f"No picture: {error}"
        taken = {p for layer in self.all for p in layer.parameters}
        groups: dict[str, list[Node]] = {}
        for p, name in names.items():  # those that this graph does not use; all, where there is no picture
            if p not in taken:
                groups.setdefault(clean(name.rpartition(".")[0] or name), []).append(p)
        self.all += [Layer(name, "", group) for name, group in groups.items()]
        self.of = {p: i for i, layer in enumerate(self.all) for p in layer.parameters}

    def _output(self, nodes: list[Node]) -> Node | None:
        """What the last call of the network returned; where it is not called itself, of a module with parameters."""
        calls = [(n, call.module()) for n in reversed(nodes) if not n.is_leaf for call in n.calls]
        own = [n for n, module in calls if module is self.net]
        others = (n for n, module in calls if any(True for _ in getattr(module, "parameters", tuple)()))
        return own[0] if own else next(others, None)

    def _read(self, parameters: Container[Node], root: Node, depth: int, frame: FrameType) -> None:
        reading = read([root], self.net, what="watch", limit=100_000, frame=frame)
        around = scopes(reading, self.net, frame)
        outer = next((i for path in around.values() for i, scope in enumerate(path) if scope.call.module() is self.net), None)
        if outer is None:  # its parts are called, or one that stands for it
            outer = 0 if len({path[0].call.module for path in around.values() if path}) == 1 else -1
        modules = _Apart(reading, around, outer + depth)
        if len({*modules.of.values()}) == 1 and sum(n in parameters for n in reading.nodes) > 2 and len(reading.nodes) <= SMALL:
            modules = _Apart(reading, around, None)
        style = Style(color=None, show_grads=False, show_values=False, show_source=False, depth=depth)
        painter = Painter(reading, modules, style, Colouring(reading, modules, style))
        painter.forward()
        boxes = {box.id: box for box in painter.scene}
        if len(boxes) > NODES:
            raise TooLargeError(f"it would have {len(boxes):,} boxes, more than {NODES}; watch(depth=1) shows the outermost modules")
        found: dict[str, Layer] = {}
        for n in reading.nodes:
            if n in parameters:
                box = boxes[painter.module(n) or f"v{reading.number[n]}"]
                name = box.label[0] if box.label else clean(reading.name(n))
                found.setdefault(box.id, Layer(name, box.id, [])).parameters.append(n)
        self.all = [*found.values()]
        self.of = {p: i for i, layer in enumerate(self.all) for p in layer.parameters}
        for n, i in self._owners(reading.nodes):
            if n.op in SATURATE:
                layer, after = self.all[i], painter.target(n)
                layer.activation = layer.activation or str(n.op.name).strip("_")
                if after in boxes and after != layer.box and after not in layer.after:
                    layer.after.append(after)
        for layer in self.all:
            boxes[layer.box].label.append(ROOM[0])
            for id in layer.after:
                boxes[id].label.append(ROOM[1])
        picture = to_dot(painter.scene, style)  # a text: the graph can go
        self._source = lambda: picture.pipe(encoding="utf-8")

    def picture(self) -> str:
        """The network as SVG; nothing, and then there is ``trouble``, where it cannot be drawn."""
        if self._svg is None:
            self._svg = ""
            if self._source is not None:
                try:
                    svg = self._source()
                    self._svg = svg[svg.index("<svg") :]
                except (RuntimeError, TimeoutError) as error:
                    self.trouble = f"No picture: {error}"
        return self._svg

    def _owners(self, nodes: Iterable[Node]) -> Iterable[tuple[Node, int]]:
        """The results among ``nodes``, arguments before results, each with the last layer that leads to it."""
        owner: dict[Node, int] = {}
        for n in nodes:
            if n.is_leaf:
                if (i := self.of.get(n)) is not None:
                    owner[n] = i
                continue
            layers = [owner[a] for a in n.args if isinstance(a, Node) and a in owner]
            if layers:
                owner[n] = max(layers)
                yield n, owner[n]

    # What is measured at a step.
    def activations(self, root: Node) -> list[Flat | None] | None:
        """How flat the activations of each layer are, before a backward from ``root`` lets them go; None where no layer leads to it."""
        nodes = ancestors(root)
        output = self._output(nodes)
        found: dict[int, Flat | None] = {}
        reached = False
        for n, i in self._owners(nodes):
            reached = True
            if n.op in SATURATE and (more := _flat(n)) is not None:
                found[i] = Flat(*(a + b for a, b in zip(found.get(i) or (0, 0, 0, 0), more)))
            if n is output:  # beyond it are the activations of the loss, which are none of a layer
                break
        return [found.get(i) for i in range(len(self.all))] if reached else None

    def gradients(self) -> list[float | None]:
        """The rms of what each layer has in ``.grad``, a NaN where it is not finite; None where nothing arrived."""
        found: list[float | None] = []
        for layer in self.all:
            grads = [g.raw if isinstance(g, Node) else g for p in layer.parameters if (g := p.grad) is not None]
            found.append(rms(_arrays(grads)) if grads else None)
        return found

    def keep(self) -> None:
        """Remember the weights of the parameters that are trained; the memory for that is taken once."""
        now = [self._trained(layer) for layer in self.all]
        if [[a.shape for a in arrays] for arrays in now] != [[a.shape for a in arrays] for arrays in self._kept]:
            self._kept = [[a.copy() for a in arrays] for arrays in now]
            return
        for arrays, kept in zip(now, self._kept):
            for a, old in zip(arrays, kept):
                np.copyto(old, a)

    @np.errstate(all="ignore")
    def moved(self) -> list[float | None] | None:
        """rms(change) / rms(weight) of each layer since `keep`, of which nothing is kept then; None where nothing has changed at all."""
        ratios: list[float | None] = []
        moves = False
        for layer, kept in zip(self.all, self._kept):
            now = self._trained(layer)
            if [a.shape for a in now] != [a.shape for a in kept]:  # others are trained by now
                ratios.append(None)
                continue
            weight = rms(kept)
            for a, old in zip(now, kept):
                np.subtract(a, old, out=old)
            change = rms(kept)
            moves = moves or change != 0
            ratios.append(change / weight if weight else None)
        if not moves:
            self.keep()
            return None
        return ratios

    def _trained(self, layer: Layer) -> list[np.ndarray]:
        return _arrays([p.raw for p in layer.parameters if p.requires_grad])


class _Apart(Modules):
    """Each module has a box of its own, also where several look the same, for in a training they differ."""

    def boxes(self, marks: Callable[[list[Folded]], Any] = lambda run: None) -> list[list[list[Folded]]]:
        return super().boxes(lambda run: object())


def _arrays(raws: list[Any]) -> list[np.ndarray]:
    """Arrays; many numbers as one."""
    numbers = [x for x in raws if isinstance(x, float)]
    return [*(x for x in raws if not isinstance(x, float)), *([np.array(numbers)] if numbers else [])]


@np.errstate(all="ignore")
def rms(arrays: list[np.ndarray]) -> float:
    """Of arrays as of one; of none, 0. A NaN where a number is not finite.

    >>> rms([np.array([3.0, 4.0]), np.zeros((2, 3))])
    1.7677669529663689
    """
    size, squares = 0, 0.0
    for x in arrays:
        flat = x.reshape(-1)
        square = float(flat.dot(flat))
        if not 1e-20 < square < 1e30:  # a float32 has no room for it, or it is 0, or not finite
            s = together(map(measured, arrays))
            return s.number if s is not None else 0.0
        size, squares = size + flat.size, squares + square
    return math.sqrt(squares / size) if size else 0.0


def _flat(n: Node) -> Flat | None:
    """Of the result of an activation; of one with many entries, of some of them all over it."""
    raw, given = n.raw, n.args[0]
    given = given.raw if isinstance(given, Node) else given
    if raw is None or given is None or not np.size(raw):
        return None
    dead, units = (n.op is relu and dead_units(raw)) or (0, 0)
    if units:
        return Flat(0, 0, dead, units)
    size = np.size(raw)
    if size > LOOKED and np.size(given) == size:
        raw, given = (x.reshape(-1)[:: size // LOOKED] for x in (raw, given))
    assert n.op is not None
    return Flat(*flat_entries(n.op, raw, [given, *n.args[1:]]), 0, 0)


def beginning_of(root: Node, net: Any, frame: FrameType) -> str:
    """Where the first number that is not finite came from, in words; nothing where it is not known."""
    reading = read([root], net, what="watch", frame=frame)
    b = Diagnosis(reading, {}).beginning
    if b is None:
        return ""
    if b.node.is_leaf:
        kind = "the weights" if b.node.requires_grad else "the data"
        name = clean(reading.name(b.node))
        return f"{kind} {name}".rstrip()
    path = scopes(reading, net, frame).get(b.node, ())
    inner = [clean(scope.name or scope.call.kind) for scope in path if scope.call.module() is not net]
    sign = clean(reading.sign(b.node).replace("\n", " "))
    where = "" if b.certain else " or before"
    return f"{inner[-1]}: {sign}{where}" if inner else f"{sign}{where}"
