"""A training one can watch: the network in the colours of its gradients, step by step, with the loss above and words where something is
wrong.

`watch` follows the backward passes that reach the parameters of a network; the loop knows nothing of it. Now and then a step is measured:
its activations before the backward lets them go, its gradients after it, and what the update did when the next step begins. Nothing is
recorded, drawn at random or changed meanwhile, and no more is kept than a page can show.
"""

from __future__ import annotations

import importlib
import math
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

from autograd.core.mode import is_grad_enabled, watching
from autograd.core.node import Node
from autograd.core.notes import user_frame
from autograd.core.watch import FOLLOWERS, Follower
from autograd.drawing.looks import LOOKS, fill_of
from autograd.drawing.scale import by_size
from autograd.drawing.statistics import share, short
from autograd.errors import described, int_of
from autograd.pages.alarms import alarms, middle
from autograd.pages.layers import Flat, Layers, beginning_of
from autograd.pages.page import Page, framed, theme_of, title_of, written
from autograd.pages.serving import Server
from autograd.program.words import clean

__all__ = ["Run", "watch"]

KEPT = 300  # snapshots: with more, every other one is let go
POINTS = 1500  # of the curve of the loss: with more, each two become one
PAUSE = 1.0  # seconds between two outputs of a notebook
UNSEEN = (
    "no step was seen: in the `with watch(net)` block, backward() must reach the parameters of that network (ag.grad, which changes no "
    ".grad, counts for none)"
)


@dataclass
class Snapshot:
    """What was measured at a step; ``ratios`` once the next one has begun."""

    step: int
    loss: float | None
    gradients: list[float | None]
    flats: list[Flat | None]
    ratios: list[float | None] | None = None
    beyond: bool = False  # was it taken out of turn?


