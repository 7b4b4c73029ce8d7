"""What stands around a call of a compiled function: settings of optimisers, modes, hooks, other calls, threads."""

from __future__ import annotations

import copy
import gc
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor
from nn import optim
from tests.autograd.compiling.stories import Compile, batch, bits, compiled_as_eager, mlp, raised, rows, stepping
from tests.test_threads import THREADS, together

F = nn.functional


# Settings of an optimiser.
@compiled_as_eager(replayed=12, programs=1)
def test_a_learning_rate_by_a_scheduler_or_by_hand_costs_no_program(compile: Compile) -> Iterator[Any]:
    net = mlp()
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    step = stepping(compile, net, optimizer)
    for i in range(15):
        yield step(*batch(i)), net, optimizer
        if i < 7:
            scheduler.step()
        elif i % 2:
            optimizer.param_groups[0]["lr"] = 0.01 * i


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW, optim.NAdam, optim.Adamax, optim.Adagrad, optim.RMSprop])
@compiled_as_eager(replayed=27, programs=1)
def test_the_count_of_steps_costs_no_program(compile: Compile, kind: Any) -> Iterator[Any]:
    net = mlp()
    optimizer = kind(net.parameters(), lr=0.1)
    step = stepping(compile, net, optimizer)
    for i in range(30):
        yield step(*batch(i)), net, optimizer


