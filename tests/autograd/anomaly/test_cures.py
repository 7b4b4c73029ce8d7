"""Cures: each is named for what it helps against, and helps."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Op, Value, detect_anomaly
from autograd.anomaly.cures import CURES, Facts, cure_for
from autograd.ops import table
from tests.autograd.anomaly.examples import INF, NAN, back, report, t

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


NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.0, -2.0, 1e30, INF, -INF, NAN])


@settings(max_examples=300)
@given(row=st.sampled_from([*table.ELEMENTWISE.values(), *table.SHAPED.values()]), data=st.data())
def test_whatever_goes_wrong_there_is_a_sentence_for_it(row: Op, data: st.DataObject) -> None:
    """Without a gap, and with the largest number of the dtype it went wrong in."""
    made = data.draw(st.sampled_from([row, table.ELEMENTWISE["*"], table.ELEMENTWISE["/"], table.ELEMENTWISE["exp"]]))
    values = tuple(data.draw(st.lists(NUMBERS, min_size=1, max_size=2)))
    leaves = tuple(t(data.draw(NUMBERS), data.draw(NUMBERS), requires_grad=data.draw(st.booleans())) for _ in range(2))
    with np.errstate(all="ignore"):
        args = data.draw(
            st.sampled_from([leaves, (leaves[0].exp(), 2.0), (leaves[0].square().sum(), 0.5), (leaves[0].softmax(0)[:1], leaves[1])])
        )
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    backward = data.draw(st.booleans())
    facts = Facts(
        row,
        made,
        args,
        values,
        values[:1],
        data.draw(NUMBERS) if backward else None,
        data.draw(st.sampled_from([NAN, INF, -INF])),
        dtype,
        backward,
    )
    sentence = cure_for(facts)
    assert sentence and not set("{}") & set(sentence)
    if "at most" in sentence:
        assert f"at most {np.finfo(dtype).max:.2g}" in sentence
    if " overflows above " in sentence:
        limit = float(sentence.split("overflows above ")[1].split()[0])
        with np.errstate(over="ignore"):
            assert np.isfinite(np.exp(dtype(limit - 0.1))) and np.isinf(np.exp(dtype(limit + 0.1)))


THROUGH: dict[str, Callable[[Any], Any]] = {
    "index": lambda x: x[..., :1], "reshape": lambda x: x.reshape(-1, 1), "T": lambda x: x.T, "clamp": lambda x: x.clamp(-9, 9), "+": lambda x: x + 1e-6,
    "-": lambda x: x - 1.0, "unsqueeze": lambda x: x.unsqueeze(0), "cat": lambda x: ag.cat([x, x]), "maximum": lambda x: ag.maximum(x, 0.0),
}  # fmt: skip


@given(names=st.lists(st.sampled_from(list(THROUGH)), max_size=5))
def test_where_an_argument_came_from_is_seen_through_what_only_moves_or_shifts_it(names: list[str]) -> None:
    x = t(1.0, 2.0)
    for source, comes in [
        (x.sigmoid(), "sigmoid"),
        (x.softmax(0), "softmax"),
        (x.exp() / x.exp().sum(), "softmax"),
        (x.square().sum(), "squares"),
        ((x * x).mean(), "squares"),
        ((x**2).sum(), "squares"),
        (x.exp(), None),
        (x, None),
    ]:
        y = source
        for name in names:
            y = THROUGH[name](y if y.ndim else y.reshape(1))
        facts = Facts(ag.log, ag.log, (y,), (0.0,), (0.0,), None, -INF, np.float32)
        origin = facts.origin()
        assert origin is (None if source is x else source)
        assert [facts.comes_from("sigmoid"), facts.comes_from("softmax"), facts.of_squares()] == [
            comes == "sigmoid",
            comes == "softmax",
            comes == "squares",
        ]
    for other in ((x * x * x).sum(), (x**3).sum(), x.sum(), (x * 2).sum()):
        assert not Facts(ag.sqrt, ag.sqrt, (other,), (0.0,), (0.0,), None, INF, np.float32).of_squares()


@given(st.lists(NUMBERS, min_size=1, max_size=3))
def test_infinite_data_is_what_came_in_with_plus_infinity(numbers: list[float]) -> None:
    for requires_grad in (True, False):
        leaf = t(*numbers, requires_grad=requires_grad)
        assert Facts(ag.mul, ag.mul, (2.0, leaf), (), (), None, NAN, np.float32).infinite_data() == (INF in numbers)
        assert not Facts(ag.mul, ag.mul, (2.0, leaf * 1), (), (), None, NAN, np.float32).infinite_data() or not requires_grad
