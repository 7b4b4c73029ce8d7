"""Names that people look for here and do not find: PyTorch's, numpy's, micrograd's, and what there is instead.

One table. A module asks it where a name is missing (`missing`); a class gets an attribute for each of its names that refuses in these
words (`refuse_all`), for a ``__getattr__`` would slow down every attribute of every node.
"""

from __future__ import annotations

from inspect import getattr_static
from typing import Any, NoReturn

__all__ = ["INSTEAD", "missing", "refuse_all"]

_CPU = "everything is on the CPU: leave it out, or write .to(device)"
_NN = "networks are a package of their own: import nn"
_OUT = "convolutions, recurrent nets, attention and what belongs to images and text are not here: PyTorch has them"
_FUNCTIONAL = "it is in autograd.functional"
_LOSS = "it is in nn: from nn import functional as F"

# Whose attribute it would be, and what is said of it.
INSTEAD: dict[str, dict[str, str]] = {
    "module 'autograd'": {
        "nn": _NN,
        "optim": "the optimisers are in nn: from nn import optim",
        "utils": "data sets and loaders are in nn: from nn import data",
        **dict.fromkeys(("hessian", "hvp", "jacobian", "jvp", "vjp"), _FUNCTIONAL),
        **dict.fromkeys(("cross_entropy", "mse_loss", "nll_loss", "dropout", "one_hot", "normalize"), _LOSS),
        **dict.fromkeys(
            ("conv1d", "conv2d", "conv3d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "lstm", "gru", "fft", "sparse", "distributed"),
            _OUT,
        ),
        **dict.fromkeys(("jit", "compile"), "operations run one by one, in Python: call the function itself"),
        **dict.fromkeys(("complex64", "complex128", "cfloat"), "tensors hold real numbers"),
        "histc": "write autograd.histogram(x, bins, range=(min, max)), which gives the edges as well",
        "bmm": "matrices with leading axes are multiplied by autograd.matmul, or @",
        "repeat_interleave": "write x.unsqueeze(-1).repeat(..., n).flatten(), or index with repeated places",
        "tile": "it is the method x.repeat(...)",
    },
    "Tensor": {
        "cuda": _CPU,
        "astype": "a dtype is changed by .to(dtype), or .float(), .long()",
        "copy": "a copy is made by .clone(), outside the graph by .detach().clone()",
        "asnumpy": "write .detach().numpy()",
        "zero_grad": "a gradient is forgotten by x.grad = None; of a network, by optimizer.zero_grad()",
        "to_list": "write .tolist()",
        "register_full_backward_hook": "hooks of modules are in nn",
        "is_sparse": "every tensor is dense",
        "bmm": "matrices with leading axes are multiplied by @",
        "repeat_interleave": "write .unsqueeze(-1).repeat(..., n).flatten(), or index with repeated places",
    },
    "Value": {
        "_prev": "the arguments of its operation are in .args",
        "_op": "its operation is .op, and its name .op.name",
        "_backward": "the rules are those of its row: .op.vjps",
        **dict.fromkeys(("numpy", "tolist"), "a Value is one number: write .data, or .item()"),
        **dict.fromkeys(("sum", "mean"), "a Value is one number; tensor([v, w]) makes a tensor of several"),
        "retain_grad": "each Value in a graph shows its gradient in .grad after backward()",
        "requires_grad_": "write v.requires_grad = True",
    },
}


def missing(owner: str, name: str) -> AttributeError:
    """The error for a name that ``owner`` lacks, with what there is instead.

    >>> missing("Value", "_prev")
    AttributeError("Value has no attribute '_prev'; the arguments of its operation are in .args")
    """
    known = INSTEAD.get(owner, {}).get(name)
    return AttributeError(f"{owner} has no attribute {name!r}{f'; {known}' if known else ''}")


class _Missing:
    """An attribute that there is not: to ask for it raises, so that `hasattr` says no."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, thing: Any, owner: type | None = None) -> NoReturn:
        raise missing(self.owner, self.name)


def refuse_all(cls: type) -> None:
    """Give a class the attributes that refuse, for the names that the table has of it."""
    for name in INSTEAD[cls.__name__]:
        attribute = _Missing(cls.__name__)
        attribute.__set_name__(cls, name)
        setattr(cls, name, attribute)
    cls.__dir__ = _present  # type: ignore[assignment,method-assign]


def _present(thing: object) -> list[str]:
    """The names that `dir` shows: those that can be had."""
    return [name for name in object.__dir__(thing) if not isinstance(getattr_static(thing, name, None), _Missing)]
