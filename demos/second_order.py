"""What is a second derivative good for?

The gradient says which way is down, the Hessian how the gradient changes on the way. Newton's method asks both, and steps to where the
gradient would be 0 if the Hessian stayed as it is. It is tried on Rosenbrock's function (1 − x)² + 100 (y − x²)², a bent valley:
at its lowest point, (1, 1), the walls curve 2,508 times as much as the floor.

Gradient descent must take steps shorter than 2 over the largest eigenvalue of the Hessian, or it is thrown from wall to wall. Along
the floor such steps are tiny, and each leaves nearly all of the distance. For Newton's method walls and floor are alike: near the
minimum, each step leaves at most a multiple of the square of the last distance, so that the digits that are right double.

Nobody writes down the Hessian of a network with a million weights. But its product with a vector costs about two walks through the
graph (`autograd.functional.hvp`), and such products, repeated, find the largest eigenvalue. The network here has 13 weights, so that all
of its Hessian can be drawn, too. It learns the product of two numbers with a step size of 0.3, and so its training error cannot come to
rest where the largest eigenvalue is above 2/0.3. In the long run of 3,000 steps this becomes just that, within 4 % for nine of the seeds
0 to 9, and 5.3 for the tenth: gradient descent has gone down until the walls are as steep as its steps allow, which is called the edge of
stability.

All this is one rule used twice: a gradient recorded with `create_graph=True` is a graph like any other, and has gradients.

Book: https://d2l.ai/chapter_optimization/gd.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor, Value
from autograd.drawing import draw
from autograd.functional import hessian, hvp
from . import plots
from .story import Story

__all__ = ["run"]

START, MINIMUM = np.array([-1.2, 1.0]), np.array([1.0, 1.0])
SMALL = 1e-8
STEP_SIZE = 0.3
WEIGHTS = [f"W1 {i},{j}" for i in range(3) for j in range(2)] + [f"b1 {i}" for i in range(3)] + [f"W2 {i}" for i in range(3)] + ["b2"]


def run(story: Story) -> None:
    """Two ways down a valley, its curvature and that of a network's loss, and a graph of a graph."""
    valley(story)
    network(story)
    x = Value(0.5)
    y = ag.tanh(x)
    (dy,) = ag.grad(y, x, create_graph=True)
    (d2y,) = ag.grad(dy, x, create_graph=True)
    exact = -2 * np.tanh(0.5) / np.cosh(0.5) ** 2
    story.number("second derivative of tanh at 0.5", d2y.data, "", f"−2 tanh x / cosh² x = {exact:.4f}")
    story.picture(
        plots.graph_picture(draw([y, dy, d2y], names={"x": x, "y": y, "dy": dy, "d2y": d2y}), story.path("graph_of_a_graph.svg")),
        "The way back of a way back: dy = 1 − y · y, and d2y is what flows from there through both factors y, and once more through tanh.",
    )


def valley(story: Story) -> None:
    """Newton's method and gradient descent on Rosenbrock's function."""
    newton = descend(50)
    story.number("steps of Newton's method", len(newton) - 1, "", f"from (−1.2, 1) until the gradient is shorter than {SMALL:g}")
    most = 25_000 if story.quick else 30_000
    runs: dict[float, np.ndarray] = {}
    for size in story.progress((0.00195, 0.0021) if story.quick else (0.00195, 0.0021, 0.0018, 0.0015), "gradient descent"):
        runs[size] = descend(most, size)
    best = min(runs, key=lambda size: len(runs[size]))
    tried = ", ".join(f"{size:g}" for size in sorted(runs))
    story.number("steps of gradient descent", len(runs[best]) - 1, "", f"with step size {best:g}, the best of {tried}")

    least, largest = np.linalg.eigvalsh(curvature(MINIMUM))
    root = np.sqrt(501**2 - 400)  # the eigenvalues have the sum 1002 and the product 400
    story.number("largest step size that can come to rest", 2 / largest, "", f"2 / (501 + √(501² − 400)) = {2 / (501 + root):.6f}")
    story.number("condition number at the minimum", largest / least, "", f"by the same square root, {(501 + root) / (501 - root):.1f}")
    off = max(np.abs(curvature((x, y)) - [[2 - 400 * y + 1200 * x**2, -400 * x], [-400 * x, 200]]).max() for x, y in newton)
    story.number("largest error of a Hessian", off, "", "beside the closed form, along Newton's way; entries are up to 2,000")

    ways = {"Newton's method": newton} | {f"step size {size:g}": path for size, path in sorted(runs.items())}
    far = {name: np.linalg.norm(path - MINIMUM, axis=1) for name, path in ways.items()}
    left = (far[f"step size {best:g}"][-1] / far[f"step size {best:g}"][-1001]) ** 0.001
    exact = f"1 − {best:g} · (501 − √(501² − 400)) = {100 - 100 * best * (501 - root):.3f} %"
    story.number("what each of its last steps leaves", 100 * left, "%", exact)
    before, after = far["Newton's method"][-2:]
    story.number("Newton's last distance", after, "", f"the one before is {before:.2g}, its square {before**2:.2g}")

    some = {name: np.unique(np.geomspace(1, len(path) - 1, 300).astype(int)) for name, path in ways.items()}
    drawn = {name: ways[name][np.append(0, some[name])] for name in ("Newton's method", f"step size {best:g}")}
    title = "Two ways down Rosenbrock's valley"
    story.picture(
        plots.contours(story.path("paths.svg"), rosenbrock, drawn, title, xlabel="x", ylabel="y", label="(1 − x)² + 100 (y − x²)²"),
        "Newton's method leaves the valley and comes back; gradient descent bounces at first, and then creeps along the floor.",
    )
    curves = {name: (k, far[name][k]) for name, k in some.items()}
    story.picture(
        plots.lines(
            story.path("distance.svg"), {"distance to the minimum": curves},
            "Distance to the minimum, step by step", "step", xscale="log", yscale="log",
        ),
        f"Both scales are logarithmic. With a step size above {2 / largest:.6f} the distance stops falling.",
    )  # fmt: skip
    story.picture(
        plots.heat_map(
            story.path("hessian.svg"), curvature(MINIMUM), ["x", "y"], ["x", "y"], "The Hessian of Rosenbrock's function at (1, 1)",
            "second derivative", xlabel="by", ylabel="by", signed=True, write="{:.0f}".format,
        ),
        "How both parts of the gradient change with x and with y: in closed form 802, −400 and 200.",
    )  # fmt: skip


