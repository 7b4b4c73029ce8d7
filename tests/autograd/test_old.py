"""Constructors of older programs: what they make, and what they are asked."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, Variable, tensor
from autograd.faces.dtypes import TYPES


@pytest.mark.parametrize("name", TYPES)
def test_a_type_makes_tensors_of_its_dtype(name: str) -> None:
    made, dtype = getattr(ag, name), TYPES[name]
    for x in (made([1, 0]), made((1, 0)), made(np.array([1.0, 0.0])), made(tensor([True, False]))):
        assert type(x) is Tensor and x.dtype is dtype and x.tolist() == [1, 0]
        assert isinstance(x, made) and x.type() == f"torch.{name}" == repr(made)
        assert [isinstance(x, getattr(ag, other)) for other in TYPES] == [other == name for other in TYPES]
    for x in (ag.ones(2).type(made), ag.ones(2).type(f"torch.{name}"), ag.ones(2).type(name), ag.ones(2).type(dtype)):
        assert x.dtype is dtype
    assert (made().shape, made(2, 3).shape, made(ag.ones(2, 3).shape).shape) == ((0,), (2, 3), (2, 3)) and made(2).dtype is dtype
    assert not isinstance(np.ones(2, dtype), made)


@given(st.lists(st.integers(0, 3), max_size=3))
def test_a_tensor_of_sizes_and_of_lists(sizes: list[int]) -> None:
    if sizes:
        assert Tensor(*sizes).shape == tuple(sizes) and Tensor(*sizes).dtype == ag.float32
    x = Tensor(sizes)
    assert x.dtype == ag.float32 and x.tolist() == sizes and not x.requires_grad
    assert Tensor(np.array(sizes), requires_grad=False).dtype == np.array(sizes).dtype  # an array is taken as it is, with its memory


def test_what_older_constructors_refuse() -> None:
    for wrong in ((1.5,), (2, [1]), ("a",), (None,), (ag.ones(1), 2), ([1], [2])):
        with pytest.raises(TypeError, match=r"Tensor\(\) takes an array, a list, or sizes, got"):
            Tensor(*wrong)
    for call, kind in [
        (lambda: Tensor(-1), ValueError),
        (lambda: Tensor([[1], [2, 3]]), TypeError),
        (lambda: ag.LongTensor([float("nan")]), ValueError),
    ]:
        with pytest.raises(kind):
            call()


def test_a_variable_is_an_alias_outside_the_graph() -> None:
    x = ag.ones(2)
    v = Variable(x, requires_grad=True)
    (v * v).sum().backward()
    assert v.grad.tolist() == [2, 2] and not x.requires_grad and np.shares_memory(x.numpy(), v.detach().numpy())
    assert not Variable(v * 2).requires_grad and Variable([1.0]).tolist() == [1.0]
    torch: Any = ag
    assert torch.autograd.Variable is Variable
