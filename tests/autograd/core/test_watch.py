"""Observers: the one that observes nothing changes nothing, and functions of Values have one of their own in each thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.core.mode import Block, Mode
from autograd.core.watch import FOLLOWERS, SCALARS, STRUCTURE, Follower, Watch, leaves_scalars


class watched(Block):  # noqa: N801
    def __init__(self, by: Watch) -> None:
        self.by = by

    def within(self, outer: Mode) -> Mode:
        return Mode(outer, outer.off, outer.lines, self.by, outer.place)


class AsNodes(Watch):
    """Rules are called with nodes; what a walk gives is as it would be."""

    nodes = True

    def accumulate(self, n: Any, g: Any) -> None:
        n.receive(g.raw)


@pytest.mark.parametrize("watch", [Watch(), AsNodes()], ids=["plain", "nodes"])
def test_a_walk_that_is_observed_gives_the_same(watch: Watch) -> None:
    def gradients() -> list[Any]:
        w, x = ag.tensor([[1.0, -2.0]], requires_grad=True), ag.tensor([[0.5], [3.0]])
        b = ag.zeros(2, requires_grad=True)
        loss = ((x @ w + b).tanh() ** 2).sum()
        (first,) = ag.grad(loss, w, retain_graph=True)
        loss.backward()
        return [first.tolist(), w.grad.tolist(), b.grad.tolist()]

    plain = gradients()
    with watched(watch):
        assert gradients() == plain


def test_only_the_thread_that_is_observed_tells() -> None:
    class Told(Watch):
        def __init__(self) -> None:
            self.what: list[str] = []

        def reads(self, what: str) -> None:
            self.what.append(what)

    told = Told()
    SCALARS[threading.get_ident()] = told
    try:
        float(Value(1.0))
        assert not Value(1.0) > 2.0
        other = threading.Thread(target=lambda: float(Value(1.0)))
        other.start()
        other.join()
        leaves_scalars("a word")
    finally:
        del SCALARS[threading.get_ident()]
    float(Value(1.0))
    assert told.what == ["float()", "a comparison by >", "a word"]


def test_what_is_bound_anew_is_counted() -> None:
    x = ag.zeros(2)
    for change in (lambda: x.requires_grad_(), lambda: x.register_hook(print).remove(), lambda: setattr(x, "data", ag.ones(2))):
        before = STRUCTURE.count
        change()
        assert STRUCTURE.count > before
    before = STRUCTURE.count
    x.data -= 1.0  # a change in place
    assert STRUCTURE.count == before and x.tolist() == [0.0, 0.0]


class Told(Follower):
    """Notes what it is told; ``eager`` is what it asks for."""

    def __init__(self, eager: bool = False) -> None:
        self.eager, self.heard, self.replays = eager, list[Any](), 0

    def begins(self, root: Any) -> None:
        self.heard.append(("begins", root.raw))

    def ended(self, root: Any, found: Any) -> None:
        self.heard.append([(n, n.grad) for n, _ in found])

    def asks(self, compiled: Any) -> bool:
        self.heard.append("asked")
        return self.eager

    def called(self, compiled: Any, replayed: bool) -> None:
        self.heard.append("called")
        self.replays += replayed


@pytest.fixture(params=[False, True])
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    follower = Told(request.param)
    FOLLOWERS.extend([Follower(), follower])
    yield follower
    FOLLOWERS.clear()


def test_a_follower_is_told_of_both_ends_of_a_backward(told: Told) -> None:
    x = Value(3.0)
    (x * x).backward()
    with pytest.raises(RuntimeError):
        Value(1.0, requires_grad=False).backward()
    assert told.heard == [("begins", 9.0), [(x, 6.0)], ("begins", 1.0)]


def test_a_follower_may_ask_a_compiled_call_to_be_eager(told: Told) -> None:
    w = ag.ones(2, requires_grad=True)

    @ag.compile
    def step(x: ag.Tensor) -> ag.Tensor:
        w.grad = None
        loss = (w * x).sum()
        loss.backward()
        return loss

    for _ in range(3):
        step(ag.ones(2))
    assert step.calls == ((0, 0, 3) if told.eager else (1, 2, 0))
    assert [h for h in told.heard if isinstance(h, str)] == 3 * ["asked", "called"]
    assert told.replays == step.calls.replayed == (0 if told.eager else 2)
    assert len(told.heard) == (12 if told.eager else 8)

    @ag.compile
    def broken() -> None:
        raise ValueError

    for _ in range(2):  # also after an error the next call is followed
        with pytest.raises(ValueError):
            broken()
    assert told.heard[-4:] == 2 * ["asked", "called"]
