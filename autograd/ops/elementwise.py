"""The table of elementwise operations: for each, its name, how to compute it, and one derivative per argument.

In a rule, ``g`` is dL/dz, ``z`` the output, ``x, y`` the arguments. Rules contain mathematics only, so each serves
Python floats, complex numbers, numpy arrays, recorded nodes and symbols. Edge values are PyTorch's; where one is a
choice, the comment beside the row says so. To add an operation, add a row: it is then a function and a method.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.mode import is_grad_enabled
from autograd.core.node import Node
from autograd.core.symbols import ATOM, POWER, SIGN, TIMES, WORDS, Symbol
from autograd.errors import described, int_of, name_of
from autograd.ops import fast
from autograd.ops.table import Both, Elementwise, dims, edgy, op, real

_BOOL, _INT8 = np.dtype("bool"), np.dtype("int8")


# Kernels, where one expression does not do for floats and arrays alike.
def _minus_abs(x: Any) -> Any:  # x or -x, whichever has a real part below 0
    return np.where(np.real(x) < 0, x, -x) if np.iscomplexobj(x) else -np.abs(x)


def _sigmoid(x: Any) -> Any:  # by sign: no overflow at -1000; a float falls back to this where math.exp overflows
    e = np.exp(_minus_abs(x))
    return np.where(np.real(x) < 0, e, 1) / (1 + e)


def _softplus(x: Any) -> Any:
    positive = np.where(np.real(x) < 0, 0, x) if np.iscomplexobj(x) else np.maximum(x, 0)
    return positive + np.log1p(np.exp(_minus_abs(x)))


def _square(x: Any) -> Any:  # of booleans integers, as a power
    z = x * x
    return z if z.dtype is not _BOOL else z.astype(np.int64)


def _elu(x: Any, alpha: Any) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _sign(x: Any) -> Any:  # 0 at NaN
    return np.subtract(x > 0, x < 0, dtype=np.asarray(x).dtype)


def _keep(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of one float at a time over an array, for what numpy lacks."""
    each = np.frompyfunc(function, 1, 1)

    def over(x: Any) -> Any:
        dtype = np.asarray(x).dtype
        return np.asarray(each(x), dtype if dtype == np.float16 else np.result_type(dtype, np.float32))

    return over


def _floor(x: float) -> float:
    return float(math.floor(x)) if math.isfinite(x) else x


def _round(x: float) -> float:
    return float(builtins.round(x)) if math.isfinite(x) else x


def _whole(name: str, divide: Any) -> Callable[..., Any]:
    """``divide`` of arrays. Of integers by 0 it raises: there is no integer for it, and numpy's 0 would pass for one."""

    def compute(x: Any, y: Any) -> Any:
        z = divide(x, y)
        if z.dtype.kind in "iu" and not np.all(y):
            raise ZeroDivisionError(f"{name} of integers by 0; convert with .float() for inf and NaN")
        return z

    return compute


def _pow(x: Any, y: Any) -> Any:  # numpy's own ** is fast for the exponents 2, 0.5, -1
    try:
        z = np.asarray(x) ** y if y.__class__ in (int, float, bool) else np.power(x, y)
        if z.dtype is not _INT8 or x.__class__ is int or y.__class__ is int:
            return z
        if y.__class__ is bool:  # numpy makes int8 of booleans
            return z.astype(bool)
        raise NotImplementedError("pow of booleans to boolean powers; convert one of them with .int() first")
    except ValueError:
        if np.result_type(x, y).kind in "iu" and np.any(np.less(y, 0)):  # numpy's one reason, beside shapes that do not fit
            raise RuntimeError("pow of integers to negative powers, which are fractions; convert with .float() first") from None
        raise


def _one_less(x: Any, y: Any) -> Any:
    """The exponent of the derivative in x. Where y is 0 and 1 / x is not finite it is 0, for the derivative of x ** 0 is 0 at any x."""
    zero = y == 0
    if y.__class__ is float or y.__class__ is int:
        return 0 if zero else y - 1
    return where(zero, where(1 / x * 0 == 0, y - 1, 0), y - 1)


