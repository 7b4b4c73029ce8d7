"""gradcheck: what is right passes, order by order, and nothing is left changed."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Op, Tensor, Value, tensor
from autograd.testing import GradcheckError, gradcheck, gradgradcheck
from tests.autograd.testing.checking.examples import leaf

RIGHT: dict[str, Any] = {
    "elementwise": (lambda x, y: ag.tanh(x * y) / (1 + y * y), leaf(2, 3), leaf(3)),
    "reductions": (lambda x: x.logsumexp(1) + x.std() + x.norm(dim=0).sum(), leaf(3, 4)),
    "network": (lambda x, w, b: ag.relu(ag.linear(x, w, b)).softmax(1), leaf(4, 3), leaf(5, 3), leaf(5)),
    "several outputs": (lambda x, y: (x * y, [x.sum(), ag.exp(y)]), leaf(3), leaf(3)),
    "values": (lambda a, b: (a * b).sin() + a.exp() / b, Value(0.3), Value(-1.2)),
    "values and tensors": (lambda a, x: (x * a).sum() + a, Value(0.5), leaf(3)),
    "an array of values": (lambda x: ag.ValueTensor(x.values()).sum(1), leaf(2, 3)),
    "a list": (lambda xs: xs[0] * xs[1], [Value(1.0), Value(2.0)]),
    "an object array": (lambda xs: (xs * xs).sum(), np.array([Value(1.0), Value(2.0)], object)),
    "arrays of values": (lambda x, y: (x * y).sum(0), ag.ValueTensor.leaves(leaf(2, 3), "x"), ag.ValueTensor.leaves(leaf(3), "y")),
    "not analytic": (lambda x: ag.gelu(x) * abs(x) + ag.erf(x), leaf(4)),
    "empty": (lambda x, y: (x * x, y.sum()), leaf(0), leaf(2)),
    "an input that is not used": (lambda x, y: x * x, leaf(2), leaf(2)),
    "an input that is the output": (lambda x: x, leaf(2)),
    "linear": (lambda x: 3 * x, leaf(2)),
    "indices": (lambda x, i: x[i] * x[0], leaf(3, 2), tensor([2, 2, 0])),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_of_orders_one_to_three(name: str) -> None:
    fn, *inputs = RIGHT[name]
    report = gradcheck(fn, inputs, order=3)
    assert report and len(report.checks) == 3 and not report.kinks and not report.failures
    assert gradgradcheck(fn, inputs).checks[0].order == 2
    assert gradcheck(fn, tuple(inputs), method="differences").method == "differences"


def test_nothing_lasting_happens_to_the_inputs() -> None:
    x, v = leaf(3), Value(2.0)
    x.grad = ag.ones(3, dtype=ag.float64)
    memory, before = x.raw, x.raw.copy()
    ag.manual_seed(5)
    gradcheck(lambda x, v: (x * x.detach() * v).sum(), (x, v), raise_exception=False)
    assert x.raw is memory and np.array_equal(x.raw, before) and v.data == 2.0 and v.grad is None
    assert x.grad.tolist() == [1.0, 1.0, 1.0]
    drawn = ag.rand(3).tolist()
    ag.manual_seed(5)
    assert ag.rand(3).tolist() == drawn  # the default generator was not asked
    with pytest.raises(GradcheckError, match="cannot be called near the inputs: ZeroDivisionError"):
        gradcheck(lambda x: (x if np.array_equal(x.raw, before) else 1 / 0) * x, x)
    assert x.raw is memory


def test_a_network_that_the_function_closes_over() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    x, y = leaf(5, 3).detach(), leaf(5, 1).detach()
    assert gradcheck(lambda *_: nn.MSELoss()(net(x), y), net.parameters(), order=2)
    w = leaf(2, 3)
    assert gradcheck(lambda x, _: ag.tanh(x @ w.T), (leaf(3), w), order=2)


def test_an_error_of_the_second_order_only() -> None:
    """A rule that hides one of its factors: right as a number, wrong as a graph."""
    hidden = Op("hidden", lambda x: x * x * x, lambda g, z, x: g * (3 * (x.detach() if isinstance(x, Tensor) else x) ** 2))
    x = leaf(3)
    assert gradcheck(hidden, x)
    for report in (gradcheck(hidden, x, order=2, raise_exception=False), gradgradcheck(hidden, x, raise_exception=False)):
        assert not report and report.checks[-1].order == 2
        assert "by a way that is not recorded" in str(report) and "most likely at fault: <hidden>" in str(report)


def test_ties_nearby_at_the_second_order() -> None:
    a, b = (tensor([v], dtype=ag.float64, requires_grad=True) for v in (1e-3, 5e-4))
    assert gradcheck(lambda a, b: ag.maximum(b, b / a), (a, b), order=2)
    assert gradcheck(lambda x: x.cosh().amax(), tensor([-1.2e-5, 2e-5, 1.9e-5], dtype=ag.float64, requires_grad=True), order=2)


@given(order=st.integers(1, 3), wrong_at=st.integers(1, 4))
@settings(max_examples=12)
def test_a_check_ends_at_the_first_order_that_is_wrong(order: int, wrong_at: int) -> None:
    """The n-th derivative of x^5 is given as one twice as large."""

    def power(n: int) -> Op:
        factor = 2.0 if 6 - n == wrong_at else 1.0
        return Op("power", lambda x: x**n, lambda g, z, x: g * (factor * n) * (power(n - 1)(x) if isinstance(x, Tensor) else x ** (n - 1)))

    x = leaf(1)
    report = gradcheck(power(5), x, order=order, raise_exception=False)
    assert [bool(check) for check in report.checks] == [True] * min(order, wrong_at - 1) + [False] * (wrong_at <= order)
    assert bool(gradgradcheck(power(5), x, raise_exception=False)) == (wrong_at != 2)  # the gradients are taken as they are


def test_single_precision_is_converted_for_the_check_and_the_report_says_so() -> None:
    """Also where the function does not look at its arguments, as the loss of a network."""
    net, x = nn.Linear(3, 2), ag.randn(4, 3)
    before = [p.raw for p in net.parameters()]
    report = gradcheck(lambda x, *parameters: ag.tanh(net(x)).sum(), (x, *net.parameters()))
    assert report and "converted to float64" in str(report)
    assert all(p.raw is raw and p.grad is None for p, raw in zip(net.parameters(), before)) and x.dtype == ag.float32
    wrong = ag.Op("wrong", lambda x: x * x, lambda g, z, x: g * x)
    report = gradcheck(wrong, ag.ones(2, requires_grad=True), raise_exception=False)
    assert not report and "converted to float64" in str(report) and "most likely at fault: <wrong>" in str(report)
