"""Activations as modules, so that they can stand in a `Sequential`. Their mathematics is in `autograd` and `nn.functional`.

``inplace`` is taken for PyTorch's sake and changes nothing: a result is never written over what a graph has saved.
"""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd import Tensor
from autograd.errors import int_of, name_of, number_of
from nn import functional as F
from nn.module import Module
from nn.parameter import Parameter

__all__ = [
    "ELU", "GELU", "SELU", "LeakyReLU", "LogSigmoid", "LogSoftmax", "PReLU", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh",
]  # fmt: skip


class ReLU(Module):
    """max(x, 0), with derivative 0 at 0.

    >>> ReLU()(ag.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return ag.relu(x)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> Tanh()(ag.tensor([-1000., 0., 1000.]))
    tensor([-1.,  0.,  1.])
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.tanh(x)


class Sigmoid(Module):
    """1 / (1 + exp(-x)), without overflow.

    >>> Sigmoid()(ag.tensor([-1000., 0., 1000.]))
    tensor([0.0000, 0.5000, 1.0000])
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.sigmoid(x)


class SiLU(Module):
    """x * sigmoid(x), also called swish (Hendrycks and Gimpel, arXiv:1606.08415).

    >>> SiLU()(ag.tensor([-1., 0., 1.]))
    tensor([-0.2689,  0.0000,  0.7311])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return ag.silu(x)


class LeakyReLU(Module):
    """x where x > 0, else ``negative_slope * x``.

    >>> LeakyReLU(0.1)(ag.tensor([-1., 2.]))
    tensor([-0.1000,  2.0000])
    """

    _shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        return ag.leaky_relu(x, self.negative_slope)


class PReLU(Module):
    """x where x > 0, else ``weight * x`` with a learned weight: one for all, or one for each entry of dimension 1.

    He et al., "Delving deep into rectifiers", arXiv:1502.01852. Do not decay this weight: that would pull it to ReLU.
    Raises ValueError for fewer than 1 weight and a ``device`` other than the CPU.

    >>> PReLU()(ag.tensor([-1., 2.])).tolist()
    [-0.25, 2.0]
    """

    _shown = ("num_parameters",)

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = int_of(num_parameters, "PReLU: num_parameters", 1)
        self.weight = Parameter(ag.full((num_parameters,), float(number_of(init, "PReLU: init")), dtype=dtype, device=device))

    def forward(self, x: Tensor) -> Tensor:
        return F.prelu(x, self.weight)


class ELU(Module):
    """x where x > 0, else ``alpha * (exp(x) - 1)`` (Clevert et al., arXiv:1511.07289).

    >>> ELU(alpha=2.0)(ag.tensor([-1000., 3.]))
    tensor([-2.,  3.])
    """

    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        return ag.elu(x, self.alpha)


class SELU(Module):
    """`ELU` with constants that keep mean 0 and variance 1 from layer to layer; see `nn.functional.selu`.

    >>> SELU()(ag.tensor([-1000., 1.]))
    tensor([-1.7581,  1.0507])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return F.selu(x)


class LogSigmoid(Module):
    """log(sigmoid(x)), exact where the sigmoid underflows.

    >>> LogSigmoid()(ag.tensor([-100., 0.]))
    tensor([-100.0000,   -0.6931])
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.logsigmoid(x)


class GELU(Module):
    """x * P(N(0, 1) <= x) (Hendrycks and Gimpel, arXiv:1606.08415), or its approximation by "tanh".

    Raises ValueError for another ``approximate``.

    >>> GELU()(ag.tensor([-1., 1.])), GELU("tanh")(ag.tensor([-1., 1.]))
    (tensor([-0.1587,  0.8413]), tensor([-0.1588,  0.8412]))
    """

    _shown = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = name_of(approximate, "GELU: approximate", "none", "tanh")

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x, self.approximate)


class Softplus(Module):
    """log(1 + exp(beta x)) / beta, a smooth ReLU; exact for large x, so that ``threshold`` is taken and not needed.

    >>> Softplus()(ag.tensor([0., 100.]))
    tensor([  0.6931, 100.0000])
    """

    _shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Tensor) -> Tensor:
        return F.softplus(x, self.beta, self.threshold)


class Softmax(Module):
    """exp(x) / sum(exp(x)) along ``dim``.

    >>> Softmax(dim=1)(ag.tensor([[1000., 1000.]]))
    tensor([[0.5000, 0.5000]])
    """

    _shown = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(x, self.dim)


class LogSoftmax(Softmax):
    """log(softmax(x)) along ``dim``, exact where softmax underflows.

    >>> LogSoftmax(dim=1)(ag.tensor([[0., 1000.]]))
    tensor([[-1000.,     0.]])
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(x, self.dim)
