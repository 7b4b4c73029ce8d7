"""A function as the graph that one call of it recorded, evaluated again with other numbers: shifted, complex, or rounded at random.

Only what the rows compute is used here: none of their derivatives, and nothing of the backward walk. So the derivatives that come
out can judge both. They are those of the complex step, f'(x) = Im f(x + ih) / h, which subtracts nothing, so that nothing cancels
and h may be 1e-20 (Squire and Trapp, SIAM Review 40, 1998).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.ops.table import padded
from autograd.program.steps import Program, Row
from autograd.testing.checking.differences import slope

__all__ = ["STEP", "Trace", "flat", "rounding"]

STEP = 1e-20
_MEMORY = 2**20  # complex numbers in one array of a batch
_EPS = float(np.finfo(np.float64).eps)


def flat(raws: Sequence[Any]) -> np.ndarray:
    """Numbers and arrays as one vector."""
    return np.concatenate([np.ravel(raw) for raw in raws]) if len(raws) else np.zeros(0)


class _Step:
    """A step of the program as it is computed for batches, and with complex numbers."""

    def __init__(self, step: Row) -> None:
        self.node, self.op, self.moving = step.node, step.op, step.uses
        self.args = [a.raw if isinstance(a, Node) else a for a in step.node.args]
        self.complex_args: list[Any] = [np.dtype(complex) if isinstance(a, np.dtype) and a.kind == "f" else a for a in self.args]
        self.local = False  # is it not analytic, so that its derivative is a difference?
        self.partials: tuple[np.ndarray, np.ndarray] | None = None  # the derivatives of an elementwise row, and how wrong they may be
        self.doubt: Any = 0.0  # how wrong the last such difference may be
        self.on_real = self.op.compute
        self.on_complex = self.op.on_complex or self.op.compute
        self.restore = False  # does numpy lose digits of the real part on complex numbers, as in log1p?

    def compute(self, function: Callable[..., Any], args: list[Any], values: list[Any]) -> Any:
        """The results for a batch of arguments, one after another where the row knows nothing of batches."""
        whole = self.op.on_batch
        if whole is True or self.op.entrywise:
            ndim = 1 + np.ndim(self.node.raw)
            for j, slot in self.moving:
                args[j] = padded(values[slot], ndim)
            return function(*args)
        if callable(whole) and (z := whole(function, values[self.moving[0][1]], *args[1:])) is not None:
            return z
        each = []
        for i in range(len(values[0])):
            for j, slot in self.moving:
                args[j] = values[slot][i]
            each.append(function(*args))
        return np.stack(each)

    def push(self, values: list[Any]) -> Any:
        """The results at complex arguments, whose imaginary parts are `STEP` times a tangent."""
        if not self.local:
            z = self.compute(self.on_complex, self.complex_args, values)
            return self.node.raw + 1j * z.imag if self.restore else z
        if self.op.entrywise and len(self.moving) == 1:
            return self.node.raw + 1j * self.elementwise(values)
        d, doubt = self.difference(values)
        self.doubt = np.nan_to_num(doubt, posinf=0)
        return self.node.raw + 1j * d

    def elementwise(self, values: list[Any]) -> Any:
        """`difference` for a row that takes each entry of one argument by itself: its derivatives there serve all tangents."""
        ((_, slot),) = self.moving
        if self.partials is None:
            d, doubt = self.difference([v[:1].real + 1j * (k == slot) for k, v in enumerate(values)])
            self.partials = d, np.nan_to_num(doubt, posinf=0)
        d, doubt = self.partials
        t = padded(values[slot].imag, 1 + np.ndim(self.node.raw))
        self.doubt = doubt * np.abs(t)
        return d * t

    def difference(self, values: list[Any]) -> tuple[np.ndarray, np.ndarray]:
        """The imaginary parts of the results by differences, and how wrong they may be."""
        at = [v.real for v in values]
        steep = max(float(np.max(np.abs(values[slot].imag), initial=0.0)) for _, slot in self.moving) or STEP

        def f(steps: np.ndarray) -> np.ndarray:
            moved = ([a + s * v.imag / steep for a, v in zip(at, values)] for s in steps)
            return np.stack([np.ravel(self.compute(self.on_real, self.args.copy(), moving)) for moving in moved])

        d, doubt = slope(f)
        shape = (len(values[0]), *np.shape(self.node.raw))
        return steep * d.reshape(shape), steep * doubt.reshape(shape)

    def first(self, values: list[Any]) -> Any:
        """`push` for the first time, which finds out whether this operation is analytic, and whether it loses digits."""
        try:
            if self.op.tabled:
                z = self.push(values)
            else:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", np.exceptions.ComplexWarning)  # an imaginary part that would be dropped
                    z = self.push(values)
            if self.is_analytic(values, z):
                self.restore = bool(np.any(np.abs(z[0].real - self.node.raw) > 1e-14 * np.abs(z[0].real)))
                return self.push(values) if self.restore else z
        except Exception:  # whatever it is, it does not take complex numbers; if it takes no real ones either, that shows below
            pass
        self.local = True
        return self.push(values)

    def is_analytic(self, values: list[Any], z: Any) -> bool:
        """Is the complex step right here? The rows of the tables are written for it; of others, differences tell."""
        if not np.iscomplexobj(z):  # such as the modulus
            return False
        if self.op.tabled:
            return True
        d, doubt = self.difference(values)
        return not np.any(np.abs(z.imag - d) > 20 * doubt + 1e-6 * np.max(np.abs(d), initial=0.0))


class Trace:
    """The graph from ``inputs`` to ``outputs``. Rows that hold all inputs go in, rows that hold all outputs come out.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> trace = Trace([x * x + 1], [x])
    >>> trace(np.array([[3.0], [1.0]])).tolist(), trace.tangents(np.array([[1.0]])).tolist()
    ([[10.0], [2.0]], [[4.0]])
    """

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> None:
        self.inputs = inputs
        self.program = Program(outputs, inputs)
        self.steps = [_Step(step) for step in self.program.steps]
        self.ends = [(n, self.program.slot(n)) for n in outputs]
        largest = max((int(np.size(n.raw)) for n in (*inputs, *(step.node for step in self.steps))), default=1)
        self.batch = max(1, _MEMORY // max(largest, 1))
        self.classified = False

    def by_differences(self) -> np.ndarray:
        """Which outputs does an operation reach that is answered by differences?"""
        reached: list[bool] = [False] * len(self.inputs)
        for step in self.steps:
            reached.append(step.local or any(reached[slot] for _, slot in step.moving))
        return np.concatenate([np.full(np.size(n.raw), slot is not None and reached[slot]) for n, slot in self.ends])

    @property
    def local(self) -> list[str]:
        """The names of the rows that are not analytic, or not written for complex numbers, once `tangents` has met them."""
        return sorted({step.op.name for step in self.steps if step.local})

    def __call__(self, inputs: np.ndarray, noise: Callable[..., Any] | None = None) -> np.ndarray:
        """The outputs: a row of the result for each row of ``inputs``. ``noise`` is put on every result on the way."""
        if len(inputs) > self.batch:
            return np.concatenate([self(inputs[i : i + self.batch], noise) for i in range(0, len(inputs), self.batch)])

        def apply(step: _Step, values: list[Any]) -> Any:
            z = step.compute(step.on_real, step.args.copy(), values)
            return z if noise is None else noise(z)

        values = self._run(self._parts(inputs), apply)
        ends = [np.tile(np.ravel(n.raw), (len(inputs), 1)) if slot is None else values[slot] for n, slot in self.ends]
        return _joined(len(inputs), ends)

    def tangents(self, directions: np.ndarray, noise: Callable[..., Any] | None = None, h: float = STEP) -> np.ndarray:
        """The derivatives of the outputs along directions: a row of the result for each row of ``directions``. ``h`` is the step."""
        if len(directions) > self.batch:
            return np.concatenate([self.tangents(directions[i : i + self.batch], noise, h) for i in range(0, len(directions), self.batch)])

        def apply(step: _Step, values: list[Any]) -> Any:
            z = step.push(values) if self.classified else step.first(values)
            return z if noise is None else noise(z, step.doubt)

        values = self._run([x.raw + part for x, part in zip(self.inputs, self._parts(directions * (1j * h)))], apply)
        self.classified = True
        ends = [np.zeros((len(directions), np.size(n.raw))) if slot is None else values[slot].imag for n, slot in self.ends]
        return _joined(len(directions), ends) / h

    def _run(self, values: list[Any], apply: Callable[[_Step, list[Any]], Any]) -> list[Any]:
        with np.errstate(all="ignore"):
            return self.program.run(values, lambda step, found: apply(self.steps[step.out - len(self.inputs)], found))

    def _parts(self, rows: np.ndarray) -> list[Any]:
        """A batch for each input, from rows that hold all inputs."""
        bounds = np.cumsum([np.size(x.raw) for x in self.inputs])[:-1]
        return [part.reshape((len(rows), *np.shape(x.raw))) for x, part in zip(self.inputs, np.split(rows, bounds, axis=1))]


def _joined(rows: int, batches: list[Any]) -> np.ndarray:
    """One row for each member of the batches."""
    return np.concatenate([batch.reshape((rows, -1)) for batch in batches], axis=1)


def rounding(rng: np.random.Generator) -> Callable[..., Any]:
    """Noise of the size of rounding errors, ``noise(z, doubt=0)``, with more of it on an imaginary part that is in doubt.

    What moves much under it is not known any better (Parker, Monte Carlo arithmetic, 1997).
    """

    def noise(z: Any, doubt: Any = 0.0) -> Any:
        def some() -> Any:
            return 2.0 * rng.integers(2, size=np.shape(z)) - 1

        if np.iscomplexobj(z):
            return np.real(z) * (1 + _EPS * some()) + 1j * (np.imag(z) * (1 + _EPS * some()) + doubt * some())
        return z * (1 + _EPS * some()) if np.asarray(z).dtype.kind == "f" else z

    return noise
