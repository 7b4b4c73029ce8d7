"""`Function`: an operation of one's own as PyTorch's programs write it, with a ``forward`` and a ``backward`` that share a ``ctx``.

Where derivatives can be written as formulas, an `Op` is shorter and is read by pictures and listings. A `Function` is for a backward that
is a program: one that computes all gradients at once, keeps something from forward, or is on purpose no derivative. Each call is recorded
as a row of its own, whose rules call ``backward`` once a walk, so that the engine knows nothing of it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from functools import partial, wraps
from itertools import accumulate
from typing import Any, NoReturn

import numpy as np

from autograd.core.mode import NONDEFAULT, is_grad_enabled, no_grad, set_grad_enabled, watching
from autograd.core.node import Node, NoGradient, Op, each
from autograd.core.notes import recorded
from autograd.core.symbols import ATOM, Symbol
from autograd.errors import described, flag_of
from autograd.faces.bridge import SparseGradient, across
from autograd.faces.dtypes import canonical
from autograd.faces.record import made
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.faces.versions import Changed
from autograd.ops.moves import put_

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx:
    """What a ``forward`` leaves for its ``backward``: saved tensors, and attributes of any name for all else."""

    _saved: Sequence[Any] | None = None
    _constants: Sequence[Any] = ()
    _unpacked: Sequence[Any] | None = None
    _zeros = True
    needs_input_grad: tuple[bool, ...] = ()  #: For each argument of ``apply``: does it require a gradient?

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep arguments, results, or other tensors for ``backward``, which is refused where one of them was changed in place since."""
        for t in tensors:
            if not isinstance(t, Tensor | None):
                raise TypeError(f"save_for_backward takes tensors and None, got {described(t)}; keep it as an attribute, ctx.name = ...")
        self._saved = tensors

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What was saved, in ``backward``; recorded where ``create_graph=True``."""
        if self._unpacked is None:
            raise RuntimeError("ctx.saved_tensors is there in backward, which reads what save_for_backward was given in forward")
        for t in self._unpacked:
            if isinstance(t, Changed):
                t.refuse()
        return tuple(self._unpacked)

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """These outputs require no gradient; ``backward`` is given what it is given where none arrives. Integers and booleans never do."""
        self._constants = outputs

    def set_materialize_grads(self, value: bool) -> None:
        """Is ``backward`` given zeros for outputs that no gradient arrives at? So it is by default; with False, it is given None.

        Readers that call a rule by itself, as a listing does, give it zeros in any case. Raises TypeError for what is no bool.

        >>> from autograd import ones
        >>> class Both(Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.set_materialize_grads(False)
        ...         return 2 * x, 3 * x
        ...     @staticmethod
        ...     def backward(ctx, g, h):
        ...         print(g, h)
        ...         return 2 * g if h is None else 2 * g + 3 * h
        >>> x = ones(2, requires_grad=True)
        >>> Both.apply(x)[0].sum().backward()
        tensor([1., 1.]) None
        """
        self._zeros = flag_of(value, "set_materialize_grads")

    def mark_dirty(self, *tensors: Tensor) -> NoReturn:
        """Refused: an argument that ``forward`` changed in place would not become the result."""
        raise RuntimeError(
            "ctx.mark_dirty is not here, for forward may change none of its arguments in place: compute a new tensor, and let the caller "
            "put it there, y.copy_(F.apply(y))"
        )


# Output ``k`` of several, for a call that wants to know which gradients arrive: they stay apart, by ``k``. Only those of symbols, which are
# written and not sent, are put into an array. It is a copy: a view could be changed in place only by a row that `place_` knows.
_output = across(
    "output",
    lambda whole, start, stop, k: whole[start:stop].copy(),
    lambda g, z, whole, start, stop, k: put_(g, (slice(start, stop),), whole.shape) if isinstance(g, Symbol) else SparseGradient({k: g}),
    None,
    sign=lambda p, x, start=0, stop=0, k=0: f"[{start}:{stop}]",
    write=lambda p, x, start, stop, k: f"{p(x, ATOM)}[{start}:{stop}]",
)


class Function:
    """The base of an operation of one's own: subclass it, write ``forward`` and ``backward``, call ``apply``.

    ``forward(ctx, *args)`` computes one tensor, or a tuple of tensors, of any arguments; it is not recorded. ``backward(ctx, *grads)`` is
    given the gradient of each output, zeros where none arrived (None after ``ctx.set_materialize_grads(False)``), and returns one for each
    argument, None for those that have none. Made of operations it can be differentiated in turn. Instead, ``forward(*args)`` may do
    without ``ctx``, and ``setup_context(ctx, inputs, output)`` say what is kept. Arguments in lists, and keywords, are not looked at: pass
    tensors one by one.

    >>> from autograd import tensor
    >>> class Exp(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         z = x.exp()
    ...         ctx.save_for_backward(z)
    ...         return z
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         z, = ctx.saved_tensors
    ...         return g * z
    >>> x = tensor([0., 1.], requires_grad=True)
    >>> Exp.apply(x).sum().backward()
    >>> x.grad
    tensor([1.0000, 2.7183])
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:  # with both, checkers take any of a subclass
        """What the operation computes; subclasses write it."""
        raise TypeError("a Function needs a static method forward(ctx, *args); write one")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        """Keep for ``backward`` what it needs, where ``forward`` is written without ``ctx``."""

    @staticmethod
    def backward(*args: Any, **kwargs: Any) -> Any:
        """The gradients of the arguments from those of the outputs; subclasses write it."""
        raise TypeError("a Function needs a static method backward(ctx, *grads) where a gradient is asked for; write one")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call it: ``forward`` is run, and recorded as one operation where an argument requires a gradient.

        Raises TypeError for Values, which an `Op` takes, and where ``forward`` gives no tensor.
        """
        for a in args:
            if isinstance(a, Value):
                raise TypeError(f"{cls.__name__} is a Function and takes Tensors, got {described(a)}: for Values, write an Op")
        needs = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        ctx, out = _forward(cls, args, needs)
        outputs = out if isinstance(out, tuple) else (out,)
        plain = [o.detach() if isinstance(o, Tensor) else o for o in outputs]
        call = _Call(cls, ctx, args, outputs)
        if is_grad_enabled() and any(needs) and call.places:
            if NONDEFAULT and (watch := watching()) is not None:
                watch.reads(f"{cls.__name__}, whose backward is a program")
            for k, z in zip(call.places, call.record(plain)):
                plain[k] = z
        return tuple(plain) if isinstance(out, tuple) else plain[0]


def _forward(cls: type[Function], args: tuple[Any, ...], needs: tuple[bool, ...]) -> tuple[FunctionCtx, Any]:
    """Run ``forward``, and the ``setup_context`` of those that have one."""
    ctx = FunctionCtx()
    ctx.needs_input_grad = needs
    with no_grad():
        if cls.setup_context is Function.setup_context:
            out = cls.forward(ctx, *args)
        else:
            out = cls.forward(*args)
            cls.setup_context(ctx, args, out)
    if isinstance(out, list):
        raise TypeError(f"forward of {cls.__name__} returned a list; return one tensor or a tuple of tensors")
    if not any(isinstance(o, Tensor) for o in (out if isinstance(out, tuple) else (out,))):
        raise TypeError(f"forward of {cls.__name__} returned {described(out)}; return one tensor or a tuple of tensors")
    return ctx, out


class _Last(threading.local):
    """The last gradient that a ``backward`` was called with in this thread, and what it gave that nobody has asked for yet.

    It stands here and not in the call, where a recorded gradient would refer to the node that it came through: a circle.
    """

    call: Any = None
    gradient: Any = None

    def __init__(self) -> None:
        self.found: dict[int, Any] = {}


_last = _Last()


def for_all(call: Any, g: Any, j: int, backward: Callable[[], dict[int, Any]]) -> Any:
    """The gradient of argument ``j``, of those that ``backward`` gives at once: it is called once for a ``call`` with the gradient ``g``.

    ``backward`` gives what is asked for, by argument. Raises NoGradient for None.
    """
    if _last.call is not call or _last.gradient is not g or j not in _last.found:
        _last.call, _last.gradient, _last.found = call, g, backward()
    d = _last.found.pop(j)
    if not _last.found:
        _last.call, _last.gradient = None, None
    if d is None:
        raise NoGradient
    return d


class _Call:
    """One call of a `Function`, as the row that is recorded for it.

    Its arguments are the tensors among those of the call, then what else was saved. Several outputs are recorded as one flat tensor, from
    which each is taken: so their gradients meet in one, and ``backward`` is called once.
    """

    def __init__(self, cls: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        self.cls, self.ctx = cls, ctx
        self.rest = tuple(None if isinstance(a, Tensor) else a for a in args)
        self.at = [i for i, a in enumerate(args) if isinstance(a, Tensor)]  # the tensors among the arguments
        self.tensors = [a for a in args if isinstance(a, Tensor)]
        constant = {id(o) for o in ctx._constants}
        self.places = [
            k for k, o in enumerate(outputs) if isinstance(o, Tensor) and o.dtype.kind == "f" and id(o) not in constant
        ]  # of the outputs that have a gradient
        self.shapes = [(o.shape, o.dtype) if isinstance(o, Tensor) else None for o in outputs]
        given = {id(t): j for j, t in reversed([*enumerate(self.tensors)])}
        results = {id(outputs[k]): k for k in self.places}
        # What was saved: where it stands among the arguments of the row, or (below 0) which output it is. Referring to the output itself
        # would make a circle.
        self.saved: list[int | None] = []
        for t in ctx._saved or ():
            if t is None:
                self.saved.append(None)
            elif id(t) in given:
                self.saved.append(given[id(t)])
            elif id(t) in results:
                self.saved.append(~results[id(t)])
            else:
                self.saved.append(len(self.tensors))
                self.tensors.append(t.detach())
        ctx._saved = None
        ctx._constants = ()

    def record(self, outputs: list[Any]) -> list[Tensor]:
        """The outputs that have a gradient, recorded."""
        args, self.tensors = tuple(self.tensors), []  # from here on they are those of the node
        row = Op(self.cls.__name__, self.compute, *(partial(self.pull, j) if j < len(self.at) else None for j in range(len(args))))
        z = made(self.joined(outputs))
        if not NONDEFAULT or recorded(z, row, args, True):
            z.op, z.x = row, args
        z._share_version(row, args)
        return [self.part(z, k) for k in self.places]

    def joined(self, outputs: Sequence[Any]) -> np.ndarray:
        """The array that the row gives: that of the one output, or all of them flat."""
        raws: list[np.ndarray] = [outputs[k].raw for k in self.places]
        return raws[0] if len(raws) == 1 else canonical(np.concatenate([np.ravel(raw) for raw in raws]))

    def part(self, whole: Any, k: int) -> Any:
        """Output ``k``, or its gradient, of all: None where none arrived, if the call is told of that."""
        if len(self.places) == 1:
            return whole
        shape, dtype = self.shapes[k]  # type: ignore[misc]
        if isinstance(whole, SparseGradient):
            return _tensor(whole[k]).reshape(shape).to(dtype) if k in whole else None
        i = self.places.index(k)
        ends = [0, *accumulate(math.prod(self.shapes[j][0]) for j in self.places)]  # type: ignore[index]
        start, stop = ends[i], ends[i + 1]
        piece = whole[start:stop] if self.ctx._zeros else _output(whole, start, stop, k)
        return piece.reshape(shape).to(dtype)

    def compute(self, *raws: Any) -> np.ndarray:
        """``forward`` once more, for readers of the graph who have other numbers."""
        args = list(self.rest)
        for i, raw in zip(self.at, raws):
            args[i] = made(np.asarray(raw))
        _, out = _forward(self.cls, tuple(args), self.ctx.needs_input_grad)
        return self.joined(out if isinstance(out, tuple) else (out,))

    def pull(self, j: int, g: Any, z: Any, *args: Any) -> Any:
        """The rule for argument ``j`` of the row. ``backward`` is called for the first of them; the others find what it gave."""
        return for_all(self, g, j, lambda: self.backward(g, z, args))

    def backward(self, g: Any, z: Any, args: tuple[Any, ...]) -> dict[int, Any]:
        """What ``backward`` gives for each tensor among the arguments that requires a gradient: raw, or as nodes if ``g`` is one."""
        sparse = isinstance(g, SparseGradient)
        as_nodes = any(isinstance(d, Node) for d in g.values()) if sparse else isinstance(g, Node)
        whole = g if sparse else _tensor(g)
        name, ctx = self.cls.__name__, self.ctx
        zeros = (None if known is None or not ctx._zeros else made(np.zeros(*known)) for known in self.shapes)
        grads = [self.part(whole, k) if k in self.places else zero for k, zero in enumerate(zeros)]
        ctx._unpacked = [
            None if s is None else _tensor(args[s]) if s >= 0 else z if isinstance(z, Changed) else self.part(_tensor(z), ~s)
            for s in self.saved
        ]
        try:
            with set_grad_enabled(as_nodes and is_grad_enabled()):  # nodes that are only watched are not recorded
                found = self.cls.backward(ctx, *grads)
        finally:
            ctx._unpacked = None
        given = list(found) if isinstance(found, tuple | list) else [found]
        while len(given) > len(self.rest) and given[-1] is None:
            given.pop()
        if len(given) != len(self.rest):
            raise RuntimeError(
                f"backward of {name} returned {len(given)} gradients for {len(self.rest)} arguments: return one for each argument of "
                "forward (without ctx), None for those that have none"
            )
        for i, d in enumerate(given):
            if not isinstance(d, Tensor | None):
                raise RuntimeError(f"backward of {name} returned {described(d)} for argument {i}; return a Tensor or None")
        asked = [(j, given[i]) for j, i in enumerate(self.at) if ctx.needs_input_grad[i]]
        return {j: d if d is None or as_nodes else d.raw for j, d in asked}


def _tensor(a: Any) -> Any:
    if isinstance(a, Node | Changed):
        return a
    if isinstance(a, np.ndarray | np.generic):
        return made(np.asarray(a))
    raise TypeError(f"a Function takes tensors and arrays, got {described(a)}")


def _twice(*_: Any) -> NoReturn:
    raise RuntimeError("this is the gradient of a Function whose backward is marked @once_differentiable: it has no derivative of its own")


_once = Op("once_differentiable", lambda g, *_: g, each(_twice))


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a ``backward`` that is not made of operations: to differentiate what it gives is an error, not silently wrong."""

    @wraps(backward)
    def once(ctx: FunctionCtx, *grads: Any) -> Any:
        with no_grad():
            found = backward(ctx, *grads)
        known = [t for t in (*grads, *(ctx._unpacked or ())) if isinstance(t, Tensor) and t.requires_grad]
        if not is_grad_enabled() or not known:
            return found
        given = found if isinstance(found, tuple | list) else (found,)
        return tuple(_once(g.detach(), *known) if isinstance(g, Tensor) else g for g in given)

    return once
