"""What cannot be recorded runs eagerly, with one warning that names the line; with ``fullgraph=True`` it is an error."""

from __future__ import annotations

import contextlib
import datetime
import functools
import io
import itertools
import math
import random
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor
from nn import optim
from tests.autograd.compiling.stories import Compile, compiled_as_eager, hold, mlp, place, rows

F = nn.functional


# What asks a tensor for its numbers.
def item(x: Tensor) -> Tensor:
    k = x.sum().item()  # here
    return x * k


def as_float(x: Tensor) -> Tensor:
    return x * float(x.detach().sum())  # here


def as_int(x: Tensor) -> Tensor:
    return x * int(x.sum() * 10)  # here


def as_index(x: Tensor) -> Tensor:
    return x * [1.0, 2.0, 3.0][x.argmax()]  # here


def as_bool(x: Tensor) -> Tensor:
    if x.sum() > 0:  # here
        return x * 2
    return x - 1


def as_condition(x: Tensor) -> Tensor:
    return x * 2 if (x > 0).any() and not (x > 1).any() else x  # here


def as_loop(x: Tensor) -> Tensor:
    while x.norm() > 0.5:  # here
        x = x / 2
    return x


def as_assertion(x: Tensor) -> Tensor:
    assert not x.isnan().any()  # here
    return x * 2


def printed(x: Tensor) -> Tensor:
    print(x)  # here
    return x * 2


def printed_inside(x: Tensor) -> Tensor:
    y = x * 2
    print("y is", [y])  # here
    return y


def in_a_text(x: Tensor) -> Tensor:
    y = x.sum()
    print(f"{y:.3f}")  # here
    return y * x


def as_list(x: Tensor) -> Tensor:
    return x * sum(x.tolist())  # here


def as_array(x: Tensor) -> Tensor:
    a = x.detach().numpy()  # here
    return x * float(np.median(a))


def by_numpy(x: Tensor) -> Tensor:
    a = np.asarray(x.detach())  # here
    return x * ag.from_numpy(np.sort(a))


def data_to_numpy(x: Tensor) -> Tensor:
    y = (x * 2).detach()
    y.numpy()[0] = 5.0  # here
    return x * y


def by_math(x: Tensor) -> Tensor:
    return x * math.exp(x.detach().sum())  # here


def contained(x: Tensor) -> Tensor:
    return x * 2 if 0.5 in (x > 0).float() * 0.5 else x  # here


def equal(x: Tensor) -> Tensor:
    return x * 2 if x.equal(x.abs()) else x  # here


def close(x: Tensor) -> Tensor:
    return x * 2 if ag.allclose(x, x.abs()) else x  # here


def by_largest(x: Tensor) -> Tensor:
    return x * max(x)  # here


def in_order(x: Tensor) -> Tensor:
    return x * sorted(x.detach(), key=float)[0]  # here


ASKING = [
    item, as_float, as_int, as_index, as_bool, as_condition, as_loop, as_assertion, printed, printed_inside, in_a_text, as_list, as_array, by_numpy,
    data_to_numpy, by_math, contained, equal, close, by_largest, in_order,
]  # fmt: skip


def calling(compile: Compile, body: Callable[[Tensor], Tensor], inside: bool = False, calls: int = 6) -> Iterator[Any]:
    """The story of a function of one leaf, its gradient, and what it prints."""

    def within(x: Tensor) -> Tensor:
        y = body(x)
        y.sum().backward()
        return y

    f = compile(within if inside else body)
    for i in range(calls):
        x = rows(i, 3, requires_grad=True)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            y = f(x)
        if not inside:
            y.sum().backward()
        yield y, x, out.getvalue()


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("body", ASKING, ids=lambda f: f.__name__)
def test_a_tensor_is_asked_for_its_numbers(body: Callable[..., Any], inside: bool) -> None:
    hold(lambda compile: calling(compile, body, inside), falls_back=body)


# Numbers from elsewhere, which nobody can foresee.
GENERATOR = np.random.default_rng(0)
SOURCE = random.Random(0)


def python_random(x: Tensor) -> Tensor:
    return x * random.random()  # here


def python_choice(x: Tensor) -> Tensor:
    return random.choice([x * 2, x * 3])  # here


def own_random(x: Tensor) -> Tensor:
    return x * SOURCE.uniform(0, 1)  # here


def numpy_random(x: Tensor) -> Tensor:
    return x + ag.tensor(np.random.rand(3))  # here


def numpy_number(x: Tensor) -> Tensor:
    return x * np.random.normal()  # here


def numpy_generator(x: Tensor) -> Tensor:
    return x * GENERATOR.normal()  # here


