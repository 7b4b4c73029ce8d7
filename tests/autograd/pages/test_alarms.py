"""What an expert would point at is said, and of a healthy network nothing."""

import math

from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd.pages.alarms import FAR, alarms, middle
from autograd.pages.layers import Flat, Layer

LAYERS = [Layer(f"{i}: Linear", f"m{i}", [ag.ones(1, requires_grad=True)], activation="tanh") for i in range(4)]
GOOD: list[float | None] = [0.02, 0.01, 0.01, 0.03]
STILL: list[float | None] = [1e-3, 1e-3, None, 0.0]
NONE: list[Flat | None] = [None] * 4


def test_of_a_healthy_network_nothing_is_said() -> None:
    assert alarms(LAYERS, GOOD, STILL, [Flat(10, 100, 0, 0), Flat(0, 0, 3, 16), None, Flat(100, 100, 0, 0)]) == []


@given(st.lists(st.floats(1e-30, 1e30), min_size=4, max_size=4))
def test_a_gradient_is_told_where_it_is_far_from_the_last(sizes: list[float]) -> None:
    said = " ".join(alarms(LAYERS, sizes, STILL, NONE))
    assert ("smaller" in said) == any(g * FAR < sizes[-1] for g in sizes)
    assert ("larger" in said) == any(g > FAR * sizes[-1] for g in sizes)


def test_of_several_the_worst_is_named() -> None:
    assert alarms(LAYERS, [1e-5, 1e-9, 1e-6, 1e-2], STILL, NONE) == [
        "1: Linear: gradient 1e7 times smaller than at the last layer, 1 other more than 1,000 times"
    ]
    assert alarms(LAYERS, [1e3, 20.0, 1e-2, 1e-3], STILL, NONE) == [
        "0: Linear: gradient 1e6 times larger than at the last layer, 1 other more than 1,000 times"
    ]
    assert alarms(LAYERS, GOOD, [0.2, 0.3, 1e-3, 40.0], NONE) == [
        "3: Linear: one update changes it by 40 times its size, 2 others more than 10 %"
    ]


def test_what_is_missing_zero_or_no_number() -> None:
    frozen = [Layer("a", "", [ag.ones(1)]), *LAYERS[1:]]
    assert alarms(frozen, [None, None, 0.0, 1.0], STILL, NONE) == ["2: Linear: gradient all zero", "1: Linear: no gradient arrives"]
    assert alarms(LAYERS, [math.nan, math.nan, 0.1, 1.0], STILL, NONE) == ["0: Linear: gradient not finite, and so 1 other"]
    assert middle([1.0, 2.0, 0.0, None, math.inf]) == 2.0 and middle([None]) is None


def test_activations() -> None:
    flats = [Flat(95, 100, 0, 0), Flat(0, 0, 8, 8), Flat(0, 0, 6, 8), Flat(99, 100, 0, 0)]
    assert alarms(LAYERS, GOOD, STILL, flats) == [
        "0: Linear: 95 % of its tanh is saturated",
        "1: Linear: all 8 units of its tanh are dead",
        "2: Linear: 6 of 8 units of its tanh are dead",
    ]
