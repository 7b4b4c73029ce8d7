"""`fit` does what a loop by hand does, to the bit, and leaves nothing half done."""

import copy
import math
import pickle
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor
from nn import optim
from nn.data import DataLoader, TensorDataset
from nn.module import Module, Parameter
from nn.training import EarlyStopping, History, fit


class Line(Module):
    """y = w x, with a child; it notes the mode and the recording of every call."""

    def __init__(self, child: bool = True) -> None:
        super().__init__()
        self.w = Parameter(ag.zeros(1))
        self.seen: list[tuple[bool, bool]] = []
        if child:
            self.child = Line(False)

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append((self.training, ag.is_grad_enabled()))
        return self.w * x


class Descent:
    """The least that an optimizer is."""

    def __init__(self, model: Module, lr: float = 0.1) -> None:
        self.params, self.lr, self.steps = list(model.parameters()), lr, 0

    def zero_grad(self) -> None:
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        self.steps += 1
        for p in self.params:
            if p.grad is not None:
                p.data.sub_(p.grad, alpha=self.lr)


def square(output: Tensor, target: Tensor) -> Tensor:
    return ag.square(output - target).mean()


def far(output: Tensor, target: Tensor) -> float:
    """A metric in numpy, which a recorded output would refuse."""
    return float(abs(output.numpy() - target.numpy()).mean())


def rows(n: int, size: int, seed: int = 0) -> DataLoader:
    x = ag.randn(n, generator=ag.Generator().manual_seed(seed))
    return DataLoader(TensorDataset(x, 3 * x + 1), size)


@pytest.fixture
def two_threads() -> Iterator[None]:
    pytest.importorskip("threadpoolctl")
    before = ag.get_num_threads()
    ag.set_num_threads(2)
    yield
    ag.set_num_threads(before)


@pytest.mark.parametrize("batches", [lambda: rows(6, 3), lambda: [(ag.ones(3, 1), ag.ones(3, 1))], lambda: iter(rows(3, 3))])
@pytest.mark.parametrize(("small", "inside"), [(3, 1), (2, 2)])
@pytest.mark.parametrize("end", [None, KeyboardInterrupt, ZeroDivisionError])
def test_small_layers_are_trained_by_one_thread_and_then_all_are_back(
    two_threads: None, monkeypatch: pytest.MonkeyPatch, batches: Any, small: int, inside: int, end: Any
) -> None:
    monkeypatch.setattr("nn.training.SMALL", small)
    model, seen = Line(), []

    def loss(output: Tensor, target: Tensor) -> Tensor:
        seen.append(ag.get_num_threads())
        if end is not None:
            raise end
        return square(output, target)

    with pytest.raises(end) if end is ZeroDivisionError else nullcontext():
        fit(model, loss, Descent(model), batches(), progress=False)
    assert set(seen) == {inside} and ag.get_num_threads() == 2


