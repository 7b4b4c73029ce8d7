"""Losses and dropout: closed forms, extremes, and refusals where a learner would be misled."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import tensor
from autograd.errors import described
from nn import CrossEntropyLoss, MSELoss
from nn import functional as F


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 100))
def test_cross_entropy_and_its_gradient(n: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, target = rng.normal(size=(n, classes)) * 3, rng.integers(0, classes, n)
    x = tensor(logits, requires_grad=True)
    loss = F.cross_entropy(x, tensor(target))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert loss.item() == pytest.approx(-np.log(p[np.arange(n), target]).mean(), rel=1e-10)
    loss.backward()
    p[np.arange(n), target] -= 1
    np.testing.assert_allclose(x.grad.numpy(), p / n, rtol=1e-9, atol=1e-12)
    each = F.cross_entropy(x, tensor(target), reduction="none")
    assert each.shape == (n,) and CrossEntropyLoss(reduction="sum")(x, tensor(target)).item() == pytest.approx(each.sum().item())


def test_cross_entropy_far_out_and_with_rows_left_out() -> None:
    x = tensor([[1000.0, -1000.0], [-1000.0, 1000.0]], requires_grad=True)
    loss = F.cross_entropy(x, tensor([1, 1]), reduction="none")
    assert loss.tolist() == [2000.0, 0.0]
    loss.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    x = tensor([[0.0, 0.0], [5.0, 1.0]], requires_grad=True)
    loss = F.cross_entropy(x, tensor([0, -100]))
    assert loss.item() == pytest.approx(math.log(2))
    loss.backward()
    assert x.grad.tolist()[1] == [0.0, 0.0]
    assert math.isnan(F.cross_entropy(x, tensor([-100, -100])).item())
    for bad in (2, -1):
        with pytest.raises(ValueError, match=f"class index {bad} is out of range for 2 classes"):
            F.cross_entropy(x, tensor([0, bad]))
    with pytest.raises(TypeError, match=r"use \.long"):
        F.cross_entropy(x, ag.ones(2))
    with pytest.raises(ValueError, match=r"scores \(n, classes\)"):
        F.cross_entropy(x, tensor([1]))
    with pytest.raises(ValueError, match="reduction"):
        F.cross_entropy(x, tensor([0, 1]), reduction="avg")


@given(x=st.floats(-30, 30), y=st.sampled_from([0.0, 0.3, 1.0]))
def test_binary_cross_entropy_both_ways(x: float, y: float) -> None:
    p = 1 / (1 + math.exp(-x))
    logit, target = tensor(np.array([x]), requires_grad=True), tensor(np.array([y]))
    loss = F.binary_cross_entropy_with_logits(logit, target)
    loss.backward()
    assert logit.grad.item() == pytest.approx(p - y, rel=1e-9, abs=1e-12)
    if 0.001 < p < 0.999:
        assert F.binary_cross_entropy(ag.sigmoid(logit), target).item() == pytest.approx(loss.item(), rel=1e-9)


def test_binary_cross_entropy_at_the_ends() -> None:
    x = tensor([1000.0, -1000.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, tensor([0.0, 1.0]), reduction="none")
    assert loss.tolist() == [1000.0, 1000.0]
    loss.sum().backward()
    assert x.grad.tolist() == [1.0, -1.0]
    p = tensor([0.0, 1.0], requires_grad=True)
    loss = F.binary_cross_entropy(p, tensor([1.0, 0.0]), reduction="none")
    assert loss.tolist() == [100.0, 100.0]
    loss.sum().backward()
    assert np.isfinite(p.grad.numpy()).all()
    with pytest.raises(ValueError, match="probabilities"):
        F.binary_cross_entropy(tensor([1.5]), tensor([1.0]))


def test_mse_refuses_an_accidental_broadcast() -> None:
    assert MSELoss()(tensor([1.0, 2.0]), tensor([0.0, 0.0])).item() == 2.5
    with pytest.raises(ValueError, match=r"shape \(3, 1\) and the target \(3,\)"):
        F.mse_loss(ag.ones(3, 1), ag.ones(3))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "silu"])
def test_inplace_changes_nothing(name: str) -> None:
    x, f = tensor([-1.0, 0.0, 2.0]), getattr(F, name)
    assert f(x, inplace=True).equal(f(x)) and f(x).equal(getattr(ag, name)(x)) and x.tolist() == [-1.0, 0.0, 2.0]
    assert f(input=x).equal(f(x))


@pytest.mark.parametrize("n", [1, 2048, 2049, 10**5])
@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_mse_is_exact_enough_at_any_size(n: int, dtype: Any) -> None:
    x = ag.full((n, 1), 1.1, dtype=dtype)
    expected = (x.numpy().astype(np.float64) ** 2).mean()
    loss = F.mse_loss(x, ag.zeros(n, 1, dtype=dtype))
    assert loss.dtype == dtype and loss.shape == () and abs(loss.item() / expected - 1) < 16 * np.finfo(dtype).eps


def test_dropout_of_everything_has_no_gradient_not_even_of_what_is_infinite() -> None:
    x = tensor([1.0, math.inf, math.nan], requires_grad=True)
    nothing = F.dropout(x, 1.0)
    nothing.sum().backward()
    assert nothing.tolist() == [0, 0, 0] and x.grad.tolist() == [0, 0, 0]


def test_learning_goes_on_from_a_probability_of_zero_and_tails_are_kept() -> None:
    p = tensor([0.0, 1.0], requires_grad=True)
    F.binary_cross_entropy(p, tensor([1.0, 0.0]), reduction="sum").backward()
    assert p.grad.tolist() == pytest.approx([-1e12, 1e12])
    loss = F.binary_cross_entropy_with_logits(tensor([20.0, -20.0]), tensor([1.0, 0.0]), reduction="none")
    assert loss.tolist() == pytest.approx([2.0611536e-09] * 2, rel=1e-6)


def test_a_row_left_out_contributes_nothing_even_if_infinite() -> None:
    x = tensor([[1.0, 2.0], [math.inf, 1.0]], requires_grad=True)
    loss = F.cross_entropy(x, tensor([0, -100]))
    loss.backward()
    assert math.isfinite(loss.item()) and x.grad.tolist()[1] == [0.0, 0.0]
    with pytest.raises(TypeError, match=r"wrap it as tensor"):
        F.cross_entropy(x, [0, 1])  # type: ignore[arg-type]


# Classes that count nothing: what is ignored, and weights of 0.
@given(
    n=st.integers(1, 6), c=st.integers(1, 4), seed=st.integers(0, 99), zeros=st.integers(0, 15), smoothing=st.sampled_from([0.0, 0.3, 1.0]),
    ignored=st.integers(-2, 4),
)  # fmt: skip
def test_an_index_that_is_ignored_may_be_that_of_a_class_and_weights_may_be_zero(
    n: int, c: int, seed: int, zeros: int, smoothing: float, ignored: int
) -> None:
    rng = np.random.default_rng(seed)
    logits, index = rng.normal(size=(n, c)), rng.integers(0, c, n)
    w = np.array([0.0 if zeros >> i & 1 else i + 0.5 for i in range(c)])
    logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    counted = index != ignored
    each = -(1 - smoothing) * w[index] * logp[np.arange(n), index] - smoothing / c * (w * logp).sum(1)
    x = tensor(logits, requires_grad=True)
    settings: Any = {"weight": tensor(w), "ignore_index": ignored}
    loss = F.cross_entropy(x, tensor(index), label_smoothing=smoothing, **settings)
    divisor = w[index][counted].sum()
    assert loss.item() == pytest.approx(each[counted].sum() / divisor, rel=1e-9) if divisor else math.isnan(loss.item())
    plain = F.nll_loss(tensor(logp), tensor(index), **settings).item()
    hard = -(w[index] * logp[np.arange(n), index])[counted].sum()
    assert plain == pytest.approx(hard / divisor, rel=1e-9, abs=1e-12) if divisor else math.isnan(plain)
    total = F.cross_entropy(x, tensor(index), label_smoothing=smoothing, reduction="sum", **settings)
    assert total.item() == pytest.approx(each[counted].sum(), rel=1e-9, abs=1e-12)
    (g,) = ag.grad(total, x)
    assert not g.numpy()[~counted].any()
    unweighted = F.cross_entropy(x, tensor(index), ignore_index=ignored).item()
    wanted = -logp[np.arange(n), index][counted]
    assert unweighted == pytest.approx(wanted.mean(), rel=1e-9) if counted.any() else math.isnan(unweighted)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
def test_the_divergence_by_its_definition(n: int, c: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, target = rng.normal(size=(n, c)), rng.dirichlet(np.ones(c), n)
    target[rng.random((n, c)) < 0.3] = 0
    logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    each = np.where(target > 0, target * (np.log(np.where(target > 0, target, 1)) - logp), 0)
    x = tensor(logp, requires_grad=True)
    loss = F.kl_div(x, tensor(target), reduction="none")
    np.testing.assert_allclose(loss.detach().numpy(), each, rtol=1e-9, atol=1e-12)
    (g,) = ag.grad(loss.sum(), x)
    np.testing.assert_allclose(g.numpy(), -target, atol=1e-12)
    known = F.kl_div(x, tensor(np.log(target + 1e-3)), reduction="sum", log_target=True).item()
    assert known == pytest.approx(F.kl_div(x, tensor(target + 1e-3), reduction="sum").item(), rel=1e-9)


# One rule for arrays and lists.
def test_arrays_are_taken_where_tensors_are_and_copied_and_lists_are_refused() -> None:
    scores, classes, y = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([0, 1]), np.array([[0.2, 0.8], [1.0, 0.0]])
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (F.cross_entropy, (scores, classes)), (F.cross_entropy, (scores, y)), (F.cross_entropy, (scores, classes, np.array([1.0, 2.0]))),
        (F.nll_loss, (scores, classes)), (F.mse_loss, (scores, y)), (F.l1_loss, (scores, y)), (F.huber_loss, (scores, y)),
        (F.smooth_l1_loss, (scores, y)), (F.hinge_loss, (scores, np.sign(scores))), (F.kl_div, (scores, y)),
        (F.binary_cross_entropy, (y, y)), (F.binary_cross_entropy_with_logits, (scores, y, np.array([1.0, 2.0]))), (F.one_hot, (classes,)),
        (F.embedding, (classes, scores)), (F.layer_norm, (scores, 2)), (F.batch_norm, (scores, None, None, None, None, True)),
        (F.prelu, (scores, np.array([0.5]))), (F.logsigmoid, (scores,)),
    ]  # fmt: skip
    for function, arguments in calls:
        wrapped = [tensor(a) if isinstance(a, np.ndarray) else a for a in arguments]
        assert function(*arguments).equal(function(*wrapped)), function.__name__
        for i, a in enumerate(arguments):
            if isinstance(a, np.ndarray) and a.ndim > (function is F.cross_entropy and i == 2):
                with pytest.raises(TypeError, match="got list"):
                    function(*arguments[:i], a.tolist(), *arguments[i + 1 :])
    w, x = np.array([[1.0, 2.0]]), tensor([[3.0, 4.0]], dtype=ag.float64, requires_grad=True)
    loss = F.mse_loss(x, w)
    w[:] = 0
    loss.backward()
    assert x.grad.tolist() == [[2.0, 2.0]]


# The rest of the losses, against what they are by definition.
def _rows(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape) * 3


@given(st.integers(0, 200), st.sampled_from([0.1, 1.0, 2.5]))
def test_distances(seed: int, delta: float) -> None:
    a, b = _rows(seed, 2, 7)
    d = np.abs(a - b)
    x = tensor(a, requires_grad=True)
    huber = np.where(d <= delta, d**2 / 2, delta * (d - delta / 2))
    slope = np.clip(a - b, -delta, delta)
    cases = [
        (F.mse_loss, {}, d**2, 2 * (a - b)),
        (F.l1_loss, {}, d, np.sign(a - b)),
        (F.huber_loss, {"delta": delta}, huber, slope),
        (F.smooth_l1_loss, {"beta": delta}, huber / delta, slope / delta),
        (F.smooth_l1_loss, {"beta": 0}, d, np.sign(a - b)),
    ]
    for loss, settings, value, gradient in cases:
        each = loss(x, tensor(b), reduction="none", **settings)
        np.testing.assert_allclose(each.detach().numpy(), value, rtol=1e-9, atol=1e-12)
        assert loss(x, tensor(b), reduction="sum", **settings).item() == pytest.approx(value.sum())
        assert loss(x, tensor(b), **settings).item() == pytest.approx(value.mean())
        (g,) = ag.grad(each.sum(), x)
        np.testing.assert_allclose(g.numpy(), gradient, rtol=1e-9, atol=1e-12)


def test_distances_at_their_edges() -> None:
    x = tensor([0.0, 1.0, math.inf], requires_grad=True)
    F.huber_loss(x, ag.zeros(3), reduction="sum").backward()
    assert x.grad.tolist() == [0, 1, 1]
    for loss in (F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.hinge_loss, F.binary_cross_entropy_with_logits):
        with pytest.raises(ValueError, match=r"shape \(3,\) and the target \(3, 1\)"):
            loss(ag.ones(3), ag.ones(3, 1))
        with pytest.raises(TypeError, match="expects Tensors, got list"):
            loss(ag.ones(1), [1.0])  # type: ignore[arg-type]
    for loss, settings in ((F.huber_loss, {"delta": 0}), (F.smooth_l1_loss, {"beta": -1}), (F.huber_loss, {"delta": math.nan})):
        with pytest.raises(ValueError, match="must be >"):
            loss(ag.ones(1), ag.ones(1), **settings)


@given(st.integers(0, 100), st.floats(0.1, 2))
def test_hinge(seed: int, margin: float) -> None:
    a = _rows(seed, 9)
    y = np.where(_rows(seed + 1, 9) > 0, 1, -1)
    x = tensor(a, requires_grad=True)
    loss = F.hinge_loss(x, tensor(y), margin=margin)
    assert loss.item() == pytest.approx(np.maximum(0, margin - y * a).mean())
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.where(margin - y * a > 0, -y, 0) / 9, atol=1e-12)
    with pytest.raises(ValueError, match=r"1 or -1, got 0; from 0 and 1"):
        F.hinge_loss(x, tensor(y * 0))


@given(
    n=st.integers(1, 4), c=st.integers(1, 4), extra=st.lists(st.integers(1, 3), max_size=2), seed=st.integers(0, 99),
    weighted=st.booleans(), ignored=st.booleans(), smoothing=st.sampled_from([0.0, 0.3, 1.0]),
)  # fmt: skip
def test_cross_entropy_of_any_shape_by_the_sum_over_its_terms(
    n: int, c: int, extra: list[int], seed: int, weighted: bool, ignored: bool, smoothing: float
) -> None:
    rng = np.random.default_rng(seed)
    logits, index = rng.normal(size=(n, c, *extra)), rng.integers(0, c, (n, *extra))
    if ignored:
        index.flat[rng.integers(index.size)] = -100
    w = rng.uniform(0.5, 2, c) if weighted else np.ones(c)
    logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    want, total = np.zeros((n, *extra)), 0.0
    for at in np.ndindex(want.shape):
        if index[at] != -100:
            row, true = logp[(at[0], slice(None), *at[1:])], index[at]
            want[at] = -(1 - smoothing) * w[true] * row[true] - smoothing / c * (w * row).sum()
            total += w[true]
    x, target = tensor(logits, requires_grad=True), tensor(index)
    settings: Any = {"weight": tensor(w) if weighted else None, "label_smoothing": smoothing}
    np.testing.assert_allclose(F.cross_entropy(x, target, reduction="none", **settings).detach().numpy(), want, rtol=1e-9, atol=1e-12)
    assert F.cross_entropy(x, target, reduction="sum", **settings).item() == pytest.approx(want.sum())
    mean = F.cross_entropy(x, target, **settings).item()
    assert mean == pytest.approx(want.sum() / total) if total else math.isnan(mean)
    if not smoothing:
        nll = F.nll_loss(ag.log_softmax(x, 1), target, settings["weight"], reduction="none")
        np.testing.assert_allclose(nll.detach().numpy(), want, rtol=1e-9, atol=1e-12)


@given(n=st.integers(1, 4), c=st.integers(1, 4), seed=st.integers(0, 99), weighted=st.booleans(), smoothing=st.sampled_from([0.0, 0.2]))
def test_cross_entropy_of_probabilities(n: int, c: int, seed: int, weighted: bool, smoothing: float) -> None:
    rng = np.random.default_rng(seed)
    logits, q = rng.normal(size=(n, c)), rng.dirichlet(np.ones(c), n)
    w = rng.uniform(0.5, 2, c) if weighted else np.ones(c)
    logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    want = -(w * (q * (1 - smoothing) + smoothing / c) * logp).sum(1)
    settings: Any = {"weight": tensor(w) if weighted else None, "label_smoothing": smoothing}
    assert F.cross_entropy(tensor(logits), tensor(q), **settings).item() == pytest.approx(want.mean())
    index = rng.integers(0, c, n)
    sure = F.one_hot(tensor(index), c).double()
    hard, soft = (F.cross_entropy(tensor(logits), t, reduction="sum", **settings).item() for t in (tensor(index), sure))
    assert hard == pytest.approx(soft)


def test_one_vector_of_scores_has_one_class() -> None:
    x = tensor([1.0, 2.0, 3.0])
    assert F.cross_entropy(x, tensor(2)).item() == pytest.approx(math.log(1 + math.exp(-1) + math.exp(-2)))
    assert F.nll_loss(x, tensor(0)).item() == -1.0


def test_class_losses_refuse_what_does_not_fit() -> None:
    x, y = ag.zeros(2, 3), tensor([0, 1])
    with pytest.raises(ValueError, match=r"one-hot rows indices by \.argmax\(1\)"):
        F.cross_entropy(x, tensor([[1, 0, 0], [0, 1, 0]]))
    with pytest.raises(ValueError, match=r"use \.squeeze\(-1\)"):
        F.cross_entropy(x, tensor([[1], [0]]))
    with pytest.raises(TypeError, match=r"got NoneType; does forward\(\) return"):
        F.cross_entropy(None, y)  # type: ignore[arg-type]
    for loss in (F.cross_entropy, F.nll_loss):
        with pytest.raises(ValueError, match=r"one number for each of 3 classes, got \(2,\)"):
            loss(x, y, ag.ones(2))
        with pytest.raises(ValueError, match="out of range for 3 classes"):
            loss(x, tensor([0, 3]))
        with pytest.raises(TypeError, match=r"use \.long"):
            loss(x, ag.zeros(2))
    with pytest.raises(ValueError, match="label_smoothing lies in"):
        F.cross_entropy(x, y, label_smoothing=1.5)


@given(st.integers(0, 50))
def test_binary_weights(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y, w, pos = rng.normal(size=(3, 2)), rng.uniform(size=(3, 2)), rng.uniform(size=2), rng.uniform(1, 5, 2)
    p = 1 / (1 + np.exp(-x))
    plain = -(y * np.log(p) + (1 - y) * np.log(1 - p)) * w
    heavy = -(pos * y * np.log(p) + (1 - y) * np.log(1 - p)) * w
    assert F.binary_cross_entropy(tensor(p), tensor(y), tensor(w)).item() == pytest.approx(plain.mean())
    got = F.binary_cross_entropy_with_logits(tensor(x), tensor(y), tensor(w), pos_weight=tensor(pos), reduction="none")
    np.testing.assert_allclose(got.numpy(), heavy, rtol=1e-9)


@pytest.mark.parametrize("wrong", ["a", [1.0], nn.Linear(2, 3), 0.5])
def test_binary_weights_are_tensors(wrong: Any) -> None:
    x, y, got = ag.zeros(2), ag.ones(2), re.escape(described(wrong))
    for loss in (F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        with pytest.raises(TypeError, match=f"{loss.__name__}: weight expects Tensors, got {got}"):
            loss(x, y, wrong)
    with pytest.raises(TypeError, match=f"pos_weight expects Tensors, got {got}"):
        F.binary_cross_entropy_with_logits(x, y, pos_weight=wrong)


def _second(function: Any, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The Hessian times a fixed direction: by the engine, and by differences of its gradients."""
    v = np.cos(np.arange(at.size)).reshape(at.shape)

    def gradient(x: np.ndarray) -> np.ndarray:
        t = tensor(x, requires_grad=True)
        return ag.grad(function(t), t)[0].numpy()

    x = tensor(at, requires_grad=True)
    (g,) = ag.grad(function(x), x, create_graph=True)
    (h,) = ag.grad((g * tensor(v)).sum(), x, allow_unused=True) if g.requires_grad else (ag.zeros(at.shape),)
    return h.numpy(), (gradient(at + 1e-5 * v) - gradient(at - 1e-5 * v)) / 2e-5


