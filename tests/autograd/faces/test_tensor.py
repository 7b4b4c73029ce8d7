"""`Tensor`: what it is, what it converts to, and how it meets numpy."""

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
import nn
from autograd import Tensor, Value, tensor
from autograd.faces.dtypes import DTYPES


def test_what_it_is() -> None:
    x = ag.ones(2, 3, requires_grad=True)
    y = x * 2
    assert (x.shape, x.size(), x.size(1), x.ndim, x.dim(), x.numel(), x.dtype) == ((2, 3), (2, 3), 3, 2, 2, 6, ag.float32)
    assert x.is_leaf and x.grad_fn is None and not y.is_leaf and repr(y.grad_fn) == "<*>"
    assert len(x) == 2 and [r.shape for r in x] == [(3,), (3,)] and 1.0 in x and 2.0 not in x
    assert y.detach().requires_grad is False and np.shares_memory(y.detach().numpy(), y.raw)
    assert y.clone().requires_grad and not np.shares_memory(y.clone().raw, y.raw)
    assert x.T.shape == (3, 2) and x.t().shape == (3, 2) and x.reshape_as(ag.zeros(6)).shape == (6,)
    assert x.contiguous() is x and x.T.contiguous().raw.flags.c_contiguous and x.cpu() is x


def test_one_number_converts_and_more_refuse() -> None:
    x = tensor([2.5])
    assert float(x) == 2.5 and int(x) == 2 and bool(x) and x.item() == 2.5 and f"{tensor(2.5):.2f}" == "2.50"
    assert [10, 20, 30][tensor(1)] == 20 and list(range(tensor(3))) == [0, 1, 2]
    for call in (float, int, bool, lambda t: t.item()):
        with pytest.raises(ValueError, match=r"got shape \(2,\)"):
            call(ag.ones(2))
    with pytest.raises(TypeError, match="only an integer tensor"):
        range(tensor(3.0))  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="0-d"):
        len(tensor(1.0))
    with pytest.raises(TypeError, match="0-d"):
        list(tensor(1.0))


def test_numpy_and_back() -> None:
    x = ag.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="detach"):
        x.numpy()
    with pytest.raises(RuntimeError, match="detach"):
        np.asarray(x)
    array = np.arange(3.0)
    t = ag.from_numpy(array)
    t[0] = 7.0
    assert array[0] == 7 and np.asarray(t).dtype == np.float64 and np.asarray(t, dtype=np.float32).dtype == np.float32
    assert not np.shares_memory(tensor(array).numpy(), array)


def test_logic_on_booleans() -> None:
    a, b = tensor([True, True, False]), tensor([True, False, False])
    assert (a & b).tolist() == [True, False, False] and (a | b).tolist() == [True, True, False]
    assert (a ^ b).tolist() == [False, True, False] and (~a).tolist() == [False, False, True]


def test_pickles_and_copies_of_leaves() -> None:
    x = ag.ones(2, requires_grad=True)
    (x * x).sum().backward()
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert y.tolist() == [1, 1] and y.requires_grad and not np.shares_memory(x.raw, y.raw)
    assert copy.deepcopy(x).grad.tolist() == [2, 2]


def test_retain_grad_and_lists_of_the_wrong_kind() -> None:
    x = ag.ones(2, requires_grad=True)
    y = x * 2
    y.sum().backward()
    assert y.grad is None
    y = x * 2
    y.retain_grad()
    (y * y).sum().backward()
    assert y.grad.tolist() == [4, 4]
    with pytest.raises(RuntimeError, match="does not require grad"):
        ag.ones(1).retain_grad()
    with pytest.raises(TypeError):
        x + [1, 2]  # type: ignore[operator]
    with pytest.raises(TypeError, match="wrap lists as tensor"):
        ag.add(x, [1, 2])
    assert type(x + np.ones(2)) is Tensor


