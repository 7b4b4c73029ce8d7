"""What is measured. Each workload is a function that sets up the same computation twice, ours and theirs.

It returns ``(ours, theirs, check)``: the two sides as functions without arguments, and a function that raises an
AssertionError where their results differ. A figure that is no pair of runs (bytes, a chain, an import) is a function that
returns a number. Theirs is written the way a person who wants it fast would write it, so that a ratio says what recording
costs and not how slow a straw man is.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from itertools import repeat
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd import Tensor, Value, draw_dot
from autograd.testing import gradcheck
from nn import functional as F

Side = Callable[[], Any]
Workload = tuple[Side, Side, Callable[[], None]]

HAS_MICROGRAD, HAS_TORCH = (importlib.util.find_spec(name) is not None for name in ("micrograd", "torch"))


def _same(name: str, ours: Any, theirs: Any, tolerance: float) -> None:
    a, b = np.asarray(ours), np.asarray(theirs)
    assert a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance), f"{name} differs: {a} and {b}"


# Scalars: the training step of micrograd's demo.
def _moons() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    t = np.linspace(0, np.pi, 50)
    x = np.concatenate([np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]]) + rng.normal(0, 0.1, (100, 2))
    return x, np.repeat([-1, 1], 50)


def _mlp(scalar: type[Any]) -> Any:
    """micrograd's own multilayer perceptron, 2-16-16-1, made of ``scalar``."""
    module = importlib.import_module("micrograd.nn")
    before, module.Value = module.Value, scalar  # type: ignore[attr-defined]
    try:
        random.seed(1337)
        return module.MLP(2, [16, 16, 1])
    finally:
        module.Value = before  # type: ignore[attr-defined]


def _loss(model: Any, inputs: list[list[Any]], y: Any) -> Any:
    """The demo's loss, as its users write it: a hinge and a penalty on large parameters."""
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + 1e-4 * sum(p * p for p in model.parameters())


def two_moons() -> Workload:
    x, y = _moons()
    labels = y.tolist()
    theirs_value = importlib.import_module("micrograd.engine").Value
    mine, other = _mlp(Value), _mlp(theirs_value)

    def step(model: Any, scalar: type[Any]) -> float:
        total = _loss(model, [list(map(scalar, row)) for row in x], labels)
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad
        return float(total.data)

    def ours() -> float:
        return step(mine, Value)

    def theirs() -> float:
        return step(other, theirs_value)

    def check() -> None:
        _same("the loss", ours(), theirs(), 1e-9)
        _same("a parameter", [p.data for p in mine.parameters()], [p.data for p in other.parameters()], 1e-9)

    return ours, theirs, check


def bytes_a_node() -> float:
    """The memory of the forward graph of that step, for each node that an operation made."""
    x, y = _moons()
    model, inputs = _mlp(Value), [list(map(Value, row)) for row in x]
    labels = y.tolist()
    _loss(model, inputs, labels)  # so that caches are filled before
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        total = _loss(model, inputs, labels)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    return used / sum(not n.is_leaf for n in ag.ancestors(total))


