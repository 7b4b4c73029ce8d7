"""Which steps of a recorded call are kept: those that something depends on, without constants, copies and casts that need not be made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.compiling.watching import Recorder
from autograd.faces.changes import assign
from autograd.ops.elementwise import mul
from autograd.ops.moves import cast_, clone_
from autograd.program.steps import Bind, Call, Change, Live, New, Ref, Row, Step, Still

__all__ = ["Plan", "flat", "refs", "touched"]


class Plan:
    """Which steps are kept, which slots are constants, and which are one array: read off the steps of a recorder, last to first.

    Without ``effects``, only the steps are kept that the outputs depend on.
    """

    def __init__(self, recorder: Recorder, outputs: Sequence[int], effects: bool = True) -> None:
        self.effects = effects
        self.unmade: set[int] = set()  # new arrays that are written over before they are read
        self.slots, self.steps = recorder.slots, recorder.steps
        self.bound = {self.slots[s.slot].root for s in self.steps if isinstance(s, Bind) and s.slot is not None}
        self.changed = {self.slots[s.target].root for s in self.steps if isinstance(s, Change)} | self.bound  # by who holds the gradient
        self.outputs = list(outputs)
        self.constant = self._constants()
        self.kept = self._kept()
        self.same = self._same()
        self._tidied()
        self.last = self._last_uses()

    def _tidied(self) -> None:
        """Without copies into memory that is written over at once, and casts of what an assignment casts anyway."""
        uses: dict[int, int] = {}
        for s in self.kept:
            for i in touched(s):
                uses[i] = uses.get(i, 0) + 1
        casts = {s.out: s for s in self.kept if isinstance(s, Row) and s.op is cast_ and uses[s.out] == 2 and s.out not in self.outputs}
        dropped: set[int] = set()
        for k, s in enumerate(self.kept):
            if isinstance(s, Change) and s.compute is assign and isinstance(s.operand, Ref) and (cast := casts.get(s.operand.slot)):
                self.kept[k] = s._replace(operand=cast.args[0])
                dropped.add(cast.out)
        kept = [s for s in self.kept if not (isinstance(s, Row) and s.out in dropped)]
        self.kept = []
        for k, s in enumerate(kept):
            if isinstance(s, New):
                first = next((t for t in kept[k + 1 :] if any(self.slots[i].root == s.out for i in touched(t))), None)
                if isinstance(first, Change) and first.compute is assign and first.target == s.out:
                    if not (isinstance(first.operand, Ref) and self.slots[first.operand.slot].root == s.out):
                        self.unmade.add(s.out)
                        continue
            self.kept.append(s)

    def root(self, i: int) -> int:
        """The slot whose memory that of slot ``i`` is."""
        i = self.slots[self.same.get(i, i)].root
        return self.slots[self.same[i]].root if i in self.same else i

    def _constants(self) -> set[int]:
        found = {i for i, s in enumerate(self.slots) if s.kind == "constant" and s.root not in self.changed}
        for s in self.steps:
            if isinstance(s, Row) and self.slots[s.out].root not in self.changed and self.slots[s.out].kind == "result":
                if all(r.slot in found for r in refs(s.args)) and not any(isinstance(a, Live) for a in flat(s.args)):
                    found.add(s.out)
        return found

    def value(self, i: int) -> np.ndarray:
        """The constant in slot ``i``, which whoever was given it in the call that was recorded cannot change."""
        s = self.slots[i]
        raw: np.ndarray = s.raw.copy("K") if i in self.constant else s.of
        return raw

    def _kept(self) -> list[Step]:
        needed = {self.slots[i].root for i in self.outputs}
        if self.effects:
            needed |= self.bound  # a gradient may change once it is set
        slots = set(self.outputs)
        kept: list[Step] = []

        def need(tree: Any) -> None:
            for r in refs(tree):
                slots.add(r.slot)
                needed.add(self.slots[r.slot].root)

        for s in reversed(self.steps):
            if isinstance(s, Bind):
                if not self.effects:
                    continue
                if s.slot is not None:
                    need(Ref(s.slot))
            elif isinstance(s, Call):
                if not self.effects and not any(r.slot in slots for r in refs(s.outs)):
                    continue
                need(s.args)
            elif isinstance(s, Change):
                root = self.slots[s.target].root
                if root not in needed and not (self.effects and self.slots[root].outside):
                    continue
                need((Ref(s.target), s.operand))
            elif isinstance(s, New):
                if s.out in self.constant or self.slots[s.out].root not in needed:
                    continue
            else:
                if s.out in self.constant or s.out not in slots:
                    continue
                need(s.args)
            kept.append(s)
        return kept[::-1]

    def _same(self) -> dict[int, int]:
        """Copies that need not be made: the slot of each, and that of what it is a copy of, which nobody reads or changes afterwards."""
        read = {}
        for k, s in enumerate(self.kept):
            for i in touched(s):
                read[self.slots[i].root] = k
        for i in self.outputs:
            read[self.slots[i].root] = len(self.kept)
        found: dict[int, int] = {}
        bound = {s.slot for s in self.kept if isinstance(s, Bind)}
        for k, s in enumerate(self.kept):
            if isinstance(s, Row) and s.op is clone_ and isinstance(s.args[0], Ref):
                source = s.args[0].slot
                source = found.get(source, source)
                slot = self.slots[source]
                if slot.kind == "result" and slot.root == source and source not in self.constant and source not in bound:
                    if read.get(source, -1) <= k and slot.raw.strides == self.slots[s.out].raw.strides:
                        found[s.out] = source
                        read[source] = read.get(s.out, k)
        self.kept = [s for s in self.kept if not (isinstance(s, Row) and s.out in found)]
        return found

    def _last_uses(self) -> dict[int, int]:
        last: dict[int, int] = {}
        for k, s in enumerate(self.kept):
            for i in touched(s):
                last[self.root(i)] = k
        for i in self.outputs:
            last[self.root(i)] = len(self.kept)
        for s in self.kept:
            if isinstance(s, Bind) and s.slot is not None:
                last[self.root(s.slot)] = len(self.kept)
        return last

    def scaled_together(self, held: set[int]) -> dict[int, list[Row]]:
        """The steps of an optimiser that scale gradients, which are ``held``, by one number: at the first, all; at the others, none."""
        groups: dict[Any, list[tuple[int, Row]]] = {}
        for k, s in enumerate(self.kept):
            if isinstance(s, Row) and s.op is mul and len(s.args) == 2 and isinstance(s.args[0], Ref) and isinstance(s.args[1], Live):
                g, raw = self.root(s.args[0].slot), self.slots[s.out].raw
                if g in held and raw.flags.c_contiguous and raw.shape == self.slots[g].raw.shape and self.slots[g].raw.flags.c_contiguous:
                    groups.setdefault((s.args[1], raw.dtype), []).append((k, s))
        found: dict[int, list[Row]] = {}
        for same in groups.values():
            first, last = same[0][0], same[-1][0]
            roots = {self.root(s.args[0].slot) for _, s in same}
            still = not any(self.root(i) in roots for s in self.kept[first:last] for i in _written(s))
            if still and len(same) == len(roots) > 1:
                found |= {k: [] for k, _ in same} | {first: [s for _, s in same]}
        return found


def flat(tree: Any) -> Any:
    """The parts of nested tuples."""
    if tree.__class__ is tuple:
        for x in tree:
            yield from flat(x)
    else:
        yield tree


def refs(tree: Any) -> list[Ref]:
    """The references in an argument."""
    if tree.__class__ is not tuple:
        return [tree] if isinstance(tree, Ref) else []
    found: list[Ref] = []
    for x in tree:
        if x.__class__ is Ref or x.__class__ is Still:
            found.append(x)
        elif x.__class__ is tuple:
            found += refs(x)
    return found


def touched(s: Step) -> list[int]:
    """The slots that a step reads or writes."""
    if isinstance(s, Row):
        return [s.out, *(r.slot for r in refs(s.args))]
    if isinstance(s, Change):
        return [s.target, *(r.slot for r in refs((s.operand,)))]
    if isinstance(s, Call):
        return [r.slot for r in [*refs(s.args), *refs(s.outs)]]
    if isinstance(s, New):
        return [s.out]
    return [] if s.slot is None else [s.slot]


def _written(s: Step) -> list[int]:
    """The slots that a step writes."""
    if isinstance(s, Row | New):
        return [s.out]
    if isinstance(s, Change):
        return [s.target]
    return [r.slot for r in refs(s.outs)] if isinstance(s, Call) else []
