"""A compiled step of training is the eager one to the last bit: every optimiser, every loss, every module."""

from __future__ import annotations

import builtins
import keyword
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor
from autograd.compiling.program import Program
from nn import optim
from tests.autograd.compiling.stories import Compile, batch, compiled_as_eager, labels, mlp, rows, stepping, training

DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def pair(i: int, dtype: Any = "float32", n: int = 5) -> tuple[Tensor, Tensor]:
    return rows(i, n, 3, dtype=dtype), rows(i, n, 2, dtype=dtype)


# Optimisers.
SETTINGS: list[tuple[type[optim.Optimizer], dict[str, Any]]] = [
    *((optim.SGD, given) for given in [
        {}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "dampening": 0.5}, {"weight_decay": 0.1},
        {"maximize": True}, {"maximize": True, "weight_decay": 0.1}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True},
    ]),
    *((kind, given) for kind in (optim.Adam, optim.AdamW) for given in [
        {}, {"weight_decay": 0.1}, {"amsgrad": True}, {"maximize": True}, {"betas": (0.5, 0.9), "eps": 1e-3}, {"amsgrad": True, "weight_decay": 0.1, "maximize": True},
    ]),
    *((optim.NAdam, given) for given in [
        {}, {"weight_decay": 0.1}, {"momentum_decay": 0.1}, {"maximize": True}, {"decoupled_weight_decay": True, "weight_decay": 0.1},
    ]),
    *((optim.Adamax, given) for given in [{}, {"weight_decay": 0.1}, {"maximize": True}]),
    *((optim.RMSprop, given) for given in [
        {}, {"momentum": 0.9}, {"centered": True}, {"weight_decay": 0.1}, {"maximize": True}, {"centered": True, "momentum": 0.9, "weight_decay": 0.1},
    ]),
    *((optim.Adagrad, given) for given in [
        {}, {"lr_decay": 0.1}, {"weight_decay": 0.1}, {"initial_accumulator_value": 0.5}, {"maximize": True}, {"lr_decay": 0.1, "weight_decay": 0.1},
    ]),
]  # fmt: skip


def _named(given: Any) -> str:
    return ",".join(f"{name}={value}" for name, value in given.items()) if isinstance(given, dict) else getattr(given, "__name__", "")


def test_no_optimiser_is_forgotten() -> None:
    assert {kind.__name__ for kind, _ in SETTINGS} == set(optim.__all__) - {"Optimizer", "lr_scheduler"}


@DTYPES
@pytest.mark.parametrize(("kind", "given"), SETTINGS, ids=_named)
@compiled_as_eager(replayed=4, programs=1)
def test_every_optimiser_with_every_setting(compile: Compile, kind: Any, given: dict[str, Any], dtype: str) -> Iterator[Any]:
    yield from training(
        compile, partial(mlp, dtype), lambda i: pair(i, dtype), optimizer=lambda net: kind(net.parameters(), lr=0.05, **given), calls=7
    )


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in SETTINGS}, key=_named), ids=_named)
@compiled_as_eager(replayed=4, programs=1)
def test_groups_have_settings_of_their_own(compile: Compile, kind: Any) -> Iterator[Any]:
    def grouped(net: Any) -> Any:
        return kind(
            [{"params": [net[0].weight, net[2].bias]}, {"params": [net[2].weight, net[0].bias], "lr": 0.5, "weight_decay": 0.2}], lr=0.01
        )

    yield from training(compile, mlp, pair, optimizer=grouped, calls=7)


