"""Made by ``python -m tests.stubs`` from the chapters of operations; a test compares the two."""

from collections.abc import Iterator
from typing import Any

from autograd.ops import elementwise, moves, products, reduce

ALIASES: dict[str, str]

class OfTensors:
    __slots__ = ()
    abs = elementwise.abs
    add = elementwise.add
    amax = reduce.amax
    amin = reduce.amin
    argmax = reduce.argmax
    argmin = reduce.argmin
    atan = elementwise.atan
    broadcast_to = moves.broadcast_to
    ceil = elementwise.ceil
    clamp = elementwise.clamp
    clamp_max = elementwise.clamp_max
    clamp_min = elementwise.clamp_min
    cos = elementwise.cos
    cosh = elementwise.cosh
    cumsum = reduce.cumsum
    diag = moves.diag
    div = elementwise.div
    dot = products.dot
    elu = elementwise.elu
    eq = elementwise.eq
    erf = elementwise.erf
    erfc = elementwise.erfc
    exp = elementwise.exp
    expm1 = elementwise.expm1
    flatten = moves.flatten
    flip = moves.flip
    floor = elementwise.floor
    floor_divide = elementwise.floor_divide
    ge = elementwise.ge
    gelu = elementwise.gelu
    gt = elementwise.gt
    le = elementwise.le
    leaky_relu = elementwise.leaky_relu
    log = elementwise.log
    log1p = elementwise.log1p
    log_softmax = reduce.log_softmax
    logsumexp = reduce.logsumexp
    lt = elementwise.lt
    matmul = products.matmul
    max = reduce.max
    maximum = elementwise.maximum
    mean = reduce.mean
    min = reduce.min
    minimum = elementwise.minimum
    mm = products.mm
    mul = elementwise.mul
    mv = products.mv
    ne = elementwise.ne
    neg = elementwise.neg
    norm = reduce.norm
    outer = products.outer
    permute = moves.permute
    pow = elementwise.pow
    prelu = elementwise.prelu
    prod = reduce.prod
    reciprocal = elementwise.reciprocal
    relu = elementwise.relu
    remainder = elementwise.remainder
    reshape = moves.reshape
    round = elementwise.round
    rsqrt = elementwise.rsqrt
    sigmoid = elementwise.sigmoid
    sign = elementwise.sign
    silu = elementwise.silu
    sin = elementwise.sin
    sinh = elementwise.sinh
    softmax = reduce.softmax
    softplus = elementwise.softplus
    split = moves.split
    sqrt = elementwise.sqrt
    square = elementwise.square
    squeeze = moves.squeeze
    std = reduce.std
    sub = elementwise.sub
    sum = reduce.sum
    tan = elementwise.tan
    tanh = elementwise.tanh
    transpose = moves.transpose
    tril = moves.tril
    triu = moves.triu
    unsqueeze = moves.unsqueeze
    var = reduce.var
    arctan = elementwise.atan

class OfValues:
    __slots__ = ()
    def abs(self) -> Any: ...
    def add(self, other: Any) -> Any: ...
    def atan(self) -> Any: ...
    def ceil(self) -> Any: ...
    clamp = elementwise.clamp
    def clamp_max(self, other: Any) -> Any: ...
    def clamp_min(self, other: Any) -> Any: ...
    def cos(self) -> Any: ...
    def cosh(self) -> Any: ...
    def div(self, other: Any) -> Any: ...
    elu = elementwise.elu
    def erf(self) -> Any: ...
    def erfc(self) -> Any: ...
    def exp(self) -> Any: ...
    def expm1(self) -> Any: ...
    def floor(self) -> Any: ...
    def floor_divide(self, other: Any) -> Any: ...
    gelu = elementwise.gelu
    leaky_relu = elementwise.leaky_relu
    def log(self) -> Any: ...
    def log1p(self) -> Any: ...
    def maximum(self, other: Any) -> Any: ...
    def minimum(self, other: Any) -> Any: ...
    def mul(self, other: Any) -> Any: ...
    def neg(self) -> Any: ...
    def pow(self, other: Any) -> Any: ...
    def prelu(self, other: Any) -> Any: ...
    def reciprocal(self) -> Any: ...
    def relu(self) -> Any: ...
    def remainder(self, other: Any) -> Any: ...
    def round(self) -> Any: ...
    def rsqrt(self) -> Any: ...
    def sigmoid(self) -> Any: ...
    def sign(self) -> Any: ...
    silu = elementwise.silu
    def sin(self) -> Any: ...
    def sinh(self) -> Any: ...
    def softplus(self) -> Any: ...
    def sqrt(self) -> Any: ...
    def square(self) -> Any: ...
    def sub(self, other: Any) -> Any: ...
    def tan(self) -> Any: ...
    def tanh(self) -> Any: ...
    absolute = abs
    arctan = atan
    rint = round

def methods_of_tensors() -> Iterator[tuple[str, str, Any]]: ...
def methods_of_values() -> Iterator[tuple[str, Any]]: ...
