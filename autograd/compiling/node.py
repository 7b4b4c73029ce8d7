"""A compiled function without a backward in it leaves one node, whose backward is compiled as well.

The backward records the steps of the call once more, from what the node has saved, and differentiates them: eagerly where the gradient is
to be differentiated again, else as a program of its own. What was drawn is saved, not drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.compiling.plan import Plan, refs, touched
from autograd.compiling.watching import Recorder
from autograd.core.mode import enable_grad, is_grad_enabled, watching
from autograd.core.node import leaf
from autograd.core.walk import ancestors, grad
from autograd.faces.record import Array, made
from autograd.faces.versions import CHANGES, Changed
from autograd.function import Function
from autograd.program.steps import Bind, Change, Live, New, Ref, Row, Still

__all__ = ["Again", "differentiable", "unfolding"]


class Again:
    """The steps of a call as operations on tensors: those that its results need."""

    def __init__(self, recorder: Recorder, plan: Plan, inputs: Sequence[int], drawn: Sequence[Any]) -> None:
        plan.steps, plan.kept = [], [s._replace(tensor=None) if isinstance(s, Change) else s for s in plan.kept]
        self.slots, self.plan, self.inputs, self.drawn = recorder.slots, plan, list(inputs), list(drawn)

        self.constants = {i: plan.value(i) for s in plan.kept for i in (*touched(s), *plan.outputs) if i in plan.constant}

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

    def __call__(self, tensors: Sequence[Any]) -> list[Any]:
        """The results, recorded, of the inputs and of what was drawn."""
        slots, env = self.slots, dict(zip(self.inputs, tensors))
        env |= {where.slot: made(t.raw) for where, t in zip(self.drawn, tensors[len(self.inputs) :])}
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
            if isinstance(s, Row):
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


def differentiable(name: str, again: Again, compiled: Any, requires: Sequence[bool]) -> type[Function]:
    """The operation that one call is. ``compiled(function, args)`` runs ``function(*args)`` as a program."""
    count = len(again.inputs)

    def gradients(n: int, needs: int, *given: Any) -> list[Any]:
        """Of the first ``n`` are the gradients of the results, the rest is what was saved; ``needs`` has a bit for each input."""
        weights, tensors = given[:n], list(given[n:])
        with enable_grad():
            for k in range(count):
                if needs >> k & 1:
                    t = made(tensors[k].raw)
                    t.op = leaf
                    tensors[k] = t
            return _grad(again(tensors), tensors[:count], weights, False)

    class Replayed(Function):
        @staticmethod
        def forward(ctx: Any, results: Any, drawn: Any, *tensors: Any) -> Any:
            outputs = [made(raw) for raw in results]
            ctx.save_for_backward(*tensors, *[made(d) for d in drawn])
            ctx.mark_non_differentiable(*[o for o, needed in zip(outputs, requires) if not needed])
            return tuple(outputs)

        @staticmethod
        def backward(ctx: Any, *weights: Any) -> Any:
            some = [w for w, needed in zip(weights, requires) if needed]
            if is_grad_enabled():  # the gradient is recorded
                tensors = list(ctx.saved_tensors)
                return None, None, *_grad(again(tensors), tensors[:count], some, True)
            changed = {k: t for k, t in enumerate(ctx._unpacked) if isinstance(t, Changed)}
            raws = [np.zeros(t.shape, t.dtype) if isinstance(t, Changed) else t.raw for t in ctx._unpacked]
            needs = sum(needed << k for k, needed in enumerate(ctx.needs_input_grad[2 : 2 + count]))
            found, used = compiled(gradients, [len(some), needs, *(made(raw) for raw in (*(w.raw for w in some), *raws))])
            for k, t in changed.items():
                if 2 + len(some) + k in used:
                    t.refuse()
            return None, None, *found

    def _grad(outputs: Any, inputs: Any, weights: Any, create_graph: bool) -> list[Any]:
        outputs = [o for o, needed in zip(outputs, requires) if needed]
        asked = [t for t in inputs if t.op is not None]
        found = iter(grad(outputs, asked, weights, create_graph=create_graph, allow_unused=True, retain_graph=create_graph or None))
        return [next(found) if t.op is not None else None for t in inputs]

    Replayed.__name__ = Replayed.__qualname__ = name
    return Replayed
