"""Numbers: inside the domain, away from its kinks or on them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from autograd.testing.strategies.numbers import BOUND, MARGIN, Interval, floats, on_wall, settled, values
from autograd.testing.strategies.rows import DOMAINS

INTERVALS = [
    Interval(),
    Interval(0.0),
    Interval(-1.0, 1.5),
    Interval(kinks=(0.0, 1.0)),
    Interval(kinks=(0.5,), every=-1.0),
]


@settings(max_examples=30)
@given(data=st.data(), domain=st.sampled_from(INTERVALS), margin=st.sampled_from([0.01, 0.25]), bound=st.sampled_from([2.0, 10.0]))
def test_floats_keep_their_distance(data: st.DataObject, domain: Interval, margin: float, bound: float) -> None:
    x = data.draw(floats(domain, margin=margin, bound=bound))
    assert domain.holds(x, margin * (1 - 1e-9)) and abs(x) <= bound
    y = data.draw(floats(Interval(kinks=(0.0,), every=0.3)))  # too close for the margin
    assert Interval(kinks=(0.0,), every=0.3).holds(y, 0.07)


@settings(max_examples=20)
@given(data=st.data())
def test_floats_on_edges(data: st.DataObject) -> None:
    assert data.draw(floats(Interval(0.0, kinks=(1.0,)), at="kinks")) in (0.0, 1.0)
    assert data.draw(floats(at="zeros")) == 0
    assert 0 < abs(data.draw(floats(at="tiny"))) <= 1e-290 and abs(data.draw(floats(at="huge"))) >= 1e290
    assert data.draw(floats(Interval(0.0), at="tiny")) > 0 and data.draw(floats(Interval(0.0), at="huge")) > 0
    assert not np.isfinite(data.draw(floats(at="nonfinite")))


def test_what_floats_finds_and_refuses() -> None:
    assert np.signbit(find(floats(at="zeros"), lambda x: np.signbit(x)))
    assert find(floats() | floats(at="huge"), lambda x: abs(x) > BOUND) >= 1e290
    assert find(floats(at="nonfinite"), np.isnan) != 0
    with pytest.raises(ValueError, match="at must be"):
        floats(at="edges")
    with pytest.raises(ValueError, match="no kinks in Interval"):
        floats(at="kinks")
    with pytest.raises(ValueError, match="has no numbers within"):
        floats(Interval(3.0))
    assert 2.75 <= find(floats(Interval(2.5), bound=4.0), lambda x: True) <= 4


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: floats((0.1, 10)), TypeError, r"must be an Interval, got tuple of length 2; write Interval\(0.1, 10\)"),
    (lambda: floats("log"), TypeError, r"got str 'log'; .* take one of DOMAINS\['log'\]"),
    (lambda: floats(DOMAINS["log"]), TypeError, "one for each argument of a row: take one of them"),
    (lambda: floats(DOMAINS["maximum"][0]), TypeError, "call it with the arguments after this one"),
    (lambda: floats(Interval(kinks=(np.zeros(2),))), TypeError, r"floats: a kink must be a real number, got ndarray of shape \(2,\)"),
    (lambda: floats(margin=-1), ValueError, "margin must be a finite number >= 0, got -1"),
    (lambda: floats(bound=math.inf), ValueError, "bound must be finite and at least 2.2.*, got inf"),
    (lambda: floats(Interval(kinks=(0.0,), every=1e-9)), ValueError, "too many kinks within 2.0 of 0"),
    (lambda: Interval(2, 1), ValueError, "low must be less than high, got 2 and 1"),
    (lambda: Interval(0, 1 + 1j), TypeError, r"high must be a real number, got complex"),
    (lambda: Interval("a"), TypeError, "low must be a real number, got str 'a'"),
    (lambda: Interval(kinks=0.0), TypeError, r"kinks must be a tuple of numbers, got float 0.0; of one write \(0.0,\)"),
    (lambda: Interval(every=math.nan), ValueError, "every must be finite, got nan"),
    (lambda: values(elements=Interval(0, 1)), TypeError, r"must be a strategy, got Interval; write floats\(Interval\(low=0, high=1"),
    (lambda: values(elements=floats), TypeError, "got the function floats; call it"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind, message", REFUSED)
def test_what_cannot_be_drawn_is_refused_when_it_is_asked_for(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


@given(x=st.floats(-3, 3), interval=st.sampled_from(INTERVALS), bound=st.sampled_from([2.0, 10.0]))
def test_a_number_is_moved_to_the_nearest_place_that_is_allowed(x: float, interval: Interval, bound: float) -> None:
    y = settled(x, [interval], MARGIN, bound)
    assert interval.holds(y, MARGIN * (1 - 1e-9)) and abs(y) <= bound
    if interval.holds(x) and abs(x) <= bound:
        assert y == x
    wall = on_wall(x, [interval], bound)
    assert (wall == x and not interval.walls(bound)) or wall in interval.walls(bound)
    assert all(abs(wall - x) <= abs(w - x) for w in interval.walls(bound))