FORESEEN = [python_random, python_choice, own_random, numpy_random, numpy_number, numpy_generator]


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("body", FORESEEN, ids=lambda f: f.__name__)
def test_random_numbers_of_python_and_numpy(body: Callable[..., Any], inside: bool) -> None:
    def story(compile: Compile) -> Iterator[Any]:
        random.seed(0), SOURCE.seed(0), np.random.seed(0)
        GENERATOR.bit_generator.state = np.random.default_rng(0).bit_generator.state
        yield from calling(compile, body, inside)

    hold(story, falls_back=body)


@pytest.mark.parametrize("clock", [time.time, time.perf_counter, time.monotonic, time.time_ns, lambda: datetime.datetime.now().timestamp()])
@compiled_as_eager()
def test_the_time(compile: Compile, clock: Callable[[], float]) -> Iterator[Any]:
    f = compile(lambda x: x * 0 + (clock() - start))
    start = 0.0
    x = ag.zeros(1, dtype=ag.float64)
    for _ in range(6):
        before = clock()
        time.sleep(0.001)
        yield f(x).item() >= before


# State of Python's that changes with each call.
def _counter(compile: Compile) -> Iterator[Any]:
    n = 0

    @compile
    def f(x: Tensor) -> Tensor:
        nonlocal n
        n += 1
        return x * n

    for i in range(8):
        yield f(rows(i, 3)), n


def _counter_unused(compile: Compile) -> Iterator[Any]:
    n = 0

    @compile
    def f(x: Tensor) -> Tensor:
        nonlocal n
        n += 1
        return x * 2

    for i in range(8):
        yield f(rows(i, 3)), n


def _attribute(compile: Compile) -> Iterator[Any]:
    class Counting(nn.Linear):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return super().forward(x) * (1 + self.calls % 3)

    net = Counting(3, 2)
    f = compile(net)
    for i in range(8):
        yield f(rows(i, 5, 3)), net.calls


def _list(compile: Compile) -> Iterator[Any]:
    seen: list[Any] = []

    @compile
    def f(x: Tensor) -> Tensor:
        y = x * 2
        seen.append(y)
        return y + len(seen)

    for i in range(8):
        yield f(rows(i, 3)), seen


def _list_unused(compile: Compile) -> Iterator[Any]:
    net, seen = mlp(), []

    @compile
    def step(x: Tensor) -> Tensor:
        l = ag.square(net(x)).mean()
        l.backward()
        seen.append(l.detach())
        return l

    for i in range(8):
        yield step(rows(i, 5, 3)), seen


def _dict(compile: Compile) -> Iterator[Any]:
    log: dict[str, Any] = {"n": 0}

    @compile
    def f(x: Tensor) -> Tensor:
        log["n"] += 1
        log["last"] = x * 2
        return x * log["n"]

    for i in range(8):
        yield f(rows(i, 3)), log


def _iterator(compile: Compile) -> Iterator[Any]:
    numbers = iter(range(100))
    f = compile(lambda x: x * next(numbers))
    for i in range(8):
        yield f(rows(i, 3))


def _count(compile: Compile) -> Iterator[Any]:
    numbers = itertools.count(1)
    f = compile(lambda x: x * next(numbers))
    for i in range(8):
        yield f(rows(i, 3))


def _generator(compile: Compile) -> Iterator[Any]:
    batches = (rows(i, 3) for i in range(100))
    f = compile(lambda x: x * next(batches))
    for i in range(8):
        yield f(rows(i, 3))


def _queue(compile: Compile) -> Iterator[Any]:
    queue = deque(range(100))
    f = compile(lambda x: x * queue.popleft())
    for i in range(8):
        yield f(rows(i, 3)), list(queue)


def _bound_method_of_a_queue(compile: Compile) -> Iterator[Any]:
    take = deque(range(100)).popleft
    f = compile(lambda x: x * take())
    for i in range(8):
        yield f(rows(i, 3))


def _set(compile: Compile) -> Iterator[Any]:
    seen: set[int] = set()

    @compile
    def f(x: Tensor) -> Tensor:
        seen.add(len(seen))
        return x * len(seen)

    for i in range(8):
        yield f(rows(i, 3))


def _hidden_state(compile: Compile) -> Iterator[Any]:
    """A tensor is replaced by each call and read by the next."""
    held = SimpleNamespace(h=ag.zeros(3))

    @compile
    def f(x: Tensor) -> Tensor:
        held.h = (held.h * 0.5 + x).tanh()
        return held.h * 2

    for i in range(8):
        yield f(rows(i, 3)), held.h


