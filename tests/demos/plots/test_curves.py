"""Curves say the numbers, and leave gaps where there is none."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn

pytest.importorskip("matplotlib")


from demos import plots
from tests.demos.looking import Look, X, Y, extreme, few


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


@pytest.mark.parametrize("most", [4.0, 3.75, 1.0, 250.0])
@pytest.mark.parametrize("columns", [2, 5])
def test_the_numbers_of_small_panels_do_not_touch(look: Look, most: float, columns: int) -> None:
    x = np.linspace(-most, most, 801)
    figure = look(plots.lines, {f"f{i}": {"": x} for i in range(columns)}, "Small", "x", x=x, columns=columns)
    for axes in figure.axes:
        low, high = axes.get_xlim()
        boxes = [t.label1.get_window_extent() for t in axes.xaxis.get_major_ticks() if low <= t.get_loc() <= high and t.label1.get_text()]
        assert len(boxes) >= 2 and all(a.x1 + 4 < b.x0 for a, b in zip(boxes, boxes[1:]))


def test_small_panels_share_the_axes_of_their_row_and_all_of_each_is_seen(look: Look) -> None:
    panels = {f"{i} (m)": {"": [-i, 0, 2 * i]} for i in range(1, 6)}
    *drawn, unused = look(plots.lines, panels, "Five", "t (s)", columns=3).axes
    assert [axes.get_ylabel() for axes in drawn] == list(panels) and not unused.axison
    assert [axes.get_xlabel() for axes in drawn] == ["", "", "t (s)", "t (s)", "t (s)"]
    assert len({axes.get_ylim() for axes in drawn[:3]}) == len({axes.get_ylim() for axes in drawn[3:]}) == 1
    for axes, series in zip(drawn, panels.values()):
        low, high = axes.get_ylim()
        assert low < min(series[""]) and high > max(series[""]) and axes.get_legend() is None
        assert list(axes.lines[0].get_ydata()) == series[""]


def test_panels_of_the_same_names_have_one_legend_and_a_legend_takes_no_room_beside_the_curves(look: Look) -> None:
    one = {"a name of some length": [1, 2, 3], "another one of these": [2, 1, 1], "a level": ([1, 3], [1, 1])}
    alike = look(plots.lines, {"y": one, "z": one}, "Two", "x")
    apart = look(plots.lines, {"y": one, "z": {"a name of some length": [1, 2]}}, "Two", "x")
    assert [text.get_text() for text in alike.legends[0].get_texts()] == list(one) and not apart.legends
    assert not any(axes.get_legend() for axes in alike.axes) and all(axes.get_legend() for axes in apart.axes)
    runs = look(plots.loss_curves, {name: [3, 2, 1] for name in one}, "Three")
    for figure in (alike, apart, runs):
        sheet = figure.bbox
        for axes in figure.axes:
            assert axes.get_window_extent().width > 0.8 * sheet.width
        for legend in (*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())):
            box = legend.get_window_extent()
            assert sheet.x0 <= box.x0 and box.x1 <= sheet.x1
            assert all(box.y1 <= axes.bbox.y0 or box.y0 >= axes.bbox.y1 for axes in figure.axes)


def test_two_points_are_a_line_without_marks_unless_nothing_joins_them(look: Look) -> None:
    drawn = {"level": ([1, 9], [2, 2]), "three": [1, 2, 3], "dots": [1, 2], "lone": [1, ag.nan]}
    (axes,) = look(plots.lines, {"y": drawn}, "Marks", "x", points=["dots"]).axes
    assert [bool(line.get_marker()) for line in axes.lines] == [False, True, True, True]


@pytest.mark.parametrize(("x", "whole"), [([2, 3], True), ([0, 0.5], False)])
def test_an_axis_of_whole_numbers_has_its_ticks_there(look: Look, x: list[float], whole: bool) -> None:
    axes = look(plots.lines, {"y": {"a": (x, [1, 2])}, "z": {"a": ([2, 3], [1, 2])}}, "Ticks", "x").axes
    assert all((ax.get_xticks() == np.round(ax.get_xticks())).all() == whole for ax in axes)


@pytest.mark.parametrize("least", [1e-3, 1, 100])
def test_an_axis_of_orders_of_magnitude_has_room_for_zero(look: Look, least: float) -> None:
    numbers = {"y": {"a": ([0, 0], [1, 2]), "b": ([least, 10 * least, 100 * least], [1, 2, 3])}}
    (axes,) = look(plots.lines, numbers, "From zero", "x", xscale="symlog").axes
    zero, one, two, three = axes.transData.transform([(least * k, 1) for k in (0, 1, 10, 100)])[:, 0]
    assert three - two == pytest.approx(two - one) and one - zero == pytest.approx(two - one, rel=0.3)
    assert -least < axes.get_xlim()[0] < 0  # nothing is drawn further left


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


@settings(few, max_examples=6)
@given(st.lists(st.lists(st.tuples(st.floats(1e-6, 10), st.floats(0, 100)), min_size=1, max_size=6), min_size=1, max_size=4))
def test_trainings_side_by_side_are_their_numbers_by_epoch(look: Look, runs: list[list[tuple[float, float]]]) -> None:
    given = {f"net {i}": ([loss for loss, _ in run], [accuracy for _, accuracy in run]) for i, run in enumerate(runs)}
    figure = look(plots.learning_curves, given, "Trainings", "digits", ("nearest mean", 88.25))
    left, right = figure.axes
    for axes, k in ((left, 0), (right, 1)):
        for line, (name, run) in zip(axes.lines, given.items()):
            assert line.get_label() == name and line.get_xydata().tolist() == [[i + 1, y] for i, y in enumerate(run[k])]
        assert len({(line.get_marker(), str(line._unscaled_dash_pattern)) for line in axes.lines[: len(runs)]}) == len(runs)
    losses = [loss for run in runs for loss, _ in run]
    assert (
        (left.get_yscale() == "log") == (max(losses) > 10 * min(losses)) and right.get_yscale() == "linear" and "(%)" in right.get_ylabel()
    )
    assert list(right.lines[-1].get_ydata()) == [88.25, 88.25]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [*given, "nearest mean, 88.2 %"]


def test_curves_refuse_what_is_no_series(look: Look) -> None:
    with pytest.raises(TypeError, match=r"series by name, such as .*, got list"):
        plots.loss_curves(look.path, [0.5, 0.4], "List")  # type: ignore[arg-type]
    empty: Any
    for empty, said in (({}, "no series"), (nn.History(), "no series"), ({"train": [1.0], "valid": []}, "none of ['valid']")):
        with pytest.raises(ValueError, match=re.escape(f"at least one epoch of each series, got {said}")):
            plots.loss_curves(look.path, empty, "Empty")


@settings(few, max_examples=6)
@given(st.lists(st.lists(extreme, min_size=3, max_size=3), min_size=1, max_size=4))
def test_runs_are_thin_lines_around_their_mean(look: Look, runs: list[list[float]]) -> None:
    """Of runs that are not all finite somewhere, there is no mean there."""
    (axes,) = look(plots.lines, {"y": {"a": runs, "b": [1, 2]}}, "Runs", "x").axes
    *thin, mean, other = axes.lines
    finite = np.where(np.isfinite(runs), runs, np.nan)
    assert len(thin) >= len(runs) and other.get_xdata().tolist() == [1, 2]
    for line, run in zip(thin, finite):
        np.testing.assert_array_equal(line.get_ydata(), run)
        assert line.get_color() == mean.get_color() != other.get_color() and line.get_linewidth() < mean.get_linewidth()
    np.testing.assert_array_equal(mean.get_ydata(), finite.mean(0))


@pytest.mark.parametrize(("most", "plain"), [(0.5, True), (50.0, False)])
def test_a_logarithmic_axis_of_few_decades_has_plain_numbers(look: Look, most: float, plain: bool) -> None:
    (axes,) = look(plots.lines, {"y": {"a": [0.05, most]}}, "Runs", "x", yscale="log").axes
    shown = [tick.get_text() for tick in axes.get_yticklabels()]
    assert ("0.2" in shown) == plain and any("10" in text for text in shown) != plain
