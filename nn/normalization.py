"""Layers that give numbers mean 0 and variance 1 before they are scaled anew: over a batch, or within each row.

Deep networks train faster and with larger learning rates where the spread of the numbers inside stays. The mathematics is in
`nn.functional`; here stand the parameters, and the running numbers that a batch norm keeps for evaluation.
"""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd import Tensor
from autograd.errors import flag_of, int_of, number_of
from nn import functional as F
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["BatchNorm1d", "LayerNorm"]


class BatchNorm1d(Module):
    """Each column of (n, features), or each channel of (n, features, length), with the mean and variance of the batch taken out.

    In training it uses those of the batch and remembers running ones; in evaluation these. ``momentum`` is the part that a new batch has
    in them, None for the plain average of all batches so far. ``affine`` learns a weight, first 1, and a bias, first 0. Without
    ``track_running_stats`` evaluation uses the batch, too. Parameters are "weight" and "bias", buffers "running_mean", "running_var" and
    "num_batches_tracked", as in PyTorch. For the formula see `nn.functional.batch_norm`.

    Raises ValueError for a ``device`` other than the CPU, an input of other dimensions or features, and in training for a batch of one
    value a channel.

    >>> norm = BatchNorm1d(1)
    >>> norm(ag.tensor([[1.], [3.]])).detach(), norm.running_mean, norm.eval()(ag.tensor([[0.2]])).item()
    (tensor([[-1.0000],
            [ 1.0000]]), tensor([0.2000]), 0.0)
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ag.device("cpu" if device is None else device)
        n = self.num_features = int_of(num_features, "BatchNorm1d: num_features", 1)
        self.eps = number_of(eps, "BatchNorm1d: eps")
        self.momentum = None if momentum is None else number_of(momentum, "BatchNorm1d: momentum")
        self.affine = flag_of(affine, "BatchNorm1d: affine")
        self.track_running_stats = tracks = flag_of(track_running_stats, "BatchNorm1d: track_running_stats")
        self.weight = Parameter(ag.ones(n, dtype=dtype)) if self.affine else None
        self.bias = Parameter(ag.zeros(n, dtype=dtype)) if self.affine else None
        self.register_buffer("running_mean", ag.zeros(n, dtype=dtype) if tracks else None)
        self.register_buffer("running_var", ag.ones(n, dtype=dtype) if tracks else None)
        self.register_buffer("num_batches_tracked", ag.tensor(0) if tracks else None)

    def reset_running_stats(self) -> None:
        """Forget the batches that were seen."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.fill_(value)

    def reset_parameters(self) -> None:
        """Start again: forget the batches, weight 1 and bias 0."""
        self.reset_running_stats()
        if self.weight is not None and self.bias is not None:
            self.weight.data.fill_(1)
            self.bias.data.fill_(0)

    def forward(self, x: Tensor) -> Tensor:
        if hasattr(x, "shape") and (len(x.shape) not in (2, 3) or x.shape[1] != self.num_features):
            n = self.num_features
            raise ValueError(f"{self._whereabouts()} expects an input of shape (n, {n}) or (n, {n}, length), got {x.shape}")
        tracks = self.training and self.track_running_stats
        mean, var = (self.running_mean, self.running_var) if tracks or not self.training else (None, None)
        count = self.num_batches_tracked if tracks else None
        part = self.momentum if self.momentum is not None else 1 if count is None else _share(count)
        y = F.batch_norm(x, mean, var, self.weight, self.bias, self.training or mean is None, part, self.eps)
        if count is not None:
            count.add_(1)  # last: a batch that is refused was not seen
        return y

    def extra_repr(self) -> str:
        names = ("eps", "momentum", "affine", "track_running_stats")
        return ", ".join([str(self.num_features), *(f"{name}={getattr(self, name)}" for name in names)])


@ag.replay.again
def _share(count: Tensor) -> float:
    """Of one more batch, in the mean of all."""
    return 1 / (count.numpy().item() + 1)


class LayerNorm(Module):
    """Each row with its own mean and variance taken out, over the last dimensions: those of ``normalized_shape``, an int or several.

    ``elementwise_affine`` learns a weight of that shape, first 1, and, unless ``bias`` is False, a bias, first 0. It does the same in
    training and in evaluation. For the formula see `nn.functional.layer_norm`.

    Raises ValueError for a ``device`` other than the CPU, and for an input that does not end in that shape.

    >>> LayerNorm(2)(ag.tensor([[1., 3.], [10., 30.]])).detach()
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ag.device("cpu" if device is None else device)
        self.normalized_shape = F.shape_of(normalized_shape, "LayerNorm: normalized_shape")
        self.eps = number_of(eps, "LayerNorm: eps")
        self.elementwise_affine = flag_of(elementwise_affine, "LayerNorm: elementwise_affine")
        biased = flag_of(bias, "LayerNorm: bias") and self.elementwise_affine
        self.weight = Parameter(ag.ones(self.normalized_shape, dtype=dtype)) if self.elementwise_affine else None
        self.bias = Parameter(ag.zeros(self.normalized_shape, dtype=dtype)) if biased else None

    def reset_parameters(self) -> None:
        """Start again: weight 1 and bias 0."""
        for p, value in ((self.weight, 1), (self.bias, 0)):
            if p is not None:
                p.data.fill_(value)

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