@pytest.mark.parametrize(
    "body",
    [
        lambda w: (w.T * 2).tanh().sum(0),
        lambda w: ag.softmax(w.T, 0) * w.T.relu(),
        lambda w: w.T.var(-1),
        lambda w: (w.T.abs() + 1).log().mean(0),
        lambda w: (w.reshape(5, 11, 7).permute(2, 1, 0) * 3).T,
        lambda w: ag.logsumexp(w, 1) * w.norm(dim=1),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_results_and_gradients_lie_in_memory_as_those_of_eager(body: Any, turned: bool, inside: bool) -> None:
    def function(w: Tensor) -> Tensor:
        z: Tensor = body(w)
        if inside:
            (z * z).sum().backward()
            w.grad.mul_(1 / w.grad.square().sum())
        return z

    def told(function: Any) -> Any:
        seen = []
        for i in range(3):
            w = (rows(i, 7, 55) if turned else rows(i, 55, 7)).detach()
            w = (ag.from_numpy(w.numpy().T) if turned else w).requires_grad_()
            z = function(w)
            if not inside:
                (z * z).sum().backward()
            for t in (z.detach(), w.grad):
                seen.append((t.numpy().strides, t.numpy().tobytes(), t.sum().item()))
        return seen

    compiled = ag.compile(function)
    assert told(compiled) == told(function)
    assert compiled.calls.replayed == 2


@ag.replay.again
def _half() -> float:
    return 0.5


@compiled_as_eager()
def test_gradients_scaled_by_one_number_before_all_are_there(compile: Compile) -> Iterator[Any]:
    v, w = rows(0, 3, requires_grad=True), rows(1, 3, requires_grad=True)

    @compile
    def step(x: Tensor) -> Any:
        v.grad = w.grad = None
        half = _half()
        (v * x).sum().backward()
        one = v.grad * half
        (w * x * x).sum().backward()
        return one + w.grad * half

    for i in range(4):
        yield step(rows(i, 3)), v, w


@compiled_as_eager(replayed=4, programs=1)
def test_an_optimiser_of_ones_own(compile: Compile) -> Iterator[Any]:
    class Smoothed(optim.Optimizer):
        def __init__(self, params: Any, lr: float = 0.1, beta: float = 0.5) -> None:
            super().__init__(params, {"lr": lr, "beta": beta})

        def initial_state(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
            return {"mean": ag.zeros_like(p)}

        def update(self, pairs: Any, group: dict[str, Any]) -> None:
            for p, g in pairs:
                mean = self.begun(p, group)["mean"]
                mean.mul_(group["beta"]).add_(g.sign(), alpha=1 - group["beta"])
                p.sub_(mean, alpha=group["lr"])

    yield from training(compile, mlp, pair, optimizer=lambda net: Smoothed(net.parameters()), calls=7)


# Losses: the loss, and its target for an output (n, 2).
Target = Callable[[int, int], Tensor]


def _classes(i: int, n: int) -> Tensor:
    return labels(i, n, 2)


def _some_ignored(i: int, n: int) -> Tensor:
    return ag.tensor(np.where(np.arange(n) % 3 == i % 3, -100, labels(i, n, 2).numpy()))


def _like_output(i: int, n: int) -> Tensor:
    return rows(i, n, 2)


def _shares(i: int, n: int) -> Tensor:
    return rows(i, n, 2).softmax(1)


def _binary(i: int, n: int) -> Tensor:
    return (rows(i, n, 2) > 0).float()


def _signs(i: int, n: int) -> Tensor:
    return (rows(i, n, 2) > 0).float() * 2 - 1


WEIGHT = ag.tensor([0.25, 2.0])
LOSSES: list[tuple[type[nn.Module], dict[str, Any], Target]] = [
    (nn.MSELoss, {}, _like_output), (nn.L1Loss, {}, _like_output), (nn.HuberLoss, {}, _like_output), (nn.HuberLoss, {"delta": 0.3}, _like_output),
    (nn.SmoothL1Loss, {}, _like_output), (nn.SmoothL1Loss, {"beta": 0.3}, _like_output), (nn.SmoothL1Loss, {"beta": 0.0}, _like_output),
    (nn.HingeLoss, {}, _signs), (nn.HingeLoss, {"margin": 0.5}, _signs), (nn.KLDivLoss, {}, _shares), (nn.KLDivLoss, {"log_target": True}, _like_output),
    (nn.NLLLoss, {}, _classes), (nn.NLLLoss, {"weight": WEIGHT}, _classes), (nn.NLLLoss, {"ignore_index": 1}, _classes),
    (nn.NLLLoss, {}, _some_ignored), (nn.NLLLoss, {"weight": WEIGHT, "ignore_index": -100}, _some_ignored),
    (nn.CrossEntropyLoss, {}, _classes), (nn.CrossEntropyLoss, {"weight": WEIGHT}, _classes), (nn.CrossEntropyLoss, {"label_smoothing": 0.2}, _classes),
    (nn.CrossEntropyLoss, {"weight": WEIGHT, "label_smoothing": 0.2}, _classes), (nn.CrossEntropyLoss, {}, _some_ignored),
    (nn.CrossEntropyLoss, {"weight": WEIGHT, "label_smoothing": 0.2}, _some_ignored), (nn.CrossEntropyLoss, {}, _shares),
    (nn.CrossEntropyLoss, {"weight": WEIGHT, "label_smoothing": 0.2}, _shares),
    (nn.BCEWithLogitsLoss, {}, _binary), (nn.BCEWithLogitsLoss, {"weight": WEIGHT}, _binary), (nn.BCEWithLogitsLoss, {"pos_weight": WEIGHT}, _binary),
    (nn.BCELoss, {}, _binary), (nn.BCELoss, {"weight": WEIGHT}, _shares),
]  # fmt: skip
INSIDE = {nn.BCELoss: nn.Sigmoid, nn.NLLLoss: nn.LogSoftmax, nn.KLDivLoss: nn.LogSoftmax}  # what their input has to come from


def test_no_loss_is_forgotten() -> None:
    assert {kind.__name__ for kind, *_ in LOSSES} == {name for name in nn.__all__ if name.endswith("Loss")}


@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("kind", "given", "target"), LOSSES, ids=lambda given: _named(given))
@compiled_as_eager(replayed=3)
def test_every_loss(compile: Compile, kind: Any, given: dict[str, Any], target: Target, reduction: str, n: int) -> Iterator[Any]:
    yield from training(
        compile, lambda: nn.Sequential(nn.Linear(3, 2), INSIDE.get(kind, nn.Identity)()), lambda i: (rows(i, n, 3), target(i, n)),
        lambda: kind(reduction=reduction, **given),
    )  # fmt: skip


@DTYPES
@compiled_as_eager(replayed=3)
def test_a_divergence_for_each_row_and_scores_with_more_dimensions(compile: Compile, dtype: str) -> Iterator[Any]:
    yield from training(
        compile, lambda: nn.Sequential(nn.Linear(3, 2, dtype=dtype), nn.LogSoftmax(1)),
        lambda i: (rows(i, 5, 3, dtype=dtype), rows(i, 5, 2, dtype=dtype).softmax(1)), lambda: nn.KLDivLoss(reduction="batchmean"),
    )  # fmt: skip
    yield from training(
        compile, lambda: nn.Linear(3, 4, dtype=dtype), lambda i: (rows(i, 2, 3, 3, dtype=dtype), labels(i, 8, 3).reshape(2, 4)), nn.CrossEntropyLoss
    )  # fmt: skip


# Modules, each with the shape of one row of its input.
class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner, self.norm = nn.Linear(3, 3), nn.LayerNorm(3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.norm(self.inner(x)).relu()


class Tied(nn.Module):
    """One weight in two layers, one layer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(3, 3), nn.Linear(3, 3, bias=False)
        self.last.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.first(self.first(x).tanh()))


class Listed(nn.Module):
    """Its parts in containers, walked by a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(3, 3) for _ in range(3))
        self.named = nn.ModuleDict({"up": nn.Linear(3, 4), "down": nn.Linear(4, 2)})
        self.scales = nn.ParameterList([nn.Parameter(ag.ones(3)), nn.Parameter(ag.ones(1))])
        self.shifts = nn.ParameterDict({"a": nn.Parameter(ag.zeros(3))})

    def forward(self, x: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            x = layer(x) if i % 2 else x + layer(x).tanh()
        for scale in self.scales:
            x = x * scale
        return self.named["down"](self.named["up"](x + self.shifts["a"]).relu())


ACTIVATIONS = [
    nn.ReLU, nn.Tanh, nn.Sigmoid, nn.SiLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.LogSigmoid, nn.GELU, nn.Softplus, nn.Softmax, nn.LogSoftmax,
    partial(nn.GELU, "tanh"), partial(nn.Softplus, 2.0), partial(nn.PReLU, 4), partial(nn.LeakyReLU, 0.2), partial(nn.ELU, 2.0),
]  # fmt: skip


def _around(made: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(nn.Linear(3, 4), made(), nn.Linear(4, 2))


def _own_stream() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.3, generator=ag.Generator().manual_seed(1)), nn.Linear(8, 2))


MODULES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "Linear": (lambda: nn.Linear(3, 2), (3,)), "Linear without bias": (lambda: nn.Linear(3, 2, bias=False), (3,)),
    **{f"{i} {getattr(kind, '__name__', kind)}": (_around(kind), (3,)) for i, kind in enumerate(ACTIVATIONS)},
    **{f"Dropout({p})": (_around(partial(nn.Dropout, p)), (3,)) for p in (0.0, 0.3, 0.5, 1.0)}, "Dropout with a generator": (_own_stream, (3,)),
    "BatchNorm1d": (_around(lambda: nn.BatchNorm1d(4)), (3,)), "BatchNorm1d over time": (lambda: nn.BatchNorm1d(3), (3, 4)),
    "BatchNorm1d averaging": (_around(lambda: nn.BatchNorm1d(4, momentum=None)), (3,)), "BatchNorm1d plain": (_around(lambda: nn.BatchNorm1d(4, affine=False)), (3,)),
    "BatchNorm1d of batches": (_around(lambda: nn.BatchNorm1d(4, track_running_stats=False)), (3,)),
    "LayerNorm": (_around(lambda: nn.LayerNorm(4)), (3,)), "LayerNorm plain": (_around(lambda: nn.LayerNorm(4, elementwise_affine=False)), (3,)),
    "LayerNorm without bias": (_around(lambda: nn.LayerNorm(4, bias=False)), (3,)), "LayerNorm of two": (lambda: nn.LayerNorm((2, 3)), (2, 3)),
    "Flatten": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 2)), (2, 3)), "Flatten some": (lambda: nn.Sequential(nn.Linear(3, 2), nn.Flatten(0, 1)), (2, 3)),
    "Identity": (_around(nn.Identity), (3,)), "LazyLinear": (lambda: nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(2)), (3,)),
    "MLP": (lambda: nn.MLP(3, [4, 4, 2], dropout=0.2), (3,)), "MLP of tanh": (lambda: nn.MLP(3, [4, 1], activation=nn.Tanh), (3,)),
    "residual": (Residual, (3,)), "tied": (Tied, (3,)), "containers": (Listed, (3,)),
}  # fmt: skip


