"""Short ways to write what tests of both layers ask."""

import gc
import math
from typing import Any

import numpy as np

from autograd import Tensor, Value, grad, tensor

INF, NAN = math.inf, math.nan


def total(y: Any) -> Any:
    return y.sum() if isinstance(y, Tensor) else y


def t(*data: Any) -> Tensor:
    return tensor(np.array(data[0] if len(data) == 1 else data, dtype=float), requires_grad=True)


FACES = [Value, t]


def same(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.asarray(got, dtype=float), np.asarray(want, dtype=float), rtol=1e-12)


def chosen(a: np.ndarray, key: Any) -> np.ndarray:
    """``a[key]`` as PyTorch has it: the ints are taken first, and of the rest is chosen what numpy chooses."""
    parts = list(key) if isinstance(key, tuple) else [key]
    spans = [0 if k is None or k is ... or k is True else np.ndim(k) if np.asarray(k).dtype == bool else 1 for k in parts]
    rest, ints, axis = [], [], 0
    for k, span in zip(parts, spans):
        if isinstance(k, int) and k is not True:
            ints.append((k, axis))
        else:
            rest.append(k)
        axis += a.ndim - sum(spans) if k is ... else span
    for k, axis in reversed(ints):
        a = a.take(k, axis)
    return a[tuple(rest)]


def tensors_alive() -> int:
    """By type: isinstance asks each object for its ``__class__``, and some of other packages answer by importing or failing."""
    return sum(issubclass(type(o), Tensor) for o in gc.get_objects())


def derivatives(f: Any, x: Any, order: int) -> list[float]:
    """f and its derivatives at x, 0 where the graph ends (a constant)."""
    y, out = f(x), []
    for _ in range(order + 1):
        out.append(y.item())
        y = grad(y, x, create_graph=True, allow_unused=True)[0] if y.requires_grad else None
        y = Value(0.0, requires_grad=False) if y is None else y
    return out
