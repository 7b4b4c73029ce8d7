"""The options of gradcheck: refused when they cannot be, the same in every signature, and heeded."""

import dataclasses
import inspect
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Generator
from autograd.testing import gradcheck, gradgradcheck
from autograd.testing.checking.settings import Settings
from tests.autograd.testing.checking.examples import leaf, planted


def test_wrong_arguments() -> None:
    x = leaf(2)
    for options, message in [
        ({"order": 0}, "order is the highest order"),
        ({"order": True}, "order is"),
        ({"method": "exact"}, "method must be 'auto', 'complex' or 'differences', got 'exact'"),
        ({"directions": 0}, "directions"),
        ({"rtol": -1.0}, "rtol must be None or a number >= 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            gradcheck(ag.sin, x, **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a function, got Tensor"):
        gradcheck(x, x)  # type: ignore[arg-type]


def test_tolerances_and_directions_of_ones_own() -> None:
    op, x = planted(((0, 0), 1e-6))
    assert gradcheck(op, x, rtol=1e-3, atol=1e-6) and not gradcheck(op, x, rtol=0.0, atol=0.0, raise_exception=False)
    fn = lambda x: ag.tanh(x) * x  # noqa: E731
    assert gradcheck(fn, x, directions=5, generator=Generator().manual_seed(3))
    assert str(gradcheck(fn, x)) == str(gradcheck(fn, x))


def test_the_options_are_the_same_wherever_they_are_spelled_out() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Settings)}
    for function, others in ((gradcheck, ["fn", "inputs", "order"]), (gradgradcheck, ["fn", "inputs"])):
        parameters = dict(inspect.signature(function).parameters)
        assert [name for name in parameters if name not in fields] == others
        assert {name: parameters[name].default for name in fields} == fields


@given(
    method=st.sampled_from(["auto", "complex", "differences"]), directions=st.integers(1, 9), rtol=st.none() | st.floats(0, 1), atol=st.none() | st.floats(0, 1),
    wrong=st.dictionaries(st.sampled_from(["method", "directions", "rtol", "atol", "raise_exception"]), st.sampled_from(["x", -1, math.nan])),
)  # fmt: skip
def test_settings_are_refused_exactly_where_one_of_them_is_wrong(wrong: dict[str, Any], **right: Any) -> None:
    given = Settings(**right)
    assert {name: getattr(given, name) for name in right} == right
    if wrong:
        with pytest.raises((TypeError, ValueError), match="|".join(wrong)):
            Settings(**(right | wrong))


def test_a_generator_draws_the_directions() -> None:
    first, again, other = (Settings(generator=g).rng().random() for g in (None, None, Generator().manual_seed(3)))
    assert first == again != other
    with pytest.raises(TypeError, match=r"generator must be an .*Generator, got int 3"):
        gradcheck(ag.sin, leaf(1), generator=3)  # type: ignore[arg-type]
