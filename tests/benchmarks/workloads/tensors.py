"""Single operations on tensors, data on its way to a network, and gradient checks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd.testing import gradcheck
from nn import functional as F
from tests.benchmarks import by_hand, programs
from tests.benchmarks.measuring import Side, Workload, agreement, same
from tests.benchmarks.peers import OURS, libraries

NUMPY, HAND, GATHERS, FLOATS = "numpy's own", "numpy by hand", "numpy's gathers", "numpy with random floats"
BOX = "one bare object around numpy's"


class _Box:
    """The least that a recorded result can be: one object around one array."""

    __slots__ = ("raw",)
    raw: Any

    def __add__(self, other: _Box) -> _Box:
        z: _Box = object.__new__(_Box)
        z.raw = self.raw + other.raw
        return z

    def detach(self) -> np.ndarray:
        return self.raw


def one_sum(number: int = 1000) -> Workload:
    """E1: ``number`` times a + b of 4 x 4, float32, forward only."""
    rng = np.random.default_rng(0)
    pair = [rng.random((4, 4), np.float32) for _ in range(2)]

    def side(a: Any, b: Any) -> Side:
        def run() -> Any:
            x, y = a, b
            for _ in repeat(None, number - 1):
                x + y
            return x + y

        return run

    def boxed(raw: np.ndarray) -> _Box:
        z = _Box()
        z.raw = raw
        return z

    sides = {name: side(*programs.leaves(lib, pair)) for name, lib in libraries()}
    sides |= {NUMPY: side(*pair), BOX: side(*map(boxed, pair))}
    return Workload(sides, agreement(sides, 0))


def epoch(rows: int = 60_000, batch: int = 256, lr: float = 0.1) -> Workload:
    """N1: an epoch of 784-256-10 on data of Fashion-MNIST's size: loader, module, loss, backward, SGD."""
    rng = np.random.default_rng(0)
    x, labels = rng.random((rows, 784), np.float32), rng.integers(0, 10, rows)
    ag.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    loss, optimizer = nn.CrossEntropyLoss(), nn.optim.SGD(net.parameters(), lr=lr)
    loader, order = _loader(x, labels, batch)
    mine = [p.detach().numpy().copy() for p in net.parameters()]

    def ours() -> float:
        total = 0.0
        for features, targets in loader:
            l = loss(net(features), targets)
            optimizer.zero_grad()
            l.backward()
            optimizer.step()
            total += l.item()
        return total

    theirs = by_hand.epoch(mine, x, labels, batch, order, lr)

    def check() -> None:
        same("the loss", ours(), theirs(), 1e-4)
        same("a parameter", list(net.parameters()), mine, 2e-3)  # 235 steps in float32, and a rectifier that may switch

    return Workload({OURS: ours, HAND: theirs}, check)


def _loader(x: np.ndarray, y: np.ndarray, batch: int) -> tuple[nn.data.DataLoader, Callable[[], np.ndarray]]:
    """A shuffling loader over these rows, and the orders that it draws, drawn again."""
    data = nn.data.TensorDataset(ag.from_numpy(x), ag.from_numpy(y))
    again = ag.Generator()
    return (
        nn.data.DataLoader(data, batch, shuffle=True, generator=ag.Generator()),
        lambda: ag.randperm(len(x), generator=again).numpy(),
    )


def loader(rows: int = 60_000, batch: int = 256) -> Workload:
    """N2: a shuffled walk over data of that size, against the same gathers written by hand. A walk returns its last batch."""
    x, y = np.random.default_rng(0).random((rows, 784), np.float32), np.arange(rows)
    data, order = _loader(x, y, batch)

    def ours() -> Any:
        last = None
        for last in data:  # noqa: B007
            pass
        return last

    def theirs() -> Any:
        last = None
        permutation = order()
        for start in range(0, rows, batch):
            chosen = permutation[start : start + batch]
            last = x[chosen], y[chosen]
        return last

    return Workload({OURS: ours, GATHERS: theirs}, agreement({OURS: ours, GATHERS: theirs}, 0))


def mask(shape: tuple[int, int] = (256, 256), p: float = 0.2) -> Workload:
    """N3: dropout of a hidden layer, against the same with its mask made of random floats."""
    x, generator, rng = ag.ones(shape), ag.Generator(), np.random.default_rng(0)
    a = x.numpy()

    def ours() -> Any:
        return F.dropout(x, p, generator=generator)

    def theirs() -> Any:
        return a * ((rng.random(shape, dtype=np.float32) >= p).astype(np.float32) / np.float32(1 - p))

    def check() -> None:
        same("the mean", ours().mean(), theirs().mean(), 0.05)

    return Workload({OURS: ours, FLOATS: theirs}, check)


def gradient_check() -> Workload:
    """C1: gradcheck of an analytic function of 100 inputs and 10 outputs, here and in PyTorch, both asking for every entry."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) / 5 for shape in ((10, 100), (10, 10), (100,))]

    def function(torch: Any, w: Any, v: Any) -> Callable[[Any], Any]:
        return lambda x: torch.sin(v @ torch.tanh(w @ x)) * torch.exp(-x[:10] * x[:10])

    functions, sides = {}, {}
    for name, lib in libraries():
        w, v, x = (lib.torch.tensor(a) for a in arrays)
        f, check, x = function(lib.torch, w, v), gradcheck if name == OURS else lib.torch.autograd.gradcheck, x.requires_grad_()
        functions[name] = lambda f=f, x=x: f(x)
        sides[name] = lambda f=f, x=x, check=check: check(f, x)
    return Workload(sides, agreement(functions, 1e-12))
