"""Wrong rules, planted one at a time in each row and argument: every one is found within 200 examples, and nothing else is.

Found by what anybody can use: `arguments` or `expressions` draw, `gradcheck` compares.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from autograd import Value, each
from autograd.core.node import Op
from autograd.faces.kernels import compiled
from autograd.ops import elementwise, moves, products, reduce, table
from autograd.ops.moves import broadcast_to_, getitem_, put_
from autograd.ops.products import matmul_
from autograd.ops.reduce import mean_, sum_
from autograd.ops.table import axes_of
from autograd.testing import gradcheck
from autograd.testing.expressions import expressions
from autograd.testing.strategies import SHAPED, arguments, holds

pytestmark = pytest.mark.long
Rule = Callable[..., Any]


def is_found(strategy: st.SearchStrategy[Any], check: Callable[[Any], Any], max_examples: int = 200) -> bool:
    @settings(max_examples=max_examples, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def run(drawn: Any) -> None:
        check(drawn)

    try:
        run()
    except (RuntimeError, ValueError, TypeError, IndexError):  # GradcheckError is a RuntimeError; a rule may also fail outright
        return True
    return False


@contextmanager
def planted(row: Op, wrong: Op) -> Iterator[None]:
    right = row.vjps
    row.vjps = wrong.vjps
    try:
        yield
    finally:
        row.vjps = right


def with_rule(row: Op, i: int, rule: Rule) -> Op:
    """The row with another rule for argument ``i``."""
    return Op(row.name, row.compute, *(rule if j == i else r for j, r in enumerate(row.vjps)))


# Elementwise rows: mistakes that can be made in any of them.
def mistakes(row: Op, i: int) -> dict[str, Rule]:
    rule = row.vjps[i]
    found: dict[str, Rule] = {
        "a wrong sign": lambda g, z, *a: -rule(g, z, *a),
        "a factor of 1 + 1e-6": lambda g, z, *a: rule(g, z, *a) * (1 + 1e-6),
        "no chain rule": lambda g, z, *a: g + rule(g, z, *a) * 0,
        "a term of 1e-5 too many": lambda g, z, *a: rule(g, z, *a) + g * 1e-5,
        "the argument for the result": lambda g, z, *a: rule(g, a[i], *a),
        "the other side of a condition": lambda g, z, *a: rule(g, z, *(-x if j == i else x for j, x in enumerate(a))),
        "without the gradient that arrives": lambda g, z, *a: rule(g, z, *a) * g,
    }
    if len(row.vjps) > 1 and row.name != "where":
        found["exchanged arguments"] = lambda g, z, *a: rule(g, z, *a[::-1])
        found["the rule of another argument"] = row.vjps[1 - i]
    if row.name == "where":
        found["the rule of another argument"] = row.vjps[3 - i]
    return found


def differs(row: Op, i: int, wrong: Rule) -> bool:
    """Does the wrong rule give other numbers than the right one, at some of many arguments?"""
    random = np.random.default_rng(0)
    for _ in range(200):
        args = list(random.uniform(-2, 2, len(row.vjps)))
        if holds(row, args):
            if row.name == "where":
                args[0] = args[0] > 0
            args = [np.float64(a) for a in args]
            z = row.compute(*args)
            with np.errstate(all="ignore"):
                if not np.isclose(wrong(3.0, z, *args), row.vjps[i](3.0, z, *args), rtol=1e-7, atol=1e-7):
                    return True
    return False


ELEMENTWISE = [(row, i) for row in table.ELEMENTWISE.values() for i, rule in enumerate(row.vjps) if rule is not None]


@pytest.mark.parametrize(("row", "i"), ELEMENTWISE, ids=[f"{row.name}-{i}" for row, i in ELEMENTWISE])
def test_a_mistake_in_an_elementwise_row_is_found(row: Op, i: int) -> None:
    planted_here = 0
    for name, wrong in mistakes(row, i).items():
        if differs(row, i, wrong):
            planted_here += 1
            with planted(row, with_rule(row, i, wrong)):
                assert is_found(arguments(row), lambda args: gradcheck(row, args)), name
    assert planted_here >= (2 if row.name in ("sign", "floor", "ceil", "round", "//") else 4)


@pytest.mark.parametrize("row", [row for row in table.ELEMENTWISE.values() if row.differentiable], ids=lambda row: row.name)
@pytest.mark.parametrize("scalars", [False, True], ids=["tensors", "Values"])
def test_nothing_is_found_in_the_right_elementwise_rows(row: Op, scalars: bool) -> None:
    assert not is_found(arguments(row, scalars=scalars), lambda args: gradcheck(row, args), 10)


KINKED: dict[str, Rule] = {  # where the argument is on its kink
    "maximum": lambda x, y: x == y, "minimum": lambda x, y: x == y, "clamp_min": lambda x, low: x == low,
    "clamp_max": lambda x, top: x == top, "relu": lambda x: x == 0, "abs": lambda x: x == 0, "prelu": lambda x, w: x == 0,
}  # fmt: skip


@pytest.mark.parametrize("name", KINKED)
@pytest.mark.parametrize("away", [3, -2])
def test_what_is_no_slope_of_a_kink_is_found_on_the_kink_only(name: str, away: float) -> None:
    """Between the slopes of the sides any gradient is right; here it lies beyond them, by so many times the gradient that arrives."""
    row = table.ELEMENTWISE[name]

    def wrong(g: Any, z: Any, *args: Any) -> Any:
        return elementwise.where(KINKED[name](*args), away * g, row_rule(g, z, *args))

    row_rule = row.vjps[0]
    on_kinks = arguments(row, at="kinks", scalars=True)
    assert not is_found(on_kinks, lambda args: gradcheck(row, args), 10)
    with planted(row, with_rule(row, 0, wrong)):
        assert is_found(on_kinks, lambda args: gradcheck(row, args))
        assert not is_found(arguments(row, scalars=True), lambda args: gradcheck(row, args), 10)


# Rows that know about shapes: mistakes of their own, and two that can be made in any of them.
def _no_mask(g: Any, z: Any, x: Any, axes: Any, keepdim: bool) -> Any:
    return reduce._spread(g, x, axes)


def _ignoring(rule: Rule, position: int, instead: Callable[..., Any]) -> Rule:
    """The rule with one of its further arguments ignored."""

    def wrong(g: Any, z: Any, *args: Any) -> Any:
        changed = [*args]
        changed[position] = instead(*args)
        return rule(g, z, *changed)

    return wrong


def _every_axis(x: Any, *rest: Any) -> tuple[int, ...]:
    return axes_of(None, x.ndim)


def _last_axis(x: Any, *rest: Any) -> Any:
    return x.ndim - 1


R = table.SHAPED
OWN: dict[str, dict[int, list[Rule]]] = {
    "sum": {0: [_ignoring(R["sum"].vjps[0], 1, _every_axis), lambda g, z, x, axes, keepdim: broadcast_to_(g, x.shape)]},
    "mean": {0: [lambda g, z, x, axes, keepdim: reduce._spread(g, x, axes), _ignoring(R["mean"].vjps[0], 1, _every_axis)]},
    "max": {0: [_no_mask, _ignoring(R["max"].vjps[0], 1, _every_axis)]},
    "min": {0: [_no_mask, lambda g, z, x, axes, keepdim: R["min"].vjps[0](g, z + 0.1, x, axes, keepdim)]},
    "cumsum": {0: [lambda g, z, x, axis: reduce.cumsum_(g, axis), lambda g, z, x, axis: g, _ignoring(R["cumsum"].vjps[0], 1, _last_axis)]},
    "norm": {0: [lambda g, z, x, axes, keepdim: reduce._spread(g, x, axes), lambda g, z, x, axes, keepdim: x * reduce._spread(g, x, axes)]},
    "std": {0: [
        lambda g, z, x, axes, correction, keepdim: R["std"].vjps[0](g, z, x, axes, 0, keepdim),
        lambda g, z, x, axes, correction, keepdim: R["std"].vjps[0](g, z, x - mean_(x, axes, True) + 1, axes, correction, keepdim) * 2,
    ]},
    "logsumexp": {0: [lambda g, z, x, axes, keepdim: reduce._spread(g, x, axes), lambda g, z, x, axes, keepdim: reduce._spread(g, x, axes) * elementwise.exp(x)]},
    "softmax": {0: [lambda g, z, x, axis: z * g, lambda g, z, x, axis: z * (g - sum_(g, (axis,), True)), _ignoring(R["softmax"].vjps[0], 1, _last_axis)]},
    "log_softmax": {0: [lambda g, z, x, axis: g, lambda g, z, x, axis: g - z * sum_(g, (axis,), True), _ignoring(R["log_softmax"].vjps[0], 1, _last_axis)]},
    "cross entropy": {0: [
        lambda g, z, x, index: reduce.softmax_(x, x.ndim - 1) * g.reshape((*g.shape, 1)),
        lambda g, z, x, index: R["cross entropy"].vjps[0](g, z, x, index * 0),
        lambda g, z, x, index: R["cross entropy"].vjps[0](g * 0 + 1, z, x, index),
    ]},
    "@": {0: [lambda g, z, x, y: matmul_(g, y)], 1: [lambda g, z, x, y: matmul_(x, g)]},
    "linear": {
        0: [lambda g, z, x, w, *b: matmul_(g, w.mT)],
        1: [lambda g, z, x, w, *b: matmul_(reduce._rows(x).mT, reduce._rows(g))],
        2: [lambda g, z, x, w, b: g[..., :1]],
    },
    "reshape": {0: [lambda g, z, x, shape: g.reshape(x.shape[::-1]).mT if x.ndim > 1 else g * 2]},
    "permute": {0: [lambda g, z, x, axes: moves.permute_(g, axes)]},
    "broadcast": {0: [lambda g, z, x, shape: g[:1]]},
    "[]": {0: [lambda g, z, x, key: _last_wins(g, key, x)]},
    "put": {0: [lambda g, z, x, key, shape: g[: x.shape[0]]]},
    "tril": {0: [lambda g, z, x, k: g, lambda g, z, x, k: moves.tril_(g, 0), lambda g, z, x, k: moves.triu_(g, k)]},
    "triu": {0: [lambda g, z, x, k: g, lambda g, z, x, k: moves.triu_(g, 0), lambda g, z, x, k: moves.tril_(g, k)]},
}  # fmt: skip
ANY_NUMBER: dict[str, list[Rule]] = {
    "cat": [lambda i, g, z, args: moves._cat_rule(2, g, z, args), lambda i, g, z, args: getitem_(g, (slice(*args[1][i - 2 : i]),))],
    "stack": [lambda i, g, z, args: g[(*[slice(None)] * args[0], 0)], lambda i, g, z, args: g[i - 1]],
    "einsum": [lambda i, g, z, args: products._einsum_rule(i, g, z, (*args[:2], *args[:1:-1]))],
}


def _last_wins(g: Any, key: Any, x: Any) -> Any:
    """What ``d[key] = g`` would do: of a row that was taken twice only one gradient stays."""
    flat = np.arange(int(np.prod(x.shape))).reshape(x.shape)[key]
    first = np.unique(flat, return_index=True)[1]
    once = np.isin(np.arange(flat.size), first).reshape(flat.shape)
    return put_(g * once, key, x.shape)


def wrong_rows(row: Op) -> Iterator[tuple[str, Op]]:
    if not row.variadic:
        for i, rule in enumerate(row.vjps):
            if rule is not None:
                yield f"sign of {i}", with_rule(row, i, lambda g, z, *a, rule=rule: -rule(g, z, *a))
                yield f"factor of {i}", with_rule(row, i, lambda g, z, *a, rule=rule: rule(g, z, *a) * (1 + 1e-6))
                for k, wrong in enumerate(OWN.get(row.name, {}).get(i, [])):
                    yield f"own {k} of {i}", with_rule(row, i, wrong)
    else:
        *first, last = row.vjps
        rule = last.rule
        wrongs = [lambda i, g, z, a: -rule(i, g, z, a), lambda i, g, z, a: rule(i, g, z, a) * (1 + 1e-6), *ANY_NUMBER[row.name]]
        for k, wrong in enumerate(wrongs):
            yield f"any {k}", Op(row.name, row.compute, *first, each(wrong))


@pytest.mark.parametrize("name", SHAPED)
def test_a_mistake_in_a_row_about_shapes_is_found(name: str) -> None:
    row = R[name]
    assert not is_found(arguments(row), lambda args: gradcheck(row, args), 10)
    for what, wrong in wrong_rows(row):
        with planted(row, wrong):
            assert is_found(arguments(row), lambda args: gradcheck(row, args)), what


# The kernels of `Value`: their partials are compiled from the rule, so a wrong row makes a wrong kernel.
METHODS = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "pow": "pow"}
UNARY = [row for row in table.ELEMENTWISE.values() if row.differentiable and len(row.vjps) == 1]
BINARY = [row for row in table.ELEMENTWISE.values() if row.differentiable and len(row.vjps) == 2 and row.name != "elu"]


def methods_of(row: Op) -> list[str]:
    """The kernels of a row."""
    if row.name in METHODS:
        return [f"__{METHODS[row.name]}__", f"__r{METHODS[row.name]}__"]
    return ["__neg__" if row.name == "neg" else row.name]


@pytest.mark.parametrize("row", [*UNARY, *BINARY], ids=lambda row: row.name)
def test_a_mistake_in_a_kernel_of_values_is_found(row: Op) -> None:
    drawn = expressions(1, ops=[row.name])
    assert not is_found(drawn, lambda e: gradcheck(e, e.inputs()), 10)
    for i in range(len(row.vjps)):
        for name in ("a wrong sign", "a factor of 1 + 1e-6", "no chain rule"):
            wrong = mistakes(row, i)[name]
            for method in methods_of(row):
                if differs(row, i, wrong) and not (method.startswith("__r") and i == 0):
                    right = getattr(Value, method)
                    kernel = compiled(with_rule(row, i, wrong), method, Value)
                    setattr(Value, method, kernel)
                    try:
                        assert is_found(drawn, lambda e: gradcheck(e, e.inputs())), (name, method, i)
                    finally:
                        setattr(Value, method, right)
