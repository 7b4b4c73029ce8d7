"""The walk: `grad` with PyTorch's meaning, `backward`, `ancestors`, and random graphs raw against recorded."""

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Node, Op, Value, ancestors, grad, tensor


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Straight-line programs over two inputs, with shared sub-expressions."""
    steps = []
    for k in range(draw(st.integers(1, 12))):
        steps.append(
            (draw(st.sampled_from(["+", "-", "*", "tanh", "sin", "sigmoid"])), draw(st.integers(0, k + 1)), draw(st.integers(0, k + 1)))
        )
    return steps


def run(program: list[tuple[str, int, int]], *inputs: Any) -> Any:
    values = list(inputs)
    for name, i, j in program:
        x, y = values[i], values[j]
        values.append(x + y if name == "+" else x - y if name == "-" else ag.tanh(x) * y if name == "*" else getattr(ag, name)(x))
    return values[-1] + 0 * values[0] + 0 * values[1]


@given(program=programs(), x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_random_graphs_raw_recorded_and_by_complex_step(program: Any, x: float, y: float) -> None:
    want = [run(program, *(np.complex128(v + (1e-20j if i == k else 0)) for i, v in enumerate((x, y)))).imag / 1e-20 for k in range(2)]
    for face in (Value, lambda v: tensor(np.array(v), requires_grad=True)):
        a, b = face(x), face(y)
        z = run(program, a, b)
        raw = [float(g) for g in grad(z, [a, b], retain_graph=True)]
        recorded = [float(g) for g in grad(z, [a, b], create_graph=True)]
        z.backward()
        np.testing.assert_allclose(raw, want, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(recorded, raw, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose([float(a.grad), float(b.grad)], raw, rtol=1e-12, atol=1e-14)


def test_grad_takes_several_outputs_weights_and_middle_nodes() -> None:
    x, y = Value(2.0), Value(3.0)
    z, w = x * y, x + y
    assert [g.data for g in grad([z, w], [x, y])] == [4.0, 3.0]
    assert [g.data for g in grad([z, w], [x, y], [10.0, 1.0])] == [31.0, 21.0]
    assert grad(z * z, z)[0].data == 12.0
    assert [g.data for g in grad(z * z * x, [z, x])] == [24.0, 36.0 + 24.0 * 3.0]
    assert type(grad(z, x)[0]) is Value and type(grad(z, x)) is tuple
    t = ag.ones(2, requires_grad=True)
    (g,) = grad(t * 3, t, tensor([1.0, 2.0]))
    assert g.tolist() == [3.0, 6.0] and not g.requires_grad
    assert grad(t * 3, t, [tensor([1.0, 2.0])])[0].tolist() == [3.0, 6.0]


def test_only_what_is_asked_for_is_computed() -> None:
    calls: list[str] = []

    def note(name: str) -> Any:
        return lambda g, z, x, y: (calls.append(name), g)[1]

    pair = ag.Op("pair", lambda x, y: x + y, note("x"), note("y"))
    for x, y in [(Value(1.0), Value(2.0)), (ag.ones(1, requires_grad=True), ag.ones(1, requires_grad=True))]:
        calls.clear()
        grad(pair(x, y * 2), x)
        assert calls == ["x"]
        calls.clear()
        pair(x, y.detach()).backward()
        assert calls == ["x"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: grad(x * 2, []), ValueError, "inputs is empty"),
        (lambda x: grad([], x), ValueError, "outputs is empty"),
        (lambda x: grad(3.0, x), TypeError, "'float' object is not iterable|outputs must be"),
        (lambda x: grad([3.0], x), TypeError, "outputs must be Values or Tensors, got float"),
        (lambda x: grad(x * 2, x.detach()), RuntimeError, "input 0.*does not require grad"),
        (lambda x: grad(x.detach(), x), RuntimeError, "does not require grad and was not recorded"),
        (lambda x: grad(x * 2, x, [1.0, 2.0]), ValueError, "2 entries for 1 outputs"),
        (lambda x: x.detach().backward(), RuntimeError, "does not require grad"),
        (lambda x: (x * 2).backward(gradient="g"), (TypeError, ValueError), "."),
    ],
)
def test_what_cannot_be_differentiated_says_so(call: Any, error: Any, message: str) -> None:
    for x in (Value(1.0), ag.ones((), requires_grad=True)):
        with pytest.raises(error, match=message):
            call(x)


def test_backward_of_many_numbers_needs_a_gradient_of_their_shape() -> None:
    x = ag.ones(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"shape \(2, 3\) needs a gradient"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match=r"gradient has shape \(3,\)"):
        (x * 2).backward(ag.ones(3))
    (x * 2).backward(np.ones((2, 3)))
    assert x.grad.tolist() == [[2.0] * 3] * 2


def test_create_graph_leaves_gradients_that_can_be_differentiated() -> None:
    x = Value(3.0)
    (x**3).backward(create_graph=True)
    g = x.grad
    assert type(g) is Value and g.data == 27
    assert grad(g, x)[0].data == 18
    t = tensor([3.0], requires_grad=True)
    (t**3).sum().backward(create_graph=True)
    assert t.grad.requires_grad and grad(t.grad.sum(), t)[0].tolist() == [18.0]


def test_ancestors_come_before_results_once_each() -> None:
    x, c = Value(2.0), Value(1.0, requires_grad=False)
    y = x * x
    z = y + y * c
    order = ancestors(z)
    assert len(order) == len(set(order)) == 5 and {x, c, y, z} < set(order)
    place = {n: i for i, n in enumerate(order)}
    assert all(place[a] < place[n] for n in order for a in n.args if isinstance(a, Node))


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (2, 1), (2, 3), (4, 2, 3)])
def test_a_rule_may_give_any_shape_that_broadcasts(shape: tuple[int, ...]) -> None:
    """A gradient smaller than the argument is stretched, a larger one summed."""
    op = ag.Op("op", lambda x: x, lambda g, z, x: ag.ones(*shape).numpy() * 1.0)
    for size in [(2, 3), (1, 3), (2, 1)]:
        x = ag.zeros(*size, requires_grad=True)
        op(x).sum().backward()
        wide = np.broadcast_shapes(size, shape)
        assert x.grad.shape == size and x.grad.sum().item() == np.prod(wide)


def test_seeds_that_meet_warn_of_nothing() -> None:
    x = ag.ones(1, requires_grad=True)
    (g,) = grad([x, x], [x], [tensor([ag.inf]), tensor([-ag.inf])])
    assert g.isnan().all()


def test_a_row_and_the_method_it_makes_have_its_name() -> None:
    assert ag.tanh.__name__ == ag.ones(1).tanh.__name__ == "tanh"


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda g, z, x: None, "it returned None; return the gradient"),
        (lambda g, x: g, "takes 2 positional arguments but 3 were given"),
        (lambda g, z, x: g[:2], r"it gave shape \(2,\) for an argument of shape \(3,\)"),
    ],
)
def test_a_rule_that_gives_no_gradient_is_named(create_graph: bool, rule: Any, message: str) -> None:
    halved = ag.Op("halved", lambda x: x / 2, rule)
    x = ag.ones(3, requires_grad=True)
    with pytest.raises((TypeError, ValueError), match=r"the rule of <halved> for argument 0, called as rule\(g, z, \*args\): .*" + message):
        halved(x).sum().backward(create_graph=create_graph)
    assert x.grad is None


def test_a_function_that_wraps_a_row_computes_what_it_says() -> None:
    double = Op("double tanh", functools.wraps(ag.tanh.compute)(lambda x: np.tanh(x) * 2), lambda g, z, x: g)
    assert double(ag.ones(2)).tolist() == double(np.ones(2, np.float32)).tolist()
    three = Op("three", ag.maximum, None, None, None)
    with pytest.raises(TypeError, match="takes 2 arguments, got 3"):
        three(ag.ones(2), ag.ones(2), ag.ones(2))


def test_an_argument_whose_rule_was_forgotten_is_refused() -> None:
    product = Op("product", lambda x, w: x * w, lambda g, z, x, w: g * w)
    x, w = Value(2.0), Value(3.0)
    for a, b in [(x, w), (ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True))]:
        z = product(a, b)
        with pytest.raises(TypeError, match="<product> has 1 vjps and was called with 2 arguments; argument 1 requires a gradient"):
            ag.grad(z if isinstance(z, Value) else z.sum(), a)
    assert grad(product(x, 3.0), x)[0].data == 3.0  # a number needs no rule
    assert ag.grad(product(ag.ones(2, requires_grad=True) * 1, ag.ones(2)).sum(), x, allow_unused=True) == (None,)
    with pytest.raises(RuntimeError, match="by operations that have vjps"):
        Op("mute", lambda x: x * 2)(ag.ones(1, requires_grad=True)).backward()


def test_what_goes_wrong_in_an_operation_is_said_of_it() -> None:
    with pytest.raises(ValueError, match=r"in place of shapes \[\(2,\)\]: 'numpy.ndarray' object has no attribute 'add_'"):
        Op("in place", lambda x: x.add_(1))(ag.ones(2))
    for nothing in (None, "a", [1, None], {}):
        with pytest.raises(TypeError, match=r"<nothing> computed .*; an operation gives an array of real numbers"):
            Op("nothing", lambda x, nothing=nothing: nothing)(ag.ones(2))
