"""`Module` and `Parameter`: what is registered, by which name, once each."""

from typing import Any

import pytest

import autograd as ag
import nn


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.again = self.layer
        self.scale = nn.Parameter(ag.ones(1))

    def forward(self, x: Any) -> Any:
        return self.again(self.layer(x)) * self.scale


def test_parameters_are_found_by_name_once_each() -> None:
    net = nn.Sequential(Twice(), nn.ReLU(), nn.Linear(2, 1, bias=False))
    assert [n for n, _ in net.named_parameters()] == ["0.scale", "0.layer.weight", "0.layer.bias", "2.weight"]
    assert len(list(net.modules())) == 5 and len(list(net.children())) == 3
    net(ag.ones(3, 2)).sum().backward()
    assert all(p.grad is not None and p.grad.shape == p.shape for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_train_eval_apply_and_repr() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    assert net.eval() is net and not net[1].training and net.train()[1].training
    seen: list[str] = []
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "Dropout", "Sequential"]
    assert repr(net) == "Sequential(\n  (0): Linear(in_features=2, out_features=2, bias=True)\n  (1): Dropout(p=0.5)\n)"


def test_state_is_loaded_by_name_or_not_at_all() -> None:
    a, b = nn.Linear(3, 2), nn.Linear(3, 2)
    b.load_state_dict(a.state_dict())
    x = ag.randn(4, 3)
    assert a(x).tolist() == b(x).tolist()
    before = b.weight.tolist()
    with pytest.raises(KeyError, match=r"missing \['bias'\], unexpected \['bios'\]"):
        b.load_state_dict({"weight": ag.zeros(2, 3), "bios": ag.zeros(2)})
    with pytest.raises(ValueError, match=r"weight: got \(3, 2\), expected \(2, 3\)"):
        b.load_state_dict({"bias": ag.zeros(2), "weight": ag.zeros(3, 2)})
    assert b.weight.tolist() == before


def test_misuse_says_what_to_do() -> None:
    class Forgot(nn.Module):
        def __init__(self) -> None:
            self.w = nn.Parameter(ag.ones(1))

    with pytest.raises(AttributeError, match=r"call super\(\).__init__\(\)"):
        Forgot()
    with pytest.raises(TypeError, match="no forward"):
        nn.Module()(1)
    with pytest.raises(TypeError, match="is a Parameter"):
        nn.Linear(1, 1).weight = 3
    with pytest.raises(TypeError, match="Sequential takes modules"):
        nn.Sequential(ag.relu)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected 3 columns, got 2"):
        nn.Linear(3, 1)(ag.ones(1, 2))


def test_in_place_changes_of_data_reach_the_parameter() -> None:
    net = nn.Sequential(nn.Linear(2, 2))
    net[0].weight.data.fill_(0)
    net[0].weight.data[0] += 1
    assert net[0].weight.tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert repr(net[0].weight).startswith("Parameter containing:\ntensor([[1., 1.]") and type(net[0].weight * 1) is ag.Tensor


def test_a_deleted_parameter_is_no_parameter() -> None:
    layer = nn.Linear(2, 1)
    del layer.bias
    assert [n for n, _ in layer.named_parameters()] == ["weight"] and not hasattr(layer, "bias")
