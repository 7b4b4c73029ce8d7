"""What pages are shown with, where Sphinx is installed, as it is by `make docs`."""

import re

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("matplotlib")

import autograd as ag
from autograd.drawing.looks import INK, LOOKS, PAPER
from demos.site.show import colours, entry, escaped, fitting, row_of


def test_a_row_is_shown_by_its_mathematics() -> None:
    assert row_of("autograd.tanh", ag.tanh) == [
        ".. py:function:: autograd.tanh(x)",
        "",
        "   | z = tanh(x)",
        "   | into x: g · (1 − z²)",
        "",
    ]
    assert row_of("autograd.where", ag.where)[0].endswith("where(condition, x, y)")
    assert r"   | z = \|x\|" in row_of("autograd.abs", ag.abs)


def test_every_row_can_be_shown() -> None:
    rows = [(name, thing) for name in ag.__all__ if isinstance(thing := getattr(ag, name), ag.Op)]
    assert len(rows) > 40
    for name, row in rows:
        shown = "\n".join(row_of(f"autograd.{name}", row))
        assert shown.count("into") == sum(rule is not None for rule in row.vjps) and "Symbol" not in shown


def test_functions_classes_and_exceptions_have_entries_of_their_kind() -> None:
    assert [entry("autograd", name)[0].split("::")[0] for name in ("grad", "Value", "AnomalyError", "exp")] == [
        ".. autofunction", ".. autoclass", ".. autoexception", ".. py:function",
    ]  # fmt: skip


def test_prose_of_docstrings_is_escaped_and_examples_are_not() -> None:
    lines = ["the |0| of kaiming_ at file:line, ``x_`` and `y_`", "", ">>> a_ | b", "x_", "", "z_"]
    escaped(None, "", "", None, None, lines)
    assert lines == [r"the \|0| of kaiming\_ at file\:line, ``x_`` and `y_`", "", ">>> a_ | b", "x_", "", r"z\_"]


def test_every_light_colour_has_a_dark_one_in_either_way_to_ask_for_it() -> None:
    sheet = colours()
    for light, dark in [(INK["light"], INK["dark"]), *(pair for looks in LOOKS.values() for pair in zip(*looks[:2]))]:
        for asked in ('body[data-theme="dark"]', 'body:not([data-theme="light"])'):
            assert not light or f'{asked} .picture [fill="{light}" i] {{ fill: {dark}; }}' in sheet
    assert PAPER["light"] == LOOKS["middle"][0][0]  # so that paper is told from boxes by its place
    assert sheet.count("{") == sheet.count("}")


def test_a_picture_shrinks_no_farther_than_it_can_be_read() -> None:
    svg = fitting(ag.draw(ag.Value(2.0) * 3).pipe(encoding="utf-8").partition("?>")[2])
    width, least = (float(re.search(pattern, svg)[1]) for pattern in (r'width="([\d.]+)pt"', r"min-width: (\d+)px"))  # type: ignore[index]
    assert 0.5 < least / (width * 96 / 72) < 0.8
