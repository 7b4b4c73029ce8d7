"""Random programs by the name they are known by; they are made in `strategies`."""

from autograd.testing.strategies.programs import Expression, expressions, mlps

__all__ = ["Expression", "expressions", "mlps"]
