"""Graphs that pictures must get right. Their scenes stand in ``golden/``, and of a few that have every look in them the DOT texts.

They compute in float64, so that no other machine rounds the digits shown another way. After a change that is meant, write them
anew with ``python -m tests.autograd.drawing.graphs``, and look at the difference.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import Value
from autograd.drawing import Graph, dot, draw_dot
from autograd.drawing.scene import Box, Edge, Frame, Scene

GOLDEN = Path(__file__).parent / "golden"


def micrograd() -> Graph:
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return draw_dot(g)


def neuron() -> Graph:
    x, w, b, t = Value(0.5), Value(-1.5), Value(0.8), Value(1.0, requires_grad=False)
    z = w * x
    u = z + b
    a = u.tanh()
    d = a - t
    r = 0.1 * w**2
    L = d**2 + r
    return draw_dot(L, layout="mirror", legend=True)


def penalty() -> Graph:
    """J = L + s of the book's section on forward and backward propagation (5.3)."""
    x, y = ag.tensor([[0.5, -1.0, 2.0]], dtype=ag.float64), ag.tensor([1])
    W1 = ag.full((4, 3), 0.1, requires_grad=True, dtype=ag.float64)
    W2 = ag.full((2, 4), -0.2, requires_grad=True, dtype=ag.float64)
    z = x @ W1.T
    h = ag.relu(z)
    o = h @ W2.T
    L = nn.functional.cross_entropy(o, y)
    s = 0.01 / 2 * ((W1**2).sum() + (W2**2).sum())
    J = L + s
    return draw_dot(J, layout="mirror")


def dropout() -> Graph:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 2)).double()
    images, labels = ag.ones(3, 2, 3, dtype=ag.float64), ag.tensor([0, 1, 1])
    loss = nn.CrossEntropyLoss()(net(images), labels)
    return draw_dot(loss, names=net)


def second_derivative() -> Graph:
    x = Value(2.0)
    y = x * x.sin()
    (dy,) = ag.grad(y, x, create_graph=True)
    (d2y,) = ag.grad(dy, x, create_graph=True)
    return draw_dot([y, dy, d2y])


def recorded_gradients() -> Graph:
    x, w = Value(0.5), Value(-1.5)
    L = (w * x).tanh() ** 2
    gradients = ag.grad(L, [w, x], create_graph=True)
    return draw_dot([L, *gradients], layout="flow")


def shared() -> Graph:
    x = Value(3.0)
    y = x * x + x
    return draw_dot(y * y, show_saved=True)


def doublings() -> Graph:
    x = Value(1.0)
    for _ in range(18):
        x = x + x
    return draw_dot(x)


def detached() -> Graph:
    w = Value(2.0)
    h = w * w
    y = h.detach() * w + h
    return draw_dot(y, fold_constants=False, show_shapes=False)


def without_grad() -> Graph:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        scale = w * 2
    y = (w * scale).sum()
    return draw_dot(y, rankdir="TB", theme="dark")


def broadcast() -> Graph:
    x, b = ag.ones(4, 3, dtype=ag.float64), ag.zeros(3, dtype=ag.float64, requires_grad=True)
    y = ((x + b) ** 2).mean()
    return draw_dot(y, layout="mirror")


def released() -> Graph:
    ag.manual_seed(0)
    net = nn.MLP(2, [3, 1]).double()
    x = ag.ones(4, 2, dtype=ag.float64)
    loss = (net(x) ** 2).mean()
    loss.backward()
    return draw_dot(loss, names=net, depth=1)


def chain(layers: int) -> Graph:
    ag.manual_seed(0)
    net = nn.Sequential(*[m for _ in range(layers) for m in (nn.Linear(8, 8), nn.Tanh())]).double()
    y = net(ag.ones(2, 8, dtype=ag.float64)).sum()
    return draw_dot(y, names=net, layout="mirror")


def two_layers() -> Graph:
    return chain(2)


def fifty_layers() -> Graph:
    """The same over and over, so there is no scene of it to compare: it is drawn, and in time."""
    return chain(50)


