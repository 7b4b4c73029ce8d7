"""How time and memory grow with the size of the work: each as a power law, whose exponent should nowhere be above 1.

A sweep does the same work at growing sizes of one axis, chosen so that its arithmetic is linear in the size. The exponents are fitted to
the upper half of the sizes, where constants no longer hide them; the pictures show all sizes. Work that outgrows a cache grows faster than
its size for a while, whoever does it; so where that matters the same is measured of a floor, plain objects or arrays, and only what grows
faster than the floor does is marked.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
import nn
from autograd import Value
from tests.benchmarks import by_hand, programs
from tests.benchmarks.measuring import settled, slope
from tests.benchmarks.peers import OURS, libraries
from tests.benchmarks.report import machine, versions
from tests.benchmarks.workloads.compiling import until_replayed
from tests.benchmarks.workloads.networks import rows_and_layers
from tests.benchmarks.workloads.pictures import chains
from tests.benchmarks.workloads.scalars import plain_chain

STEEP = 0.1  # by how much an exponent may lie above that of the floor, or above 1
ROUNDS, PATIENCE = 4, 0.05  # of each size in turn, and the seconds for which a small size is run again in one of them


class Sweep(NamedTuple):
    """``run`` is timed on what ``prepare`` makes of a size, anew for each run; it takes it out of a list, so that it can free it."""

    axis: str
    what: str
    sizes: Sequence[int]
    prepare: Callable[[int], Any]
    run: Callable[[list[Any]], Any]
    floor: bool = False
    collector: bool = False  # is Python's at work meanwhile? It looks at a short chain not at all, at a long one several times


def _decades(first: int, last: int) -> list[int]:
    """first, 3 * first, 10 * first, ... up to last."""
    sizes = [round(first * 10**k * f) for k in range(8) for f in (1, 3)]
    return [n for n in sizes if n <= last]


# Graphs.
def _recorded(n: int) -> Value:
    return programs.chain(Value(1.0), n)


def _differentiated(n: int) -> Value:
    y = _recorded(n)
    y.backward()
    return y


def _matrices(n: int) -> Any:
    return programs.chain(ag.ones(4, 4, requires_grad=True), n).sum()


def _twice(n: int) -> Any:
    x = Value(1.0)
    (g,) = ag.grad(programs.chain(x * x, n), x, create_graph=True)
    return ag.grad(g, x)


def _drawn(end: Value) -> int:
    return len(ag.draw(end, max_nodes=10**7).source)


# Networks. A step of training is what `programs` says it is.
def _fresh(sizes: Sequence[int], batch: int, compiled: bool = False) -> programs.Training:
    lib = dict(libraries(compiled))[OURS]
    layers = [layer for m, n in zip(sizes, sizes[1:]) for layer in (nn.Linear(m, n), nn.ReLU())][:-1]
    net = nn.Sequential(*layers)
    _, x, labels = rows_and_layers(*sizes, batch=batch)
    return programs.training(lib, net, nn.CrossEntropyLoss(), [p.detach().numpy() for p in net.parameters()], x, labels, 0.01)


def _step(sizes: Sequence[int], batch: int) -> Callable[[], Any]:
    step = _fresh(sizes, batch)
    step()  # buffers are there from now on
    return step


# Compiled functions, each as a pair: the function, and a step with it.
Compiled = tuple[Any, Callable[[], Any]]


def _layers(d: int) -> Compiled:
    training = _fresh([16] * (d + 1), 16, compiled=True)
    return training.step, training


def _neuron(n: int) -> Compiled:
    """A neuron of Values, and n rows: no deeper for any n."""
    w, b, rows = Value(0.5), Value(0.1), np.linspace(-1, 1, n).tolist()
    loss = ag.compile(lambda: sum(((w * x + b).tanh() - x) ** 2 for x in rows))
    return loss, lambda: loss().backward()


def _compile(state: list[Compiled]) -> None:
    for step in until_replayed(*state[0]):
        step()


def _compiled(of: Callable[[int], Compiled]) -> Callable[[int], Callable[[], Any]]:
    def prepare(n: int) -> Callable[[], Any]:
        made = of(n)
        _compile([made])
        return made[1]

    return prepare


def _products(sizes: Sequence[int], batch: int) -> Callable[[], Any]:
    start, x, labels = rows_and_layers(*sizes, batch=batch)
    return by_hand.products(by_hand.classifier(start, x, labels, [np.float32(1)] * (len(sizes) - 2))[1])


def _optimiser(parameters: list[Any], kind: Any) -> Callable[[], Any]:
    for p in parameters:
        p.grad = ag.ones_like(p)
    optimizer = kind(parameters, lr=0.01)
    optimizer.step()
    return optimizer.step


def _descend(state: list[Any]) -> None:
    p, g = state[0]
    p -= 0.01 * g


def _leaf(*shape: int) -> Any:
    return ag.zeros(*shape, requires_grad=True)


def _call(state: list[Any]) -> Any:
    return state[0]()


def sweeps(quick: bool) -> Iterator[Sweep]:
    most = 10**5 if quick else 10**6
    nodes = _decades(100, most)
    yield Sweep("nodes", "(a chain of plain objects)", nodes, lambda n: n, lambda s: plain_chain(s[0]), floor=True)
    yield Sweep("nodes", "(free it)", nodes, plain_chain, list.clear, floor=True)
    yield Sweep("nodes", "record a chain of Values", nodes, lambda n: n, lambda s: _recorded(s[0]))
    yield Sweep("nodes", "backward through it", nodes, _recorded, lambda s: s[0].backward())
    yield Sweep("nodes", "free it", nodes, _differentiated, list.clear)
    yield Sweep("nodes", "all of it", nodes, lambda n: n, lambda s: _differentiated(s[0]))
    yield Sweep("nodes", "with Python's collector", nodes, lambda n: n, lambda s: _differentiated(s[0]), collector=True)
    yield Sweep("nodes", "sum() of Values, backward", nodes, lambda n: [Value(1.0) for _ in range(n)], lambda s: sum(s[0]).backward())
    yield Sweep("nodes", "a chain differentiated twice", _decades(100, most // 3), lambda n: n, lambda s: _twice(s[0]))
    yield Sweep("nodes", "a chain of 4 x 4 Tensors", _decades(100, most // 3), lambda n: n, lambda s: _matrices(s[0]).backward())
    yield Sweep("nodes", "draw a graph, DOT text", _decades(100, most // 10), chains, lambda s: _drawn(s[0]))
    sizes = _decades(10, 10**4 if quick else 3 * 10**4)
    yield Sweep("width", "(its matrix products)", sizes, lambda w: _products([64, w, 10], 64), _call, floor=True)
    yield Sweep("width", "step of 64-w-10, batch 64", sizes, lambda w: _step([64, w, 10], 64), _call)
    layers = _decades(10, 10**4)
    yield Sweep("depth", "(its matrix products)", layers, lambda d: _products([16] * (d + 1), 16), _call, floor=True)
    yield Sweep("depth", "step of d layers of 16, batch 16", layers, lambda d: _step([16] * (d + 1), 16), _call)
    layers = _decades(3, 300 if quick else 1000)
    yield Sweep("program", "compile a step of d layers", layers, _layers, _compile)
    yield Sweep("program", "replay it", layers, _compiled(_layers), _call)
    rows = _decades(10, most // 100)
    yield Sweep("program", "compile a loss of Values, n rows", rows, _neuron, _compile)
    yield Sweep("program", "replay it, with backward", rows, _compiled(_neuron), _call)
    yield Sweep("batch", "(the products of 64-64-10)", sizes, lambda n: _products([64, 64, 10], n), _call, floor=True)
    yield Sweep("batch", "step of 64-64-10", sizes, lambda n: _step([64, 64, 10], n), _call)
    yield Sweep("batch", "step of 784-256-10", _decades(10, 3000), lambda n: _step([784, 256, 10], n), _call)
    parameters = _decades(1000, 10**6 if quick else 10**7)
    yield Sweep("parameters", "step of n-n, batch 16", parameters, lambda p: _step([round(p**0.5)] * 2, 16), _call)
    yield Sweep("parameters", "(p -= 0.01 * g in numpy)", parameters, lambda p: np.ones((2, p), np.float32), _descend, floor=True)
    for kind in (nn.optim.SGD, nn.optim.Adam):
        name = kind.__name__
        yield Sweep("parameters", f"{name}.step, one tensor", parameters, lambda p, kind=kind: _optimiser([_leaf(p)], kind), _call)
        many = [p for p in parameters if p <= 10**6]
        yield Sweep(
            "parameters", f"{name}.step, tensors of 100", many,
            lambda p, kind=kind: _optimiser([_leaf(100) for _ in range(p // 100)], kind), _call,
        )  # fmt: skip


def seconds(sweep: Sweep, size: int) -> float:
    """The least time of a run: what others on the machine take only adds to it."""
    best, end = float("inf"), time.perf_counter() + PATIENCE
    while best == float("inf") or time.perf_counter() < end:
        state = [sweep.prepare(size)]
        gc.collect()
        if not sweep.collector:
            gc.disable()
        start = time.perf_counter()
        sweep.run(state)
        best = min(best, time.perf_counter() - start)
        gc.enable()
    return best


def memory(sweep: Sweep, size: int) -> int:
    """Bytes that a run holds at its peak, beyond what was there before."""
    state = [sweep.prepare(size)]
    gc.collect()
    tracemalloc.start()
    try:
        sweep.run(state)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main(out: Path, quick: bool) -> None:
    line = "{:<12}{:<34}{:>21}{:>12}{:>10}{:>14}{:>10}"
    print(machine(), versions(), "for each size, time and memory of the work; 'each' is that of the largest size, divided by it", sep="\n")
    print("slope: the exponent e where a work of size n takes n^e, fitted to the upper half of the sizes\n")
    print(line.format("axis", "work", "sizes", "time each", "slope", "memory each", "slope"))
    found: dict[str, dict[str, dict[str, Any]]] = {}
    floors: dict[str, float] = {}
    for sweep in sweeps(quick):
        sizes = list(sweep.sizes)
        with settled():
            times = np.min([[seconds(sweep, n) for n in sizes] for _ in range(ROUNDS // 2 if quick else ROUNDS)], axis=0)
            peaks = np.array([memory(sweep, n) for n in sizes])
        upper = len(sizes) // 2
        slopes = [slope(sizes[upper:], figures[upper:]) if figures.all() else 0.0 for figures in (times, peaks)]
        limits = [floors.get(sweep.axis, 1) + STEEP, 1 + STEEP]
        if sweep.floor:
            floors[sweep.axis] = max(floors.get(sweep.axis, 1), slopes[0])
        each = f"{times[-1] / sizes[-1] * 1e9:.3g} ns", f"{peaks[-1] / sizes[-1]:.3g} B"
        cells = [f"{s:.2f}" + (" (!)" if s > limit and not sweep.floor else "") for s, limit in zip(slopes, limits)]
        print(line.format(sweep.axis, sweep.what, f"{sizes[0]:,} to {sizes[-1]:,}", each[0], cells[0], each[1], cells[1]), flush=True)
        panels = found.setdefault(sweep.axis, {"seconds": {}, "bytes": {}})
        for panel, figures, s in zip(panels.values(), (times, peaks), slopes):
            panel[f"{sweep.what}: {s:.2f}" if figures.all() else sweep.what] = (sizes, np.where(figures, figures, np.nan))
    print(f"() is a floor; (!) grows faster: an exponent more than {STEEP} above it, or above 1 where there is none")
    draw(found, out)


def draw(found: dict[str, dict[str, dict[str, Any]]], out: Path) -> None:
    try:
        from demos.plots import lines
    except ImportError as error:
        print(f"no pictures: {error} (pip install matplotlib)")
        return
    out.mkdir(parents=True, exist_ok=True)
    for axis, panels in found.items():
        title = f"Time and memory by {axis}, with their exponents"
        path = lines(out / f"scaling-{axis}.svg", panels, title, axis, xscale="log", yscale="log")
        print(f"drawn in {path}")
