"""A bar is as high as its number is on the scale, by a formula of its own."""

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.drawing.scale import by_share, by_size, of_numbers
from autograd.drawing.thumbnails import bars
from tests.autograd.drawing.pixels import pixels

WHITE, RED = (250, 250, 248), (192, 0, 0)
MOST = 1024 - 130  # of 1 kB, without what an SVG says of where an image is


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
