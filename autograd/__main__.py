"""The command `chainrule`, and `python -m autograd`: what is installed, and the stories wherever one is.

`chainrule info`, or no word, is a table for somebody who wonders why there is no picture, or reports that something fails; `chainrule demo
digits` tells a story. In a checkout the stories are `demos`, in what is installed `chainrule_demos`, a name that is nobody else's.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from autograd import __version__
from autograd.clash import clash

__all__ = ["info", "main"]

MISSING = "missing"
STOPPED = 130  # the exit status of what Ctrl-C ended
# What is used beside numpy, and what for.
USED = {
    "graphviz": "writes pictures as DOT",
    "dot": "draws them: a program of Graphviz",
    "pygraphviz": "draws them where there is no dot",
    "matplotlib": "draws the curves of the stories: chainrule demo",
    "tqdm": "bars of progress, of nn.fit and of stories",
    "threadpoolctl": "one thread for small networks, in nn.fit and stories",
    "safetensors": "ag.save and ag.load of .safetensors",
    "hypothesis": "strategies and gradcheck_property of autograd.testing",
    "IPython": "notebooks, where pictures, films and stories show themselves",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 where it is not understood, 1 where it cannot be done, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="chainrule", description="A small autograd engine: import autograd, import nn.")
    parser.add_argument("command", nargs="?", choices=["info", "demo"], default="info", help="what is installed; stories of gradients")
    parser.add_argument("words", nargs=argparse.REMAINDER, help="of demo: a story and its options; without any, stories are listed")
    given = parser.parse_args(argv)
    if given.command == "info":
        if given.words:
            parser.error(f"info takes no more words, got {' '.join(given.words)}")
        info()
        return 0
    home = "chainrule_demos" if find_spec("chainrule_demos") else "demos"
    try:
        status: int = importlib.import_module(f"{home}.__main__").main(given.words)
    except KeyboardInterrupt:  # before a story began, or after its end
        return STOPPED
    return status


def info() -> None:
    """Print which versions there are, and what is missing for what."""
    print(f"chainrule {__version__}, imported as autograd and nn, in {Path(__file__).parent.parent}")
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.platform()}\n")
    found = {name: _dot() if name == "dot" else _version(name) for name in USED}
    wide, width = max(map(len, USED)), max(map(len, found.values()))
    print(*(f"{name:{wide}}  {found[name]:{width}}  {use}" for name, use in USED.items()), sep="\n")
    if found["dot"] == found["pygraphviz"] == MISSING:
        print("\nNothing here draws pictures: pip install pygraphviz")
    elif MISSING in found.values():
        print("\nPackages that are missing are needed for that alone; pip installs them by these names.")
    if trouble := clash():
        print(f"\nBeware: {trouble}")


def _version(package: str) -> str:
    try:
        found = version(package)
        importlib.import_module(package)
    except PackageNotFoundError:
        return MISSING
    except (ImportError, OSError) as error:  # installed, but not what it needs
        return f"{found}, broken: {error}"
    return found


def _dot() -> str:
    program = shutil.which("dot")
    if program is None:
        return MISSING
    said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stderr.strip()
    match = re.search(r"version (\S+)", said)
    return match[1] if match else f"broken: {said}"


if __name__ == "__main__":
    raise SystemExit(main())
