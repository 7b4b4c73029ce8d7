"""The chapter's small runs, from a fresh network to its losses: a loader, an optimiser and losses around hardly any arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks import by_hand, programs
from tests.benchmarks.measuring import Side, Workload, agreement
from tests.benchmarks.peers import EAGER, libraries

LOOPS = "the same loops in numpy"
Pair = tuple[np.ndarray, np.ndarray]


def _run(
    program: Callable[..., Any], loops: Callable[..., Any], train: Pair, test: Pair, batch: int, epochs: int, compiled: bool
) -> Workload:
    """It is checked without shuffling and from one start, over a tenth of the epochs; timed with both."""

    def sides(shuffle: bool, epochs: int) -> dict[str, Side]:
        found: dict[str, Side] = {}
        for name, lib in libraries(compiled):
            loaders = [programs.load_array(lib, train, batch, shuffle), programs.load_array(lib, test, batch, False)]
            start = _normal if shuffle else _half
            found[name] = lambda lib=lib, loaders=loaders, start=start: program(lib, *loaders, start, epochs)
        rng = np.random.default_rng(0)
        fill = (lambda a: a.__setitem__(..., rng.standard_normal(a.shape, np.float32))) if shuffle else (lambda a: a.fill(0.5))
        return found | {LOOPS: lambda: loops(train, test, fill, epochs, shuffle)}

    return Workload(sides(True, epochs), agreement(sides(False, max(1, epochs // 10)), 1e-4, closer={EAGER: 0.0}))


def _normal(t: Any) -> None:
    t.normal_()


def _half(t: Any) -> None:
    t.fill_(0.5)


def weight_decay(epochs: int = 100, compiled: bool = False) -> Workload:
    """T4: 20 rows of 200 numbers in batches of 5, four steps an epoch, with a decay of 3."""
    rng = np.random.default_rng(0)

    def rows(n: int) -> Pair:
        x = rng.standard_normal((n, 200)).astype(np.float32)
        y = x.sum(1, keepdims=True) * 0.01 + 0.05 + rng.normal(0, 0.01, (n, 1))
        return x, y.astype(np.float32)

    return _run(programs.weight_decay, by_hand.weight_decay, rows(20), rows(100), 5, epochs, compiled)


def polynomial(epochs: int = 400, compiled: bool = False) -> Workload:
    """T4: 100 rows of the first four terms in batches of 10, ten steps an epoch."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 1)) ** np.arange(4) / [math.gamma(i + 1) for i in range(4)]
    labels = features @ [[5], [1.2], [-3.4], [5.6]] + rng.normal(scale=0.1, size=(200, 1))
    x, y = features.astype(np.float32), labels.astype(np.float32)
    return _run(programs.polynomial, by_hand.polynomial, (x[:100], y[:100]), (x[100:], y[100:]), 10, epochs, compiled)
