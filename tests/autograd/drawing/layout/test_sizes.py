"""How large boxes are, by a table of widths alone."""

from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.layout.sizes import BORDER, EM, size, width
from autograd.drawing.scene import Box


@given(st.text(), st.text())
def test_width_adds_up(a: str, b: str) -> None:
    assert abs(width(a + b) - width(a) - width(b)) < 1e-9 and 0 <= width(a) <= 1.1 * EM * len(a) + 1e-9


def test_widths_of_helvetica() -> None:
    """As in Adobe's Helvetica.afm, in thousandths of the size."""
    assert [round(width(c, 1000)) for c in "il0aAWm.−×"] == [222, 222, 556, 556, 667, 944, 833, 278, 584, 584]


@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=20), min_size=1, max_size=4), st.booleans())
def test_a_box_holds_its_text(label: list[str], round: bool) -> None:
    across, down = size(Box("v0", "middle", label, round=round))
    assert across >= max(map(width, label)) + 6 and down >= 13.2 * len(label)
    wide, high = size(Box("v0", "output", label, round=round))
    assert (wide, high) == (across + BORDER, down + BORDER)
    assert size(Box("v0", "middle", ["\n".join(label)], round=round)) == (across, down)


def test_short_signs_stand_in_circles() -> None:
    w, h = size(Box("o1", "operation", ["×"], round=True))
    assert w == h == 22
