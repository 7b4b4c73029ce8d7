"""The report: true exactly where nothing is wrong, and every number that is wrong is shown once, up to ten of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from autograd.testing import Check, Failure, GradcheckError, Kink, Report, gradcheck
from autograd.testing.checking.report import name_of

NUMBERS = st.floats(-10, 10, allow_subnormal=False)
FAILURES = st.builds(
    Failure, st.sampled_from([f"d output / d input {i}" for i in range(30)]), NUMBERS, NUMBERS, st.sampled_from(["raw", "recorded"])
)
CHECKS = st.builds(
    Check, st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.just("complex step"), st.booleans(), st.lists(FAILURES, max_size=25)
)


@given(st.lists(CHECKS, max_size=3), st.none() | st.just("it cannot be called"))
def test_it_is_true_exactly_where_nothing_is_wrong(checks: list[Check], problem: str | None) -> None:
    report = Report("fn", checks, problem)
    assert bool(report) == (problem is None and not report.failures)
    assert report.failures == [f for check in checks for f in check.failures]
    text = str(report)
    assert text.startswith("gradcheck of fn: " + (problem or ("right" if report else "WRONG"))) and text == repr(report)
    if problem is None:
        assert sum(line.startswith("order ") for line in text.splitlines()) == len(checks)
    assert str(GradcheckError(report)) == text


@given(CHECKS)
def test_what_two_walks_say_alike_is_one_row_and_ten_rows_are_shown(check: Check) -> None:
    lines = check.lines()
    different = {(f.what, f"{f.expected:.15g}", f"{f.got:.15g}", f"{f.error:.1e}") for f in check.failures}
    shown = [line for line in lines if line.startswith("  d output")]
    assert len(shown) == min(len(different), 10)
    assert any(line.startswith("  ... and ") for line in lines) == (len(different) > 10)
    if different:
        assert lines[0].endswith(f"{len(different)} number{'s' * (len(different) > 1)} wrong")


@given(expected=NUMBERS, got=NUMBERS)
def test_an_error_is_relative_to_what_was_expected(expected: float, got: float) -> None:
    error = Failure("d", expected, got, "raw").error
    assert (error == 0) == (expected == got) and (error == math.inf) == (expected == 0 != got)
    if expected:
        assert error * abs(expected) == pytest.approx(abs(got - expected))


def test_kinks_are_named_with_their_slopes_and_callables_by_their_names() -> None:
    assert "function jumps, or stands upright" in str(Kink("d", 0.0, math.inf, 1.0)) and "upright" not in str(Kink("d", 0.0, 1.0, 1.0))
    assert name_of(Value.tanh) == "Value.tanh" and name_of(Value(1.0)) == "Value"
    assert "gradcheck of abs" in str(gradcheck(abs, Value(1.0)))
