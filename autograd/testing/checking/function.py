"""The function that is checked, as one vector of numbers to another; and whether it can be checked at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.core.mode import record_lines
from autograd.core.node import Node
from autograd.core.walk import ancestors, grad
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.testing.checking.complex_step import Trace, flat

__all__ = ["Function", "Unfit", "gradients", "leaf_like", "line_of", "nodes_of", "random", "unflat"]


class Unfit(Exception):  # noqa: N818 - no error of the library, but a finding
    """Why a function cannot be checked."""


class Function:
    """``fn`` as a function of those of its inputs that require grad.

    ``names`` are those of the inputs, where they have other ones than their numbers. Raises Unfit for what gives no derivative to compare:
    see `check_inputs` and `check_calls`.
    """

    def __init__(
        self, fn: Callable[..., Any], inputs: tuple[Any, ...], origin: Function | None = None, names: Sequence[str] | None = None
    ) -> None:
        self.fn, self.inputs, self.origin = fn, inputs, origin
        self.names: list[str] = []
        self.checked: list[Node] = []
        for i, given in enumerate(inputs):
            for k, x in enumerate(nodes_of(given)):
                if x.requires_grad:
                    if any(x is other for other in self.checked):
                        raise Unfit(
                            f"input {i} is the same object as {self.names[next(k for k, o in enumerate(self.checked) if o is x)]}, so that "
                            "neither can be moved alone; hand over a .detach().clone() that requires grad, or one of them"
                        )
                    self.names.append(names[i] if names else f"input {i}{'' if x is given else f' {_index(k, given)}'}")
                    self.checked.append(x)
        self.raws = [x.raw for x in self.checked]
        self.here = flat(self.raws)  # the inputs as one vector
        if origin is not None:  # the gradient of another function, which was checked
            self.outputs = self.call()
        else:
            self.check_inputs()
            self.outputs = self.check_calls()
        self.at = flat([n.raw for n in self.outputs])  # the outputs as one vector

    def call(self) -> list[Node]:
        """The results to differentiate: those that are floating and, unless they are gradients themselves, were recorded."""
        result = self.fn(*self.inputs)
        outputs = [n for n in nodes_of(result) if _floating(n) and (self.origin or n.requires_grad)]
        if not outputs and self.origin is None:
            got = ", ".join(type(n).__name__ for n in nodes_of(result)) or type(result).__name__
            raise Unfit(
                f"no result requires grad, got {got}: return Values or Tensors made from the inputs by recorded operations (not by "
                ".detach(), .data, .item() or numpy)"
            )
        return outputs

    def placed(self) -> list[Node]:
        """The results of another call, whose operations know their lines of code."""
        with record_lines():
            return self.call()

    def check_inputs(self) -> None:
        """Something floating, of double precision and finite requires grad."""
        if not self.checked:
            kinds = ", ".join(f"{type(x).__name__}{f' of {x.dtype}' if isinstance(x, Tensor) else ''}" for x in self.inputs)
            whole = [f"input {i} is {x.dtype}, and integers have no derivative; " for i, x in enumerate(self.inputs) if _whole(x)]
            raise Unfit(
                f"no input requires grad, got ({kinds}): {''.join(whole)}use Value(...) or tensor(..., dtype=float64, requires_grad=True)"
            )
        for name, x in zip(self.names, self.checked):
            if not x.is_leaf and any(n is not x and any(n is other for other in self.checked) for n in ancestors(x)):
                raise Unfit(f"{name} was made from another input, so that neither can be moved alone; hand over the one it was made from")
            if isinstance(x, Tensor) and x.dtype != np.float64:
                raise Unfit(
                    f"{name} is {x.dtype}, whose 7 digits leave nothing to compare; convert it with .double() (a module: net.double())"
                )
            if not np.all(np.isfinite(x.raw)):
                raise Unfit(f"{name} holds {_odd(x.raw)}, where there are no slopes to compare")

    def check_calls(self) -> list[Node]:
        """The results, if a second call repeats them, no input was changed, and they are finite numbers of double precision."""
        nodes = [(i, x) for i, given in enumerate(self.inputs) for x in nodes_of(given)]
        before = [np.array(x.raw) for _, x in nodes]
        outputs, again = self.call(), self.call()
        for (i, x), was in zip(nodes, before):
            if np.asarray(x.raw).tobytes() != was.tobytes():
                raise Unfit(f"the function changed its input {i}; write the change out of place, or on a .clone()")
        if [np.asarray(n.raw).tobytes() for n in outputs] != [np.asarray(n.raw).tobytes() for n in again]:
            where = _first_difference(self.placed(), self.placed())
            raise Unfit(
                f"the function is not deterministic: two calls with the same inputs differ{where}; switch dropout off with .eval(), "
                "or begin the function with manual_seed() (or the seed of whatever generator it draws from)"
            )
        for n in outputs:
            if not np.all(np.isfinite(n.raw)):
                raise Unfit(f"the result holds {_odd(n.raw)}, so that nothing can be compared; detect_anomaly() finds where it came from")
        if any(_is_single(n) for n in ancestors(*outputs)):
            n = next(n for n in ancestors(*self.placed()) if _is_single(n))
            raise Unfit(
                f"{n.op!r} computes in float32{line_of(n)}, whose 7 digits leave nothing to compare; use float64 (a module: net.double())"
            )
        return outputs

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """The outputs: a row of the result for each row of ``inputs``."""
        return np.stack([self._one(row) for row in inputs])

    def _one(self, numbers: np.ndarray) -> np.ndarray:
        outputs = self._moved(numbers, lambda outputs: flat([n.raw for n in outputs]))
        if outputs.shape != self.at.shape:
            raise Unfit(f"the function gives {self.at.size} numbers at the inputs and {outputs.size} near them: its shape must not change")
        return outputs

    def recorded_at(self, numbers: np.ndarray) -> Trace:
        """The graph that the function records at other inputs."""
        return self._moved(numbers, lambda outputs: Trace(outputs, self.checked))

    def _moved(self, numbers: np.ndarray, take: Callable[[list[Node]], Any]) -> Any:
        """What ``take`` makes of the outputs, as long as other numbers stand in the inputs."""
        try:
            for x, raw in zip(self.checked, unflat(numbers, self.checked)):
                x.raw = raw
            return take(self.call())
        finally:
            for x, raw in zip(self.checked, self.raws):
                x.raw = raw

    def gradient(self, rng: np.random.Generator) -> Function:
        """The gradient of a random weighing of the outputs, as a function of the same inputs."""
        weights = unflat(random(rng, self.at.size), self.outputs)

        def derived(*inputs: Any) -> list[Node]:
            return gradients(self.call(), self.checked, weights, create_graph=True)

        return Function(derived, self.inputs, origin=self.origin or self)


def gradients(outputs: Sequence[Node], inputs: Sequence[Node], weights: Sequence[Any], create_graph: bool = False) -> list[Node]:
    """The engine's gradients of the weighed ``outputs``, one for each of the ``inputs``; zeros where nothing flows."""
    pairs = [(n, w) for n, w in zip(outputs, weights) if n.requires_grad and (isinstance(w, Node) or np.any(w))]
    found: Sequence[Any] = [None] * len(inputs)
    if pairs:
        outs, ws = zip(*pairs)
        found = grad(outs, inputs, list(ws), retain_graph=True, create_graph=create_graph, allow_unused=True)
    return [x.constant(np.zeros(np.shape(x.raw)) if isinstance(x, Tensor) else 0.0) if g is None else g for x, g in zip(inputs, found)]


