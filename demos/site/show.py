"""What pages are shown with: pictures that follow the reader into the dark, stories told while the site is built, names with their texts.

An extension of Sphinx. Pictures of graphs stand in a page as SVG, whose colours a style sheet exchanges in the dark, pair by pair as
`autograd.drawing.looks` has them: so one picture serves both, and what the mouse finds in it (numbers, lines of code) is found here too.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from autograd.core.node import Op
from autograd.core.symbols import WORDS, Symbol
from autograd.drawing.looks import INK, LOOKS, MODULE, PAPER, TONES
from autograd.program.mathematics import Mathematics
from ..page import SMALLEST, results_of
from ..story import tell
from ..told import Told, text_of

__all__ = ["setup"]

UNTOLD = {"fashion": "its pictures, 30 MB, are fetched by who asks for them"}  # nothing is fetched while the site is built


class StoryDirective(SphinxDirective):  # type: ignore[misc]
    """``{story} moons``: the text of a story, and what its short run found."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        home = Path(self.env.app.outdir, "stories")
        text = text_of(name)
        for file in (name, *text.shared):
            self.env.note_dependency(str(Path(__file__).parents[1] / f"{file}.py"))
        if name in UNTOLD:
            told = Told(name, home / name, untold=f"The site does not tell it, as {UNTOLD[name]}: python -m demos {name} does.")
        else:
            with contextlib.redirect_stdout(io.StringIO()):
                told = tell(name, home, quick=True)
        words = "\n\n".join(text.paragraphs)
        words = re.sub(r"https?://[^\s<]*[\w/]", r"<\g<0>>", words)
        book = f"In the book: [{text.book.removeprefix('https://')}]({text.book})."
        return [*self.parse_text_to_nodes(f"{words}\n\n{book}"), _raw(f'<div class="told">{results_of(told, home)}</div>')]


