"""The gradient check as a property, by the name it is known by; it is made in `strategies`."""

from autograd.testing.strategies.property import gradcheck_property

__all__ = ["gradcheck_property"]
