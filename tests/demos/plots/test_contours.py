"""A map has its lines where the function has their heights, and all of every path is on it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd as ag

pytest.importorskip("matplotlib")

from demos import plots
from tests.demos.looking import Look

AXES = {"xlabel": "x (m)", "ylabel": "y (m)", "label": "height (m)"}


def bowl(x: Any, y: Any) -> Any:
    return x * x + 4 * y * y


def test_lines_lie_at_powers_of_10_and_paths_on_their_points(look: Look) -> None:
    recording = []

    def function(x: ag.Tensor, y: ag.Tensor) -> ag.Tensor:
        recording.append((ag.is_grad_enabled(), x.dtype, x.shape == y.shape))
        return bowl(x, y)

    paths = {"long": np.stack([np.linspace(-9, 2, 60), np.linspace(5, 5, 60)], 1), "short": np.array([[3.0, -4.0], [0.0, 0.0]])}
    figure = look(plots.contours, function, paths, "Bowl", **AXES)
    axes, bar = figure.axes
    assert recording == [(False, ag.float64, True)]
    assert (axes.get_xlabel(), axes.get_ylabel(), bar.get_ylabel()) == ("x (m)", "y (m)", "height (m)")
    for (name, points), line, ring in zip(paths.items(), axes.lines[::2], axes.lines[1::2], strict=True):
        assert line.get_label() == name
        assert np.array_equal(line.get_xydata(), points) and np.array_equal(ring.get_xydata(), points[:1])
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert ([left, bottom] < points.min(0)).all() and (points.max(0) < [right, top]).all()
    assert [line.get_marker() for line in axes.lines[::2]] == ["", "^"]  # marked where they are few
    assert len({line.get_linestyle() for line in axes.lines[::2]}) == 2

    lines = axes.collections[-1]
    assert list(lines.levels) == [10.0**i for i in range(-2, 4)]
    drawn = 0
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        for x, y in path.vertices:
            assert bowl(x, y) == pytest.approx(level, rel=1e-2 if level >= 1 else 1)  # a grid of 300 sees a small ellipse as a polygon
            drawn += 1
    assert drawn > 100


def test_contours_refuse_what_has_no_map(look: Look) -> None:
    for points in ([1.0, 2.0], [[1.0, 2.0, 3.0]], np.empty((0, 2)), [[1.0, math.nan]]):
        with pytest.raises(ValueError, match=r"paths of shape \(n, 2\) with n > 0 finite points, 'a' has"):
            plots.contours(look.path, bowl, {"a": points}, "None", **AXES)
    with pytest.raises(ValueError, match="positive around the paths"):
        plots.contours(look.path, lambda x, y: -bowl(x, y), {"a": [[1.0, 2.0]]}, "Hill", **AXES)
    with pytest.raises(ValueError, match="at least one path"):
        plots.contours(look.path, bowl, {}, "Empty", **AXES)
    assert not look.path.exists()