class Names(SphinxDirective):  # type: ignore[misc]
    """``names:: autograd``, then names: each with its text. A row of the tables, which has none, is shown by its mathematics."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        module = self.arguments[0]
        lines = [line for name in " ".join(self.content).split() for line in entry(module, name)]
        container = nodes.container()
        self.state.nested_parse(StringList(lines, self.get_source_info()[0]), 0, container)
        return container.children


def entry(module: str, name: str) -> list[str]:
    thing = getattr(importlib.import_module(module), name)
    if isinstance(thing, Op):
        return row_of(f"{module}.{name}", thing)
    if not isinstance(thing, type):
        return [f".. autofunction:: {module}.{name}", ""]
    return [f".. auto{'exception' if issubclass(thing, Exception) else 'class'}:: {module}.{name}", "   :members:", ""]


def row_of(name: str, row: Op) -> list[str]:
    """A row as the entry of a function: what it computes, and what flows back into each argument, in symbols."""
    letters = ("condition", "x", "y") if row.public == "where" else ("x", "y")
    args = tuple(Symbol(letter) for letter in letters[: len(row.vjps)])
    write = Mathematics()
    says = [f"z = {write(Symbol.made(row, args))}"]
    for i, rule in enumerate(row.vjps):
        if rule is not None:
            says.append(f"into {args[i]}: {write(row.vjp(i, Symbol('g'), Symbol('z'), args), WORDS)}")
    says = [re.sub(r"[|*]", r"\\\g<0>", line) for line in says]
    return [f".. py:function:: {name}({', '.join(map(str, args))})", "", *(f"   | {line}" for line in says), ""]


class Named(SphinxRole):  # type: ignore[misc]
    """What stands in single backquotes: the name of something that has a text here, to which it then leads, or just code."""

    def run(self) -> tuple[list[nodes.Node], list[Any]]:
        text = nodes.literal(self.rawtext, self.text, classes=["xref", "py"])
        where = {"py:module": self.env.ref_context.get("py:module"), "py:class": self.env.ref_context.get("py:class")}
        node = addnodes.pending_xref(
            self.rawtext, text, refdomain="", reftype="named", reftarget=self.text, refdoc=self.env.docname, refexplicit=False, **where
        )
        return [node], []


def resolved(app: Sphinx, env: Any, node: Any, text: Any) -> Any:
    """A name in a docstring: as it stands, in its class or its module, or where but one thing ends in it."""
    if node.get("reftype") != "named":
        return None
    known = env.domains["py"].objects
    name = node["reftarget"].removesuffix("()")
    around = [".".join(filter(None, (node.get("py:module"), node.get("py:class")))), node.get("py:module") or "", "autograd", "nn"]
    for full in (name, *(f"{place}.{name}" for place in around if place)):
        if full in known:
            break
    else:
        ends = [other for other in known if other.endswith(f".{name}")]
        if len(ends) != 1:
            return text
        full = ends[0]
    return make_refnode(app.builder, node["refdoc"], known[full].docname, known[full].node_id, text, full)


FILES = {"benchmarks": "tests/benchmarks/RESULTS.md", "changelog": "CHANGELOG.md", "strategies": "autograd/testing/README.md"}


def taken(app: Sphinx, docname: str, source: list[str]) -> None:
    """Pages whose text stands elsewhere. What they link to beside them is no page here: it is named, and not linked."""
    if docname in FILES:
        path = Path(__file__).parents[2] / FILES[docname]
        app.env.note_dependency(str(path))
        source[0] = re.sub(r"\[([^]]+)\]\((?!http)[^)#]+\)", r"`\1`", path.read_text(encoding="utf-8"))


def inlined(app: Sphinx, tree: Any, docname: str) -> None:
    """Pictures that cells have left, as part of the page; and reports without the names that a notebook gives to its cells."""
    for block in tree.findall(nodes.literal_block):
        if "ipykernel" in (text := block.astext()):
            text = re.sub(r"\S*ipykernel\S*\.py", "notebook.py", text)
            block.replace_self(nodes.literal_block(text, text, language="none", classes=block["classes"]))
    for image in list(tree.findall(nodes.image)):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".svg" and "jupyter_execute" in path.parts:
            svg = path.read_text(encoding="utf-8")
            image.replace_self(_raw(f'<div class="picture">{fitting(svg[svg.index("<svg") :])}</div>'))


def fitting(svg: str) -> str:
    """A picture that shrinks with its page, but no farther than its letters can be read."""
    width = float(re.search(r'width="([\d.]+)pt"', svg)[1]) * 96 / 72  # type: ignore[index]
    svg = re.sub(r' style="max-width[^"]*"', "", svg, count=1)
    return svg.replace("<svg ", f'<svg style="min-width: {SMALLEST * width:.0f}px" ', 1)


def colours() -> str:
    """A style sheet: from the light colours of pictures to the dark ones."""
    pairs = [(INK["light"], INK["dark"]), (PAPER["light"], PAPER["dark"]), *zip(MODULE["light"], MODULE["dark"])]
    pairs += [*TONES, *(pair for light, dark, _ in LOOKS.values() for pair in zip(light, dark))]
    exchanged = [(what, *pair) for pair in dict.fromkeys(pairs) if pair[0] for what in ("fill", "stroke")]
    rules = [f'.picture [{what}="{light}" i] {{ {what}: {dark}; }}' for what, light, dark in exchanged]
    rules.append(".picture .graph > polygon:first-of-type { fill: none; }")  # the paper is the page
    chosen = [f'body[data-theme="dark"] {rule}' for rule in rules]
    asked = [f'body:not([data-theme="light"]) {rule}' for rule in rules]
    return "\n".join([*chosen, "@media (prefers-color-scheme: dark) {", *asked, "}"])


def write_colours(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        Path(app.outdir, "_static", "pictures.css").write_text(colours(), encoding="utf-8")


def escaped(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are written for `help`: in their prose, ``valid_`` and ``file:line`` are no links, and ``|x|`` is no substitution."""
    example = False
    for i, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if not example and not line.startswith("    "):
            parts = re.split(r"(`+[^`]*`+)", line)
            parts[::2] = [re.sub(r"(?<=\w)_(?!\w)|\|(?=\S)|(?<=file):", r"\\\g<0>", part) for part in parts[::2]]
            lines[i] = "".join(parts)


def skipped(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Operations that are methods as well stand on a page of their own; what a class has from others is theirs."""
    home = getattr(thing, "__module__", None) or "autograd"
    ours = home.startswith(("autograd", "nn")) and not home.startswith(("autograd.ops", "autograd.creation"))
    return None if ours and not isinstance(thing, Op) else True


def _raw(text: str) -> Any:
    return nodes.raw("", text, format="html")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("story", StoryDirective)
    app.add_directive("names", Names)
    app.add_role("named", Named())
    app.connect("source-read", taken)
    app.connect("missing-reference", resolved)
    app.connect("doctree-resolved", inlined)
    app.connect("autodoc-skip-member", skipped)
    app.connect("autodoc-process-docstring", escaped)
    app.connect("build-finished", write_colours)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
