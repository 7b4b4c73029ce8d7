"""How things are measured: who is compared, runs in turn, and medians of the ratios of neighbouring runs.

Absolute times say little about a library, because they are those of the machine. So all sides of a race run in turn in one process,
and what counts is the median of the ratios within a round, which a slow second touches alike.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

Side = Callable[[], Any]
SLICE = 0.02  # seconds that one timing is to take at least, where a run is shorter
LEAST, MOST = 3, 200  # rounds


class Workload(NamedTuple):
    """The same work by several sides, ours first, and a function that raises an AssertionError where their results differ.

    A side is a function without arguments. One that has a method ``seconds(number)`` takes the time of its runs itself.
    """

    sides: Mapping[str, Side]
    check: Callable[[], None]


def arrays(result: Any) -> list[np.ndarray]:
    """Copies, in float64, of all the numbers in a result: tensors, arrays and floats, in lists and tuples."""
    if isinstance(result, list | tuple):
        return [a for part in result for a in arrays(part)]
    if hasattr(result, "detach"):
        result = result.detach()
    if hasattr(result, "numpy"):
        result = result.numpy()
    return [np.array(result, dtype=np.float64)]


def same(what: str, ours: Any, theirs: Any, tolerance: float) -> None:
    mine, other = arrays(ours), arrays(theirs)
    assert len(mine) == len(other), f"{what}: {len(mine)} results and {len(other)}"
    for a, b in zip(mine, other):
        assert a.shape == b.shape, f"{what}: shapes {a.shape} and {b.shape}"
        assert np.allclose(a, b, rtol=tolerance, atol=tolerance), f"{what} differs by up to {abs(a - b).max():.3g}: {a} and {b}"


def agreement(sides: Mapping[str, Side], tolerance: float, runs: int = 1, closer: Mapping[str, float] | None = None) -> Callable[[], None]:
    """The usual check: in each of so many runs, every side returns what the first does. ``closer`` has the tolerances of sides for which
    another holds.
    """

    def check() -> None:
        (first, ours), *others = sides.items()
        for _ in range(runs):
            expected = arrays(ours())
            for name, side in others:
                same(f"{first} and {name}", expected, side(), (closer or {}).get(name, tolerance))

    return check


def seconds(side: Side, number: int = 1) -> float:
    """The time of ``number`` runs, with the rubbish of the run before cleared away first."""
    gc.collect()
    if hasattr(side, "seconds"):
        return side.seconds(number)
    start = time.perf_counter()
    for _ in repeat(None, number):
        side()
    return time.perf_counter() - start


@contextmanager
def settled() -> Iterator[None]:
    """Keep Python's collector from looking, in the middle of a measurement, at what imports and set-up left behind.

    And glibc from giving memory back after each step and taking it again: it does so until a large block was freed, which is a matter of
    luck, and touches now one side and now another.
    """
    np.empty(31 << 20, np.uint8)  # the largest block that tells it
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def race(workload: Workload, budget: float) -> dict[str, np.ndarray]:
    """Seconds a run for each side, one for each round; rounds last ``budget`` seconds in all. Results are checked before."""
    workload.check()
    sides = list(workload.sides.items())
    times: dict[str, list[float]] = {name: [] for name, _ in sides}
    order = random.Random(0)
    with settled():
        numbers = {name: max(1, round(SLICE / seconds(side))) for name, side in sides}
        end, rounds = time.perf_counter() + budget, 0
        while rounds < LEAST or (rounds < MOST and time.perf_counter() < end):
            for name, side in sides:
                times[name].append(seconds(side, numbers[name]) / numbers[name])
            order.shuffle(sides)  # so that none always finds the caches as one of the others leaves them
            rounds += 1
    return {name: np.array(taken) for name, taken in times.items()}


def slope(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """The exponent of the power law that fits best: 1 where a figure grows as the size does."""
    return float(np.polyfit(np.log(sizes), np.log(figures), 1)[0])
