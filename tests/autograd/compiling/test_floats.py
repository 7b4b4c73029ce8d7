"""Lines of floats give what eager gives, to the last bit: results, gradients, errors, and what is left in `.grad`."""

from __future__ import annotations

import builtins
import dis
import itertools
import keyword
import math
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Op, Value
from autograd.compiling import floats
from autograd.compiling.floats import Lines, ordered
from autograd.compiling.names import Names
from autograd.compiling.scalars import NotScalarsError
from autograd.core.node import NoGradient
from autograd.ops.table import ELEMENTWISE
from autograd.testing.strategies.programs import Expression, expressions
from tests.autograd.compiling.stories import Compile, bits, compiled_as_eager, hold, raised
from tests.autograd.compiling.test_scalars import calls, programs

INF, NAN = math.inf, math.nan
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 2.5, 40.0, 1000.0, 5e-324, -1e-310, 1e200, INF, -INF, NAN]
WEIGHTS = [1.0, -2.5, 0.0, INF, -INF, NAN, 1e-320]
ROWS = [row for row in ELEMENTWISE.values() if row.differentiable]


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single operation is compiled, too, though that gains nothing where its backward is outside."""
    monkeypatch.setattr(floats, "_LEAST", 0)


def outside(f: Callable[..., Any]) -> Callable[..., Any]:
    return f


def inside(f: Callable[..., Any]) -> Callable[..., Any]:
    """With the backward of all that it returns."""

    def step(*inputs: Value) -> Any:
        results = f(*inputs)
        for z in results:
            z.backward()
        return results

    return step


def telling(compile: Compile, f: Callable[..., list[Any]], form: Any, points: Sequence[Sequence[float]], weights: Sequence[float]) -> Any:
    """The story of a function that gives a list: at each point, its numbers and the gradients of its inputs."""
    step = compile(form(f))
    for point in points:
        for w in weights:
            inputs = [Value(x) for x in point]
            results = step(*inputs)
            if form is outside:
                for z in results:
                    z.backward(w)
            yield [r.data for r in results], inputs


# Each row.
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_at_the_edges(row: Op) -> None:
    """As a method or operator and as a function, with each of the arguments a variable, a number, or a constant Value."""
    n, replayed = len(row.vjps), 0
    for call in calls(row):
        for how in itertools.product(("variable", "number", "constant"), repeat=n):
            if "variable" not in how or (row.name == "where" and how[1:].count("variable") == 0):
                continue
            edges = EDGES if n == 1 or how.count("variable") > 1 else EDGES[:7] + EDGES[-4:]
            free, fixed = how.count("variable"), n - how.count("variable")
            for constants in itertools.product(edges if n < 3 else EDGES[::4], repeat=fixed):

                def function(*inputs: Value, call: Any = call, how: Any = how, constants: Any = constants) -> list[Value]:
                    given, others = iter(inputs), iter(constants)
                    forms = {
                        "variable": lambda: next(given),
                        "number": lambda: next(others),
                        "constant": lambda: Value(next(others), False),
                    }
                    return [call(*(forms[kind]() for kind in how))]

                points = [[0.5] * free, *itertools.product(edges if n < 3 else EDGES[::4], repeat=free)]
                steps = hold(telling, f=function, form=outside, points=points, weights=WEIGHTS[:: 1 if n == 1 else 3], replayed=0)
                steps += hold(telling, f=function, form=inside, points=points, weights=[1.0], replayed=0)
                replayed += sum(step.calls.replayed for step in steps)
    assert replayed > 100  # where a number is divided by 0, none is


# Whole programs.
@given(e=expressions(12, ops=[row.name for row in ROWS if row.name != "where"]), form=st.sampled_from([outside, inside]))
def test_expressions_of_every_row(e: Expression, form: Any) -> None:
    numbers = [*e.numbers.values()]
    points = [[x + d for x in numbers] for d in (0.0, 1e-3, -2.0, 40.0, -1e3)]
    hold(telling, f=lambda *x: [e(*x)], form=form, points=[[0.5] * len(numbers), *points], weights=[1.0, -0.3], replayed=0)


NUMBER = st.sampled_from([*EDGES, 0.1, -3.7])


@given(function=programs(), data=st.data(), form=st.sampled_from([outside, inside]))
def test_programs_with_shared_parts_and_several_results(function: Any, data: st.DataObject, form: Any) -> None:
    """With infinities and NaN, results that stand in the middle of others, and what a user wrote."""
    n = 1 + 2 * data.draw(st.integers(1, 2))
    points = data.draw(st.lists(st.lists(NUMBER, min_size=n, max_size=n), min_size=2, max_size=4))

    def results(*inputs: Value) -> list[Value]:
        seen: dict[int, Value] = {id(z): z for z in function(*inputs) if not z.is_leaf}
        return [*seen.values()] or [inputs[0] * 1.0]

    hold(telling, f=results, form=form, points=points, weights=[1.0, data.draw(NUMBER)])


def test_a_value_that_is_used_often() -> None:
    """A sum of many terms is written in several lines, for Python's compiler does not nest so many."""

    def function(x: Value, y: Value) -> list[Value]:
        z = x * y
        return [sum(((z * float(k)).tanh() + z for k in range(300)), x)]

    hold(telling, f=function, form=inside, points=[[0.5, 0.25], [1.5, -0.1], [0.0, 0.3]], weights=[1.0], replayed=2)


