"""An error or a Ctrl-C in a call of a compiled function: what is seen is as uncompiled, and the next call is right."""

from __future__ import annotations

import copy
import linecache
import random
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import Tensor
from nn import optim
from tests.autograd.compiling.stories import Compile, batch, bits, compiled_as_eager, mlp, raised, rows, stepping

F = nn.functional


# Errors.
@compiled_as_eager()
def test_an_error_in_the_first_call(compile: Compile) -> Iterator[Any]:
    step = stepping(compile, net := mlp())
    for i in range(8):
        x, y = batch(i)
        if i in (0, 1, 5):
            y[0] = 7
        yield raised(lambda x=x, y=y: step(x, y)), net


@pytest.mark.parametrize("before", ["zero_grad", "nothing", "update"])
@compiled_as_eager(replayed=3)
def test_an_error_in_a_later_call(compile: Compile, before: str) -> Iterator[Any]:
    """A label out of range: the same error, the same state after it, and the next call is right."""
    net, counted = mlp(), ag.zeros(2)
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        if before == "zero_grad":
            optimizer.zero_grad()
        if before == "update":
            with ag.no_grad():
                net[0].weight.mul_(0.9)
                counted.add_(1.0)
        l = F.cross_entropy(net(x), y)
        l.backward()
        optimizer.step()
        return l

    for i in range(12):
        x, y = batch(i)
        if i in (4, 8):
            y[0] = 2 if i == 4 else -1
        yield raised(lambda x=x, y=y: step(x, y)), net, optimizer, counted


