"""A scalar autograd engine with a tiny tensor layer. Ordinary arithmetic leaves a graph behind; `backward` walks it."""

import importlib as _importlib
import sys as _sys
from math import inf, nan, pi
from types import ModuleType as _Module
from typing import Any as _Any

from autograd import creation as _creation
from autograd import errors, functional
from autograd.core.hooks import Handle
from autograd.core.mode import enable_grad, is_grad_enabled, no_grad, record_lines, set_grad_enabled
from autograd.core.node import Node, Op, each
from autograd.core.notes import Call
from autograd.core.walk import ancestors, grad
from autograd.faces.dtypes import bool_, float32, float64, int32, int64, uint8
from autograd.faces.grid import ValueTensor
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.faces.versions import at_one_place
from autograd.files import load, save
from autograd.function import Function
from autograd.ops import elementwise as _elementwise
from autograd.ops import moves as _moves
from autograd.ops import products as _products
from autograd.ops import reduce as _reduce
from autograd.ops.table import public as _public
from autograd.random import Generator, default_generator, initial_seed, manual_seed

__version__ = "0.1.0"

# What is loaded when it is asked for: `import autograd` imports neither graphviz nor hypothesis.
_LAZY = dict.fromkeys(("draw", "draw_dot", "graph_player", "graph_size", "summary"), "autograd.drawing")
_LAZY |= dict.fromkeys(("AnomalyError", "detect_anomaly"), "autograd.anomaly") | {"listing": "autograd.program.text"}
# PyTorch's short names of dtypes, which would hide Python's own if they stood above.
_DTYPES = {"bool": bool_, "float": float32, "double": float64, "int": int32, "long": int64}
# What is looked for here by those who write `import autograd as torch`.
_ELSEWHERE = {
    "nn": "; networks are a package of their own: import nn",
    "optim": "; the optimisers are in nn: from nn import optim",
    "utils": "; data sets and loaders are in nn: from nn import data",
    "cuda": "; everything is on the CPU",
    "device": "; everything is on the CPU",
} | dict.fromkeys(("hessian", "hvp", "jacobian", "jvp", "vjp"), "; it is in autograd.functional")


def __getattr__(name: str) -> _Any:
    if name in _LAZY:
        return getattr(_importlib.import_module(_LAZY[name]), name)
    if name in _DTYPES:
        return _DTYPES[name]
    if name == "autograd":  # where this package is imported as torch, torch.autograd.grad is its grad
        return _sys.modules[__name__]
    raise AttributeError(f"module 'autograd' has no attribute {name!r}{_ELSEWHERE.get(name, '')}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# The public names: what stands above, and what the chapters of operations and `creation` give.
for _room in (_elementwise, _moves, _reduce, _products, _creation):
    globals().update(_public(_room))
globals().update({name: getattr(Tensor, name) for name in ("allclose", "isfinite", "isnan", "numel")})
_rooms = (errors, functional)
__all__ = sorted([*_LAZY, *(n for n, thing in globals().items() if n[0] != "_" and (not isinstance(thing, _Module) or thing in _rooms))])
