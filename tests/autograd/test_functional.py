"""Jacobians, Hessians and their products, against closed forms and against each other."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, tensor
from autograd.functional import hessian, hvp, jacobian, jvp, vjp

VECTORS = st.lists(st.floats(-2, 2), min_size=3, max_size=3).map(lambda a: tensor(np.array(a)))
A = tensor(np.arange(6.0).reshape(2, 3))


def f(x: Any) -> Any:
    return ag.tanh(A @ x) * x[:2]


def scalar(x: Any) -> Any:
    return (ag.sin(x) * x.flip(0)).sum() ** 2


@given(x=VECTORS, v=VECTORS)
def test_products_agree_with_the_whole_matrix(x: Any, v: Any) -> None:
    j = jacobian(f, x).numpy()
    np.testing.assert_allclose(jvp(f, x, v)[1].numpy(), j @ v.numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(vjp(f, x, v[:2])[1].numpy(), v.numpy()[:2] @ j, rtol=1e-9, atol=1e-12)
    h = hessian(scalar, x).numpy()
    np.testing.assert_allclose(h, h.T, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(hvp(scalar, x, v)[1].numpy(), h @ v.numpy(), rtol=1e-8, atol=1e-9)


@given(x=VECTORS)
def test_the_jacobian_of_a_linear_map_and_the_hessian_of_a_quadratic_form(x: Any) -> None:
    np.testing.assert_allclose(jacobian(lambda x: A @ x, x).numpy(), A.numpy())
    q = tensor(np.arange(9.0).reshape(3, 3))
    np.testing.assert_allclose(hessian(lambda x: x @ (q @ x), x).numpy(), (q + q.T).numpy(), rtol=1e-12)


def test_several_inputs_constants_and_values() -> None:
    x, y = tensor([1.0, 2.0]), tensor([3.0])
    jx, jy = jacobian(lambda x, y: x * y, (x, y))
    assert jx.tolist() == [[3.0, 0.0], [0.0, 3.0]] and jy.tolist() == [[1.0], [2.0]]
    rows = hessian(lambda x, y: (x * y).sum(), (x, y))
    assert rows[0][1].tolist() == [[1.0], [1.0]] and rows[1][1].tolist() == [[0.0]]
    assert jacobian(lambda x: x.detach() * 2, x).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert hvp(lambda x: x.sum(), x, x)[1].tolist() == [0.0, 0.0]
    assert jvp(lambda x: x.detach(), x, x)[1].tolist() == [0.0, 0.0]
    v = Value(3.0)
    assert jacobian(lambda v: v**3, v).data == 27 and hessian(lambda v: v**3, v).data == 18
    assert hvp(lambda v: v**3, v, Value(2.0))[1].data == 36 and vjp(lambda v: v**3, v)[1].data == 27
    assert jvp(lambda v: v**3, v, Value(2.0))[1].data == 54
    assert not v.grad


def test_the_jacobian_of_a_tensor_by_a_value() -> None:
    j = jacobian(lambda v: tensor([v, 3.0]) * v, Value(2.0))
    assert j.tolist() == [4.0, 3.0]


def test_create_graph_goes_on_to_higher_orders() -> None:
    x = tensor([2.0], dtype=ag.float64, requires_grad=True)
    h = hessian(lambda x: (x**4).sum(), x, create_graph=True)
    (third,) = ag.grad(h.sum(), x)
    assert h.item() == 48 and third.item() == 48


def test_misuse_says_what_was_expected() -> None:
    x = tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="must return one number"):
        hessian(lambda x: x, x)
    with pytest.raises(ValueError, match="shapes of the inputs"):
        jvp(scalar, x, tensor([1.0]))
    with pytest.raises(TypeError, match="must be Tensors or Values"):
        jacobian(f, [1.0])
    with pytest.raises(TypeError, match="must return a Tensor"):
        jacobian(lambda x: 3.0, x)
