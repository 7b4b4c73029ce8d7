"""What every story may rely on: its text, its place, its numbers, and an end whenever the reader wants one."""

from __future__ import annotations

import importlib
import math
import signal
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path

import pytest

import autograd as ag
from demos import STORIES, story
from demos.story import Number, Story, UntoldError, tell, text_of


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Story]:
    """Tells a story that is a function."""

    def run_as_story(run: Callable[[Story], None], seed: int = 0) -> Story:
        module = types.ModuleType("demos.made_up")
        module.__dict__["run"] = run
        monkeypatch.setitem(sys.modules, "demos.made_up", module)
        return tell("made_up", tmp_path, seed)

    return run_as_story


@pytest.mark.parametrize("name", STORIES)
def test_a_story_has_a_question_a_page_of_text_and_a_section_of_the_book(name: str) -> None:
    text = text_of(name)
    assert text.question.endswith("?") and "\n" not in text.question
    assert text.paragraphs and all(paragraph[-1] in ".:)" for paragraph in text.paragraphs)
    assert text.book.startswith("https://d2l.ai/chapter_") and text.book.endswith(".html")
    module = importlib.import_module(f"demos.{name}")
    assert callable(module.run) and "def run(story: Story) -> None:" in text.code
    assert len(text.code.splitlines()) <= 150, "a story is a page or two, not a chapter"


def test_the_code_is_the_file_without_its_docstring() -> None:
    source = (Path(story.__file__).parent / "digits.py").read_text()
    text = text_of("digits")
    assert source.endswith(text.code + "\n") and text.code.startswith("from __future__") and '"""\n\n' + text.code in source


def test_the_seed_decides(told: Callable[..., Story]) -> None:
    draws = [told(lambda s: s.number("drawn", ag.rand(())), seed).numbers["drawn"].value for seed in (1, 2, 1)]
    assert draws[0] == draws[2] != draws[1]


@pytest.mark.parametrize(
    "value, unit, shown",
    [
        (97.25, "%", "97.25 %"),
        (98.0, "%", "98.00 %"),
        (100.0, "%", "100.00 %"),
        (3.0, "", "3"),
        (12345678.0, "steps", "12,345,678 steps"),
        (-1.5e-9, "", "−1.5e−09"),
        (math.nan, "m", "NaN m"),
        (-math.inf, "", "−∞"),
    ],
)
def test_numbers_are_shown_with_their_unit(value: float, unit: str, shown: str) -> None:
    assert str(Number("n", value, unit, "")) == shown


def test_more_digits_are_shown_where_asked(told: Callable[..., Story], capsys: pytest.CaptureFixture[str]) -> None:
    told(lambda s: s.number("pi", 3.14159265, digits=7))
    assert capsys.readouterr().out == "pi: 3.141593\n"


def test_numbers_are_printed_with_what_to_compare_them_with(told: Callable[..., Story], capsys: pytest.CaptureFixture[str]) -> None:
    told(lambda s: (s.number("slope", ag.tensor(0.5), beside="-0.49e-3 in log-RMSE"), s.number("bare", 1)))
    assert capsys.readouterr().out == "slope: 0.5   (−0.49e−3 in log-RMSE)\nbare: 1\n"


def test_a_text_is_printed_kept_and_declared(told: Callable[..., Story], capsys: pytest.CaptureFixture[str]) -> None:
    (picture,) = told(lambda s: s.text("report.txt", "√2 < 2\n  indented", "A report.")).pictures
    assert capsys.readouterr().out == picture.path.read_text(encoding="utf-8") == "√2 < 2\n  indented\n"
    assert picture.path.name == "report.txt" and picture.caption == "A report."


@pytest.mark.parametrize("at", [(0, 0), (1, 2), (2, 0)])
def test_after_ctrl_c_each_loop_ends_after_its_item_and_later_ones_have_one(told: Callable[..., Story], at: tuple[int, int]) -> None:
    done = []

    def run(s: Story) -> None:
        for i in s.progress(range(4), "outer"):
            for j in s.progress(range(5), "inner"):
                if (i, j) == at:
                    signal.raise_signal(signal.SIGINT)
                done.append((i, j))
        for k in s.progress("abc", "later"):
            done.append(k)
        assert s.asked_to_stop(1, {})

    before = signal.getsignal(signal.SIGINT)
    assert told(run).stopped
    assert done == [(i, j) for i in range(4) for j in range(5) if (i, j) <= at] + ["a"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_quits(told: Callable[..., Story]) -> None:
    def run(s: Story) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        told(run)
    assert signal.getsignal(signal.SIGINT) is before


def test_what_cannot_be_told_says_why(told: Callable[..., Story]) -> None:
    def run(s: Story) -> None:
        raise UntoldError("no network")

    assert told(run).untold == "no network"
    with pytest.raises(ZeroDivisionError):  # anything else is a mistake, and is seen
        told(lambda s: 1 / 0)


def test_one_thread_multiplies_while_it_is_told(told: Callable[..., Story], capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("threadpoolctl")
    before, seen = ag.get_num_threads(), []
    try:
        ag.set_num_threads(2)
        told(lambda s: seen.append(ag.get_num_threads()))
        assert capsys.readouterr().out.splitlines() == ["numpy multiplies by one thread here: the networks are small"]
        with pytest.raises(ZeroDivisionError):
            told(lambda s: 1 / 0)
        assert seen == [1] and ag.get_num_threads() == 2
    finally:
        ag.set_num_threads(before)


def test_told_in_a_thread_it_leaves_signals_alone(told: Callable[..., Story]) -> None:
    stories: list[Story] = []
    thread = threading.Thread(target=lambda: stories.append(told(lambda s: s.number("one", 1))))
    thread.start()
    thread.join()
    assert stories[0].numbers["one"].value == 1
