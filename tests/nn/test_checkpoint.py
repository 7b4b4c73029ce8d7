"""A training that was stopped and resumed is, bit for bit, one that was not."""

from pathlib import Path
from typing import Any

import pytest

import autograd as ag
import nn


def make() -> tuple[Any, Any]:
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 2))
    return net, nn.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)


def train(net: Any, opt: Any, steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(net(ag.randn(16, 3)), ag.randint(0, 2, (16,)))
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses


def test_resuming_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    net, opt = make()
    train(net, opt, 4)
    nn.save_checkpoint(path, model=net, optimizer=opt, step=4, note="half way")
    want = train(net, opt, 5)
    ag.manual_seed(99)
    other, opt2 = make()
    assert nn.load_checkpoint(path, model=other, optimizer=opt2) == {"step": 4, "note": "half way"}
    assert train(other, opt2, 5) == want
    assert [p.tolist() for p in other.parameters()] == [p.tolist() for p in net.parameters()]


def test_what_does_not_fit_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    net, opt = make()
    train(net, opt, 1)
    nn.save_checkpoint(path, model=net, optimizer=opt)
    wrong = nn.Linear(2, 2)
    before = wrong.weight.tolist()
    with pytest.raises(KeyError, match="missing"):
        nn.load_checkpoint(path, model=wrong)
    assert wrong.weight.tolist() == before
    fresh, _ = make()
    kept = [p.tolist() for p in fresh.parameters()]
    with pytest.raises(ValueError, match="shapes"):
        nn.load_checkpoint(path, model=fresh, optimizer=nn.optim.SGD([ag.ones(1, requires_grad=True)], lr=1))
    assert [p.tolist() for p in fresh.parameters()] == kept
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match="not a whole file"):
        nn.load_checkpoint(path, model=net)
    ag.save([1], path)
    with pytest.raises(ValueError, match="not a checkpoint"):
        nn.load_checkpoint(path, model=net)


def test_a_checkpoint_with_a_part_missing_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    net, opt = make()
    train(net, opt, 1)
    nn.save_checkpoint(path, model=net, optimizer=opt)
    whole = ag.load(path)
    fresh, opt2 = make()
    kept, random = [p.tolist() for p in fresh.parameters()], ag.default_generator.get_state()
    for part, bad in [("optimizer", {"lr": 1.0}), ("random", {"seed": 5, "state": {"bit_generator": "MT19937"}}), ("random", {})]:
        ag.save({**whole, part: bad}, path)
        with pytest.raises(ValueError):
            nn.load_checkpoint(path, model=fresh, optimizer=opt2)
        assert [p.tolist() for p in fresh.parameters()] == kept and opt2.velocity == [None] * 4
        assert ag.default_generator.get_state() == random
