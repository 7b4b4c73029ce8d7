"""What does a step of training cost once it is a program of its own?

A small network spends most of its time not on arithmetic but on Python: modules call functions, operations leave a graph, a walk goes
back through it, and an optimiser goes from parameter to parameter. Yet all that comes of it, step after step, are the same few dozen calls
of numpy. `ag.compile` watches one step and writes these calls down, one below the other, with arrays for their results that
are made once. From then on they are run instead, and give the same numbers to the last bit. The program can be read: `step.listing()`.

Here a network of 2-16-16-1 units is trained three times from the same weights: as it stands, compiled, and by hand, in numpy, as one writes
it who wants it fast. The less there is to compute in a step, the more compiling takes away; with thousands of rows all three
do the same arithmetic, and nothing is left to gain. The first step is slower, as it is watched: so it pays for what is repeated, a loop of
training, and not for what is called once.

A network of Values gains most, for there every product and sum of two numbers is a node: those of one kind and one depth become one call of
numpy. As sums are added up in another order there, the last digit may differ.

A program holds for what was seen: another shape of the rows makes a second one. What asks for a number on its way, such as
`if loss.item() > 1`, could go another way next time; such a function runs as it stands, and one warning says why, with its line.

Book: https://d2l.ai/chapter_computational-performance/hybridize.html
"""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Callable
from functools import partial
from timeit import timeit
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from autograd.drawing import draw
from nn.functional import mse_loss
from . import plots
from .story import Story

__all__ = ["run"]

EAGER, COMPILED, BY_HAND = "as it stands", "compiled", "by hand in numpy"
LR, ROWS = 0.02, 100


def run(story: Story) -> None:
    """Train three times, read the program, take times; then Values, and what cannot be compiled."""
    ways = three_ways(ROWS)
    losses = {name: [float(way()) for _ in range(1000)] for name, way in ways.items()}
    apart, by_hand = (np.abs(np.subtract(losses[COMPILED], losses[other])).max() for other in (EAGER, BY_HAND))
    story.number("largest difference of a loss, compiled and as it stands", apart, "", f"in 1,000 steps; by hand {by_hand:.1g}")
    net, x, y = network_and_rows(ROWS)
    step = ag.compile(step_of(net))
    first = timeit(lambda: step(x, y), number=1)
    graph = draw(step(x, y), names=net)
    story.text("program.txt", step.listing(), "The program of a step, as it runs: forward, backward, and what the optimiser does.")
    story.picture(plots.graph_picture(graph, story.path("loss.svg")), "The loss of a compiled step has a past, as any other.")

    chosen = (ROWS, 10, 1000) if story.quick else (ROWS, 10, 30, 300, 1000, 3000, 10000)
    found = {n: times(three_ways(n), 3 if story.quick else 15) for n in story.progress(chosen, "rows")}
    sizes = sorted(found)
    series = {name: [1e6 * found[n][name] for n in sizes] for name in ways}
    for name, own in series.items():
        story.number(f"a step of {ROWS} rows, {name}", own[sizes.index(ROWS)], "µs", f"of {sizes[-1]:,} rows {own[-1]:,.0f} µs", digits=3)
    story.number("the first step, watched and compiled, in steps as they stand", first / found[ROWS][EAGER], digits=3)
    panels, title, xlabel = {"time of a step (µs)": series}, "A step of 2-16-16-1 on this machine", "rows in a batch"
    story.picture(
        plots.lines(story.path("times.svg"), panels, title, xlabel, x=sizes, xscale="log", yscale="log"),
        "What compiling takes away is about the same for any number of rows, and so it matters where these are few.",
    )
    of_values(story)
    what_is_not_compiled(story, step, x, y)


def network_and_rows(n: int) -> tuple[nn.Module, Tensor, Tensor]:
    """A network that knows nothing yet, and so many rows of what it is to learn, the product of two numbers."""
    x = ag.randn(n, 2)
    return nn.MLP(2, [16, 16, 1], activation=nn.Tanh), x, x[:, :1] * x[:, 1:]


