"""Reading a graph: its names in their order of rank, what is backward, and which module call an operation belongs to."""

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Value
from autograd.program.reading import TooLargeError, gradient_name, read, scopes


def titles(found: dict[Any, Any], n: Any) -> list[str]:
    return [s.title for s in found.get(n, ())]


# Names.
def test_a_name_comes_from_the_first_who_knows() -> None:
    net = nn.Linear(1, 1)
    x, labelled = ag.ones(1, 1), ag.ones(1, 1)
    labelled.label = "given"
    h = net(x)
    y = h * labelled
    r = read(y)
    assert [r.name(n) for n in (net.weight, x, labelled, h, y)] == ["weight", "x", "given", "h", "y"]
    r = read(y, {"W": net.weight, "input": x, "g": labelled})
    assert [r.name(n) for n in (net.weight, x, labelled)] == ["W", "input", "g"]
    assert read(y, {net.weight: "W"}).name(net.weight) == "W"
    assert read(y, net).name(net.bias) == read(y, net.named_parameters()).name(net.bias) == "bias"


def test_variables_of_the_caller() -> None:
    ws = [Value(1.0), Value(2.0)]
    grid = np.array([[Value(3.0)]])
    _hidden = Value(4.0)
    again = ws[0]
    y = ws[0] * ws[1] + grid[0, 0] * _hidden
    r = read(y)
    assert [r.name(n) for n in (again, ws[1], grid[0, 0], _hidden)] == ["again", "ws[1]", "grid[0,0]", ""]


def test_two_modules_are_told_apart() -> None:
    encoder, decoder = nn.Linear(1, 1), nn.Sequential(nn.Linear(1, 1))
    part = decoder[0]
    y = part(encoder(ag.ones(1, 1)))
    assert {"encoder.weight", "decoder.0.weight"} <= set(read(y).names.values())


def test_names_survive_the_release_of_the_graph() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    x = ag.ones(1, 2)
    h = net(x)
    loss = h.sum()
    before = read(loss)
    loss.backward()
    after = read(loss)
    assert [*map(after.name, after.nodes)] == [*map(before.name, before.nodes)]
    assert {"x", "h", "0.weight", "loss"} <= set(after.names.values())


def test_arrays_of_values() -> None:
    twin = nn.Linear(2, 1).scalars()
    y = twin([1.0, 2.0])
    assert {"weight[0,0]", "weight[0,1]", "bias[0]"} <= set(read(y).names.values())
    pair = ag.ValueTensor([Value(1.0), Value(2.0)])
    assert sorted(read(pair * 2, {"p": pair}).names.values()) == ["p[0]", "p[1]"]


def test_outputs_in_arrays_and_generators() -> None:
    x = Value(2.0)
    many = np.array([x * 2, x * 3])
    assert read(many).roots == list(many) and len(read(v * v for v in many).roots) == 2


def test_names_that_are_none() -> None:
    y = Value(1.0) * 2
    for names, error in ((5, "got int"), ({"x": 3}, "names maps names"), ([y], "pairs"), ([("a", y, 1)], "pairs")):
        with pytest.raises(TypeError, match=error):
            read(y, names)


# Gradients.
def test_gradients_are_named_after_their_variables() -> None:
    x, w = Value(2.0), Value(3.0)
    y = x * w.tanh()
    gradients = ag.grad(y, [x, w], create_graph=True)
    dx, dw = gradients
    r = read([y, *gradients], {"y": y, "x": x, "w": w})
    assert r.variables[dx] == [(x, y)] and r.variables[dw] == [(w, y)]
    assert dx in r.backward and y not in r.backward and x not in r.backward
    (second,) = ag.grad(dw, w, create_graph=True)
    r = read([y, dw, second], {"y": y, "w": w, "dw": dw})
    assert r.variables[second] == [(w, dw)] and r.name(second) == "second"
    del second, dx, dw
    names = read([y, *ag.grad(y, [x, w], create_graph=True)], {"y": y, "x": x, "w": w}).names.values()
    assert {"∂y/∂x", "∂y/∂w"} <= set(names)
    assert gradient_name("0.weight", "loss") == "grad 0.weight"


def test_gradients_alone() -> None:
    x = Value(2.0)
    (dx,) = ag.grad(x * x.sin(), x, create_graph=True)
    r = read(dx)
    assert dx in r.backward and x not in r.backward


