"""Overfitting is there for every seed, descent follows the path that numpy follows, and a cubic ends where least squares does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import autograd as ag

pytest.importorskip("matplotlib")

from demos import polynomial
from demos.story import Story


@pytest.mark.parametrize("seed", range(2))
def test_the_line_underfits_and_degree_19_overfits(telling: Callable[..., Story], seed: int) -> None:
    numbers = telling("polynomial", seed).numbers
    training, test = (
        {name.split(":")[0]: n.value for name, n in numbers.items() if name.endswith(f": {kind} error")} for kind in ("training", "test")
    )
    assert training["degree 1"] > 1 and test["degree 1"] > 1
    assert 0.002 < training["degree 3"] < test["degree 3"] < 0.05
    assert training["degree 19"] < 0.06 and test["degree 19"] > 50 * test["degree 3"]
    assert test["degree 19 in powers"] < 6 * test["degree 3"]

    for degree in (1, 3):
        exact = float(numbers[f"degree {degree}: training error"].beside.removeprefix("least squares "))
        assert training[f"degree {degree}"] == pytest.approx(exact, rel=5e-3) and training[f"degree {degree}"] > exact * 0.9999


def test_least_squares_is_that_of_polyfit_and_interpolates() -> None:
    n = polynomial.TRAIN
    x = np.concatenate([-2 * np.cos(np.pi * (np.arange(n) + 0.5) / n), np.linspace(-2, 2, polynomial.TEST)])
    y = np.sin(9 * x)
    for degree in (1, 3, 7, n - 1):
        features = ag.tensor(polynomial._waves(x)[:, : degree + 1])
        training, test = polynomial._errors(features, polynomial._least_squares(features, ag.tensor(y)), ag.tensor(y))
        fit = np.polynomial.Polynomial.fit(x[:n], y[:n], degree)
        assert training == pytest.approx(np.mean((fit(x[:n]) - y[:n]) ** 2), rel=1e-6, abs=1e-12)
        assert test == pytest.approx(np.mean((fit(x[n:]) - y[n:]) ** 2), rel=1e-6)
    assert training < 1e-12


def test_descent_takes_the_steps_that_numpy_takes() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, polynomial.TRAIN + polynomial.TEST)
    features, y = polynomial._waves(x), rng.normal(size=len(x))
    ag.manual_seed(1)
    fit = polynomial._fit(ag.tensor(features), ag.tensor(y), 30)
    ag.manual_seed(1)
    w, v = np.zeros(20), np.zeros(20)
    for epoch in range(30):
        for rows in np.split(ag.randperm(polynomial.TRAIN).numpy(), 2):
            v = 0.9 * v + 2 / 10 * features[rows].T @ (features[rows] @ w - y[rows])
            w = w - 0.01 * v
        squares = (features @ w - y) ** 2
        assert (fit.training[epoch], fit.test[epoch]) == pytest.approx((squares[:20].mean(), squares[20:].mean()), rel=1e-9)
    np.testing.assert_allclose(fit.weights, w, rtol=1e-9, atol=1e-12)


def test_both_ways_of_writing_are_the_same_polynomials_and_the_error_on_endless_rows_is_an_integral() -> None:
    grid = (np.arange(100_000) + 0.5) / 25_000 - 2
    waves, powers = polynomial._waves(grid), polynomial._powers(grid)
    law = powers[:, :4] @ [5, 1.2, -3.4, 5.6]
    np.testing.assert_allclose(waves @ polynomial.TRUTH, law, atol=1e-12)
    for weights in (np.array([1.0, -2]), np.linspace(-1, 1, 20)):
        y = waves[:, : len(weights)] @ weights
        np.testing.assert_allclose(powers[:, : len(weights)] @ polynomial._in_powers(weights), y, atol=1e-6)
        assert polynomial._endless(weights) == pytest.approx(0.01 + np.mean((y - law) ** 2), rel=1e-6)


@pytest.mark.parametrize("item", [4])
def test_stopped_early_it_draws_what_it_has(telling: Callable[..., Story], stop_at: Callable[[int], None], item: int) -> None:
    stop_at(item)
    story = telling("polynomial")
    assert len(story.pictures) == 4 and len(story.numbers) == 2 * item
