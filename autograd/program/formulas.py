"""The rules of the table as formulas: symbols that know shapes and dtypes, and the chain rule of a recorded node as text.

What is written runs on floats and on numpy's arrays, where the names are those of autograd, `ag` is autograd and `np` numpy.
Listings are made of it, and, by way of `mathematics`, what pictures and the player say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from autograd.core.node import Node, Op
from autograd.core.symbols import ATOM, COMPARE, MATRIX, PLUS, POWER, SIGN, TIMES, Symbol, call, is_long, literal, text_of
from autograd.faces.tensor import item, pack, scalars
from autograd.ops import elementwise, moves, products, reduce, table

__all__ = ["BETWEEN", "Exact", "Shaped", "as_symbols", "chain_rule", "fitted", "letters", "product"]

BETWEEN = (pack, scalars, item)  # rows between tensors and Values: what flows is g, entry by entry

Shape = tuple[int, ...] | None  # None: not known


class Shaped(Symbol):
    """A symbol that has the shape and dtype of what it stands for, so that rules which ask for them can be read as well.

    >>> g, x = Shaped("g", (2,)), Shaped("x", (2, 3))
    >>> reduce.sum_.vjps[0](g, None, x, (1,), False), products.matmul_.vjps[1](g, None, x, None)
    (np.broadcast_to(g.reshape(2, 1), (2, 3)), x.mT @ g)
    """

    __slots__ = ("dtype", "number", "shape")
    __hash__ = Symbol.__hash__
    edges: ClassVar[Mapping[str, str]] = {}  # the row that stands for an operator
    number: Any  # what it was before it was given dimensions, all 1

    def __init__(self, text: str, shape: Shape = (), dtype: Any = None, binds: int = ATOM) -> None:
        super().__init__(text, binds)
        self.number = None
        if shape is not None:
            self.shape = shape
        if dtype is not None:
            self.dtype = dtype

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        if op is elementwise.where and args[0].__class__ is bool:
            return args[1] if args[0] else args[2]
        if op is elementwise.pow and args[1].__class__ in (int, float) and args[1] == 1:
            return args[0]
        if op is moves.broadcast_to_ and args[0].number is not None:
            args = (args[0].number, args[1])
        return cls.written(op, args)

    @classmethod
    def written(cls, op: Op, args: tuple[Any, ...]) -> Any:
        """``op(*args)`` as text. A row that is not of the table is written as it computes.

        Raises TypeError where its computation does not take symbols.
        """
        if op in _INFIX:
            return cls.infix(*_INFIX[op], *args)
        if op is elementwise.neg:
            return -args[0]
        if table.ELEMENTWISE.get(op.name) is op:
            return cls(call({"round": "ag.round"}.get(op.name, op.name), *args), _broadcast(args), _common(args))
        if table.SHAPED.get(op.name) is not op:
            made = op.compute(*args)
            if isinstance(made, cls):
                return made
            raise TypeError(f"the computation of {op!r} gives {type(made).__name__} for symbols")
        text, shape = _WRITTEN[op]
        made = text(*args)
        dtype = args[1] if op is moves.cast_ else _common(args)
        binds = {products.matmul_: MATRIX, products.linear_: PLUS if len(args) > 2 else MATRIX}.get(op, ATOM)
        return cls(made, shape(*args), dtype, binds)

    @classmethod
    def infix(cls, sign: str, binds: int, a: Any, b: Any) -> Any:
        shape = _product(a, b) if sign == "@" else _broadcast((a, b))
        dtype = None if binds == COMPARE else _common((a, b))
        if sign in cls.edges:
            return cls(call(cls.edges[sign], a, b), shape, dtype)
        return cls(super().infix(sign, binds, a, b).raw, shape, dtype, binds)

    def __neg__(self) -> Any:
        return type(self)(f"-{text_of(self, SIGN)}", _shape(self), _dtype(self), SIGN)

    def __abs__(self) -> Any:
        return self.written(elementwise.abs, (self,))

    # What arrays have.
    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        n = 1
        for k in self.shape:
            n *= k
        return n

    @property
    def mT(self) -> Any:
        shape = _shape(self)
        return self._like(f"{text_of(self, ATOM)}.mT", None if shape is None else (*shape[:-2], *shape[:-3:-1]))

    @property
    def T(self) -> Any:
        shape = _shape(self)
        return self._like(f"{text_of(self, ATOM)}.T", None if shape is None else shape[::-1])

    def reshape(self, *shape: Any) -> Any:
        z = self.written(moves.reshape_, (self, shape[0] if isinstance(shape[0], tuple) else shape))
        z.number = self if _shape(self) == () else None
        return z

    def __getitem__(self, key: Any) -> Any:
        return self.written(moves.getitem_, (self, key if isinstance(key, tuple) else (key,)))

    def __getattr__(self, name: str) -> Any:  # any other method of arrays
        if name.startswith("_") or name in ("dtype", "shape"):
            raise AttributeError(f"the {name} of {self.raw!r} is not known")
        return lambda *args, **given: self._like(call(f"{text_of(self, ATOM)}.{name}", *args, **given), None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **given: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        sign, binds = _UFUNCS.get(ufunc.__name__, ("", ATOM))
        if sign and not given:
            return self.infix(sign, binds, *inputs)
        return type(self)(call(f"np.{ufunc.__name__}", *inputs, **given), _broadcast(inputs))

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        return type(self)(call(f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}", *args, **given), None)

    def _like(self, text: str, shape: Shape) -> Any:
        return type(self)(text, shape, _dtype(self))


class Exact(Shaped):
    """A symbol that writes calls of rows where Python's floats would raise an error, as in 1 / 0.

    >>> 1 / Exact("x")
    div(1, x)
    """

    __slots__ = ()
    __hash__ = Symbol.__hash__
    edges: ClassVar[Mapping[str, str]] = {"/": "div", "//": "floordiv", "%": "mod", "**": "ag.pow"}


_INFIX: dict[Op, tuple[str, int]] = {
    elementwise.add: ("+", PLUS), elementwise.sub: ("-", PLUS), elementwise.mul: ("*", TIMES), elementwise.div: ("/", TIMES),
    elementwise.pow: ("**", POWER), elementwise.floordiv: ("//", MATRIX), elementwise.mod: ("%", MATRIX), elementwise.lt: ("<",
    COMPARE), elementwise.le: ("<=", COMPARE), elementwise.gt: (">", COMPARE), elementwise.ge: (">=", COMPARE), elementwise.eq: ("==",
    COMPARE), elementwise.ne: ("!=", COMPARE),
}  # fmt: skip
_UFUNCS: dict[str, tuple[str, int]] = {
    "add": ("+", PLUS), "subtract": ("-", PLUS), "multiply": ("*", TIMES), "divide": ("/", TIMES), "power": ("**", POWER),
    "matmul": ("@", MATRIX),
}  # fmt: skip


def _shape(x: Any) -> Shape:
    return getattr(x, "shape", None if isinstance(x, Symbol) else ())


def _dtype(x: Any) -> Any:
    return getattr(x, "dtype", None)


def _common(args: Iterable[Any]) -> Any:
    """The dtype that all symbols share."""
    found = [_dtype(a) for a in args if isinstance(a, Symbol)]
    return found[0] if found and all(d is not None and d == found[0] for d in found) else None


def _joined(known: Iterable[Shape]) -> Shape:
    """Shapes broadcast against each other."""
    out: tuple[int, ...] = ()
    for shape in known:
        if shape is None:
            return None
        n = max(len(shape), len(out))
        pairs = zip((*[1] * (n - len(shape)), *shape), (*[1] * (n - len(out)), *out))
        out = tuple(a if b == 1 else b for a, b in pairs)
    return out


def _broadcast(args: Iterable[Any]) -> Shape:
    return _joined(map(_shape, args))


def _product(x: Any, y: Any) -> Shape:
    """The shape of ``x @ y`` for matrices."""
    a, b = _shape(x), _shape(y)
    batch = None if a is None or b is None else _joined((a[:-2], b[:-2]))
    return None if a is None or b is None or batch is None or len(a) < 2 or len(b) < 2 else (*batch, a[-2], b[-1])


def _reduced(x: Any, axes: tuple[int, ...], *rest: Any) -> Shape:
    """The shape of a reduction; keepdim comes last."""
    shape = _shape(x)
    return None if shape is None else tuple(1 if i in axes else n for i, n in enumerate(shape) if rest[-1] or i not in axes)


def _reduction(name: str) -> Callable[..., str]:
    def write(x: Any, axes: tuple[int, ...], *rest: Any) -> str:
        shape = _shape(x)
        every = shape is not None and len(axes) == len(shape)
        given: dict[str, Any] = {} if every else {"dim": axes[0] if len(axes) == 1 else axes}
        if name == "std" and rest[0] != 1:
            given["correction"] = rest[0]
        if rest[-1]:
            given["keepdim"] = True
        return call(name, x, **given)

    return write


def _along(name: str) -> Callable[..., str]:
    return lambda x, axis: call(name, x, dim=axis)


def _same(x: Any, *_: Any) -> Shape:
    return _shape(x)


def _unknown(*_: Any) -> Shape:
    return None


def _transposed(x: Any, axes: tuple[int, ...]) -> str:
    n = len(axes)
    if n > 1 and axes == (*range(n - 2), n - 1, n - 2):
        return f"{text_of(x, ATOM)}.mT"
    return call(f"{text_of(x, ATOM)}.transpose", *(axes or [()]))


def _index(key: Any) -> str:
    if len(key) > 1 and key[-1] is Ellipsis:
        key = key[:-1]

    def one(k: Any) -> str:
        if not isinstance(k, slice):
            return literal(k)
        return ":".join("" if s is None else literal(s) for s in ((k.start, k.stop) if k.step is None else (k.start, k.stop, k.step)))

    return ", ".join(map(one, key)) or "()"


# How the rows of `shapes` are written, and the shape of what they give.
_WRITTEN: dict[Op, tuple[Callable[..., str], Callable[..., Shape]]] = {
    reduce.sum_: (_reduction("ag.sum"), _reduced),
    reduce.mean_: (_reduction("mean"), _reduced),
    reduce.amax_: (_reduction("amax"), _reduced),
    reduce.amin_: (_reduction("amin"), _reduced),
    reduce.norm_: (_reduction("norm"), _reduced),
    reduce.std_: (_reduction("std"), _reduced),
    reduce.logsumexp_: (_reduction("logsumexp"), _reduced),
    reduce.cumsum_: (_along("cumsum"), _same),
    reduce.softmax_: (_along("softmax"), _same),
    reduce.log_softmax_: (_along("log_softmax"), _same),
    reduce.cross_entropy_: (
        lambda x, index: f"-np.take_along_axis({call('log_softmax', x, dim=-1)}, {text_of(index)}[..., None], -1)[..., 0]",
        lambda x, index: _shape(index),
    ),
    products.matmul_: (lambda x, y: f"{text_of(x, MATRIX)} @ {text_of(y, SIGN)}", _product),
    products.linear_: (
        lambda x, w, *b: f"{text_of(x, MATRIX)} @ {text_of(w, ATOM)}.mT" + "".join(f" + {text_of(c, PLUS)}" for c in b),
        _unknown,
    ),
    moves.cast_: (lambda x, dtype: f"{text_of(x, ATOM)}.astype(np.{dtype.name})", _same),
    moves.clone_: (lambda x: f"{text_of(x, ATOM)}.copy()", _same),
    moves.reshape_: (lambda x, shape: call(f"{text_of(x, ATOM)}.reshape", *(shape or [()])), lambda x, shape: shape),
    moves.permute_: (_transposed, lambda x, axes: None if _shape(x) is None else tuple(x.shape[a] for a in axes)),
    moves.broadcast_to_: (lambda x, shape: call("np.broadcast_to", x, shape), lambda x, shape: shape),
    moves.cat_: (lambda axis, starts, *xs: call("cat", list(xs), dim=axis), _unknown),
    moves.stack_: (lambda axis, *xs: call("stack", list(xs), dim=axis), _unknown),
    moves.getitem_: (lambda x, key: f"{text_of(x, ATOM)}[{_index(key)}]", _unknown),
    moves.put_: (lambda x, key, shape: f"put_({text_of(x)}, np.index_exp[{_index(key)}], {shape})", lambda x, key, shape: shape),
    moves.tril_: (lambda x, k: call("tril", x, k), _same),
    moves.triu_: (lambda x, k: call("triu", x, k), _same),
    products.einsum_: (lambda ins, out, *xs: call("einsum", Symbol(f'"{",".join(ins)}->{out}"'), *xs), _unknown),
    reduce.argmax_: (lambda x, axis, keepdim: call("argmax", x, dim=axis, keepdim=keepdim), _unknown),
    reduce.argmin_: (lambda x, axis, keepdim: call("argmin", x, dim=axis, keepdim=keepdim), _unknown),
}


# The chain rule.
def as_symbols(n: Node, names: Mapping[Node, str], hold: Callable[[Any], str], kind: type[Shaped] = Shaped) -> tuple[Any, tuple[Any, ...]]:
    """The result and the arguments of ``n`` as symbols by their names; constants as they are, a long array as ``hold`` calls it."""

    def stand_in(a: Any) -> Shaped:
        return kind(names[a], _shape(a), _dtype(a))

    whole = n.op in _INFIX and n.rank == 1
    return stand_in(n), tuple(stand_in(a) if isinstance(a, Node) else _constant(a, whole, hold, kind) for a in n.args)


def _constant(a: Any, whole: bool, hold: Callable[[Any], str], kind: type[Shaped]) -> Any:
    if isinstance(a, tuple):
        return tuple(_constant(e, whole, hold, kind) for e in a)
    if is_long(a):
        return kind(hold(a), a.shape, a.dtype)
    if whole and isinstance(a, float) and a.is_integer() and 0 < abs(a) < 1e6:
        return int(a)  # beside a float it is the same number, and reads better
    return a


def product(n: Node, rule: Any, g: Any, z: Any, args: tuple[Any, ...]) -> Any:
    """What ``rule``, one of the vjps of the row of ``n``, makes of symbols."""
    assert n.op is not None
    made = rule(g, z, *args) if isinstance(n.op.vjps, tuple) else rule(g, z, args)
    return made if isinstance(made, Shaped) else type(z)(text_of(made))


def fitted(s: Any, a: Any) -> Any:
    """``s`` in the shape and dtype of the argument ``a`` that it flows into: a broadcast is undone, as the engine does it."""
    own, shape = _shape(s), _shape(a)
    if own is not None and shape is not None and own != shape:
        if (wide := _joined((own, shape))) != own:
            s = moves.broadcast_to_(s, wide)
        s = reduce.sum_to(s, shape)
    known = hasattr(s, "dtype") and hasattr(a, "dtype")  # numpy holds None to equal float64
    return moves.cast_(s, a.dtype) if known and s.dtype != a.dtype else s


def chain_rule(n: Node, i: int, g: str = "g", names: Mapping[Node, str] | None = None) -> str:
    """What flows from ``n`` into its argument ``i``, as text: the rule itself, handed symbols.

    ``g`` names the gradient of ``n``; ``names`` names nodes. A node without a name is called as in the rule, constants appear
    as themselves. The text computes with floats and arrays; names in it are those of autograd, as `ag` or directly, of
    `autograd.ops`, and `np`. A rule of somebody's own that does not take symbols gives ``vjp of`` its name. The graph may
    have been released. Raises ValueError where no gradient flows into argument ``i``.

    >>> from autograd import Value, tanh
    >>> x = Value(0.5)
    >>> chain_rule(tanh(x), 0), chain_rule(x ** 3, 0, "dz", {x: "a"})
    ('g * (1 - z * z)', 'dz * 3 * a ** 2')
    """
    given = n.args
    rule = None if n.op is None else next((rule for k, (_, rule) in enumerate(zip(given, n.op.vjps)) if k == i), None)
    if n.op is None or rule is None or not isinstance(given[i], Node):
        raise ValueError(f"no gradient flows into argument {i} of {n!r}")
    known = dict(names or {})
    taken = {g, *known.values()}
    for a, name in zip((n, *given), ("z", *letters(n.op, given))):
        if isinstance(a, Node) and a not in known:
            while name in taken:
                name += "_"
            known[a] = name
            taken.add(name)
    z, args = as_symbols(n, known, lambda _: "index")
    try:
        return text_of(fitted(product(n, rule, Shaped(g, _shape(n), _dtype(n)), z, args), given[i]))
    except Exception:  # what a rule of somebody's own does with a symbol is anybody's guess
        return f"vjp of {n.op.name}"


def letters(op: Op, args: tuple[Any, ...]) -> list[str]:
    """What the rules of a row call its arguments; ``x1, x2, ...`` where they take any number."""
    if isinstance(op.vjps, tuple):
        for rule in op.vjps:
            code = getattr(rule, "__code__", None)
            if code is not None and code.co_argcount == len(args) + 2:
                return list(code.co_varnames[2 : len(args) + 2])
    numbers = iter(range(1, len(args) + 1))
    return [f"x{next(numbers)}" if isinstance(a, Node) else "" for a in args]
