"""Networks, optimisers, schedules and loaders here and in PyTorch: the same numbers, names and order.

It runs where PyTorch happens to be installed, and is skipped elsewhere: nothing here depends on it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor

torch = pytest.importorskip("torch")


def same(ours: Any, theirs: Any, tol: float = 1e-9) -> None:
    """The same numbers in the same shape, NaN where there is NaN; of tensors, arrays, numbers, and what they stand in."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            same(ours[key], theirs[key], tol)
    elif isinstance(theirs, list | tuple):
        assert type(ours) is type(theirs) and len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            same(a, b, tol)
    elif isinstance(theirs, str) or theirs is None:
        assert ours == theirs
    else:
        mine = ours.detach().numpy() if isinstance(ours, Tensor) else np.asarray(ours)
        their = theirs.detach().numpy() if hasattr(theirs, "detach") else np.asarray(theirs)
        assert mine.shape == their.shape and mine.dtype.kind == their.dtype.kind, (mine.dtype, their.dtype)
        np.testing.assert_allclose(mine, their, rtol=tol, atol=tol)


def pair(x: Any, grad: bool = True) -> tuple[Any, Any]:
    """The same numbers in a tensor of each."""
    learns = grad and x.dtype.kind == "f"
    return ag.tensor(x, requires_grad=learns), torch.tensor(x, requires_grad=learns)


# Optimisers and schedules.
OPTIMISERS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": [0.1], "momentum": [0, 0.9], "nesterov": [False]},
    "Adam": {"betas": [(0.9, 0.999), (0.5, 0.3)], "amsgrad": [False, True]},
    "AdamW": {"weight_decay": [0.01, 0.5]},
    "NAdam": {"betas": [(0.9, 0.999), (0.5, 0.3)], "momentum_decay": [4e-3, 0.5], "decoupled_weight_decay": [False, True]},
    "Adamax": {"betas": [(0.9, 0.999), (0.5, 0.3)], "eps": [1e-8, 0.1]},
    "RMSprop": {"alpha": [0.5, 0.99], "centered": [False, True], "momentum": [0, 0.5]},
    "Adagrad": {"lr_decay": [0, 0.1]},
}


@pytest.mark.parametrize("name", OPTIMISERS)
@settings(max_examples=40)
@given(data=st.data())
def test_an_optimiser_walks_the_same_way(name: str, data: st.DataObject) -> None:
    chosen = {key: data.draw(st.sampled_from(values)) for key, values in OPTIMISERS[name].items()}
    chosen |= {"weight_decay": data.draw(st.sampled_from([0, 0.1])), "maximize": data.draw(st.booleans())}
    p, q = pair(np.array([1.0, -2.0, 0.5]))
    mine, their = getattr(nn.optim, name)([p], **chosen), getattr(torch.optim, name)([q], **chosen)
    for _ in range(data.draw(st.integers(1, 8))):
        p.grad, q.grad = pair(np.array(data.draw(st.lists(st.integers(-50, 50), min_size=3, max_size=3))) / 10.0, grad=False)
        mine.step()
        their.step()
        same(p, q)
    kept, other = mine.state_dict()["state"].get(0, {}), their.state_dict()["state"].get(0, {})
    assert {k for k, v in kept.items() if v is not None} == {k for k, v in other.items() if v is not None}


factors = st.sampled_from([0.1, 0.5, 0.9, 1.0])


