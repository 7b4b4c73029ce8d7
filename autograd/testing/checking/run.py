"""`gradcheck`: are the gradients of a function right? Each is held against a derivative found without any rule of the engine.

What is expected comes from the complex step through the recorded graph, which is exact to rounding, once differences of the function
itself have confirmed that the graph is the function; else from the differences. What is judged is the engine's own backward walk, on
numbers and on recorded nodes. Random directions tell of all inputs at once; up to 256 inputs are also asked one by one, so that an
error in one of them cannot hide among the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from autograd.core.blocks import no_fork_within
from autograd.core.mode import enable_grad
from autograd.errors import described
from autograd.faces.dtypes import float32, float64
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.random import Generator
from autograd.testing.checking.blame import blame
from autograd.testing.checking.comparison import Comparison
from autograd.testing.checking.function import Function, Unfit, nodes_of
from autograd.testing.checking.report import GradcheckError, Report, name_of
from autograd.testing.checking.settings import Settings

__all__ = ["gradcheck", "gradgradcheck"]

# One check at a time: other numbers stand in the inputs while it runs, and these may be another's as well.
_lock = threading.RLock()
no_fork_within(_lock)


def gradcheck(
    fn: Callable[..., Any],
    inputs: Any,
    *,
    order: int = 1,
    method: str = "auto",
    directions: int = 2,
    rtol: float | None = None,
    atol: float | None = None,
    generator: Generator | None = None,
    raise_exception: bool = True,
) -> Report:
    """Are the gradients of ``fn(*inputs)`` right, up to the ``order``-th? Returns a `Report`, which is true, or raises `GradcheckError`.

    ``inputs`` is a tuple of Values, Tensors (of any shape; float32 is converted to float64 for as long as it runs, and the report says
    so) and whatever else ``fn`` takes; those that require grad are checked. ``fn`` returns a Value, a Tensor, or a tuple or list of them.
    It is called some twenty times, with numbers around those given, and must be deterministic. Nothing lasting happens to the inputs, nor
    to their ``.grad``; but other numbers stand in them for as long as it runs. Checks in several threads take turns.

    ``method`` is "auto" (see the head of this module), "complex" (the complex step, unconfirmed) or "differences" (of ``fn`` alone,
    about 9 digits). ``directions`` is the number of random directions. ``rtol`` and ``atol`` replace the tolerances, which by default
    follow from the method and from how much rounding the computation at hand amplifies. ``generator`` chooses the directions, by
    default the same ones each time. With ``raise_exception=False`` the report is returned where it is false, too.

    In a table, ``raw`` is the walk on numbers, ``recorded`` that with create_graph=True, ``forward`` J v by two walks.

    Where a slope jumps, at relu(0), |0| or a tie of max, any gradient between the left and the right slope is right, and the report
    names the three. Orders above the first are not checked there.

    Raises GradcheckError where a gradient is wrong, and where nothing can be said: inputs of integers, operations in float32, a function
    that is not deterministic, that changes its inputs, or whose result is not finite. TypeError and ValueError for wrong arguments.

    >>> import autograd as ag
    >>> x = ag.tensor([0.5, -1.0, 2.0], dtype=ag.float64, requires_grad=True)
    >>> print(gradcheck(lambda x: ag.tanh(x) * x, x, order=2))
    gradcheck of <lambda>: right
    order 1: 3 inputs x 3 outputs, each partial derivative, by complex step
    order 2: 3 inputs x 3 outputs, each partial derivative, by complex step
    >>> print(gradcheck(ag.relu, ag.Value(0.0)))
    gradcheck of relu: right
    order 1: 1 input x 1 output, each partial derivative, by complex step
    d output / d input 0: not differentiable here: left slope 0, right slope 1, the engine uses 0
    >>> print(gradcheck(lambda x: x * x.detach(), ag.Value(3.0), raise_exception=False))
    gradcheck of <lambda>: WRONG
    order 1: 1 input x 1 output, each partial derivative, by differences: 1 number wrong
                            expected  got  relative error
      d output / d input 0  6         3    5.0e-01         recorded, raw
    the result depends on the inputs by a way that is not recorded: .detach(), .data, .item(), float(), numpy or a comparison
    """
    __tracebackhide__ = True
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(f"order is the highest order of derivative, an int from 1 on, got {order!r}")
    return _run(fn, inputs, range(1, order + 1), Settings(method, directions, rtol, atol, generator, raise_exception))


def gradgradcheck(
    fn: Callable[..., Any], inputs: Any, *, method: str = "auto", directions: int = 2, rtol: float | None = None,
    atol: float | None = None, generator: Generator | None = None, raise_exception: bool = True,
) -> Report:  # fmt: skip
    """Are the second derivatives of ``fn`` right? The gradients themselves are taken as they are; see `gradcheck`.

    >>> from autograd import Value
    >>> bool(gradgradcheck(lambda x, y: (x * y).sin(), (Value(1.0), Value(2.0))))
    True
    """
    __tracebackhide__ = True
    return _run(fn, inputs, range(2, 3), Settings(method, directions, rtol, atol, generator, raise_exception))


def _run(fn: Callable[..., Any], inputs: Any, orders: range, settings: Settings) -> Report:
    """The check of ``fn`` at these orders, up to the first that is wrong."""
    __tracebackhide__ = True  # pytest then shows the report alone
    if not callable(fn):
        raise TypeError(f"gradcheck needs a function, got {described(fn)}")
    rng = settings.rng()
    report = Report(name_of(fn))
    with _lock, enable_grad():
        grads: list[tuple[Any, Any]] = []
        single: list[tuple[Any, Any]] = []
        try:
            given = tuple(inputs) if isinstance(inputs, tuple | list) or hasattr(inputs, "__next__") else (inputs,)
            grads = [(x, x.grad) for x in nodes_of(given) if isinstance(x, Tensor | Value)]
            single = [(x, x.raw) for x in nodes_of(given) if isinstance(x, Tensor) and x.dtype == float32 and x.is_leaf]
            for x, raw in single:
                x.raw = raw.astype(float64)
            f = Function(fn, given)
            for order in range(1, orders[-1] + 1):
                if order in orders:
                    check = Comparison(f, order, settings, rng).check()
                    if not check:
                        blame(f, check)
                    report.checks.append(check)
                    if not check:
                        break
                    if check.kinks and order < orders[-1]:
                        check.notes.append("a slope that jumps has no derivative: higher orders were not looked at")
                        break
                if order < orders[-1]:
                    f = f.gradient(rng)
        except Unfit as problem:
            report.problem = str(problem)
        finally:
            for x, raw in single:
                x.raw = raw
            for x, g in grads:
                x.grad = g
        if single and report.checks:
            report.checks[0].notes.append(
                "inputs of float32, whose 7 digits leave nothing to compare, were converted to float64 for the check"
            )
    if settings.raise_exception and not report:
        raise GradcheckError(report)
    return report
