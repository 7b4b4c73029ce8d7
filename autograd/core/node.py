"""What an operation is, and the node of the graph that it records.

An operation is one row: a name, how to compute it, and one vector-Jacobian product (vjp) per argument. A node is the
record of one call: the result, the row, the arguments. Nothing here knows whether floats, arrays or nodes flow through the
rules; `walk` carries gradients through the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import IntEnum
from itertools import chain, repeat
from types import MethodType
from typing import Any, ClassVar, NoReturn

from autograd.core.notes import Call, Notes, Place
from autograd.errors import described, kind_of

__all__ = ["Lost", "NoGradient", "Node", "Op", "each", "leaf"]

Rule = Callable[..., Any]


class each:  # noqa: N801 - reads as a word in the table
    """One vjp for all the remaining arguments of a row that takes any number: ``rule(i, g, z, args)``.

    The arguments come as one tuple: to pass n of them to each of n calls would take quadratic time.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule


class NoGradient(Exception):  # noqa: N818 - it is no error
    """Raised by a rule from which nothing flows, not even zeros, as if the row had None there. (One that returns None forgot to return.)"""


class _Rules:
    """The vjps of a row that takes any number of arguments, in their order and without end."""

    def __init__(self, vjps: Sequence[Any]) -> None:
        self.vjps = vjps

    def __iter__(self) -> Iterator[Any]:
        return chain(self.vjps, repeat(self.vjps[-1]))


class Lost(IntEnum):
    """How a constant lost the way to the variables it came from. A face keeps it where a recorded node has its version."""

    DETACHED = -2
    UNRECORDED = -3
    WITHOUT_RULES = -4
    GRADIENT = -5


_CURES = {
    Lost.DETACHED: "it is what .detach() or .data gave; use the tensor itself, or the Value",
    Lost.UNRECORDED: "it was computed inside no_grad(); there, change a leaf in place (w -= ..., w.sub_(...)), for w = w - ... makes a new "
    "constant, or compute outside",
    Lost.WITHOUT_RULES: "the operation that made it has no derivative: give its Op a vjp for each argument",
    Lost.GRADIENT: "it is a gradient, and gradients are recorded where grad() or backward() has create_graph=True",
}
_CURE = (
    "build it from a Value or a tensor with requires_grad=True, outside no_grad(), by operations that have vjps, without .detach() or "
    ".data between; a gradient is recorded where grad() or backward() that gives it has create_graph=True"
)


OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "@", "<", "<=", ">", ">=", "==", "!=")
KINDS = frozenset(("logarithm", "root", "pole", "division", "exponential", "shifted", "sum", "product", "limit"))


