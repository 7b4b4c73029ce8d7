"""The repr of a tensor: columns of numbers with four decimals, as readers know it from PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["show"]


def _formatter(shown: np.ndarray) -> Any:
    """One format for all entries, chosen by their size as PyTorch chooses it."""
    if shown.dtype.kind == "b":
        return None
    if shown.dtype.kind in "iu":
        width = max((len(str(v)) for v in shown.flat), default=1)
        return lambda v: str(v).rjust(width)
    finite = np.abs(shown[np.isfinite(shown) & (shown != 0)].astype(float))
    if np.all(finite == np.floor(finite)) and not (finite.size and finite.max() >= 1e8):
        spec = ".0f"
    elif finite.size and (finite.max() >= 1e8 or finite.max() > 1000 * finite.min() or finite.min() < 1e-4):
        spec = ".4e"
    else:
        spec = ".4f"

    def text(v: Any) -> str:
        return f"{v:{spec}}" + "." * (spec == ".0f") if np.isfinite(v) else str(v)

    width = max((len(text(v)) for v in shown.flat), default=1)
    return lambda v: text(v).rjust(width)


def show(t: Any) -> str:
    """``tensor(...)`` with the dtype where it is not the default, and what a gradient would do.

    >>> from autograd import tensor
    >>> tensor([[0., 1.5]], requires_grad=True)
    tensor([[0.0000, 1.5000]], requires_grad=True)
    """
    raw = t.raw
    edge, threshold = 3, 1000
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
        max_line_width=100,
        threshold=threshold,
        edgeitems=edge,
        formatter=None if one is None else {"float_kind": one, "int_kind": one},
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