def test_rows_of_sequences_count_and_what_is_unknown_changes_nothing(two_threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nn.training.SMALL", 59)
    for inputs, inside in ((ag.ones(2, 5, 3), 2), (ag.ones(2, 4, 3), 1), (SimpleNamespace(x=ag.ones(1, 3)), 2)):
        net, seen = nn.Linear(3, 2), []

        def loss(output: Tensor, target: Tensor, seen: list[int] = seen) -> Tensor:
            seen.append(ag.get_num_threads())
            return output.square().mean()

        class Model(Module):
            def __init__(self, net: Module = net) -> None:
                super().__init__()
                self.net = net

            def forward(self, x: Any) -> Tensor:
                return self.net(x.x if isinstance(x, SimpleNamespace) else x)

        fit(model := Model(), loss, Descent(model), [(inputs, ag.ones(2))], progress=False)
        assert seen == [inside] and ag.get_num_threads() == 2


def run(train: Any = None, **keywords: Any) -> tuple[Line, History]:
    model = Line()
    return model, fit(model, square, Descent(model), rows(10, 4) if train is None else train, progress=False, **keywords)


@given(n=st.integers(1, 20), size=st.integers(1, 8), epochs=st.integers(0, 4))
def test_it_is_the_loop_by_hand(n: int, size: int, epochs: int) -> None:
    train, valid = rows(n, size), rows(7, 3, seed=1)
    model, history = run(train, valid=valid, epochs=epochs, metrics={"far": far})
    hand = Line()
    optimizer = Descent(hand)
    wanted: dict[str, list[float]] = {}
    for _ in range(epochs):
        trained: list[tuple[float, float]] = []
        for x, y in train:
            optimizer.zero_grad()
            output = hand(x)
            loss = square(output, y)
            loss.backward()
            optimizer.step()
            trained += [(loss.item(), far(output.detach(), y))] * len(y)  # every row has the number of its batch
        tested = [(square(hand(x).detach(), y).item(), far(hand(x).detach(), y)) for x, y in valid for _ in y]
        for name, numbers in (("", trained), ("valid_", tested)):
            for key, column in zip(("loss", "far"), zip(*numbers)):
                wanted.setdefault(name + key, []).append(math.fsum(column) / len(column))
    assert model.w.equal(hand.w) and list(history) == list(wanted)
    for name, numbers in wanted.items():
        assert history[name] == pytest.approx(numbers, rel=1e-12)
    assert history.epochs == epochs and not history.interrupted


@given(
    kind=st.sampled_from(["SGD", "Adam", "AdamW", "NAdam", "RMSprop", "Adagrad"]),
    dropout=st.sampled_from([0.0, 0.3]),
    norm=st.booleans(),
    n=st.integers(2, 20),
    size=st.integers(2, 8),
    seed=st.integers(0, 9),
)
@settings(max_examples=20)
def test_compiled_it_gives_the_same_to_the_last_bit(kind: str, dropout: float, norm: bool, n: int, size: int, seed: int) -> None:
    def trained(as_program: bool) -> tuple[History, dict[str, Tensor], Tensor]:
        ag.manual_seed(seed)
        net = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5) if norm else nn.Tanh(), nn.Dropout(dropout), nn.Linear(5, 2))
        x, y = ag.randn(n, 3), ag.randint(0, 2, (n,))
        optimizer = getattr(nn.optim, kind)(net.parameters(), lr=0.05)
        schedule = nn.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        batches = DataLoader(TensorDataset(x, y), size, shuffle=True, drop_last=True) if n >= size else [(x, y)]
        history = fit(
            net, nn.CrossEntropyLoss(), optimizer, batches, [(x, y)], 4, {"right": lambda o, y: (o.argmax(1) == y).float().mean()},
            lambda epoch, history: schedule.step(), progress=False, compile=as_program,
        )  # fmt: skip
        return history, net.state_dict(), ag.rand(3)

    made: list[Any] = []

    def compiled(step: Any) -> Any:
        made.append(compile(step))
        return made[-1]

    compile = ag.compile
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(action="error"):
        patch.setattr(ag, "compile", compiled)
        (history, state, drawn), (eager, wanted, other) = trained(True), trained(False)
    (step,) = made
    assert step.calls.replayed > 0 == step.calls.eager
    assert history == eager and drawn.equal(other) and list(state) == list(wanted)
    assert all(state[name].equal(wanted[name]) for name in state)


def test_a_step_that_cannot_be_replayed_is_trained_all_the_same() -> None:
    model, wanted = run(epochs=3)
    other = Line()
    with pytest.warns(UserWarning) as caught:
        history = fit(other, square, Descent(other), rows(10, 4), epochs=3, progress=False, compile=True)  # it counts its steps
    assert len(caught) == 1 and history == wanted and other.w.equal(model.w) and other.seen == model.seen


def test_a_smaller_last_batch_counts_less() -> None:
    zeros, ones = ag.zeros(4), ag.ones(1)
    _, history = run([(zeros, zeros), (ones, ones)], metrics=[far])
    assert history == {"loss": [0.2], "far": [0.2]}


