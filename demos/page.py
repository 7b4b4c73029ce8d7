"""One page of a run, whole in one file: every story with its question, pictures, films, numbers, text and code.

What is to be seen stands first; the long text, reports and code are folded. It needs no network, and no script but those of the films, each
in a frame of its own; it fits the width of a phone, and follows the reader's screen into the dark.
"""

from __future__ import annotations

import base64
import html
import io
import keyword
import re
import tokenize
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from autograd.drawing.looks import INK, PAPER
from . import COMMAND
from .told import Number, Picture, Told, code_of, text_of

__all__ = ["page_of", "results_of", "write_page"]

META = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">'
SCREEN = f"""
:root {{ color-scheme: light dark; --paper: {PAPER["light"]}; --ink: {INK["light"]}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --paper: {PAPER["dark"]}; --ink: {INK["dark"]}; }} }}
"""
STYLE = """
:root {
  --quiet: #5b6270; --line: #c3cad5; --well: #f4f5f7; --mark: #0072B2; --warm: #8a5a00;
}
@media (prefers-color-scheme: dark) {
  :root { --quiet: #a3acb8; --line: #444c58; --well: #1f242c; --mark: #56B4E9; --warm: #E69F00; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--paper); color: var(--ink); }
body { font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.3; } h2 { font-size: 1.3rem; margin: 0 0 .5rem; line-height: 1.3; }
a { color: var(--mark); }
nav ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: 1rem; padding: 0; list-style: none; }
nav a { display: block; height: 100%; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 8px; text-decoration: none; }
nav a:hover, nav a:focus-visible { border-color: var(--mark); }
nav img { width: 100%; height: 8rem; object-fit: contain; margin-bottom: .5rem; }
nav b { display: block; } nav span { color: var(--ink); font-size: .92rem; line-height: 1.35; display: block; }
article { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.2rem; }
article:only-child { border: 0; margin: 0; padding: 0; }
p { margin: .7rem 0; }
.quiet, figcaption, pre i { color: var(--quiet); }
figcaption { font-size: .92rem; line-height: 1.4; }
table { border-collapse: collapse; margin: .8rem 0; width: 100%; font-size: .95rem; }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: baseline; font-weight: 400; border-top: 1px solid var(--line); }
td:nth-child(2) { font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; min-width: 0; }
.figures { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; align-items: start; }
.opening { grid-template-columns: 5fr 4fr; }
.figures > .wide, .figures > .wide + div, .figures > div:first-child { grid-column: 1 / -1; }
figure > a, details > a { display: block; overflow-x: auto; }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; } /* a least width of its own is stronger */
iframe { display: block; width: 100%; height: min(38rem, 85vh); border: 1px solid var(--line); border-radius: 8px; }
summary { cursor: pointer; color: var(--mark); padding: .3rem 0; }
pre { background: var(--well); padding: .8rem; overflow-x: auto; font: .85rem/1.45 ui-monospace, monospace; border-radius: 4px; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
pre.report { white-space: pre-wrap; }
pre b { color: var(--mark); font-weight: 600; } pre .s { color: var(--warm); }
@media (max-width: 45rem) {
  .figures { display: block; }
  nav ol { grid-template-columns: 1fr; gap: .6rem; }
  nav a { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0 .8rem; align-items: start; }
  nav img { grid-row: 1 / 3; height: 4.5rem; margin: 0; } nav b, nav span { grid-column: 2; }
  tr { display: block; padding: .3rem 0; border-top: 1px solid var(--line); } th, td { display: inline; border: 0; }
  td:last-child { display: block; }
}
"""
LONG = f"<code>{COMMAND} {{}}</code> tells the long one."
SMALLEST = 0.58  # a picture shrinks so far and no farther, but to fit a screen or two of a phone; what sticks out there is scrolled to
HALF = 452  # pixels: half of the column
TALL = 900  # a picture that is higher is folded
FEW = 6  # numbers that are shown; more are folded
TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


