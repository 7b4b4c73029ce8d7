"""What changes a tensor in place: what it changes, what it refuses, and what a graph has of it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor
from tests.autograd.examples import same


def test_in_place_never_corrupts() -> None:
    x = ag.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        x += 1
    with ag.no_grad():
        before = x
        x += 1
        assert x is before and x.tolist() == [2, 2, 2] and x.requires_grad
    y = x * x
    kept = y
    z = y * y
    y += 100  # recorded: the name moves on, what was saved stays
    assert y is not kept and kept.tolist() == [4, 4, 4]
    z.sum().backward()
    same(x.grad.numpy(), [32, 32, 32])
    with pytest.raises(RuntimeError, match="would change a graph"):
        kept.add_(1)
    total = ag.zeros(())
    for _ in range(3):
        total += (x * x).sum()
    assert total.requires_grad and total.item() == 36


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
