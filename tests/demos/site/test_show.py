"""What pages are shown with, where Sphinx is installed, as it is by `make docs`."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("matplotlib")

import matplotlib.pyplot as plt

import autograd as ag
import demos.site
from autograd.drawing.looks import INK, LOOKS, PAPER
from demos.site.show import colours, entry, escaped, fitting, row_of
from tests.browser import Browser


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


PICTURE = """<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'><style>@media (prefers-color-scheme: dark) { rect { fill: lime } }</style>
<rect width='90' height='90' fill='red'/></svg>"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_picture_in_a_file_of_its_own_follows_the_switch_of_the_page(theme: str, dark: bool, tmp_path: Path, browser: Browser) -> None:
    sheet = (Path(demos.site.__file__).parent / "static" / "site.css").read_text()
    address = f"data:image/svg+xml,{quote(PICTURE)}"
    page = tmp_path / "page.html"
    page.write_text(f'<style>{sheet} body {{ margin: 0 }}</style><body data-theme="{theme}"><img src="{address}"></body>')
    browser.prefer(dark=dark)
    browser.open(page)
    browser.screenshot(tmp_path / "seen.png")
    red, green = plt.imread(tmp_path / "seen.png")[45, 45, :2]
    assert (red, green) == ((0, 1) if theme == "dark" or (theme == "auto" and dark) else (1, 0))
