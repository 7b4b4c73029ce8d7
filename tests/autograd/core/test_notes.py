"""Notes: lines of code where they were asked for, calls by what went in and out, gradients by whose they are."""

import gc
import math
import threading
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Value, record_lines
from autograd.core.notes import Call, Notes, notes_of
from tests.autograd.examples import FACES, tensors_alive


def line_of(n: Any) -> str | None:
    place = n.place if isinstance(n.tag, Notes) else None
    return place and str(place).rsplit("/", 1)[-1]


def test_lines_are_those_of_user_code() -> None:
    x, t = Value(2.0), ag.tensor([[1.0, 2.0]], requires_grad=True)
    layer = nn.Linear(2, 1)
    here = test_lines_are_those_of_user_code.__code__.co_firstlineno
    with record_lines():
        made = [
            x * x,
            2.0 - x,
            x.tanh(),
            t + t,
            t.sum(),
            layer(t),
            np.tanh(x),
            ag.softmax(t),
        ]
    assert [line_of(n) for n in made] == [f"test_notes.py:{here + k}" for k in range(6, 14)]
    assert line_of(x * x) is None and line_of(t + t) is None


def test_lines_cost_nothing_until_asked_for() -> None:
    x = Value(1.0)
    assert (x * x).tag is None
    assert (ag.tensor([1.0], requires_grad=True) * 2).tag is None


def test_lines_are_switched_for_one_thread() -> None:
    x = Value(1.0)
    found: list[Any] = []
    record_lines()
    try:
        with record_lines(False):
            assert line_of(x * x) is None
        thread = threading.Thread(target=lambda: found.append(line_of(x * x)))
        thread.start()
        thread.join()
        assert found == [None]
        assert line_of(x * x) is not None
        with ag.no_grad():
            assert not (x * x).requires_grad
    finally:
        record_lines(False)
    assert line_of(x * x) is None
    with pytest.raises(ZeroDivisionError), record_lines():
        raise ZeroDivisionError
    assert line_of(x * x) is None


def test_a_label_and_notes_live_together() -> None:
    with record_lines():
        y = Value(1.0) * 2
    y.label = "y"
    assert y.label == "y" and line_of(y) and "label='y'" in repr(y)
    y.label = None
    assert y.label is None and line_of(y)
    t = ag.tensor([1.0])
    t.label = "t"
    assert notes_of(t).label == "t" and t.label == "t"


def test_a_call_is_noted_on_what_came_out_and_not_on_what_went_through() -> None:
    class Both(nn.Module):
        def forward(self, x: Any) -> Any:
            return {"new": [x * 2], "old": x}

    x = ag.tensor([1.0], requires_grad=True) * 1
    m = Both()
    out = m(x)
    assert [c.module() for c in out["new"][0].calls] == [m]
    assert x.tag is None
    outer = nn.Sequential(m_ := nn.Linear(1, 1))
    calls = outer(x).calls
    assert [c.module() for c in calls] == [m_, outer] and calls[0].began > calls[1].began


def test_a_call_keeps_neither_the_module_nor_its_inputs_alive() -> None:
    gc.disable()
    try:
        m = nn.Linear(2, 2)
        out = m(ag.ones(1, 2))
        call = out.calls[0]
        m.last = out  # what many programs do, to look at it later
        assert isinstance(call, Call) and call.module() is m and call.kind == "Linear"
        del m, out
        assert call.module() is None
    finally:
        gc.enable()


def test_gradients_know_their_variables() -> None:
    x, w = Value(3.0), Value(2.0)
    y = x * w
    z = y + x
    dx, dw = ag.grad(z, [x, w], create_graph=True)
    assert dw.notes.gradient_of == [(w.tag, z.tag)]
    assert dx.notes.gradient_of == [(x.tag, z.tag)]
    t = ag.tensor([1.0, 2.0], requires_grad=True)
    (dt,) = ag.grad((t * t).sum(), t, create_graph=True)
    assert dt.notes.gradient_of[0][0] is t.tag
    assert ag.grad(y, x)[0].tag is None  # numbers carry no notes


