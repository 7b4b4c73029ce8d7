"""What is known of a story once it was told: its text, its numbers, its pictures. The page is made of it; telling is in `story`."""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

__all__ = ["Number", "Picture", "Text", "Told", "code_of", "text_of"]


class Text(NamedTuple):
    """What stands in a story's file: the question, paragraphs, the address of a section of the book, and the code after them."""

    question: str
    paragraphs: list[str]
    book: str
    code: str

    @property
    def has_short_form(self) -> bool:
        return "story.quick" in self.code

    @property
    def shared(self) -> list[str]:
        """The modules beside this one that it takes more from than its frame and its pictures."""
        names: set[str] = set()
        for module, imported in re.findall(r"^from \.(?:(\w+)\S*)? import (.+)$", self.code, re.M):
            names |= {module} if module else set(imported.split(", "))
        return sorted(name for name in names - {"story"} if (Path(__file__).parent / f"{name}.py").exists())


class Number(NamedTuple):
    """Something measured: ``beside`` says what to compare it with."""

    what: str
    value: float
    unit: str
    beside: str
    digits: int = 4  # that are shown

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            number = "NaN" if math.isnan(self.value) else f"{self.value}".replace("inf", "∞")
        elif self.unit == "%":  # of which a table has several, all with the decimals that two digits before them leave
            number = f"{self.value:.{max(self.digits - 2, 0)}f}"
        elif self.value == round(self.value) and abs(self.value) < 1e9:
            number = f"{self.value:,.0f}"
        else:
            number = f"{self.value:.{self.digits}g}"
        return f"{number.replace('-', '−')} {self.unit}".strip()


class Picture(NamedTuple):
    """A file that a story has written, and what to see in it."""

    path: Path
    caption: str


@dataclass
class Told:
    """One telling. ``out`` is the directory of its pictures; ``stopped`` says that the reader ended it, ``untold`` why it was not told."""

    name: str
    out: Path
    seed: int = 0
    quick: bool = False
    data: Path | None = None
    numbers: dict[str, Number] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    stopped: bool = False
    untold: str = ""


def text_of(name: str) -> Text:
    """What stands in the file of a story, read without running it."""
    docstring, code = code_of(name)
    question, *paragraphs, book = docstring.split("\n\n")
    return Text(question, paragraphs, book.removeprefix("Book: "), code)


def code_of(name: str) -> tuple[str, str]:
    """The docstring of a module beside this one, and what stands after it."""
    source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    return ast.get_docstring(tree) or "", "\n".join(source.splitlines()[tree.body[0].end_lineno :]).strip()
