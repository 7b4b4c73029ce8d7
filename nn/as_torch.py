"""Programs written for PyTorch, run as they stand: ``import torch`` and its kin mean this library, in this process alone.

    python -m nn.as_torch train.py --lr 0.1     # runs it, as python train.py --lr 0.1 would
    python -m nn.as_torch --check train.py      # says which of PyTorch's names in it are not here, and does not run it

In a notebook, or a script of one's own, the first line is ``from nn.as_torch import torch``; whatever is imported after it may import
torch. `install` does the same and can be undone. Where a PyTorch is installed, it is left alone unless it is asked for.

Each module of PyTorch's that is here is a module in `sys.modules`, with the names of a room of this library. What is not here is refused
when it is asked for, in the words of `autograd.elsewhere`. And what a lesson prints reads as it does
there: a shape is a ``torch.Size``, a dtype is ``torch.float32``.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd.elsewhere import missing
from nn import data, functional, init, optim, parameter, sampling, utils

__all__ = ["MODULES", "RELATED", "install", "main", "unknown"]

VERSION = "2.14.0+chainrule"  # the PyTorch whose names and numbers the tests compare with, and who it is
# PyTorch's modules, each after the one that it stands in, and where their names are here.
MODULES: dict[str, Any] = {
    "torch": ag,
    "torch.accelerator": ag.accelerator,
    "torch.autograd": ag,
    "torch.autograd.function": ag,
    "torch.autograd.functional": ag.functional,
    "torch.autograd.variable": ag,
    "torch.backends": ag.backends,
    "torch.backends.cuda": ag.backends.cuda,
    "torch.backends.cudnn": ag.backends.cudnn,
    "torch.backends.mps": ag.backends.mps,
    "torch.cuda": ag.cuda,
    "torch.linalg": ag.linalg,
    "torch.nn": nn,
    "torch.nn.functional": functional,
    "torch.nn.init": init,
    "torch.nn.modules": nn,
    "torch.nn.parameter": parameter,
    "torch.nn.utils": utils,
    "torch.optim": optim,
    "torch.optim.lr_scheduler": optim.lr_scheduler,
    "torch.optim.optimizer": optim.optimizer,
    "torch.random": ag.random,
    "torch.utils": utils,
    "torch.utils.data": data,
    "torch.utils.data.dataloader": data,
    "torch.utils.data.dataset": data,
    "torch.utils.data.sampler": sampling,
}
_TRAINED = "nn.fit trains a network, with metrics, early stopping and a history"
# Packages that are built on PyTorch itself: they would find names missing somewhere in the middle.
RELATED = {
    "torchvision": "a data set of pictures is a tensor of each, in an nn.data.TensorDataset",
    "torchaudio": "a data set of sounds is a tensor of each, in an nn.data.TensorDataset",
    "torchtext": "words become whole numbers by a dict, and those vectors by nn.Embedding",
    "torchmetrics": "a metric is a function of outputs and targets, as nn.fit takes it",
    "torchsummary": "autograd.summary(net, shape) shows the layers of a network",
    "torchinfo": "autograd.summary(net, shape) shows the layers of a network",
    "torchviz": "autograd.draw(loss) draws the graph",
    "pytorch_lightning": _TRAINED,
    "lightning": _TRAINED,
}


def _refusal(module: str, name: str) -> AttributeError:
    """The error for a name that is not in one of the modules above, as they call it there."""
    return missing(f"module {getattr(MODULES[module], '__name__', module)!r}", name, f"module {module!r}")


def _unrelated(package: str) -> str:
    return f"{package} is built on PyTorch, and does not run on this library; {RELATED[package]}"


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and makes the modules, and refuses others by an ImportError that says what an attribute's error would say."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname in MODULES:  # a package each: then `from torch.nn import Conv2d` asks here for what it does not find
            return importlib.machinery.ModuleSpec(fullname, self, origin="chainrule", is_package=True)
        owner, _, name = fullname.rpartition(".")
        if owner in MODULES:
            raise ModuleNotFoundError(str(_refusal(owner, name)))
        if fullname in RELATED:
            raise ModuleNotFoundError(_unrelated(fullname))
        return None

    def exec_module(self, module: ModuleType) -> None:
        name, room, own = module.__name__, MODULES[module.__name__], vars(module)

        def get(asked: str) -> Any:
            """What a room makes when it is asked for, such as `autograd.compile`; but no other room, nor what is private."""
            if asked.startswith("_") or isinstance(found := getattr(room, asked, room), ModuleType) or found is room:
                raise _refusal(name, asked)
            return _named(found)

        there = getattr(room, "__all__", ())
        own.update({n: _named(thing) for n, thing in vars(room).items() if n in there and not isinstance(thing, ModuleType)})
        own.update(__doc__=room.__doc__, __getattr__=get)
        if name == "torch":
            own.update(dtype=dtype, __version__=VERSION)
        for child in MODULES:
            if child.rpartition(".")[0] == name:
                importlib.import_module(child)


class dtype:  # noqa: N801 - PyTorch's name
    """A dtype as programs of PyTorch's have it: it is equal to numpy's, which this library has, and is taken wherever one is.

    >>> with install(instead=True):
    ...     import torch
    ...     torch.float32, torch.float32 == ag.float32, torch.float32.is_floating_point, torch.ones(2, dtype=torch.int64)
    (torch.float32, True, True, tensor([1, 1]))
    """

    is_complex = False

    def __init__(self, numpys: Any) -> None:
        self.dtype = numpys  # where numpy looks for it

    def __eq__(self, other: object) -> bool:
        return bool(self.dtype == other)

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"torch.{self.dtype}"

    @property
    def is_floating_point(self) -> bool:
        return self.dtype.kind == "f"

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize


_DTYPES = {kind: dtype(kind) for kind in vars(ag).values() if isinstance(kind, np.dtype)}


def _named(thing: Any) -> Any:
    return _DTYPES[thing] if isinstance(thing, np.dtype) else thing


def _dtype_of_tensor(t: Any, own: Any = ag.Tensor.dtype.fget) -> Any:
    """The library itself, which asks as well, goes on with numpy's."""
    asks = sys._getframe(1).f_globals.get("__name__", "")
    return own(t) if asks.partition(".")[0] in ("autograd", "nn") else _named(own(t))


