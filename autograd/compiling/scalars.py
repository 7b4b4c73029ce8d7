"""A graph of Values as a few numpy steps: where eager calls Python for each number, here is one call for all that are alike.

All numbers stand in one array. A chain of ``+`` whose parts nobody else uses is one sum; operations of one row whose arguments are there
at the same time are one step, which takes its arguments out of the array, computes, and puts its results into a slice of it; sums of
products of all the pairs of some rows, which a layer of a network is for some examples, are a product of two matrices. Backward
goes through the steps in reverse, by the rules of their rows. Of a network that records 65,614 nodes there are 13 steps, and forward and
backward take a hundredth of eager's time. Where hardly two operations are alike, as in a long chain, a step for each of them
takes several times as long as eager does.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import count, repeat
from typing import Any

import numpy as np

from autograd.compiling.alike import Alike, OneByOne, Products, Step, Sum
from autograd.core.node import Node, Op, leaf
from autograd.faces.value import Value
from autograd.ops.elementwise import add, mul

__all__ = ["Levels", "NotScalarsError", "check"]

_BITS = 4  # more than an elementwise row has arguments
_MANY = 8  # so many products are worth two matrices
_FEW = 3  # so many operations take as long by numpy as one by one


class NotScalarsError(NotImplementedError):
    """The graph is not made of operations on Values alone, or an operation in it cannot be differentiated."""


class Levels:
    """The function from ``inputs`` to ``outputs`` that a graph of Values recorded, for other numbers, and its gradient.

    ``inputs`` are Values that require a gradient, leaves or results; what does not depend on them is a constant, with the number that it
    has now. An operation gives what eager gives to 1e-13 (a sum: of its largest part), edge values included, where nothing over- or
    underflows on the way: sums are regrouped, numpy's functions differ from math's in the last bit, and a zero may have the other sign.
    Raises NotScalarsError where a tensor stands in the graph, or a constant that was made of recorded Values by a way that is not recorded
    (`detach`, `no_grad`, a condition), and for what eager could not differentiate. For one thread at a time.

    ``operations`` is how many were recorded, ``steps`` are those of numpy: with less than ten operations a step, eager is as fast.

    >>> w, x = Value(2.0), Value(3.0)
    >>> levels = Levels([(w * x + 1).tanh()], [w, x])
    >>> levels.forward([3.0, 0.0]).round(4), levels.backward([1.0]).round(4)
    (array([0.7616]), array([0.    , 1.2599]))
    """

    def __init__(self, outputs: Sequence[Value], inputs: Sequence[Value]) -> None:
        graph = _Graph(outputs, inputs)
        self.operations = len(graph.kind) - len(graph.given)
        self.used = np.flatnonzero(graph.uses()[graph.inputs]).tolist()  # the places of the inputs that an output depends on
        graph.join_sums()
        graph.measure()
        reached = graph.reached()
        graph.join_products(reached)
        self._values, places, self._outputs, self.steps = graph.laid_out(reached)
        self._inputs: Any = places

    def take_only_used(self) -> None:
        """Leave out the inputs that no output depends on."""
        self._inputs = [self._inputs[i] for i in self.used]

    def forward(self, numbers: np.ndarray | Sequence[float]) -> np.ndarray:
        """The outputs, a new float64 array, for ``numbers``, one an input."""
        values = self._values
        with np.errstate(all="ignore"):
            values[self._inputs] = numbers
            for step in self.steps:
                step.forward(values)
        return values[self._outputs]

    def backward(self, gradients: np.ndarray | Sequence[float]) -> np.ndarray:
        """The gradient of the outputs of the last `forward`, weighted by ``gradients``: a new array, 0 for an input that none reaches."""
        found = np.zeros_like(self._values)
        with np.errstate(all="ignore"):
            np.add.at(found, self._outputs, gradients)
            for step in reversed(self.steps):
                step.backward(self._values, found)
        return found[self._inputs]


class _Graph:
    """What was recorded, flat: each number has a place, arguments before results. Constants and inputs have no arguments."""

    def __init__(self, outputs: Sequence[Value], inputs: Sequence[Value]) -> None:
        given: dict[int, Any] = {}  # the numbers of constants and inputs
        kinds: defaultdict[Op | None, int] = defaultdict(count().__next__)
        kind: list[int] = []
        arity: list[int] = []  # 0: a constant, -1: an input
        args: list[int] = []  # of all, one after the other
        name, close, take = kind.append, arity.append, args.append
        at: dict[Any, int] = {}

        def give(raw: Any, size: int = 0) -> int:
            given[k := len(kind)] = raw
            name(kinds[None])
            close(size)
            return k

        known: dict[Any, int] = {}

        def constant(raw: Any) -> int:
            """One place for a number, however often it stands in the data: so that the rows of a layer are seen to be the same."""
            key = raw.__class__, raw, raw == 0 and math.copysign(1, raw)
            if (k := known.get(key)) is None:
                k = known[key] = give(raw)
            return k

        self.one = constant(1.0)
        for n in inputs:
            if not isinstance(n, Value) or n.op is None:
                raise NotScalarsError(f"an input must be a Value that requires a gradient, got {n!r}")
            at[n] = give(n.raw, -1)
        stack: list[Any] = [*outputs]
        push, pop, find = stack.append, stack.pop, at.get
        while stack:
            n = stack[-1]
            if n in at:
                pop()
                continue
            dx, dy = n.dx, n.dy
            if dx is None and dy is None:
                check(n)
                if missing := [a for a in n.x if isinstance(a, Node) and a not in at]:
                    stack += missing
                    continue
                its = [at[a] if isinstance(a, Node) else constant(a) for a in n.x]
                if size := len(its) if any([arity[i] for i in its]) else 0:
                    args += its
            else:  # of a kernel: the same for one or two arguments, faster
                x, y = n.x, n.y
                i = j = None
                if dx is not None and (i := find(x)) is None:
                    push(x)
                if dy is not None and (j := find(y)) is None:
                    push(y)
                if stack[-1] is not n:
                    continue
                if i is None:
                    i = constant(x)
                if y is None:
                    size = 1 if arity[i] else 0
                else:
                    if j is None:
                        j = constant(y)
                    size = 2 if arity[i] or arity[j] else 0
                if size:
                    take(i)
                    if j is not None:
                        take(j)
            pop()
            if size:
                at[n] = len(kind)
                name(kinds[n.op])
                close(size)
            else:
                at[n] = constant(n.raw)
        self.given, self.rows, self.kind = given, list(kinds), np.array(kind, int)
        self.inputs, self.outputs = [at[n] for n in inputs], [at[n] for n in outputs]
        sizes = np.array(arity, int)
        self.depth = np.where(sizes > 0, 2, -sizes)  # 0: a constant, 1: an input, 2: a result, until it is measured
        self.arity, self.args = np.maximum(sizes, 0), np.array(args, int)
        self.owner = np.repeat(np.arange(len(kind)), self.arity)  # of each argument: the result that it is one of
        self.pairs: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # of sums of products: by their kind, the rows of which they are made
        self.position = np.zeros(len(kind), int)  # and the place of each among its like

    def uses(self) -> np.ndarray:
        """How often each number is used, as an argument or as an output."""
        rows = [places.reshape(-1) for pair in self.pairs.values() for places in pair]
        return np.bincount(np.concatenate([self.args, np.array(self.outputs, int), *rows]), minlength=len(self.kind))

    def join_sums(self) -> None:
        """Make one sum of each chain of ``+`` whose parts nobody else uses. What joins another has no arguments any more."""
        if add not in self.rows:
            return
        sums = self.kind == self.rows.index(add)
        into = np.arange(len(sums))
        into[self.args] = self.owner  # of what is used once: where
        joins = sums & sums[into] & (self.uses() == 1)
        root = np.where(joins, into, np.arange(len(sums)))
        while (root != (further := root[root])).any():  # each time twice as far
            root = further
        parts = ~joins[self.args]
        owner, args = root[self.owner[parts]], self.args[parts]
        order = np.argsort(owner, kind="stable")
        self.owner, self.args, self.arity = owner[order], args[order], np.bincount(owner, minlength=len(sums))

    def measure(self) -> None:
        """Say how deep each number lies: constants at 0, inputs at 1, a result one below its deepest argument."""
        depth, args, begin = self.depth.tolist(), self.args.tolist(), 0
        for k, n in enumerate(self.arity.tolist()):
            if n == 2:
                one, other = depth[args[begin]], depth[args[begin + 1]]
                depth[k] = (one if one > other else other) + 1
            elif n:
                depth[k] = max([depth[i] for i in args[begin : begin + n]]) + 1
            begin += n
        self.depth = np.array(depth, int)

    def join_products(self, reached: np.ndarray) -> None:
        """Make one step of the sums of products of each of some rows of numbers with each of others: a layer of a network.

        Some pairs of rows may be missing, or there twice. A bias is a part of its row, times 1. The products, which nobody else uses, have
        no arguments any more, and the sums only what else they add.
        """
        if add not in self.rows or mul not in self.rows:
            return
        args, owner, arity = self.args, self.owner, self.arity
        first = np.cumsum(arity) - arity
        product = (self.kind == self.rows.index(mul)) & (arity == 2) & (self.uses() == 1)
        part = product[args] & (self.kind == self.rows.index(add))[owner]
        products = np.bincount(owner[part], minlength=len(arity))
        if not len(sums := np.flatnonzero(products > 1)):
            return
        _, which = np.unique(np.stack([self.depth[sums], products[sums], arity[sums], reached[sums]]), axis=1, return_inverse=True)
        gone = np.zeros(len(args), bool)
        order = np.argsort(which.reshape(-1), kind="stable")
        for of in np.split(sums[order], np.flatnonzero(np.diff(which.reshape(-1)[order])) + 1):
            if 2 * len(of) * (n := int(products[of[0]])) < _MANY:  # too few for any matrix
                continue
            its = first[of][:, None] + np.arange(arity[of[0]])  # its arguments, a row for each sum: only they are looked at
            among, rest = its[part[its]], its[~part[its]].reshape(len(of), -1)
            factors = first[args[among]]
            sides = [_Rows(args[factors + k].reshape(-1, n)) for k in range(2)]
            left, right = sides if (np.diff(sides[0].which) >= 0).all() else sides[::-1]  # in the order in which they were recorded
            if not _MANY <= n * len(left.rows) * len(right.rows) <= 2 * n * len(of):
                continue
            gone[factors] = gone[factors + 1] = gone[among] = True
            for entries in rest.T:
                gone[entries] = left.take(args[entries], right, self.one) or right.take(args[entries], left, self.one)
            self.arity[args[among]] = 0
            self.arity[of] = (~gone[rest]).sum(1)
            self.kind[of] = len(self.rows)
            self.position[of] = left.which * len(right.rows) + right.which
            order = np.argsort(right.rows[0])  # perhaps they stand side by side
            self.pairs[len(self.rows)] = left.rows[:, order], right.rows[:, order]
            self.rows.append(add)
        self.args, self.owner = args[~gone], owner[~gone]

    def reached(self) -> np.ndarray:
        """Does a gradient reach it? By an argument without a rule none comes, not even 0, which times inf would be NaN."""
        if all(None not in row.vjps for row in self.rows if row is not None):
            return np.ones(len(self.kind), int)
        reached = [0] * len(self.kind)
        for k in self.outputs:
            reached[k] = 1
        args, ends = self.args.tolist(), np.cumsum(self.arity).tolist()
        for k, n in reversed([*enumerate(self.arity.tolist())]):
            if n and reached[k]:
                row = self.rows[self.kind[k]]
                assert row is not None
                for i, rule in zip(args[ends[k] - n : ends[k]], repeat(add) if row is add else row.rules):
                    if rule is not None:
                        reached[i] = 1
        return np.array(reached, int)

    def sorted(self, reached: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The places in the order in which they are computed, a number for each that is the same within a step, and which are constants.

        One step are results of one depth, row and number of arguments, the same of which are constants (one bit for each).
        """
        args, owner, arity, depth = self.args, self.owner, self.arity, self.depth
        nth = np.arange(len(args)) - (np.cumsum(arity) - arity)[owner]
        constant = np.bincount(owner, (depth[args] == 0) << np.minimum(nth, _BITS), len(arity)).astype(int)
        paired = np.isin(self.kind, [*self.pairs])
        constant[(arity >= _BITS) | paired] = 0
        key = (((depth * len(self.rows) + self.kind) * (arity.max(initial=0) + 1) + arity << _BITS) + constant) * 2 + reached
        # Within it, the parts of sums stand as they are summed: the first parts of all the sums of a step, then the second ones, ...
        parts = np.flatnonzero((arity[owner] > 2) & (self.uses()[args] == 1))
        parts = args[parts[np.lexsort((owner[parts], nth[parts], key[owner[parts]]))]]
        wanted = self.position.copy()  # what nobody else adds is no sum of products: it would be part of that sum
        wanted[parts] = np.arange(len(parts))
        there = np.flatnonzero((depth < 2) | (arity > 0) | paired)
        order = there[np.lexsort((wanted[there], key[there]))]
        return order, key[order], constant[order]

    def laid_out(self, reached: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Step]]:
        """The array of all numbers, where inputs and outputs stand in it, and the steps. What a step computes stands side by side."""
        order, key, constant = self.sorted(reached)
        slot = np.full(len(self.kind), -1)
        slot[order] = np.arange(len(order))
        values = np.zeros(len(order))
        try:
            values[slot[[*self.given]]] = [*self.given.values()]
        except OverflowError as error:
            raise NotScalarsError(f"a number is larger than a float can be: {error}") from error
        numbers = {int(slot[k]): raw for k, raw in self.given.items() if not self.depth[k]}
        args = slot[self.args[np.argsort(slot[self.owner], kind="stable")]]
        kind, arity, uses, reached = self.kind[order], self.arity[order], self.uses()[order], reached[order]
        steps: list[Step] = []
        begin, first = len(self.given), 0
        for end in [*(np.flatnonzero(np.diff(key[begin:])) + begin + 1).tolist(), len(order)] if begin < len(order) else ():
            row, n, out = self.rows[kind[begin]], int(arity[begin]), slice(begin, end)
            last = first + n * (end - begin)
            index, flows = args[first:last].reshape(end - begin, n), bool(reached[begin])
            assert row is not None
            if (pair := self.pairs.get(int(kind[begin]))) is not None:
                at, sides = self.position[order[out]], [(slot[rows], np.flatnonzero(self.depth[rows].any(0))) for rows in pair]
                steps.append(Products(out, sides, at, index.T, uses, flows))
            elif row is add and n > 2:
                steps.append(Sum(out, index.T, uses, flows))
            elif not row.tabled or end - begin < _FEW:
                steps.append(OneByOne(row, out, [[(k, numbers.get(k)) for k in its] for its in index.tolist()], flows))
            else:
                steps.append(Alike(row, out, index.T, int(constant[begin]), values, uses, flows))
            begin, first = end, last
        return values, slot[np.array(self.inputs, int)], slot[np.array(self.outputs, int)], steps