def nodes_of(x: Any) -> list[Node]:
    """The nodes in nested tuples, lists and object arrays."""
    if isinstance(x, tuple | list) or (isinstance(x, np.ndarray) and x.dtype == object):
        return [n for part in (x.flat if isinstance(x, np.ndarray) else x) for n in nodes_of(part)]
    return list(x.entries()) if isinstance(x, Node) else []


def _index(k: int, given: Any) -> list[int]:
    return [int(a) for a in np.unravel_index(k, given.shape)] if hasattr(given, "shape") else [k]


def _floating(n: Node) -> bool:
    return isinstance(n, Value) or (isinstance(n, Tensor) and n.dtype.kind == "f")


def _whole(x: Any) -> bool:
    return isinstance(x, Tensor) and x.dtype.kind != "f"


def _is_single(n: Node) -> bool:
    return isinstance(n, Tensor) and not n.is_leaf and n.dtype == np.float32


def leaf_like(n: Node, data: Any) -> Node:
    """A leaf of the kind of ``n``."""
    return Value(data) if isinstance(n, Value) else Tensor(np.array(data), requires_grad=True)


def unflat(v: np.ndarray, like: Sequence[Node]) -> list[Any]:
    """A vector as numbers and arrays of the shapes of ``like``."""
    parts = np.split(v, np.cumsum([np.size(n.raw) for n in like])[:-1])
    return [part.reshape(np.shape(n.raw)) if isinstance(n, Tensor) else float(part[0]) for part, n in zip(parts, like)]


def random(rng: np.random.Generator, size: int) -> np.ndarray:
    """Numbers of about 1 and of both signs, none near 0."""
    return rng.uniform(0.5, 1.0, size) * (2.0 * rng.integers(2, size=size) - 1)


def _odd(raw: Any) -> str:
    """The first entry that is not finite."""
    index = [int(i) for i in np.argwhere(~np.isfinite(raw))[0]]
    return f"{np.asarray(raw)[tuple(index)]}{f' at index {index}' if index else ''}"


def line_of(n: Node) -> str:
    """Where ``n`` was recorded, to go on in a sentence."""
    return "" if n.place is None else f" at {n.place}"


def _first_difference(first: list[Node], second: list[Node]) -> str:
    for a, b in zip(ancestors(*first), ancestors(*second)):
        if not a.is_leaf and (a.op is not b.op or np.asarray(a.raw).tobytes() != np.asarray(b.raw).tobytes()):
            return f", first seen in {a.op!r}{line_of(a)}"
    return ""
