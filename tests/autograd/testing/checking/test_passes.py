"""Forward and backward as functions of vectors: what goes in and comes out in dicts and lists is found, what is ambiguous is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.testing import check_backward
from autograd.testing.checking.function import Unfit
from autograd.testing.checking.passes import Passes
from tests.autograd.testing.checking.layers import affine, affine_backward, normal

X = normal(4, 3)
P = {"W": normal(3, 2), "b": normal(2), "act": "tanh", "layers": 2}


def network(x: Any, params: Any) -> Any:
    y, cache = affine(x, params["W"], params["b"])
    return np.tanh(y), (cache, np.tanh(y))


def network_backward(dout: Any, cache: Any, key: str = "d{}") -> Any:
    dx, dw, db = affine_backward(dout * (1 - cache[1] ** 2), cache[0])
    return dx, {key.format("W"): dw, key.format("b"): db}


def by_name(dout: Any, cache: Any) -> Any:
    dx, grads = network_backward(dout, cache)
    return {"dx": dx, "dparams": grads}


@pytest.mark.parametrize("backward", [network_backward, by_name, lambda dout, cache: network_backward(dout, cache, "{}")])
def test_dicts_of_parameters_and_of_gradients(backward: Any) -> None:
    assert check_backward(network, backward, (X, P)).checks[0].inputs == 12 + 6 + 2
    passes = Passes(network, backward, (X, P), None)
    assert passes.names == ["x", "params['W']", "params['b']"]


def test_a_dict_may_be_all_there_is() -> None:
    assert check_backward(lambda params: network(X, params), lambda dout, cache: network_backward(dout, cache)[1], P)


def test_lists_of_parameters() -> None:
    def forward(layers: Any) -> Any:
        return layers[0][0] * layers[1][0] + layers[0][1]

    def backward(dout: Any, layers: Any) -> Any:
        return [(dout * layers[1][0], dout), (dout * layers[0][0],)]

    layers = [(normal(3), normal(3, seed=1)), (normal(3, seed=2),)]
    assert check_backward(forward, backward, (layers,))
    with pytest.raises(Unfit, match=r"the gradient of layers\[1\], tuple of length 1, must be one of the same length, got"):
        Passes(forward, lambda dout, layers: [(dout, dout), dout], (layers,), None).gradient(np.ones(3))


def test_a_state_in_a_dict_is_not_kept() -> None:
    """As running means in the parameters of a batch norm, which are bound anew at each call."""

    def forward(x: Any, state: Any) -> Any:
        state["calls"] = state.get("calls", 0) + 1
        state["mean"] = 0.9 * state.get("mean", 0) + 0.1 * x.mean()
        return x * state["calls"]

    state: dict[str, Any] = {"mode": "train"}
    assert check_backward(forward, lambda dout, x: dout, (X, state)) and state == {"mode": "train"}


def test_gradients_that_are_missing_are_asked_for_by_name() -> None:
    with pytest.raises(Unfit, match=r"no gradient of b among those that backward gives \(dW\): call it 'b' or 'db'"):
        Passes(network, lambda dout, cache: (X, {"dW": P["W"]}), (X, P), None).gradient(np.ones(8))
    with pytest.raises(Unfit, match="the gradient of params, a dict, must be a dict with the same keys, got ndarray"):
        Passes(network, lambda dout, cache: (X, dout), (X, P), None).gradient(np.ones(8))


def test_an_output_and_a_cache_or_two_outputs_is_not_guessed() -> None:
    def forward(x: Any) -> Any:
        return 2 * x, x.astype(int)

    with pytest.raises(TypeError, match=r"Is this \(out, cache\)\? Then signature='dout, cache' .*Are these two outputs\?"):
        check_backward(forward, lambda dout, x: 2 * dout, X)
    assert check_backward(forward, lambda dout, x: 2 * dout, X, signature="dout, cache")
    assert check_backward(forward, lambda dout, cache: 2 * dout, X)
    with pytest.raises(TypeError, match=r"must return \(out, cache\), got ndarray"):
        check_backward(lambda x: x, lambda dout, cache: dout, X)
    with pytest.raises(TypeError, match="takes 0 upstream gradients, where 1 would be right"):
        check_backward(lambda x: x * x, lambda x: 2 * x, X)
    with pytest.raises(TypeError, match=r"\(dout, cache\) takes 1 upstream gradient, where 2 would be right"):
        check_backward(lambda x: (x, x, x), lambda dout, cache: dout, X)
    with pytest.raises(TypeError, match=r"must return arrays or numbers, got NoneType$"):
        check_backward(lambda x: None, lambda dout, x: dout, X)
    with pytest.raises(TypeError, match=r"got ndarray of .*, tuple of length 1; .*signature='dout, cache'"):
        check_backward(lambda x: (x * x, (x,)), lambda dout, x: 2 * x * dout, X)


@pytest.mark.parametrize(
    ("forward", "x", "problem"),
    [
        (lambda x: x * 2, np.arange(3), "no input is floating, got x: ndarray of shape (3,) and dtype int64"),
        (lambda x: x * 2, np.array([1.0, np.nan]), "x holds nan"),
        (lambda x: np.log(x), np.array([0.0]), "forward gives -inf"),
        (lambda x: x.astype("f4"), X, "forward gives float32, whose digits leave nothing to compare"),
        (lambda x: (x > 0).sum(), X, "forward gives int64, which has no derivative"),
        (lambda x: x * np.random.default_rng().random(), X, "forward is not deterministic"),
        (lambda x: x[x > X[0, 0]], X, "forward gives shape (6,) at the inputs and (7,) near them"),
    ],
)
def test_what_cannot_be_checked_says_why(forward: Any, x: Any, problem: str) -> None:
    assert problem in str(check_backward(forward, lambda dout, x: x * 1.0, x, raise_exception=False).problem)


def test_complex_numbers_are_refused() -> None:
    problem = check_backward(lambda x, y: x * y.real, lambda dout, x, y: (dout, None), (X, X * 1j), raise_exception=False).problem
    assert problem == "y is complex: only gradients of real numbers are checked"
