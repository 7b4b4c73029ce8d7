"""What the tables share: names of dimensions, what arguments are refused, what a row derives from its name."""

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, tensor
from autograd.ops.table import ELEMENTWISE


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


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.sum(dim=2), IndexError, "dim 2 is out of range for 2 dimensions"),
        (lambda x: x.sum(dim=(0, 0)), ValueError, "twice"),
        (lambda x: x.sum(dim=0, axis=1), TypeError, "alias"),
        (lambda x: x.sum(dim="x"), TypeError, "dim must be an int"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))


@pytest.mark.parametrize("right", [1.0, 1j, np.float32(1), np.ones(2), Value(1.0), ag.ones(2)], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize(("wrong", "told"), [("a", "str 'a'$"), ([1.0], r"list .*; wrap lists as tensor\(\.\.\.\)$")], ids=["str", "list"])
def test_a_wrong_argument_is_named_wherever_it_stands(right: Any, wrong: Any, told: str) -> None:
    for args in [(right, wrong), (wrong, right)]:
        with pytest.raises(TypeError, match=f"<maximum> takes numbers, arrays, Values and Tensors, got {told}"):
            ag.maximum(*args)
    with pytest.raises(TypeError, match=f"takes numbers, arrays, Values and Tensors, got {told}"):
        ag.gelu(wrong)


def test_arguments_too_few_or_too_many_are_counted() -> None:
    for row in ELEMENTWISE.values():
        n = len(row.vjps)
        for args in ((), (1.0,) * (n - 1), (1.0,) * (n + 1), (np.ones(2),) * (n + 1)):
            if len(args) != n:
                s = "" if n == 1 else "s"
                told = f"takes {n} argument{s}, got {len(args)}" + (": " if args else "$")
                with pytest.raises(TypeError, match=told):
                    row(*args)
