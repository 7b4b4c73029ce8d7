"""The floor: the same work in numpy, written by a person who wants it fast.

A ratio to a slow straw man would say nothing, so that what can be kept between two runs is kept here, and gradients are the formulas
that one derives on paper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Arrays = Sequence[np.ndarray]


def small_training(start: Arrays, x: np.ndarray, y: np.ndarray, lr: float) -> Callable[[], Any]:
    """Steps of 2-16-16-1, tanh, mean squared error, in buffers made once."""
    w1, b1, w2, b2, w3, b3 = mine = [a.copy() for a in start]
    g1, c1, g2, c2, g3, c3 = grads = [np.empty_like(a) for a in start]
    n = len(x)
    h1, h2, d1, d2, t = (np.empty((n, 16), np.float32) for _ in range(5))
    o, e = np.empty((n, 1), np.float32), np.empty((n, 1), np.float32)

    def step() -> Any:
        np.matmul(x, w1.T, out=h1)
        np.add(h1, b1, out=h1)
        np.tanh(h1, out=h1)
        np.matmul(h1, w2.T, out=h2)
        np.add(h2, b2, out=h2)
        np.tanh(h2, out=h2)
        np.matmul(h2, w3.T, out=o)
        np.add(o, b3, out=o)
        np.subtract(o, y, out=e)
        np.square(e, out=o)
        loss = o.mean()
        np.multiply(e, 2 / n, out=e)
        np.matmul(e.T, h2, out=g3)
        e.sum(axis=0, out=c3)
        np.matmul(e, w3, out=d2)
        np.square(h2, out=t)
        np.subtract(1, t, out=t)
        np.multiply(d2, t, out=d2)
        np.matmul(d2.T, h1, out=g2)
        d2.sum(axis=0, out=c2)
        np.matmul(d2, w2, out=d1)
        np.square(h1, out=t)
        np.subtract(1, t, out=t)
        np.multiply(d1, t, out=d1)
        np.matmul(d1.T, x, out=g1)
        d1.sum(axis=0, out=c1)
        for p, g in zip(mine, grads):
            np.multiply(g, lr, out=g)
            np.subtract(p, g, out=p)
        return loss, mine

    return step


# At its fastest. What is known before the first step is made before it: transposes, the rate as an array's own number, functions by
# short names. Small matrices reach BLAS sooner by np.dot; sums over rows are products with ones; parameters lie in one array, as do their
# gradients, so that one subtraction moves all of them.
def in_one(start: Arrays) -> tuple[np.ndarray, list[np.ndarray]]:
    """All numbers in one flat array, and views of it in their shapes."""
    flat = np.concatenate([a.reshape(-1) for a in start])
    ends = np.cumsum([a.size for a in start])[:-1]
    return flat, [part.reshape(a.shape) for part, a in zip(np.split(flat, ends), start)]


def small_training_fast(start: Arrays, x: np.ndarray, y: np.ndarray, lr: float) -> Callable[[], Any]:
    """The same steps as `small_training`."""
    parameters, mine = in_one(start)
    gradients, (g1, c1, g2, c2, g3, c3) = in_one(start)
    w1, b1, w2, b2, w3, b3 = mine
    n = len(x)
    h1, h2, d1, d2, t = (np.empty((n, 16), np.float32) for _ in range(5))
    o, e, ones = np.empty((n, 1), np.float32), np.empty((n, 1), np.float32), np.ones(n, np.float32)
    w1t, w2t, w3t, d1t, d2t, et, errors = w1.T, w2.T, w3.T, d1.T, d2.T, e.T, e.reshape(-1)
    one, slope, rate = np.float32(1), np.float32(2 / n), np.float32(lr)
    dot, add, subtract, multiply, tanh = np.dot, np.add, np.subtract, np.multiply, np.tanh

    def step() -> Any:
        dot(x, w1t, h1)
        add(h1, b1, h1)
        tanh(h1, h1)
        dot(h1, w2t, h2)
        add(h2, b2, h2)
        tanh(h2, h2)
        dot(h2, w3t, o)
        add(o, b3, o)
        subtract(o, y, e)
        loss = dot(errors, errors) / n
        multiply(e, slope, e)
        dot(et, h2, g3)
        dot(ones, e, c3)
        dot(e, w3, d2)
        multiply(h2, h2, t)
        subtract(one, t, t)
        multiply(d2, t, d2)
        dot(d2t, h1, g2)
        dot(ones, d2, c2)
        dot(d2, w2, d1)
        multiply(h1, h1, t)
        subtract(one, t, t)
        multiply(d1, t, d1)
        dot(d1t, x, g1)
        dot(ones, d1, c1)
        multiply(gradients, rate, gradients)
        subtract(parameters, gradients, parameters)
        return loss, mine

    return step


def classifier_training(
    start: Arrays, x: np.ndarray, labels: np.ndarray, lr: float, draws: Sequence[tuple[Callable[[], np.ndarray], float]] = ()
) -> Callable[[], Any]:
    """Steps of a network of rectifiers with cross-entropy, as `classifier` differentiates it.

    With dropout there is a pair in ``draws`` for each hidden layer: a function that draws which entries stay, and the share that does.
    What a rectifier and a mask let through is one factor, on the way there and back. The logits have a row for each class, for numpy
    finds the largest of a column, and its sum, sooner than that of a row.
    """
    parameters, mine = in_one(start)
    gradients, grads = in_one(start)
    *ws, w_last = mine[0::2]
    *bs, b_last = mine[1::2]
    *gs, g_last = grads[0::2]
    *cs, c_last = grads[1::2]
    n, k = len(x), len(b_last)
    hidden, passed, errors = ([np.empty((n, len(b)), np.float32) for b in bs] for _ in range(3))
    o, e, total, picked = np.empty((k, n), np.float32), np.empty((k, n), np.float32), np.empty(n, np.float32), np.empty(n, np.float32)
    ones, ones_k, right = np.ones(n, np.float32), np.ones(k, np.float32), labels * n + np.arange(n)
    b_column, o_flat, e_flat, share, rate = b_last[:, None], o.reshape(-1), e.reshape(-1), np.float32(1 / n), np.float32(lr)
    last = hidden[-1]
    kept = [(draw, np.float32(1 / share)) for draw, share in draws] or [(None, np.float32(1))] * len(ws)
    forward = [(w.T, b, h, np.empty(h.shape, bool), f, *draw) for w, b, h, f, draw in zip(ws, bs, hidden, passed, kept)]
    backward = [(w, d, d.T, f, a, g, c) for w, d, f, a, g, c in zip([*ws[1:], w_last], errors, passed, [x, *hidden], gs, cs)][::-1]

    def step() -> Any:
        a = x
        for w, b, h, on, factor, draw, scale in forward:
            np.dot(a, w, h)
            np.add(h, b, h)
            np.greater(h, 0, on)
            if draw is None:
                np.copyto(factor, on)
            else:
                np.logical_and(on, draw(), on)
                np.multiply(on, scale, factor)
            np.multiply(h, factor, h)
            a = h
        np.dot(w_last, last.T, o)
        np.add(o, b_column, o)
        np.subtract(o, np.maximum.reduce(o, 0, None, total), o)
        np.exp(o, e)
        np.dot(ones_k, e, total)
        np.divide(e, total, e)
        np.log(total, total)
        o_flat.take(right, None, picked, "clip")
        loss = (total.sum() - picked.sum()) / n
        e_flat[right] -= 1
        np.multiply(e, share, e)
        np.dot(e, last, g_last)
        np.dot(e, ones, c_last)
        above = e.T
        for w, d, dt, factor, a, g, c in backward:
            np.dot(above, w, d)
            np.multiply(d, factor, d)
            np.dot(dt, a, g)
            np.dot(ones, d, c)
            above = d
        np.multiply(gradients, rate, gradients)
        np.subtract(parameters, gradients, parameters)
        return loss, mine

    return step


def hessian_vector(parameters: Arrays, x: np.ndarray, y: np.ndarray, vector: Arrays) -> Callable[[], Any]:
    """The Hessian of that network's loss times a vector: the derivative of backpropagation along it (Pearlmutter, 1994).

    A name with an r in front is the derivative of what the name without it holds, along ``vector``.
    """
    w1, b1, w2, b2, w3, b3 = parameters
    v1, c1, v2, c2, v3, c3 = vector

    def product() -> Any:
        h1 = np.tanh(x @ w1.T + b1)
        h2 = np.tanh(h1 @ w2.T + b2)
        e = (h2 @ w3.T + b3 - y) * (2 / len(x))
        s1, s2 = 1 - h1 * h1, 1 - h2 * h2
        rh1 = (x @ v1.T + c1) * s1
        rh2 = (rh1 @ w2.T + h1 @ v2.T + c2) * s2
        re = (rh2 @ w3.T + h2 @ v3.T + c3) * (2 / len(x))
        d2 = e @ w3
        z2 = d2 * s2
        rz2 = (re @ w3 + e @ v3) * s2 - 2 * d2 * h2 * rh2
        d1 = z2 @ w2
        rz1 = (rz2 @ w2 + z2 @ v2) * s1 - 2 * d1 * h1 * rh1
        return rz1.T @ x, rz1.sum(0), rz2.T @ h1 + z2.T @ rh1, rz2.sum(0), re.T @ h2 + e.T @ rh2, re.sum(0)

    return product


def softmax_less_labels(o: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The gradient of the mean cross-entropy in the logits ``o``, which it overwrites."""
    o -= o.max(axis=1, keepdims=True)
    np.exp(o, out=o)
    o /= o.sum(axis=1, keepdims=True)
    o[np.arange(len(o)), labels] -= 1
    o /= len(o)
    return o


