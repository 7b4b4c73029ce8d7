"""Networks on the engine: modules, losses, optimisers, data and checkpoints, by PyTorch's names."""

from typing import TYPE_CHECKING

try:
    from autograd.elsewhere import refusing
    from nn import data, functional, init, optim, utils
except ImportError:
    import runpy
    from pathlib import Path

    _clash = Path(__file__).parents[1] / "autograd" / "clash.py"  # by its file: what is imported as autograd may be somebody else's
    if _clash.exists() and (_trouble := runpy.run_path(str(_clash))["clash"]()):
        raise ImportError(_trouble) from None
    raise

from nn.activations import ELU, GELU, SELU, LeakyReLU, LogSigmoid, LogSoftmax, PReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from nn.checkpoint import load_checkpoint, save_checkpoint
from nn.containers import MLP, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from nn.functional import l1_penalty, l2_penalty
from nn.layers import Dropout, Flatten, Identity, LazyLinear, Linear
from nn.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from nn.module import Module
from nn.normalization import BatchNorm1d, LayerNorm
from nn.parameter import Parameter, UninitializedParameter
from nn.sparse import Embedding
from nn.training import EarlyStopping, History, fit

__all__ = [
    "ELU", "GELU", "MLP", "SELU", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d", "CrossEntropyLoss", "Dropout", "EarlyStopping",
    "Embedding", "Flatten", "HingeLoss", "History", "HuberLoss", "Identity", "KLDivLoss", "L1Loss", "LayerNorm", "LazyLinear",
    "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax", "MSELoss", "Module", "ModuleDict", "ModuleList", "NLLLoss", "PReLU", "Parameter",
    "ParameterDict", "ParameterList", "ReLU", "Sequential", "SiLU", "Sigmoid", "SmoothL1Loss", "Softmax", "Softplus", "Tanh",
    "UninitializedParameter", "data", "fit", "functional", "init", "l1_penalty", "l2_penalty", "load_checkpoint", "optim",
    "save_checkpoint", "utils",
]  # fmt: skip

if not TYPE_CHECKING:  # a type checker would take it for a promise that every name is there
    __getattr__ = refusing(__name__)
