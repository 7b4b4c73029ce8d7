"""Every schedule against its closed form over 30 epochs; chains, going on, and what is refused."""

import copy
import importlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn.optim
from nn.optim import SGD, Optimizer
from nn.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

EPOCHS = 30
BASES = [1.0, 0.3]
gammas = st.sampled_from([0.1, 0.5, 0.9, 1.0, 1.1])


def optimizer(*lrs: float) -> Optimizer:
    return SGD([{"params": ag.zeros(1, requires_grad=True), "lr": lr} for lr in lrs or BASES])


def rates(o: Optimizer, *schedulers: LRScheduler) -> list[list[float]]:
    """The rates of the groups in every epoch."""
    seen = []
    for _ in range(EPOCHS):
        seen.append([group["lr"] for group in o.param_groups])
        for scheduler in schedulers:
            scheduler.step()
            assert scheduler.get_last_lr() == [group["lr"] for group in o.param_groups] or len(schedulers) > 1
    return seen


def follows(make: Callable[[Optimizer], LRScheduler], closed: Callable[[float, int], float]) -> None:
    """The schedule is lr(t) = closed(lr(0), t), and so it is when it begins in the middle from the rate there."""
    o = optimizer()
    scheduler = make(o)
    assert scheduler.last_epoch == 0 and scheduler.base_lrs == BASES == [group["initial_lr"] for group in o.param_groups]
    for t, lrs in enumerate(rates(o, scheduler)):
        assert lrs == pytest.approx([closed(base, t) for base in BASES], rel=1e-11, abs=1e-14), t
    assert scheduler.last_epoch == EPOCHS


@given(st.integers(1, 10), gammas)
def test_step(step_size: int, gamma: float) -> None:
    follows(lambda o: StepLR(o, step_size, gamma), lambda lr, t: lr * gamma ** (t // step_size))


@given(st.lists(st.integers(1, 32), max_size=5), gammas)
def test_multi_step(milestones: list[int], gamma: float) -> None:
    follows(lambda o: MultiStepLR(o, iter(milestones), gamma), lambda lr, t: lr * gamma ** sum(m <= t for m in milestones))


@given(gammas)
def test_exponential(gamma: float) -> None:
    follows(lambda o: ExponentialLR(o, gamma), lambda lr, t: lr * gamma**t)


@given(st.integers(1, 40), st.sampled_from([0, 0.01, 0.3]))
def test_cosine(T: int, low: float) -> None:
    follows(lambda o: CosineAnnealingLR(o, T, low), lambda lr, t: low + (lr - low) * (1 + math.cos(math.pi * t / T)) / 2)


@given(st.sampled_from([0.1, 1 / 3, 1.0]), st.sampled_from([0.0, 0.5, 1.0]), st.integers(1, 40))
def test_linear(a: float, b: float, n: int) -> None:
    o = optimizer()
    for t, lrs in enumerate(rates(o, LinearLR(o, a, b, n))):
        assert lrs == pytest.approx([lr * (a + (b - a) * min(t, n) / n) for lr in BASES], rel=1e-9, abs=1e-12), t


@given(st.integers(1, 10), st.integers(1, 3), st.sampled_from([0, 0.01, 0.3]))
def test_warm_restarts(first: int, mult: int, low: float) -> None:
    places = [(t, first * mult**i) for i in range(EPOCHS) for t in range(min(first * mult**i, EPOCHS))]

    def closed(lr: float, t: int) -> float:
        done, wave = places[t]
        return low + (lr - low) * (1 + math.cos(math.pi * done / wave)) / 2

    follows(lambda o: CosineAnnealingWarmRestarts(o, first, mult, low), closed)
    o, step_by_step = optimizer(), optimizer()
    scheduler, other = CosineAnnealingWarmRestarts(o, first, mult, low), CosineAnnealingWarmRestarts(step_by_step, first, mult, low)
    for t in range(1, EPOCHS):
        scheduler.step(t - 0.5)
        scheduler.step(t)
        other.step()
        assert scheduler.get_last_lr() == other.get_last_lr() and scheduler.state_dict() == other.state_dict()


@given(st.integers(1, 30), st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0]), st.sampled_from(["cos", "linear"]), st.booleans())
def test_one_cycle_goes_up_and_down_and_the_momentum_the_other_way(steps: int, up: float, strategy: str, three: bool) -> None:
    o = SGD([{"params": ag.zeros(1)}, {"params": ag.zeros(1)}], momentum=0.5)
    scheduler = OneCycleLR(
        o, [1.0, 0.3], steps, pct_start=up, anneal_strategy=strategy, three_phase=three, base_momentum=0.8, max_momentum=0.9
    )
    corners = [(0.0, 1 / 25), (up * steps - 1, 1.0), (2 * (up * steps - 1), 1 / 25), (steps - 1, 1 / 25e4)]
    corners = corners if three else [*corners[:2], corners[3]]

    def height(t: int) -> tuple[float, float]:
        """The part of the highest rate, and that of the way of the momentum, at step t."""
        begin, low = corners[0]
        for end, high in corners[1:]:
            if t <= end or end == corners[-1][0]:
                part = (t - begin) / (end - begin) if end > begin else 1.0
                part = (1 - math.cos(math.pi * part)) / 2 if strategy == "cos" else part
                return low + (high - low) * part, (part if high == 1 else 1 - part if low == 1 else 0.0)
            begin, low = end, high
        raise AssertionError

    for t in range(steps):
        lr, way = height(t)
        assert scheduler.get_last_lr() == pytest.approx([lr, 0.3 * lr], rel=1e-9, abs=1e-12), t
        assert o.param_groups[0]["momentum"] == pytest.approx(0.9 - 0.1 * way), t
        scheduler.step()
    with pytest.raises(ValueError, match=f"all {steps} steps are over"):
        scheduler.step()


