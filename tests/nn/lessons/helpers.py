"""What the lessons beside it share, as a book's own package would have it: data, batches, a training loop, a step of gradient descent."""

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset


def drawn(seed, *shape, scale=1.0):
    return torch.tensor(np.random.default_rng(seed).normal(size=shape) * scale, dtype=torch.float32)


def synthetic_data(w, b, n, seed=0):
    """Points on a plane, a little beside it."""
    X = drawn(seed, n, len(w))
    y = torch.matmul(X, w) + b
    y += drawn(seed + 1, n, scale=0.01)
    return X, y.reshape((-1, 1))


def data_iter(batch_size, features, labels):
    order = torch.randperm(len(features)).tolist()
    for i in range(0, len(order), batch_size):
        rows = torch.tensor(order[i : i + batch_size])
        yield features[rows], labels[rows]


def load_array(arrays, batch_size, is_train=True):
    return DataLoader(TensorDataset(*arrays), batch_size, shuffle=is_train)


def sgd(params, lr):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad
            param.grad.zero_()


def softmax(X):
    X_exp = torch.exp(X)
    return X_exp / X_exp.sum(1, keepdims=True)


def cross_entropy(y_hat, y):
    return -torch.log(y_hat[list(range(len(y_hat))), y])


def blobs(n=90):
    """Three kinds of points in four dimensions, each around a centre of its own."""
    labels = torch.arange(n) % 3
    return drawn(5, n, 4) + 2 * drawn(6, 3, 4)[labels], labels


def show(name, *numbers):
    """A line that can be read back."""
    print(
        f"{name}:",
        *(f"{number:.9g}" for group in numbers for number in torch.as_tensor(group, dtype=torch.float64).detach().reshape(-1).tolist()),
    )
