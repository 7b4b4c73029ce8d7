"""The graphs of the tour have gradients that paper and pencil give, and stay readable as text where nothing can lay them out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest

from demos.story import Story


@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_are_those_found_by_hand(telling: Callable[..., Story], seed: int) -> None:
    g, da, db, o, *errors = (number.value for number in telling("graph_tour", seed).numbers.values())
    e, f = -7, 49  # g = f/2 + 10/f and f = e², where e grows by −20 with a, and by −93 with b
    dg_de = (1 / 2 - 10 / f**2) * 2 * e
    assert (g, da, db) == pytest.approx((f / 2 + 10 / f, -20 * dg_de, -93 * dg_de), rel=1e-14)
    assert (round(g, 4), round(da, 4), round(db, 4)) == (24.7041, 138.8338, 645.5773)
    assert o == pytest.approx(math.sqrt(0.5), rel=1e-14)
    assert len(errors) == 3 and max(errors) < 1e-14


def test_without_graphviz_the_graphs_are_text(telling: Callable[..., Story], monkeypatch: pytest.MonkeyPatch) -> None:
    from demos.plots import graphs

    def render(*args: object, **given: object) -> str:
        raise RuntimeError("install Graphviz")

    monkeypatch.setattr(graphs, "render", render)
    monkeypatch.setattr(graphs, "graph_player", render)
    story = telling("graph_tour")
    text = {picture.path.name: picture.path.read_text("utf-8") for picture in story.pictures}
    assert list(text) == ["expression.gv", "neuron.gv", "forward.gv", "backward.gv"]
    assert {r'"a\n−4\ngrad 138.834"', r'"b\n2\ngrad 645.577"', r'"g\n24.7041\ngrad 1"'} <= labels(text["expression.gv"])
    assert {r'"x1\n2\ngrad −1.5"', r'"w1\n−3\ngrad 1"', r'"x2\n0\ngrad 0.5"', r'"w2\n1\ngrad 0"'} <= labels(text["neuron.gv"])
    named = {label.strip('"').split(r"\n")[0] for label in labels(text["forward.gv"])}
    assert named == {"x", "W1", "z", "h", "W2", "o", "y", "L", "s", "J", "@", "tanh", "l", "ℓ₂", "+"}  # the book's figure, no more
    derivation = {"g · (o − y)", "W2ᵀ @ g", "g @ hᵀ", "g · (1 − h²)", "g @ xᵀ", "g · 0.1 · W1", "g · 0.1 · W2"}
    assert derivation <= {label.strip('"').split(r"\n")[0] for label in labels(text["backward.gv"])}


def labels(dot: str) -> set[str]:
    return set(re.findall(r'label=("[^"]*")', dot))
