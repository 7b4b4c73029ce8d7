"""`ValueTensor`: tensor code on Values gives the numbers and the gradients that the same code on a Tensor gives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, Value, ValueTensor, tensor

W = ag.randn(3, 2, dtype=ag.float64, generator=ag.Generator().manual_seed(0))

# Of a tensor of shape (2, 3): whatever layers and losses are made of.
EXPRESSIONS: dict[str, Callable[[Any], Any]] = {
    "a Value beside it": lambda x: x * Value(2.0) + Value(1.0) - x / Value(4.0),
    "arithmetic": lambda x: (1 - x) * x / (x * x + 2) ** 2,
    "with a tensor on the left": lambda x: W.T + W.T * x - W.T / (2 + x * x),
    "product": lambda x: x @ W,
    "linear": lambda x: ag.linear(x, W.T, W[0]),
    "linear of one row": lambda x: ag.linear(x[0], W.T),
    "sums and means": lambda x: x.sum(0, keepdim=True) + x.mean(1, keepdim=True) + x.mean() + x.sum() + ag.mean_square(x),
    "softmax": lambda x: x.softmax(1) + ag.log_softmax(x, 0) * x.logsumexp(1, keepdim=True),
    "extremes with ties": lambda x: x.max() * x.amin(0) + x.clamp(-0.5, 0.5),
    "norms": lambda x: x.norm() + (x * 0).norm(dim=1, keepdim=True) + x.norm(1) + x.norm(dim=0),
    "shapes": lambda x: x.reshape(3, 2).T.flatten().unsqueeze(0).expand(2, 6)[:, 1:4],
    "joins": lambda x: ag.cat([x, x * 2], 1)[:, [0, 0, 5]] + ag.stack([x[0], x[1] * 3]),
    "choice": lambda x: ag.where(x > 0, x * x, -x) + ag.maximum(x, 0.0) + (x >= 0).double() * x,
    "casts and copies": lambda x: x.float().double().clone() * x.to("cpu"),
    "activations": lambda x: x.relu() + x.tanh() + x.sigmoid() + ag.gelu(x) + ag.silu(x) + ag.elu(x) + ag.softplus(x) + ag.prelu(x, W[0, 0]),
    "elementary": lambda x: x.exp() + (x * x).log1p().sqrt() + x.sin() * x.cos() + x.abs() + ag.square(x),
    "an operation of one's own": lambda x: ag.Op("cube", lambda x: x * x * x, lambda g, z, x: g * (3 * x * x))(x),
    "variance": lambda x: x.var(1) + x.std(0).sum(),
    "products of all": lambda x: x.prod() + x.cumsum(1).tril().diag().sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPRESSIONS)
@given(data=st.lists(st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.0, 1.25, 3.0]), min_size=6, max_size=6).filter(lambda x: len(set(x)) > 4))
def test_code_for_tensors_runs_on_values(name: str, data: list[float]) -> None:
    function = EXPRESSIONS[name]
    x = tensor(np.array(data).reshape(2, 3), requires_grad=True)
    v = ValueTensor.leaves(x, "x")
    y, z = function(x), function(v)
    assert isinstance(z, ValueTensor)
    assert z.shape == y.shape and all(isinstance(e, Value) for e in z.values().flat)
    np.testing.assert_allclose(z.data.numpy(), y.detach().numpy(), rtol=1e-12, atol=1e-12)
    seed = np.arange(1.0, y.numel() + 1).reshape(y.shape)
    (y * tensor(seed)).sum().backward()
    total = (z * tensor(seed)).sum().item()
    total.backward()
    gradients = np.array([0.0 if e.grad is None else e.grad for e in v.values().flat]).reshape(2, 3)
    np.testing.assert_allclose(gradients, x.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_the_graph_is_one_of_scalars() -> None:
    x = ValueTensor.leaves(ag.ones(2, 2, requires_grad=True), "x")
    y = (x @ tensor([1.0, 2.0])).relu().sum().item()
    nodes = ag.ancestors(y)
    assert all(isinstance(n, Value) for n in nodes)
    assert sum(n.op is not None and n.op.name == "relu" for n in nodes) == 2
    assert {n.label for n in nodes if n.label} == {"x[0,0]", "x[0,1]", "x[1,0]", "x[1,1]"}


def test_a_gradient_flows_into_a_value_beside_it() -> None:
    v = Value(3.0)
    (ValueTensor([1.0, 2.0]) * v).sum().item().backward()
    assert v.grad == 3.0


def test_comparisons_and_indices_are_tensors() -> None:
    x = ValueTensor([1.0, Value(3.0)])
    for y in (x > 2, x == 3, x.argmax(), x >= 1):
        assert type(y) is Tensor
    assert (x > 2).tolist() == [False, True] and x.argmax().item() == 1 and x.dtype == ag.float64


def test_entries_are_values_and_numbers_become_constants() -> None:
    v = Value(2.0)
    x = ValueTensor([[v, 1.0]])
    assert x.values()[0, 0] is v and not x.values()[0, 1].requires_grad and x.tolist()[0][0] is v
    assert x.data.tolist() == [[2.0, 1.0]] and x.detach().dtype == ag.float64 and ValueTensor([]).data.shape == (0,)
    assert ValueTensor(tensor([1.0])).item().data == 1.0 and "Value(data=2.0" in repr(x)
    frozen = ValueTensor.leaves(tensor([1.0]), "c")
    assert not frozen.item().requires_grad


def test_refusals() -> None:
    x = ValueTensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"add_ on an array of Values; set the \.data"):
        x.add_(1)
    with pytest.raises(RuntimeError, match="array of Values"):
        x[0] = 1
    with pytest.raises(TypeError, match="cannot become"):
        x.long()
    with pytest.raises(TypeError, match="cannot be pickled"):
        x.__reduce__()
    with pytest.raises(TypeError, match="one real number"):
        ValueTensor(["a"])
    with pytest.raises(ValueError, match="shape"):
        x + ValueTensor([1.0, 2.0, 3.0])
