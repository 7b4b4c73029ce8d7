"""Every public function refuses bad input in words of its own: ten thousand random calls, a right answer or a clear refusal each.

What is called is found by walking the public names (`tests.fuzz.targets`), so that a new name is fuzzed by existing. What a call
may do stands in `tests.fuzz.verdict`.
"""

import itertools
import re
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Op, Tensor, Value, tensor
from autograd.faces.dtypes import DTYPES
from autograd.ops.table import ELEMENTWISE, UFUNCS
from nn import functional as F
from tests.fuzz import arguments, verdict
from tests.fuzz.targets import Target, parameters_of, targets

CALLS = 10_000
TARGETS = list(targets())


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that could end a hanging call")
@pytest.mark.parametrize("part", range(8))
def test_each_call_ends_in_an_answer_or_in_a_refusal_of_our_own(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where "a" is a file that may be written
    each = -(-CALLS // len(TARGETS))
    wrong = [c for target in TARGETS[part::8] for seed in range(each) if (c := verdict.complaint(target, seed)) is not None]
    assert not wrong, f"{len(wrong)} calls, the first of them:\n" + "\n".join(wrong[:5])


def test_what_is_walked() -> None:
    names = [target.name for target in TARGETS]
    assert len(names) == len(set(names)) > 700
    rooms = {"ag": ag, "nn": nn, "F": F, "init": nn.init, "utils": nn.utils, "data": nn.data, "optim": nn.optim}
    assert {f"{room}.{name}" for room, module in rooms.items() for name in module.__all__ if callable(getattr(module, name))} <= {
        *names, "ag.Node", "ag.each", "ag.Call", "ag.AnomalyError", "nn.History", "nn.UninitializedParameter", *(f"ag.{d.name}" for d in DTYPES), "ag.bool_", "ag.default_generator", "ag.Size", "ag.dtype", "ag.finfo", "ag.iinfo",
    }  # fmt: skip
    assert {"Tensor.__setitem__", "Tensor.grad =", "Value.data =", "Tensor.add_", "Tensor.__radd__", "Linear()", "Optimizer.step"} <= set(
        names
    )


# The test itself: what it must notice.
def _sabotaged(name: str, call: Callable[..., Any], *, calls: int = 40) -> list[str]:
    target = Target(name, call, parameters_of(call))
    return [c for seed in range(calls) if (c := verdict.complaint(target, seed)) is not None]


def _numpys(x: Any, y: Any) -> Any:
    return np.add(np.ones(2), np.ones(3))


def _changes(tensor: Any) -> None:
    if isinstance(tensor, Tensor) and tensor.raw.size:
        tensor.raw[...] = 7
    raise TypeError(f"got {tensor!r}")


def _hangs(x: Any) -> None:
    for _ in itertools.count():
        pass


def _recurses(x: Any) -> Any:
    return _recurses(x)


def _wrong_dtype(x: Any) -> Any:
    made = ag.ones(2)
    made.raw = made.raw.astype(np.int8)
    return made


@pytest.mark.parametrize(
    "call, fault",
    [
        (_numpys, "raised by somebody else"), (_changes, "was raised by somebody else|left something changed"), (_recurses, "no documented type"),
        (_wrong_dtype, "a tensor around"), (lambda x: NotImplemented, "NotImplemented"), (lambda x: warnings.warn("!", stacklevel=1), "UserWarning"),
        (lambda x: 1 / 0, "raised by somebody else"), (lambda x: next(iter(())), "no documented type"),
    ],
)  # fmt: skip
def test_the_verdict_on_calls_that_do_wrong(call: Any, fault: str) -> None:
    found = _sabotaged("sabotage", call)
    assert found and all(re.search(fault, c) or "positional" in c for c in found)


def test_what_is_changed_is_seen() -> None:
    t, v, net = ag.ones(2, requires_grad=True), Value(1.0), nn.Linear(1, 1)
    optimizer, generator = nn.optim.SGD(net.parameters(), lr=0.1), ag.Generator()
    things = [t, [v], {"net": net}, optimizer, generator]
    for change in (
        lambda: t.data.zero_(), lambda: setattr(t, "grad", ag.ones(2)), lambda: setattr(v, "data", 2.0), lambda: net.bias.data.add_(1),
        lambda: optimizer.param_groups[0].update(lr=0.2), lambda: ag.rand(1, generator=generator), net.eval,
    ):  # fmt: skip
        before = verdict.state(things)
        change()
        assert verdict.state(things) != before


def test_a_hang_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "PATIENCE", 0.05)
    assert all("hangs" in c for c in _sabotaged("hang", _hangs, calls=3))


# Right answers.
NUMPYS = {row: ufunc for ufunc, row in UFUNCS.items() if row.name not in ("%",)}
shapes = st.sampled_from([(), (1,), (2,), (3,), (0,), (2, 3), (2, 1), (1, 3), (3, 1, 2), (2, 3, 2)])
dtypes = st.sampled_from([d for d in DTYPES if d.kind == "f"])


@given(st.sampled_from(list(ELEMENTWISE.values())), st.data())
def test_elementwise_rows_broadcast_or_refuse(row: Op, data: st.DataObject) -> None:
    given = [data.draw(shapes) for _ in row.vjps]
    dtype = data.draw(dtypes)
    xs = [tensor(np.full(shape, 0.5 + i, dtype)) for i, shape in enumerate(given)]
    try:
        expected = np.broadcast_shapes(*given)
    except ValueError:
        with pytest.raises(ValueError, match="do not broadcast") as error:
            row(*xs)
        assert str([shape for shape in given if shape]) in str(error.value)
        return
    z = row(*xs)
    assert z.shape == expected and z.dtype == (ag.bool_ if row.vjps[0] is None and row.name != "where" else dtype)
    if row in NUMPYS:
        np.testing.assert_allclose(z.numpy(), NUMPYS[row](*(x.numpy() for x in xs)), rtol=1e-6)


LOSSES = [F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.hinge_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits]


@given(st.sampled_from(LOSSES), shapes, shapes)
@example(F.mse_loss, (3,), (3, 1))
def test_no_loss_broadcasts(loss: Any, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    assume(a != b)
    with pytest.raises(ValueError, match="has shape") as error:
        loss(ag.ones(a), ag.ones(b))
    assert str(a) in str(error.value) and str(b) in str(error.value)
    assert loss(ag.ones(a), ag.ones(a), reduction="none").shape == a


# What was found once, and what the message must say.
def endless() -> list[Any]:
    return arguments.endless(Random(0))


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: ag.add(1), TypeError, "takes 2 arguments, got 1: int 1"),
    (lambda: ag.maximum(np.ones(2), np.ones(2), np.zeros(2)), TypeError, "takes 2 arguments, got 3"),
    (lambda: ag.add("a", "b"), TypeError, "got str 'a'"),
    (lambda: ag.eq(None, 1), TypeError, "got NoneType"),
    (lambda: ag.add((1,), (2,)), TypeError, "got tuple of length 1; wrap lists as tensor"),
    (lambda: ag.where("a", ag.ones(2), 0), TypeError, "<where> takes .* got str 'a'"),
    (lambda: ag.sub(tensor([True]), tensor([True])), TypeError, "is not defined for ndarray of shape .1,. and dtype bool"),
    (lambda: Value(1.0).maximum("a"), TypeError, "got str 'a'"),
    (lambda: Value(1.0) + 10**400, ValueError, "an int of 1329 bits"),
    (lambda: divmod(Value(1.0), "a"), TypeError, "unsupported operand"),
    (lambda: np.add.reduce(ag.ones(2)), TypeError, "np.add.reduce .* is not recorded"),
    (lambda: ag.rand(2, dtype=ag.int64), TypeError, "float32 or float64 numbers, got dtype int64"),
    (lambda: ag.linspace(0, 1, -1), ValueError, "steps must be at least 0, got -1"),
    (lambda: ag.eye(-1), ValueError, r"no negative sizes, got \(-1, -1\)"),
    (lambda: ag.zeros(2**40, 2**40), ValueError, "more entries than memory can have"),
    (lambda: ag.zeros(2, dtype=0), TypeError, "dtype int 0 is not supported"),
    (lambda: ag.randint(0, 2**70, (2,)), ValueError, "high must be at most 9223372036854775807"),
    (lambda: ag.randint(3, 3, (2,)), ValueError, r"nothing lies in \[3, 3\)"),
    (lambda: ag.bernoulli(tensor([2.0])), ValueError, r"probabilities in \[0, 1\], got .*2.0"),
    (lambda: ag.full((2,), [1, 2]), ValueError, "one number to fill with"),
    (lambda: tensor(endless()), ValueError, "holds itself"),
    (lambda: tensor([[1, 2], [3]]), ValueError, r"rows of lengths \[2, 1\]"),
    (lambda: tensor([[[1], [2]], [[3], [4, 5]]]), ValueError, r"rows of lengths \[1, 1, 1, 2\]"),
    (lambda: ag.save(endless(), "never.npz"), ValueError, "holds itself"),
    (lambda: nn.data.collate([endless(), endless()]), ValueError, "hold"),
    (lambda: setattr(ag.ones(2), "grad", 5), TypeError, "a gradient must be a Tensor or None, got int 5"),
    (lambda: setattr(ag.ones(2), "grad", ag.ones(3)), ValueError, r"of the shape \(2,\) of its tensor, got Tensor of shape \(3,\)"),
    (lambda: setattr(Value(1.0), "data", "a"), TypeError, "the data of a Value must be one real number, got str 'a'"),
    (lambda: setattr(Value(1.0), "grad", "a"), TypeError, "the gradient of a Value must be one real number"),
    (lambda: ag.ones(2).reshape(3), ValueError, r"2 entries of shape \(2,\) do not fill shape \(3,\)"),
    (lambda: ag.ones(4).reshape(2.0, 2), TypeError, "a size in the shape of reshape must be an int, got float 2.0"),
    (lambda: ag.ones(2, 3) @ ag.ones(2, 3), ValueError, r"\(2, 3\) @ \(2, 3\) does not fit: the left has 3 columns, the right 2 rows"),
    (lambda: ag.matmul(ag.ones(2, 2, 3), ag.ones(4, 3, 2)), ValueError, "the batches of shapes"),
    (lambda: ag.einsum("i1,i->", ag.ones(2, 2), ag.ones(2)), ValueError, "letters, commas"),
    (lambda: ag.einsum("i->ii", ag.ones(2)), ValueError, "one index twice"),
    (lambda: ag.ones(2)[5], IndexError, "index 5 is out of bounds for dimension 0 of size 2"),
    (lambda: ag.ones(2, 3)[:, [0, 7]], IndexError, "index 7 is out of bounds for dimension 1 of size 3"),
    (lambda: ag.ones(2, 3)[..., -4], IndexError, "index -4 is out of bounds for dimension 1 of size 3"),
    (lambda: ag.ones(2, 3)[tensor([True])], IndexError, r"a mask of shape \(1,\) does not fit dimensions of sizes \(2,\)"),
    (lambda: ag.ones(2, 3)[[0, 1], [0, 1, 2]], IndexError, r"index tensors of shapes \[\(2,\), \(3,\)\] do not broadcast"),
    (lambda: ag.ones(2)[..., ...], IndexError, r"at most one \.\.\."),
    (lambda: ag.ones(2).split([1, 2]), ValueError, r"sizes \[1, 2\] do not add up to 2"),
    (lambda: ag.ones(2).sum(keepdim=np.ones(2)), TypeError, "keepdim must be True or False, got ndarray"),
    (lambda: tensor([1, 2], dtype=ag.uint8).fill_(300), ValueError, "300 does not fit into uint8, which goes from 0 to 255"),
    (lambda: ag.ones(2).uniform_(1, 0), ValueError, "low <= high, got low=1.0 and high=0.0"),
    (lambda: ag.isnan(5), TypeError, "isnan expects a Tensor, got int 5"),
    (lambda: ag.functional.hvp(lambda x: x.sum(), ag.ones(2), ag.ones(3)), ValueError, r"expected \[\(2,\)\], got \[\(3,\)\]"),
    (lambda: nn.optim.SGD([Value(1.0)]), TypeError, r"parameter 0 is Value 1.0; Values are trained by hand"),
    (lambda: F.cross_entropy([Value(1.0)], tensor([0])), TypeError, "make Values a tensor that they stay connected to"),
    (lambda: ag.cat([ag.ones(1), tensor(1.0)]), ValueError, r"got shapes \[\(1,\), \(\)\]"),
    (lambda: ag.sum(np.ones(2), dtype=ag.float32), TypeError, "takes dtype= for a Tensor, got ndarray"),
    (lambda: nn.optim.SGD([ag.ones(1)], nesterov="yes"), ValueError, "nesterov must be True or False, got str 'yes'"),
    (lambda: F.softplus(ag.ones(1), beta=0), ValueError, "beta must be > 0, got 0"),
    (lambda: nn.Sequential(nn.Tanh())["0"], TypeError, "the index of a Sequential must be an int, got str '0'"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind, message", REFUSED)
def test_a_refusal_says_what_came(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


def test_a_refused_fill_draws_no_number() -> None:
    generator = ag.Generator()
    before = generator.get_state()
    for refused in (
        lambda: ag.ones(2, requires_grad=True)[:1].uniform_(generator=generator),
        lambda: ag.ones(2, requires_grad=True).bernoulli_(generator=generator),
        lambda: ag.rand(2, generator=generator, requires_grad="yes"),
    ):
        with pytest.raises((RuntimeError, TypeError)):
            refused()
    assert generator.get_state() == before


def test_a_schedule_that_fails_at_its_first_step_leaves_the_groups_alone() -> None:
    optimizer = nn.optim.SGD([ag.ones(1, requires_grad=True)], lr=0.1)
    with pytest.raises(ZeroDivisionError):
        nn.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / epoch)
    assert "initial_lr" not in optimizer.param_groups[0]


def test_values_methods_meet_tensors() -> None:
    x, y = Value(2.0), Value(3.0)
    x.pow(y).backward()
    assert (x.grad, y.grad) == (12.0, 8 * np.log(2.0))  # the kernel of pow calls pow
    assert Value(1.0).maximum(tensor([0.0, 2.0])).tolist() == [1.0, 2.0]  # a method, unlike an operator, has nobody else to ask
    assert ag.std(ag.ones(0, 3), 0).isnan().all()  # of nothing, and no warning
    entry = ag.ValueTensor(Value(3.0))  # of no dimensions
    assert [f(entry).item().data for f in (ag.norm, ag.logsumexp, ag.std)][:2] == [3.0, 3.0]


def test_a_module_called_with_what_holds_itself() -> None:
    held = endless()
    assert nn.Identity()(held) is held
    assert nn.Identity()({"a": held})["a"] is held
