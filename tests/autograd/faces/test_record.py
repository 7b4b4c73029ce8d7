"""How an operation on arrays is recorded: gradients fit their arguments and own their memory, and what was saved is let go."""

import math
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import tensor

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("a", "b"),
    [((2, 3), (3,)), ((2, 3), (1, 3)), ((2, 3), (2, 1)), ((2, 1), (1, 3)), ((2, 3), ()), ((), (1,)), ((4, 1, 3), (2, 1)), ((1,), (5,))],
)
def test_a_broadcast_is_undone(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    x, y = ag.ones(*a, requires_grad=True), ag.ones(*b, requires_grad=True)
    (x * y).sum().backward()
    assert x.grad.shape == a and y.grad.shape == b
    size = math.prod(np.broadcast_shapes(a, b))
    assert x.grad.sum().item() == y.grad.sum().item() == size


def test_a_gradient_shares_memory_with_nothing() -> None:
    a, b, seed = ag.ones(3, requires_grad=True), ag.ones(3, requires_grad=True), ag.ones(3)
    c = ag.ones(3, requires_grad=True)
    d = a + b
    d.retain_grad()
    ((d + c.reshape(3)) * 1).backward(seed)
    arrays = [a.grad.numpy(), b.grad.numpy(), c.grad.numpy(), d.grad.numpy(), seed.numpy(), a.detach().numpy(), b.detach().numpy()]
    for i, p in enumerate(arrays):
        for q in arrays[i + 1 :]:
            assert not np.shares_memory(p, q)
    a = ag.ones(3, requires_grad=True)
    a.backward(seed)
    assert not np.shares_memory(a.grad.numpy(), seed.numpy())


def test_recorded_gradients_are_each_leafs_own() -> None:
    a, b, seed = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True), ag.ones(2)
    (a + b).backward(seed, create_graph=True)
    assert a.grad is not b.grad and not np.shares_memory(a.grad.raw, b.grad.raw) and not np.shares_memory(a.grad.raw, seed.raw)
    a.grad = b.grad = None


def test_backward_lets_go_of_saved_arrays_but_not_of_what_the_user_holds() -> None:
    w = ag.ones(1000, 100, requires_grad=True)
    h = w * 2
    y = h.exp()
    loss = y.sum()
    loss.backward()
    assert y.tolist()[0][0] == pytest.approx(math.exp(2), rel=1e-6)  # held: still there
    kept = weakref.ref(h.raw)
    del h
    assert kept() is None  # not held: gone, though the loss is alive
    assert [type(a).__name__ for a in loss.args if isinstance(a, ag.Node)] == ["Released"]
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        loss.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        (y * 2).sum().backward()


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (2, 1), (2, 3), (4, 2, 3)])
def test_a_rule_may_give_any_shape_that_broadcasts(shape: tuple[int, ...]) -> None:
    """A gradient smaller than the argument is stretched, a larger one summed."""
    op = ag.Op("op", lambda x: x, lambda g, z, x: ag.ones(*shape).numpy() * 1.0)
    for size in [(2, 3), (1, 3), (2, 1)]:
        x = ag.zeros(*size, requires_grad=True)
        op(x).sum().backward()
        wide = np.broadcast_shapes(size, shape)
        assert x.grad.shape == size and x.grad.sum().item() == np.prod(wide)


def test_the_gradient_of_a_0d_leaf_is_an_array_that_can_be_changed() -> None:
    x = tensor(2.0, requires_grad=True)
    for _ in range(2):
        (x * ag.ones(3) + x * x).sum().backward()
        assert type(x.grad.raw) is np.ndarray
    x.grad.mul_(0.5)
    assert x.grad.item() == 2 * (3 + 3 * 4) / 2


KEPT: list[np.ndarray] = []


def keeping(g: Any, z: Any, x: Any) -> Any:
    """A rule that goes on holding what it returned."""
    KEPT.append(np.full(np.shape(x), 2.0, g.dtype))
    return KEPT[-1]


PASSING: list[Callable[..., Any]] = [
    lambda x, y: x + y, lambda x, y: x - y, lambda x, y: ag.cat([x.reshape(-1), y.reshape(-1)]), lambda x, y: ag.stack([x, y]), lambda x, y: x * y,
    lambda x, y: ag.where(ag.ones(*x.shape) > 0, x, y), lambda x, y: x.reshape(-1) + y.reshape(-1), lambda x, y: x.clone() + y.double().float(),
    lambda x, y: ag.Op("kept", lambda x: x * 2, keeping)(x) + y, lambda x, y: ag.einsum("i,i->i", x.reshape(-1), y.reshape(-1)), lambda x, y: (x + y).sum() + x,
    lambda x, y: x.broadcast_to((2, *x.shape)) + y, lambda x, y: ag.relu(x) + ag.maximum(x, y), lambda x, y: x[...] + y.permute(*range(y.ndim)),
]  # fmt: skip


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (1, 3)])
@given(chosen=st.lists(st.sampled_from(PASSING), min_size=1, max_size=3), times=st.integers(1, 2))
def test_a_gradient_shares_its_memory_with_nothing(shape: tuple[int, ...], chosen: list[Any], times: int) -> None:
    """Not with another leaf's, the seed, a saved array, nor with what a rule of somebody's own holds on to."""
    KEPT.clear()
    x, y, w = (ag.ones(*shape, requires_grad=True) for _ in range(3))
    z = sum((f(x, y) * 1).sum() for f in chosen[1:]) + chosen[0](x, y) + w.sum()
    seed = ag.ones(*z.shape)
    saved = [n.raw for n in ag.ancestors(z) if n.raw is not None]
    for _ in range(times):
        z.backward(seed, retain_graph=True)
    grads = [leaf.grad.raw for leaf in (x, y, w)]
    for i, g in enumerate(grads):
        assert type(g) is np.ndarray and not any(np.shares_memory(g, other) for other in (*grads[:i], seed.raw, *saved, *KEPT))


def test_a_gradient_is_its_own_also_when_a_debugger_looked_on_as_this_was_imported() -> None:
    code = """
import sys
def look(frame, event, arg):
    frame.f_locals
    return look
sys.settrace(look)
import autograd as ag
sys.settrace(None)
a, b = ag.tensor(1.0, requires_grad=True), ag.tensor(2.0, requires_grad=True)
(a + b).backward()
a.grad.mul_(10)
print(a.grad.item(), b.grad.item())
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout == "10.0 1.0\n"