def _not_zero(x: Any, y: Any) -> Any:  # the base whose logarithm is taken; a number that is not 0 stays a number
    zero = x == 0
    return x if zero is False else where(zero, where(y >= 0, 1, x), x)


def _kinked(d: Any, x: Any, at: Callable[[], Any]) -> Any:
    """``d``, a derivative that is 0 by convention ``at`` places where there is none: differentiated in x, it is NaN there, and not 0.

    A finite second derivative would be wrong without a word. Only where d is recorded is there anything to do.
    """
    if isinstance(x, Node) and not isinstance(x, Symbol) and x.op is not None and is_grad_enabled():
        return d + kink_(x, at())
    return d


def _maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def _minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


_LARGER, _SMALLER = (f"(x, y) => x {sign} y || x !== x ? x : y" for sign in (">=", "<="))
# JavaScript lacks erf. Its series has positive terms only (Abramowitz and Stegun, 7.1.6); beyond 2, where 1 - erf would lose digits, erfc is
# a continued fraction (7.1.14), from its 60th denominator up.
_SERIES = "x => { let term = x, sum = x; for (let n = 1; n < 200 && sum + term !== sum; n++) sum += term *= 2 * x * x / (2 * n + 1); return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum; }"
_TAIL = "x => { let f = x; for (let n = 60; n; n--) f = x + n / 2 / f; return Math.exp(-x * x) / Math.sqrt(Math.PI) / f; }"
_ERF = f"x => x > 6 ? 1 : x < -6 ? -1 : ({_SERIES})(x)"
_ERFC = f"x => x > 2 ? ({_TAIL})(x) : x < -6 ? 2 : 1 - ({_SERIES})(x)"


def _where_into(p: Any, z: np.ndarray, c: Any, x: Any, y: Any) -> list[str] | None:
    """As `fast.where` masks bits, also of few numbers."""
    number, other = (x, y) if x.__class__ is int else (y, x)
    bits = fast._BITS.get(z.dtype)
    if (
        number.__class__ is not int
        or number != 0
        or not hasattr(other, "raw")
        or bits is None
        or not hasattr(c, "raw")
        or c.raw.dtype != _BOOL
    ):
        return None
    if not c.raw.shape == other.raw.shape == z.shape or not other.raw.flags.c_contiguous or not z.flags.c_contiguous or not z.shape:
        return None
    view = f"OUT.view(np.{bits})"
    kept = str(c)
    lines = []
    if number is x:
        kept = p.temporary(c.raw.shape, _BOOL)
        lines = [f"np.logical_not({c}, {kept})"]
    return [*lines, f"np.copyto({view}, {kept}, casting='unsafe')", f"np.multiply({view}, {other}.view(np.{bits}), {view})"]


def _shorter(name: str) -> Callable[..., Any]:
    """A name for a circle where one argument is a constant."""
    return lambda p, *args: p.with_constant(name, args)


def _chosen(p: Any, c: Any, x: Any, y: Any) -> Any:
    """x where c, else y; of ``where(x == x, x, ...)``, which only looks for NaN, the first."""
    if isinstance(c, Node) and c.op is eq and c.args[0] is c.args[1]:
        return p.of(x)
    return f"{p(x)} where {p(c)}, else {p(y)}", WORDS


# fmt: off
#          name        compute                                  d/dx                                         d/dy
add    = op("+",       operator.add,                            lambda g, z, x, y: g,                        lambda g, z, x, y: g,
            ufunc=np.add, kin=("sum",))
sub    = op("-",       operator.sub,                            lambda g, z, x, y: g,                        lambda g, z, x, y: -g,
            ufunc=np.subtract, sign="−", kin=("sum",))
mul    = op("*",       operator.mul,                            lambda g, z, x, y: g * y,                    lambda g, z, x, y: g * x,
            ufunc=np.multiply, sign="×", kin=("product",))
div    = op("/",       edgy(operator.truediv, np.true_divide),  lambda g, z, x, y: g / y,                    lambda g, z, x, y: -g * z / y,
            sign="÷", kin=("pole", "division"))
neg    = op("neg",     operator.neg,                            lambda g, z, x: -g,
            ufunc=np.negative, sign="−{x}", write=lambda p, x: (f"-{p(x, SIGN)}", SIGN), formula=lambda p, x: (f"−{p(x, SIGN)}", SIGN), code=lambda x: f"-{x}",
            script="x => -x")
