"""Layers as courses have them written, forward and backward in plain numpy: right ones, for the tests beside to be accepted or spoilt."""

from __future__ import annotations

from typing import Any

import numpy as np


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b, (x, w)


def affine_backward(dout: Any, cache: Any) -> Any:
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def relu(x: Any) -> Any:
    return np.maximum(x, 0), x


def relu_backward(dout: Any, cache: Any) -> Any:
    return dout * (cache > 0)


def cross_entropy(logits: Any, labels: Any) -> Any:
    shifted = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(labels)), labels]).mean(), (p, labels)


def cross_entropy_backward(dout: Any, cache: Any) -> Any:
    p, labels = cache
    d = p.copy()
    d[np.arange(len(labels)), labels] -= 1
    return dout * d / len(labels), None


def batch_norm(x: Any, gamma: Any, beta: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + 1e-5)
    xhat = (x - x.mean(axis=0)) / s
    return gamma * xhat + beta, (xhat, gamma, s)


def batch_norm_backward(dout: Any, cache: Any) -> Any:
    xhat, gamma, s = cache
    dx = gamma / s * (dout - dout.mean(axis=0) - xhat * (dout * xhat).mean(axis=0))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    away = x - x.mean(axis=1, keepdims=True)
    s = np.sqrt((away * away).mean(axis=1, keepdims=True) + 1e-5)
    return gamma * away / s + beta, (away / s, gamma, s)


def layer_norm_backward(dout: Any, cache: Any) -> Any:
    xhat, gamma, s = cache
    d = dout * gamma
    dx = (d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True)) / s
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def conv(x: Any, w: Any, b: Any) -> Any:
    """By loops into an array of floats, which takes no complex numbers."""
    rows, columns = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    out = np.zeros((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i : i + w.shape[2], j : j + w.shape[3]]
            out[:, :, i, j] = np.tensordot(window, w, ((1, 2, 3), (1, 2, 3))) + b
    return out, (x, w)


def conv_backward(dout: Any, cache: Any) -> Any:
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = np.s_[:, :, i : i + w.shape[2], j : j + w.shape[3]]
            dx[at] += np.tensordot(dout[:, :, i, j], w, (1, 0))
            dw += np.tensordot(dout[:, :, i, j], x[at], (0, 0))
    return dx, dw, dout.sum(axis=(0, 2, 3))


def lstm_cell(x: Any, h: Any, c: Any, w: Any) -> Any:
    """Two outputs and a cache."""
    i, f, o, g = np.split(np.concatenate([x, h], axis=1) @ w, 4, axis=1)
    i, f, o, g = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o)), np.tanh(g)
    new = f * c + i * g
    return o * np.tanh(new), new, (x, h, c, w, i, f, o, g, new)


def lstm_cell_backward(dnext_h: Any, dnext_c: Any, cache: Any) -> Any:
    x, h, c, w, i, f, o, g, new = cache
    dc = dnext_c + dnext_h * o * (1 - np.tanh(new) ** 2)
    gates = dc * g * i * (1 - i), dc * c * f * (1 - f), dnext_h * np.tanh(new) * o * (1 - o), dc * i * (1 - g * g)
    d = np.concatenate(gates, axis=1)
    dx, dh = np.split(d @ w.T, [x.shape[1]], axis=1)
    return dx, dh, dc * f, np.concatenate([x, h], axis=1).T @ d


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


LABELS = np.array([0, 2, 1, 1])
LAYERS: dict[str, tuple[Any, Any, tuple[Any, ...]]] = {
    "affine": (affine, affine_backward, (normal(4, 3), normal(3, 2), normal(2))),
    "relu": (relu, relu_backward, (normal(4, 3),)),
    "cross_entropy": (cross_entropy, cross_entropy_backward, (normal(4, 3), LABELS)),
    "batch_norm": (batch_norm, batch_norm_backward, (normal(4, 3), normal(3), normal(3, seed=1))),
    "layer_norm": (layer_norm, layer_norm_backward, (normal(4, 3), normal(3), normal(3, seed=1))),
    "conv": (conv, conv_backward, (normal(2, 2, 4, 4), normal(3, 2, 3, 3), normal(3))),
    "lstm_cell": (lstm_cell, lstm_cell_backward, (normal(2, 3), normal(2, 2), normal(2, 2, seed=1), normal(5, 8))),
}
