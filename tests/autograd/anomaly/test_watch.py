"""The report of a NaN or an infinity: what is reported and what is not, where it stands, what helps, and that nothing else changes."""

import inspect
import math
import pickle
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import AnomalyError, Op, Tensor, Value, detect_anomaly, grad, tensor
from autograd.core.mode import NONDEFAULT
from tests.autograd.anomaly.examples import INF, NAN, report, t
from tests.autograd.core.test_walk import programs, run


# What is said.
def test_the_parts_of_a_report_forward() -> None:
    x, y = t(1.0, 0.0, 3.0, 0.0), t(2.0)
    error = report(lambda: y / x)
    assert (error.op, error.inside, error.backward, error.index, error.values) == ("/", None, False, (1,), (2.0, 0.0))
    assert error.shapes == ((1,), (4,))
    head, *rows = str(error).splitlines()
    assert head == "/ made inf at index (1,) (and in 1 more entries)"
    assert rows[:2] == ["  argument 0  float32 (1,), y: 2", "  argument 1  float32 (4,), x: 0"]
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) and vars(copy) == vars(error)


def test_the_parts_of_a_report_backward() -> None:
    x = t(1.0, 0.0)
    error = report(lambda: (x.sqrt() * t(2.0, 3.0)).sum().backward())
    assert (error.op, error.inside, error.backward, error.index, error.values) == ("sqrt", "/", True, (1,), (3.0, 0.0))
    head, *rows = str(error).splitlines()
    assert head == "the backward of sqrt made inf in the gradient of argument 0 at index (1,)"
    assert rows[:3] == ["  inside      3 / 0 = inf", "  gradient    float32 (2,): 3", "  argument 0  float32 (2,), x: 0"]


def line() -> int:
    return inspect.currentframe().f_back.f_lineno  # type: ignore[union-attr]


@pytest.mark.parametrize("face", [Value, t])
def test_the_line_is_the_line(face: Any) -> None:
    x = face(0.0)
    here = []

    def forward() -> None:
        here.append(line() + 1)
        (x + 1 - 1).log()

    def backward(create_graph: bool = False) -> None:
        here.append(line() + 1)
        y = x.sqrt()
        (y * 2).backward(create_graph=create_graph)

    for program in (forward, backward, lambda: backward(True)):
        error = report(program)
        assert error.place == f"{__file__}:{here[-1]}"
        assert f"{__file__}:{here[-1]}: {'(x + 1 - 1).log()' if program is forward else 'y = x.sqrt()'}" in str(error)
    y = x.sqrt()
    for create_graph in (False, True):
        error = report(lambda: y.backward(retain_graph=True, create_graph=create_graph))  # noqa: B023
        assert error.place == "" and "unknown: record it inside detect_anomaly()" in str(error) and error.op == "sqrt"


class Head(nn.Module):
    def __init__(self) -> None:
        self.scale = nn.Parameter(ag.ones(2))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.scale * 0).sqrt() * 2 + 1


class Net(nn.Module):
    def __init__(self) -> None:
        self.body = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
        self.head = Head()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


def test_the_module_is_named_forward_and_backward() -> None:
    net, loss, x = Net(), nn.MSELoss(), ag.rand(4, 2)
    error = report(lambda: loss(net(x), ag.zeros(4, 2)).backward())
    assert (error.backward, error.op, error.module) == (True, "sqrt", "Net.head (Head)")
    error = report(lambda: net(x).sum().backward(create_graph=True))
    assert (error.backward, error.op, error.module) == (True, "sqrt", "Net.head (Head)")
    net.body[2].weight.data[1, 0] = NAN
    error = report(lambda: loss(net(x), ag.zeros(4, 2)))
    assert (error.backward, error.op, error.module, error.index) == (False, "linear", "Net.body.2 (Linear)", (1, 0))
    assert "a leaf, Net.body.2.weight" in str(error) and "an update made it" in error.cure
    error = report(lambda: nn.MSELoss()(t(1e30), t(0.0)))
    assert error.module == "MSELoss"
    scope = {"report": report, "ag": ag, "call": ag.Call(net), "x": x}
    exec("error = report(lambda: (x * 0).log())", scope)
    assert scope["error"].module == ""  # type: ignore[attr-defined]  # what the program keeps is not running
    z = net.body[0](x) * 0
    z = z / z
    error = report(lambda: net.body[1](z))
    assert (error.op, error.module, error.place) == ("/", "", "")  # made before, outside of any module


