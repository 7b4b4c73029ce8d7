"""Methods: each operation that can be one is one, of tensors and of Values, and does what the public function does."""

import math
from inspect import signature
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Op, Tensor, Value, tensor
from autograd.faces.methods import ALIASES, SYNONYMS, OfTensors, OfValues, methods_of_tensors, methods_of_values

OF_TENSORS = {name: thing for name, _, thing in methods_of_tensors()}
OF_VALUES = dict(methods_of_values())
ROWS = [name for name, thing in OF_VALUES.items() if isinstance(thing, Op)]


@pytest.mark.parametrize("name", OF_TENSORS)
def test_a_method_of_a_tensor_is_the_public_function(name: str) -> None:
    assert getattr(Tensor, name) is getattr(OfTensors, name) is getattr(ag, name) is OF_TENSORS[name]
    assert getattr(tensor([1.0]), name).__self__.tolist() == [1.0]


def test_every_public_operation_on_x_is_a_method() -> None:
    """But for `where`, whose first argument is the condition."""
    for name in ag.__all__:
        thing = getattr(ag, name)
        if name in SYNONYMS:
            assert thing is getattr(ag, SYNONYMS[name]) and getattr(Tensor, name, None) is getattr(Tensor, SYNONYMS[name], None), name
        elif isinstance(thing, Op):
            assert (name in OF_TENSORS) == (name != "where"), name
        elif str(getattr(thing, "__module__", "")).startswith("autograd.ops."):
            assert (name in OF_TENSORS) == (next(iter(signature(thing).parameters)) == "x"), name


def test_every_elementwise_operation_with_a_derivative_is_a_method_of_values() -> None:
    for name in ag.__all__:
        thing = getattr(ag, name)
        if isinstance(thing, Op) and name not in SYNONYMS:
            assert (name in OF_VALUES) == (thing.differentiable and len(thing.vjps) < 3), name
    assert {"gelu", "silu", "clamp", "leaky_relu", "elu"} <= set(OF_VALUES) and not {"sum", "reshape", "lt"} & set(OF_VALUES)


@pytest.mark.parametrize("name", OF_VALUES)
@given(numbers=st.lists(st.floats(0.25, 0.75), min_size=2, max_size=2))
def test_a_method_of_a_value_gives_what_the_public_function_gives(name: str, numbers: list[float]) -> None:
    n = len(OF_VALUES[name].vjps) if name in ROWS else 2 if name in ("clamp", "prelu") else 1
    once, again = (tuple(map(Value, numbers[:n])) for _ in range(2))
    z, want = getattr(once[0], name)(*once[1:]), getattr(ag, name)(*again)
    assert type(z) is Value and z.data == pytest.approx(want.data, rel=1e-15, abs=1e-300)
    np.testing.assert_allclose([g.data for g in ag.grad(z, once)], [g.data for g in ag.grad(want, again)], rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_numpys_names_are_those_of_methods(alias: str, name: str) -> None:
    assert getattr(Value, alias) is getattr(Value, name) and vars(OfValues).keys() >= {alias, name}
    boxed = np.array([Value(0.6), Value(-0.75)])  # numpy looks for a method of its own name
    np.testing.assert_allclose([v.data for v in getattr(np, alias)(boxed)], getattr(np, alias)([0.6, -0.75]), rtol=1e-15)
    assert tensor([0.6]).arctan().item() == pytest.approx(math.atan(0.6), rel=1e-6)


def test_a_method_says_what_it_is() -> None:
    for name in ROWS:
        method: Any = getattr(Value, name)
        assert (method.__name__, method.__qualname__) == (name, f"Value.{name}") and repr(OF_VALUES[name]) in method.__doc__
