"""What is a house worth, and how far off is the guess where nobody knows the price?

A house is a row of 79 entries: numbers, such as its area, and words, such as its neighbourhood, with gaps. Numbers are
standardised, a word becomes a feature that is 1 where it stands and 0 elsewhere, and a gap becomes the mean of the number, or
a word of its own. That makes some 300 features, more than the 240 houses that a model learns from: it can learn their prices
by heart, and how well it knows them proves nothing.

So the rows are cut into five parts. Each is left out once and guessed by models that learn from the other four; mean, spread
and words are those of the four as well. What is measured is the log-RMSE, the root of the mean square error of log(price):
0.1 is about 10 % off, for dear houses and cheap ones alike. After ± stands its standard error over the parts, a little
too small, as they share rows to learn from.

Three models start at the mean and follow Adam: a linear one, the same with weight decay, and a network with 64 hidden units
(MLP). The one that does best on the parts left out learns once more, from all rows, and fills in `submission.csv`.

The table that comes with the story is invented: it has the columns, words and gaps of the one in Kaggle's competition, but
every house was drawn by `demos/data/houses/make.py`. The price follows a known rule, but for a noise in its logarithm that
nobody can guess. Step sizes and weight decay were chosen on other tables of this make. With `--data DIR` the story reads
the competition's `train.csv` and `test.csv`.

Book: https://d2l.ai/chapter_multilayer-perceptrons/kaggle-house-price.html
"""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from nn.functional import mse_loss
from . import plots
from .data.houses.make import NOISE
from .story import Needs, Story, UntoldError
from .tables import Encoder, Table, read_table

__all__ = ["NEEDS", "run"]

NEEDS = Needs(
    ("train.csv", "test.csv"),
    'Kaggle hands them out in its competition "House Prices: Advanced Regression Techniques", '
    "https://www.kaggle.com/c/house-prices-advanced-regression-techniques/data",
)
OWN = Path(__file__).parent / "data" / "houses"
NO_FEATURES, FOLDS, BATCH = ("Id", "SalePrice"), 5, 64
DECAYED = "linear, weight decay"
MODELS = {  # the widths of the layers, the step size, the weight decay
    DECAYED: ([1], 0.003, 0.03),
    "linear": ([1], 0.003, 0.0),
    "MLP, weight decay": ([64, 1], 0.001, 0.01),
}
Rows = tuple[Tensor, Tensor]  # features (n, d) and prices (n,)


