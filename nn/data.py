"""How data reaches a network: as rows that are split, standardised, shuffled, and handed out in batches.

A dataset is anything with a length and an index. `DataLoader` walks over one in batches; where the rows already stand in
tensors, a batch is one gather for each tensor, so a shuffled epoch costs about what the same indexing costs in numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

import numpy as np

import autograd as ag
from autograd import Tensor
from autograd.errors import described, flag_of, int_of, number_of

__all__ = ["DataLoader", "Dataset", "Subset", "TensorDataset", "collate", "k_fold", "random_split", "standardize"]


def _int(name: str, value: Any, least: int) -> int:
    return int_of(value, name, least)


def collate(items: Sequence[Any]) -> Any:
    """Items of one kind as one batch: stacked along a new dimension 0.

    Tensors and arrays keep their dtype; Python numbers become float32, int64 or bool as in `autograd.tensor`; tuples and
    lists are collated place by place and stay tuples and lists. Raises ValueError where shapes or lengths differ or there
    are no items, TypeError for what is no number.

    >>> collate([(1, 0.5), (2, 1.5)])
    (tensor([1, 2]), tensor([0.5000, 1.5000]))
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
        return tuple(columns) if isinstance(first, tuple) else columns
    if isinstance(first, Tensor | np.ndarray):
        tensors = [ag.as_tensor(item) for item in items]
        try:
            return ag.stack(tensors)
        except ValueError as error:
            raise ValueError(f"the items of a batch: {error}; rows of several tensors are a TensorDataset(x, y)") from None
    return ag.tensor(list(items))


class Dataset:
    """What has rows: a subclass writes ``__len__`` and ``__getitem__``, and `batch` where it can do better than row by row.

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
        return collate([self[int(i)] for i in rows])


def _batch(dataset: Any, rows: Any) -> Any:
    if isinstance(dataset, Dataset):
        return dataset.batch(rows)
    return dataset[rows] if isinstance(dataset, Tensor) else collate([dataset[int(i)] for i in rows])


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

    An int or a slice gives views, as with tensors; a list or a tensor of ints gives copies. Raises ValueError where the
    lengths differ or there are no tensors, TypeError for what is no tensor, IndexError for a row out of range.

    >>> data = TensorDataset(ag.tensor([[1., 2.], [3., 4.], [5., 6.]]), ag.tensor([0, 1, 0]))
    >>> len(data), data[-1]
    (3, (tensor([5., 6.]), tensor(0)))
    """

    def __init__(self, *tensors: Tensor) -> None:
        for t in tensors:
            if not isinstance(t, Tensor) or not t.ndim:
                got = "a 0-d tensor" if isinstance(t, Tensor) else described(t)
                hint = "unpack it: TensorDataset(*tensors)" if isinstance(t, list | tuple) else "for an array use from_numpy(...)"
                raise TypeError(f"TensorDataset takes tensors with rows, got {got}; {hint}")
        lengths = [len(t) for t in tensors]
        if len(set(lengths)) != 1:
            raise ValueError(f"TensorDataset takes tensors of one length, got lengths {lengths}")
        self.tensors = tensors

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
        if not isinstance(indices, list | tuple | range | np.ndarray | Tensor):
            raise TypeError(f"the indices of a Subset are one row of ints, got {described(indices)}")
        given = ag.tensor(
            indices,
            dtype=ag.int64 if getattr(indices, "shape", None) == (0,) or (not hasattr(indices, "shape") and not len(indices)) else None,
        )
        if given.ndim != 1 or given.dtype.kind not in "iu":
            raise TypeError(f"the indices of a Subset are one row of ints, got {given.dtype} of shape {given.shape}")
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
    the order repeat. ``num_workers`` is there so that programs for PyTorch run: everything happens in this process.
    Raises TypeError and ValueError for what is no dataset or no such number.

    >>> loader = DataLoader(TensorDataset(ag.arange(5)), batch_size=2)
    >>> len(loader), [x.tolist() for x, in loader]
    (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,  # PyTorch has other arguments in between
        drop_last: bool = False,
        generator: ag.Generator | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        _sized(dataset)
        if not isinstance(generator, ag.Generator | None):
            raise TypeError(f"generator must be an autograd.Generator, got {described(generator)}")
        if not (collate_fn is None or callable(collate_fn)):
            raise TypeError(f"collate_fn must be a function of a list of items, got {described(collate_fn)}")
        shuffle, drop_last = flag_of(shuffle, "shuffle"), flag_of(drop_last, "drop_last")
        self.dataset, self.shuffle, self.drop_last, self.generator = dataset, shuffle, drop_last, generator
        self.batch_size = _int("batch_size", batch_size, 1)
        self.num_workers = _int("num_workers", num_workers, 0)
        self.collate_fn = collate_fn

    def __len__(self) -> int:
        n = len(self.dataset)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        n = len(self.dataset)
        order = ag.randperm(n, generator=self.generator) if self.shuffle else ag.arange(n)
        rows = order.numpy()  # an array is cut into slices several times faster than a tensor
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            part = rows[start : start + self.batch_size]
            if self.collate_fn is None:
                yield _batch(self.dataset, part)
            else:
                yield self.collate_fn([self.dataset[i] for i in part.tolist()])


def k_fold(n: int, k: int, shuffle: bool = True, generator: ag.Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    """k pairs (training indices, validation indices), int64; every row is in exactly one validation part.

    The validation parts have n // k rows, or one more. Raises TypeError unless n and k are ints, ValueError unless
    2 <= k <= n.

    >>> [valid.tolist() for _, valid in k_fold(5, 2, shuffle=False)]
    [[0, 1, 2], [3, 4]]
    """
    n, k = _int("n", n, 0), _int("k", k, 0)
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
