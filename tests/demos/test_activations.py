"""What the story of the activations says of slopes stands in closed forms, written here with `math` alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from demos.story import Story


def test_slopes_and_where_they_die(telling: Callable[..., Story]) -> None:
    story = telling("activations")
    said = [number.value for number in story.numbers.values()]
    product, s = 1.0, 1.0
    for _ in range(10):
        s = 1 / (1 + math.exp(-s))
        product *= s * (1 - s)
    exact = [
        0.25,
        2 * math.log(10 + math.sqrt(99)),
        math.log(10 + math.sqrt(99)),
        -math.sqrt(2),
        math.erfc(1) / 2 - 1 / (math.e * math.sqrt(math.pi)),
        product,
        1,
    ]
    assert said[:-1] == pytest.approx(exact, rel=1e-12, abs=0)
    assert 0 < said[-1] < 2e-15  # the rounding of numbers up to 1.13
