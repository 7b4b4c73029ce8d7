"""The shared pictures say what numpy says, say what they leave out, and leave the model as it was. Pixels are not compared."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
import nn

pytest.importorskip("matplotlib")

from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from demos import plots

X = ag.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 3.0], [-1.0, 0.5]])
Y = ag.tensor([0, 1, 1, 0])
few = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
extreme = st.sampled_from([0.0, np.nan, np.inf, -np.inf, 1e-300, 1e300]) | st.floats(-10, 10)


class Look:
    """Draws, and shows the figure that was written."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "picture.png"

    def __call__(self, draw: Callable[..., Path], *args: Any, **kwargs: Any) -> Any:
        self.path.unlink(missing_ok=True)
        assert draw(self.path, *args, **kwargs) == self.path
        assert self.path.stat().st_size > 1000
        return _written.pop()


_written: list[Figure] = []


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    save = Figure.savefig

    def savefig(figure: Figure, path: Path) -> None:
        _written.append(figure)
        save(figure, path)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return Look(tmp_path)


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text) if text.get_visible())


class Emit(nn.Module):
    """Gives out an array of one's choice."""

    def __init__(self, array: Any) -> None:
        super().__init__()
        self.array = array

    def forward(self, x: Any) -> Any:
        return ag.tensor(self.array)


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[-\d.]+(?:e[-+]?\d+)?", text.replace("−", "-"))]


def test_the_examples_in_the_docstrings() -> None:
    failed, tried = doctest.testmod(plots)
    assert tried and not failed


# Decision boundaries.
def blobs(k: int) -> tuple[ag.Tensor, ag.Tensor, Callable[[ag.Tensor], ag.Tensor]]:
    centres = 3 * ag.randn(k, 2)
    y = ag.arange(20 * k) % k
    return centres[y] + ag.randn(20 * k, 2), y, lambda x: -ag.square(x.unsqueeze(1) - centres).sum(2) / 4


@pytest.mark.parametrize("k", [2, 3, 7])
def test_regions_have_the_colour_of_the_predicted_class_and_fade_with_its_probability(look: Look, k: int) -> None:
    x, y, classifier = blobs(k)
    axes, bar = look(plots.decision_boundary, classifier, x, y, "Blobs").axes
    image = np.asarray(axes.images[0].get_array())
    left, right, bottom, top = axes.images[0].get_extent()
    across, up = np.linspace(left, right, image.shape[1]), np.linspace(bottom, top, image.shape[0])
    seen = ag.softmax(classifier(ag.tensor(np.stack(np.meshgrid(across, up), -1).reshape(-1, 2), dtype=ag.float32)), 1).numpy()
    paint = 1 - image.reshape(-1, 3)
    paints = 1 - np.array([to_rgb(colour) for colour in plots.COLOURS[:k]])
    clear = np.sort(seen)[:, -1] - np.sort(seen)[:, -2] > 1e-3
    nearest = (paint @ (paints / np.linalg.norm(paints, axis=1, keepdims=True)).T).argmax(1)
    assert (nearest == seen.argmax(1))[clear].all()
    for c in range(k):
        region = nearest == c
        assert np.corrcoef(paint[region].sum(1), seen[region].max(1))[0, 1] > 0.9999
    assert np.linspace(0, 1, k + 1)[1] == pytest.approx(bar.get_ylim()[0]) and bar.get_ylim()[1] == 1
    assert x.numpy().min(0)[0] > left and x.numpy().max(0)[1] < top


def test_every_point_is_drawn_once_by_the_marker_of_its_class(look: Look) -> None:
    x, y, classifier = blobs(4)
    figure = look(plots.decision_boundary, classifier, x, y, "Blobs")
    lines = figure.axes[0].lines
    assert len({line.get_marker() for line in lines}) == len({line.get_color() for line in lines}) == 4
    for c, line in enumerate(lines):
        assert np.array_equal(line.get_xydata(), x.numpy()[y.numpy() == c])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["class 0", "class 1", "class 2", "class 3"]


