"""The door: what is listed, what is refused, and what is written, also where the reader has no patience or no Graphviz."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import autograd as ag
import nn
from demos import STORIES
from demos.__main__ import main

ROOT = Path(__file__).parents[2]


def command(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "demos", *args], cwd=ROOT, capture_output=True, text=True, env=os.environ | environment)


def test_lists_the_stories() -> None:
    done = command()
    assert done.returncode == 0
    assert all(name in done.stdout for name in (*STORIES, "all"))


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
    assert main(["digits", "--data", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert "--data wants a directory" in capsys.readouterr().err


def test_refuses_a_seed_that_is_no_number_and_places_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(SystemExit):
        main(["activations", "--seed", "x"])
    assert "a seed is an int >= 0, got x" in capsys.readouterr().err
    (tmp_path / "activations").touch()
    assert main(["activations", "--out", str(tmp_path)]) == 2
    assert f"cannot write {tmp_path / 'activations'}" in capsys.readouterr().err
    (tmp_path / "other" / "activations" / "index.html").mkdir(parents=True)
    assert main(["activations", "--out", str(tmp_path / "other")]) == 2


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_of_few_characters_gets_plain_ones(tmp_path: Path, encoding: str) -> None:
    pytest.importorskip("matplotlib")
    done = command("activations", "--out", str(tmp_path), PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and "GELU's slope is least: -1.414" in done.stdout
    assert "−1.414" in (tmp_path / "activations" / "index.html").read_text(encoding="utf-8")


def test_ctrl_c_twice_ends_all_with_a_page_of_what_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    from demos import moons

    def impatient(story: object) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(moons, "run", impatient)
    assert main(["all", "--out", str(tmp_path)]) == 130
    page = (tmp_path / "index.html").read_text()
    assert 'id="graph_tour"' in page and 'id="moons"' not in page and "Stopped at once" in capsys.readouterr().out


def test_without_matplotlib_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["digits", "--out", str(tmp_path)]) == 1
    assert "pip install matplotlib" in capsys.readouterr().err


def test_command_writes_the_pictures_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert main(["digits", "--quick", "--out", str(tmp_path / "new" / "out")]) == 0
    written = list((tmp_path / "new" / "out").rglob("*.*"))
    assert len(written) > 3 and all(path.stat().st_size > 1000 for path in written)
    printed = capsys.readouterr().out
    assert all(str(path) in printed for path in written)
    assert tmp_path / "new" / "out" / "digits" / "index.html" in written


@pytest.mark.parametrize("there", [[], ["a.csv"], ["a.csv", "b.gz"]], ids=len)
def test_a_story_reads_the_given_directory_only_where_its_files_are(
    there: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    from demos import digits
    from demos.story import Needs, Story

    def run(story: Story) -> None:
        read.append(story.data)
        story.path("picture.txt").touch()
        story.picture(story.path("picture.txt"), "nothing")

    read: list[Path | None] = []
    monkeypatch.setattr(digits, "run", run)
    monkeypatch.setattr(digits, "NEEDS", Needs(("a.csv", "b*"), "Grow them at home."), raising=False)
    monkeypatch.setattr("demos.__main__.STORIES", ("digits",))
    (data := tmp_path / "data").mkdir()
    for name in there:
        (data / name).touch()
    lacks = f"{data} has no {', no '.join(['a.csv', 'b*'][len(there) :])}"
    given = ["--out", str(tmp_path / "out"), "--data", str(data)]

    assert main(["digits", *given]) == (0 if len(there) == 2 else 1)
    if len(there) < 2:
        assert f"{lacks}. Grow them at home." in capsys.readouterr().err and not read
    assert main(["all", *given]) == 0
    assert (f"{lacks}: told with data of its own" in capsys.readouterr().out) == (len(there) < 2)
    assert read == ([data, data] if len(there) == 2 else [None])  # of all stories, none is refused for data that another one wants


@pytest.mark.parametrize("batches", [0, 100])
def test_interrupted_it_still_writes_the_pictures(
    tmp_path: Path, batches: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    steps = 0
    step = nn.optim.SGD.step

    def interrupted(self: nn.optim.SGD) -> None:
        nonlocal steps
        if steps == batches:
            signal.raise_signal(signal.SIGINT)
        steps += 1
        step(self)

    monkeypatch.setattr(nn.optim.SGD, "step", interrupted)
    monkeypatch.setattr(ag, "compile", lambda step: step)  # what is replayed calls nobody who could count
    handler = signal.getsignal(signal.SIGINT)
    assert main(["digits", "--out", str(tmp_path)]) == 130
    assert signal.getsignal(signal.SIGINT) is handler
    assert steps == (batches // 48 + 3) * 48  # the epoch of the first net is ended, the other two have one each
    assert "Stopped early" in capsys.readouterr().out
    assert "Stopped early" in (tmp_path / "digits" / "index.html").read_text()


def test_without_graphviz_it_writes_the_text_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    from demos.plots import graphs

    def render(graph: object, *args: object, **given: object) -> str:
        raise RuntimeError("install Graphviz")

    monkeypatch.setattr(graphs, "render", render)
    monkeypatch.setattr(graphs, "graph_player", render)
    out = tmp_path / "digits"
    out.mkdir()
    (out / "forward.svg").touch()
    (out / "film.html").touch()
    assert main(["digits", "--quick", "--out", str(tmp_path)]) == 0
    left = {path.name for path in out.iterdir()}
    assert {"forward.gv", "backward.gv"} <= left and not {"forward.svg", "backward.svg", "film.html"} & left
    assert "forward.gv instead of forward.svg: install Graphviz" in capsys.readouterr().out