def classifier(start: Arrays, x: np.ndarray, labels: np.ndarray, masks: Arrays) -> tuple[list[np.ndarray], list[tuple[Any, Any]]]:
    """A network of rectifiers with cross-entropy, whose hidden layers are multiplied by ``masks``: the gradients of its parameters, and
    the factors of the matrix products that no implementation can do without.
    """
    weights, biases = start[0::2], start[1::2]
    inputs = [x]
    for w, b, mask in zip(weights, biases, masks):
        inputs.append(np.maximum(inputs[-1] @ w.T + b, 0) * mask)
    errors = [softmax_less_labels(inputs[-1] @ weights[-1].T + biases[-1], labels)]
    for w, h, mask in zip(weights[:0:-1], inputs[:0:-1], masks[::-1]):
        errors.insert(0, (errors[0] @ w) * (h > 0) * mask)
    gradients = [g for e, h in zip(errors, inputs) for g in (e.T @ h, e.sum(0))]
    forward = [(h, w.T) for h, w in zip(inputs, weights)]
    backward = [(e.T, h) for e, h in zip(errors, inputs)] + [(e, w) for e, w in zip(errors[1:], weights[1:])]
    return gradients, forward + backward


def products(factors: Sequence[tuple[Any, Any]]) -> Callable[[], Any]:
    return lambda: [a @ b for a, b in factors]


