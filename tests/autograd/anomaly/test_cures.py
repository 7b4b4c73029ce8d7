"""Cures: each is named for what it helps against, and helps."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import Value, detect_anomaly
from autograd.anomaly.cures import CURES
from tests.autograd.anomaly.examples import INF, back, report, t

# What goes wrong, what helps, and a word of the sentence that says so.
CASES: dict[str, tuple[Callable[[], Any], Callable[[], Any], str, bool]] = {
    "where over log": (
        back(lambda x: ag.where(x > 0, x.log(), 0.0), 0.0, 2.0),
        back(lambda x: ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0), 0.0, 2.0),
        r"where\(c, log\(where\(c, x, 1\)\), 0\)",
        False,
    ),
    "where over sqrt": (
        back(lambda x: ag.where(x > 0, x.sqrt(), 0.0), 0.0, 2.0),
        back(lambda x: ag.where(x > 0, ag.sqrt(ag.where(x > 0, x, 1.0)), 0.0), 0.0, 2.0),
        r"where\(c, sqrt\(where\(c, x, 1\)\), 0\)",
        True,
    ),
    "where over a power": (
        back(lambda x: ag.where(x > 0, x**0.5, 0.0), 0.0, 2.0),
        back(lambda x: ag.where(x > 0, ag.where(x > 0, x, 1.0) ** 0.5, 0.0), 0.0, 2.0),
        r"where\(c, where\(c, x, 1\) \*\* p, 0\)",
        True,
    ),
    "where over a quotient": (
        back(lambda x: ag.where(x > 0, 1 / x, 0.0), 0.0, 2.0),
        back(lambda x: ag.where(x > 0, 1 / ag.where(x > 0, x, 1.0), 0.0), 0.0, 2.0),
        r"where\(c, a / where\(c, b, 1\), 0\)",
        False,
    ),
    "log of 0 under where": (
        back(lambda x: ag.where(x > 0, x.log(), 0.0), 0.0, 2.0),
        back(lambda x: ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0), 0.0, 2.0),
        "does not protect the gradient",
        True,
    ),
    "log of 0": (back(ag.log, 0.0), back(lambda x: (x + 1e-6).log(), 0.0), r"log\(x \+ 1e-6\)", True),
    "log of a softmax": (
        back(lambda x: x.softmax(0)[1].clamp(min=0.0).reshape(1).log(), 1000.0, 0.0),
        back(lambda x: x.log_softmax(0)[1], 1000.0, 0.0),
        "log_softmax",
        True,
    ),
    "log of a softmax by hand": (
        back(lambda x: ((x - x.max()).exp() / (x - x.max()).exp().sum()).log(), 1000.0, 0.0),
        back(lambda x: x.log_softmax(0), 1000.0, 0.0),
        "log_softmax",
        True,
    ),
    "log of a sigmoid": (
        back(lambda x: -(1 - x.sigmoid()).log(), 1000.0),
        back(lambda x: nn.functional.binary_cross_entropy_with_logits(x, t(0.0)), 1000.0),
        "binary_cross_entropy_with_logits",
        True,
    ),
    "log of a negative number": (back(ag.log, -1.0), back(lambda x: x.softplus().log(), -1.0), "softplus", True),
    "log of a negative number under where": (
        back(lambda x: ag.where(x > 0, x.log(), 0.0), -1.0, 2.0),
        back(lambda x: ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0), -1.0, 2.0),
        r"where\(c, log\(where\(c, x, 1\)\), 0\)",
        True,
    ),
    "an infinity in the data": (
        back(lambda x: (x - x.max()).exp(), math.inf, 1.0),
        back(lambda x: ag.where(x.isfinite(), x, 0.0).exp(), math.inf, 1.0),
        "the data had an infinity",
        True,
    ),
    "sqrt of a negative number": (back(ag.sqrt, -1.0), back(lambda x: x.clamp(min=1e-6).sqrt(), -1.0), "clamp", True),
    "a root of a negative number": (back(lambda x: x**0.5, -1.0), back(lambda x: x.abs() ** 0.5, -1.0), "abs", True),
    "a norm at 0": (back(lambda x: (x * x).sum().sqrt(), 0.0, 0.0), back(lambda x: x.norm(), 0.0, 0.0), r"\.norm\(\)", True),
    "a root of the mean square at 0": (
        back(lambda x: (x**2).mean().sqrt(), 0.0, 0.0),
        back(lambda x: x.norm() / 2**0.5, 0.0, 0.0),
        r"norm\(\) / n \*\* 0\.5",
        True,
    ),
    "sqrt at 0": (back(ag.sqrt, 0.0), back(lambda x: (x + 1e-12).sqrt(), 0.0), r"sqrt\(x \+ 1e-12\)", True),
    "x / 0": (back(lambda x: x / 0, 1.0), back(lambda x: x / 1e-6, 1.0), "division by 0", True),
    "0 / 0": (back(lambda x: x / x, 0.0), back(lambda x: x / (x + 1e-6), 0.0), "division by 0", True),
    "1 / 0": (back(ag.reciprocal, 0.0), back(lambda x: (x + 1e-6).reciprocal(), 0.0), "division by 0", True),
    "1 / sqrt(0)": (back(ag.rsqrt, 0.0), back(lambda x: (x + 1e-6).rsqrt(), 0.0), "division by 0", True),
    "0 ** -1": (back(lambda x: x**-1, 0.0), back(lambda x: (x + 1e-6) ** -1, 0.0), "division by 0", True),
    "exp in single precision": (
        back(lambda x: x.exp() / x.exp().sum(), 100.0, 1.0),
        back(lambda x: x.softmax(0), 100.0, 1.0),
        r"88\.7 in float32",
        True,
    ),
    "exp of a Value": (lambda: (Value(1000.0).exp() + 1).log(), lambda: Value(1000.0).softplus(), r"709\.8 in float64", True),
    "std of one sample": (back(ag.std, 1.0), back(lambda x: x.std(correction=0), 1.0), "correction=0", True),
    "var of one sample": (back(ag.var, 1.0), back(lambda x: x.var(correction=0), 1.0), "correction=0", True),
    "mean of nothing": (back(lambda x: x[:0].mean(), 1.0), back(lambda x: x[:0].sum() / max(0, 1), 1.0), "mean of nothing", True),
    "softmax of what is masked": (
        back(lambda x: (x + t(-INF, -INF)).softmax(0), 1.0, 2.0),
        back(lambda x: (x + t(-1e9, -1e9)).softmax(0), 1.0, 2.0),
        "-1e9",
        True,
    ),
    "logsumexp of what is masked": (
        back(lambda x: (x + t(-INF, -INF)).logsumexp(), 1.0, 2.0),
        back(lambda x: (x + t(-1e9, -INF)).logsumexp(), 1.0, 2.0),
        "keep one finite entry",
        True,
    ),
    "inf - inf": (back(lambda x: (x + INF) - (x + INF), 1.0), back(lambda x: (x + 1e9) - (x + 1e9), 1.0), "inf - inf", True),
    "a mask times inf": (
        back(lambda x: x * t(INF, 1.0), 0.0, 1.0),
        back(lambda x: ag.where(t(0.0, 1.0) > 0, x * t(1.0, 1.0), 0), 0.0, 1.0),
        r"choose with where\(c, x, 0\)",
        True,
    ),
    "inf / inf": (
        back(lambda x: x.exp() / x.exp().sum(), 100.0, 1.0),
        back(lambda x: (x - x.logsumexp()).exp(), 100.0, 1.0),
        "work with their logarithms",
        False,
    ),
    "sin of inf": (back(lambda x: (x * INF).sin(), 1.0), back(lambda x: (x * 1e3).sin(), 1.0), "an argument is infinite", True),
    "a gradient that overflows": (
        back(lambda x: x * 1e30 * 1e30, 1e-30),
        back(lambda x: x * 1e30 * 1e30 * 1e-30, 1e-30),
        "scale the loss",
        True,
    ),
    "a product that overflows": (back(lambda x: x * x, 1e30), back(lambda x: (x * 1e-30) * (x * 1e-30), 1e30), "scale the data", True),
    "a matrix that overflows": (
        lambda: ag.full((2, 2), 1e30) @ ag.full((2, 2), 1e30),
        lambda: (ag.full((2, 2), 1e30) / 1e30) @ (ag.full((2, 2), 1e30) / 1e30),
        "too large for float32",
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cure_is_named_and_cures(name: str) -> None:
    ill, well, words, check_inf = CASES[name]
    assert re.search(words, report(ill, check_inf).cure)
    with detect_anomaly(check_inf):
        well()


def test_every_cure_is_shown_by_a_case() -> None:
    named = [report(ill, check_inf).cure for ill, _, _, check_inf in CASES.values()]
    for _, sentence in CURES:
        pattern = re.sub(r"\\\{.*?\\\}", ".*", re.escape(sentence))
        assert any(re.fullmatch(pattern, cure) for cure in named), sentence
