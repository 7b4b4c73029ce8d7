"""Optimisers: they change parameters in place by their gradients, by the published updates.

What all of them share stands once, in `Optimizer`: groups of parameters with their own settings, the state that is kept
for each parameter, the penalty that joins the gradient, maximising, saving and loading. What is left to a class is its
formula. Names, defaults and the rules of the first step are PyTorch's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from math import inf, nan, sqrt
from numbers import Real
from typing import Any, ClassVar

import autograd as ag
from autograd import Tensor

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop"]

Group = dict[str, Any]
State = dict[str, Any]
Pairs = Iterator[tuple[Tensor, Tensor]]


def number(name: str, value: Any, below: float = inf) -> float:
    """``value`` as a plain Python number, which leaves the dtype of what it meets alone. Raises ValueError outside [0, below)."""
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.item()
    plain = float(value) if isinstance(value, Real) and not isinstance(value, bool) else nan
    if not 0 <= plain < below:  # NaN is in no interval
        allowed = "a finite number >= 0" if below == inf else f"a number >= 0 and < {below:g}"
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return value if type(value) is int else plain


class Optimizer:
    """The base of all optimisers: a subclass gives its settings to ``__init__`` and writes `update`.

    ``params`` is an iterable of leaf tensors, or of parameter groups: dicts whose "params" is one tensor or many, and
    whose other entries replace the defaults. ``param_groups`` shows the groups with all settings, to be read and set;
    ``state`` holds what is kept for each parameter, by the tensor itself.

    Raises TypeError where something other than leaf tensors came; ValueError where nothing came, where a parameter came
    twice, where a setting is unknown or out of range.

    >>> class SignSGD(Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {"lr": lr})
    ...     def update(self, pairs, group):
    ...         for p, g in pairs:
    ...             p.sub_(g.sign(), alpha=group["lr"])
    >>> w, b = ag.ones(2, requires_grad=True), ag.ones(1, requires_grad=True)
    >>> opt = SignSGD([{"params": w}, {"params": [b], "lr": 0.5}])
    >>> (w * w + b).sum().backward(); opt.step(); w, b
    (tensor([0.9000, 0.9000], requires_grad=True), tensor([0.5000], requires_grad=True))
    """

    # The settings that are numbers: each is at least 0 and stays below its limit.
    limits: ClassVar[Mapping[str, float]] = {}
    # Does "weight_decay" join the gradient, as the penalty 1/2 weight_decay ||p||^2 in the loss would?
    coupled: ClassVar[bool] = True

    def __init__(self, params: Iterable[Tensor] | Iterable[Group], defaults: dict[str, Any]) -> None:
        self.defaults = self.checked(defaults)
        self.state: defaultdict[Tensor, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        if hasattr(params, "parameters"):
            raise TypeError(f"{self._name} expects parameters, got the module {type(params).__name__}; pass net.parameters()")
        if isinstance(params, Tensor):
            raise TypeError(f"{self._name} expects a list of tensors or of dicts, got one {type(params).__name__}; write [p]")
        given = self._listed(params, self._name)
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    @staticmethod
    def _listed(params: Any, where: str) -> list[Any]:
        if isinstance(params, dict):
            raise TypeError(f'{where} expects a list of tensors or of dicts, got one dict; write [{{"params": ...}}] or pass .values()')
        if isinstance(params, set | frozenset):
            raise TypeError(f"{where} expects a list, got a set, whose order changes from run to run")
        if not isinstance(params, Iterable):
            raise TypeError(f"{where} expects a list of tensors or of dicts, got {type(params).__name__}; pass net.parameters()")
        if not (listed := list(params)):
            raise ValueError(
                f"{where} got no parameters; was a generator such as net.parameters() used up before, "
                "or are the layers in a plain list (use nn.ModuleList)?"
            )
        return listed

    def checked(self, settings: Group) -> Group:
        """``settings`` with its numbers made plain. Raises ValueError that says which is out of range."""
        plain = dict(settings)
        for name in self.limits.keys() & plain.keys():
            limit, value = self.limits[name], plain[name]
            if name != "betas":
                plain[name] = number(f"{self._name}: {name}", value, limit)
            elif isinstance(value, tuple | list) and len(value) == 2:
                plain[name] = tuple(number(f"{self._name}: betas[{i}]", beta, limit) for i, beta in enumerate(value))
            else:
                raise ValueError(f"{self._name}: betas must be two numbers, got {value!r}")
        return plain

    def add_param_group(self, param_group: Group) -> None:
        """One more group: its "params", and the settings that differ from the defaults. Nothing is added where it does not fit.

        >>> w, b = ag.ones(2, requires_grad=True), ag.zeros(1, requires_grad=True)
        >>> opt = SGD([w], lr=0.1)
        >>> opt.add_param_group({"params": b, "lr": 0.2})
        >>> [group["lr"] for group in opt.param_groups]
        [0.1, 0.2]
        """
        where = f"{self._name}: parameter group {len(self.param_groups)}"
        if not isinstance(param_group, dict):
            raise TypeError(f"{where} must be a dict, got {type(param_group).__name__} {param_group!r:.80}")
        if "params" not in param_group:
            raise ValueError(f'{where} lacks "params"; it has {list(param_group)}')
        known = {*self.defaults, "params", "initial_lr"}  # the last is a scheduler's
        if unknown := [key for key in param_group if key not in known]:
            raise ValueError(f"{where} has unknown settings {unknown}; known are {sorted(known)}")
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else self._listed(params, where)
        taken = {p for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(params):
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise TypeError(f"{where}: only leaf tensors are trained; parameter {i} is {type(p).__name__} {p!r:.80}")
            if p in taken:
                raise ValueError(f"{where}: parameter {i}, of shape {p.shape}, came before; each belongs to one group, once")
            taken.add(p)
        self.param_groups.append(self.checked({**self.defaults, **param_group, "params": params}))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; with ``set_to_none=False`` they become zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = p.grad.detach().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; the gradient stays as it is.

        ``closure``, where given, computes the loss anew and its gradients; what it returns is returned.

        >>> w = ag.tensor([1.], requires_grad=True)
        >>> opt = SGD([w], lr=0.1)
        >>> def closure():
        ...     opt.zero_grad()
        ...     loss = (w * w).sum()
        ...     loss.backward()
        ...     return loss.item()
        >>> [round(opt.step(closure), 4) for _ in range(3)]
        [1.0, 0.64, 0.4096]
        """
        loss = None
        if closure is not None:
            with ag.enable_grad():
                loss = closure()
        with ag.no_grad():
            for group in self.param_groups:
                self.update(self._moving(group), group)
        return loss

    def _moving(self, group: Group) -> Pairs:
        """The parameters that have a gradient, with the direction that leads uphill; lazily, so that one is held at a time."""
        maximize, decay = group.get("maximize"), self.coupled and group.get("weight_decay")
        for p in group["params"]:
            g = p.grad
            if g is None:
                continue
            if maximize:
                g = -g
            if decay:
                g = (p * decay).add_(g)
            yield p, g

    def update(self, pairs: Pairs, group: Group) -> None:
        """Move each parameter ``p`` in place by its gradient ``g``, given as pairs ``p, g``.

        ``g`` is negated and has the penalty added where the group asks for it. It must not be changed: it may be ``p.grad``.
        """
        raise NotImplementedError(f"{self._name} has no update(); write one")

    def initial_state(self, p: Tensor, group: Group) -> State:
        """What `update` keeps for ``p`` from step to step, as it is before the first; a loaded state must have the same entries."""
        return {}

    def begun(self, p: Tensor, group: Group) -> State:
        """The state of ``p``, begun where there is none."""
        state = self.state[p]
        if not state:
            state.update(self.initial_state(p, group))
        return state

    def state_dict(self) -> dict[str, Any]:
        """Settings and state as plain data and tensors, with parameters replaced by their positions.

        The state is the optimiser's own, not a copy: save it, or `copy.deepcopy` it, before the next step.

        >>> w = ag.tensor([1.], requires_grad=True)
        >>> opt = SGD([w], lr=0.1, momentum=0.9)
        >>> (2 * w).sum().backward(); opt.step(); opt.state_dict()["state"]
        {0: {'momentum_buffer': tensor([2.])}}
        """
        position = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        return {
            "state": {i: self.state[p] for p, i in position.items() if self.state.get(p)},
            "param_groups": [{**group, "params": [position[p] for p in group["params"]]} for group in self.param_groups],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a `state_dict`, of which copies are taken, in the dtypes of the parameters.

        Raises ValueError, and changes nothing, where groups, parameters, settings or state do not fit.
        """
        groups, state = self._fitting(state_dict)
        for own, group in zip(self.param_groups, groups):
            own.update(group)
        self.state = defaultdict(dict, state)

    def _fitting(self, state_dict: Any) -> tuple[list[Group], dict[Tensor, State]]:
        """Copies of what a `state_dict` says, once all of it is seen to fit."""
        where = f"{self._name}.load_state_dict"
        self._require(state_dict, {"state", "param_groups"}, f"{where}: the state")
        saved, state = state_dict["param_groups"], state_dict["state"]
        if not isinstance(saved, list) or not isinstance(state, dict):
            raise ValueError(f'{where}: "param_groups" must be a list and "state" a dict, got {saved!r:.80} and {state!r:.80}')
        for n, group in enumerate(saved):
            self._require(group, {*self.defaults, "params"}, f"{where}: parameter group {n}")
        positions = [list(group["params"]) if isinstance(group["params"], list | tuple) else [] for group in saved]
        if [len(ps) for ps in positions] != [len(group["params"]) for group in self.param_groups]:
            expected = [len(group["params"]) for group in self.param_groups]
            shapes = [p.shape for group in self.param_groups for p in group["params"]]
            raise ValueError(
                f"{where}: the groups hold {[len(ps) for ps in positions]} parameters, expected {expected}, of shapes {shapes}"
            )
        groups = [self.checked(deepcopy({k: v for k, v in group.items() if k != "params"})) for group in saved]
        places = [
            (i, p, group)
            for ps, own, group in zip(positions, self.param_groups, groups)
            for i, p in zip(ps, own["params"])
        ]  # fmt: skip
        if not all(isinstance(i, int) for i, _, _ in places) or len({i for i, _, _ in places}) < len(places):
            raise ValueError(f"{where}: parameters must be different positions, got {positions}")
        if unknown := set(state) - {i for i, _, _ in places}:
            raise ValueError(f"{where}: there is state of parameters {unknown}, which are in no group")
        return groups, {p: self._taken(state[i], p, group, f"{where}: parameter {i}") for i, p, group in places if i in state}

    def _taken(self, saved: Any, p: Tensor, group: Group, where: str) -> State:
        """A copy of the saved state of ``p``, seen to have the entries and shapes that `update` needs."""
        initial = self.initial_state(p, group)
        self._require(saved, set(initial), where)
        for name, start in initial.items():
            got = saved[name]
            if isinstance(start, Tensor):
                if not isinstance(got, Tensor) or got.shape != start.shape:
                    raise ValueError(f"{where}: {name} must be a tensor of shape {start.shape}, got {getattr(got, 'shape', got)!r:.80}")
            elif type(got) is not type(start) or got < start:  # a count of steps
                raise ValueError(f"{where}: {name} must be a count, got {got!r:.80}")
        return {k: v.detach().to(p.dtype).clone() if isinstance(v, Tensor) else deepcopy(v) for k, v in saved.items()}

    @staticmethod
    def _require(given: Any, names: set[str], where: str) -> None:
        if not isinstance(given, dict):
            raise ValueError(f"{where} must be a dict, got {given!r:.80}")
        if missing := sorted(names - set(given)):
            raise ValueError(f"{where} lacks {missing}")

    def __repr__(self) -> str:
        text = f"{self._name} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum: ``v = momentum v + (1 - dampening) g; p -= lr v``.

    The first ``v`` is ``g``, not dampened. With ``nesterov`` the step is ``lr (g + momentum v)``. Here ``g`` is the gradient
    plus ``weight_decay p``, or minus the gradient plus ``weight_decay p`` with ``maximize``.
    Source: Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning",
    ICML 2013; with lr outside of ``v``, as PyTorch has it.

    Raises ValueError where a setting is out of range, or nesterov goes without momentum or with dampening.

    >>> w = ag.tensor([1.], requires_grad=True)
    >>> opt = SGD([w], lr=0.1)
    >>> (w * w).sum().backward(); opt.step(); w
    tensor([0.8000], requires_grad=True)
    """

    limits = {"lr": inf, "momentum": inf, "dampening": inf, "weight_decay": inf}  # noqa: RUF012

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "nesterov": nesterov, "maximize": maximize})

    def checked(self, settings: Group) -> Group:
        plain = super().checked(settings)
        if plain["nesterov"] and (plain["momentum"] == 0 or plain["dampening"] != 0):
            got = f"momentum={plain['momentum']}, dampening={plain['dampening']}"
            raise ValueError(f"SGD: nesterov needs momentum > 0 and dampening = 0, got {got}")
        return plain

    def initial_state(self, p: Tensor, group: Group) -> State:
        return {"momentum_buffer": ag.zeros_like(p)} if group["momentum"] else {}

    def update(self, pairs: Pairs, group: Group) -> None:
        lr, momentum, dampening, nesterov = group["lr"], group["momentum"], group["dampening"], group["nesterov"]
        for p, g in pairs:
            if momentum:
                state = self.state[p]
                if (v := state.get("momentum_buffer")) is None:
                    v = state["momentum_buffer"] = g.clone()
                else:
                    v.mul_(momentum).add_(g, alpha=1 - dampening)
                g = (v * momentum).add_(g) if nesterov else v
            p.sub_(g, alpha=lr)