@compiled_as_eager()
def test_an_index_that_is_not_there(compile: Compile) -> Iterator[Any]:
    table = nn.Embedding(4, 3)
    f = compile(lambda i: table(i).sum())
    g = compile(lambda i: table.weight[i].sum())
    h = compile(lambda x, i: x.gather(0, i) + x.index_select(0, i))
    for n in range(10):
        for call in (f, g, lambda i, n=n: h(rows(n, 4), i)):
            given = ag.tensor([0, 1, [3, 4, -1, -9][n // 2 % 4]])
            found = raised(lambda call=call, given=given: call(given))
            yield found[0] if call is g and isinstance(found, tuple) else found  # numpy says it in its own words


@compiled_as_eager()
def test_numbers_that_a_loss_refuses(compile: Compile) -> Iterator[Any]:
    """Losses look at their targets: probabilities in [0, 1], signs."""
    x = rows(0, 3, requires_grad=True)
    refusing = [
        compile(lambda y: F.binary_cross_entropy_with_logits(x, y)), compile(lambda y: F.hinge_loss(x, y)), compile(lambda y: F.binary_cross_entropy(y, y)),
        compile(lambda y: F.cross_entropy(x, y)),
    ]  # fmt: skip
    for i in range(8):
        y = ag.tensor([1.0, 1.0, [1.0, 2.0, -1.0, float("nan")][i // 2 % 4]])
        yield [raised(lambda call=call, y=y: call(y)) for call in refusing]


@compiled_as_eager()
def test_an_error_of_ones_own(compile: Compile) -> Iterator[Any]:
    def check(x: Tensor) -> Tensor:
        if limit[0] < 0:
            raise ValueError("limit")
        return x * limit[0]

    limit = [2.0]
    f = compile(check)
    for i in range(10):
        limit[0] = -1.0 if i in (4, 7) else 2.0
        yield raised(lambda i=i: f(rows(i, 3)))


@compiled_as_eager()
def test_wrong_arguments(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, y: x @ y)
    net = compile(mlp())
    for i in range(4):
        yield f(rows(i, 2, 3), rows(i, 3, 2)), net(rows(i, 2, 3))
        yield raised(lambda i=i: f(rows(i, 2, 3), rows(i, 2, 3))), raised(lambda i=i: net(rows(i, 2, 4)))
        yield [raised(lambda args=args: f(*args))[0] for args in ((), (rows(i, 2),), (1, 2, 3), ("a", rows(i, 2)), (None, None))]


# Ctrl-C.
def _interrupted(call: Callable[[], Any], at: int) -> bool:
    """Run ``call`` with an interrupt at the line ``at`` of what the compiler runs; was it reached?

    A tracer is told of a with statement once more as its block ends. There it could raise before the block is left, as no Ctrl-C can.
    """
    lines = [0]

    def tracer(frame: Any, event: str, arg: Any) -> Any:
        name = frame.f_code.co_filename
        if "compiling" not in name and not name.startswith("<"):
            return None
        if event == "line" and not linecache.getline(name, frame.f_lineno).lstrip().startswith("with "):
            lines[0] += 1
            if lines[0] == at:
                raise KeyboardInterrupt
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        call()
        return False
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)


def _twins() -> tuple[Any, Any]:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    return net, optim.Adam(net.parameters(), lr=0.1)


def _next_call_is_right(step: Any, net: Any, optimizer: Any, i: int) -> None:
    """A copy of all there is, by an eager step, and the compiled step: the same."""
    other, other_optimizer = copy.deepcopy((net, optimizer))
    state = ag.default_generator.get_state()
    want = bits([stepping(lambda f: f, other, other_optimizer)(*batch(i)), other, other_optimizer, ag.default_generator])
    ag.default_generator.set_state(state)
    assert bits([step(*batch(i)), net, optimizer, ag.default_generator]) == want


def test_an_interrupt_at_any_line_of_a_replay_leaves_the_next_call_right() -> None:
    net, optimizer = _twins()
    step = stepping(ag.compile, net, optimizer)
    for i in range(4):
        step(*batch(i))
    assert step.calls.replayed >= 1
    rnd, reached = random.Random(0), 0
    at = 0
    while True:
        at += rnd.randint(1, 5)
        if not _interrupted(lambda at=at: step(*batch(at)), at):
            break
        reached += 1
        assert ag.is_grad_enabled()
        _next_call_is_right(step, net, optimizer, at)
    assert reached > 5 and step.reasons == []
    before = step.calls.replayed
    step(*batch(0))
    assert step.calls.replayed == before + 1


@pytest.mark.long
def test_an_interrupt_at_any_line_of_a_recording_leaves_the_next_call_right() -> None:
    rnd, at = random.Random(1), 0
    while True:
        at += rnd.randint(1, 3000)
        net, optimizer = _twins()
        step = stepping(ag.compile, net, optimizer)
        step(*batch(0))
        reached = _interrupted(lambda step=step: step(*batch(1)), at)
        assert ag.is_grad_enabled()
        for i in range(3):
            _next_call_is_right(step, net, optimizer, i)
        if not reached:
            break


def test_an_interrupt_of_a_function_and_of_its_backward() -> None:
    w = rows(0, 3, 4, requires_grad=True)
    f = ag.compile(lambda x: (x @ w).tanh() * x.sum())
    for i in range(4):
        f(rows(i, 5, 3)).sum().backward()
    for at in range(1, 400, 3):
        w.grad = None
        if not _interrupted(lambda at=at: f(rows(at, 5, 3)).sum().backward(), at):
            break
        w.grad, x = None, rows(at + 1, 5, 3)
        y = f(x)
        y.sum().backward()
        got = bits([y, w])
        w.grad = None
        y = (x @ w).tanh() * x.sum()
        y.sum().backward()
        assert got == bits([y, w])
    assert at > 5


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_ctrl_c_at_any_time() -> None:
    net, optimizer = _twins()
    step = stepping(ag.compile, net, optimizer)
    for i in range(4):
        step(*batch(i))

    def ring(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before, rnd = signal.signal(signal.SIGALRM, ring), random.Random(0)
    try:
        for i in range(60):
            try:
                signal.setitimer(signal.ITIMER_REAL, rnd.uniform(1e-5, 2e-3))
                for k in range(200):
                    step(*batch(k))
            except KeyboardInterrupt:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            _next_call_is_right(step, net, optimizer, i)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert step.reasons == []
