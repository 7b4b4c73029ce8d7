"""Listings: what is pasted runs, and gives the numbers that were recorded and the gradients that the engine computes."""

import code
import contextlib
import io
import math
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Op, Tensor, Value, ValueTensor, tensor
from autograd.ops import elementwise
from autograd.ops.table import ELEMENTWISE
from autograd.program.text import Listing, listing
from autograd.testing.strategies import arguments
from tests.autograd.ops.examples import rng
from tests.autograd.program.test_formulas import SHAPED


def run(text: Listing) -> dict[str, Any]:
    """What a session holds after the text was pasted into it."""
    scope: dict[str, Any] = dict(text.given)
    with np.errstate(all="ignore"):
        exec(compile(text, "listing", "exec"), scope)
    return scope


def same(got: Any, want: Any, tolerance: float = 0.0, size: float = 0.0) -> None:
    want = want.data if isinstance(want, Value) else want.detach().numpy() if isinstance(want, Tensor) else want
    assert np.shape(got) == np.shape(want)
    assert getattr(got, "dtype", None) == getattr(want, "dtype", None) or isinstance(got, float | int)
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * size)


def agrees(y: Any, **leaves: Any) -> Listing:
    """The listing of ``y``, which gives the same ``y``, bit for bit, and the gradients of its ``leaves``."""
    text = listing(y, names={"y": y, **leaves})
    got = run(text)
    same(got["y"], y)
    found = ag.grad(y, list(leaves.values()), retain_graph=True, allow_unused=True)
    size = max((float(np.abs(d.data if isinstance(d, Value) else d.numpy()).max(initial=0)) for d in found if d is not None), default=0.0)
    for (name, x), d in zip(leaves.items(), found):
        if d is None:
            assert f"d_{name}" not in got
        else:
            same(got[f"d_{name}"], d, 1e-5 if getattr(x, "dtype", None) == ag.float32 else 1e-12, size)
    return text


def pasted(text: str, given: dict[str, Any]) -> dict[str, Any]:
    """The same in an interactive console, line by line."""
    scope = dict(given)
    console, errors = code.InteractiveConsole(scope), io.StringIO()
    with contextlib.redirect_stderr(errors):
        for line in text.splitlines():
            assert not console.push(line), f"the console waits for more after {line!r}"
    assert not errors.getvalue()
    return scope


# Pages that are read.
def test_a_neuron() -> None:
    x, w, b = Value(0.5, label="x"), Value(-1.5, label="w"), Value(0.8, label="b")
    L = (w * x + b).tanh() ** 2
    assert (
        str(listing(L))
        == """from autograd import tanh

# forward
w = -1.5
x = 0.5
b = 0.8
v2 = w * x  # -0.75
v4 = v2 + b  # 0.05
v5 = tanh(v4)  # 0.04996
L = v5 ** 2  # 0.002496

# backward: d_x is the derivative of L with respect to x
d_L = 1.0
d_v5 = d_L * 2 * v5  # through pow
d_v4 = d_v5 * (1 - v5 * v5)  # through tanh
d_v2 = d_v4  # through +
d_b = d_v4
d_w = d_v2 * x  # through *
d_x = d_v2 * w"""
    )
    assert str(listing(L)) == repr(listing(L)) == str(listing(L))
    assert str(listing(L, backward=False)) == str(listing(L)).split("\n\n# backward")[0]
    assert "w = -2.0\n" in str(listing(Value(-1.96, label="w") * 2, precision=1))


