"""Programs: what was recorded, run again at the same numbers and at others, gives what recording anew gives."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Node, Value, tensor
from autograd.program.steps import Program, Ref
from autograd.testing.expressions import expressions
from autograd.testing.strategies import shapes

EACH_LAYER = pytest.mark.parametrize("drawn", [expressions(6), expressions(6, shape=shapes(max_dims=2))], ids=["Values", "tensors"])


@EACH_LAYER
@settings(max_examples=60)
@given(data=st.data(), scale=st.floats(0.5, 2), shift=st.floats(-1, 1))
def test_a_program_run_again_gives_what_recording_anew_gives(drawn: Any, data: st.DataObject, scale: float, shift: float) -> None:
    e = data.draw(drawn)
    inputs = e.inputs()
    y = e(*inputs)
    program = Program([y], inputs)
    with np.errstate(all="ignore"):
        (same,) = program([x.raw for x in inputs])
        np.testing.assert_allclose(same, y.raw, rtol=1e-14)
        other = [x.raw * scale + shift if isinstance(x, Value) else np.asarray(x.raw * scale + shift) for x in inputs]
        (got,) = program(other)
        want = e(*(Value(a) if isinstance(x, Value) else tensor(a) for x, a in zip(inputs, other)))
    np.testing.assert_allclose(got, want.raw, rtol=1e-13, atol=1e-13)
    assert np.shape(got) == np.shape(want.raw)


@EACH_LAYER
@settings(max_examples=40)
@given(data=st.data())
def test_steps_are_the_operations_that_depend_on_an_input_in_an_order_that_computes(drawn: Any, data: st.DataObject) -> None:
    e = data.draw(drawn)
    leaves = e.inputs()
    y = e(*leaves)
    inputs = leaves[: data.draw(st.integers(1, len(leaves)))]  # the others are constants
    program = Program([y], inputs)
    depends = {id(x) for x in inputs}
    for n in ag.ancestors(y):
        if n.args and any(id(a) in depends for a in n.args):
            depends.add(id(n))
    assert {id(s.node) for s in program.steps} | {id(x) for x in inputs} == depends
    assert [s.out for s in program.steps] == list(range(len(inputs), len(inputs) + len(program.steps)))
    for s in program.steps:
        assert s.op is s.node.op and len(s.args) == len(s.node.args) and program.slot(s.node) == s.out
        assert all(slot < s.out for _, slot in s.uses)
        held = [*inputs, *(other.node for other in program.steps)]
        assert {j: held[slot] is s.node.args[j] for j, slot in s.uses} == {j: True for j, a in enumerate(s.node.args) if id(a) in depends}
        for a, n in zip(s.args, s.node.args):
            assert isinstance(a, Ref) or a is (n.raw if isinstance(n, Node) else n)
    # all of it is a constant where nothing is an input
    assert Program([y], []).steps == [] and Program([y], [])([]) == [y.raw]


def test_where_no_inputs_are_named_they_are_the_leaves_constants_among_them() -> None:
    x, c = Value(2.0), Value(3.0, requires_grad=False)
    y, z = x * c + 1.0, x * x
    program = Program([y, z])
    assert {id(n) for n in program.inputs} == {id(x), id(c)} and program.slot(Value(1.0)) is None
    values = [5.0 if n is x else 7.0 for n in program.inputs]
    assert program(values) == [36.0, 25.0]


def test_an_input_in_the_middle_cuts_what_made_it() -> None:
    x = Value(2.0)
    h = x * 3
    y = h * h + x
    program = Program([y, h, x], [h])
    assert [s.op.name for s in program.steps] == ["*", "+"] and program([10.0]) == [102.0, 10.0, 2.0]


@given(x=st.floats(-3, 3))
def test_a_step_is_computed_as_one_says(x: float) -> None:
    """Here by numbers with a small imaginary part, which carries the derivative."""
    v = Value(x)
    y = (v * v).tanh() * v.sin() + 1
    program = Program([y], [v])
    (z,) = program([complex(x, 1e-30)], lambda step, args: step.op.compute(*args))
    assert z.imag / 1e-30 == pytest.approx(ag.grad(y, v)[0].data, rel=1e-12, abs=1e-14)
    seen: list[tuple[str, list[int]]] = []
    found = program.run([0.0], lambda step, found: (seen.append((step.op.name, list(found))), step.out)[1])
    assert found == [0.0, *range(1, len(program.steps) + 1)] and [name for name, _ in seen] == [s.op.name for s in program.steps]
    assert all(before == found[: len(before)] for _, before in seen)
