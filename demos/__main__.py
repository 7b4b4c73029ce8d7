"""The door to the stories: `python -m demos` lists them, `python -m demos digits` tells one, `python -m demos all` tells all."""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from . import COMMAND, STORIES

__all__ = ["main"]

PLAIN = {
    "−": "-",
    "±": "+-",
    "·": "*",
    "×": "x",
    "λ": "lambda",
    "√": "sqrt",
    "²": "^2",
    "π": "pi",
    "³": "^3",
    "₁": "1",
    "₂": "2",
    "∞": "inf",
    "’": "'",
}
STOPPED = 130  # the exit status of what Ctrl-C ended
NEEDS = "the stories draw with matplotlib; install it with: pip install matplotlib"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 where it is not understood, 1 where it cannot be done, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Stories of learning by gradients.")
    parser.add_argument("story", nargs="?", help="its name, or all, for the short runs of all; without one, the stories are listed")
    parser.add_argument("--out", type=Path, default=Path("out"), help="the directory for the pictures (default: out)")
    parser.add_argument("--seed", type=_seed, default=0, help="another number, another run (default: 0)")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    parser.add_argument("--data", type=Path, help="a directory with the data of fashion or houses, instead of their own")
    given = parser.parse_args(argv)
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a notebook's has not
            stream.reconfigure(errors="plain")

    from .story import text_of

    try:
        if given.story is None:
            print(f"Stories, told by `{COMMAND} NAME`:\n")
            print(*(f"  {name:17}{text_of(name).question}" for name in STORIES), sep="\n")
            print(f"\n`{COMMAND} all` tells the short form of each and makes one page of them.", flush=True)
            return 0
        if given.story not in (*STORIES, "all"):
            return _refuse(f"there is no story {given.story!r}; there is: {', '.join(STORIES)}, all", 2)
        if given.data is not None and not given.data.is_dir():
            return _refuse(f"--data wants a directory, {given.data} is none", 2)
        if find_spec("matplotlib") is None:
            return _refuse(NEEDS, 1)
        given.out.mkdir(parents=True, exist_ok=True)
        return _tell(given)
    except BrokenPipeError:  # whoever read what is printed has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.filename is None or not Path(error.filename).is_relative_to(given.out):
            raise
        return _refuse(f"cannot write {error.filename}: {error.strerror}", 2)


def _tell(given: argparse.Namespace) -> int:
    from .page import write_page
    from .story import lacking, tell, text_of

    every = given.story == "all"
    told = []
    stopped = False
    try:
        for name in STORIES if every else [given.story]:
            text = text_of(name)
            print(f"{name}: {text.question}" + " (the short run)" * (text.has_short_form and (given.quick or every)), flush=True)
            data = given.data
            if every and data is not None and (lacks := lacking(name, data)):
                print(f"{lacks}: told with data of its own")
                data = None
            told.append(story := tell(name, given.out, given.seed, given.quick or every, data))
            if story.untold:
                print(f"Not told: {story.untold}", file=sys.stdout if every else sys.stderr)
            if stopped := story.stopped:
                break
            print()
    except KeyboardInterrupt:
        stopped = True
        print("\nStopped at once: what was being told is left out.")
    written = [picture.path for story in told for picture in story.pictures]
    if written or (every and told):
        written.append(write_page(told, (given.out if every else told[0].out) / "index.html"))
        print("Written:", *written, sep="\n  ")
    return STOPPED if stopped else 0 if written else 1


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a seed is an int >= 0, got {text}")
    return int(text)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that a terminal does not have."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end


def _refuse(why: str, status: int) -> int:
    print(f"{COMMAND}: {why}", file=sys.stderr)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # before a story began, or after its end
        sys.exit(STOPPED)
