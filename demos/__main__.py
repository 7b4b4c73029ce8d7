"""The door to the stories: `python -m demos` lists them, `python -m demos digits` tells one, `python -m demos all` tells all."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from demos import STORIES

__all__ = ["main"]

NEEDS = "the stories draw with matplotlib; install it with: pip install matplotlib"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 where the command is not understood, 1 where it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m demos", description="Stories of learning by gradients.")
    parser.add_argument("story", nargs="?", help="its name, or all, for the short runs of all; without one, the stories are listed")
    parser.add_argument("--out", type=Path, default=Path("out"), help="the directory for the pictures (default: out)")
    parser.add_argument("--seed", type=_seed, default=0, help="another number, another run (default: 0)")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    parser.add_argument("--data", type=Path, help="a directory with the data of fashion or houses, instead of their own")
    given = parser.parse_args(argv)

    from demos.story import text_of

    if given.story is None:
        print("Stories, told by `python -m demos NAME`:\n")
        print(*(f"  {name:17}{text_of(name).question}" for name in STORIES), sep="\n")
        print("\n`python -m demos all` tells the short form of each and makes one page of them.")
        return 0
    if given.story not in (*STORIES, "all"):
        return _refuse(f"there is no story {given.story!r}; there is: {', '.join(STORIES)}, all", 2)
    if given.data is not None and not given.data.is_dir():
        return _refuse(f"--data wants a directory, {given.data} is none", 2)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _refuse(f"cannot write into {given.out}: {error.strerror}", 2)
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        return _refuse(NEEDS, 1)
    return _tell(given)


def _tell(given: argparse.Namespace) -> int:
    from demos.page import write_page
    from demos.story import lacking, tell, text_of

    every = given.story == "all"
    told = []
    for name in STORIES if every else [given.story]:
        print(f"{name}: {text_of(name).question}", flush=True)
        data = given.data
        if every and data is not None and (lacks := lacking(name, data)):
            print(f"{lacks}: told with data of its own")
            data = None
        told.append(story := tell(name, given.out, given.seed, given.quick or every, data))
        if story.untold:
            print(f"Not told: {story.untold}", file=sys.stdout if every else sys.stderr)
        if story.stopped:
            break
        print()
    written = [picture.path for story in told for picture in story.pictures]
    if every or written:
        written.append(write_page(told, (given.out if every else told[0].out) / "index.html"))
        print("Written:", *written, sep="\n  ")
    return 0 if written else 1


def _seed(text: str) -> int:
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"a seed is an int >= 0, got {number}")
    return number


def _refuse(why: str, status: int) -> int:
    print(f"python -m demos: {why}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
