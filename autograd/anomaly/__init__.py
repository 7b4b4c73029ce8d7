"""Finds the operation that made the first NaN or infinity."""

from autograd.anomaly.watch import AnomalyError, detect_anomaly

__all__ = ["AnomalyError", "detect_anomaly"]