def test_a_layer_of_tensors() -> None:
    x, w, b = tensor([[1.0, 2.0]]), tensor([[0.1, -3.0]], requires_grad=True), tensor([0.5], requires_grad=True)
    y = (x @ w.T + b).relu().sum()
    assert (
        str(listing(y))
        == """import numpy as np
import autograd as ag
from autograd import relu, where

# forward
x = np.array([[1.0, 2.0]], dtype=np.float32)
w = np.array([[0.1, -3.0]], dtype=np.float32)
b = np.array([0.5], dtype=np.float32)
v2 = w.mT  # 2×1
v3 = x @ v2  # 1×1
v5 = v3 + b  # 1×1
v6 = relu(v5)  # 1×1
y = ag.sum(v6)  # 0

# backward: d_x is the derivative of y with respect to x
d_y = np.float32(1.0)
d_v6 = np.broadcast_to(d_y, (1, 1))  # through sum
d_v5 = where(v5 <= 0, 0, d_v6)  # through relu
d_v3 = d_v5  # through +
d_b = ag.sum(d_v5, dim=0)
d_v2 = x.mT @ d_v3  # through @
d_w = d_v2.mT  # through permute"""
    )


# Numbers.
@st.composite
def scalar_graphs(draw: Any) -> tuple[Any, dict[str, Any]]:
    leaves = {f"x{i}": Value(draw(st.integers(-2000, 2000)) / 1000) for i in range(3)}
    pool: list[Any] = [*leaves.values(), Value(0.5, requires_grad=False)]
    for _ in range(draw(st.integers(1, 12))):
        row = draw(st.sampled_from(list(ELEMENTWISE.values())))
        args = [draw(st.sampled_from(pool) | st.sampled_from([2.0, 3, -1.0, 0.5])) for _ in row.vjps]
        if row.name == "where":
            args[0] = args[0] > args[1]
        z = row(*args)
        if isinstance(z, Value) and math.isfinite(z.data) and 1e-3 < abs(z.data) < 1e3:
            pool.append(z)
    y = sum(pool[1:], pool[0])
    return y, leaves


@pytest.mark.long
@settings(max_examples=300)
@given(scalar_graphs())
def test_any_graph_of_numbers(graph: tuple[Any, dict[str, Any]]) -> None:
    y, leaves = graph
    text = agrees(y, **leaves)
    assert not text.given
    assert pasted(text, {})["y"] == y.data


@pytest.mark.parametrize("row", [row for row in ELEMENTWISE.values() if row.differentiable], ids=lambda row: row.name)
@settings(max_examples=10)
@given(data=st.data())
def test_every_row_of_numbers(row: Op, data: st.DataObject) -> None:
    drawn = data.draw(arguments(row, scalars=True))
    values = {f"x{i}": a for i, a in enumerate(drawn) if isinstance(a, Value)}
    agrees(row(*drawn) * 1.5, **values)
    xs = {name: v.data for name, v in values.items()}
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    sizes = data.draw(st.sampled_from([((2, 3), (3,), ()), ((), (2,), (2, 1)), ((2, 1), (1, 3), (3,)), ((3,), (3,), (3,))]))
    tensors = {name: tensor(np.full(shape, x, dtype), requires_grad=True) for shape, (name, x) in zip(sizes, xs.items())}
    if data.draw(st.booleans()) and row.name not in ("//", "%", "floor", "ceil", "round", "sign", "elu"):
        name = data.draw(st.sampled_from(sorted(tensors)))  # dtypes mix, as the engine says
        tensors[name] = tensors[name].detach().to(np.float64).requires_grad_()
    args = [tensor([True]) > False] * (row.name == "where") + list(tensors.values())
    z = row(*args)
    agrees((z * tensor(rng(*z.shape))).sum(), **tensors)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_row_of_shapes(dtype: Any) -> None:
    for f in SHAPED:
        x = tensor(rng(2, 3, 4).astype(dtype), requires_grad=True)
        z = f(x)
        agrees((z * tensor(rng(*z.shape).astype(dtype), requires_grad=True)).sum(), x=x)


