"""The README's examples, run in order as a reader would paste them; what they print is what their comments say."""

import code
import contextlib
import io
import re
import sys
import types
from pathlib import Path

import pytest

import autograd
from autograd.drawing.looks import PAPER

README = (Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)
HEROES = {"light": "neuron.svg", "dark": "neuron-dark.svg"}  # above it; `python -m tests.test_readme` draws them anew


def test_every_example_runs_and_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.displayhook", lambda value: None)  # only what is printed counts
    printed = io.StringIO()
    scope: dict[str, object] = {}
    console = code.InteractiveConsole(scope)
    errors = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(errors):
        for line in "\n".join(BLOCKS).splitlines():
            console.push(line)
    assert not errors.getvalue()
    promised = [line.split("#")[1].strip() for block in BLOCKS for line in block.splitlines() if line.startswith("print") and "#" in line]
    promised = [p.rsplit(", ", 1)[-1] if p.startswith("the second") else p for p in promised]
    assert printed.getvalue().splitlines() == promised
    words = re.compile(r"<text[^>]*>([^<]*)|stroke-dasharray")  # the picture above is the one that the code draws
    drawn = (tmp_path / "neuron.svg").read_text()
    for theme, name in HEROES.items():
        shown = (Path(__file__).parent.parent / "demos" / name).read_text()
        assert words.findall(shown) == words.findall(drawn) and f'fill="{PAPER[theme]}"' in shown


def test_a_version_is_the_same_wherever_it_stands() -> None:
    root = Path(__file__).parent.parent
    assert re.findall(r"(?m)^version: (.*)$", (root / "CITATION.cff").read_text()) == [autograd.__version__]
    assert re.findall(r"(?m)^## (\S+)", (root / "CHANGELOG.md").read_text())[0] == autograd.__version__


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "demos/README.md", "autograd/testing/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    root = Path(__file__).parent.parent
    text = (root / page).read_text()
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if not link.startswith("http"):
            file, _, heading = link.partition("#")
            target = (root / page).parent / file if file else root / page
            assert target.exists(), link
            headings = (
                [
                    re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
                    for line in target.read_text().splitlines()
                    if line.startswith("#")
                ]
                if heading
                else []
            )
            assert not heading or heading in headings, link
    for target in re.findall(r"(?m)^    make (\w+)", text):
        assert f"\n{target}:" in (root / "Makefile").read_text(), target


def test_the_stories_are_listed_with_their_questions_and_sections() -> None:
    pytest.importorskip("matplotlib")
    from demos import STORIES
    from demos.story import text_of

    rows = re.findall(
        r"(?m)^\| \[(\w+)\]\((\w+)\.py\) \| (.*) \| \[.*\]\((.*)\) \|$", (Path(__file__).parent.parent / "demos/README.md").read_text()
    )
    assert rows == [(name, name, text_of(name).question, text_of(name).book) for name in STORIES]


def test_the_story_that_is_shown_can_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    from demos import story

    page = (Path(__file__).parent.parent / "demos" / "README.md").read_text()
    module = types.ModuleType("demos.shown")
    module.__package__ = "demos"
    exec(re.findall(r"```python\n(.*?)```", page, re.S)[0], module.__dict__)
    monkeypatch.setitem(sys.modules, "demos.shown", module)
    (number,) = story.tell("shown", tmp_path).numbers.values()
    assert number.value == pytest.approx(0.8**50) and "50 = 1.427e−05" in number.beside


if __name__ == "__main__":
    expression, drawing = (next(block for block in BLOCKS if word in block) for word in ("L.backward()", "render(picture"))
    for theme, name in HEROES.items():
        scope: dict[str, object] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(expression + drawing.replace("draw(L,", f"draw(L, theme={theme!r},").replace("neuron.svg", f"demos/{name}"), scope)