def _repr_of_size(size: Any) -> str:
    return f"torch.Size({[*size]})"


def _repr_of_tensor(t: Any, own: Any = ag.Tensor.__repr__) -> str:
    return re.sub(r"\bdtype=(?=[a-z])", "dtype=torch.", own(t))


# How PyTorch writes what has a shorter name here.
_WRITTEN: list[tuple[type, str, Any]] = [
    (ag.Size, "__repr__", _repr_of_size),
    (ag.Tensor, "__repr__", _repr_of_tensor),
    (ag.Tensor, "dtype", property(_dtype_of_tensor)),
]


def _is_torch(name: str) -> bool:
    return name.partition(".")[0] == "torch"


def _is_installed() -> bool:
    """Is there another torch? A folder of that name, without an ``__init__.py``, is none."""
    return "torch" in sys.modules or ((spec := importlib.util.find_spec("torch")) is not None and spec.has_location)


def install(instead: bool = False) -> ExitStack:
    """From here on ``import torch`` and its kin mean this library, in this process.

    What it returns undoes it, by ``close()`` or at the end of a ``with`` block; where it was so before, nothing is done or undone.
    Raises ImportError where a PyTorch is installed, unless this library is to stand ``instead`` of it.

    >>> with install(instead=True):
    ...     import torch
    ...     from torch.nn import functional as F
    >>> torch.tanh is ag.tanh, F is not nn.functional, F.relu is nn.functional.relu
    (True, True, True)
    >>> torch.fft
    Traceback (most recent call last):
    AttributeError: module 'torch' has no attribute 'fft'; Fourier transforms, sparse tensors and many devices are left to PyTorch
    """
    with ExitStack() as undo:
        if getattr(sys.modules.get("torch"), "__version__", None) == VERSION:
            return undo
        if not instead and _is_installed():
            raise ImportError(
                "there is a torch installed here, and this library does not take its place unasked: import torch without nn.as_torch, "
                "or ask, by python -m nn.as_torch --instead, or nn.as_torch.install(instead=True) before import torch"
            )
        finder, aside = _Finder(), {name: sys.modules.pop(name) for name in [*sys.modules] if _is_torch(name)}

        @undo.callback
        def remove() -> None:
            sys.meta_path.remove(finder)
            for name in filter(_is_torch, [*sys.modules]):
                del sys.modules[name]
            sys.modules.update(aside)

        for kind, name, written in _WRITTEN:
            undo.callback(setattr, kind, name, getattr(kind, name))
            setattr(kind, name, written)
        sys.meta_path.insert(0, finder)
        importlib.import_module("torch")
        return undo.pop_all()


def __getattr__(name: str) -> Any:
    if name == "torch":
        install()
        return sys.modules["torch"]
    raise missing(f"module {__name__!r}", name)


def unknown(path: str | os.PathLike[str]) -> list[str]:
    """What a script or a notebook takes from PyTorch and is not here, a sentence each, after its file and line; nothing is run.

    Names are followed from where they are imported (``import torch.nn.functional as F``) to where they stand in the text (``F.conv2d``),
    also in places that a run would never come to. What is asked of tensors, layers and other objects is seen only when it runs.
    Raises SyntaxError for what is no Python, ValueError for what is no notebook or no text, OSError for a file that cannot be read.
    """
    text, places = _read(Path(path))
    with install(instead=True):
        found = {*_refusals(ast.parse(text, os.fspath(path)), {})}
    return [f"{path}:{places.get(line, line)}: {refused}" for line, refused in sorted(found)]