def test_training_records_and_validation_does_not() -> None:
    model, _ = run(rows(2, 1), valid=rows(1, 1), epochs=2)
    assert model.seen == [(True, True), (True, True), (False, False)] * 2


@pytest.mark.parametrize("end", [None, ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("mode", [True, False])
def test_every_module_gets_its_mode_back(mode: bool, end: type[BaseException] | None) -> None:
    model = Line()
    model.training, model.child.training = mode, not mode

    def metric(output: Tensor, target: Tensor) -> float:
        if end is not None:
            raise end("here")
        assert model.training is model.child.training is (len(target) == 5)
        return 0.0

    def go() -> History:
        return fit(model, square, Descent(model), rows(5, 5), rows(4, 4), metrics=[metric], progress=False)

    if end is ValueError:
        with pytest.raises(ValueError, match="here"):
            go()
    else:
        assert go().interrupted is (end is KeyboardInterrupt)
    assert (model.training, model.child.training) == (mode, not mode)


def test_a_loss_of_several_entries_is_averaged() -> None:
    model, one = run(epochs=3)
    other = Line()
    two = fit(other, lambda a, b: ag.square(a - b), Descent(other), rows(10, 4), epochs=3, progress=False)
    assert two["loss"] == pytest.approx(one["loss"]) and model.w.allclose(other.w)


def test_metrics_have_names_of_their_own() -> None:
    def mean(output: Tensor, target: Tensor) -> Tensor:
        return target.mean()

    _, history = run(metrics=[far, mean], valid=rows(3, 3))
    assert list(history) == ["loss", "far", "mean", "valid_loss", "valid_far", "valid_mean"]
    assert all(type(number) is float for numbers in history.values() for number in numbers)
    for wrong in ([far, far], {"loss": far}, [partial(far)], [lambda a, b: 0, lambda a, b: 1]):
        model = Line()
        with pytest.raises(ValueError, match="names of their own"):
            fit(model, square, Descent(model), rows(3, 1), metrics=wrong)  # type: ignore[arg-type]
        assert not model.seen


def test_what_can_be_walked_over_once_is_refused_before_training() -> None:
    for name in ("train", "valid"):
        model = Line()
        data: dict[str, Any] = {"train": rows(3, 1), "valid": rows(3, 1)}
        data[name] = iter(data[name])
        with pytest.raises(ValueError, match=f"{name} can be walked over only once, but there are 2 epochs"):
            fit(model, square, Descent(model), epochs=2, progress=False, **data)
        assert not model.seen
        assert fit(model, square, Descent(model), epochs=1, progress=False, **data).epochs == 1


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"loss": nn.MSELoss}, r"got the class MSELoss; write MSELoss\(...\)"),
        ({"loss": 3}, r"called as fn\(output, target\), got int"),
        ({"optimizer": nn.MSELoss()}, r"needs zero_grad\(\) and step\(\), got MSELoss; the order is fit"),
        ({"optimizer": nn.optim.SGD}, "got SGD; the order"),
        ({"train": nn.data.TensorDataset(ag.ones(2, 1), ag.ones(2, 1))}, r"train must give batches, got TensorDataset; use DataLoader"),
        ({"valid": ag.ones(2, 1)}, "valid must give batches, got Tensor"),
        ({"valid": 3}, "valid must give batches, got int"),
        ({"metrics": ["accuracy"]}, "a metric is called as fn.*got str 'accuracy'"),
        ({"callbacks": [nn.EarlyStopping]}, "got the class EarlyStopping"),
        ({"callbacks": "StepLR"}, "wrap it: lambda epoch, history: scheduler.step"),
        ({"train": [ag.ones(2, 1)]}, r"train must give batches \(inputs, target\), got Tensor .*; use DataLoader"),
        ({"train": [(ag.ones(2, 1),)]}, "got 1 things"),
        ({"metrics": {"wide": lambda output, target: output}}, r"wide must be one number a batch, got a tensor of shape \(2, 1\)"),
    ],
)
def test_what_is_no_such_argument_is_refused(changes: Any, message: str) -> None:
    net = nn.Linear(1, 1)
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    if changes.get("callbacks") == "StepLR":
        changes = {"callbacks": [nn.optim.lr_scheduler.StepLR(optimizer, 1)]}
    batches = [(ag.ones(2, 1), ag.ones(2, 1))]
    with pytest.raises(TypeError, match=message):
        fit(net, **{"loss": nn.MSELoss(), "optimizer": optimizer, "train": batches, **changes})


