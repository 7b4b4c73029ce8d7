"""Keys that are refused, and in which words. What keys choose is tested with the rows, in ops/test_moves."""

from typing import Any

import pytest

import autograd as ag


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x[0, 0, 0], IndexError, "too many indices"),
        (lambda x: x["a"], IndexError, "cannot index"),
        (lambda x: x[1.5], IndexError, "cannot index"),
        (lambda x: x[ag.ones(2)], IndexError, "integers or booleans"),
        (lambda x: x[5], IndexError, "out of bounds"),
        (lambda x: x[..., ...], IndexError, "at most one ..."),
        (lambda x: x[[0, 1], [0, 1, 2]], IndexError, "do not broadcast"),
        (lambda x: x[ag.ones(3, dtype=ag.bool_)], IndexError, r"a mask of shape \(3,\) does not fit dimensions of sizes \(2,\)"),
        (lambda x: x[ag.tensor([0, -3])], IndexError, "index -3 is out of bounds for dimension 0 of size 2"),
        (lambda x: x[:, ag.tensor([3])], IndexError, "index 3 is out of bounds for dimension 1 of size 3"),
        (lambda x: x[1:2.5], TypeError, "the ends and the step of a slice must be an int"),
        (lambda x: x[[0, "a"]], TypeError, "an index takes a number or a tensor"),
    ],
)
def test_what_is_no_key_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))


@pytest.mark.parametrize("key", [1, -1, (0, 1), slice(None), slice(5, 9), (..., 0), None, [1, 0], [], (slice(None), [2, 2])])
def test_a_key_may_be_of_any_kind(key: Any) -> None:
    x = ag.arange(6).reshape(2, 3)
    assert x[key].tolist() == (x.numpy()[key] if key != [] else x.numpy()[:0]).tolist()


@pytest.mark.parametrize("index", [lambda i: i, lambda i: i.numpy(), lambda i: (ag.tensor([0, 1]), i)], ids=["tensor", "array", "pair"])
def test_an_index_that_is_changed_later_changes_no_gradient(index: Any) -> None:
    x, i = ag.ones(3, 3, requires_grad=True), ag.tensor([0, 2])
    y = (x * 1)[index(i)]
    (before,) = ag.grad(y.sum(), x, retain_graph=True)
    i.fill_(1)
    assert ag.grad(y.sum(), x)[0].equal(before)
