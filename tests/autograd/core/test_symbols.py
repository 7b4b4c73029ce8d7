"""Symbols: a rule handed symbols writes itself, and what it writes computes what it computes."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Op
from autograd.core.symbols import Symbol, derivative, literal
from autograd.ops import elementwise, moves, products, reduce, table
from tests.autograd.ops.examples import rng

CASES = [(row, i) for row in table.ELEMENTWISE.values() for i, rule in enumerate(row.vjps) if rule is not None]
IDS = [f"{r.name}-{i}" for r, i in CASES]
SCOPE = {**vars(elementwise), **vars(moves), **vars(reduce), **vars(products), **vars(ag), "ag": ag, "np": np}


@pytest.mark.parametrize(("row", "i"), [c for c in CASES if c[0].name != "where"], ids=[i for i in IDS if "where" not in i])
@given(g=st.floats(0.5, 2), numbers=st.lists(st.floats(0.1, 0.9), min_size=2, max_size=2))
def test_the_text_of_a_rule_computes_what_the_rule_computes(row: Op, i: int, g: float, numbers: list[float]) -> None:
    n = len(list(row.vjps))
    args = tuple("xy"[:n])
    scope: dict[str, Any] = {r.public: r.compute for r in table.ELEMENTWISE.values()}
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
    assert repr(x * (y @ z)) == "x * (y @ z)" and repr(x @ (y * z)) == "x @ (y * z)" and repr(x + y @ z) == "x + y @ z"
    assert repr((-2) ** x) == "(-2) ** x" and repr((x < y) == (y < z)) == "(x < y) == (y < z)" and repr(x % y // z) == "x % y // z"
    scope = {"x": 3.0, "y": 5.0, "z": 7.0}
    for e, want in [
        ((x - y) / (z * x) - (y / (z - x)) ** 2, (3 - 5) / 21 - (5 / 4) ** 2), (-(x**2) * y, -45.0), ((-x) ** 2, 9.0),
        (x * (z // y), 3.0), (z % (x * y), 7.0), ((-2.0) ** (x - 1), 4.0), (2 ** (-x), 0.125), ((x**2) ** x, 729.0),
    ]:  # fmt: skip
        assert math.isclose(eval(repr(e), {}, scope), want)


def test_a_rule_must_not_ask_whether_a_symbol_is_true() -> None:
    symbol: Any = Symbol("x")
    with pytest.raises(TypeError, match="write where"):
        bool(symbol > 0)
    with pytest.raises(TypeError, match="not iterable"):
        list(symbol)
    with pytest.raises(ValueError, match="no gradient for argument 0"):
        derivative(elementwise.where, 0, args=("c", "x", "y"))


@given(st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.tuples(st.integers(), st.floats())))
def test_literals_are_read_back(x: Any) -> None:
    assert repr(eval(literal(x), {"np": np})) == repr(x)


@given(
    data=st.data(),
    shape=st.lists(st.integers(0, 4), max_size=3),
    dtype=st.sampled_from([ag.float32, ag.float64, ag.int64, ag.int32, ag.uint8, ag.bool_]),
)
def test_literals_of_arrays_are_read_back_bit_for_bit(data: st.DataObject, shape: list[int], dtype: Any) -> None:
    size = math.prod(shape)
    raw = data.draw(st.binary(min_size=size * dtype.itemsize, max_size=size * dtype.itemsize))
    x = np.frombuffer(raw, np.uint8 if dtype.kind == "b" else dtype).reshape(shape)
    x = x > 127 if dtype.kind == "b" else np.where(np.isnan(x), np.nan, x).astype(dtype) if dtype.kind == "f" else x
    y = eval(literal(x), {"np": np})
    assert y.dtype == x.dtype and y.shape == x.shape and y.tobytes() == x.tobytes()


def test_literals_of_unusual_numbers() -> None:
    rounded_twice = np.array([0x15AE43FD], np.uint32).view(np.float32)  # 7.038531e-26, of which a float64 makes its neighbour
    for x in (rounded_twice, rounded_twice.reshape(()), np.array([0.0, -0.0]), np.array([math.nan, -math.inf], np.float32)):
        y = eval(literal(x), {"np": np})
        assert y.dtype == x.dtype and y.tobytes() == x.tobytes()


def test_literals_of_long_arrays() -> None:
    assert literal(np.arange(100)) == "np.arange(100)" and literal(np.full((10, 10), 0.5)) == "np.full((10, 10), 0.5)"
    assert literal(np.zeros((9, 9), np.float32)) == "np.full((9, 9), 0.0, dtype=np.float32)"
    with pytest.raises(ValueError, match=r"shape \(100,\) is too long"):
        literal(rng(100))
    assert literal(rng(2, 2), precision=3) == f"np.array({[[float(f'{v:.3g}') for v in row] for row in rng(2, 2)]})"
