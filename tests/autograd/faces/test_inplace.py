"""What changes a tensor in place: what it changes, what it refuses, and what a graph has of it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor
from autograd.faces.versions import CHANGES
from tests.autograd.examples import same


def test_in_place_never_corrupts() -> None:
    x = ag.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        x += 1
    with ag.no_grad():
        before = x
        x += 1
        assert x is before and x.tolist() == [2, 2, 2] and x.requires_grad
    y = x * x
    kept = y
    z = y * y
    y += 100  # in place, and recorded
    assert y is kept and kept.tolist() == [104, 104, 104]
    with pytest.raises(RuntimeError, match=r"backward of <\*> needs its argument .* changed in place after .*, by add_ at"):
        z.sum().backward()
    total = ag.zeros(())
    for _ in range(3):
        total += (x * x).sum()
    assert total.requires_grad and total.item() == 36
    total.backward()
    same(x.grad.numpy(), [12, 12, 12])


@pytest.mark.parametrize("name", ["add_", "sub_", "mul_", "div_", "pow_", "copy_", "fill_"])
def test_what_has_no_meaning_for_a_dtype_is_refused_in_words(name: str) -> None:
    """numpy's own errors are of kinds that no text alone makes: each is raised again as one of Python's."""
    others = [True, 2, -1, 0.5, *(ag.ones(2).to(dtype) for dtype in (ag.bool, ag.uint8, ag.int64, ag.float32))]
    for mine in (ag.bool, ag.uint8, ag.int64, ag.float32):
        for other in others:
            x = ag.ones(2).to(mine)
            try:
                assert getattr(x, name)(other) is x
            except (TypeError, ValueError) as error:
                assert type(error) in (TypeError, ValueError) and name in str(error)
    with pytest.raises(TypeError, match=r"pow_ is not defined for Tensor of shape \(1,\) and dtype bool and bool True"):
        tensor([True]).pow_(True)


IN_PLACE = {
    "add_": (lambda x: x.add_(2), lambda a: a + 2), "sub_": (lambda x: x.sub_(ag.ones(3), alpha=3), lambda a: a - 3),
    "mul_": (lambda x: x.mul_(2), lambda a: a * 2), "div_": (lambda x: x.div_(2), lambda a: a / 2),
    "zero_": (lambda x: x.zero_(), lambda a: a * 0), "fill_": (lambda x: x.fill_(4), lambda a: a * 0 + 4),
    "copy_": (lambda x: x.copy_(ag.arange(3)), lambda a: a * 0 + np.arange(3)), "clamp_": (lambda x: x.clamp_(0, 1), lambda a: a.clip(0, 1)),
    "iadd": (lambda x: x.__iadd__(1), lambda a: a + 1), "isub": (lambda x: x.__isub__(1), lambda a: a - 1),
    "imul": (lambda x: x.__imul__(3), lambda a: a * 3), "itruediv": (lambda x: x.__itruediv__(4), lambda a: a / 4),
}  # fmt: skip


@pytest.mark.parametrize(("change", "want"), IN_PLACE.values(), ids=IN_PLACE.keys())
def test_changes_in_place(change: Any, want: Any) -> None:
    a = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, 9.0]], np.float32)
    x = tensor(a)
    memory = x.raw
    assert change(x) is x and x.raw is memory and x.dtype == ag.float32
    np.testing.assert_allclose(x.numpy(), want(a))
    leaf = tensor(a, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        change(leaf)
    with ag.no_grad():
        change(leaf)
    np.testing.assert_allclose(leaf.detach().numpy(), want(a))
    leaf.data = tensor(a)
    assert leaf.tolist() == a.tolist() and leaf.requires_grad


def test_in_place_refuses_what_does_not_fit_and_changes_nothing() -> None:
    x, n = ag.zeros(3), ag.arange(3)
    with pytest.raises(ValueError, match=r"shape \(2,\) does not fit into shape \(3,\)"):
        x.add_(ag.ones(2))
    with pytest.raises(ValueError, match="does not fit"):
        x.add_(ag.ones(2, 3))
    with pytest.raises(TypeError, match="cannot be stored in int64"):
        n += 1.5
    with pytest.raises(TypeError, match="quotient"):
        n /= 2
    with pytest.raises(RuntimeError, match="expanded view"):
        ag.zeros(1).expand(3).add_(1)
    with pytest.raises(RuntimeError, match=r"shape \(2,\) over memory that is read-only; \.clone\(\) first"):
        ag.from_numpy(np.frombuffer(bytes(8), np.float32)).add_(1)
    with pytest.raises(TypeError, match="takes a number or a tensor"):
        x.add_("a")
    assert x.tolist() == [0.0] * 3 and n.tolist() == [0, 1, 2]


def test_random_fills_repeat_and_fill() -> None:
    x = ag.zeros(1000)
    a = x.normal_(1.0, 0.1, generator=ag.Generator().manual_seed(1)).tolist()
    b = x.normal_(1.0, 0.1, generator=ag.Generator().manual_seed(1)).tolist()
    assert a == b and abs(np.mean(a) - 1) < 0.02 and abs(np.std(a) - 0.1) < 0.02
    u = x.uniform_(-1, 3).numpy()
    assert u.min() >= -1 and u.max() < 3 and abs(u.mean() - 1) < 0.2


@given(data=st.data(), shape=hnp.array_shapes(max_dims=3, max_side=4))
def test_assignment_by_index(data: st.DataObject, shape: tuple[int, ...]) -> None:
    key = data.draw(hnp.basic_indices(shape) | hnp.integer_array_indices(shape))
    a = np.zeros(shape)
    x = tensor(a)
    a[key] = 5
    x[key] = 5.0
    np.testing.assert_array_equal(x.numpy(), a)


def test_assignment_respects_the_same_rules() -> None:
    w = ag.zeros(2, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        w[0] = 1.0
    w.data[0] += 1
    assert w.tolist() == [[1.0, 1.0], [0.0, 0.0]]
    with ag.no_grad():
        w[1, 1] = 3.0
    assert w.tolist()[1] == [0.0, 3.0]
    with pytest.raises(ValueError, match="does not fit"):
        ag.zeros(2, 2)[0] = ag.ones(3)
    x = ag.zeros(3)
    x[x == 0] = tensor([1.0, 2.0, 3.0])
    x[[0, 2]] = 9.0
    assert x.tolist() == [9.0, 2.0, 9.0]


OUT_OF_PLACE: dict[str, Any] = {
    "add_": lambda x, y: x + y, "sub_": lambda x, y: x - y, "mul_": lambda x, y: x * y, "div_": lambda x, y: x / y, "pow_": lambda x, y: x**y,
    "copy_": lambda x, y: x * 0 + y, "__iadd__": lambda x, y: x + y, "__isub__": lambda x, y: x - y, "__imul__": lambda x, y: x * y,
    "__itruediv__": lambda x, y: x / y, "__ipow__": lambda x, y: x**y,
}  # fmt: skip


@pytest.mark.parametrize("name", OUT_OF_PLACE)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), seed=st.integers(0, 9))
def test_what_changes_in_place_gives_what_the_operation_gives(name: str, data: st.DataObject, shape: tuple[int, ...], seed: int) -> None:
    """In the memory that was there, seen through every view of it, and in its dtype."""
    draw, dtype = np.random.default_rng(seed), data.draw(st.sampled_from([ag.float32, ag.float64]))
    small = tuple(data.draw(st.sampled_from([n, 1])) for n in shape)[data.draw(st.integers(0, len(shape))) :]
    a, b = (tensor(draw.integers(1, 5, s).astype(float), dtype=dtype) for s in (shape, small))
    other: Any = data.draw(st.sampled_from([b, b.numpy(), b.long(), 2, 0.5, True]))
    want = OUT_OF_PLACE[name](a, other.double() if isinstance(other, ag.Tensor) else other).to(dtype)
    memory, view, before = a.raw, a.reshape(-1), CHANGES.count
    assert getattr(a, name)(other) is a and a.raw is memory and a.dtype is dtype
    assert a.raw.tobytes() == want.raw.tobytes() == view.numpy().tobytes()
    assert a.version is not None and a.version is view.version and before < a.version.number == CHANGES.count


@pytest.mark.parametrize("name", [name for name in OUT_OF_PLACE if not name.startswith("__")])
@given(shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), extra=st.sampled_from(["axis", "side", "text", "leaf"]))
def test_what_is_refused_changes_nothing(name: str, shape: tuple[int, ...], extra: str) -> None:
    x = ag.full(shape, 3.0).requires_grad_(extra == "leaf")
    wide = (2, *shape) if extra == "axis" or not shape else (*shape[:-1], shape[-1] + 1)
    other: Any = {"text": "a", "leaf": 2.0}.get(extra, ag.ones(wide))
    before = CHANGES.count
    with pytest.raises(RuntimeError if extra == "leaf" else TypeError if extra == "text" else ValueError):
        getattr(x, name)(other)
    assert CHANGES.count == before and (x.detach() == 3.0).all()


@pytest.mark.parametrize(
    ("name", "row"), [("__iadd__", ag.add), ("__isub__", ag.sub), ("__imul__", ag.mul), ("__itruediv__", ag.div), ("__ipow__", ag.pow)]
)
def test_an_assignment_to_a_name_is_recorded_where_a_gradient_is_asked(name: str, row: Any) -> None:
    w = tensor([2.0, 3.0], requires_grad=True)
    for make in (lambda: w * 1, lambda: tensor([4.0, 5.0])):
        x, other = make(), make()
        memory, want = x.raw, row(other, w)
        z = getattr(x, name)(w)
        assert z is x and z.op is row and z.raw is memory and z.tolist() == want.tolist()
        assert ag.grad(z.sum(), w)[0].tolist() == ag.grad(want.sum(), w)[0].tolist()
        with ag.no_grad():
            x = make()
            op = x.op
            assert getattr(x, name)(w) is x and x.op is op and x.tolist() == want.tolist()


@given(
    p=st.floats(0, 1), shape=hnp.array_shapes(max_dims=2, max_side=4), dtype=st.sampled_from([ag.float32, ag.float64, ag.int64, ag.bool_])
)
def test_coins_fill_with_ones_and_zeros(p: float, shape: tuple[int, ...], dtype: Any) -> None:
    x = ag.full(shape, 7).to(dtype)
    x.bernoulli_(p, generator=ag.Generator().manual_seed(3))
    assert x.dtype is dtype and set(np.unique(x.numpy())) <= ({0} if p == 0 else {1} if p == 1 else {0, 1})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.normal_(0, -1), ValueError, "std must be >= 0, got -1"), (lambda x: x.normal_("a"), TypeError, "normal_: mean"),
        (lambda x: x.uniform_(2, 1), ValueError, "low <= high, got low=2.0 and high=1.0"), (lambda x: x.bernoulli_(1.5), ValueError, "probability"),
        (lambda x: x.long().normal_(), TypeError, "fills a floating tensor, got int64"), (lambda x: x.long().div_(2), TypeError, "quotient"),
        (lambda x: x.to(ag.uint8).add_(256), ValueError, "256 does not fit into uint8, which goes from 0 to 255"),
        (lambda x: x.add_(1, alpha="a"), TypeError, "add_: alpha"), (lambda x: x.long().add_(1, alpha=0.5), TypeError, "cannot be stored in int64"),
    ],
)  # fmt: skip
def test_fills_say_what_they_do_not_take(call: Any, error: type[Exception], message: str) -> None:
    x = ag.ones(3)
    with pytest.raises(error, match=message):
        call(x)
    assert x.tolist() == [1, 1, 1]


def test_a_row_of_size_one_goes_into_a_row() -> None:
    """PyTorch's assignment leaves out sizes of 1 at the front."""
    x = ag.zeros(2, 3)
    x[0] = ag.ones(1, 3)
    x[1] = [[[1.0, 2.0, 3.0]]]
    assert x.tolist() == [[1, 1, 1], [1, 2, 3]]
    x[0, 0] = ag.full((1, 1), 5.0)
    assert x[0, 0].item() == 5
    for value in (ag.ones(2, 3), ag.ones(3, 1)):
        with pytest.raises(ValueError, match="does not fit the selected shape"):
            x[0] = value