def epoch(
    parameters: Arrays, x: np.ndarray, labels: np.ndarray, batch: int, order: Callable[[], np.ndarray], lr: float
) -> Callable[[], float]:
    """An epoch of a network with one hidden layer of rectifiers, in shuffled batches; what it returns is the sum of the losses."""
    w1, b1, w2, b2 = parameters

    def run() -> float:
        total = 0.0
        permutation = order()
        for start in range(0, len(x), batch):
            chosen = permutation[start : start + batch]
            a, y = x[chosen], labels[chosen]
            n = len(y)
            h = a @ w1.T
            h += b1
            r = np.maximum(h, 0)
            o = r @ w2.T
            o += b2
            o -= o.max(axis=1, keepdims=True)
            e = np.exp(o)
            s = e.sum(axis=1, keepdims=True)
            total += float(-(o - np.log(s))[np.arange(n), y].mean())
            e /= s
            e[np.arange(n), y] -= 1
            e /= n
            d = e @ w2
            d *= h > 0
            g2, c2, g1, c1 = e.T @ r, e.sum(axis=0), d.T @ a, d.sum(axis=0)
            for p, g in ((w1, g1), (b1, c1), (w2, g2), (b2, c2)):
                g *= lr
                p -= g
        return total

    return run


# The chapter's runs: a line in many variables, with the squared loss.
def _loss(x: np.ndarray, y: np.ndarray, w: np.ndarray, b: Any, batch: int) -> float:
    total = 0.0
    for i in range(0, len(x), batch):
        e = x[i : i + batch] @ w.T + b - y[i : i + batch]
        total += float((e * e).sum())
    return total / len(x)


def weight_decay(train: Arrays, test: Arrays, start: Callable[[Any], Any], epochs: int, shuffle: bool, wd: float = 3) -> Any:
    x, y = train
    w, b, lr, batch, rng = np.empty((1, 200), np.float32), np.empty(1, np.float32), 0.003, 5, np.random.default_rng()
    start(w)
    start(b)
    for _ in range(epochs):
        order = rng.permutation(len(x)) if shuffle else np.arange(len(x))
        for i in range(0, len(x), batch):
            rows = order[i : i + batch]
            a = x[rows]
            e = a @ w.T
            e += b
            e -= y[rows]
            e *= 2 / len(rows)
            g = e.T @ a
            g += wd * w
            g *= lr
            w -= g
            b -= lr * e.sum(0)
    return w, b, _loss(x, y, w, b, batch), _loss(*test, w, b, batch)


def polynomial(train: Arrays, test: Arrays, start: Callable[[Any], Any], epochs: int, shuffle: bool) -> Any:
    x, y = train
    w, lr, batch, rng = np.empty((1, 4), np.float32), 0.01, 10, np.random.default_rng()
    start(w)
    for _ in range(epochs):
        order = rng.permutation(len(x)) if shuffle else np.arange(len(x))
        total = right = 0.0
        for i in range(0, len(x), batch):
            rows = order[i : i + batch]
            a, t = x[rows], y[rows]
            o = a @ w.T
            e = o - t
            total += float((e * e).sum())
            right += float((o == t).sum())
            e *= 2 / len(rows)
            g = e.T @ a
            g *= lr
            w -= g
    return w, _loss(x, y, w, 0, batch), _loss(*test, w, 0, batch)
