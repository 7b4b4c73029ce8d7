"""One random call, and whether it did what a call may do: return something whole, or refuse in words of our own."""

import contextlib
import dis
import re
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from inspect import CO_VARARGS, CO_VARKEYWORDS, Parameter, getdoc
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd import Tensor, Value, ValueTensor
from autograd.faces.dtypes import DTYPES
from tests.fuzz import arguments
from tests.fuzz.arguments import ENDLESS, NAMED, OWN, Make, odd
from tests.fuzz.targets import Target

ROOT = Path(__file__).parent.parent.parent
OURS = tuple(f"{ROOT / name}/" for name in ("autograd", "nn"))
PATIENCE = 120.0  # seconds, after which a call hangs: far more than any takes on a busy machine
REFUSALS = (ZeroDivisionError, TypeError, ValueError, IndexError, RuntimeError, AttributeError, OSError)
NUMPYS = re.compile(
    "ufunc|operands could not|cannot reshape array|only integer scalar|only length-1|only 0-dim|object of type|array element|"
    "unsupported operand|could not be broadcast|truth value of an array|inhomogeneous|out of bounds for axis|loop of|UFunc|"
    "'numpy\\.ndarray' object|must be real number|could not convert|not supported between instances|bad operand type|"
    "takes exactly|is not iterable|not subscriptable|has no attribute|cannot be interpreted|object is not callable|Cannot cast"
)
PYTHONS = re.compile(
    r"positional argument|unexpected keyword|required keyword|takes no (keyword )?arguments|multiple values|expected \d argument|"
    r"takes from|keyword-only|positional-only"
)


OPERATORS = re.compile(
    "can.t multiply sequence|can only concatenate|not all arguments converted|unsupported operand type|not supported between instances|bad operand type|has no setter|can.t set attribute|is not iterable"
)
FLOATS = re.compile("cannot convert float|Unknown format code|Invalid format specifier|[Ff]ormat specifier")  # as Python's floats have it
NOTHING = re.compile(r"got (nothing|neither|no|0|an empty)\b|got lengths \[\]")
# "numpy's own overflow warnings of + - * pass through", says the README; so does that of inf - inf.
# Of a number taken out of a graph the library warns itself.
THEIRS = r"float\(\) of a recorded|overflow encountered in cast|(overflow|invalid value) encountered in (add|subtract|multiply|matmul|dot|maximum|minimum)"