# What is reported, and what is not.
def test_what_came_in_is_no_fault_of_the_operation() -> None:
    bad = t(1.0, NAN)
    error = report(lambda: t(1.0, 2.0) * bad)
    assert str(error).startswith("nan came into * as argument 1 (a leaf, bad) at index (1,)") and "an update" in error.cure
    data = t(1.0, NAN, requires_grad=False)
    error = report(lambda: data * 2)
    assert str(error).startswith("nan came into * as argument 0 (a constant, data) at index (1,)") and "the data had it" in error.cure
    error = report(lambda: t(1.0) * NAN)
    assert str(error).startswith("nan came into * as argument 1 (a constant)")
    _hidden = t(NAN)
    assert str(report(lambda: _hidden * 2)).startswith("nan came into * as argument 0 (a leaf) at")
    error = report(lambda: t(1.0, 2.0).exp().backward(t(1.0, NAN)))
    assert str(error).startswith("nan came into the backward of exp with the gradient that was given to it at index (1,)")
    with detect_anomaly():
        ag.where(bad == bad, bad, 0.0).sum().backward()  # what is filled in time
    assert bad.grad.tolist() == [1, 0]


def test_what_was_made_before_is_found_in_the_graph() -> None:
    x = t(1.0, 1000.0)
    with np.errstate(all="ignore"):
        y = x.exp() * 1
        z = y - y
        lost = t(0.0) / t(0.0) + 1
    for program in (z.sum, lambda: y.backward(t(1.0, 0.0), retain_graph=True)):
        error = report(program)
        assert (error.op, error.index, error.backward) == ("exp", (1,), False)
    assert report(lambda: lost * 2).op == "/"
    y = (t(0.0) / t(0.0)).sum()
    y.backward()  # lets the graph go
    assert "a result from outside detect_anomaly()" in str(report(lambda: y * 2))


def test_an_infinity_of_the_data_may_pass() -> None:
    x, mask = t(1.0, 2.0, 3.0), t(0.0, -INF, 0.0, requires_grad=False)
    with detect_anomaly():
        p = (x + mask).softmax(0)
        q = ag.where(mask == 0, x, -INF).log_softmax(0)
        loss = (p * p).sum() - q[0] + (x + mask).logsumexp() + ag.amax(x + mask)
        loss.backward(retain_graph=True)
        (x * mask.exp()).sum().backward(create_graph=True)
        x.grad = None
        (x.values()[0] * 2).backward(INF)
    with detect_anomaly(check_inf=False):
        assert x.log().clamp(min=-100).sum().item() and t(0.0).log().clamp(min=-100).item() == -100
        (t(0.0).sqrt() * 2).backward()
    assert report(lambda: t(0.0).log().clamp(min=-100)).op == "log"
    with detect_anomaly():
        nn.functional.binary_cross_entropy(t(0.0, 1.0), t(1.0, 0.0)).backward()  # whose logarithms stop at -100 themselves
    outer = t(INF, 1.0)
    error = report(lambda: outer * t(1.0, 1e30) * t(1.0, 1e30))
    assert error.index == (1,)  # an entry that was infinite before hides no other


def test_constants_and_no_grad_are_watched() -> None:
    assert report(lambda: t(0.0, requires_grad=False).log()).op == "log"
    assert report(lambda: t(1.0, requires_grad=False) / t(0.0, requires_grad=False)).op == "/"
    assert report(ag.no_grad()(lambda: Value(0.0).log())).op == report(ag.no_grad()(lambda: t(0.0).log())).op == "log"
    assert report(lambda: Value(1.0, requires_grad=False) / 0).op == "/"


