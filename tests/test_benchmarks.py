"""The benchmarks do not rot: all works are set up and what their sides return is compared. No time is asserted."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
from tests.benchmarks import parts, prices, report, scaling
from tests.benchmarks.measuring import Workload, agreement, arrays, race, same, slope
from tests.benchmarks.peers import OURS
from tests.benchmarks.workloads import ROWS, Figure, Race, networks, scalars
from tests.benchmarks.workloads.compiling import until_replayed

pytestmark = pytest.mark.long
RACES = [row for row in ROWS if isinstance(row, Race)]
SWEEPS = list(scaling.sweeps(quick=True))


@pytest.mark.parametrize("row", RACES, ids=lambda row: row.name)
def test_the_sides_of_a_race_agree(row: Race) -> None:
    """The sides are those whose packages are installed, with numpy among them wherever there is work by hand."""
    work = row.build(**row.small)
    assert not work.sides or next(iter(work.sides)) == OURS
    work.check()


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: f"{sweep.axis}-{sweep.what}")
def test_each_sweep_runs_at_its_smallest_size(sweep: scaling.Sweep) -> None:
    assert list(sweep.sizes) == sorted(sweep.sizes) and len(sweep.sizes) > 3
    assert scaling.seconds(sweep, sweep.sizes[0]) > 0


def test_sides_that_differ_are_not_raced() -> None:
    sides = {OURS: lambda: (1.0, [2.0]), "another": lambda: (1.0, [2.001])}
    agreement(sides, 1e-2)()
    with pytest.raises(AssertionError, match=r"ours and another differs by up to 0\.001"):
        race(Workload(sides, agreement(sides, 1e-4)), 0.0)
    with pytest.raises(AssertionError, match=r"shapes \(2,\) and \(1,\)"):
        agreement({OURS: lambda: np.ones(2), "another": lambda: np.ones(1)}, 1.0)()


def test_results_are_copied() -> None:
    a = np.zeros(2)
    (before,) = arrays([a])
    a += 1
    assert not before.any()


def test_slope() -> None:
    sizes = [10, 100, 1000]
    assert slope(sizes, [3 * n**1.5 for n in sizes]) == pytest.approx(1.5)


def test_the_table() -> None:
    """A row for each other side, one for each that is missing and has a target, and the figures."""
    sides = {OURS: lambda: 1.0, "floor": lambda: 1.0, "peer": lambda: 1.0}
    row = Race("T0 nothing", lambda: Workload(sides, agreement(sides, 0)), {"floor": 1e9, "peer": 0.0, "absent": 0.5})
    rows = [*report.measured(row, 0.0), *report.measured(Figure("F0", "a thing", lambda: 12.34, "MB", 10), 0.0)]
    assert [(r.other, r.cells()[4]) for r in rows] == [("floor", "yes"), ("peer", "no"), ("absent", "-"), ("a thing", "no")]
    assert rows[2].cells()[1] == "not measured" and rows[3].cells()[1] == "12 MB"
    low, high = rows[0].spread
    assert 0 < low <= rows[0].figure <= high
    page = report.page(rows)
    assert "| F0 | 12 MB | - | <= 10 MB | no | - | a thing |" in page and f"numpy {np.__version__}" in page


def test_the_parts_of_a_step_are_its_own_work_and_all_of_it() -> None:
    x, w = ag.randn(5, 3), ag.randn(2, 3, requires_grad=True)
    loss = nn.functional.mse_loss(ag.tanh(ag.linear(x, w)) * w.sum(), ag.zeros(5, 2))
    forward, backward, gradients = parts.what_numpy_does(loss)
    assert [float(np.sum(call())) for call in forward][-1] == loss.item() and len(backward) == 7
    loss.backward()
    np.testing.assert_allclose(gradients[w], w.grad.numpy(), rtol=1e-6)
    for found in (parts.of_tensors(number=2, rounds=2), parts.of_compiled(number=2, rounds=2), parts.of_scalars(100, rounds=1)):
        assert len(found) >= 4 and sum(part.seconds for part in found) > 0


def test_the_steps_before_a_replay_are_counted() -> None:
    x = ag.ones(3)
    double = ag.compile(lambda: x * 2)
    steps = [step() for step in until_replayed(double, double)]
    assert len(steps) == 2 and double.calls[:2] == (1, 1)
    asks = ag.compile(lambda: x[0].item())
    with pytest.warns(UserWarning, match="item"), pytest.raises(AssertionError, match=r"nothing is replayed: .*item"):
        for step in until_replayed(asks, asks):
            step()


def test_a_step_without_promises_gives_the_same_and_they_are_kept_afterwards() -> None:
    places = [place for places in prices.PROMISES.values() for place in places]
    before = [getattr(thing, name) for thing, name, _ in places]
    kept, off = (workload.sides[OURS] for workload in (networks.small_modules(), networks.small_modules()))
    for _ in range(3):
        same("a step", kept(), prices.Without(off, places)(), 0.0)
    assert [getattr(thing, name) for thing, name, _ in places] == before
    shares = prices.of_promises(rounds=1)
    assert len(shares) == len(prices.PROMISES) + 1 and all(len(found) == 2 and max(found) < 1 for found in shares.values())


def test_chains_of_objects_are_freed() -> None:
    assert abs(scalars.freeing(10**4)) < 10
