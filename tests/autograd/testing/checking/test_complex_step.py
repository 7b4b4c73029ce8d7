"""The graph evaluated again: at other numbers as the function itself gives it, its tangents as the engine's gradients and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Op, Tensor, Value, tensor
from autograd.core.node import Node
from autograd.testing.checking.complex_step import Trace, flat, rounding


def leaf(*shape: int, seed: int = 0) -> Tensor:
    return tensor(np.random.default_rng([seed, *shape]).uniform(0.5, 2.0, shape), requires_grad=True)


# Whatever a row does with shapes, a batch of inputs must give what each of them gives alone.
SHAPED = {
    "reductions": lambda x: x.sum(0) + x.mean(1).max() + x.std(dim=(0, 1)) + x.norm(),
    "softmax": lambda x: x.softmax(1) * x.log_softmax(0) + x.logsumexp(1, keepdim=True),
    "matmul": lambda x: (x @ x.T) @ x[:, 0] + x[0] @ x.T,
    "views": lambda x: x.T.reshape(2, -1)[:, ::2].unsqueeze(0).expand(3, 2, 3) * x[[0, 0, 1]].sum(),
    "joins": lambda x: ag.cat([x, ag.stack([x[0], x[1]])]).cumsum(0).tril(),
    "broadcast": lambda x: x * x[0] + x[:, :1] - x.amax(1, keepdim=True),
    "values": lambda x: [(v * v).sin() for v in x.values().flat],
    "packed": lambda x: tensor([v.exp() for v in x[0].values()], dtype=ag.float64) * x,
    "cast": lambda x: x.double() * x.long(),
    "einsum": lambda x: ag.einsum("ij,kj->ik", x, x),
}


@pytest.mark.parametrize("name", SHAPED)
def test_a_batch_is_computed_as_the_function_computes_each(name: str) -> None:
    f, x = SHAPED[name], leaf(3, 4)
    outputs = f(x)
    trace = Trace(outputs if isinstance(outputs, list) else [outputs], [x])
    moved = x.raw + np.random.default_rng(1).normal(size=(5, 3, 4)) * 1e-3
    for got, raw in zip(trace(moved.reshape(5, -1)), moved):
        again = f(tensor(raw, requires_grad=True))
        np.testing.assert_allclose(got, flat([n.raw for n in (again if isinstance(again, list) else [again])]), rtol=1e-13)
    ts = np.random.default_rng(2).normal(size=(4, 12))
    columns = trace.tangents(np.eye(12))
    np.testing.assert_allclose(trace.tangents(ts), ts @ columns, rtol=1e-11, atol=1e-13)
    for k, n in enumerate(outputs.reshape(-1) if isinstance(outputs, Tensor) else outputs):
        np.testing.assert_allclose(columns[:, k], np.ravel(ag.grad(n, x, retain_graph=True)[0].raw), rtol=1e-11, atol=1e-13)


@given(x=st.floats(-3, 3), y=st.floats(0.5, 3))
def test_tangents_are_exact_to_rounding(x: float, y: float) -> None:
    a, b = Value(x), Value(y)
    trace = Trace([a * b, (a * b).sin() / b, b.log1p() ** a, a.tanh().softplus()], [a, b])
    sin, cos, log, tanh = math.sin, math.cos, math.log1p(y), math.tanh(x)
    want = [
        [y, x],
        [cos(x * y), x * cos(x * y) / y - sin(x * y) / y**2],
        [log**x * math.log(log), x * log ** (x - 1) / (1 + y)],
        [(1 - tanh**2) / (1 + math.exp(-tanh)), 0],
    ]
    np.testing.assert_allclose(trace.tangents(np.eye(2)).T, want, rtol=1e-13, atol=1e-15)
    assert trace.local == []


@pytest.mark.parametrize("x", [-2.3, -1e-9, 1e-12, 0.7, 40.0])
def test_what_numpy_has_in_another_sense_for_complex_numbers(x: float) -> None:
    v = Value(x)
    trace = Trace([abs(v), v.floor() + v, v.ceil() - v, v % 0.7, v // 0.7 + v, v.relu() * v, v.sign() * v], [v])
    s = math.copysign(1, x)
    np.testing.assert_allclose(trace.tangents(np.eye(1))[0], [s, 1, -1, 1, 1, 2 * x * (x > 0), s], rtol=1e-14)


@pytest.mark.parametrize("x", [1e-10, 1e-17, -1e-12])
def test_no_digits_of_the_real_part_are_lost(x: float) -> None:
    v = Value(abs(x))
    trace = Trace([v.log1p().log(), v.expm1().log(), (-40 * (1 + v)).softplus().log()], [v])
    np.testing.assert_allclose(trace.tangents(np.eye(1))[0], [1 / abs(x), 1 / abs(x), -40], rtol=1e-6)


def test_operations_that_are_not_analytic_are_found_and_answered_by_differences() -> None:
    softsign = Op("softsign", lambda x: x / (1 + abs(x)), None)  # abs of a complex number is its modulus
    rounded = Op("rounded", lambda x: np.float64(math.erf(x)) if np.ndim(x) == 0 else np.vectorize(math.erf)(x), None)
    for op, df in ((softsign, lambda x: 1 / (1 + abs(x)) ** 2), (rounded, lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x))):
        rule = Op(op.name, op.compute, lambda g, z, x: g)
        x = leaf(3)
        trace = Trace([rule(x)], [x])
        np.testing.assert_allclose(np.diag(trace.tangents(np.eye(3))), [df(a) for a in x.raw], rtol=1e-9)
        assert trace.local == [op.name]


def test_constants_and_inputs_in_the_middle() -> None:
    x = Value(2.0)
    y = x * 3
    trace = Trace([y * y, y, Value(7.0)], [y])
    assert trace(np.array([[5.0]])).tolist() == [[25.0, 5.0, 7.0]] and trace.tangents(np.eye(1)).tolist() == [[12.0, 1.0, 0.0]]
    x = leaf(2)
    trace = Trace([x.detach() * x, tensor([1.0, 2.0])], [x])  # what left the graph stays as it was
    np.testing.assert_allclose(trace(np.array([[0.0, 1.0]])), [[0.0, x.raw[1], 1.0, 2.0]])


def test_a_large_batch_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    x = leaf(40)
    whole = Trace([ag.tanh(x) * x.sum()], [x])
    monkeypatch.setattr("autograd.testing.checking.complex_step._MEMORY", 100)
    parts = Trace([ag.tanh(x) * x.sum()], [x])
    assert parts.batch == 2
    np.testing.assert_array_equal(parts.tangents(np.eye(40)), whole.tangents(np.eye(40)))
    np.testing.assert_array_equal(parts(np.eye(40)), whole(np.eye(40)))


@settings(max_examples=20)
@given(big=st.floats(1, 12).map(lambda e: 10**e))
def test_noise_shows_what_a_cancellation_leaves(big: float) -> None:
    """(x + big) - big is known to about eps * big, and no better."""
    x: Node = Value(0.3)
    trace = Trace([(x + big) - big], [x])  # type: ignore[operator]
    noise = rounding(np.random.default_rng(0))
    spread = max(abs(float(trace(np.array([[0.3]]), noise)[0, 0]) - 0.3) for _ in range(20))
    assert 1e-16 * big < spread < 1e-14 * big + 1e-15
