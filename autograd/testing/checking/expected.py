"""What a gradient should be: derivatives of a function along tangents, how wrong they may be, and where there are none.

The complex step through the recorded graph is exact to rounding, but what it differentiates is the graph. So the graph is first held
against the function, a little aside; where it is not the function, or the complex step gives no number, differences answer instead.
Where a slope jumps, both of them are found: every gradient between is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np

from autograd.testing.checking.complex_step import STEP, Trace, rounding
from autograd.testing.checking.differences import corners, one_sided, slope
from autograd.testing.checking.function import Function, Unfit, random

__all__ = ["EACH", "SAMPLES", "SEARCHED", "Expected"]

EACH = 256  # so many inputs are asked one by one
SEARCHED = 2000  # so many are searched for the wrong entry once something is known to be wrong
SAMPLES = 8  # of rounding errors


class Expected:
    """J t of a function for tangents t: each input by itself (where these are few, or in `find_each`), then random directions.

    >>> from autograd import Value
    >>> expected = Expected(Function(lambda x: x * x, (Value(3.0),)), "auto", 1, np.random.default_rng(0))
    >>> expected.find()
    >>> expected.method, expected.jt[0].tolist()
    ('complex step', [6.0])
    """

    def __init__(self, f: Function, method: str, directions: int, rng: np.random.Generator) -> None:
        self.f, self.asked, self.rng = f, method, rng
        self.m, self.n = f.at.size, f.here.size
        self.trace = Trace(f.outputs, f.checked)
        self.exact = method != "differences"
        scale = np.maximum(np.abs(f.here), 1)
        self.vs = np.array([random(rng, self.n) * scale for _ in range(directions)])
        self.size = np.where(f.here == 0, 1, np.abs(f.here))
        self.near = self.size / scale  # makes them small where the inputs are: kinks are looked for there
        self.notes: list[str] = []

    def find(self) -> None:
        """All that is expected. Raises Unfit where it cannot be told."""
        self.ask(self.n <= EACH)
        self.confirm()
        if np.any(self.corner) and not self.each:  # across a corner a random direction says nothing
            if self.n > SEARCHED:
                raise Unfit(
                    f"{int(self.corner.sum())} of {self.m} results have a kink here, and for more than {SEARCHED} inputs these are not "
                    "told apart: move the inputs a little"
                )
            self.ask(True)
        self.settle()

    def find_each(self) -> None:
        """The same for every input by itself, although there are many, once the graph is known to be the function."""
        self.ask(True)
        self.slopes()

    def ask(self, each: bool) -> None:
        """J t by the complex step, for all tangents."""
        self.each = each
        self.ts = np.concatenate([np.eye(self.n), self.vs]) if each else self.vs
        self.jt, self.error = self.trace.tangents(self.ts), np.zeros((len(self.ts), self.m))
        self.moved: list[np.ndarray] = []  # `samples`, once they were asked for

    def settle(self) -> None:
        """Differences where the complex step does not answer: because the graph is not the function, or with no number. Then the slopes."""
        if not self.exact:
            self.differences(range(len(self.ts)))
        elif self.asked == "auto" and not np.all(np.isfinite(self.jt)):
            self.differences(np.flatnonzero(~np.all(np.isfinite(self.jt), axis=1)))
        self.slopes()

    @property
    def searches(self) -> bool:
        """Is it cheap enough to look for a wrong entry among many?"""
        return self.exact

    @property
    def first(self) -> int:
        """The number of the first random direction among the tangents."""
        return len(self.ts) - len(self.vs)

    @property
    def method(self) -> str:
        """How it was found."""
        if not self.exact:
            return "differences"
        unconfirmed = ", unconfirmed" * (self.asked == "complex")
        return f"complex step{unconfirmed}" + (f" (differences for {', '.join(self.trace.local)})" if self.trace.local else "")

    def confirm(self) -> None:
        """Is the graph the function, and has that a derivative here? The function is asked at some distance."""
        recorded = self.is_recorded()
        f = self.along(self.trace if np.all(recorded) else self.f, self.vs * self.near)
        jumps = corners(f, np.tile(self.f.at, len(self.vs)))
        if np.any(jumps):  # or is it only that the function is known so badly?
            jumps = corners(f, np.tile(self.f.at, len(self.vs)), np.tile(self.rough, len(self.vs)))
        self.corner = np.any(jumps.reshape((-1, self.m)), axis=0)
        if self.asked == "auto" and not np.all(recorded) and not (np.all(recorded | self.corner) and np.all(self.is_recorded_beside())):
            self.exact = False
            self.notes.append(
                "the result depends on the inputs by a way that is not recorded: .detach(), .data, .item(), float(), numpy or a comparison"
            )

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

    @cached_property
    def local(self) -> np.ndarray:
        """Which outputs hang on an operation that is answered by differences?"""
        return self.trace.by_differences() if self.trace.local else np.zeros(self.m, bool)

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
        small = np.minimum(self.size, 1)  # steps no longer than the input itself
        for i in range(self.first):
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

    def jumps(self, us: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each u and t: does a slope of an output that u weighs jump, and does such an output itself?"""
        none = np.zeros((len(us), len(self.ts)), bool)
        return ((us != 0) @ self.jump.T, (us != 0) @ self.broken.T) if np.any(self.corner) else (none, none)

    def beside(self, us: np.ndarray) -> np.ndarray:
        """Random directions across a corner: the slopes there need not be those of any choice between the slopes along the axes."""
        aside = np.zeros((len(us), len(self.ts)), bool)
        aside[:, -len(self.vs) :] = np.any((us != 0) & self.corner, axis=1, keepdims=True)
        return aside

    def samples(self, noise: Callable[..., np.ndarray]) -> list[np.ndarray]:
        """How far J t moves with ``noise`` in every operation and with other steps; nothing where differences are what is expected."""
        if self.exact and not self.moved:
            exact = self.trace.tangents(self.ts)
            self.moved = [self.trace.tangents(self.ts, noise) - exact for _ in range(SAMPLES)]
            small = STEP * np.min(np.abs(self.f.here[self.f.here != 0]), initial=1.0)
            self.moved += [self.trace.tangents(self.ts, h=h) - exact for h in (1e-12, 1e-60, small)]  # is the step out of range?
        return self.moved


def _finite(x: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(x), np.abs(x), 0.0)