def _hidden_buffer(compile: Compile) -> Iterator[Any]:
    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", ag.zeros(3))

        def forward(self, x: Tensor) -> Tensor:
            self.mean = 0.9 * self.mean + 0.1 * x.detach().mean(0)
            return x - self.mean

    net = Mean()
    f = compile(net)
    for i in range(8):
        yield f(rows(i, 5, 3)), net


def _replaced_parameter(compile: Compile) -> Iterator[Any]:
    w = ag.ones(3, requires_grad=True)

    @compile
    def step(x: Tensor) -> Tensor:
        nonlocal w
        l = (x * w).sum()
        (g,) = ag.grad(l, w)
        w = (w - 0.1 * g).detach().requires_grad_()
        return l

    for i in range(8):
        yield step(rows(i, 3)), w


def _gradient_accumulated_every_other_call(compile: Compile) -> Iterator[Any]:
    net = mlp()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    n = 0

    @compile
    def step(x: Tensor) -> Tensor:
        nonlocal n
        l = ag.square(net(x)).mean()
        l.backward()
        n += 1
        if n % 2 == 0:
            optimizer.step()
            optimizer.zero_grad()
        return l

    for i in range(8):
        yield step(rows(i, 5, 3)), net


def _scheduler_inside(compile: Compile) -> Iterator[Any]:
    net = mlp()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    @compile
    def step(x: Tensor) -> Tensor:
        optimizer.zero_grad()
        l = ag.square(net(x)).mean()
        l.backward()
        optimizer.step()
        scheduler.step()
        return l

    for i in range(8):
        yield step(rows(i, 5, 3)), net, optimizer, scheduler.last_epoch


def _cached(compile: Compile) -> Iterator[Any]:
    n = 0

    @functools.cache
    def factor(k: int) -> int:
        nonlocal n
        n += 1
        return k + n

    f = compile(lambda x, k: x * factor(k))
    for i in range(8):
        yield f(rows(i, 3), i // 4), n


def _seeded_inside(compile: Compile) -> Iterator[Any]:
    @compile
    def f(x: Tensor) -> Tensor:
        ag.manual_seed(3)
        return x * ag.rand(3)

    for i in range(8):
        yield f(rows(i, 3)), ag.rand(2)


def _generator_made_inside(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: x * ag.rand(3, generator=ag.Generator().manual_seed(5)))
    for i in range(8):
        yield f(rows(i, 3))


def _state_of_the_generator(compile: Compile) -> Iterator[Any]:
    own = ag.Generator().manual_seed(1)

    @compile
    def f(x: Tensor) -> Tensor:
        state = own.get_state()
        first = ag.rand(3, generator=own)
        own.set_state(state)
        return x * first - ag.rand(3, generator=own)

    for i in range(8):
        yield f(rows(i, 3)), own


def _module_made_inside(compile: Compile) -> Iterator[Any]:
    @compile
    def step(x: Tensor) -> Any:
        net = nn.Linear(3, 2)
        l = net(x).sum()
        l.backward()
        return l, net.weight

    for i in range(8):
        yield step(rows(i, 5, 3))


def _train_and_eval_inside(compile: Compile) -> Iterator[Any]:
    net = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))

    @compile
    def f(x: Tensor) -> Any:
        net.train()
        a = net(x)
        net.eval()
        return a, net(x)

    for i in range(8):
        if i == 4:
            net.train()
        yield f(rows(i, 5, 3)), net


def _loader_inside(compile: Compile) -> Iterator[Any]:
    net = mlp()
    loader = nn.data.DataLoader(nn.data.TensorDataset(rows(0, 10, 3), rows(1, 10, 2)), batch_size=4, shuffle=True)

    @compile
    def epoch() -> Any:
        losses = []
        for x, y in loader:
            net.zero_grad()
            l = F.mse_loss(net(x), y)
            l.backward()
            losses.append(l)
        return losses

    for _ in range(6):
        yield epoch(), net


STATE = [
    _counter, _counter_unused, _attribute, _list, _list_unused, _dict, _iterator, _count, _generator, _queue, _bound_method_of_a_queue, _set, _hidden_state, _hidden_buffer,
    _replaced_parameter, _gradient_accumulated_every_other_call, _scheduler_inside, _cached, _seeded_inside, _generator_made_inside,
    _state_of_the_generator, _module_made_inside, _train_and_eval_inside, _loader_inside,
]  # fmt: skip


@pytest.mark.parametrize("story", STATE, ids=lambda f: f.__name__)
def test_state_that_changes_with_each_call(story: Any) -> None:
    hold(story)


@compiled_as_eager()
def test_operations_of_numpy_on_tensors(compile: Compile) -> Iterator[Any]:
    yield from calling(compile, lambda x: np.tanh(x) + np.float32(2) * x + np.ones(3, np.float32) * x + np.add(x, 1))