def test_lines_are_what_is_listed() -> None:
    @ag.compile
    def neuron(x: Value, w: Value) -> Value:
        z = (x * w + 1).tanh()
        z.backward()
        return z

    neuron(Value(1.0), Value(2.0))
    assert (
        neuron.listing()
        == """def neuron(leaves):
    x_value = leaves[0]
    w_value = leaves[1]
    x = x_value.raw
    w = w_value.raw
    mul = x * w
    add = mul + 1.0
    tanh_2 = tanh(add)
    d_add = (1 - tanh_2 * tanh_2)
    d_x = d_add * w
    d_w = d_add * x
    with walking:
        x_value._grad = d_x if x_value._grad is None else x_value._grad + d_x
        w_value._grad = d_w if w_value._grad is None else w_value._grad + d_w
    return node(tanh_2, (taken(Taken, (program, 0, (x_value, w_value), (x, w), None)), x_value, w_value), 1.0, None)"""
    )


# What the function reads may change.
def neurons(count: int = 3) -> tuple[list[Value], Value]:
    return [Value(0.3 * k - 0.4) for k in range(count)], Value(0.1)


def neuron(w: list[Value], x: Sequence[Any], b: Value) -> Value:
    return sum((wi * xi for wi, xi in zip(w, x)), b).tanh()


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("clearing", ["inside", "outside", "never"])
@compiled_as_eager(replayed=6)
def test_steps_of_training(compile: Compile, clearing: str, requires_grad: bool) -> Iterator[Any]:
    """Inputs that need no gradient are read anew; gradients are forgotten in the step, between steps, or add up."""
    w, b = neurons()

    @compile
    def step(x: list[Value], y: Value) -> Value:
        if clearing == "inside":
            for p in (*w, b):
                p.zero_grad()
        e = neuron(w, x, b) - y
        l = e * e
        l.backward()
        return l

    for i in range(8):
        x, y = [Value(math.sin(i + k), requires_grad) for k in range(3)], Value(0.5 * (-1) ** i, requires_grad)
        l = step(x, y)
        yield l, w, b, x, y
        for p in (*w, b):
            p.data -= 0.1 * p.grad
            if clearing == "outside":
                p.grad = None


FACTOR = 2.0


class Unit:
    def __init__(self) -> None:
        self.w, self.scale, self.on = Value(0.5), 3.0, True

    def __call__(self, x: Value) -> Value:
        z = (self.w * x * self.scale).tanh() * FACTOR
        return z if self.on else -z


@compiled_as_eager()
def test_globals_closures_attributes_and_values_that_are_others(compile: Compile) -> Iterator[Any]:
    global FACTOR
    unit, shift = Unit(), 1.0

    @compile
    def step(x: Value, power: float = 2.0) -> Value:
        z = unit(x) ** power + shift
        z.backward()
        return z

    x = Value(0.7)
    for i in range(30):
        if i == 4:
            FACTOR = 2.5
        if i == 8:
            shift = -0.0
        if i == 12:
            unit.scale = 0.25
        if i == 16:
            unit.w = Value(-1.5)
        if i == 20:
            unit.on = False
        if i == 24:
            x.data = 9.0
        if i == 27:
            x = Value(0.1)
        yield (step(x, 3.0) if i % 7 == 6 else step(x)), x, unit.w
    FACTOR = 2.0


