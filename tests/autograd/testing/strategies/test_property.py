"""`gradcheck_property`: the tests it makes are collected by pytest (the first ones here are such), and say what is wrong."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import autograd as ag
from autograd import Op, Tensor, Value
from autograd.testing import GradcheckError
from autograd.testing.properties import gradcheck_property
from autograd.testing.strategies import tensors, values
from tests.autograd.testing.checking.layers import affine, affine_backward

softsign = Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))
forgot = Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * (1 - ag.abs(z)))

# Collected and run by pytest as they stand.
test_a_row_of_tensors = gradcheck_property(tensors((3,)), order=2)(softsign)
test_a_row_of_values = gradcheck_property(values(), order=3, max_examples=20)(softsign)


n, d, m = (st.shared(st.integers(1, 3), key=key) for key in "ndm")
test_layers_by_hand = gradcheck_property(
    tensors(st.tuples(n, d)), tensors(st.tuples(d, m)), tensors(st.tuples(m)), backward=affine_backward, max_examples=20
)(affine)


@gradcheck_property(tensors((2, 3)), tensors((3,)), max_examples=20)
def test_a_function_of_two_tensors(x: Tensor, y: Tensor) -> Tensor:
    return (x * y).logsumexp(1)


@pytest.mark.parametrize("power", [2, 3])
@gradcheck_property(x=values(), max_examples=20, directions=1)
def test_a_parameter_of_pytests_stays(power: int, x: Value) -> Value:
    return x * x if power == 2 else x * x * x


def counted(strategy: Any, **options: Any) -> list[Any]:
    seen = []

    def function(x: Any) -> Any:
        seen.append(x)
        return x * 2

    gradcheck_property(strategy, **options)(function)()
    return seen


def test_it_runs_as_many_examples_as_it_is_told() -> None:
    few, many = (len({v.data for v in counted(values(st.floats(0, 1)), max_examples=n)}) for n in (2, 40))
    assert few < many


def failure(test: Any) -> str:
    with pytest.raises(GradcheckError) as caught:
        test()
    return "\n".join([str(caught.value), *caught.value.__notes__])


def test_a_wrong_row_is_found_and_shrunk() -> None:
    shown = failure(gradcheck_property(tensors((3,)))(forgot))
    assert "softsign(" in shown
    assert "array([0.25,0.25,0.25])" in "".join(shown.split())
    assert "x=Value(0.25)" in failure(gradcheck_property(values())(forgot))


def test_a_wrong_backward_by_hand_is_found_and_shrunk() -> None:
    shown = failure(gradcheck_property(tensors((3,)), backward=lambda dout, x: dout * np.cos(x) ** 2)(np.sin))
    assert "x=array([0.25,0.25,0.25])" in "".join(shown.split()) and "gradcheck of" in shown
    gradcheck_property(values(), backward=lambda a, b: 2 * a * b, signature="dout, x", max_examples=10)(lambda x: x * x)()
    with pytest.raises(TypeError, match=r"'order' must be a strategy or an option \(signature, method, "):
        gradcheck_property(values(), backward=lambda dout, x: dout, order=2)


def test_a_wrong_second_derivative_is_found_where_the_order_says_so() -> None:
    flat = Op("flat", lambda x: x * x * x, lambda g, z, x: g * (3 * np.square(getattr(x, "raw", x))))  # the derivative is a constant
    gradcheck_property(values())(flat)()
    failure(gradcheck_property(values(), order=2)(flat))


def test_names_by_position_and_by_keyword() -> None:
    def function(a: Value, b: Value, /, c: Value) -> Value:
        return forgot(a) * b * c

    shown = failure(gradcheck_property(values(), values(), values(st.just(0.5)))(function))
    assert "a=Value(" in shown and "b=Value(" in shown and "c=Value(0.5)" in shown

    def keywords(*, x: Value, k: float) -> Value:  # what is not a Value or a Tensor is handed on
        assert type(k) is float
        return forgot(x) * k

    assert "k=1.5" in failure(gradcheck_property(x=values(), k=st.just(1.5))(keywords))


def test_the_test_has_the_name_and_the_words_of_the_function() -> None:
    def square(x: Value) -> Value:
        """x times x."""
        return x * x

    test = gradcheck_property(values())(square)
    assert (test.__name__, test.__doc__, test.__module__) == ("square", "x times x.", __name__)
    assert gradcheck_property(values())(softsign).__name__ == "softsign"


def test_what_is_no_strategy_is_refused() -> None:
    with pytest.raises(TypeError, match="argument 0 must be a strategy"):
        gradcheck_property(ag.tensor([1.0]))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'tol' must be a strategy or an option"):
        gradcheck_property(values(), tol=1e-3)
    with pytest.raises(TypeError, match="needs a strategy for each argument"):
        gradcheck_property(order=2)


def test_without_hypothesis_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['hypothesis'] = None\nfrom autograd.testing import gradcheck\nfrom autograd.testing import gradcheck_property"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert done.stderr.endswith("ModuleNotFoundError: gradcheck_property draws its examples with hypothesis: pip install hypothesis\n")