def test_the_lines_lie_where_the_probabilities_are(look: Look) -> None:
    axes, bar = look(plots.decision_boundary, lambda x: x[:, 0] - 2 * x[:, 1] + 0.3, X, Y, "Linear").axes
    assert [lines.get_linewidth()[0] for lines in axes.collections] == [2.5, 1, 1]  # the boundary is the heavy one
    for lines, level in zip(axes.collections, (0.5, 0.75, 0.95), strict=True):
        score = np.concatenate([path.vertices for path in lines.get_paths()]) @ [1, -2] + 0.3
        np.testing.assert_allclose(1 / (1 + np.exp(-np.abs(score))), level, atol=2e-3)
    assert [line.get_ydata()[0] for line in bar.lines] == [0.75, 0.95]


def test_a_score_is_the_logit_of_the_second_class(look: Look) -> None:
    def score(x: ag.Tensor) -> ag.Tensor:
        return x[:, 0] * x[:, 1] - 0.5

    def image(classifier: Any, y: Any) -> np.ndarray:
        return np.asarray(look(plots.decision_boundary, classifier, X, y, "Score").axes[0].images[0].get_array())

    one = image(score, Y)
    assert np.array_equal(one, image(lambda x: score(x).unsqueeze(1), Y))
    assert np.array_equal(one, image(score, Y.float().unsqueeze(1)))
    assert np.array_equal(one, image(score, 2 * Y - 1))
    np.testing.assert_allclose(one, image(lambda x: ag.stack([-score(x) / 2, score(x) / 2], 1), Y), atol=1e-6)
    assert "class -1" in texts(look(plots.decision_boundary, score, X, 2 * Y - 1, "Score"))


@pytest.mark.parametrize("raises", [False, True])
def test_the_model_is_evaluated_and_its_modes_come_back(look: Look, raises: bool) -> None:
    class Spy(nn.Module):
        def forward(self, x: ag.Tensor) -> ag.Tensor:
            seen.append((self.training, ag.is_grad_enabled(), x.dtype, x.shape[1]))
            if raises:
                raise RuntimeError("spied")
            return x

    seen: list[Any] = []
    net = nn.Sequential(nn.Dropout(), Spy())
    net[0].eval()
    if raises:
        with pytest.raises(RuntimeError, match="spied"):
            look(plots.decision_boundary, net, X.double(), Y, "Modes")
    else:
        look(plots.decision_boundary, net, X.double(), Y, "Modes")
    assert seen == [(False, False, ag.float64, 2)]
    assert [m.training for m in net.modules()] == [True, False, True]


@pytest.mark.parametrize("bad", [ag.nan, ag.inf, -ag.inf])
def test_what_is_not_finite_is_white_and_said(look: Look, bad: float) -> None:
    figure = look(plots.decision_boundary, lambda x: ag.where(x[:, 0] > 0.2, x[:, 1], bad), X, Y, "Half")
    image = np.asarray(figure.axes[0].images[0].get_array())
    white = (image == 1).all(-1)
    assert 0 < white.mean() < 1
    assert f"no finite output, {100 * white.mean():.3g} % of the plane" in texts(figure)
    look(plots.decision_boundary, lambda x: ag.full((len(x),), bad), X, Y, "Nothing")
    assert "no finite output" not in texts(look(plots.decision_boundary, lambda x: x, X, Y, "All"))


def test_a_plane_of_one_class_has_no_boundary(look: Look) -> None:
    axes = look(plots.decision_boundary, lambda x: x[:, 0] * 0 + 0.1, X, Y, "All of class 1").axes[0]
    assert not any(len(path.vertices) for lines in axes.collections for path in lines.get_paths())


@pytest.mark.parametrize(
    "x", [X, X[:1], ag.ones(3, 2), X[:2].double() * 1e-8 + 1e6, X[:2] * 1e-30], ids=["four", "one", "one place", "far", "tiny"]
)
def test_any_finite_points_have_a_plane_around_them(look: Look, x: ag.Tensor) -> None:
    axes = look(plots.decision_boundary, lambda z: z, x, ag.zeros(len(x)), "Few").axes[0]
    low, high = x.numpy()[:, 0].min(), x.numpy()[:, 0].max()
    left, right = axes.get_xlim()
    assert low - left == pytest.approx(right - high) and low - left > 0.1 * (high - low)
    assert right - left > 1e-6 * abs(high)  # what stays a plane in float32


