"""The table, as it is measured on the screen and as a page: what was compared, the ratio, its target, and on which machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.benchmarks import parts, peers, prices
from tests.benchmarks.measuring import race
from tests.benchmarks.workloads import ROWS, Figure, Race

RESULTS = Path(__file__).with_name("RESULTS.md")
BUDGET = 8.0  # seconds that a race takes, or what its least number of rounds takes
TITLES = ("workload", "ratio", "middle half", "target", "met", "our time", "compared with")


class Row(NamedTuple):
    """A line of the table; ``figure`` is None where nothing could be measured."""

    name: str
    figure: float | None
    spread: tuple[float, float] | None  # the quartiles of the ratios
    unit: str
    target: float | None
    other: str
    seconds: float | None = None  # of our run, the shortest

    def cells(self) -> tuple[str, ...]:
        def shown(figure: float) -> str:
            return (
                f"{figure:.0f} {self.unit}"
                if self.unit and abs(figure) >= 10
                else f"{figure:.1f} {self.unit}"
                if self.unit
                else ratio(figure)
            )

        def ratio(figure: float) -> str:
            return f"{figure:.3f}" if abs(figure) >= 0.02 else f"{figure:.5f}"

        met = "-" if self.target is None or self.figure is None else "yes" if self.figure <= self.target else "no"
        return (
            self.name,
            "not measured" if self.figure is None else shown(self.figure),
            "-" if self.spread is None else " to ".join(map(ratio, self.spread)),
            "-" if self.target is None else f"<= {self.target:g} {self.unit}".rstrip(),
            met,
            "-" if self.seconds is None else f"{self.seconds * 1e3:.3g} ms" if self.seconds >= 1e-3 else f"{self.seconds * 1e6:.3g} us",
            self.other,
        )


def measured(row: Race | Figure, budget: float) -> Iterator[Row]:
    if isinstance(row, Figure):
        yield Row(row.name, row.measure(), None, row.unit, row.target, row.what)
        return
    workload = row.build()
    times = race(workload, budget) if len(workload.sides) > 1 else {}
    for other in dict.fromkeys([*row.targets, *times]):
        target = row.targets.get(other)
        if other not in times:
            yield Row(row.name, None, None, "", target, other)
        elif other != peers.OURS:
            low, middle, high = np.quantile(times[peers.OURS] / times[other], (0.25, 0.5, 0.75)).tolist()
            yield Row(row.name, middle, (low, high), "", target, other, times[peers.OURS].min())


def machine() -> str:
    """The processor, how many of its cores we may use, and the system."""
    try:
        with open("/proc/cpuinfo") as file:
            processor = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, StopIteration):
        processor, system = platform.processor() or platform.machine(), platform.platform(terse=True)
    return f"{processor} ({platform.machine()}), {os.cpu_count()} cores, {system}"


def versions() -> str:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    found = {"Python": platform.python_version(), "numpy": f"{np.__version__} ({blas['name']} {blas['version']})"} | peers.versions()
    return ", ".join(f"{name} {number or 'not installed'}" for name, number in found.items())


def page(rows: Sequence[Row]) -> str:
    table = [TITLES, ("---",) * len(TITLES), *(row.cells() for row in rows)]
    return f"""# What was measured

`make bench` and `make bench-peers` write this page. A ratio is our time divided by that of the other side, so that less than 1 is faster:
the median over rounds in which all sides run in turn, in one process and on one thread, after their results were found equal. The middle
half is from the first quartile of the rounds to the third. Targets are what we would like to reach, most of them on the way to what a
person who wants it fast writes by hand in numpy; where one is not met, the parts and the prices at the end of this page say what is in
the way. The rows are listed in [workloads](workloads/__init__.py), the programs that run in [programs](programs.py) and, by hand, in
[by_hand](by_hand.py). Rows called "compiled" run the same steps through `autograd.compile`, equal to the eager ones to the last bit, or to
1e-12 where sums of Values are added in another order; "at its fastest" is what a person writes who spares neither lines nor legibility.
Freed memory is kept, for all sides alike; in a fresh process, where the C library gives it back after each step, an epoch of the concise
MLP takes a quarter longer and T3 half as long again.

- Machine: {machine()}
- Versions: {versions()}

{chr(10).join("| " + " | ".join(cells) + " |" for cells in table)}
"""


def main(names: Sequence[str], quick: bool) -> None:
    chosen = [row for row in ROWS if not names or row.name.lower().startswith(tuple(name.lower() for name in names))]
    if not chosen:
        raise SystemExit(
            f"no row begins with {' or '.join(names)}; there are {', '.join(dict.fromkeys(row.name.split()[0] for row in ROWS))}"
        )
    line = "{:<42}{:>13}  {:>16}  {:>10}  {:<4}{:>9}  {}"
    print(machine(), versions(), line.format(*TITLES), sep="\n")
    rows = []
    for row in chosen:
        for found in measured(row, BUDGET / 4 if quick else BUDGET):
            rows.append(found)
            print(line.format(*found.cells()), flush=True)
    if not names and not quick:
        RESULTS.write_text(f"{page(rows)}\n{parts.page()}\n{prices.page()}", encoding="utf-8")
        print(f"written to {RESULTS}")
