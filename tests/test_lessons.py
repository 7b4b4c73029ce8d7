"""Small programs as lessons have them, by topic: they run here and, where PyTorch is installed, there, and give the same numbers.

Each is a function of the package that a program would import; `Here` and `There` are the two. Numbers that are drawn come from numpy, so
that both begin alike. What a program must give by mathematics is asserted in it, so that it is a test without PyTorch as well.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import autograd
import nn as our_nn


class Here:
    torch, nn, F, optim, data = autograd, our_nn, our_nn.functional, our_nn.optim, our_nn.data


class There:
    def __init__(self) -> None:
        import torch

        self.torch, self.nn, self.F, self.optim = torch, torch.nn, torch.nn.functional, torch.optim
        self.data = torch.utils.data


RNG = np.random.default_rng
WORDS = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "amelia", "harper", "evelyn", "abigail"]
LETTERS = ["."] + sorted(set("".join(WORDS)))
INDEX = {c: i for i, c in enumerate(LETTERS)}


def contexts(torch: Any, block: int) -> tuple[Any, Any]:
    """The makemore lectures' data: the letters before each, and the letter."""
    X, Y = [], []
    for word in WORDS:
        context = [0] * block
        for c in word + ".":
            X.append(context)
            Y.append(INDEX[c])
            context = [*context[1:], INDEX[c]]
    return torch.tensor(X), torch.tensor(Y)


def drawn(torch: Any, seed: int, *shape: int, scale: float = 1.0) -> Any:
    return torch.tensor(RNG(seed).normal(size=shape) * scale, dtype=torch.float64)


def fill(torch: Any, net: Any, seed: int = 0) -> Any:
    """Both networks begin with the same numbers."""
    net = net.double()
    with torch.no_grad():
        for i, p in enumerate(net.parameters()):
            p.copy_(drawn(torch, seed + i, *p.shape, scale=0.4))
    return net


def training_loop_with_devices(p: Any) -> list[Any]:
    torch, nn = p.torch, p.nn
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    X = drawn(torch, 1, 40, 3).to(device)
    y = (X @ torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, device=device) > 0).long().to(device)
    loader = p.data.DataLoader(p.data.TensorDataset(X, y), batch_size=8, shuffle=False, num_workers=0, pin_memory=False)
    net = fill(torch, nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2)).to(device))
    optimizer, loss_fn, losses = p.optim.SGD(net.parameters(), lr=0.5, momentum=0.9), nn.CrossEntropyLoss(), []
    for _ in range(8):
        net.train()
        total, right = 0.0, 0
        for xb, yb in loader:
            xb, yb = xb.to(device), yb.to(device, non_blocking=True)
            out = net(xb)
            loss = loss_fn(out, yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * xb.size(0)
            right += (out.argmax(1) == yb).sum().item()
        losses.append(total / len(loader.dataset))
    assert losses[-1] < losses[0] and right > 30 and f"{loss:.3f}" == f"{loss.item():.3f}"
    return [losses, right, next(net.parameters()).device.type]


def batch_norm_by_hand(p: Any) -> list[Any]:
    torch, nn = p.torch, p.nn
    x = drawn(torch, 3, 16, 4).requires_grad_()
    gain, bias = drawn(torch, 4, 4).requires_grad_(), drawn(torch, 5, 4).requires_grad_()
    mean, var = x.mean(0, keepdim=True), x.var(0, keepdim=True, unbiased=False)
    by_hand = gain * (x - mean) / torch.sqrt(var + 1e-5) + bias
    layer = nn.BatchNorm1d(4).double()
    with torch.no_grad():
        layer.weight.copy_(gain)
        layer.bias.copy_(bias)
    out = layer(x)
    assert torch.allclose(out, by_hand)
    weights = drawn(torch, 6, 16, 4)
    ours = torch.autograd.grad((by_hand * weights).sum(), [x, gain, bias])
    theirs = torch.autograd.grad((out * weights).sum(), [x, layer.weight, layer.bias])
    assert all(torch.allclose(a, b) for a, b in zip(ours, theirs))
    layer.eval()
    return [out, *ours, layer.running_mean, layer.running_var, layer(x), list(layer.state_dict())]


def makemore(p: Any) -> list[Any]:
    """An embedding table, an MLP on it, and names drawn from what it learnt."""
    torch, F = p.torch, p.F
    X, Y = contexts(torch, 3)
    n = len(LETTERS)
    C, W1, b1, W2, b2 = (drawn(torch, i, *shape, scale=0.5) for i, shape in enumerate([(n, 2), (6, 10), (10,), (10, n), (n,)]))
    parameters = [C, W1, b1, W2, b2]
    for q in parameters:
        q.requires_grad = True
    losses = []
    for i in range(60):
        emb = C[X]
        h = torch.tanh(emb.view(emb.shape[0], -1) @ W1 + b1)
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, Y)
        for q in parameters:
            q.grad = None
        loss.backward()
        lr = 0.5 if i < 40 else 0.05
        for q in parameters:
            q.data += -lr * q.grad
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    names = []
    g = torch.Generator().manual_seed(2147483647)
    for _ in range(3):
        out, context = [], [0] * 3
        while len(out) < 12:
            emb = C[torch.tensor([context])]
            probs = F.softmax(torch.tanh(emb.view(1, -1) @ W1 + b1) @ W2 + b2, dim=1)
            assert abs(probs.sum().item() - 1) < 1e-9
            ix = torch.multinomial(probs, num_samples=1, generator=g).item()
            context = [*context[1:], ix]
            if ix == 0:
                break
            out.append(ix)
        names.append("".join(LETTERS[i] for i in out))
    assert all(isinstance(name, str) and set(name) <= set(LETTERS) for name in names)
    return [losses, C, b2, probs.shape]


