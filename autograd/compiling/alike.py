"""The steps of a compiled graph of Values: operations that are alike, computed and differentiated by a call of numpy for all of them.

The numbers of a graph stand in one array. A step takes its arguments out of it by their places, and puts its results into a slice; its
backward takes the gradients of that slice and adds to those at the places of the arguments.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Protocol

import numpy as np

from autograd.core.node import NoGradient, Op

__all__ = ["Alike", "OneByOne", "Products", "Step", "Sum"]


def _said(out: slice, what: str, taken: list[Any]) -> str:
    """A step as a line of a listing: ``v`` is the array of all numbers."""
    places = [f"v[{p.start}:{p.stop}]" if isinstance(p, slice) else f"v[{len(p)} places]" for p in taken]
    return f"v[{out.start}:{out.stop}] = {what}{' of ' * bool(places)}{', '.join(places)}"


class Step(Protocol):
    """What is computed at once: ``forward`` puts its results among the values, ``backward`` its gradients among the gradients."""

    def forward(self, values: np.ndarray) -> None: ...

    def backward(self, values: np.ndarray, gradients: np.ndarray) -> None: ...


class Alike:
    """Operations of one row of the tables. ``index`` says where its arguments stand: a row for each of them."""

    def __init__(self, row: Op, out: slice, index: np.ndarray, constant: int, values: np.ndarray, uses: np.ndarray, flows: bool) -> None:
        self.row, self.out = row, out
        self.args: list[Any] = [_constant(values[places]) if constant >> i & 1 else None for i, places in enumerate(index)]
        varying = [(i, places) for i, places in enumerate(index) if self.args[i] is None]
        self.takes = [(i, _run(places)) for i, places in varying]
        self.puts = [(i, _Put(places, uses)) for i, places in varying if flows and row.vjps[i] is not None]

    def __repr__(self) -> str:
        return _said(self.out, self.row.name, [places for _, places in self.takes])

    def forward(self, values: np.ndarray) -> None:
        args = self.args
        for i, places in self.takes:
            args[i] = values[places]
        values[self.out] = self.row.on_array(*args)

    def backward(self, values: np.ndarray, gradients: np.ndarray) -> None:
        g, z = gradients[self.out], values[self.out]
        for i, put in self.puts:
            put(gradients, self.row.vjp(i, g, z, self.args))


class Sum:
    """Sums of so many parts each, a row of ``index`` for each part. Parts that nothing else uses stand side by side: no index is needed."""

    def __init__(self, out: slice, index: np.ndarray, uses: np.ndarray, flows: bool) -> None:
        alone = (uses[index] == 1).all(1)
        rows = [part for part in (index[alone], index[~alone]) if len(part)]
        self.out = out
        self.takes = [(_run(part.reshape(-1)), part.shape) for part in rows]
        self.puts = [_Put(part, uses) for part in rows if flows]

    def __repr__(self) -> str:
        return _said(self.out, "sums", [places for places, _ in self.takes])

    def forward(self, values: np.ndarray) -> None:
        one, *other = [np.add.reduce(values[places].reshape(shape), 0) for places, shape in self.takes]
        values[self.out] = one + other[0] if other else one

    def backward(self, values: np.ndarray, gradients: np.ndarray) -> None:
        for put in self.puts:
            put(gradients, gradients[self.out])


class Products:
    """Sums of products, of a row of one matrix with a row of another, and what else is added to each: the layer of a network.

    They are a product of two matrices. ``sides`` says where the rows of each stand, and in which columns variables do;
    ``at`` where each sum stands in it; ``rest`` where the other parts of the sums do, a row for each of them: there may be none.
    """

    def __init__(
        self, out: slice, sides: list[tuple[np.ndarray, np.ndarray]], at: np.ndarray, rest: np.ndarray, uses: np.ndarray, flows: bool
    ) -> None:
        self.out = out
        self.takes = [(_run(rows.reshape(-1)), rows.shape) for rows, _ in sides]
        self.puts = [(_run(varying), _Put(rows[:, varying], uses)) if flows and len(varying) else None for rows, varying in sides]
        self.shape = tuple([len(rows) for rows, _ in sides])
        self.at = None if np.array_equal(at, np.arange(self.shape[0] * self.shape[1])) else at
        self.rest = Sum(out, rest, uses, flows) if len(rest) else None

    def __repr__(self) -> str:
        (left, (m, k)), (right, (n, _)) = self.takes
        said = _said(self.out, f"{m} x {k} @ {k} x {n}", [left, right])
        return said if self.rest is None else f"{said}, and {str(self.rest).partition(' = ')[2]}"

    def forward(self, values: np.ndarray) -> None:
        self.rows = left, right = [values[places].reshape(shape) for places, shape in self.takes]
        z = (left @ right.T).reshape(-1)
        if self.at is not None:
            z = z[self.at]
        if self.rest is None:
            values[self.out] = z
        else:
            self.rest.forward(values)
            values[self.out] += z

    def backward(self, values: np.ndarray, gradients: np.ndarray) -> None:
        g = gradients[self.out]
        if self.at is not None:
            g = np.bincount(self.at, g, self.shape[0] * self.shape[1])
        g = g.reshape(self.shape)
        for to, g_of_rows, other in zip(self.puts, (g, g.T), reversed(self.rows)):
            if to is not None:
                varying, put = to
                put(gradients, (g_of_rows @ other)[:, varying])
        if self.rest is not None:
            self.rest.backward(values, gradients)


class OneByOne:
    """Few operations, or those of a row that a user wrote, perhaps for floats only: as eager has them. ``its``: places, and constants."""

    def __init__(self, row: Op, out: slice, its: list[list[tuple[int, Any]]], flows: bool) -> None:
        self.row, self.out = row, out
        self.args = [[number for _, number in args] for args in its]  # as they were recorded: an int is not made a float
        self.takes = [[(i, place) for i, (place, number) in enumerate(args) if number is None] for args in its]
        ruled = [i for i, rule in zip(range(len(its[0])), row.rules) if rule is not None and flows]
        self.puts = [[(i, place) for i, place in takes if i in ruled] for takes in self.takes]

    def __repr__(self) -> str:
        return _said(self.out, f"{self.row.name}, one by one,", [])

    def forward(self, values: np.ndarray) -> None:
        for z, args, takes in zip(count(self.out.start), self.args, self.takes):
            for i, place in takes:
                args[i] = float(values[place])
            values[z] = self.row.compute(*args)

    def backward(self, values: np.ndarray, gradients: np.ndarray) -> None:
        for z, args, puts in zip(count(self.out.start), self.args, self.puts):
            floats = [np.float64(a) if a.__class__ is float else a for a in args]  # as eager hands them to a rule
            for i, place in puts:
                try:
                    gradients[place] += self.row.vjp(i, float(gradients[z]), values[z], floats)
                except NoGradient:
                    continue


class _Put:
    """Adds gradients to those at ``index``, where a place may stand more than once; what nothing else uses has none there to add to."""

    def __init__(self, index: np.ndarray, uses: np.ndarray) -> None:
        self.shape, places = index.shape, index.reshape(-1)
        self.alone, self.inverse = bool((uses[places] == 1).all()), None
        if not self.alone and len(places) > 1:
            distinct, inverse = np.unique(places, return_inverse=True)
            if len(distinct) < len(places):
                places, self.inverse = distinct, inverse
        self.places, self.size = _run(places), len(places)

    def __call__(self, gradients: np.ndarray, d: Any) -> None:
        if self.alone and self.places.__class__ is slice:
            gradients[self.places].reshape(self.shape)[...] = d
            return
        flat = (d if np.shape(d) == self.shape else np.broadcast_to(d, self.shape)).reshape(-1)
        if self.alone:
            gradients[self.places] = flat
        else:
            gradients[self.places] += flat if self.inverse is None else np.bincount(self.inverse, flat, self.size)


def _run(places: np.ndarray) -> np.ndarray | slice:
    """``places`` as a slice, where they follow each other."""
    first, n = int(places[0]), len(places)
    return slice(first, first + n) if n == 1 or (places[-1] - first == n - 1 and (np.diff(places) == 1).all()) else places


def _constant(numbers: np.ndarray) -> Any:
    """A constant argument: one whole number, for which numpy's powers are fast, or an array. (Its x ** 0.5 is a root, NaN at -inf.)"""
    first = float(numbers[0])
    return first if first.is_integer() and first != 0 and (numbers == first).all() else numbers
