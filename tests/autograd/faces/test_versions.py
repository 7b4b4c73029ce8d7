"""A saved array that was changed in place is noticed, and nothing else is."""

import copy
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, grad
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
