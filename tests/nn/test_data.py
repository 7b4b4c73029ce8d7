"""k-fold: every row is validated exactly once, whatever n and k."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from nn.data import k_fold


@given(data=st.data(), n=st.integers(2, 40), shuffle=st.booleans())
def test_every_row_is_validated_once(data: st.DataObject, n: int, shuffle: bool) -> None:
    k = data.draw(st.integers(2, n))
    folds = [(a.tolist(), b.tolist()) for a, b in k_fold(n, k, shuffle)]
    assert len(folds) == k and sorted(i for _, valid in folds for i in valid) == list(range(n))
    for train, valid in folds:
        assert sorted(train + valid) == list(range(n)) and len(valid) in (n // k, n // k + 1)


def test_it_repeats_from_a_seed_and_refuses_nonsense() -> None:
    one, two = ([b.tolist() for _, b in k_fold(10, 3, generator=ag.Generator().manual_seed(1))] for _ in range(2))
    assert one == two
    for k in (1, 11):
        with pytest.raises(ValueError, match="2 <= k <= n"):
            k_fold(10, k)