def repeats() -> Graph:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), *[nn.Linear(8, 8) for _ in range(12)], nn.Linear(8, 1)).double()
    y = net(ag.ones(2, 4, dtype=ag.float64)).sum()
    return draw_dot(y, depth=1, layout="mirror")


def scalars() -> Graph:
    layer = nn.Linear(2, 2)
    with ag.no_grad():
        layer.weight[:] = ag.tensor([[0.5, -1.0], [2.0, 0.25]])
        layer.bias[:] = ag.tensor([0.1, -0.1])
    twin = nn.Sequential(layer, nn.Tanh()).scalars()
    x = [Value(1.0, requires_grad=False), Value(-2.0, requires_grad=False)]
    p, q = twin(x)
    loss = p * q
    loss.backward()
    return draw_dot(loss, ops="inside")


GRAPHS: dict[str, Callable[[], Any]] = {
    f.__name__: f
    for f in (
        *(micrograd, neuron, penalty, dropout, second_derivative, recorded_gradients, shared, doublings, detached, without_grad),
        *(broadcast, released, two_layers, fifty_layers, repeats, scalars),
    )
}
SCENES = [name for name in GRAPHS if name != "fifty_layers"]
TEXTS = ["neuron", "recorded_gradients", "without_grad", "two_layers"]  # both lanes and a legend, flow, dark, frames


def scene_of_graph(name: str) -> Scene:
    """What would be written as text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dot, "to_dot", lambda scene, style: scene)
        found: Any = GRAPHS[name]()
    return found


def shown(scene: Scene) -> str:
    """A scene for readers: a line for each box, in its frame, and for each edge; everything that is not as it mostly is."""
    lines = [*_inside(scene.forward, ""), *(line for lane in (scene.backward, *scene.further) for line in _frame(lane, ""))]
    lines += map(_edge, scene.edges)
    lines += [f"ends: {' '.join(scene.ends)}"] if scene.ends else []
    lines += [f"scale: {scene.scale.title}: {', '.join(scene.scale.ticks)}"] if scene.scale else []
    lines += [f"note: {scene.note}"] if scene.note else []
    lines += [f"legend, {kind}: {_line(text)}" for kind, text in scene.legend.items()]
    return "\n".join(lines) + "\n"


def _frame(frame: Frame, indent: str) -> Iterator[str]:
    if frame.boxes or frame.frames:
        yield f"{indent}[{frame.title}]"
        yield from _inside(frame, indent + "  ")


def _inside(frame: Frame, indent: str) -> Iterator[str]:
    yield from (indent + _box(box) for box in frame.boxes)
    for inner in frame.frames:
        yield from _frame(inner, indent)


def _box(box: Box) -> str:
    text = f"({_line(*box.label)})" if box.round else f"[{_line(*box.label)}]"
    kind = box.kind + f" {box.mark}" * bool(box.mark) + (f" {box.tone:g}" if box.tone is not None else "")
    text += "".join(f" <{t.kind} {t.width}×{t.height}>" for row in box.thumbnails for t in row)
    return f"{box.id} {kind} {text}" + f" {_line(box.tooltip)}" * bool(box.tooltip)


def _edge(edge: Edge) -> str:
    if edge.kind == "level":
        return f"{edge.tail} = {edge.head}"
    line = {"plain": "-", "gradient": "--", "second": "==", "saved": ".."}[edge.kind]
    more = [f" {edge.id}"] * bool(edge.id) + [f" {edge.label}"] * bool(edge.label) + [f" ({edge.width:g})"] * bool(edge.width)
    more += [" free"] * (not edge.constraint) + [f" {edge.tooltip}"] * bool(edge.tooltip)
    return f"{edge.tail} {f'<{line}' if edge.back else f'{line}>'} {edge.head}{''.join(more)}"


def _line(*texts: str) -> str:
    return " | ".join(texts).replace("\n", " | ")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name in SCENES:
        (GOLDEN / f"{name}.txt").write_text(shown(scene_of_graph(name)), encoding="utf-8")
    for name in TEXTS:
        (GOLDEN / f"{name}.gv").write_text(GRAPHS[name]().source, encoding="utf-8")
    print("written:", *SCENES)
