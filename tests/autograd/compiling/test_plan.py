"""Compiled steps that are written by hand are the eager ones to the last bit: updates, accumulated gradients, penalties, higher orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import Tensor
from nn import optim
from tests.autograd.compiling.stories import Compile, compiled_as_eager, labels, mlp, rows

F = nn.functional
Params = Sequence[Any]


# A step of parameters by hand.
def _in_place(params: Params, lr: float) -> None:
    with ag.no_grad():
        for p in params:
            p.sub_(p.grad, alpha=lr)
            p.grad = None


def _by_operator(params: Params, lr: float) -> None:
    with ag.no_grad():
        for p in params:
            p -= lr * p.grad
            p.grad.zero_()


def _by_data(params: Params, lr: float) -> None:
    for p in params:
        p.data.sub_(p.grad * lr)
        p.grad = None


def _by_data_operator(params: Params, lr: float) -> None:
    for p in params:
        p.data -= lr * p.grad.data
        p.grad.data.zero_()


def _detached(params: Params, lr: float) -> None:
    for p in params:
        p.detach().add_(p.grad.detach(), alpha=-lr)
        p.grad = ag.zeros_like(p)


def _copied(params: Params, lr: float) -> None:
    with ag.no_grad():
        for p in params:
            p.copy_(p - lr * p.grad)
            p.grad *= 0.5


def _assigned(params: Params, lr: float) -> None:
    with ag.no_grad():
        for p in params:
            p[...] = p - lr * p.grad
            p[0] *= 0.5
        for p in params:
            p.grad = None


def _clamped(params: Params, lr: float) -> None:
    with ag.no_grad():
        for p in params:
            p.mul_(0.99).sub_(p.grad, alpha=lr).clamp_(-0.4, 0.4)
            p.grad.fill_(0.0)


def _kept(params: Params, lr: float) -> None:  # gradients grow from call to call
    with ag.no_grad():
        for p in params:
            p.add_(p.grad, alpha=-lr)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("move", [_in_place, _by_operator, _by_data, _by_data_operator, _detached, _copied, _assigned, _clamped, _kept])
@compiled_as_eager(replayed=3)
def test_updates(compile: Compile, move: Callable[..., None], dtype: str) -> Iterator[Any]:
    net = mlp(dtype)
    params = [*net.parameters()]

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        l = F.mse_loss(net(x), y)
        l.backward()
        move(params, 0.1)
        return l

    for i in range(7):
        yield step(rows(i, 5, 3, dtype=dtype), rows(i, 5, 2, dtype=dtype)), net


# What stands between the gradients and the step of an optimiser, and before.
Between = Callable[[nn.Module, Any, Tensor, Tensor], Any]


def _accumulated(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    ls = [F.mse_loss(net(part), target) / 2 for part, target in zip(x.split(3), y.split(3))]
    for l in ls:
        l.backward()
    optimizer.step()
    return ls


def _zeroed(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad(set_to_none=False)
    l = F.mse_loss(net(x), y)
    l.backward()
    optimizer.step()
    return l


def _zeroed_after(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    l = F.mse_loss(net(x), y)
    l.backward()
    optimizer.step()
    optimizer.zero_grad()
    return l.detach()


def _zeroed_by_module(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    net.zero_grad()
    F.mse_loss(net(x), y).backward()
    optimizer.step()


def _clipped(norm_type: float, max_norm: float) -> Between:
    def step(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
        optimizer.zero_grad()
        l = F.mse_loss(net(x), y)
        l.backward()
        total = nn.utils.clip_grad_norm_(net.parameters(), max_norm, norm_type)
        optimizer.step()
        return l, total

    step.__name__ = f"clipped to {max_norm} by {norm_type}"
    return step


def _clipped_values(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    l = F.mse_loss(net(x), y)
    l.backward()
    nn.utils.clip_grad_value_(net.parameters(), 0.05)
    optimizer.step()
    return l


def _penalised(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    l = F.mse_loss(net(x), y) + 0.1 * nn.l2_penalty(net.parameters()) + 0.01 * nn.l1_penalty(net.parameters())
    l.backward()
    optimizer.step()
    return l


def _two_losses(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    out = net(x)
    a, b = F.mse_loss(out, y), F.l1_loss(out, y)
    a.backward(retain_graph=True)
    first = [p.grad.clone() for p in net.parameters()]
    b.backward()
    optimizer.step()
    return a.detach(), b, first


def _sum_of_losses(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    losses = {"mse": F.mse_loss(net(x), y), "l1": F.l1_loss(net(x.flip(0)), y)}
    sum(losses.values()).backward()
    optimizer.step()
    return losses


def _weighted(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    out = net(x)
    out.backward(out.detach() - y)
    optimizer.step()
    return out


def _some_inputs(net: Any, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    l = F.mse_loss(net(x), y)
    l.backward(inputs=[net[0].weight, net[2].bias])
    optimizer.step()
    return l


def _by_grad(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    params = [*net.parameters()]
    l = F.mse_loss(net(x), y)
    gradients = ag.grad(l, params)
    for p, g in zip(params, gradients):
        p.grad = g
    optimizer.step()
    return l, gradients


def _closure(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    def closure() -> Tensor:
        optimizer.zero_grad()
        l = F.mse_loss(net(x), y)
        l.backward()
        return l

    return optimizer.step(closure)


def _inner_steps(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    """Three steps in one call: the loss falls within it."""
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        l = F.mse_loss(net(x), y)
        l.backward()
        optimizer.step()
        losses.append(l)
    return losses


def _noise(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    noisy = x + 0.1 * ag.randn(x.shape) + ag.rand_like(x) + ag.empty(3).uniform_(-1, 1) + ag.empty(3).normal_(0, 2)
    l = F.mse_loss(F.dropout(net(noisy), 0.2), y[ag.randperm(len(y))])
    l.backward()
    optimizer.step()
    return l, noisy


def _gradient_penalty(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    """Of second order: the loss has its own gradients in it."""
    optimizer.zero_grad()
    l = F.mse_loss(net(x), y)
    gradients = ag.grad(l, [*net.parameters()], create_graph=True)
    penalty = sum((g * g).sum() for g in gradients)
    (l + 0.1 * penalty).backward()
    optimizer.step()
    return l, penalty


def _of_inputs(net: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> Any:
    optimizer.zero_grad()
    x = x.clone().requires_grad_()
    out = net(x)
    (slope,) = ag.grad(out.sum(), x, create_graph=True)
    l = F.mse_loss(out, y) + slope.norm()
    l.backward()
    optimizer.step()
    return l, x.grad, slope


STEPS: list[Between] = [
    _accumulated, _zeroed, _zeroed_after, _zeroed_by_module, _clipped(2.0, 0.1), _clipped(1.0, 0.1), _clipped(float("inf"), 0.01),
    _clipped(2.0, 100.0), _clipped(3.0, float("inf")), _clipped_values, _penalised, _two_losses, _sum_of_losses, _weighted, _some_inputs,
    _by_grad, _closure, _inner_steps, _noise, _gradient_penalty, _of_inputs,
]  # fmt: skip


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
@pytest.mark.parametrize("body", STEPS, ids=lambda f: f.__name__)
@compiled_as_eager(replayed=3)
def test_steps(compile: Compile, body: Between, kind: Any) -> Iterator[Any]:
    net = mlp()
    optimizer = kind(net.parameters(), lr=0.1)

    @compile
    def step(x: Tensor, y: Tensor) -> Any:
        return body(net, optimizer, x, y)

    for i in range(7):
        yield step(rows(i, 6, 3), rows(i, 6, 2)), net, optimizer


@compiled_as_eager(replayed=3)
def test_a_moving_average_of_parameters(compile: Compile) -> Iterator[Any]:
    net, average = mlp(), [ag.zeros(p.shape) for p in mlp().parameters()]
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        l = F.mse_loss(net(x), y)
        l.backward()
        optimizer.step()
        with ag.no_grad():
            for a, p in zip(average, net.parameters()):
                a.mul_(0.9).add_(p, alpha=0.1)
        return l

    for i in range(6):
        yield step(rows(i, 5, 3), rows(i, 5, 2)), net, average


@compiled_as_eager(replayed=3)
def test_two_networks_against_each_other(compile: Compile) -> Iterator[Any]:
    ours, theirs = nn.Linear(3, 2), nn.Sequential(nn.Linear(2, 4), nn.LeakyReLU(), nn.Linear(4, 1))
    mine, other = optim.Adam(ours.parameters(), lr=0.1), optim.SGD(theirs.parameters(), lr=0.1, momentum=0.5)
    loss = nn.BCEWithLogitsLoss()

    @compile
    def step(noise: Tensor, real: Tensor) -> Any:
        made = ours(noise)
        other.zero_grad()
        judged = loss(theirs(real), ag.ones(5, 1)) + loss(theirs(made.detach()), ag.zeros(5, 1))
        judged.backward()
        other.step()
        mine.zero_grad()
        fooled = loss(theirs(made), ag.ones(5, 1))
        fooled.backward()
        mine.step()
        return judged, fooled

    for i in range(7):
        yield step(rows(i, 5, 3), rows(i, 5, 2)), ours, theirs, mine, other


@compiled_as_eager(replayed=3)
def test_a_hessian_times_a_vector(compile: Compile) -> Iterator[Any]:
    net = mlp("float64")
    params = [*net.parameters()]

    @compile
    def product(x: Tensor, y: Tensor, *vectors: Tensor) -> Any:
        gradients = ag.grad(F.cross_entropy(net(x), y), params, create_graph=True)
        return gradients, ag.grad(gradients, params, vectors, create_graph=True)

    for i in range(6):
        vectors = [rows(i + k, *p.shape, dtype="float64") for k, p in enumerate(params)]
        yield product(rows(i, 5, 3, dtype="float64"), labels(i, 5, 2), *vectors), net


@pytest.mark.parametrize("order", [1, 2, 3])
@compiled_as_eager(replayed=3)
def test_derivatives_of_every_order(compile: Compile, order: int) -> Iterator[Any]:
    @compile
    def derivative(x: Tensor) -> Any:
        x = x.detach().requires_grad_()
        y = (x.sin() * x.exp()).sum()
        for _ in range(order):
            (y,) = ag.grad(y.sum(), x, create_graph=True)
        return y.detach()

    for i in range(6):
        yield derivative(rows(i, 4, dtype="float64"))


class Doubled(ag.Function):
    """Has a backward that is no derivative, to be told from one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 7 * g * x