@st.composite
def schedules(draw: Any, nested: bool = True) -> tuple[str, Callable[[Any, Any], Any]]:
    """A schedule by its name, and what makes it from an optimiser and the module that has it."""
    kinds: dict[str, dict[str, Any]] = {
        "StepLR": {"step_size": draw(st.integers(1, 5)), "gamma": draw(factors)},
        "MultiStepLR": {"milestones": sorted(draw(st.lists(st.integers(1, 20), max_size=4))), "gamma": draw(factors)},
        "ExponentialLR": {"gamma": draw(factors)},
        "LinearLR": {"start_factor": draw(factors), "end_factor": draw(factors), "total_iters": draw(st.integers(1, 10))},
        "CosineAnnealingLR": {"T_max": draw(st.integers(1, 10)), "eta_min": draw(st.sampled_from([0, 0.01]))},
        "CosineAnnealingWarmRestarts": {"T_0": draw(st.integers(1, 6)), "T_mult": draw(st.integers(1, 3)), "eta_min": 0.01},
        "LambdaLR": {"lr_lambda": lambda t: 1 / (1 + t)},
        "OneCycleLR": {
            "max_lr": [1.0, 0.2], "total_steps": 40, "pct_start": draw(st.sampled_from([0.0, 0.3, 0.45])),
            "anneal_strategy": draw(st.sampled_from(["cos", "linear"])), "three_phase": draw(st.booleans()),
        },
    }  # fmt: skip
    if nested and draw(st.booleans()):
        bounds = sorted(draw(st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True)))
        parts = [draw(schedules(nested=False)) for _ in range(len(bounds) + 1)]
        return "SequentialLR", lambda o, lib: lib.SequentialLR(o, [make(o, lib) for _, make in parts], bounds)
    name = draw(st.sampled_from(sorted(kinds.keys() - {"OneCycleLR"} if not nested else kinds)))
    return name, lambda o, lib: getattr(lib, name)(o, **kinds[name])


@settings(max_examples=150)
@given(schedules())
def test_a_schedule_gives_the_same_rates(schedule: tuple[str, Callable[[Any, Any], Any]]) -> None:
    _, make = schedule
    mine = nn.optim.SGD([{"params": ag.zeros(1), "lr": 1.0}, {"params": ag.zeros(1), "lr": 0.3}], momentum=0.5)
    their = torch.optim.SGD([{"params": torch.zeros(1), "lr": 1.0}, {"params": torch.zeros(1), "lr": 0.3}], momentum=0.5)
    ours, theirs = make(mine, nn.optim.lr_scheduler), make(their, torch.optim.lr_scheduler)
    for _ in range(30):
        same([g["lr"] for g in mine.param_groups], [g["lr"] for g in their.param_groups], 1e-12)
        same([g["momentum"] for g in mine.param_groups], [g["momentum"] for g in their.param_groups])
        same(ours.get_last_lr(), [g["lr"] for g in their.param_groups], 1e-12)
        their.step()
        ours.step()
        theirs.step()


