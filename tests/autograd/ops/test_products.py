"""Products of matrices, linear layers and sums of products, against numpy forward and by gradcheck backward."""

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import tensor
from tests.autograd.ops.examples import check, rng


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


def test_a_linear_layer_without_a_bias_is_one_row_and_a_product() -> None:
    check(lambda x, w: ag.linear(x, w), rng(2, 3, 4), rng(5, 4), numpy=lambda x, w: x @ w.T, order=2)
    x = tensor(rng(3, 4), requires_grad=True)
    assert [n.op.name for n in ag.ancestors(ag.linear(x, tensor(rng(5, 4)))) if not n.is_leaf] == ["linear"]


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


def test_products_and_sums_of_rows_warn_nobody() -> None:
    x = tensor([[1e38, -ag.inf], [1e38, ag.inf]], dtype=ag.float32)
    with np.errstate(all="warn"):
        for z in (x @ x, ag.linear(x, x), ag.linear(x, x, x[0]), x.sum(0)):
            assert not z.isfinite().all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x @ x, ValueError, r"\(2, 3\) @ \(2, 3\) does not fit: the left has 3 columns, the right 2 rows"),
        (lambda x: x @ ag.ones(()), ValueError, "at least one dimension"),
        (lambda x: ag.mm(x, ag.ones(3)), ValueError, "mm expects 2-d and 2-d"),
        (lambda x: ag.linear(x, ag.ones(4, 5)), ValueError, "expected 5 columns, got 3"),
        (lambda x: ag.linear(x, ag.ones(4, 3), ag.ones(3)), ValueError, r"bias of shape \(4,\)"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))