def network(story: Story) -> None:
    """Curvature of the loss of a network, before and after training."""
    x = 2 * ag.rand(40, 2, dtype=ag.float64) - 1
    loss = loss_of_network(x, x[:, 0] * x[:, 1])
    w = ag.randn(len(WEIGHTS), dtype=ag.float64)
    upwards = (np.linalg.eigvalsh(hessian(loss, w).numpy()) < 0).sum()
    story.number("directions that curve downwards, untrained", upwards, "of 13", "along these Newton's method would go up")
    steps = 1000 if story.quick else 3000
    for _ in story.progress(range(steps), "training"):
        (gradient,) = ag.grad(loss(w.requires_grad_()), w)
        w = w.detach() - STEP_SIZE * gradient

    v = ag.randn(len(WEIGHTS), dtype=ag.float64)
    for _ in range(50):
        product = hvp(loss, w, v)[1]
        sharpest, v = (v @ product) / (v @ v), product / ag.norm(product)
    whole = hessian(loss, w).numpy()
    bound = f"no rest above 2 / {STEP_SIZE} = {2 / STEP_SIZE:.3f}" + f"; short run: {steps:,} of 3,000 steps" * story.quick
    story.number("largest eigenvalue after training, by 50 products", sharpest.item(), "", bound)
    story.number("the same from all entries", np.linalg.eigvalsh(whole)[-1], "", "of the matrix in the picture")
    story.picture(
        plots.heat_map(
            story.path("network.svg"), whole, WEIGHTS, WEIGHTS, "The Hessian of a 2-3-1 network's loss after training",
            "second derivative", xlabel="by", ylabel="by", signed=True,
        ),
        "Symmetric, as it does not matter by which weight one differentiates first.",
    )  # fmt: skip


def rosenbrock(x: Any, y: Any) -> Any:
    """A bent valley, of Values or Tensors."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def descend(most: int, size: float | None = None) -> np.ndarray:
    """At most so many steps, until the gradient is small: of ``size`` times the gradient or, without one, of Newton's method."""
    at, path = START, [START]
    while len(path) <= most:
        x, y = Value(at[0]), Value(at[1])
        gradient = np.array([g.data for g in ag.grad(rosenbrock(x, y), (x, y))])
        if np.linalg.norm(gradient) < SMALL:
            break
        at = at - (np.linalg.solve(curvature(at), gradient) if size is None else size * gradient)
        path.append(at)
    return np.array(path)


def curvature(at: Any) -> np.ndarray:
    """The Hessian of Rosenbrock's function."""
    return np.array([[entry.data for entry in row] for row in hessian(rosenbrock, (Value(at[0]), Value(at[1])))])


def loss_of_network(x: Tensor, target: Tensor) -> Callable[[Tensor], Tensor]:
    """The mean square error of a 2-3-1 network with tanh, as a function of all its weights."""

    def loss(w: Tensor) -> Tensor:
        W1, b1, W2, b2 = w[:6].reshape(3, 2), w[6:9], w[9:12], w[12]
        return ag.square(ag.tanh(x @ W1.T + b1) @ W2 + b2 - target).mean()

    return loss
