"""The page of a run holds all of it in one file, and can be read on a phone and in the dark: a real browser opens it."""

from __future__ import annotations

import base64
import html
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import autograd as ag

pytest.importorskip("matplotlib")

from matplotlib.image import imread

from demos import STORIES, plots, story
from demos.__main__ import main
from demos.page import write_page
from demos.story import Picture, Story, code_of, text_of
from tests.browser import Browser

SIZES = [(1280, False), (390, True), (320, True)]
# The contrast of every text with what lies behind it, by the definition of WCAG 2: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio
CONTRASTS = """(() => {
    const light = c => { const [r, g, b] = c.match(/[0-9.]+/g).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!c.endsWith(', 0)')) return c; } };
    return [...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())).map(e => {
        const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05); });
})()"""


FILM = "<!doctype html><p id=film>A film.</p><script>document.getElementById('film').append(' It plays.')</script>"


class Read(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def told(tmp_path: Path) -> list[Story]:
    """Two tellings, whose words must be taken as words."""
    stories = [Story("digits", tmp_path / name, seed) for seed, name in enumerate(("one", "two"))]
    for told in stories:
        told.out.mkdir()
        told.number("a < b & <b>c</b>", 0.25, "m/s", 'beside "<i>"')
        told.picture(plots.lines(told.path("curve.svg"), {"y (m)": {"a": [1, 2, 3]}}, "A curve", "x (s)"), "It <rises>.")
        told.picture(plots.heat_map(told.path("heat.png"), [[1.0]], ["a"], ["b"], "Heat", "J", xlabel="x", ylabel="y"), "One & only.")
        told.text("report.txt", "a < b\n  in line 2 & <b>more</b>: " + 30 * "long ", "What was <reported>.")
        told.path("film.html").write_text(FILM)
        told.picture(told.path("film.html"), "a film")
    stories[1].stopped, stories[1].untold = True, "The network is <away>."
    return stories


def test_everything_is_on_the_page_in_one_file(told: list[Story], tmp_path: Path) -> None:
    page = write_page(told, tmp_path / "index.html").read_text()
    read = Read(page)
    text = text_of("digits")
    for words in (
        text.question,
        text.code,
        "a < b & <b>c</b>",
        'beside "<i>"',
        "0.25 m/s",
        "It <rises>.",
        "a < b\n  in line 2 & <b>more</b>: long",
        "What was <reported>.",
        "Stopped early",
        "The network is <away>.",
    ):
        assert words in read.text
    shown = " ".join(read.text.split())
    words = [" ".join(paragraph.replace("`", "").split()) for paragraph in text.paragraphs]
    assert all(re.sub("https?://", "", paragraph) in shown for paragraph in words)
    images = [attributes for tag, attributes in read.tags if tag == "img" and attributes["alt"]]
    files = [picture.path for story in told for picture in story.pictures if picture.path.suffix in (".svg", ".png")]
    assert [base64.b64decode(image["src"].split("base64,")[1]) for image in images] == [file.read_bytes() for file in files]
    cards = [attributes["src"] for tag, attributes in read.tags if tag == "img" and not attributes["alt"]]
    assert cards == [image["src"] for image in images[::2]]
    assert [attributes["srcdoc"] for tag, attributes in read.tags if tag == "iframe"] == [FILM, FILM]
    links = {attributes["href"] for tag, attributes in read.tags if tag == "a"}
    assert {"one/curve.svg", "two/heat.png", "one/film.html", text.book, "#digits"} <= links
    assert not re.search(r"<(script|link)|url\(", page)


def test_a_picture_stands_first_and_what_is_long_is_folded(told: list[Story], tmp_path: Path) -> None:
    story = told[0]
    for i in range(9):
        story.number(f"number {i}", i)
    wide = story.path("high.svg")
    wide.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="400pt" height="900pt"><text>high</text></svg>')
    story.pictures.insert(0, Picture(wide, "A high one."))
    page = write_page([story], tmp_path / "index.html").read_text()
    shown = re.sub(r"<details.*?</details>", "", page.partition("<article")[2], flags=re.S)
    assert shown.index('alt="curve"') < shown.index("<p>") and shown.count("<p>") == 1 and 'alt="high"' not in shown
    assert "<table" not in shown and "The 10 numbers" in page and "<table" in page and "What was &lt;reported&gt;" not in shown


def test_a_film_is_played_where_it_is_come_to(told: list[Story], tmp_path: Path, browser: Browser) -> None:
    for mobile in (False, True):
        browser.size(390 if mobile else 1280, 700, mobile)
        browser.open(write_page(told[:1], tmp_path / "index.html"))
        browser.evaluate("document.querySelector('iframe').scrollIntoView()")
        browser.wait("document.querySelector('iframe').contentDocument?.body?.textContent.includes('A film. It plays.')")
        assert browser.evaluate(
            "(r => r.left >= 0 && r.right <= innerWidth && r.height > 300)(document.querySelector('iframe').getBoundingClientRect())"
        )


def test_code_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch, told: list[Story], tmp_path: Path) -> None:
    source = Path(story.__file__).parent
    for path in [*source.glob("*.py"), *source.glob("plots/*.py")]:
        monkeypatch.setattr("demos.page.code_of", lambda name, path=path: ("", path.read_text()))
        page = write_page(told[:1], tmp_path / "index.html").read_text()
        shown = re.search(r"<pre><code>(.*?)</code></pre>", page, re.S)
        assert shown and html.unescape(re.sub(r"</?(b|i|span)( class=s)?>", "", shown[1])) == path.read_text()


