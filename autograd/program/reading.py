"""Reads a recorded graph for those who show it: which nodes there are and in which order, what each is called, what is
forward and what backward, and which module call each operation belongs to.

Pictures, listings and the player begin here, so that they agree on numbers and names. Nothing depends on addresses: the
same program gives the same reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice, takewhile
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from autograd.core.node import Node
from autograd.core.notes import Call, user_frame
from autograd.core.walk import ancestors
from autograd.errors import brief, described
from autograd.faces.record import Released
from autograd.faces.tensor import Tensor
from autograd.ops import elementwise
from autograd.ops.moves import getitem_
from autograd.program.words import sign

__all__ = ["EXPLORED", "Reading", "Scope", "TooLargeError", "gradient_name", "key_of", "outputs_of", "read", "scopes"]


_TERM = re.compile(r"(?=.*[^\W\d])[\w.\[\],]{1,14}")  # a name that can stand in a formula, and is no number


EXPLORED = 'ag.explore(output).save("explore.html") is a page in which all of it can be gone into'  # what every refusal ends with


class TooLargeError(ValueError):
    """The graph is larger than can be shown. The message says how large and what to do."""


class Scope(NamedTuple):
    """One call of a module as readers see it: a cluster of a picture."""

    call: Call
    name: str
    parameters: int

    @property
    def title(self) -> str:
        """``fc1: Linear``, or the class alone."""
        return f"{self.name}: {self.call.kind}" if self.name else self.call.kind

    def took(self, n: Any) -> bool:
        """Was ``n`` among the arguments of the call?"""
        return _identity(n) in self.call.inputs


class Reading:
    """What there is to know of a graph. Made by `read`.

    ``roots`` are the outputs; ``nodes`` everything they were made from, in topological order, and ``number`` the position of
    each in it; ``names`` what is known of names; ``backward`` the nodes that belong to recorded gradients only, with the order of
    derivative that each was made for; ``variables`` whose
    gradient a recorded gradient is, with the output that it is a gradient of (None: of several, or of what is not here);
    ``users`` the results that each node is an argument of; ``held`` what a variable of the program still holds of a released graph, by
    the placeholder.
    """

    def __init__(self, roots: list[Node], nodes: list[Node], fold: bool) -> None:
        self.roots = roots
        self._alias: dict[Node, Node] = {}
        kept = set(roots)
        for n in nodes if fold else ():
            if _same(n) and n not in kept:
                self._alias[n] = self._alias.get(n.args[0], n.args[0])
        self.nodes = [n for n in nodes if n not in self._alias]
        self.number = {n: i for i, n in enumerate(self.nodes)}
        self.names: dict[Node, str] = {}
        self.called: dict[str, int] = {}  # all names, and how many nodes have each
        self.letter = "v"  # before the numbers of nodes; of more than one letter where names look so
        self.mentioned: set[Node] = set()  # by number, in what was written so far
        self.keys: dict[int, str] = {}  # of arrays in indices, by their id: the variable that holds the same
        self.held: dict[Node, Node] = {}
        self.variables: dict[Node, list[tuple[Node, Node | None]]] = {}
        by_notes: dict[Any, Node] = {n.notes: n for n in nodes if n.notes is not None}
        for n in self.nodes:
            if n.notes is not None:
                pairs = [(by_notes[v], by_notes.get(output)) for v, output in n.notes.gradient_of if v in by_notes]
                if pairs:  # one that passed through is the gradient of the leaves that it came to
                    self.variables[n] = [pair for pair in pairs if pair[0].is_leaf] or pairs[:1]
        self.backward: dict[Node, int] = {}
        if self.variables:
            starts = [n for n in roots if n not in self.variables]
            starts = starts or [v for pairs in self.variables.values() for v, _ in pairs]  # of gradients alone
            forward = set(ancestors(*starts))
            self.backward = self._orders({n for n in self.nodes if n not in forward})
        self.users: dict[Node, list[Node]] = {}  # of what was used
        for n in self.nodes:
            for a in self.args(n):
                if isinstance(a, Node):
                    self.users.setdefault(a, []).append(n)

    def _orders(self, backward: set[Node]) -> dict[Node, int]:
        """How often what is in ``backward`` was differentiated: as often as the lowest recorded gradient that was made from it."""
        orders = dict.fromkeys((n for n in self.nodes if n in backward), 0)
        gradients = {g: _order(g.notes) for g in orders if g in self.variables}
        for g in sorted(gradients, key=gradients.__getitem__):
            stack = [g]
            while stack:
                n = stack.pop()
                if orders.get(n) == 0:
                    orders[n] = gradients[g]
                    stack += (a for a in self.args(n) if isinstance(a, Node))
        return {n: order or 1 for n, order in orders.items()}

    def args(self, n: Node) -> tuple[Any, ...]:
        """The arguments of the operation that made ``n``; a first power stands for what it is a power of."""
        return tuple(self._alias.get(a, a) if isinstance(a, Node) else a for a in n.args) if self._alias else n.args

    def sign(self, n: Node, fold: bool = True, precision: int = 4) -> str:
        """The operation that made ``n`` as a reader would write it, on what its arguments are called in formulas."""
        assert n.op is not None
        return sign(n.op, self.args(n), fold, precision, self.mention)

    def term(self, a: Any) -> str:
        """What a formula calls a node: its name, where that is one word and no other node has it, else its number, as ``v7``. An
        array in an index is called as the variable that holds the same, if there is one."""
        if not isinstance(a, Node):
            return self.keys.get(id(a), "")
        name = self.names.get(a, "")
        return name if self.called.get(name, 0) == 1 and _TERM.fullmatch(name) else f"{self.letter}{self.number[a]}"

    def mention(self, a: Any) -> str:
        """`term`, of which is remembered whose box has to show its number."""
        term = self.term(a)
        if isinstance(a, Node) and term != self.names.get(a):
            self.mentioned.add(a)
        return term

    def name(self, n: Node) -> str:
        """What ``n`` is called; empty where nothing is known."""
        return self.names.get(n, "")


def _same(n: Node) -> bool:
    return n.op is elementwise.pow and len(n.args) == 2 and not isinstance(n.args[1], Node) and n.args[1] == 1


def _order(notes: Any) -> int:
    """How often was differentiated on the way to the node with these notes?"""
    order, level, seen = 0, {notes}, {notes}
    while any(n.gradient_of for n in level):
        order += 1
        level = {output for n in level for _, output in n.gradient_of if output is not None} - seen
        seen |= level
    return order


class _Few:
    """Contains everything, up to a number: it is asked once for each argument, so that a graph that is too large is refused early."""

    def __init__(self, limit: int) -> None:
        self.left = self.limit = limit

    def __contains__(self, n: object) -> bool:
        self.left -= 1
        if self.left < 0:
            raise TooLargeError(f"the graph has more than {self.limit:,} variables")
        return True


def outputs_of(outputs: Any, what: str) -> list[Node]:
    """The nodes in ``outputs``: one, several, or arrays of them. Raises TypeError for anything else, ValueError for nothing."""
    if isinstance(outputs, np.ndarray) and outputs.dtype == object:
        outputs = outputs.reshape(-1).tolist()
    given = list(outputs) if isinstance(outputs, list | tuple) or hasattr(outputs, "__next__") else [outputs]
    for n in given:
        if not isinstance(n, Node):
            hint = "; draw what it returns, as in draw(net(x))" if hasattr(n, "named_parameters") else ""
            hint = "; names go into names=" if isinstance(n, Mapping) else hint
            raise TypeError(f"{what} takes Values and Tensors, got {type(n).__name__ if hint else described(n)}{hint}")
    roots = list(dict.fromkeys(n for g in given for n in g.entries()))
    if not roots:
        raise ValueError(f"{what} needs at least one Value or Tensor, got {described(outputs)}")
    return roots


def read(
    outputs: Any, names: Any = None, *, what: str = "read", limit: int = 10**9, fold: bool = True, frame: FrameType | None = None
) -> Reading:
    """Read the graph that led to ``outputs``.

    ``names`` maps names to nodes (or nodes to names), or is a module, or pairs as from ``named_parameters()``. Where it does not
    say, the name is the node's label, then its place in a module, then a variable of the program that called.
    Raises TooLargeError beyond ``limit`` arguments.

    >>> from autograd import Value
    >>> x = Value(2.0, label="x")
    >>> r = read(x * x + 1)
    >>> len(r.nodes), r.name(x), r.number[x]
    (3, 'x', 0)
    """
    roots = outputs_of(outputs, what)
    reading = Reading(roots, ancestors(*roots, within=_Few(limit)), fold)
    _name(reading, names, _variables(frame or user_frame(2)))
    return reading


def _variables(frame: FrameType) -> dict[str, Any]:
    """The variables of a program; not those with an underscore, nor what tools put there under other names."""
    return {name: thing for name, thing in {**frame.f_globals, **frame.f_locals}.items() if name.isidentifier() and name[0] != "_"}


# Names. In a released graph a placeholder (`record.Released`) stands for a tensor that the program may still hold: both have the same
# tuple of arguments, and, where there is none, the same notes.
def key_of(n: Any) -> Any:
    """What a node and its placeholder have in common, and no other node has."""
    if not isinstance(n, Tensor | Released):
        return id(n)
    if n.op is None and n.notes is not None:
        return id(n.notes)
    return id(n) if n.is_leaf else id(n.x)


def _name(reading: Reading, names: Any, variables: Mapping[str, Any]) -> None:
    wanted = {key_of(n): n for n in reading.nodes}
    found = reading.names

    def give(pairs: Iterable[tuple[str, Any]]) -> None:
        for name, thing in pairs:
            n = wanted.get(key_of(thing))
            if n is not None and n is not thing:
                reading.held[n] = thing
            if n is not None and n not in found:
                found[n] = str(name)

    give(_pairs(names))
    for n in reading.nodes:
        if n not in found and n.label:
            found[n] = str(n.label)
    modules = [(name, thing) for name, thing in variables.items() if _is_module(thing)]
    several = sum(any(key_of(p) in wanted for _, p in m.named_parameters()) for _, m in modules) > 1
    modules.sort(key=lambda pair: -sum(1 for _ in pair[1].named_parameters()))  # what contains the others names them
    for prefix, m in modules:
        give((f"{prefix}.{name}" if several else name, p) for name, p in m.named_parameters())
    give((name, n) for name, n in variables.items() if isinstance(n, Node))
    entries = list(_entries_in(variables))
    give((name, n) for name, n in entries if n not in reading.variables)
    for g, pairs in reading.variables.items():
        known = [gradient_name(found[v], found.get(o, "") if o is not None else "") for v, o in pairs if v in found]
        if known and g not in found:
            found[g] = ", ".join(known[:3]) + ", …" * (len(known) > 3)
    give(entries)
    reading.called = dict(Counter(found.values()))
    while any(name.startswith(reading.letter) and name[len(reading.letter) :].isdecimal() for name in found.values()):
        reading.letter += "v"
    whole = [(name, t.raw) for name, t in variables.items() if t.__class__ is Tensor and t.dtype.kind in "iu"]
    for n in reading.nodes if whole else ():
        if n.op is getitem_:
            for key in n.args[1]:
                if isinstance(key, np.ndarray):
                    same = (name for name, raw in whole if raw.size == key.size and np.array_equal(raw.reshape(-1), key.reshape(-1)))
                    reading.keys[id(key)] = next(same, "")
    reading.called |= dict.fromkeys(reading.keys.values(), 1)


def gradient_name(variable: str, output: str) -> str:
    """``∂L/∂w`` where the names are short, ``grad fc1.weight`` where they are not.

    >>> gradient_name("w", "L"), gradient_name("fc1.weight", "loss")
    ('∂L/∂w', 'grad fc1.weight')
    """
    return f"∂{output}/∂{variable}" if output and len(variable) <= 3 and len(output) <= 7 else f"grad {variable}"


def _pairs(names: Any) -> list[tuple[str, Node]]:
    if names is None:
        return []
    if hasattr(names, "named_parameters"):
        names = names.named_parameters()
    if not isinstance(names, Iterable):
        raise TypeError(f"names takes a dict, a module, or pairs (name, node), got {described(names)}")
    pairs = []
    for pair in names.items() if isinstance(names, Mapping) else names:
        try:
            name, node = pair
        except (TypeError, ValueError):
            raise TypeError(f"names takes a dict, a module, or pairs (name, node), got {described(pair)} in it") from None
        if isinstance(name, Node):
            name, node = node, name
        if not isinstance(name, str):
            raise TypeError(f"a name must be a str, got {described(name)}")
        if not isinstance(node, Node):
            raise TypeError(f"names maps names to Values and Tensors, got {described(node)} for {brief(name)}")
        pairs += [(name if n is node else f"{name}[{i}]", n) for i, n in enumerate(node.entries())]
    return pairs


def _is_module(thing: Any) -> bool:
    return hasattr(type(thing), "named_parameters")


_MANY = 1000  # entries of a list of Values that are looked at for names


def _entries_in(variables: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    """Nodes by the variables that hold them in a list or array."""
    for name, thing in variables.items():
        if isinstance(thing, list | tuple):
            yield from ((f"{name}[{i}]", n) for i, n in enumerate(islice(thing, _MANY)) if isinstance(n, Node))
        elif isinstance(thing, np.ndarray) and thing.dtype == object:
            for index, n in islice(np.ndenumerate(thing), _MANY):
                if isinstance(n, Node):
                    yield f"{name}[{','.join(map(str, index))}]" if index else name, n


# Module calls.
def _identity(n: Any) -> int:
    return getattr(n, "identity", None) or id(n)


def scopes(reading: Reading, names: Any = None, frame: FrameType | None = None) -> dict[Node, tuple[Scope, ...]]:
    """The scopes of each node: the module calls around it, the outermost first.

    An operation belongs to the calls that it lies in between: made from their arguments (or from leaves), and used for what they
    returned. So a tensor that a module reads from elsewhere than its arguments is counted as its own, unless it came out of an
    earlier call. A leaf is in the modules that all its users have in common, in the first call of each, but not in one that it went
    into as an argument.
    """
    outputs: dict[Call, list[Node]] = {}
    for n in reading.nodes:
        for call in n.calls:
            outputs.setdefault(call, []).append(n)
    around: dict[Node, list[Call]] = {}
    within: dict[Call, set[Node]] = {}
    for call in sorted(outputs, key=lambda c: c.began):  # an outer call begins before those in it
        stack, seen = list(outputs[call]), set(outputs[call])
        while stack:
            n = stack.pop()
            if n.is_leaf:
                continue
            for a in reading.args(n):
                if isinstance(a, Node) and a not in seen and _identity(a) not in call.inputs and not _older(a, call):
                    seen.add(a)
                    stack.append(a)
        within[call] = seen
        for n in seen:
            calls = around.get(n, [])
            if not n.is_leaf and all(made in within[outer] for outer in calls[-1:] for made in outputs[call]):
                around[n] = [*calls, call]  # a call lies in another one wholly, or stands beside it
    known = _module_names(names, _variables(frame or user_frame(2)))
    made: dict[Call, Scope] = {}
    found: dict[Node, tuple[Scope, ...]] = {}
    for n, calls in around.items():
        for outer, call in zip([None, *calls], calls):
            if call not in made:
                made[call] = _scope(call, outer, known)
        found[n] = tuple(made[c] for c in calls)
    for n, users in reading.users.items():
        users = [user for user in users if user not in reading.backward]  # which are in no call
        if not n.is_leaf or not users:
            continue
        paths = [found.get(user, ()) for user in users]
        first = min(paths, key=lambda path: [s.call.began for s in path])
        if own := [s for s, *_ in takewhile(partial(_owned, n), zip(first, *paths))]:
            found[n] = tuple(own)
    return found


def _owned(n: Node, level: tuple[Scope, ...]) -> bool:
    """Are these calls of one module, which did not get ``n`` from outside?"""
    modules = {id(s.call.module) for s in level}  # weak references, of which an object has one, also when it is gone
    return len(modules) == 1 and not any(s.took(n) for s in level)


def _older(n: Node, call: Call) -> bool:
    """Did ``n`` come out of a call that began before this one? Then it is older, for it is not this call's own result."""
    return any(c.began < call.began for c in n.calls) and call not in n.calls


def _module_names(names: Any, variables: Mapping[str, Any]) -> dict[int, str]:
    """Names of modules by their ``id``: their place in the module given, or the variable that holds them."""
    found: dict[int, str] = {}
    given = [("", names)] if hasattr(names, "named_modules") else []
    held = [(name, thing) for name, thing in variables.items() if hasattr(type(thing), "named_modules")]
    for _, m in given:
        for path, child in m.named_modules():
            found.setdefault(id(child), path)
    for name, m in held:
        if not found.get(id(m)):
            found[id(m)] = name
    return found


def _scope(call: Call, outer: Call | None, known: Mapping[int, str]) -> Scope:
    module = call.module()
    if module is None:
        return Scope(call, "", 0)
    parent = outer.module() if outer is not None else None
    name = next((key for key, child in vars(parent).items() if child is module), "") if parent is not None else ""
    name = name or known.get(id(module), "")
    named = getattr(module, "named_parameters", None)
    return Scope(call, name, sum(p.numel() for _, p in named()) if named else 0)
