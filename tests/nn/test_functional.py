"""Losses and dropout: closed forms, extremes, and refusals where a learner would be misled."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import tensor
from nn import CrossEntropyLoss, MSELoss
from nn import functional as F


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 100))
def test_cross_entropy_and_its_gradient(n: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, target = rng.normal(size=(n, classes)) * 3, rng.integers(0, classes, n)
    x = tensor(logits, requires_grad=True)
    loss = F.cross_entropy(x, tensor(target))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert loss.item() == pytest.approx(-np.log(p[np.arange(n), target]).mean(), rel=1e-10)
    loss.backward()
    p[np.arange(n), target] -= 1
    np.testing.assert_allclose(x.grad.numpy(), p / n, rtol=1e-9, atol=1e-12)
    each = F.cross_entropy(x, tensor(target), reduction="none")
    assert each.shape == (n,) and CrossEntropyLoss(reduction="sum")(x, tensor(target)).item() == pytest.approx(each.sum().item())


def test_cross_entropy_far_out_and_with_rows_left_out() -> None:
    x = tensor([[1000.0, -1000.0], [-1000.0, 1000.0]], requires_grad=True)
    loss = F.cross_entropy(x, tensor([1, 1]), reduction="none")
    assert loss.tolist() == [2000.0, 0.0]
    loss.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    x = tensor([[0.0, 0.0], [5.0, 1.0]], requires_grad=True)
    loss = F.cross_entropy(x, tensor([0, -100]))
    assert loss.item() == pytest.approx(math.log(2))
    loss.backward()
    assert x.grad.tolist()[1] == [0.0, 0.0]
    assert math.isnan(F.cross_entropy(x, tensor([-100, -100])).item())
    for bad in (2, -1):
        with pytest.raises(ValueError, match=f"class index {bad} is out of range for 2 classes"):
            F.cross_entropy(x, tensor([0, bad]))
    with pytest.raises(TypeError, match=r"use \.long"):
        F.cross_entropy(x, ag.ones(2))
    with pytest.raises(ValueError, match="logits"):
        F.cross_entropy(x, tensor([1]))
    with pytest.raises(ValueError, match="reduction"):
        F.cross_entropy(x, tensor([0, 1]), reduction="avg")


@given(x=st.floats(-30, 30), y=st.sampled_from([0.0, 0.3, 1.0]))
def test_binary_cross_entropy_both_ways(x: float, y: float) -> None:
    p = 1 / (1 + math.exp(-x))
    logit, target = tensor(np.array([x]), requires_grad=True), tensor(np.array([y]))
    loss = F.binary_cross_entropy_with_logits(logit, target)
    loss.backward()
    assert logit.grad.item() == pytest.approx(p - y, rel=1e-9, abs=1e-12)
    if 0.001 < p < 0.999:
        assert F.binary_cross_entropy(ag.sigmoid(logit), target).item() == pytest.approx(loss.item(), rel=1e-9)


def test_binary_cross_entropy_at_the_ends() -> None:
    x = tensor([1000.0, -1000.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, tensor([0.0, 1.0]), reduction="none")
    assert loss.tolist() == [1000.0, 1000.0]
    loss.sum().backward()
    assert x.grad.tolist() == [1.0, -1.0]
    p = tensor([0.0, 1.0], requires_grad=True)
    loss = F.binary_cross_entropy(p, tensor([1.0, 0.0]), reduction="none")
    assert loss.tolist() == [100.0, 100.0]
    loss.sum().backward()
    assert np.isfinite(p.grad.numpy()).all()
    with pytest.raises(ValueError, match="probabilities"):
        F.binary_cross_entropy(tensor([1.5]), tensor([1.0]))


def test_mse_refuses_an_accidental_broadcast() -> None:
    assert MSELoss()(tensor([1.0, 2.0]), tensor([0.0, 0.0])).item() == 2.5
    with pytest.raises(ValueError, match=r"shape \(3, 1\) and the target \(3,\)"):
        F.mse_loss(ag.ones(3, 1), ag.ones(3))


def test_dropout_at_its_ends_and_in_the_mean() -> None:
    x = ag.ones(20000, requires_grad=True)
    assert F.dropout(x, 0.0) is x and F.dropout(x, 0.5, training=False) is x
    nothing = F.dropout(x, 1.0)
    nothing.sum().backward()
    assert nothing.abs().sum().item() == 0 and x.grad.abs().sum().item() == 0
    y = F.dropout(x, 0.2).detach().numpy()
    assert set(np.unique(y)) == {0.0, np.float32(1.25)} and abs(y.mean() - 1) < 0.02
    a, b = (F.dropout(x, 0.5, generator=ag.Generator().manual_seed(1)).tolist() for _ in range(2))
    assert a == b
    for p in (-0.1, 1.1):
        with pytest.raises(ValueError, match="probability in"):
            F.dropout(x, p)


def test_learning_goes_on_from_a_probability_of_zero_and_tails_are_kept() -> None:
    p = tensor([0.0, 1.0], requires_grad=True)
    F.binary_cross_entropy(p, tensor([1.0, 0.0]), reduction="sum").backward()
    assert p.grad.tolist() == pytest.approx([-1e12, 1e12])
    loss = F.binary_cross_entropy_with_logits(tensor([20.0, -20.0]), tensor([1.0, 0.0]), reduction="none")
    assert loss.tolist() == pytest.approx([2.0611536e-09] * 2, rel=1e-6)


def test_a_row_left_out_contributes_nothing_even_if_infinite() -> None:
    x = tensor([[1.0, 2.0], [math.inf, 1.0]], requires_grad=True)
    loss = F.cross_entropy(x, tensor([0, -100]))
    loss.backward()
    assert math.isfinite(loss.item()) and x.grad.tolist()[1] == [0.0, 0.0]
    with pytest.raises(TypeError, match=r"wrap it as tensor"):
        F.cross_entropy(x, [0, 1])  # type: ignore[arg-type]
