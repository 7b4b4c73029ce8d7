"""The plane is painted as the classifier answers, and says where it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn

pytest.importorskip("matplotlib")

from matplotlib.colors import to_rgb

from demos import plots
from demos.plots.frame import COLOURS
from tests.demos.looking import Look, X, Y, texts


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
    paints = 1 - np.array([to_rgb(colour) for colour in COLOURS[:k]])
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


@pytest.mark.parametrize("n", [1, 3, 5])
def test_each_classifier_has_a_panel_on_the_same_axes(look: Look, n: int) -> None:
    classifiers = {f"shift {i}": (lambda x, i=i: x[:, 0] - i / 4) for i in range(n)}
    *panels, bar = look(plots.decision_boundaries, classifiers, X, Y, "Shifts").axes
    assert [axes.get_title() for axes in panels] == list(classifiers) and "probability" in bar.get_ylabel()
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in panels}) == 1
    for i, axes in enumerate(panels):
        boundary = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
        np.testing.assert_allclose(boundary[:, 0], i / 4, atol=1e-6)
        assert [len(line.get_xdata()) for line in axes.lines] == [2, 2]
        here, others = axes.get_window_extent(), [other.get_window_extent() for other in panels if other is not axes]
        under = any(other.x0 == here.x0 and other.y1 < here.y0 for other in others)
        assert bool(axes.get_xlabel()) is axes.xaxis.get_tick_params()["labelbottom"] is not under  # the lowest of each column
        left = any(other.y0 == here.y0 and other.x1 < here.x0 for other in others)
        assert bool(axes.get_ylabel()) is axes.yaxis.get_tick_params()["labelleft"] is not left


def test_panels_are_of_the_same_classes(look: Look) -> None:
    three = nn.Linear(2, 3)
    with pytest.raises(ValueError, match=r"the same classes, got \[\(0, 1\), \(0, 1, 2\)\]"):
        plots.decision_boundaries(look.path, {"two": lambda x: x, "three": three}, X, Y, "Both")
    with pytest.raises(ValueError, match="got no classifier"):
        plots.decision_boundaries(look.path, {}, X, Y, "None")
    assert not look.path.exists()


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
