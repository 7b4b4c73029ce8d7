"""What tests of `ag.compile` share: a story is told twice, by plain functions and by compiled ones, and what it shows must not differ.

A story is a generator that is given ``compile``, builds all it needs, and yields whatever there is to see: results, modules with their
gradients, optimisers, generators. What is seen is written down at once, to the last bit, and with it the stream of random numbers.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
import warnings
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor

Compile = Callable[..., Any]
Story = Callable[..., Iterator[Any]]


# What there is to see.
def bits(thing: Any) -> Any:
    """``thing`` as plain data, equal where no bit of it differs: -0.0 is not 0.0, NaN is itself, and a gradient is part of its leaf."""
    if isinstance(thing, Tensor):
        leaf = thing.is_leaf
        grad = bits(thing.grad) if leaf and thing.grad is not None else None
        return array(thing.detach().numpy()), "requires grad" * thing.requires_grad, "leaf" * leaf, {"grad": grad}
    if isinstance(thing, np.ndarray | np.generic):
        return array(np.asarray(thing))
    if isinstance(thing, nn.Module):
        named = itertools.chain(thing.named_parameters(), thing.named_buffers())
        return {name: bits(t) for name, t in named} | {"training": [m.training for m in thing.modules()]}
    if isinstance(thing, nn.optim.Optimizer):
        return bits(thing.state_dict())
    if isinstance(thing, ag.Generator):
        return str(thing.get_state())
    if isinstance(thing, ag.Value):
        return float(thing.data).hex(), None if thing.grad is None else float(thing.grad).hex()
    if isinstance(thing, dict):
        return {key: bits(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing).__name__, [bits(part) for part in thing]
    if isinstance(thing, float):
        return thing.hex()
    assert thing is None or isinstance(thing, bool | int | str), type(thing)
    return thing


def array(a: np.ndarray) -> str:
    """The bytes of an array, and its numbers where they are few."""
    return f"{a.dtype} {a.shape} {sha256(a.tobytes()).hexdigest()[:16]} {a.tolist() if a.size <= 24 else '...'}"


def raised(call: Callable[[], Any]) -> Any:
    """What ``call()`` returns; or the kind and the words of its error."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__, str(error)


# Telling.
def told(story: Story, compile: Compile, **given: Any) -> list[Any]:
    """All that a story shows, and the state of the generator at each point, from one seed."""
    ag.manual_seed(0)
    return [(bits(things), bits(ag.default_generator)) for things in story(compile, **given)]


def plainly(function: Any, **settings: Any) -> Any:
    """In the place of `ag.compile`."""
    return function


def hold(
    story: Story,
    *,
    replayed: int | None = None,
    programs: int | None = None,
    falls_back: bool | Callable[..., Any] = False,
    **given: Any,
) -> list[Any]:
    """Tell the story both ways and compare; what was compiled is returned.

    ``replayed``: at least so many calls are replayed, and none runs eagerly for a reason; ``programs``: so many are kept in the end. What
    ``falls_back`` says so once, in a warning that names the line marked ``# here``, of the story or of the function that is given; and with
    ``fullgraph=True`` that is an error.
    """
    want = told(story, plainly, **given)
    made: list[Any] = []

    def compile(function: Any, **settings: Any) -> Any:
        made.append(ag.compile(function, **settings))
        return made[-1]

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        got = told(story, compile, **given)
    for i, (mine, plain) in enumerate(zip(got, want)):
        assert mine == plain, f"at {i} of what the story shows:\ncompiled {mine}\neagerly  {plain}"
    assert len(got) == len(want)
    reasons = [reason for step in made for reason in step.reasons]
    said = [str(w.message) for w in heard if issubclass(w.category, UserWarning)]
    assert all(len({*step.reasons}) == len(step.reasons) for step in made) and len(reasons) == len(said), (
        f"warnings: {said}\nreasons: {reasons}"
    )
    assert all(any(reason in text for text in said) for reason in reasons), f"warnings: {said}\nreasons: {reasons}"
    others = [f"{w.category.__name__}: {w.message}, at {w.filename}:{w.lineno}" for w in heard if not issubclass(w.category, UserWarning)]
    assert others == []
    if falls_back:
        here = place(story if falls_back is True else falls_back)
        assert any(here in reason for reason in reasons), f"{here} is not named: {reasons}"
        with warnings.catch_warnings(), pytest.raises(RuntimeError, match=here.replace(".", r"\.")):
            warnings.simplefilter("error")
            told(story, lambda function, **settings: ag.compile(function, fullgraph=True, **settings), **given)
    if replayed is not None:
        assert reasons == [] and sum(step.calls.replayed for step in made) >= replayed, f"{reasons} {[step.calls for step in made]}"
    if programs is not None:
        assert sum(step.programs for step in made) == programs
    return made