def chain(n: int, collect: bool) -> float:
    """Nanoseconds for each operation of a chain of ``n``: recorded, differentiated and freed.

    Python's garbage collector looks at all living objects now and then, at none in a short chain and at most of a long
    one several times; without ``collect`` it is switched off, which leaves the time of the engine itself.
    """
    gc.collect()
    if not collect:
        gc.disable()
    try:
        start = time.perf_counter()
        x = y = Value(1.0)
        for _ in repeat(None, n // 2):
            y = y * 0.5 + x
        y.backward()
        gradient = x.grad
        del x, y
        elapsed = time.perf_counter() - start
    finally:
        gc.enable()
    assert gradient is not None and abs(gradient - 2) < 1e-9, f"the gradient of the chain is {gradient}, not 2"
    return elapsed / n * 1e9


# Tensors: what recording adds to numpy.
def _leaves(arrays: list[np.ndarray]) -> list[Tensor]:
    return [ag.tensor(a.copy(), requires_grad=True) for a in arrays]


def _update(parameters: list[Tensor], lr: float) -> None:
    with ag.no_grad():
        for p in parameters:
            p.sub_(p.grad, alpha=lr)
            p.grad = None


def small_step() -> Workload:
    """2-16-16-1, tanh, mean squared error, batch 100: so small that all the time is overhead."""
    rng, lr = np.random.default_rng(0), 0.05
    x = rng.standard_normal((100, 2)).astype(np.float32)
    y = np.sign(x[:, :1] * x[:, 1:])
    shapes = [(16, 2), (16,), (16, 16), (16,), (1, 16), (1,)]
    start = [(rng.standard_normal(s) * 0.5).astype(np.float32) for s in shapes]
    parameters, tx, ty = _leaves(start), ag.tensor(x), ag.tensor(y)

    def ours() -> Tensor:
        w1, b1, w2, b2, w3, b3 = parameters
        h = ag.tanh(ag.linear(tx, w1, b1))
        h = ag.tanh(ag.linear(h, w2, b2))
        loss = F.mse_loss(ag.linear(h, w3, b3), ty)
        loss.backward()
        _update(parameters, lr)
        return loss

    w1, b1, w2, b2, w3, b3 = mine = [a.copy() for a in start]
    g1, c1, g2, c2, g3, c3 = grads = [np.empty_like(a) for a in start]
    h1, h2, d1, d2, t = (np.empty((100, 16), np.float32) for _ in range(5))
    o, e = np.empty((100, 1), np.float32), np.empty((100, 1), np.float32)

    def theirs() -> Any:
        np.matmul(x, w1.T, out=h1)
        np.add(h1, b1, out=h1)
        np.tanh(h1, out=h1)
        np.matmul(h1, w2.T, out=h2)
        np.add(h2, b2, out=h2)
        np.tanh(h2, out=h2)
        np.matmul(h2, w3.T, out=o)
        np.add(o, b3, out=o)
        np.subtract(o, y, out=e)
        np.square(e, out=o)
        loss = o.mean()
        np.multiply(e, 2 / 100, out=e)
        np.matmul(e.T, h2, out=g3)
        e.sum(axis=0, out=c3)
        np.matmul(e, w3, out=d2)
        np.square(h2, out=t)
        np.subtract(1, t, out=t)
        np.multiply(d2, t, out=d2)
        np.matmul(d2.T, h1, out=g2)
        d2.sum(axis=0, out=c2)
        np.matmul(d2, w2, out=d1)
        np.square(h1, out=t)
        np.subtract(1, t, out=t)
        np.multiply(d1, t, out=d1)
        np.matmul(d1.T, x, out=g1)
        d1.sum(axis=0, out=c1)
        for p, g in zip(mine, grads):
            np.multiply(g, lr, out=g)
            np.subtract(p, g, out=p)
        return loss

    def check() -> None:
        for _ in range(10):
            _same("the loss", ours().item(), theirs(), 1e-5)
        for p, a in zip(parameters, mine):
            _same("a parameter", p.detach().numpy(), a, 1e-5)

    return ours, theirs, check


def large_step() -> Workload:
    """784-256-10, ReLU, cross-entropy, batch 256, against the matrix products that no implementation can do without."""
    rng, lr = np.random.default_rng(0), 0.1
    x = rng.standard_normal((256, 784)).astype(np.float32)
    labels = rng.integers(0, 10, 256)
    start = [(rng.standard_normal(s) * 0.05).astype(np.float32) for s in [(256, 784), (256,), (10, 256), (10,)]]
    parameters, tx, ty = _leaves(start), ag.tensor(x), ag.tensor(labels)
    w1, b1, w2, b2 = start

    def forward() -> Tensor:
        v1, c1, v2, c2 = parameters
        return F.cross_entropy(ag.linear(ag.relu(ag.linear(tx, v1, c1)), v2, c2), ty)

    def ours() -> None:
        forward().backward()
        _update(parameters, lr)

    h = np.maximum(x @ w1.T + b1, 0)
    p = np.exp(h @ w2.T + b2)
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(256), labels] -= 1
    p /= 256
    hidden = (p @ w2) * (h > 0)

    def theirs() -> tuple[np.ndarray, ...]:
        return x @ w1.T, h @ w2.T, p.T @ h, p @ w2, hidden.T @ x

    def check() -> None:
        _, _, g2, _, g1 = theirs()
        grads = ag.grad(forward(), parameters)
        for name, g, a in zip(("w1", "b1", "w2", "b2"), grads, (g1, hidden.sum(0), g2, p.sum(0))):
            _same(f"the gradient of {name}", g.numpy(), a, 1e-5)

    return ours, theirs, check


