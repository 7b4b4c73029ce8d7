"""Cross-validation holds out each row once, leaks none, and what it trains takes the steps that backpropagation by hand takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import autograd as ag
import nn

pytest.importorskip("matplotlib")

from demos import model_selection
from demos.model_selection import HELD, LEARNT, TRUE, Rows
from demos.story import Story


def test_the_choice_is_about_as_good_as_any(telling: Callable[..., Story]) -> None:
    numbers = telling("model_selection").numbers
    units, decay, held_out, unseen, again = (n.value for n in numbers.values())
    assert units in (1, 2, 16) and decay in (0, 0.01, 0.1)
    best = float(numbers["the same networks, unseen rows"].beside.split()[-1])
    assert 0.24 < best <= unseen < best + 0.06  # the noise alone is 0.25
    linear = float(numbers["learnt again from all rows, unseen rows"].beside.split("function ")[1].split(";")[0])
    assert 0.24 < again < linear and 0.4 < linear < 0.5
    assert abs(held_out - unseen) < 0.15


def test_a_simpler_network_within_one_standard_error_is_preferred() -> None:
    settings = [(1, 0.0), (2, 0.0), (2, 0.1), (4, 0.1), (16, 0.0)]
    mean = np.array([0.44, 0.33, 0.34, 0.30, np.nan])
    for error, place in ((0.0, 3), (0.02, 3), (0.031, 1), (0.05, 2), (0.15, 0)):
        spread = np.array([9, 9, 9, error, 9])  # that of the best is the one that counts
        assert model_selection._simplest(settings, mean, spread) == place


def test_samples_in_which_the_choice_was_estimated_too_low(telling: Callable[..., Story], monkeypatch: pytest.MonkeyPatch) -> None:
    def sample(story: Story, settings: list[model_selection.Setting], steps: int) -> model_selection.Sample:
        mean = np.full((len(settings), 3), 0.4)
        mean[3, HELD], mean[3, TRUE] = 0.3, 0.3 + next(off)
        return model_selection.Sample(rows, rows, mean, np.full(mean.shape, 0.01), 3)

    rows = model_selection._rows(20)
    off = iter((0.01, 0.03) * 4)
    monkeypatch.setattr(model_selection, "_cross_validate", sample)
    number = telling("model_selection", quick=False).numbers["the choice is estimated too low by"]
    assert number.value == pytest.approx(0.02, rel=1e-9)
    assert number.beside == f"mean of 8 samples, standard error {0.01 / 7**0.5:.2g}"


def test_networks_take_the_steps_that_numpy_takes() -> None:
    ag.manual_seed(0)
    rows = model_selection._rows(30)
    x, y = (t.double().numpy() for t in rows)
    ag.manual_seed(1)
    net = model_selection._fit(rows, (3, 0.02), 40)
    ag.manual_seed(1)
    params = [p.detach().double().numpy().copy() for p in nn.MLP(4, [3, 1], activation=nn.Tanh).parameters()]
    moments = [np.zeros_like(p) for p in params]
    for _ in range(40):
        w1, b1, w2, b2 = params
        h = np.tanh(x @ w1.T + b1)
        do = 2 / len(x) * (h @ w2.T + b2 - y)
        dz = (do @ w2) * (1 - h**2)
        for p, v, g in zip(params, moments, (dz.T @ x, dz.sum(0), do.T @ h, do.sum(0))):
            v[...] = 0.9 * v + g + 0.02 * p
            p -= 0.2 * v
    for p, q in zip(net.parameters(), params):
        np.testing.assert_allclose(p.detach().numpy(), q, rtol=1e-3, atol=1e-4)
    off = np.tanh(x @ params[0].T + params[1]) @ params[2].T + params[3] - y
    assert model_selection._error(net, rows) == pytest.approx(np.mean(off**2), rel=1e-3)


def test_each_row_is_held_out_once_from_what_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    def memory(rows: Rows, setting: model_selection.Setting, steps: int) -> Callable[[ag.Tensor], ag.Tensor]:
        """Knows the rows learnt by heart, and says 0 of others."""
        known = {tuple(x): y for x, y in zip(*(t.tolist() for t in rows))}
        return lambda x: ag.tensor([known.get(tuple(row), [0.0]) for row in x.tolist()])

    monkeypatch.setattr(model_selection, "_fit", memory)
    ag.manual_seed(0)
    sample = model_selection._cross_validate(Story("", None), [(1, 0.0), (2, 0.0)], 1)
    ag.manual_seed(0)
    (_, y), (_, v) = model_selection._rows(100), model_selection._rows(10_000)
    folds = [np.mean(y.numpy()[held.numpy()] ** 2) for _, held in nn.data.k_fold(100, 5)]
    assert sample.mean[:, HELD] == pytest.approx(np.mean(y.numpy() ** 2), rel=1e-5)
    assert sample.spread[:, HELD] == pytest.approx(np.std(folds, ddof=1) / 5**0.5, rel=1e-5)
    assert not sample.mean[:, LEARNT].any() and sample.best == 0
    assert sample.mean[:, TRUE] == pytest.approx(np.mean(v.numpy() ** 2), rel=1e-5) and not sample.spread[:, TRUE].any()


def test_a_linear_law_is_fitted_without_error() -> None:
    x, u = ag.randn(20, 4), ag.randn(50, 4)
    law = ag.tensor([[1.0], [-2.0], [0.5], [0.0]])
    assert model_selection._linear((x, x @ law + 3), (u, u @ law + 3)) < 1e-10
    assert model_selection._linear((x, x @ law), (u, u @ law + 2)) == pytest.approx(4, rel=1e-4)


@pytest.mark.parametrize("item", [12])
def test_stopped_early_it_draws_what_it_has(telling: Callable[..., Story], stop_at: Callable[[int], None], item: int) -> None:
    stop_at(item)
    story = telling("model_selection")
    assert len(story.pictures) == 3 and len(story.numbers) == 5
