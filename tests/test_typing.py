"""A program as a user writes it, with the types that an editor shows: `make lint` checks them here, as strictly as the library, by the
stubs that are installed with it; and it runs."""

from pathlib import Path
from typing import Any, assert_type

import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd import Tensor, Value, draw, grad, no_grad
from autograd.testing import gradcheck
from nn import optim
from nn.data import DataLoader, Dataset, TensorDataset


class Net(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.hidden = nn.Linear(2, width)
        self.blocks = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.out = nn.Linear(width, 1)
        self.scale = nn.Parameter(ag.ones(1))
        self.register_buffer("steps", ag.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.hidden(x))
        for block in self.blocks:
            h = block(h).tanh() + h
        return self.out(h).squeeze(1) * self.scale


class Squares(Dataset):
    def __len__(self) -> int:
        return 10

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        x = ag.tensor([float(i), 1.0])
        return x, (x**2).sum()


class Exp(ag.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return g * y


@no_grad()
def evaluate(net: nn.Module, x: Tensor) -> float:
    """Decorated, it keeps its type."""
    return float(net(x).sum())


def test_arithmetic_on_values_gives_values() -> None:
    x, w = Value(0.5, label="x"), Value(-1.5)
    y = (w * x + 1).tanh() - 2 / x + x**2
    assert_type(y, Value)
    y.backward()
    (dw,) = grad(y, [w])
    assert w.grad == pytest.approx(dw)
    both = x * ag.ones(2)  # a tensor, which no checker is told
    assert isinstance(both, Tensor)


def test_operators_and_methods_of_tensors_give_tensors() -> None:
    x = ag.rand(4, 2, requires_grad=True)
    assert_type(-x + 1 - x * 2 / x**0.5, Tensor)
    assert_type((x > 0.5) & ~(x > 0.9), Tensor)
    assert_type(x @ x.T, Tensor)
    assert_type(x.reshape(2, -1).mean(dim=1, keepdim=True).exp(), Tensor)
    assert_type(x[0], Tensor)
    assert_type([row for row in x], list[Tensor])
    (values, places), top = x.sort(0), x.topk(2)
    assert values.shape == places.shape == top.values.shape == (4, 2)
    x.sum().backward()
    assert x.grad is not None and x.grad.shape == x.shape


def test_a_network_is_trained(tmp_path: Path) -> None:
    net, X = Net(), ag.randn(64, 2)
    t = (X[:, 0] * X[:, 1] > 0).float()
    loader = DataLoader(TensorDataset(X, t), batch_size=16, shuffle=True)
    optimizer = optim.Adam(net.parameters(), lr=1e-2)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=5)
    criterion = nn.BCEWithLogitsLoss()
    for xb, yb in loader:
        optimizer.zero_grad()
        criterion(net(xb), yb).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    scheduler.step()
    for name, p in net.named_parameters():
        assert_type(name, str)
        assert p.shape == p.data.shape
    ag.save(net.state_dict(), tmp_path / "net.npz")
    net.load_state_dict(ag.load(tmp_path / "net.npz"))
    history = nn.fit(net, criterion, optimizer, loader, epochs=1, progress=False)
    assert history["loss"][-1] > 0 and len(next(iter(DataLoader(Squares(), batch_size=2)))) == 2
    assert_type(evaluate(net, X), float)
    assert ag.compile(net)(X).shape == (64,)


def test_pictures_and_checks(tmp_path: Path) -> None:
    x = ag.tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True)
    y = (x.sin() * x).sum()
    picture = draw(y, names={"x": x}, layout="mirror")
    assert "digraph" in picture.source
    ag.graph_player(y).save(tmp_path / "film.html")
    report = gradcheck(lambda x: x / (1 + ag.abs(x)), (x,), raise_exception=False)
    assert_type(bool(report), bool)
    cube = ag.Op("cube", lambda x: x * x * x, lambda g, z, x: 3 * g * x * x)
    assert cube(2.0) == 8.0 and gradcheck(Exp.apply, (x,))
