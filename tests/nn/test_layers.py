"""Linear, Flatten, Identity, Dropout: shapes, where they start, and what chance does."""

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from nn import functional as F

sizes = st.integers(1, 5)


@given(n=sizes, m=sizes, lead=st.lists(st.integers(0, 3), max_size=3), bias=st.booleans())
def test_linear_is_a_product_and_a_sum(n: int, m: int, lead: list[int], bias: bool) -> None:
    layer = nn.Linear(n, m, bias=bias).double()
    x = ag.randn(*lead, n, dtype=ag.float64)
    want = x.numpy() @ layer.weight.detach().numpy().T + (layer.bias.detach().numpy() if bias else 0)
    np.testing.assert_allclose(layer(x).detach().numpy(), want, rtol=1e-12, atol=1e-14)
    assert (layer.weight.shape, layer.bias is not None) == ((m, n), bias)


def test_linear_starts_uniform_within_one_over_the_root_of_its_width() -> None:
    layer = nn.Linear(400, 500, generator=ag.Generator().manual_seed(3))
    for p in layer.parameters():
        w = p.detach().numpy() * math.sqrt(400)
        assert -1 <= w.min() < -0.95 and 0.95 < w.max() <= 1 and abs(w.mean()) < 0.1 and abs(w.std() - 1 / math.sqrt(3)) < 0.03
    twin = nn.Linear(400, 500, generator=ag.Generator().manual_seed(3))
    assert twin.weight.equal(layer.weight)
    twin.reset_parameters()
    assert not twin.weight.equal(layer.weight)
    assert nn.Linear(0, 2)(ag.ones(1, 0)).tolist() == [[0.0, 0.0]]
    assert nn.Linear(2, 2, dtype=ag.float64).weight.dtype == ag.float64


def test_a_lazy_layer_learns_its_width_and_keeps_its_place_in_an_optimiser() -> None:
    net = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(2, bias=False))
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    weight = net[0].weight
    assert isinstance(weight, nn.UninitializedParameter) and repr(weight) == "<UninitializedParameter>"
    net(ag.randn(3, 5)).sum().backward()
    assert net[0].weight is weight and weight.shape == (4, 5) and type(net[0]) is nn.Linear and net[2].weight.shape == (2, 4)
    assert 0.2 < weight.abs().max().item() * math.sqrt(5) <= 1 and net[0].bias.abs().max().item() * math.sqrt(5) <= 1
    before = weight.tolist()
    optimizer.step()
    assert weight.tolist() != before
    with pytest.raises(ValueError, match="expected 5 columns, got 6"):
        net(ag.ones(1, 6))
    with pytest.raises(ValueError, match="0-d"):
        nn.LazyLinear(2)(ag.tensor(1.0))


def test_arrays_are_taken_and_lists_are_not() -> None:
    net, x = nn.Sequential(nn.Linear(2, 3), nn.Tanh()), np.ones((4, 2), np.float32)
    assert net(x).equal(net(ag.tensor(x))) and nn.LazyLinear(2)(x).shape == (4, 2) and nn.Dropout(0.0)(x).equal(ag.tensor(x))
    for layer in (net, nn.LazyLinear(2), nn.Dropout(), nn.PReLU(), nn.Flatten()):
        with pytest.raises(TypeError, match=r"expects? (a )?Tensors?, got list of length 2; wrap it as tensor"):
            layer([1.0, 2.0])


def lazy() -> nn.Sequential:
    return nn.Sequential(nn.LazyLinear(4), nn.Tanh(), nn.LazyLinear(2, bias=False))


@pytest.mark.parametrize(
    "touch",
    [
        lambda w: nn.init.xavier_uniform_(w), lambda w: nn.init.normal_(w), lambda w: nn.init.zeros_(w), lambda w: w.fill_(0),
        lambda w: w.zero_(), lambda w: w.numel(), lambda w: w.shape, lambda w: w + 1, lambda w: ag.zeros_like(w),
        lambda w: F.l2_penalty(w), lambda w: F.l1_penalty([w]), lambda w: ag.norm(w), lambda w: setattr(w, "data", ag.ones(4, 3)),
        lambda w: w.numpy(), lambda w: w.tolist(), lambda w: w[0], lambda w: w.copy_(ag.ones(4, 3)), lambda w: w.mul_(2),
    ],
)  # fmt: skip
def test_what_asks_for_a_width_that_is_not_known_is_refused_in_words(touch: Any) -> None:
    net = lazy()
    with pytest.raises(RuntimeError, match="the weight of a LazyLinear has no shape yet: call the network once"):
        touch(net[0].weight)
    assert net(ag.ones(1, 3)).shape == (1, 2)


def test_programs_that_fill_the_data_too_early_run_and_are_told() -> None:
    layer = nn.LazyLinear(2)
    with pytest.warns(UserWarning, match="what is done to its data has no effect: the weight of a LazyLinear has no shape yet") as caught:
        layer.weight.data.normal_(0, 0.01)
    assert [w.filename for w in caught] == [__file__] and isinstance(layer.weight, nn.UninitializedParameter)
    layer.bias.data.fill_(0)
    assert layer(ag.ones(1, 3)).shape == (1, 2)


