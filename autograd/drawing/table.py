"""A network as a table: which modules are called, on which shapes, with how many parameters and how much memory.

It is read off one forward pass by hooks, so that it shows what runs and not what was declared. Every parameter and every
array counts once, in the first row that has it: each column adds up to its total, however much is folded away by ``depth``.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd.core.mode import enable_grad, no_grad
from autograd.core.node import Node
from autograd.creation import zeros
from autograd.drawing.diagnosis import SATURATE, flat_entries
from autograd.drawing.scale import Scale, by_share, by_size, of_numbers
from autograd.drawing.statistics import Statistics, measured, ratio, share, short, together
from autograd.drawing.style import Style
from autograd.errors import brief, described, number_of
from autograd.faces.tensor import Tensor
from autograd.program.reading import key_of
from autograd.random import Generator, default_generator

__all__ = ["Row", "Summary", "summary"]

Shapes = tuple[tuple[int, ...], ...]


class Row(NamedTuple):
    """One call of a module, or a module that was not called."""

    name: str  # with dots, as in named_modules(); "" for the network itself
    kind: str  # its class
    note: str  # "", "reused", "reused: weight" for parameters that stand in a row above, "not called"
    depth: int  # how many calls it was made inside of
    inputs: Shapes  # of the tensors in its positional arguments
    outputs: Shapes
    parameters: int  # of its own: those of the modules in it have rows of their own, unless folded into this one
    trainable: int
    activations: int  # bytes
    gradient: Statistics | None = None  # of the gradients of these parameters, once a backward has given them any
    ratio: float | None = None  # rms of these gradients / rms of the parameters that have one
    value: Statistics | None = None  # of what came out, where color="value" asks
    saturated: float | None = None  # the share of flat entries of its activations, where color="saturation" asks
    given: float | None = None  # the number of it, or the largest of its parameters, in the dict of color=


# What `color=` adds to a table: the heads of columns, and what they mean.
_COLOURED = {
    "": ((), ""),
    "grad": (
        ("rms grad", "grad / weight"),
        "rms grad: of the gradients that the parameters have; grad / weight: that by the rms of these parameters",
    ),
    "value": (("rms output",), "rms output: of what each module returned"),
    "saturation": (("saturated",), "saturated: the share of entries where an activation is flat"),
    "given": (("given",), "given: the numbers of color="),
}


@dataclass(frozen=True, repr=False)
class Summary:
    """What `summary` returns: a table when printed or shown in a notebook, and its numbers as attributes."""

    rows: tuple[Row, ...]
    total_parameters: int
    trainable_parameters: int
    parameter_bytes: int
    buffer_bytes: int
    activation_bytes: int
    gradient: Statistics | None = None
    ratio: float | None = None
    saturated: float | None = None
    color: str = ""
    """What the last columns are of, as `summary` was asked: "grad", "value", "saturation", "given", or none."""

    def _table(self) -> tuple[list[tuple[int, list[str]]], list[str]]:
        """The lines of the table, head and totals included, each with its depth; and what stands below it."""
        heads, meaning = _COLOURED[self.color]
        table = [(0, ["module", "input", "output", "parameters", "frozen", "activations", *heads])]
        above: list[str] = []  # the names of the rows that the present one is in
        for r in self.rows:
            prefix = above[r.depth - 1] + "." if r.depth and above[r.depth - 1] else ""
            above[r.depth :] = [r.name]
            name = r.name.removeprefix(prefix)
            label = (f"{name}: " if name else "") + r.kind + (f" ({r.note})" if r.note else "")
            amounts = [*_amounts(r.parameters, r.trainable, r.activations), *self._coloured(r)]
            table.append((r.depth, [_printable(label), _sizes(r.inputs), _sizes(r.outputs), *amounts]))
        total, trainable = self.total_parameters, self.trainable_parameters
        table.append((0, ["total", "", "", *_amounts(total, trainable, self.activation_bytes), *self._coloured(self)]))
        shown = [0, 1, 2, 3, *[4] * (total != trainable), *range(5, 6 + len(heads))]  # not a column in which nothing stands
        table = [(depth, [cells[i] for i in shown]) for depth, cells in table]
        memory = zip(("parameters", "buffers", "activations"), (self.parameter_bytes, self.buffer_bytes, self.activation_bytes))
        return table, [
            f"trainable: {trainable:,} of {total:,} parameters",
            "memory: " + ", ".join(f"{what} {_memory(n)}" for what, n in memory),
            "activations: arrays that modules returned, each once; training keeps them for the backward pass",
            *[meaning] * bool(meaning),
            *["no parameter has a gradient: none came back to it yet"] * (self.color == "grad" and self.gradient is None),
        ]

    def _coloured(self, r: Row | Summary) -> list[str]:
        """The cells of a row, or of the total, in the last columns."""
        if self.color == "grad":
            return [_words(r.gradient), "–" if r.ratio is None else short(r.ratio)]
        if self.color == "saturation":
            return ["–" if r.saturated is None else share(r.saturated)]
        if not self.color or isinstance(r, Summary):
            return ["–"] * bool(self.color)
        return [_words(r.value) if self.color == "value" else "–" if r.given is None else "✗ " * (r.given - r.given != 0) + short(r.given)]

    def _scale(self) -> tuple[Scale | None, dict[int, float]]:
        """The scale of the colours, and the number of each row that has one: a NaN where something is not finite."""
        if self.color in ("grad", "value"):
            found = {i: s for i, r in enumerate(self.rows) if (s := r.gradient if self.color == "grad" else r.value) and s.zeros < 1}
            sizes = {i: s.number for i, s in found.items()}
            finite = [x for x in sizes.values() if x - x == 0]
            if self.color == "value":
                return by_size("rms of the output", 1.0, finite), sizes
            title = "rms of the gradient (no colour: as in the last row)"
            return (by_size(title, finite[-1], finite, "vanished", "exploded") if finite else None), sizes
        if self.color == "saturation":
            return by_share("share of flat entries"), {i: r.saturated for i, r in enumerate(self.rows) if r.saturated is not None}
        numbers = {i: r.given for i, r in enumerate(self.rows) if r.given is not None}
        return of_numbers("the numbers given", numbers.values()) if numbers else None, numbers

    def _fills(self) -> tuple[dict[int, str], str]:
        """The colours by row, as in pictures, on a page of whatever colour; and the strip that says what they mean."""
        scale, numbers = self._scale()
        fills = {i: _tint(scale.tone(x)) if scale and x - x == 0 else f"rgba({_RED},0.45)" for i, x in numbers.items()}
        if scale is None or not numbers:
            return fills, ""
        first, last = scale.tones
        tints = ",".join(_tint(first + (last - first) * i / 10) for i in range(11))
        strip = f'<span style="display:inline-block;width:9em;height:.8em;background:linear-gradient(to right,{tints})"></span>'
        ends = [html.escape(tick) for tick in (scale.ticks[0], scale.ticks[2])]
        return fills, f"{ends[0]} {strip} {ends[1]} · {html.escape(scale.title)}<br>"

    def __repr__(self) -> str:
        table, notes = self._table()
        texts = [["  " * depth + cells[0], *cells[1:]] for depth, cells in table]
        widths = [max(map(_width, column)) for column in zip(*texts)]
        lines = []
        for cells in texts:
            gaps = [" " * (width - _width(cell)) for cell, width in zip(cells, widths)]
            lines.append("  ".join(cell + gap if i < 3 else gap + cell for i, (cell, gap) in enumerate(zip(cells, gaps))))
        rule = "─" * _width(lines[0])
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], "", *notes])

    def _repr_html_(self) -> str:
        # Ink and paper are the page's own and the lines a grey between: right on a light page and on a dark one.
        table, notes = self._table()
        body, (fills, strip) = "", self._fills()
        for n, (depth, cells) in enumerate(table):
            tag = "td" if 0 < n < len(table) - 1 else "th"
            body += '<tr style="background:none;border-bottom:1px solid rgba(128,128,128,.4)">'
            for i, cell in enumerate(cells):
                style = f"padding:.25em .8em .25em {0.8 if i else 0.8 + 1.4 * depth:.1f}em;text-align:{'right' if i > 2 else 'left'}"
                if n - 1 in fills and i == len(cells) - len(_COLOURED[self.color][0]):
                    style += f";background:{fills[n - 1]}"
                body += f'<{tag} style="{style}">{html.escape(cell)}</{tag}>'
            body += "</tr>\n"
        table_style = "border-collapse:collapse;border:0;background:none;color:inherit;font-variant-numeric:tabular-nums"
        below = "<br>".join(map(html.escape, notes))
        return f'<div style="overflow-x:auto"><table style="{table_style}">\n{body}</table>\n<p style="opacity:.8">{strip}{below}</p></div>'


def summary(
    model: Any, input: Any, *, depth: int | None = None, color: str | Mapping[Any, Any] | None = "auto"
) -> Summary:  # fmt: skip
    """Run ``model`` once, in the mode it is in, and tabulate its modules in the order of their calls.

    ``input`` is a Tensor, a tuple of arguments, or a shape such as ``(32, 784)``, which stands for zeros of that shape.
    Calls nested deeper than ``depth`` (0: the model alone) are folded into the row that they were made in.

    Nothing stays recorded, and modes, hooks, gradients and generators are afterwards what they were. What a forward itself
    does to its module stays done, such as a running mean. So does the first call of a LazyLinear, which draws its weights;
    the generators are then left where that call left them, lest the next weights drawn be the same.

    Activations are the arrays that modules return, in bytes, and each counts once: in the module that made it, not in the
    ones around it that return it as well. An input that is returned, or a view of one, costs nothing (Identity, Flatten, Dropout
    while not training), nor do parameters. What a forward computes in between, without a module, is not seen.

    ``color`` is what the last columns say and, in a notebook, the colours of `draw` show. "grad": how large the gradients of the parameters
    are, by their rms (root of the mean square), and that divided by the rms of the parameters: times the learning rate, the share by which
    a step moves them. "value": the rms of what each module returns for this ``input``. "saturation": the share of entries where its
    activations are flat. Or a dict from modules or parameters to numbers of your own. "auto": "grad" after a backward; None: nothing.

    Raises TypeError for a ``model`` that is no module, and for another ``input``; ValueError for another ``color``.

    >>> import nn
    >>> print(summary(nn.MLP(784, [128, 10]), (32, 784)))
    module       input   output  parameters  activations
    ────────────────────────────────────────────────────
    MLP          32×784  32×10            –            –
      0: Linear  32×784  32×128     100,480      16.4 kB
      1: ReLU    32×128  32×128           –      16.4 kB
      2: Linear  32×128  32×10        1,290       1.3 kB
    ────────────────────────────────────────────────────
    total                           101,770      34.0 kB
    <BLANKLINE>
    trainable: 101,770 of 101,770 parameters
    memory: parameters 407.1 kB, buffers 0 B, activations 34.0 kB
    activations: arrays that modules returned, each once; training keeps them for the backward pass
    """
    if isinstance(model, type) or not (hasattr(model, "named_modules") and hasattr(model, "register_forward_hook")):
        got = f"the class {model.__name__} (write {model.__name__}(...))" if isinstance(model, type) else type(model).__name__
        hint = "; of a network of Values, give the one that scalars() was called on" if hasattr(model, "named_parameters") else ""
        raise TypeError(f"summary takes a module, with named_modules() and register_forward_hook() as in nn.Module; got {got}{hint}")
    if not isinstance(input, Tensor | tuple):
        raise TypeError(f"summary: input is a Tensor, a tuple of arguments, or a shape such as (32, 784), got {described(input)}")
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 0):
        raise ValueError(f"summary: depth is None or an int >= 0, got {brief(depth)}")
    by = Style(color=color).color  # checked
    given = _given(model, by) if isinstance(by, Mapping) else {}
    args = input if isinstance(input, tuple) else (input,)
    if args and all(isinstance(n, int) and not isinstance(n, bool) for n in args):
        args = (zeros(args),)

    rows: list[Row] = []
    theirs: list[list[Any]] = []  # their parameters
    flat: list[list[int]] = []  # entries of activations that are flat, and all of them
    own: list[list[float]] = []  # numbers given
    for row, call, new in _rows(model, _run(model, args, by)):
        mine = [given[key] for key in (call.module, *map(key_of, new)) if key in given]
        if depth is None or row.depth <= depth:
            rows.append(row._replace(value=call.value))
            theirs.append(new)
            flat.append(call.flat)
            own.append(mine)
        else:  # the last row shown is the one that this is in
            amounts = ("parameters", "trainable", "activations")
            rows[-1] = rows[-1]._replace(**{key: getattr(rows[-1], key) + getattr(row, key) for key in amounts})
            theirs[-1] += new
            flat[-1] = [a + b for a, b in zip(flat[-1], call.flat)]
            own[-1] += mine
    shares = [_share(*counts) for counts in flat]
    largest = [max(numbers, key=abs, default=None) for numbers in own]
    parameters = [p for _, p in model.named_parameters()]
    gradient, quotient = _backward(parameters)
    return Summary(
        rows=tuple(
            row._replace(gradient=g, ratio=r, saturated=s, given=x)
            for row, (g, r), s, x in zip(rows, map(_backward, theirs), shares, largest)
        ),
        total_parameters=sum(p.numel() for p in parameters),
        trainable_parameters=sum(p.numel() for p in parameters if p.requires_grad),
        parameter_bytes=sum(p.raw.nbytes for p in parameters),
        buffer_bytes=sum(b.raw.nbytes for _, b in model.named_buffers()),
        activation_bytes=sum(r.activations for r in rows),
        gradient=gradient,
        ratio=quotient,
        saturated=_share(*map(sum, zip(*flat))),
        color="given" if given else ("grad" if gradient else "") if by == "auto" else str(by or ""),
    )


@dataclass
class _Call:
    """A call of a module, with the calls made inside it."""

    module: Any
    inputs: Shapes = ()
    outputs: Shapes = ()
    activations: int = 0
    note: str = ""
    value: Statistics | None = None
    flat: list[int] = field(default_factory=lambda: [0, 0])
    calls: list[_Call] = field(default_factory=list)


def _run(model: Any, args: tuple[Any, ...], by: Any) -> _Call:
    """One forward pass; returns what stands for the caller, with the calls it made and ``by`` what they are coloured."""
    looks = by == "saturation"
    if looks:  # at what is computed from the arguments, whatever requires a gradient; a copy may be changed in place
        args = tuple(a.detach().requires_grad_().clone() if isinstance(a, Tensor) and a.is_floating_point() else a for a in args)
    counted: set[Node] = set()
    modules = [m for _, m in model.named_modules()]
    # Arrays that are counted, or are no activations. They are kept alive, so that no two have the same id.
    held = [t for _, t in (*model.named_parameters(), *model.named_buffers()) if not hasattr(t, "materialize")]  # a lazy one has none
    known = _owners([*args, *held])
    stack, kinds = [_Call(None)], {m: type(m) for m in modules}

    def enter(module: Any, args: Any) -> None:
        stack.append(_Call(module, _shapes(args)))

    def leave(module: Any, args: Any, output: Any) -> None:
        orphans: list[_Call] = []
        while (call := stack.pop()).module is not module:  # a call that raised an error, which its caller caught
            orphans = call.calls + orphans  # made inside it, or after it in its caller
        call.calls += orphans
        if kinds[module] is not type(module) and call.calls and call.calls[-1].module is module:
            call = call.calls[-1]  # it learned what it is and called itself again: that is the call to show
        mine = _owners(output)
        new = mine.keys() - known.keys() - _owners(args).keys()
        known.update((i, mine[i]) for i in new)
        call.outputs, call.activations = _shapes(output), call.activations + sum(mine[i].nbytes for i in new)
        if by == "value":
            call.value = together(measured(t.raw) for t in _tensors(output))
        for n in _between(args, output) if looks else ():
            if n.op in SATURATE and n not in counted:
                counted.add(n)
                raws = [a.raw if isinstance(a, Node) else a for a in n.args]
                call.flat = [a + b for a, b in zip(call.flat, flat_entries(n.op, n.raw, raws))]
        stack[-1].calls.append(call)

    generators = {default_generator, *(g for m in modules for g in vars(m).values() if isinstance(g, Generator))}
    states = [(g, g.get_state()) for g in generators]
    with ExitStack() as undo:
        for m in modules:
            undo.callback(m.register_forward_pre_hook(enter).remove)
            undo.callback(m.register_forward_hook(leave).remove)
        try:
            with enable_grad() if looks else no_grad():
                model(*args)
        finally:
            for g, state in states:
                if all(type(m) is kind for m, kind in kinds.items()):
                    g.set_state(state)
    return stack[0]


def _between(args: Any, output: Any) -> Iterator[Node]:
    """What was recorded on the way from ``args`` to ``output``."""
    seen = set[Node](_tensors(args))
    stack: list[Node] = [t for t in _tensors(output) if t not in seen]
    while stack:
        n = stack.pop()
        if n not in seen:
            seen.add(n)
            yield n
            stack += [a for a in n.args if isinstance(a, Node)]


def _given(model: Any, numbers: Mapping[Any, Any]) -> dict[Any, float]:
    """The numbers of a dict by module and parameter."""
    there = {m: m for _, m in model.named_modules()} | {key_of(p): p for _, p in model.named_parameters()}
    found = {key_of(key) if isinstance(key, Node) else key: number_of(x, "color: the number of a module") for key, x in numbers.items()}
    if strange := [key for key in found if key not in there]:
        raise ValueError(f"color: the keys of the dict are modules and parameters of this model, got {described(strange[0])}")
    return {key: float(x) for key, x in found.items()}


def _rows(model: Any, outside: _Call) -> list[tuple[Row, _Call, list[Any]]]:
    """The calls below ``outside`` in order, each as a row, and with the parameters that it counts; what was not called stands at the end
    of the module that it is in."""
    names = {m: name for name, m in model.named_modules()}
    named = {name: m for m, name in names.items()}
    first: dict[Any, _Call] = {call.module: call for call, _ in reversed([*_walk(outside)])}
    called = [names[m] for m in first]
    for m, name in names.items():
        # What only holds others that are called, such as a ModuleList, is a part of their names and no row.
        holds = any(other.startswith(name and name + ".") for other in called) and not any(m.named_parameters(recurse=False))
        if m not in first and not holds:
            at, parent = name, None
            while at and parent is None:
                at = at.rpartition(".")[0]
                parent = first.get(named.get(at))
            first[m] = _Call(m, note="not called")
            (parent or outside).calls.append(first[m])

    rows: list[tuple[Row, _Call, list[Any]]] = []
    counted: set[Any] = set()  # modules and parameters
    for call, depth in _walk(outside):
        own = list(call.module.named_parameters(recurse=False))
        tied = [name for name, p in own if p in counted]
        note = ", ".join(filter(None, [call.note, f"reused: {', '.join(tied)}" if tied else ""]))
        if call.module in counted:
            note = "reused"
        new = [p for _, p in own if p not in counted]
        counted.update([call.module, *new])
        amounts = sum(p.numel() for p in new), sum(p.numel() for p in new if p.requires_grad), call.activations
        rows.append((Row(names[call.module], type(call.module).__name__, note, depth, call.inputs, call.outputs, *amounts), call, new))
    return rows


def _walk(outside: _Call, depth: int = 0) -> Iterator[tuple[_Call, int]]:
    """All calls below with their depths, each before those inside it."""
    for call in outside.calls:
        yield call, depth
        yield from _walk(call, depth + 1)


def _tensors(x: Any) -> list[Tensor]:
    """The tensors in nested arguments or results."""
    parts = x.values() if isinstance(x, Mapping) else x if isinstance(x, list | tuple) else ()
    return [x] if isinstance(x, Tensor) else [t for part in parts for t in _tensors(part)]


def _owners(x: Any) -> dict[int, np.ndarray]:
    """The arrays that own the memory of the tensors in ``x``, by id."""
    owners: dict[int, np.ndarray] = {}
    for array in (t.raw for t in _tensors(x)):
        while isinstance(array.base, np.ndarray):
            array = array.base
        owners[id(array)] = array
    return owners


def _shapes(x: Any) -> Shapes:
    return tuple(t.shape for t in _tensors(x))


def _sizes(shapes: Shapes) -> str:
    return ", ".join("×".join(map(str, shape)) or "scalar" for shape in shapes) or "–"


def _amounts(parameters: int, trainable: int, activations: int) -> list[str]:
    frozen = parameters - trainable
    return [f"{parameters:,}" if parameters else "–", f"{frozen:,}" if frozen else "–", _memory(activations) if activations else "–"]


def _backward(parameters: list[Any]) -> tuple[Statistics | None, float | None]:
    """How large the gradients of parameters are, and beside the parameters that have one."""
    having = [p for p in parameters if p.grad is not None]
    gradient, weight = together(measured(p.grad.raw) for p in having), together(measured(p.raw) for p in having)
    return gradient, ratio(gradient, weight) if gradient and weight else None


def _words(s: Statistics | None) -> str:
    return "✗ " * bool(s and s.nonfinite) + s.words().removeprefix("rms ") if s else "–"


def _share(flat: int = 0, size: int = 0) -> float | None:
    return flat / size if size else None


_RED = "220,40,30"  # what is not finite


def _tint(tone: float) -> str:
    """The colour of a tone, as thin as it needs to be on any paper."""
    return f"rgba({'140,110,230' if tone > 0 else '240,150,20'},{abs(tone) * 0.6:.2f})"


def _memory(n: int) -> str:
    """Bytes, thousands or millions of them, with one decimal."""
    if n < 1000:
        return f"{n} B"
    return f"{n / 1e3:,.1f} kB" if n < 999_950 else f"{n / 1e6:,.1f} MB"


def _printable(text: str) -> str:
    """The text in one line: what would break it or hide in it is written out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _width(text: str) -> int:
    """How many columns of a terminal the text takes: Chinese characters take two, combining accents none."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)
