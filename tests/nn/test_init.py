"""How parameters start: bounds, moments and frames are what the papers say, and signals live through twenty layers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from nn import init

RANDOM = [
    init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_, init.kaiming_normal_, init.orthogonal_,
]  # fmt: skip
DTYPES = st.sampled_from([ag.float32, ag.float64])
SHAPES = st.lists(st.integers(1, 5), min_size=2, max_size=4).map(tuple)


def fans(shape: tuple[int, ...]) -> dict[str, int]:
    return {"fan_in": math.prod(shape[1:]), "fan_out": shape[0] * math.prod(shape[2:])}


def seeded(seed: int = 1) -> ag.Generator:
    return ag.Generator().manual_seed(seed)


@pytest.mark.parametrize("fill", RANDOM)
@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_filling_is_in_place_unrecorded_and_repeats(fill: Callable[..., ag.Tensor], dtype: Any) -> None:
    x = ag.zeros(3, 4, dtype=dtype, requires_grad=True)
    assert fill(x, generator=seeded()) is x and x.is_leaf and x.requires_grad and x.dtype == dtype
    assert len(set(x.detach().numpy().ravel().tolist())) == 12
    assert fill(ag.zeros(3, 4, dtype=dtype), generator=seeded()).equal(x)
    assert not fill(ag.zeros(3, 4, dtype=dtype), generator=seeded(2)).equal(x)
    if dtype == ag.float64:
        assert not x.float().double().equal(x)  # drawn in its own precision


@given(a=st.floats(-100, 100), width=st.floats(0, 100), dtype=DTYPES)
def test_uniform_numbers_fill_their_interval(a: float, width: float, dtype: Any) -> None:
    x = init.uniform_(ag.empty(40_000, dtype=dtype), a, a + width).double().numpy()
    slack = 1e-5 * (abs(a) + width) + 1e-30  # rounding to float32, and what is too small for it
    assert x.min() >= a - slack and x.max() <= a + width + slack
    assert abs(x.mean() - (a + width / 2)) <= 0.02 * width + slack and abs(x.std() - width / math.sqrt(12)) <= 0.02 * width + slack


@given(mean=st.floats(-10, 10), std=st.floats(0.01, 10), dtype=DTYPES)
def test_normal_numbers_have_their_moments(mean: float, std: float, dtype: Any) -> None:
    x = init.normal_(ag.empty(40_000, dtype=dtype), mean, std).double().numpy()
    assert abs(x.mean() - mean) < 0.03 * std and abs(x.std() / std - 1) < 0.03
    assert abs((np.abs(x - mean) < std).mean() - 0.6827) < 0.02  # no other law of that mean and deviation


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(-2, 1), st.floats(0.1, 2), DTYPES)
def test_truncated_normal_numbers_lie_within_and_have_their_mean(mean: float, std: float, low: float, width: float, dtype: Any) -> None:
    a, b = mean + std * low, mean + std * (low + width)
    x = init.trunc_normal_(ag.empty(5000, dtype=dtype), mean, std, a, b, seeded()).numpy().astype(float)
    assert a - 1e-5 <= x.min() and x.max() <= b + 1e-5
    density = [math.exp(-z * z / 2) / math.sqrt(2 * math.pi) for z in (low, low + width)]
    share = (math.erf((low + width) / 2**0.5) - math.erf(low / 2**0.5)) / 2
    assert abs(x.mean() - mean - std * (density[0] - density[1]) / share) < 5 * std * min(width, 1) / math.sqrt(5000)


def test_constants() -> None:
    x = ag.randn(3, 2, requires_grad=True)
    for fill, wanted in (
        (init.zeros_, ag.zeros(3, 2)),
        (init.ones_, ag.ones(3, 2)),
        (lambda t: init.constant_(t, 0.25), ag.full((3, 2), 0.25)),
        (init.eye_, ag.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])),
    ):
        assert fill(x) is x and x.equal(wanted) and x.is_leaf


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1), ("identity", None, 1), ("sigmoid", None, 1), ("tanh", None, 5 / 3), ("relu", None, 2**0.5), ("selu", None, 0.75),
        ("leaky_relu", None, 1.4141428569978354), ("leaky_relu", 0.2, 1.3867504905630728), ("leaky_relu", 0, 2**0.5), ("leaky_relu", 1, 1),
    ],
)  # fmt: skip
def test_gains_are_those_of_pytorch(name: str, param: float | None, gain: float) -> None:
    assert math.isclose(init.calculate_gain(name, param), gain, rel_tol=1e-12)


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky_relu", 0.3)])
def test_the_gain_makes_up_for_what_the_nonlinearity_takes(name: str, slope: float) -> None:
    x = ag.randn(200_000)
    y = ag.where(x > 0, x, slope * x)
    assert abs((y * y).mean().item() * init.calculate_gain(name, slope) ** 2 - 1) < 0.02


# The spread of a scheme is gain / sqrt(fan). The shapes are stretched so that there are enough entries to measure it.
@given(shape=SHAPES, gain=st.floats(0.1, 3), dtype=DTYPES)
def test_xavier_has_the_spread_of_both_fans(shape: tuple[int, ...], gain: float, dtype: Any) -> None:
    shape = (40 * shape[0], 60 * shape[1], *shape[2:])
    std = gain * math.sqrt(2 / sum(fans(shape).values()))
    spread(init.xavier_uniform_(ag.empty(shape, dtype=dtype), gain), std, uniform=True)
    spread(init.xavier_normal_(ag.empty(shape, dtype=dtype), gain), std, uniform=False)


@given(
    shape=SHAPES,
    a=st.floats(0, 2),
    mode=st.sampled_from(["fan_in", "fan_out"]),
    law=st.sampled_from(["leaky_relu", "relu", "tanh"]),
    dtype=DTYPES,
)
def test_kaiming_has_the_spread_of_one_fan(shape: tuple[int, ...], a: float, mode: str, law: str, dtype: Any) -> None:
    shape = (40 * shape[0], 60 * shape[1], *shape[2:])
    std = init.calculate_gain(law, a) / math.sqrt(fans(shape)[mode])
    spread(init.kaiming_uniform_(ag.empty(shape, dtype=dtype), a, mode, law), std, uniform=True)
    spread(init.kaiming_normal_(ag.empty(shape, dtype=dtype), a, mode, law), std, uniform=False)


def spread(x: ag.Tensor, std: float, uniform: bool) -> None:
    raw = x.double().numpy()
    assert abs(raw.std() / std - 1) < 0.06 and abs(raw.mean()) < 0.1 * std
    top = np.abs(raw).max() / (math.sqrt(3) * std)
    assert 0.99 < top < 1 + 1e-6 if uniform else top > 1.2


def test_defaults_are_those_of_pytorch() -> None:
    shape = (40, 90)
    for one, two in (
        (init.kaiming_uniform_, lambda t, generator: init.uniform_(t, -math.sqrt(6 / 90), math.sqrt(6 / 90), generator)),
        (init.kaiming_normal_, lambda t, generator: init.normal_(t, 0.0, math.sqrt(2 / 90), generator)),
        (init.xavier_normal_, lambda t, generator: init.normal_(t, 0.0, math.sqrt(2 / 130), generator)),
        (init.uniform_, lambda t, generator: init.uniform_(t, 0.0, 1.0, generator)),
        (init.normal_, lambda t, generator: init.normal_(t, 0.0, 1.0, generator)),
    ):
        assert one(ag.empty(shape), generator=seeded()).allclose(two(ag.empty(shape), generator=seeded()))


@given(shape=SHAPES, gain=st.floats(0.1, 3), dtype=DTYPES)
def test_orthogonal_rows_or_columns_are_orthonormal(shape: tuple[int, ...], gain: float, dtype: Any) -> None:
    w = init.orthogonal_(ag.empty(shape, dtype=dtype), gain).double().numpy().reshape(shape[0], -1) / gain
    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, np.eye(min(w.shape)), atol=1e-12 if dtype == ag.float64 else 1e-6)


@pytest.mark.parametrize("shape", [(3, 3), (2, 3), (3, 2)])
def test_every_rotation_is_as_likely(shape: tuple[int, int]) -> None:
    qs = np.stack([init.orthogonal_(ag.empty(shape, dtype=ag.float64)).numpy() for _ in range(4000)])
    np.testing.assert_allclose(qs.mean(0), 0, atol=0.05)  # without the choice of signs the diagonal leans to one side
    np.testing.assert_allclose((qs**2).mean(0), 1 / 3, atol=0.03)


def test_an_empty_tensor_stays_empty() -> None:
    for fill in RANDOM:
        for shape in ((0, 3), (3, 0), (0, 0)):
            assert fill(ag.empty(shape)).shape == shape


def test_what_cannot_be_filled_is_refused() -> None:
    for fill in RANDOM[3:]:
        for shape in ((), (3,)):
            with pytest.raises(ValueError, match="at least 2 dimensions"):
                fill(ag.empty(shape))
    for fill in RANDOM:
        for wrong, got in ((ag.zeros(2, 2, dtype=ag.int64), "int64"), (np.zeros((2, 2)), "ndarray")):
            if isinstance(wrong, ag.Tensor) or fill not in RANDOM[3:7]:
                with pytest.raises(TypeError, match=got):
                    fill(wrong)
    for shape in ((3,), (2, 2, 2)):
        with pytest.raises(ValueError, match="2 dimensions"):
            init.eye_(ag.empty(shape))
    with pytest.raises(ValueError, match="a <= b, got a=1 and b=0"):
        init.uniform_(ag.empty(2), 1, 0)
    with pytest.raises(ValueError, match="std >= 0, got -1"):
        init.normal_(ag.empty(2), 0, -1)
    for wrong in ({"std": -1.0}, {"a": 9.0, "b": 10.0}, {"mean": math.inf}, {"std": math.inf}, {"std": 0.0, "mean": 3.0}):
        with pytest.raises(ValueError, match="too few normal numbers"):
            init.trunc_normal_(ag.empty(2), **wrong)
    assert init.trunc_normal_(ag.empty(2), 0.1, 0.0, 0.1, 0.1).tolist() == ag.full((2,), 0.1).tolist()
    for fill in (init.kaiming_uniform_, init.kaiming_normal_):
        with pytest.raises(ValueError, match="'fan_in' or 'fan_out', got 'fan'"):
            fill(ag.empty(2, 2), mode="fan")
        with pytest.raises(ValueError, match="no gain is known for 'swish'"):
            fill(ag.empty(2, 2), nonlinearity="swish")


# What it is for: the second moment after 20 layers of width 256, as a multiple of that before. It varies from network to
# network (its logarithm by about sqrt(20 * 5 / 256) with relu), so several networks are averaged.
def through(fill: Callable[[ag.Tensor], ag.Tensor], act: Callable[[ag.Tensor], ag.Tensor], size: float = 1.0, networks: int = 8) -> float:
    logs = []
    for _ in range(networks):
        first = x = ag.randn(8, 256) * size
        for _ in range(20):
            x = act(ag.linear(x, fill(ag.empty(256, 256))))
        logs.append(math.log((x * x).mean().item() / (first * first).mean().item()))
    return math.exp(sum(logs) / len(logs))


def identity(x: ag.Tensor) -> ag.Tensor:
    return x


@pytest.mark.parametrize(
    ("fill", "act", "size"),
    [
        (lambda t: init.kaiming_normal_(t, nonlinearity="relu"), ag.relu, 1.0),
        (lambda t: init.kaiming_uniform_(t, nonlinearity="relu"), ag.relu, 1.0),
        (init.xavier_normal_, identity, 1.0),
        (init.xavier_uniform_, identity, 1.0),
        (init.xavier_normal_, ag.tanh, 0.01),
    ],
)
def test_the_matching_scheme_keeps_the_signal(fill: Any, act: Any, size: float) -> None:
    assert 0.5 < through(fill, act, size) < 2


def test_orthogonal_layers_keep_it_exactly() -> None:
    assert abs(through(init.orthogonal_, identity, networks=1) - 1) < 1e-4


@pytest.mark.parametrize("act", [ag.relu, identity, ag.tanh])
def test_a_guess_loses_it(act: Any) -> None:
    assert through(lambda t: init.normal_(t, 0.0, 0.01), act) < 1e-6
