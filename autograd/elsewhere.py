"""Names that people look for here and do not find: PyTorch's, numpy's, micrograd's, and what there is instead.

One table. A module asks it where a name is missing (`missing`, by `refusing`); a class gets an attribute for each of its names that
refuses in these words (`refuse_all`), for a ``__getattr__`` would slow down every attribute of every node.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import getattr_static
from typing import Any, NoReturn

__all__ = ["INSTEAD", "missing", "refuse_all", "refusing"]

_CPU = "everything is on the CPU: leave it out, or write .to(device)"
_NN = "networks are a package of their own: import nn"
_FUNCTIONAL = "it is in autograd.functional"
_LOSS = "it is in nn: from nn import functional as F"
_LEFT = "left to PyTorch, here is what multilayer perceptrons need"
_CONVOLUTIONS, _RECURRENT, _ATTENTION = (f"{what} {_LEFT}" for what in ("convolutions are", "recurrent networks are", "attention is"))
_DEVICES = f"many devices are {_LEFT}"
_GRADCHECK = "it is in autograd.testing: from autograd.testing import gradcheck, gradgradcheck"
_OTHER_OPTIMIZER = "of the optimisers there are those of nn.optim.__all__, such as Adam"
_OTHER_ACTIVATION = "the other activations, nn.ReLU to nn.Tanh, are here; this one is a formula, as x * x.sigmoid() is that of nn.SiLU"
_OTHER_LOSS = "a loss is any function of outputs and targets that returns one number: write its formula"
_COSINE = "write (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))"
_DISTANCE = "write (a - b).norm(dim=-1)"
_BOTH = "write x.{}(), x.mean()"
_PRECISION = "numbers stay in the dtype that they have: leave it out"
_NO_GPU = "there is no GPU: programs ask autograd.cuda.is_available() first"
_STATE = "autograd.default_generator has get_state() and set_state(state)"
_ALGEBRA = "numpy.linalg has it, for x.numpy(), where no gradient is needed"


def _all(names: str, told: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), told)


# What is a function there, and a method as well.
_OPERATIONS = {
    "bmm": "matrices with leading axes are multiplied by @, or autograd.matmul",
    "repeat_interleave": "write x.reshape(-1, 1).expand(-1, n).flatten(), or index with repeated places",
    "tile": "write x.repeat(n, m), with a number of times for each dimension",
    "roll": "write autograd.cat([x[-n:], x[:-n]]), which rolls dimension 0 by n",
    "cumprod": "write x.log().cumsum(0).exp(), where all entries are above 0",
    "quantile": "write x.flatten().sort()[0][n], which is entry n of those in order; the one in the middle is x.median()",
    "histc": "write autograd.histogram(x, n, range=(0.0, 9.0)), which gives the edges of the bins as well",
    "addmm": "write x + a @ b",
    "addmv": "write x + a @ b",
    "cross": "its entries are a[1] * b[2] - a[2] * b[1] and the two that follow in turn",
    "addcmul": "write x + value * a * b",
    "addcdiv": "write x + value * a / b",
}

# Whose attribute it would be, and what is said of it.
INSTEAD: dict[str, dict[str, str]] = {
    "module 'autograd'": {
        "nn": _NN,
        "optim": "the optimisers are in nn: from nn import optim",
        "utils": "data sets and loaders are in nn: from nn import data",
        **_all("hessian hvp jacobian jvp vjp", _FUNCTIONAL),
        **_all("cross_entropy mse_loss nll_loss dropout one_hot normalize", _LOSS),
        **_all("conv1d conv2d conv3d conv_transpose2d max_pool2d avg_pool2d", _CONVOLUTIONS),
        **_all("lstm gru", _RECURRENT),
        **_all("fft sparse distributed", "Fourier transforms, sparse tensors and many devices are left to PyTorch"),
        **_all("jit compiler", "a function that runs again and again is recorded once by autograd.compile(function), and replayed"),
        **_all("complex64 complex128 cfloat", "tensors hold real numbers"),
        **_all("gradcheck gradgradcheck", _GRADCHECK),
        "set_detect_anomaly": "write with autograd.detect_anomaly(): around what is to be watched",
        "func": "derivatives of functions, such as hessian and jvp, are in autograd.functional",
        "vmap": "operations take leading axes as a batch, as autograd.matmul does, or broadcast: leave it out",
        "distributions": "numbers are drawn by autograd.randn, autograd.bernoulli and autograd.multinomial; write the density as a formula",
        "backward": "it begins at a loss: loss.backward()",
        **_all(
            "set_default_dtype get_default_dtype set_default_tensor_type",
            "Python's floats become float32, unless dtype= or .double() asks for another",
        ),
        **_all("bfloat16 int8 uint16 uint32 uint64", "numbers are float16, float32, float64, int16, int32, int64 or uint8"),
        **_all("amp autocast", _PRECISION),
        **_all("get_rng_state set_rng_state", _STATE),
        "seed": "autograd.manual_seed(n) makes a run repeat",
        "t": "it is a method, x.t(); the name is left to variables",
        "lgamma": "of a number, Python's math.lgamma has it",
        **_all("det svd pinverse", _ALGEBRA),
        "cosine_similarity": _COSINE,
        "cdist": "write (a[:, None] - b).norm(dim=-1)",
        "var_mean": _BOTH.format("var"),
        "std_mean": _BOTH.format("std"),
        **_all("hub onnx export fx profiler quantization", "programs that handle networks of any kind are left to PyTorch"),
        **_OPERATIONS,
    },
    "Tensor": {
        "cuda": _CPU,
        "astype": "a dtype is changed by .to(dtype), or .float(), .long()",
        "copy": "a copy is made by .clone(), outside the graph by .detach().clone()",
        "asnumpy": "write .detach().numpy()",
        "zero_grad": "a gradient is forgotten by x.grad = None; of a network, by optimizer.zero_grad()",
        "to_list": "write .tolist()",
        "detach_": "write x = x.detach(): the tensor itself stays what graphs know it as",
        "register_full_backward_hook": "hooks of modules are in nn",
        "stride": "how the numbers lie in memory, the array that .numpy() gives can tell",
        "is_contiguous": "operations lay their numbers out as they need them: leave it out",
        "is_sparse": "every tensor is dense",
        "addcmul_": "write x.add_(a * b, alpha=value)",
        "addcdiv_": "write x.add_(a / b, alpha=value)",
        **_OPERATIONS,
    },
    "Value": {
        "_prev": "the arguments of its operation are in .args",
        "_op": "its operation is .op, and its name .op.name",
        "_backward": "the rules are those of its row: .op.vjps",
        **_all("numpy tolist", "a Value is one number: write .data, or .item()"),
        **_all("sum mean", "a Value is one number; tensor([v, w]) makes a tensor of several"),
        "retain_grad": "each Value in a graph shows its gradient in .grad after backward()",
        "requires_grad_": "write v.requires_grad = True",
    },
    "module 'nn'": {
        **_all(
            "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d MaxPool1d MaxPool2d MaxPool3d "
            "AvgPool1d AvgPool2d AvgPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d BatchNorm2d BatchNorm3d "
            "LazyBatchNorm2d InstanceNorm1d InstanceNorm2d Dropout2d Dropout3d Upsample PixelShuffle Fold Unfold",
            _CONVOLUTIONS,
        ),
        "GroupNorm": "group norm is for convolutions; nn.LayerNorm and nn.BatchNorm1d are here",
        **_all("RNN LSTM GRU RNNBase RNNCell LSTMCell GRUCell", _RECURRENT),
        **_all(
            "MultiheadAttention Transformer TransformerEncoder TransformerEncoderLayer TransformerDecoder TransformerDecoderLayer",
            _ATTENTION,
        ),
        **_all("DataParallel parallel SyncBatchNorm", _DEVICES),
        "EmbeddingBag": "it is the mean, or the sum, of what nn.Embedding gives",
        **_all(
            "CELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh Mish ReLU6 RReLU Softmin Softshrink Softsign Tanhshrink Threshold",
            _OTHER_ACTIVATION,
        ),
        **_all(
            "CTCLoss CosineEmbeddingLoss GaussianNLLLoss MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss "
            "PoissonNLLLoss SoftMarginLoss TripletMarginLoss",
            _OTHER_LOSS,
        ),
        "CosineSimilarity": _COSINE,
        "PairwiseDistance": _DISTANCE,
    },
    "module 'nn.functional'": {
        **_all("conv1d conv2d conv3d conv_transpose2d max_pool1d max_pool2d avg_pool2d adaptive_avg_pool2d interpolate", _CONVOLUTIONS),
        "group_norm": "group norm is for convolutions; nn.functional.layer_norm and nn.functional.batch_norm are here",
        "pad": "zeros are put beside a tensor by autograd.cat",
        "scaled_dot_product_attention": _ATTENTION,
        "normalize": "write x / x.norm(dim=-1, keepdim=True)",
        **_all("celu glu hardsigmoid hardswish hardtanh mish relu6 softmin softsign tanhshrink threshold", _OTHER_ACTIVATION),
        **_all(
            "cosine_embedding_loss gaussian_nll_loss margin_ranking_loss multi_margin_loss poisson_nll_loss triplet_margin_loss",
            _OTHER_LOSS,
        ),
        "cosine_similarity": _COSINE,
        "pairwise_distance": _DISTANCE,
    },
    "module 'nn.init'": {
        "_calculate_fan_in_and_fan_out": "of a matrix of weights they are w.shape[1] and w.shape[0]",
        **_all("dirac_ sparse_", "nn.init.zeros_ fills a weight with zeros; other entries are set one by one"),
        **_all(
            "xavier_uniform xavier_normal kaiming_uniform kaiming_normal uniform normal constant",
            "what changes a tensor in place ends in an underscore, as nn.init.normal_ does",
        ),
    },
    "module 'nn.optim'": {
        **_all("LBFGS Adadelta RAdam ASGD Rprop SparseAdam Adafactor Muon", _OTHER_OPTIMIZER),
        "swa_utils": "an average of a parameter is moved by average.mul_(0.99).add_(p.detach(), alpha=0.01)",
    },
    "module 'nn.optim.lr_scheduler'": {
        "_LRScheduler": "its name is nn.optim.lr_scheduler.LRScheduler",
        "ConstantLR": "write LambdaLR(optimizer, lambda epoch: 1 / 3 if epoch < 5 else 1.0)",
        "PolynomialLR": "write LambdaLR(optimizer, lambda epoch: (1 - min(epoch, 5) / 5) ** 1.0)",
        "MultiplicativeLR": "nn.optim.lr_scheduler.LambdaLR takes the product of the factors so far",
        "CyclicLR": "nn.optim.lr_scheduler.OneCycleLR and nn.optim.lr_scheduler.CosineAnnealingWarmRestarts are here",
        "ChainedScheduler": "step each of the schedulers in turn: they multiply",
    },
    "module 'nn.data'": {
        "IterableDataset": "a data set has a length and an index: nn.data.Dataset; of a stream, batches are made by nn.data.collate(items)",
        "DistributedSampler": _DEVICES,
    },
    "module 'nn.utils'": {
        "parameters_to_vector": "write autograd.cat([p.flatten() for p in net.parameters()])",
        "vector_to_parameters": "write p.data.copy_(part.view_as(p)), for each part of vector.split(sizes)",
        **_all("weight_norm spectral_norm", f"norms of weights are {_LEFT}"),
        "rnn": _RECURRENT,
        "clip_grad_norm": "its name is nn.utils.clip_grad_norm_",
        "tensorboard": "nn.fit returns a history of all losses and metrics; matplotlib plots it",
        "checkpoint": "of a network of this size all activations are kept: call the layers themselves",
    },
    "module 'autograd.accelerator'": _all(
        "synchronize current_device_index set_device_index current_stream memory_allocated empty_cache", _NO_GPU
    ),
    "module 'autograd.cuda'": _all(
        "amp synchronize get_device_name get_device_properties current_device set_device memory_allocated max_memory_allocated "
        "memory_reserved reset_peak_memory_stats Event Stream",
        _NO_GPU,
    ),
    "module 'autograd.linalg'": _all(
        "cholesky cond det eig eigh eigvals eigvalsh lstsq matrix_rank pinv qr slogdet solve svd svdvals", _ALGEBRA
    ),
}


def missing(owner: str, name: str, called: str | None = None) -> AttributeError:
    """The error for a name that ``owner``, by the name it is ``called`` by, lacks, with what there is instead.

    >>> missing("Value", "_prev")
    AttributeError("Value has no attribute '_prev'; the arguments of its operation are in .args")
    """
    known = INSTEAD.get(owner, {}).get(name)
    return AttributeError(f"{called or owner} has no attribute {name!r}{f'; {known}' if known else ''}")


def refusing(module: str) -> Callable[[str], NoReturn]:
    """The ``__getattr__`` of a module: what is asked for is not there."""

    def refuse(name: str) -> NoReturn:
        raise missing(f"module {module!r}", name)

    return refuse


class _Missing:
    """An attribute that there is not: to ask for it raises, so that `hasattr` says no."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, thing: Any, owner: type | None = None) -> NoReturn:
        raise missing(self.owner, self.name)


def refuse_all(cls: type) -> None:
    """Give a class the attributes that refuse, for the names that the table has of it and the class has not."""
    for name in INSTEAD[cls.__name__]:
        if not hasattr(cls, name):
            attribute = _Missing(cls.__name__)
            attribute.__set_name__(cls, name)
            setattr(cls, name, attribute)
    cls.__dir__ = _present  # type: ignore[assignment,method-assign]


def _present(thing: object) -> list[str]:
    """The names that `dir` shows: those that can be had."""
    return [name for name in object.__dir__(thing) if not isinstance(getattr_static(thing, name, None), _Missing)]