class Adam(Optimizer):
    """Adam: ``m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; p -= lr m' / (sqrt(v') + eps)``.

    ``m' = m / (1 - b1^t)`` and ``v' = v / (1 - b2^t)`` undo that both start at 0. With ``amsgrad`` (Reddi, Kale and Kumar,
    "On the convergence of Adam and beyond", ICLR 2018) the largest ``v`` so far stands for ``v``.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980.

    Raises ValueError where a setting is out of range.

    >>> w = ag.tensor([1., 100.], requires_grad=True)
    >>> opt = Adam([w], lr=0.1)
    >>> (w * w).sum().backward(); opt.step(); w    # the size of the gradient does not matter
    tensor([ 0.9000, 99.9000], requires_grad=True)
    """

    limits = {"lr": inf, "betas": 1, "eps": inf, "weight_decay": inf}  # noqa: RUF012

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "amsgrad": amsgrad, "maximize": maximize})

    def initial_state(self, p: Tensor, group: Group) -> State:
        moments = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] if group["amsgrad"] else ["exp_avg", "exp_avg_sq"]
        return {"step": 0, **{name: ag.zeros_like(p) for name in moments}}

    def update(self, pairs: Pairs, group: Group) -> None:
        lr, eps, (b1, b2) = group["lr"], group["eps"], group["betas"]
        for p, g in pairs:
            state = self.begun(p, group)
            state["step"] = t = state["step"] + 1
            m = state["exp_avg"].mul_(b1).add_(g, alpha=1 - b1)
            v = state["exp_avg_sq"].mul_(b2).add_(g * g, alpha=1 - b2)
            if group["amsgrad"]:
                v = state["max_exp_avg_sq"].copy_(ag.maximum(state["max_exp_avg_sq"], v))
            if not self.coupled:
                p.mul_(1 - lr * group["weight_decay"])
            p.sub_(m / (v.sqrt() / sqrt(1 - b2**t)).add_(eps), alpha=lr / (1 - b1**t))


