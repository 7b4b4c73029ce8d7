"""A forward and a backward written by hand in numpy, as functions of vectors; and whether they keep to what such functions promise.

Each call gets copies of the inputs, so that nothing lasts; what is changed in place is noticed by its bits.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.core.node import Node, Op
from autograd.errors import described
from autograd.faces.tensor import Tensor
from autograd.testing.checking.calls import input_names, roles_of, written
from autograd.testing.checking.complex_step import flat
from autograd.testing.checking.function import Function, Unfit
from autograd.testing.checking.report import name_of

__all__ = ["Passes"]


class Passes:
    """``forward`` and ``backward`` at ``inputs``, which may be arrays, numbers, and dicts and lists of them.

    Raises TypeError where it cannot be told how they are called, Unfit for what breaks a promise.

    >>> passes = Passes(lambda x: x * x, lambda dout, x: 2 * x * dout, (np.array([1.0, 3.0]),), None)
    >>> passes.gradient(np.array([1.0, 1.0])).tolist()
    [2.0, 6.0]
    """

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any], inputs: tuple[Any, ...], signature: str | None) -> None:
        self.forward, self.backward, self.said = forward, backward, signature is not None
        self.roles = roles_of(forward, backward, len(inputs), signature)
        self.tops = input_names(forward, len(inputs))[0]
        self.given = inputs
        leaves = [leaf for name, x in zip(self.tops, inputs) for leaf in _leaves(x, name)]
        for name, x in leaves:
            if isinstance(x, Node):
                raise TypeError(
                    f"{name} is a {type(x).__name__}, and what is checked is numpy: hand over an array or a float, or use gradcheck"
                )
        self.names = [name for name, x in leaves if _is_float(x)]
        self.raws = [np.array(x, np.float64) for _, x in leaves if _is_float(x)]
        self.single = any(getattr(x, "dtype", None) in (np.float32, np.float16) for _, x in leaves)
        self.check_inputs(leaves)
        self.shapes = self.check_forward()
        self.check_backward()

    @property
    def takes_dout(self) -> bool:
        """Or does it stand for the gradient of a loss by itself?"""
        return "dout" in self.roles

    def function(self) -> Function:
        """``forward`` as a function of Tensors, one operation for each of its outputs."""
        ops = [
            Op(name_of(self.forward), lambda *values, k=k: self.output(k, values), *[lambda *_: None] * len(self.raws))
            for k in range(len(self.shapes))
        ]
        leaves = tuple(Tensor(raw, requires_grad=True) for raw in self.raws)
        return Function(lambda *xs: [op(*xs) for op in ops], leaves, names=self.names)

    def output(self, k: int, values: Sequence[Any]) -> np.ndarray:
        """One of the outputs at other numbers. Raises Unfit where there is none."""
        try:
            out = self.call(values)[0][k]
        except Exception as error:  # it refuses what lies beyond its domain
            raise Unfit(f"forward cannot be called near the inputs: {type(error).__name__}: {error}") from error
        if out.shape != self.shapes[k]:
            raise Unfit(f"forward gives shape {self.shapes[k]} at the inputs and {out.shape} near them: it must not change")
        return out

    def call(self, values: Sequence[Any]) -> tuple[list[np.ndarray], Any, list[Any]]:
        """The outputs at other numbers, the cache, and the inputs as they were handed over."""
        parts = iter(values)
        inputs = [_rebuilt(x, parts) for x in self.given]
        with np.errstate(all="ignore"):
            return *self.split(self.forward(*inputs)), inputs

    def split(self, result: Any) -> tuple[list[np.ndarray], Any]:
        """What ``forward`` returned, as outputs and cache."""
        cache = None
        if "cache" in self.roles:
            if not isinstance(result, tuple | list) or len(result) < 2:
                raise TypeError(f"backward takes a cache, so that forward must return (out, cache), got {described(result)}")
            *result, cache = result
            if len(result) == 1:
                (result,) = result
        outputs = list(result) if isinstance(result, tuple | list) else [result]
        for out in outputs:
            if not isinstance(out, np.ndarray | np.generic | int | float | complex):
                cache = "; where the last one is a cache, backward takes it: signature='dout, cache'" * (len(outputs) > 1)
                raise TypeError(f"forward must return arrays or numbers, got {', '.join(map(described, outputs))}{cache}")
        return [np.asarray(out) for out in outputs], cache

    def run(self, u: np.ndarray, watch: bool = False, values: Sequence[Any] | None = None) -> tuple[Any, list[Any]]:
        """What ``backward`` returns for the upstream gradient ``u``, and the inputs it was for; ``watch`` looks for changes in place."""
        _, cache, inputs = self.call(self.raws if values is None else values)
        parts = np.split(u, np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1])
        douts = [part.reshape(shape)[()].copy() for part, shape in zip(parts, self.shapes)]
        waiting = iter(douts)
        many = len(douts) > 1 and self.roles.count("dout") == 1
        args = [
            inputs[role] if isinstance(role, int) else cache if role == "cache" else tuple(douts) if many else next(waiting)
            for role in self.roles
        ]
        seen = [(f"its input {name}", x) for name, x in zip(self.tops, inputs)] + [("dout", douts), ("the cache", cache)]
        before = [[a.tobytes() for a in _arrays(x)] for _, x in seen] if watch else []
        try:
            with np.errstate(all="ignore"):
                result = self.backward(*args)
                copied = copy.deepcopy(result)  # it may be memory of the cache
                again = self.backward(*args) if watch else result
        except Exception as error:
            error.add_note(f"in backward, which was called as ({written(self.roles, self.tops)}); signature= says it otherwise")
            raise
        for (name, x), bits in zip(seen, before):
            if [a.tobytes() for a in _arrays(x)] != bits:
                raise Unfit(
                    f"backward changed {name} in place, which others read as well; write dx = dout * ... in place of dout *= ..., "
                    "or change a .copy()"
                )
        if watch and [a.tobytes() for a in _arrays(copied)] != [a.tobytes() for a in _arrays(again)]:
            raise Unfit("backward gives another result when it is called again: does it add to what it keeps, or draw at random?")
        return copied, inputs

    def gradient(self, u: np.ndarray, values: Sequence[Any] | None = None) -> np.ndarray:
        """u^T J as ``backward`` has it, one number for each that is checked."""
        result, inputs = self.run(u, values=values)
        return flat([self.checked(name, g, raw.shape) for (name, g), raw in zip(self.gradients(result, inputs), self.raws)])

    def gradients(self, result: Any, inputs: list[Any]) -> Iterator[tuple[str, Any]]:
        """The gradient of each input of floats, out of what ``backward`` returned."""
        for name, x, g in zip(self.tops, self.given, self.sorted(result)):
            for leaf, given, own in _paired(x, g, name):
                if _is_float(given):
                    yield leaf, own
                elif own is not None and np.any(own):
                    raise Unfit(
                        f"backward gives a gradient for {leaf}, {described(given)}, which is not floating and has none: "
                        f"return None there, or hand over {leaf} as floats"
                    )

    def sorted(self, result: Any) -> list[Any]:
        """One gradient for each input; without those of integers, or by name, it may come as well."""
        floating = [i for i, x in enumerate(self.given) if any(_is_float(leaf) for _, leaf in _leaves(x, ""))]
        if isinstance(result, dict) and (len(self.given) > 1 or not isinstance(self.given[0], dict)):
            return [_named(result, name, i in floating) for i, name in enumerate(self.tops)]
        found = list(result) if isinstance(result, tuple | list) else [result]
        if len(self.given) == 1 and len(found) != 1:
            found = [result]
        if len(found) == len(floating) < len(self.given):
            waiting = iter(found)
            return [next(waiting) if i in floating else None for i in range(len(self.given))]
        if len(found) != len(self.given):
            raise Unfit(
                f"backward gives {len(found)} gradient{'s' * (len(found) != 1)} ({', '.join(described(g) for g in found)}) for the "
                f"{len(self.given)} inputs ({', '.join(self.tops)}): return one for each, in this order, and None where there is none"
            )
        return found

    def checked(self, name: str, g: Any, shape: tuple[int, ...]) -> np.ndarray:
        """A gradient of the right shape and dtype; zeros for None."""
        if g is None:
            return np.zeros(shape)
        try:
            found = np.asarray(g)
        except ValueError:
            raise Unfit(f"the gradient of {name} must be an array of shape {shape}, got {described(g)}") from None
        if found.dtype != np.float64 and (isinstance(g, np.ndarray | np.generic) or found.dtype.kind not in "fiu"):
            why = {
                "i": ": was it made by // or int(), or in an array of integers?",
                "u": ": was it made in an array of integers?",
                "b": ": is a mask returned that should multiply dout?",
                "f": ", which keeps fewer digits: leave out the dtype or .astype()",
            }
            raise Unfit(f"the gradient of {name} is {found.dtype}, where float64 went in{why.get(found.dtype.kind, '')}")
        if found.shape != shape:
            raise Unfit(f"the gradient of {name} has shape {found.shape}, and {name} has {shape}{_reshaping(found.shape, shape)}")
        return found.astype(np.float64)

    def check_inputs(self, leaves: list[tuple[str, Any]]) -> None:
        """Something floating and finite went in."""
        if not self.raws:
            raise Unfit(
                f"no input is floating, got {', '.join(f'{name}: {described(x)}' for name, x in leaves)}; integers have no derivative: "
                "hand over floats, such as x.astype(float)"
            )
        for name, x in leaves:
            if getattr(x, "dtype", np.dtype(float)).kind == "c" or isinstance(x, complex):
                raise Unfit(f"{name} is complex: only gradients of real numbers are checked")
        for name, raw in zip(self.names, self.raws):
            if not np.all(np.isfinite(raw)):
                raise Unfit(f"{name} holds {raw[~np.isfinite(raw)][0]}, where there are no slopes to compare")

    def check_forward(self) -> list[tuple[int, ...]]:
        """The shapes of the outputs, if a second call repeats them, no input was changed, and they are finite and of double precision."""
        outputs, _, inputs = self.call(self.raws)
        parts = iter(self.raws)
        for name, x, was in zip(self.tops, inputs, [_rebuilt(x, parts) for x in self.given]):
            for (leaf, now), (_, then) in zip(_leaves(x, name), _leaves(was, name)):
                if isinstance(then, np.ndarray) and np.asarray(now).tobytes() != then.tobytes():
                    raise Unfit(f"forward changed its input {leaf} in place; write the change out of place, or on a .copy()")
        self.check_upstream(outputs)
        if [out.tobytes() for out in outputs] != [out.tobytes() for out in self.call(self.raws)[0]]:
            raise Unfit("forward is not deterministic: two calls with the same inputs differ; seed what it draws from in its first line")
        for out in outputs:
            if out.dtype != np.float64:
                single = out.dtype.kind == "f"
                why = "whose digits leave nothing to compare: compute in float64" if single else "which has no derivative: return floats"
                raise Unfit(f"forward gives {out.dtype}, {why}")
            if not np.all(np.isfinite(out)):
                raise Unfit(f"forward gives {out[~np.isfinite(out)][0]}, so that nothing can be compared: choose other inputs")
        return [out.shape for out in outputs]

    def check_upstream(self, outputs: list[np.ndarray]) -> None:
        """Does ``backward`` take one upstream gradient for each output?"""
        taken = self.roles.count("dout")
        if taken == len(outputs) or (taken == 1 and self.said) or (taken == 0 and sum(out.size for out in outputs) == 1):
            return
        came = f"forward returns {', '.join(described(out) for out in outputs)}, and backward({written(self.roles, self.tops)}) takes"
        if len(outputs) == 2 and taken == 1 and "cache" not in self.roles:
            raise TypeError(
                f"{came} one upstream gradient. Is this (out, cache)? Then signature='dout, cache' hands the cache over, and "
                "forward=lambda *inputs: forward(*inputs)[0] does without. Are these two outputs? Then take one gradient for each, "
                "as backward(dy, dz, ...), or, by signature='dout, *inputs', a tuple"
            )
        raise TypeError(
            f"{came} {taken} upstream gradient{'s' * (taken != 1)}, where {len(outputs)} would be right: one for each output, by names "
            "such as dout, dy, grad, or by signature="
        )

    def check_backward(self) -> None:
        """It changes nothing that it was handed, and gives the same when it is called again."""
        size = sum(int(np.prod(shape)) for shape in self.shapes)
        self.run(np.random.default_rng(0).normal(size=size) if self.takes_dout else np.ones(1), watch=True)


def _is_float(x: Any) -> bool:
    return isinstance(x, float | np.floating) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")


def _leaves(x: Any, name: str) -> Iterator[tuple[str, Any]]:
    """What is in nested dicts, tuples and lists, and what it is called."""
    if isinstance(x, dict | tuple | list):
        for key, part in x.items() if isinstance(x, dict) else enumerate(x):
            yield from _leaves(part, f"{name}[{key!r}]")
    else:
        yield name, x


def _rebuilt(x: Any, values: Iterator[Any]) -> Any:
    """The same with other numbers in place of the floats, and copies of all else."""
    if isinstance(x, dict):
        return {key: _rebuilt(part, values) for key, part in x.items()}
    if isinstance(x, tuple | list):
        return type(x)(_rebuilt(part, values) for part in x)
    if not _is_float(x):
        return copy.deepcopy(x)
    value = np.array(next(values))
    return value if isinstance(x, np.ndarray) else value[()] if isinstance(x, np.generic) else value.item()


def _arrays(x: Any) -> Iterator[np.ndarray]:
    """The arrays and numbers in nested dicts, tuples and lists."""
    return (np.asarray(leaf) for _, leaf in _leaves(x, "") if isinstance(leaf, np.ndarray | np.generic | float | int))


def _paired(x: Any, g: Any, name: str) -> Iterator[tuple[str, Any, Any]]:
    """Each leaf of an input, with its name, beside its gradient."""
    if isinstance(x, dict):
        if g is not None and not isinstance(g, dict):
            raise Unfit(f"the gradient of {name}, a dict, must be a dict with the same keys, got {described(g)}")
        for key, part in x.items():
            own = None if g is None else _named(g, key, any(_is_float(leaf) for _, leaf in _leaves(part, "")))
            yield from _paired(part, own, f"{name}[{key!r}]")
    elif isinstance(x, tuple | list):
        many = isinstance(g, tuple | list) or (isinstance(g, np.ndarray) and g.ndim > 0)
        if g is not None and not (many and len(g) == len(x)):
            raise Unfit(f"the gradient of {name}, {described(x)}, must be one of the same length, got {described(g)}")
        for i, part in enumerate(x):
            yield from _paired(part, None if g is None else g[i], f"{name}[{i}]")
    else:
        yield name, x, g


def _named(gradients: dict[Any, Any], key: Any, needed: bool) -> Any:
    """The gradient called ``key``, or ``d`` and ``key``."""
    found = next((k for k in (key, f"d{key}", f"grad_{key}") if k in gradients), None)
    if found is None and needed:
        raise Unfit(f"no gradient of {key} among those that backward gives ({', '.join(map(str, gradients))}): call it {key!r} or 'd{key}'")
    return None if found is None else gradients[found]


def _reshaping(got: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """What to do about a shape that is another, to go on in a sentence."""
    if [n for n in got if n != 1] == [n for n in wanted if n != 1]:
        return ": they differ by axes of length 1; leave out keepdims=True, or .reshape() it"
    if got == wanted[::-1]:
        return ": is it transposed?"
    padded = (1,) * (len(got) - len(wanted)) + wanted
    if len(padded) == len(got) and all(n in (1, m) for n, m in zip(padded, got)):
        axes = ", ".join(str(i) for i, (n, m) in enumerate(zip(padded, got)) if n != m)
        axis = f"({axes})" if "," in axes else axes
        return f": what was broadcast over axis {axes}, such as the batch, is summed there, .sum(axis={axis})"
    return ": a gradient has the shape of what it is the gradient of"
