"""Kernels: what they store is what the rules say, and what Python's floats refuse they compute by IEEE 754."""

import math
import subprocess
import sys
from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value

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
