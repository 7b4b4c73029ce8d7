"""The losses as modules: each keeps its settings and calls its function in `nn.functional`, where the mathematics is."""

from __future__ import annotations

import autograd as ag
from autograd.errors import flag_of, name_of
from nn import functional as F
from nn.module import Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "NLLLoss",
    "SmoothL1Loss",
]  # fmt: skip


class _Loss(Module):
    _shown = ("reduction",)
    _reductions: tuple[str, ...] = ("none", "mean", "sum")

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = name_of(reduction, "reduction", *self._reductions)


class MSELoss(_Loss):
    """The squared distance; see `nn.functional.mse_loss`.

    >>> MSELoss(reduction="sum")(ag.tensor([1., 2.]), ag.tensor([1., 4.]))
    tensor(4.)
    """

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The absolute distance; see `nn.functional.l1_loss`.

    >>> L1Loss()(ag.tensor([1., 2.]), ag.tensor([1., 4.]))
    tensor(1.)
    """

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class HuberLoss(_Loss):
    """Quadratic near 0, linear from ``delta`` on; see `nn.functional.huber_loss`.

    >>> HuberLoss(reduction="none", delta=1.0)(ag.tensor([1., 3.]), ag.zeros(2)).tolist()
    [0.5, 2.5]
    """

    def __init__(self, *, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class SmoothL1Loss(_Loss):
    """Quadratic near 0, the absolute distance less a constant from ``beta`` on; see `nn.functional.smooth_l1_loss`.

    >>> SmoothL1Loss(reduction="none", beta=2.0)(ag.tensor([2., 3.]), ag.zeros(2)).tolist()
    [1.0, 2.0]
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HingeLoss(_Loss):
    """max(0, margin - y x) for targets y = 1 or -1; see `nn.functional.hinge_loss`.

    >>> HingeLoss()(ag.tensor([0.5, 2.]), ag.tensor([1, 1])).item()
    0.25
    """

    def __init__(self, *, reduction: str = "mean", margin: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.hinge_loss(input, target, reduction=self.reduction, margin=self.margin)


class KLDivLoss(_Loss):
    """target (log target - input), the divergence of distributions with ``reduction="batchmean"``; see `nn.functional.kl_div`.

    >>> KLDivLoss(reduction="batchmean")(ag.log(ag.tensor([[0.5, 0.5]])), ag.tensor([[0.5, 0.5]]))
    tensor(0.)
    """

    _reductions = ("none", "mean", "sum", "batchmean")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = flag_of(log_target, "KLDivLoss: log_target")

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class _Weighted(_Loss):
    weight: ag.Tensor | None

    def __init__(self, weight: ag.Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)


class NLLLoss(_Weighted):
    """-input[target] for log-probabilities and class indices; see `nn.functional.nll_loss`.

    >>> NLLLoss()(ag.tensor([[-0.5, -1.]]), ag.tensor([0]))
    tensor(0.5000)
    """

    def __init__(self, weight: ag.Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class CrossEntropyLoss(_Weighted):
    """Cross-entropy of logits (n, classes) and class indices (n,) or probabilities; see `nn.functional.cross_entropy`.

    >>> CrossEntropyLoss()(ag.tensor([[0., 0.]]), ag.tensor([1]))
    tensor(0.6931)
    """

    def __init__(
        self, weight: ag.Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        super().__init__(weight, reduction=reduction)
        F.in_unit(label_smoothing, "CrossEntropyLoss: label_smoothing")
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction, label_smoothing=self.label_smoothing
        )


class BCELoss(_Weighted):
    """-y log p - (1 - y) log(1 - p) with p = input; see `nn.functional.binary_cross_entropy`.

    >>> BCELoss()(ag.tensor([0.5]), ag.tensor([1.]))
    tensor(0.6931)
    """

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Weighted):
    """`BCELoss` with p = sigmoid(input), without overflow; see `nn.functional.binary_cross_entropy_with_logits`.

    >>> BCEWithLogitsLoss()(ag.tensor([-1000.]), ag.tensor([1.]))
    tensor(1000.)
    """

    pos_weight: ag.Tensor | None

    def __init__(self, weight: ag.Tensor | None = None, *, reduction: str = "mean", pos_weight: ag.Tensor | None = None) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight)
