"""`Module` and `Parameter`: what is a part of a module, by which name, once each; and what is done to all of it."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


class Running(nn.Module):
    """A module with buffers: how often it was called, and what it saw last."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", ag.zeros(2))
        self.register_buffer("calls", ag.tensor(0))
        self.register_buffer("seen", ag.zeros(2), persistent=False)
        self.register_buffer("nothing", None)
        self.inner = nn.Linear(2, 2, bias=False)

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.seen = x.mean(0)
        return self.inner(x - self.mean)


# Parts and names.
def test_parameters_are_found_by_name_once_each() -> None:
    net = nn.Sequential(Twice(), nn.ReLU(), nn.Linear(2, 1, bias=False))
    assert [n for n, _ in net.named_parameters()] == ["0.scale", "0.layer.weight", "0.layer.bias", "2.weight"]
    assert [n for n, _ in net.named_parameters("net", recurse=False)] == []
    assert [n for n, _ in net[0].named_parameters("a", recurse=False)] == ["a.scale"]
    assert [n for n, _ in net.named_modules()] == ["", "0", "0.layer", "1", "2"]
    assert [n for n, _ in net[0].named_children()] == ["layer"] and len(list(net.children())) == 3
    net(ag.ones(3, 2)).sum().backward()
    assert all(p.grad is not None and p.grad.shape == p.shape for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_a_layer_that_is_shared_is_counted_once_and_learns_from_both_uses() -> None:
    net = Twice()
    x = ag.randn(3, 2)
    net(x).sum().backward()
    w, b = net.layer.weight.detach(), net.layer.bias.detach()
    h, one = x @ w.T + b, ag.ones(3, 2)
    assert ag.allclose(net.layer.weight.grad, one.T @ h + (one @ w).T @ x, atol=1e-5)
    assert len(list(net.parameters())) == 3 and set(net.state_dict()) == {
        "scale", "layer.weight", "layer.bias", "again.weight", "again.bias"
    }  # fmt: skip


@given(depth=st.integers(1, 6), width=st.integers(1, 3))
def test_nesting_gives_dotted_names(depth: int, width: int) -> None:
    net: nn.Module = nn.Linear(1, 1, bias=False)
    for _ in range(depth):
        net = nn.Sequential(*([net] if width == 1 else [net, *(nn.ReLU() for _ in range(width - 1))]))
    assert [n for n, _ in net.named_parameters()] == [".".join(["0"] * depth) + ".weight"]
    assert len(list(net.modules())) == 1 + depth * width


def test_a_thousand_modules_deep() -> None:
    net = nn.Module()
    for _ in range(5000):
        outer = nn.Module()
        outer.inner = net
        net = outer
    net.w = nn.Parameter(ag.ones(1))
    assert sum(1 for _ in net.modules()) == 5001 and list(net.double().state_dict()) == ["w"] and net.eval().training is False


def test_in_place_changes_of_data_reach_the_parameter() -> None:
    net = nn.Sequential(nn.Linear(2, 2))
    net[0].weight.data.fill_(0)
    net[0].weight.data[0] += 1
    assert net[0].weight.tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert repr(net[0].weight).startswith("Parameter containing:\ntensor([[1., 1.]") and type(net[0].weight * 1) is ag.Tensor


def test_a_part_is_replaced_or_removed_by_assignment() -> None:
    layer = nn.Linear(2, 1)
    del layer.bias
    assert [n for n, _ in layer.named_parameters()] == ["weight"] and not hasattr(layer, "bias")
    layer.weight = None
    assert list(layer.parameters()) == [] and layer.weight is None
    layer.weight = nn.Parameter(ag.ones(1, 2))
    layer.register_parameter("bias", nn.Parameter(ag.ones(1)))
    assert layer(ag.ones(1, 2)).item() == 3
    layer.add_module("2", nn.ReLU())
    assert repr(layer).endswith("(2): ReLU()\n)")


def test_parts_in_a_plain_list_are_warned_of_unless_they_are_found_elsewhere() -> None:
    class Net(nn.Module):
        def __init__(self, hidden: Any) -> None:
            super().__init__()
            self.hidden, self.history, self.out = hidden, [0.5], nn.Linear(1, 1)
            self.order = [self.out]

    hidden: Any
    for hidden in ([nn.Linear(1, 1)], (nn.ReLU(),), {"a": nn.Linear(1, 1)}):
        with pytest.warns(UserWarning, match=rf"does not look into the {type(hidden).__name__} Net.hidden.*nn.ModuleList"):
            assert len(list(nn.Sequential(Net(hidden)).parameters())) == 2
    with pytest.warns(UserWarning, match="assign each to an attribute"):
        Net([nn.Parameter(ag.ones(1))]).parameters()
    for hidden in ([], nn.ModuleList([nn.Linear(1, 1)]), [1]):
        list(Net(hidden).parameters())  # no warning, which would be an error here


def test_subclasses_may_set_training_and_choose_by_it() -> None:
    class Net(nn.Module):
        def __init__(self, is_training: bool = True) -> None:
            super().__init__()
            self.training = is_training
            self.drop = nn.Dropout(1.0)

        def forward(self, x: Any) -> Any:
            return self.drop(x) if self.training is True else x

    x = ag.ones(2)
    assert Net()(x).tolist() == [0, 0] and Net(False)(x).tolist() == [1, 1] and Net().eval()(x).tolist() == [1, 1]


# What is done to all of it.
def test_train_eval_apply_and_repr() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    assert net.eval() is net and not net[1].training and net.train()[1].training
    seen: list[str] = []
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "Dropout", "Sequential"]
    assert repr(net) == "Sequential(\n  (0): Linear(in_features=2, out_features=2, bias=True)\n  (1): Dropout(p=0.5)\n)"
    assert repr(nn.Sequential(net)).splitlines()[2] == "    (0): Linear(in_features=2, out_features=2, bias=True)"


