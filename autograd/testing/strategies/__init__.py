"""Hypothesis strategies for everything one differentiates, from a number to a program, and tests that are made of them.

Each module draws with those before it: `numbers`, `arrays` (shapes, tensors, indices), `rows` (the arguments of each operation),
`programs` (expressions and networks), `property` (the gradient check as a test).
"""

try:
    import hypothesis as _hypothesis  # noqa: F401
except ModuleNotFoundError as _missing:
    if _missing.name != "hypothesis":
        raise
    raise ModuleNotFoundError(f"{__name__} draws its examples with hypothesis: pip install hypothesis", name="hypothesis") from None

from autograd.testing.strategies.arrays import broadcastable, indices, shapes, tensors
from autograd.testing.strategies.numbers import BOUND as BOUND
from autograd.testing.strategies.numbers import NONZERO, Interval, floats, values
from autograd.testing.strategies.rows import DOMAINS, arguments
from autograd.testing.strategies.rows import SHAPED as SHAPED
from autograd.testing.strategies.rows import domains_of as domains_of
from autograd.testing.strategies.rows import holds as holds

__all__ = ["DOMAINS", "NONZERO", "Interval", "arguments", "broadcastable", "floats", "indices", "shapes", "tensors", "values"]