def run(story: Story) -> None:
    """Guess every price by models that have not seen it, then the prices that nobody has said."""
    try:
        train, price, test = _read(story.data or OWN)
    except (OSError, ValueError) as error:
        raise UntoldError(str(error)) from None
    story.say(f"{story.data or 'An invented table'}: {len(train)} houses with a price, {len(test)} without")

    # Five folds: mean, spread and words are those of the rows that are learnt from.
    parts: list[tuple[Tensor, Rows, Rows]] = []
    unknown: set[str] = set()
    for seen, unseen in nn.data.k_fold(len(train), FOLDS):
        encode = Encoder(train[seen], NO_FEATURES)
        parts.append((unseen, (encode(train[seen]), price[seen]), (encode(train[unseen]), price[unseen])))
        unknown.update(encode.unknown(train[unseen]))
    story.say(f"Words that only a part left out has, zeros for its models: {', '.join(sorted(unknown)) or 'none'}")

    epochs = -(-(400 if story.quick else 1200) * BATCH // len(train))  # about as many steps for any table
    curves: dict[str, list[np.ndarray]] = {}  # of a model in every fold: (2, epochs), of training rows and of rows left out
    guesses: dict[str, np.ndarray] = {}  # (n,), made by the model that had not seen the row
    for (unseen, learnt, left), name in story.progress(list(product(parts, MODELS)), "folds"):
        net, curve = _fit(name, epochs, learnt, learnt, left)
        curves.setdefault(name, []).append(curve)
        guesses.setdefault(name, np.full(len(train), np.nan))[unseen.numpy()] = _guess(net, left[0]).double().exp().numpy()

    mean = np.mean([_log_rmse(learnt[1].log().mean(), left[1]) for _, learnt, left in parts])
    story.number("always the mean of log(price)", mean, "log-RMSE", "on the parts left out, as the next three")
    noise = {} if story.data else {"noise of the rule": [NOISE] * epochs}
    scores, panels = {}, {}
    for name, of_folds in curves.items():
        on_learnt, on_left = np.swapaxes(of_folds, 0, 1)
        panels[f"log-RMSE, {name}"] = {"training rows": on_learnt, "rows left out": on_left, **noise}
        scores[name] = on_left[:, -1].mean()
        deviation = on_left[:, -1].std() / max(1, len(on_left) - 1) ** 0.5
        story.number(name, scores[name], f"± {deviation:.4f} log-RMSE", f"on the rows that it learnt from {on_learnt[:, -1].mean():.3f}")

    # All rows with a price, and the prices that nobody has said.
    encode = Encoder(train, NO_FEATURES)
    x = encode(train)
    nets = {name: _fit(name, epochs, (x, price))[0] for name in story.progress(MODELS, "all rows")}
    best = min(nets, key=scores.__getitem__)
    guess = _guess(nets[best], encode(test))
    story.say(f"Words that only test.csv has, zeros for all models: {', '.join(encode.unknown(test)) or 'none'}")
    with story.path("submission.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("Id", "SalePrice"), *zip(test.column("Id"), (f"{dollars:.0f}" for dollars in guess.double().exp().tolist()))]
        )
    if not story.data:
        told = ag.tensor(read_table(OWN / "answers.csv").numbers("SalePrice"), dtype=ag.float32)
        story.number("submission.csv", _log_rmse(guess, told), "log-RMSE", f"{best}, on {len(test)} prices that were kept from it")
        story.number("noise of the rule", NOISE, "log-RMSE", "what remains where the rule is known")

    # What there is to see.
    scatter = {f"{name}: {scores[name]:.3f}": dollars / 1000 for name, dollars in guesses.items()}
    title = f"{len(train)} prices, guessed by models that had not seen them"
    story.picture(
        plots.predicted_against_true(story.path("guesses.svg"), price / 1000, scatter, title, "price ($1,000)"),
        "Each house as it was guessed while it was left out, and the log-RMSE of that. On the line a guess is right.",
    )
    story.picture(
        plots.lines(story.path("epochs.svg"), panels, "Learning in folds (thin), and their mean", "epoch", yscale="log", ylim=(0.025, 0.6)),
        "The error of the training rows says how well they are known by heart. Where that of the rows left out rises, noise is learnt.",
    )
    pull = nets[DECAYED].state_dict()["0.weight"].numpy()[0] * x.numpy().std(0)
    strongest = {encode.names[i]: pull[i] for i in np.argsort(-abs(pull))[:20]}
    unit = "log(price) for one standard deviation more of the feature"
    story.picture(
        plots.bars(story.path("weights.svg"), strongest, "What the linear model with weight decay uses most", unit, "feature"),
        "To the right what goes with dear houses, to the left what goes with cheap ones. Features that say the same share an effect.",
    )
    story.picture(story.path("submission.csv"), f"the prices of test.csv as guessed by {best}, to be uploaded")


def _read(data: Path) -> tuple[Table, Tensor, Table]:
    """The rows with a price, their prices, and the rows without. Raises OSError and ValueError where the files are not such."""
    train, test = read_table(data / "train.csv"), read_table(data / "test.csv")
    train.must_match(test, apart_from=["SalePrice"])
    price = ag.tensor(train.numbers("SalePrice", positive=True), dtype=ag.float32)
    if len(train) < FOLDS:
        raise ValueError(f"{train.path}: {len(train)} rows, where {FOLDS} folds need at least {FOLDS}")
    test.column("Id")
    Encoder(train, NO_FEATURES)(test)
    return train, price, test


def _fit(name: str, epochs: int, learnt: Rows, *watched: Rows) -> tuple[nn.Module, np.ndarray]:
    """The model of this name after so many epochs on the rows ``learnt``, and its errors after each on those ``watched``."""
    widths, lr, decay = MODELS[name]
    x, y = learnt[0], learnt[1].log()
    net = nn.MLP(x.shape[1], widths)
    *_, weight, bias = net.parameters()
    nn.init.zeros_(weight)  # its first guess is the mean
    nn.init.constant_(bias, float(y.mean()))
    weights, biases = ([p for p in net.parameters() if p.ndim == ndim] for ndim in (2, 1))
    optimizer = nn.optim.Adam([{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}], lr=lr)
    batches = nn.data.DataLoader(nn.data.TensorDataset(x, y), BATCH, shuffle=True)
    errors: list[list[float]] = []
    nn.fit(
        net, lambda output, y: mse_loss(output.squeeze(1), y), optimizer, batches, epochs=epochs, progress=False, compile=True,
        callbacks=lambda *_: errors.append([_log_rmse(_guess(net, features), price) for features, price in watched]),
    )  # fmt: skip
    return net, np.array(errors).T


def _guess(net: nn.Module, x: Tensor) -> Tensor:
    """The logarithms of the prices."""
    with ag.no_grad():
        return net(x).squeeze(1)


def _log_rmse(guess: Tensor, price: Tensor) -> float:
    """The root of the mean square error of ``guess``, that of log(price); a guess below a dollar counts as a dollar."""
    return float((guess.clamp(min=0) - price.log()).double().square().mean().sqrt())