def write_page(told: Sequence[Told], path: Path) -> Path:
    """Write the page of these stories to ``path``; links to their pictures are relative to it."""
    path.write_text(page_of(told, path.parent), encoding="utf-8")
    return path


def page_of(told: Sequence[Told], home: Path) -> str:
    """The page of these stories as HTML that would stand in the directory ``home``."""
    many = len(told) > 1
    title = "Stories of learning by gradients" if many else text_of(told[0].name).question
    parts = [_story(story, home, "h2" if many else "h1") for story in told]
    if many:
        items = "".join(f"<li>{_card(story)}</li>" for story in told)
        parts.insert(0, f"<h1>{title}</h1><nav><ol>{items}</ol></nav>")
    head = f"<title>{html.escape(title)}</title>\n<style>{SCREEN}{STYLE}</style>"
    body = "\n".join(parts)
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{META}\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def _card(story: Told) -> str:
    """The way to a story, with its first picture."""
    lead = _lead(story.pictures)
    image = f'<img alt="" loading="lazy" src="{_data(lead.path)}">' if lead else ""
    return f'<a href="#{story.name}">{image}<b>{story.name}</b><span>{html.escape(text_of(story.name).question)}</span></a>'


def _lead(pictures: Sequence[Picture]) -> Picture | None:
    """What a story opens with: the first picture that a screen has room for."""
    images = [p for p in pictures if p.path.suffix in TYPES]
    return next((p for p in images if _size(p.path)[1] <= TALL), images[0] if images else None)


def _story(story: Told, home: Path, heading: str) -> str:
    text, lead = text_of(story.name), _lead(story.pictures)
    first, *others = text.paragraphs
    book = f'In the book: <a href="{text.book}">{html.escape(text.book.split("//")[-1])}</a>'
    more = "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in others)
    parts = [
        f'<article id="{story.name}"><{heading}>{html.escape(text.question)}</{heading}>',
        '<div class="figures opening">', _figure(lead, home) if lead else "", f"<div><p>{_inline(first)}</p>", *_notes(story),
        _folded("What is done, and why", f'{more}<p class="quiet">{book}</p>'), "</div></div>",
    ]  # fmt: skip
    return "\n".join([*parts, *_results(story, home, [picture for picture in story.pictures if picture is not lead]), "</article>"])


def results_of(story: Told, home: Path) -> str:
    """What a story found, as HTML that would stand in the directory ``home``: pictures, numbers and the code."""
    return "\n".join([*_notes(story), *_results(story, home, story.pictures)])


def _notes(story: Told) -> list[str]:
    """What a reader has to know of this telling."""
    notes = []
    if story.untold:
        notes.append(f"<strong>Not told here.</strong> {html.escape(story.untold)}")
    if story.stopped:
        notes.append("<strong>Stopped early.</strong> What follows is of what was done until then.")
    if _is_short(story):
        notes.append(f"<strong>The short run</strong>: fewer steps than the text speaks of, or less data. {LONG.format(story.name)}")
    return [f'<p class="quiet">{note}</p>' for note in notes]


def _is_short(story: Told) -> bool:
    return story.quick and text_of(story.name).has_short_form


def _results(story: Told, home: Path, pictures: Sequence[Picture]) -> list[str]:
    parts = ['<div class="figures">', *[_figure(picture, home) for picture in pictures], "</div>"] if pictures else []
    heading = f"The code, <code>demos/{story.name}.py</code> (seed {story.seed}{', the short run' * _is_short(story)})"
    shared = [_code(name, f"What it takes from <code>demos/{name}.py</code>") for name in text_of(story.name).shared]
    return [*parts, *_numbers(story.numbers.values()), _code(story.name, heading), *shared]


def _numbers(numbers: Collection[Number]) -> list[str]:
    """A table of them; a long one is folded."""
    rows = "".join(
        f'<tr><th scope="row">{html.escape(n.what)}</th><td>{n}</td><td class="quiet">{html.escape(n.beside)}</td></tr>' for n in numbers
    )
    table = f"<table>{rows}</table>"
    return [_folded(f"The {len(numbers)} numbers", table) if len(numbers) > FEW else table] if numbers else []


