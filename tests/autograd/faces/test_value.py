"""`Value`: Python's number protocol, numpy's functions, and micrograd's own code."""

import copy
import math
import pickle
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value

NUMBERS = st.floats(-5, 5).filter(lambda x: abs(x) > 1e-3)


def micrograd_expression(a: Any, b: Any) -> Any:
    """The expression of micrograd's README (A. Karpathy)."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def test_the_readme_expression_of_micrograd() -> None:
    a, b = Value(-4.0), Value(2.0)
    g = micrograd_expression(a, b)
    g.backward()
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


# A network in micrograd's style: user code that knows only the number protocol, parameters with .data and .grad, and relu.
class Neuron:
    def __init__(self, n: int, nonlinear: bool) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(n)]
        self.b = Value(0)
        self.nonlinear = nonlinear

    def __call__(self, x: list[Any]) -> Any:
        act = sum((w * xi for w, xi in zip(self.w, x)), self.b)
        return act.relu() if self.nonlinear else act


class Net:
    def __init__(self, *sizes: int) -> None:
        self.layers = [[Neuron(n, m != sizes[-1]) for _ in range(m)] for n, m in zip(sizes, sizes[1:])]

    def __call__(self, x: list[Any]) -> Any:
        for layer in self.layers:
            x = [n(x) for n in layer]
        return x[0]

    def parameters(self) -> Iterator[Value]:
        return (p for layer in self.layers for n in layer for p in (*n.w, n.b))


def test_scalar_user_code_and_the_same_network_of_tensors_agree() -> None:
    random.seed(1)
    net = Net(2, 5, 1)
    x = np.random.default_rng(0).normal(size=(7, 2))
    y = np.sign(x[:, 0])
    scores = [net(list(map(Value, row))) for row in x]
    loss = sum((1 + -yi * s).relu() for yi, s in zip(y, scores)) * (1.0 / len(x)) + 1e-4 * sum(p * p for p in net.parameters())
    for p in net.parameters():
        p.grad = 0
    loss.backward()

    layers = [
        [ag.tensor(np.array(a), requires_grad=True) for a in ([[w.data for w in n.w] for n in layer], [n.b.data for n in layer])]
        for layer in net.layers
    ]
    (w1, b1), (w2, b2) = layers
    s = (ag.relu(ag.tensor(x) @ w1.T + b1) @ w2.T + b2).squeeze(1)
    total = ag.relu(1 - ag.tensor(y) * s).mean() + 1e-4 * sum((p * p).sum() for pair in layers for p in pair)
    total.backward()
    assert loss.data == pytest.approx(total.item(), rel=1e-12)
    for layer, (w, b) in zip(net.layers, layers):
        np.testing.assert_allclose([[p.grad for p in n.w] for n in layer], w.grad.numpy(), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose([n.b.grad for n in layer], b.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_micrograds_nn_itself_runs_on_our_value() -> None:
    theirs = pytest.importorskip("micrograd.engine")
    nn = pytest.importorskip("micrograd.nn")
    grads, keep = [], nn.Value
    try:
        for value in (theirs.Value, Value):
            nn.Value = value
            random.seed(3)
            model = nn.MLP(2, [4, 4, 1])
            out = model([value(0.3), value(-0.7)])
            model.zero_grad()
            ((out - 1.0) ** 2 + sum(p * p for p in model.parameters())).backward()
            grads.append([p.grad for p in model.parameters()])
    finally:
        nn.Value = keep
    np.testing.assert_allclose(grads[0], grads[1], rtol=1e-13)


BINARY = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
    "//": lambda x, y: x // y, "%": lambda x, y: x % y,
}  # fmt: skip


@pytest.mark.parametrize("f", BINARY.values(), ids=BINARY.keys())
@given(x=NUMBERS, y=NUMBERS)
def test_the_number_protocol_on_both_sides(f: Any, x: float, y: float) -> None:
    want = f(x, y)
    for a, b in [(Value(x), Value(y)), (Value(x), y), (x, Value(y)), (Value(x), np.float64(y)), (np.float64(x), Value(y))]:
        z = f(a, b)
        assert type(z) is Value and z.data == want and z.requires_grad
    quiet = f(Value(x, requires_grad=False), y)
    assert quiet.data == want and not quiet.requires_grad and quiet.is_leaf
    mixed = f(Value(x, requires_grad=False), v := Value(y))
    mixed.backward()
    full = f(Value(x), w := Value(y))
    full.backward()
    assert v.grad == pytest.approx(w.grad, rel=1e-14)


@given(x=st.floats(0.1, 5), y=st.floats(-3, 3))
def test_powers_on_either_side(x: float, y: float) -> None:
    for z in (Value(x) ** Value(y), Value(x) ** y, x ** Value(y), pow(Value(x), y)):
        assert z.data == pytest.approx(x**y, rel=1e-14)
    a = Value(y)
    (x**a).backward()
    assert a.grad == pytest.approx(math.log(x) * x**y, rel=1e-12, abs=1e-15)


@given(x=NUMBERS, y=NUMBERS)
def test_conversions_and_comparisons_are_by_value(x: float, y: float) -> None:
    a, b = Value(x), Value(y)
    assert float(a) == x and int(a) == int(x) and round(a) == round(x) and bool(a) is bool(x) and abs(a).data == abs(x)
    assert math.floor(a) == math.floor(x) and math.ceil(a) == math.ceil(x) and math.trunc(a) == math.trunc(x)
    assert round(a, 2).data == pytest.approx(round(x, 2), abs=0.0101)
    assert (+a) is a and (-a).data == -x and complex(a) == complex(x)
    assert (a < b, a <= b, a > b, a >= b, a == b, a != b) == (x < y, x <= y, x > y, x >= y, x == y, x != y)
    assert (a < y, x > b, a == x, a != x) == (x < y, x > y, True, False)
    assert [q.data for q in divmod(a, b)] == list(divmod(x, y)) and [q.data for q in divmod(x, b)] == list(divmod(x, y))
    assert len({a, b, a}) == 2 and sorted([a, b])[0].data == min(x, y) and max(a, b).data == max(x, y)


def test_what_is_not_a_number_is_refused() -> None:
    for bad in ("3", None, [1.0], 1j, np.ones(2)):
        with pytest.raises(TypeError, match="must be one real number"):
            Value(bad)
    with pytest.raises(TypeError):
        Value(1.0) + "a"
    with pytest.raises(TypeError):
        [1] * Value(2.0)
    assert Value(1.0) != "a" and (Value(1.0) == None) is False  # noqa: E711
    assert Value(np.float32(0.5)).data == 0.5 and Value(True).data == 1.0 and Value(np.array(2.0)).data == 2.0


def test_data_grad_and_label_can_be_set() -> None:
    v = Value(1.0, label="v")
    assert v.grad is None and v.label == "v" and "label='v'" in repr(v)
    v.data -= 0.25
    (v * v).backward()
    assert v.data == 0.75 and v.grad == 1.5 and v.item() == 0.75
    v.zero_grad()
    assert v.grad is None
    w = pickle.loads(pickle.dumps(v))
    assert (w.data, w.label, w.requires_grad) == (0.75, "v", True)
    assert not v.detach().requires_grad and v.detach().data == 0.75


def test_a_middle_value_shows_the_gradient_of_the_last_backward() -> None:
    x = Value(2.0)
    y = x * x
    z = y * 3
    z.backward()
    assert (x.grad, y.grad, z.grad) == (12, 3, 1)
    z.backward(gradient=2.0)
    assert (x.grad, y.grad, z.grad) == (36, 6, 2)


@given(st.lists(NUMBERS, min_size=6, max_size=6))
def test_object_arrays_make_a_network_of_scalars(numbers: list[float]) -> None:
    w = np.array([[Value(a) for a in numbers[:3]], [Value(a) for a in numbers[3:]]])
    x = np.array([0.5, -1.0, 2.0])
    h = np.tanh(w @ x + np.array([Value(0.1), Value(0.2)]))
    out = (np.exp(h) * h[::-1]).sum() + Value(1.0) * h[0]
    assert type(out) is Value
    out.backward()
    t = ag.tensor(np.array(numbers).reshape(2, 3), requires_grad=True)
    g = ag.tanh(t @ ag.tensor(x) + ag.tensor([0.1, 0.2], dtype=ag.float64))
    ((g.exp() * g.flip(0)).sum() + g[0]).backward()
    np.testing.assert_allclose([[v.grad for v in row] for row in w], t.grad.numpy(), rtol=1e-10, atol=1e-12)
    shifted = w + Value(1.0)
    assert shifted.shape == (2, 3) and shifted[0, 0].data == numbers[0] + 1
    assert (Value(1.0) + w)[1, 2].data == numbers[5] + 1


def test_a_value_is_formatted_as_its_number_and_a_copy_keeps_its_gradient() -> None:
    v = Value(1.23456)
    (v * 2).backward()
    assert f"{v:.2f}" == "1.23" and f"{v}" == repr(v) and copy.deepcopy(v).grad == 2.0


def _swapped(f: Any, before: tuple[float, ...], after: tuple[float, ...]) -> Any:
    """A graph whose leaves are set to other numbers after it was recorded."""
    leaves = [Value(a) for a in before]
    z = f(*leaves)
    for v, a in zip(leaves, after):
        v.data = a
    return z, leaves


@pytest.mark.parametrize(
    ("f", "before", "after"),
    [
        (lambda x: x**2, (2.0,), (-2.0,)),
        (ag.square, (2.0,), (-2.0,)),
        (lambda x: x.cosh(), (1.0,), (-1.0,)),
        (lambda x: abs(x), (1.0,), (-1.0,)),
        (lambda a, b: a * b, (2.0, 3.0), (3.0, 2.0)),
        (ag.mul, (2.0, 3.0), (3.0, 2.0)),
        (lambda a, b: a / b, (2.0, 4.0), (1.0, 2.0)),
        (lambda a, b: a.maximum(b), (2.0, 2.0), (2.0, 1.0)),
        (ag.maximum, (2.0, 2.0), (2.0, 1.0)),
        (
            ag.Op("bump", lambda x: x * x * (x - 1) ** 2 * (x + 2), lambda g, z, x: g * (x * (x - 1) * (5 * x * x + 5 * x - 4))),
            (0.0,),
            (1.0,),
        ),
    ],
)
def test_numbers_that_were_set_are_noticed_though_the_result_is_the_same(f: Any, before: Any, after: Any) -> None:
    z, leaves = _swapped(f, before, after)
    with pytest.raises(RuntimeError, match="as they were when it was recorded"):
        ag.grad(z, leaves, create_graph=True)
    again, _ = _swapped(f, after, after)
    assert again.data == z.data


@given(numbers=st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_numbers_that_are_set_to_what_they_were_or_before_they_are_used_are_nobodys_concern(numbers: list[float]) -> None:
    a, b, c = map(Value, numbers)
    for v in (a, b, c):
        v.data = v.data + 1
    z = a * b + c * c
    want = [b.data, a.data, 2 * c.data]
    for _ in range(2):
        assert [g.data for g in ag.grad(z, [a, b, c], create_graph=True)] == want
        a.data = a.data