class Curve:
    """The loss by step; of a long training, the means of as many steps in a row as there is room for."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []
        self.last = 0  # the step whose loss came last
        self._stride = 1
        self._sums, self._count = (0.0, 0.0), 0

    def add(self, step: int, loss: float) -> None:
        self.last = step
        if self._stride == 1:
            self.points.append((step, loss))
        else:
            self._add(step, loss)
        if len(self.points) == 2 * POINTS:
            self.points = [((a + b) / 2, (x + y) / 2) for (a, x), (b, y) in zip(self.points[::2], self.points[1::2])]
            self._stride *= 2

    def _add(self, step: int, loss: float) -> None:
        self._sums, self._count = (self._sums[0] + step, self._sums[1] + loss), self._count + 1
        if self._count == self._stride:
            self.points.append((self._sums[0] / self._count, self._sums[1] / self._count))
            self._sums, self._count = (0.0, 0.0), 0


class Run(Page, Follower):
    """A training, as far as it was seen. Made by `watch`; in its ``with`` block it follows the training.

    ``steps`` counts the backward passes that reached the network. After the block, also after one that an error or Ctrl-C has ended, all
    that was seen is there still, to be saved.
    """

    what = "run"

    def __init__(self, net: Any, every: int, depth: int, title: str, theme: str) -> None:
        self.net, self.every, self.depth, self.title, self.theme = net, every, depth, title, theme
        self.steps = 0
        self.curve = Curve()
        self.snapshots: list[Snapshot] = []
        self.layers: Layers | None = None
        self.trouble = ""  # what could not be seen, in words
        self.lost = ""  # where the loss became no number, in words
        self.server: Server | None = None
        self._parameters = {p for _, p in net.named_parameters()}
        self._lock = RLock()
        self._loss: float | None = None
        self._flats: list[Flat | None] | None = None  # between the two ends of a backward that is measured
        self._waits: Snapshot | None = None  # for the weights to move
        self._due = 0  # how many steps there are before the next one that is measured
        self._asked: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # at which step a compiled function was last made to run eagerly
        self._inside: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # how many steps a call of a compiled function makes
        self._began = 0
        self._shown: tuple[float, Any] = (-math.inf, None)

    def __enter__(self) -> Run:
        if self in FOLLOWERS:
            raise RuntimeError("this training is being watched already: one `with` block for each watch(net)")
        FOLLOWERS.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(ValueError):
            FOLLOWERS.remove(self)
        self._settle()
        self._waits = None
        if self.server is not None:
            self.server.close()
            self.server = None
        if not self.steps and error == (None, None, None):
            warnings.warn(f"watch: {UNSEEN}", RuntimeWarning, stacklevel=2)
        self._display(last=True)

    # What the training tells.
    def begins(self, root: Node) -> None:
        """Look at the activations, if this step is to be measured or the loss is a number no more."""
        try:
            self._begins(root)
        except Exception as error:
            self._harmed(error)

    def ended(self, root: Node, found: Sequence[tuple[Node, Any]]) -> None:
        """Count the step, if it reached the network, and measure its gradients."""
        try:
            self._ended(found)
        except Exception as error:
            self._harmed(error)

    def _harmed(self, error: Exception) -> None:
        """Who watches ends no training: what goes wrong here is said once, with a warning and on the page."""
        if not self.trouble:
            self.trouble = f"Not all was seen: {type(error).__name__}: {error}"
            warnings.warn(f"watch: {self.trouble}", RuntimeWarning, stacklevel=2)

    def _begins(self, root: Node) -> None:
        if self._waits is not None:
            self._settle()
        raw = root.raw
        loss = self._loss = float(raw) if isinstance(raw, float) or getattr(raw, "size", 0) == 1 else None
        lost = loss is not None and not math.isfinite(loss) and not self.lost
        if (self.steps < self._due and not lost) or ((watch := watching()) is not None and watch.nodes):
            self._flats = None
            return
        frame = user_frame(2)
        if self.layers is None:
            layers = Layers(self.net, root, self.depth, frame)
            self._flats = layers.activations(root)
            if self._flats is not None:
                self.layers = layers
        else:
            self._flats = self.layers.activations(root)
        if lost and self._flats is not None:
            where = beginning_of(root, self.net, frame)
            self.lost = f"loss is {loss} since step {self.steps + 1:,}{f', first in {where}' * bool(where)}"

    def _ended(self, found: Sequence[tuple[Node, Any]]) -> None:
        flats, self._flats = self._flats, None
        for n, _ in found:
            if n in self._parameters:
                break
        else:
            return
        self.steps += 1
        if self._loss is not None:
            self.curve.add(self.steps, self._loss)
        if flats is None or self.layers is None:
            return
        with self._lock:
            self._waits = Snapshot(self.steps, self._loss, self.layers.gradients(), flats, beyond=self.steps <= self._due)
            self.snapshots.append(self._waits)
            if len(self.snapshots) > KEPT:
                self.every *= 2
                firsts = {(s.step - 1) // self.every: s for s in reversed(self.snapshots) if not s.beyond}
                self.snapshots = [s for s in self.snapshots if s.beyond or s is firsts[(s.step - 1) // self.every]]
            if not self._waits.beyond:
                self._due = (self.steps - 1) // self.every * self.every + self.every
            self.layers.keep()
        self._display()

    def asks(self, compiled: Any) -> bool:
        """A step that is to be measured runs eagerly, whoever has compiled it, unless nothing came of that the last time."""
        try:
            self._settle()
        except Exception as error:
            self._harmed(error)
        self._began = self.steps
        due = self._due - self.steps < max(1, self._inside.get(compiled, 1)) and is_grad_enabled()
        if not due or self._asked.get(compiled) == self.steps:
            return False
        self._asked[compiled] = self.steps
        return True

    def called(self, compiled: Any, replayed: bool) -> None:
        """A replay tells nothing of the steps in it, of which there are as many as in the calls that were seen."""
        if self.steps > self._began:
            self._inside[compiled] = self.steps - self._began
        elif replayed:
            self.steps += self._inside.get(compiled, 0)

    def step(self, loss: Any) -> None:
        """Tell the loss of the step that was just made, where nobody has seen it: a number, or a tensor or Value with one.

        Replays of a compiled step show none, so that without this the curve has the losses of those steps alone that are measured.
        """
        raw = loss.raw if isinstance(loss, Node) else loss
        try:
            value = float(raw.item() if hasattr(raw, "item") else raw)
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"step(loss): a loss is one number, got {described(loss)}") from None
        if self.curve.last < self.steps:
            self.curve.add(self.steps, value)
            if not math.isfinite(value) and not self.lost:
                self.lost = f"loss is {value} since step {self.steps:,}"

    def _settle(self) -> None:
        """By how much has each layer changed since the last snapshot? Nothing is known before it has."""
        if self._waits is not None and self.layers is not None and (ratios := self.layers.moved()) is not None:
            self._waits.ratios, self._waits = ratios, None

    # What a reader sees.
    def __repr__(self) -> str:
        return f'<run of {self.steps:,} steps, {len(self.snapshots)} of them measured: .save("run.html") writes it, a notebook shows it>'

    @property
    def html(self) -> str:  # type: ignore[override]
        """The page, which needs nothing else. Raises RuntimeError where no step was seen."""
        return self.page()

    def __reduce__(self) -> Any:
        """A copy, and what is unpickled, is the page."""
        return Page, (self._written(),)

    def page(self, live: bool = False, key: str = "") -> str:
        """The page as it is now; a ``live`` one asks the server it came from for what is new, and one with a ``key`` opens where the
        reader left the one before it."""
        if self.layers is None and not live:
            raise RuntimeError(UNSEEN)
        return self._written(live, key)

    def _written(self, live: bool = False, key: str = "") -> str:
        graph = self.layers.picture() if self.layers is not None else ""
        return written("run.html", self.title, self.theme, {**self.data(), "live": live, "key": key}, graph=graph)

    def data(self) -> dict[str, Any]:
        """What the page is told."""
        with self._lock:
            snapshots, layers = [*self.snapshots], self.layers
        told = []
        for s in snapshots:
            if s.loss is not None and not math.isfinite(s.loss):  # what else is wrong follows from it
                said = [self.lost]
            else:
                said = alarms(layers.all, s.gradients, s.ratios or [None] * len(s.gradients), s.flats) if layers else []
            told.append(_told(s, [layer.activation for layer in layers.all] if layers else [], said))
        return {
            "steps": self.steps,
            "curve": [(round(step, 1), _brief(loss)) for step, loss in self.curve.points],
            "layers": [
                {"name": la.name, "shape": la.shapes(), "box": la.box, "after": la.after, "activation": la.activation,
                 "trained": any(p.requires_grad for p in la.parameters)}
                for la in (layers.all if layers else ())
            ],
            "snapshots": told,
            "trouble": self.trouble or (layers.trouble if layers else "No step was seen."),
            "tones": [fill_of(step / 10, "light") for step in range(-10, 11)],
            "marks": {kind: LOOKS[kind][0][0] for kind in ("wrong", "dead")},
        }  # fmt: skip

    def serve(self, port: int = 0) -> str:
        """Show the training on this machine while it runs: prints, and returns, the address of a page that follows it.

        Only this machine can ask, and no page of another address. ``port`` 0 is any that is free. It ends with the block. Raises
        RuntimeError outside of it, OSError where the port is taken.
        """
        port = int_of(port, "serve: port", 0)
        if port > 65535:
            raise ValueError(f"serve: port is at most 65535, got {port}")
        if self not in FOLLOWERS:
            raise RuntimeError("serve() shows a training while it runs: call it inside `with watch(net) as view:`")
        if self.server is None:
            self.server = Server(lambda: self.page(live=True), self.data, port)
            print(f"watch: {self.server.address}", flush=True)
        return self.server.address

    def _display(self, last: bool = False) -> None:
        """In a notebook, one output that changes in place."""
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        when, output = self._shown
        if not hasattr(shell, "kernel") or self.server is not None or not self.snapshots or (time.monotonic() - when < PAUSE and not last):
            return
        tools: Any = importlib.import_module("IPython.display")
        page = {"text/html": framed(self.page(key=f"run {id(self):x}"), self.what), "text/plain": repr(self)}
        if output is None:
            output = tools.display(page, raw=True, display_id=True)
        else:
            output.update(page, raw=True)
        self._shown = time.monotonic(), output


def watch(net: Any, every: int = 20, *, depth: int = 1, title: str | None = None, theme: str = "auto") -> Run:
    """Watch ``net`` while it is trained: a `Run`, which follows every ``backward()`` in its ``with`` block that reaches the network.

    The picture of the network is coloured by its gradients (orange: vanished, purple: exploded, beside those of its last layer), under the
    curve of the loss; each layer has the course of its gradient, of how far an update moves its weights (about a thousandth is healthy),
    and of how much of its activation is dead or saturated; what is wrong is said in words. A slider goes back in time.

    A notebook shows it in one output that changes in place; elsewhere ``serve()`` shows it on this machine, and ``save("run.html")``
    writes the whole run as one page that needs nothing else.

    net
        A module, or whatever has ``named_parameters()``.
    every
        How many steps there are between two that are measured, which costs about as much as a step; where steps are compiled, that one
        runs eagerly, which may take as long as ten of them. Of a long training, every other snapshot is let go, and this doubles, so that
        there are 300 at most.
    depth
        How many levels of modules are shown.
    title, theme
        As of `graph_player`.

    No number of the training changes. A step that is compiled runs eagerly where it is measured; of its replays only ``view.step(loss)``
    tells the loss. Gradients that `grad` gives are not seen; if no others were, a RuntimeWarning says so after the block.
    Raises TypeError where ``net`` has no parameters to speak of, ValueError for numbers that make no sense.

    >>> from autograd import tensor
    >>> from nn import Linear, MSELoss, Sequential, Tanh
    >>> from nn.optim import SGD
    >>> net = Sequential(Linear(1, 4), Tanh(), Linear(4, 1))
    >>> x, opt = tensor([[0.0], [1.0]]), SGD(net.parameters(), lr=0.1)
    >>> with watch(net, every=10) as view:
    ...     for _ in range(30):
    ...         opt.zero_grad()
    ...         MSELoss()(net(x), 2 * x).backward()
    ...         opt.step()
    >>> view
    <run of 30 steps, 3 of them measured: .save("run.html") writes it, a notebook shows it>
    """
    if isinstance(net, type) or not hasattr(net, "named_parameters"):
        raise TypeError(f"watch takes a network, with named_parameters(), got {described(net)}; write `with watch(net) as view:`")
    every = int_of(every, "watch: every", 1)
    depth = int_of(depth, "watch: depth", 1)
    if not any(True for _ in net.named_parameters()):
        raise ValueError(f"watch: {described(net)} has no parameters, so that no backward() would reach it")
    name = f"Training of {clean(type(net).__name__)}" if title_of(title) is None else str(title)
    return Run(net, every, depth, name, theme_of(theme))


def _told(s: Snapshot, activations: list[str], said: list[str]) -> dict[str, Any]:
    """A snapshot for the page: tones and words for boxes, numbers for curves."""
    centre = middle(s.gradients)
    scale = None if centre is None else by_size("", centre, ())
    states = [_state(f, activation) for f, activation in zip(s.flats, activations)]
    tones: list[Any] = []
    for g in s.gradients:
        if g is None:
            tones.append(None)
        elif not math.isfinite(g):
            tones.append("wrong")
        elif g == 0 or scale is None:
            tones.append("dead")
        else:
            tones.append(round(10 * scale.tone(g)))
    return {
        "step": s.step,
        "loss": _brief(s.loss),
        "tones": tones,
        "grads": [_brief(g) for g in s.gradients],
        "words": ["all zero" if g == 0 else _words(g, " not finite") for g in s.gradients],
        "ratios": [None if r is None else _brief(r) for r in s.ratios or [None] * len(s.gradients)],
        "moves": [_words(r, "") for r in s.ratios or [None] * len(s.gradients)],
        "flats": [part for part, _ in states],
        "states": [words for _, words in states],
        "alarms": said,
    }


def _state(f: Flat | None, activation: str) -> tuple[float | None, str]:
    """How much of an activation is dead, if units of it could be, or saturated."""
    if f is None:
        return None, ""
    if f.units:
        return round(f.dead / f.units, 3), f"dead {f.dead} of {f.units}"
    word = "zero" if activation == "relu" else "saturated"
    return round(f.flat / f.entries, 3), f"{word} {share(f.flat / f.entries)}"


def _words(x: float | None, more: str) -> str:
    return "" if x is None else short(x) if math.isfinite(x) else f"✗{more}"


def _brief(x: float | None) -> float | str | None:
    """Four digits; what is no number, by its name."""
    return None if x is None else float(f"{x:.4g}") if math.isfinite(x) else str(x)