def _folded(heading: str, content: str, kind: str = "") -> str:
    return f"<details{kind}><summary>{heading}</summary>{content}</details>"


def _code(name: str, heading: str) -> str:
    return _folded(heading, f"<pre><code>{_coloured(code_of(name)[1])}</code></pre>")


def _figure(picture: Picture, home: Path) -> str:
    path, caption = picture
    link, words = html.escape(path.relative_to(home).as_posix()), html.escape(caption)
    if path.suffix == ".txt":
        text = html.escape(path.read_text(encoding="utf-8"), quote=False)
        return _folded(words, f'<pre class="report">{text}</pre>', ' class="wide"')
    if path.suffix == ".html":  # a page that does something: in a frame, where its scripts and styles meet none of ours
        film = html.escape(path.read_text(encoding="utf-8"))
        frame = f'<iframe title="{html.escape(path.stem)}" loading="lazy" srcdoc="{film}"></iframe>'
        return f'<figure class="wide">{frame}<figcaption>{words} (<a href="{link}">on a page of its own</a>)</figcaption></figure>'
    if path.suffix not in TYPES:
        return f'<p class="wide"><a href="{link}">{html.escape(path.name)}</a>: {words}</p>'
    width, height = _size(path)
    alt, least = html.escape(path.stem.replace("_", " ")), SMALLEST * width  # the caption says what to see in it
    kind = ' class="wide"' if least > HALF or height > TALL else ""
    image = f'<img alt="{alt}" style="min-width: min({least:.0f}px, max(100vw - 3rem, 750px))" src="{_data(path)}">'
    shown = f'<a href="{link}">{image}</a>'
    if height > TALL:
        return _folded(f"A high picture. {words}", shown, kind)
    return f"<figure{kind}>{shown}<figcaption>{words}</figcaption></figure>"


def _data(path: Path) -> str:
    return f"data:{TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _size(path: Path) -> tuple[float, float]:
    """The width and height in CSS pixels at which a picture's letters have the size they were drawn in."""
    content = path.read_bytes()
    if path.suffix == ".png":
        width, height = (int.from_bytes(content[i : i + 4], "big") * 96 / 150 for i in (16, 20))  # the figures have 150 pixels an inch
        return width, height
    tag = re.search(rb"<svg[^>]*>", content)[0]  # type: ignore[index]
    width, height = (float(re.search(rb' %s="([0-9.]+)pt"' % side, tag)[1]) * 96 / 72 for side in (b"width", b"height"))  # type: ignore[index]
    return width, height


def _inline(paragraph: str) -> str:
    """A paragraph of a docstring: `code` in backquotes, ``such`` too, and addresses."""
    text = re.sub(r"`+([^`]+)`+", r"<code>\1</code>", html.escape(paragraph, quote=False))
    return re.sub(r"https?://([^\s<]*[\w/])", r'<a href="\g<0>">\1</a>', text)


def _coloured(code: str) -> str:
    """Python with its keywords, strings and comments marked."""
    return "".join(_pieces(code))


def _pieces(code: str) -> Iterator[str]:
    lines, row, column = code.splitlines(keepends=True), 1, 0

    def until(end: tuple[int, int]) -> str:
        nonlocal row, column
        taken = []
        while row < end[0]:
            taken.append(lines[row - 1][column:])
            row, column = row + 1, 0
        if row <= len(lines):
            taken.append(lines[row - 1][column : end[1]])
        column = end[1]
        return html.escape("".join(taken), quote=False)

    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        word = token.type == tokenize.NAME and keyword.iskeyword(token.string)
        tag = "b" if word else {tokenize.COMMENT: "i", tokenize.STRING: "span class=s"}.get(token.type)
        yield until(token.start)
        yield f"<{tag}>{until(token.end)}</{tag.split()[0]}>" if tag else until(token.end)
