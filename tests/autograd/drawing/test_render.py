"""Pictures from what the machine has; where it has nothing, an error that names the cures."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, draw
from autograd.drawing import render


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_pictures(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.setenv("PATH", "")
    path = tmp_path / f"g.{suffix}"
    assert render(draw(Value(1.0) * 2), path) == str(path)
    assert {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[suffix] == path.read_bytes()[: 4 if suffix != "svg" else 5]


def test_no_renderer_and_a_wrong_suffix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(RuntimeError, match=r"pip install pygraphviz.*\.source"):
        render(draw(Value(1.0)), tmp_path / "g.svg")
    with pytest.raises(ValueError, match="must end in"):
        render(draw(Value(1.0)), tmp_path / "g.gif")


def test_a_layout_that_takes_too_long_ends(tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz")
    with pytest.raises(TimeoutError, match="draw a smaller graph"):
        render(draw(Value(1.0) * 2), tmp_path / "g.svg", timeout=0.001)


def test_broken_text_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz")

    class Broken:
        source: Any = "digraph {"

    with pytest.raises(RuntimeError, match="Graphviz failed"):
        render(Broken(), tmp_path / "g.svg")