@st.composite
def tensor_graphs(draw: Any) -> tuple[Any, dict[str, Any]]:
    dtypes = st.sampled_from([np.float32, np.float64])
    sizes = st.sampled_from([(), (3,), (2, 3), (2, 1), (1, 3)])
    leaves = {f"x{i}": tensor(rng(*draw(sizes), seed=i).astype(draw(dtypes)), requires_grad=True) for i in range(3)}
    pool: list[Any] = [*leaves.values(), tensor(rng(2, 3)), tensor([1, 2, 3])]
    binary = st.sampled_from([operator.add, operator.sub, operator.mul, operator.truediv, ag.maximum, lambda a, b: ag.where(a > b, a, b)])
    unary = st.sampled_from(
        [
            ag.tanh, ag.sigmoid, ag.square, ag.sum, lambda a: a.sum(0) if a.ndim else a, lambda a: a.softmax(-1), lambda a: a.reshape(-1), lambda a: a.mT if a.ndim > 1 else a,
            lambda a: a.double(), lambda a: a.unsqueeze(0) if a.ndim < 2 else a[1:], lambda a: a * 2, lambda a: 1.5 - a, lambda a: a.amax(), lambda a: a + a,
            lambda a: ag.cat([a, a]) if a.ndim else ag.stack([a, a]), lambda a: a @ a.mT if a.ndim > 1 else a, lambda a: a.clone(),
        ]
    )  # fmt: skip
    for _ in range(draw(st.integers(1, 10))):
        a, b = draw(st.sampled_from(pool)), draw(st.sampled_from(pool))
        if draw(st.booleans()):
            z = draw(unary)(a if a.dtype.kind == "f" else a.float())
        else:
            try:
                np.broadcast_shapes(a.shape, b.shape)
            except ValueError:
                continue
            z = draw(binary)(a, b)
        if 0 < z.numel() <= 60 and np.isfinite(z.detach().numpy()).all() and float(z.detach().abs().max()) < 1e3:
            pool.append(z)
    total = sum((z.float().mean() for z in pool[1:]), pool[0].double().mean())
    return total, leaves


@pytest.mark.long
@settings(max_examples=300)
@given(tensor_graphs())
def test_any_graph_of_tensors(graph: tuple[Any, dict[str, Any]]) -> None:
    y, leaves = graph
    text = agrees(y, **leaves)
    assert not text.given
    got = pasted(text, {})["y"]
    same(got, y)


@pytest.mark.parametrize("f", [lambda x, s: x * s, lambda x, s: s - x, lambda x, s: ag.maximum(x, s), lambda x, s: ag.where(x > 1, x, s)])
def test_a_number_of_double_precision_beside_single(f: Any) -> None:
    x, s = tensor(rng(7, 5).astype(np.float32), requires_grad=True), tensor(np.array(1.0 / 3), requires_grad=True)
    y = f(x, s)
    same(run(listing(y, names={"y": y}, backward=False))["y"], y)
    agrees(y.sum(), x=x, s=s)


def test_gradients_are_added_without_writing_into_each_other() -> None:
    x = tensor(rng(2, 3), requires_grad=True)
    h = x * 1.5
    y = ((h + h) + h.clone() + h.reshape(2, 3) + x.sum() + h.expand(2, 2, 3).sum(0) - h).sum()
    text = agrees(y, x=x)
    assert " += " in text and "it adds up" in text
    v = Value(2.0)
    assert "it adds up" not in agrees(v * 2, v=v)


EDGES: list[Any] = [
    lambda v, o: 1 / (v * 0), lambda v, o: (v - 2) ** -1, lambda v, o: (-4 * v) ** 0.5, lambda v, o: v % (o * 0), lambda v, o: v // (o * 0), lambda v, o: (v - 2) ** 0.5,
    lambda v, o: ag.log(v * 0), lambda v, o: ag.exp(v * 1000), lambda v, o: (v * 1e200) ** 2, lambda v, o: ag.sqrt(v - 2), lambda v, o: 1 / ag.exp(v * -1000),
    lambda v, o: 0 ** (v - 2), lambda v, o: (v * math.inf) * 0, lambda v, o: ag.where(v > 0, o, 1 / (v - 2)), lambda v, o: (v * -math.inf) + math.nan,
]  # fmt: skip


