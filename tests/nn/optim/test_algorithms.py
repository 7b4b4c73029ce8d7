"""Every optimiser against its published update in plain floats."""

import inspect
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from nn.optim import SGD, Adagrad, Adam, Adamax, AdamW, NAdam, Optimizer, RMSprop

Memory = dict[str, float]
numbers = st.integers(-500, 500).map(lambda n: n / 100)
paths = st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=8)
unit = st.sampled_from([0.0, 0.3, 0.9, 0.99])
common = {
    "lr": st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    "weight_decay": st.sampled_from([0, 0.01, 0.5]),
    "maximize": st.booleans(),
}
eps = {"eps": st.sampled_from([1e-8, 1e-3, 1.0])}


# The updates as they are published, one number at a time; t counts from 1.
def sgd(p: float, g: float, s: Memory, t: int, lr: float, momentum: float = 0, dampening: float = 0, nesterov: bool = False) -> float:
    s["v"] = g if t == 1 else momentum * s["v"] + (1 - dampening) * g
    return p - lr * (g + momentum * s["v"] if nesterov else s["v"] if momentum else g)


def adam(p: float, g: float, s: Memory, t: int, lr: float, betas: tuple[float, float], eps: float, amsgrad: bool) -> float:
    b1, b2 = betas
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
    s["most"] = max(s.get("most", 0), s["v"])
    v = s["most"] if amsgrad else s["v"]
    return p - lr * (s["m"] / (1 - b1**t)) / (math.sqrt(v / (1 - b2**t)) + eps)


def rmsprop(p: float, g: float, s: Memory, t: int, lr: float, alpha: float, eps: float, momentum: float, centered: bool) -> float:
    s["v"] = alpha * s.get("v", 0) + (1 - alpha) * g * g
    s["m"] = alpha * s.get("m", 0) + (1 - alpha) * g
    v = max(s["v"] - s["m"] * s["m"], 0) if centered else s["v"]
    s["b"] = momentum * s.get("b", 0) + g / (math.sqrt(v) + eps)
    return p - lr * s["b"]


def adagrad(p: float, g: float, s: Memory, t: int, lr: float, lr_decay: float, eps: float, initial_accumulator_value: float) -> float:
    s["s"] = s.get("s", initial_accumulator_value) + g * g
    return p - lr / (1 + (t - 1) * lr_decay) * g / (math.sqrt(s["s"]) + eps)


def nadam(
    p: float, g: float, s: Memory, t: int, lr: float, betas: tuple[float, float], eps: float, momentum_decay: float, **_: Any
) -> float:
    b1, b2 = betas
    mu, after = (b1 * (1 - 0.5 * 0.96 ** (n * momentum_decay)) for n in (t, t + 1))
    s["M"] = s.get("M", 1.0) * mu
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
    ahead = after * s["m"] / (1 - s["M"] * after) + (1 - mu) * g / (1 - s["M"])
    return p - lr * ahead / (math.sqrt(s["v"] / (1 - b2**t)) + eps)


def adamax(p: float, g: float, s: Memory, t: int, lr: float, betas: tuple[float, float], eps: float) -> float:
    b1, b2 = betas
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["u"] = max(b2 * s.get("u", 0), abs(g) + eps)
    return p - lr / (1 - b1**t) * s["m"] / s["u"]


def compare(kind: type[Optimizer], formula: Callable[..., float], settings: dict[str, Any], path: list[tuple[float, ...]]) -> None:
    """Walk along given gradients with the optimiser and, number by number, with the formula."""
    expected, memories = [1.0, -2.0, 0.5], [dict[str, float]() for _ in range(3)]
    p = ag.tensor(expected, dtype=ag.float64, requires_grad=True)
    optimizer = kind([p], **settings)  # type: ignore[arg-type]
    rest = {k: v for k, v in settings.items() if k not in ("weight_decay", "maximize")}
    decay, sign = settings["weight_decay"], -1 if settings["maximize"] else 1
    given_gradients = []
    for t, gradient in enumerate(path, 1):
        p.grad = ag.tensor(gradient, dtype=ag.float64)
        given_gradients.append(p.grad)
        optimizer.step()
        if kind is AdamW or settings.get("decoupled_weight_decay"):
            expected, penalty = [w - settings["lr"] * decay * w for w in expected], 0
        else:
            penalty = decay
        expected = [formula(w, sign * g + penalty * w, s, t, **rest) for w, g, s in zip(expected, gradient, memories)]
        assert p.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert [g.tolist() for g in given_gradients] == [list(g) for g in path]  # a gradient is never changed, now or later


@given(
    paths,
    st.fixed_dictionaries({**common, "momentum": unit, "dampening": unit})
    | st.fixed_dictionaries({**common, "momentum": st.just(0.7), "nesterov": st.just(True)}),
)
def test_sgd_is_the_published_update(path: list[tuple[float, ...]], settings: dict[str, Any]) -> None:
    compare(SGD, sgd, settings, path)


@pytest.mark.parametrize("kind", [Adam, AdamW])
@given(paths, st.fixed_dictionaries({**common, **eps, "betas": st.tuples(unit, unit), "amsgrad": st.booleans()}))
def test_adam_and_adamw_are_the_published_updates(kind: type[Optimizer], path: list[tuple[float, ...]], settings: dict[str, Any]) -> None:
    compare(kind, adam, settings, path)


@given(
    paths,
    st.fixed_dictionaries(
        {**common, **eps, "betas": st.tuples(unit, unit), "momentum_decay": unit, "decoupled_weight_decay": st.booleans()}
    ),
)
def test_nadam_is_the_published_update(path: list[tuple[float, ...]], settings: dict[str, Any]) -> None:
    compare(NAdam, nadam, settings, path)


