"""The chain rule as text computes what the engine computes, for every row of both tables."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Node, Op, Value, tensor
from autograd.ops import elementwise, moves, products, reduce, table
from autograd.program.formulas import Seen, chain_rule
from autograd.testing.strategies import arguments
from tests.autograd.core.test_symbols import CASES, IDS
from tests.autograd.ops.examples import VIEWS, rng

SCOPE = {**vars(elementwise), **vars(moves), **vars(reduce), **vars(products), **vars(ag), "ag": ag, "np": np}


# The chain rule of a recorded node.
def agrees(n: Any, i: int) -> str:
    """The text for argument ``i`` of a node, which gives what the engine gives: shape, dtype and numbers."""
    names = {m: f"n{k}" for k, m in enumerate([n, *(a for a in n.args if isinstance(a, Node))])}
    text = chain_rule(n, i, "g", names)
    assert "vjp of" not in text
    shape = getattr(n, "shape", ())
    g = 1.25 if isinstance(n, Value) else rng(*shape, seed=7).astype(n.dtype)
    z, args = n.saved(False)
    with np.errstate(all="ignore"):
        want = n.args[i].fit(n.op.vjp(i, g, z, args))
        got = eval(text, SCOPE, {"g": g, **{name: m.raw for m, name in names.items()}})
    assert np.shape(got) == np.shape(want)
    tolerance = 1e-6 if any(getattr(m, "dtype", None) == np.float32 for m in (n, *n.args)) else 1e-13
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    return text


@pytest.mark.parametrize(("row", "i"), CASES, ids=IDS)
@settings(max_examples=10)
@given(data=st.data())
def test_the_chain_rule_of_every_row_of_numbers_is_what_the_engine_computes(row: Op, i: int, data: st.DataObject) -> None:
    xs = [getattr(a, "data", a) for a in data.draw(arguments(row, scalars=True))]
    constants = [data.draw(st.booleans()) and j != i for j in range(len(xs))]
    agrees(row(*(x if c or isinstance(x, bool) else Value(x) for x, c in zip(xs, constants))), i)
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    sizes = data.draw(st.sampled_from([((2, 3), (3,), ()), ((), (2,), (2, 1)), ((2, 1), (1, 3), (3,)), ((3,), (3,), (3,))]))
    wide = [tensor(np.full(shape, x, bool if isinstance(x, bool) else dtype)) for shape, x in zip(sizes, xs)]
    if dtype == np.float32 and row.name != "where" and row.name not in ("//", "%"):
        wide[0] = wide[0].double()  # a mixture, of which the engine makes float32 where this is 0-d
    wide[i].requires_grad = True
    agrees(row(*wide), i)


X = rng(2, 3, 4)
SHAPED: list[Any] = [
    *(view[1] for view in VIEWS),
    *(lambda x, f=f, d=d, k=k: f(x, dim=d, keepdim=k) for f in (ag.sum, ag.mean, ag.amax, ag.amin, ag.norm, ag.std, ag.logsumexp)
      for d in (None, 0, (0, 2), (1,)) for k in (False, True)),
    lambda x: ag.std(x, 1, 0), lambda x: x.double(), lambda x: x.clone(), lambda x: x[[0, 1, 1]], lambda x: x[..., None, 1:3],
    lambda x: x[x > 1], lambda x: x.reshape(24)[5] * 2, lambda x: x @ tensor(rng(4, 2), requires_grad=True),
    lambda x: tensor(rng(3, 3), requires_grad=True) @ x, lambda x: x @ tensor(rng(2, 4, 2), requires_grad=True), lambda x: x[0, 0] @ x[0, 1],
    lambda x: ag.linear(x, tensor(rng(5, 4), requires_grad=True), tensor(rng(5), requires_grad=True)),
    lambda x: ag.linear(x[0], tensor(rng(5, 4), requires_grad=True), tensor(rng(5), requires_grad=True)),
    lambda x: ag.linear(x, tensor(rng(5, 4), requires_grad=True)), lambda x: reduce.mean_square_(x), lambda x: reduce.cross_entropy_(x, tensor([[0, 1, 3], [2, 1, 1]])),
    lambda x: ag.einsum("bij,bik->jk", x, x * x), lambda x: ag.einsum("bij->j", x), lambda x: ag.einsum("bij,j,->i", x, x[0, 0], x.sum()),
    lambda x: x.sum().broadcast_to((2, 2)), lambda x: x.permute(1, 2, 0), lambda x: x.sum().permute(), lambda x: x.float() * tensor(2.0, requires_grad=True),
]  # fmt: skip


def below(y: Any) -> list[tuple[Any, int]]:
    return [(n, i) for n in ag.ancestors(y) for i, _ in n.takes()]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_chain_rule_of_functions_of_shapes_is_what_the_engine_computes(dtype: Any) -> None:
    for f in SHAPED:
        for n, i in below(f(tensor(X.astype(dtype), requires_grad=True))):
            agrees(n, i)


@pytest.mark.parametrize("row", [row for row in table.SHAPED.values() if row.differentiable], ids=lambda row: row.name)
@settings(max_examples=10)
@given(data=st.data())
def test_the_chain_rule_of_every_row_of_shapes_is_what_the_engine_computes(row: Op, data: st.DataObject) -> None:
    n = row(*data.draw(arguments(row)))
    for i, _ in n.takes():
        agrees(n, i)


def test_names_and_constants() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * b
    assert chain_rule(y, 0) == "g * y" and chain_rule(y, 1, "dy", {a: "w"}) == "dy * w"
    assert chain_rule(y, 0, "y") == "y * y_" and chain_rule(y, 0, "g", {a: "y"}) == "g * y_"  # a name is taken once
    assert (
        chain_rule(a**3, 0) == "g * 3 * x ** 2" and chain_rule(a**0.5, 0) == "g * 0.5 * x ** -0.5" and chain_rule(a * 2.5, 0) == "g * 2.5"
    )
    assert chain_rule(a * 1e20, 0) == "g * 1e+20" and chain_rule(a * -0.0, 0) == "g * -0.0"  # as integers these would be others
    assert chain_rule(a**2, 0) == "g * 2 * x" and chain_rule(2**a, 1) == f"g * z * {math.log(2)!r}"
    assert chain_rule(ag.where(True, a, b), 1) == "g" and chain_rule(ag.where(True, a, b), 2) == "0"
    t = tensor(rng(200, 3), requires_grad=True)
    index = np.arange(200)[::-1].copy()
    assert chain_rule(t[index], 0) == "put_(g, np.index_exp[index], (200, 3))"
    assert chain_rule(t[ag.arange(200)], 0) == "put_(g, np.index_exp[np.arange(200)], (200, 3))"
    assert chain_rule(t.mean(), 0) == f"np.broadcast_to(g * {1 / 600}, (200, 3))"
    for n, i in [(y, 2), (y, -1), (a, 0), (a * 2, 1), (t.sum(0), 1), (Value(1.0, requires_grad=False), 0)]:
        with pytest.raises(ValueError, match="no gradient flows into argument"):
            chain_rule(n, i)


def test_a_released_graph_still_says_its_chain_rule() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 2))
    loss = nn.functional.cross_entropy(net(ag.rand(5, 3)), ag.zeros(5, dtype=ag.int64))
    before = [chain_rule(n, i) for n, i in below(loss)]
    assert "ag.sum(g, dim=0)" in before and "g * (1 - z * z)" in before and "g.mT @ x" in before
    loss.backward()
    assert [chain_rule(n, i) for n, i in below(loss)] == before


def test_rows_of_ones_own() -> None:
    softsign = Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))
    assert agrees(softsign(Value(0.5)), 0) == "g * square(1 - abs(n0))"
    doubled = Op("doubled", lambda x: 2 * x, lambda g, z, x: g * softsign(x))  # a row in a rule is written as it computes
    assert agrees(doubled(tensor(X, requires_grad=True)), 0) == "g * n1 / (1 + abs(n1))"
    branching = Op("branching", abs, lambda g, z, x: g if x > 0 else -g)
    assert chain_rule(branching(Value(0.5)), 0) == "vjp of branching"
    numpy = Op("numpy", np.sin, lambda g, z, x: g * np.cos(np.asarray(2.0) * x) * np.sum(x, axis=0) + x.sum(axis=0))
    assert agrees(numpy(tensor(X, requires_grad=True)), 0) == "g * np.cos(np.float64(2.0) * n1) * np.sum(n1, axis=0) + n1.sum(axis=0)"
    several = Op("several", lambda *xs: sum(xs), ag.each(lambda i, g, z, xs: g * xs[i - 1]))
    assert agrees(several(Value(1.0), 2.0, Value(3.0)), 2) == "g * 2.0"
    nothing = Op("nothing", abs, lambda g, z, x: 0.0)
    assert agrees(nothing(Value(1.0)), 0) == "0.0"


def test_symbols_have_the_shapes_of_what_they_stand_for() -> None:
    x, y = Seen("x", np.ones((2, 3), np.float32)), Seen("y", np.ones(3, np.float32))
    assert (x * y).shape == (2, 3) and (x * y).dtype == ag.float32 and (x @ y.reshape(3, 1)).shape == (2, 1) and x.mT.shape == (3, 2)
    assert x.ndim == 2 and x.size == 6 and x.T.shape == (3, 2)
    assert ag.sum(x * y, 0, keepdim=True).shape == (1, 3) and ag.exp(-x).shape == (2, 3) and x[0].shape == (3,)
    with pytest.raises(AttributeError, match="the shape of 'x' is not known"):
        Seen("x").shape  # noqa: B018
