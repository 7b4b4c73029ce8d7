"""The story of the moons: what it counts and trains is done once more with numpy alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import autograd as ag
import nn
from demos import moons
from demos.story import Story
from tests.demos.looking import numbers

LOSS = "loss on the moons in the end"


def descended(seed: int, steps: int) -> float:
    """The loss of the story's network after so many steps, by the chapter's formulas for its gradients."""
    ag.manual_seed(seed)
    points, classes = moons.moons(100)
    x, y = points.numpy(), classes.numpy()[:, None]
    weights = [p.detach().numpy().copy() for p in nn.MLP(2, [8, 1]).double().parameters()]
    speeds = [np.zeros_like(w) for w in weights]
    for step in range(steps + 1):
        w1, b1, w2, b2 = weights
        hidden = np.tanh(x @ w1.T + b1)
        z = hidden @ w2.T + b2
        loss = np.mean(np.logaddexp(0, z) - y * z)
        if step < steps:
            dz = (1 / (1 + np.exp(-z)) - y) / len(y)
            dh = dz @ w2 * (1 - hidden**2)
            for w, speed, g in zip(weights, speeds, (dh.T @ x, dh.sum(0), dz.T @ hidden, dz.sum(0))):
                speed[:] = 0.9 * speed + g
                w -= speed
    return float(loss)


def straight(x: np.ndarray, y: np.ndarray) -> tuple[float, Callable[[np.ndarray], np.ndarray]]:
    """Logistic regression by Newton's method: its loss, and which points it takes for class 1."""
    inputs, w = np.c_[x, np.ones(len(x))], np.zeros(3)
    for _ in range(20):
        p = 1 / (1 + np.exp(-inputs @ w))
        w -= np.linalg.solve((inputs.T * (p * (1 - p))) @ inputs, inputs.T @ (p - y))
    z = inputs @ w
    return float(np.mean(np.logaddexp(0, z) - y * z)), lambda x: np.c_[x, np.ones(len(x))] @ w > 0


def test_both_networks_go_down_as_the_formulas_say(telling: Callable[..., Story]) -> None:
    found = telling("moons", 1).numbers
    assert found["largest difference of the two losses"].value < 1e-13
    assert found[LOSS].value == pytest.approx(descended(1, 60), rel=1e-9)

    per_point = 8 * (2 + 2 + 1) + 8 + 8 + 4  # a hidden unit: products, sums, tanh; the output; softplus, product, difference, sum
    assert found["operations on Values for one loss"].value == 100 * per_point + 1  # the mean
    for name, least in (("moons", 97), ("spirals", 94)):
        assert found[f"points of the {name} told right"].value >= 99
        assert found[f"fresh points of the {name} told right"].value > least

    ag.manual_seed(1)
    points, classes = (t.numpy() for t in moons.moons(100))
    loss, guess = straight(points, classes)
    assert numbers(found[LOSS].beside) == [pytest.approx(loss, abs=6e-5)]
    assert numbers(found["points of the moons told right"].beside) == [pytest.approx(100 * (guess(points) == classes).mean())]


def test_the_points_lie_around_their_curves() -> None:
    n = 4000
    x, y = (t.numpy() for t in moons.moons(n))
    off = np.hypot(*np.where(y == 0, x.T, np.array([[1.0], [0.5]]) - x.T)) - 1  # a circle around (0, 0), or around (1, 0.5)
    assert off.std() == pytest.approx(0.1, rel=5 / np.sqrt(2 * n)) and y.mean() == 0.5
    x, y = (t.numpy() for t in moons.spirals(n))
    phase = np.arctan2(x[:, 1], x[:, 0]) - np.pi * (3 * np.hypot(*x.T) + y)
    assert np.cos(phase).mean() > 0.97 and y.mean() == 0.5  # an error of 0.02 across is one of 0.06 pi in the angle: 1 - 0.06² pi² / 2


def test_stopped_it_draws_what_there_is(telling: Callable[..., Story], stop_at: Callable[[int], None]) -> None:
    stop_at(7)
    story = telling("moons")
    assert story.stopped and len(story.pictures) == 3
    assert story.numbers[LOSS].value == pytest.approx(descended(0, 7), rel=1e-9)