class Hang(BaseException):
    """A call that took longer than `PATIENCE`."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    def late(*_: Any) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def drawn(target: Target, rng: Random) -> tuple[list[Any], dict[str, Any]]:
    """Arguments: those that fit their names, with a wrong one here and there; sometimes too few, too many, or of unknown names."""
    style = rng.random()
    risk = 0.0 if style < 0.25 else 0.35 if style < 0.85 else 1.0
    args: list[Any] = []
    given: dict[str, Any] = {}
    owner = target.name.rsplit(".", 1)[-1]
    for p in target.parameters:
        if p.kind is Parameter.VAR_KEYWORD:
            continue
        fitting = OWN.get(f"{owner}.{p.name}") or NAMED.get(p.name) or odd
        make: Make = odd if p.name not in ENDLESS and rng.random() < risk else fitting
        if p.kind is Parameter.VAR_POSITIONAL:
            args += [make(rng) for _ in range(rng.randint(0, 3))]
        elif p.kind is Parameter.KEYWORD_ONLY or given or p.default is not Parameter.empty:
            if p.default is Parameter.empty or rng.random() < 0.4:
                given[p.name] = make(rng)
        else:
            args.append(make(rng))
    if not target.by_syntax and rng.random() < 0.08:
        mistake = rng.choice(["few", "many", "unknown", "twice"])
        if mistake == "few":
            args = args[:-1]
        elif mistake == "many":
            args += [odd(rng) for _ in range(rng.randint(1, 3))]
        elif mistake == "unknown":
            given["nonsense"] = odd(rng)
        elif target.parameters and args:
            given[target.parameters[0].name] = odd(rng)
    return args, given


def parts(x: Any, depth: int = 4) -> Iterator[Any]:
    """A thing and what is in it, but for what has no numbers yet."""
    if isinstance(x, nn.UninitializedParameter):
        return
    yield x
    if depth:
        inner = x if type(x) in (list, tuple, set, frozenset, range) else [*x, *x.values()] if isinstance(x, dict) else []
        inner = x.flat if isinstance(x, np.ndarray) and x.dtype == object else inner
        if isinstance(x, ValueTensor):
            inner = x.values().flat
        if isinstance(x, nn.data.Dataset | nn.data.DataLoader):
            inner = vars(x).values()
        if isinstance(x, nn.Module):
            inner = [*x.parameters(), *vars(x).values()]
        if isinstance(x, nn.optim.Optimizer):
            inner = x.param_groups
        for part in list(inner):
            yield from parts(part, depth - 1)


def tokens(given: list[Any]) -> set[str]:
    """What a message may call the things that came: their reprs, kinds, shapes, dtypes, lengths."""
    found: set[str] = set()
    for x in (part for thing in given for part in parts(thing)):
        with np.errstate(all="ignore"):
            found |= {repr(x)[:40], str(x)[:40] or "''", type(x).__name__, getattr(x, "__name__", "Tensor")}
        if isinstance(x, Tensor | np.ndarray | np.generic):
            found |= {str(tuple(x.shape)), str(x.dtype), f"{x.ndim}-d", *map(str, x.shape)}
            entries = getattr(x, "raw", x)
            if entries.size < 100:
                found |= {*map(str, entries.flat), *(type(entry).__name__ for entry in np.ravel(entries).tolist())}
        if hasattr(x, "__next__"):
            found.add("int 1")  # it was used up
        if isinstance(x, int | float | np.generic | Value) or getattr(x, "shape", None) == ():
            found.add("(1,)")
        if isinstance(x, Value):
            found |= {str(x.data), f"{x.data:g}"}
        if isinstance(x, float):
            found.add(f"{x:g}")
        if hasattr(x, "__len__"):
            with suppress(TypeError):
                found.add(str(len(x)))
    return {token for token in found if token}


def state(things: list[Any]) -> list[Any]:
    """What must be as it was after a refusal, bit for bit."""
    seen: list[Any] = []
    for x in (part for thing in things for part in parts(thing)):
        if isinstance(x, ValueTensor):
            continue
        if isinstance(x, Tensor):
            grad = x.grad
            seen.append((x.shape, x.dtype, x.requires_grad, x.raw.tobytes(), None if grad is None else grad.raw.tobytes()))
        elif isinstance(x, Value):
            seen.append((repr(x.data), x.requires_grad, repr(x.grad)))
        elif isinstance(x, nn.optim.Optimizer):
            seen.append([repr({k: v for k, v in g.items() if k != "params"}) for g in x.param_groups])
        elif isinstance(x, nn.Module):
            seen.append((sorted(n for n in vars(x) if n[0] != "_"), x.training))
        elif isinstance(x, ag.Generator):
            seen.append(repr(x.get_state()))
    return seen


def raised_by_us(error: BaseException, by_syntax: bool) -> bool:
    """Did a ``raise`` of ours end it, or did Python refuse the arity of a function of ours, or an operator that there is not?"""
    trace: TracebackType = error.__traceback__  # type: ignore[assignment]
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    if code.co_filename == arguments.__file__:
        return True  # a function that was handed over failed
    if not code.co_filename.startswith(OURS):
        here = code.co_filename.startswith(str(ROOT / "tests" / "fuzz")) or code.co_filename == contextlib.__file__
        return here and (by_syntax or (isinstance(error, TypeError) and bool(PYTHONS.search(str(error)))))
    if dis.opname[code.co_code[trace.tb_lasti]] == "RAISE_VARARGS":
        return True
    hands_on = code.co_flags & (CO_VARARGS | CO_VARKEYWORDS)  # a function that takes anything and hands it on
    return (
        isinstance(error, TypeError)
        and bool(PYTHONS.search(str(error)))
        and (hands_on or "__init__" in str(error) or "<lambda>" in str(error))
    )


def complaint(target: Target, seed: int) -> str | None:
    """What was wrong with random call number ``seed`` of the target; None if nothing."""
    rng = Random(f"{target.name} {seed}")
    ag.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        receiver = [] if target.receiver is None else [target.receiver(rng)]
        args, given = drawn(target, rng)
    things = [*receiver, *args, *given.values()]
    before, known = state(things), tokens([*things, *(p.default for p in target.parameters)])
    shown = f"{target.name}({', '.join([f'{a!r:.120}' for a in [*receiver, *args]] + [f'{k}={v!r:.120}' for k, v in given.items()])})"
    try:
        with patience(PATIENCE), warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", THEIRS)
            result = target.call(*receiver, *args, **given)
    except Hang:
        return f"{shown} hangs"
    except BaseException as error:
        found = fault(target, error, known, bool(receiver))
        found = found or (None if state(things) == before or target.name == "nn.fit" else "left something changed behind")
        return found and f"{shown}\n    {found}: {type(error).__name__}: {error!s:.300}\n    at {place(error)}"
    finally:
        ag.set_grad_enabled(True)  # three of the calls are switches
        ag.record_lines(False)
        ag.set_printoptions(profile="default")
    found = flaw(result)
    return found and f"{shown}\n    gave {found}"


def place(error: BaseException) -> str:
    trace = error.__traceback__
    at = ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith((*OURS, str(ROOT))):
            at = f"{trace.tb_frame.f_code.co_filename.removeprefix(str(ROOT))}:{trace.tb_lineno}"
        trace = trace.tb_next
    return at


def fault(target: Target, error: BaseException, known: set[str], bound: bool) -> str | None:
    """What is wrong with an exception."""
    text = str(error)
    kinds = REFUSALS
    if FLOATS.search(text):
        return None
    promised = f"{getdoc(target.call)}"
    if "KeyError" in promised or isinstance(error, KeyError):
        kinds = (*kinds, KeyError)
    if not isinstance(error, kinds) or isinstance(error, RecursionError):
        return "is of no documented type"
    if not text:
        return "says nothing"
    if isinstance(error, OSError):
        return None
    if target.by_syntax and OPERATORS.search(text):
        return None
    if not raised_by_us(error, target.by_syntax):
        return "was raised by somebody else"
    if PYTHONS.search(text):
        return None
    if found := NUMPYS.search(text):
        return f"speaks of {found[0]!r}"
    if known and not any(token in text for token in known) and not NOTHING.search(text):
        return "does not say what came"
    return None


def flaw(result: Any) -> str | None:
    """What is wrong with an answer."""
    if result is NotImplemented:
        return "NotImplemented"
    for x in parts(result, 2):
        if isinstance(x, ValueTensor):
            if x.values().dtype != object or not all(isinstance(v, Value) for v in x.values().flat):
                return f"an array of Values with other things in it: {x.values()!r:.100}"
        elif isinstance(x, Tensor):
            if type(x.raw) is not np.ndarray or x.dtype not in DTYPES:
                return f"a tensor around {type(x.raw).__name__} of {x.dtype}"
            if x.grad is not None and (not isinstance(x.grad, Tensor) or x.grad.shape != x.shape):
                return f"a tensor of shape {x.shape} whose gradient is {x.grad!r:.80}"
        elif isinstance(x, Value) and type(x.data) is not float:
            return f"a Value of {type(x.data).__name__}"
    return None
