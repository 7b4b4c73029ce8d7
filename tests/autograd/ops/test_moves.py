"""The functions around the rows: what does not fit is refused with both shapes, and the forms that PyTorch accepts work."""

from typing import Any

import pytest

import autograd as ag
from autograd import tensor


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.sum(dim=2), IndexError, "dim 2 is out of range for 2 dimensions"),
        (lambda x: x.sum(dim=(0, 0)), ValueError, "twice"),
        (lambda x: x.sum(dim=0, axis=1), TypeError, "alias"),
        (lambda x: x.sum(dim="x"), TypeError, "dim must be an int"),
        (lambda x: x.reshape(4, 2), ValueError, r"6 entries of shape \(2, 3\) do not fill shape \(4, 2\)"),
        (lambda x: x.reshape(-1, -1), ValueError, "do not fill"),
        (lambda x: x @ x, ValueError, r"\(2, 3\) @ \(2, 3\) does not fit: the left has 3 columns, the right 2 rows"),
        (lambda x: x @ ag.ones(()), ValueError, "at least one dimension"),
        (lambda x: x + ag.ones(4), ValueError, r"\+ of shapes \[\(2, 3\), \(4,\)\]"),
        (lambda x: x.expand(3, 3), ValueError, "cannot be stretched"),
        (lambda x: x.expand(3), ValueError, "fewer dimensions"),
        (lambda x: x.permute(0), ValueError, "each of the 2 dimensions once"),
        (lambda x: ag.cat([]), ValueError, "at least one tensor"),
        (lambda x: ag.cat([x, ag.ones(2, 2)]), ValueError, "other sizes must agree"),
        (lambda x: ag.stack([x, ag.ones(2, 2)]), ValueError, "one shape"),
        (lambda x: x.split(0), ValueError, "at least 1"),
        (lambda x: x.split([1, 2], 0), ValueError, "do not add up"),
        (lambda x: ag.mm(x, ag.ones(3)), ValueError, "mm expects 2-d and 2-d"),
        (lambda x: ag.diag(ag.ones(1, 1, 1)), ValueError, "vector or a matrix"),
        (lambda x: ag.tril(ag.ones(2)), ValueError, "at least 2 dimensions"),
        (lambda x: ag.mean(ag.arange(3)), TypeError, "floating"),
        (lambda x: ag.softmax(ag.arange(3), 0), TypeError, "floating"),
        (lambda x: ag.sum([1, 2]), TypeError, "expects a Tensor, got list"),
        (lambda x: x.norm(-1), ValueError, "positive number"),
        (lambda x: x.flatten(1, 0), ValueError, "comes after"),
        (lambda x: ag.linear(x, ag.ones(4, 5)), ValueError, "expected 5 columns, got 3"),
        (lambda x: ag.linear(x, ag.ones(4, 3), ag.ones(3)), ValueError, r"bias of shape \(4,\)"),
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
def test_what_does_not_fit_is_refused_with_both_shapes(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))


@pytest.mark.parametrize(
    "name", ["sum", "mean", "var", "std", "prod", "amax", "amin", "argmax", "argmin", "norm", "logsumexp", "max", "min"]
)
def test_numpy_style_keepdims(name: str) -> None:
    x, f = tensor([[1.0, 5.0, 2.0], [7.0, 2.0, 4.0]]), getattr(ag, name)
    expected, got = f(x, dim=1, keepdim=True), f(x, axis=1, keepdims=True)
    for a, b in zip(expected, got) if name in ("max", "min") else [(expected, got)]:
        assert a.shape == (2, 1) and a.equal(b)
    with pytest.raises(TypeError, match="keepdims is an alias of keepdim; got both"):
        f(x, dim=1, keepdim=True, keepdims=False)


def test_numpy_style_axis_and_the_values_and_indices_of_max() -> None:
    x = tensor([[1.0, 5.0], [7.0, 2.0]])
    assert x.sum(axis=0).tolist() == [8.0, 7.0]
    values, indices = x.max(dim=1)
    assert values.tolist() == [5.0, 7.0] and indices.tolist() == [1, 0] and indices.dtype == ag.int64
    assert x.max(ag.zeros(2, 2) + 3).tolist() == [[3.0, 5.0], [7.0, 3.0]]
    assert x.argmin(1).tolist() == [0, 1] and x.argmax().item() == 2
    assert ag.arange(3).sum().dtype == ag.int64 and tensor([True, True]).sum().item() == 2
