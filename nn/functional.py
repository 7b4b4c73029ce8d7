"""Activations, dropout, norms, losses and penalties as functions, stable at the extremes. Where a learner would be misled, they refuse.

Where losses, datasets and layers with weights take tensors, a numpy array is taken as one, copied; a list is refused, for `tensor`
says its dtype. (What is a function of the engine, such as `relu`, gives an array for an array.)
Losses take ``reduction="mean"`` (default), ``"sum"`` or ``"none"``. Names, arguments and edge values are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd as ag
from autograd import Tensor, gelu, linear, log_softmax, sigmoid, softmax, tanh
from autograd.elsewhere import refusing
from autograd.errors import described, flag_of, int_of, is_many, name_of, number_of, within

__all__ = [
    "batch_norm", "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "elu", "embedding", "gelu",
    "hinge_loss", "huber_loss", "kl_div", "l1_loss", "l1_penalty", "l2_penalty", "layer_norm", "leaky_relu", "linear", "log_softmax",
    "logsigmoid", "mse_loss", "nll_loss", "one_hot", "prelu", "relu", "selu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus",
    "tanh",
]  # fmt: skip


def tensor_of(name: str, x: Any) -> Tensor:
    """``x`` as a tensor, by the rule above. Raises TypeError for what is neither a tensor nor an array."""
    if isinstance(x, np.ndarray):
        return ag.tensor(x)
    if not isinstance(x, Tensor):
        hint = "does forward() return its result?" if x is None else "wrap it as tensor(...)"
        if isinstance(x, ag.Value) or (isinstance(x, list | tuple) and any(isinstance(v, ag.Value) for v in x)):
            hint = "make Values a tensor that they stay connected to, by tensor([[v, ...], ...])"
        raise TypeError(f"{name} expects Tensors, got {described(x)}; {hint}")
    return x


def tensors_of(name: str, *given: Any) -> Sequence[Tensor]:
    """What is given, as tensors, by the rule above."""
    for x in given:
        if not isinstance(x, Tensor):
            return [tensor_of(name, x) for x in given]
    return given


# Activations whose arguments in PyTorch are not those of the engine's own. ``inplace`` is taken for PyTorch's sake and changes nothing.
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0), with derivative 0 at 0.

    >>> relu(ag.tensor([-1., 2.]), inplace=True)
    tensor([0., 2.])
    """
    return ag.relu(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else ``negative_slope * x``."""
    return ag.leaky_relu(input, negative_slope)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else ``alpha * (exp(x) - 1)``."""
    return ag.elu(input, alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """scale * x where x > 0, else ``scale * alpha * (exp(x) - 1)``, with constants that keep mean 0 and variance 1.

    Source: Klambauer et al., "Self-normalizing neural networks", arXiv:1706.02515, eq. 14.

    >>> selu(ag.tensor([-1000., 1.]))
    tensor([-1.7581,  1.0507])
    """
    return ag.mul(elu(input, _ALPHA), _SCALE)


# The fixed point of mean and variance, by the closed form that is derived in the source.
_ALPHA, _SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def logsigmoid(input: Tensor) -> Tensor:
    """log(1 / (1 + exp(-x))), exact in both tails.

    >>> logsigmoid(ag.tensor([-100., 0.]))
    tensor([-100.0000,   -0.6931])
    """
    return -ag.softplus(-tensor_of("logsigmoid", input))


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x)."""
    return ag.silu(input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta x)) / beta; exact for large x, so that ``threshold`` is taken for PyTorch's sake and not needed.

    >>> softplus(ag.tensor([-1000., 0., 1000.])).tolist() == [0.0, float(ag.log(ag.tensor(2.0))), 1000.0]
    True
    """
    beta = number_of(beta, "softplus: beta")
    if not beta > 0:
        raise ValueError(f"softplus: beta must be > 0, got {beta}")
    return ag.softplus(input) if beta == 1 else ag.softplus(ag.mul(input, beta)) / beta


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, else ``weight * x``; weight of shape (1,), or (c,) for an input of shape (n, c, ...).

    Raises ValueError for a weight of another shape.

    >>> prelu(ag.tensor([[-1., -1.]]), ag.tensor([0.5, 0.25]))
    tensor([[-0.5000, -0.2500]])
    """
    input, weight = tensors_of("prelu", input, weight)
    if weight.numel() == 1:
        return ag.prelu(input, weight)
    if input.ndim < 2 or weight.shape != (input.shape[1],):
        raise ValueError(f"prelu: a weight of shape {weight.shape} does not fit dimension 1 of an input of shape {input.shape}")
    return ag.prelu(input, weight.reshape(-1, *[1] * (input.ndim - 2)))


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Class indices (...) as rows of zeros with a one (..., classes), int64; -1: as many classes as are needed.

    >>> one_hot(ag.tensor([2, 0]))
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    tensor = tensor_of("one_hot", tensor)
    if tensor.dtype.kind not in "iu":
        raise TypeError(f"one_hot: class indices are integers, got {tensor.dtype}; use .long()")
    classes = _classes_of(tensor.detach(), int_of(num_classes, "one_hot: num_classes", -1))
    return (tensor.unsqueeze(-1) == ag.arange(classes)).long()


@ag.replay.again
def _classes_of(tensor: Tensor, classes: int) -> int:
    index = tensor.numpy()
    classes = int(index.max(initial=0 if index.dtype.kind == "u" else -1)) + 1 if classes == -1 else classes
    if index.size and not 0 <= index.min() <= index.max() < classes:
        raise ValueError(f"one_hot: indices from {index.min()} to {index.max()} are out of range for {classes} classes")
    return classes


def in_unit(x: float, what: str, lies: str = "lies") -> float:
    """``x`` as a plain number. Raises ValueError unless it lies in [0, 1], TypeError where it is no number."""
    plain = number_of(x, what)
    if not 0 <= plain <= 1:
        raise ValueError(f"{what} {lies} in [0, 1], got {x}")
    return plain


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: ag.Generator | None = None
) -> Tensor:
    """Entries set to 0 with probability ``p``, the others divided by 1 - p, so that the mean stays; the identity unless training.

    ``inplace`` is taken for PyTorch's sake and changes nothing. Raises ValueError where p is outside [0, 1].
    Srivastava et al., "Dropout", JMLR 15 (2014); the division is the book's "inverted" form.

    >>> sorted(set(dropout(ag.ones(100), 0.2).tolist()))
    [0.0, 1.25]
    """
    input = tensor_of("dropout", input)
    p = in_unit(p, "dropout: p", "is a probability")
    if not flag_of(training, "training") or p == 0:
        return input
    if p == 1:
        mask = ag.zeros(input.shape, dtype=ag.bool_)
        mask.label = "mask"
        return ag.where(mask, input, 0.0)
    dtype = input.dtype if input.dtype.kind == "f" else ag.float32
    mask = ag.empty(input.shape, dtype=dtype).bernoulli_(1 - p, generator=generator).div_(1 - p)
    mask.label = "mask"  # in pictures
    return input * mask


# Normalization.
def _normal(x: Tensor, dims: tuple[int, ...], eps: float, name: str) -> tuple[Tensor, Tensor, Tensor]:
    """``x`` with mean 0 and variance 1 over ``dims``, and the mean and the variance that it had."""
    mean = x.mean(dims, keepdim=True)
    apart = x - mean
    var = ag.square(apart).mean(dims, keepdim=True)
    return apart * ag.rsqrt(var + number_of(eps, f"{name}: eps")), mean, var


def _fitting(name: str, shape: tuple[int, ...], *given: Any) -> list[Tensor | None]:
    """What is given, or None: tensors of that shape, with a number for each channel or column."""
    found = [None if t is None else tensor_of(name, t) for t in given]
    for t in found:
        if t is not None and t.shape != shape:
            raise ValueError(f"{name}: weight, bias, mean and variance have the shape {shape} here, got {t.shape}")
    return found


def _affine(z: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    z = z if weight is None else z * weight
    return z if bias is None else z + bias


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias, for each channel, dimension 1 of an input (n, channels, ...).

    In training, mean and variance (divided by the number of values) are those of the batch, and the running ones, where given, move
    to them in place: ``running = (1 - momentum) running + momentum new``, of the variance divided by the number of values - 1.
    Otherwise they are the running ones. Raises ValueError for fewer than 2 dimensions, other numbers of channels, a batch of one value a
    channel in training, and no running ones otherwise. Source: Ioffe and Szegedy, "Batch normalization", arXiv:1502.03167.

    >>> batch_norm(ag.tensor([[1., 5.], [3., 5.]]), None, None, training=True)
    tensor([[-1.0000,  0.0000],
            [ 1.0000,  0.0000]])
    """
    input = tensor_of("batch_norm", input)
    if input.ndim < 2:
        raise ValueError(f"batch_norm expects an input of shape (n, channels) or (n, channels, ...), got {input.shape}")
    given = _fitting("batch_norm", (input.shape[1],), weight, bias, running_mean, running_var)
    behind = [1] * (input.ndim - 2)
    w, b, mean, var = (t if t is None or not behind else t.reshape(-1, *behind) for t in given)
    if flag_of(training, "batch_norm: training"):
        n = input.numel() // max(input.shape[1], 1)
        if n < 2:
            raise ValueError(
                f"batch_norm: in training there must be more than one value for each channel, got an input of shape {input.shape}; "
                "use larger batches (drop_last=True leaves a last row out), or eval()"
            )
        for running in (running_mean, running_var):
            if running is not None and not (isinstance(running, Tensor) and running.dtype.kind == "f"):
                raise TypeError(
                    f"batch_norm: running_mean and running_var, which are changed, are floating Tensors, got {described(running)}"
                )
        z, mean, var = _normal(input, (0, *range(2, input.ndim)), eps, "batch_norm")
        momentum = number_of(momentum, "batch_norm: momentum")
        with ag.no_grad():
            for running, new in ((running_mean, mean), (running_var, var * (n / (n - 1)))):
                if running is not None:
                    running.mul_(_remaining(momentum)).add_(new.reshape(-1), alpha=momentum)
    elif mean is None or var is None:
        got = f"{described(running_mean)} and {described(running_var)}"
        raise ValueError(f"batch_norm: outside of training running_mean and running_var are needed, got {got}")
    else:
        z = (input - mean) * ag.rsqrt(var + number_of(eps, "batch_norm: eps"))
    return _affine(z, w, b)


@ag.replay.again
def _remaining(part: float) -> float:
    return 1.0 - part


def layer_norm(input: Tensor, normalized_shape: Any, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias over the last dimensions, those of ``normalized_shape`` (an int or several).

    Each row has its own mean and variance, divided by the number of its values. Raises ValueError where the input does not end in that
    shape, or weight or bias are of another. Source: Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450.

    >>> layer_norm(ag.tensor([[1., 3.], [10., 10.]]), 2)
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """
    input, shape = tensor_of("layer_norm", input), shape_of(normalized_shape, "layer_norm: normalized_shape")
    if input.shape[-len(shape) :] != shape:
        raise ValueError(f"layer_norm: an input of shape {input.shape} does not end in the shape {shape} that is normalized")
    z, _, _ = _normal(input, tuple(range(-len(shape), 0)), eps, "layer_norm")
    return _affine(z, *_fitting("layer_norm", shape, weight, bias))


def shape_of(given: Any, what: str) -> tuple[int, ...]:
    """An int or several, at least one, each at least 1, as a shape; an error that says ``what`` it is for otherwise."""
    sizes = tuple(given) if isinstance(given, list | tuple) else (given,)
    if not sizes:
        raise ValueError(f"{what} has at least one size, got {given!r}")
    return tuple([int_of(n, what, 1) for n in sizes])


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of ``weight`` (rows, columns) at the ints of the input (...), of shape (..., columns).

    The row ``padding_idx`` (below 0: from the end) gets no gradient. Raises TypeError for what are no ints, IndexError for a row that is
    not there.

    >>> embedding(ag.tensor([[1, 0]]), ag.tensor([[1., 2.], [3., 4.]]))
    tensor([[[3., 4.],
             [1., 2.]]])
    """
    input, weight = tensors_of("embedding", input, weight)
    if input.dtype.kind not in "iu":
        raise TypeError(f"embedding: the input holds row numbers, which are integers, got {input.dtype}; use .long()")
    if weight.ndim != 2:
        raise ValueError(f"embedding: weight has the shape (rows, columns), got {weight.shape}")
    rows = len(weight)
    _check_rows(input, rows)
    found = weight[input]
    if padding_idx is None:
        return found
    padding = (input == padding_of(padding_idx, rows)).unsqueeze(-1)
    return ag.where(padding, found.detach(), found)


@ag.replay.again
def _check_rows(input: Tensor, rows: int) -> None:
    given = input.numpy()
    if not within(given, rows):
        raise IndexError(f"embedding: row {given[(given < 0) | (given >= rows)][0]} is out of range for {rows} rows")


def padding_of(padding_idx: int, rows: int) -> int:
    """The row of padding, counted from the front. Raises IndexError where there is no such row."""
    at = int_of(padding_idx, "embedding: padding_idx")
    if not -rows <= at < rows:
        raise IndexError(f"embedding: padding_idx {at} is out of range for {rows} rows")
    return at % rows


# What losses share.
def check_reduction(reduction: str) -> None:
    """Raises ValueError for a reduction that there is not."""
    name_of(reduction, "reduction", "none", "mean", "sum")


def _reduce(loss: Tensor, reduction: str) -> Tensor:
    check_reduction(reduction)
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def _same_shape(x: Tensor, y: Tensor, name: str) -> tuple[Tensor, Tensor]:
    x, y = tensors_of(name, x, y)
    if x.shape != y.shape:
        raise ValueError(
            f"{name}: the input has shape {x.shape} and the target {y.shape}; they would broadcast to another loss than "
            "meant; reshape one of them"
        )
    return x, y


# Distances.
def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The squared distance. Raises ValueError where the shapes differ, also where they would broadcast.

    >>> mse_loss(ag.tensor([1., 2.]), ag.tensor([1., 4.]))
    tensor(2.)
    """
    input, target = _same_shape(input, target, "mse_loss")
    d = input - target
    return ag.mean_square(d) if reduction == "mean" else _reduce(ag.square(d), reduction)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The absolute distance, with derivative 0 at 0. Raises ValueError where the shapes differ.

    >>> l1_loss(ag.tensor([1., 2.]), ag.tensor([1., 4.]))
    tensor(1.)
    """
    input, target = _same_shape(input, target, "l1_loss")
    return _reduce(ag.abs(input - target), reduction)


def huber_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """d²/2 up to a distance of ``delta``, then straight on: delta (d - delta/2) (Huber, Ann. Math. Statist. 35, 1964).

    >>> huber_loss(ag.tensor([0.5, 3.]), ag.zeros(2), reduction="none").tolist()
    [0.125, 2.5]
    """
    input, target = _same_shape(input, target, "huber_loss")
    delta = number_of(delta, "huber_loss: delta")
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be > 0, got {delta}")
    d = input - target
    near = ag.clamp(d, -delta, delta)  # both branches in one: an infinite d has gradient delta, and 0 has curvature 1
    return _reduce(near * (d - 0.5 * near), reduction)


def smooth_l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """`huber_loss` with delta = beta, divided by beta; `l1_loss` for beta = 0 (Girshick, arXiv:1504.08083).

    >>> smooth_l1_loss(ag.tensor([0.5, 3.]), ag.zeros(2), reduction="none", beta=2.0).tolist()
    [0.0625, 2.0]
    """
    beta = number_of(beta, "smooth_l1_loss: beta")
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta must be >= 0, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    return huber_loss(input, target, reduction=reduction, delta=beta) / beta


def hinge_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", margin: float = 1.0) -> Tensor:
    """max(0, margin - y x) for scores x and targets y = 1 or -1 of one shape: the loss of support vector machines.

    Raises ValueError where the shapes differ or a target is neither 1 nor -1.

    >>> hinge_loss(ag.tensor([2., 0.5, -1.]), ag.tensor([1, 1, 1]), reduction="none").tolist()
    [0.0, 0.5, 2.0]
    """
    input, target = _same_shape(input, target, "hinge_loss")
    _check_signs(target.detach())
    return _reduce(relu(number_of(margin, "hinge_loss: margin") - target * input), reduction)


@ag.replay.again
def _check_signs(target: Tensor) -> None:
    signs = target.numpy()
    if (wrong := signs[(signs != 1) & (signs != -1)]).size:
        raise ValueError(f"hinge_loss: targets are 1 or -1, got {wrong[0]}; from 0 and 1 make them as 2 * y - 1")


def kl_div(input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """target (log target - input) for log-probabilities as input and probabilities as target: how far one is from the other.

    The Kullback-Leibler divergence of distributions (n, classes) is ``reduction="batchmean"``, the sum divided by n; "mean", the default
    as in PyTorch, divides by the number of entries. With ``log_target`` the target holds logarithms, too. A target of 0 counts 0.
    Raises ValueError where the shapes differ. Source: Kullback and Leibler, Ann. Math. Statist. 22 (1951).

    >>> p = ag.tensor([[0.5, 0.5]])
    >>> kl_div(ag.log(p), ag.tensor([[1., 0.]]), reduction="batchmean")
    tensor(0.6931)
    """
    input, target = _same_shape(input, target, "kl_div")
    name_of(reduction, "reduction", "none", "mean", "sum", "batchmean")
    if flag_of(log_target, "kl_div: log_target"):
        loss = ag.exp(target) * (target - input)
    else:
        logs = ag.log(ag.where(target == 0, 1.0, target))
        loss = target * logs - target * input
    if reduction == "batchmean":
        return loss.sum() / input.shape[0] if input.ndim else loss.sum()
    return _reduce(loss, reduction)


# Classes.
def _indices(name: str, input: Tensor, target: Tensor, ignore_index: int) -> tuple[Tensor, Any]:
    """The class indices in a row, with 0 for what is ignored, and a mask of what is not: None where that is all."""
    classes = input.shape[min(1, input.ndim - 1)]
    if not classes and target.numel():
        raise ValueError(f"{name}: there is no class for {target.numel()} indices: the input has shape {input.shape}")
    if target.dtype.kind not in "iu":
        raise TypeError(f"{name}: class indices are integers, got {target.dtype}; use .long()")
    index, ignored = target if target.ndim == 1 else target.reshape(-1), int_of(ignore_index, f"{name}: ignore_index")
    if _none_ignored(name, target, classes, ignored):
        return index, None
    chosen, kept = _chosen(index, ignored)
    return Tensor(chosen), Tensor(kept)


@ag.replay.again
def _none_ignored(name: str, target: Tensor, classes: int, ignored: int) -> bool:
    """Does every index count? Raises ValueError where one of them is no class."""
    given = target.numpy()
    if within(given, classes) and not 0 <= ignored < classes:
        return True
    kept = given != ignored
    bad = given[kept & ((given < 0) | (given >= classes))]
    if bad.size:
        raise ValueError(f"{name}: class index {bad[0]} is out of range for {classes} classes")
    return bool(kept.all())


@ag.replay.again
def _chosen(index: Tensor, ignored: int) -> tuple[Any, Any]:
    """The indices with 0 for what is ignored, and a mask of what is not."""
    given = index.numpy()
    kept = given != ignored
    return given * kept, kept


@ag.replay.again
def _number(kept: Tensor) -> float:
    return float(kept.numpy().sum())


def _by_class(name: str, input: Tensor, target: Tensor) -> Tensor:
    """Scores (n, classes, ...) as rows (-1, classes), one for each class index of the target (n, ...)."""
    expected = input.shape[: input.ndim > 1] + input.shape[2:]
    if not input.ndim or target.shape != expected:
        hint = ""
        if target.shape == input.shape:
            hint = "; make one-hot rows indices by .argmax(1), or probabilities by .float()"
        elif target.shape == (*expected, 1):
            hint = "; use .squeeze(-1) on the target"
        raise ValueError(
            f"{name} expects scores (n, classes) and indices (n,), or (n, classes, ...) and (n, ...), "
            f"got {input.shape} and {target.shape}{hint}"
        )
    if input.ndim > 2:
        input = input.permute(0, *range(2, input.ndim), 1)
    return input if input.ndim == 2 else input.reshape(target.numel(), input.shape[-1])


def _class_weights(name: str, weight: Tensor | None, classes: int) -> Tensor | None:
    if isinstance(weight, np.ndarray):
        weight = ag.tensor(weight)
    if weight is not None and (not isinstance(weight, Tensor) or weight.shape != (classes,)):
        got = weight.shape if isinstance(weight, Tensor) else type(weight).__name__
        raise ValueError(f"{name}: weight is a tensor with one number for each of {classes} classes, got {got}")
    return weight


def _picked(logp: Tensor, index: Tensor) -> Tensor:
    return -logp[ag.arange(len(index)), index]


def _averaged(losses: Tensor, index: Tensor, kept: Any, weight: Tensor | None, reduction: str, shape: Any, even: Any = None) -> Tensor:
    """``weight[index] * losses``, one for each row of scores, plus what is ``even`` among classes: all of them, their sum or mean."""
    check_reduction(reduction)
    share = None if weight is None else weight[index]
    parts = [losses if share is None else losses * share, *([] if even is None else [even])]
    if kept is not None:
        parts = [ag.where(kept, part, 0.0) for part in parts]
    if reduction == "mean" and share is not None:
        total = (share if kept is None else share * kept).sum()
        means = [part.sum() / total for part in parts]  # apart, for where all weights are 0, 0 / 0 is NaN whatever is even
        return means[0] if even is None else means[0] + means[1]
    losses = parts[0] if even is None else parts[0] + parts[1]
    if reduction == "none":
        return losses if losses.shape == shape else losses.reshape(shape)
    return losses.sum() / _number(kept) if reduction == "mean" and kept is not None else _reduce(losses, reduction)


def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
    """-input[target] for log-probabilities (n, classes) or (n, classes, ...) and class indices (n,) or (n, ...).

    ``weight`` has a factor for each class; the mean is then divided by the sum of the factors that took part. What is
    ``ignore_index`` contributes nothing. Raises ValueError for shapes that do not fit and an index out of range, TypeError
    for indices that are no integers.

    >>> nll_loss(ag.tensor([[-0.5, -1.], [-2., -0.1]]), ag.tensor([0, 0]))
    tensor(1.2500)
    """
    input, target = tensors_of("nll_loss", input, target)
    logp = _by_class("nll_loss", input, target)
    weight = _class_weights("nll_loss", weight, logp.shape[1])
    index, kept = _indices("nll_loss", input, target, ignore_index)
    return _averaged(_picked(logp, index), index, kept, weight, reduction, target.shape)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log softmax(input)[target]: logits (n, classes) or (n, classes, ...), class indices (n,) or (n, ...).

    A floating target of the shape of the input holds probabilities of classes instead; no index can be ignored then, and
    weights do not enter the divisor of the mean. ``label_smoothing`` mixes the target with the uniform distribution (Szegedy
    et al., arXiv:1512.00567). For the rest, and the errors, see `nll_loss`.

    >>> cross_entropy(ag.tensor([[1000., -1000.]]), ag.tensor([0]))
    tensor(0.)
    >>> cross_entropy(ag.tensor([[0., 0.]]), ag.tensor([[0.5, 0.5]]))
    tensor(0.6931)
    """
    input, target = tensors_of("cross_entropy", input, target)
    label_smoothing = in_unit(label_smoothing, "cross_entropy: label_smoothing")
    if target.shape == input.shape and input.ndim and target.dtype.kind == "f":
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    if input.dtype.kind != "f":
        raise TypeError(f"cross_entropy(input, target) needs floating logits as its input, got {input.dtype}; convert with .float()")
    rows = _by_class("cross_entropy", input, target)
    weight = _class_weights("cross_entropy", weight, rows.shape[1])
    index, kept = _indices("cross_entropy", input, target, ignore_index)
    if kept is not None:  # what is left out must not reach the gradient, not even as 0 * inf
        rows = ag.where(kept.unsqueeze(1), rows, 0.0)
    if not label_smoothing:
        return _averaged(ag.softmax_cross_entropy(rows, index), index, kept, weight, reduction, target.shape)
    logp = log_softmax(rows, 1)
    even = (logp if weight is None else logp * weight).sum(1) * (-label_smoothing / rows.shape[1])
    return _averaged(_picked(logp, index) * (1 - label_smoothing), index, kept, weight, reduction, target.shape, even)


def _soft_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float) -> Tensor:
    dim = min(1, input.ndim - 1)
    classes = input.shape[dim]
    weight = _class_weights("cross_entropy", weight, classes)
    _check_probabilities(target.detach())
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    each = target * log_softmax(input, dim)
    if weight is not None:
        each = each * weight.reshape(-1, *[1] * (input.ndim - 1 - dim))
    return _reduce(-each.sum(dim), reduction)


@ag.replay.again
def _check_probabilities(target: Tensor) -> None:
    q = target.numpy()
    if q.size and not q.min() >= 0:
        raise ValueError(f"cross_entropy: a floating target of the input's shape holds probabilities, got {q.min()}")


@ag.replay.again
def _in_0_1(what: str, given: Tensor, hint: str) -> None:
    p = given.numpy()
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"{what} in [0, 1], got {p.min()} to {p.max()}; {hint}")


def _binary_targets(name: str, target: Tensor) -> None:
    _in_0_1(f"{name}: targets are probabilities", target.detach(), "from -1 and 1 make them (y + 1) / 2")


def _scaled(what: str, loss: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return loss
    return loss * tensor_of(what, weight)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
) -> Tensor:
    """-y log p - (1 - y) log(1 - p) with p = sigmoid(input), from the logits, so that nothing overflows.

    ``weight`` multiplies each loss, ``pos_weight`` the term of y; both broadcast. Raises ValueError where the shapes of
    input and target differ, TypeError for what is no Tensor.

    >>> binary_cross_entropy_with_logits(ag.tensor([1000.]), ag.tensor([0.]))
    tensor(1000.)
    """
    name = "binary_cross_entropy_with_logits"
    input, target = _same_shape(input, target, name)
    _binary_targets(name, target)
    positive = _scaled(f"{name}: pos_weight", target * ag.softplus(-input), pos_weight)
    return _reduce(_scaled(f"{name}: weight", positive + (1 - target) * ag.softplus(input), weight), reduction)  # exact in both tails


def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean") -> Tensor:
    """-y log p - (1 - y) log(1 - p) with p = input in [0, 1]; the logarithms stop at -100, as in PyTorch.

    Raises ValueError where the shapes differ or a probability is outside [0, 1].

    >>> binary_cross_entropy(ag.tensor([0.]), ag.tensor([1.]))
    tensor(100.)
    """
    input, target = _same_shape(input, target, "binary_cross_entropy")
    _binary_targets("binary_cross_entropy", target)
    _in_0_1("binary_cross_entropy: probabilities lie", input.detach(), "use the _with_logits form")
    loss = -(target * _log(input) + (1 - target) * _log(1 - input))
    return _reduce(_scaled("binary_cross_entropy: weight", loss, weight), reduction)


# The logarithm stops at -100, as in PyTorch; its derivative 1 / p at 1e12, so that learning goes on from p = 0.
_log = ag.Op("log", lambda p: ag.maximum(ag.log(p), -100.0), lambda g, z, p: g / ag.maximum(p, 1e-12))


# Penalties.
def _penalty(name: str, params: Any, size: Callable[[Any], Any]) -> Any:
    if hasattr(params, "parameters") or isinstance(params, dict):
        raise TypeError(f"{name} expects parameters, got {described(params)}; pass net.parameters()")
    if not (isinstance(params, ag.Node) or is_many(params)):
        raise TypeError(f"{name} expects a parameter or several, got {described(params)}; pass net.parameters()")
    given = [params] if isinstance(params, ag.Node) else list(params)
    if not given:
        raise ValueError(f"{name} got no parameters; was a generator such as net.parameters() used up before?")
    for p in given:
        if not isinstance(p, Tensor | ag.Value):
            raise TypeError(f"{name} expects Tensors or Values, got {described(p)}")
    first, *rest = [s.sum() if isinstance(s, Tensor) else s for s in map(size, given)]
    return sum(rest, first)


def l2_penalty(params: Tensor | Iterable[Any]) -> Any:
    """Half the sum of all squares of one parameter or many (Tensors or Values): its gradient is the parameter itself.

    Added to a loss as ``weight_decay * l2_penalty(params)`` it does what `optim.SGD` does with ``weight_decay``.

    >>> l2_penalty(ag.tensor([3., 4.]))
    tensor(12.5000)
    """
    return _penalty("l2_penalty", params, lambda p: 0.5 * ag.square(p))


def l1_penalty(params: Tensor | Iterable[Any]) -> Any:
    """The sum of all absolute values of one parameter or many (Tensors or Values).

    >>> l1_penalty([ag.tensor([3., -4.]), ag.tensor([1.])])
    tensor(8.)
    """
    return _penalty("l1_penalty", params, ag.abs)


if not TYPE_CHECKING:  # as in `nn`
    __getattr__ = refusing(__name__)
