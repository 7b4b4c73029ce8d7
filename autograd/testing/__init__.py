"""Proofs for gradients, for any test suite: `gradcheck` for a function at given inputs.

They read what the engine records and use none of its rules.
"""

from autograd.testing.checking import gradcheck, gradgradcheck
from autograd.testing.report import Check, Failure, GradcheckError, Kink, Report

__all__ = ["Check", "Failure", "GradcheckError", "Kink", "Report", "gradcheck", "gradgradcheck"]
