"""Backward hooks of modules: what they see is what `grad` gives, of this call alone; what they return takes its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, grad, tensor


class Pair(nn.Module):
    """Two inputs and two outputs, with something else on both sides."""

    def forward(self, x: Tensor, how: str, y: Tensor) -> tuple[Any, ...]:
        return x * y, how, (x * x).sum()


@given(scale=st.floats(-2, 2), again=st.booleans())
def test_hooks_see_the_gradients_of_the_call(scale: float, again: bool) -> None:
    net = Pair()
    x, y = tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True), tensor([3.0, 4.0], dtype=ag.float64, requires_grad=True)
    seen: list[Any] = []
    with net.register_full_backward_hook(lambda m, i, o: seen.append((m, i, o))):
        a, how, b = net(x, "plain", y)
        rest = (x * y).sum() if again else 0.0  # the inputs are used elsewhere
        loss = (a * a).sum() * scale + b * 3 + rest
        gx, gy = grad(loss, [x, y], create_graph=True)
    assert how == "plain" and len(seen) == 1
    module, (ix, i_none, iy), (oa, o_none, ob) = seen[0]
    assert module is net and i_none is None and o_none is None
    assert oa.allclose(2 * scale * x * y) and ob.item() == 3.0
    assert ix.allclose(oa * y + 6 * x) and iy.allclose(oa * x)
    assert gx.allclose(ix + again * y) and gy.allclose(iy + again * x)
    plain = ((x * y) ** 2).sum() * scale + (x * x).sum() * 3 + ((x * y).sum() if again else 0.0)
    wants = grad(plain, [x, y], create_graph=True)
    for g, want in zip((gx, gy), wants):  # and gradients of gradients are as without hooks
        seconds = [grad(h.sum(), [x, y], retain_graph=True, materialize_grads=True) if h.requires_grad else () for h in (g, want)]
        assert all(p.allclose(q) for p, q in zip(*seconds))


def test_what_hooks_return_takes_the_place() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    x = tensor([[1.0, 2.0]], requires_grad=True)
    order: list[str] = []
    first = net[1].register_full_backward_pre_hook(lambda m, o: order.append("before") or (o[0] * 2,))
    net[1].register_full_backward_hook(lambda m, i, o: order.append("after") or i[0] * 10)
    net[0].register_full_backward_hook(lambda m, i, o: order.append("linear"))
    (g,) = grad(net(x).sum(), x)
    first.remove()
    (h,) = grad(net(x).sum(), x)
    assert g.allclose(2 * h) and order == ["before", "after", "linear", "after", "linear"]
    plain = nn.Sequential(net[0], nn.ReLU())
    assert h.allclose(10 * grad(plain(x).sum(), x)[0])


def test_where_no_input_requires_a_gradient_the_outputs_are_enough() -> None:
    layer = nn.Linear(2, 3)
    seen: list[Any] = []
    layer.register_full_backward_hook(lambda m, i, o: seen.append((i, o[0].tolist())))
    layer(ag.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1.0, 1.0, 1.0]])] and layer.weight.grad is not None
    with ag.no_grad():
        layer(ag.ones(1, 2))
    x = ag.ones(1, 2, requires_grad=True)
    grad(layer(x).sum(), layer.weight)  # nothing flows into x
    assert len(seen) == 1


def test_a_module_without_backward_hooks_is_recorded_as_it_was() -> None:
    layer = nn.Linear(2, 3)
    nodes = len(ag.ancestors(layer(ag.ones(1, 2))))
    handle = layer.register_full_backward_hook(lambda m, i, o: None)
    assert len(ag.ancestors(layer(ag.ones(1, 2)))) == nodes + 1
    handle.remove()
    assert len(ag.ancestors(layer(ag.ones(1, 2)))) == nodes
    other = nn.Linear(2, 3)
    assert other._observed is None


@pytest.mark.parametrize("returned", [(ag.ones(1, 2), None), (None,), ()])
def test_a_wrong_replacement_is_refused(returned: Any) -> None:
    layer = nn.Linear(2, 3)
    layer.register_full_backward_hook(lambda m, i, o: returned)
    with pytest.raises(RuntimeError, match=r"must return None or the gradients of the inputs in their place, of shape \(1, 2\); got"):
        layer(ag.ones(1, 2, requires_grad=True)).sum().backward()
    with pytest.raises(TypeError, match=r"a hook .* must be a function"):
        layer.register_full_backward_pre_hook(3)  # type: ignore[arg-type]
