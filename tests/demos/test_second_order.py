"""What the story of second derivatives measures is held against gradients and Hessians that are written out here, without the engine."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.functional import hessian, hvp
from demos import second_order
from demos.story import Story


def gradient(x: float, y: float) -> tuple[float, float]:
    return 2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)


def test_both_ways_down_are_those_of_closed_forms(telling: Callable[..., Story]) -> None:
    told = telling("second_order")
    said = [number.value for number in told.numbers.values()]
    newton, descent, limit, condition, off, left, last, upwards, sharpest, whole, bent = said

    x, y, steps = -1.2, 1.0, 0
    while math.hypot(*gradient(x, y)) >= 1e-8:
        (dx, dy), a, b = gradient(x, y), 2 - 400 * y + 1200 * x * x, -400 * x
        x, y, steps = x - (200 * dx - b * dy) / (200 * a - b * b), y - (a * dy - b * dx) / (200 * a - b * b), steps + 1
    assert newton == steps == 6
    assert last == pytest.approx(math.hypot(x - 1, y - 1), rel=0.01)  # of 1e-11: the rounding of numbers around 1 is seen

    x, y, steps = -1.2, 1.0, 0
    while math.hypot(*gradient(x, y)) >= 1e-8:
        dx, dy = gradient(x, y)
        x, y, steps = x - 0.00195 * dx, y - 0.00195 * dy, steps + 1
    assert descent == pytest.approx(steps, abs=5)  # it bounces at first, which enlarges what is rounded

    low, high = np.roots([1, -1002, 400])[::-1]  # trace and determinant of [[802, -400], [-400, 200]]
    assert (limit, condition) == pytest.approx((2 / high, high / low), rel=1e-9)
    assert round(condition, 1) == 2508.0
    assert left == pytest.approx(100 - 0.195 * low, rel=1e-6)
    assert off < 1e-11
    assert 0 < upwards < 13
    assert sharpest == pytest.approx(whole, rel=1e-9) and sharpest < 1.1 * 2 / 0.3
    assert told.numbers["largest eigenvalue after training, by 50 products"].beside.endswith("short run: 1,000 of 3,000 steps")
    assert bent == pytest.approx(-2 * math.sinh(0.5) / math.cosh(0.5) ** 3, rel=1e-12)


def test_interrupted_early_it_still_has_all_pictures(telling: Callable[..., Story], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> np.ndarray:
        if not asked:
            asked.append(True)
            signal.raise_signal(signal.SIGINT)
        return descend(*args)

    asked: list[bool] = []
    descend = second_order.descend
    monkeypatch.setattr(second_order, "descend", interrupted)
    story = telling("second_order", quick=False)
    assert story.stopped and len(story.pictures) == 5 and len(story.numbers) == 11


@pytest.mark.parametrize("seed", range(3))
def test_hessian_of_the_network(seed: int) -> None:
    """With r the errors, J the derivatives of the outputs: 2/n (JᵀJ + the sum of r times the second derivatives of the outputs)."""
    ag.manual_seed(seed)
    x, target, w, v = (ag.randn(*shape, dtype=ag.float64) for shape in ((7, 2), (7,), (13,), (13,)))
    loss = second_order.loss_of_network(x, target)
    at, w1, b1, w2 = x.numpy(), w.numpy()[:6].reshape(3, 2), w.numpy()[6:9], w.numpy()[9:12]
    expected = np.zeros((13, 13))
    for row, truth in zip(at, target.numpy()):
        t = np.tanh(w1 @ row + b1)
        derivative, second = np.zeros(13), np.zeros((13, 13))
        derivative[9:12], derivative[12] = t, 1
        for k in range(3):
            enters, own = np.append(row, 1), [2 * k, 2 * k + 1, 6 + k]
            derivative[own] = w2[k] * (1 - t[k] ** 2) * enters
            second[np.ix_(own, own)] = -2 * w2[k] * t[k] * (1 - t[k] ** 2) * np.outer(enters, enters)
            second[own, 9 + k] = second[9 + k, own] = (1 - t[k] ** 2) * enters
        expected += 2 / 7 * (np.outer(derivative, derivative) + (w2 @ t + w.numpy()[12] - truth) * second)
    np.testing.assert_allclose(hessian(loss, w).numpy(), expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(hvp(loss, w, v)[1].numpy(), expected @ v.numpy(), rtol=1e-11, atol=1e-12)
