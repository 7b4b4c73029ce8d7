"""Backward hooks of modules: what is called with the gradients of a module's outputs and inputs.

While a module has any, each of its calls passes its inputs and its outputs through an operation that changes nothing and whose backward
calls them: so they see the gradients of this call alone, also of tensors that are used elsewhere as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd as ag
from autograd import Function, Tensor
from autograd.errors import described

__all__ = ["BackwardHooks"]

Hooks = dict[int, Callable[..., Any]]


class Observed(Function):
    """Lets tensors through, and their gradients by way of ``notify(gradients)``, which gives those that flow on."""

    @staticmethod
    def forward(ctx: Any, notify: Callable[..., Any], *xs: Tensor) -> Any:
        ctx.notify = notify
        return tuple(x.view(x.shape) for x in xs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return (None, *ctx.notify(grads))


class BackwardHooks:
    """The backward hooks of one module: called before, and after, the gradients of its inputs are known."""

    def __init__(self) -> None:
        self.before: Hooks = {}
        self.after: Hooks = {}

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run ``module.forward``, observed."""
        if not ((self.before or self.after) and ag.is_grad_enabled()):
            return module.forward(*args, **kwargs)
        call = _Call(self, module, args)
        output = module.forward(*call.observed(args, call.inputs, call.entered), **kwargs)
        outputs = output if isinstance(output, tuple) else (output,)
        call.outputs, call.size = _recorded(outputs), len(outputs)
        seen = call.observed(outputs, call.outputs, call.left)
        return seen if isinstance(output, tuple) else seen[0]


class _Call:
    """One observed call: where its inputs and outputs require a gradient, and the gradients of the outputs between the two."""

    def __init__(self, hooks: BackwardHooks, module: Any, args: tuple[Any, ...]) -> None:
        self.hooks, self.module, self.taken = hooks, module, len(args)
        self.inputs = _recorded(args)
        self.outputs: list[int] = []
        self.size = 0
        self.grad_output: tuple[Any, ...] | None = None

    @staticmethod
    def observed(things: tuple[Any, ...], places: list[int], notify: Callable[..., Any]) -> tuple[Any, ...]:
        """``things`` with those at ``places`` passed through."""
        found = list(things)
        for i, z in zip(places, Observed.apply(notify, *(things[i] for i in places)) if places else ()):
            found[i] = z
        return tuple(found)

    def left(self, grads: Sequence[Tensor]) -> Sequence[Any]:
        """The gradients of the outputs are here."""
        given = _spread(grads, self.outputs, self.size)
        for hook in [*self.hooks.before.values()]:
            given = _replaced(given, hook(self.module, given), "outputs")
        if self.inputs:
            self.grad_output = given
        else:  # none will arrive at the inputs
            self.notify(_spread((), (), self.taken), given)
        return [given[i] for i in self.outputs]

    def entered(self, grads: Sequence[Tensor]) -> Sequence[Any]:
        """The gradients of the inputs are here."""
        if self.grad_output is None:  # they came another way than through the outputs
            return grads
        given, self.grad_output = self.grad_output, None
        found = self.notify(_spread(grads, self.inputs, self.taken), given)
        return [found[i] for i in self.inputs]

    def notify(self, grad_input: tuple[Any, ...], grad_output: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in [*self.hooks.after.values()]:
            grad_input = _replaced(grad_input, hook(self.module, grad_input, grad_output), "inputs")
        return grad_input


def _recorded(things: tuple[Any, ...]) -> list[int]:
    return [i for i, a in enumerate(things) if isinstance(a, Tensor) and a.requires_grad]


def _spread(grads: Sequence[Any], places: Sequence[int], size: int) -> tuple[Any, ...]:
    """``grads`` at ``places``, None elsewhere."""
    at = dict(zip(places, grads))
    return tuple(at.get(i) for i in range(size))


def _replaced(old: tuple[Any, ...], new: Any, what: str) -> tuple[Any, ...]:
    """``new``, which a hook returned in the place of ``old``; ``old`` if it is None."""
    if new is None:
        return old
    given = new if isinstance(new, tuple) else (new,)
    if len(given) != len(old) or any((a is None) != (b is None) for a, b in zip(given, old)):
        raise RuntimeError(
            f"a backward hook must return None or the gradients of the {what} in their place, "
            f"{', '.join('None' if g is None else f'of shape {g.shape}' for g in old)}; got {', '.join(map(described, given))}"
        )
    return given
