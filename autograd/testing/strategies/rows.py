"""Hypothesis strategies for everything one differentiates: numbers, shapes, tensors, indices, the arguments of each operation.

A gradient can be held against differences only where there is one, so the table `DOMAINS` says for each argument of each row
where its derivatives exist. What is drawn keeps a margin from kinks and poles unless it is asked to sit on them. Numbers are
moved to the nearest place that is allowed, so that nothing is rejected and examples shrink to small numbers.
Random programs made of these operations are in `expressions`.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd.core.node import Op
from autograd.creation import tensor
from autograd.errors import described, flag_of, int_of, name_of, number_of
from autograd.faces.dtypes import dtype_of, float64
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.ops import table

__all__ = ["DOMAINS", "NONZERO", "Interval", "arguments", "broadcastable", "floats", "indices", "shapes", "tensors", "values"]

Shape = tuple[int, ...]
MARGIN = 0.25  # how far from kinks, poles and the ends of a domain
BOUND = 2.0  # how far from 0
MOST = 10**5  # kinks
DIMS = 32  # that hypothesis gives an array


@dataclass(frozen=True)
class Interval:
    """Where an argument has derivatives of every order: ``low < x < high``, but not at a kink (a jump, a corner, a pole).

    ``kinks`` are the kinks; with ``every``, so are their distances of that length. Numbers, or arrays of them. Raises TypeError for
    anything else, ValueError where no number lies between ``low`` and ``high`` and for kinks that are not finite.

    >>> Interval(0.0).holds(np.array([0.5, 1.0])), Interval(kinks=(0.5,), every=1.0).holds(1.51)
    (True, False)
    """

    low: float = -math.inf
    high: float = math.inf
    kinks: tuple[Any, ...] = ()
    every: Any = 0.0

    def __post_init__(self) -> None:
        low, high = number_of(self.low, "Interval: low"), number_of(self.high, "Interval: high")
        if not low < high:
            raise ValueError(f"Interval: low must be less than high, got {low} and {high}")
        object.__setattr__(self, "low", low)  # an array of no dimensions became its number
        object.__setattr__(self, "high", high)
        if not isinstance(self.kinks, tuple):
            raise TypeError(f"Interval: kinks must be a tuple of numbers, got {described(self.kinks)}; of one write (0.0,)")
        for what, x in (*(("a kink", k) for k in self.kinks), ("every", self.every)):
            if not (isinstance(x, np.ndarray) and x.dtype.kind in "fiu") and not math.isfinite(number_of(x, f"Interval: {what}")):
                raise ValueError(f"Interval: {what} must be finite, got {x}")

    def holds(self, x: Any, margin: float = MARGIN) -> bool:
        """Is every entry of ``x`` inside, at least ``margin`` away from each kink and end?"""
        off = [x - k for k in self.kinks]
        if np.any(self.every):
            off = [d - self.every * np.round(d / self.every) for d in off]
        return bool(np.all(x >= self.low + margin) and np.all(x <= self.high - margin) and all(np.all(abs(d) >= margin) for d in off))

    def walls(self, bound: float = BOUND) -> list[float]:
        """The kinks and finite ends, as far as they lie in [-bound, bound]; ValueError for more kinks than memory should hold."""
        if self.every:
            step = abs(self.every)
            if bound / step > MOST:
                raise ValueError(f"{self} has too many kinks within {bound} of 0; give a smaller bound")
            found = [k + step * i for k in self.kinks for i in range(math.ceil((-bound - k) / step), math.floor((bound - k) / step) + 1)]
        else:
            found = list(self.kinks)
        return [float(w) for w in (*found, self.low, self.high) if abs(w) <= bound]


REALS, POSITIVE, NONZERO = Interval(), Interval(low=0.0), Interval(kinks=(0.0,))
INTEGERS, HALVES = Interval(kinks=(0.0,), every=1.0), Interval(kinks=(0.5,), every=1.0)


def _away_from(*others: Any) -> Interval:
    return Interval(kinks=others[:1])


def _between_multiples(y: Any) -> Interval:
    return Interval(kinks=(0.0,), every=y)


# For each row, where each of its arguments may lie. A function says it of an argument, given those after it: a maximum is
# kinked where x == y. A row that is not here is smooth everywhere (`domains_of`). The condition of `where` is x > 0.
DOMAINS: dict[str, tuple[Interval | Callable[..., Interval], ...]] = {
    "/": (REALS, NONZERO), "reciprocal": (NONZERO,), "//": (_between_multiples, NONZERO), "%": (_between_multiples, NONZERO),
    "pow": (POSITIVE, REALS), "sqrt": (POSITIVE,), "rsqrt": (POSITIVE,), "log": (POSITIVE,), "log1p": (Interval(low=-1.0),),
    "tan": (Interval(kinks=(math.pi / 2,), every=math.pi),),
    "abs": (NONZERO,), "sign": (NONZERO,), "relu": (NONZERO,), "prelu": (NONZERO, REALS), "elu": (NONZERO, REALS),
    "floor": (INTEGERS,), "ceil": (INTEGERS,), "round": (HALVES,),
    **dict.fromkeys(("maximum", "minimum", "clamp_min", "clamp_max", "<", "<=", ">", ">=", "==", "!="), (_away_from, REALS)),
    "where": (NONZERO, REALS, REALS),
    "norm": (NONZERO,),
}  # fmt: skip
APART = ("max", "min", "std")  # rows of `shapes` that want entries which differ from one another


def domains_of(row: Op) -> tuple[Interval | Callable[..., Interval], ...]:
    """What `DOMAINS` says of the arguments of an elementwise row.

    >>> domains_of(elementwise.add)
    (Interval(low=-inf, high=inf, kinks=(), every=0.0), Interval(low=-inf, high=inf, kinks=(), every=0.0))
    """
    return DOMAINS.get(row.name) or (REALS,) * len(row.vjps)


def holds(row: Op, args: Sequence[Any], margin: float = MARGIN) -> bool:
    """Has the elementwise ``row`` derivatives at ``args`` (numbers or arrays that broadcast), and ``margin`` around them?

    >>> holds(elementwise.maximum, (1.0, 1.1)), holds(elementwise.maximum, (1.0, 2.0))
    (False, True)
    """
    for i, d in reversed([*enumerate(domains_of(row))]):
        if not (d if isinstance(d, Interval) else d(*args[i + 1 :])).holds(args[i], margin):
            return False
    return True


# Numbers.
def _settled(x: float, where: Sequence[Interval], margin: float, bound: float) -> float:
    """The nearest number to ``x`` that lies in each interval, ``margin`` away from walls, or less where they stand close."""
    low, high = max(-bound, *(w.low for w in where)), min(bound, *(w.high for w in where))
    walls = sorted({w for interval in where for w in interval.walls(bound) if low <= w <= high})
    gaps = [(b - a, a, b, a in walls, b in walls) for a, b in itertools.pairwise([low, *walls, high])]
    wide = [gap for gap in gaps if gap[0] >= margin * (gap[3] + gap[4]) and gap[0] > 0]
    if not wide:
        wide = [max(gaps)]
        margin = wide[0][0] / 4
    inside = [(a + margin * left, b - margin * right) for _, a, b, left, right in reversed(wide)]
    return min((min(max(x, a), b) for a, b in inside), key=lambda y: abs(y - x))


def _on_wall(x: float, where: Sequence[Interval], bound: float) -> float:
    """The kink or end that is nearest to ``x``; ``x`` itself where there is none."""
    return min((w for interval in where for w in interval.walls(bound)), key=lambda w: abs(w - x), default=x)


_EXTREMES = {
    "zeros": ((0.0, 0.0), (-0.0, -0.0)),
    "tiny": ((5e-324, 1e-290), (-1e-290, -5e-324)),
    "huge": ((1e290, 1.7e308), (-1.7e308, -1e290)),
}


def _plain(bound: float) -> st.SearchStrategy[float]:
    return st.floats(-bound, bound, allow_subnormal=False)


def _interval(domain: Any, what: str) -> Interval:
    """``domain``, if it is an Interval between numbers."""
    if isinstance(domain, Interval):
        for x in (*domain.kinks, domain.every):
            number_of(x, f"{what}: a kink")
        return domain
    cure = "write Interval(low, high)"
    if isinstance(domain, tuple | list) and any(isinstance(d, Interval) or callable(d) for d in domain):
        cure = "there is one for each argument of a row: take one of them"
    elif isinstance(domain, tuple | list) and len(domain) == 2:
        cure = f"write Interval({domain[0]!r:.20}, {domain[1]!r:.20})"
    elif isinstance(domain, str) and domain in DOMAINS:
        cure = f"there is one for each argument of the row: take one of DOMAINS[{domain!r}]"
    elif callable(domain):
        cure = "call it with the arguments after this one"
    raise TypeError(f"{what}: domain must be an Interval, got {described(domain)}; {cure}")


def _limits(at: Any, margin: Any, bound: Any, what: str) -> tuple[float, float]:
    """``margin`` and ``bound`` as floats, where they and ``at`` are what `floats` takes."""
    if at is not None:
        name_of(at, f"{what}: at", "kinks", "nonfinite", *_EXTREMES)
    margin, bound = float(number_of(margin, f"{what}: margin")), float(number_of(bound, f"{what}: bound"))
    if not 0 <= margin < math.inf:
        raise ValueError(f"{what}: margin must be a finite number >= 0, got {margin}")
    if not sys.float_info.min <= bound < math.inf:
        raise ValueError(f"{what}: bound must be finite and at least {sys.float_info.min}, got {bound}")
    return margin, bound


def floats(domain: Interval = REALS, *, at: str | None = None, margin: float = MARGIN, bound: float = BOUND) -> st.SearchStrategy[float]:
    """Numbers inside ``domain`` and [-bound, bound], at least ``margin`` away from kinks and ends (less where these are close).

    ``at`` asks for others: ``"kinks"`` (the kinks and the finite ends), ``"zeros"`` (0.0 and -0.0), ``"tiny"`` (down to the smallest
    subnormal), ``"huge"`` (up to the largest float; like the tiny ones, on the sides of 0 that are in the domain), ``"nonfinite"`` (inf,
    -inf, nan). Combine them with ``|``. Raises ValueError for another word, or where there is none such; TypeError for what is no
    Interval, such as an entry of `DOMAINS`, which has one for each argument.

    >>> from hypothesis import find
    >>> find(floats(Interval(low=0.0)), lambda x: x > 0.5)
    1.0
    >>> find(floats(Interval(kinks=(1.0,)), at="kinks"), lambda x: True)
    1.0
    """
    domain = _interval(domain, "floats")
    margin, bound = _limits(at, margin, bound, "floats")
    if not max(domain.low, -bound) < min(domain.high, bound):
        raise ValueError(f"floats: {domain} has no numbers within {bound} of 0; give another bound")
    walls = domain.walls(bound)
    if at is None:
        return _plain(bound).map(lambda x: _settled(x, [domain], margin, bound))
    if at == "kinks":
        found: list[st.SearchStrategy[float]] = [st.sampled_from(walls)] if walls else []
    elif at == "nonfinite":
        found = [st.sampled_from([math.inf, -math.inf, math.nan])]
    else:
        found = [st.floats(a, b) for a, b in _EXTREMES[at] if domain.low <= a and b <= domain.high]
    if not found:
        raise ValueError(f"floats: there are no {at} in {domain} within {bound} of 0")
    return st.one_of(found)


def _strategy(elements: Any, what: str) -> st.SearchStrategy[Any]:
    """``elements``, if it is a strategy."""
    if isinstance(elements, st.SearchStrategy):
        return elements
    cure = "st.just(...) draws one thing, st.sampled_from([...]) one of several"
    if isinstance(elements, Interval):
        cure = f"write floats({elements})"
    elif callable(elements):
        cure = "call it"
    raise TypeError(f"{what} must be a strategy, got {described(elements)}; {cure}")


def values(elements: st.SearchStrategy[float] | None = None, *, requires_grad: bool = True) -> st.SearchStrategy[Value]:
    """Values: leaves that require a gradient unless told otherwise.

    ``elements`` draws their numbers; by default, as in `tensors`, 0.25 to 2 and -2 to -0.25: the customary kink is at 0.
    Raises TypeError for what is no strategy.
    """
    elements = floats(NONZERO) if elements is None else _strategy(elements, "values: elements")
    return st.builds(Value, elements, **({} if flag_of(requires_grad, "requires_grad") else {"requires_grad": st.just(False)}))


# Shapes and tensors.
def shape_of(shape: Any, what: str) -> Any:
    """``shape``, a strategy or a tuple of sizes, or an error that says ``what`` it is for."""
    if isinstance(shape, st.SearchStrategy):
        return shape
    if not isinstance(shape, tuple | list):
        cure = f"; write ({shape},)" if isinstance(shape, int) else ""
        raise TypeError(f"{what} must be a tuple of sizes, or a strategy for it, got {described(shape)}{cure}")
    if len(shape) > DIMS:
        raise ValueError(f"{what} must have at most {DIMS} sizes, got {len(shape)}")
    return tuple([int_of(n, f"a size in {what}", 0) for n in shape])


def _sides(what: str, min_dims: Any, max_dims: Any, max_side: Any, empty: Any) -> dict[str, Any]:
    """The limits of shapes, as hypothesis takes them."""
    least = 0 if flag_of(empty, f"{what}: empty") else 1
    min_dims = int_of(min_dims, f"{what}: min_dims", 0, DIMS)
    most = int_of(max_dims, f"{what}: max_dims", min_dims, DIMS)
    return {"min_dims": min_dims, "max_dims": most, "min_side": least, "max_side": int_of(max_side, f"{what}: max_side", least)}


def shapes(*, min_dims: int = 0, max_dims: int = 3, max_side: int = 3, empty: bool = False) -> st.SearchStrategy[Shape]:
    """Shapes of ``min_dims`` to ``max_dims`` dimensions; no entry is missing unless ``empty`` allows sides of 0.

    Raises ValueError where ``max_dims`` is less than ``min_dims`` and for other limits that no shape keeps.
    """
    return hnp.array_shapes(**_sides("shapes", min_dims, max_dims, max_side, empty))


def broadcastable(n: int, *, max_dims: int = 3, max_side: int = 3, empty: bool = False) -> st.SearchStrategy[tuple[Shape, ...]]:
    """``n`` shapes that broadcast together: 0-d, with axes of size 1, with axes missing; with sides of 0 where ``empty`` allows it.

    Raises ValueError for fewer than one shape.
    """
    n = int_of(n, "broadcastable: n", 1)
    together = hnp.mutually_broadcastable_shapes(num_shapes=n, **_sides("broadcastable", 0, max_dims, max_side, empty))
    return together.map(lambda drawn: drawn.input_shapes)


def arrays(shape: Shape | st.SearchStrategy[Shape], elements: st.SearchStrategy[Any], dtype: Any = float64) -> st.SearchStrategy[Any]:
    """Arrays in which some entries are drawn and one number fills the rest, so that their shapes shrink well."""
    return hnp.arrays(dtype, shape, elements=elements, fill=elements)


def tensors(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    dtype: Any = float64,
    elements: st.SearchStrategy[Any] | None = None,
    *,
    requires_grad: bool | None = None,
) -> st.SearchStrategy[Tensor]:
    """Tensors of ``shape`` (a shape, or a strategy for it; default: `shapes`) and ``dtype``.

    ``elements`` draws an entry; by default, ``floats(NONZERO)``, away from the kink that many functions have at 0; integers from -3 to
    3 (0 to 3 without a sign); or booleans. Floating tensors require a gradient unless ``requires_grad=False``. A failing test shows
    them as code, ``tensor(array([1.]), requires_grad=True)``. Raises TypeError for a shape or elements of another kind.

    >>> from hypothesis import find
    >>> find(tensors((2,)), lambda x: x.sum().item() > 2.5)
    tensor([2., 2.], dtype=float64, requires_grad=True)
    """
    dtype = dtype_of(dtype)
    kind = dtype.kind
    if elements is None:
        elements = floats(NONZERO) if kind == "f" else st.booleans() if kind == "b" else st.integers(0 if kind == "u" else -3, 3)
    elements = _strategy(elements, "tensors: elements")
    if dtype.itemsize == 4 and kind == "f":
        elements = elements.map(lambda x: tensor(x, dtype).item())
    needs = kind == "f" if requires_grad is None else flag_of(requires_grad, "requires_grad")
    if needs and kind != "f":
        raise TypeError(f"tensors: only floating tensors can require a gradient, got dtype {dtype}")
    drawn = arrays(shapes() if shape is None else shape_of(shape, "tensors: shape"), elements, dtype)
    return st.builds(tensor, drawn, **({"requires_grad": st.just(True)} if needs else {}))


# Indices.
@st.composite
def _keys(draw: st.DrawFn, shape: Shape) -> tuple[Any, ...]:
    """A key as numpy takes it: a tuple of ints, slices, None, ... and arrays that broadcast together."""
    length = draw(st.integers(0, 3))  # of each integer array, and of what each mask selects
    key: list[Any] = []
    axis = 0
    while axis < len(shape):
        n = shape[axis]
        kinds = ["slice", None]
        if not any(k is ... for k in key):  # which stands for the axes that the others leave, so that after it all are named
            kinds = ["stop", *kinds, "..."]
        if n:
            kinds.append("int")
        if n or not length:
            kinds.append("integers")
        spans = [s for s in (1, 2) if axis + s <= len(shape) and math.prod(shape[axis : axis + s]) >= length]
        if spans:
            kinds.append("mask")
        kind = draw(st.sampled_from(kinds))
        used = 1
        if kind == "stop":
            break
        if kind == "slice":
            key.append(draw(st.slices(max(n, 1))))  # of nothing, slices would have steps of any size
        elif kind == "int":
            key.append(draw(st.integers(-n, n - 1)))
        elif kind == "integers":
            entries = st.integers(-n, n - 1) if n else st.nothing()
            key.append(np.array(draw(st.lists(entries, min_size=length, max_size=length)), np.int64))
        elif kind == "mask":
            used = draw(st.sampled_from(spans))
            mask = np.zeros(shape[axis : axis + used], bool)
            chosen = st.integers(0, mask.size - 1) if mask.size else st.nothing()
            mask.flat[draw(st.lists(chosen, min_size=length, max_size=length, unique=True))] = True
            key.append(mask)
        elif kind == "...":
            key.append(...)
            used = draw(st.integers(0, len(shape) - axis))
        else:
            key.append(None)
            used = 0
        axis += used
    return tuple(key)


def indices(shape: Shape) -> st.SearchStrategy[Any]:
    """What can stand in ``x[...]`` for a tensor of ``shape``: ints, slices with steps of either sign, None, Ellipsis, boolean
    masks, lists, arrays and tensors of integers (with repeats and negative ones), and mixtures of these. Raises TypeError for what
    is no shape.

    >>> from hypothesis import find
    >>> find(indices((3,)), lambda key: isinstance(key, tuple) and None in key)
    (None,)
    """
    if isinstance(shape, st.SearchStrategy):
        raise TypeError(f"indices: shape must be a tuple of sizes, got {described(shape)}, a strategy; write shapes().flatmap(indices)")
    return _indices(shape_of(shape, "indices: shape"))


@st.composite
def _indices(draw: st.DrawFn, shape: Shape) -> Any:
    key = tuple(draw(_dressed(k)) if isinstance(k, np.ndarray) else k for k in draw(_keys(shape)))
    return key[0] if len(key) == 1 and draw(st.booleans()) else key


def _dressed(array: np.ndarray) -> st.SearchStrategy[Any]:
    plain = [array.tolist()] if array.size or array.dtype != bool else []  # a list of nothing holds integers
    return st.sampled_from([*plain, array, tensor(array)])


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
    return x, draw(_keys(x.shape).filter(lambda key: np.empty(x.shape)[key].size > 0))


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


#: For each differentiable row of `shapes`: how many dimensions its first tensor needs, and how its arguments are drawn.
SHAPED: dict[str, tuple[int, Callable[[st.DrawFn, Any, New], tuple[Any, ...]]]] = {
    **dict.fromkeys(("sum", "mean", "max", "min", "norm", "logsumexp"), (0, _reduce)),
    **dict.fromkeys(("cumsum", "softmax", "log_softmax"), (1, _scan)), "std": (1, _std),
    "cross entropy": (1, _classes),
    "@": (2, _matmul), "linear": (2, _linear), "einsum": (1, _einsum),
    "to": (0, lambda draw, x, new: (x, float64)), "clone": (0, lambda draw, x, new: (x,)),
    "reshape": (0, _reshape), "permute": (0, lambda draw, x, new: (x, tuple(draw(st.permutations(range(x.ndim)))))),
    "broadcast": (0, _broadcast), "cat": (1, _cat), "stack": (0, _stack), "[]": (1, _getitem), "put": (1, _put),
    "tril": (2, _triangle), "triu": (2, _triangle),
}  # fmt: skip


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
    """All arguments of a differentiable row of `rules` or `shapes` (or of the row of that name), to be called as ``row(*args)``.

    Tensors (float64; those of an elementwise row broadcast) or, with ``scalars``, Values; they require a gradient. Where a row takes
    a condition it is boolean; what a row of `shapes` takes besides (axes, keys) is as the row wants it. ``shape`` is, or draws, the
    shape of the first tensor of such a row. ``margin``, ``bound`` and ``at`` are those of `floats`; ``at="kinks"`` knows the kinks
    between arguments as well, such as ties of a maximum. Raises ValueError for a row of neither table, and for Values with a row of
    `shapes`; TypeError for what is no row.

    >>> from hypothesis import find
    >>> find(arguments(elementwise.maximum, scalars=True), lambda args: True)
    (Value(data=0.25, grad=None), Value(data=0.0, grad=None))
    >>> find(arguments(elementwise.maximum, scalars=True, at="kinks"), lambda args: True)
    (Value(data=0.0, grad=None), Value(data=0.0, grad=None))
    """
    tables = {**table.SHAPED, **table.ELEMENTWISE}
    if not isinstance(row, Op | str):
        name = getattr(row, "__name__", None)
        known = isinstance(name, str) and name in tables
        cure = f"{name!r} is the name of one" if known else "draw other arguments with tensors() or values()"
        raise TypeError(f"arguments: row must be a row of autograd.ops, or its name, got {described(row)}; {cure}")
    found = tables.get(row) if isinstance(row, str) else row if tables.get(row.name) is row else None
    if found is None or not (found.name in table.ELEMENTWISE or found.name in SHAPED):
        raise ValueError(f"arguments: {row!r} is not a differentiable row of autograd.ops; use tensors() or values()")
    margin, bound = _limits(at, margin, bound, "arguments")
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
    least = SHAPED[found.name][0]
    if shape is None:
        shape = shapes(min_dims=least)
        if found.name in APART:
            shape = hnp.array_shapes(min_dims=1, max_dims=2, min_side=2, max_side=3)  # a standard deviation wants two entries
    elif isinstance(shape := shape_of(shape, "arguments: shape"), tuple) and (len(shape) < least or 0 in shape):
        raise ValueError(f"arguments: {found!r} takes tensors with entries and at least {least} dimensions, got shape {shape}")
    return _shaped(found, shape, elements, at, margin, bound)


@st.composite
def _elementwise(draw: st.DrawFn, row: Op, scalars: bool, at: str | None, margin: float, bound: float) -> tuple[Any, ...]:
    domains = domains_of(row)
    given = [()] * len(domains) if scalars else draw(broadcastable(len(domains)))
    found: list[np.ndarray] = []
    for shape, domain in zip(reversed(given), reversed(domains)):  # the first may depend on those after it
        if at in (None, "kinks"):
            array = draw(arrays(shape, _plain(bound)))
            moved = []
            for x, where in zip(array.flat, _facing(domain, array, found)):
                kinked = at is not None and any(interval.walls(bound) for interval in where)
                moved.append(_on_wall(x, where, bound) if kinked else _settled(x, where, margin, bound))
            array = np.array(moved, float64).reshape(shape)
        else:
            array = draw(arrays(shape, floats(domain if isinstance(domain, Interval) else REALS, at=at, bound=bound)))
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
    draw: st.DrawFn, row: Op, shape: Shape | st.SearchStrategy[Shape], elements: st.SearchStrategy[float], at: str | None, margin: float,
    bound: float,
) -> tuple[Any, ...]:  # fmt: skip
    if row.name in APART:
        steps = st.integers(0, 1) if at == "kinks" else st.integers(-20, 20)
        x = draw(hnp.arrays(np.int64, shape, elements=steps, unique=at != "kinks")) * margin
    else:
        x = draw(arrays(shape, elements))
    args = SHAPED[row.name][1](draw, x, lambda size: draw(arrays(size, floats(bound=bound))))
    leaves = {id(a): draw(_leaf(a)) for a in args if isinstance(a, np.ndarray)}
    return tuple(leaves.get(id(a), a) for a in args)
