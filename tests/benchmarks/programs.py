"""What is measured, said once. Each program takes the library that runs it, so that it is the same program everywhere.

``lib`` is a `Library` (see `peers`): the modules that a user imports, ours or PyTorch's, and ``lib.compiled``, which is done to what runs
again and again. ``np`` is numpy, or what has its names and differentiates: JAX, mygrad, HIPS autograd. Nothing is imported here but what
all of them have, since a child process whose environment has none of ours reads this file too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple


# Scalars.
def expression(a: Any, b: Any, relu: Callable[[Any], Any]) -> Any:
    """The example of micrograd's README, operation for operation: 24.7041 at (-4, 2), with the gradients 138.8338 and 645.5773."""
    s = a + b
    s = s + (s + 1)
    s = s + (1 + s + (-a))
    p = a * b + b**3
    p = p + (p * 2 + relu(b + a))
    p = p + (3 * p + relu(b - a))
    q = (s - p) ** 2
    return q / 2.0 + 10.0 / q


def chain(x: Any, n: int) -> Any:
    """``n`` operations in a row. The result tends to 2x, and its derivative to 2."""
    y = x
    for _ in repeat(None, n // 2):
        y = y * 0.5 + x
    return y


def two_moons(model: Any, inputs: list[list[Any]], labels: Sequence[int]) -> Any:
    """The loss that micrograd's users write for its network: a hinge, and a penalty on large parameters."""
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(labels, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + 1e-4 * sum(p * p for p in model.parameters())


# Networks, with modules and an optimiser.
def small(lib: Any) -> Any:
    nn = lib.nn
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))


def large(lib: Any) -> Any:
    nn = lib.nn
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def with_dropout(lib: Any) -> Any:
    nn = lib.nn
    return nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10)
    )  # fmt: skip


class Training(NamedTuple):
    """A function that makes one step of training on rows and targets, and returns the loss; called, it makes one and shows the parameters."""

    step: Callable[[Any, Any], Any]
    parameters: list[Any]
    x: Any
    y: Any

    def __call__(self) -> Any:
        return self.step(self.x, self.y), self.parameters


def training(lib: Any, net: Any, loss: Any, start: Iterable[Any], x: Any, y: Any, lr: float) -> Training:
    """Steps on the arrays ``x`` and ``y``, the parameters being the arrays ``start`` at first."""
    parameters = list(net.parameters())
    with lib.torch.no_grad():
        for p, a in zip(parameters, start):
            p.copy_(lib.torch.from_numpy(a))
    optimizer = lib.optim.SGD(parameters, lr=lr)

    @lib.compiled
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        l = loss(net(x), y)
        l.backward()
        optimizer.step()
        return l

    return Training(step, parameters, lib.torch.from_numpy(x), lib.torch.from_numpy(y))


