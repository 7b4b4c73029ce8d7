"""Inputs, and a function whose Jacobian is wrong in one entry, for the tests beside."""

from typing import Any

import numpy as np

from autograd import Op, Tensor, tensor


def leaf(*shape: int, seed: int = 0) -> Tensor:
    return tensor(np.random.default_rng([seed, *shape]).normal(size=shape), requires_grad=True)


def planted(error: Any, m: int = 10, n: int = 100, seed: int = 0) -> tuple[Any, Tensor]:
    """tanh(A x), where entry ``error[0]`` of the Jacobian is wrong by the factor 1 + ``error[1]``."""
    a = np.random.default_rng(seed).normal(size=(m, n)) / 10
    wrong = a.copy()
    wrong[error[0]] *= 1 + error[1]
    wrong_t = tensor(wrong)

    def rule(g: Any, z: Any, x: Any) -> Any:
        d = g * (1 - z * z)
        return d @ wrong if isinstance(d, np.ndarray) else d @ wrong_t

    op = Op("hidden", lambda x: np.tanh(a @ x), rule)
    return op, leaf(n, seed=seed)
