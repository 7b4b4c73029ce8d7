"""How does a boundary bend, and is a network of scalars the same network?

Two half moons reach into each other, so that no straight line parts them. A network of 2 inputs, 8 hidden units (tanh) and
one output learns to: the output is the logit of class 1, and all 100 points go into every step.

It is trained twice at once. One network is made of tensors, a layer in one operation. The other, `net.scalars()`, is the same
with each of its 33 weights a `Value`, and each product and sum a node of the graph. Both begin with the same weights and
take the same steps; only the order in which numbers are added up differs, and so the last digits of the loss.

Then two spirals, a harder knot: 200 points, and two hidden layers of 32 units (ReLU). This network is trained with tensors only:
of Values, of which it would have 1,185, a step would take seconds.

Beside each accuracy stands that of a straight line, logistic regression on the same points. The points that a network has
learned from flatter it, so a thousand fresh ones, from the same moons and spirals, are counted as well.

Book: https://d2l.ai/chapter_multilayer-perceptrons/mlp.html
"""

from __future__ import annotations

import copy
import math
from time import perf_counter
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from nn.functional import binary_cross_entropy_with_logits
from . import plots
from .story import Story

__all__ = ["run"]

LR, MOMENTUM = 1.0, 0.9
MOMENTS = (0, 10, 30)  # steps after which the boundary is drawn, and after the last


def run(story: Story) -> None:
    """Train, hold the two losses against each other, and draw the boundaries as they form."""
    x, y = moons(100)
    net = nn.MLP(2, [8, 1], activation=nn.Tanh).double()
    optimizer = nn.optim.SGD(net.parameters(), lr=LR, momentum=MOMENTUM)
    twin = net.scalars()
    speed = [0.0 for _ in twin.parameters()]
    losses, seconds = [], np.zeros(2)
    moments: dict[str, nn.Module] = {}
    for step in story.progress(range(60 if story.quick else 250), "moons"):
        if step in MOMENTS:
            moments[f"after {step} steps"] = copy.deepcopy(net)
        start = perf_counter()
        loss = _step(net, optimizer, x, y)
        between = perf_counter()
        scalar_loss = _scalar_loss(twin, x, y)
        twin.zero_grad()
        scalar_loss.backward()
        for i, weight in enumerate(twin.parameters()):
            speed[i] = MOMENTUM * speed[i] + weight.grad
            weight.data -= LR * speed[i]
        seconds += between - start, perf_counter() - between
        losses.append((loss, scalar_loss.data))
    moments[f"after {step + 1} steps"] = net
    ms = 1000 * seconds / len(losses)
    story.say(f"a step with tensors took {ms[0]:.2f} ms, with Values {ms[1]:.0f} ms, {ms[1] / ms[0]:.0f} times as long")

    of_tensors, of_scalars = np.transpose(losses)
    apart = abs(of_tensors - of_scalars)
    nodes = [sum(not node.is_leaf for node in ag.ancestors(root)) for root in (_loss(net, x, y), scalar_loss)]
    story.number(
        "largest difference of the two losses", apart.max(), "nats", f"of {len(apart)} steps; the loss began at {of_tensors[0]:.2f} nats"
    )
    story.number("operations on Values for one loss", nodes[1], "", f"the same loss with tensors: {nodes[0]}")
    curves = {
        "loss (nats)": {"tensors": of_tensors, "scalars": of_scalars},
        "difference (nats)": {"between them": np.where(apart, apart, np.nan)},
    }
    title = f"One network twice: tensors, and every weight a Value (seed {story.seed})"
    story.picture(
        plots.lines(story.path("loss.svg"), curves, title, "step", x=range(len(apart)), yscale="log", points=["between them"]),
        "Above, two curves on top of each other; below, how far they are apart (where there is no dot: not at all).",
    )
    _judge(story, "moons", net, moons, x, y, moments)

    x, y = spirals(200)
    net = nn.MLP(2, [32, 32, 1]).double()
    adam = nn.optim.Adam(net.parameters(), lr=0.02)
    moments = {}
    for step in story.progress(range(150 if story.quick else 500), "spirals"):
        if step in MOMENTS:
            moments[f"after {step} steps"] = copy.deepcopy(net)
        _step(net, adam, x, y)
    moments[f"after {step + 1} steps"] = net
    _judge(story, "spirals", net, spirals, x, y, moments)


def moons(n: int) -> tuple[Tensor, Tensor]:
    """n points in turn on two half circles of radius 1, each coordinate off by a normal error of 0.1; and their classes, 0 and 1."""
    angle, y = math.pi * ag.rand(n, dtype=ag.float64), ag.arange(n) % 2
    x = ag.stack([ag.cos(angle), ag.sin(angle)], 1)
    x = ag.where(y.unsqueeze(1) == 0, x, ag.tensor([1.0, 0.5], dtype=ag.float64) - x)
    return x + 0.1 * ag.randn(n, 2, dtype=ag.float64), y.double()


def spirals(n: int) -> tuple[Tensor, Tensor]:
    """n points in turn on two spirals of angle 3π · radius, each coordinate off by a normal error of 0.02; and their classes, 0 and 1."""
    radius, y = 0.1 + 0.9 * ag.rand(n, dtype=ag.float64).sqrt(), ag.arange(n) % 2
    angle = math.pi * (3 * radius + y)
    x = ag.stack([radius * ag.cos(angle), radius * ag.sin(angle)], 1)
    return x + 0.02 * ag.randn(n, 2, dtype=ag.float64), y.double()


def _loss(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(net(x).squeeze(1), y)


def _step(net: nn.Module, optimizer: nn.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    loss = _loss(net, x, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _scalar_loss(twin: Any, x: Tensor, y: Tensor) -> Any:
    logits = [twin(point) for point in x]
    return sum(ag.softplus(z) - label * z for z, label in zip(logits, y.tolist())) / len(x)


def _judge(story: Story, name: str, net: nn.Module, points: Any, x: Tensor, y: Tensor, moments: dict[str, nn.Module]) -> None:
    """Count the points that the network tells right, and a straight line; draw the boundary at some moments."""
    line = nn.Linear(2, 1).double()
    optimizer = nn.optim.SGD(line.parameters(), lr=LR, momentum=MOMENTUM)
    for _ in range(500):
        _step(line, optimizer, x, y)
    loss, simple = (_loss(model, x, y).item() for model in (net, line))
    story.number(f"loss on the {name} in the end", loss, "nats", f"a straight line: {simple:.4f} nats")
    for kind, (x_seen, y_seen) in {"": (x, y), "fresh ": points(1000)}.items():
        right, simple = (100 * float(((model(x_seen).squeeze(1) > 0) == (y_seen > 0)).double().mean()) for model in (net, line))
        story.number(f"{kind}points of the {name} told right", right, "%", f"a straight line: {simple:.1f} %")
    title = f"The {name}, as the network sees them (seed {story.seed})"
    story.picture(
        plots.decision_boundaries(story.path(f"{name}.svg"), moments, x, y.long(), title),
        "The heavy line is the boundary. Shades say how sure the network is: dashes at 0.75, dots at 0.95.",
    )
