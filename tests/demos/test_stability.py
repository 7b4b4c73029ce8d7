"""The story of stability: its numbers beside integrals, matrix products and a descent that know nothing of the engine."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from demos import stability
from demos.story import Story
from tests.demos.looking import numbers

Z = np.linspace(-8, 8, 4001)
NORMAL = np.exp(-Z * Z / 2) / np.exp(-Z * Z / 2).sum()
CDF = np.vectorize(lambda z: (1 + math.erf(z / math.sqrt(2))) / 2)
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "identity": (lambda z: z, np.ones_like),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "ReLU": (lambda z: np.maximum(z, 0), lambda z: z > 0),
    "GELU": (lambda z: z * CDF(z), lambda z: CDF(z) + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)),
}
VARIANCES = {
    "N(0, 0.01²)": 64 * 0.01**2,
    "N(0, 1)": 64,
    "Xavier": 1,
    "Kaiming": 2,
    "PyTorch's": 1 / 3,
}  # of a unit whose inputs have size 1


def expected(activation: str, variance: float) -> float:
    """The gradient at the first of 20 layers over that at the last, where layers are wide: then the outputs of each are normal, of
    variance q, and the gradient's square is multiplied by the variance of the weights and the mean square of the slope.

    Source: Schoenholz, Gilmer, Ganguli and Sohl-Dickstein, "Deep information propagation", arXiv:1611.01232.
    """
    function, slope = FUNCTIONS[activation]
    q, ratio = variance, 1.0
    for _ in range(19):
        z = math.sqrt(q) * Z
        ratio *= math.sqrt(variance * (NORMAL @ slope(z) ** 2))
        q = variance * (NORMAL @ function(z) ** 2)
    return ratio


def scattered(activation: str, variance: float) -> float:
    """By what factor the same scatters over 80 networks of 64 units."""
    function, slope = FUNCTIONS[activation]
    rng, h, slopes = np.random.default_rng(0), np.random.default_rng(1).normal(size=(80, 64, 64)), []
    layers = rng.normal(0, math.sqrt(variance / 64), (20, 80, 64, 64))
    for w in layers:
        z = h @ w
        h = function(z)
        slopes.append(slope(z))
    last = g = rng.normal(size=h.shape) * slopes[-1]
    for w, d in zip(layers[:0:-1], slopes[-2::-1]):
        g = g @ w.swapaxes(1, 2) * d
    return math.exp(np.std(np.log(np.linalg.norm(g, axis=(1, 2)) / np.linalg.norm(last, axis=(1, 2))), ddof=1))


def test_gradients_vanish_and_explode_as_theory_has_it(telling: Callable[..., Story], monkeypatch: pytest.MonkeyPatch) -> None:
    def heat_map(path: Path, numbers: np.ndarray, *args: Any, **more: Any) -> Path:
        tables.append(numbers)
        return draw(path, numbers, *args, **more)

    tables: list[np.ndarray] = []
    draw = stability.plots.heat_map
    monkeypatch.setattr(stability.plots, "heat_map", heat_map)
    story = telling("stability")
    found, (first, layers) = story.numbers, tables
    assert [*FUNCTIONS] == [*stability.ACTIVATIONS] and [*VARIANCES] == [*stability.WEIGHTS]
    for activation, row in zip(FUNCTIONS, first):
        for (weights, variance), ratio in zip(VARIANCES.items(), row):
            loose = weights == "N(0, 1)" or (activation, weights) == ("GELU", "Kaiming")  # there 64 units are far from wide
            assert abs(math.log(ratio / expected(activation, variance))) < (3 if loose else 1), (activation, weights)
    assert np.array_equal(layers[:, 0], first.reshape(-1)) and (layers[:, -1] == 1).all()
    for activation, weights in stability.PAIRS:
        number = found[f"first layer's gradient in units of the last's, {activation}, {weights}"]
        assert number.value == first[[*FUNCTIONS].index(activation), [*VARIANCES].index(weights)]
        wide, width, scatter = numbers(number.beside)[-3:]
        assert expected(activation, VARIANCES[weights]) < 1.05 * wide and width == 64
        assert abs(scatter - scattered(activation, VARIANCES[weights])) < 0.1

    assert found["weights that are NaN after an epoch"].value > 0.8 * 4810
    cured = found["held-out digits read right after the cure"]
    assert 85 < cured.value < numbers(cured.beside)[0]
    assert cured.value * 3 == pytest.approx(round(cured.value * 3), abs=1e-4)  # there are 300 of them
    report = (story.out / "report.txt").read_text()
    assert report.startswith("log made -inf") and "use log_softmax(), or cross_entropy()" in report
    assert f"  demos{os.sep}stability.py:" in report


@pytest.fixture
def bare(tmp_path: Path) -> Story:
    ag.manual_seed(3)
    return Story("stability", tmp_path)


def test_the_product_is_that_of_the_matrices(bare: Story) -> None:
    product = np.eye(4)
    for _ in range(100):
        product = product @ ag.randn(4, 4, dtype=ag.float64).numpy()
    ag.manual_seed(3)
    stability._product(bare)
    (number,) = bare.numbers.values()
    assert number.value == pytest.approx(np.abs(product).max() ** 0.01, rel=1e-9)
    # The logarithm of a chi-square of 4 degrees has variance pi² / 6 - 1; a length takes half of the logarithm.
    deviation = math.sqrt((math.pi**2 / 6 - 1) / 4 / 100)
    growth, spread = numbers(number.beside.split("= ")[1])
    assert math.log(number.value) == pytest.approx(math.log(growth), abs=4 * deviation)
    assert spread == pytest.approx(growth * deviation, rel=0.1)


def test_units_that_begin_alike_go_where_one_goes(bare: Story) -> None:
    x = ag.randn(64, 4).numpy().astype(np.float64)
    y = np.tanh(x[:, 0] * x[:, 1])
    ag.manual_seed(3)
    stability._symmetry(bare)
    apart, loss, dropout, random = bare.numbers.values()
    assert apart.value == 0 < 0.01 < float(apart.beside.split()[-1])

    w, b, v, c = np.full(4, 0.1), 0.1, 0.1, 0.1  # of any of the four units; the output adds 4 v times it
    for _ in range(799):
        h = np.tanh(x @ w + b)
        e = 2 * (4 * v * h + c - y) / len(y)
        dz = e * v * (1 - h * h)
        w, b, v, c = w - 0.2 * dz @ x, b - 0.2 * dz.sum(), v - 0.2 * e @ h, c - 0.2 * e.sum()
    assert loss.value == pytest.approx(np.mean((4 * v * np.tanh(x @ w + b) + c - y) ** 2), rel=1e-3)
    assert random.value < 0.5 * loss.value and 0.85 < dropout.value / loss.value < 1.2  # over 8 seeds dropout's is 0.9 to 1.15 of it
    assert "Dropout tells the units apart, but 800 steps" in bare.pictures[0].caption


@pytest.mark.parametrize("number", [3])
def test_stopped_it_draws_what_there_is(telling: Callable[..., Story], stop_at: Callable[[int], None], number: int) -> None:
    stop_at(number)
    story = telling("stability")
    assert story.stopped and len(story.pictures) == 5
    assert sum("first layer" in name for name in story.numbers) == {1: 0, 3: 4, 9: 5}[number]