class Op:
    """One row of the table: a name, how to compute it, one vjp per argument (``None`` where no gradient flows).

    A vjp is written ``lambda g, z, *args: ...`` with ``g`` = dL/dz, ``z`` the output and ``args`` the arguments. Written
    with operators and other rows only, it serves floats, arrays and recorded nodes alike, so every order of derivative
    follows from it. Broadcasting is undone for it.

    Keywords say what else the readers of a graph want to know of an operation. Each has a default that works for any operation, which is
    then written as a call of its name. Where a function takes ``p``, that is a printer: ``p(x)`` writes an argument,
    ``p.call(name, x, dim=0)`` a call.

    ``public``
        The name that users call it by, where that is another one; empty where they do not.
    ``write``, ``formula``
        How a listing and how mathematics write it: ``lambda p, *args: ...`` gives a text, a text with its precedence, or what is to be
        written instead.
    ``sign``
        What stands in a circle of a picture: a text, in which ``{x}`` is the first argument, or ``lambda p, *args: ...``.
    ``infix``
        Python's operator for it.
    ``code``
        A call of it with public names, where that is not a call of a method of the first argument: a function of the arguments, tensors
        as texts.
    ``script``
        How JavaScript computes it: a function of numbers, as ``"x => x > 0 ? x : 0"``. By default as ``compute`` does, where that is one of
        Python's operators or of the functions of ``math`` that JavaScript has too, or takes symbols.
    ``examples``
        Arguments for tests: ``lambda shape: [...]`` gives tuples of those after the first, for a first one of that shape.
    ``ufunc``
        The ufunc of numpy that is dispatched to it.
    ``moves``, ``floats``
        Are the entries of its result entries of its arguments? Is its result floating where its arguments are integers?
    ``kin``
        Its kinds, by which anomaly detection chooses a cure: "logarithm", "root", "pole" (its slope is unbounded), "division",
        "exponential", "product", "sum", "shifted" (by the largest entry, as softmax), "limit" (as clamp).
    ``on_complex``, ``on_values``
        The kernels for complex numbers, as an analytic function, and for arrays of Values; where nothing is said, ``compute``.
    ``into``
        How numpy computes it into memory that is there: a function of a writer, an array of the kind of the result, and the arguments as
        texts, which gives lines of source in which ``OUT`` is the result; None where it does not.
    ``on_batch``
        How it takes a batch, for the gradient check: a function of the kernel, a batch of first arguments, and the others (it gives None
        where it cannot); True: the kernel itself takes one more axis in front, once shorter arguments have axes of size 1 behind
        it, as elementwise operations do.

    >>> from autograd import Value, sin, cos, grad
    >>> sinc = Op("sinc", lambda x: sin(x) / x, lambda g, z, x: g * (cos(x) - z) / x)
    >>> x = Value(2.0)
    >>> sinc(2.0) == sinc(x).data
    True
    >>> dy, = grad(sinc(x), x, create_graph=True)
    >>> round(dy.data, 6), round(grad(dy, x)[0].data, 6)
    (-0.435398, -0.019251)
    """

    __slots__ = (
        "across", "arity", "at_once", "code", "compute", "differentiable", "entrywise", "examples", "floats", "formula", "infix", "into",
        "kin", "moves", "name", "on_array", "on_batch", "on_complex", "on_float", "on_values", "public", "rules", "script", "sign",
        "tabled", "ufunc", "unfold", "variadic", "vjps", "write",
    )  # fmt: skip
    plain: ClassVar[set[type]] = {float, int, bool, tuple}  # types of arguments that need no check; the tables add numpy's

    def __init__(
        self,
        name: str,
        compute: Callable[..., Any],
        *vjps: Rule | each | None,
        public: str | None = None,
        write: Callable[..., Any] | None = None,
        infix: str | None = None,
        sign: str | Callable[..., str] | None = None,
        formula: Callable[..., Any] | None = None,
        code: Callable[..., str] | None = None,
        script: str | None = None,
        examples: Callable[[tuple[int, ...]], Iterable[tuple[Any, ...]]] | None = None,
        ufunc: Any = None,
        moves: bool = False,
        floats: bool = False,
        kin: str | Sequence[str] = (),
        on_complex: Callable[..., Any] | None = None,
        on_batch: Callable[..., Any] | bool | None = None,
        on_values: Callable[..., Any] | None = None,
        into: Callable[..., Any] | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of an Op must be a str, got {described(name)}")
        if not callable(compute):
            raise TypeError(f"Op({name!r}): compute must be a function of the arguments, got {described(compute)}")
        for i, rule in enumerate(vjps):
            if not (rule is None or callable(rule) or (isinstance(rule, each) and i == len(vjps) - 1)):
                raise TypeError(f"Op({name!r}): vjp {i} must be a function (g, z, *args) or None, got {described(rule)}")
        functions = {
            "write": write,
            "formula": formula,
            "code": code,
            "examples": examples,
            "on_complex": on_complex,
            "on_values": on_values,
        }
        for what, function in functions.items():
            if not (function is None or callable(function)):
                raise TypeError(f"Op({name!r}): {what} must be a function, got {described(function)}")
        if not (isinstance(sign, str | None) or callable(sign)):
            raise TypeError(f"Op({name!r}): sign must be a text or a function, got {described(sign)}")
        if not isinstance(script, str | None):
            raise TypeError(f"Op({name!r}): script must be the text of a function in JavaScript, got {described(script)}")
        if infix is not None and infix not in OPERATORS:
            raise ValueError(f"Op({name!r}): infix must be one of Python's operators {' '.join(OPERATORS)}, got {infix!r}")
        kin = (kin,) if isinstance(kin, str) else tuple(kin)
        if unknown := set(kin) - KINDS:
            raise ValueError(
                f"Op({name!r}): kin is a tuple of some of {', '.join(sorted(KINDS))}, got {', '.join(map(repr, sorted(unknown)))}"
            )
        self.name, self.compute = name, compute
        self.on_float = self.on_array = compute  # a row that computes in two ways says so: see `table.Both`
        self.vjps: tuple[Any, ...] = vjps
        self.variadic = bool(vjps) and isinstance(vjps[-1], each)
        self.rules: Iterable[Any] = _Rules(vjps) if self.variadic else vjps  # in the order of the arguments; None where no gradient flows
        self.differentiable = any(rule is not None for rule in vjps)
        self.arity: int | None = None  # how many arguments there must be, where that is checked
        self.entrywise: bool | None = None  # does each entry of the result come from those at its place? None: not known
        self.across = False  # does it carry numbers between Values and tensors?
        # Is it a row of `autograd.ops`? Their rules return a new array, or an alias of g, an argument or the output.
        self.tabled = False
        # What flows into arguments of a node, given its gradient: all of it at once, where to ask rule by rule would take longer. It keeps
        # warnings of numpy to itself.
        self.at_once: Callable[[Any, Any], Iterable[tuple[Node, Any]]] | None = None
        self.unfold: Callable[[Any], None] | None = None  # puts the operations that it stands for in the place of a node, for readers
        self.public = name if public is None else public
        self.write, self.infix, self.sign, self.formula, self.code, self.examples = write, infix, sign, formula, code, examples
        self.script, self.ufunc, self.moves, self.floats, self.kin = script, ufunc, moves, floats, kin
        self.on_complex, self.on_batch, self.on_values, self.into = on_complex, on_batch, on_values, into

    def vjp(self, i: int, g: Any, z: Any, args: Sequence[Any]) -> Any:
        """What flows into argument ``i``, before a broadcast is undone: its rule, called."""
        if self.variadic and i >= len(self.vjps) - 1:
            return self.vjps[-1].rule(i, g, z, args)
        return self.vjps[i](g, z, *args)

    def __call__(self, *args: Any, out: Any = None) -> Any:
        """The result, recorded where an argument is; with ``out``, a Tensor of its shape, it is copied there."""
        if out is not None:
            if not hasattr(out, "copy_"):
                raise TypeError(f"{self!r}: out is a Tensor, got {described(out)}")
            return out.copy_(self(*args))
        face: Node | None = None
        unknown = False
        plain = self.plain
        for a in args:
            if a.__class__ in plain:
                pass
            elif isinstance(a, Node):
                if face is None or a.rank > face.rank:
                    face = a
            else:
                unknown = True
        if unknown or (self.arity is not None and len(args) != self.arity):
            self.check(args)
        if face is not None:
            return face.record(self, args)
        try:
            return self.compute(*args)
        except (TypeError, ValueError, OverflowError) as error:
            self.refuse(args, error)

    def check(self, args: tuple[Any, ...]) -> None:
        """Raise TypeError for arguments that no row of this kind takes."""
        if args and isinstance(args[0], list):
            raise TypeError(f"{self!r} takes numbers, arrays, Values and Tensors, got {described(args[0])}; wrap it as tensor(...)")

    def refuse(self, args: tuple[Any, ...], error: Exception) -> NoReturn:
        """Raise for arguments that ``compute`` failed on with ``error``, and say what they were."""
        got = [tuple(a.shape) for a in args if isinstance(getattr(a, "shape", None), tuple)]
        raise kind_of(error)(f"{self.name} of {f'shapes {got}' if got else ', '.join(map(described, args))}: {error}") from error

    def __get__(self, obj: Any, owner: Any = None) -> Any:  # a row that is an attribute of a class is a method: x.tanh()
        return self if obj is None else MethodType(self, obj)

    @property
    def __name__(self) -> str:  # pytest, for one, asks a bound method for it
        return self.name

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"{self!r} is a row of functions and cannot be pickled or copied")


