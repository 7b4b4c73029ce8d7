"""Random programs to differentiate: expressions with shared parts, and small networks, as code one can paste.

An expression is built forward from its inputs, each operation only where its arguments lie inside its domain and away from kinks and
where nothing grows steep, so that there is a gradient to compare with. What the result does not need is left out; that, and
references that shrink towards the inputs, makes a failing program shrink to the one operation that is wrong.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import autograd
from autograd.core.node import Op
from autograd.core.symbols import literal
from autograd.creation import tensor
from autograd.errors import described, int_of, is_many
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.ops import table
from autograd.testing.strategies.arrays import Shape, filled, shape_of
from autograd.testing.strategies.numbers import NONZERO, Interval, floats
from autograd.testing.strategies.rows import APART, DOMAINS, apart, domains_of, drawn, holds

__all__ = ["Expression", "expressions", "mlps"]

LARGE, STEEP = 10.0, 30.0  # the largest number in an expression, and the largest slope of it along one direction
NEAR = 1e-4  # over which the slope is measured
ENTRIES = 64  # of a tensor in an expression
CONSTANTS = ("2.0", "0.5", "-1.5")


class Step(NamedTuple):
    """One operation: code with a ``{}`` for each operand, and the numbers of the nodes that are its operands."""

    code: str
    operands: tuple[int, ...]


class Expression:
    """A program of one result, made by `expressions` and `mlps`.

    Call it on as many Tensors as it has inputs, or on Values where it is made of elementwise operations on numbers (`is_scalar`).
    Its repr is a whole program: run it, and ``y`` is the result, bit for bit.

    >>> e = Expression([0.5, Step("{}.tanh()", (0,)), Step("{} * {}", (1, 1))])
    >>> e
    import autograd as ag
    <BLANKLINE>
    x = ag.Value(0.5)
    v1 = x.tanh()
    y = v1 * v1
    >>> e(*e.inputs())
    Value(data=0.21355226703407257, grad=None)
    """

    def __init__(self, nodes: Sequence[float | np.ndarray | Step], names: Sequence[str] = ()) -> None:
        """``nodes``: numbers or arrays for the inputs, a `Step` for each operation, the result last. ``names``: of the inputs."""
        needed = {len(nodes) - 1}
        for i in reversed(range(len(nodes))):
            if i in needed and isinstance(node := nodes[i], Step):
                needed.update(node.operands)
        inputs = [i for i in sorted(needed) if not isinstance(nodes[i], Step)]
        called = dict(zip((i for i, node in enumerate(nodes) if not isinstance(node, Step)), names))
        name = {i: called.get(i, f"x{k}" if len(inputs) > 1 else "x") for k, i in enumerate(inputs)}
        self.numbers: dict[str, Any] = {name[i]: nodes[i] for i in inputs}  #: the inputs by name
        self.lines: list[tuple[str, str]] = []  #: name and code of each operation, in order
        for i in sorted(needed - set(inputs)):
            step = nodes[i]
            assert isinstance(step, Step)
            name[i] = "y" if i == len(nodes) - 1 else f"v{len(self.lines) + 1}"
            self.lines.append((name[i], step.code.format(*(name[k] for k in step.operands))))
        if not self.lines:
            self.lines.append(("y", name[len(nodes) - 1]))

    @property
    def is_scalar(self) -> bool:
        """Are the inputs Values?"""
        return all(isinstance(x, float) for x in self.numbers.values())

    def inputs(self) -> tuple[Any, ...]:
        """New leaves with the numbers that were drawn: Values, or float64 tensors that require a gradient."""
        return tuple(Value(x) if isinstance(x, float) else tensor(x, requires_grad=True) for x in self.numbers.values())

    @cached_property
    def _function(self) -> Callable[..., Any]:
        body = "".join(f"    {name} = {code}\n" for name, code in self.lines)
        scope: dict[str, Any] = {"ag": autograd}
        exec(f"def expression({', '.join(self.numbers)}):\n{body}    return y\n", scope)
        return scope["expression"]

    def __call__(self, *inputs: Any) -> Any:
        return self._function(*inputs)

    def __repr__(self) -> str:
        given = []
        for name, x in self.numbers.items():
            code = f"ag.Value({x!r})" if isinstance(x, float) else f"ag.tensor({x.tolist()}, dtype=ag.float64, requires_grad=True)"
            given.append(f"{name} = {code}")
        return "\n".join(["import autograd as ag", "", *given, *(f"{name} = {code}" for name, code in self.lines)])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # hypothesis asks: each line at the margin, to be pasted
        printer.text(f"Expression(\n{self!r}\n)")


# What may take part, and how it is called.
def _elementwise() -> list[str]:
    return [name for name, row in table.ELEMENTWISE.items() if row.differentiable]


def _shaped() -> list[str]:
    """Without `inverse`: a matrix that a program has made need not have one."""
    return [name for name, row in table.SHAPED.items() if row.public and drawn(row) and name != "inverse"]


def code_of(row: Op, *args: Any) -> str:
    """A call of a row with public names: operators and methods, which on Values are the scalar kernels. Operands are texts.

    >>> from autograd import maximum, pow, tanh
    >>> code_of(pow, "{}", "2.0"), code_of(tanh, "{}"), code_of(maximum, "2.0", "{}")
    ('{} ** 2.0', '{}.tanh()', 'ag.maximum(2.0, {})')
    """
    if row.code is not None:
        return row.code(*args)
    words = [a if isinstance(a, str) else literal(a) for a in args]
    if row.infix is not None:
        return f"{words[0]} {row.infix} {words[1]}"
    return f"{{}}.{row.public}({', '.join(words[1:])})" if words[0] == "{}" else f"ag.{row.public}({', '.join(words)})"


@dataclass(frozen=True)
class _Operand:
    """A node on its way into an operation that knows about shapes."""

    index: int
    shape: Shape

    @property
    def ndim(self) -> int:
        return len(self.shape)


class _Builder:
    """Nodes so far, with their numbers at the inputs and a small step aside, which tells where something grows steep."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.nodes: list[float | np.ndarray | Step] = []
        self.here: list[Tensor] = []
        self.aside: list[Tensor] = []

    def given(self, x: float | np.ndarray) -> int:
        """A new input; its number."""
        array = np.asarray(x)
        self.nodes.append(x)
        self.here.append(tensor(array))
        self.aside.append(tensor(array + NEAR * np.cos(7.0 * len(self.nodes) + np.arange(array.size).reshape(array.shape))))
        return len(self.nodes) - 1

    def step(self, code: str, operands: tuple[int, ...]) -> bool:
        """Take the operation in, if its result is finite, moderate and not steep."""
        names = [f"x{i}" for i in range(len(operands))]
        here, aside = (
            eval(code.format(*names), {"ag": autograd, **{x: tensors[i] for x, i in zip(names, operands)}})
            for tensors in (self.here, self.aside)
        )
        z, near = here.numpy(), aside.numpy()
        if not 0 < z.size <= ENTRIES or not np.all(abs(z) <= LARGE) or not np.all(abs(near - z) <= STEEP * NEAR):
            return False
        self.nodes.append(Step(code, operands))
        self.here.append(here)
        self.aside.append(aside)
        return True

    def largest(self) -> list[float | np.ndarray | Step]:
        """The nodes up to the one that the most operations lead to."""
        made: list[frozenset[int]] = []
        for i, node in enumerate(self.nodes):
            made.append(frozenset({i}).union(*(made[k] for k in node.operands)) if isinstance(node, Step) else frozenset())
        return self.nodes[: max(range(len(made)), key=lambda i: (len(made[i]), i)) + 1]

    def references(self, n: int) -> st.SearchStrategy[int]:
        """One of ``n`` things, often a node that is not used yet."""
        used = {i for node in self.nodes if isinstance(node, Step) for i in node.operands}
        fresh = st.sampled_from([i for i in range(len(self.nodes)) if i not in used])
        return st.integers(0, n - 1) | fresh | fresh

    def elementwise(self, name: str) -> bool:
        """Apply a row to the first operands that it can be differentiated at, beginning with those that are drawn."""
        row = table.ELEMENTWISE[name]
        arity = len(domains_of(row))
        pool: list[Any] = [*range(len(self.nodes)), *(CONSTANTS if arity > 1 else ())]
        start = [self.draw(self.references(len(pool))) for _ in range(arity)]
        for chosen in _tuples(start, pool):
            operands = tuple(c for c in chosen if isinstance(c, int))
            args = [self.here[c].numpy() if isinstance(c, int) else float(c) for c in chosen]
            if len(operands) >= arity - 1 and _broadcasts(args) and holds(row, args):
                if self.step(code_of(row, *("{}" if isinstance(c, int) else c for c in chosen)), operands):
                    return True
        return False

    def shaped(self, name: str) -> bool:
        """Apply a row that knows about shapes, to the first tensor that suits it."""
        row = table.SHAPED[name]
        how = drawn(row)
        assert how is not None
        ndim, rest = how
        domain = DOMAINS.get(name, (Interval(),))[0]
        assert isinstance(domain, Interval)
        for (i,) in _tuples([self.draw(self.references(len(self.nodes)))], range(len(self.nodes))):
            x = self.here[i].numpy()
            if ndim <= x.ndim <= 3 and domain.holds(x) and (name not in APART or apart(x)):
                args = rest(self.draw, _Operand(i, x.shape), self.operand)
                operands = tuple(a.index for a in args if isinstance(a, _Operand))
                return self.step(code_of(row, *("{}" if isinstance(a, _Operand) else a for a in args)), operands)
        return False

    def operand(self, shape: Shape) -> _Operand:
        """A node of ``shape``: one that is there, or a new input."""
        found = [i for i, t in enumerate(self.here) if t.shape == shape]
        i = self.draw(st.sampled_from([*found, None]))
        return _Operand(self.given(self.draw(_arrays(shape))) if i is None else i, shape)


