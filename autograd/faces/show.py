"""The repr of a tensor: columns of numbers with four decimals, as readers know it from PyTorch; `set_printoptions` asks for others."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import flag_of, int_of, name_of

__all__ = ["set_printoptions", "show"]


class _Options(NamedTuple):
    precision: int = 4
    threshold: int = 1000
    edgeitems: int = 3
    linewidth: int = 100
    sci_mode: bool | None = None


_PROFILES = {"default": _Options(), "short": _Options(precision=2, edgeitems=2), "full": _Options(threshold=sys.maxsize)}
_options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How tensors are shown from here on: decimals, the number of entries above which only ``edgeitems`` at each end are shown, the width
    of a line, and whether numbers have an exponent (None: where they differ much in size).

    A ``profile`` ("default", "short" or "full") comes first; of the rest, what is None stays. Raises TypeError for what is no whole number,
    ValueError for one below 0 and for another profile.

    >>> from autograd import tensor
    >>> set_printoptions(precision=2, sci_mode=False); tensor([1e-5, 1.5])
    tensor([0.00, 1.50])
    >>> set_printoptions(profile="default"); tensor([1e-5, 1.5])
    tensor([1.0000e-05, 1.5000e+00])
    """
    global _options
    start = _options if profile is None else _PROFILES[name_of(profile, "set_printoptions: profile", *_PROFILES)]
    if threshold == float("inf"):
        threshold = sys.maxsize
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    counts = {name: int_of(n, f"set_printoptions: {name}", 0) for name, n in given.items() if n is not None}
    sci_mode = None if sci_mode is None else flag_of(sci_mode, "set_printoptions: sci_mode")
    _options = start._replace(**counts, sci_mode=sci_mode)


def _formatter(shown: np.ndarray) -> Any:
    """One format for all entries, chosen by their size as PyTorch chooses it."""
    if shown.dtype.kind in "biu":
        width = max((len(str(v)) for v in shown.flat), default=1)
        return lambda v: str(v).rjust(width)
    finite = np.abs(shown[np.isfinite(shown) & (shown != 0)].astype(float))
    whole, large = np.all(finite == np.floor(finite)), finite.size and finite.max() >= 1e8
    apart = finite.size and not whole and (finite.max() > 1000 * finite.min() or finite.min() < 1e-4)
    if large or apart if _options.sci_mode is None else _options.sci_mode:
        spec, point = f".{_options.precision}e", ""
    else:
        spec, point = (".0f", ".") if whole else (f".{_options.precision}f", "")

    def text(v: Any) -> str:
        return f"{v:{spec}}{point}" if np.isfinite(v) else str(v)

    width = max((len(text(v)) for v in shown.flat), default=1)
    return lambda v: text(v).rjust(width)


def show(t: Any) -> str:
    """``tensor(...)`` with the dtype where it is not the default, and what a gradient would do.

    >>> from autograd import tensor
    >>> tensor([[0., 1.5]], requires_grad=True)
    tensor([[0.0000, 1.5000]], requires_grad=True)
    """
    raw = t.raw
    edge, threshold = _options.edgeitems, _options.threshold
    shown = raw
    if raw.size > threshold:
        for axis, n in enumerate(raw.shape):
            if n > 2 * edge:
                shown = np.take(shown, [*range(edge), *range(n - edge, n)], axis=axis)
    one = _formatter(shown)
    body = np.array2string(
        raw,
        separator=", ",
        prefix="tensor(",
        max_line_width=_options.linewidth,
        threshold=threshold,
        edgeitems=edge,
        formatter={"float_kind": one, "int_kind": one, "bool": one},
    )
    if not raw.size:
        body = "[]"
    notes = [] if raw.size or raw.ndim == 1 else [f"size={raw.shape}"]
    if raw.dtype not in (np.float32, np.int64, np.bool_):
        notes.append(f"dtype={raw.dtype}")
    if t.grad_fn is not None:
        notes.append(f"grad_fn={t.grad_fn!r}")
    elif t.requires_grad:
        notes.append("requires_grad=True")
    name = "tensor" if type(t).__name__ in ("Tensor",) else type(t).__name__
    return f"{name}({', '.join([body, *notes])})" if name == "tensor" else f"{name} containing:\ntensor({', '.join([body, *notes])})"
