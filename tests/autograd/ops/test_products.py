"""Products of matrices, linear layers and sums of products, against numpy forward and by gradcheck backward."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor
from autograd.testing import gradcheck
from tests.autograd.ops.examples import Array, check, rng


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
    for equation in ("ij,jk", "ijk", "ij->il", "ii", "...ijk", "..i", "i...j...", "i->..."):
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


def drawn(data: st.DataObject, shape: tuple[int, ...], seed: int) -> Array:
    """Small whole numbers, of which every sum is exact."""
    dtype = data.draw(st.sampled_from(["f4", "f8", "i8", "i4"]))
    return np.random.default_rng([seed, *shape]).integers(-4, 5, shape).astype(dtype)


@settings(max_examples=60)
@given(
    data=st.data(),
    shapes=hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, min_side=0, max_side=3).map(
        lambda s: s.input_shapes
    ),
)
def test_a_product_is_numpys_over_all_shapes(data: st.DataObject, shapes: tuple[tuple[int, ...], ...]) -> None:
    a, b = (drawn(data, shape, i) for i, shape in enumerate(shapes))
    x, y = tensor(a, dtype=ag.float64, requires_grad=True), tensor(b, dtype=ag.float64, requires_grad=True)
    z = x @ y
    np.testing.assert_array_equal(z.detach().numpy(), a.astype(float) @ b.astype(float))
    whole = tensor(a) @ tensor(b)
    np.testing.assert_array_equal(whole.numpy(), a @ b)
    assert whole.shape == (a @ b).shape and whole.dtype == (
        np.result_type(a, b) if {a.dtype.kind, b.dtype.kind} != {"i", "f"} else whole.dtype
    )
    # the derivative along (u, v) is u @ y + x @ v, and the gradients of <z, w> give <gx, u> + <gy, v>: whole numbers, so to the last bit
    u, v, w = (np.random.default_rng(i).integers(-4, 5, n.shape).astype(float) for i, n in enumerate((x, y, z)))
    gx, gy = ag.grad(z, [x, y], tensor(w))
    assert (w * (u @ b.astype(float) + a.astype(float) @ v)).sum() == (gx.numpy() * u).sum() + (gy.numpy() * v).sum()


@settings(max_examples=30)
@given(lead=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), n=st.integers(0, 3), m=st.integers(0, 3), bias=st.booleans())
def test_a_linear_layer_is_a_product_and_a_sum(lead: tuple[int, ...], n: int, m: int, bias: bool) -> None:
    shapes = [(*lead, n), (m, n), (m,)][: 2 + bias]
    arrays = [np.random.default_rng(i).integers(-4, 5, shape).astype(float) for i, shape in enumerate(shapes)]
    xs, ys = ([tensor(a, requires_grad=True) for a in arrays] for _ in range(2))
    z, want = ag.linear(*xs), ys[0] @ ys[1].T + (ys[2] if bias else 0)
    w = tensor(np.random.default_rng(9).integers(-4, 5, z.shape).astype(float))
    assert z.tolist() == want.tolist() and z.shape == want.shape == (*lead, m)
    for got, other in zip(ag.grad(z, xs, w), ag.grad(want, ys, w)):
        assert got.shape == other.shape and got.tolist() == other.tolist()


@settings(max_examples=60)
@given(data=st.data(), ins=st.lists(st.lists(st.sampled_from("ijkl"), max_size=3).map("".join), min_size=1, max_size=3))
def test_einsum_is_numpys_for_any_equation(data: st.DataObject, ins: list[str]) -> None:
    names = sorted(set("".join(ins)))
    out = "".join(data.draw(st.permutations(names)))[: data.draw(st.integers(0, len(names)))]
    size = {name: data.draw(st.integers(1, 3)) for name in names}
    equation = ",".join(ins) + data.draw(st.sampled_from(["", f"->{out}"]))
    arrays = [np.random.default_rng(i).integers(-4, 5, [size[c] for c in s]).astype(float) for i, s in enumerate(ins)]
    xs = [tensor(a, requires_grad=True) for a in arrays]
    z, want = ag.einsum(equation, *xs), np.einsum(equation, *arrays)
    assert z.shape == want.shape and z.tolist() == want.tolist()
    # it is linear in each operand: <its gradient, u> is <the result with u in its place, w>
    w = np.random.default_rng(9).integers(-4, 5, want.shape).astype(float)
    for i, (x, g) in enumerate(zip(xs, ag.grad(z, xs, tensor(w)))):
        u = np.random.default_rng(i + 20).integers(-4, 5, x.shape).astype(float)
        assert g.shape == x.shape
        assert (g.numpy() * u).sum() == (w * np.einsum(equation, *arrays[:i], u, *arrays[i + 1 :])).sum()


SHAPES_OF_ELLIPSES = st.lists(st.sampled_from([(), (2,), (3, 2), (1, 2), (3, 1)]), min_size=2, max_size=2)


@given(
    SHAPES_OF_ELLIPSES,
    st.sampled_from(["...ij,...jk->...ik", "...ij,...jk", "i...j,j...k->k...i", "...ij,...jk->ik", "...ij,...ij->...i"]),
    st.booleans(),
)
def test_an_ellipsis_stands_for_axes_that_broadcast(leads: list[tuple[int, ...]], equation: str, one: bool) -> None:
    sizes = dict(zip("ijk", (2, 1 if one else 3, 4)))
    xs = []
    for s, lead in zip(equation.partition("->")[0].split(","), leads):
        before, after = ([sizes[c] for c in part] for part in s.split("..."))
        shape = (*before, *lead, *after)
        xs.append(np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape))
    if "->" in equation and "..." not in equation.partition("->")[2]:  # PyTorch sums over what the result does not name; numpy refuses
        want = np.einsum(equation.replace("->", "->..."), *xs)
        want = want.sum(tuple(range(want.ndim - 2)))
    else:
        want = np.einsum(equation, *xs)
    ts = [tensor(x, requires_grad=True) for x in xs]
    np.testing.assert_allclose(ag.einsum(equation, *ts).detach().numpy(), want, atol=1e-12)
    assert gradcheck(lambda *ts: ag.einsum(equation, *ts), tuple(ts), order=2)


def test_a_size_of_one_meets_any() -> None:
    x, y = ag.ones(2, 1), tensor([[1.0, 2.0, 3.0]])
    assert ag.einsum("ij,ij->ij", x, y).tolist() == [[1, 2, 3]] * 2 and ag.einsum("ij,ij->", x, y).item() == 12
    for equation in ("ij,ij->ij", "ii,jj->ij"):
        with pytest.raises(ValueError, match="has size"):
            ag.einsum(equation, ag.ones(2, 3), ag.ones(3, 3))


def test_a_product_into_a_tensor() -> None:
    x, out = ag.ones(2, 3), ag.zeros(2, 2)
    assert ag.matmul(x, x.T, out=out) is out and out.tolist() == [[3, 3], [3, 3]] and x.matmul(x.T, out=out) is out
    with pytest.raises(ValueError, match=r"shape \(2, 2\) does not fit into shape \(3,\)"):
        ag.matmul(x, x.T, out=ag.zeros(3))
    with pytest.raises(TypeError, match="matmul: out is a Tensor, got ndarray"):
        ag.matmul(x, x.T, out=np.zeros((2, 2)))


@given(hnp.arrays(float, (3, 3), elements=st.floats(-1, 1)))
def test_the_inverse_in_both_layers(x: np.ndarray) -> None:
    m = x + 4 * np.eye(3)
    z = ag.inverse(tensor(m))
    np.testing.assert_allclose((z @ tensor(m)).numpy(), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(ag.inverse(ag.ValueTensor(m)).data.numpy(), z.numpy(), atol=1e-12)


def test_what_has_no_inverse() -> None:
    for x, told in [(ag.zeros(2, 2), "Singular"), (ag.ones(2, 3), "square"), (ag.ones(2), "square")]:
        with pytest.raises(ValueError, match=f"inverse.*{told}"):
            ag.inverse(x)
