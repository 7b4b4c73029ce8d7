"""The loop that everybody writes: batches, epochs, validation, and numbers of each epoch to look at afterwards.

`fit` does what a loop by hand would do, and remembers what such a loop forgets: evaluation mode while validating and the
former mode at the end, averages that give a smaller last batch its due weight, and a history that survives Ctrl-C. It says once what
would otherwise be found out late: a loss that is no number any more, and outputs that are compared with every target.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, SupportsFloat

import numpy as np

import autograd as ag
from autograd import Tensor
from autograd.errors import described, flag_of, int_of, name_of, number_of
from nn.data import Dataset
from nn.module import Module
from nn.parameter import UninitializedParameter

__all__ = ["EarlyStopping", "History", "fit"]

Batches = Iterable[tuple[Any, Any]]
Measure = Callable[[Any, Any], Any]
SMALL = 2**24  # multiplications of a layer: with one thread some milliseconds


class _Optimizer(Protocol):
    def zero_grad(self) -> Any: ...
    def step(self) -> Any: ...


class History(dict[str, list[float]]):
    """What was measured: for every name a list with one number for each epoch.

    ``epochs`` is how many epochs are complete, ``interrupted`` whether Ctrl-C ended the training; ``view`` is what was watched of it,
    where it was, to be saved: ``history.view.save("run.html")``.

    >>> history = History()
    >>> history.record({"loss": 0.5, "accuracy": 0.75})
    >>> history.record({"loss": 0.25, "accuracy": 1.0})
    >>> history
    History(2 epochs: loss 0.25, accuracy 1)
    >>> history["loss"]
    [0.5, 0.25]
    """

    epochs: int = 0
    interrupted: bool = False
    view: Any = None

    def record(self, numbers: Mapping[str, float]) -> None:
        """Add the numbers of one more epoch."""
        if not isinstance(numbers, Mapping):
            raise TypeError(f"History.record takes a dict from names to numbers, got {described(numbers)}")
        for name, number in numbers.items():
            self.setdefault(name, []).append(number)
        self.epochs += 1

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {numbers[-1]:.4g}" for name, numbers in self.items() if numbers)
        epochs = f"{self.epochs} epoch{'s' * (self.epochs != 1)}{', interrupted' * self.interrupted}"
        return f"History({epochs}: {last})" if last else f"History({epochs})"


@dataclass(frozen=True)
class EarlyStopping:
    """A callback of `fit`: stop after ``patience`` epochs in a row in which ``monitor`` did not improve.

    To improve is to pass the best number so far by more than ``min_delta``, downwards (mode "min") or upwards ("max"); NaN
    never does. The weights stay those of the last epoch; with ``restore_best_weights`` `fit` brings those of the best epoch back at the
    end, however it ends (the state of the optimiser stays). It reads the history only, so one instance serves any number of trainings.
    Raises ValueError for another mode, patience < 1 or min_delta < 0; a call raises KeyError where the history has no such number.

    >>> history = History(valid_loss=[3.0, 2.0, 2.5, 2.0])
    >>> EarlyStopping(patience=2)(4, history), EarlyStopping(patience=3)(4, history)
    (True, False)
    """

    patience: int = 5
    monitor: str = "valid_loss"
    mode: str = "min"
    min_delta: float = 0
    restore_best_weights: bool = False

    def __post_init__(self) -> None:
        name_of(self.mode, "mode", "min", "max")
        if int_of(self.patience, "patience", 0) < 1 or not number_of(self.min_delta, "min_delta") >= 0:
            raise ValueError(f"patience must be at least 1 and min_delta at least 0, got {self.patience} and {self.min_delta}")
        flag_of(self.restore_best_weights, "restore_best_weights")

    def best_epoch(self, history: Mapping[str, list[float]]) -> int:
        """The last epoch that improved on all before it, the first being 1; 0 where none did."""
        if not isinstance(history, Mapping):
            raise TypeError(f"EarlyStopping is called with the epoch and a History, got {described(history)}")
        if self.monitor not in history:
            raise KeyError(f"there is no {self.monitor!r} to watch; the history has {', '.join(map(str, history)) or 'no numbers'}")
        sign = 1 if self.mode == "min" else -1
        best, at = float("inf"), 0
        for epoch, number in enumerate(history[self.monitor], 1):
            if sign * number < best - self.min_delta:
                best, at = sign * number, epoch
        return at

    def __call__(self, epoch: int, history: History) -> bool:
        best = self.best_epoch(history)
        return len(history[self.monitor]) - best >= self.patience


def _callable(what: str, given: Any, call: str) -> None:
    if isinstance(given, type):
        raise TypeError(f"{what} is called as {call}, got the class {given.__name__}; write {given.__name__}(...)")
    if not callable(given):
        hint = "; wrap it: lambda epoch, history: scheduler.step()" if hasattr(given, "get_last_lr") else ""
        raise TypeError(f"{what} is called as {call}, got {described(given)}{hint}")


def _stops(answer: Any) -> bool:
    return answer is True or (isinstance(answer, np.bool_ | Tensor) and bool(answer))


def _pair(name: str, batch: Any) -> tuple[Any, Any]:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        got = f"{len(batch)} things" if isinstance(batch, tuple | list) else described(batch)
        raise TypeError(f"{name} must give batches (inputs, target), got {got}; use DataLoader(TensorDataset(inputs, target), batch_size)")
    return batch[0], batch[1]


def _length(name: str, target: Any) -> int:
    try:
        return len(target)
    except TypeError:
        raise TypeError(f"{name} must give batches (inputs, target) with rows in the target, got {described(target)}") from None


def _named(metrics: Mapping[str, Measure] | Sequence[Measure] | Measure) -> dict[str, Measure]:
    """The metrics by name."""
    if callable(metrics):
        metrics = [metrics]
    if not isinstance(metrics, Mapping | list | tuple):
        raise TypeError(f"metrics is a dict of functions fn(output, target), or a list of them, got {described(metrics)}")
    pairs = list(metrics.items()) if isinstance(metrics, Mapping) else [(getattr(m, "__name__", ""), m) for m in metrics]
    for _, metric in pairs:
        _callable("a metric", metric, "fn(output, target)")
    names = [name for name, _ in pairs]
    if len({"", "loss", *names}) != len(names) + 2:
        raise ValueError(f"metrics need names of their own, other than 'loss', got {names}; use a dict")
    return dict(pairs)


class _Target(Tensor):
    """A target that notes in ``paired`` when an operator broadcasts it against an output, (n, 1) against (n,) to (n, n).

    Python asks a subclass first, so that it need not stand on the left.
    """

    __slots__ = ("paired",)

    def __init__(self, target: Tensor, paired: list[str]) -> None:
        super().__init__(target)
        self.paired = paired


def _noting(name: str) -> Callable[[Any, Any], Any]:
    plain = getattr(Tensor, name)

    def operator(self: Any, other: Any) -> Any:
        if isinstance(other, Tensor) and sorted((self.shape, other.shape)) == [(len(self),), (len(self), 1)]:
            getattr(self, "paired", []).append(name)  # a copy has no list
        return plain(self, other)

    return operator


def _kept(name: str) -> Callable[..., Any]:
    plain = getattr(Tensor, name)
    return lambda self, *args, **given: _Target(plain(self, *args, **given), getattr(self, "paired", []))


for _name in ("eq", "ne", "lt", "le", "gt", "ge", "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv"):
    setattr(_Target, f"__{_name}__", _noting(f"__{_name}__"))
for _name in ("bool", "int", "long", "float", "double", "to", "detach"):
    setattr(_Target, _name, _kept(_name))


class _Warnings:
    """What one training says once, on the line that called `fit`."""

    def __init__(self, optimizer: _Optimizer) -> None:
        self.optimizer, self.steps, self.lost, self.paired = optimizer, 0, False, False

    def of_loss(self, value: float) -> None:
        """After each step: is the loss a number still?"""
        self.steps += 1
        if not self.lost and not math.isfinite(value):
            self.lost = True
            rates = dict.fromkeys(str(group.get("lr")) for group in getattr(self.optimizer, "param_groups", ()))
            warnings.warn(
                f"the loss became {value} at step {self.steps}, with a learning rate of {', '.join(rates) or 'unknown size'}: "
                "try a smaller one, or clip the gradients; to see what made it, call fit inside `with autograd.detect_anomaly():`",
                stacklevel=4,
            )

    def measured(self, key: str, metric: Measure, output: Any, target: Any) -> Any:
        """What a metric gives for the first batch, which shows whether it pairs what it should compare."""
        paired: list[str] = []
        watched = type(output) is type(target) is Tensor and target.ndim and len(target) > 1 and not self.paired
        number = metric(output, _Target(target, paired) if watched else target)
        if paired:
            self.paired = True
            warnings.warn(
                f"the metric {key!r} combines an output of shape {output.shape} with a target of shape {target.shape} so that each of "
                f"{len(target)} rows meets all of them, in {paired[0]}; give both one shape, by .squeeze(1) on the one with two dimensions",
                stacklevel=4,
            )
        return number


def _step(model: Module, loss: Measure, optimizer: _Optimizer | None = None) -> Callable[[Any, Any], tuple[Any, Tensor]]:
    """What is done with a batch, learning where there is an optimizer: the output and the loss."""

    def step(inputs: Any, target: Any) -> tuple[Any, Tensor]:
        output = model(inputs)
        value = loss(output, target)
        if not isinstance(value, Tensor):
            raise TypeError(f"the loss must return a Tensor, got {described(value)}")
        value = value.mean() if value.ndim else value
        if optimizer is not None:
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        return output, value

    return step


def _run(
    name: str,
    step: Callable[[Any, Any], tuple[Any, Tensor]],
    metrics: dict[str, Measure],
    batches: Batches,
    said: _Warnings,
    learns: bool = False,
    view: Any = None,
    begin: Callable[[Any], None] | None = None,
) -> dict[str, float]:
    """One walk over the batches: the averages over all rows."""
    totals, rows = dict.fromkeys(("loss", *metrics), 0.0), 0
    for batch in batches:
        inputs, target = _pair(name, batch)
        size = _length(name, target)
        if begin is not None and not rows:
            begin(inputs)
        with np.errstate(all="ignore"):  # what overflows shows in the loss
            output, value = step(inputs, target)
        if learns:
            said.of_loss(number := value.item())
            if view is not None:
                view.step(number)
        with ag.no_grad():
            seen = output.detach() if isinstance(output, Tensor) else output
            measured: dict[str, Any] = {"loss": value}
            for key, metric in metrics.items():
                measured[key] = metric(seen, target) if rows else said.measured(key, metric, seen, target)
        for key, number in measured.items():
            if isinstance(number, Tensor) and number.numel() != 1:
                raise TypeError(f"{key} must be one number a batch, got a tensor of shape {number.shape}; add .mean()")
            if not isinstance(number, SupportsFloat):
                raise TypeError(f"{key} must be one number a batch, got {described(number)}")
            totals[key] += float(number) * size
        rows += size
    if not rows:
        raise ValueError(f"{name} gave no rows: is it empty, used up, or smaller than one batch with drop_last?")
    return {key: total / rows for key, total in totals.items()}


def _is_small(model: Module, inputs: Any) -> bool:
    """Are the products of all layers, for a batch of these inputs, so small that threads wait for each other longer than they save?"""
    if not isinstance(inputs, Tensor) or not inputs.ndim or not inputs.numel():
        return False
    rows = inputs.numel() // (inputs.shape[-1] if inputs.ndim > 1 else 1)  # also of sequences: all but the last axis
    return all(rows * p.numel() <= SMALL for p in model.parameters() if not isinstance(p, UninitializedParameter))


def _bar(epochs: int) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return nullcontext()
    return tqdm(total=epochs, desc="epochs", disable=None)  # None: only on a terminal


def fit(
    model: Module,
    loss: Measure,
    optimizer: _Optimizer,
    train: Batches,
    valid: Batches | None = None,
    epochs: int = 1,
    metrics: Mapping[str, Measure] | Sequence[Measure] | Measure | None = None,
    callbacks: Sequence[Callable[[int, History], Any]] | Callable[[int, History], Any] | None = None,
    progress: bool = True,
    compile: bool = False,
    watch: bool = False,
) -> History:
    """Train ``model`` for some epochs and return the numbers of each.

    ``train`` and ``valid`` give batches (inputs, target), anew for every epoch: a `DataLoader`, or a list. ``loss`` and the
    ``metrics`` (a dict by name, or a list of functions with names) are called as ``fn(output, target)``. A loss of several
    entries is averaged before backward; a metric returns one number. The history has the averages over all rows, a batch
    counting by the length of its target, as "loss", the metrics' names, and the same with "valid_" in front. The training
    loss of an epoch is that of the weights as they were at each batch.

    Training is in training mode; validation in evaluation mode, recording nothing. However the training ends, every module
    is back in the mode it came in. Each callback is called as ``fn(epoch, history)`` after every epoch, the first being 1;
    one that returns True ends the training. So does Ctrl-C, which leaves the weights as they are and drops the epoch it came
    in. A schedule is the callback ``lambda epoch, history: scheduler.step()``. With tqdm installed, a bar shows the latest
    numbers on a terminal.

    With ``compile``, a step of the training goes through `autograd.compile`: the same numbers to the last bit, in less time, most of all
    where layers are small. A step that cannot be replayed runs as it stands, of which a warning tells once.

    Where all layers are small, numpy multiplies by one thread until the end of the training, if the package threadpoolctl is installed:
    on a machine that is busy, threads that wait for each other can make it many times slower.

    With ``watch``, the training can be watched, and looked at afterwards, also one that Ctrl-C has ended: a notebook shows it as it goes,
    ``history.view.save("run.html")`` writes it as a page (see `autograd.watch`, which watches other loops). No number changes.

    Warns once where the loss is NaN or infinite, instead of what numpy has to say on the way there, and once where a metric combines an
    output (n, 1) with a target (n,) to (n, n).

    Raises ValueError for epochs < 0, metrics without names of their own, iterators that can be walked over only once where
    there are several epochs, and for no batches; TypeError where an argument is not what is asked for, a batch no pair, a
    loss no Tensor. What can be seen from the arguments is refused before anything is trained.

    >>> from nn import Linear, MSELoss, optim
    >>> net, x = Linear(1, 1), ag.linspace(-1, 1, 8).reshape(4, 2, 1)
    >>> history = fit(net, MSELoss(), optim.SGD(net.parameters(), lr=0.1), [(rows, 3 * rows) for rows in x], epochs=50)
    >>> history.epochs, history["loss"][-1] < 1e-3
    (50, True)
    """
    epochs = int_of(epochs, "epochs", 0)
    if not isinstance(model, Module):
        raise TypeError(f"fit trains a Module, got {described(model)}; the order is fit(model, loss, optimizer, train)")
    for name, batches in (("train", train), ("valid", valid)):
        if epochs > 1 and isinstance(batches, Iterator):
            raise ValueError(f"{name} can be walked over only once, but there are {epochs} epochs; give a DataLoader or a list")
        if isinstance(batches, Dataset | Tensor) or not (isinstance(batches, Iterable) or (batches is None and name == "valid")):
            raise TypeError(f"{name} must give batches, got {described(batches)}; use DataLoader(dataset, batch_size)")
    _callable("the loss", loss, "fn(output, target)")
    if not (hasattr(optimizer, "zero_grad") and hasattr(optimizer, "step")) or isinstance(optimizer, type):
        got = optimizer.__name__ if isinstance(optimizer, type) else type(optimizer).__name__
        raise TypeError(f"the optimizer needs zero_grad() and step(), got {got}; the order is fit(model, loss, optimizer, train)")
    held = [id(p) for group in getattr(optimizer, "param_groups", ()) for p in group["params"]]
    if held and not {id(p) for p in model.parameters()} & set(held):
        raise ValueError(f"the optimizer holds no parameter of this model, a {type(model).__name__}; was it made for an earlier one?")
    if not (callbacks is None or callable(callbacks) or isinstance(callbacks, list | tuple)):
        raise TypeError(f"callbacks is a function fn(epoch, history), or a list of them, got {described(callbacks)}")
    called = [callbacks] if callable(callbacks) else list(callbacks or ())
    for callback in called:
        _callable("a callback", callback, "fn(epoch, history)")
    keepers = [callback for callback in called if isinstance(callback, EarlyStopping) and callback.restore_best_weights]
    if len(keepers) > 1:
        raise ValueError(f"only one EarlyStopping can restore its best weights, got {len(keepers)}")
    named, said = _named({} if metrics is None else metrics), _Warnings(optimizer)
    kept: tuple[int, dict[str, Tensor]] = (0, {})  # the best epoch, with its weights
    progress = flag_of(progress, "progress")
    learn, test = _step(model, loss, optimizer), _step(model, loss)
    if flag_of(compile, "compile"):
        learn = ag.compile(learn)
    history, modes = History(), [(m, m.training) for m in model.modules()]
    history.view = ag.watch(model) if flag_of(watch, "watch") else None
    threads = ag.get_num_threads()
    try:
        with (epochs and history.view) or nullcontext(), _bar(epochs) if progress else nullcontext() as bar:

            def begin(inputs: Any) -> None:
                if threads > 1 and _is_small(model, inputs):
                    ag.set_num_threads(1)
                    if bar is not None and ag.get_num_threads() == 1:
                        bar.set_description("epochs, one thread")

            for epoch in range(1, epochs + 1):
                model.train()
                numbers = _run("train", learn, named, train, said, learns=True, view=history.view, begin=begin if epoch == 1 else None)
                if valid is not None:
                    model.eval()
                    with ag.no_grad():
                        tested = _run("valid", test, named, valid, said)
                    numbers |= {f"valid_{name}": number for name, number in tested.items()}
                history.record(numbers)
                if keepers and keepers[0].best_epoch(history) == epoch:
                    kept = (epoch, {key: t.clone() for key, t in model.state_dict().items()})
                if bar is not None:
                    bar.set_postfix({name: f"{number:.4g}" for name, number in numbers.items()}, refresh=False)
                    bar.update()
                if any([_stops(callback(epoch, history)) for callback in called]):  # a list: all are called
                    break
    except KeyboardInterrupt:
        history.interrupted = True
        for recorded in history.values():
            del recorded[history.epochs :]
    finally:
        if ag.get_num_threads() != threads:
            ag.set_num_threads(threads)
        for module, mode in modes:
            module.training = mode
        # Where Ctrl-C came between the end of the best epoch and its copy, the weights are those of that epoch still.
        if kept[0] and keepers[0].best_epoch(history) == kept[0]:
            model.load_state_dict(kept[1])
    return history
