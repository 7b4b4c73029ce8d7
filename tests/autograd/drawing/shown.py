"""The graphs by which layouts are judged, small and large, of numbers and of tensors: each drawn as a reader would draw it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import autograd as ag
import nn
from autograd import Value
from autograd.drawing import Graph, draw


def neuron(**how: Any) -> Graph:
    x, w, b, t = Value(0.5), Value(-1.5), Value(0.8), Value(1.0, requires_grad=False)
    z = w * x
    u = z + b
    a = u.tanh()
    r = 0.1 * w**2
    L = (a - t) ** 2 + r
    return draw(L, **how)


def micrograd(**how: Any) -> Graph:
    """The example of micrograd's README."""
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
    return draw(g, **how)


def mlp(**how: Any) -> Graph:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))
    X, y = ag.ones(64, 784), ag.zeros(64, dtype=ag.int64)
    loss = nn.CrossEntropyLoss()(net(X), y)
    return draw(loss, names=net, **how)


class Block(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(n, n), nn.ReLU(), nn.Linear(n, n)

    def forward(self, x: Any) -> Any:
        return x + self.fc2(self.act(self.fc1(x)))


def residual(**how: Any) -> Graph:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 16), Block(16), Block(16), nn.Linear(16, 3))
    loss = nn.CrossEntropyLoss()(net(ag.ones(5, 8)), ag.zeros(5, dtype=ag.int64))
    return draw(loss, names=net, **how)


def twin(**how: Any) -> Graph:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).scalars()
    x = [Value(1.0, requires_grad=False), Value(-2.0, requires_grad=False)]
    out = net(x)
    return draw(out, names=net, **how)


def layers(count: int, **how: Any) -> Graph:
    ag.manual_seed(0)
    net = nn.Sequential(*[m for _ in range(count) for m in (nn.Linear(16, 16), nn.Tanh())], nn.Linear(16, 10))
    loss = nn.CrossEntropyLoss()(net(ag.ones(5, 16)), ag.zeros(5, dtype=ag.int64))
    return draw(loss, names=net, **{"max_nodes": 2000, **how})


SHOWN: dict[str, Callable[..., Graph]] = {
    "neuron": neuron, "micrograd": micrograd, "mlp": mlp, "residual": residual, "twin": twin, "twelve": partial(layers, 12),
    "fifty": partial(layers, 50),
}  # fmt: skip
