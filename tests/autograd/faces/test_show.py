"""How a tensor is written: aligned, cut where it is large, and what is written is what it holds."""

import math
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
import nn
from autograd import Tensor, tensor

REPRS = [
    (tensor([[0.0, 1.0]], requires_grad=True), "tensor([[0., 1.]], requires_grad=True)"),
    (tensor([1.5, -2.0]), "tensor([ 1.5000, -2.0000])"),
    (tensor([1, -20]), "tensor([  1, -20])"),
    (tensor([True, False]), "tensor([ True, False])"),
    (tensor([[True], [True]]), "tensor([[True],\n        [True]])"),
    (tensor(3.0), "tensor(3.)"),
    (tensor(0.5, dtype=ag.float64), "tensor(0.5000, dtype=float64)"),
    (tensor([1e-6, 1.0]), "tensor([1.0000e-06, 1.0000e+00])"),
    (tensor([5e-324, 1.0], dtype=ag.float64), "tensor([4.9407e-324,  1.0000e+00], dtype=float64)"),
    (tensor([float("nan"), float("inf"), 1.0]), "tensor([nan, inf,  1.])"),
    (ag.zeros(0), "tensor([])"),
    (ag.zeros(2, 0), "tensor([], size=(2, 0))"),
    (ag.tanh(ag.zeros(1, requires_grad=True)), "tensor([0.], grad_fn=<tanh>)"),
    (tensor([3], dtype=ag.int32), "tensor([3], dtype=int32)"),
]


@pytest.mark.parametrize(("x", "text"), REPRS, ids=[r[1][:30] for r in REPRS])
def test_how_it_is_written(x: Tensor, text: str) -> None:
    assert repr(x) == text


@example(0, [0.25, 3.75])
@given(st.integers(0, 8), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_decimals_and_exponents_can_be_asked_for(precision: int, numbers: list[float]) -> None:
    x = tensor(numbers, dtype=ag.float64)
    before = repr(x)
    try:
        ag.set_printoptions(precision=precision, sci_mode=True)
        scientific = repr(x)
        ag.set_printoptions(sci_mode=False)  # what is not named stays
        plain = repr(x)
    finally:
        ag.set_printoptions(profile="default")
    assert re.findall(r"-?\d[^,\]\s]*", scientific.split("]")[0]) == [f"{n:.{precision}e}" for n in numbers]
    whole = all(n == math.floor(n) for n in numbers)
    assert re.findall(r"-?\d[^,\]\s]*", plain.split("]")[0]) == [f"{n:.0f}." if whole else f"{n:.{precision}f}" for n in numbers]
    assert repr(x) == before


def test_how_much_is_shown_can_be_asked_for() -> None:
    x = ag.arange(1200)
    try:
        ag.set_printoptions(threshold=10, edgeitems=1)
        assert repr(x) == "tensor([   0, ..., 1199])"
        ag.set_printoptions(profile="full", linewidth=10_000)
        assert repr(x).count(",") == 1199 and "\n" not in repr(x)
        ag.set_printoptions(profile="short")
        assert repr(tensor([1.0, 0.5])) == "tensor([1.00, 0.50])"
        ag.set_printoptions(threshold=math.inf)
        assert repr(x).count(",") == 1199
        for wrong, error in (({"precision": -1}, ValueError), ({"edgeitems": "3"}, TypeError), ({"profile": "long"}, ValueError)):
            with pytest.raises(error, match=f"set_printoptions: {next(iter(wrong))}"):
                ag.set_printoptions(**wrong)
        assert repr(tensor([1.0, 0.5])) == "tensor([1.00, 0.50])"
    finally:
        ag.set_printoptions(profile="default")


def test_large_tensors_are_cut() -> None:
    text = repr(ag.zeros(1000, 1000))
    assert "..." in text and len(text) < 1000


NUMBER = r"-?(?:nan|inf|\d+(?:\.\d*)?(?:e[+-]\d+)?)"


@st.composite
def shown(draw: st.DrawFn) -> np.ndarray:
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4))
    kind = draw(st.sampled_from(["f4", "f8", "i8", "i4", "u1", "?"]))
    if kind[0] != "f":
        return draw(hnp.arrays(kind, shape))
    width = 32 if kind == "f4" else 64
    elements = st.sampled_from([st.floats(width=width), st.floats(-4, 4, width=width), st.integers(-999, 999).map(float)])
    return draw(elements.flatmap(lambda e: hnp.arrays(kind, shape, elements=e | st.sampled_from([0.0, math.inf, math.nan]))))


@given(a=shown(), grad=st.booleans())
def test_what_is_written_is_what_it_holds(a: np.ndarray, grad: bool) -> None:
    """Every number, to four decimals or five digits, in columns; the dtype where it is not the one that goes without saying."""
    x = tensor(a, requires_grad=grad and a.dtype.kind == "f")
    text = repr(x)
    body, notes = re.fullmatch(r"tensor\(([\[\]\s,.+\-\w]*?)((?:, \w+=[^,]*)*)\)", text, re.S).groups()  # type: ignore[union-attr]
    said = dict(note.split("=") for note in notes.split(", ") if note)
    assert said == {
        **({} if a.dtype.name in ("float32", "int64", "bool") else {"dtype": a.dtype.name}),
        **({"requires_grad": "True"} if x.requires_grad else {}),
    }
    depth = len(body) - len(body.lstrip("["))
    assert depth == a.ndim
    entries = re.findall("True|False" if a.dtype.kind == "b" else NUMBER, body)
    assert len(entries) == a.size
    if a.dtype.kind == "f":
        spoken = np.array([float(e) for e in entries])
        exactly = a.reshape(-1).astype(float)
        finite = np.isfinite(exactly)
        np.testing.assert_array_equal(spoken[~finite], exactly[~finite])
        size = np.abs(exactly[finite])
        assert (np.abs(spoken[finite] - exactly[finite]) <= (5.1e-5 * size if "e" in body else np.full(size.shape, 5.1e-5))).all()
    else:
        assert [eval(e) for e in entries] == a.reshape(-1).tolist()
    assert a.ndim == 0 or len({len(cell) for row in re.findall(r"\[([^\[\]]*)\]", body) for cell in row.split(", ")}) == 1


@given(rows=st.integers(1, 40), columns=st.integers(1, 90))
def test_a_large_tensor_shows_its_corners(rows: int, columns: int) -> None:
    text = repr(ag.arange(rows * columns).reshape(rows, columns))
    if rows * columns <= 1000:
        assert "..." not in text and len(re.findall(r"\d+", text)) == rows * columns
    else:
        ends = [*range(3), *range(columns - 3, columns)] if columns > 6 else range(columns)
        lines = [*range(3), *range(rows - 3, rows)] if rows > 6 else range(rows)
        assert [int(n) for n in re.findall(r"\d+", text)] == [i * columns + j for i in lines for j in ends]


def test_another_class_of_tensor_says_its_name() -> None:
    assert repr(nn.Parameter(ag.ones(2))) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