@pytest.mark.parametrize("f", EDGES)
def test_what_python_refuses_and_ieee_does_not(f: Any) -> None:
    v, o = Value(2.0), Value(1.0)
    with np.errstate(all="ignore"):
        agrees(f(v, o), v=v, o=o)
        t, u = tensor(np.array([2.0, 3.0]), requires_grad=True), tensor(np.array([1.0, 1.0]), requires_grad=True)
        agrees(f(t, u).sum(), t=t, u=u)


def test_several_outputs() -> None:
    a, b = Value(2.0), Value(3.0)
    y, z = a * b, a + b
    got = run(listing([y, z, y], names={"a": a, "b": b, "y": y, "z": z}))
    assert (got["y"], got["z"], got["d_a"], got["d_b"]) == (6.0, 5.0, 4.0, 3.0)
    assert run(listing([a, y], names={"a": a, "b": b}))["d_a"] == 4.0
    assert run(listing(a, names={"a": a})) | {"a": 2.0, "d_a": 1.0} == run(listing(a, names={"a": a}))


def test_gradients_only_where_a_leaf_needs_them() -> None:
    x, w, c = tensor(rng(4, 3)), tensor(rng(3, 2), requires_grad=True), tensor(rng(4, 2), requires_grad=True)
    text = agrees(ag.where(c, x @ w, 0.0).sum(), w=w)
    assert "d_x =" not in text and "d_c" not in text
    y = ag.where(c, x.sum(), 0.0).sum() * 2  # recorded, but no gradient reaches a leaf
    assert listing(y).split("with respect to x\n")[1] == "d_y = np.float64(1.0)"


# Between the layers, and other graphs.
def test_numbers_and_tensors_meet() -> None:
    v, t = Value(2.0), tensor(rng(2, 2), requires_grad=True)
    m = ag.tensor([[v, 3.0], [1.0, v * v]])
    p, _, r, s = (m.double() @ t).values().flat
    text = agrees(p * s + r + p + m.sum().values().item() + (t * v).sum().values().item(), v=v, t=t)
    assert not text.given and text.count("np.zeros") == 3  # one for each tensor that was taken apart
    single = tensor([1.0, 2.0], requires_grad=True)
    a, b = single.values()
    agrees(a * b + a, single=single)
    agrees((ag.tensor([v, v * 3]) * tensor([1.0, 2.0])).sum(), v=v)


def test_gradients_of_gradients() -> None:
    v, x = Value(0.3), tensor(rng(3), requires_grad=True)
    (dv,) = ag.grad(ag.tanh(v * v), v, create_graph=True)
    agrees(dv, v=v)
    (dx,) = ag.grad((ag.tanh(x * x).softmax(0) * x).sum(), x, create_graph=True)
    agrees((dx * dx).sum(), x=x)
    a, b = x.values()[:2]
    (da,) = ag.grad(a * b * b, x, create_graph=True)
    agrees((da * da).sum(), x=x)


def test_an_array_of_values() -> None:
    w: Any = ValueTensor.leaves(tensor(rng(2, 2), requires_grad=True), "w")
    y = ag.tanh(w @ w).sum()
    got = run(listing(y))
    y.item().backward()
    for i, j in np.ndindex(2, 2):
        same(got[f"d_w_{i}_{j}"], w.values()[i, j].grad, 1e-12)


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
@pytest.mark.parametrize("rows", [4, 100])
def test_a_network_with_dropout_and_cross_entropy(dtype: Any, rows: int) -> None:
    x, labels = ag.rand(rows, 6, dtype=dtype), ag.randint(0, 3, (rows,))
    net = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Dropout(0.3), nn.Linear(5, 3))
    for p in net.parameters():
        p.data = p.data.to(dtype)
    loss = nn.functional.cross_entropy(net(x), labels)
    text = listing(loss)
    assert (rows == 4) == (not text.given) and "hold" not in text
    got = pasted(text, text.given)
    same(got["loss"], loss)
    loss.backward()
    for name, p in net.named_parameters():
        index, which = name.split(".")
        same(got[f"d_{which}_{index}"], p.grad, 1e-5 if dtype == ag.float32 else 1e-12, float(p.grad.abs().max()))


