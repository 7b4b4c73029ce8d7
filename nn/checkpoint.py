"""Stop in the middle and go on later, bit for bit: parameters, optimiser, random state and step in one file."""

from __future__ import annotations

import os
from typing import Any

import autograd as ag
from nn.module import Module

__all__ = ["load_checkpoint", "save_checkpoint"]


def save_checkpoint(path: str | os.PathLike[str], *, model: Module, optimizer: Any = None, step: int = 0, **extra: Any) -> None:
    """Write everything that training needs to go on; whole or not at all."""
    state = {"model": model.state_dict(), "optimizer": optimizer and optimizer.state_dict(), "step": step, "extra": extra}
    ag.save({**state, "random": ag.default_generator.get_state()}, path)


def load_checkpoint(path: str | os.PathLike[str], *, model: Module, optimizer: Any = None) -> dict[str, Any]:
    """Restore model, optimiser and random state in place; returns the step and what else was saved.

    Raises ValueError or KeyError, and leaves the model as it was, where the file does not fit.
    """
    state = ag.load(path)
    if not isinstance(state, dict) or not {"model", "optimizer", "step", "extra", "random"} <= set(state):
        raise ValueError(f"{os.fspath(path)} is not a checkpoint written by save_checkpoint()")
    if optimizer is not None and state["optimizer"] is None:
        raise ValueError(f"{os.fspath(path)} holds no optimizer; pass optimizer=None")
    random, parameters = ag.default_generator.get_state(), {name: p.clone() for name, p in model.state_dict().items()}
    try:
        ag.default_generator.set_state(state["random"])
        model.load_state_dict(state["model"])
        if optimizer is not None:  # last: it changes all of itself or nothing
            optimizer.load_state_dict(state["optimizer"])
    except BaseException:
        ag.default_generator.set_state(random)
        model.load_state_dict(parameters)
        raise
    return {"step": state["step"], **state["extra"]}
