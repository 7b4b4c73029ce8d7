"""What `make docs` looks for in the site that was built is found where it is planted."""

from pathlib import Path

import pytest

from tests.site import wrong

WHOLE = '<a href="more/other.html#there">x</a> <a href="https://d2l.ai">book</a> <script src="a.js"></script> <img src="data:,">'
OTHER = '<h1 id="there">x</h1> <a href="#there">up</a> <a href="../index.html">back</a> <iframe srcdoc="&lt;p&gt;"></iframe>'


def site(path: Path, index: str) -> Path:
    (path / "more").mkdir()
    for name, text in {"index.html": index, "more/other.html": OTHER, "a.js": "", "a.css": "p { color: red }"}.items():
        (path / name).write_text(text)
    return path


def test_nothing_is_wrong_with_a_whole_site(tmp_path: Path) -> None:
    assert list(wrong(site(tmp_path, WHOLE))) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "index.html loads https://cdn.example/x.js"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "index.html loads //fonts.example/x.css"),
        ("<iframe srcdoc=\"&lt;img src='http://x.example/x.png'&gt;\"></iframe>", "index.html loads http://x.example/x.png"),
        ('<a href="gone.html">x</a>', "index.html leads to gone.html, which is not there"),
        ('<img src="gone.png">', "index.html leads to gone.png, which is not there"),
        ('<a href="more/other.html#nowhere">x</a>', "index.html leads to more/other.html#nowhere, and there is no such place"),
        ('<a href="#nowhere">x</a>', "index.html leads to #nowhere, and there is no such place"),
    ],
)
def test_what_is_wrong_is_found(planted: str, found: str, tmp_path: Path) -> None:
    assert list(wrong(site(tmp_path, WHOLE + planted))) == [found]


def test_a_lost_page_and_a_style_sheet_that_fetches_are_found(tmp_path: Path) -> None:
    root = site(tmp_path, WHOLE)
    (root / "lost.html").write_text("")
    (root / "a.css").write_text('@font-face { src: url("https://fonts.example/x.woff") }')
    assert list(wrong(root)) == ["no link leads to lost.html", 'a.css loads something: url("https:']
