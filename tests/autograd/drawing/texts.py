"""What is looked for in a DOT text, and graphs that several tests draw."""

import re
from typing import Any

import autograd as ag
import nn
from autograd import Value


def boxes(source: str, prefix: str = "v") -> dict[str, str]:
    """Labels by id; line breaks as slashes."""
    found = re.findall(rf'^\t*({prefix}\d+(?:_\d+)?) \[id=\S+ label="((?:[^"\\]|\\.)*)"', source, re.M)
    return {id: label.replace("\\n", "/") for id, label in found}


def arrows(source: str) -> list[tuple[str, str]]:
    return re.findall(r"^\t*(\w+) -> (\w+)(?: \[|$)", source, re.M)


def neuron() -> tuple[Any, Any]:
    x, w = Value(0.5, label="x"), Value(-1.5, label="w")
    loss = (x * w + 0.8).tanh() ** 2
    loss.label = "L"
    return loss, [x, w]


def mlp() -> tuple[Any, Any]:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    return net, nn.functional.cross_entropy(net(ag.ones(5, 4)), ag.zeros(5, dtype=ag.int64))
