"""The house: imports run one way, the engine knows nothing of its readers, `nn` uses public names only."""

import ast
import importlib
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from tests.stubs import STUBS

ROOT = Path(__file__).parent.parent
# The rooms from the ground floor up: core records and walks; ops say what is computed; the faces are what one holds; the rest reads.
ORDER = [
    "clash", "errors", "elsewhere", "devices", "core", "replay", "random", "ops", "faces", "function", "creation", "files", "functional", "linalg", "old", "cuda", "accelerator", "backends",
    "program", "compiling", "anomaly", "drawing", "pages", "testing", "__main__",
]  # fmt: skip
MODULES = sorted((ROOT / "autograd").rglob("*.py"))
ABOVE = sorted((ROOT / "nn").rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(ROOT / "autograd").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names if node.module == "autograd"}
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
    return found


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) != "__init__"], ids=str)
def test_imports_run_one_way(path: Path) -> None:
    own = ORDER.index(room(path))
    for name in imported(path):
        if name.startswith("autograd."):
            other = name.split(".")[1]
            if other in ORDER:
                assert ORDER.index(other) <= own, f"{path.name} imports {other}, which comes after it"
        assert not name.startswith(("nn", "demos", "tests")), f"{path.name} imports {name}"


def test_the_engine_imports_neither_math_nor_numpy() -> None:
    for path in (ROOT / "autograd" / "core").glob("*.py"):
        assert not {"math", "numpy"} & imported(path), path.name


@pytest.mark.parametrize("path", STUBS)
def test_stubs_say_what_the_chapters_of_operations_give(path: str) -> None:
    assert (ROOT / path).read_text() == STUBS[path](), "write them anew: python -m tests.stubs"


def test_no_file_imports_in_a_circle() -> None:
    names = {f"autograd.{'.'.join(p.relative_to(ROOT / 'autograd').with_suffix('').parts)}".removesuffix(".__init__"): p for p in MODULES}
    reached = {name: imported(path) & names.keys() - {name, "autograd"} for name, path in names.items()}
    growing = True
    while growing:
        further = {name: set().union(*(reached[n] for n in found)) - found for name, found in reached.items()}
        growing = any(further.values())
        for name, found in further.items():
            reached[name] |= found
    assert [name for name, found in reached.items() if name in found] == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "__init__.py"], ids=str)
def test_the_name_of_a_room_leads_to_the_room(path: Path) -> None:
    """No function of that name hides it in its folder, as `autograd.tensor` would."""
    package, name = ".".join(path.relative_to(ROOT).parent.parts), path.stem
    assert importlib.import_module(f"{package}.{name}") is getattr(importlib.import_module(package), name)


def lines_of_code(path: Path) -> int:
    """Lines with anything on them but comments and docstrings."""
    source, lines = path.read_text(), set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(lines)


# Rooms whose tests stand elsewhere, and those that only hand on what another room has.
ELSEWHERE = {"autograd/errors.py": "tests/test_errors.py"}
HANDED_ON = {"autograd/testing/expressions.py", "autograd/testing/properties.py"}


@pytest.mark.parametrize("path", [p.relative_to(ROOT).as_posix() for p in MODULES if p.name != "__init__.py"])
def test_a_room_has_its_tests_under_its_name(path: str) -> None:
    folder, _, name = path.rpartition("/")
    tests = ROOT / ELSEWHERE.get(path, f"tests/{folder}/test_{name.replace('__', '')}")
    if path in HANDED_ON:
        assert lines_of_code(ROOT / path) <= 3 and not tests.exists()
    else:
        assert re.search(r"^def test_|^test_\w+ = ", tests.read_text(), re.M), f"{tests.relative_to(ROOT)} tests nothing"


@pytest.mark.parametrize("path", [*MODULES, *ABOVE], ids=str)
def test_a_room_can_be_seen_at_once(path: Path) -> None:
    assert lines_of_code(path) <= 400


@pytest.mark.parametrize("path", sorted((ROOT / "nn").rglob("*.py")), ids=str)
def test_nn_uses_public_names_only(path: Path) -> None:
    text = path.read_text()
    for name in imported(path):
        if name.startswith("autograd."):
            assert name.split(".")[1] in autograd.__all__ and name.count(".") == 1
    for name in re.findall(r"\bag\.(\w+)", text):
        assert name in autograd.__all__ or name in ("bool",), f"{path.name} uses ag.{name}"
    assert ".raw" not in text


def test_importing_the_engine_loads_no_reader() -> None:
    code = "import sys, autograd; print([m for m in ('graphviz', 'hypothesis', 'matplotlib', 'nn') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout.strip() == "[]"


def test_every_public_name_is_there_and_has_a_text() -> None:
    for name in autograd.__all__:
        assert getattr(autograd, name) is not None
        thing = getattr(autograd, name)
        if not isinstance(thing, autograd.Op | np.dtype | autograd.Generator | float):  # a row's text is its line in the table
            assert thing.__doc__ and thing.__doc__ != type(thing).__doc__, name


@pytest.mark.parametrize("path", [*MODULES, *ABOVE], ids=str)
def test_every_module_says_why_it_exists(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        autograd.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match="'optim'; the optimisers are in nn: from nn import optim"):
        autograd.optim  # noqa: B018
    with pytest.raises(AttributeError, match=r"'hessian'; it is in autograd\.functional"):
        autograd.hessian  # noqa: B018


def test_what_stands_in_torch_autograd_is_found_where_this_is_imported_as_torch() -> None:
    torch: Any = autograd
    assert torch.autograd.grad is autograd.grad and torch.autograd.functional.hessian is autograd.functional.hessian


@pytest.mark.parametrize("path", sorted((ROOT / "demos").rglob("*.py")), ids=str)
def test_stories_import_each_other_by_relative_names(path: Path) -> None:
    """In what is installed they have another name than `demos`."""
    assert not [name for name in imported(path) if name.split(".")[0] == "demos"]