@compiled_as_eager()
def test_whether_a_value_requires_a_gradient_and_is_a_leaf(compile: Compile) -> Iterator[Any]:
    held = [Value(1.5), Value(2.5)]

    @compile
    def step(x: Value, y: Value) -> Value:
        z = x * held[0] + (3 if y.is_leaf else 4) + (5 if held[1].requires_grad else 6)
        z.backward()
        return z

    @compile
    def forward(x: Value, y: Value) -> Value:
        return x * held[0] + y * (3 if y.is_leaf else 4)

    for i in range(16):
        held[0].requires_grad, held[1].requires_grad = i % 3 != 0, i % 4 != 0
        x, y = Value(0.5 + i, i % 5 != 4 or i % 3 == 0), Value(1.0)
        z = forward(x, y * 2 if i % 2 else y)
        z.backward()
        yield z, y, step(x, y * 2 if i % 2 else y), x, y, held


@compiled_as_eager()
def test_values_that_were_two_may_be_one(compile: Compile) -> Iterator[Any]:
    held = Value(0.3)

    @compile
    def step(x: Value, y: Value) -> Value:
        z = x * y + (held / y).tanh() + x * held
        z.backward()
        return z

    a, b = Value(1.1), Value(-0.7)
    for x, y in [(a, b), (a, b), (a, a), (b, a), (a, a), (a, held), (held, b), (held, held), (b, a)]:
        yield step(x, y), a, b, held


@compiled_as_eager()
def test_a_constant_that_was_made_of_a_value(compile: Compile) -> Iterator[Any]:
    """A Value that requires no gradient leaves no trace in what is made of it, so that its number counts as a fact."""
    w = Value(0.5)

    @compile
    def through(x: Value) -> Value:
        z = w * (x * 2) + x
        z.backward()
        return z

    for number in (1.0, 1.0, 3.0, 3.0, 1.0, -0.0, 0.0, NAN, NAN):
        yield through(Value(number, requires_grad=False)), w


@compiled_as_eager()
def test_gradients_that_are_there_before(compile: Compile) -> Iterator[Any]:
    x, y = Value(0.5), Value(2.0)

    @compile
    def step() -> Value:
        z = (x * y).exp() + x
        z.backward()
        return z

    for before in (None, 1.0, 1, -0.0, INF, None, NAN, "recorded", "recorded", 0.1):
        x.grad = ag.grad(x * y * y, y, create_graph=True)[0] if before == "recorded" else before
        z = step()
        yield z, x if before != "recorded" else (x.grad.data, x.grad.requires_grad), y


@compiled_as_eager(replayed=6)
def test_several_backwards_and_what_is_left_in_results(compile: Compile) -> Iterator[Any]:
    x, y, other = Value(0.5), Value(2.0), Value(7.0)

    @compile
    def step(scale: float) -> Any:
        other.grad = None
        inner = x * y
        middle = inner.tanh()
        z = middle * inner + y
        z.backward(0.25)
        x.grad = None
        unused = inner * 3
        middle.backward()
        y.backward()
        inner.grad = None
        return {"z": [z, z], "rest": (inner, middle, unused, other, None, scale)}

    for _ in range(8):
        x.data += 0.25
        got = step(2.0)
        yield got, x, y, other, got["z"][0] is got["z"][1], got["rest"][3] is other
        got["z"][0].backward()
        yield x, y


# What is done with a result.
@pytest.mark.parametrize("form", [outside, inside])
def test_a_result_is_differentiated_again_drawn_and_listed(form: Any) -> None:
    def function(x: Value, y: Value) -> list[Value]:
        z = (x * y).tanh() + ag.exp(x) * 2
        z.label = "z"
        return [z, z * y]

    compiled = ag.compile(form(function))
    for _ in range(3):
        x, y, a, b = Value(0.5), Value(-1.5), Value(0.5), Value(-1.5)
        mine, plain = compiled(x, y), form(function)(a, b)
    assert compiled.calls.replayed == 2 and mine[0].label == "z"
    for k in range(2):
        for z, v in ((mine[k], x), (plain[k], a)):
            (d,) = ag.grad(z, v, create_graph=True)
            v.grad = ag.grad(d, v)[0].data
        assert x.grad == pytest.approx(a.grad, rel=1e-13)
        assert [n.data for n in ag.ancestors(mine[k])] == [n.data for n in ag.ancestors(plain[k])]
    assert ag.grad(mine[1], [x, y])[0].data == pytest.approx(ag.grad(plain[1], [a, b])[0].data, rel=1e-13)


def test_a_result_outlives_what_changes_after_it() -> None:
    """Its gradients are those of the numbers that it was computed with, as eager's; only what records it again needs them as they were."""
    scale = 2.0

    def function(x: Value) -> Value:
        return (x * scale).tanh() + x

    compiled, x, a = ag.compile(function), Value(0.5), Value(0.5)
    compiled(x)
    z, plain = compiled(x), function(a)
    scale = 3.0
    x.data = a.data = 4.0
    z.backward()
    plain.backward()
    assert bits(x) == bits(a)
    with pytest.raises(RuntimeError, match=r"\.data .* was set"):
        ag.grad(z, x, create_graph=True)