def bigrams(p: Any) -> list[Any]:
    torch, F = p.torch, p.F
    n = len(LETTERS)
    N = torch.zeros((n, n), dtype=torch.int32)
    xs, ys = [], []
    for w in WORDS:
        chs = ["."] + list(w) + ["."]
        for a, b in zip(chs, chs[1:]):
            N[INDEX[a], INDEX[b]] += 1
            xs.append(INDEX[a])
            ys.append(INDEX[b])
    P = (N + 1).float()
    P /= P.sum(1, keepdim=True)
    xs, ys = torch.tensor(xs), torch.tensor(ys)
    counted = -P[xs, ys].log().mean()
    W = drawn(torch, 7, n, n).requires_grad_()
    for _ in range(30):
        xenc = F.one_hot(xs, num_classes=n).double()
        counts = (xenc @ W).exp()
        probs = counts / counts.sum(1, keepdims=True)
        loss = -probs[torch.arange(len(xs)), ys].log().mean() + 0.01 * (W**2).mean()
        W.grad = None
        loss.backward()
        W.data += -10 * W.grad
    assert loss.item() < 2.6 and N.sum().item() == len(xs) and N.nonzero().shape[1] == 2
    return [N, P, counted, loss, W]


def softmax_minus_one_hot(p: Any) -> list[Any]:
    """Backpropagation by hand, through logits that are changed in place, held against backward()."""
    torch, F = p.torch, p.F
    X, Y = contexts(torch, 2)
    n, m = len(X), len(LETTERS)
    C, W, b = (drawn(torch, i + 20, *shape).requires_grad_() for i, shape in enumerate([(m, 3), (6, m), (m,)]))
    emb = C[X]
    flat = emb.view(n, -1)
    logits = flat @ W + b
    for t in (emb, flat, logits):
        t.retain_grad()
    loss = F.cross_entropy(logits, Y)
    loss.backward()
    dlogits = F.softmax(logits, 1)
    dlogits[range(n), Y] -= 1
    dlogits /= n
    dflat, dW, db = dlogits @ W.T, flat.T @ dlogits, dlogits.sum(0)
    demb = dflat.view(emb.shape)
    dC = torch.zeros_like(C)
    for k in range(X.shape[0]):
        for j in range(X.shape[1]):
            ix = X[k, j]
            dC[ix] += demb[k, j]
    for by_hand, t in [(dlogits, logits), (dflat, flat), (dW, W), (db, b), (demb, emb), (dC, C)]:
        assert torch.allclose(by_hand, t.grad) and (by_hand - t.grad).abs().max().item() < 1e-12
    return [dlogits, dC, loss]


def hooks(p: Any) -> list[Any]:
    """What comes out of each layer, and the gradients, as they pass."""
    torch, nn = p.torch, p.nn
    net = fill(torch, nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 1)))
    seen: dict[str, Any] = {}
    handles = []
    for name, layer in net.named_children():
        handles.append(layer.register_forward_hook(lambda m, i, o, name=name: seen.__setitem__("out " + name, o.detach())))
        handles.append(layer.register_full_backward_hook(lambda m, gi, go, name=name: seen.__setitem__("grad " + name, go[0].norm())))
    for name, q in net.named_parameters():
        handles.append(q.register_hook(lambda g, name=name: seen.__setitem__(name, g.abs().mean())))
    x = drawn(torch, 30, 5, 4).requires_grad_()
    net(x).pow(2).mean().backward()
    assert seen["0.weight"].item() == net[0].weight.grad.abs().mean().item() and len(seen) == 16
    for h in handles:
        h.remove()
    a = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    y = a * a
    y.register_hook(lambda g: g.clamp(max=0.5))
    (3 * y).sum().backward()
    assert a.grad.tolist() == [1.0, -2.0]
    return [dict(sorted(seen.items())), a.grad, y.grad_fn.next_functions[0][0].name().split("::")[-1]]


