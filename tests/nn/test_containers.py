"""`Sequential`, `ModuleList`, `MLP`: order, names, slices, and what a list is expected to do."""

from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from nn import Linear, Sequential

KINDS = [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.Identity, nn.SiLU]


@given(kinds=st.lists(st.sampled_from(KINDS), max_size=6), data=st.data())
def test_they_behave_like_lists(kinds: list[Any], data: st.DataObject) -> None:
    row = [kind() for kind in kinds]
    cut = data.draw(st.slices(len(row)))
    for net in (nn.Sequential(*row), nn.ModuleList(row)):
        assert len(net) == len(row) and list(net) == row and list(net[cut]) == row[cut] and type(net[cut]) is type(net)
        assert [net[i] for i in range(-len(row), len(row))] == row + row
        assert all(m in net for m in row) and nn.ReLU() not in net
        with pytest.raises(IndexError, match="out of range"):
            net[len(row)]
        del net[cut]
        want = list(row)
        del want[cut]
        assert list(net) == want and [n for n, _ in net.named_children()] == [str(i) for i in range(len(want))]
        net.append(extra := nn.Flatten()).extend([other := nn.Tanh()])
        net.insert(0, first := nn.GELU())
        assert list(net) == [first, *want, extra, other]
        net[0] = last = nn.ELU()
        assert net[0] is last


@given(kinds=st.lists(st.sampled_from(KINDS), max_size=6))
def test_a_sequence_is_a_composition(kinds: list[Any]) -> None:
    x = y = ag.randn(2, 3)
    for kind in kinds:
        y = kind()(y)
    assert nn.Sequential(*(kind() for kind in kinds))(x).tolist() == y.tolist()


def test_names_from_a_dict_survive_slices_and_stand_in_the_state() -> None:
    net = nn.Sequential(OrderedDict([("hidden", nn.Linear(2, 3)), ("act", nn.ReLU()), ("out", nn.Linear(3, 1))]))
    assert net.hidden is net[0] and net[-1] is net.out
    assert list(net[::2].state_dict()) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    del net[1]
    assert [n for n, _ in net.named_children()] == ["hidden", "out"]


def test_slices_share_the_modules() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = ag.randn(4, 2)
    assert net[2:](net[:2](x)).tolist() == net(x).tolist()
    net[:1](x).sum().backward()
    assert net[0].weight.grad is not None


def test_a_module_list_is_part_of_its_owner() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(2, 2)] + [nn.Linear(2, 2) for _ in range(2)])

        def forward(self, x: Any) -> Any:
            for layer in self.layers:
                x = layer(x)
            return x

    net = Net()
    assert [n for n, _ in net.named_parameters()][:2] == ["layers.0.weight", "layers.0.bias"]
    assert net(ag.ones(1, 2)).shape == (1, 2) and len(net.layers + [nn.ReLU()]) == 4
    with pytest.raises(TypeError, match="no forward"):
        net.layers(1)


@given(
    widths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    nin=st.integers(1, 4),
    kind=st.sampled_from(KINDS),
    p=st.sampled_from([0.0, 0.5]),
)
def test_the_perceptron_has_an_activation_and_dropout_after_every_layer_but_the_last(
    widths: list[int], nin: int, kind: Any, p: float
) -> None:
    net = nn.MLP(nin, widths, activation=kind, dropout=p)
    hidden = [nn.Linear, kind, nn.Dropout] if p else [nn.Linear, kind]
    assert [type(m) for m in net] == hidden * (len(widths) - 1) + [nn.Linear]
    shapes = [tuple(m.weight.shape) for m in net if isinstance(m, nn.Linear)]
    assert shapes == [(n, m) for m, n in zip([nin, *widths], widths)]
    assert net(ag.ones(2, nin)).shape == (2, widths[-1])


def test_each_layer_has_an_activation_of_its_own() -> None:
    net = nn.MLP(1, [2, 2, 1], activation=nn.PReLU(init=0.1), dropout=[0.2, 0.5], bias=False)
    assert net[1] is not net[4] and net[1].weight.item() == pytest.approx(0.1) and [net[2].p, net[5].p] == [0.2, 0.5]
    assert net[0].bias is None and len(list(net.parameters())) == 5
    assert isinstance(nn.MLP(1, [2, 1], activation=lambda: nn.LeakyReLU(0.5))[1], nn.LeakyReLU)


def test_names_that_cannot_be_are_refused_before_anything_changes() -> None:
    for name in ("", "a.b", "forward"):
        with pytest.raises(KeyError, match="cannot name a module"):
            nn.Sequential({"first": nn.ReLU(), name: nn.ReLU()})


def test_refusals() -> None:
    with pytest.raises(TypeError, match=r"takes modules, got the function relu \(as modules there are"):
        nn.Sequential(ag.relu)
    with pytest.raises(TypeError, match=r"got the class ReLU \(write ReLU\(...\)\) at position 1"):
        nn.Sequential(nn.ReLU(), nn.ReLU)
    with pytest.raises(TypeError, match=r"unpack it: Sequential\(\*layers\)"):
        nn.Sequential([nn.ReLU()])
    net = nn.ModuleList([nn.ReLU()])
    with pytest.raises(TypeError, match="takes modules, got int"):
        net.append(3)  # type: ignore[arg-type]
    assert len(net) == 1
    with pytest.raises(TypeError, match="list of widths"):
        nn.MLP(2, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="1 entries for 2 hidden layers"):
        nn.MLP(2, [3, 3, 1], dropout=[0.5])
    with pytest.raises(TypeError, match=r"a module class such as nn.Tanh"):
        nn.MLP(2, [3, 1], activation=ag.tanh)  # type: ignore[arg-type]


