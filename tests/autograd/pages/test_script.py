"""The texts of a film have slots for their numbers, which are filled as if the numbers had been written there."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Value
from autograd.pages.script import Script
from autograd.program.reading import read
from autograd.program.words import number
from tests.autograd.drawing.test_flow import graphs


@settings(max_examples=30)
@given(graphs())
def test_the_places_of_products_have_their_numbers(graph: tuple[Value, list[Value]]) -> None:
    said = Script(read(graph[0]))
    x = said.numbers
    for flow in said.flows:
        assert x[flow.amount] == pytest.approx(x[flow.upstream] * x[flow.local], rel=1e-12, abs=1e-300)
        assert x[flow.after] == (x[flow.amount] if flow.before is None else x[flow.before] + x[flow.amount])
    assert [x[at] for at in said.values.values()] == [n.raw for n in said.reading.nodes]
    assert len(said.values) + 1 + len({at for flow in said.flows for at in flow[3:] if at is not None}) == len(x) or not said.flows


@given(st.sampled_from([-3.0, -0.5, 0.0, 2.0]), st.sampled_from([-4.0, 0.25, 1.0]))
def test_other_numbers_stand_in_the_texts_as_if_they_had_been_recorded(a: float, b: float) -> None:
    def film(a: float, b: float) -> Script:
        v, w = Value(a, label="v"), Value(b, label="w")
        y: Any = (v * w - w) ** 2.0 + (-v).tanh() * w + v.maximum(w) / 2.0
        return Script(read(y))

    recorded, other = film(2.0, 3.0), film(a, b)
    assert recorded.filled(recorded.steps, other.numbers) == other.filled(other.steps)


def test_slots_know_when_to_stand_in_brackets() -> None:
    v, w = Value(-2.0, label="v"), Value(3.0, label="w")
    said = Script(read(w * v))
    text = said.steps[1]["text"]
    assert said.told(text) == "v2 = w × v = 3 × (−2) = −6"
    assert said.told(text, [-3.0, 2.0, -6.0]) == "v2 = w × v = −3 × 2 = −6" and said.scalar
    x = ag.ones(3, requires_grad=True)
    assert not Script(read((x * x).sum())).scalar


def test_what_somebody_wrote_is_no_slot() -> None:
    v = Value(1.5, label="\ufffe0\uffff")
    said = Script(read(v * 2))
    assert said.told(said.steps[1]["text"]) == f"v1 = �0� × 2 = 1.5 × 2 = {number(3.0)}"
