"""Writes a graph as DOT text, line by line: boxes and circles, the frames of modules, the backward lane above the forward one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from autograd.core.node import Node
from autograd.core.notes import Notes
from autograd.drawing.flow import backward_pass, needed, released, taking
from autograd.drawing.looks import FONT, INK, LOOKS, MODULE, PAPER, quoted
from autograd.drawing.picture import Graph
from autograd.drawing.style import Style
from autograd.faces.value import Value
from autograd.program.formulas import BETWEEN, chain_rule, letters
from autograd.program.mathematics import mathematics
from autograd.program.reading import Reading, Scope, gradient_name
from autograd.program.words import ORDERED, clean, details, number, shape, shape_of, size, value

__all__ = ["Painter"]

CROWDED = 150  # operations; beyond it the operation stands in the box of its result


class Painter:
    """Writes the lines of one picture, each into the frame of the module that it belongs to."""

    def __init__(self, reading: Reading, around: dict[Node, tuple[Scope, ...]], levels: int | None, style: Style) -> None:
        self.reading, self.around, self.style = reading, around, style
        self.lanes: dict[str, Frame] = {"": Frame(""), "backward": Frame("backward")}
        self.edges: list[str] = []
        self.boxes = 0
        self.roots = set(reading.roots)
        self.upstream = "g" if "g" not in reading.called else "δ"  # what a formula calls the gradient that arrives
        self.module_of: dict[Node, Scope] = {}  # the one box that stands for the module which made a node
        if levels is not None:
            inner = {path[k] for path in around.values() for k in range(len(path) - 1)}  # modules with others in them
            for n, path in around.items():
                if len(path) > levels:
                    self.module_of[n] = path[levels]
                elif path and path[-1] not in inner:  # as the last of their kind, such as a loss beside a network
                    self.module_of[n] = path[-1]
            self._hide_shared()
        self.levels = levels
        operations = sum(not n.is_leaf and n not in self.module_of for n in reading.nodes)
        self.inside = style.ops == "inside" or (style.ops == "auto" and operations > CROWDED)
        grads = style.show_grads
        if grads == "auto":
            root = reading.roots[0]
            grads = root.grad is not None or (root.rank == 2 and not reading.backward)
        self.grads = bool(grads)
        self.kinds: dict[str, None] = {}
        self.modules: dict[Scope, str] = {}  # its box
        self.titles: dict[str, str] = {}  # of that

    def _hide_shared(self) -> None:
        """A parameter that only calls of one module use, all of them folded, is in their boxes."""
        for a in self.reading.users:
            if not a.is_leaf or not a.requires_grad or a in self.module_of:
                continue
            boxes = self._users_boxes(a)
            scopes = [s for s in boxes if s is not None]
            if len(scopes) == len(boxes) > 1 and len({id(s.call.module()) for s in scopes}) == 1 and scopes[0].parameters:
                self.module_of[a] = min(scopes, key=lambda s: s.call.began)

    def _users_boxes(self, a: Node) -> set[Scope | None]:
        """The boxes of those who use ``a``; None: it is used outside of any."""
        return {self.module_of.get(n) for n in self.reading.users[a]}

    # The parts of a line.
    def look(self, kind: str) -> str:
        self.kinds.setdefault(kind)
        light, dark, style = LOOKS[kind]
        fill, border = light if self.style.theme == "light" else dark
        more = f" style={quoted(style)}" if style else ""
        return f'fillcolor="{fill}" color="{border}"{more}' + " peripheries=2" * (kind == "output")

    def colour(self, kind: str) -> str:
        return LOOKS[kind][self.style.theme == "dark"][1]

    def put(self, n: Node, lane: str, line: str) -> None:
        """A line in the frames of the modules around ``n``."""
        frame = self.lanes[lane]
        for s in self.around.get(n, ())[: self.levels]:
            if s is self.module_of.get(n):
                break
            if s not in frame.inner:
                frame.inner[s] = Frame(s.title)
            frame = frame.inner[s]
        frame.lines.append(line)

    def line(self, text: str) -> None:
        self.edges.append(text)

    def level(self, upper: str, lower: str) -> None:
        """One box above the other."""
        self.line(f"{{rank=same; {lower}; {upper}}}")

    # The forward lane.
    def forward(self) -> None:
        style, number_of = self.style, self.reading.number
        drawn: set[tuple[str, str]] = set()
        roots = self.roots
        dashed, dotted = (f' style={cue} color="{self.colour(kind)}"' for cue, kind in (("dashed", "gradient"), ("dotted", "saved")))
        self._module_boxes()
        ordered = {n for n in self.reading.nodes if not n.is_leaf and self._in_question(n)}
        for n in self.reading.nodes:
            module = self.module_of.get(n)
            i = number_of[n]
            backward = n in self.reading.backward
            if module is None or n in roots:
                self._variable(n, f"v{i}", backward)
            if n.is_leaf:
                continue
            edge = f" [{dashed}]" if backward else ""
            target = f"v{i}" if self.inside else f"o{i}"
            if module is not None:
                target = self.modules[module]
                if n in roots:
                    self.line(f"{target} -> v{i}{edge}")
            elif not self.inside:
                self._operation(n, f"o{i}", backward)
                self.line(f"o{i} -> v{i}{edge}")
            for k, a in enumerate(self.reading.args(n)):
                if isinstance(a, Node):
                    source = self.place(a, n)
                    if module is None:
                        look = ""
                        if backward:
                            look = dashed if a in self.reading.backward else dotted
                            self.kinds.setdefault("gradient" if a in self.reading.backward else "saved")
                        if n in ordered:
                            look += f' headlabel="{k + 1}" labelfontsize=8 labeldistance=1.3'
                        self.line(f"{source} -> {target} [id=e{i}_{k}{look}]")
                    elif source and source != target and (source, target) not in drawn:
                        drawn.add((source, target))
                        self.line(f"{source} -> {target}{edge}")
                elif module is None and not style.fold_constants and isinstance(a, int | float) and not isinstance(a, bool):
                    self.put(n, "", f"c{i}_{k} [label={quoted(number(a, style.precision))} {self.look('input')}]")
                    self.line(f"c{i}_{k} -> {target}")

    def _in_question(self, n: Node) -> bool:
        """Do both operands have no short names, so that one could not tell which comes first?"""
        args = self.reading.args(n)
        two = n.op is not None and n.op.name in ORDERED and len(args) == 2 and all(isinstance(a, Node) for a in args)
        return two and args[0] is not args[1] and not all(map(self.reading.short, args))

    def place(self, a: Node, user: Node | None = None) -> str:
        """The box that an arrow from ``a`` starts at; none for what stays inside the module of its user."""
        module = self.module_of.get(a)
        if module is None:
            return f"v{self.reading.number[a]}"
        return "" if a.is_leaf or (user is not None and self.module_of.get(user) is module) else self.modules[module]

    def _variable(self, n: Node, id: str, backward: bool) -> None:
        self.boxes += 1
        kind = self._kind(n, backward)
        name = self.reading.name(n) or (_given(n) if kind == "given" else "")
        label = [clean(name)] if name else []
        if self.inside and not n.is_leaf:
            assert n.op is not None
            label.append(self.reading.sign(n, self.style.fold_constants, self.style.precision).replace("\n", " "))
        label += self.contents(n)
        tip = quoted(details(n, clean(name, 200), self.style.precision, self.style.show_source) or "a number")
        lane = "backward" if backward else ""
        self.put(n, lane, f"{id} [id={id} label={quoted(chr(10).join(label) or '·')} {self.look(kind)} tooltip={tip}]")

    def _kind(self, n: Node, backward: bool) -> str:
        if backward:
            return "given" if n.is_leaf else "gradient"
        if n in self.roots:
            return "output"
        if n.is_leaf:
            return "parameter" if n.requires_grad else "input"
        return "middle"

    def contents(self, n: Node) -> list[str]:
        style, lines = self.style, []
        sizes = shape_of(n)
        if style.show_shapes and (sizes or (style.show_shapes is True and n.rank == 2)):
            lines.append(f"tensor {shape(sizes) or '()'}")
        if style.show_values and not sizes and n.raw is not None:
            lines.append(number(float(n.raw), style.precision))
        grad = n.grad.raw if isinstance(n.grad, Node) else n.grad
        if self.grads and grad is not None:
            text = value(grad, style.precision)  # of a vector, the length alone would read as a number
            lines.append(f"grad {text.replace('tensor ', '') if '×' in text else text}")
        return lines

    def _operation(self, n: Node, id: str, backward: bool) -> None:
        assert n.op is not None
        label = clean(self.reading.sign(n, self.style.fold_constants, self.style.precision).replace("\n", "\0"), 60).replace("␀", "\n")
        tip = quoted(details(n, "", self.style.precision, self.style.show_source))
        form = "circle" if len(label) < 4 else "ellipse"
        look = self.look("gradient" if backward else "operation")
        lane = "backward" if backward else ""
        self.put(n, lane, f"{id} [id={id} label={quoted(label)} shape={form} {look} margin=0.03 tooltip={tip}]")

    # Modules as boxes.
    def _module_boxes(self) -> None:
        """One box for each folded module: its shapes in and out, and how many parameters it has."""
        members: dict[Scope, list[Node]] = {}
        for n in self.reading.nodes:
            if n in self.module_of and not n.is_leaf:
                members.setdefault(self.module_of[n], []).append(n)
        outside = {a for a in self.reading.users if self._users_boxes(a) != {self.module_of.get(a)}}
        roots = self.roots
        boxes: list[tuple[Scope, list[Node], list[Node]]] = []
        for scope, made in members.items():
            inner = set(made)
            args = (a for n in made for a in self.reading.args(n) if isinstance(a, Node) and not (a.is_leaf and a in self.module_of))
            entering = (a for a in args if self.module_of.get(a) is not scope)
            into = list(dict.fromkeys(a for a in entering if a not in inner))
            boxes.append((scope, into, [n for n in made if n in outside or n in roots]))
        for run in self._runs(boxes):
            scope, into, _ = run[0]
            out = run[-1][2]
            id = f"m{self.reading.number[members[scope][0]]}"
            for other, _, _ in run:
                self.modules[other] = id
            title = self.titles[id] = clean(scope.title if len(run) == 1 else f"{scope.call.kind} × {len(run)}")
            label = [title, f"{_shapes(into)} → {_shapes(out)}", size(sum(self._parameters(s) for s, _, _ in run), "parameter")]
            tip = quoted(clean(", ".join(s.title for s, _, _ in run), 200))
            self.boxes += 1
            self.put(members[scope][0], "", f"{id} [id={id} label={quoted(chr(10).join(label))} {self.look('module')} tooltip={tip}]")

    def _parameters(self, scope: Scope) -> int:
        """How many a module has; of one that is gone, or works on Values, how many are in its box."""
        return scope.parameters or sum(np.size(n.raw) for n, s in self.module_of.items() if s is scope and n.is_leaf and n.requires_grad)

    def _runs(self, boxes: list[tuple[Scope, list[Node], list[Node]]]) -> list[list[tuple[Scope, list[Node], list[Node]]]]:
        """Modules of one class in sequence, each with nothing but the result of the one before, stand as one box."""
        roots = self.roots
        runs: list[list[tuple[Scope, list[Node], list[Node]]]] = []
        for box in boxes:
            before = runs[-1][-1] if runs else None
            if (
                before is not None
                and before[0].call.kind == box[0].call.kind
                and len(before[2]) == len(box[1]) == 1
                and before[2][0] is box[1][0]
                and box[1][0] not in roots
                and self._users_boxes(box[1][0]) <= {before[0], box[0]}
                and before[0].parameters == box[0].parameters
                and self.around[before[2][0]][: self.levels] == self.around[box[2][0]][: self.levels]
                and {shape_of(n) for n in (*before[1], *before[2], *box[2])} == {shape_of(box[1][0])}
            ):
                runs[-1].append(box)
            else:
                runs.append([box])
        return runs

    # The backward lane.
    def backward(self, inputs: list[Node] | None, titles: dict[Node, str]) -> None:
        """Above each variable its gradient, and for each operation what it hands to each of its arguments, by the chain rule."""
        reading, style = self.reading, self.style
        on_the_way = needed(reading, inputs)
        root = reading.roots[0]
        gradients: dict[Node, Any] = {}
        if not released(reading):
            try:
                gradients = backward_pass(reading, inputs)[0]
            except RuntimeError:  # changed in place since, or not one number: the structure is there, its numbers are not
                gradients = {}
        purple = f'color="{self.colour("gradient")}"'
        back = f" [dir=back style=dashed {purple}]"
        dotted = f' [style=dotted color="{self.colour("saved")}" constraint=false'
        drawn: set[tuple[str, str]] = set()
        roots = self.roots

        def above(n: Node) -> str:
            module = self.module_of.get(n)
            return f"g{reading.number[n]}" if module is None or n in roots else "b" + self.modules[module]

        for n in reading.nodes:
            if n not in on_the_way or (n in self.module_of and n not in roots):
                continue
            self.boxes += 1
            name = "seed" if n is root else titles.get(n) or self._gradient_name(n)
            label = [clean(name)] if name else []
            if n in gradients:
                label.append(value(gradients[n], style.precision))
            elif shape_of(n):
                label.append(f"tensor {shape(shape_of(n))}")
            kind = "given" if n is root else "gradient"
            i = reading.number[n]
            tip = quoted(name or "gradient")
            self.put(n, "backward", f"g{i} [id=g{i} label={quoted(chr(10).join(label) or '·')} {self.look(kind)} tooltip={tip}]")
            self.level(f"g{i}", f"v{i}")
        twins = set()
        for n in reading.nodes:
            if n not in on_the_way or n.is_leaf:
                continue
            module = self.module_of.get(n)
            if module is not None:
                box = self.modules[module]
                if box not in twins:
                    twins.add(box)
                    look, title = self.look("gradient"), f"{self.titles[box]}\nbackward"
                    self.put(n, "backward", f'b{box} [id=b{box} label={quoted(title)} {look} tooltip="backward"]')
                    self.level(f"b{box}", box)
                if n in roots and (f"b{box}", above(n)) not in drawn:
                    drawn.add((f"b{box}", above(n)))
                    self.line(f"b{box} -> {above(n)}{back}")
            for i, a in taking(reading, n):
                if a not in on_the_way or (a.is_leaf and a in self.module_of):
                    continue
                if module is not None:
                    pair = (above(a), "b" + self.modules[module])
                    if pair[0] != pair[1] and pair not in drawn:
                        drawn.add(pair)
                        self.line(f"{pair[0]} -> {pair[1]}{back}")
                    continue
                text, saved = self.product(n, i)
                if text == self.upstream:
                    self.line(f"{above(a)} -> {above(n)}{back}")
                    continue
                id = f"b{reading.number[n]}_{i}"
                form = "circle" if len(text) < 4 else "ellipse"
                tip = quoted(f"{clean(self.reading.name(a)) or 'an argument'} receives {text}; {self.upstream} is what arrives")
                text = re.sub(", (?=spread|put back|else)", ",\n", text) if len(text) > 16 else text
                look = self.look("gradient")
                self.put(n, "backward", f"{id} [id={id} label={quoted(text)} shape={form} {look} margin=0.03 tooltip={tip}]")
                self.line(f"{above(a)} -> {id}{back}")
                self.line(f"{id} -> {above(n)}{back}")
                for s in saved:
                    source = self.place(s)
                    if source:
                        self.line(f'{source} -> {id}{dotted} tooltip="saved for backward"]')
        self.kinds |= {"saved": None, "formula": None}
        # Which lane is above is Graphviz's own choice, unless the wrong one costs a crossing: that of two unseen arrows to two
        # unseen points, one above the other at the end of the lanes.
        i = reading.number[root]
        self.line("{node [shape=point width=0 style=invis]; edge [style=invis]; above; below; {rank=same; above -> below}")
        self.line(f"g{i} -> above; v{i} -> below}}")

    def product(self, n: Node, i: int) -> tuple[str, list[Node]]:
        """What flows from ``n`` into its argument ``i`` as a formula, and the nodes whose data it needs."""
        assert n.op is not None
        args = self.reading.args(n)
        places = {n: "Z9", **{a: f"A{k}9" for k, a in enumerate(args) if isinstance(a, Node)}}
        skeleton = chain_rule(n, i, "G9", places)
        names = {m: name for m in places if (name := self.reading.short(m))}
        taken = {self.upstream, *names.values()}
        for m, letter in zip((*args, n), (*letters(n.op, args), "z")):
            if isinstance(m, Node) and m not in names:  # the letter of the rule, unless something else is called so
                free = (c for c in (letter, "box", *"uvwpqrstxyz", f"v{self.reading.number[m]}") if c)
                names[m] = next(c for c in free if c not in taken and c not in self.reading.called)
                taken.add(names[m])
        if n.op in BETWEEN:
            return f"{self.upstream}, entry by entry", []
        text = mathematics(chain_rule(n, i, self.upstream, names))
        return re.sub(r"\bbox(?![A-Za-z_])", "□", text), [m for m, place in places.items() if place in skeleton]

    def _gradient_name(self, n: Node) -> str:
        name, root = self.reading.name(n), self.reading.name(self.reading.roots[0])
        return gradient_name(name, root) if name else ""

    def saved_edges(self) -> None:
        """Dotted: what each operation keeps for its derivative."""
        self.kinds.setdefault("saved")
        for n in self.reading.nodes:
            if n.is_leaf or n in self.module_of or not n.requires_grad:
                continue
            i = self.reading.number[n]
            target = f"v{i}" if self.inside else f"o{i}"
            kept = dict.fromkeys(s for k, a in taking(self.reading, n) if a.requires_grad for s in self.product(n, k)[1])
            for s in kept:
                self.line(f'{self.place(s)} -> {target} [style=dotted color="{self.colour("saved")}" constraint=false]')

    def legend(self) -> None:
        """A key: one box for each kind that is in the picture."""
        words = {
            "parameter": "parameter", "input": "input", "middle": "intermediate", "output": "output", "operation": "operation",
            "gradient": "gradient", "given": "seed, mask or constant", "module": "module",
        }  # fmt: skip
        kinds = [k for k in words if k in self.kinds]
        border = MODULE[self.style.theme][1]
        lines = [f'subgraph cluster_legend {{ label="legend" style=rounded color="{border}"']
        for k in kinds:
            form = " shape=ellipse" if k == "operation" else ""
            lines.append(f'legend_{k} [label="{words[k]}"{form} {self.look(k)} tooltip="{words[k]}"]')
        notes = {"saved": "dotted: saved\\nfor backward", "formula": f"{self.upstream}: the gradient\\nthat arrives"}
        for k, text in notes.items():
            if k in self.kinds:
                kinds.append(k)
                colour = self.colour("saved" if k == "saved" else "gradient")
                lines.append(f'legend_{k} [label="{text}" shape=plaintext style="" fontcolor="{colour}"]')
        lines.append(f"{' -> '.join(f'legend_{k}' for k in kinds)} [style=invis]")  # in one row
        lines.append("}")
        self.line("\n\t".join(lines))

    def graph(self, rankdir: str, timeout: float, format: str) -> Graph:
        ink, paper, plain = INK[self.style.theme], PAPER[self.style.theme], self.colour("operation")
        g = Graph(
            timeout=timeout,
            format=format,
            graph_attr={"rankdir": rankdir, "bgcolor": paper, "fontcolor": ink, "fontname": FONT, "fontsize": "10", "newrank": "true",
                        "nslimit": "2", "nslimit1": "2", "nodesep": "0.18", "ranksep": "0.3", "pad": "0.1"},
            node_attr={"fontname": FONT, "fontsize": "11", "fontcolor": ink, "style": "filled", "shape": "box",
                       "margin": "0.11,0.05", "height": "0.3", "width": "0.3"},
            edge_attr={"color": plain, "arrowsize": "0.7"},
        )  # fmt: skip
        if self._is_stale():
            g.graph_attr |= {"label": "A number was set after it had been used: what was computed from it is older.", "labelloc": "b"}
        frames = count()
        self._emit(g.body, self.lanes[""], frames)
        if self.lanes["backward"].lines or self.lanes["backward"].inner:
            self._framed(g.body, self.lanes["backward"], frames)
        g.body += [f"\t{line}\n" for line in self.edges]
        return g

    def _is_stale(self) -> bool:
        """Was the data of a Value set since, so that boxes disagree? (Of tensors, boxes show shapes.)"""
        of_values = (n for n in self.reading.nodes if isinstance(n, Value) and not n.is_leaf and not any(map(shape_of, n.args)))
        return any(n.differs() is not None for n in of_values)

    def _emit(self, body: list[str], frame: Frame, numbers: Iterator[int]) -> None:
        body += [f"\t{line}\n" for line in frame.lines]
        for inner in frame.inner.values():
            self._framed(body, inner, numbers)

    def _framed(self, body: list[str], frame: Frame, numbers: Iterator[int]) -> None:
        fill, border = MODULE[self.style.theme]
        title = quoted(clean(frame.title))
        look = f'labeljust=l style="rounded,filled" fillcolor="{fill}" color="{border}" peripheries=1 margin=8 tooltip=" "'
        body.append(f"\tsubgraph cluster_{next(numbers)} {{ label={title} {look}\n")
        self._emit(body, frame, numbers)
        body.append("\t}\n")


class Frame:
    """Lines, and frames in it by the call that they stand for."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.lines: list[str] = []
        self.inner: dict[Scope, Frame] = {}


def _given(n: Node) -> str:
    """What a constant among recorded gradients is: the 1 that a backward pass starts from, or where something was chosen."""
    if isinstance(n.tag, Notes) and n.tag.gradient_of:
        return ""
    raw = np.asarray(n.raw)
    return "mask" if raw.dtype == bool else "seed" if raw.size == 1 and raw.all() and raw.item() == 1 else ""


def _shapes(nodes: list[Node]) -> str:
    if nodes and not any(map(shape_of, nodes)):
        return str(len(nodes))  # as many numbers
    return ", ".join(shape(shape_of(n)) or "1" for n in nodes[:3]) + " …" * (len(nodes) > 3)
