"""The backward pass: replays recorded operations in reverse topological order with the chain rule.

`grad` and `backward` walk the graph and call the vjps of each row. Nothing here knows whether floats, arrays or nodes flow through
the rules, and so the same walk gives numbers or, with ``create_graph=True``, a graph of its own that can be differentiated again.

What to hold before changing it: a node's ``mark`` is None outside a walk, then a `Stage`, then its gradient so far, and a node whose
mark is None takes no part. Leaves are sorted where they are met, arguments before results. A node of a scalar kernel has its arguments
and partials in ``x, y, dx, dy`` and is replayed on a path of its own. The first gradient that arrives at a leaf may be an array that
somebody else holds, so that the leaf adopts it; what is added up is new. One walk runs at a time; a rule that walks in turn finds
clean marks. Hooks are called where a node is reached, when its gradient is complete; tensors that were changed in place are settled
before the walk. An interrupt at any line leaves no mark behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, NoReturn

from autograd.core.blocks import no_fork_within
from autograd.core.changes import CHANGED, settle
from autograd.core.hooks import HOOKED
from autograd.core.mode import enable_grad, no_grad, set_grad_enabled, watching
from autograd.core.node import Node, NoGradient, leaf
from autograd.core.notes import notes_of
from autograd.core.watch import FOLLOWERS, SCALARS, Watch, leaves_scalars, scalar_watch
from autograd.errors import described, flag_of, kind_of

__all__ = ["ancestors", "backward", "grad", "walking"]


class Stage(Enum):
    """How far the walk has come with a node: its arguments are being sorted; it is sorted, and has no gradient yet."""

    OPEN = "open"
    SORTED = "sorted"


OPEN, SORTED = Stage.OPEN, Stage.SORTED
Note = Callable[[Node, Any], None]


def backward(
    self: Node,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Node | Sequence[Node] | None = None,
) -> None:
    """Accumulate d(self)/d(leaf) in the ``.grad`` of every leaf below, weighted by ``gradient`` (default 1, for scalars).

    ``retain_graph`` keeps the saved tensors for another backward (default: ``create_graph``); below a Value they always stay.
    ``create_graph`` records the gradients themselves, so that they can be drawn or differentiated; a leaf then refers
    to its gradient and the gradient to the leaf, until ``.grad`` is set to None.
    ``inputs`` are the only nodes whose ``.grad`` is changed, where they are given; then only what leads to them is differentiated.
    Raises RuntimeError if nothing here requires a gradient, or the graph was released.
    """
    wanted = None if inputs is None else _inputs(inputs)
    if SCALARS and (observer := scalar_watch()) is not None:
        observer.differentiates(self, gradient, retain_graph=retain_graph, create_graph=create_graph, inputs=inputs)
    with walking:
        for follower in FOLLOWERS:
            follower.begins(self)
        found = _walk([self], [gradient], wanted, retain_graph, create_graph)
        watch = watching()
        for n, g in found:
            if watch is None or not watch.nodes:
                n.receive(g)
            else:
                watch.accumulate(n, g)
        for n, _ in found if HOOKED else ():
            if (notes := n.notes) is not None and notes.hooks is not None:
                with set_grad_enabled(bool(create_graph)):
                    for hook in [*notes.hooks.accumulated.values()]:
                        hook(n)
        for follower in FOLLOWERS:
            follower.ended(self, found)
    if retain_graph or create_graph:
        notes_of(self).walked = True


# Marks and accumulated gradients stand in the nodes themselves (a set and a dict cost a quarter more), so one walk runs at a time. A rule
# that itself calls `grad` finds nodes without marks, because those of the outer walks are saved and restored.
walking = threading.RLock()
_active: list[list[Node]] = []
no_fork_within(walking)


def _walk(
    outputs: Sequence[Node],
    gradients: Sequence[Any],
    inputs: Sequence[Node] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> list[tuple[Node, Any]]:
    """The nodes whose gradient is asked for, with it: ``inputs``, or the leaves and the intermediate nodes that retain theirs."""
    if create_graph is not False:
        create_graph = flag_of(create_graph, "create_graph")
    if retain_graph is None:
        retain_graph = create_graph or outputs[0].retains_graph
    else:
        retain_graph = flag_of(retain_graph, "retain_graph")
    for n in outputs:
        if n.op is None:
            raise RuntimeError(f"{n!r} does not require grad and was not recorded, so nothing can be differentiated: {n.cure}")
    watch = watching()
    as_nodes = create_graph or (watch is not None and watch.nodes)
    seeds = []
    for n, g in zip(outputs, gradients):
        seeds.append(_seed(n, g, as_nodes))
    with walking:
        if CHANGED:
            settle([*outputs, *(inputs or ())])
        if not as_nodes:
            alone = len(outputs) == 1 and inputs is None and watch is None and not HOOKED
            if alone and (found := _of_leaves(outputs[0], seeds[0])) is not None:
                return found
            return _locked(outputs, seeds, inputs, retain_graph, False, None)
        if not create_graph:
            with no_grad():
                return _locked(outputs, seeds, inputs, retain_graph, True, None)
        with enable_grad():
            return _locked(outputs, seeds, inputs, retain_graph, True, _gradient_notes(outputs, gradients))


def _seed(n: Node, gradient: Any, as_node: bool) -> Any:
    """``gradient``, which comes from outside, checked to be one of ``n``: as a node, or raw."""
    g = n.seed(gradient)
    if not as_node:
        return g.raw if isinstance(g, Node) else g
    if isinstance(g, Node) and (g.op is not None or watching() is not None):  # a copy of it would not be what a watch knows
        return g
    return n.constant(getattr(g, "raw", g))


def _locked(
    outputs: Sequence[Node], seeds: list[Any], inputs: Sequence[Node] | None, retain_graph: bool, as_nodes: bool, note: Note | None
) -> list[tuple[Node, Any]]:
    """The walk, under the lock. Where gradients are recorded, they are nodes, and ``note`` is called with each."""
    order: list[Node] = []
    stack: list[Node] = []
    outer_marks = [(n, n.mark) for walk in _active for n in walk if n.mark is not None] if _active else ()
    has_rules = as_nodes or len(outputs) > 1  # then seeds may meet
    depth = len(_active)
    try:
        for n, _ in outer_marks:
            n.mark = None
        _active.append(order)
        for n in outputs:
            stack.append(n)
            has_rules = _toposort(stack, order) or has_rules
        wanted = None if inputs is None else set(inputs)
        if wanted is not None:
            _prune(order, wanted)
        if has_rules:
            with outputs[0].ieee():
                found = _propagate(outputs, seeds, order, wanted, as_nodes, note)
        else:
            found = _propagate(outputs, seeds, order, wanted, as_nodes, note)
        if not retain_graph:
            outputs[0].release(order)
        return found
    except BaseException:
        for n in (*order, *stack):
            n.mark = None
        raise
    finally:
        del _active[depth:]
        for n, m in outer_marks:
            n.mark = m


def _of_leaves(n: Node, g: Any) -> list[tuple[Node, Any]] | None:
    """What the walk finds below a node that gives all gradients at once, where these are of leaves: there is no order to be found."""
    if n.op is None or n.op.at_once is None:
        return None
    found = [(n, g)] if n.retains_grad else []
    for p, d in n.op.at_once(n, g):
        if p.op is leaf:
            found.append((p, d))
        elif p.op is not None:
            return None
    return found


def _toposort(stack: list[Node], order: list[Node]) -> bool:
    """Append to ``order``, in topological order, every node below the stack that a gradient can reach. Is there a rule to be called?"""
    push, pop, emit = stack.append, stack.pop, order.append
    has_rules = False
    while stack:
        n = stack[-1]
        if n.mark is None:
            n.mark = OPEN
            if n.dx is None and n.dy is None:
                if n.x and not has_rules:  # a leaf has no arguments
                    has_rules = n.op is None or n.op.at_once is None
                for p in n.x:
                    if isinstance(p, Node) and p.mark is None and p.op is not None:
                        if p.op is leaf:
                            emit(p)
                            p.mark = SORTED
                        else:
                            push(p)
                continue
            if n.dx is not None and n.x.mark is None:
                push(n.x)
            if n.dy is not None and n.y.mark is None:
                push(n.y)
        else:
            if n.mark is OPEN:
                emit(n)  # before it leaves the stack: an interrupt here must find it, to unmark it
                n.mark = SORTED
            pop()
    return has_rules


def _prune(order: list[Node], wanted: set[Node]) -> None:
    """Remove from ``order``, and unmark, the nodes from which no node of ``wanted`` is reached."""
    kept = []
    for n in order:
        if n not in wanted:
            for p in n.args:
                if isinstance(p, Node) and p.mark is not None:
                    break
            else:
                n.mark = None
                continue
        kept.append(n)
    order[:] = kept


def _gradient_notes(outputs: Sequence[Node], gradients: Sequence[Any]) -> Note:
    """A function that writes into the notes of a recorded gradient whose gradient it is; the seeds, and those of the outputs, get none."""
    source, ends, theirs = notes_of(outputs[0]) if len(outputs) == 1 else None, set(outputs), {id(g) for g in gradients}

    def note(n: Node, g: Any) -> None:
        if isinstance(g, Node) and id(g) not in theirs and n not in ends:
            notes_of(g).add_variable(notes_of(n), source)

    return note


def _propagate(
    outputs: Sequence[Node], seeds: list[Any], order: list[Node], wanted: set[Node] | None, as_nodes: bool, note: Note | None
) -> list[tuple[Node, Any]]:
    """Propagate the ``seeds``, the gradients of the outputs, through ``order``, seen by the observer of this thread."""
    for n, g in zip(outputs, seeds):
        if n.mark is not None:
            g = g if n.mark is SORTED else n.mark + g
            n.mark = n.adopt(g, leaf) if n.op is leaf and not as_nodes else g
    return _replay(order, wanted, as_nodes, note, watching())


def _replay(order: list[Node], wanted: set[Node] | None, as_nodes: bool, note: Note | None, watch: Watch | None) -> list[tuple[Node, Any]]:
    """The loop of the walk: the nodes of ``order``, last first."""
    found: list[tuple[Node, Any]] = []
    nodes: Iterable[Node] = reversed(order) if watch is None else watch.walk(order)
    for n in _hooked(nodes, as_nodes) if HOOKED else nodes:
        g = n.mark
        n.mark = None
        if g is SORTED:  # no gradient reached it
            continue
        dx = n.dx
        dy = n.dy
        if (dx is None and dy is None) or as_nodes:
            if note is not None:
                note(n, g)
            if n.op is leaf:
                if wanted is None or n in wanted:
                    found.append((n, g))
                continue
            if n.retains_grad if wanted is None else n in wanted:
                found.append((n, g))
            op = n.op
            assert op is not None
            if op.at_once is not None and not as_nodes and watch is None:
                for p, d in op.at_once(n, g):
                    if (m := p.mark) is not None:
                        p.mark = d if m is SORTED else m + d
                continue
            z, args = n.saved(as_nodes)
            given = n.args if as_nodes else n.x
            if len(op.vjps) < len(given) and not op.variadic:
                _check_rules(n)
            i = -1
            for p, rule in zip(given, op.rules):
                i += 1
                if rule is not None and isinstance(p, Node) and (m := p.mark) is not None:
                    if watch is not None:
                        watch.pulls(n, i, g)
                    try:
                        d = p.fit(op.vjp(i, g, z, args))
                    except NoGradient:
                        continue
                    except (TypeError, ValueError) as error:
                        _rule_failed(n, i, error)
                    if m is not SORTED:
                        p.mark = m + d
                    else:
                        p.mark = p.adopt(d, op, g, z, args) if p.op is leaf and not as_nodes else d
            continue
        # The one fast path beside `Op.vjp`: a scalar kernel has stored its local partials, so that a product is all there is to do.
        if wanted is None:
            n._grad = g
        elif n in wanted:
            found.append((n, g))
        if dx is not None:
            p = n.x
            m = p.mark
            if m is SORTED:
                p.mark = g * dx
            elif m is not None:
                p.mark = m + g * dx
        if dy is not None:
            p = n.y
            m = p.mark
            if m is SORTED:
                p.mark = g * dy
            elif m is not None:
                p.mark = m + g * dy
    return found


def _hooked(nodes: Iterable[Node], as_nodes: bool) -> Iterator[Node]:
    """``nodes``, each after its hooks were called with its gradient."""
    for n in nodes:
        if (notes := n.notes) is not None and notes.hooks is not None and n.mark is not SORTED:
            with set_grad_enabled(as_nodes):
                for hook in [*notes.hooks.gradient.values()]:
                    g = hook(n.mark if as_nodes and isinstance(n.mark, Node) else n.constant(n.mark))
                    if g is not None:
                        try:
                            g = _seed(n, g, as_nodes)
                        except (TypeError, ValueError, RuntimeError) as error:
                            raise RuntimeError(f"the hook {hook!r} must return None or the gradient in its place: {error}") from error
                        n.mark = g if as_nodes else n.adopt(g, leaf)  # a copy: the hook may have kept it
        yield n


def _check_rules(n: Node) -> None:
    """Refuse an argument that requires a gradient and has no rule: a forgotten rule would pass for a gradient of zero."""
    assert n.op is not None
    for i, a in enumerate(n.args[len(n.op.vjps) :], len(n.op.vjps)):
        if isinstance(a, Node) and a.op is not None:
            raise TypeError(
                f"{n.op!r} has {len(n.op.vjps)} vjps and was called with {len(n.args)} arguments; argument {i} requires a gradient: give "
                "Op one vjp for each argument, None where none flows"
            )


def _rule_failed(n: Node, i: int, error: Exception) -> NoReturn:
    """Raise ``error`` again, naming the rule that failed or gave no gradient of its argument."""
    raise kind_of(error)(f"the rule of {n.op!r} for argument {i}, called as rule(g, z, *args): {error}") from error


def grad(
    outputs: Node | Sequence[Node],
    inputs: Node | Sequence[Node],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradient of the (weighted sum of the) outputs with respect to each input; no ``.grad`` is changed.

    ``grad_outputs`` weighs the outputs, one weight each (None: 1, for scalars). An input that the outputs do not depend
    on gives None with ``allow_unused``, zeros with ``materialize_grads``, and a RuntimeError without either. The result is a tuple, one
    node per input. Gradients for a batch of weights, ``is_grads_batched``, are not here, nor is ``only_inputs=False``: that is `backward`.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> dy, = grad(x ** 3, x, create_graph=True)
    >>> dy.data, grad(dy, x)[0].data
    (27.0, 18.0)
    """
    if SCALARS:
        leaves_scalars("grad()")
    zeros = flag_of(materialize_grads, "materialize_grads")
    if allow_unused is not None and not flag_of(allow_unused, "allow_unused") and zeros:
        raise ValueError("materialize_grads=True gives zeros for what is not used: leave allow_unused out, or pass allow_unused=True")
    if flag_of(is_grads_batched, "is_grads_batched"):
        raise ValueError("is_grads_batched=True is not here: call grad for each of the weights, or autograd.functional.jacobian")
    if not flag_of(only_inputs, "only_inputs"):
        raise ValueError("only_inputs=False is not here: call backward(), which gives every leaf its .grad")
    outs = _nodes(outputs, "outputs")
    ins = _inputs(inputs)
    weights = list(grad_outputs) if isinstance(grad_outputs, list | tuple) else [grad_outputs] * (grad_outputs is not None)
    if not weights:
        weights = [None] * len(outs)
    if len(weights) != len(outs):
        raise ValueError(f"grad_outputs has {len(weights)} entries for {len(outs)} outputs; give one for each")
    results = dict(_walk(outs, weights, ins, retain_graph, create_graph))
    watch = watching()
    if watch is not None and watch.nodes and not create_graph:
        results = {n: watch.own(g) for n, g in results.items()}
    missing = [i for i, n in enumerate(ins) if n not in results]
    if missing and zeros:
        results |= {ins[i]: ins[i].fit(0.0) for i in missing}
    elif missing and not allow_unused:
        raise RuntimeError(
            f"the outputs do not depend on input {missing[0]}, {ins[missing[0]]!r}; pass allow_unused=True to get None for "
            "it, or materialize_grads=True to get zeros"
        )
    return tuple(None if n not in results else results[n] if isinstance(results[n], Node) else n.constant(results[n]) for n in ins)