A, B = np.array([[0.5, -1.0, 2.0], [0.1, 0.3, -0.7]]), np.array([[0.5, 1.0, 1.0], [0.1, 3.0, -0.6]])
P, Q = 1 / (1 + np.exp(-A)), np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]])
SECOND: dict[str, tuple[Any, np.ndarray]] = {
    "mse": (lambda x: F.mse_loss(x, tensor(B)), A),
    "mse, sum": (lambda x: F.mse_loss(x, tensor(B), reduction="sum"), A),
    "huber": (lambda x: F.huber_loss(x, tensor(B), delta=1.5), A),
    "smooth l1": (lambda x: F.smooth_l1_loss(x, tensor(B), beta=0.5), A),
    "cross-entropy": (lambda x: F.cross_entropy(x, tensor([2, 0]), tensor(B[1] ** 2), label_smoothing=0.1), A),
    "cross-entropy, one ignored": (lambda x: F.cross_entropy(x, tensor([2, -100])), A),
    "cross-entropy of probabilities": (lambda x: F.cross_entropy(x, tensor(Q)), A),
    "nll": (lambda x: F.nll_loss(ag.log(x), tensor([2, 0])), P),
    "bce": (lambda x: F.binary_cross_entropy(x, tensor(Q)), P),
    "bce with logits": (lambda x: F.binary_cross_entropy_with_logits(x, tensor(Q), pos_weight=tensor(3.0)), A),
    "hinge, squared": (lambda x: F.hinge_loss(x, tensor(np.sign(B)), reduction="none").square().sum(), A),
    "l1, squared": (lambda x: F.l1_loss(x, tensor(B + 1.3)).square(), A),
    "penalty": (F.l2_penalty, A),
    "softplus": (lambda x: F.softplus(x, beta=2).sum(), A),
    "prelu": (lambda x: F.prelu(x, tensor([0.1, 0.2, 0.3])).square().sum(), A),
}


