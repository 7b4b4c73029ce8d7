"""`Module`: what has parameters and can be called.

An attribute that is a `Parameter` or a `Module` is a part of the module; nothing else has to be said. The lists of
parameters, buffers and submodules are read off the attributes, so that they cannot disagree with them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import autograd as ag
from autograd import Call, Handle, Tensor
from autograd.errors import described, flag_of
from nn.hooks import BackwardHooks
from nn.scalars import ScalarNetwork

__all__ = ["LoadedKeys", "Module", "Parameter"]

Self = TypeVar("Self", bound="Module")


class Parameter(Tensor):
    """A tensor that a module learns: it requires a gradient by default.

    >>> Parameter(ag.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data if isinstance(data, Tensor) else ag.tensor(data), requires_grad)


class LoadedKeys(NamedTuple):
    """What `Module.load_state_dict` left: names that the state lacks, and names that the module does not know."""

    missing_keys: list[str]
    unexpected_keys: list[str]


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
    _shown: tuple[str, ...] = ()  # the settings that the repr shows: attributes, by name
    # Empty until something is registered, so that a module without hooks or buffers carries nothing of them.
    _buffers: Mapping[str, bool] = {}
    _hooks: dict[int, Callable[..., Any]] = {}  # noqa: RUF012
    _pre_hooks: dict[int, Callable[..., Any]] = {}  # noqa: RUF012
    _observed: BackwardHooks | None = None

    def __init__(self) -> None:
        super().__init__()

    def __setattr__(self, name: str, value: Any) -> None:
        old = self.__dict__.get(name)
        if isinstance(old, Parameter | Module) and not (value is None or isinstance(value, Parameter | Module)):
            kind = "Parameter" if isinstance(old, Parameter) else "Module"
            raise TypeError(f"{name!r} is a {kind}; got {described(value)}; assign to its .data, or None to remove it")
        if name in self._buffers:
            if isinstance(value, Parameter | Module):
                self._forget_buffer(name)
            elif not isinstance(value, Tensor | None):
                raise TypeError(f"{name!r} is a buffer; got {described(value)}, expected a Tensor or None")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name not in self.__dict__:
            raise AttributeError(f"a {type(self).__name__} holds no {name!r} of its own that could be deleted")
        object.__delattr__(self, name)
        self._forget_buffer(name)

    def _forget_buffer(self, name: str) -> None:
        object.__setattr__(self, "_buffers", {k: saved for k, saved in self._buffers.items() if k != name})

    def _own(self, kind: type | tuple[type, ...]) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if isinstance(value, kind)}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; subclasses write it."""
        raise TypeError(f"{type(self).__name__} has no forward(); write one")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._pre_hooks:
            for hook in [*self._pre_hooks.values()]:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        with Call(self) as call:
            output = self.forward(*args, **kwargs) if self._observed is None else self._observed.call(self, args, kwargs)
            if self._hooks:
                for hook in [*self._hooks.values()]:
                    changed = hook(self, args, output)
                    output = output if changed is None else changed
        call.gave(output, (args, kwargs) if kwargs else args)
        return output

    # Registering by name, for who does not assign.
    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """The same as ``self.name = param``."""
        if not isinstance(param, Parameter | None):
            raise TypeError(f"register_parameter: {name!r} must be a Parameter or None, got {described(param)}")
        self._register(name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """A tensor that belongs to the module but is not learned, such as a running mean; saved if ``persistent``.

        >>> m = Module()
        >>> m.register_buffer("mean", ag.zeros(2))
        >>> m.state_dict(), list(m.parameters())
        ({'mean': tensor([0., 0.])}, [])
        """
        if not isinstance(tensor, Tensor | None) or isinstance(tensor, Parameter):
            raise TypeError(f"register_buffer: {name!r} must be a Tensor or None, and no Parameter, got {described(tensor)}")
        self._register(name, tensor)
        object.__setattr__(self, "_buffers", {**self._buffers, name: persistent})

    def add_module(self, name: str, module: Module | None) -> None:
        """The same as ``self.name = module``, for names that are not identifiers, such as "0"."""
        if not isinstance(module, Module | None):
            raise TypeError(f"add_module: {name!r} must be a Module or None, got {described(module)}")
        self._register(name, module)

    def _register(self, name: str, value: Any) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"a name must be a string, not empty and without a dot, got {name!r}")
        kind = Module if isinstance(value, Module) else Tensor
        if hasattr(self, name) and value is not None and not isinstance(getattr(self, name), kind | None):
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} already; choose another name")
        setattr(self, name, value)

    def register_forward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, args, output)`` after every forward; what it returns, unless None, replaces the output.

        >>> net = Module(); net.forward = lambda x: x + 1
        >>> with net.register_forward_hook(lambda module, args, output: output * 10):
        ...     net(1)
        20
        >>> net(1)
        2
        """
        return Handle(self.__dict__.setdefault("_hooks", {}), _function(hook, "a hook (module, args, output)"))

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, args)`` before every forward; what it returns, unless None, replaces the arguments."""
        return Handle(self.__dict__.setdefault("_pre_hooks", {}), _function(hook, "a hook (module, args)"))

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, grad_input, grad_output)`` in every backward through a call of the module, once the gradients of its inputs
        are known.

        Both are tuples, with None where no gradient is required; of keywords nothing is seen. What the hook returns, unless None, replaces
        ``grad_input``. Where no input requires a gradient, it is called as soon as those of the outputs are known.

        >>> from nn import Linear
        >>> layer = Linear(2, 1)
        >>> with layer.register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_input, grad_output[0])):
        ...     layer(ag.ones(1, 2)).sum().backward()
        (None,) tensor([[1.]])
        """
        return Handle(self._observing().after, _function(hook, "a hook (module, grad_input, grad_output)"))

    def register_full_backward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, grad_output)`` before the backward of a call; what it returns, unless None, replaces ``grad_output``."""
        return Handle(self._observing().before, _function(hook, "a hook (module, grad_output)"))

    def _observing(self) -> BackwardHooks:
        if self._observed is None:
            self._observed = BackwardHooks()
        return self._observed

    # What is in it.
    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with dotted names."""
        if not isinstance(prefix, str):
            raise TypeError(f"a prefix of names must be a str, got {described(prefix)}")
        seen: set[Module] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, m = stack.pop()
            if m not in seen:
                seen.add(m)
                yield name, m
                stack += [(_dotted(name, key), child) for key, child in reversed(m._own(Module).items())]

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (m for _, m in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, each once, by name."""
        return iter(_once(self._own(Module).items()))

    def children(self) -> Iterator[Module]:
        """The modules directly below, each once."""
        return (m for _, m in self.named_children())

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name; only this module's own unless ``recurse``."""
        found = ((_dotted(at, k), p) for at, m in self._below(prefix, recurse) for k, p in m._own(Parameter).items())
        return iter(_once(found))

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter once; only this module's own unless ``recurse``.

        Warns where a plain list, tuple or dict holds a part that is found nowhere else, and so would never be trained.
        """
        if flag_of(recurse, "recurse"):
            self._warn_of_hidden_parts()
        return (p for _, p in self.named_parameters(recurse=recurse))

    def _warn_of_hidden_parts(self) -> None:
        modules = list(self.modules())
        found: set[Any] = {*modules, *(p for m in modules for p in m._own(Parameter).values())}
        for m in modules:
            for name, held in m._own((list, tuple, dict)).items():
                first = next(iter(held.values() if isinstance(held, dict) else held), None)  # the first speaks for all
                if isinstance(first, Parameter | Module) and first not in found:
                    cure = "use nn.ModuleList" if isinstance(first, Module) else "assign each to an attribute"
                    kind = f"the {type(held).__name__} {type(m).__name__}.{name}"
                    warnings.warn(f"parameters() does not look into {kind}; what is in it will not be trained: {cure}", stacklevel=3)

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Every buffer once, with its dotted name; only this module's own unless ``recurse``."""
        found = ((_dotted(at, k), getattr(m, k, None)) for at, m in self._below(prefix, recurse) for k in m._buffers)
        return iter(_once((name, b) for name, b in found if b is not None))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer once; only this module's own unless ``recurse``."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _below(self, prefix: str, recurse: bool) -> Iterator[tuple[str, Module]]:
        if not isinstance(prefix, str):
            raise TypeError(f"a prefix of names must be a str, got {described(prefix)}")
        recurse = flag_of(recurse, "recurse")
        return self.named_modules(prefix) if recurse else iter([(prefix, self)])

    # What is done to all of it.
    def apply(self: Self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` on every module below, then on this one."""
        for child in self.children():
            child.apply(fn)
        _function(fn, "a function of a module")(self)
        return self

    def train(self: Self, mode: bool = True) -> Self:
        """Training mode (dropout works) or not, for all modules below."""
        if not isinstance(mode, bool):
            raise TypeError(f"train() takes True or False, got {described(mode)}")
        for m in self.modules():
            m.training = mode
        return self

    def eval(self: Self) -> Self:
        """Evaluation mode: dropout lets everything through."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to zero."""
        set_to_none = flag_of(set_to_none, "set_to_none")
        for _, p in self.named_parameters():
            if set_to_none or p.grad is None:
                p.grad = None
            else:
                p.grad = ag.zeros_like(p)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Learn the parameters, or freeze them."""
        requires_grad = flag_of(requires_grad, "requires_grad")
        for _, p in self.named_parameters():
            p.requires_grad_(requires_grad)
        return self

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Floating parameters, their gradients and floating buffers in another floating dtype, in place; see `Tensor.to`."""
        dtype = ag.empty(0).to(*args, **kwargs).dtype
        if dtype.kind != "f":
            raise TypeError(f"a module can be converted to a floating dtype only, got {dtype}")
        for _, t in (*self.named_parameters(), *self.named_buffers()):
            if t.dtype.kind == "f":
                t.data = t.data.to(*args, **kwargs)
                if t.grad is not None:
                    t.grad = t.grad.to(*args, **kwargs)
        return self

    def float(self: Self) -> Self:
        """In float32."""
        return self.to(ag.float32)

    def double(self: Self) -> Self:
        """In float64."""
        return self.to(ag.float64)

    # Saving and loading.
    def state_dict(self) -> dict[str, Tensor]:
        """Parameters and persistent buffers by name, sharing their memory. What is shared stands under each of its names."""
        state: dict[str, Tensor] = {}
        stack: list[tuple[str, Module]] = [("", self)]
        deepest = sum(1 for _ in self.modules())
        while stack:
            at, m = stack.pop()
            if at.count(".") > deepest:
                raise RuntimeError(f"a {type(m).__name__} contains itself, so that its state has no end")
            saved = {k: getattr(m, k, None) for k, persistent in m._buffers.items() if persistent}
            state |= {_dotted(at, k): t.detach() for k, t in {**m._own(Parameter), **saved}.items() if t is not None}
            stack += [(_dotted(at, key), child) for key, child in reversed(m._own(Module).items())]
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Copy tensors or arrays by name into the parameters and buffers, in their dtypes.

        Raises RuntimeError, and changes nothing, where shapes differ and, if ``strict``, where names do. Otherwise
        returns the names that were missing and those that were not expected.

        >>> Module().load_state_dict({"w": [1.0]})
        Traceback (most recent call last):
        RuntimeError: the state does not fit this Module, nothing was loaded
          unexpected: w
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict takes a dict from names to tensors, got {described(state_dict)}")
        strict = flag_of(strict, "strict")
        own = self.state_dict()
        given, wrong = {}, []
        for name in own:
            if name in state_dict:
                try:
                    given[name] = ag.as_tensor(state_dict[name]).detach()
                except (TypeError, ValueError) as error:
                    wrong.append(f"{name} ({error})")
                else:
                    if given[name].shape != own[name].shape:
                        wrong.append(f"{name} (got shape {given[name].shape}, expected {own[name].shape})")
                    elif given[name].dtype.kind == "f" and own[name].dtype.kind != "f":
                        wrong.append(f"{name} (got {given[name].dtype}, which {own[name].dtype} cannot hold)")
                    elif not own[name].numpy().flags.writeable:
                        wrong.append(f"{name} (its own memory is read-only or expanded; .clone() it)")
        keys = LoadedKeys([n for n in own if n not in state_dict], [n for n in state_dict if n not in own])
        if wrong or (strict and any(keys)):
            found = {"missing": keys.missing_keys, "unexpected": keys.unexpected_keys, "mis-shaped": wrong}
            lines = [f"  {what}: {', '.join(map(str, names))}" for what, names in found.items() if names]
            raise RuntimeError("\n".join([f"the state does not fit this {type(self).__name__}, nothing was loaded", *lines]))
        for name, value in given.items():
            own[name].copy_(value)
        return keys

    def scalars(self) -> ScalarNetwork:
        """The same network with every weight a `Value`: see `nn.scalars`.

        >>> from nn import Linear
        >>> layer = Linear(2, 1)
        >>> y = layer.scalars()([1.0, -1.0])
        >>> abs(y.data - layer(ag.tensor([1.0, -1.0])).item()) < 1e-6
        True
        """
        return ScalarNetwork(self)

    def extra_repr(self) -> str:
        """What stands between the brackets of the module's repr."""
        settings = ((name, getattr(self, name)) for name in self._shown)
        return ", ".join(f"{name}={value!r}" if isinstance(value, str) else f"{name}={value}" for name, value in settings)

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self._own(Module).items()]
        if not lines:
            return f"{type(self).__name__}({self.extra_repr()})"
        body = "\n  ".join(lines)
        return f"{type(self).__name__}({self.extra_repr()}\n  {body}\n)"


def _function(f: Any, what: str) -> Any:
    if not callable(f):
        raise TypeError(f"{what} must be a function, got {described(f)}")
    return f


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _once(named: Any) -> list[tuple[str, Any]]:
    """Each thing under the first of its names."""
    first: dict[int, tuple[str, Any]] = {}
    for name, thing in named:
        first.setdefault(id(thing), (name, thing))
    return list(first.values())
