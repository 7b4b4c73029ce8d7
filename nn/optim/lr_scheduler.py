"""Schedules: they change the learning rates of an optimiser from epoch to epoch.

Call ``step()`` once an epoch, after the optimiser's steps. A schedule works on the rates that it finds in the groups, so
several can be chained, each doing its part. Names and defaults are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy, deepcopy
from math import cos, inf, pi
from typing import Any, ClassVar

from autograd import Tensor
from autograd.errors import brief, described, is_many, number_of
from nn.optim.optimizer import Group, Optimizer, number

__all__ = ["CosineAnnealingLR", "ExponentialLR", "LRScheduler", "LambdaLR", "MultiStepLR", "ReduceLROnPlateau", "StepLR"]


def _is_count(n: Any, least: int) -> bool:
    return isinstance(n, int) and not isinstance(n, bool) and n >= least


class LRScheduler:
    """The base of all schedules: a subclass keeps its settings in attributes and writes `get_lr`.

    ``last_epoch`` counts the steps; the rates that were there first are in ``base_lrs`` and as "initial_lr" in the groups.
    A ``last_epoch`` other than -1 goes on after that epoch, with groups that know their "initial_lr".

    Raises TypeError for what is not an `Optimizer`, KeyError where "initial_lr" is missing.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> class Halving(LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / 2**self.last_epoch for lr in self.base_lrs]
    >>> scheduler = Halving(SGD([ag.zeros(1)], lr=1.0))
    >>> scheduler.step(); scheduler.step(); scheduler.get_last_lr()
    [0.25]
    """

    # Attributes that are no state: what cannot be written to a file.
    unsaved: ClassVar[tuple[str, ...]] = ("optimizer",)
    # The attributes that are ints, with the least that each may be, and those that are numbers >= 0, with what each stays below.
    _counts: ClassVar[Mapping[str, int]] = {}
    _limits: ClassVar[Mapping[str, float]] = {}
    _initial = False  # True during the step that the constructor takes

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{self._name} expects an Optimizer, got {described(optimizer)}")
        groups = optimizer.param_groups
        if not isinstance(last_epoch, int) or last_epoch != -1:
            if missing := [i for i, group in enumerate(groups) if "initial_lr" not in group]:
                raise KeyError(f"{self._name} with last_epoch={brief(last_epoch)}: parameter groups {missing} lack 'initial_lr'")
        self.optimizer, self.last_epoch = optimizer, last_epoch
        self.base_lrs: list[float] = [group["initial_lr"] if "initial_lr" in group else group["lr"] for group in groups]
        self._last_lr: list[float] = self._lrs()
        self.check()
        self._begin()

    def _begin(self) -> None:
        """The first step, which leads to epoch ``last_epoch + 1``; where it fails, the groups are as before."""
        before = [dict(group) for group in self.optimizer.param_groups]
        try:
            for group, lr in zip(self.optimizer.param_groups, self.base_lrs):
                group["initial_lr"] = lr
            self._initial = True
            self.step()
        except BaseException:
            for group, old in zip(self.optimizer.param_groups, before):
                group.clear()
                group.update(old)
            raise
        del self._initial

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _lrs(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _each(self, name: str, one_or_many: Any) -> list[Any]:
        """One thing for all groups, or one thing a group, as a list with one entry a group."""
        n = len(self.optimizer.param_groups)
        many = list(one_or_many) if isinstance(one_or_many, list | tuple) else [one_or_many] * n
        if len(many) != n:
            raise ValueError(f"{self._name}: the optimiser has {n} parameter groups, but there are {len(many)} {name}")
        return many

    def check(self) -> None:
        """Raise ValueError where an attribute is not what it must be, be it an argument or loaded. Subclasses add theirs."""
        for name, least in {"last_epoch": -1, **self._counts}.items():
            if not _is_count(got := getattr(self, name), least):
                raise ValueError(f"{self._name}: {name} must be an int >= {least}, got {brief(got)}")
        for name, below in self._limits.items():
            setattr(self, name, number(f"{self._name}: {name}", getattr(self, name), below))
        for name in ("base_lrs", "_last_lr"):
            if not isinstance(getattr(self, name), list):
                raise ValueError(f"{self._name}: {name} must be a list, got {described(getattr(self, name))}")
            setattr(self, name, [number(f"{self._name}: {name}", lr) for lr in self._each(name, getattr(self, name))])

    def get_lr(self) -> list[float]:
        """The rates of the groups for the epoch ``last_epoch``; subclasses write it."""
        raise NotImplementedError(f"{self._name} has no get_lr(); write one")

    def get_last_lr(self) -> list[float]:
        """The rates of the groups after the last step."""
        return list(self._last_lr)

    def step(self) -> None:
        """Go on to the next epoch."""
        self.last_epoch += 1
        try:
            for group, lr in zip(self.optimizer.param_groups, self._each("rates", self.get_lr())):
                group["lr"] = lr
        except BaseException:
            self.last_epoch -= 1
            raise
        self._last_lr = self._lrs()

    def state_dict(self) -> dict[str, Any]:
        """Settings and counters as plain data, without the optimiser, which has its own.

        >>> import autograd as ag
        >>> from nn.optim import SGD
        >>> StepLR(SGD([ag.zeros(1)], lr=1.0), 10).state_dict()
        {'step_size': 10, 'gamma': 0.1, 'last_epoch': 0, 'base_lrs': [1.0], '_last_lr': [1.0]}
        """
        return {name: deepcopy(value) for name, value in self.__dict__.items() if name not in self.unsaved}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a `state_dict`; the rates themselves come back with the state of the optimiser.

        Raises ValueError, and changes nothing, where it is not one of this schedule, or of another number of groups.
        """
        if not isinstance(state_dict, dict):
            raise ValueError(f"{self._name}.load_state_dict expects a dict, got {described(state_dict)}")
        own, given = set(self.state_dict()), set(state_dict)
        if own != given:
            raise ValueError(
                f"{self._name}.load_state_dict: the state lacks {sorted(own - given)}, and {sorted(map(str, given - own))} are unknown"
            )
        trial = copy(self)
        trial.__dict__.update(deepcopy(state_dict))
        trial.check()
        self.__dict__.update(trial.__dict__)


