"""From DOT text to a picture file, with what the machine has: the `dot` program, or the pygraphviz wheel (Graphviz inside).

Layout is C code with no timeout of its own and can take minutes on an unlucky graph, so it runs in a child process.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from typing import Any

__all__ = ["render"]

_CHILD = "import sys, pygraphviz; sys.stdout.buffer.write(pygraphviz.AGraph(sys.stdin.read()).draw(format=sys.argv[1], prog='dot'))"


def render(graph: Any, path: str | os.PathLike[str], timeout: float = 20) -> str:
    """Draw ``graph`` (a `graphviz.Digraph`) into ``path``; the suffix says the format: svg, png or pdf. Returns the path.

    Raises RuntimeError where neither `dot` nor pygraphviz is installed, TimeoutError after ``timeout`` seconds.
    """
    path = os.fspath(path)
    format = os.path.splitext(path)[1].lstrip(".")
    if format not in ("svg", "png", "pdf"):
        raise ValueError(f"render: the path must end in .svg, .png or .pdf, got {path!r}")
    if dot := shutil.which("dot"):
        command = [dot, f"-T{format}"]
    elif importlib.util.find_spec("pygraphviz"):
        command = [sys.executable, "-c", _CHILD, format]
    else:
        raise RuntimeError(
            "to draw pictures, install Graphviz (the dot program) or `pip install pygraphviz`; graph.source holds the DOT text"
        )
    try:
        done = subprocess.run(command, input=graph.source.encode(), capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"the layout took more than {timeout} s; draw a smaller graph, or raise the timeout") from None
    if done.returncode:
        raise RuntimeError(f"Graphviz failed: {done.stderr.decode(errors='replace').strip()[-500:]}")
    with open(path, "wb") as file:
        file.write(done.stdout)
    return path