def test_no_module_is_forgotten() -> None:
    shown = {m.__class__ for made, _ in MODULES.values() for m in made().modules()}
    others = {"Module", "Parameter", "UninitializedParameter", "History", "EarlyStopping", "Embedding"}  # the last stands below
    known = {name for name in nn.__all__ if name[0].isupper() and not name.endswith("Loss")} - others
    assert {kind.__name__ for kind in shown} >= known


def learning(compile: Compile, made: Callable[[], nn.Module], inputs: Callable[[int], Tensor], dtype: str = "float32") -> Iterator[Any]:
    """Steps of training on the squares of what a module says; then what it says in evaluation, without gradients, and in training again."""
    net = made().to(dtype)
    optimizer = optim.SGD([p for p in [*net.parameters()] or [ag.zeros(1, requires_grad=True)]], lr=0.1, momentum=0.9)

    @compile
    def step(x: Tensor) -> Any:
        optimizer.zero_grad()
        y = net(x)
        l = ag.square(y).mean()
        l.backward() if l.requires_grad else None
        optimizer.step()
        return y, l

    @compile
    def said(x: Tensor) -> Tensor:
        with ag.no_grad():
            return net(x)

    streams = [m.generator for m in net.modules() if isinstance(m, nn.Dropout) and m.generator]
    for mode in (True, False, True):
        net.train(mode)
        for i in range(5):
            yield (step if mode else said)(inputs(i)), net, optimizer, streams


