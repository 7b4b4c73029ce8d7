"""How an operation on arrays is recorded: gradients fit their arguments and own their memory, and what was saved is let go."""

import math
import re
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
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import Op, Tensor, Value, tensor
from autograd.faces.record import Released, operator, sum_to
from autograd.ops.table import ELEMENTWISE

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


@given(shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), size=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3))
def test_a_rule_may_give_what_the_argument_broadcasts_to_and_a_plain_0(shape: tuple[int, ...], size: tuple[int, ...]) -> None:
    """A larger gradient is summed; a smaller one would be a forgotten broadcast."""
    x = ag.zeros(*size, requires_grad=True)
    fits = len(shape) >= len(size) and all(m in (1, n) for n, m in zip(shape[::-1], size[::-1]))
    op = ag.Op("op", lambda x: x, lambda g, z, x: np.ones(shape))
    if fits:
        op(x).backward(ag.ones(*size))
        assert x.grad.shape == size and x.grad.sum().item() == np.prod(shape)
    else:
        with pytest.raises(ValueError, match=re.escape(f"it gave shape {shape} for an argument of shape {size}")):
            op(x).backward(ag.ones(*size))
    for create_graph in (False, True):
        x.grad = None
        ag.Op("flat", lambda x: x, lambda g, z, x: 0)(x).backward(ag.ones(*size), create_graph=create_graph)
        assert x.grad.equal(ag.zeros(*size)) and x.grad.dtype == ag.float32


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_tensor_that_retains_its_gradient_accumulates_as_a_leaf_does(create_graph: bool) -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    for times in (1, 2):
        (y * y).sum().backward(retain_graph=True, create_graph=create_graph)
        assert y.grad.tolist() == [6.0 * times, 12.0 * times] and x.grad.tolist() == [18.0 * times, 36.0 * times]
    ag.grad((y * y).sum(), y)
    assert y.grad.tolist() == [12.0, 24.0]
    y.grad.fill_(0.0) if not create_graph else None
    assert x.grad.tolist() == [36.0, 72.0]