# x ** 0 has derivative 0 also at 0 and NaN: the exponent y - 1 becomes 0 there, which leaves no 0 * inf at any order.
# 0 ** y has derivative 0 in y where y >= 0: log(1) = 0 stands in for log(0). For x < 0 it is NaN. Where 0 ** y jumps, at 0, and where
# its slope in x does, up to 1, the next derivative is NaN.
pow    = op("pow",     edgy(math.pow, _pow),                    lambda g, z, x, y: _kinked(g * (y * pow(x, _one_less(x, y))), y, lambda: (x == 0) & ((y == 0) | (y == 1))),
                                                                lambda g, z, x, y: _kinked(_kinked(g * (z * log(_not_zero(x, y))), x, lambda: (x == 0) & (y >= 0) & (y <= 1)), y, lambda: (x == 0) & (y == 0)),
            ufunc=np.power, infix="**", kin=("root", "pole", "division"),
            script="(x, y) => x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : y === 2 ? x * x : Math.pow(x, y)")
floor_divide = op("//", edgy(operator.floordiv, _whole("//", np.floor_divide)), lambda g, z, x, y: 0,       lambda g, z, x, y: 0,
            ufunc=np.floor_divide, on_complex=lambda x, y: np.real(x) // np.real(y) + 0j, kin=("division",),
            script="(x, y) => y === 0 ? x / y : (m => Math.round((x - m) / y - (m !== 0 && (m < 0) !== (y < 0) ? 1 : 0)))(x % y) || 0 * (x / y)")
