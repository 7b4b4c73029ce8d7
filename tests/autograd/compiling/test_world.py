"""Whatever changes between two calls of a compiled function, the next call gives what it would give uncompiled: never a stale number."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor
from autograd.compiling import world
from nn import optim
from tests.autograd.compiling.stories import Compile, compiled_as_eager, labels, raised, rows, stepping

F = nn.functional
FACTOR: Any = 2.0
TABLE = {"factor": 2.0, "tensor": ag.tensor([1.0, 2.0, 3.0])}


def scaled(x: Tensor) -> Tensor:
    return x * FACTOR


# Arguments.
@compiled_as_eager(replayed=12, programs=4)
def test_another_shape_is_another_program_and_the_first_is_kept(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: (x * x).sum(0))
    for i in range(5):
        for shape in ((5, 3), (4, 3), (5,), (1, 1)):
            x = rows(i, *shape, requires_grad=True)
            f(x).sum().backward()
            yield x


@compiled_as_eager(replayed=6, programs=2)
def test_another_dtype_is_another_program(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: x * 0.1 + 1)
    for i in range(5):
        for dtype in ("float32", "float64"):
            yield f(rows(i, 3, dtype=dtype))


@compiled_as_eager(replayed=6)
def test_a_last_batch_that_is_smaller(compile: Compile) -> Iterator[Any]:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.2), nn.Linear(4, 2))
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    data = nn.data.DataLoader(nn.data.TensorDataset(rows(0, 18, 3), labels(0, 18, 2)), batch_size=5)
    step = stepping(compile, net, optimizer)

    for _ in range(4):
        for x, y in data:
            yield step(x, y), net, optimizer


@compiled_as_eager(replayed=6, programs=2)
def test_whether_an_argument_requires_a_gradient(compile: Compile) -> Iterator[Any]:
    w = ag.ones(3, requires_grad=True)
    f = compile(lambda x: (x * w).sum())
    for i in range(5):
        for needs in (True, False):
            x = rows(i, 3, requires_grad=needs)
            f(x).backward()
            yield x, w


@compiled_as_eager(replayed=4)
def test_how_an_argument_lies_in_memory(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: (x * 2).sum(1))
    for i in range(4):
        x = rows(i, 6, 6)
        yield f(x[:3, :3]), f(x.T[:3, :3]), f(x[::2, ::2]), f(x[:1, :3].expand(3, 3)), f(x[:3, :3].contiguous()), f(x.flip(1)[:3, 3:])


@compiled_as_eager()
def test_numbers_as_arguments(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, k, *more, power=1: x * k + sum(more) + x**power)
    for i in range(3):
        x = rows(i, 3).abs()
        for k in (1, 1.0, True, 2, -0.0, 0.0, float("nan"), np.float64(2), np.float32(2), np.int64(2), i, i / 7):
            yield f(x, k), f(x, 2, k), f(x, 2, k, 1), f(x, 2, power=k)


@compiled_as_eager()
def test_texts_none_and_flags_as_arguments(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, how=None, up=False: getattr(x, how)(0) if how else x + up)
    for i in range(3):
        for given in ((), ("sum",), ("mean",), (None, True), ("", False)):
            yield f(rows(i, 4, 3), *given)


@compiled_as_eager(replayed=4)
def test_the_same_tensor_as_two_arguments_or_two_that_share_memory(compile: Compile) -> Iterator[Any]:
    @compile
    def f(x: Tensor, y: Tensor) -> Tensor:
        x.add_(1)
        return x * y

    for i in range(5):
        whole = rows(i, 4, 3)
        for x, y in ((whole[:2], rows(i, 2, 3)), (whole[:2], whole[:2]), (whole[:2], whole[1:3]), (whole[:2].detach(), whole.T.T[:2])):
            yield f(x, y), whole


@compiled_as_eager()
def test_an_argument_that_is_a_parameter_or_a_part_of_one(compile: Compile) -> Iterator[Any]:
    net = nn.Linear(3, 3)
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    @compile
    def step(x: Tensor) -> Tensor:
        optimizer.zero_grad()
        l = ag.square(net(x) + x).sum()
        l.backward()
        optimizer.step()
        return l

    for i in range(4):
        for x in (rows(i, 3, 3), net.weight, net.weight.T, net.weight[1:], net.weight.detach(), net.weight.data[0]):
            yield step(x), net


@compiled_as_eager(replayed=3)
def test_an_argument_that_is_changed_in_place_inside(compile: Compile) -> Iterator[Any]:
    @compile
    def f(x: Tensor, total: Tensor) -> Tensor:
        x.mul_(2)
        x[0] = 7.0
        total += x.sum(0)
        return x * total

    total = ag.zeros(3)
    for i in range(6):
        x = rows(i, 4, 3)
        yield f(x, total), x, total


@compiled_as_eager(replayed=3)
def test_an_argument_whose_numbers_change_between_calls(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: x * 2 + x[0])
    x = rows(0, 4, 3)
    for i in range(6):
        yield f(x)
        x.add_(i) if i % 2 else x.numpy().__setitem__((0, 0), i)


@compiled_as_eager(replayed=3)
def test_a_leaf_is_an_argument(compile: Compile) -> Iterator[Any]:
    @compile
    def step(x: Tensor) -> Tensor:
        l = (x * x).sum()
        l.backward()
        return l

    same = rows(0, 3, requires_grad=True)
    for i in range(6):
        other = rows(i, 3, requires_grad=True)
        yield step(same), step(other), same, other  # the gradient of the first grows


@compiled_as_eager()
def test_an_argument_that_is_recorded_already(compile: Compile) -> Iterator[Any]:
    """Backward inside goes on below the argument, into a graph of the caller's."""

    @compile
    def step(h: Tensor) -> Tensor:
        l = (h * h).sum()
        l.backward()
        return l

    for i in range(6):
        x = rows(i, 3, requires_grad=True)
        h = x.exp() if i % 2 else x.sin() * 2
        yield step(h), x, raised(lambda h=h: step(h)), raised(lambda h=h: h.sum().backward()), x


