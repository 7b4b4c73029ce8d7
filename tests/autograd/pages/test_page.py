"""A page is whole: all that it shows is in it, it asks for nothing, and nothing that a user wrote becomes markup or a place."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.pages.page import Page, theme_of, title_of, written

PLACES = ("style", "looks", "shared", "lively", "program", "theme", "title", "graph", "script")
words = st.lists(st.sampled_from([*(f"<!--{p}-->" for p in PLACES), "</script>", "<b>", '"', "'", "&amp;", "\u2028", "x"])).map("".join)


@given(words, words)
def test_what_a_user_wrote_stays_a_text(title: str, data: str) -> None:
    page = written("player.html", title, "auto", {"data": data}, graph="<svg></svg>")
    plain = written("player.html", "x", "auto", {"data": "x"}, graph="<svg></svg>")
    assert [page.count(mark) for mark in ("<script", "</script>", "<b>", "<svg>")] == [
        plain.count(m) for m in ("<script", "</script>", "<b>", "<svg>")
    ]
    found = re.search(r'<script type="application/json">(.*?)</script>', page, re.S)
    assert found is not None and json.loads(found[1]) == {"data": data}


def test_a_page_asks_for_nothing() -> None:
    page = written("player.html", "x", "auto", {}, graph="")
    assert not re.search(r"\b(?:src|href)=|https?://|@import|url\(", page)


def test_a_page_says_what_it_is_and_is_written_whole(tmp_path: Path) -> None:
    page = Page("<title>a &amp; b</title>")
    assert repr(page) == '<page "a & b": .save("page.html") writes it, a notebook shows it>'
    assert Path(page.save(tmp_path / "p.html")).read_text() == page.html
    with pytest.raises(FileNotFoundError):
        page.save(tmp_path / "no" / "p.html")
    assert 'srcdoc="&lt;title&gt;' in page._repr_html_()


def test_themes_and_titles_are_checked() -> None:
    assert (theme_of("dark"), title_of(None), title_of("")) == ("dark", None, "")
    with pytest.raises(ValueError, match="one of 'light', 'dark', 'auto', got 'blue'"):
        theme_of("blue")
    with pytest.raises(TypeError, match="title is a text, got"):
        title_of(3)