def test_what_is_too_long_is_to_be_given() -> None:
    data, w = tensor(rng(50, 3)), tensor(rng(3), requires_grad=True)
    picked = np.arange(50).repeat(2)
    y = (data @ w)[picked].sum()
    text = listing(y, names={"x": data, "index": w})
    assert text.startswith("# x: float64 array of shape 50×3, to be given\n# index_2: int64 array of shape 100, to be given\n")
    assert run(text)["y"] == y.item() and sorted(text.given) == ["index_2", "x"]
    scope = {"x": data.numpy() * 2, "index_2": picked}
    exec(text, scope)  # and other data may be given
    same(scope["y"], y * 2, 1e-12)


def test_other_losses_of_the_library() -> None:
    x, y = tensor(rng(4, 3), requires_grad=True), tensor(rng(4, 3, seed=1))
    p = tensor(rng(4, 3) / 3, requires_grad=True)
    for loss in (nn.MSELoss(), nn.HuberLoss(), nn.L1Loss(), nn.SmoothL1Loss()):
        assert not agrees(loss(x, y), x=x).given
    assert not agrees(nn.BCELoss()(p, y / 3), p=p).given and not agrees(nn.BCEWithLogitsLoss()(x, y / 3), x=x).given


# Rows of one's own.
softsign = Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))


def test_a_row_of_ones_own_is_written_as_it_computes() -> None:
    v, t = Value(0.5), tensor(rng(3), requires_grad=True)
    assert "y = v / (1 + abs(v))" in agrees(softsign(v), v=v)
    assert "/ (1 + abs(t))" in agrees(softsign(t).sum(), t=t)
    sinc = Op("sinc", lambda x: np.sin(x) / x, lambda g, z, x: g * (ag.cos(x) - z) / x)
    assert "y = float(np.sin(v) / v)" in agrees(sinc(v), v=v)
    assert not agrees(sinc(t.float()).sum(), t=t).given
    assert "# through two lines" in agrees(Op("two\nlines", lambda x: x * x, lambda g, z, x: g * 2 * x)(v), v=v)


def test_a_row_that_does_not_take_symbols_is_to_be_given() -> None:
    v, w, t = Value(0.5), Value(-2.0), tensor(rng(3), requires_grad=True)
    rows = [
        Op("my row!", lambda x: x if x > 0 else -x, lambda g, z, x: g if x > 0 else -g),
        Op("my row?", lambda x: math.fabs(x), lambda g, z, x: g * ag.sign(x)),
        Op("over", lambda x: abs(x) if x < 0 else x, lambda g, z, x: g * ag.sign(x)),  # as a function of the tables is called
        Op("tanh", lambda x: 2.0 if isinstance(x, float) else x * 3, lambda g, z, x: g * 5),  # is not what it writes
    ]
    for row, name in zip(rows, ("my_row", "my_row", "over", "tanh_")):
        text = agrees(row(w) * row(v), v=v, w=w)
        assert list(text.given) == [name] and text.startswith(f"# {name}: the operation {row.name}, to be given\n")
    text = agrees(rows[0](v) * rows[1](w), v=v, w=w)
    assert list(text.given) == ["my_row", "my_row_2"]
    largest = Op("largest", lambda *xs: max(xs), ag.each(lambda i, g, z, xs: g if xs[i] == z else 0.0))
    assert "largest.vjp(1, d_y, y, (v, w, 0.0))" in agrees(largest(v, w, 0.0), v=v, w=w)
    middle = Op("middle", lambda x: float(np.median(x)), lambda g, z, x: g * np.asarray(np.asarray(x) == z, x.dtype))
    agrees(middle(t) * 2, t=t)
    agrees(middle(t.float()).reshape(1).sum() * 2, t=t)
    constant = Op("constant", lambda x: x * 0, lambda g, z, x: 0.0)
    agrees(constant(t.float()).sum() + constant(t.sum()) + t.float().sum(), t=t)