def test_the_class_itself_takes_an_array_with_its_memory() -> None:
    array = np.ones(2)
    assert np.shares_memory(Tensor(array).numpy(), array) and np.shares_memory(Tensor(Tensor(array)).numpy(), array)
    for data in (3.5, ag.Value(1.0), None, "ab"):
        with pytest.raises(TypeError, match=r"use tensor\(data\) for a number"):
            Tensor(data)
    assert Tensor(array).type() == "torch.DoubleTensor" and ag.ones(1).type(ag.int64).type() == "torch.LongTensor"


def test_a_shape_is_a_tuple_that_counts() -> None:
    x = ag.ones(2, 3)
    for shape in (x.shape, x.size(), ag.Size([2, 3])):
        assert type(shape) is ag.Size and shape == (2, 3) and shape.numel() == 6 == x.nelement() and repr(shape) == "(2, 3)"
    assert ag.ones(()).shape.numel() == 1 and ag.zeros(x.shape).shape == pickle.loads(pickle.dumps(x.shape)) == copy.deepcopy(x.shape)
    assert x.flatten().view_as(x).equal(x) and [*x.shape] == [2, 3] and hash(x.shape) == hash((2, 3))


@given(st.floats(width=32) | st.integers(-9, 9) | st.booleans())
def test_a_tensor_of_one_number_is_formatted_as_that_number(number: Any) -> None:
    for x in (tensor(number), tensor(number, dtype=ag.float32, requires_grad=True)):
        assert f"{x}" == str(x.item()) and (not isinstance(number, float) or f"{x:.3f}" == f"{number:.3f}")
    assert f"{tensor([number])}" == repr(tensor([number])) and f"{tensor(2.5)}" == "2.5" and str(tensor(2.5)) == "tensor(2.5000)"
    with pytest.raises(TypeError, match=r"the format '.2f' is for one number, got a tensor of shape \(2,\)"):
        f"{ag.ones(2):.2f}"


NUMPYS = [np.sum, np.mean, np.std, np.var, np.prod, np.max, np.min, np.argmax, np.argmin, np.cumsum, np.all, np.any, np.median, np.round]


@pytest.mark.parametrize("function", NUMPYS, ids=lambda f: f.__name__)
def test_numpys_reductions_give_numpys_answers(function: Any) -> None:
    raw = np.array([[1.0, 4.0, 2.0], [0.5, 3.0, 8.25]])
    x = tensor(raw)
    hows: list[dict[str, Any]] = [{}, {"axis": 0}] if function is not np.round else [{}, {"decimals": 1}]
    for how in hows:
        got, want = function(x, **how), function(raw, **how)
        assert not isinstance(got, Tensor) and type(got) is type(want)
        np.testing.assert_array_equal(got, want)
    if function not in (np.all, np.any, np.argmax, np.argmin):
        name = re.escape(function.__name__)
        with pytest.raises(RuntimeError, match=rf"np\.{name} would lose the history of .* use x\.\w+\(\)|use \.detach\(\)\.numpy\(\)"):
            function(tensor(raw, requires_grad=True))


def test_out_is_numpys_alone() -> None:
    with pytest.raises(TypeError, match="sum takes no out="):
        ag.ones(2).sum(out=ag.ones(()))


def test_half_precision_and_short_integers() -> None:
    x = tensor([0.5, 1.5], requires_grad=True)
    h = x.half()
    assert (h.dtype, (h * 2.5).dtype, (h + h).dtype, h.exp().dtype, ag.erf(h).dtype, h.sum().dtype) == (ag.float16,) * 6
    assert ((h + x).dtype, (h * tensor([1, 2])).dtype, (h + tensor(1.0)).dtype) == (ag.float32, ag.float16, ag.float16)
    (h * h).sum().backward()
    assert x.grad.dtype == ag.float32 and x.grad.tolist() == [1, 3]
    h = tensor([1.0], dtype=ag.float16, requires_grad=True)
    (h**2).sum().backward()
    assert h.grad.dtype == ag.float16 and h.grad.tolist() == [2]
    i = tensor([1, 2], dtype=ag.int16)
    assert (i + i).dtype == ag.int16 and (i + tensor([1], dtype=ag.uint8)).dtype == ag.int16 and (i * 2.5).dtype == ag.float32
    assert i.sum().dtype == ag.int64 and ag.half is ag.float16 and ag.short is ag.int16


