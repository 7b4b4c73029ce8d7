"""Made by ``python -m tests.stubs`` from the chapters of operations; a test compares the two."""

from typing import Any

from autograd import accelerator as accelerator
from autograd import backends as backends
from autograd import cuda as cuda
from autograd import elsewhere as elsewhere
from autograd import errors as errors
from autograd import functional as functional
from autograd import linalg as linalg
from autograd import random as random
from autograd import replay as replay
from autograd.anomaly import AnomalyError as AnomalyError
from autograd.anomaly import detect_anomaly as detect_anomaly
from autograd.compiling import compile as compile
from autograd.core.hooks import Handle as Handle
from autograd.core.mode import enable_grad as enable_grad
from autograd.core.mode import inference_mode as inference_mode
from autograd.core.mode import is_grad_enabled as is_grad_enabled
from autograd.core.mode import no_grad as no_grad
from autograd.core.mode import record_lines as record_lines
from autograd.core.mode import set_grad_enabled as set_grad_enabled
from autograd.core.node import Node as Node
from autograd.core.node import Op as Op
from autograd.core.node import each as each
from autograd.core.notes import Call as Call
from autograd.core.walk import ancestors as ancestors
from autograd.core.walk import grad as grad
from autograd.creation import arange as arange
from autograd.creation import as_tensor as as_tensor
from autograd.creation import bernoulli as bernoulli
from autograd.creation import empty as empty
from autograd.creation import empty_like as empty_like
from autograd.creation import eye as eye
from autograd.creation import from_numpy as from_numpy
from autograd.creation import full as full
from autograd.creation import full_like as full_like
from autograd.creation import is_tensor as is_tensor
from autograd.creation import linspace as linspace
from autograd.creation import normal as normal
from autograd.creation import ones as ones
from autograd.creation import ones_like as ones_like
from autograd.creation import rand as rand
from autograd.creation import rand_like as rand_like
from autograd.creation import randint as randint
from autograd.creation import randn as randn
from autograd.creation import randn_like as randn_like
from autograd.creation import randperm as randperm
from autograd.creation import tensor as tensor
from autograd.creation import zeros as zeros
from autograd.creation import zeros_like as zeros_like
from autograd.devices import device as device
from autograd.devices import get_default_device as get_default_device
from autograd.devices import get_num_threads as get_num_threads
from autograd.devices import set_default_device as set_default_device
from autograd.devices import set_float32_matmul_precision as set_float32_matmul_precision
from autograd.devices import set_num_threads as set_num_threads
from autograd.drawing import draw as draw
from autograd.drawing import draw_dot as draw_dot
from autograd.drawing import graph_size as graph_size
from autograd.drawing import summary as summary
from autograd.faces.dtypes import bool_ as bool_
from autograd.faces.dtypes import float16 as float16
from autograd.faces.dtypes import float32 as float32
from autograd.faces.dtypes import float64 as float64
from autograd.faces.dtypes import int16 as int16
from autograd.faces.dtypes import int32 as int32
from autograd.faces.dtypes import int64 as int64
from autograd.faces.dtypes import uint8 as uint8
from autograd.faces.grid import ValueTensor as ValueTensor
from autograd.faces.overwriting import relu_ as relu_
from autograd.faces.overwriting import sin_ as sin_
from autograd.faces.overwriting import zero_ as zero_
from autograd.faces.show import set_printoptions as set_printoptions
from autograd.faces.tensor import Size as Size
from autograd.faces.tensor import Tensor as Tensor
from autograd.faces.value import Value as Value
from autograd.faces.versions import at_one_place as at_one_place
from autograd.files import load as load
from autograd.files import save as save
from autograd.function import Function as Function
from autograd.old import BoolTensor as BoolTensor
from autograd.old import ByteTensor as ByteTensor
from autograd.old import DoubleTensor as DoubleTensor
from autograd.old import FloatTensor as FloatTensor
from autograd.old import HalfTensor as HalfTensor
from autograd.old import IntTensor as IntTensor
from autograd.old import LongTensor as LongTensor
from autograd.old import ShortTensor as ShortTensor
from autograd.old import Variable as Variable
from autograd.ops.counting import bincount as bincount
from autograd.ops.counting import histogram as histogram
from autograd.ops.counting import multinomial as multinomial
from autograd.ops.elementwise import abs as abs
from autograd.ops.elementwise import acos as acos
from autograd.ops.elementwise import add as add
from autograd.ops.elementwise import asin as asin
from autograd.ops.elementwise import atan as atan
from autograd.ops.elementwise import ceil as ceil
from autograd.ops.elementwise import clamp as clamp
from autograd.ops.elementwise import clamp_max as clamp_max
from autograd.ops.elementwise import clamp_min as clamp_min
from autograd.ops.elementwise import cos as cos
from autograd.ops.elementwise import cosh as cosh
from autograd.ops.elementwise import div as div
from autograd.ops.elementwise import elu as elu
from autograd.ops.elementwise import eq as eq
from autograd.ops.elementwise import erf as erf
from autograd.ops.elementwise import erfc as erfc
from autograd.ops.elementwise import exp as exp
from autograd.ops.elementwise import expm1 as expm1
from autograd.ops.elementwise import floor as floor
from autograd.ops.elementwise import floor_divide as floor_divide
from autograd.ops.elementwise import ge as ge
from autograd.ops.elementwise import gelu as gelu
from autograd.ops.elementwise import gt as gt
from autograd.ops.elementwise import le as le
from autograd.ops.elementwise import leaky_relu as leaky_relu
from autograd.ops.elementwise import log as log
from autograd.ops.elementwise import log10 as log10
from autograd.ops.elementwise import log1p as log1p
from autograd.ops.elementwise import log2 as log2
from autograd.ops.elementwise import lt as lt
from autograd.ops.elementwise import maximum as maximum
from autograd.ops.elementwise import minimum as minimum
from autograd.ops.elementwise import mul as mul
from autograd.ops.elementwise import ne as ne
from autograd.ops.elementwise import neg as neg
from autograd.ops.elementwise import pow as pow
from autograd.ops.elementwise import prelu as prelu
from autograd.ops.elementwise import reciprocal as reciprocal
from autograd.ops.elementwise import relu as relu
from autograd.ops.elementwise import remainder as remainder
from autograd.ops.elementwise import rsqrt as rsqrt
from autograd.ops.elementwise import sigmoid as sigmoid
from autograd.ops.elementwise import sign as sign
from autograd.ops.elementwise import silu as silu
from autograd.ops.elementwise import sin as sin
from autograd.ops.elementwise import sinh as sinh
from autograd.ops.elementwise import softplus as softplus
from autograd.ops.elementwise import sqrt as sqrt
from autograd.ops.elementwise import square as square
from autograd.ops.elementwise import sub as sub
from autograd.ops.elementwise import tan as tan
from autograd.ops.elementwise import tanh as tanh
from autograd.ops.elementwise import where as where
from autograd.ops.joins import chunk as chunk
from autograd.ops.joins import hstack as hstack
from autograd.ops.joins import meshgrid as meshgrid
from autograd.ops.joins import unbind as unbind
from autograd.ops.joins import vstack as vstack
from autograd.ops.logic import isclose as isclose
from autograd.ops.logic import isfinite as isfinite
from autograd.ops.logic import isinf as isinf
from autograd.ops.logic import isnan as isnan
from autograd.ops.logic import logical_and as logical_and
from autograd.ops.logic import logical_not as logical_not
from autograd.ops.logic import logical_or as logical_or
from autograd.ops.logic import logical_xor as logical_xor
from autograd.ops.logic import masked_fill as masked_fill
from autograd.ops.logic import masked_select as masked_select
from autograd.ops.logic import nonzero as nonzero
from autograd.ops.moves import broadcast_to as broadcast_to
from autograd.ops.moves import diag as diag
from autograd.ops.moves import flatten as flatten
from autograd.ops.moves import flip as flip
from autograd.ops.moves import permute as permute
from autograd.ops.moves import reshape as reshape
from autograd.ops.moves import split as split
from autograd.ops.moves import squeeze as squeeze
from autograd.ops.moves import transpose as transpose
from autograd.ops.moves import tril as tril
from autograd.ops.moves import triu as triu
from autograd.ops.moves import unsqueeze as unsqueeze
from autograd.ops.places import gather as gather
from autograd.ops.places import index_select as index_select
from autograd.ops.products import dot as dot
from autograd.ops.products import einsum as einsum
from autograd.ops.products import inverse as inverse
from autograd.ops.products import linear as linear
from autograd.ops.products import matmul as matmul
from autograd.ops.products import mm as mm
from autograd.ops.products import mv as mv
from autograd.ops.products import outer as outer
from autograd.ops.reduce import mean_square as mean_square
from autograd.ops.reduce import softmax_cross_entropy as softmax_cross_entropy
from autograd.ops.sorting import unique as unique
from autograd.pages import explore as explore
from autograd.pages import graph_player as graph_player
from autograd.pages import watch as watch
from autograd.program.text import listing as listing
from autograd.random import Generator as Generator
from autograd.random import default_generator as default_generator
from autograd.random import initial_seed as initial_seed
from autograd.random import manual_seed as manual_seed
from autograd.random import use_deterministic_algorithms as use_deterministic_algorithms
from math import inf as inf
from math import nan as nan
from math import pi as pi
from numpy import dtype as dtype
from numpy import finfo as finfo
from numpy import iinfo as iinfo

