"""Where the time of a step goes: what a ratio does not say, and what one must know before making it smaller.

The parts are measured one by one, as the best of many runs. What numpy does in a step is what the rows compute and the rules return, run
again on the same arrays without anything around it; the rest is ours. A difference of two measurements stands for what cannot be run
alone: letting go of a graph is a backward without ``retain_graph`` less one with it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
import nn
from autograd.graph import Node
from tests.benchmarks import programs
from tests.benchmarks.peers import OURS, libraries
from tests.benchmarks.workloads import networks
from tests.benchmarks.workloads.scalars import plain_chain


class Part(NamedTuple):
    name: str
    seconds: float
    ours: bool = True  # or numpy's, or Python's


def best(run: Callable[..., Any], number: int, rounds: int = 9, before: Callable[[], Any] | None = None) -> float:
    """Seconds of one run; with ``before`` each run takes what that makes, which is not counted."""
    found = []
    for _ in range(rounds):
        total = 0.0
        if before is None:
            start = time.perf_counter()
            for _ in repeat(None, number):
                run()
            total = time.perf_counter() - start
        else:
            for _ in repeat(None, number):
                made = before()
                start = time.perf_counter()
                run(made)
                total += time.perf_counter() - start
        found.append(total / number)
    return min(found)


def what_numpy_does(loss: Any) -> tuple[list[Callable[[], Any]], list[Callable[[], Any]], dict[Node, Any]]:
    """The forward pass that led to ``loss`` and its backward pass, as calls without arguments, and the gradients that these give."""
    order = [n for n in ag.ancestors(loss) if not n.is_leaf]
    raws = {n: [a.raw if isinstance(a, Node) else a for a in n.args] for n in order}
    forward = [lambda n=n: n.op.on_array(*raws[n]) for n in order]
    gradients = {loss: np.ones(loss.shape, loss.dtype)}
    backward: list[Callable[[], Any]] = []
    for n in reversed(order):
        for a, rule in zip(n.args, n.op.vjps):
            if rule is not None and isinstance(a, Node) and a.op is not None:
                call = lambda n=n, a=a, rule=rule, g=gradients[n]: a.fit(rule(g, n.raw, *raws[n]))  # noqa: E731
                d = call()
                gradients[a] = gradients[a] + d if a in gradients else d
                backward.append(call)
    return forward, backward, gradients


def _all(calls: Sequence[Callable[[], Any]]) -> Callable[[], None]:
    def run() -> None:
        for call in calls:
            call()

    return run


def of_tensors(number: int = 300) -> list[Part]:
    """T1's step, as functions, and what modules and an optimiser add."""
    start, x, y = networks.small_network()
    lib = dict(libraries())[OURS]
    parameters = programs.leaves(lib, start)
    of_parameters = programs.small_loss(lib, x, y)

    def loss() -> Any:
        for p in parameters:
            p.grad = None
        return of_parameters(parameters)

    net, criterion = programs.small(lib), nn.MSELoss()
    rows, targets = ag.from_numpy(x), ag.from_numpy(y)
    sgd = nn.optim.SGD(net.parameters(), lr=0.05)
    kept = loss()
    forward, backward, _ = what_numpy_does(kept)
    kept.backward(retain_graph=True)
    criterion(net(rows), targets).backward()
    gradients = [(p.raw, p.grad.raw) for p in parameters]

    def update() -> None:
        for p, g in gradients:
            np.subtract(p, g * 0.05, p)

    ours = best(loss, number)
    numpys = best(_all(forward), number)
    walked = best(lambda l: l.backward(retain_graph=True), number, before=loss)
    whole = best(lambda l: l.backward(), number, before=loss)
    rules = best(_all(backward), number)
    steps = best(update, number)
    with_modules = best(lambda: criterion(net(rows), targets), number)
    return [
        Part("forward: what numpy computes", numpys, False),
        Part("forward: recording it", ours - numpys),
        Part("backward: what the rules compute", rules, False),
        Part("backward: walking the graph", walked - rules),
        Part("backward: letting go of the graph", whole - walked),
        Part("the step of SGD: what numpy computes", steps, False),
        Part("the step of SGD: the rest", best(sgd.step, number) - steps),
        Part("module calls, noted for pictures", with_modules - ours),
    ]


def of_scalars(n: int = 10**5, rounds: int = 9) -> list[Part]:
    """S2's chain, with fewer operations."""

    def forward() -> Any:
        return programs.chain(ag.Value(1.0), n)

    def backward(y: Any) -> None:
        y.backward()

    collected = best(forward, 1, rounds)
    gc.disable()
    try:
        resting = best(forward, 1, rounds)
        bare = best(lambda: plain_chain(n), 1, rounds)
        walked = best(backward, 1, rounds, before=forward)
        freed = best(list.clear, 1, rounds, before=lambda: [forward()])
    finally:
        gc.enable()
    return [
        Part("forward: one plain object for each operation", bare, False),
        Part("forward: recording it", resting - bare),
        Part("forward: Python's collector", collected - resting, False),
        Part("backward", walked),
        Part("freeing", freed),
    ]


def page() -> str:
    """Both as tables in Markdown."""
    lines = ["## Where the time goes", "", "What a target asks for that is not met must come out of these parts.", ""]
    for what, others, unit, scale, parts in (
        ("A step of T1 with nn and optim", "numpy's", "us", 1e6, of_tensors()),
        ("A chain of 10^5 operations, as in S2", "Python's own", "ms", 1e3, of_scalars()),
    ):
        whole, theirs = (sum(part.seconds for part in some) for some in (parts, [part for part in parts if not part.ours]))
        lines += [f"{what}: {whole * scale:.0f} {unit} in all, of which {theirs / whole:.0%} are {others}.", ""]
        lines += [f"| part | {unit} | share |", "| --- | --- | --- |"]
        lines += [f"| {part.name} | {part.seconds * scale:.1f} | {part.seconds / whole:.0%} |" for part in parts] + [""]
    return "\n".join(lines)
