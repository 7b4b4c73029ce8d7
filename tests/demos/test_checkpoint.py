"""The story of the checkpoint: what was saved repeats to the last bit, and each part of it is needed for that."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from demos.checkpoint import FORGOTTEN
from demos.story import Story
from tests.demos.looking import numbers

APART = "largest difference of an epoch's loss, {} forgotten"


def test_nothing_is_lost_unless_it_is_forgotten(telling: Callable[..., Story]) -> None:
    story = telling("checkpoint")
    found = story.numbers
    assert found["epochs that repeat bit for bit"].value == 6
    assert numbers(found["epochs that repeat bit for bit"].beside) == [6, 0]
    apart = {forgotten: found[APART.format(forgotten)].value for forgotten in FORGOTTEN}
    assert apart.pop("nothing") == 0
    assert min(apart.values()) > 1e-3  # 0.006 to 0.1 for seeds 0 to 5

    weights = 64 * 64 + 64 + 64 * 10 + 10
    with np.load(story.path("half_way.npz")) as file:
        sizes = [file[name].size for name in file.files if file[name].dtype == np.float32]
    assert sum(sizes) == 3 * weights  # each with Adam's two averages
    size = found["size of the checkpoint"]
    assert numbers(size.beside) == [pytest.approx(4 * weights / 1000, abs=0.05)]
    assert 12 * weights < 1000 * size.value < 12 * weights + 9000


@pytest.mark.parametrize("number", [2, 20])
def test_stopped_it_resumes_from_what_there_is(telling: Callable[..., Story], stop_at: Callable[[int], None], number: int) -> None:
    stop_at(number)
    story = telling("checkpoint")
    assert story.stopped and len(story.pictures) == 3
    assert story.numbers["epochs that repeat bit for bit"].value == (6 if number == 20 else 1)
    assert story.numbers[APART.format("nothing")].value == 0 < story.numbers[APART.format(FORGOTTEN[-1])].value
