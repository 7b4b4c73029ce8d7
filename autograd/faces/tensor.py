"""`Tensor`: a numpy array that records what is done to it. Here are its attributes, its conversions and Python's protocols.

How operations are recorded is in `record`, changes in place are in `inplace`, methods that are operations in `methods`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import numpy as np

from autograd.core.mode import NONDEFAULT, leaves, watching
from autograd.core.node import Lost, Node, Op, leaf
from autograd.core.notes import warn_of_a_cut
from autograd.core.watch import STRUCTURE
from autograd.devices import CPU, names_device
from autograd.devices import device as _place
from autograd.elsewhere import refuse_all
from autograd.errors import described, flag_of, number_of
from autograd.faces import indexing, record
from autograd.faces.bridge import item, scalars
from autograd.faces.dtypes import TYPES, bool_, canonical, dtype_of, entries, float16, float32, float64, int32, int64
from autograd.faces.history import GradFn
from autograd.faces.methods import OfTensors
from autograd.faces.overwriting import Overwriting
from autograd.faces.record import OPERANDS, made, no_operand, operator
from autograd.faces.show import show
from autograd.faces.value import Value, no_row
from autograd.faces.versions import CHANGES, Version, bump_version
from autograd.ops import elementwise, moves, products
from autograd.ops.table import UFUNCS, Elementwise, axis_of, fitting, held, shape_from, sizes_of

__all__ = ["Size", "Tensor"]


def _operator(row: Op) -> tuple[Callable[[Any, Any], Tensor], Callable[[Any, Any], Tensor]]:
    return operator(row)


def _logical(sign: str, function: Callable[..., Any]) -> Callable[[Any, Any], Tensor]:
    row = Elementwise(sign, function, None, None)
    return lambda x, y: row(x, y) if isinstance(y, OPERANDS) else NotImplemented


_inverted = Elementwise("~", np.invert, None)


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple of its sizes, which knows how many entries that makes.

    >>> Size((2, 3)).numel()
    6
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of entries."""
        return math.prod(self)


