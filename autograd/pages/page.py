"""A page that needs nothing else: its style, its script and all that it shows stand in one file, and nothing is asked of a network.

What differs from page to page stands in a template of its own; what all share, in ``page.css`` and ``page.js``.
"""

from __future__ import annotations

import html
import json
import os
from importlib.resources import files
from typing import Any, ClassVar

from autograd.drawing.looks import INK, LOOKS, MODULE, PAPER, TONES
from autograd.drawing.scale import Scale
from autograd.errors import brief, described
from autograd.files import path_of, write_whole
from autograd.program.words import clean

__all__ = ["Page", "framed", "piece", "scale_told", "theme_of", "title_of", "written"]


class Page:
    """A page that a reader does something with; notebooks show it. ``html`` is the page, which needs nothing else."""

    what: ClassVar[str] = "page"
    """What it is, in a word."""

    def __init__(self, html: str) -> None:
        self.html = html

    def __repr__(self) -> str:
        title = html.unescape(self.html.partition("<title>")[2].partition("</title>")[0])
        return f'<{self.what} "{title}": .save("{self.what}.html") writes it, a notebook shows it>'

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the page into a file, whole or not at all, and return its path.

        Raises FileNotFoundError where the directory is missing.
        """
        path = path_of(path, "save")
        write_whole(path, lambda file: file.write(self.html.encode()))
        return path

    def _repr_html_(self) -> str:
        return framed(self.html, self.what)


def framed(page: str, what: str) -> str:
    """The page in a frame of its own: there notebooks run scripts, and no style, name or key of theirs meets one of ours."""
    return f'<iframe srcdoc="{html.escape(page)}" title="{what}" style="width:100%;height:560px;border:0"></iframe>'


def written(template: str, title: str, theme: str, data: Any, **pieces: str) -> str:
    """The page of a ``template``, a file of this folder, with ``data`` for its script and ``pieces`` of markup where it names them."""
    page = piece(template)
    for place, text in (  # none of these texts can hold a place of a later one: in all of them, what the user wrote is escaped
        ("style", piece("page.css") + _colours()),
        ("shared", piece("page.js")),
        ("theme", theme),
        ("title", html.escape(clean(title, 200))),
        *pieces.items(),
        ("script", json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")),
    ):
        page = page.replace(f"<!--{place}-->", text)
    return page


def piece(name: str) -> str:
    """The text of a file of this folder."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def scale_told(scale: Scale) -> dict[str, Any]:
    """A scale for the page's script, in tenths of a tone."""
    return {"title": scale.title, "ticks": scale.ticks, "tones": [round(10 * tone) for tone in scale.tones]}


def theme_of(theme: Any) -> str:
    """``theme``, checked."""
    if not isinstance(theme, str) or theme not in ("light", "dark", "auto"):
        raise ValueError(f"theme must be one of 'light', 'dark', 'auto', got {brief(theme)}")
    return theme


def title_of(title: Any) -> str | None:
    """``title``, checked."""
    if not isinstance(title, str | None):
        raise TypeError(f"title is a text, got {described(title)}")
    return title


def _colours() -> str:
    """The colours of pictures for the page: by name, and from the light ones in the picture to the dark ones."""
    sheet = []
    for i, theme in enumerate(("light", "dark")):
        names = {"ink": INK[theme], "paper": PAPER[theme], "panel": MODULE[theme][0], "line": MODULE[theme][1]}
        names["forward"] = LOOKS["parameter"][:2][i][1]
        names["backward-fill"], names["backward"] = LOOKS["gradient"][:2][i]
        sheet.append(f".page{'.dark' * i} {{ {' '.join(f'--{k}: {v};' for k, v in names.items())} }}")
    pairs = [(INK["light"], INK["dark"]), *zip(MODULE["light"], MODULE["dark"])]
    pairs += [*TONES, *(pair for light, dark, _ in LOOKS.values() for pair in zip(light, dark))]
    for light, dark in dict.fromkeys(pairs):
        for what in ("fill", "stroke") if light else ():
            sheet.append(f':where(.page.dark .graph) [{what}="{light}" i] {{ {what}: {dark}; }}')
    return "\n".join(sheet)