def test_a_lazy_network_is_copied_converted_frozen_and_stepped_before_it_is_called() -> None:
    net = lazy().double()
    assert net[0].weight.dtype == ag.float64
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        twin.requires_grad_(False).requires_grad_().train().zero_grad()
        optimizer = nn.optim.Adam(twin.parameters())
        optimizer.step()
        assert [n for n, _ in twin.named_parameters()] == ["0.weight", "0.bias", "2.weight"]
        out = twin(ag.ones(3, 5, dtype=ag.float64))
        assert out.dtype == ag.float64 and type(twin[0].weight) is nn.Parameter and twin[0].weight.requires_grad
        out.sum().backward()
        optimizer.step()
    assert isinstance(net[0].weight, nn.UninitializedParameter)


def test_a_state_gives_a_lazy_network_its_shapes() -> None:
    known = lazy()
    x = ag.randn(3, 5)
    y, net = known(x), lazy()
    assert net.load_state_dict(known.state_dict()) == ([], []) and net(x).equal(y) and type(net[0]) is nn.Linear
    assert net[0].in_features == 5 and net[2].in_features == 4
    for bad in (ag.ones(3, 5), ag.ones(4), ag.ones(4, 5, 1)):
        fresh = lazy()
        with pytest.raises(RuntimeError, match=r"nothing was loaded\n  mis-shaped: 0.weight \(got shape .*, expected \(4, any\)\)"):
            fresh.load_state_dict({**known.state_dict(), "0.weight": bad})
        assert all(isinstance(fresh[i].weight, nn.UninitializedParameter) for i in (0, 2))
    plain = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2, bias=False))
    with pytest.raises(RuntimeError, match="no shape yet"):
        plain.load_state_dict(lazy().state_dict())


def test_a_layer_that_gets_too_much_says_where_it_stands_and_what_to_do() -> None:
    net = nn.Sequential(nn.Sequential(nn.Linear(784, 10)), nn.ReLU())
    with pytest.raises(ValueError, match=r"^Sequential.0.0 \(Linear\): an input of shape .* got 28; flatten first, by nn.Flatten\(\)$"):
        net(ag.zeros(4, 28, 28))
    with pytest.raises(ValueError, match=r"flatten first, by .flatten\(\)$"):
        net(ag.zeros(28, 28))
    with pytest.raises(ValueError, match=r"^Sequential.0.0 \(Linear\): .* expected 784 columns, got 28$"):
        net(ag.zeros(4, 28))
    with pytest.raises(ValueError, match=r"^Linear: an input of shape \(4, 28, 28\) does not fit"):
        net[0][0](ag.zeros(4, 28, 28))


def test_linear_refuses_sizes_that_are_none() -> None:
    for n, m in ((-1, 2), (2, 1.5), (True, 1)):
        with pytest.raises(ValueError, match="ints >= 0"):
            nn.Linear(n, m)  # type: ignore[arg-type]


@given(shape=st.lists(st.integers(1, 3), min_size=2, max_size=4))
def test_flatten_keeps_the_rows_of_a_batch(shape: list[int]) -> None:
    x = ag.rand(*shape)
    assert nn.Flatten()(x).tolist() == x.numpy().reshape(shape[0], -1).tolist()
    assert nn.Flatten(0)(x).shape == (math.prod(shape),)


def test_identity_takes_anything_and_gives_it_back() -> None:
    x = ag.ones(2)
    assert nn.Identity(54, unused=True)(x) is x
    assert repr(nn.Sequential(nn.Identity(), nn.Flatten())) == "Sequential(\n  (0): Identity()\n  (1): Flatten(start_dim=1, end_dim=-1)\n)"


@given(p=st.floats(0.01, 0.99), seed=st.integers(0, 1000))
def test_dropout_keeps_the_mean(p: float, seed: int) -> None:
    """Each entry is h / (1 - p) with probability 1 - p: the mean of n of them lies within 5 standard errors of h."""
    n, h = 20_000, 3.0
    drop = nn.Dropout(p, generator=ag.Generator().manual_seed(seed))
    y = drop(ag.full((n,), h, dtype=ag.float64)).numpy()
    assert np.allclose(y[y != 0], h / (1 - p), rtol=1e-12)
    error = h * math.sqrt(p / (1 - p) / n)
    assert abs(y.mean() - h) < 5 * error


def test_dropout_at_its_ends_and_while_evaluating() -> None:
    x = ag.randn(100)
    assert nn.Dropout(0.0)(x) is x and nn.Dropout(0.9).eval()(x) is x
    assert not nn.Dropout(1.0)(x).any() and nn.Dropout(1.0).eval()(x) is x
    for p in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="probability"):
            nn.Dropout(p)


def test_dropout_repeats_from_a_seed_and_its_gradient_wears_the_same_mask() -> None:
    x = ag.ones(1000, requires_grad=True)
    ag.manual_seed(5)
    first = nn.Dropout(0.3)(x)
    ag.manual_seed(5)
    assert nn.Dropout(0.3)(x).equal(first) and not nn.Dropout(0.3)(x).equal(first)
    first.sum().backward()
    assert x.grad.equal(first)
