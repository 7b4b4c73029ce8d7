"""Finds the operation that made the first NaN or infinity, and says where it stands and what helps.

By the time a loss is NaN, the cause is a thousand operations back. `detect_anomaly` observes every result of its thread, and
every gradient that a backward pass propagates; the first that is bad while all it was made from is good raises an error with
a report. The pass itself stays what it is: only the rule that made a bad gradient is run once more, on nodes, so that the operation
inside it can be named as well.
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd.anomaly.cures import DATA, UPDATED, Facts, cure_for
from autograd.core.mode import Block, Mode
from autograd.core.node import Node, Op, leaf
from autograd.core.notes import Place, running, user_frame
from autograd.core.walk import SORTED, ancestors
from autograd.core.watch import Watch
from autograd.errors import flag_of
from autograd.program.reading import read, scopes

__all__ = ["AnomalyError", "detect_anomaly"]


class AnomalyError(RuntimeError):
    """An operation made a NaN or an infinity. The message is the whole report; its parts are attributes.

    ``op`` is the name of the operation and ``inside`` that of the operation in its rule, if the ``backward`` of ``op`` made it;
    ``place`` is the line of user code ("file:line"), ``module`` the path of the module around it, ``shapes`` those of the floating
    arguments, ``index`` the first bad entry, ``values`` the arguments there, ``cure`` a sentence; each empty or None where it is not known.
    """

    op = ""
    inside: str | None = None
    backward = False
    place = ""
    module = ""
    shapes: tuple[tuple[int, ...], ...] = ()
    index: tuple[int, ...] | None = None
    values: tuple[float, ...] = ()
    cure = ""


def detect_anomaly(check_inf: Any = True) -> Any:
    """Raise `AnomalyError` at the first operation, forward or backward, that makes a NaN or an infinity: a block or a decorator.

    A NaN is made where no argument has one; a NaN that came in with data or a parameter is reported as such. An infinity is made
    where all arguments are finite: a mask of -inf may pass. Where an infinity is wanted, as in ``log(x).clamp(min=-100)``,
    ``check_inf=False`` looks for NaN alone (as PyTorch does). Changes in place, those of optimisers among them, are not seen:
    what they make is found where it is used next.

    It holds for the calling thread, and for operations on constants and inside `no_grad` too. Lines of code are recorded as by
    `record_lines`, so put the forward pass inside as well; numpy's own warnings are silent, for the report takes their place.
    Numbers and gradients are those of the same program without it (Values: under `record_lines`). It costs a few microseconds
    an operation, and nothing while it is off.

    >>> from autograd import Value
    >>> x = Value(0.0)
    >>> try:
    ...     with detect_anomaly():
    ...         x.sqrt().backward()
    ... except AnomalyError as error:
    ...     print(error.op, error.inside, error.values, error.cure)
    sqrt / (1.0, 0.0) the slope of a root at 0 is infinite: add a small number under it, sqrt(x + 1e-12)
    """
    if callable(check_inf):  # @detect_anomaly
        return _Detection(True)(check_inf)
    return _Detection(flag_of(check_inf, "detect_anomaly: check_inf"))


class _Detection(Block):
    def __init__(self, check_inf: bool) -> None:
        self.check_inf = check_inf

    def within(self, outer: Mode) -> Mode:
        if outer.watch is not None:
            outer.watch.reads("detect_anomaly()")
        silence = _silence()
        next(silence)
        return Mode(outer, outer.off, True, _Watch(self.check_inf), outer.place, partial(next, silence, None))


def _silence() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield  # where Ctrl-C at the end of the block arrives, so that it is inside this one


# Which numbers are bad.
class _Found(NamedTuple):
    """A bad entry of what ``op(*args)`` gave. ``came`` is the argument that brought it; None if it was made here."""

    op: Op
    args: tuple[Any, ...]
    raw: np.ndarray
    bad: np.ndarray
    came: int | None = None

    @property
    def first(self) -> tuple[int, ...]:
        return tuple(int(k) for k in np.argwhere(self.bad)[0])

    @property
    def value(self) -> float:
        return float(self.raw[self.first])


def _numbers(a: Any) -> np.ndarray | None:
    """The numbers that an argument or a gradient consists of, if it does."""
    raw = a.raw if isinstance(a, Node) else a
    if isinstance(raw, dict):  # a sparse gradient
        raw = np.concatenate([np.ravel(g.raw if isinstance(g, Node) else g) for g in raw.values()])
    if isinstance(raw, float | int | np.number):
        raw = np.asarray(raw)
    return raw if isinstance(raw, np.ndarray) and raw.dtype.kind in "fiu" else None


def _given(op: Op, args: tuple[Any, ...]) -> dict[int, np.ndarray]:
    """The numeric arguments by position, without axes and indices."""
    plain = op.entrywise is not False
    return {i: x for i, a in enumerate(args) if (x := _numbers(a)) is not None and (plain or x.dtype.kind == "f")}


def _beside(op: Op, args: tuple[Any, ...], shape: tuple[int, ...]) -> bool:
    """Does each entry of the result come from the entries at its own place?"""
    given = [x.shape for x in _given(op, args).values()]
    return op.entrywise is not False and all(len(s) <= len(shape) and all(n in (1, m) for n, m in zip(s[::-1], shape[::-1])) for s in given)


def _look(op: Op, args: tuple[Any, ...], result: Any, check_inf: bool) -> _Found | None:
    """What is bad about the result of ``op(*args)``; None if nothing is."""
    raw = _numbers(result)
    if raw is None or np.isfinite(raw).all():
        return None
    given = _given(op, args)
    beside = _beside(op, args, raw.shape)
    for test, harmless in ((np.isnan, lambda x: ~np.isnan(x)), (np.isinf, np.isfinite))[: 1 + check_inf]:
        bad = test(raw)
        for x in given.values():
            bad = bad & (harmless(x) if beside else harmless(x).all())
        if bad.any():
            return _Found(op, args, raw, bad)
    for i, x in given.items():
        if np.isnan(raw).any() and np.isnan(x).any():
            return _Found(op, args, raw, np.isnan(x), i)
    for i, x in given.items() if check_inf else ():
        changed = isinstance(args[i], Node) and args[i].op is leaf and getattr(args[i], "version", None) is not None
        if changed and np.isinf(x).any():  # no mask, but a parameter that was updated in place
            return _Found(op, args, raw, np.isinf(x), i)
    return None


def _maker(n: Any, check_inf: bool) -> tuple[Node, _Found] | None:
    """The first operation in the graph of ``n`` that made something bad, or took it from a leaf or a constant."""
    for m in ancestors(n):
        if not m.is_leaf and all(a.raw is not None for a in (m, *m.args) if isinstance(a, Node)):  # not released by an earlier backward
            assert m.op is not None
            found = _look(m.op, m.args, m, check_inf)
            if found and (found.came is None or getattr(m.args[found.came], "is_leaf", True)):
                return m, found
    return None


@dataclass
class _Walk:
    """A running backward pass, with the node whose rule is being called, its gradient and the position of the argument."""

    order: list[Any]
    pulling: tuple[Any, Any, int] | None = None


class _Watch(Watch):
    """The observer of `detect_anomaly` (see `mode.Watch`)."""

    def __init__(self, check_inf: bool) -> None:
        self.check_inf = check_inf
        self.trace: list[_Found] | None = None  # what was made while a rule is run once more
        self.walks: list[_Walk] = []  # the running ones, each inside a rule of the one before

    def pulls(self, n: Any, i: int, g: Any) -> None:
        self.walks[-1].pulling = n, g, i

    def result(self, raw: Any, op: Op, args: tuple[Any, ...]) -> None:
        found = _look(op, args, raw, self.check_inf)
        if found is None:
            return
        if self.trace is not None:
            self.trace.append(found)
            return
        if self.walks and (pulling := self.walks[-1].pulling) is not None:  # a gradient that is recorded
            raise _of_gradient(self.walks[-1].order, *pulling, found)
        modules = [m for call in running() if (m := call.module()) is not None]
        if found.came is not None and isinstance(a := args[found.came], Node) and not a.is_leaf:
            earlier = _maker(a, self.check_inf)  # it was recorded before detection began
            if earlier is not None:
                raise _of_result(earlier[1], earlier[0], _modules([a], earlier[0]))
        raise _of_result(found, None, modules)

    def walk(self, order: list[Any]) -> Iterator[Any]:
        walk, depth = _Walk(order), len(self.walks)
        try:
            self.walks.append(walk)
            for n in reversed(order):
                g = n.mark
                x = None if g is SORTED else _numbers(g)
                if x is not None and np.isnan(x).any():  # it came in with the seed: what this walk made was reported before
                    raise _of_seed(n, x)
                before = {a: a.mark for a in n.args if isinstance(a, Node) and a.mark is not None}
                yield n
                walk.pulling = None
                for a, m in before.items():
                    if a.mark is not m and (found := _look(leaf, (g, m), a.mark, self.check_inf)) and found.came is None:
                        self._explain(order, n, g, a, m)
        finally:
            del self.walks[depth:]

    def _explain(self, order: list[Any], n: Any, g: Any, a: Any, before: Any) -> None:
        """Raise a report of what made the gradient of the argument ``a`` of ``n`` bad, which was ``before`` until now, if it is found."""
        if not all(np.isfinite(x).all() for x in _given(n.op, (n, *n.args)).values()):
            earlier = _maker(n, self.check_inf)
            if earlier is not None:
                raise _of_result(earlier[1], earlier[0], _modules(order, earlier[0]))
        d = None
        for i, x in n.takes():
            if x is not a:
                continue
            trace: list[_Found] = []
            self.trace = trace
            try:
                d = n.op.vjp(i, g if isinstance(g, Node | dict) else n.constant(g), n, n.args)
            except Exception:  # a rule that takes arrays only, which the walk gave it: the report then ends at the rule
                d = a.mark
            finally:
                self.trace = None
            if trace:
                raise _of_gradient(order, n, g, i, trace[0])
            found = _look(n.op, (g, n, *n.args), d, self.check_inf)
            if found is not None:
                raise _of_gradient(order, n, g, i, found._replace(came=None), inside=False)
        found = _look(_SUM, (before, d), a.mark, self.check_inf)
        if found is not None:
            raise _of_gradient(order, n, g, _place_in(n.args, a), found)


def _place_in(args: tuple[Any, ...], p: Any) -> int:
    return next(i for i, a in enumerate(args) if a is p)  # Values are equal where their numbers are


_SUM = Op("sum of gradients", lambda x, y: x + y)


# Reports.
def _number(x: float) -> str:
    return f"{x:.6g}"


def _line(place: Place | None) -> str:
    if place is None:
        return "unknown: record it inside detect_anomaly()"
    text = linecache.getline(place.code.co_filename, place.line, None).strip()
    return f"{place}: {text}" if text else str(place)


def _modules(order: list[Any], n: Any) -> list[Any]:
    """The modules around a recorded node, outermost first."""
    around = scopes(read(order)).get(n, ())
    return [m for s in around if (m := s.call.module()) is not None]


def _path(modules: list[Any]) -> str:
    """The innermost module, by its path from the outermost that has it: ``MLP.net.2 (Linear)``."""
    for outer in modules:
        for path, m in outer.named_modules() if hasattr(outer, "named_modules") else ():
            if m is modules[-1]:
                return f"{type(outer).__name__}.{path} ({type(m).__name__})" if path else type(outer).__name__
    return ".".join(getattr(m, "__name__", type(m).__name__) for m in modules)


def _called(a: Node, modules: list[Any]) -> str:
    """A name for an argument: the operation it came from, its label, its place in a module, a variable of the program."""
    if not a.is_leaf:
        assert a.op is not None
        return a.label or f"from {a.op.name}"
    frame = user_frame()
    outer = next((m for m in modules if hasattr(m, "named_parameters")), None)
    own = [(f"{type(outer).__name__}.{k}", p) for k, p in outer.named_parameters()] if outer is not None else []
    names = (k for k, thing in [*own, *frame.f_locals.items(), *frame.f_globals.items()] if thing is a and k[0] != "_")
    return a.label or next(names, "")


def _rows(op: Op, args: tuple[Any, ...], index: Any, shape: tuple[int, ...], modules: list[Any]) -> list[tuple[str, str]]:
    return [(f"argument {i}", _described(args[i], x, index, shape, modules)) for i, x in _given(op, args).items()]


def _described(a: Any, x: np.ndarray, index: tuple[int, ...] | None, shape: tuple[int, ...], modules: list[Any]) -> str:
    """Dtype, shape and name of an argument, with its entry at ``index``, or the entry that is largest."""
    kind = [f"{x.dtype} {x.shape}" if x.ndim else "", _called(a, modules) if isinstance(a, Node) else ""]
    if index is not None:
        value = _number(np.broadcast_to(x, shape)[index])
    elif not x.size:
        value = "no entries"
    else:
        most = np.unravel_index(np.argmax(np.abs(x)), x.shape)
        value = _number(x[most]) + f" at {tuple(map(int, most))}, the largest" * (x.ndim > 0)
    return ": ".join(filter(None, (", ".join(filter(None, kind)), value)))


def _error(headline: str, rows: list[tuple[str, str]], place: Place | None, modules: list[Any], cure: str, **parts: Any) -> AnomalyError:
    rows = [*rows, ("line", _line(place)), ("module", _path(modules)), ("cure", cure)]
    error = AnomalyError("\n".join([headline, *(f"  {name:<11} {text}" for name, text in rows if text)]))
    known = {"place": "" if place is None else str(place), "module": _path(modules), "cure": cure}
    vars(error).update(known, **parts)
    return error


def _at(index: tuple[int, ...]) -> str:
    return f" at index {index}" if index else ""


def _entries(op: Op, args: tuple[Any, ...], index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[float, ...]:
    return tuple(float(np.broadcast_to(x, shape)[index]) for x in _given(op, args).values())


def _shapes(op: Op, args: tuple[Any, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(x.shape for x in _given(op, args).values())


def _formula(op: Op, values: tuple[float, ...]) -> str:
    """The operation with numbers for its arguments."""
    texts = [_number(x) for x in values]
    return f" {op.name} ".join(texts) if len(texts) == 2 and not op.name.isidentifier() else f"{op.name}({', '.join(texts) or '...'})"


def _of_result(found: _Found, n: Node | None, modules: list[Any]) -> AnomalyError:
    """The report of an operation going forward; ``n`` is its result where that was recorded before."""
    op, args, index = found.op, found.args, found.first
    place = Place() if n is None else n.place
    parts = {"op": op.name, "index": index, "shapes": _shapes(op, args)}
    if found.came is not None:
        a = args[found.came]
        name = isinstance(a, Node) and a.is_leaf and _called(a, modules)
        kind = "a constant" if getattr(a, "op", None) is None else "a leaf" if a.is_leaf else "a result from outside detect_anomaly()"
        bad = _number(float(np.asarray(_numbers(a))[index]))
        headline = f"{bad} came into {op.name} as argument {found.came} ({kind}{f', {name}' if name else ''}){_at(index)}"
        cure = UPDATED if isinstance(a, Node) and a.op is leaf else DATA
        return _error(headline, [], place, modules, cure, values=(math.nan,), **parts)
    beside = _beside(op, args, found.raw.shape)
    values = _entries(op, args, index, found.raw.shape) if beside else ()
    facts = Facts(op, op, args, values, values[:1], None, found.value, found.raw.dtype)
    rows = _rows(op, args, index if beside else None, found.raw.shape, modules)
    many = int(found.bad.sum())
    headline = f"{op.name} made {_number(found.value)}{_at(index)}" + f" (and in {many - 1} more entries)" * (many > 1)
    return _error(headline, rows, place, modules, cure_for(facts), values=values, **parts)


def _of_gradient(order: list[Any], n: Any, g: Any, i: int, found: _Found, inside: bool = True) -> AnomalyError:
    """The report of the backward of ``n`` towards its argument ``i``; ``found`` is what its rule, or a sum of gradients, made."""
    modules, shape = _modules(order, n), np.shape(n.raw)
    index = found.first
    beside = _beside(found.op, found.args, found.raw.shape)
    values = _entries(found.op, found.args, index, found.raw.shape) if beside else ()
    rows = [("inside", f"{_formula(found.op, values)} = {_number(found.value)}")] if inside else []
    there = index if found.raw.shape == shape and beside and _beside(n.op, n.args, shape) else None
    x = _entries(n.op, n.args, there, shape)[:1] if there is not None else ()
    gs = _numbers(g)
    assert gs is not None
    arrived = float(np.broadcast_to(gs, shape)[there]) if there is not None and not isinstance(g, dict) else None
    rows += [("gradient", _described(None, gs, there, shape, [])), *_rows(n.op, n.args, there, shape, modules)]
    facts = Facts(n.op, found.op, n.args, values, x, arrived, found.value, found.raw.dtype, backward=True)
    headline = f"the backward of {n.op.name} made {_number(found.value)} in the gradient of argument {i}{_at(index)}"
    parts = {"op": n.op.name, "backward": True, "index": index, "shapes": _shapes(n.op, n.args)}
    parts |= {"inside": found.op.name} if inside else {}
    return _error(headline, rows, n.place, modules, cure_for(facts), values=values, **parts)


def _of_seed(n: Any, g: np.ndarray) -> AnomalyError:
    index = tuple(int(k) for k in np.argwhere(np.isnan(g))[0])
    name = "a leaf" if n.is_leaf else n.op.name
    headline = f"nan came into the backward of {name} with the gradient that was given to it{_at(index)}"
    return _error(headline, [], n.place, [], DATA, op=n.op.name, backward=True, index=index, values=(math.nan,), shapes=(g.shape,))
