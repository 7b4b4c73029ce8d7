"""Can training stop in the middle, and go on as if it had not?

A network learns the handwritten digits with all that makes a run hard to continue: the batches are shuffled, dropout throws
coins, Adam remembers the gradients of the past, and a schedule lowers the step size to 0. Half way, `nn.save_checkpoint`
writes one file, and the run goes on to its end: that is the run to compare with.

Then everything is made anew, as in a new process: other weights, an optimiser that remembers nothing, a schedule at its
beginning, another seed. `nn.load_checkpoint` puts the file into these objects, and they take the second half of the
training. Each loss is compared with that of the run that was not stopped, to the last bit.

Last, parts of the file are forgotten, one at a time, and then all but the weights, which is what the book saves. The weights
are all that is needed to read digits. To go on learning is another matter: each part that is missing leads away from the
run. Not always to a larger loss: where the optimiser, which holds the step size, or the schedule begins anew, steps stay
large for longer.

Book: https://d2l.ai/chapter_builders-guide/read-write.html
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
import nn
from nn.data import DataLoader, TensorDataset
from . import plots, readers
from .story import Story

__all__ = ["run"]

FORGOTTEN = ("nothing", "random state", "scheduler", "optimizer", "all but the weights")


def run(story: Story) -> None:
    """Train to the end, then the second half again from the file, whole and with parts forgotten."""
    batches = DataLoader(TensorDataset(*readers.digits()), batch_size=64, shuffle=True)
    half = 6 if story.quick else 15
    path = story.path("half_way.npz")

    def fresh() -> dict[str, Any]:
        net = nn.MLP(64, [64, 10], dropout=0.3)
        optimizer = nn.optim.Adam(net.parameters(), lr=0.003)
        return {"model": net, "optimizer": optimizer, "scheduler": nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, 2 * half)}

    def learn(what: str, model: nn.Module, optimizer: nn.optim.Optimizer, scheduler: Any) -> list[list[float]]:
        """The losses of each epoch's batches."""
        losses: list[list[float]] = []
        for _ in story.progress(range(half), what):
            losses.append([])
            for pixels, digits in batches:
                loss = nn.functional.cross_entropy(model(pixels), digits)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses[-1].append(loss.item())
            scheduler.step()
        return losses

    parts = fresh()
    first = learn("first half", **parts)
    nn.save_checkpoint(path, **parts, step=len(first))
    second = np.array(learn("second half", **parts))

    resumed = {}
    for forgotten in FORGOTTEN:
        ag.manual_seed(story.seed + 1)
        parts = fresh()
        if forgotten == "all but the weights":
            parts["model"].load_state_dict(ag.load(path), strict=False)
        else:
            nn.load_checkpoint(path, **{name: part for name, part in parts.items() if name != forgotten})
        if forgotten == "random state":
            ag.manual_seed(story.seed + 1)
        resumed[forgotten] = np.array(learn(f"without {forgotten}", **parts))

    apart = {forgotten: losses.mean(1) - second[: len(losses)].mean(1) for forgotten, losses in resumed.items()}
    same = {forgotten: (losses == second[: len(losses)]).all(1).sum() for forgotten, losses in resumed.items()}
    beside = f"of {len(apart['nothing'])}; with all but the weights forgotten: {same['all but the weights']}"
    story.number("epochs that repeat bit for bit", same["nothing"], "", beside)
    for forgotten, difference in apart.items():
        story.number(f"largest difference of an epoch's loss, {forgotten} forgotten", np.abs(difference).max(), "nats")
    kept = 4 * sum(p.numel() for p in parts["model"].parameters()) / 1000
    beside = f"weights: {kept:.1f} kB, and Adam's two averages of each as much"
    story.number("size of the checkpoint", path.stat().st_size / 1000, "kB", beside)

    def placed(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return len(first) + 1 + np.arange(len(losses)), losses

    curves = {
        "not stopped": np.mean([*first, *second], 1),
        "resumed": placed(resumed["nothing"].mean(1)),
        "resumed from\nthe weights alone": placed(resumed["all but the weights"].mean(1)),
    }
    title = f"Stopped after epoch {len(first)}, and resumed (seed {story.seed})"
    story.picture(
        plots.lines(story.path("resumed.svg"), {"training loss (nats)": curves}, title, "epoch", yscale="log", points=["resumed"]),
        "Each triangle, the loss of a resumed epoch, lies on that of the run that was not stopped.",
    )
    missing = {"difference of the loss (nats)": {forgotten: placed(difference) for forgotten, difference in apart.items()}}
    story.picture(
        plots.lines(story.path("forgotten.svg"), missing, f"What was forgotten, and where it led (seed {story.seed})", "epoch"),
        "How far each loss lies above that of the run that was not stopped: where nothing was forgotten, 0.",
    )
    story.picture(path, "the checkpoint; numpy.load opens it")
