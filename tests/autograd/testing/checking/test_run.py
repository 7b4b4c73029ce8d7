"""gradcheck: what is wrong is found, what is right passes, and what cannot be told is named."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Generator, Op, Tensor, Value, tensor
from autograd.testing import GradcheckError, gradcheck, gradgradcheck


def leaf(*shape: int, seed: int = 0) -> Tensor:
    return tensor(np.random.default_rng([seed, *shape]).normal(size=shape), requires_grad=True)


# What is right.
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


@settings(max_examples=50)
@given(seed=st.integers(0, 10**6), scale=st.floats(-8, 8).map(lambda e: 10**e))
def test_no_false_alarm_where_rounding_is_amplified(seed: int, scale: float) -> None:
    x = leaf(3, seed=seed)
    gradcheck(lambda x: ((x * scale + 1) - 1) / scale * ag.exp(x) - ag.exp(x) + (x + 1e6) ** 2 - 1e12, x, order=2)


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


# What is wrong.
def planted(error: Any, m: int = 10, n: int = 100, seed: int = 0) -> tuple[Any, Tensor]:
    """tanh(A x), where entry ``error[0]`` of the Jacobian is wrong by the factor 1 + ``error[1]``."""
    a = np.random.default_rng(seed).normal(size=(m, n)) / 10
    wrong = a.copy()
    wrong[error[0]] *= 1 + error[1]
    wrong_t = tensor(wrong)

    def rule(g: Any, z: Any, x: Any) -> Any:
        d = g * (1 - z * z)
        return d @ wrong if isinstance(d, np.ndarray) else d @ wrong_t

    op = Op("hidden", lambda x: np.tanh(a @ x), rule)
    return op, leaf(n, seed=seed)


@settings(max_examples=25)
@given(k=st.integers(0, 9), i=st.integers(0, 99), seed=st.integers(0, 1000), size=st.sampled_from([1e-10, -1e-10, 1e-6, -2.0]))
def test_an_error_in_one_entry_of_a_jacobian(k: int, i: int, seed: int, size: float) -> None:
    op, x = planted(((k, i), size), seed=seed)
    report = gradcheck(op, x, raise_exception=False)
    names = {failure.what for failure in report.failures}
    assert names == {f"d output [{k}] / d input 0 [{i}]"}
    assert {failure.walk for failure in report.failures} == {"raw", "recorded"}
    assert report.failures[0].error == pytest.approx(abs(size), rel=1e-3)


def test_many_inputs_are_checked_along_directions() -> None:
    op, x = planted(((3, 200), 1e-7), n=400)
    report = gradcheck(op, x, raise_exception=False)
    assert not report
    assert [f.what for f in report.failures if f.walk == "raw"] == ["d output [3] / d input 0 [200]"]  # then it is looked for
    op, x = planted(((3, 2500), 1e-6), n=3000)
    report = gradcheck(op, x, raise_exception=False)
    assert "random directions only" in str(report) and {f.what for f in report.failures} == {"d output [3] / d direction"}
    assert gradcheck(*planted(((0, 0), 0.0), n=400))


def test_many_outputs_are_weighed() -> None:
    a = leaf(60, 5, seed=1).raw
    for error in (0.0, 1e-9):
        wrong = a.copy()
        wrong[50, 2] *= 1 + error
        op = Op("hidden", lambda x: a @ x, lambda g, z, x, wrong=wrong: g @ (wrong if isinstance(g, np.ndarray) else tensor(wrong)))
        report = gradcheck(op, leaf(5), raise_exception=False)
        assert bool(report) == (error == 0)
    assert "d weighed outputs / d input 0 [2]" in str(report)


def test_an_error_of_the_second_order_only() -> None:
    """A rule that hides one of its factors: right as a number, wrong as a graph."""
    hidden = Op("hidden", lambda x: x * x * x, lambda g, z, x: g * (3 * (x.detach() if isinstance(x, Tensor) else x) ** 2))
    x = leaf(3)
    assert gradcheck(hidden, x)
    for report in (gradcheck(hidden, x, order=2, raise_exception=False), gradgradcheck(hidden, x, raise_exception=False)):
        assert not report and report.checks[-1].order == 2
        assert "by a way that is not recorded" in str(report) and "most likely at fault: <hidden>" in str(report)


def test_only_the_recorded_walk_is_wrong() -> None:
    op = Op("hidden", np.sin, lambda g, z, x: g * (np.cos(x) if isinstance(g, np.ndarray) else 2 * ag.cos(x)))
    report = gradcheck(op, leaf(2), raise_exception=False)
    assert {failure.walk for failure in report.failures} == {"recorded"}


def test_only_the_raw_walk_is_wrong() -> None:
    op = Op("hidden", np.sin, lambda g, z, x: g * (2 * np.cos(x) if isinstance(g, np.ndarray) else ag.cos(x)))
    report = gradcheck(op, leaf(2), raise_exception=False)
    assert {failure.walk for failure in report.failures} == {"raw"}
    assert {failure.rank for failure in report.failures} == {0}


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
        z.x, z.dx = x, 1 - z.raw
        return z

    monkeypatch.setattr(Value, "tanh", tanh)
    report = gradcheck(lambda v: v.tanh() * v, Value(0.4), raise_exception=False)
    assert not report and "<tanh>, whose scalar kernel has another partial than its rule" in str(report)
    assert {failure.walk for failure in report.failures} == {"raw"}


def test_a_dependence_outside_of_the_graph() -> None:
    for fn in (lambda x: x * x.detach(), lambda x: x * tensor(x.detach().numpy() ** 2), lambda x: x * x[0].item()):
        report = gradcheck(fn, leaf(3), raise_exception=False)
        assert not report and "by a way that is not recorded" in str(report) and report.method == "differences"
    assert gradcheck(lambda x: x * x.detach(), leaf(3), method="complex")  # of the graph alone


# Kinks.
@pytest.mark.parametrize(
    ("fn", "inputs", "slopes"),
    [
        (ag.relu, [0.0], (0, 1, 0)),
        (abs, [0.0], (-1, 1, 0)),
        (lambda x: ag.leaky_relu(x, 0.25), [0.0], (0.25, 1, 0.25)),
        (lambda x: x.max(), [2.0, 2.0], (0, 1, 0.5)),
        (lambda x: -x.amin(), [2.0, 2.0, 3.0], (-1, 0, -0.5)),
        (lambda x: ag.maximum(x[0], x[1]), [1.0, 1.0], (0, 1, 0.5)),
        (lambda x: ag.clamp(x, -1.0, 1.0), [1.0], (1, 0, 1)),
        (lambda x: ag.where(x > 0, x, 0.1 * x), [0.0], (0.1, 1, 0.1)),
        (lambda x: x.norm(), [0.0], (-1, 1, 0)),
        (lambda x: ag.sqrt(x), [0.0], (math.nan, math.inf, math.inf)),
        (ag.sign, [0.0], (math.inf, math.inf, 0)),
        (ag.floor, [1.0], (math.inf, 0, 0)),
        (lambda x: ag.where(x > 0, x + 1, x), [0.0], (1, math.inf, 1)),
    ],
)
def test_at_a_kink_the_slopes_are_named(fn: Any, inputs: list[float], slopes: tuple[float, ...]) -> None:
    report = gradcheck(fn, tensor(inputs, dtype=ag.float64, requires_grad=True), order=2)
    kink = report.kinks[0]
    np.testing.assert_allclose((kink.left, kink.right, kink.got), slopes, atol=1e-6)
    assert "not differentiable here" in str(report) and "left slope" in str(report) and "the engine uses" in str(report)
    assert len(report.checks) == 1 and "higher orders were not looked at" in str(report)


@settings(max_examples=30)
@given(c=st.floats(-2, 3))
def test_a_gradient_between_the_slopes_passes_and_another_does_not(c: float) -> None:
    op = Op("kinked", lambda x: np.maximum(x, 0), lambda g, z, x: g * ag.where(x > 0, 1, ag.where(x < 0, 0, c)))
    report = gradcheck(op, leaf(1) * 0 + tensor([0.0], requires_grad=True, dtype=ag.float64), raise_exception=False)
    assert bool(report) == (-1e-5 <= c <= 1 + 1e-5)


@pytest.mark.parametrize("x", [1e-3, -1e-3, 1e-6, -1e-9])
@pytest.mark.parametrize("fn", [ag.relu, abs, lambda x: ag.where(x > 0, x * x, -x)])
def test_beside_a_kink_all_is_smooth(fn: Any, x: float) -> None:
    report = gradcheck(fn, tensor([x, 1.0], dtype=ag.float64, requires_grad=True))
    assert report and not report.kinks


def test_at_a_kink_all_that_would_have_been_right_is_shown() -> None:
    op = Op("kinked", lambda x: np.maximum(x, 0), lambda g, z, x: g * 2)
    report = gradcheck(op, tensor([0.0], dtype=ag.float64, requires_grad=True), raise_exception=False)
    assert report.failures[0].between == pytest.approx((0, 1), abs=1e-9) and " to 1" in str(report)


def test_kinks_that_cancel_are_said_to_be_kinks() -> None:
    report = gradcheck(lambda x: ag.relu(x) - ag.relu(-x), Value(0.0), raise_exception=False)
    assert not report and "<relu>" in str(report) and "is at a kink here, where the chain rule promises nothing" in str(report)


# What cannot be told.
steps = iter(range(1, 99))


def changed(x: Tensor) -> Tensor:
    with ag.no_grad():
        x += 1
    return x * x


UNFIT = {
    "float32": (lambda x: x * x, tensor([1.0], requires_grad=True), r"input 0 is float32, whose 7 digits .* \.double\(\)"),
    "integers": (lambda x: x * 1.0, tensor([1]), "no input requires grad, got .Tensor of int64.*integers have no derivative"),
    "no grad": (lambda x: x * x, tensor([1.0]), r"no input requires grad.*requires_grad=True"),
    "numbers": (lambda x: x, 3.0, r"no input requires grad, got \(float\)"),
    "the same twice": (lambda a, b: a * b, [Value(3.0)] * 2, "input 1 is the same object as input 0, so that neither can be moved alone"),
    "one made from the other": (lambda a, b: a * b, (lambda a: (a, a * 2))(leaf(2)), "input 1 was made from another input"),
    "float32 within": (lambda x: x.float() * x.float(), leaf(2), r"<to> computes in float32 at .*test_run.py:\d+"),
    "detached": (lambda x: x.detach() * 2, leaf(2), "no result requires grad, got Tensor"),
    "no tensor": (lambda x: 3.0, leaf(2), "no result requires grad, got float"),
    "dropout": (lambda x: x * ag.bernoulli(ag.full((64,), 0.5)), leaf(64), r"not deterministic.*first seen in <\*> at .*manual_seed"),
    "a step": (lambda x: x * float(next(steps)), leaf(2), r"not deterministic.*first seen in <\*> at .*test_run.py:\d+"),
    "changed": (changed, leaf(2), "the function changed its input 0"),
    "infinite": (lambda x: x / 0, tensor([[1.0]], dtype=ag.float64, requires_grad=True), r"the result holds inf at index \[0, 0\]"),
    "not a number": (lambda x: x, Value(math.nan), "input 0 holds nan"),
    "another shape": (
        lambda x: x[: 1 + int(x[0].item() == 1)],
        tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True),
        "2 numbers at the",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_cannot_be_checked_is_named(name: str) -> None:
    fn, given, message = UNFIT[name]
    with pytest.raises(GradcheckError, match=message):
        gradcheck(fn, given)
    fn, given, _ = UNFIT[name]
    if name not in ("changed",):
        report = gradcheck(fn, given, raise_exception=False)
        assert not report and report.problem and not report.checks


def test_wrong_arguments() -> None:
    x = leaf(2)
    for options, message in [
        ({"order": 0}, "order is the highest order"),
        ({"order": True}, "order is"),
        ({"method": "exact"}, "method must be 'auto', 'complex' or 'differences', got 'exact'"),
        ({"directions": 0}, "directions"),
        ({"rtol": -1.0}, "rtol must be None or a number >= 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            gradcheck(ag.sin, x, **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a function, got Tensor"):
        gradcheck(x, x)  # type: ignore[arg-type]


def test_tolerances_and_directions_of_ones_own() -> None:
    op, x = planted(((0, 0), 1e-6))
    assert gradcheck(op, x, rtol=1e-3, atol=1e-6) and not gradcheck(op, x, rtol=0.0, atol=0.0, raise_exception=False)
    fn = lambda x: ag.tanh(x) * x  # noqa: E731
    assert gradcheck(fn, x, directions=5, generator=Generator().manual_seed(3))
    assert str(gradcheck(fn, x)) == str(gradcheck(fn, x))


# Verdicts that must not depend on where the numbers lie.
@pytest.mark.parametrize("far", [1001.3, -1e4, 1e-3, 1e6])
def test_a_kink_at_some_distance_is_no_hidden_dependence(far: float) -> None:
    x = tensor([far], dtype=ag.float64, requires_grad=True)
    assert gradcheck(lambda x: ag.relu(ag.sin(x)), x, order=2)
    assert gradcheck(lambda x: ag.where(ag.sin(x) > 0, x * x, ag.cos(x)), x, order=2)


def test_ties_nearby_at_the_second_order() -> None:
    a, b = (tensor([v], dtype=ag.float64, requires_grad=True) for v in (1e-3, 5e-4))
    assert gradcheck(lambda a, b: ag.maximum(b, b / a), (a, b), order=2)
    assert gradcheck(lambda x: x.cosh().amax(), tensor([-1.2e-5, 2e-5, 1.9e-5], dtype=ag.float64, requires_grad=True), order=2)


HIDDEN = {
    "beside a kink": (lambda x: (ag.relu(x) + x * x.detach()).sum(), [0.0, 1.0, 2.0]),
    "beside a large output": (lambda x: (1e10 * x, x * x.detach()), [1.0, 2.0]),
    "beside a large term": (lambda x: 1e7 * x[0] + x[1] * (1 + 1e-2 * x[1].detach()), [1.0, 2.0]),
    "far from 0": (lambda x: x * x.detach(), [1e5]),
    "near 0": (lambda x: x * x.detach(), [1e-5]),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_hidden_dependence_is_found(name: str) -> None:
    fn, numbers = HIDDEN[name]
    report = gradcheck(fn, tensor(numbers, dtype=ag.float64, requires_grad=True), raise_exception=False)
    assert not report and "by a way that is not recorded" in str(report)


@settings(max_examples=15)
@given(scale=st.floats(-12, 12).map(lambda e: 10**e), error=st.sampled_from([1e-9, -1e-6, 1e-3]))
def test_a_small_entry_is_checked_beside_a_large_one(scale: float, error: float) -> None:
    sin = Op("sin_", np.sin, lambda g, z, x: g * ag.cos(x) * (1 + error))
    report = gradcheck(lambda x: (scale * x[0], sin(x[1])), leaf(2), raise_exception=False)
    assert "d output 1 / d input 0 [1]" in {f.what for f in report.failures}
    report = gradcheck(lambda x: (ag.erf(x[0]), sin(x[1])), leaf(2), raise_exception=False)
    assert "d output 1 / d input 0 [1]" in {f.what for f in report.failures}


def test_a_small_term_of_a_large_sum() -> None:
    sin = Op("sin_", np.sin, lambda g, z, x: g * ag.cos(x) * (1 + 1e-9))
    assert not gradcheck(lambda x: 1e6 * x[0] + sin(x[1]), leaf(2), raise_exception=False)


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, z, x: ag.abs(g) * 2 * x,
        lambda g, z, x: ag.minimum(g, 1.0) * 2 * x,
        lambda g, z, x: g * 2 * x * (2.0 if isinstance(g, np.ndarray) and (g == 0).any() else 1.0),
    ],
)
def test_gradients_that_arrive_are_of_both_signs_of_many_sizes_and_0(rule: Any) -> None:
    op = Op("squared", lambda x: x * x, rule)
    assert not gradcheck(lambda x: op(x) * 1.0, leaf(3), raise_exception=False)
    assert not gradcheck(lambda x: op(x).sum(), leaf(3), raise_exception=False) or "isinstance" in str(rule.__code__.co_names)


TINY = {
    "softmax": (lambda x: ag.log(ag.softmax(x, 0)), [-690.0, 0.0]),
    "sigmoid": (lambda x: ag.log(ag.sigmoid(x)), [-700.0]),
    "down and up": (lambda x: x * 1e-305 * 1e305, [2.0]),
    "up and down": (lambda x: 1 / (x * 1e100), [1e-100]),
    "reciprocal": (lambda x: 1 / x, [1e-15]),
    "logarithm": (ag.log, [1e-11]),
}


@pytest.mark.parametrize("name", TINY)
def test_no_false_alarm_at_the_ends_of_what_floats_hold(name: str) -> None:
    fn, numbers = TINY[name]
    report = gradcheck(fn, tensor(numbers, dtype=ag.float64, requires_grad=True))
    assert not report.kinks


@pytest.mark.parametrize(
    ("compute", "rule", "x"),
    [
        (np.sqrt, lambda g, z, x: -5 * g, 0.0),
        (np.log, lambda g, z, x: 2 * g / x, 1e-11),
        (np.abs, lambda g, z, x: 3 * g * ag.sign(x) + 2 * g, 0.0),
    ],
)
def test_beyond_the_slopes_is_wrong_also_at_the_end_of_a_domain(compute: Any, rule: Any, x: float) -> None:
    assert not gradcheck(Op("wrong", compute, rule), tensor([x], dtype=ag.float64, requires_grad=True), raise_exception=False)


def test_one_kink_among_many_inputs_hides_nothing() -> None:
    wrong = Op("wrong", np.abs, lambda g, z, x: 3 * g * ag.sign(x))
    x = tensor(np.r_[0.0, np.linspace(1, 2, 299)], requires_grad=True)
    assert not gradcheck(lambda x: wrong(x).sum(), x, raise_exception=False)
    report = gradcheck(lambda x: abs(x).sum(), x)
    assert [kink.what for kink in report.kinks] == ["d output / d input 0 [0]"]
    x = tensor(np.r_[0.0, np.linspace(1, 2, 2999)], requires_grad=True)
    with pytest.raises(GradcheckError, match="have a kink here, and for more than 2000 inputs"):
        gradcheck(lambda x: abs(x).sum(), x)


def test_an_operation_that_takes_no_complex_numbers_in_its_own_way() -> None:
    def square(x: Any) -> Any:
        if np.iscomplexobj(x):
            raise RuntimeError("no complex")
        return x * x

    assert gradcheck(Op("square_", square, lambda g, z, x: 2 * g * x), leaf(2))


def test_the_end_of_a_domain_that_the_function_guards() -> None:
    one = tensor([1.0], dtype=ag.float64)
    p = tensor([0.9995], dtype=ag.float64, requires_grad=True)
    assert gradcheck(lambda p: nn.functional.binary_cross_entropy(p, one), p)
