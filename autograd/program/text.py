"""A recorded graph as straight-line Python: what was computed, one line an operation, then the backward pass in reverse.

It is what a teacher would write on the board, and it runs when pasted and gives the same numbers: every line is what a row or
its rule gives for symbols instead of numbers.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
import unicodedata
from collections import ChainMap
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

import autograd
from autograd.core.node import Node, NoGradient, Op, leaf
from autograd.core.notes import user_frame
from autograd.core.symbols import ATOM, Python, is_long, literal
from autograd.errors import flag_of, int_of
from autograd.faces.bridge import item, pack, scalars
from autograd.faces.value import Value
from autograd.faces.versions import Changed
from autograd.ops import elementwise, moves, products, reduce
from autograd.program.formulas import Seen, as_symbols, fitted
from autograd.program.reading import Reading, read
from autograd.program.steps import Program
from autograd.program.words import shape, shape_of

__all__ = ["Listing", "listing"]


class Listing(str):
    """The text of a listing. ``given`` has what is too long to stand in it, by name: ``exec(text, dict(text.given))`` runs it."""

    given: dict[str, Any]

    def __repr__(self) -> str:
        return str(self)


def listing(outputs: Any, *, names: Any = None, precision: int | None = None, backward: bool = True) -> Listing:
    """The graph that led to ``outputs`` (Values or Tensors) as Python that runs when pasted and gives the same numbers.

    Leaves come first, then a line for each operation, then the backward pass: ``d_x`` is the derivative of the output (of
    the sum of several) with respect to ``x``. Names are those of ``names`` (as in `draw`), labels, and variables of the calling
    program, made Python's; ``v7`` is the node with number 7. What has more than 64 entries is not written out: a comment says that
    it is to be given, and ``.given`` of the text has it. ``precision`` rounds the leaves to so many significant digits. Lines are
    tried with the recorded numbers, so that a listing takes about as long as what it lists.

    Raises RuntimeError where ``outputs`` do not require grad, a backward released the values (``retain_graph=True`` keeps them),
    or one was changed since; ValueError for outputs of more than one entry, unless ``backward=False``.

    >>> from autograd import Value
    >>> w, x = Value(3.0, label="w"), Value(0.5, label="x")
    >>> listing(w * x + x)
    # forward
    w = 3.0
    x = 0.5
    v2 = w * x  # 1.5
    v3 = v2 + x  # 2
    <BLANKLINE>
    # backward: d_x is the derivative of v3 with respect to x; where x was used more than once, it adds up
    d_v3 = 1.0
    d_v2 = d_v3  # through +
    d_x = d_v3
    d_w = d_v2 * x  # through *
    d_x += d_v2 * w
    """
    precision = None if precision is None else int_of(precision, "listing: precision", 1)
    backward = flag_of(backward, "listing: backward")
    reading = read(outputs, names, what="listing", fold=False, frame=user_frame(2))
    for n in reading.nodes:
        if not n.is_leaf:
            _unchanged(n)
    writer = _Writer(reading, precision)
    writer.forward()
    if backward:
        writer.backward()
    return writer.text()


def _unchanged(n: Node) -> None:
    """Raise RuntimeError where the saved tensors of ``n`` were released, or changed in place without being kept."""
    z, args = n.saved(False)
    for a in (z, *args):
        if isinstance(a, Changed) and not a.kept:
            a.refuse()


# Names.
_ROOMS = (autograd, elementwise, moves, reduce, products)  # where the functions in a listing come from
_TAKEN = {*keyword.kwlist, *dir(builtins), *autograd.__all__, "ag", "np", "put_"}  # names that mean something else


class _Rows(Python):
    """Writes calls of rows where Python's floats would raise an error, as in 1 / 0."""

    def infix(self, op: Op, a: Any, b: Any) -> Any:
        if op.infix in ("/", "//", "%", "**"):
            return self.call("ag.pow" if op.infix == "**" else op.public, a, b)
        return super().infix(op, a, b)


