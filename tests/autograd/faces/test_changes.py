"""Changes in place that are recorded: programs of them against the same as a pure function, and what is refused."""

import gc
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, draw, grad, listing, tensor
from autograd.core.notes import Call
from autograd.testing import gradcheck
from tests.autograd.faces.programs import modelled, program, run


def inputs(rnd: Random, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    return [np.array([rnd.choice([0.5, -0.75, 1.25, 0.3, -0.2]) for _ in range(int(np.prod(s)))]).reshape(s) for s in shapes]


def total(ts: list[Any]) -> Any:
    return sum((t * t * (0.3 + 0.1 * k)).sum() for k, t in enumerate(ts))


def derivatives(lib: Any, y: Any, xs: list[Any]) -> list[np.ndarray]:
    """First gradients, raw and recorded, and second ones."""
    first = lib.autograd.grad(y, xs, create_graph=True, materialize_grads=True)
    square = sum((g * g).sum() for g in first)
    second = lib.autograd.grad(square, xs, retain_graph=True, materialize_grads=True) if square.requires_grad else [g * 0 for g in first]
    raw = lib.autograd.grad(y, xs, materialize_grads=True)
    return [g.detach().numpy() for g in (*first, *second, *raw)]


def close(some: list[np.ndarray], others: list[np.ndarray]) -> None:
    for a, b in zip(some, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


@settings(max_examples=150)
@given(rnd=st.randoms(use_true_random=False), length=st.integers(1, 12))
def test_a_program_that_changes_in_place_is_the_function_that_it_computes(rnd: Random, length: int) -> None:
    """Every tensor at its end, first and second derivatives; or an error that says what was changed, never another number."""
    p = program(rnd, length)
    numbers = inputs(rnd, p.shapes)
    xs, ys = ([tensor(a, requires_grad=True) for a in numbers] for _ in range(2))
    copies: set[int] = set()
    got = run(p, xs, lambda shape: ag.zeros(shape, dtype=ag.float64), copies)
    want = modelled(p, ys, lambda shape: ag.zeros(shape, dtype=ag.float64), lambda a: tensor(np.asarray(a, float)), copies)
    close([t.detach().numpy() for t in got], [t.detach().numpy() for t in want])
    try:
        found = derivatives(ag, total(got), xs)
    except RuntimeError as error:
        assert "changed in place after the operation was recorded" in str(error)
        return
    close(found, derivatives(ag, total(want), ys))


@settings(max_examples=150)
@given(rnd=st.randoms(use_true_random=False), length=st.integers(1, 12))
def test_what_pytorch_takes_is_taken_with_the_same_numbers(rnd: Random, length: int) -> None:
    torch: Any = pytest.importorskip("torch")
    p = program(rnd, length)
    numbers = inputs(rnd, p.shapes)
    theirs = [torch.tensor(a, requires_grad=True) for a in numbers]
    try:
        ts = run(p, theirs, lambda shape: torch.zeros(shape, dtype=torch.float64), set(), apart=True)
        want = [t.detach().numpy().copy() for t in ts] + derivatives(torch, total(ts), theirs)
    except RuntimeError:
        return
    ours = [tensor(a, requires_grad=True) for a in numbers]
    ts = run(p, ours, lambda shape: ag.zeros(shape, dtype=ag.float64), set(), apart=True)
    close([t.detach().numpy() for t in ts] + derivatives(ag, total(ts), ours), want)


# As programs write it.
def test_an_entry_that_is_overwritten_has_no_gradient() -> None:
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    y[0] = 5.0
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 2.0]


def test_softmax_minus_one_hot_by_hand() -> None:
    logits = tensor(np.linspace(-1, 1, 12).reshape(4, 3), requires_grad=True)
    targets = tensor([0, 2, 1, 1])
    p = logits.softmax(1)
    p[range(4), targets] -= 1
    p /= 4
    loss = -logits.log_softmax(1)[range(4), targets].mean()
    assert p.requires_grad and p.allclose(grad(loss, logits)[0])
    with pytest.raises(RuntimeError, match=r"<softmax> needs its result, which was changed in place"):
        p.sum().backward()


def test_gradients_that_are_added_up_by_hand() -> None:
    C, Xb = tensor(np.arange(8.0).reshape(4, 2), requires_grad=True), [[0, 1], [2, 1]]
    emb = C[Xb]
    dC = ag.zeros_like(C)
    for k in range(2):
        for j in range(2):
            dC[Xb[k][j]] += 2 * emb[k, j]
    assert dC.tolist() == grad((emb**2).sum(), C, retain_graph=True)[0].tolist()
    assert grad(dC.sum(), C)[0].tolist() == [[2.0, 2.0], [4.0, 4.0], [2.0, 2.0], [0.0, 0.0]]


def test_states_that_are_kept_in_one_tensor() -> None:
    w = tensor(0.5, dtype=ag.float64, requires_grad=True)

    def states(w: Tensor) -> Tensor:
        h = ag.zeros(6, dtype=ag.float64)
        for t in range(5):
            h[t + 1] = (h[t].clone() * w).sin() + w
        return h

    assert gradcheck(lambda w: states(w).sum(), w)
    listed = [ag.zeros((), dtype=ag.float64)]
    for t in range(5):
        listed.append((listed[t] * w).sin() + w)
    assert states(w).sum().allclose(sum(listed))
    (g,), (want,) = grad(states(w).sum(), w, create_graph=True), grad(sum(listed), w, create_graph=True)
    assert g.allclose(want) and grad(g, w)[0].allclose(grad(want, w)[0])


def test_views_see_changes_of_the_whole_and_the_whole_those_of_its_views() -> None:
    x = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 1
    v, column = y[0], y.T[1]
    v.add_(1)  # through the row
    y.mul_(2)  # the whole
    column.mul_(v)  # through another view, by the first
    assert y.tolist() == [[4.0, 24.0], [6.0, 48.0]] and v.tolist() == [4.0, 24.0] and column.tolist() == [24.0, 48.0]
    (g,) = grad(v.sum() + column.sum(), x)
    a, b, _, d = (t.item() for t in x.detach().reshape(-1))
    # v = (2 (a + 1), 2 (b + 1) * 2 (a + 1)), column = (2 (b + 1) * 2 (a + 1), 2 d * 2 (b + 1))
    assert g.tolist() == [[2 + 2 * 4 * (b + 1), 2 * 4 * (a + 1) + 4 * d], [0.0, 4 * (b + 1)]]


def test_an_entry_that_was_assigned_twice_belongs_to_the_last() -> None:
    w = tensor([1.0, 2.0, 3.0], dtype=ag.float64, requires_grad=True)

    def f(w: Tensor) -> Tensor:
        z = ag.ones(2, dtype=ag.float64)
        z[[0, 1, 0]] = w * w
        return z

    assert f(w).tolist() == [9.0, 4.0] and gradcheck(f, w)
    assert grad(f(w).sum(), w)[0].tolist() == [0.0, 4.0, 6.0]


def test_an_int_beside_an_index_array_is_taken_first() -> None:
    w = tensor([[1.0, 2.0], [3.0, 4.0]], dtype=ag.float64, requires_grad=True)

    def f(w: Tensor) -> Tensor:
        z = ag.zeros(2, 2, 3, dtype=ag.float64)
        z[1, :, [0, 2]] = w * w
        return z

    assert f(w)[1, :, [0, 2]].tolist() == [[1.0, 4.0], [9.0, 16.0]] and gradcheck(f, w)


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_dtypes_and_operands_of_all_kinds(dtype: Any) -> None:
    w, v = tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True), ag.Value(3.0)
    z = ag.zeros(2, 2, dtype=dtype)
    z[0] = w
    z[1, 0] = v
    z[1].add_(w, alpha=2)
    z.mul_(np.array([1.0, 2.0]))
    z += ag.arange(2)
    assert z.dtype is dtype and z.tolist() == [[1.0, 5.0], [5.0, 9.0]]
    z.sum().backward()
    assert w.grad.tolist() == [3.0, 6.0] and w.grad.dtype is ag.float64 and v.grad == 1.0
    n = ag.zeros(2, dtype=ag.int64)
    n[0] = w[1]  # an integer has no gradient
    assert n.tolist() == [2, 0] and not n.requires_grad


