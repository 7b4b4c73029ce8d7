"""A compiled function of few Values as one Python function of plain floats: what eager computes, in its order, without the nodes.

Each operation is a line, written as the kernel of its row is (`faces.kernels`); a gradient is the sum of what flows into it, in the order
of the walk. So the bits are those of eager. Where a line raises, as 1 / 0 does, nothing was changed yet, and the call runs eagerly. A line
takes a tenth of the time of a node with its part of the walk, or less, but Python needs as long as some ten nodes to compile it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.compiling.names import Names
from autograd.compiling.program import UnfitError, code_of
from autograd.compiling.scalars import NotScalarsError, check
from autograd.compiling.values import LevelProgram, Taken, ValueProgram
from autograd.compiling.watching import Recorder
from autograd.core.hooks import HOOKED, is_hooked
from autograd.core.node import Node, Op, leaf
from autograd.core.symbols import BINDS, COMPARE, SIGN, TIMES, Symbol
from autograd.core.walk import grad, walking
from autograd.faces.kernels import Code, called
from autograd.ops import elementwise
from autograd.ops.elementwise import add, div, mul, neg, sub, where
from autograd.ops.table import ELEMENTWISE

__all__ = ["FloatProgram", "Lines", "ordered", "program_of_values"]

_FEW = 200  # operations for which steps of numpy are not tried
_ALIKE = 100  # operations in a step of numpy, below which lines are faster
_MANY = 5000  # operations that take too long to compile
_LEAST = 10  # operations without a backward, or of many those in a step of numpy, below which eager is as fast
_LONG = 40  # terms of a sum in one line: Python's compiler nests them
_EXACT = {add, sub, mul, div, neg, where, *(getattr(elementwise, name) for name in ("lt", "le", "gt", "ge", "eq", "ne"))}


_WRITTEN = {op.public for op in (add, sub, mul, div, neg)}  # by their signs alone


class _Exactly(Code):
    """Writes what a rule gives so that it is computed in the order of the rule: ``a * (b * c)`` keeps its brackets."""

    def infix(self, op: Op, a: Any, b: Any) -> Any:
        sign, binds = op.infix, BINDS[op.infix or ""]
        return super().infix(op, a, b) if binds == COMPARE else (f"{self(a, binds)} {sign} {self(b, binds - 1)}", binds)


@lru_cache(maxsize=4096)
def _flow(op: Op, i: int, kernel: bool, binds: int, args: tuple[Any, ...]) -> str | None:
    """What flows into argument ``i``, as a text with places for ``{g}``, the result ``{z}`` and the arguments that are None.

    Of a kernel, the partial that it stores. Else what the rule gives, where floats give the same bits as numpy's; None: they may not.
    """
    if not op.tabled:
        return None
    symbols = [Symbol(f"{{{name}}}") if a is None else a for name, a in zip("abc", args)]
    d = op.vjp(i, 1 if kernel else Symbol("{g}"), Symbol("{z}"), symbols)
    return Code().partial(d, binds) if kernel else _Exactly("0.0").partial(d, binds) if _is_exact(d) else None


def _is_exact(d: Any) -> bool:
    return not isinstance(d, Symbol) or d.op is None or (d.op in _EXACT and all(map(_is_exact, d.x)))


def _called_with(op: Op, i: int) -> Callable[..., float]:
    """The rule for argument ``i``, called as eager calls it."""

    def flow(g: float, z: float, *args: Any) -> float:
        return float(op.vjp(i, g, np.float64(z), [np.float64(a) if a.__class__ is float else a for a in args]))

    return flow


def ordered(root: Any, ends: Container[Any], most: int) -> list[Any]:
    """What ``root`` is computed by from ``ends`` on, as a walk sorts it (see `core.walk`): arguments before results.

    It ends early where there are more than ``most`` operations.
    """
    order: dict[Any, None] = {}
    opened: set[Any] = set()
    stack, left = [root], most
    while stack and left >= 0:
        n = stack[-1]
        if n in opened:
            stack.pop()
            if n not in order:
                order[n] = None
                left -= n not in ends
        else:
            opened.add(n)
            if n not in ends:
                stack += [a for a in n.args if isinstance(a, Node) and a.op is not None and a not in opened]
    return [*order]


class Lines:
    """What was recorded between ``inputs``, Values with names for their numbers, and results, as lines of Python.

    What does not depend on them is a constant. Raises NotScalarsError for what cannot be repeated (see `Levels`).

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(3.0)
    >>> z = (x * y + 1).tanh()
    >>> lines = Lines(Names(), {x: "x", y: "y"})
    >>> order = ordered(z, {x, y}, 100)
    >>> lines.forward(order)
    >>> found = lines.backward(z, "g", order)
    >>> print(*lines.lines, sep="\\n")
    mul = x * y
    add = mul + 1.0
    tanh_2 = tanh(add)
    d_add = g * (1 - tanh_2 * tanh_2)
    d_x = d_add * y
    d_y = d_add * x
    >>> found[x], found[y]
    ('d_x', 'd_y')
    """

    def __init__(self, names: Names, inputs: dict[Any, str]) -> None:
        self.names = names
        functions = called() | {"np": np, "number": float}
        names.namespace |= functions
        names.taken |= {*functions, "float"} - _WRITTEN
        self.recording: dict[str, Any] = {r.public: r for r in ELEMENTWISE.values()} | {"number": _itself}  # where nodes flow
        self.inputs = {v: names.name(wanted) for v, wanted in inputs.items()}
        self.texts: dict[Any, Any] = {**self.inputs}  # the name of each number; constants are themselves
        self.lines: list[str] = []
        self.calls_rules = False

    # Forward.
    def forward(self, order: Sequence[Any]) -> None:
        """Write how these are computed, as far as it is not written yet."""
        for n in order:
            if n not in self.texts:
                self._line(n)

    def _line(self, n: Any) -> None:
        op, kernel = n.op, n.dx is not None or n.dy is not None
        if not kernel:
            check(n)
        args = [self._number(a) for a in n.args]
        if n.is_leaf or not any(a.__class__ is str for a in args):
            self.texts[n] = n.raw
            return
        if kernel:
            args = [a if a.__class__ is str else float(a) for a in args]
        said = [*map(self.literal, args)]
        text = f"{said[0]} {op.name} {said[1]}" if op.name in ("+", "-", "*", "/") else f"-{said[0]}" if op is neg else None
        if text is None or not op.tabled:
            text = f"{self._function(op)}({', '.join(said)})"
        if not kernel and (not op.tabled or op is where or any(a.__class__ not in (str, float) for a in args)):
            text = f"number({text})"
        self.texts[n] = self.names.name(op.public or op.name)
        self.lines.append(f"{self.texts[n]} = {text}")

    def _number(self, a: Any) -> Any:
        if isinstance(a, Node):
            if a not in self.texts:  # a constant
                check(a)
                self.texts[a] = a.raw
            return self.texts[a]
        return a

    def literal(self, a: Any) -> str:
        """A name, or a number."""
        if a.__class__ is str:
            return str(a)
        return repr(a) if a.__class__ in (int, bool) or (a.__class__ is float and math.isfinite(a)) else self.names.put("constant", a)

    def _function(self, op: Op) -> str:
        if op.tabled:
            return op.public
        name = self.names.put(op.name, op.compute)
        self.recording[name] = op
        return name

    # Backward.
    def backward(self, root: Any, seed: str, order: Sequence[Any]) -> dict[Any, str]:
        """Write the gradients of a walk from ``root``; the names of those of all nodes that it reaches."""
        terms = {root: [seed]}
        found: dict[Any, str] = {}
        for n in reversed(order):
            if n not in terms or self.texts[n].__class__ is not str:
                continue
            found[n] = g = self._sum(terms[n], f"d_{self.texts[n]}")
            if n in self.inputs:
                continue
            for i, a in enumerate(n.args):
                if isinstance(a, Node) and a.op is not None and self.texts[a].__class__ is str:
                    if (term := self._term(n, i, g)) is not None:
                        terms.setdefault(a, []).append(term)
        return found

    def _sum(self, terms: list[str], wanted: str) -> str:
        """The name of the sum, from left to right."""
        total, rest = terms[0], terms[1:]
        while rest:
            name = self.names.name(wanted)
            self.lines.append(f"{name} = {' + '.join([total, *rest[:_LONG]])}")
            total, rest = name, rest[_LONG:]
        if not _is_atom(total):
            name = self.names.name(wanted)
            self.lines.append(f"{name} = {total}")
            return name
        return total

    def _term(self, n: Any, i: int, g: str) -> str | None:
        op, kernel = n.op, n.dx is not None or n.dy is not None
        if not kernel and next(rule for k, rule in enumerate(op.rules) if k == i) is None:
            return None
        args = [self.texts[a] if isinstance(a, Node) else float(a) if kernel else a for a in n.args]
        # A rule computes with numbers as it is written down; edges are left to the replay, which may raise.
        given = [None if a.__class__ is str or not a or not math.isfinite(a) else a for a in args]
        said = [*map(self.literal, args)]
        alone = g == "1.0" or not kernel
        template = _flow(op, i, kernel, TIMES if alone else SIGN, tuple(given))
        if template is None:
            self.calls_rules = True
            name = self.names.put(f"rule_of_{op.public or op.name}", _rule_of(op, i))
            return f"{name}({', '.join([g, self.texts[n], *said])})"
        text = template.format(g=g, z=self.texts[n], **dict(zip("abc", said)))
        if alone and "ZERO" not in text:
            return text
        return g if text == "1.0" else f"-{g}" if text == "-1.0" else f"{g} * {text}"


_rule_of = lru_cache(maxsize=1024)(_called_with)


def _is_atom(text: str) -> bool:
    return text.isidentifier() or text.replace(".", "", 1).isdigit()


def _itself(x: Any) -> Any:
    return x


class FloatProgram(ValueProgram):
    """Few operations, as lines of float arithmetic; with the effects of the call on the gradients of its Values."""

    def __init__(self, recorder: Recorder, *given: Any) -> None:
        super().__init__(recorder, *given)
        self.effects = recorder.effects
        if not self.outputs and not any(weight is not None for _, weight in self.effects):
            raise UnfitError("what it returns was not computed from its Values")
        self.at = {v: source for source, v in self.known.values()}
        roots = [*self.outputs, *(z for z, weight in self.effects if weight is not None)]
        self.orders = {z: ordered(z, self.at, _MANY) for z in roots}
        within = dict.fromkeys(n for order in self.orders.values() for n in order)
        parts = dict.fromkeys(a for n in within for a in (n, *(() if n in self.at else n.args)) if isinstance(a, Node))
        self.operations = len([n for n in within if n not in self.at])
        # What is made of Values that require no gradient is a constant without a trace: then their numbers must be what they were.
        hidden = any(a.op is None and a not in self.at for a in parts)
        self.used = [v for v in self.at if v in parts and not (hidden and v.op is None)]
        self.fixed = [v for v in self.at if hidden and v.op is None]

    def uses(self) -> dict[str, Any]:
        hooks = {"HOOKED": HOOKED, "is_hooked": is_hooked, "any": any, "map": map}
        return super().uses() | hooks | {"walking": walking, "Taken": Taken, "taken": tuple.__new__}

    def write(self) -> None:
        """Make the function."""
        lines = Lines(self.names, {v: self.at[v].partition("_value")[0] for v in self.used})
        for order in self.orders.values():
            lines.forward(order)
        self.results = [lines.texts[z] for z in self.outputs]
        if any(name.__class__ is not str for name in self.results):
            raise UnfitError("what it returns was not computed from its Values")
        self.forward = [*lines.lines]
        reached: dict[Any, dict[Any, str]] = {}
        last: dict[Any, str] = {}  # the gradients that results keep
        effects = self._effects(lines, reached, last)
        body = [*(f"{name} = {self.at[v]}.raw" for v, name in lines.inputs.items()), *lines.lines]
        self.its: list[list[int]] = []  # which of the inputs each result depends on
        new = []
        for k, z in enumerate(self.outputs):
            del lines.lines[:]
            found = reached.get(z) or lines.backward(z, "g", self.orders[z])
            self.its.append([i for i, v in enumerate(self.used) if v in found])
            backward = "None"  # of one after the effects, which nobody need ask for, the lines are recorded
            if not reached:
                backward = self.names.name("backward")
                theirs = _tuple(found[self.used[i]] for i in self.its[k])
                body += ["@np.errstate(all='ignore')"] if lines.calls_rules else []
                body += [f"def {backward}(g):", *[f"    {line}" for line in lines.lines], f"    return {theirs}"]
            call = f"program, {k}, {_tuple(self.at[v] for v in self.used)}, {_tuple(lines.inputs.values())}, {backward}"
            args = _tuple([f"taken(Taken, ({call}))", *(self.at[self.used[i]] for i in self.its[k])])
            new.append(f"node({self.results[k]}, {args}, {last.get(z, 'None')}, {z.label!r})")
        body += effects
        body += [f"return {new[0]}"] if self.rebuilt == "new[0]" else [f"new = {_tuple(new)}", f"return {self.rebuilt}"]
        guards = self.guards(self.fixed, apart=True)
        if effects:  # to be called with gradients
            guards.append(f"if HOOKED and any(map(is_hooked, {_tuple(map(self.at.__getitem__, self.used))})): return MISS")
        self.source = "\n    ".join([f"def {self.row.name if self.row.name.isidentifier() else 'program'}(leaves):", *self.taking(), *body])
        self.run = self.define("replay(leaves, args=(), kwargs=None)", [*guards, *body])
        if lines.calls_rules:
            self.run = np.errstate(all="ignore")(self.run)
        self.inputs, self.recording = [*lines.inputs.values()], lines.recording
        del self.at, self.orders, self.outputs, self.effects, self.known, self.leaves, self.used, self.fixed, self.given
        self.world.values = []

    def _effects(self, lines: Lines, reached: dict[Any, dict[Any, str]], last: dict[Any, str]) -> list[str]:
        """Lines that set gradients, once all of them are computed; ``reached`` by each backward are those, ``last`` what results keep."""
        effects = []
        for z, weight in self.effects:
            if weight is None and z in self.at:
                effects.append(f"{self.at[z]}._grad = None")
            elif weight is None:
                last[z] = "None"
            else:
                reached[z] = lines.backward(z, lines.literal(weight), self.orders[z])
                for n, g in reached[z].items():
                    if n not in self.at:
                        last[n] = g
                    elif n.op is leaf:
                        at = self.at[n]
                        effects.append(f"{at}._grad = {g} if {at}._grad is None else {at}._grad + {g}")
                    else:
                        raise UnfitError("a backward through what was recorded before the call")
        if effects and any(map(is_hooked, self.used)):
            raise UnfitError("a Value has a hook")
        return ["with walking:", *[f"    {line}" for line in effects]] if effects else []

    def gradients(self, taken: Taken, g: float) -> Any:
        if taken.state is not None:
            try:
                return taken.state(g)
            except Exception:
                pass
        return [0.0 if d is None else d.raw for d in grad(taken.again(), self.arguments(taken), g, allow_unused=True)]

    def arguments(self, taken: Taken) -> Sequence[Any]:
        return [taken.inputs[i] for i in self.its[taken.which]]

    def again(self, taken: Taken) -> Sequence[Any]:
        """The same lines, where Values flow."""
        taken.check()
        names = self.names.namespace | self.recording
        source = "\n    ".join([f"def recorded({', '.join(self.inputs)}):", *self.forward, f"return {_tuple(self.results)}"])
        exec(code_of(source, self.row.name), names)
        results: Sequence[Any] = names["recorded"](*taken.inputs)
        return results


def _tuple(parts: Iterable[str]) -> str:
    inner = ", ".join(some := [*parts])
    return f"({inner}{',' * (len(some) == 1)})"


def program_of_values(recorder: Recorder, *given: Any) -> ValueProgram:
    """A program for a call that was recorded, of the kind that is faster. Raises UnfitError where neither is, or neither can be."""
    try:
        floats = FloatProgram(recorder, *given)
        if not recorder.effects and floats.operations < _LEAST:
            raise UnfitError("of so few operations eager is as fast, unless their backward is compiled, too: call it inside")
        if not recorder.effects and floats.operations > _FEW:
            levels = LevelProgram(recorder, *given)
            if levels.levels.operations > len(levels.levels.steps) * (_ALIKE if floats.operations <= _MANY else _LEAST):
                return levels
        if floats.operations > _MANY:
            few = f"of more than {_MANY} operations few are alike, so that eager is as fast"
            raise UnfitError(f"a backward of more than {_MANY} operations on Values; keep it outside" if recorder.effects else few)
        floats.write()
    except NotScalarsError as error:
        raise UnfitError(str(error)) from None
    return floats