def test_gradients_keep_neither_variables_nor_output_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        x, a = ag.randn(5, 5, requires_grad=True), ag.randn(5, 5)
        before = tensors_alive()
        y = x @ a
        (g,) = ag.grad(y.sum(), x, create_graph=True)
        del y
        assert tensors_alive() == before + 1
        assert g.notes.gradient_of
    finally:
        gc.enable()


def test_a_gradient_that_many_share_is_noted_in_linear_time() -> None:
    leaves = [Value(1.0) for _ in range(20_000)]
    total = sum(leaves, Value(0.0))
    total.backward(create_graph=True)  # as a tuple that grows, it took ten seconds
    assert len(leaves[0].grad.notes.gradient_of) > 20_000
    for v in leaves:
        v.grad = None


def test_what_a_program_keeps_gathers_no_notes() -> None:
    x, seed = Value(2.0), Value(1.0)
    y = x + 1
    for _ in range(3):
        y.backward(seed, create_graph=True)
        x.grad = None
    assert seed.tag is None

    class Kept(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kept = ag.ones(1, requires_grad=True) * 2

        def forward(self, x: Any) -> Any:
            return self.kept

    m = Kept()
    for _ in range(3):
        out = m(ag.ones(1))
    assert len(out.calls) == 1


def test_gradients_of_several_outputs_have_no_one_source() -> None:
    x = Value(2.0)
    (g,) = ag.grad([x * 2, x * x], x, create_graph=True)
    assert [output for _, output in g.notes.gradient_of] == [None]


class Entries(NamedTuple):
    entries: Any
    other: Any


class Batch:
    def __init__(self, x: Any) -> None:
        self.x = x

    def entries(self) -> tuple[Any, ...]:
        return (self.x,)


def test_results_that_only_look_like_nodes_are_left_alone() -> None:
    class Pair(nn.Module):
        def forward(self, x: Any) -> Entries:
            return Entries(x * 2, x * 3)

    class Bundle(nn.Module):
        def forward(self, x: Any) -> Batch:
            return Batch(x.x * 2)

    pair, bundle = Pair(), Bundle()
    for _ in range(2):
        x = ag.ones(2, requires_grad=True)
        assert [part.calls[0].module() for part in pair(x)] == [pair, pair]
        assert bundle(Batch(x)).x.tag is None


CUTS: dict[str, Callable[[Any], Any]] = {
    "math": math.exp,
    "float": float,
    "complex": lambda v: complex(v) if isinstance(v, Value) else float(v),
    "an entry of an array": lambda v: np.zeros(3).__setitem__(1, v) if isinstance(v, Value) else float(v),
    "an array": lambda v: np.array([v, v], dtype=float) if isinstance(v, Value) else float(v),
}


@pytest.mark.parametrize("face", FACES, ids=["Value", "Tensor"])
@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_number_taken_out_of_a_graph_is_warned_of_once_a_line(face: Any, cut: Any) -> None:
    v = face(2.0) * 3
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            cut(v)
    assert len(caught) == 1 and "no gradient flows" in str(caught[0].message) and ".item()" in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("face", FACES, ids=["Value", "Tensor"])
def test_a_number_that_is_only_looked_at_is_not(face: Any) -> None:
    leaf = face(2.0)
    v, kept, quiet = leaf * 3, leaf * 4, leaf * 5
    v.backward()
    kept.backward(retain_graph=True)
    with ag.no_grad():
        assert float(quiet) == 10
    assert [float(x) for x in (leaf, v, kept, v.detach(), leaf.grad)] == [2, 6, 8, 6, 7]
    assert quiet.item() == 10 and f"{quiet:.1f}" == "10.0" and quiet > 3
