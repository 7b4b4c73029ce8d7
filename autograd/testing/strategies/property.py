"""A gradient check as a property: one line makes a test that hypothesis runs on many inputs and shrinks when it fails.

What fails is shown twice: by hypothesis as the smallest call, in code, and by `gradcheck` as a table of what differs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from autograd.core.node import Node, Op
from autograd.errors import described
from autograd.faces.tensor import Tensor
from autograd.faces.value import Value
from autograd.testing.checking.by_hand import check_backward
from autograd.testing.checking.report import name_of
from autograd.testing.checking.run import gradcheck

__all__ = ["gradcheck_property"]

_CHECKS = tuple(inspect.signature(gradcheck).parameters)[2:-1]  # the options of gradcheck, but that of not raising
_BY_HAND = tuple(inspect.signature(check_backward).parameters)[3:-1]


def gradcheck_property(
    *strategies: st.SearchStrategy[Any],
    max_examples: int | None = None,
    backward: Callable[..., Any] | None = None,
    **given_or_options: Any,
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """A decorator that turns a function of Tensors or Values into a test that its gradients are right wherever the strategies draw.

    ``strategies`` draw its arguments from the right, as in ``hypothesis.given``, or by name; other arguments stay for fixtures and
    ``parametrize``. ``max_examples`` is hypothesis's (default: that of the profile); ``order``, ``method``, ``directions``, ``rtol``,
    ``atol`` are options of `gradcheck`. What is neither a strategy nor an option is a TypeError. The test raises GradcheckError where a
    gradient is wrong.

    With ``backward`` it is a test of a forward and a backward by hand: what is drawn is handed over as arrays and floats, and
    `check_backward` holds the one against the other; the options are its own, such as ``signature``.

    >>> from autograd import tanh
    >>> from autograd.testing.strategies import tensors, values
    >>> test_tanh = gradcheck_property(tensors((3,)), order=2, max_examples=10)(tanh)
    >>> test_tanh()
    >>> @gradcheck_property(x=values(), y=values(), max_examples=10)
    ... def test_product(x, y):
    ...     return x * y
    >>> test_product()
    >>> import numpy as np
    >>> test_by_hand = gradcheck_property(tensors((3,)), max_examples=10, backward=lambda dout, x: dout * np.cos(x))(np.sin)
    >>> test_by_hand()
    """
    known = _CHECKS if backward is None else _BY_HAND
    options = {name: given_or_options.pop(name) for name in known if name in given_or_options}
    for name, strategy in [*enumerate(strategies), *given_or_options.items()]:
        if not isinstance(strategy, st.SearchStrategy):
            what = f"argument {name}" if isinstance(name, int) else f"{name!r}"
            raise TypeError(f"gradcheck_property: {what} must be a strategy or an option ({', '.join(known)}), got {strategy!r}")
    if not strategies and not given_or_options:
        got = ", ".join(f"{name}={described(option)}" for name, option in [("max_examples", max_examples), *options.items()])
        raise TypeError(
            f"gradcheck_property needs a strategy for each argument, such as tensors((3,)) or x=values(), got none beside {got}"
        )

    def decorate(function: Callable[..., Any]) -> Callable[..., None]:
        names, by_position = _parameters(function, len(strategies))
        if len(strategies) > len(names):
            raise TypeError(f"gradcheck_property got {len(strategies)} strategies for the {len(names)} arguments of {name_of(function)}")
        if unknown := [name for name in given_or_options if name not in names]:
            raise TypeError(f"gradcheck_property got a strategy for {unknown[0]!r}, and {name_of(function)} has only {', '.join(names)}")
        drawn = dict(zip(names[len(names) - len(strategies) :], strategies)) | given_or_options
        if backward is not None:
            drawn = {name: strategy.map(_plain) for name, strategy in drawn.items()}

        def test(**arguments: Any) -> None:
            __tracebackhide__ = True
            if backward is not None:
                check_backward(function, backward, tuple(arguments[name] for name in names), **options)
                return
            inputs = [name for name in drawn if isinstance(arguments[name], Node)]

            def on_inputs(*leaves: Any) -> Any:
                called = arguments | dict(zip(inputs, leaves))
                return function(*(called[name] for name in names)) if by_position else function(**called)

            on_inputs.__qualname__ = test.__name__
            gradcheck(on_inputs, tuple(arguments[name] for name in inputs), **options)

        test.__name__ = test.__qualname__ = getattr(function, "__name__", "test")
        test.__doc__, test.__module__ = function.__doc__, getattr(function, "__module__", test.__module__)
        test.__signature__ = inspect.Signature([inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in names])  # type: ignore[attr-defined]
        profile = settings.default
        assert profile is not None
        return settings(
            max_examples=profile.max_examples if max_examples is None else max_examples,
            phases=[phase for phase in profile.phases if phase is not Phase.explain],  # which takes many times as long as the rest
        )(given(**drawn)(test))

    return decorate


def _plain(x: Any) -> Any:
    """A Tensor as an array, a Value as a float."""
    return x.detach().numpy() if isinstance(x, Tensor) else x.data if isinstance(x, Value) else x


def _parameters(function: Callable[..., Any], count: int) -> tuple[list[str], bool]:
    """The names of the parameters, made up where a function such as a row takes any number, and whether they go by position."""
    found = [] if isinstance(function, Op | np.ufunc) else [*inspect.signature(function).parameters.values()]
    if not found or any(p.kind is p.VAR_POSITIONAL for p in found):
        return [f"x{i}" for i in range(count)] if count > 1 else ["x"], True
    return [p.name for p in found if p.kind is not p.VAR_KEYWORD], any(p.kind is p.POSITIONAL_ONLY for p in found)