@pytest.mark.parametrize("n", [1, 5])
@DTYPES
@pytest.mark.parametrize("name", MODULES)
@compiled_as_eager(replayed=9)
def test_every_module(compile: Compile, name: str, dtype: str, n: int) -> Iterator[Any]:
    made, shape = MODULES[name]
    if name.startswith("BatchNorm1d") and n == 1 and len(shape) == 1:
        n = 2  # one row has no variance
    yield from learning(compile, made, lambda i: rows(i, n, *shape, dtype=dtype), dtype)


@pytest.mark.parametrize("padding", [None, 0, -1])
@compiled_as_eager(replayed=9)
def test_embeddings(compile: Compile, padding: int | None) -> Iterator[Any]:
    def made() -> nn.Module:
        return nn.Sequential(nn.Embedding(4, 3, padding_idx=padding), nn.Flatten(), nn.Linear(6, 2))

    yield from learning(compile, made, lambda i: labels(i, 10, 4).reshape(5, 2))


# How the input lies in memory, and how few dimensions it may have.
LYING: dict[str, Callable[[int], Tensor]] = {
    "one row": lambda i: rows(i, 3), "turned": lambda i: rows(i, 3, 5).T, "every other": lambda i: rows(i, 10, 6)[::2, 1::2],
    "backwards": lambda i: rows(i, 5, 3).flip(0), "one row for all": lambda i: rows(i, 1, 3).expand(5, 3), "a part": lambda i: rows(i, 7, 3)[2:],
    "three dimensions": lambda i: rows(i, 4, 2, 3).permute(1, 0, 2), "no rows": lambda i: rows(i, 0, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", LYING)
@compiled_as_eager(replayed=9)
def test_however_the_input_lies(compile: Compile, name: str) -> Iterator[Any]:
    with np.errstate(all="ignore"):
        yield from learning(compile, mlp, LYING[name])


@compiled_as_eager(replayed=3)
def test_numbers_without_dimensions(compile: Compile) -> Iterator[Any]:
    w, b = ag.tensor(0.5, requires_grad=True), ag.tensor(-0.25, requires_grad=True)

    @compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        l = ag.square((w * x + b).tanh() - y)
        l.backward()
        with ag.no_grad():
            for p in (w, b):
                p -= 0.1 * p.grad
                p.grad = None
        return l

    for i in range(6):
        yield step(rows(i), rows(i + 50)), w, b


# What is read.
def test_what_numpy_has_no_name_for_is_called_as_its_row() -> None:
    @ag.compile
    def step(x: Tensor, y: Tensor) -> Any:
        parts = ag.stack([x.norm(dim=1), x.norm(dim=1)])
        return parts.sum(), x.argmax(1), nn.functional.cross_entropy(x, y)

    step(rows(0, 5, 3), labels(0, 5, 3))
    text = step.listing()
    for call in ("norm_2 = norm(x, ", "stack_2 = stack(0, ", "argmax_2 = argmax(x, 1, ", "cross_entropy_2 = cross_entropy(x, y)"):
        assert call in text, text
    assert "lambda" not in text and "compute" not in text


def named(compile: Compile, name: str) -> Any:
    """A step whose only tensor, a global, has this name."""
    source = f"def step(x):\n    l = ag.nn.linear(x, {name}).relu().sum() * {name}.sum()\n    l.backward()\n    return l.detach()"
    there = {"ag": types.SimpleNamespace(nn=nn.functional), name: ag.tensor([[1.0, 2.0]], requires_grad=True)}
    exec(source, there)
    return compile(there["step"])


def test_a_tensor_may_have_the_name_of_anything_in_the_code() -> None:
    step = named(ag.compile, "w")
    step(rows(0, 3, 2))
    program = step._threads.own.last
    replay = program.namespace["replay"].__code__
    names = {*program.namespace, *replay.co_varnames, *replay.co_names, *dir(builtins), "OUT", "OUTPUT", "args", "kwargs", "parts", "new"}
    for name in sorted(names):
        if name.isidentifier() and not keyword.iskeyword(name) and name not in ("ag", "x", "l", "step", "__debug__", "__builtins__"):
            step, eager = named(ag.compile, name), named(lambda f: f, name)
            got = [step(rows(i, 3, 2)).item() for i in range(4)]
            assert got == [eager(rows(i, 3, 2)).item() for i in range(4)]
            assert step.calls.replayed >= 2, name


def test_what_did_not_change_is_found_by_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fact may be any object, None among them; only numbers that are equal and another object are compared as numbers."""
    net = mlp()
    step = stepping(ag.compile, net)
    for i in range(3):
        step(*batch(i))
    monkeypatch.setattr(Program, "facts_hold", lambda self: pytest.fail("the facts were asked one by one"))
    for i in range(3):
        step(*batch(i))
    assert step.calls.replayed >= 3
