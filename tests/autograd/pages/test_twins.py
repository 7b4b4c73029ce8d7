"""Two graphs are laid beside each other part by part, and what differs is said."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value
from autograd.pages.sides import Side
from autograd.pages.twins import compared, twins
from autograd.program.reading import read, scopes
from tests.autograd.drawing.test_flow import graphs


def side(output: Any, names: Any = None) -> Side:
    reading = read(output, names)
    return Side(reading, scopes(reading, names), "auto")


@settings(max_examples=15)
@given(graphs())
def test_a_graph_is_its_own_twin(graph: tuple[Value, list[Value]]) -> None:
    a, b = side(graph[0]), side(graph[0])
    found = twins(a, b)
    assert len(found) == len(a.reading.nodes) + len(a.tree.groups)
    assert all(one is other for other, one in found.items() if one in a.reading.number)
    data = a.data(), b.data()
    compared(a, b, data)
    assert not any("differs" in row for d in data for row in (*d["nodes"], *d["groups"]))


@given(st.integers(1, 4))
def test_another_layer_is_found_where_it_is(place: int) -> None:
    kinds = [nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3), nn.ReLU()]
    net = nn.Sequential(*kinds)
    kinds.insert(place, nn.Softplus())
    more = nn.Sequential(*kinds)
    sides = [side(n(ag.ones(2, 3)).sum(), n) for n in (net, more)]
    data = [s.data() for s in sides]
    compared(sides[0], sides[1], (data[0], data[1]))
    new = [row["class"] for row in data[1]["groups"] if row.get("differs") == "only here" and "class" in row]
    assert "Softplus" in new


def test_numbers_that_differ_are_said_by_how_much() -> None:
    x, y = (Value(v, label="x") for v in (4.0, 5.0))
    a, b = side(x * x), side(y * y)
    data = a.data(), b.data()
    compared(a, b, data)
    assert [row["differs"] for row in data[1]["nodes"]] == ["value 25 %, gradient 25 %", "value 56 %"]
    t, u = ag.ones(3, requires_grad=True), ag.ones(2, requires_grad=True)
    a, b = side(t.sum()), side(u.sum())
    data = a.data(), b.data()
    compared(a, b, data)
    assert data[0]["nodes"][0]["differs"] == "shape" and data[1]["nodes"][1]["differs"] == "value 33 %"


def test_what_is_not_known_or_not_finite() -> None:
    nan = float("nan")
    a, b, c = (side(Value(v, label="x") * 2) for v in (nan, nan, 1.0))
    for one, other, said in ((a, b, None), (a, c, "value not finite")):
        data = one.data(), other.data()
        compared(one, other, data)
        assert data[0]["nodes"][0].get("differs") == said
    assert np.isnan(float(a.data()["nodes"][0]["value"]))