def place(story: Any) -> str:
    """``file.py:line`` of the statement of a function that is marked ``# here``."""
    lines, first = inspect.getsourcelines(story)
    (at,) = [i for i, line in enumerate(lines) if "# here" in line]
    starts = [node.lineno for node in ast.walk(ast.parse(textwrap.dedent("".join(lines)))) if isinstance(node, ast.stmt)]
    return f"{inspect.getsourcefile(story).rpartition('/')[2]}:{first + max(s for s in starts if s <= at + 1) - 1}"


def compiled_as_eager(**expected: Any) -> Callable[[Story], Callable[..., None]]:
    """Make a story a test, by `hold`. Its parameters after ``compile`` are those of the test."""

    def decorate(story: Story) -> Callable[..., None]:
        def test(**given: Any) -> None:
            hold(story, **expected, **given)

        signature = inspect.signature(story)
        test.__name__, test.__doc__, test.__module__ = story.__name__, story.__doc__, story.__module__
        test.__signature__ = signature.replace(parameters=[*signature.parameters.values()][1:], return_annotation=None)  # type: ignore[attr-defined]
        return test

    return decorate


# What stories are made of.
def rows(i: int, *shape: int, dtype: Any = "float32", requires_grad: bool = False) -> Tensor:
    """Normal numbers of a shape, others for each ``i``."""
    return ag.tensor(np.random.default_rng([i, *shape]).normal(size=shape).astype(dtype), requires_grad=requires_grad)


def labels(i: int, n: int, classes: int) -> Tensor:
    """Indices of classes."""
    return ag.tensor(np.random.default_rng([i, n, classes]).integers(classes, size=n))


def mlp(dtype: Any = "float32") -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4, dtype=dtype), nn.Tanh(), nn.Linear(4, 2, dtype=dtype))


def batch(i: int, n: int = 5) -> tuple[Tensor, Tensor]:
    """What an `mlp` is given, and classes."""
    return rows(i, n, 3), labels(i, n, 2)


def stepping(
    compile: Compile, net: nn.Module, optimizer: Any = None, criterion: Callable[..., Any] = nn.functional.cross_entropy
) -> Callable[..., Any]:
    """A step of training of ``net``, compiled. It is given the inputs, and the target last."""
    optimizer = optimizer or nn.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

    @compile
    def step(*given: Tensor) -> Tensor:
        *inputs, target = given
        optimizer.zero_grad()
        l = criterion(net(*inputs), target)
        l.backward(None if l.ndim == 0 else ag.ones_like(l))
        optimizer.step()
        return l

    return step


def training(
    compile: Compile,
    net: Callable[[], nn.Module],
    batch: Callable[[int], tuple[Tensor, ...]],
    loss: Callable[[], Any] = nn.MSELoss,
    optimizer: Callable[[Any], Any] = lambda net: nn.optim.SGD(net.parameters(), lr=0.1),
    calls: int = 6,
) -> Iterator[Any]:
    """The story of steps of training as everybody writes them; ``batch(i)`` has what the i-th one is given, the target last."""
    model = net()
    chosen = optimizer(model)
    step = stepping(compile, model, chosen, loss())
    for i in range(calls):
        yield step(*batch(i)), model, chosen
