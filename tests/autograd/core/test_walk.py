"""The walk: `grad` with PyTorch's meaning, `backward`, `ancestors`, random graphs raw against recorded, deep and wide ones."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Node, Op, Tensor, Value, ancestors, grad, tensor
from autograd.core import walk
from autograd.core.node import each
from tests.autograd.examples import FACES, same, t


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
        recorded = [g.item() for g in grad(z, [a, b], create_graph=True)]
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


def test_seeds_that_meet_warn_of_nothing() -> None:
    x = ag.ones(1, requires_grad=True)
    (g,) = grad([x, x], [x], [tensor([ag.inf]), tensor([-ag.inf])])
    assert g.isnan().all()


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


def test_an_argument_whose_rule_was_forgotten_is_refused() -> None:
    product = Op("product", lambda x, w: x * w, lambda g, z, x, w: g * w)
    x, w = Value(2.0), Value(3.0)
    for a, b in [(x, w), (ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True))]:
        z = product(a, b)
        with pytest.raises(TypeError, match="<product> has 1 vjps and was called with 2 arguments; argument 1 requires a gradient"):
            ag.grad(z if isinstance(z, Value) else z.sum(), a)
    assert grad(product(x, 3.0), x)[0].data == 3.0  # a number needs no rule
    assert ag.grad(product(ag.ones(2, requires_grad=True) * 1, ag.ones(2)).sum(), x, allow_unused=True) == (None,)
    with pytest.raises(RuntimeError, match="give its Op a vjp for each argument"):
        Op("mute", lambda x: x * 2)(ag.ones(1, requires_grad=True)).backward()


def test_repeated_indices_add_and_every_path_counts_once() -> None:
    a = t(1.0, 2.0)
    a[[0, 0, 1]].sum().backward()
    same(a.grad.numpy(), [2, 1])
    for face in FACES:
        x = face(3.0)
        (x + x).backward()
        same(float(x.grad), 2)
        x = face(3.0)
        (x * x).backward()
        same(float(x.grad), 6)
        x = face(3.0)
        y = x
        for _ in range(18):
            y = y + y
        y.backward()
        same(float(x.grad), 2**18)
        x = face(3.0)
        y = x * 2
        ((y + x) * (y - x) + y).backward()  # (3x)(x) + 2x
        same(float(x.grad), 6 * 3 + 2)


def test_two_losses_add_in_a_leaf_and_in_a_tensor_that_retains_its_gradient_and_values_in_the_middle_are_fresh() -> None:
    for face in FACES:
        x = face(2.0)
        y = x * 3
        z = y * y
        if face is t:
            y.retain_grad()
        z.backward(retain_graph=True)
        first = float(x.grad), float(y.grad)
        z.backward(retain_graph=True)
        same([float(x.grad), float(y.grad)], [2 * first[0], first[1] * (1 + (face is t))])
        (x * 1.0).backward()
        same(float(x.grad), 2 * first[0] + 1)
        x.grad = None
        (x * 1.0).backward()
        same(float(x.grad), 1)


def test_a_leaf_as_the_root_and_inputs_that_do_not_matter() -> None:
    for face in FACES:
        x, other = face(2.0), face(1.0)
        x.backward()
        same(float(x.grad), 1)
        same(float(grad(x, x)[0]), 1)
        assert grad(x * 2, [x, other], allow_unused=True)[1] is None
        with pytest.raises(RuntimeError, match="do not depend on input 1"):
            grad(x * 2, [x, other])


def test_grad_touches_no_grad_field() -> None:
    for face in FACES:
        x = face(2.0)
        y = x * x
        grad(y * y, [x, y])
        assert x.grad is None and y.grad is None


def test_a_rule_that_calls_grad_itself() -> None:
    w = Value(3.0)

    def inner(x: float) -> Value:
        return (w * x) ** 2

    calls = ag.Op("calls", lambda x: inner(x).data, lambda g, z, x: g * float(grad(inner(v := Value(float(x))), v)[0]))
    x = Value(2.0)
    y = calls(x) + w * x
    y.backward()
    assert (x.grad, w.grad) == (2 * 9 * 2.0 + 3, 2.0)


def test_an_error_in_a_rule_leaves_the_graph_usable() -> None:
    broken = [True]

    def rule(g: Any, z: Any, x: Any) -> Any:
        if broken[0]:
            raise ZeroDivisionError("rule")
        return g

    f = ag.Op("f", lambda x: x, rule)
    for face in FACES:
        broken[0] = True
        x = face(2.0)
        y = f(x * 2) * x
        with pytest.raises(ZeroDivisionError):
            y.backward(retain_graph=True)
        assert x.grad is None
        broken[0] = False
        y.backward()
        same(float(x.grad), 8)


def test_an_interrupt_anywhere_in_a_walk_leaves_no_mark() -> None:
    """A tracer raises at each line of the walk in turn, as Ctrl-C might."""
    for face in FACES:
        x = face(2.0)
        y = (x * x + x).tanh() * x
        want = float(grad(y, x, retain_graph=True)[0])
        for at in range(1, 400):
            steps = [0]

            def tracer(frame: Any, event: str, arg: Any, at: int = at, steps: list[int] = steps) -> Any:
                if not frame.f_code.co_filename.endswith("walk.py") or frame.f_code.co_name not in ("_toposort", "_replay", "_prune"):
                    return None if event == "call" and frame.f_code.co_name != "_walk" else tracer
                if event == "line":
                    steps[0] += 1
                    if steps[0] == at:
                        raise KeyboardInterrupt
                return tracer

            before = sys.gettrace()
            sys.settrace(tracer)
            try:
                grad(y, x, retain_graph=True)
                done = True
            except KeyboardInterrupt:
                done = False
            finally:
                sys.settrace(before)
            assert all(n.mark is None for n in ag.ancestors(y)) and not walk._active
            assert float(grad(y, x, retain_graph=True)[0]) == want
            if done:
                break
        assert at > 20


FORKED = """
import os, signal, threading, time
import autograd as ag
from autograd.testing import gradcheck

