"""Which degree of a polynomial? k-fold validation, with the folds cut by hand."""

import math

import numpy as np
import torch
from helpers import show
from torch import nn

rng = np.random.default_rng(3)
features = rng.uniform(-1.5, 1.5, size=(40, 1))
np_poly = np.power(features, np.arange(12).reshape(1, -1))
for i in range(12):
    np_poly[:, i] /= math.gamma(i + 1)
true_w = np.zeros(12)
true_w[0:4] = np.array([5, 1.2, -3.4, 5.6])
np_labels = np.dot(np_poly, true_w) + rng.normal(scale=0.1, size=40)
poly_features, labels = [torch.tensor(x, dtype=torch.float64) for x in [np_poly, np_labels.reshape(-1, 1)]]


def get_k_fold_data(k, i, X, y):
    assert k > 1
    fold_size = X.shape[0] // k
    X_train, y_train = None, None
    for j in range(k):
        idx = slice(j * fold_size, (j + 1) * fold_size)
        X_part, y_part = X[idx, :], y[idx]
        if j == i:
            X_valid, y_valid = X_part, y_part
        elif X_train is None:
            X_train, y_train = X_part, y_part
        else:
            X_train, y_train = torch.cat([X_train, X_part], 0), torch.cat([y_train, y_part], 0)
    return X_train, y_train, X_valid, y_valid


def train(X, y, X_valid, y_valid, steps=400):
    net = nn.Linear(X.shape[-1], 1, bias=False, dtype=torch.float64)
    nn.init.zeros_(net.weight)
    loss, trainer = nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(steps):
        trainer.zero_grad()
        loss(net(X), y).backward()
        trainer.step()
    net.eval()
    with torch.no_grad():
        return loss(net(X_valid), y_valid).item()


for degree in (1, 3, 11):
    show(f"degree {degree}", [train(*get_k_fold_data(5, i, poly_features[:, : degree + 1], labels)) for i in range(5)])
