"""Which operation is at fault in a check that failed: each one is checked by itself, at the numbers that it met.

`run` calls it after a check that failed. The comparison does not know of it, so that it can check the single operations as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.faces.value import Value
from autograd.testing.checking.comparison import Comparison
from autograd.testing.checking.complex_step import Trace
from autograd.testing.checking.function import Function, Unfit, leaf_like, line_of
from autograd.testing.checking.report import Blame, Check
from autograd.testing.checking.settings import Settings

__all__ = ["blame"]

_MOST = 500  # operations that are checked


def blame(f: Function, check: Check) -> None:
    """Write into the failed ``check`` of ``f`` which operation has the derivatives that are farthest from right, or else what is known."""
    source = f.origin or f
    worst = 0.0
    kinked: list[str] = []
    rng = np.random.default_rng(0)
    for n in _operations(Trace(source.placed(), source.checked)):
        error, detail = _kernel(n), "whose scalar kernel has another partial than its rule"
        if not error:
            try:
                alone = _alone(n, check.order, rng)
            except Unfit:
                continue
            if alone.kinks:
                kinked.append(f"{n.op!r}{line_of(n)}")
            if alone.failures:
                digits = 15 if alone.method == "complex step" else 10
                failure = max(alone.failures, key=lambda failure: failure.error)
                given, right = f"{failure.got:.{digits}g}", f"{failure.expected:.{digits}g}"
                error, detail = failure.error, f"whose own {failure.what} is given as {given} where {right} is right"
            if error and (forgetful := _forgets(n)) is not None:
                detail = f"whose rule for argument {forgetful} does not depend on g, the gradient of its result"
        if error > worst:
            worst, check.blame = error, Blame(repr(n.op), detail, line_of(n).strip() or None)
    if check.blame is None and kinked:
        check.notes.append(f"{kinked[0]} is at a kink here, where the chain rule promises nothing: choose inputs beside it")
    elif check.blame is None and not check.notes:
        check.notes.append("the rule of every operation is right by itself; the error lies in how they are put together")


def _operations(trace: Trace) -> Iterator[Node]:
    """The operations of a graph, each once where it met the same numbers again."""
    seen: set[Any] = set()
    for n in (step.node for step in trace.steps[:_MOST]):
        if n.op is None or n.op.across:  # they carry numbers from one layer to the other, and their gradients are sparse
            continue
        met = n.op, tuple(np.asarray(a.raw).tobytes() if isinstance(a, Node) else repr(a) for a in n.args)
        if met not in seen:
            seen.add(met)
            yield n


def _alone(n: Node, order: int, rng: np.random.Generator) -> Check:
    """The check of a single operation."""

    def again(*args: Any) -> Any:
        return type(n).record(n.op, args)  # type: ignore[arg-type]

    f = Function(again, tuple(leaf_like(a, a.raw) if isinstance(a, Node) and a.requires_grad else a for a in n.args))
    for _ in range(1, order):
        f = f.gradient(rng)
    return Comparison(f, order, Settings(directions=1), rng).check()


def _forgets(n: Node) -> int | None:
    """The first argument whose rule gives the same for twice the gradient, which is linear in it by the chain rule."""
    g = np.ones_like(n.raw) if isinstance(n.raw, np.ndarray) else 1.0
    with np.errstate(all="ignore"):  # as in a walk
        once, twice = ({i: np.asarray(d) for i, _, d in n.pull(k * g)} for k in (1, 2))
    return next((i for i, d in once.items() if np.any(d) and np.array_equal(d, twice[i])), None)


def _kernel(n: Node) -> float:
    """The relative error of the partials that a scalar kernel stored."""
    error = 0.0
    for i, stored in n.partials.items() if isinstance(n, Value) else ():
        assert n.op is not None
        args = [np.float64(a.raw if isinstance(a, Node) else a) for a in n.args]
        right = float(n.op.vjp(i, np.float64(1), np.float64(n.raw), args))
        error = max(error, abs(stored - right) / max(abs(right), 1e-300) if abs(stored - right) > 1e-12 * abs(right) else 0.0)
    return error