class _Names:
    """Gives each thing a name of its own that Python takes."""

    def __init__(self) -> None:
        self.taken = set(_TAKEN)
        self.next: dict[str, int] = {}

    def new(self, wanted: str) -> str:
        name = wanted
        if name in _TAKEN:
            name = wanted = f"{wanted}_"
        while name in self.taken:
            self.next[wanted] = self.next.get(wanted, 1) + 1
            name = f"{wanted}_{self.next[wanted]}"
        self.taken.add(name)
        return name


def _identifier(name: str) -> str:
    """What of a name can stand in Python: ``fc1_weight`` for ``fc1.weight``, ``weight_0`` for ``0.weight``; maybe nothing.

    >>> _identifier("fc1.weight"), _identifier("0.weight"), _identifier("∂L/∂w₁"), _identifier("{}")
    ('fc1_weight', 'weight_0', 'L_w1', '')
    """
    plain = "".join(c if f"a{c}".isidentifier() else " " for c in unicodedata.normalize("NFKC", name[:60]))
    words = "_".join(plain.split()).strip("_")
    digits = re.match(r"[\d_]*", words)
    assert digits is not None
    rest = words[digits.end() :]
    found = f"{rest}_{digits[0].strip('_')}" if rest and digits[0] else rest
    return found if found.isidentifier() else ""


def _plain(text: str) -> str:
    """One line for a comment."""
    return "".join(c if c.isprintable() else " " for c in text[:60])


def _described(thing: Any) -> str:
    return f"the operation {_plain(thing.name)}" if isinstance(thing, Op) else f"{thing.dtype} array of shape {shape(thing.shape)}"


