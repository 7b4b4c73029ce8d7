"""The command: the table of what is installed is true, whatever is missing or broken; stories are told by it as by `python -m demos`."""

import importlib
import platform
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import __main__ as command
from autograd.__main__ import main

ROOT = Path(__file__).parents[2]


def test_as_a_module_it_says_what_is_installed() -> None:
    done = subprocess.run([sys.executable, "-m", "autograd"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"chainrule {autograd.__version__}, ") and "\nsafetensors" in done.stdout


def table(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert main(["info"]) == 0
    rows = capsys.readouterr().out.split("\n\n")[1]
    return dict(re.split(r"\s+", row, maxsplit=1) for row in rows.splitlines())


def test_versions_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    head = capsys.readouterr().out
    assert (
        head.startswith(f"chainrule {autograd.__version__}, ") and f"Python {platform.python_version()}, numpy {np.__version__}, " in head
    )


def test_every_row_says_what_there_is_and_what_for(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(capsys)
    assert list(rows) == list(command.USED)
    assert rows["hypothesis"].startswith(importlib.metadata.version("hypothesis")) and "autograd.testing" in rows["hypothesis"]


def test_what_is_missing_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(command, "version", nothing)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert out.count("  missing  ") == len(command.USED) and out.endswith("Nothing here draws pictures: pip install pygraphviz\n")


def test_what_is_there_and_does_not_work_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ImportError("libcgraph.so.6: cannot open shared object file")

    monkeypatch.setattr(command, "version", lambda _: "2.0.4")
    monkeypatch.setattr("importlib.import_module", broken)
    assert table(capsys)["pygraphviz"].startswith("2.0.4, broken: libcgraph.so.6: cannot open")


def test_a_name_that_is_shared_is_told_of_though_all_works(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "clash", lambda: "two of them")
    assert main(["info"]) == 0
    assert capsys.readouterr().out.endswith("\nBeware: two of them\n")


@pytest.mark.parametrize("words", [["info", "all"], ["inof"]])
def test_other_words_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2 and f"{words[-1]}" in capsys.readouterr().err


def test_stories_are_listed_with_their_options_and_their_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    assert "digits" in capsys.readouterr().out
    assert main(["demo", "didgits", "--quick"]) == 2
    assert "no story 'didgits'" in capsys.readouterr().err


def test_ctrl_c_is_an_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("demos.__main__.main", pressed)
    assert main(["demo", "digits"]) == 130


def test_whoever_reads_may_stop_reading() -> None:
    code = f"import os, sys; os.close(1); r, w = os.pipe(); os.close(r); os.dup2(w, 1); sys.path.insert(0, {str(ROOT)!r}); from autograd.__main__ import main; sys.exit(main(['demo']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
