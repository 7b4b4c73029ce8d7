"""Measures speed and memory, and says whether each figure meets its target: ``python -m tests.benchmarks [--quick]``.

Absolute times say little about a library, because they are those of the machine. So both sides of a comparison run in
turn in this process, and what is printed is the median of the ratios of neighbouring runs, which a slow second touches
alike. BLAS is held to one thread before numpy is loaded; results are compared before anything is timed.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"))

import argparse
import gc
import statistics
import time
from collections.abc import Iterator
from itertools import repeat

from tests.benchmarks import workloads
from tests.benchmarks.workloads import Side, Workload


def seconds(side: Side, number: int) -> float:
    """The time of ``number`` runs, with the rubbish of the run before cleared away first."""
    gc.collect()
    start = time.perf_counter()
    for _ in repeat(None, number):
        side()
    return time.perf_counter() - start


def ratio(workload: Workload, pairs: int, number: int) -> float:
    """The median of ours / theirs over ``pairs`` of runs, each side first by turns. Results are checked before."""
    ours, theirs, check = workload
    check()
    found = []
    for i in range(pairs):
        if i % 2:
            mine, other = seconds(ours, number), seconds(theirs, number)
        else:
            other, mine = seconds(theirs, number), seconds(ours, number)
        found.append(mine / other)
    return statistics.median(found)


def rows(quick: bool) -> Iterator[tuple[str, str, float, str, float | None]]:
    """Each row as it is measured: workload, what it is compared with, the figure, its unit, the target (at most)."""
    few = 4 if quick else 1
    if workloads.HAS_MICROGRAD:
        yield "S1 two-moons step on Values", "micrograd", ratio(workloads.two_moons(), 12 // few, 1), "", 0.12
        yield "S1m its forward graph", "bytes a node", workloads.bytes_a_node(), "B", 130
    else:
        print("S1 and S1m are left out: micrograd is not installed (pip install micrograd)")
    sizes = (10**4, 10**5, 10**6)
    engine, total = ([statistics.median(workloads.chain(n, collect) for _ in range(3)) for n in sizes] for collect in (False, True))
    figures = " ".join(f"{t:.0f}" for t in engine) + ", with Python's collector " + " ".join(f"{t:.0f}" for t in total)
    yield "S2 chain of 10^6 operations", f"10^4 operations; ns each at 10^4 10^5 10^6: {figures}", engine[-1] / engine[0], "", None
    yield "T1 2-16-16-1 step, batch 100", "numpy by hand", ratio(workloads.small_step(), 100 // few, 50), "", 1.5
    yield "T2 784-256-10 step, batch 256", "its five matrix products", ratio(workloads.large_step(), 60 // few, 5), "", 1.25
    yield "N1 epoch of the concise MLP", "numpy by hand", ratio(workloads.epoch(), 16 // few, 1), "", 1.15
    yield "N2 a shuffled walk of the loader", "numpy's gathers", ratio(workloads.loader(), 24 // few, 1), "", None
    yield "N3 dropout of 256 x 256", "numpy with random floats", ratio(workloads.mask(), 60 // few, 20), "", None
    yield "E1 a + b, 4 x 4, recorded", "numpy's a + b", ratio(workloads.one_sum(), 60 // few, 10), "", 1.8
    yield "E1-floor the least an object costs", "numpy's a + b", ratio(workloads.floor_of_one_sum(), 60 // few, 10), "", None
    if workloads.HAS_TORCH:
        yield "C1 gradcheck, 100 inputs x 10", "PyTorch's", ratio(workloads.gradient_check(), 60 // few, 3), "", 0.2
    else:
        print("C1 is left out: torch is not installed")
    yield "D1 the text of 10^4 variables", "us a variable", workloads.text_of_a_node(), "us", 20
    yield "D2 SVG of 50 layers, both lanes", "ms, with the start of the child", workloads.picture_of_layers(), "ms", 1000
    yield "D3 lines of code recorded", "not recorded", ratio(workloads.lines(), 40 // few, 1), "", None
    yield "I1 import autograd", "import numpy, beyond it", workloads.import_time(7 if quick else 15), "ms", 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs: a first impression in a quarter of the time")
    quick = parser.parse_args().quick
    line = "{:<36}{:>10}  {:>8}  {:<4}  {}"
    print(line.format("workload", "ratio", "target", "met", "compared with"))
    for name, other, figure, unit, target in rows(quick):
        shown = f"{figure:.3f}" if not unit else f"{figure:.0f} {unit}"
        goal = "-" if target is None else f"<= {target:g}"
        met = "-" if target is None else "yes" if figure <= target else "no"
        print(line.format(name, shown, goal, met, other), flush=True)


if __name__ == "__main__":
    main()