@pytest.mark.parametrize(
    ("error", "match", "args"),
    [
        (TypeError, "got int", (3, X, Y)),
        (TypeError, "must return a Tensor, got list", (lambda x: [1], X, Y)),
        (ValueError, r"shape \(n, 2\) with n > 0, got \(4,\)", (lambda x: x, X[:, 0], Y)),
        (ValueError, r"shape \(n, 2\) with n > 0, got \(0, 2\)", (lambda x: x, X[:0], Y[:0])),
        (ValueError, "NaN or inf in 2 of 4", (lambda x: x, ag.where(X > 0.7, ag.nan, X)[[0, 1, 3, 3]], Y)),
        (ValueError, r"one label for each of 4 points, got y of shape \(3,\)", (lambda x: x, X, Y[:3])),
        (ValueError, r"logits \(57600, k\) or scores \(57600,\), got \(57600, 2, 1\)", (lambda x: x.unsqueeze(2), X, Y)),
        (ValueError, r"got \(1, 2\)", (lambda x: x[:1], X, Y)),
        (ValueError, "logits of the classes 0 to 1, but y has 1, 2", (lambda x: x, X, Y + 1)),
        (ValueError, "one score for the classes 0 and 1, or -1 and 1, but y has -1, 0", (lambda x: x[:, 0], X, Y - 1)),
        (ValueError, "but y has 0.5", (lambda x: x[:, 0], X, ag.full((4,), 0.5))),
        (ValueError, "at most 7 classes .* gives 8", (lambda x: ag.cat([x, x, x, x], 1), X, Y)),
    ],
)
def test_refuses_what_is_no_classification_of_the_plane(look: Look, error: type[Exception], match: str, args: Any) -> None:
    classifier, x, y = args
    with pytest.raises(error, match=match):
        plots.decision_boundary(look.path, classifier, x, y, "Wrong")
    assert not look.path.exists()


# Loss curves.
@few
@given(st.lists(st.lists(extreme, min_size=1, max_size=6), min_size=1, max_size=4))
def test_curves_are_the_numbers_and_the_legend_counts_the_gaps(look: Look, series: list[list[float]]) -> None:
    (axes,) = look(plots.loss_curves, {f"run {i}": numbers for i, numbers in enumerate(series)}, "Runs").axes
    legend = {text.get_text().split("\n")[0]: text.get_text() for text in axes.get_legend().get_texts()}
    for i, (line, numbers) in enumerate(zip(axes.lines, series, strict=True)):
        finite = np.isfinite(numbers)
        assert np.array_equal(line.get_xdata(), np.arange(1, len(numbers) + 1))
        assert np.array_equal(np.isnan(line.get_ydata()), ~finite)
        assert np.array_equal(line.get_ydata()[finite], np.array(numbers)[finite])
        said = f"\n({(~finite).sum()} of {len(numbers)} not finite)" if not finite.all() else ""
        assert legend[f"run {i}"] == f"run {i}{said}"


@pytest.mark.parametrize(
    ("train", "valid", "scale"),
    [
        ([1.0, 9.9], [2.0], "linear"),
        ([1.0, 10.1], [2.0], "log"),
        ([1.0], [ag.nan, 10.1], "log"),
        ([0.0, 100.0], [1.0], "linear"),
        ([1.0, 100.0], [-1.0], "linear"),
        ([1.0, ag.inf], [ag.nan], "linear"),
        ([ag.nan], [ag.nan], "linear"),
    ],
)
def test_the_scale_is_logarithmic_where_positive_numbers_span_more_than_a_factor_of_10(
    look: Look, train: list[float], valid: list[float], scale: str
) -> None:
    assert look(plots.loss_curves, {"train": train, "valid": valid}, "Scale").axes[0].get_yscale() == scale


