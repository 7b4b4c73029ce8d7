"""With blocks that no Ctrl-C can leave behind: what a thread is inside of, and the end of a block in one step.

Python raises KeyboardInterrupt where a function begins and after a call returns. An ``__exit__`` written in Python may thus end before its
first line, and an ``__enter__`` after its work, and then the block would last for ever. So what a thread is inside of is one list: a
block is entered by its last step, ``inside += [...]``, after which nothing is called, and left by a function that is written in C.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from io import IOBase
from operator import attrgetter, delitem
from typing import Any

__all__ = ["Blocks", "Exit", "no_fork_within"]


class _Leaving(IOBase):
    """Its ``__exit__``, the only one in C that calls what it is given, calls ``close`` without arguments."""

    closed = True  # so that it is not closed once more where it is freed
    close: Any = None


class Blocks(threading.local):
    """What a thread is inside of, the innermost last.

    `leave`, in any thread and with any arguments, leaves the innermost of the thread that asked for it.
    """

    def __init__(self) -> None:
        self.inside: list[Any] = []
        leaving = _Leaving()
        leaving.close = self.leaving()
        self.leave: Callable[..., None] = leaving.__exit__

    def leaving(self) -> Callable[[], None]:
        """What leaves the innermost, and returns None: a function in C, made of functions in C."""
        return partial(delitem, self.inside, -1)


class Exit(property):
    """``__exit__`` of a class whose ``__enter__`` adds an entry to ``blocks.inside``, its attribute.

    >>> class Block:
    ...     blocks, __exit__ = Blocks(), Exit()
    ...     def __enter__(self):
    ...         self.blocks.inside += [self]
    >>> with Block():
    ...     len(Block.blocks.inside)
    1
    >>> Block.blocks.inside
    []
    """

    def __init__(self) -> None:
        super().__init__(attrgetter("blocks.leave"))  # what the with statement then calls is the function in C

    def __call__(self, block: Any, *error: object) -> None:
        block.blocks.leave()  # of contextlib.ExitStack, which asks the class


def no_fork_within(lock: Any) -> None:
    """Let a fork wait until no other thread holds the lock: the child has not that thread, and would wait for ever."""
    if hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