@compiled_as_eager()
def test_values_inside(compile: Compile) -> Iterator[Any]:
    v = ag.Value(2.0)
    yield from calling(compile, lambda x: x * ag.tensor([v, v * 2, 1.0]))
    yield v


# Warnings.
def test_one_warning_for_each_reason_at_the_line_of_the_user() -> None:
    f = ag.compile(item)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for i in range(5):
            f(rows(i, 3))
        for i in range(5):
            f(rows(i, 4))  # another signature, the same reason
    (warning,) = heard
    assert warning.category is UserWarning and place(item) in str(warning.message)
    assert warning.filename == __file__
    assert f.calls.replayed == 0 and f.calls.eager == 10 and len(f.reasons) == 1 and f.programs == 0


def test_a_warning_and_an_error_say_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    counts, v = [0], ag.Value(2.0)

    def counting(x: Any) -> Any:
        counts[0] += 1
        return x * 2

    def update(x: Any) -> Any:
        v.grad = 0.0
        return v * v

    cures = {item: "return the tensor", as_list: "return the tensor", as_bool: r"where\(\)", printed: "outside", by_numpy: "outside"}
    for body, cure in {**cures, counting: "change it outside", update: "keep the update outside"}.items():
        f = ag.compile(body)
        with pytest.warns(UserWarning, match=f"{body.__name__} runs eagerly: .*; .*{cure}"):
            for _ in range(5):
                f(2.0 if body is update else rows(0, 3))
        if body in cures:
            with pytest.raises(RuntimeError, match=f"cannot be replayed .*; .*{cure}"):
                ag.compile(body, fullgraph=True)(rows(0, 3))


COUNT = 0


def counting_globally(x: Tensor) -> Tensor:
    global COUNT
    COUNT += 1
    return x * 2


def test_what_each_call_changes_is_called_as_the_program_calls_it() -> None:
    counter, losses, kept, schedule = (
        SimpleNamespace(n=0),
        [0],
        {"n": 0},
        optim.lr_scheduler.StepLR(optim.SGD(mlp().parameters(), lr=0.1), 2),
    )
    n = 0

    def outer(x: Tensor) -> Tensor:
        nonlocal n
        n += 1
        return x * 2

    def item_of_dict(x: Tensor) -> Tensor:
        kept["n"] += 1
        return x * 2

    def of_module(self: Any, x: Tensor) -> Tensor:
        self.n += 1
        return x * 2

    module = type("Counting", (nn.Module,), {"forward": of_module})()
    module.n = 0
    for function, told in (
        (counting_globally, "the global 'COUNT'"),
        (outer, "the variable 'n' of an outer function"),
        (item_of_dict, "'n' of kept"),
        (module, "'n' of a Counting"),
        (lambda x: (losses.append(0), x * 2)[1], "the length of losses"),
        (lambda x: (schedule.step(), x * 2)[1], "'last_epoch' of schedule"),
        (lambda x: (vars(counter).update(n=counter.n + 1), x * 2)[1], "'n' of counter"),
    ):
        with pytest.warns(UserWarning, match=f"each call changes {told}; change it outside"):
            f = ag.compile(function)
            for i in range(5):
                f(rows(i, 3))


def test_what_is_called_with_other_numbers_each_time_is_told_to_take_tensors() -> None:
    f = ag.compile(lambda x, rate: x * rate)
    with pytest.warns(UserWarning, match="recorded.*; pass numbers that change as tensors"):
        for i in range(70):
            f(rows(0, 3), 1 / (i + 1))
    g = ag.compile(lambda x, rate: x * rate, fullgraph=True)
    for i in range(70):
        g(rows(0, 3), ag.tensor(1 / (i + 1)))
    assert g.calls == (1, 69, 0)


@pytest.mark.parametrize("body", [item, as_bool, printed, as_list], ids=lambda f: f.__name__)
def test_fullgraph_refuses_each_time_and_leaves_no_half_state(body: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    f = ag.compile(fullgraph=True)(body)
    x = rows(0, 3, requires_grad=True)
    for _ in range(3):
        with pytest.raises(RuntimeError, match=place(body).replace(".", r"\.")):
            f(x)
        assert ag.is_grad_enabled() and x.grad is None
    body(x).sum().backward()
    assert x.grad is not None


def test_fullgraph_compiles_what_can_be() -> None:
    f = ag.compile(lambda x: (x * 2).sum(), fullgraph=True, dynamic=False)
    for i in range(4):
        x = rows(i, 3, requires_grad=True)
        f(x).backward()
        assert x.grad.tolist() == [2.0, 2.0, 2.0]
    assert f.calls.replayed >= 1 and f.reasons == []
