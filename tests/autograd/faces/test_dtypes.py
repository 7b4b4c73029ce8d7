"""Dtypes: by what names they are found, that an array has the very object, and which ones results and gradients have."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, tensor
from autograd.faces.dtypes import DTYPES, dtype_of, entries


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_dtype_is_found_by_all_its_names(dtype: Any) -> None:
    for name in (dtype, dtype.name, dtype.type, pickle.loads(pickle.dumps(dtype)), np.dtype(dtype.name)):
        assert dtype_of(name) is dtype
    assert [dtype_of(python) for python in (float, int, bool)] == [ag.float32, ag.int64, ag.bool_]


@pytest.mark.parametrize("other", [None, "float16", np.complex128, np.dtype(">f4"), "?!", 3, list, object])
def test_what_is_no_dtype_here_is_refused(other: Any) -> None:
    with pytest.raises(TypeError, match="is not supported; use one of float32, float64, int64, int32, uint8, bool"):
        dtype_of(other)


def test_numbers_of_whatever_holds_them() -> None:
    for given in (tensor([1.0, 2.0]), np.array([1.0, 2.0]), [1.0, 2.0], (1, 2), [ag.Value(1.0).data, 2]):
        assert entries(given, "a test").tolist() == [1, 2]
    assert entries(ag.Value(3.0), "a test") == 3 and entries(ag.ValueTensor.leaves(tensor([1.0]), "x"), "a test").tolist() == [1.0]
    for nothing in (None, "a", [[1], [2, 3]], {}, object()):
        with pytest.raises(TypeError, match="a test takes a number or a tensor, got"):
            entries(nothing, "a test")


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64, ag.int64, ag.bool_])
def test_an_unpickled_dtype_is_that_dtype(dtype: Any) -> None:
    array = pickle.loads(pickle.dumps(np.ones(2, dtype)))
    made = [
        tensor(array),
        Tensor(array),
        ag.from_numpy(array),
        ag.as_tensor(array),
        pickle.loads(pickle.dumps(tensor(array))),
        copy.deepcopy(tensor(array)),
    ]
    for x in made:
        assert x.dtype is dtype and x.to(pickle.loads(pickle.dumps(dtype))) is x and x.to(dtype) is x
        assert (x.sum().dtype, x.exp().dtype) == (tensor([1]).to(dtype).sum().dtype, ag.ones(1, dtype=dtype).exp().dtype)
    handed = ag.Op("unpickled", lambda x: pickle.loads(pickle.dumps(x)), None)
    assert handed(ag.ones(2, dtype=dtype)).dtype is dtype


def test_dtypes_of_gradients_and_results() -> None:
    x = ag.ones(3, requires_grad=True)
    for y in (x * 2.5, x + np.float64(1), x * tensor(2.0, dtype=ag.float64), x / 3, x**2, 1 - x, x * 10**3):
        assert y.dtype == ag.float32
        x.grad = None
        y.sum().backward()
        assert x.grad.dtype == ag.float32
    y = x.double() * ag.ones(3, dtype=ag.float64)
    y.sum().backward()
    assert y.dtype == ag.float64 and x.grad.dtype == ag.float32
    assert (ag.arange(3) / 2).dtype == ag.float32 and (ag.arange(3) * 1.5).dtype == ag.float32
    assert (ag.arange(3) + ag.ones(3)).dtype == ag.float32 and (ag.arange(3) * 2).dtype == ag.int64
    assert (ag.ones(3) > 0).dtype == ag.bool_ and ag.exp(ag.arange(3)).dtype == ag.float32


def test_dtypes_convert_and_gradients_come_back() -> None:
    x = ag.ones(2, requires_grad=True)
    for y, dtype in [(x.double(), "float64"), (x.long(), "int64"), (x.int(), "int32"), (x.bool(), "bool"), (x.to("uint8"), "uint8")]:
        assert y.dtype == dtype
    assert x.to(ag.float32) is x and x.to("cpu") is x and x.float() is x and x.to(ag.zeros(1, dtype=ag.float64)).dtype == ag.float64
    assert not x.long().requires_grad
    x.double().sum().backward()
    assert x.grad.dtype == ag.float32
    for bad in ("float16", "complex64", "no", object):
        with pytest.raises(TypeError, match="not supported; use one of float32"):
            x.to(bad)
