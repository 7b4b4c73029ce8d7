"""Operations and nodes: what a row knows of itself, what it takes, and the chain rule at one node."""

import copy
import functools
import inspect
import itertools
import math
import pickle
import re
from keyword import iskeyword
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Node, Op, Value, each
from autograd.core.node import KINDS, OPERATORS
from autograd.testing.expressions import expressions
from autograd.testing.strategies import shapes
from tests.autograd.examples import FACES, total


def test_a_row_of_ones_own_works_everywhere_and_to_third_order() -> None:
    softsign = Op("softsign", lambda x: x / (1 + abs(x)), lambda g, z, x: g * ag.square(1 - ag.abs(z)))
    x = 0.7
    assert softsign(x) == pytest.approx(x / 1.7)
    np.testing.assert_allclose(softsign(np.array([x, -x])), [x / 1.7, -x / 1.7])
    for face in (Value(x), ag.tensor(np.array([x]), requires_grad=True)):
        y = softsign(face)
        for want in (1 / 1.7**2, -2 / 1.7**3, 6 / 1.7**4):
            (y,) = ag.grad(total(y), face, create_graph=True)
            assert y.item() == pytest.approx(want, rel=1e-12)


def test_an_op_checks_its_parts() -> None:
    with pytest.raises(TypeError, match="compute must be a function"):
        Op("f", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="vjp 0"):
        Op("f", abs, "g")  # type: ignore[arg-type]


def test_a_row_and_the_method_it_makes_have_its_name() -> None:
    assert ag.tanh.__name__ == ag.ones(1).tanh.__name__ == "tanh"


def test_a_function_that_wraps_a_row_computes_what_it_says() -> None:
    double = Op("double tanh", functools.wraps(ag.tanh.compute)(lambda x: np.tanh(x) * 2), lambda g, z, x: g)
    assert double(ag.ones(2)).tolist() == double(np.ones(2, np.float32)).tolist()
    three = Op("three", ag.maximum, None, None, None)
    with pytest.raises(TypeError, match="takes 2 arguments, got 3"):
        three(ag.ones(2), ag.ones(2), ag.ones(2))


def test_what_goes_wrong_in_an_operation_is_said_of_it() -> None:
    with pytest.raises(ValueError, match=r"in place of shapes \[\(2,\)\]: 'numpy.ndarray' object has no attribute 'add_'"):
        Op("in place", lambda x: x.add_(1))(ag.ones(2))
    for nothing in (None, "a", [1, None], {}):
        with pytest.raises(TypeError, match=r"<nothing> computed .*; an operation gives an array of real numbers"):
            Op("nothing", lambda x, nothing=nothing: nothing)(ag.ones(2))


KNOWN = [name for name, p in inspect.signature(Op).parameters.items() if p.kind is p.KEYWORD_ONLY]
PLAIN = {"moves": False, "floats": False, "kin": ()}


def test_the_text_of_an_operation_names_each_keyword_once() -> None:
    lines = [line for line in inspect.cleandoc(Op.__doc__ or "").splitlines() if re.fullmatch(r"``\w+``(, ``\w+``)*", line)]
    assert sorted(re.findall(r"\w+", " ".join(lines))) == sorted(KNOWN)


FUNCTIONS = ("write", "formula", "code", "examples", "on_complex", "on_values")
SAID = {
    **dict.fromkeys(FUNCTIONS, st.sampled_from([abs, math.hypot])),
    "public": st.text(),
    "script": st.text(),
    "sign": st.text() | st.just(str),
    "infix": st.sampled_from(OPERATORS),
    "kin": st.lists(st.sampled_from(sorted(KINDS)), unique=True).map(tuple),
    "ufunc": st.just(np.hypot),
    "moves": st.booleans(),
    "floats": st.booleans(),
    "on_batch": st.sampled_from([abs, True, False]),
}


