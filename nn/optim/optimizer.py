"""What all optimisers share: they change parameters in place by their gradients.

Groups of parameters with their own settings, the state that is kept for each parameter, the penalty that joins the
gradient, maximising, saving and loading stand here, once. What is left to a class is its formula (see `algorithms`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from math import inf, nan
from numbers import Real
from typing import Any, ClassVar

import autograd as ag
from autograd import Tensor
from autograd.errors import brief, described, flag_of, is_many

__all__ = ["Optimizer", "number", "rate"]

Group = dict[str, Any]
State = dict[str, Any]
Pairs = Iterator[tuple[Tensor, Tensor]]


@ag.replay.again
def rate(group: Group) -> float:
    """The learning rate of a group: a number that changes from step to step."""
    return float(group["lr"])


_at_one_place = ag.at_one_place()  # made once: a step of a small network is short


def number(name: str, value: Any, below: float = inf) -> float:
    """``value`` as a plain Python number, which leaves the dtype of what it meets alone. Raises ValueError outside [0, below)."""
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.item()
    try:
        plain = float(value) if isinstance(value, Real) and not isinstance(value, bool) else nan
    except OverflowError:
        plain = nan
    if not 0 <= plain < below:  # NaN is in no interval
        allowed = "a finite number >= 0" if below == inf else f"a number >= 0 and < {below:g}"
        raise ValueError(f"{name} must be {allowed}, got {brief(value)}")
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
    flags: ClassVar[frozenset[str]] = frozenset(  # the settings that are True or False
        {"nesterov", "maximize", "amsgrad", "centered", "decoupled_weight_decay"}
    )
    # What a compiled step reads again each time, by functions that are called `again`.
    read_again: ClassVar[frozenset[str]] = frozenset({"lr", "initial_lr", "step", "defaults"})
    # Does "weight_decay" join the gradient, as the penalty 1/2 weight_decay ||p||^2 in the loss would?
    coupled: ClassVar[bool] = True

    def __init__(self, params: Iterable[Tensor] | Iterable[Group], defaults: dict[str, Any]) -> None:
        if not isinstance(defaults, dict):
            raise TypeError(f"{self._name} expects the defaults of its settings as a dict, got {described(defaults)}")
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
            raise TypeError(f"{where} expects a list, got a set, whose order changes from run to run: {described(params)}")
        if not is_many(params):
            raise TypeError(f"{where} expects a list of tensors or of dicts, got {described(params)}; pass net.parameters()")
        if not (listed := list(params)):
            raise ValueError(
                f"{where} got no parameters; was a generator such as net.parameters() used up before, "
                "or are the layers in a plain list (use nn.ModuleList)?"
            )
        return listed

    def checked(self, settings: Group) -> Group:
        """``settings`` with its numbers made plain. Raises ValueError that says which is out of range."""
        plain = dict(settings)
        for name in self.flags & plain.keys():
            try:
                plain[name] = flag_of(plain[name], f"{self._name}: {name}")
            except TypeError as error:
                raise ValueError(str(error)) from None
        for name, limit in self.limits.items():
            if name not in plain:
                continue
            value = plain[name]
            if name != "betas":
                plain[name] = number(f"{self._name}: {name}", value, limit)
            elif isinstance(value, tuple | list) and len(value) == 2:
                plain[name] = tuple(number(f"{self._name}: betas[{i}]", beta, limit) for i, beta in enumerate(value))
            else:
                raise ValueError(f"{self._name}: betas must be two numbers, got {brief(value)}")
        return plain

    def add_param_group(self, param_group: Group) -> None:
        """One more group: its "params", and the settings that differ from the defaults. Nothing is added where it does not fit.

        >>> from nn.optim import SGD
        >>> w, b = ag.ones(2, requires_grad=True), ag.zeros(1, requires_grad=True)
        >>> opt = SGD([w], lr=0.1)
        >>> opt.add_param_group({"params": b, "lr": 0.2})
        >>> [group["lr"] for group in opt.param_groups]
        [0.1, 0.2]
        """
        where = f"{self._name}: parameter group {len(self.param_groups)}"
        if not isinstance(param_group, dict):
            raise TypeError(f"{where} must be a dict, got {described(param_group)}")
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
                cure = ""
                if isinstance(p, ag.Value):
                    cure = "; Values are trained by hand, v.data -= lr * v.grad, or as a tensor of their own"
                elif isinstance(p, Tensor):
                    cure = f", the result of {p.grad_fn!r}; give the tensor that it was made from, or .detach() it"
                raise TypeError(f"{where}: only leaf tensors are trained; parameter {i} is {described(p)}{cure}")
            if p in taken:
                raise ValueError(f"{where}: parameter {i}, of shape {p.shape}, came before; each belongs to one group, once")
            taken.add(p)
        self.param_groups.append(self.checked({**self.defaults, **param_group, "params": params}))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; with ``set_to_none=False`` they become zeros."""
        set_to_none = flag_of(set_to_none, "set_to_none")
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = p.grad.detach().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; the gradient stays as it is.

        ``closure``, where given, computes the loss anew and its gradients; what it returns is returned.

        >>> from nn.optim import SGD
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
            if not callable(closure):
                raise TypeError(f"{self._name}.step: closure must be a function, got {described(closure)}")
            with ag.enable_grad():
                loss = closure()
        with ag.no_grad(), _at_one_place:
            for group in self.param_groups:
                self.update(self._moving(group), group)
        return loss

    def _moving(self, group: Group) -> Pairs:
        """The parameters that have a gradient, with the direction that leads uphill; lazily, so that one is held at a time."""
        maximize, coupled = group.get("maximize"), self.coupled and not group.get("decoupled_weight_decay")
        decay = coupled and group.get("weight_decay")
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
        An error that is about such a change names the line that called `step`.
        """
        raise NotImplementedError(f"{self._name} has no update(); write one")

    def initial_state(self, p: Tensor, group: Group) -> State:
        """What `update` keeps for ``p`` from step to step, as it is before the first; a loaded state must have the same entries.

        >>> class Smoothed(Optimizer):
        ...     def __init__(self, params, lr=0.1, beta=0.5):
        ...         super().__init__(params, {"lr": lr, "beta": beta})
        ...     def initial_state(self, p, group):
        ...         return {"mean": ag.zeros_like(p)}
        ...     def update(self, pairs, group):
        ...         for p, g in pairs:
        ...             mean = self.begun(p, group)["mean"]
        ...             mean.mul_(group["beta"]).add_(g, alpha=1 - group["beta"])
        ...             p.sub_(mean, alpha=group["lr"])
        >>> w = ag.tensor([1.], requires_grad=True)
        >>> opt = Smoothed([w])
        >>> (2 * w).sum().backward(); opt.step(); w, opt.state_dict()["state"]
        (tensor([0.9000], requires_grad=True), {0: {'mean': tensor([1.])}})
        """
        return {}

    def begun(self, p: Tensor, group: Group) -> State:
        """The state of ``p``, initialised where there is none."""
        state = self.state[p]
        if not state:
            state.update(self.initial_state(p, group))
        return state

    def state_dict(self) -> dict[str, Any]:
        """Settings and state as plain data and tensors, with parameters replaced by their positions.

        The state is the optimiser's own, not a copy: save it, or `copy.deepcopy` it, before the next step.

        >>> from nn.optim import SGD
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
            others = set(group) - {*self.defaults, "params", "initial_lr"} if isinstance(group, dict) else set()
            cure = f" and has {sorted(map(str, others))}: it is the state of another optimiser; make the one that it was saved from"
            self._require(group, {*self.defaults, "params"}, f"{where}: parameter group {n}", cure if others else "")
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
    def _require(given: Any, names: set[str], where: str, cure: str = "") -> None:
        if not isinstance(given, dict):
            raise ValueError(f"{where} must be a dict, got {given!r:.80}")
        if missing := sorted(names - set(given)):
            raise ValueError(f"{where} lacks {missing}{cure}")

    def __repr__(self) -> str:
        text = f"{self._name} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"