@compiled_as_eager()
def test_an_edge_in_the_backward(compile: Compile) -> Iterator[Any]:
    root = compile(lambda x, y: x.sqrt() * y)
    for number in (4.0, 1.0, 0.0, 9.0, 0.0):
        x, y = Value(number), Value(2.0)
        z = root(x, y)
        z.backward()
        yield z, x, y


# Errors.
@pytest.mark.parametrize("form", [outside, inside])
@compiled_as_eager()
def test_errors_of_a_row_that_a_user_wrote(compile: Compile, form: Any) -> Iterator[Any]:
    def picky(x: float) -> float:
        if x > 5:
            raise ArithmeticError("too large")
        return x * 3.0

    def rule(g: Any, z: Any, x: Any) -> Any:
        if x > 4:
            raise ValueError("too steep")
        if x > 3:
            raise NoGradient
        return g * 3 / (x - 1)

    row = Op("picky", picky, rule)
    step = compile(form(lambda x, y: [row(x * 2) * y + x]))
    for number in (0.1, 1.0, 0.5, 1.7, 2.2, 3.0, 0.2):
        x, y = Value(number), Value(2.0)
        found = raised(lambda x=x, y=y: step(x, y))
        yield (
            found if form is inside or found[0] == "ArithmeticError" else found[0].data,
            raised(lambda found=found: found[0].backward()),
            x,
            y,
        )


@compiled_as_eager()
def test_an_error_of_the_function_itself(compile: Compile) -> Iterator[Any]:
    limits = [1.0]

    @compile
    def step(x: Value) -> Value:
        z = x / limits[0]
        z.backward()
        return z * 2

    for i in range(9):
        if i == 3:
            limits.clear()
        if i == 6:
            limits.append(4.0)
        x = Value(0.5 + i)
        yield raised(lambda x=x: step(x)), x


# What runs eagerly.
def reading(x: Value, y: Value) -> Any:
    z = x * y
    z.backward()
    return z * x.grad  # here


def differentiating(x: Value, y: Value) -> Any:
    return ag.grad(x * y, x)[0] + y  # here


def creating(x: Value, y: Value) -> Any:
    z = x * y
    z.backward(create_graph=True)  # here
    return z


def weighing(x: Value, y: Value) -> Any:
    z = x * y
    z.backward(y)  # here
    return z


def choosing(x: Value, y: Value) -> Any:
    z = x * y
    z.backward(inputs=[x])  # here
    return z


def setting(x: Value, y: Value) -> Any:
    z = x * y
    x.grad = 1.0  # here
    return z


def switching(x: Value, y: Value) -> Any:
    x.requires_grad = False  # here
    return x * y


def asking(x: Value, y: Value) -> Any:
    return x * y if ag.gt(x, 0.6) else x + y  # here


@pytest.mark.parametrize(
    "body", [reading, differentiating, creating, weighing, choosing, setting, switching, asking], ids=lambda f: f.__name__
)
def test_what_cannot_be_repeated_runs_eagerly_and_says_so(body: Any) -> None:
    def story(compile: Compile) -> Iterator[Any]:
        step = compile(body)
        for i in range(4):
            x, y = Value(0.5 + i), Value(2.0)
            z = step(x, y)
            yield z.data, [v.grad.data if isinstance(v.grad, Value) else v.grad for v in (z, x, y)]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hold(story, falls_back=body)


@compiled_as_eager()
def test_a_backward_through_what_was_recorded_before(compile: Compile) -> Iterator[Any]:
    @compile
    def step(h: Value, y: Value) -> Value:
        z = h * y
        z.backward()
        return z

    for i in range(4):
        x, y = Value(0.5 + i), Value(2.0)
        yield step(x * x, y), x, y


@compiled_as_eager()
def test_hooks_are_called(compile: Compile) -> Iterator[Any]:
    x, y, seen = Value(0.5), Value(2.0), []

    @compile
    def step(x: Value) -> Value:
        z = x * y
        z.backward()
        return z

    outer = compile(lambda x: x * y)
    for i in range(8):
        if i == 3:
            handle = y.register_hook(lambda g: seen.append(g.data))
        if i == 5:
            handle.remove()
            x.register_hook(lambda g: g * 3)
        z = outer(x)
        z.backward()
        yield step(x), z, x, y, seen


