"""Thumbnails show what is in an array, whatever it is: the colours are computed here once more, from the pixels back to the numbers."""

import math
from fractions import Fraction
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.drawing.scale import by_share, by_size, of_numbers
from autograd.drawing.scene import Thumbnail
from autograd.drawing.thumbnails import TILES, bars, thumbnails
from tests.autograd.drawing.pixels import Colour, pixels

WHITE, RED, GREY = (250, 250, 248), (192, 0, 0), (122, 129, 140)
ORANGE, PURPLE = (180, 95, 0), (90, 63, 176)
MOST = 1024 - 130  # of 1 kB, without what an SVG says of where an image is


def tint(x: float, largest: float) -> Colour:
    """The colour that the entry should have."""
    if not math.isfinite(x):
        return RED
    step = round(5 * (x / (largest or 1.0)))
    end = PURPLE if step > 0 else ORANGE
    return tuple(round(a + (b - a) * abs(step) / 5) for a, b in zip(WHITE, end))  # type: ignore[return-value]


def largest_of(x: np.ndarray) -> float:
    return max((abs(v) for v in x.ravel().tolist() if math.isfinite(v)), default=0.0)


def cells(t: Thumbnail, rows: int, columns: int) -> list[list[Colour]]:
    """One colour for each entry, after a look that each has a rectangle of its own."""
    found = pixels(t.uri)
    assert (len(found), len(found[0])) == (t.height, t.width) and t.height % rows == t.width % columns == 0
    down, across = t.height // rows, t.width // columns
    for y, line in enumerate(found):
        assert all(colour == found[y // down * down][x // across * across] for x, colour in enumerate(line))
    return [line[::across] for line in found[::down]]


numbers = st.one_of(st.floats(width=64), st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, -math.inf, 5e-324, 1e308]))
dtypes = st.sampled_from(["f2", "f4", "f8", "i1", "i8", "u1", "u8", "?", "c16"])


@settings(deadline=None)
@given(st.data(), dtypes, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=70))
def test_whatever_it_is_it_is_small_and_said_in_words(data: st.DataObject, dtype: str, sizes: tuple[int, ...]) -> None:
    x = data.draw(hnp.arrays(dtype, sizes)) if math.prod(sizes) < 300 else np.random.default_rng(0).normal(size=sizes).astype(dtype)
    with np.errstate(all="raise"):  # as a user may have it
        made, words = thumbnails(x, "value")
    if not sizes or 0 in sizes:
        assert (made, words) == ([], "")
        return
    (t,) = made
    assert len(t.uri) <= MOST and 12 <= t.width <= 70 and 12 <= t.height <= 70 and t.kind == "value"
    found = pixels(t.uri)
    assert (t.height, t.width) == (len(found), len(found[0]))
    assert words.startswith(f"picture of the value: {'×'.join(map(str, sizes))}")
    assert (" as a histogram" in words) == (max(sizes[-2:]) > 64)


@settings(deadline=None)
@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=2, max_side=16), elements=numbers))
def test_each_entry_has_the_colour_of_its_number(x: np.ndarray) -> None:
    (t,), words = thumbnails(x, "gradient")
    matrix = np.atleast_2d(x)
    assert cells(t, *matrix.shape) == [[tint(v, largest_of(x)) for v in row] for row in matrix.tolist()]
    bad = int((~np.isfinite(x)).sum())
    assert (f"{bad} not finite" in words) == bool(bad) and ("from " in words) == (bad < x.size)


@pytest.mark.parametrize("sizes", [(33, 32), (64, 64), (64, 17), (17, 63), (40, 30)])
def test_of_many_entries_the_largest_of_each_block_is_seen(sizes: tuple[int, int]) -> None:
    x = np.random.default_rng(1).normal(size=sizes)
    x[5, 5] = np.nan
    (t,), _ = thumbnails(x, "value")
    down, across = (2 if side > 32 else 1 for side in sizes)
    blocks = [[x[i : i + down, j : j + across] for j in range(0, sizes[1], across)] for i in range(0, sizes[0], down)]
    wanted = [[tint(max(b.ravel().tolist(), key=lambda v: abs(v) if v == v else math.inf), largest_of(x)) for b in row] for row in blocks]
    assert cells(t, len(blocks), len(blocks[0])) == wanted


