"""`check_backward`: is a backward right that was written by hand, in plain numpy?

The forward becomes one operation of a graph, and what is expected is found as for `gradcheck`: by the complex step (Squire and Trapp,
SIAM Review 40, 1998) where the function takes complex numbers and is analytic, else by differences with Ridders' extrapolation. Instead
of the engine, the backward is asked, with random upstream gradients, with one for each output by itself, and with one of twice the size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from autograd.core.mode import enable_grad
from autograd.core.node import Node
from autograd.errors import described
from autograd.random import Generator
from autograd.testing.checking.comparison import Comparison
from autograd.testing.checking.complex_step import rounding
from autograd.testing.checking.differences import corners
from autograd.testing.checking.expected import SAMPLES, Expected
from autograd.testing.checking.function import Unfit, unflat
from autograd.testing.checking.hints import hints
from autograd.testing.checking.passes import Passes
from autograd.testing.checking.report import Check, GradcheckError, Report, name_of
from autograd.testing.checking.settings import Settings

__all__ = ["check_backward"]


def check_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Any,
    *,
    signature: str | None = None,
    method: str = "auto",
    directions: int = 2,
    rtol: float | None = None,
    atol: float | None = None,
    generator: Generator | None = None,
    raise_exception: bool = True,
) -> Report:
    """Is ``backward`` right for ``forward(*inputs)``, both in numpy? Returns a true `Report`, or raises `GradcheckError`.

    ``inputs`` is a tuple of arrays, numbers, or dicts and lists of them, such as one of all parameters; what is floating is checked
    (float32 is converted to float64, and the report says so), labels and other things are handed on. ``forward`` returns an array, a
    number, several of them, or ``(out, cache)`` where backward takes a cache. It must give the same each time and change no input.

    ``backward`` is called as the names of its parameters say: an upstream gradient for each output (``dout``, ``dy``, ``dZ``, ``grad``,
    ``upstream``...; none where a loss is its own), the ``cache``, and inputs by their names in forward, in any order. Where the names do
    not tell, ``signature`` does: ``"dout, cache"``, ``"dout, *inputs"``, ``"*inputs, dout"``; a single "dout" for several outputs is a
    tuple. It returns one gradient for each input, with None for labels, or without these; or a dict by their names, "x" or "dx".

    ``method``, ``directions``, ``rtol``, ``atol``, ``generator`` and ``raise_exception`` are those of `gradcheck`. So is the report: which
    entries differ, and, under the table, what was probably forgotten. With dout, u^T J is "weighed outputs". Each number is asked for by
    itself up to 256 of them: small inputs do.

    Raises GradcheckError where a gradient is wrong, of another shape or dtype, where something is changed in place, and where nothing can
    be said, as for a forward that draws at random. TypeError where it cannot be told how backward is called, and for wrong arguments,
    ValueError for options that do not exist.

    >>> def affine(x, w, b):
    ...     return x @ w + b, (x, w)
    >>> def affine_backward(dout, cache):
    ...     x, w = cache
    ...     return dout @ w.T, x.T @ dout, dout.mean(axis=0)
    >>> x, w, b = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[2.0], [-1.0]]), np.array([0.5])
    >>> print(check_backward(affine, affine_backward, (x, w, b), raise_exception=False))
    gradcheck of affine_backward: WRONG
    order 1: 7 inputs x 2 outputs, each partial derivative, by complex step: 2 numbers wrong
                                 expected  got  relative error
      d output [0, 0] / d b [0]  1         0.5  5.0e-01         backward
      d output [1, 0] / d b [0]  1         0.5  5.0e-01         backward
    b: 1/2 of what is right throughout, and 2 is the length of axis 0 of x: is it divided by a number of examples once too often?
    right: the gradients of x, w
    >>> bool(check_backward(np.tanh, lambda x, dout: dout * (1 - np.tanh(x) ** 2), x))
    True
    """
    __tracebackhide__ = True
    for what, fn in (("forward", forward), ("backward", backward)):
        if not callable(fn):
            raise TypeError(f"check_backward needs a function as {what}, got {described(fn)}")
    settings = Settings(method, directions, rtol, atol, generator, raise_exception)
    report = Report(name_of(backward))
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    try:
        passes = Passes(forward, backward, given, signature)
        with enable_grad():
            check = _ByHand(passes, settings, settings.rng()).check()
        report.checks.append(check)
        if passes.single:
            check.notes.append("inputs of float32, whose 7 digits leave nothing to compare, were converted to float64 for the check")
    except Unfit as problem:
        report.problem = str(problem)
    if settings.raise_exception and not report:
        raise GradcheckError(report)
    return report


class _Expected(Expected):
    """Of one operation that is a function of numpy's: it is all by the complex step or all by differences."""

    def ask(self, each: bool) -> None:
        if self.exact and not self.trace.classified:
            self.trace.tangents(self.vs)
            self.exact = not self.trace.local
        if self.exact:
            super().ask(each)
        else:
            self.each, self.ts = each, np.concatenate([np.eye(self.n), self.vs]) if each else self.vs
            self.jt, self.error = np.zeros((2, len(self.ts), self.m))

    def confirm(self) -> None:
        """A kink that is very near is taken for one that is here, as differences hardly tell them apart."""
        super().confirm()
        if not self.exact:
            at, rough = (np.tile(x, len(self.vs)) for x in (self.f.at, self.rough))
            near = corners(self.along(self.f, self.vs), at, rough, steps=(1e-6,))
            if np.any(near):
                self.corner = self.corner | np.any(near.reshape((-1, self.m)), axis=0)
                self.size = np.ones(self.n)

    def find_each(self) -> None:
        self.ask(True)
        self.settle()

    @property
    def searches(self) -> bool:
        return True  # a call in numpy is cheap, and which entry it is most of what one wants to know

    @cached_property
    def rough(self) -> np.ndarray:
        """What rounding does on the way is not seen, but what it does when the inputs are rounded is."""
        there = rounding(self.rng)(np.tile(self.f.here, (4, 1)))
        return np.max(np.abs(self.f(there) - self.f.at), axis=0)