# Globals, closures and what hangs on them.
@compiled_as_eager()
def test_a_global_number(compile: Compile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    f = compile(scaled)
    for i in range(12):
        monkeypatch.setitem(globals(), "FACTOR", [2.0, 3.0, 2, ag.tensor(0.5)][i // 3])
        yield f(rows(i, 3))
    monkeypatch.setitem(globals(), "FACTOR", 2.0)


@compiled_as_eager()
def test_a_function_that_it_calls(compile: Compile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    f = compile(lambda x: scaled(x) + helper(x))

    def helper(x: Tensor) -> Tensor:
        return x + 1

    for i in range(12):
        if i == 4:
            monkeypatch.setitem(globals(), "FACTOR", 5.0)  # a global of the function that is called
        if i == 8:

            def helper(x: Tensor) -> Tensor:
                return x - 1

        yield f(rows(i, 3))
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    monkeypatch.setitem(globals(), "scaled", lambda x: -x)
    yield f(rows(0, 3))
    monkeypatch.undo()


@compiled_as_eager()
def test_a_number_of_the_closure(compile: Compile) -> Iterator[Any]:
    k, t = 2.0, ag.tensor([1.0, 2.0, 3.0])
    f = compile(lambda x: x * k + t)
    for i in range(12):
        if i % 3 == 2:
            k += 0.5
        if i == 7:
            t = ag.tensor([3.0, 2.0, 1.0])
        yield f(rows(i, 3))


@compiled_as_eager()
def test_a_default_of_the_function(compile: Compile) -> Iterator[Any]:
    def body(x: Tensor, k: float = 2.0, *, shift: float = 0.0) -> Tensor:
        return x * k + shift

    f = compile(body)
    for i in range(9):
        if i == 3:
            body.__defaults__ = (3.0,)
        if i == 6:
            body.__kwdefaults__["shift"] = 1.0
        yield f(rows(i, 3))


@dataclass
class Config:
    factor: float = 2.0
    inner: Any = None


class Slotted:
    __slots__ = ("factor",)


@pytest.mark.parametrize(
    "kind",
    ["list", "dict", "nested", "set", "dataclass", "namespace", "slots", "class", "class list", "property", "array", "bytes", "tuple"],
)
@compiled_as_eager()
def test_a_number_inside_of_something(compile: Compile, kind: str) -> Iterator[Any]:
    class Shared:
        factor = 2.0
        factors = [2.0]  # noqa: RUF012

    class Computed:
        held = 2.0

        @property
        def factor(self) -> float:
            return self.held * 2

    things: dict[str, Any] = {
        "list": [2.0, 1.0], "dict": {"factor": 2.0}, "nested": {"a": [{"b": 2.0}]}, "set": {2.0}, "dataclass": Config(2.0, Config()),
        "namespace": SimpleNamespace(factor=2.0), "slots": Slotted(), "class": Shared(), "class list": Shared(), "bytes": bytearray([2]), "property": Computed(), "array": np.array([2.0, 1.0]), "tuple": ([2.0],),
    }  # fmt: skip
    thing = things[kind]
    if kind == "slots":
        thing.factor = 2.0

    def read() -> Any:
        if kind in ("list", "array", "bytes"):
            return thing[0]
        if kind == "class list":
            return thing.factors[0]
        if kind == "dict":
            return thing["factor"]
        if kind == "nested":
            return thing["a"][0]["b"]
        if kind == "set":
            return sum(thing)
        if kind == "tuple":
            return thing[0][0]
        return thing.inner.factor if kind == "dataclass" else thing.factor

    def write(value: float) -> None:
        if kind in ("list", "array", "bytes"):
            thing[0] = value if kind != "bytes" else int(value)
        elif kind == "class list":
            Shared.factors[0] = value
        elif kind == "dict":
            thing["factor"] = value
        elif kind == "nested":
            thing["a"][0]["b"] = value
        elif kind == "set":
            thing.add(value)
        elif kind == "tuple":
            thing[0][0] = value
        elif kind == "dataclass":
            thing.inner.factor = value
        elif kind == "class":
            Shared.factor = value
        elif kind == "property":
            thing.held = value
        else:
            thing.factor = value

    f = compile(lambda x: x * float(read()))
    for i in range(9):
        if i % 3 == 2:
            write(i + 0.5)
        yield f(rows(i, 3))


NOTEBOOK = """
import autograd as ag

class Scale:
    {body}

scale = Scale()
scale.factor = 2.0
f = ag.compile(lambda x: x * scale.factor)
x = ag.ones(2)
for i in range(6):
    scale.factor = 1.0 + i // 3
    print(f(x).tolist())
print(f.calls.replayed > 0)
"""


@pytest.mark.parametrize("body", ["pass", "__slots__ = ('factor',)"])
def test_objects_of_a_class_of_a_notebook(body: str) -> None:
    run = subprocess.run([sys.executable, "-c", NOTEBOOK.format(body=body)], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[1.0, 1.0]"] * 3 + ["[2.0, 2.0]"] * 3 + ["True"]


@compiled_as_eager()
def test_the_length_of_a_list_a_key_of_a_dict_an_attribute_that_is_new(compile: Compile) -> Iterator[Any]:
    ks, table, thing = [1.0], {"a": 2.0}, SimpleNamespace()

    @compile
    def f(x: Tensor) -> Tensor:
        for k in ks:
            x = x * k
        for name in table:
            x = x + table[name]
        return x + getattr(thing, "extra", 0) + (5 if "c" in table else 0) + (7 if hasattr(thing, "other") else 0)

    for i in range(15):
        if i == 3:
            ks.append(3.0)
        if i == 6:
            table["b"] = 1.0
        if i == 8:
            table["c"] = table.pop("a")
        if i == 10:
            thing.extra = 4.0
        if i == 12:
            thing.other = None
        yield f(rows(i, 3))


@compiled_as_eager()
def test_numbers_that_are_equal_and_not_the_same(compile: Compile) -> Iterator[Any]:
    k, thing = 0.0, Slotted()
    f = compile(lambda x: (x * k, x * thing.factor, ag.full((2,), k), thing.factor / 2))
    for i, k in enumerate([0.0, 0.0, -0.0, -0.0, 0, 0, False, False, float("nan"), float("nan"), 1, 1, True, True, 1.0, 1.0]):
        thing.factor = k
        yield f(rows(i, 2, dtype="int64")) if i % 4 else f(rows(i, 2))


@compiled_as_eager()
def test_the_order_of_a_dict(compile: Compile) -> Iterator[Any]:
    table = {"a": 2.0, "b": 3.0}

    @compile
    def f(x: Tensor) -> Tensor:
        for k in table.values():
            x = x * k + 1
        return x

    for i in range(9):
        if i % 3 == 2:
            table["a"] = table.pop("a")
            table["b"] = table.pop("b") if i == 5 else table["b"]
        yield f(rows(i, 2))


@compiled_as_eager(replayed=3)
def test_a_tensor_in_a_table_that_changes_in_place(compile: Compile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setitem(TABLE, "tensor", ag.ones(3))
    f = compile(lambda x: x * TABLE["tensor"])
    for i in range(6):
        yield f(rows(i, 3))
        TABLE["tensor"].add_(1.0)


@compiled_as_eager()
def test_arguments_that_are_bound_by_partial(compile: Compile) -> Iterator[Any]:
    config = {"k": 2.0}
    bound = partial(lambda x, k, config: x * k + config["k"], k=3.0, config=config)
    f = compile(bound)
    for i in range(8):
        config["k"] = i // 3
        yield f(rows(i, 3)), f(rows(i, 3), k=i // 2)


def test_a_program_that_is_installed_is_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its functions are looked into, in all files of its package, as those of a program in a file of its own."""
    (tmp_path / "installed_program").mkdir()
    (tmp_path / "installed_program" / "__init__.py").touch()
    (tmp_path / "installed_program" / "net.py").write_text(
        "import autograd as ag\nw = ag.ones(2, requires_grad=True)\ndef net(x):\n    return w @ x\n"
    )
    (tmp_path / "installed_program" / "train.py").write_text(
        "import autograd as ag\nfrom installed_program.net import net\n"
        "def made():\n    y = ag.ones(2)\n    @ag.compile\n    def step(x):\n        loss = net(x + y)\n        loss.backward()\n        return loss\n    return step\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(world, "_LIBRARIES", (f"{tmp_path}{os.sep}",))
    monkeypatch.setattr(world, "_PROGRAMS", set())
    world.is_users.cache_clear()
    step = importlib.import_module("installed_program.train").made()
    for _ in range(3):
        step(ag.ones(2))
    world.is_users.cache_clear()
    assert step.calls == (2, 1, 0), "once more when there is a gradient to add to"
