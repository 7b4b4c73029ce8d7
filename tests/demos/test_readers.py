"""What is written by hand is what the library has, and a training does what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytest.importorskip("matplotlib")

import autograd as ag
import nn
from demos import readers
from demos.readers import Pictures
from demos.story import Story
from nn import functional as F

STORY = Story("readers", Path())
MATRICES = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.floats(-1000, 1000))


def pictures(n: int) -> Pictures:
    return Pictures(ag.rand(n, 6), ag.randint(0, 3, (n,)))


@given(MATRICES, st.data())
def test_by_hand_as_in_the_library(matrix: np.ndarray, data: st.DataObject) -> None:
    scores = ag.tensor(matrix, requires_grad=True)
    y = ag.tensor(data.draw(st.lists(st.integers(0, matrix.shape[1] - 1), min_size=len(matrix), max_size=len(matrix))))
    hand, library = readers.cross_entropy(scores, y), F.cross_entropy(scores, y)
    assert ag.allclose(hand, library)
    assert all(ag.allclose(*pair) for pair in zip(ag.grad(hand, scores), ag.grad(library, scores)))
    assert readers.relu(scores).equal(F.relu(scores))


def test_by_hand_and_from_parts_the_same_net_learns_the_same() -> None:
    seen, unseen = pictures(50), pictures(20)
    hand, parts = readers.FromScratch(6, 5, 3).double(), readers.concise(6, 5, 3).double()
    for layer, W, b in ((parts[0], hand.W1, hand.b1), (parts[2], hand.W2, hand.b2)):
        layer.weight.data, layer.bias.data = W.data.T.clone(), b.data.clone()
    seen, unseen = (Pictures(part.x.double(), part.y) for part in (seen, unseen))
    runs = []
    for net, loss in ((hand, readers.cross_entropy), (parts, F.cross_entropy)):
        ag.manual_seed(3)  # for the order of the pictures
        runs.append(readers.train(STORY, "net", net, seen, unseen, 6, 8, 0.5, loss))
    assert len(runs[0].losses) == len(runs[0].accuracies) == 6 and runs[0].losses[-1] < runs[0].losses[0]
    np.testing.assert_allclose(*runs, rtol=1e-9)
    assert ag.allclose(hand.W1.T, parts[0].weight, rtol=1e-9)


def test_the_first_step_is_as_long_as_asked_and_the_steps_shrink_to_nothing_along_half_a_wave(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(nn.optim.SGD):
        def step(self) -> None:
            steps.append(self.param_groups[0]["lr"])
            super().step()

    steps: list[float] = []
    monkeypatch.setattr(nn.optim, "SGD", Watched)
    with pytest.warns(UserWarning, match="each call changes"):  # for that list the steps run as they stand
        readers.train(STORY, "net", readers.concise(6, 5, 3), pictures(10), pictures(4), 4, 5, 0.3)
    expected = np.repeat(0.15 * (1 + np.cos(np.pi * np.arange(4) / 4)), 2)
    np.testing.assert_allclose(steps, expected)


def test_losses_are_means_over_pictures_and_accuracies_those_of_the_unseen_with_nothing_dropped() -> None:
    seen, unseen = pictures(11), pictures(40)  # the last batch is smaller
    net = readers.concise(6, 5, 3)
    learned = readers.train(STORY, "net", net, seen, unseen, 2, 4, 1e-9)  # steps of nothing
    scores = net(unseen.x).detach().numpy()
    assert learned.losses == pytest.approx([F.cross_entropy(net(seen.x), seen.y).item()] * 2, rel=1e-5)
    assert learned.accuracies == pytest.approx([100 * np.mean(scores.argmax(1) == unseen.y.numpy())] * 2)

    net = readers.with_dropout(6, 50, 3)
    assert [layer.p for layer in net if isinstance(layer, nn.Dropout)] == [0.2, 0.5]
    assert not net(seen.x).equal(net(seen.x)) and readers.read(net, seen.x).equal(readers.read(net, seen.x))
    np.testing.assert_allclose(readers.read(net, seen.x).sum(1).numpy(), 1, rtol=1e-6)
    readers.train(STORY, "net", net, seen, unseen, 1, 4, 1e-9)
    assert not net.training
    net[0].register_forward_hook(lambda module, args, output: modes.append(module.training))
    modes: list[bool] = []
    readers.train(STORY, "net", net, seen, unseen, 1, 11, 1e-9)
    assert modes == [True, False]
