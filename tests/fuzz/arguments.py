"""Arguments for random calls, right and wrong ones, each made anew, so that no call sees what another has done."""

import copy
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, Value, ValueTensor
from autograd.faces.dtypes import DTYPES
from autograd.testing.strategies import DOMAINS, NONZERO, Interval, floats

Make = Callable[[Random], Any]  # of one argument

SHAPES = [(), (0,), (1,), (2,), (3,), (2, 3), (3, 2), (1, 3), (2, 1), (3, 3), (0, 3), (2, 3, 2), (1, 2, 3), (2, 1, 2, 3)]
# 2**70 fits no size of numpy's, 10**400 no float. Sizes in between, which would take gigabytes and which a machine may or may
# not have, are left out: that is for the machine to say.
HUGE = [2**70, -(2**70), 10**400]


def tensor(rng: Random, shape: Any = None, dtype: Any = None, grad: bool | None = None) -> Tensor:
    shape = rng.choice(SHAPES) if shape is None else shape
    dtype = np.dtype(dtype or rng.choice(["float32", "float32", "float64", *DTYPES]))
    numbers = np.array([rng.choice([-2.5, -1.0, 0.0, 0.5, 1.0, 2.0]) for _ in range(int(np.prod(shape)))]).reshape(shape)
    if dtype.kind == "f" and rng.random() < 0.1 and numbers.size:
        numbers.flat[0] = rng.choice([np.nan, np.inf, -np.inf])
    made = Tensor((np.abs(numbers) if dtype.kind == "u" else numbers).astype(dtype))
    if dtype.kind == "f" and (rng.random() < 0.3 if grad is None else grad):
        made.requires_grad_()
        if rng.random() < 0.3:
            return made * 2  # recorded
    return made


def floating(rng: Random) -> Tensor:
    return tensor(rng, dtype=rng.choice(["float32", "float64"]))


def leaf(rng: Random) -> Tensor:
    p = tensor(rng, dtype="float32", grad=False).requires_grad_()
    if rng.random() < 0.6:
        p.grad = ag.ones_like(p)
    return p


def value(rng: Random) -> Value:
    v = Value(rng.choice([-1.5, 0.0, 1.0, 2.0, 1e300, np.nan, np.inf]), rng.random() < 0.7)
    return v * 2 if rng.random() < 0.2 else v


def grid(rng: Random) -> ValueTensor:
    return ValueTensor(tensor(rng, dtype="float64", grad=False))


def endless(_: Random) -> list[Any]:
    held: list[Any] = [1.0]
    held.append(held)
    return held


def endless_dict(_: Random) -> dict[str, Any]:
    held: dict[str, Any] = {}
    held["self"] = held
    return held


def array(rng: Random) -> Any:
    shape = rng.choice(SHAPES)
    a = np.ones(shape, rng.choice(["float32", "float64", "int64", "int8", "complex128", "float16", "bool", "<U2", "datetime64[s]"]))
    return a[()] if rng.random() < 0.3 and not shape else a


def chosen(*things: Any) -> Make:
    return lambda rng: copy.copy(rng.choice(things))


number = chosen(0, 1, 2, -1, 3, 0.5, -0.5, 2.5, 1e-3, 1e300)
size = chosen(0, 1, 2, 3, 5)
dim = chosen(0, -1, 1, 2, -2, -3, 4, (0, 1), (), (0, 0), [0], None)
flag = chosen(True, False)


class Thing:
    """Of no kind that anybody knows."""

    def __init__(self, *args: Any) -> None:
        pass


class Liar:
    """Says that it has a shape and a dtype, as arrays have."""

    shape, dtype, ndim = (2,), np.dtype("float32"), 1


def steps() -> Iterator[int]:
    yield from (1, 2)


