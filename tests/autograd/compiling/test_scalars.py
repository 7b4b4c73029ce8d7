"""Steps of numpy give what the graph of Values gave, for any numbers, with the gradients of eager's walk."""

import itertools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd as ag
from autograd import Op, Value
from autograd.compiling.scalars import Levels, NotScalarsError
from autograd.core.node import NoGradient
from autograd.ops.table import ELEMENTWISE
from autograd.testing.strategies.programs import Expression, expressions

INF, NAN = math.inf, math.nan


def eager(outputs: Sequence[Value], inputs: Sequence[Value], weights: Sequence[float]) -> np.ndarray:
    """The gradients of a walk; 0 where none arrives."""
    walked = [(z, w) for z, w in zip(outputs, weights) if z.requires_grad]
    if not walked:
        return np.zeros(len(inputs))
    found = ag.grad([z for z, _ in walked], list(inputs), [w for _, w in walked], allow_unused=True)
    return np.array([0.0 if g is None else g.data for g in found])


def numbers_of(values: Sequence[Value]) -> list[float]:
    return [v.data for v in values]


def assert_same(found: np.ndarray, want: Any, tolerance: float = 1e-13) -> None:
    """Equal to so many digits, NaN to NaN."""
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found, np.array(want, float), rtol=tolerance, atol=0, equal_nan=True)


def holds(
    function: Callable[..., Sequence[Value]], recorded_at: Sequence[float], numbers: Sequence[float], *weights: Sequence[float]
) -> Levels:
    """What ``function`` recorded at some numbers gives at others what it would have recorded there, and what it gave stays as it is."""
    before = [Value(x) for x in recorded_at]
    outputs = function(*before)
    levels = Levels(outputs, before)
    assert_same(levels.forward(recorded_at), numbers_of(outputs))
    inputs = [Value(x) for x in numbers]
    outputs = function(*inputs)
    first = levels.forward(numbers)
    kept = first.copy()
    for w in weights:
        assert_same(levels.backward(w), eager(outputs, inputs, w))
    assert_same(levels.forward(numbers), numbers_of(outputs))
    levels.forward(recorded_at)
    np.testing.assert_array_equal(first, kept)
    return levels


# Each row.
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 2.5, 40.0, 1000.0, -1000.0, 1e100, INF, -INF, NAN]
WEIGHTS = [1.0, -2.5, 0.0, INF, -INF, NAN]
ROWS = [row for row in ELEMENTWISE.values() if row.differentiable]


def calls(row: Op) -> list[Callable[..., Value]]:
    """As a function, which makes a general node; as an operator or a method, which makes a kernel's."""
    found: list[Callable[..., Value]] = [row]
    if row.infix is not None:
        found.append(eval(f"lambda x, y: x {row.infix} y"))
    elif len(row.vjps) < 3 and hasattr(Value, row.public):
        found.append(lambda x, *rest: getattr(x, row.public)(*rest) if isinstance(x, Value) else row(x, *rest))
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_at_the_edges(row: Op) -> None:
    """All of them at once, which is a step, with each of the arguments a variable, a number, or a constant Value."""
    n = len(row.vjps)
    points = [*itertools.product(EDGES if n < 3 else EDGES[::3], repeat=n)]
    weights = [w for w, _ in zip(itertools.cycle(WEIGHTS), points)]
    for call in calls(row):
        for how in itertools.product(("variable", "number", "constant"), repeat=n):
            if "variable" not in how:
                continue

            def function(*inputs: Value, call: Any = call, how: Any = how) -> list[Value]:
                given = iter(inputs)
                forms = {"variable": lambda x: next(given), "number": lambda x: x, "constant": lambda x: Value(x, requires_grad=False)}
                return [call(*(forms[kind](x) for kind, x in zip(how, point))) for point in points]

            numbers = [x for point in points for kind, x in zip(how, point) if kind == "variable"]
            if function(*map(Value, numbers))[0].requires_grad:  # not so where only the condition of where is a variable
                holds(function, [0.25] * len(numbers), numbers, *(weights[turn:] + weights[:turn] for turn in range(len(WEIGHTS))))


