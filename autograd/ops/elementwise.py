"""The table of elementwise operations: for each, its name, how to compute it, and one derivative per argument.

In a rule, ``g`` is dL/dz, ``z`` the output, ``x, y`` the arguments. Rules contain mathematics only, so each serves
Python floats, complex numbers, numpy arrays, recorded nodes and symbols. Edge values are PyTorch's; where one is a
choice, the comment beside the row says so. To add an operation, add a row.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.errors import name_of
from autograd.ops.table import _BOOL, _WEAK, Both, edgy, op

_BITS: dict[Any, Any] = {np.dtype("float32"): np.dtype("uint32"), np.dtype("float64"): np.dtype("uint64")}


# How to compute, where one expression does not do for floats and arrays alike.
def _minus_abs(x: Any) -> Any:  # x or -x, whichever has a real part below 0
    return np.where(np.real(x) < 0, x, -x) if np.iscomplexobj(x) else -np.abs(x)


def _sigmoid(x: Any) -> Any:  # by sign: no overflow at -1000, where a float comes here as well
    e = np.exp(_minus_abs(x))
    return np.where(np.real(x) < 0, e, 1) / (1 + e)


def _softplus(x: Any) -> Any:
    positive = np.where(np.real(x) < 0, 0, x) if np.iscomplexobj(x) else np.maximum(x, 0)
    return positive + np.log1p(np.exp(_minus_abs(x)))


def _relu(x: Any) -> Any:  # numpy is two to four times faster with as many zeros than with one
    if x.__class__ is not np.ndarray or x.dtype.kind != "f" or x.size <= 64 or x.shape[-1] > _MANY:
        return np.maximum(x, 0)
    zeros = _zeros(x.dtype)
    return np.maximum(x, zeros[: x.size].reshape(x.shape) if x.size <= _MANY else zeros[: x.shape[-1]])


_MANY = 65536


@lru_cache(maxsize=4)
def _zeros(dtype: Any) -> np.ndarray:
    return np.zeros(_MANY, dtype)


def _elu(x: Any, alpha: Any) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _sign(x: Any) -> Any:  # 0 at NaN
    return np.subtract(x > 0, x < 0, dtype=np.asarray(x).dtype)


def _keep(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of one float at a time over an array, for what numpy lacks."""
    each = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(each(x), dtype=np.result_type(np.asarray(x).dtype, np.float32))


def _floor(x: float) -> float:
    return float(math.floor(x)) if math.isfinite(x) else x


def _round(x: float) -> float:
    return float(builtins.round(x)) if math.isfinite(x) else x


def _where(c: Any, a: Any, b: Any) -> Any:
    if c.__class__ is np.ndarray and c.dtype is _BOOL:  # a 0 among floats masks their bits: same result, many times faster
        if b.__class__ is np.ndarray and a.__class__ is int and a == 0 and (bits := _BITS.get(b.dtype)) is not None:
            return _masked(b, np.logical_not(c), bits)
        if a.__class__ is np.ndarray and b.__class__ is int and b == 0 and (bits := _BITS.get(a.dtype)) is not None:
            return _masked(a, c, bits)
    return (a if c else b) if c.__class__ is bool and a.__class__ in _WEAK and b.__class__ in _WEAK else np.where(c, a, b)


def _masked(x: np.ndarray, kept: np.ndarray, bits: Any) -> Any:
    """``x`` where ``kept``, else 0."""
    if x.shape != kept.shape or not x.shape:
        return (x.view(bits) * kept).view(x.dtype)
    z = kept.astype(bits)
    return np.multiply(z, x.view(bits), z).view(x.dtype)  # without a cast in the middle


def _pow(x: Any, y: Any) -> Any:  # numpy's own ** is fast for the exponents 2, 0.5, -1
    return np.asarray(x) ** y if y.__class__ in _WEAK else np.power(x, y)


def _one_less(x: Any, y: Any) -> Any:  # the exponent of the derivative; of a number that is not 0 it stays a number
    zero = y == 0
    return y - 1 if zero is False else where(zero, where(x == 0, 0, y - 1), y - 1)


def _not_zero(x: Any, y: Any) -> Any:  # the base whose logarithm is taken; a number that is not 0 stays a number
    zero = x == 0
    return x if zero is False else where(zero, where(y >= 0, 1, x), x)