# Loaders.
def listed(x: Any) -> Any:
    """Batches as lists; what is a tuple here is a list there, and numbers of Python become float32 here."""
    if isinstance(x, dict):
        return {k: listed(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [listed(v) for v in x]
    return x.tolist() if hasattr(x, "tolist") else x


@settings(max_examples=100)
@given(n=st.integers(1, 12), size=st.none() | st.integers(1, 5), drop=st.booleans(), data=st.data())
def test_a_loader_gives_the_same_batches(n: int, size: int | None, drop: bool, data: st.DataObject) -> None:
    sampler = data.draw(st.none() | st.lists(st.integers(0, n - 1), max_size=10))
    rows = [{"x": np.arange(2.0) + i, "name": str(i), "y": (i, [0.5 * i])} for i in range(n)]
    chosen: dict[str, Any] = {"batch_size": size, "drop_last": drop and size is not None, "sampler": sampler}
    if size is not None and data.draw(st.booleans()):
        bounds = range(0, n, size)
        chosen = {"batch_sampler": [list(range(n))[i : i + size] for i in bounds]}
    mine, their = nn.data.DataLoader(rows, **chosen), torch.utils.data.DataLoader(rows, **chosen)
    assert len(mine) == len(their)
    assert [listed(batch) for batch in mine] == [listed(batch) for batch in their]


def test_samplers_have_the_same_lengths_and_arguments() -> None:
    for name, arguments in {
        "RandomSampler": (range(5), True, 7),
        "SequentialSampler": (range(5),),
        "SubsetRandomSampler": ([1, 2],),
        "WeightedRandomSampler": ([0.5, 1.0], 4, True),
        "BatchSampler": (range(5), 2, True),
    }.items():
        assert len(getattr(nn.data, name)(*arguments)) == len(getattr(torch.utils.data, name)(*arguments))


# Layers and losses.
def both(make: Callable[[Any], Any], seed: int) -> tuple[Any, Any]:
    """The same network in each, in float64, with the same random parameters."""
    ours, theirs = make(nn).double(), make(torch.nn).double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    rng = np.random.default_rng(seed)
    state = {k: v.numpy() if v.dtype == torch.int64 else rng.uniform(0.1, 1, tuple(v.shape)) for k, v in theirs.state_dict().items()}
    ours.load_state_dict({k: np.array(v) for k, v in state.items()})
    theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
    return ours, theirs


def step(ours: Any, theirs: Any, x: Any) -> None:
    """The same outputs, gradients and states after one batch, forward and back."""
    a, b = pair(x)
    y, z = ours(a), theirs(b)
    same(y, z)
    w = np.cos(np.arange(y.numel())).reshape(y.shape)
    (y * ag.tensor(w)).sum().backward()
    (z * torch.tensor(w)).sum().backward()
    if a.requires_grad:
        same(a.grad, b.grad)
    for (name, p), (other, q) in zip(ours.named_parameters(), theirs.named_parameters()):
        assert name == other
        if q.grad is None:
            assert p.grad is None
        else:
            same(p.grad, q.grad)
    same(dict(ours.state_dict()), dict(theirs.state_dict()))


@settings(max_examples=100)
@given(
    n=st.integers(2, 5), c=st.integers(1, 4), length=st.none() | st.integers(1, 3), momentum=st.sampled_from([None, 0.1, 1.0]),
    affine=st.booleans(), track=st.booleans(), seed=st.integers(0, 999), training=st.lists(st.booleans(), min_size=1, max_size=4),
)  # fmt: skip
def test_batch_norm(n: int, c: int, length: int | None, momentum: Any, affine: bool, track: bool, seed: int, training: list[bool]) -> None:
    ours, theirs = both(lambda lib: lib.BatchNorm1d(c, 1e-3, momentum, affine, track), seed)
    shape = (n, c) if length is None else (n, c, length)
    for i, on in enumerate(training):
        ours.train(on)
        theirs.train(on)
        step(ours, theirs, np.random.default_rng(seed + i).normal(size=shape))


@settings(max_examples=100)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(1, 3), st.booleans(), st.booleans(), st.integers(0, 999))
def test_layer_norm(shape: list[int], k: int, affine: bool, bias: bool, seed: int) -> None:
    ours, theirs = both(lambda lib: lib.LayerNorm(shape[-k:], 1e-3, affine, bias), seed)
    step(ours, theirs, np.random.default_rng(seed).normal(size=shape))


@settings(max_examples=100)
@given(st.integers(1, 5), st.integers(1, 3), st.lists(st.integers(1, 4), max_size=2), st.none() | st.integers(-1, 0), st.integers(0, 999))
def test_embedding(rows: int, columns: int, shape: list[int], padding: int | None, seed: int) -> None:
    ours, theirs = both(lambda lib: lib.Embedding(rows, columns, padding), seed)
    step(ours, theirs, np.random.default_rng(seed).integers(0, rows, shape))


@settings(max_examples=100)
@given(
    st.sampled_from(["SELU", "LogSigmoid", "ELU", "GELU", "SiLU", "Softplus", "LeakyReLU", "Tanh", "PReLU"]),
    st.floats(-40, 40),
    st.integers(0, 99),
)
def test_activations(name: str, x: float, seed: int) -> None:
    ours, theirs = both(lambda lib: getattr(lib, name)(), seed)
    step(ours, theirs, np.array([[x, 0.0, -x / 7]]))


@settings(max_examples=150)
@given(
    n=st.integers(1, 4), c=st.integers(1, 4), seed=st.integers(0, 999), reduction=st.sampled_from(["none", "mean", "sum"]),
    zeros=st.none() | st.integers(0, 15), smoothing=st.sampled_from([0.0, 0.2, 1.0]), ignored=st.integers(-2, 4),
)  # fmt: skip
def test_cross_entropy(n: int, c: int, seed: int, reduction: str, zeros: int | None, smoothing: float, ignored: int) -> None:
    rng = np.random.default_rng(seed)
    (x, a), index = pair(rng.normal(size=(n, c))), rng.integers(0, c, n)
    w = None if zeros is None else np.array([0.0 if zeros >> i & 1 else i + 0.5 for i in range(c)])
    given_: dict[str, Any] = {"reduction": reduction, "label_smoothing": smoothing, "ignore_index": ignored}
    ours = nn.CrossEntropyLoss(w if w is None else ag.tensor(w), **given_)(x, ag.tensor(index))
    theirs = torch.nn.CrossEntropyLoss(w if w is None else torch.tensor(w), **given_)(a, torch.tensor(index))
    same(ours, theirs)
    if np.isfinite(theirs.detach().numpy()).all():
        ours.sum().backward()
        theirs.sum().backward()
        same(x.grad, a.grad)


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
@settings(max_examples=100)
@given(
    st.integers(1, 3), st.integers(1, 4), st.integers(0, 999), st.sampled_from(["none", "mean", "sum", "batchmean"]), st.booleans()
)  # fmt: skip
def test_divergence(n: int, c: int, seed: int, reduction: str, logs: bool) -> None:
    rng = np.random.default_rng(seed)
    (x, a), q = pair(rng.normal(size=(n, c))), rng.dirichlet(np.ones(c), n) + 0.01
    q = np.log(q) if logs else np.where(q < 0.2, 0.0, q)
    ours = nn.KLDivLoss(reduction=reduction, log_target=logs)(x, ag.tensor(q))
    theirs = torch.nn.KLDivLoss(reduction=reduction, log_target=logs)(a, torch.tensor(q))
    same(ours, theirs)
    ours.sum().backward()
    theirs.sum().backward()
    same(x.grad, a.grad)


def test_containers_have_the_same_names_and_length() -> None:
    def net(lib: Any, one: Any) -> Any:
        made = lib.Module()
        made.rows = lib.ModuleList([lib.Linear(1, 1), lib.Tanh()])
        made.rows += [lib.Linear(1, 2)]
        made.rows.insert(1, lib.LayerNorm(1))
        made.rows.pop(2)
        made.heads = lib.ModuleDict({"b": lib.Linear(1, 1), "a": lib.BatchNorm1d(1)})
        made.heads["c"] = lib.Embedding(2, 1)
        made.ps, made.pd = lib.ParameterList([one(1), one(2)]), lib.ParameterDict({"y": one(1), "z": one(2)})
        made.seq = lib.Sequential(lib.Linear(1, 1)) + lib.Sequential(lib.Tanh(), lib.Linear(1, 3))
        made.seq.append(lib.Linear(3, 1)).insert(0, lib.LayerNorm(1))
        made.shared = made.seq[1]
        return made

    ours, theirs = net(nn, ag.ones), net(torch.nn, torch.ones)
    assert list(ours.state_dict(prefix="p.")) == list(theirs.state_dict(prefix="p."))
    for names in ("named_parameters", "named_modules", "named_buffers"):
        for once in (True, False):
            assert [n for n, _ in getattr(ours, names)(remove_duplicate=once)] == [
                n for n, _ in getattr(theirs, names)(remove_duplicate=once)
            ]
    assert list(ours._modules) == list(theirs._modules) and list(ours.seq._modules) == list(theirs.seq._modules)
    assert list(ours.heads["a"]._buffers) == list(theirs.heads["a"]._buffers)
    assert ours.get_parameter("seq.1.weight").shape == tuple(theirs.get_parameter("seq.1.weight").shape)


# Small programs of lessons: written once, run here and there.
def start(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Where a parameter or a buffer starts: a count at 0, a variance above it."""
    return 0 if "num" in name else rng.uniform(0.5, 2, shape) if "var" in name else rng.normal(size=shape)


def letters(torch_: Any, nn_: Any, optim: Any, data: Any) -> tuple[Any, Any]:
    """The next letter from the two before it, by an embedding, a hidden layer with batch norm, and a schedule that warms up."""
    word = "the quick brown fox jumps over the lazy dog and runs away from the dog "
    known = {c: i for i, c in enumerate(sorted(set(word)))}
    x = torch_.tensor([[known[a], known[b]] for a, b in zip(word, word[1:-1])])
    y = torch_.tensor([known[c] for c in word[2:]])

    class Net(nn_.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.look = nn_.Embedding(len(known), 4)
            self.hidden = nn_.ModuleList([nn_.Linear(8, 16, bias=False), nn_.BatchNorm1d(16), nn_.SELU()])
            self.out = nn_.ModuleDict({"norm": nn_.LayerNorm(16), "linear": nn_.Linear(16, len(known))})

        def forward(self, x: Any) -> Any:
            x = self.look(x).flatten(1)
            for layer in self.hidden:
                x = layer(x)
            return self.out["linear"](self.out["norm"](x))

    net = Net().double()
    rng = np.random.default_rng(0)
    net.load_state_dict({k: torch_.tensor(start(k, tuple(v.shape), rng)) for k, v in net.state_dict().items()})
    loader = data.DataLoader(data.TensorDataset(x, y), 16, sampler=list(range(len(y)))[::-1], num_workers=0, pin_memory=False)
    optimizer = optim.NAdam(net.parameters(), lr=0.02, weight_decay=1e-3)
    warm = optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4)
    wave = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3)
    scheduler = optim.lr_scheduler.SequentialLR(optimizer, [warm, wave], [4])
    loss, losses = nn_.CrossEntropyLoss(label_smoothing=0.1), []
    for _ in range(12):
        for xs, ys in loader:
            optimizer.zero_grad()
            value = loss(net(xs), ys)
            value.backward()
            nn_.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            losses.append(value.item())
        scheduler.step()
    net.eval()
    return losses, net(x)


def scores(torch_: Any, nn_: Any, optim: Any, data: Any) -> tuple[Any, Any]:
    """Two distributions brought together by one cycle of the rate, with a divergence of logarithms as the loss."""
    rng = np.random.default_rng(1)
    rows = [{"x": torch_.tensor(a), "p": torch_.tensor(b)} for a, b in zip(rng.normal(size=(24, 3)), rng.dirichlet(np.ones(4), 24))]
    part = data.Subset(rows, range(12))
    whole = data.ConcatDataset([part, data.Subset(rows, range(12, 24))])
    net = nn_.Sequential(nn_.Linear(3, 8)) + nn_.Sequential(nn_.Tanh(), nn_.Linear(8, 4), nn_.LogSoftmax(dim=1))
    net.insert(1, nn_.BatchNorm1d(8, momentum=None))
    net = net.double()
    net.load_state_dict({k: torch_.tensor(start(k, tuple(v.shape), rng)) for k, v in net.state_dict().items()})
    loader = data.DataLoader(whole, batch_sampler=data.BatchSampler(data.SequentialSampler(whole), 5, drop_last=False))
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, 0.5, epochs=8, steps_per_epoch=len(loader))
    loss, losses = nn_.KLDivLoss(reduction="batchmean"), []
    for _ in range(8):
        for batch in loader:
            optimizer.zero_grad()
            value = loss(net(batch["x"]), batch["p"])
            value.backward()
            optimizer.step()
            losses.append(value.item())
            if len(losses) < 8 * len(loader):  # after the last batch there is no step
                scheduler.step()
    return losses, net.eval()(torch_.stack([row["x"] for row in rows]))


@pytest.mark.parametrize("program", [letters, scores])
def test_a_lesson_gives_the_same_numbers(program: Callable[..., tuple[Any, Any]]) -> None:
    ours, outputs = program(ag, nn, nn.optim, nn.data)
    theirs, others = program(torch, torch.nn, torch.optim, torch.utils.data)
    same(ours, theirs, 1e-7)
    same(outputs, others, 1e-7)
    assert ours[-1] < ours[0] / 2
