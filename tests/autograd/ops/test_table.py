"""What the tables share: names of dimensions, what arguments are refused, what a row derives from its name."""

import inspect
import math
import operator
from inspect import signature
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import Value, tensor
from autograd.core.node import Op
from autograd.core.symbols import BINDS, Symbol
from autograd.ops import moves, reduce, table
from autograd.ops.table import ELEMENTWISE, UFUNCS, Both, Elementwise, axes_of, edgy, public


@pytest.mark.parametrize(
    "name", ["sum", "mean", "var", "std", "prod", "amax", "amin", "argmax", "argmin", "norm", "logsumexp", "max", "min"]
)
def test_numpy_style_keepdims(name: str) -> None:
    x, f = tensor([[1.0, 5.0, 2.0], [7.0, 2.0, 4.0]]), getattr(ag, name)
    expected, got = f(x, dim=1, keepdim=True), f(x, axis=1, keepdims=True)
    for a, b in zip(expected, got) if name in ("max", "min") else [(expected, got)]:
        assert a.shape == (2, 1) and a.equal(b)
    with pytest.raises(TypeError, match="keepdims is an alias of keepdim; got both"):
        f(x, dim=1, keepdim=True, keepdims=False)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.sum(dim=2), IndexError, "dim 2 is out of range for 2 dimensions"),
        (lambda x: x.sum(dim=(0, 0)), ValueError, "twice"),
        (lambda x: x.sum(dim=0, axis=1), TypeError, "alias"),
        (lambda x: x.sum(dim="x"), TypeError, "dim must be an int"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ag.ones(2, 3, requires_grad=True))


@pytest.mark.parametrize("right", [1.0, 1j, np.float32(1), np.ones(2), Value(1.0), ag.ones(2)], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize(("wrong", "told"), [("a", "str 'a'$"), ([1.0], r"list .*; wrap lists as tensor\(\.\.\.\)$")], ids=["str", "list"])
def test_a_wrong_argument_is_named_wherever_it_stands(right: Any, wrong: Any, told: str) -> None:
    for args in [(right, wrong), (wrong, right)]:
        with pytest.raises(TypeError, match=f"<maximum> takes numbers, arrays, Values and Tensors, got {told}"):
            ag.maximum(*args)
    with pytest.raises(TypeError, match=f"takes numbers, arrays, Values and Tensors, got {told}"):
        ag.gelu(wrong)


def test_arguments_too_few_or_too_many_are_counted() -> None:
    for row in ELEMENTWISE.values():
        n = len(row.vjps)
        for args in ((), (1.0,) * (n - 1), (1.0,) * (n + 1), (np.ones(2),) * (n + 1)):
            if len(args) != n:
                s = "" if n == 1 else "s"
                told = f"takes {n} argument{s}, got {len(args)}" + (": " if args else "$")
                with pytest.raises(TypeError, match=told):
                    row(*args)


ALIASED = {name: f for chapter in (moves, reduce) for name, f in public(chapter).items() if hasattr(f, "__wrapped__")}
OVER_ONE = [name for name in ALIASED if name in ("prod", "max", "min", "argmax", "argmin", "cumsum", "softmax", "log_softmax")]


def arrays_in(result: Any) -> list[np.ndarray]:
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]


@pytest.mark.parametrize("name", ALIASED)
@settings(max_examples=20)
@given(data=st.data(), shape=hnp.array_shapes(max_dims=3, min_side=2, max_side=3), keepdim=st.none() | st.booleans())
def test_axis_and_keepdims_are_dim_and_keepdim(name: str, data: st.DataObject, shape: tuple[int, ...], keepdim: bool | None) -> None:
    f, named = ALIASED[name], signature(ALIASED[name]).parameters
    first = next(iter(named))
    x: Any = tensor(np.random.default_rng(0).normal(size=shape))
    x = [x, x * 2] if first == "tensors" else x
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    dims: Any = dim if first == "tensors" or name in OVER_ONE else data.draw(st.sampled_from([dim, (dim,), [dim]]))
    keep = {} if keepdim is None or "keepdim" not in named else {"keepdim": keepdim}
    aliases = {"axis": dims, **({"keepdims": keepdim} if keep else {})}
    for want, got in zip(arrays_in(f(x, dim=dims, **keep)), arrays_in(f(x, **aliases))):
        assert want.shape == got.shape and want.dtype == got.dtype and want.tobytes() == got.tobytes()
    if dims != named["dim"].default:  # which may be said: NumPy's own functions do, when they hand an array over
        with pytest.raises(TypeError, match="axis is an alias of dim; got both"):
            f(x, dim=dims, axis=dims)
        before = list(named)[1 : list(named).index("dim")]  # what stands between the tensor and dim
        with pytest.raises(TypeError, match="axis is an alias of dim; got both"):
            f(x, *[2] * len(before), dims, axis=dims)
    if keep.get("keepdim"):
        with pytest.raises(TypeError, match="keepdims is an alias of keepdim; got both"):
            f(x, dim=dims, keepdim=keepdim, keepdims=keepdim)


def test_every_function_that_takes_a_dim_of_a_reduction_takes_an_axis() -> None:
    missing = [
        name for name, f in public(reduce).items() if not isinstance(f, Op) and "dim" in signature(f).parameters and name not in ALIASED
    ]
    assert not missing and len(ALIASED) > 15