@given(st.one_of(st.floats(), st.integers(), st.text(), st.floats().map(np.float64)), st.booleans())
def test_the_settings_that_are_shown_are_those_of_now(value: Any, other: bool) -> None:
    class Named(nn.Module):
        _shown = ("size", "exact")

        def __init__(self, size: Any, exact: bool) -> None:
            super().__init__()
            self.size, self.exact = size, exact

    module = Named(0, other)
    assert repr(module) == f"Named(size=0, exact={other})"
    module.size = value
    plain = value.item() if isinstance(value, np.generic) else value
    assert repr(module) == f"Named(size={plain!r}, exact={other})"


def test_precision_changes_in_place_with_gradients_and_buffers() -> None:
    net = Running()
    weight = net.inner.weight
    net(ag.randn(3, 2)).sum().backward()
    before = weight.tolist()
    assert net.double() is net and net.inner.weight is weight
    assert weight.dtype == weight.grad.dtype == net.mean.dtype == ag.float64 and net.calls.dtype == ag.int64
    assert weight.tolist() == before and net(ag.randn(3, 2, dtype=ag.float64)).dtype == ag.float64
    assert net.float().to("cpu").to(dtype=ag.float64).to(ag.float32).inner.weight.dtype == ag.float32
    for module in (net, nn.ReLU()):
        with pytest.raises(TypeError, match="floating dtype only, got int64"):
            module.to(ag.int64)
        with pytest.raises(ValueError, match="no device"):
            module.to("cuda")
    net.index = nn.Parameter(ag.tensor([1]), requires_grad=False)
    assert net.double().index.dtype == ag.int64


