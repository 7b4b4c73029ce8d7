"""Why do gradients vanish or explode, and where does a NaN come from?

On its way back through a deep network a gradient is multiplied, layer by layer, by the weights and by the slope of the
activation. Weights of standard deviation s, n for each unit, stretch it by s√n on average. The slope of a sigmoid is at most
1/4, that of tanh at most 1; half of the slopes of ReLU are 1, and half are 0. From the last of 20 layers to the first, a factor
has 19 times to become enormous, or next to nothing. So Xavier chooses s² = 2 / (n_in + n_out), which leaves a gradient as large
as it is where slopes are 1, and Kaiming s² = 2 / n_in, for where half of them are. What PyTorch does unless told otherwise,
s² = 1 / (3 n_in), is neither.

The first two pictures show it in networks of 20 layers of 64 units that learn nothing: normal noise goes in, and normal noise
comes back, as if from a loss. What is measured is the gradient by each layer's output, before its activation. The products of
factors beside are what wide layers do on average; 64 units scatter around it, and may pass what is the most there. The third
picture is the same without a network: a product of a hundred matrices, 4 by 4.

Then a symmetry: hidden units that begin alike have equal gradients and stay alike, however long the descent. Dropout, which
treats each unit differently, breaks the symmetry, but the loss is slow to profit from it: after 800 steps it is about where it is
without. Random weights break it from the start, which is why weights begin at random.

Last, a hunt. A classifier of digits begins with weights of N(0, 1), and has the logarithm of a softmax in its loss. After an
epoch most of its weights are NaN. Inside `ag.detect_anomaly` the same program ends at once, with the report below: which
operation, which numbers, which line, and what helps. So helped, it learns. Its test error is counted on every sixth digit, from
which it never learnt, and is larger than its training error: such weights overfit.

Book: https://d2l.ai/chapter_multilayer-perceptrons/numerical-stability-and-init.html
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from nn.data import DataLoader, TensorDataset
from . import plots, readers
from .story import Story

__all__ = ["run"]

WIDTH, DEPTH = 64, 20
WEIGHTS: dict[str, Callable[[Tensor], Any]] = {
    "N(0, 0.01²)": lambda w: nn.init.normal_(w, 0, 0.01),
    "N(0, 1)": lambda w: nn.init.normal_(w, 0, 1),
    "Xavier": nn.init.xavier_normal_,
    "Kaiming": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
    "PyTorch's": lambda w: w,  # as nn.Linear makes them: uniform, of variance 1 / (3 n_in)
}
ACTIVATIONS = {"identity": nn.Identity(), "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh(), "ReLU": nn.ReLU(), "GELU": nn.GELU()}
STRETCH = {"N(0, 0.01²)": 0.01 * math.sqrt(WIDTH), "PyTorch's": math.sqrt(1 / 3), "Xavier": 1.0, "Kaiming": math.sqrt(2)}  # s√n
SLOPE = {"sigmoid": 1 / 4, "tanh": 1.0, "ReLU": math.sqrt(1 / 2)}  # the most; of ReLU the root of the mean square
SCATTER = {"sigmoid": 1.2, "tanh": 1.2, "ReLU": 1.4}  # of 64 units: e to the standard deviation of the logarithm, over 80 draws
PAIRS = [("sigmoid", "N(0, 0.01²)"), ("sigmoid", "PyTorch's"), ("sigmoid", "Xavier"), ("tanh", "Xavier"), ("ReLU", "Kaiming")]


def run(story: Story) -> None:
    """Gradients through deep networks, a product of matrices, a symmetry, and a NaN."""
    for part in (_layers, _product, _symmetry, _hunt):
        part(story)


def _layers(story: Story) -> None:
    ratios = np.full((len(ACTIVATIONS), len(WEIGHTS), DEPTH), np.nan)
    for i, activation in enumerate(story.progress(ACTIVATIONS, "gradients")):
        for j, initialise in enumerate(WEIGHTS.values()):
            h, outputs = ag.randn(WIDTH, WIDTH, dtype=ag.float64), []
            for _ in range(DEPTH):
                layer = nn.Linear(WIDTH, WIDTH, bias=False).double()
                initialise(layer.weight)
                outputs.append(z := layer(h))
                z.retain_grad()
                h = ACTIVATIONS[activation](z)
            h.backward(ag.randn(WIDTH, WIDTH, dtype=ag.float64))
            ratios[i, j] = [z.grad.norm() / outputs[-1].grad.norm() for z in outputs]
    first = {(a, w): ratios[i, j, 0] for i, a in enumerate(ACTIVATIONS) for j, w in enumerate(WEIGHTS)}
    for activation, weights in PAIRS:
        if np.isfinite(ratio := first[activation, weights]):
            factor = STRETCH[weights] * SLOPE[activation]
            beside = f"wide layers {'' if activation == 'ReLU' else 'at most '}{factor:.3g}^{DEPTH - 1} = {factor ** (DEPTH - 1):.2g}"
            beside += f"; {WIDTH} units scatter by a factor of {SCATTER[activation]}"
            story.number(f"first layer's gradient in units of the last's, {activation}, {weights}", ratio, "", beside)
    heat_map = partial(plots.heat_map, log=True, signed=True, label="in units of the last layer's gradient")
    file, title = story.path("first.svg"), f"What arrives at the first of {DEPTH} layers (seed {story.seed})"
    story.picture(
        heat_map(file, ratios[..., 0], [*ACTIVATIONS], [*WEIGHTS], title, xlabel="weights", ylabel="activation", write="{:.1e}".format),
        "White: what went back arrived as large as it set out.",
    )
    rows, columns = [f"{activation}, {weights}" for activation, weights in first], [f"{i + 1}" for i in range(DEPTH)]
    file, title = story.path("layers.svg"), f"On their way back, from right to left (seed {story.seed})"
    story.picture(
        heat_map(file, ratios.reshape(-1, DEPTH), rows, columns, title, xlabel="layer", ylabel="activation, weights", write=None),
        "What a layer does to its gradient, the next one does again.",
    )


def _product(story: Story) -> None:
    rate, variance = (math.log(2) + 1 - np.euler_gamma) / 2, (math.pi**2 / 6 - 1) / 4  # of log √(chi-square of 4 degrees)
    curves: dict[str, Any] = {}
    for name, std in {"N(0, 1)": 1.0, "N(0, 1/4), Xavier's": 0.5, "N(0, 1/16)": 0.25}.items():
        M, curves[name] = ag.eye(4, dtype=ag.float64), []
        for _ in range(100):
            M = M @ (std * ag.randn(4, 4, dtype=ag.float64))
            curves[name].append(M.abs().max().item())
    beside = f"exp((log 2 + 1 − γ) / 2) = {math.exp(rate):.4g}, standard deviation {math.exp(rate) * math.sqrt(variance / 100):.2g}"
    story.number("growth per matrix, of a product of 100 of N(0, 1)", curves["N(0, 1)"][-1] ** (1 / 100), "", beside)
    curves["expected"] = np.tile(k := np.arange(10, 101, 10), 3), np.concatenate([np.exp(rate * k) * std**k for std in (1, 0.5, 0.25)])
    panels, title = {"largest entry": curves}, f"A product of 4 by 4 matrices (seed {story.seed})"
    story.picture(
        plots.lines(story.path("product.svg"), panels, title, "number of matrices", yscale="log", points=["expected"]),
        "It explodes with entries of variance 1, fades with 1/16, and fades slowly with Xavier's 1/4.",
    )


def _symmetry(story: Story) -> None:
    x = ag.randn(64, 4)
    y = ag.tanh(x[:, :1] * x[:, 1:2])
    alike, dropout, random = (nn.MLP(4, [4, 1], activation=nn.Tanh, dropout=p) for p in (0, 0.5, 0))
    for parameter in (*alike.parameters(), *dropout.parameters()):
        nn.init.constant_(parameter, 0.1)
    nets = {"begun alike": alike, "alike, dropout": dropout, "begun at random": random}
    optimizers = {name: nn.optim.SGD(net.parameters(), lr=0.2) for name, net in nets.items()}
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in nets}
    for _ in story.progress(range(800), "symmetry"):
        for name, net in nets.items():
            distance = (net[0].weight.amax(0) - net[0].weight.amin(0)).max().item()
            measured[name].append((distance, nn.functional.mse_loss(net.eval()(x), y).item()))
            loss = nn.functional.mse_loss(net.train()(x), y)
            optimizers[name].zero_grad()
            loss.backward()
            optimizers[name].step()
    apart, losses = (dict(zip(nets, table)) for table in np.transpose([*measured.values()], (2, 0, 1)))
    story.number("difference of units that began alike", apart["begun alike"].max(), "", f"dropout: {apart['alike, dropout'][-1]:.2g}")
    for name, curve in losses.items():
        story.number(f"loss of units {name}", curve[-1], "", f"after {len(curve)} steps")
    panels = {"largest difference\nof two units' weights": apart, "loss (mean square)": losses}
    story.picture(
        plots.lines(story.path("symmetry.svg"), panels, f"Four hidden units learn tanh(x₁x₂) (seed {story.seed})", "step"),
        "Units that begin alike stay alike, to the last bit, and four of them do the work of one. Dropout tells the units apart, but "
        f"{len(apart['begun alike'])} steps hardly profit from it yet; random weights do.",
    )


def _hunt(story: Story) -> None:
    x, y = readers.digits()
    x, held_out = 16 * x, readers.held_out(len(y))  # ink from 0 to 16, as it stands in the file
    batches = DataLoader(TensorDataset(x[~held_out], y[~held_out]), batch_size=50, shuffle=True)

    def by_hand(scores: Tensor, labels: Tensor) -> Tensor:
        return -ag.softmax(scores, 1)[ag.arange(len(labels)), labels].log().mean()

    def trained(loss: Callable[[Tensor, Tensor], Tensor], epochs: int) -> nn.Module:
        ag.manual_seed(story.seed)
        net = nn.MLP(64, [64, 10])
        for p in net.parameters():
            nn.init.normal_(p, 0, 1)
        with warnings.catch_warnings(action="ignore"):  # that the loss is no number is what is shown
            nn.fit(net, loss, nn.optim.SGD(net.parameters(), lr=0.01), batches, None, epochs, callbacks=story.asked_to_stop, progress=False)
        return net

    try:
        with ag.detect_anomaly():
            trained(by_hand, 1)
    except ag.AnomalyError as error:
        story.text("report.txt", str(error).replace(f"{Path(__file__).parents[1]}{os.sep}", ""), "The report of ag.detect_anomaly.")
    lost, cured = trained(by_hand, 1), trained(nn.functional.cross_entropy, 15)
    nan = [bool(entry) for p in lost.parameters() for entry in p.isnan().flatten()]
    story.number("weights that are NaN after an epoch", sum(nan), "", f"of {len(nan)}")
    learnt, right = (readers.right(readers.read(cured, x[rows]).argmax(1), y[rows]) for rows in (~held_out, held_out))
    story.number("held-out digits read right after the cure", right, "%", f"of those it learnt from {learnt:.1f} %")
