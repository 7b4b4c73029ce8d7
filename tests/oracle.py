"""What gradients are held against: the complex step, and central differences with Richardson's extrapolation.

The complex step f'(x) = Im f(x + ih) / h has no subtraction, so nothing cancels (Squire and Trapp, SIAM Review 40, 1998).
A rule is itself a function, so the complex step through a rule is a second derivative exact to rounding.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor, Value, tensor

STEP = 1e-20


def complex_step(f: Callable[..., Any], args: list[Any], i: int) -> Any:
    """The partial derivative of an elementwise ``f`` by argument ``i``."""
    moved = [np.asarray(a, dtype=complex) + (1j * STEP if j == i else 0) for j, a in enumerate(args)]
    with np.errstate(all="ignore"):
        return np.imag(f(*moved)) / STEP


def difference(f: Callable[..., Any], args: list[Any], i: int, h: float = 1e-3) -> Any:
    """The same by central differences, extrapolated twice (error of order h**6)."""

    def central(h: float) -> Any:
        up, down = ([a + s * h if j == i else a for j, a in enumerate(args)] for s in (1, -1))
        return (np.asarray(f(*up)) - np.asarray(f(*down))) / (2 * h)

    d1, d2, d4 = central(h), central(h / 2), central(h / 4)
    r1, r2 = (4 * d2 - d1) / 3, (4 * d4 - d2) / 3
    return (16 * r2 - r1) / 15


def derivative(f: Callable[..., Any], args: list[Any], i: int, order: int, face: type, recorded: bool = False) -> Any:
    """The engine's own derivative of the given order, entry by entry, as an array; zero where nothing flows any more."""
    make = Value if face is Value else (lambda a: tensor(np.asarray(a, dtype=float)))
    xs = [make(a) for a in args]
    x = xs[i]
    x.requires_grad = True
    y = f(*xs)
    for k in range(order):
        if not y.requires_grad:
            return np.zeros(np.shape(args[i]))
        out = y.sum() if isinstance(y, Tensor) else y
        (y,) = ag.grad(out, x, create_graph=recorded or k < order - 1, allow_unused=True)
        if y is None:
            return np.zeros(np.shape(args[i]))
    return np.asarray(y.data if isinstance(y, Value) else y.detach().numpy())


def reduced(d: Any, shape: tuple[int, ...]) -> Any:
    """A derivative of broadcast shape summed down to the shape of the argument, by numpy alone."""
    d = np.asarray(d)
    d = d.sum(axis=tuple(range(d.ndim - len(shape))))
    return d.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape)
