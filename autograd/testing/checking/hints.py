"""The usual mistakes of a backward that is written by hand, told from the numbers that it gives beside those that are right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["hints"]

Arrays = dict[str, np.ndarray]


def hints(got: Arrays, twice: Arrays, right: Arrays, lengths: Sequence[tuple[str, tuple[int, ...]]]) -> list[str]:
    """What is probably wrong with each gradient, by the name of its input.

    ``got`` is for a random upstream gradient, ``twice`` for one of twice its size. ``lengths`` has the shapes of inputs and outputs: a
    factor is often one of their lengths.

    >>> x = {"x": np.array([1.0, -2.0, 3.0])}
    >>> hints({"x": 3 * x["x"]}, {"x": 6 * x["x"]}, x, [("x", (3,))])
    ['x: 3 times what is right throughout, and 3 is the length of axis 0 of x: is the division by a number of examples missing?']
    """
    found = []
    for name, g in got.items():
        if not np.all(np.isfinite(right[name])) or (_same(g, right[name]) and _same(twice[name], 2 * g)):
            continue
        said = _about_dout(g, twice[name], right[name]) or _about(g, name, right, lengths)
        if said:
            found.append(f"{name}: {said}")
    return found


def _about_dout(g: np.ndarray, twice: np.ndarray, right: np.ndarray) -> str:
    """Is it linear in the upstream gradient?"""
    if _same(twice, 2 * g):
        return ""
    if _same(twice, g):
        return "does not depend on dout: by the chain rule, it must be multiplied by it"
    if np.any(g) and np.all(g == np.round(g)) and not np.all(right == np.round(right)):
        return "whole numbers only: is there a // or an int()?"
    if _same(twice, 4 * g):
        return "grows with the square of dout: it is multiplied by it twice"
    return "is not linear in dout, as backward(2 * dout) is not 2 * backward(dout): something is added to it, or clipped"


def _about(g: np.ndarray, name: str, right: Arrays, lengths: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    r = right[name]
    if not np.any(g):
        return "no gradient arrives (0 or None), although the result depends on it"
    factor = float(np.vdot(r, g) / np.vdot(r, r)) if np.any(r) else 0.0
    if factor and g.size > 1 and _same(g, factor * r):
        return _about_factor(factor, lengths)
    if factor and g.size == 1:  # any number is some multiple of another
        return _about_factor(factor, lengths) if _length(factor, lengths) or abs(factor + 1) < 1e-6 else ""
    if g.ndim == 2 and g.shape[0] == g.shape[1] and _same(g.T, r):
        return "is the transpose of what is right"
    for other, theirs in right.items():
        if other != name and theirs.shape == g.shape and _same(g, theirs):
            return f"this is the gradient of {other}: they are returned in the order of the inputs"
    away = g - r
    for axis in range(g.ndim):
        if g.shape[axis] > 1 and np.allclose(away, away.mean(axis, keepdims=True), rtol=0, atol=1e-6 * float(np.max(np.abs(away)))):
            return f"the error is the same all along axis {axis}: is a path through a sum or a mean over this axis missing?"
    wrong = np.argwhere(np.abs(away) > 1e-6 * float(np.max(np.abs(r), initial=0.0))).tolist()
    if 2 * len(wrong) <= g.size:
        which = f"{len(wrong)} of {g.size} entries, the first at {wrong[0]}"
        return f"right but for {which}: is it a mask, an edge, or an index that comes more than once, where gradients are added up?"
    return ""


def _about_factor(factor: float, lengths: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    size, sign = abs(factor), "of the wrong sign, and " * (factor < 0)
    if abs(size - 1) < 1e-6:
        return "the sign is wrong throughout"
    if where := _length(factor, lengths):
        what = f"{round(size)} times" if size > 1 else f"1/{round(1 / size)} of"
        why = "is the division by a number of examples missing?" if size > 1 else "is it divided by a number of examples once too often?"
        return f"{sign}{what} what is right throughout, and {round(max(size, 1 / size))} is {where}: {why}"
    return f"{sign}{size:.6g} times what is right throughout: a factor is wrong"


def _length(factor: float, lengths: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    """Which length a factor is, or one over it."""
    n = max(abs(factor), 1 / abs(factor))
    if n < 1.5:
        return ""
    found = [f"the length of axis {axis} of {name}" for name, shape in lengths for axis, m in enumerate(shape) if abs(n - m) < 1e-6 * n]
    sizes = [f"the size of {name}" for name, shape in lengths if abs(n - np.prod(shape)) < 1e-6 * n]
    return (found + sizes or [""])[0]


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-6 * float(np.max(np.abs(b), initial=0.0))))