class _ByHand(Comparison):
    """The check of one backward."""

    expects = _Expected
    who = "backward"
    precision = 1e-9, 1e-13  # numpy's rounding on the way is not seen
    expected: _Expected

    def __init__(self, passes: Passes, settings: Settings, rng: np.random.Generator) -> None:
        super().__init__(passes.function(), 1, settings, rng)
        self.passes = passes
        if not passes.takes_dout:
            self.us, self.eye = np.ones((1, 1)), np.zeros((0, 1))

    def recorded(self, u: np.ndarray) -> tuple[list[Node], list[Node]]:
        return [], []  # there is no graph of a backward by hand

    def compare_all(self, check: Check) -> None:
        """Also for twice an upstream gradient, as backward is linear in it."""
        us = np.concatenate([self.eye, self.us, 2 * self.us[:1]]) if self.passes.takes_dout else self.us
        self.compare(check, us, np.array([self.passes.gradient(u) for u in us]), "backward")

    def explain(self, check: Check) -> None:
        """Which of the usual mistakes is it?"""
        e, u = self.expected, self.us[:1]
        if e.each:
            right = e.ends(u)[0][0, : self.n]
            got = self.passes.gradient(u[0])
            twice = self.passes.gradient(2 * u[0]) if self.passes.takes_dout else 2 * got
            outputs = [("output" if len(self.f.outputs) == 1 else f"output {k}", np.shape(n.raw)) for k, n in enumerate(self.f.outputs)]
            lengths = [(name, raw.shape) for name, raw in zip(self.f.names, self.f.raws)] + outputs
            named = [dict(zip(self.f.names, map(np.asarray, unflat(v, self.f.checked)))) for v in (got, twice, right)]
            check.notes += hints(named[0], named[1], named[2], lengths)
            wrong = {f.what.split(" / d ")[1].split(" [")[0] for f in check.failures}
            if well := [name for name in self.f.names if name not in wrong]:
                check.notes.append(f"right: the gradient{'s' * (len(well) > 1)} of {', '.join(well)}")

    def spread(self, us: np.ndarray) -> np.ndarray:
        """How far rounding of the inputs may take each side."""
        e = self.expected
        far = np.zeros((len(us), len(e.ts)))
        if self.rtol is not None:
            return far
        noise = rounding(self.rng)
        base = np.array([self.passes.gradient(u) for u in us])
        for _ in range(SAMPLES // 2):
            there = unflat(noise(self.f.here), self.f.checked)
            moved = np.array([self.passes.gradient(u, there) for u in us])
            with np.errstate(invalid="ignore"):
                far = np.fmax(far, np.abs((moved - base) @ e.ts.T))
        return 64 * far