@compiled_as_eager()
def test_other_settings_of_an_optimiser(compile: Compile) -> Iterator[Any]:
    net = mlp()
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    step = stepping(compile, net, optimizer)
    changes = [
        {},
        {"momentum": 0.5},
        {"weight_decay": 0.1},
        {"maximize": True},
        {"momentum": 0, "nesterov": False},
        {"lr": 0},
        {"lr": 0.1, "momentum": 0.3},
    ]
    for i in range(4 * len(changes)):
        optimizer.param_groups[0].update(changes[i // 4])
        yield step(*batch(i)), net, optimizer


@compiled_as_eager()
def test_a_group_is_added_a_state_is_loaded_or_forgotten(compile: Compile) -> Iterator[Any]:
    net, more = mlp(), ag.ones(2, requires_grad=True)
    optimizer = optim.Adam(net[0].parameters(), lr=0.1)

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        l = F.cross_entropy(net(x) * more, y)
        l.backward()
        optimizer.step()
        return l

    for i in range(20):
        if i == 4:
            optimizer.add_param_group({"params": more, "lr": 0.5})
        if i == 8:
            optimizer.add_param_group({"params": net[2].parameters(), "amsgrad": True})
            saved = copy.deepcopy(optimizer.state_dict())
        if i == 12:
            optimizer.load_state_dict(saved)
        if i == 16:
            optimizer.state.clear()
        yield step(*batch(i)), net, more, optimizer


@compiled_as_eager(replayed=6)
def test_gradients_are_set_between_calls(compile: Compile) -> Iterator[Any]:
    net = mlp()

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        l = F.cross_entropy(net(x), y)
        l.backward()
        return l

    for i in range(16):
        if i % 4 == 0:
            net.zero_grad()
        if i == 9:
            net[0].weight.grad = ag.ones(4, 3)
        if i == 10:
            net[2].bias.grad = None
        if i == 14:
            net[0].weight.grad = net[0].weight.grad.T.contiguous().T
        yield step(*batch(i)), net


# Modes.
@compiled_as_eager(replayed=6)
def test_gradients_on_and_off_around(compile: Compile) -> Iterator[Any]:
    net = mlp()
    f = compile(lambda x: net(x).sum())
    for i in range(6):
        x = rows(i, 5, 3)
        with ag.no_grad():
            yield f(x)
            with ag.enable_grad():
                yield f(x)
        with ag.inference_mode():
            yield f(x)
        ag.set_grad_enabled(False)
        yield f(x)
        ag.set_grad_enabled(True)
        f(x).backward()
        yield net


@compiled_as_eager()
def test_gradients_on_and_off_inside(compile: Compile) -> Iterator[Any]:
    w = ag.ones(3, requires_grad=True)

    @compile
    def f(x: Tensor) -> Any:
        with ag.no_grad():
            a = x * w
        with ag.enable_grad():
            b = x * w
        return a + b, ag.is_grad_enabled(), a, b

    @compile
    def leaves_it_off(x: Tensor) -> Tensor:
        ag.set_grad_enabled(False)
        return x * w

    for i in range(5):
        yield f(rows(i, 3))
        with ag.no_grad():
            yield f(rows(i, 3))
    for i in range(5):
        yield leaves_it_off(rows(i, 3)), ag.is_grad_enabled()
        ag.set_grad_enabled(True)


@compiled_as_eager()
def test_a_step_where_gradients_are_off(compile: Compile) -> Iterator[Any]:
    step = stepping(compile, net := mlp())
    for i in range(9):
        if i % 3 == 2:
            with ag.no_grad():
                yield raised(lambda i=i: step(*batch(i))), net
        else:
            yield step(*batch(i)), net


@compiled_as_eager(replayed=4)
def test_lines_are_recorded_where_they_are_asked_for(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, w: (x @ w).tanh().sum())
    for i in range(6):
        x, w = rows(i, 2, 3, requires_grad=True), rows(i, 3, 4, requires_grad=True)
        yield f(x, w)
        with ag.record_lines():
            y = f(x, w)
        y.backward()
        yield x, w, str(y.place).rpartition(":")[0], sum(not n.is_leaf for n in ag.ancestors(y))


@compiled_as_eager(replayed=2)
def test_an_anomaly_is_found(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: (x.log() * 0).sum())
    for i in range(6):
        x = (rows(i, 3).abs() * (i % 2)).requires_grad_()

        def watched(x: Tensor = x) -> Any:
            with ag.detect_anomaly():
                f(x).backward()

        yield raised(watched), x.grad
        with np.errstate(all="ignore"):
            f(x).backward()
        yield x


QUIET = pytest.mark.xfail(reason="a replay silences numpy as a whole, where + - * speak uncompiled", strict=True)


@QUIET
@compiled_as_eager()
def test_errors_and_warnings_of_numpy(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: x * 1e30 + x / (x - x))
    for i in range(8):
        x = ag.full((2,), 1e20 if i % 2 else 1.0)
        with np.errstate(all="raise" if i % 4 < 2 else "ignore"):
            yield raised(lambda x=x: f(x))


@QUIET
@compiled_as_eager()
def test_warnings_of_numpy_pass_through(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: x * 1e30)
    for i in range(6):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            f(ag.full((2,), 1e20 if i % 2 else 1.0))
        yield [str(w.message) for w in heard if w.category is RuntimeWarning]


@compiled_as_eager()
def test_within_a_gradcheck_a_listing_and_a_summary(compile: Compile) -> Iterator[Any]:
    from autograd.testing import gradcheck

    f = compile(lambda x: (x.sin() * x.flip(0)).sum())
    for i in range(4):
        x = rows(i, 3, dtype="float64", requires_grad=True)
        yield bool(gradcheck(f, x, order=2)), f(x)
    net = mlp()
    g = compile(net)
    for i in range(4):
        yield str(ag.summary(net, (5, 3))), g(rows(i, 5, 3))


# Hooks.
HOOKS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "forward": lambda net, seen: net[0].register_forward_hook(lambda m, args, out: seen.append(out.detach()) or out * 2),
    "forward pre": lambda net, seen: net[0].register_forward_pre_hook(lambda m, args: (args[0] * 2,)),
    "forward, quiet": lambda net, seen: net[0].register_forward_hook(lambda m, args, out: seen.append(out.shape)),
    "backward": lambda net, seen: net[0].register_full_backward_hook(lambda m, gi, go: seen.append(go[0])),
    "backward, of another gradient": lambda net, seen: net[2].register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,)),
    "tensor": lambda net, seen: net[0].weight.register_hook(lambda g: seen.append(g) or g * 2),
    "tensor, quiet": lambda net, seen: net[0].weight.register_hook(lambda g: seen.append(len(seen))),
    "after accumulation": lambda net, seen: net[0].weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.clone())),
}  # fmt: skip


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("name", HOOKS)
@compiled_as_eager()
def test_hooks_before_midway_and_removed(compile: Compile, name: str, inside: bool) -> Iterator[Any]:
    for start in (0, 4):
        net, seen = mlp(), []

        def body(x: Tensor, y: Tensor, net: Any = net) -> Tensor:
            l = F.cross_entropy(net(x), y)
            if inside:
                l.backward()
            return l

        step = compile(body)
        for i in range(12):
            if i == start:
                handle = HOOKS[name](net, seen)
            if i == start + 4:
                handle.remove()
            net.zero_grad()
            l = step(*batch(i))
            if not inside:
                l.backward()
            yield l, net, seen


