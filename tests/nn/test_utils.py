"""Clipping: the norm and the direction as properties, and what is refused."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor
from nn.utils import clip_grad_norm_, clip_grad_value_

numbers = st.integers(-1000, 1000).map(lambda n: n / 100)
lists = st.lists(st.lists(numbers, min_size=1, max_size=4), min_size=1, max_size=4)


def parameters(gradients: list[list[float]], dtype: Any = ag.float64) -> list[Tensor]:
    ps = [ag.zeros(len(g), dtype=dtype, requires_grad=True) for g in gradients]
    for p, g in zip(ps, gradients):
        p.grad = ag.tensor(g, dtype=dtype)
    return [*ps, ag.zeros(2, requires_grad=True)]  # the last has no gradient


def norm(gradients: list[list[float]], order: float) -> float:
    sizes = [abs(g) for gs in gradients for g in gs]
    return max(sizes) if order == math.inf else sum(s**order for s in sizes) ** (1 / order)


@given(lists, st.sampled_from([0.0, 0.5, 3.0, 100.0, math.inf]), st.sampled_from([1, 2.0, 3, math.inf]))
def test_the_norm_before_is_returned_and_all_gradients_shrink_by_one_factor(
    gradients: list[list[float]], most: float, order: float
) -> None:
    ps = parameters(gradients)
    before = norm(gradients, order)
    total = clip_grad_norm_((p for p in ps), most, order)
    assert isinstance(total, Tensor) and total.item() == pytest.approx(before, rel=1e-12)
    factor = min(1, most / (before + 1e-6))
    for p, g in zip(ps, gradients):
        assert p.grad.tolist() == pytest.approx([factor * entry for entry in g], rel=1e-12, abs=1e-15)
    assert ps[-1].grad is None
    assert norm([p.grad.tolist() for p in ps[:-1]], order) <= most


@given(lists, st.sampled_from([0, 0.5, 3.0, math.inf]))
def test_values_are_limited_in_place(gradients: list[list[float]], most: float) -> None:
    ps = parameters(gradients)
    held = [p.grad for p in ps]
    clip_grad_value_(iter(ps), most)
    for p, g, same in zip(ps, gradients, held):
        assert p.grad is same and p.grad.tolist() == [max(-most, min(most, entry)) for entry in g]


def test_the_gradients_keep_their_place_and_dtype() -> None:
    (w, *_) = parameters([[3.0, 4.0]], dtype=ag.float32)
    held = w.grad
    assert clip_grad_norm_(w, 1).dtype == ag.float32 and w.grad is held and held.dtype == ag.float32
    assert held.tolist() == pytest.approx([0.6, 0.8], rel=1e-6)


def test_a_recorded_gradient_is_clipped_without_a_record() -> None:
    w = ag.tensor([3.0], requires_grad=True)
    (w**3).sum().backward(create_graph=True)
    assert not clip_grad_norm_([w], 1.0).requires_grad and w.grad.item() == pytest.approx(1, rel=1e-6)


def test_a_norm_that_is_not_finite() -> None:
    for bad, rest in ((math.inf, 0.0), (math.nan, math.nan)):
        ps = parameters([[bad, 1.0], [2.0]])
        with pytest.raises(RuntimeError, match=f"of order 2 of the gradients is {bad}; nothing was clipped"):
            clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
        assert ps[1].grad.tolist() == [2.0]
        assert not clip_grad_norm_(ps, 1.0).isfinite()
        assert ps[0].grad[0].isnan() and ps[1].grad.tolist() == pytest.approx([rest], nan_ok=True)


def test_no_gradients_at_all() -> None:
    assert clip_grad_norm_([ag.zeros(1)], 1.0).item() == 0
    assert clip_grad_norm_([], 1.0).item() == 0
    with pytest.warns(UserWarning, match="empty generator") as seen:
        clip_grad_norm_(iter([]), 1.0)
        clip_grad_value_(iter([]), 1.0)
    assert [w.filename for w in seen] == [__file__] * 2


@pytest.mark.parametrize("bad", [-1, math.nan, "1", None, True])
def test_bounds_that_are_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="max_norm must be a number >= 0"):
        clip_grad_norm_([], bad)
    with pytest.raises(ValueError, match="clip_value must be a number >= 0"):
        clip_grad_value_([], bad)


@pytest.mark.parametrize("order", [0, -1, -math.inf, math.nan])
def test_orders_that_are_refused(order: float) -> None:
    with pytest.raises(ValueError, match="norm_type must be a number > 0"):
        clip_grad_norm_([], 1.0, order)


@pytest.mark.parametrize("clip", [clip_grad_norm_, clip_grad_value_])
def test_what_is_no_tensor_is_refused(clip: Any) -> None:
    with pytest.raises(TypeError, match=f"{clip.__name__} expects a tensor or tensors, got int"):
        clip(3, 1.0)
    with pytest.raises(TypeError, match="number 1 is str 'a'"):
        clip([ag.zeros(1), "a"], 1.0)
