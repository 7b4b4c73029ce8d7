"""Another package called `autograd` comes before or after this one, goes again, or stands elsewhere: what fails then says why.

Environments are made by hand: folders with the files that an installation leaves there.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# As HIPS autograd begins: it looks for names in its core.py, in place of which Python finds our folder core.
THEIRS = "from autograd.core import primitive_with_deprecation_warnings as primitive\nfrom .extend import Box\n"
BOTH = "autograd and chainrule are both installed, and overwrite files of each other in {}: pip uninstall autograd chainrule, then install the one you want again"


def install_ours(site: Path) -> None:
    for name in ("autograd", "nn"):
        shutil.copytree(ROOT / name, site / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    known(site, "chainrule", ["autograd", "nn"])


def install_theirs(site: Path) -> None:
    (site / "autograd").mkdir(parents=True, exist_ok=True)
    for name, text in {
        "__init__": THEIRS,
        "core": "primitive_with_deprecation_warnings = Box = None",
        "extend": "from .core import Box",
    }.items():
        (site / "autograd" / f"{name}.py").write_text(text)
    known(site, "autograd", ["autograd"])


def known(site: Path, distribution: str, packages: list[str]) -> None:
    info = site / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("\n".join(packages))


def uninstall_theirs(site: Path) -> None:
    for name in ("__init__", "core", "extend"):
        (site / "autograd" / f"{name}.py").unlink()
    shutil.rmtree(site / "autograd-1.0.dist-info")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def said(code: str, *sites: Path) -> str:
    """What is printed last in an environment of these folders and nothing else but this Python's own packages."""
    setup = f"import sys, os; sys.path[:] = {[str(site) for site in sites]} + [p for p in sys.path if p and not os.path.exists(p + '/autograd')]\n"
    done = subprocess.run([sys.executable, "-E", "-B", "-c", setup + code], capture_output=True, text=True, cwd=sites[0])
    return (done.stderr or done.stdout).splitlines()[-1]


def test_alone_all_is_well(site: Path) -> None:
    install_ours(site)
    assert said("import nn; from autograd.clash import clash; print([clash()])", site) == "['']"


@pytest.mark.parametrize("code", ["import autograd", "import nn", "from autograd import Value", "import autograd.extend"])
def test_theirs_over_ours(site: Path, code: str) -> None:
    install_ours(site)
    install_theirs(site)
    assert said(code, site) == f"ImportError: {BOTH.format(site / 'autograd')}"


def test_ours_over_theirs(site: Path) -> None:
    install_theirs(site)
    install_ours(site)
    assert said("import nn, autograd; print(autograd.Value(2.0) * 3)", site) == "Value(data=6.0, grad=None)"
    assert said("import autograd.extend", site) == f"ImportError: {BOTH.format(site / 'autograd')}"
    assert said("from autograd.__main__ import main; main([])", site) == f"Beware: {BOTH.format(site / 'autograd')}"


@pytest.mark.parametrize("install", [(install_ours, install_theirs), (install_theirs, install_ours)])
def test_theirs_took_ours_along(site: Path, install: tuple[Callable[[Path], None], ...]) -> None:
    for step in install:
        step(site)
    uninstall_theirs(site)
    gone = f"{site / 'autograd' / '__init__.py'} is gone, as it is after another package called autograd was uninstalled: pip uninstall chainrule, then install it again"
    assert said("import nn", site) == f"ImportError: {gone}"


def test_theirs_before_ours(site: Path, tmp_path: Path) -> None:
    """As with a checkout that is installed as it stands."""
    install_ours(site)
    other = tmp_path / "other"
    install_theirs(other)
    shutil.rmtree(site / "chainrule-1.0.dist-info")
    first, second = (folder / "autograd" / "__init__.py" for folder in (other, site))
    assert (
        said("import nn", other, site)
        == f"ImportError: `import autograd` finds {first} before {second}, which is chainrule's: pip uninstall autograd"
    )


@pytest.mark.parametrize("name", ["autograd", "nn"])
def test_a_file_of_that_name_before_ours(site: Path, tmp_path: Path, name: str) -> None:
    install_ours(site)
    (tmp_path / f"{name}.py").touch()
    cure = f"`import {name}` finds {tmp_path / name}.py before {site / name / '__init__.py'}, which is chainrule's: rename that, or start Python elsewhere"
    code = "import nn" if name == "autograd" else "from autograd.__main__ import main; main([])"
    assert cure in said(code, tmp_path, site)


def test_what_is_missing_for_another_reason_is_said_as_it_is(site: Path) -> None:
    install_ours(site)
    assert said("sys.modules['numpy'] = None; import nn", site) == "ModuleNotFoundError: import of numpy halted; None in sys.modules"
    assert (
        said("import autograd.core; autograd.core.nonsense", site) == "AttributeError: module 'autograd.core' has no attribute 'nonsense'"
    )
