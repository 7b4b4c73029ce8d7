"""Corners of compiled functions: one tensor under two names, state on functions, views that are kept, blocks and errors inside."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import autograd as ag
import nn
from autograd import Tensor
from nn import optim
from tests.autograd.compiling.stories import Compile, batch, compiled_as_eager, labels, mlp, raised, rows, stepping

F = nn.functional


# One tensor under two names.
@compiled_as_eager()
def test_one_leaf_as_two_arguments_after_two_leaves(compile: Compile) -> Iterator[Any]:
    w = rows(9, 3, requires_grad=True)

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        l = (x * x * 2 + y * 3 + w * y).sum()
        l.backward()
        return l

    @compile
    def same(x: Tensor, y: Tensor) -> Tensor:
        return x * 2 if x is y else x + y

    for i in range(4):
        x, y = rows(i, 3, requires_grad=True), rows(i + 50, 3, requires_grad=True)
        for given in ((x, y), (x, x), (w, y), (y, w), (w, w)):
            yield step(*given), x, y, w, same(*given)


@compiled_as_eager()
def test_arguments_that_change_each_other(compile: Compile) -> Iterator[Any]:
    @compile
    def f(x: Tensor, y: Tensor) -> Tensor:
        h = y * 2
        x.add_(1)
        return h + y * 3 + x

    with ag.no_grad():
        for i in range(4):
            for x, y in ((rows(i, 3), rows(i + 50, 3)), (whole := rows(i, 6), whole)):
                x, y = (x[:3], y[1:4]) if x is y else (x, y)
                yield f(x, y), x, y


@compiled_as_eager()
def test_a_gradient_is_an_argument(compile: Compile) -> Iterator[Any]:
    w = rows(9, 3, 3, requires_grad=True)

    @compile
    def step(x: Tensor) -> Tensor:
        w.grad = None
        l = ((x @ w).tanh() * x).sum()
        l.backward()
        return l + x.sum()

    x = rows(0, 3, 3)
    for _ in range(8):
        l = step(x)
        yield l, w, x
        x = w.grad


@pytest.mark.parametrize("how", ["whole", "turned", "row", "array", "part of an array", "detached", "data"])
@compiled_as_eager(replayed=4)
def test_a_view_of_a_gradient_is_kept(compile: Compile, how: str) -> Iterator[Any]:
    net = mlp()
    step = stepping(compile, net)
    kept = []
    for i in range(8):
        step(*batch(i))
        g: Any = net[0].weight.grad
        kept.append({
            "whole": lambda g=g: g, "turned": lambda g=g: g.T, "row": lambda g=g: g[1], "array": lambda g=g: g.numpy(),
            "part of an array": lambda g=g: g.numpy()[1:], "detached": lambda g=g: g.detach(), "data": lambda g=g: g.data,
        }[how]())  # fmt: skip
        del g
        yield kept, net


# State in other places.
def _factor(x: Tensor) -> Tensor:
    return x * _factor.k  # type: ignore[attr-defined]


class Config:
    k = 2.0


@compiled_as_eager()
def test_attributes_of_functions_classes_and_modules(compile: Compile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    inner, outer = ModuleType("inner"), ModuleType("outer")
    for m in (inner, outer):
        m.__file__ = __file__
    outer.inner, inner.k = inner, 2.0  # type: ignore[attr-defined]
    _factor.k = 2.0  # type: ignore[attr-defined]
    monkeypatch.setitem(globals(), "outer", outer)
    calls = [compile(_factor), compile(lambda x: _factor(x) + 1), compile(lambda x: x * Config.k), compile(lambda x: x * outer.inner.k)]
    for i in range(9):
        if i % 3 == 2:
            _factor.k = Config.k = inner.k = i + 0.5  # type: ignore[attr-defined]
        yield [f(rows(i, 3)) for f in calls]
    Config.k = 2.0


@compiled_as_eager(replayed=4)
def test_seeds_between_calls(compile: Compile) -> Iterator[Any]:
    own = ag.Generator()
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Dropout(0.5, generator=own), nn.Linear(4, 2))
    step = stepping(compile, net)
    states = []
    for i in range(12):
        if i % 2:
            ag.manual_seed(i)
            own.manual_seed(i)
        states.append((ag.default_generator.get_state(), own.get_state()))
        if i == 8:
            ag.default_generator.set_state(states[3][0])
            own.set_state(states[3][1])
        yield step(*batch(i)), net, own


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
@compiled_as_eager()
def test_schedules_that_change_momentum(compile: Compile, kind: Any) -> Iterator[Any]:
    net = mlp()
    optimizer = kind(net.parameters(), lr=0.1, **({"momentum": 0.9} if kind is optim.SGD else {}))
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=12)
    step = stepping(compile, net, optimizer)
    for i in range(12):
        yield step(*batch(i)), net, optimizer
        if i < 11:
            schedule.step()


@compiled_as_eager()
def test_a_network_that_follows_another(compile: Compile) -> Iterator[Any]:
    net, slow = mlp(), mlp()
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        with ag.no_grad():
            target = slow(x)
        l = F.mse_loss(net(x), target + y)
        l.backward()
        optimizer.step()
        slow.load_state_dict(net.state_dict())
        return l

    for i in range(8):
        yield step(rows(i, 5, 3), rows(i, 5, 2)), net, slow


@compiled_as_eager()
def test_a_network_that_is_initialised_copied_or_frozen_inside(compile: Compile) -> Iterator[Any]:
    net = mlp()

    @compile
    def first(x: Tensor) -> Tensor:
        nn.init.normal_(net[0].weight)
        net[2].bias.data.uniform_(-1, 1)
        l = net(x).sum()
        l.backward()
        return l

    @compile
    def second(x: Tensor) -> Any:
        twin = copy.deepcopy(net)
        l = twin(x).sum()
        l.backward()
        return l, twin[0].weight.grad

    @compile
    def third(x: Tensor) -> Any:
        net[0].requires_grad_(False)
        l = net(x).sum()
        l.backward()
        net[0].requires_grad_(True)
        return l

    for step in (first, second, third):
        for i in range(6):
            yield step(rows(i, 5, 3)), net
            net.zero_grad()


NUMBERS: list[Any] = [
    lambda x, i: x[i] * 2, lambda x, i: x[x.argmax()] * 2, lambda x, i: x[:, None][i, 0], lambda x, i: x.max(0).values, lambda x, i: x.sort().values[0],
    lambda x, i: x.median(0).values, lambda x, i: x[i:].sum(), lambda x, i: ag.arange(i), lambda x, i: x.split([int(i), 3 - int(i)])[0].sum(),
    lambda x, i: x.index_select(0, i), lambda x, i: ag.full((2,), i), lambda x, i: ag.tensor([i, 1]), lambda x, i: x.clamp(max=x[i]), lambda x, i: x**i,
    lambda x, i: x.clone().fill_(i), lambda x, i: x.clone().mul_(i), lambda x, i: ag.zeros(3).add_(x, alpha=x[i]), lambda x, i: x.clone().fill_(x[i]),
    lambda x, i: x.masked_fill(x > 0, x[i]), lambda x, i: ag.where(x > 0, x[i], i), lambda x, i: x.gather(0, i.reshape(1)), lambda x, i: x.topk(1).values,
    lambda x, i: x.unbind(0)[i], lambda x, i: [x, x * 2, x * 3][i], lambda x, i: x.sum(i * 0), lambda x, i: x.reshape(1, i * 0 + 3), lambda x, i: ag.zeros(i),
    lambda x, i: ag.linspace(0, 1, i + 1), lambda x, i: F.one_hot(i, 4), lambda x, i: x.clone().clamp_(min=x[i]), lambda x, i: ag.eye(i + 1), lambda x, i: x.repeat(i + 1),
]  # fmt: skip


@pytest.mark.parametrize("f", NUMBERS, ids=range(len(NUMBERS)))
@compiled_as_eager()
def test_a_number_in_a_tensor_is_asked_for(compile: Compile, f: Any) -> Iterator[Any]:
    """By an index, a size, a dimension, a bound; openly or within an operation."""
    for call in (compile(f), compile(lambda x, i: f(x * 1.0, i + 0))):
        for n in range(8):
            yield raised(lambda n=n, call=call: call(rows(n, 3), ag.tensor(n % 3)))
            yield raised(lambda n=n, call=call: call(rows(n, 3, requires_grad=True), ag.tensor(n % 3)))


# Blocks and errors inside.
@compiled_as_eager()
def test_a_watch_inside(compile: Compile) -> Iterator[Any]:
    net = mlp()
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        with ag.detect_anomaly():
            l = F.mse_loss(net(x), y)
            l.backward()
            optimizer.step()
        return l

    @compile
    def lines(x: Tensor) -> Tensor:
        with ag.record_lines():
            return (x * 2).sum()

    for i in range(6):
        yield step(rows(i, 5, 3), rows(i, 5, 2)), net, lines(rows(i, 3, requires_grad=True))


@compiled_as_eager()
def test_an_error_that_is_caught_inside(compile: Compile) -> Iterator[Any]:
    table = nn.Embedding(4, 2)

    @compile
    def f(x: Tensor, y: Tensor) -> Tensor:
        try:
            return F.cross_entropy(x, y)
        except ValueError:
            return x.sum() * 0

    @compile
    def g(i: Tensor) -> Tensor:
        try:
            return table.weight[i].sum() + table(i).sum()
        except IndexError:
            return table.weight.sum()

    @compile
    def h(x: Tensor, i: Tensor) -> Tensor:
        with suppress(IndexError):
            return x[i] * 2
        return x * 3

    for start in (0, 4):
        for i in range(10):
            y = labels(i, 5, 2)
            if i in (start, 7):
                y[0] = 9
            yield f(rows(i, 5, 2), y), g(y), h(rows(i, 5), y)


@compiled_as_eager()
def test_a_generator_function_and_other_results(compile: Compile) -> Iterator[Any]:
    class Pair(NamedTuple):
        first: Tensor
        second: Any

    @compile
    def each(x: Tensor) -> Iterator[Tensor]:
        for k in range(3):
            yield x * k

    others = [
        compile(lambda x: Pair(x * 2, None)), compile(lambda x: None), compile(lambda x: 3), compile(lambda x: {"a": [x * 2], "b": ()}),
        compile(lambda x: x.shape), compile(lambda x: (x * 2).dtype == x.dtype), compile(lambda x: x.max(0)), compile(lambda x: x.numel() / 7),
    ]  # fmt: skip
    for i in range(5):
        yield [*each(rows(i, 3))], [f(rows(i, 3)) for f in others], [type(f(rows(i, 3))).__name__ for f in others]


@compiled_as_eager()
def test_functional_derivatives_inside(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: ag.functional.hessian(lambda x: (x.sin() * x.flip(0)).sum(), x))
    g = compile(lambda x: ag.functional.jvp(ag.tanh, x, x))
    for i in range(5):
        yield f(rows(i, 3)), g(rows(i, 3))


@compiled_as_eager(replayed=3)
def test_a_dropout_is_differentiated_twice(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: (F.dropout(x, 0.5) * x.exp()).sum())
    for i in range(5):
        x = rows(i, 8, requires_grad=True)
        (dx,) = ag.grad(f(x), x, create_graph=True)
        (dx * dx).sum().backward()
        yield dx, x


@compiled_as_eager(replayed=6)
def test_dtypes_meet(compile: Compile) -> Iterator[Any]:
    net = mlp()

    @compile
    def step(x: Tensor) -> Tensor:
        l = (net(x) * ag.arange(2) + x.long()[:, :2] * 0.5).mean()
        l.backward()
        return l

    for i in range(5):
        for dtype in ("float32", "float64"):
            yield raised(lambda i=i, dtype=dtype: step(rows(i, 5, 3, dtype=dtype))), net


def test_arguments_of_pytorch_are_taken() -> None:
    def f(x: Tensor) -> Tensor:
        return x * 2

    for step in (ag.compile(f, mode="reduce-overhead", backend="inductor", options={}, dynamic=True), ag.compile(mode="default")(f)):
        assert [step(ag.ones(1)).item() for _ in range(3)] == [2.0] * 3 and step.calls.replayed == 2
    assert ag.compile(f, disable=True) is f and ag.compile(disable=True)(f) is f
