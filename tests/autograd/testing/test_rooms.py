"""Two folders without a circle, one for numpy and one for hypothesis; and the names by which what is in them is known."""

import ast
import importlib
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import autograd.testing

ROOT = Path(autograd.testing.__file__).parent
ROOMS = {f"autograd.testing.{path.parent.name}.{path.stem}": path for path in ROOT.glob("*/*.py") if path.stem != "__init__"}


def imported(path: Path) -> set[str]:
    """Also what is imported inside of functions."""
    nodes = [*ast.walk(ast.parse(path.read_text()))]
    return {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)} | {
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
    }


def test_no_room_asks_for_one_that_asks_for_it() -> None:
    TopologicalSorter({name: imported(path) & {*ROOMS} for name, path in ROOMS.items()}).prepare()  # CycleError


@pytest.mark.parametrize("name", [name for name in ROOMS if ".checking." in name])
def test_checking_needs_neither_hypothesis_nor_the_strategies(name: str) -> None:
    assert not [other for other in imported(ROOMS[name]) if other.startswith(("hypothesis", "autograd.testing.strategies"))]


def test_no_room_is_called_as_a_public_function() -> None:
    public = {*autograd.testing.__all__, *autograd.testing.strategies.__all__, *autograd.testing.expressions.__all__}
    assert not public & {name.rsplit(".", 1)[-1] for name in ROOMS}


def test_hypothesis_is_loaded_when_it_is_asked_for() -> None:
    code = "import sys, autograd.testing as t; print('hypothesis' in sys.modules); t.strategies; print('hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent.parent)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    "line",
    ["import autograd.testing.strategies", "from autograd.testing.strategies import tensors", "t.strategies", "t.gradcheck_property"],
)
def test_where_hypothesis_is_missing_each_way_to_it_says_how_to_install_it(line: str) -> None:
    code = f"import sys; sys.modules['hypothesis'] = None; import autograd.testing as t; {line}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT.parent.parent)
    assert done.stderr.splitlines()[-1].endswith(" draws its examples with hypothesis: pip install hypothesis")


@pytest.mark.parametrize(
    ("room", "names"),
    [
        (
            "autograd.testing",
            "Check Failure GradcheckError Kink Report check_backward expressions gradcheck gradcheck_property gradgradcheck strategies",
        ),
        ("autograd.testing.strategies", "DOMAINS NONZERO Interval arguments broadcastable floats indices shapes tensors values"),
        ("autograd.testing.expressions", "Expression expressions mlps"),
        ("autograd.testing.properties", "gradcheck_property"),
    ],
)
def test_what_is_public_is_found_where_it_always_was(room: str, names: str) -> None:
    module = importlib.import_module(room)
    assert sorted(module.__all__) == sorted(names.split())
    for name in names.split():
        assert getattr(module, name).__doc__ or name in ("DOMAINS", "NONZERO")
