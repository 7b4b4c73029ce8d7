"""Eight threads at once, each with graphs of its own: what each gets is bit for bit what it gets alone."""

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Generator, Value, grad, tensor
from autograd.functional import hessian, jvp
from autograd.testing import gradcheck
from nn import optim

THREADS = 8


@pytest.fixture(autouse=True)
def _switching_often() -> Iterator[None]:
    """Let threads take turns after every few instructions, so that what they could disturb is disturbed."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(work: Callable[[int], Any]) -> list[Any]:
    """``work(seed)`` in eight threads that start at once."""
    results: list[Any] = [None] * THREADS
    start = threading.Barrier(THREADS)

    def run(i: int) -> None:
        start.wait()
        try:
            results[i] = work(i)
        except BaseException as error:
            results[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
        assert not thread.is_alive(), "a thread hangs"
    return results


def leaf(seed: int, *shape: int) -> ag.Tensor:
    return tensor(np.random.default_rng(seed).normal(size=shape), requires_grad=True)


def scalars(seed: int) -> Any:
    xs = [Value(v) for v in np.random.default_rng(seed).normal(size=5)]
    y = xs[0]
    for _ in range(30):
        for x in xs:
            y = (y * x + x).tanh() + abs(y)
    y.backward()
    return y.data, [x.grad for x in xs]


def tensors(seed: int) -> Any:
    x, w = leaf(seed, 4, 3), leaf(seed + 50, 5, 3)
    for _ in range(10):
        ((x @ w.T).softmax(1).log() * x.exp().sum()).mean().backward()
    return x.grad.tolist(), w.grad.tolist()


def both_layers(seed: int) -> Any:
    x = leaf(seed, 4)
    y = sum((v * v).sin() for v in x.values()) + x.sum().item()
    y.backward()
    return x.grad.tolist()


def higher_orders(seed: int) -> Any:
    x = leaf(seed, 3)
    (g,) = grad((x.sin() * x.flip(0)).sum(), x, create_graph=True)
    (h,) = grad((g * g).sum(), x)
    return h.tolist(), hessian(lambda x: (x**3 * x.flip(0)).sum(), x).tolist(), jvp(ag.tanh, x, x)[1].tolist()


def training(seed: int) -> Any:
    g = Generator().manual_seed(seed)
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    for p in net.parameters():
        with ag.no_grad():
            p.uniform_(-0.5, 0.5, generator=g)
    x = ag.randn(16, 3, generator=g)
    y = x.sum(1, keepdim=True)
    step = optim.Adam(net.parameters(), lr=0.01)
    for _ in range(10):
        loss = nn.MSELoss()(net(x), y)
        step.zero_grad()
        loss.backward()
        step.step()
    return loss.item(), [p.tolist() for p in net.parameters()]


def modes(seed: int) -> Any:
    """Every other thread does not record, one records lines, one is watched: the others see nothing of it."""
    x = leaf(seed, 3)
    seen = []
    for _ in range(20):
        if seed % 2:
            with ag.no_grad():
                seen.append(((x * 2).requires_grad, ag.is_grad_enabled()))
        elif seed == 2:
            with ag.record_lines():
                seen.append(((x * 2).requires_grad, (x * 2).tag is not None))
        elif seed == 4:
            with ag.detect_anomaly():
                seen.append((x * 2).sum().requires_grad)
        else:
            seen.append(((x * 2).requires_grad, (x * 2).tag is None))
        y = x / (x - x) if seed == 6 else x * x  # infinities in a thread that nobody watches
        seen.append((y.requires_grad, y.abs().tolist()))
    return seen


SHARED = nn.Linear(3, 3).double()


def checks(seed: int) -> Any:
    """Of functions that share parameters, which each check moves for a while; with an operation that the checker does not know."""
    softsign = ag.Op("softsign", lambda x: x / (1 + np.abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))
    return [str(gradcheck(lambda x, *_: softsign(ag.tanh(SHARED(x))), (leaf(seed, 3), *SHARED.parameters()))) for _ in range(3)]


@pytest.mark.parametrize("work", [scalars, tensors, both_layers, higher_orders, training, modes, checks], ids=lambda f: f.__name__)
def test_each_thread_gets_what_it_gets_alone(work: Callable[[int], Any]) -> None:
    before = [p.tolist() for p in SHARED.parameters()], list(warnings.filters)
    alone = [work(i) for i in range(THREADS)]
    for _ in range(3):
        assert together(work) == alone
    assert before == ([p.tolist() for p in SHARED.parameters()], list(warnings.filters))


def test_one_leaf_in_all_threads_gets_every_gradient() -> None:
    """Backward passes take turns, so that what they add to a shared leaf is not lost."""
    x = tensor(np.ones(3), requires_grad=True)
    v = Value(2.0)

    def work(i: int) -> None:
        for _ in range(25):
            (x * float(i)).sum().backward()
            (v * float(i)).backward()

    assert together(work) == [None] * THREADS
    assert x.grad.tolist() == [25.0 * sum(range(THREADS))] * 3 and v.grad == 25.0 * sum(range(THREADS))
