"""How parameters start. Each function fills a tensor in place, records nothing, and returns it.

A deep network learns from the first step only if signals neither fade nor explode on their way through it. The schemes
here choose the spread of a weight by its fans, the numbers of entries that each output and each input is connected to.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd as ag
from autograd import Tensor
from autograd.elsewhere import refusing
from autograd.errors import brief, described, name_of, number_of

__all__ = [
    "calculate_gain", "constant_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "trunc_normal_",
    "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip


def _check(tensor: Any) -> None:
    if not isinstance(tensor, Tensor) or isinstance(tensor, ag.ValueTensor) or tensor.dtype.kind != "f":
        raise TypeError(f"only a floating tensor can be filled with real numbers, got {described(tensor)}")


def _tensor(tensor: Any) -> None:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"only a tensor can be filled, got {described(tensor)}")


@ag.no_grad
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: ag.Generator | None = None) -> Tensor:
    """Uniform numbers in [a, b), up to rounding. Raises ValueError where a > b, TypeError for what is no floating tensor.

    >>> uniform_(ag.empty(2), 3.0, 3.0)
    tensor([3., 3.])
    """
    _check(tensor)
    a, b = number_of(a, "uniform_: a"), number_of(b, "uniform_: b")
    if not a <= b:
        raise ValueError(f"uniform_ needs a <= b, got a={a} and b={b}")
    return tensor.copy_(ag.rand(tensor.shape, dtype=tensor.dtype, generator=generator) * (b - a) + a)


@ag.no_grad
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: ag.Generator | None = None) -> Tensor:
    """Normal numbers. Raises ValueError where std < 0, TypeError for what is no floating tensor.

    >>> normal_(ag.empty(2), mean=3.0, std=0.0)
    tensor([3., 3.])
    """
    _check(tensor)
    mean, std = number_of(mean, "normal_: mean"), number_of(std, "normal_: std")
    if not std >= 0:
        raise ValueError(f"normal_ needs std >= 0, got {std}")
    return tensor.copy_(ag.randn(tensor.shape, dtype=tensor.dtype, generator=generator) * std + mean)


@ag.no_grad
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: ag.Generator | None = None
) -> Tensor:
    """Normal numbers, those outside of [a, b] drawn again. The bounds are numbers, not multiples of ``std``.

    Raises ValueError where std < 0 or fewer than one number in a thousand lies within, TypeError for what is no floating tensor.

    >>> trunc_normal_(ag.empty(100), std=5.0).abs().max() <= 2
    tensor(True)
    """
    _check(tensor)
    mean, std, a, b = (number_of(n, f"trunc_normal_: {name}") for name, n in {"mean": mean, "std": std, "a": a, "b": b}.items())
    share = sum(s * math.erf((bound - mean) / (std * math.sqrt(2))) / 2 for s, bound in ((1, b), (-1, a))) if std else a <= mean <= b
    if not share >= 1e-3:
        raise ValueError(f"trunc_normal_: too few normal numbers with mean {mean} and std {std} lie in [{a}, {b}]")
    drawn = normal_(ag.empty(tensor.shape, dtype=ag.float64), mean, std, generator)
    while (outside := (drawn < a) | (drawn > b)).any():
        drawn[outside] = normal_(ag.empty(int(outside.sum()), dtype=ag.float64), mean, std, generator)
    return tensor.copy_(drawn)


@ag.no_grad
def constant_(tensor: Tensor, val: float) -> Tensor:
    """One number everywhere.

    >>> constant_(ag.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    _tensor(tensor)
    return tensor.fill_(number_of(val, "constant_: val"))


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere.

    >>> zeros_(ag.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere.

    >>> ones_(ag.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


@ag.no_grad
def eye_(tensor: Tensor) -> Tensor:
    """The identity, of shape (n, m): 1 on the diagonal, 0 elsewhere. Raises ValueError unless there are 2 dimensions.

    >>> eye_(ag.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    _tensor(tensor)
    if tensor.ndim != 2:
        raise ValueError(f"eye_ fills a tensor of 2 dimensions, got shape {tensor.shape}")
    return tensor.copy_(ag.eye(*tensor.shape))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much the weights before this nonlinearity are spread wider than before none; PyTorch's numbers.

    For "relu" and "leaky_relu" (slope ``param``, 0.01 unless given) it is sqrt(2 / (1 + slope²)), which keeps the second
    moment from layer to layer (He et al., arXiv:1502.01852, eq. 10 and 15). "linear", "identity" and "sigmoid" have 1;
    "tanh" 5/3 and "selu" 3/4 are found by trial. Raises ValueError for another name.

    >>> calculate_gain("relu") == 2 ** 0.5
    True
    """
    slope = 0.01 if param is None else number_of(param, "the slope of leaky_relu")
    gains = {
        "linear": 1.0,
        "identity": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2) / math.hypot(1, slope),
        "selu": 3 / 4,
    }
    if not isinstance(nonlinearity, str) or nonlinearity not in gains:
        raise ValueError(f"no gain is known for {brief(nonlinearity)}; there are {', '.join(gains)}")
    return gains[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (out, in, ...): each of these sizes times that of the field behind them."""
    _check(tensor)
    if tensor.ndim < 2:
        raise ValueError(f"a tensor of shape {tensor.shape} has no fans: there must be at least 2 dimensions, (out, in, ...)")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _over(fan: float) -> float:
    return 1 / math.sqrt(fan or 1)  # an empty tensor has no fan, and nothing to fill


def _xavier(tensor: Tensor, gain: float) -> float:
    return number_of(gain, "the gain") * _over(sum(_fans(tensor)) / 2)


def _kaiming(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    name_of(mode, "mode", "fan_in", "fan_out")
    fan_in, fan_out = _fans(tensor)
    return calculate_gain(nonlinearity, a) * _over(fan_in if mode == "fan_in" else fan_out)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: ag.Generator | None = None) -> Tensor:
    """Uniform numbers in ±gain sqrt(6 / (fan_in + fan_out)), for a weight of shape (out, in, ...).

    A compromise between keeping the variance on the way forward and on the way back (Glorot and Bengio, Understanding the
    difficulty of training deep feedforward neural networks, 2010, eq. 16). Raises ValueError for fewer than 2 dimensions.

    >>> bool((xavier_uniform_(ag.empty(2, 4)).abs() <= 1).all())
    True
    """
    bound = math.sqrt(3) * _xavier(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: ag.Generator | None = None) -> Tensor:
    """Normal numbers with std gain sqrt(2 / (fan_in + fan_out)); see `xavier_uniform_` (Glorot and Bengio, eq. 12).

    >>> xavier_normal_(ag.empty(2, 4)).shape
    (2, 4)
    """
    return normal_(tensor, 0.0, _xavier(tensor, gain), generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: ag.Generator | None = None
) -> Tensor:
    """Uniform numbers in ±gain sqrt(3 / fan), for a weight of shape (out, in, ...).

    ``gain`` is `calculate_gain` of the nonlinearity, ``a`` the slope of a leaky_relu. "fan_in" keeps the second moment on the
    way forward, "fan_out" on the way back (He et al., arXiv:1502.01852, eq. 10 and 14). Raises ValueError for fewer than
    2 dimensions, another mode or an unknown nonlinearity.

    >>> bool((kaiming_uniform_(ag.empty(4, 6)).abs() <= 1).all())
    True
    """
    bound = math.sqrt(3) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: ag.Generator | None = None
) -> Tensor:
    """Normal numbers with std gain / sqrt(fan); see `kaiming_uniform_`.

    >>> kaiming_normal_(ag.empty(4, 6), nonlinearity="relu").shape
    (4, 6)
    """
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity), generator)


@ag.no_grad
def orthogonal_(tensor: Tensor, gain: float = 1, generator: ag.Generator | None = None) -> Tensor:
    """``gain`` times a random matrix whose rows are orthonormal, or its columns where there are fewer of these.

    A tensor of shape (out, in, ...) counts as a matrix of ``out`` rows. Such a weight keeps lengths exactly (Saxe et al.,
    arXiv:1312.6120). It is the Q of a normal matrix = QR; with signs chosen so that the diagonal of R is positive, every
    rotation is equally likely (Mezzadri, arXiv:math-ph/0609050). Raises ValueError for fewer than 2 dimensions, TypeError
    for what is no floating tensor.

    >>> w = orthogonal_(ag.empty(2, 3))
    >>> ag.allclose(w @ w.T, ag.eye(2), atol=1e-6)
    True
    """
    _check(tensor)
    gain = number_of(gain, "orthogonal_: gain")
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ fills a tensor of at least 2 dimensions, got shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    long = ag.randn(max(rows, columns), min(rows, columns), dtype=ag.float64, generator=generator)
    q, r = np.linalg.qr(long.numpy())
    q *= gain * np.copysign(1, np.diag(r))
    return tensor.copy_((q if rows >= columns else q.T).reshape(tensor.shape))


if not TYPE_CHECKING:  # as in `nn`
    __getattr__ = refusing(__name__)
