"""Modules made of modules: one after the other, in a list, or the multilayer perceptron of the textbooks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from autograd.errors import described, int_of, is_many, number_of
from nn.activations import ReLU
from nn.layers import Dropout, Linear
from nn.module import Module

__all__ = ["MLP", "ModuleList", "Sequential"]

Self = TypeVar("Self", bound="_Row")


class _Row(Module):
    """Modules in a row, by the names "0", "1", ... unless named otherwise."""

    def _named(self) -> dict[str, Module]:
        return self._own(Module)

    def _refill(self, named: Iterable[tuple[str, Module]], keep: bool = False) -> None:
        named = list(named)
        for name, m in named:
            if not isinstance(m, Module):
                got = described(m)
                if isinstance(m, type):
                    got = f"the class {m.__name__} (write {m.__name__}(...))"
                elif isinstance(m, list | tuple):
                    got += " (unpack it: Sequential(*layers))"
                elif callable(m):
                    got += " (as modules there are nn.ReLU() and its kin)"
                raise TypeError(f"{type(self).__name__} takes modules, got {got} at position {name}")
            if not name or "." in name or hasattr(type(self), name):
                raise KeyError(f"{type(self).__name__}: {name!r} cannot name a module: it is empty, has a dot, or is an attribute")
        for name in () if keep else self._named():
            object.__delattr__(self, name)
        for name, m in named:
            self.add_module(name, m)

    def __len__(self) -> int:
        return len(self._named())

    def __iter__(self) -> Iterator[Module]:
        return iter([m for m in vars(self).values() if isinstance(m, Module)])

    def __contains__(self, m: object) -> bool:
        return any(m is other for other in self)

    def _key(self, i: int) -> str:
        names = list(self._named())
        i = int_of(i, f"the index of a {type(self).__name__}")
        if not -len(names) <= i < len(names):
            raise IndexError(f"index {i} is out of range for a {type(self).__name__} of {len(names)} modules")
        return names[i]

    def __setitem__(self, i: int, module: Module) -> None:
        self.add_module(self._key(i), module)

    def __delitem__(self, i: int | slice) -> None:
        named = list(self._named().items())
        if not isinstance(i, slice):
            self._key(i)
        del named[i]
        numbered = all(name.isdigit() for name in self._named())  # then the numbers stay without a gap
        self._refill([(str(j), m) for j, (_, m) in enumerate(named)] if numbered else named)

    def append(self: Self, module: Module) -> Self:
        """One more at the end."""
        return self.extend([module])

    def extend(self: Self, modules: Iterable[Module]) -> Self:
        """More at the end."""
        if not is_many(modules):
            raise TypeError(f"{type(self).__name__} takes a list of modules, got {described(modules)}; put it in [...]")
        start = len(self)
        self._refill([(str(start + i), m) for i, m in enumerate(modules)], keep=True)
        return self

    def insert(self, index: int, module: Module) -> None:
        """One more before position ``index``; all are numbered anew."""
        row = list(self)
        row.insert(int_of(index, f"insert into a {type(self).__name__}: the index"), module)
        self._refill((str(i), m) for i, m in enumerate(row))


class Sequential(_Row):
    """Modules one after the other: given one by one, or as one dict from names to modules.

    >>> net = Sequential(Linear(2, 3), ReLU(), Linear(3, 1))
    >>> len(net), net[0].weight.shape, net[1:]
    (3, (3, 2), Sequential(
      (1): ReLU()
      (2): Linear(in_features=3, out_features=1, bias=True)
    ))
    >>> Sequential({"hidden": Linear(2, 3), "act": ReLU()}).hidden
    Linear(in_features=2, out_features=3, bias=True)
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0].items() if len(modules) == 1 and isinstance(modules[0], dict) else enumerate(modules)
        self._refill((str(name), m) for name, m in named)

    def forward(self, x: Any) -> Any:
        for m in self:
            x = m(x)
        return x

    def __getitem__(self, i: int | slice) -> Any:
        """A module by its number; a slice is a Sequential of the same modules under their names."""
        if isinstance(i, slice):
            return Sequential(dict(list(self._named().items())[i]))
        return getattr(self, self._key(i))


class ModuleList(_Row):
    """A list whose modules are parts of the one that it is assigned to; it has no forward of its own.

    >>> layers = ModuleList(Linear(2, 2) for _ in range(3))
    >>> layers.append(ReLU())[-1], len(layers[:2]), len(list(layers.parameters()))
    (ReLU(), 2, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def __getitem__(self, i: int | slice) -> Any:
        return ModuleList(list(self)[i]) if isinstance(i, slice) else getattr(self, self._key(i))

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other]) if is_many(other) else NotImplemented


class MLP(Sequential):
    """A multilayer perceptron: linear layers with an activation after each but the last, and dropout after that.

    ``nin`` inputs; ``nouts`` the widths of the layers, the last of them the number of outputs. ``activation`` is a module
    class (or a function that makes a module), or a module that is copied for each layer. ``dropout`` is one probability,
    or one for each hidden layer.

    >>> MLP(2, [16, 1], activation=ReLU, dropout=0.2)
    MLP(
      (0): Linear(in_features=2, out_features=16, bias=True)
      (1): ReLU()
      (2): Dropout(p=0.2)
      (3): Linear(in_features=16, out_features=1, bias=True)
    )
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: Callable[[], Module] | Module = ReLU,
        dropout: float | Sequence[float] = 0.0,
        bias: bool = True,
    ) -> None:
        if not isinstance(nouts, list | tuple) or not nouts:
            raise TypeError(f"MLP: nouts is a list of widths such as [16, 16, 1], got {described(nouts)}")
        hidden = len(nouts) - 1
        rates = list(dropout) if isinstance(dropout, list | tuple) else [number_of(dropout, "MLP: dropout")] * hidden
        if len(rates) != hidden:
            raise ValueError(f"MLP: dropout has {len(rates)} entries for {hidden} hidden layers; give one for each")
        layers: list[Module] = []
        for i, (n, m) in enumerate(pairwise([nin, *nouts])):
            layers.append(Linear(n, m, bias=bias))
            if i < hidden:
                layers.append(_activation(activation))
                if rates[i]:
                    layers.append(Dropout(rates[i]))
        super().__init__(*layers)


def _activation(given: Any) -> Module:
    try:
        made = copy.deepcopy(given) if isinstance(given, Module) else given()
    except TypeError:
        made = None
    if not isinstance(made, Module):
        raise TypeError(f"MLP: activation is a module class such as nn.Tanh, or a module, got {described(given)}")
    return made
