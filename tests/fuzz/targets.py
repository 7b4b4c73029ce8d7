"""Everything public that can be called, found by walking the names, so that a new one is fuzzed by existing."""

import copy
import functools
import inspect
import operator
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random
from typing import Any, NamedTuple

import numpy as np
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument, NoSuchExample, Unsatisfiable

import autograd as ag
import nn
from autograd import drawing, pages, testing
from tests.fuzz import arguments
from tests.fuzz.arguments import Make


class Target(NamedTuple):
    """Something public: called as ``call(*arguments)``, with a new ``receiver`` in front where there is one."""

    name: str
    call: Callable[..., Any]
    parameters: list[inspect.Parameter]
    receiver: Make | None = None
    by_syntax: bool = False  # an operator or an assignment: Python itself refuses what has none


def parameters_of(thing: Any, bound: bool = False) -> list[inspect.Parameter]:
    if isinstance(thing, ag.Op):
        count = len(thing.vjps) if isinstance(thing.vjps, tuple) else 3
        return [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in ("x", "y", "z")[bound:count]]
    found = list(inspect.signature(thing).parameters.values())
    return found[1:] if bound else found


def parameter(*names: str) -> list[inspect.Parameter]:
    return [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]


SWAPPED = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "divmod"]
SYNTAX: dict[str, tuple[Callable[..., Any], list[inspect.Parameter]]] = {
    **{
        f"__{n}__": (getattr(operator, f"__{n}__"), parameter("other"))
        for n in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"]
    },
    **{f"__{n}__": (getattr(operator, f"__{n}__"), parameter("other")) for n in ["and", "or", "xor", "lt", "le", "gt", "ge", "eq", "ne"]},
    **{f"__i{n}__": (getattr(operator, f"__i{n}__"), parameter("other")) for n in ["add", "sub", "mul", "truediv", "pow"]},
    **{f"__{n}__": (getattr(operator, f"__{n}__"), []) for n in ["neg", "pos", "abs", "invert", "index"]},
    "__divmod__": (divmod, parameter("other")),
    **{
        f"__r{n}__": (lambda x, y, f=f: f(y, x), parameter("other"))
        for n, f in ((n, divmod if n == "divmod" else getattr(operator, f"__{n}__")) for n in SWAPPED)
    },
    "__getitem__": (operator.getitem, parameter("key")),
    "__setitem__": (operator.setitem, parameter("key", "value")),
    "__delitem__": (operator.delitem, parameter("key")),
    "__contains__": (lambda x, y: y in x, parameter("other")),
    "__len__": (len, []),
    "__iter__": (lambda x: list(x), []),
    "__bool__": (bool, []),
    "__float__": (float, []),
    "__int__": (int, []),
    "__complex__": (complex, []),
    "__format__": (format, parameter("spec")),
    "__round__": (round, parameter("ndigits")),
    "__copy__": (copy.copy, []),
    "__deepcopy__": (copy.deepcopy, []),
    "__array__": (np.asarray, []),
    "__repr__": (repr, []),
    "__array_ufunc__": (lambda x, y: (np.add(x, y), np.multiply(y, x), np.tanh(x)), parameter("other")),
    "__setattr__": (setattr, parameter("name", "value")),
    "__delattr__": (delattr, parameter("name")),
}
# Public by their names, but no user calls them, and why.
FROM_PYTHON = {
    **dict.fromkeys(
        ["__init__", "__new__", "__slots__", "__hash__", "__dict__", "__weakref__", "__doc__", "__module__", "__annotations__"],
        "of every class",
    ),
    **dict.fromkeys(
        ["__orig_bases__", "__parameters__", "__class_getitem__", "__static_attributes__", "__firstlineno__"], "of every class"
    ),
    **dict.fromkeys(
        ["__match_args__", "__dataclass_fields__", "__dataclass_params__", "__post_init__", "__hash__", "__replace__"], "of dataclasses"
    ),
    **dict.fromkeys(["__trunc__", "__floor__", "__ceil__"], "the float protocol, as __int__"),
    **dict.fromkeys(["__reduce__", "__getstate__", "__setstate__"], "of pickle; copy.copy asks it, above"),
    **dict.fromkeys(["__enter__", "__exit__", "__get__", "__name__"], "taken by Python's own syntax"),
}
ENGINE = dict.fromkeys(
    [
        "record",
        "constant",
        "seed",
        "fit",
        "saved",
        "receive",
        "adopt",
        "pull",
        "takes",
        "slow",
        "release",
        "entries",
        "join",
        "ieee",
        "leaves",
        "raw",
        "op",
        "x",
        "y",
        "dx",
        "dy",
        "mark",
        "tag",
        "version",
        "saved_version",
        "rank",
        "retains_graph",
        "args",
        "differs",
    ],
    "what a face says to the engine (see Node)",
)


