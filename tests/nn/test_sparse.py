"""Embedding: rows by number, what learns of them, and what is no row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from nn import functional as F


@given(
    rows=st.integers(1, 5), columns=st.integers(1, 3), shape=st.lists(st.integers(0, 3), max_size=3),
    padding=st.none() | st.integers(-5, 4), seed=st.integers(0, 99),
)  # fmt: skip
def test_rows_are_looked_up_and_learn_by_how_often_they_were(
    rows: int, columns: int, shape: list[int], padding: int | None, seed: int
) -> None:
    padding = None if padding is None or not -rows <= padding < rows else padding
    layer = nn.Embedding(rows, columns, padding).double()
    index = np.random.default_rng(seed).integers(0, rows, shape)
    out = layer(ag.tensor(index))
    assert out.equal(ag.tensor(layer.weight.detach().numpy()[index]))
    weights = np.cos(np.arange(out.numel())).reshape(out.shape)
    (out * ag.tensor(weights)).sum().backward()
    expected = np.zeros((rows, columns))
    np.add.at(expected, index, weights)
    if padding is not None:
        assert layer.padding_idx == padding % rows
        expected[padding] = 0
    np.testing.assert_allclose(layer.weight.grad.numpy(), expected, atol=1e-12)


def test_padding_starts_at_zero_and_stays() -> None:
    layer = nn.Embedding(4, 3, padding_idx=-1)
    assert layer.weight[3].tolist() == [0, 0, 0] and layer.weight[:3].abs().min().item() > 0
    optimizer = nn.optim.SGD(layer.parameters(), lr=1.0)
    layer(ag.tensor([3, 0])).sum().backward()
    optimizer.step()
    assert layer.weight[3].tolist() == [0, 0, 0]
    assert repr(layer) == "Embedding(4, 3, padding_idx=3)" and repr(nn.Embedding(4, 3)) == "Embedding(4, 3)"


def test_it_starts_normal_and_repeats_from_a_generator() -> None:
    layer = nn.Embedding(200, 100, generator=ag.Generator().manual_seed(3))
    assert abs(layer.weight.mean().item()) < 0.03 and abs(layer.weight.std().item() - 1) < 0.03
    assert nn.Embedding(200, 100, generator=ag.Generator().manual_seed(3)).weight.equal(layer.weight)


def test_from_pretrained_shares_and_freezes() -> None:
    table = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    frozen, free = nn.Embedding.from_pretrained(table), nn.Embedding.from_pretrained(table, freeze=False)
    assert not frozen.weight.requires_grad and free.weight.requires_grad and frozen(ag.tensor([1])).tolist() == [[3, 4]]
    table[1] = 7.0
    assert frozen(ag.tensor(1)).tolist() == [7, 7] and list(free.state_dict()) == ["weight"]
    with pytest.raises(TypeError, match=r"a floating tensor \(rows, columns\), got list"):
        nn.Embedding.from_pretrained([[1.0]])  # type: ignore[arg-type]


def test_what_is_no_row_is_refused() -> None:
    layer = nn.Embedding(3, 2)
    for row in (3, -1):
        with pytest.raises(IndexError, match=f"embedding: row {row} is out of range for 3 rows"):
            layer(ag.tensor([0, row]))
    with pytest.raises(TypeError, match=r"integers, got float32; use \.long\(\)"):
        layer(ag.ones(2))
    with pytest.raises(TypeError, match="expects Tensors, got list"):
        layer([0, 1])
    with pytest.raises(ValueError, match="weight has the shape"):
        F.embedding(ag.tensor([0]), ag.ones(3))
    for padding in (3, -4):
        with pytest.raises(IndexError, match=f"padding_idx {padding} is out of range"):
            nn.Embedding(3, 2, padding)
    for sizes in ((0, 2), (3, 0)):
        with pytest.raises(ValueError, match="must be at least 1"):
            nn.Embedding(*sizes)
    assert layer(np.array([0, 2])).shape == (2, 2)
