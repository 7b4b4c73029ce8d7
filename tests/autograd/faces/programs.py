"""Random programs that change tensors in place, and two ways to run them: here (or in PyTorch), and as a pure function of their inputs.

The function knows nothing of memory but positions: a tensor is a list of positions in a whole, and a change multiplies the whole by a mask
and adds what is put there, by a matrix. So it records nothing that the engine records for a change in place.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

import numpy as np

SHAPES = [(3,), (2, 2), (2, 3), ()]
NUMBERS = [2.0, -1.0, 0.5]
FUNCTIONS = {"tanh": lambda x: x.tanh(), "exp": lambda x: x.exp(), "square": lambda x: x * x, "double": lambda x: x * 2.0}
OPERATORS = {"add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y}


class Step(NamedTuple):
    """``what`` is done to tensor ``x`` with ``y`` (another tensor by its number, a number, or None), at ``key``."""

    what: str
    x: int
    y: Any = None
    key: Any = None


class Program(NamedTuple):
    shapes: list[tuple[int, ...]]  # of the inputs
    steps: list[Step]

    def __str__(self) -> str:
        return f"inputs {self.shapes}\n" + "\n".join(map(str, self.steps))


def _key(rnd: Random, shape: tuple[int, ...], basic: bool = False) -> Any:
    kinds = [rnd.randrange(n) for n in shape[: rnd.randrange(1, len(shape) + 1)]]
    how = rnd.randrange(3 if basic else 4)
    if how == 0:
        return tuple(kinds)
    if how == 1:
        return (slice(rnd.randrange(shape[0]), None),)
    if how == 2:
        return (..., rnd.choice([slice(None, None, 2), rnd.randrange(shape[-1])]))
    return (rnd.sample(range(shape[0]), rnd.randrange(1, shape[0] + 1)),)


def _shape(shape: tuple[int, ...], step: Step) -> tuple[int, ...]:
    z = np.empty(shape)
    if step.what == "index":
        return z[step.key].shape
    return {"flat": (z.size,), "turned": shape[::-1], "column": (*shape, 1)}.get(step.what, shape)


def program(rnd: Random, length: int) -> Program:
    """A program of two inputs and some constants."""
    inputs = [rnd.choice(SHAPES) for _ in range(2)]
    shapes = [*inputs]
    steps: list[Step] = []
    for _ in range(length):
        x = rnd.randrange(len(shapes))
        same = [i for i, s in enumerate(shapes) if s in (shapes[x], ()) or s == shapes[x][1:]]
        y: Any = rnd.choice([*same, rnd.choice(NUMBERS)])
        how = rnd.choice(["constant", "function", "operator", "view", "view", "change", "change", "change", "assign", "assign", "quiet"])
        if how == "constant":
            shapes.append(rnd.choice(SHAPES))
            steps.append(Step("constant", 0, None, shapes[-1]))
            continue
        if how == "function":
            step = Step(rnd.choice([*FUNCTIONS]), x)
        elif how == "operator":
            step = Step(rnd.choice([*OPERATORS]), x, y)
        elif how == "view":
            step = Step(rnd.choice(["index", "flat", "turned", "column"] if shapes[x] else ["flat", "column"]), x)
            step = step._replace(key=_key(rnd, shapes[x], basic=True)) if step.what == "index" else step
            if not np.empty(_shape(shapes[x], step)).size:
                continue
        elif how == "quiet":
            step = Step("quiet", x, rnd.choice(NUMBERS))
        elif how == "change":
            step = Step(rnd.choice(["add_", "sub_", "mul_", "copy_", "clamp_", "zero_"]), x, y)
        else:
            if not shapes[x]:
                continue
            key = _key(rnd, shapes[x])
            inner = np.empty(shapes[x])[key].shape
            y = rnd.choice([*(i for i, s in enumerate(shapes) if s in (inner, ())), rnd.choice(NUMBERS)])
            step = Step("assign", x, y, key)
        steps.append(step)
        if step.what in FUNCTIONS or step.what in OPERATORS or step.what in ("index", "flat", "turned", "column"):
            shapes.append(_shape(shapes[x], step))
    return Program(inputs, steps)


def run(p: Program, inputs: list[Any], zeros: Any, copies: set[int] | None = None, apart: bool = False) -> list[Any]:
    """All tensors of the program, run as it stands. The inputs are leaves, so that the program begins with a product of each.

    ``copies``, where it is given, is told which steps made a copy where others make a view: that depends on how the memory lies. Operands are in memory of their
    own where they are to be ``apart``: PyTorch's numbers are not defined where a tensor is changed by a part of itself.
    """
    ts = [x * 1.5 for x in inputs]
    for number, (what, i, other, key) in enumerate(p.steps):
        x, y = ts[i], ts[other] if isinstance(other, int) else other
        if apart and isinstance(other, int):
            y = y.clone()
        if what == "constant":
            ts.append(zeros(key) + 0.25)
        elif what in FUNCTIONS:
            ts.append(FUNCTIONS[what](x))
        elif what in OPERATORS:
            ts.append(OPERATORS[what](x, y))
        elif what == "index":
            ts.append(x[key])
        elif what == "flat":
            ts.append(x.reshape(-1))
            if copies is not None and not np.shares_memory(*(t.detach().numpy() for t in (x, ts[-1]))):
                copies.add(number)
        elif what == "turned":
            ts.append(x.permute(*reversed(range(len(x.shape)))))
        elif what == "column":
            ts.append(x.reshape((*x.shape, 1)))
        elif what == "clamp_":
            x.clamp_(-1.0, 1.0)
        elif what == "zero_":
            x.zero_()
        elif what == "copy_":
            x.fill_(y) if isinstance(y, float) else x.copy_(y)
        elif what == "quiet":
            x.detach().mul_(y)
        elif what == "assign":
            x[key] = y
        else:
            getattr(x, what)(y)
    return ts


class Model:
    """The same as a pure function: each tensor is positions in a whole, and each whole a flat recorded tensor."""

    def __init__(self, zeros: Any, constant: Any) -> None:
        self.zeros, self.constant = zeros, constant
        self.wholes: list[Any] = []
        self.at: list[tuple[int, np.ndarray]] = []

    def new(self, t: Any) -> None:
        self.at.append((len(self.wholes), np.arange(int(np.prod(t.shape))).reshape(tuple(t.shape))))
        self.wholes.append(t.reshape(-1))

    def get(self, i: int) -> Any:
        whole, at = self.at[i]
        chosen = np.zeros((at.size, len(self.wholes[whole])))
        chosen[np.arange(at.size), at.reshape(-1)] = 1
        return (self.constant(chosen) @ self.wholes[whole]).reshape(at.shape)

    def put(self, i: int, value: Any, key: Any = ...) -> None:
        whole, at = self.at[i]
        places = at[key].reshape(-1)
        value = value + self.zeros(at[key].shape)
        size = len(self.wholes[whole])
        spread, keep = np.zeros((size, places.size)), np.ones(size)
        spread[places, np.arange(places.size)] = 1
        keep[places] = 0
        self.wholes[whole] = self.wholes[whole] * self.constant(keep) + self.constant(spread) @ value.reshape(-1)


def modelled(p: Program, inputs: list[Any], zeros: Any, constant: Any, copies: set[int]) -> list[Any]:
    """All tensors of the program as a function of the inputs."""
    m = Model(zeros, constant)
    for x in inputs:
        m.new(x * 1.5)
    for number, (what, i, other, key) in enumerate(p.steps):
        y = m.get(other) if isinstance(other, int) else other
        whole, at = m.at[i]
        if what == "constant":
            m.new(zeros(key) + 0.25)
        elif what in FUNCTIONS:
            m.new(FUNCTIONS[what](m.get(i)))
        elif what in OPERATORS:
            m.new(OPERATORS[what](m.get(i), y))
        elif what == "index":
            m.at.append((whole, np.asarray(at[key])))
        elif what in ("flat", "turned", "column"):
            if number in copies:
                m.new(m.get(i).reshape(-1))
            else:
                m.at.append((whole, {"flat": at.reshape(-1), "turned": at.T, "column": at[..., None]}[what]))
        elif what == "clamp_":
            m.put(i, m.get(i).clamp(-1.0, 1.0))
        elif what == "zero_":
            m.put(i, 0.0)
        elif what == "copy_":
            m.put(i, y)
        elif what == "quiet":  # other numbers, the same gradients
            before = m.wholes[whole]
            m.put(i, m.get(i) * y)
            m.wholes[whole] = before + (m.wholes[whole] - before).detach()
        elif what == "assign":
            m.put(i, y, key)
        else:
            m.put(i, OPERATORS[what[:-1]](m.get(i), y))
    return [m.get(i) for i in range(len(m.at))]