@given(paths, st.fixed_dictionaries({**common, **eps, "betas": st.tuples(unit, unit)}))
def test_adamax_is_the_published_update(path: list[tuple[float, ...]], settings: dict[str, Any]) -> None:
    compare(Adamax, adamax, settings, path)


@given(
    paths,
    st.fixed_dictionaries({**common, **eps, "alpha": st.sampled_from([0.5, 0.9, 0.99]), "momentum": unit, "centered": st.booleans()}),
)
def test_rmsprop_is_the_published_update(path: list[tuple[float, ...]], settings: dict[str, Any]) -> None:
    compare(RMSprop, rmsprop, settings, path)


@given(paths, st.fixed_dictionaries({**common, **eps, "lr_decay": unit, "initial_accumulator_value": unit}))
def test_adagrad_is_the_published_update(path: list[tuple[float, ...]], settings: dict[str, Any]) -> None:
    compare(Adagrad, adagrad, settings, path)


def test_the_defaults_are_pytorchs() -> None:
    w = ag.zeros(1, requires_grad=True)
    assert SGD([w]).defaults == {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False}
    moments = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": False, "maximize": False}
    assert Adam([w]).defaults == {**moments, "weight_decay": 0}
    assert AdamW([w]).defaults == {**moments, "weight_decay": 1e-2}
    plain = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "maximize": False}
    assert NAdam([w]).defaults == {**plain, "lr": 2e-3, "momentum_decay": 4e-3, "decoupled_weight_decay": False}
    assert Adamax([w]).defaults == {**plain, "lr": 2e-3}
    rms = {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0, "centered": False, "maximize": False}
    assert RMSprop([w]).defaults == rms
    ada = {"lr": 1e-2, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10, "maximize": False}
    assert Adagrad([w]).defaults == ada


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW, Adamax, NAdam, RMSprop, Adagrad])
def test_the_signature_is_the_table_of_settings(kind: type[Optimizer]) -> None:
    _, *settings, how = inspect.signature(kind).parameters.values()
    optimizer = kind([ag.zeros(1, requires_grad=True)])  # type: ignore[call-arg]
    assert list(optimizer.defaults.items()) == [(s.name, s.default) for s in settings]
    numbers = {s.name for s in settings if not isinstance(s.default, bool)}
    assert numbers == set(kind.limits) and {s.name for s in settings} - numbers <= kind.flags and how.name == "how"


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW, Adamax, NAdam, RMSprop, Adagrad])
def test_how_a_gpu_would_do_it_is_taken_and_changes_nothing(kind: type[Optimizer]) -> None:
    w = ag.ones(1, requires_grad=True)
    assert kind([w], foreach=False, fused=True, capturable=False).defaults == kind([w]).defaults  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=rf"{kind.__name__} got unknown settings fussed=True; known are \['lr', "):
        kind([w], fussed=True)  # type: ignore[call-arg]


def test_a_variance_that_rounds_below_zero_makes_no_nan() -> None:
    w = ag.zeros(1, requires_grad=True)
    optimizer = RMSprop([w], alpha=0.5, centered=True)
    for _ in range(200):
        w.grad = ag.tensor([0.3])
        optimizer.step()
    assert w.isfinite().all()


def test_nesterov_needs_momentum_and_no_dampening() -> None:
    for settings in ({}, {"momentum": 0.9, "dampening": 0.1}):
        with pytest.raises(ValueError, match="nesterov needs momentum > 0 and dampening = 0"):
            SGD([ag.ones(1, requires_grad=True)], nesterov=True, **settings)


kinds: list[Callable[..., Optimizer]] = [
    partial(SGD, lr=0.1, momentum=0.5), partial(SGD, lr=0.1, momentum=0.5, nesterov=True), Adam, partial(Adam, amsgrad=True), AdamW,
    partial(RMSprop, centered=True, momentum=0.5), Adagrad, NAdam, partial(NAdam, weight_decay=0.1, decoupled_weight_decay=True), Adamax,
]  # fmt: skip


@pytest.mark.parametrize("kind", kinds)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0)])
def test_gradients_with_a_history_of_their_own_move_a_parameter_alike(kind: Callable[..., Optimizer], shape: tuple[int, ...]) -> None:
    plain, recorded = ag.ones(shape, requires_grad=True), ag.ones(shape, requires_grad=True)
    for p in (plain, recorded):
        optimizer = kind([p])
        for _ in range(3):
            optimizer.zero_grad()
            (p * p * p).sum().backward(create_graph=p is recorded)
            assert p.grad is not None and p.grad.requires_grad == (p is recorded)
            optimizer.step()
        p.grad = None
    assert plain.equal(recorded) and not (plain == 1).any()


@pytest.mark.parametrize("kind", kinds)
def test_a_state_that_a_graph_has_saved_is_not_changed_behind_its_back(kind: Callable[..., Optimizer]) -> None:
    p, x = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)
    optimizer = kind([p])
    p.grad = ag.ones(2)
    optimizer.step()
    for kept in optimizer.state[p].values():
        if isinstance(kept, ag.Tensor):
            loss = (x * kept).sum()
            p.grad = ag.full((2,), 5.0)
            optimizer.step()
            with pytest.raises(RuntimeError, match="changed in place"):
                loss.backward()


@pytest.mark.parametrize("kind", [Adam, AdamW, NAdam, Adamax, RMSprop, Adagrad])
def test_a_step_that_makes_nan_is_an_anomaly(kind: Callable[..., Optimizer]) -> None:
    p = ag.tensor([1.0, 2.0], requires_grad=True)
    optimizer = kind([p], eps=0.0)
    p.grad = ag.tensor([0.0, 1.0])
    with pytest.raises(ag.AnomalyError, match=r"/ made nan at index \(0,\)"), ag.detect_anomaly():
        optimizer.step()