@settings(deadline=None)
@given(st.lists(numbers, min_size=65, max_size=90))
def test_a_histogram_counts_what_lies_in_each_bin(entries: list[float]) -> None:
    (t,), _ = thumbnails(np.array(entries), "value")
    finite, most = [v for v in entries if math.isfinite(v)], largest_of(np.array(entries))
    counts = [0] * 25
    for v in finite:
        counts[12 + round(12 * (v / (most or 1.0)))] += 1
    bad = len(entries) - len(finite)
    counts += [0, bad] * bool(bad)
    found = cells(t, 16, len(counts))
    light = [tuple(round(a + (b - a) * 4 / 5) for a, b in zip(WHITE, end)) for end in (ORANGE, PURPLE)]
    for k, count in enumerate(counts):
        column = [row[k] for row in found]
        high = math.ceil(Fraction(16 * count, max(counts)))
        colour = light[0] if k < 12 else GREY if k == 12 else light[1] if k < 25 else RED
        assert column == [WHITE] * (16 - high) + [colour] * high


@pytest.mark.parametrize("sizes", [(32, 32), (28, 28), (64, 16), (64, 11), (16, 64), (1, 64), (64, 64), (23, 28)])
def test_no_thumbnail_of_noise_is_larger_than_a_kilobyte(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    for image in (None, sizes):
        (t,), _ = thumbnails(rng.integers(-5, 6, size=sizes), "value", image)
        assert len(t.uri) <= MOST


@given(st.integers(1, 12), st.integers(1, 6), st.integers(1, 6))
def test_rows_are_images_on_one_scale(rows: int, height: int, width: int) -> None:
    x = np.random.default_rng(rows).normal(size=(rows, height * width))
    made, words = thumbnails(x, "value", (height, width))
    assert len(made) == min(rows, TILES) and (f"the first {TILES}" in words) == (rows > TILES)
    for row, t in zip(x, made):
        found = cells(t, height, width)
        assert found == [[tint(v, largest_of(x[:TILES])) for v in line] for line in row.reshape(height, width).tolist()]
        assert t.width // width == t.height // height  # an entry is a square
    (whole,), _ = thumbnails(x, "value", x.shape)  # type: ignore[arg-type]
    assert (whole.height, whole.width) == (whole.height // rows * rows, whole.width // (height * width) * (height * width))


def test_of_more_dimensions_the_first_matrix_is_seen() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    (t,), words = thumbnails(x, "value")
    assert words == "picture of the value: 2×3×4, its first 3×4, from 0 to 11"
    assert cells(t, 3, 4) == [[tint(v, 11.0) for v in row] for row in x[0].tolist()]


def test_a_long_image_stands_in_blocks() -> None:
    (t,), _ = thumbnails(np.ones((1, 784)), "value", (1, 784))
    assert t.width <= 64


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.sampled_from([0.0, math.nan, math.inf]), st.floats(1e-30, 1e30)), min_size=1, max_size=400),
    st.sampled_from(["size", "share", "signed"]),
)
def test_bars_are_as_high_as_their_place_on_the_scale(given: list[float | None], kind: str) -> None:
    scale: Any = {"size": by_size("", 1.0, [1e-9, 1e9]), "share": by_share(""), "signed": of_numbers("", [-4.0, 9.0])}[kind]
    t = bars(given, scale)
    assert len(t.uri) <= MOST and t.height == 24 and t.width <= 150
    if len(given) > 150:
        return
    wide = t.width // len(given)
    found = pixels(t.uri)
    for i, x in enumerate(given):
        column = [row[i * wide] for row in found]
        filled = [colour != WHITE for colour in column]
        filled[12] = filled[12] and filled[13]  # the line in the middle
        if x is None or (kind == "size" and x == 0):
            assert not any(filled)
        elif not math.isfinite(x):
            assert column == [RED] * 24
        else:
            at = (math.log10(x) if kind == "size" else x, {"size": (-9, 9), "share": (0, 1), "signed": (-9, 9)}[kind])
            place = min(max((at[0] - at[1][0]) / (at[1][1] - at[1][0]), 0), 1)
            assert abs(sum(filled) - (1 + 23 * place)) <= 1 or 11 <= 23 * place <= 13
            assert filled == sorted(filled)