leaf = Op("leaf", lambda x: x)  # the op of a leaf: a node that the user made and that requires a gradient


class Node:
    """A result with the row and the arguments that made it. `Value` and `Tensor`, the classes that users hold, are its two faces.

    ``raw`` is the float or the array. ``op`` is the row, `leaf` for a leaf that requires a gradient, None for a constant.
    A general node keeps its arguments as a tuple in ``x``. A scalar kernel, to be small and fast, keeps them in ``x`` and
    ``y`` with its local partials beside them in ``dx`` and ``dy`` (None where no gradient flows; see `Value`).
    ``mark`` belongs to the walk: None outside, then its stage, then the gradient accumulated so far. ``tag`` is what readers want to
    know: None, a label, or `Notes`; they ask ``label``, ``place``, ``calls`` and ``notes``.
    """

    __slots__ = ("grad", "mark", "op", "raw", "tag", "x")
    rank: ClassVar[int] = 0  # a call is dispatched to the face of highest rank among its arguments
    y: Any = None
    dx: Any = None
    dy: Any = None
    grad: Any
    _grad: Any  # the slot itself: in a face, ``grad`` may be a property that checks what it is set to
    mark: Any
    op: Op | None
    raw: Any
    tag: str | Notes | None
    x: Any

    # What a face overrides.
    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        """Compute ``op(*args)`` and, where an argument requires a gradient, record it."""
        raise TypeError(f"{cls.__name__} cannot record {op!r}")

    @classmethod
    def constant(cls, raw: Any) -> Any:
        """A node of this face that requires no gradient."""
        raise TypeError(f"{cls.__name__} has no constants")

    def seed(self, gradient: Any) -> Any:
        """The seed of a walk: ``gradient``, checked, or 1."""
        raise TypeError(f"{type(self).__name__} cannot start a backward pass")

    def fit(self, g: Any) -> Any:
        """``g`` in the shape and dtype of this node: a broadcast is undone here."""
        return g

    def adopt(self, d: Any, op: Op, g: Any = None, z: Any = None, args: tuple[Any, ...] = ()) -> Any:
        """``d``, which a rule of ``op`` made from ``g``, ``z`` and ``args``, as a gradient that this leaf may own: an alias of nothing."""
        return d

    def saved(self, as_nodes: bool) -> tuple[Any, tuple[Any, ...]]:
        """The saved tensors: output and arguments for the vjps, as nodes or raw. Raises where they were changed or released."""
        if as_nodes:
            return self, self.args
        return self.raw, tuple(a.raw if isinstance(a, Node) else a for a in self.args)

    def receive(self, g: Any) -> None:
        """Take the gradient of a finished backward: a leaf accumulates it, an intermediate node keeps it."""

    def settle(self) -> None:
        """Let the arguments be what they were when the operation was recorded, where they were changed in place since."""

    def release(self, order: list[Node]) -> None:
        """Release the saved tensors of the nodes in ``order``, after a walk through them."""

    retains_graph: ClassVar[bool] = True  # the default of ``retain_graph``
    retains_grad = True  # does an intermediate node keep its gradient?
    ieee: Callable[[], AbstractContextManager[Any]] = staticmethod(nullcontext)  # a context in which 1/0 is inf, without a warning

    lost: Lost | None = None  # how it became a constant, where that is known

    # What readers ask.
    @property
    def cure(self) -> str:
        """What to do about a constant that was to be differentiated."""
        kind = getattr(getattr(self.raw, "dtype", None), "kind", "f")
        if kind != "f":
            return f"it holds {'booleans' if kind == 'b' else 'integers'}, which have no derivative, as comparisons and argmax give them"
        return _CURE if self.lost is None else _CURES[self.lost]

    @property
    def notes(self) -> Notes | None:
        """Its notes, if there are more than a label."""
        return self.tag if isinstance(self.tag, Notes) else None

    @property
    def label(self) -> str | None:
        """A name for pictures."""
        return self.tag.label if isinstance(self.tag, Notes) else self.tag

    @label.setter
    def label(self, label: str | None) -> None:
        if not isinstance(label, str | None):
            raise TypeError(f"a label must be a str or None, got {described(label)}")
        if isinstance(self.tag, Notes):
            self.tag.label = label
        else:
            self.tag = label

    @property
    def place(self) -> Place | None:
        """The line of user code that made it, if it was recorded."""
        return self.tag.place if isinstance(self.tag, Notes) else None

    @property
    def calls(self) -> tuple[Call, ...]:
        """The module calls that it came out of, the innermost first."""
        return self.tag.calls if isinstance(self.tag, Notes) else ()

    def entries(self) -> Any:
        """The nodes of the graph that this is: itself, but for an array of them."""
        return (self,)

    @property
    def requires_grad(self) -> bool:
        return self.op is not None

    @property
    def is_leaf(self) -> bool:
        return self.op is None or self.op is leaf

    @property
    def args(self) -> tuple[Any, ...]:
        """The arguments of the operation that made this node; empty for a leaf."""
        if self.dx is None and self.dy is None:
            return self.x
        return (self.x,) if self.y is None else (self.x, self.y)

    def takes(self) -> list[tuple[int, Node]]:
        """The arguments that its operation has a derivative for, with their positions; none for a leaf."""
        if self.op is None or self.op is leaf:
            return []
        return [(i, a) for i, (a, rule) in enumerate(zip(self.args, self.op.rules)) if rule is not None and isinstance(a, Node)]

    def pull(self, g: Any, places: Container[int] | None = None) -> Iterator[tuple[int, Node, Any]]:
        """The chain rule at this node: given its gradient ``g``, what flows into its arguments (None: all, else those at ``places``).

        Yields the position of each, the argument, and the amount in its shape. Raises RuntimeError where the saved tensors were released.
        """
        if taken := [(i, a) for i, a in self.takes() if places is None or i in places]:
            z, args = self.saved(False)
            assert self.op is not None
            for i, a in taken:
                try:
                    d = a.fit(self.op.vjp(i, g, z, args))
                except NoGradient:
                    continue
                yield i, a, d