class _Writer:
    """Writes the lines of one listing."""

    def __init__(self, reading: Reading, precision: int | None) -> None:
        self.reading, self.precision = reading, precision
        self.lines: list[str] = []
        self.given: dict[str, Any] = {}  # what is not written out, by name
        self.known: dict[int, str] = {}  # its names, by id
        self.scope: dict[str, Any] = {
            **{name: thing for room in reversed(_ROOMS) for name, thing in vars(room).items()},
            "ag": autograd,
            "np": np,
        }
        self.slopes: dict[Node, str] = {}  # the names of the gradients so far
        self.separate: set[Node] = set()  # those that may be added to in place: no other name has their array
        self.added = False
        self.symbols = lru_cache(2)(lambda n: as_symbols(n, self.names, self.hold))  # asked for once for each argument
        self.numbers = lru_cache(2)(self.recorded)
        self.unique = _Names()
        self.names: dict[Node, str] = {}
        for n in reading.nodes:
            if name := _identifier(reading.name(n)):
                self.names[n] = self.unique.new(name)
        for n in reading.nodes:
            if n not in self.names:
                self.names[n] = self.unique.new(f"v{reading.number[n]}")

    def text(self) -> Listing:
        """All of it, below the imports that its lines need."""
        head = [f"# {name}: {_described(thing)}, to be given" for name, thing in self.given.items()]
        code = "\n".join(line.split("  #")[0] for line in self.lines)
        called = set(re.findall(r"(?<![\w.])(\w+)\(", code)) - set(self.given) - set(dir(builtins))
        prefixes = set(re.findall(r"(?<![\w.])(np|ag)\.", code))
        imports = ["import numpy as np"] * ("np" in prefixes) + ["import autograd as ag"] * ("ag" in prefixes)
        for room in _ROOMS:
            found = sorted(name for name in called if hasattr(room, name))
            called -= set(found)
            if found:
                imports.append(f"from {room.__name__} import {', '.join(found)}")
        out = Listing("\n\n".join("\n".join(block) for block in (head, imports, self.lines) if block))
        out.given = self.given
        return out

    def line(self, text: str, comment: str = "") -> None:
        self.lines.append(f"{text}  # {comment}" if comment else text)

    def hold(self, thing: Any, name: str = "index") -> str:
        """The name of what is not written out."""
        if id(thing) not in self.known:
            self.known[id(thing)] = name = self.unique.new(name)
            self.given[name] = self.scope[name] = thing
        return self.known[id(thing)]

    # Forward.
    def forward(self) -> None:
        self.line("# forward")
        program = Program(self.reading.roots)
        for n in program.inputs:
            if is_long(n.raw):
                self.given[self.names[n]] = n.raw
            else:
                self.line(f"{self.names[n]} = {literal(n.raw, self.precision)}")
        for step in program.steps:
            n = step.node
            self.line(f"{self.names[n]} = {self.computed(n)}", shape(shape_of(n)) or f"{float(n.raw):.4g}")

    def computed(self, n: Any) -> str:
        """How ``n`` came about."""
        args = self.cast(n, self.symbols(n)[1])
        if n.op.across or _steady(n):
            return str(Seen.made(n.op, args))
        scope = self.numbers(n)
        try:
            text, binds, value = self.tried(Seen.made(n.op, args), scope)
            if not n.op.tabled and not np.array_equal(np.asarray(value, np.asarray(n.raw).dtype), n.raw, equal_nan=True):
                raise ValueError
        except Exception:
            if n.op.tabled:
                raise
            text = Python().call(self.hold(n.op, _identifier(n.op.name) or "row"), *args)  # a user's row that takes no symbols
            binds, value = ATOM, eval(text, self.scope, scope)
        return self.kept(text, binds, value, n)[0]

    def cast(self, n: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Elementwise operands in the dtype of the result, where numpy would widen them: a 0-d float64 beside float32."""
        if isinstance(n, Value) or not n.op.entrywise:
            return args
        return tuple(
            moves.cast_(a, n.dtype) if isinstance(a, Seen) and not np.can_cast(getattr(a, "dtype", n.dtype), n.dtype) else a for a in args
        )

    # Lines are evaluated with the recorded numbers, which tells their dtypes and shapes, and what Python refuses.
    def recorded(self, n: Node) -> dict[str, Any]:
        """The recorded numbers by their names."""
        return {self.names[a]: a.raw for a in (n, *n.args) if isinstance(a, Node)}

    def tried(self, s: Any, scope: Mapping[str, Any]) -> tuple[str, int, Any]:
        """What is written, how tightly it binds, and its value: with operators, or with calls of rows where Python's floats raise."""
        with np.errstate(all="ignore"):
            try:
                text, binds = Python().of(s)
                value = eval(text, self.scope, scope)
                if not isinstance(value, complex):  # (-8.0) ** 0.5
                    return text, binds, value
            except (ArithmeticError, ValueError):
                pass
            text, binds = _Rows().of(s)
            return text, binds, eval(text, self.scope, scope)

    def kept(self, text: str, binds: int, value: Any, n: Any) -> tuple[str, int]:
        """``text``, which gives ``value``, cast to what ``n`` holds: a float, or an array of its shape and dtype."""
        if isinstance(n, Value):
            return (text, binds) if value.__class__ in (float, int) else (f"float({text})", ATOM)
        if not isinstance(value, np.ndarray | np.generic):
            text, binds, value = f"np.{n.dtype.name}({text})", ATOM, n.dtype.type(value)
        whole = Seen.made(Op("", lambda: value, write=lambda p: (text, binds)), ())
        kept = fitted(whole, n)
        return (text, binds) if kept is whole else Python().of(kept)

    # Backward.
    def backward(self) -> None:
        for n in self.reading.roots:
            if n.op is None:
                raise RuntimeError(
                    f"listing: {n!r} does not require grad and was not recorded, so it has no backward pass; pass backward=False, "
                    "or build it from a Value or a tensor with requires_grad=True"
                )
            if np.size(n.raw) != 1:
                raise ValueError(
                    f"listing: a backward pass starts from one number, got an output of shape {np.shape(n.raw)}; list its .sum() "
                    "or .mean(), or pass backward=False"
                )
        total = " + ".join(self.names[n] for n in self.reading.roots)
        self.line("")
        head = len(self.lines)
        self.line(f"# backward: d_x is the derivative of {total} with respect to x")
        for n in self.reading.roots:
            self.add(n, *_one(n))
        wanted = _wanted(self.reading.nodes)
        for n in reversed(self.reading.nodes):
            if n in self.slopes and n.op is not None and not n.is_leaf:
                comment = f"through {_plain(n.op.name)}"
                for i, a in n.takes():
                    if a in wanted:
                        self.flow(n, i, a, comment)
                        comment = ""
        if self.added:
            self.lines[head] += "; where x was used more than once, it adds up"

    def flow(self, n: Any, i: int, a: Any, comment: str) -> None:
        """The line for what flows from ``n`` into its argument ``a``."""
        slope = self.slopes[n]
        if n.op is pack:
            self.add(a, f"{slope}.item({i - 2})", True, comment)
        elif n.op is scalars:
            self.add(a, str(fitted(Seen(slope, np.zeros(a.raw.size)).reshape(a.shape), a)), False, comment)
        elif n.op is item:
            if a not in self.slopes:
                self.add(a, f"np.zeros({a.raw.size})", True)
            self.line(f"{self.slopes[a]}[{n.args[1]}] += {slope}", comment)
        else:
            try:
                text, binds = self.product(n, i, a, slope)
            except NoGradient:
                return
            self.add(a, text, isinstance(a, Value) or binds != ATOM, comment)

    def product(self, n: Any, i: int, a: Any, slope: str) -> tuple[str, int]:
        """What flows, as the rule of the row says."""
        one = 1.0 if isinstance(n, Value) else np.ones(n.shape, n.dtype)
        try:
            z, args = self.symbols(n)
            s = n.op.vjp(i, Seen(slope, one), z, args)
            if _steady(n):
                return Python().of(s)
            text, binds, value = self.tried(s, ChainMap({slope: one}, self.numbers(n)))
        except Exception:  # a user's rule may raise anything for symbols
            row = self.hold(n.op, _identifier(n.op.name) or "row")
            z, args = self.symbols(n)
            text = Python().call(f"{row}.vjp", i, Seen(slope), z, args)
            binds, value = ATOM, eval(text, self.scope, ChainMap({slope: one}, self.numbers(n)))
        return self.kept(text, binds, value, a)

    def add(self, a: Any, text: str, separate: bool, comment: str = "") -> None:
        """The line that gives ``text`` to the gradient of ``a``: the first one makes it, further ones add to it.

        ``separate``: does it make a number, or an array of its own?
        """
        if a not in self.slopes:
            self.slopes[a] = name = self.unique.new(f"d_{self.names[a]}")
            self.line(f"{name} = {text}", comment)
            if separate:
                self.separate.add(a)
            return
        self.added = True
        name = self.slopes[a]
        if a in self.separate:
            self.line(f"{name} += {text}", comment)
        else:
            self.line(f"{name} = {name} + {text}", comment)
            self.separate.add(a)


def _one(n: Any) -> tuple[str, bool]:
    if isinstance(n, Value):
        return "1.0", True
    return f"np.ones({n.shape}, dtype=np.{n.dtype.name})" if n.shape else f"np.{n.dtype.name}(1.0)", True


def _steady(n: Any) -> bool:
    """Was it computed by a scalar kernel, and is nothing about it infinite? Then Python's operators do not raise."""
    return isinstance(n, Value) and bool(n.partials) and all(map(math.isfinite, (n.raw, *n.partials.values())))


def _wanted(nodes: list[Node]) -> set[Node]:
    """The nodes through which a gradient reaches a leaf."""
    found: set[Node] = set()
    for n in nodes:
        if n.op is leaf or any(a in found for _, a in n.takes()):
            found.add(n)
    return found
