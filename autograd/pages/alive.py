"""A graph of numbers as a program of the page, so that its numbers can be changed there: values, and gradients by the rules of the rows."""

from __future__ import annotations

from typing import Any

from autograd.core.node import Node
from autograd.pages.script import Script
from autograd.program.javascript import JavaScript, UnwritableError
from autograd.program.words import clean

__all__ = ["alive"]


def alive(script: Script) -> str:
    """JavaScript for an object with the recorded numbers, ``begin``, and what computes all of them anew from those of the leaves, in place:
    ``forward(n)`` and ``backward(n)``. Where an operation cannot be written, the film says so; ``null`` for a graph of arrays."""
    if not script.scalar:
        return "null"
    write = JavaScript()
    begin = f"begin: [{', '.join(map(write.constant, script.numbers))}]"
    try:
        forward = [_forward(script, write, n) for n in script.reading.nodes if not n.is_leaf]
        backward = [line for k in range(len(script.flows)) for line in _backward(script, write, k)]
    except UnwritableError as error:
        script.steps[0]["text"] += f" The numbers cannot be changed: nothing says how JavaScript computes {clean(error.op.name)}."
        return f"{{ {begin} }}"
    script.steps[0]["text"] += " Drag a number in a frame, or type one after a double click: all that was made from it follows."
    lines = ["(() => {", *(f"const {name} = {text};" for name, text in write.functions.items())]
    lines += [f"return {{ {begin},", "forward(n) {", *forward, "},", "backward(n) {", *backward, "} };", "})()"]
    return "\n".join(lines).replace("</", "<\\/")


def _args(script: Script, n: Node) -> list[Any]:
    return [f"n[{script.values[a]}]" if isinstance(a, Node) else a for a in script.reading.args(n)]


def _rounded(n: Node, text: str) -> str:
    """In the precision of ``n``."""
    return f"Math.fround({text})" if getattr(n, "dtype", "float64") == "float32" else text


def _forward(script: Script, write: JavaScript, n: Node) -> str:
    assert n.op is not None
    return f"n[{script.values[n]}] = {_rounded(n, write.computed(n.op, _args(script, n)))};"


def _backward(script: Script, write: JavaScript, k: int) -> list[str]:
    n, i, upstream, local, before, amount, after = script.flows[k]
    assert n.op is not None
    args, z, a = _args(script, n), f"n[{script.values[n]}]", n.args[i]
    flows = write.flows(n.op, i, f"n[{upstream}]", z, args, kernel=n.dx is not None or n.dy is not None)
    lines = [f"n[{local}] = {write.flows(n.op, i, '1', z, args)};", f"n[{amount}] = {_rounded(a, flows)};"]
    return lines if before is None else [*lines, f"n[{after}] = {_rounded(a, f'n[{before}] + n[{amount}]')};"]