@compiled_as_eager()
def test_compiled_functions_within_each_other_and_modes_around(compile: Compile) -> Iterator[Any]:
    w = Value(0.5)

    @compile
    def inner(x: Value) -> Value:
        z = (w * x).tanh()
        z.backward()
        return z

    @compile
    def outer(x: Value) -> Value:
        return inner(x * 2) * 3 + w

    forward = compile(lambda x: (w * x).tanh())
    for i in range(6):
        x = Value(0.1 * i)
        yield inner(x), outer(x), x, w
        with ag.no_grad():
            yield raised(lambda x=x: inner(x)), forward(x), w
        with ag.record_lines():
            z = forward(x)
            z.backward()
            yield z, z.place is not None, inner(x), x, w


def test_a_graph_that_is_too_large_runs_eagerly_with_a_backward_inside() -> None:
    def chain(x: Value) -> Value:
        y = x
        for _ in range(6000):
            y = (y * 0.5) + x
        y.backward()
        return y

    compiled = ag.compile(chain)
    with pytest.warns(UserWarning, match="keep it outside"):
        assert compiled(Value(1.0)).data == chain(Value(1.0)).data


# Interrupts and threads.
def test_an_interrupt_changes_nothing_or_all() -> None:
    @ag.compile
    def step(x: Value, y: Value) -> Value:
        z = (x * y).tanh() + y
        z.backward()
        return z

    want = [Value(0.5), Value(2.0)]
    step(*want)
    code = step._threads.own.last.run.__code__
    # A tracer is told of a with statement again as its block ends; what it raises there skips the exit, which no Ctrl-C does.
    (block,) = (i.positions.lineno for i in dis.get_instructions(code) if i.opname == "BEFORE_WITH" and i.positions is not None)
    for stop in range(60):
        x, y = Value(0.5), Value(2.0)
        events = itertools.count()

        def trace(frame: Any, event: str, arg: Any, events: Any = events, stop: int = stop) -> Any:
            if frame.f_code is code and frame.f_lineno != block and next(events) == stop:
                raise KeyboardInterrupt
            return trace if frame.f_code is code else None

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            step(x, y)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        assert (x.grad, y.grad) in ((None, None), (want[0].grad, None), (want[0].grad, want[1].grad), (None, want[1].grad))
        x.grad = y.grad = None
        step(x, y)
        assert (bits(x), bits(y)) == (bits(want[0]), bits(want[1]))
    assert step.calls.eager == 0


def test_threads_add_to_one_gradient() -> None:
    w = Value(1.0)

    @ag.compile
    def step(x: Value) -> None:
        (w * x).backward()

    def run() -> None:
        for _ in range(500):
            step(Value(1.0))

    threads = [threading.Thread(target=run) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(interval)
    assert w.grad == 2000.0


# Lines of their own.
def test_what_no_line_can_say_is_refused() -> None:
    x = Value(2.0)
    t = ag.tensor([x, 1.0], dtype=ag.float64)
    for z in (t.values()[0] * x, x * x.detach(), Op("forgetful", lambda x, y: x * y, lambda g, z, x, y: g * y)(x, x)):
        with pytest.raises(NotScalarsError):
            Lines(Names(), {x: "x"}).forward(ordered(z, {x}, 100))


def _named(compile: Compile, name: str, within: bool) -> Any:
    """A function of a Value and of a global of this name; with its backward in it, or not."""
    lines = [
        "def f(x):",
        f"z = (x * {name} + x).tanh() * {name} * x + x * x * {name} + x",
        *(["z.backward()"] if within else []),
        "return z",
    ]
    there: dict[str, Any] = {name: Value(2.0)}
    exec("\n    ".join(lines), there)
    return compile(there["f"]), there[name]


def test_a_value_may_have_the_name_of_anything_in_the_code() -> None:
    hooked = Value(1.0)
    hooked.register_hook(lambda g: None)  # while there is a hook anywhere, more is looked at
    f, _ = _named(ag.compile, "w", True)
    f(Value(1.0))
    program = f._threads.own.last
    names = {*program.names.namespace, *program.run.__code__.co_varnames, *dir(builtins), "args", "g", "held", "kwargs", "leaves", "new"}
    for name in sorted(names - {"x", "z", "f"}):
        if name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__"):
            for within in (True, False):
                (f, w), (plain, v) = _named(ag.compile, name, within), _named(lambda f: f, name, within)
                for i in range(4):
                    x, y = Value(0.5 + i), Value(0.5 + i)
                    got, want = f(x), plain(y)
                    if not within:
                        got.backward(), want.backward()
                    assert (got.data, x.grad, w.grad) == (want.data, y.grad, v.grad), name
                assert not within or f.calls.replayed >= 2, name