def test_an_optimizer_of_another_model_is_refused_and_answers_of_numpy_count() -> None:
    net, batches = nn.Linear(1, 1), [(ag.ones(2, 1), ag.ones(2, 1))]
    with pytest.raises(ValueError, match="holds no parameter of this model"):
        fit(net, nn.MSELoss(), nn.optim.SGD(nn.Linear(1, 1).parameters()), batches)
    optimizer = nn.optim.SGD(net.parameters())
    for yes in (np.bool_(True), ag.tensor(True)):
        assert fit(net, nn.MSELoss(), optimizer, batches, epochs=5, callbacks=lambda e, h, yes=yes: yes).epochs == 1
    for no in (None, 1, "text", np.bool_(False)):
        assert fit(net, nn.MSELoss(), optimizer, batches, epochs=2, callbacks=lambda e, h, no=no: no).epochs == 2


def test_one_callback_and_one_metric_need_no_list() -> None:
    net, seen = nn.Linear(1, 1), list[int]()
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    scheduler = nn.optim.lr_scheduler.StepLR(optimizer, 1)

    def error(output: Any, target: Any) -> Any:
        return (output - target).abs().mean()

    def after(epoch: int, history: Any) -> None:
        scheduler.step()
        seen.append(epoch)

    history = fit(net, nn.MSELoss(), optimizer, [(ag.ones(2, 1), ag.ones(2, 1))], epochs=2, metrics=error, callbacks=after)
    assert seen == [1, 2] and len(history["error"]) == 2 and optimizer.param_groups[0]["lr"] == pytest.approx(0.001)


def test_no_rows_no_loss_and_no_such_number_of_epochs_are_refused() -> None:
    for train, valid, name in (([], None, "train"), (rows(0, 3), None, "train"), (rows(3, 3), [], "valid")):
        with pytest.raises(ValueError, match=f"{name} gave no rows"):
            run(train, valid=valid)
    with pytest.raises(ValueError, match="epochs must be at least 0, got -1"):
        run(epochs=-1)
    model = Line()
    with pytest.raises(TypeError, match="the loss must return a Tensor, got float"):
        fit(model, lambda a, b: 0.5, Descent(model), rows(3, 1), progress=False)


def test_callbacks_see_every_epoch_and_true_ends_the_training() -> None:
    seen: list[Any] = []

    def stop(epoch: int, history: History) -> bool:
        return epoch == 3

    def note(epoch: int, history: History) -> int:
        seen.append((epoch, history.epochs, len(history["loss"])))
        return 1  # true, but not True

    _, history = run(epochs=10, callbacks=[stop, note])
    assert seen == [(1, 1, 1), (2, 2, 2), (3, 3, 3)] and history.epochs == 3 and not history.interrupted


