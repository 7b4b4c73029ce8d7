"""What the readers of a graph would like to know of a node and the engine does not need: its label, the line of user code
that made it, the module call it came out of, the node whose gradient it is.

The engine carries these notes and never asks for them. A node without any, or with a label alone, pays nothing.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Collection, Sequence
from itertools import count
from types import CodeType, FrameType
from typing import Any
from weakref import ref

from autograd.core.mode import UNUSUAL, here

__all__ = ["Call", "Notes", "Place", "noted", "recorded", "running", "user_frame"]

_HERE = os.path.dirname(os.path.dirname(__file__))
_OURS = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep)


def user_frame(depth: int = 1) -> FrameType:
    """The innermost frame outside this package and `nn`, passing over ``depth`` callers before looking."""
    frame = sys._getframe(depth)
    while frame.f_code.co_filename.startswith(_OURS) and frame.f_back is not None:
        frame = frame.f_back
    return frame


class Place:
    """A line of user code that is running."""

    __slots__ = ("at", "code")

    def __init__(self, depth: int = 1) -> None:
        frame = user_frame(depth + 1)
        self.code: CodeType = frame.f_code
        self.at = frame.f_lasti  # the line itself is looked up when somebody asks

    @property
    def line(self) -> int:
        """The number of the line in its file."""
        numbers = [n for start, end, n in self.code.co_lines() if start <= self.at < end]
        return (numbers and numbers[0]) or self.code.co_firstlineno

    def __str__(self) -> str:
        return f"{self.code.co_filename}:{self.line}"


class Call:
    """One call of a module, or of whatever makes recorded nodes out of others: pictures group operations by it.

    It is made when the call begins and told at its end what went in and what came out; between, it is `running`. It keeps none of
    them alive: inputs are remembered by their ``id``, which no other node has that the outputs were made from, since these were alive
    with it.

    >>> from autograd import Value
    >>> def double(x):
    ...     call = Call(double)
    ...     y = x + x
    ...     call.gave(y, x)
    ...     return y
    >>> noted(double(Value(1.0))).calls[0].kind
    'function'
    """

    __slots__ = ("began", "depth", "inputs", "kind", "module")

    def __init__(self, module: Any) -> None:
        self.module = ref(module)
        self.kind = module.__class__.__name__
        self.began = next(_begun)
        self.inputs: Collection[int] = _UNTOLD
        self.depth = -1
        if UNUSUAL:  # nobody else asks which calls are running
            self.depth = len(_stack.calls)
            _stack.calls.append(self)

    def end(self) -> None:
        """It is running no longer, nor is what began in it; it need not be said where it `gave` something."""
        if self.depth >= 0:
            del _stack.calls[self.depth :]
            self.depth = -1

    def gave(self, outputs: Any, inputs: Any) -> None:
        """Note on the recorded ``outputs`` that they came out of this call. Both may be nested in lists, tuples and dicts."""
        if self.depth >= 0:
            self.end()
        given: Sequence[Any] = (outputs,) if outputs.__class__ in _WHOLE else _nodes(outputs)
        for n in given:
            if n.is_leaf:
                continue
            if self.inputs is _UNTOLD:
                self.inputs = _ids(inputs)
            if id(n) in self.inputs:  # it was handed through
                continue
            notes = n.tag
            if notes.__class__ is not Notes:
                n.tag = Notes(notes, (self,))
            elif not notes.calls or notes.calls[-1].began > self.began:  # else it was kept: an earlier call made it
                notes.calls += (self,)


class _Stack(threading.local):
    def __init__(self) -> None:
        self.calls: list[Call] = []


_stack = _Stack()


def running() -> tuple[Call, ...]:
    """The calls that are running in this thread, the outermost first; only those that began while something was unusual."""
    return tuple(_stack.calls)


_begun = count()
_UNTOLD = (-1,)  # the inputs of a call that gave nothing yet: no id is below 0
_MANY = (tuple, list, dict)
_WHOLE: set[type] = set()  # the classes that were seen to be nodes which stand for themselves


def _ids(inputs: Any) -> Collection[int]:
    ids = []
    for a in inputs if inputs.__class__ is tuple and len(inputs) < 5 else ():  # nearly always nodes alone; of many, a set is asked sooner
        if a.__class__ not in _WHOLE:
            break
        ids.append(id(a))
    else:
        if ids:
            return ids
    return frozenset(map(id, _nodes(inputs)))


def _nodes(x: Any, around: tuple[int, ...] = ()) -> Sequence[Any]:
    """The nodes in nested arguments or results, which may hold themselves."""
    if x.__class__ in _WHOLE:
        return (x,)
    found: list[Any] = []
    if isinstance(x, _MANY):
        if id(x) not in around:
            for part in x.values() if isinstance(x, dict) else x:
                found += (part,) if part.__class__ in _WHOLE else _nodes(part, (*around, id(x)))
    elif hasattr(x.__class__, "entries") and hasattr(x.__class__, "is_leaf"):
        found += x.entries()
        if len(found) == 1 and found[0] is x:
            _WHOLE.add(x.__class__)
    return found


class Notes:
    """The notes on one node. They stand in its ``tag``, where a node with no more than a label has the label itself."""

    __slots__ = ("calls", "gradient_of", "label", "place")

    def __init__(self, label: str | None, calls: tuple[Call, ...] = ()) -> None:
        self.label = label
        self.place: Place | None = None
        self.calls = calls  # that it came out of, the innermost first, each of which began after the next
        # The notes of the variable and of the output (None: of several outputs together), for they keep neither alive. There are
        # several where one gradient passes through, as in a sum.
        self.gradient_of: Sequence[tuple[Notes, Notes | None]] = ()

    def add_variable(self, variable: Notes, output: Notes | None) -> None:
        """The node is the gradient of ``output`` with respect to ``variable``, or a part of it."""
        if not isinstance(self.gradient_of, list):  # few nodes are gradients
            self.gradient_of = []
        self.gradient_of.append((variable, output))


def noted(n: Any) -> Notes:
    """The notes of a node, to write in."""
    tag = n.tag
    if tag.__class__ is not Notes:
        tag = n.tag = Notes(tag)
    return tag


def recorded(z: Any, op: Any, args: tuple[Any, ...], needed: bool) -> bool:
    """Is the new node ``z``, the result of ``op(*args)``, to be recorded, if that is ``needed`` for a gradient?

    It is asked for every result while a thread is UNUSUAL. The watch of this thread sees it first; the line of code is noted
    where that was asked for.
    """
    state = here.state
    if state.watch is not None:
        state.watch.result(z.raw, op, args)
    if not needed or state.off:
        return False
    if state.lines:
        noted(z).place = Place(2)
    return True
