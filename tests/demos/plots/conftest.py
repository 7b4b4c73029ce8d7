"""The fixture by which tests look at pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from tests.demos.looking import Look, written


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    save = Figure.savefig

    def savefig(figure: Figure, path: Path, **more: object) -> None:
        written.append(figure)
        save(figure, path, **more)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return Look(tmp_path)
