"""What is done to the gradients of many parameters at once, between ``backward()`` and the optimiser's step.

Steep places in the loss give gradients that would throw the parameters far away; clipping them bounds the step
(Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML 2013).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from numbers import Real
from typing import TYPE_CHECKING

import autograd as ag
from autograd import Tensor
from autograd.elsewhere import refusing
from autograd.errors import brief, described, flag_of, is_many, number_of
from nn import data  # where those look who know it as torch.utils.data

__all__ = ["clip_grad_norm_", "clip_grad_value_", "data"]


def _gradients(parameters: Tensor | Iterable[Tensor], name: str) -> list[Tensor]:
    """The gradients that are there."""
    if not (isinstance(parameters, Tensor) or is_many(parameters)):
        raise TypeError(f"{name} expects a tensor or tensors, got {described(parameters)}; pass net.parameters()")
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    for i, p in enumerate(listed):
        if not isinstance(p, Tensor):
            raise TypeError(f"{name} expects a tensor or tensors; number {i} is {described(p)}")
    if not listed and isinstance(parameters, Iterator):
        warnings.warn(f"{name} got an empty generator and clips nothing; was it used up before?", stacklevel=3)
    return [p.grad for p in listed if p.grad is not None]


def _bound(name: str, value: float) -> float:
    if not isinstance(value, Real) or isinstance(value, bool) or not number_of(value, name) >= 0:  # NaN is not
        raise ValueError(f"{name} must be a number >= 0, got {brief(value)}")
    return float(value)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients, in place, by one factor so that their common norm is at most ``max_norm``; returns the norm before.

    The factor is ``min(1, max_norm / (norm + 1e-6))``: the direction stays, and small gradients are left alone. Parameters
    without a gradient are skipped. With ``max_norm=inf`` the norm is only measured.

    Raises TypeError for what is not a tensor; ValueError for a negative max_norm or a norm_type that is not positive;
    RuntimeError, with ``error_if_nonfinite``, where the norm is inf or NaN, and then changes nothing.

    >>> w = ag.tensor([3., 4.], requires_grad=True)
    >>> (w * w / 2).sum().backward()
    >>> clip_grad_norm_([w], max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    max_norm, norm_type = _bound("clip_grad_norm_: max_norm", max_norm), float(number_of(norm_type, "clip_grad_norm_: norm_type"))
    if not norm_type > 0:
        raise ValueError(f"clip_grad_norm_: norm_type must be a number > 0, or inf, got {norm_type}")
    error_if_nonfinite = flag_of(error_if_nonfinite, "clip_grad_norm_: error_if_nonfinite")
    grads = _gradients(parameters, "clip_grad_norm_")
    if not grads:
        return ag.tensor(0.0)
    with ag.no_grad():
        total = ag.norm(ag.stack([ag.norm(g, norm_type) for g in grads]), norm_type)
        if error_if_nonfinite and not total.isfinite():
            raise RuntimeError(f"clip_grad_norm_: the norm of order {norm_type:g} of the gradients is {total.item()}; nothing was clipped")
        divisor = ((total + 1e-6) / max_norm).clamp(min=1.0)  # a quotient, for inf / inf is NaN without a warning, as inf * 0 is not
        for g in grads:
            g.copy_(g / divisor)
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit every entry of the gradients, in place, to [-clip_value, clip_value].

    Raises TypeError for what is not a tensor, ValueError for a negative clip_value.

    >>> w = ag.tensor([3., -0.5], requires_grad=True)
    >>> (w * w / 2).sum().backward()
    >>> clip_grad_value_(w, 1.0); w.grad
    tensor([ 1.0000, -0.5000])
    """
    clip_value = _bound("clip_grad_value_: clip_value", clip_value)
    with ag.no_grad():
        for g in _gradients(parameters, "clip_grad_value_"):
            g.clamp_(-clip_value, clip_value)


if not TYPE_CHECKING:  # as in `nn`
    __getattr__ = refusing(__name__)