def a_custom_function(p: Any) -> list[Any]:
    """PyTorch's lesson of a third Legendre polynomial fitted to a sine, and a gradient that passes a step straight through."""
    torch = p.torch

    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, input: Any) -> Any:
            ctx.save_for_backward(input)
            return 0.5 * (5 * input**3 - 3 * input)

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            (input,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input**2 - 1)

    class Straight(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, scale: float) -> Any:
            return torch.sign(x) * scale

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, None

    x = torch.linspace(-np.pi, np.pi, 100, dtype=torch.float64)
    y = torch.sin(x)
    a, b, c, d = (torch.full((), v, dtype=torch.float64, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3))
    losses = []
    for _ in range(2000):
        loss = (a + b * LegendrePolynomial3.apply(c + d * x) - y).pow(2).sum()
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            for q in (a, b, c, d):
                q -= 1e-5 * q.grad
                q.grad = None
    assert losses[-1] < losses[0] / 2
    z = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
    (dz,) = torch.autograd.grad(LegendrePolynomial3.apply(z), z, create_graph=True)
    w = torch.tensor([-3.0, 2.0], dtype=torch.float64, requires_grad=True)
    Straight.apply(w, 2.0).sum().backward()
    assert w.grad.tolist() == [1.0, 1.0] and torch.autograd.grad(dz, z)[0].item() == 15 * 0.5
    return [losses, a, b, c, d, dz]


def schedules(p: Any) -> list[Any]:
    torch, nn = p.torch, p.nn
    found = []
    makers: list[Callable[[Any], Any]] = [
        lambda o: p.optim.lr_scheduler.OneCycleLR(o, max_lr=0.5, total_steps=12),
        lambda o: p.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3),
        lambda o: p.optim.lr_scheduler.SequentialLR(
            o,
            [p.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=4), p.optim.lr_scheduler.ExponentialLR(o, 0.8)],
            milestones=[4],
        ),
    ]
    for make in makers:
        net = fill(torch, nn.Linear(3, 1))
        optimizer = p.optim.NAdam(net.parameters(), lr=0.1)
        scheduler, rates = make(optimizer), []
        for _ in range(12):
            optimizer.zero_grad()
            net(drawn(torch, 40, 6, 3)).pow(2).sum().backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            rates.append(optimizer.param_groups[0]["lr"])
            if len(rates) < 12:
                scheduler.step()
        assert len(set(rates)) > 2
        found += [rates, net.weight]
    return found


def changes_in_place(p: Any) -> list[Any]:
    torch = p.torch
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    y = x * 2
    y[0] = 5.0
    (y * y).sum().backward()
    assert x.grad.tolist() == [0.0, 16.0, 24.0]
    w = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64, requires_grad=True)
    z = w.clone()
    row = z[1]
    row.mul_(w[0])
    z += 1
    z[:, 0] -= z[:, 1].detach()
    table = torch.zeros(2, 2, dtype=torch.float64)
    table[0] = z.sum(0)
    table[1] += row
    table.pow(2).sum().backward()
    return [x.grad, w.grad, table, row]


PROGRAMS = [
    training_loop_with_devices, batch_norm_by_hand, makemore, bigrams, softmax_minus_one_hot, hooks, a_custom_function, schedules,
    changes_in_place,
]  # fmt: skip
HERE = Here()


def plain(x: Any) -> Any:
    """Numbers as numpy has them, in the lists and dicts they stand in."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [plain(v) for v in x]
    return x.detach().numpy() if hasattr(x, "detach") else x


def compare(a: Any, b: Any) -> None:
    if isinstance(a, list | dict):
        assert len(a) == len(b) and list(a) == list(b) if isinstance(a, dict) else len(a) == len(b)
        for k in a if isinstance(a, dict) else range(len(a)):
            compare(a[k], b[k])
    elif isinstance(a, str):
        assert a == b
    else:
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_lesson_runs(program: Callable[[Any], list[Any]]) -> None:
    assert program(HERE)


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed: the numbers were not compared")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_it_gives_the_numbers_that_pytorch_gives(program: Callable[[Any], list[Any]]) -> None:
    compare(plain(program(HERE)), plain(program(There())))
