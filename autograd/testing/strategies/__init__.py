"""Hypothesis strategies for everything one differentiates, from a number to a program, and tests that are made of them."""

from autograd.testing.strategies.rows import BOUND as BOUND
from autograd.testing.strategies.rows import DOMAINS, NONZERO, Interval, arguments, broadcastable, floats, indices, shapes, tensors, values
from autograd.testing.strategies.rows import SHAPED as SHAPED
from autograd.testing.strategies.rows import domains_of as domains_of
from autograd.testing.strategies.rows import holds as holds

__all__ = ["DOMAINS", "NONZERO", "Interval", "arguments", "broadcastable", "floats", "indices", "shapes", "tensors", "values"]
