"""The DOT text: a few pictures as they stand, colours and cues, and names that could break a file."""

import html
import re
import shutil
import unicodedata
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, draw
from autograd.drawing.dot import quoted
from autograd.program.words import seen
from tests.autograd.drawing.graphs import GOLDEN, GRAPHS, TEXTS
from tests.autograd.drawing.texts import boxes, neuron


@pytest.mark.parametrize("name", TEXTS)
def test_golden_texts(name: str) -> None:
    assert GRAPHS[name]().source == (GOLDEN / f"{name}.gv").read_text(encoding="utf-8")


@pytest.mark.parametrize("format", ["svg", "png"])
@pytest.mark.parametrize("name", GRAPHS)
def test_golden_graphs_can_be_rendered(name: str, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.setenv("PATH", "")
    picture = GRAPHS[name]().pipe(format)
    assert b"</svg>" in picture if format == "svg" else picture.startswith(b"\x89PNG")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's dot is not installed")
@pytest.mark.parametrize("name", GRAPHS)
def test_golden_graphs_can_be_rendered_by_dot(name: str) -> None:
    assert b"</svg>" in GRAPHS[name]().pipe("svg")


def test_kinds() -> None:
    x, w = Value(1.0, requires_grad=False), Value(2.0)
    source = draw(w * x + 1).source
    assert source.count("#cfe6f5") == 1 and source.count("filled,dashed") == 1 and source.count("peripheries=2") == 1
    dark = draw(w * x, theme="dark").source
    assert "#123a52" in dark and "#14171c" in dark and "#ffffff" not in dark


def test_tooltips() -> None:
    with ag.record_lines():
        h = ag.tensor([[1.0, 2.0]], requires_grad=True) * 3
    source = draw(h).source
    assert re.search(
        r'tooltip="h\\nresult of \*\\nfloat32 1×2\\nmin 3, mean 4.5, max 6\\n3, 6\\nvalue: rms 4.7 · largest 6\\ntest_dot.py:\d+: h = ag.tensor.*\* 3"',
        source,
    )
    assert "test_dot.py" not in draw(h, show_source=False).source


def test_a_legend_has_the_kinds_that_are_there() -> None:
    loss, _ = neuron()

    def words(**options: Any) -> list[str]:
        key = re.findall(r'legend_[^[]* \[label="([^"]*)"', draw(loss, legend=True, **options).source)
        below = draw(loss, legend=True, rankdir="TB", **options).source  # which Graphviz lays out
        assert re.findall(r">([^<>]+)</(?:td|font)>", below) == key
        return key

    assert words() == ["parameter", "intermediate", "output", "round: operation"]
    assert words(layout="mirror")[-2:] == ["dotted: saved for backward", "g: the gradient that arrives"]
    _, (x, _) = found = neuron()
    x.data = 5.0
    noted = draw(found[0], legend=True, theme="dark")
    assert 'is older." shape=plaintext' in noted.source and "#ffffff" not in noted.source
    if shutil.which("dot"):  # every kind can be laid out, with characters that end HTML
        draw(found[0], legend=True, layout="mirror", show_saved=True).pipe("svg")
    assert "legend" not in draw(loss).source


def test_which_operand_comes_first() -> None:
    a, b = Value(2.0), Value(3.0)
    assert list(boxes(draw(b - a).source, "o").values()) == ["b − a"]
    assert list(boxes(draw(b**a).source, "o").values()) == ["b ^ a"]
    source = draw((b * 1) / a).source
    assert boxes(source, "o")["o3"] == "v1 ÷ a" and boxes(source)["v1"] == "v1/3"
    unfolded = draw(2 - a, fold_constants=False).source
    assert boxes(unfolded, "o")["o1"] == "2 − a"


@given(st.text(max_size=30))
def test_any_name_can_be_quoted(name: str) -> None:
    text, shown = quoted(name), "\n".join(map(seen, name.split("\n")))
    assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', text, re.S)
    assert html.unescape(re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text[1:-1])) == html.unescape(html.escape(shown, False))


NAMES = [
    'quote"s',
    "back\\slash \\N \\G",
    "{a|b}",
    "<b>bold</b>",
    "&amp; &lt;",
    "new\nline",
    "שלום",
    "🎉",
    "</script>",
    "a\0b",
    "\ud800",
    "%s",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_names_are_shown_as_they_are(name: str) -> None:
    pytest.importorskip("pygraphviz")
    v = Value(1.0, label=name)
    svg = draw(v * 2).pipe("svg", encoding="utf-8")
    shown = [html.unescape(t) for t in re.findall(r"<text[^>]*>(.*?)</text>", svg)]
    expected = name.replace("\n", "␊").replace("\0", "␀").replace("\ud800", "\ufffd")
    assert f"v0 = {expected}" in [t.replace("\xa0", " ") for t in shown] or expected == "שלום"
    assert svg.count('class="edge"') == 2


HOSTILE = "".join(map(chr, [*range(1, 32), *range(127, 160), 0x2028, 0xFFFE, 0xFFFF, 0xDCFF]))


@given(text=st.text(st.characters()))
def test_quoted_text_holds_nothing_that_ends_dot_or_xml(text: str) -> None:
    written = quoted(text)
    assert seen(written) == written and written.count("\\n") >= text.count("\n")
    ElementTree.fromstring(f"<a>{escape(written)}</a>".encode())


@pytest.mark.parametrize("where", ["label", "operation", "file", "module", "title"])
def test_control_characters_break_no_picture(where: str) -> None:
    """Wherever they come from: the text of a label, an operation's name, the file that a line stands in, a class."""
    text = f"a{HOSTILE}b"
    x = Value(1.0, label=text if where == "label" else "x")
    op = ag.Op(text if where == "operation" else "op", lambda x: x * 2, lambda g, z, x: g * 2)

    def twice(x: Value) -> Value:
        with ag.Call(twice) as call:
            y = op(x)
            call.gave(y, x)
        return y

    scope = {"x": x, "twice": twice}
    with ag.record_lines():
        exec(compile("y = twice(x)", f"/{text}.py" if where == "file" else "/a.py", "exec"), scope)
    y: Any = scope["y"]
    pictures = [draw(y, names={text: x} if where == "title" else None, layout=layout, show_saved=True) for layout in ("flow", "mirror")]
    for picture in pictures:
        assert seen(picture.source.replace("\n", "").replace("\t", "")) == picture.source.replace("\n", "").replace("\t", "")
        if shutil.which("dot"):
            ElementTree.fromstring(picture.pipe("svg"))
    page = ag.graph_player(y, title=text if where == "title" else None).html
    assert not [c for c in page if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"] and page.encode()
