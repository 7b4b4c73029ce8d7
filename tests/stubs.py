"""Writes what editors and type checkers see of the names that are computed: ``python -m tests.stubs`` after a public name has changed."""

import importlib
import inspect
import types
from pathlib import Path
from typing import Any

import autograd
from autograd.core.node import Op
from autograd.faces import methods

ROOT = Path(__file__).parent.parent
VARIOUS = {"max", "min", "median", "nonzero", "unique"}  # a tensor, or several
HEAD = '"""Made by ``python -m tests.stubs`` from the chapters of operations; a test compares the two."""\n\n'


def of_package() -> str:
    """autograd/__init__.pyi."""
    lines, rest, synonyms = [], [], []
    for name in autograd.__all__:
        thing = getattr(autograd, name)
        home = autograd._LAZY.get(name) or _home(name, thing)
        if home.startswith("autograd.faces.") and getattr(autograd.Tensor, name, None) is thing:
            rest.append(f"{name} = Tensor.{name}")
        elif name in methods.SYNONYMS:
            synonyms.append(f"{name} = {methods.SYNONYMS[name]}")
        elif hasattr(thing, "__signature__"):  # with numpy's aliases
            rest.append(f"def {name}{_signature(thing)}: ...")
        else:
            lines.append(f"from {home} import {name} as {name}")
    rest += [*synonyms, "__version__: str", "_LAZY: dict[str, str]", "__all__: list[str]", "def __getattr__(name: str) -> Any: ..."]
    return HEAD + "\n".join(["from typing import Any", "", *sorted(lines), "", *rest]) + "\n"


def _signature(thing: Any, returns: str = "Any", bound: bool = False) -> str:
    """The names and defaults that a function takes, as a method where it is ``bound``."""
    own = inspect.signature(thing)
    first, *others = (p.replace(annotation=Any) for p in own.parameters.values())
    if bound:
        first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    plain = own.replace(parameters=[first, *others], return_annotation=inspect.Signature.empty)
    return f"{plain} -> {returns}".replace("typing.", "")


def _of_tensors(name: str, chapter: str, thing: Any) -> str:
    """A method, which gives a tensor; but those that say what else they give, and those whose result hangs on their arguments."""
    if isinstance(thing, Op):
        return f"def {name}(self{', other: Any' * (thing.arity == 2)}) -> Tensor: ..." if thing.arity <= 2 else f"{name} = {chapter}.{name}"
    if inspect.signature(thing).return_annotation != "Any":
        return f"{name} = {chapter}.{name}"
    return f"def {name}{_signature(thing, 'Any' if name in VARIOUS else 'Tensor', bound=True)}: ..."


def _home(name: str, thing: Any) -> str:
    """The room where a public name is defined."""
    if isinstance(thing, types.ModuleType | float):
        return "math" if isinstance(thing, float) else "autograd"
    if isinstance(thing, type | types.FunctionType):
        return thing.__module__
    name = methods.SYNONYMS.get(name, name)
    rooms = (f"autograd.{room}" for room in ("ops.elementwise", "faces.dtypes", "random", "old"))
    return next(room for room in rooms if vars(importlib.import_module(room)).get(name) is thing)


def of_methods() -> str:
    """autograd/faces/methods.pyi."""
    lines = [
        "from collections.abc import Iterator",
        "from typing import Any",
        "",
        "from autograd.faces.tensor import Tensor",
        "from autograd.faces.value import Value",
        "from autograd.ops import counting, elementwise, joins, logic, moves, places, products, reduce, sorting",
        "",
    ]
    lines += [
        "ALIASES: dict[str, str]",
        "SYNONYMS: dict[str, str]",
        "CHAPTERS: tuple[Any, ...]",
        "",
        "class OfTensors:",
        "    __slots__ = ()",
    ]
    for name, chapter, thing in sorted(methods.methods_of_tensors(), key=lambda method: method[0]):
        lines.append(f"    {_of_tensors(name, chapter, thing)}")
    lines += [f"    {alias} = {name}" for alias, name in sorted(methods.SYNONYMS.items()) if hasattr(methods.OfTensors, alias)]
    lines += ["", "class OfValues:", "    __slots__ = ()"]
    for name, thing in sorted(methods.methods_of_values(), key=lambda pair: pair[0]):
        one = isinstance(thing, Op) and thing.arity == 1
        takes = "self) -> Value" if one else "self, other: Any) -> Any"  # another, or a tensor where the other is one
        lines.append(f"    def {name}({takes}: ..." if isinstance(thing, Op) else f"    {name} = elementwise.{name}")
    lines += [f"    {alias} = {name}" for alias, name in sorted(methods.ALIASES.items())]
    lines += [
        "",
        "def methods_of_tensors() -> Iterator[tuple[str, str, Any]]: ...",
        "def methods_of_values() -> Iterator[tuple[str, Any]]: ...",
    ]
    return HEAD + "\n".join(lines) + "\n"


STUBS = {"autograd/__init__.pyi": of_package, "autograd/faces/methods.pyi": of_methods}

if __name__ == "__main__":
    for path, text in STUBS.items():
        (ROOT / path).write_text(text())
