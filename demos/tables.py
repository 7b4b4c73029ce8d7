"""Tables of numbers and words, as a CSV file has them, made into numbers that a network can learn from.

What is learnt from a table, the mean and the spread of its numbers and which words there are, is learnt from training rows alone: an
`Encoder` is made of them, and encodes any other rows by the same measure, each by itself.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

__all__ = ["Encoder", "Table", "read_table"]

MISSING = ("", "NA")
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Table:
    """n rows of the CSV file ``path``. ``columns`` = {name: (n,) array of str}, where "" is what is missing; ``numeric`` names the columns
    of which all known entries in the file are numbers (one at least); ``lines`` (n,) has the line in the file of each row.
    """

    path: Path
    columns: dict[str, np.ndarray]
    numeric: frozenset[str]
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, rows: Any) -> Table:
        """The table of these rows: a slice, or indices (m,) as a tensor or an array."""
        rows = rows.numpy() if isinstance(rows, Tensor) else rows
        return replace(self, columns={name: column[rows] for name, column in self.columns.items()}, lines=self.lines[rows])

    def column(self, name: str) -> np.ndarray:
        """A column, (n,) of str. Raises ValueError where there is none of this name."""
        if name not in self.columns:
            raise ValueError(f"{self.path}, line 1: there is no column {name}")
        return self.columns[name]

    def numbers(self, name: str, *, positive: bool = False) -> np.ndarray:
        """A column as numbers, float64 (n,), NaN where they are missing; with ``positive`` all are there and above 0.

        Raises ValueError, with the line, for an entry that is no such number.
        """
        column = self.column(name)
        numbers = _numbers(column)
        wrong = ~(numbers > 0) if positive else np.isnan(numbers) & (column != "")
        if wrong.any():
            line, entry = self.lines[wrong][0], str(column[wrong][0])
            raise ValueError(f"{self.path}, line {line}: {name} is {entry!r}, not a number{' above 0' * positive}")
        return numbers

    def must_match(self, other: Table, apart_from: Collection[str] = ()) -> None:
        """Raise ValueError where one of the tables has a column that the other one lacks."""
        for one, two in ((self, other), (other, self)):
            if lacks := [name for name in one.columns if name not in two.columns and name not in apart_from]:
                raise ValueError(f"{two.path}, line 1: there is no column {', '.join(lacks)}, which {one.path} has")


class Encoder:
    """Makes rows of a table into float32 tensors (n, features), by the measure of the training rows ``table``.

    Numbers have mean 0 and standard deviation 1 (of the population) over the known entries of the training rows; a missing one is 0,
    the mean, and so is all of a column that does not vary in the training rows. Every other column becomes indicators, 1 or 0: one
    for each word in the training rows and one for a missing entry, as from ``pandas.get_dummies(dummy_na=True)``. A word that the
    training rows lack has zeros only; `unknown` lists such. ``names`` says what the features are. The columns ``apart_from`` are
    left out. Raises ValueError where no training rows or no columns remain.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as out:
    ...     _ = (Path(out) / "a.csv").write_text("rooms,street\\n2,Pave\\n4,NA\\n,Pave\\n5,Dirt")
    ...     table = read_table(Path(out) / "a.csv")
    >>> encode = Encoder(table[:3])
    >>> encode.names
    ['rooms', 'street: missing', 'street: Pave']
    >>> encode(table)
    tensor([[-1.,  0.,  1.],
            [ 1.,  1.,  0.],
            [ 0.,  0.,  1.],
            [ 2.,  0.,  0.]])
    >>> encode.unknown(table)
    ['street: Dirt']
    """

    def __init__(self, table: Table, apart_from: Collection[str] = ()) -> None:
        if not len(table):
            raise ValueError("an Encoder is made of at least one training row, got none")
        columns = [name for name in table.columns if name not in apart_from]
        if not columns:
            raise ValueError(f"{table.path}, line 1: there are no columns but {', '.join(table.columns)}")
        self.numeric = [name for name in columns if name in table.numeric]
        self.words = {name: np.unique(np.append(table.column(name), "")) for name in columns if name not in table.numeric}
        self.names = self.numeric + [_feature(name, word) for name, words in self.words.items() for word in words]

        numbers = self._numbers(table)
        known = ~np.isnan(numbers)
        first = np.nan_to_num(numbers[known.argmax(0), np.arange(len(self.numeric))])
        apart = np.where(known, numbers - first, 0)  # equal numbers are exactly 0 apart
        count = np.maximum(known.sum(0), 1)
        mean = apart.sum(0) / count
        std = np.sqrt(np.square(np.where(known, apart - mean, 0)).sum(0) / count)
        self.mean, self.std = first + mean, np.where(std > 0, std, np.inf)

    def __call__(self, table: Table) -> Tensor:
        """The rows of ``table`` as features. Raises ValueError where a column is missing, or a number is none, with its line."""
        numbers = np.nan_to_num((self._numbers(table) - self.mean) / self.std)
        indicators = [table.column(name)[:, None] == words for name, words in self.words.items()]
        return ag.tensor(np.concatenate([numbers, *indicators], 1, dtype=np.float32))

    def unknown(self, table: Table) -> list[str]:
        """The words in ``table`` that the training rows do not have."""
        return [_feature(name, word) for name, words in self.words.items() for word in np.setdiff1d(table.column(name), words)]

    def _numbers(self, table: Table) -> np.ndarray:
        return np.array([table.numbers(name) for name in self.numeric]).reshape(len(self.numeric), len(table)).T


def read_table(path: Path) -> Table:
    """The table in a CSV file of UTF-8 text whose first line names the columns. An entry is missing where it is empty or ``NA``.

    Raises OSError where the file cannot be read; ValueError, with the line, where it is no such table or has no rows.
    """
    rows, lines = [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = next(reader, [])
            if twice := sorted({name for name in header if header.count(name) > 1}):
                raise ValueError(f"{path}, line 1: the column {twice[0]} is there twice")
            for row in reader:
                if row:  # a line without anything is no row
                    if len(row) != len(header):
                        raise ValueError(f"{path}, line {reader.line_num}: {len(row)} columns, where line 1 names {len(header)}")
                    rows.append(["" if entry in MISSING else entry for entry in row])
                    lines.append(reader.line_num)
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}") from None
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}, after line {reader.line_num}: not UTF-8 text ({error.reason})") from None
    if not rows:
        raise ValueError(f"{path}: there are no rows under the names of the columns in line 1")
    columns = dict(zip(header, np.array(rows).T))
    numeric = frozenset(name for name, column in columns.items() if _is_numeric(column))
    return Table(path, columns, numeric, np.array(lines))


def _numbers(column: np.ndarray) -> np.ndarray:
    """The entries as float64, NaN for what is no number that float32 can hold."""

    def number(entry: str) -> float:
        try:
            return x if abs(x := float(entry)) <= LARGEST else math.nan
        except ValueError:
            return math.nan

    return np.array([number(entry) for entry in column.tolist()])


def _is_numeric(column: np.ndarray) -> bool:
    known = column[column != ""]
    return len(known) > 0 and not np.isnan(_numbers(known)).any()


def _feature(name: str, word: str) -> str:
    return f"{name}: {word or 'missing'}"
