"""Graphs of single numbers: micrograd's own programs, a long chain, and what a node weighs."""

from __future__ import annotations

import gc
import importlib
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from operator import methodcaller
from typing import Any

import numpy as np

import autograd as ag
from autograd import Value
from tests.benchmarks import programs
from tests.benchmarks.measuring import Side, Workload, agreement, same, settled, slope
from tests.benchmarks.peers import EAGER, MICROGRAD, MYGRAD, OURS, PYTORCH, as_it_is, imported, in_child, pytorch


def _moons() -> tuple[np.ndarray, list[int]]:
    rng = np.random.default_rng(0)
    t = np.linspace(0, np.pi, 50)
    x = np.concatenate([np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]]) + rng.normal(0, 0.1, (100, 2))
    return x, np.repeat([-1, 1], 50).tolist()


def _mlp(scalar: type[Any]) -> Any:
    """micrograd's own multilayer perceptron, 2-16-16-1, made of ``scalar``."""
    module = importlib.import_module("micrograd.nn")
    before, module.Value = module.Value, scalar  # type: ignore[attr-defined]
    try:
        random.seed(1337)
        return module.MLP(2, [16, 16, 1])
    finally:
        module.Value = before  # type: ignore[attr-defined]


def moons_step(scalar: type[Any], compiled: Callable[..., Any] = as_it_is) -> tuple[Callable[[], Any], Side]:
    """The loss of micrograd's demo, and a step of its training: its network and its user's code, on numbers of this kind."""
    x, labels = _moons()
    model = _mlp(scalar)

    @compiled
    def loss() -> Any:
        return programs.two_moons(model, [list(map(scalar, row)) for row in x], labels)

    def step() -> Any:
        total = loss()
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad
        return total.data, [p.data for p in model.parameters()]

    return loss, step


def two_moons(compiled: bool = False) -> Workload:
    """A step of micrograd's demo, on our numbers and on its own."""
    if imported("micrograd") is None:
        return Workload({}, lambda: None)
    sides = {OURS: moons_step(Value, ag.compile)[1], EAGER: moons_step(Value)[1]} if compiled else {OURS: moons_step(Value)[1]}
    sides[MICROGRAD] = moons_step(importlib.import_module("micrograd.engine").Value)[1]
    return Workload(sides, agreement(sides, 1e-9, runs=3 if compiled else 1, closer={EAGER: 1e-12}))


def bytes_a_node() -> float | None:
    """The memory of the forward graph of that step, for each node that an operation made."""
    if imported("micrograd") is None:
        return None
    x, labels = _moons()
    model, inputs = _mlp(Value), [list(map(Value, row)) for row in x]
    programs.two_moons(model, inputs, labels)  # so that caches are filled before
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        total = programs.two_moons(model, inputs, labels)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    return used / sum(not n.is_leaf for n in ag.ancestors(total))


def chain(n: int = 10**6) -> Workload:
    """A chain of ``n`` operations: recorded, differentiated and freed, with Python's collector at work as it usually is."""

    def side(leaf: Callable[[], Any]) -> Callable[[int], Any]:
        def run(n: int) -> Any:
            x = leaf()
            y = programs.chain(x, n)
            y.backward()
            return y.item(), float(x.grad)

        return run

    runs = {OURS: side(lambda: Value(1.0))}
    if (lib := pytorch()) is not None:
        runs[PYTORCH] = side(lambda: lib.torch.tensor(1.0, dtype=lib.torch.float64, requires_grad=True))

    def check() -> None:
        same("the longest", runs[OURS](n), (2.0, 2.0), 1e-9)
        agreement({name: partial(run, n // 100) for name, run in runs.items()}, 1e-9)()

    return Workload({name: partial(run, n) for name, run in runs.items()}, check)


class _Plain:
    """What a chain is made of where nothing is recorded."""

    __slots__ = ("a", "before", "data", "op")


def plain_chain(n: int) -> _Plain | None:
    y = None
    for i in range(n):
        z = _Plain()
        z.data, z.a, z.op, z.before = i * 0.5, i * 0.25, None, y
        y = z
    return y


def freeing(largest: int = 10**6) -> float:
    """The exponent with which the time grows that it takes to free a chain, beyond that of plain objects: 0 where both are linear.

    Freeing what no longer lies in a cache takes longer, whatever it is.
    """

    def freed(make: Callable[[int], Any], n: int) -> float:
        y = make(n)
        start = time.perf_counter()
        y = None  # noqa: F841 - here it dies
        return time.perf_counter() - start

    def differentiated(n: int) -> Value:
        y = programs.chain(Value(1.0), n)
        y.backward()
        return y

    sizes = [largest // 100, largest // 10, largest]
    with settled():
        ratios = [statistics.median(freed(differentiated, n) / freed(plain_chain, n) for _ in range(5)) for n in sizes]
    return slope(sizes, ratios)


def differentiated(x: Any, y: Any, relu: Callable[[Any], Any]) -> Any:
    z = programs.expression(x, y, relu)
    z.backward()
    return z


def expression(compiled: bool = False) -> Workload:
    """The expression of micrograd's README, from its leaves to their gradients."""
    a, b = -4.0, 2.0

    def side(
        leaf: Callable[[float], Any], relu: Callable[[Any], Any] = methodcaller("relu"), through: Callable[..., Any] = as_it_is
    ) -> Side:
        @through
        def of_leaves(x: Any, y: Any) -> Any:
            return differentiated(x, y, relu)

        def run() -> Any:
            x, y = leaf(a), leaf(b)
            z = of_leaves(x, y)
            return z.data, (x.grad, y.grad)

        return run

    sides: dict[str, Side] = {OURS: side(Value, through=ag.compile), EAGER: side(Value)} if compiled else {OURS: side(Value)}
    if imported("micrograd") is not None:
        sides[MICROGRAD] = side(importlib.import_module("micrograd.engine").Value)
    if (lib := pytorch()) is not None:
        sides[PYTORCH] = side(lambda x: lib.torch.tensor(x, dtype=lib.torch.float64, requires_grad=True))
    if (mygrad := imported("mygrad")) is not None:
        sides[MYGRAD] = side(mygrad.tensor, lambda t: mygrad.maximum(t, 0.0))
    sides |= in_child("expression", a, b)

    def check() -> None:
        same("the expression", sides[OURS](), (24.7041, (138.8338, 645.5773)), 1e-6)  # what that README says, with its digits
        agreement(sides, 1e-9, runs=3, closer={EAGER: 1e-12})()

    return Workload(sides, check)
