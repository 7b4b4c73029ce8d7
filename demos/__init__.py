"""Stories: each asks one question about learning by gradients and answers it with few lines, a picture and a number.

`python -m demos` lists them in a checkout, `chainrule demo` wherever they are installed; there they are called `chainrule_demos`.
"""

__all__ = ["COMMAND", "STORIES"]

COMMAND = "python -m demos" if __name__ == "demos" else "chainrule demo"

STORIES = (
    "activations",
    "graph_tour",
    "moons",
    "digits",
    "fashion",
    "polynomial",
    "weight_decay",
    "dropout",
    "stability",
    "model_selection",
    "houses",
    "second_order",
    "checkpoint",
    "compiled",
    "by_hand",
    "shift",
)