def member_targets(owner: str, cls: type, receiver: Make, skip: dict[str, str]) -> Iterator[Target]:
    names = {n for c in cls.__mro__ if c.__module__.partition(".")[0] in ("autograd", "nn") for n in vars(c)}
    for name in sorted(names):
        if name in skip or name in FROM_PYTHON or (name.startswith("_") and not name.startswith("__")):
            continue
        full = f"{owner}.{name}"
        found = inspect.getattr_static(cls, name)
        if name == "__call__":
            forward = getattr(cls, "forward", cls.__call__)
            yield Target(f"{owner}()", lambda x, *a, **k: x(*a, **k), parameters_of(forward, bound=True), receiver)
        elif name in SYNTAX:
            yield Target(full, *SYNTAX[name], receiver, True)
        elif inspect.isdatadescriptor(found):
            yield Target(f"{full} =", lambda x, y, n=name: setattr(x, n, y), parameter("value"), receiver, True)
        elif callable(found) or isinstance(found, staticmethod | classmethod):
            call = lambda x, *a, n=name, **k: getattr(x, n)(*a, **k)  # noqa: E731
            yield Target(full, call, parameters_of(getattr(cls, name), not isinstance(found, staticmethod | classmethod)), receiver)
        else:
            assert not name.startswith("__"), f"{full} is neither fuzzed nor excepted"


# Public for who writes a class of their own.
SUBCLASSES = dict.fromkeys(
    ["begun", "initial_state", "update", "checked", "check", "get_lr", "limits", "coupled", "unsaved", "read_again", "tells_of_changes"],
    "written or called by subclasses",
)


# Names that are called by nobody, and why.
NO_CALLS = {
    **dict.fromkeys(["bool_", "float16", "float32", "float64", "int16", "int32", "int64", "uint8"], "a dtype, numpy's own"),
    **dict.fromkeys(["accelerator", "backends", "cuda", "linalg", "random", "replay"], "a room of its own, walked below or without calls"),
    **dict.fromkeys(["inf", "nan", "pi"], "a number"),
    **dict.fromkeys(
        ["functional", "data", "init", "optim", "utils", "lr_scheduler", "expressions", "strategies"], "a room of its own, walked below"
    ),
    **dict.fromkeys(["DOMAINS", "NONZERO"], "a table and an entry of it"),
    "AnomalyError": "raised by the engine",
    "UninitializedParameter": "made by LazyLinear, and refuses all but a few calls",
    "errors": "how these refusals are worded",
    "elsewhere": "what is said of names that are not here",
    **dict.fromkeys(["dtype", "finfo", "iinfo"], "numpy's own"),
    "default_generator": "an instance of Generator, which is walked",
    "Node": "the base of Value and Tensor, which are walked",
    "each": "of one function, a part of Op",
    "History": "made by fit; its constructor is that of dict",
    "Call": "for who writes a Module of their own",
    **dict.fromkeys(
        ["Graph", "Listing", "Player", "Size", "Summary", "Check", "Failure", "GradcheckError", "Kink", "Report", "Expression"],
        "made by the functions beside them, not by users",
    ),
}
RECEIVERS: dict[str, Make] = {
    "Tensor": arguments.tensor,
    "Value": arguments.value,
    "ValueTensor": arguments.grid,
    "Generator": lambda rng: ag.Generator(),
    "Parameter": lambda rng: nn.Parameter(arguments.tensor(rng, dtype="float32")),
    "Module": arguments.network,
    "Sequential": lambda rng: nn.Sequential(nn.Linear(3, 2), nn.Tanh()),
    "ModuleList": lambda rng: nn.ModuleList([nn.Linear(3, 2), nn.Tanh()]),
    "ParameterList": lambda rng: nn.ParameterList([arguments.tensor(rng, dtype="float32")]),
    "ModuleDict": lambda rng: nn.ModuleDict({"a": nn.Linear(3, 2)}),
    "ParameterDict": lambda rng: nn.ParameterDict({"a": ag.ones(2)}),
    "BatchNorm1d": lambda rng: nn.BatchNorm1d(3),
    "ConcatDataset": lambda rng: nn.data.ConcatDataset([arguments.dataset(rng), [1, 2]]),
    "BatchSampler": lambda rng: nn.data.BatchSampler(range(5), 2),
    "RandomSampler": lambda rng: nn.data.RandomSampler(range(5)),
    "ScalarNetwork": lambda rng: nn.Linear(2, 3).scalars(),
    "Optimizer": arguments.optimizer,
    "DataLoader": lambda rng: nn.data.DataLoader(arguments.dataset(rng), 2),
    "Subset": lambda rng: nn.data.Subset(arguments.dataset(rng), [0]),
    "TensorDataset": lambda rng: nn.data.TensorDataset(ag.ones(3, 2), ag.arange(3)),
    "History": lambda rng: nn.History(loss=[1.0]),
    "EarlyStopping": lambda rng: nn.EarlyStopping(),
    "Player": lambda rng: pages.Player("page"),
}
MADE = {  # how an instance of a class is made that needs arguments
    "Linear": (2, 3), "LazyLinear": (2,), "MLP": (3, [2, 1]), "Parameter": (ag.zeros(2),), "BatchNorm1d": (3,), "LayerNorm": (3,),
    "Embedding": (4, 2),
}  # fmt: skip


