"""Sizes are exact, the depth is the longest chain, and a million operations are measured in passing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value
from autograd.drawing.size import Size, graph_size


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=30))
def test_of_any_graph(edges: list[tuple[int, int]]) -> None:
    made = [Value(1.0), Value(2.0)]
    depth = [0, 0]
    for i, j in edges:
        i, j = i % len(made), j % len(made)
        made.append(made[i] + made[j])
        depth.append(1 + max(depth[i], depth[j]))
    size = graph_size(made)
    assert size[:3] == (len(edges), len(edges) + 2, max(depth))
    assert size.predictor >= size.operations + size.values


def test_the_predictor_counts_the_ranks_that_arrows_leap_over() -> None:
    x = Value(1.0)
    y = x
    for _ in range(10):
        y = y.tanh()
    assert graph_size(y).predictor == 21
    assert graph_size(y + x).predictor == 21 + 2 + 20  # the arrow from x to the last circle leaps over twenty ranks
    assert graph_size(y + Value(1.0)).predictor == 21 + 3  # a leaf of its own stands beside it


@pytest.mark.long
def test_a_leaf_alone_and_a_million() -> None:
    assert graph_size(Value(1.0)) == Size(0, 1, 0, 1)
    assert graph_size([ag.ones(2), Value(1.0)]).values == 2
    y = Value(0.0)
    for _ in range(1_000_000):
        y = y + 1.0
    assert str(graph_size(y)) == "1,000,000 operations, 1,000,001 variables, depth 1,000,000"


def test_misuse() -> None:
    with pytest.raises(TypeError, match="graph_size takes Values and Tensors, got float"):
        graph_size(1.0)
    with pytest.raises(ValueError, match="at least one"):
        graph_size([])
