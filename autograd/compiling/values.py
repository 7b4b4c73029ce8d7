"""A compiled function of Values: its graph as a few numpy steps (`scalars`), whose result is one node with the Values it was made from."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any

from autograd.compiling.names import Names
from autograd.compiling.program import MISS, UnfitError, flatten
from autograd.compiling.scalars import Levels, NotScalarsError
from autograd.compiling.world import GONE, PLAIN, World, same
from autograd.core.mode import enable_grad
from autograd.core.node import Node, Op, each
from autograd.core.walk import grad
from autograd.core.watch import STRUCTURE
from autograd.faces.value import Value
from autograd.faces.versions import CHANGES

__all__ = ["ValueProgram"]

_LEAST = 10  # operations in a step of numpy, below which eager is as fast


class _Taken:
    """One call: the numbers of its inputs, and their gradients once a walk has asked for them."""

    __slots__ = ("args", "found", "gradient", "inputs", "numbers", "program", "when", "which")

    def __init__(self, program: ValueProgram, inputs: list[Any], numbers: list[float], which: int, args: Any, when: int) -> None:
        self.program, self.inputs, self.numbers, self.which, self.args, self.when = program, inputs, numbers, which, args, when
        self.gradient: Any = None
        self.found: list[Any] = []

    def gradients(self, g: Any) -> list[Any]:
        if self.gradient is not g:
            self.found = self._recorded(g) if isinstance(g, Node) else self._computed(float(g))
            self.gradient = g
        return self.found

    def _computed(self, g: float) -> list[float]:
        program = self.program
        weights = [0.0] * program.results
        weights[self.which] = g
        with program.lock:  # a walk may be another thread's
            if self.when != program.run_count:  # another call has used the memory since
                program.forward(self.numbers)
                self.when = program.run_count
            found: list[float] = program.levels.backward(weights).tolist()
        return found

    def again(self) -> Any:
        """The result, recorded operation by operation."""
        function, args, kwargs = self.args
        inputs = self.program.inputs_of(args, kwargs)
        if inputs is None or list(map(id, inputs)) != list(map(id, self.inputs)):
            raise RuntimeError("what a compiled function of Values read was changed since: differentiate or draw first, or call it again")
        if [v.raw for v in inputs] != self.numbers:
            raise RuntimeError("the .data of a Value that a compiled function read was set since: differentiate first, or call it again")
        with enable_grad():
            values: list[Any] = []
            _values(function(*args, **kwargs), values)
        return values[self.which]

    def _recorded(self, g: Any) -> list[Any]:
        return [0.0 if d is None else d for d in grad(self.again(), self.inputs, g, create_graph=True, allow_unused=True)]


def _rule(i: int, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    return args[0].gradients(g)[i - 1]


def _values(result: Any, found: list[Any]) -> Any:
    """The Values in a result are appended to ``found``; what is returned makes the result of others."""
    if isinstance(result, Value):
        found.append(result)
        k = len(found) - 1
        return lambda new: new[k]
    if isinstance(result, PLAIN):
        return lambda new: result
    if result.__class__ in (tuple, list):
        parts = [_values(x, found) for x in result]
        kind = result.__class__
        return lambda new: kind([part(new) for part in parts])
    if result.__class__ is dict:
        named = {k: _values(x, found) for k, x in result.items()}
        return lambda new: {k: part(new) for k, part in named.items()}
    raise UnfitError(f"a {type(result).__name__} is returned")


class ValueProgram:
    """One call of a function of Values, for arguments and a world like those it was recorded with."""

    pure = True  # where it fails, nothing is half done

    def __init__(self, leaves: list[Any], world: World, structure: int, result: Any, spec: Any, call: Any) -> None:
        self.world, self.spec, self.structure = world, spec, structure
        outputs: list[Any] = []
        self.rebuild: Callable[[Any], Any] = _values(result, outputs)
        known = {id(v): (True, i) for i, v in reversed([*enumerate(leaves)]) if isinstance(v, Value)}
        known |= {id(v): (False, v) for v in reversed(world.values) if id(v) not in known}
        if any(z.is_leaf for z in outputs) or not outputs:
            raise UnfitError("what it returns was not computed from its Values")
        found = [((argument, of), leaves[of] if argument else of) for argument, of in known.values()]
        self.fixed = [(place, v.raw) for place, v in found if v.op is None]  # constants, with the numbers that they have
        try:
            self.levels = Levels(outputs, [v for _, v in found if v.op is not None])
        except NotScalarsError as error:
            raise UnfitError(str(error)) from None
        found = [(place, v) for place, v in found if v.op is not None]
        used = {*self.levels.used}  # whether another one requires a gradient may have been asked
        self.idle = [(place, v.op) for i, (place, v) in enumerate(found) if i not in used and v.is_leaf]
        found = [found[i] for i in self.levels.used]
        self.places, inputs = [place for place, _ in found], [v for _, v in found]
        self.levels.take_only_used()
        if self.levels.operations < _LEAST * len(self.levels.steps):
            raise UnfitError(f"of {self.levels.operations} operations hardly two are alike, so that eager is as fast")
        self.results, self.run_count, self.lock = len(outputs), 0, RLock()
        self.ops = [v.op if v.is_leaf else None for v in inputs]
        self.row = Op(getattr(call, "__name__", type(call).__name__), _not_computed, each(_rule))
        self.row.unfold = _unfold
        self.function = call
        names = Names()
        self.holds = eval(f"lambda: {world.always.source(names) or True}", names.namespace)
        self.plain: list[tuple[int, Any]] = []  # arguments that must be what they were, such as a Value that is read by another way, too
        self.twins: list[tuple[int, int]] = []  # arguments that must be one Value
        first: dict[int, int] = {}
        for i, a in enumerate(leaves):
            if not isinstance(a, Value) or id(a) in world.seen:
                self.plain.append((i, a))
            elif (k := first.setdefault(id(a), i)) != i:
                self.twins.append((i, k))
        said = f"# {self.levels.operations} operations on {len(inputs)} Values, in {len(self.levels.steps)} steps of numpy:"
        self.source = "\n".join([said, *map(str, self.levels.steps)])

    def inputs_of(self, args: Any, kwargs: Any) -> list[Any] | None:
        """The Values that the call with these arguments reads and differentiates, or None where something is not as it was."""
        leaves: list[Any] = []
        spec = flatten((args, kwargs), leaves)
        return self._inputs(leaves) if self.spec in (spec, len(args)) else None

    def _inputs(self, leaves: Any) -> list[Any] | None:
        for i, a in self.plain:
            if leaves[i] is not a and not same(leaves[i], a):
                return None
        for i, k in self.twins:
            if leaves[i] is not leaves[k]:
                return None
        try:
            if not self.holds() and not self.world.always.hold():
                return None
        except GONE:
            return None
        if STRUCTURE.count != self.structure:
            if not self.world.gated.hold():
                return None
            self.structure = STRUCTURE.count
        inputs = [leaves[of] if argument else of for argument, of in self.places]
        try:
            if [v.op if v.op is None or v.is_leaf else None for v in inputs] != self.ops:
                return None
        except AttributeError:  # no Value
            return None
        for (argument, of), op in self.idle:
            if getattr(leaves[of] if argument else of, "op", None) is not op:
                return None
        for (argument, of), number in self.fixed:
            v = leaves[of] if argument else of
            if not isinstance(v, Value) or v.op is not None or not same(v.raw, number):
                return None
        return inputs

    def forward(self, numbers: list[float]) -> list[float]:
        """The results; for whoever has the lock."""
        self.run_count += 1  # first: where it fails midway, the memory is no earlier call's any more
        found: list[float] = self.levels.forward(numbers).tolist()
        return found

    def run(self, leaves: Any, args: Any, kwargs: Any) -> Any:
        """The result, or MISS where something is not as it was."""
        if (inputs := self._inputs(leaves)) is None:
            return MISS
        numbers = [v.raw for v in inputs]
        with self.lock:
            found, when = self.forward(numbers), self.run_count
        call = self.function, args, kwargs
        return self.rebuild([self._node(z, _Taken(self, inputs, numbers, k, call, when), inputs) for k, z in enumerate(found)])

    def _node(self, raw: float, taken: _Taken, inputs: list[Any]) -> Value:
        z = Value(raw, requires_grad=False)
        z.op, z.x, z.y = self.row, (taken, *inputs), CHANGES.count
        return z


def _not_computed(*args: Any) -> Any:
    raise RuntimeError("a compiled function of Values is not computed again with other numbers; draw or list the function itself")


def _unfold(n: Any) -> None:
    z = n.x[0].again()
    n.op, n.x, n.y, n.dx, n.dy = z.op, z.x, z.y, z.dx, z.dy
