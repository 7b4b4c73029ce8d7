"""Networks on the engine: modules, losses, optimisers, data and checkpoints, by PyTorch's names."""

from typing import TYPE_CHECKING, NoReturn

from nn import data, functional, init, optim, utils
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

# What is looked for here and is no part of multilayer perceptrons.
_ABSENT = {
    "convolutions are": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d MaxPool1d MaxPool2d "
    "MaxPool3d AvgPool1d AvgPool2d AvgPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d BatchNorm2d "
    "BatchNorm3d LazyBatchNorm2d InstanceNorm1d InstanceNorm2d GroupNorm Dropout2d Dropout3d Upsample PixelShuffle Fold Unfold",
    "recurrent networks are": "RNN LSTM GRU RNNBase RNNCell LSTMCell GRUCell",
    "attention is": "MultiheadAttention Transformer TransformerEncoder TransformerEncoderLayer TransformerDecoder TransformerDecoderLayer",
    "many devices are": "DataParallel parallel SyncBatchNorm",
}

if not TYPE_CHECKING:  # a type checker would take it for a promise that every name is there

    def __getattr__(name: str) -> NoReturn:
        kinds = [kind for kind, names in _ABSENT.items() if name in names.split()]
        why = f": {kinds[0]} left to PyTorch, here is what multilayer perceptrons need" if kinds else ""
        raise AttributeError(f"module 'nn' has no attribute {name!r}{why}")