def test_curves_differ_without_colour_and_the_legend_has_their_order(look: Look) -> None:
    (axes,) = look(plots.loss_curves, {f"{i}": [1.0, i % 5 + 0.01 * i] for i in range(12)}, "Twelve", ylabel="loss (nats)").axes
    assert len({(line.get_marker(), line.get_linestyle(), str(line._unscaled_dash_pattern)) for line in axes.lines}) == 12
    last = [
        [float(n) for n in range(5) for i in range(12) if i % 5 == n and text.get_text() == str(i)]
        for text in axes.get_legend().get_texts()
    ]
    assert last == sorted(last, reverse=True)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss (nats)")


def test_a_history_has_a_panel_for_each_measure(look: Look) -> None:
    history = nn.fit(
        nn.Linear(2, 2),
        nn.CrossEntropyLoss(),
        type("Still", (), {"zero_grad": lambda self: None, "step": lambda self: None})(),
        [(X, Y)],
        [(X, Y)],
        epochs=3,
        metrics={"accuracy": lambda output, y: (output.argmax(1) == y).float().mean()},
        progress=False,
    )
    panels = look(plots.loss_curves, history, "Still", ylabel="cross-entropy (nats)").axes
    assert [axes.get_ylabel() for axes in panels] == ["cross-entropy (nats)", "accuracy"]
    for axes, name in zip(panels, ("loss", "accuracy")):
        assert [line.get_label() for line in axes.lines] == ["training", "validation"]
        assert [list(line.get_ydata()) for line in axes.lines] == [history[name], history[f"valid_{name}"]]


@pytest.mark.parametrize("epochs", [1, 2, 3, 50])
def test_all_epochs_are_on_the_axis_and_ticks_are_whole(look: Look, epochs: int) -> None:
    (axes,) = look(plots.loss_curves, {"train": [1.0] + [ag.nan] * (epochs - 1)}, "Diverged").axes
    left, right = axes.get_xlim()
    assert left < 1 and right > epochs
    ticks = [tick for tick in axes.get_xticks() if left <= tick <= right]
    assert ticks and all(tick == round(tick) for tick in ticks)


def test_curves_refuse_what_is_no_series(look: Look) -> None:
    with pytest.raises(TypeError, match=r"series by name, such as .*, got list"):
        plots.loss_curves(look.path, [0.5, 0.4], "List")  # type: ignore[arg-type]
    empty: Any
    for empty, said in (({}, "no series"), (nn.History(), "no series"), ({"train": [1.0], "valid": []}, "none of ['valid']")):
        with pytest.raises(ValueError, match=re.escape(f"at least one epoch of each series, got {said}")):
            plots.loss_curves(look.path, empty, "Empty")


# Histograms.
@few
@given(
    st.lists(hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=5), elements=extreme), min_size=1, max_size=4),
    st.none() | st.just(True),
)
def test_histograms_say_what_numpy_says(look: Look, arrays: list[np.ndarray], log: bool | None) -> None:
    figure = look(plots.activation_histograms, nn.Sequential(*map(Emit, arrays)), X, "Emitted", log=log)
    assert len(figure.axes) == len(arrays)
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    for i, (axes, values) in enumerate(zip(figure.axes, arrays)):
        finite = values[np.isfinite(values)]
        said = "\n".join(text.get_text() for text in axes.texts)
        assert axes.get_ylabel() == f"{i}\nEmit"
        if finite.size:
            mean, std, zeros = numbers(axes.texts[-1].get_text() if "mean" in axes.texts[-1].get_text() else axes.texts[0].get_text())
            unit = abs(finite).max() or 1.0
            assert mean == pytest.approx(unit * (finite / unit).mean(), rel=6e-3, abs=unit * 1e-12)
            assert std == pytest.approx(unit * (finite / unit).std(), rel=6e-3, abs=unit * 1e-12)
            assert zeros == pytest.approx(100 * (values == 0).mean(), rel=6e-3)
        for count, kind in ((np.isnan(values).sum(), "NaN"), ((values == np.inf).sum(), " inf"), ((values == -np.inf).sum(), "−inf")):
            assert (f"{count} {kind.strip()}" in said) == bool(count)
        shares = sum(patch.get_data().values.sum() for patch in axes.patches)
        assert shares == pytest.approx(100 * (finite != 0).sum() / values.size)
        assert ("all are exactly 0" in said) == (not values.any())
        if shares and finite.size < values.size:  # the remark stands above the bars
            assert axes.get_ylim()[1] > 1.5 * max(patch.get_data().values.max() for patch in axes.patches)