class AdamW(Adam):
    """Adam with weight decay beside the gradient: ``p -= lr weight_decay p``, then the step of `Adam`.

    In Adam the decay of a weight would be divided by the size of its gradients; here all weights decay alike.
    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", arXiv:1711.05101.

    Raises ValueError where a setting is out of range.

    >>> w = ag.tensor([1.], requires_grad=True)
    >>> opt = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (0 * w).sum().backward(); opt.step(); w
    tensor([0.9500], requires_grad=True)
    """

    coupled = False

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


class RMSprop(Optimizer):
    """RMSprop: ``v = alpha v + (1 - alpha) g^2; p -= lr g / (sqrt(v) + eps)``.

    With ``centered`` (Graves, arXiv:1308.0850) the square of the mean gradient is taken off ``v``, which leaves its
    variance; with ``momentum`` the quotient is summed up, ``b = momentum b + g / (sqrt(v) + eps); p -= lr b``.
    Source: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012.

    Raises ValueError where a setting is out of range.

    >>> w = ag.tensor([1., 100.], requires_grad=True)
    >>> opt = RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).sum().backward(); opt.step(); w
    tensor([ 0.8000, 99.8000], requires_grad=True)
    """

    limits = {"lr": inf, "alpha": 1, "eps": inf, "weight_decay": inf, "momentum": inf}  # noqa: RUF012

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, {**settings, "centered": centered, "maximize": maximize})

    def initial_state(self, p: Tensor, group: Group) -> State:
        needed = {"square_avg": True, "momentum_buffer": group["momentum"] > 0, "grad_avg": group["centered"]}
        return {"step": 0, **{name: ag.zeros_like(p) for name, need in needed.items() if need}}

    def update(self, pairs: Pairs, group: Group) -> None:
        lr, alpha, eps, momentum = group["lr"], group["alpha"], group["eps"], group["momentum"]
        for p, g in pairs:
            state = self.begun(p, group)
            state["step"] += 1
            v = state["square_avg"].mul_(alpha).add_(g * g, alpha=1 - alpha)
            if group["centered"]:
                mean = state["grad_avg"].mul_(alpha).add_(g, alpha=1 - alpha)
                v = (v - mean * mean).clamp_(min=0)  # a variance of 0 may round to below 0, where PyTorch's root is NaN
            step = g / v.sqrt().add_(eps)
            if momentum:
                step = state["momentum_buffer"].mul_(momentum).add_(step)
            p.sub_(step, alpha=lr)


class Adagrad(Optimizer):
    """Adagrad: ``s = s + g^2; p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)``.

    ``s`` starts at ``initial_accumulator_value``: what moved much so far moves less from now on.
    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
    JMLR 12, 2011.

    Raises ValueError where a setting is out of range.

    >>> w = ag.tensor([1., 100.], requires_grad=True)
    >>> opt = Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward(); opt.step(); w
    tensor([ 0.9000, 99.9000], requires_grad=True)
    """

    limits = {"lr": inf, "lr_decay": inf, "weight_decay": inf, "initial_accumulator_value": inf, "eps": inf}  # noqa: RUF012

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
        super().__init__(params, {**settings, "initial_accumulator_value": initial_accumulator_value, "maximize": maximize})

    def initial_state(self, p: Tensor, group: Group) -> State:
        return {"step": 0, "sum": ag.full_like(p, group["initial_accumulator_value"])}

    def update(self, pairs: Pairs, group: Group) -> None:
        for p, g in pairs:
            state = self.begun(p, group)
            lr = group["lr"] / (1 + state["step"] * group["lr_decay"])
            state["step"] += 1
            s = state["sum"].add_(g * g)
            p.sub_(g / s.sqrt().add_(group["eps"]), alpha=lr)