def test_between_the_layers() -> None:
    x = t(0.0, 4.0)

    def program() -> None:
        a, b = x.values()
        (a.sqrt() + b).backward()

    assert report(program).op == "sqrt"
    v = Value(0.0)
    assert report(lambda: (tensor([v, 2.0]).sqrt()).sum().backward()).index == (0,)
    error = report(lambda: ag.einsum("i,i->", t(1e-30), t(1e30)).backward(tensor(1e30)))
    assert (error.op, error.inside, error.index) == ("einsum", "einsum", (0,))
    assert report(lambda: t(3e38, 3e38).cumsum(0)).shapes == ((2,),)  # an axis is no operand
    twin = nn.MLP(2, [2, 1]).scalars()
    assert report(lambda: twin([1e300, 1e300]).square().square()).op == "square"
    w = t(1e30)
    assert report(lambda: (w.values()[0] * 1e300 * 1e10).backward()).op == "*"
    x = tensor(np.array([1e-9]), requires_grad=True)
    assert report(lambda: ((a := x.values()[0]) * 1e308 + a * 1e308).backward()).inside == "sum of gradients"


def test_a_rule_that_takes_arrays_only_and_a_sum_that_overflows() -> None:
    halves = Op("halves", lambda x: x * 2, lambda g, z, x: np.ndarray.__truediv__(g, x))
    error = report(lambda: halves(t(0.0, 1.0)).sum().backward())
    assert (error.op, error.inside, error.index) == ("halves", None, (0,))
    x = t(1e-9)
    error = report(lambda: (x * 2e38 + x * 2e38).backward())
    assert (error.inside, error.values) == ("sum of gradients", (np.float32(2e38), np.float32(2e38)))


