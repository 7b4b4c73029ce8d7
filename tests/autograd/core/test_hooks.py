"""Hooks of backward: what they are called with, in which order, what they may change, and that they leave nothing behind."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, grad, tensor
from autograd.core.hooks import HOOKED
from tests.autograd.core.test_walk import programs, run


@given(program=programs(), x=st.floats(-2, 2), y=st.floats(-2, 2), factor=st.sampled_from([0.0, 1.0, -2.0]))
def test_a_hook_that_scales_is_a_program_with_that_factor_in_its_backward(program: Any, x: float, y: float, factor: float) -> None:
    """Of leaves, of the output, raw and recorded: gradients, and gradients of gradients, are those times the factor."""
    for face in (Value, lambda v: tensor(np.array(v), requires_grad=True)):
        for create_graph in (False, True):
            a, b = face(x), face(y)
            want = [g.item() for g in grad(run(program, a, b), [a, b])]
            seen: list[Any] = []
            a.register_hook(seen.append)
            a.register_hook(lambda g: g * factor)
            z = run(program, a, b)
            z.register_hook(lambda g: g * 3)
            got = grad(z, [a, b], create_graph=create_graph)
            np.testing.assert_allclose([g.item() for g in got], [3 * factor * want[0], 3 * want[1]], rtol=1e-12)
            assert len(seen) == 1 and type(seen[0]) is type(a)
            np.testing.assert_allclose(seen[0].item(), 3 * want[0], rtol=1e-12)


def test_hooks_run_in_order_before_a_leaf_accumulates() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    calls: list[Any] = []
    first = x.register_hook(lambda g: calls.append(("first", g.tolist(), x.grad)) or g * 2)
    x.register_hook(lambda g: calls.append(("second", g.tolist(), x.grad)))
    x.register_post_accumulate_grad_hook(lambda p: calls.append(("after", p is x, p.grad.tolist())))
    (x * x).sum().backward()
    assert calls == [("first", [2.0, 4.0], None), ("second", [4.0, 8.0], None), ("after", True, [4.0, 8.0])]
    first.remove()
    first.remove()
    calls.clear()
    (x * x).sum().backward()
    assert calls[0][:2] == ("second", [2.0, 4.0]) and x.grad.tolist() == [6.0, 12.0]
    calls.clear()
    assert grad((x * x).sum(), x)[0].tolist() == [2.0, 4.0]
    assert [c[0] for c in calls] == ["second"]  # nothing is accumulated by grad


def test_a_hook_sees_the_whole_gradient_once_and_only_where_a_gradient_arrives() -> None:
    x = Value(2.0)
    y = x * 3
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(g.data))
    unused = x * 5
    unused.register_hook(lambda g: seen.append("unused"))
    (y * y + y).backward()
    assert seen == [13.0]
    stopped = ag.where(tensor([False]), tensor([1.0], requires_grad=True) * 1, 0.0)
    stopped.register_hook(lambda g: None)
    stopped.sum().backward()


def test_what_a_hook_gets_is_recorded_only_with_create_graph() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    kinds: list[bool] = []
    x.register_hook(lambda g: kinds.append((g * x).requires_grad))
    (x**3).sum().backward()
    (g,) = grad((x**3).sum(), x, create_graph=True)
    assert kinds == [False, True]
    x.register_hook(lambda g: g * x)
    (g,) = grad((x**3).sum(), x, create_graph=True)  # 3 x³
    kinds.clear()
    with ag.no_grad():
        assert g.tolist() == [3.0, 24.0]
    x = tensor([1.0, 2.0], requires_grad=True)
    handle = x.register_hook(lambda g: g * x)
    (g,) = grad((x**3).sum(), x, create_graph=True)
    handle.remove()
    assert grad(g.sum(), x)[0].tolist() == [9.0, 36.0]


def test_neither_the_hook_nor_the_leaf_can_change_what_the_other_holds() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    kept: list[Any] = []

    def hook(g: Any) -> Any:
        kept.append(g)
        g.mul_(100)  # a copy
        kept.append(ag.ones(2))
        return kept[-1]

    x.register_hook(hook)
    for _ in range(2):
        (x * 5).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0] and kept[1].tolist() == [1.0, 1.0]
    y = tensor([1.0, 2.0], requires_grad=True)
    y.register_hook(lambda g: setattr(g, "data", g.data * 100))
    (y * 5).sum().backward()
    assert y.grad.tolist() == [5.0, 5.0]


def test_a_wrong_replacement_is_refused_and_leaves_no_mark() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    handle = x.register_hook(lambda g: ag.ones(3))
    y = (x * x).sum()
    with pytest.raises(RuntimeError, match=r"must return None or the gradient in its place: .* shape \(3,\), the tensor \(2,\)"):
        y.backward(retain_graph=True)
    handle.remove()
    handle = x.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.backward(retain_graph=True)
    handle.remove()
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_hook_may_walk_itself() -> None:
    x = Value(2.0)
    y = x * x

    @ag.enable_grad
    def slope(g: Value) -> Value:
        return grad(x**3, x)[0]

    y.register_hook(slope)
    y.backward()
    assert x.grad == 12.0 * 4.0


def test_registering_where_no_gradient_arrives_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="does not require grad"):
        ag.ones(2).register_hook(print)
    x = ag.ones(2, requires_grad=True)
    with pytest.raises(TypeError, match="register_hook takes a function, got"):
        x.register_hook(3)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="only a leaf accumulates"):
        (x * 2).register_post_accumulate_grad_hook(print)


def test_hooks_die_with_their_node() -> None:
    gc.collect()
    before = len(HOOKED)
    x = ag.ones(2, requires_grad=True)
    y = x * 2
    y.register_hook(print)
    alive = weakref.ref(y.notes.hooks)  # type: ignore[union-attr]
    assert len(HOOKED) == before + 1
    del y
    assert alive() is None and len(HOOKED) == before


def test_hooks_are_seen_under_detect_anomaly() -> None:
    x = tensor([1.0], requires_grad=True)
    x.register_hook(lambda g: g * 2)
    with ag.detect_anomaly():
        (x * x).sum().backward()
    assert x.grad.tolist() == [4.0]