def all(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
allclose = Tensor.allclose
def amax(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def amin(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def any(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def argmax(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def argmin(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def argsort(x: Any, dim: Any = -1, descending: Any = False, stable: Any = False, *, axis: Any = None) -> Any: ...
def cat(tensors: Any, dim: Any = 0, *, axis: Any = None) -> Any: ...
clone = Tensor.clone
def cumsum(x: Any, dim: Any = None, *, axis: Any = None) -> Any: ...
equal = Tensor.equal
is_floating_point = Tensor.is_floating_point
def log_softmax(x: Any, dim: Any = None, *, axis: Any = None) -> Any: ...
def logsumexp(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def max(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def mean(x: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None, axis: Any = None, keepdims: Any = None) -> Any: ...
def median(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def min(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def norm(x: Any, p: Any = 2, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
numel = Tensor.numel
def prod(x: Any, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = None) -> Any: ...
def round(x: Any, decimals: Any = 0) -> Any: ...
def softmax(x: Any, dim: Any = None, *, axis: Any = None) -> Any: ...
def sort(x: Any, dim: Any = -1, descending: Any = False, stable: Any = False, *, axis: Any = None) -> Any: ...
def stack(tensors: Any, dim: Any = 0, *, axis: Any = None) -> Any: ...
def std(x: Any, dim: Any = None, correction: Any = 1, keepdim: Any = False, *, unbiased: Any = None, axis: Any = None, keepdims: Any = None) -> Any: ...
def sum(x: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None, axis: Any = None, keepdims: Any = None) -> Any: ...
def topk(x: Any, k: Any, dim: Any = -1, largest: Any = True, sorted: Any = True, *, axis: Any = None) -> Any: ...
def var(x: Any, dim: Any = None, correction: Any = 1, keepdim: Any = False, *, unbiased: Any = None, axis: Any = None, keepdims: Any = None) -> Any: ...
arccos = acos
arcsin = asin
arctan = atan
clip = clamp
concat = cat
multiply = mul
ravel = flatten
__version__: str
_LAZY: dict[str, str]
__all__: list[str]
def __getattr__(name: str) -> Any: ...
