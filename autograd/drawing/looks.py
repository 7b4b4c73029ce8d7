"""How pictures look: one colour and one other cue for each kind of thing, light and dark.

The colours stay apart for those who see them differently (Okabe and Ito's palette for the borders), and no meaning rests on colour alone:
dashes, dots and double borders say the same.
"""

from __future__ import annotations

__all__ = ["FONT", "INK", "LOOKS", "MODULE", "PAPER"]

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
}