@compiled_as_eager()
def test_hooks_on_what_is_inside(compile: Compile) -> Iterator[Any]:
    seen: list[Any] = []

    @compile
    def step(x: Tensor) -> Any:
        h = x * 2
        h.register_hook(lambda g: seen.append(g) or g * 3)
        k = h * h
        k.retain_grad()
        k.sum().backward()
        return k.grad

    for i in range(6):
        x = rows(i, 3, requires_grad=True)
        yield step(x), x, seen


@compiled_as_eager()
def test_hooks_on_what_is_inside_without_a_backward(compile: Compile) -> Iterator[Any]:
    @compile
    def function(x: Tensor) -> Any:
        h = (x * 2).tanh()
        h.register_hook(lambda g: g * 3)
        return h.sum()

    for i in range(4):
        x = rows(i, 3, requires_grad=True)
        function(x).backward()
        yield x


@compiled_as_eager()
def test_hooks_on_arguments_and_results(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: x * x * 2)
    for i in range(8):
        seen: list[Any] = []
        x = rows(i, 3, requires_grad=True)
        if i % 2:
            x.register_hook(lambda g, seen=seen: seen.append(g) or g * 2)
        y = f(x)
        y.register_hook(lambda g, seen=seen: seen.append(g) or g * 5)
        y.retain_grad()
        y.sum().backward()
        yield x, seen, y.grad


# Calls in calls.
@compiled_as_eager()
def test_recursion(compile: Compile) -> Iterator[Any]:
    @compile
    def power(x: Tensor, n: int) -> Tensor:
        return x if n == 0 else power(x, n - 1) * x

    for i in range(5):
        for n in range(4):
            x = rows(i, 3, requires_grad=True)
            power(x, n).sum().backward()
            yield x


@compiled_as_eager()
def test_a_compiled_function_in_a_compiled_function(compile: Compile) -> Iterator[Any]:
    net = mlp()
    loss = compile(lambda x, y: F.cross_entropy(compiled_net(x), y))
    compiled_net = compile(net)
    step = stepping(compile, net)
    both = compile(lambda x, y: loss(x, y) + loss(x * 2, y))
    for i in range(8):
        yield step(*batch(i)), loss(*batch(i)), net
        net.zero_grad()
        both(*batch(i)).backward()
        yield net


@compiled_as_eager()
def test_a_call_of_itself_by_a_hook(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: (x * x).sum())
    for i in range(6):
        x, seen = rows(i, 3, requires_grad=True), []
        x.register_hook(lambda g, seen=seen: seen.append(f(g)))
        f(x).backward()
        yield x, seen


# Threads.
@pytest.fixture
def switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_have_buffers_of_their_own(switching_often: None) -> None:
    """One compiled function in eight threads at once, and trainings that each thread compiles for itself."""
    w = ag.tensor(np.arange(12.0).reshape(3, 4) / 10, requires_grad=True)
    shared: list[Any] = [lambda x: (x @ w).tanh() * x.sum()]

    def work(seed: int) -> Any:
        seen = []
        for i in range(25):
            x = rows(seed * 100 + i, 5, 3, dtype="float64", requires_grad=True)
            y = shared[0](x)
            (dx,) = ag.grad(y.sum(), x)
            seen.append(bits([y, dx]))
        return seen

    alone = [work(i) for i in range(THREADS)]
    shared[0] = ag.compile(shared[0])
    for _ in range(2):
        assert together(work) == alone
    work(0)
    assert shared[0].calls.replayed >= 23 and shared[0].reasons == []


def test_threads_that_train(switching_often: None) -> None:
    def work(seed: int, compile: Compile) -> Any:
        g = ag.Generator().manual_seed(seed)
        net = nn.Sequential(nn.Linear(3, 8, generator=g), nn.Dropout(0.3, generator=g), nn.Linear(8, 2, generator=g))
        step = stepping(compile, net, optim.Adam(net.parameters(), lr=0.1))
        return [bits([step(*batch(seed + i)), net, g]) for i in range(15)]

    alone = [work(i, lambda f: f) for i in range(THREADS)]
    assert together(lambda i: work(i, ag.compile)) == alone


def test_threads_that_end_leave_nothing() -> None:
    net = mlp()
    f = ag.compile(net)

    def work() -> None:
        for i in range(4):
            f(rows(i, 50, 3)).sum()

    def run() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    for _ in range(3):
        run()
    gc.collect()
    tracemalloc.start()
    try:
        run()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(30):
            run()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < before + 30_000
    finally:
        tracemalloc.stop()