@pytest.mark.parametrize("std", [0.01, 0.1])
def test_vanishing_signals_are_seen_on_one_axis(look: Look, std: float) -> None:
    net = nn.Sequential(*(m for _ in range(6) for m in (nn.Linear(100, 100, bias=False), nn.Tanh())))
    for weight in net.parameters():
        nn.init.normal_(weight, std=std)  # 0.1 is Xavier's for 100 inputs and outputs
    figure = look(plots.activation_histograms, net, ag.randn(50, 100), "Deep", kinds=nn.Tanh)
    assert [axes.get_ylabel() for axes in figure.axes] == [f"{i}\nTanh" for i in range(1, 12, 2)]
    assert ("magnitude" in figure.axes[-1].get_xlabel()) == (std == 0.01)
    if std == 0.01:
        peaks = []
        for axes in figure.axes:
            share, edges, _ = axes.patches[0].get_data()
            peaks.append(edges[share.argmax()])
        assert np.allclose(np.diff(peaks), -1, atol=0.35)  # each layer takes a factor of std * sqrt(100), a decade


def test_the_axis_is_logarithmic_from_a_factor_of_100_on_unless_told(look: Look) -> None:
    def logarithmic(ratio: float, **told: bool) -> bool:
        net = nn.Sequential(Emit(np.array([1.0, -0.5])), Emit(np.array([ratio, 0.0])))
        figure = look(plots.activation_histograms, net, X, "Two", **told)
        assert "activation" in figure.axes[-1].get_xlabel()
        return "magnitude" in figure.axes[-1].get_xlabel()

    assert not logarithmic(99) and logarithmic(101) and logarithmic(1 / 101) and not logarithmic(1 / 99)
    assert not logarithmic(101, log=False) and logarithmic(1, log=True)


@pytest.mark.parametrize("values", [[5.0, 6.0], [-3.0], [1e-5, 2e-5], [0.0, 1.0]])
def test_zero_is_on_the_axis_and_an_edge_of_a_bin(look: Look, values: list[float]) -> None:
    axes = look(plots.activation_histograms, Emit(values), X, "Values", log=False).axes[0]
    share, edges, _ = axes.patches[0].get_data()
    assert 0 in edges and axes.get_xlim() == (edges[0], edges[-1])
    assert share[edges[:-1] < 0].sum() == (100 if values[0] < 0 else 0)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e-7, ag.nan])
def test_one_value_has_its_place_on_a_logarithmic_axis(look: Look, value: float) -> None:
    axes = look(plots.activation_histograms, Emit([value]), X, "Value", log=True).axes[0]
    left, right = axes.get_xlim()
    assert right - left == pytest.approx(1, abs=0.05)
    if value and np.isfinite(value):
        assert left < np.log10(abs(value)) < right


def test_activations_are_copies_of_what_was_given_out_in_the_mode_the_model_is_in(look: Look) -> None:
    class Shift(nn.Module):
        def forward(self, x: ag.Tensor) -> ag.Tensor:
            assert not ag.is_grad_enabled()
            return x.add_(100)

    shared = nn.Identity()
    net = nn.Sequential(nn.ReLU(), Shift(), shared, nn.Dropout(1.0), shared)
    figure = look(plots.activation_histograms, net, ag.ones(3, 2), "Shifted")
    said = [axes.texts[-1].get_text().splitlines()[0] for axes in figure.axes]
    assert said == ["mean 1", "mean 101", "mean 101", "mean 0", "mean 0"]
    assert [axes.get_ylabel().split("\n")[-1] for axes in figure.axes] == ["ReLU", "Shift", "Identity", "Dropout", "Identity"]
    assert net.training and ag.is_grad_enabled()


