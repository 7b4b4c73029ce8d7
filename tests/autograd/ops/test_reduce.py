"""Reductions and what goes along axes, against numpy forward and by gradcheck backward; ties, zeros, extremes, and nothing at all."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import grad, tensor
from tests.autograd.examples import FACES, INF, NAN, same, t
from tests.autograd.ops.examples import ALONG, Array, check, rng


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


@given(a=hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, min_side=0, max_side=4), elements=st.floats(-8, 8)))
def test_mean_square_is_the_mean_of_squares(a: Array) -> None:
    if a.size:
        check(ag.mean_square, a, numpy=lambda a: np.mean(a * a), order=2)
    x, same = (tensor(a, dtype=ag.float64, requires_grad=True) for _ in range(2))
    ag.mean_square(x).backward()
    ag.mean(ag.square(same)).backward()
    np.testing.assert_allclose(x.grad.numpy(), same.grad.numpy(), rtol=1e-15)


def test_sums_of_a_tall_column_are_exact_enough() -> None:
    for x in (ag.full((2**20, 1), 0.1), ag.full((2**20,), 0.1)):
        assert abs(x.mean(0).item() - np.float32(0.1)) < 1e-7 and abs(x.sum(0).item() / 2**20 - np.float32(0.1)) < 1e-7


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: ag.mean(ag.arange(3)), TypeError, "floating"),
        (lambda x: ag.mean_square(ag.arange(3)), TypeError, "mean_square needs a floating dtype"),
        (lambda x: ag.softmax(ag.arange(3), 0), TypeError, "floating"),
        (lambda x: ag.sum([1, 2]), TypeError, "expects a Tensor, got list"),
        (lambda x: x.norm(-1), ValueError, "positive number"),
        (lambda x: ag.softmax_cross_entropy(x, ag.tensor([0])), ValueError, r"got shapes \(2, 3\) and \(1,\)"),
        (lambda x: ag.softmax_cross_entropy(x[0, 0], ag.tensor(0)), ValueError, r"got shapes \(\) and \(\)"),
        (lambda x: ag.softmax_cross_entropy(x, ag.tensor([0, 3])), ValueError, "index 3 is out of range for 3 classes"),
        (lambda x: ag.softmax_cross_entropy(x, ag.tensor([-1, 2])), ValueError, "index -1 is out of range for 3 classes"),
        (lambda x: ag.softmax_cross_entropy(x, ag.tensor([0.0, 1.0])), TypeError, "indices are integers, got float32"),
        (lambda x: ag.softmax_cross_entropy(ag.arange(3), ag.tensor(0)), TypeError, "floating"),
        (lambda x: ag.zeros(0).max(), ValueError, "of nothing"),
        (lambda x: ag.zeros(0).argmax(), ValueError, "of nothing"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))


@pytest.mark.parametrize(("f", "numpy"), [v[1:] for v in ALONG], ids=[v[0] for v in ALONG])
def test_what_goes_along_axes(f: Any, numpy: Any) -> None:
    check(f, rng(2, 3, 4), numpy=numpy)


def test_numpy_style_axis_and_the_values_and_indices_of_max() -> None:
    x = tensor([[1.0, 5.0], [7.0, 2.0]])
    assert x.sum(axis=0).tolist() == [8.0, 7.0]
    values, indices = x.max(dim=1)
    assert values.tolist() == [5.0, 7.0] and indices.tolist() == [1, 0] and indices.dtype == ag.int64
    assert x.max(ag.zeros(2, 2) + 3).tolist() == [[3.0, 5.0], [7.0, 3.0]]
    assert x.argmin(1).tolist() == [0, 1] and x.argmax().item() == 2
    assert ag.arange(3).mean(dtype=ag.float32).item() == 1 and ag.ones(2, 2).mean(0, dtype=ag.float64).dtype == ag.float64
    assert ag.arange(3).sum(dtype=ag.int32).dtype == ag.int32 and ag.arange(300).sum(0, dtype=ag.bool_).item() is True
    assert ag.arange(3).sum().dtype == ag.int64 and tensor([True, True]).sum().item() == 2


def test_reductions_at_their_edges() -> None:
    zero = t(0.0, 0.0)
    zero.norm().backward()
    same(zero.grad.numpy(), [0, 0])
    equal = t(3.0, 3.0, 3.0)
    s = equal.std()
    s.backward()
    same(s.item(), 0)
    same(equal.grad.numpy(), [0, 0, 0])
    one = t([5.0])
    s = one.std()
    s.backward()
    same([s.item(), one.grad.item()], [NAN, NAN])
    for data, want in [([0.0, 2.0, 3.0], [6, 0, 0]), ([0.0, 2.0, 0.0], [0, 0, 0]), ([2.0, 3.0, 4.0], [12, 8, 6])]:
        x = t(*data)
        x.prod().backward()
        same(x.grad.numpy(), want)
    x = t(0.0, 2.0, 3.0)
    (g,) = grad(x.prod(), x, create_graph=True)
    same(ag.functional.hessian(ag.prod, x).numpy(), [[0, 3, 2], [3, 0, 0], [2, 0, 0]])
    same(g.detach().numpy(), [6, 0, 0])


def test_ties_share_the_gradient() -> None:
    half, all_to_x = [0.5, 0.5], [1, 0]  # what reaches a bound keeps its gradient, and the bound gets none
    for f, want in ((ag.maximum, half), (ag.minimum, half), (ag.clamp_min, all_to_x), (ag.clamp_max, all_to_x)):
        for face in FACES:
            a, b = face(2.0), face(2.0)
            f(a, b).backward()
            same([float(a.grad), float(b.grad)], want)
    for f in (ag.max, ag.amax):
        x = t(1.0, 3.0, 3.0)
        f(x).backward()
        same(x.grad.numpy(), [0, 0.5, 0.5])
    for f in (ag.min, ag.amin):
        x = t(1.0, 3.0, 1.0)
        f(x).backward()
        same(x.grad.numpy(), [0.5, 0, 0.5])
    x = t(3.0, 3.0)
    x.max(dim=0).values.backward()
    same(x.grad.numpy(), [1, 0])
    x = t(1.0, NAN, 3.0)
    z = x.max()
    z.backward()
    assert math.isnan(z.item())
    same(x.grad.numpy(), [0, 1, 0])


@pytest.mark.parametrize("n", [3, 5, 6, 7])
def test_ties_are_shared_in_double_precision_on_recorded_nodes_as_well(n: int) -> None:
    x = tensor(np.ones(n), requires_grad=True)
    for y in (x.max(), x.amin(0), x.reshape(1, n).amax(1).sum()):
        raw, recorded = ag.grad(y, x, retain_graph=True)[0], ag.grad(y, x, create_graph=True)[0]
        assert raw.tolist() == recorded.detach().tolist() == [1 / n] * n


def test_logsumexp_and_softmax_at_minus_infinity_and_far_out() -> None:
    x = t(-INF, -INF)
    z = x.logsumexp()
    assert z.item() == -INF
    z.backward()
    assert np.isnan(x.grad.numpy()).all()
    assert np.isnan(x.detach().softmax(0).numpy()).all()
    x = t(0.0, 1000.0)
    z = ag.log_softmax(x, 0)
    same(z.detach().numpy(), [-1000, 0])
    z.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    assert t(1e3, 1e3).logsumexp().item() == pytest.approx(1000 + math.log(2))


def test_nothing_at_all() -> None:
    nothing = ag.zeros(0)
    assert math.isnan(nothing.mean().item())
    assert nothing.sum().item() == 0 and nothing.prod().item() == 1
    with pytest.raises(ValueError, match="nothing"):
        nothing.max()


def test_nothing_softmaxed_and_one_entry_seen() -> None:
    assert ag.zeros(0).softmax(0).shape == (0,) and ag.zeros(3, 0).log_softmax(1).shape == (3, 0)
    x = ag.linear(ag.zeros(2, 3, 0), ag.zeros(4, 0, requires_grad=True), ag.zeros(4, requires_grad=True))
    x.sum().backward()
    v = ag.zeros(3)
    v[0].fill_(5.0)
    assert v.tolist() == [5, 0, 0]


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, INF])
def test_every_norm_of_zero_has_gradient_zero(p: float) -> None:
    x = t(0.0, 0.0)
    z = x.norm(p)
    z.backward()
    assert z.item() == 0 and not x.grad.numpy().any()


def test_integer_products_and_mixed_lists() -> None:
    assert ag.tensor([200, 2], dtype="uint8").prod().item() == 400
    assert ag.tensor([2**20, 2**20], dtype="int32").prod().item() == 2**40
    for data in ([1, 2.5], [[1, 2], [3.5, 4]], [True, 2.5]):
        assert tensor(data).dtype == ag.float32
    for z in (ag.where(ag.ones(2) > 0, ag.ones(2), tensor(0.0, dtype="float64")), ag.clamp(ag.ones(2), tensor(0.0, dtype="float64"))):
        assert z.dtype == ag.float32


def test_of_one_number_dimensions_are_kept_as_they_are() -> None:
    """PyTorch's: a 0-d tensor has none to keep, and sums of booleans are integers."""
    for x in (tensor(3.0), tensor(3)):
        for keepdim in (False, True):
            for found in (*x.max(0, keepdim=keepdim), *x.min(-1, keepdim=keepdim)):
                assert found.shape == ()
    for x in (tensor(True), tensor([True]), ag.zeros(0, dtype=ag.bool_), tensor(True).reshape(1, 1)):
        assert x.cumsum(0).dtype == ag.int64 and x.cumsum(0).shape == x.shape
    y = tensor(2.0, requires_grad=True)
    y.cumsum(0).backward()
    assert y.grad.item() == 1


