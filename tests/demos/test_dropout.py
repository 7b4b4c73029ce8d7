"""The story of dropout: its numbers beside closed forms, and a net that forgets reads better than one that learns by heart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from demos import dropout, plots, readers
from demos.story import Story
from tests.demos.looking import numbers as numbers_in


def test_what_is_left_is_on_average_what_was_there(telling: Callable[..., Story]) -> None:
    numbers = telling("dropout").numbers
    what, p, n = "of what 10,000 masks of p = 0.8 leave of a 1", 0.8, dropout.MASKS
    assert numbers[f"mean {what}"].value == pytest.approx(1, abs=4 * (p / (1 - p) / n) ** 0.5)
    spread = (1 - 2 * p) / (1 - p) ** 2 * (p * (1 - p) / n) ** 0.5  # of q (1 - q) / (1 - p)^2, where a share q was left
    assert numbers[f"variance {what}"].value == pytest.approx(p / (1 - p), abs=4 * abs(spread))


def test_with_dropout_less_is_learned_by_heart_and_more_is_read(telling: Callable[..., Story]) -> None:
    def pair(what: str) -> tuple[float, float]:
        without, with_it = (numbers[f"{what}, p = {p}"].value for p in ("0", "0.5"))
        return without, with_it

    numbers = telling("dropout").numbers  # over seeds 0 to 9
    without, with_it = pair("new digits read right")  # 67.9 to 80.2, 82.1 to 87.9
    assert 65 < without < with_it - 1 and with_it > 80
    without, with_it = pair("wrong labels learned by heart")  # 43.3 to 71.7, 13.3 to 30
    assert without > 1.5 * with_it > 0
    without, with_it = pair("loss on new digits")  # 0.66 to 1.12, 0.49 to 0.62
    assert without > with_it
    assert numbers["gained by dropout on new digits"].value > 1


@pytest.mark.parametrize("quick", [True, False])
def test_what_is_gained_is_compared_pair_by_pair(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quick: bool) -> None:
    """With trials in which digits differ by far more than what dropout gains on each."""
    rng, seed = np.random.default_rng(1), 3
    base = rng.uniform(40, 80, 6)
    gains = rng.normal(7, 4, 6)

    class Stub:
        def __init__(self, seed: int, p: float) -> None:
            run = seed - 300
            self.percent, self.learned = base[run] + (p > 0) * gains[run], 0

        def learn(self) -> None:
            self.learned += 1

        def measured(self) -> list[tuple[float, float]]:
            done = self.learned == (50 if quick else 100)
            return [(0.1, 11.0), (0.2, 22.0), (0.3, self.percent if done else 0.0)]

    monkeypatch.setattr(dropout.Trial, "begun", Stub)
    monkeypatch.setattr(plots, "lines", lambda path, *_, **__: path)
    story = Story("dropout", tmp_path, seed, quick)
    dropout.learning(story)
    n = 3 if quick else 6
    gained, by_hand = story.numbers["gained by dropout on new digits"], gains[:n]
    assert gained.unit == "points" and gained.value == pytest.approx(by_hand.sum() / n)
    error = (((by_hand - by_hand.mean()) ** 2).sum() / (n - 1) / n) ** 0.5
    assert numbers_in(gained.beside) == [pytest.approx(error, abs=0.05), n]
    assert story.numbers["new digits read right, p = 0"].value == pytest.approx(base[:n].mean())


def test_the_masks_drop_or_multiply(monkeypatch: pytest.MonkeyPatch) -> None:
    def heat_map(path: Path, numbers: Any, rows: list[str], *others: Any, **more: Any) -> Path:
        table.update(zip(rows, numbers.tolist()))
        return path

    table: dict[str, list[float]] = {}
    monkeypatch.setattr(plots, "heat_map", heat_map)
    dropout.masks(Story("dropout", Path()))
    x = np.array(table.pop("before"))
    assert sorted(abs(x)) == sorted([*range(1, 7)] * 2) and len(table) == 5
    for name, left in table.items():
        p = float(name.removeprefix("p = "))
        dropped = np.array(left) == 0
        assert dropped.any() == (p > 0) and dropped.all() == (p == 1)
        np.testing.assert_allclose(np.array(left)[~dropped], x[~dropped] / max(1 - p, 1e-9), rtol=1e-6)


def test_both_nets_of_a_trial_begin_alike_with_as_many_wrong_labels_as_is_said() -> None:
    one, two, other = (dropout.Trial.begun(seed, p) for seed, p in ((7, 0.0), (7, 0.5), (8, 0.0)))
    assert all(a.equal(b) for a, b in zip(one.net.parameters(), two.net.parameters(), strict=True))
    assert all(a.equal(b) for a, b in zip((*one.seen, *one.new), (*two.seen, *two.new), strict=True))
    assert not other.seen.x.equal(one.seen.x)
    truth = {tuple(x): y for x, y in zip(readers.digits().x.tolist(), readers.digits().y.tolist())}
    assert len(truth) == 1797  # no two digits are the same picture
    right = [truth[tuple(x)] == y for x, y in zip(one.seen.x.tolist(), one.seen.y.tolist())]
    assert right == [False] * 40 + [True] * 160
    assert [truth[tuple(x)] for x in one.new.x.tolist()] == one.new.y.tolist() and len(one.new.y) == 1597


@pytest.mark.parametrize("item", [2])
def test_stopped_it_has_all_pictures(telling: Callable[..., Story], stop_at: Callable[[int], None], item: int) -> None:
    stop_at(item)
    story = telling("dropout")
    assert story.stopped and len(story.pictures) == 3
