"""How a tensor is written: aligned, cut where it is large, and what is written is what it holds."""

import pytest

import autograd as ag
from autograd import Tensor, tensor

REPRS = [
    (tensor([[0.0, 1.0]], requires_grad=True), "tensor([[0., 1.]], requires_grad=True)"),
    (tensor([1.5, -2.0]), "tensor([ 1.5000, -2.0000])"),
    (tensor([1, -20]), "tensor([  1, -20])"),
    (tensor([True, False]), "tensor([ True, False])"),
    (tensor(3.0), "tensor(3.)"),
    (tensor(0.5, dtype=ag.float64), "tensor(0.5000, dtype=float64)"),
    (tensor([1e-6, 1.0]), "tensor([1.0000e-06, 1.0000e+00])"),
    (tensor([5e-324, 1.0], dtype=ag.float64), "tensor([4.9407e-324,  1.0000e+00], dtype=float64)"),
    (tensor([float("nan"), float("inf"), 1.0]), "tensor([nan, inf,  1.])"),
    (ag.zeros(0), "tensor([])"),
    (ag.zeros(2, 0), "tensor([], size=(2, 0))"),
    (ag.tanh(ag.zeros(1, requires_grad=True)), "tensor([0.], grad_fn=<tanh>)"),
    (tensor([3], dtype=ag.int32), "tensor([3], dtype=int32)"),
]


@pytest.mark.parametrize(("x", "text"), REPRS, ids=[r[1][:30] for r in REPRS])
def test_how_it_is_written(x: Tensor, text: str) -> None:
    assert repr(x) == text


def test_large_tensors_are_cut() -> None:
    text = repr(ag.zeros(1000, 1000))
    assert "..." in text and len(text) < 1000
