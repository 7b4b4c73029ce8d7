"""What the page is told of a graph is what the engine computed."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import autograd as ag
import nn
from autograd import Value
from autograd.pages.sides import MANY, Side, plain, sources
from autograd.program.reading import read, scopes
from tests.autograd.drawing.test_flow import graphs


def told(output: Any, names: Any = None, color: Any = "auto") -> dict[str, Any]:
    reading = read(output, names)
    return json.loads(json.dumps(Side(reading, scopes(reading, names), color).data(), allow_nan=False))


@settings(max_examples=30)
@given(graphs())
def test_products_along_all_ways_are_the_gradients_of_the_engine(graph: tuple[Value, list[Value]]) -> None:
    y, _ = graph
    nodes = told(y)["nodes"]
    total = [0.0] * len(nodes)
    total[-1] = 1.0
    for i in range(len(nodes) - 1, -1, -1):
        for a, slope in zip(nodes[i].get("args", ()), nodes[i].get("slopes", ())):
            if a is not None and slope is not None:
                total[a] += total[i] * float(slope)
    for n, row, sum_ in zip(read(y).nodes, nodes, total):
        assert row["value"] == n.raw
        if "grad" in row:
            assert sum_ == pytest.approx(row["grad"], rel=1e-12, abs=1e-12)
    y.backward()
    for n, row in zip(read(y).nodes, nodes):
        if n.grad is not None and n.is_leaf and n.requires_grad:
            assert row["grad"] == pytest.approx(n.grad, rel=1e-12, abs=1e-12)


def test_a_number_that_was_set_since_is_told() -> None:
    x = Value(2.0)
    y = (x * 3).tanh()
    assert not told(y)["notes"]
    x.data = 5.0
    assert told(y)["notes"] == ["A number was set after it had been used: what was computed from it is older."]


@settings(max_examples=20)
@given(graphs())
def test_every_argument_is_there(graph: tuple[Value, list[Value]]) -> None:
    reading = read(graph[0])
    for n, row in zip(reading.nodes, told(graph[0])["nodes"]):
        if not n.is_leaf:
            assert row["args"] == [reading.number.get(a) if isinstance(a, Value) else None for a in reading.args(n)]
            assert len(row["rules"]) == len(row["args"])


def network() -> tuple[Any, Any]:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    return net(ag.randn(16, 3)).square().mean(), net


def test_tensors_are_told_by_shapes_formulas_and_pictures() -> None:
    loss, net = network()
    reading = read(loss, net)
    side = Side(reading, scopes(reading, net), "auto")
    data, formulas = side.data(), [*side.formulas]
    weight = next(row for row in data["nodes"] if row.get("name") == "0.weight")
    assert (
        weight["shape"] == "8×3" and weight["kind"] == "parameter" and [kind for *_, kind, _ in weight["pictures"]] == ["value", "gradient"]
    )
    assert any(line.startswith("gradient / value: ") for line in weight["told"])
    linear = data["nodes"][weight["home"] and 3]
    assert formulas[linear["formula"]] == "#1 @ #2ᵀ + #3" and formulas[linear["rules"][1]] == "gᵀ @ #1"
    layer = next(row for row in data["groups"] if row["title"] == "0: Linear")
    assert layer["lines"] == ["16×3 → 16×8", "32 parameters"] and layer["told"][0] == "1 operation: 1 linear"
    assert {*data["scales"]} == {"grad", "value", "saturation"}
    assert [s.rms for n in reading.nodes if (s := side.diagnosis.gradient(n)) and reading.name(n) == "0.weight"] == pytest.approx(
        [np.sqrt(np.mean(ag.grad(loss, net[0].weight)[0].numpy() ** 2))], rel=1e-5
    )


def test_colours_and_own_numbers() -> None:
    loss, net = network()
    assert told(loss, net)["scales"].keys() == told(loss, net, None)["scales"].keys()
    data = told(loss, net, {net[0]: 3.0, net[2].weight: -1.0})
    assert data["scales"]["given"]["ticks"] == ["−3", "0", "3"]
    painted = {row["title"]: row["paints"]["given"] for row in data["groups"] if "given" in row.get("paints", {})}
    assert painted["0: Linear"] == [10, "", ["given 3"]] and painted["2: Linear"] == [-3, "", ["given −1"]]


def test_a_released_graph_and_one_that_was_changed() -> None:
    loss, net = network()
    loss.backward()
    data = told(loss, net)
    assert "backward() has let them go" in data["scales"]["value"]["note"]
    assert any("values let go by backward()" in row.get("told", ()) for row in data["nodes"])
    assert not any("slopes" in row for row in data["nodes"])
    x = Value(2.0, label="x")
    y = x * x
    x.data = 5.0
    assert told(y)["nodes"][0]["value"] == 5.0


def test_numbers_that_json_cannot_hold() -> None:
    assert [plain(x) for x in (1.5, math.inf, -math.inf)] == [1.5, "Infinity", "-Infinity"] and plain(math.nan) == "NaN"
    x = Value(0.0, label="x")
    nodes = told(x.log() * 0, color="grad")["nodes"]
    assert [row.get("value") for row in nodes] == [0, "-Infinity", "NaN"]
    assert [row["paints"]["grad"] for row in nodes] == [[None, "wrong", []], [None, "wrong", ["begins here"]], [None, "wrong", []]]


def test_of_very_many_less_is_told() -> None:
    x = Value(1.0)
    for _ in range(MANY):
        x = x + 1
    data = told(x)
    assert [note for note in data["notes"] if "no thumbnails" in note] and {*data["scales"]} == {"grad"}


def test_only_files_that_recorded_and_by_their_names_alone() -> None:
    x = Value(1.0)
    with ag.record_lines():
        y = x * x
    reading = read(y)
    side = Side(reading, {}, "auto")
    file, line = side.data()["nodes"][1]["at"]
    (found,) = sources(side.files)
    assert found["name"] == "test_sides.py" and found["text"].split("\n")[line - 1].strip() == "y = x * x" and file == 0
    assert sources(Side(read(x * x), {}, "auto").files) == []


def test_rules_of_somebody() -> None:
    odd = ag.Op("odd", lambda x: x if x > 0 else -x, lambda g, z, x: g if x > 0 else -g)  # asks, as no symbol can answer
    reading = read(odd(Value(-2.0)))
    side = Side(reading, {}, "auto")
    row = side.data()["nodes"][1]
    assert [[*side.formulas][i] for i in (row["formula"], row["rules"][0])] == ["odd(#1)", "vjp of odd"] and row["slopes"] == [-1]
