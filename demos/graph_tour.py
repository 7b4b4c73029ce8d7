"""How does the chain rule find its way back through a program?

Arithmetic leaves a graph behind: squares are variables, circles the operations between them. `backward` walks it in the other
direction, and every operation multiplies what arrives by a derivative that it knows. Where a variable is used twice, what comes back
on both ways is added.

The first graph is the expression that https://github.com/karpathy/micrograd shows on its first page, made to use all that a
small engine has. As a and b are whole numbers, its result and its gradients are fractions, which a reader with paper can find.

The second is one neuron. Its bias is 6 + ln(1 + √2), for which the slope of tanh is exactly 1/2, so that every gradient is half of
what its variable was multiplied by. There is a film of it, too.

The third is the book's: a network with one hidden layer, a loss l and a penalty ℓ₂ on the weights. Both are given here as operations
of our own, one row with its derivatives each, so that the graph has just the nodes of the book's figure, and the graph of
the way back reads as the book's derivation. That the rows are right is seen from the book's formulas in numpy, and from
the same network with l and ℓ₂ written out in the engine's own arithmetic.

Book: https://d2l.ai/chapter_multilayer-perceptrons/backprop.html
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np

import autograd as ag
from autograd import Op, Tensor, Value
from autograd.drawing import draw
from . import plots
from .story import Story

__all__ = ["run"]

LAMBDA = 0.1


def run(story: Story) -> None:
    """An expression, a neuron and a network: each with its graph, and its gradients beside those found by hand."""
    stages = expression(Value(-4.0), Value(2.0))
    g = stages["g"]
    g.backward()
    for name, value, exact in (
        ("g", g.data, Fraction(2421, 98)),
        ("dg/da", stages["a"].grad, Fraction(47620, 343)),
        ("dg/db", stages["b"].grad, Fraction(221433, 343)),
    ):
        story.number(name, value, "", f"{exact} = {float(exact):.4f}, as micrograd's page has it", digits=7)
    story.picture(
        plots.graph_picture(draw(g, names=stages, rankdir="TB", precision=6), story.path("expression.svg")),
        "Each box has a value and the gradient of g. One relu is off: it gives 0 for −2, and passes nothing of its gradient on.",
    )

    neuron = neuron_of_two(Value(2.0), Value(0.0))
    o = neuron["o"]
    o.backward()
    off = max(abs(neuron[name].grad - 0.5 * neuron[by].data) for name, by in (("x1", "w1"), ("w1", "x1"), ("x2", "w2"), ("w2", "x2")))
    story.number("output of the neuron", o.data, "", f"1/√2 = {math.sqrt(0.5):.4f}")
    story.number("largest error of its gradients", off, "", "beside half of the other factor: −1.5, 1, 0.5 and 0")
    story.picture(
        plots.graph_picture(draw(o, names=neuron), story.path("neuron.svg")),
        "Values, and below them the gradients of o: that of each factor is the other factor times what comes back, 0.5.",
    )
    for film in plots.graph_film(o, neuron, "A neuron, forward and back", story.path("film.html")):
        story.picture(film, "A film of the neuron, with the arithmetic of each step")

    x, y = ag.randn(3, 1, dtype=ag.float64), ag.randn(2, 1, dtype=ag.float64)
    W1, W2 = (ag.randn(*shape, dtype=ag.float64, requires_grad=True) for shape in ((4, 3), (2, 4)))
    rows = network(x, y, W1, W2, l, l2)
    arithmetic = network(x, y, W1, W2, l.compute, l2.compute)  # what a row computes with leaves a graph of its own
    expected = by_hand(*(t.detach().numpy() for t in (x, y, W1, W2)))
    for nodes, what in ((rows, "l and ℓ₂ as rows"), (arithmetic, "l and ℓ₂ written out")):
        found = ag.grad(nodes["J"], (W1, W2), retain_graph=True)
        off = max(np.abs(g.numpy() - e).max() for g, e in zip(found, expected))
        story.number(f"largest error of dJ/dW1 and dJ/dW2, {what}", off, "", "beside the book's formulas in numpy")
    story.picture(
        plots.graph_picture(draw(rows["J"], names=rows), story.path("forward.svg")),
        "The book's figure: forward through the network, and J = L + s.",
    )
    both = draw(rows["J"], names=rows, layout="mirror", rankdir="BT")
    story.picture(
        plots.graph_picture(both, story.path("backward.svg")),
        "The book's derivation, downwards and dashed: dJ/dW2 = dJ/do hᵀ + λ W2 and dJ/dW1 = dJ/dz xᵀ + λ W1, each the sum of what two "
        f"arrows bring (λ = {LAMBDA}; g is what arrives). Dotted: what the way back needs from the way forward.",
    )


def expression(a: Value, b: Value) -> dict[str, Value]:
    """The expression from micrograd's page, with a name for every stage."""
    c = a + b
    c1 = c + (c + 1)
    c2 = c1 + (1 + c1 + -a)
    d = a * b + b**3
    d1 = d + (d * 2 + (b + a).relu())
    d2 = d1 + (3 * d1 + (b - a).relu())
    e = c2 - d2
    f = e**2
    return {"a": a, "b": b, "c": c, "c1": c1, "c2": c2, "d": d, "d1": d1, "d2": d2, "e": e, "f": f, "g": f / 2.0 + 10.0 / f}


def neuron_of_two(x1: Value, x2: Value) -> dict[str, Value]:
    """A neuron, by the names of its parts."""
    w1, w2, b = Value(-3.0), Value(1.0), Value(6 + math.log(1 + math.sqrt(2)))
    n = x1 * w1 + x2 * w2 + b
    return {"x1": x1, "x2": x2, "w1": w1, "w2": w2, "b": b, "n": n, "o": n.tanh()}


l = Op("l", lambda o, y: ((o - y) ** 2).sum() / 2, lambda g, z, o, y: g * (o - y), lambda g, z, o, y: g * (y - o))
l2 = Op(
    "ℓ₂",
    lambda W1, W2: LAMBDA / 2 * ((W1**2).sum() + (W2**2).sum()),
    lambda g, z, W1, W2: g * LAMBDA * W1,
    lambda g, z, W1, W2: g * LAMBDA * W2,
)


def network(x: Tensor, y: Tensor, W1: Tensor, W2: Tensor, l: Callable[..., Tensor], l2: Callable[..., Tensor]) -> dict[str, Tensor]:
    """Forward, as the book has it, by name."""
    z = W1 @ x
    h = ag.tanh(z)
    o = W2 @ h
    L, s = l(o, y), l2(W1, W2)
    return {"x": x, "y": y, "W1": W1, "W2": W2, "z": z, "h": h, "o": o, "L": L, "s": s, "J": L + s}


def by_hand(x: np.ndarray, y: np.ndarray, W1: np.ndarray, W2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dJ/dW1 and dJ/dW2 by the formulas of the book."""
    h = np.tanh(W1 @ x)
    dJ_do = W2 @ h - y
    dJ_dz = W2.T @ dJ_do * (1 - h**2)
    return dJ_dz @ x.T + LAMBDA * W1, dJ_do @ h.T + LAMBDA * W2
