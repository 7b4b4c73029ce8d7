"""Metadata of a node, for the readers of a graph: its label, the line of user code that made it, the module call it came out of,
the node whose gradient it is.

The engine carries these notes and never reads them, but for hooks. A node without any, or with a label alone, pays nothing.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Collection, Sequence
from itertools import count
from types import CodeType, FrameType
from typing import Any
from weakref import ref

from autograd.core.blocks import Blocks, Exit
from autograd.core.mode import here, is_grad_enabled

__all__ = ["Call", "Notes", "Place", "notes_of", "recorded", "running", "user_frame", "warn_of_a_cut"]

_HERE = os.path.dirname(os.path.dirname(__file__))
_OURS = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep)


def user_frame(depth: int = 1) -> FrameType:
    """The innermost frame outside this package and `nn`, passing over ``depth`` callers before looking."""
    frame = sys._getframe(depth)
    while frame.f_code.co_filename.startswith(_OURS) and frame.f_back is not None:
        frame = frame.f_back
    return frame


def warn_of_a_cut(n: Any, what: str) -> None:
    """Warn, once a line, that ``what`` takes the number of the recorded node ``n`` out of the graph.

    Not where nothing is recorded, nor after a backward through it, when the number is to be looked at.
    """
    if is_grad_enabled() and not (n.notes is not None and n.notes.walked):
        frame = user_frame(2)
        message = (
            f"{what} gives a plain number, through which no gradient flows: use the functions and methods of autograd, such as v.exp(), "
        )
        message += "or say .data, .detach() or .item() where only the number is meant"
        registry = frame.f_globals.setdefault("__warningregistry__", {})
        warnings.warn_explicit(message, UserWarning, frame.f_code.co_filename, frame.f_lineno, frame.f_globals.get("__name__"), registry)


class Place:
    """A line of user code that is running."""

    __slots__ = ("at", "code")

    def __init__(self, depth: int = 1) -> None:
        frame = user_frame(depth + 1)
        self.code: CodeType = frame.f_code
        self.at = frame.f_lasti  # the line itself is looked up lazily

    @property
    def line(self) -> int:
        """The number of the line in its file."""
        numbers = [n for start, end, n in self.code.co_lines() if start <= self.at < end]
        return (numbers and numbers[0]) or self.code.co_firstlineno

    def __str__(self) -> str:
        return f"{self.code.co_filename}:{self.line}"


_calls = Blocks()


class Call:
    """One call of a module, or of whatever makes recorded nodes out of others: pictures group operations by it.

    It is made when the call begins and told at its end what went in and what came out; in its ``with`` block it is `running`, so that
    reports can name it. It keeps none of them alive: inputs are remembered by their ``id``, which no other node has that the outputs
    were made from, since these were alive with it.

    >>> from autograd import Value
    >>> def double(x):
    ...     with Call(double) as call:
    ...         y = x + x
    ...         call.gave(y, x)
    ...     return y
    >>> notes_of(double(Value(1.0))).calls[0].kind
    'function'
    """

    __slots__ = ("began", "inputs", "kind", "module")

    def __init__(self, module: Any) -> None:
        self.module = ref(module)
        self.kind = module.__class__.__name__
        self.began = next(_call_numbers)
        self.inputs: Collection[int] = _UNKNOWN

    def __enter__(self) -> Call:
        inside = _calls.inside
        inside += (self,)
        return self

    blocks = _calls
    __exit__ = Exit()

    @staticmethod
    def running() -> tuple[Call, ...]:
        """The calls that are running in this thread, the outermost first."""
        return tuple(_calls.inside)

    def gave(self, outputs: Any, inputs: Any) -> None:
        """Record that ``outputs`` came out of this call. Both may be nested in lists, tuples and dicts."""
        given: Sequence[Any] = (outputs,) if outputs.__class__ in _SINGLE else _nodes(outputs)
        for n in given:
            if n.is_leaf:
                continue
            if self.inputs is _UNKNOWN:
                self.inputs = _ids(inputs)
            if id(n) in self.inputs:  # an input, returned as it came
                continue
            notes = n.tag
            if notes.__class__ is not Notes:
                n.tag = Notes(notes, (self,))
            elif not notes.calls or notes.calls[-1].began > self.began:  # else an earlier call made it, and the module kept it
                notes.calls += (self,)


running = Call.running
_call_numbers = count()
_UNKNOWN = (-1,)  # the inputs of a call that returned nothing yet: no id is below 0
_CONTAINERS = (tuple, list, dict)
_SINGLE: set[type] = set()  # a cache: the classes that were found to be single nodes, not arrays of them


def _ids(inputs: Any) -> Collection[int]:
    ids = []
    for a in inputs if inputs.__class__ is tuple and len(inputs) < 5 else ():  # nearly always nodes alone; of many, a set is faster
        if a.__class__ not in _SINGLE:
            break
        ids.append(id(a))
    else:
        if ids:
            return ids
    return frozenset(map(id, _nodes(inputs)))


def _nodes(x: Any, around: tuple[int, ...] = ()) -> Sequence[Any]:
    """The nodes in nested arguments or results. A list that contains itself is walked once."""
    if x.__class__ in _SINGLE:
        return (x,)
    found: list[Any] = []
    if isinstance(x, _CONTAINERS):
        if id(x) not in around:
            for part in x.values() if isinstance(x, dict) else x:
                found += (part,) if part.__class__ in _SINGLE else _nodes(part, (*around, id(x)))
    elif hasattr(x.__class__, "entries") and hasattr(x.__class__, "is_leaf"):
        found += x.entries()
        if len(found) == 1 and found[0] is x:
            _SINGLE.add(x.__class__)
    return found


class Notes:
    """The notes of one node, kept in its ``tag``; a node with a label alone has the label itself there."""

    __slots__ = ("calls", "changed", "gradient_of", "hooks", "label", "place", "walked")

    def __init__(self, label: str | None, calls: tuple[Call, ...] = ()) -> None:
        self.label = label
        self.walked = False  # was there a backward from it that kept the graph?
        self.changed = 0  # when the data of a Value was last set, by the counter of changes
        self.place: Place | None = None
        self.calls = calls  # that it came out of, the innermost first, each of which began after the next
        # The notes of the variable and of the output (None: of several outputs together): notes keep no node alive. There are several
        # pairs where one node is the gradient of several variables, as in a sum.
        self.gradient_of: Sequence[tuple[Notes, Notes | None]] = ()
        self.hooks: Any = None  # its `Hooks`, the one thing here that a walk asks for

    def add_variable(self, variable: Notes, output: Notes | None) -> None:
        """The node is the gradient of ``output`` with respect to ``variable``, or a part of it."""
        if not isinstance(self.gradient_of, list):  # made lazily, for few nodes are gradients
            self.gradient_of = []
        self.gradient_of.append((variable, output))


def notes_of(n: Any) -> Notes:
    """The notes of a node, made where there are none, to be written to."""
    tag = n.tag
    if tag.__class__ is not Notes:
        tag = n.tag = Notes(tag)
    return tag


def recorded(z: Any, op: Any, args: tuple[Any, ...], needed: bool) -> bool:
    """Is the new node ``z``, the result of ``op(*args)``, to be recorded, if that is ``needed`` for a gradient?

    Called for every result while a thread is in NONDEFAULT. The observer of this thread sees it first; the line of code is recorded where
    `record_lines` asks for it.
    """
    mode = here.inside[-1]
    if mode.watch is not None:
        watch, mode = mode.watch, None  # an error keeps its frames: this one must not keep the mode
        watch.result(z.raw, op, args)
        mode = here.inside[-1]
    if not needed or mode.off:
        return False
    if mode.lines:
        notes_of(z).place = Place(2)
    return True
