"""Each activation module against its function written out in numpy, also far out, and its gradient."""

import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import autograd as ag
import nn
from nn import functional as F

erf = np.vectorize(math.erf)


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


PAIRS: list[tuple[Any, Any]] = [
    (nn.ReLU(), lambda x: np.maximum(x, 0)),
    (nn.ReLU(inplace=True), lambda x: np.maximum(x, 0)),
    (nn.Tanh(), np.tanh),
    (nn.Sigmoid(), lambda x: 0.5 * (1 + np.tanh(x / 2))),
    (nn.SELU(), lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))),
    (nn.LogSigmoid(), lambda x: -np.logaddexp(0, -x)),
    (nn.SiLU(), lambda x: 0.5 * x * (1 + np.tanh(x / 2))),
    (nn.LeakyReLU(0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
    (nn.PReLU(init=0.375), lambda x: np.where(x > 0, x, 0.375 * x)),
    (nn.ELU(1.5), lambda x: np.where(x > 0, x, 1.5 * np.expm1(np.minimum(x, 0)))),
    (nn.GELU(), lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2)))),
    (nn.GELU("tanh"), lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))),
    (nn.Softplus(), lambda x: np.logaddexp(0, x)),
    (nn.Softplus(beta=3), lambda x: np.logaddexp(0, 3 * x) / 3),
    (nn.Softmax(dim=1), _softmax),
    (nn.LogSoftmax(dim=1), lambda x: np.log(_softmax(x))),
]
PAIRS = [(module.double(), function) for module, function in PAIRS]
batches = arrays(np.float64, (3, 4), elements=st.floats(-30, 30).map(lambda x: round(x, 3)))


@pytest.mark.parametrize(("module", "function"), PAIRS, ids=[repr(m) for m, _ in PAIRS])
@given(x=batches)
def test_it_is_its_function(module: Any, function: Any, x: np.ndarray) -> None:
    np.testing.assert_allclose(module(ag.tensor(x)).detach().numpy(), function(x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("module", [m for m, _ in PAIRS], ids=repr)
@pytest.mark.parametrize("dtype", [ag.float32, ag.float64], ids=str)
def test_far_out_values_and_gradients_are_finite_and_keep_their_dtype(module: Any, dtype: Any) -> None:
    x = ag.tensor([[-1000.0, 1000.0, 0.0]], dtype=dtype, requires_grad=True)
    y = module.to(dtype)(x)
    y.sum().backward()
    assert np.isfinite(y.detach().numpy()).all() and np.isfinite(x.grad.numpy()).all() and y.dtype == dtype
    module.double()


def test_prelu_learns_one_slope_for_each_channel() -> None:
    act = nn.PReLU(2)
    x = ag.tensor([[[-1.0, -2.0], [-3.0, 4.0]]])
    act(x).sum().backward()
    assert act.weight.grad.tolist() == [-3.0, -3.0]
    assert nn.PReLU()(x).tolist() == [[[-0.25, -0.5], [-0.75, 4.0]]]
    with pytest.raises(ValueError, match=r"\(2,\) does not fit dimension 1 of an input of shape \(4, 3\)"):
        act(ag.ones(4, 3))
    with pytest.raises(ValueError, match="at least 1"):
        nn.PReLU(0)
    with pytest.raises(ValueError, match="'none' or 'tanh'"):
        nn.GELU("sigmoid")


def test_they_say_how_they_are_set() -> None:
    assert [repr(m) for m, _ in PAIRS] == [
        "ReLU()", "ReLU()", "Tanh()", "Sigmoid()", "SELU()", "LogSigmoid()", "SiLU()", "LeakyReLU(negative_slope=0.2)", "PReLU(num_parameters=1)",
        "ELU(alpha=1.5)", "GELU(approximate='none')", "GELU(approximate='tanh')", "Softplus(beta=1.0, threshold=20.0)",
        "Softplus(beta=3, threshold=20.0)", "Softmax(dim=1)", "LogSoftmax(dim=1)",
    ]  # fmt: skip
    for module, _ in PAIRS:
        assert repr(eval(f"nn.{module!r}")) == repr(module)


@pytest.mark.parametrize(
    ("module", "function"),
    [(nn.ReLU, F.relu), (nn.SiLU, F.silu), (nn.SELU, F.selu), (nn.LeakyReLU, F.leaky_relu), (nn.ELU, F.elu), (nn.Softplus, F.softplus)],
    ids=lambda f: f.__name__,
)
def test_the_settings_and_defaults_are_those_of_the_function(module: Any, function: Any) -> None:
    _, *settings = inspect.signature(function).parameters.values()
    assert settings == list(inspect.signature(module).parameters.values())


def test_elu_passes_the_gradient_at_nan_and_scales_it_at_0() -> None:
    x = ag.tensor([math.nan, 0.0, 1.0, -math.inf], requires_grad=True)
    nn.ELU(alpha=2.0)(x).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0, 1.0, 0.0]
