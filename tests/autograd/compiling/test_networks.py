"""A network that changes between two calls of a compiled function: the next call gives what it would give uncompiled."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import Tensor
from nn import optim
from tests.autograd.compiling.stories import Compile, compiled_as_eager, mlp, rows, stepping

F = nn.functional


class Warm(nn.Module):
    """Has plain attributes that change."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 2)
        self.temperature = 2.0
        self.options = SimpleNamespace(scale=1.0, names=["a"])
        self.register_buffer("offset", ag.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) * self.options.scale / self.temperature + self.offset + len(self.options.names)


# Modules.
@compiled_as_eager()
def test_plain_attributes_of_a_module(compile: Compile) -> Iterator[Any]:
    net = Warm()
    f = compile(net)
    for i in range(15):
        if i % 3 == 2:
            net.temperature += 0.5
        if i == 6:
            net.options.scale = 3.0
        if i == 9:
            net.options.names.append("b")
        if i == 12:
            net.options = SimpleNamespace(scale=0.5, names=[])
        f(rows(i, 5, 3)).sum().backward()
        yield net


@compiled_as_eager(replayed=8, programs=2)
def test_training_and_evaluation(compile: Compile) -> Iterator[Any]:
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.BatchNorm1d(4), nn.Linear(4, 2))
    f = compile(net)
    for i in range(15):
        net.train(i // 3 % 2 == 0)
        f(rows(i, 5, 3)).sum().backward()
        yield net


@compiled_as_eager(replayed=4)
def test_a_layer_is_frozen_midway_and_thawed(compile: Compile) -> Iterator[Any]:
    net = mlp()
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    step = stepping(compile, net, optimizer, F.mse_loss)

    for i in range(12):
        net[0].requires_grad_(i // 4 != 1)
        yield step(rows(i, 5, 3), rows(i, 5, 2)), net, optimizer


def _one_parameter(net: Any) -> None:
    net[0].weight = nn.Parameter(net[0].weight.detach() * 2)


def _data(net: Any) -> None:
    net[0].weight.data = net[0].weight.data * 2


def _data_of_another_shape(net: Any) -> None:
    net.zero_grad()
    net[0].weight.data, net[0].bias.data, net[2].weight.data = rows(1, 6, 3), rows(1, 6), rows(1, 2, 6)


def _state(net: Any) -> None:
    net.load_state_dict({name: t * 2 for name, t in net.state_dict().items()})


def _in_place(net: Any) -> None:
    with ag.no_grad():
        net[0].weight.mul_(2)
    net[2].bias.data.fill_(0.5)
    net[2].weight.detach().numpy()[0] = 3.0


def _initialised(net: Any) -> None:
    nn.init.normal_(net[0].weight, generator=ag.Generator().manual_seed(3))


def _layer(net: Any) -> None:
    net[1] = nn.ReLU()


def _appended(net: Any) -> None:
    net.append(nn.Linear(2, 2))


def _removed(net: Any) -> None:
    del net[1]


def _no_bias(net: Any) -> None:
    net[0].bias = None


def _double(net: Any) -> None:
    net.double()


def _tied(net: Any) -> None:
    net[2].weight = nn.Parameter(net[2].weight.detach()[:, :3].T.repeat(2, 1)[:2].repeat(1, 2))
    net[0].bias = net[2].weight


def _forward(net: Any) -> None:
    net[1].forward = lambda x: x * 3


def _class(net: Any) -> None:
    net[1].__class__ = nn.Sigmoid


def _views(net: Any) -> None:
    whole = ag.zeros(20)
    net[0].weight.data = whole[:12].reshape(4, 3)
    net[0].bias.data = whole[:4]  # of one memory with the weight


CHANGES = [
    _one_parameter, _data, _data_of_another_shape, _state, _in_place, _initialised, _layer, _appended, _removed, _no_bias, _double, _forward, _class, _views,
]  # fmt: skip


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
@compiled_as_eager()
def test_a_network_that_is_changed_between_calls(compile: Compile, change: Any, inside: bool) -> Iterator[Any]:
    net = mlp() if change is not _removed else nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 2))

    def body(x: Tensor) -> Tensor:
        l = ag.square(net(x)).mean()
        if inside:
            l.backward()
        return l

    step = compile(body)
    for i in range(10):
        if i == 5:
            change(net)
        l = step(rows(i, 5, 3, dtype=net[0].weight.dtype))
        if not inside:
            l.backward()
        yield l, net


@compiled_as_eager()
def test_a_monkeypatched_class(compile: Compile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    net = mlp()
    f = compile(net)
    for i in range(9):
        if i == 3:
            monkeypatch.setattr(nn.Tanh, "forward", lambda self, x: x * 2)
        if i == 6:
            monkeypatch.setattr(nn.Linear, "forward", lambda self, x: x @ self.weight.T - self.bias)
        yield f(rows(i, 5, 3))
    monkeypatch.undo()


@compiled_as_eager()
def test_lists_of_modules_that_grow(compile: Compile) -> Iterator[Any]:
    layers, named = nn.ModuleList([nn.Linear(3, 3)]), nn.ModuleDict({"a": nn.Tanh()})

    @compile
    def f(x: Tensor) -> Tensor:
        for layer in [*layers, *named.values()]:
            x = layer(x)
        return x.sum()

    for i in range(12):
        if i == 4:
            layers.append(nn.Linear(3, 3))
        if i == 8:
            named["b"] = nn.Sigmoid()
        f(rows(i, 5, 3)).backward()
        yield layers, named


@compiled_as_eager(replayed=3)
def test_a_buffer_that_is_changed_or_replaced(compile: Compile) -> Iterator[Any]:
    net = Warm()
    f = compile(net)
    for i in range(9):
        if i == 3:
            net.offset.add_(1)
        if i == 6:
            net.offset = ag.ones(2) * 5
        yield f(rows(i, 5, 3))


@compiled_as_eager(replayed=6)
def test_a_copy_of_a_module_is_another_module(compile: Compile) -> Iterator[Any]:
    net = Warm()
    first = compile(lambda x: net(x).sum())
    for i in range(4):
        first(rows(i, 5, 3)).backward()
        yield net
    twin, net = net, copy.deepcopy(net)
    for i in range(5):
        first(rows(i, 5, 3)).backward()
        yield net, twin
        with ag.no_grad():
            net.inner.weight.mul_(2)


@compiled_as_eager(replayed=4)
def test_the_module_is_an_argument(compile: Compile) -> Iterator[Any]:
    nets = [mlp(), mlp(), Warm()]

    @compile
    def step(net: nn.Module, x: Tensor) -> Tensor:
        l = ag.square(net(x)).mean()
        l.backward()
        return l

    for i in range(6):
        for net in nets:
            yield step(net, rows(i, 5, 3)), net


@compiled_as_eager()
def test_one_of_many_tensors_is_chosen_by_a_number(compile: Compile) -> Iterator[Any]:
    heads = [ag.tensor([float(k), 1.0], requires_grad=True) for k in range(12)]
    f = compile(lambda x, k: (x * heads[k]).sum())
    for i in range(24):
        f(rows(i, 2), i % 12).backward()  # more programs than are kept
        yield heads