@pytest.mark.parametrize("name", SECOND)
def test_second_derivatives_also_where_input_and_target_are_equal(name: str) -> None:
    engine, differences = _second(*SECOND[name])
    assert abs(engine).max() > 0
    np.testing.assert_allclose(engine, differences, rtol=1e-5, atol=1e-8)


@given(extra=st.lists(st.integers(1, 3), min_size=1, max_size=2), seed=st.integers(0, 99))
def test_cross_entropy_of_probabilities_of_any_shape(extra: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, w = rng.normal(size=(2, 3, *extra)), rng.uniform(0.5, 2, 3)
    q = np.moveaxis(rng.dirichlet(np.ones(3), (2, *extra)), -1, 1)
    logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    want = -(w.reshape(3, *[1] * len(extra)) * q * logp).sum(1)
    got = F.cross_entropy(tensor(logits), tensor(q), tensor(w), reduction="none")
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-9)


def test_losses_of_nothing_are_nan_in_the_mean_and_zero_in_the_sum() -> None:
    nothing = ag.zeros(0, 3)
    for loss, target in (
        (F.mse_loss, nothing), (F.l1_loss, nothing), (F.huber_loss, nothing), (F.binary_cross_entropy, nothing),
        (F.hinge_loss, nothing), (F.cross_entropy, ag.zeros(0, dtype=ag.int64)),
    ):  # fmt: skip
        assert math.isnan(loss(nothing, target).item()) and loss(nothing, target, reduction="sum").item() == 0