def test_freezing_and_zeroing() -> None:
    net = Twice().requires_grad_(False)
    assert not net(ag.ones(1, 2)).requires_grad
    net.requires_grad_()
    net(ag.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all(p.grad is not None and not p.grad.any() for p in net.parameters())


def test_buffers_are_saved_unless_they_are_not_to_be_and_are_never_learned() -> None:
    net = Running()
    net(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert [n for n, _ in net.named_buffers()] == ["mean", "calls", "seen"] and net.seen.tolist() == [2.0, 3.0]
    assert list(net.state_dict()) == ["mean", "calls", "inner.weight"]
    other = Running()
    other.load_state_dict(net.state_dict())
    assert other.calls.item() == 1 and other.seen.tolist() == [0.0, 0.0]
    assert [n for n, _ in nn.Sequential(net).named_buffers()] == ["0.mean", "0.calls", "0.seen"]
    assert len(list(net.buffers())) == 3 and len(list(net.parameters())) == 1
    twin = copy.deepcopy(net)
    twin.mean.add_(1)
    assert net.mean.tolist() == [0, 0] and twin.calls.item() == 1


def test_a_buffer_stays_a_buffer_or_becomes_something_else_but_never_both() -> None:
    net = Running()
    with pytest.raises(TypeError, match="'mean' is a buffer; got int 3, expected a Tensor or None"):
        net.mean = 3
    net.mean = None
    assert list(net.state_dict()) == ["calls", "inner.weight"]
    net.mean = nn.Parameter(ag.zeros(2))
    assert "mean" not in dict(net.named_buffers()) and "mean" in dict(net.named_parameters())
    del net.calls
    net.calls = ag.ones(1)
    assert [n for n, _ in net.named_buffers()] == ["seen"]
    assert [n for n, _ in nn.Sequential(net).named_buffers("", recurse=False)] == []


def test_hooks_see_and_may_change_what_goes_in_and_out() -> None:
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU())
    shapes: list[Any] = []
    handle = net[0].register_forward_hook(lambda module, args, output: shapes.append((type(module).__name__, output.shape)))
    x = ag.randn(3, 2)
    plain = net(x)
    assert shapes == [("Linear", (3, 2))]
    with net.register_forward_pre_hook(lambda module, args: args[0] * 2), net.register_forward_hook(lambda m, a, output: output + 1):
        assert ag.allclose(net(x), plain * 2 + 1)
    with net.register_forward_pre_hook(lambda module, args: (args[0] * 3,)):
        assert ag.allclose(net(x), plain * 3)
    assert ag.allclose(net(x), plain) and len(shapes) == 4
    handle.remove()
    handle.remove()
    net(x)
    assert len(shapes) == 4


def test_copies_and_pickles_stand_alone() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.PReLU())
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin(ag.ones(1, 2)).tolist() == net(ag.ones(1, 2)).tolist()
        assert all(type(p) is nn.Parameter and p.requires_grad for p in twin.parameters())
        twin[0].weight.data.zero_()
        assert net[0].weight.any()


# Saving and loading.
def test_state_is_loaded_by_name_or_not_at_all() -> None:
    a, b = nn.Linear(3, 2), nn.Linear(3, 2)
    assert b.load_state_dict(a.state_dict()) == ([], []) and repr(b.load_state_dict(a.state_dict())) == "<All keys matched successfully>"
    assert repr(b.load_state_dict({}, strict=False)) == "LoadedKeys(missing_keys=['weight', 'bias'], unexpected_keys=[])"
    x = ag.randn(4, 3)
    assert a(x).tolist() == b(x).tolist()
    before = b.weight.tolist()
    with pytest.raises(RuntimeError) as caught:
        b.load_state_dict({"weight": ag.zeros(3, 2), "bios": ag.zeros(2)})
    assert str(caught.value).splitlines() == [
        "the state does not fit this Linear, nothing was loaded",
        "  missing: bias",
        "  unexpected: bios",
        "  mis-shaped: weight (got shape (3, 2), expected (2, 3))",
    ]
    for strict in (True, False):
        with pytest.raises(RuntimeError, match="mis-shaped: weight"):
            b.load_state_dict({"bias": ag.zeros(2), "weight": ag.zeros(3, 2)}, strict=strict)
        with pytest.raises(RuntimeError, match="mis-shaped: weight"):
            b.load_state_dict({"bias": ag.zeros(2), "weight": "nonsense"}, strict=strict)
    with pytest.raises(TypeError, match="takes a dict"):
        b.load_state_dict([1])  # type: ignore[arg-type]
    assert b.weight.tolist() == before
    assert b.load_state_dict({"weight": ag.zeros(2, 3), "bios": ag.zeros(2)}, strict=False) == (["bias"], ["bios"])
    assert not b.weight.any() and b.bias.any()


def test_arrays_by_name_are_loaded_in_the_parameters_own_dtype() -> None:
    net = nn.Sequential(nn.Linear(2, 1)).double()
    net.load_state_dict({"0.weight": np.array([[1, 2]], np.float32), "0.bias": np.array([3.0])})
    assert net[0].weight.dtype == ag.float64 and net(ag.ones(1, 2, dtype=ag.float64)).item() == 6
    assert net[0].weight.requires_grad and net[0].weight.is_leaf


def test_a_state_shares_memory_with_the_parameters() -> None:
    net = nn.Linear(1, 1)
    state = net.state_dict()
    net.weight.data.fill_(7)
    assert state["weight"].item() == 7 and not state["weight"].requires_grad


