"""A scalar autograd engine with a tiny tensor layer. Ordinary arithmetic leaves a graph behind; `backward` walks it."""

import importlib
import sys
from math import inf, nan, pi
from typing import TYPE_CHECKING, Any

# fmt: off
from autograd import errors, functional
from autograd.faces.dtypes import bool_, float32, float64, int32, int64, uint8
from autograd.creation import (
    arange, as_tensor, bernoulli, empty, empty_like, eye, from_numpy, full, full_like, linspace, normal, ones, ones_like,
    rand, rand_like, randint, randn, randn_like, randperm, tensor, zeros, zeros_like,
)
from autograd.files import load, save
from autograd.ops.moves import (
    broadcast_to, cat, diag, flatten, flip, permute, reshape, split, squeeze, stack, transpose, tril, triu, unsqueeze,
)
from autograd.ops.products import dot, einsum, linear, matmul, mm, mv, outer
from autograd.ops.reduce import (
    amax, amin, argmax, argmin, cumsum, log_softmax, logsumexp, max, mean, min, norm, prod, softmax, softmax_cross_entropy, std,
    sum, var,
)
from autograd.core.node import Node, Op, each
from autograd.core.walk import ancestors, grad
from autograd.faces.versions import at_one_place
from autograd.core.mode import enable_grad, is_grad_enabled, no_grad, record_lines, set_grad_enabled
from autograd.core.notes import Call
from autograd.random import Generator, default_generator, initial_seed, manual_seed
from autograd.ops.elementwise import (
    abs, add, atan, ceil, clamp, clamp_max, clamp_min, cos, cosh, div, elu, eq, erf, erfc, exp, expm1, floor, ge, gelu, gt, le,
    leaky_relu, log, log1p, lt, maximum, minimum, mul, ne, neg, pow, prelu, reciprocal, relu, round, rsqrt, sigmoid, sign, silu,
    sin, sinh, softplus, sqrt, square, sub, tan, tanh, where,
)
from autograd.faces.grid import ValueTensor
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value

allclose, isfinite, isnan, numel = Tensor.allclose, Tensor.isfinite, Tensor.isnan, Tensor.numel
# fmt: on
if TYPE_CHECKING:
    from autograd.anomaly import AnomalyError, detect_anomaly
    from autograd.drawing import draw, draw_dot, graph_player, graph_size, listing, summary

__version__ = "0.1.0"

# What is loaded when it is asked for: `import autograd` imports neither graphviz nor hypothesis.
_LAZY = dict.fromkeys(("draw", "draw_dot", "graph_player", "graph_size", "listing", "summary"), "autograd.drawing")
_LAZY |= dict.fromkeys(("AnomalyError", "detect_anomaly"), "autograd.anomaly")
# PyTorch's short names of dtypes, which would hide Python's own if they stood above.
_DTYPES = {"bool": bool_, "float": float32, "double": float64, "int": int32, "long": int64}
# What is looked for here by those who write `import autograd as torch`.
_ELSEWHERE = {
    "nn": "; networks are a package of their own: import nn",
    "optim": "; the optimisers are in nn: from nn import optim",
    "utils": "; data sets and loaders are in nn: from nn import data",
    "cuda": "; everything is on the CPU",
    "device": "; everything is on the CPU",
} | dict.fromkeys(("hessian", "hvp", "jacobian", "jvp", "vjp"), "; it is in autograd.functional")


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    if name in _DTYPES:
        return _DTYPES[name]
    if name == "autograd":  # where this package is imported as torch, torch.autograd.grad is its grad
        return sys.modules[__name__]
    raise AttributeError(f"module 'autograd' has no attribute {name!r}{_ELSEWHERE.get(name, '')}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "AnomalyError", "Call", "Generator", "Node", "Op", "Tensor", "Value", "ValueTensor", "abs", "add", "allclose", "amax", "amin",
    "ancestors", "arange", "argmax", "argmin", "as_tensor", "at_one_place", "atan", "bernoulli", "bool_", "broadcast_to", "cat",
    "ceil", "clamp", "clamp_max", "clamp_min", "cos", "cosh", "cumsum", "default_generator", "detect_anomaly", "diag", "div", "dot",
    "draw", "draw_dot", "each", "einsum", "elu", "empty", "empty_like", "enable_grad", "eq", "erf", "erfc", "errors", "exp",
    "expm1", "eye", "flatten", "flip", "float32", "float64", "floor", "from_numpy", "full", "full_like",
    "functional", "ge", "gelu", "grad", "graph_player", "graph_size", "gt", "inf", "initial_seed", "int32", "int64",
    "is_grad_enabled", "isfinite", "isnan", "le", "leaky_relu", "linear", "linspace", "listing", "load", "log",
    "log1p", "log_softmax", "logsumexp", "lt", "manual_seed", "matmul", "max", "maximum", "mean", "min", "minimum",
    "mm", "mul", "mv", "nan", "ne", "neg", "no_grad", "norm", "normal", "numel", "ones", "ones_like", "outer",
    "permute", "pi", "pow", "prelu", "prod", "rand", "rand_like", "randint", "randn", "randn_like", "randperm",
    "reciprocal", "record_lines", "relu", "reshape", "round", "rsqrt", "save", "set_grad_enabled", "sigmoid",
    "sign", "silu", "sin", "sinh", "softmax", "softmax_cross_entropy", "softplus", "split", "sqrt", "square", "squeeze", "stack", "std",
    "sub", "sum", "summary", "tan", "tanh", "tensor", "transpose", "tril", "triu", "uint8", "unsqueeze", "var",
    "where", "zeros", "zeros_like",
]  # fmt: skip
