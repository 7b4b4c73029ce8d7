"""Numbers, and functions of a tensor of shape (2, 3, 4) beside numpy's of the same; how they are compared."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor, tensor
from autograd.testing import gradcheck

Array = np.ndarray


def rng(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).uniform(0.5, 2.0, shape)


def check(f: Callable[..., Tensor], *arrays: Array, numpy: Callable[..., Any] | None = None, order: int = 3) -> None:
    """Forward against ``numpy``; the derivatives up to ``order`` by gradcheck."""
    xs = [tensor(a, requires_grad=True) for a in arrays]
    y = f(*xs)
    if numpy is not None:
        np.testing.assert_allclose(y.detach().numpy(), numpy(*arrays), rtol=1e-12, atol=1e-12)
    for x, g in zip(xs, ag.grad(y.sum(), xs, allow_unused=True)):
        assert g is None or (g.shape == x.shape and g.dtype == x.dtype)
    report = gradcheck(f, xs, order=order)
    assert len(report.checks) == order and report.method == ("complex step" if y.numel() else "nothing")


MOVES: list[tuple[str, Callable[[Any], Any], Callable[[Array], Any]]] = [
    ("reshape", lambda x: x.reshape(3, -1), lambda a: a.reshape(3, -1)),
    ("view", lambda x: x.view((8, 3)), lambda a: a.reshape(8, 3)),
    ("flatten", lambda x: x.flatten(1), lambda a: a.reshape(2, 12)),
    ("transpose", lambda x: x.transpose(0, -1), lambda a: a.swapaxes(0, 2)),
    ("T", lambda x: x.T, lambda a: a.T),
    ("mT", lambda x: x.mT, lambda a: a.swapaxes(1, 2)),
    ("permute", lambda x: x.permute(2, 0, 1), lambda a: a.transpose(2, 0, 1)),
    ("unsqueeze", lambda x: x.unsqueeze(-1), lambda a: a[..., None]),
    ("squeeze", lambda x: x.unsqueeze(1).squeeze(1), lambda a: a),
    ("expand", lambda x: x.unsqueeze(0).expand(5, -1, 3, -1), lambda a: np.broadcast_to(a, (5, *a.shape))),
    ("broadcast_to", lambda x: ag.broadcast_to(x, (2, 2, 3, 4)), lambda a: np.broadcast_to(a, (2, *a.shape))),
    ("flip", lambda x: x.flip((0, 2)), lambda a: a[::-1, :, ::-1]),
    ("tril", lambda x: x.tril(), np.tril),
    ("triu", lambda x: x.triu(1), lambda a: np.triu(a, 1)),
    ("diag", lambda x: ag.diag(x[0], 1), lambda a: np.diag(a[0], 1)),
    ("diag-below", lambda x: ag.diag(x[0], -1), lambda a: np.diag(a[0], -1)),
    ("diag-vector", lambda x: ag.diag(x[0, 0], -1), lambda a: np.diag(a[0, 0], -1)),
    ("cat", lambda x: ag.cat([x, x * x, x[:1]]), lambda a: np.concatenate([a, a * a, a[:1]])),
    ("cat-last", lambda x: ag.cat([x, x * x], -1), lambda a: np.concatenate([a, a * a], -1)),
    ("stack", lambda x: ag.stack([x, x * x], 1), lambda a: np.stack([a, a * a], 1)),
    ("split", lambda x: x.split(3, 2)[0] * 2, lambda a: a[:, :, :3] * 2),
    ("split-sizes", lambda x: x.split([1, 3], -1)[1], lambda a: a[:, :, 1:]),
]


ALONG: list[tuple[str, Callable[[Any], Any], Callable[[Array], Any]]] = [
    ("cumsum", lambda x: x.cumsum(1), lambda a: a.cumsum(1)),
    ("softmax", lambda x: x.softmax(1), lambda a: np.exp(a) / np.exp(a).sum(1, keepdims=True)),
    ("log_softmax", lambda x: x.log_softmax(0), lambda a: np.log(np.exp(a) / np.exp(a).sum(0, keepdims=True))),
    ("max-dim", lambda x: x.max(dim=1).values, lambda a: a.max(1)),
    ("min-dim", lambda x: x.min(dim=-1, keepdim=True).values, lambda a: a.min(-1, keepdims=True)),
    ("norm-1", lambda x: x.norm(1, dim=1), lambda a: np.abs(a).sum(1)),
    ("norm-3", lambda x: x.norm(3), lambda a: (a**3).sum() ** (1 / 3)),
    ("norm-inf", lambda x: x.norm(float("inf"), dim=(0, 1)), lambda a: a.max((0, 1))),
]


VIEWS = [*MOVES, *ALONG]