LISTS = (nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)  # which have no forward
DRAWN = ("strategies", "expressions")  # rooms of strategies, from which an example must come


def example_of(make: Callable[..., Any]) -> Callable[..., Any]:
    """``make`` and then draw; what a strategy among the arguments draws, hypothesis alone may know, and refuse in its words."""

    @functools.wraps(make)
    def call(*args: Any, **given: Any) -> Any:
        made = make(*args, **given)
        if not isinstance(made, st.SearchStrategy):
            return made
        told = any(isinstance(a, st.SearchStrategy) for a in (*args, *given.values()))
        with suppress(NoSuchExample, Unsatisfiable, *([InvalidArgument] if told else [])):
            return find(made, lambda _: True, settings=ONE, random=Random(0))

    return call


ONE = settings(max_examples=3, phases=[Phase.generate], database=None, suppress_health_check=[*HealthCheck], deadline=None)


def targets() -> Iterator[Target]:
    rooms: dict[str, Any] = {
        "ag": ag, "ag.functional": ag.functional, "ag.linalg": ag.linalg, "ag.cuda": ag.cuda, "testing": testing, "drawing": drawing, "nn": nn, "F": nn.functional, "init": nn.init, "utils": nn.utils,
        "strategies": testing.strategies, "expressions": testing.expressions, "data": nn.data, "optim": nn.optim, "lr_scheduler": nn.optim.lr_scheduler,
    }  # fmt: skip
    for room, module in rooms.items():
        for name in module.__all__:
            if name in NO_CALLS and not (room == name == "expressions"):  # a room and the first function in it
                continue
            thing = getattr(module, name)
            assert callable(thing), f"{room}.{name} is neither called nor on the list of what is not"
            yield Target(f"{room}.{name}", example_of(thing) if room in DRAWN else thing, parameters_of(thing))
    inherited = dict.fromkeys([n for n in dir(nn.Module) if n != "__call__"], "walked as Module's")
    classes = [ag.Tensor, ag.Value, ag.ValueTensor, ag.Generator, nn.Module, nn.Sequential, nn.ModuleList, nn.optim.Optimizer]
    classes += [nn.ParameterList, nn.ModuleDict, nn.ParameterDict, nn.BatchNorm1d, nn.data.ConcatDataset]
    classes += [nn.data.BatchSampler, nn.data.RandomSampler]
    classes += [nn.data.DataLoader, nn.data.Subset, nn.data.TensorDataset, nn.History, nn.EarlyStopping, pages.Player]
    classes += [type(nn.Linear(1, 1).scalars())]
    for cls in classes:
        skip = {**SUBCLASSES, **(ENGINE if issubclass(cls, ag.Node) else {})}
        if cls is nn.EarlyStopping:
            skip |= dict.fromkeys(("__setattr__", "__delattr__"), "a frozen dataclass refuses in Python's words")
        if issubclass(cls, nn.Module) and cls is not nn.Module:
            skip |= {n: why for n, why in inherited.items() if n not in vars(cls)}
        yield from member_targets(cls.__name__, cls, RECEIVERS[cls.__name__], skip)
    for name in nn.__all__:
        cls = getattr(nn, name)
        if inspect.isclass(cls) and issubclass(cls, nn.Module) and cls not in (nn.Module, nn.Sequential, nn.BatchNorm1d) + LISTS:
            yield Target(
                f"{name}()",
                lambda x, *a, **k: x(*a, **k),
                parameters_of(cls.forward, bound=True),
                lambda rng, c=cls: c(*MADE.get(c.__name__, ())),
            )
    for name in nn.optim.lr_scheduler.__all__:
        cls = getattr(nn.optim.lr_scheduler, name)
        if cls is not nn.optim.lr_scheduler.LRScheduler:
            yield from member_targets(name, cls, lambda rng, c=cls: schedule(c, rng), SUBCLASSES)


def schedule(cls: Any, rng: Random) -> Any:
    optimizer, known = arguments.optimizer(rng), nn.optim.lr_scheduler
    if cls is known.OneCycleLR:
        return cls(optimizer, 0.1, total_steps=5, cycle_momentum=False)
    if cls is known.SequentialLR:
        return cls(optimizer, [known.StepLR(optimizer, 2), known.LinearLR(optimizer)], [1])
    names = [p.name for p in parameters_of(cls) if p.default is inspect.Parameter.empty]
    return cls(optimizer, *(arguments.NAMED[name](Random(1)) or 1 for name in names[1:]))