def test_one_cycle_turns_the_first_beta_of_adam_and_counts_steps_by_epochs() -> None:
    adam = nn.optim.Adam([ag.zeros(1)])
    scheduler = OneCycleLR(adam, 0.1, epochs=2, steps_per_epoch=5)
    assert scheduler.total_steps == 10 and adam.param_groups[0]["betas"] == (0.95, 0.999)
    plain = nn.optim.Adagrad([ag.zeros(1)])
    with pytest.raises(ValueError, match="Adagrad has neither momentum nor betas"):
        OneCycleLR(plain, 0.1, 10)
    assert OneCycleLR(plain, 0.1, 10, cycle_momentum=False).get_last_lr() == [0.1 / 25]


@given(st.lists(st.integers(0, 12), min_size=2, max_size=2).map(sorted))
def test_a_sequence_is_each_schedule_from_its_beginning(bounds: list[int]) -> None:
    parts: list[Callable[[Optimizer], LRScheduler]] = [
        lambda o: LinearLR(o, 0.5, total_iters=3),
        lambda o: CosineAnnealingWarmRestarts(o, 3),
        lambda o: LambdaLR(o, lambda t: 0.9**t),
    ]
    alone = []
    for make in parts:
        o = optimizer()
        alone.append(rates(o, make(o)))
    o = optimizer()
    seen = rates(o, SequentialLR(o, [make(o) for make in parts], bounds))
    a, b = bounds
    assert seen == [alone[0][t] if t < a else alone[1][t - a] if t < b else alone[2][t - b] for t in range(EPOCHS)]