@given(program=programs(), x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_nothing_is_reported_and_nothing_is_different_where_all_is_finite(program: Any, x: float, y: float) -> None:
    for face in (Value, lambda v: tensor(np.array(v), requires_grad=True)):
        (a, b), (c, d) = (face(x), face(y)), (face(x), face(y))
        z = run(program, a, b)
        plain = [float(g) for g in grad(z, [a, b], retain_graph=True)]
        z.backward(retain_graph=True)
        with detect_anomaly():
            assert [float(g) for g in grad(z, [a, b], retain_graph=True)] == plain
            w = run(program, c, d)
            w.backward()
        assert float(w) == float(z)
        pairs = [(float(n.grad), float(m.grad)) for n, m in ((a, c), (b, d))]
        if face is Value:  # whose kernels round otherwise than the rules that are used while lines are recorded
            np.testing.assert_allclose(*zip(*pairs), rtol=1e-12, atol=1e-14)
        else:
            assert all(p == q for p, q in pairs)


@given(
    steps=st.lists(st.sampled_from(["exp", "log", "sqrt", "/", "*", "-", "square"]), min_size=1, max_size=5),
    at=st.lists(st.sampled_from([-2.0, 0.0, 0.5, 3.0, 90.0, 1e30]), min_size=1, max_size=3),
)
def test_a_result_that_is_not_finite_is_reported_and_no_other(steps: list[str], at: list[float]) -> None:
    def f(x: Any) -> Any:
        z = x
        for name in steps:
            z = z / x if name == "/" else z * x if name == "*" else z - x if name == "-" else getattr(ag, name)(z)
        return z

    with np.errstate(all="ignore"):
        x = t(*at)
        z = f(x)
        finite = all(np.isfinite(n.raw).all() for n in ag.ancestors(z))
        z.sum().backward()
    if not finite:
        assert not report(lambda: f(t(*at))).backward
        return
    with detect_anomaly():
        w = f(t(*at)).sum()
    if not np.isfinite(x.grad.numpy()).all():
        assert report(w.backward).backward


def test_training_is_the_same_to_the_last_bit() -> None:
    def train(steps: int) -> list[Any]:
        ag.manual_seed(1)
        net, x, y = nn.MLP(2, [8, 3], dropout=0.2), ag.rand(16, 2), ag.randint(0, 3, (16,))
        optimizer = nn.optim.Adam(net.parameters(), lr=0.1)
        seen = []
        for _ in range(steps):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            with pytest.raises(RuntimeError, match="retain_graph=True"):
                loss.backward()
            seen += [loss.item(), *(p.grad.tolist() for p in net.parameters())]
            assert all(type(p.grad) is Tensor and p.grad.is_leaf and not p.grad.requires_grad for p in net.parameters())
            optimizer.step()
        return [*seen, *(p.tolist() for p in net.parameters())]

    assert detect_anomaly()(train)(4) == train(4)


# The switch.
def test_it_ends_with_its_block_whatever_happens() -> None:
    with np.errstate(all="ignore"):
        with pytest.raises(KeyError), detect_anomaly():
            raise KeyError
        assert not NONDEFAULT and t(0.0).log().item() == -INF
        with detect_anomaly():
            with detect_anomaly(check_inf=False):
                t(0.0).log()
            with pytest.raises(AnomalyError):
                t(0.0).log()
            ag.record_lines(False)
            with pytest.raises(AnomalyError):
                t(0.0).log()
            with ag.enable_grad():
                assert (t(1.0) * 2).requires_grad
        assert not NONDEFAULT
        f = detect_anomaly()(lambda depth: f(depth - 1) if depth else t(0.0).log())
        with pytest.raises(AnomalyError):
            f(3)
        assert not NONDEFAULT and (Value(1.0) * 2).tag is None


def test_after_a_report_the_graph_is_as_it_was() -> None:
    for face in (Value, t):
        x = face(0.0)
        y = x.sqrt() * 2 + x
        report(lambda: y.backward())  # noqa: B023
        assert x.grad is None and all(n.mark is None for n in ag.ancestors(y))
        y.backward()
        assert float(x.grad) == INF


def test_other_threads_are_not_watched() -> None:
    seen: list[Any] = []

    def work() -> None:
        x = t(0.0)
        y = x.sqrt()
        y.backward()
        seen.extend([t(0.0).log().item(), x.grad.item(), (Value(0.0) * 2).tag])

    with detect_anomaly():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        with pytest.raises(AnomalyError):
            t(0.0).log()
    assert seen == [-INF, INF, None]


def test_numpy_warns_of_nothing_that_is_reported() -> None:
    with pytest.warns(RuntimeWarning, match="overflow"):
        t(1e30) * 1e30
    report(lambda: t(1e30) * 1e30)


def test_a_parameter_that_an_update_made_infinite_is_named() -> None:
    p = tensor([1e308], dtype=ag.float64, requires_grad=True)
    with ag.detect_anomaly():
        step = nn.optim.SGD([p], lr=1e308)
        p.grad = tensor([1e300], dtype=ag.float64)
        step.step()
        with pytest.raises(ag.AnomalyError, match=r"-inf came into \* as argument 0 \(a leaf, p\)") as caught:
            p * 2.0
    assert "an update" in caught.value.cure
    mask = tensor([0.0, -math.inf])
    with ag.detect_anomaly():
        (mask.requires_grad_() * 2).softmax(0)


def test_a_decorator_without_brackets_and_a_wrong_argument() -> None:
    @ag.detect_anomaly
    def root(x: Value) -> Value:
        """Its text."""
        return x.sqrt()

    assert root(Value(4.0)).data == 2 and root.__doc__ == "Its text."
    with pytest.raises(ag.AnomalyError):
        root(Value(-1.0))
    with pytest.raises(TypeError, match="check_inf must be True or False, got str 'x'"):
        ag.detect_anomaly("x")


def test_a_row_of_scores_that_is_masked_whole() -> None:
    scores = ag.tensor([[-math.inf, -math.inf], [0.0, 1.0]], requires_grad=True)
    with pytest.raises(ag.AnomalyError, match=r"(?s)cross entropy.*all -inf \(masked\)") as caught, ag.detect_anomaly():
        nn.functional.cross_entropy(scores, ag.tensor([0, 1]))
    assert "argument 1" not in str(caught.value)


def test_a_module_that_was_called_before_the_watch_began_is_named() -> None:
    class Watched(nn.Module):
        def forward(self, x: Any) -> Any:
            with detect_anomaly():
                return (x * 0).log()

    with pytest.raises(AnomalyError) as caught:
        Watched()(t(1.0))
    assert caught.value.module == "Watched"


def test_a_call_that_failed_is_running_no_longer() -> None:
    def fails() -> None:
        with ag.Call(fails):
            raise KeyError

    def broken(x: Any) -> Any:
        ag.Call(broken)  # never told what came of it
        raise KeyError

    for function in (fails, lambda: broken(1), lambda: nn.Linear(2, 2)("a")):
        with pytest.raises((KeyError, TypeError)), detect_anomaly():
            function()
        assert report(lambda: (t(1.0) * 0).log()).module == ""
