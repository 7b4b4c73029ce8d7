"""Kernels: what they store is what the rules say, and what Python's floats refuse they compute by IEEE 754."""

import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Value
from autograd.core.node import Op
from autograd.faces.kernels import Kernel, number
from autograd.faces.methods import OfValues
from autograd.ops.table import ELEMENTWISE

NUMBERS = st.floats(-5, 5).filter(lambda x: abs(x) > 1e-3)


@given(x=NUMBERS, y=NUMBERS)
def test_kernels_agree_with_the_rules(x: float, y: float) -> None:
    """The fast backward with stored partials = the recorded one through the rules."""
    assume(abs(x - y) > 1e-3)

    def f(a: Any, b: Any) -> Any:
        if x > 0:
            return ((a * b + a / b - b).tanh() * (a * 0.5).relu() + (2.0 - b) ** 2 + ag.sigmoid(a)).log1p()
        return (a - b).exp() / (1 + b * b)

    a, b = Value(x), Value(y)
    z = f(a, b)
    assume(math.isfinite(z.data))
    raw = [g.data for g in ag.grad(z, [a, b])]
    recorded = [g.data for g in ag.grad(z, [a, b], create_graph=True)]
    np.testing.assert_allclose(raw, recorded, rtol=1e-12, atol=1e-300)


def test_a_kernel_is_compiled_once_when_it_is_first_asked_for() -> None:
    assert Value.arctan is Value.atan and Value.absolute is Value.abs and Value(0.5).arctan().data == math.atan(0.5)

    class Sub(Value):
        def tanh(self) -> Value:
            return super().tanh() + 1

    assert Sub(0.0).tanh().data == 1.0
    code = """
from autograd.faces.kernels import Kernel
from autograd.faces.methods import OfValues
from autograd.faces.value import Value
waiting = [name for held_by in (Value, OfValues) for name, held in vars(held_by).items() if isinstance(held, Kernel)]
for name in waiting:
    assert getattr(Value, name) is getattr(Value, name) is vars(Value)[name]
print(len(waiting) > 40)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"


ROWS = [
    row for row in ELEMENTWISE.values() if row.differentiable and len(row.vjps) in (1, 2) and row.name not in ("elu", "prelu", "round")
]  # no method is one of these itself
OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "pow": "pow", "//": "floordiv", "%": "mod"}
EXTREME = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 40.0, 1000.0, -1000.0, 1e300, -1e300, 1e-300, math.inf, -math.inf, math.nan]


def methods(row: Op) -> Iterator[tuple[str, Any]]:
    """The methods of Values that are a row, and functions that call them: of both, of a first and of a second argument a number."""
    for name, held in vars(OfValues).items():
        if isinstance(held, Kernel) and held.row is row:
            yield name, getattr(Value, name)
    if row.name in OPERATORS:
        yield f"__{OPERATORS[row.name]}__", getattr(Value, f"__{OPERATORS[row.name]}__")
        yield f"__r{OPERATORS[row.name]}__", lambda x, y: getattr(Value, f"__r{OPERATORS[row.name]}__")(y, x)
    elif row.name in ("neg", "abs"):
        yield f"__{row.name}__", getattr(Value, f"__{row.name}__")


def by_the_rules(row: Op, numbers: Sequence[float]) -> tuple[float, list[float]]:
    """The result and the partials, as the rules give them by IEEE 754."""
    with np.errstate(all="ignore"):
        raws = [np.float64(x) for x in numbers]
        z = np.float64(row.compute(*numbers))
        return float(z), [float(row.vjp(i, np.float64(1), z, raws)) for i in range(len(raws))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@settings(max_examples=60)
@given(numbers=st.lists(st.floats(-4, 4) | st.sampled_from(EXTREME), min_size=2, max_size=2))
def test_a_kernel_stores_what_the_rules_say(row: Op, numbers: list[float]) -> None:
    numbers = numbers[: len(row.vjps)]
    want, partials = by_the_rules(row, numbers)
    found = list(methods(row))
    assert found
    for name, method in found:
        for fixed in [(), (0,), (1,)] if len(numbers) == 2 else [()]:  # which of the arguments are numbers
            if (name.startswith("__r") and 0 not in fixed) or (0 in fixed and not name.startswith("__r")):
                continue
            args: list[Any] = [x if i in fixed else Value(x) for i, x in enumerate(numbers)]
            with np.errstate(all="ignore"):
                z = method(*args)
            assert type(z) is Value and z.op is row and len(z.args) == len(args)
            assert all(a is b or (i in fixed and repr(a) == repr(b)) for i, (a, b) in enumerate(zip(z.args, args)))
            np.testing.assert_allclose(z.data, want, rtol=1e-15)
            assert set(z.partials) == set(range(len(args))) - set(fixed)
            np.testing.assert_allclose(list(z.partials.values()), [d for i, d in enumerate(partials) if i not in fixed], rtol=1e-14)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_constants_and_what_is_not_recorded_store_nothing(row: Op) -> None:
    numbers = [0.5, 2.0][: len(row.vjps)]
    for _, method in methods(row):
        args = [Value(x, requires_grad=False) for x in numbers]
        with ag.no_grad():
            quiet = method(*map(Value, numbers))
        for z in (method(*args), quiet):
            assert z.data == pytest.approx(by_the_rules(row, numbers)[0], rel=1e-15) and z.op is None and z.args == () and not z.partials
        if len(args) == 2:  # of two, one of which is a constant, the rule is called later on
            half = method(Value(numbers[0]), args[1])
            assert half.requires_grad and not half.partials and half.takes()[0][1] is half.args[0]


@pytest.mark.parametrize("other", ["a", None, [1.0], 1j, (1.0,), object()], ids=["text", "None", "list", "complex", "tuple", "object"])
def test_what_is_no_number_is_refused_by_every_kernel_of_two(other: Any) -> None:
    for row in ROWS:
        if len(row.vjps) == 2:
            for name, method in methods(row):
                args = (other, Value(2.0)) if name.startswith("__r") else (Value(2.0), other)
                if "__" in name:
                    assert method(*args) is NotImplemented
                else:
                    with pytest.raises(TypeError, match=r"takes numbers, arrays, Values and Tensors|must be one real number"):
                        method(*args)


@given(x=st.floats() | st.integers(-(2**60), 2**60) | st.booleans())
def test_a_number_is_whatever_stands_for_one(x: Any) -> None:
    for form in (x, np.float64(x), np.array(x), Fraction(x) if math.isfinite(x) else x):
        assert type(number(form, "it")) is float and repr(number(form, "it")) == repr(float(x))


@pytest.mark.parametrize(
    ("x", "error"),
    [(10**400, ValueError), (np.ones(1), TypeError), ("1", TypeError), (np.array("1"), TypeError), (1j, TypeError)],
    ids=["huge", "array", "text", "array of text", "complex"],
)
def test_what_stands_for_none_is_refused_by_name(x: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^the thing must be (one real number|a number that a float can hold), got "):
        number(x, "the thing")


@given(x=st.floats(), y=st.floats() | st.integers(-5, 5))
def test_values_compare_as_their_numbers(x: float, y: float) -> None:
    for sign in ("<", "<=", ">", ">=", "==", "!="):
        want = eval(f"x {sign} y", {"x": x, "y": y})
        for a, b in [(Value(x), y), (x, Value(y)), (Value(x), Value(y))]:
            assert eval(f"a {sign} b", {"a": a, "b": b}) is want
