"""How data reaches a network: as rows that are split, standardised, shuffled, and handed out in batches.

A dataset is anything with a length and an index. `DataLoader` walks over one in batches; where the rows already stand in
tensors, a batch is one gather for each tensor, so a shuffled epoch costs about what the same indexing costs in numpy.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, overload

import numpy as np

import autograd as ag
from autograd import Tensor
from autograd.elsewhere import refusing
from autograd.errors import described, flag_of, int_of, is_many, number_of
from nn.sampling import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    generator_of,
    row_of_ints,
)

__all__ = [
    "BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "RandomSampler", "Sampler", "SequentialSampler", "Subset",
    "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler", "collate", "default_collate", "k_fold", "random_split", "standardize",
]  # fmt: skip


def collate(items: Sequence[Any]) -> Any:
    """Items of one kind as one batch: stacked along a new dimension 0.

    Tensors and arrays keep their dtype; Python numbers become float32, int64 or bool as in `autograd.tensor`; tuples, lists and
    dicts are collated place by place and stay what they are; strings are left alone, in a list. Also called `default_collate`.
    Raises ValueError where shapes, lengths or keys differ or there are no items, TypeError for what is no number.

    >>> collate([(1, 0.5), (2, 1.5)])
    (tensor([1, 2]), tensor([0.5000, 1.5000]))
    >>> collate([{"x": 1, "name": "a"}, {"x": 2, "name": "b"}])
    {'x': tensor([1, 2]), 'name': ['a', 'b']}
    """
    if not isinstance(items, list | tuple):
        raise TypeError(f"collate takes a list of items, got {described(items)}")
    if not items:
        raise ValueError(f"collate needs at least one item, got {described(items)}")
    first = items[0]
    if isinstance(first, tuple | list):
        lengths = [len(item) if isinstance(item, tuple | list) else type(item).__name__ for item in items]
        if len(set(lengths)) > 1:
            raise ValueError(f"the items of a batch must have one length, got {lengths[:8]}")
        if any(item is items for item in items) or any(part is first for part in first):
            raise ValueError(f"the items of a batch must not hold themselves, got {first!r:.60}")
        columns = [collate(column) for column in zip(*items)]
        if hasattr(first, "_fields"):  # a namedtuple
            return type(first)(*columns)
        return tuple(columns) if isinstance(first, tuple) else columns
    if isinstance(first, Mapping):
        if any(not isinstance(item, Mapping) or item.keys() != first.keys() for item in items):
            raise ValueError(f"the items of a batch must be dicts with the same keys, {list(first)} as in the first")
        if any(part is item for item in items for part in item.values()):
            raise ValueError(f"the items of a batch must not hold themselves, got {first!r:.60}")
        return {key: collate([item[key] for item in items]) for key in first}
    if isinstance(first, str | bytes) and all(isinstance(item, type(first)) for item in items):
        return list(items)
    if isinstance(first, Tensor | np.ndarray):
        tensors = [ag.as_tensor(item) for item in items]
        try:
            return ag.stack(tensors)
        except ValueError as error:
            raise ValueError(f"the items of a batch: {error}; rows of several tensors are a TensorDataset(x, y)") from None
    return ag.tensor(list(items))


default_collate = collate


def _converted(item: Any) -> Any:
    """An item that is no part of a batch: its arrays as tensors."""
    if isinstance(item, np.ndarray):
        return ag.tensor(item)
    if isinstance(item, Mapping):
        return {key: _converted(part) for key, part in item.items()}
    return type(item)(map(_converted, item)) if type(item) in (tuple, list) else item


def _listed(rows: Any) -> list[Any]:
    if not is_many(rows):
        raise TypeError(f"the rows of a batch are a list, array or tensor of ints, got {described(rows)}")
    return rows.tolist() if isinstance(rows, np.ndarray | Tensor) else list(rows)


class Dataset:
    """What has rows: a subclass writes ``__len__`` and ``__getitem__``, and `batch` where it can do better than row by row.

    The sum of two is one after the other, a `ConcatDataset`.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, i):
    ...         return i, i * i
    >>> Squares().batch([3, 1])
    (tensor([3, 1]), tensor([9, 1]))
    """

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} has no __len__(); write one")

    def __getitem__(self, index: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no __getitem__(); write one")

    def batch(self, rows: Any) -> Any:
        """The rows at these positions (a list, array or tensor of ints, shape (n,)) as one new batch."""
        return collate([self[i] for i in _listed(rows)])

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


def _batch(dataset: Any, rows: Any) -> Any:
    if isinstance(dataset, Dataset):
        return dataset.batch(rows)
    return dataset[rows] if isinstance(dataset, Tensor) else collate([dataset[i] for i in _listed(rows)])


def _sized(dataset: Any) -> int:
    """The length of a dataset, or a TypeError for what is none."""
    if (
        isinstance(dataset, type)
        or getattr(dataset, "shape", None) == ()
        or not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__"))
    ):
        raise TypeError(f"a dataset has a length and an index, {described(dataset)} has not; make it a list or a Dataset")
    return len(dataset)


class TensorDataset(Dataset):
    """Tensors of one length; item i is the tuple of their rows i. What indexes a tensor indexes it.

    An int or a slice gives views, as with tensors; a list or a tensor of ints gives copies. Numpy arrays are taken as tensors,
    copied. Raises ValueError where the lengths differ or there are no tensors, TypeError for what is neither, IndexError for a
    row out of range.

    >>> data = TensorDataset(ag.tensor([[1., 2.], [3., 4.], [5., 6.]]), ag.tensor([0, 1, 0]))
    >>> len(data), data[-1]
    (3, (tensor([5., 6.]), tensor(0)))
    """

    def __init__(self, *tensors: Tensor | np.ndarray) -> None:
        for t in tensors:
            if not isinstance(t, Tensor | np.ndarray) or not t.ndim:
                hint = "unpack it: TensorDataset(*tensors)" if isinstance(t, list | tuple) else "each has at least one dimension"
                raise TypeError(f"TensorDataset takes tensors with rows, got {described(t)}; {hint}")
        lengths = [len(t) for t in tensors]
        if len(set(lengths)) != 1:
            raise ValueError(f"TensorDataset takes tensors of one length, got lengths {lengths}")
        self.tensors = tuple([ag.tensor(t) if isinstance(t, np.ndarray) else t for t in tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([t[index] for t in self.tensors])

    def batch(self, rows: Any) -> tuple[Tensor, ...]:
        """Copies of the rows at these positions, by one gather for each tensor: ``self[rows]``."""
        return self[rows]


class Subset(Dataset):
    """The rows of ``dataset`` at ``indices`` (a list, range, array or tensor of ints, shape (n,)), in that order.

    Indices below 0 count from the end. Raises TypeError for what are no ints, IndexError for a row out of range.

    >>> Subset(["a", "b", "c"], [2, 0])[0]
    'c'
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        _sized(dataset)
        given = row_of_ints(indices, "the indices of a Subset")
        n, rows = len(dataset), given.numpy()
        if (out := rows[(rows < -n) | (rows >= n)]).size:
            raise IndexError(f"row {out[0]} is out of range for a dataset of {n} rows")
        self.dataset, self.indices = dataset, ag.tensor(rows % max(n, 1), dtype=ag.int64)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        rows = self.indices[index]
        if not rows.ndim:
            return self.dataset[rows.item()]
        if rows.ndim > 1:
            raise IndexError(f"rows are taken by an int, a slice or one row of ints, got {described(index)}")
        return self.dataset[rows] if isinstance(self.dataset, Tensor | TensorDataset | Subset) else [self.dataset[i] for i in rows.tolist()]

    def batch(self, rows: Any) -> Any:
        """What the dataset below gathers, at the positions that these rows have there."""
        return _batch(self.dataset, self.indices[rows])


