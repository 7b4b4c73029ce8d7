"""The layers of whatever is trained: modules, parameters without modules, parts that are called alone, networks of Values."""

import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import autograd as ag
import nn
from autograd import Value
from autograd.pages import layers
from autograd.pages.layers import Layers, beginning_of, rms
from nn.functional import cross_entropy

X, Y = ag.ones(8, 4), ag.zeros(8).long()


def read(net: Any, root: Any, depth: int = 1) -> Layers:
    return Layers(net, root, depth, sys._getframe())


def names(found: Layers) -> list[tuple[str, str, int]]:
    return [(layer.name, layer.activation, len(layer.after)) for layer in found.all]


class ByHand(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.W, self.b, self.V = nn.Parameter(ag.randn(4, 4)), nn.Parameter(ag.zeros(4)), nn.Parameter(ag.randn(4, 3))

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return ag.tanh(x @ self.W + self.b) @ self.V


class Odd(nn.Module):
    """Shared, frozen and unused parameters, a residual, and a module with others in it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.twin, self.head, self.unused = nn.Linear(4, 4), nn.Linear(4, 3), nn.Linear(2, 2)
        self.twin.weight = self.body[0].weight
        self.head.bias.requires_grad_(False)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return self.head(x + self.twin(self.body(x)).sigmoid())


def test_modules_stand_apart_with_the_activation_after_them() -> None:
    net = nn.Sequential(*(m for _ in range(4) for m in (nn.Linear(4, 4), nn.Tanh())), nn.Linear(4, 3))
    found = read(net, cross_entropy(net(X), Y))
    assert names(found) == [(f"{2 * i}: Linear", "tanh" * (i < 4), int(i < 4)) for i in range(5)]
    assert found.all[0].shapes() == "4×4, 4" and found.picture().count(">9: ") == 0 and ">8: Linear<" in found.picture()


def test_parameters_without_modules_are_layers_of_their_own() -> None:
    net = ByHand()
    assert names(read(net, cross_entropy(net(X), Y))) == [("W", "", 0), ("b", "tanh", 1), ("V", "", 0)]


def test_odd_ones() -> None:
    net = Odd()
    root = cross_entropy(net(X), Y)
    found = read(net, root)
    assert {layer.name: len(layer.parameters) for layer in found.all} == {
        "body.0.weight": 1, "body: Sequential": 1, "twin: Linear": 1, "head: Linear": 2, "unused": 2,
    }  # fmt: skip
    assert [layer.activation for layer in found.all][:4] == ["", "relu", "sigmoid", ""]
    flats = found.activations(root)
    assert flats is not None and flats[1] is not None and flats[1].units == 4 and flats[2] is not None and flats[2].entries == 32
    assert found.gradients() == [None] * 5
    root.backward()
    assert [g is None for g in found.gradients()] == [False, False, False, False, True]
    assert "0: Linear" in [layer.name for layer in read(net, cross_entropy(net(X), Y), depth=2).all]


def test_a_network_whose_parts_are_called() -> None:
    net = Odd()
    root = net.head(net.body(X)).sum()
    assert [layer.name for layer in read(net, root).all] == ["body: Sequential", "head: Linear", "twin", "unused"]


def test_a_network_of_values() -> None:
    net = nn.MLP(2, [4, 1]).scalars()
    root = sum(((net([a, 1.0]) - 1.0) ** 2 for a in (0.5, -0.5)), Value(0.0))
    found = read(net, root)
    assert names(found) == [("0: Linear", "relu", 2), ("2: Linear", "", 0)] and len(found.all[0].parameters) == 12
    flats = found.activations(root)
    assert flats is not None and flats[0] is not None and flats[0].entries == 8
    found.keep()
    root.backward()
    for p in net.parameters():
        assert p.grad is not None
        p.data -= 0.1 * p.grad
    moved, grads = found.moved(), found.gradients()
    weights = [p.data for p in found.all[1].parameters]
    assert moved is not None and moved[1] is not None and 0 < moved[1] < 1
    assert grads[1] == pytest.approx(math.sqrt(np.mean([p.grad**2 for p in found.all[1].parameters]))) and len(weights) == 5


def test_where_nothing_has_moved_it_waits() -> None:
    net = nn.Linear(4, 3)
    found = read(net, net(X).sum())
    found.keep()
    assert found.moved() is None and found.moved() is None
    with ag.no_grad():
        net.weight += 1
    moved = found.moved()
    assert moved is not None and moved[0] is not None and moved[0] > 0.5


def test_a_backward_elsewhere_reaches_no_layer() -> None:
    net, other = nn.Linear(4, 3), nn.Linear(4, 3)
    assert read(net, net(X).sum()).activations(other(X).sum()) is None


def test_what_cannot_be_drawn_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    net = ByHand()
    monkeypatch.setattr(layers, "NODES", 3)
    found = read(net, cross_entropy(net(X), Y))
    assert found.picture() == "" and "more than 3" in found.trouble and [layer.name for layer in found.all] == ["W", "b", "V"]
    monkeypatch.undo()
    found = read(net, cross_entropy(net(X), Y))

    def nothing() -> str:
        raise RuntimeError("no dot")

    found._source = nothing
    assert found.picture() == "" and found.trouble == "No picture: no dot"


@given(st.lists(arrays(np.float32, st.integers(0, 5), elements=st.floats(-(2.0**100), 2.0**100, width=32)), min_size=1, max_size=3))
def test_rms_is_that_of_all_numbers(given: list[np.ndarray]) -> None:
    all_of_them = np.concatenate(given).astype(np.float64)
    assert rms(given) == pytest.approx(math.sqrt(np.mean(all_of_them**2)) if all_of_them.size else 0.0, rel=1e-5)


def test_rms_of_what_is_not_finite() -> None:
    assert math.isnan(rms([np.ones(2), np.array([np.inf])])) and rms([]) == 0 and rms([np.zeros(3)]) == 0
    assert rms([np.full(3, 1e-25, np.float32)]) == pytest.approx(1e-25)


def test_where_it_begins() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))
    here = sys._getframe()
    assert beginning_of(net(X).sum(), net, here) == ""
    assert beginning_of((net(X) - 1e9).log().sum(), net, here) == "log"
    with ag.no_grad():
        net[0].weight[0, 0] = float("nan")
    assert beginning_of(net(X).sum(), net, here) == "the weights 0.weight"
