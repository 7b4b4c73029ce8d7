"""Heights in a lane: the nearest that do not touch, and few crossings."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.layout.lanes import Lane, crossings, stacked

NUMBERS = st.floats(-100, 100)


@given(st.lists(st.tuples(NUMBERS, st.floats(0.1, 10), st.floats(0, 20)), min_size=1, max_size=12))
def test_stacked_is_the_least_squares_solution(given_: list[tuple[float, float, float]]) -> None:
    """It keeps the distances, and fulfils the conditions of optimality: what is pushed apart is so by no more than is needed."""
    wanted, weights, apart = ([x[i] for x in given_] for i in range(3))
    apart = apart[1:]
    y = stacked(wanted, weights, apart)
    assert all(b - a >= d - 1e-6 for (a, b), d in zip(pairwise(y), apart))
    force = 0.0
    for i, d in enumerate([*apart, 0.0]):
        force += weights[i] * (wanted[i] - y[i])  # what those up to i would gain by moving down together
        assert force >= -1e-4
        if i == len(apart) or y[i + 1] - y[i] > d + 1e-6:
            assert abs(force) < 1e-4
            force = 0.0


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=15))
def test_crossings_are_counted_as_by_hand(pairs: list[tuple[int, int]]) -> None:
    assert crossings(pairs) == sum((a < c and b > d) or (a > c and b < d) for (a, b), (c, d) in combinations(pairs, 2))


LINKS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 4)), max_size=20)


def lane_of(links: list[tuple[int, int, int]]) -> Lane:
    lane = Lane(5)
    boxes = [[lane.add(c, 20.0) for _ in range(5)] for c in range(5)]
    for c, i, j in dict.fromkeys(links):
        lane.tie(boxes[c][i], boxes[c + 1][j])
    return lane


def all_crossings(lane: Lane) -> int:
    place = {n: i for column in lane.columns for i, n in enumerate(column)}
    return sum(crossings([(place[n], place[m]) for n in column for m, _ in lane.right[n]]) for column in lane.columns)


@given(LINKS)
def test_sorting_only_helps(links: list[tuple[int, int, int]]) -> None:
    lane = lane_of(links)
    before, order = all_crossings(lane), [list(column) for column in lane.columns]
    lane.sort(8)
    after = all_crossings(lane)
    assert after < before or (after == before and lane.columns == order)
    assert [sorted(column) for column in lane.columns] == [sorted(column) for column in order]


@given(LINKS, st.integers(0, 4))
def test_boxes_of_a_column_do_not_touch(links: list[tuple[int, int, int]], cut: int) -> None:
    lane = lane_of(links)
    lane.straight = {0, 5}
    lane.cut([0, cut] if cut else [0])
    lane.rise(6)
    for column in lane.columns:
        assert all(lane.y[b] - lane.y[a] >= 30 - 0.011 for a, b in pairwise(column))


def test_a_path_of_arrows_is_straight() -> None:
    lane = Lane(6)
    ends = [lane.add(0, 20.0), lane.add(5, 20.0)]
    passing = [lane.add(c) for c in range(1, 5)]
    for c in (1, 3):
        lane.add(c, 60.0)
    for a, b in pairwise([ends[0], *passing, ends[1]]):
        lane.tie(a, b)
    lane.rise(6)
    assert len({round(lane.y[n], 3) for n in (*ends, *passing)}) == 1
