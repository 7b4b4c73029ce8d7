"""Strategies for the arguments of each operation: where it has derivatives, and what it takes besides tensors.

The table `DOMAINS` says for each argument of each elementwise row where its derivatives exist; `SHAPED` draws what the rows about
shapes take.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd.core.node import Op
from autograd.creation import tensor
from autograd.errors import described, flag_of
from autograd.faces.dtypes import float64
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.ops import table
from autograd.testing.strategies.arrays import Shape, broadcastable, filled, keys, shape_of, shapes
from autograd.testing.strategies.numbers import BOUND, MARGIN, NONZERO, REALS, Interval, floats, limits, on_wall, plain, settled

__all__ = ["APART", "DOMAINS", "SHAPED", "apart", "arguments", "domains_of", "holds"]

POSITIVE, INTEGERS, HALVES = Interval(low=0.0), Interval(kinks=(0.0,), every=1.0), Interval(kinks=(0.5,), every=1.0)


def _away_from(*others: Any) -> Interval:
    return Interval(kinks=others[:1])


def _between_multiples(y: Any) -> Interval:
    return Interval(kinks=(0.0,), every=y)


# For each row, where each of its arguments may lie. A function says it of an argument, given those after it: a maximum is
# kinked where x == y. A row that is not here is smooth everywhere (`domains_of`). The condition of `where` is x > 0.
DOMAINS: dict[str, tuple[Interval | Callable[..., Interval], ...]] = {
    "/": (REALS, NONZERO), "reciprocal": (NONZERO,), "//": (_between_multiples, NONZERO), "%": (_between_multiples, NONZERO),
    "pow": (POSITIVE, REALS), "sqrt": (POSITIVE,), "rsqrt": (POSITIVE,), "log1p": (Interval(low=-1.0),),
    **dict.fromkeys(("log", "log2", "log10"), (POSITIVE,)), "asin": (Interval(-1.0, 1.0),), "acos": (Interval(-1.0, 1.0),),
    "tan": (Interval(kinks=(math.pi / 2,), every=math.pi),),
    "abs": (NONZERO,), "sign": (NONZERO,), "relu": (NONZERO,), "prelu": (NONZERO, REALS), "elu": (NONZERO, REALS),
    "floor": (INTEGERS,), "ceil": (INTEGERS,), "round": (HALVES,),
    **dict.fromkeys(("maximum", "minimum", "clamp_min", "clamp_max", "<", "<=", ">", ">=", "==", "!="), (_away_from, REALS)),
    "where": (NONZERO, REALS, REALS),
    "norm": (NONZERO,),
}  # fmt: skip
APART = ("max", "min", "std", "median")  # rows about shapes that want entries which differ from one another


def domains_of(row: Op) -> tuple[Interval | Callable[..., Interval], ...]:
    """What `DOMAINS` says of the arguments of an elementwise row.

    >>> from autograd.ops import elementwise
    >>> domains_of(elementwise.add)
    (Interval(low=-inf, high=inf, kinks=(), every=0.0), Interval(low=-inf, high=inf, kinks=(), every=0.0))
    """
    return DOMAINS.get(row.name) or (REALS,) * len(row.vjps)


def holds(row: Op, args: Sequence[Any], margin: float = MARGIN) -> bool:
    """Has the elementwise ``row`` derivatives at ``args`` (numbers or arrays that broadcast), and ``margin`` around them?

    >>> from autograd.ops import elementwise
    >>> holds(elementwise.maximum, (1.0, 1.1)), holds(elementwise.maximum, (1.0, 2.0))
    (False, True)
    """
    for i, d in reversed([*enumerate(domains_of(row))]):
        if not (d if isinstance(d, Interval) else d(*args[i + 1 :])).holds(args[i], margin):
            return False
    return True


# The arguments of a row that knows about shapes, from the first tensor ``x`` and ``new``, which gives another of a shape.
New = Callable[[Shape], Any]


def _axes(draw: st.DrawFn, x: Any) -> Shape:
    axes = st.lists(st.sampled_from(range(x.ndim)), min_size=1, unique=True) if x.ndim else st.just([])
    return tuple(draw(axes))


def _axis(draw: st.DrawFn, x: Any) -> int:
    return draw(st.integers(0, x.ndim - 1))


def _reduce(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    return x, _axes(draw, x), draw(st.booleans())


def _scan(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    return x, _axis(draw, x)


def _classes(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    *shape, classes = x.shape
    return x, tensor(draw(hnp.arrays(np.int64, tuple(shape), elements=st.integers(0, classes - 1))))


def _std(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    axes = _axes(draw, x)
    if math.prod(x.shape[a] for a in axes) < 2:  # the standard deviation of one sample is kinked: take all
        axes = tuple(range(x.ndim))
    return x, axes, draw(st.integers(0, 1)), draw(st.booleans())


def _square(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    n = draw(st.integers(1, 3))
    m = new((*x.shape[:-2], n, n))
    return (m + 2 * BOUND * n * np.eye(n),)  # diagonally dominant, and so far from having no inverse


def _matmul(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    batch = x.shape[:-2]
    batch = draw(st.sampled_from([(), batch, (1,) * len(batch), (2, *(1 for _ in batch))]))
    return x, new((*batch, x.shape[-1], draw(st.integers(1, 3))))


def _linear(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    n = draw(st.integers(1, 3))
    return x, new((n, x.shape[-1])), *([new((n,))] if draw(st.booleans()) else [])


def _reshape(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    size = math.prod(x.shape)
    return x, draw(st.sampled_from([(size,), x.shape[::-1], (1, size), (*x.shape, 1)]))


def _broadcast(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    lead = draw(st.sampled_from([(), (2,)]))
    return x, (*lead, *(draw(st.integers(1, 3)) if n == 1 else n for n in x.shape))


def _cat(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    axis = _axis(draw, x)
    others = [new((*x.shape[:axis], draw(st.integers(1, 3)), *x.shape[axis + 1 :])) for _ in range(draw(st.integers(1, 2)))]
    xs = draw(st.permutations([x, *others]))
    return axis, tuple(itertools.accumulate((y.shape[axis] for y in xs), initial=0)), *xs


def _stack(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    return draw(st.integers(0, x.ndim)), *draw(st.permutations([x, new(x.shape)]))


def _getitem(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    return x, draw(keys(x.shape).filter(lambda key: np.empty(x.shape)[key].size > 0))


def _put(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    n, *rest = x.shape
    return x, (np.array(draw(st.lists(st.integers(0, n), min_size=n, max_size=n))),), (n + 1, *rest)


def _triangle(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    return x, draw(st.integers(-2, 2))


def _einsum(draw: st.DrawFn, x: Any, new: New) -> tuple[Any, ...]:
    sizes = dict(zip("ijk", x.shape)) | {"m": 2}
    other = draw(st.lists(st.sampled_from([*sizes]), unique=True, max_size=3))
    here = "ijk"[: x.ndim]
    out = draw(st.lists(st.sampled_from(sorted({*here, *other})), unique=True, max_size=3))
    return (here, "".join(other)), "".join(out), x, new(tuple(sizes[c] for c in other))


#: For differentiable rows about shapes: how many dimensions the first tensor needs, and how the arguments are drawn (else see `drawn`).
SHAPED: dict[str, tuple[int, Callable[[st.DrawFn, Any, New], tuple[Any, ...]]]] = {
    **dict.fromkeys(("sum", "mean", "max", "min", "norm", "logsumexp"), (0, _reduce)),
    **dict.fromkeys(("cumsum", "softmax", "log_softmax"), (1, _scan)), "std": (1, _std),
    "cross entropy": (1, _classes), "inverse": (2, _square),
    "@": (2, _matmul), "linear": (2, _linear), "einsum": (1, _einsum),
    "to": (0, lambda draw, x, new: (x, float64)), "clone": (0, lambda draw, x, new: (x,)),
    "reshape": (0, _reshape), "permute": (0, lambda draw, x, new: (x, tuple(draw(st.permutations(range(x.ndim)))))),
    "broadcast": (0, _broadcast), "cat": (1, _cat), "stack": (0, _stack), "[]": (1, _getitem), "put": (1, _put),
    "tril": (2, _triangle), "triu": (2, _triangle),
}  # fmt: skip


def drawn(row: Op) -> tuple[int, Callable[[st.DrawFn, Any, New], tuple[Any, ...]]] | None:
    """What `SHAPED` says of a row; of one that is not there, its own examples, or tensors of one shape; None where that is not known."""
    if row.name in SHAPED or not row.differentiable:
        return SHAPED.get(row.name)
    examples = row.examples
    if examples is not None:
        return 1, lambda draw, x, new: (x, *draw(st.sampled_from(list(examples(x.shape)))))
    if all(row.vjps) and not row.variadic:
        return 0, lambda draw, x, new: (x, *(new(x.shape) for _ in row.vjps[1:]))
    return None


def apart(x: Any) -> bool:
    """Are there two entries or more, and does each differ from every other by the margin?"""
    return bool(x.size > 1 and np.all(np.diff(np.sort(x, axis=None)) >= MARGIN))


# All arguments of a row.
def arguments(
    row: Op | str,
    *,
    scalars: bool = False,
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    at: str | None = None,
    margin: float = MARGIN,
    bound: float = BOUND,
) -> st.SearchStrategy[tuple[Any, ...]]:
    """All arguments of a differentiable row of `autograd.ops` (or of the row of that name), to be called as ``row(*args)``.

    Tensors (float64; those of an elementwise row broadcast) or, with ``scalars``, Values; they require a gradient. Where a row takes
    a condition it is boolean; what a row about shapes takes besides (axes, keys) is as the row wants it. ``shape`` is, or draws, the
    shape of the first tensor of such a row. ``margin``, ``bound`` and ``at`` are those of `floats`; ``at="kinks"`` knows the kinks
    between arguments as well, such as ties of a maximum. Raises ValueError for another row, and for Values with a row about
    shapes; TypeError for what is no row.

    >>> from autograd import maximum
    >>> from hypothesis import find
    >>> find(arguments(maximum, scalars=True), lambda args: True)
    (Value(data=0.25, grad=None), Value(data=0.0, grad=None))
    >>> find(arguments(maximum, scalars=True, at="kinks"), lambda args: True)
    (Value(data=0.0, grad=None), Value(data=0.0, grad=None))
    """
    rows = {**{name: row for name, row in table.SHAPED.items() if drawn(row)}, **table.ELEMENTWISE}
    if not isinstance(row, Op | str):
        name = getattr(row, "__name__", None)
        named = isinstance(name, str) and name in rows
        cure = f"{name!r} is the name of one" if named else "draw other arguments with tensors() or values()"
        raise TypeError(f"arguments: row must be a row of autograd.ops, or its name, got {described(row)}; {cure}")
    found = rows.get(row if isinstance(row, str) else row.name)
    if isinstance(row, Op) and row.tabled and row.differentiable and found is None:
        raise ValueError(f"arguments: what {row!r} takes after its first argument is not known; give the row examples=")
    if found is None or (isinstance(row, Op) and found is not row):
        raise ValueError(f"arguments: {row!r} is not a differentiable row of autograd.ops; use tensors() or values()")
    margin, bound = limits(at, margin, bound, "arguments")
    scalars = flag_of(scalars, "arguments: scalars")
    if found.name in table.ELEMENTWISE:
        if shape is not None:
            raise ValueError(f"arguments: {found!r} takes tensors of any shapes that broadcast, got shape {described(shape)}; leave it out")
        for domain in domains_of(found):
            if isinstance(domain, Interval):  # refuse now what could not be drawn
                floats(domain, at=None if at == "kinks" else at, margin=margin, bound=bound)
        return _elementwise(found, scalars, at, margin, bound)
    if scalars:
        raise ValueError(f"arguments: {found!r} takes tensors, not Values")
    elements = floats(
        DOMAINS.get(found.name, (REALS,))[0],  # type: ignore[arg-type]
        at=None if found.name in APART else at, margin=margin, bound=bound,
    )  # fmt: skip
    how = drawn(found)
    assert how is not None
    least = how[0]
    if shape is None:
        shape = shapes(min_dims=least)
        if found.name in APART:
            shape = hnp.array_shapes(min_dims=1, max_dims=2, min_side=2, max_side=3)  # a standard deviation wants two entries
    elif isinstance(shape := shape_of(shape, "arguments: shape"), tuple) and (len(shape) < least or 0 in shape):
        raise ValueError(f"arguments: {found!r} takes tensors with entries and at least {least} dimensions, got shape {shape}")
    return _shaped(found, how[1], shape, elements, at, margin, bound)


@st.composite
def _elementwise(draw: st.DrawFn, row: Op, scalars: bool, at: str | None, margin: float, bound: float) -> tuple[Any, ...]:
    domains = domains_of(row)
    given = [()] * len(domains) if scalars else draw(broadcastable(len(domains)))
    found: list[np.ndarray] = []
    for shape, domain in zip(reversed(given), reversed(domains)):  # the first may depend on those after it
        if at in (None, "kinks"):
            array = draw(filled(shape, plain(bound)))
            moved = []
            for x, where in zip(array.flat, _facing(domain, array, found)):
                kinked = at is not None and any(interval.walls(bound) for interval in where)
                moved.append(on_wall(x, where, bound) if kinked else settled(x, where, margin, bound))
            array = np.array(moved, float64).reshape(shape)
        else:
            array = draw(filled(shape, floats(domain if isinstance(domain, Interval) else REALS, at=at, bound=bound)))
        found.insert(0, array)
    takes = [rule is not None or not row.differentiable for rule in row.vjps]  # a gradient, or a condition?
    if scalars:
        return tuple(draw(st.builds(Value, st.just(a.item()))) if takes_number else a.item() > 0 for a, takes_number in zip(found, takes))
    return tuple(draw(_leaf(a)) if takes_number else tensor(a > 0) for a, takes_number in zip(found, takes))


def _facing(domain: Interval | Callable[..., Interval], x: np.ndarray, later: Sequence[np.ndarray]) -> Iterator[list[Interval]]:
    """For each entry of ``x``: where it may lie, seeing the entries of later arguments that it meets when they broadcast."""
    if isinstance(domain, Interval):
        yield from [[domain]] * x.size
        return
    number, *others = np.broadcast_arrays(np.arange(x.size).reshape(x.shape), *later)
    met: list[list[Interval]] = [[] for _ in range(x.size)]
    for i, *ys in zip(number.flat, *(o.flat for o in others)):
        met[i].append(domain(*ys))
    yield from met


def _leaf(array: np.ndarray) -> st.SearchStrategy[Tensor]:
    return st.builds(tensor, st.just(array), requires_grad=st.just(True))


@st.composite
def _shaped(
    draw: st.DrawFn,
    row: Op,
    rest: Callable[..., tuple[Any, ...]],
    shape: Shape | st.SearchStrategy[Shape],
    elements: st.SearchStrategy[float],
    at: str | None,
    margin: float,
    bound: float,
) -> tuple[Any, ...]:
    if row.name in APART:
        steps = st.integers(0, 1) if at == "kinks" else st.integers(-20, 20)
        x = draw(hnp.arrays(np.int64, shape, elements=steps, unique=at != "kinks")) * margin
    else:
        x = draw(filled(shape, elements))
    args = rest(draw, x, lambda size: draw(filled(size, floats(bound=bound))))
    leaves = {id(a): draw(_leaf(a)) for a in args if isinstance(a, np.ndarray)}
    return tuple(leaves.get(id(a), a) for a in args)