def test_hooks_leave_also_when_the_model_raises(look: Look) -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU()), nn.Linear(4, 1))
    with pytest.raises(ValueError):
        plots.activation_histograms(look.path, net, X, "Misfit")
    assert not any(m._hooks for m in net.modules())
    net[2] = nn.Linear(3, 1)
    assert len(look(plots.activation_histograms, net, X, "Fit").axes) == 3
    assert not any(m._hooks for m in net.modules())


def test_gradients_by_the_names_of_their_parameters(look: Look) -> None:
    net = nn.MLP(2, [5, 4, 1])
    net[0].requires_grad_(False)
    net(X).sum().backward()
    net[2].bias.grad = None
    figure = look(plots.gradient_histograms, net, "Gradients")
    assert [axes.get_ylabel() for axes in figure.axes] == [name for name, _ in net.named_parameters()]
    said = {axes.get_ylabel(): "\n".join(text.get_text() for text in axes.texts) for axes in figure.axes}
    assert said["0.weight"] == said["0.bias"] == "no gradient: it is frozen" and said["2.bias"] == "no gradient"
    gradient = net[4].weight.grad.numpy()
    assert numbers(said["4.weight"]) == pytest.approx([gradient.mean(), gradient.std(), 100 * (gradient == 0).mean()], rel=6e-3)
    assert "gradient" in figure.axes[-1].get_xlabel()


def test_histograms_refuse_what_has_nothing_to_show(look: Look) -> None:
    class Reads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x: ag.Tensor) -> ag.Tensor:
            return x @ self.layer.weight

    function: Any = lambda x: x  # noqa: E731
    with pytest.raises(TypeError, match=r"activation_histograms looks into an nn.Module, got function"):
        plots.activation_histograms(look.path, function, X, "Function")
    with pytest.raises(TypeError, match=r"gradient_histograms looks into an nn.Module, got function"):
        plots.gradient_histograms(look.path, function, "Function")
    for net in (nn.Sequential(), Reads()):
        with pytest.raises(ValueError, match=f"{type(net).__name__} called none"):
            plots.activation_histograms(look.path, net, X, "Nothing")
    with pytest.raises(TypeError, match="draws tensors, but 1\nEmpty gave tuple"):
        empty = type("Empty", (nn.Module,), {"forward": lambda self, x: ()})
        plots.activation_histograms(look.path, nn.Sequential(nn.ReLU(), empty()), X, "Tuple")
    with pytest.raises(ValueError, match="no activation to draw: all 2 arrays are empty"):
        plots.activation_histograms(look.path, nn.MLP(2, [3, 1])[:2], X[:0], "Empty")
    with pytest.raises(ValueError, match=r"no gradient in 2 parameters; call backward\(\)"):
        plots.gradient_histograms(look.path, nn.Linear(2, 1), "Before")
    assert not look.path.exists()


# Weights as images.
@few
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 20), st.just(6)), elements=extreme))
def test_each_unit_is_an_image_on_one_scale_around_a_white_zero(look: Look, weight: np.ndarray) -> None:
    figure = look(plots.weight_images, weight, (2, 3), "Weights")
    finite = weight[np.isfinite(weight)]
    most = abs(finite).max(initial=0) or 1
    axes, bar = figure.axes
    places = [tuple(image.get_extent()) for image in axes.images]
    assert len(set(places)) == len(weight) and bar.get_ylabel() == "weight"
    for image, row in zip(axes.images, weight, strict=True):
        assert (image.norm.vmin, image.norm.vmax) == (-most, most)
        shown = np.ma.masked_invalid(row.reshape(2, 3))
        assert np.ma.allequal(image.get_array(), shown) and (np.ma.getmaskarray(image.get_array()) == shown.mask).all()
    assert axes.images[0].cmap(axes.images[0].norm(0.0)) == pytest.approx((1, 1, 1, 1), abs=0.02)
    assert sum(len(line.get_xdata()) for line in axes.lines) == (weight < -most / 4).sum()
    lost = weight.size - finite.size
    assert (f"grey: {lost} of {weight.size} not finite" in texts(figure)) == bool(lost)
    assert {str(i) for i in range(len(weight))} <= {text.get_text() for text in axes.texts}


