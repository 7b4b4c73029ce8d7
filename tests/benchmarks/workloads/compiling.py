"""What compiling costs before it pays: the calls that are watched and turned into a program, in steps that are not compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import methodcaller
from typing import Any

import autograd as ag
import nn
from autograd import Value
from tests.benchmarks import programs
from tests.benchmarks.measuring import Side, seconds, settled
from tests.benchmarks.peers import OURS, as_it_is, imported, libraries
from tests.benchmarks.workloads import networks, scalars

Build = Callable[[Callable[..., Any]], tuple[Any, Side]]  # takes what is done to a function, returns what became of it, and a step with it


def until_replayed(compiled: Any, step: Side) -> Iterator[Side]:
    """The step, to be made again and again until ``compiled`` was replayed in it."""
    for _ in range(10):
        if compiled.calls.replayed:
            return
        yield step
    raise AssertionError(f"nothing is replayed: {compiled.reasons}")


def time_of_compiling(build: Build, fresh: int = 10) -> float:
    """What the first steps take until one is replayed, and that one, beyond what these take otherwise; in steps that are not compiled."""
    _, eager = build(as_it_is)
    with settled():
        plain = min(seconds(eager) for _ in range(10))
        beyond = []
        for _ in range(fresh):
            compiled, step = build(ag.compile)
            first = [seconds(step) for step in until_replayed(compiled, step)]
            beyond.append(sum(first) - plain * (len(first) - 1) - min(seconds(step) for _ in range(10)))
    return min(beyond) / plain


def _training(net: Callable[[Any], Any], loss: Any, start: Any, x: Any, y: Any, compiled: Callable[..., Any]) -> tuple[Any, Side]:
    lib = dict(libraries())[OURS]._replace(compiled=compiled)
    training = programs.training(lib, net(lib), loss, start, x, y, 0.05)
    return training.step, training


def of_small() -> float:
    """Of T1's step."""
    return time_of_compiling(lambda compiled: _training(programs.small, nn.MSELoss(), *networks.small_network(), compiled))


def of_large() -> float:
    """Of T2's step."""
    given = networks.rows_and_layers(784, 256, 10)
    return time_of_compiling(lambda compiled: _training(programs.large, nn.CrossEntropyLoss(), *given, compiled), fresh=5)


def of_moons() -> float | None:
    """Of S1's loss."""
    return None if imported("micrograd") is None else time_of_compiling(lambda compiled: scalars.moons_step(Value, compiled), fresh=3)


def of_expression() -> float:
    """Of S3's."""

    def build(compiled: Callable[..., Any]) -> tuple[Any, Side]:
        made = compiled(lambda x, y: scalars.differentiated(x, y, methodcaller("relu")))
        return made, lambda: made(Value(-4.0), Value(2.0))

    return time_of_compiling(build)
