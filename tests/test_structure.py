"""The house: imports run one way, the engine knows nothing of its readers, `nn` uses public names only."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd

ROOT = Path(__file__).parent.parent
# The rooms from the ground floor up: core records and walks; ops say what is computed; the faces are what one holds; the rest reads.
ORDER = ["errors", "core", "random", "ops", "faces", "creation", "files", "functional", "program", "anomaly", "drawing", "testing"]
MODULES = sorted((ROOT / "autograd").rglob("*.py"))


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


@pytest.mark.parametrize("path", [*MODULES, *sorted((ROOT / "nn").rglob("*.py"))], ids=str)
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
