"""What helps against the usual causes of a NaN or an infinity, in a sentence each; `watch` reports the first that fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.core.node import Node, Op
from autograd.ops import elementwise, reduce

__all__ = ["CURES", "DATA", "UPDATED", "Facts", "cure_for"]


class Facts(NamedTuple):
    """What a cure is chosen by: ``op`` is the user's operation, ``made`` the one that made the bad ``value`` (in the backward, one
    inside its rule) from ``values``; ``x`` is the first argument of ``op`` at that index, ``g`` the gradient that arrived there."""

    op: Op
    made: Op
    args: tuple[Any, ...]
    values: tuple[float, ...]
    x: tuple[float, ...]
    g: float | None
    value: float
    dtype: Any
    backward: bool = False

    def origin(self) -> Any:
        """What the first argument came from, seen through indexing, reshaping, clamping and a constant added or taken away."""
        a = next((a for a in self.args if isinstance(a, Node)), None)
        while a is not None and not a.is_leaf and a.op is not None and (a.op.moves or _SEEN_THROUGH & {*a.op.kin}):
            a = next((b for b in a.args if isinstance(b, Node)), None)
        return a if a is not None and not a.is_leaf else None

    def comes_from(self, *names: str) -> bool:
        a = self.origin()
        return a is not None and (
            a.op.name in names or ("softmax" in names and a.op is elementwise.div and _made_by(a.args[0], elementwise.exp))
        )

    def of_squares(self) -> bool:
        """Is the first argument a sum, or a mean, of squares?"""
        a = self.origin()
        b = a.args[0] if a is not None and a.op in (reduce.sum_, reduce.mean_) else None
        if b is None:
            return False
        twice = _made_by(b, elementwise.mul) and b.args[0] is b.args[1]
        return twice or _made_by(b, elementwise.square) or (_made_by(b, elementwise.pow) and b.args[1] == 2)

    def infinite_data(self) -> bool:
        """Is +inf, which no mask has, in a leaf or a constant among the arguments?"""
        return any(isinstance(a, Node) and a.is_leaf and bool(np.any(np.asarray(a.raw) == math.inf)) for a in self.args)

    @property
    def nan(self) -> bool:
        return math.isnan(self.value)


def _made_by(a: Any, row: Op) -> bool:
    return isinstance(a, Node) and a.op is row


_SEEN_THROUGH = {"limit", "sum"}  # kinds of operations that pass on a value of their argument
_STEEP = {"logarithm", "root", "pole"}  # and those whose slope is infinite somewhere
DATA = "the data had it before: drop these entries, or fill them with where(x == x, x, 0)"
UPDATED = "it was there before: if an update made it, lower the learning rate or clip the gradients, and put that step inside too"

CURES: tuple[tuple[Callable[[Facts], Any], str], ...] = (
    (
        lambda f: f.backward and f.g == 0 and _STEEP & {*f.op.kin},
        "the gradient that arrives is 0, the slope here is infinite, and 0 * inf is NaN. where() protects a result, not its gradient; "
        "guard the argument too: {safe}",
    ),
    (
        lambda f: "logarithm" in f.op.kin and f.comes_from("softmax"),
        "a probability that was rounded to 0 has no logarithm: use log_softmax(), or cross_entropy() on the logits",
    ),
    (
        lambda f: "logarithm" in f.op.kin and f.comes_from("sigmoid"),
        "a probability that was rounded to 0 or 1 has no logarithm: use binary_cross_entropy_with_logits() on the logits, or -softplus(-x)",
    ),
    (
        lambda f: "logarithm" in f.op.kin and f.x == (0.0 if f.op is elementwise.log else -1.0,),
        "the logarithm of 0 is -inf: add a small number, log(x + 1e-6); where(c, log(x), 0) does not protect the gradient, "
        "where(c, log(where(c, x, 1)), 0) does. Of a probability use log_softmax(), of a sum of exponentials logsumexp()",
    ),
    (
        lambda f: f.nan and {"logarithm", "root"} & {*f.op.kin} and f.x < (0.0,) and f.x != (),
        "{op} of a negative number is no real number: make the argument positive, by softplus(x), abs(x) or clamp(x, min=1e-6); or, "
        "where a where() would choose another number anyway, guard the argument: {safe}",
    ),
    (
        lambda f: f.backward and f.op in (elementwise.sqrt, elementwise.pow) and f.x == (0.0,) and f.of_squares(),
        "the slope of a root at 0 is infinite; of a sum of squares use .norm(), whose gradient at 0 is 0 (of a mean, .norm() / n ** 0.5)",
    ),
    (
        lambda f: f.backward and "root" in f.op.kin and f.x == (0.0,),
        "the slope of a root at 0 is infinite: add a small number under it, sqrt(x + 1e-12)",
    ),
    (
        lambda f: (
            "division" in f.made.kin and 0.0 in f.values[:1] + f.values[-1:] and (f.made is not elementwise.div or f.values[1:] == (0.0,))
        ),
        "a division by 0: add a small number to the divisor, or guard it, where(c, a / where(c, b, 1), 0)",
    ),
    (
        lambda f: "exponential" in f.made.kin,
        "{made} overflows above {limit:.1f} in {dtype}: subtract the largest entry first; softmax(), logsumexp(), sigmoid(), softplus() do",
    ),
    (
        lambda f: f.op is reduce.std_ and f.nan,
        "the spread of one sample is not defined: take more samples, or correction=0",
    ),
    (
        lambda f: f.op is elementwise.mul and f.nan and f.args[1].__class__ is float and not f.args[1] < math.inf,
        "0 * inf is NaN; var() of one sample is such a product: take more samples, or correction=0",
    ),
    (
        lambda f: f.op is reduce.mean_ and f.nan and 0 in f.args[0].shape,
        "the mean of nothing is not defined: skip what is empty, or divide a sum by max(n, 1)",
    ),
    (
        lambda f: "shifted" in f.op.kin and f.nan,
        "{op} of entries that are all -inf (masked), or of +inf, is not defined: keep one finite entry in each, or mask with -1e9",
    ),
    (
        lambda f: f.nan and f.made is not elementwise.mul and {"sum", "product"} & {*f.made.kin} and f.infinite_data(),
        "the data had an infinity: drop these entries, or fill them with where(isfinite(x), x, 0)",
    ),
    (
        lambda f: "sum" in f.made.kin and f.nan,
        "inf - inf is NaN: mask with a large finite number, such as -1e9, instead of an infinity",
    ),
    (
        lambda f: "product" in f.made.kin and f.nan,
        "0 * inf is NaN: choose with where(c, x, 0) instead of multiplying by a mask",
    ),
    (
        lambda f: f.made is elementwise.div and f.nan,
        "inf / inf is NaN: the numbers before were too large; divide before they grow, or work with their logarithms",
    ),
    (
        lambda f: f.nan,
        "an argument is infinite: see where it comes from, with check_inf=True if that was off",
    ),
    (
        lambda f: f.backward,
        "the gradients are too large for {dtype} (at most {most:.2g}): scale the loss or the data down, or begin with smaller weights",
    ),
    (
        lambda f: True,
        "the numbers are too large for {dtype} (at most {most:.2g}): scale the data, lower the learning rate, or clip the gradients",
    ),
)


def cure_for(f: Facts) -> str:
    sentence = next(sentence for when, sentence in CURES if when(f))
    most = float(np.finfo(f.dtype).max)
    safe = f"where(c, {f.op.name}(where(c, x, 1)), 0)"
    if f.op is elementwise.div:
        safe = "where(c, a / where(c, b, 1), 0)"
    elif f.op is elementwise.pow:
        safe = "where(c, where(c, x, 1) ** p, 0)"
    return sentence.format(op=f.op.name, made=f.made.name, dtype=f.dtype, most=most, limit=math.log(most), safe=safe)
