"""Optimisers and the schedules of their learning rates, by PyTorch's names. This page is the index, nothing else."""

from nn.optim import lr_scheduler
from nn.optim.algorithms import SGD, Adagrad, Adam, Adamax, AdamW, NAdam, RMSprop
from nn.optim.optimizer import Optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "Optimizer", "RMSprop", "lr_scheduler"]
