"""One page of a run, whole in one file: every story with its question, text, numbers, pictures and code.

It needs no network and no script, fits the width of a phone, and follows the reader's screen into the dark.
"""

from __future__ import annotations

import base64
import html
import io
import keyword
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograd.drawing.looks import INK, PAPER
from . import COMMAND
from .told import Picture, Told, code_of, text_of

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
body { font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.3; } h2 { font-size: 1.3rem; margin: 0 0 .5rem; line-height: 1.3; }
a { color: var(--mark); }
nav ol { padding-left: 1.7rem; } nav li { margin: .2rem 0; }
article { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem; }
article:only-child { border: 0; margin: 0; padding: 0; }
.quiet, figcaption, pre i { color: var(--quiet); }
dl { margin: 1rem 0; border-left: 3px solid var(--mark); padding-left: .8rem; }
dd { margin: 0 0 .5rem; } dd b { font-size: 1.2rem; }
figure { margin: 1.5rem 0; }
figure a { display: block; overflow-x: auto; margin: 0 calc(50% - 50vw + 1.5rem); } /* as wide as the window, if it must be */
@media (max-width: 60rem) { figure a { margin: 0; } }
img { display: block; max-width: min(100%, 58rem); height: auto; margin: 0 auto; } /* a least width of its own is stronger */
summary { cursor: pointer; color: var(--mark); padding: .3rem 0; }
pre { background: var(--well); padding: .8rem; overflow-x: auto; font: .85rem/1.45 ui-monospace, monospace; border-radius: 4px; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
figure pre { white-space: pre-wrap; }
pre b { color: var(--mark); font-weight: 600; } pre .s { color: var(--warm); }
"""
LONG = f"<code>{COMMAND} {{}}</code> tells the long one."
SMALLEST = 0.62  # a picture shrinks so far and no farther, but to fit a screen or two of a phone; what sticks out there is scrolled to
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
        items = "".join(f'<li><a href="#{s.name}">{s.name}</a>: {html.escape(text_of(s.name).question)}</li>' for s in told)
        parts.insert(0, f"<h1>{title}</h1><nav><ol>{items}</ol></nav>")
    head = f"<title>{html.escape(title)}</title>\n<style>{SCREEN}{STYLE}</style>"
    body = "\n".join(parts)
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{META}\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def _story(story: Told, home: Path, heading: str) -> str:
    text = text_of(story.name)
    parts = [f'<article id="{story.name}"><{heading}>{html.escape(text.question)}</{heading}>']
    parts += [f"<p>{_inline(paragraph)}</p>" for paragraph in text.paragraphs]
    parts.append(f'<p class="quiet">In the book: <a href="{text.book}">{html.escape(text.book.split("//")[-1])}</a></p>')
    return "\n".join([*parts, results_of(story, home), "</article>"])


def results_of(story: Told, home: Path) -> str:
    """What a story found, as HTML that would stand in the directory ``home``: numbers, pictures and the code."""
    text = text_of(story.name)
    parts = []
    short = story.quick and text.has_short_form
    if short:
        parts.append(f"<p><strong>The short run</strong>: fewer steps than the text speaks of, or less data. {LONG.format(story.name)}</p>")
    if story.untold:
        parts.append(f"<p><strong>Not told here.</strong> {html.escape(story.untold)}</p>")
    if story.stopped:
        parts.append("<p><strong>Stopped early.</strong> What follows is of what was done until then.</p>")
    if story.numbers:
        parts.append("<dl>")
        for number in story.numbers.values():
            what, beside = html.escape(number.what), html.escape(number.beside)
            parts.append(f'<dt>{what}</dt><dd><b>{number}</b> <span class="quiet">{beside}</span></dd>')
        parts.append("</dl>")
    parts += [_figure(picture, home) for picture in story.pictures]
    parts.append(_code(story.name, f"The code, <code>demos/{story.name}.py</code> (seed {story.seed}{', the short run' * short})"))
    parts += [_code(name, f"What it takes from <code>demos/{name}.py</code>") for name in text.shared]
    return "\n".join(parts)


def _code(name: str, heading: str) -> str:
    return f"<details><summary>{heading}</summary><pre><code>{_coloured(code_of(name)[1])}</code></pre></details>"


def _figure(picture: Picture, home: Path) -> str:
    path, caption = picture
    link, words = html.escape(path.relative_to(home).as_posix()), html.escape(caption)
    if path.suffix == ".txt":
        text = html.escape(path.read_text(encoding="utf-8"), quote=False)
        return f"<figure><pre>{text}</pre><figcaption>{words}</figcaption></figure>"
    if path.suffix not in TYPES:
        return f'<p><a href="{link}">{html.escape(path.name)}</a>: {words}</p>'
    data = base64.b64encode(path.read_bytes()).decode()
    alt, least = html.escape(path.stem.replace("_", " ")), SMALLEST * _width(path)  # the caption says what to see in it
    image = (
        f'<img alt="{alt}" style="min-width: min({least:.0f}px, max(100vw - 3rem, 750px))" src="data:{TYPES[path.suffix]};base64,{data}">'
    )
    return f'<figure><a href="{link}">{image}</a><figcaption>{words}</figcaption></figure>'


def _width(path: Path) -> float:
    """The width in CSS pixels at which a picture's letters have the size they were drawn in."""
    content = path.read_bytes()
    if path.suffix == ".png":
        return int.from_bytes(content[16:20], "big") * 96 / 150  # the figures have 150 pixels an inch
    return float(re.search(rb'<svg[^>]* width="([0-9.]+)pt"', content)[1]) * 96 / 72  # type: ignore[index]


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