def test_a_dash_lies_in_its_pixel(look: Look) -> None:
    weight = np.ones((7, 20))
    weight[5, 13], weight[2, 0] = -0.26, -0.24  # a quarter of the scale is the least that has a dash
    axes = look(plots.weight_images, weight, (4, 5), "One").axes[0]
    left, _, _, top = axes.images[5].get_extent()
    assert [line.get_xydata().tolist() for line in axes.lines if len(line.get_xdata())] == [[[left + 3.5, top + 2.5]]]
    assert "dash" not in texts(look(plots.weight_images, nn.Linear(900, 9).weight, (30, 30), "Small pixels"))


def test_a_flat_image_leaves_room_for_the_colour_bar(look: Look) -> None:
    figure = look(plots.weight_images, ag.randn(1, 64), (1, 64), "Flat")
    assert figure.axes[1].get_window_extent().height > figure.dpi  # an inch


@pytest.mark.parametrize(("size", "shape"), [((3, 63), (8, 8)), ((64,), (8, 8)), ((0, 64), (8, 8)), ((3, 0), (0, 8)), ((3, 64), (64,))])
def test_weights_must_fit_the_shape_of_the_image(look: Look, size: tuple[int, ...], shape: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"images of shape {shape}, got {size}")):
        plots.weight_images(look.path, np.ones(size), shape, "Misfit")


# A reader sees all of it.
def deep() -> nn.Module:
    net = nn.MLP(20, [30, 30, 2], dropout=0.5)
    x = ag.randn(40, 20)
    net(x).sum().backward()
    net[0].weight.grad[0, 0] = ag.nan
    return net


TITLE = "A title that is much longer than a title should be, and still must not be cut off at the edge of the picture"
PICTURES: dict[str, tuple[Callable[..., Path], Callable[[], tuple]]] = {
    "boundary": (plots.decision_boundary, lambda: (nn.Linear(2, 2), X, Y)),
    "seven classes": (plots.decision_boundary, lambda: (nn.Linear(2, 7), ag.randn(7, 2), ag.arange(7))),
    "unclear boundary": (plots.decision_boundary, lambda: (lambda x: ag.where(x[:, 0] > 0.2, x[:, 1], ag.nan), X, Y)),
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
    "bad weights": (plots.weight_images, lambda: (ag.randn(3, 64) * ag.tensor([[1.0], [ag.nan], [1e9]]), (2, 32))),
}


def test_a_long_title_takes_no_room_from_the_picture(look: Look) -> None:
    short, long = (look(plots.activation_histograms, nn.ReLU(), X, title) for title in ("Short", TITLE))
    inches = [figure.axes[0].get_window_extent().height / figure.dpi for figure in (short, long)]
    assert inches[0] == pytest.approx(inches[1], rel=0.05)


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_cut_off_or_lies_on_another_and_axes_are_labelled(look: Look, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw_text(text: Text, renderer: Any) -> None:
        draw_as_ever(text, renderer)
        if text.get_visible() and text.get_text().strip():
            drawn.append((text.get_text(), text.get_window_extent(renderer)))

    def draw_figure(figure: Figure, renderer: Any) -> None:
        drawn.clear()  # a first pass only measures
        draw_all(figure, renderer)

    drawn: list[tuple[str, Any]] = []
    draw_as_ever, draw_all = Text.draw, Figure.draw
    monkeypatch.setattr(Text, "draw", draw_text)
    monkeypatch.setattr(Figure, "draw", draw_figure)
    draw, args = PICTURES[name]
    figure = look(draw, *args(), TITLE)
    assert TITLE in {" ".join(said.split()) for said, _ in drawn}
    for said, box in drawn:
        cut = box.x0 < 0 or box.y0 < 0 or box.x1 > figure.bbox.x1 or box.y1 > figure.bbox.y1
        assert not cut, f"{said!r} is cut off"
    for (one, a), (two, b) in combinations(drawn, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide < 1 or high < 1, f"{one!r} lies on {two!r}"
    assert all(axes.get_ylabel() for axes in figure.axes if axes.axison)
    assert figure.axes[-1].get_xlabel() or draw is plots.weight_images
