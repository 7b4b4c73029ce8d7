"""A cubic fitted to a sine: by numpy, by tensors, by autograd, by a Function, by layers, by optimisers, by modules."""

import math

import numpy as np
import torch
from helpers import show

START = [0.1, -0.2, 0.3, -0.1]
LR = 1e-5

x = np.linspace(-math.pi, math.pi, 200)
y = np.sin(x)
a, b, c, d = START
for _ in range(500):
    grad_y_pred = 2.0 * (a + b * x + c * x**2 + d * x**3 - y)
    a, b, c, d = (
        a - LR * grad_y_pred.sum(), b - LR * (grad_y_pred * x).sum(), c - LR * (grad_y_pred * x**2).sum(), d - LR * (grad_y_pred * x**3).sum(),
    )  # fmt: skip
show("numpy", [a, b, c, d])

dtype, device = torch.double, torch.device("cpu")
x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=dtype)
y = torch.sin(x)
w = [torch.full((), v, device=device, dtype=dtype) for v in START]
for _ in range(500):
    y_pred = w[0] + w[1] * x + w[2] * x**2 + w[3] * x**3
    loss = (y_pred - y).pow(2).sum().item()
    grad_y_pred = 2.0 * (y_pred - y)
    for i in range(4):
        w[i] -= LR * (grad_y_pred * x**i).sum()
show("tensors", torch.stack(w))

a, b, c, d = (torch.tensor(v, device=device, dtype=dtype, requires_grad=True) for v in START)
for _ in range(500):
    loss = (a + b * x + c * x**2 + d * x**3 - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= LR * p.grad
            p.grad = None
show("autograd", a, b, c, d)


class LegendrePolynomial3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


u = torch.tensor([-0.5, 0.2, 1.0], dtype=dtype, requires_grad=True)
P3 = LegendrePolynomial3.apply
P3(u).sum().backward()
show("function", P3(u), u.grad)

xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))
model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1)).double()
with torch.no_grad():
    model[0].bias.fill_(START[0])
    model[0].weight.copy_(torch.tensor([START[1:]]))
loss_fn = torch.nn.MSELoss(reduction="sum")
for _ in range(500):
    loss = loss_fn(model(xx), y)
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for param in model.parameters():
            param -= LR * param.grad
show("layers", model[0].bias, model[0].weight)

optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
for _ in range(2500):
    loss = loss_fn(model(xx), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
show("optimiser", loss)


class Polynomial(torch.nn.Module):
    """The last weight is shared by the fourth power and, sometimes, the fifth."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.d = (torch.nn.Parameter(torch.tensor(v, dtype=dtype)) for v in START)
        self.e = torch.nn.Parameter(torch.tensor(0.01, dtype=dtype))

    def forward(self, x, powers):
        y = self.a + self.b * x + self.c * x**2 + self.d * x**3
        for exp in range(4, 4 + powers):
            y = y + self.e * x**exp
        return y


model = Polynomial()
optimizer = torch.optim.SGD(model.parameters(), lr=LR)
for _ in range(500):
    loss = loss_fn(model(x, 0), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
show("module", model.a, model.b, model.c, model.d, model.e)
for powers in range(3):
    optimizer.zero_grad(set_to_none=False)
    model(x[100:], powers).sum().backward()
    show(f"shared {powers}", 0.0 if model.e.grad is None else model.e.grad)
