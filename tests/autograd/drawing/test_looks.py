"""How pictures look: what is written can be read, borders stand out, and no two kinds look alike."""

import itertools
import re

import pytest

from autograd.drawing.looks import BAR, INK, LOOKS, MODULE, PAPER, PIXELS, TINTS, TONES, WRONG, ZERO, fill_of

THEMES = {"light": 0, "dark": 1}


def luminance(colour: str) -> float:
    """As WCAG 2 defines it, from 0 for black to 1 for white."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21) and contrast("#777777", "#777777") == 1


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_written_can_be_read_on_everything_it_is_written_on(theme: str) -> None:
    fills = [PAPER[theme], MODULE[theme][0], *(look[THEMES[theme]][0] for look in LOOKS.values()), *list(zip(*TONES))[THEMES[theme]]]
    for fill in filter(None, fills):
        assert contrast(INK[theme], fill) >= 7, fill  # what WCAG asks of small text, at its stricter level


@pytest.mark.parametrize("theme", THEMES)
def test_borders_stand_out(theme: str) -> None:
    for kind, look in LOOKS.items():
        fill, border = look[THEMES[theme]]
        for ground in filter(None, (fill, PAPER[theme], MODULE[theme][0])):
            assert contrast(border, ground) >= (2.8 if ground == fill else 3), kind  # 3 is what WCAG asks of what is no text


@pytest.mark.parametrize("theme", THEMES)
def test_no_two_kinds_look_alike_and_all_is_a_colour(theme: str) -> None:
    """An operation is told from what is a variable by its shape, as a box of a module is by its corners."""
    looks = {kind: (*look[THEMES[theme]], look[2]) for kind, look in LOOKS.items()}
    for one, other in itertools.combinations(looks, 2):
        assert looks[one] != looks[other], (one, other)
    colours = [c for fill, border, _ in looks.values() for c in (fill, border) if c] + [INK[theme], PAPER[theme], *MODULE[theme]]
    assert all(re.fullmatch("#[0-9a-fA-F]{6}", c) for c in colours)


@pytest.mark.parametrize("theme", THEMES)
def test_tones_are_told_apart_from_each_other_and_from_kinds(theme: str) -> None:
    tones = list(list(zip(*TONES))[THEMES[theme]])
    assert len(set(tones)) == len(tones) and not set(tones) & {look[THEMES[theme]][0] for look in LOOKS.values()}
    assert tones == [fill_of(step / 10, theme) for step in range(-10, 11)]
    parts = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in tones]
    warm = [red - blue for red, _, blue in parts]
    assert warm == sorted(warm, reverse=True) and warm[0] > 80 and warm[-1] < -40  # orange and purple, which all eyes tell apart


def test_colours_of_thumbnails_fit_four_bits_and_stand_out_from_that_of_zero() -> None:
    assert len(set(PIXELS)) == len(PIXELS) == 3 + 2 * TINTS <= 16 and (0, 1 + TINTS, len(PIXELS) - 1) == (WRONG, ZERO, BAR)
    for i in (WRONG, BAR, 1, 2, ZERO + TINTS - 1, ZERO + TINTS):
        assert contrast(PIXELS[i], PIXELS[ZERO]) >= 3
    below, above = PIXELS[ZERO - 1 : 0 : -1], PIXELS[ZERO + 1 : BAR]
    for side in (below, above):  # the farther from 0, the darker
        assert [luminance(c) for c in side] == sorted((luminance(c) for c in side), reverse=True)
