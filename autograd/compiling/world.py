"""What a function reads beside its arguments: globals, closure cells, attributes, elements of lists; as facts that can be looked up again.

A program repeats what Python did once, and Python may do something else where one of these has changed. So before each replay the facts are
checked; those about objects that tell of their changes (modules, tensors: see `core.watch.STRUCTURE`) only once something was rebound.
What is found is only what the code names: a global that no line reads is no fact.
"""

from __future__ import annotations

import dis
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator, MutableSequence
from functools import lru_cache, partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd.compiling.names import Names
from autograd.core.node import Node
from autograd.faces.record import Array
from autograd.faces.value import Value
from autograd.random import Generator

__all__ = ["GONE", "Facts", "UnknownError", "World", "is_ours", "is_users", "note_program", "same"]

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OURS = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep)
_LIBRARIES = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_PROGRAMS: set[str] = set()  # installed packages that have functions of their own compiled
GONE = (KeyError, IndexError, AttributeError, ValueError)  # what is raised where there is nothing any more
_REPLACED = ("forward", "step", "update")  # methods of our classes that programs replace to look at what happens
_FEW = 1000  # numbers of an array of numpy that are compared each time
_MOST = 20_000  # facts; who names more than that has a dataset in a list
# What Python itself is asked for, and what may be other at the next call.
IMPURE = frozenset({"random", "_random", "time", "secrets", "uuid", "datetime", "logging", "io", "_io", "posix", "os", "socket"})
IMPURE_BUILTINS = frozenset({"print", "input", "open", "exec", "eval", "breakpoint", "__import__"})
PLAIN = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis), type(NotImplemented), range, slice, np.dtype, np.generic)
_DRAWN = "draw them outside, or by functions of this library"


class UnknownError(Exception):
    """The function reads what cannot be looked up again, such as an iterator; and where its code does, if that is known."""

    def __init__(self, what: str, place: tuple[str, int] | None = None) -> None:
        super().__init__(what)
        self.place = place


@lru_cache(maxsize=4096)
def is_ours(file: str) -> bool:
    """Is it a file of this package or of `nn`?"""
    return os.path.abspath(file).startswith(_OURS)


@lru_cache(maxsize=4096)
def is_users(file: str) -> bool:
    """Is it neither ours nor of an installed library?"""
    path = os.path.abspath(file)
    return not is_ours(file) and not file.startswith("<frozen") and (path.startswith(tuple(_PROGRAMS)) or not path.startswith(_LIBRARIES))


def note_program(function: Any) -> None:
    """A package whose function is compiled is no library, but a program that may change, also where it is installed."""
    package = sys.modules.get(str(getattr(function, "__module__", "")).partition(".")[0])
    _PROGRAMS.update(os.path.abspath(folder) + os.sep for folder in getattr(package, "__path__", ()))
    is_users.cache_clear()


def _file_of(module: Any) -> str:
    """Where a module was read from: "" for a notebook, which has no file, and "<frozen" for what else has none."""
    return getattr(module, "__file__", None) or ("" if getattr(module, "__name__", None) == "__main__" else "<frozen")


