"""Stories: each asks one question about learning by gradients and answers it with few lines, a picture and a number.

`python -m demos` lists them.
"""

__all__ = ["STORIES"]

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
)
