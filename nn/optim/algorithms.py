"""The optimisers: each is its published formula, and the settings and the state that the formula needs.

The signature of a constructor is the table of its settings and their defaults; ``limits`` says what the numbers among them
may be. Names, defaults and the rules of the first step are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, sqrt
from typing import Any, TypedDict, Unpack

import autograd as ag
from autograd import Tensor
from autograd.errors import brief
from nn.optim.optimizer import Group, Optimizer, Pairs, State, rate

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RMSprop"]


class How(TypedDict, total=False):
    """How PyTorch carries a step out on a GPU. All of it is taken for the sake of programs that say it, and changes nothing."""

    foreach: bool | None
    fused: bool | None
    capturable: bool


def _settings(given: dict[str, Any]) -> Group:
    """Those of a constructor's ``locals()`` that are settings; ``__class__`` is there for the sake of ``super()``."""
    if unknown := {name: value for name, value in given["how"].items() if name not in How.__annotations__}:
        kind, known = type(given["self"]).__name__, [name for name in given if name not in ("self", "params", "how", "__class__")]
        raise TypeError(f"{kind} got unknown settings {', '.join(f'{k}={brief(v)}' for k, v in unknown.items())}; known are {known}")
    return {name: value for name, value in given.items() if name not in ("self", "params", "how", "__class__")}


def _zeros(p: Tensor, **needed: Any) -> State:
    """Zeros of the shape of ``p`` under each name that is needed."""
    return {name: ag.zeros_like(p) for name, need in needed.items() if need}


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
        **how: Unpack[How],
    ) -> None:
        super().__init__(params, _settings(locals()))

    def checked(self, settings: Group) -> Group:
        plain = super().checked(settings)
        if plain["nesterov"] and (plain["momentum"] == 0 or plain["dampening"] != 0):
            got = f"momentum={plain['momentum']}, dampening={plain['dampening']}"
            raise ValueError(f"SGD: nesterov needs momentum > 0 and dampening = 0, got {got}")
        return plain

    def initial_state(self, p: Tensor, group: Group) -> State:
        return _zeros(p, momentum_buffer=group["momentum"])

    def update(self, pairs: Pairs, group: Group) -> None:
        lr, momentum, dampening, nesterov = rate(group), group["momentum"], group["dampening"], group["nesterov"]
        for p, g in pairs:
            if momentum:
                state = self.state[p]
                if (v := state.get("momentum_buffer")) is None:
                    v = state["momentum_buffer"] = g.clone()
                else:
                    v.mul_(momentum).add_(g, alpha=1 - dampening)
                g = (v * momentum).add_(g) if nesterov else v
            p.sub_(g, alpha=lr)


def _moment(optimizer: Optimizer, p: Tensor, g: Tensor, group: Group) -> tuple[State, Tensor]:
    """What Adam and its kin begin a step of ``p`` with: its state, and the running mean of gradients, ``g`` in it."""
    state, b1 = optimizer.begun(p, group), group["betas"][0]
    return state, state["exp_avg"].mul_(b1).add_(g, alpha=1 - b1)


# What changes from step to step is computed by functions that are called `again` in a compiled step; the first of a step counts it.
def _counted(state: State) -> int:
    state["step"] = t = state["step"] + 1
    return t


@ag.replay.again
def _sizes_of_adam(group: Group, state: State) -> tuple[float, float, float]:
    """The factors of the decay and of the step, and what is added to the root."""
    (b1, b2), lr, t = group["betas"], group["lr"], _counted(state)
    root = sqrt(1 - b2**t)  # multiplied out, m' / (sqrt(v') + eps) is one operation less
    return 1.0 - lr * group["weight_decay"], lr * root / (1 - b1**t), group["eps"] * root


@ag.replay.again
def _momenta(group: Group, state: State) -> tuple[float, float, float]:
    """Of NAdam: its momentum, ``v``'s part that is there by now, and the learning rate."""
    t = _counted(state)
    return group["betas"][0] * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"])), 1.0 - group["betas"][1] ** t, 1.0 * group["lr"]


@ag.replay.again
def _ahead(product: Tensor, group: Group, state: State) -> tuple[float, float, float]:
    """Of NAdam: the factors of the mean, of the gradient, and of the decay."""
    b1, slowing, t, all_mu = group["betas"][0], group["momentum_decay"], state["step"], product.item()
    mu, following = (b1 * (1 - 0.5 * 0.96 ** (n * slowing)) for n in (t, t + 1))
    return following / (1 - all_mu * following), (1 - mu) / (1 - all_mu), 1.0 - group["lr"] * group["weight_decay"]


@ag.replay.again
def _size_of_adamax(group: Group, state: State) -> float:
    return float(group["lr"] / (1 - group["betas"][0] ** _counted(state)))


@ag.replay.again
def _count(state: State) -> None:
    _counted(state)