def test_hooks_and_grad_belong_to_what_the_tensor_was_and_is() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(("before", g.tolist())))
    y.retain_grad()
    y.mul_(2)
    y.register_hook(lambda g: seen.append(("after", g.tolist())))
    (y * 5).sum().backward()
    assert seen == [("after", [5.0, 5.0]), ("before", [10.0, 10.0])] and y.grad.tolist() == [5.0, 5.0]
    z = x * 3
    v = z[0]
    z.mul_(2)
    assert grad((v * 5).sum(), v, retain_graph=True)[0].item() == 5.0 and v.grad_fn.next_functions[0][0].node is z


STEPS = st.tuples(st.sampled_from(["use", "hook", "change"]), st.sampled_from(["whole", "view", "sibling"]))


@given(steps=st.lists(STEPS, max_size=12))
@example([("use", "view"), ("hook", "view"), ("change", "whole"), ("use", "whole"), ("use", "view")])
@example([("change", "whole"), ("hook", "view"), ("change", "sibling"), ("use", "view")])
def test_a_hook_stays_with_what_its_tensor_was_whoever_changes_the_memory(steps: list[tuple[str, str]]) -> None:
    """The same program out of place, where each change makes new tensors and the hooks stay on the old ones."""

    def scaled(factor: float) -> Any:
        return lambda g: g * factor

    def outcome(changed: Any) -> list[np.ndarray]:
        x = tensor([0.5, -2.0, 3.0], dtype=ag.float64, requires_grad=True)
        factors = {"whole": x, "view": x[1:], "sibling": x[:2]}
        whole = x * 2
        ts = {"whole": whole, "view": whole[1:], "sibling": whole[:2]}
        loss = (x * x).sum()
        for k, (what, name) in enumerate(steps):
            if what == "use":
                loss = loss + ts[name].sum() * (k + 1)
            elif what == "hook":
                ts[name].register_hook(scaled(k + 2.0))
            else:
                ts = changed(ts, name, factors[name])
        return derivatives(ag, loss, [x])

    def in_place(ts: dict[str, Any], name: str, by: Any) -> dict[str, Any]:
        ts[name].mul_(by)
        return ts

    def out_of_place(ts: dict[str, Any], name: str, by: Any) -> dict[str, Any]:
        whole, new = ts["whole"], ts[name] * by
        whole = {"whole": [new], "view": [whole[:1], new], "sibling": [new, whole[2:]]}[name]
        whole = ag.cat(whole)
        return {"whole": whole, "view": whole[1:], "sibling": whole[:2]}

    close(outcome(in_place), outcome(out_of_place))


