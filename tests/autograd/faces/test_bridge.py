"""Between the layers: numbers into tensors and back, with their gradients."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import Value, ValueTensor, tensor
from autograd.faces.bridge import SparseGradient
from tests.autograd.core.test_walk import programs, run


@pytest.mark.long
def test_many_values_into_a_tensor_and_many_tensors_into_one_are_linear() -> None:
    values = [Value(1.0) for _ in range(50_000)]
    (tensor(values) * 2).sum().backward()
    assert all(v.grad == 2 for v in values)
    parts = [ag.ones(1, requires_grad=True) for _ in range(20_000)]
    (ag.cat(parts).sum() + ag.stack(parts).sum()).backward()
    assert all(p.grad.tolist() == [2] for p in parts)


def test_the_layers_join_in_one_graph() -> None:
    a, b, c = Value(2.0), Value(3.0), Value(0.5)
    t = ag.tensor([[a, b], [c, 4.0]])
    assert t.requires_grad and t.dtype == ag.float32
    out = (t @ t).sum() * a
    out.backward()
    m = np.array([[2.0, 3.0], [0.5, 4.0]])
    ones = np.ones((2, 2))
    d = (ones @ m.T + m.T @ ones) * 2
    assert a.grad == pytest.approx(d[0, 0] + (m @ m).sum()) and b.grad == pytest.approx(d[0, 1]) and c.grad == pytest.approx(d[1, 0])

    w = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    v = w.values()
    assert v.shape == (2, 2) and type(v[0, 0]) is Value
    (v[0, 0] * v[1, 1] + v[0, 1] ** 2).backward()
    assert w.grad.tolist() == [[4.0, 4.0], [0.0, 1.0]]

    x = ag.tensor([1.0, 2.0], requires_grad=True)
    for z in (x * a, a * x, x + a, a - x, x / a, a**x):
        assert type(z) is ag.Tensor and z.dtype == ag.float32
    a.grad = None
    (x * a).sum().backward()
    assert a.grad == 3.0 and x.grad.tolist() == [2.0, 2.0]


def test_second_derivatives_flow_across_the_layers() -> None:
    a = Value(2.0)
    t = ag.tensor([a, 3.0], dtype=ag.float64)
    y = (t**3).sum() * a
    (g,) = ag.grad(y, a, create_graph=True)  # 4 a^3 + 27
    (h,) = ag.grad(g, a)
    assert g.data == pytest.approx(4 * 8 + 27) and h.data == pytest.approx(12 * 4)
    w = ag.tensor([2.0, 3.0], dtype=ag.float64, requires_grad=True)
    p, q = w.values()
    (gw,) = ag.grad(p**2 * q, w, create_graph=True)
    np.testing.assert_allclose(gw.detach().numpy(), [12.0, 4.0])
    np.testing.assert_allclose(ag.grad(gw.sum(), w)[0].numpy(), [2 * 3 + 2 * 2, 2 * 2.0])


def both_ways(program: Any, x: float, y: float, through: Any) -> tuple[list[float], list[list[float]]]:
    """Result, gradients, raw and recorded, and second derivatives of a random program, with ``through`` between inputs and program."""
    a, b = Value(x), Value(y)
    z = run(program, *through(a, b))
    z = z.item() if isinstance(z, ValueTensor) else z
    raw = [g.data for g in ag.grad(z, [a, b], retain_graph=True)]
    recorded = ag.grad(z, [a, b], create_graph=True)
    second = [
        0.0 if g is None else g.data for h in recorded if h.requires_grad for g in ag.grad(h, [a, b], retain_graph=True, allow_unused=True)
    ]
    z.backward()
    return [z.item()], [raw, [g.item() for g in recorded], [float(a.grad), float(b.grad)], second]


WAYS = {
    "into a tensor and out of it": lambda a, b: tensor([a, b], dtype=ag.float64).values(),
    "through a tensor that is turned": lambda a, b: tensor([[a], [b]], dtype=ag.float64).T.flip(1).values()[0, ::-1],
    "one of them twice": lambda a, b: (lambda v: (v[0, 0] * 0.5 + v[1, 1] * 0.5, v[0, 1]))(
        tensor([[a, b], [b, a]], dtype=ag.float64).values()
    ),
    "as numbers of no dimension": lambda a, b: (tensor(a, dtype=ag.float64), tensor(b, dtype=ag.float64)),
}


@pytest.mark.parametrize("through", WAYS.values(), ids=WAYS.keys())
@settings(max_examples=40)
@given(program=programs(), x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_gradients_through_the_bridge_are_those_without(through: Any, program: Any, x: float, y: float) -> None:
    want, got = both_ways(program, x, y, lambda a, b: (a, b)), both_ways(program, x, y, through)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-13, atol=1e-15)
    for some, others in zip(got[1][:3], want[1][:3]):
        np.testing.assert_allclose(some, others, rtol=1e-11, atol=1e-13)
    if len(got[1][3]) == len(want[1][3]):  # else one of the gradients is a constant in one of the ways
        np.testing.assert_allclose(got[1][3], want[1][3], rtol=1e-10, atol=1e-12)


@settings(max_examples=40)
@given(shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), dtype=st.sampled_from([ag.float32, ag.float64]), data=st.data())
def test_a_tensor_taken_apart_and_put_together_is_that_tensor(shape: tuple[int, ...], dtype: Any, data: st.DataObject) -> None:
    a = np.random.default_rng(0).normal(size=shape).astype(dtype)
    x = tensor(a, requires_grad=True)
    apart = x.values()
    assert apart.shape == shape and all(type(v) is Value and v.data == float(n) for v, n in zip(apart.flat, a.flat))
    again = tensor(apart.tolist(), dtype=dtype)
    assert again.dtype is dtype and again.raw.tobytes() == a.tobytes() and again.requires_grad
    w = np.random.default_rng(1).normal(size=shape).astype(dtype)
    (g,) = ag.grad(again, x, tensor(w))
    assert g.dtype is dtype and g.shape == shape and g.numpy().tobytes() == w.tobytes()
    chosen = data.draw(st.lists(st.integers(0, a.size - 1), max_size=4))  # the gradients of some entries, some of them twice
    if chosen:
        sum(x.values().flat[i] * (k + 1.0) for k, i in enumerate(chosen)).backward()
        want = np.zeros(a.size)
        np.add.at(want, chosen, np.arange(1.0, len(chosen) + 1))
        assert x.grad.tolist() == want.reshape(shape).tolist()


@given(st.lists(st.dictionaries(st.integers(0, 5), st.integers(-9, 9).map(float)), min_size=1, max_size=4))
def test_gathered_gradients_add_by_their_place(parts: list[dict[int, float]]) -> None:
    """And are made dense once, at the tensor that they belong to."""
    like, total = ag.zeros(2, 3, dtype=ag.float64), SparseGradient()
    for part in parts:
        total = total + SparseGradient(part)
    want = np.zeros(6)
    for part in parts:
        for i, g in part.items():
            want[i] += g
    dense = total.dense(like)
    assert type(dense) is np.ndarray and dense.dtype == like.dtype and dense.tolist() == want.reshape(2, 3).tolist()
    nodes = SparseGradient({i: Value(g) for i, g in total.items()}).dense(like)
    assert not total or (isinstance(nodes, ag.Tensor) and nodes.requires_grad and nodes.tolist() == dense.tolist())
