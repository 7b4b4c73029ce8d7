"""How pictures say things: numbers, names that could break them, operations with their constants."""

import math
import unicodedata
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, record_lines
from autograd.program.words import clean, details, number, seen, shape, sign, size, value


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 8))
def test_numbers_read_back(x: float, precision: int) -> None:
    text = number(x, precision)
    assert "-" not in text and text != "−0"
    assert float(text.replace("−", "-")) == float(f"{x:.{precision}g}")


def test_numbers_that_are_none() -> None:
    assert [number(x) for x in (math.nan, math.inf, -math.inf, -0.0, -1e-300)] == ["nan", "inf", "−inf", "0", "−1e−300"]
    assert value(ag.ones(2, 3).numpy()) == "tensor 2×3" and value(-0.25) == "−0.25" and shape(()) == ""
    assert size(1, "operation") == "1 operation" and size(0, "operation") == "0 operations"


@given(st.text(st.characters()))
def test_what_is_seen_is_text_for_xml(text: str) -> None:
    shown = seen(text)
    assert seen(shown) == shown and (shown == text or not text.isprintable())
    ElementTree.fromstring(f"<a>{escape(shown)}</a>".encode())
    assert all(c.isprintable() or unicodedata.category(c) not in ("Cc", "Cs") for c in shown)


@given(st.text())
def test_names_can_be_written_into_any_file(name: str) -> None:
    text = clean(name)
    assert len(text) <= 40 and text == clean(text)
    text.encode()
    assert not any(ord(c) < 32 or c in "\x7f\ufffe\uffff" for c in text)


def test_names_stay_what_they_were() -> None:
    for name in ('a"b', "{x|y}", "<b>&amp;</b>", "שלום", "🎉", "x\u2028y"):
        assert clean(name) == name
    assert clean("a\nb\0") == "a␊b␀"
    assert clean("layer." * 20 + "weight") == "layer.layer.layer.layer.laye…ayer.weight"


def signs() -> list[tuple[Value | ag.Tensor, str]]:
    x, y, t = Value(2.0), Value(3.0), ag.ones(2, 3, requires_grad=True)
    i = ag.tensor([0, 1])
    return [
        (x * y, "×"), (0.1 * x, "0.1 × x"), (x * 0.1, "0.1 × x"), (x + 1, "x + 1"), (1 - x, "1 − x"), (x - 1, "x − 1"), (x / 2, "x ÷ 2"),
        (1 / x, "1 ÷ x"), (x**2, "x²"), (x**-1, "x⁻¹"), (x**0.5, "x ^ 0.5"), (2**x, "2 ^ x"), ((-3) ** x, "(−3) ^ x"), (x + -1, "x + (−1)"), (-2 * x, "(−2) × x"), (-x, "−x"), (x % 2, "x % 2"),
        (x.maximum(0.0), "max(x, 0)"), (ag.clamp(x, min=-1.0), "max(x, −1)"), (x.tanh(), "tanh"), (t.sum(), "Σ"), (t.sum(0), "Σ₀"),
        (t.mean(1), "mean₁"), (t.T, "xᵀ"), (t.reshape(3, 2), "reshape\n3×2"), (t[0], "x[0]"), (t[:, 1:], "x[:, 1:]"), (t[i, i], "x[i, j]"),
        (t @ t.T, "@"), (t.double(), "to float64"), (t * 2, "2 × x"), (ag.log_softmax(t, 1), "log\nsoftmax"),
        (t.values()[0, 1] * 1, "1 × x"), (t.values()[0, 1], "[1]"),
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "text"), signs(), ids=lambda p: p if isinstance(p, str) else "")
def test_operations(n: Value | ag.Tensor, text: str) -> None:
    assert n.op is not None and sign(n.op, n.args) == text


def test_constants_can_stay_outside() -> None:
    x = Value(2.0)
    assert sign((0.1 * x).op, (0.1, x), fold=False) == "×"


def test_details() -> None:
    with record_lines():
        y = ag.tensor([[1.0, 2.0, 6.0]], requires_grad=True) * 1
    lines = details(y, "h").split("\n")
    assert lines[:4] == ["h", "result of *", "float32 1×3", "min 1, mean 3, max 6"]
    assert lines[4] == "1, 2, 6"
    assert lines[5].startswith("test_words.py:") and lines[5].endswith(": y = ag.tensor([[1.0, 2.0, 6.0]], requires_grad=True) * 1")
    assert "test_words" not in details(y, "h", source=False)
    assert details(Value(0.1), "") == "0.1"
    assert details(ag.tensor([], requires_grad=True), "e") == "e\nfloat32 0"
    assert "nan" in details(ag.tensor([math.nan, 1.0]), "")
