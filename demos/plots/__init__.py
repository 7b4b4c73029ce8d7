"""The pictures that stories share, so that a story can be read without knowing matplotlib.

The colours stay apart for colour-blind eyes, and no meaning rests on colour alone: classes also differ by marker, curves by line
style, negative weights by a dash.
"""

from demos.plots.boundary import decision_boundaries, decision_boundary
from demos.plots.contours import contours
from demos.plots.curves import learning_curves, lines, loss_curves
from demos.plots.graphs import graph_film, graph_picture
from demos.plots.heat import heat_map
from demos.plots.histograms import activation_histograms, gradient_histograms
from demos.plots.images import weight_images, worst_read
from demos.plots.regression import bars, predicted_against_true

__all__ = [
    "activation_histograms", "bars", "contours", "decision_boundaries", "decision_boundary", "gradient_histograms", "graph_film",
    "graph_picture", "heat_map", "learning_curves", "lines", "loss_curves", "predicted_against_true", "weight_images", "worst_read",
]  # fmt: skip
