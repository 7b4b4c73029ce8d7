"""What all optimisers share: groups, state, saving, and what is refused."""

import copy
import math
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor
from nn.optim import SGD, Adagrad, Adam, Adamax, AdamW, NAdam, Optimizer, RMSprop

numbers = st.integers(-500, 500).map(lambda n: n / 100)
ALL = [
    (SGD, {}),
    (SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (Adam, {}),
    (Adam, {"amsgrad": True}),
    (AdamW, {}),
    (RMSprop, {}),
    (RMSprop, {"momentum": 0.5, "centered": True}),
    (Adagrad, {"lr_decay": 0.1}),
    (NAdam, {}),
    (NAdam, {"decoupled_weight_decay": True}),
    (Adamax, {}),
]
every = pytest.mark.parametrize(("kind", "settings"), ALL, ids=lambda v: v.__name__ if isinstance(v, type) else "-".join(v))


def weights(*shapes: tuple[int, ...], dtype: Any = ag.float64) -> list[Tensor]:
    return [ag.randn(shape).to(dtype).requires_grad_() for shape in shapes]


def train(optimizer: Optimizer, steps: int) -> None:
    for _ in range(steps):
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = ag.randn(p.shape)
        optimizer.step()


@given(numbers, numbers, st.sampled_from([0.01, 0.5, 2.0]))
def test_for_sgd_weight_decay_is_the_penalty_in_the_loss_and_a_bias_can_be_left_out(w0: float, b0: float, decay: float) -> None:
    def step(w: Tensor, b: Tensor, loss: Tensor, optimizer: Optimizer) -> list[float]:
        loss.backward()
        optimizer.step()
        return [w.item(), b.item()]

    def fresh() -> list[Tensor]:
        return [ag.tensor(v, dtype=ag.float64, requires_grad=True) for v in (w0, b0)]

    w, b = fresh()
    penalised = step(w, b, (w * 3 + b - 1) ** 2 + 0.5 * decay * w * w, SGD([w, b], lr=0.1))
    w, b = fresh()
    decayed = step(w, b, (w * 3 + b - 1) ** 2, SGD([{"params": w, "weight_decay": decay}, {"params": [b]}], lr=0.1))
    assert decayed == pytest.approx(penalised, rel=1e-12, abs=1e-12)


@every
def test_groups_have_their_own_settings_and_lr_can_be_set(kind: type[Optimizer], settings: dict[str, Any]) -> None:
    a, b, c = weights((2,), (2,), (2,))
    optimizer = kind([{"params": a}, {"params": [b], "lr": 0.5}, {"params": c, "lr": 0.0}], lr=0.25, **settings)  # type: ignore[arg-type]
    with ag.no_grad():
        b.copy_(a)
    before = [p.tolist() for p in (a, b, c)]
    for p in (a, b, c):
        p.grad = ag.tensor([1.0, 2.0], dtype=ag.float64)
    optimizer.step()
    moved = [[x - y for x, y in zip(p.tolist(), old)] for p, old in zip((a, b, c), before)]
    assert moved[1] == pytest.approx([2 * d for d in moved[0]], rel=1e-12) and moved[2] == [0, 0]
    kept = a.tolist()
    optimizer.param_groups[0]["lr"] = 0.0
    optimizer.step()
    assert a.tolist() == kept


@every
def test_parameters_without_a_gradient_stay_and_have_no_state(kind: type[Optimizer], settings: dict[str, Any]) -> None:
    a, b, frozen = *weights((2,), (3,)), ag.ones(2)
    optimizer = kind([a, b, frozen], **settings)  # type: ignore[arg-type]
    a.grad, kept = ag.ones(2, dtype=ag.float64), b.tolist()
    optimizer.step()
    assert b.tolist() == kept and frozen.tolist() == [1, 1]
    assert b not in optimizer.state and frozen not in optimizer.state


@every
def test_float32_stays_float32(kind: type[Optimizer], settings: dict[str, Any]) -> None:
    (w,) = weights((3,), dtype=ag.float32)
    for lr in (np.float64(0.1), np.float32(0.5), ag.tensor(0.1, dtype=ag.float64)):
        optimizer = kind([w], lr=lr, **settings)  # type: ignore[call-arg, arg-type]
        assert type(optimizer.param_groups[0]["lr"]) is float
        train(optimizer, 2)
        assert w.dtype == ag.float32
    assert all(v.dtype == ag.float32 for v in optimizer.state[w].values() if isinstance(v, Tensor))


def test_zero_grad() -> None:
    a, b = weights((2,), (2,))
    optimizer = SGD([a, b])
    a.grad = ag.ones(2)
    optimizer.zero_grad(set_to_none=False)
    assert a.grad.tolist() == [0, 0] and b.grad is None
    optimizer.zero_grad()
    assert a.grad is None
    (a * a * a).sum().backward(create_graph=True)
    optimizer.zero_grad(set_to_none=False)
    assert a.grad.tolist() == [0, 0] and not a.grad.requires_grad


def test_the_closure_records_and_its_loss_is_returned() -> None:
    (w,) = weights((1,))
    optimizer = SGD([w], lr=0.1)

    def closure() -> Tensor:
        optimizer.zero_grad()
        assert ag.is_grad_enabled()
        loss = (w * w).sum()
        loss.backward()
        return loss

    start = w.item()
    with ag.no_grad():
        assert optimizer.step(closure).item() == start**2
    assert w.item() == pytest.approx(0.8 * start) and optimizer.step() is None


def test_a_group_added_later_is_trained() -> None:
    a, b = weights((2,), (2,))
    optimizer = Adagrad([a])
    given_group = {"params": b, "lr": 0.5}
    optimizer.add_param_group(given_group)
    assert given_group == {"params": b, "lr": 0.5}  # what came is not changed
    kept = b.tolist()
    train(optimizer, 1)
    assert b.tolist() != kept and [g["lr"] for g in optimizer.param_groups] == [0.01, 0.5]


def test_the_repr_is_pytorchs() -> None:
    a, b = weights((2,), (2,))
    assert repr(RMSprop([{"params": a}, {"params": b, "lr": 1}])) == (
        "RMSprop (\nParameter Group 0\n    alpha: 0.99\n    centered: False\n    eps: 1e-08\n    lr: 0.01\n    maximize: False\n"
        "    momentum: 0\n    weight_decay: 0\n\nParameter Group 1\n    alpha: 0.99\n    centered: False\n    eps: 1e-08\n    lr: 1\n"
        "    maximize: False\n    momentum: 0\n    weight_decay: 0\n)"
    )


# Saving and going on.
@every
@pytest.mark.parametrize("dtype", [ag.float32, ag.float64], ids=str)
def test_it_goes_on_bit_for_bit_from_a_file(kind: type[Optimizer], settings: dict[str, Any], dtype: Any, tmp_path: Path) -> None:
    ps = weights((2, 3), (), (4,), dtype=dtype)
    optimizer = kind([{"params": ps[:2]}, {"params": ps[2], "lr": 0.3}], **settings)  # type: ignore[arg-type]
    train(optimizer, 3)
    ag.save({"p": [p.detach() for p in ps], "o": optimizer.state_dict(), "r": ag.default_generator.get_state()}, tmp_path / "c.npz")
    train(optimizer, 3)

    saved = ag.load(tmp_path / "c.npz")
    qs = [p.clone().requires_grad_() for p in saved["p"]]
    other = kind([{"params": qs[:2]}, {"params": qs[2]}], lr=9.0)  # type: ignore[arg-type, call-arg]
    ag.default_generator.set_state(saved["r"])
    group = other.param_groups[0]
    other.load_state_dict(saved["o"])
    assert other.param_groups[0] is group and group["params"] == qs[:2] and group["lr"] != 9.0
    train(other, 3)
    assert [q.tolist() for q in qs] == [p.tolist() for p in ps]


def test_the_layout_of_a_state_is_pytorchs() -> None:
    a, b, c = weights((2,), (3,), ())
    optimizer = Adam([{"params": [a, b]}, {"params": c, "amsgrad": True}])
    b.grad, c.grad = ag.ones(3, dtype=ag.float64), ag.ones((), dtype=ag.float64)
    optimizer.step()
    state = optimizer.state_dict()
    assert [g["params"] for g in state["param_groups"]] == [[0, 1], [2]]
    assert {i: list(s) for i, s in state["state"].items()} == {
        1: ["step", "exp_avg", "exp_avg_sq"],
        2: ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"],
    }
    assert state["state"][1]["step"] == 1 and type(state["state"][1]["step"]) is int
    assert list(RMSprop([a], momentum=1, centered=True).initial_state(a, {"momentum": 1, "centered": True})) == [
        "step",
        "square_avg",
        "momentum_buffer",
        "grad_avg",
    ]
    assert list(Adagrad([a]).initial_state(a, {"initial_accumulator_value": 0})) == ["step", "sum"]


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64], ids=str)
def test_what_is_loaded_is_copied_in_the_dtype_of_the_parameter(dtype: Any) -> None:
    (w,), (v,) = weights((2,), dtype=ag.float64), weights((2,), dtype=dtype)
    one, other = Adam([w]), Adam([v])
    train(one, 1)
    other.load_state_dict(one.state_dict())
    assert other.state[v]["exp_avg"].dtype == dtype
    kept = other.state[v]["exp_avg"].tolist()
    train(one, 1)
    assert other.state[v]["exp_avg"].tolist() == kept and other.state[v]["step"] == 1


