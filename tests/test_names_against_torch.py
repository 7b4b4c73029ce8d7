"""Random programs over the small names of the tensor layer, here and in PyTorch: values, dtypes, shapes and gradients agree.

It runs where PyTorch happens to be installed, and is skipped elsewhere: nothing here depends on it. ``PROGRAMS=10000`` asks for more
programs than the few of a usual run.
"""

import os
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor

torch = pytest.importorskip("torch")
PROGRAMS = int(os.environ.get("PROGRAMS", "300"))
DTYPES = ["float32", "float64", "float64", "float64", "float64", "float16", "int64", "int32", "int16", "uint8", "bool"]
FLOATS = ("float32", "float64", "float16")
SHAPES = [(), (1,), (3,), (4,), (2, 3), (3, 1), (3, 3), (1, 4), (2, 2, 3), (2, 0), (0,)]
ENTRIES = [-2.5, -1.5, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.0, 2.0, 3.0]


class Ask:
    """What a step may ask about the tensor it is applied to, to choose arguments that usually fit."""

    def __init__(self, rng: Random, x: Tensor) -> None:
        self.rng, self.shape, self.ndim = rng, tuple(x.shape), x.ndim
        self.kind, self.name = x.dtype.kind, x.dtype.name

    def of(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def up_to(self, most: int) -> int:
        return self.rng.randint(0, most)

    def dim(self) -> int:
        return self.rng.randrange(-max(self.ndim, 1), max(self.ndim, 1))

    def flag(self) -> bool:
        return self.rng.random() < 0.5

    def size(self, dim: int) -> int:
        return self.shape[dim] if self.ndim else 1

    def tensor(self, shape: tuple[int, ...], dtype: str | None = None) -> str:
        """A constant, as code."""
        dtype = dtype or self.name
        numbers = [self.of(*ENTRIES) for _ in range(int(np.prod(shape)))]
        numbers = [bool(n > 0) if dtype == "bool" else n if dtype in FLOATS else abs(int(n)) for n in numbers]
        return f"t.tensor({numbers}, dtype=t.{dtype}).reshape({shape})"

    def index(self, shape: tuple[int, ...], below: int) -> str:
        numbers = [self.up_to(max(below - 1, 0)) for _ in range(int(np.prod(shape)))]
        return f"t.tensor({numbers}, dtype=t.int64).reshape({shape})"

    def shorter(self, dim: int) -> tuple[int, ...]:
        """A shape for an index along ``dim``: of any size there, nowhere larger elsewhere."""
        own = self.shape or (1,)
        return tuple(self.up_to(3 if a == dim % len(own) else n) for a, n in enumerate(own))


def gathered(q: Ask) -> str:
    d = q.dim()
    shape = q.shorter(d)
    return f"t.gather(x, {d}, {q.index(shape, q.size(d))})" if q.size(d) else "x"


def scattered(q: Ask) -> str:
    d = q.dim()
    own = q.shape or (1,)
    shape = tuple(q.up_to(n) for n in own)
    place = q.up_to(max(q.size(d) - 1, 0))  # one place a line, for PyTorch does not say which of two counts
    shape = tuple(min(n, 1) if a == d % len(own) else n for a, n in enumerate(shape))
    source = q.of(q.tensor(shape), "value=2")
    return f"x.detach().clone().scatter_({d}, t.zeros({shape}, dtype=t.int64) + {place}, {source})" if q.size(d) else "x"


def scatter_added(q: Ask) -> str:
    d = q.dim()
    shape = tuple(q.up_to(n) for n in q.shape or (1,))
    if not q.size(d) or q.name in ("bool", "float16"):
        return "x"
    return f"x.detach().clone().scatter_add_({d}, {q.index(shape, q.size(d))}, {q.tensor(shape)}) + x"


def added_at(q: Ask) -> str:
    d, n = q.dim(), q.up_to(3)
    shape = tuple(n if a == d % q.ndim else m for a, m in enumerate(q.shape)) if q.ndim else (n,)
    alpha = q.of("", ", alpha=2")
    if not q.size(d) or not q.ndim or q.name in ("bool", "float16"):
        return "x"
    return f"x.detach().clone().index_add_({d}, {q.index((n,), q.size(d))}, {q.tensor(shape)}{alpha})"


def mask(q: Ask) -> str:
    return q.of("x > 0", "x <= 1", q.tensor(q.shape, "bool"), "t.isnan(x)", "t.tensor(True)")


def einsum(q: Ask) -> str:
    last = q.shape[-1] if q.ndim else 1
    other = q.tensor((last, 2))
    return q.of(
        "t.einsum('...->...', x)", "t.einsum('...->', x)", *["t.einsum('...i->...', x)", "t.einsum('...i->i...', x)", "t.einsum('...i', x)"] * bool(q.ndim),
        *[f"t.einsum('...i,ij->...j', x, {other})", f"t.einsum('...i,ij', x, {other})", f"t.einsum('...i,...i->...', x, {q.tensor((1,))})"] * bool(q.ndim),
        *["t.einsum('i...j,j...i->...', x, x.transpose(0, -1))", f"t.einsum('ij,ij->i', x, {q.tensor((1, last))})"] * (q.ndim == 2),
    )  # fmt: skip


# Steps: code of ``x`` and the library ``t``, for tensors that the condition takes.
STEPS: list[tuple[Callable[[Ask], Any], Callable[[Ask], str]]] = [
    (lambda q: True, lambda q: f"t.sort(x, {q.dim()}, {q.flag()})[0]"),
    (lambda q: True, lambda q: f"t.sort(x, dim={q.dim()}, descending={q.flag()}, stable=True)[1]"),
    (lambda q: True, lambda q: f"x.argsort(dim={q.dim()}, stable=True, descending={q.flag()})"),
    (lambda q: q.kind != "b", lambda q: (lambda d: f"t.topk(x, {q.up_to(q.size(d)) if q.ndim else 1}, {d}, {q.flag()})[0]")(q.dim())),
    (lambda q: q.kind == "f", lambda q: q.of("x.median()", f"x.median({q.dim()}, {q.flag()})[0]")),
    (lambda q: 0 not in q.shape, lambda q: f"t.unique({'t.round(x.detach())' if q.kind == 'f' else 'x'}, return_inverse=True, return_counts=True)[{q.of(0, 1, 2)}]"),
    (lambda q: 0 not in q.shape and q.ndim, lambda q: f"t.unique({'t.round(x.detach())' if q.kind == 'f' else 'x'}, return_inverse=True, return_counts=True, dim={q.dim()})[{q.of(0, 1, 2)}]"),
    (lambda q: q.kind in "iu" and q.ndim == 1, lambda q: f"t.bincount(abs(x), minlength={q.of(0, 5)})"),
    (lambda q: q.kind in "iu" and q.ndim == 1 and q.shape[0], lambda q: f"t.bincount(abs(x), weights={q.tensor(q.shape, q.of('float32', 'float64', 'int64'))})"),
    (lambda q: q.name in FLOATS[:2], lambda q: f"t.histogram(x.detach(), {q.of(1, 4, 7)}, range=(-2., 3.), density={q.flag()})[{q.of(0, 1)}]"),
    (lambda q: True, gathered), (lambda q: True, gathered), (lambda q: True, scattered), (lambda q: True, added_at),
    (lambda q: True, scatter_added), (lambda q: 0 not in q.shape, lambda q: (lambda d: f"t.index_select(x, {d}, {q.index((q.of(0, 1, 3) if q.ndim else 1,), q.size(d))})")(q.dim())),
    (lambda q: q.ndim and 0 not in q.shape, lambda q: f"x.unbind({q.dim()})[{q.of(0, -1)}]"), (lambda q: True, lambda q: f"t.masked_select(x, {mask(q)})"),
    (lambda q: True, lambda q: q.of("t.ravel(x)", "x.ravel()", "x.new_ones(2, 3) * 2", "x.new_zeros((2,))", "x.new_tensor([1, 0])", "t.ones(1).expand_as(x) * x")),
    (lambda q: True, lambda q: f"t.tensor([x.is_floating_point(), t.equal(x, x), x.type_as({q.tensor((1,), q.of(*DTYPES))}).is_floating_point()])"),
    (lambda q: True, lambda q: f"x.masked_fill({mask(q)}, {q.of(0, 1, 2.0, q.tensor((), 'int64'))})"),
    (lambda q: True, lambda q: f"x.detach().clone().masked_fill_({mask(q)}, {q.of(0, 1)})"),
    (lambda q: True, lambda q: f"t.nonzero(x, as_tuple=True)[{q.of(0, -1)}]" if q.flag() else "t.nonzero(x)"),
    (lambda q: True, lambda q: f"x.repeat({', '.join(str(q.of(0, 1, 2)) for _ in range(q.ndim + q.of(0, 1)))})"),
    (lambda q: True, lambda q: f"t.isclose(x, {q.tensor(q.of(q.shape, ()))}, atol={q.of(0.0, 1.0)})"),
    (lambda q: True, lambda q: q.of("t.isnan(x)", "x.isfinite()", "t.isinf(x)", "t.logical_not(x)")),
    (lambda q: True, lambda q: f"t.logical_{q.of('and', 'or', 'xor')}(x, {q.tensor(q.of(q.shape, ()), q.of(*DTYPES))})"),
    (lambda q: True, lambda q: f"t.{q.of('all', 'any')}(x, {q.dim()}, {q.flag()})" if q.flag() else f"x.{q.of('all', 'any')}()"),
    (lambda q: q.kind != "b", lambda q: q.of("t.clip(x, 0)", "x.clip(0, 1)", "t.clip(x, max=1)")),
    (lambda q: q.ndim, lambda q: f"t.chunk(x, {q.of(1, 2, 3)}, {q.dim()})[0]"),
    (lambda q: q.ndim and 0 not in q.shape, lambda q: f"t.concat([x, x * 2], dim={q.dim()})"),
    (lambda q: True, lambda q: q.of("t.hstack([x, x])", "t.vstack([x, x])", "t.hstack((x,))", "t.vstack((x,))")),
    (lambda q: q.ndim < 2, lambda q: f"t.meshgrid(x, {q.tensor(q.of((), (2,)))}, indexing='{q.of('ij', 'xy')}')[{q.of(0, 1)}]"),
    (lambda q: True, lambda q: "x.flatten().view_as(x)"),
    (lambda q: True, lambda q: f"t.multiply(x, {q.tensor(q.of(q.shape, ()), q.of(*DTYPES))})"),
    (lambda q: q.name in FLOATS[:2] and q.ndim == 2 and q.shape[0], lambda q: "t.inverse(x @ x.mT + 2 * t.eye(x.shape[0], dtype=x.dtype))"),
    (lambda q: q.name in FLOATS[:2], lambda q: q.of("t.linalg.norm(x)", *[f"t.linalg.norm(x, {q.of(1, 2, 't.inf') if 0 not in q.shape else 2}, {q.dim()}, {q.flag()})"] * bool(q.ndim))),
    (lambda q: q.kind == "f", lambda q: f"t.round(x * 1.37, decimals={q.of(0, 1, 2, -1)})"),
    (lambda q: q.ndim, lambda q: (lambda d: f"t.split(x, split_size_or_sections={q.of(1, 2, [1, q.size(d) - 1] if q.size(d) else [0])}, dim={d})[0]")(q.dim())),
    (lambda q: q.ndim == 2 and q.name in FLOATS[:2], lambda q: "t.matmul(x.detach(), x.detach().mT, out=t.zeros(x.shape[0], x.shape[0], dtype=x.dtype))"),
    (lambda q: q.kind != "b", lambda q: q.of("x.detach().clone().relu_()", "t.relu_(x.detach() + 0)", "t.zero_(x.detach() + 0)")),
    (lambda q: q.kind == "f", lambda q: q.of("x.detach().clone().sin_()", "t.sin_(x.detach() + 0)")),
    (lambda q: True, lambda q: q.of("(x.detach() | x.detach()).unsqueeze_(0)" if q.kind in "biu" else "x.detach().clone().unsqueeze_(0)", "x.detach().clone().squeeze_()")),
    (lambda q: True, lambda q: q.of("t.log10(abs(x) + 1)", "t.log2(abs(x) + 1)", "t.asin(x / 8)", "x.acos()") if q.kind != "b" else q.of("t.log2(x)", "x.acos()")),
    (lambda q: q.name in FLOATS[:2], einsum), (lambda q: q.name in FLOATS[:2], einsum),
    (lambda q: q.ndim > 1 and q.shape[0], lambda q: f"assigned(x.detach().clone(), {q.tensor((1, *q.shape[1:]))})"),
    (lambda q: True, lambda q: "t.tensor(x.shape.numel()) + x.nelement() + x.size().numel()"),
    (lambda q: q.kind in "biu", lambda q: f"x {q.of('&', '|', '^')} {q.tensor(q.of(q.shape, (), (1,)), q.of('bool', 'int64', 'int32', 'int16', 'uint8'))}"),
    (lambda q: True, lambda q: f"x.to({q.of('t.int16', 't.float16', 't.float32', 't.uint8', 't.bool', 't.float64')})" if q.kind != "f" else f"x.to(t.{q.of(*FLOATS)})"),
    (lambda q: q.kind != "f", lambda q: f"x.type({q.of('t.FloatTensor', 't.LongTensor', repr('torch.DoubleTensor'), 't.int16')})"),
    (lambda q: True, lambda q: f"t.where({mask(q)}, x, {q.of(0, 1, q.tensor((), q.of(*DTYPES)), *[2.5] * (q.kind == 'f'))})"),
    (lambda q: 0 not in q.shape and q.kind != "b", lambda q: f"x.{q.of('max', 'min')}({q.dim()}, keepdim={q.flag()})[{q.of(0, 1) if q.kind != 'f' else 0}]"),
    (lambda q: True, lambda q: f"x.cumsum({q.dim()})"), (lambda q: True, lambda q: "x.square()"),
    (lambda q: True, lambda q: f"x {q.of('+', '*')} {q.tensor(q.of(q.shape, ()), q.of(*DTYPES))}"),
    (lambda q: q.kind == "f", lambda q: f"t.prelu(x, {q.tensor((1,))})"),
    (lambda q: True, lambda q: f"t.full_like(x, {q.of(0, 1)}, dtype=t.{q.of(*DTYPES)}, device='cpu') * x"),
]  # fmt: skip


def assigned(x: Any, row: Any) -> Any:
    x[0] = row
    return x


def run(code: str, t: Any, x: Any) -> Any:
    try:
        return eval(code, {"t": t, "x": x, "assigned": assigned})
    except Exception as error:
        return error


def raw(x: Any) -> np.ndarray:
    return x.detach().numpy(force=True) if isinstance(x, torch.Tensor) else x.detach().numpy()


def same(ours: Any, theirs: Any, tolerance: float, code: str) -> None:
    assert isinstance(ours, Tensor) and isinstance(theirs, torch.Tensor), f"{code}: {ours!r} for {theirs!r}"
    a, b = raw(ours), raw(theirs)
    assert (a.dtype, a.shape) == (b.dtype, b.shape), f"{code}: {ours!r} for {theirs!r}"
    if a.dtype.kind == "f":
        np.testing.assert_allclose(a.astype(float), b.astype(float), rtol=tolerance, atol=tolerance, err_msg=code)
    else:
        np.testing.assert_array_equal(a, b, err_msg=code)


def gradients(y: Any, x: Any, weights: np.ndarray, t: Any, grad: Callable[..., Any]) -> list[Any]:
    """The gradient of the weighed result, and that of the sum of its sines."""
    (first,) = grad((y * t.tensor(weights).to(y.dtype)).sum(), x, create_graph=True, allow_unused=True)
    if first is None or not first.requires_grad:
        return [first, None]
    (second,) = grad(t.sin(first).sum(), x, allow_unused=True)
    return [first, second]


@pytest.mark.parametrize("part", range(10))
def test_programs(part: int) -> None:
    for seed in range(part, PROGRAMS, 10):
        compare(Random(seed))


def compare(rng: Random) -> None:
    shape, dtype = rng.choice(SHAPES), rng.choice(DTYPES)
    numbers = np.array([rng.choice(ENTRIES) for _ in range(int(np.prod(shape)))]).reshape(shape)
    numbers = (np.abs(numbers) if dtype == "uint8" else numbers > 0 if dtype == "bool" else numbers).astype(dtype)
    if dtype == "float64" and numbers.size > 1:  # no ties: who of equals is chosen is not the same everywhere
        numbers = numbers + np.arange(numbers.size).reshape(shape) / 128
    ours, theirs = ag.tensor(numbers), torch.tensor(numbers)
    if dtype == "float64":
        ours.requires_grad_()
        theirs.requires_grad_()
    x, x_, tolerance, lines = ours, theirs, 1e-8 if dtype == "float64" else 1e-5, []
    for _ in range(rng.randint(1, 4)):
        if x.dtype == ag.float16:
            tolerance = 2e-2
        q = Ask(rng, x)
        code = rng.choice([step for fits, step in STEPS if fits(q)])(q)
        lines.append(code)
        told = f"x = {ours!r}\n" + "\n".join(f"x = {line}" for line in lines)
        z, z_ = run(code, ag, x), run(code, torch, x_)
        if isinstance(z_, Exception):
            return  # PyTorch has fewer dtypes for some
        assert not isinstance(z, Exception), f"{told}\n{type(z).__name__}: {z}, not {z_!r}"
        if z.dtype == ag.float32 and tolerance < 1e-4:
            tolerance = 1e-4
        same(z, z_, tolerance, told)
        x, x_ = z, z_
        if np.abs(raw(x).astype(float)).max(initial=0) > 1e4:
            return
    if x.dtype.kind == "f" and x_.requires_grad:
        assert x.requires_grad, told
        weights = np.cos(np.arange(raw(x).size)).reshape(x.shape)
        for g, g_ in zip(gradients(x, ours, weights, ag, ag.grad), gradients(x_, theirs, weights, torch, torch.autograd.grad), strict=True):
            zero = torch.zeros(ours.shape, dtype=torch.float64)
            if g_ is not None and torch.isnan(g_).any():
                return  # where it is NaN there, it is not defined
            same(ag.zeros_like(ours) if g is None else g, zero if g_ is None else g_, tolerance * 10, f"the gradient of\n{told}")