def test_code_that_stories_share_is_shown_too(told: list[Story], tmp_path: Path) -> None:
    assert text_of("digits").shared == ["readers"] and text_of("fashion").shared == ["clothes", "readers"] and not text_of("moons").shared
    assert code_of("readers")[1] in Read(write_page(told, tmp_path / "index.html").read_text()).text


def test_the_short_run_is_called_so_where_there_is_a_long_one(tmp_path: Path) -> None:
    for name in STORIES:
        page = write_page([Story(name, tmp_path, quick=True)], tmp_path / "index.html").read_text()
        assert ("<strong>The short run</strong>" in page) == ("story.quick" in code_of(name)[1])


def test_a_page_for_one_story_has_no_list(told: list[Story], tmp_path: Path) -> None:
    one, two = (write_page(told[:n], tmp_path / "index.html").read_text() for n in (1, 2))
    assert "<nav>" in two and "<nav>" not in one and f"<title>{text_of('digits').question}</title>" in one


def look_at(page: Path, browser: Browser, directory: Path) -> None:
    """On screens of three widths, in the light and in the dark: nothing sticks out, every picture is there, all can be read."""
    for width, mobile in SIZES:
        for dark in (False, True):
            browser.size(width, 700, mobile)
            browser.prefer(dark=dark)
            browser.open(page)
            assert browser.errors == []
            assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert browser.evaluate("[...document.querySelectorAll('details')].forEach(d => d.open = true)") is None
            assert browser.evaluate("[...document.images].every(i => !i.alt || (i.complete && i.naturalWidth > 0 && i.width > 250))")
            assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
            contrasts = browser.evaluate(CONTRASTS)
            assert len(contrasts) > 10 and min(contrasts) > 4.5
            for i in range(browser.evaluate("[...document.images].filter(i => i.alt).length") if dark and width == 390 else 0):
                image = f"[...document.images].filter(i => i.alt)[{i}]"
                kind = browser.evaluate(f"(i => (i.scrollIntoView({{block: 'start'}}), i.src.slice(0, 14)))({image})")
                browser.screenshot(directory / "seen.png")
                seen = imread(directory / "seen.png")[..., :3]
                if kind == "data:image/svg":  # a PNG stays as it is
                    place = browser.evaluate(f"(r => [r.x, r.y, r.right, r.bottom])({image}.getBoundingClientRect())")
                    left, top, right, bottom = (max(0, int(v)) for v in place)
                    paper = seen[-1, 0]
                    assert (np.abs(seen[top + 2 : top + 6, left + 2 : left + 6] - paper) < 0.2).all(), f"picture {i} has another paper"
                    assert np.abs(seen[top:bottom, left:right] - paper).max() > 0.7, f"picture {i} has no ink to be seen"


def test_it_can_be_read_on_a_phone_and_in_the_dark(told: list[Story], tmp_path: Path, browser: Browser) -> None:
    look_at(write_page(told, tmp_path / "index.html"), browser, tmp_path)


def test_a_wide_picture_of_a_graph_is_at_most_two_screens_on_a_phone(tmp_path: Path, browser: Browser) -> None:
    story = Story("digits", tmp_path)
    x = ag.Value(0.5, label="x")
    for _ in range(12):
        x = x.tanh()
    story.picture(plots.graph_picture(ag.draw(x), story.path("wide.svg")), "wide")
    page = write_page([story], tmp_path / "index.html")
    for width, most in ((375, 750), (1280, 1280)):
        browser.size(width, 700, width == 375)
        browser.open(page)
        assert 250 < browser.evaluate("document.images[0].width") <= most
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_all_stories_are_told_on_one_page(telling: Callable[..., Story], browser: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    out = telling(STORIES[0]).out.parent  # they are told by now, by their own tests

    def told_before(name: str, *given: object) -> Story:
        assert given == (out, 0, True, None)
        return telling(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(story, "tell", told_before)
        assert main(["all", "--out", str(out)]) == 0
    page = out / "index.html"
    files = {page} | {path for name in STORIES for path in (out / name).iterdir()}
    printed = capsys.readouterr().out
    assert all(str(file) in printed for file in files)
    read = Read(page.read_text())
    assert all((out / attributes["href"]) in files for tag, attributes in read.tags if tag == "a" and attributes["href"][0] not in "h#")
    assert [attributes["id"] for tag, attributes in read.tags if tag == "article"] == list(STORIES)
    if shutil.which("dot"):
        assert not {path for path in files if path.suffix == ".gv"}
    look_at(page, browser, out)
