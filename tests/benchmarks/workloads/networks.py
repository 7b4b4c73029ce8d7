"""Steps of training: what recording adds to numpy's work, in networks from so small that all is overhead to the chapter's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

import autograd as ag
from autograd.random import coins
from tests.benchmarks import by_hand, programs
from tests.benchmarks.measuring import Side, Workload, agreement, arrays, same
from tests.benchmarks.peers import EAGER, JAX, MYGRAD, OURS, PYTORCH, Jitted, imported, in_child, libraries, pytorch, with_mygrad

BUFFERS, FASTEST = "numpy with preallocated buffers", "numpy at its fastest"
FIVE, EIGHT = "its five matrix products", "its eight matrix products"
FORMULA = "the hand-derived formula"


def small_network(dtype: Any = np.float32) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Parameters, rows and targets of 2-16-16-1, batch 100."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 2)).astype(dtype)
    y = np.sign(x[:, :1] * x[:, 1:])
    return [(rng.standard_normal(s) * 0.5).astype(dtype) for s in [(16, 2), (16,), (16, 16), (16,), (1, 16), (1,)]], x, y


def small_functions(lr: float = 0.05) -> Workload:
    """T1 with tensors and functions."""
    start, x, y = small_network()
    sides: dict[str, Side] = {name: programs.small_step(lib, start, x, y, lr) for name, lib in libraries()}
    sides[BUFFERS] = by_hand.small_training(start, x, y, lr)
    sides[FASTEST] = by_hand.small_training_fast(start, x, y, lr)
    if (mygrad := imported("mygrad")) is not None:
        sides[MYGRAD] = with_mygrad(lambda p: programs.mse(mygrad, p, x, y), start, lr)
    sides |= in_child("mse", start, x, y, lr)
    return Workload(sides, agreement(sides, 1e-5, runs=10))


def small_modules(lr: float = 0.05, compiled: bool = False) -> Workload:
    """T1 as ``nn.Sequential`` with ``optim.SGD``."""
    start, x, y = small_network()
    sides: dict[str, Side] = {
        name: programs.training(lib, programs.small(lib), lib.nn.MSELoss(), start, x, y, lr) for name, lib in libraries(compiled)
    }
    sides[BUFFERS] = by_hand.small_training(start, x, y, lr)
    if compiled:
        sides[FASTEST] = by_hand.small_training_fast(start, x, y, lr)
    if imported("jax") is not None:
        sides[JAX] = Jitted(programs.mse, start, x, y, lr)
    return Workload(sides, agreement(sides, 1e-5, runs=10, closer={EAGER: 0.0}))


def rows_and_layers(*sizes: int, batch: int = 256) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Parameters of layers of these sizes, rows and labels."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, sizes[0])).astype(np.float32)
    shapes = [s for m, n in zip(sizes, sizes[1:]) for s in ((n, m), (n,))]
    return [(rng.standard_normal(s) * 0.05).astype(np.float32) for s in shapes], x, rng.integers(0, sizes[-1], batch)


def large(lr: float = 0.1) -> Workload:
    """T2: 784-256-10, ReLU, cross-entropy, batch 256."""
    start, x, labels = rows_and_layers(784, 256, 10)
    gradients, factors = by_hand.classifier(start, x, labels, [np.float32(1)])
    same_work: dict[str, Side] = {
        name: programs.training(lib, programs.large(lib), lib.nn.CrossEntropyLoss(), start, x, labels, lr) for name, lib in libraries()
    }
    if imported("jax") is not None:
        same_work[JAX] = Jitted(programs.cross_entropy, start, x, labels, lr)
    if (mygrad := imported("mygrad")) is not None:
        cross_entropy = mygrad.nnet.losses.softmax_crossentropy
        same_work[MYGRAD] = with_mygrad(lambda p: cross_entropy(programs.logits(mygrad, p, x), labels), start, lr)
    same_work |= in_child("cross_entropy", start, x, labels, lr)

    def check() -> None:
        _, parameters = same_work[OURS]()
        same("a parameter", parameters, [p - lr * g for p, g in zip(start, gradients)], 1e-5)
        for name, side in same_work.items():
            if name != OURS:
                same(name, parameters, side()[1], 1e-5)
        agreement(same_work, 1e-4, runs=2)()

    return Workload({OURS: same_work[OURS], FIVE: by_hand.products(factors), **same_work}, check)


def dropped(lr: float = 0.1) -> Workload:
    """T3: 784-256-256-10 with dropout of 0.2 and 0.5. Each library draws its own masks; each is checked with those."""
    start, x, labels = rows_and_layers(784, 256, 256, 10)
    sides: dict[str, Side] = {
        name: programs.training(lib, programs.with_dropout(lib), lib.nn.CrossEntropyLoss(), start, x, labels, lr)
        for name, lib in libraries()
    }
    _, factors = by_hand.classifier(start, x, labels, [_mask(p) for p in (0.2, 0.5)])

    def check() -> None:
        for name, lib in libraries():
            lib.torch.manual_seed(0)
            masks = [lib.F.dropout(lib.torch.ones(256, 256), p).numpy() for p in (0.2, 0.5)]
            gradients, _ = by_hand.classifier(start, x, labels, masks)
            lib.torch.manual_seed(0)
            same(name, sides[name]()[1], [p - lr * g for p, g in zip(start, gradients)], 1e-5)

    return Workload({OURS: sides[OURS], EIGHT: by_hand.products(factors), **sides}, check)


def classifier_compiled(
    program: Any = programs.large, hidden: Sequence[int] = (256,), kept: Sequence[float] = (), lr: float = 0.1
) -> Workload:
    """T2, or T3 with ``kept``, the shares that dropout keeps, compiled, beside the step that a person writes who draws masks as we do."""
    start, x, labels = rows_and_layers(784, *hidden, 10)
    sides: dict[str, Side] = {
        name: programs.training(lib, program(lib), lib.nn.CrossEntropyLoss(), start, x, labels, lr) for name, lib in libraries(True)
    }
    draws = [(partial(coins, (len(x), width), share), share) for width, share in zip(hidden, kept)]
    sides[FASTEST] = by_hand.classifier_training(start, x, labels, lr, draws)
    if not kept and imported("jax") is not None:
        sides[JAX] = Jitted(programs.cross_entropy, start, x, labels, lr)
    seeded = {name: _seeded(side, 5) for name, side in sides.items() if not kept or name in (OURS, EAGER, FASTEST)}
    return Workload(sides, agreement(seeded, 1e-5, closer={EAGER: 0.0}))


def _seeded(side: Side, runs: int) -> Side:
    """So many runs of it, from one seed."""

    def run() -> Any:
        ag.manual_seed(0)
        return [arrays(side()) for _ in range(runs)]

    return run


def _mask(p: float) -> np.ndarray:
    return (np.random.default_rng(0).random((256, 256)) >= p).astype(np.float32) / np.float32(1 - p)


def matrix_products() -> Workload:
    """T2's products in numpy's BLAS and in PyTorch's: the part of its ratio to PyTorch that is not ours."""
    start, x, labels = rows_and_layers(784, 256, 10)
    _, factors = by_hand.classifier(start, x, labels, [np.float32(1)])
    sides: dict[str, Side] = {OURS: by_hand.products(factors)}
    if (lib := pytorch()) is not None:
        sides[PYTORCH] = by_hand.products([(lib.torch.from_numpy(a), lib.torch.from_numpy(b)) for a, b in factors])
    return Workload(sides, agreement(sides, 1e-4))


def hessian_vector(compiled: bool = False) -> Workload:
    """T5: the Hessian-vector product of T1's network, float64."""
    start, x, y = small_network(np.float64)
    rng = np.random.default_rng(1)
    vector = [rng.standard_normal(a.shape) for a in start]
    sides: dict[str, Side] = {name: programs.hessian_vector(lib, start, x, y, vector) for name, lib in libraries(compiled)}
    sides[FORMULA] = by_hand.hessian_vector(start, x, y, vector)
    return Workload(sides, agreement(sides, 1e-9, runs=3, closer={EAGER: 0.0}))
