"""The door to the stories: `python -m demos` lists them, `python -m demos digits` tells one."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from demos import STORIES

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 where the command is not understood."""
    parser = argparse.ArgumentParser(prog="python -m demos", description="Stories of learning by gradients.")
    parser.add_argument("story", nargs="?", help="its name; without one, the stories are listed")
    parser.add_argument("--out", type=Path, default=Path("out"), help="the directory for the pictures (default: out)")
    parser.add_argument("--seed", type=_seed, default=0, help="another number, another run (default: 0)")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    given = parser.parse_args(argv)
    if given.story is None:
        print("Stories, told by `python -m demos NAME`:\n")
        print(*(f"  {name:10}{question}" for name, question in STORIES.items()), sep="\n")
        return 0
    if given.story not in STORIES:
        return _refuse(f"there is no story {given.story!r}; there is: {', '.join(STORIES)}", 2)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _refuse(f"cannot write into {given.out}: {error.strerror}", 2)
    try:
        story = importlib.import_module(f"demos.{given.story}")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        return _refuse("the stories draw with matplotlib; install it with: pip install matplotlib", 1)
    story.run(given.out, seed=given.seed, quick=given.quick)
    return 0


def _seed(text: str) -> int:
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"a seed is an int >= 0, got {number}")
    return number


def _refuse(why: str, status: int) -> int:
    print(f"python -m demos: {why}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
