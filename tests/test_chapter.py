"""The programs of the chapter "Multilayer perceptrons" of *Dive into Deep Learning* (d2l.ai), with its imports changed.

Who reads that chapter shall be able to type its programs here. Each test makes the calls that one of its listings makes,
with the same arguments, and compares what comes out with closed forms or with what the chapter says must happen. The
nets and loops at the top are those that the listings share.
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

# The book's loops take numbers out of graphs with float(), of which PyTorch warns as well.
pytestmark = pytest.mark.filterwarnings(r"ignore:float\(\) of a recorded tensor")


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
    net: Net, train_iter: data.DataLoader, test_iter: data.DataLoader, num_epochs: int, updater: Any
) -> list[tuple[float, float, float]]:
    """Train loss, train accuracy and test accuracy of each epoch."""
    loss = nn.CrossEntropyLoss(reduction="none")
    return [(*train_epoch(net, train_iter, loss, updater), accuracy(net, test_iter)) for _ in range(num_epochs)]


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


def slope_of_tanh(x: np.ndarray) -> np.ndarray:
    return 1 / np.cosh(x) ** 2


CURVES = {
    "relu": (torch.relu, lambda x: np.maximum(x, 0), lambda x: x > 0),
    "sigmoid": (torch.sigmoid, lambda x: 1 / (1 + np.exp(-x)), slope_of_sigmoid),
    "tanh": (torch.tanh, np.tanh, slope_of_tanh),
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
    history = train(net, *digits(), 15, optim.SGD(net.parameters(), lr=0.1))
    assert history[-1][0] < 0.2 and history[-1][1] > 0.95 and history[-1][2] > 0.85


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


@pytest.mark.long
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


@pytest.mark.long
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
    train_features: torch.Tensor,
    test_features: torch.Tensor,
    train_labels: torch.Tensor,
    test_labels: torch.Tensor,
    num_epochs: int = 400,
    optimizer: Any = optim.SGD,
    lr: float = 0.01,
) -> tuple[float, float, np.ndarray]:
    """Train loss, test loss and weights."""
    loss = nn.MSELoss(reduction="none")
    net = nn.Sequential(nn.Linear(train_features.shape[-1], 1, bias=False))
    batch_size = min(10, train_labels.shape[0])
    train_iter = load_array((train_features, train_labels.reshape(-1, 1)), batch_size)
    test_iter = load_array((test_features, test_labels.reshape(-1, 1)), batch_size, is_train=False)
    trainer = optimizer(net.parameters(), lr=lr)
    for _ in range(num_epochs):
        train_epoch(net, train_iter, loss, trainer)
    return evaluate_loss(net, train_iter, loss), evaluate_loss(net, test_iter, loss), net[0].weight.data.numpy()


@pytest.mark.long
def test_polynomial_of_the_right_degree() -> None:
    features, labels = polynomial(seed=0)
    train_loss, test_loss, weights = fit_polynomial(features[:100, :4], features[100:, :4], labels[:100], labels[100:])
    np.testing.assert_allclose(weights, [[5, 1.2, -3.4, 5.6]], atol=0.1)
    assert 0.005 < train_loss < 0.02 and 0.005 < test_loss < 0.02  # the noise alone is 0.01


@pytest.mark.long
def test_a_line_underfits() -> None:
    features, labels = polynomial(seed=0)
    train_loss, test_loss, _ = fit_polynomial(features[:100, :2], features[100:, :2], labels[:100], labels[100:])
    design, target = features[:100, :2].double().numpy(), labels[:100].double().numpy()
    best = np.linalg.lstsq(design, target, rcond=None)[1].item() / 100
    assert best > 1 and train_loss == pytest.approx(best, rel=0.05) and test_loss > 1  # there is no better line


@pytest.mark.long
def test_a_polynomial_of_high_degree_overfits() -> None:
    """Whether one test set tells is a matter of luck: half of them do, such as these. The story `polynomial` needs no luck."""
    right, high = np.zeros(2), np.zeros(2)
    for seed in (1, 4):
        features, labels = polynomial(seed)
        right += fit_polynomial(features[:100, :4], features[100:, :4], labels[:100], labels[100:])[:2]
        high += fit_polynomial(features[:100], features[100:], labels[:100], labels[100:])[:2]
    assert high[1] > 1.5 * high[0] and high[1] > 2 * right[1]
    assert right[1] < 1.2 * right[0]


@pytest.mark.long
def test_k_fold_chooses_the_degree() -> None:
    features, labels = polynomial(seed=1)
    folds = list(data.k_fold(100, 3))
    losses = {}
    for n in (3, 4, 20):
        of_folds = []
        for chosen, left in folds:
            X_train, X_valid = features[chosen, :n], features[left, :n]
            of_folds.append(fit_polynomial(X_train, X_valid, labels[chosen], labels[left], 150, optim.Adam, 0.05)[1])
        losses[n] = sum(of_folds) / len(of_folds)
    assert min(losses, key=losses.__getitem__) == 4
    assert losses[3] > 1 and losses[20] > 1.5 * losses[4] and losses[4] < 0.02


# Weight decay.
def synthetic_data(w: torch.Tensor, b: float, num_examples: int) -> tuple[torch.Tensor, torch.Tensor]:
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


def l2_penalty(w: torch.Tensor) -> torch.Tensor:
    return torch.sum(w.pow(2)) / 2


def decay_data() -> tuple[data.DataLoader, data.DataLoader]:
    true_w, true_b = torch.ones((200, 1)) * 0.01, 0.05
    return load_array(synthetic_data(true_w, true_b, 20), 5), load_array(synthetic_data(true_w, true_b, 100), 5, is_train=False)


def decay_by_penalty(lambd: float, train_iter: data.DataLoader, test_iter: data.DataLoader) -> tuple[float, float, float]:
    """The norm of w, train loss and test loss."""
    w = torch.normal(0, 1, size=(200, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    assert w.is_leaf and b.is_leaf

    def net(X: torch.Tensor) -> torch.Tensor:
        return torch.matmul(X, w) + b

    def squared_loss(y_hat: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2

    for _ in range(100):
        for X, y in train_iter:
            l = squared_loss(net(X), y) + lambd * l2_penalty(w)
            l.sum().backward()
            sgd([w, b], 0.003, len(y))
    return torch.norm(w).item(), evaluate_loss(net, train_iter, squared_loss), evaluate_loss(net, test_iter, squared_loss)


def decay_by_optimiser(wd: float, train_iter: data.DataLoader, test_iter: data.DataLoader) -> tuple[float, float, float]:
    """The norm of w, train loss and test loss, each loss halved as above."""
    net = nn.Sequential(nn.Linear(200, 1))
    for param in net.parameters():
        param.data.normal_()
    loss = nn.MSELoss(reduction="none")
    trainer = optim.SGD([{"params": net[0].weight, "weight_decay": wd}, {"params": net[0].bias}], lr=0.003)
    assert [group["weight_decay"] for group in trainer.param_groups] == [wd, 0]
    for _ in range(100):
        for X, y in train_iter:
            trainer.zero_grad()
            l = loss(net(X), y)
            l.mean().backward()
            trainer.step()
    return net[0].weight.norm().item(), evaluate_loss(net, train_iter, loss) / 2, evaluate_loss(net, test_iter, loss) / 2


@pytest.mark.parametrize("run", [decay_by_penalty, decay_by_optimiser])
def test_weight_decay(run: Any) -> None:
    iters = decay_data()
    norm, train_loss, test_loss = run(0, *iters)
    assert 11 < norm < 16 and train_loss < 0.1 and test_loss > 30  # 20 rows say little about 200 weights
    decayed, train_loss, decayed_loss = run(3, *iters)
    assert decayed < 0.5 and decayed_loss < 0.01 * test_loss and train_loss < 0.1


def test_the_penalty_and_the_optimiser_make_the_same_step() -> None:
    X, y = synthetic_data(torch.ones((200, 1)) * 0.01, 0.05, 5)
    w = torch.normal(0, 1, size=(200, 1), requires_grad=True)
    net = nn.Sequential(nn.Linear(200, 1))
    net[0].weight.data = w.data.reshape(1, -1).clone()
    net[0].bias.data.zero_()
    trainer = optim.SGD([{"params": net[0].weight, "weight_decay": 3}, {"params": net[0].bias}], lr=0.003)
    ((torch.matmul(X, w) - y) ** 2 + 3 * l2_penalty(w)).sum().backward()
    sgd([w], 0.003, 5)
    nn.MSELoss(reduction="none")(net(X), y).mean().backward()
    trainer.step()
    assert torch.allclose(net[0].weight, w.reshape(1, -1), atol=1e-6)


# Forward and backward propagation.
PHI = {
    "identity": (lambda z: z, np.ones_like),
    "relu": (torch.relu, lambda z: z > 0),
    "sigmoid": (torch.sigmoid, slope_of_sigmoid),
    "tanh": (torch.tanh, slope_of_tanh),
    "softplus": (F.softplus, lambda z: 1 / (1 + np.exp(-z))),
    "silu": (F.silu, lambda z: 1 / (1 + np.exp(-z)) + z * slope_of_sigmoid(z)),
}


def of_softmax(o: np.ndarray, y: int) -> np.ndarray:
    """The derivative of the cross-entropy: the softmax, less the one-hot label."""
    e = np.exp(o - o.max())
    return e / e.sum() - (np.arange(len(o)) == y)


@pytest.mark.parametrize("phi", PHI)
@given(
    d=st.integers(1, 6), h=st.integers(1, 6), q=st.integers(1, 5), seed=st.integers(0, 2**32), lambd=st.floats(0, 2), classes=st.booleans()
)
def test_backward_propagation_is_what_the_chapter_derives(phi: str, d: int, h: int, q: int, seed: int, lambd: float, classes: bool) -> None:
    """dJ/dW2 = dL/do h^T + lambda W2 and dJ/dW1 = dL/dz x^T + lambda W1, with dL/dz = W2^T dL/do * phi'(z)."""
    torch.manual_seed(seed)
    x = torch.randn(d, dtype=torch.float64)
    W1 = torch.randn(h, d, dtype=torch.float64, requires_grad=True)
    W2 = torch.randn(q, h, dtype=torch.float64, requires_grad=True)
    function, slope = PHI[phi]
    z = W1 @ x
    hidden = function(z)
    o = W2 @ hidden
    for middle in (z, hidden, o):
        middle.retain_grad()
    if classes:
        y = torch.randint(0, q, (1,))
        L = nn.CrossEntropyLoss()(o.reshape((1, -1)), y)
        dL_do = of_softmax(o.detach().numpy(), y.item())
    else:
        target = torch.randn(q, dtype=torch.float64)
        L = ((o - target) ** 2).sum() / 2
        dL_do = (o - target).detach().numpy()
    s = lambd / 2 * (torch.norm(W1) ** 2 + torch.norm(W2) ** 2)
    J = L + s
    J.backward()

    w1, w2 = W1.detach().numpy(), W2.detach().numpy()
    dL_dh = w2.T @ dL_do
    dL_dz = dL_dh * slope(z.detach().numpy())
    expected = {
        o: dL_do,
        hidden: dL_dh,
        z: dL_dz,
        W2: np.outer(dL_do, hidden.detach().numpy()) + lambd * w2,
        W1: np.outer(dL_dz, x.numpy()) + lambd * w1,
    }
    for t, gradient in expected.items():
        np.testing.assert_allclose(t.grad.numpy(), gradient, rtol=1e-12, atol=1e-12)