def _read(path: Path) -> tuple[str, dict[int, str]]:
    """The Python in a file, and the cell and line there of each line, where it is a notebook."""
    if path.suffix != ".ipynb":
        with tokenize.open(path) as file:
            return file.read(), {}
    lines: list[str] = []
    places: dict[int, str] = {}
    book = json.loads(path.read_text("utf-8"))
    if not isinstance(book, dict) or "cells" not in book:
        raise ValueError(f"{path} is no notebook of today's format: it has no cells")
    for n, cell in enumerate(book["cells"], 1):
        if cell["cell_type"] == "code" and not (code := "".join(cell["source"])).startswith("%%"):
            for i, line in enumerate(code.splitlines(), 1):
                lines.append("pass" if line.startswith(("%", "!")) else line)
                places[len(lines)] = f"cell {n}:{i}"
    return "\n".join(lines), places


def _refused(name: str) -> str | None:
    """Why a dotted name cannot be had, as far as it leads through modules."""
    if (head := name.partition(".")[0]) in RELATED:
        return _unrelated(head)
    thing: Any = sys.modules[head]
    for part in name.split(".")[1:]:
        if not (isinstance(thing, ModuleType) and thing.__name__ in MODULES):
            return None
        try:
            thing = getattr(thing, part)
        except AttributeError as error:
            return str(error)
    return None


Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def _inside(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, each before its children, and the scopes directly within it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, Scope):
            yield from _inside(node)


def _refusals(scope: ast.AST, outer: dict[str, str]) -> Iterator[tuple[int, str]]:
    """The lines of a scope, and of those within it, that ask for what is refused; ``outer`` has the full names of what was imported."""
    own: dict[str, str] = {}
    shadowed, chained = set(), set()
    for node in _inside(scope):
        wanted: list[tuple[str, str, str]] = []  # what an import asks for, the name it binds, and what to
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                shadowed.add(name)
            case ast.Import(names=aliases):
                wanted = [(a.name, a.asname or a.name.partition(".")[0], a.name if a.asname else a.name.partition(".")[0]) for a in aliases]
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                wanted = [(module if a.name == "*" else f"{module}.{a.name}", a.asname or a.name, f"{module}.{a.name}") for a in aliases]
        for full, name, bound in wanted:
            if not (_is_torch(full) or full.partition(".")[0] in RELATED):
                shadowed.add(name)
            elif (refused := _refused(full)) is None:
                own[name] = bound
            else:
                yield node.lineno, refused  # type: ignore[attr-defined]
    names = {name: full for name, full in outer.items() if name not in shadowed} | own
    for node in _inside(scope):
        if isinstance(node, Scope):
            yield from _refusals(node, names)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node not in chained:
            parts, below = [node.attr], node.value
            while isinstance(below, ast.Attribute):
                chained.add(below)
                parts.append(below.attr)
                below = below.value
            if isinstance(below, ast.Name) and below.id in names:
                if (refused := _refused(".".join([names[below.id], *reversed(parts)]))) is not None:
                    yield node.lineno, refused


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 1 where the script fails or names are missing, 2 where it cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m nn.as_torch", description="Runs a script written for PyTorch on this library.")
    parser.add_argument("--check", action="store_true", help="say what it takes from PyTorch and is not here, and do not run it")
    parser.add_argument("--instead", action="store_true", help="also where a PyTorch is installed, in its place")
    parser.add_argument("script", help="a file of Python; to be checked, a notebook as well")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="what the script is given; with --check, more files to be checked")
    given = parser.parse_args(argv)
    try:
        if given.check:
            found = [sentence for path in (given.script, *given.args) for sentence in unknown(path)]
            print(*found or ["all that is taken from PyTorch by name is here"], sep="\n")
            return int(bool(found))
        if given.script.endswith(".ipynb"):
            raise ImportError("a notebook is run by Jupyter; let its first line be: from nn.as_torch import torch")
        source = Path(given.script).read_bytes()
        install(given.instead)
    except (ImportError, OSError, SyntaxError, ValueError) as error:
        print(f"python -m nn.as_torch: {error}", file=sys.stderr)
        return 2
    return _run(source, given.script, given.args)


def _run(source: bytes, script: str, args: list[str]) -> int:
    """Do what ``python script args`` does: the names, the paths and, where it fails, the traceback are the script's own."""
    path = os.path.abspath(script)
    module = ModuleType("__main__")
    vars(module).update(__file__=path, __builtins__=builtins)
    sys.modules["__main__"], sys.argv, sys.path[0] = module, [script, *args], os.path.dirname(os.path.realpath(path))
    try:
        exec(compile(source, path, "exec", dont_inherit=True), vars(module))
    except Exception as error:
        _report(error)
        return 1
    except KeyboardInterrupt as error:
        _report(error)
        return 130
    return 0


def _report(error: BaseException) -> None:
    """Show an error as the interpreter does, or as the script has told it to, without the line above."""
    trace = error.__traceback__ and error.__traceback__.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)


if __name__ == "__main__":
    from nn.as_torch import main as of_the_module  # not this copy, which is called __main__: there is one state

    sys.exit(of_the_module())
