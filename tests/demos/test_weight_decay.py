"""Descent with decay is where linear algebra says after each step, and L1 ends where its conditions hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import autograd as ag

pytest.importorskip("matplotlib")

from demos import weight_decay
from demos.story import Story
from nn.functional import l1_penalty, l2_penalty

LR = weight_decay.LR


def rows(seed: int, n: int = 20) -> tuple[weight_decay.Rows, ag.Tensor]:
    ag.manual_seed(seed)
    law = ag.zeros(weight_decay.INPUTS, dtype=ag.float64)
    law[:4] = 0.07
    return weight_decay._rows(n, law), ag.randn(weight_decay.INPUTS, dtype=ag.float64)


def test_decay_meets_ridge_and_the_threshold_finds_the_inputs(telling: Callable[..., Story]) -> None:
    numbers = telling("weight_decay").numbers
    said = {name: n.value for name, n in numbers.items()}
    ridge = float(numbers["λ = 3: norm of the weights"].beside.split("ridge ")[1].split(";")[0])
    assert said["λ = 3: norm of the weights"] == pytest.approx(ridge, rel=0.02) and ridge < 0.1
    assert said["λ = 0: norm of the weights"] > 11 and said["λ = 0: test error, half squared"] > 30
    assert 0.002 < said["λ = 3: test error, half squared"] < 0.03
    assert said["λ = 3: largest difference of a weight, between decay by the optimiser and a penalty in the loss"] < 1e-12

    unseen = {name.split(":")[0]: value for name, value in said.items() if name.startswith("L") and name.endswith("half squared")}
    kept = {name.split(":")[0]: value for name, value in said.items() if name.endswith("not 0")}
    l2, l1, threshold = kept
    assert kept[l2] == kept[l1] == 200 and 4 <= kept[threshold] <= 12
    assert 5e-5 < unseen[threshold] < unseen[l1] < 0.2 * unseen[l2] < 0.004


@pytest.mark.parametrize(("decay", "steps"), [(0, 1), (0, 60), (0.1, 60), (3, 60), (10, 7)])
def test_every_step_is_the_closed_form(decay: float, steps: int) -> None:
    """Steps on a quadratic: θ = (1 − ηH)ᵗ θ₀ + η Σ (1 − ηH)ᵏ c, along each eigenvector of H."""
    seen, start = rows(0)
    w, b = weight_decay._after(steps, weight_decay._descend(seen, start, decay))
    x, y = (t.numpy() for t in seen)
    z = np.column_stack([x, np.ones(len(y))])
    values, vectors = np.linalg.eigh(z.T @ z / len(y) + decay * np.diag([1.0] * 200 + [0.0]))
    shrink = 1 - LR * values
    gathered = sum(shrink**k for k in range(steps)) * LR
    theta = vectors @ (shrink**steps * (vectors.T @ [*start.numpy(), 0]) + gathered * (vectors.T @ (z.T @ y / len(y))))
    np.testing.assert_allclose([*w.detach().numpy(), b.item()], theta, rtol=0, atol=1e-10)

    unsaid = np.eye(200) - np.linalg.pinv(x) @ x
    np.testing.assert_allclose(unsaid @ w.detach().numpy(), (1 - LR * decay) ** steps * (unsaid @ start.numpy()), rtol=0, atol=1e-10)


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_a_penalty_is_the_step_of_its_derivative(penalty: Callable[..., ag.Tensor]) -> None:
    seen, start = rows(1)
    (plain, _), (w, _) = (weight_decay._after(1, weight_decay._descend(seen, start, penalty=penalty, strength=s)) for s in (0, 2))
    push = start.sign() if penalty is l1_penalty else start
    np.testing.assert_allclose((w - plain).detach().numpy(), -LR * 2 * push.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("decay", [0, 0.3, 10])
def test_ridge_has_no_slope_and_is_the_smallest(decay: float) -> None:
    seen, _ = rows(2)
    (x, y), (w, b) = seen, weight_decay._ridge(seen, decay)
    off = (x @ w + b - y).numpy()
    np.testing.assert_allclose(x.numpy().T @ off / 20 + decay * w.numpy(), 0, atol=1e-10)
    assert off.mean() == pytest.approx(0, abs=1e-12)
    assert decay or np.allclose(w.numpy(), np.linalg.lstsq((x - x.mean(0)).numpy(), (y - y.mean()).numpy(), rcond=1e-10)[0])


def test_the_threshold_ends_where_the_conditions_of_l1_hold() -> None:
    """The slope of the error is −λ sign(w) where w is not 0, and at most λ where it is (Karush, Kuhn and Tucker)."""
    seen, start = rows(3, 60)
    w, b = weight_decay._after(1500, weight_decay._descend(seen, start * 0, threshold=0.01))
    (x, y), w = (t.numpy() for t in seen), w.detach().numpy()
    slope = x.T @ (x @ w + b.item() - y) / 60
    assert 4 <= (w != 0).sum() < 20 and (w[:4] > 0.03).all()
    np.testing.assert_allclose(slope[w != 0], -0.01 * np.sign(w[w != 0]), atol=1e-6)
    assert (abs(slope) < 0.01 + 1e-6).all()


@pytest.mark.parametrize("item", [1])
def test_stopped_early_it_draws_what_it_has(telling: Callable[..., Story], stop_at: Callable[[int], None], item: int) -> None:
    stop_at(item)
    story = telling("weight_decay")
    assert len(story.pictures) == 3 and len([name for name in story.numbers if name.startswith("L")]) == 2
