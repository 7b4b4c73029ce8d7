"""Counts are numpy's; draws keep their probabilities, and are the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor

floats = hnp.arrays(float, hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=5), elements=st.floats(-3, 3))


@given(st.lists(st.integers(0, 9), max_size=20), st.integers(0, 12), st.sampled_from([ag.int64, ag.int32, ag.uint8]))
def test_bincount_is_numpys(numbers: list[int], least: int, dtype: np.dtype) -> None:
    x = tensor(numbers, dtype=dtype)
    counts = ag.bincount(x, minlength=least)
    assert counts.dtype == ag.int64 and counts.tolist() == np.bincount(np.array(numbers, np.int64), minlength=least).tolist()
    for kind, want in ((ag.float32, ag.float32), (ag.float64, ag.float64), (ag.int64, ag.float64)):
        weights = ag.arange(len(numbers)).to(kind)
        sums = x.bincount(weights)
        assert sums.dtype == want and sums.tolist() == np.bincount(np.array(numbers, np.int64), weights.numpy()).tolist()


@given(floats, st.integers(1, 6), st.booleans(), st.sampled_from([None, (-1.0, 2.0), (1, 1)]))
def test_histogram_is_numpys(x: np.ndarray, bins: int, density: bool, limits: tuple[float, float] | None) -> None:
    hist, edges = ag.histogram(tensor(x), bins, range=limits, density=density)
    with np.errstate(all="ignore"):
        want, places = np.histogram(x, bins, limits, density)
    np.testing.assert_array_equal(hist.numpy(), want.astype(float))
    np.testing.assert_array_equal(edges.numpy(), places)
    assert (hist.dtype, edges.dtype) == (ag.float64, ag.float64)
    if not density:
        assert hist.sum().item() == ((x >= places[0]) & (x <= places[-1])).sum()
        again, _ = tensor(x).histogram(edges, weight=tensor(2 * np.ones_like(x)))
        np.testing.assert_array_equal(again.numpy(), 2 * np.histogram(x, places)[0])


@given(st.integers(0, 2**32), st.sampled_from([[1.0, 0.0, 3.0], [0.0, 2.0, 0.0, 2.0], [5.0]]), st.booleans())
def test_a_draw_takes_only_what_may_be_drawn(seed: int, p: list[float], replacement: bool) -> None:
    possible = {i for i, x in enumerate(p) if x}
    n = len(possible) + (3 if replacement else 0)
    first, again = (ag.multinomial(tensor([p, p]), n, replacement, generator=ag.Generator().manual_seed(seed)) for _ in range(2))
    assert first.shape == (2, n) and first.dtype == ag.int64 and first.equal(again)
    for row in first.tolist():
        assert {*row} <= possible and (replacement or {*row} == possible)
    assert tensor(p).multinomial(1).shape == (1,)


@pytest.mark.parametrize("replacement", [True, False])
def test_the_first_draw_has_the_probabilities_it_was_given(replacement: bool) -> None:
    p, n = np.array([0.5, 0.0, 2.0, 7.5]) / 10, 20_000
    drawn = ag.multinomial(tensor(p).repeat(n, 1), 1, replacement, generator=ag.Generator().manual_seed(3)).flatten()
    shares = ag.bincount(drawn, minlength=4).numpy() / n
    assert np.all(np.abs(shares - p) <= 5 * np.sqrt(p * (1 - p) / n))  # five standard deviations


@pytest.mark.parametrize(
    ("p", "n", "told"),
    [
        ([-1.0, 2.0], 1, "probabilities are finite, >= 0"), ([0.0, 0.0], 1, "not all 0"), ([np.nan, 1.0], 1, "finite"), ([np.inf], 1, "finite"),
        ([1, 2], 1, "floating probabilities"), (1.0, 1, "one or two dimensions"), ([], 1, "one or two dimensions"), ([1.0, 0.0], 2, "only 1 places"),
        ([1.0, 0.0], 0, "num_samples must be at least 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(p: list[float], n: int, told: str) -> None:
    before = ag.default_generator.get_state()
    with pytest.raises(ValueError, match=told):
        ag.multinomial(tensor(p), n)
    assert ag.default_generator.get_state() == before


def test_what_cannot_be_counted() -> None:
    x = ag.ones(2)
    for call, kind, told in [
        (lambda: ag.bincount(x), ValueError, "integers >= 0"), (lambda: ag.bincount(tensor([-1])), ValueError, r"\[-1\]"),
        (lambda: ag.bincount(tensor([1]), x), ValueError, "one weight for each of the 1"), (lambda: ag.bincount(tensor([2**40])), ValueError, "memory"),
        (lambda: ag.histogram(tensor([1])), TypeError, "floating"), (lambda: ag.histogram(x, [1, 2]), TypeError, r"wrap it as tensor"),
        (lambda: ag.histogram(x, range=(1, 0)), ValueError, "in order"), (lambda: ag.histogram(x * np.nan), ValueError, "no finite range"),
        (lambda: ag.histogram(x, tensor([1.0, 0.0])), ValueError, "edges"), (lambda: ag.histogram(x, weight=ag.ones(3)), ValueError, "one weight"),
    ]:  # fmt: skip
        with pytest.raises(kind, match=told):
            call()
