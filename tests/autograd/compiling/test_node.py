"""A compiled function without a backward leaves one node, and the gradients through it are those of its operations, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, grad
from nn import optim
from tests.autograd.compiling.stories import Compile, compiled_as_eager, hold, labels, mlp, raised, rows

F = nn.functional


def leaves(i: int, *shapes: tuple[int, ...], dtype: str = "float32") -> list[Tensor]:
    return [rows(i + k, *shape, dtype=dtype, requires_grad=True) for k, shape in enumerate(shapes)]


# One function, its gradient asked from outside.
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@compiled_as_eager(replayed=3, programs=1)
def test_the_loss_is_compiled_and_the_backward_outside(compile: Compile, dtype: str) -> Iterator[Any]:
    net = mlp(dtype)
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    loss = compile(lambda x, y: F.cross_entropy(net(x), y))
    for i in range(6):
        optimizer.zero_grad()
        l = loss(rows(i, 5, 3, dtype=dtype), labels(i, 5, 2))
        yield l, net
        l.backward()
        optimizer.step()
        yield l, net, optimizer


@compiled_as_eager(replayed=3)
def test_a_module_is_compiled(compile: Compile) -> Iterator[Any]:
    net = compile(nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2)))
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for i in range(6):
        optimizer.zero_grad()
        l = F.mse_loss(net(rows(i, 5, 3)), rows(i, 5, 2))
        l.backward()
        optimizer.step()
        yield l, *net.parameters()
    net.eval()
    for i in range(5):
        yield net(rows(i, 5, 3)), net.training, net.state_dict()


def test_it_leaves_one_node() -> None:
    f = ag.compile(lambda x, w: (x @ w).tanh().sum())
    for i in range(4):
        x, w = leaves(i, (2, 3), (3, 4))
        y = f(x, w)
        if i == 3:
            assert f.calls.replayed >= 1 and str(y.grad_fn) != str((x @ w).tanh().sum().grad_fn)
        y.backward()
        want = [a.detach().requires_grad_() for a in (x, w)]
        (want[0] @ want[1]).tanh().sum().backward()
        assert all(a.grad.equal(b.grad) for a, b in zip((x, w), want))


def test_the_backward_computes_no_result_again() -> None:
    """What the gradients are made of is saved by the call, and nothing else of it."""
    f = ag.compile(lambda x, w: ((x @ w).sigmoid() + 1).exp().sum())
    for i in range(4):
        f(*leaves(i, (2, 3), (3, 4))).backward()
    forward, (backward,) = f._threads.own.last, f._threads.own.last.backwards.values()
    assert "np.exp(" in forward.source and "np.exp(" not in backward.source and "sigmoid" not in backward.source
    assert len(forward.again.kept) == 2


@compiled_as_eager(replayed=3)
def test_a_result_that_is_saved_is_changed_before_the_backward(compile: Compile) -> Iterator[Any]:
    f, g = compile(lambda x, w: (x @ w).tanh()), compile(lambda x, w: x @ w)
    for i in range(5):
        for function in (f, g):
            x, w = leaves(i, (2, 3), (3, 4))
            y = function(x, w)
            y.detach().mul_(2.0)
            failed = isinstance(raised(lambda y=y: y.sum().backward()), tuple)
            yield failed, y, x, w


CHANGED: dict[str, tuple[Any, int]] = {  # functions, and which of their results is differentiated, after the first was changed in place
    "a view of what is saved": (lambda x: x.exp().T, 0), "its shape": (lambda x: x.softmax(1).reshape(4), 0), "itself": (lambda x: x.exp(), 0),
    "detached": (lambda x: (lambda e: (e.detach()[0], e * e))(x.exp()), 1), "drawn": (lambda x: (lambda m: (m, x * m))(ag.randn(2)), 1),
    "not needed": (lambda x: (lambda e: (e.sin(), e))(x.exp()), 1), "not saved": (lambda x: x * 2, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
@compiled_as_eager(replayed=3)
def test_a_result_that_shares_memory_with_what_is_saved_is_changed(compile: Compile, name: str) -> Iterator[Any]:
    f, which = CHANGED[name]
    f = compile(f)
    for i in range(8):
        (x,) = leaves(i, (2, 2))
        found = f(x)
        results = found if isinstance(found, tuple) else (found,)
        with ag.no_grad():
            results[0].mul_(10.0)
        loss = results[which].sum()
        got = raised(lambda x=x, loss=loss, i=i: grad(loss, x, create_graph=i % 2 == 1)[0].detach())
        yield "an error" if isinstance(got, tuple) else got


@compiled_as_eager(replayed=3)
def test_without_gradients_there_is_no_node(compile: Compile) -> Iterator[Any]:
    net = mlp()
    f = compile(net)
    for i in range(5):
        with ag.no_grad():
            yield f(rows(i, 5, 3))
    for i in range(5):
        y = f(rows(i, 5, 3))
        yield y
        y.sum().backward()
        yield net


def _outputs(x: Tensor, w: Tensor) -> Any:
    h = x @ w
    return {"h": h, "sums": [h.sum(), (h.exp().sum(0), None)], "constant": x.detach(), "number": 3, "text": "t"}


@compiled_as_eager(replayed=3)
def test_several_results_in_dicts_lists_and_tuples(compile: Compile) -> Iterator[Any]:
    f = compile(_outputs)
    for i in range(6):
        x, w = leaves(i, (2, 3), (3, 4))
        out = f(x, w)
        yield out
        (out["sums"][0] * 2).backward(retain_graph=True)  # one of them
        yield x, w
        (out["sums"][1][0] * rows(i, 4)).sum().backward(retain_graph=True)  # another
        yield x, w
        (out["h"] * out["sums"][0]).sum().backward()  # two together
        yield x, w


@compiled_as_eager(replayed=3)
def test_arguments_in_dicts_lists_and_tuples(compile: Compile) -> Iterator[Any]:
    @compile
    def f(batch: dict[str, Any], *parts: Any, scale: Tensor, mode: str = "sum", **others: Any) -> Tensor:
        x, (y, more) = batch["x"], batch["rest"]
        z = (x * y + more[0]) * scale
        for p in parts:
            z = z + p
        for name in sorted(others):
            z = z * others[name]
        return z.sum() if mode == "sum" else z.mean()

    for i in range(10):
        x, y, more, part, scale, other = leaves(i, (2, 3), (3,), (2, 1), (), (1,), (3,))
        mode = "sum" if i < 5 else "mean"
        f({"rest": (y, [more]), "x": x}, part, scale=scale, mode=mode, b=other, a=x).backward()
        yield x, y, more, part, scale, other


@compiled_as_eager(replayed=3)
def test_defaults_and_keywords_name_the_same_argument(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, y=2.0, *, z=None: (x * y if z is None else x * y + z).sum())
    for i in range(4):
        x, y, z = leaves(i, (3,), (3,), (3,))
        yield f(x), f(x, 2.0), f(x=x), f(x, y=y), f(x, y), f(x, y, z=z), f(z=z, x=x, y=y)


@compiled_as_eager(replayed=3)
def test_two_calls_and_one_backward(compile: Compile) -> Iterator[Any]:
    net = mlp("float64")
    loss = compile(lambda x, y: F.mse_loss(net(x), y))
    for i in range(5):
        net.zero_grad()
        first = loss(rows(i, 5, 3, dtype="float64"), rows(i, 5, 2, dtype="float64"))
        second = loss(rows(i + 50, 5, 3, dtype="float64"), rows(i + 50, 5, 2, dtype="float64"))
        (first + second).backward()
        yield first, second, [np.round(p.grad.numpy(), 12) for p in net.parameters()]  # the order of the two sums is free


@compiled_as_eager(replayed=3)
def test_calls_that_follow_each_other(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, w: (x @ w).tanh())
    for i in range(5):
        x, v, w = leaves(i, (2, 3), (3, 3), (3, 3))
        y = f(f(x, v), w)
        y.backward(rows(i, 2, 3))
        yield y, x, v, w


@pytest.mark.parametrize("how", ["sum", "ones", "weights", "turned", "spread", "slice"])
@compiled_as_eager(replayed=3)
def test_whatever_gradient_arrives(compile: Compile, how: str) -> Iterator[Any]:
    f = compile(lambda x, w: (x @ w).exp() * x.sum(1, keepdim=True))
    for i in range(6):
        x, w = leaves(i, (4, 3), (3, 4))
        y = f(x, w)
        g = {"ones": ag.ones(4, 4), "weights": rows(i, 4, 4), "turned": rows(i, 4, 4).T, "spread": rows(i, 4, 1).expand(4, 4)}.get(how)
        (y.sum() if how == "sum" else y[1:, ::2].sum() if how == "slice" else y).backward(g)
        yield x, w


@compiled_as_eager(replayed=3)
def test_the_gradient_of_a_gradient(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, w: (x @ w).tanh().sum())
    for i in range(5):
        x, w = leaves(i, (2, 3), (3, 4), dtype="float64")
        dx, dw = grad(f(x, w), [x, w], create_graph=True)
        yield dx, dw
        (dx * dx).sum().backward()
        yield x, w
        y = f(x, w)
        gradients = grad(y, [x, w], create_graph=True)
        yield grad(gradients, [x, w], [rows(i, 2, 3, dtype="float64"), rows(i, 3, 4, dtype="float64")], create_graph=True)


@compiled_as_eager(replayed=3)
def test_hessians_of_a_compiled_function(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: (x.sin() * x.flip(0)).sum())
    for i in range(4):
        x = rows(i, 3, dtype="float64")
        yield ag.functional.hessian(f, x), ag.functional.jacobian(f, x), ag.functional.hvp(f, x, ag.ones(3, dtype=ag.float64))


@compiled_as_eager(replayed=3)
def test_some_arguments_require_no_gradient(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, w, b: (x @ w + b).relu().sum(0))
    for i in range(12):
        x, w, b = rows(i, 2, 3), *leaves(i, (3, 4), (4,))
        if i >= 6:
            w, b = w.detach(), b
        y = f(x, w, b)
        yield y
        y.sum().backward()
        yield x, w, b


@compiled_as_eager()
def test_results_that_are_arguments_parameters_or_parts_of_them(compile: Compile) -> Iterator[Any]:
    w = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)

    @compile
    def f(x: Tensor) -> Any:
        return x, w, w[0], x.T, x + 0, w.detach(), (x, x)

    for i in range(6):
        x = rows(i, 2, 2, requires_grad=True)
        found = f(x)
        yield found, found[0] is x, found[1] is w, found[6][0] is found[6][1]
        (found[2] * 2).sum().backward()
        (found[3] * found[4]).sum().backward()
        yield x, w
        with ag.no_grad():
            w.add_(1.0)
        yield found  # the parts of w have changed with it


@compiled_as_eager(replayed=3)
def test_results_share_memory_as_they_do_eagerly(compile: Compile) -> Iterator[Any]:
    @compile
    def f(x: Tensor) -> Any:
        h = x * 2
        return h, h[0], h.T, x[1]

    with ag.no_grad():
        for i in range(6):
            x = rows(i, 2, 2)
            h, row, turned, part = f(x)
            yield h, row, turned, part, [t.numpy().strides for t in (h, row, turned, part)]
            h.add_(1)
            part.zero_()
            yield h, row, turned, part, x


@compiled_as_eager()
def test_an_argument_is_not_a_leaf(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x: (x * x.exp()).sum())

    @compile
    def step(x: Tensor) -> Tensor:
        l = (x * x.exp()).sum()
        l.backward()
        return l

    for i in range(5):
        x = rows(i, 3, requires_grad=True)
        f(x * 2).backward()
        yield x
        step(x.sin())
        yield x
        step(x)
        yield x


@compiled_as_eager(replayed=3)
def test_the_same_tensor_twice_and_a_part_of_a_parameter(compile: Compile) -> Iterator[Any]:
    w = ag.tensor([[1.0, -2.0], [0.5, 4.0]], requires_grad=True)
    f = compile(lambda x, y: (x * y.exp() + w).sum())
    for i in range(4):
        x, y = leaves(i, (2, 2), (2, 2))
        for given in ((x, y), (x, x), (x, x.detach())):
            f(*given).backward()
            yield x, y, w
            w.grad = None
        for given in ((w, w), (w[0], x), (w.T, w), (x[0], x[1])):  # in which order gradients meet outside is free
            f(*given).backward()
            yield [np.round(t.grad.numpy(), 3) for t in (x, w)]
            w.grad = None


@compiled_as_eager(replayed=3)
def test_what_is_returned_is_drawn_listed_and_walked(compile: Compile) -> Iterator[Any]:
    """A picture of a compiled result can be made; what it shows is up to it."""
    f = compile(lambda x, w: (x @ w).tanh().sum())
    for i in range(4):
        x, w = leaves(i, (2, 3), (3, 4))
        y = f(x, w)
        assert "tanh" in ag.draw(y).source
        y.backward()
        yield y, x, w


@compiled_as_eager(replayed=3)
def test_methods_and_callable_objects(compile: Compile) -> Iterator[Any]:
    class Model:
        def __init__(self, k: float) -> None:
            self.w = ag.tensor([k, 2.0], requires_grad=True)

        def loss(self, x: Tensor) -> Tensor:
            return (x * self.w).sum()

        def __call__(self, x: Tensor) -> Tensor:
            return self.loss(x) * 2

    one, two = Model(1.0), Model(-1.0)
    calls = [compile(one.loss), compile(two.loss), compile(one), compile(two)]
    for i in range(5):
        for call in calls:
            call(rows(i, 2)).backward()
        yield one.w, two.w


@compiled_as_eager()
def test_a_method_that_is_decorated(compile: Compile) -> Iterator[Any]:
    class Model:
        def __init__(self, k: float) -> None:
            self.w = ag.tensor([k, 2.0], requires_grad=True)

        @compile
        def loss(self, x: Tensor) -> Tensor:
            return (x * self.w).sum()

    one, two = Model(1.0), Model(-1.0)
    for i in range(5):
        for m in (one, two, one):
            m.loss(rows(i, 2)).backward()
        yield one.w, two.w


@compiled_as_eager()
def test_arguments_of_other_kinds(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, how: x * (how.k if isinstance(how, SimpleNamespace) else len(how)))
    for i in range(3):
        for how in ("ab", "abc", [1, 2], (1,), {"a": 1}, SimpleNamespace(k=3), SimpleNamespace(k=4), np.zeros(5), range(6), {1, 2}, b"x"):
            yield f(rows(i, 2), how)


@pytest.mark.parametrize("name", ["array", "list", "value"])
def test_arguments_that_are_numbers_in_another_form(name: str) -> None:
    def story(compile: Compile) -> Iterator[Any]:
        make = {"array": lambda i: np.arange(3.0) + i, "list": lambda i: [1.0 + i, 2.0], "value": lambda i: ag.Value(1.0 + i)}[name]
        f = compile(lambda x: (ag.tensor(x) * 2).sum())
        for i in range(6):
            given = make(i)
            y = f(given)
            yield y
            if y.requires_grad:
                y.backward()
                yield given

    hold(story)


@compiled_as_eager(replayed=12, programs=4)
def test_each_way_to_nest_arguments_has_its_program(compile: Compile) -> Iterator[Any]:
    f = compile(lambda x, y=None: x * 2 if y is None else x[0] * y if isinstance(x, list) else x + y)
    for i in range(5):
        x, y = rows(i, 3), rows(i + 50, 3)
        yield f(x), f([x], y), f(x, y=y), f(x, y)


@compiled_as_eager(replayed=3)
def test_no_gradient_flows_through_what_is_detached(compile: Compile) -> Iterator[Any]:
    w = rows(7, 3, requires_grad=True)

    @compile
    def f(x: Tensor) -> Any:
        with ag.no_grad():
            still = (x * w).exp()
            kept = still * 2
        h = x * w
        return (x * x.detach() + kept * h + still + h.data * w + h.detach() * h).sum(), kept, h.detach()

    for i in range(6):
        x = rows(i, 3, requires_grad=True)
        y, *others = f(x)
        y.backward()
        yield y, others, x, w
        y, *_ = f(x)
        (dx,) = grad(y, x, create_graph=True)
        (dx * dx).sum().backward()
        yield dx, x, w
