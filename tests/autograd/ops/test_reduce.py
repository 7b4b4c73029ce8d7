"""The rows that know about shapes, against numpy forward and by gradcheck backward."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import Tensor, tensor
from autograd.testing import gradcheck

Array = np.ndarray


def rng(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).uniform(0.5, 2.0, shape)


def check(f: Callable[..., Tensor], *arrays: Array, numpy: Callable[..., Any] | None = None, order: int = 3) -> None:
    """Forward against ``numpy``; the derivatives up to ``order`` by gradcheck."""
    xs = [tensor(a, requires_grad=True) for a in arrays]
    y = f(*xs)
    if numpy is not None:
        np.testing.assert_allclose(y.detach().numpy(), numpy(*arrays), rtol=1e-12, atol=1e-12)
    for x, g in zip(xs, ag.grad(y.sum(), xs, allow_unused=True)):
        assert g is None or (g.shape == x.shape and g.dtype == x.dtype)
    report = gradcheck(f, xs, order=order)
    assert len(report.checks) == order and report.method == ("complex step" if y.numel() else "nothing")


def dims(ndim: int) -> st.SearchStrategy[Any]:
    axes = st.integers(-ndim, ndim - 1)
    return st.none() | axes | st.lists(axes, min_size=1, max_size=ndim, unique_by=lambda d: d % ndim).map(tuple)


REDUCTIONS = {
    "sum": np.sum, "mean": np.mean, "amax": np.max, "amin": np.min,
    "var": lambda a, axis, keepdims: np.var(a, axis=axis, keepdims=keepdims, ddof=1),
    "std": lambda a, axis, keepdims: np.std(a, axis=axis, keepdims=keepdims, ddof=1),
    "logsumexp": lambda a, axis, keepdims: np.log(np.exp(a).sum(axis=axis, keepdims=keepdims)),
    "norm": lambda a, axis, keepdims: np.sqrt((a * a).sum(axis=axis, keepdims=keepdims)),
}  # fmt: skip


@pytest.mark.parametrize("name", REDUCTIONS)
@settings(max_examples=12)
@given(data=st.data(), shape=st.lists(st.integers(2, 3), min_size=1, max_size=3), keepdim=st.booleans())
def test_reductions(name: str, data: st.DataObject, shape: list[int], keepdim: bool) -> None:
    dim = data.draw(dims(len(shape)))
    check(
        lambda x: getattr(x, name)(dim=dim, keepdim=keepdim),
        rng(*shape),
        numpy=lambda a: REDUCTIONS[name](a, axis=dim, keepdims=keepdim),
    )


@settings(max_examples=15)
@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=2), data=st.data(), zeros=st.integers(0, 3))
def test_prod_with_zeros_anywhere(shape: list[int], data: st.DataObject, zeros: int) -> None:
    a = rng(*shape)
    for _ in range(zeros):
        a.flat[data.draw(st.integers(0, a.size - 1))] = 0
    dim = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    check(lambda x: ag.prod(x, dim), a, numpy=lambda a: np.prod(a, axis=dim))


def test_prod_keepdim_and_the_product_of_nothing() -> None:
    assert ag.prod(ag.ones(2, 3), keepdim=True).shape == (1, 1)
    assert ag.prod(ag.ones(2, 3), 0, keepdim=True).shape == (1, 3)
    assert ag.prod(ag.zeros(0)).item() == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
        ((5, 2, 3), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)), ((1, 2, 3), (5, 3, 2)), ((3,), (5, 3, 2)), ((5, 2, 3), (3,)),
    ],
)  # fmt: skip
def test_matmul(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    check(lambda x, y: x @ y, rng(*a), rng(*b), numpy=np.matmul)


def test_named_products() -> None:
    check(ag.mm, rng(2, 3), rng(3, 4), numpy=np.matmul)
    check(ag.mv, rng(2, 3), rng(3), numpy=np.matmul)
    check(ag.dot, rng(3), rng(3, seed=5), numpy=np.dot)
    check(ag.outer, rng(3), rng(2), numpy=np.outer)
    check(ag.linear, rng(5, 3), rng(2, 3), rng(2), numpy=lambda x, w, b: x @ w.T + b)
    check(ag.linear, rng(4, 5, 3), rng(2, 3), rng(2), numpy=lambda x, w, b: x @ w.T + b)
    check(ag.linear, rng(3), rng(2, 3), rng(2), numpy=lambda x, w, b: x @ w.T + b)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]), ("ij,j", [(2, 3), (3,)]), ("ii->i", [(3, 3)]), ("ii", [(3, 3)]),
        ("ij->ji", [(2, 3)]), ("ijk->j", [(2, 3, 2)]), ("i,j,ij->", [(2,), (3,), (2, 3)]), ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]),
        ("iij,j->i", [(2, 2, 3), (3,)]), ("i,i->i", [(3,), (3,)]), (",i->i", [(), (3,)]),
    ],
)  # fmt: skip
def test_einsum(equation: str, shapes: list[tuple[int, ...]]) -> None:
    arrays = [rng(*s, seed=i) for i, s in enumerate(shapes)]
    check(lambda *xs: ag.einsum(equation, *xs), *arrays, numpy=lambda *a: np.einsum(equation, *a))


def test_einsum_refuses_what_does_not_fit() -> None:
    x = ag.ones(2, 3)
    for equation in ("ij,jk", "ijk", "ij->il", "ii", "...i"):
        with pytest.raises(ValueError, match="einsum"):
            ag.einsum(equation, x)


VIEWS: list[tuple[str, Callable[[Any], Any], Callable[[Array], Any]]] = [
    ("reshape", lambda x: x.reshape(3, -1), lambda a: a.reshape(3, -1)),
    ("view", lambda x: x.view((8, 3)), lambda a: a.reshape(8, 3)),
    ("flatten", lambda x: x.flatten(1), lambda a: a.reshape(2, 12)),
    ("transpose", lambda x: x.transpose(0, -1), lambda a: a.swapaxes(0, 2)),
    ("T", lambda x: x.T, lambda a: a.T),
    ("mT", lambda x: x.mT, lambda a: a.swapaxes(1, 2)),
    ("permute", lambda x: x.permute(2, 0, 1), lambda a: a.transpose(2, 0, 1)),
    ("unsqueeze", lambda x: x.unsqueeze(-1), lambda a: a[..., None]),
    ("squeeze", lambda x: x.unsqueeze(1).squeeze(1), lambda a: a),
    ("expand", lambda x: x.unsqueeze(0).expand(5, -1, 3, -1), lambda a: np.broadcast_to(a, (5, *a.shape))),
    ("broadcast_to", lambda x: ag.broadcast_to(x, (2, 2, 3, 4)), lambda a: np.broadcast_to(a, (2, *a.shape))),
    ("cumsum", lambda x: x.cumsum(1), lambda a: a.cumsum(1)),
    ("flip", lambda x: x.flip((0, 2)), lambda a: a[::-1, :, ::-1]),
    ("tril", lambda x: x.tril(), np.tril),
    ("triu", lambda x: x.triu(1), lambda a: np.triu(a, 1)),
    ("diag", lambda x: ag.diag(x[0], 1), lambda a: np.diag(a[0], 1)),
    ("diag-below", lambda x: ag.diag(x[0], -1), lambda a: np.diag(a[0], -1)),
    ("diag-vector", lambda x: ag.diag(x[0, 0], -1), lambda a: np.diag(a[0, 0], -1)),
    ("cat", lambda x: ag.cat([x, x * x, x[:1]]), lambda a: np.concatenate([a, a * a, a[:1]])),
    ("cat-last", lambda x: ag.cat([x, x * x], -1), lambda a: np.concatenate([a, a * a], -1)),
    ("stack", lambda x: ag.stack([x, x * x], 1), lambda a: np.stack([a, a * a], 1)),
    ("split", lambda x: x.split(3, 2)[0] * 2, lambda a: a[:, :, :3] * 2),
    ("split-sizes", lambda x: x.split([1, 3], -1)[1], lambda a: a[:, :, 1:]),
    ("softmax", lambda x: x.softmax(1), lambda a: np.exp(a) / np.exp(a).sum(1, keepdims=True)),
    ("log_softmax", lambda x: x.log_softmax(0), lambda a: np.log(np.exp(a) / np.exp(a).sum(0, keepdims=True))),
    ("max-dim", lambda x: x.max(dim=1).values, lambda a: a.max(1)),
    ("min-dim", lambda x: x.min(dim=-1, keepdim=True).values, lambda a: a.min(-1, keepdims=True)),
    ("norm-1", lambda x: x.norm(1, dim=1), lambda a: np.abs(a).sum(1)),
    ("norm-3", lambda x: x.norm(3), lambda a: (a**3).sum() ** (1 / 3)),
    ("norm-inf", lambda x: x.norm(float("inf"), dim=(0, 1)), lambda a: a.max((0, 1))),
]


@pytest.mark.parametrize(("f", "numpy"), [v[1:] for v in VIEWS], ids=[v[0] for v in VIEWS])
def test_views_joins_and_the_like(f: Any, numpy: Any) -> None:
    check(f, rng(2, 3, 4), numpy=numpy)


@settings(max_examples=40)
@given(data=st.data(), rows=st.lists(st.integers(0, 3), max_size=2).map(tuple), classes=st.integers(1, 4))
def test_cross_entropy_is_minus_the_logarithm_of_softmax_at_an_index(data: st.DataObject, rows: tuple[int, ...], classes: int) -> None:
    index = data.draw(hnp.arrays(data.draw(st.sampled_from([np.int64, np.uint8])), rows, elements=st.integers(0, classes - 1)))

    def numpy(a: Array) -> Array:
        p = np.exp(a) / np.exp(a).sum(-1, keepdims=True)
        return -np.log(np.take_along_axis(p, index[..., None].astype(np.int64), -1)[..., 0])

    check(lambda x: ag.softmax_cross_entropy(x, tensor(index)), rng(*rows, classes), numpy=numpy, order=2)


@pytest.mark.parametrize("classes", [3, 32, 33])  # from 33 on, the largest entries are found in another way
@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_rows_of_extremes_as_log_softmax_has_them(dtype: Any, classes: int) -> None:
    rows = [
        [1e30, -1e30, 0],
        [-1e30, -1e30, -1e30],
        [ag.inf, 0, 0],
        [-ag.inf, 0, 1],
        [-ag.inf, -ag.inf, -ag.inf],
        [ag.nan, 0, 1],
        [0, ag.nan, 1],
    ]
    x = ag.cat([tensor(rows, dtype=dtype), tensor([[-ag.inf]] * len(rows), dtype=dtype).expand(-1, classes - 3)], 1)
    for c in range(3):
        got = ag.softmax_cross_entropy(x, ag.full((len(rows),), c, dtype=ag.int64))
        np.testing.assert_allclose(got.numpy(), -x.log_softmax(1).numpy()[:, c], rtol=1e-6)
        # by columns, the largest entry and the sum are found in another way
        np.testing.assert_allclose(x.softmax(1).numpy(), x.T.contiguous().softmax(0).T.numpy(), rtol=1e-6)


def test_sums_of_a_tall_column_are_exact_enough() -> None:
    for x in (ag.full((2**20, 1), 0.1), ag.full((2**20,), 0.1)):
        assert abs(x.mean(0).item() - np.float32(0.1)) < 1e-7 and abs(x.sum(0).item() / 2**20 - np.float32(0.1)) < 1e-7


def test_a_linear_layer_without_a_bias_is_one_row_and_a_product() -> None:
    check(lambda x, w: ag.linear(x, w), rng(2, 3, 4), rng(5, 4), numpy=lambda x, w: x @ w.T, order=2)
    x = tensor(rng(3, 4), requires_grad=True)
    assert [n.op.name for n in ag.ancestors(ag.linear(x, tensor(rng(5, 4)))) if not n.is_leaf] == ["linear"]


@settings(max_examples=60)
@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
def test_basic_indexing(data: st.DataObject, shape: tuple[int, ...]) -> None:
    key = data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    check(lambda x: x[key], rng(*shape), numpy=lambda a: a[key], order=1)


@settings(max_examples=60)
@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
def test_integer_indexing_adds_repeated_rows(data: st.DataObject, shape: tuple[int, ...]) -> None:
    key = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(min_dims=1, max_dims=2, max_side=4)))
    check(lambda x: x[key], rng(*shape), numpy=lambda a: a[key], order=1)
    as_tensors = tuple(tensor(k) for k in key)
    check(lambda x: x[as_tensors], rng(*shape), numpy=lambda a: a[key], order=1)


def test_masks_lists_and_mixtures() -> None:
    a = rng(3, 4)
    mask = a > 1.2
    check(lambda x: x[tensor(mask)], a, numpy=lambda a: a[mask])
    check(lambda x: x[[0, 2], [1, 1]], a, numpy=lambda a: a[[0, 2], [1, 1]])
    check(lambda x: x[:, [0, 0, 3]], a, numpy=lambda a: a[:, [0, 0, 3]])
    check(lambda x: x[..., None, 1:], a, numpy=lambda a: a[..., None, 1:])
    check(lambda x: x[::-1], a, numpy=lambda a: a[::-1])
    check(lambda x: x[1, ag.tensor([True, False, True, False])], a, numpy=lambda a: a[1, [0, 2]])


def test_products_and_sums_of_rows_warn_nobody() -> None:
    x = tensor([[1e38, -ag.inf], [1e38, ag.inf]], dtype=ag.float32)
    with np.errstate(all="warn"):
        for z in (x @ x, ag.linear(x, x), ag.linear(x, x, x[0]), x.sum(0)):
            assert not z.isfinite().all()
