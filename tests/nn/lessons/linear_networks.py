"""Linear regression, written out and then by layers, and softmax regression in both ways."""

import torch
from helpers import blobs, cross_entropy, data_iter, load_array, sgd, show, softmax, synthetic_data
from torch import nn

torch.manual_seed(0)
features, labels = synthetic_data(torch.tensor([2, -3.4]), 4.2, 500)


def linreg(X, w, b):
    return torch.matmul(X, w) + b


def squared_loss(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for _ in range(8):
    for X, y in data_iter(10, features, labels):
        squared_loss(linreg(X, w, b), y).mean().backward()
        sgd([w, b], lr=0.03)
show("written out", w, b)

net = nn.Sequential(nn.Linear(2, 1))
net[0].weight.data.normal_(0, 0.01)
net[0].bias.data.fill_(0)
loss = nn.MSELoss()
trainer = torch.optim.SGD(net.parameters(), lr=0.015)
for _ in range(8):
    for X, y in load_array((features, labels), batch_size=10):
        trainer.zero_grad()
        loss(net(X), y).backward()
        trainer.step()
show("by layers", net[0].weight.data, net[0].bias.data)

X, y = blobs()
W, b = torch.zeros(4, 3, requires_grad=True), torch.zeros(3, requires_grad=True)
losses = []
for _ in range(20):
    l = cross_entropy(softmax(X @ W + b), y).mean()
    losses.append(l.item())
    l.backward()
    sgd([W, b], lr=0.1)
show("softmax written out", losses)

net = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))


def init_weights(m):
    if type(m) is nn.Linear:
        nn.init.zeros_(m.weight)
        nn.init.zeros_(m.bias)


net.apply(init_weights)
loss, trainer, losses = nn.CrossEntropyLoss(reduction="none"), torch.optim.SGD(net.parameters(), lr=0.1), []
for _ in range(20):
    l = loss(net(X.reshape(-1, 2, 2)), y)
    trainer.zero_grad()
    l.mean().backward()
    trainer.step()
    losses.append(float(l.detach().mean()))
show("softmax by layers", losses)
show("right", (net(X).argmax(axis=1).type(y.dtype) == y).type(torch.float32).mean())