def _nodes(given: Any, what: str) -> list[Node]:
    nodes = list(given) if isinstance(given, list | tuple) or hasattr(given, "__next__") else [given]
    for n in nodes:
        if not isinstance(n, Node):
            raise TypeError(f"{what} must be Values or Tensors, got {described(n)}")
    if not nodes:
        raise ValueError(f"{what} is empty ({described(given)}); give at least one Value or Tensor")
    return nodes


def _inputs(given: Any) -> list[Node]:
    """What is to be differentiated by."""
    nodes = _nodes(given, "inputs")
    for i, n in enumerate(nodes):
        if n.op is None:
            raise RuntimeError(f"input {i}, {n!r}, does not require grad; set requires_grad=True before it is used")
    return nodes


def ancestors(*roots: Node, within: Container[Node] | None = None) -> list[Node]:
    """Every node that ``roots`` were made from, constants and roots included, in topological order: arguments before results.

    Where ``within`` is given, only what is reached through nodes in it.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> [n.data for n in ancestors(x * x + 1)]
    [2.0, 4.0, 5.0]
    """
    for n in roots:
        if not isinstance(n, Node):
            raise TypeError(f"ancestors takes Values and Tensors, got {described(n)}")
    if within is not None and (isinstance(within, str | bytes) or not hasattr(within, "__contains__")):
        raise TypeError(f"ancestors: within must be a set of nodes, got {described(within)}")
    if CHANGED:
        with walking:
            settle(roots)
    order: dict[Node, None] = {}
    opened: set[Node] = set()
    stack = list(reversed(roots))
    while stack:
        n = stack[-1]
        if n in opened:
            order[stack.pop()] = None
        else:
            opened.add(n)
            if n.op is not None and n.op.unfold is not None:
                n.op.unfold(n)
            stack += [a for a in reversed(n.args) if isinstance(a, Node) and a not in opened and (within is None or a in within)]
    return list(order)
