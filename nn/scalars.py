"""A network on scalars: every weight a `Value`, every multiplication a node of the graph.

The copy runs the code of the network itself, so it works for whatever computes with tensors. It is for looking at a small
network closely, and for comparing the two layers of the engine.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import autograd as ag
from autograd import Tensor, Value

__all__ = ["ScalarNetwork"]


class ScalarNetwork:
    """What `Module.scalars` returns: a copy of a network whose parameters are Values, in its mode of training.

    Called on a row of numbers or Values (nested, where the network takes more dimensions), it returns the list of its
    outputs as Values, or the Value where there is one. The row is a batch of one to the layers within.

    >>> from nn import MLP
    >>> net = MLP(2, [3, 1]).scalars()
    >>> y = net([1.0, -2.0])
    >>> y.backward()
    >>> len(list(net.parameters())), next(net.named_parameters())[0]
    (13, '0.weight[0,0]')
    """

    def __init__(self, model: Any) -> None:
        twins = {id(p): (name, ag.ValueTensor.leaves(p, name)) for name, p in model.named_parameters()}
        self._values = [v for _, twin in twins.values() for v in twin.values().flat]
        self._network = copy.deepcopy(model, {i: twin for i, (_, twin) in twins.items()})

    def __call__(self, row: Any) -> Any:
        output = self._network(ag.ValueTensor([_inputs(row)]))
        if not isinstance(output, Tensor):
            raise TypeError(f"the network returned {type(output).__name__}, not a tensor, and cannot be taken apart into Values")
        values: list[Value] = ag.ValueTensor(output).values().reshape(-1).tolist()
        return values[0] if len(values) == 1 else values

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Every weight with its name and place, such as ``0.weight[2,1]``, which is its label in a picture as well."""
        return ((str(v.label), v) for v in self._values)

    def parameters(self) -> Iterator[Value]:
        """Every weight, in the order of the network's parameters, row by row."""
        return iter(self._values)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for v in self._values:
            v.grad = None

    def train(self, mode: bool = True) -> ScalarNetwork:
        """Training mode (dropout works) or not."""
        self._network.train(mode)
        return self

    def eval(self) -> ScalarNetwork:
        """Evaluation mode: dropout lets everything through."""
        return self.train(False)

    def __repr__(self) -> str:
        return f"{self._network!r} of {len(self._values)} Values"


def _inputs(row: Any, index: str = "") -> Any:
    """A row of an input; numbers become Values that are named for pictures, ``x[0]``."""
    if index.count(",") > 64:
        raise ValueError(f"an input has at most 64 dimensions, got a list that is deeper, or holds itself: {row!r:.60}")
    row = row.tolist() if hasattr(row, "tolist") and not isinstance(row, type) else row
    if isinstance(row, list | tuple):
        return [_inputs(entry, f"{index},{i}" if index else str(i)) for i, entry in enumerate(row)]
    return row if isinstance(row, Value) else Value(row, requires_grad=False, label=f"x[{index}]" if index else "x")
