"""Proofs for gradients, for any test suite: `gradcheck` for a function at given inputs, `check_backward` for a backward by hand in numpy,
strategies for hypothesis to draw these.

They read what the engine records and use none of its rules. `strategies`, `expressions` and `gradcheck_property` need hypothesis and are
loaded when they are asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from autograd.testing.checking import check_backward, gradcheck, gradgradcheck
from autograd.testing.checking.report import Check, Failure, GradcheckError, Kink, Report

if TYPE_CHECKING:
    from autograd.testing import expressions, strategies
    from autograd.testing.properties import gradcheck_property

__all__ = [
    "Check", "Failure", "GradcheckError", "Kink", "Report", "check_backward", "expressions", "gradcheck", "gradcheck_property",
    "gradgradcheck", "strategies",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    try:
        if name in ("expressions", "strategies"):
            return importlib.import_module(f"autograd.testing.{name}")
        if name == "gradcheck_property":
            return importlib.import_module("autograd.testing.properties").gradcheck_property
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise ModuleNotFoundError(f"{name} draws its examples with hypothesis: pip install hypothesis", name="hypothesis") from None
    raise AttributeError(f"module 'autograd.testing' has no attribute {name!r}")