def odd(rng: Random) -> Any:
    """A wrong thing, in most places."""
    make = rng.choice([
        chosen("a", "", "mean", "ij,jk->ik", "cpu", "float32", b"x"), chosen(1j, float("nan"), float("inf"), -float("inf"), *HUGE),
        chosen(None, Ellipsis), chosen(True, False), number, number, array, array, value, tensor, tensor, grid,
        chosen([], [1, 2], [1.0, 2.0], [[1], [2, 3]], [[1, 2], [3, 4]], ["a"], [None], [[]], [1, "a"], [[1, 2], 3]), endless, endless_dict,
        chosen((), (1,), (2, 3), (1, (2,)), ("a", 1)), chosen({}, {"a": 1}, {1, 2}, frozenset(), {"params": []}),
        lambda r: np.array([Value(1.0), "a", None], object), lambda r: np.array([Value(1.0), Value(2.0)], object),
        lambda r: [value(r), 1.0], lambda r: [tensor(r), tensor(r)], lambda r: (tensor(r), tensor(r)), lambda r: steps(),
        chosen(Thing, Tensor), lambda r: lambda *a, **k: None, lambda r: Thing(), lambda r: Liar(),
        chosen(ag.float32, np.float64, ag.int64, range(3), slice(0, 2), np.float32(2), np.int64(1), np.bool_(True)),
        lambda r: nn.Linear(2, 3), lambda r: ag.Generator(), lambda r: ag.add, chosen(NONZERO, DOMAINS["log"]), lambda r: st.integers(0, 2),
    ])  # fmt: skip
    return make(rng)


def network(rng: Random) -> Any:
    return rng.choice([
        lambda: nn.Linear(2, 3), lambda: nn.MLP(3, [2, 1], dropout=0.5), lambda: nn.Sequential(nn.Linear(3, 2), nn.Tanh()),
        lambda: nn.LazyLinear(2), lambda: nn.Identity(), lambda: nn.Sequential(),
    ])()  # fmt: skip


def optimizer(rng: Random) -> Any:
    kind = rng.choice([getattr(nn.optim, name) for name in nn.optim.__all__ if name not in ("Optimizer", "lr_scheduler")])
    return kind([leaf(rng) for _ in range(rng.choice([1, 2]))], lr=0.1)


def dataset(rng: Random) -> Any:
    n = rng.choice([1, 2, 4, 5])
    rows = ag.ones(n, 3)
    return rng.choice([nn.data.TensorDataset(rows, ag.arange(n)), rows, list(range(n)), nn.data.Subset(list("abcde"), [0, 2])])


def several(make: Make, most: int = 3) -> Make:
    return lambda rng: [make(rng) for _ in range(rng.randint(0, most))]


def of(*makes: Make) -> Make:
    return lambda rng: rng.choice(makes)(rng)


def same_shaped(rng: Random) -> Tensor:
    """Often of one shape with others: an input and its target."""
    return tensor(rng, rng.choice([(2, 3), (2, 3), (2,), (2, 1)]))


def into(path: str) -> Make:
    return lambda rng: os.path.join(FILES.name, rng.choice([path, "missing/dir/" + path, "", "w.safetensors", "g.svg", "not.npz"]))


FILES = tempfile.TemporaryDirectory()
Path(FILES.name, "not.npz").write_bytes(b"PK nothing")
ag.save({"weight": ag.zeros(2, 3), "a": [1, "b", Value(2.0)]}, os.path.join(FILES.name, "w.npz"))

functional = of(lambda r: lambda *xs: sum((x * x).sum() if isinstance(x, Tensor) else x * x for x in xs), lambda r: lambda *xs: xs[0] * 2)
losses = of(lambda r: nn.MSELoss(), lambda r: lambda o, t: o.mean(), lambda r: nn.CrossEntropyLoss())
batches = of(
    lambda r: nn.data.DataLoader(nn.data.TensorDataset(ag.ones(4, 3), ag.ones(4, 1)), 2), lambda r: [(ag.ones(2, 3), ag.ones(2, 1))]
)