def epoch(rows: int = 60_000, batch: int = 256) -> Workload:
    """An epoch of the book's concise MLP, 784-256-10 on data of Fashion-MNIST's size: loader, module, loss, backward, SGD."""
    rng, lr = np.random.default_rng(0), 0.1
    x, labels = rng.random((rows, 784), np.float32), rng.integers(0, 10, rows)
    ag.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    loss, optimizer = nn.CrossEntropyLoss(), nn.optim.SGD(net.parameters(), lr=lr)
    order = ag.Generator()
    data = nn.data.TensorDataset(ag.from_numpy(x), ag.from_numpy(labels))
    loader = nn.data.DataLoader(data, batch, shuffle=True, generator=order)
    w1, b1, w2, b2 = (p.detach().numpy().copy() for p in net.parameters())

    def ours() -> float:
        total = 0.0
        for features, targets in loader:
            l = loss(net(features), targets)
            optimizer.zero_grad()
            l.backward()
            optimizer.step()
            total += l.item()
        return total

    shuffle = ag.Generator()

    def theirs() -> float:
        total = 0.0
        permutation = ag.randperm(rows, generator=shuffle).numpy()
        for start in range(0, rows, batch):
            chosen = permutation[start : start + batch]
            a, y = x[chosen], labels[chosen]
            n = len(y)
            h = a @ w1.T
            h += b1
            r = np.maximum(h, 0)
            o = r @ w2.T
            o += b2
            o -= o.max(axis=1, keepdims=True)
            e = np.exp(o)
            s = e.sum(axis=1, keepdims=True)
            total += float(-(o - np.log(s))[np.arange(n), y].mean())
            e /= s
            e[np.arange(n), y] -= 1
            e /= n
            d = e @ w2
            d *= h > 0
            g2, c2, g1, c1 = e.T @ r, e.sum(axis=0), d.T @ a, d.sum(axis=0)
            for p, g in ((w1, g1), (b1, c1), (w2, g2), (b2, c2)):
                g *= lr
                p -= g
        return total

    def check() -> None:
        _same("the loss", ours(), theirs(), 1e-4)
        for p, a in zip(net.parameters(), (w1, b1, w2, b2)):  # 235 steps in float32, and a rectifier that may switch
            _same("a parameter", p.detach().numpy(), a, 2e-3)

    return ours, theirs, check


def loader(rows: int = 60_000, batch: int = 256) -> Workload:
    """A shuffled walk over data of Fashion-MNIST's size, against the same gathers written by hand."""
    x, y = np.random.default_rng(0).random((rows, 784), np.float32), np.arange(rows)
    ours_order, theirs_order = ag.Generator(), ag.Generator()
    data = nn.data.DataLoader(nn.data.TensorDataset(ag.from_numpy(x), ag.from_numpy(y)), batch, shuffle=True, generator=ours_order)

    def ours() -> Any:
        last = None
        for features, targets in data:
            last = features, targets
        return last

    def theirs() -> Any:
        last = None
        permutation = ag.randperm(rows, generator=theirs_order).numpy()
        for start in range(0, rows, batch):
            chosen = permutation[start : start + batch]
            last = x[chosen], y[chosen]
        return last

    def check() -> None:
        for a, b in zip(ours(), theirs()):
            _same("the last batch", a.numpy(), b, 0)

    return ours, theirs, check


def mask(shape: tuple[int, int] = (256, 256), p: float = 0.2) -> Workload:
    """Dropout of a hidden layer, against the same with its mask made of random floats."""
    x, generator, rng = ag.ones(shape), ag.Generator(), np.random.default_rng(0)
    a = x.numpy()

    def ours() -> Any:
        return F.dropout(x, p, generator=generator)

    def theirs() -> Any:
        return a * ((rng.random(shape, dtype=np.float32) >= p).astype(np.float32) / np.float32(1 - p))

    def check() -> None:
        _same("the mean", ours().numpy().mean(), theirs().mean(), 0.05)

    return ours, theirs, check


SUMS = 1000  # additions in one run of the two workloads below


def _sums(a: Any, b: Any) -> Side:
    def run() -> Any:
        x, y = a, b
        for _ in repeat(None, SUMS - 1):
            x + y
        return x + y

    return run