@lru_cache(maxsize=1024)
def _globals_of(code: CodeType) -> tuple[str, ...]:
    """The names of globals that the code reads, and what is defined inside it."""
    names = dict.fromkeys(i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            names |= dict.fromkeys(_globals_of(inner))
    return tuple(names)


@lru_cache(maxsize=1024)
def _opnames(code: CodeType) -> frozenset[str]:
    return frozenset(i.opname for i in dis.get_instructions(code))


@lru_cache(maxsize=1024)
def _lines_of(code: CodeType) -> tuple[tuple[str, int], ...]:
    """The names in the code, with the lines where they stand."""
    found = ((i.argval, i.positions.lineno) for i in dis.get_instructions(code) if i.positions is not None and isinstance(i.argval, str))
    return tuple([(name, line) for name, line in found if line is not None])


def _code_of(function: FunctionType) -> Iterator[CodeType]:
    stack = [function.__code__]
    while stack:
        code = stack.pop()
        yield code
        stack += [c for c in code.co_consts if isinstance(c, CodeType)]


def same(a: Any, b: Any) -> bool:
    """Is it the same object, or the same plain number or text?"""
    if a is b:
        return True
    if type(a) is not type(b) or not isinstance(a, PLAIN) or isinstance(a, slice):
        return False
    try:
        return bool(a == b) and repr(a) == repr(b)  # 0.0 and -0.0 are equal, and NaN is not
    except Exception:  # whatever its comparison does: it is not known to be the same
        return False


class Facts:
    """Each ``get(holder, key)`` gave a value: items of dicts and lists, contents of cells, attributes, lengths."""

    def __init__(self) -> None:
        self.items: list[tuple[Callable[[Any, Any], Any], Any, Any, Any]] = []

    def add(self, get: Callable[[Any, Any], Any], holder: Any, key: Any, value: Any) -> None:
        self.items.append((get, holder, key, value))

    def source(self, names: Names) -> str:
        """All of them as one expression, which is quicker than asking one by one."""
        tests, others = [], Facts()
        for get, holder, key, value in self.items:
            h = names.put("holder", holder)
            if get is _item:
                k = repr(key) if key.__class__ in (str, int) else names.put("key", key)
                tests.append(f"{h}[{k}] is {names.put('known', value)}")
            elif get is _length:
                tests.append(f"len({h}) == {value}")
            elif get is _contents:
                tests.append(f"{h}.cell_contents is {names.put('known', value)}")
            elif get is _attribute:
                tests.append(f"{h}.{key} is {names.put('known', value)}")
            else:
                others.items.append((get, holder, key, value))
        return " and ".join([*tests, *([f"{names.put('others', others)}.hold()"] if others.items else [])])

    def hold(self) -> bool:
        """Do all of them still hold?"""
        return self.broken() is None

    def broken(self) -> tuple[Any, Any] | None:
        """Holder and key of the first that does not hold."""
        for i, (get, holder, key, value) in enumerate(self.items):
            try:
                now = get(holder, key)
            except GONE:
                return holder, key
            if now is not value:
                if not same(now, value):
                    return holder, key
                self.items[i] = get, holder, key, now
        return None


def _item(holder: Any, key: Any) -> Any:
    return holder[key]


def _length(holder: Any, _: Any) -> int:
    return len(holder)


def _bytes(holder: Any, _: Any) -> bytes:
    data: bytes = holder.tobytes()
    return data


def _contents(cell: Any, _: Any) -> Any:
    return cell.cell_contents


_attribute: Callable[[Any, Any], Any] = getattr


def _has_shape(n: Any) -> bool:
    """Not so the weight of a lazy layer before its first call."""
    try:
        return hasattr(n, "raw")
    except RuntimeError:
        return False


class World:
    """All that ``function`` can reach: facts to be checked at each replay, and facts that hold while `STRUCTURE` stands still."""

    def __init__(self, function: Any) -> None:
        self.always, self.gated = Facts(), Facts()
        self.tensors: dict[int, Any] = {}  # by the id of their arrays
        self.values: list[Any] = []
        self.names: dict[int, str] = {}  # by the id of tensors: the path to each
        self.paths: dict[int, str] = {}  # the same of what facts are read from, for who is told that one changed
        self.attributes: set[str] = set()  # the names that the code looks up in objects
        self.unsettled = False  # is there a lazy layer that learns its shape in this call?
        self.catches = False  # does the code catch errors?
        self.impure = False  # does the code name what prints, draws or tells the time?
        self.seen: dict[int, Any] = {}
        self.places: dict[str, tuple[str, int]] = {}  # where the code reads a global, by its name
        self.stack: list[tuple[Any, str]] = []
        self._visit(function, "")  # None: there is nothing to read
        while self.stack:
            self._look(*self.stack.pop())
            if len(self.always.items) + len(self.gated.items) > _MOST:
                raise UnknownError("more lists and objects than can be watched; pass data as arguments")

    def argument(self, a: Any) -> None:
        """An argument that is an object, such as a module: what it holds is part of the world."""
        if isinstance(a, Value):
            self.values.append(a)
        if not isinstance(a, Node):
            self._visit(a, "")
            while self.stack:
                self._look(*self.stack.pop())

    def changed(self) -> str | None:
        """The first fact that does not hold any more, as a text."""
        if (broken := self.always.broken() or self.gated.broken()) is None:
            return None
        holder, key = broken
        if isinstance(holder, dict) and "__builtins__" in holder:
            return f"the global {key!r}"
        where = self.paths.get(id(holder), f"a {type(holder).__name__}")
        if isinstance(holder, CellType):
            return f"the variable {where!r} of an outer function"
        return f"{key!r} of {where}" if key is not None else f"the length of {where}" if isinstance(holder, dict | list) else where

    def _visit(self, thing: Any, path: str) -> None:
        if isinstance(thing, PLAIN):
            return
        if isinstance(thing, Node) and self.names.get(id(thing), "")[:1] in ("", "_"):  # a name by which the user knows it is better
            self.names[id(thing)] = path
        if id(thing) in self.seen:
            return
        self.seen[id(thing)] = thing
        self.stack.append((thing, path))

    def _fact(self, get: Any, holder: Any, key: Any, value: Any, path: str, gated: bool = False) -> None:
        if path and key is None:
            self.paths.setdefault(id(holder), path)
        (self.gated if gated else self.always).add(get, holder, key, value)
        self._visit(value, path)

    def _look(self, thing: Any, path: str) -> None:
        self.impure = self.impure or type(thing).__module__.split(".")[0] in IMPURE
        if isinstance(thing, FunctionType | BuiltinFunctionType | type):
            self.impure = self.impure or str(thing.__module__).split(".")[0] in IMPURE or getattr(thing, "__name__", "") in IMPURE_BUILTINS
        if isinstance(thing, Node):
            self._node(thing, path)
        elif isinstance(thing, tuple | MutableSequence):
            self._many(thing, path)
        elif isinstance(thing, dict):
            if len(order := tuple(thing)) > 1:
                self.always.add(lambda d, _: tuple(d) == order, thing, None, True)
            self._mapping(thing, path)
        elif isinstance(thing, set | frozenset):
            kept = frozenset(thing)
            self.always.add(lambda s, _: frozenset(s) == kept, thing, None, True)
        elif isinstance(thing, FunctionType):
            self._function(thing, path)
        elif isinstance(thing, MethodType):
            self._visit(thing.__self__, path)
            self._visit(thing.__func__, path)
        elif isinstance(thing, partial):
            for part in (thing.func, thing.args, thing.keywords):
                self._visit(part, path)
        elif isinstance(thing, type):
            self._class(thing)
        elif isinstance(thing, ModuleType):
            pass
        elif isinstance(thing, property | staticmethod | classmethod):
            for f in (getattr(thing, name, None) for name in ("fget", "__func__")):
                self._visit(f, path)
        elif isinstance(thing, np.ndarray):
            if thing.size > _FEW:
                raise UnknownError(f"{path or 'it'} is an array of numpy, which may change; make it a tensor once, or pass it")
            self.always.add(_bytes, thing, None, thing.tobytes())
        elif isinstance(thing, BuiltinFunctionType):
            if not isinstance(thing.__self__, ModuleType | type):  # such as the `popleft` of a queue
                self._visit(thing.__self__, path)
        elif isinstance(thing, np.ufunc | Generator):
            pass
        elif type(thing).__module__.split(".")[0] in ("random", "_random") or type(thing).__module__.startswith("numpy.random"):
            raise UnknownError(f"{path or 'it'} draws random numbers that are not ours; {_DRAWN}", self.places.get(path))
        elif (inner := getattr(type(thing), "stands_for", None)) is not None:  # a compiled function is what is within
            self._fact(_attribute, thing, inner, getattr(thing, inner), path)
        elif hasattr(type(thing), "__next__"):
            raise UnknownError(f"{path or 'it'} is an iterator, and each call takes what comes next; pass that as an argument")
        else:
            self._object(thing, path)

    def _node(self, n: Any, path: str) -> None:
        if not _has_shape(n):
            self.unsettled = True
            self.always.add(lambda n, _: type(n), n, None, type(n))
        elif isinstance(n, Array):
            self.tensors.setdefault(id(n.raw), n)
            self.gated.add(_attribute, n, "raw", n.raw)
            self.gated.add(_attribute, n, "op", n.op)
        else:
            self.values.append(n)

    def _many(self, things: Any, path: str) -> None:
        if isinstance(things, tuple):
            for i, x in enumerate(things):
                self._visit(x, f"{path}_{i}")
            return
        self._fact(_length, things, None, len(things), path)
        for i, x in enumerate(things):
            self._fact(_item, things, i, x, f"{path}_{i}")

    def _mapping(self, things: dict[Any, Any], path: str, gated: bool = False) -> None:
        self._fact(_length, things, None, len(things), path, gated)
        for key, x in things.items():
            inner = f"{path}_{key}" if isinstance(key, str) and path else key if isinstance(key, str) else path
            self._fact(_item, things, key, x, inner, gated)

    def _function(self, f: FunctionType, path: str) -> None:
        if getattr(f, "is_called_again", False):
            return
        if not is_users(f.__code__.co_filename):
            if hasattr(f, "__wrapped__"):
                self._visit(f.__wrapped__, path)
            if is_ours(f.__code__.co_filename) and f.__closure__:  # such as a method that a block decorates
                for cell in f.__closure__:
                    self._cell(cell, path)
            return
        for code in _code_of(f):
            self.attributes |= {*code.co_names}
        for cell, name in zip(f.__closure__ or (), f.__code__.co_freevars):
            self._module(self._cell(cell, name), f)
        for code in _code_of(f):
            for name, line in _lines_of(code):
                self.places.setdefault(name, (code.co_filename, line))
        if "random" in self.attributes and any(getattr(g, "__name__", "") == "numpy" for g in f.__globals__.values()):
            if any(f.__globals__.get(name) is np for name in _globals_of(f.__code__)):
                raise UnknownError(f"random numbers of numpy; {_DRAWN}", self.places.get("random"))
        if any("IMPORT_NAME" in _opnames(code) for code in _code_of(f)):
            self.impure = True
        if any("CHECK_EXC_MATCH" in _opnames(code) or "suppress" in code.co_names for code in _code_of(f)):
            self.catches = True
        for name in _globals_of(f.__code__):
            if name not in f.__globals__:
                self.impure = self.impure or name in IMPURE_BUILTINS
            else:
                thing = f.__globals__[name]
                module = thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", None)
                self.impure = self.impure or str(module).split(".")[0] in IMPURE
                self._fact(_item, f.__globals__, name, f.__globals__[name], name)
                self._module(f.__globals__[name], f)
        for name in ("__defaults__", "__kwdefaults__"):
            self._fact(_attribute, f, name, getattr(f, name), path)
        self.always.add(_attribute, f, "__code__", f.__code__)
        self._mapping(vars(f), path)

    def _module(self, module: Any, f: FunctionType) -> None:
        """What the code of ``f`` reads of a module of the user's own."""
        if isinstance(module, ModuleType) and is_users(_file_of(module)):
            for name in {n for code in _code_of(f) for n in code.co_names}:
                if name in vars(module):
                    self._fact(_item, vars(module), name, vars(module)[name], name)
                    if vars(module)[name] is not module:
                        self._module(vars(module)[name], f)

    def _cell(self, cell: Any, name: str) -> Any:
        try:
            value = cell.cell_contents
        except ValueError:  # it is empty: a name that is bound later
            return None
        self._fact(_contents, cell, None, value, name)
        return value

    def _class(self, cls: type) -> None:
        for c in cls.__mro__:
            for name in _REPLACED if is_ours(_file_of(sys.modules.get(c.__module__))) else ():
                if isinstance(vars(c).get(name), FunctionType):  # a user may have put one of their own there, or do so later
                    self._fact(_attribute, c, name, vars(c)[name], name)
            if is_users(_file_of(sys.modules.get(c.__module__))):
                for name, thing in vars(c).items():
                    if isinstance(thing, FunctionType) or not name.startswith(("__", "_abc_")):
                        self.always.add(lambda d, key: d.get(key), vars(c), name, thing)
                        if not isinstance(thing, MemberDescriptorType | GetSetDescriptorType):
                            self._visit(thing, name)

    def _object(self, thing: Any, path: str) -> None:
        told = bool(getattr(type(thing), "tells_of_changes", False))  # a change of an attribute counts in STRUCTURE
        self._visit(type(thing), "")
        if told:
            self.gated.add(_attribute, thing, "__class__", type(thing))
        held = getattr(thing, "__dict__", None)
        if isinstance(held, dict):
            free: frozenset[str] = getattr(type(thing), "read_again", frozenset())
            if free:
                self._reader(thing, free)
            else:
                self.paths.setdefault(id(held), path or f"a {type(thing).__name__}")
                self._mapping(held, path, told)
        for c in type(thing).__mro__:
            slots = c.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if name != "__weakref__" and hasattr(thing, name) and is_users(_file_of(sys.modules.get(c.__module__))):
                    self._fact(_attribute, thing, name, getattr(thing, name), name)

    def _reader(self, thing: Any, free: frozenset[str]) -> None:
        """An optimiser: what it reads again in each replay, by functions that are called again, is no fact."""
        stack: list[tuple[Any, str]] = [(vars(thing), "")]
        while stack:
            held, path = stack.pop()
            if isinstance(held, dict):
                self.always.add(_length, held, None, len(held))
                for key, x in held.items():
                    if not (isinstance(key, str) and key in free):
                        self.always.add(_item, held, key, x)
                        stack.append((x, f"_{key}" if isinstance(key, str) else ""))
                        if isinstance(key, Node):
                            self._visit(key, "")
            elif isinstance(held, list):
                self.always.add(_length, held, None, len(held))
                for i, x in enumerate(held):
                    self.always.add(_item, held, i, x)
                    stack.append((x, ""))
            elif isinstance(held, Node):
                self._visit(held, path)
            elif isinstance(held, FunctionType | MethodType):
                self._visit(held, "")
