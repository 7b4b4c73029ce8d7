"""A saved array that was changed in place is noticed, and nothing else is."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, grad, tensor
from autograd.faces.versions import Changed, Version, at_one_place
from tests.autograd.examples import same


@pytest.mark.parametrize("change", ["data", "view", "view of data", "no_grad", "index", "numpy constant", "result"])
def test_saved_data_that_changed_is_an_error_with_the_line(change: str) -> None:
    x, c = ag.ones(3, requires_grad=True), ag.ones(3)
    y = x * c
    z = y * y
    if change == "data":
        x.data.fill_(5)
        z2 = (x * x).sum()
        x.data.mul_(2)
        with pytest.raises(RuntimeError, match=r"backward of <\*> needs its argument .* mul_ at .*test_versions.py"):
            z2.backward()
        return
    if change == "view":
        view = c[1:]
        view += 1
    elif change == "view of data":
        x.data[0] = 7.0
        z = x * x
        x.data[0] += 1
    elif change == "no_grad":
        with ag.no_grad():
            y.zero_()
    elif change == "index":
        c[0] = 9.0
    elif change == "numpy constant":
        c.copy_(np.zeros(3))
    elif change == "result":
        e = ag.exp(x)
        with ag.no_grad():
            e.mul_(2)
        z = e * 1.0
    with pytest.raises(RuntimeError, match=r"which was changed in place after .*test_versions\.py:\d+"):
        z.sum().backward()
    with pytest.raises(RuntimeError, match="changed in place"):
        grad(z.sum(), x, create_graph=True)


def test_more_ways_to_change_what_was_saved() -> None:
    w, x = ag.ones(3), ag.ones(3, requires_grad=True)
    x.data = w
    y = (x * x).sum()
    w.fill_(100.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    c, x = ag.ones(3), ag.ones(3, requires_grad=True)
    y = (x * c).sum()
    copy.copy(c).fill_(100.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    same_ = ag.Op("same", lambda x: x, lambda g, z, x: g)
    x = ag.ones(3, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    with ag.no_grad():
        same_(y).fill_(0.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        z.backward()
    p, v, x = ag.ones(3, requires_grad=True), ag.ones(3), ag.ones(3, requires_grad=True)
    s = (v * p).sum()
    (g,) = grad(x + 1, x, v)
    g.zero_()
    s.backward()
    assert v.tolist() == p.grad.tolist() == [1, 1, 1]
    a, b = grad((x + p).sum(), [x, p])
    assert not np.shares_memory(a.numpy(), b.numpy())
    v0 = Value(2.0)
    y0 = v0 * v0
    v0.data = 10.0
    with pytest.raises(RuntimeError, match=r"\.data of one was set"):
        grad(y0, v0, create_graph=True)
    assert grad(y0, v0)[0].data == 4.0  # the numbers as they were


def test_a_change_that_no_rule_reads_is_no_error() -> None:
    x, c = ag.ones(3, requires_grad=True), ag.ones(3)
    y = (x + c).sum()
    c += 1
    y.backward()
    same(x.grad.numpy(), [1, 1, 1])


def test_a_change_that_no_rule_reads_is_no_error_when_recorded_either() -> None:
    x, c = ag.ones(3, requires_grad=True), ag.ones(3)
    y = (x + c).sum()
    c += 1
    assert grad(y, x, create_graph=True)[0].tolist() == [1, 1, 1]


def test_a_change_that_failed_is_no_change() -> None:
    x, c = ag.ones(3, requires_grad=True), ag.ones(3)
    y = (x * c).sum()
    for bad in (lambda: c.add_(ag.ones(7)), lambda: c.__setitem__(5, 1.0), lambda: c.__setitem__(0, "a"), lambda: c.fill_(ag.ones(2))):
        with pytest.raises((ValueError, IndexError, TypeError)):
            bad()
    y.backward()
    same(x.grad.numpy(), [1, 1, 1])


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


VIEWS: dict[str, Any] = {
    "x.data": lambda x: x.data, "detach": lambda x: x.detach(), "reshape": lambda x: x.reshape(-1), "T": lambda x: x.T, "row": lambda x: x[:1],
    "flip": lambda x: x[::-1], "unsqueeze": lambda x: x.unsqueeze(0), "copy": copy.copy, "permute": lambda x: x.permute(*range(x.ndim)[::-1]),
    "float": lambda x: x.float(), "contiguous": lambda x: x[...].reshape(x.shape),
}  # fmt: skip
COPIES: dict[str, Any] = {
    "clone": lambda x: x.clone(), "arithmetic": lambda x: x + 0, "deepcopy": copy.deepcopy, "double": lambda x: x.double(), "array": lambda x: tensor(x.numpy()),
}  # fmt: skip
CHANGES: dict[str, Any] = {
    "add_": lambda x: x.add_(1), "fill_": lambda x: x.fill_(3), "index": lambda x: x.__setitem__(..., 2.0), "+=": lambda x: x.__iadd__(1), "zero_": lambda x: x.zero_(),
    "normal_": lambda x: x.normal_(), "clamp_": lambda x: x.clamp_(5, 6),
}  # fmt: skip


@given(
    views=st.lists(st.sampled_from(list(VIEWS)), max_size=4),
    others=st.lists(st.sampled_from(list(VIEWS)), max_size=3),
    change=st.sampled_from(list(CHANGES)),
    copied=st.none() | st.sampled_from(list(COPIES)),
)
def test_a_change_through_any_view_is_noticed_and_one_of_a_copy_is_none(
    views: list[str], others: list[str], change: str, copied: str | None
) -> None:
    """The saved tensor and the changed one look at one memory by different ways, or at two."""
    w, base = ag.ones(1, requires_grad=True), ag.ones(2, 3)
    saved = changed = base
    for name in views:
        saved = VIEWS[name](saved)
    for name in others:
        changed = VIEWS[name](changed)
    if copied is not None:
        changed = COPIES[copied](changed)
    loss = (w * saved).sum()
    CHANGES[change](changed)
    if np.shares_memory(saved.raw, changed.raw):
        assert copied is None
        with pytest.raises(RuntimeError, match=r"needs its argument of shape .* which was changed in place after"):
            loss.backward()
        (w * saved).sum().backward()  # what is recorded after it has the new numbers
        assert w.grad.item() == pytest.approx(saved.sum().item())
    elif not (np.shares_memory(saved.raw, base.raw) and np.shares_memory(changed.raw, base.raw)):  # else they are two parts of one memory
        loss.backward()
        assert w.grad.tolist() == [saved.numel()]


def test_several_changes_count_as_made_at_one_place() -> None:
    w, x, y = ag.ones(2, requires_grad=True), ag.ones(2), ag.ones(2)
    first, second, third = (w * x).sum(), (w * y).sum(), (w * x * y).sum()
    here = test_several_changes_count_as_made_at_one_place.__code__.co_firstlineno
    with at_one_place():  # 4 lines below the first
        with at_one_place():
            x.add_(1)
        y.add_(1)
    for loss in (first, second):
        with pytest.raises(RuntimeError, match=rf"by add_ at .*test_versions\.py:{here + 4};"):
            loss.backward()
    x.add_(1)  # afterwards each has its own line again
    with pytest.raises(RuntimeError, match=rf"by add_ at .*test_versions\.py:({here + 4}|{here + 11});"):
        third.backward()
    assert x.version.line().endswith(f"test_versions.py:{here + 11}") and y.version.line().endswith(f"test_versions.py:{here + 4}")
    with pytest.raises(KeyError), at_one_place():
        raise KeyError
    x.add_(1)
    assert x.version.line().endswith(f"test_versions.py:{here + 17}") and Version().line() == "an unknown place"


def test_of_what_was_changed_a_rule_may_ask_the_shape_and_nothing_else() -> None:
    raw = np.ones((2, 3), np.float32)
    changed: Any = Changed(raw, "it was changed", False)
    assert (changed.shape, changed.ndim, changed.dtype) == ((2, 3), 2, np.float32)
    signs = ["+", "-", "*", "/", "**", "@", "<", "<=", ">", ">=", "==", "!="]
    uses: list[Callable[[], Any]] = [lambda sign=sign: eval(f"c {sign} 2", {"c": changed}) for sign in signs]
    uses += [lambda sign=sign: eval(f"2 {sign} c", {"c": changed}) for sign in signs if sign != "**"]
    uses += [lambda f=f: f(changed) for f in (np.exp, np.asarray, np.sum, np.negative)]
    uses += [lambda: changed[0], lambda: -changed, lambda: changed.sum(), lambda: changed.T, lambda: raw * changed, lambda: changed * raw]
    for use in uses:
        with pytest.raises(RuntimeError, match=r"^it was changed$"):
            use()
    with pytest.raises(TypeError, match="unhashable"):
        hash(changed)


@pytest.mark.parametrize("change", ["data", "backward"])
def test_a_saved_tensor_that_is_replaced_or_added_to_is_noticed(change: str) -> None:
    """By ``.data =``, and by a backward that adds to a gradient which another graph has saved."""
    w = tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    p = tensor([3.0, 4.0], requires_grad=True)
    saved = w if change == "data" else w.grad
    y = (saved * p).sum()
    if change == "data":
        w.data = tensor([5.0, 6.0])
    else:
        (w * 1).sum().backward()
    with pytest.raises(RuntimeError, match=r"changed in place.*by \.data =" if change == "data" else r"changed in place.*by backward\(\)"):
        y.backward()


def test_views_that_died_are_forgotten() -> None:
    x = ag.zeros(3)
    alive = [x[0] for _ in range(40)]
    for _ in range(1000):
        _ = x[1]
    assert x.version is not None and x.version.views is not None and len(x.version.views) <= 128
    x[0] = ag.ones((), requires_grad=True)
    assert all(v.requires_grad and v.item() == 1.0 for v in alive)
