"""SGD against its update written out, and what it refuses."""

import pytest

import autograd as ag
import nn
from nn.optim import SGD


def test_the_update_with_momentum_and_weight_decay() -> None:
    w, v, x = 2.0, 0.0, ag.tensor([2.0], dtype=ag.float64, requires_grad=True)
    opt = SGD([x], lr=0.1, momentum=0.9, weight_decay=0.01)
    for _ in range(5):
        opt.zero_grad()
        (x**3).sum().backward()
        opt.step()
        v = 0.9 * v + 3 * w**2 + 0.01 * w
        w -= 0.1 * v
        assert x.item() == pytest.approx(w, rel=1e-12)


def test_the_gradient_is_left_as_it_was() -> None:
    x = ag.ones(1, requires_grad=True)
    opt = SGD([x], lr=0.1, momentum=0.9)
    for _ in range(3):
        opt.zero_grad()
        (x * 2).sum().backward()
        opt.step()
        assert x.grad.tolist() == [2.0]


def test_what_it_refuses() -> None:
    net = nn.Linear(1, 1)
    parameters = net.parameters()
    SGD(parameters, lr=0.1)
    with pytest.raises(ValueError, match="used up"):
        SGD(parameters, lr=0.1)
    with pytest.raises(TypeError, match="leaf tensors"):
        SGD([ag.ones(1, requires_grad=True) * 2], lr=0.1)
    with pytest.raises(ValueError, match="must be >= 0"):
        SGD(net.parameters(), lr=-1)
    with pytest.raises(ValueError, match="shapes"):
        SGD(net.parameters(), lr=1).load_state_dict({"lr": 1, "momentum": 0, "weight_decay": 0, "velocity": [None]})
