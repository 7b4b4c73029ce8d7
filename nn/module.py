"""`Module`: what has parameters and can be called. Assigning a `Parameter` or a `Module` to an attribute registers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import autograd as ag
from autograd import Tensor

__all__ = ["Module", "Parameter"]


class Parameter(Tensor):
    """A tensor that a module learns: it requires a gradient unless told otherwise.

    >>> Parameter(ag.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data if isinstance(data, Tensor) else ag.tensor(data), requires_grad)


class Module:
    """The base of all layers and networks: subclass it, assign parameters and modules in ``__init__``, write ``forward``.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = Parameter(ag.ones(1))
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> [name for name, _ in Scale().named_parameters()]
    ['factor']
    """

    training: bool = True
    _parameters: dict[str, Parameter]
    _modules: dict[str, Module]

    def __init__(self) -> None:
        self.__dict__.setdefault("_parameters", {})
        self.__dict__.setdefault("_modules", {})

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter | Module):
            if "_parameters" not in self.__dict__:
                raise AttributeError(f"call super().__init__() in {type(self).__name__}.__init__ before assigning {name!r}")
            own: dict[str, Any] = self._parameters if isinstance(value, Parameter) else self._modules
            self._parameters.pop(name, None)
            self._modules.pop(name, None)
            own[name] = value
        elif "_parameters" in self.__dict__ and (name in self._parameters or name in self._modules):
            if value is not None:
                kind = "Parameter" if name in self._parameters else "Module"
                raise TypeError(f"{name!r} is a {kind}; got {type(value).__name__}; assign to its .data, or None to remove it")
            self._parameters.pop(name, None)
            self._modules.pop(name, None)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        self._parameters.pop(name, None)
        self._modules.pop(name, None)
        object.__delattr__(self, name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; subclasses write it."""
        raise TypeError(f"{type(self).__name__} has no forward(); write one")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with dotted names."""
        seen: set[int] = set()

        def walk(m: Module, name: str) -> Iterator[tuple[str, Module]]:
            if id(m) in seen:
                return
            seen.add(id(m))
            yield name, m
            for key, child in m._modules.items():
                yield from walk(child, f"{name}.{key}" if name else key)

        yield from walk(self, prefix)

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (m for _, m in self.named_modules())

    def children(self) -> Iterator[Module]:
        """The modules directly below."""
        return iter(self._modules.values())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name."""
        seen: set[int] = set()
        for name, m in self.named_modules():
            for key, p in m._parameters.items():
                if id(p) not in seen:
                    seen.add(id(p))
                    yield f"{name}.{key}" if name else key, p

    def parameters(self) -> Iterator[Parameter]:
        """Every parameter once."""
        return (p for _, p in self.named_parameters())

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call ``fn`` on every module below, then on this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Training mode (dropout works) or not, for all modules below."""
        for m in self.modules():
            m.training = mode
        return self

    def eval(self) -> Module:
        """Evaluation mode: dropout lets everything through."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for p in self.parameters():
            p.grad = None

    def state_dict(self) -> dict[str, Tensor]:
        """The parameters by name, sharing their memory."""
        return {name: p.detach() for name, p in self.named_parameters()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Copy parameters by name. Raises KeyError or ValueError, and changes nothing, where names or shapes differ."""
        own = dict(self.named_parameters())
        given = {name: ag.as_tensor(value) for name, value in state.items()}
        missing, unexpected = sorted(set(own) - set(given)), sorted(set(given) - set(own))
        if missing or unexpected:
            raise KeyError(f"state_dict does not match: missing {missing}, unexpected {unexpected}")
        wrong = [f"{n}: got {given[n].shape}, expected {own[n].shape}" for n in own if given[n].shape != own[n].shape]
        if wrong:
            raise ValueError(f"state_dict does not match in shape: {'; '.join(wrong)}")
        with ag.no_grad():
            for name, p in own.items():
                p.copy_(given[name])

    def extra_repr(self) -> str:
        """What stands between the brackets of the module's repr."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self._modules.items()]
        if not lines:
            return f"{type(self).__name__}({self.extra_repr()})"
        body = "\n  ".join(lines)
        return f"{type(self).__name__}({self.extra_repr()}\n  {body}\n)"
