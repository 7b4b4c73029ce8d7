"""Stop in the middle and go on later, bit for bit: parameters, optimiser, scheduler, random state and step in one file."""

from __future__ import annotations

import copy
import os
from typing import IO, Any

import autograd as ag
from autograd.errors import described

__all__ = ["load_checkpoint", "save_checkpoint"]

_REST = "checkpoint"  # what is not the model's; its weights stand in the file by their own names


def save_checkpoint(
    path: str | os.PathLike[str] | IO[bytes],
    *positional: Any,
    model: Any = None,
    optimizer: Any = None,
    scheduler: Any = None,
    step: int = 0,
    **extra: Any,
) -> None:
    """Write everything that training needs to go on; whole or not at all, and without pickle.

    A path that ends in ``.safetensors`` is written in that format (``pip install safetensors``), any other, and a binary file that is
    open, as ``.npz``. In both, the weights stand under the names of ``model.state_dict()``, so that ``safetensors.torch.load_file`` gives
    PyTorch a state dict. Tensors of the optimiser stand beside them as "checkpoint.optimizer..."; a file for ``strict`` loading is
    one that is saved without an optimiser. ``extra`` takes tensors, arrays, numbers, strings, lists and dicts. The random state
    is that of the default generator: hand the `get_state()` of one of your own over as an extra.

    >>> import os, tempfile
    >>> from nn import Linear
    >>> net, path = Linear(2, 1), os.path.join(tempfile.mkdtemp(), "net.npz")
    >>> save_checkpoint(path, model=net, step=7, note="half way")
    >>> load_checkpoint(path, model=Linear(2, 1))
    {'step': 7, 'note': 'half way'}
    """
    _states("save_checkpoint", positional, {"model": model, "optimizer": optimizer, "scheduler": scheduler})
    state = model.state_dict()
    if _REST in state:
        raise ValueError(f"save_checkpoint: a parameter is called {_REST!r}, which is taken; give it another name")
    parts = {"optimizer": optimizer, "scheduler": scheduler}
    rest = {name: None if part is None else part.state_dict() for name, part in parts.items()}
    ag.save({**state, _REST: {**rest, "step": step, "extra": extra, "random": ag.default_generator.get_state()}}, path)


def _states(function: str, positional: tuple[Any, ...], given: dict[str, Any]) -> None:
    if positional:
        got = ", ".join(map(described, positional))
        raise TypeError(f"{function}(path, model=..., optimizer=...) takes everything but the path by its name, got {got} without one")
    for name, part in given.items():
        if (part is not None or name == "model") and (isinstance(part, type) or not hasattr(part, "load_state_dict")):
            raise TypeError(f"a checkpoint holds a {name} with state_dict() and load_state_dict(), got {described(part)}")


def load_checkpoint(
    path: str | os.PathLike[str] | IO[bytes],
    *positional: Any,
    model: Any = None,
    optimizer: Any = None,
    scheduler: Any = None,
) -> dict[str, Any]:
    """Restore model, optimiser, scheduler and random state in place; returns the step and what else was saved.

    Raises ValueError for a file that is cut off or no checkpoint, or lacks what is asked for, RuntimeError where the weights
    do not fit the model. Whatever is raised, model, optimiser, scheduler and random state stay as they were.

    >>> import os, tempfile
    >>> from nn import Linear
    >>> path = os.path.join(tempfile.mkdtemp(), "net.npz")
    >>> save_checkpoint(path, model=Linear(2, 1), step=3)
    >>> load_checkpoint(path, model=Linear(2, 4))
    Traceback (most recent call last):
    RuntimeError: the state does not fit this Linear, nothing was loaded
      mis-shaped: weight (got shape (1, 2), expected (4, 2)), bias (got shape (1,), expected (4,))
    """
    _states("load_checkpoint", positional, {"model": model, "optimizer": optimizer, "scheduler": scheduler})
    state = ag.load(path)
    file = os.fspath(path) if isinstance(path, str | os.PathLike) else described(path)
    rest = state.pop(_REST, None) if isinstance(state, dict) else None
    if not isinstance(rest, dict) or not {"optimizer", "scheduler", "step", "extra", "random"} <= set(rest):
        raise ValueError(f"{file} is not a checkpoint written by save_checkpoint()")
    parts: list[tuple[Any, Any]] = [(model, state)]
    for name, part in {"optimizer": optimizer, "scheduler": scheduler}.items():
        if part is not None:
            if rest[name] is None:
                raise ValueError(f"{file} holds no {name}; leave {name}= away")
            parts.append((part, rest[name]))
    before = [(part, copy.deepcopy(part.state_dict())) for part, _ in parts]
    random = ag.default_generator.get_state()
    try:
        for part, saved in parts:
            part.load_state_dict(saved)
        ag.default_generator.set_state(rest["random"])
    except BaseException:
        for part, saved in before:
            part.load_state_dict(saved)
        ag.default_generator.set_state(random)
        raise
    return {"step": rest["step"], **rest["extra"]}