# Numerical stability.
def test_the_gradient_of_the_sigmoid_vanishes() -> None:
    x = torch.arange(-8.0, 8.0, 0.1, requires_grad=True)
    y = torch.sigmoid(x)
    y.backward(torch.ones_like(x))
    assert x.grad.max().item() == x.grad[80].item() == 0.25
    assert x.grad[0].item() == pytest.approx(3.3523767e-4, rel=1e-5)  # of x = -8
    assert x.grad[-1].item() == pytest.approx(3.7045755e-4, rel=1e-3)  # of x = 7.9, where float32 has few digits of 1 - y

    for dtype, least in ((torch.float64, 1e-70), (torch.float32, 0.0)):
        x = torch.tensor([0.5], dtype=dtype, requires_grad=True)
        y = x
        for _ in range(100):
            y = torch.sigmoid(y)
        y.backward()
        assert least <= x.grad.item() <= 0.25**100  # in float32 nothing is left
        assert 0.6 < y.item() < 0.7
    assert x.grad.item() == 0


def test_a_product_of_a_hundred_matrices_explodes() -> None:
    M = torch.normal(0, 1, size=(4, 4))
    exact = M.double()
    for _ in range(100):
        factor = torch.normal(0, 1, size=(4, 4))
        M = torch.mm(M, factor)
        exact = torch.mm(exact, factor.double())
    assert M.dtype == torch.float32 and M.isfinite().all() and M.abs().max().item() > 1e20
    assert ((M.double() - exact).norm() / exact.norm()).item() < 1e-3