# Names.
HOSTILE = [
    "fc1.weight", "0.weight", "", "{}", "lambda", "None", "print", "sum", "tanh", "np", "ag", "where", "put_", "d_y", "y", "v3", "v4", "L", "__debug__", "_", "self", "a b", "a-b",
    "1", "12", "∂L/∂w", "w₁", "ﬁ", "fi", "σ", "שלום", "🎉", "a\nb", "'; import os; '", '"""', "# x", "\\", "\0", "\ud800", "x" * 500, "e\u0301", "é", "match", "given", "d_d_y",
]  # fmt: skip


def test_hostile_names() -> None:
    leaves = [Value(i + 1.0, label=name) for i, name in enumerate(HOSTILE)]
    y = leaves[0]
    for x in leaves[1:]:
        y = y * 0.5 + x.tanh()
        y.label = x.label
    text = listing(y)
    got = pasted(text, {})
    y.backward()
    slopes = [value for name, value in got.items() if name.startswith("d_")]
    assert all(any(d == pytest.approx(x.grad, rel=1e-12) for d in slopes) for x in leaves)
    assert all(line.isprintable() for line in text.splitlines())
    assert "fc1_weight = 1.0\nweight_0 = 2.0\n" in text


@given(st.lists(st.text(max_size=8), min_size=2, max_size=6))
def test_any_names(names: list[str]) -> None:
    leaves = [Value(i + 1.5, label=name) for i, name in enumerate(names)]
    y = sum((x * x for x in leaves[1:]), leaves[0] * leaves[0])
    y.label = names[0]
    text = listing(y)
    got = run(text)
    assigned = [line.split(" = ")[0] for line in text.splitlines() if " = " in line]
    assert len(assigned) == len(set(assigned))  # nothing is written over
    slopes = [v for k, v in got.items() if k in assigned and isinstance(v, float)]
    assert y.data in slopes and all(2 * x.data in slopes for x in leaves)


def test_names_come_from_the_program_too() -> None:
    weight, inputs = Value(2.0), [Value(3.0), Value(4.0)]
    loss = weight * inputs[0] + inputs[1]
    text = listing(loss)
    assert "loss = v2 + inputs_1  # 10" in text and "d_weight = d_v2 * inputs_0" in text


def test_a_thousand_equal_names_and_a_long_chain() -> None:
    y = Value(1.0)
    for _ in range(3000):
        y = y * Value(1.0, label="w") + 0.5
    got = run(listing(y))
    assert got["w_3000"] == 1.0 and got["d_w_2"] == 1.5


# Misuse.
def test_errors() -> None:
    x = tensor(rng(3), requires_grad=True)
    y = (x * x).sum()
    with pytest.raises(ValueError, match=r"shape \(3,\); list its .sum\(\) or .mean\(\), or pass backward=False"):
        listing(x * x)
    same(run(listing(x * x, names={"x": x}, backward=False))["v1"], rng(3) ** 2)
    with pytest.raises(RuntimeError, match="does not require grad and was not recorded"):
        listing(tensor(1.0))
    assert run(listing(Value(1.5, requires_grad=False, label="c"), backward=False))["c"] == 1.5
    with pytest.raises(TypeError, match="listing takes Values and Tensors, got float"):
        listing(1.0)
    with pytest.raises(ValueError, match="listing needs at least one"):
        listing([])
    y.backward()
    for backward in (True, False):
        with pytest.raises(RuntimeError, match="retain_graph=True"):
            listing(y, backward=backward)


def test_what_was_changed_since_is_refused() -> None:
    x = tensor(rng(3), requires_grad=True)
    y = (x + 1.0).sum()
    x.data.add_(1.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        listing(y)
    z = x * 2
    z.data.fill_(0.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        listing(z.sum())
    v = Value(1.0)
    w = v + 1
    v.data = 2.0
    with pytest.raises(RuntimeError, match="was set since"):
        listing(w)


def test_listing_leaves_no_trace() -> None:
    v = Value(0.5)
    y = elementwise.tanh(v)
    listing(y)
    assert v.grad is None and y.grad is None and y.mark is None
