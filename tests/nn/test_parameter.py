"""Parameters, and those that do not know their shape yet. What a network does with these stands in `test_layers`."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from nn.parameter import Parameter, UninitializedParameter, uninitialized


def test_a_parameter_learns_and_says_what_it_is() -> None:
    p = Parameter([1.0, 2.0])
    assert p.requires_grad and p.is_leaf and isinstance(p, ag.Tensor) and type(p * 2) is ag.Tensor
    assert not Parameter(ag.ones(2), requires_grad=False).requires_grad
    assert repr(p) == "Parameter containing:\ntensor([1., 2.], requires_grad=True)"


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
@pytest.mark.parametrize("learns", [True, False])
def test_a_shape_comes_later_and_the_rest_stays(dtype: object, learns: bool) -> None:
    p = uninitialized(3, dtype, learns)
    assert isinstance(p, UninitializedParameter) and p.dtype == dtype and p.requires_grad is learns and p.rows == 3
    assert p.fits((3, 7)) and not p.fits((2, 7)) and not p.fits((3,)) and not p.fits((3, 7, 1))
    twins = [copy.deepcopy(p), copy.copy(p), pickle.loads(pickle.dumps(p))]
    for twin in twins:
        assert type(twin) is UninitializedParameter and twin is not p and twin.dtype == dtype and twin.requires_grad is learns
    p.to_dtype(ag.float32)
    p.requires_grad_(not learns)
    p.materialize((3, 2))
    assert type(p) is Parameter and p.shape == (3, 2) and p.dtype == ag.float32 and p.requires_grad is not learns
    assert all(type(twin) is UninitializedParameter for twin in twins)


def test_what_fails_inside_leaves_it_as_it_was() -> None:
    p = uninitialized(3)
    with pytest.raises(TypeError):
        p.requires_grad_("yes")  # type: ignore[arg-type]
    assert type(p) is UninitializedParameter
    with pytest.raises(RuntimeError, match="no shape yet"):
        p + 1


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
@pytest.mark.parametrize(
    "make",
    [
        lambda **d: nn.Linear(2, 1, **d), lambda **d: nn.Linear(2, 1, True, *d.values()), lambda **d: nn.LazyLinear(2, **d),
        lambda **d: nn.Embedding(2, 3, **d), lambda **d: nn.BatchNorm1d(2, **d), lambda **d: nn.LayerNorm(2, **d), lambda **d: nn.PReLU(**d),
    ],
)  # fmt: skip
def test_a_layer_is_made_in_the_dtype_that_is_asked_for(make: Any, dtype: np.dtype) -> None:
    assert {p.dtype for p in make(device="cpu", dtype=dtype).parameters()} == {dtype}


@pytest.mark.parametrize(
    "make",
    [lambda d: nn.BatchNorm1d(2, affine=False, track_running_stats=False, device=d), lambda d: nn.LayerNorm(2, 1e-5, False, device=d)],
)
def test_a_layer_without_parameters_refuses_another_device_too(make: Any) -> None:
    make("cpu")
    with pytest.raises(ValueError, match="there is no device 'cuda' here"):
        make("cuda")
