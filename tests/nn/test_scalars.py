"""Two resolutions of one network: as tensors and as Values, outputs, losses and every gradient agree to 1e-12."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value
from nn import functional as F

ACTIVATIONS: list[Any] = [
    nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.ELU, nn.SiLU, nn.GELU, nn.Identity,
    lambda: nn.GELU("tanh"), lambda: nn.Softmax(dim=1), lambda: nn.LogSoftmax(dim=-1), lambda: nn.Softplus(beta=2),
]  # fmt: skip
widths = st.lists(st.integers(1, 4), min_size=1, max_size=3)


def gradients(net: Any) -> Any:
    return np.concatenate([np.ravel(p.grad.numpy()) for p in net.parameters()])


@settings(max_examples=150)
@given(nin=st.integers(1, 3), nouts=widths, activation=st.sampled_from(ACTIVATIONS), n=st.integers(1, 3), seed=st.integers(0, 10**6))
def test_outputs_losses_and_gradients_agree(nin: int, nouts: list[int], activation: Any, n: int, seed: int) -> None:
    ag.manual_seed(seed)
    net = nn.MLP(nin, nouts, activation=activation).double()
    x, y = ag.randn(n, nin, dtype=ag.float64), ag.randn(n, nouts[-1], dtype=ag.float64)
    loss = F.mse_loss(net(x), y, reduction="sum") + 0.1 * nn.l2_penalty(net.parameters())
    loss.backward()

    twin = net.scalars()
    outputs = [twin(row) for row in x.tolist()]
    outputs = [[o] if isinstance(o, Value) else o for o in outputs]
    np.testing.assert_allclose([[v.data for v in row] for row in outputs], net(x).detach().numpy(), rtol=1e-12, atol=1e-12)
    total = sum((v - t) ** 2 for row, target in zip(outputs, y.tolist()) for v, t in zip(row, target))
    total = total + 0.1 * nn.l2_penalty(twin.parameters())
    total.backward()
    assert total.data == pytest.approx(loss.item(), rel=1e-12, abs=1e-12)
    np.testing.assert_allclose([v.grad for v in twin.parameters()], gradients(net), rtol=1e-12, atol=1e-12)


@given(n=st.integers(1, 3), c=st.integers(2, 4), seed=st.integers(0, 10**6))
def test_losses_take_the_outputs_of_both(n: int, c: int, seed: int) -> None:
    ag.manual_seed(seed)
    net = nn.MLP(2, [3, c], activation=nn.Tanh).double()
    x, y = ag.randn(n, 2, dtype=ag.float64), ag.randint(0, c, (n,))
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    twin = net.scalars()
    scores = ag.ValueTensor([twin(row) for row in x.tolist()])
    total = F.cross_entropy(scores, y).item()
    total.backward()
    assert total.data == pytest.approx(loss.item(), rel=1e-12, abs=1e-12)
    np.testing.assert_allclose([v.grad for v in twin.parameters()], gradients(net), rtol=1e-12, atol=1e-12)


def test_dropout_draws_the_same_mask() -> None:
    net = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.5), nn.Linear(8, 3)).double()
    twin, x = net.scalars(), ag.randn(5, dtype=ag.float64)
    ag.manual_seed(1)
    want = net(x[None])
    ag.manual_seed(1)
    assert [v.data for v in twin(x)] == pytest.approx(want.tolist()[0], rel=1e-12)
    assert [v.data for v in twin.eval()(x)] == pytest.approx(net.eval()(x).tolist(), rel=1e-12)
    assert not net.scalars()._network.training


def test_any_module_has_a_twin_with_what_it_shares_shared() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.scale = nn.Parameter(ag.ones(2), requires_grad=False)
            self.register_buffer("shift", ag.tensor([1.0, -1.0]))

        def forward(self, x: Any) -> Any:
            h = F.relu(self.layer(x))
            return (self.layer(h) * self.scale + self.shift).sum(1).exp()

    net = Net().double()
    twin = net.scalars()
    y = twin([0.5, -2.0])
    assert y.data == pytest.approx(net(ag.tensor([[0.5, -2.0]], dtype=ag.float64)).item(), rel=1e-12)
    names = [name for name, _ in twin.named_parameters()]
    assert names[:2] == ["scale[0]", "scale[1]"] and "layer.weight[1,0]" in names and len(names) == 8
    assert [v.requires_grad for v in twin.parameters()] == [False] * 2 + [True] * 6
    y.backward()
    net(ag.tensor([[0.5, -2.0]], dtype=ag.float64)).sum().backward()
    np.testing.assert_allclose(
        [v.grad for v in list(twin.parameters())[2:]], np.concatenate([p.grad.numpy().ravel() for p in net.layer.parameters()]), rtol=1e-12
    )
    twin.zero_grad()
    assert all(v.grad is None for v in twin.parameters())


def test_it_takes_values_learns_on_its_own_and_is_a_graph_of_scalars() -> None:
    net = nn.MLP(2, [3, 1], activation=nn.Tanh).double()
    twin, before = net.scalars(), net.state_dict()["0.weight"].tolist()
    x = [Value(0.5), Value(-1.0)]
    y = twin(x)
    y.backward()
    inputs = ag.tensor([[0.5, -1.0]], dtype=ag.float64, requires_grad=True)
    net(inputs).sum().backward()
    assert [v.grad for v in x] == pytest.approx(inputs.grad.tolist()[0], rel=1e-12)
    assert all(isinstance(n, Value) for n in ag.ancestors(y))
    assert sum(n.op is not None and n.op.name == "tanh" for n in ag.ancestors(y)) == 3
    for p in twin.parameters():
        p.data -= 0.1 * p.grad
    assert twin([0.5, -1.0]).data < y.data and net.state_dict()["0.weight"].tolist() == before
    assert repr(twin).startswith("MLP(") and repr(twin).endswith("of 13 Values")
    with pytest.raises(ValueError, match="expected 2 columns, got 3"):
        twin([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="returned tuple"):
        Pair().scalars()([1.0])


def test_a_lazy_layer_must_know_its_width_first() -> None:
    net = nn.Sequential(nn.LazyLinear(2))
    with pytest.raises(RuntimeError, match="call the network once"):
        net.scalars()([1.0, 2.0])
    net(ag.ones(1, 2))
    assert len(net.scalars()([1.0, 2.0])) == 2 and len(net.scalars()(ag.ones(2))) == 2


class Pair(nn.Module):
    def forward(self, x: Any) -> Any:
        return x, x


def test_inputs_are_named_for_pictures() -> None:
    twin = nn.Linear(2, 1).scalars()
    mine = Value(2.0, requires_grad=False)
    labels = [n.label for n in ag.ancestors(twin([1.0, mine])) if n.is_leaf and not n.requires_grad]
    assert sorted(map(str, labels)) == ["None", "x[0]"]
    pixels = [n.label for n in ag.ancestors(nn.Sequential(nn.Flatten(), nn.Linear(4, 1)).scalars()([[1, 2], [3, 4]])) if n.label]
    assert {"x[0,0]", "x[1,1]", "1.bias[0]"} <= set(pixels)