def test_targets_that_are_no_probabilities_are_refused() -> None:
    x = tensor([[0.2, 0.7]])
    for loss in (F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        for bad in ([[-1.0, 1.0]], [[0.0, 2.0]], [[math.nan, 0.0]]):
            with pytest.raises(ValueError, match=r"targets are probabilities in \[0, 1\]"):
                loss(x, tensor(bad))
    with pytest.raises(ValueError, match=r"holds probabilities, got -3\.0"):
        F.cross_entropy(x, tensor([[4.0, -3.0]]))


def test_dropout_draws_from_the_generator_that_it_is_given() -> None:
    x, state = ag.ones(200), ag.default_generator.get_state()
    a, b = (F.dropout(x, 0.5, generator=ag.Generator().manual_seed(1)) for _ in range(2))
    assert a.equal(b) and ag.default_generator.get_state() == state


# Penalties.
@given(st.integers(0, 50), st.integers(1, 3))
def test_penalties_have_the_parameter_and_its_sign_as_gradients(seed: int, many: int) -> None:
    arrays = [_rows(seed + i, 2, 3) for i in range(many)]
    params = [tensor(a, requires_grad=True) for a in arrays]
    l2, l1 = F.l2_penalty(iter(params)), F.l1_penalty(params)
    assert l2.item() == pytest.approx(sum((a**2).sum() for a in arrays) / 2)
    assert l1.item() == pytest.approx(sum(np.abs(a).sum() for a in arrays))
    for p, g, s in zip(params, ag.grad(l2, params), ag.grad(l1, params)):
        assert g.equal(p.detach()) and s.equal(p.detach().sign())
    assert F.l2_penalty(params[0]).item() == pytest.approx((arrays[0] ** 2).sum() / 2)


def test_penalties_of_values_and_of_nothing() -> None:
    a, b = ag.Value(3.0), ag.Value(-4.0)
    assert F.l2_penalty([a, b]).data == 12.5 and F.l1_penalty([a, b]).data == 7 and F.l1_penalty(b).data == 4
    for penalty in (F.l1_penalty, F.l2_penalty):
        with pytest.raises(TypeError, match=r"got Linear; pass net.parameters\(\)"):
            penalty(nn.Linear(1, 1))
        with pytest.raises(ValueError, match="used up"):
            penalty([])


def test_one_hot() -> None:
    assert F.one_hot(tensor([[0], [2]])).tolist() == [[[1, 0, 0]], [[0, 0, 1]]]
    assert F.one_hot(tensor([1]), 4).tolist() == [[0, 1, 0, 0]] and F.one_hot(tensor([1])).dtype == ag.int64
    with pytest.raises(ValueError, match="out of range for 2 classes"):
        F.one_hot(tensor([2]), 2)
    with pytest.raises(TypeError, match="integers"):
        F.one_hot(ag.ones(1))


@pytest.mark.parametrize("wrong", [np.ones(2, "f"), ag.ones(2).long()])
@pytest.mark.parametrize("at", ["running_mean", "running_var"])
def test_running_numbers_that_cannot_be_changed_are_refused_before_one_is(wrong: Any, at: str) -> None:
    running = {"running_mean": ag.zeros(2), "running_var": ag.zeros(2), at: wrong}
    with pytest.raises(TypeError, match="which are changed, are floating Tensors"):
        F.batch_norm(tensor([[1.0, 2.0], [3.0, 4.0]]), **running, training=True)
    assert all((numbers == 0).all() for name, numbers in running.items() if name != at)
