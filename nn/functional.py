"""Losses and layers as functions, stable at the extremes. Where a learner would be misled, they refuse."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from autograd import Tensor, linear, log_softmax, relu, sigmoid, softmax, softplus, tanh

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "check_probability", "cross_entropy", "dropout", "linear",
    "log_softmax", "mse_loss", "relu", "sigmoid", "softmax", "softplus", "tanh",
]  # fmt: skip


def _reduce(loss: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'none', 'mean' or 'sum', got {reduction!r}")
    return loss.mean() if reduction == "mean" else loss.sum()


def _tensors(name: str, *given: Any) -> None:
    for x in given:
        if not isinstance(x, Tensor):
            raise TypeError(f"{name} expects Tensors, got {type(x).__name__}; wrap it as tensor(...)")


def _same_shape(x: Tensor, y: Tensor, name: str) -> None:
    _tensors(name, x, y)
    if x.shape != y.shape:
        raise ValueError(
            f"{name}: the input has shape {x.shape} and the target {y.shape}; they would broadcast to another loss than "
            "meant; reshape one of them"
        )


_mean_square = ag.Op("mean square", lambda d: (d * d).sum() / d.dtype.type(d.size), lambda g, z, d: d * (g * (2 / math.prod(d.shape))))


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The squared distance. Raises ValueError where the shapes differ, also where they would broadcast.

    >>> mse_loss(ag.tensor([1., 2.]), ag.tensor([1., 4.]))
    tensor(2.)
    """
    _same_shape(input, target, "mse_loss")
    d = input - target
    if reduction == "mean" and d.dtype.kind == "f" and d.numel():
        return _mean_square(d)
    return _reduce(ag.square(d), reduction)


def cross_entropy(input: Tensor, target: Tensor, reduction: str = "mean", ignore_index: int = -100) -> Tensor:
    """-log softmax(input)[target]: logits of shape (n, classes), target (n,) of class indices.

    Rows whose target is ``ignore_index`` contribute nothing. Raises ValueError for an index out of range.

    >>> cross_entropy(ag.tensor([[1000., -1000.]]), ag.tensor([0]))
    tensor(0.)
    """
    _tensors("cross_entropy", input, target)
    if input.ndim != 2 or target.shape != input.shape[:1]:
        raise ValueError(f"cross_entropy expects logits (n, classes) and indices (n,), got {input.shape} and {target.shape}")
    if target.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy: class indices are integers, got {target.dtype}; use .long()")
    index = target.numpy()
    kept = index != ignore_index
    bad = index[kept & ((index < 0) | (index >= input.shape[1]))]
    if bad.size:
        raise ValueError(f"cross_entropy: class index {bad[0]} is out of range for {input.shape[1]} classes")
    if not kept.all():  # what is left out must not reach the gradient, not even as 0 * inf
        input = ag.where(ag.tensor(kept[:, None]), input, 0.0)
    losses = -log_softmax(input, 1)[ag.arange(len(index)), ag.tensor(index * kept)]
    if kept.all():
        return _reduce(losses, reduction)
    losses = ag.where(ag.tensor(kept), losses, 0.0)
    return losses.sum() / int(kept.sum()) if reduction == "mean" else _reduce(losses, reduction)


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """-y log p - (1 - y) log(1 - p) with p = sigmoid(input), from the logits, so that nothing overflows."""
    _same_shape(input, target, "binary_cross_entropy_with_logits")
    return _reduce(target * softplus(-input) + (1 - target) * softplus(input), reduction)  # exact in both tails


def binary_cross_entropy(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """-y log p - (1 - y) log(1 - p) with p = input in [0, 1]; the logarithms stop at -100, as in PyTorch."""
    _same_shape(input, target, "binary_cross_entropy")
    p = input.detach().numpy()
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"binary_cross_entropy: probabilities lie in [0, 1], got {p.min()} to {p.max()}; use the _with_logits form")
    return _reduce(-(target * _log(input) + (1 - target) * _log(1 - input)), reduction)


# The logarithm stops at -100; its derivative 1 / p at 1e12, so that learning goes on from p = 0. Both as in PyTorch.
_log = ag.Op("log", lambda p: ag.maximum(ag.log(p), -100.0), lambda g, z, p: g / ag.maximum(p, 1e-12))


def check_probability(p: float) -> None:
    """Raises ValueError unless p lies in [0, 1]."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is a probability in [0, 1], got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, generator: Any = None) -> Tensor:
    """Entries set to 0 with probability ``p``, the others divided by 1 - p; the identity unless training."""
    check_probability(p)
    if not training or p == 0:
        return input
    if p == 1:
        return ag.where(ag.zeros(input.shape, dtype=ag.bool_), input, 0.0)
    kept = ag.rand_like(input, generator=generator) >= p
    return input * (kept.to(input.dtype) / (1 - p))