def test_a_state_that_cannot_be_written_or_held_changes_nothing() -> None:
    fixed = np.ones(2, np.float32)
    fixed.flags.writeable = False
    net = nn.Module()
    net.a, net.b = nn.Parameter(ag.ones(1)), nn.Parameter(ag.from_numpy(fixed))
    with pytest.raises(RuntimeError, match=r"b \(its own memory is read-only or expanded; \.clone\(\) it"):
        net.load_state_dict({"a": ag.zeros(1), "b": ag.zeros(2)})
    assert net.a.item() == 1
    net = nn.Module()
    net.register_buffer("count", ag.tensor(3))
    with pytest.raises(RuntimeError, match=r"count \(got float32, which int64 cannot hold"):
        net.load_state_dict({"count": ag.tensor(2.7)})
    assert net.load_state_dict({"count": ag.tensor(4)}) == ([], []) and net.count.item() == 4


def test_a_module_within_itself_has_no_state() -> None:
    net = nn.Module()
    net.inner = nn.Module()
    net.inner.outer = net
    assert len(list(net.modules())) == 2
    with pytest.raises(RuntimeError, match="contains itself"):
        net.state_dict()


# Errors.
def test_misuse_says_what_to_do() -> None:
    net = nn.Linear(3, 1)
    with pytest.raises(TypeError, match="no forward"):
        nn.Module()(1)
    with pytest.raises(TypeError, match="'weight' is a Parameter; got int"):
        net.weight = 3
    with pytest.raises(TypeError, match="'0' is a Module"):
        setattr(nn.Sequential(net), "0", ag.ones(1))
    with pytest.raises(ValueError, match="expected 3 columns, got 2"):
        net(ag.ones(1, 2))
    with pytest.raises(TypeError, match="train"):
        net.train("yes")  # type: ignore[arg-type]
    for name in ("", "a.b"):
        with pytest.raises(KeyError, match="without a dot"):
            net.add_module(name, nn.ReLU())
    with pytest.raises(KeyError, match="already"):
        net.add_module("forward", nn.ReLU())
    with pytest.raises(KeyError, match="already"):
        net.add_module("weight", nn.ReLU())
    with pytest.raises(KeyError, match="already"):
        nn.Sequential(net).register_parameter("0", nn.Parameter(ag.ones(1)))
    assert len(list(net.parameters())) == 2
    with pytest.raises(TypeError, match="must be a Parameter"):
        net.register_parameter("w", ag.ones(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no Parameter"):
        net.register_buffer("w", nn.Parameter(ag.ones(1)))
    with pytest.raises(TypeError, match="must be a Module"):
        net.add_module("m", ag.relu)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="only floating"):
        nn.Parameter([1, 2])


# What programs for PyTorch look for.
class Older(nn.Module):
    """Written with the mappings that modules had before lists of them."""

    def __init__(self, *layers: Any) -> None:
        super().__init__()
        for i, layer in enumerate(layers):
            self._modules[str(i)] = layer
        self._parameters["scale"] = nn.Parameter(ag.ones(1))
        self._buffers["calls"] = ag.tensor(0)

    def forward(self, x: Any) -> Any:
        for layer in self._modules.values():
            x = layer(x)
        return x * self.scale


def test_the_mappings_of_parts_are_read_and_written() -> None:
    net = Older(nn.Linear(2, 3), nn.ReLU())
    assert net(ag.ones(1, 2)).shape == (1, 3) and list(net._modules) == ["0", "1"] and len(net._parameters) == 1
    assert list(net.state_dict()) == ["scale", "calls", "0.weight", "0.bias"] and [n for n, _ in net.named_buffers()] == ["calls"]
    modules = net._modules  # a view: it follows the attributes, and they follow it
    modules["1"] = nn.Tanh()
    net.add_module("2", nn.Linear(3, 1))
    assert list(modules) == ["0", "1", "2"] and isinstance(net.get_submodule("1"), nn.Tanh) and modules["2"] is getattr(net, "2")
    del modules["1"]
    assert modules.pop("2").out_features == 1 and list(net._modules.items()) == [("0", getattr(net, "0"))]
    del net._buffers["calls"], net._parameters["scale"]
    assert list(net.state_dict()) == ["0.weight", "0.bias"] and not hasattr(net, "scale")
    assert repr(net._parameters) == "{}" and "0" in modules and modules.get("7") is None
    for name in ("scale", "training"):
        with pytest.raises(KeyError):
            del net._parameters[name]
    with pytest.raises(TypeError, match="'w' must be a Parameter or None, got Tensor"):
        net._parameters["w"] = ag.ones(1)
    with pytest.raises(TypeError, match="no Parameter"):
        net._buffers["w"] = nn.Parameter(ag.ones(1))
    net.register_buffer("seen", ag.zeros(1), persistent=False)
    net._buffers["seen"] = ag.ones(1)
    assert "seen" not in net.state_dict() and net.seen.item() == 1
    assert net.register_module("last", nn.ReLU()) is None and "last" in modules


def test_parts_are_found_by_their_paths() -> None:
    net = nn.Sequential(Running(), nn.Sequential(nn.Linear(2, 1)))
    assert net.get_submodule("") is net and net.get_submodule("1.0") is net[1][0]
    assert net.get_parameter("1.0.weight") is net[1][0].weight and net.get_buffer("0.mean") is net[0].mean
    assert all(net.get_parameter(name) is p for name, p in net.named_parameters())
    for call, match in (
        (lambda: net.get_submodule("1.7"), "a Sequential has no module '7'; it has 0"),
        (lambda: net.get_submodule("0.mean"), "a Running has no module 'mean'; it has inner"),
        (lambda: net.get_parameter("1.0.bios"), "a Linear has no parameter 'bios'; it has weight, bias"),
        (lambda: net.get_parameter("weight"), "a Sequential has no parameter 'weight'; it has none"),
        (lambda: net.get_buffer("0.nothing"), "a Running has no buffer 'nothing'; it has mean, calls, seen"),
    ):
        with pytest.raises(AttributeError, match=match):
            call()
    with pytest.raises(TypeError, match="a path is a str"):
        net.get_submodule(1)  # type: ignore[arg-type]


def test_what_is_shared_is_named_once_or_by_each_name() -> None:
    net = Twice()
    assert [n for n, _ in net.named_modules(remove_duplicate=False)] == ["", "layer", "again"]
    names = [n for n, _ in net.named_parameters(remove_duplicate=False)]
    assert names == list(net.state_dict()) == ["scale", "layer.weight", "layer.bias", "again.weight", "again.bias"]
    memo: set[Any] = {net.layer}
    assert [n for n, _ in net.named_modules(memo, "net")] == ["net"] and memo == {net, net.layer}
    with pytest.raises(TypeError, match="memo is a set of modules, got str 'net'; a prefix is given by its name"):
        list(net.named_modules("net"))  # type: ignore[arg-type]
    both = nn.Module()
    both.a = both.b = Running()
    assert len([*both.named_buffers()]) == 3 and len([*both.named_buffers("x", remove_duplicate=False)]) == 6
    net.layer.outer = net
    with pytest.raises(RuntimeError, match="contains itself"):
        list(net.named_parameters(remove_duplicate=False))


def test_a_state_has_a_prefix_a_destination_and_the_variables_themselves() -> None:
    net, held = nn.Linear(2, 1), {"first": ag.ones(1)}
    state = net.state_dict(destination=held, prefix="net.", keep_vars=True)
    assert state is held and list(state) == ["first", "net.weight", "net.bias"]
    assert state["net.weight"] is net.weight and net.state_dict()["weight"] is not net.weight
    assert not net.state_dict(keep_vars=False)["weight"].requires_grad


def test_the_cpu_is_where_everything_is() -> None:
    net = nn.Linear(2, 1)
    assert net.cpu() is net.to("cpu") is net
    with pytest.raises(ValueError, match="no device"):
        net.to("cuda:0")


@pytest.mark.parametrize(
    ("name", "what"), [("Conv2d", "convolutions are"), ("LSTM", "recurrent networks are"), ("MultiheadAttention", "attention is")]
)
def test_what_is_left_to_pytorch_says_so(name: str, what: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'nn' has no attribute '{name}'; {what} left to PyTorch, here is what multilayer"):
        getattr(nn, name)
    with pytest.raises(AttributeError, match=r"^module 'nn' has no attribute 'Linaer'$"):
        nn.Linaer  # type: ignore[attr-defined]  # noqa: B018
