"""The engine: it records operations as they happen, and walks the graph backward. It imports neither math nor numpy.

`node` says what an operation and a node are, `walk` carries gradients, `mode` switches recording, `notes` hold what readers of a graph
want to know, and `symbols` stand for numbers, so that a rule can be read as text.
"""

from typing import NoReturn


def __getattr__(name: str) -> NoReturn:
    """Another package called autograd, whose files stand among ours, finds this in place of its core.py and asks for what is not here."""
    from importlib.util import find_spec

    if not name.startswith("_") and find_spec(f"{__name__}.{name}") is None:
        from autograd.clash import clash

        if trouble := clash():
            raise ImportError(trouble)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