remainder = op("%",    edgy(operator.mod, _whole("%", np.mod)), lambda g, z, x, y: g,                        lambda g, z, x, y: -g * (x // y),
            ufunc=np.mod, on_complex=lambda x, y: x - y * (np.real(x) // np.real(y)), kin=("division",),
            script="(x, y) => (m => m === 0 ? (y < 0 ? -0 : 0) : (m < 0) === (y < 0) ? m : m + y)(x % y)")

abs    = op("abs",     operator.abs,                            lambda g, z, x: g * sign(x),                # 0 at 0
            ufunc=np.absolute, on_complex=lambda x: np.where(np.real(x) < 0, -x, x), sign="|{x}|", formula=lambda p, x: f"|{p(x)}|", script="Math.abs")
sign   = op("sign",    Both(lambda x: float((x > 0) - (x < 0)), _sign), lambda g, z, x: 0, ufunc=np.sign,
            script="x => (x > 0) - (x < 0)")
exp    = real("exp",   edgy(math.exp, np.exp),                  lambda g, z, x: g * z, kin=("exponential",))
expm1  = real("expm1", edgy(math.expm1, np.expm1),              lambda g, z, x: g * exp(x), kin=("exponential",))
log    = real("log",   edgy(math.log, np.log),                  lambda g, z, x: g / x, kin=("logarithm",))
log2   = real("log2",  edgy(math.log2, np.log2),                lambda g, z, x: g / (x * math.log(2)), kin=("logarithm",))
log10  = real("log10", edgy(math.log10, np.log10),              lambda g, z, x: g / (x * math.log(10)), kin=("logarithm",))
log1p  = real("log1p", edgy(math.log1p, np.log1p),              lambda g, z, x: g / (1 + x), kin=("logarithm",))
sqrt   = real("sqrt",  edgy(math.sqrt, np.sqrt),                lambda g, z, x: g / (2 * z),                # inf at 0
            sign="√", formula=lambda p, x: (f"√{p(x, ATOM)}", POWER), kin=("root",))
rsqrt  = real("rsqrt", edgy(lambda x: 1 / math.sqrt(x), lambda x: 1 / np.sqrt(x)), lambda g, z, x: g * (-0.5 * z * z * z), kin=("root", "pole", "division"),
            script="x => 1 / Math.sqrt(x)")
square = op("square",  Both(lambda x: x * x, _square),                       lambda g, z, x: g * (2 * x), ufunc=np.square, sign="{x}²", formula=lambda p, x: p.power(x, "2"))
reciprocal = real("reciprocal", edgy(lambda x: 1 / x, lambda x: np.true_divide(1, x)), lambda g, z, x: -g * (z * z),
            ufunc=np.reciprocal, sign="1 ÷ {x}", kin=("pole", "division"))
sin    = real("sin",   edgy(math.sin, np.sin),                  lambda g, z, x: g * cos(x))
cos    = real("cos",   edgy(math.cos, np.cos),                  lambda g, z, x: -g * sin(x))
tan    = real("tan",   edgy(math.tan, np.tan),                  lambda g, z, x: g * (1 + z * z))
asin   = real("asin",  edgy(math.asin, np.arcsin),              lambda g, z, x: g / sqrt(1 - x * x), kin=("pole",))  # inf at -1 and 1
acos   = real("acos",  edgy(math.acos, np.arccos),              lambda g, z, x: -g / sqrt(1 - x * x), kin=("pole",))
atan   = real("atan",  edgy(math.atan, np.arctan),              lambda g, z, x: g / (1 + x * x))
sinh   = real("sinh",  edgy(math.sinh, np.sinh),                lambda g, z, x: g * cosh(x), kin=("exponential",))
cosh   = real("cosh",  edgy(math.cosh, np.cosh),                lambda g, z, x: g * sinh(x), kin=("exponential",))
tanh   = real("tanh",  Both(math.tanh, np.tanh),                lambda g, z, x: g * (1 - z * z))
erf    = real("erf",   Both(math.erf, _keep(math.erf)),         lambda g, z, x: g * (2 / math.sqrt(math.pi) * exp(-x * x)),
            script=_ERF)
erfc   = real("erfc",  Both(math.erfc, _keep(math.erfc)),       lambda g, z, x: g * (-2 / math.sqrt(math.pi) * exp(-x * x)),
            script=_ERFC)

sigmoid  = real("sigmoid",  Both(lambda x: 1 / (1 + math.exp(-x)), _sigmoid), lambda g, z, x: g * (z * (1 - z)),
            script="x => x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))")
softplus = real("softplus", Both(lambda x: max(x, 0.0) + math.log1p(math.exp(-math.fabs(x))), _softplus), lambda g, z, x: g * sigmoid(x),
            script="x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))")
relu     = op("relu",  Both(lambda x: 0.0 if x <= 0 else x, fast.relu),
                                                                lambda g, z, x: where(x <= 0, 0, g),        # 0 at 0; passes at NaN
            script="x => x <= 0 ? 0 : x")
prelu_   = op("prelu", edgy(lambda x, w: x if x > 0 else w * x, lambda x, w: np.where(x > 0, x, w * x)),
                                                                lambda g, z, x, w: where(x > 0, g, g * w),  # the slope at 0
                                                                lambda g, z, x, w: where(x > 0, 0, g * x),
            script="(x, w) => x > 0 ? x : w * x")
elu_     = op("elu",   edgy(lambda x, a: x if x > 0 else a * math.expm1(x), _elu),
                                                                lambda g, z, x, a: where(x <= 0, g * (a * exp(where(x < 0, x, 0))), g),  # passes at NaN
                                                                lambda g, z, x, a: g * expm1(minimum(x, 0)),
            script="(x, a) => x > 0 ? x : a * Math.expm1(x)")

# Ties share the gradient evenly; a NaN passes it to both.
maximum = op("maximum", Both(_maximum, np.maximum),             lambda g, z, x, y: where(x == y, g * 0.5, where(x < y, 0, g)),
                                                                lambda g, z, x, y: where(x == y, g * 0.5, where(y < x, 0, g)), sign=_shorter("max"), kin=("limit",),
            script=_LARGER)
minimum = op("minimum", Both(_minimum, np.minimum),             lambda g, z, x, y: where(x == y, g * 0.5, where(x > y, 0, g)),
                                                                lambda g, z, x, y: where(x == y, g * 0.5, where(y > x, 0, g)), sign=_shorter("min"), kin=("limit",),
            script=_SMALLER)
# A bound has gradient 1; a NaN has 0.
clamp_min = op("clamp_min", Both(_maximum, np.maximum),         lambda g, z, x, low: where(x >= low, g, 0),  lambda g, z, x, low: where(x < low, g, 0),
            sign=_shorter("max"), kin=("limit",),
            script=_LARGER)
clamp_max = op("clamp_max", Both(_minimum, np.minimum),         lambda g, z, x, top: where(x <= top, g, 0),  lambda g, z, x, top: where(x > top, g, 0),
            sign=_shorter("min"), kin=("limit",),
            script=_SMALLER)
where   = op("where",  fast.where,                              None, lambda g, z, c, x, y: where(c, g, 0),  lambda g, z, c, x, y: where(c, 0, g),
            formula=_chosen, into=_where_into, code=lambda c, x, y: f"ag.where({c} > 0.0, {x}, {y})",
            script="(c, x, y) => Number(c) !== 0 ? x : y")

floor  = op("floor",   Both(_floor, np.floor),                  lambda g, z, x: 0, on_complex=lambda x: np.floor(np.real(x)) + 0j,
            script="x => Math.floor(x) + 0")
ceil   = op("ceil",    Both(lambda x: -_floor(-x), np.ceil),    lambda g, z, x: 0, on_complex=lambda x: np.ceil(np.real(x)) + 0j,
            script="x => -(Math.floor(-x) + 0)")
round_ = op("round",   Both(_round, np.round),                  lambda g, z, x: 0, ufunc=np.rint, write=lambda p, x: p.call("ag.round", x),  # half to even
            script="x => (r => (r - x === 0.5 && r % 2 ? r - 1 : r) + 0)(Math.round(x))")

lt = op("<",  operator.lt, None, None, ufunc=np.less)
le = op("<=", operator.le, None, None, ufunc=np.less_equal, sign="≤")
gt = op(">",  operator.gt, None, None, ufunc=np.greater)
ge = op(">=", operator.ge, None, None, ufunc=np.greater_equal, sign="≥")
eq = op("==", operator.eq, None, None, ufunc=np.equal, sign="=")
ne = op("!=", operator.ne, None, None, ufunc=np.not_equal, sign="≠")
# fmt: on
# Not operations of their own, but marks in derivatives: 0, whose derivative in x is NaN at some places, and 0, whose derivative is 0 and
# whose second one is NaN where x is 0.
kink_ = Elementwise(
    "kink",
    lambda x, at: np.zeros_like(x),
    lambda g, z, x, at: where(at, math.nan, 0),
    None,
    sign="0",
    write=lambda p, x, at: (f"0 * {p(x, TIMES)}", TIMES),
)
flat_ = Elementwise(
    "flat", np.zeros_like, lambda g, z, x: _kinked(0, x, lambda: x == 0), sign="0", write=lambda p, x: (f"0 * {p(x, TIMES)}", TIMES)
)
kink_.tabled = flat_.tabled = True


# Compositions: no row of their own, because neither stability nor speed asks for one.
def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, else ``negative_slope * x`` (also its derivative at 0).

    >>> leaky_relu(-2.0)
    -0.02
    """
    return prelu_(x, negative_slope)


def prelu(x: Any, weight: Any) -> Any:
    """x where x > 0, else ``weight * x`` (also its derivative at 0). The two broadcast, but one weight leaves a 0-d x as it is.

    >>> prelu(-2.0, 0.25)
    -0.5
    """
    if getattr(x, "shape", None) == () and getattr(weight, "shape", None) == (1,):
        weight = weight.reshape(())
    return prelu_(x, weight)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else ``alpha * (exp(x) - 1)``."""
    return elu_(x, alpha)


@dims
def round(x: Any, decimals: int = 0) -> Any:
    """``x`` rounded to ``decimals`` places after the point (before it, where they are negative), a half to the even neighbour.

    >>> round(2.5), round(1.234, 1)
    (2.0, 1.2)
    """
    if not (places := int_of(decimals, "round: decimals", -300, 300)):
        return round_(x)
    if getattr(x, "dtype", np.dtype(float)).kind != "f":
        raise TypeError(f"round: decimals are for floating numbers, got {described(x)}; convert with .float() first")
    scale = 10.0 ** builtins.abs(places)
    return div(round_(mul(x, scale)), scale) if places > 0 else mul(round_(div(x, scale)), scale)


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
