"""The function under check: what cannot be checked is named, and what can is a function of one vector."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, Value, tensor
from autograd.testing import GradcheckError, gradcheck
from autograd.testing.checking.complex_step import flat
from autograd.testing.checking.function import Function, gradients, nodes_of, unflat
from tests.autograd.testing.checking.examples import leaf

steps = iter(range(1, 99))


def changed(x: Tensor) -> Tensor:
    with ag.no_grad():
        x += 1
    return x * x


UNFIT = {
    "float32": (lambda x: x * x, tensor([1.0], requires_grad=True) * 1, r"input 0 is float32, whose 7 digits .* \.double\(\)"),
    "integers": (lambda x: x * 1.0, tensor([1]), "no input requires grad, got .Tensor of int64.*integers have no derivative"),
    "no grad": (lambda x: x * x, tensor([1.0]), r"no input requires grad.*requires_grad=True"),
    "numbers": (lambda x: x, 3.0, r"no input requires grad, got \(float\)"),
    "the same twice": (lambda a, b: a * b, [Value(3.0)] * 2, "input 1 is the same object as input 0, so that neither can be moved alone"),
    "one made from the other": (lambda a, b: a * b, (lambda a: (a, a * 2))(leaf(2)), "input 1 was made from another input"),
    "float32 within": (lambda x: x.float() * x.float(), leaf(2), r"<to> computes in float32 at .*test_function.py:\d+"),
    "detached": (lambda x: x.detach() * 2, leaf(2), "no result requires grad, got Tensor"),
    "no tensor": (lambda x: 3.0, leaf(2), "no result requires grad, got float"),
    "dropout": (lambda x: x * ag.bernoulli(ag.full((64,), 0.5)), leaf(64), r"not deterministic.*first seen in <\*> at .*manual_seed"),
    "a step": (lambda x: x * float(next(steps)), leaf(2), r"not deterministic.*first seen in <\*> at .*test_function.py:\d+"),
    "changed": (changed, leaf(2), "the function changed its input 0"),
    "infinite": (lambda x: x / 0, tensor([[1.0]], dtype=ag.float64, requires_grad=True), r"the result holds inf at index \[0, 0\]"),
    "not a number": (lambda x: x, Value(math.nan), "input 0 holds nan"),
    "another shape": (
        lambda x: x[: 1 + int(x[0].item() == 1)],
        tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True),
        "2 numbers at the",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_cannot_be_checked_is_named(name: str) -> None:
    fn, given, message = UNFIT[name]
    with pytest.raises(GradcheckError, match=message):
        gradcheck(fn, given)
    fn, given, _ = UNFIT[name]
    if name not in ("changed",):
        report = gradcheck(fn, given, raise_exception=False)
        assert not report and report.problem and not report.checks


@settings(max_examples=30)
@given(data=st.data(), sizes=st.lists(st.integers(1, 3), min_size=1, max_size=3), rows=st.integers(1, 4))
def test_it_is_a_function_of_one_vector_to_another(data: st.DataObject, sizes: list[int], rows: int) -> None:
    """Inputs of several kinds lie one after the other in the vector, and so do the outputs."""
    inputs = [Value(0.5) if data.draw(st.booleans()) else leaf(n) for n in sizes]
    f = Function(lambda *xs: [x * x for x in xs], tuple(inputs))
    numbers = np.random.default_rng(rows).normal(size=(rows, f.here.size))
    np.testing.assert_allclose(f(numbers), numbers**2)
    np.testing.assert_array_equal(flat(unflat(numbers[0], inputs)), numbers[0])
    np.testing.assert_array_equal(f.here, flat([x.raw for x in inputs]))  # the numbers of before stand in them again


@given(seed=st.integers(0, 99))
def test_its_gradient_is_the_transpose_of_a_linear_map(seed: int) -> None:
    x, aside = leaf(3, seed=seed), leaf(2)
    a = leaf(4, 3, seed=seed).detach()
    derived = Function(lambda x, aside: a @ x, (x, aside)).gradient(np.random.default_rng(seed))
    weights = np.linalg.lstsq(a.numpy().T, derived.at[:3], rcond=None)[0]
    np.testing.assert_allclose(a.numpy().T @ weights, derived.at[:3], atol=1e-12)
    assert derived.at[3:].tolist() == [0.0, 0.0]  # nothing flows to what is not used
    g, none = gradients([a @ x], [x, aside], [np.ones(4)])
    np.testing.assert_allclose(g.raw, a.numpy().sum(0))
    assert none.raw.tolist() == [0.0, 0.0]


def test_nodes_are_found_in_whatever_holds_them() -> None:
    a, b, x = Value(1.0), Value(2.0), leaf(2)
    assert nodes_of(((a, [x]), np.array([b], object), 3.0)) == [a, x, b]
