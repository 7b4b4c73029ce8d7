"""Batch norm and layer norm: their definitions in numpy, what is remembered between batches, and what is refused."""

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd.testing import gradcheck
from nn import functional as F


def batches(seed: int, count: int, *shape: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) * 3 + 5 for _ in range(count)]


@given(
    n=st.integers(2, 5), c=st.integers(1, 3), length=st.none() | st.integers(1, 3), seed=st.integers(0, 99),
    momentum=st.sampled_from([None, 0.1, 0.5, 1.0]), affine=st.booleans(),
)  # fmt: skip
def test_batch_norm_is_its_definition_and_remembers(
    n: int, c: int, length: int | None, seed: int, momentum: float | None, affine: bool
) -> None:
    shape = (n, c) if length is None else (n, c, length)
    norm = nn.BatchNorm1d(c, eps=1e-3, momentum=momentum, affine=affine).double()
    w, b = np.ones(c), np.zeros(c)
    if affine:
        w, b = np.arange(1.0, c + 1), np.arange(c) - 0.5
        norm.load_state_dict({"weight": w, "bias": b}, strict=False)
    means, variances, over = [], [], tuple(i for i in range(len(shape)) if i != 1)
    wide = (slice(None), *[None] * (len(shape) - 2))
    mean, var = np.zeros(c), np.ones(c)
    for seen, x in enumerate(batches(seed, 3, *shape), 1):
        m, v = x.mean(over), x.var(over)
        expected = (x - m[wide]) / np.sqrt(v + 1e-3)[wide] * w[wide] + b[wide]
        np.testing.assert_allclose(norm(ag.tensor(x)).detach().numpy(), expected, rtol=1e-9, atol=1e-9)
        means.append(m)
        variances.append(x.var(over, ddof=1))
        part = 1 / seen if momentum is None else momentum
        mean, var = (1 - part) * mean + part * means[-1], (1 - part) * var + part * variances[-1]
        np.testing.assert_allclose(norm.running_mean.numpy(), mean, rtol=1e-9)
        np.testing.assert_allclose(norm.running_var.numpy(), var, rtol=1e-9)
        assert norm.num_batches_tracked.item() == seen
    if momentum is None:
        np.testing.assert_allclose(norm.running_mean.numpy(), np.mean(means, 0), rtol=1e-9)
    (x,) = batches(seed + 1, 1, *shape)
    expected = (x - mean[wide]) / np.sqrt(var + 1e-3)[wide] * w[wide] + b[wide]
    np.testing.assert_allclose(norm.eval()(ag.tensor(x)).detach().numpy(), expected, rtol=1e-9, atol=1e-9)
    assert norm.num_batches_tracked.item() == 3  # evaluation remembers nothing


