"""How pictures look: one colour and one other cue for each kind of thing, light and dark.

The colours stay apart for those who see them differently (Okabe and Ito's palette for the borders, orange and purple for what is small and
large), and no meaning rests on colour alone: dashes, dots, double borders and numbers in words say the same.
"""

from __future__ import annotations

__all__ = ["BAR", "FONT", "INK", "LOOKS", "MODULE", "PAPER", "PIXELS", "TINTS", "TONES", "WRONG", "ZERO", "fill_of"]

FONT = "Helvetica,Arial,sans-serif"
INK = {"light": "#1f2430", "dark": "#e8eaee"}
PAPER = {"light": "#ffffff", "dark": "#14171c"}
MODULE = {"light": ("#f7f9fb", "#c3cad5"), "dark": ("#1a1e24", "#444c58")}
#                  light fill, border        dark fill, border       the cue besides colour
LOOKS = {
    "parameter": (("#cfe6f5", "#0072B2"), ("#123a52", "#56B4E9"), ""),
    "input": (("#eceef1", "#7a818c"), ("#2a2f37", "#98a1ae"), "filled,dashed"),
    "middle": (("#ffffff", "#5b6270"), ("#1f242c", "#98a1ae"), ""),
    "output": (("#fbe3b0", "#B87900"), ("#4a3608", "#E69F00"), ""),
    "operation": (("#f4f5f7", "#5b6270"), ("#2a2f37", "#98a1ae"), ""),
    "gradient": (("#f6dcea", "#A8437F"), ("#43203a", "#E08DC0"), ""),
    "given": (("#f6dcea", "#A8437F"), ("#43203a", "#E08DC0"), "filled,dashed"),  # a constant among gradients: a seed, a mask
    "second": (("#d6efe4", "#00785A"), ("#123d31", "#3CC79E"), "filled,bold"),  # the derivative of a gradient
    "second given": (("#d6efe4", "#00785A"), ("#123d31", "#3CC79E"), "filled,bold,dashed"),
    "module": (("#f4f5f7", "#5b6270"), ("#2a2f37", "#98a1ae"), "filled,rounded"),
    "layer": (("#cfe6f5", "#0072B2"), ("#123a52", "#56B4E9"), "filled,rounded"),  # a module that has parameters
    "saved": (("", "#C44E00"), ("", "#F0824A"), ""),
    # What is wrong with a box, whatever its kind; ✗, "begins here" and "dead" are written in it.
    "wrong": (("#ffc9c0", "#C00000"), ("#611717", "#ff7a6b"), "filled,bold"),
    "dead": (("#d9dce1", "#4a505b"), ("#3a404a", "#b4bcc8"), "filled,dotted"),
}
# The ends of the tones and what lies between: small, middling, large.
_ENDS = {"light": ("#f0a62e", "#fafaf8", "#b9a6ea"), "dark": ("#713d00", "#22272f", "#4f3d94")}


def _between(a: str, b: str, share: float) -> str:
    parts = ((int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in parts)


def fill_of(tone: float, theme: str) -> str:
    """The fill for a tone from -1 to 1.

    >>> fill_of(-1, "light"), fill_of(0.5, "dark")
    ('#f0a62e', '#383262')
    """
    small, middling, large = _ENDS[theme]
    return _between(middling, large if tone > 0 else small, abs(tone))


# Every tone there is, light and dark.
TONES = [(fill_of(step / 10, "light"), fill_of(step / 10, "dark")) for step in range(-10, 11)]

# Of thumbnails, light and dark alike: what is not finite, from far below 0 by 0 to far above it, and a bar without a sign.
TINTS = 5  # on either side of 0
WRONG, ZERO, BAR = 0, 1 + TINTS, 2 + 2 * TINTS
_FAR = "#b45f00", "#fafaf8", "#5a3fb0"
PIXELS = [
    LOOKS["wrong"][0][1],
    *(_between(_FAR[1], _FAR[2 * (step > 0)], abs(step) / TINTS) for step in range(-TINTS, TINTS + 1)),
    LOOKS["input"][0][1],
]
