"""What a picture is asked to show and how large it may become: the keywords of `draw`, checked once, as they come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograd.errors import brief, described, flag_of, int_of, number_of

__all__ = ["NODES", "READABLE", "Style"]

NODES = 400  # as many as a reader who zooms in can follow
READABLE = 300  # beyond it, modules are folded
COLOR = ("auto", "grad", "value", "saturation")


@dataclass(frozen=True)
class Style:
    """The keywords of `draw_dot`, which says what each means.

    >>> Style(theme="blue")
    Traceback (most recent call last):
    ValueError: theme must be one of 'light', 'dark', got 'blue'
    """

    show_values: bool = True
    show_grads: bool | str = "auto"
    show_shapes: bool | str = "auto"
    show_tensors: bool = False
    as_image: Mapping[str, tuple[int, int]] | None = None
    show_saved: bool = False
    show_source: bool = True
    fold_constants: bool = True
    ops: str = "auto"
    modules: bool = True
    depth: int | None = None
    layout: str = "auto"
    rankdir: str = "LR"
    theme: str = "light"
    color: str | Mapping[Any, Any] | None = "auto"
    legend: bool = False
    precision: int = 4
    max_nodes: int | None = None
    timeout: float = 20
    format: str = "svg"

    def __post_init__(self) -> None:
        for what, allowed in (
            ("ops", ("auto", "circles", "inside")), ("layout", ("auto", "flow", "mirror")),
            ("rankdir", ("LR", "RL", "TB", "BT")), ("theme", ("light", "dark")),
        ):  # fmt: skip
            given = getattr(self, what)
            if not isinstance(given, str) or given not in allowed:
                raise ValueError(f"{what} must be one of {', '.join(map(repr, allowed))}, got {brief(given)}")
        if not (self.color is None or isinstance(self.color, Mapping) or (isinstance(self.color, str) and self.color in COLOR)):
            words = f"{', '.join(map(repr, COLOR))}, None, or a dict from nodes and modules to numbers"
            raise ValueError(f"color must be one of {words}, got {brief(self.color)}")
        if not isinstance(self.depth, int | None) or isinstance(self.depth, bool) or (self.depth is not None and self.depth < 0):
            raise ValueError(f"depth counts the levels of modules that are shown, 0 or more, got {brief(self.depth)}")
        for what in ("precision", "max_nodes"):
            count = getattr(self, what)
            if what == "max_nodes" and count is None:
                continue
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise ValueError(f"{what} must be an int of at least 1, got {brief(count)}")
        for what in ("show_values", "show_tensors", "show_saved", "show_source", "fold_constants", "modules", "legend"):
            flag_of(getattr(self, what), what)
        for what in ("show_grads", "show_shapes"):
            choice = getattr(self, what)
            if not (isinstance(choice, str) and choice == "auto"):
                flag_of(choice, what)
        if self.as_image is not None:
            object.__setattr__(self, "as_image", _images(self.as_image))
        if not number_of(self.timeout, "timeout") > 0:
            raise ValueError(f"timeout must be more than 0 seconds, got {self.timeout!r}")


def _images(given: Any) -> dict[str, tuple[int, int]]:
    """What is drawn as images of which height and width, by name."""
    what = 'as_image takes a dict from names of tensors to a height and a width, such as {"0.weight": (28, 28)}'
    if not isinstance(given, Mapping):
        raise TypeError(f"{what}; got {described(given)}")
    found = {}
    for name, size in given.items():
        if not isinstance(name, str):
            raise TypeError(f"{what}; got {described(name)} for a name")
        if not isinstance(size, tuple | list) or len(size) != 2:
            raise TypeError(f"{what}; got {described(size)} for {name!r}")
        height, width = (int_of(side, f"as_image: a side of the image of {name!r}", 1) for side in size)
        found[name] = (height, width)
    return found