@given(shape=st.lists(st.integers(1, 3), min_size=1, max_size=3), k=st.integers(1, 3), seed=st.integers(0, 99), affine=st.booleans())
def test_layer_norm_is_its_definition(shape: list[int], k: int, seed: int, affine: bool) -> None:
    last = tuple(shape[-k:])
    norm = nn.LayerNorm(last if seed % 2 or len(last) > 1 else last[0], eps=1e-3, elementwise_affine=affine).double()
    (x,) = batches(seed, 1, *shape)
    over = tuple(range(-len(last), 0))
    expected = (x - x.mean(over, keepdims=True)) / np.sqrt(x.var(over, keepdims=True) + 1e-3)
    if affine:
        w, b = batches(seed + 1, 2, *last)
        norm.load_state_dict({"weight": w, "bias": b})
        expected = expected * w + b
    np.testing.assert_allclose(norm(ag.tensor(x)).detach().numpy(), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shape", [(3, 2), (2, 2, 3)])
def test_gradients_of_first_and_second_order(shape: tuple[int, ...]) -> None:
    (x,) = batches(0, 1, *shape)
    w = ag.tensor(np.cos(np.arange(x.size)).reshape(shape))
    norms: list[Any] = [
        lambda x, a, b: F.batch_norm(x, None, None, a, b, True),
        lambda x, a, b: F.batch_norm(x, ag.ones(2), ag.full((2,), 2.0), a, b),
        lambda x, a, b: F.layer_norm(x, shape[-1], a[:1].expand(shape[-1]), b[:1].expand(shape[-1])),
    ]
    for norm in norms:
        inputs = [ag.tensor(a, requires_grad=True) for a in (x, np.array([1.5, -0.5]), np.array([0.3, 0.2]))]
        assert gradcheck(lambda x, a, b, norm=norm: (norm(x, a, b) * w).sum(), tuple(inputs), order=2)


def test_names_modes_and_copies_are_pytorchs() -> None:
    norm = nn.BatchNorm1d(2)
    assert list(norm.state_dict()) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert repr(norm) == "BatchNorm1d(2, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"
    assert repr(nn.LayerNorm((2, 3), bias=False)) == "LayerNorm((2, 3), eps=1e-05, elementwise_affine=True, bias=False)"
    assert list(nn.LayerNorm(3).state_dict()) == ["weight", "bias"] and list(nn.LayerNorm(3, bias=False).state_dict()) == ["weight"]
    assert list(nn.BatchNorm1d(2, affine=False, track_running_stats=False).state_dict()) == []
    norm(ag.randn(4, 2))
    other = nn.BatchNorm1d(2)
    other.load_state_dict(norm.state_dict())
    x = ag.randn(3, 2)
    assert other.eval()(x).equal(copy.deepcopy(norm).eval()(x)) and other.num_batches_tracked.dtype == ag.int64
    norm.reset_parameters()
    assert norm.num_batches_tracked.item() == 0 and norm.running_mean.tolist() == [0, 0] and norm.running_var.tolist() == [1, 1]
    plain = nn.BatchNorm1d(2, track_running_stats=False)
    assert plain.eval()(x).equal(plain.train()(x)) and plain.running_mean is None
    assert norm.double().num_batches_tracked.dtype == ag.int64 and norm.running_mean.dtype == ag.float64


def test_a_network_with_a_norm_learns_and_is_the_same_in_scalars() -> None:
    net = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.LayerNorm(8), nn.Linear(8, 1)).double()
    x = ag.randn(64, 2, dtype=ag.float64)
    y = x[:, :1] * x[:, 1:]
    history = nn.fit(net, nn.MSELoss(), nn.optim.Adam(net.parameters(), lr=0.05), [(x, y)], epochs=60, progress=False)
    assert history["loss"][-1] < history["loss"][0] / 3
    net.eval()
    assert net.scalars()([0.5, -1.0]).data == pytest.approx(net(ag.tensor([[0.5, -1.0]], dtype=ag.float64)).item(), abs=1e-12)


def test_what_is_refused_was_not_seen() -> None:
    norm = nn.BatchNorm1d(3)
    net = nn.Sequential(nn.Linear(2, 3), norm)
    for x, match in (
        (ag.ones(3), r"BatchNorm1d expects an input of shape \(n, 3\) or \(n, 3, length\), got \(3,\)"),
        (ag.ones(2, 4), r"got \(2, 4\)"),
        (ag.ones(2, 3, 4, 5), r"got \(2, 3, 4, 5\)"),
        (ag.ones(1, 3), r"more than one value for each channel, got an input of shape \(1, 3\)"),
    ):
        with pytest.raises(ValueError, match=match):
            norm(x)
    with pytest.raises(ValueError, match="more than one value"):
        net(ag.ones(1, 2))
    assert norm.num_batches_tracked.item() == 0 and norm.running_mean.tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match=r"Sequential.1 \(BatchNorm1d\) expects"):
        nn.Sequential(nn.Linear(2, 4), norm)(ag.ones(2, 2))
    with pytest.raises(TypeError, match="expects Tensors, got list"):
        norm([1.0])
    with pytest.raises(ValueError, match="running_mean and running_var are needed"):
        F.batch_norm(ag.ones(2, 3), None, None)
    with pytest.raises(ValueError, match=r"have the shape \(3,\) here, got \(2,\)"):
        F.batch_norm(ag.ones(2, 3), ag.ones(2), ag.ones(2))
    with pytest.raises(TypeError, match="which are changed, are floating Tensors, got ndarray"):
        F.batch_norm(ag.ones(2, 3), np.zeros(3), np.ones(3), training=True)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"does not end in the shape \(4,\)"):
        nn.LayerNorm(4)(ag.ones(2, 3))
    with pytest.raises(ValueError, match=r"have the shape \(3,\)"):
        F.layer_norm(ag.ones(2, 3), 3, ag.ones(2))
    for wrong in ((), 0, (2, -1)):
        with pytest.raises(ValueError, match="normalized_shape"):
            nn.LayerNorm(wrong)
    with pytest.raises(ValueError, match="num_features must be at least 1"):
        nn.BatchNorm1d(0)


def test_arrays_are_taken() -> None:
    x = np.ones((4, 2), np.float32) * np.arange(4, dtype=np.float32)[:, None]
    assert nn.BatchNorm1d(2)(x).equal(nn.BatchNorm1d(2)(ag.tensor(x))) and nn.LayerNorm(2)(x).shape == (4, 2)
