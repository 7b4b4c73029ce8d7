"""Programs that go wrong, and what is reported of them."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograd import AnomalyError, Tensor, detect_anomaly, tensor
from autograd.core.mode import NONDEFAULT

INF, NAN = math.inf, math.nan


def t(*data: Any, requires_grad: bool = True) -> Tensor:
    return tensor(list(data), requires_grad=requires_grad)


def report(program: Callable[[], Any], check_inf: bool = True) -> AnomalyError:
    with pytest.raises(AnomalyError) as caught, detect_anomaly(check_inf):
        program()
    assert not NONDEFAULT  # though the error, and with it every frame, is still held
    return caught.value


def back(f: Callable[[Any], Any], *data: float) -> Callable[[], Any]:
    """A program that differentiates ``f`` at a tensor."""
    return lambda: f(t(*data)).sum().backward()