class Tensor(OfTensors, Overwriting):
    """An array that records what is done to it. Made by `tensor`, `zeros`, `randn` and the like.

    Names, arguments, defaults and dtypes are PyTorch's. ``.grad`` is None until a gradient arrives; an intermediate tensor
    has one after ``retain_grad()``. ``backward()`` releases the saved arrays, unless ``retain_graph=True``.

    >>> from autograd import tensor
    >>> x = tensor([1., 2., 3.], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    __slots__ = ()

    def __init__(self, *data: Any, requires_grad: bool = False) -> None:
        """A tensor on the memory of ``data``, an array or a Tensor. `tensor` copies and converts, and is what users call.

        As in older programs, ``Tensor([1, 2])`` is a float32 tensor of a list, and ``Tensor(2, 3)`` one of that shape, of zeros.
        """
        one = data[0] if len(data) == 1 else None
        if isinstance(one, Tensor):
            shared = one.data
        else:
            shared = made(canonical(np.asarray(one if isinstance(one, (np.ndarray, np.generic)) else _as_of_old(data))))
        self.raw, self.op, self.x = shared.raw, None, ()
        self._grad = self.mark = self.tag = None
        self.version, self.saved_version, self.retains_grad = shared.version, CHANGES.count, False
        if requires_grad is not False:
            self.requires_grad_(requires_grad)

    # Attributes.
    def _set_grad(self, grad: Tensor | None) -> None:
        if grad is not None:
            if not isinstance(grad, Tensor):
                raise TypeError(f"a gradient must be a Tensor or None, got {described(grad)}")
            if grad.shape != self.shape or grad.dtype.kind != "f":
                raise ValueError(f"a gradient must be floating and of the shape {self.shape} of its tensor, got {described(grad)}")
        if NONDEFAULT and (watch := watching()) is not None:
            watch.binds(self, grad)
        self._grad = grad

    _grad = Node.grad  # type: ignore[misc]  # the slot itself

    def _drop_grad(self) -> None:
        self._set_grad(None)

    grad = property(attrgetter("_grad"), _set_grad, _drop_grad, "The gradient, a floating tensor of this shape, or None; it can be set.")

    @property
    def data(self) -> Tensor:
        """An alias without history. A change in place through it is checked by backward like any other."""
        z = made(self.raw)
        z.version = self.version = self.version or Version()
        z.saved_version = Lost.DETACHED
        return z

    @data.setter
    def data(self, value: Any) -> None:
        value = (value if isinstance(value, Tensor) else Tensor(value)).data
        if value.dtype.kind != self.dtype.kind:
            raise TypeError(f"data of dtype {value.dtype} cannot replace data of dtype {self.dtype}")
        if value.raw is not self.raw:  # else it was changed in place, as by .data -= ...
            leaves(".data =")
            STRUCTURE.count += 1
        self.raw, self.version = value.raw, value.version  # aliases share one version
        bump_version(self, ".data =")

    def detach(self) -> Tensor:
        """An alias without history: the same memory, outside the graph; requires no gradient."""
        return self.data

    _numbers = property(attrgetter("raw"))  # the data as numbers: a `ValueTensor` holds objects

    shape = property(lambda self: Size(self.raw.shape), doc="The sizes of the dimensions, a tuple.")
    dtype = property(attrgetter("raw.dtype"), doc="The type of the entries, a numpy dtype.")
    ndim = property(attrgetter("raw.ndim"), doc="The number of dimensions.")
    device = property(lambda self: CPU, doc="Where it is: on the CPU.")
    is_cuda = property(lambda self: False, doc="Is it on a GPU? No.")

    def size(self, dim: int | None = None) -> Any:
        """The shape, or one size of it."""
        if dim is None:
            return self.shape
        if not self.ndim:
            raise IndexError(f"a 0-d tensor has no dimension {dim!r}")
        return self.shape[axis_of(dim, self.ndim)]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.raw.ndim

    def numel(self) -> int:
        """The number of entries."""
        return _tensor(self, "numel").raw.size

    nelement = numel

    @property
    def grad_fn(self) -> GradFn | None:
        """The operation that made this tensor; None for a leaf."""
        return None if self.is_leaf else GradFn(self)

    @property
    def requires_grad(self) -> bool:
        return self.op is not None

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        self.requires_grad_(on)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for a gradient (or no longer), in place. Raises TypeError for integers, RuntimeError on a result."""
        requires_grad = flag_of(requires_grad, "requires_grad")
        if requires_grad and self.raw.dtype.kind != "f":
            raise TypeError(f"only floating tensors can require a gradient, got {self.dtype}; convert with .float() first")
        if not self.is_leaf and not requires_grad:
            raise RuntimeError(
                f"requires_grad can be turned off on a leaf only, got the result of {self.op!r}, of shape {self.shape}; use .detach()"
            )
        if self.is_leaf and (self.op is leaf) is not requires_grad:
            self.op = leaf if requires_grad else None
            STRUCTURE.count += 1
        return self

    def retain_grad(self) -> None:
        """Keep the gradient of this result in ``.grad`` when a backward passes."""
        if not self.requires_grad:
            raise RuntimeError(f"retain_grad() on a tensor that does not require grad, of shape {self.shape}")
        leaves("retain_grad()")
        self.retains_grad = not self.is_leaf

    def item(self) -> Any:
        """The one entry as a Python number."""
        if self.raw.size != 1:
            raise ValueError(f"item() needs a tensor of one entry, got shape {self.shape}; use .tolist()")
        leaves("item()")
        return self.raw.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        leaves("tolist()")
        return self.raw.tolist()

    def numpy(self) -> np.ndarray:
        """The array itself, no copy. Raises RuntimeError where a gradient is required: detach first."""
        if self.requires_grad:
            raise RuntimeError(
                f"numpy() of a tensor that requires grad, of shape {self.shape}, would lose its history; use .detach().numpy()"
            )
        leaves("numpy(), or a function of numpy")
        return self.raw

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raw = self.numpy() if dtype is None else self.numpy().astype(dtype, copy=False)
        return raw.copy() if copy else raw

    def values(self) -> np.ndarray:
        """An object array of Values, one for each entry, whose gradients flow back into this tensor.

        >>> from autograd import tensor
        >>> t = tensor([2., 3.], requires_grad=True)
        >>> a, b = t.values()
        >>> (a * b).backward()
        >>> t.grad
        tensor([3., 2.])
        """
        leaves("values()")
        flat = Tensor.record(scalars, (self,))
        out = np.empty(self.raw.size, object)
        out[:] = [Value.record(item, (flat, i)) for i in range(self.raw.size)]
        return out.reshape(self.shape)

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """This tensor in another dtype, or in that of another tensor; a device is accepted where it is the CPU."""
        plain = len(args) == 1 and not kwargs and isinstance(args[0], np.dtype)
        dtype = dtype_of(args[0]) if plain else self._asked(args, kwargs)
        return self if dtype == self.raw.dtype else Tensor.record(moves.cast_, (self, dtype))

    def _asked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> np.dtype:
        """The dtype among the arguments of `to`; where none is, that of this tensor."""
        if unknown := sorted(kwargs.keys() - {"dtype", "device", "other", "non_blocking"}):
            raise TypeError(f"to() takes dtype=, device=, other= and non_blocking=, got {', '.join(unknown)}")
        flag_of(kwargs.pop("non_blocking", False), "to: non_blocking")
        wanted = [a for a in (*args, *kwargs.values()) if a is not None and not names_device(a)]
        if not wanted:
            return self.raw.dtype
        if len(wanted) > 1:
            raise TypeError(f"to() takes one dtype, got {' and '.join(map(described, wanted))}")
        return wanted[0].dtype if isinstance(wanted[0], Tensor) else dtype_of(wanted[0])

    def type(self, dtype: Any = None) -> Any:
        """This tensor in another dtype, which may be given by its older name; without one, the older name of its own.

        >>> from autograd import ones
        >>> ones(2).type(), ones(2).type("torch.LongTensor")
        ('torch.FloatTensor', tensor([1, 1]))
        """
        if dtype is None:
            return next(f"torch.{name}" for name, known in TYPES.items() if known is self.dtype)
        return self.to(dtype_of(getattr(dtype, "dtype", dtype)))

    def type_as(self, other: Tensor) -> Tensor:
        """In the dtype of ``other``."""
        return self.to(_tensor(other, "type_as").dtype)

    # New tensors, in the dtype of this one unless another is asked for. No gradient flows from one to the other.
    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
        """A copy of ``data``, a number, nested lists, an array or a tensor. Raises ValueError for a number that the dtype cannot hold.

        >>> from autograd import ones
        >>> ones(2).new_tensor([1, 2])
        tensor([1., 2.])
        """
        _place("cpu" if device is None else device)
        dtype = self.dtype if dtype is None else dtype_of(dtype)
        return Tensor(held(entries(data, "new_tensor"), dtype, "new_tensor"), requires_grad=requires_grad)

    def new_zeros(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
        """Zeros of a shape given as ints or one tuple."""
        return self.new_tensor(np.zeros(sizes_of(size), bool_), dtype=dtype, device=device, requires_grad=requires_grad)

    def new_ones(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
        """Ones of a shape given as ints or one tuple."""
        return self.new_tensor(np.ones(sizes_of(size), bool_), dtype=dtype, device=device, requires_grad=requires_grad)

    def half(self) -> Tensor:
        """In float16, which is for storing: operations compute in it slowly, and with 11 bits."""
        return self.to(float16)

    def float(self) -> Tensor:
        """In float32."""
        return self.to(float32)

    def double(self) -> Tensor:
        """In float64."""
        return self.to(float64)

    def long(self) -> Tensor:
        """In int64."""
        return self.to(int64)

    def int(self) -> Tensor:
        """In int32."""
        return self.to(int32)

    def bool(self) -> Tensor:
        """True where not zero."""
        return self.to(bool_)

    def clone(self) -> Tensor:
        """A copy that gradients flow through."""
        return moves.clone_(_tensor(self, "clone"))

    def contiguous(self) -> Tensor:
        """In row-major memory; a copy only where it was not."""
        return self if self.raw.flags.c_contiguous else self.clone()

    def cpu(self) -> Tensor:
        """This tensor: everything is on the CPU."""
        return self

    @property
    def T(self) -> Tensor:
        """The dimensions reversed."""
        return moves.permute_(self, tuple(range(self.raw.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged."""
        return moves.permute_(self, (1, 0)) if self.raw.ndim == 2 else moves.transpose(self, -2, -1)

    def __getitem__(self, key: Any) -> Tensor:
        rows = key.__class__ is np.ndarray and key.dtype is int64 and key.ndim
        if rows and self.op is None and self.__class__ is Tensor and not NONDEFAULT:
            try:  # a batch of what needs no gradient: nothing is recorded, and a copy shares no version
                return made(self.raw.take(key, 0))
            except (IndexError, ValueError):  # told below
                pass
        key = indexing.checked(key, self.raw.shape)
        if self.op is not None:  # the graph saves a copy: the arrays of a key have no version
            key = tuple([_kept(k) if k.__class__ is np.ndarray else k for k in key])
        try:
            if len(key) == 1:
                return self.record(moves.getitem_, (self, key))
            x = self
            for step in indexing.steps(key):
                x = self.record(moves.getitem_, (x, step))
            return x
        except IndexError:
            raise IndexError(indexing.misfit(key, self.shape)) from None

    def __len__(self) -> Any:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor, which is one number")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor, which is one number")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, x: Any) -> Any:
        leaves("in")
        return elementwise.eq(self, x).raw.any().item()

    def _one(self, what: str) -> Any:
        if self.raw.size != 1:
            raise ValueError(f"{what} needs a tensor of one entry, got shape {self.shape}")
        leaves(what)
        return self.raw.item()

    def __bool__(self) -> Any:
        return self._one("a truth value") != 0

    def __float__(self) -> Any:
        if self.op is not None and self.op is not leaf and not self.released:
            warn_of_a_cut(self, "float() of a recorded tensor, also by a function of math or an array of numpy,")
        return self._one("float()") * 1.0

    def __int__(self) -> Any:
        return self._one("int()").__int__()

    def __index__(self) -> Any:
        if self.raw.dtype.kind not in "iu":
            raise TypeError(f"only an integer tensor can be an index, got {self.dtype}")
        return self._one("an index").__int__()

    def __format__(self, spec: str) -> str:
        if spec and self.ndim:
            raise TypeError(
                f"the format {spec!r} is for one number, got a tensor of shape {self.shape}; format its .tolist(), or one entry"
            )
        return repr(self) if self.ndim else format(self.item(), spec)

    def __repr__(self) -> str:
        leaves("its text")
        return show(self)

    def __reduce__(self) -> Any:
        if not self.is_leaf:
            raise TypeError(f"a recorded tensor (shape {self.shape}) cannot be pickled or copied with its graph; use .detach().clone()")
        leaves("a copy")
        return _rebuild, (type(self), self.raw, self.requires_grad)

    def __copy__(self) -> Tensor:
        rebuild, parts = self.__reduce__()
        z: Tensor = rebuild(*parts)
        z.version = self.version = self.version or Version()
        return z

    def __deepcopy__(self, memo: dict[Any, Any]) -> Tensor:
        _, (cls, raw, requires_grad) = self.__reduce__()
        memo[id(self)] = z = _rebuild(cls, raw.copy(), requires_grad)
        z.grad = None if self.grad is None else self.grad.detach().clone()
        return z

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        row = UFUNCS.get(ufunc)
        if ufunc is np.matmul and method == "__call__" and not kwargs:
            return products.matmul(*inputs)
        if row is None or method != "__call__" or kwargs:
            no_row(ufunc, method, kwargs)
        return row(*(a.item() if isinstance(a, np.generic) and a.dtype == self.raw.dtype else a for a in inputs))

    def __neg__(self) -> Tensor:
        return elementwise.neg(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return elementwise.abs(self)

    def __matmul__(self, other: Any) -> Tensor:
        return products.matmul(self, other) if isinstance(other, Tensor | np.ndarray) else no_operand(products.matmul_, self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return products.matmul(other, self) if isinstance(other, np.ndarray) else no_operand(products.matmul_, self, other)

    def __invert__(self) -> Tensor:
        if self._numbers.dtype.kind == "f":
            raise TypeError(f"~ is for booleans and integers, got {self.dtype}; convert with .bool() or .long() first")
        return _inverted(self)

    def allclose(self, other: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
        """Do all entries agree, ``|x - y| <= atol + rtol * |y|``?"""
        leaves("allclose()")
        x, y = _tensor(self, "allclose")._numbers, entries(other, "allclose")
        fitting("allclose", x.shape, y.shape)
        rtol, atol = number_of(rtol, "allclose: rtol") * 1.0, number_of(atol, "allclose: atol") * 1.0
        with np.errstate(all="ignore"):
            return np.allclose(x, y, rtol, atol, flag_of(equal_nan, "equal_nan"))

    def equal(self, other: Tensor) -> Any:
        """The same shape and the same entries?"""
        leaves("equal()")
        return np.array_equal(_tensor(self, "equal")._numbers, entries(other, "equal"))

    def is_floating_point(self) -> Any:
        """Is its dtype a floating one?"""
        return _tensor(self, "is_floating_point").dtype.kind == "f"

    def expand(self, *sizes: Any) -> Tensor:
        """Dimensions of size 1 stretched to ``sizes``; -1 keeps a size, new dimensions come first. A view."""
        shape = shape_from(sizes, "the shape of expand")
        lead = len(shape) - self.ndim
        if lead < 0:
            raise ValueError(f"expand: {shape} has fewer dimensions than shape {self.shape}")
        return moves.broadcast_to(self, tuple(self.shape[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(shape)))

    def repeat(self, *sizes: Any) -> Tensor:
        """This tensor beside itself, ``sizes`` times along each dimension; new dimensions come first.

        >>> from autograd import tensor
        >>> tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
        """
        times = shape_from(sizes, "the sizes of repeat")
        lead = len(times) - self.ndim
        if lead < 0 or any(n < 0 for n in times):
            raise ValueError(f"repeat takes a size >= 0 for each of {self.ndim} dimensions or more, got {times} for shape {self.shape}")
        own = (1,) * lead + self.shape
        once = self.reshape([n for size in own for n in (1, size)])
        return once.broadcast_to([n for pair in zip(times, own) for n in pair]).reshape([n * m for n, m in zip(times, own)])

    def expand_as(self, other: Tensor) -> Tensor:
        """Stretched to the shape of ``other``. A view."""
        return self.expand(_tensor(other, "expand_as").shape)

    def reshape_as(self, other: Tensor) -> Tensor:
        """In the shape of ``other``."""
        return self.reshape(_tensor(other, "reshape_as").shape)

    def t(self) -> Tensor:
        """A matrix transposed."""
        return self.T

    __add__, __radd__ = _operator(elementwise.add)
    __sub__, __rsub__ = _operator(elementwise.sub)
    __mul__, __rmul__ = _operator(elementwise.mul)
    __truediv__, __rtruediv__ = _operator(elementwise.div)
    __pow__, __rpow__ = _operator(elementwise.pow)
    __floordiv__, __rfloordiv__ = _operator(elementwise.floor_divide)
    __mod__, __rmod__ = _operator(elementwise.remainder)
    __lt__, __gt__ = _operator(elementwise.lt)[0], _operator(elementwise.gt)[0]
    __le__, __ge__ = _operator(elementwise.le)[0], _operator(elementwise.ge)[0]
    __eq__, __ne__ = operator(elementwise.eq)[0], operator(elementwise.ne)[0]
    __and__ = __rand__ = _logical("&", np.bitwise_and)
    __or__ = __ror__ = _logical("|", np.bitwise_or)
    __xor__ = __rxor__ = _logical("^", np.bitwise_xor)
    view, view_as = OfTensors.reshape, reshape_as
    __hash__ = object.__hash__


refuse_all(Tensor)
record.face = Tensor
Value.join = staticmethod(Tensor.record)


def _rebuild(cls: type[Tensor], raw: np.ndarray, requires_grad: bool) -> Tensor:
    z = made(canonical(raw), of=cls)
    z.op = leaf if requires_grad else None
    return z


def _as_of_old(data: tuple[Any, ...]) -> np.ndarray:
    """What ``Tensor()`` makes of sizes, or of a list."""
    if all(isinstance(n, int) for n in data) or isinstance(data[0], Size):
        return np.zeros(sizes_of(data or (0,)), float32)
    if len(data) > 1 or not isinstance(data[0], list | tuple):
        raise TypeError(f"Tensor() takes an array, a list, or sizes, got {', '.join(map(described, data))}; use tensor(data) for a number")
    return held(entries(data[0], "Tensor()"), float32, "Tensor()")


def _kept(index: np.ndarray) -> np.ndarray:
    """A copy of an index array, for a graph to save."""
    copied = index.copy()
    if NONDEFAULT and (watch := watching()) is not None:
        watch.enters(copied, index)
    return copied


def _tensor(x: Any, what: str) -> Tensor:
    """``x``: what is a method as well as a function may be called with anything."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{what} expects a Tensor, got {described(x)}; wrap it as tensor(...)")
    return x
