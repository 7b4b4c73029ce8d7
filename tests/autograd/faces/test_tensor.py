"""`Tensor`: what it is, in-place rules, assignment by index, dtypes, and how it is written."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import Tensor, tensor

ROOT = Path(__file__).parents[3]


def test_what_it_is() -> None:
    x = ag.ones(2, 3, requires_grad=True)
    y = x * 2
    assert (x.shape, x.size(), x.size(1), x.ndim, x.dim(), x.numel(), x.dtype) == ((2, 3), (2, 3), 3, 2, 2, 6, ag.float32)
    assert x.is_leaf and x.grad_fn is None and not y.is_leaf and repr(y.grad_fn) == "<*>"
    assert len(x) == 2 and [r.shape for r in x] == [(3,), (3,)] and 1.0 in x and 2.0 not in x
    assert y.detach().requires_grad is False and np.shares_memory(y.detach().numpy(), y.raw)
    assert y.clone().requires_grad and not np.shares_memory(y.clone().raw, y.raw)
    assert x.T.shape == (3, 2) and x.t().shape == (3, 2) and x.reshape_as(ag.zeros(6)).shape == (6,)
    assert x.contiguous() is x and x.T.contiguous().raw.flags.c_contiguous and x.cpu() is x


def test_one_number_converts_and_more_refuse() -> None:
    x = tensor([2.5])
    assert float(x) == 2.5 and int(x) == 2 and bool(x) and x.item() == 2.5 and f"{tensor(2.5):.2f}" == "2.50"
    assert [10, 20, 30][tensor(1)] == 20 and list(range(tensor(3))) == [0, 1, 2]
    for call in (float, int, bool, lambda t: t.item()):
        with pytest.raises(ValueError, match=r"got shape \(2,\)"):
            call(ag.ones(2))
    with pytest.raises(TypeError, match="only an integer tensor"):
        range(tensor(3.0))  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="0-d"):
        len(tensor(1.0))
    with pytest.raises(TypeError, match="0-d"):
        list(tensor(1.0))


def test_numpy_and_back() -> None:
    x = ag.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="detach"):
        x.numpy()
    with pytest.raises(RuntimeError, match="detach"):
        np.asarray(x)
    array = np.arange(3.0)
    t = ag.from_numpy(array)
    t[0] = 7.0
    assert array[0] == 7 and np.asarray(t).dtype == np.float64 and np.asarray(t, dtype=np.float32).dtype == np.float32
    assert not np.shares_memory(tensor(array).numpy(), array)


def test_dtypes_convert_and_gradients_come_back() -> None:
    x = ag.ones(2, requires_grad=True)
    for y, dtype in [(x.double(), "float64"), (x.long(), "int64"), (x.int(), "int32"), (x.bool(), "bool"), (x.to("uint8"), "uint8")]:
        assert y.dtype == dtype
    assert x.to(ag.float32) is x and x.to("cpu") is x and x.float() is x and x.to(ag.zeros(1, dtype=ag.float64)).dtype == ag.float64
    assert not x.long().requires_grad
    x.double().sum().backward()
    assert x.grad.dtype == ag.float32
    for bad in ("float16", "complex64", "no", object):
        with pytest.raises(TypeError, match="not supported; use one of float32"):
            x.to(bad)


IN_PLACE = {
    "add_": (lambda x: x.add_(2), lambda a: a + 2), "sub_": (lambda x: x.sub_(ag.ones(3), alpha=3), lambda a: a - 3),
    "mul_": (lambda x: x.mul_(2), lambda a: a * 2), "div_": (lambda x: x.div_(2), lambda a: a / 2),
    "zero_": (lambda x: x.zero_(), lambda a: a * 0), "fill_": (lambda x: x.fill_(4), lambda a: a * 0 + 4),
    "copy_": (lambda x: x.copy_(ag.arange(3)), lambda a: a * 0 + np.arange(3)), "clamp_": (lambda x: x.clamp_(0, 1), lambda a: a.clip(0, 1)),
    "iadd": (lambda x: x.__iadd__(1), lambda a: a + 1), "isub": (lambda x: x.__isub__(1), lambda a: a - 1),
    "imul": (lambda x: x.__imul__(3), lambda a: a * 3), "itruediv": (lambda x: x.__itruediv__(4), lambda a: a / 4),
}  # fmt: skip


@pytest.mark.parametrize(("change", "want"), IN_PLACE.values(), ids=IN_PLACE.keys())
def test_changes_in_place(change: Any, want: Any) -> None:
    a = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, 9.0]], np.float32)
    x = tensor(a)
    memory = x.raw
    assert change(x) is x and x.raw is memory and x.dtype == ag.float32
    np.testing.assert_allclose(x.numpy(), want(a))
    leaf = tensor(a, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        change(leaf)
    with ag.no_grad():
        change(leaf)
    np.testing.assert_allclose(leaf.detach().numpy(), want(a))
    leaf.data = tensor(a)
    assert leaf.tolist() == a.tolist() and leaf.requires_grad


def test_in_place_refuses_what_does_not_fit_and_changes_nothing() -> None:
    x, n = ag.zeros(3), ag.arange(3)
    with pytest.raises(ValueError, match=r"shape \(2,\) does not fit into shape \(3,\)"):
        x.add_(ag.ones(2))
    with pytest.raises(ValueError, match="does not fit"):
        x.add_(ag.ones(2, 3))
    with pytest.raises(TypeError, match="cannot be stored in int64"):
        n += 1.5
    with pytest.raises(TypeError, match="quotient"):
        n /= 2
    with pytest.raises(RuntimeError, match="expanded view"):
        ag.zeros(1).expand(3).add_(1)
    with pytest.raises(RuntimeError, match=r"shape \(2,\) over memory that is read-only; \.clone\(\) first"):
        ag.from_numpy(np.frombuffer(bytes(8), np.float32)).add_(1)
    with pytest.raises(RuntimeError, match="operand that requires grad"):
        x.add_(ag.ones(3, requires_grad=True))
    with pytest.raises(TypeError, match="takes a number or a tensor"):
        x.add_("a")
    assert x.tolist() == [0.0] * 3 and n.tolist() == [0, 1, 2]


def test_random_fills_repeat_and_fill() -> None:
    x = ag.zeros(1000)
    a = x.normal_(1.0, 0.1, generator=ag.Generator().manual_seed(1)).tolist()
    b = x.normal_(1.0, 0.1, generator=ag.Generator().manual_seed(1)).tolist()
    assert a == b and abs(np.mean(a) - 1) < 0.02 and abs(np.std(a) - 0.1) < 0.02
    u = x.uniform_(-1, 3).numpy()
    assert u.min() >= -1 and u.max() < 3 and abs(u.mean() - 1) < 0.2


@given(data=st.data(), shape=hnp.array_shapes(max_dims=3, max_side=4))
def test_assignment_by_index(data: st.DataObject, shape: tuple[int, ...]) -> None:
    key = data.draw(hnp.basic_indices(shape) | hnp.integer_array_indices(shape))
    a = np.zeros(shape)
    x = tensor(a)
    a[key] = 5
    x[key] = 5.0
    np.testing.assert_array_equal(x.numpy(), a)


def test_assignment_respects_the_same_rules() -> None:
    w = ag.zeros(2, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        w[0] = 1.0
    w.data[0] += 1
    assert w.tolist() == [[1.0, 1.0], [0.0, 0.0]]
    with ag.no_grad():
        w[1, 1] = 3.0
    assert w.tolist()[1] == [0.0, 3.0]
    with pytest.raises(ValueError, match="does not fit"):
        ag.zeros(2, 2)[0] = ag.ones(3)
    x = ag.zeros(3)
    x[x == 0] = tensor([1.0, 2.0, 3.0])
    x[[0, 2]] = 9.0
    assert x.tolist() == [9.0, 2.0, 9.0]


def test_logic_on_booleans() -> None:
    a, b = tensor([True, True, False]), tensor([True, False, False])
    assert (a & b).tolist() == [True, False, False] and (a | b).tolist() == [True, True, False]
    assert (a ^ b).tolist() == [False, True, False] and (~a).tolist() == [False, False, True]


def test_pickles_and_copies_of_leaves() -> None:
    x = ag.ones(2, requires_grad=True)
    (x * x).sum().backward()
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert y.tolist() == [1, 1] and y.requires_grad and not np.shares_memory(x.raw, y.raw)
    assert copy.deepcopy(x).grad.tolist() == [2, 2]


def test_retain_grad_and_lists_of_the_wrong_kind() -> None:
    x = ag.ones(2, requires_grad=True)
    y = x * 2
    y.sum().backward()
    assert y.grad is None
    y = x * 2
    y.retain_grad()
    (y * y).sum().backward()
    assert y.grad.tolist() == [4, 4]
    with pytest.raises(RuntimeError, match="does not require grad"):
        ag.ones(1).retain_grad()
    with pytest.raises(TypeError):
        x + [1, 2]  # type: ignore[operator]
    with pytest.raises(TypeError, match="wrap lists as tensor"):
        ag.add(x, [1, 2])
    assert type(x + np.ones(2)) is Tensor


REPRS = [
    (tensor([[0.0, 1.0]], requires_grad=True), "tensor([[0., 1.]], requires_grad=True)"),
    (tensor([1.5, -2.0]), "tensor([ 1.5000, -2.0000])"),
    (tensor([1, -20]), "tensor([  1, -20])"),
    (tensor([True, False]), "tensor([ True, False])"),
    (tensor(3.0), "tensor(3.)"),
    (tensor(0.5, dtype=ag.float64), "tensor(0.5000, dtype=float64)"),
    (tensor([1e-6, 1.0]), "tensor([1.0000e-06, 1.0000e+00])"),
    (tensor([5e-324, 1.0], dtype=ag.float64), "tensor([4.9407e-324,  1.0000e+00], dtype=float64)"),
    (tensor([float("nan"), float("inf"), 1.0]), "tensor([nan, inf,  1.])"),
    (ag.zeros(0), "tensor([])"),
    (ag.zeros(2, 0), "tensor([], size=(2, 0))"),
    (ag.tanh(ag.zeros(1, requires_grad=True)), "tensor([0.], grad_fn=<tanh>)"),
    (tensor([3], dtype=ag.int32), "tensor([3], dtype=int32)"),
]


@pytest.mark.parametrize(("x", "text"), REPRS, ids=[r[1][:30] for r in REPRS])
def test_how_it_is_written(x: Tensor, text: str) -> None:
    assert repr(x) == text


def test_large_tensors_are_cut() -> None:
    text = repr(ag.zeros(1000, 1000))
    assert "..." in text and len(text) < 1000


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


def test_the_class_itself_takes_arrays_only() -> None:
    for data in ([1.0], 3, (2, 3), ag.Value(1.0)):
        with pytest.raises(TypeError, match=r"use tensor\(data\) for numbers and lists, empty\(2, 3\) for a shape"):
            Tensor(data)
    assert Tensor(np.ones(2)).type() == "float64" and ag.ones(1).type(ag.int64).type() == "int64"


@pytest.mark.parametrize("index", [lambda i: i, lambda i: i.numpy(), lambda i: (ag.tensor([0, 1]), i)], ids=["tensor", "array", "pair"])
def test_an_index_that_is_changed_later_changes_no_gradient(index: Any) -> None:
    x, i = ag.ones(3, 3, requires_grad=True), ag.tensor([0, 2])
    y = (x * 1)[index(i)]
    (before,) = ag.grad(y.sum(), x, retain_graph=True)
    i.fill_(1)
    assert ag.grad(y.sum(), x)[0].equal(before)


class _Sub(np.ndarray):
    pass


@pytest.mark.parametrize(
    "handed", [lambda x: x.view(_Sub), memoryview, lambda x: x, lambda x: x[:]], ids=["subclass", "memoryview", "itself", "view"]
)
def test_an_operation_that_gives_its_arguments_memory_is_seen(handed: Any) -> None:
    o = ag.Op("handed", handed, lambda g, z, x: g)
    x, w = ag.ones(3), ag.ones(3, requires_grad=True)
    loss = (w * o(x)).sum()
    x.add_(5.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()
