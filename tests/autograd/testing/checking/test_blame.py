"""Who is at fault: the operation whose own derivatives are farthest from right, with its line, or what is known instead."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Op, Tensor, Value
from autograd.testing import GradcheckError, gradcheck
from tests.autograd.testing.checking.examples import leaf


def test_the_report_says_where_and_who() -> None:
    def fn(x: Tensor, y: Tensor) -> Tensor:
        a = ag.exp(x)
        b = wrong(a + y)  # the line
        return (b * a).sum(0)

    wrong = Op("wrong", lambda x: np.sinh(x), lambda g, z, x: g * (ag.cosh(x) + 0.5))
    with pytest.raises(GradcheckError) as caught:
        gradcheck(fn, (leaf(2, 3), leaf(3)))
    text = str(caught.value)
    line = fn.__code__.co_firstlineno + 2
    assert "expected" in text and "relative error" in text and "d output [0] / d input 0 [0, 0]" in text
    assert "most likely at fault: <wrong>, whose own d output" in text and f"{__file__}:{line}" in text
    assert caught.value.report.failures[0].expected != caught.value.report.failures[0].got


def test_a_wrong_kernel_of_a_value_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def tanh(x: Value) -> Value:
        z = Value.record(ag.tanh, (x,))
        z.x, z.y, z.dx = x, None, 1 - z.raw
        return z

    monkeypatch.setattr(Value, "tanh", tanh)
    report = gradcheck(lambda v: v.tanh() * v, Value(0.4), raise_exception=False)
    assert not report and "<tanh>, whose scalar kernel has another partial than its rule" in str(report)
    assert {failure.walk for failure in report.failures} == {"raw"}


def test_kinks_that_cancel_are_said_to_be_kinks() -> None:
    report = gradcheck(lambda x: ag.relu(x) - ag.relu(-x), Value(0.0), raise_exception=False)
    assert not report and "<relu>" in str(report) and "is at a kink here, where the chain rule promises nothing" in str(report)


@settings(max_examples=30)
@given(errors=st.lists(st.sampled_from([0.0, 1e-6, 1e-3, 0.5]), min_size=2, max_size=5))
def test_of_several_wrong_operations_the_worst_is_named(errors: list[float]) -> None:
    ops = [Op(f"op{k}", np.sin, lambda g, z, x, e=error: g * ag.cos(x) * (1 + e)) for k, error in enumerate(errors)]

    def chain(x: Tensor) -> Tensor:
        for op in ops:
            x = op(x) + 0.25
        return x

    check = gradcheck(chain, leaf(1), raise_exception=False).checks[0]
    if not any(errors):
        assert check and check.blame is None
    else:
        assert check.blame is not None and check.blame.op in {f"<op{k}>" for k, error in enumerate(errors) if error == max(errors)}
        assert check.blame.place is not None and __file__ in check.blame.place


@given(size=st.floats(1, 6).map(lambda e: 10**e))
@settings(max_examples=20)
def test_where_each_rule_is_right_by_itself_this_is_said(size: float) -> None:
    """A rule that clips what arrives is wrong only where much arrives, as it does in company."""
    clipped = Op("clipped", lambda x: x * 2, lambda g, z, x: ag.clamp(g, -99.0, 99.0) * 2)
    assert gradcheck(clipped, leaf(2))
    report = gradcheck(lambda x: size * clipped(x), leaf(2), raise_exception=False)
    if report:
        assert size < 99
    else:
        assert report.checks[0].blame is None
        assert "the rule of every operation is right by itself; the error lies in how they are put together" in str(report)


@pytest.mark.parametrize("inputs", [(Value(0.4), Value(0.7)), (leaf(2, 3), leaf(3))], ids=["Values", "tensors"])
@pytest.mark.parametrize("i", [0, 1])
def test_a_rule_that_forgets_the_gradient_of_its_result_is_told_so(inputs: Any, i: int) -> None:
    rules = [lambda g, z, x, y: g * y, lambda g, z, x, y: g * x]
    rules[i] = [lambda g, z, x, y: y + 0 * z, lambda g, z, x, y: x + 0 * z][i]
    product = Op("product", lambda x, y: x * y, *rules)
    report = gradcheck(lambda x, y: product(x, y).sin(), inputs, raise_exception=False)
    assert f"most likely at fault: <product>, whose rule for argument {i} does not depend on g" in str(report)
