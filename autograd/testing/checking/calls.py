"""How a backward that was written by hand is called: which of its parameters is an upstream gradient, which the cache, which an input.

Courses write ``backward(dout, cache)``, ``backward(dout, x, w)`` or ``backward(x, w, dout)``, a layer with a state ``backward(dout)``.
The names of the parameters tell, or the caller does; what neither tells is asked for, never guessed.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

from autograd.errors import described

__all__ = ["input_names", "roles_of", "written"]

_UPSTREAM = re.compile(
    r"g|g[xyz]|grads?(_\w+)?|gradients?|upstream\w*|delta\w*|d[A-Z_]\w*|d[a-z]\d?|d(out|next|prev|loss|score|logit|cost|value|result|pred|act)\w*"
)
_CACHE = re.compile(r"(\w+_)?(cache|caches|ctx|context|saved|memory|tape)")
_SAY = "say so by signature=, such as 'dout, cache', 'dout, *inputs' or '*inputs, dout'"


def input_names(forward: Callable[..., Any], count: int) -> tuple[list[str], bool]:
    """What ``forward`` calls its first ``count`` parameters, and whether it calls them anything at all.

    >>> input_names(lambda x, w, eps=1e-5: x, 2), input_names(lambda *xs: xs, 2)
    ((['x', 'w'], True), (['input 0', 'input 1'], False))
    """
    names = [p.name for p in _parameters(forward) or () if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (names[:count], True) if len(names) >= count else ([f"input {i}" for i in range(count)], False)


def roles_of(forward: Callable[..., Any], backward: Callable[..., Any], count: int, signature: str | None) -> list[str | int]:
    """What ``backward`` is handed: "dout", "cache", or the number of an input of ``forward``, which has ``count`` of them.

    Raises TypeError where forward takes another number of inputs or the names do not tell, ValueError for another ``signature``.

    >>> roles_of(lambda x, w: x @ w, lambda dout, x, w: ..., 2, None)
    ['dout', 0, 1]
    >>> roles_of(lambda x, w: x @ w, lambda a, b: ..., 2, "dout, cache")
    ['dout', 'cache']
    """
    names, named = input_names(forward, count)
    taken = [p for p in _parameters(forward) or () if p.kind is not p.KEYWORD_ONLY]
    least = sum(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in taken)
    if taken and (count < least or not (named or any(p.kind is p.VAR_POSITIONAL for p in taken))):
        raise TypeError(
            f"forward({', '.join(p.name for p in taken)}) does not take {count} input{'s' * (count != 1)}: hand over a tuple of all "
            "that it takes, (x,) where that is one"
        )
    if signature is not None:
        return _said(signature, names)
    parameters = _parameters(backward)
    if parameters is None:
        raise TypeError(f"the parameters of backward, {described(backward)}, cannot be read: {_SAY}")
    roles: list[str | int] = []
    unknown: list[tuple[int, str]] = []
    for p in parameters:
        if p.name in names:
            roles.append(names.index(p.name))
        elif _CACHE.fullmatch(p.name):
            roles.append("cache")
        elif _UPSTREAM.fullmatch(p.name):
            roles.append("dout")
        elif p.kind is p.VAR_POSITIONAL:
            roles += range(count)
        elif p.default is p.empty and p.kind is not p.VAR_KEYWORD:
            unknown.append((len(roles), p.name))
            roles.append(p.name)
    if unknown and not named and len(unknown) == count:  # forward names none of its inputs, so that their order tells
        for i, (at, _) in enumerate(unknown):
            roles[at] = i
    elif unknown:
        raise TypeError(
            f"backward({', '.join(p.name for p in parameters)}): {unknown[0][1]!r} is no upstream gradient (dout, dy, grad, ...), no "
            f"cache, and no input of forward({', '.join(names)}); understood was ({written(roles, names)}). Rename it, or {_SAY}"
        )
    return roles


def written(roles: Sequence[str | int], names: Sequence[str]) -> str:
    """What ``backward`` is handed, as text.

    >>> written(["dout", 0, 1], ["x", "w"])
    'dout, x, w'
    """
    return ", ".join(names[role] if isinstance(role, int) else role if role in ("dout", "cache") else f"{role}?" for role in roles)


def _said(signature: str, names: list[str]) -> list[str | int]:
    if not isinstance(signature, str):
        raise TypeError(f"signature must be a text such as 'dout, cache', got {described(signature)}")
    roles: list[str | int] = []
    for word in (part.strip() for part in signature.split(",")):
        if word in ("dout", "cache"):
            roles.append(word)
        elif word == "*inputs":
            roles += range(len(names))
        elif word in names:
            roles.append(names.index(word))
        else:
            known = f"'dout', 'cache', '*inputs' and the inputs {', '.join(names)}"
            raise ValueError(f"signature may name {known}, got {word!r} in {signature!r}")
    return roles


def _parameters(fn: Callable[..., Any]) -> list[inspect.Parameter] | None:
    try:
        return list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):  # as of ufuncs and other functions written in C
        return None