def spoiled(state: dict[str, Any], *path: Any, to: Any = None) -> dict[str, Any]:
    """A copy of a state with one thing in it replaced, or taken out."""
    state = copy.deepcopy(state)
    *way, last = path
    at: Any = state
    for key in way:
        at = at[key]
    if to is None:
        del at[last]
    else:
        at[last] = to
    return state


@pytest.mark.parametrize(
    ("path", "to", "match"),
    [
        (("state",), None, r"lacks \['state'\]"),
        (("param_groups",), None, r"lacks \['param_groups'\]"),
        (("param_groups",), {}, "must be a list"),
        (("state",), [], "must be a list"),
        (("param_groups", 1), None, r"hold \[2\] parameters, expected \[2, 1\]"),
        (("param_groups", 0), 5, "group 0 must be a dict"),
        (("param_groups", 0, "params"), [0], r"hold \[1, 1\] parameters, expected \[2, 1\]"),
        (("param_groups", 0, "params"), [0, 2], "different positions"),
        (("param_groups", 0, "params"), ["a", "b"], "different positions"),
        (("param_groups", 0, "params"), None, r"lacks \['params'\]"),
        (("param_groups", 1, "betas"), None, r"lacks \['betas'\]"),
        (("param_groups", 1, "lr"), -1.0, "lr must be"),
        (("param_groups", 1, "betas"), (0.9, 1.0), r"betas\[1\] must be"),
        (("state", 0, "exp_avg"), None, r"parameter 0 lacks \['exp_avg'\]"),
        (("state", 2, "exp_avg_sq"), ag.zeros(3), r"parameter 2: exp_avg_sq must be a tensor of shape \(4,\), got \(3,\)"),
        (("state", 2, "exp_avg_sq"), 3, "parameter 2: exp_avg_sq must be a tensor"),
        (("state", 1, "step"), 1.5, "step must be a count"),
        (("state", 1, "step"), -1, "step must be a count"),
        (("state", 1), 5, "parameter 1 must be a dict"),
        (("state", 7), {}, r"parameters \{7\}, which are in no group"),
        (("param_groups", 0, "amsgrad"), True, r"lacks \['max_exp_avg_sq'\]"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(path: tuple[Any, ...], to: Any, match: str) -> None:
    a, b, c = weights((2, 3), (), (4,))
    optimizer = Adam([{"params": [a, b]}, {"params": c}])
    train(optimizer, 2)
    bad = spoiled(
        {**optimizer.state_dict(), "param_groups": [{**g, "lr": 0.77} for g in optimizer.state_dict()["param_groups"]]}, *path, to=to
    )
    before = pickle.dumps(optimizer.state_dict())
    with pytest.raises(ValueError, match=match):
        optimizer.load_state_dict(bad)
    assert pickle.dumps(optimizer.state_dict()) == before


def test_a_state_of_another_optimiser_or_nonsense_is_refused() -> None:
    (w,) = weights((2,))
    kinds: list[type[Any]] = [SGD, Adam, RMSprop, Adagrad]
    for one in kinds:
        for other in kinds:
            if one is not other:
                with pytest.raises(ValueError, match="lacks"):
                    one([w]).load_state_dict(other([w]).state_dict())
        with pytest.raises(ValueError, match="must be a dict, got None"):
            one([w]).load_state_dict(None)
    momentum = SGD([w], momentum=0.9)
    train(momentum, 1)
    for bad in ({}, {"momentum_buffer": ag.zeros(3)}):
        with pytest.raises(ValueError, match="momentum_buffer"):
            momentum.load_state_dict(spoiled(momentum.state_dict(), "state", 0, to=bad))


# What is refused.
def leaf() -> Tensor:
    return ag.ones(1, requires_grad=True)


W = leaf()


@every
@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ([], ValueError, "used up"),
        (nn.Linear(1, 1), TypeError, r"got the module Linear; pass net.parameters\(\)"),
        (iter([]), ValueError, "used up"),
        ([{"params": iter([])}], ValueError, "group 0 got no parameters; .* used up"),
        (W, TypeError, r"got one Tensor; write \[p\]"),
        ({"params": [W]}, TypeError, r"got one dict; write \[\{"),
        ({W}, TypeError, "a set, whose order"),
        (None, TypeError, "got NoneType"),
        ([W, leaf() * 2], TypeError, "only leaf tensors .* parameter 1 is Tensor"),
        ([W, ("w", W)], TypeError, "parameter 1 is tuple"),
        ([{"params": leaf()}, {"params": [leaf(), 3]}], TypeError, "group 1: .* parameter 1 is int 3"),
        ([{"params": leaf()}, leaf()], TypeError, "group 1 must be a dict, got Tensor"),
        ([{"params": [leaf()]}, {"param": leaf()}], ValueError, 'group 1 lacks "params"; it has'),
        (
            [{"params": leaf(), "learning_rate": 1, "decay": 2}],
            ValueError,
            r"unknown settings \['learning_rate', 'decay'\]; known are .*'lr'",
        ),
        ([{"params": {"a": leaf()}}], TypeError, "got one dict"),
        ([{"params": 3}], TypeError, "group 0 expects a list"),
        ([W, W], ValueError, "parameter 1, of shape .* came before"),
        ([{"params": W}, {"params": [leaf(), W]}], ValueError, "group 1: parameter 1"),
        ([{"params": leaf(), "lr": -1}], ValueError, "lr must be a finite number >= 0, got -1"),
    ],
)
def test_parameters_that_are_refused(kind: type[Any], settings: dict[str, Any], params: Any, error: type[Exception], match: str) -> None:
    if hasattr(params, "__next__"):
        params = iter([])
    with pytest.raises(error, match=match):
        kind(params, **settings)


def test_a_group_that_is_refused_is_not_added() -> None:
    optimizer = SGD([leaf()])
    for bad in ({"params": [leaf(), 1]}, {"params": [leaf()], "lr": math.nan}, {"params": leaf(), "nesterov": True}, [leaf()]):
        with pytest.raises((TypeError, ValueError)):
            optimizer.add_param_group(bad)  # type: ignore[arg-type]
    assert len(optimizer.param_groups) == 1


@given(st.sampled_from([-1, -1e-9, math.nan, math.inf, "0.1", None, True, ag.zeros(2), 1j]))
def test_settings_out_of_range_are_named(bad: Any) -> None:
    names: dict[type[Any], list[str]] = {
        SGD: ["lr", "momentum", "dampening", "weight_decay"],
        Adam: ["lr", "eps", "weight_decay"],
        AdamW: ["lr", "eps", "weight_decay"],
        RMSprop: ["lr", "alpha", "eps", "weight_decay", "momentum"],
        Adagrad: ["lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"],
    }
    for kind, settings in names.items():
        for name in settings:
            with pytest.raises(ValueError, match=f"{kind.__name__}: {name} must be a .*number >= 0"):
                kind([leaf()], **{name: bad})
    for betas, which in [
        ((bad, 0.9), r"\[0\]"),
        ((0.9, bad), r"\[1\]"),
        ((0.9, 1.0), r"\[1\] must be a number >= 0 and < 1, got 1"),
        (0.9, " must be two"),
    ]:
        with pytest.raises(ValueError, match=f"betas{which}"):
            Adam([leaf()], betas=betas)
    with pytest.raises(ValueError, match="lr must be"):  # a default that no group uses, too
        SGD([{"params": leaf(), "lr": 1}], lr=bad)
    with pytest.raises(ValueError, match="alpha must be a number >= 0 and < 1"):
        RMSprop([leaf()], alpha=1.0)


def test_an_optimiser_without_an_update_says_so() -> None:
    w = leaf()
    w.grad = ag.ones(1)
    with pytest.raises(NotImplementedError, match="has no update"):
        Optimizer([w], {"lr": 1}).step()


@every
def test_a_step_between_forward_and_backward_is_an_error_that_names_its_line(kind: Any, settings: Any) -> None:
    w = leaf()
    w.grad = ag.ones(1)
    opt = kind([w], **settings)
    loss = (w * w).sum()
    opt.step()
    line = sys._getframe().f_lineno - 1
    with pytest.raises(RuntimeError, match=rf"by \w+_ at .*test_optimizer\.py:{line};"):
        loss.backward()
    w.data.add_(1.0)
    assert w.version is not None and w.version.line().endswith(f"test_optimizer.py:{line + 4}")  # the place of a step ends with it


def test_one_place_may_be_entered_twice_and_left_by_an_error() -> None:
    w, place = ag.ones(1), ag.at_one_place()
    with pytest.raises(KeyError), place:
        with place:
            w.add_(1.0)
        raise KeyError
    w.add_(1.0)
    assert w.version is not None and w.version.line().endswith(f":{sys._getframe().f_lineno - 1}")


def test_the_state_of_another_optimiser_is_named_as_that() -> None:
    (w,) = weights((2,))
    for saved, kind, has in ((Adam([w]), SGD, "amsgrad"), (SGD([w]), Adam, "dampening"), (RMSprop([w]), Adagrad, "alpha")):
        optimizer = kind([w])
        with pytest.raises(ValueError, match=rf"lacks \[.*\] and has \['{has}.*it is the state of another optimiser; make the one"):
            optimizer.load_state_dict(saved.state_dict())