class _Rows:
    """The different rows of some places, and ``which`` of them each was."""

    def __init__(self, places: np.ndarray) -> None:
        self.rows, self.first, which = np.unique(places, axis=0, return_index=True, return_inverse=True)
        self.which = which.reshape(-1)

    def take(self, places: np.ndarray, other: _Rows, one: int) -> bool:
        """Append ``places`` to the rows, if they are the same for the same row, and the place of a 1 to those of the ``other`` side."""
        if found := bool((places[self.first][self.which] == places).all()):
            self.rows = np.column_stack([self.rows, places[self.first]])
            other.rows = np.column_stack([other.rows, np.full(len(other.rows), one)])
        return found


def check(n: Node) -> None:
    """Refuse what is no operation on Values, a constant that was none, and what eager refuses when it differentiates: a missing rule."""
    op = n.op
    if not isinstance(n, Value) or (op is not None and (op.across or (op.tabled and not op.entrywise))):
        raise NotScalarsError(f"{op!r} is no operation on Values alone")
    if n.lost is not None:
        raise NotScalarsError(f"{n!r} may depend on an input, by a way that is not recorded: {n.cure}")
    if op is not None and op is not leaf and len(op.vjps) < len(n.x) and not op.variadic:
        raise NotScalarsError(f"{op!r} has {len(op.vjps)} vjps and was called with {len(n.x)} arguments")
