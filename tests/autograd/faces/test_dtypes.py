"""Dtypes: by what names they are found, that an array has the very object, and which ones results and gradients have."""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, tensor
from autograd.faces.dtypes import DTYPES, dtype_of, entries


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_dtype_is_found_by_all_its_names(dtype: Any) -> None:
    for name in (dtype, dtype.name, dtype.type, pickle.loads(pickle.dumps(dtype)), np.dtype(dtype.name)):
        assert dtype_of(name) is dtype
    assert [dtype_of(python) for python in (float, int, bool)] == [ag.float32, ag.int64, ag.bool_]


@pytest.mark.parametrize("other", [None, "int8", np.complex128, np.dtype(">f4"), "?!", 3, list, object])
def test_what_is_no_dtype_here_is_refused(other: Any) -> None:
    with pytest.raises(TypeError, match="is not supported; use one of float32, float64, float16, int64, int32, int16, uint8, bool"):
        dtype_of(other)


def test_numbers_of_whatever_holds_them() -> None:
    for numbers in (tensor([1.0, 2.0]), np.array([1.0, 2.0]), [1.0, 2.0], (1, 2), [ag.Value(1.0).data, 2]):
        assert entries(numbers, "a test").tolist() == [1, 2]
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
    for bad in ("int8", "complex64", "no", object):
        with pytest.raises(TypeError, match="not supported; use one of float32"):
            x.to(bad)


def rank(dtype: Any) -> int:
    return ["b", "iu", "f"].index(next(kinds for kinds in ("b", "iu", "f") if dtype.kind in kinds))


@given(st.sampled_from(DTYPES), st.sampled_from(DTYPES), st.sampled_from(["+", "*", "&", "|", "^"]), st.booleans())
def test_a_number_widens_no_tensor_of_its_kind(many: Any, one: Any, sign: str, first: bool) -> None:
    """PyTorch's rule: what has dimensions decides, unless the other is of a higher kind."""
    x, y = ag.ones(2).to(many), tensor(1).to(one)
    if sign in "&|^" and "f" in (many.kind, one.kind):
        return
    z = eval(f"x {sign} y" if first else f"y {sign} x", {"x": x, "y": y})
    assert z.dtype == (one if rank(one) > rank(many) else many)


@given(st.sampled_from(DTYPES), st.sampled_from(DTYPES))
def test_two_tensors_meet_in_the_wider_of_the_higher_kind(a: Any, b: Any) -> None:
    z = ag.ones(2).to(a) * ag.ones(2).to(b)
    highest = [d for d in (a, b) if rank(d) == max(rank(a), rank(b))]
    assert z.dtype == np.result_type(*highest)


PUTS = {
    "tensor": lambda dtype, n: tensor([0, n], dtype=dtype), "full": lambda dtype, n: ag.full((2,), n, dtype=dtype),
    "full_like": lambda dtype, n: ag.full_like(ag.zeros(1, dtype=dtype), n), "fill_": lambda dtype, n: ag.zeros(1, dtype=dtype).fill_(n),
    "index": lambda dtype, n: ag.zeros(1, dtype=dtype).__setitem__(0, n), "list": lambda dtype, n: ag.zeros(2, dtype=dtype).__setitem__(slice(None), [0, n]),
    "masked_fill": lambda dtype, n: ag.zeros(1, dtype=dtype).masked_fill(tensor([True]), n), "array": lambda dtype, n: tensor(np.array([n]), dtype=dtype),
    "Value": lambda dtype, n: tensor([ag.Value(n, requires_grad=False)], dtype=dtype),
}  # fmt: skip


@pytest.mark.parametrize("put", PUTS)
@given(st.sampled_from([d for d in DTYPES if d.kind in "iu"]), st.floats() | st.integers(-(2**62), 2**62))
def test_a_number_fits_an_integer_dtype_or_is_refused_by_name(put: str, dtype: Any, n: float) -> None:
    limits = np.iinfo(dtype)
    whole = math.trunc(n) if math.isfinite(n) else None
    if put == "Value":
        whole = None if whole is None else int(float(whole))
    if whole is not None and limits.min <= whole <= limits.max:
        z = PUTS[put](dtype, n)
        assert z is None or int(z.flatten()[-1].item()) == (whole if put != "Value" else int(np.float64(n).astype(dtype)))
        return
    with pytest.raises(ValueError, match=rf"does not fit into {dtype}, which goes from {limits.min} to {limits.max}"):
        PUTS[put](dtype, n)


@given(st.integers(256, 2**62) | st.integers(-(2**62), -1))
def test_a_number_beside_small_integers(n: int) -> None:
    x, c = tensor([1, 2], dtype=ag.uint8), tensor([True, False])
    for call in (lambda: ag.where(c, x, n), lambda: ag.where(c, n, x), lambda: x + n, lambda: n * x, lambda: x & n):
        with pytest.raises(ValueError, match=f": {n} does not fit into uint8, which goes from 0 to 255"):
            call()
    assert ag.where(c, x, 7).tolist() == [1, 7] and ag.where(c, x, 7).dtype == ag.uint8


def test_a_tensor_that_is_converted_is_cast() -> None:
    assert tensor([300.0, 1.5]).to(ag.uint8).tolist() == [44, 1] and tensor([300]).to("uint8").item() == 44
    assert ag.zeros(1, dtype=ag.uint8).copy_(tensor([300])).item() == 44


HALF = ag.float16
HALVES: dict[str, tuple[Callable[[Any], Any], list[float]]] = {  # of numbers that overflow, or vanish, where half precision computes
    "a quotient": (lambda x: x / 100000, [60000.0]),
    "a product": (lambda x: x * 100000, [0.001, 0.0]),
    "a norm": (lambda x: x.norm(), [300.0, 400.0]),
    "a mean": (lambda x: x.mean(), [30000.0] * 3),
    "a mean of many": (lambda x: x.mean(), [1.0] * 70000),
    "running sums": (lambda x: x.cumsum(0), [1.0] * 4096),
    "a variance": (lambda x: x.std(), [200.0, -200.0, 100.0]),
    "a function": (lambda x: x.square().sum().sqrt(), [3.0, 4.0]),
    "in place": (lambda x: x.clone().div_(100000), [60000.0]),
}


@pytest.mark.parametrize(("f", "numbers"), HALVES.values(), ids=HALVES)
def test_half_precision_is_what_is_kept_and_not_what_is_computed_with(f: Any, numbers: list[float]) -> None:
    x, wide = ag.tensor(numbers, dtype=HALF), ag.tensor(numbers, dtype=HALF).float()
    got, want = f(x), f(wide)
    assert got.dtype == HALF
    np.testing.assert_allclose(got.numpy().astype(np.float64), want.numpy(), rtol=2e-3)


def test_a_gradient_in_half_precision() -> None:
    x = ag.tensor([300.0, 400.0], dtype=HALF, requires_grad=True)
    x.norm().backward()
    assert x.grad.dtype == HALF
    np.testing.assert_allclose(x.grad.numpy(), [0.6, 0.8], rtol=1e-3)
