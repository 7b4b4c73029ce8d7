"""What is said of a graph's health is so: where a NaN began, which units are dead, what is flat, and which gradients are known."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, Value
from autograd.drawing.diagnosis import Diagnosis, computed_gradients, kept_gradients
from autograd.drawing.statistics import measured
from autograd.program.reading import read
from tests.autograd.drawing.test_flow import graphs


def diagnosis(output: Any) -> Diagnosis:
    reading = read(output)
    return Diagnosis(reading, kept_gradients(reading, []) | computed_gradients(reading)[0])


# Where it begins.
def test_it_begins_at_the_first_value_that_is_not_finite() -> None:
    x = Value(0.0)
    y = x.log()
    z = ((y * 0 + 1) * 2).tanh()
    assert diagnosis(z).beginning == (y, False, True)
    assert diagnosis(Value(1.0).exp()).beginning is None
    nan = Value(float("nan"))
    assert diagnosis(nan * 2).beginning == (nan, False, True)


def test_or_at_the_first_gradient_on_the_way_back() -> None:
    x = ag.tensor([0.0, 4.0], requires_grad=True)
    h = x * 1.0
    root = h.sqrt()
    y = (root * ag.tensor([0.0, 1.0])).sum()
    found = diagnosis(y)
    assert found.beginning == (h, True, True)  # 0 · inf; that of x is NaN for it
    assert found.gradient(x).nonfinite == 0.5 and found.gradient(root).nonfinite == 0  # type: ignore[union-attr]


def test_what_is_not_known_may_have_been_before() -> None:
    w = ag.tensor([-1.0, 1.0], requires_grad=True)
    y = (w.log() * 2).sum()
    y.backward()
    assert diagnosis(y).beginning == (y, False, False)
    w = ag.tensor([0.0, 1.0], requires_grad=True)
    y = (w.sqrt() * 2).sum()
    y.backward()
    assert diagnosis(y).beginning == (w, True, False)


# Units.
@st.composite
def layers(draw: Any) -> tuple[nn.Module, Tensor, list[bool]]:
    """Two layers with a ReLU between, some of whose units have a bias that silences them."""
    units, examples = draw(st.integers(1, 6)), draw(st.integers(8, 12))
    silent = draw(st.lists(st.booleans(), min_size=units, max_size=units))
    ag.manual_seed(draw(st.integers(0, 9)))
    between = [nn.Dropout(0.1)] if draw(st.booleans()) else []
    net = nn.Sequential(nn.Linear(2, units, bias=True), nn.ReLU(), *between, nn.Linear(units, 3))
    with ag.no_grad():
        net[0].bias[:] = ag.tensor([-50.0 if s else 5.0 for s in silent])
    return net, ag.rand(examples, 2), silent


@settings(max_examples=40)
@given(layers())
def test_dead_units_are_counted_with_the_values_and_without(made: tuple[nn.Module, Tensor, list[bool]]) -> None:
    net, x, silent = made
    loss = (net(x) ** 2).sum()
    for let_go in (False, True):
        if let_go:
            loss.backward()
        (n,) = (n for n in read(loss).nodes if n.op is ag.relu)
        assert (n.raw is None) == let_go
        assert diagnosis(loss).dead(n) == (sum(silent), len(silent))


@pytest.mark.parametrize(
    ("rows", "columns", "said"), [(8, 4, (4, 4)), (2, 4, (4, 4)), (1, 4, None), (1, 8, (8, 8)), (8, 0, None), (0, 4, None)]
)
def test_few_examples_say_nothing_of_a_unit(rows: int, columns: int, said: Any) -> None:
    h = ag.relu(-ag.ones(rows, columns, requires_grad=True))
    assert diagnosis(h.sum()).dead(h) == said
    mixed = ag.relu(ag.tensor([[1.0, -1.0]] * rows, requires_grad=True).reshape(rows, 2))
    assert diagnosis(mixed.sum()).dead(mixed) == ((1, 2) if rows == 8 else None)


def test_what_is_no_relu_is_not_dead_nor_what_cannot_be_known() -> None:
    x = ag.zeros(16, 4, requires_grad=True)
    h = x * 2
    assert diagnosis(h.sum()).dead(h) is None
    y = ag.relu(-ag.ones(16, 4, requires_grad=True)).sum()  # no layer behind it whose gradients would tell
    y.backward()
    reading = read(y)
    assert [diagnosis(y).dead(n) for n in reading.nodes] == [None] * len(reading.nodes)
    net = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    y = (net(ag.ones(16, 2)) * 0).sum()  # no gradient comes as far as the layers
    y.backward()
    assert not any(diagnosis(y).dead(n) for n in read(y).nodes)
    assert diagnosis(Value(-1.0).relu()).dead(Value(-1.0).relu()) is None


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=20))
def test_saturated_is_what_has_less_than_a_twentieth_of_the_steepest_slope(numbers: list[float]) -> None:
    x = ag.tensor(numbers, dtype=ag.float64, requires_grad=True)
    for f, slope in (
        (ag.tanh, lambda x: 1 - np.tanh(x) ** 2),
        (ag.sigmoid, lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2 / 0.25),
        (ag.relu, lambda x: (x > 0) * 1.0),
    ):
        z: Any = f(x)
        assert diagnosis(z.sum()).saturated([z]) == np.mean(slope(np.array(numbers)) < 0.05)
        values = [f(Value(v)) for v in numbers]
        assert diagnosis(values).saturated(values) == np.mean(slope(np.array(numbers)) < 0.05)
    assert diagnosis((x * 2).sum()).saturated(read((x * 2).sum()).nodes) is None


# Gradients.
@settings(max_examples=20)
@given(graphs())
def test_computed_gradients_are_those_of_backward_and_touch_none(graph: tuple[Value, list[Value]]) -> None:
    y, leaves = graph
    reading = read(y)
    computed = computed_gradients(reading)[0]
    assert kept_gradients(reading, []) == {} and all(n.grad is None for n in reading.nodes)
    y.backward()
    kept = kept_gradients(reading, [])
    assert kept.keys() >= {n for n in computed if n in leaves}
    assert all(kept[n] == pytest.approx(computed[n], rel=1e-9, abs=1e-9, nan_ok=True) for n in computed if n in kept)


def test_what_a_backward_keeps() -> None:
    w = ag.tensor([[1.0, 2.0]], requires_grad=True)
    h = w * 2
    h.retain_grad()
    y = (h * h).sum()
    y.backward()
    reading = read(y)
    assert {n.shape for n in kept_gradients(reading, [])} == {(1, 2)} and computed_gradients(reading) == ({}, {})
    assert w in kept_gradients(reading, [])
    v = Value(3.0)
    (v * v).backward()
    again = read(v * 5)
    assert kept_gradients(again, []) == {} and kept_gradients(again, [], anyway=True) == {v: 6.0}
    (dv,) = ag.grad(v * v, v, create_graph=True)
    assert kept_gradients(again, [(v, dv), (v, Value(9.0))]) == {v: 6.0}  # the first derivative


def test_no_gradient_of_what_is_not_one_number_or_was_changed_since() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    assert computed_gradients(read(x * 2)) == ({}, {})
    y = (x * x).sum()
    with ag.no_grad():
        x += 1
    assert computed_gradients(read(y)) == computed_gradients(read(ag.ones(2).sum())) == ({}, {})


def test_sparse_gradients_are_measured_whole() -> None:
    t = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    a, _, c = t.values()
    found = diagnosis(a * 3 + c * 4)
    assert found.gradient(t) == measured(np.array([3.0, 0.0, 4.0]))
