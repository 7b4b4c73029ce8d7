"""An entry that is worked out is the entry that the engine computes."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd.pages.entries import largest, worked
from autograd.pages.script import Script
from autograd.program.formulas import Seen
from autograd.program.reading import read


def shown(loss: Any, **names: Any) -> list[Any]:
    return [entry for step in Script(read(loss, names)).steps for entry in step.get("entries", []) if entry]


def entries(loss: Any, **names: Any) -> list[str]:
    """Those of the largest entries."""
    return [entry["texts"][entry["largest"]] for entry in shown(loss, **names)]


def test_a_layer_with_its_loss() -> None:
    x = ag.tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0]])
    w = ag.tensor([[0.1, -0.2, 0.3], [0.0, 1.0, -1.0]], requires_grad=True)
    b = ag.tensor([0.5, -0.5], requires_grad=True)
    h = x @ w.T + b
    y = h.relu()
    loss = (y * y).sum()
    assert entries(loss, x=x, w=w, b=b, h=h, y=y) == [
        "[0,0]: g = 1",
        "[1,0]: g[1,0] · y[1,0] = 1 · 1.95 = 1.95",
        "[1,0]: g[1,0] · y[1,0] = 1 · 1.95 = 1.95",
        "[1,0]: 0 where h[1,0] ≤ 0, else g[1,0] = 0 where 1.95 ≤ 0, else 3.9 = 3.9",
        "[1,0]: g[1,0] = 3.9",
        "[0]: Σₖ g[k,0] = 3.9 + 2.2 = 6.1",
        "[2,0]: Σₖ x[k,2] · g[k,0] = 4 · 3.9 + 3 · 2.2 = 22.2",
        "[0,2]: g[2,0] = 22.2",
    ]


def test_a_network_in_every_step() -> None:
    ag.manual_seed(0)
    net = nn.MLP(7, [5, 3])
    loss = nn.functional.cross_entropy(net(ag.rand(4, 7)), ag.randint(0, 3, (4,)))
    said = entries(loss)
    assert len(said) >= 7 and any(" + …" in entry for entry in said) and any("softmax" in entry for entry in said), said


KINDS = {
    "*": lambda x, w, b, c: x * b, "@": lambda x, w, b, c: x @ w, "sum": lambda x, w, b, c: x.sum(1), "bias": lambda x, w, b, c: x @ w + b,
    "mean": lambda x, w, b, c: x.mean(0) * b, "tanh": lambda x, w, b, c: (x * b).tanh(), "column": lambda x, w, b, c: x * c / b,
    "linear": lambda x, w, b, c: nn.functional.linear(x, w, b), "batch": lambda x, w, b, c: (x.reshape(1, 2, 2) * w).reshape(2, 2).T,
    "cast": lambda x, w, b, c: x.double() @ w.double(), "power": lambda x, w, b, c: x**3 - b,
}  # fmt: skip


@settings(max_examples=80)
@given(st.integers(0, 10**6), st.sampled_from(sorted(KINDS)))
def test_what_is_written_gives_the_entry(seed: int, kind: str) -> None:
    """With sizes of 2 each sum is written out. Numbers of four digits give three."""
    ag.manual_seed(seed)
    x, w, b, c = (ag.randn(*sizes, requires_grad=True) for sizes in ((2, 2), (2, 2), (2,), (2, 1)))
    y = KINDS[kind](x, w, b, c)
    found = shown((y * y).sum())
    assert len(found) >= 3 and all(len(told["texts"]) in (2, 4) for told in found)
    for entry in [text for told in found for text in told["texts"]]:
        *_, text, result = entry.split(" = ")
        text = text.replace("−", "-").replace("·", "*").replace("²", "**2").replace("³", "**3")
        if "[" not in text:  # a gradient that passes through
            terms = [abs(eval(term)) for term in re.split(r" \+ ", text)] if "(" not in text else [1.0]
            assert eval(text) == pytest.approx(float(result.replace("−", "-")), rel=5e-3, abs=5e-3 * max(terms)), entry


def test_what_cannot_be_told() -> None:
    g, nothing = Seen("g", np.ones((2, 2))), Seen("h")
    assert largest(np.zeros((2, 2))) is largest(np.full((2, 2), np.nan)) is largest(np.ones((0, 2))) is largest(1.0) is None
    assert worked(nothing, np.ones((2, 2)), (0, 0)) is None
    assert worked(g * 3, g.raw, (0, 0)) is None  # it is not what was computed


def test_an_entry_that_is_0_is_told_as_any_other() -> None:
    x = ag.tensor([[-1.0, 2.0]], requires_grad=True)
    (entry,) = [e for e in shown((x.relu() * 3).sum(), x=x) if " where " in e["texts"][0]]
    assert entry["largest"] == 1 and entry["texts"] == [
        "[0,0]: 0 where x[0,0] ≤ 0, else g[0,0] = 0 where (−1) ≤ 0, else 3 = 0",
        "[0,1]: 0 where x[0,1] ≤ 0, else g[0,1] = 0 where 2 ≤ 0, else 3 = 3",
    ]


def test_of_many_entries_the_largest_alone_is_told() -> None:
    """Of the arrays that are too large, and of those for which there is no more room in the page."""
    x, w = ag.randn(1, 16, requires_grad=True), ag.randn(17, 17, requires_grad=True)
    few, many = [shown((y * y).sum())[0]["texts"] for y in (x * 2, w * 2)]
    assert len(few) == 16 and len(many) == 1
    y = x * 2
    for _ in range(80):
        y = y * 2
    sizes = [len(entry["texts"]) for entry in shown(y.sum())]
    assert sizes == sorted(sizes, reverse=True) and {*sizes} == {16, 1} and sum(n for n in sizes if n > 1) <= 1000
