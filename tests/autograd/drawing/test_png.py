"""A PNG file is what the standard says: another reader finds each pixel again."""

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.png import data_uri, png
from tests.autograd.drawing.pixels import pixels

COLOURS = [f"#{17 * i:02x}{255 - i:02x}{i:02x}" for i in range(16)]


@given(hnp.arrays(np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 15)))
def test_pixels_are_found_again(numbers: np.ndarray) -> None:
    found = pixels(data_uri(png(numbers, COLOURS)))
    assert found == [[(17 * i, 255 - i, i) for i in row] for row in numbers.tolist()]
