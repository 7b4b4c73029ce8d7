"""Why does a network that forgets at random learn better?

While a net learns, dropout sets each hidden number to zero with probability p, by a new coin for each picture and unit, and multiplies
what is left by 1 / (1 − p). So no unit can rely on another being there. When the net is used nothing is dropped, and nothing has to be
corrected: a number is on average what it was, with a variance of p / (1 − p) times its square.

Nets of two times 128 units learn from 200 digits, of which 40 have a wrong label. A net that finds the rule agrees with the 160 right
labels and reads new digits well; one that memorises agrees with all 200 labels, and reads new digits worse: its training error is small,
its test error is not. Each trial has digits of its own, on which a net without dropout and one with it begin at the same weights. So
trials are compared pair by pair: the luck of the digits is the same for both. Width, step and p were chosen so that the difference
shows; with more digits, and none of them wrong, there is less to gain.

Book: https://d2l.ai/chapter_multilayer-perceptrons/dropout.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from nn.functional import cross_entropy, dropout
from . import plots, readers
from .readers import Pictures
from .story import Story

__all__ = ["run"]

SEEN, WRONG, HIDDEN, P, MASKS = 200, 40, 128, 0.5, 10_000


def run(story: Story) -> None:
    """Show what a mask does, measure what it leaves on average, and learn with and without."""
    masks(story)
    averages(story)
    learning(story)


def masks(story: Story) -> None:
    """Numbers before and after dropout."""
    x, ps = ag.cat([ag.arange(-6.0, 0.0), ag.arange(1.0, 7.0)]), (0.0, 0.2, 0.5, 0.8, 1.0)
    story.picture(
        plots.heat_map(
            story.path("masks.svg"),
            ag.stack([x, *(dropout(x, p) for p in ps)]),
            ["before", *(f"p = {p:g}" for p in ps)],
            [str(unit) for unit in range(12)],
            "Twelve numbers, and what dropout leaves of them",
            "number",
            xlabel="unit",
            ylabel="dropout",
            signed=True,
            write=lambda number: f"{number + 0:.3g}",  # −0 + 0 is 0
        ),
        "White is dropped. What is left has grown: by 1.25 at p = 0.2, by 2 at 0.5, by 5 at 0.8.",
    )


def averages(story: Story) -> None:
    """Mean and variance over many masks, beside theory."""
    ps, finely = np.arange(1, 10) / 10, np.linspace(0, 0.9, 91)
    left = [dropout(ag.ones(MASKS, dtype=ag.float64), p) for p in ps]
    means, variances = [x.mean().item() for x in left], [x.var().item() for x in left]
    errors = np.sqrt(ps / (1 - ps) / MASKS)
    what = f"of what {MASKS:,} masks of p = 0.8 leave of a 1"
    story.number(f"mean {what}", means[7], "", f"1 ± {errors[7]:.2g}, the standard error √(p / (1 − p) / {MASKS:,})")
    story.number(f"variance {what}", variances[7], "", "p / (1 − p) = 4")
    panels = {
        "mean": {"measured, ± standard error": (ps, means), "1": (finely, np.ones(91))},
        "variance": {"measured": (ps, variances), "p / (1 − p)": (finely, finely / (1 - finely))},
    }
    measured = {"measured, ± standard error": errors.tolist()}
    story.picture(
        plots.lines(
            story.path("averages.svg"), panels, f"What {MASKS:,} masks leave of a 1", "p", errors=measured, points=[*measured, "measured"]
        ),
        "Whatever p is, on average a number stays what it was; what grows is how far it strays.",
    )


class Trial(NamedTuple):
    """A net on its way, the digits it learns from and those it does not."""

    net: nn.Module
    step: Callable[[Tensor, Tensor], None]
    seen: Pictures
    new: Pictures

    @classmethod
    def begun(cls, seed: int, p: float) -> Trial:
        ag.manual_seed(seed)  # with the same digits and weights for each p
        x, y = readers.digits()
        seen, new = ag.split(ag.randperm(len(y)), [SEEN, len(y) - SEEN])
        labels = y[seen]
        labels[:WRONG] = (labels[:WRONG] + ag.randint(1, 10, (WRONG,))) % 10
        net = nn.MLP(64, [HIDDEN, HIDDEN, 10], dropout=p)
        optimizer = nn.optim.SGD(net.parameters(), lr=0.2)

        @ag.compile
        def step(x: Tensor, y: Tensor) -> None:
            loss = cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return cls(net, step, Pictures(x[seen], labels), Pictures(x[new], y[new]))

    def learn(self) -> None:
        """One epoch."""
        self.net.train()
        for rows in ag.split(ag.randperm(SEEN), 20):
            self.step(self.seen.x[rows], self.seen.y[rows])

    def measured(self) -> list[tuple[float, float]]:
        """Loss in nats and how many % are read as they are labelled: of the digits learned from, of the mislabelled ones, of new ones."""
        self.net.eval()
        with ag.no_grad():
            x, y = self.seen
            parts = [(self.net(x), y) for x, y in ((x, y), (x[:WRONG], y[:WRONG]), self.new)]
            return [(cross_entropy(scores, y).item(), readers.right(scores.argmax(1), y)) for scores, y in parts]


def learning(story: Story) -> None:
    """Pairs of nets, with dropout and without, an epoch each in turn."""
    runs, epochs = (3, 50) if story.quick else (6, 100)
    trials = {p: [Trial.begun(100 * story.seed + run, p) for run in range(runs)] for p in (0.0, P)}
    found: dict[float, list] = {p: [] for p in trials}
    for _ in story.progress(range(epochs), f"{2 * runs} nets"):
        for p in trials:
            for trial in trials[p]:
                trial.learn()
            found[p].append([trial.measured() for trial in trials[p]])

    losses: dict[str, np.ndarray] = {}
    percents: dict[str, np.ndarray] = {}
    read = {}
    for p, numbers in found.items():
        table = np.array(numbers)  # (epochs, runs, [learned from, mislabelled, new], [loss, %])
        (seen, wrong, new), with_p = table.mean(1).transpose(1, 2, 0), f"p = {p:g}"
        losses |= {f"training loss, {with_p}": seen[0], f"test loss, {with_p}": new[0]}
        percents |= {f"wrong labels, {with_p}": wrong[1], f"test accuracy, {with_p}": new[1]}
        read[p] = table[-1, :, 2, 1]
        story.number(f"new digits read right, {with_p}", new[1][-1], "%", f"of those learned from, as labelled: {seen[1][-1]:.1f} %")
        story.number(f"wrong labels learned by heart, {with_p}", wrong[1][-1], "%", "no rule explains any of them")
        story.number(f"loss on new digits, {with_p}", new[0][-1], "nats", f"on those learned from: {seen[0][-1]:.3f}")
    gained = read[P] - read[0.0]
    beside = f"± {gained.std(ddof=1) / runs**0.5:.1f}, the standard error over {runs} pairs"
    story.number("gained by dropout on new digits", gained.mean(), "points", beside)
    title = f"{SEEN} digits, {WRONG} of them labelled wrong: mean of {runs} trials"
    panels = {"loss (cross-entropy, nats)": losses, "read as labelled (%)": percents}
    story.picture(
        plots.lines(story.path("learning.svg"), panels, title, "epoch"),
        "Without dropout the net learns the wrong labels by heart, and reads new digits the worse for it. With dropout that takes longer.",
    )