def test_several_outputs_are_not_gradients() -> None:
    x = Value(2.0)
    assert read([x.sin(), x.cos()]).backward == {}


def test_a_first_power_is_its_argument() -> None:
    x = Value(2.0)
    y = ((x**1) ** 1) * 3
    assert len(read(y).nodes) == 2 and len(read(y, fold=False).nodes) == 4
    assert read(y).args(y)[0] is x


# Calls of modules.
class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 2)

    def forward(self, x: Any) -> Any:
        return ag.relu(self.inner(x * 2)) + x


def test_operations_stand_in_the_calls_that_recorded_them() -> None:
    net = nn.Sequential(Block(), nn.Tanh())
    x = ag.ones(1, 2, requires_grad=True)
    before = x * 1
    y = net(before)
    loss = y.sum()
    r = read(loss)
    found = scopes(r, net)
    assert titles(found, y) == ["net: Sequential", "1: Tanh"]
    plus = y.args[0]
    relu, _ = plus.args
    linear = relu.args[0]
    assert titles(found, plus) == titles(found, relu) == ["net: Sequential", "0: Block"]
    assert titles(found, linear) == ["net: Sequential", "0: Block", "inner: Linear"]
    assert titles(found, linear.args[0]) == ["net: Sequential", "0: Block"]
    assert titles(found, net[0].inner.weight) == ["net: Sequential", "0: Block", "inner: Linear"]
    for outside in (x, before, loss):
        assert titles(found, outside) == []


def test_a_call_is_found_in_a_released_graph() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    loss = net(ag.ones(1, 2) * 1).sum()
    before = [titles(scopes(read(loss), net), n) for n in read(loss).nodes]
    loss.backward()
    assert [titles(scopes(read(loss), net), n) for n in read(loss).nodes] == before


def test_two_calls_of_one_module_are_two() -> None:
    layer = nn.Linear(2, 2)
    y = layer(layer(ag.ones(1, 2)))
    found = scopes(read(y))
    assert found[y][0].call is not found[y.args[0]][0].call
    assert found[layer.weight] == found[y.args[0]]  # that of the first
    x = ag.ones(1, 2, requires_grad=True)
    other = nn.Linear(2, 2)
    other.weight = layer.weight
    found = scopes(read(layer(x) + layer(x) + other(x)))
    assert titles(found, layer.weight) == titles(found, x) == [] and titles(found, layer.bias) == ["layer: Linear"]


def test_state_from_an_earlier_call_belongs_to_it() -> None:
    class Cell(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Linear(2, 2)
            self.state = ag.zeros(1, 2)

        def forward(self, x: Any) -> Any:
            self.state = ag.tanh(self.mix(x) + self.state)
            return self.state

    cell = Cell()
    first = cell(ag.ones(1, 2))
    second = cell(ag.ones(1, 2))
    found = scopes(read(second))
    assert found[second][0].call is not found[first][0].call
    assert found[first.args[0]][0].call is found[first][0].call


def test_a_module_that_died_leaves_its_class() -> None:
    y = nn.Linear(2, 2)(ag.ones(1, 2))
    assert titles(scopes(read(y)), y) == ["Linear"]


def test_limits() -> None:
    y = Value(1.0)
    for _ in range(100):
        y = y + 1
    with pytest.raises(TooLargeError, match="more than 50 variables"):
        read(y, limit=50)
    assert len(read(y, limit=1000).nodes) == 101


def test_a_constant_of_a_released_graph_is_not_mistaken_for_another() -> None:
    w = ag.tensor([1.0, 1.0], requires_grad=True)

    def step() -> Any:
        batch = ag.tensor([1.0, 2.0])
        loss = ((w * batch) ** 2).sum()
        loss.backward()
        return loss

    for _ in range(20):
        loss = step()
        others = [ag.tensor([7.0, 7.0]) for _ in range(5)]  # one of them may stand where the batch stood
        other = others[0]
        assert not {"other", "others[0]", "others[1]", "others[2]"} & set(read(loss).names.values())
    del other


def test_calls_that_only_overlap_are_not_nested() -> None:
    class Scaled(nn.Module):
        def forward(self, x: Any) -> Any:
            return x * scale

    raw = ag.ones(2, requires_grad=True)
    scale = raw.exp()
    first, second = Scaled(), Scaled()
    y = second(first(ag.ones(2)))
    found = scopes(read(y))
    assert all(len(path) == 1 for path in found.values())
