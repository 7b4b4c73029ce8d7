"""`check_backward`: right layers are accepted, each usual mistake is refused with the hint that names it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd.testing import GradcheckError, check_backward
from tests.autograd.testing.checking.layers import (
    LABELS,
    LAYERS,
    affine,
    affine_backward,
    batch_norm,
    batch_norm_backward,
    cross_entropy,
    cross_entropy_backward,
    normal,
    relu,
    relu_backward,
)

ANALYTIC = {"affine", "cross_entropy", "layer_norm", "lstm_cell", "relu"}


@pytest.mark.parametrize("name", LAYERS)
def test_right_layers_are_accepted_by_the_method_that_they_allow(name: str) -> None:
    forward, backward, inputs = LAYERS[name]
    before = [np.array(x) for x in inputs]
    report = check_backward(forward, backward, inputs)
    assert report and not report.kinks and not report.checks[0].notes
    assert report.method == ("complex step" if name in ANALYTIC else "differences")
    assert check_backward(forward, backward, inputs, method="differences").method == "differences"
    assert all(np.array_equal(x, was) for x, was in zip(inputs, before))


X, W, B = LAYERS["affine"][2]
SQUARE = normal(3, 3)


def clipped(dout: Any, cache: Any) -> Any:
    return np.clip(relu_backward(dout, cache), -0.5, 0.5)


def spoilt(backward: Any, which: int, change: Any) -> Any:
    """``backward`` with one of its gradients changed."""

    def wrong(dout: Any, cache: Any) -> Any:
        gradients = list(backward(dout, cache))
        gradients[which] = change(gradients[which])
        return tuple(gradients)

    return wrong


def in_place_dout(dout: Any, cache: Any) -> Any:
    dout[cache <= 0] = 0
    return dout


def in_place_cache(dout: Any, cache: Any) -> Any:
    p, labels = cache
    p[np.arange(len(labels)), labels] -= 1
    return dout * p / len(labels), None


def in_place_input(dout: Any, x: Any) -> Any:
    x *= 2
    return dout * x


def in_place_forward(x: Any) -> Any:
    x -= x.max()
    return np.exp(x)


def without_mean(dout: Any, cache: Any) -> Any:
    xhat, gamma, s = cache
    return gamma / s * (dout - xhat * (dout * xhat).mean(axis=0)), (dout * xhat).sum(axis=0), dout.sum(axis=0)


def repeated(dout: Any, w: Any) -> Any:
    dw = np.zeros_like(w)
    dw[[0, 1, 1]] = dout  # in place of np.add.at
    return dw


MISTAKES: dict[str, tuple[Any, Any, Any, str]] = {
    "factor of n": (
        cross_entropy,
        spoilt(cross_entropy_backward, 0, lambda d: d * 4),
        (normal(4, 3), LABELS),
        "logits: 4 times what is right throughout, and 4 is the length of axis 0 of logits: is the division by a number of examples missing?",
    ),
    "mean for sum": (affine, spoilt(affine_backward, 2, lambda d: d / 4), (X, W, B), "b: 1/4 of what is right throughout"),
    "another factor": (affine, spoilt(affine_backward, 0, lambda d: d * 0.3), (X, W, B), "x: 0.3 times what is right throughout"),
    "sign": (affine, spoilt(affine_backward, 1, lambda d: -d), (X, W, B), "w: the sign is wrong throughout"),
    "transposed": (
        lambda x, w: x @ w,
        lambda dout, x, w: (dout @ w.T, (x.T @ dout).T),
        (X, SQUARE),
        "w: is the transpose of what is right",
    ),
    "transposed, by its shape": (affine, spoilt(affine_backward, 1, lambda d: d.T), (X, W, B), "and w has (3, 2): is it transposed?"),
    "no dout": (relu, lambda dout, cache: (cache > 0) * 1.0, normal(4, 3), "x: does not depend on dout"),
    "no dout at a loss": (
        cross_entropy,
        lambda dout, cache: cross_entropy_backward(1.0, cache),
        (normal(4, 3), LABELS),
        "logits: does not depend on dout",
    ),
    "dout twice": (lambda x: np.sin(x), lambda dout, x: dout**2 * np.cos(x), X, "x: grows with the square of dout"),
    "clipped": (relu, clipped, normal(4, 3), "x: is not linear in dout"),
    "something added": (
        affine,
        spoilt(affine_backward, 1, lambda d: d + 0.1 * W),
        (X, W, B),
        "w: is not linear in dout, as backward(2 * dout) is not 2 * backward(dout)",
    ),
    "no sum over the batch": (
        affine,
        lambda dout, cache: (*affine_backward(dout, cache)[:2], dout),
        (X, W, B),
        "the gradient of b has shape (4, 2), and b has (2,): what was broadcast over axis 0, such as the batch, is summed there, .sum(axis=0)",
    ),
    "keepdims": (
        affine,
        lambda dout, cache: (*affine_backward(dout, cache)[:2], dout.sum(axis=0, keepdims=True)),
        (X, W, B),
        "the gradient of b has shape (1, 2), and b has (2,): they differ by axes of length 1",
    ),
    "another shape": (affine, spoilt(affine_backward, 1, lambda d: d[:2]), (X, W, B), "has shape (2, 2), and w has (3, 2): a gradient has"),
    "dout changed": (relu, in_place_dout, X, "backward changed dout in place"),
    "cache changed": (cross_entropy, in_place_cache, (normal(4, 3), LABELS), "backward changed the cache in place"),
    "input changed": (lambda x: x * x, in_place_input, X, "backward changed its input x in place"),
    "input changed by forward": (in_place_forward, lambda dout, x: dout * np.exp(x), X, "forward changed its input x in place"),
    "integers": (
        affine,
        spoilt(affine_backward, 2, lambda d: d.astype(int)),
        (X, W, B),
        "the gradient of b is int64, where float64 went in: was it made by // or int()",
    ),
    "integer division": (
        affine,
        spoilt(affine_backward, 1, lambda d: d // 1),
        (X, W, B),
        "w: whole numbers only: is there a // or an int()?",
    ),
    "a mask": (relu, lambda dout, cache: cache > 0, X, "is bool, where float64 went in: is a mask returned that should multiply dout?"),
    "float32": (
        relu,
        lambda dout, cache: relu_backward(dout, cache).astype("f4"),
        X,
        "is float32, where float64 went in, which keeps fewer",
    ),
    "wrong order": (
        lambda x, y: x * y,
        lambda dout, x, y: (dout * x, dout * y),
        (X, X + 1),
        "x: this is the gradient of y: they are returned in the order of the inputs",
    ),
    "a path is missing": (
        batch_norm,
        without_mean,
        LAYERS["batch_norm"][2],
        "x: the error is the same all along axis 0: is a path through a sum or a mean over this axis missing?",
    ),
    "set, not added": (
        lambda w: w[[0, 1, 1]],
        repeated,
        normal(3, 2),
        "w: right but for 2 of 6 entries, the first at [1, 0]: is it a mask, an edge, or an index that comes more than once",
    ),
    "none": (affine, spoilt(affine_backward, 1, lambda d: None), (X, W, B), "w: no gradient arrives (0 or None)"),
    "too few": (affine, lambda dout, cache: affine_backward(dout, cache)[:2], (X, W, B), "gives 2 gradients"),
    "for labels": (
        cross_entropy,
        spoilt(cross_entropy_backward, 1, lambda d: np.ones(4)),
        (normal(4, 3), LABELS),
        "gives a gradient for labels, ndarray of shape (4,) and dtype int64, which is not floating",
    ),
    "random": (relu, lambda dout, cache: dout * np.random.default_rng().random(), X, "gives another result when it is called again"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_usual_mistake_is_refused_by_its_name(name: str) -> None:
    forward, backward, inputs, hint = MISTAKES[name]
    with pytest.raises(GradcheckError) as caught:
        check_backward(forward, backward, inputs)
    assert hint in str(caught.value)
    report = check_backward(forward, backward, inputs, raise_exception=False)
    assert not report and str(report) == str(caught.value)


def test_what_is_right_beside_a_mistake_is_said_to_be() -> None:
    report = check_backward(batch_norm, without_mean, LAYERS["batch_norm"][2], raise_exception=False)
    assert {f.what.split(" / d ")[1].split()[0] for f in report.failures} == {"x"}
    assert report.checks[0].notes[-1] == "right: the gradients of gamma, beta"


@settings(max_examples=25)
@given(k=st.integers(0, 11), size=st.sampled_from([1e-6, -1e-3, 2.0]), data=st.data())
def test_one_wrong_entry_is_called_by_its_name(k: int, size: float, data: st.DataObject) -> None:
    at = np.unravel_index(k, (4, 3))
    name = data.draw(st.sampled_from(["batch_norm", "layer_norm"]))
    forward, backward, inputs = LAYERS[name]

    def change(d: Any) -> Any:
        d = d.copy()
        d[at] *= 1 + size
        return d

    report = check_backward(forward, spoilt(backward, 0, change), inputs, raise_exception=False)
    assert {f.what.split(" / d ")[1] for f in report.failures} == {f"x [{at[0]}, {at[1]}]"}
    assert {f.walk for f in report.failures} == {"backward"}


@settings(max_examples=30)
@given(n=st.integers(1, 4), d=st.integers(1, 4), m=st.integers(1, 3), dtype=st.sampled_from(["f4", "f8"]), seed=st.integers(0, 99))
def test_affine_layers_of_any_shape_and_dtype(n: int, d: int, m: int, dtype: str, seed: int) -> None:
    inputs = tuple(normal(*shape, seed=seed).astype(dtype) for shape in ((n, d), (d, m), (m,)))
    report = check_backward(affine, affine_backward, inputs)
    assert report and ("converted to float64" in str(report)) == (dtype == "f4")
    factor = spoilt(affine_backward, 0, lambda d: 1.5 * d)
    assert "x: 1.5 times" in str(check_backward(affine, factor, inputs, raise_exception=False)) or d * n == 1


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=4))
@settings(max_examples=20)
def test_relu_is_right_at_and_beside_its_kink(numbers: list[float]) -> None:
    """One that lets half of the gradient through at 0 is, too; elsewhere that is wrong."""
    x = np.array([*numbers, 0.0])
    report = check_backward(relu, relu_backward, x)
    assert report and report.kinks and "backward uses 0" in str(report)
    assert check_backward(relu, lambda dout, cache: dout * np.where(cache == 0, 0.5, cache > 0), x)
    assert not check_backward(relu, lambda dout, cache: dout * np.where(cache == 0, 2.0, cache > 0), x, raise_exception=False)


@given(distance=st.floats(-13, -2), offset=st.sampled_from([0.0, 100.0]), side=st.sampled_from([-1.0, 1.0]))
@settings(max_examples=25)
def test_a_kink_nearby_is_no_mistake_and_hides_none(distance: float, offset: float, side: float) -> None:
    """Differences cross it; where no step is short enough it is taken for one that is here, and the report says so."""
    x = np.array([1 + side * 10**distance, 2.0])
    report = check_backward(lambda x: abs(x - 1) + offset, lambda dout, x: dout * np.sign(x - 1), x)
    assert report.kinks or distance > -11.5
    assert not check_backward(lambda x: abs(x - 1) + offset, lambda dout, x: 2 * dout * np.sign(x - 1), x, raise_exception=False)


def test_many_inputs_are_searched_for_the_wrong_entry_by_either_method() -> None:
    for forward in (np.sin, lambda x: np.sin(x) + 0 * np.abs(x)):
        wrong = np.ones((20, 20))
        wrong[3, 4] = 1.01
        report = check_backward(forward, lambda dout, x, w=wrong: dout * np.cos(x) * w, normal(20, 20), raise_exception=False)
        assert {f.what.split(" / d ")[1].partition(" [")[2] for f in report.failures} == {"3, 4]"}


def test_numbers_layers_with_a_state_and_several_outputs() -> None:
    class Tanh:
        def forward(self, x: Any) -> Any:
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout: Any) -> Any:
            return dout * (1 - self.y**2)

    layer = Tanh()
    assert check_backward(layer.forward, layer.backward, X)
    assert check_backward(lambda x: math.sin(x), lambda x, g: g * math.cos(x), 0.3).method == "differences"
    assert check_backward(lambda x, y: (x * y, x + y), lambda dz, ds, x, y: (dz * y + ds, dz * x + ds), (X, 2.0 * X))
    assert check_backward(lambda x: (x * 2, x.sum()), lambda d, x: d[0] * 2 + d[1], X, signature="dout, *inputs")
    assert check_backward(lambda x: (x * x).sum(), lambda x: 2 * x, X)  # a loss that is its own


def test_nothing_to_differentiate_is_right() -> None:
    assert check_backward(relu, relu_backward, np.zeros((0, 3)))


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="needs a function as backward, got ndarray"):
        check_backward(relu, X, X)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="method must be 'auto'"):
        check_backward(relu, relu_backward, X, method="exact")
    with pytest.raises(TypeError, match="x is a Tensor, and what is checked is numpy"):
        check_backward(relu, relu_backward, ag.tensor(X))
    with pytest.raises(TypeError, match="unsupported operand") as caught:
        check_backward(relu, lambda dout, cache: dout * object(), X)
    assert "was called as (dout, cache)" in caught.value.__notes__[0]


def test_options_are_those_of_gradcheck() -> None:
    slightly = spoilt(affine_backward, 0, lambda d: d * (1 + 1e-4))
    assert not check_backward(affine, slightly, (X, W, B), raise_exception=False)
    assert check_backward(affine, slightly, (X, W, B), rtol=1e-3)
    assert check_backward(batch_norm, batch_norm_backward, LAYERS["batch_norm"][2], generator=ag.Generator().manual_seed(7), directions=3)