def test_a_view_keeps_its_line_and_the_call_that_gave_it_when_the_whole_changes() -> None:
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    with ag.record_lines(), Call(tensor) as call:
        y = x * 1
        v = y[1:]
        line = v.place
        y.mul_(2)
        call.gave(v, x)
    w = v.sum()
    assert any(n is v and n.op.name == "[]" for n in ag.ancestors(w))
    assert v.calls == (call,) and v.place is line and line is not None


# What is refused.
def leaf_view(x: Tensor) -> Any:
    x[0].add_(1)


def unrecorded_view(x: Tensor) -> Any:
    y = x * 1
    with ag.no_grad():
        v = y[0]
    v.add_(x[0])


def alias(x: Tensor) -> Any:
    ag.Op("same", lambda x: x, lambda g, z, x: g)(x * 1).add_(1)


def constant_alias(x: Tensor) -> Any:
    z = ag.zeros(2)
    kept = ag.Op("same", lambda x: x, lambda g, z, x: g)(z)
    z[0] = x[0]
    return kept


def alias_of_what_changed(x: Tensor) -> Any:
    y = x * 1
    z = ag.Op("same", lambda x: x, lambda g, z, x: g)(y)
    y.add_(1)
    z.sum().backward()


def saved_result(x: Tensor) -> Any:
    y = x.exp()
    y.add_(1)
    y.sum().backward()


