"""One check at one order: what the engine says, beside what is expected, and what to make of a difference.

Everything is a number u^T J t: J is the matrix of partial derivatives, u a weighing of the outputs, t a tangent, a direction of the
inputs. The engine gives u^T J by its backward walk, the complex step or differences give J t. Where u and t have a single 1, the
number is a partial derivative; where they are random, it depends on all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.testing.checking.complex_step import Trace, flat, rounding
from autograd.testing.checking.expected import EACH, SAMPLES, SEARCHED, Expected
from autograd.testing.checking.function import Function, gradients, leaf_like, random, unflat
from autograd.testing.checking.report import Check, Failure, Kink
from autograd.testing.checking.settings import Settings

__all__ = ["Comparison"]

ALONE = 32  # so many outputs are differentiated one by one
_EPS = float(np.finfo(np.float64).eps)


class Comparison:
    """The check of one function at one order."""

    expects = Expected
    who = "the engine"  # gave the gradients
    precision = 1e-11, 8 * _EPS  # of the complex step, relative and by what was added up

    def __init__(self, f: Function, order: int, settings: Settings, rng: np.random.Generator) -> None:
        self.f, self.order, self.rng = f, order, rng
        self.rtol, self.atol = settings.rtol, settings.atol
        self.m, self.n = f.at.size, f.here.size
        self.eye = np.eye(self.m if self.m <= ALONE else 0, self.m)  # the outputs that are weighed alone as well
        weights = [random(rng, self.m) * 2.0 ** rng.integers(-3, 4, self.m) for _ in range(settings.directions)]
        self.us = np.array([np.ones(1), *(-1.7 * w for w in weights)] if self.m == 1 else weights)
        self.expected = self.expects(f, settings.method, settings.directions, rng)

    def check(self) -> Check:
        """Hold the one against the other."""
        expected = self.expected
        check = Check(self.order, self.n, self.m, "nothing", self.n <= EACH)
        if not self.m or not self.n:
            check.notes.append("there is nothing to differentiate: an input or an output is empty")
            return check
        expected.find()
        check.notes += expected.notes
        self.found, self.weights = self.recorded(self.us[0])
        self.compare_all(check)
        if check.failures and not expected.each and self.n <= SEARCHED and expected.searches:  # then find the entry
            expected.find_each()
            self.compare_all(check)
        if check.failures:
            self.explain(check)
        check.method, check.each = expected.method, expected.each
        check.notes = list(dict.fromkeys(check.notes))
        check.kinks, check.failures = most_telling(check.kinks), most_telling(check.failures)
        return check

    def explain(self, check: Check) -> None:
        """Once something is wrong: each output by itself on the walk on numbers, too."""
        self.compare(check, self.eye, np.array([self.raw(u) for u in self.eye]), "raw")

    def compare_all(self, check: Check) -> None:
        """Both of the engine's walks, and its J v."""
        others = np.concatenate([self.eye, self.us[1:]])
        self.compare(check, others, self.replayed(others), "recorded")
        self.compare(check, self.us[:1], flat([g.raw for g in self.found])[None], "recorded")
        us = np.concatenate([self.us[:1], self.eye[-1:]]) if self.m > 1 and len(self.eye) else self.us  # a gradient of 0, too, may arrive
        self.compare(check, us, np.array([self.raw(u) for u in us]), "raw")
        self.compare_forward(check)

    # What the engine says.
    def raw(self, u: np.ndarray) -> np.ndarray:
        """u^T J by the walk on numbers."""
        return flat([g.raw for g in gradients(self.f.outputs, self.f.checked, unflat(u, self.f.outputs))])

    def recorded(self, u: np.ndarray) -> tuple[list[Node], list[Node]]:
        """u^T J as a graph, one gradient for each input, and the weights, its leaves."""
        weights = [leaf_like(n, w) for n, w in zip(self.f.outputs, unflat(u, self.f.outputs))]
        return gradients(self.f.outputs, self.f.checked, weights, create_graph=True), weights

    def replayed(self, us: np.ndarray) -> np.ndarray:
        """u^T J for other weights, by computing the recorded gradients again: a row for each row of ``us``."""
        return Trace(self.found, self.weights)(us) if len(us) else np.zeros((0, self.n))

    def forward(self, v: np.ndarray) -> np.ndarray:
        """J v: the gradient of <u^T J, v> by u."""
        return flat([g.raw for g in gradients(self.found, self.weights, unflat(v, self.f.checked))])

    # The comparison.
    def compare(self, check: Check, us: np.ndarray, rows: np.ndarray, walk: str) -> None:
        """u^T J t of the engine, for each of its rows u^T J and each tangent t."""
        if not len(us):
            return
        e = self.expected
        with np.errstate(all="ignore"):
            got = np.concatenate([rows[:, : e.first], rows @ e.vs.T], axis=1)
            a, b, low, high = e.ends(us)
            size = np.abs(us) @ np.abs(e.jt.T)
            size[:, e.first :] += np.abs(rows) @ np.abs(e.vs.T)
            loose = (np.abs(us) > 0) @ e.local
            allowed = self.tolerance(high, size, np.abs(us) @ e.error.T if np.any(e.error) else 0.0, loose[:, None])
            jumps, broken = e.jumps(us)
            broken = broken & ~np.isnan(got)  # the function jumps: there is nothing to hold against
            if self.order > 1:  # nor is there where the slope of a slope is infinite
                broken |= jumps & ~np.isfinite(low + high) & ~np.isnan(got)
            right = broken | e.beside(us) | ((low - allowed <= got) & (got <= high + allowed)) | (got == high) | (got == low)
        lost = np.isnan(low) & np.isnan(got)
        if np.any(lost):
            check.notes.append("some derivatives are NaN by every way, so that nothing could be compared")
        if not np.all(right | lost):
            want = np.where(np.isnan(got), low, np.clip(got, low, high))
            right |= np.abs(got - want) <= self.spread(us)
            for k, i in np.argwhere(~right & ~lost).tolist():
                between = (float(low[k, i]), float(high[k, i])) if jumps[k, i] else None
                found = Failure(self.name(us[k], i), float(want[k, i]), float(got[k, i]), walk, self.rank(us[k], i), between)
                check.failures.append(found)
        for k, i in np.argwhere(right & jumps & ~e.beside(us)).tolist() if walk != "raw" else ():
            slopes = float(a[k, i]), float(b[k, i]), float(got[k, i])
            check.kinks.append(Kink(self.name(us[k], i), *slopes, self.rank(us[k], i), self.who))

    def compare_forward(self, check: Check) -> None:
        """J v of the engine, by two backward walks, for a random direction v."""
        e = self.expected
        i = e.first
        got, jv = self.forward(e.ts[i]), e.jt[i]
        if np.any(np.isnan(got) & ~np.isnan(jv)):
            check.notes.append("J v by two backward walks is NaN here: a partial derivative on the way is infinite, and meets a 0")
        allowed = self.tolerance(jv, np.abs(jv), e.error[i], e.local)
        wrong = np.flatnonzero(~np.isnan(got) & ~(np.abs(got - jv) <= allowed) & ~e.corner)
        if len(wrong):
            us = np.zeros((len(wrong), self.m))
            us[range(len(wrong)), wrong] = 1.0
            for u, k, far in zip(us, wrong, self.spread(us)[:, i]):
                if not abs(got[k] - jv[k]) <= far:
                    check.failures.append(Failure(self.name(u, i), float(jv[k]), float(got[k]), "forward", self.rank(u, i)))

    def tolerance(self, expected: np.ndarray, size: np.ndarray, error: Any, loose: np.ndarray) -> np.ndarray:
        """How far the engine may be away; ``size`` is what was added up to ``expected``, ``error`` that of differences.

        ``loose`` says what hangs on an operation that is answered by differences. Rounding is seen to afterwards, by `spread`.
        """
        loose = loose | (not self.expected.exact)
        rtol = self.rtol if self.rtol is not None else np.where(loose, 1e-7, self.precision[0])
        absolute = self.atol if self.atol is not None else np.where(loose, 1e-9, self.precision[1]) * size
        return rtol * np.abs(expected) + absolute + error + 1e-25  # smaller than that, the complex step shows its square

    def spread(self, us: np.ndarray) -> np.ndarray:
        """How far rounding may take each u^T J t: both sides are computed again, with noise in every operation."""
        far = np.zeros((len(us), len(self.expected.ts)))
        if self.rtol is not None:
            return far
        noise = rounding(self.rng)
        back = Trace(self.found, [*self.f.checked, *self.weights])
        here = np.concatenate([np.tile(self.f.here, (len(us), 1)), us], axis=1)
        base = back(here)
        samples = self.expected.samples(noise)
        with np.errstate(invalid="ignore"):
            for _ in range(SAMPLES):
                far = np.fmax(far, np.abs((back(here, noise) - base) @ self.expected.ts.T))
            for moved in samples:
                far = np.fmax(far, np.abs(us @ moved.T))
        return 64 * far

    def rank(self, u: np.ndarray, i: int) -> int:
        """0 for a partial derivative; 1 more where outputs are weighed, 2 more along a random direction."""
        return int(_weighs(u)) + 2 * (i >= self.expected.first)

    def name(self, u: np.ndarray, i: int) -> str:
        """Which number it is."""
        top = "weighed outputs" if _weighs(u) else place(int(np.argmax(u != 0)), self.f.outputs)
        return f"d {top} / d {'direction' if i >= self.expected.first else place(i, self.f.checked, self.f.names)}"


def _weighs(u: np.ndarray) -> bool:
    """Does ``u`` more than choose an output?"""
    return bool(np.count_nonzero(u) > 1 or np.max(u) != 1)


def most_telling(found: list[Any]) -> list[Any]:
    """What was found of the lowest rank, each once: where a partial derivative is wrong, sums of them are, too."""
    least = min((f.rank for f in found), default=0)
    return list({(f.what, getattr(f, "walk", None)): f for f in found if f.rank == least}.values())


def place(i: int, nodes: list[Node], names: list[str] | None = None) -> str:
    """``i`` counts the entries of ``nodes``: which node is it in, and where? Such as ``input 0 [2, 1]``."""
    for j, n in enumerate(nodes):
        size = int(np.size(n.raw))
        if i < size:
            name = names[j] if names is not None else "output" if len(nodes) == 1 else f"output {j}"
            shape = np.shape(n.raw)
            return f"{name} {[int(a) for a in np.unravel_index(i, shape)]}" if shape else name
        i -= size
    raise IndexError(i)
