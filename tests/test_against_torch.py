"""The same random expressions here and in PyTorch: values, first and second gradients agree.

It runs where PyTorch happens to be installed, and is skipped elsewhere: nothing here depends on it.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import autograd as ag
from autograd import Tensor, Value, grad
from autograd.testing.expressions import Expression, expressions, mlps
from autograd.testing.strategies import shapes

torch = pytest.importorskip("torch")


class Theirs:
    """PyTorch by the names that expressions are written with, where it calls things differently or wants tensors only."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __getattr__(self, name: str) -> Any:
        return lambda *args: call(name, self, *args)

    def __getitem__(self, key: Any) -> "Theirs":
        keys = key if isinstance(key, tuple) else (key,)
        x = self.x
        for axis, k in reversed([*enumerate(_axes(keys, x.ndim))]):  # PyTorch takes no negative steps
            if isinstance(k, slice) and k.step is not None and k.step < 0:
                chosen = list(range(x.shape[axis]))[k]
                x = x.index_select(axis, torch.tensor(chosen, dtype=torch.int64))
        return Theirs(x[tuple(slice(None) if isinstance(k, slice) and (k.step or 1) < 0 else k for k in keys)])

    def __neg__(self) -> "Theirs":
        return Theirs(-self.x)


def _axes(keys: tuple[Any, ...], ndim: int) -> list[Any]:
    """What each axis is indexed with."""
    used = sum(np.ndim(k) if isinstance(k, list) and np.asarray(k).dtype == bool else 1 for k in keys if k is not None and k is not ...)
    found: list[Any] = []
    for k in keys:
        if k is ...:
            found += [None] * (ndim - used)
        elif k is not None:
            found += [k] * (np.ndim(k) if isinstance(k, list) and np.asarray(k).dtype == bool else 1)
    return found


def _raw(a: Any) -> Any:
    return [_raw(b) for b in a] if isinstance(a, list) and any(isinstance(b, Theirs) for b in a) else getattr(a, "x", a)


def _tensor(a: Any) -> Any:
    return torch.as_tensor(a, dtype=torch.float64)


NAMED: dict[str, Callable[..., Any]] = {
    "softplus": torch.nn.functional.softplus,
    "linear": torch.nn.functional.linear,
    "prelu": lambda x, w: torch.where(_tensor(x) > 0, _tensor(x), w * _tensor(x)),
    "elu": lambda x, a=1.0: torch.where(_tensor(x) > 0, _tensor(x), a * torch.expm1(torch.minimum(_tensor(x), _tensor(0.0)))),
    "std": lambda x, axes, correction, keepdim: torch.std(x, axes or None, correction=correction, keepdim=keepdim),
    "norm": lambda x, p, axes, keepdim: torch.linalg.vector_norm(x, p, axes or None, keepdim=keepdim),
    "amax": lambda x, axes, keepdim: torch.amax(x, axes, keepdim=keepdim),
    "amin": lambda x, axes, keepdim: torch.amin(x, axes, keepdim=keepdim),
    **{
        name: lambda x, axes, keepdim, name=name: getattr(torch, name)(x, axes, keepdim=keepdim) if axes else getattr(torch, name)(x, ())
        for name in ("sum", "mean", "logsumexp")
    },
    **{
        name: lambda x, y, name=name: getattr(torch, name)(*torch.broadcast_tensors(_tensor(x), _tensor(y)))
        for name in ("maximum", "minimum")
    },
    "clamp_min": lambda x, low: torch.clamp(_tensor(x), min=_tensor(low)),
    "clamp_max": lambda x, top: torch.clamp(_tensor(x), max=_tensor(top)),
    "where": lambda c, x, y: torch.where(torch.as_tensor(c), _tensor(x), _tensor(y)),
}


def call(name: str, *args: Any) -> Theirs:
    args = tuple(_raw(a) for a in args)
    if name in NAMED:
        return Theirs(NAMED[name](*args))
    found = getattr(torch, name, None)
    return Theirs(found(*args) if found is not None else getattr(args[0], name)(*args[1:]))


def _operator(name: str) -> Any:
    function = (lambda x, y: torch.floor(x / y)) if name == "floordiv" else getattr(operator, name)  # PyTorch's has no derivative
    return lambda x, y: Theirs(function(x.x, _raw(y))), lambda y, x: Theirs(function(_tensor(x), y.x))


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "gt"):
    _forward, _reflected = _operator(_name)
    setattr(Theirs, f"__{_name}__", _forward)
    setattr(Theirs, f"__r{_name}__", _reflected)


class Lib:
    """What stands for `ag` in an expression."""

    float64 = torch.float64

    def __getattr__(self, name: str) -> Any:
        return lambda *args: call(name, *args)


def theirs(e: Expression, inputs: list[Any]) -> Any:
    scope: dict[str, Any] = {"ag": Lib(), **dict(zip(e.numbers, map(Theirs, inputs)))}
    for name, code in e.lines:
        scope[name] = eval(code, scope)
    return scope["y"].x


def gradients(y: Any, xs: Any, weights: Any, lib: Any, differentiate: Callable[..., Any]) -> tuple[list[Any], list[Any]]:
    """The gradients of the weighed output, and those of the sum of their sines."""
    first = differentiate((y * weights).sum() if not isinstance(y, Value) else y * float(weights), xs, True)
    total = sum((lib.sin(g).sum() if not isinstance(g, Value) else lib.sin(g) for g in first if g is not None), 0.0)
    if isinstance(total, float) or not total.requires_grad:
        return first, [None] * len(xs)
    return first, differentiate(total, xs, False)


def compare(e: Expression) -> None:
    xs = e.inputs()
    xs_ = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in e.numbers.values()]
    y, y_ = e(*xs), theirs(e, xs_)
    if not y.requires_grad:
        return
    _same(y, y_)
    weights = np.cos(np.arange(np.size(y.raw))).reshape(np.shape(y.raw))
    ours = gradients(y, xs, ag.tensor(weights), ag, lambda y, xs, create: grad(y, xs, create_graph=create, allow_unused=True))
    other = gradients(
        y_, xs_, torch.tensor(weights), torch, lambda y, xs, create: torch.autograd.grad(y, xs, create_graph=create, allow_unused=True)
    )
    for mine, their in zip(ours, other):
        for x, g, g_ in zip(xs, mine, their):
            zero = np.zeros(np.shape(x.raw))
            _same(zero if g is None else g, zero if g_ is None else g_)


def _same(ours: Any, theirs: Any) -> None:
    mine = ours.detach().numpy() if isinstance(ours, Tensor) else np.asarray(getattr(ours, "raw", ours))
    their = theirs.detach().numpy(force=True) if hasattr(theirs, "detach") else theirs
    assert mine.shape == their.shape
    np.testing.assert_allclose(mine, their, rtol=1e-9, atol=1e-9)


@settings(max_examples=500)
@given(e=expressions(6))
def test_scalars(e: Expression) -> None:
    compare(e)


@settings(max_examples=500)
@given(e=expressions(6, shape=shapes(max_dims=3)))
def test_tensors(e: Expression) -> None:
    compare(e)


@settings(max_examples=100)
@given(e=mlps())
def test_networks(e: Expression) -> None:
    compare(e)