def _arrays(shape: Shape) -> st.SearchStrategy[np.ndarray]:
    return filled(shape, floats(NONZERO))


def _tuples(start: Sequence[int], pool: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """All tuples of members of ``pool``, beginning with those at ``start``."""
    n = len(pool)
    first = sum(d * n**j for j, d in enumerate(start))
    for i in range(n ** len(start)):
        yield tuple(pool[(first + i) // n**j % n] for j in range(len(start)))


def _broadcasts(args: Sequence[Any]) -> bool:
    try:
        return bool(np.prod(np.broadcast_shapes(*map(np.shape, args))) <= ENTRIES)
    except ValueError:
        return False


def _names(names: Any, known: Sequence[str], what: str, kind: str) -> list[str]:
    """``names`` as a list, if it has nothing but some of the ``known`` ones in it."""
    if isinstance(names, str | bytes) or not is_many(names):
        cure = f"; write [{names!r}]" if isinstance(names, str) else ""
        raise TypeError(f"{what} must be a list of names, got {described(names)}{cure}")
    given = list(names)
    for name in given:
        if not isinstance(name, str) or name not in known:
            raise ValueError(f"{what} must be some of the {kind} {', '.join(known)}, got {described(name)}")
    return given


def expressions(
    depth: int = 5, *, ops: Sequence[str] | None = None, shape: Shape | st.SearchStrategy[Shape] | None = None
) -> st.SearchStrategy[Expression]:
    """Expressions of at most ``depth`` operations, with shared parts, that can be differentiated at their inputs.

    Without ``shape``, the inputs are one to three Values and the operations elementwise. With it (a shape, or a strategy for it), they
    are tensors of that shape and of shapes that broadcast to it, and the operations of `autograd.ops` take part. ``ops`` names the
    rows to choose from (``"+"``, ``"tanh"``, ``"softmax"``, ...; default: all). Arguments stay 0.25 away from kinks, results below 10
    and their slopes below 30. Raises ValueError for a name that is not there, TypeError for arguments of other kinds.

    >>> from hypothesis import find
    >>> find(expressions(ops=["tanh", "*"]), lambda e: "tanh" in repr(e))
    import autograd as ag
    <BLANKLINE>
    x = ag.Value(0.25)
    y = x.tanh()
    """
    known = _elementwise() if shape is None else [*_elementwise(), *_shaped()]
    kind = "rows of Values" if shape is None else "rows"
    wanted = known if ops is None else _names(ops, known, "expressions: ops", kind)
    if not wanted:
        raise ValueError(f"expressions: ops must be some of the {kind} {', '.join(known)}, got no names")
    depth = int_of(depth, "expressions: depth, a number of operations,", 1)
    if shape is not None and isinstance(shape := shape_of(shape, "expressions: shape"), tuple):
        if not 1 <= math.prod(shape) <= ENTRIES:
            raise ValueError(f"expressions: a tensor must have 1 to {ENTRIES} entries, got shape {shape}")
        shape = st.just(shape)
    return _expressions(depth, wanted, shape)


@st.composite
def _expressions(draw: st.DrawFn, depth: int, ops: Sequence[str], shape: st.SearchStrategy[Shape] | None) -> Expression:
    builder = _Builder(draw)
    size = draw(shape) if shape is not None else ()
    for i in range(draw(st.integers(1, 3))):
        part = size[draw(st.integers(0, len(size))) :] if i else size
        x = draw(_arrays(tuple(draw(st.sampled_from([n, 1])) for n in part) if i else part))
        builder.given(x.item() if shape is None else x)
    for _ in range(draw(st.integers(1, depth))):
        first = draw(st.integers(0, len(ops) - 1))
        for k in range(len(ops)):  # where an operation suits nothing, the next one is tried
            name = ops[(first + k) % len(ops)]
            if builder.elementwise(name) if name in table.ELEMENTWISE else builder.shaped(name):
                break
    return Expression(builder.largest())


def mlps(
    *, layers: int = 2, width: int = 3, batch: int = 3, activations: Sequence[str] = ("tanh", "sigmoid", "softplus", "relu", "sin", "erf")
) -> st.SearchStrategy[Expression]:
    """Small networks as expressions of x (batch, in), W1 (out, in), b1 (out,), W2, b2, ...: linear layers with ``activations`` between.

    ``layers``, ``width`` and ``batch`` are the most there are. An activation whose kink is near gives way to the next one; the
    last resort is tanh. Raises ValueError for an activation that is not an elementwise row of one argument, and for less than one of
    the others; TypeError for arguments of other kinds.

    >>> from hypothesis import find
    >>> e = find(mlps(), lambda e: len(e.lines) > 1)
    >>> [*e.numbers], e.lines
    (['x', 'W1', 'b1', 'W2', 'b2'], [('v1', 'ag.tanh(ag.linear(x, W1, b1))'), ('y', 'ag.linear(v1, W2, b2)')])
    """
    known = [name for name in _elementwise() if len(domains_of(table.ELEMENTWISE[name])) == 1]
    wanted = _names(activations, known, "mlps: activations", "elementwise rows of one argument")
    layers, width, batch = (int_of(n, f"mlps: {name}", 1) for n, name in ((layers, "layers"), (width, "width"), (batch, "batch")))
    return _mlps(layers, width, batch, [*wanted, "tanh"])


@st.composite
def _mlps(draw: st.DrawFn, layers: int, width: int, batch: int, activations: Sequence[str]) -> Expression:
    builder = _Builder(draw)
    sizes = draw(st.lists(st.integers(1, width), min_size=2, max_size=layers + 1))
    h = builder.given(draw(_arrays((draw(st.integers(1, batch)), sizes[0]))))
    for i, (n, m) in enumerate(itertools.pairwise(sizes)):
        operands = h, builder.given(draw(_arrays((m, n))) / n), builder.given(draw(_arrays((m,))))
        if i == len(sizes) - 2:
            builder.step("ag.linear({}, {}, {})", operands)
        else:
            linear = autograd.linear(*(builder.here[k] for k in operands)).numpy()
            first = draw(st.integers(0, len(activations) - 1))
            for name in itertools.chain(activations[first:], activations):
                if holds(table.ELEMENTWISE[name], [linear]) and builder.step(f"ag.{name}(ag.linear({{}}, {{}}, {{}}))", operands):
                    break
        h = len(builder.nodes) - 1
    return Expression(builder.nodes, ["x", *(f"{letter}{i}" for i in range(1, len(sizes)) for letter in "Wb")])
