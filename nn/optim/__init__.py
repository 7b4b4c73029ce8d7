"""Optimisers and the schedules of their learning rates, by PyTorch's names. This page is the index, nothing else."""

from typing import TYPE_CHECKING

from autograd.elsewhere import refusing
from nn.optim import lr_scheduler
from nn.optim.algorithms import SGD, Adagrad, Adam, Adamax, AdamW, NAdam, RMSprop
from nn.optim.optimizer import Optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "Optimizer", "RMSprop", "lr_scheduler"]


if not TYPE_CHECKING:  # as in `nn`
    __getattr__ = refusing(__name__)