def saved_view(x: Tensor) -> Any:
    y = x * 1
    z = y[0] * y[0]
    y.add_(1)
    z.backward()


def expanded(x: Tensor) -> Any:
    (x * 1).expand(2, 2).add_(1)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x: x.add_(1), "on a leaf that requires grad would lose its history"),
        (leaf_view, "on a view of a leaf that requires grad would lose its history"),
        (unrecorded_view, r"view, of shape \(\), that was made inside no_grad\(\) of the result of <\*>"),
        (alias, r"shares its memory with another by an operation that is no view of ours; \.clone\(\) it first"),
        (constant_alias, r"shares its memory with another by an operation that is no view of ours"),
        (
            alias_of_what_changed,
            r"<same>, of shape \(2,\), shares the memory of a tensor that was changed in place since, by add_ at .*py:\d+",
        ),
        (saved_result, r"backward of <exp> needs its result, which was changed in place after .* by add_ at .*test_changes.py:\d+"),
        (saved_view, r"backward of <\*> needs its argument .* changed in place after .* by add_"),
        (expanded, r"would change several entries at once"),
    ],
)
def test_what_is_refused(spoil: Any, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        spoil(tensor([1.0, 2.0], requires_grad=True))


def test_a_change_that_fails_changes_nothing() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    v, op, args = y[0], y.op, y.x
    for wrong in (lambda: y.add_(ag.ones(3)), lambda: y.__setitem__(0, x), lambda: y.mul_("a"), lambda: v.add_(x)):
        with pytest.raises((ValueError, TypeError)):
            wrong()
        assert y.op is op and y.x is args and y.tolist() == [2.0, 4.0] and v.tolist() == 2.0
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_without_gradients_and_on_aliases_all_stays_as_it_was() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    op, args = y.op, y.x
    with ag.no_grad():
        y.add_(1)
        y[0] = 7.0
    y.detach().mul_(2)
    y.data[1] = 3.0
    assert y.op is op and y.x is args and y.tolist() == [14.0, 3.0]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_graph_that_was_let_go_stays_so() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    v = y[0]
    y += 1
    v.backward()
    assert x.grad.tolist() == [2.0, 0.0]
    y *= 2
    for again in (v * 1, y.sum(), v):
        with pytest.raises(RuntimeError, match="retain_graph=True"):
            again.backward()
    with ag.no_grad():
        y.zero_()
    assert v.item() == 0.0


# Readers, memory.
def test_it_is_drawn_and_listed() -> None:
    x, w = tensor([[1.0, 2.0], [3.0, 4.0]], dtype=ag.float64, requires_grad=True), tensor([0.5, -1.0], dtype=ag.float64, requires_grad=True)

    def f(x: Tensor, w: Tensor) -> Tensor:
        y = x * 2
        y[0].mul_(w)
        y[:, 1] -= 1
        y.T.add_(w.reshape(2, 1))
        return (y * y).sum()

    assert gradcheck(f, (x, w))
    loss = f(x, w)
    source = draw(loss).source
    assert '"[0] ="' in source and ".permute =" in source
    text = listing(loss)
    assert "place_(" in text
    scope: dict[str, Any] = {}
    exec(text, scope)
    wants = grad(loss, [x, w])
    assert all(np.allclose(scope[name], g.numpy()) for name, g in zip(("d_x", "d_w"), wants))
    with ag.record_lines():
        y = x * 2
        y[0] = w
    assert y.place is not None and "test_changes.py" in str(y.place) and ": y[0] = w" in draw(y).source


def test_a_graph_that_was_walked_forms_no_circle() -> None:
    w = ag.ones(3, requires_grad=True)

    def once() -> None:
        h = ag.zeros(4, 3)
        for t in range(3):
            h[t + 1] = h[t] * 0.5 + w
            h.reshape(-1)[0] += h.sum()
        grad(h.sum(), w)

    once()
    gc.collect()
    gc.disable()
    try:
        before = sum(issubclass(type(o), Tensor) for o in gc.get_objects())
        once()
        assert sum(issubclass(type(o), Tensor) for o in gc.get_objects()) == before
    finally:
        gc.enable()
