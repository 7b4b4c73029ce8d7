"""Samplers: which rows they give, how often, and what is refused."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from nn.sampling import BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler


def seeded(seed: int = 1) -> ag.Generator:
    return ag.Generator().manual_seed(seed)


@given(n=st.integers(0, 20), k=st.none() | st.integers(1, 50))
def test_a_shuffle_has_every_row_once_and_further_shuffles_follow(n: int, k: int | None) -> None:
    sampler = RandomSampler(range(n), num_samples=k)
    if n or k is None:
        rows = list(sampler)
        assert len(rows) == len(sampler) == (n if k is None else k)
        for start in range(0, len(rows), max(n, 1)):
            part = rows[start : start + n]
            assert len(set(part)) == len(part) and set(part) <= set(range(n))
        drawn = list(RandomSampler(range(n), replacement=True, num_samples=k))
        assert len(drawn) == len(rows) and set(drawn) <= set(range(n))
    else:
        with pytest.raises(ValueError, match="a dataset of no rows"):
            list(sampler)


def test_with_replacement_rows_come_twice() -> None:
    counts = Counter(RandomSampler(range(5), replacement=True, num_samples=5000))
    assert set(counts) == set(range(5)) and all(800 < count < 1200 for count in counts.values())


@given(rows=st.lists(st.integers(-5, 50)), seed=st.integers(0, 9))
def test_a_subset_is_shuffled(rows: list[int], seed: int) -> None:
    for indices in (rows, np.array(rows, int), ag.tensor(rows, dtype=ag.int64)):
        sampler = SubsetRandomSampler(indices, seeded(seed))
        assert sorted(sampler) == sorted(rows) and len(sampler) == len(rows)
    assert list(SubsetRandomSampler(rows, seeded(seed))) == list(SubsetRandomSampler(rows, seeded(seed)))
    assert len(rows) < 20 or list(SubsetRandomSampler(rows)) != rows


def test_weights_are_the_parts_that_rows_have() -> None:
    w = [0.0, 1.0, 3.0, 0.0]
    for weights in (w, np.array(w) * 1e300, ag.tensor(w) * 1e-30):
        counts = Counter(WeightedRandomSampler(weights, 8000, generator=seeded()))
        assert set(counts) == {1, 2} and abs(counts[2] / 8000 - 0.75) < 0.03
    first = Counter(next(iter(WeightedRandomSampler(w, 1, replacement=False))) for _ in range(2000))
    assert set(first) == {1, 2} and abs(first[2] / 2000 - 0.75) < 0.04


@given(st.lists(st.integers(0, 3), min_size=1, max_size=10).filter(any), st.data())
def test_without_replacement_no_row_comes_twice(weights: list[int], data: st.DataObject) -> None:
    above = sum(w > 0 for w in weights)
    k = data.draw(st.integers(1, above))
    rows = list(WeightedRandomSampler(weights, k, replacement=False))
    assert len(set(rows)) == len(rows) == k and all(weights[i] for i in rows)
    with pytest.raises(ValueError, match=f"{above} weights are above 0, too few for {above + 1} draws"):
        WeightedRandomSampler(weights, above + 1, replacement=False)


@given(n=st.integers(0, 20), size=st.integers(1, 7), drop=st.booleans())
def test_batches_cut_the_order_of_any_sampler(n: int, size: int, drop: bool) -> None:
    expected = [list(range(start, min(start + size, n))) for start in range(0, n, size)]
    expected = [part for part in expected if len(part) == size or not drop]
    for sampler in (SequentialSampler(range(n)), range(n), [*range(n)]):
        batches = BatchSampler(sampler, size, drop)
        assert list(batches) == expected and len(batches) == len(expected) and list(batches) == expected
        assert [list(part) for part in batches.parts()] == expected


def test_it_repeats_from_a_generator() -> None:
    makers: list[Callable[[Any], Sampler]] = [
        lambda g: RandomSampler(range(20), generator=g),
        lambda g: RandomSampler(range(20), True, 30, g),
        lambda g: SubsetRandomSampler(range(20), g),
        lambda g: WeightedRandomSampler([1.0] * 20, 20, True, g),
        lambda g: WeightedRandomSampler([1.0] * 20, 20, False, g),
    ]
    for make in makers:
        one, two = make(seeded()), make(seeded())
        first = list(one)
        assert first == list(two) and first != list(one)


def test_what_is_refused() -> None:
    bare = Sampler()
    for call, match in ((lambda: iter(bare), "__iter__.*write one"), (lambda: len(bare), "__len__.*write one")):
        with pytest.raises(TypeError, match=match):
            call()
    for make, kind, match in (
        (lambda: SequentialSampler(3), TypeError, "takes a dataset, which has a length, got int 3"),
        (lambda: RandomSampler(range(3), num_samples=0), ValueError, "num_samples must be at least 1"),
        (lambda: RandomSampler(range(3), "yes"), TypeError, "replacement must be True or False"),
        (lambda: RandomSampler(range(3), generator=3), TypeError, "must be an autograd.Generator, got int 3"),
        (lambda: SubsetRandomSampler([0.5]), TypeError, "the indices of a SubsetRandomSampler are one row of ints"),
        (lambda: WeightedRandomSampler([-1.0, 2.0], 1), ValueError, "finite and at least 0"),
        (lambda: WeightedRandomSampler([0.0], 1), ValueError, "one of them above 0"),
        (lambda: WeightedRandomSampler([], 1), ValueError, "one of them above 0"),
        (lambda: WeightedRandomSampler([float("nan")], 1), ValueError, "finite"),
        (lambda: WeightedRandomSampler([[1.0]], 1), TypeError, r"one row of numbers, got shape \(1, 1\)"),
        (lambda: WeightedRandomSampler(1.0, 1), TypeError, "one row of numbers, got float"),
        (lambda: WeightedRandomSampler([1.0], 0), ValueError, "num_samples must be at least 1"),
        (lambda: BatchSampler(3, 2), TypeError, "takes a sampler"),
        (lambda: BatchSampler([1], 0), ValueError, "batch_size must be at least 1"),
    ):
        with pytest.raises(kind, match=match):
            make()  # type: ignore[no-untyped-call]
