"""A scale is monotonous, its strip tells what it does, and its tones are few."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.scale import STEPS, Scale, by_share, by_size, of_numbers
from autograd.drawing.statistics import short

SIZES = st.floats(1e-320, 1e308)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def tones(scale: Scale, numbers: list[float]) -> list[float]:
    found = [scale.tone(x) for x in sorted(numbers)]
    assert all(-1 <= t <= 1 and math.isclose(t * STEPS, round(t * STEPS), abs_tol=1e-9) for t in found)
    return found


@given(st.floats(1e-30, 1e30), st.lists(SIZES))
def test_sizes(middle: float, sizes: list[float]) -> None:
    scale = by_size("", middle, sizes)
    found = tones(scale, sizes)
    assert found == sorted(found)
    assert scale.tone(middle) == 0 and scale.ticks[1] == short(middle) and scale.tone(0.0) == -1
    assert scale.tone(middle * 1e-13) == -1 and scale.tone(middle * 1e13) == 1


def test_a_healthy_network_stays_pale_and_a_span_of_ten_decades_is_told_apart() -> None:
    pale = by_size("", 1e-2, [1e-3, 1e-2, 0.1])
    assert [pale.tone(x) for x in (1e-3, 1e-2, 0.1)] == [-0.2, 0, 0.2] and pale.ticks == ("1e−8", "0.01", "1e4")
    deep = by_size("", 1e-2, [10.0**-e for e in range(2, 13)])
    assert len({deep.tone(10.0**-e) for e in range(2, 13)}) == 11


def test_shares() -> None:
    scale = by_share("")
    assert [scale.tone(x) for x in (0, 0.5, 1)] == [0, -0.5, -1] and scale.ticks == ("0 %", "50 %", "100 %")


@given(st.lists(FINITE))
def test_any_numbers(numbers: list[float]) -> None:
    scale = of_numbers("", numbers)
    found = tones(scale, numbers)
    assert found == sorted(found)
    if numbers and min(numbers) < 0 < max(numbers):
        assert all((t <= 0) == (x <= 0) or t == 0 for x, t in zip(sorted(numbers), found))


def test_what_is_not_finite_takes_no_part() -> None:
    assert of_numbers("", [1.0, math.nan, 2.0, math.inf]) == of_numbers("", [1.0, 2.0])
    assert of_numbers("", [math.nan]).ticks == of_numbers("", [0.0]).ticks == ("0", "0", "0")


@given(
    st.lists(FINITE, min_size=1),
    st.sampled_from([of_numbers, lambda title, x: by_size(title, 1.0, map(abs, x)), lambda title, _: by_share(title)]),
)
def test_a_place_lies_between_the_ends_and_its_tone_between_theirs(numbers: list[float], kind: Any) -> None:
    scale = kind("", numbers)
    first, last = scale.tones
    for x in map(abs, numbers) if scale.log else numbers:
        place = scale.place(x)
        assert 0 <= place <= 1 and abs(scale.tone(x) - (first + (last - first) * place)) <= 0.5 / STEPS + 1e-9
