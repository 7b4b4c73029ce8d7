"""What each promise of the library costs in a small step: the time that the same step takes with the promise switched off.

A person who writes a step by hand in numpy makes none of these promises. Where a target is not met, this page says what would have to
go to come nearer, and how near that would be.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any, NamedTuple
from unittest import mock

import autograd as ag
import nn
from autograd.ops import moves, products, reduce
from tests.benchmarks.measuring import Side, Workload, seconds
from tests.benchmarks.parts import best
from tests.benchmarks.peers import OURS
from tests.benchmarks.workloads import chapter, networks

Place = tuple[Any, str, Any]  # an object, the name of an attribute, and what stands there while the promise is off

QUIET = (products.linear_, products.matmul_, reduce.mean_, moves.cast_)
PROMISES: dict[str, list[Place]] = {
    "module calls are noted for pictures, and have hooks": [
        (nn.Module, "__call__", lambda module, *args, **kwargs: module.forward(*args, **kwargs)),
    ],
    "saved arrays are let go, and the graph can still be drawn": [(ag.Tensor, "release", lambda tensor, order: None)],
    "nobody is warned of an edge value": [
        (ag.Tensor, "ieee", staticmethod(nullcontext)),
        *[(row, "on_array", row.on_array.__wrapped__) for row in QUIET],  # type: ignore[attr-defined]
    ],
    "a change in place is noticed, with its line": [(sys.modules["autograd.faces.inplace"], "bump_version", lambda tensor, what: None)],
    "what does not fit is refused before it is computed": [
        (nn.functional, "linear", lambda x, *parameters: products.linear_(x, *[p for p in parameters if p is not None])),
        (nn.functional, "_same_shape", lambda x, y, name: (x, y)),
        (nn.functional, "check_reduction", lambda reduction: None),
    ],
}


@contextmanager
def off(places: Sequence[Place]) -> Iterator[None]:
    with ExitStack() as stack:
        for thing, name, other in places:
            stack.enter_context(mock.patch.object(thing, name, other))
        yield


class Without(NamedTuple):
    """A side (see `measuring`) that runs with something else in these places."""

    run: Side
    places: Sequence[Place]

    def __call__(self) -> Any:
        with off(self.places):
            return self.run()

    def seconds(self, number: int) -> float:
        with off(self.places):
            self.run()
            return seconds(self.run, number)


# What is measured, and how many runs of it make one timing.
WORKLOADS: dict[str, tuple[Callable[[], Workload], int]] = {
    "T1, nn and optim": (networks.small_modules, 50),
    "T4, polynomial": (partial(chapter.polynomial, 5), 1),
}


def of_promises(rounds: int = 25) -> dict[str, list[float]]:
    """For each promise, and for all of them, the share of the time of each workload that goes when it is switched off."""
    shares: dict[str, list[float]] = {}
    for workload, number in WORKLOADS.values():
        run = workload().sides[OURS]
        sides = {name: Without(run, places) for name, places in PROMISES.items()}
        sides["all of these"] = Without(run, [place for places in PROMISES.values() for place in places])
        times = best(number, rounds, kept=run, **sides)
        for name in sides:
            shares.setdefault(name, []).append(1 - times[name] / times["kept"])
    return shares


def page() -> str:
    """As a table in Markdown."""
    lines = ["## What the promises cost", "", "The share of a small step that goes with a promise when it is switched off. A compiled"]
    lines += ["step keeps them all, and pays for most of them once, in the call that is recorded.", ""]
    lines += [f"| promise | {' | '.join(WORKLOADS)} |", f"| --- |{' --- |' * len(WORKLOADS)}"]
    lines += [f"| {name} | {' | '.join(f'{share:.0%}' for share in found)} |" for name, found in of_promises().items()]
    return "\n".join([*lines, ""])
