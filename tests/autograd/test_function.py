"""`Function`: the examples that PyTorch's users know, typed anew; what goes in and comes out; any order; what is refused; no circles."""

import copy
import gc
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Function, Tensor, Value, ancestors, draw, grad, listing, tensor
from autograd.function import _Call, once_differentiable
from autograd.testing import gradcheck
from autograd.testing.strategies import tensors

torch: Any = ag  # the programs say torch.autograd.Function


class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        z = x.exp()
        ctx.save_for_backward(z)
        return z

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (z,) = ctx.saved_tensors
        return g * z


class LegendrePolynomial3(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return 0.5 * (5 * x**3 - 3 * x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 1.5 * (5 * x**2 - 1)


class Straight(Function):
    """The straight-through estimator: a step forward, the identity backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return (x > 0).float()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g.clamp(-1, 1)


class Reversal(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return x.view(x.shape)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Any, ...]:
        return -ctx.strength * g, None


class Multiplied(Function):
    """In the newer style, with an intermediate result kept."""

    @staticmethod
    def forward(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return x * y, x.tanh()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        x, y = inputs
        ctx.save_for_backward(x, y, output[1], None)

    @staticmethod
    def backward(ctx: Any, g: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        x, y, tanh, nothing = ctx.saved_tensors
        assert nothing is None
        return g * y + h * (1 - tanh * tanh), (g * x).sum(0)


class Sorted(Function):
    """Two outputs, one of them indices."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        order = tensor(np.argsort(x.numpy() if not x.requires_grad else x.detach().numpy()))
        ctx.mark_non_differentiable(order)
        ctx.save_for_backward(order)
        return x.detach()[order], order

    @staticmethod
    def backward(ctx: Any, g: Tensor, unused: Tensor) -> Tensor:
        (order,) = ctx.saved_tensors
        assert unused.shape == order.shape and not unused.any()
        found = ag.zeros_like(g)
        found[order] = g.detach()
        return found


# The examples.
@given(x=tensors((3,), elements=st.floats(-2, 2)))
def test_functions_of_formulas_are_what_the_formulas_are_in_any_order(x: Any) -> None:
    x = tensor(x.detach().numpy().astype(float), requires_grad=True)
    pairs = [(Exp.apply, ag.exp), (LegendrePolynomial3.apply, lambda x: 0.5 * (5 * x**3 - 3 * x))]
    for mine, plain in pairs:
        y, z = mine(x), plain(x)
        for _ in range(4):
            np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-12, atol=1e-12)
            (y,), (z,) = grad(y.sum(), x, create_graph=True), grad(z.sum(), x, create_graph=True)


def test_estimators_that_are_no_derivatives() -> None:
    x = tensor([-0.5, 2.0], requires_grad=True)
    y = Straight.apply(x)
    assert y.tolist() == [0.0, 1.0]
    (y * tensor([5.0, 0.25])).sum().backward()
    assert x.grad.tolist() == [1.0, 0.25]
    z = Reversal.apply(x, 2.0)
    assert z.tolist() == x.tolist()
    assert grad((z * 3).sum(), x)[0].tolist() == [-6.0, -6.0]


@given(x=tensors((2, 3), elements=st.floats(-2, 2)), y=tensors((3,), elements=st.floats(-2, 2)), which=st.integers(0, 3))
def test_several_outputs_and_arguments(x: Any, y: Any, which: int) -> None:
    x, y = (tensor(a.detach().numpy().astype(float), requires_grad=True) for a in (x, y))

    def weighed(outputs: Any) -> Any:
        a, b = outputs
        return (a * a).sum() * (which != 1) + (b * 3).sum() * (which != 2)

    mine, plain = weighed(Multiplied.apply(x, y)), weighed((x * y, x.tanh()))
    wanted = [x, y] if which else [y]
    for one, other in zip(grad(mine, wanted, create_graph=True), grad(plain, wanted, create_graph=True, materialize_grads=True)):
        np.testing.assert_allclose(one.detach().numpy(), other.detach().numpy(), rtol=1e-12, atol=1e-12)
        for second, same in zip(
            *(grad(o.sum(), [x, y], retain_graph=True, materialize_grads=True) if o.requires_grad else [] for o in (one, other))
        ):
            np.testing.assert_allclose(second.detach().numpy(), same.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_backward_is_called_once_a_walk_with_zeros_for_outputs_that_are_not_used() -> None:
    calls: list[Any] = []

    class Both(Function):
        @staticmethod
        def forward(ctx: Any, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
            assert ctx.needs_input_grad == (True, True) and not ag.is_grad_enabled()
            return a + b, (a - b).double()

        @staticmethod
        def backward(ctx: Any, g: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
            calls.append((g.tolist(), h.tolist(), h.dtype, ag.is_grad_enabled()))
            return g + h, g - h

    a, b = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)
    y, z = Both.apply(a, b)
    assert (y.dtype, z.dtype) == (ag.float32, ag.float64) and y.tolist() == [2.0, 2.0]
    (y * 3).sum().backward()
    assert calls == [([3.0, 3.0], [0.0, 0.0], ag.float64, False)] and a.grad.dtype == ag.float32 and b.grad.tolist() == [3.0, 3.0]
    grad(Both.apply(a, b)[0].sum(), a)
    grad(Both.apply(a, b)[0].sum(), a, create_graph=True)
    assert len(calls) == 3 and calls[2][3]


class Apart(Function):
    """Two outputs of two dtypes and a constant, whose backward is told which gradients arrive."""

    seen: ClassVar[list[tuple[bool, ...]]] = []

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, y)
        constant = ag.arange(2)
        ctx.mark_non_differentiable(constant)
        return x * x * y, constant, (x * y).float()

    @staticmethod
    def backward(ctx: Any, g: Any, nothing: Any, h: Any) -> tuple[Any, Any]:
        x, y = ctx.saved_tensors
        Apart.seen.append((g is not None, nothing is not None, h is not None))
        gx = gy = 0.0
        if g is not None:
            gx, gy = gx + 2 * g * x * y, gy + g * x * x
        if h is not None:
            gx, gy = gx + h * y, gy + h * x
        return gx, gy


@given(
    x=tensors((2, 3), elements=st.floats(-2, 2)),
    uses=st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 1.0, -0.5])), min_size=1, max_size=4),
    in_place=st.booleans(),
)
def test_backward_is_told_by_none_of_outputs_that_no_gradient_arrives_at(x: Any, uses: list[tuple[bool, float]], in_place: bool) -> None:
    """An output that is used has a gradient, be it of zeros, in a walk of any order; the numbers are those of the formulas."""

    def weighed(outputs: Any) -> Any:
        outputs = list(outputs)
        if in_place:
            for z in outputs:
                z.mul_(3.0)
        return sum(((outputs[first] * outputs[first]).sum() * weight).double() for first, weight in uses)

    x, y = (tensor(x.detach().numpy().astype(float) + k, requires_grad=True) for k in range(2))
    results = []
    Apart.seen.clear()
    for f in (lambda x, y: Apart.apply(x, y)[::2], lambda x, y: (x * x * y, (x * y).float())):
        first = grad(weighed(f(x, y)), [x, y])
        recorded = grad(weighed(f(x, y)), [x, y], create_graph=True)
        second = grad(sum((g * g).sum() for g in recorded), [x, y], materialize_grads=True)
        results.append([g.detach().numpy() for g in (*first, *recorded, *second)])
    used = {first for first, _ in uses}
    assert set(Apart.seen) == {(False in used, False, True in used)}
    for one, other in zip(*results):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_readers_take_a_function_that_is_told_which_gradients_arrive() -> None:
    x, y = (tensor([0.5, -1.0], dtype=ag.float64, requires_grad=True) for _ in range(2))

    class Both(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            ctx.set_materialize_grads(False)
            ctx.save_for_backward(x, y)
            return x * y, x * x

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> tuple[Any, Any]:
            x, y = ctx.saved_tensors
            return (0 if g is None else g * y) + (0 if h is None else 2 * h * x), None if g is None else g * x

    def f(x: Tensor, y: Tensor) -> Tensor:
        a, b = Both.apply(x, y)
        return (a * a * b).sum()

    assert gradcheck(f, (x, y)) and gradcheck(lambda x: Both.apply(x, y)[1].sum(), x)
    z = f(x, y)
    text = listing(z)
    scope = dict(text.given)
    exec(text, scope)
    wanted = grad(z, [x, y], retain_graph=True)
    for name, want in zip(("d_x", "d_y"), wanted):
        np.testing.assert_allclose(scope[name], want.numpy())
    assert "Both" in draw(z, layout="mirror").source and "Both" in ag.graph_player(z).html
    with ag.detect_anomaly():
        z.backward(create_graph=True)
    assert x.grad.tolist() == wanted[0].tolist() and y.grad.tolist() == wanted[1].tolist()


def test_outputs_without_a_gradient_are_constants() -> None:
    x = tensor([3.0, 1.0, 2.0], requires_grad=True)
    y, order = Sorted.apply(x)
    assert order.tolist() == [1, 2, 0] and not order.requires_grad and y.requires_grad
    (y * tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [3.0, 1.0, 2.0]
    with ag.no_grad():
        assert not Exp.apply(x).requires_grad
    assert not Exp.apply(x.detach()).requires_grad
    assert Exp.apply(x).requires_grad and not Straight.apply(x.detach()).requires_grad


def test_an_argument_that_is_returned_is_another_tensor_of_the_graph() -> None:
    class Same(Function):
        forward = staticmethod(lambda ctx, x: x)  # type: ignore[assignment]
        backward = staticmethod(lambda ctx, g: g * 2)  # type: ignore[assignment]

    x = tensor([1.0, 2.0], requires_grad=True)
    y = Same.apply(x)
    assert y is not x and not y.is_leaf
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert Same.apply(x.detach()).tolist() == [1.0, 2.0]


# Versions, release, memory.
def test_what_was_saved_and_changed_since_is_refused() -> None:
    class Kept(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            kept.append(x * 2)
            ctx.save_for_backward(kept[-1])
            return kept[-1] * x

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return g * 2 * ctx.saved_tensors[0]

    kept: list[Tensor] = []
    x = tensor([1.0, 2.0], requires_grad=True)
    y = Kept.apply(x).sum()
    assert grad(y, x, retain_graph=True)[0].tolist() == [4.0, 8.0]
    kept[0].mul_(2)
    with pytest.raises(RuntimeError, match=r"changed in place after the operation was recorded, by mul_"):
        y.backward(retain_graph=True)
    for f in (Exp, LegendrePolynomial3):
        y = f.apply(x)
        (y if f is Exp else x).data.mul_(2)
        with pytest.raises(RuntimeError, match="changed in place"):
            y.sum().backward()


def test_a_graph_is_released_and_forms_no_circle() -> None:
    x = ag.ones(1000, requires_grad=True)
    y = ag.ones(1000, requires_grad=True)
    z = Exp.apply(x).sum()
    z.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        z.backward()

    def once() -> None:
        a, b = Multiplied.apply(x.reshape(1, 1000), y)
        (g,) = grad(Exp.apply(a * b).sum(), [x], create_graph=True)
        g.sum().backward(retain_graph=True)
        x.grad = y.grad = None
        grad(Exp.apply(a * b).sum(), [y])

    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            once()
        assert sum(type(o) is _Call for o in gc.get_objects()) <= 2  # z, and the last whose gradients were not all asked for
    finally:
        gc.enable()


# Readers.
def test_gradcheck_takes_it() -> None:
    x, y = (tensor(np.linspace(-1, 1, n).reshape(shape), requires_grad=True) for n, shape in ((6, (2, 3)), (3, (3,))))
    for f in (Exp.apply, LegendrePolynomial3.apply):
        assert gradcheck(f, x)
    assert gradcheck(Multiplied.apply, (x, y))


def test_it_is_drawn_listed_and_named_by_its_class() -> None:
    x = tensor([0.5, 1.0], requires_grad=True)
    y = Exp.apply(LegendrePolynomial3.apply(x)).sum()
    assert "Exp" in draw(y).source and "LegendrePolynomial3" in draw(y).source
    text = listing(y)
    assert "Exp(" in text and "LegendrePolynomial3(" in text
    scope = dict(text.given)
    exec(text, scope)
    np.testing.assert_allclose(scope["d_x"], grad(y, x, retain_graph=True)[0].numpy(), rtol=1e-6)
    assert Exp.apply(x).grad_fn.name() == "ExpBackward"
    assert [n.op.name for n in ancestors(Exp.apply(x)) if n.op is not None] == ["leaf", "Exp"]
    with ag.record_lines():
        assert Exp.apply(x).place is not None


def test_gradcheck_finds_a_wrong_backward() -> None:
    class Wrong(Function):
        forward = staticmethod(lambda ctx, x: x * x * x)  # type: ignore[assignment]
        backward = staticmethod(lambda ctx, g: g)  # type: ignore[assignment]

    report = gradcheck(Wrong.apply, tensor([0.5], dtype=ag.float64, requires_grad=True), raise_exception=False)
    assert not report and "<Wrong>" in str(report)


def test_apply_can_be_copied_with_a_module_that_holds_it() -> None:
    apply = copy.deepcopy({"f": Exp.apply})["f"]
    assert apply(tensor([0.0])).tolist() == [1.0]


# What is refused.
def wrong(backward: Any, *args: Any) -> Any:
    made = type("Mine", (Function,), {"forward": staticmethod(lambda ctx, x, *rest: x * 2), "backward": staticmethod(backward)})
    return made.apply(tensor([1.0, 2.0], requires_grad=True), *args).sum().backward()


@pytest.mark.parametrize(
    "backward, args, message",
    [
        (lambda ctx, g: g, (1,), "backward of Mine returned 1 gradients for 2 arguments: return one for each argument"),
        (lambda ctx, g: (g, g), (), "returned 2 gradients for 1 arguments"),
        (lambda ctx, g: 3.0, (), "backward of Mine returned .*3.0.* for argument 0; return a Tensor or None"),
        (lambda ctx, g: ag.ones(3), (), r"shape \(3,\) for an argument of shape \(2,\)"),
        (lambda ctx, g: ctx.missing, (), "missing"),
    ],
)
def test_a_wrong_backward_is_an_error_in_words(backward: Any, args: Any, message: str) -> None:
    with pytest.raises((RuntimeError, ValueError, AttributeError), match=message):
        wrong(backward, *args)


def test_where_backward_gives_none_nothing_arrives() -> None:
    wrong(lambda ctx, g: (g, None, None), 1)
    wrong(lambda ctx, g: [None])

    class First(Function):
        forward = staticmethod(lambda ctx, x, y: x * y)  # type: ignore[assignment]
        backward = staticmethod(lambda ctx, g: (g * 2, None))  # type: ignore[assignment]

    x, y = tensor([1.0], requires_grad=True), tensor([3.0], requires_grad=True)
    First.apply(x, y).sum().backward()
    assert x.grad.tolist() == [2.0] and y.grad is None
    assert grad(First.apply(x, y).sum(), [x, y], allow_unused=True, create_graph=True)[1] is None
    (First.apply(x, y) + y).sum().backward()
    assert y.grad.tolist() == [1.0]
    z = First.apply(x, y).sum()
    text = listing(z)
    assert "d_x" in text and "d_y" not in text and "First" in draw(z, layout="mirror").source
    assert [i for i, _, _ in z.args[0].pull(np.ones(1, np.float32))] == [0]


def test_a_wrong_forward_is_an_error_in_words() -> None:
    x = tensor([1.0], requires_grad=True)
    for out in (3.0, [x], None, ()):
        made: Any = type("Mine", (Function,), {"forward": staticmethod(lambda ctx, x, out=out: out)})
        with pytest.raises(TypeError, match=r"forward of Mine returned .*; return one tensor or a tuple of tensors"):
            made.apply(x)
    with pytest.raises(TypeError, match="needs a static method forward"):
        Function.apply(x)
    with pytest.raises(TypeError, match="needs a static method backward"):
        type("Mine", (Function,), {"forward": staticmethod(lambda ctx, x: x * 2)}).apply(x).sum().backward()  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"takes Tensors, got .*: for Values, write an Op"):
        Exp.apply(Value(2.0))
    made = type("Mine", (Function,), {"forward": staticmethod(lambda ctx, x: ctx.save_for_backward(3))})
    with pytest.raises(TypeError, match="save_for_backward takes tensors and None"):
        made.apply(x)
    made = type("Mine", (Function,), {"forward": staticmethod(lambda ctx, x: ctx.mark_dirty(x))})
    with pytest.raises(RuntimeError, match=r"ctx\.mark_dirty is not here.*compute a new tensor"):
        made.apply(x)
    made = type("Mine", (Function,), {"forward": staticmethod(lambda ctx, x: ctx.set_materialize_grads("no"))})
    with pytest.raises(TypeError, match="set_materialize_grads must be True or False, got str 'no'"):
        made.apply(x)
    made = type("Mine", (Function,), {"forward": staticmethod(lambda ctx, x: ctx.saved_tensors)})
    with pytest.raises(RuntimeError, match=r"ctx\.saved_tensors is there in backward"):
        made.apply(x)


def test_what_is_differentiable_once_is_no_more_than_that() -> None:
    class Cube(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return tensor(3 * g.numpy() * x.detach().numpy() ** 2)

    x = tensor([1.0, 2.0], requires_grad=True)
    Cube.apply(x).sum().backward()
    assert x.grad.tolist() == [3.0, 12.0]
    (g,) = grad(Cube.apply(x).sum(), x, create_graph=True)
    assert g.tolist() == [3.0, 12.0]
    with pytest.raises(RuntimeError, match="marked @once_differentiable"):
        grad((g * x).sum(), x)
