"""What is computed at once is what eager computes one by one; here sums of products that are a matrix product. (The rest: test_scalars.)"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from autograd.compiling.alike import Products
from autograd.compiling.scalars import Levels
from tests.autograd.compiling.test_scalars import INF, NAN, eager, holds, numbers_of

Function = Callable[..., list[Value]]


def layer(
    units: int, width: int, examples: Sequence[Sequence[float]], pairs: Sequence[tuple[int, int]], swapped: bool, rest: int
) -> Function:
    """Units with a bias, and more that each sum adds for itself, of examples and of numbers of the network: the pairs that are wanted."""

    def function(*p: Value) -> list[Value]:
        rows = [p[(width + 1) * u : (width + 1) * (u + 1)] for u in range(units)]
        own = iter(p[(width + 1) * units :])
        outputs = []
        for e, u in pairs:
            products = [x * w if swapped else w * x for w, x in zip(rows[u], examples[e])]
            outputs.append(sum(products, sum((next(own) for _ in range(rest)), rows[u][-1])).relu() * 2)
        return outputs

    return function


def products_of(levels: Levels) -> list[Products]:
    return [step for step in levels.steps if isinstance(step, Products)]


HALVES = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -1.5])


@given(data=st.data())
def test_a_layer_is_a_product_of_matrices(data: st.DataObject) -> None:
    """To the last bit, as sums of halves are exact: for any order of its pairs, with some missing, and with examples that are alike."""
    units, width, n = (data.draw(st.integers(*bounds)) for bounds in ((1, 4), (2, 4), (1, 5)))
    examples = data.draw(st.lists(st.tuples(*[HALVES] * width), min_size=n, max_size=n))
    every = [(e, u) for e in range(n) for u in range(units)]
    pairs = data.draw(st.permutations(every))[: data.draw(st.integers(max(1, (2 * len(every) + 2) // 3), len(every)))]
    rest = data.draw(st.integers(0, 2))
    function = layer(units, width, examples, pairs, data.draw(st.booleans()), rest)
    size = units * (width + 1) + rest * len(pairs)
    numbers, weights = (data.draw(st.lists(HALVES, min_size=k, max_size=k)) for k in (size, len(pairs)))
    levels = holds(function, [0.5] * size, numbers, weights, [1.0] * len(pairs))
    if len(pairs) == len(every) and len(set(examples)) == n and n * units * width >= 8:
        assert len(products_of(levels)) == 1


@pytest.mark.parametrize("special", [INF, -INF, NAN])
@given(data=st.data())
def test_what_is_infinite_stays_in_the_sums_that_it_is_a_part_of(special: float, data: st.DataObject) -> None:
    examples = [[1.0, 2.0, 3.0], [0.0, -1.0, 2.0], [special, 1.0, 0.0]]
    pairs = [(e, u) for e in range(3) for u in range(4)]
    numbers = data.draw(st.lists(st.sampled_from([0.0, 1.0, -2.0, special]), min_size=16, max_size=16))
    weights = data.draw(st.lists(st.sampled_from([0.0, 1.0, special]), min_size=12, max_size=12))
    assert products_of(holds(layer(4, 3, examples, pairs, False, 0), [0.5] * 16, numbers, weights))


def test_layers_upon_each_other_are_a_product_each() -> None:
    """Of what was computed, too, whose gradients come from all the units of the next layer."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 3)).tolist()

    def net(*p: Value) -> list[Value]:
        first = [p[4 * i : 4 * i + 4] for i in range(4)]
        second = [p[16 + 5 * i : 16 + 5 * i + 5] for i in range(3)]
        outputs = []
        for x in X:
            hidden = [sum((w * a for w, a in zip(row, x)), row[-1]).tanh() for row in first]
            outputs += [sum((w * h for w, h in zip(row, hidden)), row[-1]) for row in second]
        return [*outputs, sum(q * q for q in p)]

    numbers, weights = rng.normal(size=31).tolist(), rng.normal(size=16).tolist()
    before = [Value(0.5) for _ in numbers]
    levels = Levels(net(*before), before)
    inputs = [Value(x) for x in numbers]
    np.testing.assert_allclose(levels.forward(numbers), numbers_of(net(*inputs)), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(levels.backward(weights), eager(net(*inputs), inputs, weights), rtol=1e-13, atol=1e-15)
    said = [str(step).partition(" = ")[2].partition(" of ")[0] for step in products_of(levels)]
    assert said == ["5 x 4 @ 4 x 4", "1 x 32 @ 32 x 1", "5 x 5 @ 5 x 3"]  # each with its bias; 0 is what sum began with
    assert not [step for step in levels.steps if "*" in str(step)]


def test_products_that_others_use_stay_products() -> None:
    def function(*p: Value) -> list[Value]:
        w, x = p[:4], p[4:]
        made = [a * b for a, b in zip(w, x)]
        return [sum(made), sum(made) * 2, made[0]]

    assert not products_of(holds(function, [1.0] * 8, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [1.0, 0.5, 2.0]))


def test_rows_that_all_differ_are_no_matrix() -> None:
    """A scalar product for each example would be one entry in n of the matrix."""

    def function(*p: Value) -> list[Value]:
        return [p[4 * i] * p[4 * i + 1] + p[4 * i + 2] * p[4 * i + 3] for i in range(len(p) // 4)]

    numbers: list[Any] = [float(i) for i in range(32)]
    assert not products_of(holds(function, [1.0] * 32, numbers, [1.0] * 8))
