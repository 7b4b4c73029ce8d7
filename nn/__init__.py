"""Networks on the engine: modules, losses, optimisers, data and checkpoints, by PyTorch's names."""

from nn import data, functional, init, optim
from nn.checkpoint import load_checkpoint, save_checkpoint
from nn.layers import Dropout, Linear, ReLU, Sequential, Sigmoid, Tanh
from nn.losses import CrossEntropyLoss, MSELoss
from nn.module import Module, Parameter

__all__ = [
    "CrossEntropyLoss", "Dropout", "Linear", "MSELoss", "Module", "Parameter", "ReLU", "Sequential", "Sigmoid", "Tanh",
    "data", "functional", "init", "load_checkpoint", "optim", "save_checkpoint",
]  # fmt: skip