@ag.replay.again
def _slowed_rate(group: Group, state: State) -> float:
    """Of Adagrad: the learning rate, which falls with the steps before this one."""
    return float(group["lr"] / (1 + (_counted(state) - 1) * group["lr_decay"]))


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
        **how: Unpack[How],
    ) -> None:
        super().__init__(params, _settings(locals()))

    def initial_state(self, p: Tensor, group: Group) -> State:
        return {"step": 0, **_zeros(p, exp_avg=True, exp_avg_sq=True, max_exp_avg_sq=group["amsgrad"])}

    def update(self, pairs: Pairs, group: Group) -> None:
        b2 = group["betas"][1]
        for p, g in pairs:
            state, m = _moment(self, p, g, group)
            decay, size, eps = _sizes_of_adam(group, state)
            v = state["exp_avg_sq"].mul_(b2).add_(g * g, alpha=1 - b2)
            if group["amsgrad"]:
                v = state["max_exp_avg_sq"].copy_(ag.maximum(state["max_exp_avg_sq"], v))
            if not self.coupled:
                p.mul_(decay)
            p.sub_(m / v.sqrt().add_(eps), alpha=size)


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
        **how: Unpack[How],
    ) -> None:
        super().__init__(params, **_settings(locals()))


class NAdam(Optimizer):
    """Adam with Nesterov's momentum: ``p -= lr (mu' m / (1 - M mu') + (1 - mu) g / (1 - M)) / (sqrt(v / (1 - b2^t)) + eps)``.

    ``m`` and ``v`` are those of `Adam`. The momentum ``mu = b1 (1 - 0.96^(t momentum_decay) / 2)`` grows from step to step: ``mu'``
    is that of the next one, ``M`` the product of all so far. With ``decoupled_weight_decay`` the decay is that of `AdamW`.
    Source: Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016.

    Raises ValueError where a setting is out of range.

    >>> w = ag.tensor([1.], requires_grad=True)
    >>> opt = NAdam([w], lr=0.1)
    >>> (w * w).sum().backward(); opt.step(); opt.state_dict()["state"][0]["mu_product"]
    tensor(0.4501)
    """

    limits = {"lr": inf, "betas": 1, "eps": inf, "weight_decay": inf, "momentum_decay": inf}  # noqa: RUF012

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        super().__init__(params, _settings(locals()))

    def initial_state(self, p: Tensor, group: Group) -> State:
        return {"step": 0, "mu_product": ag.ones((), dtype=p.dtype), **_zeros(p, exp_avg=True, exp_avg_sq=True)}

    def update(self, pairs: Pairs, group: Group) -> None:
        eps, b2 = group["eps"], group["betas"][1]
        for p, g in pairs:
            state, m = _moment(self, p, g, group)
            mu, there, lr = _momenta(group, state)
            of_mean, of_gradient, decay = _ahead(state["mu_product"].mul_(mu), group, state)
            v = state["exp_avg_sq"].mul_(b2).add_(g * g, alpha=1 - b2)
            if group["decoupled_weight_decay"]:
                p.mul_(decay)
            ahead = (m * of_mean).add_(g, alpha=of_gradient)
            p.sub_(ahead / (v / there).sqrt().add_(eps), alpha=lr)


class Adamax(Optimizer):
    """Adam with the largest gradient in place of the mean square: ``u = max(b2 u, |g| + eps); p -= lr m / ((1 - b1^t) u)``.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980, section 7.1.

    Raises ValueError where a setting is out of range.

    >>> w = ag.tensor([1., 100.], requires_grad=True)
    >>> opt = Adamax([w], lr=0.1)
    >>> (w * w).sum().backward(); opt.step(); w
    tensor([ 0.9000, 99.9000], requires_grad=True)
    """

    limits = {"lr": inf, "betas": 1, "eps": inf, "weight_decay": inf}  # noqa: RUF012

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[Group],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **how: Unpack[How],
    ) -> None:
        super().__init__(params, _settings(locals()))

    def initial_state(self, p: Tensor, group: Group) -> State:
        return {"step": 0, **_zeros(p, exp_avg=True, exp_inf=True)}

    def update(self, pairs: Pairs, group: Group) -> None:
        eps, b2 = group["eps"], group["betas"][1]
        for p, g in pairs:
            state, m = _moment(self, p, g, group)
            u = state["exp_inf"].copy_(ag.maximum(state["exp_inf"] * b2, g.abs().add_(eps)))
            p.sub_(m / u, alpha=_size_of_adamax(group, state))


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
        **how: Unpack[How],
    ) -> None:
        super().__init__(params, _settings(locals()))

    def initial_state(self, p: Tensor, group: Group) -> State:
        return {"step": 0, **_zeros(p, square_avg=True, momentum_buffer=group["momentum"], grad_avg=group["centered"])}

    def update(self, pairs: Pairs, group: Group) -> None:
        lr, alpha, eps, momentum = rate(group), group["alpha"], group["eps"], group["momentum"]
        for p, g in pairs:
            state = self.begun(p, group)
            _count(state)
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
        **how: Unpack[How],
    ) -> None:
        super().__init__(params, _settings(locals()))

    def initial_state(self, p: Tensor, group: Group) -> State:
        return {"step": 0, "sum": ag.full_like(p, group["initial_accumulator_value"])}

    def update(self, pairs: Pairs, group: Group) -> None:
        for p, g in pairs:
            state = self.begun(p, group)
            lr = _slowed_rate(group, state)
            s = state["sum"].add_(g * g)
            p.sub_(g / s.sqrt().add_(group["eps"]), alpha=lr)