def step_of(net: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    optimizer = nn.optim.SGD(net.parameters(), lr=LR)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        l = mse_loss(net(x), y)
        l.backward()
        optimizer.step()
        return l

    return step


def three_ways(n: int) -> dict[str, Callable[[], Any]]:
    """The same training from the same weights, a step each call, which returns the loss."""
    net, x, y = network_and_rows(n)
    eager, compiled = step_of(net), ag.compile(step_of(copy.deepcopy(net)))
    by_hand = in_numpy([p.detach().numpy() for p in net.parameters()], x.numpy(), y.numpy())
    return {EAGER: lambda: eager(x, y), COMPILED: lambda: compiled(x, y), BY_HAND: by_hand}


def in_numpy(start: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """The step by the formulas of backpropagation; all parameters lie in one array, and so do their gradients."""
    flat = np.concatenate([p.reshape(-1) for p in start])
    d_flat, ends = np.empty_like(flat), np.cumsum([p.size for p in start])[:-1]
    parts, d_parts = ([a.reshape(p.shape) for a, p in zip(np.split(f, ends), start)] for f in (flat, d_flat))
    (W1, b1, W2, b2, W3, b3), (dW1, db1, dW2, db2, dW3, db3) = parts, d_parts
    (h1, h2, d1, d2, t), (o, e) = (np.empty((k, len(x), width), np.float32) for k, width in ((5, 16), (2, 1)))
    ones, W1T, W2T, W3T, d1T, d2T, eT = np.ones(len(x), np.float32), W1.T, W2.T, W3.T, d1.T, d2.T, e.T
    one, slope, rate = np.float32(1), np.float32(2 / len(x)), np.float32(LR)

    def step() -> Any:
        for a, W, b, z in ((x, W1T, b1, h1), (h1, W2T, b2, h2)):
            np.tanh(np.add(np.dot(a, W, z), b, z), z)
        np.subtract(np.add(np.dot(h2, W3T, o), b3, o), y, e)
        loss = np.vdot(e, e) / len(x)
        np.multiply(e, slope, e)
        for above, aboveT, W, dW, db, h, d in ((e, eT, W3, dW3, db3, h2, d2), (d2, d2T, W2, dW2, db2, h1, d1)):
            np.dot(aboveT, h, dW)
            np.dot(ones, above, db)
            np.multiply(np.dot(above, W, d), np.subtract(one, np.multiply(h, h, t), t), d)
        np.dot(d1T, x, dW1)
        np.dot(ones, d1, db1)
        np.subtract(flat, np.multiply(d_flat, rate, d_flat), flat)
        return loss

    return step


def times(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Seconds a run: the median over rounds in which all ways run in turn, so that a slow second is nobody's alone."""
    number = max(1, round(0.01 / max(timeit(way, number=5) / 5 for way in ways.values())))
    rows = [[timeit(way, number=number) / number for way in ways.values()] for _ in range(rounds)]
    return dict(zip(ways, np.median(rows, 0).tolist()))


def of_values(story: Story) -> None:
    """The loss of a network of Values, and its gradients."""
    net, x, y = network_and_rows(20 if story.quick else ROWS)
    twin, points = net.double().scalars(), list(zip(x.tolist(), y[:, 0].tolist()))

    def loss() -> Any:
        return sum((twin(row) - target) ** 2 for row, target in points) / len(points)

    def gradients(loss: Callable[[], Any]) -> list[float]:
        twin.zero_grad()
        loss().backward()
        return [weight.grad for weight in twin.parameters()]

    ways: dict[str, Callable[[], Any]] = {EAGER: partial(gradients, loss), COMPILED: partial(gradients, ag.compile(loss))}
    eager, compiled = (np.array([way() for _ in range(3)])[-1] for way in ways.values())
    found = {name: 1000 * seconds for name, seconds in times(ways, 3).items()}
    beside = f"{EAGER} {found[EAGER]:.3g} ms; a gradient differs by {np.abs(eager - compiled).max():.1g} at most"
    story.number(f"the loss of {len(y)} rows with Values and its gradients, compiled", found[COMPILED], "ms", beside, digits=3)


def what_is_not_compiled(story: Story, step: Any, x: Tensor, y: Tensor) -> None:
    step(x[1:], y[1:])
    story.number("programs of the step after it met a row less", step.programs, "", f"{step.calls.eager} of its calls ran as they stand")

    @ag.compile
    def curious(x: Tensor) -> Tensor:
        return x.sum() if x.amax() > 1 else x.mean()

    with warnings.catch_warnings(record=True, action="always") as said:
        for _ in range(5):
            curious(x)
    why = str(said[0].message).split(os.sep)[-1]
    story.number("calls that ran as they stand, of a function that asks for a number", curious.calls.eager, "of 5", why)
