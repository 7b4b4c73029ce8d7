"""Compiled functions of Values: the numbers and gradients of eager, for as long as what was read is what it was."""

from __future__ import annotations

import copy
import math
import random
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Op, Value, grad
from autograd.compiling import floats


@pytest.fixture(autouse=True, params=["lines", "levels"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of program for what either can do."""
    if request.param == "levels":
        for name in ("_FEW", "_ALIKE"):
            monkeypatch.setattr(floats, name, 0)
    return request.param


Layers = list[list[tuple[list[Value], Value]]]


def network(seed: int) -> Layers:
    """Two layers of four units: weights and a bias each."""
    rng = random.Random(seed)
    return [[([Value(rng.uniform(-1, 1)) for _ in range(n)], Value(rng.uniform(-1, 1))) for _ in range(4)] for n in (3, 4)]


def rows(seed: int, requires_grad: bool = True) -> list[list[Value]]:
    rng = random.Random(seed)
    return [[Value(rng.uniform(-2, 2), requires_grad) for _ in range(3)] for _ in range(8)]


def loss(layers: Layers, inputs: list[list[Value]], scale: float = 1.0) -> Value:
    total: Any = 0
    for row in inputs:
        for units in layers:
            row = [sum((w * x for w, x in zip(weights, row)), bias).tanh() for weights, bias in units]
        total = total + sum(row) * sum(row) * scale
    return total + 1e-3 * sum(w * w for units in layers for weights, _ in units for w in weights)


def parameters(layers: Layers) -> list[Value]:
    return [v for units in layers for weights, bias in units for v in (*weights, bias)]


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(np.array(a, float), np.array(b, float), rtol=1e-11, atol=1e-13)


def trained(function: Callable[..., Any], steps: int = 6, **given: Any) -> list[Any]:
    """Losses, parameters and gradients of steps of training on other rows each time."""
    layers, seen = network(0), []
    for i in range(steps):
        inputs = rows(i)
        total = function(layers, inputs, **given)
        for p in parameters(layers):
            p.grad = None
        total.backward()
        for p in parameters(layers):
            p.data -= 0.05 * p.grad
        seen += [total.data, *(p.data for p in parameters(layers)), *(x.grad for row in inputs for x in row)]
    return seen


def test_training_gives_the_numbers_of_eager(kind: str) -> None:
    compiled = ag.compile(loss)
    close(trained(compiled), trained(loss))
    assert compiled.calls == (1, 5, 0) and compiled.reasons == []
    if kind == "lines":
        assert trained(compiled) == trained(loss)
        return
    said, *steps = compiled.listing().splitlines()
    assert "steps of numpy" in said and all(step.startswith("v[") for step in steps) and any("= tanh of v[" in step for step in steps)


def test_what_the_function_reads_may_change() -> None:
    layers, factor = network(1), 2.0
    compiled = ag.compile(lambda inputs: loss(layers, inputs, factor))
    for i, factor in enumerate((2.0, 2.0, 3.0, 3.0, 2.0)):
        inputs = rows(i)
        close(compiled(inputs).data, loss(layers, inputs, factor).data)
    assert compiled.calls.replayed == 3 and compiled.programs == 2
    layers[0][0][0][0] = Value(5.0)  # another Value in the place of one
    inputs = rows(9)
    y = compiled(inputs)
    y.backward()
    want = grad(loss(layers, inputs, factor), layers[0][0][0][0])[0].data
    close(layers[0][0][0][0].grad, want)


def test_constants_are_read_as_they_are() -> None:
    """Values that require no gradient: their numbers are part of the program."""
    layers = network(2)
    compiled = ag.compile(loss)
    fixed = rows(0, requires_grad=False)
    for number in (1.0, 1.0, -4.0, 1.0):
        fixed[0][0].data = number
        close(compiled(layers, fixed).data, loss(layers, fixed).data)


def test_several_calls_wait_for_their_backward_and_gradients_are_differentiated_again() -> None:
    layers = network(3)
    compiled = ag.compile(loss)
    inputs = [rows(i) for i in range(4)]
    totals = [compiled(layers, x) for x in inputs]
    w = layers[0][0][0][0]
    for total, x in reversed([*zip(totals, inputs)]):
        close(grad(total, w)[0].data, grad(loss(layers, x), w)[0].data)
    for function in (compiled, loss):
        (first,) = grad(function(layers, inputs[0]), w, create_graph=True)
        close(grad(first, w)[0].data, grad(grad(loss(layers, inputs[0]), w, create_graph=True)[0], w)[0].data)


def test_a_result_is_one_node_until_it_is_drawn() -> None:
    layers, inputs = network(4), rows(0)
    compiled = ag.compile(loss)
    compiled(layers, inputs)
    z = compiled(layers, inputs)
    assert all(a.is_leaf for a in z.args if isinstance(a, Value))
    assert sum(not n.is_leaf for n in ag.ancestors(z)) == sum(not n.is_leaf for n in ag.ancestors(loss(layers, inputs)))
    z.backward()
    close(layers[0][0][1].grad, grad(loss(layers, inputs), layers[0][0][1])[0].data)


def test_data_that_was_set_since_changes_no_gradient() -> None:
    """As eager's, where each node has stored its partials."""
    layers, inputs = network(5), rows(0)
    compiled = ag.compile(loss)
    compiled(layers, inputs)
    w = layers[1][0][1]
    want = grad(loss(layers, inputs), w)[0].data
    z = compiled(layers, inputs)
    layers[0][0][0][0].data = 9.0
    compiled(layers, inputs)  # the memory of z is used again
    close(grad(z, w)[0].data, want)
    with pytest.raises(RuntimeError, match=r"\.data .* was set"):
        grad(z, w, create_graph=True)


@pytest.mark.parametrize(
    "body",
    [
        lambda layers, x: loss(layers, x) * (2.0 if x[0][0] > 0 else 3.0),
        lambda layers, x: loss(layers, x) * (2.0 if ag.gt(x[0][0], 0) else 3.0),
        lambda layers, x: loss(layers, x) * x[0][0].data,
        lambda layers, x: loss(layers, x) * float(x[0][0].detach()),
        lambda layers, x: ag.tensor([loss(layers, x), 1.0]).sum(),
        lambda layers, x: loss(layers, x) + round(x[0][0] * 10),
        lambda layers, x: loss(layers, x) + math.floor(x[0][0] * 10),
        lambda layers, x: loss(layers, x) + math.ceil(x[0][0] * 10),
        lambda layers, x: loss(layers, x) + x[0][0].detach() * 3,
        lambda layers, x: loss(layers, x) + copy.copy(x[0][0]),
        lambda layers, x: loss(layers, x) + ag.tensor(x[0]).sum().item(),
    ],
    ids=["condition", "function", "data", "float", "tensor", "round", "floor", "ceil", "detach", "copy", "item of a tensor"],
)
def test_what_takes_a_number_out_runs_eagerly_and_says_so(body: Callable[..., Any]) -> None:
    layers, compiled = network(6), ag.compile(body)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for i in range(4):
            inputs = rows(i)
            assert compiled(layers, inputs).item() == body(layers, inputs).item()
    assert compiled.calls.replayed == 0 and len([w for w in heard if "compile" in str(w.message)]) == 1


def test_few_operations_whose_backward_is_outside_run_eagerly() -> None:
    x, y = Value(2.0), Value(3.0)
    compiled = ag.compile(lambda: x * y + x)
    with pytest.warns(UserWarning, match="call it inside"):
        assert compiled().data == 8.0
    assert compiled().data == 8.0 and compiled.calls.eager == 2


def test_a_long_chain_runs_eagerly() -> None:
    def chain(x: Value) -> Value:
        for _ in range(6000):
            x = x * 0.5 + x
        return x

    compiled = ag.compile(chain)
    with pytest.warns(UserWarning, match="few are alike"):
        assert compiled(Value(1.0)).data == chain(Value(1.0)).data
    assert compiled(Value(2.0)).data == chain(Value(2.0)).data and compiled.calls.eager == 2


def slopes(xs: list[Value], ys: list[Value]) -> Any:
    return sum(((x * y + x).tanh() for x, y in zip(xs, ys)), 0.0)


def some(seed: int, requires_grad: bool = True) -> list[Value]:
    return [Value(random.Random(seed + 10 * i).uniform(-1, 1), requires_grad) for i in range(12)]


@pytest.mark.parametrize("requires_grad", [True, False])
def test_values_that_were_one_may_be_two(requires_grad: bool) -> None:
    held, xs, ys = some(0), some(1), some(2, requires_grad)

    def of_held(values: list[Value]) -> Any:
        return slopes(values, held)

    compiled, compiled_held = ag.compile(slopes), ag.compile(of_held)
    for one, other in [(xs, ys), (ys, ys), (xs, ys), (xs, xs), (ys, xs)]:
        if one[0].requires_grad or other[0].requires_grad:
            close(compiled(one, other).data, slopes(one, other).data)
    for values in (held, xs, held, ys, xs):
        z, want = compiled_held(values), of_held(values)
        close(z.data, want.data)
        close([g.data for g in grad(z, held)], [g.data for g in grad(want, held)])
    assert compiled_held.calls.replayed


def test_a_gradient_that_is_read_may_change() -> None:
    xs, weights = some(0), some(1)

    def weighed(xs: list[Value]) -> Any:
        return sum((x * w.grad for x, w in zip(xs, weights)), 0.0)

    compiled = ag.compile(weighed)
    with pytest.warns(UserWarning, match="grad"):
        for number in (1.0, 2.0, 3.0):
            for w in weights:
                w.grad = number
            close(compiled(xs).data, weighed(xs).data)


def test_what_was_read_and_changed_since_is_refused_or_not_needed_by_what_records_again(kind: str) -> None:
    held, xs = some(0), some(1)
    scale = 1.0

    def scaled(xs: list[Value]) -> Any:
        return slopes([x * scale for x in xs], held)

    compiled = ag.compile(scaled)
    for change in ("scale", "other", "shorter"):
        compiled(xs)
        z, x, want = compiled(xs), xs[0], grad(scaled(xs), xs[0])[0].data
        if change == "scale":
            scale = 2.0
        elif change == "other":
            xs[:] = [Value(v.data) for v in xs]
        else:
            xs.pop()
        close(grad(z, x)[0].data, want)
        if kind == "lines":
            close(grad(z, x, create_graph=True)[0].data, want)
            continue
        with pytest.raises(RuntimeError, match="changed since"):
            grad(z, x, create_graph=True)
    assert compiled.calls.replayed >= 3


def test_a_failure_within_a_replay_is_that_of_eager_and_leaves_earlier_results_whole() -> None:
    def picky(x: float) -> float:
        if x > 5:
            raise ArithmeticError("too large")
        return x * 3.0

    row = Op("picky", picky, lambda g, z, x: g * z)
    xs = some(0)

    def function(xs: list[Value]) -> Any:
        return sum(row((x * x).tanh() + x) for x in xs)

    compiled = ag.compile(function)
    compiled(xs)
    z, want = compiled(xs), [g.data for g in grad(function(xs), xs)]
    others = [*some(1)[:-1], Value(9.0)]
    with pytest.raises(ArithmeticError, match="too large"):
        compiled(others)
    assert compiled.calls.replayed == 1
    close([g.data for g in grad(z, xs)], want)


def test_hooks_that_the_function_registers_run_eagerly() -> None:
    def hooked(xs: list[Value]) -> Any:
        inner = [(x * 2).tanh() for x in xs]
        for h in inner:
            h.register_hook(lambda g: g * 3)
        return sum(inner, 0.0)

    xs, compiled = some(0), ag.compile(hooked)
    with pytest.warns(UserWarning, match="a hook"):
        for _ in range(3):
            close([g.data for g in grad(compiled(xs), xs)], [g.data for g in grad(hooked(xs), xs)])


@pytest.mark.parametrize(
    "draw", [lambda: ag.manual_seed(3), lambda: ag.random.default_generator.get_state(), lambda: ag.random.source().random()]
)
def test_seeds_and_draws_run_eagerly(draw: Callable[[], Any]) -> None:
    def seeded(xs: list[Value]) -> Any:
        draw()
        return sum([(x * 2).tanh() for x in xs], 0.0)

    compiled = ag.compile(seeded)
    states = []
    with pytest.warns(UserWarning, match="compile: seeded runs eagerly"):
        for f in (compiled, seeded):
            ag.manual_seed(7)
            for i in range(4):
                f(some(i))
                states.append(ag.random.default_generator.get_state())
                ag.random.source().random()
    assert states[:4] == states[4:] and compiled.calls.replayed == 0


def test_a_call_without_gradients_does_not_stop_later_ones() -> None:
    xs, ys, compiled = some(0), some(1), ag.compile(slopes)
    compiled(xs, ys)
    with ag.no_grad(), pytest.warns(UserWarning, match="no gradients"):
        assert compiled(xs, ys).data == slopes(xs, ys).data
    close(compiled(xs, ys).data, slopes(xs, ys).data)
    assert compiled.calls == (1, 1, 1)


def test_what_runs_eagerly_does_so_for_other_values_of_the_kind() -> None:
    compiled = ag.compile(lambda x, y: x * y.data + x)
    with pytest.warns(UserWarning, match="data"):
        compiled(Value(2.0), Value(3.0))
    for reached in (Value(1.0), Value(4.0)):
        assert compiled(reached, Value(3.0)).data == reached.data * 4
    assert compiled.calls == (0, 0, 3)
    assert len(compiled._threads.own.eagerly) == 1


@pytest.mark.parametrize("twice", [lambda z: (z, z), lambda z: [z, {"z": z}], lambda z: (z, [z * 2, z])])
def test_a_result_that_is_returned_twice_is_one(twice: Callable[[Any], Any]) -> None:
    def of(found: Any) -> list[Value]:
        return [v for x in (found.values() if isinstance(found, dict) else found) for v in ([x] if isinstance(x, Value) else of(x))]

    xs, compiled = some(0), ag.compile(lambda xs, ys: twice(slopes(xs, ys)))
    for i in range(3):
        ys = some(i)
        got, plain = compiled(xs, ys), twice(slopes(xs, ys))
        assert [[a is b for a in of(got)] for b in of(got)] == [[a is b for a in of(plain)] for b in of(plain)]
        assert [type(x) for x in got] == [type(x) for x in plain]
        z = of(got)[0] + of(got)[-1]
        want = of(plain)[0] + of(plain)[-1]
        close([g.data for g in grad(z, [*xs, *ys])], [g.data for g in grad(want, [*xs, *ys])])
        close([g.data for g in grad(of(got)[-1], xs, create_graph=True)], [g.data for g in grad(of(plain)[-1], xs)])
    assert compiled.calls.replayed == 2


def test_backward_in_other_threads() -> None:
    xs, ys, others, compiled = some(0), some(1), some(2), ag.compile(slopes)
    want = [g.data for g in grad(slopes(xs, ys), xs)]
    totals = [compiled(xs, ys) for _ in range(200)][1:]
    found: list[list[float]] = []

    def walk(totals: list[Value]) -> None:
        for z in totals:
            found.append([g.data for g in grad(z, xs)])

    threads = [threading.Thread(target=walk, args=(totals[i::4],)) for i in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for t in threads:
            t.start()
        for _ in range(500):
            compiled(xs, others)
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(found) == len(totals)
    close(found, [want] * len(totals))


def test_whether_a_value_requires_a_gradient_may_be_all_that_is_asked() -> None:
    xs, asked = some(0), Value(1.0)

    def function(xs: list[Value]) -> Any:
        return sum(((x * x).tanh() * (2 if asked.requires_grad else 3) for x in xs), 0.0)

    compiled = ag.compile(function)
    for on in (True, True, False, False, True):
        asked.requires_grad = on
        close(compiled(xs).data, function(xs).data)
    assert compiled.calls.replayed
