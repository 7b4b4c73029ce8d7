"""Tensors beside one another and in parts: numpy's results, and gradients that come back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import tensor
from autograd.testing import gradcheck

shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def counted(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(float(np.prod(shape))).reshape(shape)


@given(hnp.array_shapes(max_dims=3, min_side=0, max_side=7), st.integers(1, 5), st.data())
def test_chunks_join_to_the_whole(shape: tuple[int, ...], chunks: int, data: st.DataObject) -> None:
    dim = data.draw(st.integers(0, len(shape) - 1))
    parts = ag.chunk(tensor(counted(shape)), chunks, dim)
    sizes = [part.shape[dim] for part in parts]
    assert ag.concat(parts, dim).tolist() == counted(shape).tolist() and len(parts) <= chunks
    assert len({*sizes[:-1]}) <= 1 and sizes[-1] <= sizes[0] == -(-shape[dim] // chunks)


@given(shapes, st.integers(1, 3))
def test_stacks_are_numpys(shape: tuple[int, ...], n: int) -> None:
    xs = [counted(shape) + i for i in range(n)]
    for name in ("hstack", "vstack"):
        got, want = getattr(ag, name)([tensor(x) for x in xs]), getattr(np, name)(xs)
        assert got.tolist() == want.tolist() and got.shape == want.shape


@given(st.lists(st.sampled_from([(), (1,), (3,), (2,), (0,)]), min_size=1, max_size=3), st.sampled_from(["ij", "xy"]))
def test_grids_are_numpys(shapes: list[tuple[int, ...]], indexing: str) -> None:
    xs = [counted(shape) + i for i, shape in enumerate(shapes)]
    for given_as in ([tensor(x) for x in xs], [[tensor(x) for x in xs]]):
        for got, want in zip(ag.meshgrid(*given_as, indexing=indexing), np.meshgrid(*xs, indexing=indexing), strict=True):
            assert got.shape == want.shape and got.tolist() == want.tolist()


@given(shapes, st.data())
def test_repeated_it_is_numpys_tile(shape: tuple[int, ...], data: st.DataObject) -> None:
    times = tuple(data.draw(st.integers(0, 3)) for _ in range(len(shape) + data.draw(st.integers(0, 2))))
    for got in (tensor(counted(shape)).repeat(*times), tensor(counted(shape)).repeat(times)):
        assert got.tolist() == np.tile(counted(shape), times).tolist() and got.shape == np.tile(counted(shape), times).shape


def test_gradients_come_back() -> None:
    x, y = tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True), tensor([3.0, 4.0, 5.0], dtype=ag.float64, requires_grad=True)
    assert gradcheck(lambda x, y: ag.hstack([x, y]) ** 2 + ag.vstack([x.sum(), y.sum()]).sum(), (x, y), order=2)
    assert gradcheck(lambda x, y: (lambda a, b: a * b**2)(*ag.meshgrid(x, y, indexing="xy")), (x, y), order=2)
    assert gradcheck(lambda x: x.repeat(2, 3) ** 2 * x.chunk(2)[0], x, order=2)


def test_what_does_not_fit() -> None:
    x = ag.ones(2)
    for call, told in [
        (lambda: tensor(1.0).chunk(2), "at least one dimension"), (lambda: x.chunk(0), "at least 1, got 0"), (lambda: ag.meshgrid(), "got nothing"),
        (lambda: ag.meshgrid(ag.ones(1, 1)), "one dimension or none"), (lambda: ag.meshgrid(x, ag.arange(2)), "of one dtype"),
        (lambda: ag.meshgrid(x, indexing="ji"), "'ij' or 'xy'"), (lambda: ag.ones(2, 2).repeat(2), "2 dimensions or more"),
        (lambda: x.repeat(-1), "a size >= 0"), (lambda: ag.hstack([]), "at least one tensor"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=told):
            call()


@given(hnp.array_shapes(max_dims=3, min_side=0, max_side=3), st.data())
def test_unbind_undoes_stack(shape: tuple[int, ...], data: st.DataObject) -> None:
    x = tensor(counted(shape), requires_grad=True)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    parts = x.unbind(dim)
    assert len(parts) == shape[dim]
    for i, part in enumerate(parts):
        np.testing.assert_array_equal(part.detach().numpy(), np.take(counted(shape), i, dim))
        assert np.shares_memory(part.detach().numpy(), x.detach().numpy()) or not part.numel()
    if parts:
        assert ag.stack(parts, dim).tolist() == x.tolist()
        parts[-1].sum().backward()
        assert x.grad.sum().item() == parts[-1].numel()
    with pytest.raises(ValueError, match="unbind needs at least one dimension"):
        ag.unbind(tensor(1.0))
