"""A neuron whose gradients are known, and a model of letters: an embedding, a hidden layer, and names drawn from it."""

import random

import numpy as np
import torch
import torch.nn.functional as F
from helpers import show

x = torch.Tensor([1.5]).double()
x.requires_grad = True
w = torch.Tensor([-2.0]).double()
w.requires_grad = True
b = torch.Tensor([3.5]).double()
b.requires_grad = True
n = x * w + b
o = torch.tanh(n)
o.backward()
show("neuron", o.data.item(), x.grad.item(), w.grad.item(), b.grad.item())

words = ["ada", "alan", "barbara", "claude", "donald", "edsger", "emmy", "frances", "grace", "john", "karen", "leslie", "niklaus", "tony"]
chars = sorted(list(set("".join(words))))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
itos = {i: s for s, i in stoi.items()}


def build_dataset(words, block_size=3):
    X, Y = [], []
    for w in words:
        context = [0] * block_size
        for ch in w + ".":
            X.append(context)
            Y.append(stoi[ch])
            context = context[1:] + [stoi[ch]]
    return torch.tensor(X), torch.tensor(Y)


random.seed(42)
random.shuffle(words)
X, Y = build_dataset(words)
rng = np.random.default_rng(21)
C, W1, b1, W2, b2 = (
    torch.from_numpy(rng.normal(size=shape) * 0.3) for shape in [(len(stoi), 2), (6, 12), (12,), (12, len(stoi)), (len(stoi),)]
)
parameters = [C, W1, b1, W2, b2]
for p in parameters:
    p.requires_grad = True
lossi = []
for i in range(60):
    emb = C[X]
    h = torch.tanh(emb.view(-1, 6) @ W1 + b1)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Y)
    for p in parameters:
        p.grad = None
    loss.backward()
    lr = 0.5 if i < 40 else 0.05
    for p in parameters:
        p.data += -lr * p.grad
    lossi.append(loss.item())
show("losses", torch.tensor(lossi, dtype=torch.float64).view(-1, 10).mean(1))

g = torch.Generator().manual_seed(2147483647)
firsts = []
for _ in range(400):
    out, context = [], [0] * 3
    while len(out) < 1:
        h = torch.tanh(C[torch.tensor([context])].view(1, -1) @ W1 + b1)
        probs = F.softmax(h @ W2 + b2, dim=1)
        ix = torch.multinomial(probs, num_samples=1, generator=g).item()
        context = context[1:] + [ix]
        out.append(ix)
    firsts += out
show("first letters", F.one_hot(torch.tensor(firsts), num_classes=len(stoi)).float().mean(0))
show("their probabilities", probs)
print("".join(itos[i] for i in firsts[:5]))
