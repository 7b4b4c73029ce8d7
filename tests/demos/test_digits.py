"""The story of the digits is what a visitor runs first. It must end well, and read well only if the gradients are right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from demos.__main__ import main

ROOT = Path(__file__).parents[2]


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "demos", *args], cwd=ROOT, capture_output=True, text=True)


def test_lists_the_stories() -> None:
    done = command()
    assert done.returncode == 0
    assert "digits" in done.stdout


def test_refuses_an_unknown_story() -> None:
    done = command("didgits")
    assert done.returncode == 2
    assert "no story 'didgits'" in done.stderr and "digits" in done.stderr
    assert "Traceback" not in done.stderr


def test_refuses_a_negative_seed_and_a_file_as_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["digits", "--seed", "-1"])
    assert end.value.code == 2
    (tmp_path / "file").touch()
    assert main(["digits", "--out", str(tmp_path / "file")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_command_writes_the_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert main(["digits", "--quick", "--out", str(tmp_path / "new" / "out")]) == 0
    written = {path.stem: path for path in (tmp_path / "new" / "out").iterdir()}
    assert set(written) == {"loss", "predictions", "forward", "backward", "film"}
    assert all(path.stat().st_size > 1000 for path in written.values())
    printed = capsys.readouterr().out
    assert all(str(path) in printed for path in written.values())


@pytest.mark.parametrize("seed", range(3))
def test_learns_to_read(tmp_path: Path, seed: int) -> None:
    pytest.importorskip("matplotlib")
    from demos import digits

    accuracy = digits.run(tmp_path, seed=seed, quick=True)
    assert accuracy > 93  # the nearest mean image reads 88.6 to 92.3 % of these, an untrained network about 10 %
    assert digits.run(tmp_path, seed=seed, quick=True) == accuracy


@pytest.mark.parametrize("batches", [0, 1, 100])
def test_interrupted_it_still_writes_the_pictures(
    tmp_path: Path, batches: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    from demos import digits

    steps = iter(range(batches))
    step = digits.nn.optim.SGD.step

    def interrupted(self: object) -> None:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        step(self)

    monkeypatch.setattr(digits.nn.optim.SGD, "step", interrupted)
    digits.run(tmp_path)
    assert f"Stopped in epoch {batches // 60 + 1}" in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 5


def test_without_graphviz_it_writes_the_text_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    from demos import digits, plots

    def render(graph: object, *args: object, **given: object) -> str:
        raise RuntimeError("install Graphviz")

    monkeypatch.setattr(plots, "render", render)
    monkeypatch.setattr(plots, "graph_player", render)
    (tmp_path / "forward.svg").touch()
    (tmp_path / "film.html").touch()
    digits.run(tmp_path, quick=True)
    assert {path.name for path in tmp_path.iterdir()} == {"loss.png", "predictions.png", "forward.gv", "backward.gv"}
    assert "forward.gv instead of forward.svg: install Graphviz" in capsys.readouterr().out
