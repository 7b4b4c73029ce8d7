"""One check at one order: what is expected, what the engine says, and what to make of a difference.

Everything is a number u^T J t: J is the matrix of partial derivatives, u a weighing of the outputs, t a tangent, a direction of the
inputs. The engine gives u^T J by its backward walk, the complex step or differences give J t. Where u and t have a single 1, the
number is a partial derivative; where they are random, it tells of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.core.walk import grad
from autograd.testing.checking.complex_step import STEP, Trace, flat, rounding
from autograd.testing.checking.differences import corners, one_sided, slope
from autograd.testing.checking.function import Function, Unfit, leaf_like, random, unflat, zeros
from autograd.testing.checking.report import Check, Failure, Kink
from autograd.testing.checking.settings import Settings

__all__ = ["Comparison"]

EACH = 256  # so many inputs are asked one by one
SEARCHED = 2000  # so many are searched for the wrong entry once something is known to be wrong
ROWS = 32  # so many outputs are differentiated one by one
_SAMPLES = 8  # of rounding errors
_EPS = float(np.finfo(np.float64).eps)


class Comparison:
    """The check of one function at one order."""

    def __init__(self, f: Function, order: int, settings: Settings, rng: np.random.Generator) -> None:
        self.f, self.order, self.rng = f, order, rng
        self.method, self.rtol, self.atol, directions = settings.method, settings.rtol, settings.atol, settings.directions
        self.m, self.n = f.at.size, f.here.size
        self.trace = Trace(f.outputs, f.checked)
        self.exact = self.method != "differences"
        self.ones = self.m if self.m <= ROWS else 0  # so many outputs are weighed alone as well
        self.eye = np.eye(self.ones, self.m)
        weights = [random(rng, self.m) * 2.0 ** rng.integers(-3, 4, self.m) for _ in range(directions)]
        self.us = np.array([np.ones(1), *(-1.7 * w for w in weights)] if self.m == 1 else weights)
        scale = np.maximum(np.abs(f.here), 1)
        self.vs = np.array([random(rng, self.n) * scale for _ in range(directions)])
        self.near = np.where(f.here == 0, 1, np.abs(f.here)) / scale  # makes them small where the inputs are: kinks are looked for there
        self.ts = np.concatenate([np.eye(self.n), self.vs]) if self.n <= EACH else self.vs
        self.noisy: list[np.ndarray] | None = None

    def check(self) -> Check:
        """Hold the one against the other."""
        check = Check(self.order, self.n, self.m, "nothing", self.n <= EACH)
        if not self.m or not self.n:
            check.notes.append("there is nothing to differentiate: an input or an output is empty")
            return check
        self.expect()
        self.confirm(check)
        if np.any(self.corner) and not check.each:  # across a corner a random direction says nothing
            if self.n > SEARCHED:
                raise Unfit(
                    f"{int(self.corner.sum())} of {self.m} results have a kink here, and for more than {SEARCHED} inputs these are not "
                    "told apart: move the inputs a little"
                )
            self.look_at_each(check)
        self.answer_by_differences(check)
        self.slopes()
        self.found, self.weights = self.recorded(self.us[0])
        self.compare_all(check)
        if check.failures and not check.each and self.n <= SEARCHED and self.exact:  # then find the entry
            self.look_at_each(check)
            self.slopes()
            self.compare_all(check)
        if check.failures:
            self.compare(check, self.eye, np.array([self.raw(u) for u in self.eye]), "raw")
        check.notes = list(dict.fromkeys(check.notes))
        check.kinks, check.failures = most_telling(check.kinks), most_telling(check.failures)
        return check

    def compare_all(self, check: Check) -> None:
        """Both of the engine's walks, and its J v."""
        others = np.concatenate([self.eye, self.us[1:]])
        self.compare(check, others, self.replayed(others), "recorded")
        self.compare(check, self.us[:1], dense(self.found, self.f.checked)[None], "recorded")
        us = np.concatenate([self.us[:1], self.eye[-1:]]) if self.m > 1 and self.ones else self.us  # a gradient of 0, too, may arrive
        self.compare(check, us, np.array([self.raw(u) for u in us]), "raw")
        self.compare_forward(check)

    # What is expected.
    def expect(self) -> None:
        """J t by the complex step, for all tangents."""
        self.jt, self.error, self.noisy = self.trace.tangents(self.ts), np.zeros((len(self.ts), self.m)), None

    def look_at_each(self, check: Check) -> None:
        """Ask every input by itself, although there are many."""
        self.ts = np.concatenate([np.eye(self.n), self.vs])
        check.each = True
        self.expect()

    def answer_by_differences(self, check: Check) -> None:
        """Where the complex step does not answer: because the graph is not the function, or with no number."""
        if not self.exact:
            self.differences(range(len(self.ts)))
        elif self.method == "auto" and not np.all(np.isfinite(self.jt)):
            self.differences(np.flatnonzero(~np.all(np.isfinite(self.jt), axis=1)))

    def confirm(self, check: Check) -> None:
        """Is the graph the function, and has that a derivative here? The function is asked at some distance."""
        recorded = self.is_recorded()
        f = self.along(self.trace if np.all(recorded) else self.f, self.vs * self.near)
        jumps = corners(f, np.tile(self.f.at, len(self.vs)))
        if np.any(jumps):  # or is it only that the function is known so badly?
            jumps = corners(f, np.tile(self.f.at, len(self.vs)), np.tile(self.rough, len(self.vs)))
        self.corner = np.any(jumps.reshape((-1, self.m)), axis=0)
        check.method = "complex step"
        if self.method == "complex":
            check.method += ", unconfirmed"
        elif self.method == "differences" or not (
            np.all(recorded) or (np.all(recorded | self.corner) and np.all(self.is_recorded_beside()))
        ):
            self.exact = False
            check.method = "differences"
            if self.method == "auto":
                check.notes.append(
                    "the result depends on the inputs by a way that is not recorded: .detach(), .data, .item(), numpy or a comparison"
                )
        if self.exact and (local := self.trace.local):
            check.method += f" (differences for {', '.join(local)})"

    def is_recorded(self) -> np.ndarray:
        """For each output: does the graph give what the function gives, at some distance from the inputs?

        What is hidden from the graph shows at every distance, in proportion; a kink in between only beyond it.
        """
        same = np.zeros(self.m, bool)
        shown = np.full(self.m, np.inf)  # what would show at the next distance of what showed at the last
        problem: Exception | None = None
        for distance in (1e-3, 1e-5, 1e-7, 1e-9):
            there = self.f.here + distance * np.outer([1, -1], self.vs[0] * self.near)
            try:
                f, trace = self.f(there), self.trace(there)
            except Unfit:
                raise
            except Exception as error:  # the function refuses what lies beyond its domain
                problem = error
                continue
            problem = None
            with np.errstate(invalid="ignore"):
                away = np.max(np.where(np.isnan(f) & np.isnan(trace), 0, np.abs(f - trace)), axis=0)
                noise = 1e-14 * np.abs(self.f.at)
                if not np.all(away <= noise):  # nearly always it is, and the rest need not be known
                    noise += 8 * self.rough
                same |= (away <= noise) & (noise <= 0.1 * shown)
            if np.all(same):
                break
            shown = np.where(np.isnan(away), np.inf, away) * 1e-2
        if problem is not None:
            raise Unfit(f"the function cannot be called near the inputs: {type(problem).__name__}: {problem}")
        return same

    def is_recorded_beside(self) -> np.ndarray:
        """The same for a graph that is recorded just beside the inputs, to either side, where a corner at the inputs is left behind."""
        same = np.zeros(self.m, bool)
        for side in (1e-6, -1e-6):
            moved = self.f.here + side * self.vs[0] * self.near
            there = moved + 1e-3 * side * np.outer([1, -1], self.vs[0] * self.near)
            with np.errstate(invalid="ignore"):
                away = np.max(np.abs(self.f(there) - self.f.recorded_at(moved)(there)), axis=0)
                same |= ~(away > 1e-14 * np.abs(self.f.at) + 8 * self.rough)
        return same

    @cached_property
    def rough(self) -> np.ndarray:
        """How far rounding may take each output."""
        return np.max(np.abs(self.trace(np.tile(self.f.here, (4, 1)), rounding(self.rng)) - self.f.at), axis=0)

    def along(self, f: Callable[[np.ndarray], np.ndarray], ts: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """``f`` on lines through the inputs, one for each row of ``ts``, their results side by side."""
        return lambda steps: f((self.f.here + steps[:, None, None] * ts).reshape((-1, self.n))).reshape((len(steps), -1))

    def differences(self, rows: Iterable[int]) -> None:
        """J t by differences of the function, and how wrong they may be, for some of the tangents."""
        for i in rows:
            d, error = slope(self.along(self.f, self.ts[i][None]), enough=1e-12, rough=self.rough)
            self.jt[i], self.error[i] = d, np.where(np.isfinite(error), 20 * error, np.inf)

    def slopes(self) -> None:
        """The slopes to the left and to the right, where they jump; elsewhere J t stands for both."""
        self.left, self.right = self.jt, self.jt
        self.jump, self.broken = np.zeros(self.jt.shape, bool), np.zeros(self.jt.shape, bool)
        if not np.any(self.corner):
            return
        self.left, self.right = self.jt.copy(), self.jt.copy()
        small = np.where(self.f.here == 0, 1, np.minimum(np.abs(self.f.here), 1))  # steps no longer than the input itself
        for i in range(len(self.ts) - len(self.vs)):
            f = self.along(self.f, small[i] * self.ts[i][None])
            scale = 1 / small[i]
            sides = [one_sided(f, side, self.f.at, rough=self.rough) for side in (-1.0, 1.0)]
            (left, e, there), (right, d, here) = ((scale * slope, scale * error, jumps) for slope, error, jumps in sides)
            with np.errstate(invalid="ignore"):
                slack = 20 * np.nan_to_num(e + d, posinf=0) + 1e-6 * np.maximum(_finite(left), _finite(right)) + 1e-9
                smooth = np.isfinite(left) & np.isfinite(right) & (np.abs(left - right) <= slack)
            self.jump[i], self.broken[i] = self.corner & ~smooth, self.corner & (there | here)
            self.left[i], self.right[i] = np.where(self.jump[i], left, self.jt[i]), np.where(self.jump[i], right, self.jt[i])
            self.error[i] = np.where(self.jump[i], slack, self.error[i])

    # What the engine says.
    def raw(self, u: np.ndarray) -> np.ndarray:
        """u^T J by the walk on numbers."""
        return dense(self.f.backward(self.f.outputs, unflat(u, self.f.outputs), create_graph=False), self.f.checked)

    def recorded(self, u: np.ndarray) -> tuple[list[Any], list[Node]]:
        """u^T J as a graph, one gradient for each input, and the weights, its leaves."""
        weights: list[Node] = [leaf_like(n, w) for n, w in zip(self.f.outputs, unflat(u, self.f.outputs))]
        return self.f.backward(self.f.outputs, weights, create_graph=True), weights

    def replayed(self, us: np.ndarray) -> np.ndarray:
        """u^T J for other weights, by computing the recorded gradients again: a row for each row of ``us``."""
        rows = np.zeros((len(us), self.n))
        gs = [g for g in self.found if g is not None]
        if len(us) and gs:
            rows[:, self.flows()] = Trace(gs, self.weights)(us)
        return rows

    def flows(self) -> np.ndarray:
        """Which numbers of the inputs have got a gradient at all?"""
        return np.concatenate([np.full(np.size(x.raw), g is not None) for x, g in zip(self.f.checked, self.found)])

    def forward(self, v: np.ndarray) -> np.ndarray:
        """J v: the gradient of <u^T J, v> by u."""
        pairs = [(g, d) for g, d in zip(self.found, unflat(v, self.f.checked)) if g is not None and g.requires_grad]
        if not pairs:
            return np.zeros(self.m)
        gs, ds = zip(*pairs)
        return dense(list(grad(gs, self.weights, list(ds), retain_graph=True, allow_unused=True)), self.f.outputs)

    # The comparison.
    def compare(self, check: Check, us: np.ndarray, rows: np.ndarray, walk: str) -> None:
        """u^T J t of the engine, for each of its rows u^T J and each tangent t."""
        if not len(us):
            return
        each = len(self.ts) - len(self.vs)
        with np.errstate(all="ignore"):
            got = np.concatenate([rows[:, :each], rows @ self.vs.T], axis=1)
            a, b, low, high = self.ends(us)
            size = np.abs(us) @ np.abs(self.jt.T)
            size[:, each:] += np.abs(rows) @ np.abs(self.vs.T)
            loose = (np.abs(us) > 0) @ self.local
            allowed = self.tolerance(high, size, np.abs(us) @ self.error.T if np.any(self.error) else 0.0, loose[:, None])
            jumps, broken = self.jumps(us)
            broken = broken & ~np.isnan(got)  # the function jumps: there is nothing to hold against
            if self.order > 1:  # nor is there where the slope of a slope is infinite
                broken |= jumps & ~np.isfinite(low + high) & ~np.isnan(got)
            right = broken | self.beside(us) | ((low - allowed <= got) & (got <= high + allowed)) | (got == high) | (got == low)
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
        for k, i in np.argwhere(right & jumps & ~self.beside(us)).tolist() if walk == "recorded" else ():
            check.kinks.append(Kink(self.name(us[k], i), float(a[k, i]), float(b[k, i]), float(got[k, i]), self.rank(us[k], i)))

    def jumps(self, us: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each u and t: does a slope of an output that u weighs jump, and does such an output itself?"""
        none = np.zeros((len(us), len(self.ts)), bool)
        return ((us != 0) @ self.jump.T, (us != 0) @ self.broken.T) if np.any(self.corner) else (none, none)

    def beside(self, us: np.ndarray) -> np.ndarray:
        """Random directions across a corner: the slopes there need not be those of any choice between the slopes along the axes."""
        aside = np.zeros((len(us), len(self.ts)), bool)
        aside[:, -len(self.vs) :] = np.any((us != 0) & self.corner, axis=1, keepdims=True)
        return aside

    def ends(self, us: np.ndarray) -> tuple[np.ndarray, ...]:
        """u^T J t from the left and from the right, and the least and the greatest that choices between the slopes can give."""
        if not np.any(self.corner):
            return (us @ self.jt.T,) * 4
        found = []
        for u in us:
            at = np.flatnonzero(u)  # 0 times inf would be NaN
            a, b = u[at] * self.left[:, at], u[at] * self.right[:, at]
            found.append([a.sum(1), b.sum(1), np.fmin(a, b).sum(1), np.fmax(a, b).sum(1)])
        return tuple(np.array(end) for end in zip(*found))

    def compare_forward(self, check: Check) -> None:
        """J v of the engine, by two backward walks, for a random direction v."""
        i = len(self.ts) - len(self.vs)
        got, jv = self.forward(self.ts[i]), self.jt[i]
        if np.any(np.isnan(got) & ~np.isnan(jv)):
            check.notes.append("J v by two backward walks is NaN here: a partial derivative on the way is infinite, and meets a 0")
        allowed = self.tolerance(jv, np.abs(jv), self.error[i], self.local)
        wrong = np.flatnonzero(~np.isnan(got) & ~(np.abs(got - jv) <= allowed) & ~self.corner)
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
        loose = loose | (not self.exact)
        rtol = self.rtol if self.rtol is not None else np.where(loose, 1e-7, 1e-11)
        absolute = self.atol if self.atol is not None else np.where(loose, 1e-9, 8 * _EPS) * size
        return rtol * np.abs(expected) + absolute + error + 1e-25  # smaller than that, the complex step shows its square

    @cached_property
    def local(self) -> np.ndarray:
        """Which outputs hang on an operation that is answered by differences?"""
        return self.trace.by_differences() if self.trace.local else np.zeros(self.m, bool)

    def spread(self, us: np.ndarray) -> np.ndarray:
        """How far rounding may take each u^T J t: both sides are computed again, with noise in every operation."""
        far = np.zeros((len(us), len(self.ts)))
        if self.rtol is not None:
            return far
        noise = rounding(self.rng)
        gs = [g for g in self.found if g is not None]
        back = Trace(gs, [*self.f.checked, *self.weights]) if gs else None
        here = np.concatenate([np.tile(self.f.here, (len(us), 1)), us], axis=1)
        base = None if back is None else back(here)
        if self.exact and self.noisy is None:
            exact = self.trace.tangents(self.ts)
            self.noisy = [self.trace.tangents(self.ts, noise) - exact for _ in range(_SAMPLES)]
            small = STEP * np.min(np.abs(self.f.here[self.f.here != 0]), initial=1.0)
            self.noisy += [self.trace.tangents(self.ts, h=h) - exact for h in (1e-12, 1e-60, small)]  # is the step out of range?
        with np.errstate(invalid="ignore"):
            for _ in range(_SAMPLES):
                if back is not None:
                    moved = np.zeros((len(us), self.n))
                    moved[:, self.flows()] = back(here, noise) - base
                    far = np.fmax(far, np.abs(moved @ self.ts.T))
            for moved in self.noisy or ():
                far = np.fmax(far, np.abs(us @ moved.T))
        return 64 * far

    def rank(self, u: np.ndarray, i: int) -> int:
        """0 for a partial derivative; 1 more where outputs are weighed, 2 more along a random direction."""
        return int(np.count_nonzero(u) > 1 or np.max(u) != 1) + 2 * (i >= len(self.ts) - len(self.vs))

    def name(self, u: np.ndarray, i: int) -> str:
        """Which number it is."""
        top = "weighed outputs" if np.count_nonzero(u) > 1 or np.max(u) != 1 else place(int(np.argmax(u != 0)), self.f.outputs)
        if i >= len(self.ts) - len(self.vs):
            return f"d {top} / d direction"
        return f"d {top} / d {place(i, self.f.checked, self.f.names)}"


def _finite(x: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(x), np.abs(x), 0.0)


def most_telling(found: list[Any]) -> list[Any]:
    """What was found of the lowest rank, each once: where a partial derivative is wrong, sums of them are, too."""
    least = min((f.rank for f in found), default=0)
    return list({(f.what, getattr(f, "walk", None)): f for f in found if f.rank == least}.values())


def dense(found: list[Any], like: list[Node]) -> np.ndarray:
    """Gradients as one vector; None is 0."""
    return flat([zeros(x) if g is None else g.raw for x, g in zip(like, found)])


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
