"""In which order the rows of a dataset are taken: all of them, shuffled, some, or some more often than others.

A sampler is walked over once an epoch and gives positions; `DataLoader` makes batches of them. Anything that can be walked over and
has a length may stand for a sampler. Those here know their order as an array, which is cut into batches much faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor
from autograd.errors import described, flag_of, int_of

__all__ = [
    "BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler", "WeightedRandomSampler",
]  # fmt: skip


def generator_of(generator: Any) -> ag.Generator | None:
    """``generator``, or a TypeError for what is none."""
    if not isinstance(generator, ag.Generator | None):
        raise TypeError(f"generator must be an autograd.Generator, got {described(generator)}")
    return generator


def row_of_ints(indices: Any, what: str) -> Tensor:
    """A list, range, array or tensor of ints, shape (n,), as a tensor, or a TypeError that says ``what`` it is for."""
    if not isinstance(indices, list | tuple | range | np.ndarray | Tensor):
        raise TypeError(f"{what} are one row of ints, got {described(indices)}")
    empty = getattr(indices, "shape", None) == (0,) or (not hasattr(indices, "shape") and not len(indices))
    given = ag.tensor(indices, dtype=ag.int64 if empty else None)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise TypeError(f"{what} are one row of ints, got {given.dtype} of shape {given.shape}")
    return given


class Sampler:
    """What gives positions of rows, anew each time it is walked over: a subclass writes ``__iter__``, and ``__len__``.

    >>> class Backwards(Sampler):
    ...     def __init__(self, rows):
    ...         self.rows = rows
    ...     def __iter__(self):
    ...         return iter(range(len(self.rows) - 1, -1, -1))
    ...     def __len__(self):
    ...         return len(self.rows)
    >>> list(Backwards("abc"))
    [2, 1, 0]
    """

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{type(self).__name__} has no __iter__(); write one")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} has no __len__(); write one")


class _Ordered(Sampler):
    """A sampler that knows the whole order of an epoch: an array of ints."""

    def order(self) -> np.ndarray:
        """The positions of one epoch; drawn anew where they are random."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())


def _source(name: str, data_source: Any) -> Sized:
    if not hasattr(data_source, "__len__") or isinstance(data_source, type) or getattr(data_source, "shape", None) == ():
        raise TypeError(f"{name} takes a dataset, which has a length, got {described(data_source)}")
    return data_source


