"""All shared pictures: a reader sees all of each, in the light and in the dark."""

from __future__ import annotations

import doctest
import importlib
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import autograd as ag
import nn

pytest.importorskip("matplotlib")


from demos import plots
from tests.demos.looking import Look, X, Y, sharp_eyes


def deep() -> nn.Module:
    net = nn.MLP(20, [30, 30, 2], dropout=0.5)
    x = ag.randn(40, 20)
    net(x).sum().backward()
    net[0].weight.grad[0, 0] = ag.nan
    return net


HEAT = {"label": "J", "xlabel": "x", "ylabel": "y"}
NAMED = {
    "bars": {"xlabel": "weight", "ylabel": "feature"},
    "lines": {"xlabel": "x (m)"},
    "errors": {"xlabel": "x"},
    "small": {"xlabel": "x"},
    "contours": HEAT,
    "heat": HEAT,
    "signs": HEAT,
    "factors": HEAT,
    "logarithms": HEAT,
}
TITLE = "A title that is much longer than a title should be, and still must not be cut off at the edge of the picture"
PICTURES: dict[str, tuple[Callable[..., Path], Callable[[], tuple]]] = {
    "boundary": (plots.decision_boundary, lambda: (nn.Linear(2, 2), X, Y)),
    "seven classes": (plots.decision_boundary, lambda: (nn.Linear(2, 7), ag.randn(7, 2), ag.arange(7))),
    "unclear boundary": (plots.decision_boundary, lambda: (lambda x: ag.where(x[:, 0] > 0.2, x[:, 1], ag.nan), X, Y)),
    "boundaries": (plots.decision_boundaries, lambda: ({f"after {10**i} steps": nn.Linear(2, 3) for i in range(5)}, X, Y)),
    "curves": (plots.loss_curves, lambda: ({f"step size {10.0**-i}": [10.0**-i, 1, ag.nan] for i in range(6)},)),
    "one epoch": (plots.loss_curves, lambda: ({"train": [1.0]},)),
    "history": (plots.loss_curves, lambda: (nn.History(loss=[3.0, 0.1], valid_loss=[3.1, 0.2], accuracy=[0.1, 0.9]),)),
    "activations": (plots.activation_histograms, lambda: (deep(), ag.randn(40, 20))),
    "one layer": (plots.activation_histograms, lambda: (nn.Linear(2, 2), X)),
    "gradients": (plots.gradient_histograms, lambda: (deep(),)),
    "units": (plots.weight_images, lambda: (ag.randn(40, 64), (8, 8))),
    "one unit": (plots.weight_images, lambda: (ag.randn(1, 64), (8, 8))),
    "one bad unit": (plots.weight_images, lambda: (ag.where(ag.arange(64) == 9, ag.nan, ag.randn(1, 64)), (16, 4))),
    "flat unit": (plots.weight_images, lambda: (ag.randn(1, 64), (1, 64))),
    "lines": (plots.lines, lambda: ({"y (m)": {"a": [1, 2, 3], "b": ([0.5], [ag.nan])}, "z (s)": {"c": range(50)}},)),
    "small": (partial(plots.lines, columns=2), lambda: ({f"{i} (m)": {"": [-i, 1, i]} for i in range(3)},)),
    "contours": (plots.contours, lambda: (lambda x, y: x**4 + y * y, {f"way {i}": [[i, i + 1], [0, 0]] for i in range(3)})),
    "from zero": (partial(plots.lines, xlabel="x", xscale="symlog", x=[0, 0.01, 0.1, 10]), lambda: ({"y": {"a": [1, 2, 3, 4]}},)),
    "errors": (partial(plots.lines, errors={"a": [0.1, 0.2]}, points=["a"]), lambda: ({"y": {"a": [1, 2]}},)),
    "runs": (partial(plots.lines, yscale="log", xlabel="x"), lambda: ({"y (m)": {"a": [[1, 2, 3], [2, 1, 5]], "b": [3, 2]}},)),
    "guesses": (plots.predicted_against_true, lambda: (ag.tensor([1.0, 20.0]), {n: [2.0, ag.nan] for n in ("a", "b", "c")})),
    "one guess": (plots.predicted_against_true, lambda: ([30_000.0, 700_000.0], {"a model": [-1.0, 1e9]})),
    "bars": (plots.bars, lambda: ({"area": 0.2, "a feature of a long, long name": -0.01, "age": ag.nan},)),
    "heat": (plots.heat_map, lambda: ([[1.0, ag.nan], [1e9, 0.0]], ["one", "two"], ["a", "b"])),
    "logarithms": (partial(plots.heat_map, log=True), lambda: ([[1.0, 1e-9, 0.0]], ["one"], ["a", "b", "c"])),
    "signs": (partial(plots.heat_map, signed=True), lambda: ([[1.0, -1e-9, 0.0]], ["one"], ["a", "b", "c"])),
    "factors": (partial(plots.heat_map, log=True, signed=True, write=None), lambda: ([[1.0, 1e-9, ag.nan]], ["one"], ["a", "b", "c"])),
    "trainings": (
        partial(plots.learning_curves, what="digits", level=("nearest mean", 90.0)),
        lambda: ({f"net {i}": ([2.3, 0.1 / i], [10, 95.0]) for i in range(1, 4)},),
    ),
    "one training": (partial(plots.learning_curves, what="digits"), lambda: ({"net": ([2.3], [10.0])},)),
    "worst": (plots.worst_read, lambda: (ag.rand(30, 28, 28), ag.arange(30) % 2, ag.randn(30, 2).softmax(1), ["ankle boot", "sandal"])),
    "worst of few": (plots.worst_read, lambda: (ag.rand(2, 8, 8), ag.tensor([0, 1]), ag.eye(2), ["ankle boot", "t-shirt"])),
    "bad weights": (plots.weight_images, lambda: (ag.randn(3, 64) * ag.tensor([[1.0], [ag.nan], [1e9]]), (2, 32))),
}


def test_a_long_title_takes_no_room_from_the_picture(look: Look) -> None:
    short, long = (look(plots.activation_histograms, nn.ReLU(), X, title) for title in ("Short", TITLE))
    inches = [figure.axes[0].get_window_extent().height / figure.dpi for figure in (short, long)]
    assert inches[0] == pytest.approx(inches[1], rel=0.05)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_cut_off_or_lies_on_another_and_axes_are_labelled(tmp_path: Path, name: str, suffix: str) -> None:
    draw, args = PICTURES[name]
    with sharp_eyes():
        path = draw((tmp_path / name).with_suffix(suffix), *args(), title=TITLE, **NAMED.get(name, {}))
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("name", PICTURES)
def test_a_drawing_is_the_same_each_time_and_has_colours_for_the_dark(tmp_path: Path, name: str) -> None:
    draw, args = PICTURES[name]
    given = args()

    def drawn(i: int) -> str:
        ag.manual_seed(0)  # for dropout
        return draw(tmp_path / f"{i}.svg", *given, title=TITLE, **NAMED.get(name, {})).read_text()

    one, two = drawn(1), drawn(2)
    assert one == two
    assert re.search("prefers-color-scheme: dark.*#ffffff.*#14171c", one)


def test_the_examples_in_the_docstrings() -> None:
    modules = [importlib.import_module(f"demos.plots.{path.stem}") for path in Path(plots.__file__).parent.glob("[a-z]*.py")]
    results = [doctest.testmod(module) for module in modules]
    assert sum(result.attempted for result in results) > 10 and not any(result.failed for result in results)
