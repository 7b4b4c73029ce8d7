"""Symbols: a rule handed symbols writes itself, and what it writes computes what it computes."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.graph import Op
from autograd.rules import ROWS
from autograd.symbols import Symbol, derivative

CASES = [(row, i) for row in ROWS.values() for i, rule in enumerate(row.vjps) if rule is not None and row.name != "where"]


@pytest.mark.parametrize(("row", "i"), CASES, ids=[f"{r.name}-{i}" for r, i in CASES])
@given(g=st.floats(0.5, 2), numbers=st.lists(st.floats(0.1, 0.9), min_size=2, max_size=2))
def test_the_text_of_a_rule_computes_what_the_rule_computes(row: Op, i: int, g: float, numbers: list[float]) -> None:
    n = len(list(row.vjps))
    args = tuple("xy"[:n])
    scope: dict[str, Any] = {name: r.compute for name, r in ROWS.items() if name.isidentifier()}
    values = dict(zip(args, numbers))
    z = row.compute(*numbers[:n])
    got = eval(derivative(row, i, Symbol("g"), "z", args), scope, {"g": g, "z": z, **values})
    rule = list(row.vjps)[i]
    assert rule is not None and got == pytest.approx(rule(g, z, *numbers[:n]), rel=1e-14)


def test_brackets_stand_where_they_are_needed_and_only_there() -> None:
    x, y, z = Symbol("x"), Symbol("y"), Symbol("z")
    assert repr((x + y) * z - x * (y - z)) == "(x + y) * z - x * (y - z)"
    assert repr(x - (y - z)) == "x - (y - z)" and repr(x / (y * z)) == "x / (y * z)" and repr(x - y - z) == "x - y - z"
    assert repr(-x * y) == "-x * y" and repr(-(x + y)) == "-(x + y)" and repr(1 * x) == "x" and repr(x * -1) == "-x"
    assert repr((x + 1) ** 2) == "(x + 1) ** 2" and repr(2**x) == "2 ** x" and repr(x / y / z) == "x / y / z"
    scope = {"x": 3.0, "y": 5.0, "z": 7.0}
    for e, want in [((x - y) / (z * x) - (y / (z - x)) ** 2, (3 - 5) / 21 - (5 / 4) ** 2), (-(x**2) * y, -45.0), ((-x) ** 2, 9.0)]:
        assert math.isclose(eval(repr(e), {}, scope), want)


def test_a_rule_must_not_ask_whether_a_symbol_is_true() -> None:
    with pytest.raises(TypeError, match="write where"):
        bool(Symbol("x") > 0)
    with pytest.raises(ValueError, match="no gradient for argument 0"):
        derivative(ROWS["where"], 0, args=("c", "x", "y"))
