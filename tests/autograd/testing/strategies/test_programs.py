"""Random programs: their text gives the same bits, they can be differentiated, and what fails shrinks to the operation that is wrong."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, Value
from autograd.core.walk import ancestors
from autograd.ops import elementwise, table
from autograd.testing import GradcheckError, gradcheck
from autograd.testing.strategies import shapes
from autograd.testing.strategies.programs import LARGE, Expression, Step, expressions, mlps

ANY = expressions(8) | expressions(8, shape=shapes()) | mlps(layers=3)
SCALAR = [name for name, row in table.ELEMENTWISE.items() if row.differentiable]
SHAPED = [
    name
    for name, row in table.SHAPED.items()
    if row.differentiable and row.public and name not in ("cross entropy", "mean square", "inverse")
]


def numbers(y: Any) -> np.ndarray:
    return np.asarray(y.data) if isinstance(y, Value) else y.detach().numpy()


def gradients(y: Any, xs: tuple[Any, ...]) -> list[Any]:
    if not y.requires_grad:
        return []
    found = ag.grad(y if isinstance(y, Value) else y.sum(), xs, allow_unused=True)
    return [None if g is None else numbers(g).tobytes() for g in found]


@settings(max_examples=150)
@given(ANY)
def test_the_text_of_an_expression_is_a_program_that_gives_the_same_bits(e: Expression) -> None:
    scope: dict[str, Any] = {}
    exec(repr(e), scope)
    xs = e.inputs()
    y = e(*xs)
    assert numbers(scope["y"]).tobytes() == numbers(y).tobytes() and type(scope["y"]) is type(y)
    pasted = tuple(scope[name] for name in e.numbers)
    assert all(type(a) is type(b) and a.requires_grad and a.is_leaf for a, b in zip(xs, pasted))
    assert gradients(y, xs) == gradients(scope["y"], pasted)


@settings(max_examples=150)
@given(ANY)
def test_nothing_stands_in_an_expression_that_its_result_does_not_need(e: Expression) -> None:
    code = [line for _, line in e.lines]
    for name in [*e.numbers, *(name for name, _ in e.lines[:-1])]:
        assert any(re.search(rf"\b{name}\b", line) for line in code), name
    assert e.lines[-1][0] == "y" and e.is_scalar == isinstance(e.inputs()[0], Value)


@settings(max_examples=150)
@given(ANY)
def test_results_are_finite_and_moderate(e: Expression) -> None:
    y = numbers(e(*e.inputs()))
    assert y.size and np.isfinite(y).all() and (abs(y) <= LARGE).all()


@settings(max_examples=60)
@given(expressions(8))
def test_values_and_tensors_give_the_same(e: Expression) -> None:
    values = e.inputs()
    tensors = tuple(ag.tensor(np.asarray(v.data), requires_grad=True) for v in values)
    y, t = e(*values), e(*tensors)
    assert y.data == pytest.approx(t.item(), rel=1e-9, abs=1e-12)
    assert type(t) is Tensor


@settings(max_examples=60)
@given(ANY)
def test_every_expression_can_be_differentiated_at_its_inputs(e: Expression) -> None:
    gradcheck(e, e.inputs(), order=2)


@pytest.mark.parametrize("name", SCALAR)
@settings(max_examples=5)
@given(data=st.data())
def test_every_row_of_numbers_is_written_and_recorded(name: str, data: st.DataObject) -> None:
    e = data.draw(expressions(1, ops=[name]))
    assert {n.op for n in ancestors(e(*e.inputs())) if not n.is_leaf} <= {table.ELEMENTWISE[name]} and len(e.lines) == 1


@pytest.mark.parametrize("name", SHAPED)
def test_every_row_about_shapes_is_written_and_recorded(name: str) -> None:
    def has_it(e: Expression) -> bool:
        return table.SHAPED[name] in {n.op for n in ancestors(e(*e.inputs()))}

    find(expressions(2, ops=[name, "*"], shape=shapes(min_dims=2)), has_it, settings=settings(phases=[Phase.generate], max_examples=500))


FOUND = {
    "a shared part": lambda e: len(e.lines) > 3 and max(sum(line.count(name) for _, line in e.lines) for name, _ in e.lines[:-1]) > 1,
    "three inputs": lambda e: len(e.numbers) == 3, "six operations": lambda e: len(e.lines) == 6,
    "a constant on the left": lambda e: any(line.startswith("2.0 - ") for _, line in e.lines),
    "an operand twice": lambda e: any(re.fullmatch(r"(\w+) . \1", line) for _, line in e.lines),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_expressions_are_like(name: str) -> None:
    find(expressions(8), FOUND[name], settings=settings(max_examples=5000, phases=[Phase.generate]))


@pytest.mark.long
@pytest.mark.parametrize("strategy", [expressions(8, shape=shapes()), expressions(8, ops=["tanh", "*", "+", "exp"], shape=(2, 3))])
def test_a_wrong_rule_shrinks_to_one_input_and_one_operation(strategy: st.SearchStrategy[Expression]) -> None:
    right = elementwise.tanh.vjps
    elementwise.tanh.vjps = (lambda g, z, x: g * (1 - z),)

    def fails(e: Expression) -> bool:
        try:
            gradcheck(e, e.inputs())
        except GradcheckError:
            return True
        return False

    try:
        e = find(strategy, fails)
    finally:
        elementwise.tanh.vjps = right
    assert e.lines == [("y", "x.tanh()")] and list(e.numbers) == ["x"]
    gradcheck(e, e.inputs())


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="ops must be some of the rows of Values"):
        expressions(ops=["softmax"])
    with pytest.raises(ValueError, match="at least 1, got 0"):
        expressions(0)
    with pytest.raises(TypeError, match="depth, a number of operations, must be an int, got str 'a'"):
        expressions(depth="a")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"shape must be a tuple .* got int 3; write \(3,\)"):
        expressions(shape=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"1 to 64 entries, got shape \(9, 9\)"):
        expressions(shape=(9, 9))
    with pytest.raises(TypeError, match=r"ops must be a list of names, got str 'tanh'; write \['tanh'\]"):
        expressions(ops="tanh")
    with pytest.raises(ValueError, match="got no names"):
        expressions(ops=[])
    with pytest.raises(ValueError, match=r"activations must be some of .* got str 'softmax'"):
        mlps(activations=["softmax"])
    with pytest.raises(ValueError, match="layers must be at least 1, got 0"):
        mlps(layers=0)


@settings(max_examples=40)
@given(mlps(layers=3, width=4, batch=2, activations=["relu", "atan"]))
def test_networks_have_the_shapes_of_their_names(e: Expression) -> None:
    x, *parameters = e.numbers.values()
    layers = len(parameters) // 2
    assert list(e.numbers) == ["x", *(f"{letter}{i + 1}" for i in range(layers) for letter in "Wb")] and 1 <= layers <= 3
    for w, b in zip(parameters[::2], parameters[1::2]):
        assert b.shape == w.shape[:1] and max(w.shape) <= 4
    assert numbers(e(*e.inputs())).shape == (len(x), len(parameters[-1])) and len(x) <= 2
    assert {m for _, line in e.lines for m in re.findall(r"ag\.(\w+)\(ag.linear", line)} <= {"relu", "atan", "tanh"}


def test_an_expression_can_be_written_by_hand() -> None:
    e = Expression([np.array([0.5, -1.0]), 3.0, Step("{}.exp()", (0,)), Step("{} * {}", (2, 2))], ["a", "b"])
    assert repr(e).splitlines()[2:] == [
        "a = ag.tensor([0.5, -1.0], dtype=ag.float64, requires_grad=True)", "v1 = a.exp()", "y = v1 * v1",
    ]  # fmt: skip
    assert e(*e.inputs())[1].item() == pytest.approx(math.exp(-2))
    nothing = Expression([0.5])
    assert nothing(nothing_in := nothing.inputs()[0]) is nothing_in and repr(nothing).endswith("y = x")