@pytest.mark.parametrize("where", ["train", "valid", "callback", "record"])
@pytest.mark.parametrize("at", [1, 3])
def test_ctrl_c_keeps_the_complete_epochs_only(monkeypatch: pytest.MonkeyPatch, where: str, at: int) -> None:
    model, calls = Line(), {"train": 0, "valid": 0}

    class Batches:
        def __init__(self, name: str) -> None:
            self.name = name

        def __iter__(self) -> Iterator[Any]:
            calls[self.name] += 1
            yield from rows(4, 2)
            if self.name == where and calls[self.name] == at:
                raise KeyboardInterrupt

    def callback(epoch: int, history: History) -> None:
        if where == "callback" and epoch == at:
            raise KeyboardInterrupt

    def record(history: History, numbers: dict[str, float]) -> None:
        if where == "record" and calls["train"] == at:
            history.setdefault("loss", []).append(numbers["loss"])
            raise KeyboardInterrupt
        original(history, numbers)

    original = History.record
    monkeypatch.setattr(History, "record", record)
    history = fit(model, square, Descent(model), Batches("train"), Batches("valid"), 5, callbacks=[callback], progress=False)
    complete = at if where == "callback" else at - 1
    assert history.interrupted is True and history.epochs == complete
    assert {len(numbers) for numbers in history.values()} <= {complete} and "interrupted" in repr(history)
    assert model.training and ag.is_grad_enabled()


def test_a_loss_that_is_not_finite_is_recorded() -> None:
    model = Line()
    with pytest.warns(UserWarning, match="the loss became nan at step 1, with a learning rate of unknown size"):
        history = fit(model, lambda a, b: square(a, b) * math.nan, Descent(model), rows(4, 2), epochs=2, progress=False)
    assert len(history["loss"]) == 2 and all(map(math.isnan, history["loss"])) and "loss nan" in repr(history)


@pytest.mark.parametrize("name", ["SGD", "Adam", "NAdam", "RMSprop", "Adagrad"])
@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.L1Loss()], ids=repr)
def test_a_training_that_diverges_says_so_once_in_words_of_its_own(name: str, loss: Any) -> None:
    net = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
    x = ag.randn(16, 2, generator=ag.Generator().manual_seed(0))
    optimizer = getattr(nn.optim, name)(net.parameters(), lr=1e30)
    with pytest.warns() as caught:
        fit(net, loss, optimizer, [(x, 1e3 * x[:, :1])] * 2, [(x, x[:, :1])], epochs=6, progress=False)
    (said,) = caught
    text = str(said.message)
    assert said.filename == __file__ and re.search(r"^the loss became (inf|nan) at step \d+, with a learning rate of 1e\+30: ", text)
    assert "detect_anomaly" in text
    with pytest.raises(ag.AnomalyError), ag.detect_anomaly():
        fit(net, loss, optimizer, [(x, x[:, :1])], progress=False)


def accuracy(output: Any, target: Any) -> Any:
    return ((output > 0) == target).float().mean()


def distance(output: Any, target: Any) -> Any:
    return (output - target).abs().mean()


def converted(output: Any, target: Any) -> Any:
    return (target.float().detach() <= output.round()).float().mean()


@pytest.mark.parametrize("metric", [accuracy, distance, converted])
@pytest.mark.parametrize("wide", ["output", "target"])
def test_a_metric_that_pairs_every_row_with_every_other_is_told_once(metric: Any, wide: str) -> None:
    net = nn.Linear(1, 1) if wide == "output" else nn.Sequential(nn.Linear(1, 1), nn.Flatten(0))
    x, y = ag.randn(6, 1), ag.ones(6)
    target = y if wide == "output" else y.unsqueeze(1)

    def loss(output: Any, target: Any) -> Any:
        return nn.functional.mse_loss(output.flatten(), target.flatten())

    optimizer = nn.optim.SGD(net.parameters())
    batches = [(x, target), (x, target)]
    with pytest.warns(
        UserWarning, match=rf"the metric '{metric.__name__}' combines an output of shape .* so that each of 6 rows meets all of them"
    ) as caught:
        fit(net, loss, optimizer, batches, batches, epochs=3, metrics=metric, progress=False)
    assert len(caught) == 1 and caught[0].filename == __file__

    def right(output: Any, target: Any) -> Any:
        return metric(output.flatten(), target.flatten())

    def classes(output: Any, target: Any) -> Any:  # compares within each alone
        copied = copy.deepcopy(target) == copy.copy(target)
        return (output == output).float().mean() + (target == target).float().mean() + copied.float().mean()

    fit(net, loss, optimizer, batches, batches, metrics={"right": right, "classes": classes}, progress=False)  # a warning is an error here
    fit(net, loss, optimizer, [(x[:1], target[:1])], metrics=metric, progress=False)  # of one row there is one pair


