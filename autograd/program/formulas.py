"""The rules of operations as formulas: symbols that have shapes, and the chain rule of a recorded node written with them.

What is written runs on floats and on numpy's arrays, where the names are those of autograd, `ag` is autograd and `np` numpy.
Listings print it as Python; pictures and the player print it by `mathematics`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.core.node import Node, Op
from autograd.core.symbols import ATOM, WORDS, Python, Symbol, is_long
from autograd.faces.dtypes import unpromoted
from autograd.faces.record import sum_to
from autograd.faces.value import Value
from autograd.ops import elementwise
from autograd.ops.moves import broadcast_to_, cast_, getitem_, permute_, reshape_
from autograd.ops.table import UFUNCS

__all__ = ["Seen", "as_symbols", "chain_rule", "fitted", "flowing", "letters"]


class Seen(Symbol):
    """A symbol with placeholder data, so that rules which ask for shapes and dtypes can be read as well.

    numpy computes the shape of each result from the placeholders of its arguments.

    >>> from autograd.ops.reduce import sum_
    >>> from autograd.ops.products import matmul_
    >>> g, x = Seen("g", np.ones(2)), Seen("x", np.ones((2, 3)))
    >>> sum_.vjps[0](g, None, x, (1,), False), matmul_.vjps[1](g, None, x, None)
    (np.broadcast_to(g.reshape(2, 1), (2, 3)), x.mT @ g)
    """

    __slots__ = ()

    @classmethod
    def record(cls, op: Op, args: tuple[Any, ...]) -> Any:
        if op is elementwise.where and args[0].__class__ is bool:
            return args[1] if args[0] else args[2]
        if op is elementwise.pow and args[1].__class__ in (int, float) and args[1] == 1:
            return args[0]
        if op is broadcast_to_ and args[0].op is reshape_ and _shape(args[0].args[0]) == ():  # a 0-d array broadcasts as it is
            args = (args[0].args[0], args[1])
        return super().record(op, args)

    @classmethod
    def made(cls, op: Op, args: tuple[Any, ...]) -> Any:
        if op.tabled or op.write is not None:
            return super().made(op, args)
        made = op.compute(*args)  # of a user's row nothing but its computation is known: trace that
        if not isinstance(made, cls):
            raise TypeError(f"the computation of {op!r} gives {type(made).__name__} for symbols")
        return made

    @classmethod
    def stand_in(cls, op: Op, args: tuple[Any, ...]) -> Any:
        raws = [_raw(a) for a in args]
        if any(raw is None and isinstance(a, Symbol) for a, raw in zip(args, raws)):
            return None
        try:
            with np.errstate(all="ignore"):
                return op.compute(*(unpromoted(raws) if op.entrywise and sum(isinstance(raw, np.ndarray) for raw in raws) > 1 else raws))
        except Exception:  # a user's row may raise anything on placeholders: then the shape is not known
            return None

    @classmethod
    def called(cls, name: str, function: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """A call of a function of numpy, or of a method of arrays, recorded under that name."""

        def write(p: Python, *args: Any) -> str:
            if not name.startswith("."):
                return p.call(name, *args, **given)
            return p.call(p(args[0], ATOM) + name, *args[1:], **given)

        return cls.record(Op(name, lambda *raws: function(*raws, **given), write=write), args)

    # The interface of arrays.
    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self._known("shape"))

    @property
    def dtype(self) -> Any:
        return self._known("dtype").dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.size(self._known("size")))

    def _known(self, what: str) -> Any:
        if self.raw is None or (what == "dtype" and not hasattr(self.raw, "dtype")):
            raise AttributeError(f"the {what} of {str(self)!r} is not known")
        return self.raw

    @property
    def mT(self) -> Any:
        n = self.ndim
        return self.record(permute_, (self, (*range(n - 2), n - 1, n - 2)))

    @property
    def T(self) -> Any:
        return self.mT if self.ndim == 2 else self.record(permute_, (self, tuple(range(self.ndim))[::-1]))

    def reshape(self, *shape: Any) -> Any:
        return self.record(reshape_, (self, shape[0] if isinstance(shape[0], tuple) else shape))

    def __getitem__(self, key: Any) -> Any:
        return self.record(getitem_, (self, key if isinstance(key, tuple) else (key,)))

    def __getattr__(self, name: str) -> Any:  # any other method of arrays
        if name.startswith("_") or name in ("shape", "dtype", "ndim", "size", "T", "mT"):
            raise AttributeError(f"the {name} of {str(self)!r} is not known")
        return lambda *args, **given: self.called(f".{name}", lambda x, *rest, **how: getattr(x, name)(*rest, **how), self, *args, **given)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **given: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        row = self.rows["@"] if ufunc is np.matmul else UFUNCS.get(ufunc)
        if row is not None and row.infix and not given:
            return self.record(row, inputs)
        return self.called(f"np.{ufunc.__name__}", ufunc, *inputs, **given)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        return self.called(f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}", function, *args, **given)


def _raw(a: Any) -> Any:
    return tuple(map(_raw, a)) if isinstance(a, tuple) else a.raw if isinstance(a, Symbol) else a


def _shape(x: Any) -> tuple[int, ...] | None:
    return getattr(x, "shape", None if isinstance(x, Symbol) else ())


# The chain rule.
def as_symbols(n: Node, names: Mapping[Node, str], hold: Callable[[Any], str]) -> tuple[Seen, tuple[Any, ...]]:
    """The result and the arguments of ``n`` as symbols by their names; constants as they are, a long array as ``hold`` calls it."""
    whole = n.op is not None and n.op.infix is not None and isinstance(n, Value)
    seen = {a: Seen(names[a], _numbers(a)) for a in (n, *n.args) if isinstance(a, Node)}  # one of each, for rules may compare them
    return seen[n], tuple(seen[a] if isinstance(a, Node) else _constant(a, whole, hold) for a in n.args)


def _numbers(n: Any) -> Any:
    """The numbers of a node; of a released one, ones."""
    return np.broadcast_to(np.ones((), n.dtype), n.shape) if n.raw is None else n.raw


def _constant(a: Any, whole: bool, hold: Callable[[Any], str]) -> Any:
    if isinstance(a, tuple):
        return tuple(_constant(e, whole, hold) for e in a)
    if is_long(a):
        return Seen(hold(a), a)
    if whole and isinstance(a, float) and a.is_integer() and 0 < abs(a) < 1e6:
        return int(a)  # beside a float it is the same number, and reads better
    return a


def fitted(s: Any, a: Any) -> Any:
    """``s`` in the shape and dtype of the argument ``a`` that it flows into: a broadcast is undone, as the engine does it."""
    own, shape = _shape(s), _shape(a)
    if own is not None and shape is not None and own != shape:
        if (wide := np.broadcast_shapes(own, shape)) != own:
            s = broadcast_to_(s, wide)
        s = sum_to(s, shape)
    known = hasattr(s, "dtype") and hasattr(a, "dtype")  # numpy takes None for float64
    return cast_(s, a.dtype) if known and s.dtype != a.dtype else s


def flowing(n: Node, i: int, g: str = "g", names: Mapping[Node, str] | None = None) -> Any:
    """What flows from ``n`` into its argument ``i``, as a formula: the rule itself, called with symbols.

    ``g`` names the gradient of ``n``; ``names`` names nodes. A node without a name is called as in the rule, constants appear
    as themselves. None for a user's rule that does not take symbols. The graph may have been released.
    Raises ValueError where no gradient flows into argument ``i``.
    """
    if all(i != k for k, _ in n.takes()):
        raise ValueError(f"no gradient flows into argument {i} of {n!r}")
    assert n.op is not None
    known = dict(names or {})
    taken = {g, *known.values()}
    for a, name in zip((n, *n.args), ("z", *letters(n.op, n.args))):
        if isinstance(a, Node) and a not in known:
            while name in taken:
                name += "_"
            known[a] = name
            taken.add(name)
    z, args = as_symbols(n, known, lambda _: "index")
    try:
        return fitted(n.op.vjp(i, Seen(g, _numbers(n)), z, args), n.args[i])
    except Exception:  # a user's rule may raise anything for symbols
        return None


def chain_rule(n: Node, i: int, g: str = "g", names: Mapping[Node, str] | None = None) -> str:
    """`flowing` as text. It computes with floats and arrays; names in it are those of autograd, as `ag` or directly, of
    `autograd.ops`, and `np`. A user's rule that does not take symbols gives ``vjp of`` its name.

    >>> from autograd import Value, tanh
    >>> x = Value(0.5)
    >>> chain_rule(tanh(x), 0), chain_rule(x ** 3, 0, "dz", {x: "a"})
    ('g * (1 - z * z)', 'dz * 3 * a ** 2')
    """
    formula = flowing(n, i, g, names)
    assert n.op is not None
    return f"vjp of {n.op.name}" if formula is None else Python()(formula, WORDS)


def letters(op: Op, args: tuple[Any, ...]) -> list[str]:
    """What the rules of a row call its arguments; ``x1, x2, ...`` where they take any number."""
    if not op.variadic:
        for rule in op.vjps:
            code = getattr(rule, "__code__", None)
            if code is not None and code.co_argcount == len(args) + 2:
                return list(code.co_varnames[2 : len(args) + 2])
    numbers = iter(range(1, len(args) + 1))
    return [f"x{next(numbers)}" if isinstance(a, Node) else "" for a in args]
