"""Hooks of backward: functions that are called with the gradient of a node once a walk has all of it, and may replace it.

They stand in the notes of their node and live as long as it does. A walk looks for them only while there is a node with hooks anywhere:
without any, they cost one look a walk.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import ref

from autograd.core.mode import leaves
from autograd.core.notes import notes_of
from autograd.core.watch import STRUCTURE
from autograd.errors import described

__all__ = ["HOOKED", "Handle", "Hooks", "Living", "is_hooked", "register_hook", "register_post_accumulate_grad_hook"]


def is_hooked(n: Any) -> bool:
    """Has the node ``n`` hooks, or had any?"""
    return n.notes is not None and n.notes.hooks is not None


class Handle:
    """Removes a hook: by ``remove()``, or at the end of a ``with`` block. What registers a hook gives one.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> with x.register_hook(lambda grad: grad * 10):
    ...     (x * x).backward()
    >>> x.grad
    60.0
    """

    _numbers = count()

    def __init__(self, hooks: dict[int, Callable[..., Any]], hook: Callable[..., Any]) -> None:
        if not isinstance(hooks, dict):
            raise TypeError(f"a Handle takes the dict that its hook is put into, got {described(hooks)}")
        self._hooks, self._number = hooks, next(Handle._numbers)
        hooks[self._number] = hook
        STRUCTURE.count += 1
        leaves("a hook")  # a replay would not register it

    def remove(self) -> None:
        """The hook is called no more."""
        self._hooks.pop(self._number, None)
        STRUCTURE.count += 1

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one node by number, in the order in which they are called: with its gradient, and after a leaf has accumulated it."""

    __slots__ = ("__weakref__", "accumulated", "gradient")

    def __init__(self) -> None:
        self.gradient: dict[int, Callable[..., Any]] = {}
        self.accumulated: dict[int, Callable[..., Any]] = {}
        HOOKED.enter(self)


class Living(set[ref[Any]]):
    """Weak references to what entered and is alive: false while nothing is, which each walk asks (20 times as fast as of a WeakSet)."""

    def enter(self, thing: Any) -> None:
        self.add(ref(thing, self.discard))


HOOKED = Living()  # the hooks of all nodes


def _hooks(n: Any, hook: Any, what: str) -> Hooks:
    if not callable(hook):
        raise TypeError(f"{what} takes a function, got {described(hook)}")
    n.settle()  # a view of what was changed since: the hook belongs to what it shows now
    if n.op is None:
        raise RuntimeError(f"{what} on {described(n)}, which does not require grad: no gradient will arrive that it could be called with")
    notes = notes_of(n)
    if notes.hooks is None:
        notes.hooks = Hooks()
    return notes.hooks


def register_hook(self: Any, hook: Callable[[Any], Any]) -> Handle:
    """Call ``hook(grad)`` whenever a walk has the gradient of this node, before a leaf accumulates it and before it flows on.

    ``grad`` is a copy, as `grad` would give it: recorded where ``create_graph=True``, else a constant, and then nothing that the hook
    computes is recorded. What the hook returns, unless None, replaces the gradient; it must be of the same shape. Several hooks are called
    in the order in which they were registered, each with what the one before made of it. Where the tensor is changed in place later, by
    itself or by way of another that shares its memory, the hook stays with what it was. Raises RuntimeError where no gradient is required.

    >>> from autograd import tensor
    >>> x = tensor([1., 2.], requires_grad=True)
    >>> y = x * x
    >>> handle = y.register_hook(lambda grad: grad.clamp(max=1.0))
    >>> (3 * y).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    >>> handle.remove()
    """
    return Handle(_hooks(self, hook, "register_hook").gradient, hook)


def register_post_accumulate_grad_hook(self: Any, hook: Callable[[Any], None]) -> Handle:
    """Call ``hook(leaf)`` after `backward` has accumulated into the ``.grad`` of this leaf; what it returns is ignored.

    Raises RuntimeError where this is no leaf that requires a gradient.

    >>> from autograd import no_grad, tensor
    >>> w = tensor([1., 2.], requires_grad=True)
    >>> def step(w):
    ...     with no_grad():
    ...         w -= 0.5 * w.grad
    ...     w.grad = None
    >>> handle = w.register_post_accumulate_grad_hook(step)
    >>> (w * w).sum().backward()
    >>> w, w.grad
    (tensor([0., 0.], requires_grad=True), None)
    """
    if not self.is_leaf:
        raise RuntimeError(
            f"register_post_accumulate_grad_hook on {described(self)}, the result of {self.op!r}: only a leaf accumulates; register_hook "
            "sees the gradient of a result"
        )
    return Handle(_hooks(self, hook, "register_post_accumulate_grad_hook").accumulated, hook)