@given(ndim=st.integers(0, 4), data=st.data())
def test_axes_are_those_that_numpy_counts(ndim: int, data: st.DataObject) -> None:
    x = np.empty(tuple(range(2, 2 + ndim)))
    axes = data.draw(st.lists(st.integers(-ndim, ndim - 1), min_size=1, unique_by=lambda a: a % ndim)) if ndim else []
    for kind in (tuple, list, lambda axes: tuple(map(np.int64, axes))):
        found = axes_of(kind(axes), ndim)
        assert np.sum(x, axis=found).shape == (np.sum(x, axis=tuple(axes)).shape if axes else ())
        assert all(type(a) is int and 0 <= a < ndim for a in found)
    assert axes_of(None, ndim) == tuple(range(ndim))
    for beyond in (max(ndim, 1), -max(ndim, 1) - 1):
        with pytest.raises(IndexError, match=f"dim {beyond} is out of range for {ndim} dimensions"):
            axes_of(beyond, ndim)
    for a in axes:
        with pytest.raises(ValueError, match="names the same dimension twice"):
            axes_of((a, a % ndim), ndim)


def test_what_a_chapter_gives_to_users_has_no_underscore_at_either_end() -> None:
    chapter, elsewhere = ModuleType("chapter"), ModuleType("elsewhere")
    exec("def twice(x): ...\ndef _helper(x): ...\ndef row_(x): ...\nclass Thing: ...\nnumber = 3", vars(chapter))
    exec("def borrowed(x): ...", vars(elsewhere))
    rows = {name: Elementwise(sign, abs, None) for name, sign in [("less", "<"), ("root", "root"), ("_inner", "i"), ("rule_", "r")]}
    vars(chapter).update(rows, borrowed=vars(elsewhere)["borrowed"], shaped=Op("shaped", abs))
    assert list(public(chapter)) == ["twice", "less", "root"]
    assert (rows["less"].public, rows["root"].public) == ("less", "root")


@pytest.fixture
def _no_row_of_the_tables_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    for held_by, name in [(table, "ELEMENTWISE"), (table, "SHAPED"), (table, "UFUNCS"), (Symbol, "rows")]:
        monkeypatch.setattr(held_by, name, dict(getattr(held_by, name)))


@pytest.mark.usefixtures("_no_row_of_the_tables_is_touched")
def test_a_row_knows_the_operator_and_the_ufunc_that_go_without_saying() -> None:
    for sign in BINDS:
        row = table.op(sign, np.hypot, None, None)
        assert row.infix == sign and row.ufunc is None and table.ELEMENTWISE[sign] is Symbol.rows[sign] is row
        assert table.op(sign, np.hypot, None, None, infix="%").infix == "%"
    plain = table.op("hypot", Both(math.hypot, np.hypot), None, None)
    quiet = table.op("cbrt", edgy(math.cbrt, np.cbrt), None)
    assert (plain.infix, plain.ufunc, plain.arity, plain.entrywise, plain.tabled) == (None, np.hypot, 2, True, True)
    assert (quiet.ufunc, quiet.arity) == (np.cbrt, 1) and table.UFUNCS[np.cbrt] is quiet and table.UFUNCS[np.hypot] is plain
    assert table.op("own", Both(math.hypot, lambda x, y: np.hypot(x, y)), None, None).ufunc is None
    assert table.op("said", Both(math.hypot, np.hypot), None, None, ufunc=np.add).ufunc is np.add
    assert table.UFUNCS[np.add] is ELEMENTWISE["+"]  # the first that means it
    assert table.real("third", Both(math.cbrt, np.cbrt), None).floats and not plain.floats
    shaped = table.row("shaped", np.matmul, None, None, infix="//")
    assert table.SHAPED["shaped"] is Symbol.rows["//"] is shaped and (shaped.entrywise, shaped.arity, shaped.tabled) == (False, None, True)


@pytest.mark.parametrize("row", [row for row in ELEMENTWISE.values() if row.infix or row.ufunc], ids=lambda row: row.name)
@settings(max_examples=25)
@given(data=st.data())
def test_the_operator_and_the_ufunc_of_a_row_mean_it(row: Op, data: st.DataObject) -> None:
    elements = st.floats(0.125, 1.0 if row.name in ("asin", "acos") else 4, width=32) | st.sampled_from([0.5, 1.0])
    args = [data.draw(hnp.arrays(np.float64, 3, elements=elements)) for _ in row.vjps]
    want = row(*args)
    if row.infix:
        np.testing.assert_array_equal(eval(f"x {row.infix} y", dict(zip("xy", args))), want)
    if row.ufunc is not None:
        np.testing.assert_allclose(row.ufunc(*args), want, rtol=1e-15)
        assert UFUNCS[row.ufunc] is row or row.ufunc is UFUNCS[row.ufunc].ufunc


@given(st.floats() | st.integers(-3, 3), st.floats() | st.integers(-3, 3))
def test_floats_are_computed_as_arrays_where_python_raises(x: float, y: float) -> None:
    both = Both(operator.truediv, np.true_divide).compute()
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(both(x, y), np.true_divide(x, y))
        assert type(both(x, y)) is float and type(both(np.float64(x), y)) is np.float64


def test_the_aliases_stand_in_the_signature_and_defaults_may_be_said_beside_them() -> None:
    assert list(inspect.signature(ag.sum).parameters) == ["x", "dim", "keepdim", "dtype", "axis", "keepdims"]
    x = ag.ones(2, 3)
    assert (
        x.sum(0, keepdim=False, keepdims=True).shape
        == x.sum(0, False, keepdims=True).shape
        == x.sum(None, axis=0, keepdim=True).shape
        == (1, 3)
    )
    assert ag.cat([x, x], 0, axis=1).shape == (2, 6) and ag.cat([x, x], dim=0, axis=0).shape == (4, 3)
    for wrong in (lambda: ag.softmax(x, 0, keepdims=True), lambda: ag.stack([x], keepdims=True), lambda: ag.sum(x, bogus=1)):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            wrong()
