"""Norms and inverses by PyTorch's names."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor
from autograd.testing import gradcheck


@given(
    hnp.arrays(float, hnp.array_shapes(max_dims=2, max_side=4), elements=st.floats(-4, 4)),
    st.sampled_from([None, 1, 2, 3, np.inf]),
    st.booleans(),
)
def test_norms_are_numpys(x: np.ndarray, order: Any, keepdim: bool) -> None:
    for axis in range(x.ndim):
        want = np.linalg.norm(x, order, axis, keepdim)
        np.testing.assert_allclose(ag.linalg.norm(tensor(x), order, axis, keepdim).numpy(), want, rtol=1e-12)
    np.testing.assert_allclose(ag.linalg.norm(tensor(x)).item(), np.linalg.norm(x), rtol=1e-12)


def test_norms_of_matrices_that_are_refused() -> None:
    x = ag.ones(2, 2)
    assert ag.linalg.norm(x, "fro").item() == ag.linalg.norm(x, "fro", (0, 1)).item() == 2.0
    for call in (
        lambda: ag.linalg.norm(x, 2),
        lambda: ag.linalg.norm(x, 1, (0, 1)),
        lambda: ag.linalg.norm(x[0], "fro"),
        lambda: ag.linalg.norm(ag.ones(1, 1, 1), 2),
    ):
        with pytest.raises(ValueError, match=r"linalg\.norm: ord=.* of matrices there is the norm of Frobenius"):
            call()


@given(hnp.arrays(float, (2, 3, 3), elements=st.floats(-1, 1)))
def test_the_inverse_undoes_the_product(x: np.ndarray) -> None:
    m = tensor(x + 4 * np.eye(3), requires_grad=True)
    np.testing.assert_allclose((ag.linalg.inv(m) @ m).detach().numpy(), np.broadcast_to(np.eye(3), (2, 3, 3)), atol=1e-12)
    assert gradcheck(ag.linalg.inv, m, order=2)


def test_what_the_refusal_advises_helps() -> None:
    for call, cure in [(lambda: ag.linalg.norm(ag.ones(2), "fro"), "leave ord out"), (lambda: ag.linalg.norm(ag.ones(2, 2), 1), "flatten")]:
        with pytest.raises(ValueError, match=cure):
            call()
    assert ag.linalg.norm(ag.ones(4)).item() == 2.0 and ag.linalg.norm(ag.ones(2, 2).flatten(), 1).item() == 4.0
