"""One entry of a formula of arrays, worked out with its numbers: what a rule of tensors does, where shapes alone would not tell.

An entry of a product of matrices or of a sum is a sum of terms; an entry of all else follows from the entries at its place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.core.symbols import ATOM, PLUS, TIMES, WORDS, Symbol
from autograd.ops.moves import broadcast_to_, cast_, permute_, reshape_
from autograd.ops.products import matmul_
from autograd.ops.reduce import sum_
from autograd.program.mathematics import Mathematics
from autograd.program.words import number

__all__ = ["largest", "worked"]

_MOST = 20_000  # terms of a sum that are looked at
_TERMS = 2  # of a sum that are written out, the largest
_LETTERS = "klmnpq"
_SMALL = str.maketrans("klmnpq", "ₖₗₘₙₚq")

Index = tuple[Any, ...]  # numbers, and letters that are summed over


class _OpaqueError(Exception):
    """An entry of this cannot be told from entries of its parts."""


def largest(amount: Any) -> tuple[int, ...] | None:
    """Where the largest entry of an array stands; None where there is nothing in it, or not only numbers."""
    if not np.ndim(amount) or not np.size(amount) or not np.isfinite(amount).all() or not np.any(amount):
        return None
    return tuple(map(int, np.unravel_index(np.argmax(np.abs(amount)), np.shape(amount))))


def worked(formula: Any, amount: Any, where: tuple[int, ...], called: Callable[[str], str] = str) -> str | None:
    """How the entry at ``where`` of ``amount``, the array that ``formula`` gives, comes about. Its symbols have their arrays; ``called``
    names them. None where that cannot be told.

    >>> from autograd.program.formulas import Seen
    >>> g, x = Seen("g", np.array([[2.0, 0.5]])), Seen("x", np.array([[1.0, -3.0]]))
    >>> worked(g * x, g.raw * x.raw, (0, 0))
    '[0,0]: g[0,0] · x[0,0] = 2 · 1 = 2'
    >>> worked(g.mT @ x, g.raw.T @ x.raw, (0, 1))
    '[0,1]: g[0,0] · x[0,1] = 2 · (−3) = −6'
    """
    try:
        body, index, sizes = _summed(formula, where)
        letters = dict(zip(_LETTERS, sizes))
        terms = {}
        for choice in np.ndindex(*sizes) if math.prod(sizes) <= _MOST else ():
            terms[choice] = _number(body, _put(index, dict(zip(letters, choice))))
        total = sum(terms.values())
        if not terms or abs(total - amount[where]) > 1e-3 * max(map(abs, terms.values())):
            return None
        written = sorted(terms, key=lambda choice: -abs(terms[choice]))[:_TERMS]
        write = Mathematics()
        single = len(terms) == 1
        how = write(_entry(body, _put(index, dict.fromkeys(letters, 0)) if single else index, _named(called)), WORDS if single else TIMES)
        numbered = lru_cache(None)(_numbered)  # one symbol for an entry, so that z² stays a square, and 2 · 2 is none
        texts = [write(_entry(body, _put(index, dict(zip(letters, choice))), numbered), WORDS if single else PLUS) for choice in written]
    except _OpaqueError:
        return None
    sums = "" if single else f"Σ{''.join(letters).translate(_SMALL)} "
    numbers, result = " + ".join(texts) + " + …" * (len(terms) > _TERMS), number(float(amount[where]))
    numbers = re.sub(r"^\((−[^()]*)\)(?![\^⁰¹²³⁴⁵⁶⁷⁸⁹⁻])", r"\1", numbers)
    told = [f"{sums}{how}", numbers, result] if numbers != result else [f"{sums}{how}", result]
    return f"[{','.join(map(str, where))}]: {' = '.join(told)}"


def _summed(s: Any, index: Index) -> tuple[Any, Index, tuple[int, ...]]:
    """What is summed for an entry, its index with letters for what it is summed over, and the sizes of those."""
    while isinstance(s, Symbol) and s.op in (cast_, reshape_, broadcast_to_):
        s, index = s.args[0], _through(s, index)
    if isinstance(s, Symbol) and s.op is sum_:
        x, axes, keepdim = s.args
        left = iter(index if not keepdim else [k for j, k in enumerate(index) if j not in axes])
        letters = iter(_LETTERS)
        return x, tuple(next(letters) if j in axes else next(left) for j in range(x.ndim)), tuple(x.shape[j] for j in axes)
    if isinstance(s, Symbol) and s.op is matmul_:
        x, y = s.args[:2]
        if x.ndim != 2 or y.ndim != 2:
            raise _OpaqueError
        return s, (*index, "k"), (x.shape[1],)
    return s, index, ()


def _put(index: Index, choice: dict[str, int]) -> Index:
    return tuple(choice.get(k, k) for k in index)


def _through(s: Any, index: Index) -> Index:
    """The index into the first argument of what only moves entries."""
    x = s.args[0]
    if s.op is cast_:
        return index
    if s.op is broadcast_to_:
        return _aligned(x, index)
    if s.op is permute_:
        into: list[Any] = [0] * len(index)
        for j, k in zip(s.args[1], index):
            into[j] = k
        return tuple(into)
    ones = [k for k, size in zip(index, s.shape) if size != 1]  # a reshape
    if [size for size in s.shape if size != 1] == [size for size in np.shape(x.raw) if size != 1]:
        left = iter(ones)
        return tuple(next(left) if size != 1 else 0 for size in np.shape(x.raw))
    if any(isinstance(k, str) for k in index):
        raise _OpaqueError
    return tuple(map(int, np.unravel_index(np.ravel_multi_index(index, s.shape), np.shape(x.raw))))


def _aligned(x: Any, index: Index) -> Index:
    """The index into an argument that was broadcast."""
    sizes = np.shape(x.raw if isinstance(x, Symbol) else x)
    return tuple(k if size != 1 else 0 for k, size in zip(index[len(index) - len(sizes) :], sizes))


def _entry(s: Any, index: Index, atom: Callable[[Any, Index], Any]) -> Any:
    """The formula of one entry; ``atom`` writes what is not computed from entries at the same place."""
    if not isinstance(s, Symbol):
        if not np.ndim(s):
            return s
        if any(isinstance(k, str) for k in index):
            raise _OpaqueError
        return np.asarray(s)[index].item()
    if s.op is None:
        return atom(s, index)
    if s.op is matmul_ and len(index) == 3:  # the term of its sum at the last index
        i, j, k = index
        return _product(_entry(s.args[0], (i, k), atom), _entry(s.args[1], (k, j), atom))
    if s.op in (cast_, reshape_, broadcast_to_, permute_):
        return _entry(s.args[0], _through(s, index), atom)
    if s.op.entrywise:
        return Symbol.record(s.op, tuple(_entry(a, _aligned(a, index), atom) for a in s.args))
    return atom(s, index)


def _product(a: Any, b: Any) -> Any:
    return Symbol.record(Symbol.rows["*"], (a, b))


def _named(called: Callable[[str], str]) -> Callable[[Any, Index], Symbol]:
    class Named(Mathematics):
        def name(self, s: Symbol) -> str:
            return called(str(s.label))

    def atom(s: Any, index: Index) -> Symbol:
        text = Named()(s, ATOM)
        return Symbol(f"{text}[{','.join(map(str, index))}]" if index else text)

    return atom


def _numbered(s: Any, index: Index) -> Symbol:
    text = number(float(np.asarray(_known(s))[index]))
    return Symbol(f"({text})" if text.startswith("−") else text)


def _known(s: Any) -> Any:
    if s.raw is None:
        raise _OpaqueError
    return s.raw


def _number(s: Any, index: Index) -> float:
    """The term of the sum at this index."""
    if s.op is matmul_ and len(index) == 3:
        i, j, k = index
        return float(_known(s.args[0])[i, k]) * float(_known(s.args[1])[k, j])
    return float(np.asarray(_known(s))[index])