def _maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def _minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


# fmt: off
#          name        compute                                  d/dx                                         d/dy
add    = op("+",       operator.add,                            lambda g, z, x, y: g,                        lambda g, z, x, y: g)
sub    = op("-",       operator.sub,                            lambda g, z, x, y: g,                        lambda g, z, x, y: -g)
mul    = op("*",       operator.mul,                            lambda g, z, x, y: g * y,                    lambda g, z, x, y: g * x)
div    = op("/",       edgy(operator.truediv, np.true_divide),  lambda g, z, x, y: g / y,                    lambda g, z, x, y: -g * z / y)
neg    = op("neg",     operator.neg,                            lambda g, z, x: -g)
# x ** 0 has derivative 0 also at x = 0: the exponent y - 1 becomes 0 there, which leaves no 0 * inf at any order.
# 0 ** y has derivative 0 in y where y >= 0: log(1) = 0 stands in for log(0). For x < 0 it is NaN.
pow    = op("pow",     edgy(math.pow, _pow),                    lambda g, z, x, y: g * (y * pow(x, _one_less(x, y))),
                                                                lambda g, z, x, y: g * (z * log(_not_zero(x, y))))
floordiv = op("//",    edgy(operator.floordiv, np.floor_divide), lambda g, z, x, y: g * 0,                   lambda g, z, x, y: g * 0)
mod    = op("%",       edgy(operator.mod, np.mod),                      lambda g, z, x, y: g,                        lambda g, z, x, y: -g * (x // y))
abs    = op("abs",     operator.abs,                            lambda g, z, x: g * sign(x))                # 0 at 0
sign   = op("sign",    Both(lambda x: float((x > 0) - (x < 0)), _sign),                    lambda g, z, x: g * 0)
exp    = op("exp",     edgy(math.exp, np.exp),                  lambda g, z, x: g * z)
expm1  = op("expm1",   edgy(math.expm1, np.expm1),              lambda g, z, x: g * exp(x))
log    = op("log",     edgy(math.log, np.log),                  lambda g, z, x: g / x)
log1p  = op("log1p",   edgy(math.log1p, np.log1p),              lambda g, z, x: g / (1 + x))
sqrt   = op("sqrt",    edgy(math.sqrt, np.sqrt),                lambda g, z, x: g / (2 * z))                # inf at 0
rsqrt  = op("rsqrt",   edgy(lambda x: 1 / math.sqrt(x), lambda x: 1 / np.sqrt(x)), lambda g, z, x: g * (-0.5 * z * z * z))
square = op("square",  lambda x: x * x,                         lambda g, z, x: g * (2 * x))
reciprocal = op("reciprocal", edgy(lambda x: 1 / x, lambda x: np.true_divide(1, x)), lambda g, z, x: -g * (z * z))
sin    = op("sin",     edgy(math.sin, np.sin),                  lambda g, z, x: g * cos(x))
cos    = op("cos",     edgy(math.cos, np.cos),                  lambda g, z, x: -g * sin(x))
tan    = op("tan",     edgy(math.tan, np.tan),                  lambda g, z, x: g * (1 + z * z))
atan   = op("atan",    edgy(math.atan, np.arctan),              lambda g, z, x: g / (1 + x * x))
sinh   = op("sinh",    edgy(math.sinh, np.sinh),                lambda g, z, x: g * cosh(x))
cosh   = op("cosh",    edgy(math.cosh, np.cosh),                lambda g, z, x: g * sinh(x))
tanh   = op("tanh",    Both(math.tanh, np.tanh),                lambda g, z, x: g * (1 - z * z))
erf    = op("erf",     Both(math.erf, _keep(math.erf)),         lambda g, z, x: g * (2 / math.sqrt(math.pi) * exp(-x * x)))
erfc   = op("erfc",    Both(math.erfc, _keep(math.erfc)),       lambda g, z, x: g * (-2 / math.sqrt(math.pi) * exp(-x * x)))
sigmoid  = op("sigmoid",  Both(lambda x: 1 / (1 + math.exp(-x)), _sigmoid), lambda g, z, x: g * (z * (1 - z)))
softplus = op("softplus", Both(lambda x: max(x, 0.0) + math.log1p(math.exp(-math.fabs(x))), _softplus), lambda g, z, x: g * sigmoid(x))
relu     = op("relu",  Both(lambda x: 0.0 if x <= 0 else x, _relu),
                                                                lambda g, z, x: where(x <= 0, 0, g))        # 0 at 0; passes at NaN
prelu    = op("prelu", edgy(lambda x, w: x if x > 0 else w * x, lambda x, w: np.where(x > 0, x, w * x)),
                                                                lambda g, z, x, w: where(x > 0, g, g * w),  # the slope at 0
                                                                lambda g, z, x, w: where(x > 0, 0, g * x))
elu_     = op("elu",   edgy(lambda x, a: x if x > 0 else a * math.expm1(x), _elu),
                                                                lambda g, z, x, a: where(x <= 0, g * (a * exp(where(x < 0, x, 0))), g),  # passes at NaN
                                                                lambda g, z, x, a: g * expm1(minimum(x, 0)))
# Ties share the gradient evenly; a NaN passes it to both.
maximum = op("maximum", Both(_maximum, np.maximum),             lambda g, z, x, y: where(x == y, g * 0.5, where(x < y, 0, g)),
                                                                lambda g, z, x, y: where(x == y, g * 0.5, where(y < x, 0, g)))
minimum = op("minimum", Both(_minimum, np.minimum),             lambda g, z, x, y: where(x == y, g * 0.5, where(x > y, 0, g)),
                                                                lambda g, z, x, y: where(x == y, g * 0.5, where(y > x, 0, g)))
# A bound has gradient 1; a NaN has 0.
clamp_min = op("clamp_min", Both(_maximum, np.maximum),         lambda g, z, x, low: where(x >= low, g, 0),   lambda g, z, x, low: where(x < low, g, 0))
clamp_max = op("clamp_max", Both(_minimum, np.minimum),         lambda g, z, x, top: where(x <= top, g, 0),   lambda g, z, x, top: where(x > top, g, 0))
where   = op("where",  _where,                                  None, lambda g, z, c, x, y: where(c, g, 0),  lambda g, z, c, x, y: where(c, 0, g))
floor  = op("floor",   Both(_floor, np.floor),                  lambda g, z, x: g * 0)
ceil   = op("ceil",    Both(lambda x: -_floor(-x), np.ceil),    lambda g, z, x: g * 0)
round  = op("round",   Both(_round, np.round),                  lambda g, z, x: g * 0)                      # half to even
lt = op("<",  operator.lt, None, None)
le = op("<=", operator.le, None, None)
gt = op(">",  operator.gt, None, None)
ge = op(">=", operator.ge, None, None)
eq = op("==", operator.eq, None, None)
ne = op("!=", operator.ne, None, None)
# fmt: on


# What takes integers to floats: the tensor layer converts them first, for numpy would compute small ones in 16 bits.
FLOATING = frozenset({exp, expm1, log, log1p, sqrt, rsqrt, reciprocal, sin, cos, tan, atan, sinh, cosh, tanh, erf, erfc, sigmoid, softplus})


# Compositions: no row of their own, because neither stability nor speed asks for one.
def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, else ``negative_slope * x`` (also its derivative at 0).

    >>> leaky_relu(-2.0)
    -0.02
    """
    return prelu(x, negative_slope)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else ``alpha * (exp(x) - 1)``."""
    return elu_(x, alpha)


def silu(x: Any) -> Any:
    """x * sigmoid(x), also called swish."""
    return x * sigmoid(x)


def gelu(x: Any, approximate: str = "none") -> Any:
    """x * P(N(0, 1) <= x) (Hendrycks and Gimpel, arXiv:1606.08415), by erfc, so that the left tail is kept.

    ``approximate="tanh"`` gives x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x**3))), faster on arrays.
    """
    half: Any = mul(x, 0.5) if not isinstance(x, Node) else 0.5 * x  # type: ignore[operator]  # a row says what it does not take
    if name_of(approximate, "gelu: approximate", "none", "tanh") == "tanh":
        return half * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return half * erfc(x * -math.sqrt(0.5))


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    """x limited to [min, max]; either may be None. The gradient at a bound is 1.

    >>> clamp(5.0, 0.0, 1.0)
    1.0
    """
    if min is None and max is None:
        raise ValueError("clamp needs min, max or both, got neither")
    x = x if min is None else clamp_min(x, min)
    return x if max is None else clamp_max(x, max)
