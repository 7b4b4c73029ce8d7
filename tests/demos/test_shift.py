"""The story of shifts: what is learnt meets the closed forms, and false assumptions fail as told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag

pytest.importorskip("matplotlib")

from demos import normal, shift
from demos.story import Story
from tests.demos.looking import numbers


@given(st.floats(0, 1), st.floats(0.6, 0.95), st.floats(0.6, 0.95))
def test_the_matrix_gives_back_the_frequencies(share: float, right: float, also: float) -> None:
    confusion = ag.tensor([[right, 1 - also], [1 - right, also]], dtype=ag.float64)
    guessed = confusion @ ag.tensor([1 - share, share], dtype=ag.float64)
    assert shift.found(confusion, guessed[None]) == pytest.approx(share, abs=1e-12)


def test_what_is_learnt_ends_where_the_slope_is_zero() -> None:
    """The fit is that of the normal equations; of the logit, the classes' inputs are as probable as they are frequent."""
    ag.manual_seed(0)
    x, far = normal.inputs(300, 0), normal.inputs(200, 1)
    y, w = normal.parabola(x), (0.5 * x).exp()
    X, W = np.column_stack([x.numpy(), np.ones(300)]), w.numpy()
    np.testing.assert_allclose(shift.fitted(x, y, w), np.linalg.solve(X.T @ (W[:, None] * X), X.T @ (W * y.numpy())), rtol=1e-3)
    a, b = shift.classifier(x, far)
    rows, which = np.concatenate([x.numpy(), far.numpy()]), np.repeat([0.0, 1.0], [300, 200])
    off = which - 1 / (1 + np.exp(-a * rows - b))
    assert abs(off.mean()) < 1e-4 and abs((off * rows).mean()) < 1e-4


def test_the_cures_meet_their_closed_forms_and_fail_where_they_must(telling: Callable[..., Story]) -> None:
    told = telling("shift").numbers
    said = {name: number.value for name, number in told.items()}
    assert said["slope of the classifier's logit"] == pytest.approx(1, abs=0.25)
    assert abs(said["slope of the line, without weights"]) < 0.3 and said["slope of the line, with weights"] == pytest.approx(2, abs=0.8)
    assert said["squared error on q, with weights"] < 0.5 * said["squared error on q, without weights"]
    assert said["and where the law on q is x² + 2"] > 2 * said["squared error on q, as the weighted rows of p promise it"]
    assert said["share of the second class on q, found without its labels"] == pytest.approx(0.9, abs=0.06)
    assert said["accuracy on q, as trained"] == pytest.approx(normal.accuracy(0, 0.9), abs=0.04)
    assert said["accuracy on q, weighted by class"] == pytest.approx(normal.accuracy(normal.boundary(0.9), 0.9), abs=0.03)
    moved = told["share that is found where only inputs moved"]
    assert moved.value == pytest.approx(numbers(moved.beside)[-1], abs=0.06) and moved.value > 0.58


@pytest.mark.parametrize("item", [1, 9])
def test_stopped_early_it_draws_what_it_has(telling: Callable[..., Story], stop_at: Callable[[int], None], item: int) -> None:
    stop_at(item)
    assert len(telling("shift").pictures) == 3
