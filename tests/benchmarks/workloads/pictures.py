"""Graphs as text and as pictures, and what it costs to note the line of each operation."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from itertools import repeat

import autograd as ag
import nn
from autograd import Value, draw
from tests.benchmarks.measuring import Workload, agreement, settled, slope
from tests.benchmarks.peers import OURS, imported

UNNOTED = "recording without them"
UNWATCHED = "the same, not watched"


def chains(n: int) -> Value:
    """The end of a graph of about ``n`` nodes: ten chains that meet now and then, and at their end."""
    y = [Value(float(i)) for i in range(10)]
    for i in range(3 * n // 5):
        y[i % 10] = y[i % 10] * 0.5 + y[(i + 1) % 10] if i % 3 else y[i % 10].tanh()
    return sum(y, Value(0.0))


def _text(n: int) -> float:
    """Microseconds for each node that the DOT text of such a graph takes, without places."""
    end = chains(n)
    nodes = len(ag.ancestors(end))

    def once() -> float:
        start = time.perf_counter()
        source = draw(end, max_nodes=2 * n, rankdir="TB").source
        elapsed = time.perf_counter() - start
        assert source.count(" [id=v") == nodes, f"{nodes} nodes should be drawn, not {source.count(' [id=v')}"
        return elapsed / nodes * 1e6

    with settled():
        return statistics.median(once() for _ in range(5))


def text_of_a_node() -> float:
    return _text(10_000)


def layout_of_a_node(n: int = 10_000) -> float:
    """Microseconds for each node that our own layout of a chain takes: what the text with places takes more than that without."""
    end = Value(1.0)
    for i in range(n):
        end = end * 1.01 if i % 2 else end.tanh()

    def once(rankdir: str) -> float:
        start = time.perf_counter()
        assert draw(end, max_nodes=2 * n, rankdir=rankdir).placed == (rankdir == "LR")
        return time.perf_counter() - start

    with settled():
        return statistics.median(once("LR") - once("TB") for _ in range(5)) / n * 1e6


def text_slope() -> float:
    """The exponent with which the time for the text grows with the graph."""
    sizes = [1000, 3000, 10_000, 30_000]
    return slope(sizes, [n * _text(n) for n in sizes])


def picture_of_layers(layers: int = 50) -> float | None:
    """Milliseconds for the picture of a deep network with its loss, forward and backward, as SVG."""
    if imported("pygraphviz") is None and shutil.which("dot") is None:
        return None
    net = nn.Sequential(*[m for _ in range(layers) for m in (nn.Linear(16, 16), nn.Tanh())])
    loss = nn.functional.mse_loss(net(ag.randn(8, 16)), ag.zeros(8, 16))

    def once() -> float:
        start = time.perf_counter()
        picture = draw(loss, layout="mirror").pipe("svg")
        elapsed = time.perf_counter() - start
        assert picture.count(b'class="node"') > 6 * layers
        return elapsed * 1e3

    return statistics.median(once() for _ in range(5))


def lines(n: int = 2000) -> Workload:
    """A chain recorded with the line of each operation, and without."""

    def plain() -> Value:
        y = Value(1.0)
        for _ in repeat(None, n):
            y = y * 1.001
        return y

    def noted() -> Value:
        with ag.record_lines():
            return plain()

    sides = {OURS: noted, UNNOTED: plain}
    return Workload(sides, agreement({name: lambda side=side: side().data for name, side in sides.items()}, 0))


def watched(steps: int = 20) -> Workload:
    """Steps of training 64-64-64-64-64-10, of which one is measured by `watch`, and of the same network without it."""
    ag.manual_seed(0)
    x, y = ag.randn(64, 64), ag.randint(0, 10, (64,))

    def training() -> tuple[nn.Module, Callable[[], float]]:
        ag.manual_seed(1)
        net = nn.Sequential(*[m for _ in range(5) for m in (nn.Linear(64, 64), nn.Tanh())], nn.Linear(64, 10))
        optimizer = nn.optim.SGD(net.parameters(), lr=0.01)

        def some() -> float:
            for _ in range(steps):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(net(x), y)
                loss.backward()
                optimizer.step()
            return loss.item()

        return net, some

    net, some = training()
    view = ag.watch(net, every=steps)

    def seen() -> float:
        del view.snapshots[1:]  # a page is made elsewhere
        with view:
            return some()

    sides = {OURS: seen, UNWATCHED: training()[1]}
    return Workload(sides, agreement(sides, 0, runs=3))
