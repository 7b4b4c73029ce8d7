"""The story of a backward pass by hand: its gradients are the engine's, the planted mistake is the one it names, and does what it says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import autograd as ag
import nn
from demos import by_hand
from demos.story import Story
from tests.demos.looking import numbers


def test_the_mistake_is_found_and_its_effect_measured(telling: Callable[..., Story]) -> None:
    story = telling("by_hand")
    right, wrong, centred, away = (number.value for number in story.numbers.values())
    assert right == 3 and wrong == 48
    report = (story.out / "report.txt").read_text("utf-8")
    assert "x: the error is the same all along axis 0: is a path through a sum or a mean over this axis missing?" in report
    assert report.endswith("right: the gradients of gamma, beta\n")
    assert centred < 1e-6
    number = next(reversed(story.numbers.values()))
    assert away > 1.2 * numbers(number.beside)[0]


@pytest.mark.parametrize("seed", range(3))
def test_a_step_by_hand_is_one_of_the_engines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, labels = by_hand.spirals(rng, 10)
    first, second = by_hand.train(x + 1, labels, by_hand.batch_norm_backward, 2, seed)
    rng = np.random.default_rng(seed)
    w1, w2 = ag.tensor(rng.normal(size=(2, 16)).T), ag.tensor((rng.normal(size=(16, 2)) / 4).T)
    net = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2)).double()
    with ag.no_grad():
        for layer, w in ((net[0], w1), (net[3], w2)):
            layer.weight.copy_(w)
            layer.bias.zero_()
    optimiser, loss_of = nn.optim.SGD(net.parameters(), lr=0.5), nn.CrossEntropyLoss()
    for expected in (first, second):
        loss = loss_of(net(ag.tensor(x + 1)), ag.tensor(labels))
        assert loss.item() == pytest.approx(expected, rel=1e-10)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def test_what_the_mistake_leaves_out_is_the_same_in_all_rows() -> None:
    rng = np.random.default_rng(0)
    x, gamma, beta, dout = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=(5, 3))
    cache = by_hand.batch_norm(x, gamma, beta)[1]
    left_out = by_hand.forgetful(dout, cache)[0] - by_hand.batch_norm_backward(dout, cache)[0]
    np.testing.assert_allclose(left_out, np.tile(gamma / np.sqrt(x.var(0) + 1e-5) * dout.mean(0), (5, 1)), rtol=1e-9)


def test_stopped_it_draws_what_there_is(telling: Callable[..., Story], stop_at: Callable[[int], None]) -> None:
    stop_at(1)
    story = telling("by_hand")
    assert story.stopped and len(story.pictures) == 3
