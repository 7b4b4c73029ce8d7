"""A compiled function without a backward in it leaves one node, whose backward is compiled as well.

The backward records the steps of the call once more, from what the node has saved, and differentiates them: eagerly where the gradient is
to be differentiated again, else as a program of its own. What was drawn is saved, not drawn again; so are the intermediate results that the
gradients are made of, which that program takes as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.compiling.plan import Plan, refs, touched
from autograd.compiling.watching import Recorder
from autograd.compiling.world import World
from autograd.core.mode import NONDEFAULT, enable_grad, is_grad_enabled, no_grad, watching
from autograd.core.node import Op, leaf
from autograd.core.notes import recorded
from autograd.core.walk import ancestors, grad
from autograd.faces.record import Array, made
from autograd.faces.versions import CHANGES, Changed, Version
from autograd.function import Function, for_all
from autograd.program.steps import Bind, Change, Live, New, Ref, Row, Still

__all__ = ["Again", "differentiable"]


class Again:
    """The steps of a call as operations on tensors: those that its results need."""

    def __init__(self, recorder: Recorder, plan: Plan, inputs: Sequence[int], drawn: Sequence[Any]) -> None:
        plan.steps, plan.kept = [], [s._replace(tensor=None) if isinstance(s, Change) else s for s in plan.kept]
        self.slots, self.plan, self.inputs, self.drawn = recorder.slots, plan, list(inputs), list(drawn)
        of = [(recorder.leaves[s.of] if s.kind == "argument" else s.of) for s in map(self.slots.__getitem__, self.inputs)]
        self.asked = [k for k, t in enumerate(of) if t.op is not None]  # the places of the inputs that require a gradient
        self.kept: list[int] = []  # the slots of intermediate results that are saved
        self.constants = {i: plan.value(i) for s in plan.kept for i in (*touched(s), *plan.outputs) if i in plan.constant}

    def shared(self) -> list[tuple[int, int]]:
        """What of the drawn and the saved has the memory of a result: the place of each, and that of the result."""
        saved, root = [*(where.slot for where in self.drawn), *self.kept], self.plan.root
        return [(k, j) for k, i in enumerate(saved) for j, out in enumerate(self.plan.outputs) if root(i) == root(out)]

    def fits(self) -> bool:
        """Can they be recorded again? Not where what is differentiated was changed in place, or a gradient was set."""
        slots = self.slots
        apart = {i for i in self.inputs if slots[i].kind in ("argument", "captured")}
        for s in self.plan.kept:
            if isinstance(s, Bind):
                return False
            if isinstance(s, Row | Change):
                given = refs(s.args if isinstance(s, Row) else (s.operand,))
                if any(not isinstance(r, Still) and (r.slot in apart or slots[r.slot].root in apart) for r in given):
                    out = s.out if isinstance(s, Row) else s.target
                    apart |= {out, slots[out].root}
        changed = {slots[s.target].root for s in self.plan.kept if isinstance(s, Change)}
        live = any(
            isinstance(a, Live)
            for s in self.plan.kept
            if isinstance(s, Row | Change)
            for a in (s.args if isinstance(s, Row) else (s.operand,))
        )
        return not live and not any(i in apart or slots[i].kind in ("argument", "captured") for i in changed)

    def __call__(self, tensors: Sequence[Any], env: dict[int, Any] | None = None) -> list[Any]:
        """The results, recorded, of the inputs, of what was drawn, and, where these are given, of intermediate results.

        ``env`` is filled with all of them, by slot.
        """
        slots, env = self.slots, {} if env is None else env
        env |= zip(self.inputs, tensors)
        env |= {where.slot: made(t.raw) for where, t in zip(self.drawn, tensors[len(self.inputs) :])}
        known = {i: t.raw for i, t in zip(self.kept, tensors[len(self.inputs) + len(self.drawn) :])}
        watch = watching()

        def value(a: Any) -> Any:
            if isinstance(a, Ref):
                i = self.plan.same.get(a.slot, a.slot)
                if i not in env:
                    env[i] = _constant(self.constants[i] if i in self.plan.constant else slots[i].of)
                return env[i] if not isinstance(a, Still) or env[i].op is None else made(env[i].raw)
            return tuple(map(plain, a)) if a.__class__ is tuple else a

        def plain(a: Any) -> Any:
            return value(a).raw if isinstance(a, Ref) else value(a)

        for s in self.plan.kept:
            if isinstance(s, Row) and s.out in known:
                args = tuple(map(value, s.args))
                needed = s.op.differentiable and any(isinstance(a, Array) and a.op is not None for a in args)
                env[s.out] = z = made(known[s.out], s.op, args) if needed else made(known[s.out])
                if watch is not None:
                    watch.resumes(z)
            elif isinstance(s, Row):
                env[s.out] = Array.record(s.op, tuple(map(value, s.args)))
            elif isinstance(s, New):
                env[s.out] = _constant(slots[s.out].of.copy())
            elif isinstance(s, Change):
                if s.target not in env:  # memory as it comes
                    env[s.target] = _constant(slots[s.target].of.copy())
                target, operand = env[s.target].raw, plain(s.operand)
                if watch is not None:
                    watch.changes(env[s.target], s.compute, operand, 1, operand)
                s.compute(target, operand, target)
        return [value(Ref(i)) for i in self.plan.outputs]


def _constant(raw: Any) -> Any:
    if (watch := watching()) is not None:
        watch.constant(raw)
    return made(raw)


def unfolding(again: Again) -> Callable[[Any], None]:
    """Puts the operations in the place of the node that a call is: recorded once more, or, where it was released, their skeleton."""

    def unfold(n: Any) -> None:
        released = n.released
        tensors = [a if isinstance(a, Array) else made(np.zeros(a.shape, a.dtype)) for a in n.x]
        with enable_grad():
            (z,) = again(tensors)
        if released:
            z.release(ancestors(z))
        n.op, n.x, n.saved_version = z.op, z.x, -1 if released else CHANGES.count

    return unfold


Calling = Callable[[Any, Any, Any, Any], Sequence[Any]]  # of arrays: results, drawn, saved; and of the tensors that are read


def differentiable(name: str, again: Again, compiled: Any, requires: Sequence[bool]) -> Calling:
    """Makes the results of one call, recorded as one operation. ``compiled(function, args)`` runs ``function(*args)`` as a program."""
    count, asked = len(again.inputs) + len(again.drawn), again.asked

    def gradients(n: int, *given: Any, env: dict[int, Any] | None = None) -> list[Any]:
        """Of the first ``n`` are the gradients of the results, the rest is what was saved."""
        weights, tensors = given[:n], list(given[n:])
        with enable_grad():
            for k in asked:
                t = made(tensors[k].raw)
                t.op = leaf
                tensors[k] = t
            return of(again(tensors, env), tensors, weights, False)

    def of(outputs: Any, tensors: Any, weights: Any, create_graph: bool) -> list[Any]:
        outputs, inputs = [o for o, needed in zip(outputs, requires) if needed], [tensors[k] for k in asked]
        return list(grad(outputs, inputs, weights, create_graph=create_graph, allow_unused=True, retain_graph=create_graph or None))

    def backward(weights: Sequence[Any], saved: Sequence[Any], record: bool) -> dict[int, Any]:
        """The gradients by argument. What was saved are nodes or arrays, or `Changed`."""
        if record:
            for a in saved:
                if isinstance(a, Changed):
                    a.refuse()
            tensors = saved[:count]
            return dict(zip(asked, of(again(tensors), tensors, weights, True)))
        raws = [np.zeros(a.shape, a.dtype) if isinstance(a, Changed) else a.raw if isinstance(a, Array) else a for a in saved]
        found, used = compiled(gradients, [len(weights), *(made(w.raw) for w in weights), *map(made, raws)])
        for k, a in enumerate(saved):
            if isinstance(a, Changed) and 1 + len(weights) + k in used:
                a.refuse()
        return dict(zip(asked, found))

    again.kept = _read_by(gradients, again, requires)
    return _one(name, again, backward) if len(requires) == 1 else _several(name, again, backward, requires)


def _one(name: str, again: Again, backward: Any) -> Calling:
    """A call with one result: a row that all calls have in common."""

    def rule(j: int) -> Callable[..., Any]:
        def pull(g: Any, z: Any, *args: Any) -> Any:
            return for_all(z, g, j, lambda: of(g, args))

        return pull

    def of(g: Any, args: Any) -> dict[int, Any]:
        nodes = isinstance(g, Array)
        found = backward([g if nodes else made(g)], args, nodes and is_grad_enabled())
        return {k: d if d is None or nodes else d.raw for k, d in found.items()}

    def compute(*raws: Any) -> Any:
        """With other numbers, for readers of the graph."""
        with no_grad():
            return again([made(np.asarray(raw)) for raw in raws[: len(again.inputs) + len(again.drawn)]])[0].raw

    total = len(again.inputs) + len(again.drawn) + len(again.kept)
    row = Op(name, compute, *[rule(j) if j in again.asked else None for j in range(total)])
    row.unfold = unfolding(again)
    shared = [len(again.inputs) + k for k, _ in again.shared()]

    def call(results: Any, drawn: Any, kept: Any, tensors: Any) -> Sequence[Any]:
        z, args = made(results[0]), [*tensors, *map(made, (*drawn, *kept))]
        for k in shared:  # who changes the result changes what was saved
            z.version = args[k].version = z.version or Version()
        if not NONDEFAULT or recorded(z, row, tuple(args), True):
            z.op, z.x = row, tuple(args)
        return (z,)

    return call


def _several(name: str, again: Again, backward: Any, requires: Sequence[bool]) -> Calling:
    """A call with several results, whose gradients meet in one. Those that have one are copies; the others may share what was saved."""
    shared = [(k, j) for k, j in again.shared() if not requires[j]]

    class Replayed(Function):
        @staticmethod
        def forward(ctx: Any, results: Any, drawn: Any, kept: Any, *tensors: Any) -> Any:
            outputs, saved = [made(raw) for raw in results], [made(raw) for raw in (*drawn, *kept)]
            for k, j in shared:
                outputs[j].version = saved[k].version = outputs[j].version or saved[k].version or Version()
            ctx.save_for_backward(*tensors, *saved)
            ctx.mark_non_differentiable(*[o for o, needed in zip(outputs, requires) if not needed])
            return tuple(outputs)

        @staticmethod
        def backward(ctx: Any, *weights: Any) -> Any:
            found = backward([w for w, needed in zip(weights, requires) if needed], ctx._unpacked, is_grad_enabled())
            return None, None, None, *[found.get(k) for k in range(len(again.inputs))]

    Replayed.__name__ = Replayed.__qualname__ = name
    return lambda results, drawn, kept, tensors: Replayed.apply(results, drawn, kept, *tensors)


def _read_by(gradients: Callable[..., Any], again: Again, requires: Sequence[bool]) -> list[int]:
    """The slots of the intermediate results that the gradients are made of; none where that is not known."""
    slots = again.slots
    weights = [made(np.ones_like(slots[i].raw)) for i, needed in zip(again.plan.outputs, requires) if needed]
    saved = [made(slots[i].raw) for i in (*again.inputs, *[where.slot for where in again.drawn])]
    env: dict[int, Any] = {}
    leaves = [len(weights), *weights, *saved]
    recorder = Recorder(leaves, World(None), False)
    found = recorder.run(partial(gradients, env=env), leaves, {})
    if recorder.refused is not None:
        return []
    plan = Plan(recorder, [recorder.slot(g.raw) for g in found if g is not None])
    results = [(s.out, recorder.known.get(id(env[s.out].raw))) for s in again.plan.kept if isinstance(s, Row)]
    own = {k: i for i, k in results if k is not None}
    read = {i for s in plan.kept if not (isinstance(s, Row) and s.out in own) for i in touched(s)}
    roots = {recorder.slots[i].root for i in (*read, *plan.outputs)}
    changed = {slots[s.target].root for s in again.plan.kept if isinstance(s, Change)}
    return [i for k, i in own.items() if k in roots and slots[i].root == i and i not in changed and i not in again.plan.constant]