def test_numpy_on_the_left_gives_our_types() -> None:
    v, x = Value(3.0), ag.ones(2, requires_grad=True)
    for z in (np.float64(2) * v, np.float32(2) + v, np.int64(2) - v, np.float64(2) / v, np.float64(2) ** v):
        assert type(z) is Value and z.requires_grad
    assert (np.float64(2) ** v).data == 8
    for z in (np.ones(2) * v, np.ones(2) * x, np.ones((3, 2)) @ x, np.float64(2) * x, np.exp(x), np.ones(2, np.float32) - x):
        assert type(z) is Tensor and z.requires_grad
    assert type(np.ones(2) > x) is Tensor and (np.ones(2) * 2 > x).tolist() == [True, True]
    assert (np.float64(4) > v) is True or (np.float64(4) > v) == True  # noqa: E712
    assert type(np.exp(v)) is Value and type(np.tanh(v)) is Value


def test_a_gradient_can_be_deleted() -> None:
    for x in (ag.ones(2, requires_grad=True), ag.Value(3.0), nn.Parameter(ag.ones(2))):
        del x.grad  # of none
        (x * x).sum().backward() if isinstance(x, Tensor) else (x * x).backward()
        assert x.grad is not None
        del x.grad
        assert x.grad is None


def test_requires_grad_can_be_turned_off() -> None:
    x = ag.ones(2, requires_grad=True)
    x.requires_grad_(False)
    assert not (x * 2).requires_grad
    v = Value(1.0)
    v.requires_grad = False
    assert not (v * 2).requires_grad
    with pytest.raises(RuntimeError, match="leaf only"):
        (Value(1.0) * 2).requires_grad = False


@given(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), st.sampled_from([None, *DTYPES]))
def test_new_tensors_have_the_dtype_of_the_one_they_are_asked_of(own: Any, shape: tuple[int, ...], dtype: Any) -> None:
    x = ag.zeros(2, dtype=own)
    for made, number in ((x.new_zeros, 0), (x.new_ones, 1)):
        for z in (made(shape, dtype=dtype, device="cpu"), made(*shape, dtype=dtype), x.new_tensor(np.full(shape, number), dtype=dtype)):
            assert z.shape == shape and z.dtype == (own if dtype is None else dtype) and (z == number).all() and z.is_leaf
    assert x.type_as(ag.ones(1, dtype=dtype or own)).dtype == (dtype or own) and x.is_floating_point() == ag.is_floating_point(x) == (
        own.kind == "f"
    )
    assert ag.ravel(x.new_ones(shape)).shape == x.new_ones(shape).ravel().shape == (int(np.prod(shape)),)
    assert ag.ones(()).expand_as(ag.ones(shape)).shape == shape


def test_a_new_tensor_is_a_copy_that_may_learn() -> None:
    x = ag.ones(2)
    z = x.new_tensor(x, requires_grad=True)
    assert z.requires_grad and z.tolist() == x.tolist() and not np.shares_memory(z.detach().numpy(), x.numpy())
    with pytest.raises(ValueError, match="new_tensor: 300 does not fit into uint8"):
        ag.zeros(1, dtype=ag.uint8).new_tensor(300)
    with pytest.raises(ValueError, match="there is no device 'cuda'"):
        x.new_zeros(2, device="cuda")


def test_the_limits_of_dtypes() -> None:
    assert ag.finfo(ag.float).eps == 2.0**-23 and ag.iinfo(ag.long).max == 2**63 - 1


def test_equal_is_a_function_too() -> None:
    assert ag.equal(tensor([1.0]), tensor([1.0])) and not ag.equal(tensor([1.0]), tensor([1.0, 1.0]))


@pytest.mark.parametrize("product", [lambda x: x @ [1, 2], lambda x: [1, 2] @ x, lambda x: x @ (1, 2)])
def test_a_product_with_a_list_is_refused_in_the_words_of_a_sum(product: Any) -> None:
    with pytest.raises(TypeError, match=r"<@> takes tensors and arrays, got .* of length 2; wrap it as tensor\(\.\.\.\)"):
        product(ag.ones(2))
