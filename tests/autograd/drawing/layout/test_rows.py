"""Columns in rows: in order, apart, and no wider than a page where that can be."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.layout.rows import PAGE, Rows

COLUMNS = st.lists(
    st.tuples(st.floats(20, 90), st.sampled_from([0.0, 0.0, 60.0, 150.0]), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=60
)


@given(COLUMNS)
def test_rows(columns: list[tuple[float, float, int, int]]) -> None:
    """Frames are given by the number of each column's frame, 0: none."""
    wide, chips, arriving, frames = (list(values) for values in zip(*columns))
    frames = sorted(frames)
    rows = Rows(wide, chips, [20.0] * len(wide), [*arriving, 0], [(f,) if f else () for f in frames], [0.0, 30.0, 60.0, 90.0])
    assert rows.lay()
    assert rows.starts[0] == 0 and all(a < b for a, b in pairwise(rows.starts))
    for r in range(len(rows.starts)):
        inside = rows.columns(r)
        assert all(rows.row[c] == r for c in inside)
        assert all(rows.right[a] + 20 <= rows.left[b] for a, b in pairwise(inside))
        spans = [(rows.chip[c], rows.chip[c] + chips[c]) for c in inside if chips[c]]
        assert all(a[1] < b[0] for a, b in pairwise(spans))
        assert all(rows.chip[c] <= rows.right[c] and rows.left[c] <= rows.chip[c] + chips[c] for c in inside if chips[c])
    assert max(rows.end) + rows.rails <= PAGE
    if sum(wide) + sum(chips) + 40 * len(wide) + 100 < PAGE:
        assert len(rows.starts) == 1


def test_rows_are_about_equal_and_end_between_frames() -> None:
    path: list[tuple[int, ...]] = [(c // 2 + 1,) for c in range(40)]
    rows = Rows([60.0] * 40, [0.0] * 40, [20.0] * 40, [1] * 41, path, [0.0] * 21)
    assert rows.lay() and len(rows.starts) >= 4
    assert all(path[c] != path[c - 1] for c in rows.starts[1:])
    lengths = [len(rows.columns(r)) for r in range(len(rows.starts))]
    assert max(lengths) - min(lengths) <= 4


def test_too_many_arrows_between_rows_are_refused() -> None:
    assert not Rows([60.0] * 40, [0.0] * 40, [20.0] * 40, [30] * 41, [()] * 40, [0.0]).lay()


def test_a_result_does_not_begin_a_row() -> None:
    results = frozenset(range(1, 40, 2))
    rows = Rows([60.0] * 40, [0.0] * 40, [20.0] * 40, [1] * 41, [()] * 40, [0.0], results)
    assert rows.lay() and len(rows.starts) > 1 and not results.intersection(rows.starts)