@pytest.mark.parametrize("constants", [[0.5], [2.0], [-1.0], [0.0], [-0.0], [INF], [NAN], [0.0, -0.0], [2.0, 2.5]], ids=str)
def test_constants_that_are_all_the_same_and_such_that_seem_so(constants: list[float]) -> None:
    """numpy has a faster way for some exponents, which at the edges gives other numbers."""
    numbers = [x for x in EDGES for _ in constants]
    for call in (lambda x, c: x**c, lambda x, c: x / c, lambda x, c: ag.maximum(x, c)):
        holds(
            lambda *x, f=call: [f(a, c) for a, c in zip(x, itertools.cycle(constants))],
            [0.25] * len(numbers),
            numbers,
            [1.0] * len(numbers),
        )


# Whole programs.
BENT = Op("bent", lambda x: 2 * x if x > 0 else x, lambda g, z, x: g * (2 if x > 0 else 1))  # for floats only
EXACT: list[tuple[int, Callable[..., Any]]] = [  # what computes with halves and quarters without rounding, in whichever order
    *[(2, lambda x, y: x + y)] * 4,  # often, so that there are chains of them
    *((2, f) for f in (lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / ag.sign(y), ag.maximum, ag.clamp_min, ag.prelu)),
    *(
        (1, f)
        for f in (lambda x: -x, abs, ag.relu, ag.square, ag.floor, lambda x: x // 2, lambda x: 2.5 % x, lambda x: x**2, lambda x: x**0)
    ),
    *((1, f) for f in (BENT, lambda x: ag.log(x - x), lambda x: ag.clamp(x, -1, 2), lambda x: 1 / x.sign())),
    *[(3, ag.where)] * 2,
]
CONSTANTS = [-0.5, 2.0, 1]
HALVES = [0.0, 1.0, -1.0, 2.0, 0.5, -1.5, INF, -INF, NAN]


def is_exact(x: float | None) -> bool:
    return x is None or not math.isfinite(x) or (abs(x) < 2**20 and (x * 2**20).is_integer())


@st.composite
def programs(draw: st.DrawFn) -> Callable[..., list[Value]]:
    """A function of one number and of two for each copy of it, with many outputs."""
    first = len(CONSTANTS)
    steps: list[tuple[Callable[..., Any], list[int]]] = []
    for n in range(first + 3, first + draw(st.integers(4, 15))):
        arity, operation = draw(st.sampled_from(EXACT))
        node, rest = st.integers(first, n - 1), st.integers(0, n - 1)
        steps.append((operation, [draw(rest if i and i == arity - 1 else node) for i in range(arity)]))
    chosen = draw(st.lists(st.integers(first, first + 2 + len(steps)), max_size=2))

    def function(shared: Value, *own: Value) -> list[Value]:
        outputs = []
        for i in range(0, len(own), 2):
            nodes: list[Any] = [*CONSTANTS, shared, *own[i : i + 2]]
            for operation, refs in steps:
                nodes.append(operation(*(nodes[r] for r in refs)))
            outputs += [nodes[-1], *(nodes[k] for k in chosen)]
        return outputs

    return function


@given(function=programs(), data=st.data())
def test_programs_of_halves_give_what_eager_gives_to_the_last_bit(function: Any, data: st.DataObject) -> None:
    """With infinities and NaN, shared parts, outputs that are inputs, conditions that are Values, and what a user wrote."""
    number = st.sampled_from(HALVES)
    numbers = [data.draw(number)] + [data.draw(number) for _ in range(2 * data.draw(st.integers(1, 4)))]
    inputs = [Value(x) for x in numbers]
    outputs = function(*inputs)
    weights = [data.draw(st.sampled_from([1.0, -2.0, 0.5, 0.0, INF])) for _ in outputs]
    for z, w in zip(outputs, weights):
        if z.requires_grad:
            z.backward(w)
            assume(all(is_exact(n.data) and is_exact(n.grad) for n in ag.ancestors(z)))
    holds(function, [0.5] * len(numbers), numbers, weights)


EXPRESSIONS = expressions(12, ops=[row.name for row in ROWS if row.name != "where"])  # which takes a condition that is no Value


@given(e=EXPRESSIONS, copies=st.integers(1, 4), at=st.floats(-1.5, 1.5))
def test_expressions_of_every_row_give_what_eager_gives(e: Expression, copies: int, at: float) -> None:
    """Away from kinks, where a last digit does not decide: an operation's error is one rounding, and slopes are moderate."""
    numbers = [*e.numbers.values()]
    before = [Value(at) for _ in numbers * copies]
    inputs = [Value(x) for x in numbers * copies]

    def function(values: Sequence[Value]) -> list[Value]:
        return [e(*values[i : i + len(numbers)]) for i in range(0, len(values), len(numbers))]

    with np.errstate(all="ignore"):
        levels = Levels(function(before), before)
    want = numbers_of(function(inputs))
    np.testing.assert_allclose(levels.forward(numbers * copies), want, rtol=1e-12, atol=1e-12)
    weights = np.arange(1.0, copies + 1)
    np.testing.assert_allclose(levels.backward(weights), eager(function(inputs), inputs, weights.tolist()), rtol=1e-12, atol=1e-12)


# What a graph may look like.
def test_inputs_outputs_and_constants_of_every_kind() -> None:
    x, y, unused, inner, constant = Value(2.0), Value(3.0), Value(4.0), Value(5.0) * 1.0, Value(6.0, requires_grad=False)
    late = inner * x
    outputs = [x, constant, Value(7.0), x * x, late, late, x + constant * y]
    levels = Levels(outputs, [x, y, unused, inner])
    np.testing.assert_array_equal(levels.forward([10.0, 20.0, 30.0, 40.0]), [10, 6, 7, 100, 400, 400, 130])
    np.testing.assert_array_equal(levels.backward([1, 1, 1, 1, 1, 1, 1]), [1 + 20 + 2 * 40 + 1, 6, 0, 2 * 10])
    np.testing.assert_array_equal(levels.backward([0, 1, 1, 0, 0, 1, 0]), [40, 0, 0, 10])
    assert levels.operations == 4 and (x.data, x.grad, x.mark) == (2.0, None, None)  # `constant * y` is one, Value(5.0) * 1.0 is not
    assert Levels([], []).forward([]).shape == Levels([x * y], []).backward([1.0]).shape == (0,)
    assert Levels([x * y, x], []).forward([]).tolist() == [6.0, 2.0]


def left(x: list[Value]) -> Value:
    return sum(x, Value(0.0))


def right(x: list[Value]) -> Value:
    y = x[-1]
    for z in reversed(x[:-1]):
        y = z + y
    return y


def halved(x: list[Value]) -> Value:
    return x[0] if len(x) == 1 else halved(x[: len(x) // 2]) + halved(x[len(x) // 2 :])


@pytest.mark.parametrize("shape", [left, right, halved], ids=lambda shape: shape.__name__)
def test_a_chain_of_sums_is_one_step_whichever_way_it_leans(shape: Callable[[list[Value]], Value]) -> None:
    n = 10**5
    x = [Value(1.0) for _ in range(n)]
    levels = Levels([shape(x)], x)
    assert len(levels.steps) == 1
    numbers = np.arange(n)[::-1]
    assert levels.forward(numbers).tolist() == [n * (n - 1) / 2] and (levels.backward([2.0]) == 2).all()


def test_a_sum_that_is_used_elsewhere_stays_apart() -> None:
    def function(*x: Value) -> list[Value]:
        shared = x[0] + x[1] + x[2]
        partial = shared + x[3]
        return [shared * 2 + (partial + x[0]), partial]

    levels = holds(function, [1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [1.0, 0.0], [0.0, 1.0], [2.0, -3.0])
    assert len(levels.steps) == 4  # shared, partial and shared * 2 at one depth, the last sum


def test_a_long_chain_needs_no_recursion() -> None:
    x = Value(1.0)
    y = x
    for _ in range(10**4):
        y = (y * 0.5).tanh() + x
    levels = Levels([y], [x])
    inputs = [Value(0.25)]
    z = inputs[0]
    for _ in range(10**4):
        z = (z * 0.5).tanh() + inputs[0]
    np.testing.assert_allclose(levels.forward([0.25]), [z.data], rtol=1e-13)
    np.testing.assert_allclose(levels.backward([1.0]), eager([z], inputs, [1.0]), rtol=1e-12)


@pytest.mark.parametrize("batch", [4, 40])
def test_a_network_has_as_many_steps_for_any_batch(batch: int) -> None:
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(batch, 2)).tolist(), rng.choice([-1.0, 1.0], batch).tolist()

    def loss(*p: Value) -> list[Value]:
        W, b, v, c = [p[2 * i : 2 * i + 2] for i in range(8)], p[16:24], p[24:32], p[32]
        losses = []
        for x, label in zip(X, labels):
            hidden = [(sum((w * Value(a) for w, a in zip(row, x)), bias)).tanh() for row, bias in zip(W, b)]
            losses.append((1 - label * (sum((h * w for h, w in zip(hidden, v)), c))).relu())
        return [sum(losses) * (1 / batch) + 1e-4 * sum(q * q for q in p)]

    numbers = rng.normal(size=33).tolist()
    before = [Value(0.5) for _ in numbers]
    levels = Levels(loss(*before), before)
    inputs = [Value(x) for x in numbers]
    np.testing.assert_allclose(levels.forward(numbers), numbers_of(loss(*inputs)), rtol=1e-13)
    np.testing.assert_allclose(levels.backward([1.0]), eager(loss(*inputs), inputs, [1.0]), rtol=1e-13, atol=1e-16)
    assert len(levels.steps) == 11


# What a user wrote.
@pytest.mark.parametrize("copies", [1, 5])
def test_rows_of_a_user_are_called_with_floats_and_with_numbers_as_they_were_given(copies: int) -> None:
    def compute(x: float, n: int, y: float) -> float:
        assert type(x) is float and type(n) is int and type(y) is float
        return x * y if x > n else x

    def rule(g: Any, z: Any, x: Any, n: Any, y: Any) -> Any:
        assert type(x) is np.float64 and type(n) is int
        if x <= n:
            raise NoGradient
        return g * x

    row = Op("chosen", compute, lambda g, z, x, n, y: g * (y if x > n else 1), None, rule)

    def function(*x: Value) -> list[Value]:
        return [row(a.exp(), 2, b) for a, b in zip(x[::2], x[1::2])]

    holds(
        function,
        [0.5] * 2 * copies,
        [0.25, 3.0, 1.5, -2.0, 1.0, 4.0, 0.5, 0.5, 2.0, 1.0][: 2 * copies],
        [1.0, -2.0, 0.5, 3.0, 1.0][:copies],
    )


@pytest.mark.parametrize("copies", [1, 5])
def test_nothing_flows_through_an_argument_without_a_rule(copies: int) -> None:
    """Not even a 0: times the infinite slope of log at 0 it would be NaN."""
    first = Op("first", lambda x, y: x, lambda g, z, x, y: g, None)

    def function(*x: Value) -> list[Value]:
        return [first(a, a.log()) + ag.where(a.log(), a, 1.0) + a * 2 + a * 3 for a in x]

    levels = holds(function, [0.5] * copies, [0.0] * copies, [1.0] * copies)
    assert levels.backward([1.0] * copies).tolist() == [7.0] * copies


# What is refused.
def test_what_is_not_made_of_values_alone_is_refused() -> None:
    x = Value(2.0)
    t = ag.tensor([x, 1.0], dtype=ag.float64)
    with pytest.raises(NotScalarsError, match="<item> is no operation on Values alone"):
        Levels([t.values()[0] * x], [x])
    with pytest.raises(NotScalarsError, match="<sum> is no operation on Values alone"):
        Levels([t.sum()], [x])  # type: ignore[list-item]
    for wrong in (t, Value(1.0, requires_grad=False)):
        with pytest.raises(NotScalarsError, match="an input must be a Value that requires a gradient, got"):
            Levels([x * x], [wrong])  # type: ignore[list-item]
    with pytest.raises(NotScalarsError, match="a number is larger than a float can be"):
        Levels([ag.minimum(x, 10**400)], [x])


def test_a_constant_that_was_none_is_refused() -> None:
    """It is what an input made of it, and would be another number for another one."""
    x = Value(2.0)
    with ag.no_grad():
        unrecorded = x * 2
    for lost in (unrecorded, x.detach(), ag.where(x, 1.0, 2.0), *ag.grad(x * x, x), *ag.grad(x * x, x, create_graph=True)):
        with pytest.raises(NotScalarsError, match="may depend on an input, by a way that is not recorded"):
            Levels([x * lost], [x])


def test_a_forgotten_rule_is_refused_as_eager_does() -> None:
    x = Value(2.0)
    row = Op("forgetful", lambda x, y: x * y, lambda g, z, x, y: g * y)
    with pytest.raises(NotScalarsError, match=r"<forgetful> has 1 vjps and was called with 2 arguments"):
        Levels([row(x, x)], [x])


def test_infinities_warn_of_nothing() -> None:
    x = [Value(1.0) for _ in range(8)]
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        levels = Levels([(1 / a).log() - a.exp() for a in x], x)
        levels.forward([0.0, 1e300, -1.0, INF, -INF, NAN, 800.0, -0.0])
        levels.backward([INF] * 8)
