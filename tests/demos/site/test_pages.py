"""The pages of the site: every cell runs, in order, as somebody would paste it; what they promise to list is whole."""

import ast
import contextlib
import importlib
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from demos import STORIES
from demos.story import text_of

ROOT = Path(__file__).parents[3]
SITE = ROOT / "demos" / "site"
TEXTS = {page.relative_to(SITE).as_posix(): page.read_text(encoding="utf-8") for page in sorted(SITE.rglob("*.md"))}
CELLS = {page: re.findall(r"^```\{code-cell\}\n(?::[^\n]*\n)*\n?(.*?)^```$", text, re.M | re.S) for page, text in TEXTS.items()}


def run(cells: list[str], scope: dict[str, Any]) -> None:
    """As a notebook runs them: what a cell ends in is shown."""
    for cell in cells:
        tree = ast.parse(cell)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), scope)
        if last is not None:
            repr(eval(compile(ast.Expression(last.value), "<cell>", "eval"), scope))


@pytest.mark.parametrize("page", [page for page, cells in CELLS.items() if cells])
def test_every_cell_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.chdir(tmp_path)
    if "safetensors" in "".join(CELLS[page]):
        pytest.importorskip("safetensors")
    if "as_torch" in "".join(CELLS[page]):  # it changes what `import torch` means, for good
        subprocess.run([sys.executable, "-W", "error", "-c", "\n".join(CELLS[page])], check=True, capture_output=True, cwd=ROOT)
        return
    with contextlib.redirect_stdout(io.StringIO()):
        run(CELLS[page], {"__name__": "__main__"})


def test_what_leaves_for_pytorch_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    (there,) = re.findall(r"^```\{code-block\} python\n:class: torch\n\n(.*?)^```$", TEXTS["to_pytorch.md"], re.M | re.S)
    with contextlib.redirect_stdout(io.StringIO()):
        run(CELLS["to_pytorch.md"], scope)
        exec(there, scope)
    assert np.allclose(scope["net"](torch.tensor(scope["x"])).detach().numpy(), scope["by_hand"])


def test_python_stands_in_cells() -> None:
    """So that it is run; the two exceptions are one line, and PyTorch's."""
    found = [(page, block) for page, text in TEXTS.items() for block in re.findall(r"^```(?:\{code-block\} )?python\n", text, re.M)]
    assert [page for page, _ in found] == ["from_micrograd.md", "to_pytorch.md"]


def test_what_the_table_of_pictures_says_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    table = TEXTS["seeing.md"].split("| to see | |")[1].split("\n\n")[0]
    calls = re.findall(r"`((?:draw|ag|print)[.(].*?)`", table)
    with contextlib.redirect_stdout(io.StringIO()):
        run(CELLS["seeing.md"], scope)
        run(calls, scope)
    assert len(calls) >= 10 and (tmp_path / "film.html").exists()


def test_every_story_has_a_page_and_a_place() -> None:
    pages = {page: text for page, text in TEXTS.items() if page.startswith("stories/")}
    assert pages == {f"stories/{name}.md": f"# {text_of(name).question}\n\n```{{story}} {name}\n```\n" for name in STORIES}
    for name in STORIES:
        assert f"\n{name} <stories/{name}>\n" in TEXTS["stories.md"] and f"[{name}](stories/{name}.md)" in TEXTS["stories.md"]


def test_the_map_names_every_room() -> None:
    for path in (ROOT / "autograd").glob("*.py"):
        if path.stem != "__init__":
            assert f"`{path.name}`" in TEXTS["how/index.md"] or f"/{path.name}`" in TEXTS["how/index.md"], path.name
    for path in (ROOT / "autograd").glob("*/__init__.py"):
        assert f"| `autograd/{path.parent.name}/` |" in TEXTS["how/index.md"], path.parent.name


@pytest.mark.parametrize(
    "module",
    ["autograd", "autograd.functional", "autograd.linalg", "autograd.drawing", "autograd.pages", "autograd.testing", "nn", "nn.functional", "nn.init", "nn.optim",
     "nn.optim.lr_scheduler", "nn.utils", "nn.data"],
)  # fmt: skip
def test_every_public_name_is_in_the_reference(module: str) -> None:
    """With its text; or, where it is another name of something, a dtype or a number, in a sentence."""
    reference = "\n".join(text for page, text in TEXTS.items() if page.startswith("api/"))
    named = set(re.findall(r"`(\w+)`", reference))
    listed = re.findall(r"^\.\. names:: (\S+)\n\n((?:   .*\n)+)", reference, re.M)
    shown = {id(getattr(importlib.import_module(place), name)) for place, names in listed for name in names.split()}
    things = importlib.import_module(module)
    rooms = {"backends", "cuda", "elsewhere", "errors", "functional", "linalg", "random", "replay", "data", "init", "optim", "utils"}
    rooms |= {"accelerator", "lr_scheduler", "expressions", "strategies"}
    missing = [name for name in things.__all__ if id(getattr(things, name)) not in shown and name not in named | rooms]
    assert missing == []
