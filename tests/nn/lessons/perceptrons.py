"""A multilayer perceptron written out and by layers, weight decay, dropout."""

import numpy as np
import torch
from helpers import blobs, drawn, show
from torch import nn
from torch.nn import functional as F

X, y = blobs()
W1 = nn.Parameter(drawn(11, 4, 8, scale=0.5))
b1 = nn.Parameter(torch.zeros(8, requires_grad=True))
W2 = nn.Parameter(drawn(12, 8, 3, scale=0.5))
b2 = nn.Parameter(torch.zeros(3, requires_grad=True))
params = [W1, b1, W2, b2]


def relu(X):
    return torch.max(X, torch.zeros_like(X))


class MLP(nn.Module):
    def __init__(self, num_outputs, num_hiddens):
        super().__init__()
        self.net = nn.Sequential(nn.LazyLinear(num_hiddens), nn.ReLU(), nn.LazyLinear(num_outputs))

    def forward(self, X):
        return self.net(X)


net = MLP(3, 8)
net(X[:2])
with torch.no_grad():
    for theirs, ours in zip(net.parameters(), [W1.T, b1, W2.T, b2]):
        theirs.copy_(ours)
for name, forward, updater in [
    ("written out", lambda X: relu(X @ W1 + b1) @ W2 + b2, torch.optim.SGD(params, lr=0.2)),
    ("by layers", net, torch.optim.SGD(net.parameters(), lr=0.2)),
]:
    losses = []
    for _ in range(15):
        l = F.cross_entropy(forward(X), y)
        updater.zero_grad()
        l.backward()
        updater.step()
        losses.append(l.item())
    show(name, losses)

# Weight decay: more inputs than examples.
inputs, targets = drawn(13, 20, 40).double(), drawn(14, 20, 1).double()


def l2_penalty(w):
    return (w**2).sum() / 2


def train(lambd):
    w, b = torch.zeros((40, 1), dtype=torch.float64, requires_grad=True), torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(1500):
        l = ((inputs @ w + b - targets) ** 2 / 2).mean() + lambd * l2_penalty(w)
        l.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            b -= 0.1 * b.grad
            w.grad.zero_()
            b.grad.zero_()
    return w


def train_concise(wd):
    net = nn.Sequential(nn.Linear(40, 1)).double()
    for param in net.parameters():
        param.data.zero_()
    trainer = torch.optim.SGD([{"params": net[0].weight, "weight_decay": wd}, {"params": net[0].bias}], lr=0.1)
    for _ in range(1500):
        trainer.zero_grad()
        (nn.functional.mse_loss(net(inputs), targets) / 2).backward()
        trainer.step()
    return net[0].weight.data


show("decay 0", train(0))
show("decay 3", train(3.0))
show("decay 3 by layers", train_concise(3.0))


def dropout_layer(X, dropout):
    assert 0 <= dropout <= 1
    if dropout == 1:
        return torch.zeros_like(X)
    mask = (torch.rand(X.shape) > dropout).float()
    return mask * X / (1.0 - dropout)


torch.manual_seed(1)
X = torch.ones(100, 100)
layer = nn.Dropout(0.25)
show(
    "dropout",
    dropout_layer(X, 0).mean(),
    dropout_layer(X, 0.25).mean(),
    dropout_layer(X, 1).mean(),
    layer(X).mean(),
    layer.eval()(X).mean(),
)
show("kept", layer.train()(X).unique(), np.sqrt(layer(X).var().item()))