def test_a_gradient_that_is_recorded_is_added_to_by_a_new_node() -> None:
    """What was taken before stays as it was, and the sum can be differentiated."""
    x = tensor(3.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    before = x.grad
    (x**2).backward()
    assert before.item() == 27 and x.grad.item() == 33
    assert ag.grad(x.grad, x)[0].item() == 18


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
    if frame.f_code.co_name != "<module>":  # of which Python 3.12 cannot show the names while it makes a list of them
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


WHOLE = st.integers(-4, 4).map(float)


@st.composite
def stretched(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A shape, and one that it broadcasts to."""
    wide = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
    narrow = tuple(draw(st.sampled_from([n, 1])) for n in wide)
    return narrow[draw(st.integers(0, len(wide))) :], wide


@pytest.mark.parametrize("as_node", [False, True], ids=["array", "tensor"])
@given(shapes=stretched(), dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 9))
def test_a_gradient_is_fitted_by_the_adjoint_of_the_broadcast(as_node: bool, shapes: Any, dtype: Any, seed: int) -> None:
    """<fit(g), v> is <g, v broadcast>, in whole numbers to the last bit."""
    narrow, wide = shapes
    draw = np.random.default_rng(seed)
    g, v = draw.integers(-4, 5, wide).astype(dtype), draw.integers(-4, 5, narrow).astype(float)
    for own in (ag.float32, ag.float64):
        x = ag.zeros(narrow, dtype=own, requires_grad=True)
        fitted = x.fit(tensor(g) if as_node else g)
        assert fitted.shape == narrow and fitted.dtype == own and isinstance(fitted, Tensor) == as_node
        assert (np.asarray(fitted) * v).sum() == (g * np.broadcast_to(v, wide)).sum()
        np.testing.assert_array_equal(sum_to(g, narrow), np.asarray(fitted))


@given(shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=4))
def test_what_fits_no_argument_is_refused_with_both_shapes(shape: tuple[int, ...]) -> None:
    x, other = ag.ones(shape, requires_grad=True), (*shape[:-1], shape[-1] + 1)
    for g in (np.ones(other), ag.ones(other)):
        with pytest.raises(ValueError, match=re.escape(f"it gave shape {other} for an argument of shape {shape}")):
            x.fit(g)
    with pytest.raises(TypeError, match="it returned None; return the gradient"):
        x.fit(None)


def test_a_leaf_adopts_what_nobody_else_has_and_copies_the_rest() -> None:
    x, own = ag.ones(3, requires_grad=True), ag.Op("own", lambda x: x)
    assert ag.tanh.tabled and not own.tabled
    for op, kept in [(ag.tanh, True), (own, False)]:
        g, other = np.ones(3), np.ones(3)
        assert (x.adopt(g, op, other, other, (other, 2.0)) is g) is kept
        for shared, others in [
            (g, (g, other, ())),
            (g, (other, g, ())),
            (g, (other, other, (other, g))),
            (other[:], ()),
            (np.broadcast_to(other, (2, 3)), ()),
        ]:
            adopted = x.adopt(shared, op, *others)
            assert not np.shares_memory(adopted, shared) and adopted.tolist() == shared.tolist() and adopted.flags.writeable


DTYPED = [ag.float32, ag.float64, ag.int64, ag.int32, ag.uint8, ag.bool_]


@given(st.sampled_from(DTYPED), st.sampled_from(DTYPED), st.sampled_from([1, 2.5, True]))
def test_a_result_is_recorded_in_a_dtype_that_tensors_have(a: Any, b: Any, number: Any) -> None:
    x, y = ag.ones(2, dtype=a), ag.ones(2, dtype=b)
    for z in (x + y, x * number, number - y.float(), x / y, x**2, x > y, ag.maximum(x, y), ag.exp(x), ag.sum(x), ag.cat([x, y])):
        assert any(z.dtype is dtype for dtype in DTYPED) and z.raw.dtype is z.dtype and z.op is None
    assert (x / y).dtype.kind == (ag.exp(x) * ag.exp(y)).dtype.kind == "f"


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_what_is_let_go_leaves_its_shape_and_the_way_it_came(shape: tuple[int, ...]) -> None:
    x, c = ag.ones(shape, requires_grad=True), ag.ones(shape)
    c.label = "c"
    y = x * c
    z = y.tanh() * y
    order = ag.ancestors(z)
    z.release(order)
    held, shells = [n for n in ag.ancestors(z) if isinstance(n, Tensor)], [n for n in ag.ancestors(z) if isinstance(n, Released)]
    assert {id(n) for n in held} == {id(x), id(z)}  # a leaf stays, as what the user holds does
    assert {s.op and s.op.name for s in shells} == {None, "*", "tanh"}
    assert all(s.shape == shape and s.dtype is ag.float32 and s.raw is None for s in shells)
    assert {s.label for s in shells} == {None, "c"} and {s.identity for s in shells} == {id(n) for n in order} - {id(x), id(z)}
    assert z.args[1] is z.args[0].args[0]  # one shell for each
    for n in (z, *shells):
        with pytest.raises(RuntimeError, match="let go by an earlier backward"):
            n.saved(False)
    for use in (lambda: shells[-1].fit(np.ones(shape)), lambda: x + shells[-1]):
        with pytest.raises(RuntimeError, match="let go by an earlier backward"):
            use()


@pytest.mark.parametrize("row", [row for row in ELEMENTWISE.values() if row.infix], ids=lambda row: row.name)
@given(data=st.data())
def test_the_short_way_of_an_operator_is_the_row(row: Any, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([ag.float32, ag.float64, ag.int64]))
    forward, reflected = operator(row)
    x = tensor(data.draw(hnp.arrays(float, (2, 3), elements=st.sampled_from([0.5, 1.0, 2.0, 3.0])))).to(dtype)
    other = data.draw(st.sampled_from([2.0, 3, True, tensor([1.0, 2.0, 3.0]), ag.ones(2, 1, dtype=ag.float64), np.array([1.0, 2.0, 3.0])]))
    x.requires_grad_(dtype is not ag.int64)
    if dtype is ag.int64 and row.name in ("//", "%"):
        x = x + 1  # nor by 0
    for got, want in [(forward(x, other), row(x, other)), (reflected(x, other), row(other, x))]:
        assert type(got) is Tensor and got.dtype is want.dtype and got.op is want.op and got.requires_grad == want.requires_grad
        assert got.raw.tobytes() == want.raw.tobytes() and got.shape == want.shape
    for nothing in ("a", None, [1.0], 1j):
        assert forward(x, nothing) is NotImplemented is reflected(x, nothing)


WITH_AN_ARRAY: list[Callable[[Any, Any], Any]] = [
    *(lambda x, a, row=row: row(x, a) for row in ELEMENTWISE.values() if row.arity == 2 and row.differentiable),
    *(lambda x, a, row=row: row(a, x) for row in ELEMENTWISE.values() if row.arity == 2 and row.differentiable),
    lambda x, a: x * a,
    lambda x, a: a / x,
    lambda x, a: x**a,
    lambda x, a: np.multiply(a, x),
    lambda x, a: x @ a,
    lambda x, a: a @ x,
    lambda x, a: np.matmul(x, a),
    lambda x, a: x @ a[0],
    lambda x, a: ag.linear(x, a),
    lambda x, a: ag.linear(a, x, a[:, 0]),
    lambda x, a: ag.einsum("ij,jk->ik", x, a),
    lambda x, a: ag.where(a > 2, x, a),
    lambda x, a: x * ag.as_tensor(a),
    lambda x, a: ag.softmax_cross_entropy(x, a[:, 0].astype(np.int64)),
    lambda x, a: ag.cat([x, a]) ** 2,
    lambda x, a: Value(2.0) * a * x,
    lambda x, a: Op("own", lambda x, y: x * y, lambda g, z, x, y: g * y, None)(x, a),
]


@pytest.mark.parametrize("call", WITH_AN_ARRAY, ids=range(len(WITH_AN_ARRAY)))
def test_an_array_that_is_refilled_after_it_was_an_operand_changes_no_gradient(call: Callable[[Any, Any], Any]) -> None:
    rng = np.random.default_rng(0)
    x = ag.tensor(rng.uniform(1, 2, (3, 3)), requires_grad=True)
    buffer = rng.uniform(1, 3, (3, 3))
    (want,) = ag.grad(call(x, buffer.copy()).sum(), x)
    y = call(x, buffer)
    buffer[...] = rng.uniform(1, 3, (3, 3))[::-1]
    assert ag.grad(y.sum(), x)[0].tolist() == want.tolist()
