"""Modules made of parts: modules one after the other, lists and dicts of modules or parameters, the perceptron of the textbooks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from autograd import Tensor
from autograd.errors import brief, described, int_of, is_many, number_of
from nn.activations import ReLU
from nn.layers import Dropout, Linear
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["MLP", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

Self = TypeVar("Self", bound="_Row")


def _module(owner: str, name: str, m: Any) -> Module:
    if isinstance(m, Module):
        return m
    got = described(m)
    if isinstance(m, type):
        got = f"the class {m.__name__} (write {m.__name__}(...))"
    elif isinstance(m, list | tuple):
        got += f" (unpack it: {owner}(*layers))"
    elif callable(m):
        got += " (as modules there are nn.ReLU() and its kin)"
    raise TypeError(f"{owner} takes modules, got {got} at position {name}")


def _parameter(owner: str, name: str, p: Any) -> Parameter:
    """What PyTorch takes, too: a parameter, or a tensor of which one is made."""
    if not isinstance(p, Tensor):
        raise TypeError(f"{owner} takes parameters or tensors, got {described(p)} at position {name}")
    return p if isinstance(p, Parameter) else Parameter(p.detach())


class _Parts(Module):
    """What `_Row` and `_Dict` share: all parts are of one kind, and none hides an attribute."""

    _kind: type = Module
    _word = "module"
    _of: Callable[[str, str, Any], Any] = staticmethod(_module)

    def _named(self) -> dict[str, Any]:
        return self._own(self._kind)

    def _checked(self, name: str, part: Any) -> Any:
        owner = type(self).__name__
        part = self._of(owner, name, part)
        if not isinstance(name, str) or not name or "." in name or hasattr(type(self), name):
            raise KeyError(f"{owner}: {brief(name)} cannot name a {self._word}: it is no str, is empty, has a dot, or is an attribute")
        return part

    def _put(self, name: str, part: Any) -> None:
        self._register(name, part)

    def __len__(self) -> int:
        return len(self._named())

    def extra_repr(self) -> str:
        return ", ".join(f"{name}: {p.shape}" for name, p in self._named().items()) if self._kind is Parameter else ""


class _Row(_Parts):
    """Parts in a row, by the names "0", "1", ... unless named otherwise."""

    def __init__(self, parts: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(parts)

    def _refill(self, named: Iterable[tuple[str, Any]], keep: bool = False) -> None:
        checked = [(name, self._checked(name, part)) for name, part in named]
        for name in () if keep else self._named():
            object.__delattr__(self, name)
        for name, part in checked:
            self._put(name, part)

    def __iter__(self) -> Iterator[Any]:
        kind = self._kind
        return iter([part for part in vars(self).values() if isinstance(part, kind)])

    def __contains__(self, m: object) -> bool:
        return any(m is other for other in self)

    def _key(self, i: int) -> str:
        names = list(self._named())
        i = int_of(i, f"the index of a {type(self).__name__}")
        if not -len(names) <= i < len(names):
            raise IndexError(f"index {i} is out of range for a {type(self).__name__} of {len(names)} {self._word}s")
        return names[i]

    def __setitem__(self, i: int, part: Any) -> None:
        name = self._key(i)
        self._put(name, self._checked(name, part))

    def __delitem__(self, i: int | slice) -> None:
        named = list(self._named().items())
        if not isinstance(i, slice):
            self._key(i)
        del named[i]
        numbered = all(name.isdigit() for name in self._named())  # then the numbers stay without a gap
        self._refill([(str(j), part) for j, (_, part) in enumerate(named)] if numbered else named)

    def append(self: Self, part: Any) -> Self:
        """One more at the end."""
        return self.extend([part])

    def extend(self: Self, parts: Iterable[Any]) -> Self:
        """More at the end."""
        if not is_many(parts):
            raise TypeError(f"{type(self).__name__} takes a list of {self._word}s, got {described(parts)}; put it in [...]")
        start = len(self)
        self._refill([(str(start + i), part) for i, part in enumerate(parts)], keep=True)
        return self

    def __iadd__(self: Self, parts: Iterable[Any]) -> Self:
        return self.extend(parts) if is_many(parts) else NotImplemented

    def insert(self: Self, index: int, part: Any) -> Self:
        """One more before position ``index``; all are numbered anew."""
        row = list(self)
        row.insert(int_of(index, f"insert into a {type(self).__name__}: the index"), part)
        self._refill((str(i), part) for i, part in enumerate(row))
        return self

    def pop(self, i: int | slice = -1) -> Any:
        """Take one out, by default the last, or several by a slice, and return it."""
        part = self[i]
        del self[i]
        return part

    def __getitem__(self, i: int | slice) -> Any:
        return type(self)(list(self)[i]) if isinstance(i, slice) else getattr(self, self._key(i))


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
        return super().__getitem__(i)

    def __add__(self, other: Any) -> Sequential:
        if not isinstance(other, Sequential):
            raise TypeError(f"a Sequential is added to a Sequential, got {described(other)}; for modules there is .extend([...])")
        return Sequential(*self, *other)


class ModuleList(_Row):
    """A list whose modules are parts of the one that it is assigned to; it has no forward of its own.

    >>> layers = ModuleList(Linear(2, 2) for _ in range(3))
    >>> layers.append(ReLU())[-1], len(layers[:2]), len(list(layers.parameters()))
    (ReLU(), 2, 6)
    """

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other]) if is_many(other) else NotImplemented


class ParameterList(_Row):
    """A list whose parameters are parts of the module that it is assigned to. A tensor becomes a parameter.

    >>> import autograd as ag
    >>> weights = ParameterList(ag.zeros(2) for _ in range(3))
    >>> weights, len(weights)
    (ParameterList(0: (2,), 1: (2,), 2: (2,)), 3)
    """

    _kind = Parameter
    _word = "parameter"
    _of = staticmethod(_parameter)


class _Dict(_Parts):
    """Parts by name, in the order in which they came."""

    def __init__(self, parts: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__()
        self.update({} if parts is None else parts)

    def _view(self) -> MutableMapping[str, Any]:
        return self._modules if self._kind is Module else self._parameters

    def __getitem__(self, name: str) -> Any:
        named = self._named()
        if not isinstance(name, str) or name not in named:
            raise KeyError(f"{type(self).__name__}: there is no {self._word} {brief(name)}; there is {', '.join(named) or 'none'}")
        return named[name]

    def __setitem__(self, name: str, part: Any) -> None:
        self._put(name, self._checked(name, part))

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._named())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._named()

    def keys(self) -> Any:
        """The names."""
        return self._view().keys()

    def values(self) -> Any:
        """The parts."""
        return self._view().values()

    def items(self) -> Any:
        """Names and parts."""
        return self._view().items()

    def get(self, name: str, default: Any = None) -> Any:
        """The part of that name, or ``default``."""
        return self._named().get(name, default) if isinstance(name, str) else default

    def pop(self, name: str) -> Any:
        """Take the part of that name out and return it. Raises KeyError where there is none."""
        part = self[name]
        delattr(self, name)
        return part

    def clear(self) -> None:
        """Take all parts out."""
        self._view().clear()

    def update(self, parts: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Put the parts of a mapping, or of pairs, under their names; none where one of them does not fit."""
        try:
            given: dict[Any, Any] = dict(parts.items() if isinstance(parts, _Dict) else parts)
        except (TypeError, ValueError):
            raise TypeError(
                f"{type(self).__name__} takes a dict of {self._word}s, or pairs (name, {self._word}), got {described(parts)}"
            ) from None
        checked = {name: self._checked(name, part) for name, part in given.items()}
        for name, part in checked.items():
            self._put(name, part)


class ModuleDict(_Dict):
    """A dict whose modules are parts of the one that it is assigned to; it has no forward of its own.

    >>> layers = ModuleDict({"in": Linear(2, 3), "out": Linear(3, 1)})
    >>> list(layers), layers["out"], len(list(layers.parameters()))
    (['in', 'out'], Linear(in_features=3, out_features=1, bias=True), 4)
    """


class ParameterDict(_Dict):
    """A dict whose parameters are parts of the module that it is assigned to. A tensor becomes a parameter.

    >>> import autograd as ag
    >>> weights = ParameterDict({"left": ag.zeros(2), "right": ag.ones(2)})
    >>> [name for name, _ in weights.named_parameters()]
    ['left', 'right']
    """

    _kind = Parameter
    _word = "parameter"
    _of = staticmethod(_parameter)


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
