"""The pictures that stories share, so that a story can be read without knowing matplotlib.

The colours stay apart for colour-blind eyes, and no meaning rests on colour alone: classes also differ by marker, curves by line
style, negative weights by a dash.
"""

from .boundary import decision_boundaries, decision_boundary
from .contours import contours
from .curves import learning_curves, lines, loss_curves
from .graphs import graph_film, graph_picture
from .heat import heat_map
from .histograms import activation_histograms, gradient_histograms
from .images import weight_images, worst_read
from .regression import bars, predicted_against_true

__all__ = [
    "activation_histograms", "bars", "contours", "decision_boundaries", "decision_boundary", "gradient_histograms", "graph_film",
    "graph_picture", "heat_map", "learning_curves", "lines", "loss_curves", "predicted_against_true", "weight_images", "worst_read",
]  # fmt: skip