forking, inside = threading.Event(), threading.Event()
os.register_at_fork(before=forking.set)

def rule(g, z, x):
    inside.set()
    forking.wait()
    time.sleep(0.3)  # without a lock that is waited for, the fork comes now
    return g * 2

def walk(check):
    x = ag.Value(1.0)
    y = ag.Op("slow", lambda x: x * 2, rule)
    gradcheck(y, x, method="differences") if check else y(x).backward()

for check in (False, True):
    inside.clear(), forking.clear()
    other = threading.Thread(target=walk, args=(check,))
    other.start()
    inside.wait()
    child = os.fork()
    if not child:
        signal.alarm(30)
        v = ag.Value(3.0)
        (v * v).backward()
        gradcheck(lambda x: x * x, v)
        os._exit(int(v.grad))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    other.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_that_was_forked_while_another_thread_walked_backward_can_walk() -> None:
    child = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], capture_output=True, text=True)
    assert (child.stdout, child.stderr) == ("6\n6\n", "")


@pytest.mark.long
def test_a_chain_of_a_million_values() -> None:
    x = y = Value(1.0)
    for _ in range(1_000_000):
        y = y + 1e-6
    y.backward()
    assert x.grad == 1 and y.data == pytest.approx(2)
    assert repr(y).startswith("Value(data=2.0") or repr(y).startswith("Value(data=1.99") or repr(y).startswith("Value(data=2.00")
    with pytest.raises(TypeError, match="cannot be pickled or copied with its graph"):
        pickle.dumps(y)
    with pytest.raises(TypeError, match="cannot be pickled"):
        copy.deepcopy(y)
    assert len(ag.ancestors(y)) == 1_000_001
    with pytest.raises(ValueError, match="more than 100,000 variables"):
        ag.draw(y)
    assert ag.graph_size(y).depth == 1_000_000
    gc.disable()
    before = sum(type(o) is Value for o in gc.get_objects())
    del x, y
    left = sum(type(o) is Value for o in gc.get_objects())
    gc.enable()
    assert before - left == 1_000_001  # freed without the collector