def test_a_sequence_refuses_what_it_cannot_follow() -> None:
    o, other = optimizer(), optimizer()
    one, two = ExponentialLR(o, 0.5), ExponentialLR(o, 0.9)
    for schedulers, milestones, kind, match in (
        ([one, two], [], ValueError, "one milestone less than schedules, got 0 and 2"),
        ([one, two], [-1], ValueError, "ints >= 0 in rising order"),
        ([one, two, one], [5, 3], ValueError, "ints >= 0 in rising order"),
        ([one, ExponentialLR(other, 0.5)], [3], ValueError, "is of another"),
        ([one, ReduceLROnPlateau(o)], [3], TypeError, "got ReduceLROnPlateau"),
        ([one, o], [3], TypeError, "got SGD"),
        (one, [], TypeError, "a list of schedules"),
    ):
        before = [group["lr"] for group in o.param_groups], one.state_dict()
        with pytest.raises(kind, match=match):
            SequentialLR(o, schedulers, milestones)  # type: ignore[arg-type]
        assert before == ([group["lr"] for group in o.param_groups], one.state_dict())


def test_lambda() -> None:
    follows(lambda o: LambdaLR(o, lambda t: 1 / (1 + t)), lambda lr, t: lr / (1 + t))
    o = optimizer()
    scheduler = LambdaLR(o, [lambda t: 0.5**t, lambda t: 2.0])
    assert rates(o, scheduler) == [[0.5**t, 0.6] for t in range(EPOCHS)]


