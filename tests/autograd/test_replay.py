"""Functions that a replay calls again: they are called, in their order, and what they give is used."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.replay import again


def test_it_is_called_in_each_replay_and_its_floats_are_those_of_the_moment() -> None:
    calls: list[str] = []
    count = {"n": 0.0}

    @again
    def counted() -> float:
        count["n"] += 1.0
        calls.append("counted")
        return count["n"]

    @again
    def looked(x: Any) -> None:
        calls.append(f"looked at {x.tolist()}")

    def f(x: Any) -> Any:
        looked(x)
        return x.clone().mul_(counted())

    step = ag.compile(f)
    assert [step(ag.ones(2) * i).tolist() for i in range(1, 5)] == [[1.0, 1.0], [4.0, 4.0], [9.0, 9.0], [16.0, 16.0]]
    assert step.calls.replayed == 3 and calls == [text for i in range(1, 5) for text in (f"looked at [{i}.0, {i}.0]", "counted")]


def test_what_a_program_depends_on_is_asked_before_it_runs() -> None:
    @again
    def positive(x: Any) -> bool:
        return bool((x > 0).numpy().all())

    step = ag.compile(lambda x: x * 2 if positive(x) else -x)
    xs = [ag.tensor([sign * 1.0]) for sign in (1, 1, -1, -1, 1)]
    assert [step(x).tolist() for x in xs] == [[2.0], [2.0], [1.0], [1.0], [2.0]]
    assert step.programs == 2 and step.calls == (2, 3, 0)


def test_outside_of_a_compiled_function_it_is_the_function() -> None:
    def f(a: int) -> tuple[int, str]:
        """What it says."""
        return a, "b"

    assert again(f)(1) == (1, "b") and again(f).__doc__ == f.__doc__ and again(f).__name__ == "f"