@given(st.fixed_dictionaries({}, optional=SAID))
def test_what_is_known_of_an_operation_is_what_was_said_and_the_rest_is_the_default(said: dict[str, Any]) -> None:
    row = Op("twice", lambda x: 2 * x, lambda g, z, x: 2 * g, **said)
    wanted = {**dict.fromkeys(KNOWN), **PLAIN, "public": "twice", **said}
    assert {what: getattr(row, what) for what in KNOWN} == wanted
    assert (row.name, row.arity, row.entrywise, row.tabled, row.across) == ("twice", None, None, False, False)
    assert row(21) == 42 and repr(row) == "<twice>" and Op("inner", abs, public="").public == ""


@given(what=st.sampled_from([*FUNCTIONS, "sign"]), wrong=st.integers() | st.tuples())
def test_what_is_known_of_an_operation_is_of_its_kind(what: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match=rf"Op\('f'\): {what} must be a .*function, got"):
        Op("f", abs, **{what: wrong})
    for what, unknown in [("infix", "@@"), ("kin", ("poles",)), ("kin", "logarithms")]:
        with pytest.raises(ValueError, match=rf"Op\('f'\): {what} .* got '\S+'"):
            Op("f", abs, **{what: unknown})
    assert Op("f", abs, kin="pole").kin == ("pole",)


@given(
    st.from_regex("[a-z_]{1,12}", fullmatch=True).filter(
        lambda word: word not in (*KNOWN, "self", "name", "compute") and not iskeyword(word)
    )
)
def test_what_nobody_asks_of_an_operation_is_refused(word: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{word}'"):
        Op("f", abs, **{word: None, "kin": ()})


@pytest.mark.parametrize("name", [None, 3, b"f", ["f"]], ids=repr)
def test_the_name_of_an_operation_is_a_text(name: Any) -> None:
    with pytest.raises(TypeError, match="the name of an Op must be a str, got"):
        Op(name, abs)


def test_an_operation_stays_where_it_is() -> None:
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="<tanh> is a row of functions and cannot be pickled or copied"):
            copied(ag.tanh)


@pytest.mark.parametrize("face", FACES, ids=["Value", "Tensor"])
@given(
    rules=st.lists(st.booleans(), min_size=1, max_size=5),
    kinds=st.lists(st.sampled_from(["leaf", "constant", "number"]), min_size=5, max_size=5),
    more=st.booleans(),
)
def test_what_is_taken_is_what_has_a_rule_and_is_a_node(face: Any, rules: list[bool], kinds: list[str], more: bool) -> None:
    """With ``more``, the last rule stands for all the arguments that remain."""
    assume(rules[0])
    called: list[int] = []
    vjps: list[Any] = [(lambda g, z, *args, i=i: (called.append(i), g * (i + 1))[1]) if has else None for i, has in enumerate(rules)]
    if more:
        vjps[-1] = each(lambda i, g, z, args: (called.append(i), g * (i + 1))[1])
    row = Op("row", lambda *args: sum(args), *vjps)
    args = [face(1.0), *(1.0 if kind == "number" else face(1.0) if kind == "leaf" else face(1.0).detach() for kind in kinds[1:])]
    args = args if more else args[: len(rules)]
    ruled = [i >= len(rules) - 1 if more else False for i in range(len(args))]
    ruled[: len(rules) - more] = rules[: len(rules) - more]
    z = row(*args)
    wanted = [(i, a) for i, a in enumerate(args) if ruled[i] and isinstance(a, Node)]
    assert [(i, id(a)) for i, a in z.takes()] == [(i, id(a)) for i, a in wanted]
    assert not args[0].takes() and not args[0].detach().takes()
    assert [(i, id(a), float(g)) for i, a, g in z.pull(np.float64(0.5))] == [(i, id(a), (i + 1) / 2) for i, a in wanted]
    assert called == [i for i, _ in wanted]
    called.clear()
    assert [i for i, _, _ in z.pull(np.float64(0.5), {1, 3})] == called == [i for i, _ in wanted if i in (1, 3)]


