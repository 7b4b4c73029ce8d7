"""Optimisers: they change parameters in place by their gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import autograd as ag
from autograd import Tensor

__all__ = ["SGD"]


class SGD:
    """Stochastic gradient descent: ``p -= lr * (grad + weight_decay * p)``, with momentum v = m v + grad where asked.

    >>> w = ag.tensor([1.], requires_grad=True)
    >>> opt = SGD([w], lr=0.1)
    >>> (w * w).sum().backward(); opt.step(); w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(self, params: Iterable[Tensor], lr: float = 1e-3, momentum: float = 0.0, weight_decay: float = 0.0) -> None:
        self.params = list(params)
        if not self.params:
            raise ValueError("SGD got no parameters; was a generator such as net.parameters() used up before?")
        for i, p in enumerate(self.params):
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise TypeError(f"SGD trains leaf tensors; parameter {i} is {p!r:.80}")
        if lr < 0 or momentum < 0 or weight_decay < 0:
            raise ValueError(f"lr, momentum and weight_decay must be >= 0, got {lr}, {momentum}, {weight_decay}")
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.velocity: list[Tensor | None] = [None] * len(self.params)  # by position, never by id()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for p in self.params:
            p.grad = None

    @ag.no_grad
    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for i, p in enumerate(self.params):
            g = p.grad
            if g is None:
                continue
            if self.weight_decay:
                g = g + self.weight_decay * p
            if self.momentum:
                v = self.velocity[i]
                self.velocity[i] = g = g.clone() if v is None else v.mul_(self.momentum).add_(g)
            p.sub_(g, alpha=self.lr)

    def state_dict(self) -> dict[str, Any]:
        """Settings and velocities."""
        return {"lr": self.lr, "momentum": self.momentum, "weight_decay": self.weight_decay, "velocity": list(self.velocity)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        if missing := set(self.state_dict()) - set(state):
            raise ValueError(f"the state lacks {sorted(missing)}")
        shapes = [None if v is None else v.shape for v in state["velocity"]]
        if len(shapes) != len(self.params) or any(s not in (None, p.shape) for s, p in zip(shapes, self.params)):
            raise ValueError(f"the state is of parameters with shapes {shapes}, not {[p.shape for p in self.params]}")
        self.lr, self.momentum, self.weight_decay = state["lr"], state["momentum"], state["weight_decay"]
        self.velocity = [None if v is None else v.clone() for v in state["velocity"]]