class Bar:
    """Stands in for tqdm on a terminal."""

    made: list["Bar"] = []  # noqa: RUF012

    def __init__(self, **keywords: Any) -> None:
        self.keywords, self.shown, self.done, self.open = keywords, [], 0, True
        Bar.made.append(self)

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *exc: object) -> None:
        self.open = False

    def set_postfix(self, numbers: dict[str, str], refresh: bool) -> None:
        assert not refresh  # drawn as often as tqdm likes, not for every epoch
        self.shown.append(numbers)

    def update(self) -> None:
        self.done += 1


def test_a_bar_shows_the_latest_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=Bar))
    Bar.made.clear()
    model = Line()
    history = fit(model, square, Descent(model), rows(4, 2), rows(2, 2), epochs=3)
    (bar,) = Bar.made
    assert bar.keywords["total"] == bar.done == 3 and bar.keywords["disable"] is None and not bar.open
    assert bar.shown == [{name: f"{numbers[i]:.4g}" for name, numbers in history.items()} for i in range(3)]
    fit(model, square, Descent(model), rows(4, 2), progress=False)
    assert len(Bar.made) == 1


@pytest.mark.parametrize("there", [True, False])
def test_without_a_terminal_or_tqdm_nothing_is_shown(
    there: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not there:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    model = Line()
    assert fit(model, square, Descent(model), rows(4, 2), epochs=2).epochs == 2
    assert capsys.readouterr() == ("", "")


# Early stopping: by hand, an epoch is good when it passes the best so far by more than min_delta.
@given(
    numbers=st.lists(st.integers(-5, 5).map(float) | st.just(math.nan), min_size=1, max_size=15),
    patience=st.integers(1, 4), mode=st.sampled_from(["min", "max"]), delta=st.integers(0, 2),
)  # fmt: skip
def test_it_stops_after_epochs_without_progress(numbers: list[float], patience: int, mode: str, delta: int) -> None:
    good, best = [], None
    for x in numbers:
        up = -x if mode == "min" else x
        good.append(up == up and (best is None or up > best + delta))
        best = up if good[-1] else best
    stop = EarlyStopping(patience, "x", mode, delta)
    for n in range(1, len(numbers) + 1):
        assert stop(n, History(x=numbers[:n])) is (n >= patience and not any(good[n - patience : n]))


def test_early_stopping_ends_a_training() -> None:
    _, history = run(rows(4, 4), valid=rows(4, 4), epochs=500, callbacks=[EarlyStopping(patience=3, min_delta=1e-3)])
    assert 5 < history.epochs < 400 and history["valid_loss"][-4] == pytest.approx(history["valid_loss"][-1], abs=4e-3)
    with pytest.raises(KeyError, match="no 'valid_loss' to watch; the history has loss"):
        run(callbacks=[EarlyStopping()])
    with pytest.raises(KeyError, match="no 'valid_loss' to watch; the history has no numbers"):
        EarlyStopping()(1, History())


@given(
    numbers=st.lists(st.integers(0, 5) | st.just(math.nan), min_size=1, max_size=8), how=st.sampled_from(["end", "stop", "ctrl-c", "error"])
)
def test_the_weights_of_the_best_epoch_come_back_however_it_ends(numbers: list[float], how: str) -> None:
    model, left = Line(), iter(numbers)
    model.register_buffer("calls", ag.tensor(0))

    def loss(output: Any, target: Any) -> Any:
        if ag.is_grad_enabled():
            return square(output, target)
        model.calls.add_(1)  # of validation: the epoch
        return ag.tensor(float(next(left)))

    def end(epoch: int, history: History) -> bool:
        weights.append(model.w.item())
        if epoch == len(numbers) and how != "end":
            if how == "stop":
                return True
            raise KeyboardInterrupt if how == "ctrl-c" else ZeroDivisionError
        return False

    weights: list[float] = []
    stop = EarlyStopping(patience=100, restore_best_weights=True)
    epochs = len(numbers) if how == "end" else 20
    with pytest.raises(ZeroDivisionError) if how == "error" else nullcontext():
        fit(model, loss, Descent(model), rows(4, 2), rows(2, 2), epochs, callbacks=[stop, end], progress=False)
    known = [x for x in numbers if x == x]
    best = numbers.index(min(known)) if known else len(numbers) - 1
    assert model.w.item() == weights[best] and model.calls.item() == best + 1
    with pytest.raises(ValueError, match="only one EarlyStopping can restore"):
        run(callbacks=[stop, stop])
    with pytest.raises(TypeError, match="restore_best_weights must be True or False"):
        EarlyStopping(restore_best_weights="yes")  # type: ignore[arg-type]


def test_ctrl_c_before_the_best_weights_are_copied_leaves_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Line()
    copies: list[float] = []
    original = Line.state_dict

    def state_dict(self: Line, **keywords: Any) -> Any:
        copies.append(self.w.item())
        if len(copies) == 3:
            raise KeyboardInterrupt
        return original(self, **keywords)

    monkeypatch.setattr(Line, "state_dict", state_dict)
    stop = EarlyStopping(monitor="loss", restore_best_weights=True)
    history = fit(model, square, Descent(model), rows(4, 4), epochs=9, callbacks=stop, progress=False)
    assert history.interrupted and history.epochs == 3 and model.w.item() == copies[2] != copies[1]


def test_early_stopping_refuses_nonsense() -> None:
    for wrong, match in (
        ({"mode": "best"}, "'min' or 'max', got 'best'"),
        ({"patience": 0}, "got 0 and 0"),
        ({"min_delta": -1}, "got 5 and -1"),
    ):
        with pytest.raises(ValueError, match=match):
            EarlyStopping(**wrong)  # type: ignore[arg-type]


def test_a_history_reads_well_and_can_be_kept() -> None:
    history = History()
    assert repr(history) == "History(0 epochs)"
    history.record({"loss": 0.123456})
    assert repr(history) == "History(1 epoch: loss 0.1235)"
    history.interrupted = True
    kept = pickle.loads(pickle.dumps(history))
    assert kept == history and kept.epochs == 1 and kept.interrupted and repr(kept) == "History(1 epoch, interrupted: loss 0.1235)"
    assert isinstance(history, dict)


def test_a_training_that_is_watched_is_the_same_one(tmp_path: Path) -> None:
    def trained(**given: Any) -> tuple[History, list[bytes]]:
        ag.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
        x = ag.randn(60, 2)
        batches = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), 10, shuffle=True)
        history = fit(net, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.05), batches, batches, epochs=5, progress=False, **given)
        return history, [p.detach().numpy().tobytes() for p in net.parameters()]

    plain, weights = trained()
    assert plain.view is None
    for compile in (False, True):
        history, watched = trained(watch=True, compile=compile)
        assert watched == weights and history == plain and history.view.steps == 30
        assert [step for step, _ in history.view.curve.points] == [*range(1, 31)] and len(history.view.snapshots) == 2
    assert "<svg" in Path(history.view.save(tmp_path / "run.html")).read_text()
    with pytest.raises(TypeError, match="watch"):
        trained(watch="yes")


def test_ctrl_c_leaves_what_was_watched() -> None:
    net, x = nn.Linear(2, 1), ag.randn(4, 2)

    def stop(epoch: int, history: History) -> None:
        if epoch == 3:
            raise KeyboardInterrupt

    history = fit(
        net, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.1), [(x, x[:, :1])], epochs=9, callbacks=stop, watch=True, progress=False
    )
    assert history.interrupted and history.view.steps == 3 and history.view.html.startswith("<!doctype html>")
