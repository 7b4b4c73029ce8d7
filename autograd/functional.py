"""Derivatives of whole functions, built on `grad`: Jacobians, Hessians and their products with vectors.

A function takes Tensors or Values and returns one; inputs are given as Tensors or Values, and the results have their shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.core.mode import enable_grad
from autograd.core.node import Node
from autograd.core.walk import grad
from autograd.creation import ones_like, tensor, zeros, zeros_like
from autograd.errors import described, flag_of
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.ops.moves import stack

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vjp"]

Func = Callable[..., Any]


def _call(func: Func, inputs: Any, create_graph: bool) -> tuple[Any, tuple[Any, ...], bool]:
    """``func`` on fresh copies of the inputs; the copies, and whether one input was given rather than a tuple."""
    given, one = _given(func, inputs)
    if flag_of(create_graph, "create_graph"):  # stay connected to what the inputs were made from
        xs = tuple(x if x.requires_grad else _leaf(x) for x in given)
    else:
        xs = tuple(_leaf(x) for x in given)
    with enable_grad():
        y = func(*xs)
    if not isinstance(y, Tensor | Value):
        raise TypeError(f"the function must return a Tensor or a Value, got {described(y)}")
    return y, xs, one


def _given(func: Func, inputs: Any) -> tuple[tuple[Any, ...], bool]:
    """The inputs as a tuple, and whether there was one and no tuple."""
    if not callable(func):
        raise TypeError(f"expected a function of the inputs, got {described(func)}")
    one = isinstance(inputs, Node)
    given = (inputs,) if one else _tuple(inputs, "inputs")
    for x in given:
        if not isinstance(x, Tensor | Value):
            raise TypeError(f"inputs must be Tensors or Values, got {described(x)}")
    if not given:
        raise ValueError(f"inputs must be at least one Tensor or Value, got {described(inputs)}")
    return given, one


def _tuple(given: Any, what: str) -> tuple[Any, ...]:
    if not isinstance(given, list | tuple):
        raise TypeError(f"{what} must be a Tensor or a Value, or a list or tuple of them, got {described(given)}")
    return tuple(given)


def _leaf(x: Any) -> Any:
    return Value(x.data) if isinstance(x, Value) else x.detach().clone().requires_grad_()


def _zero(x: Any) -> Any:
    return Value(0.0, requires_grad=False) if isinstance(x, Value) else zeros_like(x)


def _grads(y: Any, xs: Sequence[Any], weight: Any, create_graph: bool) -> tuple[Any, ...]:
    """`grad`, with zeros where nothing flows."""
    if not y.requires_grad:
        return tuple(_zero(x) for x in xs)
    gs = grad(y, xs, weight, retain_graph=True, create_graph=create_graph, allow_unused=True)
    return tuple(_zero(x) if g is None else g for x, g in zip(xs, gs))


def _same(v: Any, xs: Sequence[Any], what: str) -> tuple[Any, ...]:
    vs = (v,) if isinstance(v, Node) else _tuple(v, "v")
    for a in vs:
        if not isinstance(a, Tensor | Value):
            raise TypeError(f"v must be Tensors or Values, got {described(a)}")
    if (got := [_shape(a) for a in vs]) != (expected := [_shape(x) for x in xs]):
        raise ValueError(f"v must have the shapes of the {what}: expected {expected}, got {got}")
    return vs


def _shape(x: Any) -> tuple[int, ...]:
    return x.shape if isinstance(x, Tensor) else ()


def vjp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """``(func(*inputs), v @ J)``: one backward pass. ``v`` has the shape of the output (default 1, for scalars).

    >>> from autograd import tensor
    >>> vjp(lambda x: x * x, tensor([1., 2.]), tensor([1., 10.]))[1]
    tensor([ 2., 40.])
    """
    y, xs, one = _call(func, inputs, create_graph)
    gs = _grads(y, xs, v, create_graph)
    return (y if create_graph else y.detach()), gs[0] if one else gs


def jvp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """``(func(*inputs), J @ v)``: the derivative along ``v``, which has the shapes of the inputs.

    By the double-backward trick (J. Townsend, 2017): the vjp is linear in its weight u, and its derivative in u is J v.

    >>> from autograd import tensor
    >>> jvp(lambda x: x * x, tensor([1., 2.]), tensor([1., 10.]))[1]
    tensor([ 2., 40.])
    """
    y, xs, _ = _call(func, inputs, create_graph)
    vs = (
        tuple(Value(1.0, requires_grad=False) if isinstance(x, Value) else ones_like(x) for x in xs)
        if v is None
        else _same(v, xs, "inputs")
    )
    u = Value(1.0) if isinstance(y, Value) else ones_like(y, requires_grad=True)
    gs = _grads(y, xs, u, True)
    total = _zero(y)
    for g, w in zip(gs, vs):
        if g.requires_grad:
            total = total + _grads(g, (u,), w, create_graph)[0]
    return (y if create_graph else y.detach()), total


def jacobian(func: Func, inputs: Any, create_graph: bool = False) -> Any:
    """All partial derivatives: for each input a tensor of shape ``output.shape + input.shape``, row by row.

    >>> from autograd import tensor
    >>> jacobian(lambda x: x * x, tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    y, xs, one = _call(func, inputs, create_graph)
    if isinstance(y, Value):
        js = _grads(y, xs, None, create_graph)
        return js[0] if one else js
    rows = []
    for i in range(y.numel()):
        pick = zeros_like(y)
        pick.view(-1)[i] = 1
        rows.append(_grads(y, xs, pick, create_graph))
    js = tuple(_rows_of(y, x, column) for x, column in zip(xs, zip(*rows) if rows else [()] * len(xs)))
    return js[0] if one else js


def _rows_of(y: Any, x: Any, gradients: Sequence[Any]) -> Any:
    if isinstance(x, Value):
        return tensor(list(gradients), dtype=y.dtype).reshape(y.shape)
    return stack(gradients).reshape(y.shape + x.shape) if gradients else zeros(y.shape + x.shape, dtype=x.dtype)


def hessian(func: Func, inputs: Any, create_graph: bool = False) -> Any:
    """Second derivatives of a function with one number as output: for one tensor, of shape ``input.shape * 2``.

    With a tuple of inputs, a tuple of tuples: entry [i][j] differentiates by input i, then by input j.

    >>> from autograd import tensor
    >>> hessian(lambda x: (x ** 3).sum(), tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(i: int) -> Func:
        return lambda *xs: _grads(_scalar(func(*xs)), xs, None, True)[i]

    given, one = _given(func, inputs)
    rows = tuple(jacobian(gradient(i), given, create_graph) for i in range(len(given)))
    return rows[0][0] if one else rows


def _scalar(y: Any) -> Any:
    if not isinstance(y, Tensor | Value):
        raise TypeError(f"the function must return a Tensor or a Value, got {described(y)}")
    if isinstance(y, Tensor) and y.numel() != 1:
        raise ValueError(f"the function must return one number, got shape {y.shape}")
    return y


def hvp(func: Func, inputs: Any, v: Any, create_graph: bool = False) -> tuple[Any, Any]:
    """``(func(*inputs), H @ v)``: two backward passes, whatever the size of the Hessian.

    >>> from autograd import tensor
    >>> hvp(lambda x: (x ** 3).sum(), tensor([1., 2.]), tensor([1., 1.]))[1]
    tensor([ 6., 12.])
    """
    y, xs, one = _call(func, inputs, create_graph)
    vs = _same(v, xs, "inputs")
    gs = _grads(_scalar(y), xs, None, True)
    flowing = [(g, w) for g, w in zip(gs, vs) if g.requires_grad]
    if not flowing:
        hs = tuple(_zero(x) for x in xs)
    else:
        found = grad([g for g, _ in flowing], xs, [w for _, w in flowing], create_graph=create_graph, allow_unused=True)
        hs = tuple(_zero(x) if h is None else h for x, h in zip(xs, found))
    return (y if create_graph else y.detach()), hs[0] if one else hs