@compiled_as_eager()
def test_an_operation_of_ones_own(compile: Compile) -> Iterator[Any]:
    net = mlp()
    softsign = ag.Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))

    @compile
    def step(x: Tensor, y: Tensor) -> Any:
        net.zero_grad()
        l = F.mse_loss(softsign(net(x)) + Doubled.apply(net(x)), y)
        l.backward()
        return l

    for i in range(6):
        yield step(rows(i, 5, 3), rows(i, 5, 2)), net


@pytest.mark.parametrize("inside", [True, False])
@compiled_as_eager()
def test_an_operation_of_ones_own_by_itself(compile: Compile, inside: bool) -> Iterator[Any]:
    def body(x: Tensor) -> Tensor:
        y = (Doubled.apply(x) * 2).sum()
        if inside:
            y.backward()
        return y

    f = compile(body)
    for i in range(6):
        x = rows(i, 3, requires_grad=True)
        y = f(x)
        if not inside:
            y.backward()
        yield y, x
        with ag.no_grad():
            yield Doubled.apply(x) if inside else f(x)


@compiled_as_eager(replayed=3)
def test_a_row_of_ones_own(compile: Compile) -> Iterator[Any]:
    net = mlp()
    softsign = ag.Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))

    @compile
    def step(x: Tensor, y: Tensor) -> Any:
        net.zero_grad()
        l = F.mse_loss(softsign(net(x)), y)
        l.backward()
        return l

    for i in range(6):
        yield step(rows(i, 5, 3), rows(i, 5, 2)), net
