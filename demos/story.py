"""What every story has: a question, a seed, a place for its pictures, numbers to compare, and an end, also where it is stopped.

A story is a module with a docstring and a function ``run(story)``. The docstring is what a reader reads: its first line is the question,
its last one, ``Book: URL``, the section of *Dive into Deep Learning* that it follows. The page of a run shows it with the pictures, the
numbers and the code.
"""

from __future__ import annotations

import html
import importlib
import os
import re
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import autograd as ag
from .page import page_of
from .told import Number, Picture, Text, Told, code_of, text_of

try:
    from tqdm import tqdm
except ImportError:
    tqdm = None

__all__ = ["Needs", "Number", "Picture", "Story", "Text", "UntoldError", "code_of", "lacking", "tell", "text_of"]

T = TypeVar("T")
STOPPING = "\nStopping after what is being done now; what follows is kept short. Ctrl-C once more quits at once.\n"


class UntoldError(Exception):
    """A story cannot be told here; the message says why, and what to do."""


class Needs(NamedTuple):
    """What a story reads from the directory that a reader gives with ``--data``, as its module's constant ``NEEDS``: the names of the
    files, or patterns of `pathlib.Path.glob` (``"train-images-*"``), and ``source``, a sentence on where they can be had.
    """

    files: tuple[str, ...]
    source: str


class Story(Told):
    """One telling. ``out`` is the story's own directory, ``quick`` asks for a short run, ``data`` is where the reader keeps the files of
    the module's ``NEEDS``, if they do. ``stopped`` becomes True when the reader presses Ctrl-C: a story asks nobody else, as the loops
    of `progress` end by themselves.
    """

    def path(self, file: str) -> Path:
        """Where a picture of this name belongs."""
        return self.out / file

    def picture(self, path: Path, caption: str) -> None:
        """A picture was written; ``caption`` says in a sentence what to see in it."""
        self.pictures.append(Picture(path, caption))

    def text(self, file: str, text: str, caption: str) -> None:
        """Print a block of text, such as a report, and keep it in a ``.txt`` file; the page shows it among the pictures."""
        self.say(text)
        path = self.path(file)
        path.write_text(text + "\n", encoding="utf-8")
        self.picture(path, caption)

    def number(self, what: str, value: Any, unit: str = "", beside: str = "", digits: int = 4) -> None:
        """Print and keep a number, under the name ``what``; ``beside`` says what to compare it with, ``digits`` how many are shown."""
        beside = re.sub(r"(?<![\w.])-(?=[\d.])|(?<=\de)-(?=\d)", "−", beside)  # a minus, no hyphen
        number = Number(what, float(value), unit, beside, digits)
        self.numbers[what] = number
        self.say(f"{what}: {number}" + f"   ({beside})" * bool(beside))

    def say(self, line: str) -> None:
        """Print a line, without tearing a progress bar."""
        print(line) if tqdm is None else tqdm.write(line)

    def progress(self, items: Iterable[T], what: str) -> Iterator[T]:
        """``items`` with a bar, on a terminal, where tqdm is installed. After Ctrl-C the item that is being worked on is the last one,
        and loops that begin later have one item each: whatever a loop makes, there is some of it.
        """
        bar = items if tqdm is None else tqdm(items, desc=what, leave=False, disable=None)
        for item in bar:
            yield item
            if self.stopped:
                break

    def _repr_html_(self) -> str:
        """The page, for a notebook."""
        return f'<iframe srcdoc="{html.escape(page_of([self], self.out))}" style="width: 100%; height: 40rem; border: 0"></iframe>'

    def asked_to_stop(self, *_: Any) -> bool:
        """Whether Ctrl-C was pressed; a callback for `nn.fit`."""
        return self.stopped


def lacking(name: str, data: Path) -> str:
    """Which files the story of this name needs that the directory ``data`` has not, in words; nothing where it has them all.

    >>> lacking("digits", Path())
    ''
    """
    needs = getattr(importlib.import_module(f".{name}", __package__), "NEEDS", Needs((), ""))
    lacks = [pattern for pattern in needs.files if not any(data.glob(pattern))]
    return f"{data} has no {', no '.join(lacks)}" if lacks else ""


def tell(name: str, out: Path, seed: int = 0, quick: bool = False, data: Path | None = None) -> Story:
    """Run the story of this name, with its pictures in ``out / name``, and return what it found.

    Where it cannot be told, ``story.untold`` says why; so it is where ``data`` is given and lacks a file that the story needs.
    Raises KeyboardInterrupt where Ctrl-C is pressed a second time.
    """
    story = Story(name, out / name, seed, quick, data)
    story.out.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f".{name}", __package__)
    ag.manual_seed(seed)
    with _stopped_by_ctrl_c(story):
        try:
            if data is not None and (lacks := lacking(name, data)):
                raise UntoldError(f"{lacks}. {module.NEEDS.source}")
            with _one_thread(story) if not getattr(module, "WIDE", False) else nullcontext():
                module.run(story)
        except UntoldError as why:
            story.untold = str(why)
    if story.stopped:
        story.say("Stopped early: the pictures and numbers are of what was done until then.")
    return story


@contextmanager
def _one_thread(story: Story) -> Iterator[None]:
    """Small products, on a machine that is busy, take many times longer where threads wait for each other."""
    threads = ag.get_num_threads()
    ag.set_num_threads(1)
    try:
        if ag.get_num_threads() < threads:
            story.say("numpy multiplies by one thread here: the networks are small")
        yield
    finally:
        ag.set_num_threads(threads)


@contextmanager
def _stopped_by_ctrl_c(story: Story) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only there can signals be received
        yield
        return

    def stop(*_: Any) -> None:
        if story.stopped:
            raise KeyboardInterrupt
        story.stopped = True
        os.write(2, STOPPING.encode())  # print may be in the middle of something

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
