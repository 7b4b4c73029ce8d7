"""Who this project is compared with, as far as they are installed; nobody has to be.

PyTorch runs the same programs as we do, with other imports: a `Library` is those imports. JAX and mygrad live in this process as
well. HIPS autograd, whose import name is ours, lives in a child process with an interpreter of its own: that of `.venv-hips`, or what
the environment variable HIPS_PYTHON names.
"""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import time
import weakref
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
import nn

OURS, EAGER, PYTORCH, JAX, MICROGRAD, MYGRAD, HIPS = "ours", "ours, eager", "PyTorch", "JAX, jit", "micrograd", "mygrad", "HIPS autograd"
HERE = Path(__file__).parent
HIPS_PYTHON = Path(os.environ.get("HIPS_PYTHON") or HERE.parents[1] / ".venv-hips" / "bin" / "python")


def as_it_is(function: Any) -> Any:
    return function


class Library(NamedTuple):
    """What a user of PyTorch imports, by the names under which programs know it, and what is done to a step that runs again and again."""

    torch: Any
    nn: Any
    F: Any
    optim: Any
    data: Any
    grad: Callable[..., Any]
    compiled: Callable[..., Any] = as_it_is


@cache
def imported(name: str) -> Any:
    """The module, or None where its package is not installed."""
    try:
        version(name)
    except PackageNotFoundError:
        return None
    return importlib.import_module(name)


@cache
def pytorch() -> Library | None:
    torch = imported("torch")
    if torch is None:
        return None
    torch.set_num_threads(1)
    return Library(torch, torch.nn, torch.nn.functional, torch.optim, importlib.import_module("torch.utils.data"), torch.autograd.grad)


def libraries(compiled: bool = False) -> Iterator[tuple[str, Library]]:
    """Those that run the same programs, by name: we first, compiled and eager where that is asked for, then PyTorch where it is installed."""
    eager = Library(ag, nn, nn.functional, nn.optim, nn.data, ag.grad)
    if compiled:
        yield OURS, eager._replace(compiled=ag.compile)
    yield EAGER if compiled else OURS, eager
    if (lib := pytorch()) is not None:
        yield PYTORCH, lib


class Jitted:
    """A step of training that JAX compiled. Runs in a row are waited for once, at their end, as a training loop would."""

    def __init__(self, loss: Callable[..., Any], start: list[np.ndarray], x: np.ndarray, y: np.ndarray, lr: float) -> None:
        jax = imported("jax")
        differentiate = jax.value_and_grad(lambda p, x, y: loss(jax.numpy, p, x, y))

        def step(parameters: Any, x: Any, y: Any) -> Any:
            l, gradients = differentiate(parameters, x, y)
            return l, [p - lr * g for p, g in zip(parameters, gradients)]

        self.step, self.wait = jax.jit(step, donate_argnums=0), jax.block_until_ready
        self.parameters, self.x, self.y = [jax.numpy.array(a) for a in start], jax.numpy.array(x), jax.numpy.array(y)

    def __call__(self) -> Any:
        l, self.parameters = self.step(self.parameters, self.x, self.y)
        return l, self.parameters

    def seconds(self, number: int) -> float:
        start = time.perf_counter()
        for _ in repeat(None, number):
            self()
        self.wait(self.parameters)
        return time.perf_counter() - start


def with_mygrad(loss: Callable[..., Any], start: list[np.ndarray], lr: float) -> Callable[[], Any]:
    """A step of training as mygrad's users write it; ``loss`` is a function of the parameters."""
    parameters = [imported("mygrad").tensor(a.copy()) for a in start]

    def step() -> Any:
        l = loss(parameters)
        l.backward()
        for p in parameters:
            p.data -= lr * p.grad
        return l.data, [p.data for p in parameters]

    return step


class Child:
    """A program that HIPS autograd runs in its own environment, one question at a time: see `child`."""

    def __init__(self, program: str, *arguments: Any) -> None:
        self.process = subprocess.Popen([HIPS_PYTHON, "-E", HERE / "child.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        weakref.finalize(self, _end, self.process)
        self.version: str = self._ask((program, *arguments))

    def _ask(self, question: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        pickle.dump(question, self.process.stdin)
        self.process.stdin.flush()
        return pickle.load(self.process.stdout)

    def __call__(self) -> Any:
        return self._ask(0)

    def seconds(self, number: int) -> float:
        return self._ask(number)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.communicate()  # closes the pipe, at which the child ends


def in_child(program: str, *arguments: Any) -> dict[str, Child]:
    """That side of a race, or none where there is no such environment."""
    return {HIPS: Child(program, *arguments)} if HIPS_PYTHON.exists() else {}


def versions() -> dict[str, str | None]:
    """The version of each peer; None where it is not installed."""
    names = {PYTORCH: "torch", JAX: "jax", MICROGRAD: "micrograd", MYGRAD: "mygrad"}
    found: dict[str, str | None] = {}
    for peer, name in names.items():
        module = imported(name)
        found[peer] = None if module is None else version(name)
    lib = pytorch()
    if lib is not None:
        found[PYTORCH] = f"{found[PYTORCH]} ({'MKL' if lib.torch.backends.mkl.is_available() else 'without MKL'})"
    found[HIPS] = Child("expression", -4.0, 2.0).version if HIPS_PYTHON.exists() else None
    return {peer.partition(",")[0]: number for peer, number in found.items()}
