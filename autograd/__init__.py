"""A scalar autograd engine with a tiny tensor layer. Ordinary arithmetic leaves a graph behind; `backward` walks it."""

import importlib as _importlib
import sys as _sys
from math import inf, nan, pi
from types import ModuleType as _Module
from typing import Any as _Any

from numpy import dtype, finfo, iinfo

from autograd import accelerator, backends, cuda, elsewhere, errors, functional, linalg, random, replay
from autograd import creation as _creation
from autograd.core.hooks import Handle
from autograd.core.mode import enable_grad, inference_mode, is_grad_enabled, no_grad, record_lines, set_grad_enabled
from autograd.core.node import Node, Op, each
from autograd.core.notes import Call
from autograd.core.walk import ancestors, grad
from autograd.devices import (
    device,
    get_default_device,
    get_num_threads,
    set_default_device,
    set_float32_matmul_precision,
    set_num_threads,
)  # fmt: skip
from autograd.elsewhere import missing as _missing
from autograd.faces.dtypes import bool_, float16, float32, float64, int16, int32, int64, uint8
from autograd.faces.grid import ValueTensor
from autograd.faces.methods import CHAPTERS as _CHAPTERS
from autograd.faces.methods import SYNONYMS as _SYNONYMS
from autograd.faces.overwriting import relu_, sin_, zero_
from autograd.faces.show import set_printoptions
from autograd.faces.tensor import Size, Tensor
from autograd.faces.value import Value
from autograd.faces.versions import at_one_place
from autograd.files import load, save
from autograd.function import Function
from autograd.old import (
    BoolTensor,
    ByteTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
    Variable,
)
from autograd.ops.table import public as _public
from autograd.random import Generator, default_generator, initial_seed, manual_seed, use_deterministic_algorithms

__version__ = "0.1.0"

# What is loaded when it is asked for: `import autograd` imports neither graphviz nor hypothesis.
_LAZY = dict.fromkeys(("draw", "draw_dot", "graph_size", "summary"), "autograd.drawing")
_LAZY |= {"compile": "autograd.compiling"} | dict.fromkeys(("explore", "graph_player", "watch"), "autograd.pages")
_LAZY |= dict.fromkeys(("AnomalyError", "detect_anomaly"), "autograd.anomaly") | {"listing": "autograd.program.text"}
# PyTorch's short names of dtypes, some of which would hide Python's own if they stood above.
_DTYPES = {"bool": bool_, "float": float32, "double": float64, "half": float16, "int": int32, "long": int64, "short": int16}


def __getattr__(name: str) -> _Any:
    if name in _LAZY:
        return getattr(_importlib.import_module(_LAZY[name]), name)
    if name in _DTYPES:
        return _DTYPES[name]
    if name == "autograd":  # where this package is imported as torch, torch.autograd.grad is its grad
        return _sys.modules[__name__]
    raise _missing("module 'autograd'", name)


def __dir__() -> list[str]:
    return list(__all__)


# The public names: what stands above, and what the chapters of operations and `creation` give; PyTorch's other names of some; and
# methods that are functions as well.
for _room in (*_CHAPTERS, _creation):
    globals().update(_public(_room))
globals().update({alias: globals()[name] for alias, name in _SYNONYMS.items()})
globals().update({name: getattr(Tensor, name) for name in ("allclose", "clone", "equal", "is_floating_point", "numel")})
_rooms = (accelerator, backends, cuda, elsewhere, errors, functional, linalg, random, replay)
__all__ = sorted([*_LAZY, *(n for n, thing in globals().items() if n[0] != "_" and (not isinstance(thing, _Module) or thing in _rooms))])