@pytest.mark.parametrize("p", [0.25, 0.5, 0.9])
@given(x=st.lists(st.sampled_from([0.0, 1.0, -2.0, 0.5]), min_size=1, max_size=4))
def test_a_norm_below_1_has_gradient_0_at_an_entry_of_0(p: float, x: list[float]) -> None:
    t = tensor(x, dtype=ag.float64, requires_grad=True)
    z = t.norm(p)
    z.backward()
    total = sum(abs(a) ** p for a in x)
    np.testing.assert_allclose(z.item(), total ** (1 / p), rtol=1e-12)
    np.testing.assert_allclose(t.grad, [0.0 if a == 0 else math.copysign((abs(a) ** p / total) ** (1 - 1 / p), a) for a in x], rtol=1e-12)


@pytest.mark.parametrize(
    "f", [lambda x: x.norm(dim=-1), lambda x: x.norm(3, dim=-1), lambda x: x.norm(0.5, dim=-1), lambda x: x.std(-1)], ids=["2", "3", "0.5", "std"]
)  # fmt: skip
def test_where_a_first_derivative_of_0_is_a_choice_the_second_is_nan(f: Any) -> None:
    """Of norm(x) ** 2 it would be 2 I: a 0 would be wrong without a word. A row beside it keeps its own."""
    x = tensor([[0.0, 0.0, 0.0], [1.0, 2.0, 4.0]], dtype=ag.float64, requires_grad=True)
    (g,) = ag.grad((f(x) ** 2).sum(), x, create_graph=True)
    assert g.tolist()[0] == [0.0, 0.0, 0.0]
    (h,) = ag.grad((g * tensor([[1.0], [1.0]])).sum(), x)
    assert np.isnan(h.numpy()[0]).all() and np.isfinite(h.numpy()[1]).all()
    alone = x.detach()[1:].requires_grad_()
    (g,) = ag.grad((f(alone) ** 2).sum(), alone, create_graph=True)
    assert ag.grad(g.sum(), alone)[0].tolist() == h.tolist()[1:]


@pytest.mark.parametrize("f", [lambda x: x.norm(), lambda x: x.std()], ids=["norm", "std"])
def test_that_holds_for_values_too(f: Any) -> None:
    x = ag.ValueTensor.leaves(ag.zeros(3, requires_grad=True), "x")
    leaves = list(x.raw)
    gradients = ag.grad((f(x) ** 2).item(), leaves, create_graph=True)
    assert [g.data for g in gradients] == [0.0] * 3
    assert math.isnan(ag.grad(sum(gradients[1:], gradients[0]), leaves[0])[0].data)
