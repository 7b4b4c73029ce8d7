"""Networks that read pictures: the book's three, the loop that trains them, and what a story shows of them.

Pictures are rows of pixels, float32 (n, pixels) from 0 to 1, and what they show is a class, int64 (n,).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from nn.data import DataLoader, TensorDataset
from .story import Story

__all__ = [
    "DIGITS", "FromScratch", "Learned", "Loss", "Pictures", "concise", "cross_entropy", "digits", "held_out", "read", "relu", "right",
    "train", "with_dropout",
]  # fmt: skip

DIGITS = Path(__file__).parent / "data" / "digits.npz"


Loss = Callable[[Tensor, Tensor], Tensor]
"""A function of scores (n, classes) and classes (n,)."""


class Pictures(NamedTuple):
    """Pixels (n, pixels) and classes (n,)."""

    x: Tensor
    y: Tensor


class Learned(NamedTuple):
    """After each epoch: the mean loss during it, dropout at work, and how many % of pictures never learned from were read right."""

    losses: list[float]
    accuracies: list[float]


def digits() -> Pictures:
    """All 1,797 digits of 8 by 8 pixels, as they stand in the file."""
    with np.load(DIGITS) as file:
        return Pictures(ag.tensor(file["images"].reshape(-1, 64), dtype=ag.float32) / 16, ag.tensor(file["labels"], dtype=ag.int64))


def held_out(n: int) -> Tensor:
    """Which of n rows nothing is learned from, the same for every seed: every sixth, as a mask (n,)."""
    return ag.arange(n) % 6 == 0


class FromScratch(nn.Module):
    """By hand: four tensors, two products of matrices, and between them a maximum."""

    def __init__(self, pixels: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.W1 = nn.Parameter(0.01 * ag.randn(pixels, hidden))
        self.b1 = nn.Parameter(ag.zeros(hidden))
        self.W2 = nn.Parameter(0.01 * ag.randn(hidden, classes))
        self.b2 = nn.Parameter(ag.zeros(classes))

    def forward(self, x: Tensor) -> Tensor:
        return relu(x @ self.W1 + self.b1) @ self.W2 + self.b2


def relu(x: Tensor) -> Tensor:
    """The larger of x and 0."""
    return ag.maximum(x, ag.zeros_like(x))


def cross_entropy(scores: Tensor, y: Tensor) -> Tensor:
    """The mean of -log softmax(scores)[y], in nats, of scores (n, classes)."""
    scores = scores - scores.detach().amax(1, keepdim=True)  # changes no softmax, and no exponential overflows
    return (scores.exp().sum(1).log() - scores[ag.arange(len(y)), y]).mean()


def concise(pixels: int, hidden: int, classes: int) -> nn.Sequential:
    """The same from the library's parts."""
    return nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def with_dropout(pixels: int, hidden: int, classes: int) -> nn.Sequential:
    """Two hidden layers, of which dropout silences 20 and 50 % while learning."""
    return nn.Sequential(
        nn.Linear(pixels, hidden), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(hidden, classes),
    )  # fmt: skip


def train(
    story: Story,
    name: str,
    net: nn.Module,
    seen: Pictures,
    unseen: Pictures,
    epochs: int,
    batch: int,
    lr: float,
    loss: Loss = nn.functional.cross_entropy,
    view: Any = None,
) -> Learned:
    """Stochastic gradient descent. From epoch to epoch its step shrinks along half a wave from ``lr`` to almost nothing, so that it is no
    matter of luck in which epoch it ends. Who watches, by the ``view`` of `ag.watch`, is told the losses.
    """
    learned = Learned([], [])
    batches = DataLoader(TensorDataset(*seen), batch, shuffle=True)
    optimizer = nn.optim.SGD(net.parameters(), lr)
    schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)

    @ag.compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        l = loss(net(x), y)
        optimizer.zero_grad()
        l.backward()
        optimizer.step()
        return l

    for epoch in story.progress(range(1, epochs + 1), name):
        net.train()
        total = 0.0
        for x, y in batches:
            value = step(x, y).item()
            total += value * len(y)
            if view is not None:
                view.step(value)
        schedule.step()
        learned.losses.append(total / len(seen.y))
        learned.accuracies.append(right(read(net, unseen.x).argmax(1), unseen.y))
        if not epoch % 5:
            story.say(f"{name}, epoch {epoch}: loss {learned.losses[-1]:.4f}, {learned.accuracies[-1]:.1f} % read right")
    return learned


def read(net: nn.Module, x: Tensor) -> Tensor:
    """How probable the net, nothing dropped, finds each class: (n, classes)."""
    net.eval()
    with ag.no_grad():
        return net(x).softmax(1)


def right(classes: Tensor, y: Tensor) -> float:
    """How many % are the same."""
    return 100 * float((classes == y).float().mean())
