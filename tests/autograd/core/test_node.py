"""Operations and nodes: what a row knows of itself, what it takes, and the chain rule at one node."""

import functools

import numpy as np
import pytest

import autograd as ag
from autograd import Op, Value
from tests.autograd.examples import total


def test_a_row_of_ones_own_works_everywhere_and_to_third_order() -> None:
    softsign = Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))
    x = 0.7
    assert softsign(x) == pytest.approx(x / 1.7)
    np.testing.assert_allclose(softsign(np.array([x, -x])), [x / 1.7, -x / 1.7])
    for face in (Value(x), ag.tensor(np.array([x]), requires_grad=True)):
        y = softsign(face)
        for want in (1 / 1.7**2, -2 / 1.7**3, 6 / 1.7**4):
            (y,) = ag.grad(total(y), face, create_graph=True)
            assert y.item() == pytest.approx(want, rel=1e-12)


def test_an_op_checks_its_parts() -> None:
    with pytest.raises(TypeError, match="compute must be a function"):
        Op("f", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="vjp 0"):
        Op("f", abs, "g")  # type: ignore[arg-type]


def test_a_row_and_the_method_it_makes_have_its_name() -> None:
    assert ag.tanh.__name__ == ag.ones(1).tanh.__name__ == "tanh"


def test_a_function_that_wraps_a_row_computes_what_it_says() -> None:
    double = Op("double tanh", functools.wraps(ag.tanh.compute)(lambda x: np.tanh(x) * 2), lambda g, z, x: g)
    assert double(ag.ones(2)).tolist() == double(np.ones(2, np.float32)).tolist()
    three = Op("three", ag.maximum, None, None, None)
    with pytest.raises(TypeError, match="takes 2 arguments, got 3"):
        three(ag.ones(2), ag.ones(2), ag.ones(2))


def test_what_goes_wrong_in_an_operation_is_said_of_it() -> None:
    with pytest.raises(ValueError, match=r"in place of shapes \[\(2,\)\]: 'numpy.ndarray' object has no attribute 'add_'"):
        Op("in place", lambda x: x.add_(1))(ag.ones(2))
    for nothing in (None, "a", [1, None], {}):
        with pytest.raises(TypeError, match=r"<nothing> computed .*; an operation gives an array of real numbers"):
            Op("nothing", lambda x, nothing=nothing: nothing)(ag.ones(2))
