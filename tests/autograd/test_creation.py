"""Where tensors come from: data, constants, ranges and chance that repeats."""

import math
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, tensor


def test_dtypes_of_data() -> None:
    assert [tensor(d).dtype.name for d in (1.0, [1.0], 1, [1, 2], True, [[0.5], [1]], [], np.float32(1), np.arange(2.0))] == [
        "float32", "float32", "int64", "int64", "bool", "float32", "float32", "float32", "float64",
    ]  # fmt: skip
    assert tensor([1, 2], dtype=ag.float64).dtype == tensor([1.5], dtype="float64").dtype == ag.float64
    assert tensor([np.float64(1.0)]).dtype == ag.float64 and tensor(range(3)).tolist() == [0, 1, 2]
    assert tensor([tensor(1.0), tensor(2.0)]).tolist() == [1.0, 2.0]
    with pytest.raises(TypeError, match="stack or cat"):
        tensor([ag.ones(1, requires_grad=True)])
    with pytest.raises(TypeError, match="cannot become int64"):
        tensor([Value(1.0)], dtype=ag.int64)
    x = ag.ones(2)
    assert ag.as_tensor(x) is x and not np.shares_memory(ag.as_tensor(a := np.ones(2)).numpy(), a)
    assert ag.as_tensor([1.0], ag.float64).dtype == ag.float64


def test_an_array_is_copied_as_it_is_and_converted_without_a_warning() -> None:
    a = np.array([[1e300, np.nan], [-np.inf, 1.0]]).T
    for dtype in (None, ag.float64):
        x = tensor(a, dtype).numpy()
        np.testing.assert_array_equal(x, a)
        assert x.flags.c_contiguous and not np.shares_memory(x, a) and x.dtype == ag.float64
    assert tensor(a, ag.float32)[0, 0].item() == math.inf and tensor(tensor(a), ag.int64).shape == (2, 2)


def test_constants_and_ranges() -> None:
    assert ag.zeros(2, 3).shape == ag.ones((2, 3)).shape == ag.empty([2, 3]).shape == (2, 3)
    assert ag.zeros(()).shape == () and ag.full((2,), 7).dtype == ag.int64 and ag.full((2,), 0.5).tolist() == [0.5, 0.5]
    assert ag.arange(2, 5).tolist() == [2, 3, 4] and ag.arange(5, 2, -1).tolist() == [5, 4, 3] and ag.arange(0, 1, 0.25).numel() == 4
    assert ag.linspace(0, 1, 3).tolist() == [0.0, 0.5, 1.0] and ag.linspace(2**70, 0.5, 2).tolist() == [2.0**70, 0.5]
    assert ag.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert ag.rand(size=(2, 4)).shape == ag.zeros(size=(2, 4)).shape == (2, 4) and ag.randn(size=3).shape == (3,)
    with pytest.raises(TypeError, match="the shape came twice"):
        ag.ones(2, size=(2,))
    x = ag.ones(2, dtype=ag.float64)
    for like in (ag.zeros_like, ag.ones_like, ag.empty_like, ag.rand_like, ag.randn_like, lambda input: ag.full_like(input, 3)):
        assert like(input=ag.ones(2)).shape == (2,)  # PyTorch's name
        assert like(x).shape == (2,) and like(x).dtype == ag.float64
    for bad, error in [(lambda: ag.zeros(-1), ValueError), (lambda: ag.zeros(1.5), TypeError), (lambda: ag.arange(0, 1, 0), ValueError)]:
        with pytest.raises(error):
            bad()
    with pytest.raises(TypeError, match="expected a Tensor"):
        ag.zeros_like([1])


RANDOM: list[Any] = [
    lambda g: ag.rand(5, generator=g), lambda g: ag.randn(5, generator=g), lambda g: ag.randint(0, 9, (5,), generator=g),
    lambda g: ag.randperm(9, generator=g), lambda g: ag.normal(0.0, 1.0, (5,), generator=g),
    lambda g: ag.rand_like(ag.ones(3), generator=g), lambda g: ag.bernoulli(ag.full((64,), 0.5), generator=g),
    lambda g: ag.empty(64).bernoulli_(0.3, generator=g),
]  # fmt: skip


@pytest.mark.parametrize("draw", RANDOM)
def test_chance_repeats_from_a_seed(draw: Any) -> None:
    a, b = ag.Generator().manual_seed(3), ag.Generator().manual_seed(3)
    assert draw(a).tolist() == draw(b).tolist() != draw(a).tolist()
    ag.manual_seed(4)
    first, second = draw(None).tolist(), draw(None).tolist()
    assert first != second
    ag.manual_seed(4)
    assert draw(None).tolist() == first
    state = a.get_state()
    want = draw(a).tolist()
    b.set_state(state)
    assert draw(b).tolist() == want and ag.initial_seed() == 4 and a.initial_seed() == 3


def test_distributions() -> None:
    assert abs(ag.randn(20000).mean().item()) < 0.03 and abs(ag.randn(20000).std().item() - 1) < 0.03
    u = ag.rand(20000).numpy()
    assert u.min() >= 0 and u.max() < 1 and u.dtype == np.float32
    assert sorted(ag.randperm(50).tolist()) == list(range(50)) and set(ag.randint(3, size=(100,)).tolist()) == {0, 1, 2}
    assert set(ag.randint(high=3, size=(100,)).tolist()) == set(ag.randint(low=0, high=3, size=(100,)).tolist()) == {0, 1, 2}
    assert ag.normal(ag.zeros(3), ag.ones(3)).shape == (3,)
    for bad in (lambda: ag.randint(3, 3, (1,)), lambda: ag.normal(0.0, -1.0, (2,)), lambda: ag.manual_seed(-1)):
        with pytest.raises(ValueError):
            bad()
    with pytest.raises(TypeError, match="generator must be"):
        ag.rand(1, generator=np.random.default_rng())  # type: ignore[arg-type]


def test_bernoulli_has_a_probability_for_each_entry() -> None:
    p = tensor([0.0, 0.1, 0.5, 1.0]).expand(20_000, 4)
    x = ag.bernoulli(p)
    assert x.dtype == ag.float32 and abs(x.mean(0).numpy() - p[0].numpy()).max() < 0.015 and x[:, 0].max() == 0 and x[:, 3].min() == 1
    for bad in (tensor([1.5]), tensor([math.nan]), tensor([1])):
        with pytest.raises(ValueError, match="probabilities in"):
            ag.bernoulli(bad)


def test_what_becomes_an_array_keeps_its_dtype() -> None:
    class Column:
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
            return np.array([1.0, 1e300])

    assert tensor(Column()).dtype == ag.float64 and tensor([Column()]).tolist() == [[1.0, 1e300]]


@pytest.mark.parametrize("data", [[1, 2], [True], np.arange(3)])
def test_integers_and_booleans_never_require_grad(data: Any) -> None:
    with pytest.raises(TypeError, match="only floating tensors"):
        tensor(data, requires_grad=True)


@pytest.mark.parametrize("data", ["abc", ["a"], [None], np.array([object()]), {1: 2}, 1 + 2j, [1 + 2j]])
def test_other_data_is_refused(data: Any) -> None:
    with pytest.raises(TypeError):
        tensor(data)
    with pytest.raises(TypeError):
        Value(data)


def test_ragged_lists_are_refused() -> None:
    with pytest.raises(ValueError, match="ragged"):
        tensor([[1.0, 2.0], [3.0]])