def test_a_sequential_walks_as_its_iterator_says() -> None:
    class Backwards(Sequential):
        def __iter__(self) -> Any:
            return reversed(list(super().__iter__()))

    double, more = Linear(1, 1, bias=False), Linear(1, 1)
    with ag.no_grad():
        double.weight.fill_(2.0)
        more.weight.fill_(1.0)
        more.bias.fill_(1.0)
    x = ag.tensor([[3.0]])
    assert (Sequential(double, more)(x).item(), Backwards(double, more)(x).item()) == (7.0, 8.0)


@given(kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=6), data=st.data())
def test_they_are_popped_and_added_up_like_lists(kinds: list[Any], data: st.DataObject) -> None:
    row = [kind() for kind in kinds]
    i = data.draw(st.integers(-len(row), len(row) - 1) | st.slices(len(row)))
    for net in (nn.Sequential(*row), nn.ModuleList(row)):
        want = list(row)
        assert net.pop() is want.pop() and list(net) == want
        net.append(row[-1])
        taken, rest = row[i], list(row)
        del rest[i]
        popped = net.pop(i)
        assert (list(popped) == taken if isinstance(i, slice) else popped is taken) and list(net) == rest
        before = net
        net += [extra := nn.Flatten()]
        assert net is before and list(net) == [*rest, extra]
        assert net.insert(0, first := nn.GELU()) is net and net[0] is first
    a, b = nn.Sequential(*row), nn.Sequential(nn.Flatten())
    both = a + b
    assert type(both) is nn.Sequential and list(both) == [*a, *b] and len(a) == len(row)
    with pytest.raises(TypeError):
        a + [nn.Flatten()]
    with pytest.raises(IndexError, match="out of range for a ModuleList of 0 modules"):
        nn.ModuleList().pop()


@given(names=st.lists(st.sampled_from("abcdef"), unique=True), data=st.data())
def test_dicts_behave_like_dicts(names: list[str], data: st.DataObject) -> None:
    for kind, make in ((nn.ModuleDict, lambda: nn.Linear(1, 1)), (nn.ParameterDict, lambda: nn.Parameter(ag.ones(1)))):
        want = {name: make() for name in names}
        parts = data.draw(st.sampled_from([kind(want), kind(want.items()), kind(kind(want))]))
        assert list(parts) == list(parts.keys()) == names and list(parts.values()) == list(want.values()) and len(parts) == len(want)
        assert dict(parts.items()) == want and all(parts[name] is want[name] is parts.get(name) for name in names)
        assert "g" not in parts and parts.get("g") is None and all(name in parts for name in names)
        parts["g"] = want["g"] = make()
        parts.update({"h": want.setdefault("h", make())})
        assert list(parts) == [*names, "g", "h"]
        assert parts.pop("g") is want.pop("g")
        del parts["h"], want["h"]
        assert list(parts) == names and len(list(parts.parameters())) == len(names) * (2 if kind is nn.ModuleDict else 1)
        with pytest.raises(KeyError, match=r"there is no .* 'g'; there is"):
            parts["g"]
        parts.clear()
        assert len(parts) == 0 == len(list(parts.parameters()))


def test_lists_and_dicts_of_parameters_learn_and_have_pytorchs_names() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = nn.ParameterList([ag.ones(2, 2), nn.Parameter(ag.ones(2, 2))])
            self.named = nn.ParameterDict({"scale": nn.Parameter(ag.ones(1)), "shift": ag.zeros(1)})
            self.heads = nn.ModuleDict({"left": nn.Linear(2, 1), "right": nn.Linear(2, 1)})

        def forward(self, x: Any, head: str) -> Any:
            for w in self.weights:
                x = x @ w
            return self.heads[head](x) * self.named["scale"] + self.named["shift"]

    net = Net()
    assert list(net.state_dict()) == [
        "weights.0", "weights.1", "named.scale", "named.shift", "heads.left.weight", "heads.left.bias", "heads.right.weight", "heads.right.bias",
    ]  # fmt: skip
    net(ag.ones(1, 2), "left").sum().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None] == ["heads.right.weight", "heads.right.bias"]
    assert type(net.weights[0]) is nn.Parameter and len(net.weights[:1]) == 1 and isinstance(net.weights[:1], nn.ParameterList)
    net.weights[1] = ag.zeros(2, 2)
    net.weights += [ag.ones(1)]
    assert type(net.weights[1]) is nn.Parameter and len(net.weights.append(ag.ones(1))) == 4


def test_what_is_no_part_or_cannot_name_one_is_refused_before_anything_changes() -> None:
    parts = nn.ModuleDict({"a": nn.ReLU()})
    for name in ("", "a.b", "keys", 3):
        with pytest.raises(KeyError, match="cannot name a module"):
            parts.update({"b": nn.ReLU(), name: nn.ReLU()})
    with pytest.raises(TypeError, match=r"got the class ReLU \(write ReLU"):
        parts["b"] = nn.ReLU
    with pytest.raises(TypeError, match=r"ModuleDict takes a dict of modules, or pairs .* got list"):
        parts.update([nn.ReLU()])  # type: ignore[list-item]
    assert list(parts) == ["a"]
    with pytest.raises(TypeError, match=r"ParameterList takes parameters or tensors, got float 0.5 at position 0"):
        nn.ParameterList([0.5])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="ParameterDict takes parameters or tensors, got Linear"):
        nn.ParameterDict({"w": nn.Linear(1, 1)})
