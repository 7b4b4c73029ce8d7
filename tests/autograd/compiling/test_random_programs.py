"""Random programs, and every operation of the tables, compiled beside themselves: results and gradients agree to the last bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor
from autograd.core.node import Op
from autograd.ops import table
from autograd.testing.expressions import expressions, mlps
from autograd.testing.strategies import arguments, shapes
from autograd.testing.strategies.rows import drawn
from tests.autograd.compiling.stories import Compile, compiled_as_eager, hold, raised, rows
from tests.autograd.examples import INF, NAN
from tests.autograd.faces.programs import program, run
from tests.autograd.ops.examples import VIEWS

FORMS = ["backward inside", "backward outside", "gradients recorded", "no gradients"]
EDGES = [0.0, -0.0, NAN, INF, -INF, 1.0, -1.0, 0.5, 1e-40, 1e30, -1e30, 2.0]


def told_of(
    compile: Compile, f: Callable[..., Any], inputs: Callable[[int], Sequence[Tensor]], form: str, calls: int = 5, refused: bool = False
) -> Iterator[Any]:
    """The story of a function of leaves, with its gradients in one of the ``FORMS``; of its errors, too, where it may be ``refused``."""

    def within(*xs: Tensor) -> Any:
        y = f(*xs)
        if y.requires_grad:
            y.sum().backward()
        return y

    call = compile(within if form == "backward inside" else f)

    def once(i: int, xs: Sequence[Tensor]) -> Any:
        gradients: Sequence[Any] = []
        with np.errstate(all="ignore"), ag.set_grad_enabled(form != "no gradients"):
            y = call(*xs)
            if y.requires_grad and form == "backward outside":
                y.backward(rows(i, *y.shape).to(y.dtype))
            elif y.requires_grad and form == "gradients recorded":
                gradients = ag.grad(y.sum(), [x for x in xs if x.requires_grad], create_graph=True, allow_unused=True)
                parts = [(g * g).sum() for g in gradients if g is not None and g.requires_grad]
                if parts:
                    sum(parts).backward()
        return y, gradients

    for i in range(calls):
        xs = inputs(i)
        yield raised(lambda i=i, xs=xs: once(i, xs)) if refused else once(i, xs), xs


def moved(xs: Sequence[Any], i: int, dtype: Any = None) -> list[Tensor]:
    """Tensors near ``xs``, nearer than kinks are; conditions and indices stay."""
    made = []
    for x in xs:
        a = x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x)
        if a.dtype.kind == "f":
            a = (a * (1 + 0.01 * i)).astype(dtype or a.dtype)
        made.append(ag.tensor(a, requires_grad=not isinstance(x, Tensor) or x.requires_grad))
    return made


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60)
@given(data=st.data())
def test_random_expressions(form: str, data: st.DataObject) -> None:
    e = data.draw(mlps() | expressions(6, shape=shapes()))
    dtype = data.draw(st.sampled_from(["float64", "float32"]))
    hold(lambda compile: told_of(compile, e, lambda i: moved([*e.numbers.values()], i, dtype), form), replayed=2)


@pytest.mark.parametrize("form", FORMS[:2])
@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 12))
def test_random_changes_in_place(form: str, seed: int, length: int) -> None:
    p = program(Random(seed), length)

    def f(*xs: Tensor) -> Tensor:
        ts = run(p, [*xs], lambda shape: ag.zeros(shape, dtype=ag.float64))
        return sum(t.sum() for t in ts)

    def inputs(i: int) -> list[Tensor]:
        return [rows(i + k, *shape, dtype="float64", requires_grad=True) for k, shape in enumerate(p.shapes)]

    def story(compile: Compile) -> Iterator[Any]:
        yield from told_of(compile, f, inputs, form, refused=True)  # where a change spoils what backward needs

    hold(story)


# Every row, at arguments as tests of the engine draw them.
ROWS = [*table.ELEMENTWISE.values(), *(row for row in table.SHAPED.values() if drawn(row))]


def of_tensors(row: Op, args: Sequence[Any]) -> tuple[Callable[..., Any], list[Tensor]]:
    """The row as a function of the tensors among its arguments, and these."""
    at = [i for i, a in enumerate(args) if isinstance(a, Tensor)]

    def f(*xs: Tensor) -> Any:
        full = [*args]
        for i, x in zip(at, xs):
            full[i] = x
        return row(*full)

    return f, [args[i] for i in at]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@settings(max_examples=12)
@given(data=st.data())
def test_every_row(row: Op, data: st.DataObject) -> None:
    f, xs = of_tensors(row, data.draw(arguments(row)))
    dtype = data.draw(st.sampled_from(["float64", "float32"]))
    forms = FORMS if row.differentiable else FORMS[3:]
    if row.name == "einsum":  # recorded, the gradient that arrives lies otherwise in memory, and numpy sums in another order
        forms = [form for form in forms if form != "gradients recorded"]
    form = data.draw(st.sampled_from(forms))
    eager = row.moves or row.name == "put"  # parts of an argument are returned; indices are arrays of numpy
    hold(lambda compile: told_of(compile, f, lambda i: moved(xs, i, dtype), form), replayed=None if eager else 2)


@pytest.mark.parametrize("form", FORMS[:2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", [*table.ELEMENTWISE.values()], ids=lambda row: row.name)
def test_every_elementwise_row_at_the_edges(row: Op, dtype: str, form: str) -> None:
    def inputs(i: int) -> list[Tensor]:
        made = [ag.tensor(np.array(EDGES, dtype), requires_grad=row.differentiable)]
        for k in range(1, len(row.vjps)):
            made.append(ag.tensor(np.roll(EDGES, i + k).astype(dtype), requires_grad=row.differentiable))
        if row.name == "where":
            made[0] = made[0].detach() > i - 2
        return made

    hold(lambda compile: told_of(compile, row, inputs, form), replayed=2)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "f"), [(name, f) for name, f, _ in VIEWS], ids=[name for name, *_ in VIEWS])
def test_every_view_and_scan(name: str, f: Any, form: str) -> None:
    eager = name.startswith("diag") or name in ("max-dim", "min-dim")  # their indices are made by numpy
    hold(
        lambda compile: told_of(compile, lambda x: f(x.exp()), lambda i: [rows(i, 2, 3, 4, dtype="float64", requires_grad=True)], form),
        replayed=None if eager else 2,
    )


# What is composed of rows, and what has no gradient: functions of x (4, 3), and of y, of its shape.
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "argmax": lambda x, y: x.argmax(1) + x.argmin(), "sort": lambda x, y: x.sort(1).values * x.sort(1).indices, "argsort": lambda x, y: x.argsort(0, descending=True),
    "topk": lambda x, y: x.topk(2, 1).values * y[:, :2], "median": lambda x, y: x.median(1).values + y.median(), "max": lambda x, y: x.max() * x.max(1).indices.sum(),
    "bincount": lambda x, y: ag.bincount((x > 0).long().reshape(-1), minlength=3), "histogram": lambda x, y: ag.histogram(x, 4, range=(-3, 3)).hist,
    "masked_fill": lambda x, y: x.masked_fill(y > 0, 2.0) * y, "where": lambda x, y: ag.where(x > y, x, y * 2), "isclose": lambda x, y: ag.isclose(x, y).float() * x,
    "gather": lambda x, y: x.gather(1, y.argsort(1)), "index_select": lambda x, y: x.index_select(0, y[:, 0].argsort()), "index": lambda x, y: x[y.argsort(0)[:, 0]],
    "mask": lambda x, y: x * (y > 0), "chunk": lambda x, y: x.chunk(2)[1] * y.chunk(2)[0], "unbind": lambda x, y: x.unbind(1)[2] * y.unbind(1)[0],
    "hstack": lambda x, y: ag.hstack([x, y]) * 2, "vstack": lambda x, y: ag.vstack([x, y]).exp(), "meshgrid": lambda x, y: ag.meshgrid(x[0], y[:, 0], indexing="ij")[0],
    "isnan": lambda x, y: x.isnan().any() | x.isinf().any() | ~x.isfinite().all(), "logical": lambda x, y: ag.logical_xor(x > 0, y > 0).all(0) | ag.logical_and(x, y).any(0),
    "var": lambda x, y: x.var(1) + y.std(0).sum(), "prod": lambda x, y: x.prod() + y.prod(1), "outer": lambda x, y: ag.outer(x[0], y[1]),
    "dot": lambda x, y: ag.dot(x[0], y[1]), "mv": lambda x, y: ag.mv(x, y[0]), "matmul": lambda x, y: x @ y.T @ x, "einsum": lambda x, y: ag.einsum("ij,kj->ik", x, y),
    "pow": lambda x, y: x.abs() ** y + 2.0**x + x**2 + x**3.0, "mod": lambda x, y: x % 0.7 + x // 0.7 + 1.0 % x,
    "repeat": lambda x, y: x.repeat(2, 1), "clip": lambda x, y: x.clip(-0.5, 0.5) * y.clamp(min=0), "norm": lambda x, y: ag.norm(x) + y.norm(1, 0).sum(),
    "linalg": lambda x, y: ag.linalg.norm(x) + ag.inverse(y.T @ y + 3 * ag.eye(3, dtype=y.dtype)).sum(), "logsumexp": lambda x, y: x.logsumexp(1) + x.softmax(0).sum(1), "gelu": lambda x, y: ag.gelu(x, "tanh") + ag.silu(y),
    "creation": lambda x, y: x + ag.arange(3) + ag.linspace(0, 1, 3) + ag.ones_like(x) * ag.full((4, 1), 0.3) + ag.eye(4, 3) + ag.tensor([1.0, 2.0, 3.0]),
    "dtypes": lambda x, y: x.double().float() * y.long() + x.to(ag.float64) * (y > 0).int() + x.half(), "integers": lambda x, y: (x * 3).long() // 2 % 3 - ag.arange(3),
    "booleans": lambda x, y: ((x > 0) & ~(y > 0)).float().mean(), "comparisons": lambda x, y: (x <= y).float() + (x != y) + (x == x) + (x < 0),
    "random": lambda x, y: x * ag.rand(4, 3) + ag.randn_like(y) + ag.randint(0, 5, (3,)) + ag.bernoulli(y.sigmoid()) + ag.normal(0.0, 1.0, (4, 1)), "randperm": lambda x, y: x[ag.randperm(4)] * y,
    "multinomial": lambda x, y: x[ag.multinomial(y.softmax(1).mean(1), 3)], "scatter_": lambda x, y: (x * 1).scatter_(1, y.argsort(1)[:, :2], 5.0), "index_add_": lambda x, y: (x * 1).index_add_(0, y.argsort(0)[:2, 0], y[:2]),
    "in place": lambda x, y: (x * 1).add_(y).mul_(2.0).sub_(y, alpha=0.5).div_(3.0).pow_(2).clamp_(0.1, 2.0), "assignment": lambda x, y: _assigned(x * 1, y), "fill": lambda x, y: (x * 1).relu_().copy_(y) + (y * 1).fill_(0.5).zero_(),
    "random in place": lambda x, y: x * ag.empty(4, 3).uniform_(-1, 1).bernoulli_(0.3) + ag.empty(3).normal_(), "masked_fill_": lambda x, y: (x * 1).masked_fill_(y > 0, -1.0), "detach": lambda x, y: x * x.detach() + y.data,
    "views": lambda x, y: x.reshape(-1)[::2].view(2, 3).T.flatten() + y.unsqueeze(1).expand(-1, 2, -1).reshape(-1)[:6] + y.contiguous().ravel()[-6:], "sizes": lambda x, y: x.sum() / x.numel() + len(x) * y.mean() + x.shape[1],
    "clone": lambda x, y: x.clone() + y.clone().mul_(2), "lists": lambda x, y: x[[0, 2], 1] * y[range(2), [2, 0]] + x[:, [1, 1]][2], "numbers first": lambda x, y: 1 / (2 - x) + 3.0 * y - 1, "loops": lambda x, y: sum((row * row).sum() for row in x) + sum(y[i, i] for i in range(3)),
    "accumulation": lambda x, y: _accumulated(x, y), "norm of nothing": lambda x, y: (x - x).norm() + y.sum(), "squeeze": lambda x, y: x.unsqueeze(0).squeeze(0) * y[:, :1].squeeze(1).unsqueeze(1), "split": lambda x, y: x.split([1, 3])[1] * y.split(3)[0],
}  # fmt: skip
# Those that change something in place that is recorded, or whose numbers numpy makes, run eagerly, at least where there are gradients.
EAGER = {
    "assignment", "accumulation", "scatter_", "index_add_",
    "in place", "fill", "masked_fill_", "clone", "meshgrid", "bincount",
}  # fmt: skip
SHAPE_OF_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {  # what their shapes are is said by the numbers
    "nonzero": lambda x, y: ag.nonzero(x > 0), "masked_select": lambda x, y: x.masked_select(y > 0) * 2, "boolean index": lambda x, y: x[y > 0].exp(), "unique": lambda x, y: (x > 0).long().unique(),
    "assigned by mask": lambda x, y: _masked(x * 1, y), "bins": lambda x, y: ag.bincount((y > 0).long().reshape(-1) * (x.argmax())), "classes": lambda x, y: ag.arange(int(x.argmax()) + 1),
}  # fmt: skip


def _assigned(z: Tensor, y: Tensor) -> Tensor:
    z[0] = y[1]
    z[:, 1] *= 2
    z[1:, ::2] = 0.5
    z[[0, 2], 1] += y[0, :2]
    z.T[2] -= 1
    return z * z


def _masked(z: Tensor, y: Tensor) -> Tensor:
    z[y > 0] = 3.0
    return z * z


def _accumulated(x: Tensor, y: Tensor) -> Tensor:
    total = ag.zeros(3, dtype=x.dtype)
    for a, b in zip(x, y):
        total += a * b
        total *= a.sigmoid()
    return total


def _both(i: int, dtype: str) -> list[Tensor]:
    return [rows(i, 4, 3, dtype=dtype, requires_grad=True), rows(i + 50, 4, 3, dtype=dtype, requires_grad=True)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function(name: str, form: str, dtype: str) -> None:
    hold(lambda compile: told_of(compile, FUNCTIONS[name], lambda i: _both(i, dtype), form), replayed=None if name in EAGER else 2)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SHAPE_OF_NUMBERS)
@compiled_as_eager()
def test_functions_whose_shapes_are_said_by_numbers(compile: Compile, name: str, form: str) -> Iterator[Any]:
    yield from told_of(compile, SHAPE_OF_NUMBERS[name], lambda i: _both(i, "float32"), form, calls=8)
