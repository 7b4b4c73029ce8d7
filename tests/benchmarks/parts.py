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
from autograd.core.node import Node
from tests.benchmarks import programs
from tests.benchmarks.measuring import seconds, settled
from tests.benchmarks.peers import OURS, libraries
from tests.benchmarks.workloads import networks
from tests.benchmarks.workloads.scalars import plain_chain


class Part(NamedTuple):
    name: str
    seconds: float
    ours: bool = True  # or numpy's, or Python's


class Prepared(NamedTuple):
    """A side (see `measuring`) each run of which takes what ``before`` makes, which is not counted."""

    run: Callable[[Any], Any]
    before: Callable[[], Any]

    def seconds(self, number: int) -> float:
        total = 0.0
        for _ in repeat(None, number):
            made = self.before()
            start = time.perf_counter()
            self.run(made)
            total += time.perf_counter() - start
        return total


def best(number: int, rounds: int, **sides: Any) -> dict[str, float]:
    """The shortest time of a run of each, over rounds in which all run in turn, so that a slow second is nobody's share."""
    with settled():
        times = [[seconds(side, number) / number for side in sides.values()] for _ in range(rounds)]
    return dict(zip(sides, map(min, zip(*times))))


def what_numpy_does(loss: Any) -> tuple[list[Callable[[], Any]], list[Callable[[], Any]], dict[Node, Any]]:
    """The forward pass that led to ``loss`` and its backward pass, as calls without arguments, and the gradients that these give."""
    order = [n for n in ag.ancestors(loss) if not n.is_leaf]
    raws = {n: [a.raw if isinstance(a, Node) else a for a in n.args] for n in order}
    forward = [lambda n=n: n.op.on_array(*raws[n]) for n in order]
    gradients = {loss: np.ones(loss.shape, loss.dtype)}
    backward: list[Callable[[], Any]] = []
    for n in reversed(order):
        for i, a in n.takes():
            if a.op is not None:
                call = lambda n=n, i=i, a=a, g=gradients[n]: a.fit(n.op.vjp(i, g, n.raw, raws[n]))  # noqa: E731
                d = call()
                gradients[a] = gradients[a] + d if a in gradients else d
                backward.append(call)
    return forward, backward, gradients


def _all(calls: Sequence[Callable[[], Any]]) -> Callable[[], None]:
    def run() -> None:
        for call in calls:
            call()

    return run


def of_tensors(number: int = 100, rounds: int = 25) -> list[Part]:
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

    t = best(
        number,
        rounds,
        forward=loss,
        backward=Prepared(lambda l: l.backward(), loss),
        keeping=Prepared(lambda l: l.backward(retain_graph=True), loss),
        step=sgd.step,
        modules=lambda: criterion(net(rows), targets),
        computed=_all(forward),
        ruled=_all(backward),
        updated=update,
    )
    return [
        Part("forward: what numpy computes", t["computed"], False),
        Part("forward: recording it", t["forward"] - t["computed"]),
        Part("backward: what the rules compute", t["ruled"], False),
        Part("backward: walking the graph", t["keeping"] - t["ruled"]),
        Part("backward: letting go of the graph", t["backward"] - t["keeping"]),
        Part("the step of SGD: what numpy computes", t["updated"], False),
        Part("the step of SGD: the rest", t["step"] - t["updated"]),
        Part("module calls, noted for pictures", t["modules"] - t["forward"]),
    ]


def of_compiled(number: int = 100, rounds: int = 25) -> list[Part]:
    """T1's step, compiled: the program's own lines without those that hand over gradients, with them, and the whole call."""
    sides = networks.small_modules(compiled=True).sides
    whole = sides[OURS]
    for _ in range(3):
        whole()
    program = whole.step._threads.own.last
    head, *lines = program.source.splitlines()
    computing = [line for line in lines if "_grad = " not in line and not line.strip().startswith(("touch(", "return "))]

    def run(lines: Sequence[str]) -> Callable[[], Any]:
        scope = dict(program.namespace)
        exec("\n".join([head, *lines]), scope)
        function, leaves = scope[head.split("(")[0].removeprefix("def ")], (whole.x, whole.y)
        return lambda: function(leaves)

    t = best(number, rounds, by_hand=sides[networks.FASTEST], computed=run(computing), body=run(lines), whole=whole)
    return [
        Part("what numpy computes, written by hand", t["by_hand"], False),
        Part("what it computes more, or not as fast", t["computed"] - t["by_hand"]),
        Part("gradients and the result handed over, changes counted", t["body"] - t["computed"]),
        Part("the call, and whether all is as it was", t["whole"] - t["body"]),
    ]


def of_scalars(n: int = 10**5, rounds: int = 9) -> list[Part]:
    """S2's chain, with fewer operations."""

    def forward() -> Any:
        return programs.chain(ag.Value(1.0), n)

    def backward(y: Any) -> None:
        y.backward()

    gc.disable()
    try:
        t = best(
            1,
            rounds,
            forward=forward,
            bare=lambda: plain_chain(n),
            backward=Prepared(backward, forward),
            freeing=Prepared(list.clear, lambda: [forward()]),
        )
    finally:
        gc.enable()
    collected = best(1, rounds, forward=forward)["forward"]
    return [
        Part("forward: one plain object for each operation", t["bare"], False),
        Part("forward: recording it", t["forward"] - t["bare"]),
        Part("forward: Python's collector", collected - t["forward"], False),
        Part("backward", t["backward"]),
        Part("freeing", t["freeing"]),
    ]


def page() -> str:
    """Both as tables in Markdown."""
    lines = ["## Where the time goes", "", "What a target asks for that is not met must come out of these parts.", ""]
    for what, others, unit, scale, parts in (
        ("A step of T1 with nn and optim", "numpy's", "us", 1e6, of_tensors()),
        ("The same, compiled", "what a person writes in numpy", "us", 1e6, of_compiled()),
        ("A chain of 10^5 operations, as in S2", "Python's own", "ms", 1e3, of_scalars()),
    ):
        whole, theirs = (sum(part.seconds for part in some) for some in (parts, [part for part in parts if not part.ours]))
        lines += [f"{what}: {whole * scale:.0f} {unit} in all, of which {theirs / whole:.0%} are {others}.", ""]
        lines += [f"| part | {unit} | share |", "| --- | --- | --- |"]
        lines += [f"| {part.name} | {part.seconds * scale:.1f} | {part.seconds / whole:.0%} |" for part in parts] + [""]
    return "\n".join(lines)
