"""A progress bar for who watches a terminal, where tqdm is installed. Without it a story prints the same lines, no bar."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

try:
    from tqdm import tqdm
except ImportError:
    tqdm = None

__all__ = ["progress", "say"]

T = TypeVar("T")

say: Callable[[str], Any] = print if tqdm is None else tqdm.write  # a plain print would tear the bar


def progress(items: Iterable[T], what: str) -> Iterable[T]:
    """``items``, with a bar on a terminal while they are used up."""
    return items if tqdm is None else tqdm(items, desc=what, leave=False, disable=None)
