"""The story of compiling: one training three ways, of which two are the same to the last bit, and what it says of programs and warnings."""

from __future__ import annotations

import ast
from collections.abc import Callable

from demos.compiled import BY_HAND, COMPILED, EAGER
from demos.story import Story
from tests.demos.looking import numbers


def test_compiled_it_trains_as_it_stands_and_nearly_as_by_hand(telling: Callable[..., Story]) -> None:
    story = telling("compiled")
    apart = story.numbers["largest difference of a loss, compiled and as it stands"]
    assert apart.value == 0 < numbers(apart.beside)[-1] < 1e-5
    assert all(story.numbers[f"a step of 100 rows, {way}"].value > 0 for way in (EAGER, COMPILED, BY_HAND))
    (of_values,) = (number for what, number in story.numbers.items() if "with Values" in what)
    assert of_values.value > 0 and numbers(of_values.beside)[-1] < 1e-12


def test_the_program_is_python_and_says_what_is_computed(telling: Callable[..., Story]) -> None:
    program = (telling("compiled").out / "program.txt").read_text("utf-8")
    ast.parse(program)
    assert program.count("tanh") >= 2


def test_another_shape_is_another_program_and_a_number_asked_for_is_told_with_its_line(telling: Callable[..., Story]) -> None:
    found = telling("compiled").numbers
    two, curious = (found[name] for name in found if name.startswith(("programs of", "calls that ran")))
    assert two.value == 2 and two.beside.startswith("0 of its calls")
    assert curious.value == 5 and curious.beside.startswith("compiled.py:")


def test_stopped_it_draws_what_there_is(telling: Callable[..., Story], stop_at: Callable[[int], None]) -> None:
    stop_at(1)
    story = telling("compiled")
    assert story.stopped and len(story.pictures) == 3
