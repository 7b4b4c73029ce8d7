"""Guesses stand where they belong, a right one on the line; a bar is as long as its number, the first on top."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("matplotlib")

from demos import plots
from tests.demos.looking import Look, extreme, few


@settings(few, max_examples=6)
@given(st.lists(st.tuples(st.floats(1e-3, 1e6), extreme | st.floats(1e-3, 1e6)), min_size=1, max_size=9))
def test_a_right_guess_lies_on_the_line_and_all_that_can_be_drawn_is_seen(look: Look, pairs: list[tuple[float, float]]) -> None:
    true, guess = np.array(pairs).T
    guess[guess > 1e100] = np.inf  # further than an axis goes
    one, two = look(plots.predicted_against_true, true, {"right": true, "guess": guess}, "Prices", "price ($)").axes
    kept = np.isfinite(guess) & (guess > 0)
    for axes, x, y in ((one, true, true), (two, true[kept], guess[kept])):
        dots, line = axes.lines
        np.testing.assert_array_equal([dots.get_xdata(), dots.get_ydata()], [x, y])
        np.testing.assert_array_equal(line.get_xdata(), line.get_ydata())
        low, high = axes.get_xlim()
        assert axes.get_ylim() == (low, high) and (low < x).all() and (x < high).all() and (low < y).all() and (y < high).all()
    assert one.get_xlabel() == "true price ($)" and one.get_ylabel() == "predicted price ($)" and two.get_title() == "guess"


def test_guesses_that_do_not_belong_to_the_true_values_are_refused(look: Look) -> None:
    for true, guesses in (([], {"a": []}), ([1.0], {}), ([1.0], {"a": [1.0, 2.0]}), ([[1.0]], {"a": [[1.0]]})):
        with pytest.raises(ValueError, match="draws n > 0 guesses by name for n true values, got"):
            look(plots.predicted_against_true, true, guesses, "Prices")


@settings(few, max_examples=6)
@given(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-10, 10), min_size=1))
def test_bars_are_the_numbers_from_top_to_bottom(look: Look, values: dict[str, float]) -> None:
    (axes,) = look(plots.bars, values, "Weights", "weight", "feature").axes
    assert [bar.get_width() for bar in axes.patches] == list(values.values())
    assert [label.get_text() for label in axes.get_yticklabels()] == list(values)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    with pytest.raises(ValueError, match="at least one value"):
        look(plots.bars, {}, "Weights", "weight", "feature")
