"""Which operation is at fault: each one that a function used is checked by itself, at the numbers that it met."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.node import Node, Op
from autograd.faces.tensor import item, pack, scalars
from autograd.testing.checking.complex_step import Trace
from autograd.testing.checking.function import Function, Unfit, leaf_like, line_of
from autograd.testing.checking.report import Blame

__all__ = ["blame"]

_MOST = 500  # operations that are looked at


def blame(trace: Trace, order: int) -> tuple[Blame | None, list[str]]:
    """The operation whose own derivatives are farthest from right, None where all are right; and those that are at a kink."""
    from autograd.testing.checking.comparison import Examination  # which asks for this module in turn

    worst: tuple[float, Blame | None] = (0.0, None)
    rng = np.random.default_rng(0)
    seen: set[Any] = set()
    kinked: list[str] = []
    for step in trace.steps[:_MOST]:
        n = step.node
        assert n.op is not None
        if n.op in (pack, scalars, item):  # they carry numbers from one layer to the other, and hand gradients on in a kind of their own
            continue
        numbers = tuple(np.asarray(a.raw).tobytes() if isinstance(a, Node) else repr(a) for a in n.args)
        if (n.op, numbers) in seen:
            continue
        seen.add((n.op, numbers))
        error, detail = _kernel(n), "whose scalar kernel has another partial than its rule"
        if not error:
            alone = tuple(leaf_like(a, a.raw) if isinstance(a, Node) and a.requires_grad else a for a in n.args)
            try:
                f = Function(_repeat(n), alone)
                for _ in range(1, order):
                    f = f.gradient(rng)
                check = Examination(f, order, "auto", 1, None, None, rng, blames=False).check()
            except Unfit:
                continue
            if check.kinks:
                kinked.append(f"{n.op!r}{line_of(n)}")
            if check.failures:
                digits = 15 if check.method == "complex step" else 10
                failure = max(check.failures, key=lambda failure: failure.error)
                given, right = f"{failure.got:.{digits}g}", f"{failure.expected:.{digits}g}"
                error, detail = failure.error, f"whose own {failure.what} is given as {given} where {right} is right"
        if error > worst[0]:
            worst = error, Blame(repr(n.op), detail, line_of(n).strip() or None)
    return worst[1], kinked


def _repeat(n: Node) -> Callable[..., Any]:
    return lambda *args: type(n).record(n.op, args)  # type: ignore[arg-type]


def _kernel(n: Node) -> float:
    """The relative error of the partials that a scalar kernel stored."""
    error = 0.0
    for stored, rule in zip((n.dx, n.dy), n.op.vjps if isinstance(n.op, Op) else ()):
        if stored is not None and rule is not None:
            args = [np.float64(a.raw if isinstance(a, Node) else a) for a in n.args]
            right = float(rule(np.float64(1), np.float64(n.raw), *args))
            error = max(error, abs(stored - right) / max(abs(right), 1e-300) if abs(stored - right) > 1e-12 * abs(right) else 0.0)
    return error
