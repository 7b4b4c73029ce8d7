"""What a backward is handed, by the names of its parameters or as its caller says; never by a guess."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.testing.checking.calls import input_names, roles_of, written


def forward(x: Any, w: Any, b: Any = 0.0) -> Any:
    return x @ w + b


def named(parameters: str) -> Any:
    return eval(f"lambda {parameters}: None")


@pytest.mark.parametrize(
    "upstream",
    [
        "dout",
        "dy",
        "dz",
        "dZ",
        "dL",
        "dL_dy",
        "dnext_h",
        "dloss",
        "dscores",
        "g",
        "gy",
        "grad",
        "grads",
        "grad_output",
        "gradient",
        "upstream",
        "delta",
    ],
)
@pytest.mark.parametrize("cache", ["cache", "ctx", "saved", "linear_cache"])
def test_the_names_of_courses_are_understood(upstream: str, cache: str) -> None:
    assert roles_of(forward, named(f"{upstream}, {cache}"), 2, None) == ["dout", "cache"]
    assert roles_of(forward, named(f"{cache}, {upstream}"), 2, None) == ["cache", "dout"]
    assert roles_of(forward, named(f"{upstream}, *inputs"), 2, None) == ["dout", 0, 1]
    assert roles_of(forward, named(f"{upstream}, w, x, eps=1e-5, **options"), 2, None) == ["dout", 1, 0]


@given(st.permutations(["dout", "cache", "x", "w"]))
def test_what_is_said_is_what_the_names_say(words: list[str]) -> None:
    text = ", ".join(words)
    roles = roles_of(forward, named(text), 2, None)
    assert roles == roles_of(forward, named("a, b, c, d"), 2, text) and written(roles, ["x", "w"]) == text
    assert roles_of(forward, named("*a"), 2, "*inputs, dout") == [0, 1, "dout"]


def test_an_input_may_be_called_as_a_gradient() -> None:
    assert roles_of(lambda grad, g: grad, named("dout, g, grad"), 2, None) == ["dout", 1, 0]


def test_where_forward_names_nothing_the_order_tells() -> None:
    assert input_names(lambda *xs: xs, 1) == (["input 0"], False)
    assert roles_of(np.tanh, named("dout, x"), 1, None) == ["dout", 0]  # with a signature or, in older numpy, without one
    assert roles_of(lambda *xs: xs, named("a, b, dout"), 2, None) == [0, 1, "dout"]


@pytest.mark.parametrize(("count", "said"), [(0, "0 inputs"), (1, "1 input:"), (4, "4 inputs")])
def test_another_number_of_inputs_is_refused(count: int, said: str) -> None:
    """As where a list of rows is handed over for an array."""
    with pytest.raises(TypeError, match=rf"forward\(x, w, b\) does not take {said}"):
        roles_of(forward, named("dout, x"), count, None)
    assert roles_of(forward, named("dout, cache, b"), 3, None) == ["dout", "cache", 2]


def test_what_is_not_understood_is_asked_for() -> None:
    with pytest.raises(TypeError, match=r"'data' is no upstream gradient .*understood was \(dout, data\?, x\).*signature="):
        roles_of(forward, named("dout, data, x"), 2, None)
    with pytest.raises(TypeError, match="'out' is no upstream gradient"):  # not the input, although there is but one
        roles_of(lambda x: x, named("dout, out"), 1, None)
    with pytest.raises(TypeError, match="cannot be read"):
        roles_of(forward, getattr, 2, None)
    with pytest.raises(ValueError, match=r"signature may name .*'\*inputs' and the inputs x, w, got 'y' in 'dout, y'"):
        roles_of(forward, named("a, b"), 2, "dout, y")
    with pytest.raises(TypeError, match="signature must be a text"):
        roles_of(forward, named("a, b"), 2, ("dout",))  # type: ignore[arg-type]
