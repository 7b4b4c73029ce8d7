"""How large boxes are, by a table of widths alone."""

from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.layout.sizes import BORDER, EM, rows, size, width
from autograd.drawing.scene import Box, Thumbnail


@given(st.text(), st.text())
def test_width_adds_up(a: str, b: str) -> None:
    assert abs(width(a + b) - width(a) - width(b)) < 1e-9 and 0 <= width(a) <= 1.1 * EM * len(a) + 1e-9


def test_widths_of_helvetica() -> None:
    """As in Adobe's Helvetica.afm, in thousandths of the size."""
    assert [round(width(c, 1000)) for c in "il0aAWm.−×"] == [222, 222, 556, 556, 667, 944, 833, 278, 584, 584]


@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=20), min_size=1, max_size=4), st.booleans())
def test_a_box_holds_its_text(label: list[str], round: bool) -> None:
    across, down = size(Box("v0", "middle", label, round=round))
    assert across >= max(map(width, label)) + 6 and across >= 1.2 * max(map(width, label)) and down >= 13.2 * len(label)
    wide, high = size(Box("v0", "output", label, round=round))
    assert (wide, high) == (across + BORDER, down + BORDER)
    assert size(Box("v0", "middle", ["\n".join(label)], round=round)) == (across, down)


def test_short_signs_stand_in_circles() -> None:
    w, h = size(Box("o1", "operation", ["×"], round=True))
    assert w == h == 22


@given(st.lists(st.lists(st.tuples(st.integers(1, 64), st.integers(1, 64)), min_size=1, max_size=4), max_size=4), st.booleans())
def test_a_box_holds_its_thumbnails_below_its_text(sides: list[list[tuple[int, int]]], double: bool) -> None:
    text = Box("v0", "output" if double else "middle", ["0.weight", "tensor 8×5"])
    box = Box("v0", text.kind, text.label, thumbnails=[[Thumbnail("", w, h, "value") for w, h in row] for row in sides])
    across, down = size(box)
    assert abs(down - size(text)[1] - sum(high for _, high in rows(box))) < 1e-9
    assert across >= size(text)[0] and all(across >= wide + 8 for wide, _ in rows(box))
    for row, (wide, high) in zip(sides, rows(box)):
        assert wide >= sum(w + 2 for w, _ in row) + 4 * (len(row) - 1) and high >= max(h for _, h in row) + 2
