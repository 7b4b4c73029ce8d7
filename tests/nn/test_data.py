"""Rows: nothing is lost, doubled or changed on the way from a dataset through splits and batches."""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd as ag
import nn
from nn.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    RandomSampler,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
    collate,
    k_fold,
    random_split,
    standardize,
)


def seeded(seed: int = 1) -> ag.Generator:
    return ag.Generator().manual_seed(seed)


def pairs(n: int) -> TensorDataset:
    """Row i is ([i, -i], 10 i)."""
    i = ag.arange(n)
    return TensorDataset(ag.stack([i, -i], 1).float(), 10 * i)


class Squares(Dataset):
    """No tensors within: the base class gathers item by item."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> tuple[int, int]:
        return i, i * i


# Folds.
@given(data=st.data(), n=st.integers(2, 40), shuffle=st.booleans())
def test_every_row_is_validated_once(data: st.DataObject, n: int, shuffle: bool) -> None:
    k = data.draw(st.integers(2, n))
    folds = [(a.tolist(), b.tolist()) for a, b in k_fold(n, k, shuffle)]
    assert len(folds) == k and sorted(i for _, valid in folds for i in valid) == list(range(n))
    for train, valid in folds:
        assert sorted(train + valid) == list(range(n)) and len(valid) in (n // k, n // k + 1)


def test_folds_repeat_from_a_seed_and_refuse_nonsense() -> None:
    one, two = ([b.tolist() for _, b in k_fold(10, 3, generator=seeded())] for _ in range(2))
    assert one == two
    for k in (1, 11):
        with pytest.raises(ValueError, match="2 <= k <= n"):
            k_fold(10, k)
    for n, k, name in ((10.0, 2, "n"), (10, 2.5, "k"), (10, True, "k"), (pairs(3), 2, "n")):
        with pytest.raises(TypeError, match=f"k_fold: .*{name} must be an int"):
            k_fold(n, k)  # type: ignore[arg-type]
    assert len(list(k_fold(np.int64(4), np.int64(2)))) == 2


# Datasets.
@given(n=st.integers(1, 12), data=st.data())
def test_what_indexes_a_tensor_indexes_a_dataset_of_tensors(n: int, data: st.DataObject) -> None:
    i = data.draw(st.integers(-n, n - 1))
    x, y = pairs(n)[i]
    assert x.tolist() == [i % n, -(i % n)] and y.item() == 10 * (i % n)
    rows = data.draw(st.lists(st.integers(-n, n - 1)))
    for index in (rows, ag.tensor(rows, dtype=ag.int64), slice(i, None), slice(None, i, 2)):
        wanted = np.arange(n)[index if isinstance(index, slice) else np.array(rows, int)]
        x, y = pairs(n)[index]
        assert x.shape == (len(wanted), 2) and y.tolist() == (10 * wanted).tolist()
    assert len(pairs(n)) == len(list(pairs(n))) == n


def test_a_dataset_of_tensors_refuses_what_are_no_rows() -> None:
    with pytest.raises(ValueError, match=r"one length, got lengths \[3, 2\]"):
        TensorDataset(ag.zeros(3), ag.zeros(2))
    with pytest.raises(ValueError, match=r"got lengths \[\]"):
        TensorDataset()
    for wrong, got in (([1, 2], "list"), (np.array(3.0), r"ndarray of shape \(\)"), (ag.tensor(1.0), r"Tensor of shape \(\)")):
        with pytest.raises(TypeError, match=got):
            TensorDataset(wrong)  # type: ignore[arg-type]
    for i in (3, -4, [0, 3]):
        with pytest.raises(IndexError):
            pairs(3)[i]


@given(n=st.integers(1, 12), data=st.data())
def test_subsets_of_subsets_are_rows_of_the_dataset(n: int, data: st.DataObject) -> None:
    outer = data.draw(st.lists(st.integers(-n, n - 1), min_size=1))
    inner = data.draw(st.lists(st.integers(-len(outer), len(outer) - 1)))
    wanted = [outer[i] % n for i in inner]
    for base in (pairs(n), Squares(n), list(range(n))):
        nested = Subset(Subset(base, outer), ag.tensor(inner) if inner else inner)
        assert len(nested) == len(inner)
        for k, i in enumerate(wanted):
            assert str(nested[k]) == str(nested[k - len(inner)]) == str(base[i])
        if wanted:
            rows = list(range(len(wanted)))
            assert str(nested.batch(rows)) == str(collate([base[i] for i in wanted]))
    assert Subset(Subset(pairs(n), outer), inner)[:2][1].tolist() == [10 * i for i in wanted[:2]]


def test_a_subset_refuses_rows_that_are_not_there() -> None:
    for i in (3, -4):
        with pytest.raises(IndexError, match=f"row {i} is out of range for a dataset of 3 rows"):
            Subset(pairs(3), [0, i])
    with pytest.raises(IndexError):
        Subset([], [0])
    for wrong in ([0.5], [True, False, True], [[0, 1]]):
        with pytest.raises(TypeError, match="row of ints"):
            Subset(pairs(3), wrong)
    with pytest.raises(IndexError):
        Subset(pairs(3), [0])[1]
    assert len(Subset([], [])) == 0


def test_a_bare_dataset_says_what_to_write() -> None:
    for call, name in ((lambda: len(Dataset()), "__len__"), (lambda: Dataset()[0], "__getitem__")):
        with pytest.raises(TypeError, match=f"{name}.*write one"):
            call()


# Splits.
@given(parts=st.lists(st.integers(0, 9), min_size=1, max_size=6), seed=st.integers(0, 9))
def test_a_split_by_counts_uses_every_row_once(parts: list[int], seed: int) -> None:
    n = sum(parts)
    splits = random_split(range(n), parts, seeded(seed))
    assert [len(s) for s in splits] == parts
    rows = [s[i] for s in splits for i in range(len(s))]
    assert sorted(rows) == list(range(n))
    assert rows == [s[i] for s in random_split(range(n), parts, seeded(seed)) for i in range(len(s))]
    assert n < 20 or rows != list(range(n))


@given(weights=st.lists(st.integers(1, 20), min_size=1, max_size=6), n=st.integers(0, 60))
def test_a_split_by_fractions_hands_the_rest_to_the_first(weights: list[int], n: int) -> None:
    fractions = [w / sum(weights) for w in weights]
    sizes = [len(s) for s in random_split(range(n), fractions)]
    extra = [size - int(n * f) for size, f in zip(sizes, fractions)]
    assert sum(sizes) == n and set(extra) <= {0, 1} and extra == sorted(extra, reverse=True)


@pytest.mark.parametrize(
    ("n", "fractions", "sizes"),
    [(20, [0.5, 0.3, 0.2], [10, 6, 4]), (10, [1 / 3] * 3, [4, 3, 3]), (11, [0.25] * 4, [3, 3, 3, 2]), (7, [0.1, 0.9], [1, 6])],
)
def test_fractions_give_the_lengths_that_pytorch_gives(n: int, fractions: list[float], sizes: list[int]) -> None:
    assert [len(s) for s in random_split(range(n), fractions)] == sizes


def test_a_split_refuses_lengths_that_do_not_add_up() -> None:
    for lengths in ([3, 3], [4], []):
        with pytest.raises(ValueError, match="but the dataset has 5 rows"):
            random_split(range(5), lengths)
    for fractions in ([0.5, 0.3], [0.5, 0.6], [2.0, 3.0]):
        with pytest.raises(ValueError, match="must add up to 1"):
            random_split(range(5), fractions)
    for lengths in ([6, -1], [1.5, -0.5]):
        with pytest.raises(ValueError, match="below 0"):
            random_split(range(5), lengths)


# Batches.
@given(n=st.integers(0, 30), size=st.integers(1, 12), shuffle=st.booleans(), drop=st.booleans(), kind=st.sampled_from("tsgl"))
def test_an_epoch_has_every_row_once_and_the_length_it_says(n: int, size: int, shuffle: bool, drop: bool, kind: str) -> None:
    half = Subset(pairs(2 * n), range(n))
    dataset = {"t": pairs(n), "s": Subset(half, range(n)), "g": Squares(n), "l": [(i, 10 * i) for i in range(n)]}[kind]
    loader = DataLoader(dataset, size, shuffle, drop_last=drop, generator=seeded())
    for _ in range(2):  # it can be walked over again
        batches = list(loader)
        assert len(batches) == len(loader) == (n // size if drop else (n + size - 1) // size)
        assert all(len(y) == size for _, y in batches[: n // size])
        rows = [x[0].item() if x.ndim else x.item() for xs, _ in batches for x in xs]
        labels = [y.item() for _, ys in batches for y in ys]
        assert labels == [i * i if kind == "g" else 10 * i for i in rows]
        assert len(set(rows)) == len(rows) == (n - n % size if drop else n) and set(rows) <= set(range(n))
        assert shuffle or rows == list(range(len(rows)))


def test_shuffling_repeats_from_a_generator_and_differs_between_epochs() -> None:
    def epoch(loader: DataLoader) -> list[int]:
        return [i for x in loader for i in x.tolist()]

    a, b = (DataLoader(range(50), 8, shuffle=True, generator=seeded()) for _ in range(2))
    first, second = epoch(a), epoch(a)
    assert first != second and first != list(range(50))
    assert [first, second] == [epoch(b), epoch(b)]
    one, two = (epoch(DataLoader(range(50), 8, shuffle=True)) for _ in range(2) if ag.manual_seed(3))
    assert one == two


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("make", [lambda d: d, lambda d: Subset(d, [2, 0]), lambda d: [d[0], d[1]], lambda d: d.tensors[0]])
def test_batches_are_copies(make: Callable[[TensorDataset], Any], shuffle: bool) -> None:
    data = pairs(4)
    for batch in DataLoader(make(data), 2, shuffle):
        (batch[0] if isinstance(batch, tuple) else batch).add_(100.0)
    assert str(data[:]) == str(pairs(4)[:])


def test_a_batch_of_tensors_is_one_gather_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    gather = ag.Tensor.__getitem__
    loader = DataLoader(Subset(pairs(100), range(90)), 10, shuffle=True)
    monkeypatch.setattr(ag.Tensor, "__getitem__", lambda t, key: calls.append(key) or gather(t, key))
    assert len(list(loader)) == 9 and len(calls) == 9 * 3  # two tensors, and the indices of the subset


def test_a_tensor_is_a_dataset_and_a_collate_fn_gets_items() -> None:
    x = ag.rand(5, 3)
    assert [b.tolist() for b in DataLoader(x, 2)] == [x[:2].tolist(), x[2:4].tolist(), x[4:].tolist()]
    assert list(DataLoader(["a", "b", "c"], 2, collate_fn="".join)) == ["ab", "c"]
    assert [len(b) for b in DataLoader(pairs(3), 2, collate_fn=list, num_workers=4)] == [2, 1]


def test_arguments_stand_where_pytorch_has_them_and_those_of_processes_change_nothing() -> None:
    data = pairs(7)
    plain = list(DataLoader(data, 3, drop_last=True))
    given = DataLoader(data, 3, False, None, None, 2, None, True, True, 0, lambda i: None, None, seeded(), prefetch_factor=2)
    assert str(list(given)) == str(plain) and len(given) == 2 and given.drop_last and given.num_workers == 2
    assert len(DataLoader(data, 3, persistent_workers=True, pin_memory=True, num_workers=4)) == 3
    assert nn.utils.data.__name__ == nn.data.__name__


def test_a_sampler_says_which_rows_and_a_batch_sampler_which_batches() -> None:
    data = pairs(6)
    order = [5, 0, 0, 3]
    for dataset in (data, Subset(data, range(6)), Squares(6), [(i, 10 * i) for i in range(6)]):
        expected = [str(collate([dataset[i] for i in part])) for part in (order[:3], order[3:])]
        for sampler in (order, tuple(order), ag.tensor(order)):
            assert [str(b) for b in DataLoader(dataset, 3, sampler=sampler)] == expected
        loader = DataLoader(dataset, batch_sampler=[order[:3], order[3:]])
        assert [str(b) for b in loader] == expected and len(loader) == 2 and loader.batch_size is None
    words = {"a": 1, "b": 2}
    assert [x.tolist() for x in DataLoader(words, 2, sampler=["b", "a", "a"])] == [[2, 1], [1]]
    with pytest.raises(IndexError):
        list(DataLoader(data, sampler=[6]))


def test_rare_classes_can_be_drawn_as_often_as_others() -> None:
    labels = ag.tensor([0] * 90 + [1] * 10)
    weights = ag.tensor([1 / 90, 1 / 10])[labels]
    (y,) = next(iter(DataLoader(TensorDataset(labels), 4000, sampler=WeightedRandomSampler(weights, 4000))))
    assert abs(y.float().mean().item() - 0.5) < 0.05


def test_without_batches_there_are_items() -> None:
    data = [(np.ones(2), 3, ag.zeros(1)), (np.zeros(2), 4, ag.ones(1))]
    loader = DataLoader(data, batch_size=None)
    x, n, t = next(iter(loader))
    assert len(loader) == 2 and x.tolist() == [1, 1] and isinstance(x, ag.Tensor) and n == 3 and t is data[0][2]
    by_batch = DataLoader(pairs(5), batch_size=None, sampler=BatchSampler(RandomSampler(range(5), generator=seeded()), 2))
    assert sorted(i for _, y in by_batch for i in y.tolist()) == [0, 10, 20, 30, 40] and len(by_batch) == 3
    assert list(DataLoader(["a", "b"], None, collate_fn=str.upper)) == ["A", "B"]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_datasets_one_after_the_other(sizes: list[int]) -> None:
    parts = [[(i, j) for j in range(n)] for i, n in enumerate(sizes)]
    whole, rows = ConcatDataset(parts), [row for part in parts for row in part]
    assert len(whole) == len(rows) and [whole[i] for i in range(len(rows))] == rows
    assert [whole[i - len(rows)] for i in range(len(rows))] == rows
    for i in (len(rows), -len(rows) - 1):
        with pytest.raises(IndexError, match=f"row {i} is out of range for a dataset of {len(rows)} rows"):
            whole[i]
    both = pairs(2) + Squares(3)
    assert len(both) == 5 and both.cumulative_sizes == [2, 5] and both[4] == (2, 4) and both[1][1].item() == 10
    assert len(pairs(2) + pairs(3) + pairs(1)) == 6
    with pytest.raises(ValueError, match="at least one dataset"):
        ConcatDataset([])


def test_arrays_are_rows_and_are_copied() -> None:
    x, y = np.ones((3, 2), np.float32), np.arange(3)
    data = TensorDataset(x, y)
    x[:] = 7
    y[:] = 7
    assert data[1][0].tolist() == [1, 1] and [t.dtype for t in data[:]] == [ag.float32, ag.int64] and data[:][1].tolist() == [0, 1, 2]


def test_a_loader_refuses_nonsense() -> None:
    for wrong in (5, iter([1, 2]), None):
        with pytest.raises(TypeError, match="a dataset has a length and an index"):
            DataLoader(wrong)
    for kind, keywords, match in (
        (ValueError, {"batch_size": 0}, "batch_size must be at least 1, got 0"),
        (TypeError, {"batch_size": 2.5}, "batch_size must be an int"),
        (ValueError, {"batch_size": None, "drop_last": True}, "no last batch"),
        (ValueError, {"sampler": [0], "shuffle": True}, "leave shuffle away"),
        (ValueError, {"batch_sampler": [[0]], "batch_size": 2}, "a batch_sampler says all of a batch"),
        (ValueError, {"batch_sampler": [[0]], "drop_last": True}, "a batch_sampler says all of a batch"),
        (TypeError, {"sampler": 3}, "sampler must be walked over for positions of rows, got int 3"),
        (ValueError, {"num_workers": -1}, "num_workers must be at least 0"),
        (TypeError, {"generator": 3}, "must be an autograd.Generator, got int"),
    ):
        with pytest.raises(kind, match=match):
            DataLoader([1, 2], **keywords)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a tensor holds numbers"):
        list(DataLoader([None, None]))


@given(
    st.recursive(
        st.sampled_from([1, 2.5, True, np.float64(2), np.ones(2), ag.zeros(2, 3)]), lambda s: st.lists(s, min_size=1, max_size=3).map(tuple)
    )
)
def test_collating_keeps_the_structure(item: Any) -> None:
    def check(one: Any, batch: Any) -> None:
        if isinstance(one, tuple):
            assert isinstance(batch, tuple) and len(batch) == len(one)
            for a, b in zip(one, batch):
                check(a, b)
        else:
            wanted = one if isinstance(one, ag.Tensor) else ag.tensor(one)
            assert batch.dtype == wanted.dtype and batch.shape == (3, *wanted.shape) and all(row.equal(wanted) for row in batch)

    check(item, collate([item] * 3))
    assert isinstance(collate([[1, 2], [3, 4]]), list)


def test_dicts_named_tuples_and_strings_are_collated() -> None:
    Point = namedtuple("Point", "x y")
    batch = collate([{"p": Point(1, ag.ones(2)), "name": "a"}, {"name": "b", "p": Point(2, ag.zeros(2))}])
    assert batch["name"] == ["a", "b"] and batch["p"].x.tolist() == [1, 2] and batch["p"].y.shape == (2, 2)
    assert collate([b"a", b"b"]) == [b"a", b"b"] and nn.data.default_collate is collate
    loader = DataLoader([{"x": i, "name": str(i)} for i in range(3)], 2)
    assert [(b["x"].tolist(), b["name"]) for b in loader] == [([0, 1], ["0", "1"]), ([2], ["2"])]


def test_items_of_different_form_are_refused() -> None:
    loop: dict[str, Any] = {}
    loop["self"] = loop
    for items, kind, match in (
        ([{"a": 1}, {"b": 1}], ValueError, r"the same keys, \['a'\]"),
        ([{"a": 1}, 1], ValueError, "the same keys"),
        ([loop, loop], ValueError, "hold themselves"),
        (["a", 1], TypeError, "holds numbers"),
        ([], ValueError, "at least one item"),
        ([(1, 2), (3,)], ValueError, r"one length, got \[2, 1\]"),
        ([(1, 2), 3], ValueError, "'int'"),
        ([ag.zeros(2), ag.zeros(3)], ValueError, r"one shape, got \[\(2,\), \(3,\)\]; .* TensorDataset"),
        ([1, "a"], TypeError, "holds numbers"),
    ):
        with pytest.raises(kind, match=match):
            collate(items)


# Standardising.
@given(
    n=st.integers(2, 50),
    m=st.integers(1, 4),
    shift=st.floats(-1e3, 1e3),
    scale=st.floats(1e-3, 1e3),
    dtype=st.sampled_from([ag.float32, ag.float64]),
)
def test_training_rows_get_mean_0_and_deviation_1_and_others_follow(n: int, m: int, shift: float, scale: float, dtype: Any) -> None:
    x = (ag.randn(n, m, dtype=ag.float64) * scale + shift).to(dtype)
    other = (ag.randn(3, m, dtype=ag.float64) * scale + shift).to(dtype)
    raw = x.double().numpy()
    a, b, c = standardize(x, other, x[:1])
    assert a.dtype == b.dtype == dtype and a.shape == x.shape
    off = 1e-10 if dtype == ag.float64 else 1e-4
    assume(raw.std(0).min() > 0.05 * scale and (dtype == ag.float64 or abs(shift) < 1e3 * scale))
    np.testing.assert_allclose(a.double().numpy().mean(0), 0, atol=off)
    np.testing.assert_allclose(a.double().numpy().std(0), 1, atol=off)
    np.testing.assert_allclose(b.double().numpy(), (other.double().numpy() - raw.mean(0)) / raw.std(0), rtol=off, atol=10 * off)
    assert c.equal(a[:1]) and standardize(x).equal(a)


@given(st.floats(-1e30, 1e30), st.integers(1, 30), st.sampled_from([ag.float32, ag.float64]))
def test_a_column_without_variation_becomes_0(value: float, n: int, dtype: Any) -> None:
    x = ag.full((n, 2), value, dtype=dtype)
    assert standardize(x).equal(ag.zeros_like(x))
    x = (ag.full((n, 2), 0.1, dtype=ag.float64) * value).to(dtype)
    assert standardize(x).equal(ag.zeros_like(x))


def test_far_from_zero_float32_loses_nothing() -> None:
    x = ag.tensor([[16384.0], [16384.0 + 2**-9]])  # neighbours: no float32 lies between them
    assert standardize(x).tolist() == [[-1.0], [1.0]]
    many = standardize(ag.cat([ag.zeros(1, 16), 1.1 + 0.01 * ag.randn(200_000, 16)])).double()
    assert many.mean(0).abs().max().item() < 1e-4  # sums in float32 drift from it
    assert (many.std(0, correction=0) - 1).abs().max().item() < 1e-4
    assert standardize(ag.tensor([[0.0], [1e-30]])).tolist() == [[-1.0], [1.0]]  # whose squares are 0 in float32
    assert standardize(ag.tensor([[0.0], [1e-45]])).isfinite().all()  # their deviation rounds to 0


def test_standardising_records_nothing_and_changes_nothing() -> None:
    x = ag.rand(4, 3, requires_grad=True)
    before = x.tolist()
    assert not any(t.requires_grad for t in standardize(x, x)) and x.tolist() == before


def test_standardising_refuses_what_it_cannot_do() -> None:
    x = ag.rand(4, 3)
    for wrong in (ag.arange(4), [1.0]):
        for given_ in ((wrong,), (x, wrong)):
            with pytest.raises(TypeError, match=r"\.float\(\)"):
                standardize(*given_)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match=r"\(4, 3\) and \(5, 2\)"):
        standardize(x, ag.rand(5, 2))
    with pytest.raises(ValueError, match="rows"):
        standardize(ag.tensor(1.0))
    with pytest.raises(ValueError, match=r"at least one training row, got shape \(0, 3\)"):
        standardize(x[:0])
    assert standardize(x, x[:0])[1].shape == (0, 3)


def test_a_subset_of_a_list_can_be_sliced() -> None:
    part = Subset(["a", "b", "c"], [2, 0])
    assert part[:1] == ["c"] and part[:] == ["c", "a"] and part[-1] == "a"


def test_hints_of_what_was_meant() -> None:
    with pytest.raises(TypeError, match=r"got tuple of length 2; unpack it: TensorDataset\(\*tensors\)"):
        TensorDataset((ag.ones(2), ag.ones(2)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"n must be an int, got Tensor of shape"):  # and not all of its entries
        k_fold(ag.ones(100), 5)  # type: ignore[arg-type]