@given(st.integers(1, 10), gammas)
def test_a_chain_multiplies(step_size: int, gamma: float) -> None:
    o = optimizer()
    seen = rates(o, ExponentialLR(o, 0.9), StepLR(o, step_size, gamma))
    for t, lrs in enumerate(seen):
        assert lrs == pytest.approx([lr * 0.9**t * gamma ** (t // step_size) for lr in BASES], rel=1e-11)


def test_it_works_on_the_rate_that_it_finds() -> None:
    o = optimizer(1.0)
    scheduler = ExponentialLR(o, 0.5)
    o.param_groups[0]["lr"] = 8.0
    scheduler.step()
    assert o.param_groups[0]["lr"] == 4.0 and scheduler.base_lrs == [1.0]


# The plateau.
def plateau(metrics: list[float], **settings: Any) -> list[float]:
    """The rate after every metric, starting at 1, with factor 1/2."""
    o = optimizer(1.0)
    scheduler = ReduceLROnPlateau(o, factor=0.5, **settings)
    seen = []
    for metric in metrics:
        scheduler.step(metric)
        seen += scheduler.get_last_lr()
    assert seen[-1] == o.param_groups[0]["lr"] and scheduler.last_epoch == len(metrics)
    return seen


def test_plateau_waits_and_cools_down() -> None:
    assert plateau([3, 2, 2, 2, 2, 2], patience=1) == [1, 1, 1, 0.5, 0.5, 0.25]
    assert plateau([3, 2, 2, 1, 1, 1], patience=1) == [1, 1, 1, 1, 1, 0.5]
    assert plateau([1] * 6, patience=0) == [1, 0.5, 0.25, 0.125, 0.0625, 0.03125]
    assert plateau([1] * 6, patience=0, cooldown=2) == [1, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_plateau_sees_what_is_better() -> None:
    assert plateau([100, 90.1, 90.1], patience=0, threshold=0.1) == [1, 0.5, 0.25]
    assert plateau([1, 1], patience=0, threshold=0) == plateau([1, 1], patience=0, threshold=0, mode="max") == [1, 0.5]
    assert plateau([100, 89.9, 89.9], patience=0, threshold=0.1) == [1, 1, 0.5]
    assert plateau([100, 99.1, 98.9], patience=0, threshold=1, threshold_mode="abs") == [1, 0.5, 0.5]
    assert plateau([100, 109, 111], patience=0, threshold=0.1, mode="max") == [1, 0.5, 0.5]
    assert plateau([100, 100.9, 101.1], patience=0, threshold=1, threshold_mode="abs", mode="max") == [1, 0.5, 0.5]


def test_plateau_counts_nan_as_no_improvement() -> None:
    assert plateau([math.nan, 1, math.nan, math.nan], patience=0) == [0.5, 0.5, 0.25, 0.125]


def test_plateau_keeps_to_the_least_rates() -> None:
    o = optimizer(1.0, 1.0)
    scheduler = ReduceLROnPlateau(o, patience=0, min_lr=[0.05, 0.5])
    for _ in range(5):
        scheduler.step(ag.tensor(1.0))
    assert scheduler.get_last_lr() == [0.05, 0.5]
    assert plateau([1] * 4, patience=0, eps=0.3) == [1, 0.5, 0.5, 0.5]  # 0.5 to 0.25 is less than eps


# Going on.
MAKERS: dict[str, Callable[[Optimizer], LRScheduler]] = {
    "step": lambda o: StepLR(o, 3, 0.7),
    "multi": lambda o: MultiStepLR(o, [2, 5, 5, 9], 0.7),
    "exponential": lambda o: ExponentialLR(o, 0.93),
    "cosine": lambda o: CosineAnnealingLR(o, 4, 0.01),
    "lambda": lambda o: LambdaLR(o, lambda t: 1 / (1 + t)),
    "linear": lambda o: LinearLR(o, 0.2, 0.9, 7),
    "restarts": lambda o: CosineAnnealingWarmRestarts(o, 2, 2, 0.01),
    "one cycle": lambda o: OneCycleLR(o, [25.0, 7.5], 30, three_phase=True),
    "sequence": lambda o: SequentialLR(o, [LinearLR(o, 0.2), StepLR(o, 2), CosineAnnealingWarmRestarts(o, 3)], [4, 6]),
    "plateau": lambda o: ReduceLROnPlateau(o, patience=1, factor=0.7, cooldown=1, min_lr=[0.1, 0.01]),
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def walk(o: Optimizer, scheduler: LRScheduler, epochs: int) -> list[list[float]]:
    seen = []
    for _ in range(epochs):
        scheduler.step(2.0) if isinstance(scheduler, ReduceLROnPlateau) else scheduler.step()
        seen.append([group["lr"] for group in o.param_groups])
    return seen


@every
@pytest.mark.parametrize("epochs", [0, 1, 4, 5, 6])
def test_it_goes_on_bit_for_bit_from_a_file(make: Callable[[Optimizer], LRScheduler], epochs: int, tmp_path: Path) -> None:
    o = optimizer()
    scheduler = make(o)
    walk(o, scheduler, epochs)
    ag.save([o.state_dict(), scheduler.state_dict()], tmp_path / "s.npz")
    expected = walk(o, scheduler, 12)

    other = optimizer(5.0, 7.0)
    resumed = make(other)
    states = ag.load(tmp_path / "s.npz")
    other.load_state_dict(states[0])
    resumed.load_state_dict(states[1])
    assert resumed.last_epoch == epochs and resumed.base_lrs == BASES
    assert walk(other, resumed, 12) == expected


@every
def test_the_settings_come_with_the_state_which_is_a_copy(make: Callable[[Optimizer], LRScheduler]) -> None:
    o = optimizer()
    scheduler = make(o)
    state = scheduler.state_dict()
    before = copy.deepcopy(state)
    walk(o, scheduler, 8)
    assert state == before != scheduler.state_dict() and "optimizer" not in state
    own = scheduler.state_dict()
    for value in own.values():
        if isinstance(value, list):
            value.clear()
    assert own != scheduler.state_dict()
    scheduler.get_last_lr().clear()
    assert len(scheduler.get_last_lr()) == 2


@every
def test_a_state_that_does_not_fit_changes_nothing(make: Callable[[Optimizer], LRScheduler]) -> None:
    scheduler = make(optimizer())
    before, lrs = scheduler.state_dict(), [group["lr"] for group in scheduler.optimizer.param_groups]
    good = {**before, "last_epoch": 3}
    bad: list[Any] = [None, {}, {**good, "strange": 1}, {k: v for k, v in good.items() if k != "base_lrs"}]
    bad += [{**good, "base_lrs": [1.0]}, {**good, "base_lrs": 1.0}, {**good, "_last_lr": ["a", "b"]}, {**good, "last_epoch": 1.5}]
    bad += [{**good, name: "nonsense"} for name in before]
    for state in bad:
        with pytest.raises(ValueError):
            scheduler.load_state_dict(state)
        assert scheduler.state_dict() == before
    assert [group["lr"] for group in scheduler.optimizer.param_groups] == lrs
    with pytest.raises(ValueError, match="are unknown"):
        scheduler.load_state_dict({**LambdaLR(optimizer(), math.exp).state_dict(), "other": 1})


def test_last_epoch_goes_on_after_that_epoch() -> None:
    with pytest.raises(KeyError, match=r"groups \[0, 1\] lack 'initial_lr'"):
        LambdaLR(optimizer(), lambda t: 1.0, last_epoch=3)
    o = SGD([{"params": ag.zeros(1), "initial_lr": 1.0, "lr": 0.1}])
    scheduler = LambdaLR(o, lambda t: 0.5**t, last_epoch=3)
    assert scheduler.last_epoch == 4 and o.param_groups[0]["lr"] == 0.5**4 and scheduler.base_lrs == [1.0]
    for make in (lambda o: ExponentialLR(o, 0.5, last_epoch=3), lambda o: CosineAnnealingLR(o, 9, last_epoch=3)):
        o.param_groups[0]["lr"] = 0.25
        assert make(o).last_epoch == 4 and o.param_groups[0]["lr"] == 0.25  # the rate there is that of the next epoch already


# What is refused.
@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda o: StepLR(o, 0), "step_size must be an int >= 1, got 0"),
        (lambda o: StepLR(o, 1.5), "step_size"),
        (lambda o: StepLR(o, True), "step_size"),
        (lambda o: StepLR(o, 3, -0.1), "gamma must be a finite number >= 0, got -0.1"),
        (lambda o: StepLR(o, 3, math.nan), "gamma"),
        (lambda o: MultiStepLR(o, [1, -2]), "milestones must be ints >= 0"),
        (lambda o: MultiStepLR(o, [1.5]), "milestones"),
        (lambda o: MultiStepLR(o, 5), "milestones"),
        (lambda o: MultiStepLR(o, [5], "a"), "gamma"),
        (lambda o: ExponentialLR(o, -1), "gamma"),
        (lambda o: ExponentialLR(o, 0.5, last_epoch=1.5), "last_epoch"),
        (lambda o: CosineAnnealingLR(o, 0), "T_max must be an int >= 1"),
        (lambda o: CosineAnnealingLR(o, 5, -1), "eta_min"),
        (lambda o: LinearLR(o, 0), r"start_factor must be in \(0, 1\] and end_factor in \[0, 1\], got 0 and 1"),
        (lambda o: LinearLR(o, 0.5, 1.5), "start_factor"),
        (lambda o: LinearLR(o, total_iters=0), "total_iters"),
        (lambda o: CosineAnnealingWarmRestarts(o, 0), "T_0"),
        (lambda o: CosineAnnealingWarmRestarts(o, 3, 1.5), "T_mult"),
        (lambda o: OneCycleLR(o, 1.0), "needs total_steps, or epochs and steps_per_epoch"),
        (lambda o: OneCycleLR(o, 1.0, epochs=3), "needs total_steps"),
        (lambda o: OneCycleLR(o, 1.0, 0), "total_steps must be an int >= 1"),
        (lambda o: OneCycleLR(o, [1.0], 10), "2 parameter groups, but there are 1 max_lr"),
        (lambda o: OneCycleLR(o, -1.0, 10), "max_lr"),
        (lambda o: OneCycleLR(o, 1.0, 10, pct_start=1.5), "pct_start"),
        (lambda o: OneCycleLR(o, 1.0, 10, div_factor=0), "div_factor"),
        (lambda o: OneCycleLR(o, 1.0, 10, anneal_strategy="square"), "'cos' or 'linear', got 'square'"),
        (lambda o: OneCycleLR(o, 1.0, 10, cycle_momentum="yes"), "cycle_momentum must be True or False"),
        (lambda o: OneCycleLR(o, 1.0, 10, max_momentum=1.0), "max_momentum must be a number >= 0 and < 1"),
        (lambda o: LambdaLR(o, [lambda t: 1.0]), "2 parameter groups, but there are 1 lr_lambda"),
        (lambda o: LambdaLR(o, lambda t: None), "what lr_lambda of group 0 gives for epoch 0 must be a finite number >= 0, got NoneType"),
        (lambda o: LambdaLR(o, [lambda t: 1.0, lambda t: math.nan]), "of group 1 gives for epoch 0 .* got nan"),
        (lambda o: ReduceLROnPlateau(o, factor=1.0), "factor must be a number >= 0 and < 1, got 1"),
        (lambda o: ReduceLROnPlateau(o, "least"), "mode must be one of"),
        (lambda o: ReduceLROnPlateau(o, threshold_mode="relative"), "threshold_mode must be one of"),
        (lambda o: ReduceLROnPlateau(o, patience=-1), "patience"),
        (lambda o: ReduceLROnPlateau(o, cooldown=0.5), "cooldown"),
        (lambda o: ReduceLROnPlateau(o, threshold=-1), "threshold"),
        (lambda o: ReduceLROnPlateau(o, eps=math.nan), "eps"),
        (lambda o: ReduceLROnPlateau(o, min_lr=-1), "min_lr"),
        (lambda o: ReduceLROnPlateau(o, min_lr=[0.1]), "2 parameter groups, but there are 1 min_lr"),
    ],
)
def test_arguments_that_are_refused_leave_the_optimiser_alone(make: Callable[[Optimizer], Any], match: str) -> None:
    o = optimizer()
    if "last_epoch" in match:
        o.param_groups = [{**group, "initial_lr": group["lr"]} for group in o.param_groups]
    before = repr(o)
    with pytest.raises(ValueError, match=match):
        make(o)
    assert repr(o) == before


@pytest.mark.parametrize("kind", [lambda o: StepLR(o, 1), lambda o: LambdaLR(o, math.exp), ReduceLROnPlateau])
def test_only_an_optimiser_has_a_schedule(kind: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="expects an Optimizer, got list"):
        kind([ag.zeros(1)])


def test_what_is_missing_is_asked_for() -> None:
    with pytest.raises(TypeError, match="needs the metric"):
        ReduceLROnPlateau(optimizer()).step()
    with pytest.raises(TypeError, match="of group 1 must be a function"):
        LambdaLR(optimizer(), [math.exp, 3])  # type: ignore[list-item]
    with pytest.raises(NotImplementedError, match="has no get_lr"):
        LRScheduler(optimizer())


def test_a_step_that_fails_is_no_step() -> None:
    o = optimizer(1.0)
    scheduler = LambdaLR(o, lambda t: 1 / (2 - t))
    scheduler.step()
    with pytest.raises(ZeroDivisionError):
        scheduler.step()
    assert scheduler.last_epoch == 1 and o.param_groups[0]["lr"] == 1.0
    o.add_param_group({"params": ag.zeros(2)})
    with pytest.raises(ValueError, match="2 parameter groups, but there are 1 base_lrs"):
        scheduler.step()
    assert scheduler.last_epoch == 1


def test_the_names_stand_where_pytorch_has_them() -> None:
    assert nn.optim.lr_scheduler.StepLR is StepLR
    for name in ("nn.optim", "nn.optim.lr_scheduler", "nn.optim.algorithms", "nn.optim.optimizer"):
        module = importlib.import_module(name)
        assert all(getattr(module, public).__doc__ for public in module.__all__)