# The small network, with tensors and functions.
def small_loss(lib: Any, x: Any, y: Any) -> Callable[[Sequence[Any]], Any]:
    x, y = lib.torch.from_numpy(x), lib.torch.from_numpy(y)
    tanh, linear, mse_loss = lib.torch.tanh, lib.F.linear, lib.F.mse_loss

    def loss(parameters: Sequence[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h = tanh(linear(x, w1, b1))
        h = tanh(linear(h, w2, b2))
        return mse_loss(linear(h, w3, b3), y)

    return loss


def leaves(lib: Any, start: Iterable[Any]) -> list[Any]:
    return [lib.torch.tensor(a, requires_grad=True) for a in start]


def small_step(lib: Any, start: Iterable[Any], x: Any, y: Any, lr: float) -> Callable[[], Any]:
    parameters, loss, no_grad = leaves(lib, start), small_loss(lib, x, y), lib.torch.no_grad

    def step() -> Any:
        l = loss(parameters)
        l.backward()
        with no_grad():
            for p in parameters:
                p.sub_(p.grad, alpha=lr)
                p.grad = None
        return l, parameters

    return step


def hessian_vector(lib: Any, start: Iterable[Any], x: Any, y: Any, vector: Iterable[Any]) -> Callable[[], Any]:
    """The Hessian of the small network's loss times a vector, by differentiating twice."""
    parameters, loss, grad = leaves(lib, start), small_loss(lib, x, y), lib.grad
    v = [lib.torch.from_numpy(a) for a in vector]
    return lib.compiled(lambda: grad(grad(loss(parameters), parameters, create_graph=True), parameters, v))


# The same networks by numpy's names, as functions of their parameters.
def mse(np: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    w1, b1, w2, b2, w3, b3 = parameters
    h = np.tanh(x @ w1.T + b1)
    h = np.tanh(h @ w2.T + b2)
    return np.mean(np.square(h @ w3.T + b3 - y))


def logits(np: Any, parameters: Sequence[Any], x: Any) -> Any:
    w1, b1, w2, b2 = parameters
    return np.maximum(x @ w1.T + b1, 0) @ w2.T + b2


def cross_entropy(np: Any, parameters: Sequence[Any], x: Any, labels: Any) -> Any:
    o = logits(np, parameters, x)
    o = o - np.max(o, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(o), axis=1)) - o[np.arange(len(labels)), labels])


# The chapter "Multilayer perceptrons" of Dive into Deep Learning, as in tests/test_chapter.py.
Start = Callable[[Any], Any]  # how a parameter's tensor, handed to it, is filled


def load_array(lib: Any, arrays: Iterable[Any], batch_size: int, shuffle: bool) -> Any:
    return lib.data.DataLoader(lib.data.TensorDataset(*map(lib.torch.from_numpy, arrays)), batch_size, shuffle=shuffle)


def evaluate_loss(net: Any, data_iter: Any, loss: Any) -> float:
    total = rows = 0.0
    for X, y in data_iter:
        out = net(X)
        y = y.reshape(out.shape)
        l = loss(out, y)
        total += l.sum().item()
        rows += l.numel()
    return total / rows


def weight_decay(lib: Any, train_iter: Any, test_iter: Any, start: Start, epochs: int, wd: float = 3) -> Any:
    net = lib.nn.Sequential(lib.nn.Linear(200, 1))
    for param in net.parameters():
        start(param.data)
    loss = lib.nn.MSELoss(reduction="none")
    trainer = lib.optim.SGD([{"params": net[0].weight, "weight_decay": wd}, {"params": net[0].bias}], lr=0.003)

    @lib.compiled
    def step(X: Any, y: Any) -> None:
        trainer.zero_grad()
        l = loss(net(X), y)
        l.mean().backward()
        trainer.step()

    for _ in range(epochs):
        for X, y in train_iter:
            step(X, y)
    return net[0].weight, net[0].bias, evaluate_loss(net, train_iter, loss), evaluate_loss(net, test_iter, loss)


def correct(y_hat: Any, y: Any) -> Any:
    if len(y_hat.shape) > 1 and y_hat.shape[1] > 1:
        y_hat = y_hat.argmax(axis=1)
    cmp = y_hat.type(y.dtype) == y
    return cmp.type(y.dtype).sum()


def train_epoch(net: Any, train_iter: Any, step: Callable[..., Any]) -> tuple[float, float]:
    net.train()
    total = right = rows = 0.0
    for X, y in train_iter:
        l, c = step(X, y)
        total += l.item()
        right += c.item()
        rows += y.numel()
    return total / rows, right / rows


def polynomial(lib: Any, train_iter: Any, test_iter: Any, start: Start, epochs: int) -> Any:
    loss = lib.nn.MSELoss(reduction="none")
    net = lib.nn.Sequential(lib.nn.Linear(4, 1, bias=False))
    start(net[0].weight.data)
    trainer = lib.optim.SGD(net.parameters(), lr=0.01)

    @lib.compiled
    def step(X: Any, y: Any) -> Any:
        y_hat = net(X)
        l = loss(y_hat, y)
        trainer.zero_grad()
        l.mean().backward()
        trainer.step()
        return l.detach().sum(), correct(y_hat, y)

    for _ in range(epochs):
        train_epoch(net, train_iter, step)
    return net[0].weight, evaluate_loss(net, train_iter, loss), evaluate_loss(net, test_iter, loss)
