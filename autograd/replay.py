"""What a function does beside operations, such as drawing random numbers, and what a compiled function must therefore do in each replay.

A replay (see `autograd.compiling`) repeats operations, and nothing of what Python did between them. What is not an operation and must
be done each time, such as looking whether class indices fit or counting the steps of an optimiser, is marked by `again`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from autograd.core.mode import watching
from autograd.core.watch import STRUCTURE

__all__ = ["STRUCTURE", "again"]

F = TypeVar("F", bound=Callable[..., Any])


def again(function: F) -> F:
    """Decorate a function that a replay of a compiled function calls anew: it draws, counts, checks, or reads what may change.

    It takes tensors and plain arguments by position. It returns an array, or floats that are used as they are, not computed with; or
    nothing; or else what the program depends on, of arguments of the program alone. While nothing is compiled it costs a look at the mode.
    """

    @wraps(function)
    def called(*args: Any) -> Any:
        watch = watching()
        return function(*args) if watch is None else watch.call(function, args)

    called.is_called_again = True  # type: ignore[attr-defined]  # what it reads is read in each replay
    return called  # type: ignore[return-value]