def _matrices() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((4, 4), np.float32), rng.random((4, 4), np.float32)


def one_sum() -> Workload:
    a, b = _matrices()
    ours, theirs = _sums(*_leaves([a, b])), _sums(a, b)
    return ours, theirs, lambda: _same("the sum", ours().detach().numpy(), theirs(), 0)


class _Box:
    """The least that a recorded result can be: one object around one array."""

    __slots__ = ("raw",)
    raw: Any

    def __add__(self, other: _Box) -> _Box:
        z: _Box = object.__new__(_Box)
        z.raw = self.raw + other.raw
        return z


def _boxed(raw: np.ndarray) -> _Box:
    z = _Box()
    z.raw = raw
    return z


def floor_of_one_sum() -> Workload:
    a, b = _matrices()
    ours, theirs = _sums(_boxed(a), _boxed(b)), _sums(a, b)
    return ours, theirs, lambda: _same("the sum", ours().raw, theirs(), 0)


# Gradient checks.
def gradient_check() -> Workload:
    """gradcheck of an analytic function of 100 inputs and 10 outputs, here and in PyTorch, both asking for every entry."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) / 5 for shape in ((10, 100), (10, 10), (100,))]

    def function(lib: Any, w: Any, v: Any) -> Callable[[Any], Any]:
        return lambda x: lib.sin(v @ lib.tanh(w @ x)) * lib.exp(-x[:10] * x[:10])

    w, v, x = (ag.tensor(a) for a in arrays)
    w_, v_, x_ = (torch.tensor(a) for a in arrays)
    ours, theirs = function(ag, w, v), function(torch, w_, v_)
    x.requires_grad_()
    x_.requires_grad_()
    return (
        lambda: gradcheck(ours, x),
        lambda: torch.autograd.gradcheck(theirs, x_),
        lambda: _same("the result", ours(x).detach().numpy(), theirs(x_).detach().numpy(), 1e-12),
    )


# Pictures.
def text_of_a_node(n: int = 10_000) -> float:
    """Microseconds for each variable that the text of a picture takes, for a graph of chains that meet."""
    y = [Value(float(i)) for i in range(10)]
    for i in range(n):
        y[i % 10] = y[i % 10] * 0.5 + y[(i + 1) % 10] if i % 3 else y[i % 10].tanh()
    total = sum(y, Value(0.0))
    variables = len(ag.ancestors(total))

    def once() -> float:
        gc.collect()
        start = time.perf_counter()
        source = draw_dot(total, max_nodes=10 * n).source
        elapsed = time.perf_counter() - start
        assert source.count(" [id=v") == variables
        return elapsed / variables * 1e6

    return statistics.median(once() for _ in range(5))


def picture_of_layers(layers: int = 50) -> float:
    """Milliseconds for the picture of a deep network with its loss, forward and backward, as SVG."""
    net = nn.Sequential(*[m for _ in range(layers) for m in (nn.Linear(16, 16), nn.Tanh())])
    loss = nn.functional.mse_loss(net(ag.randn(8, 16)), ag.zeros(8, 16))

    def once() -> float:
        start = time.perf_counter()
        picture = draw_dot(loss, layout="mirror").pipe("svg")
        elapsed = time.perf_counter() - start
        assert picture.count(b'class="node"') > 6 * layers
        return elapsed * 1e3

    return statistics.median(once() for _ in range(5))


def lines(n: int = 2000) -> Workload:
    """A chain recorded with the line of each operation, and without."""

    def plain() -> Value:
        y = Value(1.0)
        for _ in repeat(None, n):
            y = y * 0.5
        return y

    def noted() -> Value:
        with ag.record_lines():
            return plain()

    return noted, plain, lambda: _same("the value", noted().data, plain().data, 0)


def import_time(pairs: int) -> float:
    """Milliseconds that `import autograd` adds to `import numpy`, in fresh interpreters."""

    def seconds(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)
        return time.perf_counter() - start

    with_us, without = "import numpy, autograd", "import numpy"
    with tempfile.TemporaryDirectory() as cache:  # bytecode is kept, as after an installation, whatever the caller's settings
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPYCACHEPREFIX": cache}
        seconds(with_us)
        return statistics.median(seconds(with_us) - seconds(without) for _ in range(pairs)) * 1e3
