"""What an observer of a thread is told, who follows a training, and the counts by which readers find out that something has changed
since they looked.

`autograd.anomaly` looks at every number in this way, `autograd.compiling` at every operation, `autograd.pages` at some steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import get_ident
from typing import Any

__all__ = ["FOLLOWERS", "SCALARS", "STRUCTURE", "Counter", "Follower", "Watch", "leaves_scalars", "scalar_watch"]


class Counter:
    """A count that only grows, global, since any thread may change what another one uses."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


# Counts what is bound anew and is no number in a tensor: attributes of modules, memory that a tensor is given, whether it requires a
# gradient, hooks. While it stands still, a replay need not look for any of these.
STRUCTURE = Counter()


# Observers of functions of Values, by thread. They are told what is no operation, and not of operations: the graph has these.
SCALARS: dict[int, Watch] = {}


def scalar_watch() -> Watch | None:
    """The observer of functions of Values in this thread, if there is one."""
    return SCALARS.get(get_ident()) if SCALARS else None


def leaves_scalars(what: str) -> None:
    """Tell who observes this thread so that ``what`` was done to a Value."""
    if (watch := scalar_watch()) is not None:
        watch.reads(what)


class Watch:
    """An observer of every result of a thread, and of every walk backward. Of nested ones, only the innermost observes.

    This one observes nothing. With ``nodes``, a walk calls the rules with nodes that are not recorded, so that what they do is seen, too.
    """

    nodes = False

    def result(self, raw: Any, op: Any, args: tuple[Any, ...]) -> None:
        """``raw`` is the float or array that ``op(*args)`` gave; it is not recorded yet, and is never recorded where this raises."""

    def walk(self, order: list[Any]) -> Iterable[Any]:
        """The nodes of ``order``, last first. When the next one is asked for, the gradient of the one before is propagated.

        Where the walk fails, what is iterated over is freed: a generator then runs its ``finally``.
        """
        return reversed(order)

    def pulls(self, n: Any, i: int, g: Any) -> None:
        """The rule of ``n`` for its argument ``i`` is about to be called, with the gradient ``g`` of ``n``."""

    # Asked only where ``nodes`` is true.
    def own(self, g: Any) -> Any:
        """The gradient ``g``, a node, as a node of its own."""
        return g

    def accumulate(self, n: Any, g: Any) -> None:
        """The leaf ``n`` takes the gradient ``g``, a node."""

    # What is no operation.
    def constant(self, raw: Any) -> None:
        """``raw`` is a new array whose entries no tensor has a part in."""

    def resumes(self, n: Any) -> None:
        """The node ``n`` is recorded, on an array that was computed before and is an argument now."""

    def enters(self, raw: Any, given: Any) -> None:
        """``raw`` is a copy of ``given``, an array that may be a tensor's, or anybody's."""

    def changes(self, t: Any, compute: Callable[..., Any], source: Any, alpha: Any, raw: Any) -> None:
        """``compute(t.raw, raw, t.raw)`` is about to change ``t``, where ``raw`` was made of ``alpha * source``."""

    def binds(self, t: Any, grad: Any) -> None:
        """The gradient of ``t`` is about to be set to ``grad``."""

    def differentiates(self, z: Any, gradient: Any, **given: Any) -> None:
        """``z.backward(gradient, **given)`` is about to run; only who observes Values is told."""

    def reads(self, what: str) -> None:
        """A number, or what else is no operation, leaves the tensors or enters them by ``what``."""

    def call(self, function: Callable[..., Any], args: Sequence[Any]) -> Any:
        """The result of ``function(*args)``, which is marked by `again`."""
        return function(*args)


class Follower:
    """Who is told of every backward of any thread, and asked at each call of a compiled function, whose replay has none in it.

    It changes no number, and what it does is recorded nowhere. This one does nothing.
    """

    def begins(self, root: Any) -> None:
        """A backward from ``root`` is about to walk; what its graph has saved is there still."""

    def ended(self, root: Any, found: Sequence[tuple[Any, Any]]) -> None:
        """Each leaf that was ``found`` has accumulated its gradient."""

    def asks(self, compiled: Any) -> bool:
        """``compiled`` is about to be called: is this call to run eagerly?"""
        return False

    def called(self, compiled: Any, replayed: bool) -> None:
        """That call is over, however it ended; was it a replay?"""


FOLLOWERS: list[Follower] = []