# What fits a parameter of this name ...
NAMED: dict[str, Make] = {
    **dict.fromkeys(
        ["x", "y", "z", "a", "b", "data", "tensor", "obj", "other", "input", "target", "self", "value", "gradient", "mean", "std", "m"],
        of(tensor, tensor, floating, number),
    ),
    **dict.fromkeys(["dim", "axis", "dims", "dim0", "dim1", "start_dim", "end_dim", "diagonal"], dim),
    **dict.fromkeys(
        [
            "keepdim",
            "requires_grad",
            "retain_graph",
            "create_graph",
            "allow_unused",
            "unbiased",
            "shuffle",
            "drop_last",
            "bias",
            "training",
            "inplace",
        ],
        flag,
    ),
    **dict.fromkeys(
        ["nesterov", "maximize", "amsgrad", "centered", "set_to_none", "strict", "recurse", "persistent", "mode", "equal_nan"], flag
    ),
    **dict.fromkeys(["weights_only", "error_if_nonfinite", "progress", "backward", "module_names"], flag),
    **dict.fromkeys(["shape", "size", "sizes"], of(chosen((2, 3), (2,), (), (-1,), (3, -1), [2, 3], (0,)), size)),
    **dict.fromkeys(
        ["n", "m", "k", "steps", "num_classes", "in_features", "out_features", "num_parameters", "batch_size", "nin", "seed", "step_size"],
        size,
    ),
    **dict.fromkeys(["T_max", "patience", "cooldown", "last_epoch", "step", "threshold", "num_workers", "epoch"], size),
    **dict.fromkeys(
        [
            "low",
            "high",
            "start",
            "end",
            "p",
            "correction",
            "rtol",
            "atol",
            "min",
            "max",
            "alpha",
            "delta",
            "beta",
            "margin",
            "gain",
            "val",
            "fill_value",
            "lr",
            "momentum",
        ],
        number,
    ),
    **dict.fromkeys(
        ["dampening", "weight_decay", "eps", "lr_decay", "initial_accumulator_value", "gamma", "factor", "eta_min", "min_lr", "metrics"],
        number,
    ),
    **dict.fromkeys(
        ["label_smoothing", "negative_slope", "param", "max_norm", "clip_value", "norm_type", "min_delta", "init", "dropout", "rtol"],
        number,
    ),
    "dtype": chosen(ag.float32, ag.float64, ag.int64, "float32", float, int, bool, np.uint8, "int8", None),
    "generator": of(chosen(None), lambda r: ag.Generator().manual_seed(1)),
    "tensors": several(tensor),
    "equation": chosen("ij,jk->ik", "i,i->", "ii->i", "ij->ji", "i,j", "i->ii", "...i", "ij,j", "i1", "->", "ij,jk->iz"),
    "operands": tensor,
    "split_size_or_sections": of(size, chosen([1, 1], [2, 1], [0, 2])),
    **dict.fromkeys(["num_samples", "chunks", "minlength", "decimals"], size),
    **dict.fromkeys(
        ["descending", "stable", "largest", "sorted", "return_inverse", "return_counts", "replacement", "density", "as_tuple", "warn_only"],
        flag,
    ),
    "bins": of(size, lambda r: ag.arange(4).float(), chosen(4)),
    "range": chosen(None, (0, 1), (-1.0, 2.0), (1, 0)),
    "mask": lambda r: tensor(r, dtype="bool"),
    "src": of(tensor, number),
    "source": tensor,
    "out": of(chosen(None), tensor),
    "ord": chosen(None, 1, 2, "fro", np.inf, -1),
    "indexing": chosen("ij", "xy", "yx"),
    "device": chosen("cpu", None, "cuda", "cpu:0", ag.device("cpu")),
    "approximate": chosen("none", "tanh"),
    "reduction": chosen("none", "mean", "sum"),
    "weight": of(tensor, lambda r: ag.ones(r.choice([1, 2, 3])), chosen(None)),
    "pos_weight": of(tensor, chosen(None)),
    "params": of(several(leaf), lambda r: [{"params": leaf(r), "lr": 0.5}], lambda r: [{"params": [leaf(r)], "oops": 1}], several(value)),
    "parameters": several(leaf),
    "param_group": of(lambda r: {"params": leaf(r)}, lambda r: {"params": [leaf(r)], "lr": -1.0}),
    "betas": chosen((0.9, 0.999), (0.5,), (2, 3)),
    "closure": of(chosen(None), lambda r: lambda: 1.0),
    "optimizer": optimizer,
    "scheduler": of(chosen(None), lambda r: nn.optim.lr_scheduler.StepLR(optimizer(r), 2)),
    "lr_lambda": lambda r: lambda epoch: 0.5,
    "milestones": chosen([1, 2], [], (3,)),
    **dict.fromkeys(["max_lr", "pct_start", "start_factor", "end_factor", "div_factor", "momentum_decay", "beta1"], number),
    **dict.fromkeys(
        ["total_steps", "total_iters", "T_0", "T_mult", "steps_per_epoch", "num_features", "embedding_dim", "num_samples"], size
    ),
    **dict.fromkeys(
        ["three_phase", "cycle_momentum", "affine", "freeze", "log_target", "remove_duplicate", "keep_vars", "replacement"], flag
    ),
    **dict.fromkeys(["restore_best_weights", "decoupled_weight_decay", "elementwise_affine", "track_running_stats", "pin_memory"], flag),
    "num_embeddings": size,
    "padding_idx": of(chosen(None), number),
    "normalized_shape": of(chosen((2, 3), (2,), (), [2, 3]), size),
    "anneal_strategy": chosen("cos", "linear", "square"),
    "schedulers": of(lambda r: [nn.optim.lr_scheduler.StepLR(optimizer(r), 2)], chosen([])),
    "running_mean": of(chosen(None), lambda r: ag.zeros(3)),
    "running_var": of(chosen(None), lambda r: ag.ones(3)),
    "data_source": dataset,
    "sampler": of(chosen(None, [0, 1], range(3)), lambda r: nn.data.RandomSampler(range(3))),
    "batch_sampler": chosen(None, [[0, 1], [2]]),
    "weights": of(chosen([0.5, 1.0], [0.0], [], None), floating, tensor),
    "datasets": several(dataset),
    "values": several(tensor),
    "parts": of(several(tensor), lambda r: {"a": tensor(r)}, lambda r: {"a": network(r)}, several(network)),
    "part": of(tensor, network),
    "memo": chosen(None),
    "destination": of(chosen(None), lambda r: {}),
    "embeddings": lambda r: ag.ones(3, 2),
    "outputs": of(lambda r: leaf(r) * 2, lambda r: (leaf(r) * 2).sum(), value, several(value)),
    "output": of(lambda r: (leaf(r) * 2).sum(), value),
    "roots": of(value, tensor),
    "inputs": of(floating, value, several(floating), several(value)),
    "grad_outputs": of(chosen(None), tensor, several(tensor)),
    "v": of(floating, several(floating), chosen(None)),
    "func": functional,
    "fn": lambda r: lambda module: None,
    "hook": lambda r: lambda *a: None,
    "modules": several(network),
    "module": network,
    "model": network,
    "param": of(lambda r: nn.Parameter(tensor(r, dtype="float32")), chosen(None)),
    "name": chosen("w", "", "a.b", "weight", "train"),
    "prefix": chosen("", "net"),
    "state_dict": of(
        lambda r: nn.Linear(2, 3).state_dict(), lambda r: optimizer(r).state_dict(), chosen({"weight": [[1, 2]]}, {"state": {}})
    ),
    "state": lambda r: ag.Generator().get_state(),
    "dataset": dataset,
    "indices": chosen([0, 1], [], range(2), [-1], [7]),
    "index": of(size, chosen([0, 1], slice(0, 2))),
    "rows": chosen([0, 1], [2], []),
    "items": several(of(tensor, number, lambda r: (1, 0.5))),
    "lengths": chosen([0.5, 0.5], [2, 2], [1, 3], [0.3], []),
    "array": array,
    "nouts": chosen([2, 1], [3], (2,), []),
    "activation": chosen(nn.ReLU, nn.Tanh, nn.Linear, nn.ReLU()),
    "nonlinearity": chosen("relu", "tanh", "leaky_relu", "selu", "none"),
    "train": batches,
    "valid": of(chosen(None), batches),
    "loss": losses,
    "epochs": chosen(0, 1, 2),
    "path": into("w.npz"),
    "other_shape": size,
    "key": of(size, chosen((0, 1), slice(None), None, Ellipsis, [0, 1], (slice(0, 1), None), [True, False])),
    "history": lambda r: nn.History(valid_loss=[1.0, 2.0], loss=[1.0]),
    "row": chosen([1.0, 2.0], [[1.0, 2.0]], [1.0, 2.0, 3.0]),
    "numbers": chosen({"loss": 1.0}, {}),
    "layout": chosen("forward", "mirror", "backward"),
    "precision": chosen(2, 4, None, -1),
    "names": of(chosen(None, "x", {"x": 1}), lambda r: {"x": value(r)}),
    "spec": chosen("", ".2f", "5", "z"),
    "ndigits": chosen(None, 0, 2),
    "label": chosen(None, "x"),
    **dict.fromkeys(["min_dims", "max_dims", "max_side", "depth", "layers", "width", "batch"], size),
    **dict.fromkeys(["empty", "scalars"], flag),
    "bound": number,
    "color": of(chosen("auto", "grad", "value", "saturation", None), lambda r: {value(r): number(r)}),
    "compute": lambda r: lambda *xs: xs[0],
}
# ... or a parameter of this one target.
OWN: dict[str, Make] = {
    "fit.metrics": of(chosen(None), lambda r: {"m": lambda o, t: 1.0}, lambda r: [lambda o, t: 1.0]),
    "EarlyStopping.mode": chosen("min", "max"),
    "ReduceLROnPlateau.mode": chosen("min", "max"),
    "kaiming_uniform_.mode": chosen("fan_in", "fan_out"),
    "kaiming_normal_.mode": chosen("fan_in", "fan_out"),
    "norm.p": chosen(1, 2, 3, "fro", np.inf, -1, 0),
    "bernoulli.p": lambda r: tensor(r).sigmoid() if r.random() < 0.7 else tensor(r),
    "bernoulli_.p": chosen(0, 0.5, 1, 2),
    "one_hot.tensor": lambda r: ag.arange(3),
    "Parameter.data": tensor,
    "Generator.device": chosen("cpu"),
    **dict.fromkeys(
        ["gather.index", "scatter_.index", "scatter_add_.index", "index_add_.index", "index_select.index"],
        lambda r: tensor(r, dtype="int64"),
    ),
    "ReduceLROnPlateau.threshold_mode": chosen("rel", "abs"),
    "summary.input": of(tensor, chosen((2, 3))),
    "Op.name": chosen("row"),
    **dict.fromkeys(["floats.at", "arguments.at"], chosen(None, None, "kinks", "zeros", "tiny", "huge", "nonfinite")),
    **dict.fromkeys(["values.elements", "tensors.elements"], of(chosen(None), lambda r: floats(), lambda r: st.just(0.5))),
    "Interval.kinks": chosen((), (0.0,), (0.5, 1)),
    "Interval.every": chosen(0.0, 1.0, -1, 0.3),
    "floats.domain": chosen(NONZERO, Interval(), Interval(0, 1), Interval(kinks=(0.5,), every=1.0), DOMAINS["log"], DOMAINS["maximum"][0]),
    "arguments.row": lambda r: r.choice(
        [
            ag.tanh,
            ag.maximum,
            ag.tan,
            "log",
            "//",
            "sum",
            "@",
            "max",
            "norm",
            "cat",
            "std",
            "[]",
            "einsum",
            "tanhh",
            "argmax",
            nn.functional.softmax,
        ]
    ),
    "arguments.shape": of(chosen(None), chosen((2, 3), (2,), ()), lambda r: st.just((2, 2))),
    "expressions.ops": chosen(None, ["tanh", "*"], ("softmax", "+"), "tanh", []),
    "mlps.activations": chosen(["tanh"], ("relu", "sin"), [], "tanh", ["softmax"]),
    **{
        f"{loss}.{name}": same_shaped
        for loss in nn.functional.__all__
        if "_loss" in loss or "entropy" in loss
        for name in ("input", "target")
    },
    **{f"{loss}().{name}": same_shaped for loss in nn.__all__ if loss.endswith("Loss") for name in ("input", "target")},
    **{f"{name}.tensor": floating for name in nn.init.__all__},
}
# An epoch is what was asked for, and 2**70 of them have no end: no hang, but no test either.
ENDLESS = {"epochs"}
