"""Compiled functions of Values: what they read, how that is checked, and the node that a result is. How they compute has two ways.

Few operations become lines of float arithmetic (`floats`), many that are alike a few steps of numpy (`scalars`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, NamedTuple

from autograd.compiling.names import Names
from autograd.compiling.program import MISS, Guarded, UnfitError, code_of, flatten
from autograd.compiling.scalars import Levels
from autograd.compiling.watching import Recorder
from autograd.compiling.world import PLAIN, World
from autograd.core.mode import enable_grad
from autograd.core.node import Node, Op, each, leaf
from autograd.core.walk import grad
from autograd.faces.value import Value
from autograd.faces.versions import CHANGES

__all__ = ["LevelProgram", "Taken", "ValueProgram"]


class _Call(NamedTuple):
    program: Any
    which: int
    inputs: Sequence[Any]
    numbers: Sequence[float]
    state: Any


class Taken(_Call):
    """One call, of which a node is the result number ``which``: the numbers of its inputs, and their gradients once a walk has asked.

    A tuple is made in a third of the time of an object that sets its attributes.
    """

    gradient: Any = None
    found: Any

    def gradients(self, g: Any) -> Any:
        """Those of the arguments of the node, where ``g`` is its own."""
        if self.gradient is not g:
            self.found = self.recorded(g) if isinstance(g, Node) else self.program.gradients(self, float(g))
            self.gradient = g
        return self.found

    def again(self) -> Any:
        """The result, recorded operation by operation."""
        with enable_grad():
            return self.program.again(self)[self.which]

    def recorded(self, g: Any) -> list[Any]:
        """The gradients as Values."""
        z = self.again()
        return [0.0 if d is None else d for d in grad(z, self.program.arguments(self), g, create_graph=True, allow_unused=True)]

    def check(self) -> None:
        """Raise where the inputs have other numbers by now."""
        if [v.raw for v in self.inputs] != [*self.numbers]:
            raise RuntimeError("the .data of a Value that a compiled function read was set since: differentiate first, or call it again")


class ValueProgram(Guarded):
    """One call of a function of Values, for arguments and a world like those it was recorded with: what they have in common."""

    pure = True  # where it fails, nothing is half done

    def __init__(
        self, recorder: Recorder, world: World, structure: int, result: Any, spec: Any, call: Any, arguments: dict[int, str]
    ) -> None:
        self.world, self.spec, self.structure, self.function = world, spec, structure, call
        self.leaves = leaves = recorder.leaves
        self.names = Names(**self.uses())
        self.names.taken |= {"args", "g", "kwargs", "leaves", "new", "replay"}  # arguments and results of what is generated
        self.known: dict[int, tuple[str, Any]] = {}  # by the id of a Value that was there before the call: its source, and itself
        self.given: dict[int, str] = {}  # the names of arguments that are Values, by the place where each comes first
        for i, v in enumerate(leaves):
            if isinstance(v, Value) and id(v) not in self.known:
                self.given[i] = self.names.name(f"{arguments.get(i, 'x')}_value")
                self.known[id(v)] = self.given[i], v
        for v in world.values:
            if id(v) not in self.known:
                self.known[id(v)] = self.names.put(f"{world.names.get(id(v)) or 'a'}_value", v), v
        self.outputs: list[Any] = []
        self.rebuilt = self._returned(result)
        self.row = Op(getattr(call, "__name__", type(call).__name__), _not_computed, each(_rule))
        self.row.unfold, self.row.at_once = _unfold, _at_once

    def uses(self) -> dict[str, Any]:
        return super().uses() | {"Value": Value, "node": self.node}

    def _returned(self, result: Any) -> str:
        """The source of what is returned, of ``new`` results; each of these is appended to ``outputs``."""
        if isinstance(result, Value):
            if result.is_leaf and id(result) in self.known:
                return self.known[id(result)][0]
            if result.is_leaf or id(result) in self.known:
                raise UnfitError("what it returns was not computed from its Values")
            if not any(result is z for z in self.outputs):
                self.outputs.append(result)
            return f"new[{next(k for k, z in enumerate(self.outputs) if z is result)}]"
        if isinstance(result, PLAIN):
            return self.names.put("known", result)
        if result.__class__ in (tuple, list):
            inner = ", ".join([self._returned(x) for x in result])
            return f"[{inner}]" if result.__class__ is list else f"({inner}{',' * (len(result) == 1)})"
        if result.__class__ is dict:
            return "{" + ", ".join([f"{self.names.put('key', k)}: {self._returned(x)}" for k, x in result.items()]) + "}"
        raise UnfitError(f"a {type(result).__name__} is returned")

    def guards(self, fixed: Sequence[Any], apart: bool) -> list[str]:
        """Lines that name the arguments, and return MISS where something is not as it was.

        Of the Values ``fixed``, the numbers are what they were. ``apart``: Values that require a gradient, and were not one Value, are not.
        """
        put = self.names.put
        tests: list[str] = []
        for i, a in enumerate(self.leaves):
            if not isinstance(a, Value) or id(a) in self.world.seen:
                tests.append(f"(leaves[{i}] is {(given := put('given', a))} or same(leaves[{i}], {given}))")
            elif i in self.given:
                tests.append(f"{self.given[i]}.__class__ is {put(type(a).__name__, type(a))}")
            else:
                tests.append(f"leaves[{i}] is {self.known[id(a)][0]}")
        for at, v in self.known.values():  # whether it requires a gradient, or is a leaf, may have been asked
            tests.append(f"{at}.op is None" if v.op is None else f"{at}.op is leaf" if v.op is leaf else f"not {at}.is_leaf")
        tests += [f"same({self.known[id(v)][0]}.raw, {put('number', v.raw)})" for v in fixed]
        some = [at for at, v in self.known.values() if v.op is not None]
        if apart and len(some) > 1 and self.given:
            tests.append(" is not ".join(some) if len(some) == 2 else f"len({{{', '.join(some)}}}) == {len(some)}")
        return [*self.taking(), *self.assumptions(self.names, [" and ".join(tests)] if tests else ())]

    def taking(self) -> list[str]:
        """Lines that name the arguments."""
        return [f"{name} = leaves[{i}]" for i, name in self.given.items()]

    def define(self, head: str, lines: Sequence[str]) -> Any:
        """The function with these lines."""
        source = "\n    ".join([f"def {head}:", *lines])
        exec(code_of(source, self.row.name), self.names.namespace)
        return self.names.namespace[head.partition("(")[0]]

    def node(self, raw: float, args: tuple[Any, ...], gradient: float | None = None, label: str | None = None) -> Value:
        """A result. ``args`` are a `Taken` and the Values that it depends on."""
        z = new(Value)
        z.raw = raw
        z.op = self.row
        z.x = args
        z.y = CHANGES.count
        z.dx = z.dy = z.mark = None
        z._grad = gradient
        z.tag = label
        return z

    # What a kind of program says.
    run: Callable[..., Any]  # the result, of leaves, args and kwargs; or MISS

    def gradients(self, taken: Taken, g: float) -> Any:
        """The gradients of the arguments of a result."""
        raise NotImplementedError

    def arguments(self, taken: Taken) -> Sequence[Any]:
        """The arguments of a result."""
        raise NotImplementedError

    def again(self, taken: Taken) -> Sequence[Any]:
        """All results of the call, recorded operation by operation. Raises RuntimeError where what was read was changed since."""
        raise NotImplementedError


new = object.__new__


def _rule(i: int, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    return args[0].gradients(g)[i - 1]


def _at_once(n: Any, g: Any) -> Any:
    return zip(n.x[1:], n.x[0].gradients(g))


def _not_computed(*args: Any) -> Any:
    raise RuntimeError("a compiled function of Values is not computed again with other numbers; draw or list the function itself")


def _unfold(n: Any) -> None:
    z = n.x[0].again()
    n.op, n.x, n.y, n.dx, n.dy = z.op, z.x, z.y, z.dx, z.dy


class LevelProgram(ValueProgram):
    """Many operations that are alike, as a few steps of numpy."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        some = [v for _, v in self.known.values() if v.op is not None]
        self.levels = Levels(self.outputs, some)
        self.inputs = [some[i] for i in self.levels.used]
        self.levels.take_only_used()
        self.run_count, self.lock = 0, RLock()
        at = ", ".join([self.known[id(v)][0] for v in self.inputs])
        guards = self.guards([v for _, v in self.known.values() if v.op is None], apart=False)
        self.inputs_of = self.define("inputs(leaves)", [*guards, f"return [{at}]"])
        self.rebuild = self.define("rebuild(leaves, new)", [*self.taking(), f"return {self.rebuilt}"])
        said = f"# {self.levels.operations} operations on {len(self.inputs)} Values, in {len(self.levels.steps)} steps of numpy:"
        self.source = "\n".join([said, *map(str, self.levels.steps)])
        self.results = len(self.outputs)
        del self.outputs, self.inputs, self.known, self.leaves, self.given
        self.world.values = []

    def run(self, leaves: Any, args: Any, kwargs: Any) -> Any:
        if (inputs := self.inputs_of(leaves)) is MISS:
            return MISS
        numbers = [v.raw for v in inputs]
        with self.lock:
            found, when = self.forward(numbers), self.run_count
        takens = [Taken(self, k, inputs, numbers, [when, args, kwargs]) for k in range(self.results)]
        return self.rebuild(leaves, [self.node(z, (taken, *inputs)) for z, taken in zip(found, takens)])

    def forward(self, numbers: Sequence[float]) -> list[float]:
        """The results; for whoever has the lock."""
        self.run_count += 1  # first: where it fails midway, the memory is no earlier call's any more
        found: list[float] = self.levels.forward(numbers).tolist()
        return found

    def gradients(self, taken: Taken, g: float) -> Any:
        weights = [0.0] * self.results
        weights[taken.which] = g
        with self.lock:  # a walk may be another thread's
            if taken.state[0] != self.run_count:  # another call has used the memory since
                self.forward(taken.numbers)
                taken.state[0] = self.run_count
            return self.levels.backward(weights).tolist()

    def arguments(self, taken: Taken) -> Sequence[Any]:
        return taken.inputs

    def again(self, taken: Taken) -> Sequence[Any]:
        _, args, kwargs = taken.state
        leaves: list[Any] = []
        spec = flatten((args, kwargs), leaves)
        inputs = self.inputs_of(leaves) if self.spec in (spec, len(args)) else MISS
        if inputs is MISS or list(map(id, inputs)) != list(map(id, taken.inputs)):
            raise RuntimeError("what a compiled function of Values read was changed since: differentiate or draw first, or call it again")
        taken.check()
        values: list[Any] = []
        _results(self.function(*args, **kwargs), values)
        return values


def _results(result: Any, found: list[Any]) -> None:
    """Append the Values in a result that are results themselves, each once."""
    if isinstance(result, Value) and not result.is_leaf and not any(result is z for z in found):
        found.append(result)
    for x in result.values() if result.__class__ is dict else result if result.__class__ in (tuple, list) else ():
        _results(x, found)