class ConcatDataset(Dataset):
    """Datasets one after the other, as one; ``cumulative_sizes`` says where each ends.

    Raises TypeError for what is no dataset, ValueError for none at all, IndexError for a row out of range.

    >>> both = ConcatDataset([["a", "b"], ["c"]])
    >>> len(both), both[2], both[-3]
    (3, 'c', 'a')
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        if not is_many(datasets):
            raise TypeError(f"ConcatDataset takes a list of datasets, got {described(datasets)}")
        self.datasets = list(datasets)
        self.cumulative_sizes = list(accumulate(map(_sized, self.datasets)))
        if not self.datasets:
            raise ValueError("ConcatDataset takes at least one dataset, got an empty list")

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: Any) -> Any:
        i = int_of(index, "the row of a ConcatDataset")
        if not -len(self) <= i < len(self):
            raise IndexError(f"row {i} is out of range for a dataset of {len(self)} rows")
        i %= len(self)
        at = bisect_right(self.cumulative_sizes, i)
        return self.datasets[at][i - (self.cumulative_sizes[at - 1] if at else 0)]


def random_split(dataset: Any, lengths: Sequence[float], generator: ag.Generator | None = None) -> list[Subset]:
    """Disjoint random parts that together are the dataset.

    ``lengths`` are ints that add up to its length, or fractions that add up to 1: then part i gets the whole number of
    rows below its fraction, and the rows left over go to the first parts, one each. Raises ValueError otherwise.

    >>> [len(part) for part in random_split(range(11), [0.5, 0.25, 0.25])]
    [6, 3, 2]
    """
    n = _sized(dataset)
    if not isinstance(lengths, list | tuple):
        raise TypeError(f"random_split: lengths is a list of ints or of fractions, got {described(lengths)}")
    lengths = [number_of(length, "random_split: a length") for length in lengths]
    if any(not length >= 0 for length in lengths):
        raise ValueError(f"random_split: no length may be below 0, got {list(lengths)}")
    if all(isinstance(length, int | np.integer) for length in lengths):
        sizes = [int(length) for length in lengths]
    elif math.isclose(sum(lengths), 1):
        sizes = [math.floor(n * length) for length in lengths]
        left = n - sum(sizes)
        sizes = [size + (i < left) for i, size in enumerate(sizes)]
    else:
        raise ValueError(f"random_split: fractions must add up to 1, got {list(lengths)} with sum {sum(lengths)}")
    if sum(sizes) != n:
        raise ValueError(f"random_split: lengths {sizes} add up to {sum(sizes)}, but the dataset has {n} rows")
    return [Subset(dataset, part) for part in ag.split(ag.randperm(n, generator=generator), sizes)]


class DataLoader:
    """Batches of ``batch_size`` rows, as often as it is walked over; shuffled anew each time where asked.

    ``dataset`` is a `Dataset` or any sequence of items. A batch is a copy, made by the dataset's `batch`, or by
    ``collate_fn`` from a list of items. The last batch may be smaller; ``drop_last`` leaves it out. A ``generator`` makes
    the order repeat. A ``sampler`` gives another order of rows (see `nn.sampling`), a ``batch_sampler`` whole batches. With
    ``batch_size=None`` there are no batches, but the items of the dataset, their arrays as tensors.

    Everything happens in this process: ``num_workers``, ``pin_memory``, ``timeout``, ``worker_init_fn``, ``prefetch_factor``,
    ``persistent_workers`` and the like are there so that programs for PyTorch run, and change nothing.

    Raises TypeError and ValueError for what is no dataset or no such number, ValueError for arguments that exclude each other.

    >>> loader = DataLoader(TensorDataset(ag.arange(5)), batch_size=2)
    >>> len(loader), [x.tolist() for x, in loader]
    (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: ag.Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _sized(dataset)
        self.generator = generator_of(generator)
        if not (collate_fn is None or callable(collate_fn)):
            raise TypeError(f"collate_fn must be a function of a list of items, got {described(collate_fn)}")
        shuffle, drop_last = shuffle is not None and flag_of(shuffle, "shuffle"), flag_of(drop_last, "drop_last")
        for name, given in {"sampler": sampler, "batch_sampler": batch_sampler}.items():
            if not (given is None or is_many(given)) or isinstance(given, type):
                raise TypeError(f"{name} must be walked over for positions of rows, got {described(given)}")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: a sampler says the order of the rows; leave shuffle away")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            got = f"batch_size={batch_size}, shuffle={shuffle}, drop_last={drop_last}" + ", and a sampler" * (sampler is not None)
            raise ValueError(f"DataLoader: a batch_sampler says all of a batch; leave the rest away, got {got}")
        if batch_size is None and drop_last:
            raise ValueError("DataLoader: with batch_size=None there is no last batch that could be dropped")
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset, self.sampler, self.batch_sampler, self.collate_fn = dataset, sampler, batch_sampler, collate_fn
        self.batch_size = getattr(batch_sampler, "batch_size", None)
        self.drop_last, self.num_workers = drop_last, int_of(num_workers, "num_workers", 0)

    def __len__(self) -> int:
        walked: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(walked)

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            made = self.collate_fn or _converted
            yield from (made(self.dataset[i]) for i in self.sampler)
            return
        parts = self.batch_sampler.parts() if isinstance(self.batch_sampler, BatchSampler) else self.batch_sampler
        for rows in parts:
            if self.collate_fn is None:
                yield _batch(self.dataset, rows)
            else:
                yield self.collate_fn([self.dataset[i] for i in _listed(rows)])


def k_fold(n: int, k: int, shuffle: bool = True, generator: ag.Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    """k pairs (training indices, validation indices), int64; every row is in exactly one validation part.

    The validation parts have n // k rows, or one more. Raises TypeError unless n and k are ints, ValueError unless
    2 <= k <= n. The rows themselves are ``X[training]``, or those of a dataset of n rows, ``Subset(dataset, training)``.

    >>> [valid.tolist() for _, valid in k_fold(5, 2, shuffle=False)]
    [[0, 1, 2], [3, 4]]
    """
    n, k = int_of(n, "k_fold: the number of rows n", 0), int_of(k, "k_fold: k", 0)
    if not 2 <= k <= n:
        raise ValueError(f"k_fold needs 2 <= k <= n, got k={k} and n={n}")
    order = ag.randperm(n, generator=generator) if flag_of(shuffle, "shuffle") else ag.arange(n)
    sizes = [n // k + (i < n % k) for i in range(k)]
    parts = ag.split(order, sizes)
    return ((ag.cat([p for j, p in enumerate(parts) if j != i]), parts[i]) for i in range(k))


@overload
def standardize(train: Tensor, /) -> Tensor: ...
@overload
def standardize(train: Tensor, /, *others: Tensor) -> tuple[Tensor, ...]: ...
def standardize(train: Tensor, /, *others: Tensor) -> Any:
    """Every column of ``train`` (n, ...) with mean 0 and standard deviation 1, and ``others`` moved and scaled alike.

    Mean and standard deviation (of the population, divided by n) are those of ``train`` alone, so that nothing is learnt
    from the rows a network is tested on. A column without variation becomes 0. Records nothing. Returns a tuple, in the order
    given; a tensor where ``train`` is alone. Raises TypeError for integers, ValueError for an empty ``train`` or other columns.

    >>> standardize(ag.tensor([[1., 5.], [3., 5.]]), ag.tensor([[4., 6.]]))
    (tensor([[-1.,  0.],
            [ 1.,  0.]]), tensor([[2., 1.]]))
    """
    for t in (train, *others):
        if not isinstance(t, Tensor) or isinstance(t, ag.ValueTensor) or t.dtype.kind != "f":
            got = f"a tensor of {t.dtype}" if type(t) is Tensor else described(t)
            raise TypeError(f"standardize takes floating tensors, got {got}; convert with .float() first")
        if not t.ndim or t.shape[1:] != train.shape[1:]:
            raise ValueError(f"standardize takes rows of one shape, got tensors of shapes {train.shape} and {t.shape}")
    if not len(train):
        raise ValueError(f"standardize needs at least one training row, got shape {train.shape}")
    with ag.no_grad():
        apart = [t - train[0] for t in (train, *others)]  # equal values are exactly 0 apart, however large they are
        rows = apart[0].numpy()
        mean, std = rows.mean(0, dtype=np.float64), rows.std(0, dtype=np.float64)  # sums of many rows in float32 would drift
        std = np.where(std.astype(rows.dtype) == 0, 1, std)
        done = tuple(t.sub_(ag.tensor(mean)).div_(ag.tensor(std)) for t in apart)
    return done if others else done[0]


if not TYPE_CHECKING:  # as in `nn`
    __getattr__ = refusing(__name__)