@pytest.mark.parametrize("drawn", [expressions(6), expressions(6, shape=shapes(max_dims=2))], ids=["Values", "tensors"])
@settings(max_examples=40)
@given(data=st.data())
def test_pulling_node_by_node_is_the_gradient(drawn: Any, data: st.DataObject) -> None:
    e = data.draw(drawn)
    inputs = e.inputs()
    y = total(e(*inputs))
    arrived: dict[int, Any] = {id(y): y.seed(None)}
    with np.errstate(all="ignore"):
        for n in reversed(ag.ancestors(y)):
            if id(n) in arrived and not n.is_leaf:
                for _, a, g in n.pull(arrived[id(n)]):
                    assert np.shape(g) == np.shape(a.raw)
                    arrived[id(a)] = arrived[id(a)] + g if id(a) in arrived else g
    for x, g in zip(inputs, ag.grad(y, inputs, allow_unused=True) if y.requires_grad else [None] * len(inputs)):
        assert (g is None) == (id(x) not in arrived)
        if g is not None:
            np.testing.assert_allclose(arrived[id(x)], g.raw, rtol=1e-12, atol=1e-14)


def test_the_face_of_a_result_is_the_highest_among_the_arguments() -> None:
    for args in itertools.permutations([2.0, Value(3.0), ag.ones(2)]):
        assert type(Op("sum of three", lambda *args: sum(args))(*args)) is ag.Tensor
    assert type(Op("sum of two", lambda *args: sum(args))(2.0, Value(3.0))) is Value


@given(label=st.none() | st.text())
def test_a_label_is_a_text_or_nothing(label: str | None) -> None:
    for n in (Value(1.0), ag.ones(2)):
        n.label = label
        assert n.label == label and n.place is None and n.calls == () and n.notes is None
        for other in (3, b"x", ["x"]):
            with pytest.raises(TypeError, match="a label must be a str or None, got"):
                n.label = other  # type: ignore[assignment]
        assert n.label == label


def _in_no_grad(f: Any) -> Any:
    with ag.no_grad():
        return f()


@pytest.mark.parametrize("face", [Value, lambda a: ag.tensor(a, requires_grad=True)], ids=["Value", "Tensor"])
@pytest.mark.parametrize(
    ("lose", "cure"),
    [
        (lambda x: _in_no_grad(lambda: x - 0.1 * 2), r"computed inside no_grad\(\)"),
        (lambda x: _in_no_grad(lambda: x.exp().sin()), r"computed inside no_grad\(\)"),
        (lambda x: (x * 2).detach(), r"what \.detach\(\) or \.data gave"),
        (lambda x: Op("own", lambda x: x * 1.0)(x), "no derivative: give its Op a vjp for each argument"),
        (lambda x: ag.grad(x**2, x)[0], "create_graph=True"),
        (lambda x: ag.grad(x**2, x)[0] * 2, "requires_grad=True.*no_grad.*vjps.*detach.*create_graph=True"),
    ],
    ids=["rebound", "computed", "detached", "without rules", "a gradient", "of a constant"],
)
def test_what_cannot_be_differentiated_says_how_it_lost_its_way(face: Any, lose: Any, cure: str) -> None:
    x = face(2.0)
    with pytest.raises(RuntimeError, match=f"was not recorded, so nothing can be differentiated: .*{cure}"):
        lose(x).backward()


@pytest.mark.parametrize(
    ("lose", "kind"), [(lambda x: x.argmax(), "integers"), (lambda x: x.sum() > 1, "booleans"), (lambda x: x.sum().long(), "integers")]
)
def test_whole_numbers_have_no_derivative_and_it_says_so(lose: Any, kind: str) -> None:
    with pytest.raises(RuntimeError, match=f"it holds {kind}, which have no derivative"):
        lose(ag.ones(3, requires_grad=True)).backward()


def test_a_gradient_that_backward_left_says_so_as_well() -> None:
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward()
    with pytest.raises(RuntimeError, match="it is a gradient"):
        x.grad.backward()
