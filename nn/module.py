"""`Module`: what has parameters and can be called.

An attribute that is a `Parameter` or a `Module` is a part of the module; nothing else has to be said. The lists of
parameters, buffers and submodules are read off the attributes, so that they cannot disagree with them; ``_parameters``, ``_buffers``
and ``_modules`` are views of the attributes, for programs that read or write these.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple, TypeVar

import autograd as ag
from autograd import Call, Handle, Tensor
from autograd.errors import described, flag_of
from nn.hooks import BackwardHooks
from nn.parameter import Parameter, UninitializedParameter
from nn.scalars import ScalarNetwork

__all__ = ["LoadedKeys", "Module", "Parameter"]

Self = TypeVar("Self", bound="Module")
_STRUCTURE = ag.replay.STRUCTURE


class LoadedKeys(NamedTuple):
    """What `Module.load_state_dict` left: names that the state lacks, and names that the module does not know."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        missing, unexpected = self
        if not missing and not unexpected:
            return "<All keys matched successfully>"
        return f"LoadedKeys(missing_keys={missing}, unexpected_keys={unexpected})"


class _View(MutableMapping[str, Any]):
    """The parts of one kind that a module has now, by name: what is written to it is assigned to the module."""

    def __init__(self, module: Module, held: Callable[[], dict[str, Any]], put: Callable[[str, Any], None]) -> None:
        self._module, self._held, self._put = module, held, put

    def __getitem__(self, name: str) -> Any:
        return self._held()[name]

    def __setitem__(self, name: str, part: Any) -> None:
        self._put(name, part)

    def __delitem__(self, name: str) -> None:
        if name not in self._held():
            raise KeyError(name)
        delattr(self._module, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._held())

    def __len__(self) -> int:
        return len(self._held())

    def __repr__(self) -> str:
        return repr(self._held())


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
    tells_of_changes = True  # attributes that are set are counted, for compiled functions (see `autograd.replay`)
    _shown: tuple[str, ...] = ()  # the settings that the repr shows: attributes, by name
    # Empty until something is registered, so that a module without hooks or buffers carries nothing of them.
    _persistent: Mapping[str, bool] = {}  # the buffers by name: are they saved?
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
        if name in self._persistent:
            if isinstance(value, Parameter | Module):
                self._forget_buffer(name)
            elif not isinstance(value, Tensor | None):
                raise TypeError(f"{name!r} is a buffer; got {described(value)}, expected a Tensor or None")
        object.__setattr__(self, name, value)
        _STRUCTURE.count += 1

    def __delattr__(self, name: str) -> None:
        if name not in self.__dict__:
            raise AttributeError(f"a {type(self).__name__} holds no {name!r} of its own that could be deleted")
        object.__delattr__(self, name)
        self._forget_buffer(name)
        _STRUCTURE.count += 1

    def _forget_buffer(self, name: str) -> None:
        object.__setattr__(self, "_persistent", {k: saved for k, saved in self._persistent.items() if k != name})

    def _own(self, kind: type | tuple[type, ...]) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if isinstance(value, kind)}

    def _own_buffers(self) -> dict[str, Any]:
        return {name: getattr(self, name, None) for name in self._persistent}

    @property
    def _parameters(self) -> _View:
        return _View(self, lambda: self._own(Parameter), self.register_parameter)

    @property
    def _buffers(self) -> _View:
        return _View(self, self._own_buffers, lambda name, b: self.register_buffer(name, b, self._persistent.get(name, True)))

    @property
    def _modules(self) -> _View:
        return _View(self, lambda: self._own(Module), self.add_module)

    def _whereabouts(self) -> str:
        """The path of this module in the outermost one that is running and has it, for errors: ``Sequential.0 (Linear)``."""
        own = type(self).__name__
        for call in Call.running():
            outer = call.module()
            for path, m in outer.named_modules() if isinstance(outer, Module) and outer is not self else ():
                if m is self:
                    return f"{type(outer).__name__}.{path} ({own})"
        return own

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
        object.__setattr__(self, "_persistent", {**self._persistent, name: persistent})

    def add_module(self, name: str, module: Module | None) -> None:
        """The same as ``self.name = module``, for names that are not identifiers, such as "0"."""
        if not isinstance(module, Module | None):
            raise TypeError(f"add_module: {name!r} must be a Module or None, got {described(module)}")
        self._register(name, module)

    register_module = add_module

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
    def named_modules(self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted names: each once, or under each of its names unless ``remove_duplicate``.

        What stands in ``memo`` is left out, and what is found is added to it. Raises RuntimeError where a module contains itself and
        duplicates are not removed.
        """
        if not isinstance(prefix, str):
            raise TypeError(f"a prefix of names must be a str, got {described(prefix)}")
        if not isinstance(memo, set | None):
            raise TypeError(f"named_modules: memo is a set of modules, got {described(memo)}; a prefix is given by its name")
        once = flag_of(remove_duplicate, "remove_duplicate")
        seen: set[Any] = set() if memo is None else memo
        deepest = 0 if once else sum(1 for _ in self.modules())
        stack: list[tuple[str, int, Module]] = [(prefix, 0, self)]
        while stack:
            name, depth, m = stack.pop()
            if once and m in seen:
                continue
            if once:
                seen.add(m)
            elif depth > deepest:
                raise RuntimeError(f"a {type(m).__name__} contains itself, so that its parts have no end")
            yield name, m
            stack += [(_dotted(name, key), depth + 1, child) for key, child in reversed(m._own(Module).items())]

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (m for _, m in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, each once, by name."""
        return iter(_once(self._own(Module).items()))

    def children(self) -> Iterator[Module]:
        """The modules directly below, each once."""
        return (m for _, m in self.named_children())

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Every parameter, with its dotted name; only this module's own unless ``recurse``.

        What is shared comes once, or under each of its names unless ``remove_duplicate``.
        """
        below = self._below(prefix, recurse, remove_duplicate)
        found = ((_dotted(at, k), p) for at, m in below for k, p in m._own(Parameter).items())
        return iter(_once(found)) if remove_duplicate else found

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

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Every buffer, with its dotted name; only this module's own unless ``recurse``; for duplicates see `named_parameters`."""
        below = self._below(prefix, recurse, remove_duplicate)
        found = ((_dotted(at, k), b) for at, m in below for k, b in m._own_buffers().items() if b is not None)
        return iter(_once(found)) if remove_duplicate else found

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer once; only this module's own unless ``recurse``."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _below(self, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Module]]:
        if not isinstance(prefix, str):
            raise TypeError(f"a prefix of names must be a str, got {described(prefix)}")
        recurse, remove_duplicate = flag_of(recurse, "recurse"), flag_of(remove_duplicate, "remove_duplicate")
        return self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else iter([(prefix, self)])

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path; this one at "". Raises AttributeError where there is none.

        >>> from nn import Linear, Sequential
        >>> Sequential(Sequential(Linear(2, 1))).get_submodule("0.0")
        Linear(in_features=2, out_features=1, bias=True)
        """
        m = self
        for name in target.split(".") if _path(target) else ():
            m = m._part(name, m._own(Module), "module")
        return m

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path. Raises AttributeError where there is none."""
        path, _, name = _path(target).rpartition(".")
        m = self.get_submodule(path)
        return m._part(name, m._own(Parameter), "parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path. Raises AttributeError where there is none."""
        path, _, name = _path(target).rpartition(".")
        m = self.get_submodule(path)
        return m._part(name, {k: b for k, b in m._own_buffers().items() if b is not None}, "buffer")

    def _part(self, name: str, held: dict[str, Any], kind: str) -> Any:
        if name not in held:
            raise AttributeError(f"a {type(self).__name__} has no {kind} {name!r}; it has {', '.join(held) or 'none'}")
        return held[name]

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
            if vars(m).get("training") is not mode:  # each epoch may say again what is so already
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
            if isinstance(t, UninitializedParameter):
                t.to_dtype(dtype)
            elif t.dtype.kind == "f":
                t.data = t.data.to(*args, **kwargs)
                if t.grad is not None:
                    t.grad = t.grad.to(*args, **kwargs)
        return self

    def cpu(self: Self) -> Self:
        """This module: everything is on the CPU."""
        return self

    def float(self: Self) -> Self:
        """In float32."""
        return self.to(ag.float32)

    def double(self: Self) -> Self:
        """In float64."""
        return self.to(ag.float64)

    # Saving and loading.
    def state_dict(self, *, destination: dict[str, Tensor] | None = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Parameters and persistent buffers by name, sharing their memory. What is shared stands under each of its names.

        ``destination`` is filled and returned, where given; ``prefix`` stands before each name. With ``keep_vars`` the tensors
        themselves stand there, not aliases without history.
        """
        if not isinstance(destination, MutableMapping | None) or not isinstance(prefix, str):
            got = f"{described(destination)} and {described(prefix)}"
            raise TypeError(f"state_dict: destination is a dict that is filled and prefix a str, got {got}")
        state: Any = {} if destination is None else destination
        keep_vars = flag_of(keep_vars, "keep_vars")
        for at, m in self.named_modules(remove_duplicate=False):
            saved = {k: b for k, b in m._own_buffers().items() if b is not None and m._persistent[k]}
            state.update({prefix + _dotted(at, k): t if keep_vars else t.detach() for k, t in {**m._own(Parameter), **saved}.items()})
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Copy tensors or arrays by name into the parameters and buffers, in their dtypes. A `LazyLinear` takes its width from them.

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
                    if isinstance(lazy := own[name], UninitializedParameter):
                        if not lazy.fits(given[name].shape):
                            wrong.append(f"{name} (got shape {given[name].shape}, expected ({lazy.rows}, any))")
                    elif given[name].shape != own[name].shape:
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
            if isinstance(lazy := own[name], UninitializedParameter):
                lazy.materialize(value.shape)
            own[name].detach().copy_(value)
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


def _path(target: Any) -> str:
    if not isinstance(target, str):
        raise TypeError(f"a path is a str such as 'hidden.0.weight', got {described(target)}")
    return target


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _once(named: Any) -> list[tuple[str, Any]]:
    """Each thing under the first of its names."""
    first: dict[int, tuple[str, Any]] = {}
    for name, thing in named:
        first.setdefault(id(thing), (name, thing))
    return list(first.values())