class SequentialSampler(_Ordered):
    """The rows as they stand.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = _source("SequentialSampler", data_source)

    def order(self) -> np.ndarray:
        return np.arange(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(_Ordered):
    """The rows shuffled; with ``replacement`` each draw is from all of them.

    ``num_samples`` are drawn, by default as many as there are rows; without replacement, more than these are further shuffles.
    Raises ValueError for num_samples < 1, or draws with replacement from no rows, TypeError for what is no such argument.

    >>> sorted(RandomSampler("abc")), len(RandomSampler("abc", replacement=True, num_samples=7))
    ([0, 1, 2], 7)
    """

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None, generator: ag.Generator | None = None
    ) -> None:
        self.data_source = _source("RandomSampler", data_source)
        self.replacement = flag_of(replacement, "RandomSampler: replacement")
        self._count = None if num_samples is None else int_of(num_samples, "RandomSampler: num_samples", 1)
        self.generator = generator_of(generator)

    @property
    def num_samples(self) -> int:
        """How many positions an epoch has."""
        return len(self.data_source) if self._count is None else self._count

    def order(self) -> np.ndarray:
        n, k = len(self.data_source), self.num_samples
        if k and not n:
            raise ValueError(f"RandomSampler: {k} samples cannot be drawn from a dataset of no rows")
        if self.replacement:
            return ag.randint(0, max(n, 1), (k,), generator=self.generator).numpy()
        shuffles = [ag.randperm(n, generator=self.generator).numpy() for _ in range(-(-k // max(n, 1)))]
        return np.concatenate([np.arange(0), *shuffles])[:k]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(_Ordered):
    """The rows at ``indices`` (a list, range, array or tensor of ints, shape (n,)), shuffled.

    Raises TypeError for what are no ints.

    >>> sorted(SubsetRandomSampler([4, 2]))
    [2, 4]
    """

    def __init__(self, indices: Any, generator: ag.Generator | None = None) -> None:
        self.indices = row_of_ints(indices, "the indices of a SubsetRandomSampler")
        self.generator = generator_of(generator)

    def order(self) -> np.ndarray:
        return self.indices.numpy()[ag.randperm(len(self.indices), generator=self.generator).numpy()]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(_Ordered):
    """``num_samples`` rows, each drawn with a probability in proportion to its weight: rare classes can come as often as others.

    ``weights`` (a list, array or tensor, shape (n,)) need not add up to 1. Without ``replacement`` no row comes twice: the rows with
    the largest ``log(u) / weight``, u uniform (Efraimidis and Spirakis, Inf. Process. Lett. 97, 2006). Raises TypeError for what
    are no such numbers, ValueError for a weight that is negative or not finite, weights that are all 0, num_samples < 1, and more
    draws without replacement than there are weights above 0.

    >>> list(WeightedRandomSampler([0.0, 3.0], 4))
    [1, 1, 1, 1]
    """

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: ag.Generator | None = None) -> None:
        if not isinstance(weights, list | tuple | np.ndarray | Tensor):
            raise TypeError(f"WeightedRandomSampler: weights are one row of numbers, got {described(weights)}")
        self.weights = ag.tensor(weights).detach().double()
        self.num_samples = int_of(num_samples, "WeightedRandomSampler: num_samples", 1)
        self.replacement = flag_of(replacement, "WeightedRandomSampler: replacement")
        self.generator = generator_of(generator)
        w = self.weights.numpy()
        if w.ndim != 1:
            raise TypeError(f"WeightedRandomSampler: weights are one row of numbers, got shape {w.shape}")
        if not (w.size and w.min() >= 0 and 0 < w.sum() < np.inf):
            got = f"{w.min()} to {w.max()}" if w.size else "none"
            raise ValueError(f"WeightedRandomSampler: weights must be finite and at least 0, one of them above 0, got {got}")
        if not self.replacement and self.num_samples > (most := np.count_nonzero(w)):
            raise ValueError(f"WeightedRandomSampler: {most} weights are above 0, too few for {num_samples} draws without replacement")

    def order(self) -> np.ndarray:
        w = self.weights.numpy()
        if self.replacement:
            below = np.cumsum(w / w.max())  # of what does not overflow when it is added up
            u = ag.rand(self.num_samples, dtype=ag.float64, generator=self.generator).numpy()
            return np.searchsorted(below / below[-1], u, side="right")
        (rows,) = np.nonzero(w)
        u = 1 - ag.rand(len(rows), dtype=ag.float64, generator=self.generator).numpy()  # in (0, 1]
        first: np.ndarray = rows[np.argsort(-np.log(u) / (w[rows] / w.max()), kind="stable")]
        return first[: self.num_samples]

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The positions of another sampler in lists of ``batch_size``; the last may be shorter, ``drop_last`` leaves it out.

    Raises TypeError for what cannot be walked over, ValueError for batch_size < 1.

    >>> list(BatchSampler(SequentialSampler("abcde"), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False) -> None:
        if not hasattr(sampler, "__iter__") or isinstance(sampler, type):
            raise TypeError(f"BatchSampler takes a sampler, which gives positions of rows, got {described(sampler)}")
        self.sampler, self.batch_size = sampler, int_of(batch_size, "batch_size", 1)
        self.drop_last = flag_of(drop_last, "drop_last")

    def parts(self) -> Iterator[Any]:
        """The batches as arrays where the order is known, as lists elsewhere."""
        size = self.batch_size
        if isinstance(self.sampler, _Ordered):
            rows = self.sampler.order()
            for start in range(0, len(rows) - (size - 1 if self.drop_last else 0), size):
                yield rows[start : start + size]
            return
        part: list[Any] = []
        for i in self.sampler:
            part.append(i)
            if len(part) == size:
                yield part
                part = []
        if part and not self.drop_last:
            yield part

    def __iter__(self) -> Iterator[list[Any]]:
        return (part.tolist() if isinstance(part, np.ndarray) else part for part in self.parts())

    def __len__(self) -> int:
        n = len(self.sampler)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