def symmetric_net(*dropout: nn.Module) -> nn.Sequential:
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), *dropout, nn.Linear(4, 1))
    for param in net.parameters():
        nn.init.constant_(param, 0.1)
    return net


def test_gradient_descent_keeps_a_symmetry_that_dropout_breaks() -> None:
    X = torch.normal(0, 1, (64, 4))
    y = (X[:, :1] * X[:, 1:2]).tanh()

    def descend(net: nn.Sequential) -> tuple[torch.Tensor, float]:
        trainer, loss = optim.SGD(net.parameters(), lr=0.5), nn.MSELoss()
        before = net[0].weight.detach().clone()
        for _ in range(200):
            trainer.zero_grad()
            loss(net(X), y).backward()
            trainer.step()
        W1 = net[0].weight.detach()
        return W1, (W1 - before).abs().max().item()

    W1, moved = descend(symmetric_net())
    assert moved > 0.1
    assert all(row.equal(W1[0]) for row in W1)
    W1, _ = descend(symmetric_net(nn.Dropout(0.5)))
    apart = [(W1[i] - W1[j]).abs().max().item() for i in range(4) for j in range(i)]
    assert min(apart) > 0.01


# What the listings print.
def test_what_is_printed() -> None:
    X = torch.arange(16, dtype=torch.float32).reshape((2, 8))
    rows = "tensor([[ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.],\n        [ 8.,  9., 10., 11., 12., 13., 14., 15.]])"
    assert str(X) == str(dropout_layer(X, 0.0)) == rows
    w = torch.zeros((2, 1), requires_grad=True)
    assert str(w) == "tensor([[0.],\n        [0.]], requires_grad=True)"
    assert str(nn.Parameter(w)) == "Parameter containing:\n" + str(w)
    assert f"{l2_penalty(torch.ones((4, 1))).item():.2f}" == "2.00"
