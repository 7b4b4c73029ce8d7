"""`gradcheck`: a gradient is held against derivatives that are found without any rule of the engine. numpy is all it needs.

`run` is where a check begins, with its `settings`. Order by order the `function` is differentiated and what comes out held against
(`comparison`) what is `expected`, by the `complex_step` or by `differences`. After a check that failed `blame` looks for the operation
that is wrong; `report` writes down what was found.

A backward in plain numpy is checked `by_hand`: `calls` tells what it is handed, `passes` calls it, `hints` knows the usual mistakes.
"""

from autograd.testing.checking.by_hand import check_backward
from autograd.testing.checking.run import gradcheck, gradgradcheck

__all__ = ["check_backward", "gradcheck", "gradgradcheck"]
