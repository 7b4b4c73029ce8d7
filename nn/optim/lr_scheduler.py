"""Schedules: they change the learning rates of an optimiser from epoch to epoch.

Call ``step()`` once an epoch, after the optimiser's steps. A schedule works on the rates that it finds in the groups, so
several can be chained, each doing its part. Names and defaults are PyTorch's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy, deepcopy
from math import cos, floor, inf, pi
from typing import TYPE_CHECKING, Any, ClassVar

from autograd import Tensor
from autograd.elsewhere import refusing
from autograd.errors import brief, described, flag_of, is_many, name_of, number_of
from nn.optim.optimizer import Group, Optimizer, number

__all__ = [
    "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR",
    "OneCycleLR", "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip


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

    def _restart(self) -> None:
        """Epoch 0 once more, from the rates that were there first."""
        for group, lr in zip(self.optimizer.param_groups, self._each("base_lrs", self.base_lrs)):
            group["lr"] = lr
        self.last_epoch = -1
        self._begin()

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
        own, given = self.__dict__.keys() - {*self.unsaved}, set(state_dict)
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


class LinearLR(LRScheduler):
    """A factor on the rate that goes from ``start_factor`` to ``end_factor`` in ``total_iters`` epochs, in equal steps, and stays.

    Raises ValueError where start_factor is not in (0, 1], end_factor not in [0, 1], or total_iters is not a positive int.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = LinearLR(SGD([ag.zeros(1)], lr=1.0), start_factor=0.5, total_iters=2)
    >>> [(scheduler.get_last_lr()[0], scheduler.step())[0] for epoch in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    _counts, _limits = {"total_iters": 1}, {"start_factor": inf, "end_factor": inf}

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        super().check()
        if not 0 < self.start_factor <= 1 or self.end_factor > 1:
            got = f"{self.start_factor} and {self.end_factor}"
            raise ValueError(f"LinearLR: start_factor must be in (0, 1] and end_factor in [0, 1], got {got}")

    def get_lr(self) -> list[float]:
        t, way = self.last_epoch, self.end_factor - self.start_factor
        if t == 0:
            return [lr * self.start_factor for lr in self._lrs()]
        if self._initial or t > self.total_iters:
            return self._lrs()
        return [lr * (1 + way / (self.total_iters * self.start_factor + (t - 1) * way)) for lr in self._lrs()]


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


class CosineAnnealingWarmRestarts(LRScheduler):
    """Down to ``eta_min`` by half a wave of ``T_0`` epochs, then again from the top, each wave ``T_mult`` times as long.

    ``lr = eta_min + (lr0 - eta_min) (1 + cos(pi T_cur / T_i)) / 2``, where ``T_cur`` epochs of a wave of ``T_i`` are over.
    Source: Loshchilov and Hutter, "SGDR", arXiv:1608.03983.

    Raises ValueError where T_0 or T_mult is not a positive int, or eta_min is negative.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = CosineAnnealingWarmRestarts(SGD([ag.zeros(1)], lr=1.0), T_0=2, T_mult=2)
    >>> [(round(scheduler.get_last_lr()[0], 3), scheduler.step())[0] for epoch in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    _counts = dict.fromkeys(("T_0", "T_mult", "T_i"), 1)
    _limits = {"eta_min": inf, "T_cur": inf}  # noqa: RUF012

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.T_cur: float = 0
        self.T_i = T_0
        super().__init__(optimizer, last_epoch)

    def _begin(self) -> None:
        self.T_cur, self.T_i = self.last_epoch, self.T_0
        super()._begin()

    def get_lr(self) -> list[float]:
        height = (1 + cos(pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self._each("base_lrs", self.base_lrs)]

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to ``epoch``, which may be a fraction: ``step(epoch + batch / batches)`` after every batch."""
        before = self.T_cur, self.T_i, self.last_epoch
        if epoch is None:
            self.T_cur += 1
        else:
            self.T_cur, self.T_i = number("CosineAnnealingWarmRestarts.step: epoch", epoch), self.T_0
            self.last_epoch = floor(self.T_cur) - 1
        if self.T_mult == 1:
            self.T_cur %= self.T_i
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        try:
            super().step()
        except BaseException:
            self.T_cur, self.T_i, self.last_epoch = before
            raise


class OneCycleLR(LRScheduler):
    """Up from ``max_lr / div_factor`` to ``max_lr`` in the first ``pct_start`` of all steps, then far down: one ``step()`` a batch.

    The last rate is ``max_lr / div_factor / final_div_factor``. With ``three_phase`` the way down is as long as the way up, and leads to
    the first rate; the rest of the steps leads from there to the last. Between the rates lies half a wave, or with
    ``anneal_strategy="linear"`` a line. With ``cycle_momentum`` the momentum (of Adam the first beta) goes the other way, from
    ``max_momentum`` to ``base_momentum`` and back. ``total_steps`` may be given as ``epochs`` and ``steps_per_epoch``.
    ``max_lr`` and the momenta are numbers, or lists with one a group.
    Source: Smith and Topin, "Super-convergence", arXiv:1708.07120.

    Raises ValueError where a setting is out of range, the optimiser has no momentum to cycle, or a step comes after the last.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> scheduler = OneCycleLR(SGD([ag.zeros(1)]), max_lr=1.0, total_steps=5, pct_start=0.4, anneal_strategy="linear")
    >>> [(round(scheduler.get_last_lr()[0], 2), step < 4 and scheduler.step())[0] for step in range(5)]
    [0.04, 1.0, 0.67, 0.33, 0.0]
    """

    _counts = {"total_steps": 1}  # noqa: RUF012
    _limits = {"pct_start": inf, "div_factor": inf, "final_div_factor": inf}  # noqa: RUF012

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if not (_is_count(epochs, 1) and _is_count(steps_per_epoch, 1)):
                got = f"{brief(epochs)} and {brief(steps_per_epoch)}"
                raise ValueError(f"OneCycleLR needs total_steps, or epochs and steps_per_epoch, which are ints >= 1, got {got}")
            total_steps = epochs * steps_per_epoch  # type: ignore[operator]
        self.max_lr, self.total_steps, self.pct_start, self.anneal_strategy = max_lr, total_steps, pct_start, anneal_strategy
        self.cycle_momentum, self.base_momentum, self.max_momentum = cycle_momentum, base_momentum, max_momentum
        self.div_factor, self.final_div_factor, self.three_phase = div_factor, final_div_factor, three_phase
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        super().check()
        name_of(self.anneal_strategy, "OneCycleLR: anneal_strategy", "cos", "linear")
        try:
            self.cycle_momentum = flag_of(self.cycle_momentum, "OneCycleLR: cycle_momentum")
            self.three_phase = flag_of(self.three_phase, "OneCycleLR: three_phase")
        except TypeError as error:
            raise ValueError(str(error)) from None
        if not (self.pct_start <= 1 and self.div_factor > 0 and self.final_div_factor > 0):
            got = f"{self.pct_start}, {self.div_factor} and {self.final_div_factor}"
            raise ValueError(f"OneCycleLR: pct_start must be in [0, 1], div_factor and final_div_factor > 0, got {got}")
        for name, below in {"max_lr": inf, "base_momentum": 1, "max_momentum": 1}.items():
            for given in self._each(name, getattr(self, name)):
                number(f"OneCycleLR: {name}", given, below)
        if self.cycle_momentum and not self.optimizer.defaults.keys() & {"momentum", "betas"}:
            got = type(self.optimizer).__name__
            raise ValueError(f"OneCycleLR: {got} has neither momentum nor betas that could be cycled; give cycle_momentum=False")

    def _begin(self) -> None:
        self.base_lrs = [high / self.div_factor for high in self._each("max_lr", self.max_lr)]
        super()._begin()

    def _between(self, first: Any, top: Any, last: Any, back: Any) -> list[float]:
        """For each group a number on the way from ``first`` to ``top`` and on to ``last``, with ``back`` between in three phases."""
        t, end, middle = self.last_epoch, self.total_steps - 1, self.pct_start * self.total_steps - 1
        phases = [(middle, first, top), (end, top, last)]
        if self.three_phase:
            phases[1:] = [(2 * middle, top, back), (end, back, last)]
        begin: float = 0
        while len(phases) > 1 and t > phases[0][0]:
            begin = phases.pop(0)[0]
        stop, low, high = phases[0]
        part = (t - begin) / (stop - begin) if stop > begin else 1.0  # a phase of no length is over
        part = (1 - cos(pi * part)) / 2 if self.anneal_strategy == "cos" else part
        return [a + (b - a) * part for a, b in zip(low, high)]

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(f"OneCycleLR: all {self.total_steps} steps are over; give it as many total_steps as the training takes")
        first = self._each("base_lrs", self.base_lrs)
        return self._between(first, self._each("max_lr", self.max_lr), [lr / self.final_div_factor for lr in first], first)

    def step(self) -> None:
        """Go on to the next batch."""
        super().step()
        if self.cycle_momentum:
            high = self._each("max_momentum", self.max_momentum)
            momenta = self._between(high, self._each("base_momentum", self.base_momentum), high, high)
            for group, momentum in zip(self.optimizer.param_groups, momenta):
                group.update({"betas": (momentum, group["betas"][1])} if "betas" in group else {"momentum": momentum})


class SequentialLR(LRScheduler):
    """One schedule after the other: ``schedulers[i]`` begins anew, at the first rates, in the epoch ``milestones[i - 1]``.

    Raises ValueError where there is not one milestone less than there are schedules, where the milestones are not ints in rising order,
    or where a schedule is of another optimiser; TypeError for a schedule whose steps are other than epochs, a plateau's or a sequence's.

    >>> import autograd as ag
    >>> from nn.optim import SGD
    >>> sgd = SGD([ag.zeros(1)], lr=1.0)
    >>> scheduler = SequentialLR(sgd, [LinearLR(sgd, 0.25, total_iters=3), ExponentialLR(sgd, 0.5)], milestones=[3])
    >>> [(scheduler.get_last_lr()[0], scheduler.step())[0] for epoch in range(6)]
    [0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    """

    unsaved = ("optimizer", "_schedulers")

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1) -> None:
        self._schedulers: Any = _listed(schedulers)
        self._milestones: Any = _listed(milestones)
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        super().check()
        parts, bounds = self._schedulers, self._milestones
        if not isinstance(bounds, list) or not all(_is_count(m, 0) for m in bounds) or bounds != sorted(bounds):
            raise ValueError(f"SequentialLR: milestones must be ints >= 0 in rising order, got {bounds!r:.80}")
        if not isinstance(parts, list):
            raise TypeError(f"SequentialLR takes a list of schedules, got {described(parts)}")
        for part in parts:
            if not isinstance(part, LRScheduler) or isinstance(part, ReduceLROnPlateau | SequentialLR):
                raise TypeError(f"SequentialLR takes schedules whose step() goes on by an epoch, got {described(part)}")
            if part.optimizer is not self.optimizer:
                raise ValueError(f"SequentialLR: all schedules must be of this optimiser, a {type(part).__name__} is of another")
        if len(parts) != len(bounds) + 1:
            raise ValueError(f"SequentialLR: there must be one milestone less than schedules, got {len(bounds)} and {len(parts)}")

    def _begin(self) -> None:
        for part in self._schedulers:
            part.last_epoch -= 1  # the step of its constructor does not count
        self._schedulers[bisect_right(self._milestones, 0)]._restart()
        self.last_epoch, self._last_lr = self.last_epoch + 1, self._lrs()

    def step(self) -> None:
        """Go on to the next epoch."""
        t = self.last_epoch + 1
        part = self._schedulers[bisect_right(self._milestones, t)]
        part._restart() if t in self._milestones else part.step()
        self.last_epoch, self._last_lr = t, self._lrs()

    def state_dict(self) -> dict[str, Any]:
        """Settings and counters as plain data, with those of each schedule."""
        return {**super().state_dict(), "_schedulers": [part.state_dict() for part in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a `state_dict`. Raises ValueError, and changes nothing, where it is not one of this sequence of schedules."""
        given = dict(state_dict) if isinstance(state_dict, dict) else state_dict
        states = given.pop("_schedulers", None) if isinstance(given, dict) else None
        before, parts = super().state_dict(), [(part, part.state_dict()) for part in self._schedulers]
        try:
            super().load_state_dict(given)
            if not isinstance(states, list) or len(states) != len(parts):
                raise ValueError(f"SequentialLR.load_state_dict: '_schedulers' must be {len(parts)} states, got {described(states)}")
            for (part, _), state in zip(parts, states):
                part.load_state_dict(state)
        except BaseException:
            super().load_state_dict(before)
            for part, state in parts:
                part.load_state_dict(state)
            raise


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


if not TYPE_CHECKING:  # as in `nn`
    __getattr__ = refusing(__name__)
