"""Weights as images, and what was misread."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
import nn

pytest.importorskip("matplotlib")

from matplotlib.colors import to_hex

from autograd.drawing.looks import PIXELS, TINTS, ZERO
from demos import plots
from tests.demos.looking import Look, extreme, few, texts


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


def test_pixels_are_square_and_signs_have_the_colours_of_all_figures(look: Look) -> None:
    axes = look(plots.weight_images, np.eye(32, 64), (8, 8), "Digits").axes[0]
    tile = axes.patches[0].get_window_extent()
    assert tile.width == pytest.approx(tile.height, rel=1e-3)
    table = look(plots.heat_map, [[-1.0, 1.0]], ["a"], ["b", "c"], "t", "m", xlabel="x", ylabel="y", signed=True).axes[0].images[0]
    assert [table.cmap(table.norm(v)) for v in (-1.0, 0.5)] == [axes.images[0].cmap(axes.images[0].norm(v)) for v in (-1.0, 0.5)]
    assert [to_hex(table.cmap(x)) for x in (0.0, 1.0)] == [PIXELS[ZERO - TINTS], PIXELS[ZERO + TINTS]]  # and of thumbnails in graphs


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


@settings(few, max_examples=6)
@given(st.lists(st.tuples(st.integers(0, 2), st.permutations([1, 2, 4])), min_size=1, max_size=9), st.integers(1, 2))
def test_the_misread_come_first_with_the_highest_loss_in_front(look: Look, pictures: list[tuple[int, list[int]]], rows: int) -> None:
    truth, odds = np.array([y for y, _ in pictures]), np.array([p for _, p in pictures]) / 7
    names = ["one", "two", "three"]
    images = np.arange(len(truth))[:, None, None] * np.ones((1, 2, 3))
    figure = look(plots.worst_read, images, truth, odds, names, "Worst", rows=rows, columns=2)
    (axes,) = figure.axes
    found = [int(image.get_array()[0, 0]) for image in axes.images]
    assert len(found) == len(set(found)) == min(len(truth), 2 * rows)
    wrong, loss = (odds.argmax(1) != truth).tolist(), (-np.log(odds[np.arange(len(truth)), truth])).tolist()
    ranks = [(wrong[i], loss[i]) for i in found]
    assert ranks == sorted(zip(wrong, loss), reverse=True)[: len(found)]
    said = ["✗ " * wrong[i] + f"{names[odds[i].argmax()]}, 57 %\nis {names[truth[i]]}" for i in found]
    assert [text.get_text() for text in axes.texts] == said
    assert [list(patch.get_xy()) for patch in axes.patches] == [
        list(image.get_extent()[::3]) for image, i in zip(axes.images, found) if wrong[i]
    ]
    assert f"misread, {sum(wrong)} of {len(truth)}" in texts(figure)