class StepLR(LRScheduler):
    """Every ``step_size`` epochs: ``lr *= gamma``.

    Raises ValueError where step_size is not a positive int, or gamma is negative.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = StepLR(SGD([ag.zeros(1)], lr=1.0), step_size=2, gamma=0.5)
    >>> [(scheduler.get_last_lr()[0], scheduler.step())[0] for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    _counts, _limits = {"step_size": 1}, {"gamma": inf}

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._lrs()
        return [lr * self.gamma for lr in self._lrs()]


def _listed(given: Any) -> Any:
    return list(given) if is_many(given) else given


class MultiStepLR(LRScheduler):
    """At every milestone: ``lr *= gamma``, as often as the milestone is named.

    Raises ValueError where a milestone is not an int >= 0, or gamma is negative.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = MultiStepLR(SGD([ag.zeros(1)], lr=1.0), milestones=[1, 3], gamma=0.5)
    >>> [(scheduler.get_last_lr()[0], scheduler.step())[0] for epoch in range(5)]
    [1.0, 0.5, 0.5, 0.25, 0.25]
    """

    _limits = {"gamma": inf}  # noqa: RUF012

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.milestones: Any = _listed(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        super().check()
        if not isinstance(self.milestones, list) or not all(_is_count(m, 0) for m in self.milestones):
            raise ValueError(f"MultiStepLR: milestones must be ints >= 0, got {described(self.milestones)}")

    def get_lr(self) -> list[float]:
        return [lr * self.gamma ** self.milestones.count(self.last_epoch) for lr in self._lrs()]


class ExponentialLR(LRScheduler):
    """Every epoch: ``lr *= gamma``.

    Raises ValueError where gamma is negative.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = ExponentialLR(SGD([ag.zeros(1)], lr=1.0), gamma=0.5)
    >>> scheduler.step(); scheduler.step(); scheduler.get_last_lr()
    [0.25]
    """

    _limits = {"gamma": inf}  # noqa: RUF012

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return self._lrs() if self._initial else [lr * self.gamma for lr in self._lrs()]


class CosineAnnealingLR(LRScheduler):
    """Down to ``eta_min`` in ``T_max`` epochs, by half a wave: ``eta_min + (lr0 - eta_min) (1 + cos(pi t / T_max)) / 2``.

    From epoch to epoch this is a factor on ``lr - eta_min``, which is how it is computed, so that it can be chained.
    After ``T_max`` the wave goes up again. Source: Loshchilov and Hutter, "SGDR", arXiv:1608.03983, without the restarts.

    Raises ValueError where T_max is not a positive int, or eta_min is negative.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = CosineAnnealingLR(SGD([ag.zeros(1)], lr=1.0), T_max=2)
    >>> [(round(scheduler.get_last_lr()[0], 3), scheduler.step())[0] for epoch in range(3)]
    [1.0, 0.5, 0.0]
    """

    _counts, _limits = {"T_max": 1}, {"eta_min": inf}

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._initial:
            return self._lrs()
        t, T, low = self.last_epoch, self.T_max, self.eta_min
        if (t - 1) % (2 * T) == T:  # from the bottom, lr - eta_min = 0, no factor leads up again
            return [lr + (base - low) * (1 - cos(pi / T)) / 2 for lr, base in zip(self._lrs(), self._each("base_lrs", self.base_lrs))]
        factor = (1 + cos(pi * t / T)) / (1 + cos(pi * (t - 1) / T))
        return [factor * (lr - low) + low for lr in self._lrs()]


class LambdaLR(LRScheduler):
    """The first rate times a function of the epoch: ``lr = lr0 f(t)``; one function, or a list with one a group.

    The functions are not saved: on resuming, the schedule is made with the same ones.

    Raises TypeError for what cannot be called, ValueError for the wrong number of functions, or where one of them gives
    no finite number >= 0.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = LambdaLR(SGD([ag.zeros(1)], lr=1.0), lambda epoch: 1 / (1 + epoch))
    >>> scheduler.step(); scheduler.get_last_lr()
    [0.5]
    """

    unsaved = ("optimizer", "lr_lambda")

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]], last_epoch: int = -1
    ) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        super().check()
        for i, f in enumerate(self._each("lr_lambda", self.lr_lambda)):
            if not callable(f):
                raise TypeError(f"LambdaLR: lr_lambda of group {i} must be a function of the epoch, got {described(f)}")

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        pairs = zip(self._each("base_lrs", self.base_lrs), self._each("lr_lambda", self.lr_lambda))
        return [base * number(f"LambdaLR: what lr_lambda of group {i} gives for epoch {t}", f(t)) for i, (base, f) in enumerate(pairs)]


class ReduceLROnPlateau(LRScheduler):
    """Where a metric has not improved for more than ``patience`` epochs: ``lr = max(lr * factor, min_lr)``.

    An improvement is more than ``threshold`` below the best so far (above it with ``mode="max"``), in parts of the best
    with ``threshold_mode="rel"``, outright with "abs". NaN never improves. After a reduction the count rests for
    ``cooldown`` epochs. ``min_lr`` is a number or a list with one a group; a change of no more than ``eps`` is not made.

    Raises ValueError where a setting is out of range, TypeError where `step` gets no metric.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = ReduceLROnPlateau(SGD([ag.zeros(1)], lr=1.0), factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.5]
    """

    _counts = dict.fromkeys(("patience", "cooldown", "num_bad_epochs", "cooldown_counter"), 0)
    _limits = {"factor": 1, "threshold": inf, "eps": inf}  # noqa: RUF012

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        self.mode, self.factor, self.patience = mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.min_lr, self.eps = cooldown, min_lr, eps
        self.best = -inf if isinstance(mode, str) and mode == "max" else inf
        self.num_bad_epochs = self.cooldown_counter = 0
        super().__init__(optimizer)

    def check(self) -> None:
        super().check()
        for name, known in {"mode": ("min", "max"), "threshold_mode": ("rel", "abs")}.items():
            if not isinstance(got := getattr(self, name), str) or got not in known:
                raise ValueError(f"ReduceLROnPlateau: {name} must be one of {known}, got {brief(got)}")
        for low in self._each("min_lr", self.min_lr):
            number("ReduceLROnPlateau: min_lr", low)
        if not isinstance(self.best, int | float):
            raise ValueError(f"ReduceLROnPlateau: best must be a number, got {described(self.best)}")

    def _begin(self) -> None:
        self.last_epoch = 0  # the first metric belongs to epoch 1

    def _improved(self, metric: float) -> bool:
        threshold = self.threshold if self.mode == "max" else -self.threshold
        bar = self.best * (1 + threshold) if self.threshold_mode == "rel" else self.best + threshold
        return metric > bar if self.mode == "max" else metric < bar

    def get_lr(self) -> list[float]:
        """The rates of the groups, reduced."""

        def reduced(group: Group, low: float) -> float:
            lr: float = group["lr"]
            lower = max(lr * self.factor, low)
            return lower if lr - lower > self.eps else lr

        return [reduced(group, low) for group, low in zip(self.optimizer.param_groups, self._each("min_lr", self.min_lr))]

    def step(self, metrics: float | Tensor | None = None) -> None:
        """Go on to the next epoch, after one that ended with this metric: a number, or a tensor of one entry."""
        if metrics is None:
            raise TypeError("ReduceLROnPlateau.step() needs the metric to watch, such as the validation loss: step(loss)")
        metric = float(metrics.item() if isinstance(metrics, Tensor) else number_of(metrics, "ReduceLROnPlateau.step: the metric"))
        better = self._improved(metric)
        if better:
            self.best = metric
        bad = 0 if better else self.num_bad_epochs + 1
        if self.cooldown_counter > 0:
            self.cooldown_counter, bad = self.cooldown_counter - 1, 0
        self.num_bad_epochs = bad
        if bad > self.patience:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
            super().step()
        else:
            self.last_epoch += 1
            self._last_lr = self._lrs()
