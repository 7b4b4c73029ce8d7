"""Hints: a planted factor, sign or order is named for what it is, and nothing is said of what is right."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd.testing.checking.hints import hints

RNG = np.random.default_rng(0)
RIGHT = {"x": RNG.normal(size=(4, 3)), "w": RNG.normal(size=(3, 3)), "b": RNG.normal(size=3), "v": RNG.normal(size=3)}
LENGTHS = [(name, d.shape) for name, d in RIGHT.items()] + [("output", (4, 7))]


def said(name: str, wrong: np.ndarray) -> list[str]:
    got = RIGHT | {name: wrong}
    return hints(got, {key: 2 * g for key, g in got.items()}, RIGHT, LENGTHS)


@given(st.sampled_from(["x", "w", "b", "v"]), st.sampled_from([-1, 1]), st.floats(1e-2, 100))
def test_a_factor_is_told_and_where_it_may_come_from(name: str, sign: int, factor: float) -> None:
    assume(abs(factor - 1) > 1e-3)
    (hint,) = said(name, sign * factor * RIGHT[name])
    assert hint.startswith(f"{name}: ") and "what is right throughout" in hint and ("wrong sign" in hint) == (sign < 0)
    for n in (3, 4, 7, 28):
        assert f"{n} times what is right throughout, and {n} is the " in said(name, n * RIGHT[name])[0]
        assert f"1/{n} of what is right throughout, and {n} is the " in said(name, RIGHT[name] / n)[0]


def test_what_is_right_needs_no_hint_and_what_is_anyhow_wrong_gets_none() -> None:
    assert said("x", RIGHT["x"]) == [] and said("x", RNG.normal(size=(4, 3))) == []
    infinite = RIGHT | {"x": np.full((4, 3), np.inf)}
    assert hints(RIGHT, {name: 2 * d for name, d in RIGHT.items()}, infinite, LENGTHS) == []


def test_each_mistake_by_its_name() -> None:
    assert said("x", -RIGHT["x"]) == ["x: the sign is wrong throughout"]
    assert said("w", RIGHT["w"].T) == ["w: is the transpose of what is right"]
    assert said("b", RIGHT["v"]) == ["b: this is the gradient of v: they are returned in the order of the inputs"]
    assert said("b", 0 * RIGHT["b"])[0].startswith("b: no gradient arrives")
    few = RIGHT["x"].copy()
    few[2, 1:] += 1, 2
    assert said("x", few)[0].startswith("x: right but for 2 of 12 entries, the first at [2, 1]: is it a mask")
    assert "the same all along axis 1" in said("x", RIGHT["x"] + RNG.normal(size=(4, 1)))[0]


def test_linearity_in_dout() -> None:
    for factor, words in [(1, "does not depend on dout"), (4, "the square of dout"), (3, "is not linear in dout")]:
        twice = {name: 2 * d for name, d in RIGHT.items()} | {"b": factor * RIGHT["b"]}
        (hint,) = hints(RIGHT, twice, RIGHT, LENGTHS)
        assert hint.startswith("b: ") and words in hint
    whole = [RIGHT | {"x": np.floor(k * RIGHT["x"])} for k in (10, 20)]
    assert "x: whole numbers only: is there a // or an int()?" in hints(*whole, RIGHT, LENGTHS)


def test_a_single_number_is_a_multiple_of_any_other() -> None:
    one = {"x": np.array(0.7)}
    assert hints({"x": np.array(1.3)}, {"x": np.array(2.6)}, one, LENGTHS) == []
    assert "the sign is wrong" in hints({"x": np.array(-0.7)}, {"x": np.array(-1.4)}, one, LENGTHS)[0]
    assert "and 7 is the length of axis 1 of output" in hints({"x": np.array(4.9)}, {"x": np.array(9.8)}, one, LENGTHS)[0]
