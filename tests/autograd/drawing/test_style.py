"""The keywords of `draw`: a style checks itself, and whoever asks `draw` for help sees all of them."""

import inspect
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from autograd import Value, draw
from autograd.drawing import draw_dot
from autograd.drawing.style import Style

IMAGES = 'as_image takes a dict from names of tensors to a height and a width, such as {"0.weight": (28, 28)}'


def test_draw_spells_out_each_keyword_with_its_default() -> None:
    taken = {name: p.default for name, p in inspect.signature(draw).parameters.items() if p.kind is p.KEYWORD_ONLY}
    assert taken == {"names": None, **{field.name: field.default for field in fields(Style)}}
    assert draw is draw_dot and all(name in str(draw.__doc__) for name in taken)


@pytest.mark.parametrize(
    ("keyword", "value", "words"),
    [
        ("ops", "squares", "ops must be one of 'auto', 'circles', 'inside', got 'squares'"),
        ("layout", "tree", "layout must be one of 'auto', 'flow', 'mirror', got 'tree'"),
        ("rankdir", "XY", "rankdir must be one of 'LR', 'RL', 'TB', 'BT', got 'XY'"),
        ("theme", ["dark"], "theme must be one of 'light', 'dark', got list of length 1"),
        ("depth", -1, "depth counts the levels of modules that are shown, 0 or more, got -1"),
        ("depth", True, "depth counts the levels of modules that are shown, 0 or more, got True"),
        ("precision", 0, "precision must be an int of at least 1, got 0"),
        ("max_nodes", 2.5, "max_nodes must be an int of at least 1, got 2.5"),
        ("timeout", 0, "timeout must be more than 0 seconds, got 0"),
        ("timeout", "long", "timeout must be a real number, got str 'long'"),
        ("legend", "yes", "legend must be True or False, got str 'yes'"),
        ("show_tensors", "all", "show_tensors must be True or False, got str 'all'"),
        ("as_image", "0.weight", f"{IMAGES}; got str '0.weight'"),
        ("as_image", {0: (28, 28)}, f"{IMAGES}; got int 0 for a name"),
        ("as_image", {"0.weight": 28}, f"{IMAGES}; got int 28 for '0.weight'"),
        ("as_image", {"0.weight": (1, 28, 28)}, f"{IMAGES}; got tuple of length 3 for '0.weight'"),
        ("as_image", {"0.weight": (28, 0)}, "as_image: a side of the image of '0.weight' must be at least 1, got 0"),
        ("as_image", {"0.weight": (28, 2.5)}, "as_image: a side of the image of '0.weight' must be an int, got float 2.5"),
        ("show_grads", "always", "show_grads must be True or False, got str 'always'"),
    ],
)
def test_a_style_checks_itself(keyword: str, value: Any, words: str) -> None:
    for take in (Style, lambda **style: draw(Value(1.0), **style)):
        with pytest.raises((TypeError, ValueError)) as error:
            take(**{keyword: value})
        assert str(error.value) == words


def test_a_style_stays_as_it_was_checked() -> None:
    with pytest.raises(FrozenInstanceError):
        Style().precision = 0  # type: ignore[misc]
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        draw(Value(1.0), colour="red")  # type: ignore[call-arg]