@pytest.mark.long
def test_a_chain_of_tensors_and_its_second_derivative() -> None:
    x = tensor(1.0, dtype=ag.float64, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.00001
    (g,) = grad(y, x, create_graph=True)
    same(g.item(), 1.00001**100_000)
    y.backward()
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(y)


@pytest.mark.long
def test_a_sum_of_very_many_leaves_is_linear() -> None:
    leaves = [Value(1.0) for _ in range(200_000)]
    sum(leaves, Value(0.0)).backward()
    assert all(v.grad == 1 for v in leaves)


def test_nothing_forms_a_cycle() -> None:
    gc.collect()
    gc.disable()
    try:
        for face in (Value, lambda a: ag.full((1000,), a, requires_grad=True)):
            x = face(0.5)
            tracemalloc.start()
            for i in range(50):
                y = x
                for _ in range(20):
                    y = (y * 1.1).tanh()
                y = y.sum() if isinstance(y, Tensor) else y
                y.backward()
                if i == 5:
                    before = tracemalloc.get_traced_memory()[0]
            after = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            assert after - before < 5_000
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_backward_changes_the_grad_of_its_inputs_only() -> None:
    for face in (Value, lambda v: tensor([v], requires_grad=True)):
        a, b = face(2.0), face(3.0)
        c = a * b
        (c * a).backward(inputs=[b, c])
        assert a.grad is None and float(b.grad) == 4.0 and float(c.grad) == 2.0
        (a * b).backward(inputs=b)
        assert a.grad is None and float(b.grad) == 6.0
        (a * b).backward(inputs=face(1.0))  # not in this graph: nothing arrives
        with pytest.raises(ValueError, match="inputs is empty"):
            (a * b).backward(inputs=[])
        with pytest.raises(RuntimeError, match=r"input 0, .*does not require grad"):
            (a * b).backward(inputs=a.detach())


def test_materialized_gradients_are_zeros_of_the_input() -> None:
    x, y = tensor([[1.0, 2.0]], requires_grad=True), Value(3.0)
    gx, gy, gv = grad(Value(2.0) * y, [x, y, Value(1.0)], materialize_grads=True)
    assert gx.tolist() == [[0.0, 0.0]] and gx.dtype == ag.float32 and (gy.data, gv.data) == (2.0, 0.0)
    gx.add_(1)  # its own memory
    with pytest.raises(ValueError, match="leave allow_unused out"):
        grad(y * 2, x, allow_unused=False, materialize_grads=True)
    with pytest.raises(RuntimeError, match="materialize_grads=True to get zeros"):
        grad(y * 2, x)
    with pytest.raises(ValueError, match="is_grads_batched=True is not here"):
        grad(y * 2, y, is_grads_batched=True)


def test_only_inputs_is_all_that_grad_does() -> None:
    x = ag.tensor(3.0, requires_grad=True)
    assert ag.grad(x * x, x, only_inputs=True)[0].item() == ag.grad(x * x, x, None, None, False, True, None)[0].item() == 6.0
    with pytest.raises(ValueError, match=r"only_inputs=False is not here: call backward\(\)"):
        ag.grad(x * x, x, only_inputs=False)


def test_a_row_that_is_asked_once_for_all_its_arguments() -> None:
    """As by its rules, also where a gradient meets another, an argument takes no part, or only some are asked for."""

    def all_at_once(n: Any, g: Any) -> Any:
        asked.append(g)
        return [(a, 2.0 * g) for a in n.x]

    def found(at_once: Any) -> Any:
        row = Op("all", lambda *a: sum(a) * 2.0, each(lambda i, g, z, args: 2.0 * g))
        row.at_once = at_once
        x, y, fixed = Value(1.0), Value(2.0), Value(3.0, requires_grad=False)
        z = row(x, y * y, fixed, x) + x
        z.backward(0.5)
        return z.data, x.grad, y.grad, fixed.grad, [g.data for g in ag.grad(z, [y])], [g.data for g in ag.grad(z, [x], create_graph=True)]

    asked: list[float] = []
    assert found(all_at_once) == found(None)
    assert asked == [0.5, 1.0]
