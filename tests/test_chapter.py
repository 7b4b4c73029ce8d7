"""The programs of the chapter "Multilayer perceptrons" of *Dive into Deep Learning* (d2l.ai), with its imports changed.

Who reads that chapter shall be able to type its programs here. Each test makes the calls that one of its listings makes,
with the same arguments, and compares what comes out with closed forms or with what the chapter says must happen. The
nets and loops at the top are those that the listings share; the tests on Fashion-MNIST train the same nets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as torch
import nn
from nn import data, optim
from nn import functional as F

DIGITS = Path(__file__).parents[1] / "demos" / "data" / "digits.npz"
Net = Callable[[torch.Tensor], torch.Tensor]


# What the listings share.
def load_array(arrays: Iterable[torch.Tensor], batch_size: int, is_train: bool = True) -> data.DataLoader:
    dataset = data.TensorDataset(*arrays)
    return data.DataLoader(dataset, batch_size, shuffle=is_train)


def sgd(params: list[torch.Tensor], lr: float, batch_size: int) -> None:
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


def correct(y_hat: torch.Tensor, y: torch.Tensor) -> float:
    if len(y_hat.shape) > 1 and y_hat.shape[1] > 1:
        y_hat = y_hat.argmax(axis=1)
    cmp = y_hat.type(y.dtype) == y
    return float(cmp.type(y.dtype).sum())


def accuracy(net: Net, data_iter: data.DataLoader) -> float:
    if isinstance(net, nn.Module):
        net.eval()
    right = rows = 0.0
    with torch.no_grad():
        for X, y in data_iter:
            right += correct(net(X), y)
            rows += y.numel()
    return right / rows


def train_epoch(net: Net, train_iter: data.DataLoader, loss: Any, updater: Any) -> tuple[float, float]:
    """Mean loss and accuracy over one epoch; ``updater`` is an optimiser, or a function of the batch size."""
    if isinstance(net, nn.Module):
        net.train()
    total = right = rows = 0.0
    for X, y in train_iter:
        y_hat = net(X)
        l = loss(y_hat, y)
        if isinstance(updater, optim.Optimizer):
            updater.zero_grad()
            l.mean().backward()
            updater.step()
        else:
            l.sum().backward()
            updater(X.shape[0])
        total += float(l.sum())
        right += correct(y_hat, y)
        rows += y.numel()
    return total / rows, right / rows


def train(
    net: Net, train_iter: data.DataLoader, test_iter: data.DataLoader, num_epochs: int, updater: Any, after: Any = None
) -> list[tuple[float, float, float]]:
    """Train loss, train accuracy and test accuracy of each epoch; ``after`` is called at the end of each."""
    loss = nn.CrossEntropyLoss(reduction="none")
    history = []
    for epoch in range(num_epochs):
        history.append((*train_epoch(net, train_iter, loss, updater), accuracy(net, test_iter)))
        if after is not None:
            after(epoch)
    return history


def relu(X: torch.Tensor) -> torch.Tensor:
    a = torch.zeros_like(X)
    return torch.max(X, a)


def scratch_mlp(num_inputs: int, num_hiddens: int, num_outputs: int) -> tuple[Net, list[nn.Parameter]]:
    W1 = nn.Parameter(torch.randn(num_inputs, num_hiddens, requires_grad=True) * 0.01)
    b1 = nn.Parameter(torch.zeros(num_hiddens, requires_grad=True))
    W2 = nn.Parameter(torch.randn(num_hiddens, num_outputs, requires_grad=True) * 0.01)
    b2 = nn.Parameter(torch.zeros(num_outputs, requires_grad=True))

    def net(X: torch.Tensor) -> torch.Tensor:
        X = X.reshape((-1, num_inputs))
        H = relu(X @ W1 + b1)
        return H @ W2 + b2

    return net, [W1, b1, W2, b2]


def init_weights(m: nn.Module) -> None:
    if type(m) == nn.Linear:  # noqa: E721
        nn.init.normal_(m.weight, std=0.01)


def concise_mlp(num_inputs: int, num_hiddens: int, num_outputs: int) -> nn.Sequential:
    net = nn.Sequential(nn.Flatten(), nn.Linear(num_inputs, num_hiddens), nn.ReLU(), nn.Linear(num_hiddens, num_outputs))
    net.apply(init_weights)
    return net


def concise_dropout_mlp(num_inputs: int, num_hiddens: int, num_outputs: int, dropout1: float, dropout2: float) -> nn.Sequential:
    net = nn.Sequential(
        nn.Flatten(),
        nn.Linear(num_inputs, num_hiddens),
        nn.ReLU(),
        nn.Dropout(dropout1),
        nn.Linear(num_hiddens, num_hiddens),
        nn.ReLU(),
        nn.Dropout(dropout2),
        nn.Linear(num_hiddens, num_outputs),
    )
    net.apply(init_weights)
    return net


def digits() -> tuple[data.DataLoader, data.DataLoader]:
    with np.load(DIGITS) as file:
        images, labels = file["images"], file["labels"]
    X, y = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels, dtype=torch.int64)
    return load_array((X[:1500], y[:1500]), 16), load_array((X[1500:], y[1500:]), 256, is_train=False)


# Activations and their gradients.
def slope_of_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-abs(x)) / (1 + np.exp(-abs(x))) ** 2


CURVES = {
    "relu": (torch.relu, lambda x: np.maximum(x, 0), lambda x: x > 0),
    "sigmoid": (torch.sigmoid, lambda x: 1 / (1 + np.exp(-x)), slope_of_sigmoid),
    "tanh": (torch.tanh, np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "prelu": (lambda x: torch.prelu(x, torch.tensor([0.25])), lambda x: np.where(x > 0, x, x / 4), lambda x: np.where(x > 0, 1, 0.25)),
}


def test_curves_of_the_activations_and_their_gradients() -> None:
    x = torch.arange(-8.0, 8.0, 0.1, requires_grad=True)
    points = x.detach().numpy().astype(np.float64)
    assert points.shape == (160,) and points[80] == 0  # the kink is among them
    for i, (function, value, slope) in enumerate(CURVES.values()):
        y = function(x)
        if i:
            x.grad.data.zero_()
            assert not x.grad.any()
        y.backward(torch.ones_like(x), retain_graph=True)
        np.testing.assert_allclose(y.detach().numpy(), value(points), rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(x.grad.numpy(), slope(points), rtol=1e-6, atol=2e-7)

        y.backward(torch.ones_like(x), retain_graph=True)  # the graph is still there, and gradients add up
        np.testing.assert_allclose(x.grad.numpy(), 2 * slope(points), rtol=1e-6, atol=4e-7)


def test_relations_between_the_activations() -> None:
    x = torch.arange(-8.0, 8.0, 0.1)
    assert torch.allclose(torch.tanh(x) + 1, 2 * torch.sigmoid(2 * x), atol=1e-6)
    assert torch.prelu(x, torch.tensor([0.25])).equal(F.relu(x) + 0.25 * torch.min(x, torch.zeros_like(x)))


def test_relu_by_max_shares_the_gradient_at_a_tie() -> None:
    x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    relu(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.5, 1.0]


# Multilayer perceptrons.
def test_mlp_from_scratch_learns() -> None:
    net, params = scratch_mlp(64, 32, 10)
    assert all(isinstance(p, nn.Parameter) and p.is_leaf and p.requires_grad for p in params)
    updater = optim.SGD(params, lr=0.1)
    history = train(net, *digits(), 12, updater)
    assert history[0][0] > 1.5  # weights near 0 say nothing at first: log 10 is 2.3
    assert history[-1][0] < 0.2 and history[-1][1] > 0.95 and history[-1][2] > 0.88


def test_mlp_from_scratch_learns_with_an_update_of_ones_own() -> None:
    net, params = scratch_mlp(64, 32, 10)
    history = train(net, *digits(), 12, lambda batch_size: sgd(params, 0.1, batch_size))
    assert history[-1][0] < 0.2 and history[-1][2] > 0.88


def test_concise_mlp_learns() -> None:
    net = concise_mlp(64, 32, 10)
    assert net[1].weight.std().item() == pytest.approx(0.01, rel=0.1) and net[3].weight.std().item() == pytest.approx(0.01, rel=0.2)
    assert 0.05 < net[1].bias.abs().max().item() <= 1 / 8  # init_weights leaves the bias alone
    history = train(net, *digits(), 12, optim.SGD(net.parameters(), lr=0.1))
    assert history[-1][0] < 0.2 and history[-1][1] > 0.95 and history[-1][2] > 0.88


def test_concise_mlp_is_the_one_from_scratch() -> None:
    net, (W1, b1, W2, b2) = scratch_mlp(64, 32, 10)
    concise = concise_mlp(64, 32, 10)
    for layer, W, b in ((concise[1], W1, b1), (concise[3], W2, b2)):
        layer.weight.data = W.data.T.clone()
        layer.bias.data = b.data.clone()
    loss = nn.CrossEntropyLoss(reduction="none")
    X, y = next(iter(digits()[0]))
    for model, params in ((net, [W1, b1, W2, b2]), (concise, concise.parameters())):
        updater = optim.SGD(params, lr=0.1)
        for _ in range(20):
            updater.zero_grad()
            loss(model(X), y).mean().backward()
            updater.step()
    assert torch.allclose(net(X), concise(X), atol=1e-4)
    assert torch.allclose(W1.T, concise[1].weight, atol=1e-4) and not torch.allclose(b2, torch.zeros(10), atol=1e-2)


# Dropout.
def dropout_layer(X: torch.Tensor, dropout: float) -> torch.Tensor:
    assert 0 <= dropout <= 1
    if dropout in (0, 1):
        return torch.zeros_like(X) if dropout else X
    mask = (torch.rand(X.shape) > dropout).float()
    return mask * X / (1.0 - dropout)


class DropoutMLP(nn.Module):
    """Two hidden layers with dropout by hand, while ``training`` is set."""

    def __init__(self, num_inputs: int, num_outputs: int, num_hiddens1: int, num_hiddens2: int, is_training: bool = True) -> None:
        super().__init__()
        self.num_inputs = num_inputs
        self.training = is_training
        self.lin1 = nn.Linear(num_inputs, num_hiddens1)
        self.lin2 = nn.Linear(num_hiddens1, num_hiddens2)
        self.lin3 = nn.Linear(num_hiddens2, num_outputs)
        self.relu = nn.ReLU()

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        H1 = self.relu(self.lin1(X.reshape((-1, self.num_inputs))))
        if self.training:
            H1 = dropout_layer(H1, 0.2)
        H2 = self.relu(self.lin2(H1))
        if self.training:
            H2 = dropout_layer(H2, 0.5)
        return self.lin3(H2)


def test_dropout_layer() -> None:
    X = torch.arange(16, dtype=torch.float32).reshape((2, 8))
    assert dropout_layer(X, 0.0).equal(X)
    assert dropout_layer(X, 1.0).equal(torch.zeros_like(X))
    half = dropout_layer(X, 0.5)
    assert ((half == 0) | (half == 2 * X)).all() and half.any() and (half == 0).sum() > 1

    ones = torch.ones((400, 500))
    for p in (0.2, 0.5, 0.8):
        dropped = dropout_layer(ones, p)
        deviation = math.sqrt(p * (1 - p) / ones.numel())
        assert (dropped == 0).float().mean().item() == pytest.approx(p, abs=4 * deviation)
        assert dropped.mean().item() == pytest.approx(1, abs=4 * deviation / (1 - p))


def test_net_with_dropout_by_hand() -> None:
    net = DropoutMLP(64, 10, 32, 32)
    assert [name for name, _ in net.named_parameters()] == [f"lin{i}.{kind}" for i in (1, 2, 3) for kind in ("weight", "bias")]
    train_iter, test_iter = digits()
    X, _ = next(iter(test_iter))
    assert not net(X).equal(net(X))
    assert DropoutMLP(64, 10, 32, 32, is_training=False)(X).shape == (256, 10)
    history = train(net, train_iter, test_iter, 15, optim.SGD(net.parameters(), lr=0.2))
    assert history[-1][2] > 0.8  # 0.85 to 0.92 over ten runs
    net.eval()
    plain = net.lin3(F.relu(net.lin2(F.relu(net.lin1(X.reshape((-1, 64)))))))
    assert net(X).equal(plain)


def test_concise_net_with_dropout() -> None:
    net = concise_dropout_mlp(64, 32, 10, 0.2, 0.5)
    train_iter, test_iter = digits()
    history = train(net, train_iter, test_iter, 30, optim.SGD(net.parameters(), lr=0.2))
    assert history[-1][2] > 0.8  # 0.85 to 0.92 over ten runs
    X, _ = next(iter(test_iter))
    net.train()
    assert not net(X).equal(net(X))
    net.eval()
    without = nn.Sequential(*(m for m in net if not isinstance(m, nn.Dropout)))
    assert net(X).equal(without(X))


# Underfitting and overfitting.
def evaluate_loss(net: Net, data_iter: data.DataLoader, loss: Any) -> float:
    total = rows = 0.0
    for X, y in data_iter:
        out = net(X)
        y = y.reshape(out.shape)
        l = loss(out, y)
        total += float(l.sum())
        rows += l.numel()
    return total / rows


def polynomial(seed: int, n_train: int = 100, n_test: int = 100, max_degree: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    true_w = np.zeros(max_degree)
    true_w[0:4] = np.array([5, 1.2, -3.4, 5.6])
    features = rng.normal(size=(n_train + n_test, 1))
    poly_features = np.power(features, np.arange(max_degree).reshape(1, -1))
    for i in range(max_degree):
        poly_features[:, i] /= math.gamma(i + 1)
    labels = np.dot(poly_features, true_w)
    labels += rng.normal(scale=0.1, size=labels.shape)
    poly_features, labels = (torch.tensor(x, dtype=torch.float32) for x in [poly_features, labels])
    return poly_features, labels


def fit_polynomial(
    train_features: torch.Tensor, test_features: torch.Tensor, train_labels: torch.Tensor, test_labels: torch.Tensor, num_epochs: int = 400
) -> tuple[float, float, np.ndarray]:
    """Train loss, test loss and weights."""
    loss = nn.MSELoss(reduction="none")
    net = nn.Sequential(nn.Linear(train_features.shape[-1], 1, bias=False))
    batch_size = min(10, train_labels.shape[0])
    train_iter = load_array((train_features, train_labels.reshape(-1, 1)), batch_size)
    test_iter = load_array((test_features, test_labels.reshape(-1, 1)), batch_size, is_train=False)
    trainer = optim.SGD(net.parameters(), lr=0.01)
    for _ in range(num_epochs):
        train_epoch(net, train_iter, loss, trainer)
    return evaluate_loss(net, train_iter, loss), evaluate_loss(net, test_iter, loss), net[0].weight.data.numpy()


@pytest.fixture(scope="module")
def fits() -> dict[int, tuple[float, float, np.ndarray]]:
    """The same 200 noisy points fitted with 4, 2 and 20 features: as many as there are, too few, too many.

    How far the last overfits depends on the points: of six draws, its test loss was above that of the cubic fit in five.
    """
    torch.manual_seed(1)
    poly_features, labels = polynomial(1)
    epochs = {4: 400, 2: 400, 20: 1500}
    return {n: fit_polynomial(poly_features[:100, :n], poly_features[100:, :n], labels[:100], labels[100:], epochs[n]) for n in epochs}


def test_the_cubic_fit_finds_the_weights(fits: dict[int, tuple[float, float, np.ndarray]]) -> None:
    train_loss, test_loss, w = fits[4]
    np.testing.assert_allclose(w, [[5, 1.2, -3.4, 5.6]], atol=0.15)
    assert train_loss < 0.02 and test_loss < 0.02  # the noise alone has variance 0.01


def test_the_linear_fit_underfits(fits: dict[int, tuple[float, float, np.ndarray]]) -> None:
    train_loss, test_loss, _ = fits[2]
    assert train_loss > 1 and test_loss > 1


def test_the_fit_of_degree_19_overfits(fits: dict[int, tuple[float, float, np.ndarray]]) -> None:
    train_loss, test_loss, w = fits[20]
    assert test_loss > 1.15 * train_loss and test_loss > 1.15 * fits[4][1]
    np.testing.assert_allclose(w[0, :4], [5, 1.2, -3.4, 5.6], atol=0.8)
    assert abs(w[0, 4:]).max() > 0.1  # where the truth is 0


def test_k_fold_chooses_the_degree_that_made_the_data() -> None:
    poly_features, labels = polynomial(1, n_train=60, n_test=0)
    scores = {}
    for n in (2, 4):
        folds = [
            fit_polynomial(poly_features[rows][:, :n], poly_features[held][:, :n], labels[rows], labels[held], 60)[1]
            for rows, held in data.k_fold(60, 3, generator=torch.Generator().manual_seed(0))
        ]
        scores[n] = sum(folds) / 3
    assert scores[4] < 0.5 * scores[2]


# Weight decay: 200 inputs and 20 examples.
def synthetic(w: torch.Tensor, b: float, num_examples: int) -> tuple[torch.Tensor, torch.Tensor]:
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


NUM_INPUTS, BATCH_SIZE = 200, 5


def regression() -> tuple[data.DataLoader, data.DataLoader]:
    true_w, true_b = torch.ones((NUM_INPUTS, 1)) * 0.01, 0.05
    train_iter = load_array(synthetic(true_w, true_b, 20), BATCH_SIZE)
    return train_iter, load_array(synthetic(true_w, true_b, 100), BATCH_SIZE, is_train=False)


def decay_by_penalty(lambd: float) -> tuple[float, float, float]:
    """||w||, train loss and test loss; the penalty stands in the loss."""

    def l2_penalty(w: torch.Tensor) -> torch.Tensor:
        return torch.sum(w.pow(2)) / 2

    train_iter, test_iter = regression()
    w = torch.normal(0, 1, size=(NUM_INPUTS, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)

    def net(X: torch.Tensor) -> torch.Tensor:
        return torch.matmul(X, w) + b

    def loss(y_hat: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2

    for _ in range(100):
        for X, y in train_iter:
            l = loss(net(X), y) + lambd * l2_penalty(w)
            l.sum().backward()
            sgd([w, b], 0.003, BATCH_SIZE)
    return torch.norm(w).item(), evaluate_loss(net, train_iter, loss), evaluate_loss(net, test_iter, loss)


def decay_by_optimizer(wd: float) -> tuple[float, float, float]:
    """The same with nn.MSELoss and a group of parameters that decays; its bias does not."""
    train_iter, test_iter = regression()
    net = nn.Sequential(nn.Linear(NUM_INPUTS, 1))
    for param in net.parameters():
        param.data.normal_()
    loss = nn.MSELoss(reduction="none")
    trainer = optim.SGD([{"params": net[0].weight, "weight_decay": wd}, {"params": net[0].bias}], lr=0.003)
    for _ in range(100):
        for X, y in train_iter:
            trainer.zero_grad()
            l = loss(net(X), y)
            l.mean().backward()
            trainer.step()
    return net[0].weight.norm().item(), evaluate_loss(net, train_iter, loss), evaluate_loss(net, test_iter, loss)


@pytest.mark.parametrize("decay", [decay_by_penalty, decay_by_optimizer])
def test_weight_decay_shrinks_the_weights_and_the_gap(decay: Callable[[float], tuple[float, float, float]]) -> None:
    norm, train_loss, test_loss = decay(0)
    assert 11 < norm < 16 and train_loss < 1e-2 and test_loss > 1000 * train_loss
    small, train_with, test_with = decay(3)
    assert small < 0.5 and test_with < test_loss / 100
    assert train_with > train_loss  # what is paid for it


# Forward and backward propagation: o = W2 phi(W1 x), J = L(o, y) + lambda/2 (||W1||^2 + ||W2||^2).
PHIS: dict[str, tuple[Any, Any]] = {
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "relu": (torch.relu, lambda z: (z > 0).astype(float)),
    "sigmoid": (torch.sigmoid, slope_of_sigmoid),
    "tanh": (torch.tanh, lambda z: 1 / np.cosh(z) ** 2),
}
sizes = st.integers(1, 5)


@pytest.mark.parametrize("phi", PHIS)
@given(d=sizes, h=sizes, q=sizes, lambd=st.sampled_from([0.0, 0.1, 3.0]), seed=st.integers(0, 10**6))
def test_gradients_of_the_penalised_loss_are_the_closed_forms(phi: str, d: int, h: int, q: int, lambd: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(d, 1)), rng.normal(size=(q, 1))
    function, slope = PHIS[phi]
    W1 = torch.tensor(rng.normal(size=(h, d)), requires_grad=True)
    W2 = torch.tensor(rng.normal(size=(q, h)), requires_grad=True)
    z = torch.mm(W1, torch.tensor(x))
    hidden = function(z)
    o = torch.mm(W2, hidden)
    L = ((o - torch.tensor(y)) ** 2).sum() / 2
    s = lambd / 2 * (torch.norm(W1) ** 2 + torch.norm(W2) ** 2)
    J = L + s
    J.backward()

    dJ_do = o.detach().numpy() - y
    dJ_dW2 = dJ_do @ hidden.detach().numpy().T + lambd * W2.detach().numpy()
    dJ_dh = W2.detach().numpy().T @ dJ_do
    dJ_dz = dJ_dh * slope(z.detach().numpy())
    dJ_dW1 = dJ_dz @ x.T + lambd * W1.detach().numpy()
    np.testing.assert_allclose(W2.grad.numpy(), dJ_dW2, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(W1.grad.numpy(), dJ_dW1, rtol=1e-12, atol=1e-12)


# Numerical stability and initialisation.
def test_the_gradient_of_sigmoid_vanishes_far_from_0() -> None:
    x = torch.arange(-8.0, 8.0, 0.1, requires_grad=True)
    y = torch.sigmoid(x)
    y.backward(torch.ones_like(x))
    slopes = x.grad.numpy()
    assert slopes[80] == pytest.approx(0.25) and slopes[0] == pytest.approx(3.35e-4, rel=1e-2) and slopes.max() <= 0.25

    deep = torch.zeros(1, requires_grad=True)
    h = deep
    for _ in range(100):
        h = torch.sigmoid(h)
    h.sum().backward()
    assert 0 < deep.grad.item() < 0.25**99 or deep.grad.item() == 0


def test_a_product_of_a_hundred_matrices_explodes() -> None:
    M = torch.normal(0, 1, size=(4, 4))
    for _ in range(100):
        M = torch.mm(M, torch.normal(0, 1, size=(4, 4)))
    assert M.isfinite().all() and 1e20 < M.abs().max().item() < 1e38


def hidden_rows(dropout: float) -> tuple[int, float]:
    """How many different units a hidden layer of 4 has after training from equal weights, and how far the loss fell."""
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Dropout(dropout), nn.Linear(4, 1))
    for m in net:
        if type(m) == nn.Linear:  # noqa: E721
            nn.init.constant_(m.weight, 0.5)
            nn.init.zeros_(m.bias)
    X = torch.normal(0, 1, (40, 2))
    y = (X[:, :1] * X[:, 1:]).sign()
    loss, trainer = nn.MSELoss(), optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for _ in range(200):
        trainer.zero_grad()
        l = loss(net(X), y)
        l.backward()
        trainer.step()
        losses.append(l.item())
    return len(np.unique(net[0].weight.detach().numpy(), axis=0)), losses[0] - losses[-1]


def test_sgd_never_breaks_the_symmetry_of_equal_weights_and_dropout_does() -> None:
    units, learned = hidden_rows(0.0)
    assert units == 1 and learned > 0
    assert hidden_rows(0.5)[0] == 4
